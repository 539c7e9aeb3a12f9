"""Weeks drafted by the planner, for a class, for some of its students, or for one.

Thinking is done before the transaction opens, so that nobody waits for a planner while it holds the write lock; inside
the transaction the versions are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from headway.core.planning import (
    ClassPlan,
    PlannedBlock,
    WeekPlan,
    draft_class,
)
from headway.core.planning.optimise import ONE_WEEK, USUAL, Effort
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.grouping import actions as grouping
from headway.records.grouping.models import Group
from headway.records.planning import checks, problems, rows, seats
from headway.records.planning.limits import check_may_draft
from headway.records.planning.models import (
    Block,
    ClassWeek,
    PlanChange,
    PlanRules,
    Week,
)
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency

Told = Callable[[int, int], None]
DRAFTED = "drafted"


def draft_class_week(
    *,
    school_class: Class,
    monday: date,
    by: Person | None,
    at: datetime,
    students: Iterable[Person] | None = None,
    days: Collection[int] | None = None,
    progress: Told | None = None,
    effort: Effort = USUAL,
) -> ClassWeek:
    """Draft a week for every student of a class, or for these; approved weeks, locks and begun blocks stay.

    With `days` (0 is Monday) only these days are drafted, around what stands on the others. Groups are formed when a
    whole class is drafted for the first time. `progress(done, of)` is called after each student. A week that somebody
    changes while this thinks is left as it is.
    """
    if by is not None:
        check_teaches(by, school_class)
    check_may_draft(school_class)
    class_week = _class_week(school_class, monday, by=by, at=at)
    facts = problems.class_facts(school_class, monday, at=at, class_week=class_week)
    wanted = None if students is None else {student.pk for student in students}
    is_whole = wanted is None and days is None
    have = {week.student_id: week for week in class_week.weeks.prefetch_related("blocks__options")}
    todo = [
        student
        for student in facts.students
        if (wanted is None or student.pk in wanted)
        and (student.pk not in have or have[student.pk].status == Week.Status.DRAFT)
    ]
    teams = seats.team_blocks(school_class, monday)
    needs = []
    for student in todo:
        week = have.get(student.pk)
        stands = map(problems.planned_block, week.blocks.all() if week else ())
        kept = tuple(
            replace(block, is_locked=True)
            for block in stands
            if block.is_locked or (days is not None and block.day not in days)
        )
        kept = seats.with_team_blocks(kept, teams.get(student.pk, ()))
        needs.append(problems.needs_of(facts, student, locked=kept))
    may_form_groups = is_whole and class_week.drafted_at is None and not _has_groups(class_week)
    # Who is drafted alone keeps the rest of the week that the class's draft gave, so nobody is lifted beside nobody.
    drafted = draft_class(
        problems.problem_of(facts, needs, may_form_groups=may_form_groups),
        told=progress,
        effort=effort if is_whole else ONE_WEEK,
    )
    plans = [(student, have.get(student.pk), _only(drafted.weeks[student.pk], days)) for student in todo]
    _save_drafts(class_week, facts, plans, drafted if is_whole else None, days=days, by=by, at=at)
    return class_week


def _only(plan: WeekPlan, days: Collection[int] | None) -> WeekPlan:
    """Return a plan without what the planner put into empty places of days that nobody asked it to draft."""
    if days is None:
        return plan
    return replace(plan, blocks=tuple(block for block in plan.blocks if block.is_locked or block.day in days))


def _has_groups(class_week: ClassWeek) -> bool:
    groups = Group.objects.filter(school_class=class_week.school_class, monday=class_week.monday)
    return groups.exclude(kind=Group.Kind.TEAM).exists()


@transaction.atomic
def _class_week(school_class: Class, monday: date, *, by: Person | None, at: datetime) -> ClassWeek:
    class_week, made = ClassWeek.objects.get_or_create(
        school_class=school_class,
        monday=monday,
        defaults={"frame": problems.frame_as_json(problems.usual_frame(school_class, monday))},
    )
    if made:
        audit.record("class_week.opened", class_week, by=by, at=at)
    if class_week.goal_id is None:
        facts = problems.class_facts(school_class, monday, at=at, class_week=class_week)
        class_week.goal_id = facts.goal_id
        class_week.save(update_fields=["goal"])
    return class_week


def _make_groups(
    class_week: ClassWeek, facts: problems.ClassFacts, plan: ClassPlan, *, by: Person | None, at: datetime
) -> dict[Any, int]:
    """Store the groups of a plan; returns what each is stored as, by the planner's own id."""
    by_pk: dict[Any, Person] = {student.pk: student for student in facts.students}
    skills: dict[Any, Competency] = dict(facts.competencies)
    minutes = {(slot.day, slot.order): slot.minutes for slot in facts.frame.slots}
    stored = {}
    for planned in plan.groups:
        group = grouping.make_group(
            school_class=class_week.school_class,
            competency=skills[planned.competency],
            kind=planned.kind,
            students=[by_pk[pk] for pk in planned.students],
            monday=class_week.monday,
            weekday=planned.day,
            order=planned.order,
            minutes=minutes[planned.day, planned.order],
            why={"sentence": planned.sentence, "facts": dict(planned.facts)},
            by=by,
            at=at,
        )
        stored[planned.id] = group.pk
    return stored


