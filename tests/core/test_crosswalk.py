"""What goes with what between two frameworks, and what a unit covers of another one."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from headway.core.standards.crosswalk import (
    MATCHES,
    Cover,
    Pair,
    Text,
    better,
    counts,
    coverage,
    grades_apart,
    reached,
    suggest_pairs,
)


def pair(one: int, other: int, match: str = "exact", link_id: int = 0) -> Pair:
    return Pair(one=one, other=other, match=match, link_id=link_id)


# --- ways -------------------------------------------------------------------------------------------------------------


def test_what_is_the_same_as_the_same_is_the_same() -> None:
    ways = reached([1], [pair(1, 2, link_id=7), pair(3, 2, link_id=8)])
    assert (ways[3].match, ways[3].unit_competency, ways[3].link_ids) == ("exact", 1, (7, 8))


def test_a_close_pair_is_taken_once_on_a_way() -> None:
    ways = reached([1], [pair(1, 2, "close"), pair(2, 3, "close"), pair(2, 4)])
    assert ways[2].match == ways[4].match == "close"
    assert 3 not in ways


def test_the_better_way_is_told() -> None:
    ways = reached([1, 5], [pair(1, 2, "part"), pair(5, 2, "close"), pair(1, 3, "suggested"), pair(5, 3, "unsaid")])
    assert (ways[2].match, ways[2].unit_competency) == ("close", 5)
    assert ways[3].match == "unsaid"


def test_a_pair_holds_both_ways() -> None:
    assert reached([2], [pair(1, 2)]).keys() == {1, 2}


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(MATCHES)), max_size=40),
    st.sets(st.integers(0, 12), min_size=1, max_size=4),
)
def test_another_pair_never_makes_a_way_worse(rows: list[tuple[int, int, str]], unit: set[int]) -> None:
    pairs = [pair(*row) for row in rows if row[0] != row[1]]
    before, after = reached(unit, pairs[:-1]), reached(unit, pairs)
    assert unit <= before.keys() <= after.keys()
    assert not any(better(before[each].match, after[each].match) for each in before)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_the_four_groups() -> None:
    found = coverage(
        unit=[1, 2, 3],
        wanted=[11, 12, 13, 14, 15],
        pairs=[pair(1, 11), pair(2, 12), pair(3, 13, "part")],
        assessed={1},
        listed={14},
    )
    assert [each.cover for each in found] == [
        Cover.COVERS,
        Cover.LISTED,
        Cover.COULD,
        Cover.LISTED,
        Cover.NOT_TOUCHED,
    ]
    assert counts(found) == {Cover.COVERS: 1, Cover.COULD: 1, Cover.LISTED: 2, Cover.NOT_TOUCHED: 1}


def test_evidence_of_the_other_framework_counts_too() -> None:
    (found,) = coverage(unit=[1], wanted=[11], pairs=[pair(1, 11)], assessed={11})
    assert found.cover == Cover.COVERS


def test_a_unit_covers_its_own_framework() -> None:
    found = coverage(unit=[1], wanted=[1, 2], pairs=[], assessed={1})
    assert [each.cover for each in found] == [Cover.COVERS, Cover.NOT_TOUCHED]


# --- suggested pairs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    target: int
    confidence: float
    words: tuple[str, ...] = ("fractions",)


def text(competency: int, code: str = "", grade: int | None = 3) -> Text:
    return Text(competency=competency, words="", code=code, grade_low=grade, grade_high=grade)


def test_grades_that_lie_apart_take_trust_away() -> None:
    others = [text(11, grade=4), text(12, grade=8)]
    found = suggest_pairs([text(1)], others, rank=lambda ones, _others: [[Said(12, 0.9), Said(11, 0.8)]])
    assert [(each.other, each.confidence) for each in found] == [(11, 0.8), (12, 0.468)]
    assert found[0].words == ("fractions",)


def test_what_is_less_than_likely_is_left_out_and_each_keeps_its_best_few() -> None:
    others = [text(11), text(12), text(13), text(14)]
    ranked = [[Said(11, 0.9), Said(12, 0.8), Said(13, 0.7), Said(14, 0.1)]]
    assert [each.other for each in suggest_pairs([text(1)], others, rank=lambda *_: ranked)] == [11, 12]


def test_the_same_code_speaks_loudest_and_a_short_one_says_nothing() -> None:
    ones = [text(1, "CCSS.Math.Content.3.NF.A.1"), text(2, "A.1")]
    others = [text(11, "3.NF.1"), text(12, "A.1")]
    found = suggest_pairs(ones, others, rank=lambda *_: [[Said(12, 0.5), Said(11, 0.4)], []])
    assert [(each.one, each.other, each.code) for each in found] == [(1, 11, "3.NF.1"), (1, 12, "")]


def test_nothing_is_its_own_pair() -> None:
    assert suggest_pairs([text(1)], [text(1)], rank=lambda *_: [[Said(1, 1.0)]]) == []


def test_grades_that_meet_are_not_apart() -> None:
    def span(low: int | None, high: int | None) -> Text:
        return Text(competency=1, words="", grade_low=low, grade_high=high)

    assert grades_apart(span(3, 5), span(5, 8)) == 0
    assert grades_apart(span(3, 5), span(8, 8)) == 3
    assert grades_apart(span(8, 8), span(3, 5)) == 3
    assert grades_apart(span(None, None), span(3, 5)) == 0
    assert grades_apart(span(3, None), span(5, None)) == 2
