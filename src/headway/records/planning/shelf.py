"""What plans and people say to the library: whom a search should fit, who has a resource already, and how it was used here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil
from statistics import median
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from headway.core.library.search.values import Reader
from headway.core.shared.errors import NotFound
from headway.records.library.models import Bookmark, Resource, ShelfChange
from headway.records.library.queries import resources_of_school
from headway.records.planning.models import Block, BlockOption, ClassWeek
from headway.records.planning.problems import frame_from_json
from headway.records.roster.models import Class, Organisation, Person, StudentLanguage, StudentProfile
from headway.records.roster.queries import profile_of, students_of
from headway.records.standards.models import Competency

COMMON_TO = 2  # what at least so many of a class like is worth ordering by
READS_ABOVE = 1.0  # grades above what a student reads that still go, with a little help
DONE_BY_SHARE = 0.5  # what half of a class did before is nothing new to the class


def reader_of(student: Person, *, school_class: Class | None = None) -> Reader:
    """Return whom a search should fit when it is for one student.

    Where nobody wrote down what a student reads, the language of the class is taken, at an unknown level.
    """
    profile = profile_of(student)
    languages: dict[str, float | None] = {row.language: row.reading_level for row in student.languages.all()}
    if not languages:
        languages = {school_class.language if school_class else student.language: None}
    return Reader(
        languages=languages,
        grade=min(profile.grade, school_class.grade) if school_class else profile.grade,
        interests=tuple(profile.interests),
        careers=tuple(profile.careers),
        done=_done_by(student),
    )


def reader_of_class(school_class: Class) -> Reader:
    """Return what a class has in common: languages by the share that reads them, shared interests, what most did.

    A search asks for it each time, so it reads columns and makes no rows of them.
    """
    students = list(students_of(school_class).order_by().values_list("pk", flat=True))
    count = max(1, len(students))
    levels: dict[str, list[float]] = defaultdict(list)
    read = StudentLanguage.objects.filter(student__in=students, reading_level__gt=0)
    for code, level in read.values_list("language", "reading_level"):
        levels[code].append(level)
    interests: Counter[str] = Counter()
    careers: Counter[str] = Counter()
    profiles = StudentProfile.objects.filter(student__in=students)
    for own_interests, own_careers in profiles.values_list("interests", "careers"):
        interests.update(set(own_interests))
        careers.update(set(own_careers))
    did = Block.objects.filter(week__student__in=students, finished_at__isnull=False)
    done = (
        did.annotate(what=Coalesce("chosen_resource", "resource"))
        .values("what")
        .annotate(times=Count("week__student", distinct=True))
        .filter(times__gte=ceil(DONE_BY_SHARE * count), what__isnull=False)
        .order_by()
        .values_list("what", flat=True)
    )
    return Reader(
        languages={language: median(own) for language, own in levels.items()} or {school_class.language: None},
        weights={language: len(own) / count for language, own in levels.items()},
        grade=school_class.grade,
        interests=tuple(tag for tag, likes in interests.most_common() if likes >= COMMON_TO),
        careers=tuple(tag for tag, hopes in careers.most_common() if hopes >= COMMON_TO),
        done=frozenset(done),
    )


def _done_by(student: Person) -> frozenset[int]:
    done = Block.objects.filter(week__student=student, finished_at__isnull=False)
    rows = done.values_list("chosen_resource_id", "resource_id")
    return frozenset(pk for chosen_id, resource_id in rows for pk in (chosen_id or resource_id,) if pk)


# --- who has it ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class InPlan:
    """A resource that stands in a student's week, or is one of the choices there."""

    resource_id: int
    student: Person
    monday: date
    day: int
    status: str
    is_choice: bool
    is_done: bool


def in_plans(school_class: Class, resource_ids: Iterable[int], *, monday: date, weeks: int = 2) -> list[InPlan]:
    """Return which students of a class have any of the resources in the weeks from `monday` on, by day and name."""
    wanted = set(resource_ids)
    blocks = (
        Block.objects.filter(
            week__class_week__school_class=school_class,
            week__class_week__monday__gte=monday,
            week__class_week__monday__lt=monday + timedelta(weeks=weeks),
        )
        .filter(
            Q(resource__in=wanted)
            | Q(chosen_resource__in=wanted)
            | Q(options__part=BlockOption.Part.CHOICE, options__resource__in=wanted)
        )
        .select_related("week__class_week", "week__student")
        .prefetch_related("options")
        .distinct()
    )
    found = []
    for block in blocks:
        chosen = {block.resource_id, block.chosen_resource_id} & wanted
        offered = {row.resource_id for row in block.options.all() if row.part == BlockOption.Part.CHOICE} & wanted
        for resource_id in sorted(pk for pk in chosen | offered if pk is not None):
            found.append(
                InPlan(
                    resource_id=resource_id,
                    student=block.week.student,
                    monday=block.week.class_week.monday,
                    day=block.day,
                    status=block.week.status,
                    is_choice=resource_id not in chosen,
                    is_done=block.finished_at is not None and resource_id in chosen,
                )
            )
    return sorted(found, key=lambda row: (row.monday, row.day, row.student.given_name, row.student.pk))


