"""What a teacher does to a plan, as functions from plan to plan; the referee says whether the result may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headway.core.planning import explain
from headway.core.planning.frame import SLOT_SLACK_MINUTES
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    Id,
    PlannedBlock,
    Reason,
    ReasonKind,
    Slot,
    StudentNeeds,
    WeekPlan,
)
from headway.core.shared.errors import RuleBroken, gettext_noop

UNREADABLE_GRADES = 20.0
EASIER_BELOW, HARDER_ABOVE = 0.4, 0.85  # where the planner, too, looks for another level
ALREADY_THERE = gettext_noop("“{title}” is in this week already.")
PLACE_IS_LOCKED = gettext_noop("The block in that place is locked. Unlock it first.")
GROUP_HAS_PLACE = gettext_noop("A group meets in that place.")


def block_at(plan: WeekPlan, day: int, order: int) -> PlannedBlock | None:
    """Return the block in a place, or None."""
    return next((block for block in plan.blocks if (block.day, block.order) == (day, order)), None)


def _with_blocks(plan: WeekPlan, blocks: list[PlannedBlock]) -> WeekPlan:
    return replace(plan, blocks=tuple(sorted(blocks, key=lambda block: (block.day, block.order))))


def swapped(
    plan: WeekPlan, block: PlannedBlock, candidate: Candidate, *, slot: Slot, variants: tuple[Id, ...] = ()
) -> WeekPlan:
    """Put another resource into a block's place, locked; the one that was there becomes an alternative."""
    others = tuple(option for option in (block.candidate, *block.alternatives) if option not in (None, candidate.id))
    minutes = min(slot.minutes, candidate.minutes)
    new = replace(
        block,
        candidate=candidate.id,
        competency=candidate.competency,
        with_whom=block.with_whom if block.kind is BlockKind.GROUP else candidate.with_whom,
        minutes=minutes,
        screen_minutes=min(candidate.screen_minutes, minutes),
        alternatives=others[:3],
        options=(),
        variants=variants,
        reasons=(Reason(kind=ReasonKind.SUPPORT, sentence=explain.TEACHER_CHOSE),),
        is_locked=True,
    )
    return _with_blocks(plan, [new if other is block else other for other in plan.blocks])


def _needed(block: PlannedBlock, known: Mapping[Id, Candidate]) -> int:
    """Return the minutes that a block's work takes by itself."""
    works = [known[key].minutes for key in (block.candidate, *block.options) if key in known]
    return max(works, default=block.minutes)


def _placed(block: PlannedBlock, slot: Slot, known: Mapping[Id, Candidate]) -> PlannedBlock:
    needed = _needed(block, known)
    if needed > slot.minutes + SLOT_SLACK_MINUTES:
        raise RuleBroken(explain.TOO_LONG_FOR_PLACE, minutes=needed, place=slot.minutes)
    minutes = min(slot.minutes, needed)
    return replace(
        block, day=slot.day, order=slot.order, minutes=minutes, screen_minutes=min(block.screen_minutes, minutes)
    )


def moved(plan: WeekPlan, block: PlannedBlock, to: Slot, known: Mapping[Id, Candidate], *, back: Slot) -> WeekPlan:
    """Move a block to another place, locked; a block that stands there changes places with it (into `back`).

    Raises RuleBroken when the work takes longer than the place has.
    """
    there = block_at(plan, to.day, to.order)
    if there is block:
        return plan
    blocks = [other for other in plan.blocks if other is not block and other is not there]
    blocks.append(replace(_placed(block, to, known), is_locked=True))
    if there is not None:
        blocks.append(_placed(there, back, known))
    return _with_blocks(plan, blocks)


def removed(plan: WeekPlan, block: PlannedBlock) -> WeekPlan:
    """Take a block out."""
    return _with_blocks(plan, [other for other in plan.blocks if other is not block])


def added(plan: WeekPlan, slot: Slot, kind: BlockKind, candidate: Candidate) -> WeekPlan:
    """Put a resource into an empty place, locked."""
    minutes = min(slot.minutes, candidate.minutes)
    new = PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=kind,
        candidate=candidate.id,
        competency=candidate.competency,
        with_whom=candidate.with_whom,
        screen_minutes=min(candidate.screen_minutes, minutes),
        reasons=(Reason(kind=ReasonKind.SUPPORT, sentence=explain.TEACHER_CHOSE),),
        is_locked=True,
    )
    return _with_blocks(plan, [*plan.blocks, new])


# --- what an edit touched --------------------------------------------------------------------------------------------


def touched(before: WeekPlan, after: WeekPlan) -> frozenset[str]:
    """Return the blocks and the places that an edit changed, as short names that JSON can hold.

    Two edits that touch nothing in common can both stand, whoever made them and in whichever order.
    """
    kept = {id(block) for block in before.blocks} & {id(block) for block in after.blocks}
    changed = [block for block in (*before.blocks, *after.blocks) if id(block) not in kept]
    places = {f"place {block.day}.{block.order}" for block in changed}
    return frozenset(places | {f"block {block.id}" for block in changed if block.id is not None})


# --- the same for others ---------------------------------------------------------------------------------------------


