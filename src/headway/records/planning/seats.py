"""Groups and weeks: where a class can meet in groups, and whose drafts were made before the groups changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from headway.core.planning import BlockKind, Frame, PlannedBlock, Reason, ReasonKind, With
from headway.core.shared.errors import gettext_noop
from headway.records.grouping.models import Group, GroupMember
from headway.records.library.queries import doors_of_many
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.planning.problems import candidate_of, frame_from_json, usual_frame
from headway.records.roster.models import Class

WHY_IN_A_TEAM = gettext_noop("Your team works on this together, and each of you brings something that it needs.")


def frame_of(school_class: Class, monday: date) -> Frame:
    """Return the places of a class's week: as it was drafted, or as usual."""
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).only("frame").first()
    return frame_from_json(shared.frame) if shared and shared.frame else usual_frame(school_class, monday)


def team_blocks(school_class: Class, monday: date) -> dict[int, tuple[PlannedBlock, ...]]:
    """Return the work that teams have in a week by student id, in its place and fixed: the same for all members."""
    places = {(slot.day, slot.order): slot for slot in frame_of(school_class, monday).slots}
    teams = [
        team
        for team in Group.objects.filter(
            school_class=school_class, monday=monday, kind=Group.Kind.TEAM, ended_at__isnull=True
        )
        .select_related("resource")
        .prefetch_related("members", "resource__items")
        .order_by("pk")
        if team.resource is not None and (team.weekday, team.order) in places
    ]
    doors = doors_of_many([team.resource for team in teams if team.resource])
    blocks: dict[int, list[PlannedBlock]] = defaultdict(list)
    for team in teams:
        resource, slot = team.resource, places[team.weekday, team.order or 0]
        if resource is None:
            continue
        task = candidate_of(resource, team.competency_id, has_items=bool(resource.items.all()))
        minutes = min(slot.minutes, team.minutes)
        block = PlannedBlock(
            day=slot.day,
            order=slot.order,
            minutes=minutes,
            kind=BlockKind.PROJECT,
            candidate=task.id,
            competency=task.competency,
            with_whom=With.TEAM,
            screen_minutes=min(task.screen_minutes, minutes),
            variants=tuple(door.pk for door in doors[resource.pk]),
            reasons=(Reason(kind=ReasonKind.EVIDENCE, sentence=WHY_IN_A_TEAM),),
            is_locked=True,
            group=team.pk,
        )
        for member in team.members.all():
            blocks[member.student_id].append(block)
    return {student_id: tuple(own) for student_id, own in blocks.items()}


def with_team_blocks(kept: tuple[PlannedBlock, ...], teams: Iterable[PlannedBlock]) -> tuple[PlannedBlock, ...]:
    """Return what a new draft must keep: what is locked or begun, and the team's work where neither stands."""
    taken = {(block.day, block.order) for block in kept}
    here = {block.group for block in kept}
    return (*kept, *(block for block in teams if (block.day, block.order) not in taken and block.group not in here))


def weeks_behind_groups(school_class: Class, monday: date) -> list[Week]:
    """Return the open weeks that do not show their student's groups as they are now, with students, by name.

    A seat that the planner could not place is no reason to draft again: it counts only when the group was made or
    changed after the week was drafted. A block whose group was ended, or that its student left, counts always.
    """
    weeks = {
        week.student_id: week
        for week in Week.objects.filter(class_week__school_class=school_class, class_week__monday=monday)
        .exclude(status=Week.Status.CLOSED)
        .select_related("student")
        .order_by("student__given_name", "student__family_name", "pk")
    }
    if not weeks:
        return []
    groups = {
        group.pk: group
        for group in Group.objects.filter(
            school_class=school_class, monday__lte=monday, ends_on__gte=monday, ended_at__isnull=True
        )
    }
    seats: dict[int, set[int]] = defaultdict(set)
    for student_id, group_id in GroupMember.objects.filter(group__in=groups).values_list("student_id", "group_id"):
        seats[student_id].add(group_id)
    shown: dict[int, dict[int, tuple[int, int, int | None]]] = defaultdict(dict)
    rows = Block.objects.filter(week__in=weeks.values(), group__isnull=False)
    for student_id, group_id, day, order, resource_id in rows.values_list(
        "week__student_id", "group_id", "day", "order", "resource_id"
    ):
        shown[student_id][group_id] = (day, order, resource_id)

    def is_behind(week: Week) -> bool:
        own, here = seats[week.student_id], shown[week.student_id]
        if here.keys() - own:
            return True
        return any(
            _changed_at(groups[pk]) > week.drafted_at and (pk not in here or _is_elsewhere(groups[pk], *here[pk]))
            for pk in own
        )

    return [week for week in weeks.values() if is_behind(week)]


def _changed_at(group: Group) -> datetime:
    changed = group.why.get("changed_at")
    return max(group.made_at, datetime.fromisoformat(changed)) if changed else group.made_at


def _is_elsewhere(group: Group, day: int, order: int, resource_id: int | None) -> bool:
    return (
        day != group.weekday
        or (group.order is not None and order != group.order)
        or (group.resource_id is not None and resource_id != group.resource_id)
    )
