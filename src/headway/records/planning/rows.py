"""Plans and rows: a week as it is stored, remembered before a change, and put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from headway.core.planning import (
    PlannedBlock,
    Slot,
    WeekPlan,
)
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.grouping.models import Group
from headway.records.planning import problems
from headway.records.planning.models import (
    Block,
    BlockOption,
    ClassWeek,
    Week,
)
from headway.records.roster.models import Person

_BLOCK_FIELDS = (
    "day",
    "order",
    "minutes",
    "kind",
    "resource_id",
    "competency_id",
    "with_whom",
    "screen_minutes",
    "is_locked",
    "group_id",
    "reasons",
)


def slot_of(class_week: ClassWeek, day: int, order: int) -> Slot:
    """Return a place of the week's frame."""
    for slot in problems.frame_from_json(class_week.frame).slots:
        if (slot.day, slot.order) == (day, order):
            return slot
    raise RuleBroken(gettext_noop("The week has no such place. Choose one of its times."))


def add_options(planned_blocks: Iterable[tuple[Block, PlannedBlock]]) -> None:
    """Store what blocks offer: other doors, choices, alternatives."""
    BlockOption.objects.bulk_create(
        [
            BlockOption(block=block, part=part, resource_id=resource_id, order=order)  # type: ignore[misc]
            for block, planned in planned_blocks
            for part, resource_ids in (
                (BlockOption.Part.VARIANT, planned.variants),
                (BlockOption.Part.CHOICE, planned.options),
                (BlockOption.Part.ALTERNATIVE, planned.alternatives),
            )
            for order, resource_id in enumerate(resource_ids)
        ],
        batch_size=1000,
    )


def state_of(week: Week) -> dict[str, Any]:
    """Return where a week is, beside its blocks, as plain values."""
    return {
        "status": week.status,
        "approved_at": week.approved_at.isoformat() if week.approved_at else None,
        "approved_by": week.approved_by_id,
        "flags": week.flags,
        "unmet": week.unmet,
        "version": week.version,
    }


def put_back(week: Week, state: Mapping[str, Any]) -> None:
    """Set a week to where it was; its new version is the caller's."""
    week.status = state["status"]
    week.approved_at = datetime.fromisoformat(state["approved_at"]) if state["approved_at"] else None
    week.approved_by = Person.objects.filter(pk=state["approved_by"]).first()
    week.flags, week.unmet = state["flags"], state["unmet"]


def snapshot_of(week: Week | Iterable[Block]) -> list[dict[str, Any]]:
    """Return the blocks of a week (or these, with their options at hand) as plain values, so a change can be undone."""
    blocks = week.blocks.prefetch_related("options") if isinstance(week, Week) else week
    return [
        {
            "uuid": str(block.uuid),
            **{name: getattr(block, name) for name in _BLOCK_FIELDS},
            "options": [[option.part, option.resource_id, option.order] for option in block.options.all()],
        }
        for block in blocks
    ]


def mixed(
    now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], touched: frozenset[str]
) -> list[Mapping[str, Any]]:
    """Return the blocks as they are, but in the places that were touched as they were before."""

    def is_touched(entry: Mapping[str, Any]) -> bool:
        return f"place {entry['day']}.{entry['order']}" in touched

    return [entry for entry in now if not is_touched(entry)] + [entry for entry in before if is_touched(entry)]


def restore(week: Week, snapshot: Sequence[Mapping[str, Any]]) -> bool:
    """Put the blocks back as they were; what the student has begun since stays. Returns whether all is as it was."""
    wanted = {entry["uuid"]: entry for entry in snapshot}
    here = {str(block.uuid): block for block in week.blocks.all()}
    kept: set[tuple[int, int]] = set()
    for uuid, block in here.items():
        is_begun = block.started_at is not None or block.finished_at is not None
        if is_begun and (uuid not in wanted or wanted[uuid]["resource_id"] != block.resource_id):
            kept.add((block.day, block.order))
            wanted.pop(uuid, None)
        elif uuid not in wanted:
            block.delete()
    wanted = {uuid: entry for uuid, entry in wanted.items() if (entry["day"], entry["order"]) not in kept}
    groups = set(Group.objects.filter(pk__in=[entry["group_id"] for entry in snapshot]).values_list("pk", flat=True))
    for uuid, entry in wanted.items():
        block = here.get(uuid) or Block(week=week, uuid=UUID(uuid))
        for name in _BLOCK_FIELDS:
            setattr(block, name, entry[name])
        if block.group_id not in groups:
            block.group_id = None
        block.save()
        block.options.all().delete()
        BlockOption.objects.bulk_create(
            [
                BlockOption(block=block, part=part, resource_id=resource_id, order=order)
                for part, resource_id, order in entry["options"]
            ]
        )
    return not kept


def write_edit(week: Week, rows: Sequence[Block], before: WeekPlan, after: WeekPlan) -> None:
    """Bring the rows in line with the plan: a block that was moved or swapped is the same row with new facts."""
    by_id = {block.pk: block for block in rows}
    untouched = {id(planned) for planned in before.blocks}
    offered_before = {planned.id: (planned.options, planned.alternatives) for planned in before.blocks}
    kept: list[Any] = [planned.id for planned in after.blocks if planned.id is not None]
    week.blocks.exclude(pk__in=kept).delete()
    for planned in after.blocks:
        if id(planned) in untouched:
            continue
        block = by_id[planned.id] if planned.id is not None else Block(week=week)  # type: ignore[index]
        is_new_work = planned.id is None or block.resource_id != planned.candidate
        for name, value in {
            "day": planned.day,
            "order": planned.order,
            "minutes": planned.minutes,
            "kind": planned.kind.value,
            "resource_id": planned.candidate,
            "competency_id": planned.competency,
            "with_whom": planned.with_whom.value,
            "screen_minutes": planned.screen_minutes,
            "group_id": planned.group,
            "is_locked": planned.is_locked,
            "reasons": [problems.reason_as_json(reason) for reason in planned.reasons],
        }.items():
            setattr(block, name, value)
        if is_new_work:
            block.chosen_resource_id = None
        block.save()
        if is_new_work or offered_before.get(planned.id) != (planned.options, planned.alternatives):
            block.options.all().delete()
            add_options([(block, planned)])
