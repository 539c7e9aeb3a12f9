"""Texts and places compared: patterns that strangers wrote, areas of a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

from headway.core.items.rules.values import Point, read_float

LONGEST_PATTERN = 2000
LONGEST_TEXT = 20_000
# A pattern can be made to think for years about a short answer. `regex` gives up after a time; `re` cannot.
SECONDS_TO_MATCH = 0.2
_NAME_START = r"\p{L}_:"
_NAME = r"\p{L}\p{N}_:.\-\p{M}"
# What XML Schema's patterns have and others lack.
_ESCAPES = {"i": _NAME_START, "c": _NAME}
_ESCAPES_NOT = {"I": _NAME_START, "C": _NAME}


class PatternRefused(Exception):
    """A pattern that cannot be read, or that takes too long."""


def _translated(pattern: str) -> str:
    """Return a pattern of XML Schema in the words of `regex`: \\i and \\c, classes without others, blocks of Unicode."""
    parts: list[str] = []
    depth = place = 0
    while place < len(pattern):
        letter = pattern[place]
        following = pattern[place + 1 : place + 2]
        if letter == "\\" and following:
            place += 2
            if following in _ESCAPES:
                parts.append(_ESCAPES[following] if depth else f"[{_ESCAPES[following]}]")
            elif following in _ESCAPES_NOT:
                parts.append(f"[^{_ESCAPES_NOT[following]}]")
            elif following in "pP" and pattern.startswith("{Is", place):
                parts.append(f"\\{following}{{In")
                place += 3
            else:
                parts.append(letter + following)
            continue
        if letter == "[":
            # "[a-z-[aeiou]]" takes the second class from the first.
            if depth and parts and parts[-1] == "-":
                parts[-1] = "--"
            elif depth:
                parts.append("\\")
                place += 1
                parts.append("[")
                continue
            depth += 1
        elif letter == "]" and depth:
            depth -= 1
        elif depth and letter in "&|~" and following == letter:
            parts.append("\\")
        parts.append(letter)
        place += 1
    return "".join(parts)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        raise PatternRefused(pattern[:80])
    try:
        return regex.compile(_translated(pattern), regex.VERSION1)
    except (regex.error, RecursionError, OverflowError, MemoryError) as problem:
        raise PatternRefused(pattern[:80]) from problem


def matches_pattern(text: str, pattern: str) -> bool:
    """Return whether a whole text follows a pattern. Raises PatternRefused where the pattern is damaged or takes too long.

    Patterns are those of XML Schema, which always speak of the whole text; "^" and "$" around it change nothing.
    """
    compiled = _compiled(pattern)
    if len(text) > LONGEST_TEXT:
        return False
    try:
        return compiled.fullmatch(text, timeout=SECONDS_TO_MATCH) is not None
    except (TimeoutError, MemoryError) as problem:
        raise PatternRefused(pattern[:80]) from problem


def read_coordinates(written: str) -> tuple[float, ...]:
    """Return the numbers of "10,20,30"; what is no number is left out."""
    parts = written.replace(",", " ").replace("%", " ").split()
    return tuple(number for part in parts if (number := read_float(part)) is not None)


def area(shape: str, coordinates: tuple[float, ...]) -> Callable[[Point], bool]:
    """Return the question whether a point lies in an area, its edge included: rect, circle, ellipse, poly or default."""
    if shape == "default":
        return lambda point: True
    if shape == "rect" and len(coordinates) == 4:
        left, right = sorted((coordinates[0], coordinates[2]))
        top, bottom = sorted((coordinates[1], coordinates[3]))
        return lambda point: left <= point.x <= right and top <= point.y <= bottom
    if shape == "circle" and len(coordinates) == 3:
        x, y, radius = coordinates
        return lambda point: (point.x - x) ** 2 + (point.y - y) ** 2 <= radius**2
    if shape == "ellipse" and len(coordinates) == 4 and coordinates[2] > 0 and coordinates[3] > 0:
        x, y, wide, high = coordinates
        return lambda point: ((point.x - x) / wide) ** 2 + ((point.y - y) / high) ** 2 <= 1.0
    if shape == "poly" and len(coordinates) >= 6:
        corners = [Point(*pair) for pair in zip(coordinates[::2], coordinates[1::2], strict=False)]
        return lambda point: _is_in_polygon(point, corners)
    return lambda point: False


def _is_in_polygon(point: Point, corners: list[Point]) -> bool:
    is_inside = False
    before = corners[-1]
    for corner in corners:
        across = (corner.x - before.x) * (point.y - before.y) - (corner.y - before.y) * (point.x - before.x)
        if across == 0 and (
            min(before.x, corner.x) <= point.x <= max(before.x, corner.x)
            and min(before.y, corner.y) <= point.y <= max(before.y, corner.y)
        ):
            return True
        if (before.y > point.y) != (corner.y > point.y):
            crossing = before.x + (point.y - before.y) * (corner.x - before.x) / (corner.y - before.y)
            is_inside ^= point.x < crossing
        before = corner
    return is_inside


def point_within(shape: str, coordinates: tuple[float, ...]) -> Point | None:
    """Return a point that lies in an area, near its middle; None where the area is not known."""
    if shape == "rect" and len(coordinates) == 4:
        return Point((coordinates[0] + coordinates[2]) / 2, (coordinates[1] + coordinates[3]) / 2)
    if shape in ("circle", "ellipse") and len(coordinates) >= 3:
        return Point(coordinates[0], coordinates[1])
    if shape == "poly" and len(coordinates) >= 6:
        corners = [Point(*pair) for pair in zip(coordinates[::2], coordinates[1::2], strict=False)]
        middle = Point(sum(one.x for one in corners) / len(corners), sum(one.y for one in corners) / len(corners))
        # The middle of a hollow shape lies outside; then the middle of one of its diagonals does not.
        tries = [middle] + [
            Point((one.x + other.x) / 2, (one.y + other.y) / 2) for one in corners[:12] for other in corners[:12]
        ]
        return next((one for one in tries if _is_in_polygon(one, corners)), corners[0])
    return Point(0.0, 0.0) if shape == "default" else None
