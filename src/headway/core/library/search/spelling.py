"""Words that nobody wrote: which word of the library was meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

SHORTEST_MENDED = 4
LONG_WORD = 8
FEWEST_RESOURCES = 2
CLOSEST_KEPT = 3


@dataclass(frozen=True)
class Spelling:
    """The words of a library by their length, each with the number of resources that have it."""

    by_length: dict[int, list[str]]
    counts: dict[str, int]


def learn(terms: Iterable[tuple[str, int]]) -> Spelling:
    """Return the spelling of a library from its words and how many resources have each."""
    counts = {
        word: count
        for word, count in terms
        if count >= FEWEST_RESOURCES and len(word) >= SHORTEST_MENDED - 1 and word.isalpha()
    }
    by_length: dict[int, list[str]] = defaultdict(list)
    for word in counts:
        by_length[len(word)].append(word)
    return Spelling(by_length=dict(by_length), counts=counts)


def meant(spelling: Spelling, word: str) -> tuple[str, ...]:
    """Return the words that `word` may have been meant as, the likeliest first; none for short words and numbers.

    One letter too many, too few, wrong or swapped; two of them in a word of eight letters or more (optimal string alignment
    distance). Among equally near words the more frequent one wins, and one with the same first letter before others.
    """
    if len(word) < SHORTEST_MENDED or not word.isalpha():
        return ()
    furthest = 2 if len(word) >= LONG_WORD else 1
    near: list[tuple[int, bool, int, str]] = []
    for length in range(len(word) - furthest, len(word) + furthest + 1):
        found = extract(word, spelling.by_length.get(length, ()), scorer=OSA.distance, score_cutoff=furthest, limit=20)
        near += [(distance, one[0] != word[0], -spelling.counts[one], one) for one, distance, _place in found]
    near.sort()
    best = near[0][0] if near else 0
    return tuple(one for distance, _first, _count, one in near if distance == best)[:CLOSEST_KEPT]
