"""Reads XML that others wrote, without following anything in it: no entities, no network, no endless nesting."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from headway.core.shared.errors import RuleBroken, gettext_noop

XmlElement = Any  # lxml is C and has no types

MEBIBYTE = 1024 * 1024
LARGEST_MEBIBYTES = 32
DEEPEST = 200
# Elements and attributes cost far more memory and time than the signs they are written with.
MOST_ELEMENTS = 1_000_000
MOST_ATTRIBUTES = 500

NOTHING_IN_IT = gettext_noop("There is nothing in this file.")
TOO_LARGE = gettext_noop("The file is larger than {mebibytes} MB, so it was not read. Send it in parts.")
NOT_XML = gettext_noop("Line {line}: this is not well-formed XML ({problem}). The file may be cut off or damaged.")
HAS_ENTITIES = gettext_noop(
    "The file defines abbreviations of its own (XML entities). They can be used to do harm, so it was not read."
)
TOO_DEEP = gettext_noop("The file nests its parts more than {deepest} deep; it was not read any further.")
TOO_MANY_PARTS = gettext_noop("The file has more than {most} parts, so it was not read. Send it in several files.")
TOO_MANY_ATTRIBUTES = gettext_noop(
    "Line {line}: “{element}” has more than {most} attributes. No honest file has; it was not read any further."
)


class XmlRefused(RuleBroken):
    """A document that is not read: damaged, or made to do harm. `line` is where, 0 for the whole."""

    def __init__(self, sentence: str, *, line: int = 0, **facts: object) -> None:
        super().__init__(sentence, **({"line": line} if line else {}), **facts)
        self.line = line


def read_xml(content: bytes, *, most_elements: int = MOST_ELEMENTS) -> XmlElement:
    """Return the root element of an XML document, without comments and processing instructions.

    Raises XmlRefused with the line where it is not well formed; where it defines entities or names outside parts; where
    it is nested or sized as no honest file is.
    """
    if not content.strip():
        raise XmlRefused(NOTHING_IN_IT)
    if len(content) > LARGEST_MEBIBYTES * MEBIBYTE:
        raise XmlRefused(TOO_LARGE, mebibytes=LARGEST_MEBIBYTES)
    # Any encoding of two or four bytes a sign shows its ASCII once the zeros are gone.
    bare = content.replace(b"\x00", b"") if b"\x00" in content else content
    if bare.count(b"<") - bare.count(b"</") > most_elements:
        raise XmlRefused(TOO_MANY_PARTS, most=most_elements)
    if b"<!DOCTYPE" in bare and b"<!ENTITY" in bare:
        raise XmlRefused(HAS_ENTITIES)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as problem:
        line = getattr(problem, "lineno", None) or 1
        words = re.sub(r", line \d+, column \d+.*$", "", str(problem)) or type(problem).__name__
        if "depth" in words.casefold():
            raise XmlRefused(TOO_DEEP, deepest=DEEPEST) from problem
        raise XmlRefused(NOT_XML, line=line, problem=words) from problem
    doctype = root.getroottree().docinfo.internalDTD
    if doctype is not None and any(True for _ in doctype.iterentities()):
        raise XmlRefused(HAS_ENTITIES)
    _check_shape(root)
    return root


def _check_shape(root: XmlElement) -> None:
    depth = 0
    level = [root]
    while level:
        depth += 1
        if depth > DEEPEST:
            raise XmlRefused(TOO_DEEP, deepest=DEEPEST)
        for element in level:
            # To list attributes takes the square of their number; to count them does not.
            if len(element.attrib) > MOST_ATTRIBUTES:
                raise XmlRefused(
                    TOO_MANY_ATTRIBUTES,
                    line=element.sourceline or 1,
                    element=str(element.tag)[:60],
                    most=MOST_ATTRIBUTES,
                )
        level = [child for element in level for child in element]
