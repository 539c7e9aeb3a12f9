"""The change log that every search index follows: a line for each resource that changed, or for a whole delivery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from headway.records.library.models import Delivery, ShelfChange

LINE_DAYS = 30
_WRITERS_OF_THE_LOG = 7_214_301  # any number, the same on every machine


def note_change(resource_ids: Iterable[int], *, at: datetime) -> None:
    """Write a line for each resource, inside the change's own transaction."""
    numbers = sorted(set(resource_ids))
    if numbers:
        _take_turns()
        ShelfChange.objects.bulk_create([ShelfChange(resource_number=each, at=at) for each in numbers], batch_size=300)


def note_delivery(delivery: Delivery, *, at: datetime) -> None:
    """Write one line for all that a delivery brought, inside its transaction."""
    _take_turns()
    ShelfChange.objects.create(delivery_number=delivery.pk, at=at)


def forget_old_lines(*, at: datetime) -> int:
    """Delete lines older than thirty days but the newest one; an index that is behind them is built anew."""
    newest = ShelfChange.objects.aggregate(newest=Max("pk"))["newest"] or 0
    count, _by_table = ShelfChange.objects.filter(at__lt=at - timedelta(days=LINE_DAYS), pk__lt=newest).delete()
    return count


def _take_turns() -> None:
    """Let lines be committed in the order of their numbers, so that who has read up to one has missed none before it.

    SQLite has one writer anyway; on PostgreSQL writers of the log take turns until they commit.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITERS_OF_THE_LOG])
