"""One more piece of evidence, compiled: what the ledger counts, what people said, and how sure that makes us (mastery.md 4.2, 4.3).

The estimate for a student and a competency is a logit: what the scorecards make of the answers, plus a *shift* that ratings
brought. The chance of success is its logistic; doubt spreads the belief around it and never changes it. So a right answer can
only raise the chance and a wrong one only lower it, however the doubt changes with it.

A rating is an ordered-probit look at the belief of its moment and moves the shift by its moments. Answers after it take
back, by Kalman steps, what they contradict. With time it fades by half every SHIFT_HALF_LIFE.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence import ledger as lg
from headway.core.evidence.scorecards import slopes_at, sum_of_curves
from headway.core.evidence.weights import SLIP_CHANCE
from headway.core.shared.compiled import njit

Floats = NDArray[np.float64]

SHIFT_HALF_LIFE: Final = 365.0 * lg.DAY
TYPICAL_EASINESS: Final = 0.62  # logit of a reference question for a typical student: 65 in 100
LEAST_TOLD_VARIANCE: Final = 0.25  # ratings alone never make us surer than a deviation of half a logit
ANSWER, RATED = 0, 1
_SQRT2 = math.sqrt(2.0)
_SQRT2PI = math.sqrt(2.0 * math.pi)


class Numbers(NamedTuple):
    """The parameters that one estimate needs: see `scorecards.Scorecards`."""

    start: float
    curves: Floats
    slopes: Floats
    deviation: Floats  # g0, g1, g2, growth per day


class Fact(NamedTuple):
    """One piece as numbers: `kind` ANSWER or RATED; `low` and `high` are a level's edges and `noise` its deviation."""

    kind: int
    score: float
    weight: float
    difficulty: float
    guess: float
    low: float
    high: float
    noise: float
    seconds: float


@njit(cache=True)
def ledger_logit(
    numbers: Numbers, student: Floats, competency: Floats, related: float, level: float, seconds: float
) -> float:
    """Return what the scorecards say of a new reference question at a moment."""
    x = np.zeros(lg.CARD_COUNT)
    item = np.empty(lg.ITEM_SIZE)
    lg.start_item(item)
    lg.look_at_student(student, x)
    lg.look_at_competency(student, competency, related, seconds, 1.0, x)
    lg.look_at_item(student, item, -1.0, seconds, x)
    # A reference question comes in its own time: the pause before it is nobody's.
    x[lg.PAUSE_CARD], x[lg.PAUSE_CARD + 1] = np.nan, np.nan
    return float(numbers.start + level + slopes_at(numbers.slopes, x) + sum_of_curves(numbers.curves, x))


@njit(cache=True)
def _kept(competency: Floats, seconds: float) -> float:
    since = seconds - competency[lg.C_SHIFT_TIME]
    return 0.5 ** (since / SHIFT_HALF_LIFE) if since > 0 else 1.0


@njit(cache=True)
def shift_at(competency: Floats, seconds: float) -> float:
    """Return what ratings still add at a moment, in logits."""
    return float(competency[lg.C_SHIFT] * _kept(competency, seconds))


@njit(cache=True)
def variance_at(numbers: Numbers, student: Floats, competency: Floats, seconds: float) -> float:
    """Return the variance of the belief at a moment, in squared logits."""
    base, by_competency, by_student, growth = numbers.deviation
    answers = competency[lg.C_RIGHT] + competency[lg.C_WRONG]
    variance = math.exp(base + by_competency * math.log1p(answers) + by_student * math.log1p(student[lg.S_SEEN]))
    told = competency[lg.C_TOLD] * _kept(competency, seconds)
    if told > 0.0:
        surer = 1.0 / (1.0 / variance + told)
        variance = max(surer, min(variance, LEAST_TOLD_VARIANCE))
    newest = competency[lg.C_NEWEST]
    if newest == newest and seconds > newest:
        most = math.exp(base)
        variance = min(variance + growth * (seconds - newest) / lg.DAY, max(most, variance))
    return float(variance)


@njit(cache=True)
def wider(variance: float) -> float:
    """Return how far doubt draws a mean from the logit of its expected success (MacKay 1992)."""
    return math.sqrt(1.0 + math.pi * variance / 8.0)


@njit(cache=True)
def _density(z: float) -> float:
    return 0.0 if math.isinf(z) else math.exp(-0.5 * z * z) / _SQRT2PI


@njit(cache=True)
def _below(z: float) -> float:
    return 0.5 * math.erfc(-z / _SQRT2)


@njit(cache=True)
def after_level(mean: float, variance: float, low: float, high: float, noise: float) -> tuple[float, float]:
    """Return mean and variance after a rated level: the moments of an ordered probit (mastery.md 4.3)."""
    total = variance + noise * noise
    root = math.sqrt(total)
    a, c = (low - mean) / root, (high - mean) / root
    # Counted from the nearer tail, where the difference of two areas keeps its digits.
    inside = _below(c) - _below(a) if a < 0 else _below(-a) - _below(-c)
    if inside < 1e-290:
        # So surprising that the tail has no area left: the nearest edge stands for the level.
        edge = low if a > 0 else high
        return mean + variance / total * (edge - mean), variance * noise * noise / total
    pull = (_density(a) - _density(c)) / inside
    edges = (0.0 if math.isinf(c) else c * _density(c)) - (0.0 if math.isinf(a) else a * _density(a))
    narrower = variance - variance * variance / total * (pull * pull + edges / inside)
    return mean + variance / root * pull, max(narrower, 1e-6)


