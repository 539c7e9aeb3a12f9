"""The comparison of review forecasts scores the same rows for all, and nobody sees an answer early."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from benchmarks import mastery_review
from headway.core.evidence.answer_log import AnswerLog

DAY = 86_400.0


def log_of(*rows: tuple[int, float, float]) -> AnswerLog:
    """Return one student's log of (item, day, score)."""
    items, days, scores = (np.array(column) for column in zip(*rows, strict=True))
    return AnswerLog(
        starts=np.array([0, len(rows)], dtype=np.int64),
        item=items.astype(np.int32),
        skill_set=np.zeros(len(rows), np.int32),
        score=scores.astype(float),
        set_starts=np.array([0, 1], dtype=np.int32),
        members=np.zeros(1, np.int32),
        seconds=days * DAY,
    )


LOG = log_of((0, 0, 1), (1, 0.1, 0), (0, 2, 1), (1, 3, 0), (1, 4, 1), (0, 9, 0))


def test_a_look_counts_days_looks_and_lapses_before_it() -> None:
    seen = mastery_review.looks(LOG)
    assert seen.days == pytest.approx([math.nan, math.nan, 2, 2.9, 1, 7], nan_ok=True)
    assert seen.earlier.tolist() == [0, 0, 1, 1, 2, 2]
    assert seen.lapses.tolist() == [0, 0, 0, 0, 1, 0]  # a miss at the first look is no lapse


@pytest.mark.parametrize("name", mastery_review.FORECASTS)
def test_no_forecast_sees_its_answer_or_later_ones(name: str) -> None:
    pytest.importorskip("fsrs")
    forecast = mastery_review.FORECASTS[name]
    whole = forecast(LOG)
    for row in range(LOG.rows):
        changed = LOG.score.copy()
        changed[row:] = 1 - changed[row:]
        again = forecast(dataclasses.replace(LOG, score=changed))
        assert again[: row + 1] == pytest.approx(whole[: row + 1], nan_ok=True)


def test_fsrs_expects_nine_of_ten_after_as_many_days_as_its_stability() -> None:
    fsrs = pytest.importorskip("fsrs")
    stability = fsrs.Scheduler().parameters[2]  # of a card first rated Good
    chance = mastery_review.by_fsrs(log_of((0, 0, 1), (0, stability, 1)), whole_days=False)
    assert chance == pytest.approx([math.nan, 0.9], abs=1e-5, nan_ok=True)


def test_a_first_look_without_a_question_makes_a_card_but_is_not_scored() -> None:
    pytest.importorskip("fsrs")
    found = mastery_review.compare(log_of((0, 0, math.nan), (0, 1, 1), (0, 2, math.nan), (0, 3, 0)))
    assert found["all later looks"]["rows"] == 2


def test_the_error_in_bins_by_hand() -> None:
    # Two alike reviews promised .8 and .6 with one recalled (gap .2); one far later promised .5 and recalled (gap .5).
    error = mastery_review.error_in_bins(
        np.array([1.0, 0.0, 1.0]),
        np.array([0.8, 0.6, 0.5]),
        np.array([1.0, 1.5, 100.0]),
        np.array([1.0, 1.0, 1.0]),
        np.zeros(3),
    )
    assert error == pytest.approx(math.sqrt((2 * 0.2**2 + 0.5**2) / 3))


def test_without_logs_there_is_nothing_to_measure(tmp_path) -> None:
    assert mastery_review.measure(data=tmp_path) == {}
