"""Rules of mastery: published examples to two decimals, promises, rules as data, and what a switch would change."""

from __future__ import annotations

import copy
import json
import pickle
import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headway.core.evidence import methods
from headway.core.evidence.methods import (
    METHODS,
    Method,
    Rule,
    class_what_if,
    counted_share,
    decaying_average,
    highest,
    in_a_row,
    latest,
    level_share,
    mean,
    median,
    mode,
    n_times,
    power_curve,
    power_law,
    rolling_share,
    rule_as_json,
    rule_from_json,
    score_of,
    weighted_average,
    what_if_words,
    word_of,
)
from headway.core.evidence.values import Piece, PieceKind, Word
from headway.core.shared.errors import RuleBroken

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
COUNTING = tuple(method for method in Method if method not in (Method.MODEL, Method.JUDGEMENT))
RISES_WITH_THE_NEWEST = tuple(method for method in COUNTING if method not in (Method.MODE, Method.N_TIMES))
STAYS_BETWEEN = tuple(
    method for method in COUNTING if method not in (Method.POWER_LAW, Method.N_TIMES, Method.LAST_K_IN_A_ROW)
)


def to_two_decimals(number: float | None) -> str | None:
    """Round as the products do, half up: 4.125 is 4.13."""
    if number is None:
        return None
    return str(Decimal(repr(round(number, 9))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def answer(number: int, score: float = 1.0, **facts: object) -> Piece:
    return Piece(
        id=f"a{number}",
        kind=PieceKind.ANSWER,
        happened_at=NOON + timedelta(days=number),
        score=score,
        **facts,  # type: ignore[arg-type]
    )


def rating(number: int, level: int, *, levels: int = 4, kind: PieceKind = PieceKind.RUBRIC) -> Piece:
    return Piece(
        id=f"r{number}",
        kind=kind,
        happened_at=NOON + timedelta(days=number),
        score=level / (levels - 1),
        level=level,
        levels=levels,
    )


def judged(number: int, word: Word, *, expires_on: date | None = None) -> Piece:
    piece = rating(number, list(Word).index(word) - 1, kind=PieceKind.JUDGEMENT)
    return replace(piece, settles_as=word, expires_on=expires_on, by="Ada")


def answers(*scores: float) -> list[Piece]:
    return [answer(number, score) for number, score in enumerate(scores)]


def told(score: methods.Score) -> list[str]:
    return [sentence.format(**facts) for sentence, facts in score.steps]


# --- Published examples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([1, 2, 4, 5, 3], "3.00", id="Canvas, outcome rollups"),
        pytest.param([2, 3, 4], "4.00", id="PowerSchool Learning, What is a Decaying Average"),
    ],
)
def test_latest_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(latest(scores)) == published


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([1, 2, 3, 4, 5], "5.00", id="Canvas, outcome rollups"),
        pytest.param([3, 1], "3.00", id="Canvas, result analytics"),
    ],
)
def test_highest_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(highest(scores)) == published


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([1, 2, 3, 4, 5], "3.00", id="Canvas, outcome rollups"),
        pytest.param([4, 3, 3, 4], "3.50", id="Educate, How Educate Calculates Standards-Based Grading"),
        pytest.param([3, 2, 3, 2], "2.50", id="National Heritage Academies, What is the Power Law"),
        pytest.param([2, 3, 4], "3.00", id="PowerSchool Learning, What is a Decaying Average"),
    ],
)
def test_mean_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(mean(scores)) == published


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([1, 2, 3, 3, 4], "3.00", id="Educate, How Educate Calculates Standards-Based Grading"),
        pytest.param([1, 2, 2, 3, 3], "3.00", id="Mastery Connect, Proficiency Calculations Overview, a tie"),
        pytest.param([4] * 5 + [3] * 4 + [2] * 2, "4.00", id="Otus, Definitions of Mastery Settings"),
    ],
)
def test_mode_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(mode(scores)) == published


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([4, 4, 3, 3, 3, 2, 2, 2, 1], "3.00", id="TeacherEase, Median of Recent Scores, nine"),
        pytest.param([4, 3, 3, 2, 2, 2, 1], "2.00", id="TeacherEase, Median of Recent Scores, seven"),
        pytest.param([0.7, 0.25, 1.0], "0.70", id="Moodle, Category aggregation"),
    ],
)
def test_median_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(median(scores)) == published


