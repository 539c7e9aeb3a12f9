"""Who sits in a class of a trial, and what lies on its shelves: everything drawn once, the same for every way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.core.planning import BlockKind, Candidate, With
from headway.core.trial.assumptions import Assumptions
from headway.core.trial.parameters import Parameters

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

GRADE: Final = 7
CLASS_LANGUAGE, OTHER_LANGUAGE = "en", "es"
DAYS: Final = 5
MOST_PLACES: Final = 8  # in a day
MOST_QUESTIONS: Final = 5  # in a block
QUIZ_QUESTIONS: Final = 6
OPEN: Final = frozenset({BlockKind.ESSENTIAL, BlockKind.STRETCH, BlockKind.PAPER})


@dataclass(frozen=True, kw_only=True)
class Skills:
    """What is learned: the earlier skills first, then the term's path in its order; `before` is skills x 2, -1 for none."""

    easiness: Floats
    before: Longs
    earlier: int

    @property
    def count(self) -> int:
        """How many skills there are."""
        return len(self.easiness)

    @property
    def path(self) -> tuple[int, ...]:
        """The term's skills in order."""
        return tuple(range(self.earlier, self.count))


@dataclass(frozen=True, kw_only=True)
class Pupils:
    """Who is in the class; `likes` is the truth about interests, `profile` what they once said."""

    start: Floats  # students x skills, logits
    gain_factor: Floats
    stability_days: Floats
    slip: Floats
    attendance: Floats
    likes: Flags  # students x topics
    profile: Flags
    reads: Floats  # students x (class language, other language), in grades

    @property
    def count(self) -> int:
        """How many students there are."""
        return len(self.gain_factor)


@dataclass(frozen=True, kw_only=True)
class Luck:
    """All chances of a term, drawn before it begins, so that every way meets the same."""

    is_there: Flags  # weeks x days x students
    form: Floats  # weeks x days x students
    answer: Floats  # weeks x days x students x places x questions
    item: Floats  # the same: how much harder that question is than the work’s usual one
    is_choice: Flags  # the same: whether it has options to guess from
    choice: Floats  # weeks x days x students x places
    quiz: Floats  # (1 + weeks) x students x skills: the draw for a question on that skill
    quiz_item: Floats
    quiz_is_choice: Flags


@dataclass(frozen=True, kw_only=True)
class OnFile:
    """What a school has on file about a class, and all that a way to spend the minutes may know beside evidence."""

    students: int
    weeks: int
    path: tuple[int, ...]
    earlier: int
    before: Longs
    library: tuple[Candidate, ...]
    profile: Flags
    reads: Floats


@dataclass(frozen=True, kw_only=True)
class Classroom:
    """One class for one term, with its truth."""

    skills: Skills
    pupils: Pupils
    library: tuple[Candidate, ...]
    luck: Luck
    weeks: int

    def on_file(self) -> OnFile:
        """Return what is no secret."""
        return OnFile(
            students=self.pupils.count,
            weeks=self.weeks,
            path=self.skills.path,
            earlier=self.skills.earlier,
            before=self.skills.before,
            library=self.library,
            profile=self.pupils.profile,
            reads=self.pupils.reads,
        )


# Works of every skill: name, minutes, kinds, with whom, on screen, has questions, doors (levels; "es" is the usual level in
# the other language), topics. Every skill has the same shelf; what differs is topics and how hard the texts are.
_SHELF: Final = (
    ("lesson", 20, OPEN, With.ALONE, True, True, ("usual", "easier", "harder", "es")),
    ("practice", 20, OPEN, With.ALONE, False, True, ("usual", "easier", "harder", "es")),
    ("short lesson", 15, OPEN, With.ALONE, True, True, ("usual", "easier", "es")),
    ("talk", 20, OPEN | {BlockKind.GROUP}, With.PAIR, False, False, ("usual", "es")),
    ("workshop", 20, frozenset({BlockKind.GROUP}), With.TEACHER, False, True, ("usual", "easier")),
    ("seminar", 15, frozenset({BlockKind.GROUP}), With.TEACHER, False, True, ("usual", "harder")),
    ("quick look", 10, frozenset({BlockKind.REVIEW}), With.ALONE, True, True, ("usual", "es")),
    ("cards", 10, frozenset({BlockKind.REVIEW, BlockKind.PAPER}), With.PAIR, False, True, ("usual",)),
    ("project", 20, frozenset({BlockKind.PROJECT}), With.TEAM, False, False, ("usual", "es")),
    ("game", 10, frozenset({BlockKind.CHOICE, BlockKind.STRETCH}), With.PAIR, True, True, ("usual",)),
    ("story", 10, frozenset({BlockKind.CHOICE, BlockKind.PAPER}), With.ALONE, False, True, ("usual", "es")),
    ("puzzle", 15, frozenset({BlockKind.CHOICE, BlockKind.STRETCH}), With.ALONE, False, True, ("usual", "harder")),
    ("making", 15, frozenset({BlockKind.CHOICE, BlockKind.STRETCH}), With.TEAM, False, False, ("usual",)),
)


