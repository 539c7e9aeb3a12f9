"""Stated ranges hold what they say: counted by hand, by brute force, and under stopping rules that fool the eye."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from headway.core.evidence.coverage import (
    Coverage,
    Doubt,
    Floats,
    NextAnswers,
    count_chances,
    coverage,
    deviation_of,
    fit_doubt,
    latent_mean,
    next_rows,
)

TRUTH = Doubt(base=0.3, competency=-0.4, student=-0.1)


def practised(
    *,
    blocks: int,
    seed: int,
    ahead: int = 5,
    stop_after: int | None = None,
    truth: Doubt = TRUTH,
    has_days: bool = False,
) -> tuple[NextAnswers, Floats]:
    """Blocks drawn from the very beliefs they are judged with; practice may stop at so many right in a row."""
    rng = np.random.default_rng(seed)
    on_competency = rng.integers(0, 20, blocks)
    of_student = on_competency + rng.integers(0, 200, blocks)
    days = rng.exponential(10, blocks) if has_days else None
    deviation = deviation_of(truth, on_competency, of_student, days)
    logit = rng.normal(0.5, 1, (blocks, 1)) + rng.normal(0, 0.7, (blocks, ahead))
    latent = latent_mean(logit, deviation[:, None]) + deviation[:, None] * rng.normal(size=(blocks, 1))
    right = (rng.random((blocks, ahead)) < special.expit(latent)).astype(float)
    if stop_after:
        run, goes_on = np.zeros(blocks), np.ones(blocks, dtype=bool)
        for answer in range(ahead):
            right[~goes_on, answer] = np.nan
            run = np.where(right[:, answer] == 1, run + 1, 0)
            goes_on &= run < stop_after
    blocks_of = NextAnswers(
        right=right,
        logit=logit,
        student=rng.integers(0, max(2, blocks // 10), blocks),
        answers_on_competency=on_competency,
        answers_of_student=of_student,
        days=days,
    )
    return blocks_of, deviation


def chosen(answers: NextAnswers, rows: np.ndarray) -> NextAnswers:
    names = ("right", "logit", "student", "answers_on_competency", "answers_of_student")
    return replace(answers, **{name: getattr(answers, name)[rows] for name in names})


def judged(answers: NextAnswers, deviation: Floats) -> Coverage:
    return coverage(answers, deviation, rng=np.random.default_rng(1), repeats=40)


def shares(found: Coverage) -> list[float]:
    return [level.value for level in found.overall.covered]


def test_without_doubt_the_count_of_like_questions_is_binomial() -> None:
    mean = np.full((1, 3), special.logit(0.8))
    # .2^3, 3 * .8 * .2^2, 3 * .8^2 * .2, .8^3
    assert count_chances(mean, np.array([0.0]))[0] == pytest.approx([0.008, 0.096, 0.384, 0.512])


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.floats(0, 2))
def test_counts_are_the_sum_over_all_patterns_of_answers(means: list[float], deviation: float) -> None:
    points = np.linspace(-8, 8, 4001)
    density = np.exp(-(points**2) / 2)
    density /= density.sum()
    chances = special.expit(np.array(means)[:, None] + deviation * points)
    by_hand = np.zeros(len(means) + 1)
    for pattern in itertools.product((0, 1), repeat=len(means)):
        right = np.array(pattern)[:, None]
        by_hand[sum(pattern)] += (np.where(right, chances, 1 - chances).prod(axis=0) * density).sum()
    counted = count_chances(np.array([means]), np.array([deviation]))[0]
    assert counted == pytest.approx(by_hand, abs=2e-4)


@given(st.floats(-3, 3), st.floats(0, 1.5))
def test_doubt_does_not_change_the_chance(logit: float, deviation: float) -> None:
    mean = latent_mean(np.array([[logit]]), np.array([[deviation]]))
    assert count_chances(mean, np.array([deviation]))[0, 1] == pytest.approx(special.expit(logit), abs=0.012)


def test_the_width_of_a_belief_by_hand() -> None:
    # exp(.3 - .4 log 4 - .1 log 11) + .02 * 5 = .70916; its root .84212
    found = deviation_of(
        Doubt(base=0.3, competency=-0.4, student=-0.1, growth_per_day=0.02),
        np.array([3]),
        np.array([10]),
        np.array([5.0]),
    )
    assert found[0] == pytest.approx(np.sqrt(np.exp(0.3) * 4**-0.4 * 11**-0.1 + 0.1))


def test_true_beliefs_cover_what_they_state() -> None:
    found = judged(*practised(blocks=20_000, seed=2))
    assert shares(found) == pytest.approx([0.5, 0.8, 0.95], abs=0.01)


def test_true_beliefs_have_a_flat_histogram() -> None:
    found = judged(*practised(blocks=20_000, seed=3))
    assert found.overall.pit == pytest.approx([0.1] * 10, abs=0.01)


def test_half_the_doubt_covers_too_little_and_errors_spread_wider_than_foretold() -> None:
    answers, deviation = practised(blocks=20_000, seed=4)
    found = judged(answers, deviation / 2)
    assert found.overall.covered[1].high < 0.79
    assert found.overall.dispersion.low > 1.1


def test_twice_the_doubt_covers_too_much_and_errors_spread_less_than_foretold() -> None:
    answers, deviation = practised(blocks=20_000, seed=5)
    found = judged(answers, deviation * 2)
    assert found.overall.covered[1].low > 0.82
    assert found.overall.dispersion.high < 0.9


def test_complete_blocks_mislead_where_practice_stops_at_two_right_in_a_row() -> None:
    answers, deviation = practised(blocks=20_000, seed=6, stop_after=2)
    complete = np.isfinite(answers.right).all(axis=1)
    assert shares(judged(chosen(answers, complete), deviation[complete]))[1] < 0.77


def test_unfinished_blocks_are_judged_without_that_bias() -> None:
    found = judged(*practised(blocks=20_000, seed=6, stop_after=2))
    assert found.overall.completed > 0.3
    assert shares(found) == pytest.approx([0.5, 0.8, 0.95], abs=0.01)


def test_stopping_does_not_move_the_dispersion_of_true_beliefs() -> None:
    found = judged(*practised(blocks=20_000, seed=7, stop_after=2))
    assert found.overall.dispersion.value == pytest.approx(1, abs=0.03)


def test_too_little_doubt_is_found_under_stopping_too() -> None:
    answers, deviation = practised(blocks=20_000, seed=8, stop_after=3)
    found = judged(answers, deviation / 3)
    assert found.overall.covered[1].high < 0.79
    assert found.overall.dispersion.low > 1.1


def test_coverage_is_told_by_answers_before_and_by_group() -> None:
    answers, deviation = practised(blocks=3000, seed=9)
    group = answers.student % 2
    found = coverage(
        answers, deviation, rng=np.random.default_rng(1), group=group, group_names=("Blue", "Green"), repeats=10
    )
    assert [part.name for part in found.by_answers] == ["0–4", "5–14", "15+"]
    assert [part.name for part in found.by_group] == ["Blue", "Green"]
    assert sum(part.blocks for part in found.by_group) == found.overall.blocks == 3000


def test_a_group_beside_it_does_not_change_what_a_group_covers() -> None:
    answers, deviation = practised(blocks=2000, seed=10)
    blue = answers.student % 2 == 0
    alone = judged(chosen(answers, blue), deviation[blue]).overall
    beside = coverage(
        answers, deviation, rng=np.random.default_rng(1), group=(~blue).astype(int), group_names=("Blue",), repeats=40
    )
    assert beside.by_group[0].covered == alone.covered


def test_a_block_without_answers_is_left_out() -> None:
    answers, deviation = practised(blocks=300, seed=11)
    answers.right[:100] = np.nan
    assert judged(answers, deviation).overall.blocks == 200


def test_shares_are_refused_because_they_cannot_be_counted() -> None:
    answers, _deviation = practised(blocks=3, seed=12)
    with pytest.raises(ValueError, match="shares cannot be counted"):
        replace(answers, right=np.full((3, 5), 0.5))


def test_the_doubt_behind_answers_is_found_again() -> None:
    answers, deviation = practised(blocks=30_000, seed=13)
    fitted = fit_doubt(answers)
    found = deviation_of(fitted, answers.answers_on_competency, answers.answers_of_student)
    assert np.abs(found / deviation - 1).mean() < 0.06


def test_the_doubt_is_found_again_where_practice_stops_early() -> None:
    answers, deviation = practised(blocks=30_000, seed=14, stop_after=3)
    fitted = fit_doubt(answers)
    found = deviation_of(fitted, answers.answers_on_competency, answers.answers_of_student)
    assert np.abs(found / deviation - 1).mean() < 0.08


def test_growth_with_days_is_found_again() -> None:
    truth = replace(TRUTH, growth_per_day=0.04)
    answers, _deviation = practised(blocks=30_000, seed=15, truth=truth, has_days=True)
    assert fit_doubt(answers).growth_per_day == pytest.approx(0.04, abs=0.01)


def test_fitted_doubt_never_widens_with_answers() -> None:
    answers, _deviation = practised(blocks=3000, seed=16, truth=Doubt(base=-1, competency=0.3, student=0.1))
    fitted = fit_doubt(answers)
    assert fitted.competency <= 0
    assert fitted.student <= 0


def test_single_answers_say_nothing_about_doubt_and_leave_the_prior() -> None:
    answers, _deviation = practised(blocks=500, seed=17, ahead=1)
    assert fit_doubt(answers, prior=TRUTH) == TRUTH


def test_five_blocks_hardly_move_the_prior() -> None:
    answers, _deviation = practised(blocks=5, seed=18)
    fitted = fit_doubt(answers, prior=TRUTH)
    assert fitted.base == pytest.approx(TRUTH.base, abs=0.8)


def test_next_rows_follow_one_student_on_one_competency() -> None:
    student = np.array([0, 0, 0, 0, 1, 1])
    competency = np.array([5, 6, 5, 5, 5, 5])
    assert next_rows(student, competency, ahead=2).tolist() == [[0, 2], [1, -1], [2, 3], [3, -1], [4, 5], [5, -1]]
