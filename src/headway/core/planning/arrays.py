"""A class's problem as the arrays that the compiled search reads: what could stand where, what it is worth, what it counts for.

What counts over a whole week is a list of terms, `cost x max(0, sign x amount - limit)`:

    saturation   the third and every further block on one skill
    monotony     the third and every further time of the same activity
    overload     the third hard block on a day
    groups       a second turn beside the teacher in one week
    coverage     no block on the class goal, at grade level, of choice, on an essential, for a milestone, beside somebody
    caps, floors screen minutes, reviews, minutes alone, minutes with others, project blocks on a day, essentials

Minutes are counted in standard blocks of 20. A cap that no plan may pass costs so much that passing it never pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headway.core.grouping.partition import SMALLEST, Standing, kinds_for
from headway.core.planning.frame import LEAST_SLOT_MINUTES, SLOT_SLACK_MINUTES
from headway.core.planning.problem import (
    BlockKind,
    ClassProblem,
    Frame,
    GroupSeat,
    Id,
    PlannedBlock,
    Slot,
    StudentNeeds,
    Target,
    Weights,
    With,
)
from headway.core.planning.scores import (
    KINDS,
    Flags,
    Floats,
    Library,
    Numbers,
    Scores,
    essential_targets,
    is_due,
    stretch_targets,
)
from headway.core.planning.search import ALONE, FREE, WIDTH

STANDARD_MINUTES = 20.0
EXTRA_TIME = 1.25
REST_MINUTES = 5
FULL_WEEK_MINUTES = 250
GROUP_GAIN, CHOICE_GAIN, FURTHER_IN_GROUP = 1.5, 0.6, 0.35
GROUPS_A_WEEK, ANOTHER_TURN = 1.0, 0.6  # the teacher's time goes round before anybody has a second turn
WITHOUT_WHAT_IT_NEEDS = 0.6  # with the teacher a skill may be met before the one it needs, for less
GOAL_EARLY = 0.05  # for each day that the class goal is met earlier: everybody begins the week with it
EVIDENCE_EARLY = 0.02  # for questions at the week's beginning: what they show can still be followed in it
KIND_PREFERENCE = 0.1
SATURATION = 0.4
BLOCKS_ON_A_SKILL, TIMES_AN_ACTIVITY, HARD_BLOCKS_A_DAY = 2.0, 2.0, 2.0
MISSES_GOAL, MISSES_GRADE_LEVEL, MISSES_CHOICE, MISSES_ESSENTIAL, MISSES_MILESTONE, MISSES_COMPANY = 3.0, 3, 3, 1, 5, 1
MISSES_REVIEW = 3.0
SHORT_OF_COMPANY = 2.0  # for each standard block of minutes that is missing with others, or too much alone
FORBIDDEN = 400.0  # for each standard block of minutes, so that not even one minute too much pays
WISHES = ("saturation", "monotony", "overload", "essential", "groups")  # what is better, but breaks nothing
DAYS = 5
ESSENTIALS = 3
LAST_DAY_FOR_A_FIRST_ESSENTIAL = 2
NO_TERM = 0  # with an amount of 0 it counts nothing


def value_of(
    weights: Weights, kind: BlockKind, share: Floats, gain: Floats, review: Floats, interest: Floats, fit: Floats
) -> Floats:
    """Return what blocks are worth by the weights; `gain` as `gain_in` gives it, shares of a standard block."""
    if kind is BlockKind.CHOICE:
        return weights.gain * CHOICE_GAIN * share
    learnt = weights.review * share * review if kind is BlockKind.REVIEW else weights.gain * gain
    return learnt + weights.interest * interest + weights.fit * fit


def gain_in(kind: BlockKind, share: Floats, gain: Floats, review: Floats, group: str = "") -> Floats:
    """Return how much is gained in blocks of a kind: nothing new in reviews, more with the teacher."""
    if kind in (BlockKind.REVIEW, BlockKind.CHOICE):
        return 0.0 * share
    if kind is not BlockKind.GROUP:
        return share * gain
    if group == "recheck":
        return GROUP_GAIN * share * np.maximum(gain, review)
    return GROUP_GAIN * share * np.maximum(gain, FURTHER_IN_GROUP if group == "stretch" else 0.0)


@dataclass(frozen=True)
class Terms:
    """What counts over one student's week; `names` says which guardrail or wish each term stands for."""

    sign: Floats
    limit: Floats
    cost: Floats
    names: tuple[str, ...]
    is_guardrail: Flags


