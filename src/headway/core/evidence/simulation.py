"""Simulated students whose mastery is known: what the shipped prior is fitted on, and what the learner model is tested with.

Nothing here comes from anybody's log. Every constant of `World` says which published finding it follows; ranges are drawn
anew for every course or class, so that a model fitted on a simulated log meets many kinds of school in one file.

The truth about student s and competency c at time t is a logit

    theta = start_sc + growth_s(t) + kept_sc(t) + transfer * mean of kept over c's prerequisites

`start` is what the student brought: ability, how easy the competency is, a strength that prerequisites share. `kept` is what
practice added and time left: every answer adds a gain that shrinks towards a ceiling and waits for weak prerequisites, and
regains part of what was lost (savings); then it falls towards a lasting share as a power of time, more slowly with every
further day of practice. The chance of a right answer is a three-parameter logistic item with slips.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from headway.core.evidence.answer_log import AnswerLog, Floats, Ints
from headway.core.evidence.simulated_practice import (
    BY_CHANCE,
    DAY_SECONDS,
    FITTED,
    IN_ORDER,
    MIXED,
    SETS,
    UNTIL_RIGHT,
    Classes,
    Constants,
    Content,
    Longs,
    Memories,
    Rows,
    Students,
    kept,
    practise,
    reference_logit,
)

Range = tuple[float, float]

FEWEST_ANSWERS = 5


@dataclass(frozen=True, kw_only=True)
class World:
    """How simulated students learn, forget and answer; a pair is a range to draw from anew for every course or class."""

    # The unit of a curriculum: competencies that build on each other, studied by whole classes.
    competencies_per_course: int = 20
    class_size: int = 25

    # Start. First answers are right about 65 times in 100, 55 in the lower half of a course and 75 in the upper: a spread
    # of .56 logits if items and skills were all alike, more as they differ (Koedinger, Carvalho, Liu & McLaughlin 2023, PNAS
    # 120(13), 27 data sets). Levels of classes are spread so that .55 to .85 of their answers are right.
    class_level_logits: Range = (-0.2, 1.6)
    ability_deviation_logits: Range = (0.6, 1.1)
    # How far a student's skills lie apart differs from class to class; too even a world makes ranges too narrow elsewhere.
    strength_deviation_logits: Range = (0.4, 1.2)
    easiness_deviation_logits: Range = (0.4, 0.9)
    shared_with_prerequisites: float = 0.5  # assumed: correlation of the strengths of neighbours

    # Learning: about .1 logits an opportunity, and students differ little in it (Koedinger et al. 2023; more where only
    # short sequences are looked at: Lee et al. 2026). The first opportunities give more than the tenth (power law of
    # practice, Newell & Rosenbloom 1981).
    first_gain_logits: Range = (0.10, 0.30)
    gain_log_deviation: float = 0.25
    ceiling_logits: Range = (1.5, 3.0)
    # The answer shown after a mistake teaches; shown after a right answer it does little (Pashler, Cepeda, Wixted & Rohrer
    # 2005).
    gain_after_right: float = 0.8
    gain_after_feedback: float = 1.3
    gain_without_feedback: float = 0.4
    share_of_classes_with_feedback: float = 0.85
    # Assumed: practice gains half where the weakest prerequisite is at this logit, and what was learned there carries over.
    readiness_logit: float = -1.0
    transfer: float = 0.25

    # Forgetting: (1 + days / stability) ** -exponent (Wickelgren 1974; Wixted & Carpenter 2007), over weeks for skills, where
    # 1 to 14 days cost little, over days for facts; weaker students forget sooner (Xiong & Beck 2014). A lasting share stays
    # (Bahrick 1984), relearning is faster than learning (Ebbinghaus 1885), further days of practice make it last (Cepeda et
    # al. 2006).
    stability_days: Range = (0.7, 40.0)
    stability_log_deviation: float = 0.3
    stability_per_ability: float = 0.3
    stability_growth_per_day_practised: float = 1.6
    most_stability_days: float = 300.0
    exponent: Range = (0.3, 0.5)
    lasting_share: Range = (0.2, 0.5)
    savings_share: float = 0.4
    # Teaching outside the log: some .4 standard deviations a school year in the middle grades (Hill, Bloom, Black & Lipsey
    # 2008), uneven between students.
    growth_logits_per_day: float = 0.001
    growth_deviation_per_root_day: float = 0.03

    # Items: few or many; difficulties spread by about a logit, as in Rasch-scaled banks; discriminations by a third.
    items_per_competency: Range = (3.0, 60.0)
    item_deviation_logits: Range = (0.6, 1.4)
    discrimination_log_deviation: float = 0.3
    share_of_choice_items: Range = (0.0, 0.6)
    share_true_false: float = 0.2  # of choice items: guessed 1 in 2; the others have four options
    share_with_two_competencies: float = 0.08
    familiarity_logits: float = 0.7  # a question seen before is easier, less so as days pass
    familiarity_exponent: float = 0.3

    # Answers. Slips of those who know are bounded at .1 ever since Corbett & Anderson (1995); good and bad days are assumed.
    slip_chance: Range = (0.01, 0.09)
    form_deviation_logits: float = 0.4
    hints_asked_when_stuck: Range = (0.0, 0.5)
    hint_lift_logits: float = 0.8
    retries_after_wrong: Range = (0.0, 0.6)
    retry_lift_logits: float = 0.5

    # Practice: until three are right in a row or some ten tries are over, after which more of the same rarely helps (Beck &
    # Gong 2013); or fixed sets; or mixed. Items in order, by chance, or fitted to a chance of .75 (Klinkenberg et al. 2011).
    share_until_right: float = 0.4
    share_sets: float = 0.3
    right_in_a_row: int = 3
    patience: Range = (8, 15)
    set_length: Range = (4, 12)
    review_share: Range = (0.0, 0.3)
    share_items_in_order: float = 0.4
    share_items_fitted: float = 0.2
    fitted_chance: float = 0.75

    # Amount and time: most students leave some 30 answers, a few leave hundreds; over days, weeks or a school year.
    median_answers: Range = (12.0, 80.0)
    answers_log_deviation: float = 0.8
    most_answers: int = 3000
    answers_per_session: Range = (5.0, 16.0)
    days_between_sessions: Range = (1.0, 8.0)
    days_between_log_deviation: float = 0.8
    holiday_chance: float = 0.03
    holiday_days: Range = (7.0, 75.0)
    seconds_per_answer: float = 35.0
    seconds_log_deviation: float = 0.7

    # Two groups of students, alike in all but what is planted here (nothing, unless asked).
    share_of_second_group: float = 0.3
    second_group_start_logits: float = 0.0
    share_of_unfair_items: float = 0.0
    unfair_logits: float = 0.0  # such an item is harder by this for the second group, at equal mastery

    # Ratings by people, as the learner model reads them: proficient begins where 8 of 10 reference questions succeed, one
    # look is uncertain by a logit, and raters differ in severity (Eckes 2015).
    ratings_per_student: float = 2.0
    rating_levels: int = 4
    rating_width_logits: float = 1.5
    proficient_chance: float = 0.8
    rating_noise_logits: float = 1.0
    rater_deviation_logits: float = 0.5
    share_rated_by_another: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """Levels that people gave: `level`, from 0 to `levels` - 1, of a student's competency at a second, by a rater.

    `rater_offsets` is the truth about the raters, in logits: above zero is generous.
    """

    student: Ints
    competency: Ints
    seconds: Floats
    level: Ints
    levels: int
    rater: Ints
    rater_offsets: Floats


@dataclass(frozen=True, kw_only=True)
class SimulatedLog:
    """A simulated log with its truth.

    Per row: `truth_logit` is the logit of the student's chance on a new reference question of the row's competency
    (difficulty 0, no guessing; the student's slips are in it) just before the answer, averaged where an item has two;
    `chance` is the true chance of that very answer, so no forecast can score better on average than this column.
    `prerequisites` are pairs (comes first, builds on it); `item_difficulty` in logits; `unfair_items` are planted;
    `slip` is the chance per student to miss what they know.
    """

    log: AnswerLog
    truth_logit: Floats
    chance: Floats
    prerequisites: Ints
    item_difficulty: Floats
    unfair_items: Ints
    slip: Floats
    ratings: Ratings
    _past: _Past = field(repr=False)

    def truth_at(self, student: ArrayLike, competency: ArrayLike, seconds: ArrayLike) -> Floats:
        """Return the true logit on a new reference question at any second of the log or after, that second's answer included.

        The three are broadcast together; nan where the student's course has no such competency.
        """
        students, competencies, moments = np.broadcast_arrays(student, competency, seconds)
        return _truth_at(self._past, students.astype(np.int64), competencies.astype(np.int64), moments.astype(float))


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What the truth at a later moment is computed from.

    Keys are whole numbers that sort as (student, second) and as (student, competency, second): one search finds the newest
    row or memory before any moment.
    """

    content: Content
    transfer: float
    course: Longs  # per student
    course_of: Longs  # per competency
    start: Floats  # student x place of the competency in the course
    slip: Floats
    starts: Longs
    row_keys: Longs
    row_seconds: Floats
    growth: Floats
    keys: Longs
    memories: Memories
    span: int


def _kept_at(past: _Past, students: Longs, competencies: Longs, moments: Floats) -> Floats:
    """Return what practice left of a competency at a moment, 0 where there was no practice before."""
    pair = students * len(past.content.easiness) + competencies
    asked = pair * past.span + np.clip(np.floor(moments), 0, past.span - 1).astype(np.int64)
    place = np.maximum(np.searchsorted(past.keys, asked, side="right") - 1, 0)
    found, course = Memories(*(column[place] for column in past.memories)), past.course[students]
    is_there = (found.student == students) & (found.competency == competencies) & (found.seconds <= moments)
    left = kept(
        found.learned,
        found.peak,
        found.stability,
        np.maximum(0.0, moments - found.seconds) / DAY_SECONDS,
        past.content.lasting_share[course],
        past.content.exponent[course],
    )
    return np.where(is_there, left, 0.0)


def _growth_at(past: _Past, students: Longs, moments: Floats) -> Floats:
    """Return what was learned outside the log: 0 before it, straight lines between answers, level after the last."""
    first, last = past.starts[students], past.starts[students + 1] - 1
    asked = students * past.span + np.clip(np.floor(moments), 0, past.span - 1).astype(np.int64)
    row = np.clip(np.searchsorted(past.row_keys, asked, side="right") - 1, first, last)
    after = np.minimum(row + 1, last)
    wait = np.maximum(past.row_seconds[after] - past.row_seconds[row], 1.0)
    way = np.clip((moments - past.row_seconds[row]) / wait, 0.0, 1.0)
    return past.growth[row] + way * (past.growth[after] - past.growth[row])


def _truth_at(past: _Past, students: Longs, competencies: Longs, moments: Floats) -> Floats:
    course = past.course[students]
    is_theirs = past.course_of[competencies] == course
    place = np.where(is_theirs, competencies - past.content.course_starts[course], 0)
    theta = past.start[students, place] + _growth_at(past, students, moments)
    theta += _kept_at(past, students, competencies, moments)
    before = past.content.prerequisites[competencies]
    share = past.transfer / np.maximum((before >= 0).sum(axis=-1), 1)
    for column in range(before.shape[-1]):
        lift = _kept_at(past, students, np.maximum(before[..., column], 0), moments)
        theta += share * np.where(before[..., column] >= 0, lift, 0.0)
    return np.where(is_theirs, reference_logit(theta, past.slip[students]), np.nan)


def _uniform(rng: np.random.Generator, bounds: Range, size: int) -> Floats:
    return rng.uniform(*bounds, size)


def _log_uniform(rng: np.random.Generator, bounds: Range, size: int) -> Floats:
    return np.asarray(np.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1]), size)))


