"""The door in for worksheets: found again by the code on the paper, by those who teach who wrote on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from headway.core.items.paper_codes import paper_code, read_code
from headway.core.shared.errors import NotFound
from headway.records.items.models import Item, PrintedSheet
from headway.records.library.models import Resource
from headway.records.library.stored import schools_within_reach
from headway.records.roster.models import Enrolment, Person

MOST_SHEETS = 400


def students_taught_by(teacher: Person) -> QuerySet[Person]:
    """Return the students of the classes that somebody teaches or supports now."""
    taught = Enrolment.objects.filter(school_class__teachings__teacher=teacher, left_on__isnull=True).values("student")
    return Person.objects.filter(pk__in=taught)


def _sheets_for(viewer: Person) -> QuerySet[PrintedSheet]:
    """Return the sheets of students whom the viewer teaches, and blank ones that a colleague of the same school printed."""
    colleagues = Person.objects.filter(role_grants__organisation__in=schools_within_reach(viewer)).values("pk")
    return PrintedSheet.objects.filter(
        Q(student__in=students_taught_by(viewer)) | Q(student__isnull=True, printed_by__in=colleagues)
    ).select_related("student", "resource")


def sheet_by_code(viewer: Person, typed: str) -> tuple[PrintedSheet, int]:
    """Return the sheet a typed code names, and the number of the question on it, 0 for the whole sheet.

    Raises CodeInvalid where the code is mistyped, NotFound where there is no such sheet or question or it is somebody else's.
    """
    code = read_code(typed)
    sheet = _sheets_for(viewer).filter(code=code.stem).first()
    if sheet is None or code.number > len(sheet.item_ids):
        raise NotFound
    return sheet, code.number


def sheets_printed_with(viewer: Person, uuid: UUID) -> list[PrintedSheet]:
    """Return the sheets that were printed together with one, in the order of the class list."""
    one = _sheets_for(viewer).filter(uuid=uuid).first()
    if one is None:
        raise NotFound
    return list(
        _sheets_for(viewer)
        .filter(resource=one.resource_id, printed_by=one.printed_by_id, printed_at=one.printed_at)
        .order_by("student__given_name", "student__family_name", "pk")
    )


def sheets_of(viewer: Person, resource: Resource, *, limit: int = 6) -> list[PrintedSheet]:
    """Return one sheet of each of the newest prints of a resource, the newest first."""
    found: dict[tuple[int | None, datetime], PrintedSheet] = {}
    for sheet in _sheets_for(viewer).filter(resource=resource).order_by("-printed_at", "pk")[: limit * MOST_SHEETS]:
        found.setdefault((sheet.printed_by_id, sheet.printed_at), sheet)
        if len(found) > limit:
            break
    return list(found.values())[:limit]


def items_on(sheets: Iterable[PrintedSheet]) -> dict[int, Item]:
    """Return the questions on sheets by primary key; one that was erased since is left out."""
    wanted = {pk for sheet in sheets for pk in sheet.item_ids}
    return {item.pk: item for item in Item.objects.select_related("resource").filter(pk__in=wanted)}


def codes_of(sheet: PrintedSheet) -> list[str]:
    """Return the code of each question on a sheet, in order."""
    return [paper_code(sheet.code, number) for number in range(1, len(sheet.item_ids) + 1)]
