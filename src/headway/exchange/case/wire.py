"""CASE packages (1EdTech Competencies and Academic Standards Exchange, 1.0 and 1.1) as plain values.

`parse` reads a package without losing anything; `build` writes it back. `to_framework` says in Headway's words what a
package holds, and `from_framework` makes the package again from those words: unknown fields, ids, addresses, order,
kinds of association and ends that point elsewhere all survive the way in and out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn, Wording

SOURCE = "case"
LONGEST_KEY = 200
LONGEST_ADDRESS = 500
Json = dict[str, Any]

NOT_A_PACKAGE = gettext_noop("This is not a CASE package: “{field}” is missing or has the wrong form.")
NOT_A_ROW = gettext_noop("{place}: this should be an object with fields.")
FIELD_MISSING = gettext_noop("{place}: “{field}” is missing.")
NO_END = gettext_noop("{place}: “{field}” names nothing that could be found again.")
UNKNOWN_VERSION = gettext_noop("This is CASE {version}. Headway reads 1.0 and 1.1.")

NOT_CLEAN = gettext_noop(
    "{place}: holds a number or a character that is none (NaN, half a character, character zero). Mend it where it was made."
)
NOT_A_LIST = gettext_noop("{place}: “{field}” should be a list.")

REPEATED = gettext_noop("Named twice with different content; the first one is used and the other one kept beside it.")
PARENT_CIRCLE = gettext_noop("Stands above itself; it was put at the top.")
PREREQUISITE_CIRCLE = gettext_noop("Would come before itself; the link is kept as “is related to”.")
DANGLING = gettext_noop("Points to something that is not in this file; its address is kept.")

DEFINITIONS = ("CFConcepts", "CFSubjects", "CFLicenses", "CFItemTypes", "CFAssociationGroupings")
PACKAGE_FIELDS = ("CFDocument", "CFItems", "CFAssociations", "CFDefinitions", "CFRubrics")
# Kinds of CFItem that hold other text about a standard, or a heading over standards: nobody masters these.
NOT_ASSESSABLE = frozenset(
    [
        "accessibility",
        "allowable item types",
        "allowable tools",
        "assessment boundary",
        "clarification",
        "clarification statement",
        "claim",
        "cluster",
        "conceptual category",
        "course",
        "domain",
        "evidence required",
        "example",
        "general requirements",
        "grade",
        "grade level",
        "heading",
        "item type",
        "range ald",
        "rubric",
        "section heading",
        "stem",
        "stimulus",
        "strand",
        "subject",
        "sub-strand",
        "task description",
        "task model",
        "theme",
        "topic",
        "introduction",
    ]
)
KIND_OF_ASSOCIATION = {
    "precedes": "prerequisite",
    "exactMatchOf": "exact-match",
    "isRelatedTo": "related",
    "isPeerOf": "related",
    "isTranslationOf": "exact-match",
}
GRADES = {"KG": 0, "K": 0, "PK": 0, "IT": 0, "PR": 0, "TK": 0}
VERBS = frozenset(
    [
        "add",
        "analyze",
        "apply",
        "ask",
        "classify",
        "compare",
        "compose",
        "compute",
        "construct",
        "convert",
        "count",
        "create",
        "decompose",
        "define",
        "demonstrate",
        "describe",
        "design",
        "determine",
        "develop",
        "distinguish",
        "divide",
        "draw",
        "estimate",
        "evaluate",
        "explain",
        "explore",
        "express",
        "extend",
        "find",
        "fluently",
        "generate",
        "give",
        "graph",
        "identify",
        "infer",
        "integrate",
        "interpret",
        "investigate",
        "know",
        "locate",
        "make",
        "measure",
        "model",
        "multiply",
        "name",
        "order",
        "organize",
        "participate",
        "partition",
        "perform",
        "plan",
        "predict",
        "prepare",
        "present",
        "produce",
        "prove",
        "read",
        "recall",
        "recognize",
        "relate",
        "report",
        "represent",
        "retell",
        "round",
        "show",
        "solve",
        "speak",
        "subtract",
        "summarize",
        "tell",
        "trace",
        "understand",
        "use",
        "verify",
        "write",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A CASE package: every part as it was sent; `rest` holds what the standard does not name."""

    document: Json
    items: tuple[Json, ...] = ()
    associations: tuple[Json, ...] = ()
    definitions: Json | None = None
    rubrics: tuple[Json, ...] | None = None
    rest: Json = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version the package says it is, else the one its fields belong to."""
        said = str(self.document.get("caseVersion") or "")
        return said or ("1.1" if self.rubrics is not None or "frameworkType" in self.document else "1.0")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A framework with what is worth telling about the file it came from, as (sentence, place)."""

    framework: FrameworkIn
    told: tuple[tuple[str, str], ...]


