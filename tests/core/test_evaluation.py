"""What is measured on students that a model never saw."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from headway.core.evidence import evaluation
from headway.core.evidence.evaluation import CONTEXT, FORECASTS, SHOWN, SHOWN_NO_PAUSE, evaluate_fold, summarize
from headway.core.evidence.folds import plan_of
from headway.core.evidence.ledger import CARDS
from headway.core.evidence.look_ahead import blocks_ahead
from headway.core.evidence.scorecards import shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.walk import PAUSES


@cache
def simulated():
    return simulate(World(), students=120, competencies=10, seed=4).log


@cache
def evaluated():
    plan = plan_of(simulated(), folds=2)
    outcomes = tuple(evaluate_fold(plan, fold, prior=shipped(), flipped=100) for fold in plan.folds)
    return plan, outcomes, summarize(plan, outcomes, repeats=20)


def figures_of(name):
    return next(figures for figures in evaluated()[2].figures if figures.forecast == name)


def test_every_scored_answer_is_counted_once():
    assert evaluated()[2].rows == simulated().rows


def test_a_log_with_times_is_forecast_with_and_without_the_pause():
    assert [figures.forecast for figures in evaluated()[2].figures] == list(FORECASTS)


def test_a_log_without_times_has_no_lines_about_the_pause():
    plan = plan_of(replace(simulated(), seconds=None), folds=2)
    outcome = evaluate_fold(plan, plan.folds[0], prior=shipped(), flipped=10)
    assert sorted(outcome.logits) == sorted([SHOWN, CONTEXT])


def test_forecasts_know_more_than_a_coin():
    assert figures_of(SHOWN_NO_PAUSE).together["auc"].value > 0.6


def test_intervals_hold_their_value():
    for measured in figures_of(SHOWN).together.values():
        assert measured.low < measured.value < measured.high


def test_nothing_about_test_students_is_learned():
    """Other answers of test students leave the model, and so every other student's forecast, as it was."""
    plan, outcomes, _summary = evaluated()
    fold = plan.folds[0]
    changed = fold.test[:3]
    is_changed = np.isin(plan.log.student_of_row(), changed)
    other = replace(plan, log=replace(plan.log, score=np.where(is_changed, 1.0 - plan.log.score, plan.log.score)))
    outcome = evaluate_fold(other, fold, prior=shipped(), flipped=10)
    stays = ~is_changed[outcome.rows]
    for name in FORECASTS:
        assert np.array_equal(outcome.logits[name][stays], outcomes[0].logits[name][stays])
    assert outcome.doubt == outcomes[0].doubt


def test_no_counterfactual_answer_moves_a_forecast_the_wrong_way():
    summary = evaluated()[2]
    assert {name: found.count for name, found in summary.flips.items()} == {SHOWN: 0, CONTEXT: 0}
    assert summary.references.count == 0


def test_slices_of_one_kind_hold_every_answer():
    slices = [one for one in evaluated()[2].slices if one.by == evaluation.BY_STUDENT]
    assert sum(one.rows for one in slices) == simulated().rows


def test_models_that_forecast_the_same_students_are_averaged():
    fold = np.where(np.arange(120) < 30, -1, np.arange(120) % 2).astype(np.int32)
    log = replace(simulated(), parts={"fold": fold, "test": (fold == -1).astype(np.int32)})
    plan = plan_of(log, pieces=0)
    outcomes = [evaluate_fold(plan, one, prior=shipped(), flipped=10) for one in plan.folds]
    summary = summarize(plan, outcomes, repeats=10)
    shown = next(figures for figures in summary.figures if figures.forecast == SHOWN)
    assert shown.together["auc"].value == pytest.approx(np.mean([each["auc"] for each in shown.folds]))
    assert summary.students == 30


class TestBlocksAhead:
    rng = np.random.default_rng(0)

    def test_begin_with_the_forecast_of_their_own_answer(self):
        log = simulated()
        blocks = blocks_ahead(shipped(), log, rng=self.rng)
        assert np.array_equal(blocks.logit[:, 0], evaluation.forecast(shipped(), log).logits)

    def test_leave_out_a_question_that_comes_again(self):
        log = replace(simulated(), item=np.zeros(simulated().rows, np.int32))
        assert np.isnan(blocks_ahead(shipped(), log, rng=self.rng).right[:, 1:]).all()

    def test_are_as_many_as_asked_for(self):
        assert len(blocks_ahead(shipped(), simulated(), rng=self.rng, most=50).right) == 50

    def test_do_not_know_what_comes_of_them(self):
        log = simulated()
        blocks = blocks_ahead(shipped(), log, rng=self.rng)
        rows = np.arange(log.rows) - np.repeat(log.starts[:-1], np.diff(log.starts))
        other = blocks_ahead(shipped(), replace(log, score=np.where(rows > 3, 1 - log.score, log.score)), rng=self.rng)
        assert np.array_equal(blocks.logit[rows <= 3], other.logit[rows <= 3])


def test_a_card_that_is_left_out_says_nothing():
    log = simulated()
    cards = shipped()
    place = [card.name in PAUSES for card in CARDS]
    silent = replace(cards, curves=np.where(np.array(place)[:, None], 0.0, cards.curves))
    assert np.allclose(
        evaluation.forecast(cards, log, without=PAUSES).logits, evaluation.forecast(silent, log).logits, atol=1e-12
    )
