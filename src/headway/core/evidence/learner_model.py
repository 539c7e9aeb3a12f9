"""The learner model: evidence becomes mastery, with its doubt, its word and its reasons.

What is remembered of a student are two kinds of running numbers (ledger.py): one array for all work, one for each competency.
One more piece moves them in constant time (`count`); working through all pieces in the order they happened gives the same
numbers to the last bit (`replay`), at any moment of the past, whatever order they arrived in. What they say at a moment
(`estimate`) looks at the clock and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence import belief, ledger
from headway.core.evidence.explain import OTHER_WORK, TIME_PASSED, contribution_words
from headway.core.evidence.ledger import COMPETENCY_SIZE, STUDENT_SIZE
from headway.core.evidence.methods import DEFAULT_RULE, METHODS, Method, Rule, score_of, word_of
from headway.core.evidence.scorecards import Scorecards, shipped
from headway.core.evidence.values import Contribution, Estimate, Line, Piece, Word
from headway.core.evidence.weights import LEVEL_NOISE, USUAL_NOISE, counts, credit, is_rated, level_edges, weight

Floats = NDArray[np.float64]
Neighbours = Mapping[int, Sequence[int]]

EIGHTY_PERCENT_Z = 1.2815515655446004
NO_NEIGHBOURS: Neighbours = {}
_SQRT2 = math.sqrt(2.0)
_FACT_SIZE = len(belief.Fact._fields)


@dataclass(frozen=True, kw_only=True)
class LearnerModel:
    """Parameters ready to use; `levels` are how much easier a competency is than a typical one, in logits, by its number."""

    version: str
    numbers: belief.Numbers
    levels: Mapping[int, float] = field(default_factory=dict)


def model_from(cards: Scorecards, *, competencies: Sequence[int] = ()) -> LearnerModel:
    """Return the model of fitted parameters; `competencies` are the numbers of those the fit was about, in its order."""
    numbers = belief.Numbers(
        start=cards.start,
        curves=np.ascontiguousarray(cards.curves),
        slopes=np.ascontiguousarray(cards.slopes_mean),
        deviation=np.array([*cards.deviation, cards.growth_per_day]),
    )
    levels = {number: float(level) for number, level in zip(competencies, cards.levels, strict=False)}
    return LearnerModel(version=cards.version, numbers=numbers, levels=levels)


@lru_cache(maxsize=1)
def shipped_model() -> LearnerModel:
    """Return the model that comes with Headway, fitted on simulated students only."""
    return model_from(shipped())


# --- What is remembered -----------------------------------------------------------------------------------------------


def new_student() -> Floats:
    """Return the numbers of a student of whom nothing is known."""
    student = np.empty(STUDENT_SIZE)
    ledger.start_student(student)
    return student


def new_competency() -> Floats:
    """Return the numbers of a competency on which nothing is known."""
    competency = np.empty(COMPETENCY_SIZE)
    ledger.start_competency(competency)
    return competency


def to_bytes(numbers: Floats) -> bytes:
    """Return running numbers for storage, exactly."""
    return numbers.astype("<f8").tobytes()


def from_bytes(stored: bytes | memoryview) -> Floats:
    """Return the running numbers that `to_bytes` wrote; they may be changed."""
    return np.frombuffer(stored, dtype="<f8").astype(np.float64)


def pieces_counted(competency: Floats) -> int:
    """Return how many pieces were counted."""
    return int(competency[ledger.C_PIECES])


def newest_at(competency: Floats) -> datetime | None:
    """Return when the newest counted piece happened."""
    seconds = float(competency[ledger.C_NEWEST])
    return None if math.isnan(seconds) else datetime.fromtimestamp(seconds, tz=UTC)


def _fact(piece: Piece) -> belief.Fact:
    seconds = piece.happened_at.timestamp()
    if is_rated(piece):
        low, high = level_edges(piece.level or 0, piece.levels or 1)
        noise = LEVEL_NOISE.get(piece.kind, USUAL_NOISE)
        return belief.Fact(belief.RATED, 0.0, 1.0, 0.0, 0.0, low, high, noise, seconds)
    guess = min(0.9, max(0.0, piece.guess))
    return belief.Fact(belief.ANSWER, credit(piece), weight(piece), piece.difficulty, guess, 0.0, 0.0, 1.0, seconds)


def count(model: LearnerModel, student: Floats, competency: Floats, piece: Piece) -> tuple[Floats, Floats]:
    """Return both running numbers after one more piece, which must be the newest of the student.

    Pieces that do not count change nothing.
    """
    if not counts(piece):
        return student, competency
    student, competency = student.copy(), competency.copy()
    belief.count(model.numbers, _fact(piece), student, competency, model.levels.get(piece.competency, 0.0))
    return student, competency


def lent_by(student: Floats, neighbours: Iterable[Floats | None]) -> float:
    """Return what neighbouring competencies lend, for `Known.related`; None is one that was never met."""
    level = float(student[ledger.S_TRACK + 1])
    total, count = ledger.OWN_LEVEL * level, 0
    # Added up one by one, as the compiled replay does: the same sum to the last bit.
    for state in neighbours:
        total += level if state is None else float(ledger.track_of(student, state, 1))
        count += 1
    return total / (count + ledger.OWN_LEVEL) if count else 0.0


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """All running numbers of a student after working through the pieces."""

    student: Floats
    competencies: Mapping[int, Floats]


def in_force(pieces: Iterable[Piece], at: datetime) -> list[Piece]:
    """Return the pieces that are known at `at` and not taken back, each once, in the order they happened."""
    by_id = {piece.id: piece for piece in pieces if piece.happened_at <= at}
    corrected = {piece.corrects for piece in by_id.values() if piece.corrects}
    return sorted(
        (piece for piece in by_id.values() if piece.id not in corrected and piece.kind.value != "withdrawal"),
        key=lambda piece: (piece.happened_at, piece.id),
    )


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Pieces laid out for the compiled replay."""

    facts: Floats
    places: NDArray[np.int32]
    keys: tuple[int, ...]
    levels: Floats
    starts: NDArray[np.int32]
    near: NDArray[np.int32]


