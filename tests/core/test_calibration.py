"""Stated chances are measured right: by hand, by brute force, and on answers drawn from the chances themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence import calibration
from headway.core.evidence.calibration import (
    accuracy,
    auc,
    calibration_error,
    calibration_error_equal_count,
    calibration_line,
    flips,
    interval,
    interval_from,
    log_loss,
    mean_gap,
    measure,
    operating_curve,
    redrawn,
    reliability,
    root_mean_square_error,
)

MEASURES = (
    auc,
    accuracy,
    log_loss,
    root_mean_square_error,
    calibration_error,
    calibration.calibration_slope,
    mean_gap,
)
rows = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20), st.integers(0, 3)), min_size=2, max_size=40)


def floats(*values: float) -> calibration.Floats:
    return np.array(values, dtype=np.float64)


def drawn(rows: int, *, seed: int, students: int = 200) -> tuple[calibration.Floats, calibration.Floats, np.ndarray]:
    rng = np.random.default_rng(seed)
    chance = rng.beta(3, 2, rows)
    return (rng.random(rows) < chance).astype(float), chance, rng.integers(0, students, rows)


def test_the_auc_by_hand() -> None:
    # right at .8 and .4, wrong at .4 and .1: of four pairs three are in order and one is a tie
    assert auc(floats(1, 1, 0, 0), floats(0.8, 0.4, 0.4, 0.1)) == pytest.approx(3.5 / 4)


@given(rows)
def test_the_auc_counts_every_pair_and_half_of_every_tie(rows: list[tuple[int, int, int]]) -> None:
    right, chance, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    pairs = (weight * right)[:, None] * (weight * (1 - right))[None, :]
    won = (chance[:, None] > chance[None, :]) + 0.5 * (chance[:, None] == chance[None, :])
    measured = auc(right, chance / 20, weight)
    if pairs.sum() > 0:
        assert measured == pytest.approx((pairs * won).sum() / pairs.sum())
    else:
        assert math.isnan(measured)


@given(rows)
def test_a_weight_is_the_same_as_writing_a_row_that_often(rows: list[tuple[int, int, int]]) -> None:
    right, chance, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    chance = 0.02 + 0.96 * chance / 20
    times = weight.astype(int)
    for measured in MEASURES:
        weighed = measured(right, chance, weight)
        written = measured(np.repeat(right, times), np.repeat(chance, times), None)
        assert weighed == pytest.approx(written, abs=1e-6, nan_ok=True), measured.__name__


def test_log_loss_by_hand() -> None:
    # -(log .8 + log .6) / 2 = .36699
    assert log_loss(floats(1, 0), floats(0.8, 0.4)) == pytest.approx(0.366985, abs=1e-6)


def test_a_certainty_that_was_wrong_costs_much_and_stays_finite() -> None:
    assert 30 < log_loss(floats(0), floats(1.0)) < 40


def test_root_mean_square_error_by_hand() -> None:
    # squared misses .04 and .16, mean .1
    assert root_mean_square_error(floats(1, 0), floats(0.8, 0.4)) == pytest.approx(math.sqrt(0.1))


def test_accuracy_guesses_right_from_one_half_on() -> None:
    assert accuracy(floats(1, 0, 1, 0), floats(0.5, 0.49, 0.4, 0.6)) == pytest.approx(0.5)


def test_the_gap_is_what_was_promised_above_what_happened() -> None:
    assert mean_gap(floats(1, 0), floats(0.9, 0.5)) == pytest.approx(0.2)


def test_calibration_error_by_hand() -> None:
    # bin .2-.3: two rows at .25, none right: .25. Bin .9-1: two rows at .95, one right: .45. Mean (2 * .25 + 2 * .45) / 4
    assert calibration_error(floats(0, 0, 1, 0), floats(0.25, 0.25, 0.95, 0.95)) == pytest.approx(0.35)


def test_bins_of_equal_count_keep_ties_together() -> None:
    right, chance = floats(1, 0, 1, 0, 1), np.full(5, 0.6)
    assert calibration_error_equal_count(right, chance) == pytest.approx(0.0)


def test_bins_of_equal_count_see_what_one_wide_bin_hides() -> None:
    # all between .90 and 1: too low below, too high above, right on the whole
    chance = np.repeat([0.91, 0.99], 100)
    right = np.concatenate([np.repeat([1.0, 0.0], [99, 1]), np.repeat([1.0, 0.0], [91, 9])])
    assert calibration_error(right, chance) == pytest.approx(0.0)
    assert calibration_error_equal_count(right, chance) == pytest.approx(0.08)


def test_the_calibration_line_of_true_chances_is_the_diagonal() -> None:
    right, chance, _student = drawn(40_000, seed=1)
    intercept, slope = calibration_line(right, chance)
    assert (intercept, slope) == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.05))


def test_chances_twice_too_extreme_have_half_the_slope() -> None:
    right, chance, _student = drawn(40_000, seed=2)
    odds = (chance / (1 - chance)) ** 2
    assert calibration_line(right, odds / (1 + odds))[1] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("right", "chance"),
    [
        (floats(0, 0, 1, 1), floats(0.1, 0.2, 0.8, 0.9)),
        (floats(1, 1), floats(0.4, 0.6)),
        (floats(1, 0), floats(0.4, 0.4)),
    ],
    ids=["split without overlap", "all right", "one chance"],
)
def test_where_no_line_fits_best_none_is_claimed(right: calibration.Floats, chance: calibration.Floats) -> None:
    assert all(math.isnan(value) for value in calibration_line(right, chance))


def test_the_bars_of_a_reliability_diagram_hold_every_row_once() -> None:
    right, chance, _student = drawn(500, seed=3)
    bars = reliability(right, chance)
    assert sum(bar.rows for bar in bars) == 500
    assert sum(bar.rows * abs(bar.chance - bar.right) for bar in bars) / 500 == pytest.approx(
        calibration_error(right, chance)
    )


def test_a_bar_of_the_reliability_diagram_by_hand() -> None:
    # Wilson for 1 of 2: (.5 + 1.92/2) / (1 + 3.84/2) -+ ... = .0945 to .9055
    (bar,) = reliability(floats(1, 0), floats(0.45, 0.41))
    assert (bar.lower_edge, bar.upper_edge, bar.chance, bar.right) == pytest.approx((0.4, 0.5, 0.43, 0.5))
    assert (bar.right_low, bar.right_high) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_rows_without_a_question_are_left_out() -> None:
    right, chance, student = drawn(50, seed=12)
    studied = np.append(right, np.nan), np.append(chance, 0.1), np.append(student, 999)
    assert measure(*studied) == measure(right, chance, student)


def test_measures_count_students_and_not_rows_as_students() -> None:
    assert measure(floats(1, 0, 1), floats(0.8, 0.4, 0.5), np.array([7, 7, 9])).students == 2


def test_the_operating_curve_by_hand() -> None:
    false_alarms, hits = operating_curve(floats(1, 0, 1, 0), floats(0.9, 0.7, 0.7, 0.2))
    assert false_alarms.tolist() == [0, 0, 0.5, 1]
    assert hits.tolist() == [0, 0.5, 1, 1]


def test_the_same_seed_gives_the_same_interval() -> None:
    right, chance, student = drawn(2000, seed=4)
    first, second = (
        interval(auc, right, chance, student, repeats=30, rng=np.random.default_rng(5)) for _repeat in range(2)
    )
    assert first == second


def test_the_interval_of_an_auc_is_as_wide_as_its_formula_where_rows_are_independent() -> None:
    right, chance, _student = drawn(4000, seed=6)
    found = interval(auc, right, chance, np.arange(4000), repeats=300, rng=np.random.default_rng(7))
    # Hanley & McNeil (1982), equation 1
    area, ones, zeros = found.value, right.sum(), 4000 - right.sum()
    one, other = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (ones - 1) * (one - area**2) + (zeros - 1) * (other - area**2)) / (ones * zeros)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * math.sqrt(variance), rel=0.2)


def test_answers_that_go_together_within_students_widen_the_interval() -> None:
    right, chance, _student = drawn(50, seed=8)
    copied = np.tile(right, 20), np.tile(chance, 20), np.tile(np.arange(50), 20)
    rng = np.random.default_rng(9)
    together = interval(mean_gap, *copied, repeats=200, rng=rng)
    apart = interval(mean_gap, copied[0], copied[1], np.arange(1000), repeats=200, rng=rng)
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_ninety_five_percent_intervals_of_few_students_hold_the_truth_about_that_often() -> None:
    rng = np.random.default_rng(10)
    students, held, tries = 15, 0, 300
    for _trial in range(tries):
        lean = rng.normal(0, 0.1, students)  # each student's own gap; the truth is 0
        draws = lean[rng.integers(0, students, (100, students))].mean(axis=1)
        found = interval_from(float(lean.mean()), draws, students=students)
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / tries <= 0.985


def test_one_student_gives_no_interval() -> None:
    found = interval(
        mean_gap, floats(1, 0), floats(0.5, 0.5), np.array([3, 3]), repeats=5, rng=np.random.default_rng(0)
    )
    assert (found.value, math.isnan(found.low), math.isnan(found.high)) == (0.0, True, True)


def test_every_redrawn_set_has_as_many_students() -> None:
    draws = redrawn(np.sum, np.arange(30), repeats=10, rng=np.random.default_rng(11))
    assert draws.tolist() == [30.0] * 10


def test_flips_count_only_steps_the_wrong_way() -> None:
    found = flips(floats(0.0, 0.5, 1.0, 1.0), floats(0.1, 0.5, 0.7, 1.0 - 1e-12))
    assert (found.count, found.of, found.share) == (1, 4, 0.25)
    assert found.largest == pytest.approx(0.3)
