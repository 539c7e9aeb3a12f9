"""The door out for imports: begun, moved on, ended with a report that stays, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from headway.records.audit import actions as audit
from headway.records.library.change_log import note_delivery
from headway.records.library.models import Delivery, StoredFile
from headway.records.library.stored import is_stalled
from headway.records.roster.models import Organisation, Person

STARTED = "is_started"  # a person has looked at the file and said that it may come in


@transaction.atomic
def begin_delivery(
    *,
    format: str,
    source: str,
    name: str,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    original: StoredFile | None = None,
    options: Mapping[str, Any] | None = None,
) -> Delivery:
    """Write down that an import begins; nothing has come in yet."""
    delivery = Delivery.objects.create(
        format=format[:40],
        source=source[:60],
        name=name[:200],
        school=school,
        original=original,
        options=dict(options or {}),
        started_by=by,
        started_at=at,
    )
    audit.record("delivery.begun", delivery, by=by, at=at)
    return delivery


def move_delivery_on(*, delivery: Delivery, step: str, done: int, total: int | None, at: datetime) -> None:
    """Write down how far an import is, for the page that shows it; no audit row, nothing changed yet."""
    Delivery.objects.filter(pk=delivery.pk).exclude(state__in=[Delivery.State.DONE, Delivery.State.REFUSED]).update(
        state=Delivery.State.READING, step=step[:200], done=done, total=total, seen_at=at
    )


@transaction.atomic
def end_delivery(*, delivery: Delivery, report: Mapping[str, Any], by: Person | None, at: datetime) -> None:
    """Write the report of an import, in the transaction that took its rows in, and tell the search indexes."""
    _close(delivery, Delivery.State.DONE, report, at)
    note_delivery(delivery, at=at)
    audit.record("delivery.taken", delivery, by=by, at=at, taken=dict(report.get("taken", {})))


@transaction.atomic
def refuse_delivery(*, delivery: Delivery, report: Mapping[str, Any], by: Person | None, at: datetime) -> None:
    """Write why an import was refused whole; nothing of it came in."""
    _close(delivery, Delivery.State.REFUSED, report, at)
    audit.record("delivery.refused", delivery, by=by, at=at)


def _close(delivery: Delivery, state: str, report: Mapping[str, Any], at: datetime) -> None:
    delivery.state, delivery.report, delivery.finished_at, delivery.seen_at = state, dict(report), at, at
    delivery.save(update_fields=["state", "report", "finished_at", "seen_at"])


@transaction.atomic
def start_delivery(*, delivery: Delivery, options: Mapping[str, Any], by: Person | None, at: datetime) -> None:
    """Let an import that was looked at begin, with what its reader must know beside the file."""
    delivery.options, delivery.state, delivery.seen_at = {**options, STARTED: True}, Delivery.State.WAITING, at
    delivery.save(update_fields=["options", "state", "seen_at"])
    audit.record("delivery.started", delivery, by=by, at=at)


@transaction.atomic
def take_up_delivery(*, delivery: Delivery, by: Person | None, at: datetime) -> bool:
    """Take an import in hand unless it is over or somebody else has it in hand; returns whether it was taken.

    Nothing of an import comes in before its end, so one that was stopped is simply begun again.
    """
    now = Delivery.objects.select_for_update().get(pk=delivery.pk)
    is_over = now.state in {Delivery.State.DONE, Delivery.State.REFUSED}
    is_in_hand = now.state == Delivery.State.READING and not is_stalled(now, at=at)
    if is_over or is_in_hand:
        return False
    now.state, now.seen_at, now.done, now.step = Delivery.State.READING, at, 0, ""
    now.save(update_fields=["state", "seen_at", "done", "step"])
    audit.record("delivery.taken_up", now, by=by, at=at)
    return True
