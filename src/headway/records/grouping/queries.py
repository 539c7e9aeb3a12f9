"""Which groups meet, and on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from headway.core.grouping import Standing, SuggestedGroup, suggest_groups
from headway.core.shared.errors import NotFound
from headway.records.evidence.queries import NO_EVIDENCE, Cell
from headway.records.grouping.models import Group, GroupMember
from headway.records.roster.models import Class, Person
from headway.records.standards.queries import prerequisite_pairs


def groups_of(school_class: Class, monday: date) -> QuerySet[Group]:
    """Return the class's groups in a week, with members, in the order of the days."""
    return groups_in([school_class], monday)


def groups_in(school_classes: Iterable[Class], monday: date) -> QuerySet[Group]:
    """Return the groups of several classes in a week, with members, in the order of the days."""
    return (
        Group.objects.filter(
            school_class__in=list(school_classes), monday__lte=monday, ends_on__gte=monday, ended_at__isnull=True
        )
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


def weeks_in_needs_groups(school_class: Class, monday: date, *, most: int = 6) -> dict[int, int]:
    """Return how many weeks in a row, up to the one before `monday`, each student was in a needs group."""
    rows = GroupMember.objects.filter(
        group__school_class=school_class,
        group__kind=Group.Kind.NEEDS,
        group__ended_at__isnull=True,
        group__monday__lt=monday,
        group__monday__gte=monday - timedelta(weeks=most),
    ).values_list("student_id", "group__monday")
    mondays: dict[int, set[date]] = defaultdict(set)
    for student_id, week in rows:
        mondays[student_id].add(week)
    counted = {}
    for student_id, weeks in mondays.items():
        count = 0
        while monday - timedelta(weeks=count + 1) in weeks:
            count += 1
        counted[student_id] = count
    return counted


def suggested_groups(
    school_class: Class,
    monday: date,
    *,
    student_ids: Sequence[int],
    competency_ids: Sequence[int],
    grid: Mapping[tuple[int, int], Cell],
) -> list[SuggestedGroup]:
    """Return groups worth meeting in a week, from a grid already read; nobody who sits in a group of that week."""
    seated = set(
        GroupMember.objects.filter(
            group__school_class=school_class, group__monday=monday, group__ended_at__isnull=True
        ).values_list("student_id", flat=True)
    )
    before = defaultdict(list)
    for earlier, later in prerequisite_pairs(competency_ids):
        before[later].append(earlier)
    standings = [
        Standing(
            student=student_id,
            competency=competency_id,
            chance=cell.chance,
            pieces=cell.pieces,
            word=cell.word,
            # What was never looked at is no reason to keep somebody out of a group.
            prerequisites_met=all(
                not earlier.pieces or earlier.chance >= earlier.rule.growing_share
                for earlier in (grid.get((student_id, pk), NO_EVIDENCE) for pk in before[competency_id])
            ),
        )
        for student_id in student_ids
        if student_id not in seated
        for competency_id in competency_ids
        for cell in (grid.get((student_id, competency_id), NO_EVIDENCE),)
    ]
    return suggest_groups(standings, grouped_before=dict(weeks_in_needs_groups(school_class, monday).items()))
