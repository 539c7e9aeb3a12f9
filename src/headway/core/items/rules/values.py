"""Values of QTI: what a variable holds, how it is written in a document, and when two of them are the same.

NULL is None; an empty text and an empty container are NULL too. Single values are bool, int, float, str, Pair,
DirectedPair and Point; a duration is a float of seconds; a file is its token. Containers are Multiple and Ordered; a
record is a dict.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Union


class Pair(NamedTuple):
    """Two identifiers in no order; they are kept in the order of the alphabet so that equal pairs are equal."""

    first: str
    second: str


class DirectedPair(NamedTuple):
    """A source and its target."""

    source: str
    target: str


class Point(NamedTuple):
    """A place in a picture, in the picture's units, from its upper left corner."""

    x: float
    y: float


Single = bool | int | float | str | Pair | DirectedPair | Point


class Multiple(tuple[Single, ...]):
    """Values in no order."""

    __slots__ = ()


class Ordered(tuple[Single, ...]):
    """Values in an order."""

    __slots__ = ()


Record = dict[str, "Value"]
Value = Union[Single, Multiple, Ordered, "Record", None]

# More digits than a float can hold make no number that can be compared with another.
LONGEST_NUMBER = 300
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DURATION = re.compile(
    r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?)S)?)?"
)
_ENDLESS = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf, "NaN": math.nan}
_SECONDS = (31_557_600.0, 2_629_800.0, 604_800.0, 86_400.0, 3600.0, 60.0, 1.0)


def read_integer(text: str) -> int | None:
    """Return the whole number a text is, None where it is none; "3.0" is 3."""
    text = text.strip()
    if len(text) <= LONGEST_NUMBER and _INTEGER.fullmatch(text):
        return int(text)
    number = read_float(text)
    return int(number) if number is not None and math.isfinite(number) and number == int(number) else None


def read_float(text: str) -> float | None:
    """Return the number a text is, as XML Schema writes floats ("1.5", "-2E3", "INF"), None where it is none."""
    text = text.strip()
    if text in _ENDLESS:
        return _ENDLESS[text]
    return float(text) if len(text) <= LONGEST_NUMBER and _FLOAT.fullmatch(text) else None


def read_duration(text: str) -> float | None:
    """Return a duration in seconds: "PT1H30M" or a number of seconds. A month is a twelfth of 365.25 days."""
    text = text.strip()
    found = _DURATION.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    if found is None or not any(found.groups()[1:]):
        return read_float(text)
    seconds = sum(float(part) * unit for part, unit in zip(found.groups()[1:], _SECONDS, strict=True) if part)
    return -seconds if found[1] else seconds


def read_boolean(text: str) -> bool | None:
    """Return the truth that a text is: "true", "1", "false" or "0"."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().casefold())


def _read_pair(text: str) -> Pair | None:
    parts = text.split()
    return Pair(*sorted(parts)) if len(parts) == 2 else None


def _read_directed_pair(text: str) -> DirectedPair | None:
    parts = text.split()
    return DirectedPair(*parts) if len(parts) == 2 else None


def _read_point(text: str) -> Point | None:
    parts = [read_float(part) for part in text.replace(",", " ").split()]
    if len(parts) != 2 or parts[0] is None or parts[1] is None:
        return None
    return Point(parts[0], parts[1])


_READERS = {
    "boolean": read_boolean,
    "integer": read_integer,
    "float": read_float,
    "duration": read_duration,
    "pair": _read_pair,
    "directedPair": _read_directed_pair,
    "point": _read_point,
}


def read_single(base_type: str, text: str) -> Single | None:
    """Return the single value that a text is in this base type; NULL where it is none."""
    reader = _READERS.get(base_type)
    if reader is not None:
        return reader(text)
    # An identifier, a URI and the token of a file have no spaces around them; a string keeps what was typed.
    return (text if base_type == "string" else text.strip()) or None


def read_values(cardinality: str, base_type: str, texts: Iterable[str]) -> Value:
    """Return the value that texts are together; NULL where nothing is left."""
    read = [one for text in texts if (one := read_single(base_type, text)) is not None]
    return contained(cardinality, read)


def contained(cardinality: str, singles: Iterable[Single]) -> Value:
    """Return single values as one value of this cardinality: the first for a single one, NULL for none."""
    found = tuple(singles)
    if not found:
        return None
    if cardinality == "multiple":
        return Multiple(found)
    if cardinality == "ordered":
        return Ordered(found)
    return found[0]


def singles_of(value: Value) -> tuple[Single, ...]:
    """Return the single values in a value, none for NULL and for a record."""
    if value is None or isinstance(value, dict):
        return ()
    if isinstance(value, Multiple | Ordered):
        return tuple(value)
    return (value,)


def write_float(number: float) -> str:
    """Return a float as XML Schema writes it: "2.0", "1.0E20" as "1e+20", "INF"."""
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    return "NaN" if math.isnan(number) else repr(number)


def write_single(value: Single) -> str:
    """Return a single value as text: "true", "3", "2.5", "A B", "12 40"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Point):
        return " ".join(str(int(part)) if part == int(part) else repr(part) for part in value)
    if isinstance(value, tuple):
        return " ".join(value)
    return write_float(value) if isinstance(value, float) else str(value)