@dataclass
class StudentArrays:
    """Everything the search knows of one student."""

    needs: StudentNeeds
    places: tuple[Slot, ...]  # with the minutes that are open there
    start: Numbers
    candidate: Numbers  # of each option; -1 - bundle for a choice
    kind: Numbers
    work: Numbers
    value: Floats
    gain: Floats  # as a share of what the student could gain
    seat: Numbers
    minutes: Numbers
    essential: Numbers
    is_late: Flags
    terms: Numbers
    amounts: Floats
    law: Terms
    fixed: Floats
    early: Numbers
    late: Numbers
    wanted: Numbers
    works: int
    bundles: tuple[tuple[int, ...], ...]
    base_value: float
    base_gain: float
    seats: Mapping[int, GroupSeat]  # forced seats by their number
    price: Floats
    chosen: Numbers


@dataclass(frozen=True)
class ClassArrays:
    """A class, student by student, and the groups that could meet."""

    problem: ClassProblem
    library: Library
    scores: Scores
    students: tuple[StudentArrays, ...]
    teacher_places: tuple[tuple[int, int], ...]
    group_targets: tuple[tuple[int, str], ...]  # skill by number, kind of group


def place_of_seat(frame: Frame, seat: GroupSeat) -> tuple[int, int] | None:
    """Return where a seat is in the week: its own time, else the teacher's place of that day, else any for groups."""
    here = [slot for slot in frame.slots if slot.day == seat.day]
    ranked = [slot for slot in here if slot.order == seat.order]
    ranked += [slot for slot in here if slot.is_teachers] if seat.order is None else []
    ranked += [slot for slot in here if BlockKind.GROUP in slot.kinds] if seat.order is None else []
    return (ranked[0].day, ranked[0].order) if ranked else None


def open_places(frame: Frame, needs: StudentNeeds) -> tuple[Slot, ...]:
    """Return the places that are not locked, with the minutes that locks and rest leave there."""
    taken = {(block.day, block.order) for block in needs.locked}
    found = []
    for day, minutes in enumerate(frame.minutes_of_day):
        free = [slot for slot in frame.slots if slot.day == day and (slot.day, slot.order) not in taken]
        room = minutes - sum(block.minutes for block in needs.locked if block.day == day)
        if "breaks" in needs.supports and minutes:
            room -= REST_MINUTES
        lengths = [slot.minutes for slot in free]
        excess = sum(lengths) - room
        # What is too much comes off the longest place first, so that no place becomes too short to use.
        for place in sorted(range(len(free)), key=lambda at: (-lengths[at], -at)):
            cut = min(max(0, excess), max(0, lengths[place] - LEAST_SLOT_MINUTES))
            lengths[place] -= cut
            excess -= cut
        for place in reversed(range(len(free))):
            if excess > 0:
                excess -= lengths[place]
                lengths[place] = 0
        found += [replace(slot, minutes=length) for slot, length in zip(free, lengths, strict=True) if length > 0]
    return tuple(found)


def last_first_day(frame: Frame) -> int:
    """Return the last day on which an essential may be met first: Wednesday, or the third day of a short week."""
    open_days = [day for day, minutes in enumerate(frame.minutes_of_day) if minutes]
    return max([LAST_DAY_FOR_A_FIRST_ESSENTIAL, *open_days[:3]])


def share_of_floor(frame: Frame, needs: StudentNeeds) -> float:
    """Return which part of a full week's floor or cap holds in this week."""
    return min(1.0, sum(frame.minutes_of_day) / FULL_WEEK_MINUTES) * (0.5 if needs.essentials_only else 1.0)


@dataclass(frozen=True)
class _Terms:
    """Where each term stands in a student's list."""

    saturation: int
    monotony: int
    overload: int
    projects: int
    company: int
    goal: int
    grade_level: int
    choice: int
    essential: int
    screen: int
    review: int
    others: int
    alone: int
    essentials_only: int
    groups: int
    milestones: int
    due: int
    count: int


def _layout(skills: int, activities: int, milestones: int, due: int) -> _Terms:
    first = 1 + skills + activities  # term 0 is NO_TERM
    single = first + 3 * DAYS
    return _Terms(
        saturation=1,
        monotony=1 + skills,
        overload=first,
        projects=first + DAYS,
        company=first + 2 * DAYS,
        goal=single,
        grade_level=single + 1,
        choice=single + 2,
        essential=single + 3,
        screen=single + 3 + ESSENTIALS,
        review=single + 4 + ESSENTIALS,
        others=single + 5 + ESSENTIALS,
        alone=single + 6 + ESSENTIALS,
        essentials_only=single + 7 + ESSENTIALS,
        groups=single + 8 + ESSENTIALS,
        milestones=single + 9 + ESSENTIALS,
        due=single + 9 + ESSENTIALS + milestones,
        count=single + 9 + ESSENTIALS + milestones + due,
    )


