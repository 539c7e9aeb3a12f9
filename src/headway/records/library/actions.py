"""Every change to resources, alignments and collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from headway.core.library.values import ResourceIn
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.library.models import Alignment, Collection, CollectionEntry, Resource
from headway.records.roster.models import Organisation, Person

_FIELDS = [
    "title",
    "description",
    "language",
    "kind",
    "uses",
    "minutes",
    "screen",
    "with_whom",
    "grade_low",
    "grade_high",
    "reading_level",
    "level",
    "topics",
    "careers",
    "needs",
    "steps",
    "text",
    "url",
    "licence",
    "attribution",
]
_LISTS = {"uses", "topics", "careers", "needs", "steps"}


def _facts(row: ResourceIn) -> dict[str, Any]:
    return {name: list(getattr(row, name)) if name in _LISTS else getattr(row, name) for name in _FIELDS}


@transaction.atomic
def take_resources(
    *,
    source: str,
    rows: Sequence[ResourceIn],
    competencies: Mapping[str, int],
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
) -> tuple[dict[str, int], Taken]:
    """Take in resources with their alignments; `competencies` maps the rows' names to competency ids.

    Known ones are updated by their source id; a decision a teacher made on an alignment is kept. Returns ids by source
    id. Items are taken in by the items room.
    """
    known = {row.source_id: row for row in Resource.objects.filter(source=source)}
    fresh: list[Resource] = []
    changed: list[Resource] = []
    for row in rows:
        facts = _facts(row)
        have = known.get(row.source_id)
        if have is None:
            fresh.append(Resource(source=source, source_id=row.source_id, school=school, added_by=by, **facts))
        elif any(getattr(have, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(have, name, value)
            changed.append(have)
    known.update({row.source_id: row for row in Resource.objects.bulk_create(fresh, batch_size=500)})
    Resource.objects.bulk_update(changed, _FIELDS, batch_size=200)
    variants = []
    for row in rows:
        root = known.get(row.variant_of) if row.variant_of else None
        if root is not None and known[row.source_id].variant_of_id != root.pk:
            known[row.source_id].variant_of = root
            variants.append(known[row.source_id])
    Resource.objects.bulk_update(variants, ["variant_of"], batch_size=200)
    ids = {row.source_id: known[row.source_id].pk for row in rows}
    _take_alignments(rows, ids, competencies)
    taken = Taken(made=len(fresh), changed=len(changed), unchanged=len(rows) - len(fresh) - len(changed))
    audit.record_many("resource.taken", fresh, by=by, at=at, source=source)
    audit.record_many("resource.changed", changed, by=by, at=at, source=source)
    return ids, taken


def _take_alignments(rows: Sequence[ResourceIn], ids: Mapping[str, int], competencies: Mapping[str, int]) -> None:
    have = {
        (row.resource_id, row.competency_id): row
        for start in range(0, len(ids), 5000)
        for row in Alignment.objects.filter(resource__in=list(ids.values())[start : start + 5000])
    }
    fresh, changed = [], []
    for row in rows:
        for place, alignment in enumerate(row.alignments):
            competency_id = competencies.get(alignment.competency)
            if competency_id is None:
                continue
            facts = {
                "is_primary": place == 0,
                "source": alignment.source,
                "confidence": alignment.confidence,
                "because": alignment.because,
            }
            known = have.get((ids[row.source_id], competency_id))
            if known is None:
                made = Alignment(
                    resource_id=ids[row.source_id], competency_id=competency_id, status=alignment.status, **facts
                )
                have[ids[row.source_id], competency_id] = made
                fresh.append(made)
            elif any(getattr(known, name) != value for name, value in facts.items()):
                for name, value in facts.items():
                    setattr(known, name, value)
                changed.append(known)
    Alignment.objects.bulk_create(fresh, batch_size=1000)
    Alignment.objects.bulk_update(
        [row for row in changed if row.pk], ["is_primary", "source", "confidence", "because"], batch_size=200
    )


@transaction.atomic
def decide_alignments(*, alignments: Iterable[Alignment], accept: bool, by: Person, at: datetime) -> int:
    """Accept or refuse suggested alignments in bulk; one that somebody decided already stays as it is."""
    ids = [row.pk for row in alignments]
    status = Alignment.Status.ACCEPTED if accept else Alignment.Status.REFUSED
    waiting = list(Alignment.objects.filter(pk__in=ids, status=Alignment.Status.SUGGESTED))
    for row in waiting:
        row.status, row.decided_by, row.decided_at = status, by, at
    Alignment.objects.bulk_update(waiting, ["status", "decided_by", "decided_at"], batch_size=200)
    audit.record_many("alignment.accepted" if accept else "alignment.refused", waiting, by=by, at=at)
    return len(waiting)


@transaction.atomic
def reopen_alignments(*, alignments: Iterable[Alignment], by: Person, at: datetime) -> int:
    """Undo one's own decisions: the suggestions wait again."""
    ids = [row.pk for row in alignments]
    decided = list(Alignment.objects.filter(pk__in=ids, decided_by=by).exclude(status=Alignment.Status.SUGGESTED))
    for row in decided:
        row.status, row.decided_by, row.decided_at = Alignment.Status.SUGGESTED, None, None
    Alignment.objects.bulk_update(decided, ["status", "decided_by", "decided_at"], batch_size=200)
    audit.record_many("alignment.reopened", decided, by=by, at=at)
    return len(decided)


@transaction.atomic
def take_collection(
    *,
    source: str,
    source_id: str,
    title: str,
    why: str,
    resource_ids: Sequence[int],
    by: Person | None,
    at: datetime,
    language: str = "en",
) -> Collection:
    """Take in a themed set of resources, in order."""
    collection, made = Collection.objects.update_or_create(
        source=source, source_id=source_id, defaults={"title": title, "why": why, "language": language}
    )
    have = list(collection.entries.order_by("order").values_list("resource_id", flat=True))
    if have != list(resource_ids):
        collection.entries.all().delete()
        CollectionEntry.objects.bulk_create(
            [
                CollectionEntry(collection=collection, resource_id=resource_id, order=order)
                for order, resource_id in enumerate(resource_ids)
            ]
        )
    if made:
        audit.record("collection.taken", collection, by=by, at=at)
    return collection
