"""What comes out of a test: its own outcomes, its feedback, and whether its conditions hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from headway.core.items.assessment import Rules, Section, Test
from headway.core.items.document import Item, Missing
from headway.core.items.markup import Node
from headway.core.items.rules import processing
from headway.core.items.rules.declared import Declared
from headway.core.items.rules.expressions import Lacking, Run, expression
from headway.core.items.rules.luck import Luck
from headway.core.items.rules.tested import ItemInTest, Played
from headway.core.items.rules.values import Value, singles_of
from headway.core.items.sitting import Holds, PlannedItem, next_item


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How far a student is: the questions by reference, their sessions by session id, the seconds spent by name."""

    items: Mapping[str, Item]
    sessions: Mapping[str, Played]
    elapsed_seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """The test's own outcomes by name, and what its rules ask for and this engine lacks."""

    values: Mapping[str, Value]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class _Renamed:
    """A session whose outcomes also go by the names that the test has for them."""

    session: Played
    mappings: Mapping[str, str]

    @property
    def templates(self) -> Mapping[str, Value]:
        return self.session.templates

    @property
    def responses(self) -> Mapping[str, Value]:
        return self.session.responses

    @property
    def corrects(self) -> Mapping[str, Value]:
        return self.session.corrects

    @property
    def attempts(self) -> int:
        return self.session.attempts

    @property
    def outcomes(self) -> Mapping[str, Value]:
        own = self.session.outcomes
        return {**own, **{ours: own.get(theirs) for theirs, ours in self.mappings.items()}}


def in_test(planned: Sequence[PlannedItem], answered: Answered) -> dict[str, ItemInTest]:
    """Return the questions as the rules of a test see them, by session id; one whose item is not here is left out."""
    return {
        one.id: ItemInTest(
            item=_renamed(answered.items[one.reference.identifier], one.reference.mappings),
            session=_session(answered.sessions.get(one.id), one.reference.mappings),
            categories=frozenset(one.reference.categories),
            sections=frozenset(one.sections),
            weights=one.reference.weights,
        )
        for one in planned
        if one.reference.identifier in answered.items
    }


def _session(session: Played | None, mappings: Mapping[str, str]) -> Played | None:
    return _Renamed(session, mappings) if session is not None and mappings else session


def _renamed(item: Item, mappings: Mapping[str, str]) -> Item:
    if not mappings:
        return item
    more = {ours: item.declarations[theirs] for theirs, ours in mappings.items() if theirs in item.declarations}
    return replace(item, declarations={**item.declarations, **more})


def outcomes_of(test: Test, planned: Sequence[PlannedItem], answered: Answered, *, seed: int = 0) -> Outcomes:
    """Return what the test's outcome processing makes of the answers so far."""
    return _outcomes(test, in_test(planned, answered), answered, seed)


def _outcomes(test: Test, items: Mapping[str, ItemInTest], answered: Answered, seed: int) -> Outcomes:
    declared = {
        one.get("identifier"): Declared(
            identifier=one.get("identifier"),
            kind="outcome",
            cardinality=one.get("cardinality", "single"),
            base_type=one.get("base-type"),
            node=one,
        )
        for one in test.outcomes
    }
    values, missing = processing.process_outcomes(
        test.outcome_processing, declared | _durations(test, answered), items, seed=seed
    )
    return Outcomes(values={name: values.get(name) for name in declared}, missing=missing)


def _durations(test: Test, answered: Answered) -> dict[str, Declared]:
    """Return the seconds spent as variables: "duration" for the test, "NAME.duration" for its parts and sections."""
    found = {}
    for name, seconds in answered.elapsed_seconds.items():
        variable = "duration" if name == test.identifier else f"{name}.duration"
        found[variable] = Declared(
            identifier=variable,
            kind="outcome",
            cardinality="single",
            base_type="duration",
            node=Node("qti-outcome-declaration", {"default-value": repr(float(seconds))}),
        )
    return found


def holds_in(test: Test, planned: Sequence[PlannedItem], answered: Answered, *, seed: int = 0) -> Holds:
    """Return what says whether a condition is true with the answers so far; what the engine lacks is not true."""
    items = in_test(planned, answered)
    values = dict(_outcomes(test, items, answered, seed).values)
    values |= {name: one.default for name, one in _durations(test, answered).items()}
    return lambda condition: processing.holds(condition, values, items, seed=seed)[0]


def template_defaults(
    test: Test, planned: Sequence[PlannedItem], one: PlannedItem, answered: Answered, *, seed: int = 0
) -> dict[str, Value]:
    """Return the values that a test gives to a question's template variables before it begins, by their names."""
    if not one.reference.template_defaults:
        return {}
    items = in_test(planned, answered)
    values = dict(_outcomes(test, items, answered, seed).values)
    found: dict[str, Value] = {}
    for name, node in one.reference.template_defaults.items():
        for part in node.elements()[:1]:
            try:
                found[name] = expression(part, [])(Run(values=values, declared={}, luck=Luck(seed), test=items))
            except Lacking:
                continue
    return found


def feedback_now(test: Test, values: Mapping[str, Value], *, part: str = "", is_over: bool) -> tuple[Node, ...]:
    """Return the feedback of the test, or of one of its parts, that its outcomes ask to be shown now.

    `is_over` is whether the test, or the part, has ended; before that only what is to be seen during it is shown.
    """
    own = {one.identifier: one.feedbacks for one in test.parts}
    found = own.get(part, ()) if part else test.feedbacks
    return tuple(one for one in found if (one.get("access") != "during") == is_over and _is_shown(one, values))


def _is_shown(feedback: Node, values: Mapping[str, Value]) -> bool:
    value = values.get(feedback.get("outcome-identifier"))
    is_named = value is not None and any(str(one) == feedback.get("identifier") for one in singles_of(value))
    return is_named == (feedback.get("show-hide", "show") != "hide")


def missing_in_test(test: Test) -> tuple[Missing, ...]:
    """Return what a test uses and this engine lacks, in its rules too, each once."""
    found = list(test.missing)
    found += processing.missing_in_rules(test.outcome_processing)
    for rules in _all_rules(test):
        for condition in (*rules.conditions, *(branch.condition for branch in rules.branches)):
            parts = condition.elements()
            if len(parts) == 1:
                expression(parts[0], found)
            else:
                found.append(Missing(condition.name, condition.line))
    return tuple(dict.fromkeys(found))


def _all_rules(test: Test) -> Iterator[Rules]:
    for part in test.parts:
        yield part.rules
        for section in part.sections:
            yield from _rules_in(section)


def _rules_in(section: Section) -> Iterator[Rules]:
    yield section.rules
    for one in section.children:
        if isinstance(one, Section):
            yield from _rules_in(one)
        else:
            yield one.rules


def open_next(
    test: Test, planned: Sequence[PlannedItem], answered: Answered, *, after: str | None = None, seed: int = 0
) -> PlannedItem | None:
    """Return the question to go on with by the test's own rules: the next one without an answer, None at the end."""
    holds = holds_in(test, planned, answered, seed=seed)
    one = next_item(test, planned, holds=holds, after=after)
    while one is not None and one.id in answered.sessions and answered.sessions[one.id].attempts:
        one = next_item(test, planned, holds=holds, after=one.id)
    return one
