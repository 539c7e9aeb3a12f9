"""The model that comes with Headway: fitted on simulated students, so that it says something before a school has a log.

Nothing of anybody's log is in it. It is made again with `headway mastery ship`; the file says from which world.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.fitting import HELD_OUT_SHARE, fit
from headway.core.evidence.ledger import (
    CARD_COUNT,
    CARDS,
    COMPETENCY_SIZE,
    DIRECTION,
    ITEM_SIZE,
    KNOTS,
    STUDENT_SIZE,
    TIME,
    look_at_competency,
    look_at_item,
    look_at_student,
    start_competency,
    start_item,
    start_student,
)
from headway.core.evidence.scorecards import Scorecards, as_json, curve_at, from_json, without_names
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.true_looks import TrueLooks, true_looks
from headway.core.evidence.walk import NOTHING, UNITS, neighbours_of
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]

STUDENTS: Final = 12_000
COMPETENCIES: Final = 60
SEED: Final = 1
ANSWER_PASSES: Final = 20
TRUTH_STEPS: Final = 300
SMALL_STEPS, ALIKE_STEPS = 1e-5, 1e-4  # chosen on held-out simulated students
SHARE_WITHOUT_TIMES: Final = 0.3  # many logs have no times, and the other cards must then carry the whole
DECIMALS: Final = 5
VERSION: Final = "shipped-4"


def fingerprint_of(world: World, *, students: int, competencies: int, seed: int) -> str:
    """Return the SHA-256 of everything that a shipped model is made from."""
    made_from = {
        "version": VERSION,
        "world": asdict(world),
        "students": students,
        "competencies": competencies,
        "seed": seed,
        "cards": [list(card) for card in CARDS],
        "knots": KNOTS,
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def make_shipped(
    world: World | None = None,
    *,
    students: int = STUDENTS,
    competencies: int = COMPETENCIES,
    seed: int = SEED,
    progress: Callable[[str, float], None] | None = None,
) -> Scorecards:
    """Return a model fitted on simulated students, without anything about their items and competencies.

    What the student did on this and other competencies, and when, is learned from looks at known truth (true_looks.py). What
    the same question and the pause before it tell is learned from the answers themselves. A fifth of the students only says
    how wide beliefs are.
    """
    world = world or World()
    simulated = simulate(world, students=students, competencies=competencies, seed=seed)
    rng = np.random.default_rng(seed)
    has_times = rng.random(students) >= SHARE_WITHOUT_TIMES
    log = _hide_times(simulated.log, has_times)
    neighbours = neighbours_of(simulated.prerequisites, log.skills)
    answers = fit(log, version=VERSION, passes=ANSWER_PASSES, neighbours=neighbours, progress=progress).cards
    looks = true_looks(simulated, neighbours, rng=rng, has_times=has_times)
    doubters = rng.permutation(students)[: max(1, int(students * HELD_OUT_SHARE))]
    is_held_out = np.isin(looks.student, doubters)
    start, curves = _fit_to_truth(looks, ~is_held_out)
    cards = replace(
        without_names(answers),
        start=start,
        curves=np.where(_LEARNED_FROM_TRUTH[:, None], curves, _from_nothing(answers.curves)),
        slopes_mean=np.zeros(3),
        facts={"share_right": 0.65},
        fingerprint=fingerprint_of(world, students=students, competencies=competencies, seed=seed),
    )
    return _rounded(_with_doubt_about_truth(cards, looks, is_held_out))


_LEARNED_FROM_TRUTH = np.array([not card.name.startswith(("item", "pause", "long_pause")) for card in CARDS])


def _from_nothing(curves: Floats) -> Floats:
    """Return curves that are 0 for a question never met; a pause is 0 on the average already."""
    student, item, x = np.zeros(STUDENT_SIZE), np.zeros(ITEM_SIZE), np.zeros(CARD_COUNT)
    start_student(student)
    start_item(item)
    look_at_item(student, item, -1.0, 0.0, x)
    return np.array([curves[card] - curve_at(curves, card, x[card]) for card in range(CARD_COUNT)])


@njit(cache=True)
def _loss_and_slope(
    table: NDArray[np.uint16], chance: Floats, rows: NDArray[np.int64], start: float, curves: Floats, slope: Floats
) -> tuple[float, float]:
    """Return the mean log loss against true chances and its slope in `start`; write its slope in the curves."""
    loss, by_start = 0.0, 0.0
    slope[:] = 0.0
    for place in range(len(rows)):
        row = rows[place]
        logit = start
        for card in range(CARD_COUNT):
            units = table[row, card]
            if units != NOTHING:
                knot = min(units // UNITS, KNOTS - 2)
                part = units / UNITS - knot
                logit += curves[card, knot] * (1.0 - part) + curves[card, knot + 1] * part
        loss += max(logit, 0.0) + math.log1p(math.exp(-abs(logit))) - chance[row] * logit
        error = 1.0 / (1.0 + math.exp(-logit)) - chance[row]
        by_start += error
        for card in range(CARD_COUNT):
            units = table[row, card]
            if units != NOTHING:
                knot = min(units // UNITS, KNOTS - 2)
                part = units / UNITS - knot
                slope[card, knot] += error * (1.0 - part)
                slope[card, knot + 1] += error * part
    slope /= len(rows)
    return loss / len(rows), by_start / len(rows)


def _fit_to_truth(looks: TrueLooks, chosen: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return start and curves that foretell the true chances best.

    Curves are sums of steps that may not be negative, so that each rises or falls as its card must; the problem is convex and
    L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995) finds its one bottom. Steps are kept small and alike.
    """
    rows = np.flatnonzero(chosen)
    chance = 1.0 / (1.0 + np.exp(-looks.truth))
    table = looks.table.copy()
    table[:, ~_LEARNED_FROM_TRUTH] = NOTHING
    signs = DIRECTION.astype(np.float64)[:, None]
    slope = np.zeros((CARD_COUNT, KNOTS))

    def curves_of(steps: Floats) -> Floats:
        curves = np.zeros((CARD_COUNT, KNOTS))
        curves[:, 1:] = signs * np.cumsum(steps, axis=1)
        return curves

    def surprise(parameters: Floats) -> tuple[float, Floats]:
        steps = parameters[1:].reshape(CARD_COUNT, KNOTS - 1)
        loss, by_start = _loss_and_slope(table, chance, rows, float(parameters[0]), curves_of(steps), slope)
        by_steps = signs * np.cumsum(slope[:, ::-1], axis=1)[:, ::-1][:, 1:]
        bends = np.diff(steps, axis=1)
        loss += SMALL_STEPS * float((steps**2).sum()) + ALIKE_STEPS * float((bends**2).sum())
        by_steps = by_steps + 2.0 * SMALL_STEPS * steps
        by_steps[:, 1:] += 2.0 * ALIKE_STEPS * bends
        by_steps[:, :-1] -= 2.0 * ALIKE_STEPS * bends
        return loss, np.concatenate([[by_start], by_steps.ravel()])

    begin = np.concatenate([[0.5], np.full(CARD_COUNT * (KNOTS - 1), 0.01)])
    bounds = [(None, None), *[(0.0, None)] * (len(begin) - 1)]
    found = optimize.minimize(  # type: ignore[no-untyped-call]
        surprise, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": TRUTH_STEPS}
    )
    curves = curves_of(found.x[1:].reshape(CARD_COUNT, KNOTS - 1))
    return _from_somebody_new(float(found.x[0]), curves)


