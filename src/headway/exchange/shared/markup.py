"""Reads XML and HTML that others wrote, without following anything in it: no entities, no network, no endless nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import nh3

from headway.core.shared.safe_xml import DEEPEST, XmlRefused, read_xml
from headway.exchange.shared.import_report import FileRefused

Element = Any  # lxml is C and has no types

LONGEST_TEXT = 400_000

_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
     "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
     "summary", "table", "td", "th", "tr", "ul")
)  # fmt: skip
_PARAGRAPHS = frozenset(("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table", "ul", "ol", "dl"))
_NO_END = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li", "td", "th",
     "tr", "dd", "dt", "option")
)  # fmt: skip
_NEVER_SHOWN = {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"}


def parse_xml(content: bytes, *, place: str = "") -> Element:
    """Return the root element of an XML document.

    Raises FileRefused with the line where it is not well formed; where it defines entities or names outside parts; where
    it is nested or sized as no honest file is.
    """
    try:
        return read_xml(content)
    except XmlRefused as refusal:
        where = [part for part in (place, f"line {refusal.line}" if refusal.line else "") if part]
        raise FileRefused(refusal.sentence, place=", ".join(where), **refusal.facts) from refusal


def name_of(element: Element) -> str:
    """Return an element's name without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Element | None, *names: str) -> list[Element]:
    """Return the child elements of these names (all without one), whatever their namespace."""
    if element is None:
        return []
    return [child for child in element if name_of(child) and (not names or name_of(child) in names)]


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first element down a path of names, or None."""
    for name in path:
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def below(element: Element | None, *names: str) -> Iterator[Element]:
    """Return the elements of these names anywhere below, in order."""
    if element is None:
        return
    for one in element.iter():
        if one is not element and name_of(one) in names:
            yield one


def words(element: Element | None) -> str:
    """Return the text of an element and of all below it, on one line."""
    if element is None:
        return ""
    return " ".join("".join(element.itertext()).split())


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its name without namespace, "" where there is none."""
    if element is None:
        return ""
    for key, value in element.attrib.items():
        if key.rsplit("}", 1)[-1] == name:
            return str(value).strip()
    return ""


def inner_html(element: Element | None) -> str:
    """Return what an element holds as markup: HTML that was written as text, or the elements themselves."""
    if element is None:
        return ""
    if not children(element):
        return "".join(element.itertext())
    inside = [_escaped(element.text or "")]
    inside += [_bare(one) + _escaped(one.tail or "") for one in element if name_of(one)]
    return "".join(inside)


def _bare(element: Element) -> str:
    """Return an element as HTML without namespaces."""
    attributes = "".join(f' {key.rsplit("}", 1)[-1]}="{_escaped(str(value))}"' for key, value in element.attrib.items())
    inside = _escaped(element.text or "") + "".join(
        (_bare(one) if name_of(one) else "") + _escaped(one.tail or "") for one in element
    )
    name = name_of(element)
    return f"<{name}{attributes}>{inside}</{name}>" if name not in ("br", "img", "hr") else f"<{name}{attributes}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


# --- HTML ------------------------------------------------------------------------------------------------------------


def html_text(content: bytes) -> str:
    """Return a page's markup as text: UTF-8, else what it says of itself, else the Windows code page of old pages."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    named = re.search(rb"<meta[^>]+charset=[\"']?([A-Za-z0-9_-]{2,20})", content[:4096])
    for encoding in ("utf-8-sig", named[1].decode("ascii") if named else "", "cp1252"):
        try:
            return content.decode(encoding) if encoding else content.decode("ascii")
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("utf-8", errors="replace")


def title_of(html: str) -> str:
    """Return the title of a page, "" where it has none."""
    found = re.search(r"<title[^>]*>(.*?)</title>", html[:20_000], re.IGNORECASE | re.DOTALL)
    return plain_text(found[1]) if found else ""


class _Reader(HTMLParser):
    """Puts the text of cleaned HTML down, with a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\f" if tag in _PARAGRAPHS else "\v")
        if tag == "li":
            self.parts.append("• ")
        elif tag == "img":
            alt = (dict(attrs).get("alt") or "").removeprefix("LaTeX:").strip()
            if alt:
                self.parts.append(f" {alt} ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\f" if tag in _PARAGRAPHS else "\v")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """Return what a reader sees of a piece of HTML: paragraphs and lists as lines, pictures by their description."""
    if "<" not in html and "&" not in html:
        return _tidy(html)
    html = html[: 4 * LONGEST_TEXT]
    if is_nested_without_end(html):
        return _tidy(re.sub(r"<[^>]*>", "\n", re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)", "", html)))
    cleaned = nh3.clean(
        html,
        tags=set(_BLOCKS | {"img", "b", "i", "em", "strong", "sub", "sup", "span", "a"}),
        clean_content_tags=_NEVER_SHOWN,
        attributes={"img": {"alt"}},
    )
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    return _tidy("".join(reader.parts))


def is_nested_without_end(html: str) -> bool:
    """Whether tags are opened in each other by the thousand: reading that as a page would take minutes."""
    depth = 0
    for found in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", html):
        if found[2].casefold() not in _NO_END:
            depth = max(0, depth - 1) if found[1] else depth + 1
            if depth > DEEPEST * 5:
                return True
    return False


def _tidy(text: str) -> str:
    return re.sub(r"\s+", _gap, text).strip()[:LONGEST_TEXT]


def _gap(found: re.Match[str]) -> str:
    """Return what stands between two words: a new paragraph, a new line or a space."""
    run = found[0]
    if "\f" in run or run.count("\n") > 1:
        return "\n\n"
    return "\n" if "\n" in run or "\v" in run else " "
