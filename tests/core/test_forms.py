"""An answer as a form sends it: only the question's own fields, only so much, and what could not have been sent left out."""

from __future__ import annotations

import pytest

from headway.core.items.document import parse_item
from headway.core.items.forms import MOST_SIGNS, MOST_VALUES, field_names, read_response
from tests.question_gallery import GALLERY

# What each form sends for the right answer of the gallery.
FORMS = {
    "choice": {"RESPONSE": ["LOWER"]},
    "inline-choice": {"RESPONSE": ["THEIR"]},
    "text-entry": {"RESPONSE": ["1/4"]},
    "order": {"RESPONSE.BAKE": ["4"], "RESPONSE.SOW": ["1"], "RESPONSE.MILL": ["3"], "RESPONSE.REAP": ["2"]},
    "match": {"RESPONSE.GOOSE": ["GOSLING"], "RESPONSE.SHEEP": ["LAMB"], "RESPONSE.HORSE": ["FOAL"]},
    "associate": {"RESPONSE.1": ["EARLY", "LATE"], "RESPONSE.2": ["NARROW", "WIDE"]},
    "gap-match": {"RESPONSE.G1": ["RAIN"], "RESPONSE.G2": ["SUN"]},
    "hottext": {"RESPONSE": ["W2"]},
    "slider": {"RESPONSE": ["90"]},
    "hotspot": {"RESPONSE": ["POND"]},
    "select-point": {"RESPONSE.1": ["380", "85"]},
    "position-object": {"RESPONSE": ["115 245"]},
    "graphic-order": {"RESPONSE.SHED": ["3"], "RESPONSE.POND": ["1"], "RESPONSE.TREE": ["2"], "RESPONSE.GREENS": [""]},
    "graphic-associate": {"RESPONSE.1": ["POND", "GREENS"], "RESPONSE.2": ["POND", "CARROTS"], "RESPONSE.3": ["", ""]},
    "graphic-gap-match": {"RESPONSE.LEFT": ["BEANS"], "RESPONSE.RIGHT": ["ROOTS"]},
    "upload": {"RESPONSE": ["graph.png"]},
    "end-attempt": {"RESPONSE": ["true"]},
}


def read(kind: str, form: dict[str, list[str]]) -> list[str]:
    return read_response(parse_item(GALLERY[kind].document), form)["RESPONSE"]


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_is_read_as_the_right_answer(kind: str) -> None:
    assert sorted(read(kind, FORMS[kind])) == sorted(GALLERY[kind].answer["RESPONSE"])


@pytest.mark.parametrize("kind", ["order", "graphic-order"])
def test_an_order_is_read_by_its_ranks(kind: str) -> None:
    assert read(kind, FORMS[kind]) == GALLERY[kind].answer["RESPONSE"]


@pytest.mark.parametrize("kind", GALLERY)
def test_an_empty_form_is_an_empty_answer(kind: str) -> None:
    assert read(kind, {}) == []


@pytest.mark.parametrize("kind", FORMS)
def test_every_field_of_a_form_is_known_by_name(kind: str) -> None:
    assert set(FORMS[kind]) <= set(field_names(parse_item(GALLERY[kind].document)))


@pytest.mark.parametrize("kind", ["choice", "inline-choice", "hottext", "hotspot", "end-attempt"])
def test_a_key_that_the_question_has_not_is_left_out(kind: str) -> None:
    assert read(kind, {"RESPONSE": ["<script>"]}) == []


def test_another_question_s_field_is_left_out() -> None:
    assert set(read_response(parse_item(GALLERY["choice"].document), {"OTHER": ["x"], "RESPONSE": ["LOWER"]})) == {
        "RESPONSE"
    }


def test_a_text_keeps_so_many_signs() -> None:
    assert len(read("extended-text", {"RESPONSE": ["a" * (MOST_SIGNS + 100)]})[0]) == MOST_SIGNS


def test_a_variable_keeps_so_many_values() -> None:
    points = {f"RESPONSE.{row}": [str(row), str(row)] for row in range(1, 200)} | {"RESPONSE": ["1 1"] * 200}
    document = GALLERY["select-point"].document.replace(
        'cardinality="single" base-type="point"', 'cardinality="multiple" base-type="point"'
    )
    assert len(read_response(parse_item(document), points)["RESPONSE"]) == MOST_VALUES


def test_a_single_variable_keeps_one_value() -> None:
    assert read("choice", {"RESPONSE": ["LOWER", "HOTTER"]}) == ["LOWER"]


@pytest.mark.parametrize("point", [["x", "3"], ["3"], ["nan", "3"], ["1e9", "3"], ["", ""]])
def test_a_point_that_is_none_is_left_out(point: list[str]) -> None:
    assert read("select-point", {"RESPONSE.1": point}) == []


def test_a_pair_of_one_thing_with_itself_is_none() -> None:
    assert read("associate", {"RESPONSE.1": ["EARLY", "EARLY"]}) == []


def test_a_pair_counts_once_whichever_way_it_is_told() -> None:
    assert read("associate", {"RESPONSE.1": ["EARLY", "LATE"], "RESPONSE.2": ["LATE", "EARLY"]}) == ["EARLY LATE"]


def test_equal_ranks_stand_as_the_document_has_them() -> None:
    assert read("order", {"RESPONSE.BAKE": ["1"], "RESPONSE.SOW": ["1"]}) == ["SOW", "BAKE"]
