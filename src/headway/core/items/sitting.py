"""One student's sitting of a test: which questions, in which order, where to go next, how much time is left.

Everything follows from the test, a seed and the answers so far; the same three replay exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from headway.core.items.assessment import Branch, Control, ItemRef, Rules, Section, Test, TimeLimits
from headway.core.items.markup import Node

Holds = Callable[[Node], bool]

EXIT_SECTION: Final = "EXIT_SECTION"
EXIT_PART: Final = "EXIT_TESTPART"
EXIT_TEST: Final = "EXIT_TEST"
EXITS: Final = frozenset((EXIT_SECTION, EXIT_PART, EXIT_TEST))


@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    """A question as one student is asked it. `id` names its session: the reference, and a number where it is asked again.

    `part` and `sections` (outermost first) say where it stands.
    """

    id: str
    reference: ItemRef
    part: str
    sections: tuple[str, ...]


# --- Choosing and ordering --------------------------------------------------------------------------------------------


def luck_of(seed: int, *names: object) -> int:
    """Return a number that depends on the seed and on what is drawn, and on nothing else."""
    text = "\x1f".join(str(one) for one in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def plan(test: Test, *, seed: int) -> tuple[PlannedItem, ...]:
    """Return the questions one student is asked, in order: chosen and shuffled as the test says.

    The same seed gives the same questions in the same order. Where a selection may repeat, each time is a session of its own.
    """
    planned: list[PlannedItem] = []
    times: dict[str, int] = {}
    for part in test.parts:
        for section in part.sections:
            for path, reference in _unfolded(section, seed, (part.identifier,)):
                times[reference.identifier] = count = times.get(reference.identifier, 0) + 1
                name = reference.identifier if count == 1 else f"{reference.identifier}.{count}"
                planned.append(PlannedItem(id=name, reference=reference, part=path[0], sections=path[1:]))
    return tuple(planned)


def _unfolded(section: Section, seed: int, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], ItemRef]]:
    """Return a section's questions in order, each with the names of its part and sections."""
    return [one for block in _blocks(section, seed, above) for one in block]


def _blocks(section: Section, seed: int, above: tuple[str, ...]) -> list[list[tuple[tuple[str, ...], ItemRef]]]:
    """Return a section's questions in blocks that stay together, in order."""
    path = (*above, section.identifier)
    blocks: list[tuple[bool, list[tuple[tuple[str, ...], ItemRef]]]] = []
    for place, one in enumerate(_selected(section, seed, path)):
        # What is drawn twice draws anew within.
        within = luck_of(seed, *path, "place", place) if section.with_replacement else seed
        if isinstance(one, ItemRef):
            blocks.append((one.is_fixed, [(path, one)]))
        elif one.is_visible or one.is_kept_together or one.is_fixed or not section.is_shuffled:
            blocks.append((one.is_fixed, _unfolded(one, within, path)))
        else:
            # An unseen section that need not stay together: its questions mix with those around it.
            blocks += [(False, block) for block in _blocks(one, within, path)]
    if not section.is_shuffled:
        return [block for _fixed, block in blocks]
    free = [place for place, (fixed, _block) in enumerate(blocks) if not fixed]
    order = sorted(free, key=lambda place: luck_of(seed, *path, "order", place))
    result = [block for _fixed, block in blocks]
    for place, taken in zip(free, order, strict=True):
        result[place] = blocks[taken][1]
    return result


def _selected(section: Section, seed: int, path: tuple[str, ...]) -> list[Section | ItemRef]:
    children = section.children
    if section.select is None or not children:
        return list(children)
    required = [place for place, one in enumerate(children) if one.is_required]
    wanted = max(0, section.select - len(required))
    if section.with_replacement:
        drawn = [luck_of(seed, *path, "draw", time) % len(children) for time in range(wanted)]
    else:
        others = [place for place, one in enumerate(children) if not one.is_required]
        drawn = sorted(others, key=lambda place: luck_of(seed, *path, "choose", place))[:wanted]
    return [children[place] for place in sorted(required + drawn)]


