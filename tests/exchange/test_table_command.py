"""`headway import table`: a list of resources comes in from the command line, and the mapping is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headway.records.library.models import ColumnMapping, Resource
from tests.exchange.test_import_command import awake, run  # noqa: F401  the fixture is used by its name

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    """A list with headers in German, which are not guessed."""
    path = tmp_path / "liste.csv"
    path.write_text("Nr;Benennung;Dauer\n1;Das Meer;20\n2;Das Boot;PT15M\n", encoding="utf-8")
    return path


def test_columns_are_named_once_and_remembered(titles: Path):
    code, first, _ = run("table", titles, "--source", "x", "--map", "title=Benennung", "--map", "id=Nr", "--json")
    _, again, _ = run("table", titles, "--source", "x", "--json")

    assert (code, json.loads(first)["taken"]["resources"]["made"]) == (0, 2)
    assert json.loads(again)["changed_nothing"] is True
    assert ColumnMapping.objects.count() == 1


def test_without_a_title_column_one_sentence_names_the_columns(titles: Path):
    code, _, complaint = run("table", titles, "--source", "x")

    assert code == 1
    assert "The columns are: Nr, Benennung, Dauer" in complaint
    assert not Resource.objects.exists()


def test_a_field_that_is_none_is_answered_with_those_that_are(titles: Path):
    code, _, complaint = run("table", titles, "--source", "x", "--map", "colour=Benennung")

    assert code == 1
    assert "title" in complaint


def test_a_school_that_is_not_there_is_said(titles: Path):
    code, _, complaint = run("table", titles, "--source", "x", "--school", "Nowhere", "--map", "title=Benennung")

    assert code == 1
    assert "Nowhere" in complaint
