"""What a question's row repeats of its document, what it was before, and its files: for those who change questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from headway.core import items as engine
from headway.core.library.values import FileIn, ItemIn
from headway.core.shared.batches import batched
from headway.records.items.models import Item, ItemFile, ItemVersion
from headway.records.library.actions import store_file
from headway.records.library.models import StoredFile
from headway.records.roster.models import Organisation, Person

NAMES_AT_ONCE = 5_000
LONGEST_WORDS = 300
MISSING_KEPT = 20


def facts_of(document: str) -> dict[str, Any]:
    """Return the document of a question and what lists repeat of it. Raises ItemInvalid where it is none."""
    asked = engine.parse_item(document)
    return {
        "document": document,
        "kind": engine.kind_word(asked),
        "title": asked.title[:LONGEST_WORDS],
        "prompt": engine.prompt_of(asked)[:LONGEST_WORDS],
        "is_marked_by_person": engine.is_marked_by_person(asked),
        "missing": [[one.element, one.line] for one in engine.missing_in(asked)[:MISSING_KEPT]],
    }


def keep_versions(rows: Iterable[Item], *, at: datetime) -> None:
    """Keep the documents of questions as they are in the database now, before they change; call it within a transaction."""
    pks = [row.pk for row in rows]
    for some in batched(pks, NAMES_AT_ONCE):
        before = Item.objects.filter(pk__in=some).values_list("pk", "version", "document")
        ItemVersion.objects.bulk_create(
            (
                ItemVersion(item_id=pk, version=version, document=document, replaced_at=at)
                for pk, version, document in before
            ),
            ignore_conflicts=True,
            batch_size=200,
        )


def keep_files(taken: Sequence[ItemIn], known: Mapping[str, Item], *, by: Person | None, at: datetime) -> None:
    """Keep the files that questions show, each content once in a school, and which question calls it what."""
    of_items = {known[item.source_id].pk: item.files for item in taken if item.files}
    have = {
        (row.item_id, row.path): row
        for row in ItemFile.objects.filter(item__in=list(of_items)).select_related("file").defer("file__content")
    }
    schools = dict(Item.objects.filter(pk__in=list(of_items)).values_list("pk", "resource__school_id"))
    organisations = {one.pk: one for one in Organisation.objects.filter(pk__in={pk for pk in schools.values() if pk})}
    stored: dict[tuple[int | None, int], StoredFile] = {}
    for item_id, files in of_items.items():
        school = organisations.get(schools[item_id] or 0)
        for path, file in files.items():
            key = (school.pk if school else None, id(file))
            if key not in stored:
                stored[key] = store_file(file=file, school=school, by=by, at=at)
            row = have.get((item_id, path))
            if row is None:
                ItemFile.objects.create(item_id=item_id, path=path, file=stored[key])
            elif row.file_id != stored[key].pk:
                row.file = stored[key]
                row.save(update_fields=["file"])


def keep_file(*, item: Item, path: str, file: FileIn, by: Person | None, at: datetime) -> None:
    """Keep one file that a question shows under a name; call it within a transaction that changes the question."""
    keep_files([ItemIn(source_id="", document="", files={path: file})], {"": item}, by=by, at=at)
