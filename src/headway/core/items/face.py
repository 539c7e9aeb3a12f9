"""A question's face: a neutral tree to show or to print, made without looking at the key.

What `Asked.settings` holds, beside "classes" (the words of QTI's shared vocabulary that the interaction carries):

| kind | settings |
|---|---|
| choice, order, slider | "orientation": "horizontal" or "vertical" |
| text-entry, extended-text | "expected-length", "expected-lines", "format", "pattern", "placeholder", "after" (the words behind the field) |
| extended-text | "most-strings", "least-strings": how many texts, where it is more than one |
| slider | "lower", "upper", "step", "reverse": "true", "step-label": "true" |
| associate, graphic-associate | `most` is how many pairs, 0 for any number |
| upload | "type": media types with spaces between |
| media | "autostart", "loop": "true"; "least-plays", "most-plays" |
| position-object | the object to be placed is the one option, with its picture |
| portable-custom | "type", "module", and the "data-*" of the author |
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from headway.core.items.allowed_markup import known_classes, shown_attributes, shown_name
from headway.core.items.document import Item, kind_of
from headway.core.items.markup import Node
from headway.core.items.rules.values import singles_of, write_single

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture, a sound or a film; `source` is the name of its file in the item's package."""

    source: str
    alternative: str = ""
    width: float = 0.0
    height: float = 0.0
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Element:
    """Something that is only shown: an allowed element of HTML or MathML ("p", "table", "img", "math:mfrac")."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose, put in order, match or point at. `most` is how often it may be used, 0 for any number.

    `shape` and `coordinates` (picture units) are those of a hotspot.
    """

    key: str
    label: str = ""
    parts: tuple[Part, ...] = ()
    least: int = 0
    most: int = 1
    shape: str = ""
    coordinates: tuple[float, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A place within the text of a gap match that takes an option."""

    key: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class HotText:
    """A piece of the text of a hottext question that can be chosen."""

    key: str
    label: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One interaction as it is shown. `name` is its response variable, `number` its place in the question, from 1.

    `options` is what is chosen or moved; `targets` what it goes to (a match's second set, gaps, places in a picture).
    `parts` is the text around gaps and hot text. `chosen` holds the answer so far as QTI writes values: "A", "A B", "12 40".
    `settings` keeps what only this kind knows: "orientation", "step", "lower", "upper", "lines", "format", ...
    """

    kind: str
    name: str
    number: int
    cardinality: str = "single"
    base_type: str = "identifier"
    prompt: tuple[Part, ...] = ()
    label: str = ""
    options: tuple[Option, ...] = ()
    targets: tuple[Option, ...] = ()
    parts: tuple[Part, ...] = ()
    picture: Picture | None = None
    least: int = 0
    most: int = 0
    chosen: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Card:
    """One support of a catalog: "glossary-on-screen", "sign-language", "spoken", "keyword-translation", ...; its language and parts."""

    support: str
    language: str = ""
    parts: tuple[Part, ...] = ()


Part = str | Element | Gap | HotText | Asked


@dataclass(frozen=True, kw_only=True)
class Face:
    """What a student sees of a question: its parts in order, with the interactions among them.

    `feedback` is the modal feedback that is to be seen now; `cards` are the supports by catalog id.
    """

    language: str
    title: str
    parts: tuple[Part, ...]
    asked: tuple[Asked, ...]
    feedback: tuple[tuple[Part, ...], ...] = ()
    cards: Mapping[str, tuple[Card, ...]] = field(default_factory=dict)


class Seen(Protocol):
    """What a face needs to know of a session: its seed, and the values of the item's variables."""

    @property
    def seed(self) -> int:
        """The number that decides what is drawn by lot."""

    @property
    def templates(self) -> Mapping[str, Any]:
        """The template variables."""

    @property
    def outcomes(self) -> Mapping[str, Any]:
        """The outcome variables."""

    @property
    def responses(self) -> Mapping[str, Any]:
        """What has been answered so far."""

    @property
    def attempts(self) -> int:
        """How often it has been answered."""


# Interactions that stand within a line.
INLINE = frozenset({"inline-choice", "text-entry", "end-attempt"})
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset(
    {"div", "p", "table", "ul", "ol", "dl", "pre", "blockquote", "figure", "details", "address", "hr", *_HEADINGS}
)
# Help with the question is given when it is asked for, by other code.
_HELP_SUPPORTS = ("ext:hint", "ext:worked-example")
_MEDIA_NAMES = ("audio", "video")
_LONGEST_TEXT = 200_000
_LONGEST_UNIT = 20


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """What is at hand while a body is walked; `asked` grows with every interaction met."""

    item: Item
    session: Seen
    given: Mapping[str, Sequence[str]]
    view: str
    asked: list[Asked]


def face(
    item: Item, session: Seen, *, response: Mapping[str, Sequence[str]] | None = None, view: str = "candidate"
) -> Face:
    """Return the question's face; the same session gives the same order, so a page may be opened again.

    `response` holds values as QTI writes them; without it the answers of the session are shown. `view` is who looks ("candidate",
    "tutor", "scorer", "author", ...): it decides which rubric blocks are seen, and nothing else.
    """
    given = response if response is not None else {key: written(one) for key, one in session.responses.items()}
    reading = _Reading(item=item, session=session, given=given, view=view, asked=[])
    parts = _parts(reading, item.body.children)
    asked = tuple(reading.asked)
    feedback = tuple(
        _parts(reading, one.children)
        for one in item.modal_feedbacks
        if session.attempts and _is_shown(one, "outcome-identifier", session.outcomes)
    )
    return Face(
        language=item.language,
        title=item.title,
        parts=parts,
        asked=asked,
        feedback=feedback,
        cards=_cards(reading),
    )


def shuffled(
    things: Sequence[T], *, seed: int, of: str, is_fixed: Callable[[T], bool] = lambda _thing: False
) -> list[T]:
    """Return the things in an order that depends only on the seed, the question and their places; fixed ones keep their places."""

    def key(entry: tuple[int, T]) -> bytes:
        return hashlib.blake2b(f"{seed}\x1f{of}\x1f{entry[0]}".encode(), digest_size=8).digest()

    loose = iter(
        [thing for _place, thing in sorted(((at, one) for at, one in enumerate(things) if not is_fixed(one)), key=key)]
    )
    return [thing if is_fixed(thing) else next(loose) for thing in things]


# --- text -------------------------------------------------------------------------------------------------------------


def _parts(reading: _Reading, children: Iterable[Node | str]) -> tuple[Part, ...]:
    """Return what is shown of some content, text joined."""
    parts: list[Part] = []
    for child in children:
        for part in (child,) if isinstance(child, str) else _shown(reading, child):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    return tuple(parts)


def _shown(reading: _Reading, node: Node) -> tuple[Part, ...]:
    """Return what is shown of one element."""
    session = reading.session
    if kind := kind_of(node):
        asked = _ask(reading, node, kind)
        reading.asked.append(asked)
        return (asked,)
    match node.name:
        case "qti-position-object-stage":
            return _stage(reading, node)
        case "qti-gap":
            return (
                (Gap(key=node.get("identifier"), label=node.get("aria-label") or node.get("data-label")),)
                if _is_shown(node, "template-identifier", session.templates)
                else ()
            )
        case "qti-hottext":
            if not _is_shown(node, "template-identifier", session.templates):
                return ()
            parts = _parts(reading, node.children)
            return (HotText(key=node.get("identifier"), label=words_of(parts), parts=parts),)
        case "qti-printed-variable":
            return _printed(reading, node)
        case "qti-template-block" | "qti-template-inline":
            return _parts(reading, node.children) if _is_shown(node, "template-identifier", session.templates) else ()
        case "qti-feedback-block" | "qti-feedback-inline":
            if not _is_shown(node, "outcome-identifier", session.outcomes):
                return ()
            name = "div" if node.name.endswith("block") else "span"
            return (Element(name=name, attributes={"class": "qti-feedback"}, parts=_parts(reading, node.children)),)
        case "qti-rubric-block":
            views = node.get("view").split()
            if views and reading.view not in views:
                return ()
            classes = f"qti-rubric {known_classes(node.get('class'))}".strip()
            return (Element(name="div", attributes={"class": classes}, parts=_parts(reading, node.children)),)
        case "object":
            return _object(reading, node)
    return _element(reading, node)


def _element(reading: _Reading, node: Node) -> tuple[Part, ...]:
    name = shown_name(node.name)
    if name is None or name in ("source", "track"):
        return ()
    if name == "":
        return _parts(reading, node.children)
    if name in _MEDIA_NAMES:
        return (_media(node, name),)
    if name in ("math:mi", "math:ci") and (value := _math_value(reading, node)):
        return (Element(name="math:mn", parts=(value,)),)
    if name == "math:semantics":
        return _parts(reading, node.elements()[:1])
    if name in ("math:mfenced", "math:menclose", "math:mlabeledtr"):
        return (_old_math(reading, node, name),)
    attributes = shown_attributes(name, node.attributes)
    if name == "img":
        return (Element(name="img", attributes={"alt": "", **attributes}),) if attributes.get("src") else ()
    if name == "a" and "href" not in attributes:
        return _parts(reading, node.children)
    parts = _parts(reading, node.children)
    if name in ("p", "div"):
        parts = _with_words_behind(reading, parts)
    # A paragraph cannot hold a block: a browser would close it before.
    if name == "p" and any(_is_block(part) for part in parts):
        name = "div"
    return (Element(name=name, attributes=attributes, parts=parts),)


def _with_words_behind(reading: _Reading, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts, where a field that stands first in its line knows the few words behind it: a unit, most often."""
    if len(parts) != 2 or not isinstance(parts[0], Asked) or not isinstance(parts[1], str):
        return parts
    asked, behind = parts[0], parts[1].strip(" .")
    if asked.kind != "text-entry" or not behind or len(behind) > _LONGEST_UNIT:
        return parts
    asked = replace(asked, settings={**asked.settings, "after": behind})
    reading.asked[asked.number - 1] = asked
    return (asked, parts[1])


def _is_block(part: Part) -> bool:
    if isinstance(part, Asked):
        return part.kind not in INLINE
    return isinstance(part, Element) and (part.name in _BLOCKS or any(_is_block(one) for one in part.parts))


def _media(node: Node, name: str) -> Element:
    """Return a sound or a film with its sources and subtitles only; what starts by itself does not."""
    inside = tuple(
        Element(name=one.name, attributes=attributes)
        for one in node.elements("source", "track")
        if (attributes := shown_attributes(one.name, one.attributes)).get("src")
    )
    return Element(name=name, attributes=shown_attributes(name, node.attributes), parts=inside)


def _object(reading: _Reading, node: Node) -> tuple[Part, ...]:
    """Return an old embedded object as the picture, sound or film it is; else what stands in for it."""
    inner = replace(node, name="img", attributes={**node.attributes, "src": node.get("data"), "alt": node.words})
    family = node.get("type").split("/")[0]
    if family == "image":
        return _element(reading, inner)
    if family in _MEDIA_NAMES:
        return _element(reading, replace(inner, name=family, children=()))
    return _parts(reading, node.children)


def _old_math(reading: _Reading, node: Node, name: str) -> Element:
    """Return elements that browsers no longer know, in those they know."""
    if name == "math:mlabeledtr":
        return Element(name="math:mtr", parts=_parts(reading, node.elements()[1:]))
    inside = [part for part in _parts(reading, node.children) if not isinstance(part, str) or part.strip()]
    if name == "math:menclose":
        return Element(name="math:mrow", parts=tuple(inside))
    separators = node.get("separators", ",").replace(" ", "")
    parts: list[Part] = [Element(name="math:mo", parts=(node.get("open", "("),))]
    for place, part in enumerate(inside):
        if place and separators:
            sign = separators[min(place, len(separators)) - 1]
            parts.append(Element(name="math:mo", attributes={"separator": "true"}, parts=(sign,)))
        parts.append(part)
    parts.append(Element(name="math:mo", parts=(node.get("close", ")"),)))
    return Element(name="math:mrow", parts=tuple(parts))


def _math_value(reading: _Reading, node: Node) -> str:
    """Return the value that stands in a formula for the name of a template variable, "" where the name is only a name."""
    declared = reading.item.declarations.get(node.words)
    if declared is None or declared.kind != "template" or declared.node.get("math-variable") != "true":
        return ""
    return "".join(written(reading.session.templates.get(node.words))[:1])


def words_of(parts: Iterable[Part]) -> str:
    """Return the plain words of some parts on one line; a picture by its description."""

    def text(part: Part) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Element):
            inside = "".join(text(one) for one in part.parts)
            own = part.attributes.get("alt", "") if part.name == "img" else part.attributes.get("alttext", "") or inside
            return f" {own} " if part.name in _BLOCKS or part.name in ("img", "br", "li", "td", "th") else own
        if isinstance(part, HotText):
            return part.label
        return " "

    return " ".join("".join(text(part) for part in parts).split())


# --- values -----------------------------------------------------------------------------------------------------------


def written(value: Any) -> list[str]:
    """Return a value of the engine as people read it, one text per member: a whole number without ".0"; none for NULL."""
    if isinstance(value, Mapping):
        return [f"{key} {' '.join(written(one))}" for key, one in value.items()]
    return [f"{one:.15g}" if isinstance(one, float) else write_single(one) for one in singles_of(value)]


def _is_shown(node: Node, of: str, values: Mapping[str, Any]) -> bool:
    """Tell whether an element that depends on a variable is shown: its identifier is among the variable's values, or just not."""
    if not node.get(of):
        return True
    is_there = (node.get("identifier") or node.get("template-identifier-value")) in written(values.get(node.get(of)))
    return is_there if node.get("show-hide", "show") != "hide" else not is_there


def _number(reading: _Reading, node: Node, name: str, default: float = 0.0) -> float:
    """Return an attribute that is a number, or names a template variable that holds one ("N" or "{N}")."""
    text = node.get(name).strip().strip("{}$ ")
    held = written(reading.session.templates.get(text))
    try:
        number = float(held[0] if held else text)
    except ValueError:
        return default
    return number if math.isfinite(number) else default


def _count(reading: _Reading, node: Node, name: str, default: int = 0) -> int:
    return max(0, min(1000, round(_number(reading, node, name, default))))


_FORMAT = re.compile(r"%([#0\- +]*)(\d*)(?:\.(\d+))?([diouxXeEfFgGrRs%])")


def _printed(reading: _Reading, node: Node) -> tuple[Part, ...]:
    """Return a variable's value as the document wants it written (printedVariable in QTI's information model)."""
    identifier = node.get("identifier")
    session = reading.session
    value = session.outcomes.get(identifier)
    if value is None:
        value = session.templates.get(identifier)
    if isinstance(value, Mapping):
        if node.get("field"):
            value = value.get(node.get("field"))
        else:
            sign = node.get("mapping-indicator", "=")
            pairs = [f"{key}{sign}{''.join(written(one))}" for key, one in value.items()]
            return (node.get("delimiter", ";").join(pairs),)
    members = singles_of(value)
    if node.get("index"):
        place = _count(reading, node, "index")
        members = members[place - 1 : place] if place else ()
    texts = [_formatted(node, one) for one in members]
    text = node.get("delimiter", ";").join(texts)
    if node.get("power-form") == "true" and (found := re.fullmatch(r"(.*)[eE]([+-]?\d+)", text)):
        return (f"{found[1]} × 10", Element(name="sup", parts=(str(int(found[2])),)))
    return (text,) if text else ()


def _formatted(node: Node, value: Any) -> str:
    wanted = node.get("format")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "".join(written(value))
    base = node.get("base", "10")
    if not wanted:
        if isinstance(value, int) and base.isdecimal() and 2 <= int(base) <= 36 and int(base) != 10:
            return _in_base(value, int(base))
        return written(value)[0]
    return _FORMAT.sub(lambda found: _directive(found, value), wanted)[:_LONGEST_TEXT]


def _directive(found: re.Match[str], value: float) -> str:
    """Return one directive of C's printf, and QTI's own r (significant figures), applied to a number."""
    flags, width, precision, letter = found.groups()
    if letter == "%":
        return "%"
    width = width[:3]
    if letter in "rR":
        digits = min(int(precision or 6), 30)
        text = f"{value:#.{max(1, digits)}g}".rstrip(".")
        return (text.upper() if letter == "R" else text).rjust(int(width or 0))
    if letter == "s":
        return written(value)[0].rjust(int(width or 0))
    shape = f"%{flags}{width}{f'.{precision[:2]}' if precision else ''}{'d' if letter in 'diu' else letter}"
    try:
        return shape % (round(value) if letter in "diouxX" else value)
    except (ValueError, OverflowError):
        return written(value)[0]


def _in_base(number: int, base: int) -> str:
    digits = ""
    rest = abs(number)
    while True:
        rest, digit = divmod(rest, base)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if not rest:
            return f"-{digits}" if number < 0 else digits


# --- interactions -----------------------------------------------------------------------------------------------------


def _ask(reading: _Reading, node: Node, kind: str) -> Asked:
    """Return an interaction as it is shown."""
    name = node.get("response-identifier")
    declared = reading.item.declarations.get(name)
    prompt = node.first("qti-prompt")
    most = _most(reading, node, kind, declared.cardinality if declared else "single")
    asked = Asked(
        kind=kind,
        name=name,
        number=len(reading.asked) + 1,
        cardinality=declared.cardinality if declared else "single",
        base_type=declared.base_type if declared else "",
        prompt=_parts(reading, prompt.children) if prompt else (),
        label=node.get("aria-label") or node.get("data-label"),
        picture=_picture_in(node),
        least=_count(reading, node, "min-choices") or _count(reading, node, "min-associations"),
        most=most,
        chosen=tuple(reading.given.get(name, ())),
        settings={"classes": classes} if (classes := known_classes(node.get("class"))) else {},
    )
    return _KINDS[kind](reading, node, asked)


def _most(reading: _Reading, node: Node, kind: str, cardinality: str) -> int:
    """Return how much may be chosen, 0 for any number; a document that does not say means as much as its variable holds."""
    if kind in ("order", "graphic-order"):
        return _count(reading, node, "max-choices")
    if cardinality == "single":
        return 1
    for name in ("max-choices", "max-associations"):
        if node.get(name):
            return _count(reading, node, name)
    return 0


def _picture_in(node: Node) -> Picture | None:
    """Return the picture that an interaction stands on."""
    for one in node.elements("img", "object", "picture"):
        found = one.first("img") if one.name == "picture" else one
        if found is not None:
            return picture_of(found)
    return None


def picture_of(node: Node) -> Picture | None:
    """Return an element's picture, sound or film; None where its address is none to load."""
    attributes = shown_attributes("img", {**node.attributes, "src": node.get("src") or node.get("data")})
    if not attributes.get("src"):
        return None
    return Picture(
        source=attributes["src"],
        alternative=node.get("alt") or node.words,
        width=_pixels(node.get("width")),
        height=_pixels(node.get("height")),
        media_type=node.get("type"),
    )


def _pixels(text: str) -> float:
    found = re.fullmatch(r"\s*(\d{1,5}(?:\.\d+)?)\s*(?:px)?\s*", text)
    return float(found[1]) if found else 0.0


def _options(reading: _Reading, asked: Asked, node: Node, *names: str, of: str = "") -> tuple[Option, ...]:
    """Return an interaction's choices in the order in which they are shown."""
    shown = [one for one in node.elements(*names) if _is_shown(one, "template-identifier", reading.session.templates)]
    if node.get("shuffle") == "true":
        seed = reading.session.seed
        identity = f"{reading.item.identifier}\x1f{asked.name}{of}"
        shown = shuffled(shown, seed=seed, of=identity, is_fixed=lambda one: one.get("fixed") == "true")
    return tuple(_option(reading, one) for one in shown)


def _option(reading: _Reading, node: Node) -> Option:
    parts = _parts(reading, node.children)
    picture = _picture_in(node) if node.name == "qti-gap-img" else None
    label = node.get("hotspot-label") or node.get("object-label") or words_of(parts) or node.get("aria-label")
    if picture is not None:
        label = node.get("object-label") or picture.alternative
    return Option(
        key=node.get("identifier"),
        label=label,
        parts=parts,
        least=_count(reading, node, "match-min"),
        most=_count(reading, node, "match-max", 1),
        shape=node.get("shape"),
        coordinates=coordinates(node.get("coords")),
        picture=picture,
    )


def coordinates(text: str) -> tuple[float, ...]:
    """Return a hotspot's coordinates, in the picture's units; what is no number counts as 0."""
    numbers = []
    for one in re.split(r"[,\s]+", text.strip())[:400]:
        found = re.fullmatch(r"-?\d{1,6}(?:\.\d+)?", one.strip("% "))
        numbers.append(float(found[0]) if found else 0.0)
    return tuple(numbers) if text.strip() else ()


def _choice(reading: _Reading, node: Node, asked: Asked) -> Asked:
    settings = {**asked.settings, "orientation": _orientation(node, asked)}
    return replace(asked, options=_options(reading, asked, node, "qti-simple-choice"), settings=settings)


def _orientation(node: Node, asked: Asked) -> str:
    classes = asked.settings.get("classes", "").split()
    if "qti-orientation-horizontal" in classes or node.get("orientation") == "horizontal":
        return "horizontal"
    return "vertical"


def _inline_choice(reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(asked, options=_options(reading, asked, node, "qti-inline-choice"))


def _text(reading: _Reading, node: Node, asked: Asked) -> Asked:
    settings = dict(asked.settings)
    for attribute, setting in (
        ("expected-length", "expected-length"),
        ("expected-lines", "expected-lines"),
        ("max-strings", "most-strings"),
        ("min-strings", "least-strings"),
    ):
        if count := _count(reading, node, attribute):
            settings[setting] = str(count)
    for attribute, setting in (("format", "format"), ("pattern-mask", "pattern"), ("placeholder-text", "placeholder")):
        if node.get(attribute):
            settings[setting] = node.get(attribute)
    return replace(asked, settings=settings)


def _match(reading: _Reading, node: Node, asked: Asked) -> Asked:
    sets = node.elements("qti-simple-match-set")[:2]
    rows = [
        _options(
            reading, asked, replace(one, attributes=node.attributes), "qti-simple-associable-choice", of=f"\x1f{at}"
        )
        for at, one in enumerate(sets)
    ]
    rows += [()] * (2 - len(rows))
    return replace(asked, options=rows[0], targets=rows[1])


def _associate(reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(asked, options=_options(reading, asked, node, "qti-simple-associable-choice"))


def _gap_match(reading: _Reading, node: Node, asked: Asked) -> Asked:
    choices = ("qti-gap-text", "qti-gap-img")
    around = [one for one in node.children if isinstance(one, str) or one.name not in (*choices, "qti-prompt")]
    parts = _parts(reading, around)
    gaps = [part for part in _walk(parts) if isinstance(part, Gap)]
    return replace(
        asked,
        options=_options(reading, asked, node, *choices),
        parts=_without_edges(parts),
        targets=tuple(Option(key=gap.key, label=gap.label) for gap in gaps),
    )


def _hottext(reading: _Reading, node: Node, asked: Asked) -> Asked:
    around = [one for one in node.children if isinstance(one, str) or one.name != "qti-prompt"]
    parts = _parts(reading, around)
    options = tuple(
        Option(key=part.key, label=part.label, parts=part.parts) for part in _walk(parts) if isinstance(part, HotText)
    )
    return replace(asked, options=options, parts=_without_edges(parts))


def _walk(parts: Iterable[Part]) -> Iterable[Part]:
    for part in parts:
        yield part
        if isinstance(part, Element):
            yield from _walk(part.parts)


def _without_edges(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in parts if not isinstance(part, str) or part.strip())


def _slider(reading: _Reading, node: Node, asked: Asked) -> Asked:
    lower = _number(reading, node, "lower-bound")
    upper = _number(reading, node, "upper-bound", 100.0)
    settings = {
        **asked.settings,
        "orientation": "vertical" if node.get("orientation") == "vertical" else "horizontal",
        "lower": f"{min(lower, upper):.15g}",
        "upper": f"{max(lower, upper):.15g}",
        "step": f"{_number(reading, node, 'step') or 1:.15g}",
    }
    for name in ("reverse", "step-label"):
        if node.get(name) == "true":
            settings[name] = "true"
    return replace(asked, settings=settings)


def _on_picture(reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(asked, options=_options(reading, asked, node, "qti-hotspot-choice", "qti-associable-hotspot"))


def _graphic_gap_match(reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(
        asked,
        options=_options(reading, asked, node, "qti-gap-img", "qti-gap-text"),
        targets=_options(reading, asked, replace(node, attributes={}), "qti-associable-hotspot"),
    )


def _point(_reading: _Reading, _node: Node, asked: Asked) -> Asked:
    return asked


def _stage(reading: _Reading, node: Node) -> tuple[Part, ...]:
    """Return the interactions that share a picture on which objects are placed."""
    picture = _picture_in(node)
    parts: list[Part] = []
    for one in node.elements("qti-position-object-interaction"):
        asked = replace(_ask(reading, one, "position-object"), picture=picture)
        reading.asked.append(asked)
        parts.append(asked)
    return tuple(parts)


def _object_to_place(_reading: _Reading, node: Node, asked: Asked) -> Asked:
    own = _picture_in(node)
    option = Option(key="object", label=own.alternative if own else "", picture=own)
    # Outside a stage there is nothing to place it on.
    return replace(asked, options=(option,), picture=None)


def _upload(_reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(asked, settings={**asked.settings, "type": node.get("type")} if node.get("type") else asked.settings)


def _media_heard(reading: _Reading, node: Node, asked: Asked) -> Asked:
    settings = dict(asked.settings)
    for name in ("autostart", "loop"):
        if node.get(name) == "true":
            settings[name] = "true"
    for attribute, setting in (("min-plays", "least-plays"), ("max-plays", "most-plays")):
        if count := _count(reading, node, attribute):
            settings[setting] = str(count)
    inside = _parts(reading, node.elements("audio", "video", "object", "img"))
    return replace(asked, parts=inside, settings=settings)


def _end_attempt(_reading: _Reading, node: Node, asked: Asked) -> Asked:
    return replace(asked, label=node.get("title") or asked.label)


def _custom(reading: _Reading, node: Node, asked: Asked) -> Asked:
    markup = node.first("qti-interaction-markup")
    around = markup.children if markup else [one for one in node.elements() if one.name != "qti-prompt"]
    settings = dict(asked.settings)
    for attribute, setting in (("custom-interaction-type-identifier", "type"), ("module", "module")):
        if node.get(attribute):
            settings[setting] = node.get(attribute)
    settings |= {
        key: value
        for key, value in node.attributes.items()
        if key.startswith("data-") and not key.startswith("data-headway-")
    }
    return replace(asked, parts=_parts(reading, around), settings=settings)


_KINDS: Mapping[str, Callable[[_Reading, Node, Asked], Asked]] = {
    "choice": _choice,
    "inline-choice": _inline_choice,
    "text-entry": _text,
    "extended-text": _text,
    "order": _choice,
    "match": _match,
    "associate": _associate,
    "gap-match": _gap_match,
    "hottext": _hottext,
    "slider": _slider,
    "hotspot": _on_picture,
    "select-point": _point,
    "position-object": _object_to_place,
    "graphic-order": _on_picture,
    "graphic-associate": _on_picture,
    "graphic-gap-match": _graphic_gap_match,
    "upload": _upload,
    "drawing": _point,
    "media": _media_heard,
    "end-attempt": _end_attempt,
    "portable-custom": _custom,
    "custom": _custom,
}


# --- cards ------------------------------------------------------------------------------------------------------------


def _cards(reading: _Reading) -> dict[str, tuple[Card, ...]]:
    """Return the supports by the id of their catalog; those that help with the answer are not among them."""
    found: dict[str, tuple[Card, ...]] = {}
    for key, catalog in reading.item.catalogs.items():
        cards = tuple(
            card
            for one in catalog.elements("qti-card")
            if one.get("support") not in _HELP_SUPPORTS
            for holder in (one.elements("qti-card-entry") or [one])
            if (card := _card(reading, one, holder)).parts
        )
        if cards and key != "headway-help":
            found[key] = cards
    return found


def _card(reading: _Reading, card: Node, holder: Node) -> Card:
    parts: tuple[Part, ...] = ()
    for content in holder.elements():
        if content.name == "qti-html-content":
            parts += _parts(reading, content.children)
        elif content.name == "qti-file-href":
            address = shown_attributes("img", {"src": content.text.strip()}).get("src", "")
            family = content.get("mime-type").split("/")[0]
            name = {"audio": "audio", "video": "video", "image": "img"}.get(family, "a")
            if address and name == "a":
                parts += (Element(name="a", attributes={"href": address}, parts=(address.rsplit("/", 1)[-1],)),)
            elif address:
                parts += (Element(name=name, attributes={"src": address} | ({"alt": ""} if name == "img" else {})),)
    language = holder.get("xml:lang") or card.get("xml:lang")
    return Card(support=card.get("support"), language=language, parts=_without_edges(parts))
