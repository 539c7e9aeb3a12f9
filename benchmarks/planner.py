"""The planner measured beside a greedy planner and an exact solver, on classes that come from seeds.

Seconds are CPU seconds of this process, with everything compiled before. All plans of a class are worth what the
planner's weights make of them, and are held against the lowest bound that anybody proved for that class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import psutil
from rich.console import Console

from benchmarks import exact_plans, schools, tables
from benchmarks.made_classes import made_class
from headway.core.grouping.partition import Standing, suggest_groups
from headway.core.planning import (
    BlockKind,
    ClassPlan,
    ClassProblem,
    GroupSeat,
    WeekPlan,
    breaches,
    draft_class,
    draft_week,
    edits,
    greedy,
)
from headway.core.planning.arrays import FORBIDDEN, ClassArrays, StudentArrays, class_arrays
from headway.core.planning.optimise import POLISH, QUICK, USUAL, Effort, Search
from headway.core.planning.problem import Id
from headway.core.planning.scores import KINDS, Floats, library_of, scores_of
from headway.core.planning.search import FREE, WIDTH

EFFORTS: dict[str, Effort] = {"quick": QUICK, "usual": USUAL, "polish": POLISH}
SIZES = tuple((students, candidates, 16) for students in (10, 30, 60) for candidates in (100, 200, 400))
# The places in which the teacher meets a group in the standard week of our schools.
OUR_SCHOOLS = ((30, 100, 3), (30, 400, 3))
LARGE = (30, 400, 16)
# Students, candidates, teacher's places: how long the solver may take for the whole model.
WHOLE_MODELS = {(30, 400, 16): 150.0, (30, 100, 3): 100.0}
CLASS_IN_A_ROW = (26, 100, 3)
STUDENTS_OF_A_DISTRICT = 100_000
MEMORY_AFTER = (0.1, 0.5, 1.0)

Say = Callable[[str], None]


def arrays_of(problem: ClassProblem) -> ClassArrays:
    """Return a problem as the planner's arrays."""
    library = library_of(problem)
    return class_arrays(problem, library, scores_of(problem, library))


# --- the greedy plan -------------------------------------------------------------------------------------------------


def greedy_plan(problem: ClassProblem) -> tuple[Mapping[Id, WeekPlan], dict[Id, tuple[Id, str]]]:
    """Return greedy weeks with suggested groups, one on each of the teacher's days, and what each group is for."""
    standings = [
        Standing(
            student=needs.student,
            competency=target.competency,
            chance=target.chance,
            pieces=target.pieces,
            word=target.word,
            prerequisites_met=not target.missing_prerequisites,
        )
        for needs in problem.students
        for target in needs.targets
    ]
    meetings: dict[int, int] = {}
    for slot in problem.frame.slots:
        if slot.is_teachers:
            meetings.setdefault(slot.day, slot.order)
    seats: dict[Id, list[GroupSeat]] = {}
    groups: dict[Id, tuple[Id, str]] = {}
    for (day, order), group in zip(
        sorted(meetings.items()), suggest_groups(standings, most=len(meetings)), strict=False
    ):
        groups[f"g{day}"] = group.competency, group.kind
        for student in group.students:
            seat = GroupSeat(group=f"g{day}", day=day, competency=group.competency, order=order, kind=group.kind)
            seats.setdefault(student, []).append(seat)
    seated = replace(
        problem,
        students=tuple(replace(needs, groups=tuple(seats.get(needs.student, ()))) for needs in problem.students),
    )
    return greedy.draft_class(seated), groups


def worth_of_weeks(
    arrays: ClassArrays, weeks: Mapping[Id, WeekPlan], groups: Mapping[Id, tuple[Id, str]] | None = None
) -> float:
    """Return what somebody else's weeks are worth to the planner.

    Blocks that its rules forbid are left out; the works offered for choice are the planner's own, where the weeks let
    students choose. `groups` says what groups that the planner could have formed are for, by their id.
    """
    chosen = [_options_of(arrays, one, weeks[one.needs.student], groups or {}) for one in arrays.students]
    return Search(arrays).value_of(chosen)