@pytest.mark.parametrize(
    ("scores", "times", "published"),
    [
        pytest.param([4, 5, 1, 3, 2, 3], 3, "3.75", id="Canvas, result analytics, four of three"),
        pytest.param([3, 4, 3], 3, "3.33", id="Canvas, result analytics, rounded"),
        pytest.param([1, 2, 3], 1, "3.00", id="Canvas, result analytics, once"),
        pytest.param([1, 2, 3, 4], 1, "3.50", id="Canvas, result analytics, twice for once"),
        pytest.param([1, 2, 3, 4, 5], 3, "4.00", id="Canvas, outcome rollups"),
        pytest.param([1, 2, 3, 4, 5], 4, None, id="Canvas, outcome rollups, not often enough"),
        pytest.param([3, 1], 3, None, id="Canvas, result analytics, too few"),
        pytest.param([1, 2], 1, None, id="Canvas, result analytics, none"),
    ],
)
def test_n_times_as_published(scores: list[float], times: int, published: str | None) -> None:
    assert to_two_decimals(n_times(scores, times=times, line=3)) == published


@pytest.mark.parametrize(
    ("scores", "newest", "published"),
    [
        pytest.param([1, 2, 3, 4, 5], 0.65, "4.13", id="Canvas, outcome rollups"),
        pytest.param([2, 3, 4], 0.65, "3.48", id="Canvas, result analytics, 65"),
        pytest.param([3, 1, 5, 4], 0.75, "3.75", id="Canvas, result analytics, 75"),
        pytest.param([2, 3], 0.65, "2.65", id="Canvas, result analytics, two"),
        pytest.param([2.123], 0.65, "2.12", id="Canvas, result analytics, one"),
        pytest.param([5, 5, 4.5], 0.65, "4.68", id="Canvas community, Gerber 2017"),
    ],
)
def test_weighted_average_as_published(scores: list[float], newest: float, published: str) -> None:
    assert to_two_decimals(weighted_average(scores, newest=newest)) == published


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([2, 3], "2.65", id="PowerSchool Learning, What is a Decaying Average, two"),
        pytest.param([2, 3, 4], "3.53", id="PowerSchool Learning, What is a Decaying Average, three"),
        pytest.param([1, 2, 3, 4], "3.48", id="Mastery Connect, Proficiency Calculations Overview"),
        pytest.param([1, 2, 3, 4, 5], "4.47", id="Canvas, outcome rollups, standard decaying average"),
        pytest.param([3], "3.00", id="Canvas, result analytics, one"),
    ],
)
def test_decaying_average_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(decaying_average(scores, newest=0.65)) == published


@pytest.mark.parametrize(("place", "published"), [(0, 0.12), (1, 0.23), (2, 0.65)])
def test_decaying_weights_as_otus_publishes_them(place: int, published: float) -> None:
    only = [1.0 if other == place else 0.0 for other in range(3)]
    assert round(decaying_average(only, newest=0.65), 2) == published


def test_the_two_decaying_averages_part_at_the_third_score() -> None:
    assert weighted_average([2, 3], newest=0.65) == pytest.approx(decaying_average([2, 3], newest=0.65))
    assert weighted_average([2, 3, 4], newest=0.65) != pytest.approx(decaying_average([2, 3, 4], newest=0.65))


@pytest.mark.parametrize(
    ("scores", "published"),
    [
        pytest.param([1, 2, 3, 4], "4.00", id="JumpRope, student 1"),
        pytest.param([1, 3, 2, 4], "3.66", id="JumpRope, student 2"),
        pytest.param([2, 4, 1, 3], "2.16", id="JumpRope, student 3"),
        pytest.param([4, 3, 2, 1], "1.28", id="JumpRope, student 4"),
    ],
)
def test_power_law_as_published(scores: list[float], published: str) -> None:
    assert to_two_decimals(power_law(scores)) == published


def test_the_power_curve_of_one_two_three_four_is_a_straight_line_by_hand() -> None:
    assert power_curve([1, 2, 3, 4]) == pytest.approx((1.0, 1.0))


def test_the_power_curve_refuses_a_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        power_curve([0, 2])


