"""What a document of QTI is, and the parts of it that lie in other files: sections of a test, shared texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from headway.core.items.markup import Node, node_of
from headway.exchange.qti.upgrading import upgraded
from headway.exchange.shared.markup import Element, name_of

STIMULUS = "data-headway-stimulus"


def version_of(root: Element) -> str:
    """Return the version that a document's namespace tells: 2.1, 2.2, 3.0; "" where it tells none."""
    found = re.search(r"v(\d)p(\d)", str(root.tag))
    return f"{found[1]}.{found[2]}" if found else ""


def in_qti_3(root: Element) -> Node:
    """Return a document of QTI 2 or 3 as a tree in the names of QTI 3."""
    return upgraded(node_of(root))


def kind_of_document(root: Element) -> str:
    """Return what a document is: "item", "test", "section", "stimulus", "tests 1.2", "rules"; "" for anything else."""
    name = name_of(root)
    plain = name.removeprefix("qti-").replace("-", "").casefold()
    return {
        "assessmentitem": "item",
        "assessmenttest": "test",
        "assessmentsection": "section",
        "assessmentstimulus": "stimulus",
        "responseprocessing": "rules",
        "questestinterop": "tests 1.2",
    }.get(plain, "")


@dataclass(frozen=True, kw_only=True)
class ItemRef:
    """An item that a test names."""

    identifier: str
    href: str


def item_refs(test: Node) -> list[ItemRef]:
    """Return the items of a test, in the order of the document."""
    return [
        ItemRef(identifier=one.get("identifier"), href=one.get("href")) for one in test.below("qti-assessment-item-ref")
    ]


def minutes_of(test: Node) -> int | None:
    """Return the minutes a test may take, None where it does not say."""
    limits = test.first("qti-time-limits") or next(test.below("qti-time-limits"), None)
    seconds = limits.get("max-time") if limits is not None else ""
    return max(1, round(float(seconds) / 60)) if re.fullmatch(r"\d+(\.\d+)?", seconds) else None


def with_sections(node: Node, section: Callable[[str], Node | None]) -> Node:
    """Return a test with the sections that lie in other files put in their places; one that is not found stays a reference."""
    children: list[Node | str] = []
    for one in node.children:
        if isinstance(one, str):
            children.append(one)
        elif one.name == "qti-assessment-section-ref":
            found = section(one.get("href"))
            children.append(one if found is None else found)
        else:
            children.append(with_sections(one, section))
    return replace(node, children=tuple(children))


def has_stimulus(item: Node, identifier: str) -> bool:
    """Whether the body of an item already shows a shared text."""
    return any(one.get(STIMULUS) == identifier for one in item.below("div"))


def with_stimulus(item: Node, identifier: str, shown: tuple[Node | str, ...], extras: tuple[Node, ...] = ()) -> Node:
    """Return an item with a shared text in its body: where the body says, else above everything.

    `extras` are the text's own catalogs and stylesheets. The reference to the text stays.
    """
    children: list[Node | str] = []
    for one in item.children:
        if isinstance(one, str) or one.name != "qti-item-body":
            children.append(one)
            continue
        filled = _filled(one, identifier, shown)
        if filled == one:
            # The classes say to other systems that this is the text's place.
            named = {"class": "qti-shared-stimulus", "data-stimulus-idref": identifier, STIMULUS: identifier}
            text = Node("div", named, shown, one.line)
            filled = replace(one, children=(text, *one.children))
        children += [*(extra for extra in extras if extra.name == "qti-stylesheet"), filled]
    catalogs = [extra for extra in extras if extra.name == "qti-catalog"]
    return replace(item, children=_with_catalogs(tuple(children), catalogs) if catalogs else tuple(children))


def is_safe_name(name: str) -> bool:
    """Whether an address is a plain name below the document's own folder."""
    return bool(re.fullmatch(r"[\w][\w .()+@,-]*(?:/[\w][\w .()+@,-]*)*", name))


def with_safe_reference(item: Node, identifier: str) -> Node:
    """Return an item whose reference to a shared text is a plain name: one that leads out of its folder means nothing here."""
    children: list[Node | str] = []
    for one in item.children:
        is_it = not isinstance(one, str) and one.name == "qti-assessment-stimulus-ref"
        if isinstance(one, str) or not is_it or one.get("identifier") != identifier or is_safe_name(one.get("href")):
            children.append(one)
        else:
            name = re.sub(r"[^\w.-]", "_", one.get("href").rsplit("/", 1)[-1]).lstrip(".-") or "text.xml"
            children.append(replace(one, attributes={**one.attributes, "href": name}))
    return replace(item, children=tuple(children))


def _filled(node: Node, identifier: str, shown: tuple[Node | str, ...]) -> Node:
    if node.get("data-stimulus-idref") == identifier and "qti-shared-stimulus" in node.get("class").split():
        return replace(node, attributes={**node.attributes, STIMULUS: identifier}, children=shown)
    children = tuple(one if isinstance(one, str) else _filled(one, identifier, shown) for one in node.children)
    return node if children == node.children else replace(node, children=children)


def _with_catalogs(children: tuple[Node | str, ...], catalogs: list[Node]) -> tuple[Node | str, ...]:
    for place, one in enumerate(children):
        if not isinstance(one, str) and one.name == "qti-catalog-info":
            whole = replace(one, children=(*one.children, *catalogs))
            return (*children[:place], whole, *children[place + 1 :])
    after = next(
        (place for place, one in enumerate(children) if not isinstance(one, str) and one.name == "qti-item-body"),
        len(children) - 1,
    )
    return (*children[: after + 1], Node("qti-catalog-info", {}, tuple(catalogs)), *children[after + 1 :])


def with_addresses(node: Node, moved: Callable[[str], str]) -> Node:
    """Return a section with the addresses of its items changed."""
    attributes = dict(node.attributes)
    if node.name == "qti-assessment-item-ref" and attributes.get("href"):
        attributes["href"] = moved(attributes["href"])
    children = tuple(one if isinstance(one, str) else with_addresses(one, moved) for one in node.children)
    return replace(node, attributes=attributes, children=children)