def _options_of(
    arrays: ClassArrays, one: StudentArrays, week: WeekPlan, groups: Mapping[Id, tuple[Id, str]]
) -> np.ndarray[Any, Any]:
    number_of = {
        (arrays.library.competencies[skill], kind): at for at, (skill, kind) in enumerate(arrays.group_targets)
    }
    meeting_of = {place: at for at, place in enumerate(arrays.teacher_places)}
    blocks = {(block.day, block.order): block for block in week.blocks}
    chosen = np.full(len(one.places), -1, dtype=np.int64)
    taken: set[int] = set()
    begun = {number for number in range(one.early.size) if one.early[number]}
    amount = one.fixed.copy()
    for place, slot in enumerate(one.places):
        block = blocks.get((slot.day, slot.order))
        if block is None:
            continue
        seat = int(one.wanted[place])
        if seat == FREE:
            target = number_of.get(groups.get(block.group, (None, "")), -1)
            meeting = meeting_of.get((slot.day, slot.order), -1)
            seat = meeting * len(arrays.group_targets) + target if target >= 0 and meeting >= 0 else -1
        here = range(one.start[place], one.start[place + 1])
        # Where the weeks offer what the planner would, that; else the planner's own offer of works.
        for option in sorted(here, key=lambda option: _offers(arrays, one, option) != block.options):
            own, number = int(one.candidate[option]), int(one.essential[option])
            if (
                KINDS[int(one.kind[option])] is block.kind
                and (own < 0 or arrays.library.candidates[own].id == block.candidate)
                and max(-1, int(one.seat[option])) == max(-1, seat)
                and (number < 0 or not one.is_late[option] or number in begun)
                and int(one.work[option]) not in taken
                and not _passes_a_cap(one, amount, option)
            ):
                chosen[place] = option
                amount = _with_option(one, amount, option)
                taken.add(int(one.work[option]))
                begun |= {number} if number >= 0 and not one.is_late[option] else set()
                break
    return chosen


def _offers(arrays: ClassArrays, one: StudentArrays, option: int) -> tuple[Id, ...]:
    own = int(one.candidate[option])
    return tuple(arrays.library.candidates[each].id for each in one.bundles[-1 - own]) if own < 0 else ()


def _with_option(one: StudentArrays, amount: Floats, option: int) -> Floats:
    after = amount.copy()
    np.add.at(after, one.terms[option, : WIDTH - 1], one.amounts[option, : WIDTH - 1])
    return after


def _passes_a_cap(one: StudentArrays, amount: Floats, option: int) -> bool:
    """Return whether an option takes minutes beyond a cap that no plan may pass."""
    caps = one.law.cost >= FORBIDDEN
    before, after = (one.law.sign * each - one.law.limit for each in (amount, _with_option(one, amount, option)))
    return bool((np.maximum(0.0, after) > np.maximum(0.0, before) + 1e-9)[caps].any())


# --- one class -------------------------------------------------------------------------------------------------------


def compare(problem: ClassProblem, *, whole_model_seconds: float | None = None) -> dict[str, Any]:
    """Return what each way makes of one class, and how far each plan is from the lowest bound that was proven."""
    found: dict[str, Any] = {"plans": {}, "bounds": {}}
    for name, effort in EFFORTS.items():
        began = time.process_time()
        plan = draft_class(problem, effort=effort)
        seconds = time.process_time() - began
        found["plans"][name] = {"seconds": seconds, "value": plan.value, "own_gap": plan.gap}
        found["bounds"][name] = plan.bound
    arrays = arrays_of(problem)
    began = time.process_time()
    weeks, groups = greedy_plan(problem)
    seconds = time.process_time() - began
    found["plans"]["greedy"] = {"seconds": seconds, "value": worth_of_weeks(arrays, weeks, groups)}
    began = time.process_time()
    relaxed = exact_plans.solve(arrays, is_relaxed=True, seconds=120)
    found["relaxation_seconds"] = time.process_time() - began
    found["variables"], found["rows"] = relaxed.variables, relaxed.rows
    if relaxed.status == "Optimal":
        found["bounds"]["relaxation"] = relaxed.bound
    if whole_model_seconds is not None:
        began = time.process_time()
        exact = exact_plans.solve(arrays, seconds=whole_model_seconds, threads=2)
        seconds = time.process_time() - began
        found["solver_seconds"] = seconds
        # Out of time it may have neither a plan nor a bound of its own.
        if np.isfinite(exact.value):
            found["plans"]["solver"] = {"seconds": seconds, "value": exact.value}
        if np.isfinite(exact.bound):
            found["bounds"]["solver"] = exact.bound
    lowest = min(found["bounds"].values())
    for plan_found in found["plans"].values():
        plan_found["gap"] = 1 - plan_found["value"] / lowest
    return found


def with_groups(problem: ClassProblem, plan: ClassPlan) -> ClassProblem:
    """Return the problem in which the plan's groups stand."""
    seats: dict[Id, list[GroupSeat]] = {}
    for group in plan.groups:
        for student in group.students:
            seats.setdefault(student, []).append(
                GroupSeat(
                    group=group.id, day=group.day, competency=group.competency, order=group.order, kind=group.kind
                )
            )
    return replace(
        problem,
        may_form_groups=False,
        students=tuple(replace(needs, groups=tuple(seats.get(needs.student, ()))) for needs in problem.students),
    )


