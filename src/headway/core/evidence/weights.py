"""How much each kind of evidence says, as one table (mastery.md 4.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog

HINT_COST = 0.2  # each hint asked for takes this share off a right answer ...
LEAST_WITH_HINTS = 0.4  # ... but a right answer never counts for less than this
HINT_WEIGHT = 0.6  # an answer after hints says less about the student alone
LATER_ATTEMPT_WEIGHT = 0.4  # a second try has seen the feedback
PAPER_WEIGHT = 0.9  # what was written down later may be written down wrong


def answer_weights(log: AnswerLog) -> NDArray[np.float64]:
    """Return how much each answer of a log counts, 0 to 1."""
    weight = np.ones(log.rows)
    if log.hints is not None:
        weight[log.hints > 0] *= HINT_WEIGHT
    if log.attempt is not None:
        weight[log.attempt > 1] *= LATER_ATTEMPT_WEIGHT
    return weight
