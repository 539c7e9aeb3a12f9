"""Suggested alignments: which standards a resource may be about, worked out at the moment somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.core.library.meaning import to_length_one
from headway.core.library.suggesting import (
    ABOVE_SHARE,
    Accepted,
    Asked,
    Target,
    Targets,
    ready,
    suggest_alignments,
)
from headway.core.shared.batches import batched
from headway.records.library import meaning
from headway.records.library.models import Alignment, Resource
from headway.records.roster.models import Class
from headway.records.standards.models import ClassCompetency, Competency, Framework

MOST_ACCEPTED = 1000
LONGEST_TEXT_CHARACTERS = 4000
IDS_AT_ONCE = 900
# Grades as wide as these are what an importer writes where nobody said for whom a resource is.
ANY_GRADE = (0, 12)


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A competency that a resource may be about, and what became of it: "" where nobody was asked yet."""

    competency: Competency
    confidence: float
    words: tuple[str, ...]
    source: str
    status: str


def frameworks_of_classes(school_classes: Iterable[Class]) -> list[Framework]:
    """Return the frameworks that the paths of the classes are made of, by title."""
    used = ClassCompetency.objects.filter(school_class__in=list(school_classes)).values("competency__framework")
    return list(Framework.objects.filter(pk__in=used).order_by("title", "pk"))


def text_to_judge(resource: Resource, more: str = "") -> str:
    """Return what is read of a resource to suggest standards: what it says of itself, then its text and its questions."""
    topics = ", ".join(str(topic) for topic in resource.topics)
    steps = " ".join(str(step) for step in resource.steps)
    parts = (resource.title, resource.description, topics, steps, resource.text, more)
    return ". ".join(part.strip() for part in parts if part.strip())[:LONGEST_TEXT_CHARACTERS]


def suggested_for(resource: Resource, frameworks: Sequence[Framework], *, more: str = "") -> list[Suggested]:
    """Return the five most likely competencies of the frameworks for a resource; `more` is text of its questions.

    What somebody decided already stays where it stands, marked with what was decided.
    """
    return _suggested(resource, asked_of(resource, more), frameworks)


def suggested_by_words(resource: Resource, frameworks: Sequence[Framework], words: str) -> list[Suggested]:
    """Return the five competencies nearest to what a person typed (or whose code it is)."""
    return _suggested(resource, Asked(text=words[:LONGEST_TEXT_CHARACTERS]), frameworks)


# --- standards made ready --------------------------------------------------------------------------------------------

_latest: dict[str, Targets] = {}
MOST_READY = 8


def targets_of(frameworks: Sequence[Framework], *, is_made: bool = False) -> Targets | None:
    """Return the frameworks' competencies made ready, as they were last time if no word of them changed."""
    rows = list(
        Competency.objects.filter(framework__in=list(frameworks), is_withdrawn=False)
        .order_by("framework_id", "order", "pk")
        .values_list("pk", "parent_id", "statement", "code", "grade_low", "grade_high", "is_assessable")
    )
    parents = {pk: (parent, statement) for pk, parent, statement, *_ in rows}
    targets = [
        Target(
            key=pk,
            statement=statement,
            above=". ".join(_above(parents, parent)),
            code=code,
            grade_low=low,
            grade_high=high,
        )
        for pk, parent, statement, code, low, high, is_assessable in rows
        if is_assessable
    ]
    if not targets:
        return None
    own = meaning.kept_vectors([row.statement for row in targets], is_made=is_made)
    above = meaning.kept_vectors([row.above for row in targets], is_made=is_made)
    name = hashlib.blake2b(repr((targets, own is None)).encode(), digest_size=12).hexdigest()
    if name not in _latest:
        if len(_latest) >= MOST_READY:
            _latest.clear()
        vectors = None if own is None or above is None else to_length_one(own + ABOVE_SHARE * above)
        _latest[name] = ready(targets, vectors=vectors)
    return _latest[name]


def _above(parents: Mapping[int, tuple[int | None, str]], parent: int | None) -> list[str]:
    found: list[str] = []
    seen: set[int] = set()
    while parent is not None and parent in parents and parent not in seen:
        seen.add(parent)
        parent, statement = parents[parent]
        found.append(statement)
    return found


def asked_of(resource: Resource, more: str = "") -> Asked:
    """Return a resource as it is asked about: its text, and its grades where somebody said them."""
    grades = (resource.grade_low, resource.grade_high)
    is_told = grades != ANY_GRADE
    return Asked(
        text=text_to_judge(resource, more),
        grade_low=grades[0] if is_told else None,
        grade_high=grades[1] if is_told else None,
    )


def vectors_of(targets: Targets, asked: Sequence[Asked]) -> NDArray[np.float32] | None:
    """Return what the texts mean, where the standards' meaning is known too."""
    return None if targets.vectors is None else meaning.embed([one.text for one in asked])


def accepted_for(targets: Targets, frameworks: Sequence[Framework]) -> Accepted | None:
    """Return what people aligned to these standards before, the newest first."""
    places = {row.key: place for place, row in enumerate(targets.rows)}
    pairs = Alignment.objects.filter(status=Alignment.Status.ACCEPTED, competency__framework__in=list(frameworks))
    told: dict[int, list[int]] = {}
    for resource_id, competency_id in pairs.order_by("-pk").values_list("resource_id", "competency_id")[
        : 2 * MOST_ACCEPTED
    ]:
        if competency_id in places:
            told.setdefault(resource_id, []).append(places[competency_id])
    if not told:
        return None
    texts: dict[int, str] = {}
    for some in batched(list(told)[:MOST_ACCEPTED], IDS_AT_ONCE):
        for pk, title, description in Resource.objects.filter(pk__in=some).values_list("pk", "title", "description"):
            texts[pk] = f"{title}. {description}"
    return Accepted(texts=list(texts.values()), answers=[told[pk] for pk in texts])


def _suggested(resource: Resource, asked: Asked, frameworks: Sequence[Framework]) -> list[Suggested]:
    targets = targets_of(frameworks)
    if targets is None or not asked.text.strip():
        return []
    found = suggest_alignments(
        targets, [asked], vectors=vectors_of(targets, [asked]), accepted=accepted_for(targets, frameworks)
    )[0]
    rows = Competency.objects.in_bulk([likely.target for likely in found])
    decided = dict(resource.alignments.values_list("competency_id", "status"))
    return [
        Suggested(
            competency=rows[likely.target],
            confidence=likely.confidence,
            words=likely.words,
            source=likely.source,
            status=str(decided.get(likely.target, "")),
        )
        for likely in found
        if likely.target in rows
    ]
