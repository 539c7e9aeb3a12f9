"""What each resource is worth to each student: four scores between 0 and 1, for a whole class at once.

    gain      how much there is to learn: 4 p (1 - p) where p is the chance that it can be done now, a little more where
              little is known, lifted for a door at the right level, lowered for work that brings no evidence back
    review    how much a look back is due
    interest  topics and careers in common
    fit       how comfortably the text reads, in a language that reads well

Everything is an array of students x candidates; the planner and the judge of plans (tests) read the same numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headway.core.planning.problem import BlockKind, Candidate, ClassProblem, Id, Pace, StudentNeeds, Target, With

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

KINDS: tuple[BlockKind, ...] = tuple(BlockKind)
SECURE_WORDS = frozenset({"secure", "beyond", "recheck"})
ESSENTIAL_TARGETS = 3
READING_SLACK_GRADES, READ_ALOUD_SLACK_GRADES = 1.5, 4.0
REVIEW_AFTER_DAYS, REVIEW_FULLY_DUE_DAYS = 12, 30
STRETCH_FROM_CHANCE = 0.65
WITHOUT_QUESTIONS = 0.85
A_STEP_AHEAD = 0.6
DONE_LATELY = 0.3
RIGHT_LEVEL, WRONG_LEVEL = 0.15, -0.25
EASIER_BELOW_CHANCE, HARDER_FROM_CHANCE, PACE_SHIFT = 0.4, 0.85, 0.15
FURTHER_GAIN = 0.5
HARD_BELOW_CHANCE = 0.35


def work_of(candidate: Candidate) -> Id:
    """Return what all doors to the same work have in common."""
    return candidate.id if candidate.variant_group is None else candidate.variant_group


def is_due(target: Target) -> bool:
    """Return whether a skill that was seen is due for a look back."""
    return bool(
        target.pieces
        and target.days_since is not None
        and (target.is_stale or target.word == "recheck" or target.days_since >= REVIEW_AFTER_DAYS)
    )


def essential_targets(needs: StudentNeeds, teachable: Collection[Id] | None = None) -> tuple[Id, ...]:
    """Return up to three skills: the class goal, then what is within reach and not secure, by how much there is to learn.

    Where `teachable` is given, a skill that no work is there for gives its place to the next.
    """
    goal = [target for target in needs.targets if target.is_class_goal]
    others = [
        target
        for target in needs.targets
        if not target.is_class_goal
        and not target.missing_prerequisites
        and (teachable is None or target.competency in teachable)
    ]
    reach = [target for target in others if target.word not in SECURE_WORDS]
    reach.sort(
        key=lambda target: (
            -_to_learn(target.chance, target.low, target.high) * A_STEP_AHEAD**target.steps_ahead,
            str(target.competency),
        )
    )
    rest = [target for target in others if target.word in SECURE_WORDS]
    rest.sort(key=lambda target: (target.chance, str(target.competency)))
    return tuple(target.competency for target in [*goal, *reach, *rest][:ESSENTIAL_TARGETS])


def stretch_targets(needs: StudentNeeds) -> frozenset[Id]:
    """Return the skills on which a student may go further: those that stand, or else all within reach."""
    open_ones = [target for target in needs.targets if not target.missing_prerequisites]
    ready = [t for t in open_ones if t.word in SECURE_WORDS or t.chance >= STRETCH_FROM_CHANCE]
    return frozenset(target.competency for target in ready or open_ones)


def _to_learn(chance: float, low: float, high: float) -> float:
    return min(1.0, 4.0 * chance * (1.0 - chance) * 0.8 + 0.2 * min(1.0, high - low))


@dataclass(frozen=True)
class Library:
    """The candidates of a class as arrays, one entry per candidate; competencies, works and activities by number."""

    candidates: tuple[Candidate, ...]
    place_of: Mapping[Id, int]
    competencies: tuple[Id, ...]
    competency: Numbers
    work: Numbers
    activity: Numbers
    minutes: Numbers
    screen_minutes: Numbers
    is_alone: Flags
    is_teachers: Flags
    level: Numbers
    has_items: Flags
    kinds: Flags  # kinds x candidates
    doors: Mapping[Id, tuple[int, ...]]


def library_of(problem: ClassProblem) -> Library:
    """Return the problem's candidates arranged for arithmetic."""
    # In an order of their own, so that the order in which they were read decides nothing.
    candidates = tuple(sorted(problem.candidates, key=lambda candidate: str(candidate.id)))
    skills: dict[Id, int] = {}
    for needs in problem.students:
        for target in needs.targets:
            skills.setdefault(target.competency, len(skills))
    works: dict[Id, int] = {}
    activities: dict[str, int] = {}
    doors: dict[Id, list[int]] = {}
    competency, work, activity = [], [], []
    for place, candidate in enumerate(candidates):
        if candidate.competency is None:
            competency.append(-1)
        else:
            competency.append(skills.setdefault(candidate.competency, len(skills)))
        own = work_of(candidate)
        work.append(works.setdefault(own, len(works)))
        activity.append(activities.setdefault(candidate.activity, len(activities)) if candidate.activity else -1)
        doors.setdefault(own, []).append(place)
    levels = {"easier": -1, "harder": 1}
    return Library(
        candidates=candidates,
        place_of={candidate.id: place for place, candidate in enumerate(candidates)},
        competencies=tuple(skills),
        competency=np.array(competency, dtype=np.int64),
        work=np.array(work, dtype=np.int64),
        activity=np.array(activity, dtype=np.int64),
        minutes=np.array([candidate.minutes for candidate in candidates], dtype=np.int64),
        screen_minutes=np.array([candidate.screen_minutes for candidate in candidates], dtype=np.int64),
        is_alone=np.array([candidate.with_whom is With.ALONE for candidate in candidates], dtype=np.bool_),
        is_teachers=np.array([candidate.with_whom is With.TEACHER for candidate in candidates], dtype=np.bool_),
        level=np.array([levels.get(candidate.level, 0) for candidate in candidates], dtype=np.int64),
        has_items=np.array([candidate.has_items for candidate in candidates], dtype=np.bool_),
        kinds=np.array([[kind in c.kinds for c in candidates] for kind in KINDS], dtype=np.bool_).reshape(
            len(KINDS), len(candidates)
        ),
        doors={own: tuple(places) for own, places in doors.items()},
    )


