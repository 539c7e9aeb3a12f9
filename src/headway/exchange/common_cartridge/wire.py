"""Common Cartridge 1.1 to 1.3 and thin cartridges as plain values: the documents that resources of each type hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from headway.exchange.shared.archives import Package
from headway.exchange.shared.manifest import Entry
from headway.exchange.shared.markup import Element, attribute, below, child, children, inner_html, words

# What a resource's type begins with, and what it is here. The number of the version stands in the middle and does not matter.
_TYPES = (
    ("webcontent", "page"),
    ("imswl", "link"),
    ("imsdt", "discussion"),
    ("assignment", "assignment"),
    ("imsqti", "test"),
    ("imsbasiclti", "tool"),
    ("imslti", "tool"),
    ("idpfepub", "book"),
    ("imsiwb", "page"),
    ("associatedcontent", "part"),
    ("imsapip", "test"),
)
# Files that other pages show or need; alone they are nothing to learn with.
PARTS = frozenset(
    ("css", "js", "json", "map", "woff", "woff2", "ttf", "ico", "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "xsd", "dtd",
     "xml", "qti", "swf", "vtt", "srt", "dat")
)  # fmt: skip
PAGES = frozenset(("html", "htm", "xhtml"))


@dataclass(frozen=True, kw_only=True)
class Link:
    """A web link: imswl."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic to discuss (imsdt) or a piece of work to hand in (assignment)."""

    title: str
    html: str
    attachments: tuple[str, ...] = ()
    points: float | None = None
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool to launch: imsbasiclti."""

    title: str
    description: str
    url: str
    vendor: str = ""


def what_it_is(given: str) -> str:
    """Return what a resource's type means here: page, link, discussion, assignment, test, tool, book, part or ""."""
    plain = given.strip().casefold()
    return next((meaning for start, meaning in _TYPES if plain.startswith(start)), "")


def parse_link(root: Element) -> Link:
    """Return the link that a webLink document holds."""
    return Link(title=words(child(root, "title")), url=attribute(child(root, "url"), "href"))


def parse_topic(root: Element) -> Topic:
    """Return the topic or assignment that a document holds, in the standard's form or in Canvas's own."""
    gradable = next(below(root, "gradable"), None)
    points = attribute(gradable, "points_possible") or words(next(below(root, "points_possible"), None))
    formats = [attribute(one, "type") for one in below(root, "format")]
    formats += [part for one in children(root, "submission_types") for part in words(one).split(",")]
    text = child(root, "text")
    return Topic(
        title=words(child(root, "title")),
        html=inner_html(text if text is not None else child(root, "instructor_text")),
        attachments=tuple(attribute(one, "href") for one in below(root, "attachment")),
        points=float(points) if re.fullmatch(r"\d+(\.\d+)?", points) else None,
        formats=tuple(one.strip() for one in formats if one.strip()),
    )


def parse_tool(root: Element) -> Tool:
    """Return the tool that a cartridge_basiclti_link document holds; a secure address goes before another."""
    return Tool(
        title=words(child(root, "title")),
        description=words(child(root, "description")),
        url=words(child(root, "secure_launch_url")) or words(child(root, "launch_url")),
        vendor=words(child(root, "vendor", "name")),
    )


def kind_of_work(formats: tuple[str, ...]) -> str:
    """Return which kind of work an assignment asks for, by the form in which it is handed in."""
    given = {one.casefold() for one in formats}
    if given & {"text", "html", "online_text_entry"}:
        return "writing"
    if given & {"file", "online_upload", "media_recording", "media"}:
        return "project"
    if given & {"discussion_topic"}:
        return "discussion"
    return "worksheet"


def address_in(html: str) -> str:
    """Return where a page without words leads: its frame, the page it jumps to, or its first link."""
    found = (
        re.search(r"<iframe\b[^>]*\bsrc=[\"']([^\"']+)", html, re.IGNORECASE)
        or re.search(r"http-equiv=[\"']?refresh[^>]*url=([^\"'>\s]+)", html, re.IGNORECASE)
        or re.search(r"<a\b[^>]*\bhref=[\"'](https?:[^\"']+)", html, re.IGNORECASE)
        or re.search(r"location(?:\.href)?\s*=\s*[\"'](https?:[^\"']+)", html, re.IGNORECASE)
    )
    return found[1].replace("&amp;", "&") if found else ""


def modules(contents: Entry) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Return the modules of a cartridge, each with the resources below it in order.

    A cartridge wraps its modules in items without a title. What stands beside the modules belongs to the wrapping item.
    """
    loose = tuple(part.resource for part in contents.parts if part.resource and not part.parts)
    if loose or contents.resource:
        yield contents, tuple(dict.fromkeys((contents.resource, *loose) if contents.resource else loose))
    for part in contents.parts:
        if not part.parts:
            continue
        if part.title:
            yield part, tuple(dict.fromkeys(one.resource for one in part.walk() if one.resource))
        else:
            yield from modules(part)


def opening_file(package: Package, addresses: tuple[str, ...], base: str) -> tuple[str, str]:
    """Return the first file of a resource that is in the package, and the first address that leads nowhere."""
    missing = ""
    for address in addresses:
        name = package.find(address, base)
        if name:
            return name, missing
        missing = missing or address
    return "", missing
