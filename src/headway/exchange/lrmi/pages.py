"""Descriptions of learning resources inside web pages: JSON-LD scripts, microdata and RDFa, all as JSON-LD objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from headway.core.shared.safe_xml import DEEPEST, TOO_DEEP
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import Element, name_of, words

_ADDRESSES = {"a": "href", "link": "href", "area": "href", "img": "src", "audio": "src", "video": "src", "source": "src", "iframe": "src", "object": "data"}  # fmt: skip


def scripts_of(html: str) -> list[str]:
    """Return the JSON-LD scripts of a page, as they stand."""
    root = _page(html)
    return [
        "".join(script.itertext())
        for script in (root.iter("script") if root is not None else ())
        if (script.get("type") or "").split(";")[0].strip().casefold() == "application/ld+json"
    ]


def marked_up(html: str) -> list[dict[str, Any]]:
    """Return what a page says in microdata or RDFa, each description as a JSON-LD object."""
    root = _page(html)
    if root is None:
        return []
    return [_node(one, 0) for one in _outermost(root, 0)]


def _page(html: str) -> Element | None:
    """Return the page's root; nothing of it is followed or loaded."""
    try:
        return etree.fromstring(
            html.encode(), etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, encoding="utf-8")
        )
    except (etree.XMLSyntaxError, ValueError):
        return None


def _starts(element: Element) -> bool:
    return element.get("itemscope") is not None or element.get("typeof") is not None


def _property(element: Element) -> str:
    return (
        element.get("itemprop")
        or element.get("property")
        or (element.get("rel") if element.get("typeof") or element.get("resource") else "")
        or ""
    )


def _outermost(element: Element, depth: int) -> Iterator[Element]:
    if depth > DEEPEST:
        raise FileRefused(TOO_DEEP, deepest=DEEPEST)
    for one in element:
        if name_of(one) and _starts(one) and not _property(one):
            yield one
        elif name_of(one):
            yield from _outermost(one, depth + 1)


def _node(element: Element, depth: int) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": (element.get("itemtype") or element.get("typeof") or "").split()[:1]}
    identifier = element.get("itemid") or element.get("resource") or element.get("about")
    if identifier:
        node["@id"] = identifier
    _collect(element, node, depth)
    return node


def _collect(element: Element, node: dict[str, Any], depth: int) -> None:
    if depth > DEEPEST:
        raise FileRefused(TOO_DEEP, deepest=DEEPEST)
    for one in element:
        if not name_of(one):
            continue
        names = _property(one).split()
        if names:
            value = _node(one, depth + 1) if _starts(one) else _value(one)
            for name in names:
                node.setdefault(name, []).append(value)
        if not _starts(one):
            _collect(one, node, depth + 1)


def _value(element: Element) -> str:
    """Return the value of a marked-up element, as microdata and RDFa define it."""
    for given in ("content", "datetime", "resource"):
        if element.get(given) is not None:
            return str(element.get(given)).strip()
    address = _ADDRESSES.get(name_of(element))
    if address and element.get(address):
        return str(element.get(address)).strip()
    return words(element)
