"""The model that comes with Headway is what its own recipe makes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from headway.core.evidence import shipping
from headway.core.evidence.ledger import CARDS, FALLS, RISES
from headway.core.evidence.scorecards import as_json, shipped
from headway.core.evidence.simulation import World


def test_was_made_from_the_world_that_the_code_describes():
    wanted = shipping.fingerprint_of(
        World(), students=shipping.STUDENTS, competencies=shipping.COMPETENCIES, seed=shipping.SEED
    )
    assert shipped().fingerprint == wanted, "make it again: headway mastery ship"


def test_says_another_fingerprint_for_another_world():
    numbers = {"students": 10, "competencies": 5, "seed": 1}
    assert shipping.fingerprint_of(World(), **numbers) != shipping.fingerprint_of(World(transfer=0.5), **numbers)


def test_holds_nothing_about_any_question_or_competency():
    assert not len(shipped().offsets)
    assert not len(shipped().levels)


@pytest.mark.parametrize(
    "card", [card for card in CARDS if card.direction in (RISES, FALLS)], ids=lambda card: card.name
)
def test_only_rises_where_right_answers_must_not_lower(card):
    curve = shipped().curves[CARDS.index(card)]
    assert (np.diff(curve) * card.direction >= 0).all()


def test_doubts_less_with_more_answers():
    _base, by_competency, by_student = shipped().deviation
    assert by_competency <= 0
    assert by_student < 0


def test_is_made_the_same_way_twice():
    numbers = {"students": 60, "competencies": 20, "seed": 3}
    made = [json.dumps(as_json(shipping.make_shipped(**numbers))) for _turn in range(2)]
    assert made[0] == made[1]
