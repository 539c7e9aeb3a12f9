"""Nine everyday kinds of question in a plain form, written as QTI 3 with standard rules, and read back.

The plain form is a mapping. Every kind has `id, kind, language, title, prompt, passage, picture, hints, example, right,
wrong`; then
- one_choice, many_choices: `choices` of `id, text, right, feedback`
- hot_text: `pieces` of the same, and `choose`, the most that may be chosen
- number: `answer, tolerance, unit, units` (how many of the unit one of each is), `foreseen` of `text, feedback`
- short_text: `accepted, compare` ("words", "exact", "algebra"), `accents`, `foreseen`
- order: `parts` in the right order · match: `pairs` of `left, right`, and `extra` · cloze: `text` with [[KEY]], `gaps` by
  key with `accepted` and, where one chooses, `choices`
- long_answer: `lines, rubric, sample`
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from headway.core.items import plain_nodes as nodes
from headway.core.items.document import Item, ItemInvalid, parse_item
from headway.core.items.markup import Node, write_document
from headway.core.items.numbers import read_number
from headway.core.items.plain_nodes import ANSWER, EXAMPLE, HINT
from headway.core.shared.errors import gettext_noop

KINDS = (
    "one_choice",
    "many_choices",
    "number",
    "short_text",
    "order",
    "match",
    "cloze",
    "hot_text",
    "long_answer",
)
COMPARISONS = ("words", "exact", "algebra")

MISSING = gettext_noop("Question {id}: “{field}” is missing. Add it and try again.")
UNKNOWN_KIND = gettext_noop("Question {id}: the kind “{kind}” is not known here.")
NO_RIGHT = gettext_noop("Question {id}: no right answer is marked.")
BAD_GAPS = gettext_noop("Question {id}: the gaps in the text and the answers to them do not agree.")
NOT_A_NUMBER = gettext_noop("Question {id}: “{field}” has to be a number, not “{value}”.")

_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GAP = re.compile(r"\[\[([^\[\]]+)\]\]")


# The plain form, made regular


def _paragraphs(value: object) -> str:
    """Return text as it can stand in a document: no control signs, no more than one empty line between paragraphs."""
    lines = _UNWRITABLE.sub("", str(value or "").replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()


def _lines(value: object) -> str:
    return re.sub(r"\n+", "\n", _paragraphs(value))


def _line(value: object) -> str:
    return " ".join(_paragraphs(value).split())


def _list(value: Any, tidy: Callable[[object], str]) -> list[str]:
    rows = [value] if isinstance(value, str | int | float) else list(value or ())
    return [text for row in rows if (text := tidy(row if row != 0 else "0"))]


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def by_alphabet(texts: Iterable[str]) -> list[str]:
    """Return texts in an order that tells nothing about the key."""
    return sorted(texts, key=lambda text: (text.casefold(), text))


def _need(raw: Mapping[str, Any], name: str, *, of: Mapping[str, Any]) -> Any:
    if raw.get(name) in (None, "", [], (), {}):
        raise ItemInvalid(MISSING, id=of.get("id") or "?", field=name)
    return raw[name]


def _number(raw: Mapping[str, Any], name: str, default: float | None = None) -> float:
    given = raw.get(name)
    if given in (None, ""):
        if default is None:
            raise ItemInvalid(MISSING, id=raw.get("id") or "?", field=name)
        return default
    value = _float(given)
    if value is None:
        raise ItemInvalid(NOT_A_NUMBER, id=raw.get("id") or "?", field=name, value=str(given)[:40])
    return value


def _float(given: object) -> float | None:
    try:
        value = float(str(given))
    except ValueError:
        found = read_number(str(given))
        value = float(found[0]) if found and not found[1] else math.nan
    return value + 0.0 if math.isfinite(value) else None  # no negative zero


def _identifiers(given: Sequence[str], texts: Sequence[str], letter: str) -> list[str]:
    """Return an identifier for each text: the given one where QTI allows it, else one by the place in the alphabet."""
    taken: set[str] = set()
    found: list[str] = []
    for wanted in given:
        name = re.sub(r"[^A-Za-z0-9_-]", "-", wanted)
        name = name if not name or re.match(r"[A-Za-z_]", name) else f"{letter}{name}"
        fresh, number = name, 2
        while fresh and fresh in taken:
            fresh, number = f"{name}-{number}", number + 1
        taken.add(fresh)
        found.append(fresh)
    free = (name for number in range(len(texts) + len(taken) + 27) if (name := _letter(number, letter)) not in taken)
    nameless = [place for place, name in enumerate(found) if not name]
    for place in sorted(nameless, key=lambda place: (texts[place].casefold(), texts[place], place)):
        found[place] = next(free)
    return found


def _letter(number: int, letter: str) -> str:
    return chr(ord("A") + number) if number < 26 else f"{letter}{number + 1}"


def _choices(raw: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = list(_need(raw, name, of=raw))
    texts = [_lines(row.get("text")) for row in rows]
    if not all(texts):
        raise ItemInvalid(MISSING, id=raw.get("id") or "?", field="text")
    if not any(row.get("right") for row in rows):
        raise ItemInvalid(NO_RIGHT, id=raw.get("id") or "?")
    # The pieces of a text stand in their place anyway.
    ranked = texts if name == "choices" else [f"{place:06}" for place in range(len(texts))]
    identifiers = _identifiers([str(row.get("id") or "") for row in rows], ranked, "C")
    return [
        {
            "id": identifier,
            "text": text,
            "right": bool(row.get("right")),
            "feedback": _paragraphs(row.get("feedback")),
        }
        for identifier, text, row in zip(identifiers, texts, rows, strict=True)
    ]


def _foreseen(raw: Mapping[str, Any], tidy: Callable[[object], str], *, right: Iterable[str]) -> list[dict[str, str]]:
    rows = {
        text: _paragraphs(row.get("feedback"))
        for row in raw.get("foreseen") or ()
        if (text := tidy(row.get("text"))) and _paragraphs(row.get("feedback"))
    }
    return [{"text": text, "feedback": told} for text, told in rows.items() if text not in set(right)]


def _as_number(given: object) -> str:
    value = _float(given)
    return "" if value is None else nodes.written(value)


def _unit_name(name: object) -> str:
    # In the document a unit's words are joined by “_”, and “:” ends its name.
    return _line(str(name or "").replace("_", " ").replace(":", " "))


def _number_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    answer, unit = _number(raw, "answer"), _unit_name(raw.get("unit"))
    units = {unit: 1.0} if unit else {}
    for name in raw.get("units") or {} if unit else {}:
        if _unit_name(name) not in ("", unit):
            units[_unit_name(name)] = _number(raw["units"], name, 1.0)
    return {
        "answer": answer,
        "tolerance": abs(_number(raw, "tolerance", 0.0)),
        "unit": unit,
        "units": units,
        "foreseen": _foreseen(raw, _as_number, right=[nodes.written(answer)]),
    }


def _short_text_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    accepted = _once(_list(raw.get("accepted"), _line))
    _need({"accepted": accepted}, "accepted", of=raw)
    compare = str(raw.get("compare") or "words")
    return {
        "accepted": accepted,
        "compare": compare if compare in COMPARISONS else "words",
        "accents": bool(raw.get("accents")),
        "foreseen": _foreseen(raw, _line, right=accepted),
    }


def _match_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [{"left": _lines(row.get("left")), "right": _lines(row.get("right"))} for row in raw.get("pairs") or ()]
    _need({"pairs": pairs}, "pairs", of=raw)
    for pair in pairs:
        _need(pair, "left", of=raw)
        _need(pair, "right", of=raw)
    rights = {pair["right"] for pair in pairs}
    return {"pairs": pairs, "extra": by_alphabet(set(_list(raw.get("extra"), _lines)) - rights)}


def _cloze_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    text, rows = _paragraphs(_need(raw, "text", of=raw)), dict(_need(raw, "gaps", of=raw))
    in_text = _GAP.findall(text)
    asked = {str(key): row for key, row in rows.items()}
    if sorted(in_text) != sorted(asked) or text.count("[[") != len(in_text):
        raise ItemInvalid(BAD_GAPS, id=raw.get("id") or "?")
    names = dict(zip(in_text, _identifiers([f"g{key}" for key in in_text], in_text, "g"), strict=True))
    gaps = {}
    for key in in_text:
        row = asked[key]
        choices = by_alphabet(set(_list(row.get("choices"), _line)))
        accepted = _once(_list(row.get("accepted"), _line) or _list(row.get("right"), _line))
        if choices:
            wanted = {one.casefold() for one in accepted}
            accepted = [one for one in choices if one.casefold() in wanted]
        if not accepted:
            raise ItemInvalid(NO_RIGHT, id=raw.get("id") or "?")
        gaps[names[key][1:]] = {"accepted": accepted, "choices": choices}
    return {"text": _GAP.sub(lambda found: f"[[{names[found[1]][1:]}]]", text), "gaps": gaps}


def _long_answer_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lines": max(1, int(_number(raw, "lines", 4.0))),
        "rubric": _list(raw.get("rubric"), _lines),
        "sample": _paragraphs(raw.get("sample")),
    }


def _order_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    parts = _list(raw.get("parts"), _lines)
    return {"parts": _need({"parts": parts}, "parts", of=raw)}


_FACTS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "one_choice": lambda raw: {"choices": _choices(raw, "choices")},
    "many_choices": lambda raw: {"choices": _choices(raw, "choices")},
    "hot_text": lambda raw: {
        "pieces": _choices(raw, "pieces"),
        "choose": max(0, int(_number(raw, "choose", 1.0))),
    },
    "number": _number_facts,
    "short_text": _short_text_facts,
    "order": _order_facts,
    "match": _match_facts,
    "cloze": _cloze_facts,
    "long_answer": _long_answer_facts,
}


def normal_form(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain form with every key of its kind and nothing else, as `read_plain` gives it.

    Texts lose what a document cannot hold (control signs, outer spaces); choices get identifiers that QTI allows.
    Raises ItemInvalid with a sentence that names the question and what is missing.
    """
    kind = str(raw.get("kind", ""))
    if kind not in KINDS:
        raise ItemInvalid(UNKNOWN_KIND, id=raw.get("id") or "?", kind=kind)
    facts = _FACTS[kind](raw)
    prompt = _paragraphs(raw.get("prompt"))
    _need({"prompt": prompt}, "prompt", of=raw)
    title, picture = _line(raw.get("title")), raw.get("picture") or {}
    return {
        "id": _line(_need(raw, "id", of=raw)),
        "kind": kind,
        "language": _line(raw.get("language")) or "en",
        "title": "" if title == nodes.title_of(prompt) else title,
        "prompt": prompt,
        "passage": _paragraphs(raw.get("passage")),
        "picture": {"path": _line(picture["path"]), "alt": _line(picture.get("alt"))} if picture.get("path") else None,
        "hints": _list(raw.get("hints"), _paragraphs),
        "example": _paragraphs(raw.get("example")),
        "right": _paragraphs(raw.get("right")),
        "wrong": _paragraphs(raw.get("wrong")),
        **facts,
    }