@transaction.atomic
def _save_drafts(
    class_week: ClassWeek,
    facts: problems.ClassFacts,
    plans: Sequence[tuple[Person, Week | None, WeekPlan]],
    whole: ClassPlan | None,
    *,
    days: Collection[int] | None,
    by: Person | None,
    at: datetime,
) -> None:
    # Two first drafts at once: the second one waits here, finds the groups of the first, and leaves all as it is.
    seen = ClassWeek.objects.select_for_update().get(pk=class_week.pk)
    if whole is not None and whole.groups and (seen.drafted_at is not None or _has_groups(seen)):
        class_week.drafted_at = seen.drafted_at
        return
    groups = _make_groups(class_week, facts, whole, by=by, at=at) if whole is not None else {}
    now = {
        week.student_id: week
        for week in Week.objects.select_for_update()
        .filter(class_week=class_week, student__in=[student for student, _week, _plan in plans])
        .prefetch_related("blocks__options")
    }
    batch = uuid4()
    saved: list[tuple[Week, WeekPlan]] = []
    fresh: list[Week] = []
    old: list[Week] = []
    changes: list[PlanChange] = []
    for student, known, plan in plans:
        week = now.get(student.pk)
        if week is None:
            if known is not None:
                continue
            week = Week(class_week=class_week, student=student, drafted_at=at)
            fresh.append(week)
        elif known is None or week.version != known.version or week.status != Week.Status.DRAFT:
            continue  # somebody was quicker, and what a person did stays
        else:
            change = PlanChange(week=week, at=at, by=by, verb=DRAFTED, before=rows.snapshot_of(week), batch=batch)
            change.facts = {"was": rows.state_of(week)}
            changes.append(change)
            week.version += 1
            week.drafted_at = at
            old.append(week)
        week.flags = [{"kind": f.kind, "sentence": f.sentence, "facts": dict(f.facts)} for f in plan.flags]
        week.unmet = [{"guardrail": u.guardrail, "sentence": u.sentence, "facts": dict(u.facts)} for u in plan.unmet]
        saved.append((week, plan))
    Week.objects.bulk_create(fresh, batch_size=500)
    Week.objects.bulk_update(old, ["version", "drafted_at", "flags", "unmet"], batch_size=200)
    PlanChange.objects.bulk_create(changes, batch_size=200)
    free = Block.objects.filter(week__in=old, is_locked=False, started_at__isnull=True, finished_at__isnull=True)
    (free if days is None else free.filter(day__in=days)).delete()
    _add_blocks(saved, groups)
    class_week.drafted_at = at
    if whole is not None:
        class_week.value, class_week.bound = whole.value, whole.bound
    class_week.save(update_fields=["drafted_at", "value", "bound"])
    audit.record("class_week.drafted", class_week, by=by, at=at, weeks=len(saved))


def _add_blocks(saved: Sequence[tuple[Week, WeekPlan]], groups: Mapping[Any, int]) -> None:
    """Store the planned blocks that are not there yet (those that were kept are)."""
    blocks: list[Block] = []
    options: list[tuple[Block, PlannedBlock]] = []
    for week, plan in saved:
        for planned in plan.blocks:
            if planned.is_locked and planned.id is not None:
                continue
            ids: dict[str, Any] = {
                "resource_id": planned.candidate,
                "competency_id": planned.competency,
                "group_id": groups.get(planned.group, planned.group),
            }
            block = Block(
                week=week,
                day=planned.day,
                order=planned.order,
                minutes=planned.minutes,
                kind=planned.kind.value,
                with_whom=planned.with_whom.value,
                screen_minutes=planned.screen_minutes,
                **ids,
                reasons=[problems.reason_as_json(reason) for reason in planned.reasons],
            )
            blocks.append(block)
            options.append((block, planned))
    Block.objects.bulk_create(blocks, batch_size=500)
    rows.add_options(options)


def redraft_week(*, week: Week, by: Person, at: datetime, version: int | None = None) -> Week:
    """Draft one student's week anew; locked and begun blocks stay."""
    checks.check_plans(by, week)
    checks.check_version(week, version)
    if week.status != Week.Status.DRAFT:
        raise RuleBroken(gettext_noop("This week is approved. Open it again before drafting it anew."))
    draft_class_week(
        school_class=week.class_week.school_class, monday=week.class_week.monday, students=[week.student], by=by, at=at
    )
    return Week.objects.get(pk=week.pk)


@transaction.atomic
def set_class_goal(*, school_class: Class, monday: date, competency: Competency, by: Person, at: datetime) -> ClassWeek:
    """Choose the week's shared goal; drafts made from now on carry it."""
    check_teaches(by, school_class)
    class_week = _class_week(school_class, monday, by=by, at=at)
    class_week.goal = competency
    class_week.save(update_fields=["goal"])
    audit.record("class_week.goal_set", class_week, by=by, at=at, competency=competency.pk)
    return class_week


@transaction.atomic
def set_rules(*, school_class: Class, by: Person | None, at: datetime, **rules: float) -> PlanRules:
    """Change what the class's plans may not break."""
    stored, _made = PlanRules.objects.update_or_create(school_class=school_class, defaults=rules)
    audit.record("plan_rules.set", stored, by=by, at=at, **rules)
    return stored
