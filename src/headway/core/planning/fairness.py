"""What adults assigned, compared by group before plans go out.

Five measures of a class's week, each one number a student: the share of minutes at grade level, screen minutes, the share of
minutes with others, minutes of choice, and how long answers and calls for help wait for an adult. A group is compared with
all others of the class. A difference is told only where its interval leaves 0 out and it is large enough to matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.planning.problem import BlockKind, Id, With
from headway.core.shared.small_numbers import LEAST_STUDENTS, hidden_cells

Floats = NDArray[np.float64]


class MeasureName(StrEnum):
    """What is compared."""

    GRADE_LEVEL = "grade_level"
    SCREEN = "screen"
    WITH_OTHERS = "with_others"
    CHOICE = "choice"
    WAITS = "waits"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a measure is read: the smallest difference that matters, the ends of what is possible, and the worse side.

    `worse` is 1 where much of it is worse, -1 where little is.
    """

    matters: float
    worse: int
    lowest: float = 0.0
    highest: float = math.inf


WAIT_HORIZON_HOURS: Final = 120.0  # five school days: what is not answered by then counts as that
# What matters is about one block of the week, or half a day of waiting.
SCALES: Final[Mapping[MeasureName, Scale]] = {
    MeasureName.GRADE_LEVEL: Scale(matters=10.0, worse=-1, highest=100.0),
    MeasureName.SCREEN: Scale(matters=15.0, worse=1),
    MeasureName.WITH_OTHERS: Scale(matters=10.0, worse=-1, highest=100.0),
    MeasureName.CHOICE: Scale(matters=10.0, worse=-1),
    MeasureName.WAITS: Scale(matters=12.0, worse=1, highest=WAIT_HORIZON_HOURS),
}
LANGUAGE_LETTERS: Final = ("E", "B", "H")
SUPPORT_LETTER: Final = "S"
LEAST_TO_COMPARE: Final = 3  # students on either side
LEAST_ANSWERED: Final = 3  # answers that came, before a mean wait is told
LONG_WAIT_HOURS: Final = 48.0
SHUFFLES: Final = 999
LUCK: Final = 0.05  # how often luck alone may raise one flag or more, over all groups and measures of a class


# --- what counts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A block of a student's week as the measures see it; `is_at_grade` says where its skill belongs."""

    kind: str
    with_whom: str
    minutes: int
    screen_minutes: int
    is_at_grade: bool = False


def counted(name: MeasureName, piece: Piece) -> tuple[int, int]:
    """Return a block's minutes that count for a measure, and those that it is a share of.

    Looking back is no grade-level work, and what a student will choose is not known yet.
    """
    if name is MeasureName.SCREEN:
        return piece.screen_minutes, piece.minutes
    if name is MeasureName.WITH_OTHERS:
        return piece.minutes * (piece.with_whom != With.ALONE), piece.minutes
    is_choice = piece.kind == BlockKind.CHOICE
    if name is MeasureName.CHOICE:
        return piece.minutes * is_choice, piece.minutes
    if name is MeasureName.GRADE_LEVEL and not is_choice:
        return piece.minutes * (piece.is_at_grade and piece.kind != BlockKind.REVIEW), piece.minutes
    return 0, 0


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long an answer or a call for help waited for an adult, in hours of school days; an open one waits still."""

    hours: float
    is_open: bool


def weekday_hours(start: datetime, end: datetime) -> float:
    """Return the hours from one moment to another, Saturdays and Sundays left out; both in the school's own time."""
    if end <= start:
        return 0.0
    hours = (end - start).total_seconds() / 3600
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end:
        after = day + timedelta(days=1)
        if day.weekday() > 4:
            hours -= (min(end, after) - max(start, day)).total_seconds() / 3600
        day = after
    return max(0.0, hours)


@dataclass(frozen=True, kw_only=True)
class StudentSums:
    """What one week adds up to, and how long the student waited for adults lately."""

    student: Id
    groups: frozenset[str]
    minutes: int
    minutes_besides_choice: int
    grade_level_minutes: int
    screen_minutes: int
    minutes_with_others: int
    choice_minutes: int
    screen_minutes_cap: int = 100
    waits: tuple[Wait, ...] = ()


