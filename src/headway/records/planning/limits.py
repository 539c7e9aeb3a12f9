"""What the system may do by itself in a class, and by which weights it thinks: read here, changed in `automation.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from headway.core.planning import Weights
from headway.core.planning.dials import LIMITS, weights_from
from headway.core.shared.errors import HeadwayError, RuleBroken, gettext_noop
from headway.records.planning.models import Automation, ClassWeek, PlanChange, PlanRules, PlanWeights
from headway.records.roster.models import Class, Organisation

IS_OFF = gettext_noop(
    "Automation is off for this class, so nothing is drafted. Build the week by hand, copy the last one, or change it "
    "under “Rules for planning”."
)


def automation_of(school_class: Class) -> str:
    """Return how much the system may do by itself in a class: off, suggest or do."""
    found = PlanRules.objects.filter(school_class=school_class).values_list("automation", flat=True).first()
    return found or Automation.SUGGEST.value


def automation_of_all(school_classes: Iterable[Class]) -> dict[int, str]:
    """Return the same for many classes by class id, in one query; a class that is not there has the usual."""
    rows = PlanRules.objects.filter(school_class__in=list(school_classes))
    return dict(rows.values_list("school_class_id", "automation"))


def check_may_draft(school_class: Class) -> None:
    """Raise when the class plans by hand: then nothing is drafted, whoever asks."""
    if automation_of(school_class) == Automation.OFF:
        raise RuleBroken(IS_OFF)


def why_not_draft(school_class: Class) -> HeadwayError | None:
    """Return why nothing is drafted for a class, or None."""
    try:
        check_may_draft(school_class)
    except RuleBroken as broken:
        return broken
    return None


SWITCHES = ("automation", "may_move_on")


def limits_now(rules: PlanRules) -> dict[str, Any]:
    """Return a class's limits as plain values, as they are set: shares in percent."""
    found = {name: getattr(rules, name) for name in (*SWITCHES, *(dial.name for dial in LIMITS))}
    found["review_share_cap"] = round(100 * rules.review_share_cap)
    return found


# --- weights ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WeightsInForce:
    """The weights that hold, and the row that says so: None when nobody has chosen any."""

    weights: Weights
    row: PlanWeights | None = None


def weights_in_force(organisation: Organisation) -> WeightsInForce:
    """Return the weights of a school: its own, else its district's, else the usual ones."""
    places = [pk for pk in (organisation.pk, organisation.parent_id) if pk is not None]
    rows = PlanWeights.objects.filter(organisation__in=places).select_related("organisation", "set_by")
    newest: dict[int, PlanWeights] = {}
    for row in rows.order_by("set_at", "pk"):
        newest[row.organisation_id] = row
    for pk in places:
        chosen = newest.get(pk)
        if chosen is not None and chosen.values:  # an empty row ends what was chosen before
            return WeightsInForce(weights=weights_of(chosen), row=chosen)
    return WeightsInForce(weights=Weights())


def weights_of(row: PlanWeights) -> Weights:
    """Return the weights of a row; what was kept under wider ranges than today's falls back to the usual."""
    try:
        return weights_from(row.values)
    except RuleBroken:
        return Weights()


def weights_for(school_class: Class) -> Weights:
    """Return the weights by which a class's weeks are drafted."""
    return weights_in_force(school_class.school).weights


def weights_history(organisation: Organisation, *, limit: int = 12) -> list[PlanWeights]:
    """Return what an organisation chose, newest first."""
    rows = PlanWeights.objects.filter(organisation=organisation).select_related("set_by")
    return list(rows.order_by("-set_at", "-pk")[:limit])


# --- what was approved under the rule --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ApprovedByRule:
    """Weeks of one class that were approved under its rule, of which its teachers have not been told."""

    class_week: ClassWeek
    approved: int
    waiting: int
    at: datetime
    batch: UUID | None


def approved_by_rule(school_classes: Iterable[Class], *, since: date) -> list[ApprovedByRule]:
    """Return what was approved under the rule in these classes for weeks since a Monday, and nobody has seen; two queries."""
    under = Q(weeks__approved_by_rule=True, weeks__approved_by__isnull=True, weeks__status__in=["approved", "changed"])
    shared = list(
        ClassWeek.objects.filter(school_class__in=list(school_classes), monday__gte=since, told_at__isnull=True)
        .annotate(
            approved=Count("weeks", filter=under),
            waiting=Count("weeks", filter=Q(weeks__status="draft")),
            approved_under_rule_at=Max("weeks__approved_at", filter=under),
        )
        .filter(approved__gt=0)
        .select_related("school_class__school")
        .order_by("monday", "school_class__period", "pk")
    )
    if not shared:
        return []
    changes = (
        PlanChange.objects.filter(week__class_week__in=shared, verb="approved", by__isnull=True, undone_at__isnull=True)
        .order_by("at", "pk")
        .values_list("week__class_week_id", "batch")
    )
    batches = dict(changes)
    return [
        ApprovedByRule(
            class_week=each,
            approved=each.approved,
            waiting=each.waiting,
            at=each.approved_under_rule_at,
            batch=batches.get(each.pk),
        )
        for each in shared
    ]
