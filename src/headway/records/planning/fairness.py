"""What a class's week adds up to for comparing groups, and how long students wait for adults. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from headway.core.planning.fairness import (
    ClassLine,
    MeasureName,
    Piece,
    StudentSums,
    Wait,
    across_classes,
    letters_of,
    sums_of,
    weekday_hours,
)
from headway.records.planning.models import Block, HelpRequest, ItemWork
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import enrolments_in

WAITS_OF_DAYS = 28  # a week has too few waits to compare
HELP, ANSWER = "help", "answer"


@dataclass(frozen=True, kw_only=True)
class WaitRow:
    """One call for help or one long answer, and when an adult answered it; `pk` is the row's own key."""

    kind: str
    pk: int
    student_id: int
    class_id: int
    title: str
    asked_at: datetime
    answered_at: datetime | None
    wait: Wait


def waits_in(school_classes: Iterable[Class], monday: date, *, at: datetime) -> list[WaitRow]:
    """Return what waited for an adult in the four weeks before now, or before the end of a week that is over.

    What was answered later counts as still open then, so that an old week shows what could be known in it.
    """
    zones = {each.pk: ZoneInfo(each.school.timezone) for each in school_classes}
    if not zones:
        return []
    zone = next(iter(zones.values()))
    until = min(at, datetime.combine(monday + timedelta(days=7), time(), zone))
    since = until - timedelta(days=WAITS_OF_DAYS)
    asked = HelpRequest.objects.filter(school_class__in=zones, asked_at__gte=since, asked_at__lt=until).values_list(
        "pk", "student_id", "school_class_id", "block__resource__title", "asked_at", "answered_at"
    )
    # A long answer from before hand-ins were remembered waits since its row was last touched.
    in_time = Q(handed_in_at__gte=since, handed_in_at__lt=until) | Q(
        handed_in_at__isnull=True, awaits_marking=True, updated_at__gte=since, updated_at__lt=until
    )
    written = (
        ItemWork.objects.filter(
            in_time,
            block__week__class_week__school_class__in=zones,
            block__week__class_week__monday__gte=since.date() - timedelta(days=14),
        )
        .filter(Q(awaits_marking=True) | Q(marked_at__isnull=False))
        .values_list(
            "pk",
            "block__week__student_id",
            "block__week__class_week__school_class_id",
            "item__resource__title",
            "handed_in_at",
            "marked_at",
            "updated_at",
        )
    )
    rows = [(HELP, *row) for row in asked]
    rows += [(ANSWER, *row[:4], row[4] or row[6], row[5]) for row in written]
    found = []
    for kind, pk, student_id, class_id, title, start, end in rows:
        answered_at = end if end is not None and end <= until else None
        here = zones[class_id]
        hours = weekday_hours(start.astimezone(here), (answered_at or until).astimezone(here))
        found.append(
            WaitRow(
                kind=kind,
                pk=pk,
                student_id=student_id,
                class_id=class_id,
                title=title or "",
                asked_at=start,
                answered_at=answered_at,
                wait=Wait(hours=hours, is_open=answered_at is None),
            )
        )
    return sorted(found, key=lambda row: (row.asked_at, row.kind, row.pk))


def by_student(rows: Iterable[WaitRow]) -> dict[tuple[int, int], list[Wait]]:
    """Return waits by class and student id."""
    found: dict[tuple[int, int], list[Wait]] = defaultdict(list)
    for row in rows:
        found[row.class_id, row.student_id].append(row.wait)
    return found


def wanted_grade(student: Person, school_class: Class) -> int:
    """Return the grade whose skills are grade-level work for a student of a class."""
    profile = getattr(student, "profile", None)
    return min(profile.grade, school_class.grade) if profile else school_class.grade


def letters_for(student: Person, school_class: Class) -> frozenset[str]:
    """Return the letters under which a student's week is compared; languages and supports are prefetched."""
    return letters_of(
        readers=[(own.language, own.reading_level, own.is_home_language) for own in student.languages.all()],
        supports=frozenset(row.kind for row in student.supports.all()),
        language=school_class.language,
        grade=wanted_grade(student, school_class),
    )


def piece_of(block: Block, *, grade: int, grade_of_class: int) -> Piece:
    """Return a block as the measures see it; a skill without a grade belongs to the class's."""
    at = block.competency.grade_high if block.competency is not None else -1
    return Piece(
        kind=block.kind,
        with_whom=block.with_whom,
        minutes=block.minutes,
        screen_minutes=block.screen_minutes,
        is_at_grade=(grade_of_class if at is None else at) >= grade,
    )


_PIECES = (
    "week__class_week__school_class_id",
    "week__student_id",
    "kind",
    "with_whom",
    "minutes",
    "screen_minutes",
    "competency_id",
    "competency__grade_high",
)


def across(school_classes: Sequence[Class], monday: date, *, at: datetime) -> dict[MeasureName, tuple[ClassLine, ...]]:
    """Return the measures of a week for a school's classes, by class id, with nothing about small groups.

    Drafts count too, in sums only. Ask for classes of one school that the viewer leads; a fixed number of queries.
    """
    classes = {each.pk: each for each in school_classes}
    students: dict[tuple[int, int], Person] = {
        (row.school_class_id, row.student_id): row.student
        for row in enrolments_in(school_classes)
        .select_related("student__profile")
        .prefetch_related("student__languages", "student__supports")
    }
    pieces: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    grades = {seat: wanted_grade(student, classes[seat[0]]) for seat, student in students.items()}
    blocks: Any = Block.objects.filter(
        week__class_week__school_class__in=classes, week__class_week__monday=monday
    ).order_by("pk")
    for class_id, student_id, kind, with_whom, minutes, screen_minutes, skill, high in blocks.values_list(*_PIECES):
        seat = (class_id, student_id)
        if seat in students:
            at_grade = -1 if skill is None else classes[class_id].grade if high is None else high
            pieces[seat].append(
                Piece(
                    kind=kind,
                    with_whom=with_whom,
                    minutes=minutes,
                    screen_minutes=screen_minutes,
                    is_at_grade=at_grade >= grades[seat],
                )
            )
    waits = by_student(waits_in(school_classes, monday, at=at))
    sums: dict[int, list[StudentSums]] = {pk: [] for pk in classes}
    for seat, own in sorted(pieces.items()):
        letters = letters_for(students[seat], classes[seat[0]])
        sums[seat[0]].append(sums_of(seat[1], own, groups=letters, waits=waits.get(seat, ())))
    return across_classes(sums)
