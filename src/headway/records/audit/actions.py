"""The one way to write an audit row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import models

from headway.records.audit.models import Event

EVENT_DAYS = 3 * 365 + 1


class Somebody(Protocol):
    """Anyone with a UUID; the lowest room knows no people."""

    uuid: Any


def _event(verb: str, thing: models.Model, by: Somebody | None, at: datetime, facts: dict[str, object]) -> Event:
    by_uuid: UUID | None = by.uuid if by is not None else None
    return Event(
        at=at, by_uuid=by_uuid, verb=verb, noun=thing._meta.model_name or "", record_id=str(thing.pk), facts=facts
    )


def record(verb: str, thing: models.Model, *, by: Somebody | None, at: datetime, **facts: object) -> None:
    """Write that `by` did `verb` to `thing` at `at`; call it inside the change's transaction."""
    _event(verb, thing, by, at, facts).save(force_insert=True)


def record_many(
    verb: str, things: Iterable[models.Model], *, by: Somebody | None, at: datetime, **facts: object
) -> None:
    """Write one row for each thing, in one statement per thousand."""
    Event.objects.bulk_create([_event(verb, thing, by, at, facts) for thing in things], batch_size=1000)


def forget_old_events(*, at: datetime) -> int:
    """Delete events whose time is over, as the retention policy says; returns how many."""
    count, _by_table = Event.objects.filter(at__lt=at - timedelta(days=EVENT_DAYS)).delete()
    return count
