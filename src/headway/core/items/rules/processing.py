"""Rules of QTI made ready: template, response and outcome processing, and the standard templates they may name.

`rules_of(item)` does it once for an item; `missing_in` tells what the engine lacks in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

from headway.core.items.document import Item, Missing, kind_of
from headway.core.items.markup import Node, read_document
from headway.core.items.rules.declared import BUILT_IN, Declared
from headway.core.items.rules.expressions import Expression, Lacking, Run, expression, lacking
from headway.core.items.rules.luck import Luck
from headway.core.items.rules.tested import ItemInTest
from headway.core.items.rules.values import Value, as_declared, truth

Rule = Callable[[Run], None]

# So often template processing is begun again for a constraint; then its last values stay.
MOST_TRIES = 100


class _Exit(Exception):
    """The rules say that nothing more is to be done."""


class _Again(Exception):
    """A constraint does not hold: the template's values are chosen anew."""


_MATCH = """
<qti-response-condition>
  <qti-response-if>
    <qti-match><qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>
    <qti-set-outcome-value identifier="SCORE">{right}</qti-set-outcome-value>{feedback_right}
  </qti-response-if>
  <qti-response-else>{wrong}{feedback_wrong}</qti-response-else>
</qti-response-condition>"""
_ONE = '<qti-base-value base-type="float">1</qti-base-value>'
_NOTHING = """
<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">0</qti-base-value></qti-set-outcome-value>"""
_MAP = """
<qti-response-condition>
  <qti-response-if>
    <qti-is-null><qti-variable identifier="RESPONSE"/></qti-is-null>
    <qti-set-outcome-value identifier="SCORE">
      <qti-base-value base-type="float">0</qti-base-value>
    </qti-set-outcome-value>
  </qti-response-if>
  <qti-response-else>
    <qti-set-outcome-value identifier="SCORE"><{map} identifier="RESPONSE"/></qti-set-outcome-value>
  </qti-response-else>
</qti-response-condition>"""
_TELL = """
<qti-set-outcome-value identifier="{variable}">
  <qti-base-value base-type="identifier">{word}</qti-base-value>
</qti-set-outcome-value>"""
_COMPARE_WITH_MOST = """
<qti-response-condition>
  <qti-response-if>
    <qti-equal tolerance-mode="exact"><qti-variable identifier="MAXSCORE"/><qti-variable identifier="SCORE"/></qti-equal>
    {right}
  </qti-response-if>
  <qti-response-else>{wrong}</qti-response-else>
</qti-response-condition>"""


def _told(variable: str, word: str) -> str:
    return _TELL.format(variable=variable, word=word)


# What the templates of the specification say, by the last word of their address in any version, without case.
# "match_nothing" is older than they are and still in use: nothing to be chosen is right.
TEMPLATES: Mapping[str, str] = {
    "match_correct": _MATCH.format(right=_ONE, wrong=_NOTHING, feedback_right="", feedback_wrong=""),
    "cc2_match": _MATCH.format(right=_ONE, wrong=_NOTHING, feedback_right="", feedback_wrong=""),
    "cc2_match_basic": _MATCH.format(
        right='<qti-variable identifier="MAXSCORE"/>',
        wrong="",
        feedback_right=_told("FEEDBACKBASIC", "correct"),
        feedback_wrong=_told("FEEDBACKBASIC", "incorrect"),
    ),
    "map_response": _MAP.format(map="qti-map-response"),
    "map_response_point": _MAP.format(map="qti-map-response-point"),
    "cc2_map_response": _MAP.format(map="qti-map-response")
    + _COMPARE_WITH_MOST.format(right=_told("FEEDBACK", "correct"), wrong=_told("FEEDBACK", "incorrect")),
    "match_nothing": """
<qti-response-condition>
  <qti-response-if>
    <qti-is-null><qti-variable identifier="RESPONSE"/></qti-is-null>
    <qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value></qti-set-outcome-value>
  </qti-response-if>
  <qti-response-else>"""
    + _NOTHING
    + """</qti-response-else>
</qti-response-condition>""",
}