def _whole(rng: np.random.Generator, bounds: Range, size: int) -> Longs:
    return rng.integers(int(bounds[0]), int(bounds[1]) + 1, size)


def _pick(rng: np.random.Generator, shares: Sequence[float], size: int) -> Longs:
    """Return numbers from 0, each with its share; the last one takes what is left."""
    return np.searchsorted(np.cumsum(shares), rng.random(size), side="right").astype(np.int64)


def _content(world: World, competencies: int, rng: np.random.Generator) -> Content:
    courses = max(1, round(competencies / world.competencies_per_course))
    sizes = np.array([len(part) for part in np.array_split(np.arange(competencies), courses)])
    course_starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    course_of = np.repeat(np.arange(courses), sizes)

    prerequisites = np.full((competencies, 2), -1, dtype=np.int64)
    for competency in range(competencies):
        earlier = np.arange(max(course_starts[course_of[competency]], competency - 5), competency)
        count = min(len(earlier), int(_pick(rng, (0.3, 0.5), 1)[0]))
        prerequisites[competency, :count] = rng.permutation(earlier)[:count]

    per_competency = _log_uniform(rng, world.items_per_competency, courses)[course_of]
    banks = np.maximum(1, np.round(per_competency * np.exp(0.3 * rng.normal(size=competencies)))).astype(np.int64)
    owner = np.repeat(np.arange(competencies), banks)
    items, course = len(owner), course_of[owner]
    difficulty = rng.normal(size=items) * _uniform(rng, world.item_deviation_logits, courses)[course]
    difficulty -= (np.bincount(owner, difficulty) / banks)[owner]  # the reference question is the average item
    is_choice = rng.random(items) < _uniform(rng, world.share_of_choice_items, courses)[course]
    guess = np.where(rng.random(items) < world.share_true_false, 0.5, 0.25)
    has_second = rng.random(items) < world.share_with_two_competencies
    return Content(
        course_starts=course_starts,
        exponent=_uniform(rng, world.exponent, courses),
        lasting_share=_uniform(rng, world.lasting_share, courses),
        easiness=rng.normal(size=competencies) * _uniform(rng, world.easiness_deviation_logits, courses)[course_of],
        prerequisites=prerequisites,
        item_starts=np.concatenate([[0], np.cumsum(banks)]).astype(np.int64),
        difficulty=difficulty,
        discrimination=np.exp(world.discrimination_log_deviation * rng.normal(size=items)),
        guess=np.where(is_choice, guess, 0.0),
        is_unfair=rng.random(items) < world.share_of_unfair_items,
        second_competency=np.where(has_second, prerequisites[owner, 0], -1),
    )


