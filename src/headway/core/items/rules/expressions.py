"""Expressions of QTI made ready: each element becomes a function from what is known in a run to a value.

NULL goes through as QTI 3 says it does: most operators are NULL as soon as one of their operands is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from headway.core.items.document import Missing
from headway.core.items.markup import Node
from headway.core.items.rules import arithmetic, conditions, tested
from headway.core.items.rules.declared import AreaMap, Declared, area_map, mapping
from headway.core.items.rules.runs import (
    MOST_REPEATED,
    Expression,
    Lacking,
    Maker,
    Parts,
    Run,
    lacking,
    number_or_variable,
    strict,
)
from headway.core.items.rules.values import Single, Value, contained, read_single, singles_of

__all__ = ["EXPRESSIONS", "NEEDS_A_TEST", "Expression", "Lacking", "Run", "expression", "lacking"]

_TABLES = ("qti-match-table", "qti-interpolation-table")


def expression(node: Node, missing: list[Missing]) -> Expression:
    """Return an element as a function of a run; what the engine lacks is added to `missing`."""
    operator, maker = arithmetic.OPERATORS.get(node.name), _MAKERS.get(node.name)
    if operator is None and maker is None:
        return lacking(node, missing)
    parts = [expression(one, missing) for one in _operands(node)]
    if maker is not None:
        return maker(node, parts, missing)
    return strict(parts, operator) if operator is not None else lacking(node, missing)


def _operands(node: Node) -> list[Node]:
    """Return the elements that are operands: not the table of a lookup; of a record what is in its fields."""
    if node.name == "qti-record":
        return [field.elements()[0] for field in node.elements() if field.elements()]
    return [one for one in node.elements() if one.name not in _TABLES]


# Values


def _base_value(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    # Documents are indented; the spaces of an indent belong to no value.
    value = read_single(node.get("base-type"), node.text.strip())
    return lambda run: value


def _variable(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    name, weight = node.get("identifier"), node.get("weight-identifier")

    def look(run: Run) -> Value:
        if name in run.values:
            return run.values[name]
        return tested.value_in_test(run.test, name, weight) if run.test else None

    return look


def _correct(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        if name in run.corrects:
            return run.corrects[name]
        declared = run.declared.get(name)
        return declared.correct if declared is not None else tested.correct_in_test(run.test, name)

    return look


def _default(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        if name in run.defaults:
            return run.defaults[name]
        declared = run.declared.get(name)
        return declared.default if declared is not None else None

    return look


def _map_response(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        declared = run.declared.get(name)
        if declared is None:
            return None
        return mapping(declared).mapped(run.values.get(name))

    return look


def _map_response_point(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    name = node.get("identifier")

    def look(run: Run) -> Value:
        declared = run.declared.get(name)
        found: AreaMap | None = area_map(declared) if declared is not None else None
        return found.mapped(run.values.get(name)) if found is not None else None

    return look


def _math_constant(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    value = arithmetic.CONSTANTS.get(node.get("name"))
    return lacking(node, missing) if value is None else lambda run: value


def _random_integer(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    least, most = number_or_variable(node.get("min"), 0), number_or_variable(node.get("max"))
    step = number_or_variable(node.get("step"), 1)

    def draw(run: Run) -> Value:
        low, high, width = least(run), most(run), step(run)
        if low is None or high is None or width is None or width < 1 or high < low or not math.isfinite(high - low):
            return None
        return int(low) + int(width) * run.luck.below(int((high - low) // width) + 1)

    return draw


def _random_float(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    least, most = number_or_variable(node.get("min"), 0), number_or_variable(node.get("max"))

    def draw(run: Run) -> Value:
        low, high = least(run), most(run)
        if low is None or high is None or high < low or not math.isfinite(high - low):
            return None
        return low + (high - low) * run.luck.share()

    return draw


def _random(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts

    def draw(run: Run) -> Value:
        choices = singles_of(part(run))
        return choices[run.luck.below(len(choices))] if choices else None

    return draw


# Containers


def _container(cardinality: str) -> Maker:
    def make(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
        return lambda run: contained(cardinality, [one for part in parts for one in singles_of(part(run))])

    return make


def _repeat(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
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


def _container_size(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    return lambda run: len(singles_of(part(run)))


def _index(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    place = number_or_variable(node.get("n"))

    def evaluate(run: Run) -> Value:
        values, number = singles_of(part(run)), place(run)
        if number is None or not 1 <= number <= len(values):
            return None
        return values[int(number) - 1]

    return evaluate


def _field_value(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    if len(parts) != 1:
        return lacking(node, missing)
    (part,) = parts
    name = node.get("field-identifier")

    def evaluate(run: Run) -> Value:
        value = part(run)
        return value.get(name) if isinstance(value, dict) else None

    return evaluate


def _record(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    names = [one.get("field-identifier") or one.get("identifier") for one in node.elements() if one.elements()]
    return lambda run: {name: part(run) for name, part in zip(names, parts, strict=True)} or None


def _named(table: Mapping[str, arithmetic.Operator]) -> Maker:
    def make(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
        operator = table.get(node.get("name"))
        if operator is None:
            return lacking(node, missing, said=f"{node.name} {node.get('name')[:40]}")
        return strict(parts, operator)

    return make


# Habits of some programs that the specification does not have, and what only a test knows


def _lookup_table(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
    table = node.first(*_TABLES)
    if table is None or len(parts) != 1:
        return lacking(node, missing)
    holder = Declared.of_table(table)
    (part,) = parts
    return lambda run: holder.looked_up(part(run))


def _in_test(compute: tested.TestExpression) -> Maker:
    def make(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
        outside = Missing(node.name, node.line)

        def evaluate(run: Run) -> Value:
            if not run.test:
                raise Lacking(outside)
            return compute(run.test, node)

        return evaluate

    return make


_MAKERS: Mapping[str, Maker] = {
    **conditions.MAKERS,
    "qti-base-value": _base_value,
    "qti-variable": _variable,
    "qti-correct": _correct,
    "qti-default": _default,
    "qti-map-response": _map_response,
    "qti-map-response-point": _map_response_point,
    "qti-null": lambda node, parts, missing: lambda run: None,
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
    "qti-math-operator": _named(arithmetic.MATHEMATICS),
    "qti-stats-operator": _named(arithmetic.STATISTICS),
    "qti-map-outcome": _map_response,
    "qti-lookup-table": _lookup_table,
    **{name: _in_test(compute) for name, compute in tested.EXPRESSIONS.items()},
}

# What can only be worked out among the items of a test.
NEEDS_A_TEST = frozenset(tested.EXPRESSIONS)
EXPRESSIONS = frozenset(_MAKERS) | frozenset(arithmetic.OPERATORS)
