"""QTI 2 and 3 items and tests as plain values: what an item asks, with what kinds of interaction, and its key.

Names are read in both spellings (choiceInteraction, qti-choice-interaction), whatever the namespace. What fits a question form of
Headway becomes one; all else is named with the reason. Scoring of every kind belongs to the question engine, not here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headway.core.items import read_number
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import NEEDS_A_PICTURE, CannotBeAsked, ask_for_gaps, language_code, proved
from headway.exchange.shared.markup import Element, name_of, plain_text, words
from headway.exchange.shared.questions12 import FORMULA, NO_KEY, NO_QUESTION, UNKNOWN_FORM

Json = dict[str, Any]

NEEDS_A_TEXT = gettext_noop("Belongs to a text that is not in the package.")
SEVERAL_TASKS = gettext_noop("Asks several things of different kinds at once.")
NO_INTERACTION = gettext_noop("Is a page to read, without a question.")

_MARKS = ("\ue002", "\ue003")
_NOT_SHOWN = ("feedbackInline", "feedbackBlock", "modalFeedback", "rubricBlock", "templateBlock", "templateInline", "companionMaterialsInfo", "catalogInfo")  # fmt: skip
_PICTURES = ("img", "object", "picture", "svg", "audio", "video", "iframe", "mediaInteraction")
_ENDING_INTERACTIONS = ("endAttemptInteraction",)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One item: what it asks, its kinds of interaction, its document, or why it cannot be asked here."""

    identifier: str
    title: str
    language: str
    text: str = ""
    interactions: Mapping[str, int] = field(default_factory=dict)
    document: Json | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Test:
    """A test: its title and the addresses of its items in order."""

    identifier: str
    title: str
    language: str
    items: tuple[tuple[str, str], ...]
    minutes: int | None = None


def plain_name(element: Element) -> str:
    """Return an element's name as QTI 2 writes it: qti-choice-interaction is choiceInteraction."""
    name = name_of(element)
    if name.startswith("qti-"):
        first, *others = name[4:].split("-")
        return first + "".join(part.capitalize() for part in others)
    return name


def attribute(element: Element, name: str) -> str:
    """Return an attribute in either spelling: maxChoices, max-choices."""
    dashed = re.sub(r"([A-Z])", lambda found: "-" + found[1].lower(), name)
    for key, value in element.attrib.items():
        if key.rsplit("}", 1)[-1] in (name, dashed):
            return str(value).strip()
    return ""


def found_below(element: Element, *names: str) -> list[Element]:
    """Return the elements of these names below, in order."""
    return [one for one in element.iter() if one is not element and plain_name(one) in names]


def version_of(root: Element) -> str:
    """Return the version that a document's namespace tells: 2.1, 2.2, 3.0; "" where it tells none."""
    found = re.search(r"v(\d)p(\d)", str(root.tag))
    return f"{found[1]}.{found[2]}" if found else ""


def is_item(root: Element) -> bool:
    """Whether a document is one question."""
    return plain_name(root) == "assessmentItem"


def is_test(root: Element) -> bool:
    """Whether a document is a test that names its questions."""
    return plain_name(root) == "assessmentTest"


def parse_test(root: Element) -> Test:
    """Return the test that a document holds."""
    limits = found_below(root, "timeLimits")
    seconds = attribute(limits[0], "maxTime") if limits else ""
    return Test(
        identifier=attribute(root, "identifier"),
        title=attribute(root, "title"),
        language=language_code(attribute(root, "lang"), ""),
        items=tuple(
            (attribute(one, "identifier"), attribute(one, "href")) for one in found_below(root, "assessmentItemRef")
        ),
        minutes=max(1, round(float(seconds) / 60)) if re.fullmatch(r"\d+(\.\d+)?", seconds) else None,
    )


def parse_question(root: Element, *, language: str = "en", passage: Callable[[str], str] | None = None) -> Question:
    """Return the question that an item document asks; `passage` gives the text of a shared stimulus by its address."""
    language = language_code(attribute(root, "lang"), language)
    body = next(iter(found_below(root, "itemBody")), None)
    identifier = attribute(root, "identifier")
    interactions = _interactions(body)
    counts = Counter(plain_name(one) for one in interactions)
    text = "" if body is None else _text(body, (), {})
    facts: Json = {
        "identifier": identifier,
        "title": attribute(root, "title"),
        "language": language,
        "text": text,
        "interactions": dict(sorted(counts.items())),
    }
    try:
        if body is None:
            raise CannotBeAsked(NO_QUESTION)
        document = _document(root, body, interactions, language)
        shared = _shared_text(root, passage)
        if shared:
            document["passage"] = shared
        document = proved({"id": identifier or "item", "language": language, **document})
    except CannotBeAsked as reason:
        return Question(**facts, reason=reason.sentence)
    return Question(**facts, document=document)


