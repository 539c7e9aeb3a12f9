"""Which elements and attributes of a question's text are shown: QTI 3's content model without what runs, loads or leads astray.

An element that is not listed loses its tags and keeps its text; one of `REMOVED` goes with all that is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What any element may carry; `class` keeps only the words of QTI's shared vocabulary.
EVERYWHERE = frozenset(
    {"class", "dir", "lang", "title", "aria-label", "aria-hidden", "data-catalog-idref", "data-headway-stimulus"}
)

# What is asked, what it is asked about, its picture, a formula in LaTeX.
_KNOWN = frozenset({"prompt", "passage", "picture", "math-tex"})

_NO_MORE: frozenset[str] = frozenset()
_CELL = frozenset({"colspan", "rowspan", "scope", "headers", "abbr"})
_MEDIA = frozenset({"src", "width", "height", "poster", "loop", "muted"})

HTML: Mapping[str, frozenset[str]] = dict.fromkeys(
    _names(
        "p div span br hr pre cite em strong b i u s small sub sup code kbd samp var abbr dfn address wbr mark "
        "h1 h2 h3 h4 h5 h6 ul dl dt dd table caption thead tbody tfoot tr figure figcaption ruby rb rt rp rtc bdi bdo details summary"
    ),
    _NO_MORE,
) | {
    "a": frozenset({"href"}),
    "audio": _MEDIA,
    "blockquote": _NO_MORE,
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "del": _NO_MORE,
    "img": frozenset({"src", "alt", "width", "height"}),
    "ins": _NO_MORE,
    "li": frozenset({"value"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "q": _NO_MORE,
    "source": frozenset({"src", "type"}),
    "td": _CELL,
    "th": _CELL,
    "time": frozenset({"datetime"}),
    "track": frozenset({"src", "kind", "srclang", "label", "default"}),
    "video": _MEDIA,
}

# Parts of a page are no parts of a question: they would be landmarks among the page's own.
RENAMED: Mapping[str, str] = {
    "article": "div",
    "aside": "div",
    "center": "div",
    "footer": "div",
    "header": "div",
    "hgroup": "div",
    "main": "div",
    "nav": "div",
    "section": "div",
    "tt": "code",
    "strike": "s",
    # The page has its own first heading.
    "h1": "h2",
    "h2": "h3",
    "h3": "h4",
    "h4": "h5",
    "h5": "h6",
}

REMOVED = _names(
    "applet base canvas datalist dialog embed frame frameset head iframe link map meta noframes noscript param script select slot "
    "style template textarea math:annotation math:annotation-xml math:maction qti-catalog-info qti-companion-materials-info "
    "qti-stylesheet svg:a svg:animate svg:animateMotion svg:animateTransform svg:clipPath svg:defs svg:filter svg:foreignObject svg:image "
    "svg:marker svg:mask svg:pattern svg:script svg:set svg:style svg:symbol svg:use xi:include"
)

# MathML Core's presentation elements; see https://www.w3.org/TR/mathml-core/
_MATH_ATTRIBUTES = _names(
    "display displaystyle scriptlevel mathvariant dir form fence separator stretchy symmetric largeop movablelimits lspace rspace "
    "minsize maxsize accent accentunder linethickness width height depth voffset columnspan rowspan columnalign rowalign alttext"
)
MATH = _names(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom merror msub msup msubsup munder mover munderover "
    "mmultiscripts mprescripts none mtable mtr mtd semantics mfenced menclose mlabeledtr"
)

# Shapes of SVG, with the case that SVG gives their attributes.
_SVG_ATTRIBUTES = _names(
    "viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry d points transform fill fill-opacity fill-rule stroke "
    "stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity opacity font-size font-family font-weight font-style "
    "text-anchor dominant-baseline dx dy role"
)
_SVG_CASE = {"view-box": "viewBox", "viewbox": "viewBox", "preserve-aspect-ratio": "preserveAspectRatio"}
SVG = _names("svg g path rect circle ellipse line polyline polygon text tspan title desc")

# An address within the item's package, or a page of the web; nothing that could run.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Browsers leave these out of an address before they look at it.
_UNSEEN = re.compile(r"[\x00-\x20\x7f]")
ADDRESSES = frozenset({"src", "href", "poster"})


def shown_name(name: str) -> str | None:
    """Return the name under which an element is shown: "" where only its text is, None where nothing of it is."""
    if name in REMOVED:
        return None
    prefix, _colon, local = name.rpartition(":")
    if prefix == "svg":
        return name if local in SVG else ""
    # Many write formulas without their namespace.
    if prefix in ("math", "") and local in MATH:
        return f"math:{local}"
    name = RENAMED.get(name, name)
    return name if name in HTML else ""


def shown_attributes(name: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of an element, by its shown name, that are harmless."""
    if name.startswith("math:"):
        allowed = _MATH_ATTRIBUTES
    elif name.startswith("svg:"):
        allowed = _SVG_ATTRIBUTES
    else:
        allowed = HTML[name]
    kept: dict[str, str] = {}
    for written, text in attributes.items():
        key = {"xml:lang": "lang"}.get(written, _SVG_CASE.get(written, written))
        value = known_classes(text) if key == "class" else text
        if (key not in allowed and key not in EVERYWHERE) or (key == "class" and not value):
            continue
        if key in ADDRESSES and not is_harmless_address(value, may_leave=key == "href"):
            continue
        if name.startswith("svg:") and "(" in value and key != "transform":
            continue
        kept[key] = value
    return kept


def known_classes(words: str) -> str:
    """Return the classes of QTI's shared vocabulary and the few that say what a part is; a page's own names are not among them."""
    return " ".join(one for one in words.split() if one.startswith("qti-") or one in _KNOWN)


def is_harmless_address(address: str, *, may_leave: bool) -> bool:
    """Tell whether an address names a file of the item's package or, where that is allowed, a page of the web."""
    seen = _UNSEEN.sub("", address).replace("\\", "/")
    scheme = _SCHEME.match(seen)
    if scheme:
        return may_leave and scheme[1].lower() in ("http", "https")
    return not seen.startswith("//")
