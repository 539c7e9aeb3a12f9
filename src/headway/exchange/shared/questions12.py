"""Questions in QTI 1.2, the dialect inside cartridges of Canvas, Blackboard, Moodle and others.

What fits a question form of Headway becomes one, and its own key is marked as right before it counts. What does not fit is named
with the reason; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headway.core.items import read_number
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import NEEDS_A_PICTURE, CannotBeAsked, ask_for_gaps, proved
from headway.exchange.shared.latex import readable_page
from headway.exchange.shared.markup import (
    Element,
    attribute,
    below,
    child,
    children,
    inner_html,
    name_of,
    plain_text,
    words,
)

UNKNOWN_FORM = gettext_noop("Has a form of question that is not known here yet.")
NO_QUESTION = gettext_noop("Asks nothing: it has no words.")
NO_KEY = gettext_noop("Says nowhere which answer is right.")
SEVERAL_KEYS = gettext_noop("Gives credit for several single answers; which one is meant is not said.")
FORMULA = gettext_noop("Has numbers that change with each showing; only fixed questions are read so far.")
TEXT_ONLY = gettext_noop("Is a text without a question.")

_PROFILES = {"multiple_choice": "one_choice", "true_false": "one_choice", "multiple_response": "many_choices"}
_PICTURE = re.compile(
    r"<(img|object|video|audio|iframe|embed|matimage|svg)\b(?![^>]*(?:equation_image|LaTeX))", re.IGNORECASE
)
_RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp", "response_extension")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a test: its document, or why it cannot be asked here."""

    ident: str
    title: str
    form: str
    text: str = ""
    document: Mapping[str, Any] | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test, or a bank of questions."""

    ident: str
    title: str
    questions: tuple[Question, ...]
    is_bank: bool = False
    minutes: int | None = None


def parse_tests(root: Element, *, language: str = "en") -> tuple[Test, ...]:
    """Return the tests and banks of a questestinterop document; loose questions make one bank."""
    holders = [one for one in root.iter() if name_of(one) in ("assessment", "objectbank")]
    tests = [
        Test(
            ident=attribute(one, "ident"),
            title=attribute(one, "title") or _field(one, "bank_title"),
            questions=tuple(_questions(one, language)),
            is_bank=name_of(one) == "objectbank",
            minutes=_minutes(one),
        )
        for one in holders
    ]
    if not holders:
        loose = tuple(_questions(root, language))
        tests = [Test(ident="", title=loose[0].title, questions=loose, is_bank=True)] if loose else []
    return tuple(tests)


def _minutes(holder: Element) -> int | None:
    given = _field(holder, "qmd_timelimit")
    return int(given) if given.isdecimal() and 0 < int(given) <= 400 else None


def _field(holder: Element, label: str) -> str:
    for one in below(holder, "qtimetadatafield"):
        if words(child(one, "fieldlabel")) == label:
            return words(child(one, "fieldentry"))
    return ""


def _questions(holder: Element, language: str) -> Iterator[Question]:
    for number, item in enumerate(below(holder, "item"), start=1):
        ident = attribute(item, "ident") or f"item-{number}"
        form = _form(item)
        title = attribute(item, "title")
        text = _prompt(item)
        try:
            asked = _document(item, form)
            if asked["kind"] == "cloze":
                asked["prompt"] = ask_for_gaps(language)
            document = proved({"id": ident, "language": language, **asked})
        except CannotBeAsked as reason:
            yield Question(ident=ident, title=title, form=form, text=text, reason=reason.sentence)
        else:
            yield Question(ident=ident, title=title, form=form, text=text, document=document)


def _form(item: Element) -> str:
    """Return the form of a question as the file calls it: a profile, Canvas's type, else the shape of its response."""
    profile = _field(item, "cc_profile")
    if profile:
        return re.sub(r"^cc\.|\.v\dp\d$", "", profile)
    canvas = _field(item, "question_type")
    if canvas:
        return canvas.removesuffix("_question")
    shapes = dict.fromkeys(name_of(one) for one in below(item, *_RESPONSES))
    return ", ".join(shapes) or "text_only"


