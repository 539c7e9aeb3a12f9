"""The door in for files, imports and remembered columns: what somebody may see of their school's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BinaryField, Q, QuerySet
from django.db.models.functions import Substr

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.records.library.models import ColumnMapping, Delivery, Resource, StoredFile
from headway.records.roster.models import Organisation, Person
from headway.records.roster.queries import may, organisations_led_by, schools_of

# While an import reads it says how far it is every second or so. Saving is one transaction that cannot, and a slow machine
# saves this many rows a second. One that has been silent for longer was stopped.
SILENT_FOR, SAVED_PER_SECOND = timedelta(seconds=60), 500


def schools_within_reach(person: Person) -> frozenset[int]:
    """Return the ids of the schools whose own things somebody may see: where they play a part, and those they lead."""
    own = schools_of(person).values_list("pk", flat=True)
    return frozenset([*own, *organisations_led_by(person).values_list("pk", flat=True)])


def own_resource(viewer: Person, uuid: UUID) -> Resource:
    """Return a resource that belongs to one of the viewer's schools, taken out or not; others are not found."""
    found = Resource.objects.select_related("school").filter(uuid=uuid, school__in=schools_within_reach(viewer)).first()
    if found is None:
        raise NotFound
    return found


def file_for(viewer: Person, uuid: UUID) -> StoredFile:
    """Return a file without its content: one of the viewer's school, or one that all share.

    Who may add to the library sees all of these; others those that a resource on the shelf has.
    """
    reach = Q(school__isnull=True) | Q(school__in=schools_within_reach(viewer))
    files = StoredFile.objects.defer("content").filter(reach, uuid=uuid)
    if not (may(viewer, Permission.ADD_TO_LIBRARY) or may(viewer, Permission.SEE_CLASS)):
        files = files.filter(Q(resources__is_active=True) | Q(in_items__item__resource__is_active=True)).distinct()
    found = files.first()
    if found is None:
        raise NotFound
    return found


def is_in_a_question(file: StoredFile) -> bool:
    """Tell whether some question shows a file."""
    return bool(file.in_items.exists())


def content_of(file: StoredFile) -> bytes:
    """Return the bytes of a file."""
    return bytes(StoredFile.objects.values_list("content", flat=True).get(pk=file.pk))


def part_of(file_id: int, start: int, length: int) -> bytes:
    """Return `length` bytes of a file from `start` on, without reading the rest; fewer at its end."""
    # The database counts from 1.
    part = Substr("content", start + 1, length, output_field=BinaryField())
    found = StoredFile.objects.filter(pk=file_id).values_list(part, flat=True).first() if length > 0 else None
    return bytes(found or b"")


def deliveries_within_reach(viewer: Person) -> QuerySet[Delivery]:
    """Return the imports into the viewer's schools, the newest first."""
    found = Delivery.objects.select_related("started_by", "school").defer("report")
    return found.filter(school__in=schools_within_reach(viewer)).order_by("-started_at", "-pk")


def delivery_for(viewer: Person, uuid: UUID) -> Delivery:
    """Return an import into one of the viewer's schools."""
    found = (
        Delivery.objects.select_related("school", "started_by", "original")
        .defer("original__content")
        .filter(uuid=uuid, school__in=schools_within_reach(viewer))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def delivery_numbered(number: int) -> Delivery | None:
    """Return an import by its number, for the task that carries it out."""
    return Delivery.objects.select_related("school", "started_by", "original").filter(pk=number).first()


def is_stalled(delivery: Delivery, *, at: datetime) -> bool:
    """Return whether an import that was begun has said nothing for so long that it must have been stopped."""
    if delivery.state not in {Delivery.State.WAITING, Delivery.State.READING}:
        return False
    saving = timedelta(seconds=(delivery.total or 0) / SAVED_PER_SECOND)
    return at - (delivery.seen_at or delivery.started_at) > SILENT_FOR + saving


def source_words(key: str) -> str:
    """Return a source as people call it, without the school that it belongs to."""
    name, at, number = key.rpartition("@")
    return name if at and number.isdigit() else key


def mapping_of(school: Organisation | None, source: str, header_key: str) -> Mapping[str, str] | None:
    """Return what the columns of such a table tell, as somebody chose before; the school's own choice goes first."""
    rows = ColumnMapping.objects.filter(Q(school=school) | Q(school__isnull=True), source=source[:60])
    kept = rows.filter(header_key=header_key).order_by("school_id")
    choices = {row.school_id: row.columns for row in kept}
    return choices.get(school.pk if school else None) or choices.get(None)


def kinds_in_words() -> dict[str, str]:
    """Return what each kind of resource is called, in the reader's language."""
    return {str(value): str(words) for value, words in Resource.Kind.choices}