def sums_of(
    student: Id,
    pieces: Iterable[Piece],
    *,
    groups: frozenset[str],
    screen_minutes_cap: int = 100,
    waits: Sequence[Wait] = (),
) -> StudentSums:
    """Add up a student's week."""
    rows = list(pieces)
    totals = {name: [0, 0] for name in MeasureName}
    for name, total in totals.items():
        for row in rows:
            part, whole = counted(name, row)
            total[0] += part
            total[1] += whole
    return StudentSums(
        student=student,
        groups=groups,
        minutes=sum(row.minutes for row in rows),
        minutes_besides_choice=totals[MeasureName.GRADE_LEVEL][1],
        grade_level_minutes=totals[MeasureName.GRADE_LEVEL][0],
        screen_minutes=totals[MeasureName.SCREEN][0],
        minutes_with_others=totals[MeasureName.WITH_OTHERS][0],
        choice_minutes=totals[MeasureName.CHOICE][0],
        screen_minutes_cap=screen_minutes_cap,
        waits=tuple(waits),
    )


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else math.nan


def values_of(rows: Sequence[StudentSums]) -> dict[MeasureName, Floats]:
    """Return each measure's number for each student; nan where a student has none."""
    return {
        MeasureName.GRADE_LEVEL: np.array(
            [_share(row.grade_level_minutes, row.minutes_besides_choice) for row in rows], dtype=np.float64
        ),
        MeasureName.SCREEN: np.array([row.screen_minutes for row in rows], dtype=np.float64),
        MeasureName.WITH_OTHERS: np.array(
            [_share(row.minutes_with_others, row.minutes) for row in rows], dtype=np.float64
        ),
        MeasureName.CHOICE: np.array([row.choice_minutes for row in rows], dtype=np.float64),
        MeasureName.WAITS: expected_waits([row.waits for row in rows]),
    }


# --- waits, open ones too ----------------------------------------------------------------------------------------------


def _mean_until_horizon(hours: Floats, is_answered: NDArray[np.bool_]) -> float:
    """Return the mean wait, each counted up to the horizon: the area under the Kaplan-Meier curve of waits still open."""
    at_risk = len(hours) - np.arange(len(hours))
    still = np.concatenate([[1.0], np.cumprod(1.0 - is_answered / at_risk)])
    return float((still * np.diff(np.concatenate([[0.0], hours, [WAIT_HORIZON_HOURS]]))).sum())


def expected_waits(waits: Sequence[Sequence[Wait]]) -> Floats:
    """Return each student's mean wait in hours, nan without one; what an open wait will come to is estimated.

    An open wait is not as short as it is now. Each wait is taken at its pseudo-value, n times the mean of all less n - 1
    times the mean without it (Andersen, Klein & Rosthoej 2003, Biometrika 90, 15-27), with the mean up to the horizon
    under the Kaplan-Meier curve. A wait that is over is worth just itself where none is open. Behind the last answer that
    is known the curve goes on flat, so the longest open waits count as waiting to the horizon. Fewer than three answers
    in all tell nothing.
    """
    flat = [(wait, place) for place, each in enumerate(waits) for wait in each]
    found: Floats = np.full(len(waits), np.nan)
    closed = sum(not wait.is_open for wait, _place in flat)
    if closed < LEAST_ANSWERED:
        return found
    flat.sort(key=lambda entry: (entry[0].hours, entry[0].is_open))
    hours = np.minimum(np.array([wait.hours for wait, _place in flat]), WAIT_HORIZON_HOURS)
    is_answered = np.array([not wait.is_open and wait.hours <= WAIT_HORIZON_HOURS for wait, _place in flat])
    student = np.array([place for _wait, place in flat])
    count = len(flat)
    mean = _mean_until_horizon(hours, is_answered)
    keeps = np.ones(count, dtype=bool)
    pseudo: Floats = np.empty(count)
    for left_out in range(count):
        keeps[left_out] = False
        pseudo[left_out] = count * mean - (count - 1) * _mean_until_horizon(hours[keeps], is_answered[keeps])
        keeps[left_out] = True
    own = np.bincount(student, minlength=len(waits))
    totals = np.bincount(student, weights=pseudo, minlength=len(waits))
    return np.divide(totals, own, out=found, where=own > 0)


