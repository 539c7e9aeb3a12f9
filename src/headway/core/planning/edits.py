"""What a teacher does to a plan, as functions from plan to plan; the referee says whether the result may stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headway.core.planning import explain
from headway.core.planning.greedy import SLOT_SLACK_MINUTES
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    Id,
    PlannedBlock,
    Reason,
    ReasonKind,
    Slot,
    WeekPlan,
)
from headway.core.shared.errors import RuleBroken


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
