"""Writes resources as schema.org/LRMI descriptions: one for a page, many as one JSON-LD graph or as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from headway.core.library.values import ResourceIn
from headway.exchange.lrmi import wire
from headway.records.library import queries as library

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.standards.models import Competency

_LISTS = ("uses", "topics", "careers", "needs", "ways_in", "accessibility", "culture", "community", "steps")
_PLAIN = (
    "title", "description", "language", "kind", "minutes", "screen", "with_whom", "grade_low", "grade_high", "reading_level",
    "reading_measure", "level", "needs_adult", "needs_internet", "text", "url", "licence", "attribution",
)  # fmt: skip


def as_json_ld(resource: Resource, *, base: str = "") -> wire.Json:
    """Return a resource as a JSON-LD description.

    `base` is the address of this Headway, without its last slash; without one the resource is named by its UUID. What it
    helps to learn is asked for, unless the resource came with it (`resources_to_write_out`).
    """
    aligned = getattr(resource, "accepted_alignments", None)
    competencies = library.accepted_competencies(resource) if aligned is None else [row.competency for row in aligned]
    facts: dict[str, Any] = {name: getattr(resource, name) for name in _PLAIN}
    facts |= {name: tuple(getattr(resource, name)) for name in _LISTS}
    row = ResourceIn(source_id=str(resource.uuid), extra=dict(resource.extra), **facts)
    address = f"{base}/resources/{resource.uuid}" if base else f"urn:uuid:{resource.uuid}"
    return wire.build(row, address=address, aligned=[_aligned(one) for one in competencies])


def _aligned(competency: Competency) -> wire.Aligned:
    uri = competency.extra.get("uri") or competency.extra.get("URI") or ""
    return wire.Aligned(
        code=competency.code or competency.short or competency.statement[:80],
        framework=competency.framework.title,
        address=uri if isinstance(uri, str) and uri.startswith("http") else "",
        statement=competency.statement,
    )


def graph_of(resources: Iterable[Resource], *, base: str = "") -> wire.Json:
    """Return many resources as one JSON-LD document."""
    nodes = [as_json_ld(resource, base=base) for resource in resources]
    for node in nodes:
        del node["@context"]
    return {"@context": wire.CONTEXT, "@graph": nodes}


def lines_of(resources: Iterable[Resource], *, base: str = "") -> Iterator[str]:
    """Return many resources as JSON Lines, one description a line."""
    for resource in resources:
        yield json.dumps(as_json_ld(resource, base=base), ensure_ascii=False, separators=(",", ":"))
