"""Documents made to do harm are refused before they cost time or memory."""

from __future__ import annotations

import pytest

from headway.core.items.document import ItemInvalid, parse_item


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<q " + " ".join(f'a{number}="1"' for number in range(600)) + "/>", "attributes"),
        ("<q>" + "<a/>" * 200_001 + "</q>", "parts"),
        ("<q>" * 300 + "</q>" * 300, "deep"),
        ('<!DOCTYPE q [<!ENTITY a "b">]><q>&a;</q>', "entities"),
        ("<q>", "well-formed"),
    ],
    ids=["attributes", "elements", "levels", "entities", "cut off"],
)
def test_a_document_made_to_do_harm_is_refused_with_a_sentence(document: str, words: str):
    with pytest.raises(ItemInvalid, match=words):
        parse_item(document)