def write_values(value: Value) -> list[str]:
    """Return the texts of a value, as a response holds them; a record has none."""
    return [write_single(one) for one in singles_of(value)]


def is_number(value: Value) -> bool:
    """Return whether a value is a number: an integer, a float, a duration; a truth is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_single(one: Single, other: Single) -> bool:
    """Return whether two single values are the same; floats are when they agree to one part in a thousand million."""
    if isinstance(one, float) or isinstance(other, float):
        if not is_number(one) or not is_number(other):
            return False
        return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)  # type: ignore[arg-type]
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Point) and isinstance(other, Point):
        return math.isclose(one.x, other.x, abs_tol=1e-9) and math.isclose(one.y, other.y, abs_tol=1e-9)
    return type(one) is type(other) and one == other


def _counted(values: Multiple) -> Counter[Single] | None:
    # Floats and points are the same within a tolerance, which no hash knows.
    return None if any(isinstance(one, float | Point) for one in values) else Counter(values)


def same(one: Value, other: Value) -> bool:
    """Return whether two values are the same: containers in no order have the same values as often. NULL is not asked."""
    if isinstance(one, Multiple) and isinstance(other, Multiple):
        if len(one) != len(other):
            return False
        mine, others = _counted(one), _counted(other)
        if mine is not None and others is not None:
            return mine == others
        return is_bag_within(other, one)
    if isinstance(one, Ordered) and isinstance(other, Ordered):
        return len(one) == len(other) and all(same_single(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            one[key] is other[key] if one[key] is None or other[key] is None else same(one[key], other[key])
            for key in one
        )
    if one is None or other is None or isinstance(one, Multiple | Ordered | dict):
        return False
    return not isinstance(other, Multiple | Ordered | dict) and same_single(one, other)


def is_bag_within(small: Iterable[Single], large: Iterable[Single]) -> bool:
    """Return whether each value of one container is in the other at least as often."""
    left = list(large)
    for one in small:
        place = next((number for number, other in enumerate(left) if same_single(one, other)), -1)
        if place < 0:
            return False
        del left[place]
    return True


def as_declared(value: Value, cardinality: str, base_type: str) -> Value:
    """Return a value as a variable of this cardinality and base type keeps it: a whole number becomes a float, and so on.

    What cannot be kept becomes NULL.
    """
    if value is None or cardinality == "record" or isinstance(value, dict):
        return value if cardinality == "record" and isinstance(value, dict) else None
    kept = [one for single in singles_of(value) if (one := _single_as(single, base_type)) is not None]
    return contained(cardinality, kept)


def _single_as(value: Single, base_type: str) -> Single | None:
    if base_type in ("float", "duration"):
        if isinstance(value, str):
            return read_single(base_type, value)
        return float(value) if is_number(value) else None  # type: ignore[arg-type]
    if base_type == "integer":
        if isinstance(value, float):
            return int(value) if math.isfinite(value) else None
        return read_integer(value) if isinstance(value, str) else value if is_number(value) else None
    if base_type == "boolean":
        return truth(value)
    if base_type in ("pair", "directedPair", "point"):
        return value if isinstance(value, tuple) else read_single(base_type, write_single(value))
    return value if isinstance(value, str) else write_single(value)


def truth(value: Value) -> bool:
    """Return whether a condition holds: NULL does not, a number does unless it is 0, a container does where it has values."""
    if value is None or isinstance(value, bool):
        return value is True
    if isinstance(value, str):
        return value != "false"
    return bool(value)


def value_to_json(value: Value) -> object:
    """Return a value as JSON keeps it; `value_from_json` needs its base type to read it again."""
    if isinstance(value, Multiple | Ordered):
        return [write_single(one) for one in value]
    if isinstance(value, dict):
        return {key: [_type_of(one), write_values(one)] for key, one in value.items()}
    return None if value is None else write_single(value)


def value_from_json(data: object, cardinality: str, base_type: str) -> Value:
    """Return the value that JSON kept; NULL where it is not one of this type."""
    if isinstance(data, Mapping):
        return {str(key): read_values(*_typed(one)) for key, one in data.items()}
    texts = data if isinstance(data, list) else [] if data is None else [data]
    return read_values(cardinality, base_type, (str(text) for text in texts))


def _type_of(value: Value) -> str:
    first = next(iter(singles_of(value)), None)
    name = {bool: "boolean", int: "integer", float: "float", Pair: "pair", DirectedPair: "directedPair", Point: "point"}
    shape = "multiple" if isinstance(value, Multiple) else "ordered" if isinstance(value, Ordered) else "single"
    return f"{shape} {name.get(type(first), 'string')}"


def _typed(kept: object) -> tuple[str, str, list[str]]:
    if not isinstance(kept, list) or len(kept) != 2 or not isinstance(kept[1], list):
        return "single", "string", []
    shape, _space, base_type = str(kept[0]).partition(" ")
    return shape, base_type, [str(text) for text in kept[1]]
