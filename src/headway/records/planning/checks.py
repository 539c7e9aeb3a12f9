"""May this be done to this week or block now? Each rule is a sentence that raises; its twin asks."""

from __future__ import annotations

from collections.abc import Iterable

from headway.core.planning import Breach, PlanState, check_move
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.planning.models import Block, Week
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Person

# What no teacher can do either: time is not made, and a lock is opened before it is passed.
HARD_GUARDRAILS = frozenset({"day_minutes", "locked"})
OPEN_STATES = frozenset({PlanState.DRAFT, PlanState.APPROVED, PlanState.CHANGED})
SHOWN_STATES = frozenset({PlanState.APPROVED, PlanState.CHANGED, PlanState.CLOSED})


STALE = gettext_noop("This week was changed a moment ago. It is shown as it is now: look again, then decide.")


def check_version(week: Week, version: int | None) -> None:
    """Raise when the page that asks was made before somebody changed the week; None means "as it is now"."""
    if version is not None and version != week.version:
        raise RuleBroken(STALE)


def check_open(week: Week) -> None:
    """Raise when a week is over."""
    if PlanState(week.status) not in OPEN_STATES:
        raise RuleBroken(gettext_noop("This week is closed. What was planned and done stays as it is."))


def check_approve(week: Week) -> None:
    """Raise unless the week may be approved now."""
    if not week.blocks.exists():
        raise RuleBroken(gettext_noop("There is nothing in this week yet. Draft it, or add a block, then approve."))
    check_move(PlanState(week.status), PlanState.APPROVED)


def check_plans(by: Person | None, week: Week) -> None:
    """Raise unless `by` teaches the class; the command line (nobody) may."""
    if by is not None:
        check_teaches(by, week.class_week.school_class)


def check_not_begun(block: Block) -> None:
    """Raise when the student has begun a block: their work stays where they left it."""
    if block.started_at is not None or block.finished_at is not None:
        raise RuleBroken(gettext_noop("{name} has begun this, so it stays."), name=block.week.student.given_name)


def check_unlocked(block: Block) -> None:
    """Raise when a block is locked."""
    if block.is_locked:
        raise RuleBroken(gettext_noop("This block is locked. Unlock it first."))


def check_not_in_group(block: Block) -> None:
    """Raise when a block is a seat in a group: the group has its time, and the others come then."""
    if block.group_id is not None:
        raise RuleBroken(gettext_noop("The group meets at this time. Swap the block, or end the group."))


def check_edit(new: Iterable[Breach]) -> None:
    """Raise for what an edit may never break."""
    for breach in new:
        if breach.guardrail in HARD_GUARDRAILS:
            raise RuleBroken(breach.sentence, **breach.facts)


def check_at_work(block: Block) -> None:
    """Raise unless a student may work in this block now."""
    if PlanState(block.week.status) not in {PlanState.APPROVED, PlanState.CHANGED}:
        raise RuleBroken(gettext_noop("This week is over. Your work is kept; ask your teacher if you want to go on."))
