"""Opens a table that somebody made: CSV in whatever encoding and with whatever separator, JSON Lines, or a JSON list."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.delivering import RowRefused
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.packages import LARGEST_MEBIBYTES, MEBIBYTE, parse_json

PIECE_BYTES = 1024 * 1024
SAMPLE_ROWS, SAMPLE_BYTES = 2000, 64 * 1024
LONGEST_CELL = 4 * 1024 * 1024
SEPARATORS = ",;\t|"

EMPTY = gettext_noop("The file is empty.")
BINARY = gettext_noop("This is not a table of text. Save it from your spreadsheet as CSV (UTF-8), or as JSON Lines.")
ONE_COLUMN = gettext_noop(
    "There is only one column. A table needs a first line with the names of its columns, then a line for each resource."
)
NOT_ROWS = gettext_noop("The JSON file is not a list of objects. Each resource should be an object such as {example}.")
TOO_LARGE_A_LIST = gettext_noop(
    "A JSON list is read whole and may have {mebibytes} MB. Write one object a line (JSON Lines) instead."
)
BROKEN_LINE = gettext_noop("This is not JSON ({problem}). Each line should be one whole object.")
NOT_AN_OBJECT = gettext_noop("This line is not an object with named parts.")
TOO_MANY_CELLS = gettext_noop(
    "Has more cells than there are columns. Text that holds the separator needs “double quotes” around it."
)
CELL_TOO_LONG = gettext_noop(
    "A cell is longer than {megabytes} MB, so the file was not read any further. A quotation mark may not be closed."
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """An open table: its columns (of JSON, those of the first rows) and how it is written."""

    path: Path
    format: str
    encoding: str
    separator: str
    columns: tuple[str, ...]
    lines: int

    def rows(self) -> Iterator[tuple[str, dict[str, Any] | RowRefused]]:
        """Yield where each row stands, and the row by its columns, or why it cannot be read."""
        if self.format == "csv":
            return _csv_rows(self)
        return _json_lines(self) if self.format == "jsonl" else _json_list(self.path, self.encoding)


def open_table(path: Path) -> Table:
    """Look at an unpacked file and return it as a table.

    Raises FileRefused where it is empty, no text, or no table.
    """
    encoding, lines = _encoding(path)
    with path.open("r", encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(SAMPLE_BYTES)
    start = sample.lstrip("\ufeff \t\r\n")
    if not start:
        raise FileRefused(EMPTY)
    kind, separator = "csv", ","
    if start[0] in "{[":
        kind = "jsonl" if start[0] == "{" else "json"
    else:
        separator = _separator(sample)
    table = Table(path=path, format=kind, encoding=encoding, separator=separator, columns=(), lines=lines)
    return Table(**{**table.__dict__, "columns": _columns(table)})


def _encoding(path: Path) -> tuple[str, int]:
    """Return how the bytes are to be read, and how many lines there are."""
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", _count(path)
        if head.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"SQLite")):
            raise FileRefused(BINARY)
        zeros = head.count(b"\x00")
        if zeros > len(head) // 4:
            # Plain letters of UTF-16 without a mark: every other byte is zero.
            return ("utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"), _count(path)
        if zeros:
            raise FileRefused(BINARY)
        file.seek(0)
        decoder, lines, is_utf8 = codecs.getincrementaldecoder("utf-8")(), 0, True
        while piece := file.read(PIECE_BYTES):
            lines += piece.count(b"\n")
            if is_utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    is_utf8 = False
    # What is no UTF-8 comes from a spreadsheet on Windows.
    return ("utf-8-sig" if is_utf8 else "cp1252"), lines + 1


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE_BYTES), b"")) + 1


def _separator(sample: str) -> str:
    """Return the separator that cuts the first lines into the most columns, and into the same number each."""
    best, found = (0, 0), ","
    for candidate in SEPARATORS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample), delimiter=candidate):
                rows.append(len(row))
                if len(rows) == 20:
                    break
        except csv.Error:
            continue
        alike = sum(count == rows[0] for count in rows) if rows else 0
        score = (rows[0] - 1 if rows else 0, alike)
        if rows and rows[0] > 1 and (alike * 10 >= len(rows) * 5 or best == (0, 0)) and score > best:
            best, found = score, candidate
    return found


def _columns(table: Table) -> tuple[str, ...]:
    if table.format == "csv":
        with _CsvOf(table) as (reader, _file):
            header: list[str] = next(reader, [])
            named = _named(header)
        if len([name for name in header if name.strip()]) < 2:
            raise FileRefused(ONE_COLUMN)
        return named
    seen: dict[str, None] = {}
    for count, (_place, row) in enumerate(table.rows()):
        if isinstance(row, RowRefused):
            if not count:
                raise FileRefused(row.sentence, place=row.place, **row.facts)
            continue
        seen.update(dict.fromkeys(row))
        if count >= SAMPLE_ROWS:
            break
    if not seen:
        raise FileRefused(NOT_ROWS, example='{"title": "…"}')
    return tuple(seen)


def _named(header: list[str]) -> tuple[str, ...]:
    """Return a name for each column: an empty one is counted, a second of the same name is numbered."""
    names: list[str] = []
    for place, given in enumerate(header, start=1):
        name = " ".join(given.split()) or f"({place})"
        number = 2
        unique = name
        while unique in names:
            unique, number = f"{name} ({number})", number + 1
        names.append(unique)
    return tuple(names)


class _CsvOf:
    """An open CSV file and its reader."""

    def __init__(self, table: Table) -> None:
        self._file: IO[str] = table.path.open("r", encoding=table.encoding, errors="replace", newline="")
        # A limit of the whole process, and always the same; without it a long text in a cell is an error.
        csv.field_size_limit(LONGEST_CELL)
        self._reader = csv.reader(self._file, delimiter=table.separator)

    def __enter__(self) -> tuple[Any, IO[str]]:
        return self._reader, self._file

    def __exit__(self, *_problem: object) -> None:
        self._file.close()


def _csv_rows(table: Table) -> Iterator[tuple[str, dict[str, Any] | RowRefused]]:
    columns = table.columns
    width = len(columns)
    with _CsvOf(table) as (reader, _file):
        try:
            next(reader, None)
            line = reader.line_num + 1
            for row in reader:
                place, line = f"line {line}", reader.line_num + 1
                if len(row) > width and any(cell.strip() for cell in row[width:]):
                    yield place, RowRefused(place=place, sentence=TOO_MANY_CELLS)
                elif any(row):
                    yield place, dict(zip(columns, row, strict=False))
        except csv.Error as problem:
            raise FileRefused(
                CELL_TOO_LONG, place=f"line {reader.line_num}", megabytes=LONGEST_CELL // MEBIBYTE
            ) from problem


def _json_lines(table: Table) -> Iterator[tuple[str, dict[str, Any] | RowRefused]]:
    # newline="\n": a text may hold U+2028 or a form feed, which end no row.
    with table.path.open("r", encoding=table.encoding, errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line or line.isspace():
                continue
            place = f"line {number}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as problem:
                words = getattr(problem, "msg", "") or type(problem).__name__
                yield place, RowRefused(place=place, sentence=BROKEN_LINE, facts={"problem": words})
                continue
            yield place, row if isinstance(row, dict) else RowRefused(place=place, sentence=NOT_AN_OBJECT)


def _json_list(path: Path, encoding: str) -> Iterator[tuple[str, dict[str, Any] | RowRefused]]:
    if path.stat().st_size > LARGEST_MEBIBYTES * MEBIBYTE:
        raise FileRefused(TOO_LARGE_A_LIST, mebibytes=LARGEST_MEBIBYTES)
    for number, row in enumerate(parse_json(path.read_text(encoding=encoding, errors="replace")), start=1):
        place = f"row {number}"
        yield place, row if isinstance(row, dict) else RowRefused(place=place, sentence=NOT_AN_OBJECT)
