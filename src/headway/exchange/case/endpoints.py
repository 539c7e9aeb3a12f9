"""CASE over HTTP, versions 1.0 and 1.1: frameworks that are open, for whoever asks."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import update_wrapper
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import path, register_converter
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from headway.exchange.case import asking, describing, wire
from headway.exchange.case.asking import BadRequest
from headway.exchange.case.fitting import KIND_OF_DEFINITION, PLURALS, as_uuid, is_uuid, uuid_of
from headway.exchange.case.wire import Json
from headway.exchange.case.writing import V1P0, V1P1, Writer, link_id, place_id
from headway.records.standards import queries

if TYPE_CHECKING:
    from datetime import datetime

    from headway.records.standards.models import Competency, Framework

P = ParamSpec("P")
Endpoint = Callable[Concatenate[HttpRequest, P], HttpResponse]
logger = logging.getLogger(__name__)


class Missing(Exception):
    """There is nothing open with this identifier."""

    def __init__(self, identifier: str) -> None:
        super().__init__(identifier)
        self.identifier = identifier


class VersionConverter:
    """The version part of an address."""

    regex = f"{V1P0}|{V1P1}"

    def to_python(self, value: str) -> str:
        """Return the version."""
        return value

    def to_url(self, value: str) -> str:
        """Return the version."""
        return value


register_converter(VersionConverter, "case_version")


def _status(status: int, *, name: str, code: str, words: str) -> HttpResponse:
    """Return an answer that says why there is none."""
    info = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": words,
        "imsx_codeMinor": {
            "imsx_codeMinorField": [{"imsx_codeMinorFieldName": name, "imsx_codeMinorFieldValue": code}]
        },
    }
    return HttpResponse(json.dumps(info, ensure_ascii=False), status=status, content_type="application/json")


def _endpoint(view: Endpoint[P]) -> Endpoint[P]:
    """Answer in CASE's words whatever happens; a machine on the other side reads no page."""

    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except BadRequest as problem:
            return _status(400, name=problem.parameter, code=problem.code, words=problem.sentence)
        except Missing as problem:
            known = is_uuid(problem.identifier)
            return _status(
                404,
                name="sourcedId",
                code="unknownobject" if known else "invalid_uuid",
                words="Unknown Object" if known else "Invalid UUID",
            )
        except Exception:
            # Not silent: the log has it all, and the asker gets the code that the standard has for it.
            logger.exception("CASE: %s", request.path)
            return _status(500, name="server", code="internal_server_error", words="Something broke here.")

    update_wrapper(answer, view)
    # This service only gives: nothing can be changed through it.
    return require_safe(answer)


