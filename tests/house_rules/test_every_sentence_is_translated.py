"""Every sentence of the interface is there in every language, with the same places for its facts."""

from __future__ import annotations

import os

import pytest

from headway.ops import translations

CATALOGUES = translations.catalogues()


def test_there_is_spanish() -> None:
    assert "es" in {path.parents[1].name for path in CATALOGUES}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_nothing_in_a_catalogue_is_untranslated_or_unsure(catalogue: object) -> None:
    assert [f"{gap.what}: {gap.sentence}" for gap in translations.gaps_in(catalogue)] == []  # type: ignore[arg-type]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_no_sentence_of_code_or_templates_is_missing(catalogue: object) -> None:
    if not translations.can_collect():
        # Continuous integration installs gettext, so there a missing tool is a fault and not a skip.
        assert os.environ.get("CI") != "true", "GNU gettext is not installed"
        pytest.skip("GNU gettext is not installed: apt-get install gettext")
    assert [gap.sentence for gap in translations.missing_from(catalogue)] == []  # type: ignore[arg-type]
