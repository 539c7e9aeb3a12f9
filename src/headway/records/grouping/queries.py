"""Which groups meet, and on what."""

from __future__ import annotations

from datetime import date

from django.db.models import Prefetch, QuerySet

from headway.core.shared.errors import NotFound
from headway.records.grouping.models import Group, GroupMember
from headway.records.roster.models import Class, Person


def groups_of(school_class: Class, monday: date) -> QuerySet[Group]:
    """Return the class's groups in a week, with members, in the order of the days."""
    return (
        Group.objects.filter(school_class=school_class, monday__lte=monday, ends_on__gte=monday, ended_at__isnull=True)
        .select_related("competency", "resource")
        .prefetch_related(
            Prefetch("members", GroupMember.objects.select_related("student").order_by("student__given_name"))
        )
        .order_by("weekday", "pk")
    )


def group_for(teacher: Person, group_id: int) -> Group:
    """Return a group of a class the person teaches, else "not found"."""
    found = Group.objects.filter(pk=group_id, school_class__teachings__teacher=teacher).first()
    if found is None:
        raise NotFound
    return found
