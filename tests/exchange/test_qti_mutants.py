"""Documents of others, each with a few things in it broken at random: read, or refused with a sentence; never anything else."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from lxml import etree

from headway.core.shared.errors import HeadwayError
from headway.exchange.qti import wire
from headway.exchange.shared.import_report import Tally
from headway.exchange.shared.markup import parse_xml
from headway.exchange.shared.question_documents import question_in
from headway.exchange.shared.questions12 import document_of_test, parse_tests
from tests.exchange.real_data import QTI, needs_questions_of_others

ODD_WORDS = ("", "x", "-1", "0", "nan", "1e309", "9" * 400, "A B C", "../../x", "\u202e", "[[")


def broken(root: Any, luck: random.Random) -> bytes:
    """Return a document with one to four things in it taken out, renamed, doubled or given odd words."""
    elements = list(root.iter())
    for _ in range(luck.randint(1, 4)):
        one, other = luck.choice(elements), luck.choice(elements)
        way = luck.randint(0, 5)
        if way == 0 and one.getparent() is not None:
            one.getparent().remove(one)
        elif way == 1 and one.attrib:
            del one.attrib[luck.choice(list(one.attrib))]
        elif way == 2 and one.attrib:
            one.attrib[luck.choice(list(one.attrib))] = luck.choice(ODD_WORDS)
        elif way == 3:
            one.text = luck.choice(ODD_WORDS)
        elif way == 4 and len(list(other.iter())) < 50:
            one.append(copy.deepcopy(other))
        elif way == 5:
            one.tag = other.tag
    written: bytes = etree.tostring(root)
    return written


def read(content: bytes) -> None:
    root = parse_xml(content)
    kind = wire.kind_of_document(root)
    notes = Tally()
    if kind == "item":
        question_in(wire.in_qti_3(root), source_id="q", language="en", place="q", notes=notes)
    elif kind == "tests 1.2":
        for test in parse_tests(root):
            document_of_test(test, "en")
            for one in test.questions:
                if one.root is not None:
                    question_in(one.root, source_id="q", language="en", place="q", notes=notes)


@needs_questions_of_others
@pytest.mark.parametrize("place", ["cito-items", "instructure-items12", "instructure-items22", "pie-conformance-A"])
def test_a_broken_document_is_read_or_refused_with_a_sentence(place: str) -> None:
    luck = random.Random(place)
    files = [path for path in sorted((QTI / "dev" / place).rglob("*.xml")) if path.name != "imsmanifest.xml"]
    refused: list[HeadwayError] = []
    for path in luck.choices(files, k=150):
        try:
            read(broken(parse_xml(path.read_bytes()), luck))
        except HeadwayError as refusal:
            refused.append(refusal)

    assert all(refusal.sentence for refusal in refused)
    assert len(refused) < 150
