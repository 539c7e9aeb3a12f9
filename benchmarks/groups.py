"""Groups measured: how often the alarm is false, how soon it finds a planted mirror, and what teams bring."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy
from rich.console import Console
from rich.table import Table

from headway.core.grouping.alarms import SHUFFLES, SMALLEST_PART, WINDOW, mirror_looks
from headway.core.grouping.teams import Known, TeamMember, make_teams, team_sizes

WEEKS, STUDENTS, GROUPS_A_WEEK = 12, 28, 3
# How many students carry each letter; a student may carry several.
LETTERS = {"E": 5, "B": 6, "S": 5, "es": 7}
# Other classes: students, who carries what, and where their seeds begin.
OTHER_CLASSES: tuple[tuple[int, dict[str, int], int], ...] = (
    (14, {"E": 3, "S": 3, "es": 4}, 5000),
    (20, {"E": 4, "B": 6, "S": 3, "es": 7, "so": 3}, 6000),
    (35, {"E": 8, "B": 10, "S": 6, "es": 12}, 7000),
)
SHIFTS = (0.0, 0.5, 1.0, 1.5, 2.0)


def planned_term(
    seed: int, *, shift: float = 0.0, students: int = STUDENTS, carried: Mapping[str, int] = LETTERS
) -> tuple[list[frozenset[Any]], dict[Any, frozenset[str]]]:
    """Return a term of needs groups and the letters of a class.

    Needs last from week to week. With a shift the needs of those with letter E are that many standard deviations
    greater, so that groups follow the letter.
    """
    luck = np.random.default_rng([seed, 7])
    carriers = {name: set(luck.permutation(students)[:count].tolist()) for name, count in carried.items()}
    letters: dict[Any, frozenset[str]] = {
        student: frozenset(name for name, own in carriers.items() if student in own) for student in range(students)
    }
    steady = luck.normal(size=students) + np.array([shift * ("E" in letters[student]) for student in range(students)])
    passing = luck.normal(size=students)
    running = np.zeros(students, dtype=int)
    weeks: list[frozenset[Any]] = []
    for _week in range(WEEKS):
        passing = 0.6 * passing + 0.8 * luck.normal(size=students)
        need = np.where(running < 3, steady + passing, -np.inf)
        size = sum(int(luck.integers(3, 6)) for _group in range(GROUPS_A_WEEK - 1))
        chosen = np.argsort(-need)[:size]
        weeks.append(frozenset(map(int, chosen)))
        running = np.where(np.isin(np.arange(students), chosen), running + 1, 0)
    return weeks, letters


def _by_hypergeometric(weeks: Sequence[frozenset[Any]], letters: Mapping[Any, frozenset[str]], *, window: int) -> int:
    """Return the first week in which a plain test at 5% cries out, 0 if none; each letter and week by itself."""
    for look in range(1, len(weeks) + 1):
        last = weeks[max(0, look - window) : look]
        drawn = sum(map(len, last))
        for name in LETTERS:
            own = {student for student, carried in letters.items() if name in carried}
            seen = sum(len(week & own) for week in last)
            # With several weeks the seats are counted as if each were drawn anew.
            if scipy.stats.hypergeom.sf(seen - 1, STUDENTS * len(last), len(own) * len(last), drawn) <= 0.05:
                return look
    return 0


def _by_headway(weeks: Sequence[frozenset[Any]], letters: Mapping[Any, frozenset[str]], seed: int) -> int:
    looked = mirror_looks(weeks, letters, seed=seed)
    return min((looks.index(True) + 1 for looks in looked.values() if True in looks), default=0)


def _alarms(seeds: Iterable[int], shift: float) -> dict[str, Any]:
    first: dict[str, list[int]] = {"one week, plain": [], "six weeks, plain": [], "headway": []}
    for seed in seeds:
        weeks, letters = planned_term(seed, shift=shift)
        first["one week, plain"].append(_by_hypergeometric(weeks, letters, window=1))
        first["six weeks, plain"].append(_by_hypergeometric(weeks, letters, window=WINDOW))
        first["headway"].append(_by_headway(weeks, letters, seed))
    return {
        name: {
            "rate": sum(map(bool, found)) / len(found),
            "week": float(np.median([week for week in found if week])) if any(found) else None,
        }
        for name, found in first.items()
    }


def a_class(seed: int, *, students: int = STUDENTS) -> list[TeamMember]:
    """Return a class with profiles on four skills; one in five works in Spanish."""
    luck = np.random.default_rng([seed, 11])
    members = []
    for student in range(students):
        logits = luck.normal(scale=0.8) + luck.normal(scale=0.9, size=4)
        chances = 1 / (1 + np.exp(-logits))
        newcomer = luck.random() < 0.2
        members.append(
            TeamMember(
                student=student,
                known={
                    skill: Known(chance=float(chance), low=float(chance) - 0.1, pieces=int(luck.integers(1, 9)))
                    for skill, chance in zip("abcd", chances, strict=True)
                },
                languages=frozenset({"es"} if newcomer else {"en", "es"} if luck.random() < 0.25 else {"en"}),
                reading=0.3 if newcomer else 1.0,
            )
        )
    return members


def _teams(seeds: Sequence[int]) -> dict[str, Any]:
    skills: dict[Any, float] = dict.fromkeys("abc", 1.0)
    rows: dict[str, list[tuple[float, float, float]]] = {"drawn by luck": [], "dealt by strength": [], "headway": []}
    seconds = 0.0
    for seed in seeds:
        members = a_class(seed)
        by_id = {member.student: member for member in members}
        began = time.process_time()
        made = make_teams(members, skills)
        seconds += time.process_time() - began
        sizes = team_sizes(len(members))
        luck = np.random.default_rng(seed)
        ranked = sorted(by_id, key=lambda student: -sum(by_id[student].known[skill].chance for skill in skills))
        dealt: list[list[Any]] = [ranked[number :: len(sizes)] for number in range(len(sizes))]
        drawn = np.split(luck.permutation(len(members)), np.cumsum(sizes)[:-1])
        for name, teams in (
            ("drawn by luck", [list(map(int, team)) for team in drawn]),
            ("dealt by strength", dealt),
            ("headway", [list(team.students) for team in made.teams]),
        ):
            cover = [max(by_id[one].known[skill].chance for one in team) for team in teams for skill in skills]
            lonely = sum(
                by_id[one].reading < 0.6
                and not any(by_id[one].languages & by_id[other].languages for other in team if other != one)
                for team in teams
                for one in team
            )
            newcomers = sum(member.reading < 0.6 for member in members)
            rows[name].append((float(np.mean(cover)), float(np.min(cover)), lonely / newcomers if newcomers else 0.0))
    return {
        "rows": {
            name: dict(zip(("cover", "worst", "lonely"), np.mean(found, axis=0).tolist(), strict=True))
            for name, found in rows.items()
        },
        "ms": seconds / len(seeds) * 1000,
    }


def run(quick: bool = False) -> dict[str, Any]:
    """Measure alarms and teams; every number comes from the seeds."""
    classes = 100 if quick else 1000
    planted = 50 if quick else 200
    others = 100 if quick else 800
    weeks, letters = planned_term(0)
    began = time.process_time()
    mirror_looks(weeks, letters)
    one_look = (time.process_time() - began) * 1000
    return {
        "classes": classes,
        "others": {
            students: sum(
                bool(_by_headway(*planned_term(seed, students=students, carried=carried), seed))
                for seed in range(first, first + others)
            )
            / others
            for students, carried, first in OTHER_CLASSES
        },
        "planted": planted,
        "alarm_ms": one_look,
        "alarms": {shift: _alarms(range(classes if not shift else planted), shift) for shift in SHIFTS},
        "teams": _teams(range(20 if quick else 100)),
    }


def print_tables(found: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the figures as they stand in docs/benchmarks.md."""
    console = console or Console()
    table = Table(
        title=f"Alarm that groups follow a letter: terms of {WEEKS} weeks with an alarm "
        f"({STUDENTS} students, {len(LETTERS)} letters, {SHUFFLES} shuffles; letters under {SMALLEST_PART} hidden)"
    )
    for head in ("planted shift (SD)", "one week, plain", "six weeks, plain", "headway", "first in week"):
        table.add_column(head, justify="right")
    for shift, by_name in found["alarms"].items():
        week = by_name["headway"]["week"]
        table.add_row(
            str(shift),
            *(f"{by_name[name]['rate']:.1%}" for name in ("one week, plain", "six weeks, plain", "headway")),
            "–" if week is None else f"{week:.0f}",
        )
    console.print(table)
    console.print(
        "False alarms in classes of other sizes: "
        + ", ".join(f"{students} students {rate:.1%}" for students, rate in found["others"].items())
    )
    console.print(f"One look at a whole term: {found['alarm_ms']:.0f} ms CPU.")
    table = Table(title="Mixed teams of about 4 for a task that needs three skills (mean of classes)")
    for head in ("teams", "best of team, mean", "thinnest skill of any team", "newcomers without their language"):
        table.add_column(head, justify="right")
    for name, row in found["teams"]["rows"].items():
        table.add_row(name, f"{row['cover']:.3f}", f"{row['worst']:.3f}", f"{row['lonely']:.1%}")
    console.print(table)
    console.print(f"Teams for {STUDENTS} students: {found['teams']['ms']:.0f} ms CPU.")
