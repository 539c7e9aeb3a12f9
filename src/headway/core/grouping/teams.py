"""Mixed-strength teams for one rich task: every part of the task is covered in every team, and everybody brings something.

A strength is relative: where a student's own profile peaks among the skills that the task needs. Absolute strength
decides only whether a team as a whole can do the task.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from headway.core.grouping.partition import SURE_WORDS
from headway.core.shared.errors import RuleBroken, gettext_noop

Id = Hashable
SMALLEST_TEAM, LARGEST_TEAM = 3, 5
READS_FROM = 0.6  # of the level that the task asks for: enough to work from the text itself
STARTS = 6

# What a good set of teams is made of, in shares of one skill covered in one team.
_WORST, _COVERED, _BRINGS, _EVEN, _LANGUAGE, _APART = 2.0, 1.0, 0.6, 0.5, 1.5, 100.0

TOO_FEW = gettext_noop("A team needs at least {smallest} students. There are {count}.")
NO_SKILLS = gettext_noop("Say which skills the task needs: teams are made from who is strong in them.")
NOT_APART = gettext_noop("{count} pairs that you keep apart could not be kept apart in teams of this size.")
ALONE_IN_LANGUAGE = gettext_noop("{count} students sit where nobody shares their language. Give them the text in it.")
THIN_COVER = gettext_noop("Nobody in team {number} is sure on {skill} yet. Plan to sit with that team first.")
THIN_BELOW = 0.55


@dataclass(frozen=True, kw_only=True)
class Role:
    """What one member of a team sees to; `leans_on` says which strength it is given by."""

    key: str
    name: str
    does: str
    says: tuple[str, ...]
    leans_on: str


# In the order in which a team takes them: a team of three has the first three.
ROLES: tuple[Role, ...] = (
    Role(
        key="reader",
        name=gettext_noop("Reader"),
        does=gettext_noop("Reads the task aloud and brings the team back to what it asks."),
        says=(gettext_noop("The task asks us to …"), gettext_noop("Where does it say that?")),
        leans_on="reading",
    ),
    Role(
        key="builder",
        name=gettext_noop("Builder"),
        does=gettext_noop("Makes the thing: draws, writes or builds what the team has decided."),
        says=(gettext_noop("Let us try it like this."), gettext_noop("What do I put here?")),
        leans_on="strength",
    ),
    Role(
        key="checker",
        name=gettext_noop("Checker"),
        does=gettext_noop("Checks each step and asks how the team knows."),
        says=(gettext_noop("How do we know?"), gettext_noop("Does it also work for …?")),
        leans_on="sureness",
    ),
    Role(
        key="speaker",
        name=gettext_noop("Speaker"),
        does=gettext_noop("Tells the class what the team found and how everybody helped."),
        says=(gettext_noop("We found that …"), gettext_noop("We changed our minds when …")),
        leans_on="speaking",
    ),
    Role(
        key="connector",
        name=gettext_noop("Connector"),
        does=gettext_noop("Sees that everybody has spoken, and that each word is clear in every language of the team."),
        says=(gettext_noop("We have not heard from …"), gettext_noop("How do you say that in your language?")),
        leans_on="languages",
    ),
)
ROLES_BY_KEY: Mapping[str, Role] = {role.key: role for role in ROLES}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a student on one skill."""

    chance: float
    low: float = 0.0
    pieces: int = 0
    word: str = "none"


