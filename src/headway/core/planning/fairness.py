"""What adults assigned, compared by group before plans go out: means with 95% intervals, small groups hidden."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import scipy  # it loads its parts when they are first asked for, so pages open sooner

from headway.core.planning.problem import Id

OUTLIER_SPREADS = 2.0


@dataclass(frozen=True, kw_only=True)
class StudentSums:
    """What one drafted week adds up to."""

    student: Id
    groups: frozenset[str]
    has_grade_level: bool
    screen_minutes: int
    minutes_with_others: int
    minutes: int
    choice_minutes: int


@dataclass(frozen=True, kw_only=True)
class GroupMean:
    """A group's mean with its 95% interval."""

    group: str
    count: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One comparison: the groups' means and the single students who stand out."""

    name: str
    groups: tuple[GroupMean, ...]
    outliers: tuple[tuple[Id, float], ...]
    is_watch: bool
    lowest: float
    highest: float


def _mean(group: str, values: Sequence[float]) -> GroupMean:
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return GroupMean(group=group, count=count, mean=mean, low=mean, high=mean)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    half = float(scipy.special.stdtrit(count - 1, 0.975)) * spread / math.sqrt(count)
    return GroupMean(group=group, count=count, mean=mean, low=mean - half, high=mean + half)


def compare_groups(rows: Iterable[StudentSums], *, screen_minutes_cap: int, smallest: int = 1) -> tuple[Measure, ...]:
    """Return four measures: grade-level work, screen minutes, share of time with others, and choice minutes.

    Groups with fewer than `smallest` students are left out.
    """
    students = list(rows)
    measures = {
        "grade_level": {row.student: 100.0 * row.has_grade_level for row in students},
        "screen": {row.student: float(row.screen_minutes) for row in students},
        "with_others": {
            row.student: 100.0 * row.minutes_with_others / row.minutes if row.minutes else 0.0 for row in students
        },
        "choice": {row.student: float(row.choice_minutes) for row in students},
    }
    names = sorted({group for row in students for group in row.groups})
    found = []
    for name, values in measures.items():
        groups = tuple(
            _mean(group, members)
            for group in names
            for members in [[values[row.student] for row in students if group in row.groups]]
            if len(members) >= max(1, smallest)
        )
        found.append(_measure(name, values, groups, screen_minutes_cap))
    return tuple(found)


def _measure(name: str, values: dict[Id, float], groups: tuple[GroupMean, ...], cap: int) -> Measure:
    amounts = list(values.values())
    mean = sum(amounts) / len(amounts) if amounts else 0.0
    spread = math.sqrt(sum((amount - mean) ** 2 for amount in amounts) / len(amounts)) if amounts else 0.0
    outliers: list[tuple[Id, float]] = []
    for student, amount in values.items():
        too_much = name == "screen" and amount > cap
        too_little = name == "grade_level" and amount == 0
        none_chosen = name == "choice" and amount == 0
        far_below = name == "with_others" and spread > 0 and amount < mean - OUTLIER_SPREADS * spread and amount < 30
        if too_much or too_little or none_chosen or far_below:
            outliers.append((student, amount))
    return Measure(
        name=name,
        groups=groups,
        outliers=tuple(outliers),
        is_watch=bool(outliers),
        lowest=min(amounts, default=0.0),
        highest=max(amounts, default=0.0),
    )


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
