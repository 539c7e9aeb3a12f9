"""Expressions of QTI made ready: each element becomes a function from what is known in a run to a value.

Made once for a document, used for every response. What is not known is noted as Missing while it is made, and stops the
run with `Lacking` when it is reached, so that it never becomes a wrong score. NULL goes through as QTI 3 says it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from headway.core.items import arithmetic, tested
from headway.core.items.declared import AreaMap, Declared, area_map, mapping
from headway.core.items.document import Missing
from headway.core.items.luck import Luck
from headway.core.items.markup import Node
from headway.core.items.matching import PatternRefused, area, matches_pattern, read_coordinates
from headway.core.items.values import (
    Multiple,
    Ordered,
    Point,
    Single,
    Value,
    contained,
    is_bag_within,
    is_number,
    read_float,
    read_single,
    same,
    same_single,
    singles_of,
    truth,
    write_single,
)

# How many values repetitions may make in one run, and how many the tries of a template constraint may take.
MOST_REPEATED = 20_000


class Lacking(Exception):
    """A run came to something that the engine cannot work out."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.element)
        self.missing = missing


@dataclass(slots=True)
class Run:
    """What is known while rules are worked through: the values of variables, how they were declared, luck, the test."""

    values: dict[str, Value]
    declared: Mapping[str, Declared]
    luck: Luck
    corrects: dict[str, Value] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)
    test: Mapping[str, tested.ItemInTest] = field(default_factory=dict)
    repeats_left: int = MOST_REPEATED


Expression = Callable[[Run], Value]
Maker = Callable[[Node, list[Missing]], Expression]


def expression(node: Node, missing: list[Missing]) -> Expression:
    """Return an element as a function of a run; what the engine lacks is added to `missing`."""
    operator = arithmetic.OPERATORS.get(node.name)
    if operator is not None:
        return _strict(node, missing, operator)
    maker = _MAKERS.get(node.name)
    return maker(node, missing) if maker is not None else lacking(node, missing)


def lacking(node: Node, missing: list[Missing], *, said: str = "") -> Expression:
    """Return the function of an element that the engine lacks: it stops the run."""
    lack = Missing(said or node.name, node.line)
    missing.append(lack)

    def stop(run: Run) -> Value:
        raise Lacking(lack)

    return stop


def operands(node: Node, missing: list[Missing]) -> list[Expression]:
    """Return the expressions directly in an element."""
    return [expression(one, missing) for one in node.elements()]


def _with_operands(node: Node, missing: list[Missing], count: int) -> list[Expression] | None:
    found = operands(node, missing)
    return found if len(found) == count else None


def _null(run: Run) -> Value:
    return None


def _strict(node: Node, missing: list[Missing], operator: arithmetic.Operator) -> Expression:
    """Return an operator that is NULL as soon as one of its operands is."""
    parts = operands(node, missing)

    def evaluate(run: Run) -> Value:
        values: list[Value] = []
        for part in parts:
            value = part(run)
            if value is None:
                return None
            values.append(value)
        return operator(values)

    return evaluate


def _operator(compute: Callable[[Value, Value], Value]) -> Maker:
    """Return the maker of an operator of two operands that is NULL where one of them is."""

    def make(node: Node, missing: list[Missing]) -> Expression:
        parts = _with_operands(node, missing, 2)
        if parts is None:
            return lacking(node, missing)
        first, second = parts

        def evaluate(run: Run) -> Value:
            one, other = first(run), second(run)
            return None if one is None or other is None else compute(one, other)

        return evaluate

    return make


def number_or_variable(written: str, otherwise: float | None = None) -> Callable[[Run], float | None]:
    """Return an attribute's number, which may be that of a variable: "3", "N" or "{N}"."""
    text = written.strip()
    if not text:
        return lambda run: otherwise
    number = read_float(text)
    if number is not None:
        return lambda run: number
    name = text.strip("{}")

    def look(run: Run) -> float | None:
        value = run.values.get(name)
        return value if is_number(value) else None  # type: ignore[return-value]

    return look


