"""Looks at simulated students whose truth is known: what the ledger shows at a moment, beside how it is.

A page looks at mastery days or months after the last answer, at skills with many answers and with none. So the shipped
model learns from such looks: drawn at any moment, with the truth of that moment as the target instead of the luck of one
answer. States are counted as the product counts them (belief.py): difficulty known, nothing known about the competency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence import ledger as lg
from headway.core.evidence.belief import TYPICAL_EASINESS, related_to
from headway.core.evidence.ledger import CARD_COUNT
from headway.core.evidence.scorecards import place_on_card
from headway.core.evidence.simulation import SimulatedLog
from headway.core.evidence.walk import NOTHING, UNITS, Neighbours
from headway.core.evidence.weights import SLIP_CHANCE, answer_credits, answer_weights
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]

LOOKS_A_STUDENT: Final = 60
SHARE_UNSEEN: Final = 0.2  # looks at a competency of the course, practised or not
LONGEST_DAYS: Final = 180.0


@dataclass(frozen=True, kw_only=True)
class TrueLooks:
    """Looks by student and time: where each lies on every card (fixed-point steps), and the true logit.

    `answers_on_competency`, `answers_of_student` and `days` since the newest answer on the competency (0 where there is none)
    are what doubt depends on.
    """

    table: NDArray[np.uint16]
    truth: Floats
    student: NDArray[np.int64]
    answers_on_competency: Floats
    answers_of_student: Floats
    days: Floats


@njit(cache=True)
def _look_through(
    starts: NDArray[np.int64],
    item: NDArray[np.int32],
    skill: NDArray[np.int32],
    credit: Floats,
    weight: Floats,
    guess: Floats,
    seconds: Floats,
    difficulty: Floats,
    has_times: NDArray[np.bool_],
    near_starts: NDArray[np.int32],
    near: NDArray[np.int32],
    skills: int,
    look_starts: NDArray[np.int64],
    look_skill: NDArray[np.int64],
    look_seconds: Floats,
    table: NDArray[np.uint16],
    behind: Floats,
) -> None:
    student = np.zeros(lg.STUDENT_SIZE)
    states = np.zeros((skills, lg.COMPETENCY_SIZE))
    fresh = np.zeros(lg.ITEM_SIZE)
    lg.start_item(fresh)
    x = np.zeros(CARD_COUNT)
    for who in range(len(starts) - 1):
        lg.start_student(student)
        for place in range(skills):
            lg.start_competency(states[place])
        row = starts[who]
        for look in range(look_starts[who], look_starts[who + 1]):
            while row < starts[who + 1] and seconds[row] <= look_seconds[look]:
                place = skill[row]
                easiness = TYPICAL_EASINESS - difficulty[item[row]]
                chance = lg.logistic(lg.track_of(student, states[place], 1) + easiness)
                counted = weight[row] * lg.evidence_weight(credit[row], chance, guess[row], SLIP_CHANCE)
                ability = student[lg.S_TRACK + 1]
                moment = seconds[row] if has_times[who] else np.nan
                lg.count_for_student(student, credit[row], counted, easiness, -1.0, moment)
                lg.count_for_competency(student, states[place], credit[row], counted, easiness, ability, moment)
                states[place, lg.C_NEWEST] = seconds[row]
                row += 1
            place = look_skill[look]
            moment = look_seconds[look] if has_times[who] else np.nan
            x[:] = 0.0
            lg.look_at_student(student, x)
            lg.look_at_competency(
                student, states[place], related_to(student, states, near_starts, near, place), moment, 1.0, x
            )
            lg.look_at_item(student, fresh, -1.0, moment, x)
            for card in range(CARD_COUNT):
                position = place_on_card(card, x[card])
                table[look, card] = NOTHING if math.isnan(position) else int(position * UNITS + 0.5)
            behind[look, 0] = states[place, lg.C_RIGHT] + states[place, lg.C_WRONG]
            behind[look, 1] = student[lg.S_SEEN]
            newest = states[place, lg.C_NEWEST]
            behind[look, 2] = (look_seconds[look] - newest) / lg.DAY if newest == newest else 0.0  # noqa: PLR0124


def true_looks(
    simulated: SimulatedLog, neighbours: Neighbours, *, rng: np.random.Generator, has_times: NDArray[np.bool_]
) -> TrueLooks:
    """Return looks at every student of a simulated log; `has_times` says per student whether the ledger sees the clock."""
    log = simulated.log
    assert log.seconds is not None and log.guess is not None  # noqa: S101, PT018  simulated logs have both
    skill = log.members[log.set_starts[log.skill_set]]
    student = np.repeat(np.arange(log.students), LOOKS_A_STUDENT)
    row = log.starts[student] + (rng.random(len(student)) * np.diff(log.starts)[student]).astype(np.int64)
    delay = np.exp(rng.uniform(math.log(30.0), math.log(LONGEST_DAYS * lg.DAY), len(student)))
    moment = log.seconds[row] + delay
    wanted = skill[row].astype(np.int64)
    elsewhere = rng.random(len(student)) < SHARE_UNSEEN
    wanted[elsewhere] = rng.integers(0, log.skills, int(elsewhere.sum()))
    truth = simulated.truth_at(student, wanted, moment)
    is_known = ~np.isnan(truth)
    order = np.flatnonzero(is_known)[np.lexsort((moment[is_known], student[is_known]))]
    student, wanted, moment, truth = student[order], wanted[order], moment[order], truth[order]
    table = np.zeros((len(order), CARD_COUNT), dtype=np.uint16)
    behind = np.zeros((len(order), 3))
    _look_through(
        log.starts, log.item, skill, answer_credits(log), answer_weights(log), log.guess, log.seconds,
        simulated.item_difficulty, has_times, neighbours.starts, neighbours.near, log.skills,
        np.searchsorted(student, np.arange(log.students + 1)), wanted, moment, table, behind,
    )  # fmt: skip
    return TrueLooks(
        table=table,
        truth=truth,
        student=student,
        answers_on_competency=behind[:, 0],
        answers_of_student=behind[:, 1],
        days=behind[:, 2],
    )