def door_for(needs: StudentNeeds, doors: Sequence[Candidate], *, usual: Candidate) -> Candidate:
    """Return the door to the same work that suits a student: in a language that reads well, near their level.

    `usual` is the door at hand; it stays unless another one suits better.
    """
    levels: dict[str, float] = {}
    for reader in needs.readers:
        levels[reader.language] = max(reader.reading_level, levels.get(reader.language, 0.0))
    chance = next((target.chance for target in needs.targets if target.competency == usual.competency), 0.5)
    wanted = "easier" if chance < EASIER_BELOW else "harder" if chance > HARDER_ABOVE else "usual"

    def distance(door: Candidate) -> tuple[float, bool, bool]:
        reads = levels.get(door.language)
        far = UNREADABLE_GRADES if reads is None else max(0.0, door.reading_level - reads)
        if door.reading_level <= 0:
            far = 0.0  # nothing to read
        return (far, door.level != wanted, door.id != usual.id)

    return min((usual, *(door for door in doors if door.id != usual.id)), key=distance)


def put(
    plan: WeekPlan, slot: Slot, kind: BlockKind, candidate: Candidate, *, doors: frozenset[Id] = frozenset()
) -> WeekPlan:
    """Put work into a place, locked, whatever stands there; `doors` are all resources for the same work.

    Raises RuleBroken when the work is in the week already, or when a lock or a group holds the place.
    """
    if any(block.candidate in doors | {candidate.id} for block in plan.blocks):
        raise RuleBroken(ALREADY_THERE, title=candidate.title)
    variants = tuple(sorted(doors - {candidate.id}, key=repr))
    there = block_at(plan, slot.day, slot.order)
    if there is None:
        more = added(plan, slot, kind, candidate)
        new = next(block for block in more.blocks if (block.day, block.order) == (slot.day, slot.order))
        return _with_blocks(plan, [*plan.blocks, replace(new, variants=variants)])
    if there.group is not None:
        raise RuleBroken(GROUP_HAS_PLACE)
    if there.is_locked:
        raise RuleBroken(PLACE_IS_LOCKED)
    other = replace(there, kind=kind)
    stand_in = replace(plan, blocks=tuple(other if block is there else block for block in plan.blocks))
    return swapped(stand_in, other, candidate, slot=slot, variants=variants)


# --- from the library ------------------------------------------------------------------------------------------------

NO_CHOICE_THERE = gettext_noop("There is no choice on that day. Choose another day, or let it count as essential.")
NO_FREE_PLACE = gettext_noop("There is no free place on that day. Choose what makes way.")
NO_PLACE_AT_ALL = gettext_noop("Every place of that day is locked, begun or with a group.")


def free_place(plan: WeekPlan, slots: Sequence[Slot], minutes: int) -> Slot | None:
    """Return the empty place that fits work of so many minutes best, or None where no place is empty."""
    empty = [slot for slot in slots if block_at(plan, slot.day, slot.order) is None]
    return min(
        empty, key=lambda slot: (slot.minutes + SLOT_SLACK_MINUTES < minutes, slot.minutes, slot.order), default=None
    )


def place_for(plan: WeekPlan, slots: Sequence[Slot], candidate: Candidate, kind: BlockKind) -> Slot:
    """Return the place of a day where new work does least harm.

    A block for the same skill makes way first, then an empty place is taken, then a block of the same kind and of like
    length. Raises RuleBroken when every place is locked, begun or with a group.
    """

    def harm(slot: Slot) -> tuple[bool, int, int, int]:
        there = block_at(plan, slot.day, slot.order)
        is_too_short = slot.minutes + SLOT_SLACK_MINUTES < candidate.minutes
        if there is None:
            rank = 1
        elif there.kind is BlockKind.CHOICE:
            rank = 4
        elif there.competency is not None and there.competency == candidate.competency:
            rank = 0
        else:
            rank = 2 if there.kind is kind else 3
        return (is_too_short, rank, abs(slot.minutes - candidate.minutes), slot.order)

    open_slots = []
    for slot in slots:
        there = block_at(plan, slot.day, slot.order)
        if there is None or not (there.is_locked or there.group is not None):
            open_slots.append(slot)
    if not open_slots:
        raise RuleBroken(NO_PLACE_AT_ALL)
    return min(open_slots, key=harm)


def offered(
    plan: WeekPlan,
    day: int,
    candidate: Candidate,
    *,
    slots: Sequence[Slot],
    most: int,
    doors: frozenset[Id] = frozenset(),
) -> WeekPlan:
    """Offer work among the choices of a day; where the choice is full the last offer makes way, and stays at hand.

    `most` is how many a choice offers; `doors` are all resources for the same work. Raises RuleBroken when the day has
    no choice that may still change, or offers the work already.
    """
    choices = [block for block in plan.blocks if block.day == day and block.kind is BlockKind.CHOICE]
    if not choices:
        raise RuleBroken(NO_CHOICE_THERE)
    if any(option in doors | {candidate.id} for block in plan.blocks for option in (block.candidate, *block.options)):
        raise RuleBroken(ALREADY_THERE, title=candidate.title)
    block = next((each for each in choices if not each.is_locked), None)
    if block is None:
        raise RuleBroken(PLACE_IS_LOCKED)
    kept = block.options[: max(0, most - 1)]
    gone = block.options[max(0, most - 1) :]
    place = next((slot.minutes for slot in slots if (slot.day, slot.order) == (block.day, block.order)), block.minutes)
    new = replace(
        block,
        options=(*kept, candidate.id),
        alternatives=(*gone, *block.alternatives)[:3],
        minutes=min(place, max(block.minutes, candidate.minutes)),
        reasons=(*block.reasons, Reason(kind=ReasonKind.SUPPORT, sentence=explain.TEACHER_CHOSE))
        if all(reason.sentence != explain.TEACHER_CHOSE for reason in block.reasons)
        else block.reasons,
        is_locked=True,
    )
    return _with_blocks(plan, [new if other is block else other for other in plan.blocks])
