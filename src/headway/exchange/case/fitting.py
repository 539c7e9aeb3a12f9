"""A CASE record as version 1.1 wants it: its fields and no others, each of its type, and none missing that must be there.

Records of 1.0, of early exports and of other formats are completed and mended, never shortened: what 1.1 has no field for
stands in `extensions`, under the name it came with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from headway.exchange.case.wire import DEFINITIONS, Json, end_of

VERSION = "1.1"
NO_MOMENT = "1970-01-01T00:00:00+00:00"
ASSOCIATION_TYPES = frozenset(
    [
        "isChildOf",
        "isPeerOf",
        "isPartOf",
        "exactMatchOf",
        "precedes",
        "isRelatedTo",
        "replacedBy",
        "exemplar",
        "hasSkillLevel",
        "isTranslationOf",
    ]
)
# The schema's own pattern, read as it is written: a hyphen is not in it.
_EXTENDED = re.compile(r"ext:[A-Za-z0-9._|]+")
_NOT_IN_A_WORD = re.compile(r"[^A-Za-z0-9._]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NOTHING = object()

FIELDS: dict[str, dict[str, str]] = {
    "CFDocument": {
        "identifier": "uuid",
        "uri": "text",
        "frameworkType": "text",
        "caseVersion": "version",
        "creator": "text",
        "title": "text",
        "lastChangeDateTime": "moment",
        "officialSourceURL": "text",
        "publisher": "text",
        "description": "text",
        "subject": "texts",
        "subjectURI": "links",
        "language": "text",
        "version": "text",
        "adoptionStatus": "text",
        "statusStartDate": "date",
        "statusEndDate": "date",
        "licenseURI": "link",
        "notes": "text",
    },
    "CFItem": {
        "identifier": "uuid",
        "fullStatement": "text",
        "alternativeLabel": "text",
        "CFItemType": "text",
        "uri": "text",
        "humanCodingScheme": "text",
        "listEnumeration": "text",
        "abbreviatedStatement": "text",
        "conceptKeywords": "texts",
        "conceptKeywordsURI": "link",
        "notes": "text",
        "subject": "texts",
        "subjectURI": "links",
        "language": "text",
        "educationLevel": "texts",
        "CFItemTypeURI": "link",
        "licenseURI": "link",
        "statusStartDate": "date",
        "statusEndDate": "date",
        "lastChangeDateTime": "moment",
    },
    "CFAssociation": {
        "identifier": "uuid",
        "associationType": "association",
        "sequenceNumber": "integer",
        "uri": "text",
        "originNodeURI": "end",
        "destinationNodeURI": "end",
        "CFAssociationGroupingURI": "link",
        "lastChangeDateTime": "moment",
        "notes": "text",
    },
    "CFConcept": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "keywords": "text",
        "hierarchyCode": "text",
        "description": "text",
        "lastChangeDateTime": "moment",
    },
    "CFSubject": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "hierarchyCode": "text",
        "description": "text",
        "lastChangeDateTime": "moment",
    },
    "CFLicense": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "description": "text",
        "licenseText": "text",
        "lastChangeDateTime": "moment",
    },
    "CFItemType": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "description": "text",
        "hierarchyCode": "text",
        "typeCode": "text",
        "lastChangeDateTime": "moment",
    },
    "CFAssociationGrouping": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "description": "text",
        "lastChangeDateTime": "moment",
    },
    "CFRubric": {
        "identifier": "uuid",
        "uri": "text",
        "title": "text",
        "description": "text",
        "lastChangeDateTime": "moment",
        "CFRubricCriteria": "CFRubricCriterion",
    },
    "CFRubricCriterion": {
        "identifier": "uuid",
        "uri": "text",
        "category": "text",
        "description": "text",
        "CFItemURI": "link",
        "weight": "number",
        "position": "integer",
        "rubricId": "uuid",
        "lastChangeDateTime": "moment",
        "CFRubricCriterionLevels": "CFRubricCriterionLevel",
    },
    "CFRubricCriterionLevel": {
        "identifier": "uuid",
        "uri": "text",
        "description": "text",
        "quality": "text",
        "score": "number",
        "feedback": "text",
        "position": "integer",
        "rubricCriterionId": "uuid",
        "lastChangeDateTime": "moment",
    },
}
# What must be there beside identifier, address and moment of change.
REQUIRED: dict[str, tuple[str, ...]] = {
    "CFDocument": ("creator", "title"),
    "CFItem": ("fullStatement",),
    "CFAssociation": ("associationType",),
    "CFConcept": ("title", "hierarchyCode"),
    "CFSubject": ("title", "hierarchyCode"),
    "CFLicense": ("title", "licenseText"),
    "CFItemType": ("title", "description", "hierarchyCode"),
    "CFAssociationGrouping": ("title",),
}
PLURALS = {
    "CFDocument": "CFDocuments",
    "CFItem": "CFItems",
    "CFAssociation": "CFAssociations",
    "CFConcept": "CFConcepts",
    "CFSubject": "CFSubjects",
    "CFLicense": "CFLicenses",
    "CFItemType": "CFItemTypes",
    "CFAssociationGrouping": "CFAssociationGroupings",
    "CFRubric": "CFRubrics",
    "CFRubricCriterion": "CFRubricCriteria",
    "CFRubricCriterionLevel": "CFRubricCriterionLevels",
}
KIND_OF_DEFINITION = {plural: kind for kind, plural in PLURALS.items() if plural in DEFINITIONS}
# Said by where the record stands, so a package does not repeat it.
_SAID_BY_THE_PACKAGE = frozenset({"CFDocumentURI", "CFPackageURI"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where records are served, and when the framework came: what stands in for a missing address or moment."""

    address: str
    moment: str = NO_MOMENT

    def of(self, kind: str, identifier: str) -> str:
        """Return the address of a record."""
        return f"{self.address}/{PLURALS[kind]}/{identifier}"


