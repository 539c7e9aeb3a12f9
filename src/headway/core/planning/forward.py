"""Last week's blocks, as far as they still make sense, as the beginning of a new week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headway.core.planning.frame import SLOT_SLACK_MINUTES
from headway.core.planning.problem import BlockKind, Frame, GroupSeat, PlannedBlock, Reason, ReasonKind, Slot, WeekPlan
from headway.core.shared.errors import gettext_noop

GOES_ON = gettext_noop("It was in last week’s plan and is not finished.")


def carried_forward(
    last: Sequence[PlannedBlock], frame: Frame, *, taken: WeekPlan, seats: Sequence[GroupSeat] = ()
) -> WeekPlan:
    """Return the week with last week's unfinished blocks put into its free places; `last` holds no finished ones.

    Begun work comes first, then what was never opened, each in the order of last week. A block keeps its place where
    the frame still has it free, else it takes the first free place that accepts its kind and is long enough. Groups are
    left out: they have their own time, and `seats` keep it free. What stands in the week already stays, and no work comes twice.
    """
    here = {(block.day, block.order) for block in taken.blocks}
    here |= {(slot.day, slot.order) for slot in frame.slots for seat in seats if _is_seat(slot, seat)}
    free = {(slot.day, slot.order): slot for slot in frame.slots if (slot.day, slot.order) not in here}
    works = {block.candidate for block in taken.blocks if block.candidate is not None}
    blocks = list(taken.blocks)
    # `is_locked` says of last week's blocks that they were begun, or that a teacher wanted just this: both go first.
    for block in sorted(last, key=lambda block: (not block.is_locked, block.day, block.order)):
        is_twice = block.candidate is not None and bool({block.candidate, *block.variants} & works)
        if block.kind is BlockKind.GROUP or block.group is not None or is_twice:
            continue
        slot = _place(block, free)
        if slot is None:
            continue
        del free[slot.day, slot.order]
        works |= {block.candidate} - {None}
        minutes = min(block.minutes, slot.minutes)
        blocks.append(
            replace(
                block,
                day=slot.day,
                order=slot.order,
                minutes=minutes,
                screen_minutes=min(block.screen_minutes, minutes),
                reasons=(Reason(kind=ReasonKind.UNFINISHED, sentence=GOES_ON), *block.reasons),
                is_locked=False,
                id=None,
            )
        )
    return replace(taken, blocks=tuple(sorted(blocks, key=lambda block: (block.day, block.order))))


def _is_seat(slot: Slot, seat: GroupSeat) -> bool:
    return slot.day == seat.day and (slot.is_teachers if seat.order is None else slot.order == seat.order)


def _place(block: PlannedBlock, free: dict[tuple[int, int], Slot]) -> Slot | None:
    own = free.get((block.day, block.order))
    if own is not None and _fits(block, own):
        return own
    return next((slot for _place, slot in sorted(free.items()) if _fits(block, slot)), None)


def _fits(block: PlannedBlock, slot: Slot) -> bool:
    return block.kind in slot.kinds and block.minutes <= slot.minutes + SLOT_SLACK_MINUTES
