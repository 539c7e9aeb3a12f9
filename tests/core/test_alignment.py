"""Skills of two collections meet by the words of their names."""

from __future__ import annotations

import pytest

from headway.core.library.alignment import suggest

TARGETS = {
    "1": "Addition and Subtraction Fractions",
    "2": "Least Common Multiple",
    "3": "Square Root",
    "4": "Median",
    "5": "Solving Inequalities",
    "6": "Multiplication Whole Numbers",
    "7": "Area Circle",
}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("add_and_subtract_fractions", "1"),
        ("find the LCM of two numbers", "2"),
        ("evaluating square roots", "3"),
        ("the medians", "4"),
        ("solve linear inequalities", "5"),
        ("multiply whole numbers", "6"),
    ],
)
def test_a_name_meets_the_target_that_says_the_same(name: str, target: str) -> None:
    found = suggest([name], TARGETS)[name]

    assert found[0].target == target
    assert 0.5 <= found[0].confidence <= 1


def test_the_words_that_speak_for_it_are_told_as_they_stand_in_the_name() -> None:
    assert set(suggest(["Add and subtract fractions"], TARGETS)["Add and subtract fractions"][0].words) == {
        "add",
        "subtract",
        "fractions",
    }


@pytest.mark.parametrize(
    "name", ["photosynthesis", "solve problems", "", "the of and", "Newton's second law for rotation"]
)
def test_a_name_that_shares_nothing_telling_gets_no_suggestion(name: str) -> None:
    assert suggest([name], TARGETS) == {}


def test_a_name_as_near_to_two_targets_gets_both() -> None:
    found = suggest(["mean and median"], {"a": "Mean", "b": "Median", "c": "Mode"})

    assert {one.target for one in found["mean and median"]} == {"a", "b"}


def test_a_target_called_the_same_is_certain() -> None:
    assert suggest(["Median"], TARGETS)["Median"][0].confidence == 1
