"""The question engine against what others say the rules of QTI give: outcomes of real items and made ones."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.core.items.document import Item, item_of
from headway.core.items.markup import Node, read_document
from headway.core.items.rules.processing import TEMPLATES, rules_of
from headway.core.items.rules.values import Multiple, Ordered, Value, is_number, same_single, singles_of
from headway.core.items.session import Session, answer, begin, mark, missing_in
from headway.exchange.qti.upgrading import upgraded
from tests.exchange.real_data import DATA

QTI = DATA / "interop" / "qti" / "dev"
FIXTURES = QTI / "pie-conformance-A"
CITO = QTI / "expected-scores-cito-items.json"

needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"real data is not here: {FIXTURES}")
needs_cito = pytest.mark.skipif(not CITO.is_file(), reason=f"real data is not here: {CITO}")


@cache
def read_item(path: Path) -> Item:
    root = upgraded(read_document(path.read_bytes()))
    if root.first("qti-item-body") is None:
        # Rules can be tried without anything to show; a question for students cannot be without.
        root = Node(root.name, root.attributes, (*root.children, Node("qti-item-body")), root.line)
    return item_of(root)


def cases() -> list[Any]:
    found = []
    for folder in sorted(FIXTURES.iterdir()) if FIXTURES.is_dir() else []:
        told = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
        for case in told["cases"]:
            found.append(
                pytest.param(folder / "item.xml", told.get("seed", 1), case, id=f"{folder.name}: {case['name']}")
            )
    return found


def as_texts(given: Any) -> list[str]:
    values = given if isinstance(given, list) else [] if given is None else [given]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


def is_same(value: Value, expected: Any) -> bool:
    if isinstance(expected, list):
        return sorted(map(str, singles_of(value))) == sorted(expected)
    if expected is None or value is None:
        return value is None and expected is None
    if isinstance(value, Multiple | Ordered | dict):
        return False
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return is_number(value) and same_single(float(value), float(expected))  # type: ignore[arg-type]
    return value == expected


@needs_fixtures
@pytest.mark.parametrize(("path", "seed", "case"), cases())
def test_an_answer_gives_the_outcomes_that_the_fixture_expects(path: Path, seed: int, case: dict[str, Any]):
    response = {name: as_texts(given) for name, given in case["responses"].items()}
    item = read_item(path)
    _session, marking = answer(item, begin(item, seed=seed), response)

    expected = dict(case["expect"].get("outcomes", {}))
    if "score" in case["expect"]:
        expected["SCORE"] = case["expect"]["score"]
    if "maxScore" in case["expect"]:
        expected["MAXSCORE"] = case["expect"]["maxScore"]
    wrong = {
        name: (marking.outcomes.get(name), value)
        for name, value in expected.items()
        if not is_same(marking.outcomes.get(name), value)
    }
    assert wrong == {}


def consensus() -> list[Any]:
    told = json.loads(CITO.read_text(encoding="utf-8")) if CITO.is_file() else []
    return [pytest.param(one, id=one["file"]) for one in told if one["cls"] == "consensus"]


@needs_cito
@pytest.mark.parametrize("told", consensus())
def test_an_item_of_cito_gives_the_score_that_other_engines_agree_on(told: dict[str, Any]):
    path = DATA / "interop" / told["file"]
    if not path.is_file():
        pytest.skip(f"real data is not here: {path}")
    item = read_item(path)
    right = {name: as_texts(given) for name, given in told["correct_response"].items()}
    empty = {name: [] for name in right}

    assert missing_in(item) == ()
    assert mark(item, right).outcomes["SCORE"] == told["expected_SCORE_correct"]
    assert mark(item, empty).outcomes["SCORE"] == told["expected_SCORE_empty"]


@pytest.mark.skipif(not (QTI / "rptemplates-pie").is_dir(), reason=f"real data is not here: {QTI}")
@pytest.mark.parametrize(
    "name", ["match_correct", "map_response", "map_response_point", "CC2_match", "CC2_match_basic", "CC2_map_response"]
)
@pytest.mark.parametrize("given", [[], ["A"], ["B"], ["10 10"], ["90 90"]])
def test_a_standard_template_does_what_the_official_one_does(name: str, given: list[str]):
    official = read_document((QTI / "rptemplates-pie" / f"{name}.xml").read_bytes())
    named = Node("qti-response-processing", {"template": f"https://example.org/qti_v3p0/rptemplates/{name}.xml"})
    is_point = name.endswith("point")
    declaration = (
        '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="'
        + ("point" if is_point else "identifier")
        + '"><qti-correct-response><qti-value>A</qti-value></qti-correct-response>'
        + '<qti-mapping default-value="-1"><qti-map-entry map-key="A" mapped-value="2"/></qti-mapping>'
        + '<qti-area-mapping default-value="0"><qti-area-map-entry shape="rect" coords="0,0,50,50" mapped-value="2"/>'
        + "</qti-area-mapping></qti-response-declaration>"
    )
    outcomes = "".join(
        f'<qti-outcome-declaration identifier="{one}" cardinality="single" base-type="{kind}"/>'
        for one, kind in (("SCORE", "float"), ("FEEDBACK", "identifier"), ("FEEDBACKBASIC", "identifier"))
    )
    most = (
        '<qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float"><qti-default-value>'
        "<qti-value>2</qti-value></qti-default-value></qti-outcome-declaration>"
    )
    shell = read_document(
        f'<qti-assessment-item identifier="i">{declaration}{outcomes}{most}<qti-item-body/></qti-assessment-item>'.encode()
    )
    items = [
        item_of(Node(shell.name, shell.attributes, (*shell.children, processing))) for processing in (official, named)
    ]

    assert name.casefold() in TEMPLATES
    assert rules_of(items[1]).template_name == name.casefold()
    assert mark(items[0], {"RESPONSE": given}).outcomes == mark(items[1], {"RESPONSE": given}).outcomes


def real_items() -> list[Item]:
    found = []
    for path in sorted((QTI / "cito-items").rglob("*.xml")) if QTI.is_dir() else []:
        root = read_document(path.read_bytes())
        if root.name == "qti-assessment-item":
            found.append(item_of(root))
    return found


# What answers may be made of: keys of real items, numbers, nonsense.
PIECES = [
    "A",
    "B",
    "A B",
    "C R",
    "ChoiceA",
    "12 40",
    "3",
    "12,5",
    "1/0",
    "",
    " ",
    "true",
    "York",
    "9" * 400,
    "\x00",
    "INF",
]


@needs_cito
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 2**31), st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=4))
def test_any_answer_to_any_item_of_cito_is_scored_or_left_to_a_person(seed: int, values: list[str]):
    for item in ITEMS:
        session = begin(item, seed=seed)
        after, marking = answer(item, session, {one.identifier: values for one in item.responses})
        assert marking.score is None or 0.0 <= marking.score <= 1.0
        assert Session.from_json(item, json.loads(json.dumps(after.to_json()))) == after


ITEMS = real_items()