def _interactions(body: Element | None) -> list[Element]:
    if body is None:
        return []
    return [
        one
        for one in body.iter()
        if plain_name(one).endswith("Interaction") and plain_name(one) not in _ENDING_INTERACTIONS
    ]


def _shared_text(root: Element, passage: Callable[[str], str] | None) -> str:
    texts = []
    for one in found_below(root, "assessmentStimulusRef"):
        text = passage(attribute(one, "href")) if passage else ""
        if not text:
            raise CannotBeAsked(NEEDS_A_TEXT)
        texts.append(text)
    return "\n\n".join(texts)


def stimulus_text(root: Element) -> str:
    """Return the words of a shared stimulus. Raises CannotBeAsked where it shows pictures: they would be missing."""
    body = next(iter(found_below(root, "stimulusBody")), None)
    if body is not None and found_below(body, *_PICTURES):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    return "" if body is None else _text(body, (), {})


# --- an item as a question -------------------------------------------------------------------------------------------


def _document(root: Element, body: Element, interactions: Sequence[Element], language: str) -> Json:
    if not interactions:
        raise CannotBeAsked(NO_INTERACTION)
    if found_below(root, "templateDeclaration", "templateProcessing", "printedVariable"):
        raise CannotBeAsked(FORMULA)
    if any(plain_name(one) in _PICTURES and not _is_hidden(one, body) for one in body.iter() if one is not body):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    if attribute(root, "adaptive") == "true":
        raise CannotBeAsked(UNKNOWN_FORM)
    declared = {attribute(one, "identifier"): one for one in found_below(root, "responseDeclaration")}
    names = [plain_name(one) for one in interactions]
    if len(interactions) == 1 and names[0] in _READERS:
        one = interactions[0]
        key = declared.get(attribute(one, "responseIdentifier"))
        if names[0] == "textEntryInteraction" and _stands_inside(body, one):
            return _cloze(body, interactions, declared, language)
        if names[0] == "gapMatchInteraction":
            return {"prompt": _prompt(body, one) or ask_for_gaps(language), **_gap_match(one, key)}
        prompt = _prompt(body, one)
        if not prompt:
            raise CannotBeAsked(NO_QUESTION)
        return {"prompt": prompt, **_READERS[names[0]](one, key)}
    if set(names) <= {"textEntryInteraction", "inlineChoiceInteraction"}:
        return _cloze(body, interactions, declared, language)
    raise CannotBeAsked(UNKNOWN_FORM if len(interactions) == 1 else SEVERAL_TASKS)


def _is_hidden(element: Element, body: Element) -> bool:
    for holder in element.iterancestors():
        if holder is body:
            return False
        if plain_name(holder) in _NOT_SHOWN:
            return True
    return False


def _prompt(body: Element, interaction: Element) -> str:
    own = "\n".join(_text(one, (), {}) for one in found_below(interaction, "prompt"))
    around = _text(body, [interaction], {id(interaction): ""})
    return "\n".join(part for part in (around, own) if part)


def _stands_inside(body: Element, interaction: Element) -> bool:
    text = _text(body, [interaction], {id(interaction): f"{_MARKS[0]}1{_MARKS[1]}"})
    for line in text.splitlines():
        if _MARKS[0] in line:
            return bool(re.search(r"\w", re.sub(f"{_MARKS[0]}.*?{_MARKS[1]}", "", line)))
    return False


def _values(declaration: Element | None) -> list[str]:
    """Return the values of the right response, as the item declares it."""
    if declaration is None:
        return []
    for correct in found_below(declaration, "correctResponse"):
        return [words(one) for one in found_below(correct, "value") if words(one)]
    return []


def _mapped(declaration: Element | None) -> list[str]:
    """Return the responses that are worth the most by the item's table."""
    if declaration is None:
        return []
    worth: dict[str, float] = {}
    for one in found_below(declaration, "mapEntry"):
        number = read_number(attribute(one, "mappedValue"))
        worth[attribute(one, "mapKey")] = float(number[0]) if number else 0.0
    most = max(worth.values(), default=0.0)
    return [key for key, value in worth.items() if value == most and most > 0]


