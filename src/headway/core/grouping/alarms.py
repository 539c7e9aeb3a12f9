"""Whether groups that work on a need go round, or stay with the same students or the same part of the class.

Two alarms. *Stays* is a plain fact: three of the last four weeks. *Mirrors* is a test, because a needs group that holds
four of the six newcomers may be luck.

The test shuffles who carries which letter and leaves each student's own weeks as they are. Weeks of one student hang
together (a need lasts), so weeks are never counted as if they were independent; letters overlap, so all of them are
shuffled at once and the strongest is compared with the strongest of each shuffle. It is asked again every week, so the
chance of a false alarm is spent over the term in equal parts (Lan & DeMets 1983, with each
week's boundary taken from the same shuffles): in a class whose groups have nothing to do with letters, a *whole term* of weekly looks raises
an alarm in at most `FALSE_ALARMS` of such terms.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headway.core.shared.errors import gettext_noop

Id = Hashable
FALSE_ALARMS = 0.05  # of terms, not of weeks
LOOKS = 12  # weeks of a term over which that is spent
WINDOW = 6  # weeks that count at one look
SHUFFLES = 2000
SMALLEST_PART = 3  # students with a letter, and without it: below that a comparison says nothing and names somebody
STAYS_OF, STAYS_FROM = 4, 3

STAYS = gettext_noop("In groups that work on a need in {weeks} of the last {of} weeks with groups: {names}")
STAYS_RUNNING = gettext_noop("In groups that work on a need {weeks} weeks running: {names}")
STAYS_DO = gettext_noop("Give another kind of group a turn: a team for one task, or a group that goes further.")
MIRRORS = gettext_noop(
    "Groups that work on a need hold more students of one part of the class ({part}) than luck explains: "
    "{with_letter} weeks for each of them in the last {weeks}, {without} for each of the others."
)
MIRRORS_DO = gettext_noop("Make mixed teams for one task next week, or choose a target that others need as well.")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something about the groups that an adult should look at, in words, with one thing to do."""

    kind: str
    about: Id
    sentence: str
    do: str
    facts: Mapping[str, object] = field(default_factory=dict)


def stays(needs_by_week: Sequence[frozenset[Id]]) -> list[Alarm]:
    """Return who stays in needs groups; weeks in order, the newest last, weeks without any group left out."""
    last = list(needs_by_week)[-STAYS_OF:]
    found = []
    for student in sorted({student for week in last for student in week}, key=str):
        weeks = sum(student in week for week in last)
        if weeks < STAYS_FROM:
            continue
        running = 0
        for week in reversed(needs_by_week):
            if student not in week:
                break
            running += 1
        found.append(
            Alarm(
                kind="stays",
                about=student,
                sentence=STAYS_RUNNING if running >= STAYS_FROM else STAYS,
                do=STAYS_DO,
                facts={"weeks": running if running >= STAYS_FROM else weeks, "of": len(last), "student": student},
            )
        )
    return found


def mirrors(
    needs_by_week: Sequence[frozenset[Id]],
    letters: Mapping[Id, frozenset[str]],
    *,
    seed: int = 0,
    false_alarms: float = FALSE_ALARMS,
    shuffles: int = SHUFFLES,
) -> list[Alarm]:
    """Return the letters (or languages) that needs groups follow beyond luck, as of the newest of a term's weeks.

    `letters` has every student of the class. An alarm that was raised stays until the newest weeks alone no longer
    look unusual.
    """
    weeks = [week for week in needs_by_week if week & letters.keys()]
    looked = mirror_looks(weeks, letters, seed=seed, false_alarms=false_alarms, shuffles=shuffles)
    found = []
    for name, looks in looked.items():
        if not looks[-1]:
            continue
        inside = {student for student, own in letters.items() if name in own}
        last = weeks[-WINDOW:]
        with_letter = sum(len(week & inside) for week in last) / len(inside)
        without = sum(len((week & letters.keys()) - inside) for week in last) / (len(letters) - len(inside))
        found.append(
            Alarm(
                kind="mirrors",
                about=name,
                sentence=MIRRORS,
                do=MIRRORS_DO,
                facts={
                    "part": name,
                    "weeks": len(last),
                    "with_letter": round(with_letter, 1),
                    "without": round(without, 1),
                },
            )
        )
    return found