def is_uuid(identifier: str) -> bool:
    """Whether an identifier has the form 1.1 asks for."""
    return _UUID.fullmatch(identifier) is not None


def uuid_of(identifier: str) -> str:
    """Return the identifier where it is a UUID, else the one UUID that always stands for it."""
    return identifier.lower() if is_uuid(identifier) else str(uuid5(NAMESPACE_URL, f"urn:case:{identifier}"))


def as_uuid(identifier: str) -> UUID | None:
    """Return the UUID an identifier is, if it is one."""
    return UUID(identifier) if is_uuid(identifier) else None


def fit(kind: str, record: Mapping[str, Any], place: Place) -> Json:
    """Return a record of a kind ("CFItem") as 1.1 wants it."""
    types = FIELDS[kind]
    made: Json = {}
    beside: Json = {}
    for name, value in record.items():
        if name == "extensions":
            continue
        if name not in types:
            if name not in _SAID_BY_THE_PACKAGE:
                beside[name] = value
            continue
        fitted = _FIT[types[name]](value, place) if types[name] in _FIT else _records(types[name], value, place)
        if fitted is not _NOTHING:
            made[name] = fitted
        elif value not in (None, "", [], {}):
            beside[name] = value
    identifier = made.get("identifier") or uuid_of(str(record))
    made["identifier"] = identifier
    made.setdefault("uri", place.of(kind, identifier))
    made.setdefault("lastChangeDateTime", place.moment)
    for name in REQUIRED.get(kind, ()):
        made.setdefault(name, _instead(name, record))
    if kind == "CFAssociation":
        for name in ("originNodeURI", "destinationNodeURI"):
            made.setdefault(name, {"title": identifier, "identifier": identifier, "uri": made["uri"]})
    if kind == "CFDocument":
        made["caseVersion"] = VERSION
    _put_beside(made, kind, record.get("extensions"), beside)
    return made


def _put_beside(made: Json, kind: str, extensions: object, beside: Json) -> None:
    is_list = kind == "CFRubricCriterionLevel"  # 1.1 has a list of extensions there and one object everywhere else
    if isinstance(extensions, list):
        kept: list[Any] = extensions if is_list else [one for one in extensions if isinstance(one, dict)]
    else:
        kept = [extensions] if isinstance(extensions, dict) else []
    if is_list:
        rows = [one for one in kept if isinstance(one, dict)] + ([beside] if beside else [])
        if rows:
            made["extensions"] = rows
        return
    joined: Json = {}
    for one in kept:
        joined |= one
    joined |= {name: value for name, value in beside.items() if name not in joined}
    if joined or isinstance(extensions, dict):
        made["extensions"] = joined


def _instead(name: str, record: Mapping[str, Any]) -> str:
    """Return what to say where a required text is missing: the nearest thing the record says, or nothing at all."""
    near = {"creator": ("publisher",), "description": ("title",), "licenseText": ("description", "title")}
    for other in near.get(name, ()):
        if isinstance(record.get(other), str) and record[other]:
            return str(record[other])
    return "isRelatedTo" if name == "associationType" else ""


def _text(value: object, place: Place) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    return _NOTHING