# --- groups ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class GroupMean:
    """A group's mean with its 95% interval, None where one student makes it.

    `with_any` says for grade-level work how many of the group have some, with the interval of that share in percent.
    """

    group: str
    count: int
    mean: float
    low: float | None
    high: float | None
    with_any: int | None = None
    any_low: float | None = None
    any_high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A group's mean less that of all others, with an interval that holds for all groups and measures at once.

    `is_look` says that it is a difference: it leaves 0 out, and is large enough to matter.
    """

    group: str
    value: float
    low: float
    high: float
    is_look: bool


def in_order(groups: Iterable[str]) -> list[str]:
    """Return groups in the order of the legend: language first, then support, then any other."""
    legend = (*LANGUAGE_LETTERS, SUPPORT_LETTER)
    return sorted(groups, key=lambda group: (legend.index(group) if group in legend else len(legend), group))


class Why(StrEnum):
    """Why a single student stands out."""

    OVER_CAP = "over_cap"
    NONE = "none"
    FAR = "far"
    LONG_WAIT = "long_wait"


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """A student whose number stands out, and what is usual in the class; only the class's own teachers see it."""

    student: Id
    amount: float
    why: Why
    usual: float


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One comparison: the groups' means, how they differ from the others, and the single students who stand out."""

    name: MeasureName
    count: int
    mean: float
    lowest: float
    highest: float
    groups: tuple[GroupMean, ...] = ()
    differences: tuple[Difference, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    open_waits: int = 0

    @property
    def is_watch(self) -> bool:
        """Whether somebody should look before approving."""
        return bool(self.outliers) or any(one.is_look for one in self.differences)

    @property
    def to_look_at(self) -> Difference | None:
        """The clearest difference that is one, by how far its interval stays from 0."""
        found = [one for one in self.differences if one.is_look]
        return max(found, key=lambda one: max(one.low, -one.high) / (one.high - one.low + 1e-9), default=None)


def mean_interval(values: Floats, scale: Scale) -> tuple[float, float | None, float | None]:
    """Return a mean with its 95% interval by Student's t, kept within what is possible."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, None, None
    half = float(scipy.special.stdtrit(len(values) - 1, 0.975)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return mean, max(scale.lowest, mean - half), min(scale.highest, mean + half)


def share_interval(part: int, whole: int) -> tuple[float, float]:
    """Return the 95% interval of a share, 0 to 1, by Wilson (1927, JASA 22, 209-212): right for few and for all or none."""
    z = float(scipy.special.ndtri(0.975))
    middle = (part + z * z / 2) / (whole + z * z)
    half = z / (whole + z * z) * math.sqrt(part * (whole - part) / whole + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def _contrasts(known: Floats, squares: Floats, is_in_group: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return differences, their standard errors and whether they can be judged, of each group beside all others.

    `known` is (..., students, 2 x measures): whether there is a number, then the numbers with 0 where there is none;
    `squares` is each measure's sum of squares. What comes back is (..., groups, measures). The spread is pooled.
    """
    half = known.shape[-1] // 2
    inside = is_in_group.T @ known
    outside = known.sum(axis=-2, keepdims=True) - inside
    one, other = inside[..., :half], outside[..., :half]
    can = (one >= LEAST_TO_COMPARE) & (other >= LEAST_TO_COMPARE)
    whole = one + other
    one, other = np.maximum(one, 1.0), np.maximum(other, 1.0)
    mean, mean_of_others = inside[..., half:] / one, outside[..., half:] / other
    left = squares - mean**2 * one - mean_of_others**2 * other
    # Where two sides are each all alike, rounding must not make the spread negative or the difference endless.
    left = np.maximum(left, 1e-9 * np.maximum(squares, 1.0))
    error = np.sqrt(left / np.maximum(whole - 2.0, 1.0) * (1.0 / one + 1.0 / other))
    return mean - mean_of_others, error, can


def differences_of(
    values: Mapping[MeasureName, Floats], members: Mapping[str, NDArray[np.bool_]], *, seed: int = 0
) -> dict[MeasureName, tuple[Difference, ...]]:
    """Return each group's difference from all others of the class, by measure, with intervals that hold all at once.

    How far the largest of all differences goes by luck alone is seen by dealing the students anew to the groups
    (Westfall & Young 1993): every look at a group and a measure is in it, whatever the shape of the numbers, and
    groups that mirror each other cost nothing. An interval is the difference and that many standard errors to both sides.
    """
    names, groups = list(values), sorted(members)
    if not groups or not names:
        return dict.fromkeys(names, ())
    table = np.column_stack([values[name] for name in names])
    is_in_group = np.column_stack([members[group] for group in groups]).astype(np.float64)
    filled = np.nan_to_num(table)
    known, squares = np.hstack([np.isfinite(table), filled]), (filled**2).sum(axis=0)
    difference, error, can = _contrasts(known, squares, is_in_group)
    if not can.any():
        return dict.fromkeys(names, ())
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(np.arange(len(table)), (SHUFFLES, 1)), axis=1)
    by_luck, luck_error, luck_can = _contrasts(known[dealt], squares, is_in_group)
    largest = np.where(luck_can & can, np.abs(by_luck) / luck_error, 0.0).max(axis=(1, 2))
    reach = float(np.quantile(largest, 1 - LUCK, method="higher"))
    found = {}
    for column, name in enumerate(names):
        rows = []
        for place, group in enumerate(groups):
            if can[place, column]:
                value, half = float(difference[place, column]), reach * float(error[place, column])
                is_clear = abs(value) > half
                is_look = is_clear and abs(value) >= SCALES[name].matters
                rows.append(Difference(group=group, value=value, low=value - half, high=value + half, is_look=is_look))
        found[name] = tuple(rows)
    return found