def _lay_out(model: LearnerModel, counted: Sequence[Piece], neighbours: Neighbours, also: Sequence[int] = ()) -> _Desk:
    keys = tuple(dict.fromkeys([*(piece.competency for piece in counted), *also]))
    place = {key: number for number, key in enumerate(keys)}
    facts = np.array([_fact(piece) for piece in counted], dtype=np.float64).reshape(len(counted), _FACT_SIZE)
    edges = [[place[other] for other in neighbours.get(key, ()) if other in place] for key in keys]
    return _Desk(
        facts=facts,
        places=np.array([place[piece.competency] for piece in counted], dtype=np.int32),
        keys=keys,
        levels=np.array([model.levels.get(key, 0.0) for key in keys]),
        starts=np.cumsum([0, *(len(edge) for edge in edges)]).astype(np.int32),
        near=np.array([other for edge in edges for other in edge], dtype=np.int32),
    )


def _replay(
    model: LearnerModel, desk: _Desk, target: int, seconds: float, start: Replayed | None = None
) -> tuple[Floats, Floats, Floats]:
    student = new_student() if start is None else start.student.copy()
    states = np.tile(new_competency(), (max(1, len(desk.keys)), 1))
    for place, key in enumerate(desk.keys):
        if start is not None and key in start.competencies:
            states[place] = start.competencies[key]
    logits = np.zeros(len(desk.facts) + 1)
    belief.replay(
        model.numbers, desk.facts, desk.places, desk.levels, desk.starts, desk.near, student, states, target, seconds, logits
    )  # fmt: skip
    return student, states, logits


def replay(model: LearnerModel, pieces: Iterable[Piece], *, at: datetime, start: Replayed | None = None) -> Replayed:
    """Return a student's running numbers as of `at` from all pieces about all competencies.

    With a `start` the pieces must be newer than all that it counted; only the competencies they are about come back.
    """
    counted = [piece for piece in in_force(pieces, at) if counts(piece)]
    desk = _lay_out(model, counted, NO_NEIGHBOURS)
    student, states, _logits = _replay(model, desk, -1, 0.0, start)
    return Replayed(student=student, competencies={key: states[place] for place, key in enumerate(desk.keys)})