def in_front_of_the_teacher(problem: ClassProblem) -> dict[str, list[float]]:
    """Return milliseconds: each student drafted again, and each swap to an alternative checked by the referee."""
    plan = draft_class(problem, effort=QUICK)
    seated = with_groups(problem, plan)
    known = {candidate.id: candidate for candidate in problem.candidates}
    slots = {(slot.day, slot.order): slot for slot in problem.frame.slots}
    redrafts, swaps = [], []
    for needs in seated.students:
        began = time.process_time()
        draft_week(seated, needs)
        redrafts.append((time.process_time() - began) * 1000)
        week = plan.weeks[needs.student]
        for block in week.blocks:
            if block.kind is BlockKind.CHOICE or not block.alternatives:
                continue
            began = time.process_time()
            after = edits.swapped(week, block, known[block.alternatives[0]], slot=slots[block.day, block.order])
            breaches(after, needs, problem.frame, known)
            swaps.append((time.process_time() - began) * 1000)
    return {"redraft_ms": redrafts, "swap_ms": swaps}


def weeks_one_by_one(problem: ClassProblem) -> dict[str, Any]:
    """Return how near each student's week is to the best one for the same groups, which the solver proves."""
    seated = with_groups(problem, draft_class(problem, effort=QUICK))
    # Nobody is lifted for the sake of the class here: a week is held against the best week of the same worth.
    seated = replace(seated, weights=replace(seated.weights, least=0.0))
    shares, seconds, breaking = [], [], 0
    known = {candidate.id: candidate for candidate in problem.candidates}
    for needs in seated.students:
        alone = replace(seated, students=(needs,))
        plan = draft_class(alone, effort=Effort(bound_turns=(), group_turns=0))
        began = time.process_time()
        exact = exact_plans.solve(arrays_of(alone), seconds=30, gap=1e-5)
        seconds.append(time.process_time() - began)
        if exact.status == "Optimal":
            shares.append(plan.value / exact.value)
        breaking += bool(breaches(plan.weeks[needs.student], needs, problem.frame, known))
    return {
        "proven": len(shares),
        "students": len(seated.students),
        "best": sum(share > 1 - 1e-4 for share in shares),
        "mean": float(np.mean(shares)),
        "worst": min(shares),
        "breaking": breaking,
        "solver_seconds": float(np.median(seconds)),
    }


def many_classes(
    count: int, *, size: tuple[int, int, int] = CLASS_IN_A_ROW, effort: Effort = USUAL, say: Say = lambda _words: None
) -> dict[str, Any]:
    """Draft so many classes one after another; return CPU seconds of drafting alone, and memory on the way."""
    own = psutil.Process()
    looks = {max(1, round(count * share)) for share in MEMORY_AFTER}
    memory, seconds = {}, 0.0
    for number in range(count):
        students, candidates, places = size
        problem = made_class(students, candidates, seed=10_000 + number, teacher_places=places)
        began = time.process_time()
        draft_class(problem, effort=effort)
        seconds += time.process_time() - began
        if number + 1 in looks:
            memory[number + 1] = own.memory_info().rss / 2**20
            say(f"{number + 1} classes: {seconds:.0f} s, {memory[number + 1]:.0f} MiB")
    return {
        "classes": count,
        "students": size[0],
        "candidates": size[1],
        "seconds": seconds,
        "classes_a_second": count / seconds,
        "core_minutes": seconds / count * STUDENTS_OF_A_DISTRICT / size[0] / 60,
        "memory_mib": memory,
    }


# --- everything ------------------------------------------------------------------------------------------------------


