"""One class, one way, one term: the only place where what is seen and what is true meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.learner_model import LearnerModel
from headway.core.planning import Candidate, PlannedBlock, Slot, With, make_frame
from headway.core.trial.assumptions import WORLDS, Assumptions
from headway.core.trial.classroom import DAYS, MOST_QUESTIONS, QUIZ_QUESTIONS, Classroom, draw_classroom
from headway.core.trial.knowing import Seen, moment
from headway.core.trial.minds import Minds, chance_of
from headway.core.trial.parameters import Parameters
from headway.core.trial.ways import WAYS, Memory, Plans, Sight, Way, shelf_of

Floats = NDArray[np.float64]

DAY_MINUTES: Final = (50, 50, 50, 50, 50)
LATER_DAYS: Final = 28.0
TENTH: Final = 0.1
SECURE_FROM: Final = 0.8
WEEK: Final = 7
MINUTES_PER_QUESTION: Final = 4
TALLIES: Final = ("minutes", "screen", "with_others", "teacher_group", "teacher_class")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a term, one number a student; chances are means over the term's path."""

    start: Floats
    end: Floats
    later: Floats
    secure: Floats  # share of the path's skills that are truly secure at the end
    earlier: Floats  # gained on the skills before the path
    minutes: Mapping[str, Floats]  # a week
    seconds: float  # of thinking, all drafts of the term
    drafts: int