def _from_somebody_new(start: float, curves: Floats) -> tuple[float, Floats]:
    """Return the same model with curves that are 0 for a student of whom nothing is known.

    Those of the clock stay as they are: to a log without times they say nothing at all.
    """
    student, competency, x = np.zeros(STUDENT_SIZE), np.zeros(COMPETENCY_SIZE), np.zeros(CARD_COUNT)
    start_student(student)
    start_competency(competency)
    look_at_student(student, x)
    look_at_competency(student, competency, 0.0, math.nan, 1.0, x)
    kept = np.array([_LEARNED_FROM_TRUTH[place] and card.line != TIME for place, card in enumerate(CARDS)])
    heights = np.array([curve_at(curves, card, x[card]) if kept[card] else 0.0 for card in range(CARD_COUNT)])
    return start + float(heights.sum()), curves - heights[:, None]


def _logits(cards: Scorecards, table: NDArray[np.uint16]) -> Floats:
    logits = np.full(len(table), cards.start)
    for card in np.flatnonzero(_LEARNED_FROM_TRUTH):
        units = table[:, card].astype(np.int64)
        knot = np.minimum(units // UNITS, KNOTS - 2)
        knot[units == NOTHING] = 0
        part = units / UNITS - knot
        height = cards.curves[card][knot] * (1.0 - part) + cards.curves[card][knot + 1] * part
        logits += np.where(units == NOTHING, 0.0, height)
    return logits


def _with_doubt_about_truth(cards: Scorecards, looks: TrueLooks, chosen: NDArray[np.bool_]) -> Scorecards:
    """Return the model with the doubt that makes the true logits most likely under its beliefs."""
    logits, truth = _logits(cards, looks.table[chosen]), looks.truth[chosen]
    logs = np.column_stack(
        [
            np.ones(len(truth)),
            np.log1p(looks.answers_on_competency[chosen]),
            np.log1p(looks.answers_of_student[chosen]),
        ]
    )
    days = looks.days[chosen]

    def surprise(parameters: Floats) -> float:
        variance = np.exp(logs @ parameters[:3])
        variance = np.minimum(variance + parameters[3] * days, np.maximum(variance, math.exp(parameters[0])))
        away = truth - logits * np.sqrt(1.0 + math.pi * variance / 8.0)
        return float(np.mean(np.log(variance) + away**2 / variance))

    bounds = [(-3.0, 2.0), (-2.0, 0.0), (-2.0, 0.0), (0.0, 0.1)]
    found = optimize.minimize(  # type: ignore[no-untyped-call]
        surprise, np.array([0.0, -0.2, -0.1, 0.001]), method="L-BFGS-B", bounds=bounds
    )
    base, by_competency, by_student, growth = (float(number) for number in found.x)
    return replace(cards, deviation=(base, by_competency, by_student), growth_per_day=growth)


def _hide_times(log: AnswerLog, has_times: NDArray[np.bool_]) -> AnswerLog:
    assert log.seconds is not None  # noqa: S101  simulated logs have times
    return replace(log, seconds=np.where(has_times[log.student_of_row()], log.seconds, np.nan))


def _rounded(cards: Scorecards) -> Scorecards:
    """Return the model with short numbers; rounding keeps what rises rising."""
    return from_json(_round(as_json(cards)))


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _round(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_round(entry) for entry in value]
    return round(value, DECIMALS) if isinstance(value, float) else value
