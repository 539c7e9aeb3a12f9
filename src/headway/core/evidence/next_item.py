"""Which question comes next, and when it is time to stop asking.

Two aims. FIT looks for practice at a chance of success that encourages: some 70 to 80 in 100 keep most students going at
little cost in what is learned (Klinkenberg, Straatemeier & van der Maas 2011, who let children choose). TELL looks for the
answer that takes away most doubt for the minutes it costs: the classical choice of adaptive tests, here as the expected
share of the belief's variance (van der Linden & Pashley 2000), so that a wide belief is not taken for its mean.

Stopping weighs what more answers are worth against what they cost. The decision is whether to go on to what builds on it;
going on too early costs `certainty`, waiting for nothing the rest, so that going on is right from that certainty on
(mastery.md 5.2). Where even more practice no longer moves anything, a person should look (Beck & Gong 2013; Käser, Klingler &
Gross 2016).

The belief is a logit with mean and deviation, as in `values.Estimate`; a question answers to three numbers: how hard, how easy
to guess, how long ago it was met. Everything is worked out on one grid of points, exactly for any guessing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.shared.errors import gettext_noop

Floats = NDArray[np.float64]
Reason = tuple[str, Mapping[str, object]]

CLOSE: Final = 0.1  # a chance this near to the one asked for fits
REMEMBERED: Final = 0.5  # assumed: so often the answer of a question just met is remembered rather than worked out ...
REMEMBERED_EXPONENT: Final = 0.3  # ... and less so as a power of the days since
EASY_TO_GUESS: Final = 0.2
MOST_AHEAD: Final = 8  # answers looked ahead to: one alone often cannot turn a decision that eight can
COST_PER_MINUTE: Final = 0.001  # the two costs of deciding wrongly add up to 1: as much as some twenty lessons
LEAST_ANSWERS: Final = 4
STUCK_ANSWERS, STUCK_CERTAIN, STUCK_LOOKS_BACK, STUCK_MOVED = 12, 0.3, 5, 0.2

FITS = gettext_noop("A right answer is likely {chance} times in 100, close to the {aim} asked for.")
FITS_LESS = gettext_noop("A right answer is likely {chance} times in 100; asked for were {aim}.")
TELLS = gettext_noop("Right or wrong, its answer is expected to settle {percent} of 100 parts of what is unsure.")
CAN_BE_GUESSED = gettext_noop(
    "It can be guessed, so a right answer tells less. Right by chance, times in 100: {percent}"
)
MET_BEFORE = gettext_noop("It was met before, so its answer may be remembered. Days since: {days}")

TOO_FEW_YET = gettext_noop("There are too few answers yet to decide anything. Answers so far: {answers}")
WORTH_ASKING = gettext_noop("It is not clear yet, and more answers can still change what to do next.")
SURE_ENOUGH = gettext_noop("It is clear enough that this sits. Something new is worth more now than another question.")
PRACTICE_FIRST = gettext_noop(
    "A few more answers would not change what to do now. Learning more of it first is worth more than another question."
)
CALL_THE_TEACHER = gettext_noop(
    "More questions of this kind have not helped lately. A few minutes with the teacher will help more."
)
NOTHING_TO_ASK = gettext_noop("There is no question left to ask here. Add some, or choose another skill.")


class Aim(StrEnum):
    """What the next question is for."""

    FIT = "fit"
    TELL = "tell"


class Step(StrEnum):
    """What to do after an answer."""

    GO_ON = "go_on"
    ENOUGH = "enough"
    CALL_TEACHER = "call_teacher"
    NOTHING_LEFT = "nothing_left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question that could come next: `difficulty` in logits above the reference question, `guess_chance` 0 to below 1."""

    id: int | str
    difficulty: float = 0.0
    guess_chance: float = 0.0
    times_seen: int = 0
    days_since_seen: float | None = None
    minutes: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggested:
    """A question with the chance of a right answer and the share of doubt its answer is expected to take away, 0 to 1."""

    question: Question
    chance: float
    information: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What to do next and why; `worth` is what more answers bring beyond their cost, in shares of a wrong decision."""

    step: Step
    worth: float
    reason: Reason


# --- The belief on a grid ---------------------------------------------------------------------------------------------

_LEGENDRE, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_REACH: Final = 7.0  # deviations on either side; what lies beyond weighs nothing


def _grid(mean: float, deviation: float, line: float) -> tuple[Floats, Floats, int]:
    """Return points and weights that integrate over the belief, and how many of them lie below the line."""
    if not (deviation > 0.0 and math.isfinite(deviation) and math.isfinite(mean)):
        raise ValueError(f"a belief needs a finite mean and a deviation above 0, not {mean} and {deviation}")
    cut = min(max((line - mean) / deviation, -_REACH), _REACH)
    # Split where the decision turns and where the belief is dense, so that every part is smooth.
    edges = sorted({-_REACH, -2.0, 0.0, 2.0, _REACH, cut})
    widths, middles = np.diff(edges) / 2.0, np.add(edges[1:], edges[:-1]) / 2.0
    points = (middles[:, None] + widths[:, None] * _LEGENDRE).ravel()
    weights = (widths[:, None] * _LEGENDRE_WEIGHTS).ravel() * np.exp(-0.5 * points**2)
    return mean + deviation * points, weights / weights.sum(), edges.index(cut) * len(_LEGENDRE)


def _guessed(question: Question) -> float:
    """Return the chance to get a question right without mastery: guessed, or remembered from the last time."""
    if not 0.0 <= question.guess_chance < 1.0:
        raise ValueError(f"a guess chance is at least 0 and below 1, not {question.guess_chance}")
    if question.times_seen <= 0:
        return question.guess_chance
    days = max(0.0, question.days_since_seen or 0.0)
    remembered: float = REMEMBERED * (1.0 + days) ** -REMEMBERED_EXPONENT
    return question.guess_chance + (1.0 - question.guess_chance) * remembered


def _chances(points: Floats, questions: Sequence[Question]) -> Floats:
    """Return the chance of a right answer, points x questions (the three-parameter logistic of Birnbaum 1968)."""
    difficulty = np.array([question.difficulty for question in questions])
    guessed = np.array([_guessed(question) for question in questions])
    chances: Floats = guessed + (1.0 - guessed) * scipy.special.expit(points[:, None] - difficulty)
    return chances


def _expected(
    mean: float, deviation: float, points: Floats, weights: Floats, questions: Sequence[Question]
) -> tuple[Floats, Floats]:
    """Return the chance of each question and the share of the belief's variance that its answer takes away on average.

    The second is the squared correlation of mastery and answer: exact, as the mean of the variances after right and wrong.
    """
    chances = _chances(points, questions)
    right = weights @ chances
    together = (weights * (points - mean) / deviation) @ chances
    return right, together**2 / (right * (1.0 - right))


# --- The next question ------------------------------------------------------------------------------------------------


def choose_next(
    mean: float, deviation: float, questions: Sequence[Question], *, aim: Aim = Aim.FIT, chance: float = 0.7
) -> tuple[Suggested, ...]:
    """Return the questions, the best next one first, each with its reasons.

    FIT puts first what is within CLOSE of `chance`, unseen before seen, then the rest; within each the closest first. TELL goes
    by the doubt taken away per minute. Equals come less seen first, then in the order of their ids. Raises ValueError for a
    belief without a deviation, a chance outside 0 to 1, or a question without minutes.
    """
    if not 0.0 < chance < 1.0:
        raise ValueError(f"the chance asked for lies between 0 and 1, not at {chance}")
    if any(question.minutes <= 0.0 for question in questions):
        raise ValueError("every question takes more than 0 minutes")
    if not questions:
        return ()
    points, weights, _below = _grid(mean, deviation, mean)
    right, information = _expected(mean, deviation, points, weights, questions)
    found = [
        Suggested(question=question, chance=here, information=told, reasons=_reasons(question, here, told, aim, chance))
        for question, here, told in zip(questions, right.tolist(), information.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=_fit_order(chance) if aim is Aim.FIT else _tell_order))


def _fit_order(chance: float) -> Callable[[Suggested], tuple[object, ...]]:
    def order(one: Suggested) -> tuple[object, ...]:
        away = round(abs(one.chance - chance), 9)  # what differs by less than a rounding error is equal
        question = one.question
        return away > CLOSE, question.times_seen > 0, away, question.times_seen, str(question.id)

    return order


def _tell_order(one: Suggested) -> tuple[object, ...]:
    question = one.question
    return -round(one.information / question.minutes, 9), question.times_seen, str(question.id)


def _reasons(question: Question, here: float, told: float, aim: Aim, chance: float) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if aim is Aim.FIT:
        sentence = FITS if round(abs(here - chance), 9) <= CLOSE else FITS_LESS
        reasons.append((sentence, {"chance": _of_100(here), "aim": _of_100(chance)}))
    else:
        reasons.append((TELLS, {"percent": _of_100(told)}))
        if question.guess_chance >= EASY_TO_GUESS:
            reasons.append((CAN_BE_GUESSED, {"percent": _of_100(question.guess_chance)}))
    if question.times_seen > 0:
        reasons.append((MET_BEFORE, {"days": math.floor(question.days_since_seen or 0.0)}))
    return tuple(reasons)


def _of_100(share: float) -> int:
    return round(100 * share)


# --- When to stop -----------------------------------------------------------------------------------------------------


def worth_of_answers(
    mean: float,
    deviation: float,
    question: Question,
    *,
    answers: int,
    secure_share: float = 0.8,
    certainty: float = 0.8,
) -> float:
    """Return by how much that many answers to questions like this one lower the expected loss of the best decision.

    Going on while the line of `secure_share` is not reached costs `certainty`, waiting although it is reached costs
    1 - certainty; the expected loss is the smaller of the two. Never below 0 (the value of information: Raiffa & Schlaifer 1961).
    """
    points, weights, below = _grid(mean, deviation, math.log(secure_share / (1.0 - secure_share)))
    chance = _chances(points, [question])[:, 0]
    right = np.arange(answers + 1)
    ways = np.array([math.comb(answers, count) for count in right.tolist()])
    counts = ways * chance[:, None] ** right * (1.0 - chance[:, None]) ** (answers - right)
    counts *= weights[:, None]
    not_yet, ready = counts[:below].sum(axis=0), counts[below:].sum(axis=0)
    now = min(certainty * not_yet.sum(), (1.0 - certainty) * ready.sum())
    later = np.minimum(certainty * not_yet, (1.0 - certainty) * ready).sum()
    return max(0.0, float(now - later))


def when_to_stop(
    means: Sequence[float],
    deviation: float,
    questions: Sequence[Question],
    *,
    secure_share: float = 0.8,
    certainty: float = 0.8,
    cost_per_minute: float = COST_PER_MINUTE,
) -> Advice:
    """Return whether to ask on about a competency, and why.

    `means` are the belief's means before any answer and after each one so far, oldest first; `deviation` is today's. A student
    who is likely not there after STUCK_ANSWERS, and whom the last STUCK_LOOKS_BACK moved by less than STUCK_MOVED logits, is
    better served by a person. Otherwise asking goes on while up to MOST_AHEAD answers to the most telling question are worth
    more than their minutes: one answer ahead would stop wherever no single answer can turn the decision.
    """
    answers, mean = len(means) - 1, means[-1]
    line = math.log(secure_share / (1.0 - secure_share))
    certain = float(scipy.special.ndtr((mean - line) / deviation))
    is_stuck = answers >= STUCK_ANSWERS and abs(mean - means[-1 - STUCK_LOOKS_BACK]) < STUCK_MOVED
    if is_stuck and certain < STUCK_CERTAIN:
        return Advice(step=Step.CALL_TEACHER, worth=0.0, reason=(CALL_THE_TEACHER, {}))
    if not questions:
        return Advice(step=Step.NOTHING_LEFT, worth=0.0, reason=(NOTHING_TO_ASK, {}))
    telling = choose_next(mean, deviation, questions, aim=Aim.TELL)[0].question
    worth = max(
        worth_of_answers(mean, deviation, telling, answers=ahead, secure_share=secure_share, certainty=certainty)
        - ahead * telling.minutes * cost_per_minute
        for ahead in range(1, MOST_AHEAD + 1)
    )
    if answers < LEAST_ANSWERS:
        return Advice(step=Step.GO_ON, worth=worth, reason=(TOO_FEW_YET, {"answers": answers}))
    if worth > 0.0:
        return Advice(step=Step.GO_ON, worth=worth, reason=(WORTH_ASKING, {}))
    sentence = SURE_ENOUGH if certain >= certainty else PRACTICE_FIRST
    return Advice(step=Step.ENOUGH, worth=worth, reason=(sentence, {}))
