"""Documents of the Achievement Standards Network as plain values.

One framework comes in five forms: RDF/JSON, RDF/XML, a tree of nested objects, a list of statements with their network
identifiers inside, and one JSON object a line. Each is read into one `Graph`; `to_framework` says in Headway's words what
it holds. Every property survives in `extra`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.standards.codes import last_part
from headway.core.standards.grades import grades_in
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn

SOURCE = "asn"
Properties = dict[str, list[str]]

NOT_ASN = gettext_noop(
    "This is not a framework of the Achievement Standards Network: nothing in it is a statement with words. "
    "Headway reads its RDF as JSON or XML, its trees, and lists with one statement a line. "
    "A plain table comes in with: headway import standards."
)
BROKEN_XML = gettext_noop("Line {line}: this is not XML ({problem}). The file may be cut off.")
XML_WITH_DTD = gettext_noop("The file defines entities of its own (DOCTYPE), so it was not read. Take that part out.")
ONLY_IDENTIFIERS = gettext_noop(
    "The file names standards without their words, so it makes no framework. Import the framework itself."
)
SEVERAL_FRAMEWORKS = gettext_noop(
    "The file holds {count} frameworks. Import it as a table: headway import standards, which takes each of them."
)

NO_WORDS = gettext_noop("Has no words, so it was left out.")
UNKNOWN_CHILD = gettext_noop("Names a part that is not in this file.")
TWO_PARENTS = gettext_noop("Stands under two headings; the first one is used.")
NO_PARENT = gettext_noop("Is under no heading; it was put at the top.")
LONG_CODE = gettext_noop("The code is longer than 80 letters, so it is kept beside the statement.")

LONGEST_CODE, LONGEST_SHORT, LONGEST_NAME, LONGEST_URI = 80, 80, 200, 500
HEADINGS = frozenset(["domain", "cluster", "strand", "sub-strand", "disciplinary core idea", "grade", "grade level", "subject"])  # fmt: skip
KIND_OF_LINK = {
    "exactMatch": "exact-match",
    "closeMatch": "crosswalk",
    "alignTo": "crosswalk",
    "comprisedOf": "related",
    "derivedFrom": "related",
}
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_NETWORK_ID = re.compile(r"^S[0-9A-Z]{5,12}$", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,200}>")


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Statements by their short identifier, in the order of the file; `document` is the framework's own properties."""

    document_id: str = ""
    document: Properties = field(default_factory=dict)
    nodes: Mapping[str, Properties] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A framework with what is worth telling about its file, as (sentence, place)."""

    framework: FrameworkIn
    told: tuple[tuple[str, str], ...]


# --- the forms --------------------------------------------------------------------------------------------------------


def parse(document: object) -> Graph:
    """Return the graph that a JSON value holds, whichever of the forms it has.

    Raises RuleBroken where it is none of them.
    """
    if isinstance(document, dict):
        return _rdf_json(document)
    if isinstance(document, list) and document and all(isinstance(row, dict) for row in document):
        if all("GUID" in row and "statement" not in row for row in document):
            raise RuleBroken(ONLY_IDENTIFIERS)
        if any(isinstance(row.get("children"), list) and "text" in row for row in document):
            return _tree(document)
        if any("ASN" in row or "asnIdentifier" in row for row in document):
            return _list_with_identifiers(document)
        return parse_rows(document)
    raise RuleBroken(NOT_ASN)


def _rdf_json(document: Mapping[str, Any]) -> Graph:
    described: dict[str, Properties] = {}
    for address, properties in document.items():
        if not isinstance(properties, dict):
            raise RuleBroken(NOT_ASN)
        found: Properties = {}
        for name, values in properties.items():
            if not isinstance(values, list):
                raise RuleBroken(NOT_ASN)
            found.setdefault(_local(name), []).extend(
                str(value.get("value", "")) for value in values if isinstance(value, dict)
            )
        described[str(address)] = found
    return _from_described(described)


def parse_xml(text: str) -> Graph:
    """Return the graph of an RDF/XML text.

    Raises RuleBroken with the line where it is not XML, or where it brings entities of its own.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RuleBroken(XML_WITH_DTD)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  a text with a DOCTYPE was refused, so nothing can expand
    except ElementTree.ParseError as problem:
        raise RuleBroken(BROKEN_XML, line=problem.position[0], problem=problem.msg.split(":")[0]) from problem
    described: dict[str, Properties] = {}
    for element in root:
        address = element.get(_ABOUT)
        if not address:
            continue
        properties = described.setdefault(address, {})
        if (kind := _local(element.tag)) != "Description":
            properties.setdefault("type", []).append(kind)
        for child in element:
            value = child.get(_RESOURCE) or "".join(child.itertext()).strip()
            if value:
                properties.setdefault(_local(child.tag), []).append(value)
    return _from_described(described)


