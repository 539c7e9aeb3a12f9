"""The forecasts to beat are honest ones: they never look ahead, and they are as good as their papers say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.mastery_baselines import Baseline, best_lr, elo, item_mean, own_split, pfa

from headway.core.evidence.answer_log import AnswerLog, Floats, with_students
from headway.core.evidence.calibration import auc
from headway.exchange.response_log.table import read_log
from tests.exchange.real_data import DATA

FORECASTS: dict[str, Callable[[AnswerLog, AnswerLog], Floats]] = {
    "item mean": item_mean,
    "elo": elo,
    "pfa": pfa,
    "best lr": best_lr,
}
GERVET = DATA / "responses" / "gervet-assistments09" / "responses.csv.gz"


@pytest.fixture(scope="module")
def log() -> AnswerLog:
    """Return 30 students with 12 answers each to 8 items of 3 skills; the last item asks for two skills; one row is studied."""
    luck = np.random.default_rng(1)
    rows = 360
    item = luck.integers(0, 8, rows).astype(np.int32)
    score = luck.integers(0, 2, rows).astype(np.float64)
    score[5] = np.nan
    return AnswerLog(
        starts=np.arange(0, rows + 1, 12, dtype=np.int64),
        item=item,
        skill_set=np.where(item == 7, 3, item % 3).astype(np.int32),
        score=score,
        set_starts=np.array([0, 1, 2, 3, 5], dtype=np.int32),
        members=np.array([0, 1, 2, 0, 1], dtype=np.int32),
        item_names=tuple(str(number) for number in range(8)),
        skill_names=("a", "b", "c"),
    )


def split(log: AnswerLog) -> tuple[AnswerLog, AnswerLog]:
    return with_students(log, np.arange(20)), with_students(log, np.arange(20, 30))


def needs(name: str) -> Baseline:
    if name in ("pfa", "best lr"):
        pytest.importorskip("sklearn", reason="scikit-learn comes with `make bench`")
    return FORECASTS[name]


@pytest.mark.parametrize("name", FORECASTS)
def test_a_forecast_is_a_chance(name: str, log: AnswerLog) -> None:
    train, test = split(log)

    chance = needs(name)(train, test)

    assert chance.shape == (test.rows,)
    assert np.all((chance > 0) & (chance < 1))


@pytest.mark.parametrize("name", FORECASTS)
def test_a_forecast_never_sees_its_own_or_a_later_answer(name: str, log: AnswerLog) -> None:
    train, test = split(log)
    other = test.score.copy()
    # The last five answers of every student are turned round.
    late = np.arange(test.rows) % 12 >= 7
    other[late] = 1 - other[late]

    before = needs(name)(train, test)
    after = needs(name)(train, replace(test, score=other))

    np.testing.assert_array_equal(before[~late], after[~late])
    first_turned = np.arange(test.rows) % 12 == 7
    np.testing.assert_array_equal(before[first_turned], after[first_turned])


@pytest.mark.parametrize("name", ["elo", "pfa", "best lr"])
def test_a_forecast_follows_the_student(name: str, log: AnswerLog) -> None:
    train, test = split(log)
    turned = replace(test, score=1 - test.score)

    assert not np.array_equal(needs(name)(train, test), needs(name)(train, turned))


def test_an_item_mean_by_hand() -> None:
    def answers(item: list[int], score: list[float]) -> AnswerLog:
        return AnswerLog(
            starts=np.array([0, len(item)], dtype=np.int64),
            item=np.array(item, dtype=np.int32),
            skill_set=np.zeros(len(item), dtype=np.int32),
            score=np.array(score),
            set_starts=np.array([0, 1], dtype=np.int32),
            members=np.array([0], dtype=np.int32),
            item_names=("a", "b"),
            skill_names=("x",),
        )

    train, test = answers([0, 0, 0, 0], [1, 1, 1, 0]), answers([0, 1], [1, 1])

    # Everybody .75; the skill (3 + 20 * .75) / (4 + 20) = .75; the item (3 + 8 * .75) / (4 + 8) = .75; the new item .75.
    np.testing.assert_allclose(item_mean(train, test), [0.75, 0.75])


@pytest.mark.skipif(not GERVET.is_file(), reason=f"real logs are not here: {GERVET}")
def test_means_and_elo_reach_what_was_measured_before_on_a_real_split(tmp_path: Path) -> None:
    train, test, words = own_split(read_log(GERVET, work_folder=tmp_path).log)

    assert words == "the log’s own test"
    assert auc(test.score, item_mean(train, test)) == pytest.approx(0.690, abs=0.005)
    assert auc(test.score, elo(train, test)) > 0.75
