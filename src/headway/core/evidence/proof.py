"""Which one question lets a student show that a skill sits: the hardest that is still fair, and hard to guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from headway.core.evidence.next_item import EASY_TO_GUESS, Question

LEAST_CHANCE: Final = 0.5  # somebody whose skill just sits gets it right more often than not, or it proves nothing
SECURE_SHARE: Final = 0.8


def chance_when_secure(question: Question, *, secure_share: float = SECURE_SHARE) -> float:
    """Return how likely somebody right on the line of secure answers a question, guessing included, 0 to 1."""
    line = math.log(secure_share / (1.0 - secure_share))
    knows = 1.0 / (1.0 + math.exp(question.difficulty - line))
    return question.guess_chance + (1.0 - question.guess_chance) * knows


def choose_proof(questions: Sequence[Question], *, secure_share: float = SECURE_SHARE) -> Question | None:
    """Return the question for a proof, or None where there is none that was not seen before.

    Questions that can be guessed come last, then those that are too hard for somebody who is secure; of the rest the
    hardest, of those too hard the easiest. Equals come in the order of their ids.
    """
    fresh = [question for question in questions if question.times_seen <= 0]

    def order(question: Question) -> tuple[bool, bool, float, str]:
        is_too_hard = chance_when_secure(question, secure_share=secure_share) < LEAST_CHANCE
        hardness = question.difficulty if is_too_hard else -question.difficulty
        return question.guess_chance >= EASY_TO_GUESS, is_too_hard, hardness, f"{question.id!s:>12}"

    return min(fresh, key=order, default=None)