def _choices(interaction: Element, declaration: Element | None) -> Json:
    texts = {attribute(one, "identifier"): _text(one, (), {}) for one in found_below(interaction, "simpleChoice")}
    many = declaration is not None and attribute(declaration, "cardinality") == "multiple"
    right = _values(declaration) or _mapped(declaration)
    if not right or not set(right) <= texts.keys():
        raise CannotBeAsked(NO_KEY)
    if not many and len(right) != 1:
        raise CannotBeAsked(NO_KEY)
    if len(texts) < 2 or not all(texts.values()) or len(set(texts.values())) != len(texts):
        raise CannotBeAsked(UNKNOWN_FORM)
    return {
        "kind": "many_choices" if many else "one_choice",
        "choices": [
            {"id": ident, "text": text, **({"right": True} if ident in right else {})} for ident, text in texts.items()
        ],
    }


def _typed(_interaction: Element, declaration: Element | None) -> Json:
    right = list(dict.fromkeys((*_values(declaration), *_mapped(declaration))))
    if not right or declaration is None:
        raise CannotBeAsked(NO_KEY)
    if attribute(declaration, "baseType") in ("integer", "float"):
        found = read_number(right[0])
        if found is None or found[1] or len({*right}) > 1:
            raise CannotBeAsked(NO_KEY)
        return {"kind": "number", "answer": float(found[0])}
    return {"kind": "short_text", "accepted": right, "compare": "words"}


def _written(_interaction: Element, declaration: Element | None) -> Json:
    sample = " ".join(_values(declaration))
    return {"kind": "long_answer", **({"sample": sample} if sample else {})}


def _order(interaction: Element, declaration: Element | None) -> Json:
    texts = {attribute(one, "identifier"): _text(one, (), {}) for one in found_below(interaction, "simpleChoice")}
    right = _values(declaration)
    if len(right) != len(texts) or set(right) != texts.keys() or len(set(texts.values())) != len(texts):
        raise CannotBeAsked(NO_KEY if not right else UNKNOWN_FORM)
    return {"kind": "order", "parts": [texts[one] for one in right]}


def _match(interaction: Element, declaration: Element | None) -> Json:
    sets = found_below(interaction, "simpleMatchSet")
    if len(sets) != 2:
        raise CannotBeAsked(UNKNOWN_FORM)
    left, right = (
        {attribute(one, "identifier"): _text(one, (), {}) for one in found_below(part, "simpleAssociableChoice")}
        for part in sets
    )
    partner: dict[str, str] = {}
    for value in _values(declaration) or _mapped(declaration):
        ends = value.split()
        if len(ends) != 2 or ends[0] not in left or ends[1] not in right or ends[0] in partner:
            raise CannotBeAsked(UNKNOWN_FORM)
        partner[ends[0]] = ends[1]
    if not partner:
        raise CannotBeAsked(NO_KEY)
    if set(partner) != set(left) or len(set(left.values())) != len(left) or len(set(right.values())) != len(right):
        raise CannotBeAsked(UNKNOWN_FORM)
    extra = [text for ident, text in right.items() if ident not in partner.values()]
    pairs = [{"left": text, "right": right[partner[ident]]} for ident, text in left.items()]
    return {"kind": "match", "pairs": pairs, **({"extra": extra} if extra else {})}


def _hot_text(interaction: Element, declaration: Element | None) -> Json:
    pieces = {attribute(one, "identifier"): _text(one, (), {}) for one in found_below(interaction, "hottext")}
    right = _values(declaration) or _mapped(declaration)
    if not right or not set(right) <= pieces.keys():
        raise CannotBeAsked(NO_KEY)
    return {
        "kind": "hot_text",
        "choose": len(right),
        "passage": _text(interaction, (), {}),
        "pieces": [
            {"id": ident, "text": text, **({"right": True} if ident in right else {})} for ident, text in pieces.items()
        ],
    }


def _gap_match(interaction: Element, declaration: Element | None) -> Json:
    texts = {attribute(one, "identifier"): _text(one, (), {}) for one in found_below(interaction, "gapText")}
    places = found_below(interaction, "gap")
    right: dict[str, str] = {}
    for value in _values(declaration) or _mapped(declaration):
        ends = value.split()
        if len(ends) != 2 or ends[0] not in texts or ends[1] in right:
            raise CannotBeAsked(UNKNOWN_FORM)
        right[ends[1]] = texts[ends[0]]
    if not right:
        raise CannotBeAsked(NO_KEY)
    if found_below(interaction, "gapImg") or {attribute(one, "identifier") for one in places} != set(right):
        raise CannotBeAsked(UNKNOWN_FORM)
    marks = {id(one): f"{_MARKS[0]}{number}{_MARKS[1]}" for number, one in enumerate(places, start=1)}
    hidden = [*found_below(interaction, "gapText"), *found_below(interaction, "prompt")]
    text = _text(interaction, [*places, *hidden], marks)
    choices = list(dict.fromkeys(texts.values()))
    return {
        "kind": "cloze",
        "text": _marked(text),
        "gaps": {
            str(number): {"choices": choices, "right": right[attribute(one, "identifier")]}
            for number, one in enumerate(places, start=1)
        },
    }