def _law(problem: ClassProblem, needs: StudentNeeds, at: _Terms, essentials: Sequence[Id]) -> Terms:
    weights, frame, limits = problem.weights, problem.frame, needs.limits
    sign, limit, cost = np.ones(at.count), np.zeros(at.count), np.zeros(at.count)
    names = [""] * at.count

    def say(first: int, count: int, name: str, direction: float, bound: float, price: float) -> None:
        sign[first : first + count], limit[first : first + count] = direction, direction * bound
        cost[first : first + count] = price
        names[first : first + count] = [name] * count

    say(at.saturation, at.monotony - at.saturation, "saturation", 1, BLOCKS_ON_A_SKILL, SATURATION * weights.gain)
    say(at.monotony, at.overload - at.monotony, "monotony", 1, TIMES_AN_ACTIVITY, weights.monotony)
    say(at.overload, DAYS, "overload", 1, HARD_BLOCKS_A_DAY, weights.overload)
    say(at.projects, DAYS, "projects", 1, 1, FORBIDDEN)
    if "adult" in needs.supports:
        for day, minutes in enumerate(frame.minutes_of_day):
            say(at.company + day, 1, "adult", -1, 1, MISSES_COMPANY if minutes else 0.0)
    if any(target.is_class_goal for target in needs.targets):
        say(at.goal, 1, "class_goal", -1, 1, MISSES_GOAL)
    say(at.grade_level, 1, "grade_level", -1, 1, MISSES_GRADE_LEVEL)
    if needs.limits.choice_options > 0:
        say(at.choice, 1, "choice", -1, 1, MISSES_CHOICE)
    say(at.essential, len(essentials), "essential", -1, 1, MISSES_ESSENTIAL)
    week = sum(frame.minutes_of_day)
    share = share_of_floor(frame, needs)
    say(at.screen, 1, "screen", 1, limits.screen_minutes_cap / STANDARD_MINUTES, FORBIDDEN)
    say(at.review, 1, "review_share", 1, limits.review_share_cap * week / STANDARD_MINUTES, FORBIDDEN)
    floor = int(limits.minutes_with_others_floor * share)
    say(at.others, 1, "with_others", -1, floor / STANDARD_MINUTES, SHORT_OF_COMPANY)
    alone = int(limits.minutes_alone_cap * week / FULL_WEEK_MINUTES)
    say(at.alone, 1, "alone", 1, alone / STANDARD_MINUTES, SHORT_OF_COMPANY)
    if needs.essentials_only:
        say(at.essentials_only, 1, "essentials_only", 1, limits.most_essentials_only, FORBIDDEN)
    say(at.groups, 1, "groups", 1, GROUPS_A_WEEK, ANOTHER_TURN)
    say(at.milestones, at.due - at.milestones, "milestones", -1, 1, MISSES_MILESTONE)
    say(at.due, at.count - at.due, "review_due", -1, 1, 0.0 if needs.essentials_only else MISSES_REVIEW)
    is_guardrail = np.array([name not in ("", *WISHES) for name in names], dtype=np.bool_)
    return Terms(sign=sign, limit=limit, cost=cost, names=tuple(names), is_guardrail=is_guardrail)


Piece = dict[str, np.ndarray[Any, Any]]


def _teachable(library: Library) -> frozenset[Id]:
    """Return the skills that some work can be an essential block for."""
    own = library.kinds[KINDS.index(BlockKind.ESSENTIAL)] & (library.competency >= 0)
    return frozenset(library.competencies[skill] for skill in np.unique(library.competency[own]).tolist())


