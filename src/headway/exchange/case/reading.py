"""Takes CASE packages into the standards room: from a file, a folder, a zip, or an address."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.shared.taken import Taken
from headway.core.standards import editions
from headway.core.standards.editions import Changes
from headway.exchange.case import fetching, wire
from headway.exchange.shared.archives import is_zip, open_package
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Tally
from headway.exchange.shared.packages import decode, parse_json, read_bytes
from headway.records.standards import actions, queries

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation, Person
    from headway.records.standards.models import Framework, IncomingFramework

LARGEST_MEBIBYTES = 200
READING = gettext_noop("Reading and checking the file")
SAVING = gettext_noop("Saving the framework")
NO_PACKAGES = gettext_noop(
    "There is no .json file in {name}. A CASE package is a file of JSON with a CFDocument in it."
)
TWICE = gettext_noop("{name} and {other} hold the same framework. Leave one of them out.")
OTHERS = gettext_noop("“{title}” belongs to another school here, so it was left as it is.")
# What every new edition changes, or what a column of ours says already.
COMPARED = editions.Reading(
    quiet=editions.QUIET_FIELDS | {"lastChangeDateTime"},
    columns={
        "humanCodingScheme": "code",
        "abbreviatedStatement": "short",
        "CFItemType": "kind",
        "educationLevel": "grades",
    },
)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A package that was read and checked, and not taken yet."""

    name: str
    content: bytes
    version: str
    reading: wire.Reading


def open_content(content: bytes, *, name: str) -> Opened:
    """Return the package that a file's content holds.

    Raises FileRefused with the place where it is broken.
    """
    return _opened(parse_json(decode(content)), content, name)


def _opened(document: Any, content: bytes, name: str) -> Opened:
    try:
        wire.check_text(document)
        package = wire.parse(document)
        reading = wire.to_framework(package)
    except RuleBroken as problem:
        place = str(problem.facts.get("place") or problem.facts.get("field") or "")
        raise FileRefused(problem.sentence, **{**problem.facts, "place": place}) from problem  # type: ignore[arg-type]
    return Opened(name=name, content=content, version=package.version, reading=reading)


def open_path(path: Path) -> list[Opened]:
    """Return every package in a file (plain, packed or a zip of several) or a folder, all of them checked.

    Raises FileRefused where any of them is broken; `file` in its facts names which.
    """
    found: list[Opened] = []
    for name, content in _contents(path):
        try:
            found.append(open_content(content, name=name))
        except FileRefused as refusal:
            refusal.facts["file"] = name
            raise
    if not found:
        raise FileRefused(NO_PACKAGES, name=path.name)
    _each_once(found)
    return found


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file() and (".json" in one.name.lower() or is_zip(one)):
                yield from _contents(one)
    elif is_zip(path):
        with open_package(path) as package:
            names = package.inside()
            chosen = [name for name in names if name.lower().endswith(".json")]
            for name in sorted(chosen) or (names if len(names) == 1 else ()):
                yield name, package.read(name)
    else:
        yield path.name, read_bytes(path, mebibytes=LARGEST_MEBIBYTES)


def _each_once(packages: Sequence[Opened]) -> None:
    seen: dict[str, str] = {}
    for one in packages:
        key = one.reading.framework.source_id
        if key in seen:
            raise FileRefused(TWICE, place=one.name, name=one.name, other=seen[key])
        seen[key] = one.name


def open_address(address: str, *, steps: Steps | None = None) -> list[Opened]:
    """Return every package at an address: of a package, of a framework's document, or of a whole service.

    Raises FileRefused where nothing can be fetched there, or what comes is no CASE package.
    """
    found = []
    for name, content in fetching.fetch(address, steps=steps or NoSteps()):
        try:
            found.append(open_content(content, name=name))
        except FileRefused as refusal:
            refusal.facts["file"] = name
            raise
    _each_once(found)
    return found


# --- what it would change --------------------------------------------------------------------------------------------


def preview(opened: Opened) -> Changes:
    """Say what taking a package would change here; nothing is taken."""
    document = opened.reading.framework
    here = queries.framework_by_source(document.source, document.source_id)
    if here is None:
        return editions.compare(None, document, reading=COMPARED)
    kept, withdrawn, withdrawn_links = queries.kept_edition(here)
    return editions.compare(
        kept, document, withdrawn_ids=withdrawn, withdrawn_link_ids=withdrawn_links, reading=COMPARED
    )


def bring(opened: Opened, *, school: Organisation, by: Person, at: datetime) -> IncomingFramework:
    """Lay a package aside with what it would change, until a leader takes it or puts it aside."""
    document = opened.reading.framework
    here = queries.framework_by_source(document.source, document.source_id)
    if here is not None and here.school_id is not None and here.school_id != school.pk:
        raise FileRefused(OTHERS, title=document.title)
    shown = preview(opened).as_json() | {
        "title": document.title,
        "source_id": document.source_id,
        "standard": f"CASE {opened.version}",
        "competencies": len(document.competencies),
        "links": len(document.links),
        "framework_id": here.pk if here is not None else None,
        "notes": [told.as_json() for told in _notes(opened)],
    }
    return actions.bring_framework(
        school=school,
        format=wire.SOURCE,
        name=opened.name,
        content=gzip.compress(opened.content, mtime=0),
        changes=shown,
        by=by,
        at=at,
    )


def take_incoming(incoming: IncomingFramework, *, by: Person, at: datetime) -> tuple[Framework, Taken]:
    """Take an edition that was laid aside."""
    content = gzip.decompress(bytes(incoming.content))
    opened = open_content(content, name=incoming.name)
    return actions.take_incoming(incoming=incoming, document=opened.reading.framework, by=by, at=at)


# --- taking ----------------------------------------------------------------------------------------------------------


def take(
    packages: Sequence[Opened],
    *,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> list[ImportReport]:
    """Take packages in, all or none; the same ones again change nothing. Returns one report for each."""
    steps = steps or NoSteps()
    steps.step(SAVING)
    documents = [one.reading.framework for one in packages]
    taken = actions.take_frameworks(documents=documents, by=by, at=at, school=school)
    return [_report(one, framework, counts) for one, (framework, counts) in zip(packages, taken, strict=True)]


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in the one package a file holds, 1.0 or 1.1; the same file again changes nothing.

    Raises FileRefused with the place where the file is broken; nothing is taken in then.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    opened = open_content(read_bytes(path, mebibytes=LARGEST_MEBIBYTES), name=path.name)
    return take([opened], by=by, at=at, school=school, steps=steps)[0]


def _notes(opened: Opened) -> tuple[Any, ...]:
    notes = Tally()
    for sentence, place in opened.reading.told:
        notes.add(sentence, place)
    return notes.told()


def _report(opened: Opened, framework: Framework, taken: Taken) -> ImportReport:
    document = opened.reading.framework
    return ImportReport(
        standard=f"CASE {opened.version}",
        taken={"framework": taken},
        notes=_notes(opened),
        facts={
            "framework": framework.title,
            "framework_id": framework.pk,
            "competencies": len(document.competencies),
            "assessable": sum(row.is_assessable for row in document.competencies),
            "links": len(document.links),
        },
    )
