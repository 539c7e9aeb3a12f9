"""Grades as others write them: `K`, `KG`, `01`, `9-12`, `Ninth grade`, `HS`."""

from __future__ import annotations

import re
from collections.abc import Iterable

LOWEST, HIGHEST = 0, 12
# Before kindergarten counts as kindergarten: Headway's first grade is 0.
_WORDS = {
    "k": 0, "kg": 0, "pk": 0, "pre-k": 0, "prek": 0, "tk": 0, "it": 0, "pr": 0, "kindergarten": 0, "prekindergarten": 0,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_BANDS = {"es": (0, 5), "ms": (6, 8), "hs": (9, 12), "elementary": (0, 5), "middle": (6, 8), "high": (9, 12)}
_PART = re.compile(r"pre-k|[a-z]+|\d+", re.IGNORECASE)


def grades_in(levels: Iterable[str]) -> tuple[int | None, int | None]:
    """Return the lowest and the highest grade that the words name; (None, None) where they name none."""
    found: list[int] = []
    for level in levels:
        for part in _PART.findall(str(level)):
            word = part.casefold()
            if word.isdecimal():
                number = int(word)
                if LOWEST <= number <= HIGHEST:
                    found.append(number)
            elif word in _WORDS:
                found.append(_WORDS[word])
            elif word in _BANDS:
                found.extend(_BANDS[word])
    return (min(found), max(found)) if found else (None, None)
