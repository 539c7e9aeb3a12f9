"""How good is a ranking? Held against answers that people gave (recall and the reciprocal rank of the first right one)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CUTS = (5, 10)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Means over questions, each 0 to 1.

    `recall_5` and `recall_10`: the share of the right answers that stand among the first 5 and 10; `found_10`: the share of
    questions with any right answer among the first 10; `reciprocal_rank`: 1 for a right answer in first place, 1/2 in
    second, ...; 0 beyond what was ranked.
    """

    questions: int
    recall_5: float
    recall_10: float
    found_10: float
    reciprocal_rank: float


def figures(rankings: Iterable[Sequence[int]], answers: Iterable[set[int]], *, wanted: Iterable[int]) -> Figures:
    """Return the figures of rankings (the best first) against the right answers among what could be found.

    `wanted` is how many right answers each question has, those that could not be found at all included: they count
    against the recall. A question without a right answer is left out.
    """
    count = 0
    sums = {"recall_5": 0.0, "recall_10": 0.0, "found_10": 0.0, "reciprocal_rank": 0.0}
    for ranking, right, most in zip(rankings, answers, wanted, strict=True):
        if not most:
            continue
        count += 1
        for cut in CUTS:
            sums[f"recall_{cut}"] += len(right.intersection(ranking[:cut])) / most
        sums["found_10"] += bool(right.intersection(ranking[:10]))
        first = next((place for place, one in enumerate(ranking, start=1) if one in right), 0)
        sums["reciprocal_rank"] += 1 / first if first else 0.0
    return Figures(questions=count, **{name: total / count if count else 0.0 for name, total in sums.items()})


@dataclass(frozen=True, kw_only=True)
class Band:
    """Suggestions of about one confidence: what was claimed on average, and how often it was right."""

    suggestions: int
    claimed: float
    right: float


def reliability(claims: Sequence[tuple[float, bool]], *, bands: int = 10) -> tuple[Band, ...]:
    """Return claims of confidence (0 to 1) beside how often they were right, in bands of equal width; empty ones left out."""
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(bands)]
    for confidence, right in claims:
        sorted_in[min(bands - 1, int(confidence * bands))].append((confidence, right))
    return tuple(
        Band(
            suggestions=len(inside),
            claimed=sum(confidence for confidence, _ in inside) / len(inside),
            right=sum(right for _, right in inside) / len(inside),
        )
        for inside in sorted_in
        if inside
    )


def calibration_error(bands: Sequence[Band]) -> float:
    """Return the mean distance between what was claimed and what was right, each band by its suggestions; 0 is perfect."""
    total = sum(band.suggestions for band in bands)
    return sum(abs(band.claimed - band.right) * band.suggestions for band in bands) / total if total else 0.0
