"""Estimates are compared by group without crying wolf, without naming small groups, and with what was planted found again."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from headway.core.evidence import fairness_report
from headway.core.evidence.calibration import Floats, Interval, calibration_slope, interval, measure
from headway.core.evidence.coverage import Covered
from headway.core.evidence.fairness import Comparison, abroca, by_group, decisions_by_group, stage_of
from headway.core.evidence.fairness_report import FairnessReport, report
from headway.core.evidence.item_shifts import ItemShift, item_dif

NAMES = ("Green", "Blue")
ANSWERS = 20


class Practice:
    """Answers whose chances are true, but for what is planted; Blue is every third student."""

    def __init__(
        self, students: int = 150, *, seed: int, high_for_blue: float = 0.0, only_before: int = ANSWERS, groups: int = 2
    ) -> None:
        rng = np.random.default_rng(seed)
        self.student = np.repeat(np.arange(students), ANSWERS)
        self.before = np.tile(np.arange(ANSWERS), students)
        self.group = self.student % 3 // 2 if groups == 2 else self.student % groups
        logit = rng.normal(0.4, 1, students)[self.student] + rng.normal(0, 0.7, len(self.student))
        self.right = (rng.random(len(logit)) < special.expit(logit)).astype(float)
        is_planted = (self.group == 1) & (self.before < only_before)
        self.chance = special.expit(logit + high_for_blue * is_planted)

    def compared(
        self, names: tuple[str, ...] = NAMES, *, group: np.ndarray | None = None, repeats: int = 60, least: int = 10
    ) -> Comparison:
        return by_group(
            self.right,
            self.chance,
            self.student,
            self.group if group is None else group,
            names,
            self.before,
            rng=np.random.default_rng(1),
            repeats=repeats,
            least_students=least,
        )


def sentences(told: FairnessReport) -> list[str]:
    return [line.sentence for line in told.lines]


def in_words(told: FairnessReport) -> list[str]:
    return [line.sentence.format(**line.facts) for line in told.lines]


def of(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


# The area between ROC curves


def test_a_perfect_order_beside_one_that_knows_nothing_leaves_half_the_square() -> None:
    right, chance = of(1, 0, 1, 0), of(0.9, 0.1, 0.5, 0.5)
    assert abroca(right, chance, np.array([True, True, False, False])) == pytest.approx(0.5)


def test_curves_that_cross_have_an_area_although_their_aucs_agree() -> None:
    # Blue: (0,0) (0,.5) (.5,.5) (.5,1) (1,1); Green: the diagonal up to (.5,.5), then the same; each step by hand
    right, chance = of(1, 0, 1, 0), of(0.9, 0.8, 0.7, 0.6)
    blue = abroca(np.tile(right, 2), np.concatenate([chance, [0.9, 0.9, 0.7, 0.6]]), np.repeat([True, False], 4))
    assert blue == pytest.approx(0.125)


groups_of_rows = st.lists(
    st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 15), st.integers(0, 2)), min_size=4, max_size=40
)


@given(groups_of_rows)
def test_the_area_is_what_a_fine_grid_finds(rows: list[tuple[bool, int, int, int]]) -> None:
    blue, right, chance, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = abroca(right.astype(float), chance / 15, blue, weight.astype(float))
    grid = (np.arange(40_000) + 0.5) / 40_000
    heights = []
    for chosen in (blue, ~blue):
        hits, alarms = [0.0], [0.0]
        for line in sorted(set(chance.tolist()), reverse=True):
            above = chosen & (chance >= line)
            hits.append(float((weight * right)[above].sum()))
            alarms.append(float((weight * (1 - right))[above].sum()))
        if not hits[-1] or not alarms[-1]:
            assert math.isnan(found)
            return
        heights.append(np.interp(grid, np.array(alarms) / alarms[-1], np.array(hits) / hits[-1]))
    assert found == pytest.approx(np.abs(heights[0] - heights[1]).mean(), abs=1e-3)


def test_it_does_not_matter_which_group_is_named_first() -> None:
    seen = Practice(seed=2)
    blue = seen.group == 1
    assert abroca(seen.right, seen.chance, blue) == pytest.approx(abroca(seen.right, seen.chance, ~blue))


# Measures by group


def test_a_groups_measures_are_those_of_its_rows_alone() -> None:
    seen = Practice(seed=3)
    agreement = seen.compared().groups[1].agreement
    alone = measure(seen.right[seen.group == 1], seen.chance[seen.group == 1])
    assert agreement is not None
    found = (agreement.gap, agreement.calibration_error, agreement.slope, agreement.auc)
    expected = (alone.mean_gap, alone.calibration_error, alone.slope, alone.auc)
    assert [one.value for one in found] == pytest.approx(expected)


def test_the_slopes_interval_is_that_of_fitting_every_redrawn_set_anew() -> None:
    seen = Practice(seed=4)
    blue = seen.group == 1
    anew = interval(
        calibration_slope,
        seen.right[blue],
        seen.chance[blue],
        seen.student[blue],
        repeats=200,
        rng=np.random.default_rng(5),
    )
    agreement = seen.compared(repeats=200).groups[1].agreement
    assert agreement is not None
    assert agreement.slope.high - agreement.slope.low == pytest.approx(anew.high - anew.low, rel=0.2)


def test_stages_are_told_apart_at_four_and_fourteen_answers() -> None:
    assert stage_of(np.array([0, 4, 5, 14, 15, 200])).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_lean_in_early_estimates_is_found_there_and_not_later() -> None:
    (difference,) = Practice(900, seed=6, high_for_blue=0.9, only_before=5).compared().differences
    early, _middle, late = difference.agreement.gaps
    assert early.low > 0.05
    assert late.low < 0 < late.high


def test_three_groups_are_each_set_beside_the_other_two() -> None:
    found = Practice(seed=7, groups=3).compared(("Green", "Blue", "Red"))
    assert [difference.group for difference in found.differences] == ["Green", "Blue", "Red"]


def test_two_groups_are_compared_once_and_the_smaller_is_named() -> None:
    assert [difference.group for difference in Practice(seed=8).compared().differences] == ["Blue"]


def test_the_same_seed_gives_the_same_comparison() -> None:
    seen = Practice(60, seed=9)
    assert seen.compared(repeats=10) == seen.compared(repeats=10)


def test_a_small_group_is_hidden_with_all_its_figures() -> None:
    seen = Practice(90, seed=10)
    hidden = seen.compared(("Green", "Blue", "Rare"), group=np.where(seen.student < 9, 2, seen.group)).groups[2]
    assert (hidden.is_hidden, hidden.students, hidden.rows, hidden.agreement) == (True, None, None, None)


def test_a_small_group_changes_nothing_that_is_shown() -> None:
    seen = Practice(90, seed=11)
    group = np.where(seen.student < 9, 2, seen.group)
    names = ("Green", "Blue", "Rare")
    before = seen.compared(names, group=group, repeats=10)
    seen.right = np.where(group == 2, 1 - seen.right, seen.right)
    assert seen.compared(names, group=group, repeats=10) == before


def test_a_stage_with_few_students_of_a_group_is_not_told() -> None:
    seen = Practice(90, seed=12)
    few = (seen.group == 0) | (seen.before < 15) | (seen.student < 18)
    seen.right = np.where(few, seen.right, np.nan)
    (difference,) = seen.compared(repeats=20).differences
    assert [math.isnan(gap.value) for gap in difference.agreement.gaps] == [False, False, True]


# Decisions


def decided(chance: Floats, ready: Floats, path: np.ndarray, group: np.ndarray, names: tuple[str, ...], **facts: int):
    return decisions_by_group(
        chance, ready, path, path, group, names, rng=np.random.default_rng(1), least_students=1, repeats=20, **facts
    )


def test_decisions_by_hand() -> None:
    # Path 0 moves on at its third answer, not ready; path 1 at its third, ready, and was ready at its second already.
    chance = of(0.2, 0.5, 0.9, 0.9, 0.3, 0.6, 0.85)
    ready = of(0, 0, 0, 1, 0, 1, 1)
    path = np.array([0, 0, 0, 0, 1, 1, 1])
    (found,) = decided(chance, ready, path, np.zeros(7, int), ("Green",), least_answers=1)
    assert found.false_advance.value == pytest.approx(1 / 2)
    assert found.over_practice.value == pytest.approx(1 / 4)
    assert found.median_answers.value == 2


def test_nobody_moves_on_before_the_least_number_of_answers() -> None:
    chance, path = np.full(8, 0.99), np.zeros(8, int)
    (found,) = decided(chance, np.ones(8), path, np.zeros(8, int), ("Green",), least_answers=4)
    assert found.median_answers.value == 4


def test_paths_that_end_early_do_not_count_as_never() -> None:
    # Half end unseen after one answer; of those who stay, all move on after three
    paths = [[0.1]] * 4 + [[0.1, 0.1, 0.1, 0.9]] * 4
    chance = np.concatenate([np.array(path) for path in paths])
    path = np.repeat(np.arange(8), [len(path) for path in paths])
    (found,) = decided(chance, np.full(len(path), np.nan), path, np.zeros(len(path), int), ("Green",), least_answers=0)
    assert found.median_answers.value == 3
    assert math.isnan(found.false_advance.value)


def test_where_fewer_than_half_move_on_there_is_no_median() -> None:
    path = np.repeat(np.arange(10), 6)
    chance = np.where(path < 3, 0.9, 0.1)
    (found,) = decided(chance, np.ones(60), path, np.zeros(60, int), ("Green",), least_answers=0)
    assert math.isnan(found.median_answers.value)


def test_a_group_that_is_moved_on_too_early_is_found() -> None:
    rng = np.random.default_rng(13)
    path = np.repeat(np.arange(600), 6)
    group = path % 2
    ready = (rng.random(600) < np.where(np.arange(600) % 2, 0.6, 0.9))[path].astype(float)
    green, blue = decided(np.full(len(path), 0.9), ready, path, group, NAMES)
    assert blue.false_advance_difference.low > 0.15
    assert green.false_advance_difference.high < -0.15


# Items


def answered(
    *, seed: int, students: int = 400, items: int = 30, ability_of_blue: float = 0.0, planted: float = 0.0
) -> tuple[Floats, Floats, np.ndarray, np.ndarray, np.ndarray]:
    """Everybody answers every item once; what is expected knows ability only in part; item 0 is planted for Blue."""
    rng = np.random.default_rng(seed)
    student, item = np.repeat(np.arange(students), items), np.tile(np.arange(items), students)
    blue = np.arange(students) % 5 < 2
    group = blue.astype(int)[student]
    ability = rng.normal(0, 1, students) + ability_of_blue * blue
    difficulty = rng.normal(0, 1, items)
    known = 0.8 * ability + rng.normal(0, 0.4, students)
    logit = ability[student] - difficulty[item] + planted * ((item == 0) & (group == 1))
    right = (rng.random(len(logit)) < special.expit(logit)).astype(float)
    return right, known[student] - difficulty[item], item, student, group


def flagged(shifts: tuple[ItemShift, ...]) -> list[int]:
    return [one.item for one in shifts if one.letter != "A"]


@pytest.mark.parametrize("ability_of_blue", [0.0, -1.5])
def test_without_planted_differences_hardly_an_item_is_flagged(ability_of_blue: float) -> None:
    shifts = [
        one for seed in range(10) for one in item_dif(*answered(seed=seed, ability_of_blue=ability_of_blue), NAMES)
    ]
    assert len(shifts) == 300
    assert len(flagged(tuple(shifts))) <= 2
    # and the test statistic is as wide as it says: 5% beyond 1.96
    assert 0.01 <= np.mean([abs(one.z) > 1.96 for one in shifts]) <= 0.1


def test_a_planted_difference_is_found_first_with_its_side_and_size() -> None:
    first = item_dif(*answered(seed=14, students=1000, planted=-1.2), NAMES)[0]
    assert (first.item, first.group, first.letter) == (0, "Blue", "C")
    assert first.shift_logits == pytest.approx(-1.2, abs=0.3)
    assert -35 < first.points < -15


def test_planted_differences_are_found_nearly_always() -> None:
    found = [0 in flagged(item_dif(*answered(seed=seed, students=800, planted=1.2), NAMES)) for seed in range(20)]
    assert sum(found) >= 18


def test_the_items_own_difficulty_need_not_be_known() -> None:
    right, logit, item, student, group = answered(seed=15, students=1000, planted=-1.2)
    ability_alone = logit + np.linspace(-2, 2, 30)[item]
    assert item_dif(right, ability_alone, item, student, group, NAMES)[0].item == 0


def test_early_estimates_that_lean_are_not_taken_for_items() -> None:
    right, logit, item, student, group = answered(seed=16, students=600)
    before = item % 20  # items come in one order, so a lean in early estimates falls on the first items
    leaning = logit + 1.5 * ((group == 1) & (before < 5))
    naive = flagged(item_dif(right, leaning, item, student, group, NAMES))
    staged = flagged(item_dif(right, leaning, item, student, group, NAMES, answers_before=before))
    assert len(naive) >= 5
    assert staged == []


def test_the_same_answers_written_ten_times_are_no_better_evidence() -> None:
    right, logit, item, student, group = answered(seed=17, students=80)
    once = item_dif(right, logit, item, student, group, NAMES)
    copied = item_dif(*(np.tile(column, 10) for column in (right, logit, item, student, group)), NAMES)
    assert abs(copied[0].z) == pytest.approx(abs(once[0].z), rel=0.15)


def test_items_with_few_answers_in_a_group_are_left_out() -> None:
    right, logit, item, student, group = answered(seed=18, students=80)
    kept = (item != 3) | (group == 0) | (student < 40)
    shifts = item_dif(right[kept], logit[kept], item[kept], student[kept], group[kept], NAMES)
    assert 3 not in {one.item for one in shifts}
    assert len(shifts) == 29


def test_an_item_that_all_get_right_stays_finite() -> None:
    right, logit, item, student, group = answered(seed=19, students=100)
    right[item == 2] = 1.0
    assert all(math.isfinite(one.z) for one in item_dif(right, logit, item, student, group, NAMES))


# The report


def test_balanced_groups_raise_hardly_an_alarm() -> None:
    alarms = sum(
        fairness_report.FOUND in sentences(report(Practice(60, seed=seed).compared(repeats=40), column="language"))
        for seed in range(100, 140)
    )
    assert alarms <= 5


def test_a_planted_lean_is_told_with_its_points_and_what_to_do() -> None:
    told = report(Practice(900, seed=20, high_for_blue=0.6).compared(), column="language")
    assert fairness_report.FOUND in sentences(told)
    (line,) = [line for line in told.lines if line.sentence == fairness_report.HIGHER_OVERALL]
    assert line.facts["group"] == "Blue"
    assert 9 < float(str(line.facts["points"])) < 15
    assert sentences(told)[-1] == fairness_report.DO_LOOK


def test_a_lean_downwards_is_told_as_lower_with_positive_points() -> None:
    told = report(Practice(900, seed=21, high_for_blue=-0.6).compared(), column="language")
    (line,) = [line for line in told.lines if line.sentence == fairness_report.LOWER_OVERALL]
    low, points, high = (float(str(line.facts[name])) for name in ("low", "points", "high"))
    assert 0 < low < points < high


def test_a_lean_in_early_estimates_alone_asks_to_wait() -> None:
    told = report(Practice(900, seed=22, high_for_blue=1.0, only_before=5).compared(), column="language")
    assert sentences(told)[-1] == fairness_report.DO_WAIT


def made_up(low: float, high: float) -> Comparison:
    """The comparison of a small sample, with every difference put between two ends."""
    comparison = Practice(60, seed=23).compared(repeats=10)
    (difference,) = comparison.differences
    gap = Interval(value=(low + high) / 2, low=low, high=high)
    agreement = replace(difference.agreement, gap=gap, gaps=(gap, gap, gap))
    return replace(comparison, differences=(replace(difference, agreement=agreement),))


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (-0.019, 0.019, fairness_report.NONE_FOUND),
        (0.001, 0.019, fairness_report.NONE_FOUND),  # a difference, but within the line
        (-0.01, 0.021, fairness_report.NOT_SURE),
        (0.001, 0.03, fairness_report.NOT_SURE),
        (0.001, 0.05, fairness_report.FOUND),
        (-0.05, -0.001, fairness_report.FOUND),
        (float("nan"), float("nan"), fairness_report.NOT_SURE),
    ],
)
def test_no_difference_is_claimed_only_where_the_interval_says_so(low: float, high: float, sentence: str) -> None:
    assert sentences(report(made_up(low, high), column="language"))[1] == sentence


def test_a_hidden_group_is_counted_and_never_named() -> None:
    seen = Practice(90, seed=24)
    comparison = seen.compared(("Green", "Blue", "Rare"), group=np.where(seen.student < 9, 2, seen.group), repeats=10)
    shown = Interval(value=0.5, low=0.4, high=0.6)
    covered = Covered(name="Rare", blocks=9, students=9, completed=0.0, covered=(shown,), pit=(1.0,), dispersion=shown)
    told = report(comparison, column="language", coverage=(covered,), coverage_levels=(0.8,))
    assert not [line for line in in_words(told) if "Rare" in line]
    assert told.coverage == ()


def test_a_range_that_holds_too_seldom_is_told() -> None:
    held = Interval(value=0.7, low=0.66, high=0.74)
    covered = Covered(name="Blue", blocks=900, students=99, completed=0.0, covered=(held,), pit=(1.0,), dispersion=held)
    told = report(made_up(-0.01, 0.01), column="language", coverage=(covered,), coverage_levels=(0.8,))
    assert "“Blue”: ranges that should hold 80 times in 100 held 70.0 (likely 66.0 to 74.0)." in in_words(told)


def test_one_group_alone_is_compared_with_nobody() -> None:
    told = report(Practice(30, seed=25).compared(("Green",), repeats=10), column="language")
    assert sentences(told)[-1] == fairness_report.NOTHING_TO_COMPARE


def test_a_flagged_item_is_told_by_name_and_handed_to_a_person() -> None:
    items = item_dif(*answered(seed=26, students=1000, planted=-1.2), NAMES)
    told = report(made_up(-0.01, 0.01), column="language", items=items, item_name="Question {}".format)
    (line,) = [line for line in told.lines if line.sentence == fairness_report.ITEM_HARDER]
    assert line.facts["item"] == "Question 0"


def test_a_long_list_of_items_is_cut_and_says_so() -> None:
    one = item_dif(*answered(seed=27, students=1000, planted=-1.2), NAMES)[0]
    told = report(made_up(-0.01, 0.01), column="language", items=tuple(replace(one, item=item) for item in range(25)))
    assert told.lines[-2].facts == {"count": 5}
    assert len(told.items) == 25


def test_decisions_are_told_beside_the_other_groups() -> None:
    rng = np.random.default_rng(28)
    path = np.repeat(np.arange(200), 6)
    ready = (rng.random(len(path)) < 0.8).astype(float)
    decisions = decided(np.full(len(path), 0.9), ready, path, path % 2, NAMES)
    told = report(made_up(-0.01, 0.01), column="language", decisions=decisions)
    for sentence in (fairness_report.MOVED_EARLY, fairness_report.HELD_LATE, fairness_report.MEDIAN_ANSWERS):
        assert sentences(told).count(sentence) == 2


def test_a_report_is_plain_json_even_where_nothing_is_known() -> None:
    told = report(made_up(float("nan"), float("nan")), column="language")
    written = json.loads(json.dumps(told.as_json(), allow_nan=False))
    assert written["comparison"]["differences"][0]["agreement"]["gap"]["low"] is None
    assert written["lines"][0]["facts"]["column"] == "language"


def test_every_sentence_has_its_facts() -> None:
    told = report(Practice(900, seed=29, high_for_blue=0.6).compared(), column="language")
    assert all("{" not in line for line in in_words(told))