def _responses(item: Element) -> list[Element]:
    return list(below(child(item, "presentation"), *_RESPONSES))


def _prompt(item: Element) -> str:
    """Return the words before and between the places to answer."""
    return "\n".join(part for part in _materials(child(item, "presentation")) if part).strip()


def _materials(holder: Element | None) -> Iterator[str]:
    for one in children(holder):
        if name_of(one) == "material":
            yield _material(one)
        elif name_of(one) in ("flow", "flow_mat"):
            yield from _materials(one)


def _material(holder: Element | None) -> str:
    """Return the words of a material: HTML as text, several pieces one after the other."""
    parts = []
    for one in below(holder, "mattext", "matemtext", "matbreak"):
        parts.append("\n" if name_of(one) == "matbreak" else readable_page(plain_text(inner_html(one))))
    return " ".join(parts).strip()


def _has_picture(item: Element) -> bool:
    presentation = child(item, "presentation")
    if any(True for _ in below(presentation, "matimage", "mataudio", "matvideo", "matapplet")):
        return True
    return any(_PICTURE.search(inner_html(one)) for one in below(presentation, "mattext"))


def _document(item: Element, form: str) -> dict[str, Any]:
    if form in ("calculated", "formula") or any(True for _ in below(item, "calculated")):
        raise CannotBeAsked(FORMULA)
    if form in ("file_upload", "hot_spot", "hotspot"):
        raise CannotBeAsked(UNKNOWN_FORM)
    responses = _responses(item)
    if form == "text_only" or not responses:
        raise CannotBeAsked(TEXT_ONLY)
    if _has_picture(item):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    if any(name_of(one) in ("response_xy", "response_grp", "response_extension") for one in responses):
        raise CannotBeAsked(UNKNOWN_FORM)
    prompt = _prompt(item)
    if not prompt:
        raise CannotBeAsked(NO_QUESTION)
    own = _material(child(responses[0], "material"))
    if len(responses) > 1 or (own and f"[{own}]" in prompt):
        return _several(item, form, prompt, responses)
    if own and own not in prompt:
        prompt = f"{prompt}\n{own}"
    return {"prompt": prompt, **_one(item, form, responses[0])}


def _one(item: Element, form: str, response: Element) -> dict[str, Any]:
    if name_of(response) in ("response_str", "response_num"):
        return _typed(item, form, response)
    how_many = attribute(response, "rcardinality").casefold()
    labels = _labels(response)
    if how_many == "ordered":
        order = _first_key(item, attribute(response, "ident"))
        if len(order) != len(labels) or set(order) != set(labels):
            raise CannotBeAsked(NO_KEY)
        return {"kind": "order", "parts": [labels[one] for one in order]}
    if how_many == "multiple" or _PROFILES.get(form) == "many_choices" or form == "multiple_answers":
        right = set(_first_key(item, attribute(response, "ident")))
        kind = "many_choices"
    else:
        keys = _single_keys(item, attribute(response, "ident"))
        if len(keys) > 1:
            raise CannotBeAsked(SEVERAL_KEYS)
        right, kind = keys, "one_choice"
    if not right or not right <= labels.keys():
        raise CannotBeAsked(NO_KEY)
    if len(labels) < 2 or not all(labels.values()) or len(set(labels.values())) != len(labels):
        raise CannotBeAsked(UNKNOWN_FORM)
    return {
        "kind": kind,
        "choices": [
            {"id": ident, "text": text, **({"right": True} if ident in right else {})} for ident, text in labels.items()
        ],
    }


def _labels(response: Element) -> dict[str, str]:
    return {attribute(one, "ident"): _material(one) for one in below(response, "response_label")}


