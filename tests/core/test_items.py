"""Questions mark what is right, give part for part, and never break on an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items import (
    Face,
    Item,
    ItemInvalid,
    begin,
    face,
    form_of,
    guess_chance,
    key_response,
    mark,
    parse_item,
    read_number,
    read_response,
    same_algebra,
    write_plain,
)
from headway.core.items.markup import write_document


def question(kind: str, **facts: Any) -> Item:
    plain = {"id": "q", "kind": kind, "prompt": "What?", "right": "Yes.", "wrong": "Look again.", **facts}
    return parse_item(write_plain(plain))


def shown(item: Item, *, seed: int = 0, response: dict[str, list[str]] | None = None) -> Face:
    return face(item, begin(item, seed=seed), response=response)


def name(item: Item) -> str:
    return f"{item.interactions[0].kind}-{len(item.interactions)}"


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


@pytest.mark.parametrize("item", [item for item in ALL if item is not LONG], ids=name)
def test_the_key_is_right(item: Item) -> None:
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


def test_an_order_is_worth_its_right_neighbours() -> None:
    [right] = key_response(ORDER).values()
    swapped = [right[1], right[0], *right[2:]]
    # Of three pairs of neighbours one is as it should be.
    marking = mark(ORDER, {"answer": swapped})
    assert (marking.score, marking.is_right) == (pytest.approx(1 / 3), False)


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


@pytest.mark.parametrize("item", ALL, ids=name)
def test_nothing_answered_costs_nothing_and_says_so(item: Item) -> None:
    marking = mark(item, read_response(item, {}))
    assert not marking.is_complete
    assert marking.problem


@pytest.mark.parametrize("item", ALL, ids=name)
def test_a_page_opened_again_shows_the_same_order_and_what_was_chosen(item: Item) -> None:
    response = key_response(item)
    once, again = shown(item, seed=11, response=response), shown(item, seed=11, response=response)
    assert once == again
    assert {asked.name: list(asked.chosen) for asked in once.asked} == response


@pytest.mark.parametrize("item", ALL, ids=name)
def test_what_is_posted_from_a_form_is_the_response_it_shows(item: Item) -> None:
    response = key_response(item)
    assert read_response(item, form_of(item, response)) == response


@pytest.mark.parametrize("item", ALL, ids=name)
def test_a_question_comes_back_from_its_own_document(item: Item) -> None:
    assert parse_item(write_document(item.root)).root == item.root


def test_another_seed_gives_another_order_to_somebody() -> None:
    orders = {tuple(option.key for option in shown(ONE, seed=seed).asked[0].options) for seed in range(20)}
    assert len(orders) > 1


def test_half_a_match_is_worth_half_and_an_empty_place_is_asked_for() -> None:
    one, other = key_response(MATCH)["answer"]
    half = [one, f"{other.split()[0]} {one.split()[1]}"]
    assert mark(MATCH, {"answer": half}).score == pytest.approx(0.5)
    assert not mark(MATCH, {"answer": [one]}).is_complete


def test_a_gap_takes_its_word_however_it_is_written() -> None:
    assert mark(CLOZE, key_response(CLOZE) | {"gap-1": [" RIVER"]}).is_right


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
        assert shown(ONE, seed=3) == shown(other, seed=3)
    turned = question("order", parts=["sleep", "sail", "eat", "wake"])
    one, two = shown(ORDER, seed=3).asked[0], shown(turned, seed=3).asked[0]
    assert {(option.key, option.label) for option in one.options} == {
        (option.key, option.label) for option in two.options
    }


def test_guessing_one_of_three_is_a_third() -> None:
    assert guess_chance(ONE) == pytest.approx(1 / 3)


def test_a_document_without_its_key_is_refused_with_its_name() -> None:
    with pytest.raises(ItemInvalid, match="q: no right answer"):
        question("one_choice", choices=[{"id": "A", "text": "ship"}])


@given(
    st.sampled_from(ALL),
    st.dictionaries(
        st.sampled_from(["answer", "answer.A", "answer.part-1", "answer.left-1", "gap-1", "gap-2", "x"]),
        st.lists(
            st.text(max_size=40) | st.sampled_from(["A", "1", "0", "99999999999", "9" * 5000, "٣", "²", "1/0", "1½"]),
            max_size=4,
        ),
    ),
    st.integers(),
)
def test_no_answer_breaks_anything(item: Item, form: dict[str, list[str]], seed: int) -> None:
    response = read_response(item, form)
    marking = mark(item, response)
    assert marking.score is None or 0 <= marking.score <= 1
    assert shown(item, seed=seed, response=response).asked