def _from_described(described: Mapping[str, Properties]) -> Graph:
    documents = [
        address
        for address, properties in described.items()
        if any(_local(kind) == "StandardDocument" for kind in properties.get("type", ()))
    ]
    statements = {
        last_part(address): properties
        for address, properties in described.items()
        if any(_local(kind) == "Statement" for kind in properties.get("type", ()))
    }
    if not statements:
        raise RuleBroken(NOT_ASN)
    if len(documents) > 1:
        raise RuleBroken(SEVERAL_FRAMEWORKS, count=len(documents))
    whole: Properties = dict(described[documents[0]]) if documents else {}
    # What is said about the file itself (its licence, whose it is) holds for the framework too.
    for properties in described.values():
        if "primaryTopic" in properties:
            for name in ("license", "attributionName", "modified"):
                if name in properties:
                    whole.setdefault(name, properties[name])
    return Graph(document_id=last_part(documents[0]) if documents else "", document=whole, nodes=statements)


def _tree(rows: Iterable[Mapping[str, Any]]) -> Graph:
    nodes: dict[str, Properties] = {}

    def walk(row: Mapping[str, Any]) -> str:
        name = last_part(str(row.get("id") or row.get("asn_identifier") or ""))
        properties: Properties = {"description": [str(row.get("text") or "")]}
        nodes[name] = properties
        for key, value in row.items():
            if key in ("id", "text", "children", "dcterms_description"):
                continue
            values = value if isinstance(value, list) else [value]
            properties[key.removeprefix("asn_").removeprefix("dcterms_")] = [_said(each) for each in values]
        properties["hasChild"] = [walk(child) for child in row.get("children") or () if isinstance(child, dict)]
        return name

    tops = [walk(row) for row in rows]
    return Graph(document={"hasChild": tops}, nodes=nodes)


def _said(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("prefLabel") or value.get("literal") or value.get("uri") or "")
    return "" if value is None else str(value)


