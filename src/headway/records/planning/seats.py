"""Groups and weeks: where a class can meet in groups, and whose drafts were made before the groups changed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from headway.core.planning import Frame
from headway.records.grouping.models import Group, GroupMember
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.planning.problems import frame_from_json, usual_frame
from headway.records.roster.models import Class


def frame_of(school_class: Class, monday: date) -> Frame:
    """Return the places of a class's week: as it was drafted, or as usual."""
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).only("frame").first()
    return frame_from_json(shared.frame) if shared and shared.frame else usual_frame(school_class, monday)


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
