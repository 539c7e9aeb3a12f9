"""What a teacher does to a plan, as functions from plan to plan; the referee says whether the result may stand."""

from __future__ import annotations

from dataclasses import replace

from headway.core.planning.problem import BlockKind, Candidate, PlannedBlock, Slot, WeekPlan


def block_at(plan: WeekPlan, day: int, order: int) -> PlannedBlock | None:
    """Return the block in a place, or None."""
    return next((block for block in plan.blocks if (block.day, block.order) == (day, order)), None)


def _with_blocks(plan: WeekPlan, blocks: list[PlannedBlock]) -> WeekPlan:
    return replace(plan, blocks=tuple(sorted(blocks, key=lambda block: (block.day, block.order))))


def swapped(plan: WeekPlan, block: PlannedBlock, candidate: Candidate) -> WeekPlan:
    """Put another resource into a block's place; the one that was there becomes an alternative."""
    others = tuple(option for option in (block.candidate, *block.alternatives) if option not in (None, candidate.id))
    new = replace(
        block,
        candidate=candidate.id,
        competency=candidate.competency,
        with_whom=candidate.with_whom,
        minutes=min(block.minutes, candidate.minutes) if candidate.minutes < block.minutes else block.minutes,
        screen_minutes=min(candidate.screen_minutes, block.minutes),
        alternatives=others[:3],
        variants=(),
        reasons=(),
    )
    return _with_blocks(plan, [new if other is block else other for other in plan.blocks])


def moved(plan: WeekPlan, block: PlannedBlock, day: int, order: int) -> WeekPlan:
    """Move a block to another place; a block that stands there changes places with it."""
    there = block_at(plan, day, order)
    blocks = [other for other in plan.blocks if other is not block and other is not there]
    blocks.append(replace(block, day=day, order=order))
    if there is not None:
        blocks.append(replace(there, day=block.day, order=block.order))
    return _with_blocks(plan, blocks)


def removed(plan: WeekPlan, block: PlannedBlock) -> WeekPlan:
    """Take a block out."""
    return _with_blocks(plan, [other for other in plan.blocks if other is not block])


def added(plan: WeekPlan, slot: Slot, kind: BlockKind, candidate: Candidate) -> WeekPlan:
    """Put a resource into an empty place."""
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
    )
    return _with_blocks(plan, [*plan.blocks, new])
