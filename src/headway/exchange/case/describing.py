"""The OpenAPI description of the service, which CASE asks every provider to give (“discovery”)."""

from __future__ import annotations

from typing import Any

from headway.exchange.case.fitting import FIELDS, PLURALS, REQUIRED

NAMES = {"v1p0": "imscasev1p0_openapi3_v1p0.json", "v1p1": "imscasev1p1_openapi3_v1p0.json"}
SHAPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "uuid": {"type": "string", "format": "uuid"},
    "link": {"$ref": "#/components/schemas/LinkURI"},
    "links": {"type": "array", "items": {"$ref": "#/components/schemas/LinkURI"}},
    "end": {"$ref": "#/components/schemas/LinkGenURI"},
    "association": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "version": {"type": "string"},
}
# What each address gives: its name in the standard, and the shape of the answer.
PATHS = {
    "CFDocuments/{sourcedId}": ("getCFDocument", "CFDocument"),
    "CFPackages/{sourcedId}": ("getCFPackage", "CFPackage"),
    "CFItems/{sourcedId}": ("getCFItem", "CFItem"),
    "CFItemAssociations/{sourcedId}": ("getCFItemAssociations", "CFAssociationSet"),
    "CFAssociations/{sourcedId}": ("getCFAssociation", "CFAssociation"),
    "CFConcepts/{sourcedId}": ("getCFConcept", "CFConceptSet"),
    "CFSubjects/{sourcedId}": ("getCFSubject", "CFSubjectSet"),
    "CFItemTypes/{sourcedId}": ("getCFItemType", "CFItemTypeSet"),
    "CFLicenses/{sourcedId}": ("getCFLicense", "CFLicense"),
    "CFAssociationGroupings/{sourcedId}": ("getCFAssociationGrouping", "CFAssociationGrouping"),
    "CFRubrics/{sourcedId}": ("getCFRubric", "CFRubric"),
}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _reference(name)}


def _record(kind: str) -> dict[str, Any]:
    properties = {name: SHAPES[shape] if shape in SHAPES else _list_of(shape) for name, shape in FIELDS[kind].items()}
    return {
        "type": "object",
        "properties": properties | {"extensions": {"type": "object"}},
        "required": ["identifier", "uri", "lastChangeDateTime", *REQUIRED.get(kind, ())],
    }


def _schemas() -> dict[str, Any]:
    link = {name: {"type": "string"} for name in ("title", "identifier", "uri")}
    schemas: dict[str, Any] = {kind: _record(kind) for kind in FIELDS}
    schemas["CFDocument"]["properties"]["CFPackageURI"] = _reference("LinkURI")
    for kind in ("CFItem", "CFAssociation"):
        schemas[kind]["properties"]["CFDocumentURI"] = _reference("LinkURI")
    for kind in ("CFConcept", "CFSubject", "CFItemType", "CFDocument"):
        schemas[f"{kind}Set"] = {"type": "object", "properties": {PLURALS[kind]: _list_of(kind)}}
    definitions = ("CFConcept", "CFSubject", "CFLicense", "CFItemType", "CFAssociationGrouping")
    return schemas | {
        "LinkURI": {"type": "object", "properties": link, "required": list(link)},
        "LinkGenURI": {
            "type": "object",
            "properties": link | {"targetType": {"type": "string"}},
            "required": list(link),
        },
        "CFAssociationSet": {
            "type": "object",
            "properties": {"CFItem": _reference("CFItem"), "CFAssociations": _list_of("CFAssociation")},
            "required": ["CFItem"],
        },
        "CFPackage": {
            "type": "object",
            "properties": {
                "CFDocument": _reference("CFDocument"),
                "CFItems": _list_of("CFItem"),
                "CFAssociations": _list_of("CFAssociation"),
                "CFDefinitions": {
                    "type": "object",
                    "properties": {PLURALS[kind]: _list_of(kind) for kind in definitions},
                },
                "CFRubrics": _list_of("CFRubric"),
                "extensions": {"type": "object"},
            },
            "required": ["CFDocument"],
        },
        "imsx_StatusInfo": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("imsx_codeMajor", "imsx_severity", "imsx_description")}
            | {"imsx_codeMinor": {"type": "object"}},
            "required": ["imsx_codeMajor", "imsx_severity"],
        },
    }


def _answer(words: str, shape: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _reference(shape)}}}


def _operation(name: str, shape: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "parameters": parameters,
            "responses": {
                "200": _answer("The request was answered.", shape),
                "400": _answer("A parameter cannot be understood.", "imsx_StatusInfo"),
                "404": _answer("Unknown Object, or Invalid UUID.", "imsx_StatusInfo"),
                "500": _answer("Something broke here.", "imsx_StatusInfo"),
            },
        }
    }


def describe(service: str, version: str) -> dict[str, Any]:
    """Return the description of the service at an address, in one version of CASE."""
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "integer" if name in ("limit", "offset") else "string"}}
        for name in ("limit", "offset", "sort", "orderBy", "filter", "fields")
    ]
    sourced = [{"name": "sourcedId", "in": "path", "required": True, "schema": {"type": "string"}}]
    paths = {"/CFDocuments": _operation("getAllCFDocuments", "CFDocumentSet", parameters)}
    paths |= {f"/{path}": _operation(name, shape, sourced) for path, (name, shape) in PATHS.items()}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Headway: CASE", "version": version.replace("v", "").replace("p", ".")},
        "servers": [{"url": f"{service}/{version}"}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }
