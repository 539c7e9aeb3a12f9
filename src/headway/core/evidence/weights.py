"""How much each kind of evidence says, as one table (mastery.md 4.3)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.values import Piece, PieceKind

HINT_COST = 0.2  # each hint asked for takes this share off a right answer ...
LEAST_WITH_HINTS = 0.4  # ... but a right answer never counts for less than this
HINT_WEIGHT = 0.6  # an answer after hints says less about the student alone
LATER_ATTEMPT_WEIGHT = 0.4  # a second try has seen the feedback
PAPER_WEIGHT = 0.9  # what was written down later may be written down wrong
SLIP_CHANCE = 0.05  # of those who can do it, how many get a question wrong all the same

# Noise of a rated level, in logits: what a person saw is dear, but one look is one look. Raters differ by about half a logit,
# which is in these figures until a rater's own offset is known.
LEVEL_NOISE = {
    PieceKind.RUBRIC: 1.0,
    PieceKind.PRODUCT: 1.0,
    PieceKind.CONFERENCE: 1.0,
    PieceKind.OBSERVATION: 1.5,
    PieceKind.JUDGEMENT: 0.6,
}
USUAL_NOISE = 1.5
LEVEL_WIDTH = 1.5  # logits between the edges of two rubric levels
SECURE_LOGIT = math.log(0.8 / 0.2)  # "proficient" begins where a reference question succeeds 8 times in 10


def counts(piece: Piece) -> bool:
    """Whether a piece moves mastery; the student's own view is shown and does not."""
    return piece.kind not in (PieceKind.SELF, PieceKind.WITHDRAWAL)


def is_rated(piece: Piece) -> bool:
    """Whether a piece is a level that a person gave."""
    return piece.kind is not PieceKind.ANSWER and piece.level is not None and bool(piece.levels)


def credit(piece: Piece) -> float:
    """Return the share, 0 to 1, that an answer or a score counts as right."""
    score = min(1.0, max(0.0, piece.score))
    return score * max(LEAST_WITH_HINTS, 1.0 - HINT_COST * piece.hints_used) if piece.hints_used else score


def weight(piece: Piece) -> float:
    """Return how much an answer says about the student alone, 0 to 1."""
    share = HINT_WEIGHT if piece.hints_used else 1.0
    share *= LATER_ATTEMPT_WEIGHT if piece.attempt > 1 else 1.0
    return share * (PAPER_WEIGHT if piece.on_paper else 1.0)


def level_edges(level: int, levels: int) -> tuple[float, float]:
    """Return the logits between which a rated level lies; the last but one level is "proficient"."""
    proficient = max(1, levels - 2)
    low = -math.inf if level <= 0 else SECURE_LOGIT + LEVEL_WIDTH * (level - proficient)
    high = math.inf if level >= levels - 1 else SECURE_LOGIT + LEVEL_WIDTH * (level + 1 - proficient)
    return low, high


def answer_weights(log: AnswerLog) -> NDArray[np.float64]:
    """Return how much each answer of a log counts, 0 to 1."""
    weights = np.ones(log.rows)
    if log.hints is not None:
        weights[log.hints > 0] *= HINT_WEIGHT
    if log.attempt is not None:
        weights[log.attempt > 1] *= LATER_ATTEMPT_WEIGHT
    return weights


def answer_credits(log: AnswerLog) -> NDArray[np.float64]:
    """Return the share of each answer of a log that counts as right."""
    if log.hints is None:
        return log.score
    kept: NDArray[np.float64] = log.score * np.maximum(LEAST_WITH_HINTS, 1.0 - HINT_COST * log.hints)
    return kept
