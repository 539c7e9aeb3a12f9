"""Eight weeks of invented school work with a mastery that is known, so that estimates can be compared with the truth.

Pure and seeded: students, skills and questions in, answers and ratings out. A student's ability on a skill grows with
practice and drifts back without it; an answer is a draw from a logistic question with a guessing floor, a rating a draw
from an ordered scale.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DAYS_A_WEEK = 5
RATING_LEVELS = 4  # not there yet, with help, alone, in a new place: as on the observation form
PROFICIENT_LEVEL = 2
SECURE_LOGIT = math.log(4.0)  # a reference question succeeds 8 times in 10
LEVEL_WIDTH = 1.5
FEW_QUESTIONS = 5
OWN_WORK_FROM = 2.7  # from this ability on a student works on skills ahead of the class


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A student as the simulation sees one; `english` is the reading level in English."""

    id: str
    classes: tuple[str, ...]
    english: float
    prefers: str = "en"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that can be scored."""

    id: str
    skill: str
    difficulty: float
    guess: float
    language: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """A class's path of skills, and the easier skills that come before them."""

    id: str
    path: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened: an answer to a question, or a teacher's rating with words."""

    student: str
    skill: str
    course: str
    week: int
    weekday: int
    minute: int
    score: float
    question: str = ""
    hints: int = 0
    attempt: int = 1
    on_paper: bool = False
    level: int | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What happened, and the truth at the end: the chance of success on a reference question."""

    happenings: tuple[Happening, ...]
    truth: Mapping[tuple[str, str], float]


@dataclass
class _Mind:
    """One student's hidden state while the weeks go by."""

    learner: Learner
    ability: float
    gain: float
    attendance: float
    facts: Mapping[str, Any]
    start: dict[str, float] = field(default_factory=dict)
    now: dict[str, float] = field(default_factory=dict)
    practised: dict[str, int] = field(default_factory=dict)


def logistic(logit: float) -> float:
    """Return the chance that belongs to a logit."""
    return 1.0 / (1.0 + math.exp(-logit))


def _minds(
    learners: Sequence[Learner],
    grades: Mapping[str, int],
    skills: Mapping[str, Sequence[str]],
    rules: Mapping[str, Any],
    luck: np.random.Generator,
    grade: int,
) -> list[_Mind]:
    minds = []
    for learner in learners:
        drawn = luck.normal(rules["ability"]["mean"], rules["ability"]["spread"])
        gain = luck.normal(rules["learning"]["mean"], rules["learning"]["spread"])
        there = luck.normal(rules["attendance"]["mean"], rules["attendance"]["spread"])
        known = rules["students"].get(learner.id, {})
        mind = _Mind(
            learner=learner,
            ability=float(known.get("ability", drawn)),
            gain=float(known.get("learning", max(0.1, gain))),
            attendance=float(known.get("attendance", min(1.0, max(0.7, there)))),
            facts=known,
        )
        for course in learner.classes:
            for skill in skills[course]:
                if skill in mind.start:
                    continue
                offset = luck.normal(0.0, rules["skill_spread"])
                easier = (grade - grades.get(skill, grade)) * rules["grade_step"]
                mind.start[skill] = mind.now[skill] = mind.ability + offset + easier - 0.5
        minds.append(mind)
    return minds


def _focus(course: Course, week: int, weeks: int, mind: _Mind, luck: np.random.Generator) -> list[str]:
    """Return the skills a student works on in a week: the class's, one of before, and ahead for who is ready."""
    if week == 0:
        return list(course.before)
    at = (week - 1) * (len(course.path) - 2) / max(1, weeks - 1)  # the last skills are still to come
    first = min(int(at), len(course.path) - 2)
    chosen = [course.path[first], course.path[first + 1]]
    earlier = [*course.path[:first], *course.before]
    if earlier:
        chosen.append(str(luck.choice(earlier)))
    if mind.ability > OWN_WORK_FROM and first + 2 < len(course.path):
        chosen.append(str(luck.choice(course.path[first + 2 :])))
    return list(dict.fromkeys(chosen))


def _questions(
    pool: Mapping[str, Sequence[Question]], skill: str, mind: _Mind, count: int, luck: np.random.Generator
) -> list[Question]:
    """Return questions of a skill in the language the student reads, as far as there are any."""
    every = pool.get(skill, ())
    own = [question for question in every if question.language == mind.learner.prefers] or list(every)
    if not own:
        return []
    order = luck.permutation(len(own))
    return [own[place] for place in order[:count]]


