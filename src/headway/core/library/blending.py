"""One ranking out of two: what the words say and what the meaning says, each brought to the same measure first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# How much the meaning says, 0 to 1; chosen on one half of the judged sets (docs/relevance.md).
MEANING_SHARE = 0.5


def standing(scores: Floats) -> Floats:
    """Return how many spreads each score stands above its row's mean, so that two kinds of score can be added."""
    middle = scores.mean(axis=-1, keepdims=True)
    spread = scores.std(axis=-1, keepdims=True)
    stands: Floats = ((scores - middle) / np.maximum(spread, np.float32(1e-9))).astype(np.float32)
    return stands


def blend_scores(words: Floats, meaning: Floats, *, meaning_share: float = MEANING_SHARE) -> Floats:
    """Return blended scores of every document for every question; both have the shape (questions, documents)."""
    share = np.float32(meaning_share)
    blended: Floats = (1 - share) * standing(words) + share * standing(meaning)
    return blended


def blend(
    words_ranked: Sequence[tuple[int, float]],
    meaning_ranked: Sequence[tuple[int, float]],
    *,
    meaning_share: float = MEANING_SHARE,
) -> list[tuple[int, float]]:
    """Return (id, score), the best first, out of two rankings of (id, score) of which each may lack what the other has.

    What one ranking lacks stands there at its last score: it is no better than that.
    """
    ids = list(dict.fromkeys([*(pk for pk, _ in words_ranked), *(pk for pk, _ in meaning_ranked)]))
    if not ids:
        return []
    if not words_ranked or not meaning_ranked:
        return sorted(words_ranked or meaning_ranked, key=lambda entry: (-entry[1], entry[0]))
    sides = []
    for ranked in (words_ranked, meaning_ranked):
        have = dict(ranked)
        last = min(have.values())
        values = np.array([list(have.values())], dtype=np.float32)
        middle, spread = values.mean(), max(float(values.std()), 1e-9)
        sides.append(np.array([(have.get(pk, last) - middle) / spread for pk in ids]))
    blended = (1 - meaning_share) * sides[0] + meaning_share * sides[1]
    return sorted(zip(ids, blended.tolist(), strict=True), key=lambda entry: (-entry[1], entry[0]))
