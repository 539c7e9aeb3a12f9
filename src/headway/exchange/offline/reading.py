"""Takes in what a device did while it was away: each thing by itself, each exactly once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from headway.core.shared.errors import gettext_noop
from headway.exchange.offline import wire
from headway.records.planning import arrivals

if TYPE_CHECKING:
    from headway.records.roster.models import Person

# What a device is told about one thing. It forgets nothing but what was received or is known already.
KEPT, REFUSED = "kept", "refused"
SOMEBODY_ELSES = gettext_noop("This is somebody else’s work. It stays on this device until they sign in again.")


def take(body: bytes, *, student: Person, at: datetime) -> list[dict[str, Any]]:
    """Take a message of a device and return an answer for each thing in it, with its id, status and sentence.

    Status: received, known (it was received before), refused (with a sentence; it will not be taken), or kept (not now: it
    stays on the device). Work of another student than the one who is signed in is kept. Raises RuleBroken where the body is
    no message.
    """
    inbox = wire.parse_inbox(body)
    if inbox.student != student.uuid:
        ids = [str(each.client_id) for each in inbox.operations] + [each.client_id for each in inbox.refused]
        return [{"client_id": name, "status": KEPT, "sentence": SOMEBODY_ELSES} for name in ids]
    answers = arrivals.receive(
        student=student,
        device=inbox.device,
        operations=inbox.operations,
        device_now=inbox.device_now,
        by=student,
        at=at,
    )
    refused = [
        {"client_id": each.client_id, "status": REFUSED, "sentence": each.sentence, "facts": dict(each.facts)}
        for each in inbox.refused
    ]
    return answers + refused
