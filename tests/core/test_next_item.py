"""The next question fits or tells, and asking stops when it is worth no more."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from headway.core.evidence import next_item
from headway.core.evidence.next_item import Aim, Question, Step, choose_next, when_to_stop, worth_of_answers

SECURE = math.log(4)

means, deviations = st.floats(-4, 4), st.floats(0.15, 2)
questions = st.builds(
    Question,
    id=st.integers(0, 10**6),
    difficulty=st.floats(-3, 3),
    guess_chance=st.sampled_from([0.0, 0.25, 0.5]),
    times_seen=st.integers(0, 2),
    days_since_seen=st.none() | st.floats(0, 60),
    minutes=st.sampled_from([0.5, 1.0, 3.0]),
)
banks = st.lists(questions, min_size=1, max_size=8, unique_by=lambda question: question.id)


def chance_of(mean: float, deviation: float, **facts: float) -> float:
    return choose_next(mean, deviation, [Question(id=1, **facts)])[0].chance


def information_of(mean: float, deviation: float, **facts: float) -> float:
    return choose_next(mean, deviation, [Question(id=1, **facts)], aim=Aim.TELL)[0].information


def ids(found: tuple[next_item.Suggested, ...]) -> list[int | str]:
    return [one.question.id for one in found]


# --- Chances and information ------------------------------------------------------------------------------------------


def test_a_question_as_hard_as_the_belief_is_even_odds():
    assert chance_of(1.3, 0.8, difficulty=1.3) == pytest.approx(0.5, abs=1e-12)


def test_one_in_four_options_lifts_even_odds_by_hand():
    # A quarter is guessed; of the other three quarters half: .25 + .75 * .5
    assert chance_of(0.0, 0.5, guess_chance=0.25) == pytest.approx(0.625, abs=1e-12)


def test_a_question_met_today_is_remembered_every_second_time_by_hand():
    # Half is remembered, of the other half even odds: .5 + .5 * .5
    assert chance_of(0.0, 0.5, times_seen=1, days_since_seen=0.0) == pytest.approx(0.75, abs=1e-12)


def test_a_narrow_belief_tells_what_an_item_information_function_says_by_hand():
    # Fisher information of even odds is .25; times the variance .01, to first order.
    assert information_of(0.0, 0.1) == pytest.approx(0.25 * 0.01, rel=0.01)


@given(means, deviations, st.floats(-3, 3), st.sampled_from([0.0, 0.25, 0.5]))
def test_chance_and_information_agree_with_numeric_integration(mean, deviation, difficulty, guess):
    belief = stats.norm(mean, deviation)

    def right(point):
        return guess + (1 - guess) * special.expit(point - difficulty)

    low, high = mean - 8 * deviation, mean + 8 * deviation
    chance = integrate.quad(lambda point: belief.pdf(point) * right(point), low, high, epsabs=1e-13)[0]
    moment = integrate.quad(lambda point: belief.pdf(point) * (point - mean) * right(point), low, high, epsabs=1e-13)[0]
    found = choose_next(mean, deviation, [Question(id=1, difficulty=difficulty, guess_chance=guess)])[0]
    assert found.chance == pytest.approx(chance, abs=1e-8)
    # Variance after the answer, on average, by its definition: what right and wrong leave.
    left = deviation**2 - moment**2 / chance - moment**2 / (1 - chance)
    assert found.information == pytest.approx(1 - left / deviation**2, abs=1e-8)


@given(means, deviations, banks)
def test_what_an_answer_tells_is_a_share(mean, deviation, bank):
    assert all(0 <= one.information < 1 and 0 < one.chance < 1 for one in choose_next(mean, deviation, bank))


@given(means, deviations, st.floats(-3, 3), st.floats(0, 0.8), st.floats(0.01, 0.15))
def test_a_question_that_is_easier_to_guess_tells_less(mean, deviation, difficulty, guess, more):
    plain = information_of(mean, deviation, difficulty=difficulty, guess_chance=guess)
    easier = information_of(mean, deviation, difficulty=difficulty, guess_chance=guess + more)
    assert easier < plain


@given(means, deviations, st.floats(-3, 3), st.floats(0, 100))
def test_a_question_met_before_tells_less_than_a_new_one(mean, deviation, difficulty, days):
    new = information_of(mean, deviation, difficulty=difficulty)
    assert information_of(mean, deviation, difficulty=difficulty, times_seen=1, days_since_seen=days) < new


@given(means, deviations)
def test_the_most_telling_of_open_questions_is_as_hard_as_the_belief(mean, deviation):
    bank = [Question(id=place, difficulty=mean + 0.25 * place) for place in range(-12, 13)]
    assert choose_next(mean, deviation, bank, aim=Aim.TELL)[0].question.id == 0


def test_with_guessing_the_most_telling_question_is_a_little_harder_to_miss():
    # Guessing spoils hard questions most, so the best one is easier than the belief (Birnbaum 1968).
    bank = [Question(id=place, difficulty=0.05 * place, guess_chance=0.25) for place in range(-40, 41)]
    assert -1.0 < 0.05 * int(choose_next(0.0, 0.5, bank, aim=Aim.TELL)[0].question.id) < 0.0


# --- The order --------------------------------------------------------------------------------------------------------


def test_what_fits_best_comes_first():
    bank = [Question(id=name, difficulty=hard) for name, hard in (("hard", 2.0), ("right", -0.85), ("easy", -3.0))]
    assert ids(choose_next(0.0, 0.3, bank)) == ["right", "easy", "hard"]


def test_the_chance_asked_for_moves_the_choice():
    bank = [Question(id=name, difficulty=hard) for name, hard in (("hard", 0.0), ("easy", -2.2))]
    assert ids(choose_next(0.0, 0.3, bank, chance=0.5))[0] == "hard"
    assert ids(choose_next(0.0, 0.3, bank, chance=0.9))[0] == "easy"


def test_of_two_that_fit_the_new_one_comes_before_the_one_met_before():
    # A month on, 18 of 100 answers are remembered: .18 + .82 * .52 is nearer to .6 than the .67 of the new one.
    met = Question(id="met", difficulty=-0.1, times_seen=1, days_since_seen=30)
    new = Question(id="new", difficulty=-0.7)
    found = choose_next(0.0, 0.3, [met, new], chance=0.6)
    assert ids(found) == ["new", "met"]
    assert abs(found[1].chance - 0.6) < abs(found[0].chance - 0.6) <= next_item.CLOSE


def test_one_met_before_that_fits_comes_before_a_new_one_that_does_not():
    met = Question(id="met", times_seen=1, days_since_seen=60)
    assert ids(choose_next(0.0, 0.3, [Question(id="far", difficulty=3.0), met], chance=0.6)) == ["met", "far"]


def test_of_two_alike_the_shorter_tells_more_for_its_minutes():
    bank = [Question(id="long", minutes=4.0), Question(id="short", minutes=1.0)]
    assert ids(choose_next(0.0, 0.8, bank, aim=Aim.TELL)) == ["short", "long"]


@given(means, deviations, banks, st.sampled_from(Aim), st.floats(0.3, 0.95), st.randoms(use_true_random=False))
def test_the_order_of_the_bank_never_matters(mean, deviation, bank, aim, chance, luck):
    shuffled = list(bank)
    luck.shuffle(shuffled)
    assert ids(choose_next(mean, deviation, bank, aim=aim, chance=chance)) == ids(
        choose_next(mean, deviation, shuffled, aim=aim, chance=chance)
    )


@pytest.mark.parametrize("aim", Aim)
def test_equals_come_in_the_order_of_their_names(aim):
    assert ids(choose_next(0.0, 0.5, [Question(id=name) for name in "cab"], aim=aim)) == ["a", "b", "c"]


@given(means, deviations, banks)
def test_telling_questions_come_by_what_they_tell_a_minute(mean, deviation, bank):
    told = [one.information / one.question.minutes for one in choose_next(mean, deviation, bank, aim=Aim.TELL)]
    assert all(first >= second - 1e-8 for first, second in pairwise(told))


@given(means, deviations, banks, st.sampled_from(Aim))
def test_every_reason_is_a_whole_sentence(mean, deviation, bank, aim):
    for one in choose_next(mean, deviation, bank, aim=aim):
        assert all("{" not in sentence.format(**facts) for sentence, facts in one.reasons)


def test_a_question_that_can_be_guessed_says_so():
    found = choose_next(0.0, 0.5, [Question(id=1, guess_chance=0.25)], aim=Aim.TELL)[0]
    assert (next_item.CAN_BE_GUESSED, {"percent": 25}) in found.reasons


def test_an_empty_bank_suggests_nothing():
    assert choose_next(0.0, 0.5, []) == ()


@pytest.mark.parametrize(
    ("mean", "deviation", "question", "chance"),
    [
        (0.0, 0.0, Question(id=1), 0.7),
        (math.nan, 0.5, Question(id=1), 0.7),
        (0.0, 0.5, Question(id=1, guess_chance=1.0), 0.7),
        (0.0, 0.5, Question(id=1, minutes=0.0), 0.7),
        (0.0, 0.5, Question(id=1), 1.0),
    ],
    ids=["sure of everything", "no mean", "always guessed", "no time", "always right"],
)
def test_nonsense_is_refused(mean, deviation, question, chance):
    with pytest.raises(ValueError, match=r"\w"):
        choose_next(mean, deviation, [question], chance=chance)


# --- What more answers are worth --------------------------------------------------------------------------------------


def loss_by_simulation(mean: float, deviation: float, question: Question, answers: int) -> float:
    """Return the worth counted from drawn students: how much the best decision after the answers loses less."""
    rng = np.random.default_rng(5)
    mastery = rng.normal(mean, deviation, 400_000)
    chance = question.guess_chance + (1 - question.guess_chance) * special.expit(mastery - question.difficulty)
    right, ready = rng.binomial(answers, chance), mastery >= SECURE

    def least(where: np.ndarray) -> float:
        return min(0.8 * float((~ready & where).sum()), 0.2 * float((ready & where).sum())) / len(mastery)

    return least(np.ones(len(mastery), dtype=bool)) - sum(least(right == count) for count in range(answers + 1))


@pytest.mark.parametrize("answers", [1, 3, 5])
def test_the_worth_of_answers_is_what_drawn_students_show(answers):
    question = Question(id=1, difficulty=1.0, guess_chance=0.25)
    shown = loss_by_simulation(2.0, 0.8, question, answers)
    assert worth_of_answers(2.0, 0.8, question, answers=answers) == pytest.approx(shown, abs=0.001)


@given(means, deviations, questions)
def test_more_answers_are_never_worth_less(mean, deviation, question):
    worths = [worth_of_answers(mean, deviation, question, answers=count) for count in range(6)]
    assert worths[0] == pytest.approx(0.0, abs=1e-12)
    assert all(less <= more + 1e-12 for less, more in pairwise(worths))


@given(means, deviations, questions, st.integers(1, 5))
def test_answers_are_never_worth_more_than_knowing(mean, deviation, question, answers):
    ready = float(stats.norm.sf((SECURE - mean) / deviation))
    assert worth_of_answers(mean, deviation, question, answers=answers) <= min(0.8 * (1 - ready), 0.2 * ready) + 1e-9


def test_one_answer_that_cannot_turn_the_decision_is_worth_nothing_and_five_are():
    question = Question(id=1, difficulty=1.0)
    assert worth_of_answers(1.2, 1.0, question, answers=1) == pytest.approx(0.0, abs=1e-12)
    assert worth_of_answers(1.2, 1.0, question, answers=5) > 0.005


# --- Stopping ---------------------------------------------------------------------------------------------------------

BANK = [Question(id=place, difficulty=0.3 * place) for place in range(-6, 7)]


def test_an_open_question_goes_on():
    assert when_to_stop([0.6, 0.9, 1.1, 1.3, 1.9], 0.8, BANK).step is Step.GO_ON


def test_three_answers_are_never_enough():
    advice = when_to_stop([0.6, 2.5, 3.5, 4.5], 0.2, BANK)
    assert (advice.step, advice.reason) == (Step.GO_ON, (next_item.TOO_FEW_YET, {"answers": 3}))


def test_what_clearly_sits_is_enough():
    advice = when_to_stop([0.6, 1.5, 2.2, 2.8, 3.2], 0.4, BANK)
    assert (advice.step, advice.reason[0]) == (Step.ENOUGH, next_item.SURE_ENOUGH)


def test_what_clearly_needs_more_time_is_enough_too():
    advice = when_to_stop([0.6, 0.0, -0.5, -0.9, -1.3], 0.4, BANK)
    assert (advice.step, advice.reason[0]) == (Step.ENOUGH, next_item.PRACTICE_FIRST)


def test_twelve_answers_that_no_longer_move_call_the_teacher():
    stuck = [0.6, 0.2, -0.1, -0.4, -0.5, -0.6, -0.7, -0.75, -0.8, -0.8, -0.85, -0.85, -0.87]
    advice = when_to_stop(stuck, 0.5, BANK)
    assert (advice.step, advice.reason[0]) == (Step.CALL_TEACHER, next_item.CALL_THE_TEACHER)


def test_eleven_answers_do_not_call_the_teacher_yet():
    stuck = [0.6, 0.2, -0.1, -0.4, -0.5, -0.6, -0.7, -0.75, -0.8, -0.8, -0.85, -0.85]
    assert when_to_stop(stuck, 0.5, BANK).step is not Step.CALL_TEACHER


def test_who_still_moves_is_not_stuck():
    falling = [0.6 - 0.1 * place for place in range(13)]
    assert when_to_stop(falling, 0.5, BANK).step is not Step.CALL_TEACHER


def test_who_is_likely_there_is_not_stuck():
    assert when_to_stop([2.0] * 14, 0.5, BANK).step is not Step.CALL_TEACHER


def test_without_a_question_there_is_nothing_to_ask():
    assert when_to_stop([0.6] * 6, 0.8, []).step is Step.NOTHING_LEFT


def test_the_teacher_is_called_even_when_the_bank_is_empty():
    assert when_to_stop([-0.8] * 14, 0.5, []).step is Step.CALL_TEACHER


def test_the_worth_of_going_on_is_that_of_the_best_number_of_answers_less_their_minutes():
    question = Question(id=1, difficulty=1.5, minutes=6.0)
    worths = [
        worth_of_answers(1.9, 0.8, question, answers=count) - count * 6.0 * next_item.COST_PER_MINUTE
        for count in range(1, next_item.MOST_AHEAD + 1)
    ]
    assert when_to_stop([0.6, 1, 1.2, 1.4, 1.9], 0.8, [question]).worth == pytest.approx(max(worths), abs=1e-12)
    # Not the longest look ahead: the eighth answer costs more than it still tells.
    assert worths.index(max(worths)) < len(worths) - 1


def test_dearer_minutes_stop_earlier():
    steps = [when_to_stop([0.6, 1, 1.2, 1.4, 1.9], 0.8, BANK, cost_per_minute=cost).step for cost in (0.001, 0.2)]
    assert steps == [Step.GO_ON, Step.ENOUGH]


@given(st.lists(means, min_size=1, max_size=20), deviations, banks)
def test_every_advice_is_a_whole_sentence(path, deviation, bank):
    sentence, facts = when_to_stop(path, deviation, bank).reason
    assert "{" not in sentence.format(**facts)


@pytest.mark.parametrize(("mastery", "sits"), [(3.0, True), (-0.5, False)])
def test_asking_ends_and_mostly_says_the_right_thing(mastery, sits):
    """Students of known mastery answer the most telling questions until the advice is to stop."""
    rng, asked, correct = np.random.default_rng(3), [], []
    for _student in range(60):
        mean, deviation, path = 0.6, 1.0, [0.6]
        advice = when_to_stop(path, deviation, BANK)
        while advice.step is Step.GO_ON:
            question = choose_next(mean, deviation, BANK, aim=Aim.TELL)[0].question
            right = rng.random() < special.expit(mastery - question.difficulty)
            # A Gaussian step of the belief by the moments of its grid, as good as exact for one answer.
            points, weights, _below = next_item._grid(mean, deviation, mean)
            chance = special.expit(points - question.difficulty)
            weights = weights * (chance if right else 1 - chance)
            weights = weights / weights.sum()
            mean = float(weights @ points)
            deviation = math.sqrt(float(weights @ (points - mean) ** 2))
            path.append(mean)
            advice = when_to_stop(path, deviation, BANK)
        asked.append(len(path) - 1)
        correct.append((advice.reason[0] == next_item.SURE_ENOUGH) is sits)
    assert max(asked) <= 40
    assert np.mean(correct) >= 0.85
