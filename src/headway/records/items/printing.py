"""The door out for worksheets: what is about to be printed is kept, with a code for each sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from headway.core.items.paper_codes import MOST_QUESTIONS, stem_of
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.items.models import Item, PrintedSheet
from headway.records.items.sheets import MOST_SHEETS, students_taught_by
from headway.records.library.models import Resource
from headway.records.roster.models import Person

# A seed fits into a database's big integer.
_SEEDS = 2**62

NO_QUESTIONS = gettext_noop("Choose at least one question to print.")
NO_STUDENTS = gettext_noop("Choose at least one student, or a blank sheet.")
TOO_MANY = gettext_noop("These are {count} sheets. Print at most {most} at once.")


@transaction.atomic
def print_sheets(
    *,
    resource: Resource,
    items: Sequence[Item],
    students: Sequence[Person] | None,
    is_one_order: bool,
    by: Person,
    at: datetime,
) -> list[PrintedSheet]:
    """Keep what is about to be printed: a sheet for each student, or a blank one without students.

    `is_one_order` gives all sheets the same seed, so that choices and drawn numbers are the same for everybody and one key
    serves all. Students whom the person does not teach are not found.
    """
    chosen = [item for item in items if item.resource_id == resource.pk]
    if not chosen or len(chosen) > MOST_QUESTIONS:
        raise RuleBroken(NO_QUESTIONS)
    if students is not None and not students:
        raise RuleBroken(NO_STUDENTS)
    if students is not None and len(students) > MOST_SHEETS:
        raise RuleBroken(TOO_MANY, count=len(students), most=MOST_SHEETS)
    wanted = {student.pk for student in students or ()}
    if wanted and students_taught_by(by).filter(pk__in=wanted).distinct().count() != len(wanted):
        raise NotFound
    owners: list[Person | None] = list(students) if students else [None]
    uuids = [uuid4() for _owner in owners]
    sheets = [
        PrintedSheet(
            uuid=uuid,
            resource=resource,
            student=student,
            seed=(uuids[0] if is_one_order else uuid).int % _SEEDS,
            item_ids=[item.pk for item in chosen],
            printed_by=by,
            printed_at=at,
        )
        for uuid, student in zip(uuids, owners, strict=True)
    ]
    _give_codes(sheets)
    PrintedSheet.objects.bulk_create(sheets, batch_size=500)
    audit.record_many("sheet.printed", sheets, by=by, at=at, questions=len(chosen))
    return sheets


def _give_codes(sheets: Sequence[PrintedSheet]) -> None:
    """Give each sheet a code that no other has."""
    waiting, attempt, given = list(sheets), 0, set[str]()
    while waiting:
        stems = {sheet.uuid: stem_of(sheet.uuid, attempt=attempt) for sheet in waiting}
        taken = set(PrintedSheet.objects.filter(code__in=stems.values()).values_list("code", flat=True)) | given
        left = []
        for sheet in waiting:
            if stems[sheet.uuid] in taken:
                left.append(sheet)
                continue
            sheet.code = stems[sheet.uuid]
            taken.add(sheet.code)
            given.add(sheet.code)
        waiting, attempt = left, attempt + 1
