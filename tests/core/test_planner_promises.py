"""Whatever class comes, whoever plans it: what every planner, every edit and the referee promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.planning import (
    BlockKind,
    ClassPlan,
    ClassProblem,
    PlannedBlock,
    StudentNeeds,
    WeekPlan,
    breaches,
    class_breaches,
    draft_class,
    edits,
    flags_of_week,
    greedy,
)
from headway.core.planning.forward import carried_forward
from headway.core.planning.mending import mended
from headway.core.shared.errors import RuleBroken
from tests.core import random_classes

# A planner joins this table, not a new test file.
PLANNERS: dict[str, Callable[[ClassProblem], Mapping[Any, WeekPlan]]] = {
    "greedy": greedy.draft_class,
    "planner": lambda problem: draft_class(problem).weeks,
}

every_planner = pytest.mark.parametrize("planner", PLANNERS)


def known(problem: ClassProblem) -> dict[Any, Any]:
    return {candidate.id: candidate for candidate in problem.candidates}


def told(problem: ClassProblem, needs: StudentNeeds, plan: WeekPlan) -> set[str]:
    return {breach.guardrail for breach in breaches(plan, needs, problem.frame, known(problem))}


# --- planners --------------------------------------------------------------------------------------------------------


@every_planner
@given(problem=random_classes.class_problems())
def test_every_student_gets_a_week(planner: str, problem: ClassProblem) -> None:
    weeks = PLANNERS[planner](problem)
    assert [week.student for week in weeks.values()] == [needs.student for needs in problem.students]


@every_planner
@given(problem=random_classes.class_problems())
def test_what_a_week_breaks_is_said_in_the_week(planner: str, problem: ClassProblem) -> None:
    weeks = PLANNERS[planner](problem)
    for needs in problem.students:
        unmet = {each.guardrail for each in weeks[needs.student].unmet}
        assert told(problem, needs, weeks[needs.student]) <= unmet


@every_planner
@given(problem=random_classes.class_problems())
def test_what_is_locked_is_there_and_nothing_stands_in_its_place(planner: str, problem: ClassProblem) -> None:
    weeks = PLANNERS[planner](problem)
    for needs in problem.students:
        blocks = weeks[needs.student].blocks
        assert all(lock in blocks for lock in needs.locked)
        assert len({(block.day, block.order) for block in blocks}) == len(blocks)


@every_planner
@given(problem=random_classes.class_problems())
def test_what_is_not_met_is_told_with_words_that_are_whole(planner: str, problem: ClassProblem) -> None:
    for week in PLANNERS[planner](problem).values():
        for said in (*week.unmet, *week.flags, *(reason for block in week.blocks for reason in block.reasons)):
            skill = {"skill": "Ratios"} if "competency" in said.facts else {}
            assert said.sentence.format(**said.facts, **skill)


@every_planner
@given(problem=random_classes.class_problems(most_students=4, most_candidates=40))
def test_the_same_class_gets_the_same_weeks(planner: str, problem: ClassProblem) -> None:
    assert PLANNERS[planner](problem) == PLANNERS[planner](problem)


# --- the referee -----------------------------------------------------------------------------------------------------


@st.composite
def plans_of_any_kind(draw: st.DrawFn) -> tuple[ClassProblem, ClassPlan]:
    problem = draw(random_classes.class_problems(most_students=4, most_candidates=12))
    return problem, draw(random_classes.any_plan(problem))


@given(plans_of_any_kind())
def test_the_referee_has_a_whole_sentence_for_any_plan(given_: tuple[ClassProblem, ClassPlan]) -> None:
    problem, plan = given_
    for breach in class_breaches(plan, problem):
        skill = {"skill": "Ratios"} if "competency" in breach.facts else {}
        assert "{" not in breach.sentence.format(**breach.facts, **skill)


@given(plans_of_any_kind())
def test_the_referee_sees_the_same_in_whichever_order_blocks_are_listed(
    given_: tuple[ClassProblem, ClassPlan],
) -> None:
    problem, plan = given_
    for needs in problem.students:
        week = plan.weeks.get(needs.student)
        # Two blocks in one place have no order of their own.
        if week is None or len({(block.day, block.order) for block in week.blocks}) < len(week.blocks):
            continue
        turned = replace(week, blocks=tuple(reversed(week.blocks)))
        assert told(problem, needs, turned) == told(problem, needs, week)


@given(plans_of_any_kind())
def test_the_flags_of_any_week_can_be_worked_out(given_: tuple[ClassProblem, ClassPlan]) -> None:
    problem, plan = given_
    for needs in problem.students:
        if needs.student in plan.weeks:
            flags_of_week(needs, plan.weeks[needs.student], known(problem))


# --- edits -----------------------------------------------------------------------------------------------------------


@st.composite
def weeks_to_edit(draw: st.DrawFn) -> tuple[ClassProblem, StudentNeeds, WeekPlan]:
    problem = draw(random_classes.class_problems(most_students=1, least_candidates=3, most_candidates=20))
    needs = problem.students[0]
    return problem, needs, draw(random_classes.weeks_in_the_frame(problem, needs))


def works(plan: WeekPlan) -> Counter[Any]:
    return Counter((block.kind, block.candidate, block.options, block.competency) for block in plan.blocks)


def stands_once(plan: WeekPlan) -> bool:
    places = [(block.day, block.order) for block in plan.blocks]
    return len(set(places)) == len(places) and places == sorted(places)


@given(weeks_to_edit(), st.data())
def test_moving_about_loses_nothing(given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject) -> None:
    problem, _needs, plan = given_
    before = works(plan)
    slots = {(slot.day, slot.order): slot for slot in problem.frame.slots}
    for _turn in range(data.draw(st.integers(1, 5)) if plan.blocks else 0):
        block = data.draw(st.sampled_from(plan.blocks))
        to = data.draw(st.sampled_from(problem.frame.slots))
        try:
            plan = edits.moved(plan, block, to, known(problem), back=slots[block.day, block.order])
        except RuleBroken:
            continue
        assert works(plan) == before
        assert stands_once(plan)
        assert all(0 <= each.screen_minutes <= each.minutes for each in plan.blocks)


@given(weeks_to_edit(), st.data())
def test_a_swap_leaves_all_others_alone_and_keeps_the_old_work_at_hand(
    given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject
) -> None:
    problem, needs, plan = given_
    if not plan.blocks:
        return
    block = data.draw(st.sampled_from(plan.blocks))
    candidate = data.draw(st.sampled_from(problem.candidates))
    slot = next(s for s in problem.frame.slots if (s.day, s.order) == (block.day, block.order))
    after = edits.swapped(plan, block, candidate, slot=slot)
    new = edits.block_at(after, block.day, block.order)
    assert new is not None
    assert (new.candidate, new.kind, new.is_locked) == (candidate.id, block.kind, True)
    assert block.candidate in (None, candidate.id) or block.candidate in new.alternatives
    assert others(after, new) == others(plan, block)
    told(problem, needs, after)


def others(plan: WeekPlan, block: PlannedBlock) -> list[PlannedBlock]:
    return [each for each in plan.blocks if each is not block]


@given(weeks_to_edit(), st.data())
def test_taking_out_takes_one_and_putting_in_adds_one(
    given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject
) -> None:
    problem, needs, plan = given_
    if not plan.blocks:
        return
    block = data.draw(st.sampled_from(plan.blocks))
    candidate = data.draw(st.sampled_from(problem.candidates))
    slot = next(s for s in problem.frame.slots if (s.day, s.order) == (block.day, block.order))
    gone = edits.removed(plan, block)
    assert list(gone.blocks) == others(plan, block)
    back = edits.added(gone, slot, block.kind, candidate)
    assert stands_once(back)
    assert len(back.blocks) == len(plan.blocks)
    assert all(each in back.blocks for each in gone.blocks)
    told(problem, needs, back)


@given(weeks_to_edit(), st.data())
def test_the_same_for_another_is_put_in_whole_or_not_at_all(
    given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject
) -> None:
    problem, needs, plan = given_
    if not problem.frame.slots:
        return
    slot = data.draw(st.sampled_from(problem.frame.slots))
    candidate = data.draw(st.sampled_from(problem.candidates))
    there = edits.block_at(plan, slot.day, slot.order)
    try:
        after = edits.put(plan, slot, slot.kinds[0], candidate)
    except RuleBroken:
        is_here = any(block.candidate == candidate.id for block in plan.blocks)
        assert is_here or (there is not None and (there.is_locked or there.group is not None))
        return
    new = edits.block_at(after, slot.day, slot.order)
    assert new is not None
    assert (new.candidate, new.kind, new.is_locked) == (candidate.id, slot.kinds[0], True)
    assert others(after, new) == [block for block in plan.blocks if block is not there]
    told(problem, needs, after)


@given(weeks_to_edit(), st.data())
def test_last_week_comes_forward_beside_what_stands(
    given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject
) -> None:
    problem, needs, taken = given_
    last = data.draw(random_classes.weeks_in_the_frame(problem, needs))
    after = carried_forward(last.blocks, problem.frame, taken=taken, seats=needs.groups)
    assert all(block in after.blocks for block in taken.blocks)
    assert stands_once(after)
    brought = Counter(block.candidate for block in after.blocks if block not in taken.blocks and block.candidate)
    assert all(count <= 1 for count in brought.values())
    told(problem, needs, after)


@given(weeks_to_edit(), st.data())
def test_a_mend_mends_what_it_was_asked_to_and_breaks_nothing_else(
    given_: tuple[ClassProblem, StudentNeeds, WeekPlan], data: st.DataObject
) -> None:
    problem, needs, plan = given_
    before = told(problem, needs, plan)
    if not before:
        return
    guardrail = data.draw(st.sampled_from(sorted(before)))
    with_others = tuple(
        replace(block, alternatives=tuple(each.id for each in problem.candidates[:3])) for block in plan.blocks
    )
    found = mended(replace(plan, blocks=with_others), needs, problem.frame, known(problem), guardrail)
    if found is not None:
        assert told(problem, needs, found.plan) <= before
        assert len(found.plan.blocks) == len(plan.blocks)
        assert "{" not in found.sentence.format(**found.facts)


# --- the classes themselves ------------------------------------------------------------------------------------------


def test_classes_by_chance_hold_every_kind_of_difficulty() -> None:
    """A promise is worth what it was tried on."""
    seen: Counter[str] = Counter()

    @given(random_classes.class_problems())
    def look(problem: ClassProblem) -> None:
        seen["a short week"] += 0 in problem.frame.minutes_of_day
        seen["an empty library"] += not problem.candidates
        seen["many candidates"] += len(problem.candidates) > 30
        seen["several students"] += len(problem.students) > 3
        seen["other doors"] += any(each.variant_group not in (None, each.id) for each in problem.candidates)
        seen["another language"] += any(each.language != "en" for each in problem.candidates)
        for needs in problem.students:
            seen["essentials only"] += needs.essentials_only
            for support in ("extra-time", "breaks", "adult", "read-aloud"):
                seen[support] += support in needs.supports
            seen["locks"] += bool(needs.locked)
            seen["a locked choice"] += any(block.kind is BlockKind.CHOICE for block in needs.locked)
            seen["milestones"] += bool(needs.milestones)
            seen["waived"] += bool(needs.waived)
            seen["unfinished"] += bool(needs.unfinished)
            seen["a class goal"] += any(target.is_class_goal for target in needs.targets)
            seen["missing prerequisites"] += any(target.missing_prerequisites for target in needs.targets)
            seen["stale"] += any(target.is_stale for target in needs.targets)
            seen["a seat in a group"] += bool(needs.groups)

    look()
    assert len(seen) == 20
    assert [name for name, count in seen.items() if count < 3] == []
