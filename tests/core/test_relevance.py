"""Figures of a ranking, worked by hand."""

from __future__ import annotations

import pytest

from headway.core.library.relevance import calibration_error, figures, reliability


def test_figures_by_hand() -> None:
    found = figures(
        [[4, 7, 1], [9, 8, 7, 6, 5, 4, 3], list(range(20))],
        [{7, 1}, {3}, {15}],
        wanted=[2, 1, 1],
    )

    assert found.questions == 3
    assert found.recall_5 == pytest.approx((1 + 0 + 0) / 3)
    assert found.recall_10 == pytest.approx((1 + 1 + 0) / 3)
    assert found.found_10 == pytest.approx(2 / 3)
    assert found.reciprocal_rank == pytest.approx((1 / 2 + 1 / 7 + 1 / 16) / 3)


def test_an_answer_that_nobody_could_find_counts_against_the_recall() -> None:
    assert figures([[1]], [{1}], wanted=[2]).recall_10 == 0.5


def test_a_question_without_an_answer_is_left_out() -> None:
    assert figures([[1], [2]], [set(), {2}], wanted=[0, 1]).questions == 1


def test_claims_that_hold_have_no_error() -> None:
    bands = reliability([(0.75, True), (0.75, True), (0.75, True), (0.75, False), (0.05, False)])

    assert [(band.suggestions, band.claimed, band.right) for band in bands] == [(1, 0.05, 0.0), (4, 0.75, 0.75)]
    assert calibration_error(bands) == pytest.approx(0.05 / 5)