@pytest.mark.parametrize(
    ("scores", "last", "by_hand"),
    [
        ([0, 0, 1, 1, 1], 5, "0.60"),  # three of the newest five, which Kolibri's exercises ask for by default
        ([1, 1, 2, 3, 4], 3, "3.00"),  # (2 + 3 + 4) / 3, the "average of most recent 3" of PowerSchool Learning
        ([3, 4], 3, "3.50"),
    ],
)
def test_rolling_share_by_hand_because_no_worked_example_was_found(
    scores: list[float], last: int, by_hand: str
) -> None:
    assert to_two_decimals(rolling_share(scores, last=last)) == by_hand


def test_nine_right_and_one_wrong_stand_where_a_beginner_stands_as_khan_academy_wrote_in_2011() -> None:
    assert in_a_row([True] * 9 + [False]) == in_a_row([]) == 0


def test_three_right_in_a_row_finish_as_in_a_skill_builder() -> None:
    assert score_of(Rule(method=Method.LAST_K_IN_A_ROW), answers(0, 1, 1, 1)).share == 1.0


# --- What one piece counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hints", "attempt", "counts"), [(0, 1, 1.0), (1, 1, 0.8), (0, 2, 0.8), (2, 1, 0.6), (1, 3, 0.4), (9, 1, 0.4)]
)
def test_help_takes_a_fifth_each_and_leaves_two_fifths(hints: int, attempt: int, counts: float) -> None:
    assert counted_share(answer(1, hints_used=hints, attempt=attempt)) == pytest.approx(counts)


def test_help_takes_its_part_of_a_partly_right_answer() -> None:
    assert counted_share(answer(1, 0.5, hints_used=1)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("level", "levels", "counts"),
    [(0, 4, 0.25), (1, 4, 0.65), (2, 4, 0.86), (3, 4, 0.96), (1, 5, 0.575), (2, 5, 0.725), (1, 2, 0.86), (2, 3, 0.96)],
)
def test_a_level_counts_the_middle_of_its_word_by_hand(level: int, levels: int, counts: float) -> None:
    assert counted_share(rating(1, level, levels=levels)) == pytest.approx(counts)


@pytest.mark.parametrize(("level", "levels"), [(None, 4), (2, None), (0, 1)])
def test_a_rating_without_a_scale_counts_its_score(level: int | None, levels: int | None) -> None:
    assert counted_share(replace(rating(1, 2), level=level, levels=levels, score=0.7)) == 0.7


@given(st.integers(2, 9), st.floats(0.1, 0.6), st.floats(0.61, 0.9), st.floats(0.91, 1.0))
def test_a_proficient_rating_is_secure_wherever_the_line_is(
    levels: int, growing: float, secure: float, beyond: float
) -> None:
    rule = Rule(method=Method.LATEST, growing_share=growing, secure_share=secure, beyond_share=beyond, least_pieces=1)
    share = level_share(methods.proficient_level(levels), levels, rule)
    assert word_of(share, 1, rule) is Word.SECURE


@given(st.integers(2, 9), st.data())
def test_a_higher_level_counts_more(levels: int, data: st.DataObject) -> None:
    level = data.draw(st.integers(0, levels - 2))
    assert level_share(level, levels) < level_share(level + 1, levels)


@pytest.mark.parametrize("kind", [PieceKind.SELF, PieceKind.WITHDRAWAL])
def test_own_views_and_withdrawals_never_count(kind: PieceKind) -> None:
    piece = replace(answer(9, 0.0), kind=kind)
    for method in COUNTING:
        rule = Rule(method=method)
        assert score_of(rule, [*answers(1, 0, 1), piece]) == score_of(rule, answers(1, 0, 1))


