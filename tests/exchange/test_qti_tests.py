"""Tests that others made are read whole, planned, and walked through to their end."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.core.items.assessment import parse_test
from headway.core.items.sitting import next_item, order_for, plan, reachable
from tests.exchange.real_data import QTI, needs_questions_of_others

pytestmark = needs_questions_of_others


def documents() -> Iterator[tuple[str, bytes]]:
    """Return the tests among the files of others, by name."""
    dev = QTI / "dev"
    for path in sorted((dev / "cito-items").rglob("*.xml")):
        content = path.read_bytes()
        if b"<qti-assessment-test" in content[:4000]:
            yield str(path.relative_to(dev)), content
    for path in sorted((dev / "kennisnet-valid").glob("*.zip")):
        with zipfile.ZipFile(path) as package:
            for name in sorted(package.namelist()):
                if name.endswith(".xml") and b"<qti-assessment-test" in (content := package.read(name))[:4000]:
                    yield f"{path.name}/{name}", content


DOCUMENTS = dict(documents()) if QTI.is_dir() else {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_test_of_others_is_read_whole(name: str) -> None:
    test = parse_test(DOCUMENTS[name])
    assert test.missing == ()
    assert len(test.references) == DOCUMENTS[name].count(b"<qti-assessment-item-ref")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_test_of_others_is_asked_in_its_own_order(name: str) -> None:
    test = parse_test(DOCUMENTS[name])
    assert order_for(test, seed=1) == [one.identifier for one in test.references]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_test_of_others_can_be_walked_through(name: str) -> None:
    test = parse_test(DOCUMENTS[name])
    planned = plan(test, seed=1)
    way = []
    one = next_item(test, planned, holds=lambda _expression: False)
    while one is not None:
        assert one in reachable(test, planned, now=one.id)
        way.append(one)
        one = next_item(test, planned, holds=lambda _expression: False, after=one.id)
    assert tuple(way) == planned


def test_there_are_tests_of_others_to_read() -> None:
    assert {Path(name).parts[0] for name in DOCUMENTS} >= {"cito-items", "valid-package.zip"}
    assert len(DOCUMENTS) >= 10