def template_name(node: Node) -> str:
    """Return which standard template response processing names, "" where it has rules of its own or names another."""
    if node.elements():
        return ""
    for address in (node.get("template"), node.get("template-location")):
        name = address.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].removesuffix(".xml").casefold()
        if name in TEMPLATES:
            return name
    return ""


def _template_node(name: str, variable: str) -> Node:
    said = TEMPLATES[name].replace('"RESPONSE"', f'"{variable}"')
    return read_document(f"<qti-response-processing>{said}</qti-response-processing>".encode())


_TEMPLATE_NODES: dict[str, Node] = {name: _template_node(name, "RESPONSE") for name in TEMPLATES}


# Rules


def _rules(nodes: list[Node], missing: list[Missing]) -> list[Rule]:
    return [_rule(one, missing) for one in nodes]


def _rule(node: Node, missing: list[Missing]) -> Rule:
    maker = _RULES.get(node.name)
    if maker is not None:
        return maker(node, missing)
    stop = lacking(node, missing)

    def rule(run: Run) -> None:
        stop(run)

    return rule


def _do(rules: list[Rule], run: Run) -> None:
    for rule in rules:
        rule(run)


def _value_of(node: Node, missing: list[Missing]) -> Expression:
    parts = node.elements()
    return expression(parts[0], missing) if len(parts) == 1 else lacking(node, missing)


def _kept(run: Run, name: str, value: Value) -> Value:
    declared = run.declared.get(name)
    return value if declared is None else as_declared(value, declared.cardinality, declared.base_type)


def _set_value(node: Node, missing: list[Missing]) -> Rule:
    name, part = node.get("identifier"), _value_of(node, missing)

    def rule(run: Run) -> None:
        run.values[name] = _kept(run, name, part(run))

    return rule


def _set_correct(node: Node, missing: list[Missing]) -> Rule:
    name, part = node.get("identifier"), _value_of(node, missing)

    def rule(run: Run) -> None:
        run.corrects[name] = _kept(run, name, part(run))

    return rule


def _set_default(node: Node, missing: list[Missing]) -> Rule:
    name, part = node.get("identifier"), _value_of(node, missing)

    def rule(run: Run) -> None:
        run.values[name] = run.defaults[name] = _kept(run, name, part(run))

    return rule


def _lookup_outcome(node: Node, missing: list[Missing]) -> Rule:
    name, part = node.get("identifier"), _value_of(node, missing)

    def rule(run: Run) -> None:
        declared = run.declared.get(name)
        run.values[name] = declared.looked_up(part(run)) if declared is not None else None

    return rule


def _condition(node: Node, missing: list[Missing]) -> Rule:
    branches: list[tuple[Expression | None, list[Rule]]] = []
    for branch in node.elements():
        parts = branch.elements()
        if branch.name.endswith("-else"):
            branches.append((None, _rules(parts, missing)))
        elif branch.name.endswith(("-if", "-else-if")) and parts:
            branches.append((expression(parts[0], missing), _rules(parts[1:], missing)))
        else:
            branches.append((lacking(branch, missing), []))

    def rule(run: Run) -> None:
        for holds, rules in branches:
            if holds is None or truth(holds(run)):
                _do(rules, run)
                return

    return rule


def _fragment(node: Node, missing: list[Missing]) -> Rule:
    rules = _rules(node.elements(), missing)
    return lambda run: _do(rules, run)


def _exit(node: Node, missing: list[Missing]) -> Rule:
    def rule(run: Run) -> None:
        raise _Exit

    return rule


def _constraint(node: Node, missing: list[Missing]) -> Rule:
    part = _value_of(node, missing)

    def rule(run: Run) -> None:
        if not truth(part(run)):
            raise _Again

    return rule