def _of_group(name: MeasureName, group: str, values: Floats, rows: Sequence[StudentSums]) -> GroupMean:
    """Return a group's mean; the rows are its students that have a number."""
    mean, low, high = mean_interval(values, SCALES[name])
    if name is not MeasureName.GRADE_LEVEL:
        mean = min(SCALES[name].highest, max(SCALES[name].lowest, mean))
        return GroupMean(group=group, count=len(values), mean=mean, low=low, high=high)
    with_any = sum(row.grade_level_minutes > 0 for row in rows)
    any_low, any_high = share_interval(with_any, len(rows))
    return GroupMean(
        group=group,
        count=len(values),
        mean=mean,
        low=low,
        high=high,
        with_any=with_any,
        any_low=100 * any_low,
        any_high=100 * any_high,
    )


def compare_groups(rows: Iterable[StudentSums], *, seed: int = 0) -> tuple[Measure, ...]:
    """Return the five measures of a class's week; this is for the class's own teachers, so nothing is hidden."""
    students = list(rows)
    if not students:
        return ()
    values = values_of(students)
    names = in_order({group for row in students for group in row.groups})
    members = {group: np.array([group in row.groups for row in students]) for group in names}
    differences = differences_of(values, members, seed=seed)
    found = []
    for name, amounts in values.items():
        is_there = np.isfinite(amounts)
        shown = amounts[is_there]
        found.append(
            Measure(
                name=name,
                count=len(shown),
                mean=float(shown.mean()) if len(shown) else math.nan,
                lowest=float(shown.min()) if len(shown) else 0.0,
                highest=float(shown.max()) if len(shown) else 0.0,
                groups=tuple(
                    _of_group(
                        name, group, amounts[inside], [row for row, one in zip(students, inside, strict=True) if one]
                    )
                    for group in names
                    for inside in [members[group] & is_there]
                    if inside.any()
                ),
                differences=differences[name],
                outliers=_outliers(name, amounts, students),
                open_waits=sum(wait.is_open for row in students for wait in row.waits)
                if name is MeasureName.WAITS
                else 0,
            )
        )
    return tuple(found)


# --- single students ---------------------------------------------------------------------------------------------------

# The median distance from the median, times these, is a spread also for few students (Croux & Rousseeuw 1992).
_SMALL_SPREADS: Final = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
MAD_TO_SPREAD: Final = 1.4826
MEAN_DISTANCE_TO_SPREAD: Final = 1.2533
MAD_EFFICIENCY: Final = 0.37  # of the students, as many tell the spread as well as all would by the usual way


def robust_spread(values: Floats) -> float:
    """Return how far numbers lie apart, whatever a few of them are; 0 where all are alike.

    Where more than half are alike, their median distance is 0 and the mean distance stands in (Iglewicz & Hoaglin 1993).
    """
    distances = np.abs(values - np.median(values))
    count = len(values)
    middle = float(np.median(distances))
    if middle > 0:
        return MAD_TO_SPREAD * _SMALL_SPREADS.get(count, count / (count - 0.8)) * middle
    return MEAN_DISTANCE_TO_SPREAD * float(distances.mean())


def _reach(values: Floats) -> float:
    """Return how far from the middle a number is far.

    Luck has one flag in twenty classes, over all students and measures, so that it is further in small classes.
    """
    luck = LUCK / (len(values) * len(SCALES))
    freedom = max(1.0, MAD_EFFICIENCY * (len(values) - 1))
    return float(scipy.special.stdtrit(freedom, 1 - luck)) * robust_spread(values)