def _give(request: HttpRequest, value: object, *, changed_at: datetime | None = None) -> HttpResponse:
    """Return a value as JSON; whoever has this very text already is told so."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{sha256(text).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    is_known = tag in known or "*" in known
    response = HttpResponse(status=304) if is_known else HttpResponse(text, content_type="application/json")
    if is_known:
        del response["Content-Type"]
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache"
    if changed_at is not None:
        response["Last-Modified"] = http_date(changed_at.timestamp())
    return response


def _writer(
    request: HttpRequest, framework: Framework, version: str, *, extra: Mapping[str, Any] | None = None
) -> Writer:
    return Writer(framework, service=request.build_absolute_uri("/ims/case"), version=version, extra=extra)


# --- frameworks ------------------------------------------------------------------------------------------------------


@_endpoint
def documents(request: HttpRequest, version: str) -> HttpResponse:
    """List the open frameworks, by pages, sorted, filtered, with the fields that are asked for."""
    asked = asking.read(request.GET.dict())
    rows = [
        _writer(request, framework, version, extra={"document": sent}).document()
        for framework, sent in queries.open_frameworks_in_short()
    ]
    page, total = asking.choose(rows, asked)
    response = _give(request, {"CFDocuments": page})
    response["X-Total-Count"] = str(total)
    kept = {name: value for name, value in request.GET.items() if name not in ("limit", "offset")}
    here = request.build_absolute_uri(request.path)
    response["Link"] = ", ".join(
        f'<{here}?{urlencode({**kept, "limit": limit, "offset": offset})}>; rel="{relation}"'
        for relation, limit, offset in asking.pages(asked, total)
    )
    return response


def _framework(identifier: str) -> Framework:
    """Return the open framework with this identifier: the sender's, ours, or the UUID that stands for the sender's."""
    found = queries.open_framework(name=wire.key_of(identifier), uuid=as_uuid(identifier))
    if found is None and is_uuid(identifier):
        names = queries.open_framework_names()
        pk = next((pk for pk, name in names if not is_uuid(name) and uuid_of(name) == identifier.lower()), None)
        found = queries.open_framework(pk=pk) if pk is not None else None
    if found is None:
        raise Missing(identifier)
    return found


@_endpoint
def document(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
    """Give one framework, without what is in it."""
    framework = _framework(sourced_id)
    return _give(request, _writer(request, framework, version).document(), changed_at=framework.taken_at)


@_endpoint
def package(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
    """Give a whole framework."""
    framework = _framework(sourced_id)
    return _give(request, _writer(request, framework, version).package(), changed_at=framework.taken_at)


# --- items and associations ------------------------------------------------------------------------------------------


def _competency(identifier: str) -> Competency:
    found = queries.open_competency(name=wire.key_of(identifier), uuid=as_uuid(identifier))
    if found is None and is_uuid(identifier):
        names = queries.open_competency_names()
        pk = next((pk for pk, name in names if not is_uuid(name) and uuid_of(name) == identifier.lower()), None)
        found = queries.open_competency(pk=pk) if pk is not None else None
    if found is None:
        raise Missing(identifier)
    return found


@_endpoint
def item(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
    """Give one competency."""
    competency = _competency(sourced_id)
    writer = _writer(request, competency.framework, version)
    return _give(request, writer.item(competency), changed_at=competency.framework.taken_at)


@_endpoint
def item_associations(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
    """Give one competency and every link that begins or ends at it, in whichever open framework the link stands."""
    competency = _competency(sourced_id)
    writer = _writer(request, competency.framework, version)
    writers: dict[int, Writer] = {competency.framework_id: writer}
    found = []
    for link in queries.open_links_of(competency):
        writers.setdefault(link.framework_id, _writer(request, link.framework, version))
        found.append(writers[link.framework_id].association(link))
    children = queries.children_to_send(competency)
    places = [writer.place_in_tree(each) for each in (competency, *children)]
    return _give(
        request,
        {"CFItem": writer.item(competency), "CFAssociations": [*found, *(place for place in places if place)]},
        changed_at=competency.framework.taken_at,
    )


@_endpoint
def association(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
    """Give one link."""
    link = queries.open_link(name=wire.key_of(sourced_id))
    if link is not None:
        writer = _writer(request, link.framework, version)
        return _give(request, writer.association(link), changed_at=link.framework.taken_at)
    if is_uuid(sourced_id):
        made = _made_association(request, version, sourced_id.lower())
        if made is not None:
            return _give(request, made)
    raise Missing(sourced_id)


def _made_association(request: HttpRequest, version: str, identifier: str) -> Json | None:
    """Return an association whose identifier was made here: a link or a place in the tree that no sender named."""
    for pk, name, framework_uuid in queries.open_link_names():
        if identifier in (link_id(framework_uuid, pk), uuid_of(name) if name and not is_uuid(name) else ""):
            link = queries.open_link(pk=pk)
            return _writer(request, link.framework, version).association(link) if link is not None else None
    for pk, uuid, framework_uuid in queries.open_places_in_tree():
        if place_id(framework_uuid, uuid) == identifier:
            competency = queries.open_competency(pk=pk)
            if competency is not None:
                return _writer(request, competency.framework, version).place_in_tree(competency)
    return None


# --- definitions and rubrics -----------------------------------------------------------------------------------------


def _frameworks_with(identifier: str) -> Iterator[Framework]:
    """Yield the open frameworks that may hold a record: those whose text names it, then those that made its id here."""
    yield from queries.open_frameworks_that_mention(identifier)
    if is_uuid(identifier):
        yield from queries.open_frameworks()


def _sent(request: HttpRequest, version: str, plural: str, identifier: str) -> tuple[Writer, list[Any], int]:
    """Return the writer of the framework that holds a definition or a rubric, its rows, and the row's place."""
    lowered = identifier.lower()
    for framework in _frameworks_with(identifier):
        writer = _writer(request, framework, version)
        rows = writer.rubrics() if plural == "CFRubrics" else writer.definitions().get(plural) or []
        for number, row in enumerate(rows):
            own = str(row.get("identifier") or "") if isinstance(row, dict) else ""
            if own and (own == identifier or uuid_of(own) == lowered):
                return writer, rows, number
    raise Missing(identifier)