def used_here(school: Organisation, resource_ids: Iterable[int]) -> Mapping[int, int]:
    """Return how many students of a school finished each resource, by resource id; one query for all of them."""
    wanted = list(resource_ids)
    rows = (
        Block.objects.filter(week__class_week__school_class__school=school, finished_at__isnull=False)
        .filter(Q(resource__in=wanted) | Q(chosen_resource__in=wanted))
        .values_list("resource_id", "chosen_resource_id", "week__student_id")
    )
    used: dict[int, set[int]] = defaultdict(set)
    for resource_id, chosen_id, student_id in rows:
        used[chosen_id or resource_id].add(student_id)
    return {pk: len(used[pk]) for pk in wanted if pk in used}


def finished_before(students: Iterable[Person], resource_ids: Iterable[int]) -> dict[int, date]:
    """Return the day on which each of these students finished any of the resources last, by student id."""
    wanted = list(resource_ids)
    rows = (
        Block.objects.filter(week__student__in=list(students), finished_at__isnull=False)
        .filter(Q(resource__in=wanted) | Q(chosen_resource__in=wanted))
        .order_by("finished_at")
        .values_list("week__student_id", "finished_at")
    )
    return {student_id: finished_at.date() for student_id, finished_at in rows if finished_at is not None}


def doors_that_fit(resource: Resource, doors: Iterable[Resource], languages: Mapping[str, float]) -> list[Resource]:
    """Return the other doors to a resource's work that somebody with these reading levels can read, the nearest first."""

    def gap(door: Resource) -> float:
        return max(0.0, door.reading_level - languages.get(door.language, 0.0))

    others = [door for door in doors if door.pk != resource.pk and languages.get(door.language, 0.0) > 0]
    return sorted((door for door in others if gap(door) <= READS_ABOVE), key=lambda door: (gap(door), door.pk))


def day_places(
    school_class: Class, monday: date, day: int, student_ids: Sequence[int]
) -> list[tuple[int, int, list[str]]]:
    """Return the places of a day with what stands there in these students' weeks: (order, minutes, titles).

    Each title stands once, the most frequent first.
    """
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).first()
    if shared is None or not shared.frame:
        return []
    rows = Block.objects.filter(week__class_week=shared, day=day, week__student__in=student_ids)
    titles: dict[int, Counter[str]] = defaultdict(Counter)
    for order, title in rows.values_list("order", "resource__title"):
        if title:
            titles[order][title] += 1
    slots = frame_from_json(shared.frame).slots
    return [
        (slot.order, slot.minutes, [title for title, _times in titles[slot.order].most_common()])
        for slot in slots
        if slot.day == day
    ]


# --- what is at hand -------------------------------------------------------------------------------------------------


def kept_among(person: Person, resource_ids: Iterable[int]) -> frozenset[int]:
    """Return which of these resources somebody keeps for later."""
    rows = Bookmark.objects.filter(person=person, resource__in=list(resource_ids))
    return frozenset(rows.values_list("resource_id", flat=True))


def all_kept_by(person: Person) -> frozenset[int]:
    """Return the ids of everything somebody keeps for later."""
    return frozenset(Bookmark.objects.filter(person=person).values_list("resource_id", flat=True))


def kept_by(person: Person, school: Organisation) -> QuerySet[Resource]:
    """Return what somebody keeps for later and may still use, the newest first."""
    return resources_of_school(school).filter(bookmarks__person=person).order_by("-bookmarks__kept_at", "-pk")


def usable_resource(school: Organisation, uuid: UUID) -> Resource:
    """Return a resource that a school may use now, else "not found"."""
    found = resources_of_school(school).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def with_all_below(competency_ids: Iterable[int]) -> frozenset[int]:
    """Return competencies and everything below them in their tree; one query for each step down."""
    found = set(competency_ids)
    newest = set(found)
    while newest:
        newest = set(Competency.objects.filter(parent__in=newest).values_list("pk", flat=True)) - found
        found |= newest
    return frozenset(found)


def made_here(school: Organisation) -> int:
    """Return how many resources a school made or brought itself."""
    return Resource.objects.filter(school=school, is_active=True).count()


def newest_change() -> int:
    """Return the number of the newest line of the library's change log: what was counted before it may be counted anew."""
    return ShelfChange.objects.aggregate(newest=Max("pk"))["newest"] or 0


def open_to_all() -> int:
    """Return how many resources are shared by all schools; it counts the whole table, so pages remember the answer."""
    return Resource.objects.filter(school__isnull=True, is_active=True).count()


@cache
def kind_words() -> dict[str, object]:
    """Return what each kind of resource is called; translated where it is shown."""
    return dict(Resource.Kind.choices)


@cache
def level_words() -> dict[str, object]:
    """Return what each level of a resource is called; translated where it is shown."""
    return dict(Resource.Level.choices)
