"""A practice set asks what fits, comes back to what was not right, and says when it is enough."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence import learner_model as learner
from headway.core.evidence.next_item import FITS
from headway.core.evidence.values import Piece, PieceKind
from headway.core.items.practising import (
    ALL_ANSWERED,
    COMES_BACK,
    ENOUGH_ASKED,
    ENOUGH_CLEAR,
    IN_ORDER,
    MOST_TRIES,
    REST_OPEN,
    AnswerFormat,
    Belief,
    ExampleTime,
    NextStep,
    Order,
    PracticeSettings,
    Standing,
    may_see_example,
    next_step,
    settings_as_json,
    settings_from_json,
)
from headway.core.shared.errors import RuleBroken

SKILL = 1
AS_WRITTEN = PracticeSettings(order=Order.AS_WRITTEN)
UNSURE = {SKILL: Belief(mean=0.0, deviation=1.0)}


def question(number: int, **facts: Any) -> Standing:
    usual: dict[str, Any] = {"id": number, "root": number, "language": "en", "skill": SKILL}
    return Standing(**(usual | facts))


def right(number: int, answered: int, **facts: Any) -> Standing:
    return question(number, tries=1, answered=answered, is_done=True, is_unaided=True, **facts)


def wrong(number: int, answered: int, **facts: Any) -> Standing:
    return question(number, **({"tries": 1, "answered": answered} | facts))


def step(*questions: Standing, settings: PracticeSettings = AS_WRITTEN, **facts: Any) -> NextStep:
    return next_step(questions, facts.pop("beliefs", UNSURE), settings, **facts)


def why(found: NextStep) -> str:
    return found.reasons[0][0]


class TestSettings:
    def test_a_set_without_settings_is_as_usual(self) -> None:
        assert settings_from_json({}) == PracticeSettings()

    @given(
        st.builds(
            PracticeSettings,
            order=st.sampled_from(Order),
            success=st.none() | st.floats(0.5, 0.95),
            questions=st.none() | st.integers(1, 50),
            hints=st.booleans(),
            example=st.sampled_from(ExampleTime),
            formats=st.sets(st.sampled_from(AnswerFormat), min_size=1).map(
                lambda chosen: tuple(one for one in AnswerFormat if one in chosen)
            ),
        )
    )
    def test_what_is_kept_is_read_again(self, settings: PracticeSettings) -> None:
        assert settings_from_json(settings_as_json(settings)) == settings

    @pytest.mark.parametrize(
        ("stored", "told"),
        [
            ({"order": "backwards"}, "“backwards”"),
            ({"success": 0.4}, "“0.4”"),
            ({"success": True}, "“True”"),
            ({"questions": 0}, "“0”"),
            ({"questions": "five"}, "“five”"),
            ({"example": "before"}, "“before”"),
            ({"formats": ["sing"]}, "“sing”"),
            ({"formats": []}, "at least one way"),
            ({"formats": "choose"}, "“choose”"),
            ({"hints": "some"}, "“some”"),
            ({"speed": 9}, "“speed”"),
        ],
        ids=lambda stored: str(stored)[:30],
    )
    def test_what_no_set_can_have_is_told_in_a_sentence(self, stored: dict[str, object], told: str) -> None:
        with pytest.raises(RuleBroken, match=told):
            settings_from_json(stored)


class TestTheNextQuestion:
    def test_as_written_goes_on_in_order(self) -> None:
        found = step(right(1, 1), question(2), question(3))
        assert (found.id, why(found)) == (2, IN_ORDER)

    def test_fitting_asks_what_lies_closest_to_the_aim(self) -> None:
        # At even odds of a reference question, one easier by ln(7/3) = .85 is right 7 times in 10 (less for the doubt).
        found = step(
            question(1, difficulty=0.0),
            question(2, difficulty=-1.0),
            question(3, difficulty=-3.0),
            settings=PracticeSettings(),
            beliefs={SKILL: Belief(mean=0.0, deviation=0.1)},
        )
        assert (found.id, why(found)) == (2, FITS)
        assert found.chance == pytest.approx(1 / (1 + math.exp(-1)), abs=0.01)

    def test_a_teachers_aim_comes_before_the_classs(self) -> None:
        questions = question(1, difficulty=0.0), question(2, difficulty=-2.2)
        beliefs = {SKILL: Belief(mean=0.0, deviation=0.1, aim=0.5)}
        assert step(*questions, settings=PracticeSettings(success=0.9), beliefs=beliefs).id == 2
        assert step(*questions, settings=PracticeSettings(), beliefs=beliefs).id == 1

    def test_of_two_skills_the_closer_question_comes(self) -> None:
        found = step(
            question(1, skill=1, difficulty=0.0),
            question(2, skill=2, difficulty=0.0),
            settings=PracticeSettings(),
            beliefs={1: Belief(mean=-2.0, deviation=0.5), 2: Belief(mean=1.0, deviation=0.5)},
        )
        assert found.id == 2

    def test_without_a_belief_the_order_of_the_set_holds(self) -> None:
        found = step(question(1), question(2), settings=PracticeSettings(), beliefs={})
        assert (found.id, why(found)) == (1, IN_ORDER)

    def test_the_question_just_left_does_not_come_at_once(self) -> None:
        assert step(question(1), question(2), just_left=1).id == 2

    def test_what_was_not_right_waits_for_two_others(self) -> None:
        assert step(wrong(1, 1), right(2, 2), question(3), question(4)).id == 3
        found = step(wrong(1, 1), right(2, 2), right(3, 3), question(4))
        assert (found.id, found.reasons) == (1, ((COMES_BACK, {"count": 2}),))

    def test_with_nothing_new_it_comes_back_sooner(self) -> None:
        assert step(wrong(1, 1), right(2, 2), just_left=2).id == 1

    def test_after_many_tries_it_stays_open_for_a_person(self) -> None:
        found = step(wrong(1, 1, tries=MOST_TRIES), right(2, 2), right(3, 3))
        assert (found.id, why(found)) == (None, REST_OPEN)

    def test_of_one_question_in_two_languages_the_students_is_asked(self) -> None:
        pair = question(1, root=1, language="en"), question(2, root=1, language="es")
        assert step(*pair, languages=("es", "en")).id == 2
        assert step(*pair, languages=("en",)).id == 1

    def test_a_question_answered_in_one_language_is_not_asked_in_another(self) -> None:
        pair = right(1, 1, root=1, language="en"), question(2, root=1, language="es")
        assert why(step(*pair, languages=("es",))) == ALL_ANSWERED


class TestEnough:
    SITS = {SKILL: Belief(mean=3.0, deviation=0.3, is_clear=True)}

    def test_three_right_at_once_and_a_clear_skill_are_enough(self) -> None:
        found = step(*(right(n, n) for n in (1, 2, 3)), question(4), settings=PracticeSettings(), beliefs=self.SITS)
        assert (found.id, found.reasons) == (None, ((ENOUGH_CLEAR, {"count": 3}),))

    @pytest.mark.parametrize(
        "third",
        [replace(right(3, 3), is_unaided=False), wrong(3, 3)],
        ids=["with help", "not right"],
    )
    def test_help_or_a_wrong_answer_among_them_asks_on(self, third: Standing) -> None:
        found = step(right(1, 1), right(2, 2), third, question(4), settings=PracticeSettings(), beliefs=self.SITS)
        assert found.id == 4

    def test_what_is_not_clear_is_asked_on(self) -> None:
        found = step(*(right(n, n) for n in (1, 2, 3)), question(4), settings=PracticeSettings())
        assert found.id == 4

    def test_another_skill_of_the_set_is_still_asked(self) -> None:
        beliefs = self.SITS | {2: Belief(mean=0.0, deviation=1.0)}
        questions = [*(right(n, n) for n in (1, 2, 3)), question(4), question(5, skill=2)]
        assert step(*questions, settings=PracticeSettings(), beliefs=beliefs).id == 5

    def test_a_set_in_its_own_order_is_asked_whole(self) -> None:
        assert step(*(right(n, n) for n in (1, 2, 3)), question(4), beliefs=self.SITS).id == 4

    def test_a_set_asks_no_more_than_its_number(self) -> None:
        found = step(right(1, 1), right(2, 2), question(3), settings=replace(AS_WRITTEN, questions=2))
        assert (found.id, found.reasons) == (None, ((ENOUGH_ASKED, {"count": 2}),))

    def test_all_answered_is_the_end(self) -> None:
        assert step(right(1, 1)) == NextStep(id=None, reasons=((ALL_ANSWERED, {}),))


def standings(most: int = 8) -> st.SearchStrategy[list[Standing]]:
    one = st.builds(
        Standing,
        id=st.just(0),
        root=st.integers(1, 3),
        language=st.sampled_from(["en", "es"]),
        skill=st.sampled_from([None, 1, 2]),
        difficulty=st.floats(-3, 3),
        guess_chance=st.sampled_from([0.0, 0.25]),
        tries=st.integers(0, 7),
        answered=st.integers(1, 9),
        is_done=st.booleans(),
        is_unaided=st.booleans(),
    )
    return st.lists(one, max_size=most).map(
        lambda some: [
            replace(each, id=number, root=10 * each.root + number % 2, answered=each.answered if each.tries else 0)
            for number, each in enumerate(some, 1)
        ]
    )


@given(questions=standings(), data=st.data())
def test_what_comes_next_is_open_and_was_not_just_left(questions: list[Standing], data: st.DataObject) -> None:
    just_left = data.draw(st.sampled_from([None, *(one.id for one in questions)]))
    settings = data.draw(st.sampled_from([AS_WRITTEN, PracticeSettings(), PracticeSettings(questions=2)]))
    found = next_step(questions, UNSURE, settings, just_left=just_left)
    assert found.reasons
    if found.id is not None:
        (asked,) = [one for one in questions if one.id == found.id]
        assert found.id != just_left
        assert not (asked.tries and asked.is_done)
        assert asked.tries < MOST_TRIES


class TestTheExample:
    @pytest.mark.parametrize(
        ("example", "facts", "is_shown"),
        [
            ("after", {"is_done": True, "tries": 1}, True),
            ("after", {"is_done": False, "tries": 2}, False),
            ("after", {"is_done": False, "tries": 3}, True),
            ("at the end", {"is_done": True, "tries": 1}, False),
            ("at the end", {"is_done": True, "tries": 1, "is_at_end": True}, True),
            ("never", {"is_done": True, "tries": 9, "is_at_end": True}, False),
        ],
    )
    def test_it_opens_when_the_set_says(self, example: str, facts: dict[str, Any], is_shown: bool) -> None:
        assert may_see_example(PracticeSettings(example=ExampleTime(example)), **facts) is is_shown


# --- Simulated students -----------------------------------------------------------------------------------------------

START = datetime(2026, 9, 7, 9, tzinfo=UTC)


def practised(
    ability: float, settings: PracticeSettings, luck: np.random.Generator, *, aim: float = 0.7
) -> list[float]:
    """Return the chances of the questions that one simulated student was asked, as the shipped learner model saw them."""
    model = learner.shipped_model()
    student, skill = learner.new_student(), learner.new_competency()
    bank = [question(n, difficulty=float(d)) for n, d in enumerate(np.linspace(-5, 5, 201), 1)]
    luck.shuffle(bank)
    chances = []
    for minute in range(1, 26):
        at = START + timedelta(minutes=minute)
        now = learner.estimate(model, learner.Known(competency=SKILL, student=student, state=skill), at=at)
        found = next_step(bank, {SKILL: Belief(mean=now.mean, deviation=now.deviation)}, settings)
        place = next((place for place, one in enumerate(bank) if one.id == found.id), None)
        if place is None:
            break
        asked = bank[place]
        if found.chance is not None:
            chances.append(found.chance)
        is_right = bool(luck.random() < 1 / (1 + math.exp(asked.difficulty - ability)))
        bank[place] = replace(asked, tries=asked.tries + 1, answered=minute, is_done=is_right)
        piece = Piece(
            id=str(minute),
            kind=PieceKind.ANSWER,
            happened_at=at,
            score=float(is_right),
            difficulty=asked.difficulty,
            attempt=asked.tries + 1,
            competency=SKILL,
        )
        student, skill = learner.count(model, student, skill, piece)
    return chances


@pytest.mark.parametrize("wanted", [0.6, 0.7, 0.85])
def test_simulated_students_are_asked_at_the_chance_aimed_at(wanted: float) -> None:
    luck = np.random.default_rng(6)
    settings = PracticeSettings(success=wanted)
    chances = [one for ability in (-1.5, -0.5, 0.5, 1.5) for one in practised(ability, settings, luck)]
    assert len(chances) > 40
    assert abs(float(np.mean(chances)) - wanted) < 0.05
