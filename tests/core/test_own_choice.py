"""What a student may find and choose: by language and level, grade and kind, time, screen and company; words that mean topics."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.library.own_choice import (
    FOR_TEACHERS,
    SAID_AS,
    Piece,
    fits,
    grades_around,
    languages_read,
    reads_well,
    topics_in,
    why_not,
)

PIECE = Piece(
    kind="drawing",
    language="en",
    reading_level=5.0,
    grade_low=6,
    grade_high=8,
    minutes=15,
    screen="no",
    with_whom="alone",
)
READS = {"en": 6.0, "es": 3.0}


@pytest.mark.parametrize(
    ("language", "level", "reads"),
    [
        ("en", 7.0, True),
        ("en", 7.1, False),
        ("en", 0.0, True),
        ("es", 4.5, False),
        ("fr", 1.0, False),
        ("en-US", 5.0, True),
        ("zxx", 0.0, True),
    ],
)
def test_a_text_reads_well_up_to_a_grade_above_the_own_level(language: str, level: float, reads: bool) -> None:
    assert reads_well(language, level, READS) is reads


def test_an_unknown_level_reads_everything_in_that_language() -> None:
    assert reads_well("en", 11.0, {"en": None})


@pytest.mark.parametrize(("level", "reads"), [(0.0, False), (1.2, True), (2.0, False)])
def test_who_begins_to_read_gets_what_is_known_to_be_easy(level: float, reads: bool) -> None:
    assert reads_well("en", level, {"en": 0.5}) is reads


@pytest.mark.parametrize(("grade", "is_for"), [(4, False), (5, True), (7, True), (11, True), (12, False)])
def test_a_piece_may_be_a_grade_above_and_three_below(grade: int, is_for: bool) -> None:
    assert fits(PIECE, languages=READS, grade=grade) is is_for


@given(grade=st.integers(0, 12), low=st.integers(0, 12), span=st.integers(0, 12))
def test_the_grades_to_search_are_those_that_fit(grade: int, low: int, span: int) -> None:
    piece = replace(PIECE, grade_low=low, grade_high=min(12, low + span))
    named = set(range(piece.grade_low, piece.grade_high + 1)) & set(grades_around(grade))
    assert bool(named) is fits(piece, languages=READS, grade=grade)


@pytest.mark.parametrize("kind", sorted(FOR_TEACHERS))
def test_what_is_written_for_teachers_is_never_found(kind: str) -> None:
    assert not fits(replace(PIECE, kind=kind), languages=READS, grade=7)


@pytest.mark.parametrize(("uses", "is_for"), [(("group",), False), (("project", "paper"), True), (("choice",), True)])
def test_what_only_a_teacher_leads_is_not_found(uses: tuple[str, ...], is_for: bool) -> None:
    assert fits(replace(PIECE, uses=uses), languages=READS, grade=7) is is_for


@pytest.mark.parametrize(
    ("piece", "says"),
    [
        (PIECE, None),
        (replace(PIECE, minutes=16), "minutes"),
        (replace(PIECE, with_whom="teacher"), "with a teacher"),
        (replace(PIECE, needs_adult=True), "grown-up"),
        (replace(PIECE, screen="yes"), "screen"),
        (replace(PIECE, screen="either"), None),
    ],
)
def test_a_place_says_why_a_piece_does_not_go_there(piece: Piece, says: str | None) -> None:
    problem = why_not(piece, place_minutes=15, screen_minutes_left=10)
    assert (problem is None) if says is None else (problem is not None and says in problem[0])


def test_languages_that_are_only_begun_are_left_out_where_there_is_another() -> None:
    assert languages_read({"es": 7.5, "qu": 0.0, "en": 0.5}) == {"es": 7.5}
    assert languages_read({"en": 0.5}) == {"en": 0.5}


@pytest.mark.parametrize(
    ("words", "topics"),
    [
        ("Beats. I make them on a borrowed phone.", {"music"}),
        ("Los faros, los botes y dibujar mapas del fondo.", {"sea", "boats", "drawing", "maps"}),
        ("En el fútbol soy portera", {"soccer"}),
        ("A career in care", set()),
        ("", set()),
    ],
)
def test_own_words_mean_topics_in_both_languages(words: str, topics: set[str]) -> None:
    assert set(topics_in(words)) == topics


def test_a_career_is_found_in_own_words_as_a_whole_word() -> None:
    assert topics_in("A marine biologist, or a pilot", also=["marine-biologist", "pilot", "cook"]) == (
        "marine-biologist",
        "pilot",
    )


def test_what_is_known_already_is_not_said_again() -> None:
    assert "music" not in topics_in("music and boats", without=["music"])


def test_every_topic_has_ways_to_say_it_in_plain_letters() -> None:
    assert all(
        beginning == beginning.casefold() and beginning.isascii() for own in SAID_AS.values() for beginning in own
    )
