"""How far drafting is: of one class while its teacher watches, of a run, of a school. Numbers only, and no child's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from headway.core.shared.errors import NotFound
from headway.records.planning.models import PlanRunClass

# Somebody who drafts says so every second or so; who has said nothing for so long was stopped.
LEASE = timedelta(seconds=60)
HEARD_AT, WORKER = "heard_at", "worker"


@dataclass(frozen=True, kw_only=True)
class ClassProgress:
    """How far the drafting of one class is; a refusal has its sentence and facts."""

    run_class_id: int
    class_id: int
    state: str
    done: int
    total: int
    weeks: int
    sentence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_stalled: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in OVER


OVER = frozenset({PlanRunClass.State.DONE, PlanRunClass.State.OFF, PlanRunClass.State.REFUSED})
OPEN = (PlanRunClass.State.WAITING, PlanRunClass.State.RUNNING)


def progress_of(run_class_id: int, *, at: datetime | None = None) -> ClassProgress:
    """Return how far the drafting of a class is; ask only for a class that the viewer may see.

    With a moment it also says whether whoever drafted was stopped.
    """
    row = PlanRunClass.objects.select_related("run").filter(pk=run_class_id).first()
    if row is None:
        raise NotFound
    return progress_from(row, at=at)


def progress_from(row: PlanRunClass, *, at: datetime | None = None) -> ClassProgress:
    """Return a class's row of a run as plain values."""
    return ClassProgress(
        run_class_id=row.pk,
        class_id=row.school_class_id,
        state=row.state,
        done=row.done,
        total=row.total,
        weeks=row.weeks,
        sentence=row.told.get("sentence", ""),
        facts=row.told.get("facts", {}),
        is_stalled=at is not None and is_stalled(row, at),
    )


def is_stalled(row: PlanRunClass, at: datetime) -> bool:
    """Return whether a class is neither drafted nor being drafted by anybody who is still there."""
    if row.state not in OPEN:
        return False
    heard = row.told.get(HEARD_AT)
    newest = datetime.fromisoformat(heard) if heard else row.run.started_at
    return newest + LEASE < at
