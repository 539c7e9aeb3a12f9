"""Notes, messages and goal checks, for readers that roster has already let in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import QuerySet

from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK
from headway.records.roster.models import Goal, Person
from headway.records.wellbeing.models import FamilyMessage, GoalCheck, Note


def notes_about(student: Person, *, limit: int = 40) -> list[Note]:
    """Return what adults wrote about a student, newest first."""
    return list(Note.objects.filter(student=student).select_related("by").order_by("-at", "-pk")[:limit])


def messages_about(student: Person, *, limit: int = 10) -> list[FamilyMessage]:
    """Return the newest messages between school and home."""
    return list(FamilyMessage.objects.filter(student=student).select_related("by").order_by("-at", "-pk")[:limit])


def message_for_week(student: Person, monday: date) -> FamilyMessage | None:
    """Return the teacher's newest message for a week, else of the two weeks before."""
    return (
        FamilyMessage.objects.filter(
            student=student, is_from_home=False, monday__lte=monday, monday__gte=monday - timedelta(days=14)
        )
        .select_related("by")
        .order_by("-monday", "-at")
        .first()
    )


def unread_from_home(students: Iterable[Person]) -> QuerySet[FamilyMessage]:
    """Return what families wrote that nobody has read yet."""
    return (
        FamilyMessage.objects.filter(student__in=list(students), is_from_home=True, read_at__isnull=True)
        .select_related("student", "by")
        .order_by("-at")
    )


def goal_days(goal: Goal) -> tuple[int, int]:
    """Return on how many days the goal was met, and on how many it was looked at."""
    checks = list(goal.goal_checks.values_list("is_met", flat=True))
    return sum(checks), len(checks)


def message_from_home(students: Iterable[Person], message_id: int) -> FamilyMessage:
    """Return a message from the family of one of the students, else "not found"."""
    found = FamilyMessage.objects.filter(pk=message_id, student__in=list(students), is_from_home=True).first()
    if found is None:
        raise NotFound
    return found


def notes_by(writer: Person, *, limit: int = 5) -> list[Note]:
    """Return the notes an adult wrote last."""
    return list(Note.objects.filter(by=writer).select_related("student").order_by("-at", "-pk")[:limit])


def goal_week(goal: Goal, monday: date) -> dict[int, bool]:
    """Return whether the goal was met, by weekday, for the days that were checked."""
    checks = GoalCheck.objects.filter(goal=goal, day__gte=monday, day__lt=monday + timedelta(days=SCHOOL_DAYS_PER_WEEK))
    return {check.day.weekday(): check.is_met for check in checks}
