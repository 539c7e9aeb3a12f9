"""Are the estimates as good for one group of students as for another? The measures, by group.

Groups (a language at home, a support plan, any column) stay outside the model; here its estimates are compared afterwards.
Every comparison is one group beside the students of all other groups that are shown. Groups with few students are hidden:
neither shown nor part of “the others”, so nothing about them can be worked out. Intervals draw students, not rows; those of
differences are widened so that *all* of a comparison hold together 95 times in 100 (Bonferroni), because a report that looks
in many places finds something somewhere by luck.

What is flagged is a question to look at, never a fault of a student: the mending is in questions, evidence and rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.evidence.calibration import (
    BINS,
    STAGES,
    Floats,
    Interval,
    auc,
    calibration_line,
    interval_from,
    operating_curve,
    redrawn,
)
from headway.core.shared.small_numbers import LEAST_STUDENTS as FEWEST_SHOWN

LEAST_STUDENTS = FEWEST_SHOWN
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How well estimates agree with what students did, or how much better or worse than for others; nan where not known.

    `gap` is mean(chance − right): above 0 the estimates run high. `gaps` holds it by stage, nan where too few students are.
    """

    gap: Interval
    gaps: tuple[Interval, ...]
    calibration_error: Interval
    slope: Interval
    auc: Interval


@dataclass(frozen=True, kw_only=True)
class GroupMeasures:
    """How well estimates agree with what one group did; a hidden group has its name alone."""

    group: str
    is_hidden: bool
    students: int | None = None
    rows: int | None = None
    agreement: Agreement | None = None


@dataclass(frozen=True, kw_only=True)
class GroupDifference:
    """One group's measures minus those of the others, and the area between their ROC curves.

    `abroca_by_luck` is what 95 of 100 shuffled groupings stay under.
    """

    group: str
    agreement: Agreement
    auc_of_others: float
    abroca: Interval
    abroca_by_luck: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Measures by group; two groups have one difference, of the smaller (of the first, if alike) beside the larger."""

    least_students: int
    stages: tuple[tuple[int, int | None], ...]
    groups: tuple[GroupMeasures, ...]
    differences: tuple[GroupDifference, ...]


@dataclass(frozen=True, kw_only=True)
class GroupDecisions:
    """What decisions by a threshold did to one group and to the others.

    `false_advance`: share of moves on that came before the student was ready. `over_practice`: share of answers before a
    move that were given by a student who was ready already. `median_answers`: answers until half have moved on, nan where
    fewer than half do.
    """

    group: str
    students: int
    false_advance: Interval
    over_practice: Interval
    median_answers: Interval
    false_advance_of_others: float
    over_practice_of_others: float
    median_answers_of_others: float
    false_advance_difference: Interval
    over_practice_difference: Interval


def shown_groups(
    student: NDArray[Any], group: NDArray[Any], group_names: Sequence[str], least_students: int
) -> dict[int, int]:
    """Return the numbers of the groups that may be shown, with how many students each has."""
    counts = {number: len(np.unique(student[group == number])) for number in range(len(group_names))}
    return {number: count for number, count in counts.items() if count >= max(1, least_students)}


def contrasts_of(shown: Mapping[int, int]) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield each group with the numbers of the others; two groups are one contrast, not two that mirror each other."""
    smallest_first = sorted(shown, key=lambda number: (shown[number], number))
    for number in smallest_first[:1] if len(shown) == 2 else sorted(shown):
        others = frozenset(shown) - {number}
        if others:
            yield number, others


def stage_of(answers_before: NDArray[Any]) -> NDArray[np.int64]:
    """Return the number in `STAGES` that each count of earlier answers falls into."""
    return np.searchsorted([lowest for lowest, _highest in STAGES[1:]], answers_before, side="right").astype(np.int64)


def _by_percentile(value: float, draws: Floats) -> Interval:
    """Return the interval between the 2.5th and 97.5th of the draws, for values whose draws are skewed or whole numbers."""
    low, high = np.quantile(np.nan_to_num(draws, nan=np.inf), (0.025, 0.975), method="closest_observation")
    ends = [float(end) if np.isfinite(end) else float("nan") for end in (low, high)]
    return Interval(value=value, low=ends[0], high=ends[1])


@dataclass(frozen=True, kw_only=True)
class _Side:
    """The measures of the students of one or several groups: as they are, and redrawn."""

    students: int
    rows: int
    values: Floats
    draws: Floats


