"""The door in to the search index: what a school's people find, with a reason for each result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headway.core.library.search import asking
from headway.core.library.search.reasons import Looked, reasons
from headway.core.library.search.values import Asked, Facet, FacetCount, Why
from headway.records.library import search_index
from headway.records.library.models import Alignment, Resource
from headway.records.library.queries import resources_of_school
from headway.records.roster.models import Organisation
from headway.records.standards import queries as standards


@dataclass(frozen=True, kw_only=True)
class Result:
    """One resource that was found, why it is there, and what it helps with (accepted competency ids, the main one first)."""

    resource: Resource
    why: tuple[Why, ...]
    competency_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A page of results with facet counts; `read_as` tells of words that were read as others: (typed, read)."""

    total: int
    results: tuple[Result, ...]
    facets: Mapping[Facet, tuple[FacetCount, ...]]
    read_as: tuple[tuple[str, str], ...]


def search(school: Organisation, asked: Asked, *, as_typed: bool = False, language: str = "en") -> Shelf:
    """Find resources that people of a school may use, with reasons whose skills are named in `language`.

    Three queries however many results. The index may be a moment older than the database; what a school may not use any
    more is left out by the database itself.
    """
    found = asking.find(search_index.opened(), asked, school_id=school.pk, as_typed=as_typed)
    ids = [hit.resource_id for hit in found.hits]
    rows = resources_of_school(school).filter(pk__in=ids).defer("steps", "extra").in_bulk()
    aligned: dict[int, list[Alignment]] = defaultdict(list)
    accepted = Alignment.objects.filter(resource__in=ids, status=Alignment.Status.ACCEPTED).select_related("competency")
    for row in accepted.order_by("-is_primary", "-confidence", "pk"):
        aligned[row.resource_id].append(row)
    wanted = [row.competency for some in aligned.values() for row in some if row.competency_id in asked.skills]
    names = {pk: named.short for pk, named in standards.named(wanted, language).items()} if wanted else {}
    results = []
    for number in ids:
        resource = rows.get(number)
        if resource is None:
            continue
        skills = tuple(row.competency_id for row in aligned[number])
        looked = Looked(
            title=resource.title,
            description=resource.description,
            text=resource.text,
            language=resource.language,
            topics=tuple(str(topic) for topic in resource.topics),
            careers=tuple(str(career) for career in resource.careers),
            reading_level=resource.reading_level,
            skills=skills,
        )
        why = reasons(asked, looked, skill_names=names, read_as=[read for _typed, read in found.read_as])
        results.append(Result(resource=resource, why=why, competency_ids=skills))
    return Shelf(total=found.total, results=tuple(results), facets=found.facets, read_as=found.read_as)


def complete(school: Organisation, typed: str, *, limit: int = 8) -> Sequence[str]:
    """Return what somebody who typed this may be about to ask, the most frequent first."""
    return asking.complete(search_index.opened(), typed, school_id=school.pk, limit=limit)
