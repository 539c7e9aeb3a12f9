"""A student's pace is a word with its reason, in doubt it is "on", and one fair question proves a skill."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence.next_item import Question
from headway.core.evidence.proof import chance_when_secure, choose_proof
from headway.core.planning.pace import (
    ClassPlace,
    OwnWord,
    PaceNow,
    SkillSeen,
    pace_of,
    paces_of_class,
    place_of_class,
    reached_by_now,
    share_of_term,
)
from headway.core.planning.problem import Pace

SECURE = SkillSeen(word="secure", pieces=6, certain=0.9)
OPEN = SkillSeen(word="starting", pieces=4, certain=0.05)
DOUBTFUL = SkillSeen(word="growing", pieces=4, certain=0.5)
ONE_LOOK = SkillSeen(word="starting", pieces=1, certain=0.05)
UNSEEN = SkillSeen()


def path(letters: str) -> list[SkillSeen]:
    """Return a path: s secure, o clearly open, d in doubt, 1 seen once, - not seen."""
    kinds = {"s": SECURE, "o": OPEN, "d": DOUBTFUL, "1": ONE_LOOK, "-": UNSEEN}
    return [kinds[letter] for letter in letters]


def at(secure: int, under_way: int | None = None) -> ClassPlace:
    return ClassPlace(secure=secure, under_way=secure if under_way is None else under_way)


def word(letters: str, *, reached: int = 6, class_secure: int = 5) -> Pace:
    return pace_of(path(letters), reached=reached, class_place=at(class_secure)).word


def said(pace: PaceNow) -> str:
    return pace.sentence.format(**pace.facts)


def test_the_reason_is_made_from_what_was_counted() -> None:
    pace = pace_of(path("ssssdd----"), reached=6, class_place=at(5))
    assert said(pace) == "Secure on 4 of the 6 skills the path has reached by now; the class is at 5."


def test_one_skill_less_than_the_class_is_on_the_path() -> None:
    assert word("ssssoo----") is Pace.ON


def test_two_open_skills_of_six_and_the_class_further_on_needs_time() -> None:
    assert word("sssooo----") is Pace.NEEDS_TIME


def test_what_is_in_doubt_is_not_counted_against_anybody() -> None:
    assert word("sssddd----") is Pace.ON


def test_where_the_whole_class_is_at_the_beginning_nobody_needs_time() -> None:
    assert word("oooooo----", class_secure=0) is Pace.ON


def test_more_than_the_path_has_reached_is_ahead() -> None:
    assert word("ssssss s".replace(" ", "") + "---") is Pace.AHEAD


def test_two_skills_left_open_on_the_way_are_not_ahead() -> None:
    assert word("ssssoosss-") is Pace.ON


def test_all_of_the_path_is_ahead_unless_the_class_is_there_too() -> None:
    assert (word("ssssss", class_secure=4), word("ssssss", class_secure=6)) == (Pace.AHEAD, Pace.ON)


@pytest.mark.parametrize("letters", ["o-----", "11oo11", "------", "oo1111"])
def test_with_little_evidence_it_is_on_and_says_so(letters: str) -> None:
    pace = pace_of(path(letters + "ss"), reached=6, class_place=at(5))
    assert (pace.word, pace.is_little_seen) == (Pace.ON, True)
    assert said(pace).startswith("Little was seen yet: work on ")


@pytest.mark.parametrize(
    ("letters", "beginning"),
    [("o--", "Not secure yet on the first skill"), ("s--", "Secure on the first skill"), ("sss", "Secure on all 3")],
)
def test_the_first_skill_of_a_path_is_said_in_plain_words(letters: str, beginning: str) -> None:
    assert said(pace_of(path(letters), reached=1, class_place=at(0))).startswith(beginning)


def test_a_class_without_a_path_has_no_pace_to_tell() -> None:
    assert pace_of([], reached=0, class_place=at(0)).is_little_seen


@given(
    st.lists(st.sampled_from([SECURE, OPEN, DOUBTFUL, ONE_LOOK, UNSEEN]), min_size=1, max_size=15),
    st.integers(0, 15),
    st.integers(0, 15),
)
def test_one_more_secure_skill_never_makes_the_word_slower(
    skills: list[SkillSeen], place: int, class_secure: int
) -> None:
    order = [Pace.NEEDS_TIME, Pace.ON, Pace.AHEAD]
    reached = min(len(skills), max(1, class_secure))
    better = [SECURE if at == place else skill for at, skill in enumerate(skills)]
    before = pace_of(skills, reached=reached, class_place=at(class_secure))
    after = pace_of(better, reached=reached, class_place=at(class_secure))
    if not before.is_little_seen:
        assert order.index(after.word) >= order.index(before.word)


def test_the_class_is_where_its_middle_student_is_by_hand() -> None:
    # Secure on 1, 2, 2 and 3 of three; of the fifth nothing was seen. The lower middle of 1, 2, 2, 3 is 2.
    # Under way on 2, 2, 3 and 3: the lower middle is 2 as well, of 3, 2, 3 and 3 it would be 3.
    classmates = [path("sod"), path("sso"), path("ssd"), path("sss"), path("---")]
    assert place_of_class(classmates, 3) == ClassPlace(secure=2, under_way=2)


def test_where_hardly_anybody_is_secure_yet_what_is_under_way_decides_and_is_said() -> None:
    pace = pace_of(path("oooddo----"), reached=6, class_place=at(0, 5))
    assert pace.word is Pace.NEEDS_TIME
    assert said(pace) == "Growing or further on 2 of the 6 skills the path has reached by now; the class is at 5."


def test_the_path_has_reached_at_least_the_goal_the_class_works_on() -> None:
    assert reached_by_now(10, goal_place=5, term_share=0.1) == 6


def test_the_path_goes_as_the_term_goes_also_where_the_class_stays_longer() -> None:
    # Half of 9 skills are 4.5: the fifth has begun.
    assert [reached_by_now(9, goal_place=place, term_share=0.5) for place in (None, 0)] == [5, 5]


def test_a_path_always_has_reached_its_first_skill_and_never_more_than_its_last() -> None:
    assert (reached_by_now(9, goal_place=None, term_share=0.0), reached_by_now(4, goal_place=9, term_share=0)) == (1, 4)


def test_the_term_is_half_over_in_its_middle() -> None:
    starts, ends = date(2026, 9, 1), date(2026, 9, 10)
    share = [share_of_term(date(2026, 9, day), starts_on=starts, ends_on=ends) for day in (1, 5, 10)]
    assert share == [0.1, 0.5, 1.0]


def test_before_and_after_a_term_its_share_stays_within_bounds() -> None:
    starts, ends = date(2026, 9, 1), date(2026, 9, 10)
    assert share_of_term(date(2026, 8, 1), starts_on=starts, ends_on=ends) == 0.0
    assert share_of_term(date(2027, 8, 1), starts_on=starts, ends_on=ends) == 1.0


OWN = OwnWord(word=Pace.NEEDS_TIME, why="Was ill for two weeks.", said_by="Ms. Lind", ends_on=date(2026, 9, 30))


def test_a_teachers_own_word_holds_until_its_last_day() -> None:
    paces = [
        paces_of_class({"ben": path("ssss")}, reached=2, own_words={"ben": OWN}, on=date(*day))["ben"].word
        for day in ((2026, 9, 30), (2026, 10, 1))
    ]
    assert paces == [Pace.NEEDS_TIME, Pace.AHEAD]


def test_under_a_teachers_own_word_what_was_counted_is_still_said() -> None:
    pace = paces_of_class({"ben": path("sss-")}, reached=2, own_words={"ben": OWN}, on=date(2026, 9, 2))["ben"]
    assert pace.own == OWN
    assert said(pace).startswith("Secure on 2 of the 2 skills")


# --- one question as a proof -------------------------------------------------------------------------------------------


def test_somebody_on_the_line_of_secure_is_right_as_often_as_the_line_says() -> None:
    # At the reference difficulty the line of 0.8 is 0.8; with a quarter to guess 0.25 + 0.75 x 0.8 = 0.85.
    assert chance_when_secure(Question(id=1)) == pytest.approx(0.8)
    assert chance_when_secure(Question(id=1, guess_chance=0.25)) == pytest.approx(0.85)


def test_the_hardest_fair_question_proves_it() -> None:
    # logit(0.8) is 1.386: above that difficulty somebody who is just secure is more often wrong than right.
    questions = [Question(id=1, difficulty=0.2), Question(id=2, difficulty=1.3), Question(id=3, difficulty=1.5)]
    proof = choose_proof(questions)
    assert proof is not None
    assert proof.id == 2


def test_a_question_that_can_be_guessed_comes_last() -> None:
    proof = choose_proof([Question(id=1, difficulty=1.0, guess_chance=0.33), Question(id=2, difficulty=-2.0)])
    assert proof is not None
    assert proof.id == 2


def test_a_question_met_before_proves_nothing() -> None:
    assert choose_proof([Question(id=1, times_seen=1)]) is None


def test_where_all_are_too_hard_the_easiest_is_asked() -> None:
    proof = choose_proof([Question(id=1, difficulty=3.0), Question(id=2, difficulty=2.0)])
    assert proof is not None
    assert proof.id == 2
