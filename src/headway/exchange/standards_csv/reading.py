"""Takes a table of standards into the standards room."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.taken import Taken
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Tally
from headway.exchange.shared.packages import bare_name, lines_of, parse_json, read_text
from headway.exchange.standards_csv import wire
from headway.records.standards import actions

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
    title: str = "",
    framework_column: str = "",
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a table of standards: CSV, or one JSON object a line; the same file again changes nothing.

    `framework_column` names a column whose every value becomes a framework of its own. Raises FileRefused where the table
    as a whole cannot be read; nothing is taken in then.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    reading = read_table(path, title=title, framework_column=framework_column, of=str(school.uuid) if school else "")
    if not reading.frameworks:
        raise FileRefused(wire.NO_WORDS)
    steps.step(SAVING, total=len(reading.frameworks))
    taken = Taken(made=0, changed=0, unchanged=0)
    made = []
    with transaction.atomic():
        for document in reading.frameworks:
            # A row that was left out for a fault is still meant: only a table without one is a whole edition.
            framework, one = actions.take_framework(
                document=document, by=by, at=at, school=school, is_whole=not reading.refused
            )
            taken += one
            made.append(framework)
            steps.advance()
    left_out, notes = Tally(), Tally()
    for sentence, place in reading.refused:
        left_out.add(sentence, place)
    for sentence, place in reading.told:
        notes.add(sentence, place)
    competencies = [row for document in reading.frameworks for row in document.competencies]
    facts: dict[str, object] = {
        "framework": made[0].title if len(made) == 1 else ", ".join(framework.title for framework in made),
        "framework_id": made[0].pk if len(made) == 1 else [framework.pk for framework in made],
        "competencies": len(competencies),
        "assessable": sum(row.is_assessable for row in competencies),
        "links": sum(len(document.links) for document in reading.frameworks),
    }
    return ImportReport(
        standard="standards table",
        taken={"framework": taken},
        refused=left_out.told(),
        notes=notes.told(),
        facts=facts,
    )


def read_table(path: Path, *, title: str = "", framework_column: str = "", of: str = "") -> wire.Reading:
    """Return the frameworks in a table, without taking them in; `of` says whose they are, so that names do not meet.

    Raises FileRefused where the table as a whole cannot be read.
    """
    text = read_text(path, mebibytes=LARGEST_MEBIBYTES, fallback="cp1252")
    name = bare_name(path)
    try:
        rows, refused = _rows(text)
        return wire.to_frameworks(
            rows,
            name=name,
            title=title,
            framework_column=framework_column,
            of=of,
            refused=refused,
        )
    except RuleBroken as problem:
        place = f"line {problem.facts['line']}" if "line" in problem.facts else ""
        raise FileRefused(problem.sentence, **{**problem.facts, "place": place}) from problem  # type: ignore[arg-type]


def _rows(text: str) -> tuple[list[wire.Row], list[tuple[str, str]]]:
    start = text.lstrip()[:1]
    if start == "<":
        raise RuleBroken(wire.NOT_A_TABLE)
    if start == "[":
        value: Any = parse_json(text)
        return wire.rows_of_objects(enumerate(value, start=1)), []
    if start == "{":
        lines = [(number, line) for number, line in lines_of(text) if line.strip()]
        if not lines[0][1].rstrip().endswith("}") or lines[0][1].count("{") > lines[0][1].count("}"):
            parse_json(text)
            raise RuleBroken(wire.NOT_A_TABLE)
        return wire.rows_of_objects((number, parse_json(line, first_line=number)) for number, line in lines), []
    return wire.rows_of_table(text)
