"""The planner's two doors: a drafted week for every student of a class, with its groups, or for one student alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from headway.core.grouping.partition import WHY_NEEDS, WHY_RECHECK, WHY_STRETCH
from headway.core.planning import explain
from headway.core.planning.arrays import (
    ClassArrays,
    StudentArrays,
    class_arrays,
)
from headway.core.planning.frame import SLOT_SLACK_MINUTES
from headway.core.planning.optimise import ONE_WEEK, USUAL, Effort, Found, search_class
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    ClassPlan,
    ClassProblem,
    Frame,
    Id,
    PlannedBlock,
    PlannedGroup,
    Slot,
    StudentNeeds,
    Target,
    Unmet,
    WeekPlan,
    With,
)
from headway.core.planning.reasons import flags_of_week, reasons_for
from headway.core.planning.referee import breaches
from headway.core.planning.scores import KINDS, Numbers, essential_targets, library_of, scores_of, work_of
from headway.core.planning.search import WIDTH

ALTERNATIVES = 3
LEAST_EMPTY_MINUTES = 15
WHY = {"needs": WHY_NEEDS, "stretch": WHY_STRETCH, "recheck": WHY_RECHECK}
# Other work may stand in for these only on the same skill; the rest of the kinds may change their subject.
KEEP_THEIR_SKILL = frozenset({BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.REVIEW})
NEXT_TO_NOTHING = 1e-9


def draft_class(
    problem: ClassProblem,
    *,
    effort: Effort = USUAL,
    stop: Callable[[], bool] = lambda: False,
    told: Callable[[int, int], None] | None = None,
) -> ClassPlan:
    """Return a drafted week for every student of the class and the groups that meet; the same problem, the same plan.

    `told(done, of)` is called as students' weeks are finished and between the steps of the search before that. Once
    `stop()` is true, the best legal plan so far is returned and says that it is out of time.
    """
    library = library_of(problem)
    arrays = class_arrays(problem, library, scores_of(problem, library))
    found = search_class(arrays, effort=effort, stop=stop)
    groups = _groups(arrays, found)
    weeks: dict[Id, WeekPlan] = {}
    for row, one in enumerate(arrays.students):
        weeks[one.needs.student] = _week(arrays, one, found.chosen[row], groups)
        if told is not None:
            told(row + 1, len(arrays.students))
    return ClassPlan(
        weeks=weeks,
        groups=tuple(groups[place] for place in sorted(groups)),
        value=found.value,
        bound=found.bound,
        is_out_of_time=found.is_out_of_time,
    )


def compile_now() -> None:
    """Have the search compiled: draft a class of three, so that no teacher's first draft waits for it."""
    slots = tuple(
        Slot(day=day, order=0, minutes=20, kinds=(BlockKind.ESSENTIAL, BlockKind.GROUP), is_teachers=True)
        for day in range(2)
    )
    works = tuple(
        Candidate(id=number, competency="a", minutes=20, kinds=frozenset(slots[0].kinds)) for number in range(4)
    )
    target = Target(competency="a", chance=0.4, low=0.2, high=0.6, pieces=3, word="starting", grade=1)
    students = tuple(StudentNeeds(student=number, grade=1, targets=(target,), readers=()) for number in range(3))
    frame = Frame(slots=slots, minutes_of_day=(20, 20, 0, 0, 0))
    draft_class(ClassProblem(frame=frame, candidates=works, students=students, may_form_groups=True))


def draft_week(problem: ClassProblem, needs: StudentNeeds) -> WeekPlan:
    """Return a week for one student, whose seats in groups stand: what a redraft of one row asks for."""
    alone = replace(problem, students=(needs,), may_form_groups=False)
    return draft_class(alone, effort=ONE_WEEK).weeks[needs.student]


def _groups(arrays: ClassArrays, found: Found) -> dict[tuple[int, int], PlannedGroup]:
    """Return the groups that the search formed, by their place in the week."""
    groups = {}
    for number, (day, order) in enumerate(arrays.teacher_places):
        if found.target[number] < 0:
            continue
        skill, kind = arrays.group_targets[int(found.target[number])]
        competency = arrays.library.competencies[skill]
        members = tuple(arrays.students[row].needs.student for row in sorted(found.members[number]))
        groups[day, order] = PlannedGroup(
            id=f"new-{day}.{order}",
            day=day,
            order=order,
            competency=competency,
            kind=kind,
            students=members,
            sentence=WHY[kind],
            facts={"count": len(members), "competency": competency},
        )
    return groups