# Values


def _base_value(node: Node, missing: list[Missing]) -> Expression:
    # Documents are indented; the spaces of an indent belong to no value.
    value = read_single(node.get("base-type"), node.text.strip())
    return lambda run: value


def _variable(node: Node, missing: list[Missing]) -> Expression:
    name, weight = node.get("identifier"), node.get("weight-identifier")

    def look(run: Run) -> Value:
        if name in run.values:
            return run.values[name]
        return tested.value_in_test(run.test, name, weight) if run.test else None

    return look


def _correct(node: Node, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        if name in run.corrects:
            return run.corrects[name]
        declared = run.declared.get(name)
        return declared.correct if declared is not None else tested.correct_in_test(run.test, name)

    return look


def _default(node: Node, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        if name in run.defaults:
            return run.defaults[name]
        declared = run.declared.get(name)
        return declared.default if declared is not None else None

    return look


def _map_response(node: Node, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        declared = run.declared.get(name)
        if declared is None:
            return None
        return mapping(declared).mapped(run.values.get(name))

    return look


def _map_response_point(node: Node, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        declared = run.declared.get(name)
        found: AreaMap | None = area_map(declared) if declared is not None else None
        return found.mapped(run.values.get(name)) if found is not None else None

    return look


def _math_constant(node: Node, missing: list[Missing]) -> Expression:
    value = arithmetic.CONSTANTS.get(node.get("name"))
    return lacking(node, missing) if value is None else lambda run: value


def _random_integer(node: Node, missing: list[Missing]) -> Expression:
    least, most = number_or_variable(node.get("min"), 0), number_or_variable(node.get("max"))
    step = number_or_variable(node.get("step"), 1)

    def draw(run: Run) -> Value:
        low, high, width = least(run), most(run), step(run)
        if low is None or high is None or width is None or width < 1 or high < low or not math.isfinite(high - low):
            return None
        return int(low) + int(width) * run.luck.below(int((high - low) // width) + 1)

    return draw


def _random_float(node: Node, missing: list[Missing]) -> Expression:
    least, most = number_or_variable(node.get("min"), 0), number_or_variable(node.get("max"))

    def draw(run: Run) -> Value:
        low, high = least(run), most(run)
        if low is None or high is None or high < low or not math.isfinite(high - low):
            return None
        return low + (high - low) * run.luck.share()

    return draw


def _random(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts

    def draw(run: Run) -> Value:
        choices = singles_of(part(run))
        return choices[run.luck.below(len(choices))] if choices else None

    return draw


# Containers


def _container(cardinality: str) -> Maker:
    def make(node: Node, missing: list[Missing]) -> Expression:
        parts = operands(node, missing)
        return lambda run: contained(cardinality, [one for part in parts for one in singles_of(part(run))])

    return make


def _repeat(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)
    count = number_or_variable(node.get("number-repeats"))
    too_many = Missing(f"{node.name} ({node.get('number-repeats')[:20]})", node.line)

    def evaluate(run: Run) -> Value:
        times = count(run)
        if times is None or times < 1:
            return None
        found: list[Single] = []
        if times > run.repeats_left:
            raise Lacking(too_many)
        for _time in range(int(times)):
            for part in parts:
                found.extend(singles_of(part(run)))
            run.repeats_left -= max(1, len(parts))
            if run.repeats_left < 0 or len(found) > MOST_REPEATED:
                raise Lacking(too_many)
        return contained("ordered", found)

    return evaluate


def _container_size(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts
    return lambda run: len(singles_of(part(run)))


def _index(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts
    place = number_or_variable(node.get("n"))

    def evaluate(run: Run) -> Value:
        values, number = singles_of(part(run)), place(run)
        if number is None or not 1 <= number <= len(values):
            return None
        return values[int(number) - 1]

    return evaluate


def _field_value(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts
    name = node.get("field-identifier")

    def evaluate(run: Run) -> Value:
        value = part(run)
        return value.get(name) if isinstance(value, dict) else None

    return evaluate


def _record(node: Node, missing: list[Missing]) -> Expression:
    fields = [
        (one.get("field-identifier") or one.get("identifier"), operands(one, missing))
        for one in node.elements("qti-field-value", "qti-record-field", "qti-field")
    ]
    return lambda run: {name: parts[0](run) for name, parts in fields if parts} or None


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


def _and(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)

    def evaluate(run: Run) -> Value:
        is_known = True
        for part in parts:
            value = _truth_of(part(run))
            if value is False:
                return False
            is_known = is_known and value is not None
        return True if is_known else None

    return evaluate


def _or(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)

    def evaluate(run: Run) -> Value:
        is_known = True
        for part in parts:
            value = _truth_of(part(run))
            if value:
                return True
            is_known = is_known and value is not None
        return False if is_known else None

    return evaluate


def _not(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts

    def evaluate(run: Run) -> Value:
        value = _truth_of(part(run))
        return None if value is None else not value

    return evaluate


def _any_n(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)
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


def _all_n(node: Node, missing: list[Missing]) -> Expression:
    # Not in the specification, but in use: true where no more than `max` operands are.
    parts = operands(node, missing)
    most = number_or_variable(node.get("max"), math.inf)

    def evaluate(run: Run) -> Value:
        high = most(run)
        return None if high is None else sum(truth(part(run)) for part in parts) <= high

    return evaluate


def _is_null(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
        return lacking(node, missing)
    (part,) = parts
    return lambda run: part(run) is None


def _condition(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)
    return lambda run: all(truth(part(run)) for part in parts)


# Comparisons


def _compare(compare: Callable[[float, float], bool]) -> Maker:
    def compute(one: Value, other: Value) -> Value:
        if not is_number(one) or not is_number(other):
            return None
        return compare(one, other)  # type: ignore[arg-type]

    return _operator(compute)


def _equal(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 2)
    if parts is None:
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


def _rounded(node: Node, compute: Callable[[list[Value], str, int], Value], missing: list[Missing]) -> Expression:
    parts = operands(node, missing)
    mode = node.get("rounding-mode", "significantFigures")
    figures = number_or_variable(node.get("figures"))

    def evaluate(run: Run) -> Value:
        values, count = [part(run) for part in parts], figures(run)
        if count is None or not values or not all(is_number(value) for value in values):
            return None
        return compute(values, mode, int(count))

    return evaluate


def _round_to(node: Node, missing: list[Missing]) -> Expression:
    def compute(values: list[Value], mode: str, figures: int) -> Value:
        return arithmetic.round_to(values[0], mode, figures)  # type: ignore[arg-type]

    return _rounded(node, compute, missing)


def _equal_rounded(node: Node, missing: list[Missing]) -> Expression:
    def compute(values: list[Value], mode: str, figures: int) -> Value:
        rounded = [arithmetic.round_to(value, mode, figures) for value in values]  # type: ignore[arg-type]
        if len(rounded) != 2 or rounded[0] is None or rounded[1] is None:
            return None
        return same(rounded[0], rounded[1])

    return _rounded(node, compute, missing)


def _named(table: Mapping[str, arithmetic.Operator]) -> Maker:
    def make(node: Node, missing: list[Missing]) -> Expression:
        operator = table.get(node.get("name"))
        if operator is None:
            return lacking(node, missing, said=f"{node.name} {node.get('name')[:40]}")
        return _strict(node, missing, operator)

    return make


# Texts and places


def _text(value: Value) -> str:
    return write_single(value) if isinstance(value, str | int | float) else ""


def _string_match(node: Node, missing: list[Missing]) -> Expression:
    has_case = node.get("case-sensitive", "true") != "false"
    is_part = node.get("substring") == "true"

    def compute(one: Value, other: Value) -> Value:
        mine, right = _text(one), _text(other)
        if not has_case:
            mine, right = mine.casefold(), right.casefold()
        return right in mine if is_part else mine == right

    return _operator(compute)(node, missing)


def _substring(node: Node, missing: list[Missing]) -> Expression:
    parts = operands(node, missing)
    if len(parts) == 3:
        return _cut(parts)
    has_case = node.get("case-sensitive", "true") != "false"

    def compute(one: Value, other: Value) -> Value:
        small, large = _text(one), _text(other)
        return small in large if has_case else small.casefold() in large.casefold()

    return _operator(compute)(node, missing)


def _cut(parts: list[Expression]) -> Expression:
    # Not in the specification, but in use: a text, the place it begins at from 1, how many signs.
    def evaluate(run: Run) -> Value:
        text, begin, count = (part(run) for part in parts)
        if not isinstance(text, str) or not isinstance(begin, int) or not isinstance(count, int) or begin < 1:
            return None
        return text[begin - 1 : begin - 1 + max(0, count)] or None

    return evaluate


def _pattern_match(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
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


def _inside(node: Node, missing: list[Missing]) -> Expression:
    parts = _with_operands(node, missing, 1)
    if parts is None:
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


def _not_equal(node: Node, missing: list[Missing]) -> Expression:
    is_equal = _equal(node, missing)

    def evaluate(run: Run) -> Value:
        value = is_equal(run)
        return None if value is None else not value

    return evaluate


def _map_outcome(node: Node, missing: list[Missing]) -> Expression:
    return _map_response(node, missing)


def _lookup_table(node: Node, missing: list[Missing]) -> Expression:
    table = node.first("qti-match-table", "qti-interpolation-table")
    parts = [expression(one, missing) for one in node.elements() if one is not table]
    if table is None or len(parts) != 1:
        return lacking(node, missing)
    holder = Declared.of_table(table)
    (part,) = parts
    return lambda run: holder.looked_up(part(run))


def _in_test(compute: tested.TestExpression) -> Maker:
    def make(node: Node, missing: list[Missing]) -> Expression:
        outside = Missing(node.name, node.line)

        def evaluate(run: Run) -> Value:
            if not run.test:
                raise Lacking(outside)
            return compute(run.test, node)

        return evaluate

    return make


_MAKERS: Mapping[str, Maker] = {
    "qti-base-value": _base_value,
    "qti-variable": _variable,
    "qti-correct": _correct,
    "qti-default": _default,
    "qti-map-response": _map_response,
    "qti-map-response-point": _map_response_point,
    "qti-null": lambda node, missing: _null,
    "qti-math-constant": _math_constant,
    "qti-random-integer": _random_integer,
    "qti-random-float": _random_float,
    "qti-random": _random,
    "qti-multiple": _container("multiple"),
    "qti-ordered": _container("ordered"),
    "qti-repeat": _repeat,
    "qti-container-size": _container_size,
    "qti-index": _index,
    "qti-field-value": _field_value,
    "qti-record": _record,
    "qti-member": _operator(_member),
    "qti-contains": _operator(_contains),
    "qti-delete": _operator(_delete),
    "qti-and": _and,
    "qti-or": _or,
    "qti-not": _not,
    "qti-any-n": _any_n,
    "qti-all-n": _all_n,
    "qti-is-null": _is_null,
    "qti-match": _operator(same),
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
    "qti-math-operator": _named(arithmetic.MATHEMATICS),
    "qti-stats-operator": _named(arithmetic.STATISTICS),
    "qti-string-match": _string_match,
    "qti-substring": _substring,
    "qti-pattern-match": _pattern_match,
    "qti-inside": _inside,
    "qti-is-type-of": _operator(_is_type_of),
    "qti-pre-condition": _condition,
    "qti-map-outcome": _map_outcome,
    "qti-lookup-table": _lookup_table,
    **{name: _in_test(compute) for name, compute in tested.EXPRESSIONS.items()},
}

# What can only be worked out among the items of a test.
NEEDS_A_TEST = frozenset(tested.EXPRESSIONS)
EXPRESSIONS = frozenset(_MAKERS) | frozenset(arithmetic.OPERATORS)