def _list_with_identifiers(rows: Iterable[Mapping[str, Any]]) -> Graph:
    """Rows that carry both the network's identifiers and the publisher's; parents are named by either."""
    nodes: dict[str, Properties] = {}
    names: dict[str, str] = {}
    parents: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        inside, publisher = _object(row.get("ASN")), _object(row.get("CCSS"))
        others = [
            inside.get("id"), row.get("asnIdentifier"), row.get("id"), publisher.get("GUID"), row.get("ccsiIdentifier")
        ]  # fmt: skip
        known = [last_part(str(each)) for each in others if each]
        name = known[0] if known else f"row-{number}"
        for each in known:
            names.setdefault(each, name)
        levels = row.get("gradeLevels") or row.get("gradelevels") or []
        nodes[name] = {
            "description": [str(row.get("statement") or "")],
            "educationLevel": [str(level) for level in (levels if isinstance(levels, list) else [levels])],
            "statementNotation": [str(row.get("code") or inside.get("statementNotation") or "")],
            "statementLabel": [str(row.get("statementLabel") or "")],
            "subject": [str(row.get("subject") or "")],
            "indexingStatus": [str(row.get("indexingStatus") or inside.get("indexingStatus") or "")],
            "comment": [str(row.get("comment") or row.get("clarifications") or "")],
            "exactMatch": [
                address
                for address in (publisher.get("URI"), f"urn:guid:{publisher['GUID']}" if publisher.get("GUID") else "")
                if address
            ],
        }
        parent = inside.get("parent") or row.get("asnParent") or row.get("ccsiParent")
        if parent:
            parents[name] = last_part(str(parent))
    tops = []
    for name in nodes:
        above = names.get(parents.get(name, ""), "")
        if above and above != name:
            nodes[above].setdefault("hasChild", []).append(name)
        else:
            tops.append(name)
    return Graph(document={"hasChild": tops}, nodes=nodes)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def parse_rows(rows: Iterable[Mapping[str, Any]]) -> Graph:
    """Return the graph of statements that come one object a line: id, code, label, statement, grades, subject, parent."""
    nodes: dict[str, Properties] = {}
    parents: dict[str, str] = {}
    frameworks = set()
    for row in rows:
        if not isinstance(row, dict) or not row.get("id") or "statement" not in row:
            raise RuleBroken(NOT_ASN)
        name = last_part(str(row["id"]))
        if not _NETWORK_ID.match(name):
            raise RuleBroken(NOT_ASN)
        frameworks.add(str(row.get("framework") or ""))
        above = row.get("parent")
        above = above[0] if isinstance(above, list) and above else above
        if isinstance(above, str) and above:
            parents[name] = last_part(above)
        given = {
            "description": row["statement"], "statementNotation": row.get("code"), "statementLabel": row.get("label"),
            "educationLevel": row.get("grades"), "subject": row.get("subject"), "comment": row.get("comment"),
            "listID": row.get("list_id"), "altStatementNotation": row.get("alt_codes"),
        }  # fmt: skip
        nodes[name] = {
            key: [str(each) for each in (value if isinstance(value, list) else [value])]
            for key, value in given.items()
            if value not in (None, "", [])
        }
        nodes[name]["hasChild"] = [last_part(str(each)) for each in row.get("children") or ()]
    if not nodes:
        raise RuleBroken(NOT_ASN)
    if len(frameworks) > 1:
        raise RuleBroken(SEVERAL_FRAMEWORKS, count=len(frameworks))
    roots = [above for above in dict.fromkeys(parents.values()) if above not in nodes]
    tops = [name for name in nodes if parents.get(name, "") not in nodes]
    inside = {child for properties in nodes.values() for child in properties["hasChild"]}
    for name, above in parents.items():
        # A child that its parent forgot to name; otherwise the order of the parent's list holds.
        if above in nodes and name not in inside:
            nodes[above]["hasChild"].append(name)
    return Graph(
        document_id=roots[0] if len(roots) == 1 else "",
        document={"hasChild": [name for name in tops if name not in inside]},
        nodes=nodes,
    )


# --- what it says -----------------------------------------------------------------------------------------------------


def to_framework(graph: Graph, *, name: str) -> Reading:
    """Return the framework of a graph; `name` (of the file) names it where the document does not name itself.

    Parents are known through `hasChild` alone. Raises RuleBroken where no statement has words.
    """
    told: list[tuple[str, str]] = []
    worded: dict[str, str] = {}
    for key, properties in graph.nodes.items():
        statement = plain(_first(properties, "description"))
        if statement:
            worded[key] = statement
        else:
            told.append((NO_WORDS, key))
    if not worded:
        raise RuleBroken(NOT_ASN)
    parents = _parents(graph, told)
    competencies = tuple(
        _competency(key, graph.nodes[key], worded[key], parent=_worded_parent(key, parents, worded), told=told)
        for key in _in_order(graph, parents)
        if key in worded
    )
    links = tuple(link for key in worded for link in _links(key, graph.nodes[key]))
    document = graph.document
    subjects = list(dict.fromkeys(_local(each) for each in document.get("subject", ())))
    if not subjects:
        subjects = list(dict.fromkeys(_local(s) for p in graph.nodes.values() for s in p.get("subject", ())))[:1]
    framework = FrameworkIn(
        source=SOURCE,
        source_id=(graph.document_id or name)[:LONGEST_NAME],
        title=(plain(_first(document, "title")) or name)[:300],
        creator=", ".join(dict.fromkeys([*document.get("aut", ()), *document.get("publisher", ())]))[:300]
        or _local(_first(document, "jurisdiction")),
        subject=", ".join(_spaced(each) for each in subjects)[:120],
        language=_language(_first(document, "language")),
        licence=(_first(document, "license") or _first(document, "rights"))[:300],
        competencies=competencies,
        links=links,
        extra={"asn": {key: value for key, value in document.items() if key != "hasChild"}},
    )
    return Reading(framework=framework, told=tuple(told))


