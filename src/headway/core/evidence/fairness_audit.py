"""Is the model in use as good for one group of a school's students as for another? From the school's own answers.

Every answer is foretold from what came before it alone, with the numbers in use today, and compared with what the student did.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.coverage import LEVELS, coverage, deviation_of
from headway.core.evidence.fairness import LEAST_STUDENTS, by_group
from headway.core.evidence.fairness_report import FairnessReport, report
from headway.core.evidence.fitting import forecast
from headway.core.evidence.item_shifts import item_dif
from headway.core.evidence.look_ahead import blocks_ahead, doubt_of
from headway.core.evidence.scorecards import Scorecards
from headway.core.evidence.walk import Neighbours
from headway.core.shared.errors import RuleBroken, gettext_noop

LEAST_ANSWERS = 200
MOST_BLOCKS = 20_000  # more change the third digit of what ranges cover

TOO_FEW = gettext_noop(
    "There are {answers} answers by {students} students so far. A comparison needs at least {least} answers by "
    "{least_students} students."
)


def check_enough(log: AnswerLog) -> None:
    """Raise unless there are enough answers, by enough students, that something can be said and nobody recognized."""
    least_students = 2 * LEAST_STUDENTS
    if log.rows < LEAST_ANSWERS or log.students < least_students:
        raise RuleBroken(
            TOO_FEW, answers=log.rows, students=log.students, least=LEAST_ANSWERS, least_students=least_students
        )


def fairness_of_use(
    cards: Scorecards,
    log: AnswerLog,
    *,
    rng: np.random.Generator,
    neighbours: Neighbours | None = None,
    advance: Callable[[int], None] = lambda columns: None,
) -> tuple[FairnessReport, ...]:
    """Return one report for each group column of a log, in the order of their names; items go by their names in the log.

    `cards` are those in use, with items and competencies in the log's order. Raises RuleBroken for a log with too little in it.
    `advance` is called with 1 after each column.
    """
    check_enough(log)
    student = log.student_of_row()
    foretold = forecast(cards, log, neighbours=neighbours)
    blocks = blocks_ahead(cards, log, rng=rng, most=MOST_BLOCKS, neighbours=neighbours)
    deviation = deviation_of(doubt_of(cards), blocks.answers_on_competency, blocks.answers_of_student, blocks.days)
    found = []
    for column in sorted(log.groups):
        of_student, names = log.groups[column], log.group_names[column]
        group = of_student[student]
        compared = by_group(log.score, foretold.chance, student, group, names, foretold.student_answers, rng=rng)
        held = coverage(blocks, deviation, rng=rng, group=of_student[blocks.student], group_names=names)
        items = item_dif(
            log.score, foretold.logits, log.item, student, group, names, answers_before=foretold.student_answers
        )
        found.append(
            report(
                compared,
                column=column,
                coverage=held.by_group,
                coverage_levels=LEVELS,
                items=items,
                item_name=lambda number: log.item_names[number] if log.item_names else str(number),
            )
        )
        advance(1)
    return tuple(found)
