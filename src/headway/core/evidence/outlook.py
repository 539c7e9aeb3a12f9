"""What lies ahead of an estimate: how many right answers are still missing, and how long it holds without a new look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from headway.core.evidence.learner_model import Known, LearnerModel, certain_in, count, estimate, estimates, most_word
from headway.core.evidence.methods import Method, score_of
from headway.core.evidence.review import review_after
from headway.core.evidence.values import Estimate, Piece, PieceKind, Word

MOST_ANSWERS = 12  # further ahead than this nobody plans, and much will have changed
_SURE = (Word.SECURE, Word.BEYOND)


class WhyLook(StrEnum):
    """What makes an estimate ask to be looked at again."""

    AGE = "age"
    WIDTH = "width"
    FADED = "faded"


@dataclass(frozen=True, kw_only=True)
class NextCheck:
    """In how many days an estimate asks to be checked again if nothing new is seen, and which of the reasons comes first."""

    days: float
    why: WhyLook


def right_answers_until_secure(
    model: LearnerModel, known: Known, pieces: Iterable[Piece], *, at: datetime, most: int = MOST_ANSWERS
) -> int | None:
    """Return how many right first answers in a row, to typical new questions, would make it secure; None beyond `most`.

    0 where it is secure already, by the rule alone: a judgement is left aside. `pieces` are those about this competency.
    """
    bare = replace(known, settled=None)
    if estimate(model, bare, at=at).word in _SURE:
        return 0
    if most_word(known.rule) not in _SURE or known.rule.method is Method.JUDGEMENT:
        return None
    own, ahead = list(pieces), []
    student, state = known.student, known.state
    for answers in range(1, most + 1):
        # A moment later each, so that methods that look at the order see them one after another.
        moment = at + timedelta(microseconds=answers)
        piece = Piece(
            id=f"next {answers}", kind=PieceKind.ANSWER, happened_at=moment, score=1.0, competency=known.competency
        )
        own.append(piece)
        student, state = count(model, student, state, piece)
        scored = None
        if known.rule.method is not Method.MODEL:
            scored = score_of(known.rule, own, on=at.date()).share
        ahead.append(replace(bare, student=student, state=state, scored=scored))
    # Looked at together, which takes a tenth of the time.
    words = [one.word for one in estimates(model, ahead, at=at + timedelta(microseconds=most))]
    return next((answers for answers, word in enumerate(words, start=1) if word in _SURE), None)


def next_check(model: LearnerModel, known: Known, shown: Estimate, *, at: datetime) -> NextCheck | None:
    """Return when an estimate asks to be checked again if nothing new is seen; None where nothing was seen yet.

    It asks when its newest piece is older than the school's days, when its range has grown past the school's width, or
    when the learner model would no longer bet on it. `shown` is the estimate of `known` at `at`.
    """
    if shown.newest_at is None:
        return None
    rule = known.rule
    since = (at - shown.newest_at) / timedelta(days=1)
    left = max(0.0, rule.recheck_days - since)

    def narrowness(days: float) -> float:
        then = estimate(model, known, at=at + timedelta(days=days))
        return 1.0 - (then.high - then.low)

    def certainty(days: float) -> float:
        return certain_in(model, known, at=at, days=days)

    # A range is let be on the day of its newest piece, however wide.
    first = min(left, max(0.0, 1.0 - since))
    ways = {
        WhyLook.AGE: left,
        WhyLook.WIDTH: review_after(narrowness, line=1.0 - rule.recheck_width, least_days=first, most_days=left),
    }
    # What the model did not bet on when it was last seen cannot fade.
    if rule.method is Method.MODEL and certain_in(model, known, at=shown.newest_at, days=0.0) >= 0.5:
        ways[WhyLook.FADED] = review_after(certainty, line=0.5, least_days=first, most_days=left)
    why = min(ways, key=lambda each: ways[each])
    return NextCheck(days=ways[why], why=why)