def _far_off(name: MeasureName, values: Floats) -> NDArray[np.bool_]:
    """Return whose numbers lie far on the worse side of what is usual, far enough to matter."""
    scale = SCALES[name]
    is_there: NDArray[np.bool_] = np.isfinite(values)
    # Waits are many short and few long ones; in their logarithm the long ones are not far by nature.
    seen = np.log1p(np.maximum(values, 0.0)) if name is MeasureName.WAITS else values
    known = seen[is_there]
    if not len(known):
        return is_there
    beyond = scale.worse * (seen - float(np.median(known))) > _reach(known)
    is_enough = scale.worse * (values - float(np.median(values[is_there]))) >= scale.matters
    far: NDArray[np.bool_] = is_there & beyond & is_enough
    return far


def _outliers(name: MeasureName, values: Floats, students: Sequence[StudentSums]) -> tuple[Outlier, ...]:
    """Return who stands out on the worse side: over a limit, without any, waiting long, or far from what is usual."""
    scale = SCALES[name]
    if name is MeasureName.WAITS:  # who still waits is told by how long it is now, not by an estimate
        values = np.array(
            [
                float(np.mean([wait.hours for wait in row.waits]))
                if row.waits and not any(wait.is_open for wait in row.waits)
                else math.nan
                for row in students
            ]
        )
    known = values[np.isfinite(values)]
    usual = float(np.median(known)) if len(known) else math.nan
    found = []
    for row, value, is_far in zip(students, values.tolist(), _far_off(name, values).tolist(), strict=True):
        amount, why = value, Why.FAR if is_far else None
        longest_open = max((wait.hours for wait in row.waits if wait.is_open), default=0.0)
        if name is MeasureName.WAITS and longest_open >= LONG_WAIT_HOURS:
            amount, why = longest_open, Why.LONG_WAIT
        elif name is MeasureName.SCREEN and value > row.screen_minutes_cap:
            why = Why.OVER_CAP
        elif name in (MeasureName.GRADE_LEVEL, MeasureName.CHOICE) and not value > 0:
            why = Why.NONE
        if why is not None:
            found.append(Outlier(student=row.student, amount=0.0 if why is Why.NONE else amount, why=why, usual=usual))
    return tuple(sorted(found, key=lambda one: -scale.worse * one.amount))


# --- across the classes of a school ------------------------------------------------------------------------------------

EVERYBODY, _WITHOUT_SUPPORT = "", "not S"


@dataclass(frozen=True, kw_only=True)
class ClassLine:
    """A measure in one class, or in the school where `key` is None: everybody, and the groups large enough to be shown.

    `everybody` is None where the class itself is too small, or nobody has a number; `hidden` names what is left out.
    """

    key: Id
    everybody: GroupMean | None
    groups: tuple[GroupMean, ...]
    hidden: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def is_watch(self) -> bool:
        """Whether a group that may be shown differs from the others."""
        return any(one.is_look for one in self.differences)


def _once_a_student(classes: Mapping[Any, Sequence[StudentSums]]) -> tuple[list[Id], dict[str, NDArray[np.bool_]]]:
    letters: dict[Id, set[str]] = {}
    for rows in classes.values():
        for row in rows:
            letters.setdefault(row.student, set()).update(row.groups)
    names = in_order({letter for each in letters.values() for letter in each})
    return list(letters), {name: np.array([name in each for each in letters.values()]) for name in names}


def across_classes(
    classes: Mapping[Any, Sequence[StudentSums]], *, least: int = LEAST_STUDENTS, seed: int = 0
) -> dict[MeasureName, tuple[ClassLine, ...]]:
    """Return each measure for the school (first) and for each class, with nothing about groups under `least` students.

    In the school's line a student counts once, with the mean of the student's classes. What could be worked out from
    what is shown is left out as well.
    """
    filled = {key: list(rows) for key, rows in classes.items() if rows}
    by_class = {key: values_of(rows) for key, rows in filled.items()}
    students, members_of_school = _once_a_student(filled)
    place_of = {student: place for place, student in enumerate(students)}
    sides: dict[Id, tuple[Mapping[MeasureName, Floats], dict[str, NDArray[np.bool_]]]] = {}
    sums = {name: np.zeros(len(students)) for name in MeasureName}
    seats = {name: np.zeros(len(students)) for name in MeasureName}
    for key, rows in filled.items():
        names = in_order({letter for row in rows for letter in row.groups})
        sides[key] = (by_class[key], {name: np.array([name in row.groups for row in rows]) for name in names})
        places = np.array([place_of[row.student] for row in rows])
        for name, amounts in by_class[key].items():
            is_there = np.isfinite(amounts)
            np.add.at(sums[name], places[is_there], amounts[is_there])
            np.add.at(seats[name], places[is_there], 1.0)
    of_school = {
        name: np.divide(sums[name], seats[name], out=np.full(len(students), np.nan), where=seats[name] > 0)
        for name in MeasureName
    }
    sides = {None: (of_school, members_of_school), **sides}
    differences = {key: differences_of(values, members, seed=seed) for key, (values, members) in sides.items()}
    return {name: _class_lines(name, sides, differences, filled, least) for name in MeasureName}


