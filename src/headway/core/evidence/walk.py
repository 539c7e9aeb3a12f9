"""The walk through a log: every student's answers in order, what the cards see before each, and what each changes.

One compiled walk serves the fit, forecasts, and looks ahead, so that they agree to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence import ledger as lg
from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.ledger import ABILITY_CARD, CARD_COUNT, CARDS
from headway.core.evidence.scorecards import Scorecards, curve_at, place_on_card, slopes_at, within_card
from headway.core.evidence.weights import answer_credits, answer_weights
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]

UNITS: Final = 5957  # fixed-point steps between two knots: 16 bits hold a card
NOTHING: Final = 65535
PAUSES = frozenset({"pause", "long_pause"})


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Competencies that lend strength: those of k are `near[starts[k]:starts[k + 1]]` (prerequisites, crosswalk pairs)."""

    starts: NDArray[np.int32]
    near: NDArray[np.int32]


def neighbours_of(pairs: NDArray[Any], skills: int) -> Neighbours:
    """Return the graph in which the first of each pair lends to the second (it comes first, the second builds on it)."""
    order = np.argsort(pairs[:, 1], kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 1], minlength=skills))])
    return Neighbours(starts=starts.astype(np.int32), near=pairs[order, 0].astype(np.int32))


class Columns(NamedTuple):
    """A log as the compiled walk takes it: `score` is the share that counts as right, `left_out` are cards that see nothing."""

    starts: NDArray[np.int64]
    item: NDArray[np.int32]
    skill_set: NDArray[np.int32]
    score: Floats
    weight: Floats
    seconds: Floats
    set_starts: NDArray[np.int32]
    members: NDArray[np.int32]
    near_starts: NDArray[np.int32]
    near: NDArray[np.int32]
    easiness: Floats
    left_out: NDArray[np.int32]


class Parameters(NamedTuple):
    """The numbers of a model for the items and competencies of one log: see `scorecards.Scorecards`."""

    start: float
    curves: Floats
    levels: Floats
    slopes: Floats
    offsets: Floats
    discriminations: Floats


class Desk(NamedTuple):
    """What the walk keeps of the present student; a stamp says whose a state is, so that nothing need be wiped."""

    student: Floats
    states: Floats
    stamps: NDArray[np.int64]
    item_states: Floats
    item_stamps: NDArray[np.int64]
    x: Floats


def columns_of(
    log: AnswerLog, easiness: Floats, *, neighbours: Neighbours | None = None, without: Collection[str] = ()
) -> Columns:
    """Return a log as the walk takes it; `easiness` is each item's logit for a typical student, `without` names cards."""
    alone = np.zeros(log.skills + 1, dtype=np.int32)
    return Columns(
        starts=log.starts,
        item=log.item,
        skill_set=log.skill_set,
        score=answer_credits(log),
        weight=answer_weights(log),
        seconds=log.seconds if log.seconds is not None else np.full(log.rows, np.nan),
        set_starts=log.set_starts,
        members=log.members,
        near_starts=neighbours.starts if neighbours else alone,
        near=neighbours.near if neighbours else alone[:0],
        easiness=easiness,
        left_out=np.array([place for place, card in enumerate(CARDS) if card.name in without], dtype=np.int32),
    )


def easiness_in(cards: Scorecards, log: AnswerLog) -> Floats:
    """Return the logit of every item of a log for a typical student; items the model has not met are as easy as the mean."""
    share = float(cards.facts.get("share_right", 0.65))
    return _of_each(cards.item_easiness, log.items, math.log(share / (1.0 - share)))


def parameters_in(cards: Scorecards, log: AnswerLog) -> Parameters:
    """Return a model's numbers for the items and competencies of a log; those it has not met are taken as typical."""
    slopes = np.tile(cards.slopes_mean, (log.skills, 1))
    known = min(log.skills, len(cards.slopes))
    slopes[:known] = cards.slopes[:known]
    return Parameters(
        start=cards.start,
        curves=cards.curves,
        levels=_of_each(cards.levels, log.skills, 0.0),
        slopes=slopes,
        offsets=_of_each(cards.offsets, log.items, 0.0),
        discriminations=_of_each(cards.discriminations, log.items, 0.0),
    )


def _of_each(known: Floats, count: int, typical: float) -> Floats:
    values = np.full(count, typical)
    values[: min(count, len(known))] = known[:count]
    return values


