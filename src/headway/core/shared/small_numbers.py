"""Numbers of groups too small to be private: which are left out, so that none can be worked out from the others."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Final, TypeVar

LEAST_STUDENTS: Final = 10

Cell = TypeVar("Cell", bound=Hashable)


def hidden_cells(
    counts: Mapping[Cell, int], lines: Iterable[tuple[Cell, Collection[Cell]]], *, least: int = LEAST_STUDENTS
) -> frozenset[Cell]:
    """Return the cells of a table that may not be shown.

    A cell of 1 to `least` - 1 students is hidden. A line is a total and the cells that add up to it: where the total is
    shown, and its hidden cells are just one or hold fewer than `least` students altogether, they could be worked out by
    taking the shown ones away, so the next smallest is hidden as well, until nothing changes. Under a hidden total
    everything is hidden. Cells without students hide nobody. This looks at one line at a time; it does not solve all
    lines together.
    """
    hidden = {cell for cell, count in counts.items() if 0 < count < least}
    table = [(total, [cell for cell in parts if counts.get(cell, 0)]) for total, parts in lines]
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for total, parts in table:
            shown = [cell for cell in parts if cell not in hidden]
            inside = [counts[cell] for cell in parts if cell in hidden]
            if total in hidden:
                hidden.update(shown)
            elif shown and inside and (len(inside) == 1 or sum(inside) < least):
                hidden.add(min(shown, key=lambda cell: (counts[cell], str(cell))))
    return frozenset(hidden)
