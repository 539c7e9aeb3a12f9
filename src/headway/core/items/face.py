"""A question's face: a neutral tree to show or to print, made without looking at the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
