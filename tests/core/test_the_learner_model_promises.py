"""Every estimator keeps the same promises; a new one joins ESTIMATORS, not a new file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.core.evidence import counterfactual, evaluation
from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.context import fit_context, with_context
from headway.core.evidence.fitting import fit, forecast
from headway.core.evidence.look_ahead import references
from headway.core.evidence.scorecards import Scorecards, shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.walk import PAUSES, easiness_in, neighbours_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Something that forecasts every answer of a log, in logits, from the answers before it."""

    name: str
    forecast: Callable[[AnswerLog], Floats]


@cache
def practice():
    return simulate(World(), students=80, competencies=12, seed=2)


@cache
def graph():
    return neighbours_of(practice().prerequisites, practice().log.skills)


@cache
def fitted(without: frozenset[str] = frozenset()) -> Scorecards:
    return fit(practice().log, version="local", passes=4, neighbours=graph(), without=without).cards


def rating(log: AnswerLog) -> Floats:
    """An Elo rating of one level a student, the simplest that may be shown."""
    easiness = easiness_in(fitted(), log)[log.item]
    logits = np.zeros(log.rows)
    for student in range(log.students):
        level = 0.0
        for row in range(log.starts[student], log.starts[student + 1]):
            logits[row] = level + easiness[row]
            level += 0.4 * (log.score[row] - 1.0 / (1.0 + np.exp(-logits[row])))
    return logits


def shown(log: AnswerLog) -> Floats:
    return forecast(fitted(), log, neighbours=graph()).logits


def without_pause(log: AnswerLog) -> Floats:
    return forecast(fitted(PAUSES), log, neighbours=graph(), without=PAUSES).logits


@cache
def marks():
    log = practice().log
    return fit_context(log, shown(log), easiness_in(fitted(), log)[log.item], passes=3)


def with_other_skills(log: AnswerLog) -> Floats:
    return with_context(marks(), log, shown(log), easiness_in(fitted(), log)[log.item])


def as_shipped(log: AnswerLog) -> Floats:
    return forecast(shipped(), log, neighbours=graph()).logits


ESTIMATORS = [
    Estimator(name="Elo", forecast=rating),
    Estimator(name="shown", forecast=shown),
    Estimator(name="without the pause", forecast=without_pause),
    Estimator(name="with other skills", forecast=with_other_skills),
    Estimator(name="shipped", forecast=as_shipped),
]


def some_students(count: int = 12) -> AnswerLog:
    return with_students(practice().log, np.arange(count))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: one.name)
class TestEveryEstimator:
    def test_gives_chances_between_0_and_1(self, estimator):
        chance = 1.0 / (1.0 + np.exp(-estimator.forecast(practice().log)))
        assert ((chance > 0.0) & (chance < 1.0)).all()

    def test_knows_nothing_of_what_comes_later(self, estimator):
        log = some_students()
        rows = np.arange(log.rows) - np.repeat(log.starts[:-1], np.diff(log.starts))
        is_later = rows >= 10
        other = replace(log, score=np.where(is_later, 1.0 - log.score, log.score))
        before = rows <= 10  # the eleventh forecast is made before its own answer
        assert np.array_equal(estimator.forecast(log)[before], estimator.forecast(other)[before])

    def test_lowers_no_later_forecast_for_a_right_answer_and_raises_none_for_a_wrong_one(self, estimator):
        found = counterfactual.flip_answers(
            estimator.forecast, some_students(40), rng=np.random.default_rng(0), answers=400
        )
        assert found.of == 400
        assert found.count == 0, f"worst: {found.largest}"

    def test_does_not_care_who_else_is_in_the_log(self, estimator):
        log = some_students()
        alone = with_students(log, np.array([7]))
        rows = slice(log.starts[7], log.starts[8])
        assert np.array_equal(estimator.forecast(log)[rows], estimator.forecast(alone))

    def test_does_not_care_in_which_order_students_come(self, estimator):
        log = some_students()
        order = np.random.default_rng(3).permutation(log.students)
        turned = estimator.forecast(with_students(log, order))
        straight = estimator.forecast(log)
        assert np.array_equal(
            turned, np.concatenate([straight[log.starts[student] : log.starts[student + 1]] for student in order])
        )

    def test_gives_the_same_numbers_twice(self, estimator):
        log = some_students()
        assert np.array_equal(estimator.forecast(log), estimator.forecast(log))

    def test_gives_each_answer_alone_what_it_gives_the_whole_log(self, estimator):
        log = some_students(3)
        straight = estimator.forecast(log)
        for row in range(0, int(log.starts[1]), 7):
            so_far = replace(
                with_students(log, np.array([0])),
                starts=np.array([0, row + 1]),
                **{
                    name: getattr(log, name)[: row + 1]
                    for name in ("item", "skill_set", "score", "seconds", "hints", "attempt", "guess")
                },
            )
            assert estimator.forecast(so_far)[-1] == straight[row]


@pytest.mark.parametrize("cards", [fitted, shipped], ids=["fitted", "shipped"])
def test_mastery_moves_with_the_answer_at_the_same_moment(cards):
    log = practice().log
    around = references(cards(), log, neighbours=graph())
    unaided = np.where(log.hints > 0, 0.5, log.score)  # right after hints is half right
    found = counterfactual.move_of_references(around.before, around.after, unaided)
    assert found.of > 1_000
    assert found.count == 0, f"worst: {found.largest}"


def test_a_counterfactual_that_goes_wrong_is_found():
    def against_the_last_answer(log: AnswerLog) -> Floats:
        return np.concatenate([[0.0], -log.score[:-1]])

    found = counterfactual.flip_answers(
        against_the_last_answer, some_students(5), rng=np.random.default_rng(0), answers=50
    )
    assert found.count > 40
    assert found.largest == 1.0


def test_an_estimate_that_a_right_answer_lowers_is_counted():
    found = counterfactual.move_of_references(
        np.array([0.0, 0.0, 0.0, 0.0]), np.array([-0.2, 0.1, 0.3, 0.0]), np.array([1.0, 1.0, 0.0, 0.5])
    )
    assert (found.count, found.of, found.largest) == (2, 3, 0.3)


def test_one_seed_gives_one_model():
    log = some_students()
    models = [fit(log, version="x", passes=1, seed=5).cards for _turn in range(2)]
    assert np.array_equal(models[0].curves, models[1].curves)
    assert np.array_equal(models[0].offsets, models[1].offsets)


@given(answers=st.integers(0, 500), more=st.integers(1, 500))
def test_more_answers_never_widen_a_belief(answers, more):
    doubt = evaluation.doubt_of(shipped())
    counts = np.array([answers, answers + more], dtype=float)
    fewer, later = evaluation.deviation_of(doubt, counts, counts)
    assert later <= fewer
