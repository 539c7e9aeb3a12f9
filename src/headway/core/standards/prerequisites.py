"""What comes before what: circles, depth, what a student can learn next, and only the links that say something new.

Every function takes links as plain pairs with a strength and works on any whole numbers as names. Links that run in a
circle never stop anything here: inside a circle nothing comes first, so its links are left aside where an order is needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Ways = dict[int, list[int]]


@dataclass(frozen=True, kw_only=True)
class Link:
    """`before` comes before `after`; it is needed first, or it only helps.

    `support` says how well the link is founded: in a circle the least founded link is the one to doubt.
    """

    before: int
    after: int
    is_needed: bool = True
    support: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Circle:
    """Competencies that ask for each other, each before the next and the last before the first.

    `doubtful` is the link to take out: the least founded one; `tangle` counts all competencies that are tied up in it.
    """

    members: tuple[int, ...]
    doubtful: Link
    tangle: int


def needed(links: Iterable[Link]) -> list[Link]:
    """Return the links that are needed, not only helpful."""
    return [link for link in links if link.is_needed]


# --- Circles ----------------------------------------------------------------------------------------------------------


def circles(links: Iterable[Link]) -> list[Circle]:
    """Return the shortest circle of every knot of links that run round, the smallest first."""
    rows = list(links)
    onward = _onward(rows)
    knots = [knot for knot in _knots(onward) if len(knot) > 1]
    by_ends = _one_each(rows)
    found = []
    for knot in knots:
        members = _shortest_circle(knot, onward)
        around = zip(members, members[1:] + members[:1], strict=True)
        doubtful = min((by_ends[pair] for pair in around), key=_doubt)
        found.append(Circle(members=members, doubtful=doubtful, tangle=len(knot)))
    return sorted(found, key=lambda circle: (len(circle.members), circle.members))


def without_circles(links: Iterable[Link]) -> tuple[list[Link], list[Link]]:
    """Return the links without those that close a circle, and those: the most doubtful of every circle, again and again."""
    kept, out = list(links), []
    while found := circles(kept):
        ends = {(circle.doubtful.before, circle.doubtful.after) for circle in found}
        out += [link for link in kept if (link.before, link.after) in ends]
        kept = [link for link in kept if (link.before, link.after) not in ends]
    return kept, out


def closed_by(links: Iterable[Link], *, before: int, after: int) -> tuple[int, ...]:
    """Return the circle that a link from `before` to `after` would close, beginning with `before`; empty where none."""
    if before == after:
        return (before,)
    way = _way(_onward(links), after, before)
    return (before, *way[:-1]) if way else ()


def _one_each(links: Iterable[Link]) -> dict[tuple[int, int], Link]:
    """Return one link for every two ends: said twice, the better founded one speaks for both."""
    found: dict[tuple[int, int], Link] = {}
    for link in links:
        known = found.get((link.before, link.after))
        if known is None or _doubt(link) > _doubt(known):
            found[link.before, link.after] = link
    return found


def _doubt(link: Link) -> tuple[bool, float, int, int]:
    return (link.is_needed, link.support, -link.before, -link.after)


def _onward(links: Iterable[Link]) -> Ways:
    onward: Ways = {}
    for link in links:
        onward.setdefault(link.before, []).append(link.after)
        onward.setdefault(link.after, [])
    return {name: list(dict.fromkeys(sorted(others))) for name, others in onward.items()}


def _backward(onward: Mapping[int, Sequence[int]]) -> Ways:
    back: Ways = {name: [] for name in onward}
    for name, others in onward.items():
        for other in others:
            back[other].append(name)
    return back


def _knots(onward: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Return the sets within which everything reaches everything, each after all that it leads to (Tarjan, no recursion)."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    held: list[int] = []
    is_held: set[int] = set()
    found: list[list[int]] = []
    for start in onward:
        if start in number:
            continue
        number[start] = low[start] = len(number)
        held.append(start)
        is_held.add(start)
        work = [(start, iter(onward[start]))]
        while work:
            name, others = work[-1]
            for other in others:
                if other not in number:
                    number[other] = low[other] = len(number)
                    held.append(other)
                    is_held.add(other)
                    work.append((other, iter(onward[other])))
                    break
                if other in is_held:
                    low[name] = min(low[name], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    knot = []
                    while True:
                        last = held.pop()
                        is_held.discard(last)
                        knot.append(last)
                        if last == name:
                            break
                    found.append(sorted(knot))
    return found


def _shortest_circle(knot: Sequence[int], onward: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    left = set(knot)
    best: tuple[int, ...] = ()
    for name in knot:
        if name not in left:
            continue
        way = _way(onward, name, name, within=left, shorter_than=len(best) or None)
        if way and (not best or len(way) - 1 < len(best)):
            best = tuple(way[:-1])
            if len(best) == 2:
                break
        # Every circle through this one is known now; without it, whatever leads nowhere is in no circle either.
        _drop(name, left, onward)
    first = best.index(min(best))
    return best[first:] + best[:first]


def _drop(name: int, left: set[int], onward: Mapping[int, Sequence[int]]) -> None:
    """Take a name out of what is left, and all that then leads to nothing that is left."""
    left.discard(name)
    back: Ways = {}
    count: dict[int, int] = {}
    for each in left:
        ahead = [other for other in onward[each] if other in left]
        count[each] = len(ahead)
        for other in ahead:
            back.setdefault(other, []).append(each)
    dead = [each for each, ahead in count.items() if not ahead]
    while dead:
        each = dead.pop()
        left.discard(each)
        for other in back.get(each, ()):
            count[other] -= 1
            if not count[other]:
                dead.append(other)


def _way(
    onward: Mapping[int, Sequence[int]],
    start: int,
    end: int,
    *,
    within: Collection[int] | None = None,
    shorter_than: int | None = None,
) -> list[int]:
    """Return the shortest way from `start` to `end` over at least one link, both ends included; empty where none."""
    came_from: dict[int, int] = {}
    front, steps = [start], 0
    while front and (shorter_than is None or steps + 1 < shorter_than):
        steps += 1
        ahead = []
        for name in front:
            for other in onward.get(name, ()):
                if other == end:
                    way = [end, name]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return way[::-1]
                if other not in came_from and other != start and (within is None or other in within):
                    came_from[other] = name
                    ahead.append(other)
        front = ahead
    return []


# --- Depth and frontier -----------------------------------------------------------------------------------------------


def depths(links: Iterable[Link]) -> dict[int, int]:
    """Return how many steps lie below each competency on its longest chain; those of one circle share a depth."""
    onward = _onward(links)
    knots = _knots(onward)
    knot_of = {name: place for place, knot in enumerate(knots) for name in knot}
    depth = [0] * len(knots)
    # Tarjan hands over what comes last first: turned round, everything before a knot is settled when its turn comes.
    for place in range(len(knots) - 1, -1, -1):
        for name in knots[place]:
            for other in onward[name]:
                if knot_of[other] != place:
                    depth[knot_of[other]] = max(depth[knot_of[other]], depth[place] + 1)
    return {name: depth[knot_of[name]] for name in onward}


def frontier(names: Iterable[int], links: Iterable[Link], secure: Collection[int]) -> list[int]:
    """Return which of the names can be learned next, in their order: not secure, and all that is needed first is.

    Where needed ones run in a circle, none of its links counts: somebody must be able to begin.
    """
    rows = needed(links)
    knot_of = {name: place for place, knot in enumerate(_knots(_onward(rows))) for name in knot}
    missing = {link.after for link in rows if link.before not in secure and knot_of[link.before] != knot_of[link.after]}
    return [name for name in dict.fromkeys(names) if name not in secure and name not in missing]


# --- Round about one competency ---------------------------------------------------------------------------------------


def round_about(links: Iterable[Link], name: int, *, before: int, after: int) -> dict[int, int]:
    """Return what lies within so many steps: negative steps for what comes before, positive for what it opens, 0 for itself.

    Of what is both (in a circle), the nearer side counts, before on a tie.
    """
    onward = _onward(links)
    ahead = _steps(onward, name, after)
    behind = _steps(_backward(onward), name, before)
    found = {name: 0}
    for other in sorted(ahead.keys() | behind.keys()):
        near, far = behind.get(other), ahead.get(other)
        if far is None or (near is not None and near <= far):
            found[other] = -(near or 0)
        else:
            found[other] = far
    return found


def _steps(onward: Mapping[int, Sequence[int]], start: int, most: int) -> dict[int, int]:
    steps: dict[int, int] = {}
    queue = deque([(start, 0)])
    while queue:
        name, here = queue.popleft()
        if here == most:
            continue
        for other in onward.get(name, ()):
            if other != start and other not in steps:
                steps[other] = here + 1
                queue.append((other, here + 1))
    return steps


def longest_steps(links: Iterable[Link], name: int) -> dict[int, int]:
    """Return the columns of a drawing: the longest way to `name` (negative) or from it; links must be without circles.

    Every link between two names of the answer leads to a higher number.
    """
    onward = _onward(links)
    back = _backward(onward)
    order = [knot[0] for knot in _knots(onward)]  # what comes last stands first
    found = {name: 0}
    for other in reversed(order):
        if other != name:
            steps = [found[each] for each in back[other] if found.get(each, -1) >= 0]
            if steps:
                found[other] = max(steps) + 1
    for other in order:
        if other != name and other not in found:
            steps = [found[each] for each in onward[other] if each in found and found[each] <= 0]
            if steps:
                found[other] = min(steps) - 1
    return found


def reduced(links: Iterable[Link]) -> list[Link]:
    """Return the links that say something new: those whose ends no longer way joins already (links without circles).

    A needed link gives way to a way of needed links only; one that helps to any way.
    """
    rows = list(_one_each(links).values())
    hard = _new_pairs(_onward(needed(rows)))
    soft = _new_pairs(_onward(rows))
    return [link for link in rows if (link.before, link.after) in (hard if link.is_needed else soft)]


def _new_pairs(onward: Mapping[int, Sequence[int]]) -> set[tuple[int, int]]:
    order = [knot[0] for knot in _knots(onward)]
    place = {name: number for number, name in enumerate(order)}
    # What each one leads to, itself among it, as the bits of one number: a few words of memory per competency.
    reach: list[int] = []
    pairs = set()
    for number, name in enumerate(order):
        seen = 0
        # The nearest first: what lies behind them needs no link of its own.
        for other in sorted((place[each] for each in onward[name]), reverse=True):
            if not seen >> other & 1:
                pairs.add((name, order[other]))
                seen |= reach[other]
        reach.append(seen | 1 << number)
    return pairs
