"""Every change a person makes to a collection.

Whoever changes a collection says which state of it they saw (`seen`, from `facts_state` or `order_state`); when somebody else
changed the same since, nothing is written and a sentence says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.library.collected import facts_state, may_change, order_state
from headway.records.library.models import Collection, CollectionEntry, Resource
from headway.records.roster.models import Organisation, Person

LONGEST_TITLE, LONGEST_WHY, LONGEST_SECTION, LONGEST_ENTRY_WHY = 200, 2000, 120, 500
MOST_ENTRIES = 300
CHANGED_SINCE = gettext_noop(
    "Somebody changed this collection while you had it open. Nothing is lost: what you typed is still here, beside what is "
    "new. Look at it, then save again."
)


@dataclass(frozen=True, kw_only=True)
class EntryIn:
    """A resource's place in a collection, as a person arranged it."""

    resource_id: int
    section: str = ""
    why: str = ""


@transaction.atomic
def make_collection(
    *,
    school: Organisation,
    title: str,
    by: Person,
    at: datetime,
    why: str = "",
    theme: str = Collection.Theme.HARBOR,
    language: str = "en",
    starts_on: date | None = None,
    ends_on: date | None = None,
    is_shared: bool = True,
    entries: Sequence[EntryIn] = (),
) -> Collection:
    """Make a collection of a school, empty or with pieces (a copy of another one)."""
    facts = _checked(title=title, why=why, theme=theme, starts_on=starts_on, ends_on=ends_on)
    made = Collection.objects.create(
        school=school, language=language, is_shared=is_shared, made_by=by, changed_at=at, **facts
    )
    _write_entries(made, entries)
    audit.record("collection.made", made, by=by, at=at, pieces=len(entries))
    return made


@transaction.atomic
def change_collection(
    *,
    collection: Collection,
    title: str,
    why: str,
    theme: str,
    language: str,
    starts_on: date | None,
    ends_on: date | None,
    is_shared: bool,
    by: Person,
    at: datetime,
    seen: str | None = None,
) -> Collection:
    """Change what a collection is called, why and when it fits, and who may open it."""
    now = _locked(collection, by)
    if seen is not None and seen != facts_state(now):
        raise RuleBroken(CHANGED_SINCE)
    facts = {
        **_checked(title=title, why=why, theme=theme, starts_on=starts_on, ends_on=ends_on),
        "language": language,
        "is_shared": is_shared,
    }
    if now.is_shared and not is_shared and now.made_by_id != by.pk:
        raise RuleBroken(gettext_noop("Only the person who made this collection can keep it private. Copy it instead."))
    changed = [name for name, value in facts.items() if getattr(now, name) != value]
    if changed:
        for name in changed:
            setattr(now, name, facts[name])
        now.changed_at = at
        now.save(update_fields=[*changed, "changed_at"])
        audit.record("collection.changed", now, by=by, at=at, fields=sorted(changed))
    return now


@transaction.atomic
def arrange_collection(
    *, collection: Collection, entries: Sequence[EntryIn], by: Person, at: datetime, seen: str | None = None
) -> Collection:
    """Put a collection's pieces in this order, with these sections and reasons; who is not named is taken out."""
    now = _locked(collection, by)
    if seen is not None and seen != order_state(now):
        raise RuleBroken(CHANGED_SINCE)
    have = [
        EntryIn(resource_id=row.resource_id, section=row.section, why=row.why)
        for row in now.entries.order_by("order", "pk")
    ]
    if have != list(entries):
        _write_entries(now, entries)
        _touch(now, at)
        taken_out = len({row.resource_id for row in have} - {row.resource_id for row in entries})
        audit.record("collection.arranged", now, by=by, at=at, pieces=len(entries), taken_out=taken_out)
    return now


@transaction.atomic
def collect(
    *,
    collection: Collection,
    resource: Resource,
    by: Person,
    at: datetime,
    section: str | None = None,
    why: str = "",
    place: int | None = None,
) -> bool:
    """Add a resource to a collection, at its end or at a place; returns False when it is in it already."""
    now = _locked(collection, by)
    if not resource.is_active or (resource.school_id is not None and resource.school_id != now.school_id):
        raise NotFound
    rows = [
        EntryIn(resource_id=row.resource_id, section=row.section, why=row.why)
        for row in now.entries.order_by("order", "pk")
    ]
    if any(row.resource_id == resource.pk for row in rows):
        return False
    where = len(rows) if place is None else max(0, min(place, len(rows)))
    # Among the pieces of a section a new one belongs to the section.
    beside = rows[where - 1].section if where and section is None else section or ""
    rows.insert(where, EntryIn(resource_id=resource.pk, section=beside, why=why))
    _write_entries(now, rows)
    _touch(now, at)
    audit.record("collection.piece_added", now, by=by, at=at, resource=resource.pk)
    return True