def _side(
    right: Floats, chance: Floats, student: NDArray[Any], stage: NDArray[Any], least: int, repeats: int, seed: int
) -> _Side:
    """Return the measures in the order of `Agreement`: gap, calibration error, slope, AUC, and the gap of each stage.

    All but the AUC are made of sums per student, so a redrawn set of students is a weighing of sums. The slope takes one
    step of Newton's from the slope of all rows, which is as near to it as the draws can tell.
    """
    order = np.argsort(-chance, kind="stable")  # sorted once, so that each redrawn AUC takes one pass
    right, chance, stage = right[order], chance[order], stage[order]
    names, student_of_row = np.unique(student[order], return_inverse=True)

    def summed(column: Floats) -> Floats:
        sums: Floats = np.bincount(student_of_row, column, minlength=len(names)).astype(np.float64)
        return sums

    gap = chance - right
    bin_of_row = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    logit = scipy.special.logit(np.clip(chance, 1e-9, 1 - 1e-9))
    intercept, slope = calibration_line(right, chance)
    fitted = scipy.special.expit(intercept + slope * logit)
    information = fitted * (1 - fitted)
    bins = np.column_stack([summed(gap * (bin_of_row == number)) for number in range(BINS)])
    in_stage = [stage == number for number in range(len(STAGES))]
    stage_rows = np.column_stack([summed(chosen.astype(np.float64)) for chosen in in_stage])
    stage_gaps = np.column_stack([summed(gap * chosen) for chosen in in_stage])
    stage_rows[:, (stage_rows > 0).sum(axis=0) < least] = np.nan
    line = np.column_stack(
        [summed(column) for column in (information, information * logit, information * logit**2)]
        + [summed(column) for column in (right - fitted, (right - fitted) * logit)]
    )
    rows = summed(np.ones(len(right)))

    def statistic(times: Floats) -> Floats:
        by_bin, (flat, mixed, steep, up, along) = times @ bins, times @ line
        total = times @ rows
        with np.errstate(invalid="ignore", divide="ignore"):
            redrawn_slope = slope + (flat * along - mixed * up) / (flat * steep - mixed * mixed)
            gaps = (times @ stage_gaps) / (times @ stage_rows)
        area = auc(right, chance, times[student_of_row])
        return np.array([by_bin.sum() / total, np.abs(by_bin).sum() / total, redrawn_slope, area, *gaps])

    return _Side(
        students=len(names),
        rows=len(right),
        values=statistic(np.ones(len(names))),
        draws=redrawn(statistic, np.arange(len(names)), repeats=repeats, rng=np.random.default_rng(seed)),
    )


def _agreement(side: _Side, other: _Side | None = None, *, level: float = 0.95) -> Agreement:
    """Return the measures of a side with their intervals, or how far they are from another side's."""
    values = side.values - other.values if other else side.values
    draws = side.draws - other.draws if other else side.draws
    students = min(side.students, other.students) if other else side.students
    gap, error, slope, area, *gaps = (
        interval_from(value, draws[:, place], students=students, level=level)
        for place, value in enumerate(values.tolist())
    )
    return Agreement(gap=gap, gaps=tuple(gaps), calibration_error=error, slope=slope, auc=area)


def abroca(right: Floats, chance: Floats, is_in_group: Flags, weight: Floats | None = None) -> float:
    """Return the area between the ROC curves of a group and of the others, 0 to 1 (Gardner, Brooks & Baker 2019).

    Between two neighbouring steps of either curve both are straight, so the area is summed exactly, crossings included.
    """
    curves = [
        operating_curve(right[chosen], chance[chosen], weight[chosen] if weight is not None else None)
        for chosen in (is_in_group, ~is_in_group)
    ]
    if any(len(hits) < 2 for _false_alarms, hits in curves):
        return float("nan")
    knots = np.sort(np.concatenate([false_alarms for false_alarms, _hits in curves]), kind="stable")
    knots = knots[np.diff(knots, prepend=-1) > 0]
    at_left, at_right = np.zeros(len(knots) - 1), np.zeros(len(knots) - 1)
    for sign, (false_alarms, hits) in zip((1.0, -1.0), curves, strict=True):
        # The last point at a knot: where a curve climbs straight up, what counts to the right of it is the top.
        here = np.searchsorted(false_alarms, knots[:-1], side="right") - 1
        steepness = (hits[here + 1] - hits[here]) / (false_alarms[here + 1] - false_alarms[here])
        at_left += sign * (hits[here] + steepness * (knots[:-1] - false_alarms[here]))
        at_right += sign * (hits[here] + steepness * (knots[1:] - false_alarms[here]))
    width = np.diff(knots)
    both = np.abs(at_left) + np.abs(at_right)
    crossing = np.divide(at_left**2 + at_right**2, both, out=np.zeros_like(both), where=both > 0)
    return float((width * np.where(at_left * at_right < 0, crossing, both) / 2).sum())