# Written


def write_plain(raw: Mapping[str, Any]) -> str:
    """Return a plain form as a document of QTI 3, with standard rules only.

    Raises ItemInvalid with a sentence that names the question and what is missing.
    """
    return write_document(nodes.document_of(normal_form(raw)))


# Read back


class _Richer(Exception):
    """The document holds something that the plain form has no place for."""


def read_plain(item: Item) -> dict[str, Any] | None:
    """Return the plain form of a question, or None where the document holds more than it could keep.

    A form is only returned if it would be written as the same document again, so editing it loses nothing.
    """
    try:
        found = _read(item)
        again = parse_item(write_plain(found))
    except (_Richer, ItemInvalid, ValueError, KeyError):
        return None
    return normal_form(found) if again.root == item.root else None


def _only(node: Node, *names: str) -> Node:
    found = list(node.below(*names))
    if len(found) != 1:
        raise _Richer
    return found[0]


def _told(item: Item) -> dict[str, str]:
    return {one.get("identifier"): nodes.text_of(one) for one in item.modal_feedbacks}


def _of_class(body: Node, name: str, css: str) -> Node | None:
    return next((one for one in body.elements(name) if one.get("class") == css), None)


def _read(item: Item) -> dict[str, Any]:
    kinds = {one.kind for one in item.interactions}
    if not kinds or not kinds <= set(_READERS):
        raise _Richer
    told = _told(item)
    facts = _READERS[item.interactions[0].kind](item, told)
    prompt = next(item.body.below("qti-prompt"), None) or _of_class(item.body, "div", "prompt")
    passage = _of_class(item.body, "div", "passage")
    picture = next(item.body.below("img"), None)
    title = item.title
    return {
        "id": item.identifier,
        "language": item.language,
        "title": title,
        "prompt": nodes.text_of(prompt) if prompt else "",
        "passage": nodes.text_of(passage) if passage else "",
        "picture": {"path": picture.get("src"), "alt": picture.get("alt")} if picture else None,
        "hints": hints_of(item),
        "example": worked_example_of(item),
        "right": told.get("right", ""),
        "wrong": told.get("wrong", ""),
        **facts,
    }


