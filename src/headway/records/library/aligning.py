"""Every change to which competencies a resource is about, one by one or for many in a task."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from headway.core.library.suggesting import suggest_alignments
from headway.core.shared.batches import batched
from headway.records.audit import actions as audit
from headway.records.library.change_log import note_change
from headway.records.library.models import Alignment, Resource
from headway.records.library.queries import resources_of_school
from headway.records.library.suggesting import (
    IDS_AT_ONCE,
    Suggested,
    accepted_for,
    asked_of,
    frameworks_of_classes,
    targets_of,
    vectors_of,
)
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency, Framework

log = logging.getLogger("headway.tasks")
# What is kept for a person to look at; the page of one resource shows what is less sure too.
LEAST_KEPT_CONFIDENCE = 0.2
MOST_KEPT = 3
RESOURCES_AT_ONCE = 500


@transaction.atomic
def decide_suggestion(
    *, resource: Resource, competency: Competency, accept: bool, found: Suggested | None, by: Person, at: datetime
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
    targets = targets_of(frameworks, is_made=True)
    if targets is None or not resources:
        return 0
    accepted = accepted_for(targets, frameworks)
    asked = [asked_of(resource) for resource in resources]
    found = suggest_alignments(targets, asked, vectors=vectors_of(targets, asked), accepted=accepted, most=MOST_KEPT)
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


def ask_for_suggestions(*, school_class: Class, by: Person, at: datetime) -> None:
    """Hand over to a task: suggestions for everything of the school that has no skill of the class's frameworks yet."""
    check_teaches(by, school_class)
    audit.record("alignment.asked_for", school_class, by=by, at=at)
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