def _week(
    arrays: ClassArrays, one: StudentArrays, chosen: Numbers, groups: Mapping[tuple[int, int], PlannedGroup]
) -> WeekPlan:
    problem, needs = arrays.problem, one.needs
    known = {candidate.id: candidate for candidate in arrays.library.candidates}
    targets = {target.competency: target for target in needs.targets}
    amount = one.fixed.copy()
    options = chosen[chosen >= 0]
    np.add.at(amount, one.terms[options][:, : WIDTH - 1], one.amounts[options][:, : WIDTH - 1])
    used = set(one.work[options].tolist())
    blocks = list(needs.locked)
    for place, option in enumerate(chosen.tolist()):
        if option < 0:
            continue
        block = _block(arrays, one, place, option, groups)
        group_kind = groups[block.day, block.order].kind if block.group and (block.day, block.order) in groups else ""
        block = replace(
            block,
            reasons=reasons_for(problem, needs, block, targets, known, group_kind),
            alternatives=_alternatives(arrays, one, place, option, amount, used, block.variants),
        )
        blocks.append(block)
    blocks.sort(key=lambda block: (block.day, block.order))
    plan = WeekPlan(student=needs.student, blocks=tuple(blocks))
    plan = replace(plan, unmet=_unmet(arrays, one, plan, known))
    return replace(plan, flags=flags_of_week(needs, plan, known))


def _block(
    arrays: ClassArrays,
    one: StudentArrays,
    place: int,
    option: int,
    groups: Mapping[tuple[int, int], PlannedGroup],
) -> PlannedBlock:
    library, slot = arrays.library, one.places[place]
    kind = KINDS[int(one.kind[option])]
    minutes = int(one.minutes[option])
    at = int(one.candidate[option])
    if at < 0:
        offers = [library.candidates[number] for number in one.bundles[-1 - at]]
        company = {offer.with_whom for offer in offers}
        return PlannedBlock(
            day=slot.day,
            order=slot.order,
            minutes=minutes,
            kind=kind,
            candidate=None,
            competency=None,
            with_whom=company.pop() if len(company) == 1 else With.ALONE,
            screen_minutes=min(minutes, max(offer.screen_minutes for offer in offers)),
            options=tuple(offer.id for offer in offers),
        )
    candidate = library.candidates[at]
    group: Id = None
    if kind is BlockKind.GROUP:
        seat = one.seats.get(int(one.seat[option]))
        group = seat.group if seat is not None else groups[slot.day, slot.order].id
    return PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=kind,
        candidate=candidate.id,
        competency=candidate.competency,
        with_whom=With.TEACHER if kind is BlockKind.GROUP else candidate.with_whom,
        screen_minutes=min(candidate.screen_minutes, minutes),
        variants=_other_doors(arrays, candidate),
        group=group,
    )


def _other_doors(arrays: ClassArrays, candidate: Candidate) -> tuple[Id, ...]:
    doors = arrays.library.doors[work_of(candidate)]
    return tuple(
        arrays.library.candidates[door].id for door in doors if arrays.library.candidates[door] is not candidate
    )


def _alternatives(
    arrays: ClassArrays,
    one: StudentArrays,
    place: int,
    option: int,
    amount: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    used: set[int],
    variants: tuple[Id, ...],
) -> tuple[Id, ...]:
    """Return up to three others that keep the whole week legal: other work on the skill first, then other doors."""
    library = arrays.library
    if one.candidate[option] < 0:
        return ()
    here = np.arange(one.start[place], one.start[place + 1])
    here = here[(one.kind[here] == one.kind[option]) & (one.seat[here] == one.seat[option]) & (here != option)]
    here = here[one.candidate[here] >= 0]
    if not here.size:
        return ()
    without = amount.copy()
    np.subtract.at(without, one.terms[option][: WIDTH - 1], one.amounts[option][: WIDTH - 1])
    law = one.law
    terms = one.terms[here][:, : WIDTH - 1]
    changed = np.repeat(without[None, :], here.size, axis=0)
    np.add.at(changed, (np.arange(here.size)[:, None], terms), one.amounts[here][:, : WIDTH - 1])
    short = np.maximum(0.0, law.sign * changed - law.limit)
    was = np.maximum(0.0, law.sign * amount - law.limit)
    is_legal = ~((short > was + NEXT_TO_NOTHING) & (law.is_guardrail & (law.cost > 0))).any(axis=1)
    worth = one.value[here] - (law.cost * short).sum(axis=1)
    competency = library.competency[one.candidate[option]]
    same = library.competency[one.candidate[here]] == competency
    own = one.work[here] == one.work[option]
    taken = np.array([work in used for work in one.work[here].tolist()]) & ~own
    usable = is_legal & ~taken & (same if KINDS[int(one.kind[option])] in KEEP_THEIR_SKILL else True)
    # An essential that would leave its skill without an early block is no alternative.
    usable &= (one.essential[here] == one.essential[option]) | (one.essential[option] < 0)
    order = np.lexsort((one.candidate[here], -worth, ~same, own))
    found: list[Id] = []
    works: set[int] = set()
    for number in order.tolist():
        if len(found) == ALTERNATIVES:
            break
        work = int(one.work[here[number]])
        if usable[number] and (work not in works or own[number]):
            works.add(work)
            found.append(library.candidates[int(one.candidate[here[number]])].id)
    return tuple(found)


