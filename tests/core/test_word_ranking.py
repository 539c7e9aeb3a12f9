"""Documents are ranked by the words of a question."""

from __future__ import annotations

import numpy as np
import pytest

from headway.core.library.word_ranking import (
    question_weights,
    telling_words,
    terms,
    title_share,
    with_titles,
    word_index,
    word_scores,
)

DOCUMENTS = (
    {"title": "Adding fractions", "says": "Students add fractions with unlike denominators."},
    {"title": "The water cycle", "says": "Evaporation, clouds and rain; students draw the cycle."},
    {"title": "Number lines", "says": "A number line shows numbers in order."},
    {"title": "Lines of numbers", "says": "Numbers that are written on lines."},
)
WEIGHTS = {"title": 1.0, "says": 0.5}


@pytest.mark.parametrize(
    ("question", "first"),
    [("sum of two fractions", 0), ("why does it rain from clouds", 1), ("on a number line", 2), ("EVAPORATION", 1)],
)
def test_the_document_that_speaks_of_it_comes_first(question: str, first: int) -> None:
    assert int(word_scores(word_index(DOCUMENTS, WEIGHTS), [question])[0].argmax()) == first


def test_a_document_that_shares_no_word_has_no_score() -> None:
    assert word_scores(word_index(DOCUMENTS, WEIGHTS), ["photosynthesis"]).max() == 0


def test_words_of_every_lesson_plan_hardly_count_in_a_long_question() -> None:
    talk = "Students work with a partner, share their thinking with the group and discuss. " * 4

    weights = question_weights(talk + "They compare ratios.")

    assert weights["ratio"] > weights["partner"]
    assert weights["ratio"] > 2 * weights["student"]


def test_words_for_one_thing_are_one() -> None:
    assert terms("sum").keys() == terms("adding").keys() == terms("plus").keys()


def test_neighbours_are_a_pair_unless_a_small_word_stands_between() -> None:
    assert "number line" in terms("number lines")
    assert not any(" " in term for term in terms("numbers of the lines"))


def test_the_telling_words_stand_as_in_the_question() -> None:
    words = telling_words(word_index(DOCUMENTS, WEIGHTS), "Adding two fractions", 0)

    assert "fractions" in words
    assert "two" not in words


def test_a_short_question_listens_to_titles_and_a_sentence_does_not() -> None:
    assert title_share("The water cycle") == 0.5
    assert title_share("Students believe that the clouds are made of cotton and that rain comes out of holes") == 0


def test_titles_speak_by_themselves_by_hand() -> None:
    whole, titles = np.array([[4.0, 2.0]], dtype=np.float32), np.array([[0.0, 3.0]], dtype=np.float32)

    assert with_titles(whole, titles, ["water cycle"])[0] == pytest.approx([0.5, 0.75])


def test_an_empty_shelf_and_an_empty_question_are_no_trouble() -> None:
    assert word_scores(word_index([], WEIGHTS), ["fractions"]).shape == (1, 0)
    assert word_scores(word_index(DOCUMENTS, WEIGHTS), [""]).tolist() == [[0.0] * 4]
