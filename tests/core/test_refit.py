"""The learner model fitted again on a school's own answers: on enough of them, honestly measured, on the authors' scale."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from headway.core.evidence.answer_log import AnswerLog, with_students
from headway.core.evidence.fitting import forecast
from headway.core.evidence.look_ahead import references
from headway.core.evidence.refit import Refit, anchored, calibrated_difficulties, for_log, foretelling, name_of, refit
from headway.core.evidence.scorecards import Scorecards, as_json, shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.shared.errors import RuleBroken


@lru_cache(maxsize=1)
def log() -> AnswerLog:
    """Answers of a small school with names for its items and competencies."""
    made = simulate(World(median_answers=(40.0, 80.0)), students=90, competencies=20, seed=5).log
    return replace(
        made,
        item_names=tuple(f"item {number}" for number in range(made.items)),
        skill_names=tuple(str(100 + number) for number in range(made.skills)),
    )


@lru_cache(maxsize=1)
def fitted() -> Refit:
    return refit(log(), in_use=shipped(), prior=shipped())


@lru_cache(maxsize=1)
def foretold() -> Scorecards:
    return foretelling(log(), prior=shipped())


def with_rows(rows: int) -> AnswerLog:
    """The first students with about so many answers."""
    students = int(np.searchsorted(log().starts, rows))
    return with_students(log(), np.arange(students))


def test_the_same_answers_give_the_same_model_under_the_same_name() -> None:
    again = refit(log(), in_use=shipped(), prior=shipped())
    assert as_json(again.cards) == as_json(fitted().cards)
    assert again.cards.version == name_of(log(), shipped())


def test_one_more_answer_gives_another_name() -> None:
    score = log().score.copy()
    score[0] = 1.0 - score[0]
    assert name_of(replace(log(), score=score), shipped()) != name_of(log(), shipped())


def test_test_students_are_a_fifth_and_both_models_are_measured_on_them() -> None:
    assert fitted().in_use.rows == fitted().refitted.rows == fitted().test_answers
    assert fitted().refitted.students == 18
    assert 0.5 < fitted().refitted.auc < 1.0


def test_a_school_s_own_model_foretells_its_students_better_than_the_one_that_came() -> None:
    assert fitted().is_better


def test_a_model_in_use_that_learned_from_the_judges_may_look_a_hair_better() -> None:
    just = replace(fitted().in_use, log_loss=fitted().refitted.log_loss - 0.002)
    assert not replace(fitted(), in_use=just).is_better
    assert replace(fitted(), in_use=just, in_use_has_seen_them=True).is_better


@pytest.mark.parametrize(
    "small",
    [
        lambda: with_rows(30),
        lambda: replace(log(), score=np.ones(log().rows)),
        lambda: with_students(log(), np.arange(3)),
        lambda: with_students(log(), np.arange(0)),
    ],
    ids=["few answers", "one outcome", "few students", "nobody"],
)
def test_too_little_to_learn_from_is_refused_with_what_is_missing(small) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RuleBroken, match="at least"):
        refit(small(), in_use=shipped(), prior=shipped())


def test_mastery_shown_keeps_the_curves_and_the_doubt_that_come_with_headway() -> None:
    assert fitted().cards.curves == pytest.approx(shipped().curves)
    assert fitted().cards.deviation == shipped().deviation
    assert np.abs(fitted().cards.levels).max() > 0.2


def test_placed_skills_are_nearer_the_truth_than_typical_ones() -> None:
    made = simulate(World(median_answers=(40.0, 80.0)), students=90, competencies=20, seed=5)
    told = made.item_difficulty
    names = dict(zip(log().item_names, told.tolist(), strict=True))
    placed = refit(log(), in_use=shipped(), prior=shipped(), difficulties=names).cards
    single = np.diff(log().set_starts)[log().skill_set] == 1
    shown = references(for_log(shipped(), log(), names), log()).before[single]
    owner = log().members[log().set_starts[log().skill_set[single]]]
    truth = made.truth_logit[single]
    without, with_level = (
        np.mean(np.abs(_chance(each) - _chance(truth))) for each in (shown, shown + placed.levels[owner])
    )
    assert with_level < without


def _chance(logit: np.ndarray) -> np.ndarray:
    chance: np.ndarray = 1.0 / (1.0 + np.exp(-logit))
    return chance


def test_guessing_right_makes_no_skill_easier() -> None:
    guessed = replace(log(), guess=np.full(log().rows, 0.5), score=np.where(np.arange(log().rows) % 4 > 0, 1.0, 0.0))
    fair = replace(guessed, guess=np.zeros(log().rows))
    lower, higher = (refit(each, in_use=shipped(), prior=shipped()).cards.levels for each in (guessed, fair))
    assert lower.mean() < higher.mean()


def test_a_model_finds_its_items_and_skills_again_by_name_in_another_order() -> None:
    cards = foretold()
    shuffled = np.random.default_rng(1).permutation(log().items)
    place = np.argsort(shuffled)
    other = replace(
        log(),
        item=place[log().item].astype(np.int32),
        item_names=tuple(log().item_names[number] for number in shuffled),
    )
    assert forecast(for_log(cards, other), other).logits == pytest.approx(forecast(cards, log()).logits, abs=1e-12)


def test_what_a_model_has_not_met_is_as_hard_as_its_author_said() -> None:
    known = for_log(shipped(), log(), {"item 0": 1.5})
    assert (known.offsets[0], known.offsets[1]) == (-1.5, 0.0)
    assert known.item_easiness[0] == pytest.approx(known.item_easiness[1] - 1.5)


def test_anchoring_moves_no_forecast() -> None:
    told = dict.fromkeys(log().item_names, 0.4)
    cards = replace(foretold(), offsets=foretold().offsets + 0.3)
    single = np.diff(log().set_starts)[log().skill_set] == 1
    before, after = (forecast(each, log()).logits[single] for each in (cards, anchored(cards, log(), told)))
    # Items of two competencies take a mean of both, so what moves is theirs alone.
    assert after == pytest.approx(before, abs=0.35)
    assert np.median(np.abs(after - before)) < 1e-9


def test_questions_keep_together_the_difficulty_their_authors_gave_them() -> None:
    told = dict.fromkeys(log().item_names, 0.8)
    easier = foretelling(log(), prior=shipped(), difficulties=told)
    met = np.unique(log().members[log().set_starts[log().skill_set]])
    assert (easier.levels - foretold().levels)[met] == pytest.approx(0.8, abs=1e-9)


def test_only_questions_with_many_answers_are_placed() -> None:
    answers = np.bincount(log().item, minlength=log().items)
    placed = calibrated_difficulties(foretold(), log())
    counts = [answers[log().item_names.index(name)] for name in placed]
    assert placed
    assert min(counts) >= 36
    assert np.median([count for count in answers if count < min(counts) + 20]) > 30 or len(placed) < log().items


def test_placed_questions_are_near_their_true_difficulty() -> None:
    made = simulate(World(median_answers=(40.0, 80.0)), students=90, competencies=20, seed=5)
    placed = calibrated_difficulties(foretold(), log())
    true = [made.item_difficulty[log().item_names.index(name)] for name in placed]
    assert np.corrcoef(true, list(placed.values()))[0, 1] > 0.5


def test_forecasts_need_no_later_answer() -> None:
    cards = foretold()
    cut = replace(log(), score=np.where(np.arange(log().rows) >= log().starts[1] - 1, 0.0, log().score))
    before, after = forecast(cards, log()).logits, forecast(cards, cut).logits
    assert before[: log().starts[1]] == pytest.approx(after[: log().starts[1]])
