"""HTML that others wrote, as nodes of a question's document: cleaned, well-formed, formulas in pictures as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import nh3
from lxml import html as lxml_html

from headway.core.items import allowed_markup
from headway.core.items.markup import Node, node_of
from headway.exchange.shared.latex import formula_as_text, readable_page
from headway.exchange.shared.markup import LONGEST_TEXT, is_nested_without_end, plain_text

DEEPEST_PAGE = 60
INLINE = frozenset(
    ("a", "abbr", "audio", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark",
     "math:math", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "video", "wbr",
     "qti-text-entry-interaction", "qti-inline-choice-interaction", "qti-printed-variable")
)  # fmt: skip
_MATH_TAGS = frozenset(f"{name}" for name in allowed_markup.MATH)
_TAGS = set(allowed_markup.HTML) | set(allowed_markup.RENAMED) | set(_MATH_TAGS)
_ATTRIBUTES = {name: set(more) | set(allowed_markup.EVERYWHERE) for name, more in allowed_markup.HTML.items()}
_ATTRIBUTES["img"] = _ATTRIBUTES["img"] | {"data-equation-content"}
# Signs that no document of XML can hold.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Part = Node | str


def writable(text: str) -> str:
    """Return text without the signs that XML cannot hold."""
    return _UNWRITABLE.sub("", text)


def nodes_of_html(html: str, *, line: int = 0) -> tuple[Part, ...]:
    """Return a piece of HTML as nodes of a line; what runs, loads from elsewhere or nests without end is gone, its words stay."""
    html = writable(html)
    if "<" not in html and "&" not in html:
        return (readable_page(html),) if html.strip() else ()
    html = html[: 4 * LONGEST_TEXT]
    if is_nested_without_end(html):
        return _lines(plain_text(html))
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "head", "title", "template", "noscript", "iframe"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "data"},
        link_rel=None,
    )
    if not cleaned.strip():
        return ()
    root = node_of(lxml_html.fragment_fromstring(cleaned, create_parent="div"))
    if _depth(root) > DEEPEST_PAGE:
        return _lines(plain_text(html))
    return tuple(_tidied(one, line) for one in root.children)


def blocks(parts: Iterable[Part]) -> list[Node]:
    """Return parts as blocks: text and inline elements that stand alone become paragraphs."""
    found: list[Node] = []
    line: list[Part] = []

    def end_line() -> None:
        if any(not isinstance(one, str) or one.strip() for one in line):
            found.append(Node("p", {}, tuple(line)))
        line.clear()

    for one in parts:
        if isinstance(one, str) or one.name in INLINE:
            line.append(one)
        else:
            end_line()
            found.append(one)
    end_line()
    return found


def inline(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return parts as they can stand within a line or a choice: one lone paragraph or box gives what is in it."""
    kept = tuple(one for one in parts if not isinstance(one, str) or one.strip())
    if len(kept) == 1 and not isinstance(kept[0], str) and kept[0].name in ("p", "div", "span"):
        return inline(kept[0].children)
    return kept if len(kept) > 1 else tuple(one.strip() if isinstance(one, str) else one for one in kept)


def says_nothing(parts: Iterable[Part]) -> bool:
    """Whether there is nothing to read, see or hear in parts."""
    return not any(
        one.strip() if isinstance(one, str) else one.name in _SHOWN or not says_nothing(one.children) for one in parts
    )


_SHOWN = ("img", "audio", "video", "math:math", "svg:svg", "object")


def _lines(text: str) -> tuple[Part, ...]:
    return tuple(Node("p", {}, (" ".join(one.split()),)) for one in text.split("\n\n") if one.strip())


def _depth(root: Node) -> int:
    depth, level = 0, [root]
    while level:
        depth += 1
        level = [one for node in level for one in node.elements()]
    return depth


def _tidied(part: Part, line: int, *, in_formula: bool = False) -> Part:
    if isinstance(part, str):
        return readable_page(part)
    formula = part.get("data-equation-content") or (
        part.get("alt").removeprefix("LaTeX:") if part.get("alt").startswith("LaTeX:") else ""
    )
    if part.name == "img" and formula:
        return Node("span", {}, (formula_as_text(formula.strip()),), line)
    in_formula = in_formula or part.name == "math"
    name = f"math:{part.name}" if in_formula else allowed_markup.RENAMED.get(part.name, part.name)
    attributes = {key: value for key, value in part.attributes.items() if key != "data-equation-content"}
    return replace(
        part,
        name=name,
        attributes=attributes,
        children=tuple(_tidied(one, line, in_formula=in_formula) for one in part.children),
        line=line,
    )
