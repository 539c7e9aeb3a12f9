"""Groups begin and end here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.grouping.models import Group, GroupMember
from headway.records.library.models import Resource
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency

SMALLEST, LARGEST = 2, 8


@transaction.atomic
def make_group(
    *,
    school_class: Class,
    competency: Competency,
    kind: str,
    students: Iterable[Person],
    monday: date,
    weekday: int,
    minutes: int,
    why: Mapping[str, Any],
    by: Person | None,
    at: datetime,
    resource: Resource | None = None,
) -> Group:
    """Form a group for one week; it ends on its Friday."""
    members = list(students)
    if not SMALLEST <= len(members) <= LARGEST:
        raise RuleBroken(
            gettext_noop("A group has {smallest} to {largest} students. This one has {count}."),
            smallest=SMALLEST,
            largest=LARGEST,
            count=len(members),
        )
    group = Group.objects.create(
        school_class=school_class,
        competency=competency,
        kind=kind,
        resource=resource,
        monday=monday,
        ends_on=monday + timedelta(days=4),
        weekday=weekday,
        minutes=minutes,
        why=dict(why),
        made_by=by,
        made_at=at,
    )
    GroupMember.objects.bulk_create([GroupMember(group=group, student=student) for student in members])
    audit.record("group.made", group, by=by, at=at, students=len(members))
    return group


@transaction.atomic
def end_group(*, group: Group, by: Person, at: datetime) -> Group:
    """End a group before its Friday."""
    if group.ended_at is None:
        group.ended_at = at
        group.save(update_fields=["ended_at"])
        audit.record("group.ended", group, by=by, at=at)
    return group
