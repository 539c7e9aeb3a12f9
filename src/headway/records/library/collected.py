"""Collections, for those who may open them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When

from headway.core.shared.errors import NotFound
from headway.records.library.models import Alignment, Collection, CollectionEntry, Resource, StoredFile
from headway.records.roster.models import Organisation, Person

FACTS = ("title", "why", "theme", "language", "starts_on", "ends_on", "is_shared")
# What no list shows of a resource; taking it apart for every row is most of a page's time.
_NOT_LISTED = ("text", "steps", "extra")


def collections_for(
    person: Person, schools: Iterable[Organisation], *, words: str = "", on: date | None = None
) -> QuerySet[Collection]:
    """Return the collections a person may open: shared ones of their schools and of everybody, and their own.

    With `words` those that speak of all of them, in the title, the reason or the title of a piece. Those that fit on the
    day `on` come first, then those without dates, those to come, and those that are over.
    """
    own = Q(school__in=list(schools)) & (Q(is_shared=True) | Q(made_by=person))
    found = Collection.objects.filter(Q(school__isnull=True, is_shared=True) | own, is_active=True)
    for word in words.split()[:8]:
        piece = CollectionEntry.objects.filter(collection=OuterRef("pk"), resource__title__icontains=word)
        found = found.filter(Q(title__icontains=word) | Q(why__icontains=word) | Exists(piece))
    if on is not None:
        found = found.annotate(
            when=Case(
                When(Q(ends_on__lt=on), then=Value(3)),
                When(Q(starts_on__gt=on), then=Value(2)),
                When(Q(starts_on__isnull=True, ends_on__isnull=True), then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
        ).order_by("when", "ends_on", "title", "pk")
    else:
        found = found.order_by("title", "pk")
    return found.select_related("made_by", "school")


def counted(collections: Iterable[Collection]) -> list[Collection]:
    """Return collections that know how many pieces in use they hold (`pieces`): one query for those that are shown."""
    rows = list(collections)
    held = CollectionEntry.objects.filter(collection__in=rows, resource__is_active=True).order_by()
    counts = dict(held.values_list("collection").annotate(Count("pk")))
    for row in rows:
        row.pieces = counts.get(row.pk, 0)  # type: ignore[attr-defined]
    return rows


def collection_for(
    person: Person, schools: Iterable[Organisation], uuid: UUID, *, taken_back: bool = False
) -> Collection:
    """Return a collection the person may open, else "not found"; one that was taken back only its maker still opens.

    With `taken_back` also one that somebody else of the school took back, to give it back.
    """
    is_shown = Q(is_shared=True) if taken_back else Q(is_shared=True, is_active=True)
    own = Q(school__in=list(schools)) & (is_shown | Q(made_by=person))
    shared = Q(school__isnull=True, is_shared=True, is_active=True)
    found = Collection.objects.filter(shared | own, uuid=uuid).select_related("made_by", "school").first()
    if found is None:
        raise NotFound
    return found


def may_change(person: Person, collection: Collection) -> bool:
    """Return whether a teacher who may open a collection may change it: their own, and what their school shares."""
    return collection.school_id is not None and (collection.is_shared or collection.made_by_id == person.pk)


def collections_to_fill(person: Person, schools: Iterable[Organisation], *, limit: int = 40) -> list[Collection]:
    """Return the collections a person may add to, the ones changed last first."""
    rows = collections_for(person, schools).filter(school__isnull=False)
    return list(rows.order_by("-changed_at", "title", "pk")[:limit])


def entries_of(collection: Collection, schools: Iterable[Organisation]) -> list[CollectionEntry]:
    """Return a collection's pieces in order, with their resources, as people of these schools may use them.

    What was taken out of the library, and what belongs to other schools, is left out.
    """
    listed = Resource.objects.defer(*_NOT_LISTED)
    return list(
        collection.entries.filter(resource__is_active=True)
        .filter(Q(resource__school__isnull=True) | Q(resource__school__in=list(schools)))
        .prefetch_related(Prefetch("resource", listed))
        .order_by("order", "pk")
    )


def collections_with(resource: Resource, person: Person, schools: Iterable[Organisation]) -> list[Collection]:
    """Return the collections a person may open that hold a resource."""
    return list(collections_for(person, schools).filter(pk__in=resource.collection_entries.values("collection"))[:20])


def resource_ids_of(collections: Iterable[Collection]) -> dict[int, list[int]]:
    """Return the ids of the active pieces of many collections by collection id, in one query."""
    rows = CollectionEntry.objects.filter(collection__in=list(collections), resource__is_active=True)
    found: dict[int, list[int]] = {}
    for collection_id, resource_id in rows.order_by("order", "pk").values_list("collection_id", "resource_id"):
        found.setdefault(collection_id, []).append(resource_id)
    return found


def facts_state(collection: Collection) -> str:
    """Return a mark of what a collection is called, why and when, as a page saw it."""
    return _mark(str(getattr(collection, name)) for name in FACTS)


def order_state(collection: Collection) -> str:
    """Return a mark of a collection's pieces, their order and their words, as a page saw them."""
    return _mark(collection.entries.order_by("order", "pk").values_list("resource_id", "section", "why"))


def _mark(values: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(values)).encode()).hexdigest()[:16]


def skills_of_many(resource_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return what each resource helps with by resource id: accepted competency ids, the main one first; one query."""
    rows = Alignment.objects.filter(resource__in=list(resource_ids), status=Alignment.Status.ACCEPTED)
    found: dict[int, list[int]] = {}
    for resource_id, competency_id in rows.order_by("-is_primary", "-confidence", "pk").values_list(
        "resource_id", "competency_id"
    ):
        found.setdefault(resource_id, []).append(competency_id)
    return found


def file_of(resource: Resource) -> StoredFile | None:
    """Return what is known of a resource's file, without its bytes."""
    return StoredFile.objects.defer("content").filter(pk=resource.file_id).first() if resource.file_id else None


def alignments_of(resource: Resource) -> list[Alignment]:
    """Return what somebody or something says a resource helps with, the accepted ones first; refused ones are left out."""
    rows = resource.alignments.exclude(status=Alignment.Status.REFUSED).select_related("competency", "decided_by")
    return list(rows.order_by("status", "-is_primary", "-confidence", "pk")[:40])


def pieces_of_many(collections: Iterable[Collection], schools: Iterable[Organisation]) -> dict[int, list[Resource]]:
    """Return the active resources of many collections by collection id, as people of these schools may use them."""
    entries = (
        CollectionEntry.objects.filter(collection__in=list(collections), resource__is_active=True)
        .filter(Q(resource__school__isnull=True) | Q(resource__school__in=list(schools)))
        .prefetch_related(Prefetch("resource", Resource.objects.defer(*_NOT_LISTED)))
        .order_by("order", "pk")
    )
    found: dict[int, list[Resource]] = {}
    for entry in entries:
        found.setdefault(entry.collection_id, []).append(entry.resource)
    return found