def _typed(item: Element, form: str, response: Element) -> dict[str, Any]:
    """Return a question whose answer is typed: a number with its tolerance, words, or a longer text."""
    ident = attribute(response, "ident")
    conditions = [one for one in _scored(item) if _asks_about(one, ident)]
    kinds = {attribute(one, "fibtype").casefold() for one in below(response, "render_fib")}
    is_number = (
        name_of(response) == "response_num" or kinds & {"decimal", "integer"} or form in ("numerical", "numeric")
    )
    if not conditions:
        if form == "essay" or not any(True for _ in below(item, "varequal", "varsubset", "vargte")):
            sample = " ".join(_material(one) for one in below(item, "solutionmaterial")).strip()
            return {"kind": "long_answer", **({"sample": sample} if sample else {})}
        raise CannotBeAsked(NO_KEY)
    if is_number:
        return _number(conditions)
    accepted = list(
        dict.fromkeys(words(one) for condition in conditions for one in _wanted(condition, "varequal") if words(one))
    )
    if not accepted or any(True for condition in conditions for _ in below(condition, "varsubstring", "varsubset")):
        raise CannotBeAsked(UNKNOWN_FORM)
    return {"kind": "short_text", "accepted": accepted, "compare": "words"}


def _number(conditions: list[Element]) -> dict[str, Any]:
    exact = [value for one in conditions for value in _values(one, "varequal")]
    lows = [value for one in conditions for value in _values(one, "vargte", "vargt")]
    highs = [value for one in conditions for value in _values(one, "varlte", "varlt")]
    if len(set(exact)) > 1 or len(set(lows)) > 1 or len(set(highs)) > 1:
        raise CannotBeAsked(SEVERAL_KEYS)
    if lows and highs:
        answer = exact[0] if exact else (lows[0] + highs[0]) / 2
        tolerance = min(answer - lows[0], highs[0] - answer) if exact else (highs[0] - lows[0]) / 2
        if tolerance < 0:
            raise CannotBeAsked(NO_KEY)
        return {"kind": "number", "answer": answer, **({"tolerance": tolerance} if tolerance else {})}
    if not exact:
        raise CannotBeAsked(NO_KEY)
    return {"kind": "number", "answer": exact[0]}


def _values(condition: Element, *names: str) -> Iterator[float]:
    for one in _wanted(condition, *names):
        found = read_number(words(one))
        if found is not None and not found[1]:
            yield float(found[0])


def _several(item: Element, form: str, prompt: str, responses: list[Element]) -> dict[str, Any]:
    """Return pairs to match, or a text with gaps."""
    if all(name_of(one) == "response_lid" for one in responses):
        names = {attribute(one, "ident"): _material(child(one, "material")) for one in responses}
        if not all(f"[{name}]" in prompt for name in names.values()):
            by_ident = {ident: ident.removeprefix("response_") for ident in names}
            names = by_ident if all(f"[{name}]" in prompt for name in by_ident.values()) else names
        if all(name and f"[{name}]" in prompt for name in names.values()):
            return _gaps_in_brackets(item, form, prompt, responses, names)
        if form.startswith("fill_in"):
            raise CannotBeAsked(UNKNOWN_FORM)
        return _pairs(item, form, prompt, responses, names)
    if all(name_of(one) in ("response_str", "response_num") for one in responses):
        return _gaps_between(item, form)
    raise CannotBeAsked(UNKNOWN_FORM)


def _pairs(item: Element, form: str, prompt: str, responses: list[Element], names: Mapping[str, str]) -> dict[str, Any]:
    pairs: list[dict[str, str]] = []
    offered: dict[str, None] = {}
    for one in responses:
        ident, labels = attribute(one, "ident"), _labels(one)
        keys = _single_keys(item, ident)
        if len(keys) != 1 or not keys <= labels.keys() or not names[ident]:
            raise CannotBeAsked(NO_KEY if names[ident] else UNKNOWN_FORM)
        pairs.append({"left": names[ident], "right": labels[next(iter(keys))]})
        offered.update(dict.fromkeys(labels.values()))
    extra = [text for text in offered if text not in {pair["right"] for pair in pairs}]
    return {"kind": "match", "prompt": prompt, "pairs": pairs, **({"extra": extra} if extra else {})}


