"""Fitting the learner model: one pass counts, a few passes learn (mastery.md 4.1).

Adagrad by student sequence (Duchi, Hazan & Singer 2011) on the log loss with Gaussian priors, early stop on held-out
students, and after every pass a projection: curves that may only rise or fall are made so by isotonic regression (PAVA), the
same question again is never easier after a wrong answer than after a right one, slopes keep their sign. A fixed seed gives
the same numbers to the last bit.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.evidence import ledger as lg
from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.ledger import ABILITY_CARD, CARD_COUNT, DIRECTION, FALLS, KNOTS, RISES, SLOPE_CARDS
from headway.core.evidence.scorecards import Scorecards, empty
from headway.core.evidence.walk import (
    NOTHING,
    UNITS,
    Neighbours,
    columns_of,
    desk_for,
    easiness_in,
    forecast_rows,
    parameters_in,
    tabulate,
)
from headway.core.evidence.weights import answer_weights
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]

STEP: Final = 0.1
STEP_KEPT: Final = 0.9  # each pass takes smaller steps
MOST_PASSES: Final = 24
PATIENCE: Final = 3  # passes without a better held-out loss
HELD_OUT_SHARE: Final = 0.2
PRIOR_ITEM, PRIOR_COMPETENCY, PRIOR_CURVE, PRIOR_DISCRIMINATION = 1.0, 2.0, 2.0, 1.0
PRIOR_CURVE_SHIPPED: Final = 30.0  # curves that were learned elsewhere give way slowly
START_SHARE: Final = 0.5  # how much of an item's observed easiness it starts from
ITEM_ANSWERS, COMPETENCY_ANSWERS = 8.0, 20.0  # pseudo-answers of the smoothed shares
USUAL_SHARE: Final = 0.9  # cards that most answers see are centred; a log without times leaves the others empty
SMALL: Final = 5_000  # answers; fewer cannot tell how hard work is from how able the few students are
FEW_STUDENTS: Final = (
    4.0  # so much firmer is the prior of a competency's level where hardly anybody's answers tell of it
)
LEAST_TO_REFIT: Final = 1_500  # answers; fewer only place items and competencies on the shipped curves
PRIOR_UNTIL: Final = 30_000  # answers; more speak for themselves
MOST_TO_TRY: Final = 2_000_000  # rows; more do not change how many passes are best, nor how wide beliefs are
ROWS_IN_MEMORY: Final = 2_000_000  # more than these are counted into a file, not into memory


@njit(cache=True)
def _logit_in_table(
    row: int,
    item: int,
    members: NDArray[np.int32],
    table: NDArray[np.uint16],
    start: float,
    curves: Floats,
    levels: Floats,
    slopes: Floats,
    offsets: Floats,
    discriminations: Floats,
    slope_x: Floats,
) -> tuple[float, float]:
    """Return a row's logit and the student's ability before it, from where it lies on the cards; write what slopes multiply."""
    low, high = lg.LOW, lg.HIGH
    position = table[row, ABILITY_CARD] / UNITS
    ability = low[ABILITY_CARD] + position * (high[ABILITY_CARD] - low[ABILITY_CARD]) / (KNOTS - 1)
    for place in range(3):
        card = SLOPE_CARDS[place]
        slope_x[place] = low[card] + table[row, card] / UNITS * (high[card] - low[card]) / (KNOTS - 1)
    logit = start + offsets[item] + discriminations[item] * ability
    share = 1.0 / len(members)
    for member in range(len(members)):
        skill = members[member]
        logit += share * levels[skill]
        for place in range(3):
            logit += share * slopes[skill, place] * slope_x[place]
    for card in range(CARD_COUNT):
        units = table[row, card]
        if units != NOTHING:
            knot = min(units // UNITS, KNOTS - 2)
            part = units / UNITS - knot
            logit += curves[card, knot] * (1.0 - part) + curves[card, knot + 1] * part
    return logit, ability


@njit(cache=True)
def _loss_in_table(
    item: NDArray[np.int32],
    skill_set: NDArray[np.int32],
    score: Floats,
    set_starts: NDArray[np.int32],
    members: NDArray[np.int32],
    table: NDArray[np.uint16],
    start: float,
    curves: Floats,
    levels: Floats,
    slopes: Floats,
    offsets: Floats,
    discriminations: Floats,
) -> float:
    """Return the mean log loss of the rows that were asked."""
    slope_x = np.zeros(3)
    lost, asked = 0.0, 0.0
    for row in range(len(item)):
        right = score[row]
        if right == right:
            own = members[set_starts[skill_set[row]] : set_starts[skill_set[row] + 1]]
            logit, _ability = _logit_in_table(
                row, item[row], own, table, start, curves, levels, slopes, offsets, discriminations, slope_x
            )
            lost += max(logit, 0.0) + math.log1p(math.exp(-abs(logit))) - right * logit
            asked += 1.0
    return lost / asked if asked > 0.0 else np.nan


@njit(cache=True)
def _pass(
    students: NDArray[np.int64],
    starts: NDArray[np.int64],
    item: NDArray[np.int32],
    skill_set: NDArray[np.int32],
    score: Floats,
    weight: Floats,
    set_starts: NDArray[np.int32],
    members: NDArray[np.int32],
    table: NDArray[np.uint16],
    step: float,
    is_small: bool,
    curve_prior: float,
    prior_curves: Floats,
    mass: Floats,
    item_mass: Floats,
    skill_mass: Floats,
    slopes_mean: Floats,
    start: Floats,
    curves: Floats,
    levels: Floats,
    slopes: Floats,
    offsets: Floats,
    discriminations: Floats,
    squares: tuple[Floats, Floats, Floats, Floats, Floats],
) -> None:
    """Learn from every answer of the students once, in the order given."""
    curve_sq, level_sq, slope_sq, offset_sq, discrimination_sq = squares
    tiny = 1e-8
    slope_x = np.zeros(3)
    for place in range(len(students)):
        who = students[place]
        for row in range(starts[who], starts[who + 1]):
            right = score[row]
            if right != right:
                continue
            it, key = item[row], skill_set[row]
            first, last = set_starts[key], set_starts[key + 1]
            share = 1.0 / (last - first)
            logit, ability = _logit_in_table(
                row, it, members[first:last], table, start[0], curves, levels, slopes, offsets, discriminations, slope_x
            )
            error = weight[row] * (1.0 / (1.0 + math.exp(-logit)) - right)
            start[1] += error * error
            start[0] -= step * error / math.sqrt(tiny + start[1])
            slope = error + PRIOR_ITEM * offsets[it] / item_mass[it]
            offset_sq[it] += slope * slope
            offsets[it] -= step * slope / math.sqrt(tiny + offset_sq[it])
            if is_small:
                ability = 0.0
            slope = error * ability + PRIOR_DISCRIMINATION * discriminations[it] / item_mass[it]
            discrimination_sq[it] += slope * slope
            discriminations[it] -= step * slope / math.sqrt(tiny + discrimination_sq[it])
            for member in range(first, last):
                skill = members[member]
                slope = error * share + PRIOR_COMPETENCY * levels[skill] / skill_mass[skill]
                level_sq[skill] += slope * slope
                levels[skill] -= step * slope / math.sqrt(tiny + level_sq[skill])
                for place3 in range(0 if is_small else 3):
                    away = slopes[skill, place3] - slopes_mean[place3]
                    slope = error * share * slope_x[place3] + PRIOR_COMPETENCY * away / skill_mass[skill]
                    slope_sq[skill, place3] += slope * slope
                    slopes[skill, place3] -= step * slope / math.sqrt(tiny + slope_sq[skill, place3])
            for card in range(0 if is_small else CARD_COUNT):
                units = table[row, card]
                if units != NOTHING:
                    knot = min(units // UNITS, KNOTS - 2)
                    part = units / UNITS - knot
                    for side in range(2):
                        here = knot + side
                        pull = curve_prior * (curves[card, here] - prior_curves[card, here]) / mass[card, here]
                        slope = error * (part if side else 1.0 - part) + pull
                        curve_sq[card, here] += slope * slope
                        curves[card, here] -= step * slope / math.sqrt(tiny + curve_sq[card, here])


@njit(cache=True)
def _masses(rows: NDArray[np.int64], table: NDArray[np.uint16], mass: Floats) -> None:
    for place in range(len(rows)):
        for card in range(CARD_COUNT):
            units = table[rows[place], card]
            if units != NOTHING:
                knot = min(units // UNITS, KNOTS - 2)
                part = units / UNITS - knot
                mass[card, knot] += 1.0 - part
                mass[card, knot + 1] += part


def _project(curves: Floats, mass: Floats, slopes: Floats, discriminations: Floats) -> None:
    """Make every curve rise or fall as its card must, and keep the slopes' signs."""
    for card in range(CARD_COUNT):
        if DIRECTION[card] in (RISES, FALLS):
            fitted = scipy.optimize.isotonic_regression(
                curves[card], weights=np.maximum(mass[card], 1e-3), increasing=bool(DIRECTION[card] == RISES)
            )
            curves[card] = fitted.x
    situations, weights = curves[lg.SITUATION_CARD], mass[lg.SITUATION_CARD]
    for pair in lg.SITUATION_PAIRS:
        wrong, right = pair
        if situations[wrong] > situations[right]:
            situations[list(pair)] = np.average(situations[list(pair)], weights=weights[list(pair)])
    np.maximum(slopes[:, 0], 0.0, out=slopes[:, 0])
    np.minimum(slopes[:, 1], 0.0, out=slopes[:, 1])
    np.maximum(slopes[:, 2], 0.0, out=slopes[:, 2])
    np.maximum(discriminations, 0.0, out=discriminations)


