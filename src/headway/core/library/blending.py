"""One ranking out of two: what the words say and what the meaning says.

The words' score counts as a share of the best one for this question, the meaning's as the cosine it is. That needs nothing
but the two lists, and does as well on the judged sets as measuring each score by its spread over all documents, and
better than adding up ranks (docs/relevance.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# How much the meaning says, 0 to 1; chosen on one half of the judged sets.
MEANING_SHARE = 0.65
LEAST_SCORE = 1e-6


def blend_scores(words: Floats, cosines: Floats, *, meaning_share: float = MEANING_SHARE) -> Floats:
    """Return blended scores of every document for every question; both have the shape (questions, documents)."""
    share = np.float32(meaning_share)
    best = np.maximum(words.max(axis=-1, keepdims=True), np.float32(LEAST_SCORE))
    blended: Floats = (1 - share) * (words / best) + share * cosines
    return blended


def blend(
    words_ranked: Sequence[tuple[int, float]],
    cosines: Mapping[int, float],
    *,
    meaning_share: float = MEANING_SHARE,
) -> list[tuple[int, float]]:
    """Return (id, score), the best first, out of what words found and the cosines of all that either way found.

    Only what has no vector may lack a cosine; it counts as the least one.
    """
    best = max([LEAST_SCORE, *(score for _, score in words_ranked)])
    said = {pk: score / best for pk, score in words_ranked}
    least = min(cosines.values(), default=0.0)
    ids = dict.fromkeys([*said, *cosines])
    scored = [(pk, (1 - meaning_share) * said.get(pk, 0.0) + meaning_share * cosines.get(pk, least)) for pk in ids]
    return sorted(scored, key=lambda entry: (-entry[1], entry[0]))
