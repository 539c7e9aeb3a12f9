"""Groups begin, change and end here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.grouping import checks
from headway.records.grouping.models import Group, GroupMember
from headway.records.grouping.queries import weeks_in_needs_groups
from headway.records.library.models import Resource
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency

LAST_DAY = 4


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a member of a team sees to, and the strength it comes with (a competency id)."""

    role: str = ""
    strong_in: int | None = None


NO_PART = Part()


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
    order: int | None = None,
    parts: Mapping[int, Part] | None = None,
) -> Group:
    """Form a group for one week; it ends on its Friday. `order` is its place in the day, `parts` go by student id."""
    members = list(students)
    own = parts or {}
    checks.check_size(kind, members)
    checks.check_turns(kind, members, weeks_in_needs_groups(school_class, monday))
    checks.check_time(school_class, kind, members, monday=monday, weekday=weekday, order=order)
    checks.check_roles(part.role for part in own.values())
    group = Group.objects.create(
        school_class=school_class,
        competency=competency,
        kind=kind,
        resource=resource,
        monday=monday,
        ends_on=monday + timedelta(days=LAST_DAY),
        weekday=weekday,
        order=order,
        minutes=minutes,
        why=dict(why),
        made_by=by,
        made_at=at,
    )
    _seat(group, members, own)
    audit.record("group.made", group, by=by, at=at, students=len(members))
    return group


def _seat(group: Group, students: Iterable[Person], parts: Mapping[int, Part]) -> None:
    GroupMember.objects.bulk_create(
        [
            GroupMember(
                group=group,
                student=student,
                role=part.role,
                strong_in_id=part.strong_in,
            )
            for student in students
            for part in [parts.get(student.pk, NO_PART)]
        ]
    )


@transaction.atomic
def make_teams(
    *,
    school_class: Class,
    competency: Competency,
    resource: Resource,
    teams: Sequence[Sequence[tuple[Person, Part]]],
    monday: date,
    weekday: int,
    order: int | None,
    minutes: int,
    why: Mapping[str, Any],
    by: Person,
    at: datetime,
) -> list[Group]:
    """Form all teams for one task; nobody sits in two of them. Sent twice, the teams of the first time stay."""
    seated = [student.pk for team in teams for student, _part in team]
    if len(seated) != len(set(seated)):
        raise RuleBroken(gettext_noop("Somebody sits in two teams. Put each student into one."))
    here = Group.objects.filter(
        school_class=school_class, monday=monday, resource=resource, kind=Group.Kind.TEAM, ended_at__isnull=True
    ).prefetch_related("members")
    stand = {frozenset(member.student_id for member in group.members.all()): group for group in here}
    wanted = [frozenset(student.pk for student, _part in team) for team in teams]
    if wanted and all(members in stand for members in wanted):
        return [stand[members] for members in wanted]
    return [
        make_group(
            school_class=school_class,
            competency=competency,
            kind=Group.Kind.TEAM,
            students=[student for student, _part in team],
            parts={student.pk: part for student, part in team},
            resource=resource,
            monday=monday,
            weekday=weekday,
            order=order,
            minutes=minutes,
            why=why,
            by=by,
            at=at,
        )
        for team in teams
    ]


def _now(group: Group) -> Group:
    """Return the group as it is now, locked for this transaction."""
    found = Group.objects.select_for_update(of=("self",)).select_related("school_class").get(pk=group.pk)
    checks.check_open(found)
    return found


def _as_it_is(group: Group) -> dict[str, Any]:
    return {
        "members": [
            [member.student_id, member.role, member.strong_in_id] for member in group.members.order_by("student_id")
        ],
        "place": [group.weekday, group.order, group.minutes],
        "resource": group.resource_id,
    }


def _remember(group: Group, *, at: datetime) -> dict[str, Any]:
    """Return the reasons with what the group was like until now, so that one change can be taken back."""
    kept = {name: value for name, value in group.why.items() if name != "before"}
    return {**kept, "before": _as_it_is(group), "changed_at": at.isoformat()}