def _typical(log: AnswerLog) -> tuple[Floats, Floats, float]:
    """Return every item's easiness in logits for a typical student, how many answers it had, and the share right."""
    asked = ~np.isnan(log.score)
    item, key, score = log.item[asked], log.skill_set[asked], log.score[asked]
    sets = len(log.set_starts) - 1
    share = float(score.mean()) if len(score) else 0.5
    share = min(max(share, 0.02), 0.98)
    by_set = np.bincount(key, minlength=sets)
    set_share = (np.bincount(key, score, minlength=sets) + COMPETENCY_ANSWERS * share) / (by_set + COMPETENCY_ANSWERS)
    set_of_item = np.zeros(log.items, dtype=np.int64)
    set_of_item[log.item] = log.skill_set
    by_item = np.bincount(item, minlength=log.items)
    smoothed = np.bincount(item, score, minlength=log.items) + ITEM_ANSWERS * set_share[set_of_item]
    item_share = smoothed / (by_item + ITEM_ANSWERS)
    return np.log(item_share / (1.0 - item_share)), by_item.astype(np.float64), share


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The outcome of a fit: parameters, passes taken, the held-out log loss after each pass, and where the curves began."""

    cards: Scorecards
    passes: int
    losses: tuple[float, ...]
    prior: Scorecards | None = None


def log_loss(right: Floats, logits: Floats) -> float:
    """Return the mean log loss of forecasts given as logits."""
    return float(np.mean(np.logaddexp(0.0, logits) - right * logits))


def fit(
    log: AnswerLog,
    *,
    version: str,
    fingerprint: str = "",
    prior: Scorecards | None = None,
    held_out: NDArray[np.int64] | None = None,
    passes: int | None = None,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fit the learner model on a log.

    `held_out` are students that only decide when to stop (a fifth, drawn with `seed`, where None); with `passes` given
    nothing is held out. `prior` is a model learned elsewhere, from which the curves start and to which they are drawn.
    `without` names cards that see nothing. Logs of more than ROWS_IN_MEMORY answers are counted into a file in `folder`.
    """
    everyone = np.arange(log.students, dtype=np.int64)
    generator = np.random.default_rng(seed)
    if passes is None and held_out is None:
        held_out = generator.permutation(everyone)[: max(1, int(log.students * HELD_OUT_SHARE))]
    valid = np.sort(held_out) if held_out is not None else everyone[:0]
    train = np.setdiff1d(everyone, valid) if passes is None else everyone
    train_log = with_students(log, train) if len(valid) else log
    easiness, item_answers, share = _typical(train_log)
    if prior is not None and _is_small(train_log):
        # Few students: whether they are able or their work is easy cannot be told apart, so the prior's yardstick stays.
        share = float(prior.facts.get("share_right", share))
        easiness = np.full(train_log.items, math.log(share / (1.0 - share)))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        held_out_log = with_students(log, valid)
        table = _table(train_log.rows, Path(scratch) / "cards")
        held_out_table = _table(held_out_log.rows, Path(scratch) / "held-out")
        fitted = _learn(
            train_log,
            held_out_log,
            table,
            held_out_table,
            easiness,
            item_answers,
            share,
            prior,
            passes,
            seed,
            neighbours,
            without,
            progress,
        )
        del table, held_out_table
    cards, losses, best = fitted
    return Fitted(
        cards=replace(cards, version=version, fingerprint=fingerprint, answers=int((~np.isnan(log.score)).sum())),
        passes=best,
        losses=tuple(losses),
        prior=prior,
    )


