"""The ledger: what is counted of a student's answers, and how one more answer changes it.

Everything here is a running number that one answer moves in constant time. Every number obeys one promise, on which the
whole model rests: a right answer moves it the way that can only raise an estimate, a wrong answer the way that can only
lower it. So counts never lose, averages move towards the answer, and Elo tracks (Elo 1978; Pelánek 2016) step towards it;
averages of residuals, which a right answer on an easy question lowers, are left out on purpose.

The same compiled functions serve one answer online, the replay of a student and the fit on millions of answers, so the three
agree to the last bit. Arrays are float64. Time is in seconds; nan means that a log has no times.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.core.shared.compiled import njit
from headway.core.shared.errors import gettext_noop

Floats = NDArray[np.float64]

# --- what is kept ----------------------------------------------------------------------------------------------------

STUDENT_SIZE: Final = 16
S_SEEN, S_RIGHT, S_WRONG, S_AVERAGE, S_TRACK, S_IN_A_ROW, S_ITEM, S_RUN, S_TIME = 0, 1, 2, 3, 7, 11, 12, 13, 14

COMPETENCY_SIZE: Final = 28
C_RIGHT, C_WRONG, C_AVERAGE, C_TRACK, C_RIGHT_AT, C_FADING, C_TOUCHED, C_RIGHT_TIME, C_DAYS, C_RIGHT_DAY = (
    0, 1, 2, 5, 8, 9, 17, 18, 19, 20,
)  # fmt: skip
# What people said beside the answers: shift of the logit, its variance, when it was last touched; and pieces in all.
C_SHIFT, C_SHIFT_VARIANCE, C_SHIFT_TIME, C_PIECES, C_NEWEST, C_TOLD = 21, 22, 23, 24, 25, 26

ITEM_SIZE: Final = 16
I_RIGHT, I_SEEN, I_LAST, I_RIGHT_AT, I_SEEN_AT, I_RIGHT_TIME, I_FADING, I_TOUCHED = 0, 1, 2, 3, 4, 5, 6, 14

STUDENT_DECAYS = (0.5, 0.8, 0.95, 0.99)
STUDENT_STEPS = (0.05, 0.1, 0.3, 0.8)
COMPETENCY_DECAYS = (0.4, 0.7, 0.9)
COMPETENCY_STEPS = (0.1, 0.3, 0.8)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
FADING_SECONDS = (5 * MINUTE, HOUR, DAY, 14 * DAY)
OWN_LEVEL: Final = 0.5  # of a neighbouring competency; the student's own level counts as much in what neighbours lend
LONG_AGO = 400.0  # answers; how far back "never right yet" counts

# --- what is looked at -----------------------------------------------------------------------------------------------

KNOTS: Final = 12
RISES, FALLS, FREE = 1, -1, 0


class Card(NamedTuple):
    """One scorecard: a curve over `low` to `high` that may only rise, only fall, or is free; and the line it belongs to."""

    name: str
    line: str
    low: float
    high: float
    direction: int


RECENT, THIS, ITEM, TIME, RELATED = "recent", "this", "item", "time", "related"
LINES = {
    RECENT: gettext_noop("All recent work"),
    THIS: gettext_noop("Answers on this skill"),
    ITEM: gettext_noop("The same question before"),
    TIME: gettext_noop("Time since practice"),
    RELATED: gettext_noop("Skills it builds on"),
}
_LOG = math.log1p
_LAG = (math.log1p(5.0), math.log1p(180 * DAY))  # log(1 + seconds), five seconds to half a year

CARDS: tuple[Card, ...] = (
    Card("student_right", RECENT, 0, _LOG(500), RISES),
    Card("student_wrong", RECENT, 0, _LOG(500), FALLS),
    *(Card(f"student_average_{decay}", RECENT, -1, 1, RISES) for decay in STUDENT_DECAYS),
    *(Card(f"student_track_{step}", RECENT, -2.5, 2.5, RISES) for step in STUDENT_STEPS),
    Card("student_in_a_row", RECENT, -8, 8, RISES),
    Card("student_share", RECENT, 0, 1, RISES),
    Card("right", THIS, 0, _LOG(60), RISES),
    Card("wrong", THIS, 0, _LOG(40), FALLS),
    *(Card(f"average_{decay}", THIS, -1, 1, RISES) for decay in COMPETENCY_DECAYS),
    *(Card(f"track_{step}", THIS, -3, 3, RISES) for step in COMPETENCY_STEPS),
    Card("share", THIS, 0, 1, RISES),
    Card("answers_since_right", THIS, 0, _LOG(LONG_AGO), FALLS),
    Card("related", RELATED, -2.5, 2.5, RISES),
    Card("time_since_right", TIME, *_LAG, FALLS),
    *(Card(f"right_fading_{seconds:.0f}", TIME, 0, _LOG(20), RISES) for seconds in FADING_SECONDS),
    *(Card(f"wrong_fading_{seconds:.0f}", TIME, 0, _LOG(20), FALLS) for seconds in FADING_SECONDS),
    Card("days_right", TIME, 0, _LOG(20), RISES),
    Card("item_right", ITEM, 0, _LOG(8), RISES),
    Card("item_seen", ITEM, 0, _LOG(12), FREE),
    Card("item_last", ITEM, -1, 1, RISES),
    Card("item_answers_since_right", ITEM, 0, _LOG(LONG_AGO), FALLS),
    Card("item_answers_since_seen", ITEM, 0, _LOG(LONG_AGO), FREE),
    Card("item_run", ITEM, 0, _LOG(8), FREE),
    Card("item_situation", ITEM, 0, KNOTS - 1, FREE),
    Card("pause", TIME, _LOG(2.0), _LOG(120.0), FREE),
    Card("long_pause", TIME, _LOG(120.0), _LOG(30 * DAY), FREE),
    Card("item_time_since_right", TIME, *_LAG, FALLS),
    Card("item_time_since_seen", TIME, *_LAG, FREE),
    *(Card(f"item_right_fading_{seconds:.0f}", TIME, 0, _LOG(8), RISES) for seconds in FADING_SECONDS),
    *(Card(f"item_seen_fading_{seconds:.0f}", TIME, 0, _LOG(8), FREE) for seconds in FADING_SECONDS),
)
CARD_COUNT: Final = len(CARDS)
_AT = {card.name: place for place, card in enumerate(CARDS)}
_STUDENT, _THIS, _RELATED, _TIME, _ITEM, _ITEM_TIME = (
    _AT["student_right"], _AT["right"], _AT["related"], _AT["time_since_right"], _AT["item_right"],
    _AT["pause"],
)  # fmt: skip
LOW = np.array([card.low for card in CARDS])
HIGH = np.array([card.high for card in CARDS])
DIRECTION = np.array([card.direction for card in CARDS], dtype=np.int32)
# What the slopes of a competency multiply, and what an item's discrimination does.
SLOPE_CARDS = (_AT["right"], _AT["wrong"], _AT["average_0.9"])
# Codes of the situation card where the same question was last wrong, and where it was last right.
SITUATION_CARD: Final = _AT["item_situation"]
SITUATION_PAIRS = ((1, 2), (4, 5), (7, 8))
ABILITY_CARD: Final = _AT["student_track_0.1"]
PAUSE_CARD: Final = _AT["pause"]


@njit(cache=True)
def logistic(logit: float) -> float:
    """Return the chance that belongs to a logit."""
    return 1.0 / (1.0 + math.exp(-logit))


@njit(cache=True)
def start_competency(competency: Floats) -> None:
    """Write the state of a competency on which nothing is known."""
    competency[:] = 0.0
    competency[C_RIGHT_AT] = -1.0
    competency[C_TOUCHED] = np.nan
    competency[C_RIGHT_TIME] = np.nan
    competency[C_RIGHT_DAY] = np.nan
    competency[C_SHIFT_TIME] = np.nan
    competency[C_NEWEST] = np.nan


@njit(cache=True)
def start_student(student: Floats) -> None:
    """Write the state of a student of whom nothing is known."""
    student[:] = 0.0
    student[S_ITEM] = -1.0
    student[S_TIME] = np.nan


@njit(cache=True)
def start_item(item: Floats) -> None:
    """Write the state of a question that a student has not met."""
    item[:] = 0.0
    item[I_RIGHT_AT] = -1.0
    item[I_SEEN_AT] = -1.0
    item[I_RIGHT_TIME] = np.nan
    item[I_TOUCHED] = np.nan


@njit(cache=True)
def _faded(counts: Floats, start: int, touched: float, seconds: float, place: int) -> float:
    if touched != touched or seconds <= touched:
        return float(counts[start + place])
    return float(counts[start + place]) * math.exp(-(seconds - touched) / FADING_SECONDS[place % 4])


@njit(cache=True)
def _lag(since: float, seconds: float) -> float:
    """Return log(1 + seconds) since a moment; never counts as the longest lag."""
    return math.log1p(max(0.0, seconds - since)) if since == since else 20.0


@njit(cache=True)
def look_at_student(student: Floats, x: Floats) -> None:
    """Write what the cards about all recent work see."""
    x[_STUDENT] = math.log1p(student[S_RIGHT])
    x[_STUDENT + 1] = math.log1p(student[S_WRONG])
    for place in range(4):
        x[_STUDENT + 2 + place] = student[S_AVERAGE + place]
        x[_STUDENT + 6 + place] = student[S_TRACK + place]
    x[_STUDENT + 10] = student[S_IN_A_ROW]
    x[_STUDENT + 11] = (student[S_RIGHT] + 3.0) / (student[S_RIGHT] + student[S_WRONG] + 5.0)


@njit(cache=True)
def track_of(student: Floats, competency: Floats, place: int) -> float:
    """Return a competency's track in logits: it begins where the student's own stands, only the fast one begins at 0.

    Steps away from a moving level of the student would break the promise: doing well elsewhere would lower this track.
    """
    if place == 2 or competency[C_RIGHT] + competency[C_WRONG] > 0.0:
        return float(competency[C_TRACK + place])
    return float(student[S_TRACK + 1])


@njit(cache=True)
def look_at_competency(
    student: Floats, competency: Floats, related: float, seconds: float, weight: float, x: Floats
) -> None:
    """Add what the cards about one competency see, times `weight` (an item of several competencies takes their mean)."""
    x[_THIS] += weight * math.log1p(competency[C_RIGHT])
    x[_THIS + 1] += weight * math.log1p(competency[C_WRONG])
    for place in range(3):
        x[_THIS + 2 + place] += weight * competency[C_AVERAGE + place]
        x[_THIS + 5 + place] += weight * track_of(student, competency, place)
    x[_THIS + 8] += weight * (competency[C_RIGHT] + 1.0) / (competency[C_RIGHT] + competency[C_WRONG] + 2.0)
    since = student[S_SEEN] - competency[C_RIGHT_AT] if competency[C_RIGHT_AT] >= 0 else LONG_AGO
    x[_THIS + 9] += weight * math.log1p(since)
    x[_RELATED] += weight * related
    if seconds == seconds:
        touched = competency[C_TOUCHED]
        x[_TIME] += weight * _lag(competency[C_RIGHT_TIME], seconds)
        for place in range(8):
            x[_TIME + 1 + place] += weight * math.log1p(_faded(competency, C_FADING, touched, seconds, place))
        x[_TIME + 9] += weight * math.log1p(competency[C_DAYS])
    else:
        x[_TIME : _TIME + 10] = np.nan


@njit(cache=True)
def look_at_item(student: Floats, item: Floats, number: float, seconds: float, x: Floats) -> None:
    """Write what the cards about the same question before see; `number` tells whether it was the last one."""
    x[_ITEM] = math.log1p(item[I_RIGHT])
    x[_ITEM + 1] = math.log1p(item[I_SEEN])
    x[_ITEM + 2] = item[I_LAST]
    x[_ITEM + 3] = math.log1p(student[S_SEEN] - item[I_RIGHT_AT] if item[I_RIGHT_AT] >= 0 else LONG_AGO)
    x[_ITEM + 4] = math.log1p(student[S_SEEN] - item[I_SEEN_AT] if item[I_SEEN_AT] >= 0 else LONG_AGO)
    again = student[S_RUN] if number == student[S_ITEM] and number >= 0 else 0.0
    x[_ITEM + 5] = math.log1p(again)
    run = 0.0 if again == 0 else (1.0 if again <= 1 else 2.0)
    last = 0.0 if item[I_LAST] == 0 else (1.0 if item[I_LAST] < 0 else 2.0)
    x[_ITEM + 6] = run * 3.0 + last
    if seconds == seconds:
        x[_ITEM_TIME] = _lag(student[S_TIME], seconds) if student[S_TIME] == student[S_TIME] else np.nan
        x[_ITEM_TIME + 1] = x[_ITEM_TIME]
        x[_ITEM_TIME + 2] = _lag(item[I_RIGHT_TIME], seconds)
        x[_ITEM_TIME + 3] = _lag(item[I_TOUCHED], seconds)
        for place in range(8):
            x[_ITEM_TIME + 4 + place] = math.log1p(_faded(item, I_FADING, item[I_TOUCHED], seconds, place))
    else:
        x[_ITEM_TIME : _ITEM_TIME + 12] = np.nan


@njit(cache=True)
def _fade(counts: Floats, start: int, touched: int, seconds: float) -> None:
    if seconds == seconds:
        for place in range(8):
            counts[start + place] = _faded(counts, start, counts[touched], seconds, place)
        if not seconds <= counts[touched]:
            counts[touched] = seconds


@njit(cache=True)
def count_for_student(
    student: Floats, score: float, weight: float, easiness: float, number: float, seconds: float
) -> None:
    """Count an answer for the student: `easiness` is the logit of the question for a typical student."""
    sign = 2.0 * score - 1.0
    student[S_SEEN] += 1.0
    student[S_RIGHT] += weight * score
    student[S_WRONG] += weight * (1.0 - score)
    for place in range(4):
        student[S_AVERAGE + place] += weight * (1.0 - STUDENT_DECAYS[place]) * (sign - student[S_AVERAGE + place])
        track = student[S_TRACK + place]
        student[S_TRACK + place] += weight * STUDENT_STEPS[place] * (score - logistic(track + easiness))
    in_a_row = student[S_IN_A_ROW]
    student[S_IN_A_ROW] = max(in_a_row, 0.0) + weight if score > 0.5 else min(in_a_row, 0.0) - weight
    student[S_RUN] = student[S_RUN] + 1.0 if number == student[S_ITEM] else 1.0
    student[S_ITEM] = number
    student[S_TIME] = seconds


@njit(cache=True)
def count_for_competency(
    student: Floats, competency: Floats, score: float, weight: float, easiness: float, ability: float, seconds: float
) -> None:
    """Count an answer for one competency, after `count_for_student`; `ability` is the student's track before it."""
    sign = 2.0 * score - 1.0
    is_new = competency[C_RIGHT] + competency[C_WRONG] == 0.0
    competency[C_RIGHT] += weight * score
    competency[C_WRONG] += weight * (1.0 - score)
    for place in range(3):
        average = competency[C_AVERAGE + place]
        competency[C_AVERAGE + place] += weight * (1.0 - COMPETENCY_DECAYS[place]) * (sign - average)
        track = ability if is_new and place < 2 else competency[C_TRACK + place]
        competency[C_TRACK + place] = track + weight * COMPETENCY_STEPS[place] * (score - logistic(track + easiness))
    _fade(competency, C_FADING, C_TOUCHED, seconds)
    for place in range(4):
        competency[C_FADING + place] += weight * score
        competency[C_FADING + 4 + place] += weight * (1.0 - score)
    if score > 0.5:
        competency[C_RIGHT_AT] = student[S_SEEN]
        if seconds == seconds:
            competency[C_RIGHT_TIME] = seconds
            day = math.floor(seconds / DAY)
            if day != competency[C_RIGHT_DAY]:
                competency[C_DAYS] += 1.0
                competency[C_RIGHT_DAY] = day