def key_of(identifier: str) -> str:
    """Return the identifier as a table can hold it: 200 characters at most, and two long ones stay two."""
    if len(identifier) <= LONGEST_KEY:
        return identifier
    return f"{identifier[:150]}#{sha256(identifier.encode()).hexdigest()[:40]}"


def check_text(document: object) -> None:
    """Raise RuleBroken where a JSON value holds what no database and no other system can take.

    JSON of this kind is written by broken programs: numbers such as NaN, halves of characters, the character zero.
    """
    if _is_clean(document):
        return
    place = "CFDocument"
    if isinstance(document, dict):
        for name, part in document.items():
            rows = part if isinstance(part, list) else [part]
            wrong = next((number for number, row in enumerate(rows) if not _is_clean(row)), None)
            if wrong is not None:
                place = f"{name}[{wrong}]" if isinstance(part, list) else str(name)
                break
    raise RuleBroken(NOT_CLEAN, place=place)


def _is_clean(value: object) -> bool:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    return "\\u0000" not in text


def parse(document: object) -> Package:
    """Return the package a JSON value holds.

    Raises RuleBroken with the place where it is no CASE package.
    """
    if not isinstance(document, dict) or not isinstance(document.get("CFDocument"), dict):
        raise RuleBroken(NOT_A_PACKAGE, field="CFDocument")
    head = document["CFDocument"]
    _need(head, "CFDocument", "identifier", "title")
    for name in ("CFItems", "CFAssociations", "CFRubrics"):
        if not isinstance(document.get(name) or [], list):
            raise RuleBroken(NOT_A_PACKAGE, field=name)
    definitions = document.get("CFDefinitions") or {}
    if not isinstance(definitions, dict):
        raise RuleBroken(NOT_A_PACKAGE, field="CFDefinitions")
    for name in DEFINITIONS:
        if not isinstance(definitions.get(name) or [], list):
            raise RuleBroken(NOT_A_LIST, place="CFDefinitions", field=name)
    if "CFItems" not in document:
        raise RuleBroken(NOT_A_PACKAGE, field="CFItems")
    version = str(head.get("caseVersion") or "1.0")
    if not re.match(r"1\.[01]\b", version):
        raise RuleBroken(UNKNOWN_VERSION, version=version)
    items = tuple(
        _need(row, f"CFItems[{number}]", "identifier", "fullStatement")
        for number, row in enumerate(document.get("CFItems") or [])
    )
    associations = tuple(
        _association(row, f"CFAssociations[{number}]")
        for number, row in enumerate(document.get("CFAssociations") or [])
    )
    return Package(
        document=head,
        items=items,
        associations=associations,
        definitions=document.get("CFDefinitions"),
        rubrics=tuple(document["CFRubrics"] or ()) if "CFRubrics" in document else None,
        rest={name: value for name, value in document.items() if name not in PACKAGE_FIELDS},
        missing=tuple(name for name in ("CFAssociations", "CFDefinitions") if name not in document),
        nulls=tuple(name for name in PACKAGE_FIELDS[1:] if name in document and document[name] is None),
    )


def build(package: Package) -> Json:
    """Return the JSON value of a package: what `parse` read."""
    made: Json = {"CFDocument": package.document, "CFItems": list(package.items)}
    if "CFAssociations" not in package.missing:
        made["CFAssociations"] = list(package.associations)
    if "CFDefinitions" not in package.missing:
        made["CFDefinitions"] = package.definitions
    if package.rubrics is not None:
        made["CFRubrics"] = list(package.rubrics)
    return made | dict.fromkeys(package.nulls) | package.rest


def _need(row: object, place: str, *names: str) -> Json:
    if not isinstance(row, dict):
        raise RuleBroken(NOT_A_ROW, place=place)
    for name in names:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise RuleBroken(FIELD_MISSING, place=place, field=name)
    return row


def _association(row: object, place: str) -> Json:
    found = _need(row, place, "identifier", "associationType")
    for name in ("originNodeURI", "destinationNodeURI"):
        if not any(end_of(found.get(name))):
            raise RuleBroken(NO_END, place=place, field=name)
    return found


def end_of(value: object) -> tuple[str, str]:
    """Return (identifier, address) of an association's end: an object, or the bare address of early exports."""
    if isinstance(value, dict):
        return str(value.get("identifier") or ""), str(value.get("uri") or "")
    if isinstance(value, str):
        return value.rstrip("/").rsplit("/", 1)[-1], value
    return "", ""


