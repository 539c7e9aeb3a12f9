"""When to look again, and what first."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence.review import (
    LOOK_AT_THE_LATEST,
    LOOK_LATER,
    LOOK_NOW,
    OTHERS_BUILD_ON_IT,
    Candidate,
    count_dependents,
    next_look,
    priority_of,
    queue,
    review_after,
)


def half_life(days: float) -> float:
    return float(0.5 ** (days / 10.0))


def candidate(key: int, competency: int, *, loss: float = 0.1, minutes: float = 5.0, dependents: int = 0) -> Candidate:
    return Candidate(
        id=key,
        competency=competency,
        chance_now=0.9,
        chance_in_a_week=0.9 - loss,
        minutes=minutes,
        dependents=dependents,
    )


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(),
        st.integers(0, 4),
        loss=st.floats(0.01, 0.9),
        minutes=st.floats(0.5, 10),
        dependents=st.integers(0, 20),
    ),
    max_size=14,
    unique_by=lambda one: one.id,
)


def test_a_half_life_of_ten_days_comes_down_to_the_line_by_hand() -> None:
    # 0.5 ** (d / 10) = 0.85 where d = 10 log2(1 / 0.85) = 2.3447
    assert review_after(half_life, line=0.85) == pytest.approx(2.3447, abs=0.011)


def test_a_power_curve_comes_down_to_the_line_by_hand() -> None:
    # (1 + d / 20) ** -0.5 = 0.8 where d = 20 (1 / 0.64 - 1) = 11.25
    assert review_after(lambda days: (1 + days / 20) ** -0.5, line=0.8) == pytest.approx(11.25, abs=0.011)


def test_what_falls_at_once_is_looked_at_after_the_least_days() -> None:
    assert review_after(lambda days: 0.1, least_days=2.0) == 2.0


def test_what_never_falls_is_looked_at_after_the_most_days() -> None:
    assert review_after(lambda days: 0.99, most_days=90.0) == 90.0


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="in order"):
        review_after(half_life, least_days=10.0, most_days=5.0)


@given(st.floats(0.5, 300), st.floats(0.5, 0.95))
def test_the_chance_is_at_the_line_until_then_and_below_soon_after(stability: float, line: float) -> None:
    def curve(days: float) -> float:
        return float((1 + days / stability) ** -0.4)

    days = review_after(curve, line=line, least_days=0.1, most_days=400.0)
    if 0.1 < days < 400.0:
        assert curve(days) >= line > curve(days + 0.02)


@given(st.floats(0.5, 100), st.floats(1.0, 3.0))
def test_what_lasts_longer_is_looked_at_later(stability: float, longer: float) -> None:
    soon, late = (review_after(lambda days, s=s: math.exp(-days / s)) for s in (stability, stability * longer))
    assert soon <= late + 0.01


def test_what_is_below_the_line_today_is_worth_a_look_now() -> None:
    look = next_look(lambda days: 0.6)
    assert (look.days, look.reason) == (0.0, (LOOK_NOW, {"now": 60}))


def test_a_later_look_says_when_and_at_which_chance() -> None:
    assert next_look(half_life).reason == (LOOK_LATER, {"line": 85, "days": 2})


def test_what_holds_for_long_is_looked_at_once_more() -> None:
    assert next_look(lambda days: 0.99).reason[0] == LOOK_AT_THE_LATEST


def test_a_loss_counts_more_when_others_build_on_it_by_hand() -> None:
    # 0.1 * (1 + ln 3)
    assert priority_of(candidate(1, 1, loss=0.1, dependents=2)) == pytest.approx(0.1 * 2.0986, abs=1e-5)


def test_dependents_are_counted_through_others_and_once() -> None:
    assert count_dependents([(1, 2), (2, 3), (1, 3), (3, 4)]) == {1: 3, 2: 2, 3: 1}


def test_a_circle_of_prerequisites_still_ends() -> None:
    assert count_dependents([(1, 2), (2, 1)]) == {1: 1, 2: 1}


def test_the_greatest_loss_comes_first() -> None:
    day = queue([candidate(1, 1, loss=0.1), candidate(2, 2, loss=0.3), candidate(3, 3, loss=0.2)], minutes=60)
    assert [review.candidate.id for review in day] == [2, 3, 1]


def test_a_short_review_takes_the_minutes_that_a_long_one_cannot() -> None:
    day = queue([candidate(1, 1, loss=0.3, minutes=20), candidate(2, 2, loss=0.1, minutes=5)], minutes=10)
    assert [review.candidate.id for review in day] == [2]


def test_what_would_lose_next_to_nothing_waits() -> None:
    assert queue([candidate(1, 1, loss=0.001)], minutes=60) == ()


def test_two_of_a_competency_have_another_between_them() -> None:
    day = queue([candidate(1, 7, loss=0.3), candidate(2, 7, loss=0.2), candidate(3, 8, loss=0.1)], minutes=60)
    assert [review.candidate.id for review in day] == [1, 3, 2]


def test_a_second_card_waits_for_another_day_when_nothing_comes_between() -> None:
    assert len(queue([candidate(1, 7), candidate(2, 7)], minutes=60)) == 1


def test_a_review_says_what_builds_on_it() -> None:
    (review,) = queue([candidate(1, 1, dependents=3)], minutes=60)
    assert (OTHERS_BUILD_ON_IT, {"count": 3}) in review.reasons


@given(CANDIDATES, st.floats(0, 60))
def test_a_day_never_takes_more_than_its_minutes(candidates: list[Candidate], minutes: float) -> None:
    assert sum(review.candidate.minutes for review in queue(candidates, minutes=minutes)) <= minutes + 1e-9


@given(CANDIDATES, st.floats(0, 60))
def test_a_day_never_has_a_competency_twice_in_a_row(candidates: list[Candidate], minutes: float) -> None:
    competencies = [review.candidate.competency for review in queue(candidates, minutes=minutes)]
    assert all(one != other for one, other in pairwise(competencies))


@given(CANDIDATES, st.floats(0, 60), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(candidates: list[Candidate], minutes: float, luck) -> None:
    shuffled = luck.sample(candidates, len(candidates))
    assert queue(shuffled, minutes=minutes) == queue(candidates, minutes=minutes)


@given(CANDIDATES)
def test_with_minutes_enough_every_competency_has_a_turn(candidates: list[Candidate]) -> None:
    day = queue(candidates, minutes=1000)
    assert {review.candidate.competency for review in day} == {one.competency for one in candidates}