@dataclass
class _Run:
    """A term under way."""

    room: Classroom
    assumptions: Assumptions
    minds: Minds
    seen: Seen
    known: Mapping[Any, Candidate]
    minutes: dict[str, Floats]

    def hardness_of(self, candidate: Candidate) -> float:
        step = self.assumptions.level_step_logits
        return {"easier": -step, "harder": step}.get(candidate.level, 0.0)

    def reading_share(self, student: int, candidate: Candidate, with_whom: With) -> float:
        """Return how much of the text gets through: all within reach, less beyond it, less lost with others."""
        if candidate.reading_level <= 0:
            return 1.0
        level = float(self.room.pupils.reads[student, 0 if candidate.language == "en" else 1])
        beyond = max(0.0, candidate.reading_level - level - 1.5)
        helped = {With.ALONE: 1.0, With.TEACHER: 0.25}.get(with_whom, 0.5)
        least = self.assumptions.least_read_share
        return max(least, 1.0 - helped * self.assumptions.reading_loss_per_grade * beyond)

    def chosen(self, block: PlannedBlock, student: int, week: int) -> Candidate | None:
        """Return the work a student does: of a choice what they like best, else the first of a draw."""
        if block.candidate is not None:
            return self.known[block.candidate]
        options = [self.known[one] for one in block.options]
        if not options:
            return None
        likes = [self.is_liked(student, one) for one in options]
        if any(likes):
            return options[likes.index(True)]
        return options[int(self.room.luck.choice[week, block.day, student, block.order] * len(options))]

    def is_liked(self, student: int, candidate: Candidate) -> bool:
        """Return whether the work is about something the student truly likes."""
        own = self.room.pupils.likes[student]
        return any(own[int(topic.removeprefix("topic-"))] for topic in candidate.topics)

    def work(
        self, blocks: Mapping[int, PlannedBlock], slot: Slot, week: int
    ) -> dict[int, tuple[Candidate, PlannedBlock]]:
        """Let present students work in one place of the frame, and count what their answers show.

        Whoever is done before the place ends goes on with the same work, in every way: so minutes are the same, and a
        draft neither gains nor loses by works that are short. Where a draft left a place empty, nothing is learned.
        """
        done = {
            student: (candidate, block)
            for student, block in blocks.items()
            if (candidate := self.chosen(block, student, week)) is not None and candidate.competency is not None
        }
        if not done:
            return done
        size = len(done)
        who = np.fromiter(done, dtype=np.int64, count=size)
        skill = np.array([int(str(candidate.competency)) for candidate, _block in done.values()], dtype=np.int64)
        hardness, lift, factor = np.zeros(size), np.zeros(size), np.ones(size)
        for place, (student, (candidate, block)) in enumerate(done.items()):
            hardness[place] = self.hardness_of(candidate)
            is_with_teacher, is_group = block.with_whom is With.TEACHER, block.group is not None
            factor[place] = self.reading_share(student, candidate, block.with_whom)
            if is_with_teacher:
                factor[place] *= (
                    self.assumptions.teacher_group_factor if is_group else self.assumptions.teacher_class_factor
                )
                lift[place] = self.assumptions.teacher_lift_logits if is_group else 0.0
            if self.is_liked(student, candidate):
                factor[place] *= self.assumptions.interest_factor
            self._tally(student, block, slot, is_group=is_group)
        day = float(week * WEEK + slot.day)
        self._answers(done, slot, week, day)
        self.minds.work(
            day=day,
            who=who,
            skill=skill,
            opportunities=np.full(size, slot.minutes / self.assumptions.minutes_per_opportunity),
            hardness=hardness,
            lift=lift,
            factor=factor,
        )
        return done

    def _tally(self, student: int, block: PlannedBlock, slot: Slot, *, is_group: bool) -> None:
        is_with_teacher = block.with_whom is With.TEACHER
        for name, is_so in (
            ("minutes", True),
            ("screen", block.screen_minutes > 0),
            ("with_others", block.with_whom is not With.ALONE),
            ("teacher_group", is_with_teacher and is_group),
            ("teacher_class", is_with_teacher and not is_group),
        ):
            self.minutes[name][student] += slot.minutes if is_so else 0

    def _answers(self, done: Mapping[int, tuple[Candidate, PlannedBlock]], slot: Slot, week: int, day: float) -> None:
        luck, own_slip = self.room.luck, self.room.pupils.slip
        logits = self.minds.logits_on(day)
        for student, (candidate, _block) in done.items():
            if not candidate.has_items:
                continue
            skill, hardness = int(str(candidate.competency)), self.hardness_of(candidate)
            for number in range(min(MOST_QUESTIONS, slot.minutes // MINUTES_PER_QUESTION)):
                here = (week, slot.day, student, slot.order, number)
                logit = logits[student, skill] + luck.form[week, slot.day, student] - hardness - luck.item[here]
                draw = float(luck.answer[here])
                self._count(
                    student,
                    skill,
                    logit,
                    own_slip[student],
                    draw,
                    bool(luck.is_choice[here]),
                    hardness,
                    day,
                    slot.order,
                    number,
                )

    def _count(
        self,
        student: int,
        skill: int,
        logit: float,
        slip: float,
        draw: float,
        is_choice: bool,
        hardness: float,
        day: float,
        order: int,
        number: int,
    ) -> None:
        guess = self.assumptions.choice_guess if is_choice else 0.0
        chance = guess + max(0.0, 1.0 - slip - guess) * float(chance_of(logit))
        self.seen.answered(
            student,
            skill,
            is_right=bool(draw < chance),
            difficulty=hardness,
            guess=guess,
            at_seconds=moment(day, 9.0).timestamp() + 1200.0 * order + 60.0 * number,
        )

    def quiz(self, number: int, day: float, asked: Mapping[int, Sequence[int]]) -> None:
        """Ask every student questions on these skills; nothing is learned from it, in any way."""
        luck, logits = self.room.luck, self.minds.logits_on(day)
        for student, skills in asked.items():
            for place, skill in enumerate(skills):
                here = (number, student, skill)
                logit = logits[student, skill] - luck.quiz_item[here]
                slip = float(self.room.pupils.slip[student])
                self._count(
                    student,
                    skill,
                    logit,
                    slip,
                    float(luck.quiz[here]),
                    bool(luck.quiz_is_choice[here]),
                    0.0,
                    day,
                    20,
                    place,
                )


def run_term(
    room: Classroom,
    way: Way,
    *,
    parameters: Parameters,
    assumptions: Assumptions,
    model: LearnerModel,
    seed: int,
    clock: Callable[[], float],
) -> Outcome:
    """Return what came of a term; the same class, way and seed give the same."""
    students, path = room.pupils.count, list(room.skills.path)
    run = _Run(
        room=room,
        assumptions=assumptions,
        minds=Minds(room=room, assumptions=assumptions, gain_logits=parameters.gain_logits),
        seen=Seen(model=model, before=room.skills.before, students=students),
        known={candidate.id: candidate for candidate in room.library},
        minutes={name: np.zeros(students) for name in TALLIES},
    )
    frame, memory, shelf = make_frame(DAY_MINUTES), Memory(), shelf_of(room.library)
    start = run.minds.chances_on(-3.0)
    run.quiz(0, -3.0, {student: range(room.skills.count) for student in range(students)})
    seconds, drafts = 0.0, 0
    for week in range(room.weeks):
        sight = Sight(file=room.on_file(), seen=run.seen, frame=frame, week=week, memory=memory, shelf=shelf, seed=seed)
        began = clock()
        plans: Plans = way.draft(sight) if way.draft is not None else {}
        seconds += clock() - began
        drafts += 1
        at = {(block.day, block.order, student): block for student, blocks in plans.items() for block in blocks}
        worked: dict[int, list[int]] = defaultdict(list)
        works: dict[int, set[str]] = defaultdict(set)
        missed: dict[int, set[str]] = defaultdict(set)
        for slot in frame.slots:
            there = room.luck.is_there[week, slot.day]
            present = [student for student in range(students) if there[student]]
            if way.step is not None:
                began = clock()
                blocks = dict(way.step(sight, slot, present))
                seconds += clock() - began
            else:
                blocks = {
                    student: at[slot.day, slot.order, student]
                    for student in present
                    if (slot.day, slot.order, student) in at
                }
                for student in range(students):
                    away = at.get((slot.day, slot.order, student))
                    if not there[student] and away is not None and away.candidate is not None:
                        missed[student].add(str(away.candidate))
            for student, (candidate, _block) in run.work(blocks, slot, week).items():
                worked[student].append(int(str(candidate.competency)))
                works[student] |= {str(candidate.id), str(candidate.variant_group)}
        for student in range(students):
            memory.done[student].append(frozenset(works[student]))
            memory.missed[student] = frozenset(missed[student] - works[student])
        asked = {student: list(dict.fromkeys(own))[:QUIZ_QUESTIONS] for student, own in worked.items()}
        run.quiz(week + 1, float(week * WEEK + DAYS - 1), asked)
    last = float(room.weeks * WEEK - 2)
    end, later = run.minds.chances_on(last), run.minds.chances_on(last + LATER_DAYS)
    return Outcome(
        start=start[:, path].mean(axis=1),
        end=end[:, path].mean(axis=1),
        later=later[:, path].mean(axis=1),
        secure=(end[:, path] >= SECURE_FROM).mean(axis=1),
        earlier=(end - start)[:, : room.skills.earlier].mean(axis=1),
        minutes={name: total / room.weeks for name, total in run.minutes.items()},
        seconds=seconds,
        drafts=drafts,
    )


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the figures of one seed and one way, its classes taken together; chances are in points of 100."""
    start, end, later, secure = (
        np.concatenate([getattr(one, name) for one in outcomes]) for name in ("start", "end", "later", "secure")
    )
    tenth = max(1, round(TENTH * len(start)))
    by_start, by_end = np.argsort(start, kind="stable"), np.argsort(end, kind="stable")
    gain = 100.0 * (end - start)
    found = {
        "gain": float(gain.mean()),
        "gain_later": float(100.0 * (later - start).mean()),
        "gain_earlier": float(100.0 * np.concatenate([one.earlier for one in outcomes]).mean()),
        "secure": float(100.0 * secure.mean()),
        "gain_lowest_at_start": float(gain[by_start[:tenth]].mean()),
        "gain_highest_at_start": float(gain[by_start[-tenth:]].mean()),
        "lowest_at_end": float(100.0 * end[by_end[:tenth]].mean()),
        "start": float(100.0 * start.mean()),
        "seconds_a_draft": sum(one.seconds for one in outcomes) / max(1, sum(one.drafts for one in outcomes)),
    }
    for name in TALLIES:
        found[name] = float(np.concatenate([one.minutes[name] for one in outcomes]).mean())
    return found


def run_seed(
    seed: int,
    *,
    world: str,
    parameters: Parameters,
    model: LearnerModel,
    weeks: int,
    classes: int,
    clock: Callable[[], float],
    ways: Sequence[str] = tuple(WAYS),
) -> dict[str, dict[str, float]]:
    """Return the figures of every way for one seed: the same classes, the same luck, only the way differs."""
    assumptions = WORLDS[world].assumptions
    found: dict[str, list[Outcome]] = {name: [] for name in ways}
    for number in range(classes):
        room = draw_classroom(parameters, assumptions, weeks=weeks, luck=np.random.default_rng([seed, number]))
        for name in ways:
            outcome = run_term(
                room, WAYS[name], parameters=parameters, assumptions=assumptions, model=model, seed=seed, clock=clock
            )
            found[name].append(outcome)
    return {name: figures_of(outcomes) for name, outcomes in found.items()}
