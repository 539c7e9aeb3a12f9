"""A resource from the library into the weeks of many students: looked at first, then done, undone all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from headway.core.planning import BlockKind, Breach, Candidate, PlannedBlock, Slot, WeekPlan, With, breaches, edits
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.library.models import Resource
from headway.records.library.queries import doors_of, primary_competencies
from headway.records.planning import checks, editing, problems
from headway.records.planning.models import Block, ClassWeek, Week
from headway.records.planning.together import Together
from headway.records.roster.checks import check_teaches
from headway.records.roster.models import Class, Person

ASSIGNED = "assigned"
BEST, FREE = "best", "free"  # the place where it does least harm; an empty place
NO_DRAFT = gettext_noop("There is no draft of this week yet.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a teacher wants: this resource, on this day, here, counting as this.

    `day` is 0 for Monday; `place` is BEST, FREE or a place's order within the day; `doors` names for single students
    another door to the same work, by student id.
    """

    resource: Resource
    day: int
    place: str = BEST
    is_choice: bool = False
    doors: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a wish would do to one student's week: minutes of the whole week afterwards, or why it cannot be done."""

    student: Person
    week: Week | None = None
    door: Resource
    in_place_of: str = ""
    order: int | None = None
    minutes: int = 0
    screen_minutes: int = 0
    screen_minutes_cap: int = 0
    minutes_alone: int = 0
    warnings: tuple[Breach, ...] = ()
    refused: RuleBroken | None = None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A wish with everything that is read once for all students."""

    wish: Wish
    shared: ClassWeek
    facts: problems.ClassFacts
    doors: Mapping[int, Resource]
    candidates: Mapping[int, Candidate]
    slots: tuple[Slot, ...]

    def door_of(self, student: Person) -> Resource:
        return self.doors.get(self.wish.doors.get(student.pk, 0), self.wish.resource)

    def own(self, student: Person) -> Person:
        """Return the student as the facts hold them, with profile and languages at hand."""
        return next((each for each in self.facts.students if each.pk == student.pk), student)


def _asked(wish: Wish, shared: ClassWeek, students: Sequence[Person], *, at: datetime) -> _Asked:
    doors = {door.pk: door for door in [wish.resource, *doors_of(wish.resource)]}
    ids = [student.pk for student in students]
    seen = Week.objects.filter(class_week=shared, student__in=ids)
    facts = editing.facts_for(shared, ids, at=at, weeks=seen, more=list(doors))
    known = facts.candidates_by_id
    skills = primary_competencies([pk for pk in doors if pk not in known])
    candidates = {
        pk: known.get(pk) or problems.candidate_of(door, skills.get(pk), has_items=door.items.exists())
        for pk, door in doors.items()
    }
    slots = tuple(slot for slot in facts.frame.slots if slot.day == wish.day)
    if not slots:
        raise RuleBroken(gettext_noop("There is no time for this class on that day. Choose another day."))
    return _Asked(wish=wish, shared=shared, facts=facts, doors=doors, candidates=candidates, slots=slots)


def _change(asked: _Asked, student: Person) -> Callable[[WeekPlan], WeekPlan]:
    """Return the wish as a change of one student's plan."""
    wish = asked.wish
    candidate = asked.candidates[asked.door_of(student).pk]
    works = frozenset(asked.doors)

    def change(plan: WeekPlan) -> WeekPlan:
        if wish.is_choice:
            most = max(1, asked.facts.rules.choice_options)
            return edits.offered(plan, wish.day, candidate, slots=asked.slots, most=most, doors=works)
        slot = _slot(asked, plan, candidate)
        return edits.put(plan, slot, BlockKind.ESSENTIAL, candidate, doors=works)

    return change


def _slot(asked: _Asked, plan: WeekPlan, candidate: Candidate) -> Slot:
    if asked.wish.place == BEST:
        return edits.place_for(plan, asked.slots, candidate, BlockKind.ESSENTIAL)
    if asked.wish.place == FREE:
        free = edits.free_place(plan, asked.slots, candidate.minutes)
        if free is None:
            raise RuleBroken(edits.NO_FREE_PLACE)
        return free
    found = next((slot for slot in asked.slots if str(slot.order) == asked.wish.place), None)
    if found is None:
        raise RuleBroken(gettext_noop("The week has no such place. Choose one of its times."))
    return found


