"""Door out for what students wrote on paper: entered by their teacher, corrected by entering it again, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from headway.core.items.session import Marking, guess_chance, mark
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence.actions import EvidenceIn, record
from headway.records.evidence.models import Evidence
from headway.records.evidence.queries import entries_of, entry_name, source_of, standing
from headway.records.items.models import Item, PrintedSheet
from headway.records.items.queries import competency_id_of, question
from headway.records.roster.models import Person

LEVELS = 4

NO_SKILL = gettext_noop(
    "This question is about no skill yet, so an answer would be evidence of nothing. Give it a skill first."
)
NOTHING_WRITTEN = gettext_noop("Enter what was written, or go on to the next answer.")
CHOOSE_LEVEL = gettext_noop("Choose one of the four levels.")
NOTHING_TO_UNDO = gettext_noop("There is nothing here to take back.")


@transaction.atomic
def enter_answer(
    *,
    sheet: PrintedSheet,
    item: Item,
    student: Person,
    response: Mapping[str, Sequence[str]],
    by: Person,
    at: datetime,
    level: int | None = None,
    words: str = "",
) -> tuple[Evidence, Marking]:
    """Mark what a student wrote on a printed sheet and remember it as evidence; entered again, it corrects what was entered.

    `level`, 0 to 3, and `words` are what a person says of an answer that does not mark itself. Raises RuleBroken where nothing
    was written, what was written cannot be read, or the question is about no skill.
    """
    if item.pk not in sheet.item_ids or (sheet.student_id is not None and sheet.student_id != student.pk):
        raise NotFound
    competency_id = competency_id_of(item)
    if competency_id is None:
        raise RuleBroken(NO_SKILL)
    asked = question(item)
    given = {name: list(values) for name, values in response.items() if any(value.strip() for value in values)}
    marking = mark(asked, given, seed=sheet.seed)
    facts: dict[str, object] = {}
    if marking.score is None:
        if level is None or not 0 <= level < LEVELS:
            raise RuleBroken(CHOOSE_LEVEL)
        facts = {
            "kind": Evidence.Kind.RUBRIC,
            "score": level / (LEVELS - 1),
            "level": level,
            "levels": LEVELS,
            "words": words.strip()[:1000],
        }
    else:
        if not given:
            raise RuleBroken(NOTHING_WRITTEN)
        if marking.problem:
            raise RuleBroken(marking.problem, **dict(marking.problem_facts or {}))
        facts = {
            "kind": Evidence.Kind.ANSWER,
            "score": marking.score,
            "difficulty": item.difficulty,
            "guess_chance": guess_chance(asked),
        }
    # One at a time for one student, so that two people who enter the same sheet correct each other.
    Person.objects.select_for_update().get(pk=student.pk)
    rows = entries_of(sheet, item, student)
    before = standing(rows)
    if before is not None and (before.response, before.level, before.words) == (
        given,
        facts.get("level"),
        facts.get("words", ""),
    ):
        return before, marking
    row = _keep(
        sheet,
        item,
        student,
        rows,
        by=by,
        at=at,
        competency_id=competency_id,
        happened_at=rows[0].happened_at if rows else at,
        response=given,
        **facts,
    )
    audit.record("paper.entered", sheet, by=by, at=at, item=str(item.uuid), is_correction=before is not None)
    return row, marking


@transaction.atomic
def take_back(*, sheet: PrintedSheet, item: Item, student: Person, by: Person, at: datetime) -> Evidence:
    """Undo the last entry: what was entered before it stands again; without one, nothing does."""
    Person.objects.select_for_update().get(pk=student.pk)
    rows = entries_of(sheet, item, student)
    last = standing(rows)
    if last is None:
        raise RuleBroken(NOTHING_TO_UNDO)
    before = rows[-2] if len(rows) > 1 and rows[-2].kind != Evidence.Kind.WITHDRAWAL else None
    if before is None:
        facts: dict[str, object] = {"kind": Evidence.Kind.WITHDRAWAL, "score": 0.0}
    else:
        names = ("kind", "score", "difficulty", "guess_chance", "level", "levels", "words", "response")
        facts = {name: getattr(before, name) for name in names}
    row = _keep(
        sheet,
        item,
        student,
        rows,
        by=by,
        at=at,
        competency_id=last.competency_id,
        happened_at=last.happened_at,
        **facts,
    )
    audit.record("paper.taken_back", sheet, by=by, at=at, item=str(item.uuid))
    return row


def _keep(
    sheet: PrintedSheet,
    item: Item,
    student: Person,
    rows: Sequence[Evidence],
    *,
    by: Person,
    at: datetime,
    **facts: object,
) -> Evidence:
    """Write the next entry of a question; it corrects the one that stood."""
    last = standing(rows)
    fact = EvidenceIn(
        student_id=student.pk,
        client_id=entry_name(sheet, item, student, len(rows)),
        item_id=item.pk,
        resource_id=item.resource_id,
        on_paper=True,
        language=item.language,
        corrects_id=last.pk if last is not None else None,
        source=source_of(sheet),
        **facts,  # type: ignore[arg-type]
    )
    return record(fact=fact, by=by, at=at)