def desk_for(log: AnswerLog) -> Desk:
    """Return an empty desk for the items and competencies of a log."""
    return Desk(
        student=np.zeros(lg.STUDENT_SIZE),
        states=np.zeros((log.skills, lg.COMPETENCY_SIZE)),
        stamps=np.full(log.skills, -1),
        item_states=np.zeros((log.items, lg.ITEM_SIZE)),
        item_stamps=np.full(log.items, -1),
        x=np.zeros(CARD_COUNT),
    )


@njit(cache=True)
def _related(columns: Columns, desk: Desk, who: int, skill: int) -> float:
    """Return what neighbouring competencies lend, as `belief.related_to` does."""
    first, last = columns.near_starts[skill], columns.near_starts[skill + 1]
    if first == last:
        return 0.0
    level = desk.student[lg.S_TRACK + 1]
    total = lg.OWN_LEVEL * level
    for place in range(first, last):
        other = columns.near[place]
        total += lg.track_of(desk.student, desk.states[other], 1) if desk.stamps[other] == who else level
    return float(total / (last - first + lg.OWN_LEVEL))


@njit(cache=True)
def _look_around(columns: Columns, desk: Desk, who: int, row: int) -> None:
    """Write what the cards about the student and the competencies of a row see."""
    key = columns.skill_set[row]
    first, last = columns.set_starts[key], columns.set_starts[key + 1]
    desk.x[:] = 0.0
    lg.look_at_student(desk.student, desk.x)
    for member in range(first, last):
        skill = columns.members[member]
        if desk.stamps[skill] != who:
            desk.stamps[skill] = who
            lg.start_competency(desk.states[skill])
    for member in range(first, last):
        skill = columns.members[member]
        lent = _related(columns, desk, who, skill)
        lg.look_at_competency(
            desk.student, desk.states[skill], lent, columns.seconds[row], 1.0 / (last - first), desk.x
        )


@njit(cache=True)
def _look_at_item(columns: Columns, desk: Desk, who: int, item: int, seconds: float) -> None:
    """Write what the cards about a question see."""
    if desk.item_stamps[item] != who:
        desk.item_stamps[item] = who
        lg.start_item(desk.item_states[item])
    lg.look_at_item(desk.student, desk.item_states[item], float(item), seconds, desk.x)
    for place in range(len(columns.left_out)):
        desk.x[columns.left_out[place]] = np.nan


@njit(cache=True)
def _count(columns: Columns, desk: Desk, row: int) -> None:
    """Count the answer of a row, which was looked at before."""
    item, key = columns.item[row], columns.skill_set[row]
    score, weight, seconds = columns.score[row], columns.weight[row], columns.seconds[row]
    if math.isnan(score):
        lg.study_item(desk.student, desk.item_states[item], seconds)
        desk.student[lg.S_TIME] = seconds
        return
    ability, easiness = desk.student[lg.S_TRACK + 1], columns.easiness[item]
    lg.count_for_student(desk.student, score, weight, easiness, float(item), seconds)
    for member in range(columns.set_starts[key], columns.set_starts[key + 1]):
        state = desk.states[columns.members[member]]
        lg.count_for_competency(desk.student, state, score, weight, easiness, ability, seconds)
    lg.count_for_item(desk.student, desk.item_states[item], score, weight, seconds)


@njit(cache=True)
def _logit_around(columns: Columns, parameters: Parameters, x: Floats, key: int) -> float:
    """Return what level and slopes of the competencies say."""
    first, last = columns.set_starts[key], columns.set_starts[key + 1]
    logit = parameters.start
    for member in range(first, last):
        skill = columns.members[member]
        logit += (parameters.levels[skill] + slopes_at(parameters.slopes[skill], x)) / (last - first)
    return logit


@njit(cache=True)
def _logit_of_cards(parameters: Parameters, x: Floats) -> float:
    logit = 0.0
    for card in range(CARD_COUNT):
        logit += curve_at(parameters.curves, card, x[card])
    return logit


@njit(cache=True)
def _logit(columns: Columns, parameters: Parameters, x: Floats, item: int, key: int) -> float:
    logit = _logit_around(columns, parameters, x, key) + parameters.offsets[item]
    logit += parameters.discriminations[item] * within_card(ABILITY_CARD, x[ABILITY_CARD])
    return float(logit + _logit_of_cards(parameters, x))


