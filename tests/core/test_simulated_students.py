"""Simulated students: a log that looks like one, with a truth that keeps its promises."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence.answer_log import Floats
from headway.core.evidence.simulated_practice import kept, reference_logit
from headway.core.evidence.simulation import SimulatedLog, World, simulate

DAY = 86_400.0


@pytest.fixture(scope="module")
def simulated() -> SimulatedLog:
    return simulate(World(), students=500, competencies=60, seed=3)


def first_competency(simulated: SimulatedLog) -> np.ndarray:
    log = simulated.log
    return log.members[log.set_starts[log.skill_set]]


def seconds_of(simulated: SimulatedLog) -> Floats:
    assert simulated.log.seconds is not None
    return simulated.log.seconds


def test_what_is_kept_by_hand() -> None:
    # A quarter of 2 logits stays for good; of the other 1.5, after as many days as it is stable, 1 / sqrt(2) is left.
    assert kept(2.0, 2.0, 10.0, 10.0, 0.25, 0.5) == pytest.approx(0.5 + 1.5 / 2**0.5)


def test_a_slip_lowers_the_reference_chance_by_hand() -> None:
    # Even odds of knowing, one slip in ten: .45 right, logit -0.2007.
    assert reference_logit(0.0, 0.1) == pytest.approx(np.log(0.45 / 0.55))


@given(st.floats(0, 4), st.floats(0.1, 100), st.floats(0, 400), st.floats(0, 400))
def test_more_days_never_leave_more(learned: float, stability: float, days: float, more: float) -> None:
    before, after = (kept(learned, learned, stability, wait, 0.3, 0.4) for wait in (days, days + more))
    assert 0.3 * learned - 1e-12 <= after <= before + 1e-12


def test_the_same_seed_gives_the_same_log_to_the_last_bit(simulated: SimulatedLog) -> None:
    again = simulate(World(), students=500, competencies=60, seed=3)
    for name in ("item", "score", "seconds", "hints", "attempt", "skill_set"):
        assert np.array_equal(getattr(again.log, name), getattr(simulated.log, name))
    assert np.array_equal(again.truth_logit, simulated.truth_logit)
    assert np.array_equal(again.ratings.level, simulated.ratings.level)


def test_another_seed_gives_another_log(simulated: SimulatedLog) -> None:
    assert simulate(World(), students=500, competencies=60, seed=4).log.rows != simulated.log.rows


def test_every_student_answers_one_question_after_the_other(simulated: SimulatedLog) -> None:
    seconds, log = seconds_of(simulated), simulated.log
    assert seconds.min() == 0
    assert all((np.diff(seconds[start:end]) > 0).all() for start, end in pairwise(log.starts))


def test_sets_are_one_competency_or_one_with_its_prerequisite(simulated: SimulatedLog) -> None:
    log = simulated.log
    sizes = np.diff(log.set_starts)
    assert set(sizes) == {1, 2}
    edges = {(int(before), int(after)) for before, after in simulated.prerequisites}
    for start in log.set_starts[:-1][sizes == 2]:
        assert (log.members[start + 1], log.members[start]) in edges


def test_prerequisites_have_no_circle(simulated: SimulatedLog) -> None:
    assert (simulated.prerequisites[:, 0] < simulated.prerequisites[:, 1]).all()


def test_the_truth_of_a_row_is_the_truth_half_a_second_before(simulated: SimulatedLog) -> None:
    log = simulated.log
    alone = np.diff(log.set_starts)[log.skill_set] == 1
    looked_up = simulated.truth_at(log.student_of_row(), first_competency(simulated), seconds_of(simulated) - 0.5)
    assert looked_up[alone] == pytest.approx(simulated.truth_logit[alone], abs=1e-4)


def test_chances_are_what_happens(simulated: SimulatedLog) -> None:
    for low in np.arange(0.1, 1.0, 0.1):
        chosen = np.abs(simulated.chance - low) < 0.05
        expected, seen = simulated.chance[chosen].mean(), simulated.log.score[chosen].mean()
        assert seen == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(chosen.sum()))


def test_a_chance_lies_between_guessing_and_slipping(simulated: SimulatedLog) -> None:
    assert simulated.log.guess is not None
    assert (simulated.chance >= simulated.log.guess - 1e-12).all()
    assert (simulated.chance <= 1 - simulated.slip[simulated.log.student_of_row()] + 1e-12).all()


def test_a_year_without_practice_loses_what_practice_gave_but_not_all(simulated: SimulatedLog) -> None:
    log = simulated.log
    last = log.starts[1:] - 1
    student, competency = np.arange(log.students), first_competency(simulated)[last]
    end = seconds_of(simulated)[last]
    begin = simulated.truth_at(student, competency, seconds_of(simulated)[log.starts[:-1]] - 1)
    now, in_a_year, in_two = (simulated.truth_at(student, competency, end + days * DAY) for days in (0, 365, 730))
    assert (in_a_year <= now).all()
    assert (in_two <= in_a_year).all()
    assert begin.mean() < in_two.mean() < in_a_year.mean() < now.mean()


def test_where_nothing_is_forgotten_time_changes_nothing() -> None:
    steady = simulate(World(stability_days=(1e12, 1e12)), students=50, competencies=20, seed=1)
    last = steady.log.starts[1:] - 1
    student, competency, end = np.arange(50), first_competency(steady)[last], seconds_of(steady)[last]
    now = steady.truth_at(student, competency, end)
    assert steady.truth_at(student, competency, end + 300 * DAY) == pytest.approx(now, abs=1e-6)


def test_nobody_has_a_truth_in_a_course_of_others(simulated: SimulatedLog) -> None:
    truths = simulated.truth_at(np.arange(500)[:, None], np.arange(60)[None, :], 0.0)
    assert np.isfinite(truths).sum(axis=1).tolist() == [20] * 500


def test_practice_until_right_stops_at_three_in_a_row() -> None:
    only = World(share_until_right=1.0, share_sets=0.0, review_share=(0.0, 0.0), share_with_two_competencies=0.0)
    log = simulate(only, students=60, competencies=400, seed=2).log
    assert log.attempt is not None
    for start, end in pairwise(log.starts):
        first_tries = np.flatnonzero(log.attempt[start:end] == 1) + start
        scores, skills = log.score[first_tries], log.skill_set[first_tries]
        for place in range(3, len(first_tries)):
            stretch = skills[place - 3 : place]
            if len(set(stretch)) == 1 and scores[place - 3 : place].all() and (skills[:place] == stretch[0]).sum() == 3:
                assert skills[place] != stretch[0]


def test_classes_differ_as_schools_do(simulated: SimulatedLog) -> None:
    log = simulated.log
    group = log.groups["class"][log.student_of_row()]
    rates = np.bincount(group, log.score) / np.bincount(group)
    assert rates.min() < 0.65
    assert rates.max() > 0.75


def test_most_leave_some_thirty_answers_and_few_leave_hundreds() -> None:
    lengths = np.diff(simulate(World(), students=2000, competencies=20, seed=5).log.starts)
    assert 20 <= np.median(lengths) <= 45
    assert np.quantile(lengths, 0.99) >= 150


def test_the_groups_are_alike_unless_something_is_planted() -> None:
    # Same seed, same people: the planted world moves only the second group, by exactly what was planted.
    fair, unfair = (
        simulate(World(second_group_start_logits=lower, slip_chance=(0, 0)), students=200, competencies=20, seed=6)
        for lower in (0.0, -0.5)
    )
    second = fair.log.groups["language"] == 1
    moved = unfair.truth_at(np.arange(200), 3, -1.0) - fair.truth_at(np.arange(200), 3, -1.0)
    assert moved[~second] == pytest.approx(np.zeros((~second).sum()))
    assert moved[second] == pytest.approx(np.full(second.sum(), -0.5))


def test_an_unfair_item_is_harder_for_the_second_group_only() -> None:
    planted = simulate(World(share_of_unfair_items=0.5, unfair_logits=3.0), students=500, competencies=20, seed=7)
    log = planted.log
    is_unfair = np.isin(log.item, planted.unfair_items)
    second = log.groups["language"][log.student_of_row()] == 1
    gap = {
        group: planted.chance[is_unfair & (second == group)].mean()
        - planted.chance[~is_unfair & (second == group)].mean()
        for group in (False, True)
    }
    assert abs(gap[False]) < 0.1
    assert gap[True] < -0.25


def test_better_students_are_rated_higher_and_generous_raters_rate_higher() -> None:
    ratings_world = World(ratings_per_student=20.0)
    simulated = simulate(ratings_world, students=400, competencies=20, seed=8)
    ratings = simulated.ratings
    truth = simulated.truth_at(ratings.student, ratings.competency, ratings.seconds)
    offset = ratings.rater_offsets[ratings.rater]
    assert set(ratings.level) == set(range(ratings.levels))
    design = np.column_stack([np.ones(len(truth)), truth, offset])
    _, by_truth, by_offset = np.linalg.lstsq(design, ratings.level, rcond=None)[0]
    # A logit of mastery and a logit of generosity do the same to a level.
    assert by_truth == pytest.approx(by_offset, rel=0.25)
    assert by_truth > 0.3


def test_a_proficient_rating_begins_where_eight_of_ten_succeed() -> None:
    clear = World(rating_noise_logits=0.0, rater_deviation_logits=0.0, ratings_per_student=5.0)
    simulated = simulate(clear, students=200, competencies=20, seed=9)
    ratings = simulated.ratings
    truth = simulated.truth_at(ratings.student, ratings.competency, ratings.seconds)
    assert np.array_equal(ratings.level >= 2, truth >= np.log(4.0))


def test_a_world_says_what_it_is_made_of() -> None:
    assert dataclasses.replace(World(), transfer=0.0).transfer == 0.0
    with pytest.raises(ValueError, match="at least one student"):
        simulate(World(), students=0, competencies=5, seed=1)