@dataclass(frozen=True, kw_only=True)
class TeamMember:
    """One student to be placed: the profile, the languages, and which roles the student has had before."""

    student: Id
    known: Mapping[Id, Known] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    reading: float = 1.0  # share of the level that the task asks for, in its language
    speaking: float = 1.0
    roles_before: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A member's place in a team: the role, and the strength it comes with; None where nothing was seen yet."""

    student: Id
    role: str
    strong_in: Id
    chance: float
    pieces: int
    word: str
    is_for_the_task: bool


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team; `covered_by` names who carries each skill that the task needs."""

    seats: tuple[Seat, ...]
    covered_by: Mapping[Id, Id]
    cover: Mapping[Id, float]

    @property
    def students(self) -> tuple[Id, ...]:
        """The members, in the order of their roles."""
        return tuple(seat.student for seat in self.seats)


@dataclass(frozen=True, kw_only=True)
class Teams:
    """Teams for one task, and what could not be had: (sentence, facts)."""

    teams: tuple[Team, ...]
    unmet: tuple[tuple[str, Mapping[str, object]], ...] = ()


def team_sizes(count: int, *, wanted: int = 4) -> tuple[int, ...]:
    """Return sizes of 3 to 5, as even as can be and as near to the wanted size as the class allows."""
    if count < SMALLEST_TEAM:
        raise RuleBroken(TOO_FEW, smallest=SMALLEST_TEAM, count=count)
    fewest, most = -(-count // LARGEST_TEAM), count // SMALLEST_TEAM
    teams = min(most, max(fewest, round(count / min(LARGEST_TEAM, max(SMALLEST_TEAM, wanted)))))
    small, larger = divmod(count, teams)
    return (small + 1,) * larger + (small,) * (teams - larger)


class _Board:
    """The numbers behind a set of teams; rows are students in a fixed order, columns the task's skills."""

    def __init__(
        self, members: Sequence[TeamMember], skills: Mapping[Id, float], apart: Iterable[frozenset[Id]]
    ) -> None:
        self.skills = sorted(skills, key=str)
        total = sum(skills.values()) or 1.0
        self.weight = np.array([skills[skill] / total for skill in self.skills])
        self.seen = np.array([[_seen(one, skill) for skill in self.skills] for one in members], dtype=float)
        # Nothing seen counts as what the class knows on average, a little below: unknown is no strength and no gap.
        usual = [column[column >= 0].mean() if (column >= 0).any() else 0.5 for column in self.seen.T]
        self.chance = np.where(self.seen >= 0, self.seen, np.array(usual) - 0.05)
        own = self.chance.mean(axis=1, keepdims=True)
        # Own peak first (two thirds), with some regard for what the team can lean on.
        self.strength = np.where(self.seen >= 0, (self.chance - own) * 2 / 3 + self.chance / 3, -1.0)
        self.total = self.chance @ self.weight
        place = {one.student: number for number, one in enumerate(members)}
        self.apart = {
            (place[a], place[b]) for pair in apart if len(pair) == 2 for a, b in [tuple(pair)] if {a, b} <= set(place)
        }
        self.shares = np.array([[bool(a.languages & b.languages) for b in members] for a in members])
        self.leans_on_language = [one.reading < READS_FROM and bool(one.languages) for one in members]

        self._chances: list[list[float]] = self.chance.tolist()
        self._weights: list[float] = self.weight.tolist()
        self._totals: list[float] = self.total.tolist()
        self._mean = float(self.total.mean())
        self._brings = [max(0.0, float((row * (0.5 + self.weight)).max())) for row in self.strength]
        self._values: dict[tuple[int, ...], float] = {}

    def value(self, team: Sequence[int]) -> float:
        """Return what one team is worth."""
        rows = tuple(sorted(team))
        if rows not in self._values:
            self._values[rows] = self._value(rows)
        return self._values[rows]

    def _value(self, rows: Sequence[int]) -> float:
        best = [max(column) for column in zip(*(self._chances[row] for row in rows), strict=True)]
        covered: float = sum(weight * chance for weight, chance in zip(self._weights, best, strict=True))
        brings: float = sum(self._brings[row] for row in rows) / len(rows)
        spread: float = sum(self._totals[row] for row in rows) / len(rows) - self._mean
        lonely = sum(1 for row in rows if self.leans_on_language[row] and not self.has_company(row, rows))
        apart = sum(1 for a, b in self.apart if a in rows and b in rows)
        value: float = (
            _WORST * min(best)
            + _COVERED * covered * len(best)
            + _BRINGS * brings
            - _EVEN * 10 * spread * spread
            - _LANGUAGE * lonely
            - _APART * apart
        )
        return value

    def has_company(self, row: int, rows: Sequence[int]) -> bool:
        """Return whether somebody else in the team shares a language with this one."""
        return any(bool(self.shares[row, other]) for other in rows if other != row)


