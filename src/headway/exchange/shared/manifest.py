"""The contents page of a content package (imsmanifest.xml) as plain values; Common Cartridge and QTI packages share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import (
    Element,
    attribute,
    below,
    child,
    children,
    name_of,
    plain_text,
    words,
)

FILE_NAME = "imsmanifest.xml"
NOT_A_MANIFEST = gettext_noop(
    "{place} is not the contents page of a package: it begins with “{found}” instead of “manifest”."
)
# What may stand inside a resource in place of a file (Common Cartridge 1.3, thin cartridges).
_INLINE = ("webLink", "topic", "assignment", "cartridge_basiclti_link", "questestinterop")


@dataclass(frozen=True, kw_only=True)
class About:
    """What a package or a part of it says of itself (LOM)."""

    title: str = ""
    description: str = ""
    language: str = ""
    keywords: tuple[str, ...] = ()
    rights: str = ""
    is_restricted: bool | None = None
    authors: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    minutes_words: str = ""
    ages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the contents: a heading, or something to open, with what is below it."""

    identifier: str
    title: str
    resource: str = ""
    parts: tuple[Entry, ...] = ()

    def walk(self) -> Iterator[Entry]:
        """Return this line and all below it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A resource as the contents page lists it."""

    identifier: str
    type: str
    href: str = ""
    base: str = ""
    files: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    variant_of: str = ""
    use: str = ""
    about: About = About()
    inline: Element | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of its files, the one to open first."""
        return tuple(dict.fromkeys(one for one in (self.href, *self.files) if one))


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A package's contents page."""

    identifier: str
    schema: str
    version: str
    about: About
    contents: Entry
    resources: dict[str, Listed]
    named_twice: tuple[str, ...] = ()


def parse_manifest(root: Element, *, place: str = FILE_NAME) -> Manifest:
    """Return the contents page that an XML document holds. Raises FileRefused where it is another document."""
    if name_of(root) != "manifest":
        raise FileRefused(NOT_A_MANIFEST, place=place, found=name_of(root))
    metadata = child(root, "metadata")
    base = attribute(root, "base")
    listed: dict[str, Listed] = {}
    twice: list[str] = []
    holder = child(root, "resources")
    for number, element in enumerate(children(holder, "resource"), start=1):
        one = _listed(element, _below_base(base, attribute(holder, "base")), number)
        if one.identifier in listed:
            twice.append(one.identifier)
        else:
            listed[one.identifier] = one
    organizations = child(root, "organizations")
    chosen = attribute(organizations, "default")
    trees = children(organizations, "organization")
    trees.sort(key=lambda tree: attribute(tree, "identifier") != chosen)
    contents = _entry(trees[0]) if trees else Entry(identifier="", title="")
    return Manifest(
        identifier=attribute(root, "identifier"),
        schema=words(child(metadata, "schema")),
        version=words(child(metadata, "schemaversion")),
        about=parse_about(metadata),
        contents=contents,
        resources=listed,
        named_twice=tuple(twice),
    )


def _below_base(*parts: str) -> str:
    return "".join(part if part.endswith("/") else f"{part}/" for part in parts if part)


def _entry(element: Element) -> Entry:
    return Entry(
        identifier=attribute(element, "identifier"),
        title=words(child(element, "title")),
        resource=attribute(element, "identifierref"),
        parts=tuple(_entry(one) for one in children(element, "item")),
    )


def _listed(element: Element, base: str, number: int) -> Listed:
    inline = next(iter(children(element, *_INLINE)), None)
    variant = next(iter(children(element, "variant")), None)
    return Listed(
        identifier=attribute(element, "identifier") or f"resource-{number}",
        type=attribute(element, "type"),
        href=attribute(element, "href"),
        base=_below_base(base, attribute(element, "base")).rstrip("/"),
        files=tuple(attribute(one, "href") for one in children(element, "file")),
        dependencies=tuple(attribute(one, "identifierref") for one in children(element, "dependency")),
        variant_of=attribute(variant, "identifierref"),
        use=attribute(element, "intendeduse"),
        about=parse_about(child(element, "metadata")),
        inline=inline,
    )


def parse_about(metadata: Element | None) -> About:
    """Return what a metadata element says, in any of the dialects of LOM that packages use."""
    if metadata is None:
        return About()
    lom = next(below(metadata, "lom"), None)
    general, rights = child(lom, "general"), child(lom, "rights")
    educational = children(lom, "educational")
    restricted = _value(next(below(rights, "copyrightAndOtherRestrictions", "copyrightandotherrestrictions"), None))
    return About(
        title=_string(child(general, "title")),
        description=plain_text(_string(child(general, "description"))),
        language=words(child(general, "language")) or attribute(_string_element(child(general, "title")), "language"),
        keywords=tuple(word for one in children(general, "keyword") for word in _strings(one) if word),
        rights=_string(child(rights, "description")),
        is_restricted={"yes": True, "no": False}.get(restricted.casefold()),
        authors=tuple(_authors(lom)),
        roles=tuple(_value(one) for part in educational for one in children(part, "intendedEndUserRole")),
        minutes_words=next((words(one) for part in educational for one in below(part, "duration")), ""),
        ages=tuple(_string(one) for part in educational for one in children(part, "typicalAgeRange") if _string(one)),
        kinds=tuple(_value(one) for part in educational for one in children(part, "learningResourceType")),
        standards=tuple(_standards(metadata)),
    )


def _string_element(element: Element | None) -> Element | None:
    found = children(element, "string", "langstring")
    return found[0] if found else None


def _strings(element: Element | None) -> list[str]:
    return [words(one) for one in children(element, "string", "langstring")] or [words(element)]


def _string(element: Element | None) -> str:
    found = _string_element(element)
    return words(found if found is not None else element)


def _value(element: Element | None) -> str:
    value = child(element, "value")
    return _string(value if value is not None else element) if element is not None else ""


def _authors(lom: Element | None) -> Iterator[str]:
    for contribute in below(lom, "contribute"):
        role = _value(child(contribute, "role")).casefold()
        if role and role not in ("author", "creator", "publisher", "content provider"):
            continue
        for entity in below(contribute, "entity", "centity"):
            card = words(entity)
            # A card in vCard form, on one line: FN: the name, ORG: the house.
            name = card.split("FN:", 1)[1] if "FN:" in card else "" if "BEGIN:" in card.upper() else card
            name = name.split(" N:", 1)[0].split(" ORG:", 1)[0].split(" END:", 1)[0].split(" EMAIL", 1)[0].strip()
            if name:
                yield name


def _standards(metadata: Element) -> Iterator[str]:
    """Return the names of curriculum standards: the label where there is one, and the identifier."""
    for labelled in below(metadata, "labelledGUID"):
        for part in ("GUID", "label"):
            name = words(child(labelled, part)).strip("{}")
            if name:
                yield name
    for standards in below(metadata, "curriculumStandardsMetadata"):
        for one in below(standards, "GUID"):
            if name_of(one.getparent()) != "labelledGUID" and words(one):
                yield words(one).strip("{}")