_RULES: Mapping[str, Callable[[Node, list[Missing]], Rule]] = {
    "qti-response-condition": _condition,
    "qti-outcome-condition": _condition,
    "qti-template-condition": _condition,
    "qti-set-outcome-value": _set_value,
    "qti-set-template-value": _set_value,
    "qti-set-response-value": _set_value,
    "qti-set-correct-response": _set_correct,
    "qti-set-default-value": _set_default,
    "qti-lookup-outcome-value": _lookup_outcome,
    "qti-response-processing-fragment": _fragment,
    "qti-outcome-processing-fragment": _fragment,
    "qti-exit-response": _exit,
    "qti-exit-template": _exit,
    "qti-exit-test": _exit,
    "qti-template-constraint": _constraint,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """All the rules of an item, made ready, and what the engine lacks in them."""

    item: Item
    declared: Mapping[str, Declared]
    template: list[Rule]
    response: list[Rule]
    outcome: list[Rule]
    missing: tuple[Missing, ...]
    sets: frozenset[str] = field(default_factory=frozenset)
    template_name: str = ""

    @cached_property
    def template_subject(self) -> str:
        """The response variable that the standard template speaks of, "" where there is no template or no such variable."""
        return template_subject(self.declared) if self.template_name else ""

    @cached_property
    def outcome_defaults(self) -> dict[str, Value]:
        """What outcome variables begin with."""
        found = {one.identifier: one.default for one in self.declared.values() if one.kind == "outcome"}
        return {**found, "completionStatus": "not_attempted"}

    @cached_property
    def _rule_nodes(self) -> tuple[Node, ...]:
        found = (self.item.response_processing, self.item.root.first("qti-outcome-processing"))
        return tuple(one for node in found if node is not None for one in node.below())

    @cached_property
    def read(self) -> frozenset[str]:
        """The variables whose values the rules look at; of a standard template the one it is about."""
        if self.template_name:
            return frozenset({self.template_subject} - {""})
        names = {"qti-variable", "qti-map-response", "qti-map-response-point", "qti-field-value"}
        return frozenset(one.get("identifier") for one in self._rule_nodes if one.name in names)

    @cached_property
    def compared(self) -> Mapping[str, tuple[str, ...]]:
        """The texts that rules compare each variable with, as written in them: a key where none is declared."""
        return self._beside("qti-base-value", lambda one: one.text.strip())

    @cached_property
    def compared_with(self) -> Mapping[str, tuple[str, ...]]:
        """The variables whose values rules compare each variable with."""
        return self._beside("qti-variable", lambda one: one.get("identifier"))

    def _beside(self, name: str, said: Callable[[Node], str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        comparing = {"qti-match", "qti-equal", "qti-equal-rounded", "qti-string-match", "qti-member", "qti-contains"}
        for node in self._rule_nodes:
            if node.name in comparing:
                for variable in node.elements("qti-variable"):
                    beside = (other for one in node.elements() if one is not variable for other in (one, *one.below()))
                    told = [said(one) for one in beside if one.name == name]
                    found.setdefault(variable.get("identifier"), []).extend(told)
        return {variable: tuple(dict.fromkeys(texts)) for variable, texts in found.items()}


_READY: WeakKeyDictionary[Item, Rules] = WeakKeyDictionary()


def rules_of(item: Item) -> Rules:
    """Return an item's rules, made ready; it is done once for each item."""
    ready = _READY.get(item)
    if ready is None:
        ready = _READY[item] = _made_ready(item)
    return ready


def declared_in(item: Item) -> dict[str, Declared]:
    """Return an item's declarations made ready, with the variables that every item has."""
    return {**BUILT_IN, **{name: Declared.of(one) for name, one in item.declarations.items()}}


def _made_ready(item: Item) -> Rules:
    missing: list[Missing] = []
    declared = declared_in(item)
    nodes = _response_nodes(item, declared, missing)
    outcome_node = item.root.first("qti-outcome-processing")
    outcome_nodes = outcome_node.elements() if outcome_node is not None else []
    template_nodes = item.template_processing.elements() if item.template_processing is not None else []
    template = _rules(template_nodes, missing)
    response = _rules(nodes, missing)
    outcome = _rules(outcome_nodes, missing)
    processing = item.response_processing
    return Rules(
        item=item,
        declared=declared,
        template=template,
        response=response,
        outcome=outcome,
        missing=tuple(dict.fromkeys((*missing, *_missing_in_body(item)))),
        sets=frozenset(
            one.get("identifier")
            for top in (*nodes, *outcome_nodes)
            for one in (top, *top.below())
            if one.name in ("qti-set-outcome-value", "qti-lookup-outcome-value")
        ),
        template_name=template_name(processing) if processing is not None else "",
    )


def _response_nodes(item: Item, declared: Mapping[str, Declared], missing: list[Missing]) -> list[Node]:
    processing = item.response_processing
    if processing is None:
        return []
    if processing.elements():
        return processing.elements()
    name = template_name(processing)
    if not name:
        address = processing.get("template") or processing.get("template-location")
        if address:
            missing.append(Missing(f"{processing.name} {address[:120]}", processing.line))
        return []
    subject = template_subject(declared)
    if subject not in ("", "RESPONSE"):
        return _template_node(name, subject).elements()
    return _TEMPLATE_NODES[name].elements()


def template_subject(declared: Mapping[str, Declared]) -> str:
    """Return the variable that standard templates speak of: RESPONSE, or the only response under another name."""
    responses = [name for name, one in declared.items() if one.kind == "response" and name not in BUILT_IN]
    if "RESPONSE" in responses:
        return "RESPONSE"
    return responses[0] if len(responses) == 1 else ""


def _missing_in_body(item: Item) -> list[Missing]:
    return [
        Missing((node.get("class") and f"{node.name} {node.get('class')[:60]}") or node.name, node.line)
        for node in item.body.below()
        if node.name.endswith("-interaction") and node.name[:4] == "qti-" and kind_of(node) in ("", "custom")
    ]


def missing_in(item: Item) -> tuple[Missing, ...]:
    """Return what a question uses that the engine lacks, each once, in the order it was met."""
    return rules_of(item).missing


# Runs


def run_rules(rules: list[Rule], run: Run) -> tuple[Missing, ...]:
    """Work through rules; return what stopped them, where it was something the engine lacks."""
    try:
        _do(rules, run)
    except (_Exit, _Again):
        pass
    except Lacking as lack:
        return (lack.missing,)
    except RecursionError:
        return (Missing("rules nested too deep", 0),)
    return ()


def run_template(rules: Rules, run: Run) -> tuple[Missing, ...]:
    """Work through template processing, again while a constraint does not hold; return what stopped it."""
    begun = dict(run.values)
    for _try in range(MOST_TRIES):
        run.values.clear()
        run.values.update(begun)
        run.corrects.clear()
        run.defaults.clear()
        try:
            _do(rules.template, run)
        except _Exit:
            return ()
        except _Again:
            continue
        except Lacking as lack:
            return (lack.missing,)
        return ()
    return ()


def missing_in_rules(node: Node | None) -> tuple[Missing, ...]:
    """Return what the engine lacks in the outcome processing of a test."""
    missing: list[Missing] = []
    _rules(node.elements() if node is not None else [], missing)
    return tuple(dict.fromkeys(missing))


def process_outcomes(
    node: Node | None, declared: Mapping[str, Declared], items: Mapping[str, ItemInTest], *, seed: int = 0
) -> tuple[dict[str, Value], tuple[Missing, ...]]:
    """Return the outcomes of a test after its outcome processing `node`, and what the engine lacked.

    `declared` are the test's outcome variables; rules ask for "ITEM.SCORE" by the keys of `items`.
    """
    values: dict[str, Value] = {name: one.default for name, one in declared.items()}
    missing: list[Missing] = []
    rules = _rules(node.elements(), missing) if node is not None else []
    run = Run(values=values, declared=declared, luck=Luck(seed), test=items)
    stopped = run_rules(rules, run)
    return run.values, tuple(dict.fromkeys((*missing, *stopped)))


def holds(
    node: Node, values: Mapping[str, Value], items: Mapping[str, ItemInTest], *, seed: int = 0
) -> tuple[bool, tuple[Missing, ...]]:
    """Return whether the expression in a precondition or branch rule is true; NULL is not, nor is what the engine lacks."""
    missing: list[Missing] = []
    part = _value_of(node, missing)
    try:
        value = part(Run(values=dict(values), declared={}, luck=Luck(seed), test=items))
    except Lacking as lack:
        return False, (lack.missing,)
    return truth(value), ()