# --- Scores with their steps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "last_steps"),
    [
        (Method.LATEST, ["The newest counts: 100 of 100."]),
        (Method.HIGHEST, ["The highest counts: 100 of 100."]),
        (Method.MEAN, ["Together 240, divided by 4: 60 of 100."]),
        (
            Method.MEDIAN,
            ["Sorted by size, the two in the middle are 60 and 80. Halfway between them: 70 of 100."],
        ),
        (
            Method.MODE,
            [
                "Seen most often: 1 of 4 are from 92 to 100. Their average: 100 of 100.",
                "Others were seen as often; these were seen last, so they count.",
            ],
        ),
        (
            Method.N_TIMES,
            [
                "Times it reached the line of 80: 2. Asked for: 3.",
                "Not yet: 2 of 3 parts of the way to the line of 80 make 53.3 of 100.",
            ],
        ),
        (
            Method.WEIGHTED_AVERAGE,
            ["65 of 100 from the newest (100) and 35 of 100 from the average of all earlier ones (46.7): 81.3 of 100."],
        ),
        (
            Method.DECAYING_AVERAGE,
            [
                "Start with the oldest: 0 of 100.",
                "Then 65 of 100 from the next (60) and 35 of 100 from what stood before (0): 39 of 100.",
                "Then 65 of 100 from the next (80) and 35 of 100 from what stood before (39): 65.7 of 100.",
                "Then 65 of 100 from the next (100) and 35 of 100 from what stood before (65.7): 88 of 100.",
            ],
        ),
        (Method.ROLLING_SHARE, ["The newest 4 count: together 240, divided by 4: 60 of 100."]),
        (
            Method.LAST_K_IN_A_ROW,
            [
                "Right without help, counted back from the newest: 1. Asked for: 3.",
                "Not yet: 1 of 3 parts of the way to the line of 80 make 26.7 of 100.",
            ],
        ),
    ],
)
def test_the_steps_show_the_arithmetic(method: Method, last_steps: list[str]) -> None:
    steps = told(score_of(Rule(method=method), answers(0, 0.6, 0.8, 1)))
    assert steps[-len(last_steps) :] == last_steps


def test_the_steps_of_the_power_law_say_where_the_curve_ends() -> None:
    # 1, 2, 3, 4 on the scale from 1 to 4: y = 1 · x^1, which stands at 4 in place 4.
    assert told(score_of(Rule(method=Method.POWER_LAW), answers(0, 1 / 3, 2 / 3, 1))) == [
        "Oldest first, of 100 each: 0, 33.3, 66.7, 100.",
        "Put on a scale from 1 to 4, the best fitting curve is 1.0 times the number of the piece to the power of 1.0.",
        "At piece number 4 the curve stands at 4.0, which is 100 of 100.",
    ]


def test_a_power_curve_off_the_scale_is_cut_off_and_says_so() -> None:
    score = score_of(Rule(method=Method.POWER_LAW), answers(0, 0, 1, 1, 1))
    assert (score.share, told(score)[-1]) == (
        1.0,
        "The curve runs past the end of the scale, so the end counts: 100 of 100.",
    )


def test_the_mode_takes_the_word_reached_most_often() -> None:
    score = score_of(Rule(method=Method.MODE), [rating(1, 2), rating(2, 1), rating(3, 2), rating(4, 3)])
    assert score.pieces_used == ("r1", "r3")
    assert score.share == pytest.approx(0.86)


@pytest.mark.parametrize(
    ("method", "used"),
    [
        (Method.LATEST, ("a6",)),
        (Method.HIGHEST, ("a5",)),
        (Method.N_TIMES, ("a1", "a2", "a5")),
        (Method.ROLLING_SHARE, ("a2", "a3", "a4", "a5", "a6")),
        (Method.LAST_K_IN_A_ROW, ("a4", "a5", "a6")),
        (Method.MEAN, ("a0", "a1", "a2", "a3", "a4", "a5", "a6")),
    ],
)
def test_a_score_says_which_pieces_are_in_it(method: Method, used: tuple[str, ...]) -> None:
    assert score_of(Rule(method=method), answers(0, 1, 1, 0, 0, 1, 0)).pieces_used == used


def test_a_hint_breaks_the_row() -> None:
    row = [*answers(1, 1), answer(5, hints_used=1)]
    assert "newest: 0." in told(score_of(Rule(method=Method.LAST_K_IN_A_ROW), row))[1]


@given(st.integers(2, 10), st.integers(0, 9))
def test_an_unfinished_row_is_not_called_secure(asked: int, right: int) -> None:
    assume(right < asked)
    rule = Rule(method=Method.LAST_K_IN_A_ROW, parameters={"in_a_row": asked})
    score = score_of(rule, answers(0, *[1.0] * right))
    assert word_of(score.share, score.pieces, rule) in (Word.STARTING, Word.GROWING)


def test_a_full_row_is_secure_and_no_more() -> None:
    rule = Rule(method=Method.LAST_K_IN_A_ROW)
    score = score_of(rule, answers(*[1.0] * 9))
    assert word_of(score.share, score.pieces, rule) is Word.SECURE


