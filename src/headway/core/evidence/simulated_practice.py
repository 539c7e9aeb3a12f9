"""The loop of simulated practice: one pass over time, compiled, in which every choice can depend on every answer before it.

simulation.py draws who meets here and says where the constants come from; luck comes in as a seeded generator.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from headway.core.evidence.answer_log import Floats

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY_SECONDS = 86_400.0
UNTIL_RIGHT, SETS, MIXED = 0, 1, 2  # ways to practise
IN_ORDER, BY_CHANCE, FITTED = 0, 1, 2  # ways to pick an item
MOST_HINTS = 3
MOST_ATTEMPTS = 3
DRAWS_TO_FIT = 3  # items looked at where the best fitting one is taken
NEW_IN_MIXED = 0.12  # of mixed questions open the next competency ...
NEWEST_IN_MIXED = 0.4  # ... and of the others ask for the newest one
SECOND_GAIN = 0.5  # an item's second competency is practised half as much
NO_PREREQUISITE = 99.0


class Constants(NamedTuple):
    """What is the same everywhere: fields of a World, by the same names."""

    shared_with_prerequisites: float
    gain_after_right: float
    gain_after_feedback: float
    gain_without_feedback: float
    readiness_logit: float
    transfer: float
    stability_growth_per_day_practised: float
    most_stability_days: float
    savings_share: float
    growth_logits_per_day: float
    growth_deviation_per_root_day: float
    familiarity_logits: float
    familiarity_exponent: float
    form_deviation_logits: float
    hint_lift_logits: float
    retry_lift_logits: float
    right_in_a_row: int
    fitted_chance: float
    holiday_chance: float
    holiday_days: tuple[float, float]
    days_between_log_deviation: float
    seconds_per_answer: float
    seconds_log_deviation: float
    unfair_logits: float


class Content(NamedTuple):
    """Courses, their competencies (numbered course by course) and items (numbered competency by competency)."""

    course_starts: Longs
    exponent: Floats
    lasting_share: Floats
    easiness: Floats
    prerequisites: Longs  # competency x 2, -1 where there is none
    item_starts: Longs
    difficulty: Floats
    discrimination: Floats
    guess: Floats
    is_unfair: Flags
    second_competency: Longs  # per item, -1 where there is none


class Classes(NamedTuple):
    """A row per class: what is studied, and how."""

    course: Longs
    first_competency: Longs
    first_gain: Floats
    ceiling: Floats
    strength_deviation: Floats
    has_feedback: Flags
    hints_when_stuck: Floats
    retries: Floats
    practice: Longs
    item_choice: Longs
    patience: Longs
    set_length: Longs
    review_share: Floats
    answers_per_session: Floats


class Students(NamedTuple):
    """A row per student: who they are."""

    class_number: Longs
    ability: Floats
    gain_factor: Floats
    stability_days: Floats
    slip: Floats
    is_second_group: Flags
    answers: Longs
    days_between: Floats


class Rows(NamedTuple):
    """What the loop writes: one place per answer."""

    item: Floats
    score: Floats
    seconds: Floats
    hints: Floats
    attempt: Floats
    truth: Floats
    chance: Floats
    growth: Floats


class Memories(NamedTuple):
    """What the loop writes: one place per answer and competency, with what practice left there."""

    student: Floats
    competency: Floats
    seconds: Floats
    learned: Floats
    peak: Floats
    stability: Floats


class _Mind(NamedTuple):
    """What one student keeps of every competency, as long as it is their turn."""

    learned: Floats
    peak: Floats
    stability: Floats
    practised_at: Floats  # seconds, -1 before the first time


def kept(learned: Any, peak: Any, stability: Any, days: Any, lasting_share: Any, exponent: Any) -> Any:
    """Return what is left of `learned` logits after days without practice (Wixted & Carpenter 2007, towards a floor)."""
    lasting = lasting_share * peak
    return lasting + (learned - lasting) * (1.0 + days / stability) ** (-exponent)


def reference_logit(theta: Any, slip: Any) -> Any:
    """Return the logit of success on a reference question, slips included."""
    chance = (1.0 - slip) / (1.0 + np.exp(-theta))
    return np.log(chance / (1.0 - chance))


# The same two formulas for the loop; arrays go through the plain ones.
_kept = njit(cache=True)(kept)
_reference_logit = njit(cache=True)(reference_logit)


@njit(cache=True)
def _logistic(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))


@njit(cache=True)
def _kept_now(competency: int, now: float, mind: _Mind, lasting_share: float, exponent: float) -> float:
    """Return what practice left of a competency, 0 before the first time."""
    if competency < 0 or mind.practised_at[competency] < 0:
        return 0.0
    days = (now - mind.practised_at[competency]) / DAY_SECONDS
    learned, peak, stability = mind.learned[competency], mind.peak[competency], mind.stability[competency]
    return float(_kept(learned, peak, stability, days, lasting_share, exponent))


@njit(cache=True)
def _lift_now(before: Longs, now: float, mind: _Mind, lasting_share: float, exponent: float) -> float:
    """Return the mean of what is kept of the prerequisites."""
    total, count = 0.0, 0
    for competency in before:
        if competency >= 0:
            total += _kept_now(competency, now, mind, lasting_share, exponent)
            count += 1
    return total / count if count else 0.0


@njit(cache=True)
def _bring(
    rng: np.random.Generator,
    first: int,
    end: int,
    ability: float,
    deviation: float,
    shared: float,
    content: Content,
    start: Floats,
    strength: Floats,
) -> None:
    """Fill what a student brings to every competency of the course; strengths go with those of the prerequisites."""
    for competency in range(first, end):
        common, count = 0.0, 0
        for before in content.prerequisites[competency]:
            if before >= 0:
                common += strength[before]
                count += 1
        own = deviation * rng.normal()
        strength[competency] = shared * common / count + np.sqrt(1.0 - shared * shared) * own if count else own
        start[competency - first] = ability + content.easiness[competency] + strength[competency]


@njit(cache=True)
def _pick_item(
    rng: np.random.Generator,
    low: int,
    bank: int,
    choice: int,
    theta: float,
    last_item: int,
    next_item: Longs,
    competency: int,
    constants: Constants,
    content: Content,
) -> int:
    """Return an item of the competency, not the last one again where there are others."""
    if choice == IN_ORDER:
        item = low + next_item[competency] % bank
        next_item[competency] += 1
    else:
        item = low + rng.integers(0, bank)
        if choice == FITTED:
            miss = abs(_logistic(theta - content.difficulty[item]) - constants.fitted_chance)
            for _more in range(DRAWS_TO_FIT - 1):
                drawn = low + rng.integers(0, bank)
                off = abs(_logistic(theta - content.difficulty[drawn]) - constants.fitted_chance)
                if off < miss:
                    item, miss = drawn, off
    if item == last_item and bank > 1:
        item = low + (item - low + 1) % bank
    return int(item)


@njit(cache=True)
def _learn(
    competency: int, now: float, known: float, gain: float, ceiling: float, mind: _Mind, constants: Constants
) -> None:
    """Add what an answer teaches to what was known of a competency, and make it last longer on a further day."""
    room = max(0.0, 1.0 - known / ceiling)
    regained = constants.savings_share * (mind.peak[competency] - known)
    mind.learned[competency] = known + gain * room + regained
    mind.peak[competency] = max(mind.peak[competency], mind.learned[competency])
    if mind.practised_at[competency] >= 0 and now - mind.practised_at[competency] > 0.5 * DAY_SECONDS:
        longer = mind.stability[competency] * constants.stability_growth_per_day_practised
        mind.stability[competency] = max(mind.stability[competency], min(longer, constants.most_stability_days))
    mind.practised_at[competency] = now


@njit(cache=True)
def practise(
    rng: np.random.Generator,
    constants: Constants,
    content: Content,
    classes: Classes,
    students: Students,
    starts: Longs,
    start: Floats,
    rows: Rows,
    memories: Memories,
) -> int:
    """Let every student practise; fill `start`, `rows` and `memories`, and return how many memories there are."""
    competencies = len(content.easiness)
    mind = _Mind(np.zeros(competencies), np.zeros(competencies), np.zeros(competencies), np.zeros(competencies))
    strength = np.zeros(competencies)
    next_item = np.zeros(competencies, np.int64)
    seen_at = np.zeros(len(content.difficulty))
    written = 0

    # What everyone brings comes before any answer, so that it is the same in worlds that differ only in later things.
    for student in range(len(starts) - 1):
        group = students.class_number[student]
        course = classes.course[group]
        _bring(
            rng,
            content.course_starts[course],
            content.course_starts[course + 1],
            students.ability[student],
            classes.strength_deviation[group],
            constants.shared_with_prerequisites,
            content,
            start[student],
            strength,
        )

    for student in range(len(starts) - 1):
        group = students.class_number[student]
        course = classes.course[group]
        first, end = content.course_starts[course], content.course_starts[course + 1]
        exponent, lasting, slip = content.exponent[course], content.lasting_share[course], students.slip[student]
        mind.learned[first:end] = 0.0
        mind.peak[first:end] = 0.0
        mind.practised_at[first:end] = -1.0
        mind.stability[first:end] = students.stability_days[student]
        seen_at[content.item_starts[first] : content.item_starts[end]] = -1.0
        next_item[first:end] = 0
        opening = first + classes.first_competency[group]
        opened = current = opening  # the newest competency the class has come to; the one that is practised
        tries, right_so_far, last_item, attempt, left_in_session = 0, 0, -1, 1, 0
        now, growth, form = DAY_SECONDS * rng.integers(0, 30), 0.0, 0.0

        for row in range(starts[student], starts[student + 1]):
            # When?
            if left_in_session == 0:
                days = students.days_between[student] * np.exp(constants.days_between_log_deviation * rng.normal())
                if rng.random() < constants.holiday_chance:
                    days += rng.uniform(constants.holiday_days[0], constants.holiday_days[1])
                if days < 0.5:
                    now += np.round(rng.uniform(3600.0, 7200.0))  # a second time on the same day
                else:
                    midnight = DAY_SECONDS * (np.floor(now / DAY_SECONDS) + np.round(days))
                    now = midnight + np.round(3600.0 * rng.uniform(8.0, 14.0))
                if row > starts[student]:
                    growth += constants.growth_logits_per_day * days
                    growth += constants.growth_deviation_per_root_day * np.sqrt(days) * rng.normal()
                form = constants.form_deviation_logits * rng.normal()
                left_in_session = 1 + int(rng.exponential(classes.answers_per_session[group]))
            left_in_session -= 1
            took = constants.seconds_per_answer * np.exp(constants.seconds_log_deviation * rng.normal())
            now += max(1.0, np.round(took))

            # Which competency?
            is_again, practice = attempt > 1, classes.practice[group]
            if practice == MIXED:
                is_over, goes_on = True, rng.random() < NEW_IN_MIXED
                stays = rng.random() < NEWEST_IN_MIXED
            else:
                is_mastered = right_so_far >= constants.right_in_a_row or tries >= classes.patience[group]
                is_over = is_mastered if practice == UNTIL_RIGHT else tries >= classes.set_length[group]
                goes_on, stays = rng.random() >= classes.review_share[group], False
            if is_over and not is_again:
                tries = right_so_far = 0
                if goes_on and opened + 1 < end:
                    opened += 1
                    current = opened
                else:
                    current = opened if stays else opening + rng.integers(0, opened + 1 - opening)

            # What is known of it, and of what it builds on?
            known = _kept_now(current, now, mind, lasting, exponent)
            lift = _lift_now(content.prerequisites[current], now, mind, lasting, exponent)
            theta = start[student, current - first] + growth + known + constants.transfer * lift
            weakest = NO_PREREQUISITE
            for before in content.prerequisites[current]:
                if before >= 0:
                    left = _kept_now(before, now, mind, lasting, exponent)
                    weakest = min(weakest, start[student, before - first] + growth + left)

            # Which item?
            item = last_item
            if not is_again:
                low = content.item_starts[current]
                bank = content.item_starts[current + 1] - low
                choice = classes.item_choice[group]
                item = _pick_item(rng, low, bank, choice, theta, last_item, next_item, current, constants, content)
            truth = _reference_logit(theta, slip)
            second = content.second_competency[item]
            known_second = _kept_now(second, now, mind, lasting, exponent)
            if second >= 0:
                lift = _lift_now(content.prerequisites[second], now, mind, lasting, exponent)
                theta_second = start[student, second - first] + growth + known_second + constants.transfer * lift
                truth = 0.5 * (truth + _reference_logit(theta_second, slip))
                theta = 0.5 * (theta + theta_second)

            # Is the answer right?
            hardness = content.difficulty[item]
            if content.is_unfair[item] and students.is_second_group[student]:
                hardness += constants.unfair_logits
            logit = content.discrimination[item] * (theta + form - hardness)
            if seen_at[item] >= 0:
                days = (now - seen_at[item]) / DAY_SECONDS
                logit += constants.familiarity_logits * (1.0 + days) ** (-constants.familiarity_exponent)
            if is_again:
                logit += constants.retry_lift_logits
            hints = 0
            while hints < MOST_HINTS and rng.random() < classes.hints_when_stuck[group] * (1.0 - _logistic(logit)):
                hints += 1
                logit += constants.hint_lift_logits
            guess = content.guess[item]
            chance = guess + (1.0 - slip - guess) * _logistic(logit)
            is_right = rng.random() < chance
            rows.item[row] = item
            rows.score[row] = is_right
            rows.seconds[row] = now
            rows.hints[row] = hints
            rows.attempt[row] = attempt
            rows.truth[row] = truth
            rows.chance[row] = chance
            rows.growth[row] = growth

            # What does it leave behind?
            gain = classes.first_gain[group] * students.gain_factor[student]
            if is_right:
                gain *= constants.gain_after_right
            elif classes.has_feedback[group]:
                gain *= constants.gain_after_feedback
            else:
                gain *= constants.gain_without_feedback
            if weakest < NO_PREREQUISITE:
                gain *= _logistic(weakest - constants.readiness_logit)
            for place in range(2 if second >= 0 else 1):
                competency = second if place else current
                share = SECOND_GAIN if place else 1.0
                _learn(
                    competency,
                    now,
                    known_second if place else known,
                    gain * share,
                    classes.ceiling[group],
                    mind,
                    constants,
                )
                memories.student[written] = student
                memories.competency[written] = competency
                memories.seconds[written] = now
                memories.learned[written] = mind.learned[competency]
                memories.peak[written] = mind.peak[competency]
                memories.stability[written] = mind.stability[competency]
                written += 1
            seen_at[item] = now
            last_item = item
            if not is_again:
                tries += 1
                right_so_far = right_so_far + 1 if is_right else 0
            may_try_again = not is_right and attempt < MOST_ATTEMPTS and left_in_session > 0
            attempt = attempt + 1 if may_try_again and rng.random() < classes.retries[group] else 1
    return written