def _answers(
    mind: _Mind,
    question: Question,
    place: tuple[str, int, int, int],
    rules: Mapping[str, Any],
    luck: np.random.Generator,
    class_grade: int,
) -> Iterator[Happening]:
    """Yield the first try at a question, and the second when there is one."""
    course, week, weekday, minute = place
    text_cost = 0.0
    if question.language == "en" and mind.learner.prefers == "en":
        text_cost = rules["english_step"] * max(0.0, class_grade - mind.learner.english)
    elif question.language != mind.learner.prefers:
        text_cost = rules["english_step"] * class_grade
    ease = mind.now[question.skill] - question.difficulty - text_cost
    hints = 0
    if ease < 0.4 and luck.random() < rules["hint_wish"]:
        hints = 1 + int(luck.random() < 0.3)
    on_paper = bool(luck.random() < rules["on_paper"])
    for attempt in (1, 2):
        chance = question.guess + (1 - question.guess) * logistic(
            ease + hints * rules["hint_gain"] + 0.5 * (attempt - 1)
        )
        is_right = bool(luck.random() < chance)
        yield Happening(
            student=mind.learner.id,
            skill=question.skill,
            course=course,
            week=week,
            weekday=weekday,
            minute=min(48, minute + attempt - 1),
            score=float(is_right),
            question=question.id,
            hints=hints,
            attempt=attempt,
            on_paper=on_paper,
        )
        if is_right or luck.random() > rules["second_try"]:
            return


def _rating(
    mind: _Mind, skill: str, place: tuple[str, int, int], rules: Mapping[str, Any], luck: np.random.Generator
) -> Happening:
    course, week, weekday = place
    seen = mind.now[skill] + luck.normal(0.0, rules["rating_noise"])
    level = PROFICIENT_LEVEL + math.floor((seen - SECURE_LOGIT) / LEVEL_WIDTH)
    level = min(RATING_LEVELS - 1, max(0, level))
    words = rules["rating_words"][level]
    return Happening(
        student=mind.learner.id,
        skill=skill,
        course=course,
        week=week,
        weekday=weekday,
        minute=45,
        score=level / (RATING_LEVELS - 1),
        level=level,
        words=str(words[int(luck.integers(len(words)))]),
    )


def _a_week_passes(mind: _Mind, worked: Mapping[str, int], rules: Mapping[str, Any]) -> None:
    """Move the hidden state: practice adds, and what was not practised drifts back to where it began."""
    kept = 0.5 ** (7 / rules["half_life_days"])
    for skill, now in mind.now.items():
        questions = worked.get(skill, 0)
        if questions:
            room = max(0.0, (rules["ceiling"] - now) / rules["ceiling"])
            mind.now[skill] = now + mind.gain * min(2.0, questions / 4) * room
        else:
            mind.now[skill] = mind.start[skill] + (now - mind.start[skill]) * kept


def simulate(
    *,
    learners: Sequence[Learner],
    courses: Sequence[Course],
    questions: Sequence[Question],
    grades: Mapping[str, int],
    rules: Mapping[str, Any],
    closed: frozenset[tuple[int, int]] = frozenset(),
    class_grade: int = 7,
) -> Simulated:
    """Return eight weeks of work; `closed` are (week, weekday) without school. The same input gives the same weeks."""
    luck = np.random.default_rng(rules["seed"])
    pool: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        pool[question.skill].append(question)
    by_id = {course.id: course for course in courses}
    skills = {course.id: (*course.before, *course.path) for course in courses}
    minds = _minds(learners, grades, skills, rules, luck, class_grade)
    happenings: list[Happening] = []
    low, high = rules["questions_a_lesson"]
    for week in range(rules["weeks"]):
        for mind in minds:
            there = mind.attendance
            if "stops_in_week" in mind.facts and week >= mind.facts["stops_in_week"]:
                there = float(mind.facts["attendance_after"])
            worked: dict[str, int] = defaultdict(int)
            for course_id in mind.learner.classes:
                focus = _focus(by_id[course_id], week, rules["weeks"], mind, luck)
                for weekday in range(DAYS_A_WEEK):
                    is_there = luck.random() < there
                    if (week, weekday) in closed or not is_there or not focus:
                        continue
                    skill = focus[weekday % len(focus)]
                    count = int(luck.integers(low, high + 1))
                    for number, question in enumerate(_questions(pool, skill, mind, count, luck)):
                        place = (course_id, week, weekday, 6 + 7 * number)
                        happenings += _answers(mind, question, place, rules, luck, class_grade)
                        worked[skill] += 1
                    # What few questions can ask, a teacher looks at.
                    often = rules["seen_by_teacher"] if len(pool[skill]) >= FEW_QUESTIONS else rules["seen_if_few"]
                    if luck.random() < often:
                        happenings.append(_rating(mind, skill, (course_id, week, weekday), rules, luck))
                        worked[skill] += 1
            _a_week_passes(mind, worked, rules)
    truth = {(mind.learner.id, skill): logistic(logit) for mind in minds for skill, logit in mind.now.items()}
    return Simulated(happenings=tuple(happenings), truth=truth)
