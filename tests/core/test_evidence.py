"""The learner model keeps its promises, whatever the pieces, and says what it says by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from headway.core.evidence import belief, ledger
from headway.core.evidence import learner_model as learner
from headway.core.evidence.ledger import CARDS, DAY, KNOTS
from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule
from headway.core.evidence.scorecards import Scorecards, shipped
from headway.core.evidence.values import Estimate, Piece, PieceKind, Word
from headway.core.evidence.weights import level_edges
from tests.core import fitted_models

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
END = NOON + timedelta(days=91)
FRACTIONS, RATIOS, PERCENTAGES = 1, 2, 3  # ratios build on fractions, percentages on both
NEIGHBOURS: Mapping[int, Sequence[int]] = {RATIOS: (FRACTIONS,), PERCENTAGES: (FRACTIONS, RATIOS)}
PEOPLE_SAY = (PieceKind.RUBRIC, PieceKind.OBSERVATION, PieceKind.CONFERENCE, PieceKind.PRODUCT, PieceKind.JUDGEMENT)
# Right answers that say less about the student alone than a first try without help.
WEAKER: tuple[dict[str, Any], ...] = (
    {"hints_used": 2},
    {"attempt": 2},
    {"guess": 0.25},
    {"on_paper": True},
    {"score": 0.5},
)
TINY = 1e-9


def answer(name: object = "new", *, right: bool = True, days: float = 0, **facts: Any) -> Piece:
    return Piece(
        **{
            "id": f"a{name}",
            "kind": PieceKind.ANSWER,
            "happened_at": NOON + timedelta(days=days),
            "score": float(right),
            "competency": PERCENTAGES,
            **facts,
        }
    )


def rated(level: int, name: object = "new", *, days: float = 0, kind: PieceKind = PieceKind.OBSERVATION) -> Piece:
    return answer(name, days=days, kind=kind, score=level / 3, level=level, levels=4)


def explain(name: str, pieces: Sequence[Piece], *, at: datetime = END, **facts: Any) -> Estimate:
    facts = {"competency": PERCENTAGES, "neighbours": NEIGHBOURS, **facts}
    return learner.explained(fitted_models.model(name), pieces, at=at, **facts)


def states(replayed: learner.Replayed) -> tuple[bytes, dict[int, bytes]]:
    return replayed.student.tobytes(), {key: state.tobytes() for key, state in replayed.competencies.items()}


moments = st.builds(
    lambda days, seconds: NOON + timedelta(days=days, seconds=seconds),
    st.sampled_from([0, 0, 0, 1, 2, 10, 45, 90]),
    st.sampled_from([0, 0, 30, 3600]),
)
some_pieces = st.builds(
    Piece,
    id=st.just(""),
    kind=st.sampled_from(
        [*[PieceKind.ANSWER] * 6, *PEOPLE_SAY, PieceKind.SELF, PieceKind.WITHDRAWAL],
    ),
    happened_at=moments,
    score=st.sampled_from([0.0, 1.0, 1.0]) | st.floats(0, 1),
    hints_used=st.sampled_from([0, 0, 1, 3]),
    attempt=st.sampled_from([1, 1, 2, 4]),
    on_paper=st.booleans(),
    difficulty=st.floats(-3, 3),
    guess=st.sampled_from([0.0, 0.25, 0.5]),
    level=st.integers(0, 3),
    levels=st.sampled_from([4, 4, 4, None]),
    competency=st.sampled_from([PERCENTAGES, PERCENTAGES, FRACTIONS, RATIOS, 9]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Piece]:
    """Draw the pieces of one student about several competencies, some of them taken back by later ones."""
    drawn = draw(st.lists(some_pieces, max_size=14))
    found: list[Piece] = []
    for number, piece in enumerate(drawn):
        takes_back = piece.kind is PieceKind.WITHDRAWAL or draw(st.integers(0, 9)) == 0
        before = [one for one in found if one.corrects is None and one.happened_at <= piece.happened_at]
        corrects = draw(st.sampled_from(before)).id if takes_back and before else None
        is_rated = piece.kind not in (PieceKind.ANSWER, PieceKind.SELF, PieceKind.WITHDRAWAL)
        levels = {} if is_rated else {"level": None, "levels": None}
        found.append(replace(piece, id=f"p{number:02}", corrects=corrects, **levels))
    return found


same_time = histories().map(lambda pieces: [replace(piece, happened_at=NOON) for piece in pieces])
every_model = pytest.mark.parametrize("name", fitted_models.NAMES)
difficulties, guesses = st.floats(-3, 3), st.sampled_from([0.0, 0.2, 0.5, 0.9])


@every_model
class TestEveryModel:
    # --- What is claimed ---

    @given(pieces=histories(), days=st.floats(0, 400))
    def test_a_chance_lies_between_0_and_1_and_inside_its_range(self, name, pieces, days):
        shown = explain(name, pieces, at=END + timedelta(days=days))
        assert 0 < shown.low <= shown.chance <= shown.high < 1
        assert 0 <= shown.certain <= 1

    @given(pieces=histories())
    def test_the_chance_is_the_logistic_of_its_logit(self, name, pieces):
        shown = explain(name, pieces)
        assert shown.chance == pytest.approx(special.expit(shown.logit), abs=1e-12)

    def test_nothing_seen_claims_nothing(self, name):
        shown = explain(name, [])
        assert (shown.word, shown.pieces, shown.newest_at, shown.is_stale) == (Word.NONE, 0, None, False)
        assert (shown.contributions, shown.lines) == ((), ())

    @given(pieces=histories())
    def test_work_on_other_skills_alone_claims_nothing(self, name, pieces):
        elsewhere = [piece for piece in pieces if piece.competency != PERCENTAGES]
        assert explain(name, elsewhere).word is Word.NONE

    # --- Right never lowers, wrong never raises ---

    @given(pieces=histories(), difficulty=difficulties, guess=guesses)
    def test_a_right_answer_never_lowers_and_a_wrong_one_never_raises(self, name, pieces, difficulty, guess):
        before = explain(name, pieces).chance
        new = answer(days=91, difficulty=difficulty, guess=guess)
        assert explain(name, [*pieces, new]).chance >= before - TINY
        assert explain(name, [*pieces, replace(new, score=0.0)]).chance <= before + TINY

    @given(pieces=histories(), difficulty=difficulties, guess=guesses, days=st.floats(0, 300))
    def test_nor_when_looked_at_days_later(self, name, pieces, difficulty, guess, days):
        at = END + timedelta(days=days)
        right = answer(days=91, difficulty=difficulty, guess=guess)
        chances = [explain(name, [*pieces, replace(right, score=score)], at=at).chance for score in (0.0, 1.0)]
        assert chances[0] <= chances[1] + TINY

    @given(pieces=histories(), difficulty=difficulties)
    def test_the_same_question_again_keeps_the_promise(self, name, pieces, difficulty):
        chances = [
            explain(
                name, [*pieces, *(answer(number, days=91, difficulty=difficulty) for number in range(count))]
            ).chance
            for count in range(4)
        ]
        assert all(later >= before - TINY for before, later in itertools.pairwise(chances))

    @given(pieces=histories(), score=st.floats(0, 1), more=st.floats(0, 1))
    def test_a_better_score_is_never_worth_less(self, name, pieces, score, more):
        low, high = sorted((score, more))
        chances = [explain(name, [*pieces, answer(days=91, score=share)]).chance for share in (low, high)]
        assert chances[0] <= chances[1] + TINY

    @given(pieces=histories(), difficulty=difficulties)
    def test_what_if_is_what_then_happens(self, name, pieces, difficulty):
        known = known_from(name, pieces)
        for right in (True, False):
            foreseen = learner.what_if(fitted_models.model(name), known, right=right, at=END, difficulty=difficulty)
            new = answer(days=91, right=right, difficulty=difficulty)
            then = known_from(name, [*pieces, new])
            # What neighbours lend is looked up anew once it has happened.
            then = replace(then, related=known.related)
            assert foreseen == learner.estimate(fitted_models.model(name), then, at=END).chance

    @given(pieces=histories(), difficulty=difficulties)
    def test_answers_on_a_prerequisite_never_move_it_the_wrong_way(self, name, pieces, difficulty):
        # How many answers ago the skill itself was right also counts; that may take back a hundredth of a logit.
        before = explain(name, pieces).logit
        new = answer(days=91, difficulty=difficulty, competency=FRACTIONS)
        assert explain(name, [*pieces, new]).logit >= before - 0.01
        assert explain(name, [*pieces, replace(new, score=0.0)]).logit <= before + 0.01

    # --- Doubt ---

    @given(pieces=same_time)
    def test_more_pieces_on_the_same_day_never_widen(self, name, pieces):
        kept = [piece for piece in pieces if piece.corrects is None]
        doubts = [explain(name, kept[:count], at=NOON).deviation for count in range(len(kept) + 1)]
        assert all(later <= before + 1e-12 for before, later in itertools.pairwise(doubts))

    @given(pieces=histories(), days=st.floats(0, 300), more=st.floats(0, 300))
    def test_time_alone_never_makes_surer(self, name, pieces, days, more):
        first, later = (explain(name, pieces, at=END + timedelta(days=wait)) for wait in (days, days + more))
        assert later.deviation >= first.deviation - TINY

    @given(levels=st.lists(st.integers(0, 3), max_size=8))
    def test_ratings_alone_never_make_surer_than_half_a_logit(self, name, levels):
        told = [rated(level, number) for number, level in enumerate(levels)]
        assert explain(name, told, at=NOON).deviation >= 0.5

    # --- Order, storage, past ---

    @given(pieces=histories(), luck=st.randoms(use_true_random=False))
    def test_the_order_of_arrival_never_matters(self, name, pieces, luck):
        shuffled = list(pieces)
        luck.shuffle(shuffled)
        assert explain(name, [*shuffled, *pieces[:2]]) == explain(name, pieces)

    @given(pieces=same_time, luck=st.randoms(use_true_random=False))
    def test_nor_does_it_among_pieces_of_one_moment(self, name, pieces, luck):
        shuffled = list(pieces)
        luck.shuffle(shuffled)
        model = fitted_models.model(name)
        assert states(learner.replay(model, shuffled, at=NOON)) == states(learner.replay(model, pieces, at=NOON))

    @given(pieces=histories(), day=st.integers(0, 91))
    def test_one_by_one_through_storage_is_the_same_to_the_last_bit(self, name, pieces, day):
        at, model = NOON + timedelta(days=day), fitted_models.model(name)
        student, kept = learner.to_bytes(learner.new_student()), {}
        for piece in learner.in_force(pieces, at):
            state = kept.get(piece.competency, learner.to_bytes(learner.new_competency()))
            counted = learner.count(model, learner.from_bytes(student), learner.from_bytes(state), piece)
            student, kept[piece.competency] = (learner.to_bytes(numbers) for numbers in counted)
        own, found = states(learner.replay(model, pieces, at=at))
        untouched = learner.to_bytes(learner.new_competency())
        assert student == own
        assert {key: state for key, state in kept.items() if state != untouched} == found

    @given(pieces=histories(), day=st.integers(0, 91))
    def test_going_on_from_a_kept_state_is_the_same_to_the_last_bit(self, name, pieces, day):
        model, cut = fitted_models.model(name), NOON + timedelta(days=day)
        valid = learner.in_force(pieces, END)
        start = learner.replay(model, [piece for piece in valid if piece.happened_at <= cut], at=cut)
        rest = learner.replay(model, [piece for piece in valid if piece.happened_at > cut], at=END, start=start)
        own, whole = states(learner.replay(model, pieces, at=END))
        later, moved = states(rest)
        assert later == own
        assert {**states(start)[1], **moved} == whole

    @given(pieces=histories())
    def test_counting_leaves_the_old_numbers_alone(self, name, pieces):
        student, state = learner.new_student(), learner.new_competency()
        before = student.tobytes(), state.tobytes()
        for piece in pieces:
            learner.count(fitted_models.model(name), student, state, piece)
        assert (student.tobytes(), state.tobytes()) == before

    @given(pieces=histories())
    def test_kept_numbers_say_what_the_pieces_say(self, name, pieces):
        looked_up = learner.estimate(fitted_models.model(name), known_from(name, pieces), at=END)
        worked_out = explain(name, pieces)
        assert looked_up == replace(worked_out, prior=0.0, contributions=(), lines=())

    @given(pieces=histories(), day=st.integers(0, 91))
    def test_what_came_later_does_not_change_the_past(self, name, pieces, day):
        at = NOON + timedelta(days=day)
        assert explain(name, pieces, at=at) == explain(
            name, [piece for piece in pieces if piece.happened_at <= at], at=at
        )

    @given(pieces=histories(), data=st.data())
    def test_a_withdrawn_piece_is_as_if_never_said(self, name, pieces, data):
        plain = [replace(piece, corrects=None) for piece in pieces]
        if not plain:
            return
        said = data.draw(st.sampled_from(plain))
        withdrawal = answer("w", days=91, kind=PieceKind.WITHDRAWAL, corrects=said.id, competency=said.competency)
        assert explain(name, [*plain, withdrawal]) == explain(name, [piece for piece in plain if piece is not said])

    @given(pieces=histories(), data=st.data())
    def test_a_corrected_piece_is_as_if_only_the_correction_was_said(self, name, pieces, data):
        plain = [replace(piece, corrects=None) for piece in pieces]
        if not plain:
            return
        said = data.draw(st.sampled_from(plain))
        mended = answer("m", days=91)
        corrected = explain(name, [*plain, replace(mended, corrects=said.id)])
        only = explain(name, [*[piece for piece in plain if piece is not said], mended])
        assert (corrected.logit, corrected.deviation, corrected.word) == (only.logit, only.deviation, only.word)

    # --- Reasons ---

    @given(pieces=histories(), days=st.floats(0, 200))
    def test_prior_contributions_and_lines_sum_to_the_whole(self, name, pieces, days):
        shown = explain(name, pieces, at=END + timedelta(days=days))
        parts = [shown.prior, *(piece.shift for piece in shown.contributions), *(line.shift for line in shown.lines)]
        assert math.fsum(parts) == pytest.approx(shown.logit, abs=1e-9)

    @given(pieces=histories())
    def test_every_line_is_a_whole_sentence(self, name, pieces):
        shown = explain(name, pieces)
        for line in (*shown.contributions, *shown.lines):
            assert "{" not in line.sentence.format(**line.facts)

    @given(pieces=histories())
    def test_every_valid_piece_about_it_is_shown_once(self, name, pieces):
        valid = [piece for piece in learner.in_force(pieces, END) if piece.competency == PERCENTAGES]
        assert [line.piece for line in explain(name, pieces).contributions] == valid

    # --- What counts for how much ---

    @given(pieces=histories(), less=st.sampled_from([*WEAKER, {"difficulty": -1.0}]))
    def test_a_right_answer_alone_counts_for_most(self, name, pieces, less):
        alone, other = (explain(name, [*pieces, answer(days=91, **facts)]).chance for facts in ({}, less))
        assert other <= alone + TINY

    @pytest.mark.parametrize("less", WEAKER, ids=lambda facts: next(iter(facts)))
    def test_and_strictly_so_where_nothing_is_known(self, name, less):
        alone, other = (explain(name, [answer(**facts)], at=NOON).chance for facts in ({}, less))
        assert other < alone

    @pytest.mark.parametrize("less", [{"guess": 0.5}, {"attempt": 2}], ids=["guessable", "second try"])
    def test_the_first_right_answer_raises_even_when_it_tells_little(self, name, less):
        assert explain(name, [], at=NOON).chance < explain(name, [answer(**less)], at=NOON).chance

    @given(pieces=histories(), kind=st.sampled_from(PEOPLE_SAY))
    def test_higher_levels_say_more_whatever_came_before(self, name, pieces, kind):
        chances = [explain(name, [*pieces, rated(level, days=91, kind=kind)]).chance for level in range(4)]
        assert all(low < high for low, high in itertools.pairwise(chances))

    @given(pieces=histories(), kind=st.sampled_from(PEOPLE_SAY))
    def test_the_top_level_never_lowers_and_the_bottom_one_never_raises(self, name, pieces, kind):
        before = explain(name, pieces).chance
        assert explain(name, [*pieces, rated(3, days=91, kind=kind)]).chance >= before - TINY
        assert explain(name, [*pieces, rated(0, days=91, kind=kind)]).chance <= before + TINY

    @given(level=st.integers(0, 3), rights=st.lists(st.booleans(), max_size=10), difficulty=difficulties)
    def test_a_rating_is_taken_back_by_answers_and_never_beyond_nothing(self, name, level, rights, difficulty):
        model = fitted_models.model(name)
        student, state = learner.count(model, learner.new_student(), learner.new_competency(), rated(level))
        shift = first = state[ledger.C_SHIFT]
        for number, right in enumerate(rights):
            new = answer(number, right=right, difficulty=difficulty)
            student, state = learner.count(model, student, state, new)
            assert abs(state[ledger.C_SHIFT]) <= abs(shift)
            assert state[ledger.C_SHIFT] * first >= 0
            shift = state[ledger.C_SHIFT]

    @pytest.mark.parametrize(("level", "right"), [(3, False), (0, True)])
    def test_many_answers_against_it_leave_little_of_a_rating(self, name, level, right):
        model = fitted_models.model(name)
        student, state = learner.count(model, learner.new_student(), learner.new_competency(), rated(level))
        first = state[ledger.C_SHIFT]
        for number in range(12):
            student, state = learner.count(model, student, state, answer(number, right=right))
        assert abs(state[ledger.C_SHIFT]) < 0.5 * abs(first)

    def test_half_of_what_a_rating_brought_is_left_after_a_year(self, name):
        _student, state = learner.count(
            fitted_models.model(name), learner.new_student(), learner.new_competency(), rated(3)
        )
        now, later = (belief.shift_at(state, NOON.timestamp() + days * DAY) for days in (0, 365))
        assert later == pytest.approx(now / 2, abs=1e-12)

    def test_an_answer_does_not_make_an_old_rating_new_again(self, name):
        model = fitted_models.model(name)
        student, state = learner.count(model, learner.new_student(), learner.new_competency(), rated(3))
        _student, later = learner.count(model, student, state, answer("later", days=365))
        assert later[ledger.C_TOLD] == pytest.approx(state[ledger.C_TOLD] / 2, abs=1e-12)
        assert later[ledger.C_SHIFT] == pytest.approx(state[ledger.C_SHIFT] / 2, abs=1e-12)

    @given(pieces=histories())
    def test_the_own_view_is_shown_and_not_counted(self, name, pieces):
        own = answer("o", days=91, kind=PieceKind.SELF, words="I know this")
        before, after = explain(name, pieces), explain(name, [*pieces, own])
        assert (after.logit, after.deviation, after.pieces) == (before.logit, before.deviation, before.pieces)
        assert [line.shift for line in after.contributions if line.piece == own] == [0.0]

    # --- Time ---

    @given(pieces=histories(), days=st.floats(0, 400), more=st.floats(0, 400))
    def test_time_alone_changes_no_word_but_asks_to_check_again(self, name, pieces, days, more):
        first, later = (explain(name, pieces, at=END + timedelta(days=wait)) for wait in (days, days + more))
        asks_again = later.word is Word.RECHECK and first.word in (Word.SECURE, Word.BEYOND)
        assert later.word is first.word or asks_again

    @given(answers=st.lists(st.booleans(), min_size=1, max_size=12), days=st.floats(0, 400), more=st.floats(0, 400))
    def test_what_is_sure_enough_never_gets_surer_with_time(self, name, answers, days, more):
        pieces = [answer(f"{number:02}", right=right) for number, right in enumerate(answers)]
        first, later = (explain(name, pieces, at=NOON + timedelta(days=wait)) for wait in (days, days + more))
        if first.certain >= DEFAULT_RULE.certainty:
            assert later.certain <= first.certain + TINY

    def test_old_work_is_worth_less_than_new_work(self, name):
        many = [answer(f"{number:02}") for number in range(8)]
        now, later = (explain(name, many, at=NOON + timedelta(days=days)) for days in (0, 180))
        assert later.chance < now.chance
        assert later.certain < now.certain


def known_from(name: str, pieces: Sequence[Piece], at: datetime = END) -> learner.Known:
    """Return what would be kept of the pieces."""
    model = fitted_models.model(name)
    replayed = learner.replay(model, pieces, at=at)
    valid = learner.in_force(pieces, at)
    return learner.Known(
        competency=PERCENTAGES,
        student=replayed.student,
        state=replayed.competencies.get(PERCENTAGES, learner.new_competency()),
        related=learner.lent_by(
            replayed.student, (replayed.competencies.get(other) for other in NEIGHBOURS[PERCENTAGES])
        ),
        settled=learner.settling([piece for piece in valid if piece.competency == PERCENTAGES], at),
    )


# --- By hand, from the model's own cards ------------------------------------------------------------------------------

LONG_AGO = 400.0  # answers, or days beyond any scorecard
RIGHT_FIRST: Mapping[str, float] = {
    # One right answer on a reference question, looked at at once: counts log 2, averages 1 - decay, and tracks that take
    # their step times 1 - .650219, the chance of a typical student (logit .62).
    "student_right": math.log(2),
    "student_wrong": 0.0,
    "student_average_0.5": 0.5,
    "student_average_0.8": 0.2,
    "student_average_0.95": 0.05,
    "student_average_0.99": 0.01,
    "student_track_0.05": 0.01748905,
    "student_track_0.1": 0.0349781,
    "student_track_0.3": 0.1049343,
    "student_track_0.8": 0.2798248,
    "student_in_a_row": 1.0,
    "student_share": 4 / 6,
    "right": math.log(2),
    "wrong": 0.0,
    "average_0.4": 0.6,
    "average_0.7": 0.3,
    "average_0.9": 0.1,
    "track_0.1": 0.0349781,
    "track_0.3": 0.1049343,
    "track_0.8": 0.2798248,
    "share": 2 / 3,
    "answers_since_right": 0.0,
    "related": 0.0,
    "time_since_right": 0.0,
    **{f"right_fading_{seconds}": math.log(2) for seconds in (300, 3600, 86400, 1209600)},
    **{f"wrong_fading_{seconds}": 0.0 for seconds in (300, 3600, 86400, 1209600)},
    "days_right": math.log(2),
}
NEVER_MET: Mapping[str, float] = {
    "item_right": 0.0,
    "item_seen": 0.0,
    "item_last": 0.0,
    "item_answers_since_right": math.log(1 + LONG_AGO),
    "item_answers_since_seen": math.log(1 + LONG_AGO),
    "item_run": 0.0,
    "item_situation": 0.0,
    "item_time_since_right": 99.0,
    "item_time_since_seen": 99.0,
    **{f"item_right_fading_{seconds}": 0.0 for seconds in (300, 3600, 86400, 1209600)},
    **{f"item_seen_fading_{seconds}": 0.0 for seconds in (300, 3600, 86400, 1209600)},
}
NOTHING_YET: Mapping[str, float] = {
    **dict.fromkeys(RIGHT_FIRST, 0.0),
    "student_share": 3 / 5,
    "share": 1 / 2,
    "answers_since_right": math.log(1 + LONG_AGO),
    "time_since_right": 99.0,
}


def by_hand(cards: Scorecards, seen: Mapping[str, float]) -> float:
    """Return the sum of the cards at what they see: straight lines between the knots, level beyond the ends."""
    total = cards.start
    for card, curve in zip(CARDS, cards.curves, strict=True):
        if card.name in seen or card.name in NEVER_MET:
            value = seen.get(card.name, NEVER_MET.get(card.name, 0.0))
            total += np.interp(value, np.linspace(card.low, card.high, KNOTS), curve)
    slopes = zip(cards.slopes_mean, (seen["right"], seen["wrong"], seen["average_0.9"]), strict=True)
    return float(total + sum(slope * value for slope, value in slopes))


def shown_for(pieces: Sequence[Piece], at: datetime = NOON) -> Estimate:
    return explain("shipped", pieces, at=at, neighbours={})


def test_an_empty_ledger_by_hand():
    assert shown_for([]).logit == pytest.approx(by_hand(shipped(), NOTHING_YET), abs=1e-9)


def test_a_first_right_answer_by_hand():
    assert shown_for([answer()]).logit == pytest.approx(by_hand(shipped(), RIGHT_FIRST), abs=1e-6)


def test_a_first_right_answer_a_day_later_by_hand():
    # Right answers fade by exp(-days in units of the card); the lag is log(1 + 86,400).
    fading = {f"right_fading_{scale}": math.log1p(math.exp(-86400 / scale)) for scale in (300, 3600, 86400, 1209600)}
    seen = {**RIGHT_FIRST, **fading, "time_since_right": math.log(86401)}
    later = shown_for([answer()], at=NOON + timedelta(days=1))
    assert later.logit == pytest.approx(by_hand(shipped(), seen), abs=1e-6)


def test_a_right_answer_lends_its_track_by_hand():
    # The neighbour's track counts once and the student's own level half, both .0349781 and .1049343 from their steps.
    alone = shown_for([answer(competency=FRACTIONS)]).logit
    lent = explain("shipped", [answer(competency=FRACTIONS)], at=NOON, neighbours={PERCENTAGES: (FRACTIONS,)}).logit
    card = CARDS.index(next(card for card in CARDS if card.name == "related"))
    curve = shipped().curves[card]
    knots = np.linspace(CARDS[card].low, CARDS[card].high, KNOTS)
    related = (0.5 * 0.0349781 + 0.1049343) / 1.5
    assert lent - alone == pytest.approx(np.interp(related, knots, curve) - np.interp(0, knots, curve), abs=1e-6)


def test_a_first_wrong_answer_by_hand():
    # Wrong may be a slip: it tells .349781 / (.349781 + .05 * .650219) = .914962 of what it seems to.
    chance = 1 / (1 + math.exp(-0.62))
    tells = (1 - chance) / (1 - chance + 0.05 * chance)
    seen = {
        **NOTHING_YET,
        "student_wrong": math.log1p(tells),
        "wrong": math.log1p(tells),
        **{f"student_average_{decay}": -tells * (1 - decay) for decay in (0.5, 0.8, 0.95, 0.99)},
        **{f"average_{decay}": -tells * (1 - decay) for decay in (0.4, 0.7, 0.9)},
        **{f"student_track_{step}": -tells * step * chance for step in (0.05, 0.1, 0.3, 0.8)},
        **{f"track_{step}": -tells * step * chance for step in (0.1, 0.3, 0.8)},
        "student_in_a_row": -tells,
        "student_share": 3 / (5 + tells),
        "share": 1 / (2 + tells),
        **{f"wrong_fading_{seconds}": math.log1p(tells) for seconds in (300, 3600, 86400, 1209600)},
    }
    assert shown_for([answer(right=False)]).logit == pytest.approx(by_hand(shipped(), seen), abs=1e-6)


def test_a_first_rating_by_hand():
    # "Done alone", level 2 of 4, lies from ln 4 to ln 4 + 1.5; one look is uncertain by 1.5.
    base = by_hand(shipped(), NOTHING_YET)
    variance = math.exp(shipped().deviation[0])
    mean = base * math.sqrt(1 + math.pi * variance / 8)
    mean, narrower = moments_by_integration(mean, variance, math.log(4), math.log(4) + 1.5, 1.5)
    shown = shown_for([rated(2)])
    assert shown.logit == pytest.approx(mean / math.sqrt(1 + math.pi * narrower / 8), abs=1e-6)
    assert shown.deviation == pytest.approx(max(math.sqrt(narrower), 0.5), abs=1e-6)


def test_a_range_by_hand():
    # 1.2816 deviations to either side of the mean hold 80 in 100.
    shown = explain("shipped", [answer(1), answer(2, right=False), answer(3)], at=NOON)
    assert shown.mean == pytest.approx(shown.logit * math.sqrt(1 + math.pi * shown.deviation**2 / 8), abs=1e-9)
    assert shown.low == pytest.approx(special.expit(shown.mean - 1.281552 * shown.deviation), abs=1e-6)
    assert shown.high == pytest.approx(special.expit(shown.mean + 1.281552 * shown.deviation), abs=1e-6)


def test_how_sure_it_is_by_hand():
    shown = explain("shipped", [answer(number) for number in range(5)], at=NOON)
    beyond = (shown.mean - math.log(4)) / shown.deviation
    assert shown.certain == pytest.approx(stats.norm.cdf(beyond), abs=1e-9)


# --- A rated level, by the moments of an ordered probit ---------------------------------------------------------------


GAUSS_LEGENDRE = np.polynomial.legendre.leggauss(400)


def moments_by_integration(mean: float, variance: float, low: float, high: float, noise: float) -> tuple[float, float]:
    """Return mean and variance of the belief times the chance that its noisy look falls between two edges."""
    points, weights = GAUSS_LEGENDRE
    at = mean + 12 * math.sqrt(variance) * points
    weights = weights * np.exp(-0.5 * (12 * points) ** 2)
    below_low, below_high = (special.ndtr((edge - at) / noise) for edge in (low, high))
    above_low, above_high = (special.ndtr((at - edge) / noise) for edge in (low, high))
    # From the nearer tail, where the difference of two areas keeps its digits.
    weights = weights * np.where(at < low, above_low - above_high, below_high - below_low)
    weights = weights / weights.sum()
    middle = float(weights @ at)
    return middle, float(weights @ (at - middle) ** 2)


def test_a_seen_level_moves_a_belief_by_hand():
    # Level 2 of 4 lies between ln 4 = 1.386294 and 2.886294; v = 1.69 + 1.5^2 = 3.94; a = .698405, c = 1.454094;
    # Z = .169502; d = (phi(a) - phi(c)) / Z = 1.026527; mean' = 1.69 / sqrt(3.94) * d = .873995;
    # variance' = 1.69^2 / 3.94 * (3.94 / 1.69 - d^2 - (c phi(c) - a phi(a)) / Z) = .997893
    mean, variance = belief.after_level(0.0, 1.69, *level_edges(2, 4), 1.5)
    assert mean == pytest.approx(0.873995, abs=1e-6)
    assert variance == pytest.approx(0.997893, abs=1e-6)


ratings = {
    "mean": st.floats(-4, 4),
    "variance": st.floats(0.05, 3),
    "level": st.integers(0, 3),
    "noise": st.sampled_from([0.6, 1.0, 1.5]),
}


@given(**ratings)
def test_a_seen_level_agrees_with_numeric_integration(mean, variance, level, noise):
    found = belief.after_level(mean, variance, *level_edges(level, 4), noise)
    expected = moments_by_integration(mean, variance, *level_edges(level, 4), noise)
    assert found == pytest.approx(expected, abs=1e-9)


@given(**ratings)
def test_a_seen_level_never_widens_a_belief(mean, variance, level, noise):
    assert belief.after_level(mean, variance, *level_edges(level, 4), noise)[1] <= variance + 1e-12


@given(mean=st.floats(-60, 60), variance=st.floats(0.05, 3), noise=st.sampled_from([0.6, 1.0, 1.5]))
def test_levels_stay_in_order_even_for_beliefs_that_they_surprise(mean, variance, noise):
    means = [belief.after_level(mean, variance, *level_edges(level, 4), noise)[0] for level in range(4)]
    assert all(low < high for low, high in itertools.pairwise(means))


@pytest.mark.parametrize("levels", [2, 3, 4, 5, 6])
def test_levels_cover_everything_without_a_gap(levels):
    edges = [level_edges(level, levels) for level in range(levels)]
    assert (edges[0][0], edges[-1][1]) == (-math.inf, math.inf)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))


# --- Words ------------------------------------------------------------------------------------------------------------


def test_two_right_answers_are_not_yet_called_secure():
    easy = [answer(number, days=number, difficulty=2.0) for number in range(2)]
    assert explain("shipped", easy, at=NOON + timedelta(days=2)).word in (Word.STARTING, Word.GROWING)


def test_many_right_answers_are_secure_and_old_ones_ask_to_check_again():
    many = [answer(f"{number:02}", days=number, difficulty=1.0) for number in range(14)]
    assert explain("shipped", many, at=NOON + timedelta(days=14)).word in (Word.SECURE, Word.BEYOND)
    assert explain("shipped", many, at=NOON + timedelta(days=80)).word is Word.RECHECK


def test_many_wrong_answers_are_starting():
    assert explain("shipped", [answer(number, right=False) for number in range(8)], at=NOON).word is Word.STARTING


def test_high_but_unsure_is_growing():
    surer = Rule(certainty=0.5)
    one = [answer(f"{number}", difficulty=1.0) for number in range(4)]
    shown = explain("shipped", one, at=NOON, rule=Rule(certainty=0.99))
    assert shown.chance > DEFAULT_RULE.secure_share
    assert (shown.word, explain("shipped", one, at=NOON, rule=surer).word) == (Word.GROWING, Word.SECURE)


def judgement(name: object, word: Word, *, days: float = 0, expires_on: date | None = None) -> Piece:
    told = rated(2, name, days=days, kind=PieceKind.JUDGEMENT)
    return replace(told, settles_as=word, expires_on=expires_on)


def test_a_judgement_settles_the_word_until_it_ends():
    judged = judgement("j", Word.SECURE, expires_on=date(2026, 11, 10))
    wrong = [answer(number, right=False, days=1) for number in range(5)]
    first, last, ended = (explain("shipped", [judged, *wrong], at=NOON + timedelta(days=days)) for days in (2, 8, 9))
    assert (first.word, first.settled_by) == (last.word, last.settled_by) == (Word.SECURE, judged)
    assert ended.word is Word.STARTING
    assert ended.settled_by is None


def test_a_settled_word_leaves_the_chance_to_the_evidence():
    wrong = [answer(number, right=False, days=1) for number in range(5)]
    word_only = replace(judgement("j", Word.SECURE, days=2), level=None, levels=None, kind=PieceKind.SELF)
    shown, plain = (explain("shipped", pieces, at=NOON + timedelta(days=3)) for pieces in ([*wrong, word_only], wrong))
    assert (shown.word, shown.chance) == (Word.SECURE, plain.chance)


def test_a_later_judgement_settles_over_an_earlier_one():
    first, later = judgement("j0", Word.SECURE), judgement("j1", Word.GROWING, days=3)
    shown = explain("shipped", [later, first], at=NOON + timedelta(days=4))
    assert (shown.word, shown.settled_by) == (Word.GROWING, later)
    assert explain("shipped", [later, first], at=NOON + timedelta(days=2)).word is Word.SECURE


def test_a_withdrawn_judgement_settles_nothing():
    judged = judgement("j", Word.BEYOND)
    taken_back = answer("k", kind=PieceKind.WITHDRAWAL, corrects="aj")
    assert explain("shipped", [judged, taken_back], at=NOON).settled_by is None


def test_another_rule_gives_its_own_word_and_leaves_the_chance_alone():
    pieces = [answer(number, right=number > 2) for number in range(6)]
    latest = explain("shipped", pieces, at=NOON, rule=Rule(method=Method.LATEST))
    assert latest.word in (Word.SECURE, Word.BEYOND)
    assert latest.chance == explain("shipped", pieces, at=NOON).chance


def test_strength_is_lent_by_what_it_builds_on():
    basics = [answer(f"{number:02}", competency=FRACTIONS) for number in range(10)]
    lent, alone = (explain("shipped", basics, at=NOON, neighbours=near) for near in (NEIGHBOURS, {}))
    assert lent.word is Word.NONE
    assert lent.chance > explain("shipped", [], at=NOON).chance
    assert lent.chance >= alone.chance


def test_the_line_of_other_work_says_how_many_pieces_it_was():
    elsewhere = [answer(number, competency=FRACTIONS) for number in range(3)]
    lines = explain("shipped", [*elsewhere, answer("own")], at=NOON).lines
    assert [(line.name, line.facts) for line in lines] == [("other", {"pieces": 3})]


def test_the_line_of_time_says_how_many_days_it_was():
    lines = explain("shipped", [answer("own")], at=NOON + timedelta(days=30)).lines
    assert [(line.name, line.facts) for line in lines] == [("time", {"days": 30})]
    assert lines[0].shift <= 0


def test_certainty_ahead_is_certainty_then():
    pieces = [answer(f"{number:02}") for number in range(6)]
    ahead = learner.certain_in(fitted_models.model("shipped"), known_from("shipped", pieces, NOON), at=NOON, days=40)
    assert ahead == pytest.approx(explain("shipped", pieces, at=NOON + timedelta(days=40)).certain, abs=1e-12)