def measure(*, quick: bool = False, full: bool = False, say: Say = lambda _words: None) -> dict[str, Any]:
    """Measure the planner; `full` also solves whole models, which takes minutes."""
    draft_class(made_class(6, 40, seed=9, teacher_places=2), effort=QUICK)  # compiled before anything is timed
    sizes = [LARGE, OUR_SCHOOLS[0]] if quick else [*SIZES, *OUR_SCHOOLS]
    classes = []
    for students, candidates, places in sizes:
        # A second class of the sizes that have a goal, so that one lucky class does not stand for all.
        for seed in (1, 2) if (students, candidates) == LARGE[:2] else (1,):
            size = (students, candidates, places)
            is_whole = full and seed == 1 and size in WHOLE_MODELS
            say(f"A class of {students} × {candidates}, {places} places{', the whole model' if is_whole else ''}")
            found = compare(
                made_class(students, candidates, seed=seed, teacher_places=places),
                whole_model_seconds=WHOLE_MODELS[size] if is_whole else None,
            )
            classes.append(
                {
                    "students": students,
                    "candidates": candidates,
                    "places": places,
                    "seed": seed,
                    "load": _load(),
                    **found,
                }
            )
    say("One student drafted again, and swaps checked")
    students, candidates, places = LARGE
    clicks = in_front_of_the_teacher(made_class(students, candidates, seed=1, teacher_places=places))
    say("Week by week beside the solver")
    weeks = weeks_one_by_one(made_class(*OUR_SCHOOLS[0][:2], seed=1, teacher_places=OUR_SCHOOLS[0][2]))
    say("Many classes in a row")
    row = many_classes(100 if quick else 1000, say=say)
    say("What the planner is given, read from the demo school")
    folder, _made = schools.demo_school()
    facts = schools.inside(folder, "class_facts")
    largest = [each["plans"] for each in classes if (each["students"], each["candidates"], each["places"]) == LARGE]
    summary = {
        "planner.quick_s": max(plans["quick"]["seconds"] for plans in largest),
        "planner.quick_gap": max(plans["quick"]["gap"] for plans in largest) * 100,
        "planner.polish_s": max(plans["polish"]["seconds"] for plans in largest),
        "planner.polish_gap": max(plans["polish"]["gap"] for plans in largest) * 100,
        "planner.redraft_ms": float(np.percentile(clicks["redraft_ms"], 95)),
        "planner.swap_ms": float(np.percentile(clicks["swap_ms"], 95)),
        "planner.core_minutes": row["core_minutes"],
    }
    return {"classes": classes, **clicks, "weeks": weeks, "row": row, "facts": facts, "summary": summary}


def _load() -> float:
    return round(psutil.getloadavg()[0], 1)


def _gap(plan: Mapping[str, float] | None) -> str:
    return f"{plan['gap']:.2%} {plan['seconds']:.2f} s" if plan else "–"


def _row(each: Mapping[str, Any]) -> list[str]:
    plans, bounds = each["plans"], each["bounds"]
    solver = _gap(plans.get("solver"))
    if "solver_seconds" in each and "solver" not in plans:
        solver = f"nothing in {each['solver_seconds']:.0f} s"
    return [
        f"{each['students']} × {each['candidates']}, {each['places']} places, seed {each['seed']}",
        *(_gap(plans[name]) for name in EFFORTS),
        _gap(plans["greedy"]),
        f"{min(bounds[name] for name in EFFORTS) / min(bounds.values()) - 1:.2%}",
        f"{each['relaxation_seconds']:.1f} s" if "relaxation" in bounds else "–",
        solver,
        f"{each['load']}",
    ]


HEADS = ("class", *EFFORTS, "greedy", "our bound above", "relaxation", "whole model", "load")


def show(found: Mapping[str, Any], console: Console) -> None:
    """Print the figures as they stand in docs/benchmarks.md.

    Of each plan the gap to the lowest bound that anybody proved, and CPU seconds; how far our own bound lies above that.
    """
    console.print(tables.table("The planner", list(HEADS), [_row(each) for each in found["classes"]]))
    for name, words in (
        ("redraft_ms", "One student of 30 × 400 drafted again"),
        ("swap_ms", "A swap made and checked"),
    ):
        half, most = _percentiles(found[name])
        console.print(
            f"{words}: half within {half:.1f} ms, 95 of 100 within {most:.1f} ms CPU ({len(found[name])} tried)."
        )
    weeks = found["weeks"]
    console.print(
        f"Weeks with the groups fixed, beside the solver ({weeks['proven']} of {weeks['students']} proven, "
        f"{weeks['solver_seconds']:.2f} s CPU each): {weeks['best']} are the best there is, {weeks['mean']:.2%} of it on "
        f"average, {weeks['worst']:.2%} at worst; {weeks['breaking']} break a guardrail."
    )
    row = found["row"]
    memory = ", ".join(f"{megabytes:.0f} MiB after {count}" for count, megabytes in row["memory_mib"].items())
    console.print(
        f"{row['classes']:,} classes of {row['students']} × {row['candidates']} in a row: {row['classes_a_second']:.1f} a "
        f"second of CPU, {STUDENTS_OF_A_DISTRICT:,} students in {row['core_minutes']:.0f} core-minutes; memory {memory}."
    )
    facts = found["facts"]
    console.print(
        f"Reading a class of {facts['students']} with {facts['candidates']} candidates from the demo school: "
        f"{facts['cpu_ms']:.0f} ms CPU, {facts['queries']} queries."
    )


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    half, most = np.percentile(values, [50, 95])
    return float(half), float(most)
