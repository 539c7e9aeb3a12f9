"""What was written on paper, as few fields as it takes to enter it: letters and numbers as they are printed.

Field names are those of `headway.core.items.forms`, so that an answer on paper is read like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headway.core.items.printing import Mark, Paper, Space

LONGEST_WORDS = 40


def entry_fields(paper: Paper, response: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return the fields to enter an answer in, space by space, filled with the response so far.

    `form` says which of the few kinds of fields a space takes; a space that nothing can be entered for is left out.
    """
    return [
        {"number": space.number, "is_numbered": len(paper.asked) > 1, **_FIELDS[space.form](space, response)}
        for space in paper.spaces.values()
        if space.form in _FIELDS
    ]


def _words(mark: Mark) -> str:
    short = mark.words[:LONGEST_WORDS]
    return f"{mark.sign}  {short}{'…' if len(mark.words) > LONGEST_WORDS else ''}".strip()


def _chosen(space: Space, response: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return response.get(space.name, ())


def _ticks(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    chosen = _chosen(space, response)
    rows = [{"value": mark.key, "words": _words(mark), "is_chosen": mark.key in chosen} for mark in space.marks]
    return {"form": "ticks", "name": space.name, "is_one": space.is_one, "rows": rows}


def _circle(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    chosen = _chosen(space, response)
    rows = [{"value": mark.key, "words": mark.words, "is_chosen": mark.key in chosen} for mark in space.marks]
    return {"form": "ticks", "name": space.name, "is_one": True, "rows": rows}


def _text(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {"form": "text", "name": space.name, "value": "".join(_chosen(space, response)[:1])}


def _ranks(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    ranks = {key: str(rank) for rank, key in enumerate(_chosen(space, response), start=1)}
    rows = [
        {"name": f"{space.name}.{mark.key}", "words": _words(mark), "value": ranks.get(mark.key, "")}
        for mark in space.marks
    ]
    return {"form": "numbers", "rows": rows}


def _menu(marks: Sequence[Mark], chosen: str) -> list[dict[str, Any]]:
    return [{"value": mark.key, "words": _words(mark), "is_chosen": mark.key == chosen} for mark in marks]


def _columns(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    right = dict(value.split(" ", 1) for value in _chosen(space, response) if " " in value)
    rows = [
        {
            "name": f"{space.name}.{mark.key}",
            "words": _words(mark),
            "menus": [_menu(space.places, right.get(mark.key, ""))],
        }
        for mark in space.marks
    ]
    return {"form": "menus", "rows": rows}


def _grid(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    chosen = set(_chosen(space, response))
    rows = [
        {
            "name": f"{space.name}.{mark.key}",
            "words": _words(mark),
            "boxes": [
                {"value": place.key, "words": place.sign, "is_chosen": f"{mark.key} {place.key}" in chosen}
                for place in space.places
            ],
        }
        for mark in space.marks
    ]
    return {"form": "boxes", "rows": rows}


def _pairs(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    pairs = [value.split(" ", 1) for value in _chosen(space, response) if " " in value]
    pairs += [["", ""]] * (space.lines - len(pairs))
    rows = [
        {
            "name": f"{space.name}.{number}",
            "words": str(number),
            "menus": [_menu(space.marks, one), _menu(space.marks, other)],
        }
        for number, (one, other) in enumerate(pairs, start=1)
    ]
    return {"form": "menus", "rows": rows}


def _gaps(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    filled = {
        place: option for option, _space, place in (value.partition(" ") for value in _chosen(space, response)) if place
    }
    rows = [
        {
            "name": f"{space.name}.{place.key}",
            "words": _words(place),
            "menus": [_menu(space.marks, filled.get(place.key, ""))],
        }
        for place in space.places
    ]
    return {"form": "menus", "rows": rows}


def _points(space: Space, response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    points = [value.split(" ", 1) for value in _chosen(space, response) if " " in value]
    points += [["", ""]] * (max(space.lines, 1) - len(points))
    rows = [
        {"name": f"{space.name}.{number}", "words": str(number), "across": across, "down": down}
        for number, (across, down) in enumerate(points, start=1)
    ]
    return {"form": "points", "rows": rows}


_FIELDS: dict[str, Callable[[Space, Mapping[str, Sequence[str]]], dict[str, Any]]] = {
    "tick": _ticks,
    "circle": _circle,
    "blank": _text,
    "number": _ranks,
    "columns": _columns,
    "grid": _grid,
    "pairs": _pairs,
    "bank": _gaps,
    "underline": _ticks,
    "number-line": _text,
    "picture-ticks": _ticks,
    "picture-numbers": _ranks,
    "picture-pairs": _pairs,
    "picture-bank": _gaps,
    "cross": _points,
    "place": _points,
}
