"""What can be told of a question without an answer: its key, how far guessing goes, what kind it is, what it asks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from headway.core.items.binding import Response
from headway.core.items.document import Interaction, Item
from headway.core.items.markup import Node
from headway.core.items.rules.declared import Declared
from headway.core.items.rules.processing import Rules, rules_of
from headway.core.items.rules.values import (
    DirectedPair,
    Pair,
    Single,
    Value,
    read_float,
    read_single,
    singles_of,
    write_single,
)

# Nobody is asked anything in these.
NOT_ASKED = frozenset({"media", "end-attempt"})
# What is given here is read by a person, unless the rules say how to score it.
FREE = frozenset({"extended-text", "upload", "drawing"})
CHOICES = (
    "qti-simple-choice",
    "qti-inline-choice",
    "qti-hottext",
    "qti-hotspot-choice",
    "qti-simple-associable-choice",
    "qti-associable-hotspot",
    "qti-gap-text",
    "qti-gap-img",
    "qti-associable-choice",
)
LONGEST_PROMPT = 300
_PER_WORD = {
    "text-entry": "short_text",
    "extended-text": "long_answer",
    "hottext": "hot_text",
    "inline-choice": "cloze",
}
_NOT_ASKED_IN_WORDS = frozenset(
    {
        "qti-feedback-block",
        "qti-feedback-inline",
        "qti-rubric-block",
        "qti-catalog-info",
        "qti-stylesheet",
        "qti-interaction-markup",
        "qti-interaction-modules",
        "qti-companion-materials-info",
        "math:annotation",
        "math:annotation-xml",
        "script",
        "style",
        *CHOICES,
    }
)
_IN_LINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "label", "q", "samp", "small", "span", "strong",
    "sub", "sup", "var", "qti-printed-variable", "qti-hottext", "qti-template-inline",
})  # fmt: skip


def asked_in(item: Item) -> list[Interaction]:
    """Return the interactions that ask for something."""
    return [one for one in item.interactions if one.kind not in NOT_ASKED]


def choices_of(interaction: Interaction) -> list[Node]:
    """Return what can be chosen, ordered or moved in an interaction, in the document's order."""
    return list(interaction.node.below(*CHOICES))


def count_of(node: Node, name: str, otherwise: int = 0) -> int:
    """Return an attribute that counts something, such as max-choices."""
    number = read_float(node.get(name))
    return int(number) if number is not None and math.isfinite(number) and number >= 0 else otherwise


def kind_word(item: Item) -> str:
    """Return what kind of question it is.

    An everyday kind (one_choice, many_choices, number, short_text, order, match, cloze, hot_text, long_answer), the kind of
    its only interaction, "composite" for several kinds, "none" where nothing is asked.
    """
    asked = asked_in(item)
    if not asked:
        return "none"
    kinds = {one.kind for one in asked}
    if len(asked) > 1:
        if kinds <= {"text-entry", "inline-choice"}:
            return "cloze"
        is_one_stage = kinds == {"position-object"} and len({one.response for one in asked}) == 1
        return "position-object" if is_one_stage else "composite"
    (only,) = asked
    declared = item.declarations.get(only.response)
    if only.kind == "choice":
        is_single = declared.cardinality == "single" if declared else count_of(only.node, "max-choices", 1) == 1
        return "one_choice" if is_single else "many_choices"
    if only.kind == "text-entry" and declared is not None and declared.base_type in ("integer", "float"):
        return "number"
    return _PER_WORD.get(only.kind, only.kind)


