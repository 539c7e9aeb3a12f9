"""When to look again at what was learned, and what comes first on a day.

What time does to a chance is the learner model's business; here it is any curve that does not rise with the days. Published
curves of that kind: a power of time (Wickelgren 1974; Wixted & Carpenter 2007, on the savings of Ebbinghaus 1885), a half-life
(Settles & Meeder 2016, half-life regression), and the power curve with a stability of FSRS-6 (Ye, Su & Cao 2022 and later).

Scheduled reviews keep more than a higher bar does: the advantage of a higher bar fades within weeks (Matayoshi, Cosyn & Uzun
2022). Mixing competencies within a day helps to choose the right method later (Rohrer, Dedrick & Stershic 2015).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from headway.core.shared.errors import gettext_noop

Key = int | str
Reason = tuple[str, Mapping[str, object]]

DEFAULT_LINE = 0.85  # look again when the chance that it still holds falls below this
LEAST_DAYS = 1.0
MOST_DAYS = 180.0
LEAST_LOSS = 0.01  # a review that saves less than one in a hundred over a week can wait
_TOLERANCE_DAYS = 0.01

LOOK_NOW = gettext_noop("The chance that it still holds is {now} of 100, so another look is worth it now.")
LOOK_LATER = gettext_noop("The chance that it still holds comes down to {line} of 100. Days from now: {days}")
LOOK_AT_THE_LATEST = gettext_noop("It is likely to hold for long; one more look is enough. Days from now: {days}")
WOULD_FADE = gettext_noop(
    "The chance that it still holds is {now} of 100 now, and {later} of 100 in a week without practice."
)
LAST_PRACTISED = gettext_noop("Days since it was last practised: {days}")
OTHERS_BUILD_ON_IT = gettext_noop("Skills that build on it: {count}")


@dataclass(frozen=True, kw_only=True, slots=True)
class NextLook:
    """In how many days another look is worth it, and why."""

    days: float
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Something that could be reviewed today: a competency, or one card of it.

    Chances are those of mastery, 0 to 1: today, and in a week if it is skipped. `dependents` are the competencies that build
    on it, directly or not; `minutes` is what the review takes.
    """

    id: Key
    competency: Key
    chance_now: float
    chance_in_a_week: float
    minutes: float
    dependents: int = 0
    days_since_practice: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """One place in the queue of a day: what to look at, how much it matters, and why."""

    candidate: Candidate
    priority: float
    reasons: tuple[Reason, ...]


def review_after(
    chance_at: Callable[[float], float],
    *,
    line: float = DEFAULT_LINE,
    least_days: float = LEAST_DAYS,
    most_days: float = MOST_DAYS,
) -> float:
    """Return after how many days, to a hundredth, the chance comes down to the line; within least and most.

    `chance_at(days from now)` must not rise with the days. Bisection: some fifteen looks at the curve.
    """
    if not 0 <= least_days <= most_days:
        raise ValueError(f"Days must be in order: 0 <= {least_days} <= {most_days}.")
    if chance_at(least_days) < line:
        return least_days
    if chance_at(most_days) >= line:
        return most_days
    holds, falls = least_days, most_days
    while falls - holds > _TOLERANCE_DAYS:
        middle = 0.5 * (holds + falls)
        if chance_at(middle) >= line:
            holds = middle
        else:
            falls = middle
    return holds


def next_look(
    chance_at: Callable[[float], float],
    *,
    line: float = DEFAULT_LINE,
    least_days: float = LEAST_DAYS,
    most_days: float = MOST_DAYS,
) -> NextLook:
    """Return when to look again, and a sentence why; see `review_after`. Zero days where it is below the line today."""
    now = chance_at(0.0)
    if now < line:
        return NextLook(days=0.0, reason=(LOOK_NOW, {"now": _of_100(now)}))
    days = review_after(chance_at, line=line, least_days=least_days, most_days=most_days)
    facts = {"line": _of_100(line), "days": max(1, math.floor(days))}
    return NextLook(days=days, reason=(LOOK_AT_THE_LATEST if days >= most_days else LOOK_LATER, facts))


