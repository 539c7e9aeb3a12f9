"""Takes a table of resources in: CSV or JSON Lines, its columns guessed, chosen or remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.conf.locale import LANG_INFO

from headway.core.library.values import ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import source_of
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps, Tally
from headway.exchange.shared.packages import unpack
from headway.exchange.table.cells import BadCell, words
from headway.exchange.table.columns import KEEP, chosen, header_key, plain_name
from headway.exchange.table.opening import Table, open_table
from headway.exchange.table.wire import Reader
from headway.records.library import shelving, stored

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "table"
LONGEST_EXAMPLE = 80

NO_TITLE_COLUMN = gettext_noop(
    "No column tells the title or the description. Say which one does. The columns are: {columns}."
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a table holds, before anything is taken in: its columns, what each would tell, and its first rows.

    `remembered` says that somebody chose the columns for such a table before.
    """

    format: str
    columns: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...]
    count: int
    remembered: bool
    resources: tuple[ResourceIn | RowRefused, ...]


def look(
    path: Path,
    *,
    source: str,
    school: Organisation | None = None,
    wishes: Mapping[str, str] | None = None,
    most: int = 5,
) -> Look:
    """Look at a table: its columns and its first rows, as they stand and as they would come in.

    Raises FileRefused where it is no table, RuleBroken where a wish names what is not there.
    """
    with _opened(path) as table:
        columns, is_remembered = _columns(table, source=source, school=school, wishes=wishes)
        reader = Reader(columns, languages())
        shown: list[tuple[str, ...]] = []
        resources: list[ResourceIn | RowRefused] = []
        for place, row in islice(table.rows(), most):
            if isinstance(row, RowRefused):
                resources.append(row)
                continue
            shown.append(tuple(_example(row.get(column)) for column in columns))
            resources.append(_resource(reader, place, row, Tally()))
        return Look(
            format=table.format,
            columns=columns,
            rows=tuple(shown),
            count=max(0, table.lines - (2 if table.format == "csv" else 1)),
            remembered=is_remembered,
            resources=tuple(resources),
        )


def take_file(
    path: Path,
    *,
    source: str,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    wishes: Mapping[str, str] | None = None,
    name: str = "",
    language: str = "en",
    delivery: Delivery | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take a table in; the same rows again change nothing.

    `source` names the collection for ever. `wishes` says what columns tell where the guess is wrong; with them the columns
    are remembered for this source, and the next table with the same columns comes in by itself. A row without a language
    is in `language`. Raises FileRefused or RuleBroken where nothing can be taken in.
    """
    with _opened(path) as table:
        columns, _is_remembered = _columns(table, source=source, school=school, wishes=wishes)
        if not {"title", "description", "text"} & set(columns.values()):
            raise FileRefused(NO_TITLE_COLUMN, columns=", ".join(table.columns[:40]))
        if wishes:
            shelving.remember_mapping(
                school=school, source=source, header_key=header_key(table.columns), columns=columns, by=by, at=at
            )
        notes = Tally()
        return deliver(
            _resources(table, Reader(columns, languages(), language=language), notes),
            standard=STANDARD,
            source=source_of(source[:40], school),
            name=name or path.name,
            by=by,
            at=at,
            school=school,
            delivery=delivery,
            total=max(1, table.lines - (2 if table.format == "csv" else 1)),
            notes=notes,
            steps=steps,
        )


@contextmanager
def _opened(path: Path) -> Iterator[Table]:
    """Unpack a file of any size to a place of its own, and open it as a table."""
    with TemporaryDirectory(prefix="headway-table-") as folder:
        unpacked = Path(folder) / "table"
        unpack(path, unpacked)
        yield open_table(unpacked)


def _columns(
    table: Table, *, source: str, school: Organisation | None, wishes: Mapping[str, str] | None
) -> tuple[dict[str, str], bool]:
    if wishes:
        return chosen(table.columns, wishes), False
    kept = stored.mapping_of(school, source, header_key(table.columns))
    guessed = chosen(table.columns, {})
    if kept is None:
        return guessed, False
    by_name = {plain_name(column): field for column, field in kept.items()}
    return {column: by_name.get(plain_name(column), KEEP) for column in guessed}, True


def _resources(table: Table, reader: Reader, notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    for place, row in table.rows():
        yield row if isinstance(row, RowRefused) else _resource(reader, place, row, notes)


def _resource(reader: Reader, place: str, row: Mapping[str, Any], notes: Tally) -> ResourceIn | RowRefused:
    try:
        found = reader.resource(row)
    except BadCell as problem:
        column = problem.facts.get("column")
        where = f"{place}, {column}" if column else place
        return RowRefused(place=where, sentence=problem.sentence, facts=problem.facts)
    for sentence in reader.notes:
        notes.add(sentence, place)
    return found


def _example(value: object) -> str:
    said = words(value)
    return said if len(said) <= LONGEST_EXAMPLE else f"{said[: LONGEST_EXAMPLE - 2]} …"


@cache
def languages() -> Mapping[str, str]:
    """Return language tags by what the languages are called, in English and by themselves, in lower case."""
    found: dict[str, str] = {}
    for tag, facts in LANG_INFO.items():
        for name in (facts.get("name"), facts.get("name_local")):
            if name:
                found.setdefault(name.casefold(), tag)
    return found