def _seen(member: TeamMember, skill: Id) -> float:
    known = member.known.get(skill)
    return known.chance if known is not None and known.pieces else -1.0


def make_teams(
    members: Iterable[TeamMember],
    skills: Mapping[Id, float],
    *,
    size: int = 4,
    apart: Iterable[frozenset[Id]] = (),
    seed: int = 0,
) -> Teams:
    """Return teams for a task that needs these skills (with weights); nobody is left out, and the same comes out again.

    Several starts (dealt out by strength, by peak, and shuffled from the seed) are each improved by exchanging two
    students as long as that helps; the best stands.
    """
    rows = sorted(members, key=lambda one: str(one.student))
    if not skills:
        raise RuleBroken(NO_SKILLS)
    sizes = team_sizes(len(rows), wanted=size)
    board = _Board(rows, skills, apart)
    _value, chosen = max((_improved(board, start) for start in _starts(board, sizes, seed)), key=lambda one: one[0])
    teams = sorted(sorted(team) for team in chosen)
    return Teams(teams=tuple(_team(board, rows, team) for team in teams), unmet=tuple(_unmet(board, teams)))


def _starts(board: _Board, sizes: Sequence[int], seed: int) -> Iterable[list[list[int]]]:
    count = len(board.total)
    by_strength = sorted(range(count), key=lambda row: (-board.total[row], row))
    by_peak = sorted(range(count), key=lambda row: (int(board.strength[row].argmax()), -board.total[row], row))
    luck = np.random.default_rng(seed)
    for order in (by_strength, by_peak, *(list(map(int, luck.permutation(count))) for _start in range(STARTS - 2))):
        yield _dealt(order, sizes)


