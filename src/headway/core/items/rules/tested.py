"""What rules of a test ask about the items in it: values, how many were answered, the least and most they can give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from headway.core.items.document import Item
from headway.core.items.markup import Node
from headway.core.items.rules.declared import Declared
from headway.core.items.rules.values import Multiple, Single, Value, is_number, read_float, same, singles_of


class Played(Protocol):
    """How far one item of a test is; `session.Session` is one."""

    @property
    def templates(self) -> Mapping[str, Value]:
        """Values of template variables."""

    @property
    def responses(self) -> Mapping[str, Value]:
        """Values of response variables."""

    @property
    def outcomes(self) -> Mapping[str, Value]:
        """Values of outcome variables."""

    @property
    def corrects(self) -> Mapping[str, Value]:
        """Correct responses that the item's templates set."""

    @property
    def attempts(self) -> int:
        """How often it was answered."""


@dataclass(frozen=True, kw_only=True)
class ItemInTest:
    """One item of a test: how far it is, and what rules can ask for it by. `session` is None until it is presented."""

    item: Item
    session: Played | None = None
    categories: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)


Test = Mapping[str, ItemInTest]
TestExpression = Callable[[Test, Node], Value]


def _weighed(value: Value, weight: float | None) -> Value:
    if weight is None or not is_number(value):
        return value
    return float(value) * weight  # type: ignore[arg-type]


def _weight(one: ItemInTest, name: str) -> float | None:
    return one.weights.get(name, 1.0) if name else None


def value_in_test(test: Test, name: str, weight_name: str = "") -> Value:
    """Return the value of "ITEM.VARIABLE", times its weight where one is asked for; NULL where there is none."""
    reference, _point, variable = name.rpartition(".")
    one = test.get(reference)
    if one is None or one.session is None:
        return None
    return _weighed(_value(one, variable), _weight(one, weight_name))


def _value(one: ItemInTest, variable: str) -> Value:
    if one.session is None:
        declared = one.item.declarations.get(variable)
        return Declared.of(declared).default if declared is not None and declared.kind == "outcome" else None
    for values in (one.session.outcomes, one.session.responses, one.session.templates):
        if variable in values:
            return values[variable]
    return None


def _correct(one: ItemInTest, variable: str) -> Value:
    if one.session is not None and variable in one.session.corrects:
        return one.session.corrects[variable]
    declared = one.item.declarations.get(variable)
    return Declared.of(declared).correct if declared is not None else None


def correct_in_test(test: Test, name: str) -> Value:
    """Return the correct response of "ITEM.VARIABLE"."""
    reference, _point, variable = name.rpartition(".")
    one = test.get(reference)
    return _correct(one, variable) if one is not None else None


def _asked(test: Test, node: Node) -> Iterator[ItemInTest]:
    section = node.get("section-identifier")
    wanted, unwanted = set(node.get("include-category").split()), set(node.get("exclude-category").split())
    for one in test.values():
        if section and section not in one.sections:
            continue
        if (wanted and not wanted & one.categories) or unwanted & one.categories:
            continue
        yield one


def _test_variables(test: Test, node: Node) -> Value:
    name, base_type, weight = node.get("variable-identifier"), node.get("base-type"), node.get("weight-identifier")
    found: list[Single] = []
    for one in _asked(test, node):
        declared = one.item.declarations.get(name)
        if declared is not None and base_type and declared.base_type != base_type:
            # Integers and floats may stand together where a weight makes floats of both.
            is_kept = bool(weight) and {declared.base_type, base_type} <= {"integer", "float"}
            if not is_kept:
                continue
        found.extend(singles_of(_weighed(_value(one, name), _weight(one, weight))))
    return Multiple(found) if found else None


def _bound(attribute: str) -> TestExpression:
    def evaluate(test: Test, node: Node) -> Value:
        found: list[Single] = []
        for one in _asked(test, node):
            declared = one.item.declarations.get(node.get("outcome-identifier"))
            bound = read_float(declared.node.get(attribute)) if declared is not None else None
            if bound is not None:
                weight = _weight(one, node.get("weight-identifier"))
                found.append(bound if weight is None else bound * weight)
            elif attribute == "normal-maximum":
                # Without one of them the most that all can give is not known; a least that is not said is passed over.
                return None
        return Multiple(found) if found else None

    return evaluate


def _is_answered(one: ItemInTest) -> bool:
    if one.session is None:
        return False
    return one.session.attempts > 0 and any(
        name not in ("numAttempts", "duration") and value is not None and not same(value, _begun(one, name))
        for name, value in one.session.responses.items()
    )


def _begun(one: ItemInTest, name: str) -> Value:
    declared = one.item.declarations.get(name)
    return Declared.of(declared).default if declared is not None else None


def _is_right(one: ItemInTest) -> bool:
    if one.session is None:
        return False
    keys = {each.identifier: _correct(one, each.identifier) for each in one.item.responses}
    keyed = {name: value for name, value in keys.items() if value is not None}
    return bool(keyed) and all(same(one.session.responses.get(name), value) for name, value in keyed.items())


def _number(is_counted: Callable[[ItemInTest], bool]) -> TestExpression:
    return lambda test, node: sum(is_counted(one) for one in _asked(test, node))


EXPRESSIONS: Mapping[str, TestExpression] = {
    "qti-test-variables": _test_variables,
    "qti-outcome-minimum": _bound("normal-minimum"),
    "qti-outcome-maximum": _bound("normal-maximum"),
    "qti-number-correct": _number(_is_right),
    "qti-number-incorrect": _number(lambda one: _is_answered(one) and not _is_right(one)),
    "qti-number-presented": _number(lambda one: one.session is not None),
    "qti-number-responded": _number(_is_answered),
    "qti-number-selected": _number(lambda one: True),
}
