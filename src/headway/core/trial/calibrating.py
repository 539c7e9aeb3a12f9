"""From a log of answers to the parameters of a trial: how far students and skills lie apart, what practice adds, what time takes.

The model is a logistic one with random intercepts, in the line of additive factors models (Cen, Koedinger & Junker 2006):

    logit P(right) = mean + student + skill + student x skill + gain * min(opportunities before, 10)
                     - loss * log(1 + days since the skill was last practised)

Intercepts are drawn to zero by their own variances, which are found with them (penalised quasi-likelihood, Breslow & Clayton
1993). Students who leave a skill after three right answers in a row do no harm: who leaves depends on answers that are in the
model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.trial.assumptions import Assumptions
from headway.core.trial.parameters import NAMES, Parameters, Source

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

TOO_LITTLE = gettext_noop(
    "The log has {rows} answers; a trial’s parameters need at least {least}, of {students} students."
)
UNKNOWN_NUMBER = gettext_noop("“{name}” is no number of a trial. They are: {names}.")
LEAST_ROWS, LEAST_STUDENTS = 300, 10
MOST_OPPORTUNITIES: Final = 10
ROUNDS: Final = 60
IN_A_ROW: Final = 5
DAY_SECONDS: Final = 86_400.0
WEEK_DAYS: Final = 7
LEAST_SPAN_DAYS: Final = 14.0
LEAST_AWAY: Final = 50  # answers after a day or more away, below which nothing is said of forgetting


@dataclass
class _Effect:
    """Intercepts of one kind: whose row it is, where they stand now, and how far they lie apart."""

    of_row: Longs
    values: Floats
    variance: float = 0.5


@dataclass
class _Fit:
    """What is found together, row by row."""

    right: Floats
    mean: float
    effects: list[_Effect]
    slopes: Floats
    columns: Floats
    eta: Floats = field(default_factory=lambda: np.zeros(0))

    def forecast(self) -> Floats:
        """Return the chance of every row."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.eta)))


def _step(fit: _Fit) -> float:
    """Move everything once towards the optimum; return how far the slopes moved."""
    for effect in fit.effects:
        chance = fit.forecast()
        weight, count = chance * (1.0 - chance), len(effect.values)
        information = np.bincount(effect.of_row, weight, count) + 1.0 / effect.variance
        score = np.bincount(effect.of_row, fit.right - chance, count) - effect.values / effect.variance
        move = np.clip(score / information, -1.0, 1.0)
        effect.values += move
        effect.variance = max(1e-4, float(np.mean(effect.values**2 + 1.0 / information)))
        fit.eta += move[effect.of_row]
    chance = fit.forecast()
    weight = chance * (1.0 - chance)
    design = np.column_stack([np.ones(len(fit.right)), fit.columns])
    information = design.T @ (design * weight[:, None]) + 1e-6 * np.eye(design.shape[1])
    move = np.clip(np.linalg.solve(information, design.T @ (fit.right - chance)), -0.5, 0.5)
    fit.mean += float(move[0])
    fit.slopes += move[1:]
    fit.eta += design @ move
    return float(np.abs(move).max())


def _before(key: Longs) -> Longs:
    """Return for every row how many rows of the same key come before it."""
    order = np.argsort(key, kind="stable")
    is_first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    place = np.arange(len(key))
    count = np.empty(len(key), dtype=np.int64)
    count[order] = place - np.maximum.accumulate(np.where(is_first, place, 0))
    return count


def _days_since(key: Longs, seconds: Floats) -> Floats:
    """Return the days since the row before of the same key, 0 for the first."""
    order = np.argsort(key, kind="stable")
    days = np.zeros(len(key))
    gap = np.diff(seconds[order], prepend=seconds[order][:1]) / DAY_SECONDS
    is_first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    days[order] = np.where(is_first, 0.0, np.maximum(gap, 0.0))
    return days


def _after_five_alike(key: Longs, right: Floats) -> tuple[float, float]:
    """Return how often answers are wrong right after five right ones on a skill, and right after five wrong ones."""
    order = np.argsort(key, kind="stable")
    own, score = key[order], right[order]
    right_so_far, wrong_so_far = np.zeros(len(own), dtype=np.int64), np.zeros(len(own), dtype=np.int64)
    for row in range(1, len(own)):
        if own[row] == own[row - 1]:
            right_so_far[row] = right_so_far[row - 1] + 1 if score[row - 1] >= 1.0 else 0
            wrong_so_far[row] = wrong_so_far[row - 1] + 1 if score[row - 1] <= 0.0 else 0
    sure, lost = right_so_far >= IN_A_ROW, wrong_so_far >= IN_A_ROW
    slip = float(1.0 - score[sure].mean()) if sure.sum() >= IN_A_ROW else math.nan
    guess = float(score[lost].mean()) if lost.sum() >= IN_A_ROW else math.nan
    return slip, guess


def stability_for(share_lost_in_a_week: float, assumptions: Assumptions) -> float:
    """Return the days of stability at which a week takes this share of what practice added (minds.kept)."""
    lasting, exponent = assumptions.lasting_share, assumptions.exponent
    lost = min(max(share_lost_in_a_week, 1e-3), 0.99 * (1.0 - lasting))
    left = (1.0 - lost - lasting) / (1.0 - lasting)
    return float(WEEK_DAYS / (left ** (-1.0 / exponent) - 1.0))