def _abroca_with_luck(
    right: Floats, chance: Floats, student: NDArray[Any], is_in_group: Flags, repeats: int, rng: np.random.Generator
) -> tuple[Interval, float]:
    """Return the area with its interval, and the 95th percentile of areas when students are shuffled between groups.

    The area is above 0 even where there is no difference, and skewed, so only the shuffled groupings say whether it is
    large (Borchers 2025).
    """
    order = np.argsort(-chance, kind="stable")
    right, chance, student, is_in_group = right[order], chance[order], student[order], is_in_group[order]
    drawn = redrawn(lambda weight: abroca(right, chance, is_in_group, weight), student, repeats=repeats, rng=rng)
    names, first_row, student_of_row = np.unique(student, return_index=True, return_inverse=True)
    group_of_student = is_in_group[first_row]
    shuffled = [
        abroca(right, chance, group_of_student[rng.permutation(len(names))][student_of_row])
        for _repeat in range(repeats)
    ]
    luck = np.array(shuffled)
    by_luck = float(np.quantile(luck[np.isfinite(luck)], 0.95)) if np.isfinite(luck).any() else float("nan")
    return _by_percentile(abroca(right, chance, is_in_group), drawn), by_luck


def by_group(
    right: Floats,
    chance: Floats,
    student: NDArray[Any],
    group: NDArray[Any],
    group_names: Sequence[str],
    answers_before: NDArray[Any],
    *,
    rng: np.random.Generator,
    least_students: int = LEAST_STUDENTS,
    repeats: int = 200,
) -> Comparison:
    """Compare stated chances with what happened by group, with intervals over students.

    All arrays have one entry per answer: `right` 1, 0, a share, or nan where nothing was asked (left out); `group` the
    number of the student's group in `group_names`, −1 for none; `answers_before` how many answers the student had given.
    The gap is told by `STAGES` of `answers_before`, because early estimates can run high for some and low for others
    although equal on the whole.
    """
    asked = np.isfinite(right)
    right, chance, student, group = right[asked], chance[asked], student[asked], group[asked]
    stage = stage_of(answers_before[asked])
    shown = shown_groups(student, group, group_names, least_students)
    seeds = rng.integers(2**32, size=len(group_names) + 1)
    sides: dict[frozenset[int], _Side] = {}

    def side_of(numbers: frozenset[int]) -> _Side:
        if numbers not in sides:
            rows = np.isin(group, list(numbers))
            seed = int(seeds[min(numbers)] if len(numbers) == 1 else seeds[-1])
            sides[numbers] = _side(right[rows], chance[rows], student[rows], stage[rows], least_students, repeats, seed)
        return sides[numbers]

    contrasts = tuple(contrasts_of(shown))
    level = 1 - 0.05 / max(1, len(contrasts) * (1 + len(STAGES)))  # each stage, and all together
    differences = []
    for number, others in contrasts:
        side, other = side_of(frozenset({number})), side_of(others)
        rows = np.isin(group, [number, *others])
        between, by_luck = _abroca_with_luck(
            right[rows], chance[rows], student[rows], group[rows] == number, repeats, rng
        )
        differences.append(
            GroupDifference(
                group=group_names[number],
                agreement=_agreement(side, other, level=level),
                auc_of_others=float(other.values[3]),
                abroca=between,
                abroca_by_luck=by_luck,
            )
        )
    groups = []
    for number, name in enumerate(group_names):
        if number not in shown:
            groups.append(GroupMeasures(group=name, is_hidden=True))
            continue
        side = side_of(frozenset({number}))
        groups.append(
            GroupMeasures(
                group=name, is_hidden=False, students=side.students, rows=side.rows, agreement=_agreement(side)
            )
        )
    return Comparison(
        least_students=least_students, stages=STAGES, groups=tuple(groups), differences=tuple(differences)
    )


@dataclass(frozen=True, kw_only=True)
class _Paths:
    """One entry per path: its first row, and what a threshold makes of it.

    `answers` are those before moving on, or before the path was last looked at. `counts` are moves too early, moves,
    practice answers when ready already, and practice answers; where readiness is not known nothing is counted.
    """

    first_row: NDArray[np.int64]
    answers: NDArray[np.int64]
    has_moved: Flags
    counts: Floats


