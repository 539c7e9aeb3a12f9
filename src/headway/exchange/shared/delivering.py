"""Every import of resources goes through here: rows are read and checked first, then taken in one transaction.

While rows are read nobody waits for the database; what was read is kept in a temporary file. Taking it in is one short
transaction, so a process that is killed at any moment leaves the library as it was.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from django.db import transaction

from headway.core.library.reading_level import LEAST_WORDS, measure_text
from headway.core.library.values import CollectionIn, ResourceIn
from headway.core.shared.batches import batched
from headway.core.shared.errors import HeadwayError, gettext_noop
from headway.core.shared.taken import Taken
from headway.exchange.shared.import_report import ImportReport, NoSteps, Steps, Tally, Told, plain
from headway.records.items import actions as items
from headway.records.library import actions as library
from headway.records.library import deliveries
from headway.records.library import queries as shelf
from headway.records.standards import queries as standards

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

ROWS_AT_ONCE = 5_000
SECONDS_BETWEEN_LOOKS = 0.5
REFUSED_ROWS_KEPT = 1_000
READING = gettext_noop("Reading and checking")
SAVING = gettext_noop("Saving")
TWICE = gettext_noop("Named twice; the last one is used.")
UNKNOWN_SKILL = gettext_noop("Names a skill that no framework here has; the resource came in without it.")


@dataclass(frozen=True, kw_only=True)
class RowRefused:
    """A row that is left out: where it stands, and a sentence that says why and how to mend it."""

    place: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass
class _Read:
    """What reading found, beside the rows themselves."""

    names: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    rows: int = 0
    questions: int = 0
    refused: list[RowRefused] = field(default_factory=list)
    refused_rows: int = 0
    refused_tally: dict[str, list[str]] = field(default_factory=dict)
    refused_times: dict[str, int] = field(default_factory=dict)
    refused_facts: dict[str, Mapping[str, object]] = field(default_factory=dict)


def deliver(
    rows: Iterable[ResourceIn | RowRefused],
    *,
    standard: str,
    source: str,
    name: str,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    collections: Sequence[CollectionIn] | None = None,
    total: int | None = None,
    notes: Tally | None = None,
    facts: Mapping[str, object] | None = None,
    competencies: Mapping[str, int] | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take resources in with their alignments, questions, files and collections; the same rows twice change nothing.

    `rows` may be an iterator of any length. `source` and each row's `source_id` name a resource for ever. Alignments name
    competencies by code (any spelling), by identifier or by address; unknown ones are noted (a caller who knows better gives
    `competencies`). `delivery` is the import that a person began on a page; without one a new one is begun. `total` is how
    many rows are expected, for the bar. `collections` and `facts` are looked at after the last row was read.
    Raises FileRefused where reading fails as a whole; nothing is taken in then, and the delivery says why.
    """
    steps = steps or NoSteps()
    notes = notes if notes is not None else Tally()
    if delivery is None:
        delivery = deliveries.begin_delivery(format=standard, source=source, name=name, by=by, at=at, school=school)
    try:
        with TemporaryFile(prefix="headway-import-") as spool:
            read = _spool(rows, spool, delivery=delivery, total=total, notes=notes, steps=steps, at=at)
            known = (
                standards.competency_ids_by_name(read.codes, school=school) if competencies is None else competencies
            )
            for code in sorted(read.codes - known.keys()):
                notes.add(UNKNOWN_SKILL, code)
            deliveries.move_delivery_on(delivery=delivery, step=SAVING, done=0, total=read.rows, at=at)
            steps.step(SAVING, total=read.rows)
            with transaction.atomic():
                taken = _take(
                    spool, read, known, source=source, school=school, delivery=delivery, by=by, at=at, steps=steps
                )
                for one in collections or ():
                    library.take_collection(
                        source=source,
                        source_id=one.source_id,
                        title=one.title,
                        why=one.why,
                        language=one.language,
                        resource_ids=shelf.resource_ids_in_order(source, one.resources),
                        school=school,
                        by=by,
                        at=at,
                    )
                report = ImportReport(
                    standard=standard, taken=taken, refused=_refused(read), notes=notes.told(), facts=dict(facts or {})
                )
                told = report.as_json() | {"refused_rows": _rows_of(read), "delivery": str(delivery.uuid)}
                deliveries.end_delivery(delivery=delivery, report=told, by=by, at=at)
    except HeadwayError as problem:
        place = str(getattr(problem, "place", ""))
        told = {"refused": True, "place": place, "sentence": problem.sentence, "facts": plain(problem.facts)}
        deliveries.refuse_delivery(delivery=delivery, report=told, by=by, at=at)
        raise
    return replace(report, facts={**report.facts, "delivery": str(delivery.uuid)})