def outlook(
    *, school_class: Class, monday: date, wish: Wish, students: Sequence[Person], at: datetime
) -> list[Outlook]:
    """Return what a wish would do to each student's week, without doing it; a fixed number of queries."""
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).first()
    if shared is None:
        return [Outlook(student=each, door=wish.resource, refused=RuleBroken(NO_DRAFT)) for each in students]
    try:
        asked = _asked(wish, shared, students, at=at)
    except RuleBroken as rule:
        return [Outlook(student=each, door=wish.resource, refused=rule) for each in students]
    weeks = Week.objects.filter(class_week=shared, student__in=[student.pk for student in students])
    plans: dict[int, list[Block]] = {}
    rows = Block.objects.filter(week__in=weeks).select_related("week", "resource").prefetch_related("options")
    for block in rows:
        plans.setdefault(block.week.student_id, []).append(block)
    by_student = {week.student_id: week for week in weeks}
    together = problems.plan_from_rows(0, [block for blocks in plans.values() for block in blocks])
    known = {**problems.candidates_outside(asked.facts, together), **asked.candidates}
    return [
        _outlook_of(asked, student, by_student.get(student.pk), plans.get(student.pk, []), known)
        for student in students
    ]


def _outlook_of(
    asked: _Asked, student: Person, week: Week | None, blocks: Sequence[Block], known: Mapping[Any, Candidate]
) -> Outlook:
    door = asked.door_of(student)
    needs = problems.needs_of(asked.facts, asked.own(student))
    titles: dict[Any, str] = {block.resource_id: block.resource.title for block in blocks if block.resource is not None}
    before = problems.plan_from_rows(student.pk, blocks)
    after, refused, new = before, None, ()  # type: WeekPlan, RuleBroken | None, tuple[Breach, ...]
    try:
        if week is None:
            raise RuleBroken(NO_DRAFT)
        checks.check_open(week)
        after = _change(asked, student)(before)
        had = {(each.guardrail, each.day, each.order) for each in breaches(before, needs, asked.facts.frame, known)}
        stands = breaches(after, needs, asked.facts.frame, known)
        found = [each for each in stands if (each.guardrail, each.day, each.order) not in had]
        checks.check_edit(found)
        new = tuple(each for each in found if each.guardrail != "frame")
    except RuleBroken as rule:
        after, refused = before, rule
    made = _made(before, after)
    there = edits.block_at(before, made.day, made.order) if made is not None else None
    return Outlook(
        student=student,
        week=week,
        door=door,
        in_place_of=titles.get(there.candidate, "") if there is not None else "",
        order=made.order if made is not None else None,
        minutes=made.minutes if made is not None else 0,
        screen_minutes=sum(block.screen_minutes for block in after.blocks),
        screen_minutes_cap=needs.limits.screen_minutes_cap,
        minutes_alone=sum(block.minutes for block in after.blocks if block.with_whom is With.ALONE),
        warnings=new,
        refused=refused,
    )


def _made(before: WeekPlan, after: WeekPlan) -> PlannedBlock | None:
    old = {id(block) for block in before.blocks}
    return next((block for block in after.blocks if id(block) not in old), None)


def assign(
    *,
    school_class: Class,
    monday: date,
    wish: Wish,
    students: Iterable[Person],
    by: Person,
    at: datetime,
) -> Together:
    """Put a resource into the weeks of these students; one batch undoes all of it.

    Every week is checked by the referee as any edit is; where a rule forbids it that student's week stays as it is and
    the rule is told. Locks, groups and begun work stay.
    """
    check_teaches(by, school_class)
    chosen = list(students)
    if not chosen:
        raise RuleBroken(gettext_noop("Choose at least one student, then add it."))
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).first()
    if shared is None:
        raise RuleBroken(gettext_noop("Nothing is drafted for that week yet. Draft the week first, then add to it."))
    asked = _asked(wish, shared, chosen, at=at)
    batch = uuid4()
    with transaction.atomic():

        def act(student: Person, week: Week | None) -> editing.Edited:
            if week is None:
                raise RuleBroken(NO_DRAFT)
            make = _change(asked, student)

            def change(_facts: problems.ClassFacts, plan: WeekPlan) -> WeekPlan:
                return make(plan)

            kept: dict[str, Any] = {"resource": asked.door_of(student).pk}
            return editing.apply(
                week, asked.facts, change, verb=ASSIGNED, by=by, at=at, batch=batch, facts_to_keep=kept
            )

        results = editing.each_week(chosen, editing.locked_weeks(shared, [each.pk for each in chosen]), act)
    return Together(results=results, batch=batch)