def _paths(
    mastery_chance: Floats, was_ready: Floats, path: NDArray[Any], threshold: float, least_answers: int
) -> _Paths:
    order = np.argsort(path, kind="stable")
    mastery_chance, was_ready = mastery_chance[order], was_ready[order]
    _names, start, length = np.unique(path[order], return_index=True, return_counts=True)
    path_of_row = np.repeat(np.arange(len(start)), length)
    place = np.arange(len(order)) - start[path_of_row]
    moves_here = (mastery_chance >= threshold) & (place >= least_answers)
    moved_after = np.minimum.reduceat(np.where(moves_here, place, len(order)), start)
    has_moved = moved_after < length
    last_seen = np.minimum(moved_after, length - 1)
    is_practice = ((place < moved_after[path_of_row]) & np.isfinite(was_ready)).astype(np.float64)
    ready_at_move = np.where(has_moved, was_ready[start + last_seen], np.nan)
    practice = [np.bincount(path_of_row, is_practice * column) for column in (np.nan_to_num(was_ready), 1.0)]
    counts = [np.nan_to_num(1 - ready_at_move), np.isfinite(ready_at_move).astype(np.float64), *practice]
    return _Paths(
        first_row=order[start],
        answers=last_seen,
        has_moved=has_moved,
        counts=np.column_stack(counts).astype(np.float64),
    )


def _median_answers(answers: NDArray[np.int64], has_moved: Flags, weight: Floats) -> float:
    """Return the answers after which half have moved on; paths that end before count as long as they last.

    The product-limit estimate of Kaplan & Meier (1958).
    """
    moved = np.bincount(answers, weight * has_moved)
    still_there = np.cumsum(np.bincount(answers, weight)[::-1])[::-1]
    staying = np.cumprod(1 - np.divide(moved, still_there, out=np.zeros(len(moved)), where=still_there > 0))
    reached = np.flatnonzero(staying <= 0.5 + 1e-12)
    return float(reached[0]) if len(reached) else float("nan")


def decisions_by_group(
    mastery_chance: Floats,
    was_ready: Floats,
    student: NDArray[Any],
    path: NDArray[Any],
    group: NDArray[Any],
    group_names: Sequence[str],
    *,
    rng: np.random.Generator,
    threshold: float = 0.80,
    least_answers: int = 4,
    least_students: int = LEAST_STUDENTS,
    repeats: int = 200,
) -> tuple[GroupDecisions, ...]:
    """Return what moving on at a threshold would do, one entry per group that is shown.

    One entry per answer, in order of time within a `path` (a student on a competency): `mastery_chance` is P(mastery) just
    before it, `was_ready` 1 or 0 whether the student had mastered it then, nan where that is not known. In real logs use
    what the student did next, such as whether enough of the following answers were right. A student moves on at the first
    answer with `mastery_chance` at the threshold and `least_answers` behind; later answers of the path do not count.
    """
    if not len(path):
        return ()
    paths = _paths(mastery_chance, was_ready, path, threshold, least_answers)
    student_of_path, group_of_path = student[paths.first_row], group[paths.first_row]
    shown = shown_groups(student_of_path, group_of_path, group_names, least_students)

    def side(numbers: frozenset[int]) -> tuple[Floats, Floats]:
        chosen = np.isin(group_of_path, list(numbers))
        counts, answers, has_moved = paths.counts[chosen], paths.answers[chosen], paths.has_moved[chosen]

        def statistic(weight: Floats) -> Floats:
            too_early, moves, when_ready, practice = weight @ counts
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.array([too_early / moves, when_ready / practice, _median_answers(answers, has_moved, weight)])

        draws = redrawn(statistic, student_of_path[chosen], repeats=repeats, rng=rng)
        return statistic(np.ones(len(counts))), draws

    nothing = np.full(3, np.nan), np.full((repeats, 3), np.nan)
    level = 1 - 0.05 / max(1, 2 * len(tuple(contrasts_of(shown))))
    found = []
    for number, students in shown.items():
        others = frozenset(shown) - {number}
        values, draws = side(frozenset({number}))
        other_values, other_draws = side(others) if others else nothing
        fewest = min(students, sum(shown[other] for other in others))
        early, late = (interval_from(float(values[rate]), draws[:, rate], students=students) for rate in (0, 1))
        apart, draws_apart = values - other_values, draws - other_draws
        early_apart, late_apart = (
            interval_from(float(apart[rate]), draws_apart[:, rate], students=fewest, level=level) for rate in (0, 1)
        )
        found.append(
            GroupDecisions(
                group=group_names[number],
                students=students,
                false_advance=early,
                over_practice=late,
                median_answers=_by_percentile(float(values[2]), draws[:, 2]),
                false_advance_of_others=float(other_values[0]),
                over_practice_of_others=float(other_values[1]),
                median_answers_of_others=float(other_values[2]),
                false_advance_difference=early_apart,
                over_practice_difference=late_apart,
            )
        )
    return tuple(found)
