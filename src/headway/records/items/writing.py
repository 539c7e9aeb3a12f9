"""The door out for questions that people of a school write: new, changed, in another language, put away, moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Max

from headway.core.items import plain
from headway.core.items.document import parse_item
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.items import documents
from headway.records.items.models import Item, ItemFile
from headway.records.library import queries as library
from headway.records.library import shelving
from headway.records.library.models import Resource
from headway.records.library.stored import schools_within_reach
from headway.records.roster.models import Organisation, Person
from headway.records.standards.models import Competency

LONGEST_TITLE = 300
MOST_QUESTIONS = 200
# What a set is for and how it is worked on, until somebody says more on the page of the resource.
SET_OF_QUESTIONS: Mapping[str, Any] = {
    "kind": "practice",
    "uses": ["essential", "choice"],
    "screen": "either",
    "with_whom": "alone",
    "level": "usual",
    "minutes": 15,
}

RICHER_THAN_THE_FORM = gettext_noop(
    "This question came from another program and holds more than this form. Change it there and bring it in again."
)
SAME_LANGUAGE = gettext_noop("The question is in this language already. Choose another one.")
HAS_VARIANT = gettext_noop("There is a question in this language already. Open it to change it.")
TOO_MANY = gettext_noop("A set holds at most {most} questions. Begin another one.")
NOT_ITS_SET = gettext_noop("This question belongs to another set.")


@transaction.atomic
def make_set(
    *,
    school: Organisation,
    title: str,
    language: str,
    by: Person,
    at: datetime,
    competency_ids: Iterable[int] = (),
    **facts: Any,
) -> Resource:
    """Put an empty set of questions on the school's shelf.

    Raises NotFound where the school is not the person's own, RuleBroken where the title is missing.
    """
    told = {**SET_OF_QUESTIONS, "title": title, "language": language, "attribution": by.formal_name, **facts}
    return shelving.add_resource(school=school, facts=told, competency_ids=competency_ids, by=by, at=at)


@transaction.atomic
def write_question(
    *,
    resource: Resource,
    raw: Mapping[str, Any],
    by: Person,
    at: datetime,
    competency: Competency | None = None,
    item: Item | None = None,
) -> Item:
    """Write a question of a set, a new one at its end or `item` anew; what it was before is kept as a version.

    `raw` is the plain form (`core.items.plain`); its id is given here. Raises ItemInvalid with what is missing, NotFound
    where the set is not of a school of the person's own, RuleBroken where the question holds more than the plain form.
    """
    _check_reach(by, resource)
    if item is None:
        return _add(resource, raw, competency, by=by, at=at)
    kept = Item.objects.select_for_update().get(pk=item.pk)
    if kept.resource_id != resource.pk:
        raise RuleBroken(NOT_ITS_SET)
    before = parse_item(kept.document)
    if plain.read_plain(before) is None:
        raise RuleBroken(RICHER_THAN_THE_FORM)
    question = plain.normal_form({**raw, "id": before.identifier})
    return _change(kept, question, competency, by=by, at=at)


@transaction.atomic
def write_variant(
    *,
    item: Item,
    raw: Mapping[str, Any],
    language: str,
    by: Person,
    at: datetime,
    set_title: str = "",
) -> Item:
    """Write a question in another language. It stands in the door of its set in that language, which is made if need be.

    `set_title` is the title of a door that has to be made. Raises as `write_question` does, and RuleBroken where the
    question is in this language or has a variant in it.
    """
    _check_reach(by, item.resource)
    first = item.variant_of or item
    if language == first.language:
        raise RuleBroken(SAME_LANGUAGE)
    if first.variants.filter(language=language, put_away_at=None).exists():
        raise RuleBroken(HAS_VARIANT)
    door = _door(first.resource, language, set_title, by=by, at=at)
    made = _add(door, {**raw, "language": language}, first.competency, by=by, at=at, order=first.order)
    made.variant_of = first
    made.save(update_fields=["variant_of"])
    ItemFile.objects.bulk_create(ItemFile(item=made, path=row.path, file_id=row.file_id) for row in item.files.all())
    return made


@transaction.atomic
def put_question_away(*, item: Item, by: Person, at: datetime) -> None:
    """Ask a question no more; answers that were given to it stay."""
    _set_put_away(item, at, "item.put_away", by=by, at=at)


@transaction.atomic
def bring_question_back(*, item: Item, by: Person, at: datetime) -> None:
    """Ask a question again that was put away, where it stood."""
    _set_put_away(item, None, "item.brought_back", by=by, at=at)


@transaction.atomic
def move_question(*, item: Item, by_places: int, by: Person, at: datetime) -> int:
    """Move a question in its set, up (-1) or down (1); returns its new place, counted from 1."""
    _check_reach(by, item.resource)
    rows = list(Item.objects.select_for_update().filter(resource=item.resource_id, put_away_at=None))
    place = next((place for place, row in enumerate(rows) if row.pk == item.pk), None)
    if place is None:
        raise NotFound
    wanted = max(0, min(len(rows) - 1, place + by_places))
    if wanted != place:
        rows.insert(wanted, rows.pop(place))
        changed = [row for order, row in enumerate(rows) if row.order != order]
        for order, row in enumerate(rows):
            row.order = order
        Item.objects.bulk_update(changed, ["order"])
        audit.record("item.moved", item, by=by, at=at, place=wanted + 1)
    return wanted + 1


@transaction.atomic
def restore_version(*, item: Item, version: int, by: Person, at: datetime) -> Item:
    """Let a question be again what it was in a former version; what it is now is kept as a version, too."""
    _check_reach(by, item.resource)
    kept = Item.objects.select_for_update().get(pk=item.pk)
    was = kept.versions.filter(version=version).first()
    question = plain.read_plain(parse_item(was.document)) if was is not None else None
    if question is None:
        raise NotFound
    return _change(kept, question, kept.competency, by=by, at=at)


def _check_reach(by: Person, resource: Resource) -> None:
    """Raise NotFound unless the person belongs to the school of the set: what all share is changed by its importer."""
    if resource.school_id is None or resource.school_id not in schools_within_reach(by):
        raise NotFound


def _add(
    resource: Resource,
    raw: Mapping[str, Any],
    competency: Competency | None,
    *,
    by: Person,
    at: datetime,
    order: int | None = None,
) -> Item:
    if resource.items.filter(put_away_at=None).count() >= MOST_QUESTIONS:
        raise RuleBroken(TOO_MANY, most=MOST_QUESTIONS)
    uuid = uuid4()
    question = plain.normal_form({"language": resource.language, **raw, "id": f"q-{uuid}"})
    if order is None:
        last = resource.items.aggregate(last=Max("order"))["last"]
        order = 0 if last is None else last + 1
    made = Item(uuid=uuid, resource=resource, competency=competency, order=order, source=shelving.OWN)
    _tell(made, question)
    made.save()
    audit.record("item.written", made, by=by, at=at, kind=made.kind)
    return made


def _change(
    kept: Item, question: Mapping[str, Any], competency: Competency | None, *, by: Person, at: datetime
) -> Item:
    was = kept.document
    _tell(kept, question)
    is_new = kept.document != was
    if is_new:
        documents.keep_versions([kept], at=at)
        kept.version += 1
    if is_new or kept.competency_id != (competency.pk if competency else None):
        kept.competency = competency
        kept.save()
        audit.record("item.changed", kept, by=by, at=at, version=kept.version)
    return kept


def _tell(item: Item, question: Mapping[str, Any]) -> None:
    item.language = question["language"]
    for name, value in documents.facts_of(plain.write_plain(question)).items():
        setattr(item, name, value)


def _door(resource: Resource, language: str, title: str, *, by: Person, at: datetime) -> Resource:
    """Return the door of a set in a language, made with the set's own facts where there is none."""
    doors = library.doors_of(resource)
    found = next((door for door in doors if door.language == language and door.school_id == resource.school_id), None)
    if found is not None:
        return found
    if resource.school is None:
        raise NotFound
    facts = {name: getattr(resource, name) for name in shelving.FIELDS if name not in ("text", "steps", "description")}
    facts |= {"language": language, "title": title or resource.title, "reading_level": 0.0, "reading_measure": ""}
    skills = [row.competency_id for row in resource.alignments.filter(status="accepted").order_by("-is_primary", "pk")]
    made = shelving.add_resource(school=resource.school, facts=facts, competency_ids=skills, by=by, at=at)
    made.variant_of = resource.variant_of or resource
    made.save(update_fields=["variant_of"])
    return made


def _set_put_away(item: Item, put_away_at: datetime | None, verb: str, *, by: Person, at: datetime) -> None:
    _check_reach(by, item.resource)
    kept = Item.objects.select_for_update().get(pk=item.pk)
    if (kept.put_away_at is None) == (put_away_at is None):
        return
    kept.put_away_at = item.put_away_at = put_away_at
    kept.save(update_fields=["put_away_at"])
    audit.record(verb, kept, by=by, at=at)