def plain(words: str) -> str:
    """Return words without markup: older documents hold escaped HTML."""
    text = html.unescape(html.unescape(words))
    return re.sub(r" (?=[.,;:!?])", "", " ".join(_TAG.sub(" ", text).split()))


def _parents(graph: Graph, told: list[tuple[str, str]]) -> dict[str, str]:
    parents: dict[str, str] = {}
    tops = set(graph.document.get("hasChild", ()))
    tops = {last_part(each) for each in tops}
    for above, properties in graph.nodes.items():
        for child in properties.get("hasChild", ()):
            name = last_part(child)
            if name not in graph.nodes:
                told.append((UNKNOWN_CHILD, f"{above} → {name}"))
            elif name in parents:
                told.append((TWO_PARENTS, name))
            elif not _is_above(name, above, parents):
                parents[name] = above
    for name in graph.nodes:
        if name not in parents and tops and name not in tops:
            told.append((NO_PARENT, name))
    return parents


def _is_above(name: str, start: str, parents: Mapping[str, str]) -> bool:
    """Whether `name` is `start` or stands above it: such an edge would close a circle."""
    place = start
    while place:
        if place == name:
            return True
        place = parents.get(place, "")
    return False


def _worded_parent(key: str, parents: Mapping[str, str], worded: Mapping[str, str]) -> str:
    above = parents.get(key, "")
    while above and above not in worded:
        above = parents.get(above, "")
    return above


def _in_order(graph: Graph, parents: Mapping[str, str]) -> list[str]:
    order: list[str] = []
    tops = [last_part(each) for each in graph.document.get("hasChild", ())]
    tops = [each for each in tops if each in graph.nodes and each not in parents]
    rest = [name for name in graph.nodes if name not in parents and name not in tops]
    waiting = list(reversed([*tops, *rest]))
    while waiting:
        name = waiting.pop()
        order.append(name)
        below = (last_part(child) for child in graph.nodes[name].get("hasChild", ()))
        waiting += reversed([each for each in dict.fromkeys(below) if parents.get(each) == name])
    return order


def _competency(
    key: str, properties: Properties, statement: str, *, parent: str, told: list[tuple[str, str]]
) -> CompetencyIn:
    code = _first(properties, "statementNotation") or _first(properties, "altStatementNotation")
    label = _first(properties, "statementLabel")
    if len(code) > LONGEST_CODE:
        told.append((LONG_CODE, key))
        code = ""
    has_parts = bool(properties.get("hasChild"))
    is_heading = (
        _local(_first(properties, "indexingStatus")) == "No"
        or label.casefold() in HEADINGS
        # A heading has no code, or one without a number at its end; a standard with parts has both.
        or (has_parts and not any(letter.isdigit() for letter in last_word(code)))
    )
    grade_low, grade_high = grades_in(_local(level) for level in properties.get("educationLevel", ()))
    return CompetencyIn(
        source_id=key[:LONGEST_NAME],
        statement=statement,
        code=code,
        short=statement if is_heading and len(statement) <= LONGEST_SHORT else "",
        parent=parent[:LONGEST_NAME],
        kind=label[:80],
        grade_low=grade_low,
        grade_high=grade_high,
        is_assessable=not is_heading,
        extra={"asn": {name: values for name, values in properties.items() if name not in ("hasChild", "description")}},
    )


def last_word(code: str) -> str:
    """Return the last part of a code: `A` of `3.NF.A`."""
    return re.split(r"[.\-: ]", code)[-1]


def _links(key: str, properties: Properties) -> list[LinkIn]:
    links = []
    for association, kind in KIND_OF_LINK.items():
        for address in dict.fromkeys(properties.get(association, ())):
            target = last_part(address)
            links.append(
                LinkIn(
                    kind=kind,
                    origin=key,
                    target=target if target != key else "",
                    target_uri=address[:LONGEST_URI],
                    association=association,
                    source_id=f"{association} {key} {address}"[:LONGEST_NAME],
                )
            )
    return links


def _first(properties: Properties, name: str) -> str:
    values = properties.get(name) or [""]
    return values[0].strip()


def _local(name: str) -> str:
    """Return the last part of a property's or a term's address."""
    return re.split(r"[/#}]", name)[-1]


def _spaced(subject: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", subject)
    return words[:1].upper() + words[1:].lower()


def _language(address: str) -> str:
    return {"eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de"}.get(_local(address), "en")
