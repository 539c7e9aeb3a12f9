"""Takes links between standards that are here already: coherence maps, crosswalks, lists of prerequisites."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.standards.prerequisites import Link, without_circles
from headway.core.standards.values import FrameworkIn, LinkIn
from headway.exchange.coherence_map import wire
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps, Tally, Told
from headway.exchange.shared.packages import bare_name, lines_of, parse_json, read_text
from headway.records.standards import actions, links, queries

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation, Person

LARGEST_MEBIBYTES = 100
READING = gettext_noop("Reading and checking the file")
FINDING = gettext_noop("Finding the standards")
SAVING = gettext_noop("Saving the links")
UNKNOWN_STANDARD = gettext_noop("No framework here has this standard; its links were left out.")
CIRCLE = gettext_noop("These would come before each other in a circle; the link is kept as “is related to”.")
NOTHING_KNOWN = gettext_noop(
    "None of the standards that the file links is here. Import their frameworks first: {examples}."
)
TWICE = gettext_noop("The same link stands in the file twice; it was taken once.")


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    title: str = "",
    school: Organisation | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a file of links between standards; the same file again changes nothing.

    Ends are found by code in any spelling, by identifier or by address; links with an end that is not here are noted and
    left out. Raises FileRefused where the file holds no links, or none between standards that are here.
    """
    steps = steps or NoSteps()
    steps.step(READING)
    reading = read_links(path)
    steps.step(FINDING)
    names = [name for edge in reading.edges for name in (edge.origin, edge.target)]
    ids = queries.competency_ids_by_name(names, school=school)
    left_out, notes = Tally(), Tally()
    for sentence, place in reading.refused:
        left_out.add(sentence, place)
    for sentence, place in reading.told:
        notes.add(sentence, place)
    unknown = [name for name in dict.fromkeys(names) if name not in ids and not _is_another_name(name)]
    if not ids:
        raise FileRefused(NOTHING_KNOWN, examples=", ".join(unknown[:3]))
    for name in unknown:
        notes.add(UNKNOWN_STANDARD, name)
    name = bare_name(path)
    rows = _links(reading.edges, ids, file_name=name, notes=notes)
    steps.step(SAVING)
    framework, taken = actions.take_framework(
        document=FrameworkIn(source=wire.SOURCE, source_id=name, title=(title or name)[:300], links=tuple(rows)),
        by=by,
        at=at,
        school=school,
        is_whole=True,
    )
    told = notes.told()
    return ImportReport(
        standard="links between standards",
        taken={"framework": taken},
        refused=left_out.told(),
        notes=told,
        facts={
            "framework": framework.title,
            "framework_id": framework.pk,
            "links": len(rows),
            "prerequisites": sum(row.kind == "prerequisite" for row in rows),
            "unknown_standards": _times(told, UNKNOWN_STANDARD),
            "circles": _times(told, CIRCLE),
        },
    )


def read_links(path: Path) -> wire.Reading:
    """Return the links in a file, without taking them in.

    Raises FileRefused where the file holds no links.
    """
    text = read_text(path, mebibytes=LARGEST_MEBIBYTES)
    try:
        return wire.parse(_rows(text))
    except RuleBroken as problem:
        raise FileRefused(problem.sentence, **problem.facts) from problem  # type: ignore[arg-type]


def _times(told: tuple[Told, ...], sentence: str) -> int:
    return sum(each.times for each in told if each.sentence == sentence)


def _rows(text: str) -> list[tuple[int, object]]:
    start = text.lstrip()[:1]
    if start == "[":
        value: Any = parse_json(text)
        return list(enumerate(value, start=1))
    if start == "{":
        lines = [(number, line) for number, line in lines_of(text) if line.strip()]
        if len(lines) > 1 and not lines[0][1].rstrip().endswith("}"):
            raise RuleBroken(wire.NOT_EDGES)
        return [(number, parse_json(line, first_line=number)) for number, line in lines]
    return wire.rows_of_table(text)


def _is_another_name(name: str) -> bool:
    """Whether an end is a name on another site rather than a code: kept beside what it is the same as."""
    return "://" in name or name.startswith("urn:")


def _links(edges: tuple[wire.Edge, ...], ids: dict[str, int], *, file_name: str, notes: Tally) -> list[LinkIn]:
    source_ids = links.source_ids_of(ids.values())
    circling = _circling(edges, ids, file_name)
    rows: dict[str, LinkIn] = {}
    for edge in edges:
        origin, target = ids.get(edge.origin), ids.get(edge.target)
        if origin is None or (target is None and (edge.kind != "exact-match" or not _is_another_name(edge.target))):
            continue
        if not source_ids[origin] or (target is not None and not source_ids[target]):
            # Made on a page here: no sender's name that a file could hold on to.
            notes.add(UNKNOWN_STANDARD, edge.origin if not source_ids[origin] else edge.target)
            continue
        if origin == target:
            if edge.kind != "exact-match":
                notes.add(wire.SAME_ENDS, edge.place)
            continue
        kind = edge.kind
        if kind == "prerequisite" and (origin, target) in circling:
            notes.add(CIRCLE, f"{edge.origin} → {edge.target}")
            kind = "related"
        said = {"origin_part": edge.origin_part, "target_part": edge.target_part, "note": edge.note}
        row = LinkIn(
            kind=kind,
            origin=source_ids[origin],
            target=source_ids[target] if target is not None else "",
            target_uri="" if target is not None else edge.target[:500],
            association=edge.association,
            why={name: words for name, words in said.items() if words},
            source_id=f"{edge.association} {edge.origin} {edge.target} {edge.origin_part} {edge.target_part}"[
                :200
            ].strip(),
        )
        if row.source_id in rows:
            notes.add(TWICE, edge.place)
        rows.setdefault(row.source_id, row)
    return list(rows.values())


def _circling(edges: tuple[wire.Edge, ...], ids: dict[str, int], file_name: str) -> set[tuple[int, int]]:
    """Return the ends of those new prerequisites that would close a circle, with one another or with those here."""
    new = {
        (ids[edge.origin], ids[edge.target])
        for edge in edges
        if edge.kind == "prerequisite" and edge.origin in ids and edge.target in ids
    }
    new = {pair for pair in new if pair[0] != pair[1]}
    here = links.prerequisites_beside(source=wire.SOURCE, source_id=file_name)
    # What is here already is founded better than what comes: of a circle, the new link gives way.
    rows = [Link(before=before, after=after, support=2.0) for before, after in here]
    rows += [Link(before=before, after=after, support=1.0) for before, after in sorted(new)]
    return {(link.before, link.after) for link in without_circles(rows)[1]} & new