def _classes(world: World, content: Content, count: int, rng: np.random.Generator) -> Classes:
    course = np.arange(count, dtype=np.int64) % (len(content.course_starts) - 1)
    return Classes(
        course=course,
        # Some classes begin at the beginning of the course, some in the middle.
        first_competency=(rng.random(count) * np.diff(content.course_starts)[course] / 2).astype(np.int64),
        first_gain=_uniform(rng, world.first_gain_logits, count),
        ceiling=_uniform(rng, world.ceiling_logits, count),
        strength_deviation=_uniform(rng, world.strength_deviation_logits, count),
        has_feedback=rng.random(count) < world.share_of_classes_with_feedback,
        hints_when_stuck=_uniform(rng, world.hints_asked_when_stuck, count),
        retries=_uniform(rng, world.retries_after_wrong, count),
        practice=np.array([UNTIL_RIGHT, SETS, MIXED])[_pick(rng, (world.share_until_right, world.share_sets), count)],
        item_choice=np.array([IN_ORDER, FITTED, BY_CHANCE])[
            _pick(rng, (world.share_items_in_order, world.share_items_fitted), count)
        ],
        patience=_whole(rng, world.patience, count),
        set_length=_whole(rng, world.set_length, count),
        review_share=_uniform(rng, world.review_share, count),
        answers_per_session=_uniform(rng, world.answers_per_session, count),
    )