def _texts(value: object, place: Place) -> object:
    rows = value if isinstance(value, list) else [value]
    found = [_text(one, place) for one in rows if one is not None]
    return _NOTHING if not found or _NOTHING in found else found


def _uuid(value: object, place: Place) -> object:
    return uuid_of(str(value)) if isinstance(value, str | int) and str(value) else _NOTHING


def _link(value: object, place: Place, *, is_end: bool = False) -> object:
    identifier, address = end_of(value)
    if not identifier and not address:
        return _NOTHING
    identifier = identifier or address.rstrip("/").rsplit("/", 1)[-1] or address
    title = value.get("title") if isinstance(value, dict) else None
    made: Json = {
        "title": title if isinstance(title, str) else identifier,
        "identifier": identifier if is_end else uuid_of(identifier),
        "uri": address or f"{place.address}/CFItems/{identifier}",
    }
    if is_end and isinstance(value, dict) and isinstance(value.get("targetType"), str):
        made["targetType"] = _word(value["targetType"], frozenset({"CASE"}))
    return made


def _links(value: object, place: Place) -> object:
    found = [_link(one, place) for one in (value if isinstance(value, list) else [value])]
    return _NOTHING if not found or _NOTHING in found else found


def _end(value: object, place: Place) -> object:
    return _link(value, place, is_end=True)


def _word(word: str, known: frozenset[str]) -> str:
    if word in known or _EXTENDED.match(word):
        return word
    return f"ext:{_NOT_IN_A_WORD.sub('_', word.removeprefix('ext:')).strip('_') or 'other'}"


def _association(value: object, place: Place) -> object:
    return _word(value, ASSOCIATION_TYPES) if isinstance(value, str) else _NOTHING


def _integer(value: object, place: Place) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _NOTHING
    try:
        number = float(value)
    except ValueError:
        return _NOTHING
    return int(number) if number.is_integer() else _NOTHING


def _number(value: object, place: Place) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _NOTHING
    try:
        return value if isinstance(value, int | float) else float(value)
    except ValueError:
        return _NOTHING


def _date(value: object, place: Place) -> object:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat() if isinstance(value, str) else _NOTHING
    except ValueError:
        return _NOTHING


def _moment(value: object, place: Place) -> object:
    """Return a moment as RFC 3339 has it: early exports write a space for the T, or no zone at all."""
    if not isinstance(value, str):
        return _NOTHING
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return _NOTHING
    if moment.tzinfo is not None and "T" in value:
        return value
    return moment.isoformat() if moment.tzinfo is not None else f"{moment.isoformat()}+00:00"


def _version(value: object, place: Place) -> object:
    return VERSION


_FIT: dict[str, Callable[[Any, Place], object]] = {
    "text": _text,
    "texts": _texts,
    "uuid": _uuid,
    "link": _link,
    "links": _links,
    "end": _end,
    "association": _association,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "moment": _moment,
    "version": _version,
}


def _records(kind: str, value: object, place: Place) -> object:
    if not isinstance(value, list):
        return _NOTHING
    return [fit(kind, one, place) for one in value if isinstance(one, dict)]


def fit_package(package: Mapping[str, Any], place: Place) -> Json:
    """Return a whole package as 1.1 wants it."""
    made: Json = {
        "CFDocument": fit("CFDocument", package["CFDocument"], place),
        "CFItems": [fit("CFItem", row, place) for row in package.get("CFItems") or ()],
        "CFAssociations": [fit("CFAssociation", row, place) for row in package.get("CFAssociations") or ()],
    }
    beside: Json = {
        name: value
        for name, value in package.items()
        if name not in made and name not in ("CFDefinitions", "CFRubrics", "extensions")
    }
    definitions = package.get("CFDefinitions")
    if isinstance(definitions, dict):
        made["CFDefinitions"] = _fit_definitions(definitions, place)
    if isinstance(package.get("CFRubrics"), list):
        made["CFRubrics"] = _records("CFRubric", package["CFRubrics"], place)
    _put_beside(made, "CFPackage", package.get("extensions"), beside)
    return made


def _fit_definitions(definitions: Mapping[str, Any], place: Place) -> Json:
    made: Json = {}
    beside: Json = {}
    for name, value in definitions.items():
        if name in KIND_OF_DEFINITION and isinstance(value, list):
            made[name] = _records(KIND_OF_DEFINITION[name], value, place)
        elif name != "extensions" and name not in KIND_OF_DEFINITION:
            beside[name] = value
    _put_beside(made, "CFDefinition", definitions.get("extensions"), beside)
    return made
