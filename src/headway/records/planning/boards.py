"""What the week board asks beside the weeks themselves: what changed since it was drawn, and who may get the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F

from headway.records.audit.models import Event
from headway.records.evidence.queries import NO_EVIDENCE, cells
from headway.records.grouping.models import GroupMember
from headway.records.planning.models import Block, ClassWeek, PlanRunClass, Week
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import students_of

WEEKS_BACK = 4  # after a holiday, last week is the newest one before it


def week_before(school_class: Class, monday: date) -> ClassWeek | None:
    """Return the newest week of the class before this one that had plans, not longer ago than a holiday."""
    return (
        ClassWeek.objects.filter(
            school_class=school_class,
            monday__lt=monday,
            monday__gte=monday - timedelta(weeks=WEEKS_BACK),
            weeks__blocks__isnull=False,
        )
        .order_by("-monday")
        .first()
    )


# --- what colleagues do meanwhile ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A week that is not as a page shows it, and who changed it last: None where nobody did it by hand."""

    student_id: int
    week_id: int
    version: int
    by: Person | None
    verb: str


def changed_weeks(school_class: Class, monday: date, seen: Mapping[int, int]) -> list[Changed]:
    """Return the weeks whose version is not the one a page shows; `seen` is version by week id.

    Versions tell exactly what a page has missed, in whatever order the changes were stored.
    """
    rows = list(
        Week.objects.filter(class_week__school_class=school_class, class_week__monday=monday)
        .order_by("pk")
        .values_list("pk", "student_id", "version")
    )
    news = [row for row in rows if seen.get(row[0]) != row[2]]
    if not news:
        return []
    last: dict[int, Event] = {}
    events = Event.objects.filter(noun="week", record_id__in=[str(pk) for pk, _student, _version in news])
    for event in events.order_by("at", "pk"):
        last[int(event.record_id)] = event
    people = Person.objects.filter(uuid__in=[event.by_uuid for event in last.values() if event.by_uuid])
    by_uuid = {person.uuid: person for person in people}
    found = []
    for pk, student_id, version in news:
        newest = last.get(pk)
        by = by_uuid.get(newest.by_uuid) if newest is not None and newest.by_uuid is not None else None
        found.append(
            Changed(student_id=student_id, week_id=pk, version=version, by=by, verb=newest.verb if newest else "")
        )
    return found


# --- who may get the same --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Other:
    """A student who may get the same block: whether they probably need it, and why."""

    student: Person
    is_in_group: bool
    word: str
    is_alike: bool

    @property
    def is_chosen(self) -> bool:
        """Whether the box is ticked before the teacher looks."""
        return self.is_in_group or self.is_alike


def others_for(block: Block, *, at: datetime) -> list[Other]:
    """Return the rest of the class for a block: who is in a group with its student, or as far with its skill, first."""
    school_class, monday = block.week.class_week.school_class, block.week.class_week.monday
    students = [student for student in students_of(school_class) if student.pk != block.week.student_id]
    seats = GroupMember.objects.filter(
        group__school_class=school_class,
        group__monday__lte=monday,
        group__ends_on__gte=monday,
        group__ended_at__isnull=True,
    ).values_list("group_id", "student_id")
    members: dict[int, set[int]] = {}
    for group_id, student_id in seats:
        members.setdefault(group_id, set()).add(student_id)
    together = {pk for group in members.values() if block.week.student_id in group for pk in group}
    has_it = _who_has(block)
    words: dict[int, str] = {}
    if block.competency_id is not None:
        everybody = [block.week.student, *students]
        grid = cells(everybody, [block.competency_id], at=at, school_class=school_class)
        words = {one.pk: grid.get((one.pk, block.competency_id), NO_EVIDENCE).word for one in everybody}
    own = words.get(block.week.student_id, "none")
    found = [
        Other(
            student=student,
            is_in_group=student.pk in together,
            word=words.get(student.pk, ""),
            is_alike=own != "none" and words.get(student.pk) == own,
        )
        for student in students
        if student.pk not in has_it
    ]
    return sorted(found, key=lambda other: (not other.is_in_group, not other.is_alike))


def _who_has(block: Block) -> set[int]:
    """Return who has this work in the week already, through whichever door."""
    works: set[int | None] = {block.resource_id}
    works |= {option.resource_id for option in block.options.all() if option.part == "variant"}
    rows = Block.objects.filter(week__class_week=block.week.class_week_id, resource__in=works)
    return set(rows.values_list("week__student_id", flat=True))


# --- drafting that goes on -------------------------------------------------------------------------------------------


def running(school_class: Class, monday: date) -> PlanRunClass | None:
    """Return the drafting of a class's week that goes on now, or None."""
    waiting = (PlanRunClass.State.WAITING, PlanRunClass.State.RUNNING)
    return (
        PlanRunClass.objects.filter(school_class=school_class, monday=monday, state__in=waiting).order_by("-pk").first()
    )


def to_draft(school_class: Class, monday: date) -> list[Person]:
    """Return whose weeks drafting a class makes, in its order: everybody but those whose week is approved or over."""
    settled = Week.objects.filter(class_week__school_class=school_class, class_week__monday=monday).exclude(
        status=Week.Status.DRAFT
    )
    return list(students_of(school_class).exclude(pk__in=settled.values("student")))


def newest_drafts(school_class: Class, monday: date) -> list[Week]:
    """Return the weeks that the newest drafting of a class made."""
    return list(
        Week.objects.filter(
            class_week__school_class=school_class,
            class_week__monday=monday,
            drafted_at=F("class_week__drafted_at"),
            blocks__isnull=False,
        ).distinct()
    )
