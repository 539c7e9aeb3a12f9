"""A school's own answers, compared by group: what the model in use expected, and what students did."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.fairness_audit import fairness_of_use
from headway.core.evidence.fairness_report import FairnessReport
from headway.core.evidence.refit import for_log
from headway.core.evidence.scorecards import shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.shared.errors import RuleBroken


@cache
def school() -> AnswerLog:
    """Forty students: three groups, one of them too small to show."""
    log = simulate(World(), students=40, competencies=8, seed=5).log
    return replace(
        log,
        groups={"language": np.array([0] * 20 + [1] * 15 + [2] * 5, dtype=np.int32)},
        group_names={"language": ("en", "es", "uk")},
    )


def reports(log: AnswerLog, seed: int = 0) -> tuple[FairnessReport, ...]:
    return fairness_of_use(for_log(shipped(), log), log, rng=np.random.default_rng(seed))


def test_each_group_column_has_its_report() -> None:
    log = school()
    both = replace(
        log,
        groups={**log.groups, "support": np.array([0, 1] * 20, dtype=np.int32)},
        group_names={**log.group_names, "support": ("with", "without")},
    )
    assert [one.column for one in reports(both)] == ["language", "support"]


def test_a_group_under_ten_students_is_hidden_everywhere() -> None:
    (only,) = reports(school())
    shown = {group.group for group in only.comparison.groups if not group.is_hidden}
    assert shown == {"en", "es"}
    told = str([line.facts for line in only.lines]) + str(only.coverage) + str(only.items)
    assert "uk" not in told


def test_the_same_answers_give_the_same_report() -> None:
    assert reports(school()) == reports(school())


def test_a_later_answer_changes_no_earlier_forecast() -> None:
    log = school()
    score = log.score.copy()
    last = log.starts[1:] - 1
    score[last] = 1.0 - score[last]
    (before,), (after,) = reports(log), reports(replace(log, score=score))
    gaps = [group.agreement.gap.value for group in before.comparison.groups if group.agreement]
    moved = [group.agreement.gap.value for group in after.comparison.groups if group.agreement]
    rows = [group.rows for group in before.comparison.groups if group.rows]
    # Each student's last answer was turned round: the mean gap moves by at most one answer in all of a student's.
    for old, new, count, students in zip(gaps, moved, rows, (20, 15), strict=True):
        assert abs(old - new) <= students / count + 1e-9


@pytest.mark.parametrize("students", [0, 1, 19])
def test_too_few_students_are_not_compared(students: int) -> None:
    log = with_students(school(), np.arange(students))
    with pytest.raises(RuleBroken, match="A comparison needs at least"):
        reports(log)