def _cloze(body: Element, interactions: Sequence[Element], declared: Mapping[str, Element], language: str) -> Json:
    marks, gaps = {}, {}
    for number, one in enumerate(interactions, start=1):
        declaration = declared.get(attribute(one, "responseIdentifier"))
        marks[id(one)] = f"{_MARKS[0]}{number}{_MARKS[1]}"
        if plain_name(one) == "inlineChoiceInteraction":
            texts = {
                attribute(choice, "identifier"): _text(choice, (), {}) for choice in found_below(one, "inlineChoice")
            }
            right = _values(declaration) or _mapped(declaration)
            if len(right) != 1 or right[0] not in texts or not all(texts.values()):
                raise CannotBeAsked(NO_KEY)
            gaps[str(number)] = {"choices": list(dict.fromkeys(texts.values())), "right": texts[right[0]]}
        else:
            accepted = list(dict.fromkeys((*_values(declaration), *_mapped(declaration))))
            if not accepted:
                raise CannotBeAsked(NO_KEY)
            gaps[str(number)] = {"accepted": accepted}
    return {
        "kind": "cloze",
        "prompt": ask_for_gaps(language),
        "text": _marked(_text(body, interactions, marks)),
        "gaps": gaps,
    }


def _marked(text: str) -> str:
    return text.replace("[[", "[").replace(_MARKS[0], "[[").replace(_MARKS[1], "]]")


_READERS: dict[str, Callable[[Element, Element | None], Json]] = {
    "choiceInteraction": _choices,
    "textEntryInteraction": _typed,
    "extendedTextInteraction": _written,
    "orderInteraction": _order,
    "matchInteraction": _match,
    "hottextInteraction": _hot_text,
    "gapMatchInteraction": _gap_match,
}


# --- words -----------------------------------------------------------------------------------------------------------


def _text(element: Element, replaced: Sequence[Element], marks: Mapping[int, str]) -> str:
    """Return what a reader sees of an element; `replaced` parts become their marks, feedback and rubrics stay hidden."""
    hidden = {id(one) for one in replaced}
    return plain_text("".join(_html(element, hidden, marks)))


def _html(element: Element, hidden: set[int], marks: Mapping[int, str]) -> Iterator[str]:
    yield _escaped(element.text)
    for one in element:
        name = plain_name(one)
        if id(one) in hidden:
            yield f" {marks.get(id(one), '')} "
        elif name == "math":
            yield _escaped(f" {maths(one)} ")
        elif name and name not in _NOT_SHOWN:
            alt = f' alt="{_escaped(attribute(one, "alt"))}"' if name == "img" else ""
            yield f"<{name}{alt}>" if re.fullmatch(r"[a-z][a-z0-9]*", name) else "<span>"
            yield from _html(one, hidden, marks)
            if name not in ("br", "img", "hr"):
                yield f"</{name}>" if re.fullmatch(r"[a-z][a-z0-9]*", name) else "</span>"
        yield _escaped(one.tail)


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def maths(element: Element) -> str:
    """Return MathML as one reads it: x², (a+b)/2, √3."""
    parts = [maths(one) for one in element if name_of(one)]
    name = name_of(element)
    if name in ("mi", "mn", "mo", "mtext", "ms"):
        return words(element)
    if name == "mfrac" and len(parts) == 2:
        return f"{_joined(parts[0])}/{_joined(parts[1])}"
    if name == "msup" and len(parts) == 2:
        raised = parts[1].translate(str.maketrans("0123456789-+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ"))
        return _joined(parts[0]) + (raised if re.fullmatch(r"[-+]?\d{1,3}|n", parts[1]) else f"^{_joined(parts[1])}")
    if name == "msub" and len(parts) == 2:
        return f"{parts[0]}_{_joined(parts[1])}"
    if name == "msqrt":
        return "√" + _joined("".join(parts))
    if name == "mroot" and len(parts) == 2:
        return f"{parts[1]}√{_joined(parts[0])}"
    if name == "mfenced":
        return f"({', '.join(parts)})"
    if name in ("annotation", "annotation-xml"):
        return ""
    return "".join(parts)


def _joined(part: str) -> str:
    return part if len(part) == 1 or re.fullmatch(r"[\d.,]+|\(.*\)", part) else f"({part})"