@njit(cache=True)
def tabulate(columns: Columns, desk: Desk, table: NDArray[np.uint16]) -> None:
    """Write where every row lies on every card, in fixed-point steps."""
    for who in range(len(columns.starts) - 1):
        lg.start_student(desk.student)
        for row in range(columns.starts[who], columns.starts[who + 1]):
            _look_around(columns, desk, who, row)
            _look_at_item(columns, desk, who, columns.item[row], columns.seconds[row])
            for card in range(CARD_COUNT):
                position = place_on_card(card, desk.x[card])
                table[row, card] = NOTHING if math.isnan(position) else int(position * UNITS + 0.5)
            _count(columns, desk, row)


@njit(cache=True)
def forecast_rows(columns: Columns, parameters: Parameters, desk: Desk, logits: Floats, before: Floats) -> None:
    """Write the logit of every row, and how many answers came before it: the student's, and on its competencies."""
    for who in range(len(columns.starts) - 1):
        lg.start_student(desk.student)
        for row in range(columns.starts[who], columns.starts[who + 1]):
            key = columns.skill_set[row]
            _look_around(columns, desk, who, row)
            _look_at_item(columns, desk, who, columns.item[row], columns.seconds[row])
            logits[row] = _logit(columns, parameters, desk.x, columns.item[row], key)
            first, last = columns.set_starts[key], columns.set_starts[key + 1]
            before[row, 0], before[row, 1] = desk.student[lg.S_SEEN], 0.0
            for member in range(first, last):
                state = desk.states[columns.members[member]]
                before[row, 1] += (state[lg.C_RIGHT] + state[lg.C_WRONG]) / (last - first)
            _count(columns, desk, row)


@njit(cache=True)
def look_at_rows(columns: Columns, desk: Desk, seen: Floats) -> None:
    """Write what every card sees before every row, rows by cards."""
    for who in range(len(columns.starts) - 1):
        lg.start_student(desk.student)
        for row in range(columns.starts[who], columns.starts[who + 1]):
            _look_around(columns, desk, who, row)
            _look_at_item(columns, desk, who, columns.item[row], columns.seconds[row])
            seen[row] = desk.x
            _count(columns, desk, row)


@njit(cache=True)
def forecast_ahead(
    columns: Columns, parameters: Parameters, desk: Desk, following: NDArray[np.int64], logits: Floats
) -> None:
    """Write, as things stand before every row, the logits of the rows that `following` (rows x ahead) names; −1 is none.

    All are asked about at the moment of the row itself; they have its competencies and their own items.
    """
    for who in range(len(columns.starts) - 1):
        lg.start_student(desk.student)
        for row in range(columns.starts[who], columns.starts[who + 1]):
            _look_around(columns, desk, who, row)
            for place in range(following.shape[1]):
                if following[row, place] >= 0:
                    item = columns.item[following[row, place]]
                    _look_at_item(columns, desk, who, item, columns.seconds[row])
                    logits[row, place] = _logit(columns, parameters, desk.x, item, columns.skill_set[row])
            _look_at_item(columns, desk, who, columns.item[row], columns.seconds[row])
            _count(columns, desk, row)


@njit(cache=True)
def forecast_references(columns: Columns, parameters: Parameters, desk: Desk, logits: Floats) -> None:
    """Write the logit of a reference question (new, typical, of the row's competencies) just before and just after each row.

    It is asked at the moment of the row and comes in its own time: the pause before it is nobody's.
    """
    fresh = np.zeros(lg.ITEM_SIZE)
    for who in range(len(columns.starts) - 1):
        lg.start_student(desk.student)
        for row in range(columns.starts[who], columns.starts[who + 1]):
            for is_after in range(2):
                _look_around(columns, desk, who, row)
                lg.start_item(fresh)
                lg.look_at_item(desk.student, fresh, -1.0, columns.seconds[row], desk.x)
                desk.x[lg.PAUSE_CARD], desk.x[lg.PAUSE_CARD + 1] = np.nan, np.nan
                known = _logit_around(columns, parameters, desk.x, columns.skill_set[row])
                logits[row, is_after] = known + _logit_of_cards(parameters, desk.x)
                if is_after == 0:
                    _look_at_item(columns, desk, who, columns.item[row], columns.seconds[row])
                    _count(columns, desk, row)
