"""Who is learned from and who is forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headway.core.evidence import folds
from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.folds import plan_of
from headway.core.shared.errors import RuleBroken


def log_of(students: int = 10, answers: int = 6, **parts: list[int]) -> AnswerLog:
    rows = students * answers
    return AnswerLog(
        starts=np.arange(students + 1, dtype=np.int64) * answers,
        item=np.zeros(rows, np.int32),
        skill_set=np.zeros(rows, np.int32),
        score=np.tile([1.0, 0.0], rows // 2),
        set_starts=np.array([0, 1], np.int32),
        members=np.zeros(1, np.int32),
        parts={name: np.array(part, np.int32) for name, part in parts.items()},
    )


def sentences(plan):
    return [sentence for sentence, _facts in plan.sentences]


def test_a_test_of_its_own_is_one_fold():
    plan = plan_of(log_of(test=[0] * 7 + [1] * 3))
    (fold,) = plan.folds
    assert fold.test.tolist() == [7, 8, 9]
    assert fold.train.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert fold.held_out is None
    assert sentences(plan) == [folds.PUBLISHED_TEST]


def test_a_part_for_validation_decides_when_to_stop():
    (fold,) = plan_of(log_of(test=[0] * 7 + [1] * 3, valid=[1, 1] + [0] * 8)).folds
    assert fold.held_out.tolist() == [0, 1]
    assert fold.train.tolist() == [2, 3, 4, 5, 6]


def test_folds_of_its_own_are_each_forecast_once():
    plan = plan_of(log_of(fold=[0, 1] * 5))
    assert [fold.test.tolist() for fold in plan.folds] == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    assert [fold.train.tolist() for fold in plan.folds] == [[1, 3, 5, 7, 9], [0, 2, 4, 6, 8]]
    assert not plan.shares_test


class TestFoldsAndATest:
    plan = plan_of(log_of(10, 250, fold=[0, 1, 0, 1, 0, 1, 0, 1, -1, -1], test=[0] * 8 + [1] * 2))

    def test_make_one_model_a_fold_which_decides_when_to_stop(self):
        assert [fold.name for fold in self.plan.folds] == ["0", "1"]
        owners = [sorted(set(self.plan.owner[fold.held_out].tolist())) for fold in self.plan.folds]
        assert owners == [[0, 2, 4, 6], [1, 3, 5, 7]]

    def test_forecast_the_same_students(self):
        assert self.plan.shares_test
        assert sorted(set(self.plan.owner[self.plan.folds[1].test].tolist())) == [8, 9]

    def test_are_cut_into_sequences_of_200(self):
        assert np.diff(self.plan.log.starts)[:2].tolist() == [200, 50]

    def test_do_not_score_the_first_answer_of_a_sequence(self):
        assert (~self.plan.is_scored).nonzero()[0][:3].tolist() == [0, 200, 250]

    def test_can_be_left_whole(self):
        plan = plan_of(log_of(10, 250, fold=[0, 1] * 4 + [-1, -1], test=[0] * 8 + [1] * 2), pieces=0)
        assert np.diff(plan.log.starts).tolist() == [250] * 10
        assert plan.is_scored.all()


class TestALogWithoutASplit:
    plan = plan_of(log_of(23))

    def test_gets_five_folds(self):
        assert sorted(len(fold.test) for fold in self.plan.folds) == [4, 4, 5, 5, 5]
        assert sentences(self.plan) == [folds.DRAWN_FOLDS]

    def test_forecasts_every_student_once(self):
        tested = np.concatenate([fold.test for fold in self.plan.folds])
        assert sorted(tested.tolist()) == list(range(23))

    def test_never_learns_from_whom_it_forecasts(self):
        for fold in self.plan.folds:
            assert not set(fold.train) & set(fold.test)

    def test_is_drawn_the_same_way_each_time(self):
        again = plan_of(log_of(23))
        assert [fold.test.tolist() for fold in again.folds] == [fold.test.tolist() for fold in self.plan.folds]


def test_sequences_of_one_student_stay_in_one_fold():
    plan = plan_of(log_of(6, 20), pieces=5, folds=3)
    for fold in plan.folds:
        assert not set(plan.owner[fold.train]) & set(plan.owner[fold.test])


def test_asking_for_folds_leaves_the_own_split_aside():
    assert len(plan_of(log_of(test=[0] * 7 + [1] * 3), folds=4).folds) == 4


def test_a_split_with_nobody_on_one_side_is_none():
    assert sentences(plan_of(log_of(test=[0] * 10))) == [folds.DRAWN_FOLDS]


def test_few_students_make_fewer_folds():
    assert len(plan_of(log_of(4)).folds) == 2


def test_three_students_are_too_few():
    with pytest.raises(RuleBroken, match="3 students are too few"):
        plan_of(log_of(3))


def test_what_was_only_studied_is_not_scored():
    log = log_of()
    plan = plan_of(replace(log, score=np.where(np.arange(log.rows) % 3 == 0, np.nan, log.score)))
    assert plan.is_scored.sum() == 40


def test_places_stand_for_questions_that_are_not_named():
    plan = plan_of(replace(log_of(), has_items=False))
    assert folds.PLACES_FOR_ITEMS in sentences(plan)
    assert plan.log.item[:6].tolist() == [0, 1, 2, 3, 3, 3]
