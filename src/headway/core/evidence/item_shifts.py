"""Which questions are harder or easier for a group at equal mastery: differential item functioning, for a person to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.evidence.calibration import STAGES, Floats
from headway.core.evidence.fairness import LEAST_STUDENTS, contrasts_of, shown_groups, stage_of

# Classes of Educational Testing Service: 1 and 1.5 of its delta scale, which has 2.35 delta to a logit (Dorans & Holland 1993).
MODERATE_SHIFT_LOGITS = 0.43
LARGE_SHIFT_LOGITS = 0.64
LEAST_Z = 3.3  # one false alarm in a thousand questions, since many are looked at


@dataclass(frozen=True, kw_only=True)
class ItemShift:
    """How much easier (above 0) an item is for a group than for others of equal mastery, in logits and in points of 100.

    `letter` is the class of Educational Testing Service: A no or little, B moderate, C large. B and C are to be looked at.
    """

    item: int
    group: str
    answers: int
    answers_of_others: int
    shift_logits: float
    error_logits: float
    z: float
    points: float
    letter: str


def _cell_shifts(right: Floats, logit: Floats, cell: NDArray[np.int64], cells: int) -> tuple[Floats, Floats, Floats]:
    """Return, per cell, the shift of the logit that makes expected and right answers agree, its information, and residuals.

    Newton's steps, held to 0 with the weight of N(0, 3²), so that a cell where all were right stays finite.
    """
    held = np.full(cells, 1 / 9)
    shift, information, residual = np.zeros(cells), held, np.zeros(len(right))
    for _newton_step in range(12):
        fitted = scipy.special.expit(logit + shift[cell])
        residual = right - fitted
        information = held + np.bincount(cell, fitted * (1 - fitted), minlength=cells)
        step = (np.bincount(cell, residual, minlength=cells) - held * shift) / information
        shift += np.clip(step, -1, 1)
    return shift, information, residual


def _clustered(
    residual: Floats, cell: NDArray[np.int64], student: NDArray[Any], cells: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Return, per cell, the variance of its summed residuals, students taken as the unit, and how many students it has."""
    names, student_of_row = np.unique(student, return_inverse=True)
    pairs, pair_of_row = np.unique(cell * len(names) + student_of_row, return_inverse=True)
    cell_of_pair = pairs // len(names)
    students = np.bincount(cell_of_pair, minlength=cells)
    squares = np.bincount(cell_of_pair, np.bincount(pair_of_row, residual) ** 2, minlength=cells)
    return squares * students / np.maximum(students - 1, 1), students


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _letter(shift: float, z: float) -> str:
    if abs(z) <= LEAST_Z or abs(shift) <= MODERATE_SHIFT_LOGITS:
        return "A"
    return "C" if abs(shift) > LARGE_SHIFT_LOGITS else "B"


def item_dif(
    right: Floats,
    logit: Floats,
    item: NDArray[Any],
    student: NDArray[Any],
    group: NDArray[Any],
    group_names: Sequence[str],
    *,
    answers_before: NDArray[Any] | None = None,
    least_answers: int = 30,
    least_students: int = LEAST_STUDENTS,
) -> tuple[ItemShift, ...]:
    """Return each item's shift for each group beside the others of equal mastery, the ones to look at first.

    `logit` is what was expected of the student before the answer, with or without the item's own difficulty, which is
    found anew. Expected answers are first made to agree with each group's on the whole (by stage, if `answers_before` is
    given), and shifts are counted from the median item: what a group does differently everywhere is not about an item. The
    error allows for several answers of one student (sandwich by student and item). Logistic differential item functioning
    as in Swaminathan & Rogers (1990), with the estimate's own logit instead of a test score.
    """
    asked = np.isfinite(right)
    right, logit, item, student, group = right[asked], logit[asked], item[asked], student[asked], group[asked]
    stage = np.zeros(len(right), np.int64) if answers_before is None else stage_of(answers_before[asked])
    shown = shown_groups(student, group, group_names, least_students)
    found: list[ItemShift] = []
    for number, others in contrasts_of(shown):
        rows = np.flatnonzero(np.isin(group, [number, *others]))
        in_group = (group[rows] == number).astype(np.int64)
        overall = 2 * stage[rows] + in_group
        level = _cell_shifts(right[rows], logit[rows], overall, 2 * len(STAGES))[0][overall]
        items, item_of_row = np.unique(item[rows], return_inverse=True)
        cell = 2 * item_of_row + in_group
        shift, information, residual = _cell_shifts(right[rows], logit[rows] + level, cell, 2 * len(items))
        answers = np.bincount(cell, minlength=len(shift))
        spread, people = _clustered(residual, cell, student[rows], len(shift))
        variance = spread / information**2
        is_told = (answers >= least_answers) & (people >= max(2, least_students))
        enough = is_told[::2] & is_told[1::2]
        if not enough.any():
            continue
        apart: Floats = shift[1::2] - shift[::2]
        error: Floats = np.sqrt(np.maximum(variance[1::2] + variance[::2], 1e-12))
        apart -= _weighted_median(apart[enough], 1 / error[enough] ** 2)
        chance = np.bincount(item_of_row, right[rows]) / np.bincount(item_of_row)
        for place in np.flatnonzero(enough).tolist():
            z = float(apart[place] / error[place])
            odds = math.log((chance[place] + 1e-9) / (1 - chance[place] + 1e-9))
            half = float(apart[place]) / 2
            points = 100 * float(scipy.special.expit(odds + half) - scipy.special.expit(odds - half))
            found.append(
                ItemShift(
                    item=int(items[place]),
                    group=group_names[number],
                    answers=int(answers[2 * place + 1]),
                    answers_of_others=int(answers[2 * place]),
                    shift_logits=float(apart[place]),
                    error_logits=float(error[place]),
                    z=z,
                    points=points,
                    letter=_letter(float(apart[place]), z),
                )
            )
    return tuple(sorted(found, key=lambda one: (-ord(one.letter), -abs(one.z), one.item, one.group)))