class _Builder:
    """Makes one student's arrays; pieces of equal places are made once."""

    def __init__(self, problem: ClassProblem, library: Library, scores: Scores, row: int, activities: int) -> None:
        self.problem, self.library, self.scores, self.row = problem, library, scores, row
        self.needs = needs = problem.students[row]
        self.number = {competency: place for place, competency in enumerate(library.competencies)}
        # An essential that is locked late in the week is owed an earlier start, before all others.
        last = last_first_day(problem.frame)
        locked = [
            block for block in needs.locked if block.kind is BlockKind.ESSENTIAL and block.competency in self.number
        ]
        early = {block.competency for block in locked if block.day <= last}
        owed = [block.competency for block in locked if block.competency not in early]
        self.essentials = tuple(dict.fromkeys([*owed, *essential_targets(needs, _teachable(library))]))[:ESSENTIALS]
        stretches, due = stretch_targets(needs), {t.competency for t in needs.targets if is_due(t)}
        self.essential_of = np.full(len(library.competencies) + 1, -1, dtype=np.int64)
        for place, skill in enumerate(self.essentials):
            self.essential_of[self.number[skill]] = place
        self.may_stretch = np.zeros(len(library.competencies) + 1, dtype=np.bool_)
        self.is_due = np.zeros(len(library.competencies) + 1, dtype=np.bool_)
        for skill in stretches:
            self.may_stretch[self.number[skill]] = True
        for skill in due:
            self.is_due[self.number[skill]] = True
        must_review = [
            target.competency
            for target in needs.targets
            if is_due(target) and (target.is_stale or target.word == "recheck") and not target.missing_prerequisites
        ]
        self.due_of = np.full(len(library.competencies) + 1, -1, dtype=np.int64)
        for place, skill in enumerate(must_review):
            self.due_of[self.number[skill]] = place
        self.at = _layout(len(library.competencies), activities, len(needs.milestones), len(must_review))
        self.law = _law(problem, needs, self.at, self.essentials)
        factor = EXTRA_TIME if "extra-time" in needs.supports else 1.0
        self.needed = np.ceil(factor * library.minutes).astype(np.int64)
        self.milestone_of: dict[int, list[int]] = {}
        for place, milestone in enumerate(needs.milestones):
            if milestone.candidate in library.place_of:
                self.milestone_of.setdefault(library.place_of[milestone.candidate], []).append(place)
        self.pieces: dict[tuple[object, ...], Piece] = {}

    def allowed(self, kind: BlockKind, minutes: int) -> Flags:
        """Return which candidates may be a block of this kind in a place of so many minutes."""
        library, scores, row = self.library, self.scores, self.row
        fits: Flags = library.kinds[KINDS.index(kind)] & (self.needed <= minutes + SLOT_SLACK_MINUTES)
        fits &= ~scores.is_waived[row]
        if kind is BlockKind.GROUP:
            return fits
        fits &= ~library.is_teachers & (scores.is_readable[row] | ~library.is_alone)
        if kind is not BlockKind.CHOICE:
            # What waits for another skill comes when that one is there; the class goal is for everybody.
            fits &= ~scores.waits[row] | scores.is_goal[row]
        if kind is BlockKind.ESSENTIAL:
            fits &= self.essential_of[library.competency] >= 0
        elif kind is BlockKind.REVIEW:
            fits &= self.is_due[library.competency]
        elif kind is BlockKind.STRETCH:
            fits &= self.may_stretch[library.competency]
        elif kind is BlockKind.PAPER:
            fits &= library.screen_minutes == 0
        return fits

    def piece(
        self, kind: BlockKind, rank: int, minutes: int, *, group: tuple[int, str] | None = None, only: int = -1
    ) -> Piece:
        """Return the options of one kind in a place of so many minutes, counted for Monday."""
        key = (kind, rank, minutes, group, only)
        if key in self.pieces:
            return self.pieces[key]
        library, scores, row, at = self.library, self.scores, self.row, self.at
        fits = self.allowed(kind, minutes)
        if group is not None:
            fits = fits & (library.competency == group[0])
        if only >= 0:
            fits = np.zeros_like(fits)
            fits[only] = True
        which = np.flatnonzero(fits)
        block_minutes = np.minimum(minutes, self.needed[which])
        screen = np.minimum(library.screen_minutes[which], block_minutes)
        share = block_minutes / STANDARD_MINUTES
        review = scores.review[row, which]
        own_gain = scores.gain[row, which]
        if kind is BlockKind.GROUP:
            own_gain = own_gain * np.where(scores.waits[row, which], WITHOUT_WHAT_IT_NEEDS, 1.0)
        gain = gain_in(kind, share, own_gain, review, group[1] if group else "")
        value = value_of(
            self.problem.weights, kind, share, gain, review, scores.interest[row, which], scores.fit[row, which]
        )
        skill = library.competency[which]
        alone = library.is_alone[which] & (kind is not BlockKind.GROUP)
        terms = np.zeros((which.size, WIDTH), dtype=np.int64)
        amounts = np.zeros((which.size, WIDTH))

        def count(column: int, term: Any, amount: Any) -> None:
            terms[:, column] = term
            amounts[:, column] = amount

        on_skill = (skill >= 0) & (kind is not BlockKind.REVIEW)
        count(0, np.where(on_skill, at.saturation + skill, NO_TERM), on_skill)
        has_activity = library.activity[which] >= 0
        count(1, np.where(has_activity, at.monotony + library.activity[which], NO_TERM), has_activity)
        count(2, at.overload, scores.is_hard[row, which] & alone)
        count(3, at.goal, scores.is_goal[row, which])
        count(4, at.grade_level, scores.is_grade_level[row, which] & (kind is not BlockKind.REVIEW))
        count(5, np.where(alone, at.alone, at.others), block_minutes / STANDARD_MINUTES)
        count(6, at.screen, screen / STANDARD_MINUTES)
        essential = np.full(which.size, -1, dtype=np.int64)
        if kind is BlockKind.PROJECT:
            count(7, at.projects, 1.0)
        elif kind is BlockKind.GROUP:
            count(7, at.groups, 1.0)
        elif kind is BlockKind.REVIEW:
            count(7, at.review, block_minutes / STANDARD_MINUTES)
        elif kind is BlockKind.ESSENTIAL:
            essential = self.essential_of[skill]
            count(7, at.essential + essential, 1.0)
            if self.needs.essentials_only:
                count(8, at.essentials_only, 1.0)
        if "adult" in self.needs.supports:
            count(9, at.company, ~alone)
        due = self.due_of[skill]
        count(11, np.where(due >= 0, at.due + due, NO_TERM), due >= 0)
        terms[:, WIDTH - 1] = -1
        found = {
            "candidate": which,
            "kind": np.full(which.size, KINDS.index(kind), dtype=np.int64),
            "work": library.work[which],
            "value": value - KIND_PREFERENCE * rank,
            "gain": gain,
            "minutes": block_minutes,
            "essential": essential,
            "terms": terms,
            "amounts": amounts,
        }
        self.pieces[key] = found
        return found

    def bundles(self, sizes: Sequence[int]) -> list[tuple[int, ...]]:
        """Return three different works to choose from for places of these minutes, no work in two of them."""
        scores, row, library = self.scores, self.row, self.library
        liked = (
            self.problem.weights.interest * scores.interest[row]
            + self.problem.weights.fit * scores.fit[row]
            + 0.5 * scores.gain[row]
        )
        wanted = self.needs.limits.choice_options
        used: set[int] = set()
        found: list[tuple[int, ...]] = []
        for minutes in sizes:
            which = np.flatnonzero(self.allowed(BlockKind.CHOICE, minutes))
            ranked = which[np.lexsort((which, -liked[which]))].tolist()
            options: list[int] = []
            cap = self.needs.limits.screen_minutes_cap
            for is_strict in (True, False):
                for place in ranked:
                    if len(options) == wanted:
                        break
                    own = {int(library.work[option]) for option in options}
                    if int(library.work[place]) in used | own or library.screen_minutes[place] > cap:
                        continue
                    # A real choice differs in what it is about; the second round takes what there is.
                    topics = library.candidates[place].topics
                    if is_strict and any(topics and library.candidates[one].topics == topics for one in options):
                        continue
                    options.append(place)
            if len(options) == wanted and wanted > 0:
                found.append(tuple(options))
                used |= {int(library.work[option]) for option in options}
            else:
                found.append(())
        return found

    def bundle_piece(self, bundle: tuple[int, ...], number: int, rank: int, minutes: int) -> Piece:
        """Return the option of offering a bundle in a place."""
        key = ("bundle", number, rank, minutes)
        if key in self.pieces:
            return self.pieces[key]
        library, at = self.library, self.at
        own = list(bundle)
        block_minutes = int(min(minutes, self.needed[own].max()))
        screen = min(block_minutes, int(library.screen_minutes[own].max()))
        company = {library.candidates[option].with_whom for option in own}
        alone = With.ALONE in company or len(company) > 1
        share = np.array([block_minutes / STANDARD_MINUTES])
        none = np.zeros(1)
        terms, amounts = np.zeros((1, WIDTH), dtype=np.int64), np.zeros((1, WIDTH))
        terms[0, 5], amounts[0, 5] = at.alone if alone else at.others, share[0]
        terms[0, 6], amounts[0, 6] = at.screen, screen / STANDARD_MINUTES
        terms[0, 7], amounts[0, 7] = at.choice, 1.0
        if "adult" in self.needs.supports:
            terms[0, 9], amounts[0, 9] = at.company, float(not alone)
        terms[0, WIDTH - 1] = -1
        self.pieces[key] = found = {
            "candidate": np.array([-1 - number]),
            "kind": np.array([KINDS.index(BlockKind.CHOICE)]),
            "work": np.array([int(library.work.max(initial=-1)) + 1 + number]),
            "value": value_of(self.problem.weights, BlockKind.CHOICE, share, none, none, none, none)
            - KIND_PREFERENCE * rank,
            "gain": none,
            "minutes": np.array([block_minutes]),
            "essential": np.array([-1]),
            "terms": terms,
            "amounts": amounts,
        }
        return found

    def locked_terms(self, block: PlannedBlock) -> tuple[Floats, float, float]:
        """Return what a locked block counts for, its value and its gain."""
        library, at, row = self.library, self.at, self.row
        amount = np.zeros(self.at.count)
        alone = block.with_whom is With.ALONE
        amount[at.alone if alone else at.others] += block.minutes / STANDARD_MINUTES
        amount[at.screen] += block.screen_minutes / STANDARD_MINUTES
        if not alone:
            amount[at.company + block.day] += 1
        skill = self.number.get(block.competency, -1)
        target = next((t for t in self.needs.targets if t.competency == block.competency), None)
        if block.kind is BlockKind.CHOICE:
            amount[at.choice] += len(block.options) >= self.needs.limits.choice_options
        elif target is not None:
            amount[at.goal] += target.is_class_goal
            if self.due_of[skill] >= 0:
                amount[at.due + self.due_of[skill]] += 1
            if block.kind is not BlockKind.REVIEW:
                amount[at.grade_level] += target.grade >= self.needs.grade
                amount[at.saturation + skill] += 1
        if block.kind is BlockKind.PROJECT:
            amount[at.projects + block.day] += 1
        if block.kind is BlockKind.GROUP:
            amount[at.groups] += 1
        if block.kind is BlockKind.REVIEW:
            amount[at.review] += block.minutes / STANDARD_MINUTES
        if block.kind is BlockKind.ESSENTIAL:
            amount[at.essentials_only] += 1
            if skill >= 0 and self.essential_of[skill] >= 0:
                amount[at.essential + self.essential_of[skill]] += 1
        place = library.place_of.get(block.candidate, -1)
        if place < 0:
            return amount, 0.0, 0.0
        if library.activity[place] >= 0:
            amount[at.monotony + library.activity[place]] += 1
        amount[at.overload + block.day] += self.scores.is_hard[row, place] and alone
        for milestone in self.milestone_of.get(place, ()):
            amount[at.milestones + milestone] += block.day <= self.needs.milestones[milestone].day
        share = np.array([block.minutes / STANDARD_MINUTES])
        one = [np.array([scores[row, place]]) for scores in (self.scores.gain, self.scores.review)]
        gain = gain_in(block.kind, share, one[0], one[1])
        value = value_of(
            self.problem.weights,
            block.kind,
            share,
            gain,
            one[1],
            np.array([self.scores.interest[row, place]]),
            np.array([self.scores.fit[row, place]]),
        )
        return amount, float(value[0]), float(gain[0])

    def build(
        self,
        group_targets: Sequence[tuple[int, str]],
        eligible: Sequence[bool],
        teacher_places: Sequence[tuple[int, int]],
    ) -> StudentArrays:
        """Return the student's arrays; `eligible` says for each group target whether the student may sit in it."""
        problem, needs, library, at = self.problem, self.needs, self.library, self.at
        frame = problem.frame
        places = open_places(frame, needs)
        index = {(slot.day, slot.order): place for place, slot in enumerate(places)}
        last = last_first_day(frame)
        fixed, base_value, base_gain = np.zeros(at.count), 0.0, 0.0
        early, late = np.zeros(ESSENTIALS, dtype=np.int64), np.zeros(ESSENTIALS, dtype=np.int64)
        taken_works: set[int] = set()
        for block in needs.locked:
            amount, value, gain = self.locked_terms(block)
            fixed += amount
            base_value += value
            base_gain += gain
            place = library.place_of.get(block.candidate, -1)
            if place >= 0 and block.kind is not BlockKind.CHOICE:
                taken_works.add(int(library.work[place]))
            skill = self.number.get(block.competency, -1)
            if block.kind is BlockKind.ESSENTIAL and skill >= 0 and self.essential_of[skill] >= 0:
                (late if block.day > last else early)[self.essential_of[skill]] += 1
        seats: dict[int, GroupSeat] = {}
        wanted = np.full(len(places), ALONE, dtype=np.int64)
        teachers = {place: number for number, place in enumerate(teacher_places)}
        for place, slot in enumerate(places):
            if (slot.day, slot.order) in teachers and any(eligible):
                wanted[place] = FREE
        forced: dict[int, int] = {}
        for number, seat in enumerate(needs.groups):
            spot = place_of_seat(frame, seat)
            place = index.get(spot, -1) if spot else -1
            if place >= 0 and place not in forced:
                forced[place] = len(teacher_places) * len(group_targets) + number
                seats[forced[place]] = seat
        choice_slots = [
            (place, slot.kinds.index(BlockKind.CHOICE), slot.minutes)
            for place, slot in enumerate(places)
            if BlockKind.CHOICE in slot.kinds and place not in forced
        ]
        choice_slots.sort(key=lambda entry: (-entry[2], entry[0]))
        bundles = self.bundles([minutes for _place, _rank, minutes in choice_slots])
        allowed_kinds = (
            {BlockKind.ESSENTIAL, BlockKind.GROUP, BlockKind.CHOICE} if needs.essentials_only else set(KINDS)
        )
        parts: list[tuple[Piece, int, int]] = []
        start = [0]
        size = 0
        for place, slot in enumerate(places):
            here: list[tuple[Piece, int]] = []
            for rank, kind in enumerate(slot.kinds):
                if kind not in allowed_kinds:
                    continue
                if kind is BlockKind.CHOICE:
                    for number, bundle in enumerate(bundles):
                        if bundle and int(self.needed[list(bundle)].max()) <= slot.minutes + SLOT_SLACK_MINUTES:
                            here.append((self.bundle_piece(bundle, number, rank, slot.minutes), -1))
                elif kind is BlockKind.GROUP:
                    meets = teachers.get((slot.day, slot.order))
                    if meets is None or wanted[place] != FREE or place in forced:
                        continue
                    for number, target in enumerate(group_targets):
                        if eligible[number]:
                            seat_number = meets * len(group_targets) + number
                            here.append((self.piece(kind, rank, slot.minutes, group=target), seat_number))
                else:
                    here.append((self.piece(kind, rank, slot.minutes), -1))
            if place in forced:
                seat = seats[forced[place]]
                skill = self.number.get(seat.competency, -2)
                only = library.place_of.get(seat.candidate, -1)
                if only >= 0 and int(self.needed[only]) > slot.minutes + SLOT_SLACK_MINUTES:
                    only = -1
                own = self.piece(BlockKind.GROUP, 0, slot.minutes, group=(skill, seat.kind), only=only)
                if own["work"].size:
                    here.append((own, forced[place]))
                    wanted[place] = forced[place]
                else:
                    del seats[forced[place]]
            for part, seat_number in here:
                parts.append((part, place, seat_number))
                size += part["work"].size
            start.append(size)

        def joined(name: str, empty: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return np.concatenate([part[name] for part, _place, _seat in parts]) if parts else empty

        lengths = [part["work"].size for part, _place, _seat in parts]
        place_of = np.repeat([place for _part, place, _seat in parts], lengths).astype(np.int64)
        seat_of = np.repeat([seat for _part, _place, seat in parts], lengths).astype(np.int64)
        day_of = np.array([slot.day for slot in places], dtype=np.int64)[place_of] if size else np.zeros(0, np.int64)
        terms = joined("terms", np.zeros((0, WIDTH), dtype=np.int64))
        terms[:, 2] += day_of
        terms[:, 9] += np.where(terms[:, 9] == at.company, day_of, 0)
        kind_of = joined("kind", np.zeros(0, dtype=np.int64))
        terms[:, 7] += np.where(kind_of == KINDS.index(BlockKind.PROJECT), day_of, 0)
        amounts = joined("amounts", np.zeros((0, WIDTH)))
        candidate_of = joined("candidate", np.zeros(0, dtype=np.int64))
        for candidate, milestones in self.milestone_of.items():
            for milestone in milestones:
                met = (candidate_of == candidate) & (day_of <= needs.milestones[milestone].day)
                terms[met, 10] = at.milestones + milestone
                amounts[met, 10] = 1.0
        gain_of = joined("gain", np.zeros(0))
        value_of_option = joined("value", np.zeros(0))
        on_goal = (kind_of == KINDS.index(BlockKind.ESSENTIAL)) & (terms[:, 3] == at.goal) & (amounts[:, 3] > 0)
        value_of_option = value_of_option + np.where(on_goal, GOAL_EARLY * (DAYS - 1 - day_of), 0.0)
        asks = library.has_items[candidate_of] & (candidate_of >= 0)
        value_of_option += np.where(asks, EVIDENCE_EARLY * (1.0 - place_of / max(1, len(places))), 0.0)
        # What counts nothing stands last, where the search stops reading.
        counts_first = np.argsort(amounts == 0, axis=1, kind="stable")
        terms = np.take_along_axis(terms, counts_first, axis=1)
        amounts = np.take_along_axis(amounts, counts_first, axis=1)
        # Without groups, so that it is the same whoever meets the teacher.
        by_oneself = np.where(seat_of < 0, gain_of, 0.0)
        could = base_gain + sum(
            float(by_oneself[start[place] : start[place + 1]].max(initial=0.0)) for place in range(len(places))
        )
        works_in_library = int(library.work.max(initial=-1)) + 1
        work_of_option = joined("work", np.zeros(0, dtype=np.int64))
        arrays = StudentArrays(
            needs=needs,
            places=places,
            start=np.array(start, dtype=np.int64),
            candidate=candidate_of,
            kind=kind_of,
            work=work_of_option,
            value=value_of_option,
            gain=gain_of / could if could > 0 else gain_of,
            seat=seat_of,
            minutes=joined("minutes", np.zeros(0, dtype=np.int64)),
            essential=joined("essential", np.zeros(0, dtype=np.int64)),
            is_late=(day_of > last) if size else np.zeros(0, dtype=np.bool_),
            terms=np.where(amounts == 0, -1, terms),
            amounts=amounts,
            law=self.law,
            fixed=fixed,
            early=early,
            late=late,
            wanted=wanted,
            works=works_in_library + len(bundles),
            bundles=tuple(bundles),
            base_value=base_value,
            base_gain=base_gain / could if could > 0 else 0.0,
            seats=seats,
            price=np.zeros(at.count),
            chosen=np.full(len(places), -1, dtype=np.int64),
        )
        return _without(arrays, taken_works)


def _without(arrays: StudentArrays, works: set[int]) -> StudentArrays:
    """Take the options out whose work stands in a locked block already."""
    if not works:
        return arrays
    keep = ~np.isin(arrays.work, list(works))
    places = np.repeat(np.arange(len(arrays.places)), np.diff(arrays.start))
    start = np.concatenate([[0], np.cumsum(np.bincount(places[keep], minlength=len(arrays.places)))])
    per_option = (
        "candidate",
        "kind",
        "work",
        "value",
        "gain",
        "seat",
        "minutes",
        "essential",
        "is_late",
        "terms",
        "amounts",
    )
    for name in per_option:
        setattr(arrays, name, getattr(arrays, name)[keep])
    arrays.start = start.astype(np.int64)
    for place in range(len(arrays.places)):
        if (
            arrays.wanted[place] >= 0
            and not (arrays.seat[start[place] : start[place + 1]] == arrays.wanted[place]).any()
        ):
            arrays.wanted[place] = ALONE
    return arrays


def _group_kinds(needs: StudentNeeds, target: Target) -> tuple[str, ...]:
    standing = Standing(
        student=needs.student,
        competency=target.competency,
        chance=target.chance,
        pieces=target.pieces,
        word=target.word,
        # What a skill lacks is made up for beside the teacher; the group is worth less there, not forbidden.
        prerequisites_met=True,
    )
    return kinds_for(standing, weeks_in_needs_groups=needs.weeks_in_needs_groups)


def class_arrays(problem: ClassProblem, library: Library, scores: Scores) -> ClassArrays:
    """Return a class as arrays, with the groups that could meet where the planner may form them."""
    number = {competency: place for place, competency in enumerate(library.competencies)}
    seated = {
        place for needs in problem.students for seat in needs.groups for place in [place_of_seat(problem.frame, seat)]
    }
    teacher_places = (
        tuple(
            (slot.day, slot.order)
            for slot in problem.frame.slots
            if slot.is_teachers and BlockKind.GROUP in slot.kinds and (slot.day, slot.order) not in seated
        )
        if problem.may_form_groups
        else ()
    )
    teachable = set(library.competency[library.kinds[KINDS.index(BlockKind.GROUP)]].tolist())
    eligible: dict[tuple[int, str], set[int]] = {}
    if teacher_places:
        for row, needs in enumerate(problem.students):
            for target in needs.targets:
                skill = number[target.competency]
                if skill in teachable:
                    for kind in _group_kinds(needs, target):
                        eligible.setdefault((skill, kind), set()).add(row)
    targets = tuple(sorted(target for target, rows in eligible.items() if len(rows) >= SMALLEST))
    activities = int(library.activity.max(initial=-1)) + 1
    return ClassArrays(
        problem=problem,
        library=library,
        scores=scores,
        students=tuple(
            _Builder(problem, library, scores, row, activities).build(
                targets, [row in eligible[target] for target in targets], teacher_places
            )
            for row in range(len(problem.students))
        ),
        teacher_places=teacher_places,
        group_targets=targets,
    )
