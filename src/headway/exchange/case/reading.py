"""Takes a CASE package into the standards room."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.case import wire
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Tally
from headway.exchange.shared.packages import parse_json, read_text
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
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a CASE package, 1.0 or 1.1; the same file again changes nothing.

    Raises FileRefused with the place where the file is broken; nothing is taken in then.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    document = parse_json(read_text(path, mebibytes=LARGEST_MEBIBYTES))
    try:
        package = wire.parse(document)
    except RuleBroken as problem:
        place = str(problem.facts.get("place") or problem.facts.get("field") or "")
        raise FileRefused(problem.sentence, **{**problem.facts, "place": place}) from problem  # type: ignore[arg-type]
    reading = wire.to_framework(package)
    steps.step(SAVING)
    framework, taken = actions.take_framework(document=reading.framework, by=by, at=at, school=school)
    notes = Tally()
    for sentence, place in reading.told:
        notes.add(sentence, place)
    return ImportReport(
        standard=f"CASE {package.version}",
        taken={"framework": taken},
        notes=notes.told(),
        facts={
            "framework": framework.title,
            "framework_id": framework.pk,
            "competencies": len(reading.framework.competencies),
            "assessable": sum(row.is_assessable for row in reading.framework.competencies),
            "links": len(reading.framework.links),
        },
    )
