"""The same question answered another way: typed, chosen, said or on paper, scored by its own rules."""

from __future__ import annotations

from typing import Any

import pytest

from headway.core.items.document import Item, parse_item
from headway.core.items.face import face
from headway.core.items.formats import (
    asked_format,
    face_in,
    formats_of,
    guess_chance_in,
    options_to_choose,
    read_answer,
    read_typed,
)
from headway.core.items.plain import write_plain
from headway.core.items.practising import AnswerFormat
from headway.core.items.session import begin, guess_chance, mark
from headway.core.shared.errors import RuleBroken

CHOOSE, WRITE, SAY, PAPER = AnswerFormat.CHOOSE, AnswerFormat.WRITE, AnswerFormat.SAY, AnswerFormat.PAPER


def question(kind: str, **facts: Any) -> Item:
    return parse_item(write_plain({"id": "q", "kind": kind, "prompt": "What?", **facts}))


def choices(*texts: str) -> Item:
    rows = [{"id": f"C{place}", "text": text, "right": place == 0} for place, text in enumerate(texts)]
    return question("one_choice", choices=rows)


WATER = choices("the ebb", "the flood", "3/4", "½ mile")
WORD = question(
    "short_text",
    accepted=["because", "since"],
    foreseen=[{"text": "but", "feedback": "Look at the cause."}, {"text": "although", "feedback": "No contrast here."}],
)
LONG = question("long_answer", rubric=["claim"], sample="Because ...")


@pytest.mark.parametrize(
    ("item", "ways"),
    [
        (WATER, (CHOOSE, WRITE)),
        (choices("yes", "no"), (CHOOSE,)),
        (choices("a" * 60, "b", "c"), (CHOOSE,)),
        (choices("Ebb.", "ebb", "c"), (CHOOSE,)),
        (WORD, (WRITE, CHOOSE)),
        (question("short_text", accepted=["because"]), (WRITE,)),
        (LONG, (WRITE, SAY, PAPER)),
        (question("order", parts=["a", "b"]), ()),
    ],
    ids=[
        "short options",
        "two options",
        "a long option",
        "options that read the same",
        "known others",
        "a word",
        "long",
        "order",
    ],
)
def test_a_question_is_answered_in_the_ways_its_document_allows(item: Item, ways: tuple[AnswerFormat, ...]) -> None:
    assert formats_of(item) == ways


@pytest.mark.parametrize(
    ("typed", "score"),
    [("The ebb", 1.0), (" the EBB. ", 1.0), ("the flood", 0.0), ("0.75", 0.0)],
)
def test_what_is_typed_counts_as_the_option_with_its_words(typed: str, score: float) -> None:
    response = read_typed(WATER, typed)
    assert response is not None
    assert mark(WATER, response).score == score


@pytest.mark.parametrize("typed", ["", "low water", "C0", "the"])
def test_what_is_none_of_the_options_is_no_answer(typed: str) -> None:
    assert read_typed(WATER, typed) is None


def test_a_short_answer_can_be_chosen_among_what_is_taken_for_it() -> None:
    assert sorted(options_to_choose(WORD, seed=3)) == ["although", "because", "but"]
    assert options_to_choose(WORD, seed=3) == options_to_choose(WORD, seed=3)
    assert len({options_to_choose(WORD, seed=seed) for seed in range(40)}) == 6
    assert [mark(WORD, {"answer": [one]}).is_right for one in ("because", "but")] == [True, False]


def test_guessing_goes_with_the_way_of_answering() -> None:
    assert guess_chance(WATER) == guess_chance_in(WATER, CHOOSE) == 0.25
    assert guess_chance_in(WATER, WRITE) == 0.0
    assert guess_chance_in(WORD, CHOOSE) == pytest.approx(1 / 3)
    assert guess_chance_in(WORD, WRITE) == guess_chance_in(WORD, None) == 0.0


def test_a_choice_to_be_written_shows_a_field_in_place_of_its_options() -> None:
    shown = face_in(WATER, face(WATER, begin(WATER)), WRITE, seed=1, typed="the")
    (asked,) = shown.asked
    assert (asked.kind, asked.name, asked.options, asked.chosen) == ("extended-text", "answer", (), ("the",))
    assert "ebb" not in str(shown)


def test_a_word_to_be_chosen_shows_options_under_the_same_name() -> None:
    shown = face_in(WORD, face(WORD, begin(WORD)), CHOOSE, seed=1)
    (asked,) = shown.asked
    assert (asked.kind, asked.name) == ("choice", "answer")
    assert {option.key for option in asked.options} == {"because", "but", "although"}


def test_a_questions_own_way_leaves_its_face_alone() -> None:
    shown = face(WATER, begin(WATER))
    assert face_in(WATER, shown, CHOOSE, seed=1) is shown


@pytest.mark.parametrize(
    ("item", "named", "allowed", "way"),
    [
        (WATER, "write", AnswerFormat, WRITE),
        (WATER, "", AnswerFormat, CHOOSE),
        (WATER, "sing", AnswerFormat, CHOOSE),
        (WATER, "write", [CHOOSE], None),
        (LONG, "say", [SAY], SAY),
        (question("order", parts=["a", "b"]), "write", AnswerFormat, None),
    ],
)
def test_a_form_names_the_way_among_those_that_are_open(
    item: Item, named: str, allowed: Any, way: AnswerFormat | None
) -> None:
    assert asked_format(item, {"way": [named]}, allowed) is way


def test_an_answer_given_elsewhere_says_so_to_its_reader() -> None:
    assert read_answer(LONG, {"answer": ["By two."]}, SAY) == {"answer": ["I will say it out loud. By two."]}
    assert read_answer(LONG, {}, PAPER) == {"answer": ["It is on paper."]}
    assert read_answer(LONG, {"answer": ["By two."]}, WRITE) == {"answer": ["By two."]}


def test_words_that_are_no_option_are_told_in_a_sentence() -> None:
    with pytest.raises(RuleBroken, match="none of the answers by its words"):
        read_answer(WATER, {"answer": ["low water"]}, WRITE)
    assert read_answer(WATER, {"answer": [""]}, WRITE) == {"answer": []}
