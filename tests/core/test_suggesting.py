"""Which standards is a text about? On a handful of standards that anybody can judge."""

from __future__ import annotations

import numpy as np
import pytest

from headway.core.library.suggesting import (
    WORDS_CURVE,
    Accepted,
    Asked,
    Likely,
    Target,
    Targets,
    chances,
    ready,
    suggest_alignments,
)

STANDARDS = (
    Target(
        key=1,
        code="3.NF.A.1",
        statement="Understand a fraction as a number on the number line.",
        grade_low=3,
        grade_high=3,
    ),
    Target(
        key=2,
        code="4.NF.B.3",
        statement="Add and subtract fractions with like denominators.",
        grade_low=4,
        grade_high=4,
    ),
    Target(
        key=3,
        code="5.NF.A.1",
        statement="Add and subtract fractions with unlike denominators.",
        grade_low=5,
        grade_high=5,
    ),
    Target(key=4, code="7.RP.A.1", statement="Compute unit rates associated with ratios.", grade_low=7, grade_high=7),
    Target(
        key=5,
        code="8.G.B.7",
        statement="Apply the Pythagorean Theorem to find side lengths in right triangles.",
        above="Geometry",
    ),
    Target(
        key=6,
        code="6.SP.B.5",
        statement="Summarize numerical data sets by mean and median.",
        above="Statistics and probability",
    ),
    Target(key=7, code="K.CC.A.1", statement="Count to 100 by ones and by tens."),
)


@pytest.fixture(scope="module")
def targets() -> Targets:
    return ready(STANDARDS)


def likely(targets: Targets, text: str, **facts: int) -> tuple[Likely, ...]:
    return suggest_alignments(targets, [Asked(text=text, **facts)])[0]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("How long is the ladder? Use the Pythagorean theorem.", 5),
        ("Students compute the unit rate of two bottles of juice.", 4),
        ("Find the average and the median of the heights.", 6),
        ("Count by tens to one hundred.", 7),
        ("A statistics project", 6),
    ],
)
def test_the_standard_that_says_the_same_comes_first(targets: Targets, text: str, key: int) -> None:
    assert likely(targets, text)[0].target == key


def test_the_words_that_decided_are_told_as_they_stand_in_the_text(targets: Targets) -> None:
    first = likely(targets, "How long is the ladder? Use the Pythagorean theorem.")[0]

    assert {"pythagorean", "theorem"} <= set(" ".join(first.words).split())
    assert first.source == "words"


def test_five_at_most_the_likeliest_first_and_each_a_chance(targets: Targets) -> None:
    found = likely(
        targets, "Add fractions, find unit rates, the median, a number line, right triangles, count by ones."
    )

    assert len(found) == 5
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert all(0 < one.confidence < 1 for one in found)


@pytest.mark.parametrize("text", ["", "Zzyzx", "the of and", "Photosynthesis in algae"])
def test_a_text_that_shares_no_word_gets_nothing(targets: Targets, text: str) -> None:
    assert likely(targets, text) == ()


@pytest.mark.parametrize("code", ["8.G.B.7", "CCSS 8.G.7", "8.G.7"])
def test_a_code_in_the_text_decides(targets: Targets, code: str) -> None:
    found = likely(targets, f"Adding fractions ({code})")

    assert (found[0].target, found[0].source) == (5, "code")
    assert found[0].confidence > 0.9
    assert [one.target for one in found].count(5) == 1


def test_the_grade_of_a_text_tips_the_scale(targets: Targets) -> None:
    text = "Add and subtract fractions."

    assert likely(targets, text, grade_low=4, grade_high=4)[0].target == 2
    assert likely(targets, text, grade_low=5, grade_high=5)[0].target == 3


def test_what_people_accepted_before_speaks_for_texts_like_it(targets: Targets) -> None:
    asked = [Asked(text="Pizza slices: which friends ate more? Share a number.")]
    accepted = Accepted(texts=["Pizza slices shared among friends", "A walk of 100 steps"], answers=[[0], [6]])

    with_them = suggest_alignments(targets, asked, accepted=accepted)[0]

    assert with_them[0].target == 1


def test_the_meaning_finds_what_no_word_says(targets: Targets) -> None:
    vectors = np.eye(len(STANDARDS), 384, dtype=np.float32)
    found = suggest_alignments(
        ready(STANDARDS, vectors=vectors), [Asked(text="Zzyzx")], vectors=np.eye(7, 384, dtype=np.float32)[3:4]
    )[0]

    assert (found[0].target, found[0].source, found[0].words) == (4, "meaning", ())


def test_no_standards_suggest_nothing() -> None:
    assert suggest_alignments(ready([]), [Asked(text="fractions")]) == [()]


def test_a_chance_by_hand() -> None:
    stands = np.array([3.0, 1.0], dtype=np.float32)

    first, second = chances(stands, 0.5, WORDS_CURVE, [0, 1])

    # -2.384 + 0.062*1.3863 + 0.941*1.0986 + 1.068*0.5 = -0.7302; and -2.384 + 0.062*0.6931 - 0.934*1.0986 + 0.534
    assert first == pytest.approx(0.3252, abs=1e-3)
    assert second == pytest.approx(0.0556, abs=1e-3)