@dataclass(frozen=True)
class Scores:
    """The scores of every candidate for every student, and what rules candidates out: arrays of students x candidates."""

    gain: Floats
    review: Floats
    interest: Floats
    fit: Floats
    is_readable: Flags
    is_waived: Flags
    waits: Flags  # on a skill whose prerequisite is missing
    is_hard: Flags
    is_grade_level: Flags
    is_goal: Flags


def scores_of(problem: ClassProblem, library: Library) -> Scores:
    """Return the four scores and the flags of every student and candidate."""
    students, skills, count = len(problem.students), len(library.competencies), len(library.candidates)
    number = {competency: place for place, competency in enumerate(library.competencies)}
    # One column more than there are skills stands for work on no skill of the student (competency -1).
    to_learn = np.full((students, skills + 1), 0.2)
    chance = np.full((students, skills + 1), 0.5)
    due = np.zeros((students, skills + 1))
    waits = np.zeros((students, skills + 1), dtype=np.bool_)
    at_grade = np.zeros((students, skills + 1), dtype=np.bool_)
    is_goal = np.zeros((students, skills + 1), dtype=np.bool_)
    for row, needs in enumerate(problem.students):
        for target in needs.targets:
            column = number[target.competency]
            chance[row, column] = target.chance
            to_learn[row, column] = _to_learn(target.chance, target.low, target.high) * A_STEP_AHEAD**target.steps_ahead
            if is_due(target):
                days = REVIEW_FULLY_DUE_DAYS if target.is_stale or target.word == "recheck" else target.days_since or 0
                due[row, column] = min(1.0, days / REVIEW_FULLY_DUE_DAYS)
            waits[row, column] = bool(target.missing_prerequisites)
            at_grade[row, column] = target.grade >= needs.grade
            is_goal[row, column] = target.is_class_goal
    of = library.competency
    gain = to_learn[:, of]
    own_chance = chance[:, of]
    easier, harder = library.level < 0, library.level > 0
    # Who needs time meets the easier door sooner, who is ahead the harder one.
    easier_below = np.array(
        [[EASIER_BELOW_CHANCE + PACE_SHIFT * (n.pace is Pace.NEEDS_TIME)] for n in problem.students]
    )
    harder_from = np.array([[HARDER_FROM_CHANCE - PACE_SHIFT * (n.pace is Pace.AHEAD)] for n in problem.students])
    gain = np.where(easier, gain + np.where(own_chance < easier_below, RIGHT_LEVEL, WRONG_LEVEL), gain)
    further = np.maximum(gain, FURTHER_GAIN)
    gain = np.where(harder, np.where(own_chance >= harder_from, further, gain + WRONG_LEVEL), gain)
    gain = gain * np.where(library.has_items, 1.0, WITHOUT_QUESTIONS)
    lately, unfinished, waived = (np.zeros((students, count), dtype=np.bool_) for _ in range(3))
    for row, needs in enumerate(problem.students):
        for flags, ids in ((lately, needs.done_recently), (unfinished, needs.unfinished), (waived, needs.waived)):
            for own in ids:
                # Another door to work that was done is no new work.
                for place in library.doors.get(own, ()):
                    flags[row, place] = True
                if own in library.place_of:
                    flags[row, list(library.doors[work_of(library.candidates[library.place_of[own]])])] = True
    again = np.where(lately & ~unfinished, DONE_LATELY, 1.0)
    fit, readable = _fit(problem, library)
    fit = np.where(unfinished, 1.0, fit)
    return Scores(
        gain=np.clip(gain, 0.0, 1.0) * again,
        review=due[:, of] * again,
        interest=_interest(problem.students, library.candidates) * again,
        fit=fit,
        is_readable=readable,
        is_waived=waived,
        waits=waits[:, of],
        is_hard=(library.is_alone & (own_chance < HARD_BELOW_CHANCE) & (of >= 0)) | harder,
        is_grade_level=at_grade[:, of],
        is_goal=is_goal[:, of],
    )


