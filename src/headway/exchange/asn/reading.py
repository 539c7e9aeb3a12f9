"""Takes a framework of the Achievement Standards Network into the standards room."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.asn import wire
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Tally
from headway.exchange.shared.packages import TOO_DEEP, bare_name, lines_of, parse_json, read_text
from headway.records.standards import actions, queries

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation, Person

LARGEST_MEBIBYTES = 200
READING = gettext_noop("Reading and checking the file")
SAVING = gettext_noop("Saving the framework")


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in one framework; the same file again changes nothing.

    Raises FileRefused with the place where the file is broken; nothing is taken in then.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    reading = read_framework(path)
    document, name = reading.framework, bare_name(path)
    known = queries.framework_by_source(document.source, document.source_id)
    # RDF is a whole edition; a plain list says neither its title nor its links, so what it leaves out stays.
    is_whole = document.title != name
    if known is not None and document.title == name:
        # A plain list does not say what it is called; what is known already stays.
        document = replace(
            document,
            title=known.title,
            creator=known.creator,
            licence=known.licence,
            subject=known.subject,
            extra=known.extra,
        )
    steps.step(SAVING)
    framework, taken = actions.take_framework(document=document, by=by, at=at, school=school, is_whole=is_whole)
    notes = Tally()
    for sentence, place in reading.told:
        notes.add(sentence, place)
    return ImportReport(
        standard="ASN",
        taken={"framework": taken},
        notes=notes.told(),
        facts={
            "framework": framework.title,
            "framework_id": framework.pk,
            "competencies": len(document.competencies),
            "assessable": sum(row.is_assessable for row in document.competencies),
            "links": len(document.links),
        },
    )


def read_framework(path: Path) -> wire.Reading:
    """Return the framework in a file, without taking it in.

    Raises FileRefused with the place where the file is broken.
    """
    text = read_text(path, mebibytes=LARGEST_MEBIBYTES)
    try:
        return wire.to_framework(_graph(text), name=bare_name(path))
    except RuleBroken as problem:
        place = f"line {problem.facts['line']}" if "line" in problem.facts else ""
        raise FileRefused(problem.sentence, **{**problem.facts, "place": place}) from problem  # type: ignore[arg-type]
    except RecursionError as problem:
        raise FileRefused(TOO_DEEP) from problem


def _graph(text: str) -> wire.Graph:
    start = text.lstrip()[:1]
    if start == "<":
        return wire.parse_xml(text)
    if start not in ("{", "["):
        raise RuleBroken(wire.NOT_ASN)
    lines: list[Any] = []
    first, _newline, rest = text.lstrip().partition("\n")
    if start == "{" and first.rstrip().endswith("}") and rest.lstrip()[:1] in ("{", ""):
        lines = [parse_json(line, first_line=number) for number, line in lines_of(text) if line.strip()]
        return wire.parse_rows(lines)
    return wire.parse(parse_json(text))
