"""A skill map is readable: no box lies on another, no line runs through a box, words fit, and few lines cross."""

from __future__ import annotations

import random
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.standards.drawing import (
    ICON_WIDTH,
    RIGHT_EDGE,
    Box,
    Drawing,
    Label,
    draw,
    nearest,
    text_width,
    wrapped,
)
from headway.core.standards.prerequisites import Link

LONG = "Explain how a ratio of two lengths changes under a scale drawing and back"


def grown(seed: int, size: int = 60) -> list[Link]:
    """Return links as frameworks have them: each thing builds on one to three of those a little before it."""
    luck = random.Random(seed)
    return [
        Link(before=luck.randrange(max(0, name - 12), name), after=name, is_needed=luck.random() < 0.8)
        for name in range(1, size)
        for _each in range(luck.randint(1, 3))
    ]


def drawn(links: list[Link], middle: int, *, most: int = 30, width: int = 840) -> Drawing:
    columns, shown, out = nearest(links, middle, before=3, after=3, most=most)
    labels = [Label(key=key, name=f"{key} {LONG}"[: 8 + key % 70], below="25 of 26 secure") for key in sorted(columns)]
    return draw(labels, columns, shown, width=width, taken_out=out)


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def points(path: str) -> list[tuple[float, float]]:
    """Return points along a path of M, C and H."""
    found: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([MCH])([^MCH]+)", path):
        values = [float(number) for number in numbers.split()]
        if letter == "M":
            found.append((values[0], values[1]))
        elif letter == "H":
            x, y = found[-1]
            found += [(x + (values[0] - x) * step / 20, y) for step in range(1, 21)]
        else:
            (x0, y0), (x1, y1, x2, y2, x3, y3) = found[-1], values
            for step in range(1, 21):
                t = step / 20
                u = 1 - t
                found.append(
                    (
                        u**3 * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                        u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                    )
                )
    return found


def inside(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


SEEDS = st.integers(min_value=0, max_value=500)


@given(SEEDS, st.integers(min_value=0, max_value=59))
def test_no_box_lies_on_another_and_all_lie_inside(seed: int, middle: int) -> None:
    map_ = drawn(grown(seed), middle, most=40)
    assert not [pair for pair in combinations(map_.boxes, 2) if overlap(*pair)]
    assert all(box.x >= 0 and box.x + box.width <= map_.width for box in map_.boxes)
    assert all(box.y >= 0 and box.y + box.height <= map_.height for box in map_.boxes)


@given(SEEDS)
def test_no_line_runs_through_a_box(seed: int) -> None:
    map_ = drawn(grown(seed), 30)
    for curve in map_.curves:
        way = points(curve.path)
        assert not [(curve, box) for box in map_.boxes for point in way if inside(box, point)]


@given(SEEDS)
def test_every_line_joins_the_edges_of_its_own_two_boxes(seed: int) -> None:
    map_ = drawn(grown(seed), 30)
    boxes = {box.key: box for box in map_.boxes}
    for curve in map_.curves:
        way, first, last = points(curve.path), boxes[curve.before], boxes[curve.after]
        assert way[0][0] == first.x + first.width
        assert first.y <= way[0][1] <= first.y + first.height
        assert way[-1][0] == last.x
        assert last.y <= way[-1][1] <= last.y + last.height


@given(SEEDS)
def test_every_name_fits_its_box(seed: int) -> None:
    for box in drawn(grown(seed), 30).boxes:
        assert 1 <= len(box.lines) <= 2
        assert all(text_width(line) <= box.width - ICON_WIDTH - RIGHT_EDGE for line in box.lines)


@given(st.text(min_size=1, max_size=120), st.integers(min_value=60, max_value=200))
def test_words_of_any_kind_are_wrapped_into_two_lines_at_most(words: str, width: int) -> None:
    lines = wrapped(words, width)
    assert len(lines) <= 2
    assert all(text_width(line) <= width for line in lines)


def test_short_words_stay_as_they_are() -> None:
    assert wrapped("Prove it with words from the text", 150) == ("Prove it with words", "from the text")


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert wrapped(LONG, 150)[-1].endswith("…")


def test_a_tree_is_drawn_without_a_crossing() -> None:
    links = [Link(before=name, after=(name - 1) // 2) for name in range(1, 15)]
    assert drawn(links, 0).crossings == 0


def test_two_lines_that_need_not_cross_do_not() -> None:
    links = [Link(before=1, after=4), Link(before=2, after=3), Link(before=3, after=5), Link(before=4, after=5)]
    assert drawn(links, 5).crossings == 0


@pytest.mark.parametrize("seed", range(8))
def test_few_lines_cross_at_thirty_boxes(seed: int) -> None:
    map_ = drawn(grown(seed), 30)
    assert map_.crossings <= len(map_.curves)


def test_columns_are_before_now_and_opens() -> None:
    map_ = drawn([Link(before=1, after=2), Link(before=2, after=3)], 2)
    assert [(box.key, box.column) for box in map_.boxes] == [(1, -1), (2, 0), (3, 1)]
    assert [column.steps for column in map_.columns] == [-1, 0, 1]


def test_a_skill_alone_is_a_map_of_one_box() -> None:
    map_ = drawn([], 7)
    assert [box.key for box in map_.boxes] == [7]
    assert map_.curves == ()


def test_of_too_many_the_nearest_are_shown() -> None:
    links = [Link(before=name, after=0) for name in range(1, 50)] + [Link(before=99, after=1)]
    columns, _shown, _out = nearest(links, 0, most=30)
    assert len(columns) == 30
    assert 99 not in columns


def test_a_link_that_closes_a_circle_is_told_and_not_drawn() -> None:
    back = Link(before=3, after=1, support=0.2)
    map_ = drawn([Link(before=1, after=2), Link(before=2, after=3), back], 2)
    assert map_.taken_out == (back,)
    assert len(map_.curves) == 2


def test_a_link_that_leads_back_cannot_be_drawn() -> None:
    labels = [Label(key=1, name="a"), Label(key=2, name="b")]
    with pytest.raises(ValueError, match="later one"):
        draw(labels, {1: 1, 2: 0}, [Link(before=1, after=2)])
