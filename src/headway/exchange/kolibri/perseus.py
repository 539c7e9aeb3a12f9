r"""Khan Academy's Perseus questions as plain questions: text with $formulas$ and places to answer like [[☃ radio 1]].

What can be asked in words becomes a question; what needs a picture, a graph to move or a table to fill is named with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from headway.core.items.numbers import read_number
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import NEEDS_A_PICTURE, CannotBeAsked, ask_for_gaps, listed, proved
from headway.exchange.shared.latex import formula_as_text, maths_as_typed

Json = dict[str, Any]

UNKNOWN_WIDGET = gettext_noop(
    "Is answered with something that is not known here yet, such as a graph to move or a table to fill."
)
NO_KEY = gettext_noop("Says nowhere which answer is right.")
NO_QUESTION = gettext_noop("Asks nothing: it has no words.")
NOT_PERSEUS = gettext_noop("Is no question in Perseus’s form.")
TOO_MANY_ANSWERS = gettext_noop("Has several right answers that are not the same.")

LONGEST_HINT, MOST_HINTS = 900, 8
_PLACE = re.compile(r"\[\[\s*☃\s*([\w-]+ \d+)\s*\]\]")
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_FORMULA = re.compile(r"(?<!\\)\$((?:[^$\\]|\\.){1,1000}?)\$", re.DOTALL)
# Colours and sizes that only dress a formula.
_DRESS = re.compile(
    r"\\(?:(?:kaB|b)lue|(?:kaG|g)reen|red|purple|pink|gold|teal|maroon|gray|orange|large|Large|LARGE|huge|Huge|small|tiny|"
    r"displaystyle|mathop|color(?=\{))[A-F]?(?=[\s{\\]|$)"
)
_NUMBERS = ("numeric-input", "input-number")
_SHOWN_ONLY = ("image", "passage", "explanation", "definition", "passage-ref", "video", "iframe")


def question(item: object, *, ident: str, language: str = "en") -> Json:
    """Return the question that a Perseus item asks, in the plain form of headway.core.items.plain.

    Raises CannotBeAsked with the reason where it cannot be asked or marked fairly in words.
    """
    asked = item.get("question") if isinstance(item, dict) else None
    if not isinstance(asked, dict) or not isinstance(asked.get("content"), str):
        raise CannotBeAsked(NOT_PERSEUS)
    content = asked["content"]
    widgets = _object(asked.get("widgets"))
    places = [name for name in dict.fromkeys(_PLACE.findall(content)) if isinstance(widgets.get(name), dict)]
    kinds = {name: str(widgets[name].get("type") or name.rsplit(" ", 1)[0]) for name in places}
    if _PICTURE.search(content) or "image" in kinds.values():
        raise CannotBeAsked(NEEDS_A_PICTURE)
    if any(kind in ("passage", "iframe", "video") for kind in kinds.values()):
        raise CannotBeAsked(UNKNOWN_WIDGET)
    asking = [name for name in places if kinds[name] not in _SHOWN_ONLY]
    if not asking:
        raise CannotBeAsked(NO_QUESTION)
    document = _document(content, asking, kinds, widgets, language)
    if not str(document["prompt"]).strip():
        raise CannotBeAsked(NO_QUESTION)
    hints = _hints(item if isinstance(item, dict) else {})
    return proved({"id": ident, "language": language, **document, **({"hints": hints} if hints else {})})


def _document(
    content: str, asking: Sequence[str], kinds: Mapping[str, str], widgets: Mapping[str, Any], language: str
) -> Json:
    if len(asking) == 1:
        name = asking[0]
        options = _object(widgets[name].get("options"))
        kind = kinds[name]
        if kind in _NUMBERS and _stands_inside(content, name):
            # 3 + [ ] = 5: the place to answer is part of the sentence.
            return _gaps(content, asking, kinds, widgets, language)
        prompt = words(_PLACE.sub(" ", content))
        read = {
            "radio": _radio,
            "expression": _expression,
            "matcher": _matcher,
            "sorter": _sorter,
            "categorizer": _categorizer,
        }
        if kind in _NUMBERS:
            return {"prompt": prompt, **_number(kind, options)}
        if kind in read:
            return {"prompt": prompt, **read[kind](options)}
    if all(kinds[name] in (*_NUMBERS, "dropdown") for name in asking):
        return _gaps(content, asking, kinds, widgets, language)
    raise CannotBeAsked(UNKNOWN_WIDGET)


def _stands_inside(content: str, name: str) -> bool:
    for line in content.splitlines():
        found = re.search(rf"\[\[\s*☃\s*{re.escape(name)}\s*\]\]", line)
        if found:
            return bool(re.search(r"[^\s*_.:]", line[: found.start()] + line[found.end() :]))
    return False


def _radio(options: Mapping[str, Any]) -> Json:
    choices = [one for one in listed(options.get("choices")) if isinstance(one, dict)]
    if any(_PICTURE.search(str(one.get("content", ""))) or one.get("isNoneOfTheAbove") for one in choices):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    right = sum(1 for one in choices if one.get("correct"))
    if not right:
        raise CannotBeAsked(NO_KEY)
    texts = [words(str(one.get("content", ""))) for one in choices]
    if len(texts) < 2 or not all(texts) or len(set(texts)) != len(texts):
        raise CannotBeAsked(UNKNOWN_WIDGET)
    return {
        "kind": "many_choices" if options.get("multipleSelect") or right > 1 else "one_choice",
        "choices": [
            {"id": str(number), "text": text, **({"right": True} if one.get("correct") else {})}
            for number, (one, text) in enumerate(zip(choices, texts, strict=True))
        ],
    }


def _number(kind: str, options: Mapping[str, Any]) -> Json:
    if kind == "input-number":
        answers: list[Any] = [options.get("value")]
        error = options.get("maxError") if options.get("inexact") else 0
        if options.get("answerType") == "percent":
            raise CannotBeAsked(UNKNOWN_WIDGET)
    else:
        right = [
            one for one in listed(options.get("answers")) if isinstance(one, dict) and one.get("status") == "correct"
        ]
        answers = [one.get("value") for one in right]
        error = next((one.get("maxError") for one in right), 0)
    values = set()
    for answer in answers:
        found = read_number(str(answer)) if answer is not None else None
        if found is None or found[1]:
            raise CannotBeAsked(NO_KEY)
        values.add(float(found[0]))
    if len(values) != 1:
        raise CannotBeAsked(TOO_MANY_ANSWERS if values else NO_KEY)
    tolerance = float(error) if isinstance(error, int | float) and 0 < float(error) < 1e9 else 0.0
    return {"kind": "number", "answer": values.pop(), **({"tolerance": tolerance} if tolerance else {})}


def _expression(options: Mapping[str, Any]) -> Json:
    forms = [one for one in listed(options.get("answerForms")) if isinstance(one, dict)]
    right = [str(one.get("value", "")) for one in forms if one.get("considered", "correct") == "correct"]
    accepted = list(dict.fromkeys(maths_as_typed(form) for form in right if 0 < len(form) <= 200))
    if not accepted or any(re.search(r"[<>=∫∑√]|\\", form) or len(form) > 100 for form in accepted):
        raise CannotBeAsked(UNKNOWN_WIDGET)
    return {"kind": "short_text", "compare": "algebra", "accepted": accepted}


def _matcher(options: Mapping[str, Any]) -> Json:
    left, right = listed(options.get("left")), listed(options.get("right"))
    if len(left) != len(right) or any(_PICTURE.search(str(one)) for one in (*left, *right)):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    return {
        "kind": "match",
        "pairs": [{"left": words(str(a)), "right": words(str(b))} for a, b in zip(left, right, strict=True)],
    }


def _sorter(options: Mapping[str, Any]) -> Json:
    parts = [str(one) for one in listed(options.get("correct"))]
    if any(_PICTURE.search(one) for one in parts):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    texts = [words(one) for one in parts]
    if len(texts) < 2 or len(set(texts)) != len(texts):
        raise CannotBeAsked(UNKNOWN_WIDGET)
    return {"kind": "order", "parts": texts}


def _categorizer(options: Mapping[str, Any]) -> Json:
    items, categories, values = (listed(options.get(name)) for name in ("items", "categories", "values"))
    if len(items) != len(values) or any(_PICTURE.search(str(one)) for one in (*items, *categories)):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    try:
        pairs = [
            {"left": words(str(one)), "right": words(str(categories[place]))}
            for one, place in zip(items, values, strict=True)
        ]
    except (IndexError, TypeError) as problem:
        raise CannotBeAsked(NO_KEY) from problem
    extra = [text for one in categories if (text := words(str(one))) not in {pair["right"] for pair in pairs}]
    return {"kind": "match", "pairs": pairs, **({"extra": extra} if extra else {})}


def _gaps(
    content: str, asking: Sequence[str], kinds: Mapping[str, str], widgets: Mapping[str, Any], language: str
) -> Json:
    gaps: dict[str, Json] = {}
    keys: dict[str, str] = {}
    for number, name in enumerate(asking, start=1):
        options = _object(widgets[name].get("options"))
        keys[name] = f"\x02{number}\x03"
        if kinds[name] == "dropdown":
            choices = [one for one in listed(options.get("choices")) if isinstance(one, dict)]
            right = [words(str(one.get("content", ""))) for one in choices if one.get("correct")]
            texts = [words(str(one.get("content", ""))) for one in choices]
            if len(right) != 1 or not all(texts):
                raise CannotBeAsked(NO_KEY)
            gaps[str(number)] = {"choices": list(dict.fromkeys(texts)), "right": right[0]}
            continue
        value = _number(kinds[name], options)
        if value.get("tolerance"):
            raise CannotBeAsked(UNKNOWN_WIDGET)
        answer = f"{value['answer']:.12g}"
        gaps[str(number)] = {"accepted": [answer]}
    for name in asking:
        if len(re.findall(rf"\[\[\s*☃\s*{re.escape(name)}\s*\]\]", content)) != 1:
            raise CannotBeAsked(UNKNOWN_WIDGET)
    marked = _PLACE.sub(lambda found: keys.get(found[1], ""), content)
    text = words(marked).replace("[[", "[").replace("\x02", "[[").replace("\x03", "]]")
    return {"kind": "cloze", "prompt": ask_for_gaps(language), "text": text, "gaps": gaps}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _hints(item: Mapping[str, Any]) -> list[str]:
    hints = []
    for one in listed(item.get("hints"))[:MOST_HINTS]:
        content = one.get("content") if isinstance(one, dict) else None
        if isinstance(content, str) and not _PICTURE.search(content) and not _PLACE.search(content):
            text = words(content)[:LONGEST_HINT].strip()
            if text:
                hints.append(text)
    return hints


def words(markdown: str) -> str:
    """Return Perseus's text as one reads it: formulas as text, no stars, pictures by their description."""
    text = _PICTURE.sub(lambda found: f" {found[1]} ", markdown)
    text = _FORMULA.sub(lambda found: formula_as_text(_DRESS.sub("", found[1])), text)
    text = re.sub(r"\[([^\]\[]+)\]\(https?://[^)]*\)", r"\1", text.replace(r"\$", "$"))
    text = re.sub(r"^[#>]{1,6}\s*", "", text.replace("~", " "), flags=re.MULTILINE)
    text = re.sub(r"\*\*(.{1,2000}?)\*\*", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"(?<![\w*])\*(?=\S)([^*\n]{1,500})(?<=\S)\*(?![\w*])", r"\1", text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def shown(item: object) -> str:
    """Return the words of a Perseus item without its places to answer, for search and for paper."""
    asked = item.get("question") if isinstance(item, dict) else None
    content = asked.get("content") if isinstance(asked, dict) else None
    return words(_PLACE.sub(" ___ ", content)) if isinstance(content, str) else ""
