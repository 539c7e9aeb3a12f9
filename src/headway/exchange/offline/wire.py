"""The messages of a device that was away: what it did, and what it is told about each thing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from headway.core.planning.arrivals import VERBS, Operation
from headway.core.shared.errors import RuleBroken, gettext_noop

FORM = "headway-offline-1"
MOST_OPERATIONS, MOST_FIELDS, MOST_VALUES = 100, 400, 400
LONGEST_NAME, LONGEST_VALUES = 300, 60_000
LONGEST_SECONDS = 24 * 3600.0

NO_MESSAGE = gettext_noop("This is not a message from a device. Reload the page; what you did is still on this device.")
TOO_MANY = gettext_noop("This message holds more than {most} things at once. Send them in smaller parts.")
NO_ID = gettext_noop("Something came without a name of its own, so it cannot be taken.")
NO_VERB = gettext_noop("The server does not know what “{verb}” means. Reload the page and do it again.")
NO_PLACE = gettext_noop(
    "This answer does not say which task or question it belongs to. Open the question and answer again."
)
NO_MOMENT = gettext_noop("This answer does not say when it was given. Open the question and answer again.")
TOO_LONG = gettext_noop("This answer is too long to be sent. Make it shorter and check it again.")


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something in a message that cannot be read, by the id it came with; `sentence` says why."""

    client_id: str
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """A message: whose work it is, from which device, what its clock said when it was sent, and what was done."""

    student: UUID
    device: UUID
    device_now: datetime
    operations: tuple[Operation, ...]
    refused: tuple[Refused, ...]


def parse_inbox(body: bytes) -> Inbox:
    """Return what a device says. One thing that cannot be read is refused by itself; the others are taken.

    Raises RuleBroken where the whole is no message.
    """
    try:
        raw = json.loads(body)
        student, device = UUID(raw["student"]), UUID(raw["device"])
        device_now = _moment(raw["device_now"])
        rows = raw["operations"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise RuleBroken(NO_MESSAGE) from None
    if not isinstance(rows, list):
        raise RuleBroken(NO_MESSAGE)
    if len(rows) > MOST_OPERATIONS:
        raise RuleBroken(TOO_MANY, most=MOST_OPERATIONS)
    operations: dict[UUID, Operation] = {}
    refused = []
    for row in rows:
        try:
            operation = parse_operation(row)
            operations.setdefault(operation.client_id, operation)
        except RuleBroken as rule:
            name = row.get("client_id", "") if isinstance(row, dict) else ""
            refused.append(Refused(client_id=str(name)[:80], sentence=rule.sentence, facts=rule.facts))
    return Inbox(
        student=student,
        device=device,
        device_now=device_now,
        operations=tuple(operations.values()),
        refused=tuple(refused),
    )


def parse_operation(row: Any) -> Operation:
    """Return one thing that was done; raises RuleBroken with a sentence for the student."""
    if not isinstance(row, dict):
        raise RuleBroken(NO_ID)
    client_id = _uuid(row.get("client_id"), NO_ID)
    verb = row.get("verb")
    if verb not in VERBS:
        raise RuleBroken(NO_VERB, verb=str(verb)[:40])
    block = _uuid(row.get("block"), NO_PLACE)
    item = _uuid(row.get("item"), NO_PLACE) if verb == "answer" else None
    try:
        happened_at = _moment(row.get("happened_at"))
        behind = row.get("clock_behind_ms")
        clock_behind = None if behind is None else timedelta(milliseconds=float(str(behind)))
    except (ValueError, TypeError, OverflowError):
        raise RuleBroken(NO_MOMENT) from None
    number, seconds = row.get("number"), row.get("seconds")
    return Operation(
        client_id=client_id,
        verb=verb,
        block=block,
        item=item,
        fields=_fields(row.get("fields")),
        happened_at=happened_at,
        clock_behind=clock_behind,
        number=number if isinstance(number, int) else 0,
        seconds=_seconds(seconds),
    )


def _seconds(value: object) -> float | None:
    """Return how long a question was open, None where a device says nonsense."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        return None
    return float(min(value, LONGEST_SECONDS))


def _uuid(value: object, sentence: str) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else UUID("")
    except ValueError:
        raise RuleBroken(sentence) from None


def _moment(value: Any) -> datetime:
    """Return a moment with its zone; a device without one speaks of UTC."""
    moment = datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _fields(value: object) -> dict[str, tuple[str, ...]]:
    """Return a form's fields: pairs of a name and what was typed or chosen, in the order of the page."""
    if value is None:
        return {}
    if not isinstance(value, list) or len(value) > MOST_FIELDS:
        raise RuleBroken(TOO_LONG)
    fields: dict[str, list[str]] = {}
    size = 0
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair)):
            raise RuleBroken(TOO_LONG)
        name, text = pair[0], pair[1].replace("\x00", "")
        size += len(text)
        if len(name) > LONGEST_NAME or size > LONGEST_VALUES:
            raise RuleBroken(TOO_LONG)
        fields.setdefault(name, []).append(text)
    return {name: tuple(texts) for name, texts in fields.items()}


# --- what goes out ----------------------------------------------------------------------------------------------------


def build_reply(answers: Sequence[Mapping[str, Any]], *, at: datetime, token: str) -> dict[str, Any]:
    """Return what a device is told: each thing by its id, the server's clock, and a token for the next message."""
    return {"form": FORM, "now": at.isoformat(), "token": token, "answers": list(answers)}


def build_pack(
    *, student: UUID, language: str, pages: Mapping[str, str], files: Sequence[str], at: datetime
) -> dict[str, Any]:
    """Return the list of what a device keeps for a week: addresses of pages with a hash each, and of files.

    A page with another hash than last time is fetched again; `version` is another one when any of them is.
    """
    rows = [{"address": address, "hash": page} for address, page in pages.items()]
    version = hash_of(language, *(text for row in rows for text in row.values()), *files)
    return {
        "form": FORM,
        "student": str(student),
        "language": language,
        "version": version,
        "now": at.isoformat(),
        "pages": rows,
        "files": list(files),
    }


def hash_of(*facts: object) -> str:
    """Return sixteen hexadecimal digits that are others when a fact is another one."""
    return sha256("\x1f".join(str(fact) for fact in facts).encode()).hexdigest()[:16]