@njit(cache=True)
def count(numbers: Numbers, fact: Fact, student: Floats, competency: Floats, level: float) -> None:
    """Count one more piece into the two states, in place.

    What related competencies lend is left to the moment of looking: so a state follows from the pieces about it and the
    parameters alone, whoever redraws the map of prerequisites.
    """
    seconds = fact.seconds
    if fact.kind == RATED:
        ledger = ledger_logit(numbers, student, competency, 0.0, level, seconds)
        shift = shift_at(competency, seconds)
        variance = variance_at(numbers, student, competency, seconds)
        before = ledger + shift
        mean, narrower = after_level(before * wider(variance), variance, fact.low, fact.high, fact.noise)
        told = competency[lg.C_TOLD] * _kept(competency, seconds)
        competency[lg.C_SHIFT] = shift + mean / wider(narrower) - before
        competency[lg.C_SHIFT_VARIANCE] = narrower
        competency[lg.C_TOLD] = told + 1.0 / narrower - 1.0 / variance
        competency[lg.C_SHIFT_TIME] = seconds
    else:
        easiness = TYPICAL_EASINESS - fact.difficulty
        ability = student[lg.S_TRACK + 1]
        chance = lg.logistic(lg.track_of(student, competency, 1) + easiness)
        weight = fact.weight * lg.evidence_weight(fact.score, chance, fact.guess, SLIP_CHANCE)
        if competency[lg.C_SHIFT_VARIANCE] > 0.0:
            shift = shift_at(competency, seconds)
            ledger = ledger_logit(numbers, student, competency, 0.0, level, seconds)
            expected = lg.logistic(ledger + shift - fact.difficulty)
            variance = competency[lg.C_SHIFT_VARIANCE]
            spread = 1.0 + variance * weight * expected * (1.0 - expected)
            competency[lg.C_TOLD] *= _kept(competency, seconds)
            # The answer is counted in the ledger as well; here it only takes back what it contradicts, never more.
            moved = shift + variance * weight * (fact.score - expected) / spread
            competency[lg.C_SHIFT] = max(0.0, min(shift, moved)) if shift > 0.0 else min(0.0, max(shift, moved))
            competency[lg.C_SHIFT_VARIANCE] = variance / spread
            competency[lg.C_SHIFT_TIME] = seconds
        lg.count_for_student(student, fact.score, weight, easiness, -1.0, seconds)
        lg.count_for_competency(student, competency, fact.score, weight, easiness, ability, seconds)
    competency[lg.C_PIECES] += 1.0
    if not seconds <= competency[lg.C_NEWEST]:
        competency[lg.C_NEWEST] = seconds


@njit(cache=True)
def related_to(
    student: Floats, states: Floats, starts: NDArray[np.int32], near: NDArray[np.int32], place: int
) -> float:
    """Return what neighbouring competencies lend: the mean of their tracks, drawn to the student's own level.

    One that was never met stands where the student does. So a right answer on any of them can only raise the mean; left out
    until they are met, the first answer on a weak one would lower it even when right.
    """
    first, last = starts[place], starts[place + 1]
    if first == last:
        return 0.0
    total = lg.OWN_LEVEL * student[lg.S_TRACK + 1]
    for edge in range(first, last):
        total += lg.track_of(student, states[near[edge]], 1)
    return float(total / (last - first + lg.OWN_LEVEL))


@njit(cache=True)
def replay(
    numbers: Numbers,
    facts: Floats,
    places: NDArray[np.int32],
    levels: Floats,
    starts: NDArray[np.int32],
    near: NDArray[np.int32],
    student: Floats,
    states: Floats,
    target: int,
    seconds: float,
    logits: Floats,
) -> None:
    """Count pieces in order; with a target write its estimate at `seconds` after each piece (first the empty ledger's).

    `facts` is pieces x the fields of Fact, `places` the competency of each.
    """
    if target >= 0:
        lent = related_to(student, states, starts, near, target)
        logits[0] = ledger_logit(numbers, student, states[target], lent, levels[target], seconds)
    for row in range(len(facts)):
        place = places[row]
        one = facts[row]
        fact = Fact(int(one[0]), one[1], one[2], one[3], one[4], one[5], one[6], one[7], one[8])
        count(numbers, fact, student, states[place], levels[place])
        if target >= 0:
            lent = related_to(student, states, starts, near, target)
            logits[row + 1] = ledger_logit(numbers, student, states[target], lent, levels[target], seconds) + shift_at(
                states[target], seconds
            )


@njit(cache=True)
def look(
    numbers: Numbers, students: Floats, states: Floats, related: Floats, levels: Floats, seconds: Floats, out: Floats
) -> None:
    """Write logit and variance of many estimates (rows of states; a student each) at their moments."""
    for row in range(len(states)):
        logit = ledger_logit(numbers, students[row], states[row], related[row], levels[row], seconds[row])
        out[row, 0] = logit + shift_at(states[row], seconds[row])
        out[row, 1] = variance_at(numbers, students[row], states[row], seconds[row])


@njit(cache=True)
def look_back_and_now(
    numbers: Numbers, student: Floats, competency: Floats, related: float, level: float, seconds: float
) -> tuple[float, float, float, float]:
    """Return logit and variance of one estimate when its newest piece was seen, and at a moment, which may be before."""
    newest = competency[lg.C_NEWEST]
    then = newest if newest <= seconds else seconds
    logit_then = ledger_logit(numbers, student, competency, related, level, then) + shift_at(competency, then)
    logit = ledger_logit(numbers, student, competency, related, level, seconds) + shift_at(competency, seconds)
    return (
        logit_then,
        variance_at(numbers, student, competency, then),
        logit,
        variance_at(numbers, student, competency, seconds),
    )