def order_for(test: Test, *, seed: int) -> list[str]:
    """Return the names of the questions one student is asked, each once, in order."""
    return list(dict.fromkeys(one.reference.identifier for one in plan(test, seed=seed)))


# --- Going on ---------------------------------------------------------------------------------------------------------


def next_item(
    test: Test, planned: Sequence[PlannedItem], *, holds: Holds, after: str | None = None
) -> PlannedItem | None:
    """Return the question that comes next, None at the end of the test.

    `after` is the id of the question just left, None at the beginning; `holds` says whether a condition is true with what
    has been answered so far (`outcomes.holds_in`). In a linear part, conditions and branches of sections and questions count; in
    one that is free to move in, only those of the part do. Branches lead forward only, so that every test ends.
    """
    walk = _Walk(test, planned, holds)
    if after is None:
        return walk.enter(0, frozenset())
    here = next((place for place, one in enumerate(planned) if one.id == after), None)
    if here is None:
        return walk.enter(0, frozenset())
    return walk.leave(here)


def reachable(test: Test, planned: Sequence[PlannedItem], *, now: str) -> tuple[PlannedItem, ...]:
    """Return the questions a student may open from the one of this id: all of a part to move in freely, else this one."""
    here = next((one for one in planned if one.id == now), None)
    if here is None:
        return ()
    part = next(one for one in test.parts if one.identifier == here.part)
    return (here,) if part.is_linear else tuple(one for one in planned if one.part == here.part)


class _Walk:
    """The way through a plan, from one question to the next."""

    def __init__(self, test: Test, planned: Sequence[PlannedItem], holds: Holds) -> None:
        self.planned = planned
        self.holds = holds
        self.parts = {part.identifier: part for part in test.parts}
        self.rules: dict[str, Rules] = {part.identifier: part.rules for part in test.parts}
        for part in test.parts:
            for section in part.sections:
                self._remember(section)
        self.last = {name: place for place, one in enumerate(planned) for name in (one.part, *one.sections)}
        self.first: dict[str, int] = {}
        for place, one in enumerate(planned):
            for name in (one.part, *one.sections, one.reference.identifier, one.id):
                self.first.setdefault(name, place)

    def _remember(self, section: Section) -> None:
        self.rules[section.identifier] = section.rules
        for one in section.children:
            if isinstance(one, Section):
                self._remember(one)

    def _may(self, rules: Rules) -> bool:
        return all(self.holds(condition) for condition in rules.conditions)

    def enter(self, place: int, inside: frozenset[str]) -> PlannedItem | None:
        """Return the first question from a place on whose conditions hold; `inside` are the parts and sections entered."""
        barred: set[str] = set()
        while place < len(self.planned):
            one = self.planned[place]
            inside, stop = self._entered(one, inside, barred)
            if not stop:
                return one
            barred.add(stop)
            place = self._place_after(place, inside, ())
        return None

    def _entered(self, one: PlannedItem, inside: frozenset[str], barred: set[str]) -> tuple[frozenset[str], str]:
        """Return what is entered on the way to a question, and whose condition stops it on the way, "" for nobody's."""
        is_linear = self.parts[one.part].is_linear
        for name in (one.part, *one.sections):
            if name in barred:
                return inside, name
            if name not in inside and (name == one.part or is_linear) and not self._may(self.rules[name]):
                return inside, name
            inside |= {name}
        return inside, "" if not is_linear or self._may(one.reference.rules) else one.id

    def leave(self, place: int) -> PlannedItem | None:
        """Return the question to go on with from the one at a place."""
        one = self.planned[place]
        inside = frozenset((one.part, *one.sections))
        place = self._place_after(place, inside, one.reference.rules.branches)
        return self.enter(place, frozenset(name for name in inside if self.last[name] >= place))

    def _place_after(self, place: int, inside: frozenset[str], branches: Sequence[Branch]) -> int:
        """Return the place to go on from: where the branches of a question lead, of the sections and the part ending with it."""
        one, end = self.planned[place], len(self.planned)
        done = place
        rules = [(branches, one.sections)]
        rules += [(self.rules[name].branches, one.sections[:depth]) for depth, name in enumerate(one.sections)][::-1]
        for (ways, around), name in zip(rules, ("", *reversed(one.sections)), strict=True):
            if not self.parts[one.part].is_linear or (name and done < self.last[name]):
                break
            target = self._branch(ways, done) if not name or name in inside else None
            if target == EXIT_TEST:
                return end
            if target == EXIT_PART:
                done = self.last[one.part]
                break
            if target == EXIT_SECTION:
                done = max(done, self.last[around[-1]]) if around else done
            elif target is not None:
                return self.first[target]
        if done < self.last[one.part]:
            return done + 1
        target = self._branch(self.rules[one.part].branches, done) if one.part in inside else None
        if target == EXIT_TEST:
            return end
        return self.first[target] if target in self.first else done + 1

    def _branch(self, branches: Sequence[Branch], place: int) -> str | None:
        """Return where the first branch that is true leads; one that leads back, or to nothing, is passed over."""
        for branch in branches:
            is_ahead = branch.target in EXITS or self.first.get(branch.target, -1) > place
            if is_ahead and self.holds(branch.condition):
                return branch.target
        return None


