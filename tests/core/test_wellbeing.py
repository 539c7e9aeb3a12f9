"""Who needs a person, and notes that begin with a name."""

from __future__ import annotations

from headway.core.wellbeing import NeedKind, Signs, Skill, morning_list, needs_of, read_note

PEOPLE = [(1, "Ben", "Alvarez"), (2, "Caro", "Brandt"), (3, "Ben", "Castle")]


def kinds(signs: Signs) -> list[NeedKind]:
    return [need.kind for need in needs_of(signs)]


def skill(word: str, *, low: float = 0.9, days_old: int = 2) -> Skill:
    return Skill(competency=7, chance=0.95, low=low, high=0.98, pieces=6, word=word, days_old=days_old)


def test_a_student_whom_all_goes_well_for_needs_nobody() -> None:
    assert needs_of(Signs(student=1, pieces_this_week=6, pieces_before=18, days_since_trace=1)) == []


def test_asking_comes_before_everything() -> None:
    signs = Signs(student=1, asked=1, family_wrote=1, answers=((7, 9, 0),), days_since_trace=1)
    assert kinds(signs) == [NeedKind.ASKED, NeedKind.FAMILY_WROTE, NeedKind.SAME_STEP]


def test_misses_with_as_many_right_answers_are_no_sign() -> None:
    assert kinds(Signs(student=1, answers=((7, 5, 4),), days_since_trace=1)) == []


def test_the_step_met_most_often_is_named() -> None:
    need = needs_of(Signs(student=1, answers=((7, 4, 0), (8, 6, 1)), days_since_trace=1))[0]
    assert (need.competency, need.facts["times"]) == (8, 6)


def test_a_quiet_week_of_a_busy_student_is_seen() -> None:
    assert kinds(Signs(student=1, pieces_this_week=1, pieces_before=30, days_since_trace=3)) == [
        NeedKind.LESS_THAN_USUAL
    ]


def test_a_quiet_week_of_a_quiet_student_is_nothing_unusual() -> None:
    assert kinds(Signs(student=1, pieces_this_week=0, pieces_before=4, days_since_trace=9)) == []


def test_two_weeks_without_a_trace_are_seen() -> None:
    assert kinds(Signs(student=1, days_since_trace=14)) == [NeedKind.LITTLE_TRACE]


def test_a_newcomer_may_have_left_no_trace_yet() -> None:
    assert kinds(Signs(student=1, days_enrolled=3)) == []


def test_ready_needs_a_sure_and_fresh_guess() -> None:
    assert kinds(Signs(student=1, days_since_trace=1, skills=(skill("beyond"),))) == [NeedKind.READY]
    assert kinds(Signs(student=1, days_since_trace=1, skills=(skill("beyond", low=0.7),))) == []
    assert kinds(Signs(student=1, days_since_trace=1, skills=(skill("beyond", days_old=30),))) == []


def test_the_morning_list_has_each_student_once_and_says_how_many_it_left_out() -> None:
    people = [Signs(student=number, answers=((7, 4 + number, 0),), days_since_trace=1) for number in range(8)]
    shown, quieter = morning_list(people)
    assert [needs[0].student for needs in shown] == [7, 6, 5, 4, 3]
    assert quieter == 3


def test_a_name_before_the_colon_finds_the_student() -> None:
    read = read_note("Caro: explained it", PEOPLE)
    assert (read.student, read.words) == (2, "explained it")


def test_a_name_with_a_letter_tells_two_apart() -> None:
    assert read_note("ben c.: explained it", PEOPLE).student == 3


def test_a_name_that_fits_two_finds_nobody() -> None:
    read = read_note("Ben: explained it", PEOPLE)
    assert (read.student, read.fitting) == (None, 2)


def test_an_unknown_name_leaves_the_note_whole() -> None:
    assert read_note("Remember: bring glue", PEOPLE).words == "Remember: bring glue"
