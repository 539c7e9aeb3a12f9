"""What students of different groups can expect of the estimates, from forecasts of students a model never saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import scipy  # it loads its parts when they are first asked for, so pages open sooner
from numpy.typing import NDArray

from headway.core.evidence.coverage import LEVELS, coverage, next_rows
from headway.core.evidence.evaluation import (
    CONTEXT,
    SHOWN,
    FoldOutcome,
    chance_mastered,
    joined_blocks,
)
from headway.core.evidence.fairness import LEAST_STUDENTS, by_group, decisions_by_group
from headway.core.evidence.fairness_report import FairnessReport, report
from headway.core.evidence.folds import Plan
from headway.core.evidence.item_shifts import item_dif

READY_AHEAD: Final = 5  # was ready: at least four of the next five answers on the skill were right
READY_SHARE: Final = 0.8


def group_report(
    plan: Plan,
    outcomes: Sequence[FoldOutcome],
    column: str,
    *,
    rng: np.random.Generator,
    least_students: int = LEAST_STUDENTS,
    repeats: int = 200,
) -> FairnessReport:
    """Compare groups of the column `column` of a log, in sentences for a leader and the tables behind them.

    Judged is mastery as shown; questions are judged with what other skills foretell, which comes nearest to equal mastery.
    """
    used = outcomes[:1] if plan.shares_test else outcomes
    log = plan.log
    rows = np.concatenate([outcome.rows for outcome in used])
    sequence = log.student_of_row()[rows]
    student, group = plan.owner[sequence], log.groups[column][sequence]
    names = log.group_names[column]
    right = np.where(plan.is_scored[rows], log.score[rows], np.nan)
    before = np.concatenate([outcome.student_answers for outcome in used])
    logit = np.concatenate([outcome.logits[SHOWN] for outcome in used])
    comparison = by_group(
        right,
        scipy.special.expit(logit),
        student,
        group,
        names,
        before,
        rng=rng,
        least_students=least_students,
        repeats=repeats,
    )
    blocks, deviation = joined_blocks(used)
    group_of = dict(zip(plan.owner.tolist(), log.groups[column].tolist(), strict=True))
    of_blocks = np.array([group_of[int(own)] for own in blocks.student], dtype=np.int64)
    covered = coverage(blocks, deviation, rng=rng, group=of_blocks, group_names=names, repeats=repeats)
    asked = ~np.isnan(log.score[rows])
    decisions = decisions_by_group(
        np.concatenate([chance_mastered(outcome) for outcome in used])[asked],
        _was_ready(log.score[rows][asked], sequence[asked], log.skill_set[rows][asked]),
        student[asked],
        sequence[asked].astype(np.int64) * len(log.set_starts) + log.skill_set[rows][asked],
        group[asked],
        names,
        rng=rng,
        least_students=least_students,
        repeats=repeats,
    )
    items = (
        item_dif(
            right, np.concatenate([outcome.logits[CONTEXT] for outcome in used]), log.item[rows], student, group, names,
            answers_before=before, least_students=least_students,
        )
        if log.has_items
        else ()
    )  # fmt: skip
    return report(
        comparison,
        column=column,
        coverage=covered.by_group,
        coverage_levels=LEVELS,
        decisions=decisions,
        items=items,
        item_name=lambda item: log.item_names[item] if item < len(log.item_names) else str(item),
    )


def _was_ready(
    score: NDArray[np.float64], sequence: NDArray[np.int32], skill_set: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return 1 where most of the next answers on the skill were right, 0 where not, nan where there were too few."""
    following = next_rows(sequence, skill_set, ahead=READY_AHEAD)
    shares = score[following].mean(axis=1)
    return np.where((following >= 0).all(axis=1), (shares >= READY_SHARE).astype(np.float64), np.nan)