# --- Time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TimeLeft:
    """How long a student still has. `seconds` None is no limit; `where` names what ends first: the test, a part, a section
    or a question.

    `wait_seconds` is how long it takes at least before the question may be left.
    """

    seconds: float | None = None
    where: str = ""
    may_be_late: bool = False
    wait_seconds: float = 0.0

    @property
    def minutes(self) -> int:
        """Whole minutes that are left, at least 1 while there is any."""
        return max(1, round((self.seconds or 0.0) / 60))


def time_left(test: Test, one: PlannedItem, elapsed_seconds: Mapping[str, float]) -> TimeLeft:
    """Return how much time is left at a question, from the seconds spent so far by name: test, part, section, question.

    The question's own seconds go by its id. What ends first counts.
    """
    part = next(each for each in test.parts if each.identifier == one.part)
    rules = {name: limits for section in part.sections for name, limits in _limits_in(section).items()}
    levels: list[tuple[str, TimeLimits | None]] = [
        (test.identifier, test.limits),
        (part.identifier, part.rules.limits),
        *((name, rules[name]) for name in one.sections),
        (one.id, one.reference.rules.limits),
    ]
    left = TimeLeft()
    for name, limits in levels:
        if limits is None:
            continue
        spent = elapsed_seconds.get(name, 0.0)
        if limits.most_seconds is not None:
            seconds = max(0.0, limits.most_seconds - spent)
            if left.seconds is None or seconds < left.seconds:
                left = replace(left, seconds=seconds, where=name, may_be_late=limits.may_be_late)
        if name == one.id and part.is_linear:
            left = replace(left, wait_seconds=max(0.0, limits.least_seconds - spent))
    return left


def _limits_in(section: Section) -> dict[str, TimeLimits | None]:
    found = {section.identifier: section.rules.limits}
    for one in section.children:
        if isinstance(one, Section):
            found |= _limits_in(one)
    return found


# --- What may be done -------------------------------------------------------------------------------------------------


def may_answer(test: Test, one: PlannedItem, attempts: int, *, is_adaptive: bool = False) -> bool:
    """Return whether a question may be answered once more, after so many attempts.

    An adaptive question says itself when it is finished; in a part that is handed in at once each is answered once.
    """
    part = next(each for each in test.parts if each.identifier == one.part)
    if part.is_handed_in_at_once:
        return attempts == 0
    most = one.reference.control.attempts
    return is_adaptive or most == 0 or attempts < most


def may_leave(control: Control, *, is_answered: bool, is_valid: bool) -> bool:
    """Return whether a question may be left: some may not be skipped, and some take no answer that is not whole."""
    return (is_answered or control.allow_skipping) and (is_valid or not control.validate_responses)
