"""The first learner model: a Gaussian belief per student and competency, moved by each piece of evidence.

The belief is about theta, the logit of success on a reference question. An answer moves it by one step of Fisher scoring
on a three-parameter logistic item; a rubric level by the moments of an ordered probit; time by forgetting.py. Pieces are
taken in the order they happened, whatever order they arrived in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from headway.core.evidence.explain import contribution_words
from headway.core.evidence.forgetting import after_time, share_kept
from headway.core.evidence.values import (
    DEFAULT_PRIOR,
    DEFAULT_RULE,
    Belief,
    Contribution,
    Estimate,
    Piece,
    PieceKind,
    Rule,
    Word,
)

# Noise of a rated level, in logits: what a person saw is dear, but one look is one look.
LEVEL_NOISE = {
    PieceKind.RUBRIC: 1.0,
    PieceKind.PRODUCT: 1.0,
    PieceKind.CONFERENCE: 1.0,
    PieceKind.OBSERVATION: 1.5,
    PieceKind.JUDGEMENT: 0.6,
}
LEVEL_WIDTH = 1.5  # logits between the edges of two rubric levels
SECURE_LOGIT = math.log(0.8 / 0.2)  # "proficient" begins where a reference question succeeds 8 times in 10
HINT_COST = 0.2  # each hint asked for takes this share off a right answer ...
LEAST_WITH_HINTS = 0.4  # ... but a right answer never counts for less than this
HINT_WEIGHT = 0.6  # an answer after hints says less about the student alone
LATER_ATTEMPT_WEIGHT = 0.4  # a second try has seen the feedback
EIGHTY_PERCENT_Z = 1.2815515655446004
_SQRT2 = math.sqrt(2.0)
_SQRT2PI = math.sqrt(2.0 * math.pi)


def logistic(logit: float) -> float:
    """Return the chance that belongs to a logit."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    power = math.exp(logit)
    return power / (1.0 + power)


def expected_success(belief: Belief) -> float:
    """Return the chance of success on a reference question (probit approximation of MacKay 1992)."""
    return logistic(belief.mean / math.sqrt(1.0 + math.pi * belief.variance / 8.0))


def _after_answer(belief: Belief, piece: Piece) -> tuple[float, float]:
    """Return mean and variance after an answer: Fisher scoring for a logistic item with a guessing floor."""
    guess = min(0.9, max(0.0, piece.guess))
    weight = 1.0
    score = min(1.0, max(0.0, piece.score))
    if piece.hints_used:
        weight *= HINT_WEIGHT
        score = min(score, max(LEAST_WITH_HINTS, 1.0 - HINT_COST * piece.hints_used) * score)
    if piece.attempt > 1:
        weight *= LATER_ATTEMPT_WEIGHT
    chance = logistic((belief.mean - piece.difficulty) / math.sqrt(1.0 + math.pi * belief.variance / 8.0))
    expected = guess + (1.0 - guess) * chance
    slope = (1.0 - guess) * chance * (1.0 - chance)
    spread = max(1e-9, expected * (1.0 - expected))
    variance = 1.0 / (1.0 / belief.variance + weight * slope * slope / spread)
    return belief.mean + variance * weight * slope / spread * (score - expected), variance


def _density(z: float) -> float:
    return 0.0 if math.isinf(z) else math.exp(-0.5 * z * z) / _SQRT2PI


def _below(z: float) -> float:
    return 0.5 * math.erfc(-z / _SQRT2)


def _after_level(belief: Belief, piece: Piece, level: int, levels: int) -> tuple[float, float]:
    """Return mean and variance after a rated level: the moments of an ordered probit (mastery.md 4.3)."""
    proficient = max(1, levels - 2)
    low = -math.inf if level <= 0 else SECURE_LOGIT + LEVEL_WIDTH * (level - proficient)
    high = math.inf if level >= levels - 1 else SECURE_LOGIT + LEVEL_WIDTH * (level + 1 - proficient)
    noise = LEVEL_NOISE.get(piece.kind, 1.5)
    total = belief.variance + noise * noise
    root = math.sqrt(total)
    a, c = (low - belief.mean) / root, (high - belief.mean) / root
    inside = _below(c) - _below(a)
    if inside < 1e-12:
        # So surprising that the tail has no area left: the nearest edge stands for the level.
        edge = low if a > 0 else high
        variance = belief.variance * noise * noise / total
        return belief.mean + belief.variance / total * (edge - belief.mean), variance
    pull = (_density(a) - _density(c)) / inside
    edges = (0.0 if math.isinf(c) else c * _density(c)) - (0.0 if math.isinf(a) else a * _density(a))
    variance = belief.variance - belief.variance * belief.variance / total * (pull * pull + edges / inside)
    return belief.mean + belief.variance / root * pull, max(variance, 1e-6)


