"""How much the system may do by itself: a class's limits, a school's weights, and what is approved under a rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef

from headway.core.planning.dials import limits_from, weights_as_json, weights_from
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.planning import problems, rows
from headway.records.planning.actions import APPROVED
from headway.records.planning.drafts import DRAFTED
from headway.records.planning.models import Automation, Block, ClassWeek, PlanChange, PlanRules, PlanWeights, Week
from headway.records.roster.checks import check_leads, check_teaches
from headway.records.roster.models import Class, Organisation, Person
from headway.records.roster.queries import periods_of, students_of


@transaction.atomic
def set_limits(*, school_class: Class, limits: Mapping[str, Any], by: Person, at: datetime) -> PlanRules:
    """Change what the system may do by itself in a class, and what its plans may not break; what is not named stays."""
    check_teaches(by, school_class)
    minutes = sum(periods_of(school_class).values_list("minutes", flat=True))
    found: dict[str, Any] = dict(limits_from(limits, minutes_of_week=minutes))
    if "automation" in limits:
        if limits["automation"] not in Automation.values:
            raise RuleBroken(
                gettext_noop("Choose how much the system may do by itself: off, suggest, or do and tell you.")
            )
        found["automation"] = str(limits["automation"])
    if "may_move_on" in limits:
        found["may_move_on"] = bool(limits["may_move_on"])
    stored, _made = PlanRules.objects.select_for_update().get_or_create(school_class=school_class)
    was = {name: getattr(stored, name) for name in found}
    changed = {name: value for name, value in found.items() if was[name] != value}
    for name, value in changed.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(changed))
    audit.record("plan_rules.set", stored, by=by, at=at, **changed, was={name: was[name] for name in changed})
    return stored


@transaction.atomic
def set_weights(
    *, organisation: Organisation, values: Mapping[str, Any], why: str, by: Person, at: datetime
) -> PlanWeights:
    """Choose what a good week is made of in a school or district; no values at all goes back to what holds above."""
    check_leads(by, organisation)
    kept = weights_as_json(weights_from(values)) if values else {}
    newest = PlanWeights.objects.filter(organisation=organisation).order_by("-set_at", "-pk").first()
    if newest is not None and newest.values == kept:
        return newest
    made = PlanWeights.objects.create(
        organisation=organisation, values=kept, why=why.strip()[:300], set_by=by, set_at=at
    )
    audit.record("plan_weights.set", made, by=by, at=at, organisation=organisation.pk, **kept)
    return made


@transaction.atomic
def approve_by_rule(*, class_week: ClassWeek, by: Person | None, at: datetime) -> tuple[list[Week], UUID]:
    """Approve what nothing speaks against, where the class's rule says so, and let its teachers be told.

    A week that a person changed, reopened, or took back from such an approval waits for a person.
    """
    batch = uuid4()
    shared = ClassWeek.objects.select_for_update().get(pk=class_week.pk)
    rules = PlanRules.objects.filter(school_class=shared.school_class_id).first()
    if rules is None or rules.automation != Automation.DO:
        return [], batch
    changes = PlanChange.objects.filter(week=OuterRef("pk"))
    by_hand = changes.filter(by__isnull=False).exclude(verb=DRAFTED)
    taken_back = changes.filter(verb=APPROVED, undone_at__isnull=False)
    weeks = [
        week
        for week in Week.objects.select_for_update(of=("self",))
        .filter(~Exists(by_hand), ~Exists(taken_back), Exists(Block.objects.filter(week=OuterRef("pk"))))
        .filter(class_week=shared, status=Week.Status.DRAFT)
        .order_by("pk")
        if not week.flags
    ]
    if not weeks:
        return [], batch
    PlanChange.objects.bulk_create(
        [
            PlanChange(
                week=week, at=at, by=None, verb=APPROVED, before=[], facts={"was": rows.state_of(week)}, batch=batch
            )
            for week in weeks
        ]
    )
    for week in weeks:
        week.status, week.approved_at, week.approved_by, week.approved_by_rule = Week.Status.APPROVED, at, None, True
        week.version += 1
    Week.objects.bulk_update(
        weeks, ["status", "approved_at", "approved_by", "approved_by_rule", "version"], batch_size=200
    )
    shared.told_at = None
    shared.save(update_fields=["told_at"])
    audit.record_many("week.approved_by_rule", weeks, by=by, at=at)
    return weeks, batch


@transaction.atomic
def begin_by_hand(*, school_class: Class, monday: date, by: Person, at: datetime) -> list[Week]:
    """Open an empty week, in pencil, for every student of a class who has none, so that a teacher can fill it."""
    check_teaches(by, school_class)
    shared, is_new = ClassWeek.objects.select_for_update().get_or_create(
        school_class=school_class,
        monday=monday,
        defaults={"frame": problems.frame_as_json(problems.usual_frame(school_class, monday))},
    )
    if is_new:
        audit.record("class_week.opened", shared, by=by, at=at)
    have = set(shared.weeks.values_list("student_id", flat=True))
    weeks = Week.objects.bulk_create(
        [
            Week(class_week=shared, student=student, drafted_at=at)
            for student in students_of(school_class)
            if student.pk not in have
        ]
    )
    if shared.drafted_at is None:
        shared.drafted_at = at
        shared.save(update_fields=["drafted_at"])
    audit.record("class_week.begun_by_hand", shared, by=by, at=at, weeks=len(weeks))
    return weeks


@transaction.atomic
def note_told(*, class_week: ClassWeek, by: Person, at: datetime) -> ClassWeek:
    """Remember that a teacher of the class has seen what was approved under the rule."""
    check_teaches(by, class_week.school_class)
    if class_week.told_at is None:
        class_week.told_at = at
        class_week.save(update_fields=["told_at"])
        audit.record("class_week.told", class_week, by=by, at=at)
    return class_week