def some_to_try(log: AnswerLog, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the students on whom passes and doubt are settled: all, or of a long log some MOST_TO_TRY rows of them."""
    if log.rows <= MOST_TO_TRY:
        return np.arange(log.students, dtype=np.int64)
    order = rng.permutation(log.students)
    count = int(np.searchsorted(np.cumsum(np.diff(log.starts)[order]), MOST_TO_TRY)) + 1
    return np.sort(order[:count]).astype(np.int64)


def fit_from(
    prior: Scorecards | None,
    log: AnswerLog,
    *,
    held_out: NDArray[np.int64],
    neighbours: Neighbours | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fit with held-out students, from the prior or from nothing: whichever foretells the held-out students better.

    Fewer than LEAST_TO_REFIT answers keep the prior's curves; more than PRIOR_UNTIL begin from nothing.
    """
    answers = int((~np.isnan(log.score)).sum())
    starts: list[Scorecards | None] = [None]
    if prior is not None and answers < PRIOR_UNTIL:
        starts = [prior] if answers < LEAST_TO_REFIT else [prior, None]
    fits = [
        fit(
            log, version="", prior=start, held_out=held_out, neighbours=neighbours, without=without, folder=folder,
            progress=progress,
        )
        for start in starts
    ]  # fmt: skip
    return min(fits, key=lambda one: min(one.losses))


def _is_small(log: AnswerLog) -> bool:
    return int((~np.isnan(log.score)).sum()) < LEAST_TO_REFIT


def _table(rows: int, path: Path) -> NDArray[np.uint16]:
    shape = (max(rows, 1), CARD_COUNT)
    if rows <= ROWS_IN_MEMORY:
        return np.zeros(shape, dtype=np.uint16)
    return np.memmap(path, dtype=np.uint16, mode="w+", shape=shape)


def _learn(
    log: AnswerLog,
    valid: AnswerLog,
    table: NDArray[np.uint16],
    valid_table: NDArray[np.uint16],
    easiness: Floats,
    item_answers: Floats,
    share: float,
    prior: Scorecards | None,
    passes: int | None,
    seed: int,
    neighbours: Neighbours | None,
    without: Collection[str],
    progress: Progress | None,
) -> tuple[Scorecards, list[float], int]:
    skills, items = log.skills, log.items
    weight = answer_weights(log)
    everyone = np.arange(log.students, dtype=np.int64)
    base = prior or empty()
    for some, places in ((log, table), (valid, valid_table)):
        tabulate(columns_of(some, easiness, neighbours=neighbours, without=without), desk_for(some), places)
    asked = np.flatnonzero(~np.isnan(log.score))
    seen_mass = np.zeros((CARD_COUNT, KNOTS))
    _masses(asked, table, seen_mass)
    mass = seen_mass + 1.0
    is_usual = seen_mass.sum(axis=1) >= USUAL_SHARE * max(len(asked), 1)
    item_mass = np.maximum(item_answers, 1.0)
    by_set = np.bincount(log.skill_set[asked], minlength=len(log.set_starts) - 1)
    skill_mass = np.maximum(np.bincount(log.members, np.repeat(by_set, np.diff(log.set_starts)), minlength=skills), 1.0)

    is_small = prior is not None and _is_small(log)
    if is_small:
        skill_mass = skill_mass / FEW_STUDENTS
    middle = math.log(share / (1.0 - share))
    start = np.array([base.start if prior else middle, 0.0])
    set_of_item = np.zeros(items, dtype=np.int64)
    set_of_item[log.item] = log.skill_set
    levels = np.zeros(skills)
    by_member = np.repeat(np.arange(len(by_set)), np.diff(log.set_starts))
    set_right = np.bincount(log.skill_set[asked], log.score[asked], minlength=len(by_set))
    skill_right = np.bincount(log.members, set_right[by_member], minlength=skills)
    skill_seen = np.bincount(log.members, by_set[by_member], minlength=skills)
    skill_share = (skill_right + COMPETENCY_ANSWERS * share) / (skill_seen + COMPETENCY_ANSWERS)
    levels[:] = np.log(skill_share / (1.0 - skill_share)) - middle
    set_level = np.bincount(by_member, levels[log.members], minlength=len(by_set)) / np.maximum(
        np.diff(log.set_starts), 1
    )
    offsets = START_SHARE * (easiness - middle - set_level[set_of_item])
    if (
        prior is not None and len(asked) < SMALL
    ):  # few students: how able they are and how hard their work is cannot be told apart by shares
        levels[:], offsets[:] = 0.0, 0.0
    curves = base.curves.copy()
    slopes_mean = base.slopes_mean.copy()
    slopes = np.tile(slopes_mean, (skills, 1))
    discriminations = np.zeros(items)
    squares = (
        np.zeros_like(curves),
        np.zeros_like(levels),
        np.zeros_like(slopes),
        np.zeros_like(offsets),
        np.zeros_like(discriminations),
    )
    curve_prior = PRIOR_CURVE_SHIPPED if prior else PRIOR_CURVE
    generator = np.random.default_rng(seed + 1)

    def now() -> Scorecards:
        # Centred on what a typical answer sees, so that a line reads "compared with a typical student" and nothing seen is 0.
        typical = np.where(is_usual, (curves * seen_mass).sum(axis=1) / np.maximum(seen_mass.sum(axis=1), 1.0), 0.0)
        return replace(
            base,
            version="",
            start=float(start[0] + typical.sum()),
            curves=curves - typical[:, None],
            slopes_mean=slopes_mean.copy(),
            levels=levels.copy(),
            slopes=slopes.copy(),
            offsets=offsets.copy(),
            discriminations=discriminations.copy(),
            item_easiness=easiness,
            item_answers=item_answers,
            facts={"share_right": share},
        )

    best, best_pass, losses = now(), 0, []
    most = passes if passes is not None else MOST_PASSES
    for number in range(most):
        _pass(
            generator.permutation(everyone), log.starts, log.item, log.skill_set, log.score, weight, log.set_starts,
            log.members, table, STEP * STEP_KEPT**number, is_small, curve_prior, base.curves, mass, item_mass, skill_mass,
            slopes_mean, start, curves, levels, slopes, offsets, discriminations, squares,
        )  # fmt: skip
        _project(curves, mass, slopes, discriminations)
        slopes_mean[:] = np.average(slopes, axis=0, weights=skill_mass) if skills else 0.0
        if progress:
            progress("pass", (number + 1) / most)
        if passes is None:
            losses.append(
                _loss_in_table(
                    valid.item, valid.skill_set, valid.score, valid.set_starts, valid.members, valid_table, start[0],
                    curves, levels, slopes, offsets, discriminations,
                )
            )  # fmt: skip
            if losses[-1] <= min(losses):
                best, best_pass = now(), number + 1
            elif number + 1 - best_pass >= PATIENCE:
                break
    if passes is not None:
        best, best_pass = now(), most
    return best, losses, best_pass


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What the model said before each answer: its logit, and how many answers came before (student's, competency's)."""

    logits: Floats
    student_answers: Floats
    competency_answers: Floats

    @property
    def chance(self) -> Floats:
        """The chance of a right answer."""
        chance: Floats = 1.0 / (1.0 + np.exp(-self.logits))
        return chance


def forecast(
    cards: Scorecards, log: AnswerLog, *, neighbours: Neighbours | None = None, without: Collection[str] = ()
) -> Forecast:
    """Return the forecast of every answer from the answers before it alone.

    Items and competencies of the log are those the model was fitted on, by number; what it has not met is taken as typical.
    `without` names cards that see nothing, which the model should have been fitted without too.
    """
    columns = columns_of(log, easiness_in(cards, log), neighbours=neighbours, without=without)
    logits, before = np.zeros(log.rows), np.zeros((log.rows, 2))
    forecast_rows(columns, parameters_in(cards, log), desk_for(log), logits, before)
    return Forecast(logits=logits, student_answers=before[:, 0], competency_answers=before[:, 1])
