"""How often the fairness strip raises a flag that luck made, and how often it finds a difference that was put in.

    python -m benchmarks.fairness_of_plans        # 2,000 classes of each kind, about half a minute

Classes are simulated as plans are: blocks of 10 to 20 minutes, most of them alike, waits that follow an exponential law, some
still open. `tests/core/test_fairness_of_plans.py` holds the shipped figures to their bounds with fewer classes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from headway.core.planning.fairness import MeasureName, StudentSums, Wait, Why, compare_groups

CLASSES: Final = 2_000
SHARES: Final = (0.23, 0.46, 0.31)  # of E, B and H; of each, one in six has a support plan
SUPPORTED: Final = 0.16


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of class to simulate: how many students, and what was put in for the group E."""

    students: int = 26
    group: int = 6
    screen: float = 0.0
    grade_level: float = 0.0
    with_others: float = 0.0
    choice: float = 0.0
    wait_times: float = 1.0


def simulated_class(kind: Kind, rng: np.random.Generator) -> list[StudentSums]:
    """Return the week of one class; the first `kind.group` students build the class's language."""
    rows = []
    for number in range(kind.students):
        is_in_group = number < kind.group
        letter = "E" if is_in_group else "B" if rng.random() < SHARES[1] / (SHARES[1] + SHARES[2]) else "H"
        letters = {letter} | ({"S"} if rng.random() < SUPPORTED else set())
        minutes, choice = 250 - 5 * int(rng.integers(0, 6)), int(rng.choice([25, 30, 30, 30, 45]))
        shift = float(is_in_group)
        besides = minutes - choice
        screen = float(np.clip(rng.normal(75 + shift * kind.screen, 14), 0, 160))
        share = float(np.clip(rng.normal(0.62 + shift * kind.grade_level / 100, 0.11), 0, 1))
        others = float(np.clip(rng.normal(0.5 + shift * kind.with_others / 100, 0.1), 0, 1))
        chosen = max(0.0, choice + shift * kind.choice)
        asked = int(rng.poisson(0.9))
        waits = []
        for _one in range(asked):
            ago, needs = (
                float(rng.uniform(0, 480)),
                float(rng.exponential(18 * (kind.wait_times if is_in_group else 1))),
            )
            waits.append(Wait(hours=min(ago, needs), is_open=needs > ago))
        rows.append(
            StudentSums(
                student=number,
                groups=frozenset(letters),
                minutes=minutes,
                minutes_besides_choice=besides,
                grade_level_minutes=5 * round(share * besides / 5),
                screen_minutes=5 * round(screen / 5),
                minutes_with_others=5 * round(others * minutes / 5),
                choice_minutes=5 * round(chosen / 5),
                screen_minutes_cap=1_000,  # limits flag by themselves; here only comparing is tried
                waits=tuple(waits),
            )
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Shares of classes: with a group to look at, with that group at that measure, and with a student named as far off."""

    any_group: float
    planted: float
    any_student: float


def flags_in(kind: Kind, *, classes: int, seed: int, measure: MeasureName | None = None) -> Flags:
    """Return how often flags come up among simulated classes."""
    rng = np.random.default_rng(seed)
    counts = np.zeros(3)
    for number in range(classes):
        rows = simulated_class(kind, rng)
        found = compare_groups(rows, seed=number)
        looks = [(one.name, each.group) for one in found for each in one.differences if each.is_look]
        far = any(each.why is Why.FAR for one in found for each in one.outliers)
        counts += (bool(looks), (measure, "E") in looks, far)
    any_group, planted, any_student = (float(count) / classes for count in counts)
    return Flags(any_group=any_group, planted=planted, any_student=any_student)


PLANTED: Final[tuple[tuple[str, MeasureName, dict[str, Any]], ...]] = (
    ("screen +15 min", MeasureName.SCREEN, {"screen": 15.0}),
    ("screen +25 min", MeasureName.SCREEN, {"screen": 25.0}),
    ("screen +35 min", MeasureName.SCREEN, {"screen": 35.0}),
    ("grade level -15 points", MeasureName.GRADE_LEVEL, {"grade_level": -15.0}),
    ("grade level -25 points", MeasureName.GRADE_LEVEL, {"grade_level": -25.0}),
    ("with others -15 points", MeasureName.WITH_OTHERS, {"with_others": -15.0}),
    ("with others -20 points", MeasureName.WITH_OTHERS, {"with_others": -20.0}),
    ("choice -15 min", MeasureName.CHOICE, {"choice": -15.0}),
    ("waits three times as long", MeasureName.WAITS, {"wait_times": 3.0}),
    ("waits five times as long", MeasureName.WAITS, {"wait_times": 5.0}),
)


def table(classes: int = CLASSES) -> Iterator[str]:
    """Yield the lines of the two tables."""
    yield "| balanced classes | a group flagged | a student flagged |"
    yield "|---|---|---|"
    for students, group in ((10, 3), (20, 3), (26, 6), (30, 10)):
        found = flags_in(Kind(students=students, group=group), classes=classes, seed=students)
        yield f"| {students} students, {group} in E | {found.any_group:.1%} | {found.any_student:.1%} |"
    yield ""
    yield "| put in for E | found, 3 of 20 | found, 6 of 26 | found, 10 of 30 |"
    yield "|---|---|---|---|"
    for words, measure, facts in PLANTED:
        shares = [
            flags_in(
                replace(Kind(students=students, group=group), **facts), classes=classes // 4, seed=7, measure=measure
            ).planted
            for students, group in ((20, 3), (26, 6), (30, 10))
        ]
        yield f"| {words} | " + " | ".join(f"{share:.0%}" for share in shares) + " |"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else CLASSES):
        print(line, flush=True)
