"""What comes before what: circles are found and named, nobody is ever stuck, and a drawing loses no way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.standards.prerequisites import (
    Link,
    circles,
    closed_by,
    depths,
    frontier,
    longest_steps,
    needed,
    reduced,
    round_about,
    without_circles,
)

NAMES = st.integers(min_value=0, max_value=9)
LINKS = st.lists(
    st.builds(
        Link,
        before=NAMES,
        after=NAMES,
        is_needed=st.booleans(),
        support=st.sampled_from([0.5, 1.0]),
    ).filter(lambda link: link.before != link.after),
    max_size=25,
)


def links(*pairs: tuple[int, int]) -> list[Link]:
    return [Link(before=before, after=after) for before, after in pairs]


def ways(rows: list[Link]) -> set[tuple[int, int]]:
    """Return who leads to whom over any number of links, slowly."""
    found = {(link.before, link.after) for link in rows}
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} | found
        if more == found:
            return found
        found = more


def test_a_circle_is_named_in_its_order() -> None:
    (circle,) = circles(links((3, 1), (1, 2), (2, 3), (3, 4)))
    assert circle.members == (1, 2, 3)


def test_of_a_knot_the_shortest_circle_is_named() -> None:
    (circle,) = circles(links((1, 2), (2, 3), (3, 4), (4, 1), (3, 2)))
    assert (circle.members, circle.tangle) == ((2, 3), 4)


def test_the_least_founded_link_is_the_one_to_take_out() -> None:
    weak = Link(before=3, after=1, support=0.5)
    (circle,) = circles([*links((1, 2), (2, 3)), weak])
    assert circle.doubtful == weak


def test_a_link_that_only_helps_is_taken_out_before_one_that_is_needed() -> None:
    helps = Link(before=2, after=3, is_needed=False, support=1.0)
    (circle,) = circles([*links((1, 2)), helps, Link(before=3, after=1, support=0.1)])
    assert circle.doubtful == helps


def test_two_knots_are_two_circles() -> None:
    assert [circle.members for circle in circles(links((1, 2), (2, 1), (5, 6), (6, 5), (2, 5)))] == [(1, 2), (5, 6)]


def test_a_ring_of_five_thousand_is_one_circle() -> None:
    (circle,) = circles(links(*((each, (each + 1) % 5000) for each in range(5000))))
    assert len(circle.members) == 5000


@pytest.mark.parametrize(("before", "after", "circle"), [(3, 1, (3, 1, 2)), (1, 3, ()), (4, 1, ()), (2, 2, (2,))])
def test_a_link_that_would_close_a_circle_tells_which(before: int, after: int, circle: tuple[int, ...]) -> None:
    assert closed_by(links((1, 2), (2, 3)), before=before, after=after) == circle


def test_depth_is_the_longest_chain_below() -> None:
    assert depths(links((1, 2), (2, 3), (1, 3), (4, 3))) == {1: 0, 2: 1, 3: 2, 4: 0}


def test_what_stands_in_a_circle_shares_a_depth() -> None:
    assert depths(links((1, 2), (2, 3), (3, 2), (3, 4))) == {1: 0, 2: 1, 3: 1, 4: 2}


def test_next_is_what_has_all_it_needs() -> None:
    assert frontier([1, 2, 3, 4], links((1, 2), (2, 3), (1, 3)), secure={1}) == [2, 4]


def test_what_only_helps_keeps_nobody_waiting() -> None:
    assert frontier([2], [Link(before=1, after=2, is_needed=False)], secure=set()) == [2]


def test_round_about_counts_steps_on_both_sides() -> None:
    rows = links((1, 2), (2, 3), (3, 4), (4, 5), (9, 3))
    assert round_about(rows, 3, before=1, after=2) == {2: -1, 3: 0, 4: 1, 5: 2, 9: -1}


def test_a_link_that_a_longer_way_says_already_is_not_drawn() -> None:
    assert [(row.before, row.after) for row in reduced(links((1, 2), (2, 3), (1, 3)))] == [(1, 2), (2, 3)]


def test_a_needed_link_does_not_give_way_to_one_that_helps() -> None:
    soft = Link(before=1, after=2, is_needed=False)
    assert len(reduced([soft, *links((2, 3), (1, 3))])) == 3


@given(LINKS)
def test_every_circle_named_is_one_and_none_is_left_without_its_doubtful_links(rows: list[Link]) -> None:
    ends = {(link.before, link.after) for link in rows}
    for circle in circles(rows):
        assert {*pairwise(circle.members), (circle.members[-1], circle.members[0])} <= ends
    kept, out = without_circles(rows)
    assert not circles(kept)
    assert len(kept) + len(out) == len(rows)


@given(LINKS)
def test_there_is_a_circle_exactly_where_something_leads_to_itself(rows: list[Link]) -> None:
    tied = {a for a, b in ways(rows) if a == b}
    found = circles(rows)
    assert sum(circle.tangle for circle in found) == len(tied)
    assert {name for circle in found for name in circle.members} <= tied


@given(LINKS, NAMES, NAMES)
def test_a_link_closes_a_circle_exactly_where_there_is_a_way_back(rows: list[Link], before: int, after: int) -> None:
    assert bool(closed_by(rows, before=before, after=after)) == (before == after or (after, before) in ways(rows))


@given(LINKS, st.sets(NAMES))
def test_whoever_has_something_left_to_learn_can_begin_somewhere(rows: list[Link], secure: set[int]) -> None:
    names = range(10)
    found = frontier(names, rows, secure)
    assert bool(found) == bool(set(names) - secure)
    assert not set(found) & secure


@given(LINKS)
def test_a_drawing_loses_no_way(rows: list[Link]) -> None:
    kept, _out = without_circles(rows)
    drawn = reduced(kept)
    assert ways(drawn) == ways(kept)
    assert ways(needed(drawn)) == ways(needed(kept))


@given(LINKS, NAMES)
def test_columns_rise_along_every_link(rows: list[Link], name: int) -> None:
    kept, _out = without_circles(rows)
    columns = longest_steps(kept, name)
    inside = [link for link in kept if link.before in columns and link.after in columns]
    assert all(columns[link.before] < columns[link.after] for link in inside)
    behind = {a for a, b in ways(kept) if b == name}
    assert {each for each, steps in columns.items() if steps < 0} == behind


@given(LINKS)
def test_depth_rises_along_every_link_that_is_in_no_circle(rows: list[Link]) -> None:
    kept, _out = without_circles(rows)
    found = depths(kept)
    assert all(found[link.before] < found[link.after] for link in kept)
