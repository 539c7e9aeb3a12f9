"""Which places a student sees now, and whether each has an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from headway.core.items.binding import UNKNOWN_UNIT, Bound
from headway.core.items.document import Interaction, Item, kind_of
from headway.core.items.keys import NOT_ASKED, choices_of, count_of, keys_of
from headway.core.items.markup import Node
from headway.core.items.rules.tested import Played
from headway.core.items.rules.values import write_values
from headway.core.shared.errors import gettext_noop

ANSWER_FIRST = gettext_noop("Choose or write an answer first.")
ANSWER_ALL = gettext_noop("Something is still empty. Fill every place, then check.")


def is_shown(node: Node, session: Played) -> bool:
    """Return whether an element is shown, by the outcome or template value it depends on."""
    for attribute, values in (("outcome-identifier", session.outcomes), ("template-identifier", session.templates)):
        name = node.get(attribute)
        if name:
            is_there = node.get("identifier") in write_values(values.get(name))
            if is_there == (node.get("show-hide", "show") == "hide"):
                return False
    return True


def shown_in(node: Node, session: Played) -> Iterator[Node]:
    """Return the interactions that are shown now."""
    for one in node.elements():
        if one.name.startswith("qti-") and not is_shown(one, session):
            continue
        if kind_of(one):
            yield one
        yield from shown_in(one, session)


def spoken_of(item: Item, shown: Sequence[Node], response: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return a response without empty answers to what is hidden: those keep the value they had."""
    if len(shown) == len(item.interactions):
        return response
    seen = {one.get("response-identifier") for one in shown}
    hidden = {one.response for one in item.interactions} - seen
    return {name: values for name, values in response.items() if name not in hidden or any(values)}


def what_is_empty(item: Item, shown: Sequence[Node], bound: Bound, session: Played) -> str:
    """Return the sentence for an answer with something missing in it, "" where all is there."""
    asked = [
        Interaction(kind=kind, response=node.get("response-identifier"), node=node)
        for node in shown
        if (kind := kind_of(node)) not in NOT_ASKED
    ]
    if not asked or any(
        bound.values.get(one.get("response-identifier")) is True for one in shown if kind_of(one) == "end-attempt"
    ):
        return ""
    if bound.problem == UNKNOWN_UNIT:
        return ""
    counts = [len(write_values(bound.values.get(one.response))) or _has_record(one, bound) for one in asked]
    missing = [
        count < _least(item, one, session) or not _has_all(one, bound) for one, count in zip(asked, counts, strict=True)
    ]
    if not any(missing):
        return ""
    return ANSWER_ALL if any(counts) else ANSWER_FIRST


def _has_record(one: Interaction, bound: Bound) -> int:
    return int(isinstance(bound.values.get(one.response), dict))


def _least(item: Item, one: Interaction, session: Played) -> int:
    """Return how many values the student has to give; at least one where nothing is said."""
    node = one.node
    if one.kind in ("order", "graphic-order"):
        if node.get("min-choices") or node.get("max-choices"):
            return max(1, count_of(node, "min-choices", 1))
        return sum(is_shown(choice, session) for choice in choices_of(one))
    name = {
        "match": "min-associations",
        "associate": "min-associations",
        "graphic-associate": "min-associations",
        "gap-match": "min-associations",
        "graphic-gap-match": "min-associations",
        "extended-text": "min-strings",
    }.get(one.kind, "min-choices")
    least = count_of(node, name, 1)
    if least == 0 and name == "min-choices" and _is_nothing_right(item, one, session):
        return 0
    return max(1, least)


def _is_nothing_right(item: Item, one: Interaction, session: Played) -> bool:
    """Return whether to choose nothing may be the right answer: allowed in so many words, and no key says otherwise."""
    return not any(key.get(one.response) for key in keys_of(item, session.corrects, session.templates))


def _has_all(one: Interaction, bound: Bound) -> bool:
    """Return whether each choice was used as often as it has to be, and each required gap is filled."""
    ends = " ".join(write_values(bound.values.get(one.response))).split()
    return all(
        ends.count(node.get("identifier")) >= max(count_of(node, "match-min"), int(node.get("required") == "true"))
        for node in one.node.below(
            "qti-simple-associable-choice", "qti-associable-hotspot", "qti-gap", "qti-gap-text", "qti-gap-img"
        )
        if node.get("match-min") or node.get("required")
    )