def _is_below(row: object, code: str) -> bool:
    """Whether a definition stands below the one with this hierarchy code: 1.2 below 1, and 12 not."""
    own = str(row.get("hierarchyCode") or "") if isinstance(row, Mapping) else ""
    return bool(code) and own.startswith(code) and own != code and not own[len(code)].isalnum()


def _set_endpoint(plural: str) -> Endpoint[[str, str]]:
    @_endpoint
    def with_children(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
        writer, rows, number = _sent(request, version, plural, sourced_id)
        code = str(rows[number].get("hierarchyCode") or "")
        chosen: Iterable[Any] = [rows[number], *(row for row in rows if _is_below(row, code))]
        kind = KIND_OF_DEFINITION[plural]
        return _give(
            request,
            {plural: [writer.record(kind, row) for row in chosen]},
            changed_at=writer.framework.taken_at,
        )

    with_children.__doc__ = f"Give one of the {plural} and those below it."
    return with_children


def _one_endpoint(kind: str) -> Endpoint[[str, str]]:
    @_endpoint
    def one(request: HttpRequest, version: str, sourced_id: str) -> HttpResponse:
        writer, rows, number = _sent(request, version, PLURALS[kind], sourced_id)
        return _give(request, writer.record(kind, rows[number]), changed_at=writer.framework.taken_at)

    one.__doc__ = f"Give one {kind}."
    return one


@_endpoint
def discovery(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """Give the description of this service."""
    if name != describing.NAMES[version]:
        raise Missing(name)
    return _give(request, describing.describe(request.build_absolute_uri("/ims/case"), version))


urlpatterns = [
    path("<case_version:version>/CFDocuments", documents, name="case-documents"),
    path("<case_version:version>/CFDocuments/<str:sourced_id>", document, name="case-document"),
    path("<case_version:version>/CFPackages/<str:sourced_id>", package, name="case-package"),
    path("<case_version:version>/CFItems/<str:sourced_id>", item, name="case-item"),
    path(
        "<case_version:version>/CFItemAssociations/<str:sourced_id>", item_associations, name="case-item-associations"
    ),
    path("<case_version:version>/CFAssociations/<str:sourced_id>", association, name="case-association"),
    path("<case_version:version>/CFConcepts/<str:sourced_id>", _set_endpoint("CFConcepts"), name="case-concept"),
    path("<case_version:version>/CFSubjects/<str:sourced_id>", _set_endpoint("CFSubjects"), name="case-subject"),
    path("<case_version:version>/CFItemTypes/<str:sourced_id>", _set_endpoint("CFItemTypes"), name="case-item-type"),
    path("<case_version:version>/CFLicenses/<str:sourced_id>", _one_endpoint("CFLicense"), name="case-license"),
    path(
        "<case_version:version>/CFAssociationGroupings/<str:sourced_id>",
        _one_endpoint("CFAssociationGrouping"),
        name="case-association-grouping",
    ),
    path("<case_version:version>/CFRubrics/<str:sourced_id>", _one_endpoint("CFRubric"), name="case-rubric"),
    path("<case_version:version>/discovery/<str:name>", discovery, name="case-discovery"),
]