def _mapping(item: Item, response: str) -> dict[str, float]:
    declared = item.declarations.get(response)
    if declared is None:
        raise _Richer
    return {one.get("map-key"): float(one.get("mapped-value")) for one in declared.node.below("qti-map-entry")}


def _correct(item: Item, response: str) -> list[str]:
    declared = item.declarations.get(response)
    correct = declared.node.first("qti-correct-response") if declared else None
    return [one.text for one in correct.elements("qti-value")] if correct else []


def _read_choices(item: Item, told: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    right = {key for key, value in _mapping(item, ANSWER).items() if value > 0}
    return [
        {
            "id": one.get("identifier"),
            "text": nodes.text_of(one),
            "right": one.get("identifier") in right,
            "feedback": told.get(nodes.choice_feedback(one.get("identifier")), ""),
        }
        for one in item.body.below(name)
    ]


def _read_choice(item: Item, told: Mapping[str, str]) -> dict[str, Any]:
    is_one = item.declarations[ANSWER].cardinality == "single"
    return {
        "kind": "one_choice" if is_one else "many_choices",
        "choices": _read_choices(item, told, "qti-simple-choice"),
    }


def _read_hot_text(item: Item, told: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "hot_text",
        "pieces": _read_choices(item, told, "qti-hottext"),
        "choose": int(item.interactions[0].node.get("max-choices")),
    }


def _read_typed(item: Item, told: Mapping[str, str]) -> dict[str, Any]:
    if any(one.response != ANSWER for one in item.interactions):
        return _read_cloze(item, told)
    entry = item.interactions[0].node
    if item.declarations[ANSWER].base_type == "float":
        return _read_number(item, entry, told)
    values = _mapping(item, ANSWER)
    foreseen = [key for key, value in values.items() if value <= 0]
    return {
        "kind": "short_text",
        "accepted": [key for key, value in values.items() if value > 0],
        "compare": entry.get("data-headway-compare"),
        "accents": entry.get("data-headway-accents") == "true",
        "foreseen": _read_foreseen(foreseen, told),
    }


def _read_foreseen(texts: Sequence[str], told: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"text": text, "feedback": told.get(nodes.foreseen_feedback(number), "")} for number, text in enumerate(texts)
    ]