@transaction.atomic
def take_out(*, collection: Collection, resource_id: int, by: Person, at: datetime) -> tuple[int, EntryIn] | None:
    """Take a resource out of a collection; returns where and how it stood, for the way back, or None when it was not in."""
    now = _locked(collection, by)
    rows = list(now.entries.order_by("order", "pk"))
    for place, row in enumerate(rows):
        if row.resource_id == resource_id:
            row.delete()
            _touch(now, at)
            audit.record("collection.piece_taken_out", now, by=by, at=at, resource=resource_id)
            return place, EntryIn(resource_id=resource_id, section=row.section, why=row.why)
    return None


@transaction.atomic
def take_back_collection(*, collection: Collection, by: Person, at: datetime) -> Collection:
    """Take a whole collection out of sight; its pieces stay in the library, and it can be given back."""
    return _set_active(collection, is_active=False, by=by, at=at)


@transaction.atomic
def give_back_collection(*, collection: Collection, by: Person, at: datetime) -> Collection:
    """Show a collection again that was taken back."""
    return _set_active(collection, is_active=True, by=by, at=at)


def _set_active(collection: Collection, *, is_active: bool, by: Person, at: datetime) -> Collection:
    now = _locked(collection, by)
    if now.is_active != is_active:
        now.is_active = is_active
        now.changed_at = at
        now.save(update_fields=["is_active", "changed_at"])
        audit.record("collection.given_back" if is_active else "collection.taken_back", now, by=by, at=at)
    return now


def _locked(collection: Collection, by: Person) -> Collection:
    """Return the collection as it is now, locked; "not found" for who may not change it."""
    now = Collection.objects.select_for_update().get(pk=collection.pk)
    if not may_change(by, now):
        raise NotFound
    return now


def _touch(collection: Collection, at: datetime) -> None:
    collection.changed_at = at
    collection.save(update_fields=["changed_at"])


def _write_entries(collection: Collection, entries: Sequence[EntryIn]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise RuleBroken(gettext_noop("A collection holds {most} pieces at most. Make two of it."), most=MOST_ENTRIES)
    ids = [row.resource_id for row in entries]
    if len(set(ids)) != len(ids):
        raise RuleBroken(gettext_noop("A piece stands in this collection twice. Take one of them out."))
    have = {row.resource_id: row for row in collection.entries.all()}
    fresh, changed = [], []
    for order, row in enumerate(entries):
        facts: dict[str, Any] = {
            "order": order,
            "section": row.section.strip()[:LONGEST_SECTION],
            "why": row.why.strip()[:LONGEST_ENTRY_WHY],
        }
        known = have.pop(row.resource_id, None)
        if known is None:
            fresh.append(CollectionEntry(collection=collection, resource_id=row.resource_id, **facts))
        elif any(getattr(known, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(known, name, value)
            changed.append(known)
    CollectionEntry.objects.filter(pk__in=[row.pk for row in have.values()]).delete()
    CollectionEntry.objects.bulk_update(changed, ["order", "section", "why"], batch_size=200)
    CollectionEntry.objects.bulk_create(fresh, batch_size=500)


def _checked(*, title: str, why: str, theme: str, starts_on: date | None, ends_on: date | None) -> dict[str, Any]:
    """Return the facts of a collection, or raise the sentence that says what is wrong with them."""
    if not title.strip():
        raise RuleBroken(gettext_noop("Give the collection a title, so that others find it."))
    if len(title.strip()) > LONGEST_TITLE:
        raise RuleBroken(gettext_noop("The title is too long: at most {most} letters."), most=LONGEST_TITLE)
    if len(why.strip()) > LONGEST_WHY:
        raise RuleBroken(gettext_noop("The reason is too long: at most {most} letters."), most=LONGEST_WHY)
    if theme not in Collection.Theme.values:
        raise RuleBroken(gettext_noop("Choose one of the pictures that are shown."))
    if starts_on is not None and ends_on is not None and starts_on > ends_on:
        raise RuleBroken(gettext_noop("The last day is before the first one. Change one of them."))
    return {
        "title": title.strip(),
        "why": why.strip(),
        "theme": theme,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
