"""The door in to the search index: what a school's people find, with a reason for each result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headway.core.library.search.values import Asked, Facet, FacetCount, Found, Hit, Why
from headway.records.library.models import Resource
from headway.records.library.queries import resources_of_school
from headway.records.roster.models import Organisation


@dataclass(frozen=True, kw_only=True)
class Result:
    """One resource that was found, why it is there, and what it helps with (accepted competency ids, the main one first)."""

    resource: Resource
    why: tuple[Why, ...]
    competency_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A page of results with facet counts."""

    total: int
    results: tuple[Result, ...]
    facets: Mapping[Facet, tuple[FacetCount, ...]]
    read_as: tuple[tuple[str, str], ...]


def search(school: Organisation, asked: Asked) -> Shelf:
    """Find resources that people of a school may use."""
    rows = resources_of_school(school).order_by("title", "pk")
    if asked.words:
        rows = rows.filter(title__icontains=asked.words)
    if asked.only is not None:
        rows = rows.filter(pk__in=asked.only)
    rows = rows.exclude(pk__in=asked.without)
    found = Found(total=rows.count(), hits=tuple(Hit(resource_id=row.pk, score=0.0) for row in rows[:20]))
    shown = Resource.objects.in_bulk([hit.resource_id for hit in found.hits])
    return Shelf(
        total=found.total,
        results=tuple(
            Result(resource=shown[hit.resource_id], why=(), competency_ids=())
            for hit in found.hits
            if hit.resource_id in shown
        ),
        facets=found.facets,
        read_as=found.read_as,
    )


def complete(school: Organisation, typed: str, *, limit: int = 8) -> Sequence[str]:
    """Return what somebody who typed this may be about to ask: whole words and titles, the most frequent first."""
    rows = resources_of_school(school).filter(title__istartswith=typed)
    return list(rows.order_by("title").values_list("title", flat=True)[:limit])
