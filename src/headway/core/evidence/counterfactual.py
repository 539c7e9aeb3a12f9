"""What if an answer had been the other way round: a right one may never lower a later forecast, a wrong one never raise it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.calibration import Flips, flips

Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-9
ANSWERS_FLIPPED: Final = 5_000
_ANSWERS_AT_ONCE: Final = 500_000  # rows of the copies that are held at a time


def flip_answers(
    forecast: Callable[[AnswerLog], Floats],
    log: AnswerLog,
    *,
    rng: np.random.Generator,
    answers: int = ANSWERS_FLIPPED,
    tolerance: float = TOLERANCE,
) -> Flips:
    """Turn answers of a log round, one at a time, and count those after which any later forecast moved the wrong way.

    `forecast` returns the logit of every row of a log from the rows before it; `answers` of those right or wrong are drawn.
    """
    candidates = np.flatnonzero((log.score == 0.0) | (log.score == 1.0))
    rows = candidates if len(candidates) <= answers else np.sort(rng.choice(candidates, answers, replace=False))
    owner = log.student_of_row()[rows]
    as_it_was = forecast(log)
    wrong_way = np.zeros(len(rows))
    lengths = np.diff(log.starts)[owner]
    batches = np.cumsum(lengths) // _ANSWERS_AT_ONCE
    for batch in np.unique(batches):
        chosen = np.flatnonzero(batches == batch)
        copies = with_students(log, owner[chosen])
        place = copies.starts[:-1] + rows[chosen] - log.starts[owner[chosen]]
        score = copies.score.copy()
        score[place] = 1.0 - score[place]
        before = np.repeat(log.starts[owner[chosen]] - copies.starts[:-1], lengths[chosen]) + np.arange(copies.rows)
        moved = forecast(replace(copies, score=score)) - as_it_was[before]
        # Now right where it was wrong: every later forecast should be as high or higher, and the other way round.
        moved *= np.repeat(np.where(score[place] == 1.0, -1.0, 1.0), lengths[chosen])
        wrong_way[chosen] = np.maximum.reduceat(moved, copies.starts[:-1])
    return flips(wrong_way, np.zeros(len(rows)), tolerance=tolerance)


def move_of_references(before: Floats, after: Floats, score: Floats, *, tolerance: float = TOLERANCE) -> Flips:
    """Count answers that moved the estimate of their own competency the wrong way, at the same moment.

    `before` and `after` are logits of a reference question around each answer; shares between are not judged.
    """
    judged = (score == 0.0) | (score == 1.0)
    was_right = score[judged] == 1.0
    before, after = before[judged], after[judged]
    return flips(np.where(was_right, before, after), np.where(was_right, after, before), tolerance=tolerance)
