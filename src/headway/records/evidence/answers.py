"""A school's own answers as a log of columns: what the learner model is fitted on again and measured with."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from headway.core.evidence.answer_log import AnswerLog, Ints
from headway.records.evidence.models import Evidence
from headway.records.roster.models import Organisation, RoleGrant
from headway.records.standards.queries import lending

_COLUMNS = (
    "student_id",
    "happened_at",
    "item_id",
    "score",
    "source",
    "competency_id",
    "hints_used",
    "attempt",
    "guess_chance",
)
NOBODY = -1


def _number(of: dict[Any, int], name: Any) -> int:
    """Return the dense number of a name, in the order in which names are met."""
    return of.setdefault(name, len(of))


def answer_log(
    *, school: Organisation | None = None, groups: Mapping[str, Mapping[int, str]] | None = None
) -> AnswerLog:
    """Return all answers as a log, streamed from the rows: of one school or of everybody.

    Only answers: what adults judged and rated never trains the model. Names are primary keys as text: of students, of items,
    of competencies; an answer without an item counts as one to an unknown question of its competency. `groups` gives a named
    group to students by primary key, such as {"language": {12: "Spanish"}}; who is in none of a kind has the number −1.
    """
    students: dict[int, int] = {}
    items: dict[Any, int] = {}
    skills: dict[int, int] = {}
    sets: dict[tuple[int, ...], int] = {}
    starts, item, skill_set, hints, attempt = array("q", [0]), array("i"), array("i"), array("i"), array("i")
    score, seconds, guess = array("d"), array("d"), array("d")
    for student_id, own in groupby(_rows(school), key=itemgetter(0)):
        _number(students, student_id)
        for rows in _answers(own):
            together = tuple(sorted(_number(skills, row[5]) for row in rows))
            _student, happened_at, item_id, share, _source, _competency, hinted, tries, guessed = rows[0]
            skill_set.append(_number(sets, together))
            item.append(_number(items, item_id if item_id is not None else together))
            score.append(share)
            seconds.append(happened_at.timestamp())
            hints.append(hinted)
            attempt.append(tries)
            guess.append(guessed)
        starts.append(len(item))
    began = min(seconds, default=0.0)
    members = [skill for together in sets for skill in together]
    named = _groups(groups or {}, list(students))
    return AnswerLog(
        starts=np.array(starts, dtype=np.int64),
        item=np.array(item, dtype=np.int32),
        skill_set=np.array(skill_set, dtype=np.int32),
        score=np.array(score, dtype=np.float64),
        set_starts=np.cumsum([0, *(len(together) for together in sets)]).astype(np.int32),
        members=np.array(members, dtype=np.int32),
        seconds=np.array(seconds, dtype=np.float64) - began,
        hints=np.array(hints, dtype=np.int32),
        attempt=np.array(attempt, dtype=np.int32),
        guess=np.array(guess, dtype=np.float64),
        student_names=tuple(str(key) for key in students),
        item_names=tuple(str(key) if isinstance(key, int) else "" for key in items),
        skill_names=tuple(str(key) for key in skills),
        groups={name: numbers for name, (numbers, _names) in named.items()},
        group_names={name: names for name, (_numbers, names) in named.items()},
        has_items=any(isinstance(key, int) for key in items),
    )


def _rows(school: Organisation | None) -> Iterator[tuple[Any, ...]]:
    rows = Evidence.objects.filter(kind=Evidence.Kind.ANSWER, corrected_by__isnull=True)
    if school is not None:
        rows = rows.filter(student__in=RoleGrant.objects.filter(organisation=school, role="student").values("person"))
    ordered = rows.order_by("student_id", "happened_at", "item_id", "source", "client_id")
    return iter(ordered.values_list(*_COLUMNS).iterator(chunk_size=5000))


def _answers(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of each answer: one about several competencies is several rows of evidence, at the same moment."""
    for _key, same in groupby(rows, key=itemgetter(1, 2, 3, 4)):
        found = list(same)
        if len(found) == 1 or len({row[5] for row in found}) == len(found):
            yield found
        else:
            yield from ([row] for row in found)


def _groups(groups: Mapping[str, Mapping[int, str]], student_ids: list[int]) -> dict[str, tuple[Ints, tuple[str, ...]]]:
    found = {}
    for name, of in groups.items():
        names = tuple(sorted({of[student] for student in student_ids if student in of}))
        place = {own: number for number, own in enumerate(names)}
        numbers = [place[of[student]] if student in of else NOBODY for student in student_ids]
        found[name] = np.array(numbers, dtype=np.int32), names
    return found


def lending_pairs(log: AnswerLog) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return which competency of a log lends to which, as pairs of its numbers: the first lends to the second."""
    number = {int(name): place for place, name in enumerate(log.skill_names)}
    pairs = [
        (number[lender], number[taker])
        for taker, lenders in lending(number).items()
        for lender in lenders
        if lender in number
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
