"""Suggested alignments: which standards a resource may be about, worked out now for a page or kept for many in a task."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from numpy.typing import NDArray

from headway.core.library.meaning import to_length_one
from headway.core.library.suggesting import (
    ABOVE_SHARE,
    Accepted,
    Asked,
    Likely,
    Target,
    Targets,
    ready,
    suggest_alignments,
)
from headway.core.shared.batches import batched
from headway.records.audit import actions as audit
from headway.records.library import meaning
from headway.records.library.change_log import note_change
from headway.records.library.models import Alignment, Resource
from headway.records.library.queries import resources_of_school
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person
from headway.records.standards.models import ClassCompetency, Competency, Framework

log = logging.getLogger("headway.tasks")
# What is kept for a person to look at; the page of one resource shows what is less sure too.
LEAST_KEPT_CONFIDENCE = 0.2
MOST_KEPT = 3
MOST_ACCEPTED = 1000
LONGEST_TEXT_CHARACTERS = 4000
RESOURCES_AT_ONCE = 500
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
    return _suggested(resource, _asked(resource, more), frameworks)


def suggested_by_words(resource: Resource, frameworks: Sequence[Framework], words: str) -> list[Suggested]:
    """Return the five competencies nearest to what a person typed (or whose code it is)."""
    return _suggested(resource, Asked(text=words[:LONGEST_TEXT_CHARACTERS]), frameworks)


@transaction.atomic
def decide_suggestion(
    *, resource: Resource, competency: Competency, accept: bool, found: Likely | None, by: Person, at: datetime
) -> Alignment:
    """Accept or refuse that a resource is about a competency, whether it was suggested (`found`) or thought of by a person.

    Deciding otherwise than before is allowed; the log keeps both.
    """
    status = Alignment.Status.ACCEPTED if accept else Alignment.Status.REFUSED
    row, _ = Alignment.objects.get_or_create(
        resource=resource,
        competency=competency,
        defaults={
            "source": found.source if found else "person",
            "confidence": found.confidence if found else 1.0,
            "because": ", ".join(found.words)[:300] if found else "",
            "status": Alignment.Status.SUGGESTED,
        },
    )
    if row.status != status:
        row.status, row.decided_by, row.decided_at = status, by, at
        row.save(update_fields=["status", "decided_by", "decided_at"])
        note_change([resource.pk], at=at)
        audit.record("alignment.accepted" if accept else "alignment.refused", row, by=by, at=at)
    return row


@transaction.atomic
def suggest_alignments_for(
    *, resources: Sequence[Resource], frameworks: Sequence[Framework], by: Person | None, at: datetime
) -> int:
    """Keep the likely competencies of many resources for a person to accept; returns how many suggestions are new.

    A pair that is known already, whatever became of it, is left alone: what was refused does not come back.
    """
    targets = _ready(frameworks, is_made=True)
    if targets is None or not resources:
        return 0
    accepted = _accepted(targets, frameworks)
    asked = [_asked(resource) for resource in resources]
    found = suggest_alignments(targets, asked, vectors=_vectors(targets, asked), accepted=accepted, most=MOST_KEPT)
    ids = [resource.pk for resource in resources]
    known = {
        pair
        for some in batched(ids, IDS_AT_ONCE)
        for pair in Alignment.objects.filter(resource__in=some).values_list("resource_id", "competency_id")
    }
    fresh = [
        Alignment(
            resource_id=pk,
            competency_id=likely.target,
            source=likely.source,
            confidence=likely.confidence,
            because=", ".join(likely.words)[:300],
            status=Alignment.Status.SUGGESTED,
        )
        for pk, some in zip(ids, found, strict=True)
        for likely in some
        if likely.confidence >= LEAST_KEPT_CONFIDENCE and (pk, likely.target) not in known
    ]
    Alignment.objects.bulk_create(fresh, batch_size=500)
    audit.record_many("alignment.suggested", fresh, by=by, at=at)
    return len(fresh)


def ask_for_suggestions(*, school_class: Class, by: Person) -> None:
    """Hand over to a task: suggestions for everything of the school that has no skill of the class's frameworks yet."""
    check_teaches(by, school_class)
    _suggest_for_class.enqueue(school_class.pk, by.pk)


def suggest_for_class(*, school_class: Class, by: Person | None, at: datetime) -> int:
    """Suggest for every resource of the class's school without a competency of its frameworks; returns how many are new."""
    frameworks = frameworks_of_classes([school_class])
    if not frameworks:
        return 0
    aligned = Alignment.objects.filter(competency__framework__in=frameworks).values("resource")
    waiting = (
        resources_of_school(school_class.school).exclude(pk__in=aligned).order_by("pk").values_list("pk", flat=True)
    )
    count = 0
    for ids in batched(list(waiting), RESOURCES_AT_ONCE):
        rows = list(Resource.objects.filter(pk__in=ids).order_by("pk"))
        count += suggest_alignments_for(resources=rows, frameworks=frameworks, by=by, at=at)
    return count


@task()
def _suggest_for_class(class_id: int, person_id: int) -> int:
    school_class = Class.objects.select_related("school").filter(pk=class_id).first()
    if school_class is None:
        return 0
    person = Person.objects.filter(pk=person_id).first()
    count = suggest_for_class(school_class=school_class, by=person, at=timezone.now())
    log.info("%s alignments suggested for class %s", count, class_id)
    return count


# --- standards made ready --------------------------------------------------------------------------------------------

_latest: dict[str, Targets] = {}
MOST_READY = 8


def _ready(frameworks: Sequence[Framework], *, is_made: bool = False) -> Targets | None:
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


def _asked(resource: Resource, more: str = "") -> Asked:
    grades = (resource.grade_low, resource.grade_high)
    is_told = grades != ANY_GRADE
    return Asked(
        text=text_to_judge(resource, more),
        grade_low=grades[0] if is_told else None,
        grade_high=grades[1] if is_told else None,
    )


def _vectors(targets: Targets, asked: Sequence[Asked]) -> NDArray[np.float32] | None:
    return None if targets.vectors is None else meaning.embed([one.text for one in asked])


def _accepted(targets: Targets, frameworks: Sequence[Framework]) -> Accepted | None:
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
    targets = _ready(frameworks)
    if targets is None or not asked.text.strip():
        return []
    found = suggest_alignments(
        targets, [asked], vectors=_vectors(targets, [asked]), accepted=_accepted(targets, frameworks)
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
