"""Takes descriptions of learning resources in: schema.org/LRMI as JSON-LD, JSON Lines, or inside a web page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from headway.core.library.values import ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.lrmi import pages, wire
from headway.exchange.shared.arriving import source_of
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps
from headway.exchange.shared.markup import html_text
from headway.exchange.shared.packages import lines_of, parse_json, read_bytes

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "LRMI"
SOURCE = "lrmi"
ENDINGS = (".json", ".jsonld", ".json-ld", ".jsonl", ".ndjson", ".html", ".htm")
NO_DESCRIPTION = gettext_noop(
    "There is no description of a learning resource in the file. It should be schema.org/LRMI in JSON-LD, or a web page that has it."
)
NOT_AN_OBJECT = gettext_noop("This is no description: a JSON object with a name was expected.")


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    name: str = "",
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in the resources a file (or each file of a folder) describes; the same again changes nothing.

    Raises FileRefused where the file is broken or describes nothing.
    """
    return deliver(
        _rows(path),
        standard=STANDARD,
        source=source_of(SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        steps=steps,
    )


def _rows(path: Path) -> Iterator[ResourceIn | RowRefused]:
    if not path.is_dir():
        yield from _file_rows(path)
        return
    files = [one for one in sorted(path.rglob("*")) if one.suffix.casefold() in ENDINGS and one.is_file()]
    if not files:
        raise FileRefused(NO_DESCRIPTION)
    for one in files:
        try:
            yield from _file_rows(one, prefix=one.relative_to(path).as_posix())
        except FileRefused as refusal:
            yield RowRefused(place=one.relative_to(path).as_posix(), sentence=refusal.sentence, facts=refusal.facts)


def _file_rows(path: Path, *, prefix: str = "") -> Iterator[ResourceIn | RowRefused]:
    found = False
    for place, document in _documents(html_text(read_bytes(path))):
        where = ", ".join(part for part in (prefix, place) if part)
        if isinstance(document, RowRefused):
            found = True
            yield RowRefused(place=where, sentence=document.sentence, facts=document.facts)
            continue
        nodes = list(wire.nodes_of(document))
        if not nodes:
            yield RowRefused(place=where, sentence=NOT_AN_OBJECT)
        for number, node in enumerate(nodes, start=1):
            found = True
            try:
                yield wire.parse(node)
            except wire.NotAResource as refusal:
                yield RowRefused(
                    place=where if len(nodes) == 1 else f"{where} #{number}".strip(),
                    sentence=refusal.sentence,
                    facts=refusal.facts,
                )
    if not found:
        raise FileRefused(NO_DESCRIPTION)


def _documents(text: str) -> Iterator[tuple[str, object]]:
    """Return (place, document) for each JSON-LD document of a text; a broken line of JSON Lines is refused alone."""
    start = text.lstrip()[:1]
    if start in ("{", "["):
        lines = [(number, line) for number, line in lines_of(text) if line.strip()]
        if start == "{" and len(lines) > 1 and lines[0][1].rstrip().endswith("}") and _is_json(lines[0][1]):
            for number, line in lines:
                try:
                    yield f"line {number}", parse_json(line, first_line=number)
                except FileRefused as refusal:
                    place = f"line {number}"
                    yield place, RowRefused(place=place, sentence=refusal.sentence, facts=refusal.facts)
            return
        yield "", parse_json(text)
        return
    scripts = pages.scripts_of(text)
    for number, script in enumerate(scripts, start=1):
        yield f"script {number}" if len(scripts) > 1 else "", parse_json(script)
    if not scripts:
        # A page that says the same twice, in both forms, is read once.
        for number, node in enumerate(pages.marked_up(text), start=1):
            yield f"description {number}", node


def _is_json(line: str) -> bool:
    try:
        parse_json(line)
    except FileRefused:
        return False
    return True