def _dealt(order: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Deal students out there and back, so that no team gets every first pick."""
    teams: list[list[int]] = [[] for _size in sizes]
    left = list(order)
    forward = True
    while left:
        for number in range(len(sizes)) if forward else reversed(range(len(sizes))):
            if left and len(teams[number]) < sizes[number]:
                teams[number].append(left.pop(0))
        forward = not forward
    return teams


def _improved(board: _Board, teams: list[list[int]]) -> tuple[float, list[list[int]]]:
    values = [board.value(team) for team in teams]
    better = True
    while better:
        better = False
        for first in range(len(teams)):
            for second in range(first + 1, len(teams)):
                while (
                    found := _best_exchange(board, teams[first], teams[second], values[first] + values[second])
                ) is not None:
                    teams[first], teams[second] = found
                    values[first], values[second] = board.value(found[0]), board.value(found[1])
                    better = True
    return sum(values), teams


def _best_exchange(board: _Board, one: list[int], other: list[int], now: float) -> tuple[list[int], list[int]] | None:
    best, found = now + 1e-9, None
    for mine in range(len(one)):
        for theirs in range(len(other)):
            left = [*one[:mine], other[theirs], *one[mine + 1 :]]
            right = [*other[:theirs], one[mine], *other[theirs + 1 :]]
            value = board.value(left) + board.value(right)
            if value > best:
                best, found = value, (left, right)
    return found


# --- roles and strengths ---------------------------------------------------------------------------------------------


def _team(board: _Board, members: Sequence[TeamMember], team: Sequence[int]) -> Team:
    strong = _strengths(board, team)
    roles = _roles(board, members, team)
    seats = [_seat(board, members[row], strong[row], roles[row]) for row in team]
    order = {role.key: place for place, role in enumerate(ROLES)}
    cover = {skill: float(board.chance[list(team), column].max()) for column, skill in enumerate(board.skills)}
    carries: dict[Id, Id] = {}
    for column, skill in enumerate(board.skills):
        named = [row for row in team if strong[row] == column]
        # Who is named for a skill carries it; where nobody is, whoever is surest of it.
        carries[skill] = members[max(named or team, key=lambda row: (board.chance[row, column], -row))].student
    return Team(seats=tuple(sorted(seats, key=lambda seat: order[seat.role])), covered_by=carries, cover=cover)


def _strengths(board: _Board, team: Sequence[int]) -> dict[int, int | None]:
    """Return the column each member is named for: as many different skills as there are, then own peaks."""
    rows, columns = list(team), list(range(len(board.skills)))
    strong: dict[int, int | None] = dict.fromkeys(rows)
    # A strength is taken where the gap to the member's own peak is smallest, the heaviest skills first.
    while columns and any(strong[row] is None and board.seen[row].max() >= 0 for row in rows):
        found = max(
            (
                (board.strength[row, column] - board.strength[row].max() + 0.2 * board.weight[column], -row, -column)
                for row in rows
                if strong[row] is None
                for column in columns
                if board.seen[row, column] >= 0
            ),
            default=None,
        )
        # Far below the own peak it would be no strength: then the peak is named, even if somebody has it already.
        if found is None or found[0] < -0.15:
            break
        strong[-found[1]] = -found[2]
        columns.remove(-found[2])
    for row in rows:
        if strong[row] is None and board.seen[row].max() >= 0:
            strong[row] = int(board.strength[row].argmax())
    return strong


def _roles(board: _Board, members: Sequence[TeamMember], team: Sequence[int]) -> dict[int, str]:
    """Return who sees to what, by exact search over a handful of members; a role had before counts against itself."""
    roles = ROLES[: len(team)]

    def fits(row: int, role: Role) -> float:
        member = members[row]
        liked = {
            "reading": min(1.0, member.reading),
            "strength": float(board.strength[row].max()),
            "sureness": max(
                (known.low for known in (member.known.get(skill) for skill in board.skills) if known), default=0.0
            ),
            "speaking": min(1.0, member.speaking),
            "languages": min(1.0, 0.4 * len(member.languages)),
        }[role.leans_on]
        return liked - 0.5 * member.roles_before.count(role.key)

    best = max(
        permutations(team),
        key=lambda order: (
            sum(fits(row, role) for row, role in zip(order, roles, strict=True)),
            [-row for row in order],
        ),
    )
    return {row: role.key for row, role in zip(best, roles, strict=True)}


def _seat(board: _Board, member: TeamMember, column: int | None, role: str) -> Seat:
    skill: Id = board.skills[column] if column is not None else None
    if column is None:
        # Nothing seen on what the task needs: the own best of everything else is still something to bring.
        skill = own_best(member.known)
    known = member.known.get(skill, Known(chance=0.0))
    return Seat(
        student=member.student,
        role=role,
        strong_in=skill,
        chance=known.chance,
        pieces=known.pieces,
        word=known.word,
        is_for_the_task=column is not None,
    )


def _unmet(board: _Board, teams: Sequence[Sequence[int]]) -> Iterable[tuple[str, Mapping[str, object]]]:
    together = sum(1 for team in teams for a, b in board.apart if a in team and b in team)
    if together:
        yield NOT_APART, {"count": together}
    lonely = sum(
        1 for team in teams for row in team if board.leans_on_language[row] and not board.has_company(row, team)
    )
    if lonely:
        yield ALONE_IN_LANGUAGE, {"count": lonely}
    for number, team in enumerate(teams, start=1):
        best = board.chance[list(team)].max(axis=0)
        column = int(best.argmin())
        if best[column] < THIN_BELOW:
            yield THIN_COVER, {"number": number, "competency": board.skills[column]}


def own_best(known: Mapping[Id, Known], *, leave_out: Iterable[Id] = ()) -> Id:
    """Return the skill that a student brings to any group: the own best of what was seen, None if nothing was."""
    left = set(leave_out)
    seen = [
        (one.word in SURE_WORDS, one.chance, str(skill), skill)
        for skill, one in known.items()
        if one.pieces and skill not in left
    ]
    return max(seen)[3] if seen else None