def _read_number(item: Item, entry: Node, told: Mapping[str, str]) -> dict[str, Any]:
    rules = list(item.response_processing.below("qti-equal")) if item.response_processing else []
    if not rules:
        raise _Richer
    units = {
        name.replace("_", " "): float(times)
        for name, times in (one.rsplit(":", 1) for one in entry.get("data-headway-units").split())
    }
    return {
        "kind": "number",
        "answer": float(_correct(item, ANSWER)[0]) if _correct(item, ANSWER) else None,
        "tolerance": float(rules[0].get("tolerance", "0").split(" ")[0]),
        "unit": next(iter(units), ""),
        "units": units,
        "foreseen": _read_foreseen([_only(rule, "qti-base-value").text for rule in rules[1:]], told),
    }


def _read_cloze(item: Item, _told: Mapping[str, str]) -> dict[str, Any]:
    gaps, holder = {}, _of_class(item.body, "div", "cloze")
    if holder is None:
        raise _Richer
    for one in item.interactions:
        right = [key for key, value in _mapping(item, one.response).items() if value > 0]
        choices = {row.get("identifier"): row.words for row in one.node.below("qti-inline-choice")}
        gaps[one.response.removeprefix("gap-")] = {
            "accepted": [choices[key] for key in right] if choices else right,
            "choices": list(choices.values()),
        }
    return {"kind": "cloze", "text": nodes.text_of(holder), "gaps": gaps}


def _read_order(item: Item, _told: Mapping[str, str]) -> dict[str, Any]:
    texts = {one.get("identifier"): nodes.text_of(one) for one in item.body.below("qti-simple-choice")}
    return {"kind": "order", "parts": [texts[key] for key in _correct(item, ANSWER)]}


def _read_match(item: Item, _told: Mapping[str, str]) -> dict[str, Any]:
    sets = list(item.body.below("qti-simple-match-set"))
    if len(sets) != 2:
        raise _Richer
    lefts, rights = ({one.get("identifier"): nodes.text_of(one) for one in half.elements()} for half in sets)
    partner = dict(pair.split(" ", 1) for pair in _correct(item, ANSWER))
    return {
        "kind": "match",
        "pairs": [{"left": text, "right": rights[partner[key]]} for key, text in lefts.items()],
        "extra": [text for key, text in rights.items() if key not in partner.values()],
    }


def _read_long_answer(item: Item, _told: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "long_answer",
        "lines": float(item.interactions[0].node.get("expected-lines")),
        "rubric": [nodes.text_of(one) for block in item.body.elements("qti-rubric-block") for one in block.below("li")],
        "sample": "".join(_correct(item, ANSWER)),
    }


_READERS: dict[str, Callable[[Item, Mapping[str, str]], dict[str, Any]]] = {
    "choice": _read_choice,
    "hottext": _read_hot_text,
    "text-entry": _read_typed,
    "inline-choice": _read_cloze,
    "order": _read_order,
    "match": _read_match,
    "extended-text": _read_long_answer,
}


# Help that a document carries


def _cards(item: Item, support: str) -> list[str]:
    catalog = item.catalogs.get(nodes.HELP_CATALOG)
    cards = catalog.elements("qti-card") if catalog else []
    return [text for card in cards if card.get("support") == support and (text := nodes.text_of(card))]


def hints_of(item: Item) -> tuple[str, ...]:
    """Return the hints a question carries, in steps."""
    return tuple(_cards(item, HINT))


def worked_example_of(item: Item) -> str:
    """Return the worked example a question carries, "" where it has none."""
    return "\n\n".join(_cards(item, EXAMPLE))
