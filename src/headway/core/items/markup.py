"""A document as a tree of plain values, read from XML and written again: what the whole question engine works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from headway.core.shared.safe_xml import XmlElement, read_xml

QTI_3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
# A name keeps its origin as a prefix: "qti-choice-interaction", "p", "math:mfrac", "svg:path", "ssml:break".
PREFIXES = {
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/2010/Math/MathML": "math",
    "http://www.w3.org/2000/svg": "svg",
    "http://www.w3.org/2001/10/synthesis": "ssml",
    "http://www.w3.org/2010/10/synthesis": "ssml",
    "http://www.w3.org/2001/XInclude": "xi",
}
NAMESPACES = {
    "math": "http://www.w3.org/1998/Math/MathML",
    "svg": "http://www.w3.org/2000/svg",
    "ssml": "http://www.w3.org/2001/10/synthesis",
    "xi": "http://www.w3.org/2001/XInclude",
}
# A question has hundreds of elements, the manifest of a large package tens of thousands.
MOST_ELEMENTS = 200_000
_XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its name, its attributes, what is in it (elements and text, in order), the line it began on.

    Two nodes are equal whatever their lines.
    """

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Node | str, ...] = ()
    line: int = field(default=0, compare=False)

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute's value."""
        return self.attributes.get(name, default)

    def elements(self, *names: str) -> list[Node]:
        """Return the child elements of these names; all of them without a name."""
        return [one for one in self.children if not isinstance(one, str) and (not names or one.name in names)]

    def first(self, *names: str) -> Node | None:
        """Return the first child element of one of these names."""
        for one in self.children:
            if not isinstance(one, str) and one.name in names:
                return one
        return None

    def below(self, *names: str) -> Iterator[Node]:
        """Return the elements of these names anywhere below, in the document's order; all of them without a name."""
        for one in self.children:
            if not isinstance(one, str):
                if not names or one.name in names:
                    yield one
                yield from one.below(*names)

    @property
    def text(self) -> str:
        """The text of the element and of all below it, as written."""
        return "".join(one if isinstance(one, str) else one.text for one in self.children)

    @property
    def words(self) -> str:
        """The text of the element and of all below it, on one line."""
        return " ".join(self.text.split())


def read_document(content: bytes) -> Node:
    """Return a document's root. Raises XmlRefused, with the line, where it is damaged or made to do harm."""
    return node_of(read_xml(content, most_elements=MOST_ELEMENTS))


def node_of(element: XmlElement) -> Node:
    """Return an element of lxml, and all below it, as plain values."""
    children: list[Node | str] = []
    if element.text:
        children.append(element.text)
    for one in element:
        if isinstance(one.tag, str):
            children.append(node_of(one))
        if one.tail:
            children.append(one.tail)
    return Node(
        _name(element.tag),
        {_attribute(key): value for key, value in element.attrib.items() if not key.endswith("}schemaLocation")},
        tuple(children),
        element.sourceline or 0,
    )


def _name(tag: str) -> str:
    if tag[0] != "{":
        return tag
    space, name = tag[1:].split("}", 1)
    prefix = PREFIXES.get(space)
    return f"{prefix}:{name}" if prefix else name


def _attribute(key: str) -> str:
    if key[0] != "{":
        return key
    return "xml:lang" if key == f"{_XML}lang" else key.rsplit("}", 1)[1]


def write_document(root: Node) -> str:
    """Return a document of QTI 3 as XML; read again it is equal."""
    spaces = {"": QTI_3} | {
        prefix: NAMESPACES[prefix]
        for prefix in sorted({one.name.split(":")[0] for one in root.below() if ":" in one.name})
        if prefix in NAMESPACES
    }
    declared = " ".join(f'xmlns{":" if prefix else ""}{prefix}="{space}"' for prefix, space in spaces.items())
    parts: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, parts, declared)
    return "".join(parts)


def _write(node: Node, parts: list[str], declared: str = "") -> None:
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in node.attributes.items())
    head = f"{node.name} {declared}" if declared else node.name
    if not node.children:
        parts.append(f"<{head}{attributes}/>")
        return
    parts.append(f"<{head}{attributes}>")
    for one in node.children:
        if isinstance(one, str):
            parts.append(escape(one, {"\r": "&#13;"}))
        else:
            _write(one, parts)
    parts.append(f"</{node.name}>")
