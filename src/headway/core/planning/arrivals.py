"""What a device did without a connection, as plain values: when it really happened, and in which order it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

VERBS = ("answer", "start", "finish", "reopen", "choose")
# A device may lie in a drawer over the holidays. What claims to be older has a clock that nobody set.
LONGEST_AWAY = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing a student did, named by an id that the device made.

    `happened_at` is what the device's clock said, `clock_behind` by how much that clock was behind the server's when it
    happened (None where the device did not know). `number` counts the device's operations, `seconds` how long the question
    was open. `fields` are the fields of the form, by name.
    """

    client_id: UUID
    verb: str
    block: UUID
    item: UUID | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    happened_at: datetime
    clock_behind: timedelta | None = None
    number: int = 0
    seconds: float | None = None


def moment_of(operation: Operation, *, device_now: datetime, at: datetime) -> datetime:
    """Return when an operation happened by the server's clock.

    What the device knew of its clock then is used; else the difference between its clock now and `at`, when its message was
    received. Nothing happens after `at`, and nothing longer ago than sixty days.
    """
    behind = at - device_now if operation.clock_behind is None else operation.clock_behind
    try:
        moment = operation.happened_at + behind
    except OverflowError:
        return at
    return min(at, max(at - LONGEST_AWAY, moment))


def in_order(
    operations: Iterable[Operation], *, device_now: datetime, at: datetime
) -> list[tuple[datetime, Operation]]:
    """Return operations with their moments, as they happened; where the clock does not tell, as the device counted."""
    dated = [(moment_of(each, device_now=device_now, at=at), each) for each in operations]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].number))
