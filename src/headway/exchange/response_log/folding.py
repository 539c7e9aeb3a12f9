"""Makes one answer of the rows that say it again for another skill.

Rows come sorted by student, time, order and place in the file, some hundred thousand at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


class Sameness(Enum):
    """What shows that a row says the answer of the row before it once more."""

    MARKED = auto()
    """A column of the log says so."""
    NUMBERED = auto()
    """The log numbers its answers, and the number is the same."""
    NEIGHBOUR = auto()
    """The same student, item, time and result right after it, with a skill that is new."""


@dataclass
class SkillSets:
    """Numbers for sets of skills: one for each cell as written, and one for each union of the cells of an answer."""

    of_cells: Sequence[tuple[int, ...]]
    without: int
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)
    _of_cell: dict[int, int] = field(default_factory=dict)

    def of_cell(self, cells: NDArray[Any]) -> NDArray[np.int32]:
        """Return the set's number of every cell."""
        distinct, back = np.unique(cells, return_inverse=True)
        for cell in distinct.tolist():
            if cell not in self._of_cell:
                self._of_cell[cell] = self._number(self.of_cells[cell])
        return np.array([self._of_cell[cell] for cell in distinct.tolist()], dtype=np.int32)[back]

    def of_union(self, cells: Sequence[int]) -> int:
        """Return the number of the set of all skills of some cells."""
        return self._number(tuple(skill for cell in cells for skill in self.of_cells[cell]))

    def rounds(self, cells: Sequence[int]) -> list[int]:
        """Return where each answer begins among rows of one item: where a skill comes that the answer has already."""
        cuts, seen = list[int](), set[int]()
        for place, cell in enumerate(cells):
            skills = self.of_cells[cell]
            if not cuts or not seen.isdisjoint(skills):
                cuts.append(place)
                seen = set()
            seen.update(skills)
        return cuts

    def _number(self, skills: tuple[int, ...]) -> int:
        known = tuple(sorted(set(skills))) or (self.without,)
        return self.numbers.setdefault(known, len(self.numbers))


def repeats_of_row_before(rows: Columns, sameness: Sameness | None) -> NDArray[np.bool_]:
    """Return for every row whether it may be the answer of the row before it; the first never is."""
    if sameness is None:
        return np.zeros(len(rows["student"]), dtype=np.bool_)
    names = {
        Sameness.MARKED: ("student",),
        Sameness.NUMBERED: ("student", "number", "item", "score"),
        Sameness.NEIGHBOUR: ("student", "item", "seconds", "score"),
    }[sameness]
    same = np.ones(len(rows["student"]), dtype=np.bool_)
    same[:1] = False
    for name in names:
        column = rows[name]
        equal = column[1:] == column[:-1]
        if column.dtype.kind == "f":
            equal |= np.isnan(column[1:]) & np.isnan(column[:-1])
        same[1:] &= equal
    if sameness is Sameness.MARKED:
        same &= rows["again"] > 0
    return same


def fold(
    rows: Columns, is_repeat: NDArray[np.bool_], sets: SkillSets, sameness: Sameness | None
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (place of each answer's first row, number of its set of skills)."""
    cells = rows["cell"]
    starts = np.flatnonzero(~is_repeat)
    lengths = np.diff(np.append(starts, len(cells)))
    if sameness is Sameness.NEIGHBOUR:
        # A run of one cell is the same item several times, and each is an answer.
        joins = np.logical_or.reduceat(cells != np.repeat(cells[starts], lengths), starts)
    else:
        joins = lengths > 1
    is_first = np.repeat(~joins, lengths) | ~is_repeat
    unions: dict[int, int] = {}
    for start, length in zip(starts[joins].tolist(), lengths[joins].tolist(), strict=True):
        run = cells[start : start + length].tolist()
        cuts = sets.rounds(run) if sameness is Sameness.NEIGHBOUR else [0]
        for begin, end in zip(cuts, [*cuts[1:], length], strict=True):
            is_first[start + begin] = True
            unions[start + begin] = sets.of_union(run[begin:end])
    firsts = np.flatnonzero(is_first)
    joined = np.searchsorted(firsts, np.fromiter(unions, dtype=np.int64, count=len(unions)))
    alone = np.ones(len(firsts), dtype=np.bool_)
    alone[joined] = False
    numbers = np.empty(len(firsts), dtype=np.int32)
    numbers[joined] = np.fromiter(unions.values(), dtype=np.int32, count=len(unions))
    numbers[alone] = sets.of_cell(cells[firsts[alone]])
    return firsts, numbers