def after(belief: Belief, piece: Piece, *, rule: Rule = DEFAULT_RULE, prior: Belief = DEFAULT_PRIOR) -> Belief:
    """Return the belief after one more piece; the student's own view is shown but does not count."""
    now = after_time(belief, piece.happened_at, prior)
    if piece.kind in (PieceKind.SELF, PieceKind.WITHDRAWAL):
        return now
    if piece.level is not None and piece.levels and piece.kind is not PieceKind.ANSWER:
        mean, variance = _after_level(now, piece, piece.level, piece.levels)
    else:
        mean, variance = _after_answer(now, piece)
    return Belief(mean=mean, variance=variance, pieces=belief.pieces + 1, as_of=now.as_of)


def _in_force(pieces: Iterable[Piece], at: datetime) -> list[Piece]:
    """Return the pieces that count at `at`, each once, in the order they happened."""
    by_id = {piece.id: piece for piece in pieces if piece.happened_at <= at}
    corrected = {piece.corrects for piece in by_id.values() if piece.corrects}
    return sorted(
        (piece for piece in by_id.values() if piece.id not in corrected and piece.kind is not PieceKind.WITHDRAWAL),
        key=lambda piece: (piece.happened_at, piece.id),
    )


def _settling(pieces: Iterable[Piece], at: datetime) -> Piece | None:
    """Return the judgement that settles the matter at `at`: the newest one that has not ended."""
    settled = None
    for piece in pieces:
        if piece.settles_as is not None and (piece.expires_on is None or at.date() <= piece.expires_on):
            settled = piece
    return settled


def estimate(
    pieces: Iterable[Piece], *, at: datetime, rule: Rule = DEFAULT_RULE, prior: Belief = DEFAULT_PRIOR
) -> Estimate:
    """Return mastery as of `at` with what every piece contributed; the order of arrival does not matter."""
    counted = _in_force(pieces, at)
    belief = prior
    shifts: list[tuple[Piece, float]] = []
    for piece in counted:
        before = after_time(belief, piece.happened_at, prior)
        belief = after(belief, piece, rule=rule, prior=prior)
        shifts.append((piece, belief.mean - before.mean))
    counting = [piece for piece in counted if piece.kind is not PieceKind.SELF]
    shown = summary(
        belief,
        at=at,
        newest_at=counting[-1].happened_at if counting else None,
        pieces=len(counting),
        settled=_settling(counting, at),
        rule=rule,
        prior=prior,
    )
    contributions = tuple(
        Contribution(piece=piece, shift=shift * share_kept(piece.happened_at, at), sentence=sentence, facts=facts)
        for piece, shift in shifts
        for sentence, facts in (contribution_words(piece),)
    )
    return Estimate(
        chance=shown.chance,
        low=shown.low,
        high=shown.high,
        pieces=shown.pieces,
        newest_at=shown.newest_at,
        word=shown.word,
        is_stale=shown.is_stale,
        belief=shown.belief,
        prior=shown.prior,
        version=shown.version,
        contributions=contributions,
        settled_by=shown.settled_by,
    )


def word_for(chance: float, *, pieces: int, rule: Rule = DEFAULT_RULE) -> Word:
    """Return the word of a chance; secure and beyond need enough pieces."""
    if pieces == 0:
        return Word.NONE
    if chance >= rule.beyond_chance and pieces > rule.least_pieces:
        return Word.BEYOND
    if chance >= rule.secure_chance and pieces >= rule.least_pieces:
        return Word.SECURE
    return Word.GROWING if chance >= rule.growing_chance else Word.STARTING


def summary(
    belief: Belief,
    *,
    at: datetime,
    newest_at: datetime | None,
    pieces: int,
    settled: Piece | None = None,
    rule: Rule = DEFAULT_RULE,
    prior: Belief = DEFAULT_PRIOR,
) -> Estimate:
    """Return what a stored belief says at `at`, without its contributions."""
    now = after_time(belief, at, prior)
    deviation = math.sqrt(now.variance)
    chance = expected_success(now)
    is_stale = newest_at is not None and (at - newest_at).days > rule.recheck_days
    word = word_for(chance, pieces=pieces, rule=rule)
    if settled is not None and settled.settles_as is not None:
        word = settled.settles_as
    elif is_stale and word in (Word.SECURE, Word.BEYOND):
        word = Word.RECHECK
    return Estimate(
        chance=chance,
        low=min(chance, logistic(now.mean - EIGHTY_PERCENT_Z * deviation)),
        high=max(chance, logistic(now.mean + EIGHTY_PERCENT_Z * deviation)),
        pieces=pieces,
        newest_at=newest_at,
        word=word,
        is_stale=is_stale,
        belief=now,
        prior=prior.mean,
        version=rule.version,
        settled_by=settled,
    )


def what_if(belief: Belief, *, right: bool, at: datetime, difficulty: float = 0.0) -> float:
    """Return the chance after one more first-try answer at `at`, without hints."""
    piece = Piece(
        id="what-if", kind=PieceKind.ANSWER, happened_at=at, score=1.0 if right else 0.0, difficulty=difficulty
    )
    return expected_success(after(belief, piece))
