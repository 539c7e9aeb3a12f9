"""Tests that others made are read whole, planned, and walked through to their end."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.core.items.assessment import parse_test
from headway.core.items.document import Item, parse_item
from headway.core.items.outcomes import Answered, missing_in_test, outcomes_of
from headway.core.items.session import Session, answer, begin, key_response
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
    assert missing_in_test(test) == ()
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


def item_of(name: str, href: str) -> Item:
    """Return a question that stands beside a test."""
    if ".zip/" in name:
        package, _slash, inside = name.partition("/")
        with zipfile.ZipFile(QTI / "dev" / "kennisnet-valid" / package) as packed:
            return parse_item(packed.read((Path(inside).parent / href).as_posix()))
    return parse_item((QTI / "dev" / Path(name).parent / href).read_bytes())


def with_its_items(name: str) -> dict[str, Item]:
    return {one.identifier: item_of(name, one.href) for one in parse_test(DOCUMENTS[name]).references}


def keyed(item: Item) -> Session:
    session = begin(item, seed=1)
    return answer(item, session, key_response(item, session))[0]


TOTALS = {
    "cito-items/api/biologie/assessment.xml": {"SCORE": ""},
    "cito-items/api/kennisnet-1/AssessmentTest.xml": {"SCORE": ""},
    "cito-items/api/kennisnet-2/AssessmentTest.xml": {
        "CATEGORY_0_SCORE": "CATEGORY_0",
        "CATEGORY_1_SCORE": "CATEGORY_1",
    },
    "valid-package.zip/AssessmentTest.xml": {"SCORE": ""},
}


@pytest.mark.parametrize("name", TOTALS)
def test_all_the_keys_together_give_the_sums_of_their_scores(name: str) -> None:
    test = parse_test(DOCUMENTS[name])
    planned = plan(test, seed=1)
    items = with_its_items(name)
    sessions = {one.id: keyed(items[one.reference.identifier]) for one in planned}
    found = outcomes_of(test, planned, Answered(items=items, sessions=sessions))
    assert found.missing == ()
    for outcome, category in TOTALS[name].items():
        scores = [
            float(str(sessions[one.id].outcomes.get("SCORE") or 0))
            for one in planned
            if not category or category in one.reference.categories
        ]
        assert sum(scores) > 0
        assert found.values[outcome] == pytest.approx(sum(scores))


# Its rules ask the questions for MAX_SCORE, which they call MAXSCORE: so by its own words nobody can pass.
SLIP, MENDED = b'variable-identifier="MAX_SCORE"', b'variable-identifier="MAXSCORE"'


@pytest.mark.parametrize(
    ("is_mended", "is_keyed", "passed"),
    [(False, True, False), (True, True, True), (True, False, False)],
    ids=["as it is written", "mended, with the keys", "mended, nothing answered"],
)
def test_a_test_passes_who_answers_enough_of_it_right(*, is_mended: bool, is_keyed: bool, passed: bool) -> None:
    name = "valid-package.zip/AssessmentTest.xml"
    test = parse_test(DOCUMENTS[name].replace(SLIP, MENDED) if is_mended else DOCUMENTS[name])
    planned = plan(test, seed=1)
    items = with_its_items(name)
    sessions = {}
    for one in planned:
        item = items[one.reference.identifier]
        sessions[one.id] = keyed(item) if is_keyed else begin(item, seed=1)
    assert outcomes_of(test, planned, Answered(items=items, sessions=sessions)).values["PASS"] is passed
