"""What would move a mastery, and when to look again, for a whole map of skills at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from headway.core.evidence.learner_model import estimate
from headway.core.evidence.methods import Method
from headway.core.evidence.outlook import next_check, right_answers_until_secure
from headway.records.evidence import queries as evidence
from headway.records.evidence.versions import model_of

if TYPE_CHECKING:
    from headway.records.roster.models import Person

SOON_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """One skill's outlook: right answers until it is secure (0 when it is, None when nobody can say), days until a new look."""

    missing: int | None
    days_to_look: int | None

    @property
    def is_due(self) -> bool:
        """Whether it asks for a new look now."""
        return self.days_to_look == 0

    @property
    def is_due_soon(self) -> bool:
        """Whether it will ask for a new look within two weeks."""
        return self.days_to_look is not None and 0 < self.days_to_look <= SOON_DAYS


def outlooks(student: Person, competency_ids: Iterable[int], *, at: datetime) -> dict[int, Outlook]:
    """Return the outlook of each skill that something was seen of."""
    found, versions = evidence.known([student], competency_ids, at=at)
    looked = {}
    for (_student, competency), known in found.items():
        model = model_of(versions.get(student.pk, ""))
        shown = estimate(model, known, at=at)
        if not shown.pieces:
            continue
        # Other methods would need every piece read back; their steps stand beside each skill.
        is_model = known.rule.method is Method.MODEL
        check = next_check(model, known, shown, at=at)
        looked[competency] = Outlook(
            missing=right_answers_until_secure(model, known, (), at=at) if is_model else None,
            days_to_look=None if check is None else 0 if shown.is_stale else max(1, math.floor(check.days)),
        )
    return looked