@njit(cache=True)
def count_for_item(student: Floats, item: Floats, score: float, weight: float, seconds: float) -> None:
    """Count an answer for the question itself, after `count_for_student`."""
    item[I_RIGHT] += weight * score
    item[I_SEEN] += 1.0
    item[I_LAST] += weight * 0.67 * (2.0 * score - 1.0 - item[I_LAST])
    _fade(item, I_FADING, I_TOUCHED, seconds)
    for place in range(4):
        item[I_FADING + place] += weight * score
        item[I_FADING + 4 + place] += 1.0
    item[I_SEEN_AT] = student[S_SEEN]
    if score > 0.5:
        item[I_RIGHT_AT] = student[S_SEEN]
        if seconds == seconds:
            item[I_RIGHT_TIME] = seconds


@njit(cache=True)
def study_item(student: Floats, item: Floats, seconds: float) -> None:
    """Count a look at a question with its solution: seen, but not answered."""
    _fade(item, I_FADING, I_TOUCHED, seconds)
    item[I_SEEN] += 1.0
    item[I_SEEN_AT] = student[S_SEEN]
    for place in range(4):
        item[I_FADING + 4 + place] += 1.0


@njit(cache=True)
def evidence_weight(score: float, chance: float, guess: float, slip: float) -> float:
    """Return how much an answer tells: the chance that right was not a guess, or wrong not a slip (Bayes' rule).

    A score between is weighed between.
    """
    known = (1.0 - slip) * chance
    right = known / (known + guess * (1.0 - chance)) if guess > 0.0 else 1.0
    missed = (1.0 - guess) * (1.0 - chance)
    wrong = missed / (missed + slip * chance) if slip > 0.0 else 1.0
    return score * right + (1.0 - score) * wrong