def _spool(
    rows: Iterable[ResourceIn | RowRefused],
    spool: IO[bytes],
    *,
    delivery: Delivery,
    total: int | None,
    notes: Tally,
    steps: Steps,
    at: datetime,
) -> _Read:
    """Read all rows, keep the good ones in the temporary file in batches, and say how far it is."""
    read = _Read()
    steps.step(READING, total=total)
    looked = time.monotonic()
    for some in batched(rows, ROWS_AT_ONCE):
        good: dict[str, ResourceIn] = {}
        for row in some:
            if isinstance(row, RowRefused):
                _leave_out(row, read)
                continue
            if row.source_id in read.names:
                notes.add(TWICE, row.source_id)
            read.names.add(row.source_id)
            read.codes.update(alignment.competency for alignment in row.alignments)
            read.codes.update(item.competency for item in row.items if item.competency)
            read.questions += len(row.items)
            good[row.source_id] = _measured(row)
        pickle.dump(list(good.values()), spool, protocol=pickle.HIGHEST_PROTOCOL)
        read.rows += len(good)
        steps.advance(len(some))
        if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS:
            looked = time.monotonic()
            deliveries.move_delivery_on(
                delivery=delivery, step=READING, done=read.rows + read.refused_rows, total=total, at=at
            )
    return read


def _measured(row: ResourceIn) -> ResourceIn:
    """Return a row with how hard its text is to read, where there is enough of it and the sender does not say."""
    if not row.text or row.reading_level or len(row.text) <= 2 * LEAST_WORDS:
        return row
    found = measure_text(row.text, row.language)
    return replace(
        row,
        reading_level=found.grade,
        reading_measure=found.measure,
        word_count=found.word_count if row.word_count is None else row.word_count,
    )


def _batches(spool: IO[bytes]) -> Iterator[list[ResourceIn]]:
    spool.seek(0)
    while True:
        try:
            yield pickle.load(spool)  # noqa: S301 written by this very process a moment ago
        except EOFError:
            return


def _take(
    spool: IO[bytes],
    read: _Read,
    competencies: Mapping[str, int],
    *,
    source: str,
    school: Organisation | None,
    delivery: Delivery,
    by: Person | None,
    at: datetime,
    steps: Steps,
) -> dict[str, Taken]:
    resources, questions = Taken(), Taken()
    for rows in _batches(spool):
        ids, taken = library.take_resources(
            source=source, rows=rows, competencies=competencies, by=by, at=at, school=school, delivery=delivery
        )
        resources += taken
        if any(row.items for row in rows):
            questions += items.take_items(
                source=source, rows=rows, resource_ids=ids, competencies=competencies, by=by, at=at
            )
        steps.advance(len(rows))
    return {"resources": resources} | ({"items": questions} if read.questions else {})


def _leave_out(row: RowRefused, read: _Read) -> None:
    read.refused_rows += 1
    if len(read.refused) < REFUSED_ROWS_KEPT:
        read.refused.append(row)
    read.refused_times[row.sentence] = read.refused_times.get(row.sentence, 0) + 1
    read.refused_facts.setdefault(row.sentence, row.facts)
    places = read.refused_tally.setdefault(row.sentence, [])
    if len(places) < 5:
        places.append(row.place)


def _refused(read: _Read) -> tuple[Told, ...]:
    return tuple(
        Told(
            sentence=sentence,
            facts=read.refused_facts[sentence],
            times=times,
            places=tuple(read.refused_tally[sentence]),
        )
        for sentence, times in sorted(read.refused_times.items(), key=lambda entry: -entry[1])
    )


def _rows_of(read: _Read) -> list[dict[str, object]]:
    return [{"place": row.place, "sentence": row.sentence, "facts": plain(row.facts)} for row in read.refused]