def _skills(parameters: Parameters, assumptions: Assumptions, weeks: int, luck: np.random.Generator) -> Skills:
    count = assumptions.earlier_skills + max(2, round(weeks * assumptions.skills_a_week))
    easiness = parameters.skill_deviation_logits * luck.normal(size=count)
    easiness[: assumptions.earlier_skills] += assumptions.earlier_easier_logits
    before = np.full((count, 2), -1, dtype=np.int64)
    for skill in range(1, count):
        earlier = np.arange(max(0, skill - 5), skill)
        wanted = min(len(earlier), int(np.searchsorted((0.3, 0.8), luck.random())))
        before[skill, :wanted] = luck.permutation(earlier)[:wanted]
    return Skills(easiness=easiness, before=before, earlier=assumptions.earlier_skills)


def _pupils(parameters: Parameters, assumptions: Assumptions, skills: Skills, luck: np.random.Generator) -> Pupils:
    students = int(luck.integers(assumptions.least_students, assumptions.most_students + 1))
    between = math.sqrt(assumptions.share_between_classes) * parameters.student_deviation_logits
    within = math.sqrt(1.0 - assumptions.share_between_classes) * parameters.student_deviation_logits
    level = parameters.first_chance_logit + between * luck.normal()
    ability = within * luck.normal(size=students)
    strength = parameters.pair_deviation_logits * luck.normal(size=(students, skills.count))
    missed = 1.0 - parameters.attendance - parameters.attendance_deviation * luck.normal(size=students)
    likes = luck.random((students, assumptions.topics)) < 3.0 / assumptions.topics
    is_wrong = luck.random((students, assumptions.topics)) > assumptions.profile_is_right
    said_instead = luck.random((students, assumptions.topics)) < 3.0 / assumptions.topics
    is_new = luck.random(students) < assumptions.share_newcomers
    reading = GRADE + assumptions.reading_deviation_grades * luck.normal(size=students) + 0.6 * ability
    reads = np.zeros((students, 2))
    reads[:, 0] = np.where(is_new, 1.0, np.clip(reading, 1.0, 12.0))
    reads[:, 1] = np.where(is_new, np.clip(reading, 3.0, 12.0), 0.0)
    return Pupils(
        start=level + ability[:, None] + skills.easiness[None, :] + strength,
        gain_factor=np.exp(assumptions.gain_log_deviation * luck.normal(size=students)),
        stability_days=parameters.stability_days
        * assumptions.stability_factor
        * np.exp(assumptions.stability_log_deviation * luck.normal(size=students)),
        slip=np.clip(parameters.slip * np.exp(0.4 * luck.normal(size=students)), 0.0, 0.1),
        attendance=1.0 - np.clip(assumptions.attendance_factor * np.clip(missed, 0.0, None), 0.0, 0.6),
        likes=likes,
        profile=np.where(is_wrong, said_instead, likes),
        reads=reads,
    )


def _library(assumptions: Assumptions, skills: Skills, luck: np.random.Generator) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for skill in range(skills.count):
        grade = GRADE - 1 if skill < skills.earlier else GRADE
        for place, (title, minutes, kinds, with_whom, is_screen, has_items, doors) in enumerate(_SHELF):
            work = f"{skill}-{place}"
            topics = frozenset(f"topic-{one}" for one in luck.choice(assumptions.topics, size=2, replace=False))
            text = float(np.clip(grade + 1.2 * luck.normal(), 1.0, 11.0)) if with_whom is not With.TEAM else 0.0
            for door in doors:
                found.append(
                    Candidate(
                        id=f"{work}-{door}",
                        competency=skill,
                        minutes=minutes,
                        kinds=kinds,
                        with_whom=with_whom,
                        screen_minutes=minutes if is_screen else 0,
                        language=OTHER_LANGUAGE if door == "es" else CLASS_LANGUAGE,
                        reading_level=max(1.0, text - 2.5) if door == "easier" and text else text,
                        grade_low=grade,
                        grade_high=grade,
                        topics=topics,
                        level="usual" if door == "es" else door,
                        variant_group=work,
                        has_items=has_items,
                        title=f"{title} {skill + 1}",
                        activity=title,
                    )
                )
    return tuple(found)


def _luck(assumptions: Assumptions, pupils: Pupils, skills: Skills, weeks: int, luck: np.random.Generator) -> Luck:
    days = (weeks, DAYS, pupils.count)
    answers = (*days, MOST_PLACES, MOST_QUESTIONS)
    quiz = (weeks + 1, pupils.count, skills.count)
    return Luck(
        is_there=luck.random(days) < pupils.attendance,
        form=assumptions.form_deviation_logits * luck.normal(size=days),
        answer=luck.random(answers),
        item=assumptions.item_deviation_logits * luck.normal(size=answers),
        is_choice=luck.random(answers) < assumptions.share_of_choice_items,
        choice=luck.random((*days, MOST_PLACES)),
        quiz=luck.random(quiz),
        quiz_item=assumptions.item_deviation_logits * luck.normal(size=quiz),
        quiz_is_choice=luck.random(quiz) < assumptions.share_of_choice_items,
    )


def draw_classroom(
    parameters: Parameters, assumptions: Assumptions, *, weeks: int, luck: np.random.Generator
) -> Classroom:
    """Return a class and all its luck: the same generator gives the same class.

    Students are drawn before anything that other worlds change, so worlds differ in what is assumed, not in who came.
    """
    skills = _skills(parameters, assumptions, weeks, luck)
    pupils = _pupils(parameters, assumptions, skills, luck)
    library = _library(assumptions, skills, luck)
    return Classroom(
        skills=skills,
        pupils=pupils,
        library=library,
        luck=_luck(assumptions, pupils, skills, weeks, luck),
        weeks=weeks,
    )
