"""Evidence becomes mastery with its doubt."""

from headway.core.evidence.learner_model import after, estimate, expected_success, summary, what_if, word_for
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
    belief_from_json,
)

__all__ = [
    "DEFAULT_PRIOR",
    "DEFAULT_RULE",
    "Belief",
    "Contribution",
    "Estimate",
    "Piece",
    "PieceKind",
    "Rule",
    "Word",
    "after",
    "belief_from_json",
    "estimate",
    "expected_success",
    "summary",
    "what_if",
    "word_for",
]
