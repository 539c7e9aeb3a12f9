"""What a week is worth, reckoned block by block in plain Python: it shares no arithmetic with the planner.

Prices, and which skills are essential, due or to be stretched, are the planner's own; scores, values and all that
counts over a week are worked out here a second time, without arrays.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from headway.core.planning import (
    BlockKind,
    Candidate,
    ClassPlan,
    ClassProblem,
    Pace,
    PlannedBlock,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
    scores,
)
from headway.core.planning import arrays as law
from headway.core.planning.arrays import STANDARD_MINUTES, last_first_day, open_places
from headway.core.planning.frame import SLOT_SLACK_MINUTES
from headway.core.planning.problem import Id
from headway.core.planning.scores import essential_targets, is_due, stretch_targets, work_of


class Week:
    """One student's week under the eyes of the problem; `groups` says what kind of group each id is."""

    def __init__(self, problem: ClassProblem, needs: StudentNeeds, groups: Mapping[Id, str]) -> None:
        self.problem, self.needs, self.weights = problem, needs, problem.weights
        self.groups = {**{seat.group: seat.kind for seat in needs.groups}, **groups}
        self.known = {candidate.id: candidate for candidate in problem.candidates}
        self.target = {target.competency: target for target in needs.targets}
        self.places = open_places(problem.frame, needs)
        self.slot = {(slot.day, slot.order): slot for slot in self.places}
        self.factor = law.EXTRA_TIME if "extra-time" in needs.supports else 1.0
        last = last_first_day(problem.frame)
        locked = [block for block in needs.locked if block.kind is BlockKind.ESSENTIAL and self._is_skill(block)]
        early = {block.competency for block in locked if block.day <= last}
        teachable = {
            c.competency for c in problem.candidates if BlockKind.ESSENTIAL in c.kinds and c.competency is not None
        }
        owed = [block.competency for block in locked if block.competency not in early]
        self.essentials = tuple(dict.fromkeys([*owed, *essential_targets(needs, teachable)]))[: law.ESSENTIALS]
        self.stretches = stretch_targets(needs)
        self.due = {target.competency for target in needs.targets if is_due(target)}
        self.must_review = {
            target.competency
            for target in needs.targets
            if is_due(target) and (target.is_stale or target.word == "recheck") and not target.missing_prerequisites
        }

    def _is_skill(self, block: PlannedBlock) -> bool:
        skills = {target.competency for needs in self.problem.students for target in needs.targets}
        return block.competency in skills | {candidate.competency for candidate in self.problem.candidates} - {None}

    # --- scores ----------------------------------------------------------------------------------------------------

    def again(self, candidate: Candidate) -> float:
        """Return how much of it is left where the work, or another door to it, was done lately."""
        mine = {candidate.id, work_of(candidate)}
        mine |= {other.id for other in self.problem.candidates if work_of(other) == work_of(candidate)}
        return scores.DONE_LATELY if mine & self.needs.done_recently and not mine & self.needs.unfinished else 1.0

    def gain_score(self, candidate: Candidate) -> float:
        """Return how much there is to learn."""
        target = self.target.get(candidate.competency)
        chance = target.chance if target else 0.5
        if target:
            doubt = min(1.0, target.high - target.low)
            gain = min(1.0, 4 * chance * (1 - chance) * 0.8 + 0.2 * doubt) * scores.A_STEP_AHEAD**target.steps_ahead
        else:
            gain = 0.2
        if candidate.level == "easier":
            below = scores.EASIER_BELOW_CHANCE + scores.PACE_SHIFT * (self.needs.pace is Pace.NEEDS_TIME)
            gain += scores.RIGHT_LEVEL if chance < below else scores.WRONG_LEVEL
        if candidate.level == "harder":
            above = scores.HARDER_FROM_CHANCE - scores.PACE_SHIFT * (self.needs.pace is Pace.AHEAD)
            gain = max(gain, scores.FURTHER_GAIN) if chance >= above else gain + scores.WRONG_LEVEL
        return min(1.0, max(0.0, gain * (1.0 if candidate.has_items else scores.WITHOUT_QUESTIONS))) * self.again(
            candidate
        )

    def review_score(self, candidate: Candidate) -> float:
        """Return how much a look back is due."""
        target = self.target.get(candidate.competency)
        if target is None or not is_due(target):
            return 0.0
        days = scores.REVIEW_FULLY_DUE_DAYS if target.is_stale or target.word == "recheck" else target.days_since or 0
        return min(1.0, days / scores.REVIEW_FULLY_DUE_DAYS) * self.again(candidate)

    def interest_score(self, candidate: Candidate) -> float:
        """Return topics and careers in common."""
        topics = len(self.needs.interests & candidate.topics)
        careers = bool(self.needs.careers & candidate.careers)
        return min(1.0, (0.25 + 0.35 * topics if topics else 0.0) + 0.4 * careers) * self.again(candidate)

    def _levels(self) -> dict[str, float]:
        levels: dict[str, float] = {}
        for reader in self.needs.readers:
            levels[reader.language] = max(levels.get(reader.language, -math.inf), reader.reading_level)
        return levels

    def is_readable(self, candidate: Candidate) -> bool:
        """Return whether the student can work with the text alone."""
        slack = scores.READING_SLACK_GRADES
        if "read-aloud" in self.needs.supports:
            slack = scores.READ_ALOUD_SLACK_GRADES
        own = self._levels().get(candidate.language, -math.inf)
        return candidate.reading_level <= 0 or own + slack >= candidate.reading_level

    def fit_score(self, candidate: Candidate) -> float:
        """Return how comfortably it reads."""
        works = [work_of(other) for other in self.problem.candidates if other.id in self.needs.unfinished]
        if work_of(candidate) in {*works, *self.needs.unfinished} or candidate.id in self.needs.unfinished:
            return 1.0
        if not self.is_readable(candidate):
            return 0.0
        levels = self._levels()
        best = max(levels, key=lambda code: levels[code], default=self.problem.language)
        in_class = levels.get(self.problem.language, 0.0) + 2.5 >= levels.get(best, 0.0)
        distance = 1.0
        if candidate.reading_level > 0:
            distance = abs(levels.get(candidate.language, 0.0) - candidate.reading_level)
        suits = candidate.language == best or (candidate.language == self.problem.language and in_class)
        return 0.6 * max(0.0, 1 - distance / 6) + 0.4 * suits

    def is_hard(self, candidate: Candidate) -> bool:
        """Return whether it asks a lot of somebody alone."""
        target = self.target.get(candidate.competency)
        is_far = candidate.competency is not None and target is not None and target.chance < scores.HARD_BELOW_CHANCE
        return candidate.level == "harder" or (candidate.with_whom is With.ALONE and is_far)

    # --- one block -------------------------------------------------------------------------------------------------

    def gain(self, kind: BlockKind, candidate: Candidate, minutes: int, group: str = "", *, is_locked: bool) -> float:
        """Return how much is gained in a block."""
        share, gain = minutes / STANDARD_MINUTES, self.gain_score(candidate)
        if kind in (BlockKind.REVIEW, BlockKind.CHOICE):
            return 0.0
        if kind is not BlockKind.GROUP:
            return share * gain
        target = self.target.get(candidate.competency)
        if target is not None and target.missing_prerequisites and not is_locked:
            gain *= law.WITHOUT_WHAT_IT_NEEDS
        floor = {"recheck": self.review_score(candidate), "stretch": law.FURTHER_IN_GROUP}.get(group, 0.0)
        return law.GROUP_GAIN * share * max(gain, floor)

    def kind_of_group(self, block: PlannedBlock) -> str:
        """Return what kind of group a block meets in; a locked block counts as plain work with the teacher."""
        return "" if block.is_locked else self.groups.get(block.group, "")

    def value(self, block: PlannedBlock) -> float:
        """Return what the weights make of one block."""
        weights, share = self.weights, block.minutes / STANDARD_MINUTES
        is_locked = block in self.needs.locked
        candidate = self.known.get(block.candidate)
        if block.kind is BlockKind.CHOICE:
            found = 0.0 if is_locked and candidate is None else weights.gain * law.CHOICE_GAIN * share
        elif candidate is None:
            return 0.0
        else:
            gain = self.gain(block.kind, candidate, block.minutes, self.kind_of_group(block), is_locked=is_locked)
            learnt = (
                weights.review * share * self.review_score(candidate)
                if block.kind is BlockKind.REVIEW
                else weights.gain * gain
            )
            likes = weights.interest * self.interest_score(candidate)
            found = learnt + likes + weights.fit * self.fit_score(candidate)
        if is_locked:
            return found
        slot = self.slot[block.day, block.order]
        is_seat = any(block.group == seat.group for seat in self.needs.groups) and block.kind is BlockKind.GROUP
        found -= law.KIND_PREFERENCE * (0 if is_seat else slot.kinds.index(block.kind))
        if candidate is not None and block.kind is not BlockKind.CHOICE:
            target = self.target.get(candidate.competency)
            if block.kind is BlockKind.ESSENTIAL and target is not None and target.is_class_goal:
                found += law.GOAL_EARLY * (4 - block.day)
            if candidate.has_items:
                found += law.EVIDENCE_EARLY * (1 - self.places.index(slot) / len(self.places))
        return found

    # --- the whole week --------------------------------------------------------------------------------------------

    def costs(self, blocks: tuple[PlannedBlock, ...]) -> Iterator[float]:
        """Yield what every wish and every guardrail that is missed takes off."""
        needs, weights, frame = self.needs, self.weights, self.problem.frame
        alone = [block for block in blocks if block.with_whom is With.ALONE]
        together = [block for block in blocks if block.with_whom is not With.ALONE]
        skills: Counter[Id] = Counter()
        activities: Counter[str] = Counter()
        for block in blocks:
            candidate = self.known.get(block.candidate)
            skill = block.competency
            is_locked = block in needs.locked
            if (
                skill is not None
                and block.kind not in (BlockKind.REVIEW, BlockKind.CHOICE)
                and (skill in self.target or not is_locked)
            ):
                skills[skill] += 1
            if candidate is not None and candidate.activity:
                activities[candidate.activity] += 1
        for count in skills.values():
            yield law.SATURATION * weights.gain * max(0.0, count - law.BLOCKS_ON_A_SKILL)
        for count in activities.values():
            yield weights.monotony * max(0.0, count - law.TIMES_AN_ACTIVITY)
        for day, minutes in enumerate(frame.minutes_of_day):
            hard = [b for b in alone if b.day == day and b.candidate in self.known]
            count = sum(self.is_hard(self.known[b.candidate]) for b in hard)
            yield weights.overload * max(0.0, count - law.HARD_BLOCKS_A_DAY)
            yield law.FORBIDDEN * max(0, sum(b.kind is BlockKind.PROJECT for b in blocks if b.day == day) - 1)
            if "adult" in needs.supports and minutes:
                yield law.MISSES_COMPANY * (not any(b.day == day for b in together))
        on_skill = [block for block in blocks if block.kind is not BlockKind.CHOICE and block.competency in self.target]
        met: dict[Id, list[Target]] = {}
        for block in on_skill:
            met.setdefault(block.competency, []).append(self.target[block.competency])
        if any(target.is_class_goal for target in needs.targets):
            yield law.MISSES_GOAL * (not any(self.target[skill].is_class_goal for skill in met))
        yield law.MISSES_GRADE_LEVEL * (
            not any(
                self.target[block.competency].grade >= needs.grade
                for block in on_skill
                if block.kind is not BlockKind.REVIEW
            )
        )
        if needs.limits.choice_options > 0:
            real = [
                block
                for block in blocks
                if block.kind is BlockKind.CHOICE and len(block.options) >= needs.limits.choice_options
            ]
            yield law.MISSES_CHOICE * (not real)
        begun = {block.competency for block in blocks if block.kind is BlockKind.ESSENTIAL}
        yield law.MISSES_ESSENTIAL * sum(skill not in begun for skill in self.essentials)
        turns = sum(block.kind is BlockKind.GROUP for block in blocks)
        yield law.ANOTHER_TURN * max(0.0, turns - law.GROUPS_A_WEEK)
        week = sum(frame.minutes_of_day)
        limits = needs.limits
        screen = sum(block.screen_minutes for block in blocks)
        yield law.FORBIDDEN * max(0, screen - limits.screen_minutes_cap) / STANDARD_MINUTES
        reviews = sum(block.minutes for block in blocks if block.kind is BlockKind.REVIEW)
        yield law.FORBIDDEN * max(0.0, reviews - limits.review_share_cap * week) / STANDARD_MINUTES
        share = min(1.0, week / law.FULL_WEEK_MINUTES) * (0.5 if needs.essentials_only else 1.0)
        floor = int(limits.minutes_with_others_floor * share)
        short = floor - sum(block.minutes for block in together)
        yield law.SHORT_OF_COMPANY * max(0, short) / STANDARD_MINUTES
        cap = int(limits.minutes_alone_cap * week / law.FULL_WEEK_MINUTES)
        excess = sum(block.minutes for block in alone) - cap
        yield law.SHORT_OF_COMPANY * max(0, excess) / STANDARD_MINUTES
        if needs.essentials_only:
            count = sum(block.kind is BlockKind.ESSENTIAL for block in blocks)
            yield law.FORBIDDEN * max(0, count - limits.most_essentials_only)
        else:
            yield law.MISSES_REVIEW * sum(skill not in met for skill in self.must_review)
        for milestone in needs.milestones:
            yield law.MISSES_MILESTONE * (
                not any(b.candidate == milestone.candidate and b.day <= milestone.day for b in blocks)
            )

    def worth(self, plan: WeekPlan) -> float:
        """Return what the week is worth by itself."""
        return sum(map(self.value, plan.blocks)) - sum(self.costs(plan.blocks))

    def gained(self, plan: WeekPlan) -> float:
        """Return how much is gained in the week."""
        found = 0.0
        for block in plan.blocks:
            candidate = self.known.get(block.candidate)
            if candidate is not None:
                is_locked = block in self.needs.locked
                kind = self.kind_of_group(block)
                found += self.gain(block.kind, candidate, block.minutes, kind, is_locked=is_locked)
        return found

    def could_gain(self) -> float:
        """Return what the student could gain alone: the best of every place, whoever meets the teacher."""
        locked = WeekPlan(student=self.needs.student, blocks=self.needs.locked)
        return self.gained(locked) + sum(max(self._gains_in(slot), default=0.0) for slot in self.places)

    def needed(self, candidate: Candidate) -> int:
        """Return the minutes that the student needs for it."""
        return math.ceil(self.factor * candidate.minutes)

    def _gains_in(self, slot: Slot) -> Iterator[float]:
        kinds = set(slot.kinds) - {BlockKind.GROUP, BlockKind.CHOICE}
        if self.needs.essentials_only:
            kinds &= {BlockKind.ESSENTIAL}
        for candidate in self.problem.candidates:
            if self.needed(candidate) > slot.minutes + SLOT_SLACK_MINUTES:
                continue
            for kind in kinds & candidate.kinds:
                if self._may_stand(kind, candidate):
                    yield self.gain(kind, candidate, min(slot.minutes, self.needed(candidate)), is_locked=False)

    def _may_stand(self, kind: BlockKind, candidate: Candidate) -> bool:
        needs, skill = self.needs, candidate.competency
        mine = {other.id for other in self.problem.candidates if work_of(other) == work_of(candidate)}
        if (mine | {work_of(candidate)}) & needs.waived or candidate.with_whom is With.TEACHER:
            return False
        if candidate.with_whom is With.ALONE and not self.is_readable(candidate):
            return False
        target = self.target.get(skill)
        if target is not None and target.missing_prerequisites and not target.is_class_goal:
            return False
        return {
            BlockKind.ESSENTIAL: skill in self.essentials,
            BlockKind.REVIEW: skill in self.due,
            BlockKind.STRETCH: skill in self.stretches,
            BlockKind.PAPER: candidate.screen_minutes == 0,
        }.get(kind, True)


def class_worth(problem: ClassProblem, plan: ClassPlan) -> float:
    """Return what a class's plan is worth: all weeks, and most of all the one in which least is gained of what could be."""
    kinds = {group.id: group.kind for group in plan.groups}
    values, progress = [], []
    for needs in problem.students:
        week = Week(problem, needs, kinds)
        own = plan.weeks[needs.student]
        could = week.could_gain()
        values.append(week.worth(own))
        progress.append(week.gained(own) / could if could > 0 else week.gained(own))
    return sum(values) + problem.weights.least * min(progress) if values else 0.0
