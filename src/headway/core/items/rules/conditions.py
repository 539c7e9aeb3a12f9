"""What QTI asks: is it so? Truth, comparisons, texts and places; NULL goes through as QTI 3 says it does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from headway.core.items.document import Missing
from headway.core.items.markup import Node
from headway.core.items.rules import arithmetic
from headway.core.items.rules.matching import PatternRefused, area, matches_pattern, read_coordinates
from headway.core.items.rules.runs import Expression, Lacking, Maker, Parts, Run, lacking, number_or_variable, of_two
from headway.core.items.rules.values import (
    Multiple,
    Ordered,
    Point,
    Value,
    contained,
    is_bag_within,
    is_number,
    same,
    same_single,
    singles_of,
    truth,
    write_single,
)

# Containers compared


def _member(one: Value, other: Value) -> Value:
    if isinstance(one, Multiple | Ordered) and not isinstance(other, Multiple | Ordered):
        one, other = other, one
    return any(same(one, each) for each in singles_of(other))


def _contains(one: Value, other: Value) -> Value:
    whole, part = singles_of(one), singles_of(other)
    if isinstance(one, Ordered):
        # A strict sub-sequence: the values side by side and in this order.
        return any(
            all(same_single(a, b) for a, b in zip(whole[place : place + len(part)], part, strict=True))
            for place in range(len(whole) - len(part) + 1)
        )
    return is_bag_within(part, whole)


def _delete(one: Value, other: Value) -> Value:
    # The value comes first, the container second; some programs write it the other way round.
    if isinstance(one, Multiple | Ordered) and not isinstance(other, Multiple | Ordered):
        one, other = other, one
    left = [each for each in singles_of(other) if not same(one, each)]
    return contained("ordered" if isinstance(other, Ordered) else "multiple", left)


# Truth


def _truth_of(value: Value) -> bool | None:
    return None if value is None else truth(value)


def _and(node: Node, parts: Parts, missing: list[Missing]) -> Expression:

    def evaluate(run: Run) -> Value:
        is_known = True
        for part in parts:
            value = _truth_of(part(run))
            if value is False:
                return False
            is_known = is_known and value is not None
        return True if is_known else None

    return evaluate


def _or(node: Node, parts: Parts, missing: list[Missing]) -> Expression:

    def evaluate(run: Run) -> Value:
        is_known = True
        for part in parts:
            value = _truth_of(part(run))
            if value:
                return True
            is_known = is_known and value is not None
        return False if is_known else None

    return evaluate


def _not(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts

    def evaluate(run: Run) -> Value:
        value = _truth_of(part(run))
        return None if value is None else not value

    return evaluate


def _any_n(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    least, most = number_or_variable(node.get("min"), 0), number_or_variable(node.get("max"), math.inf)

    def evaluate(run: Run) -> Value:
        values = [_truth_of(part(run)) for part in parts]
        low, high = least(run), most(run)
        if low is None or high is None:
            return None
        right, unknown = values.count(True), values.count(None)
        if right > high or right + unknown < low:
            return False
        return True if low <= right and right + unknown <= high else None

    return evaluate


def _all_n(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    # Not in the specification, but in use: true where no more than `max` operands are.
    most = number_or_variable(node.get("max"), math.inf)

    def evaluate(run: Run) -> Value:
        high = most(run)
        return None if high is None else sum(truth(part(run)) for part in parts) <= high

    return evaluate


def _is_null(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    return lambda run: part(run) is None


def _condition(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    return lambda run: all(truth(part(run)) for part in parts)


# Comparisons


def _compare(compare: Callable[[float, float], bool]) -> Maker:
    def compute(one: Value, other: Value) -> Value:
        if not is_number(one) or not is_number(other):
            return None
        return compare(one, other)  # type: ignore[arg-type]

    return of_two(compute)


def _equal(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 2:
        return lacking(node, missing)
    first, second = parts
    mode = node.get("tolerance-mode", "exact")
    written = node.get("tolerance").split()
    below = number_or_variable(written[0] if written else "", 0)
    above = number_or_variable(written[1] if len(written) > 1 else (written[0] if written else ""), 0)
    has_low = node.get("include-lower-bound", "true") != "false"
    has_high = node.get("include-upper-bound", "true") != "false"

    def evaluate(run: Run) -> Value:
        one, other = first(run), second(run)
        if one is None or other is None:
            return None
        if mode == "exact" or not is_number(one) or not is_number(other):
            return same(one, other)
        down, up = below(run), above(run)
        if down is None or up is None:
            return None
        if mode == "relative":
            down, up = abs(one) * down / 100, abs(one) * up / 100  # type: ignore[arg-type]
        return _is_between(one - down, other, one + up, has_low, has_high)  # type: ignore[operator, arg-type]

    return evaluate


def _is_between(low: float, number: float, high: float, has_low: bool, has_high: bool) -> bool:
    """Return whether a number lies between two others; the ends count as reached when they are the same as floats."""
    if same_single(float(number), float(low)):
        return has_low
    if same_single(float(number), float(high)):
        return has_high
    return low < number < high


def _rounded(node: Node, parts: Parts, compute: Callable[[list[Value], str, int], Value]) -> Expression:
    mode = node.get("rounding-mode", "significantFigures")
    figures = number_or_variable(node.get("figures"))

    def evaluate(run: Run) -> Value:
        values, count = [part(run) for part in parts], figures(run)
        if count is None or not values or not all(is_number(value) for value in values):
            return None
        return compute(values, mode, int(count))

    return evaluate


def _round_to(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    def compute(values: list[Value], mode: str, figures: int) -> Value:
        return arithmetic.round_to(values[0], mode, figures)  # type: ignore[arg-type]

    return _rounded(node, parts, compute)


def _equal_rounded(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    def compute(values: list[Value], mode: str, figures: int) -> Value:
        rounded = [arithmetic.round_to(value, mode, figures) for value in values]  # type: ignore[arg-type]
        if len(rounded) != 2 or rounded[0] is None or rounded[1] is None:
            return None
        return same(rounded[0], rounded[1])

    return _rounded(node, parts, compute)


# Texts and places


def _text(value: Value) -> str:
    return write_single(value) if isinstance(value, str | int | float) else ""


def _string_match(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    has_case = node.get("case-sensitive", "true") != "false"
    is_part = node.get("substring") == "true"

    def compute(one: Value, other: Value) -> Value:
        mine, right = _text(one), _text(other)
        if not has_case:
            mine, right = mine.casefold(), right.casefold()
        return right in mine if is_part else mine == right

    return of_two(compute)(node, parts, missing)


def _substring(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) == 3:
        return _cut(parts)
    has_case = node.get("case-sensitive", "true") != "false"

    def compute(one: Value, other: Value) -> Value:
        small, large = _text(one), _text(other)
        return small in large if has_case else small.casefold() in large.casefold()

    return of_two(compute)(node, parts, missing)


def _cut(parts: Parts) -> Expression:
    # Not in the specification, but in use: a text, the place it begins at from 1, how many signs.
    def evaluate(run: Run) -> Value:
        text, begin, count = (part(run) for part in parts)
        if not isinstance(text, str) or not isinstance(begin, int) or not isinstance(count, int) or begin < 1:
            return None
        return text[begin - 1 : begin - 1 + max(0, count)] or None

    return evaluate


def _pattern_match(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    pattern = node.get("pattern")
    refused = Missing(f"{node.name} {pattern[:60]}", node.line)
    try:
        matches_pattern("", pattern)
    except PatternRefused:
        return lacking(node, missing, said=refused.element)

    def evaluate(run: Run) -> Value:
        text = part(run)
        if text is None:
            return None
        used = pattern
        if pattern.startswith("{") and pattern.endswith("}"):
            used = _text(run.values.get(pattern[1:-1])) or pattern
        try:
            return matches_pattern(_text(text), used)
        except PatternRefused as problem:
            raise Lacking(refused) from problem

    return evaluate


def _inside(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    is_in = area(node.get("shape"), read_coordinates(node.get("coords")))

    def evaluate(run: Run) -> Value:
        value = part(run)
        if value is None:
            return None
        return any(is_in(one) for one in singles_of(value) if isinstance(one, Point))

    return evaluate


# Habits of some programs that the specification does not have


_TYPE_NAMES = {bool: ("boolean",), int: ("integer",), float: ("float", "duration"), Point: ("point",)}


def _is_type_of(one: Value, other: Value) -> Value:
    name = _text(other)
    if isinstance(one, str):
        return name in ("string", "identifier", "uri", "file")
    if isinstance(one, dict):
        return name == "record"
    return name in _TYPE_NAMES.get(type(one), ()) or (
        isinstance(one, tuple) and type(one).__name__.casefold() == name.casefold()
    )


def _not_equal(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    is_equal = _equal(node, parts, missing)

    def evaluate(run: Run) -> Value:
        value = is_equal(run)
        return None if value is None else not value

    return evaluate


MAKERS: Mapping[str, Maker] = {
    "qti-member": of_two(_member),
    "qti-contains": of_two(_contains),
    "qti-and": _and,
    "qti-or": _or,
    "qti-not": _not,
    "qti-any-n": _any_n,
    "qti-all-n": _all_n,
    "qti-is-null": _is_null,
    "qti-match": of_two(same),
    "qti-equal": _equal,
    "qti-not-equal": _not_equal,
    "qti-equal-rounded": _equal_rounded,
    "qti-lt": _compare(lambda one, other: one < other),
    "qti-lte": _compare(lambda one, other: one <= other),
    "qti-gt": _compare(lambda one, other: one > other),
    "qti-gte": _compare(lambda one, other: one >= other),
    "qti-duration-lt": _compare(lambda one, other: one < other),
    "qti-duration-gte": _compare(lambda one, other: one >= other),
    "qti-round-to": _round_to,
    "qti-string-match": _string_match,
    "qti-substring": _substring,
    "qti-pattern-match": _pattern_match,
    "qti-inside": _inside,
    "qti-is-type-of": of_two(_is_type_of),
    "qti-pre-condition": _condition,
    "qti-delete": of_two(_delete),
}