def _gaps_in_brackets(
    item: Element, form: str, prompt: str, responses: list[Element], names: Mapping[str, str]
) -> dict[str, Any]:
    text, gaps = prompt, {}
    for number, one in enumerate(responses, start=1):
        ident, labels = attribute(one, "ident"), _labels(one)
        keys = _single_keys(item, ident)
        right = [labels[key] for key in labels if key in keys]
        if not right:
            raise CannotBeAsked(NO_KEY)
        text = text.replace(f"[{names[ident]}]", f"[[{number}]]", 1)
        # Spellings of one word are to be typed; different words are to be chosen from.
        ways = {attribute(label, "answer_type").casefold() for label in below(one, "response_label")} - {""}
        is_typed = (ways == {"openentry"} if ways else form.startswith("fill_in")) or len(
            {label.casefold() for label in labels.values()}
        ) == 1
        gaps[str(number)] = (
            {"accepted": [*right, *(label for label in labels.values() if label not in right)]}
            if is_typed
            else {"choices": list(dict.fromkeys(labels.values())), "right": right[0]}
        )
    return {"kind": "cloze", "text": text, "gaps": gaps}


def _gaps_between(item: Element, form: str) -> dict[str, Any]:
    """Return a text that runs around its gaps, as QTI 1.2 writes it."""
    parts: list[str] = []
    gaps: dict[str, dict[str, list[str]]] = {}

    def walk(holder: Element | None) -> None:
        for one in children(holder):
            if name_of(one) == "material":
                parts.append(_material(one))
            elif name_of(one) in ("response_str", "response_num"):
                accepted = [
                    words(wanted)
                    for condition in _scored(item)
                    for wanted in _wanted(condition, "varequal")
                    if attribute(wanted, "respident") == attribute(one, "ident") and words(wanted)
                ]
                if not accepted:
                    raise CannotBeAsked(NO_KEY)
                key = str(len(gaps) + 1)
                gaps[key] = {"accepted": list(dict.fromkeys(accepted))}
                parts.append(f"[[{key}]]")
            elif name_of(one) in ("flow", "flow_mat"):
                walk(one)

    walk(child(item, "presentation"))
    text = " ".join(part for part in parts if part)
    return {"kind": "cloze", "text": text, "gaps": gaps}


# --- which answer is right -------------------------------------------------------------------------------------------


def _scored(item: Element) -> list[Element]:
    """Return the conditions that give credit; where one gives more than others, only those with the most."""
    credits: list[tuple[float, Element]] = []
    for condition in below(item, "respcondition"):
        given = [
            float(found[0])
            for one in children(condition, "setvar")
            if attribute(one, "action").casefold() in ("set", "add", "")
            and (found := read_number(words(one) or "0")) is not None
        ]
        if given and max(given) > 0:
            credits.append((max(given), condition))
    return [condition for _credit, condition in credits]


def _best(item: Element, ident: str) -> list[Element]:
    """Return the conditions about a response that give the most credit."""
    best: list[Element] = []
    most = 0.0
    for condition in _scored(item):
        if not _asks_about(condition, ident):
            continue
        found = read_number(words(children(condition, "setvar")[0]) or "0")
        credit = float(found[0]) if found else 0.0
        if credit > most:
            best, most = [], credit
        if credit == most:
            best.append(condition)
    return best


def _asks_about(condition: Element, ident: str) -> bool:
    return any(
        attribute(one, "respident") == ident
        for one in below(condition, "varequal", "varsubset", "vargte", "varlte", "vargt", "varlt", "varsubstring")
    )


def _wanted(condition: Element, *names: str) -> Iterator[Element]:
    """Return the tests of a condition that must hold, not those that must not."""
    for one in below(condition, *names):
        if not any(name_of(holder) == "not" for holder in one.iterancestors()):
            yield one


def _first_key(item: Element, ident: str) -> list[str]:
    """Return the choices that belong together in the answer with the most credit, in order."""
    for condition in _best(item, ident):
        return list(
            dict.fromkeys(words(one) for one in _wanted(condition, "varequal") if attribute(one, "respident") == ident)
        )
    return []


def _single_keys(item: Element, ident: str) -> set[str]:
    """Return the choices each of which alone gets the most credit."""
    return {
        words(one)
        for condition in _best(item, ident)
        for one in _wanted(condition, "varequal")
        if attribute(one, "respident") == ident
    }
