"""The learner model keeps its promises, and says what it says by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.evidence import (
    DEFAULT_PRIOR,
    Belief,
    Piece,
    PieceKind,
    Word,
    after,
    belief_from_json,
    estimate,
    what_if,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def answer(number: int, *, right: bool = True, days: float = 0, **facts: object) -> Piece:
    return Piece(
        id=f"a{number}",
        kind=PieceKind.ANSWER,
        happened_at=NOON + timedelta(days=days),
        score=1.0 if right else 0.0,
        **facts,  # type: ignore[arg-type]
    )


def seen(number: int, level: int, *, days: float = 0, kind: PieceKind = PieceKind.OBSERVATION) -> Piece:
    return Piece(
        id=f"s{number}", kind=kind, happened_at=NOON + timedelta(days=days), score=level / 3, level=level, levels=4
    )


pieces = st.lists(
    st.builds(
        Piece,
        id=st.uuids().map(str),
        kind=st.sampled_from(list(PieceKind)),
        happened_at=st.integers(0, 90).map(lambda days: NOON + timedelta(days=days)),
        score=st.floats(0, 1),
        hints_used=st.integers(0, 3),
        attempt=st.integers(1, 4),
        difficulty=st.floats(-2, 2),
        guess=st.floats(0, 0.5),
        level=st.none() | st.integers(0, 3),
        levels=st.just(4),
    ),
    max_size=12,
)


def test_a_right_answer_moves_the_prior_by_hand() -> None:
    # p = logistic(0) = .5; v' = 1/(1/1.69 + .25) = 1.18805; mean' = 1.18805 * (1 - .5) = 0.59402
    belief = after(DEFAULT_PRIOR, answer(1))
    assert belief.variance == pytest.approx(1.188049, abs=1e-6)
    assert belief.mean == pytest.approx(0.594025, abs=1e-6)


def test_half_of_a_shift_is_left_after_a_year_by_hand() -> None:
    now = estimate([answer(1)], at=NOON)
    later = estimate([answer(1)], at=NOON + timedelta(days=365))
    assert later.belief.mean == pytest.approx(now.belief.mean / 2, abs=1e-9)


def test_nothing_seen_claims_nothing() -> None:
    shown = estimate([], at=NOON)
    assert (shown.word, shown.pieces, shown.contributions) == (Word.NONE, 0, ())


def test_two_right_answers_are_not_yet_called_secure() -> None:
    easy = [answer(number, days=number, difficulty=2.0) for number in range(2)]
    assert estimate(easy, at=NOON + timedelta(days=3)).word is Word.GROWING


def test_many_right_answers_are_secure_and_old_ones_ask_to_check_again() -> None:
    many = [answer(number, days=number, difficulty=0.5) for number in range(9)]
    assert estimate(many, at=NOON + timedelta(days=9)).word in (Word.SECURE, Word.BEYOND)
    assert estimate(many, at=NOON + timedelta(days=60)).word is Word.RECHECK


def test_a_judgement_settles_the_word_until_it_ends() -> None:
    judged = Piece(
        id="j",
        kind=PieceKind.JUDGEMENT,
        happened_at=NOON,
        score=0.88,
        level=2,
        levels=4,
        settles_as=Word.SECURE,
        expires_on=date(2026, 11, 10),
    )
    wrong = [answer(number, right=False, days=1) for number in range(5)]
    assert estimate([judged, *wrong], at=NOON + timedelta(days=2)).word is Word.SECURE
    assert estimate([judged, *wrong], at=NOON + timedelta(days=20)).word is not Word.SECURE


def test_a_corrected_piece_no_longer_counts() -> None:
    wrong = answer(1, right=False)
    mended = Piece(id="b", kind=PieceKind.ANSWER, happened_at=NOON, score=1.0, corrects="a1")
    assert estimate([wrong, mended], at=NOON).belief == estimate([mended], at=NOON).belief


def test_a_hinted_right_answer_counts_for_less_than_a_lone_one() -> None:
    alone, hinted = after(DEFAULT_PRIOR, answer(1)), after(DEFAULT_PRIOR, answer(2, hints_used=2))
    assert DEFAULT_PRIOR.mean < hinted.mean < alone.mean


def test_higher_levels_say_more() -> None:
    means = [after(DEFAULT_PRIOR, seen(1, level)).mean for level in range(4)]
    assert all(low < high for low, high in itertools.pairwise(means))


def test_the_own_view_is_shown_and_not_counted() -> None:
    own = Piece(id="o", kind=PieceKind.SELF, happened_at=NOON, score=1.0, words="I know this")
    shown = estimate([own], at=NOON)
    assert (shown.pieces, shown.word, len(shown.contributions)) == (0, Word.NONE, 1)


@given(pieces, st.randoms(use_true_random=False))
def test_order_of_arrival_never_matters(rows: list[Piece], luck: object) -> None:
    shuffled = list(rows)
    luck.shuffle(shuffled)  # type: ignore[attr-defined]
    at = NOON + timedelta(days=100)
    assert estimate(rows, at=at) == estimate(shuffled + rows[:2], at=at)


@given(pieces)
def test_replaying_online_gives_the_same_belief(rows: list[Piece]) -> None:
    belief: Belief = DEFAULT_PRIOR
    for piece in sorted({row.id: row for row in rows}.values(), key=lambda row: (row.happened_at, row.id)):
        belief = belief_from_json(after(belief, piece).as_json())
    at = NOON + timedelta(days=91)
    whole = estimate(rows, at=at)
    again = after(belief, Piece(id="z", kind=PieceKind.SELF, happened_at=at, score=0))
    assert again.mean == pytest.approx(whole.belief.mean, abs=1e-9)
    assert again.variance == pytest.approx(whole.belief.variance, abs=1e-9)


@given(pieces)
def test_contributions_and_prior_sum_to_the_whole(rows: list[Piece]) -> None:
    whole = estimate(rows, at=NOON + timedelta(days=95))
    assert whole.prior + sum(line.shift for line in whole.contributions) == pytest.approx(whole.belief.mean, abs=1e-9)


@given(pieces)
def test_the_best_guess_lies_in_its_range(rows: list[Piece]) -> None:
    whole = estimate(rows, at=NOON + timedelta(days=95))
    assert 0 < whole.low <= whole.chance <= whole.high < 1


@given(pieces, st.integers(0, 90))
def test_what_came_later_does_not_change_the_past(rows: list[Piece], days: int) -> None:
    at = NOON + timedelta(days=days)
    assert estimate(rows, at=at) == estimate([row for row in rows if row.happened_at <= at], at=at)


@given(pieces, st.floats(-2, 2), st.floats(0, 0.5), st.integers(0, 3))
def test_a_right_answer_never_counts_for_less_than_a_wrong_one(
    rows: list[Piece], difficulty: float, guess: float, hints: int
) -> None:
    before = estimate(rows, at=NOON + timedelta(days=95)).belief
    facts = {"days": 95, "difficulty": difficulty, "guess": guess, "hints_used": hints}
    right = after(before, answer(1, right=True, **facts))  # type: ignore[arg-type]
    wrong = after(before, answer(1, right=False, **facts))  # type: ignore[arg-type]
    assert right.mean >= wrong.mean


def test_one_more_right_answer_raises_and_a_wrong_one_lowers_the_guess() -> None:
    now = estimate([answer(1)], at=NOON)
    assert what_if(now.belief, right=False, at=NOON) < now.chance < what_if(now.belief, right=True, at=NOON)


def test_a_seen_level_moves_the_prior_by_hand() -> None:
    # Level 2 of 4 lies between ln 4 = 1.386294 and 2.886294; v = 1.69 + 1.5^2 = 3.94; a = .698405, c = 1.454094;
    # Z = .169502; d = (phi(a) - phi(c)) / Z = 1.026527; mean' = 1.69 / sqrt(3.94) * d = .873995;
    # variance' = 1.69^2 / 3.94 * (3.94 / 1.69 - d^2 - (c phi(c) - a phi(a)) / Z) = .997893
    belief = after(DEFAULT_PRIOR, seen(1, 2))
    assert belief.mean == pytest.approx(0.873995, abs=1e-6)
    assert belief.variance == pytest.approx(0.997893, abs=1e-6)


def test_guessing_makes_a_right_answer_say_less() -> None:
    written, chosen = after(DEFAULT_PRIOR, answer(1)), after(DEFAULT_PRIOR, answer(2, guess=0.25))
    assert DEFAULT_PRIOR.mean < chosen.mean < written.mean


def test_a_later_judgement_settles_over_an_earlier_one() -> None:
    first, later = (
        Piece(
            id=f"j{day}",
            kind=PieceKind.JUDGEMENT,
            happened_at=NOON + timedelta(days=day),
            score=0.5,
            level=1,
            levels=4,
            settles_as=word,
        )
        for day, word in ((0, Word.SECURE), (3, Word.GROWING))
    )
    shown = estimate([later, first], at=NOON + timedelta(days=4))
    assert (shown.word, shown.settled_by) == (Word.GROWING, later)
    assert estimate([later, first], at=NOON + timedelta(days=2)).word is Word.SECURE


def test_a_corrected_judgement_settles_nothing() -> None:
    judged = Piece(
        id="j", kind=PieceKind.JUDGEMENT, happened_at=NOON, score=0.9, level=3, levels=4, settles_as=Word.BEYOND
    )
    taken_back = Piece(id="k", kind=PieceKind.SELF, happened_at=NOON, score=0, corrects="j")
    assert estimate([judged, taken_back], at=NOON).settled_by is None


@given(pieces)
def test_more_of_anything_never_makes_the_range_wider_the_same_day(rows: list[Piece]) -> None:
    today = [Piece(id=row.id, kind=row.kind, happened_at=NOON, score=row.score) for row in rows]
    widths = [estimate(today[:count], at=NOON).belief.variance for count in range(len(today) + 1)]
    assert all(later <= before + 1e-12 for before, later in itertools.pairwise(widths))


@given(pieces)
def test_a_belief_survives_storage(rows: list[Piece]) -> None:
    belief = estimate(rows, at=NOON + timedelta(days=95)).belief
    assert belief_from_json(belief.as_json()) == belief


@given(pieces)
def test_every_line_is_a_whole_sentence(rows: list[Piece]) -> None:
    for line in estimate(rows, at=NOON + timedelta(days=95)).contributions:
        assert "{" not in line.sentence.format(**line.facts)
