"""Every change to questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from headway.core.library.values import ResourceIn
from headway.core.shared.batches import batched
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.items.models import Item
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
    """Take in the questions of resources that were taken in before; a changed question gets the next version."""
    known = {
        row.source_id: row
        for names in batched((item.source_id for row in rows for item in row.items), NAMES_AT_ONCE)
        for row in Item.objects.filter(source=source, source_id__in=names)
    }
    fresh: list[Item] = []
    changed: list[Item] = []
    total = 0
    for row in rows:
        for order, item in enumerate(row.items):
            total += 1
            facts = {
                "resource_id": resource_ids[row.source_id],
                "competency_id": competencies.get(item.competency),
                "order": order,
                "kind": item.kind,
                "language": item.language,
                "difficulty": item.difficulty,
                "document": json.dumps(dict(item.document)),
            }
            have = known.get(item.source_id)
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
    Item.objects.bulk_create(fresh, batch_size=500)
    Item.objects.bulk_update(
        [row for row in changed if row.pk],
        ["resource", "competency", "order", "kind", "language", "difficulty", "document", "version"],
        batch_size=200,
    )
    variants = []
    for row in rows:
        for item in row.items:
            root = known.get(item.variant_of) if item.variant_of else None
            if root is not None and known[item.source_id].variant_of_id != root.pk:
                known[item.source_id].variant_of = root
                variants.append(known[item.source_id])
    Item.objects.bulk_update(variants, ["variant_of"], batch_size=200)
    audit.record_many("item.taken", fresh, by=by, at=at, source=source)
    audit.record_many("item.changed", changed, by=by, at=at, source=source)
    return Taken(made=len(fresh), changed=len(changed), unchanged=total - len(fresh) - len(changed))


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
