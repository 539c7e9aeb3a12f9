"""What a model expects of the next answers as things stand at a moment, and how much it should doubt that (mastery.md 4.2)."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.coverage import Doubt, NextAnswers, deviation_of, fit_doubt, next_rows
from headway.core.evidence.ledger import DAY
from headway.core.evidence.scorecards import Scorecards
from headway.core.evidence.walk import (
    Neighbours,
    columns_of,
    desk_for,
    easiness_in,
    forecast_ahead,
    forecast_references,
    forecast_rows,
    parameters_in,
)

Floats = NDArray[np.float64]

AHEAD: Final = 5
BLOCKS_TO_FIT: Final = 40_000  # more change the third digit of a doubt


@dataclass(frozen=True, kw_only=True)
class References:
    """Per row: the logit of a reference question just before the answer and just after it, at the same moment."""

    before: Floats
    after: Floats


def references(cards: Scorecards, log: AnswerLog, *, neighbours: Neighbours | None = None) -> References:
    """Return what the model shows as mastery around every answer: the logit of a new, typical question of its competencies."""
    columns = columns_of(log, easiness_in(cards, log), neighbours=neighbours)
    logits = np.zeros((log.rows, 2))
    forecast_references(columns, parameters_in(cards, log), desk_for(log), logits)
    return References(before=logits[:, 0], after=logits[:, 1])


def blocks_ahead(
    cards: Scorecards,
    log: AnswerLog,
    *,
    rng: np.random.Generator,
    ahead: int = AHEAD,
    most: int | None = None,
    neighbours: Neighbours | None = None,
    without: Collection[str] = (),
) -> NextAnswers:
    """Return the next answers on a competency with what was expected of them before the first, at its moment.

    Every answer begins a block, or `most` of them drawn with `rng`. Answers that are neither right nor wrong are left out, and
    so is a question that comes again within a block: its first solution was shown meanwhile, so it says little about before.
    """
    student = log.student_of_row()
    asked = np.flatnonzero((log.score == 0.0) | (log.score == 1.0))
    found = next_rows(student[asked], log.skill_set[asked], ahead=ahead)
    cuts = np.arange(len(asked))
    if most is not None and len(cuts) > most:
        cuts = np.sort(rng.choice(len(asked), most, replace=False))
    following = np.full((log.rows, ahead), -1, dtype=np.int64)
    following[asked[cuts]] = np.where(found[cuts] >= 0, asked[found[cuts]], -1)
    if log.has_items:
        _leave_out_repeats(following, log.item)
    columns = columns_of(log, easiness_in(cards, log), neighbours=neighbours, without=without)
    parameters, desk = parameters_in(cards, log), desk_for(log)
    logits, ignored, before = np.zeros((log.rows, ahead)), np.zeros(log.rows), np.zeros((log.rows, 2))
    forecast_ahead(columns, parameters, desk, following, logits)
    forecast_rows(columns, parameters, desk_for(log), ignored, before)
    rows = asked[cuts]
    is_there = following[rows] >= 0
    # Where the block had ended the first answer's question stands for those that would have come.
    return NextAnswers(
        right=np.where(is_there, log.score[following[rows]], np.nan),
        logit=np.where(is_there, logits[rows], logits[rows][:, :1]),
        student=student[rows],
        answers_on_competency=before[rows, 1],
        answers_of_student=before[rows, 0],
        days=_days_since(log, student)[rows] if log.seconds is not None else None,
    )


def _leave_out_repeats(following: NDArray[np.int64], item: NDArray[np.int32]) -> None:
    items = np.where(following >= 0, item[following], -1)
    for place in range(1, following.shape[1]):
        is_repeat = (items[:, :place] == items[:, place : place + 1]).any(axis=1)
        following[is_repeat, place] = -1


def _days_since(log: AnswerLog, student: NDArray[np.int32]) -> Floats:
    """Return the days since the student's last answer on the same competencies; 0 where there was none, or no time."""
    days = np.zeros(log.rows)
    if log.seconds is not None:
        order = np.lexsort((np.arange(log.rows), log.skill_set, student))
        same = (np.diff(student[order]) == 0) & (np.diff(log.skill_set[order]) == 0)
        days[order[1:][same]] = np.maximum(0.0, np.nan_to_num(np.diff(log.seconds[order])[same])) / DAY
    return days


def doubt_of(cards: Scorecards) -> Doubt:
    """Return a model's doubt as the measures of coverage take it."""
    base, competency, student = cards.deviation
    return Doubt(base=base, competency=competency, student=student, growth_per_day=cards.growth_per_day)


def deviation_shown(
    doubt: Doubt, answers_on_competency: NDArray[Any], answers_of_student: NDArray[Any], days: Floats | None = None
) -> Floats:
    """Return the deviation of beliefs as the product shows them: time alone makes none wider than one that knows nothing."""
    counts = (answers_on_competency, answers_of_student)
    widest = np.maximum(math.exp(doubt.base / 2), deviation_of(doubt, *counts))
    return np.minimum(deviation_of(doubt, *counts, days), widest)


def with_doubt(
    cards: Scorecards, log: AnswerLog, *, rng: np.random.Generator, neighbours: Neighbours | None = None
) -> Scorecards:
    """Return the model with its doubt fitted on students that it was not fitted on."""
    blocks = blocks_ahead(cards, log, rng=rng, most=BLOCKS_TO_FIT, neighbours=neighbours)
    doubt = fit_doubt(blocks, prior=doubt_of(cards))
    return replace(cards, deviation=(doubt.base, doubt.competency, doubt.student), growth_per_day=doubt.growth_per_day)