def _interest(students: Sequence[StudentNeeds], candidates: Sequence[Candidate]) -> Floats:
    topics = sorted({topic for candidate in candidates for topic in candidate.topics})
    careers = sorted({career for candidate in candidates for career in candidate.careers})
    shared = _members(students, topics, "interests") @ _members(candidates, topics, "topics").T
    hoped = _members(students, careers, "careers") @ _members(candidates, careers, "careers").T
    return np.minimum(1.0, np.where(shared > 0, 0.25 + 0.35 * shared, 0.0) + 0.4 * np.minimum(1.0, hoped))


def _members(rows: Sequence[object], words: Sequence[str], field: str) -> Floats:
    number = {word: place for place, word in enumerate(words)}
    found = np.zeros((len(rows), len(words)))
    for place, row in enumerate(rows):
        for word in getattr(row, field):
            if word in number:
                found[place, number[word]] = 1.0
    return found


def _fit(problem: ClassProblem, library: Library) -> tuple[Floats, Flags]:
    """Return how well text and level suit each student, and whether it reads well enough to work with it alone."""
    students, candidates = problem.students, library.candidates
    languages = {code: place for place, code in enumerate(sorted({c.language for c in candidates}))}
    level_of_text = np.array([candidate.reading_level for candidate in candidates])
    language = np.array([languages[candidate.language] for candidate in candidates], dtype=np.int64)
    own = np.full((len(students), max(1, len(languages))), -np.inf)
    slack = np.zeros((len(students), 1))
    is_best = np.zeros((len(students), max(1, len(languages))), dtype=np.bool_)
    for row, needs in enumerate(students):
        slack[row] = READ_ALOUD_SLACK_GRADES if "read-aloud" in needs.supports else READING_SLACK_GRADES
        levels: dict[str, float] = {}
        for reader in needs.readers:
            levels[reader.language] = max(levels.get(reader.language, -np.inf), reader.reading_level)
        best = max(levels, key=lambda code: levels[code], default=problem.language)
        reads_class = levels.get(problem.language, 0.0) + 2.5 >= levels.get(best, 0.0)
        for code, place in languages.items():
            own[row, place] = levels.get(code, -np.inf)
            is_best[row, place] = code == best or (code == problem.language and reads_class)
    level = own[:, language]
    readable = (level_of_text <= 0) | (level + slack >= level_of_text)
    distance = np.where(level_of_text > 0, np.abs(np.where(np.isfinite(level), level, 0.0) - level_of_text), 1.0)
    comfort = np.maximum(0.0, 1.0 - distance / 6.0)
    fit = np.where(readable, 0.6 * comfort + 0.4 * is_best[:, language], 0.0)
    return fit, readable