def mirror_looks(
    needs_by_week: Sequence[frozenset[Id]],
    letters: Mapping[Id, frozenset[str]],
    *,
    seed: int = 0,
    false_alarms: float = FALSE_ALARMS,
    shuffles: int = SHUFFLES,
) -> dict[str, tuple[bool, ...]]:
    """Return for each letter that may be compared whether an alarm stood in each week of the term."""
    students = sorted(letters, key=str)
    names = [
        name
        for name in sorted({name for own in letters.values() for name in own})
        if SMALLEST_PART <= sum(name in letters[one] for one in students) <= len(students) - SMALLEST_PART
    ]
    if not names or not needs_by_week:
        return {}
    seats = np.array([[one in week for week in needs_by_week] for one in students], dtype=float)
    carries = np.array([[name in letters[one] for one in students] for name in names], dtype=float)
    surprise, usual = _surprises(carries, seats, seed=seed, shuffles=shuffles)
    raised = _raised(surprise, usual, false_alarms=false_alarms)
    return {name: tuple(map(bool, row)) for name, row in zip(names, raised, strict=True)}


def _surprises(
    carries: NDArray[np.float64], seats: NDArray[np.float64], *, seed: int, shuffles: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each letter and look how few shuffles reach what is seen, and the same for every shuffle itself.

    A share of shuffles instead of a sum, so that a letter with three students and one with fifteen weigh alike. Both
    as surprise: 1 minus the share that is as high or higher. Shapes: (letters, looks) and (shuffles, letters, looks).
    """
    looks = seats.shape[1]
    sums = np.cumsum(seats, axis=1)
    windows = sums.copy()
    windows[:, WINDOW:] -= sums[:, :-WINDOW]
    luck = np.random.default_rng(seed)
    count = seats.shape[0]
    # One order of the students is one shuffle for all letters and all weeks at once.
    orders = np.array([np.arange(count), *(luck.permutation(count) for _shuffle in range(shuffles))])
    totals = np.einsum("lsn,nt->slt", carries[:, orders], windows)
    shares = np.empty_like(totals)
    for row in range(carries.shape[0]):
        for look in range(looks):
            column = totals[:, row, look]
            shares[:, row, look] = 1.0 - np.searchsorted(np.sort(column), column - 1e-9) / (shuffles + 1)
    return 1.0 - shares[0], 1.0 - shares[1:]


def _raised(surprise: NDArray[np.float64], usual: NDArray[np.float64], *, false_alarms: float) -> NDArray[np.bool_]:
    """Return which letters stand at an alarm at each look."""
    shuffles, letters, looks = usual.shape
    strongest = usual.max(axis=1)
    crossed = np.zeros(shuffles, dtype=bool)
    raised = np.zeros((letters, looks), dtype=bool)
    for look in range(looks):
        # One place is kept for what is seen, so that the share counts it among the shuffles.
        may_cross = int(false_alarms * min(1.0, (look + 1) / LOOKS) * (shuffles + 1)) - 1 - int(crossed.sum())
        waiting = np.sort(strongest[~crossed, look])[::-1]
        boundary = waiting[may_cross] if 0 <= may_cross < len(waiting) else np.inf
        crossed |= strongest[:, look] > boundary
        still = surprise[:, look] > 1.0 - false_alarms
        stood = raised[:, look - 1] if look else raised[:, 0]
        raised[:, look] = (stood & still) | (surprise[:, look] > boundary)
    return raised


def alarms_for(
    needs_by_week: Sequence[Iterable[Id]], letters: Mapping[Id, frozenset[str]], *, seed: int = 0
) -> list[Alarm]:
    """Return every alarm about a term's groups so far, those about one part of the class first."""
    weeks = [frozenset(week) for week in needs_by_week]
    return [*mirrors(weeks, letters, seed=seed), *(one for one in stays(weeks) if one.about in letters)]
