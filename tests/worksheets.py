"""The questions of the gallery as a resource of the cast's school, to be printed and entered in tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from headway.core.items.document import INTERACTIONS
from headway.records.items import printing
from headway.records.items.models import Item, ItemFile, PrintedSheet
from headway.records.library.models import Resource, StoredFile
from tests.question_gallery import GALLERY

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People

MEDIA_TYPES = {"png": "image/png", "wav": "audio/wav", "js": "text/javascript"}


def gallery_resource(people: People, kinds: Iterable[str] = INTERACTIONS) -> Resource:
    """Make a resource of the school with a question of each of these kinds, about ratios."""
    resource = Resource.objects.create(
        title="One of every kind", school=people.school, kind=Resource.Kind.PRACTICE, uses=["essential"], minutes=20
    )
    for order, kind in enumerate(kinds):
        sample = GALLERY[kind]
        item = Item.objects.create(
            resource=resource,
            competency=people.competencies["7.1"],
            order=order,
            kind=kind,
            title=kind,
            document=sample.document,
            source="gallery",
            source_id=f"{resource.pk}-{kind}",
        )
        for path, content in sample.files.items():
            digest = hashlib.sha256(content).hexdigest()
            file, _is_new = StoredFile.objects.get_or_create(
                school=people.school,
                sha256=digest,
                defaults={
                    "name": path.rpartition("/")[2],
                    "media_type": MEDIA_TYPES[path.rpartition(".")[2]],
                    "size_bytes": len(content),
                    "content": content,
                    "added_at": people.now,
                },
            )
            ItemFile.objects.create(item=item, path=path, file=file)
    return resource


def printed(
    people: People,
    kinds: Iterable[str] = ("choice", "text-entry", "order"),
    *,
    students: list[Person] | None = None,
    is_one_order: bool = True,
    is_blank: bool = False,
) -> list[PrintedSheet]:
    """Print questions of these kinds for Ben and Caro, for these students, or once without a name."""
    resource = gallery_resource(people, kinds)
    return printing.print_sheets(
        resource=resource,
        items=list(resource.items.order_by("order")),
        students=None if is_blank else students or [people.ben, people.caro],
        is_one_order=is_one_order,
        by=people.ada,
        at=people.now,
    )


def item_on(sheet: PrintedSheet, number: int) -> Item:
    """Return the question with a number on a sheet."""
    return Item.objects.get(pk=sheet.item_ids[number - 1])