def calibrate(log: AnswerLog, *, name: str, fingerprint: str, only: tuple[str, ...] = ()) -> Source:
    """Return what a log says of a trial's parameters; `only` names those that it may speak for (none: all it can).

    Raises RuleBroken when there is too little.
    """
    unknown = next((one for one in only if one not in NAMES), None)
    if unknown is not None:
        raise RuleBroken(UNKNOWN_NUMBER, name=unknown, names=", ".join(NAMES))
    asked = ~np.isnan(log.score)
    if int(asked.sum()) < LEAST_ROWS or log.students < LEAST_STUDENTS:
        raise RuleBroken(TOO_LITTLE, rows=int(asked.sum()), least=LEAST_ROWS, students=LEAST_STUDENTS)
    student = log.student_of_row().astype(np.int64)
    skill = log.skill_set.astype(np.int64)
    pair = student * (int(skill.max()) + 1) + skill
    columns = [np.minimum(_before(pair), MOST_OPPORTUNITIES).astype(np.float64)]
    has_times = log.seconds is not None and float(np.ptp(log.seconds)) >= LEAST_SPAN_DAYS * DAY_SECONDS
    if has_times and log.seconds is not None:
        columns.append(-np.log1p(_days_since(pair, log.seconds)))
    _, pair_of_row = np.unique(pair[asked], return_inverse=True)
    right = log.score[asked]
    share = float(np.clip(right.mean(), 0.01, 0.99))
    fit = _Fit(
        right=right,
        mean=math.log(share / (1.0 - share)),
        effects=[
            _Effect(of_row=student[asked], values=np.zeros(log.students)),
            _Effect(of_row=skill[asked], values=np.zeros(int(skill.max()) + 1)),
            _Effect(of_row=pair_of_row.astype(np.int64), values=np.zeros(int(pair_of_row.max()) + 1)),
        ],
        slopes=np.zeros(len(columns)),
        columns=np.column_stack([column[asked] for column in columns]),
    )
    fit.eta = np.full(len(right), fit.mean)
    for _round in range(ROUNDS):
        if _step(fit) < 1e-4:
            break
    slip, guess = _after_five_alike(pair[asked], right)
    by_student, by_skill, by_pair = (math.sqrt(effect.variance) for effect in fit.effects)
    numbers: dict[str, float] = {
        "first_chance_logit": fit.mean,
        "student_deviation_logits": by_student,
        "skill_deviation_logits": by_skill,
        "pair_deviation_logits": by_pair,
        "gain_logits": float(fit.slopes[0]),
        "slip": slip,
    }
    beside: dict[str, float] = {"right_after_five_wrong": guess, "share_right": share}
    if has_times:
        loss, away = float(fit.slopes[1]), fit.columns[:, 1] <= -math.log(2.0)
        beside["loss_per_log_day"] = loss
        if loss > 0.0 and away.sum() >= LEAST_AWAY:
            # What had been added by those who came back after a day or more is what there was to lose.
            added = max(0.1, float(fit.slopes[0]) * float(fit.columns[away, 0].mean()))
            lost = min(1.0, loss * math.log1p(WEEK_DAYS) / added)
            beside["lost_in_a_week"] = lost
            # A log that loses more than the curve can (words learned by heart) says nothing of a skill's curve.
            if lost < 0.9 * (1.0 - Assumptions().lasting_share):
                numbers["stability_days"] = stability_for(lost, Assumptions())
        beside |= _days_active(log)
    chosen = only or NAMES
    return Source(
        name=name,
        fingerprint=fingerprint,
        rows=int(asked.sum()),
        students=log.students,
        numbers={key: value for key, value in numbers.items() if key in chosen and not math.isnan(value)},
        beside={key: value for key, value in beside.items() if not math.isnan(value)},
    )


def _days_active(log: AnswerLog) -> dict[str, float]:
    """Return on how many days of a week a student answers, in weeks between the first and the last answer."""
    assert log.seconds is not None  # noqa: S101  asked only of logs with times
    days = np.floor(log.seconds / DAY_SECONDS).astype(np.int64)
    per_week = []
    for one in range(log.students):
        own = np.unique(days[log.starts[one] : log.starts[one + 1]])
        if len(own) > 1:
            per_week.append(min(float(WEEK_DAYS), WEEK_DAYS * len(own) / float(own[-1] - own[0] + 1)))
    return {"days_active_a_week": float(np.median(per_week))} if per_week else {}


def from_absences(days_absent: Floats, *, school_days: float, name: str, fingerprint: str) -> Source:
    """Return what a list of days absent, one number a student, says of attendance."""
    if len(days_absent) < LEAST_STUDENTS:
        raise RuleBroken(TOO_LITTLE, rows=len(days_absent), least=LEAST_STUDENTS, students=LEAST_STUDENTS)
    there = 1.0 - np.clip(days_absent / school_days, 0.0, 1.0)
    return Source(
        name=name,
        fingerprint=fingerprint,
        rows=len(days_absent),
        students=len(days_absent),
        numbers={"attendance": float(there.mean()), "attendance_deviation": float(there.std(ddof=1))},
        beside={"school_days": school_days},
    )


def shown(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters as plain values, for a table."""
    return {name: getattr(parameters, name) for name in NAMES}
