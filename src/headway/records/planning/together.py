"""Changes of several students' weeks at once: one batch, one undo, and what could not be done is said for each student."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from headway.core.planning import BlockKind, PlannedBlock, WeekPlan, breaches, edits
from headway.core.planning.forward import carried_forward
from headway.core.planning.mending import mended
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.library.models import Resource
from headway.records.library.queries import doors_of
from headway.records.planning import boards, checks, drafts, editing, problems, rows
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person
from headway.records.roster.queries import students_with_profiles

SAME, COPIED, MENDED = "same", "copied", "mended"


@dataclass(frozen=True, kw_only=True)
class Together:
    """What became of a change of many weeks, student by student, and the batch that undoes all of it."""

    results: Sequence[editing.Result]
    batch: UUID

    @property
    def done(self) -> list[editing.Result]:
        """The weeks that were changed."""
        return [result for result in self.results if result.refused is None]


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A week that was mended, with what was done in a sentence."""

    edited: editing.Edited
    sentence: str
    facts: dict[str, Any]


# --- the same for these ----------------------------------------------------------------------------------------------


def put_same(*, block: Block, students: Iterable[Person], by: Person, at: datetime) -> Together:
    """Put a block's work into the same place of other students' weeks, through the door that suits each of them.

    What stands in that place gives way and stays at hand as an alternative. Locks, groups and begun work stay.
    """
    checks.check_plans(by, block.week)
    resource, shared = block.resource, block.week.class_week
    if resource is None or block.group_id is not None or block.kind == BlockKind.CHOICE:
        raise RuleBroken(gettext_noop("Only a block with one piece of work can be given to others."))
    doors = doors_of(resource)
    chosen = [student for student in students if student.pk != block.week.student_id]
    if not chosen:
        raise RuleBroken(gettext_noop("Choose at least one student, then put it in."))
    ids = [student.pk for student in chosen]
    seen = Week.objects.filter(class_week=shared, student__in=ids)
    facts = editing.facts_for(shared, ids, at=at, weeks=seen, more=[resource.pk, *(door.pk for door in doors)])
    known = facts.candidates_by_id
    usual = known.get(resource.pk) or _candidate_of(resource, block)
    offered = [known.get(door.pk) or _candidate_of(door, block) for door in doors]
    kept = problems.planned_block(block)
    own = {student.pk: student for student in facts.students}
    batch = uuid4()
    with transaction.atomic():

        def act(student: Person, week: Week | None) -> editing.Edited:
            if week is None:
                raise RuleBroken(gettext_noop("There is no draft of this week yet."))

            def change(_facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
                needs = problems.needs_of(facts, own.get(student.pk, student))
                door = edits.door_for(needs, offered, usual=usual)
                slot = rows.slot_of(shared, kept.day, kept.order)
                works = frozenset({resource.pk, *(each.pk for each in doors)})
                return edits.put(plan, slot, kept.kind, door, doors=works)

            return editing.apply(
                week, facts, change, verb=SAME, by=by, at=at, batch=batch, facts_to_keep={"resource": resource.pk}
            )

        results = editing.each_week(chosen, editing.locked_weeks(shared, ids), act)
    return Together(results=results, batch=batch)


def _candidate_of(resource: Resource, block: Block) -> Any:
    return problems.candidate_of(resource, block.competency_id, has_items=resource.items.exists())


# --- last week, carried forward --------------------------------------------------------------------------------------


def copy_week_forward(
    *, school_class: Class, monday: date, by: Person, at: datetime, students: Iterable[Person] | None = None
) -> Together:
    """Carry what is unfinished in last week's plans forward into drafts of this week, for a class or for these students.

    Works without any automation: a teacher makes these drafts. What is in a draft already stays; approved weeks are left
    alone. Finished work is not repeated.
    """
    check_teaches(by, school_class)
    last = boards.week_before(school_class, monday)
    if last is None:
        raise RuleBroken(gettext_noop("There is no plan of an earlier week to copy."))
    chosen = list(students) if students is not None else students_with_profiles(school_class)
    ids = [student.pk for student in chosen]
    left = _unfinished(last, ids)
    batch = uuid4()
    with transaction.atomic():
        shared = _class_week(school_class, monday, by=by, at=at)
        # Whoever drafts this week, or copies into it, at the same moment waits here; so no week is made twice.
        ClassWeek.objects.select_for_update().get(pk=shared.pk)
        weeks = editing.locked_weeks(shared, ids)
        seen = Week.objects.filter(class_week__in=[shared, last], student__in=ids)
        facts = editing.facts_for(shared, ids, at=at, weeks=seen)
        own = {student.pk: student for student in facts.students}

        def act(student: Person, week: Week | None) -> editing.Edited:
            if week is not None and week.status != Week.Status.DRAFT:
                raise RuleBroken(gettext_noop("This week is approved. Open it again before copying into it."))
            if not left.get(student.pk):
                raise RuleBroken(gettext_noop("Nothing of the week before is left to do."))

            def change(_facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
                needs = problems.needs_of(facts, own.get(student.pk, student))
                copied = carried_forward(left[student.pk], facts.frame, taken=plan, seats=needs.groups)
                if len(copied.blocks) == len(plan.blocks):
                    raise RuleBroken(gettext_noop("There is no free place for what is left of the week before."))
                return copied

            if week is None:
                # Nothing of an empty week is seen by anybody, so undoing the copy leaves nothing to be seen either.
                week = Week.objects.create(class_week=shared, student=student, drafted_at=at)
            return editing.apply(week, facts, change, verb=COPIED, by=by, at=at, batch=batch)

        results = editing.each_week(chosen, weeks, act)
        if shared.drafted_at is None and any(result.refused is None for result in results):
            shared.drafted_at = at
            shared.save(update_fields=["drafted_at"])
    return Together(results=results, batch=batch)


def _class_week(school_class: Class, monday: date, *, by: Person, at: datetime) -> ClassWeek:
    shared, is_new = ClassWeek.objects.get_or_create(
        school_class=school_class,
        monday=monday,
        defaults={"frame": problems.frame_as_json(problems.usual_frame(school_class, monday))},
    )
    if is_new:
        audit.record("class_week.opened", shared, by=by, at=at)
    return shared


def _unfinished(last: ClassWeek, student_ids: Sequence[int]) -> dict[int, list[PlannedBlock]]:
    """Return what each student has not finished of a week, in the order of that week."""
    left: dict[int, list[PlannedBlock]] = {}
    blocks = (
        Block.objects.filter(week__class_week=last, week__student__in=student_ids, finished_at__isnull=True)
        .select_related("week")
        .prefetch_related("options")
        .order_by("day", "order", "pk")
    )
    for block in blocks:
        left.setdefault(block.week.student_id, []).append(problems.planned_block(block))
    return left


# --- one press that mends ------------------------------------------------------------------------------------------------


def mend_week(
    *, week: Week, guardrail: str, by: Person, at: datetime, about: str = "", version: int | None = None
) -> Mended:
    """Make the one small change after which a guardrail holds again; raise when no single change does it.

    Where it is broken at several blocks, `about` is the title of the one that is meant.
    """
    checks.check_plans(by, week)
    facts = editing.facts_for(week.class_week, [week.student_id], at=at, weeks=[week])
    said: dict[str, Any] = {}

    def change(_facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
        student = next((each for each in facts.students if each.pk == week.student_id), week.student)
        needs, known = problems.needs_of(facts, student), problems.candidates_outside(facts, plan)
        if all(breach.guardrail != guardrail for breach in breaches(plan, needs, facts.frame, known)):
            raise RuleBroken(gettext_noop("This is mended already."))
        found = mended(plan, needs, facts.frame, known, guardrail, about=about)
        if found is None:
            raise RuleBroken(
                gettext_noop("No single change mends this. Swap a block for something else, or add to the library.")
            )
        said.update(sentence=found.sentence, facts=dict(found.facts))
        return found.plan

    with transaction.atomic():
        edited = editing.apply(
            editing.locked_week(week, version),
            facts,
            change,
            verb=MENDED,
            by=by,
            at=at,
            facts_to_keep={"guardrail": guardrail},
        )
    return Mended(edited=edited, **said)


# --- one day drafted anew ------------------------------------------------------------------------------------------------


def redraft_day(*, week: Week, day: int, by: Person, at: datetime, version: int | None = None) -> Week:
    """Draft one day of one student's week anew; the other days, locks and begun work stay."""
    checks.check_plans(by, week)
    checks.check_version(week, version)
    if week.status != Week.Status.DRAFT:
        raise RuleBroken(gettext_noop("This week is approved. Open it again before drafting it anew."))
    drafts.draft_class_week(
        school_class=week.class_week.school_class,
        monday=week.class_week.monday,
        students=[week.student],
        days=frozenset({day}),
        by=by,
        at=at,
    )
    return Week.objects.get(pk=week.pk)