# --- in Headway's words ----------------------------------------------------------------------------------------------


def grades_of(levels: object) -> tuple[int | None, int | None]:
    """Return the lowest and highest grade of an educationLevel list such as ["KG", "01", "HS"]."""
    found: list[int] = []
    for level in levels if isinstance(levels, list) else [levels]:
        text = str(level or "").strip().upper()
        if text in GRADES:
            found.append(GRADES[text])
        elif text.isdecimal() and int(text) <= 12:
            found.append(int(text))
        elif text in {"HS", "9-12", "09-12"}:
            found += [9, 12]
        elif text in {"PS", "UG", "AD", "13"}:
            found.append(12)
    return (min(found), max(found)) if found else (None, None)


def i_can(statement: str, language: str) -> str:
    """Return an "I can" sentence where the statement begins with what one does, else the statement itself."""
    first, _space, rest = statement.strip().partition(" ")
    if language.split("-", maxsplit=1)[0] == "en" and rest and first.lower().strip(",") in VERBS:
        return f"I can {first[0].lower()}{first[1:]} {rest}"
    return statement.strip()


def to_framework(package: Package) -> Reading:
    """Return the framework of a package; competencies stand in the order of the tree."""
    told: list[tuple[str, str]] = []
    items, repeated = _each_once(package.items, told)
    document = package.document
    parents = _parents(package.associations, items, told)
    language = str(document.get("language") or "en")[:12]
    ordered = _in_tree_order(package.associations, items, parents)
    has_children = set(parents.values())
    licences = {
        str(row.get("identifier")): str(row.get("title") or "")
        for row in (package.definitions or {}).get("CFLicenses") or []
        if isinstance(row, dict)
    }
    licence = document.get("licenseURI")
    subjects = document.get("subject")
    places = {id(row): place for place, row in enumerate(package.items)}
    framework = FrameworkIn(
        source=SOURCE,
        source_id=key_of(document["identifier"]),
        title=document["title"][:300],
        creator=str(document.get("creator") or "")[:300],
        subject=", ".join(str(one) for one in (subjects if isinstance(subjects, list) else [subjects]) if one)[:120],
        language=language,
        licence=(
            licences.get(end_of(licence)[0]) or (str(licence.get("title") or "") if isinstance(licence, dict) else "")
        )[:300],
        competencies=tuple(
            _competency(
                items[name],
                parent=parents.get(name, ""),
                is_heading=name in has_children,
                place=places[id(items[name])],
                language=language,
            )
            for name in ordered
        ),
        links=_links(package, items, told),
        extra={
            "document": document,
            "definitions": package.definitions,
            "rubrics": list(package.rubrics) if package.rubrics is not None else None,
            "rest": package.rest,
            "missing": list(package.missing),
            "nulls": list(package.nulls),
            "repeated_items": [[place, row] for place, row in repeated],
            "version": package.version,
        },
    )
    return Reading(framework=framework, told=tuple(told))


def _each_once(rows: Sequence[Json], told: list[tuple[str, str]]) -> tuple[dict[str, Json], list[tuple[int, Json]]]:
    items: dict[str, Json] = {}
    repeated: list[tuple[int, Json]] = []
    for place, row in enumerate(rows):
        if row["identifier"] in items:
            repeated.append((place, row))
            if row != items[row["identifier"]]:
                told.append((REPEATED, row["identifier"]))
        else:
            items[row["identifier"]] = row
    return items, repeated


def _parents(associations: Sequence[Json], items: Mapping[str, Json], told: list[tuple[str, str]]) -> dict[str, str]:
    """Return each item's parent: the first one named; an edge that would close a circle is left out."""
    parents: dict[str, str] = {}
    for row in associations:
        if row["associationType"] != "isChildOf":
            continue
        child, parent = end_of(row["originNodeURI"])[0], end_of(row["destinationNodeURI"])[0]
        if child not in items or parent not in items or child in parents:
            continue
        above: str | None = parent
        while above is not None and above != child:
            above = parents.get(above)
        if above == child:
            told.append((PARENT_CIRCLE, child))
        else:
            parents[child] = parent
    return parents