# --- What it says at a moment -----------------------------------------------------------------------------------------


def _word(rule: Rule, *, share: float | None, certain: float, pieces: int) -> Word:
    """Return the word of a score; the learner model says secure only when it is sure enough."""
    word = word_of(share, pieces, rule)
    if rule.method is Method.MODEL and word in (Word.SECURE, Word.BEYOND) and certain < rule.certainty:
        return Word.GROWING
    return word


def _chance(logit: float) -> float:
    """Return the chance that belongs to a logit, however large."""
    if logit >= 0.0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def _spread(logit: float, variance: float, rule: Rule) -> tuple[float, float, float]:
    """Return mean and deviation of a belief, and how sure it is that it lies at or above the rule's line for secure."""
    mean, deviation = logit * math.sqrt(1.0 + math.pi * variance / 8.0), math.sqrt(variance)
    line = math.log(rule.secure_share / (1.0 - rule.secure_share))
    return mean, deviation, 0.5 * math.erfc((line - mean) / (deviation * _SQRT2))


def settling(pieces: Iterable[Piece], at: datetime) -> Piece | None:
    """Return the judgement that settles the matter at `at`: the newest one, unless it has ended.

    `pieces` are in the order they happened. A later judgement replaces an earlier one for good, also after it ends.
    """
    judged = [piece for piece in pieces if piece.settles_as is not None]
    newest = judged[-1] if judged else None
    return None if newest is None or (newest.expires_on is not None and at.date() > newest.expires_on) else newest


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is remembered of one student and one competency, ready to be looked at.

    `scored` is the share that the rule's method made of the pieces, where the rule is not the model itself; `settled` the
    judgement that settles the matter.
    """

    competency: int
    student: Floats
    state: Floats
    related: float = 0.0
    rule: Rule = DEFAULT_RULE
    scored: float | None = None
    settled: Piece | None = None


def estimate(model: LearnerModel, known: Known, *, at: datetime) -> Estimate:
    """Return what is known of one student and one competency at `at`.

    Time alone never lowers a word: what was secure when it was last seen asks to be checked again once the school's days
    are over, the range has grown past the school's width, or the model is no longer sure of it.
    """
    now, rule, state = at.timestamp(), known.rule, known.state
    logit_then, variance_then, logit, variance = belief.look_back_and_now(
        model.numbers, known.student, state, known.related, model.levels.get(known.competency, 0.0), now
    )
    mean, deviation, certain = _spread(logit, variance, rule)
    _mean, _deviation, certain_then = _spread(logit_then, variance_then, rule)
    chance = _chance(logit)
    low = min(chance, _chance(mean - EIGHTY_PERCENT_Z * deviation))
    high = max(chance, _chance(mean + EIGHTY_PERCENT_Z * deviation))
    pieces = pieces_counted(state)
    is_model = rule.method is Method.MODEL
    word = _word(rule, share=_chance(logit_then) if is_model else known.scored, certain=certain_then, pieces=pieces)
    days = (now - float(state[ledger.C_NEWEST])) / ledger.DAY if pieces else 0.0
    faded = is_model and certain < 0.5 <= certain_then
    is_stale = bool(pieces) and (
        days > rule.recheck_days or (days >= 1.0 and (high - low > rule.recheck_width or faded))
    )
    if known.settled is not None and known.settled.settles_as is not None:
        word = known.settled.settles_as
    elif is_stale and word in (Word.SECURE, Word.BEYOND):
        word = Word.RECHECK
    return Estimate(
        chance=chance,
        low=low,
        high=high,
        pieces=pieces,
        newest_at=newest_at(state),
        word=word,
        is_stale=is_stale,
        logit=logit,
        mean=mean,
        deviation=deviation,
        certain=certain,
        version=f"{model.version} {rule.version}",
        settled_by=known.settled,
    )


def estimates(model: LearnerModel, known: Iterable[Known], *, at: datetime) -> list[Estimate]:
    """Return what is known of many students and competencies at `at`."""
    return [estimate(model, one, at=at) for one in known]


def explained(
    model: LearnerModel,
    pieces: Iterable[Piece],
    *,
    competency: int,
    at: datetime,
    rule: Rule = DEFAULT_RULE,
    neighbours: Neighbours = NO_NEIGHBOURS,
) -> Estimate:
    """Return mastery of one competency as of `at`, with what every piece about it contributed.

    `pieces` are all those of the student, about all competencies. Each piece's shift is how far it moved the estimate when it
    was counted, seen from the moment of the newest piece about the competency; what other work did is one line, what time did
    since is another. `prior`, contributions and lines sum to `logit`.
    """
    valid = in_force(pieces, at)
    counted = [piece for piece in valid if counts(piece)]
    own = [piece for piece in valid if piece.competency == competency]
    desk = _lay_out(model, counted, neighbours, [competency, *neighbours.get(competency, ())])
    target = desk.keys.index(competency)
    seen = [piece.happened_at for piece in own if counts(piece)]
    newest = max(seen) if seen else at
    student, states, logits = _replay(model, desk, target, newest.timestamp())
    shifts = dict(zip((piece.id for piece in counted), np.diff(logits).tolist(), strict=True))
    related = belief.related_to(student, states, desk.starts, desk.near, target)
    settled = settling(own, at)
    scored = None if rule.method is Method.MODEL else score_of(rule, own, on=at.date()).share
    shown = estimate(
        model,
        Known(
            competency=competency,
            student=student,
            state=states[target],
            related=float(related),
            rule=rule,
            scored=scored,
            settled=settled,
        ),
        at=at,
    )
    contributions = []
    for piece in own:
        sentence, facts = contribution_words(piece)
        contributions.append(Contribution(piece=piece, shift=shifts.get(piece.id, 0.0), sentence=sentence, facts=facts))
    elsewhere = [piece for piece in counted if piece.competency != competency]
    lines = []
    if elsewhere:
        shift = math.fsum(shifts[piece.id] for piece in elsewhere)
        lines.append(Line(name="other", shift=shift, sentence=OTHER_WORK, facts={"pieces": len(elsewhere)}))
    days = (at - newest).days
    since = shown.logit - float(logits[-1])
    if seen and (days >= 1 or abs(since) > 1e-12):
        lines.append(Line(name="time", shift=since, sentence=TIME_PASSED, facts={"days": days}))
    return replace(shown, prior=float(logits[0]), contributions=tuple(contributions), lines=tuple(lines))


# --- What would be ----------------------------------------------------------------------------------------------------


def what_if(model: LearnerModel, known: Known, *, right: bool, at: datetime, difficulty: float = 0.0) -> float:
    """Return the chance after one more first-try answer at `at`, without hints."""
    seconds, level = at.timestamp(), model.levels.get(known.competency, 0.0)
    fact = belief.Fact(belief.ANSWER, 1.0 if right else 0.0, 1.0, difficulty, 0.0, 0.0, 0.0, 1.0, seconds)
    student, state = known.student.copy(), known.state.copy()
    belief.count(model.numbers, fact, student, state, level)
    return _chance(belief.look_back_and_now(model.numbers, student, state, known.related, level, seconds)[2])


def certain_in(model: LearnerModel, known: Known, *, at: datetime, days: float) -> float:
    """Return how sure it will be that the competency still holds, if nothing is seen until then: the curve of forgetting."""
    level = model.levels.get(known.competency, 0.0)
    seconds = at.timestamp() + days * ledger.DAY
    seen = belief.look_back_and_now(model.numbers, known.student, known.state, known.related, level, seconds)
    return _spread(seen[2], seen[3], known.rule)[2]


def most_word(rule: Rule) -> Word:
    """Return the highest word a rule can give."""
    return METHODS[rule.method].most