def _students(world: World, content: Content, classes: Classes, count: int, rng: np.random.Generator) -> Students:
    of_class = np.arange(count, dtype=np.int64) // world.class_size
    class_count, course_count = len(classes.course), len(content.course_starts) - 1
    level = _uniform(rng, world.class_level_logits, class_count)[of_class]
    spread = _uniform(rng, world.ability_deviation_logits, class_count)[of_class]
    own = rng.normal(size=count)
    is_second = rng.random(count) < world.share_of_second_group
    stability = _log_uniform(rng, world.stability_days, course_count)[classes.course[of_class]]
    median = _log_uniform(rng, world.median_answers, class_count)[of_class]
    answers = median * np.exp(world.answers_log_deviation * rng.normal(size=count))
    return Students(
        class_number=of_class,
        ability=level + spread * own + world.second_group_start_logits * is_second,
        gain_factor=np.exp(world.gain_log_deviation * rng.normal(size=count)),
        stability_days=stability
        * np.exp(world.stability_log_deviation * rng.normal(size=count) + world.stability_per_ability * own),
        slip=_uniform(rng, world.slip_chance, count),
        is_second_group=is_second,
        answers=np.clip(np.round(answers), FEWEST_ANSWERS, world.most_answers).astype(np.int64),
        # Whoever answers four times as much comes twice as often.
        days_between=_log_uniform(rng, world.days_between_sessions, class_count)[of_class] * np.sqrt(median / answers),
    )


