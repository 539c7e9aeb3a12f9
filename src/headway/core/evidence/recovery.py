"""How well the learner model recovers a truth that is known: simulated students go through it piece by piece, as real ones do.

Nothing here looks ahead: before every first try, and around every rating, the model is asked as a page would ask it, and its
answer is laid beside what the simulation knows. What is compared is the chance on a new reference question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from headway.core.evidence import belief
from headway.core.evidence import learner_model as learner
from headway.core.evidence.learner_model import LearnerModel, Neighbours
from headway.core.evidence.ledger import C_PIECES, DAY
from headway.core.evidence.simulation import SimulatedLog
from headway.core.evidence.values import Piece, PieceKind

Floats = NDArray[np.float64]

FIRST_DAY: Final = datetime(2026, 9, 1, tzinfo=UTC)  # any day: only differences count
LEVELS: Final = (0.5, 0.8, 0.95)
STAGES: Final = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))
PAUSES_IN_DAYS: Final = (1, 7, 30, 90)
JUST_BEFORE_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How estimates of a chance agree with the truth: in shares from 0 to 1, over `looks`.

    `error` is the mean absolute error, `bias` the mean of estimate less truth, `covered` the share of truths inside the ranges
    at each of LEVELS. Figures are nan without a look, `correlation` also where nothing varies.
    """

    looks: int
    error: float
    bias: float
    correlation: float
    covered: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Agreement where so many pieces on the competency were behind the estimate; `highest` None is any number from lowest."""

    lowest: int
    highest: int | None
    agreement: Agreement


@dataclass(frozen=True, kw_only=True)
class Pause:
    """By how much the chance has moved so many days after a student's last answer: as estimated, and truly (means)."""

    days: int
    looks: int
    estimated_change: float
    true_change: float


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What the model recovers of a simulated truth: overall, by pieces, after pauses, and around a rating by a person."""

    students: int
    overall: Agreement
    stages: tuple[Stage, ...]
    pauses: tuple[Pause, ...]
    before_rating: Agreement
    after_rating: Agreement


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What the model had before it when it was asked, and the moment (in seconds of the simulation) it was asked about."""

    student: int
    competency: int
    seconds: float
    numbers: Floats
    state: Floats
    related: float


def moment_of(seconds: float) -> datetime:
    """Return the moment of a second of a simulated log."""
    return FIRST_DAY + timedelta(seconds=seconds)


def pieces_of(simulated: SimulatedLog, student: int, *, with_ratings: bool = True) -> list[Piece]:
    """Return what a simulated student left, in order: an answer counts for the first competency of its question."""
    log = simulated.log
    assert log.seconds is not None and log.hints is not None  # noqa: S101, PT018  simulated logs have all columns
    assert log.attempt is not None and log.guess is not None  # noqa: S101, PT018
    found = [
        Piece(
            id=f"answer-{row:09}",
            kind=PieceKind.ANSWER,
            happened_at=moment_of(float(log.seconds[row])),
            score=float(log.score[row]),
            hints_used=int(log.hints[row]),
            attempt=int(log.attempt[row]),
            difficulty=float(simulated.item_difficulty[log.item[row]]),
            guess=float(log.guess[row]),
            competency=int(log.members[log.set_starts[log.skill_set[row]]]),
        )
        for row in range(int(log.starts[student]), int(log.starts[student + 1]))
    ]
    ratings = simulated.ratings
    rated = np.flatnonzero(ratings.student == student) if with_ratings else np.zeros(0, dtype=np.int64)
    found += [
        Piece(
            id=f"rating-{place:09}",
            kind=PieceKind.RUBRIC,
            happened_at=moment_of(float(ratings.seconds[place])),
            score=float(ratings.level[place]) / (ratings.levels - 1),
            level=int(ratings.level[place]),
            levels=ratings.levels,
            by=f"rater-{ratings.rater[place]}",
            competency=int(ratings.competency[place]),
        )
        for place in rated
    ]
    return sorted(found, key=lambda piece: (piece.happened_at, piece.id))


def prerequisites_of(simulated: SimulatedLog) -> dict[int, tuple[int, ...]]:
    """Return the prerequisites of every competency, which lend it strength."""
    found: dict[int, tuple[int, ...]] = {}
    for before, after in simulated.prerequisites.tolist():
        found[after] = (*found.get(after, ()), before)
    return found


