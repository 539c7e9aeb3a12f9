"""The planner's bench measures what it says, on a class that is small enough to look at."""

from __future__ import annotations

import pytest
from benchmarks.made_classes import made_class
from rich.console import Console

from benchmarks import exact_plans, planner
from headway.core.planning import draft_class
from headway.core.planning.optimise import QUICK

SMALL = made_class(4, 30, seed=1, teacher_places=1)


def test_no_plan_is_worth_more_than_any_bound() -> None:
    found = planner.compare(SMALL, whole_model_seconds=20)
    assert set(found["plans"]) == {"quick", "usual", "polish", "greedy", "solver"}
    lowest = min(found["bounds"].values())
    assert all(plan["value"] <= lowest * (1 + 1e-5) for plan in found["plans"].values())
    assert found["plans"]["greedy"]["gap"] == pytest.approx(1 - found["plans"]["greedy"]["value"] / lowest)


def test_the_planners_own_weeks_are_worth_to_the_mapping_what_the_planner_says() -> None:
    """So the mapping takes nothing away from a greedy plan but what is forbidden."""
    problem = made_class(12, 80, seed=2, teacher_places=5)
    plan = draft_class(problem, effort=QUICK)
    groups = {group.id: (group.competency, group.kind) for group in plan.groups}
    assert groups
    assert planner.worth_of_weeks(planner.arrays_of(problem), plan.weeks, groups) == pytest.approx(plan.value)


def test_greedy_groups_meet_on_days_of_their_own_with_nobody_in_two() -> None:
    problem = made_class(20, 80, seed=3, teacher_places=16)
    weeks, groups = planner.greedy_plan(problem)
    days: dict[object, set[int]] = {}
    for week in weeks.values():
        own = [block for block in week.blocks if block.group is not None]
        assert len(own) <= 1
        for block in own:
            days.setdefault(block.group, set()).add(block.day)
    assert days
    assert set(days) <= set(groups)
    assert all(len(each) == 1 for each in days.values())
    assert len(set().union(*days.values())) == len(days)


def test_what_a_teacher_waits_for_is_tried_on_every_student_and_many_blocks() -> None:
    clicks = planner.in_front_of_the_teacher(SMALL)
    assert len(clicks["redraft_ms"]) == 4
    assert len(clicks["swap_ms"]) > 10


def test_the_solver_says_more_by_its_relaxation_than_by_its_plan() -> None:
    arrays = planner.arrays_of(SMALL)
    assert exact_plans.solve(arrays, is_relaxed=True).bound >= exact_plans.solve(arrays, seconds=20).value - 1e-6


def test_the_tables_can_be_printed() -> None:
    size = {"students": 4, "candidates": 30, "places": 1, "seed": 1, "load": 0.5}
    found = {
        "classes": [{**size, **planner.compare(SMALL)}, {**size, **planner.compare(SMALL, whole_model_seconds=10)}],
        **planner.in_front_of_the_teacher(SMALL),
        "weeks": planner.weeks_one_by_one(SMALL),
        "row": planner.many_classes(2, size=(3, 20, 1), effort=QUICK),
        "facts": {"students": 4, "candidates": 30, "cpu_ms": 5.0, "queries": 9},
    }
    console = Console(record=True, width=250)
    planner.show(found, console)
    said = console.export_text()
    assert "4 × 30, 1 places, seed 1" in said
    assert "2 classes of 3 × 20 in a row" in said