def _skill_sets(content: Content) -> tuple[Ints, Ints, Ints]:
    """Return the set of every item, and where sets start in their members: first each competency alone, then the pairs."""
    competencies = len(content.easiness)
    owner = np.repeat(np.arange(competencies), np.diff(content.item_starts))
    second = content.second_competency
    code = np.where(second >= 0, competencies + owner * competencies + second, owner)
    pairs = np.unique(code[second >= 0])
    item_set = np.where(second >= 0, competencies + np.searchsorted(pairs, code), owner)
    members = np.column_stack([(pairs - competencies) // competencies, (pairs - competencies) % competencies])
    set_starts = np.concatenate([np.arange(competencies), competencies + 2 * np.arange(len(pairs) + 1)])
    members = np.concatenate([np.arange(competencies), members.reshape(-1)])
    return item_set.astype(np.int32), set_starts.astype(np.int32), members.astype(np.int32)


def _ratings(
    world: World, past: _Past, rows: Rows, owner: Longs, students: Students, rng: np.random.Generator
) -> Ratings:
    """Let people rate students on something they practised, within the hour: mostly their own teacher."""
    lengths = np.diff(past.starts)
    student = np.repeat(np.arange(len(lengths)), rng.poisson(world.ratings_per_student, len(lengths)))
    row = past.starts[student] + rng.integers(0, lengths[student])
    competency = owner[rows.item[row].astype(np.int64)]
    seconds = past.row_seconds[row] + rng.integers(0, 3600, len(row))
    offsets = world.rater_deviation_logits * rng.normal(size=students.class_number[-1] + 1)
    is_other = rng.random(len(row)) < world.share_rated_by_another
    rater = np.where(is_other, rng.integers(0, len(offsets), len(row)), students.class_number[student])
    seen = _truth_at(past, student, competency, seconds)
    seen += offsets[rater] + world.rating_noise_logits * rng.normal(size=len(row))
    proficient = math.log(world.proficient_chance / (1.0 - world.proficient_chance))
    places = np.arange(1, world.rating_levels) - max(1, world.rating_levels - 2)
    level = np.searchsorted(proficient + world.rating_width_logits * places, seen, side="right")
    return Ratings(
        student=student.astype(np.int32),
        competency=competency.astype(np.int32),
        seconds=seconds,
        level=level.astype(np.int32),
        levels=world.rating_levels,
        rater=rater.astype(np.int32),
        rater_offsets=offsets,
    )


def _names(noun: str, count: int) -> tuple[str, ...]:
    return tuple(f"{noun}-{number}" for number in range(count))


def simulate(world: World, *, students: int, competencies: int, seed: int) -> SimulatedLog:
    """Return the log of simulated students and its truth: the same world, numbers and seed give the same to the last bit.

    Classes take turns with the courses that the competencies are divided into. The log has the groups "language" (two,
    unlike only in what the world plants) and "class".
    """
    if students < 1 or competencies < 1:
        raise ValueError("A simulated log needs at least one student and one competency.")
    rng = np.random.default_rng(seed)
    content = _content(world, competencies, rng)
    classes = _classes(world, content, math.ceil(students / world.class_size), rng)
    people = _students(world, content, classes, students, rng)

    starts = np.concatenate([[0], np.cumsum(people.answers)]).astype(np.int64)
    count = int(starts[-1])
    start = np.zeros((students, int(np.diff(content.course_starts).max())))
    rows = Rows(*np.zeros((len(Rows._fields), count)))
    memories = Memories(*np.zeros((len(Memories._fields), 2 * count)))
    constants = Constants(**{name: getattr(world, name) for name in Constants._fields})
    written = practise(rng, constants, content, classes, people, starts, start, rows, memories)

    seconds = rows.seconds - rows.seconds.min()
    memories.seconds[:] -= rows.seconds.min()
    span = int(seconds.max()) + 1
    pair = memories.student[:written] * competencies + memories.competency[:written]
    keys = pair.astype(np.int64) * span + memories.seconds[:written].astype(np.int64)
    order = np.argsort(keys, kind="stable")
    past = _Past(
        content=content,
        transfer=world.transfer,
        course=classes.course[people.class_number],
        course_of=np.repeat(np.arange(len(content.course_starts) - 1), np.diff(content.course_starts)),
        start=start,
        slip=people.slip,
        starts=starts,
        row_keys=np.repeat(np.arange(students), people.answers) * span + seconds.astype(np.int64),
        row_seconds=seconds,
        growth=rows.growth,
        keys=keys[order],
        memories=Memories(*(column[:written][order] for column in memories)),
        span=span,
    )
    item = rows.item.astype(np.int32)
    item_set, set_starts, members = _skill_sets(content)
    owner = np.repeat(np.arange(competencies), np.diff(content.item_starts))
    builds_on, place = np.nonzero(content.prerequisites >= 0)
    return SimulatedLog(
        log=AnswerLog(
            starts=starts,
            item=item,
            skill_set=item_set[item],
            score=rows.score,
            set_starts=set_starts,
            members=members,
            seconds=seconds,
            hints=rows.hints.astype(np.int32),
            attempt=rows.attempt.astype(np.int32),
            guess=content.guess[item],
            student_names=_names("student", students),
            item_names=_names("item", len(owner)),
            skill_names=_names("competency", competencies),
            groups={
                "language": people.is_second_group.astype(np.int32),
                "class": people.class_number.astype(np.int32),
            },
            group_names={"language": ("first", "second"), "class": _names("class", len(classes.course))},
        ),
        truth_logit=rows.truth,
        chance=rows.chance,
        prerequisites=np.column_stack([content.prerequisites[builds_on, place], builds_on]).astype(np.int32),
        item_difficulty=content.difficulty,
        unfair_items=np.flatnonzero(content.is_unfair).astype(np.int32),
        slip=people.slip,
        ratings=_ratings(world, past, rows, owner, people, rng),
        _past=past,
    )
