"""A log of answers as columns: what the learner model is fitted on and measured with.

Rows are sorted by student and then by time; ids are dense numbers from 0, the names they had in the file stand beside them.
One row is one answer: an item that asks for several competencies has a *set* of them, never several rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class AnswerLog:
    """Answers of many students.

    `starts[s]:starts[s + 1]` are the rows of student s; `item` and `skill_set` are numbers per row; `score` is a share 0 to 1,
    or nan where the student studied without being asked; `seconds` count from the first event of the log, None where it has
    no times; `skills` of set k are `members[set_starts[k]:set_starts[k + 1]]`. `hints` are how many were asked for,
    `attempt` counts from 1, `guess` is the chance to guess right. `parts` holds a number per student for every named way
    to split the log (such as "fold"), `groups` a number per student for every named group column, with `group_names`.
    """

    starts: NDArray[np.int64]
    item: Ints
    skill_set: Ints
    score: Floats
    set_starts: Ints
    members: Ints
    seconds: Floats | None = None
    hints: Ints | None = None
    attempt: Ints | None = None
    guess: Floats | None = None
    student_names: tuple[str, ...] = ()
    item_names: tuple[str, ...] = ()
    skill_names: tuple[str, ...] = ()
    parts: Mapping[str, Ints] = field(default_factory=dict)
    groups: Mapping[str, Ints] = field(default_factory=dict)
    group_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_items: bool = True

    @property
    def rows(self) -> int:
        """How many answers there are."""
        return len(self.item)

    @property
    def students(self) -> int:
        """How many students there are."""
        return len(self.starts) - 1

    @property
    def items(self) -> int:
        """How many different items there are; ids are below this."""
        return max(len(self.item_names), int(self.item.max()) + 1 if self.rows else 0)

    @property
    def skills(self) -> int:
        """How many different competencies there are; ids are below this."""
        return max(len(self.skill_names), int(self.members.max()) + 1 if len(self.members) else 0)

    def student_of_row(self) -> Ints:
        """Return the student's number of every row."""
        return np.repeat(np.arange(self.students, dtype=np.int32), np.diff(self.starts))


PLACES = 3  # of these there is one pseudo-item each, chosen on held-out students
_PER_ROW = ("item", "skill_set", "score", "seconds", "hints", "attempt", "guess")


def with_students(log: AnswerLog, chosen: NDArray[Any]) -> AnswerLog:
    """Return the log of the chosen students (numbers, in the order given); items and skills keep their ids."""
    chosen = np.asarray(chosen, dtype=np.int64)
    lengths = np.diff(log.starts)[chosen]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.repeat(log.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
    columns = {name: getattr(log, name)[rows] for name in _PER_ROW if getattr(log, name) is not None}
    return replace(
        log,
        starts=starts,
        student_names=tuple(log.student_names[student] for student in chosen) if log.student_names else (),
        parts={name: part[chosen] for name, part in log.parts.items()},
        groups={name: group[chosen] for name, group in log.groups.items()},
        **columns,
    )


def cut_into_pieces(log: AnswerLog, rows: int) -> AnswerLog:
    """Return the log with every student's rows cut into sequences of at most `rows`, each a student of its own."""
    pieces: list[int] = []
    owner: list[int] = []
    for student in range(log.students):
        start, end = int(log.starts[student]), int(log.starts[student + 1])
        cuts = list(range(start, end, rows)) or [start]
        pieces.extend(cuts)
        owner.extend([student] * len(cuts))
    starts = np.array([*pieces, log.rows], dtype=np.int64)
    owners = np.array(owner, dtype=np.int64)
    return replace(
        log,
        starts=starts,
        student_names=tuple(log.student_names[student] for student in owners) if log.student_names else (),
        parts={name: part[owners] for name, part in log.parts.items()},
        groups={name: group[owners] for name, group in log.groups.items()},
    )


def with_places(log: AnswerLog, most: int = PLACES) -> AnswerLog:
    """Return a log without items with the place of an answer in its skill (first, second, ..., later) in the item's stead.

    Problem sets are worked through in order, so the place tells which question it was.
    """
    key = log.student_of_row().astype(np.int64) * len(log.set_starts) + log.skill_set
    order = np.argsort(key, kind="stable")
    is_first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    place = np.arange(log.rows)
    count = np.empty(log.rows, dtype=np.int64)
    count[order] = place - np.maximum.accumulate(np.where(is_first, place, 0))
    item = log.skill_set * (most + 1) + np.minimum(count, most)
    return replace(log, item=item.astype(np.int32), item_names=())
