"""What work on other skills foretells, learned from the log: the transfer part of the response model (mastery.md 4.1).

Work comes in runs: answers on one skill in a row. A finished run leaves a mark on the forecast for every other skill, which
fades with each later run: `meeting` for having met the skill at all, `outcome` for how it went. The outcome part is never
negative, and nothing here moves during a run, so a right answer still can only raise a forecast and a wrong one only lower it.

Used for forecasts and the choice of the next question. It stays out of the mastery shown to people: which skills a child has
met says more about the class it sits in than about the child.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.fitting import log_loss
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]

KEPT: Final = (0.3, 0.7, 0.95)  # share of a mark that is left after one more run
RANK: Final = 8
PRIOR: Final = 0.03
STEP, STEP_KEPT, MOST_PASSES, PATIENCE = 0.05, 0.85, 12, 2
START_DEVIATION: Final = 0.03
RUN_STEP: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class Context:
    """Marks of every skill set: what they leave (`meets`, `goes`) and what they feel (`after_meeting`, `after_going`).

    All are skill sets x len(KEPT) x RANK; those for outcomes are not negative.
    """

    after_meeting: Floats
    meets: Floats
    after_going: Floats
    goes: Floats
    passes: int


@njit(cache=True)
def _walk(
    students: NDArray[np.int64],
    starts: NDArray[np.int64],
    skill_set: NDArray[np.int32],
    score: Floats,
    easiness: Floats,
    logits: Floats,
    feels: Floats,
    leaves: Floats,
    feels_going: Floats,
    leaves_going: Floats,
    squares: tuple[Floats, Floats, Floats, Floats],
    step: float,
    is_fit: bool,
    out: Floats,
) -> None:
    feels_sq, leaves_sq, feels_going_sq, leaves_going_sq = squares
    depth, rank = feels.shape[1], feels.shape[2]
    tiny = 1e-6
    met, gone = np.zeros((depth, rank)), np.zeros((depth, rank))
    back, back_going = np.zeros((depth, rank)), np.zeros((depth, rank))
    for place in range(len(students)):
        who = students[place]
        first, last = starts[who], starts[who + 1]
        length = last - first
        run_key = np.zeros(length, dtype=np.int64)
        run_track, run_error = np.zeros(length), np.zeros(length)
        run_met, run_gone = np.zeros((length, depth, rank)), np.zeros((length, depth, rank))
        met[:], gone[:] = 0.0, 0.0
        current, track, runs = -1, 0.0, -1
        for row in range(first, last):
            key = skill_set[row]
            if key != current:
                if current >= 0:
                    run_track[runs] = track
                    for level in range(depth):
                        for part in range(rank):
                            met[level, part] = KEPT[level] * met[level, part] + leaves[current, level, part]
                            gone[level, part] = (
                                KEPT[level] * gone[level, part] + track * leaves_going[current, level, part]
                            )
                current, track = key, 0.0
                runs += 1
                run_key[runs] = key
                run_met[runs] = met
                run_gone[runs] = gone
            logit = logits[row]
            for level in range(depth):
                for part in range(rank):
                    logit += feels[key, level, part] * met[level, part]
                    logit += feels_going[key, level, part] * gone[level, part]
            out[row] = logit
            if score[row] == score[row]:
                run_error[runs] += 1.0 / (1.0 + math.exp(-logit)) - score[row]
                track += RUN_STEP * (score[row] - 1.0 / (1.0 + math.exp(-(track + easiness[row]))))
        if is_fit and runs >= 0:
            back[:], back_going[:] = 0.0, 0.0
            for run in range(runs, -1, -1):
                key, error = run_key[run], run_error[run]
                for level in range(depth):
                    for part in range(rank):
                        slope = back[level, part] + PRIOR * leaves[key, level, part]
                        leaves_sq[key, level, part] += slope * slope
                        leaves[key, level, part] -= step * slope / math.sqrt(tiny + leaves_sq[key, level, part])
                        feel = feels[key, level, part]
                        back[level, part] = KEPT[level] * back[level, part] + error * feel
                        slope = error * run_met[run, level, part] + PRIOR * feel
                        feels_sq[key, level, part] += slope * slope
                        feels[key, level, part] -= step * slope / math.sqrt(tiny + feels_sq[key, level, part])

                        slope = back_going[level, part] * run_track[run] + PRIOR * leaves_going[key, level, part]
                        leaves_going_sq[key, level, part] += slope * slope
                        moved = step * slope / math.sqrt(tiny + leaves_going_sq[key, level, part])
                        leaves_going[key, level, part] = max(0.0, leaves_going[key, level, part] - moved)
                        feel = feels_going[key, level, part]
                        back_going[level, part] = KEPT[level] * back_going[level, part] + error * feel
                        slope = error * run_gone[run, level, part] + PRIOR * feel
                        feels_going_sq[key, level, part] += slope * slope
                        moved = step * slope / math.sqrt(tiny + feels_going_sq[key, level, part])
                        feels_going[key, level, part] = max(0.0, feel - moved)


def with_context(context: Context, log: AnswerLog, logits: Floats, easiness: Floats) -> Floats:
    """Return the forecasts with what other skills foretell; `easiness` is per row, in logits for a typical student."""
    out = np.zeros(log.rows)
    tables = (context.after_meeting, context.meets, context.after_going, context.goes)
    none = np.zeros((1, len(KEPT), RANK))
    _walk(
        np.arange(log.students, dtype=np.int64), log.starts, log.skill_set, log.score, easiness, logits, *tables,
        (none, none, none, none), 0.0, False, out,
    )  # fmt: skip
    return out


def fit_context(
    log: AnswerLog,
    logits: Floats,
    easiness: Floats,
    *,
    held_out: NDArray[np.int64] | None = None,
    passes: int | None = None,
    seed: int = 0,
) -> Context:
    """Fit the marks on top of fixed forecasts; `held_out` students decide when to stop, or `passes` says."""
    generator = np.random.default_rng(seed)
    shape = (len(log.set_starts) - 1, len(KEPT), RANK)
    feels, leaves, feels_going, leaves_going = (generator.normal(0.0, START_DEVIATION, shape) for _ in range(4))
    tables = (feels, leaves, np.abs(feels_going), np.abs(leaves_going))
    squares = (np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    everyone = np.arange(log.students, dtype=np.int64)
    valid = held_out if held_out is not None else everyone[:0]
    train = np.setdiff1d(everyone, valid)
    rows = np.flatnonzero(np.isin(log.student_of_row(), valid) & ~np.isnan(log.score))
    out = np.zeros(log.rows)

    def now(number: int) -> Context:
        after_meeting, meets, after_going, goes = (table.copy() for table in tables)
        return Context(after_meeting=after_meeting, meets=meets, after_going=after_going, goes=goes, passes=number)

    best, best_loss = now(0), np.inf
    for number in range(passes if passes is not None else MOST_PASSES):
        columns = (log.starts, log.skill_set, log.score, easiness, logits)
        _walk(generator.permutation(train), *columns, *tables, squares, STEP * STEP_KEPT**number, True, out)
        if passes is not None:
            continue
        _walk(valid, *columns, *tables, squares, 0.0, False, out)
        loss = log_loss(log.score[rows], out[rows])
        if loss < best_loss:
            best, best_loss = now(number + 1), loss
        elif number + 1 - best.passes >= PATIENCE:
            break
    return now(passes) if passes is not None else best