def prompt_of(item: Item) -> str:
    """Return what is asked as plain words on one line, at most `LONGEST_PROMPT` signs; places to fill are "___"."""
    # Everyday questions keep what is asked apart from the field to fill in.
    asked = next((one for one in item.body.elements("div") if one.get("class") == "prompt"), item.body)
    words = " ".join("".join(_words(asked)).split()).replace(" .", ".").replace(" ,", ",")
    if len(words) <= LONGEST_PROMPT:
        return words or item.title[:LONGEST_PROMPT]
    return words[: LONGEST_PROMPT - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _words(node: Node) -> Iterator[str]:
    for one in node.children:
        if isinstance(one, str):
            yield one
        elif one.name in ("qti-text-entry-interaction", "qti-inline-choice-interaction", "qti-gap"):
            yield " ___ "
        elif one.name == "qti-printed-variable":
            yield "…"
        elif one.name == "img":
            yield f" {one.get('alt')} "
        elif one.name == "qti-hottext":
            yield one.text
        elif one.name not in _NOT_ASKED_IN_WORDS and one.get("class") != "passage":
            edge = "" if one.name in _IN_LINE or one.name.startswith("math:") else " "
            yield edge
            yield from _words(one)
            yield edge


# The key


def has_whole_key(item: Item, corrects: Mapping[str, Value]) -> bool:
    """Return whether a right answer is declared for every place that asks for one."""
    rules = rules_of(item)
    asked = [one.response for one in asked_in(item)]
    return bool(asked) and all(
        name in rules.declared and corrects.get(name, rules.declared[name].correct) is not None for name in asked
    )


def keys_of(item: Item, corrects: Mapping[str, Value], templates: Mapping[str, Value]) -> list[Response]:
    """Return answers that may be the best: the declared key first, then what the mappings are worth most for.

    `corrects` and `templates` are those of a session: what its templates chose.
    """
    rules = rules_of(item)
    first: Response = {}
    second: Response = {}
    for declaration in item.responses:
        name = declaration.identifier
        declared = rules.declared[name]
        correct = corrects.get(name, declared.correct)
        places = [one for one in item.interactions if one.response == name]
        if places and all(one.kind in NOT_ASKED for one in places):
            continue
        mapped = _best_mapped(declared, places)
        if correct is not None:
            first[name] = _written(correct)
        else:
            first[name] = mapped or _told_by_rules(rules, declared, templates)[: _most(declared, places)]
        second[name] = mapped or first[name]
    return [first] if first == second else [first, second]


def _told_by_rules(rules: Rules, declared: Declared, templates: Mapping[str, Value]) -> list[str]:
    texts = list(rules.compared.get(declared.identifier, ()))
    for name in rules.compared_with.get(declared.identifier, ()):
        texts.extend(_written(templates.get(name)))
    return [text for text in texts if read_single(declared.base_type, text) is not None]


def _most(declared: Declared, places: list[Interaction]) -> int:
    if declared.cardinality == "single":
        return 1
    return max((count_of(one.node, "max-choices") for one in places), default=0) or 50


def _written(value: Value) -> list[str]:
    if isinstance(value, dict):
        text = value.get("stringValue", value.get("floatValue"))
        return [write_single(one) for one in singles_of(text)]
    return [_plain_number(one) for one in singles_of(value)]


def _plain_number(value: Single) -> str:
    if isinstance(value, float) and math.isfinite(value):
        text = f"{Decimal(repr(value)):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return write_single(value)


def _best_mapped(declared: Declared, places: list[Interaction]) -> list[str]:
    if declared.areas is not None:
        points = declared.areas.best_points()
        return [write_single(one) for one in points[: _most(declared, places)]]
    if declared.map is None:
        return []
    best = sorted((entry for entry in declared.map.entries if entry[1] > 0), key=lambda entry: -entry[1])
    most = _most(declared, places)
    if places and places[0].kind not in ("choice", "hottext", "hotspot"):
        most = max((count_of(one.node, "max-associations") for one in places), default=0) or most
    left = _uses_left(places)
    used: Counter[str] = Counter()
    found: list[Single] = []
    for key, _worth, _case in best:
        ends = tuple(key) if isinstance(key, Pair | DirectedPair) else ()
        if any(used[end] >= left.get(end, 1 << 30) for end in ends):
            continue
        used.update(ends)
        found.append(key)
        if len(found) >= most:
            break
    return [_plain_number(one) for one in found]


def _uses_left(places: Iterable[Interaction]) -> dict[str, int]:
    """Return how often each choice and each gap of a match may be used."""
    return {
        node.get("identifier"): count_of(node, "match-max", 1) or 1 << 30
        for place in places
        for node in (*choices_of(place), *place.node.below("qti-gap"))
    }


# Guessing


def guess_chance(item: Item) -> float:
    """Return the chance of a right answer by guessing: 1 of n for one choice, next to nothing where one writes."""
    asked = asked_in(item)
    if not asked:
        return 0.0
    return math.prod(_guess_one(item, one) for one in asked)


def _guess_one(item: Item, one: Interaction) -> float:
    count = len(choices_of(one))
    declared = item.declarations.get(one.response)
    if one.kind in ("choice", "inline-choice", "hottext", "hotspot"):
        if count == 0:
            return 0.0
        is_single = declared is None or declared.cardinality == "single" or count_of(one.node, "max-choices") == 1
        return 1.0 / count if is_single else 1.0 / float(2 ** min(count, 1000) - 1)
    if one.kind in ("order", "graphic-order"):
        return 1.0 / math.factorial(min(count, 100)) if count else 0.0
    if one.kind in ("match", "gap-match", "graphic-gap-match"):
        goals, sources = _goals_and_sources(one)
        # An expert guesser uses each choice once.
        return 1.0 / math.perm(max(goals, sources), min(goals, sources)) if 0 < goals < 100 and sources < 100 else 0.0
    if one.kind in ("associate", "graphic-associate"):
        pairs = count * (count - 1) // 2
        return 1.0 / pairs if pairs else 0.0
    if one.kind == "slider":
        low, high = read_float(one.node.get("lower-bound")), read_float(one.node.get("upper-bound"))
        step = read_float(one.node.get("step")) or 1.0
        if low is None or high is None or high <= low or step <= 0:
            return 0.0
        return 1.0 / (math.floor((high - low) / step) + 1)
    return 0.0


def _goals_and_sources(one: Interaction) -> tuple[int, int]:
    if one.kind == "match":
        sets = [len(each.elements("qti-simple-associable-choice")) for each in one.node.below("qti-simple-match-set")]
        return (sets[1], sets[0]) if len(sets) == 2 else (0, 0)
    sources = sum(1 for each in one.node.below("qti-gap-text", "qti-gap-img"))
    return sum(1 for each in one.node.below("qti-gap", "qti-associable-hotspot")), sources
