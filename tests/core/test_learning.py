"""From a log to a model ready for use, and the arithmetic of its forecasts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from headway.core.evidence import learning
from headway.core.evidence.answer_log import with_students
from headway.core.evidence.fitting import forecast
from headway.core.evidence.learning import learn_all, learn_first
from headway.core.evidence.row_lines import START, lines_of
from headway.core.evidence.scorecards import as_json, from_json, shipped
from headway.core.evidence.simulation import World, simulate
from headway.core.evidence.walk import neighbours_of
from headway.core.shared.errors import RuleBroken


@cache
def log():
    return simulate(World(), students=40, competencies=8, seed=6).log


@cache
def learned():
    first = learn_first(log(), prior=shipped())
    return first, learn_all(
        log(), first, version="trial", fingerprint="print", prior=shipped(), facts={"fitted_on": "then"}
    )


def test_a_model_says_what_it_was_learned_from():
    first, cards = learned()
    assert cards.facts["students"] == 40
    assert cards.facts["held_out_students"] == 8 == first.held_out_students
    assert cards.facts["fitted_on"] == "then"
    assert (cards.version, cards.fingerprint) == ("trial", "print")


def test_a_first_fit_comes_back_from_json():
    first, _cards = learned()
    assert learning.first_fit_from_json(json.loads(json.dumps(first.as_json()))) == first


def test_a_model_comes_back_from_its_file():
    cards = learned()[1]
    again = from_json(json.loads(json.dumps(as_json(cards))))
    assert np.array_equal(again.offsets, cards.offsets)
    assert again.facts == cards.facts


def test_too_few_answers_are_refused():
    with pytest.raises(RuleBroken, match="at least 50 are needed"):
        learn_first(with_students(log(), np.array([], dtype=np.int64)))


def test_answers_that_are_all_alike_are_refused():
    with pytest.raises(RuleBroken, match="answers of the log are alike"):
        learn_first(replace(log(), score=np.zeros(log().rows)))


def test_nobody_is_held_out_of_four_students():
    first = learn_first(with_students(log(), np.arange(4)), prior=shipped())
    assert first.held_out_students == 0
    assert first.deviation == shipped().deviation


@pytest.mark.parametrize("cards", [lambda: learned()[1], shipped], ids=["fitted", "shipped"])
def test_lines_sum_to_the_forecast(cards):
    made = simulate(World(), students=40, competencies=8, seed=6)
    neighbours = neighbours_of(made.prerequisites, made.log.skills)
    found = lines_of(cards(), made.log, neighbours=neighbours)
    assert np.abs(found.logits - forecast(cards(), made.log, neighbours=neighbours).logits).max() < 1e-9


def test_the_first_line_is_what_is_typical():
    found = lines_of(shipped(), log())
    assert (found.values[:, found.names.index(START)] == shipped().start).all()
