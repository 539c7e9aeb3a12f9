"""Every change to questions that an import or many answers bring; what teachers write is in `writing.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from headway.core.library.values import ResourceIn
from headway.core.shared.batches import batched
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.items.documents import facts_of, keep_files, keep_versions
from headway.records.items.models import AssessmentTest, Item
from headway.records.library.models import Resource
from headway.records.roster.models import Person

NAMES_AT_ONCE = 5_000
LEAST_DIFFERENCE = 0.05  # logits; less changes nothing that anybody could notice


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
            keep_files(row.items, known, by=by, at=at)
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