def test_only_the_newest_judgement_in_force_counts_where_judgements_decide() -> None:
    rule = Rule(method=Method.JUDGEMENT)
    pieces = [
        *answers(0, 0),
        judged(3, Word.SECURE),
        judged(4, Word.GROWING, expires_on=date(2026, 11, 20)),
    ]
    assert score_of(rule, pieces, on=date(2026, 11, 20)).pieces_used == ("r4",)
    assert score_of(rule, pieces, on=date(2026, 11, 21)).pieces_used == ("r3",)


def test_one_judgement_is_enough_for_any_word() -> None:
    rule = Rule(method=Method.JUDGEMENT)
    for word in (Word.STARTING, Word.GROWING, Word.SECURE, Word.BEYOND):
        score = score_of(rule, [judged(1, word)])
        assert word_of(score.share, score.pieces, rule) is word


def test_nobody_judged_says_so() -> None:
    score = score_of(Rule(method=Method.JUDGEMENT), answers(1, 1))
    assert (score.share, told(score)) == (None, ["No teacher has judged this yet."])


@pytest.mark.parametrize("method", list(Method))
def test_no_pieces_have_no_score_and_no_word(method: Method) -> None:
    rule = Rule(method=method)
    score = score_of(rule, [])
    assert score.share is None
    assert word_of(score.share, score.pieces, rule) is Word.NONE


def test_the_model_s_chance_is_the_score_when_the_model_decides() -> None:
    assert score_of(Rule(), answers(1, 0), model_chance=0.7).share == 0.7


def test_the_model_needs_its_chance() -> None:
    with pytest.raises(ValueError, match="chance"):
        score_of(Rule(), answers(1))


# --- Promises ---------------------------------------------------------------------------------------------------------