def _class_lines(
    name: MeasureName,
    sides: Mapping[Id, tuple[Mapping[MeasureName, Floats], Mapping[str, NDArray[np.bool_]]]],
    differences: Mapping[Id, Mapping[MeasureName, Sequence[Difference]]],
    rows_of: Mapping[Id, Sequence[StudentSums]],
    least: int,
) -> tuple[ClassLine, ...]:
    chosen: dict[tuple[Id, str], NDArray[np.bool_]] = {}
    for key, (values, members) in sides.items():
        is_there = np.isfinite(values[name])
        chosen[key, EVERYBODY] = is_there
        chosen.update({(key, group): inside & is_there for group, inside in members.items()})
        if SUPPORT_LETTER in members:
            chosen[key, _WITHOUT_SUPPORT] = is_there & ~members[SUPPORT_LETTER]
    counts = {cell: int(inside.sum()) for cell, inside in chosen.items()}
    columns = {group for _key, group in chosen}
    lines = [((key, EVERYBODY), [(key, letter) for letter in LANGUAGE_LETTERS]) for key in sides]
    lines += [((key, EVERYBODY), [(key, SUPPORT_LETTER), (key, _WITHOUT_SUPPORT)]) for key in sides]
    lines += [
        ((None, group), [(key, group) for key in sides if key is not None])
        for group in sorted(columns - {_WITHOUT_SUPPORT})
    ]
    hidden = hidden_cells(counts, lines, least=least)

    def mean_of(key: Id, group: str) -> GroupMean:
        inside = chosen[key, group]
        rows = [row for row, one in zip(rows_of.get(key, ()), inside, strict=False) if one]
        amounts = sides[key][0][name][inside]
        if key is None:
            mean, low, high = mean_interval(amounts, SCALES[name])
            return GroupMean(group=group, count=len(amounts), mean=mean, low=low, high=high)
        return _of_group(name, group, amounts, rows)

    found = []
    for key, (_values, members) in sides.items():
        is_shown = bool(counts[key, EVERYBODY]) and (key, EVERYBODY) not in hidden
        letters = [letter for letter in members if counts[key, letter] and is_shown]
        shown = [letter for letter in letters if (key, letter) not in hidden]
        found.append(
            ClassLine(
                key=key,
                everybody=mean_of(key, EVERYBODY) if is_shown else None,
                groups=tuple(mean_of(key, letter) for letter in shown),
                hidden=tuple(letter for letter in members if counts[key, letter] and letter not in shown),
                differences=tuple(one for one in differences[key][name] if one.group in shown),
            )
        )
    return tuple(found)


# --- letters -----------------------------------------------------------------------------------------------------------

BUILDING_LANGUAGE_BELOW_GRADES = 2.5


def letters_of(
    *, readers: Iterable[tuple[str, float, bool]], supports: frozenset[str], language: str, grade: int
) -> frozenset[str]:
    """Return the letters under which a student's week is compared, never shown beside a name.

    E: still building the class's language; B: reads it and has another home language; H: the class's language at home;
    S: has a support plan. `readers` are (language, reading level in grades, is home language).
    """
    rows = list(readers)
    own = max((level for code, level, _home in rows if code == language), default=0.0)
    other_home = any(is_home and code != language for code, _level, is_home in rows)
    if rows and own < grade - BUILDING_LANGUAGE_BELOW_GRADES and other_home:
        letters = {"E"}
    else:
        letters = {"B"} if other_home else {"H"}
    if supports - {"move-on", "plan-once-a-week", "bilingual-texts"}:
        letters.add("S")
    return frozenset(letters)
