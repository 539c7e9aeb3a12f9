"""Declarations made ready: default and correct values, the values that answers are mapped to, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from headway.core.items.document import Declaration
from headway.core.items.markup import Node
from headway.core.items.rules.matching import area, point_within, read_coordinates
from headway.core.items.rules.values import (
    Point,
    Single,
    Value,
    is_number,
    read_float,
    read_single,
    read_values,
    same_single,
    singles_of,
)


def _bounded(node: Node, total: float) -> float:
    low, high = read_float(node.get("lower-bound")), read_float(node.get("upper-bound"))
    if low is not None and total < low:
        return low
    return high if high is not None and total > high else total


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """What each answer is worth. `entries` keeps the order of the document."""

    node: Node
    entries: tuple[tuple[Single, float, bool], ...]
    default: float

    @cached_property
    def _exact(self) -> dict[Single, float]:
        return {key: worth for key, worth, has_case in reversed(self.entries) if has_case}

    @cached_property
    def _folded(self) -> dict[str, float]:
        return {
            key.casefold(): worth
            for key, worth, has_case in reversed(self.entries)
            if not has_case and isinstance(key, str)
        }

    def worth(self, value: Single) -> float:
        """Return what one answer is worth, the default where the map does not have it."""
        if isinstance(value, float):
            return next((worth for key, worth, _case in self.entries if same_single(key, value)), self.default)
        if value in self._exact:
            return self._exact[value]
        return self._folded.get(value.casefold(), self.default) if isinstance(value, str) else self.default

    def mapped(self, value: Value) -> float:
        """Return what a value is worth: its single values together, within the bounds; NULL is worth the default.

        A text that was written twice counts once; else one right word three times would do for three right words.
        """
        if value is None or isinstance(value, dict):
            return _bounded(self.node, self.default)
        singles = singles_of(value)
        if self.counts_once:
            singles = tuple(dict.fromkeys(singles))
        return _bounded(self.node, sum(self.worth(one) for one in singles))

    @property
    def counts_once(self) -> bool:
        """Whether the answers are typed."""
        return self.node.get("base-type") == "string"


@dataclass(frozen=True, kw_only=True, eq=False)
class AreaMap:
    """What each area of a picture is worth."""

    node: Node
    areas: tuple[tuple[Callable[[Point], bool], float], ...]
    default: float

    def mapped(self, value: Value) -> float:
        """Return what points are worth: each area once, however many points lie in it; a point outside all the default."""
        if value is None:
            return _bounded(self.node, self.default)
        used: set[int] = set()
        total = 0.0
        for point in singles_of(value):
            places = [
                number for number, (is_in, _worth) in enumerate(self.areas) if isinstance(point, Point) and is_in(point)
            ]
            if not places:
                total += self.default
                continue
            free = next((number for number in places if number not in used), None)
            if free is not None:
                used.add(free)
                total += self.areas[free][1]
        return _bounded(self.node, total)

    def best_points(self) -> list[Point]:
        """Return a point in each area that is worth something."""
        found = [(read_float(one.get("mapped-value")) or 0.0, one) for one in self.node.elements("qti-area-map-entry")]
        return [
            point
            for worth, one in sorted(found, key=lambda pair: -pair[0])
            if worth > 0 and (point := point_within(one.get("shape"), read_coordinates(one.get("coords")))) is not None
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Declared:
    """A declaration with its values read."""

    identifier: str
    kind: str
    cardinality: str
    base_type: str
    node: Node = field(default_factory=lambda: Node(""))

    @classmethod
    def of(cls, declaration: Declaration) -> Declared:
        """Return a declaration made ready."""
        return cls(
            identifier=declaration.identifier,
            kind=declaration.kind,
            cardinality=declaration.cardinality,
            base_type=declaration.base_type,
            node=declaration.node,
        )

    @classmethod
    def of_table(cls, table: Node) -> Declared:
        """Return a table that stands in an expression as if a variable held it; its values are floats."""
        holder = Node("qti-outcome-declaration", {}, (table,))
        return cls(identifier="", kind="outcome", cardinality="single", base_type="float", node=holder)

    def values_of(self, holder: Node | None) -> Value:
        """Return the values below an element of the declaration, such as its correct response."""
        if holder is None:
            return None
        if self.cardinality == "record":
            fields = {
                one.get("field-identifier"): read_single(one.get("base-type", "string"), one.text.strip())
                for one in holder.elements("qti-value")
            }
            return {name: value for name, value in fields.items() if name} or None
        # Documents are indented; no answer begins or ends with the spaces of an indent.
        return read_values(self.cardinality, self.base_type, (one.text.strip() for one in holder.elements("qti-value")))

    @cached_property
    def default(self) -> Value:
        """The default value; a number's outcome begins at 0, anything else at NULL."""
        holder = self.node.first("qti-default-value")
        if holder is not None:
            return self.values_of(holder)
        if "default-value" in self.node.attributes:
            return read_values(self.cardinality, self.base_type, [self.node.get("default-value")])
        if self.kind == "outcome" and self.cardinality == "single":
            return {"integer": 0, "float": 0.0}.get(self.base_type)
        return None

    @cached_property
    def correct(self) -> Value:
        """The correct response, NULL where none is declared."""
        return self.values_of(self.node.first("qti-correct-response"))

    @cached_property
    def map(self) -> Map | None:
        """What answers are worth, None where nothing is declared."""
        node = self.node.first("qti-mapping")
        return None if node is None else _read_map(node, self.base_type)

    @cached_property
    def areas(self) -> AreaMap | None:
        """What points are worth, None where nothing is declared."""
        node = self.node.first("qti-area-mapping")
        if node is None:
            return None
        entries = tuple(
            (
                area(one.get("shape"), read_coordinates(one.get("coords"))),
                read_float(one.get("mapped-value")) or 0.0,
            )
            for one in node.elements("qti-area-map-entry")
        )
        return AreaMap(node=node, areas=entries, default=read_float(node.get("default-value")) or 0.0)

    @cached_property
    def _table(self) -> Node | None:
        return self.node.first("qti-match-table", "qti-interpolation-table")

    def looked_up(self, value: Value) -> Value:
        """Return what a number becomes by the declared table; its default where nothing in it fits."""
        table = self._table
        if table is None:
            return None
        entries = table.elements("qti-match-table-entry", "qti-interpolation-table-entry")
        found = table.attributes.get("default-value")
        if is_number(value):
            number = float(value)  # type: ignore[arg-type]
            for one in entries:
                source = read_float(one.get("source-value"))
                if source is None:
                    continue
                is_same = same_single(source, number)
                if table.name == "qti-interpolation-table":
                    # Entries go down; each takes what is at or above it.
                    is_same = (is_same and one.get("include-boundary", "true") != "false") or (
                        number > source and not is_same
                    )
                if is_same:
                    found = one.get("target-value")
                    break
        return None if found is None else read_values(self.cardinality, self.base_type, [found])


