"""Every change to questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from headway.core.library.values import ResourceIn
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.items.models import Item
from headway.records.roster.models import Person


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
    known = {row.source_id: row for row in Item.objects.filter(source=source)}
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
                "document": dict(item.document),
            }
            have = known.get(item.source_id)
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
