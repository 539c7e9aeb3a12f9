"""Every change to questions that an import or many answers bring; what teachers write is in `writing.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from headway.core import items as engine
from headway.core.library.values import FileIn, ItemIn, ResourceIn
from headway.core.shared.batches import batched
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.items.models import AssessmentTest, Item, ItemFile, ItemVersion
from headway.records.library.actions import store_file
from headway.records.library.models import Resource, StoredFile
from headway.records.roster.models import Organisation, Person

NAMES_AT_ONCE = 5_000
LEAST_DIFFERENCE = 0.05  # logits; less changes nothing that anybody could notice
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


@transaction.atomic
def take_items(
    *,
    source: str,
    rows: Sequence[ResourceIn],
    resource_ids: Mapping[str, int],
    competencies: Mapping[str, int],
    by: Person | None,
    at: datetime,
) -> Taken:
    """Take in the questions of resources that were taken in before; a changed question gets the next version.

    What it was is kept. The same rows twice change nothing.
    """
    known = {
        row.source_id: row
        for names in batched((item.source_id for row in rows for item in row.items), NAMES_AT_ONCE)
        for row in Item.objects.filter(source=source, source_id__in=names)
    }
    originals = dict(
        Resource.objects.filter(pk__in=[resource_ids[row.source_id] for row in rows if row.items]).values_list(
            "pk", "file_id"
        )
    )
    fresh: list[Item] = []
    changed: list[Item] = []
    total = 0
    for row in rows:
        for order, item in enumerate(row.items):
            total += 1
            have = known.get(item.source_id)
            facts: dict[str, Any] = {
                "resource_id": resource_ids[row.source_id],
                "competency_id": competencies.get(item.competency),
                "order": order,
                "language": item.language,
                "difficulty": item.difficulty,
                "original_id": originals.get(resource_ids[row.source_id]) if item.original_name else None,
                "original_name": item.original_name,
            }
            if have is None or have.document != item.document:
                facts |= facts_of(item.document)
            if have is not None and have.calibrated_at is not None:
                # What answers told of its difficulty is worth more than the author's guess in the file.
                del facts["difficulty"]
            if have is None:
                made = Item(source=source, source_id=item.source_id, **facts)
                known[item.source_id] = made
                fresh.append(made)
            elif any(getattr(have, name) != value for name, value in facts.items()):
                for name, value in facts.items():
                    setattr(have, name, value)
                have.version += 1
                changed.append(have)
    keep_versions((row for row in changed if row.pk), at=at)
    Item.objects.bulk_create(fresh, batch_size=500)
    Item.objects.bulk_update(
        [row for row in changed if row.pk],
        [
            "resource", "competency", "order", "kind", "title", "prompt", "language", "difficulty", "document",
            "is_marked_by_person", "missing", "original", "original_name", "version",
        ],
        batch_size=200,
    )  # fmt: skip
    _take_variants(rows, known)
    for row in rows:
        if any(item.files for item in row.items):
            _take_files(row.items, known, by=by, at=at)
        if row.test is not None:
            _take_test(row, resource_ids[row.source_id])
    audit.record_many("item.taken", fresh, by=by, at=at, source=source)
    audit.record_many("item.changed", changed, by=by, at=at, source=source)
    return Taken(made=len(fresh), changed=len(changed), unchanged=total - len(fresh) - len(changed))


def _take_variants(rows: Sequence[ResourceIn], known: Mapping[str, Item]) -> None:
    variants = []
    for row in rows:
        for item in row.items:
            root = known.get(item.variant_of) if item.variant_of else None
            if root is not None and known[item.source_id].variant_of_id != root.pk:
                known[item.source_id].variant_of = root
                variants.append(known[item.source_id])
    Item.objects.bulk_update(variants, ["variant_of"], batch_size=200)


def _take_files(taken: Sequence[ItemIn], known: Mapping[str, Item], *, by: Person | None, at: datetime) -> None:
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
    _take_files([ItemIn(source_id="", document="", files={path: file})], {"": item}, by=by, at=at)


def _take_test(row: ResourceIn, resource_id: int) -> None:
    if row.test is None:
        return
    facts = {"document": row.test.document, "items": dict(row.test.items), "original_name": row.test.original_name}
    test, is_new = AssessmentTest.objects.get_or_create(resource_id=resource_id, defaults=facts)
    if not is_new and any(getattr(test, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(test, name, value)
        test.version += 1
        test.save()


@transaction.atomic
def set_difficulties(*, difficulties: Mapping[int, float], by: Person | None, at: datetime) -> int:
    """Set how hard questions are, as many answers tell; returns how many changed.

    What was answered before keeps the difficulty it was answered with.
    """
    changed = []
    for row in Item.objects.select_for_update().filter(pk__in=list(difficulties)).order_by("pk"):
        before, after = row.difficulty, difficulties[row.pk]
        if row.calibrated_at is None or abs(before - after) >= LEAST_DIFFERENCE:
            row.difficulty, row.calibrated_at = after, at
            changed.append(row)
            audit.record("item.calibrated", row, by=by, at=at, before=before, after=after)
    Item.objects.bulk_update(changed, ["difficulty", "calibrated_at"], batch_size=500)
    return len(changed)