def _read_map(node: Node, base_type: str) -> Map:
    entries: list[tuple[Single, float, bool]] = []
    for one in node.elements("qti-map-entry"):
        key = read_single(base_type, one.get("map-key"))
        if key is not None:
            worth = read_float(one.get("mapped-value")) or 0.0
            entries.append((key, worth, one.get("case-sensitive", "true") != "false"))
    return Map(
        node=Node(node.name, {**node.attributes, "base-type": base_type}, (), node.line),
        entries=tuple(entries),
        default=read_float(node.get("default-value")) or 0.0,
    )


def mapping(declared: Declared) -> Map:
    """Return what answers are worth; where nothing is declared everything is worth nothing."""
    return declared.map or Map(node=Node("qti-mapping"), entries=(), default=0.0)


def area_map(declared: Declared) -> AreaMap | None:
    """Return what points are worth, None where nothing is declared."""
    return declared.areas


BUILT_IN: Mapping[str, Declared] = {
    "completionStatus": Declared(
        identifier="completionStatus", kind="outcome", cardinality="single", base_type="identifier"
    ),
    "numAttempts": Declared(identifier="numAttempts", kind="response", cardinality="single", base_type="integer"),
    "duration": Declared(identifier="duration", kind="response", cardinality="single", base_type="duration"),
}
