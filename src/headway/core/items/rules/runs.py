"""A run through the rules of a question: what is known in it, and how elements of rules become functions of it.

Elements are made ready once for a document and used for every response. What the engine does not know is noted as Missing
while they are made, and stops the run with `Lacking` when it is reached, so that it never becomes a wrong score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from headway.core.items.document import Missing
from headway.core.items.markup import Node
from headway.core.items.rules import arithmetic, tested
from headway.core.items.rules.declared import Declared
from headway.core.items.rules.luck import Luck
from headway.core.items.rules.values import Value, is_number, read_float

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
Parts = Sequence[Expression]
# Makes the function of an element out of the functions of its operands.
Maker = Callable[[Node, Parts, list[Missing]], Expression]


def lacking(node: Node, missing: list[Missing], *, said: str = "") -> Expression:
    """Return the function of an element that the engine lacks: it stops the run."""
    lack = Missing(said or node.name, node.line)
    missing.append(lack)

    def stop(run: Run) -> Value:
        raise Lacking(lack)

    return stop


def strict(parts: Parts, operator: arithmetic.Operator) -> Expression:
    """Return an operator that is NULL as soon as one of its operands is."""

    def evaluate(run: Run) -> Value:
        values: list[Value] = []
        for part in parts:
            value = part(run)
            if value is None:
                return None
            values.append(value)
        return operator(values)

    return evaluate


def of_two(compute: Callable[[Value, Value], Value]) -> Maker:
    """Return the maker of an operator of two operands that is NULL where one of them is."""

    def make(node: Node, parts: Parts, missing: list[Missing]) -> Expression:
        if len(parts) != 2:
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
