"""May these students meet as a group, at that time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from headway.core.grouping import LARGEST, LARGEST_TEAM, MOST_WEEKS_IN_NEEDS, NEEDS, SMALLEST, SMALLEST_TEAM, TEAM
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.grouping.models import Group, GroupMember
from headway.records.roster.models import Class, Person

IS_OVER = gettext_noop("This group is over. Make a new one.")


def check_size(kind: str, students: Sequence[Person]) -> None:
    """Raise unless the group has 3 to 6 students, a team 3 to 5, each of them once."""
    smallest, largest = (SMALLEST_TEAM, LARGEST_TEAM) if kind == TEAM else (SMALLEST, LARGEST)
    if not smallest <= len({student.pk for student in students}) == len(students) <= largest:
        raise RuleBroken(
            gettext_noop("A group has {smallest} to {largest} students. This one has {count}."),
            smallest=smallest,
            largest=largest,
            count=len({student.pk for student in students}),
        )


def check_turns(kind: str, students: Iterable[Person], weeks_before: Mapping[int, int]) -> None:
    """Raise when somebody would be in a needs group four weeks running."""
    for student in students:
        if kind == NEEDS and weeks_before.get(student.pk, 0) >= MOST_WEEKS_IN_NEEDS:
            raise RuleBroken(
                gettext_noop(
                    "{name} was in groups like this for {weeks} weeks running. Choose somebody else this week, or make "
                    "another kind of group."
                ),
                name=student.given_name,
                weeks=weeks_before[student.pk],
            )


def check_time(
    school_class: Class,
    kind: str,
    students: Iterable[Person],
    *,
    monday: date,
    weekday: int,
    order: int | None,
    leave_out: int = 0,
) -> None:
    """Raise when the teacher or a student has another group at that time; a time without an order clashes with none."""
    if order is None:
        return
    there = (
        Group.objects.filter(
            school_class=school_class, monday=monday, weekday=weekday, order=order, ended_at__isnull=True
        )
        .exclude(pk=leave_out)
        .order_by("pk")
    )
    # Teams work at the same time, the teacher goes from one to the next.
    if any(kind != TEAM or group.kind != TEAM for group in there):
        raise RuleBroken(gettext_noop("Another group meets at that time. Choose another place in the week."))
    taken = GroupMember.objects.filter(group__in=there, student__in=list(students)).select_related("student").first()
    if taken is not None:
        raise RuleBroken(gettext_noop("{name} is in another group at that time."), name=taken.student.given_name)


def check_open(group: Group) -> None:
    """Raise when the group was ended."""
    if group.ended_at is not None:
        raise RuleBroken(IS_OVER)


def check_roles(roles: Iterable[str]) -> None:
    """Raise when two members would have the same role."""
    twice = [role for role, count in Counter(role for role in roles if role).items() if count > 1]
    if twice:
        raise RuleBroken(gettext_noop("Two members of a team have the same role. Give each a role of their own."))
