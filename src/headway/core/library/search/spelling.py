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
MOST_WORDS = 60_000  # the most frequent ones; rarer words are names and errors themselves
CLOSEST_KEPT = 3


@dataclass(frozen=True)
class Spelling:
    """The words of a library by first letter and length, and the number of resources that have each."""

    by_beginning: dict[tuple[str, int], list[str]]
    counts: dict[str, int]


def learn(terms: Iterable[tuple[str, int]]) -> Spelling:
    """Return the spelling of a library from its words and how many resources have each."""
    counts = {
        word: count
        for word, count in terms
        if count >= FEWEST_RESOURCES and len(word) >= SHORTEST_MENDED - 1 and word.isalpha()
    }
    by_beginning: dict[tuple[str, int], list[str]] = defaultdict(list)
    for word in counts:
        by_beginning[word[0], len(word)].append(word)
    return Spelling(by_beginning=dict(by_beginning), counts=counts)


def meant(spelling: Spelling, word: str) -> tuple[str, ...]:
    """Return the words that `word` may have been meant as, the likeliest first; none for short words and numbers.

    One letter too many, too few, wrong or swapped; two of them in a word of eight letters or more (optimal string alignment
    distance). A word with the same first letter comes before others; among equally near ones the more frequent one wins.
    """
    if len(word) < SHORTEST_MENDED or not word.isalpha():
        return ()
    furthest = 2 if len(word) >= LONG_WORD else 1
    lengths = range(len(word) - furthest, len(word) + furthest + 1)
    # Nearly all errors come after the first letter, and a look at one letter's words costs a twentieth.
    letters = {first for first, _length in spelling.by_beginning}
    near = _near(spelling, word, [(word[0], length) for length in lengths], furthest)
    if not near:
        near = _near(spelling, word, [(letter, length) for letter in letters for length in lengths], furthest)
    best = near[0][0] if near else 0
    return tuple(one for distance, _count, one in near if distance == best)[:CLOSEST_KEPT]


def _near(
    spelling: Spelling, word: str, shelves: Iterable[tuple[str, int]], furthest: int
) -> list[tuple[float, int, str]]:
    """Return (distance, minus the count, word) of near words on some shelves, the nearest and most frequent first."""
    near: list[tuple[float, int, str]] = []
    for shelf in shelves:
        words = spelling.by_beginning.get(shelf, ())
        found = extract(word, words, scorer=OSA.distance, score_cutoff=furthest, limit=20)
        near += [(distance, -spelling.counts[one], one) for one, distance, _place in found]
    return sorted(near)
