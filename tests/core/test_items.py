"""Questions mark what is right, give part for part, and never break on an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items import (
    ItemInvalid,
    face,
    guess_chance,
    key_response,
    mark,
    parse_item,
    read_number,
    read_response,
    same_algebra,
)


def question(kind: str, **facts: Any) -> Any:
    return parse_item({"id": "q", "kind": kind, "prompt": "What?", "right": "Yes.", "wrong": "Look again.", **facts})


ONE = question(
    "one_choice",
    choices=[
        {"id": "A", "text": "ship", "right": True},
        {"id": "B", "text": "boot", "feedback": "A boot is worn."},
        {"id": "C", "text": "shop"},
    ],
)
MANY = question(
    "many_choices",
    choices=[
        {"id": "A", "text": "2", "right": True},
        {"id": "B", "text": "3", "right": True},
        {"id": "C", "text": "4"},
    ],
)
LENGTH = question("number", answer=12.5, tolerance=0.05, unit="cm", units={"mm": 0.1, "m": 100})
WORD = question("short_text", accepted=["because", "since"])
ORDER = question("order", parts=["wake", "eat", "sail", "sleep"])
MATCH = question(
    "match", pairs=[{"left": "ebb", "right": "falls"}, {"left": "flood", "right": "rises"}], extra=["waits"]
)
CLOZE = question(
    "cloze",
    text="The [[1]] runs to the [[2]].",
    gaps={"1": {"accepted": ["river"]}, "2": {"choices": ["sea", "hill"], "right": "sea"}},
)
HOT = question("hot_text", choose=1, pieces=[{"text": "One.", "right": True}, {"text": "Two."}])
LONG = question("long_answer", rubric=["claim", "proof"], sample="Because ...")
ALL = [ONE, MANY, LENGTH, WORD, ORDER, MATCH, CLOZE, HOT, LONG]


@pytest.mark.parametrize("item", [item for item in ALL if item is not LONG], ids=lambda item: item.kind)
def test_the_key_is_right(item: Any) -> None:
    marking = mark(item, key_response(item))
    assert (marking.is_right, marking.score, marking.feedback) == (True, 1.0, "Yes.")


def test_a_teacher_marks_a_long_answer() -> None:
    marking = mark(LONG, {"answer": ["I think so, because of line 3."]})
    assert (marking.score, marking.is_complete) == (None, True)


def test_a_wrong_choice_says_what_it_is() -> None:
    assert mark(ONE, {"answer": ["B"]}).feedback == "A boot is worn."


def test_choosing_everything_is_not_worth_everything() -> None:
    # (2 right - 1 wrong) / 2 right = 0.5
    assert mark(MANY, {"answer": ["A", "B", "C"]}).score == pytest.approx(0.5)


@pytest.mark.parametrize("typed", ["12.5", "12,5 cm", "125 mm", "0.125 m", "12 1/2", "12½", "25/2", "12.54"])
def test_a_length_may_be_written_in_many_ways(typed: str) -> None:
    assert mark(LENGTH, {"answer": [typed]}).is_right


@pytest.mark.parametrize("typed", ["12.6", "12.5 kg", "125", "-12.5"])
def test_another_length_is_not_right(typed: str) -> None:
    assert not mark(LENGTH, {"answer": [typed]}).is_right


def test_words_instead_of_a_number_get_a_sentence() -> None:
    assert mark(LENGTH, {"answer": ["long"]}).problem == "Write a number, like 12.5 or 3/4."


def test_an_order_with_two_neighbours_swapped_is_worth_two_thirds() -> None:
    # 5 of 6 pairs in order: 2 * 5/6 - 1 = 2/3
    response = key_response(ORDER)
    names = sorted(response, key=lambda name: response[name])
    response[names[0]], response[names[1]] = response[names[1]], response[names[0]]
    assert mark(ORDER, response).score == pytest.approx(2 / 3)


def test_case_spaces_and_end_marks_do_not_matter() -> None:
    assert mark(WORD, {"answer": ["  Because. "]}).is_right


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,250", 1250),
        ("1.250,5", 1250.5),
        ("1,250.5", 1250.5),
        ("0,125", 0.125),
        ("−3", -3),
        ("$21.60", 21.6),
        ("-€3", -3),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, value: float) -> None:
    found = read_number(typed)
    assert found is not None
    assert float(found[0]) == value


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("3+2x", "2x+3"),
        ("1/2", r"$$\frac{1}{2}$$"),
        ("5", "x=5"),
        ("(3, 4)", "(3,4)"),
        ("2(x+1)", "2x+2"),
        ("x*x", "x^2"),
    ],
)
def test_algebra_that_means_the_same_is_the_same(typed: str, key: str) -> None:
    assert same_algebra(typed, key)


@pytest.mark.parametrize(("typed", "key"), [("2x+2", "2x+3"), ("y", "x"), ("__import__('os')", "1"), ("9^9^9^9", "1")])
def test_algebra_that_differs_is_not(typed: str, key: str) -> None:
    assert not same_algebra(typed, key)


@pytest.mark.parametrize(
    "typed", ["(" * 20 + "9" + "^12)" * 20, "99^12" * 20, "-" * 111 + "1", "(" * 60 + "1" + ")" * 60]
)
def test_no_short_answer_buys_a_long_computation(typed: str) -> None:
    assert not same_algebra(typed, "1")


@pytest.mark.parametrize(
    ("typed", "value"), [("1½", 1.5), ("½", 0.5), ("-2 ¾", -2.75), ("3⁄4", 0.75), ("12%", 12.0), ("+.5", 0.5)]
)
def test_fractions_are_read_as_they_look(typed: str, value: float) -> None:
    found = read_number(typed)
    assert found is not None
    assert float(found[0]) == value


@pytest.mark.parametrize("typed", ["", "  ", "one", "1/0", "1 1/0", "..", "-", "%"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_nothing_answered_costs_nothing_and_says_so(item: Any) -> None:
    marking = mark(item, read_response(item, {}))
    assert not marking.is_complete
    assert marking.problem


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_a_page_opened_again_shows_the_same_order_and_what_was_chosen(item: Any) -> None:
    response = key_response(item)
    once, again = face(item, seed=11, response=response), face(item, seed=11, response=response)
    assert once == again
    assert {field.name for field in once.fields} == set(response)
    assert all(field.chosen == tuple(response[field.name]) for field in once.fields)


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.kind)
def test_a_question_comes_back_from_its_own_document(item: Any) -> None:
    assert parse_item(item.to_json()) == item


def test_another_seed_gives_another_order_to_somebody() -> None:
    orders = {tuple(option for option, _text in face(ONE, seed=seed).fields[0].options) for seed in range(20)}
    assert len(orders) > 1


def test_half_a_match_is_worth_half_and_an_empty_place_is_asked_for() -> None:
    half = key_response(MATCH) | {"pair-1": key_response(MATCH)["pair-0"]}
    assert mark(MATCH, half).score == pytest.approx(0.5)
    assert not mark(MATCH, {"pair-0": key_response(MATCH)["pair-0"]}).is_complete


def test_a_gap_that_is_chosen_takes_its_word_too() -> None:
    assert mark(CLOZE, {"gap-1": [" RIVER"], "gap-2": ["sea"]}).is_right


def test_the_unit_is_named_when_it_is_wrong() -> None:
    marking = mark(LENGTH, {"answer": ["12.5 kg"]})
    assert marking.problem_facts == {"unit": "cm"}


def test_accents_count_only_where_they_are_asked_for() -> None:
    strict = question("short_text", accepted=["razón"], accents=True)
    loose = question("short_text", accepted=["razón"])
    assert not mark(strict, {"answer": ["razon"]}).is_right
    assert mark(loose, {"answer": ["¿Razon?"]}).is_right


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"kind": "dance"}, "dance"),
        ({"kind": "number"}, "answer"),
        ({"kind": "short_text"}, "accepted"),
        ({"kind": "order", "parts": []}, "parts"),
        ({"kind": "match"}, "pairs"),
        ({"kind": "cloze", "text": "no gap", "gaps": {"1": {"accepted": ["x"]}}}, "gaps"),
        ({"kind": "cloze", "text": "[[1]]", "gaps": {"1": {"choices": ["a"], "right": "b"}}}, "right answer"),
        ({"kind": "hot_text", "pieces": [{"text": "One."}]}, "right answer"),
    ],
)
def test_a_broken_document_says_what_is_missing(facts: dict[str, Any], missing: str) -> None:
    with pytest.raises(ItemInvalid, match=missing):
        question(facts.pop("kind"), **facts)


def test_the_face_does_not_tell_the_key() -> None:
    for other in (
        question(
            "one_choice",
            choices=[
                {"id": "A", "text": "ship"},
                {"id": "B", "text": "boot", "right": True},
                {"id": "C", "text": "shop"},
            ],
        ),
    ):
        assert face(ONE, seed=3) == face(other, seed=3)
    turned = question("order", parts=["sleep", "sail", "eat", "wake"])
    one, two = face(ORDER, seed=3), face(turned, seed=3)
    assert {(field.name, field.label) for field in one.fields} == {(field.name, field.label) for field in two.fields}


def test_guessing_one_of_three_is_a_third() -> None:
    assert guess_chance(ONE) == pytest.approx(1 / 3)


def test_a_document_without_its_key_is_refused_with_its_name() -> None:
    with pytest.raises(ItemInvalid, match="q: no right answer"):
        question("one_choice", choices=[{"id": "A", "text": "ship"}])


@given(
    st.sampled_from(ALL),
    st.dictionaries(
        st.sampled_from(["answer", "place-0", "place-1", "pair-0", "pair-1", "gap-1", "gap-2", "x"]),
        st.lists(
            st.text(max_size=40) | st.sampled_from(["A", "1", "0", "99999999999", "9" * 5000, "٣", "²", "1/0", "1½"]),
            max_size=4,
        ),
    ),
    st.integers(),
)
def test_no_answer_breaks_anything(item: Any, form: dict[str, list[str]], seed: int) -> None:
    response = read_response(item, form)
    marking = mark(item, response)
    assert marking.score is None or 0 <= marking.score <= 1
    assert face(item, seed=seed, response=response).prompt == "What?"