def agreement(logits: Floats, variances: Floats, truths: Floats) -> Agreement:
    """Return how beliefs (logit of the chance, variance around it) agree with true logits."""
    looks = len(logits)
    if not looks:
        none = float("nan")
        return Agreement(looks=0, error=none, bias=none, correlation=none, covered=(none,) * len(LEVELS))
    gap = special.expit(logits) - special.expit(truths)
    spread = np.abs(truths - logits * np.sqrt(1.0 + np.pi * variances / 8.0)) / np.sqrt(variances)
    varies = logits.std() > 0.0 and truths.std() > 0.0
    together = np.corrcoef(special.expit(logits), special.expit(truths))[0, 1] if varies else np.nan
    return Agreement(
        looks=looks,
        error=float(np.abs(gap).mean()),
        bias=float(gap.mean()),
        correlation=float(together),
        covered=tuple(float(np.mean(spread <= special.ndtri(0.5 + level / 2.0))) for level in LEVELS),
    )


def recovery(simulated: SimulatedLog, model: LearnerModel, *, students: Sequence[int] | None = None) -> Recovery:
    """Return what the model recovers of the truth of a simulated log, or of some of its students.

    The model should not have been fitted on this log. `levels` it has for competencies are used by their numbers.
    """
    chosen = range(simulated.log.students) if students is None else students
    asked: list[_Look] = []
    around: list[tuple[_Look, _Look]] = []
    left: list[_Look] = []
    near = prerequisites_of(simulated)
    for student in chosen:
        _follow(simulated, model, student, near, asked, around, left)

    logits, variances = _seen(model, asked)
    truths, pieces = _true(simulated, asked), np.array([look.state[C_PIECES] for look in asked])
    stages = []
    for lowest, highest in STAGES:
        part = (pieces >= lowest) & (pieces <= (np.inf if highest is None else highest))
        found = agreement(logits[part], variances[part], truths[part])
        stages.append(Stage(lowest=lowest, highest=highest, agreement=found))
    before, after = ([pair[place] for pair in around] for place in (0, 1))
    truths_rated = _true(simulated, before)
    return Recovery(
        students=len(chosen),
        overall=agreement(logits, variances, truths),
        stages=tuple(stages),
        pauses=tuple(_pause(simulated, model, left, days) for days in PAUSES_IN_DAYS),
        before_rating=agreement(*_seen(model, before), truths_rated),
        after_rating=agreement(*_seen(model, after), truths_rated),
    )


def _follow(
    simulated: SimulatedLog,
    model: LearnerModel,
    student: int,
    near: Neighbours,
    asked: list[_Look],
    around: list[tuple[_Look, _Look]],
    left: list[_Look],
) -> None:
    """Count a student's pieces one by one, and add the looks before first tries, around ratings, and at the end."""
    numbers, states = learner.new_student(), dict[int, Floats]()

    def look(competency: int, seconds: float) -> _Look:
        return _Look(
            student=student,
            competency=competency,
            seconds=seconds,
            numbers=numbers,
            state=states.get(competency, learner.new_competency()),
            related=learner.lent_by(numbers, (states.get(other) for other in near.get(competency, ()))),
        )

    seconds = 0.0
    for piece in pieces_of(simulated, student):
        competency = piece.competency
        seconds = (piece.happened_at - FIRST_DAY).total_seconds()
        before = look(competency, seconds - JUST_BEFORE_SECONDS)
        numbers, states[competency] = learner.count(model, numbers, before.state, piece)
        if piece.kind is not PieceKind.ANSWER:
            around.append((before, look(competency, seconds)))
        elif piece.attempt == 1:
            asked.append(before)
    left.extend(look(competency, seconds) for competency in states)


def _seen(model: LearnerModel, looks: Sequence[_Look], *, days: float = 0.0) -> tuple[Floats, Floats]:
    """Return the logits of the chance and the variances around them, that many days after each look."""
    out = np.zeros((len(looks), 2))
    if looks:
        belief.look(
            model.numbers,
            np.array([look.numbers for look in looks]),
            np.array([look.state for look in looks]),
            np.array([look.related for look in looks]),
            np.array([model.levels.get(look.competency, 0.0) for look in looks]),
            np.array([moment_of(look.seconds + days * DAY).timestamp() for look in looks]),
            out,
        )
    return out[:, 0], out[:, 1]


def _true(simulated: SimulatedLog, looks: Sequence[_Look], *, days: float = 0.0) -> Floats:
    student: ArrayLike = [look.student for look in looks]
    competency: ArrayLike = [look.competency for look in looks]
    seconds = np.array([look.seconds for look in looks], dtype=np.float64) + days * DAY
    return simulated.truth_at(student, competency, seconds) if looks else np.zeros(0)


def _pause(simulated: SimulatedLog, model: LearnerModel, looks: Sequence[_Look], days: int) -> Pause:
    now, then = (special.expit(_seen(model, looks, days=wait)[0]) for wait in (0, days))
    true_now, true_then = (special.expit(_true(simulated, looks, days=wait)) for wait in (0, days))
    return Pause(
        days=days,
        looks=len(looks),
        estimated_change=float((then - now).mean()) if looks else float("nan"),
        true_change=float((true_then - true_now).mean()) if looks else float("nan"),
    )
