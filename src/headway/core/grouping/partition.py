"""Small groups from evidence: by need on one target, to go further, or to look again. They last one week."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from headway.core.shared.errors import gettext_noop

Id = Hashable
SMALLEST, LARGEST = 3, 6
NEEDS_BELOW, STRETCH_FROM = 0.55, 0.85
# Nobody sits in a "needs" group four weeks running.
MOST_WEEKS_IN_NEEDS = 3
NEEDS, STRETCH, RECHECK, TEAM = "needs", "stretch", "recheck", "team"
SURE_WORDS = frozenset({"secure", "beyond"})

WHY_NEEDS = gettext_noop("All {count} are at the same step on {skill}, and each has something to show already.")
WHY_STRETCH = gettext_noop("All {count} are ready to go further on {skill}.")
WHY_RECHECK = gettext_noop("All {count} were secure on {skill}; the newest work is old. One question each will tell.")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one student stands on one competency."""

    student: Id
    competency: Id
    chance: float
    pieces: int
    word: str
    prerequisites_met: bool = True


@dataclass(frozen=True, kw_only=True)
class SuggestedGroup:
    """Students who would gain from meeting on one target, and why."""

    competency: Id
    kind: str
    students: tuple[Id, ...]
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


def kinds_for(standing: Standing, *, weeks_in_needs_groups: int = 0) -> tuple[str, ...]:
    """Return which kinds of group a student's standing on one competency qualifies for, the most fitting first.

    Without evidence there is no reason for a group. After three weeks running in "needs" groups that kind is closed,
    whatever the standing, so that nobody stays.
    """
    if standing.word == RECHECK:
        return (RECHECK,)
    if not standing.pieces:
        return ()
    if standing.word in SURE_WORDS:
        return (STRETCH,) if standing.chance >= STRETCH_FROM else ()
    may_join_needs = standing.prerequisites_met and weeks_in_needs_groups < MOST_WEEKS_IN_NEEDS
    return (NEEDS,) if standing.chance < NEEDS_BELOW and may_join_needs else ()


def suggest_groups(
    standings: Iterable[Standing], *, most: int = 4, grouped_before: Mapping[Id, int] | None = None
) -> list[SuggestedGroup]:
    """Return up to `most` groups of 3 to 6, nobody in two, the greatest shared need first.

    `grouped_before` counts the weeks in a row that a student was in a needs group; from three on somebody else goes
    first.
    """
    before = grouped_before or {}
    by_skill: dict[tuple[str, Id], list[Standing]] = {}
    for row in standings:
        for kind in kinds_for(row, weeks_in_needs_groups=before.get(row.student, 0)):
            by_skill.setdefault((kind, row.competency), []).append(row)
    taken: set[Id] = set()
    groups: list[SuggestedGroup] = []
    weight = {"needs": 2.0, "stretch": 1.0, "recheck": 0.8}
    while len(groups) < most:
        best: tuple[float, str, Id, list[Standing]] | None = None
        has_stretch = any(group.kind == "stretch" for group in groups)
        needs_so_far = sum(group.kind == "needs" for group in groups)
        for (kind, competency), rows in sorted(by_skill.items(), key=lambda entry: (entry[0][0], str(entry[0][1]))):
            # One group in three goes further, so that meeting the teacher is not a mark of need.
            if (kind == "stretch" and has_stretch) or (kind == "needs" and needs_so_far >= 2 and not has_stretch):
                continue
            free = [row for row in rows if row.student not in taken]
            if len(free) < SMALLEST:
                continue
            free.sort(key=lambda row: (row.chance if kind == "needs" else -row.chance, str(row.student)))
            members = free[:LARGEST]
            distance = sum(abs(row.chance - NEEDS_BELOW) for row in members) / len(members)
            value = weight[kind] * len(members) * (1 + distance) - (2.0 if kind == "needs" else 0.0) * needs_so_far
            if best is None or value > best[0] + 1e-12:
                best = (value, kind, competency, members)
        if best is None:
            break
        _value, kind, competency, members = best
        sentence = {"needs": WHY_NEEDS, "stretch": WHY_STRETCH, "recheck": WHY_RECHECK}[kind]
        groups.append(
            SuggestedGroup(
                competency=competency,
                kind=kind,
                students=tuple(row.student for row in members),
                sentence=sentence,
                facts={"count": len(members), "competency": competency},
            )
        )
        taken.update(row.student for row in members)
    return groups
