"""The door in to the search index: what a school's people find, with a reason for each result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from headway.core.library.blending import blend
from headway.core.library.search import asking
from headway.core.library.search.reasons import SIMILAR, Looked, reasons
from headway.core.library.search.values import Asked, Facet, FacetCount, Found, Hit, Order, Reader, Why
from headway.records.library import meaning, search_index
from headway.records.library.models import Alignment, Resource
from headway.records.library.queries import resources_of_school
from headway.records.roster.models import Organisation
from headway.records.standards import queries as standards

WORDS_BLENDED, MEANING_BLENDED = 100, 40
FEWEST_WORDS_WITH_MEANING = 2
LEAST_COSINE = 0.35


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
    opened = search_index.opened()
    found, alike = _find(opened, asked, school.pk, as_typed=as_typed)
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
        if number in alike:
            why = (Why(sentence=SIMILAR), *why)
        results.append(Result(resource=resource, why=why, competency_ids=skills))
    return Shelf(total=found.total, results=tuple(results), facets=found.facets, read_as=found.read_as)


def _find(opened: asking.OpenIndex, asked: Asked, school_id: int, *, as_typed: bool) -> tuple[Found, frozenset[int]]:
    """Find by words; where meaning can be read, by both, blended. Returns also the ids that only meaning found.

    The first hundred by words and the nearest by meaning are ranked together; what comes after them comes by words.
    """
    is_blended = (
        not as_typed
        and asked.order in (Order.BEST, Order.FIT)
        and len(asked.words.split()) >= FEWEST_WORDS_WITH_MEANING
        and meaning.has_model()
    )
    near = dict(meaning.nearest_resources(asked.words, most=MEANING_BLENDED)) if is_blended else {}
    near = {pk: cosine for pk, cosine in near.items() if cosine >= LEAST_COSINE}
    if not near:
        return asking.find(opened, asked, school_id=school_id, as_typed=as_typed), frozenset()
    first = replace(asked, offset=0, limit=WORDS_BLENDED)
    found = asking.find(opened, first, school_id=school_id)
    named = {hit.resource_id: hit.score for hit in found.hits}
    # What meaning found has to hold against the same filters, and nobody finds what another school keeps for itself.
    only = frozenset(near) if asked.only is None else asked.only & frozenset(near)
    allowed = asking.find(
        opened,
        replace(asked, words="", only=only, offset=0, limit=MEANING_BLENDED, count_facets=(), reader=_only_fit(asked)),
        school_id=school_id,
    )
    alike = [hit.resource_id for hit in allowed.hits if hit.resource_id not in named]
    cosines = dict(meaning.nearest_resources(asked.words, most=len(named) + len(alike), allowed=[*named, *alike]))
    # Points for fitting a reader are part of the words' score already.
    ranked = blend(list(named.items()), cosines)
    rest = max(0, asked.offset + asked.limit - len(ranked))
    hits = [Hit(resource_id=pk, score=score) for pk, score in ranked[asked.offset : asked.offset + asked.limit]]
    if rest and found.total > WORDS_BLENDED:
        further = WORDS_BLENDED + max(0, asked.offset - len(ranked))
        after = replace(asked, offset=further, limit=min(rest, asked.limit), count_facets=())
        hits += asking.find(opened, after, school_id=school_id).hits
    total = found.total + len(alike)
    return replace(found, total=total, hits=tuple(hits)), frozenset(alike)


def _only_fit(asked: Asked) -> Reader | None:
    return asked.reader if asked.fits else None


def complete(school: Organisation, typed: str, *, limit: int = 8) -> Sequence[str]:
    """Return what somebody who typed this may be about to ask, the most frequent first."""
    return asking.complete(search_index.opened(), typed, school_id=school.pk, limit=limit)
