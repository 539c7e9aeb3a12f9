"""Notes, messages home and goal checks are written here."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.school_weeks import monday_of
from headway.records.audit import actions as audit
from headway.records.roster.models import Goal, Person
from headway.records.wellbeing.models import FamilyMessage, GoalCheck, Note


@transaction.atomic
def write_note(*, student: Person, words: str, by: Person | None, at: datetime, client_id: UUID | None = None) -> Note:
    """Keep what an adult saw; the same client id twice is one note."""
    if not words.strip():
        raise RuleBroken(gettext_noop("Write what you saw, then save."))
    if client_id is not None:
        known = Note.objects.filter(client_id=client_id).first()
        if known is not None:
            return known
    note = Note.objects.create(student=student, words=words.strip(), by=by, at=at, client_id=client_id)
    audit.record("note.written", note, by=by, at=at)
    return note


@transaction.atomic
def note_opened(*, student: Person, by: Person, at: datetime) -> None:
    """Write that somebody opened what adults wrote about a student; notes have narrow readers."""
    audit.record("notes.opened", student, by=by, at=at)


@transaction.atomic
def write_message(
    *,
    student: Person,
    words: str,
    by: Person | None,
    at: datetime,
    monday: date,
    language: str,
    is_from_home: bool,
    translations: dict[str, str] | None = None,
    client_id: UUID | None = None,
) -> FamilyMessage:
    """Send a message between school and home, in the words it was written in."""
    if not words.strip():
        raise RuleBroken(gettext_noop("Write a message, then send."))
    if client_id is not None:
        known = FamilyMessage.objects.filter(client_id=client_id).first()
        if known is not None:
            return known
    message = FamilyMessage.objects.create(
        student=student,
        words=words.strip(),
        by=by,
        at=at,
        monday=monday_of(monday),
        language=language,
        is_from_home=is_from_home,
        translations=translations or {},
        client_id=client_id,
    )
    audit.record("message.written", message, by=by, at=at)
    return message


@transaction.atomic
def mark_read(*, message: FamilyMessage, by: Person, at: datetime) -> None:
    """Remember that an adult at school read a message from home."""
    if message.read_at is None:
        message.read_at = at
        message.save(update_fields=["read_at"])
        audit.record("message.read", message, by=by, at=at)


@transaction.atomic
def check_goal(*, goal: Goal, day: date, is_met: bool, by: Person, at: datetime) -> GoalCheck:
    """Let a student say whether the goal was met on a day; saying it again replaces it."""
    check, _made = GoalCheck.objects.update_or_create(goal=goal, day=day, defaults={"is_met": is_met})
    audit.record("goal.checked", check, by=by, at=at)
    return check
