"""A careful greedy planner: one pass over the frame for each student, then repairs, then reasons.

It is what the planner (`planner.py`) is measured against, in the bench and in the trial; no school's week comes from it.

For every place it takes the best candidate that the guardrails allow. The value of a candidate for a student is

    gain + 0.5 interest + 0.25 hope + 0.3 fresh + 0.35 level fit + 0.2 with others + 0.4 questions

where gain is how much there is to learn (chance x (1 - chance) x 4, more for the class goal) and everything else is a
share between 0 and 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from headway.core.planning import explain
from headway.core.planning.frame import LEAST_SLOT_MINUTES, SLOT_SLACK_MINUTES
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    ClassProblem,
    GroupSeat,
    Id,
    PlannedBlock,
    Slot,
    StudentNeeds,
    Target,
    Unmet,
    WeekPlan,
    With,
)
from headway.core.planning.reasons import flags_of_week, reads, reasons_for
from headway.core.planning.referee import breaches
from headway.core.planning.scores import SECURE_WORDS, work_of

ESSENTIAL_TARGETS = 3
REVIEW_AFTER_DAYS = 12


@dataclass
class _Draft:
    """The week under construction."""

    needs: StudentNeeds
    blocks: list[PlannedBlock] = field(default_factory=list)
    used: set[Id] = field(default_factory=set)
    screen: int = 0
    review: int = 0
    essentials: int = 0
    essential_skills: dict[Id, int] = field(default_factory=dict)
    choice_options: set[Id] = field(default_factory=set)
    reserved: set[int] = field(default_factory=set)
    slots: dict[tuple[int, int], Slot] = field(default_factory=dict)
    unmet: list[Unmet] = field(default_factory=list)


@dataclass(frozen=True)
class _Library:
    """Candidates arranged once for a class."""

    by_kind: dict[BlockKind, list[Candidate]]
    by_id: dict[Id, Candidate]
    doors: dict[Id, list[Candidate]]


def _library(candidates: Iterable[Candidate]) -> _Library:
    by_kind: dict[BlockKind, list[Candidate]] = defaultdict(list)
    doors: dict[Id, list[Candidate]] = defaultdict(list)
    by_id = {}
    for candidate in candidates:
        by_id[candidate.id] = candidate
        doors[work_of(candidate)].append(candidate)
        for kind in candidate.kinds:
            by_kind[kind].append(candidate)
    return _Library(by_kind=by_kind, by_id=by_id, doors=doors)


def _gain(target: Target | None) -> float:
    if target is None:
        return 0.2
    doubt = min(1.0, target.high - target.low)
    return 4.0 * target.chance * (1.0 - target.chance) + 0.3 * doubt + (1.0 if target.is_class_goal else 0.0)


def _fit(needs: StudentNeeds, candidate: Candidate, language: str) -> float:
    """How well text and level suit the student, -2 (cannot be read) to 1."""
    if not reads(needs, candidate):
        return -2.0
    levels = {reader.language: reader.reading_level for reader in needs.readers}
    own = levels.get(candidate.language, 0.0)
    distance = abs(own - candidate.reading_level) if candidate.reading_level else 1.0
    comfort = max(0.0, 1.0 - distance / 6.0)
    best = max(levels, key=lambda code: levels[code], default=language)
    in_class_language = candidate.language == language and levels.get(language, 0.0) + 2.5 >= levels.get(best, 0.0)
    return comfort + (0.5 if in_class_language or candidate.language == best else 0.0)


def _value(needs: StudentNeeds, candidate: Candidate, target: Target | None, language: str) -> float:
    shared = len(needs.interests & candidate.topics)
    value = _gain(target) + 0.5 * min(1.0, shared / 2.0 + (0.5 if shared else 0.0))
    value += 0.25 if needs.careers & candidate.careers else 0.0
    # Another door to work that was done is no new work.
    is_done = candidate.id in needs.done_recently or work_of(candidate) in needs.done_recently
    value += -0.6 if is_done else 0.3
    value += 0.35 * _fit(needs, candidate, language)
    value += 0.2 if candidate.with_whom is not With.ALONE else 0.0
    # Without questions in the week no evidence comes back from it, and the next draft knows no more than this one.
    value += 0.4 if candidate.has_items else 0.0
    if candidate.level == "easier":
        value += 0.3 if target is not None and target.chance < 0.4 else -0.4
    if candidate.level == "harder":
        value += 0.3 if target is not None and target.chance > 0.85 else -0.4
    return value


def _essential_targets(needs: StudentNeeds) -> list[Target]:
    """The class goal first, then what is within reach and not yet secure, by how much there is to learn."""
    goal = [target for target in needs.targets if target.is_class_goal]
    reach = [
        target
        for target in needs.targets
        if not target.is_class_goal and target.word not in SECURE_WORDS and not target.missing_prerequisites
    ]
    reach.sort(key=lambda target: (-_gain(target), str(target.competency)))
    rest = sorted(
        (target for target in needs.targets if target not in goal and target not in reach),
        key=lambda target: (bool(target.missing_prerequisites), target.chance, str(target.competency)),
    )
    return [*goal, *reach, *rest][:ESSENTIAL_TARGETS]


def _review_targets(needs: StudentNeeds) -> set[Id]:
    return {
        target.competency
        for target in needs.targets
        if target.pieces
        and target.days_since is not None
        and (target.is_stale or target.word == "recheck" or target.days_since >= REVIEW_AFTER_DAYS)
    }


def _stretch_targets(needs: StudentNeeds) -> set[Id]:
    ready = {
        target.competency
        for target in needs.targets
        if not target.missing_prerequisites and (target.word in SECURE_WORDS or target.chance >= 0.65)
    }
    return ready or {target.competency for target in needs.targets if not target.missing_prerequisites}


def _allowed(draft: _Draft, slot: Slot, kind: BlockKind, candidate: Candidate, week_minutes: int) -> bool:
    return work_of(candidate) not in draft.used and _fits(draft, slot, kind, candidate, week_minutes)


def _fits(draft: _Draft, slot: Slot, kind: BlockKind, candidate: Candidate, week_minutes: int) -> bool:
    needs = draft.needs
    minutes = min(slot.minutes, candidate.minutes)
    if candidate.minutes > slot.minutes + SLOT_SLACK_MINUTES:
        return False
    if draft.screen + min(candidate.screen_minutes, minutes) > needs.limits.screen_minutes_cap:
        return False
    if kind is BlockKind.PAPER and candidate.screen_minutes:
        return False
    if kind is BlockKind.REVIEW and draft.review + minutes > needs.limits.review_share_cap * week_minutes:
        return False
    if kind is not BlockKind.GROUP and candidate.with_whom is With.TEACHER:
        return False
    return candidate.with_whom is not With.ALONE or reads(needs, candidate)


def draft_week(problem: ClassProblem, needs: StudentNeeds, *, library: _Library | None = None) -> WeekPlan:
    """Return a week for one student: legal wherever the library allows it, and honest about where it does not."""
    library = library or _library(problem.candidates)
    targets = {target.competency: target for target in needs.targets}
    values = {
        candidate.id: _value(needs, candidate, targets.get(candidate.competency), problem.language)
        for candidate in problem.candidates
    }
    ranked = {
        kind: sorted(candidates, key=lambda candidate: (-values[candidate.id], str(candidate.id)))
        for kind, candidates in library.by_kind.items()
    }
    essentials = [target.competency for target in _essential_targets(needs)]
    reviews, stretches = _review_targets(needs), _stretch_targets(needs)
    week_minutes = sum(problem.frame.minutes_of_day)
    draft = _Draft(needs=needs)
    locked = {(block.day, block.order): block for block in needs.locked}
    open_days = [day for day, minutes in enumerate(problem.frame.minutes_of_day) if minutes]
    last_first_day = max([2, *open_days[:3]])
    for kept in needs.locked:
        _take(draft, kept, library)
    for skill in _late_only(needs.locked, last_first_day):
        # An essential that is locked late in the week is owed an earlier start, before all others.
        draft.essential_skills[skill] = -1
        essentials = [skill, *(other for other in essentials if other != skill)]
    seats = {seat.day: seat for seat in needs.groups}
    _reserve(draft, seats.values(), library)

    def wanted(kind: BlockKind, candidate: Candidate) -> bool:
        competency = candidate.competency
        if kind is BlockKind.ESSENTIAL:
            return competency in essentials
        if kind is BlockKind.REVIEW:
            return competency in reviews
        if kind is BlockKind.STRETCH:
            return competency in stretches
        target = targets.get(competency)
        return target is None or not target.missing_prerequisites or kind is not BlockKind.PAPER

    empty_minutes = 0
    for slot in problem.frame.slots:
        if (slot.day, slot.order) in locked:
            continue
        # A locked block may be longer than its place; what it takes is not there for others.
        room = problem.frame.minutes_of_day[slot.day] - sum(
            taken.minutes for taken in draft.blocks if taken.day == slot.day
        )
        if room < LEAST_SLOT_MINUTES and room < slot.minutes:
            continue
        slot = replace(slot, minutes=min(slot.minutes, room))  # noqa: PLW2901
        draft.slots[slot.day, slot.order] = slot
        placed = False
        for kind in slot.kinds:
            if needs.essentials_only and (
                kind not in (BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.CHOICE)
                or (kind is BlockKind.ESSENTIAL and draft.essentials >= needs.limits.most_essentials_only)
            ):
                continue
            if kind is BlockKind.PROJECT and any(
                taken.kind is BlockKind.PROJECT and taken.day == slot.day for taken in draft.blocks
            ):
                continue
            block: PlannedBlock | None
            if kind is BlockKind.GROUP:
                block = _group_block(draft, slot, seats.get(slot.day), ranked, library, week_minutes)
                if block is not None:
                    del seats[slot.day]  # a long day has two places for groups, and a seat is one meeting
            elif kind is BlockKind.CHOICE:
                block = _choice_block(draft, slot, ranked.get(kind, []), week_minutes)
            else:
                choices = [
                    candidate
                    for candidate in ranked.get(kind, [])
                    if wanted(kind, candidate) and _allowed(draft, slot, kind, candidate, week_minutes)
                ]
                if kind is BlockKind.ESSENTIAL:
                    choices = _essential_order(draft, choices, essentials, is_late=slot.day > last_first_day)
                block = _block(slot, kind, choices[0], library) if choices else None
            if block is not None:
                _take(draft, block, library)
                placed = True
                break
        if not placed and not needs.essentials_only:
            empty_minutes += slot.minutes
    if empty_minutes >= 15:
        draft.unmet.append(Unmet(guardrail="empty", sentence=explain.UNMET_EMPTY, facts={"minutes": empty_minutes}))
    return _finished(problem, draft, targets, ranked, library, week_minutes)


def _late_only(locked: Iterable[PlannedBlock], last_first_day: int) -> list[Id]:
    """Return the skills whose only locked essentials stand late in the week."""
    days: dict[Id, int] = {}
    for block in locked:
        if block.kind is BlockKind.ESSENTIAL:
            days[block.competency] = min(days.get(block.competency, block.day), block.day)
    return [skill for skill, day in days.items() if day > last_first_day]


def _essential_order(
    draft: _Draft, choices: list[Candidate], essentials: list[Id], *, is_late: bool
) -> list[Candidate]:
    """Prefer the essential skill with the fewest blocks so far; late in the week only skills that have begun."""
    if is_late:
        choices = [candidate for candidate in choices if candidate.competency in draft.essential_skills]
    rank = {competency: place for place, competency in enumerate(essentials)}
    return sorted(
        choices,
        key=lambda candidate: (draft.essential_skills.get(candidate.competency, 0), rank[candidate.competency]),
    )


def _block(slot: Slot, kind: BlockKind, candidate: Candidate, library: _Library) -> PlannedBlock:
    minutes = min(slot.minutes, candidate.minutes)
    return PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=kind,
        candidate=candidate.id,
        competency=candidate.competency,
        with_whom=candidate.with_whom,
        screen_minutes=min(candidate.screen_minutes, minutes),
        variants=tuple(door.id for door in library.doors[work_of(candidate)] if door.id != candidate.id),
    )


def _reserve(draft: _Draft, seats: Iterable[GroupSeat], library: _Library) -> None:
    """Keep the work that a group will do, and its screen minutes, out of the rest of the week."""
    for seat in seats:
        candidate = library.by_id.get(seat.candidate)
        if (
            candidate is not None
            and work_of(candidate) not in draft.used
            and draft.screen + candidate.screen_minutes <= draft.needs.limits.screen_minutes_cap
        ):
            draft.used.add(work_of(candidate))
            draft.reserved.add(seat.day)
            draft.screen += candidate.screen_minutes


def _group_block(
    draft: _Draft,
    slot: Slot,
    seat: GroupSeat | None,
    ranked: dict[BlockKind, list[Candidate]],
    library: _Library,
    week_minutes: int,
) -> PlannedBlock | None:
    if seat is None:
        return None
    candidate = library.by_id.get(seat.candidate)
    if candidate is not None and seat.day in draft.reserved:
        draft.reserved.discard(seat.day)
        draft.screen -= candidate.screen_minutes
    else:
        candidate = next(
            (
                option
                for option in ranked.get(BlockKind.GROUP, [])
                if option.competency == seat.competency and _allowed(draft, slot, BlockKind.GROUP, option, week_minutes)
            ),
            None,
        )
    if candidate is None:
        return None
    block = _block(slot, BlockKind.GROUP, candidate, library)
    return replace(block, group=seat.group, with_whom=With.TEACHER, minutes=min(slot.minutes, candidate.minutes))


def _choice_block(draft: _Draft, slot: Slot, ranked: list[Candidate], week_minutes: int) -> PlannedBlock | None:
    """Offer three different works, of different kinds of activity where the library has them."""
    wanted = draft.needs.limits.choice_options
    options: list[Candidate] = []
    for is_strict in (True, False):
        for candidate in ranked:
            if len(options) == wanted:
                break
            if not _allowed(draft, slot, BlockKind.CHOICE, candidate, week_minutes):
                continue
            if (
                work_of(candidate) in {work_of(option) for option in options}
                or work_of(candidate) in draft.choice_options
            ):
                continue
            # A real choice differs in what it is about; the second round takes what there is.
            if is_strict and any(option.topics and option.topics == candidate.topics for option in options):
                continue
            options.append(candidate)
    if not options or len(options) < wanted:
        return None
    first = options[0]
    minutes = min(slot.minutes, max(option.minutes for option in options))
    draft.choice_options.update(work_of(option) for option in options)
    return PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=BlockKind.CHOICE,
        candidate=None,
        competency=None,
        with_whom=first.with_whom if len({option.with_whom for option in options}) == 1 else With.ALONE,
        screen_minutes=min(minutes, max(option.screen_minutes for option in options)),
        options=tuple(option.id for option in options),
    )


def _take(draft: _Draft, block: PlannedBlock, library: _Library) -> None:
    draft.blocks.append(block)
    draft.screen += block.screen_minutes
    if block.kind is BlockKind.REVIEW:
        draft.review += block.minutes
    if block.kind is BlockKind.ESSENTIAL:
        draft.essentials += 1
        draft.essential_skills[block.competency] = draft.essential_skills.get(block.competency, 0) + 1
    candidate = library.by_id.get(block.candidate)
    if candidate is not None:
        draft.used.add(work_of(candidate))


def _finished(
    problem: ClassProblem,
    draft: _Draft,
    targets: dict[Id, Target],
    ranked: dict[BlockKind, list[Candidate]],
    library: _Library,
    week_minutes: int,
) -> WeekPlan:
    needs = draft.needs
    _repair_with_others(problem, draft, ranked, library, week_minutes)
    blocks = sorted(draft.blocks, key=lambda block: (block.day, block.order))
    plan = WeekPlan(student=needs.student, blocks=tuple(blocks))
    unmet = list(draft.unmet)
    for breach in breaches(plan, needs, problem.frame, library.by_id):
        if breach.guardrail == "choice":
            unmet.append(Unmet(guardrail="choice", sentence=explain.UNMET_CHOICE))
        elif breach.guardrail == "with_others":
            unmet.append(Unmet(guardrail="with_others", sentence=explain.UNMET_OTHERS, facts=breach.facts))
        elif breach.guardrail == "grade_level":
            skill = problem.class_goal or next(iter(targets), None)
            unmet.append(
                Unmet(guardrail="grade_level", sentence=explain.UNMET_GRADE_LEVEL, facts={"competency": skill})
            )
        else:
            # Only what was locked can break the others; the teacher put it there and is told.
            unmet.append(Unmet(guardrail=breach.guardrail, sentence=breach.sentence, facts=breach.facts))
    explained = tuple(
        block
        if block.is_locked
        else replace(
            block,
            reasons=reasons_for(problem, needs, block, targets, library.by_id),
            alternatives=_alternatives(problem, draft, block, ranked, library, week_minutes),
        )
        for block in blocks
    )
    plan = replace(plan, blocks=explained, unmet=tuple(unmet))
    return replace(plan, flags=flags_of_week(needs, plan, library.by_id))


def _repair_with_others(
    problem: ClassProblem,
    draft: _Draft,
    ranked: dict[BlockKind, list[Candidate]],
    library: _Library,
    week_minutes: int,
) -> None:
    """Where too little is with others, swap lone blocks for pair or team work of the same kind and skill."""
    short = [
        breach
        for breach in breaches(
            WeekPlan(student=draft.needs.student, blocks=tuple(draft.blocks)),
            draft.needs,
            problem.frame,
            library.by_id,
        )
        if breach.guardrail == "with_others"
    ]
    if not short:
        return
    missing = int(str(short[0].facts["floor"])) - int(str(short[0].facts["minutes"]))
    for place, block in enumerate(draft.blocks):
        if missing <= 0:
            return
        if block.is_locked or block.with_whom is not With.ALONE or block.kind is BlockKind.CHOICE:
            continue
        slot = draft.slots[block.day, block.order]
        for candidate in ranked.get(block.kind, []):
            same = block.kind is BlockKind.PAPER or candidate.competency == block.competency
            if (
                same
                and candidate.with_whom in (With.PAIR, With.TEAM)
                and _allowed(draft, slot, block.kind, candidate, week_minutes)
            ):
                old = library.by_id.get(block.candidate)
                if old is not None:
                    draft.used.discard(work_of(old))
                new = _block(slot, block.kind, candidate, library)
                draft.blocks[place] = new
                draft.used.add(work_of(candidate))
                draft.screen += new.screen_minutes - block.screen_minutes
                draft.review += new.minutes - block.minutes if block.kind is BlockKind.REVIEW else 0
                missing -= new.minutes
                break


def _alternatives(
    problem: ClassProblem,
    draft: _Draft,
    block: PlannedBlock,
    ranked: dict[BlockKind, list[Candidate]],
    library: _Library,
    week_minutes: int,
) -> tuple[Id, ...]:
    """Return up to three others that keep the whole week legal: other work on the skill first, then other doors."""
    if block.kind is BlockKind.CHOICE or block.is_locked:
        return ()
    slot = draft.slots.get((block.day, block.order))
    if slot is None:
        return ()
    draft.screen -= block.screen_minutes
    draft.review -= block.minutes if block.kind is BlockKind.REVIEW else 0
    found: list[Id] = []
    for same_skill in (True, False):
        for candidate in ranked.get(block.kind, []):
            if len(found) == 3:
                break
            if candidate.id == block.candidate or candidate.id in found:
                continue
            if (candidate.competency == block.competency) is not same_skill:
                continue
            if not same_skill and block.kind in (BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.REVIEW):
                continue
            if (
                block.kind is BlockKind.STRETCH
                and not same_skill
                and any(
                    target.competency == candidate.competency and target.missing_prerequisites
                    for target in draft.needs.targets
                )
            ):
                continue
            if _allowed(draft, slot, block.kind, candidate, week_minutes):
                found.append(candidate.id)
    doors = [
        door
        for door in block.variants
        for candidate in (library.by_id[door],)
        if candidate.competency == block.competency
        and reads(draft.needs, candidate)
        and _fits(draft, slot, block.kind, candidate, week_minutes)
    ]
    draft.screen += block.screen_minutes
    draft.review += block.minutes if block.kind is BlockKind.REVIEW else 0
    return tuple((found + [door for door in doors if door not in found])[:3])


def draft_class(problem: ClassProblem) -> dict[Id, WeekPlan]:
    """Return a drafted week for every student of the class; the same problem gives the same weeks."""
    library = _library(problem.candidates)
    return {needs.student: draft_week(problem, needs, library=library) for needs in problem.students}