@transaction.atomic
def change_members(
    *,
    group: Group,
    students: Iterable[Person],
    by: Person,
    at: datetime,
    roles: Mapping[int, str] | None = None,
) -> Group:
    """Change who is in a group, and who sees to what; who stays keeps the named strength."""
    now = _now(group)
    members = list(students)
    here = {member.student_id: member for member in now.members.all()}
    parts = {
        student.pk: Part(
            role=(roles or {}).get(student.pk, here[student.pk].role if student.pk in here else ""),
            strong_in=here[student.pk].strong_in_id if student.pk in here else None,
        )
        for student in members
    }
    if parts == {pk: Part(role=member.role, strong_in=member.strong_in_id) for pk, member in here.items()}:
        return now
    checks.check_size(now.kind, members)
    fresh = [student for student in members if student.pk not in here]
    checks.check_turns(now.kind, fresh, weeks_in_needs_groups(now.school_class, now.monday))
    checks.check_time(
        now.school_class,
        now.kind,
        fresh,
        monday=now.monday,
        weekday=now.weekday,
        order=now.order,
        leave_out=now.pk,
    )
    checks.check_roles(part.role for part in parts.values())
    now.why = _remember(now, at=at)
    now.save(update_fields=["why"])
    now.members.all().delete()
    _seat(now, members, parts)
    came, left = len(fresh), len(here.keys() - parts.keys())
    audit.record("group.members_changed", now, by=by, at=at, came=came, left=left)
    return now


@transaction.atomic
def move_group(
    *,
    group: Group,
    weekday: int,
    order: int | None,
    minutes: int,
    by: Person,
    at: datetime,
    resource: Resource | None = None,
) -> Group:
    """Let a group meet at another place of its week, or work with something else."""
    now = _now(group)
    wanted = (weekday, order, minutes, resource.pk if resource else None)
    if (now.weekday, now.order, now.minutes, now.resource_id) == wanted:
        return now
    members = [member.student for member in now.members.select_related("student")]
    checks.check_time(
        now.school_class, now.kind, members, monday=now.monday, weekday=weekday, order=order, leave_out=now.pk
    )
    now.why = _remember(now, at=at)
    now.weekday, now.order, now.minutes, now.resource = weekday, order, minutes, resource
    now.save(update_fields=["why", "weekday", "order", "minutes", "resource"])
    audit.record("group.moved", now, by=by, at=at, weekday=weekday, order=order)
    return now


@transaction.atomic
def undo_change(*, group: Group, by: Person, at: datetime) -> Group:
    """Put a group back to what it was before its newest change."""
    now = _now(group)
    before = now.why.get("before")
    if not before:
        raise RuleBroken(gettext_noop("There is nothing to take back in this group."))
    parts = {pk: Part(role=role, strong_in=strong_in) for pk, role, strong_in in before["members"]}
    members = list(Person.objects.filter(pk__in=parts))
    weekday, order, minutes = before["place"]
    checks.check_time(
        now.school_class, now.kind, members, monday=now.monday, weekday=weekday, order=order, leave_out=now.pk
    )
    now.why = {**{name: value for name, value in now.why.items() if name != "before"}, "changed_at": at.isoformat()}
    now.weekday, now.order, now.minutes = weekday, order, minutes
    now.resource = Resource.objects.filter(pk=before["resource"]).first()
    now.save(update_fields=["why", "weekday", "order", "minutes", "resource"])
    now.members.all().delete()
    _seat(now, members, parts)
    audit.record("group.change_undone", now, by=by, at=at)
    return now


@transaction.atomic
def end_group(*, group: Group, by: Person, at: datetime) -> Group:
    """End a group before its Friday."""
    if group.ended_at is None:
        group.ended_at = at
        group.save(update_fields=["ended_at"])
        audit.record("group.ended", group, by=by, at=at)
    return group


@transaction.atomic
def resume_group(*, group: Group, by: Person, at: datetime) -> Group:
    """Take back the end of a group, while its week lasts and its time is still free."""
    now = Group.objects.select_for_update(of=("self",)).select_related("school_class").get(pk=group.pk)
    if now.ended_at is None:
        return now
    members = [member.student for member in now.members.select_related("student")]
    checks.check_time(
        now.school_class,
        now.kind,
        members,
        monday=now.monday,
        weekday=now.weekday,
        order=now.order,
        leave_out=now.pk,
    )
    now.ended_at = None
    now.why = {**now.why, "changed_at": at.isoformat()}
    now.save(update_fields=["ended_at", "why"])
    audit.record("group.resumed", now, by=by, at=at)
    return now


@transaction.atomic
def end_groups(*, groups: Iterable[Group], by: Person, at: datetime) -> list[Group]:
    """End several groups at once, as the teams of one task."""
    return [end_group(group=group, by=by, at=at) for group in groups]


@transaction.atomic
def resume_groups(*, groups: Iterable[Group], by: Person, at: datetime) -> list[Group]:
    """Take back the end of several groups."""
    return [resume_group(group=group, by=by, at=at) for group in groups]