def _unmet(arrays: ClassArrays, one: StudentArrays, plan: WeekPlan, known: Mapping[Id, Candidate]) -> tuple[Unmet, ...]:
    """Return what could not be met and why, with one thing to do about each."""
    problem, needs = arrays.problem, one.needs
    found: list[Unmet] = []
    for breach in breaches(plan, needs, problem.frame, known):
        if any((unmet.guardrail, unmet.facts) == (breach.guardrail, breach.facts) for unmet in found):
            continue
        if breach.guardrail in ("grade_level", "class_goal"):
            skill = problem.class_goal if problem.class_goal is not None else next(iter(essential_targets(needs)), None)
            if skill is not None:
                why = _why_not(arrays, one, skill)
                found.append(Unmet(guardrail=breach.guardrail, sentence=why[0], facts=why[1]))
                continue
        sentence = explain.UNMET_OF.get(breach.guardrail, breach.sentence)
        found.append(Unmet(guardrail=breach.guardrail, sentence=sentence, facts=breach.facts))
    here = {block.competency for block in plan.blocks}
    told = {unmet.facts.get("competency") for unmet in found}
    has_place = any(BlockKind.ESSENTIAL in slot.kinds for slot in one.places)
    for skill in essential_targets(needs)[: needs.limits.most_essentials_only] if has_place else ():
        if skill not in here and skill not in told:
            sentence, facts = _why_not(arrays, one, skill)
            # That a week is full of other essentials is no shortfall.
            if sentence != explain.UNMET_NO_PLACE:
                found.append(Unmet(guardrail="essential", sentence=sentence, facts=facts))
    places = {(block.day, block.order) for block in plan.blocks}
    empty = sum(slot.minutes for slot in one.places if (slot.day, slot.order) not in places)
    if empty >= LEAST_EMPTY_MINUTES and not needs.essentials_only:
        found.append(Unmet(guardrail="empty", sentence=explain.UNMET_EMPTY, facts={"minutes": empty}))
    return tuple(found)


def _why_not(arrays: ClassArrays, one: StudentArrays, skill: Id) -> tuple[str, dict[str, object]]:
    """Return why no essential block on a skill stands in the week, and what to do about it."""
    library, needs = arrays.library, one.needs
    row = next(number for number, other in enumerate(arrays.students) if other is one)
    facts: dict[str, object] = {"competency": skill}
    works = [
        number
        for number, candidate in enumerate(library.candidates)
        if candidate.competency == skill and BlockKind.ESSENTIAL in candidate.kinds
    ]
    if not works:
        return explain.UNMET_NO_WORK, facts
    longest = max((slot.minutes for slot in one.places if BlockKind.ESSENTIAL in slot.kinds), default=0)
    readable = [n for n in works if arrays.scores.is_readable[row, n] or not library.is_alone[n]]
    if not readable:
        best = max((reader.reading_level for reader in needs.readers), default=0.0)
        languages = sorted({reader.language for reader in needs.readers if reader.reading_level >= best - 1.0})
        return explain.UNMET_UNREADABLE, facts | {"languages": languages}
    if all(library.minutes[n] > longest + SLOT_SLACK_MINUTES for n in readable):
        return explain.UNMET_TOO_LONG, facts
    return explain.UNMET_NO_PLACE, facts