rules = st.sampled_from(COUNTING).map(lambda method: Rule(method=method))
shares = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
pieces = st.lists(
    st.one_of(
        st.builds(answer, st.integers(0, 60), shares, hints_used=st.integers(0, 4), attempt=st.integers(1, 4)),
        st.builds(rating, st.integers(0, 60), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=15,
    unique_by=lambda piece: piece.id,
)


@given(rules, pieces)
def test_a_score_is_a_share(rule: Rule, some: list[Piece]) -> None:
    share = score_of(rule, some).share
    assert share is not None
    assert 0 <= share <= 1 + 1e-12


@given(st.sampled_from(STAYS_BETWEEN), pieces)
def test_a_score_stays_between_the_lowest_and_the_highest(method: Method, some: list[Piece]) -> None:
    share = score_of(Rule(method=method), some).share
    counted = [counted_share(piece) for piece in some]
    assert share is not None
    assert min(counted) - 1e-12 <= share <= max(counted) + 1e-12


@given(rules, pieces, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(rule: Rule, some: list[Piece], luck: object) -> None:
    shuffled = list(some)
    luck.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_of(rule, shuffled) == score_of(rule, some)


@given(st.sampled_from(RISES_WITH_THE_NEWEST), pieces, shares, shares)
def test_a_better_newest_piece_never_lowers(method: Method, some: list[Piece], one: float, other: float) -> None:
    rule = Rule(method=method)
    worse = score_of(rule, [*some, answer(99, min(one, other))]).share
    better = score_of(rule, [*some, answer(99, max(one, other))]).share
    assert worse is not None
    assert better is not None
    assert worse <= better + 1e-9


@given(st.lists(st.floats(1, 4), min_size=1, max_size=12), st.floats(1, 4), st.floats(1, 4))
def test_a_better_newest_score_never_lowers_the_power_law(scores: list[float], one: float, other: float) -> None:
    assert power_law([*scores, min(one, other)]) <= power_law([*scores, max(one, other)]) + 1e-9


@given(st.integers(1, 10), pieces)
def test_once_the_line_was_reached_often_enough_it_stays_reached(times: int, some: list[Piece]) -> None:
    rule = Rule(method=Method.N_TIMES, parameters={"times": times})
    reached = [answer(100 + number) for number in range(times)]
    share = score_of(rule, [*some, *reached]).share
    assert share is not None
    assert share >= rule.secure_share - 1e-9


@given(rules, shares, st.integers(1, 9))
def test_the_same_answer_again_and_again_scores_itself(rule: Rule, share: float, times: int) -> None:
    assume(rule.method not in (Method.N_TIMES, Method.LAST_K_IN_A_ROW))
    assert score_of(rule, answers(*[share] * times)).share == pytest.approx(share, abs=1e-9)


@given(rules, pieces)
def test_every_step_can_be_told(rule: Rule, some: list[Piece]) -> None:
    score = score_of(rule, some)
    for sentence, facts in score.steps:
        assert {name for _, name, _, _ in string.Formatter().parse(sentence) if name} <= set(facts)
    assert set(score.pieces_used) <= {piece.id for piece in some}


@given(shares, shares, st.integers(0, 6), rules)
def test_a_higher_score_never_has_a_lower_word(one: float, other: float, count: int, rule: Rule) -> None:
    order = list(Word)
    low, high = (word_of(share, count, rule) for share in sorted((one, other)))
    assert order.index(low) <= order.index(high)


# --- The word ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "count", "word"),
    [
        (0.49, 9, Word.STARTING),
        (0.50, 1, Word.GROWING),
        (0.80, 2, Word.GROWING),
        (0.80, 3, Word.SECURE),
        (0.92, 3, Word.SECURE),
        (0.92, 4, Word.BEYOND),
        (1.00, 1, Word.GROWING),
        (0.1 + 0.7, 3, Word.SECURE),  # 0.7999999999999999
    ],
)
def test_the_word_needs_the_line_and_the_pieces(share: float, count: int, word: Word) -> None:
    assert word_of(share, count, Rule(method=Method.MEAN)) is word


# --- Rules as data ----------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(list(Method)), st.floats(0.1, 0.5), st.floats(0.51, 0.8), st.floats(0.81, 1.0), st.integers(1, 20)
)
def test_a_rule_survives_being_written(
    method: Method, growing: float, secure: float, beyond: float, least: int
) -> None:
    rule = Rule(method=method, growing_share=growing, secure_share=secure, beyond_share=beyond, least_pieces=least)
    assert rule_from_json(json.loads(json.dumps(rule_as_json(rule)))) == rule


def test_a_rule_writes_its_defaults_out() -> None:
    assert rule_as_json(Rule(method=Method.DECAYING_AVERAGE)) == {
        "method": "decaying_average",
        "parameters": {"newest": 0.65},
        "growing_share": 0.5,
        "secure_share": 0.8,
        "beyond_share": 0.92,
        "least_pieces": 3,
        "certainty": 0.8,
        "recheck_days": 60,
        "recheck_width": 0.55,
        "next_chance": 0.7,
    }


def test_a_rule_written_short_takes_the_defaults() -> None:
    assert rule_from_json({"method": "rolling_share"}) == Rule(method=Method.ROLLING_SHARE, parameters={"last": 5})


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ([], "A rule is written as names with values, but this is “[]”. Choose the rule anew."),
        ({}, "The method “–” is not known. Use one of: model, latest,"),
        ({"method": "median", "colour": 1}, "The rule has “colour”, which means nothing here. Take it out, or use one"),
        ({"method": "median", "parameters": [1]}, "A rule is written as names with values, but this is “[1]”."),
        (
            {"method": "n_times", "parameters": {"newest": 0.5}},
            "The rule has “newest”, which means nothing here. Take it out, or use one of: times.",
        ),
        (
            {"method": "n_times", "parameters": {"times": 2.5}},
            "“times” in the rule is 2.5. Write a whole number from 1 to 10.",
        ),
        (
            {"method": "decaying_average", "parameters": {"newest": 0.3}},
            "“newest” in the rule is 0.3. Write a number from 0.5 to 0.99.",
        ),
        ({"method": "mean", "secure_share": "high"}, "“secure_share” in the rule is high. Write a number from 0 to 1."),
        ({"method": "mean", "secure_share": True}, "“secure_share” in the rule is True. Write a number from 0 to 1."),
        (
            {"method": "mean", "secure_share": float("nan")},
            "“secure_share” in the rule is nan. Write a number from 0 to 1.",
        ),
        (
            {"method": "mean", "secure_share": 0.4},
            "The lines of the words must rise between 0 and 1, but growing is 0.5, secure 0.4 and beyond 0.92.",
        ),
        (
            {"method": "mean", "least_pieces": -1},
            "“least_pieces” in the rule is -1. Write a whole number from 0 to 20.",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value),
)
def test_a_broken_rule_says_what_where_and_how_to_mend(stored: object, sentence: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        rule_from_json(stored)
    assert str(broken.value).startswith(sentence)


def test_the_same_choices_have_the_same_version() -> None:
    written = Rule(method=Method.N_TIMES, parameters={"times": 3.0})
    assert written.version == Rule(method=Method.N_TIMES).version


def test_other_choices_have_another_version() -> None:
    rule = Rule(method=Method.N_TIMES)
    others = [replace(rule, parameters={"times": 4}), replace(rule, secure_share=0.85), replace(rule, least_pieces=2)]
    assert len({each.version for each in (rule, *others)}) == 4


def test_a_rule_can_be_copied_kept_and_looked_up() -> None:
    rule = Rule(method=Method.ROLLING_SHARE, parameters={"last": 7})
    assert copy.deepcopy(rule) == pickle.loads(pickle.dumps(rule)) == rule  # noqa: S301  our own bytes
    assert {rule: 1}[copy.deepcopy(rule)] == 1


def test_changing_the_choices_afterwards_leaves_the_rule_alone() -> None:
    chosen = {"times": 4.0}
    rule = Rule(method=Method.N_TIMES, parameters=chosen)
    chosen["times"] = 9.0
    assert rule.parameters == {"times": 4}


@pytest.mark.parametrize("method", list(Method))
def test_every_method_says_what_it_does_and_when_not_to_use_it(method: Method) -> None:
    about = METHODS[method]
    assert all(words.endswith(".") for words in (about.says, about.beware))
    assert all(parameter.low <= parameter.default <= parameter.high for parameter in about.parameters.values())


# --- What if a class switched -----------------------------------------------------------------------------------------


def test_a_switch_counts_every_move() -> None:
    before = {1: Word.GROWING, 2: Word.GROWING, 3: Word.SECURE, 4: Word.NONE, 5: Word.RECHECK, 6: Word.STARTING}
    after = {1: Word.SECURE, 2: Word.SECURE, 3: Word.GROWING, 4: Word.STARTING, 5: Word.SECURE, 6: Word.STARTING}
    what_if = class_what_if(before, after)
    assert [(move.before, move.after, move.keys) for move in what_if.moves] == [
        (Word.NONE, Word.STARTING, (4,)),
        (Word.GROWING, Word.SECURE, (1, 2)),
        (Word.SECURE, Word.GROWING, (3,)),
        (Word.RECHECK, Word.SECURE, (5,)),
    ]
    assert (what_if.rise, what_if.fall, what_if.appear, what_if.vanish) == ((1, 2, 5), (3,), (4,), ())
    assert [sentence.format(**facts) for sentence, facts in what_if_words(what_if)] == [
        "Words that would change: 5 of 6. Up: 3. Down: 1.",
        "Words where there was none: 1. Words that would be gone: 0.",
    ]


def test_a_cell_that_only_one_side_knows_has_no_word_on_the_other() -> None:
    what_if = class_what_if({(1, 2): Word.SECURE}, {(1, 3): Word.GROWING})
    assert (what_if.total, what_if.appear, what_if.vanish) == (2, ((1, 3),), ((1, 2),))


def test_switching_to_the_same_changes_nothing() -> None:
    words = {1: Word.SECURE, 2: Word.NONE}
    assert what_if_words(class_what_if(words, words)) == ((methods.NO_CHANGES, {}),)


cells = st.dictionaries(st.integers(0, 30), st.sampled_from(list(Word)))


@given(cells, cells)
def test_every_change_is_up_down_new_or_gone(before: dict[int, Word], after: dict[int, Word]) -> None:
    what_if = class_what_if(before, after)
    parts = (*what_if.rise, *what_if.fall, *what_if.appear, *what_if.vanish)
    assert sorted(parts) == sorted(key for move in what_if.moves for key in move.keys)
    assert len(parts) == what_if.changed


@given(cells, cells)
def test_switching_back_undoes_the_switch(before: dict[int, Word], after: dict[int, Word]) -> None:
    there, back = class_what_if(before, after), class_what_if(after, before)
    assert (there.rise, there.fall, there.appear, there.vanish) == (back.fall, back.rise, back.vanish, back.appear)
