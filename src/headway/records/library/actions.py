"""Every change to resources, alignments and collections."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Max

from headway.core.library.kinds import KINDS
from headway.core.library.values import FileIn, ResourceIn
from headway.core.shared.batches import batched
from headway.core.shared.taken import Taken
from headway.records.audit import actions as audit
from headway.records.library.change_log import note_change
from headway.records.library.inserting import insert_many
from headway.records.library.models import (
    Alignment,
    Collection,
    CollectionEntry,
    Delivery,
    Resource,
    StoredFile,
)
from headway.records.roster.models import Organisation, Person

# The fields of a resource that a row of somebody else's table tells, as they stand in ResourceIn too.
_PLAIN = (
    "title", "description", "language", "kind", "minutes", "screen", "with_whom", "grade_low", "grade_high", "reading_level",
    "reading_measure", "word_count", "level", "needs_adult", "needs_internet", "text", "url", "licence", "attribution",
)  # fmt: skip
_LISTS = (
    "uses", "topics", "careers", "needs", "ways_in", "accessibility", "culture", "community", "steps",
)  # fmt: skip
_FIELDS = (*_PLAIN, *_LISTS, "extra")
_NAMES_AT_ONCE = 5_000


def _facts(row: ResourceIn) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in _PLAIN}
    facts |= {name: list(getattr(row, name)) for name in _LISTS}
    facts["extra"] = dict(row.extra)
    if not facts["ways_in"] and row.kind in KINDS:
        facts["ways_in"] = list(KINDS[row.kind].ways_in)
    return facts


@transaction.atomic
def take_resources(
    *,
    source: str,
    rows: Sequence[ResourceIn],
    competencies: Mapping[str, int],
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    delivery: Delivery | None = None,
) -> tuple[dict[str, int], Taken]:
    """Take in resources with their alignments; `competencies` maps the rows' names to competency ids.

    Known ones are updated by their source id; a decision a teacher made on an alignment is kept, and so is a resource that
    was taken out. Returns ids by source id. Items are taken in by the items room. A row of a delivery is audited by it.
    """
    ids, fresh, changed = _take_rows(source, rows, school=school, delivery=delivery, by=by, at=at)
    aligned = _take_alignments(rows, ids, competencies)
    if delivery is None:
        note_change({*fresh, *changed, *aligned}, at=at)
        audit.record_many("resource.taken", [Resource(pk=pk) for pk in fresh], by=by, at=at, source=source)
    else:
        # What the delivery made is found by it in the log; what was here before is not.
        note_change(aligned - set(fresh) - set(changed), at=at)
    audit.record_many("resource.changed", [Resource(pk=pk) for pk in changed], by=by, at=at, source=source)
    return ids, Taken(made=len(fresh), changed=len(changed), unchanged=len(rows) - len(fresh) - len(changed))


def _take_rows(
    source: str,
    rows: Sequence[ResourceIn],
    *,
    school: Organisation | None,
    delivery: Delivery | None,
    by: Person | None,
    at: datetime,
) -> tuple[dict[str, int], list[int], list[int]]:
    """Write rows of resources; returns ids by source id, the ids that were made and those that changed."""
    ids: dict[str, int] = {}
    have: dict[str, tuple[Any, ...]] = {}
    kept_files: dict[str, int | None] = {}
    for names in batched([row.source_id for row in rows], _NAMES_AT_ONCE):
        known = Resource.objects.filter(source=source, source_id__in=names)
        for source_id, pk, file_id, *values in known.values_list("source_id", "pk", "file_id", *_FIELDS):
            ids[source_id], have[source_id], kept_files[source_id] = pk, tuple(values), file_id
    files = _take_files(rows, school=school, by=by, at=at)
    fresh: dict[str, dict[str, Any]] = {}
    changed: list[Resource] = []
    for row in rows:
        facts = _facts(row)
        if row.source_id not in have:
            fresh[row.source_id] = facts | {"file_id": files.get(row.source_id)}
        elif have[row.source_id] != tuple(facts[name] for name in _FIELDS) or (
            row.source_id in files and files[row.source_id] != kept_files[row.source_id]
        ):
            told = Resource(pk=ids[row.source_id], delivery=delivery, **facts)
            told.file_id = files.get(row.source_id, kept_files[row.source_id])
            changed.append(told)
    newest = Resource.objects.aggregate(newest=Max("pk"))["newest"] or 0
    insert_many(
        Resource,
        (
            {
                "uuid": uuid4(),
                "school_id": school.pk if school else None,
                "source": source,
                "source_id": source_id,
                "is_active": True,
                "added_by_id": by.pk if by else None,
                "added_at": at,
                "delivery_id": delivery.pk if delivery else None,
                "variant_of_id": None,
                "practice": {},
                **facts,
            }
            for source_id, facts in fresh.items()
        ),
    )
    if fresh:
        made = Resource.objects.filter(source=source, pk__gt=newest).values_list("source_id", "pk")
        ids.update((name, pk) for name, pk in made if name in fresh)
    Resource.objects.bulk_update(
        changed, [*_FIELDS, *(["delivery"] if delivery else []), *(["file"] if files else [])], batch_size=100
    )
    _take_variants(source, rows, ids)
    return ids, [ids[name] for name in fresh], [row.pk for row in changed]


def _take_files(
    rows: Sequence[ResourceIn], *, school: Organisation | None, by: Person | None, at: datetime
) -> dict[str, int]:
    """Keep the files of rows; returns file ids by source id, where the resource does not have this file yet."""
    given = {row.source_id: row.file for row in rows if row.file is not None}
    return {name: store_file(file=file, school=school, by=by, at=at).pk for name, file in given.items()}


def store_file(*, file: FileIn, school: Organisation | None, by: Person | None, at: datetime) -> StoredFile:
    """Keep a file; the same content in one school is kept once."""
    digest = hashlib.sha256(file.content).hexdigest()
    kept = StoredFile.objects.filter(school=school, sha256=digest).defer("content").first()
    if kept is not None:
        return kept
    made = StoredFile.objects.create(
        school=school,
        sha256=digest,
        name=file.name,
        media_type=file.media_type,
        size_bytes=len(file.content),
        content=file.content,
        added_by=by,
        added_at=at,
    )
    audit.record("file.stored", made, by=by, at=at, size_bytes=made.size_bytes)
    return made


def _take_variants(source: str, rows: Sequence[ResourceIn], ids: Mapping[str, int]) -> None:
    """Point doors to their root; a root of an earlier batch counts too."""
    doors = {row.source_id: row.variant_of for row in rows if row.variant_of}
    if not doors:
        return
    roots = {name: ids[name] for name in doors.values() if name in ids}
    missing = [name for name in doors.values() if name not in ids]
    for names in batched(missing, _NAMES_AT_ONCE):
        known = Resource.objects.filter(source=source, source_id__in=names)
        roots.update(known.values_list("source_id", "pk"))
    have = dict(Resource.objects.filter(pk__in=[ids[name] for name in doors]).values_list("pk", "variant_of_id"))
    Resource.objects.bulk_update(
        [
            Resource(pk=ids[name], variant_of_id=roots[root])
            for name, root in doors.items()
            if root in roots and have[ids[name]] != roots[root]
        ],
        ["variant_of"],
        batch_size=200,
    )


def _take_alignments(rows: Sequence[ResourceIn], ids: Mapping[str, int], competencies: Mapping[str, int]) -> set[int]:
    """Write alignments; returns the resources whose alignments are new or different."""
    told = [ids[row.source_id] for row in rows if row.alignments]
    have = {
        (row.resource_id, row.competency_id): row
        for some in batched(told, _NAMES_AT_ONCE)
        for row in Alignment.objects.filter(resource__in=some)
    }
    seen: set[tuple[int, int]] = set()
    fresh: list[dict[str, Any]] = []
    changed = []
    for row in rows:
        for place, alignment in enumerate(row.alignments):
            competency_id = competencies.get(alignment.competency)
            if competency_id is None or (ids[row.source_id], competency_id) in seen:
                continue
            pair = (ids[row.source_id], competency_id)
            seen.add(pair)
            facts = {
                "is_primary": place == 0,
                "source": alignment.source,
                "confidence": alignment.confidence,
                "because": alignment.because,
            }
            known = have.get(pair)
            if known is None:
                fresh.append(
                    {
                        "resource_id": pair[0],
                        "competency_id": pair[1],
                        "status": alignment.status,
                        "decided_by_id": None,
                        "decided_at": None,
                        **facts,
                    }
                )
            elif any(getattr(known, name) != value for name, value in facts.items()):
                for name, value in facts.items():
                    setattr(known, name, value)
                changed.append(known)
    insert_many(Alignment, fresh)
    Alignment.objects.bulk_update(changed, ["is_primary", "source", "confidence", "because"], batch_size=200)
    return {row["resource_id"] for row in fresh} | {row.resource_id for row in changed}


@transaction.atomic
def decide_alignments(*, alignments: Iterable[Alignment], accept: bool, by: Person, at: datetime) -> int:
    """Accept or refuse suggested alignments in bulk; one that somebody decided already stays as it is."""
    ids = [row.pk for row in alignments]
    status = Alignment.Status.ACCEPTED if accept else Alignment.Status.REFUSED
    waiting = list(Alignment.objects.filter(pk__in=ids, status=Alignment.Status.SUGGESTED))
    for row in waiting:
        row.status, row.decided_by, row.decided_at = status, by, at
    Alignment.objects.bulk_update(waiting, ["status", "decided_by", "decided_at"], batch_size=200)
    note_change((row.resource_id for row in waiting), at=at)
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
    note_change((row.resource_id for row in decided), at=at)
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
    school: Organisation | None = None,
) -> Collection:
    """Take in a themed set of resources, in order."""
    collection, made = Collection.objects.update_or_create(
        source=source,
        source_id=source_id,
        defaults={"title": title[:200], "why": why, "language": language},
        create_defaults={"title": title[:200], "why": why, "language": language, "school": school},
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
