"""The door out for what people of a school add to the library by hand, change, put away and bring back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from headway.core.items.practising import PracticeSettings, settings_as_json
from headway.core.library.kinds import KINDS
from headway.core.library.reading_level import measure_text
from headway.core.library.values import FileIn
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.library.actions import store_file
from headway.records.library.change_log import note_change
from headway.records.library.models import Alignment, ColumnMapping, Resource
from headway.records.library.stored import schools_within_reach
from headway.records.roster.models import Organisation, Person

OWN = "school"  # the source of what people of a school made or linked themselves
FIELDS = (
    "title", "description", "language", "kind", "uses", "minutes", "screen", "with_whom", "grade_low", "grade_high", "reading_level",
    "reading_measure", "level", "topics", "careers", "needs", "needs_adult", "needs_internet", "ways_in", "accessibility", "culture",
    "community", "steps", "text", "url", "licence", "attribution",
)  # fmt: skip
SAID_BY_A_TEACHER = "teacher"

NO_TITLE = gettext_noop("Give it a title, so that others find it.")
GRADES_TURNED = gettext_noop("The lowest grade ({low}) is above the highest ({high}). Turn them round.")
MINUTES_WRONG = gettext_noop("Minutes are a whole number from 1 to 400.")
NOT_A_FIELD = gettext_noop("“{name}” is not a part of a resource that can be changed.")


@transaction.atomic
def add_resource(
    *,
    school: Organisation,
    facts: Mapping[str, Any],
    by: Person,
    at: datetime,
    competency_ids: Iterable[int] = (),
    file: FileIn | None = None,
) -> Resource:
    """Put a resource of one's own on the school's shelf, with its skills and its file.

    Raises NotFound where the school is not the person's own, RuleBroken where the facts make no resource.
    """
    _check_reach(by, school)
    resource = Resource(school=school, source=OWN, added_by=by, added_at=at)
    _tell(resource, facts)
    if not facts.get("ways_in") and resource.kind in KINDS:
        resource.ways_in = list(KINDS[resource.kind].ways_in)
    if file is not None:
        resource.file = store_file(file=file, school=school, by=by, at=at)
    resource.save()
    _align(resource, competency_ids, by=by, at=at)
    note_change([resource.pk], at=at)
    audit.record("resource.added", resource, by=by, at=at, kind=resource.kind)
    return resource


@transaction.atomic
def change_resource(
    *,
    resource: Resource,
    facts: Mapping[str, Any],
    by: Person,
    at: datetime,
    competency_ids: Iterable[int] | None = None,
) -> tuple[str, ...]:
    """Change a resource of the school's own; returns the names of what changed. Skills not named are refused."""
    _check_reach(by, resource.school)
    was = {name: getattr(resource, name) for name in FIELDS}
    _tell(resource, facts)
    changed = tuple(name for name in FIELDS if getattr(resource, name) != was[name])
    if changed:
        resource.save(update_fields=[*changed, "word_count"])
    if competency_ids is not None and _align(resource, competency_ids, by=by, at=at):
        changed = (*changed, "skills")
    if changed:
        note_change([resource.pk], at=at)
        audit.record("resource.changed", resource, by=by, at=at, fields=list(changed))
    return changed


@transaction.atomic
def set_practice(*, resource: Resource, settings: PracticeSettings | None, by: Person, at: datetime) -> bool:
    """Say how the questions of a resource of the school's own are asked, None for as usual; returns whether that is new."""
    _check_reach(by, resource.school)
    row = Resource.objects.select_for_update().get(pk=resource.pk)
    practice = {} if settings is None else settings_as_json(settings)
    if row.practice == practice:
        return False
    row.practice = resource.practice = practice
    row.save(update_fields=["practice"])
    audit.record("resource.practice_set", row, by=by, at=at, practice=practice)
    return True


@transaction.atomic
def put_away(*, resource: Resource, by: Person, at: datetime) -> None:
    """Take a resource of the school's own off the shelf; weeks that have it keep it."""
    _set_active(resource, False, "resource.put_away", by=by, at=at)


@transaction.atomic
def bring_back(*, resource: Resource, by: Person, at: datetime) -> None:
    """Put a resource that was taken out on the shelf again."""
    _set_active(resource, True, "resource.brought_back", by=by, at=at)


@transaction.atomic
def remember_mapping(
    *,
    school: Organisation | None,
    source: str,
    header_key: str,
    columns: Mapping[str, str],
    by: Person | None,
    at: datetime,
) -> ColumnMapping:
    """Remember what the columns of a table tell, for the next one with the same columns from the same source."""
    kept = ColumnMapping.objects.filter(school=school, source=source[:60], header_key=header_key).first()
    if kept is not None and kept.columns == dict(columns):
        return kept
    kept = kept or ColumnMapping(school=school, source=source[:60], header_key=header_key)
    kept.columns, kept.made_by, kept.made_at = dict(columns), by, at
    kept.save()
    audit.record("column_mapping.remembered", kept, by=by, at=at)
    return kept


def _check_reach(by: Person, school: Organisation | None) -> None:
    """Raise NotFound unless the person belongs to the school: what is shared by all is changed by its own importer."""
    if school is None or school.pk not in schools_within_reach(by):
        raise NotFound


def _tell(resource: Resource, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if name not in FIELDS:
            raise RuleBroken(NOT_A_FIELD, name=name)
        setattr(resource, name, list(value) if isinstance(value, tuple) else value)
    resource.title = " ".join(resource.title.split())[:300]
    if not resource.title:
        raise RuleBroken(NO_TITLE)
    if resource.grade_low > resource.grade_high:
        raise RuleBroken(GRADES_TURNED, low=resource.grade_low, high=resource.grade_high)
    if not 1 <= resource.minutes <= 400:
        raise RuleBroken(MINUTES_WRONG)
    if facts.get("reading_level"):
        resource.reading_measure = SAID_BY_A_TEACHER
    if resource.text and (not resource.reading_level or resource.reading_measure != SAID_BY_A_TEACHER):
        measured = measure_text(resource.text, resource.language)
        resource.reading_level, resource.reading_measure = measured.grade, measured.measure
        resource.word_count = measured.word_count


def _align(resource: Resource, competency_ids: Iterable[int], *, by: Person, at: datetime) -> bool:
    """Let the resource help with exactly these skills, the first one most; returns whether that is new."""
    wanted = list(dict.fromkeys(competency_ids))
    have = {row.competency_id: row for row in resource.alignments.all()}
    is_new = False
    for place, competency_id in enumerate(wanted):
        row = have.pop(competency_id, None) or Alignment(resource=resource, competency_id=competency_id)
        if row.pk and row.status == Alignment.Status.ACCEPTED and row.is_primary == (place == 0):
            continue
        if not row.pk:
            row.source, row.confidence = "person", 1.0
        row.status, row.is_primary, row.decided_by, row.decided_at = Alignment.Status.ACCEPTED, place == 0, by, at
        row.save()
        is_new = True
    for row in have.values():
        if row.status == Alignment.Status.ACCEPTED:
            row.status, row.is_primary, row.decided_by, row.decided_at = Alignment.Status.REFUSED, False, by, at
            row.save()
            is_new = True
    return is_new


def _set_active(resource: Resource, is_active: bool, verb: str, *, by: Person, at: datetime) -> None:
    _check_reach(by, resource.school)
    if resource.is_active == is_active:
        return
    resource.is_active = is_active
    resource.save(update_fields=["is_active"])
    note_change([resource.pk], at=at)
    audit.record(verb, resource, by=by, at=at)
