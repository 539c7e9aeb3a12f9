"""How many right answers are still missing, and how long an estimate holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence.learner_model import (
    Known,
    count,
    estimate,
    new_competency,
    new_student,
    settling,
    shipped_model,
)
from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule, score_of
from headway.core.evidence.outlook import WhyLook, next_check, right_answers_until_secure
from headway.core.evidence.values import Piece, PieceKind, Word

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODEL = shipped_model()
SURE = (Word.SECURE, Word.BEYOND)


def answer(number: int, score: float, at: datetime) -> Piece:
    return Piece(id=f"{number:03}", kind=PieceKind.ANSWER, happened_at=at, score=score, competency=1)


def pieces_of(scores: str, *, days_ago: float = 1) -> list[Piece]:
    """Answers five minutes apart, "1" right and "0" not yet."""
    start = NOW - timedelta(days=days_ago)
    return [answer(place, float(score), start + timedelta(minutes=5 * place)) for place, score in enumerate(scores)]


def known_of(pieces: list[Piece], rule: Rule = DEFAULT_RULE, *, at: datetime = NOW) -> Known:
    student, state = new_student(), new_competency()
    for piece in pieces:
        student, state = count(MODEL, student, state, piece)
    scored = None if rule.method is Method.MODEL else score_of(rule, pieces, on=at.date()).share
    return Known(competency=1, student=student, state=state, rule=rule, scored=scored, settled=settling(pieces, at))


def missing(scores: str, rule: Rule = DEFAULT_RULE, most: int = 12) -> int | None:
    pieces = pieces_of(scores)
    return right_answers_until_secure(MODEL, known_of(pieces, rule), pieces, at=NOW, most=most)


# --- right answers that are missing ---------------------------------------------------------------------------------


@given(st.text("01", min_size=1, max_size=12))
def test_as_many_right_answers_as_named_make_it_secure_and_one_fewer_does_not(scores: str) -> None:
    pieces = pieces_of(scores)
    known = known_of(pieces)
    named = right_answers_until_secure(MODEL, known, pieces, at=NOW)
    if named is None:
        return
    words = []
    student, state = known.student, known.state
    for answers in range(named + 1):
        moment = NOW + timedelta(microseconds=answers)
        if answers:
            student, state = count(MODEL, student, state, answer(900 + answers, 1.0, moment))
        words.append(estimate(MODEL, replace(known, student=student, state=state), at=moment).word in SURE)
    assert words == [False] * named + [True]


def test_what_is_secure_already_misses_nothing() -> None:
    assert missing("1" * 30) == 0


def test_far_away_is_not_counted_out() -> None:
    assert missing("0" * 30, most=3) is None


@pytest.mark.parametrize(("scores", "expected"), [("0", 3), ("01", 2), ("011", 1), ("0111", 0), ("1", 2)])
def test_three_in_a_row_by_hand(scores: str, expected: int) -> None:
    assert missing(scores, Rule(method=Method.LAST_K_IN_A_ROW)) == expected


def test_the_newest_decides_but_three_pieces_are_asked_for_by_hand() -> None:
    assert missing("0", Rule(method=Method.LATEST)) == 2


def test_where_only_a_teacher_judges_no_answer_helps() -> None:
    assert missing("0111", Rule(method=Method.JUDGEMENT)) is None


def test_a_judgement_is_left_aside() -> None:
    judgement = Piece(
        id="j",
        kind=PieceKind.JUDGEMENT,
        happened_at=NOW - timedelta(hours=1),
        score=0.9,
        level=2,
        levels=4,
        settles_as=Word.SECURE,
        competency=1,
    )
    pieces = [*pieces_of("0001"), judgement]
    known = known_of(pieces)
    assert estimate(MODEL, known, at=NOW).word is Word.SECURE
    named = right_answers_until_secure(MODEL, known, pieces, at=NOW)
    assert named is None or named > 0


# --- until when it holds ----------------------------------------------------------------------------------------------


@given(
    scores=st.text("01", min_size=1, max_size=20),
    days_ago=st.floats(0, 80),
    width=st.floats(0.2, 1.0),
    recheck_days=st.integers(5, 120),
)
def test_it_asks_to_be_checked_after_the_named_days_and_not_a_day_before(
    scores: str, days_ago: float, width: float, recheck_days: int
) -> None:
    rule = Rule(recheck_width=width, recheck_days=recheck_days)
    pieces = pieces_of(scores, days_ago=days_ago + len(scores) / 288)
    known = known_of(pieces, rule)
    shown = estimate(MODEL, known, at=NOW)
    check = next_check(MODEL, known, shown, at=NOW)
    assert check is not None
    if shown.is_stale:
        assert check.days == 0
        return
    later = NOW + timedelta(days=check.days + 0.05)
    assert estimate(MODEL, known, at=later).is_stale
    if check.days > 1:
        assert not estimate(MODEL, known, at=NOW + timedelta(days=check.days - 0.05)).is_stale


def test_what_stays_sure_is_checked_when_it_is_old() -> None:
    known = known_of(pieces_of("1" * 30, days_ago=10), Rule(recheck_width=1.0, recheck_days=60))
    check = next_check(MODEL, known, estimate(MODEL, known, at=NOW), at=NOW)
    assert check is not None
    assert check.why is WhyLook.AGE
    assert check.days == pytest.approx(50.1, abs=0.15)


def test_nothing_seen_has_nothing_to_check() -> None:
    known = known_of([])
    assert next_check(MODEL, known, estimate(MODEL, known, at=NOW), at=NOW) is None