def _in_tree_order(associations: Sequence[Json], items: Mapping[str, Json], parents: Mapping[str, str]) -> list[str]:
    """Return the items parents first, siblings by their sequence number, then by their place in the file."""
    numbers: dict[str, float] = {}
    for row in associations:
        number = row.get("sequenceNumber")
        if row["associationType"] == "isChildOf" and isinstance(number, int | float):
            numbers.setdefault(end_of(row["originNodeURI"])[0], float(number))
    below: dict[str, list[str]] = defaultdict(list)
    for name in items:
        below[parents.get(name, "")].append(name)
    for siblings in below.values():
        siblings.sort(key=lambda name: numbers.get(name, float("inf")))
    ordered: list[str] = []
    waiting = list(reversed(below[""]))
    while waiting:
        name = waiting.pop()
        ordered.append(name)
        waiting.extend(reversed(below.get(name, ())))
    return ordered


def _competency(row: Json, *, parent: str, is_heading: bool, place: int, language: str) -> CompetencyIn:
    kind = str(row.get("CFItemType") or "")
    low, high = grades_of(row.get("educationLevel"))
    statement = row["fullStatement"]
    own_language = str(row.get("language") or language)[:12]
    is_assessable = kind.lower() not in NOT_ASSESSABLE and not (is_heading and not kind)
    words = i_can(statement, own_language)
    return CompetencyIn(
        source_id=key_of(row["identifier"]),
        statement=statement,
        code=str(row.get("humanCodingScheme") or "")[:80],
        short=str(row.get("abbreviatedStatement") or "")[:80],
        parent=key_of(parent),
        kind=kind[:80],
        grade_low=low,
        grade_high=high,
        is_assessable=is_assessable,
        # A sentence is made only where it says more than the statement; pages fall back to the statement itself.
        wordings=(Wording(language=own_language, i_can=words),) if is_assessable and words != statement.strip() else (),
        extra={"item": {name: value for name, value in row.items() if name != "fullStatement"}, "place": place},
    )


def _links(package: Package, items: Mapping[str, Json], told: list[tuple[str, str]]) -> tuple[LinkIn, ...]:
    document = str(package.document["identifier"])
    after: dict[str, set[str]] = defaultdict(set)
    links, seen = [], set()
    for place, row in enumerate(package.associations):
        association = row["associationType"]
        origin, origin_uri = end_of(row["originNodeURI"])
        target, target_uri = end_of(row["destinationNodeURI"])
        is_inside = origin in items and target in items
        kind = KIND_OF_ASSOCIATION.get(association, "other")
        if kind == "related" and not is_inside and document not in (origin, target):
            kind = "crosswalk"
        if kind == "prerequisite":
            if _reaches(after, target, origin):
                kind = "related"
                told.append((PREREQUISITE_CIRCLE, row["identifier"]))
            else:
                after[origin].add(target)
        if not is_inside and document not in (origin, target):
            told.append((DANGLING, row["identifier"]))
        extra: Json = {"association": row, "place": place}
        # An association may be sent twice; its id names the first one, the second is kept without an id of its own.
        source_id = row["identifier"] if row["identifier"] not in seen else f"{row['identifier']}#{place}"
        seen.add(row["identifier"])
        links.append(
            LinkIn(
                kind=kind,
                origin=key_of(origin),
                target=key_of(target),
                origin_uri=origin_uri[:LONGEST_ADDRESS],
                target_uri=target_uri[:LONGEST_ADDRESS],
                association=association[:80],
                source_id=key_of(source_id),
                extra=extra,
            )
        )
    return tuple(links)


def _reaches(after: Mapping[str, set[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        fresh = after.get(name, set()) - seen
        seen |= fresh
        waiting.extend(fresh)
    return False


def from_framework(framework: FrameworkIn) -> Package:
    """Return the package a framework was read from, in the order of the file."""
    extra = framework.extra
    rows: list[tuple[int, Json]] = [
        (int(str(row.extra["place"])), {"fullStatement": row.statement, **_object(row.extra["item"])})
        for row in framework.competencies
    ]
    repeated: Any = extra["repeated_items"]
    rows += [(int(place), dict(row)) for place, row in repeated]
    links = sorted(framework.links, key=lambda link: int(str(link.extra["place"])))
    rubrics: Any = extra["rubrics"]
    definitions: Any = extra["definitions"]
    missing: Any = extra["missing"]
    nulls: Any = extra.get("nulls", ())
    return Package(
        document=_object(extra["document"]),
        items=tuple(row for _place, row in sorted(rows, key=lambda entry: entry[0])),
        associations=tuple(_object(link.extra["association"]) for link in links),
        definitions=definitions,
        rubrics=tuple(rubrics) if rubrics is not None else None,
        rest=_object(extra["rest"]),
        missing=tuple(missing),
        nulls=tuple(nulls),
    )


def _object(value: object) -> Json:
    return dict(value) if isinstance(value, dict) else {}
