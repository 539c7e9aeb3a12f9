"""The life of a week plan."""

from __future__ import annotations

from enum import StrEnum

from headway.core.shared.errors import RuleBroken, gettext_noop


class PlanState(StrEnum):
    """Where a plan is: in pencil, in ink, changed since, or over."""

    DRAFT = "draft"
    APPROVED = "approved"
    CHANGED = "changed"
    CLOSED = "closed"


NEXT_STATES = {
    PlanState.DRAFT: frozenset({PlanState.APPROVED, PlanState.CLOSED}),
    PlanState.APPROVED: frozenset({PlanState.CHANGED, PlanState.DRAFT, PlanState.CLOSED}),
    PlanState.CHANGED: frozenset({PlanState.APPROVED, PlanState.DRAFT, PlanState.CLOSED}),
    PlanState.CLOSED: frozenset(),
}


CANNOT = {
    PlanState.DRAFT: gettext_noop("This week is a draft already."),
    PlanState.APPROVED: gettext_noop("This week is approved already."),
    PlanState.CHANGED: gettext_noop("This week was changed since it was approved. Approve it again, or open it again."),
    PlanState.CLOSED: gettext_noop("This week is closed. What was planned and done stays as it is."),
}


def check_move(now: PlanState, to: PlanState) -> None:
    """Raise RuleBroken unless a plan in state `now` may become `to`."""
    if to not in NEXT_STATES[now]:
        raise RuleBroken(CANNOT[now])