def weight_of_dependents(count: int) -> float:
    """Return how much more a review matters when others build on it: 1 + ln(1 + count), so that the tenth adds little."""
    return 1.0 + math.log1p(count)


def priority_of(candidate: Candidate) -> float:
    """Return the mastery that a week without a review is expected to cost, times the weight of what builds on it."""
    loss = max(0.0, candidate.chance_now - candidate.chance_in_a_week)
    return loss * weight_of_dependents(candidate.dependents)


def count_dependents(prerequisites: Iterable[tuple[Key, Key]]) -> dict[Key, int]:
    """Return how many competencies build on each one, directly or not, from pairs (comes first, builds on it)."""
    next_ones: defaultdict[Key, set[Key]] = defaultdict(set)
    for before, after in prerequisites:
        next_ones[before].add(after)
    counts = {}
    for competency in list(next_ones):
        reached: set[Key] = set()
        open_ones = [competency]
        while open_ones:
            found = next_ones.get(open_ones.pop(), set()) - reached
            reached |= found
            open_ones.extend(found)
        counts[competency] = len(reached - {competency})
    return counts


def queue(candidates: Iterable[Candidate], *, minutes: float, least_loss: float = LEAST_LOSS) -> tuple[Review, ...]:
    """Return the reviews of a day: those that matter most, within the minutes, no competency twice in a row.

    What would lose less than `least_loss` in a week is left for later, and so is what would only fit next to its own
    competency. The order of the candidates does not matter; equals come in the order of their ids.
    """
    worth = [one for one in candidates if one.chance_now - one.chance_in_a_week >= least_loss]
    ranked = sorted(worth, key=lambda one: (-priority_of(one), str(one.competency), str(one.id)))
    return tuple(
        Review(candidate=one, priority=priority_of(one), reasons=_reasons(one))
        for one in _interleave(_fit(ranked, minutes))
    )


def _fit(ranked: list[Candidate], minutes: float) -> list[Candidate]:
    """Return the first ones that fit into the minutes and can be put in a row without neighbours of one competency."""
    taken: list[Candidate] = []
    counts: Counter[Key] = Counter()
    waiting, left = list(ranked), minutes
    while True:
        # A row of n has room for (n + 1) // 2 of one competency; another competency may make room for one that waits.
        most = (len(taken) + 2) // 2
        fitting = (one for one in waiting if one.minutes <= left and counts[one.competency] < most)
        chosen = next(fitting, None)
        if chosen is None:
            return sorted(taken, key=ranked.index)
        waiting.remove(chosen)
        taken.append(chosen)
        counts[chosen.competency] += 1
        left -= chosen.minutes


def _interleave(ranked: list[Candidate]) -> list[Candidate]:
    """Return the same ones, the most important first, but never two of a competency in a row."""
    waiting = list(ranked)
    row: list[Candidate] = []
    counts = Counter(one.competency for one in waiting)
    while waiting:
        last = row[-1].competency if row else None
        # Whichever fills more than half of what is left has to come now, or it would meet itself at the end.
        crowded = next((one for one in waiting if 2 * counts[one.competency] > len(waiting)), None)
        chosen = crowded or next(one for one in waiting if one.competency != last)
        waiting.remove(chosen)
        counts[chosen.competency] -= 1
        row.append(chosen)
    return row


def _reasons(candidate: Candidate) -> tuple[Reason, ...]:
    facts = {"now": _of_100(candidate.chance_now), "later": _of_100(candidate.chance_in_a_week)}
    reasons: list[Reason] = [(WOULD_FADE, facts)]
    if candidate.days_since_practice is not None:
        reasons.append((LAST_PRACTISED, {"days": math.floor(candidate.days_since_practice)}))
    if candidate.dependents:
        reasons.append((OTHERS_BUILD_ON_IT, {"count": candidate.dependents}))
    return tuple(reasons)


def _of_100(chance: float) -> int:
    return round(100 * chance)
