"""Opens a log of any size as rows of text: a table, lines of JSON, Parquet, or sequences, packed or not.

Nothing is held in memory: packed or odd files are written out plainly into the work folder once, and the database reads them
from there, piece by piece.
"""

# SQL is put together here from own words, numbers of columns and quoted text only.
# ruff: noqa: S608
from __future__ import annotations

import codecs
import csv
import re
import tempfile
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.response_log import line_blocks, wire
from headway.exchange.shared import packages
from headway.exchange.shared.import_report import FileRefused

MEMORY = "448MB"
# Each thread of the database holds buffers of its own; two keep the memory stated above on any machine.
THREADS = 2
LONGEST_LINE_BYTES = 16 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
# Sequences are read by the reader of that form, which holds the text; the logs of the papers are a tenth of this.
LARGEST_SEQUENCES_MEBIBYTES = 400
LINES_OF_JSON_LOOKED_AT = 1_000

BROKEN_FILE = gettext_noop("This is not a readable log ({problem}).")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A log as columns of text: `readings` are the ways to read it (SQL that yields c0, c1, ...), the likeliest first.

    `folded` counts rows that were joined with another one while the form was read.
    """

    header: tuple[str, ...]
    readings: tuple[str, ...]
    folded: int = 0


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return an empty database in the folder that stays small in memory and never touches a network."""
    connection = duckdb.connect(
        str(folder / "log.duckdb"),
        config={
            "memory_limit": MEMORY,
            "threads": str(THREADS),
            "temp_directory": str(folder / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # The place in the file is what orders a log without times.
            "preserve_insertion_order": "true",
        },
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def open_source(path: Path, connection: duckdb.DuckDBPyConnection, folder: Path) -> Source:
    """Return the log as text columns.

    Raises FileRefused where the file is missing, empty, damaged or of no known form.
    """
    plain = _plain(path, folder)
    with plain.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _parquet(plain, connection)
    plain = _as_text(plain, folder)
    skipped, first = _first_line(plain)
    if first.lstrip().startswith("{"):
        return _lines_of_json(plain, connection)
    lines = line_blocks.lines_a_student(plain)
    is_counted = re.fullmatch(r"\s*\d+\s*,?\s*", first)
    if lines > 3 or (lines == 3 and not is_counted):
        line_blocks.write_table(plain, lines, folder / "log.blocks")
        return _table(folder / "log.blocks", 0)
    if is_counted:
        table, folded = _sequences_as_table(plain, folder)
        return replace(_table(table, 0), folded=folded)
    return _table(plain, skipped)


def text(value: str) -> str:
    """Return a value as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


# --- one plain file in UTF-8 -----------------------------------------------------------------------------------------


def _plain(path: Path, folder: Path) -> Path:
    """Return the unpacked file under a name that the database takes literally: a path may hold signs it would expand."""
    plain = folder / "log.plain"
    if path.suffix in (".gz", ".zst", ".zip"):
        packages.unpack(path, plain)
    else:
        if path.is_dir():
            raise FileRefused(packages.NOT_A_FILE, path=path)
        if not path.is_file():
            raise FileRefused(packages.NOT_THERE, path=path)
        plain.symlink_to(path.resolve())
    return plain


def _as_text(plain: Path, folder: Path) -> Path:
    """Return the file itself where it is UTF-8 with plain line ends, else a copy that is."""
    with plain.open("rb") as file:
        start = file.read(4)
    encoding = "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    is_plain = encoding == "utf-8-sig" and not start.startswith(codecs.BOM_UTF8)
    if encoding == "utf-8-sig":
        decoder = codecs.getincrementaldecoder("utf-8")()
        with plain.open("rb") as file:
            try:
                while piece := file.read(PIECE_BYTES):
                    if b"\x00" in piece:
                        raise FileRefused(BROKEN_FILE, problem="NUL")
                    is_plain = is_plain and b"\r" not in piece
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                # Logs of the field are often in Latin-1, which can read any byte.
                encoding, is_plain = "latin-1", False
    if is_plain:
        return plain
    copy = folder / "log.text"
    with plain.open(encoding=encoding, newline=None) as file, copy.open("w", encoding="utf-8", newline="\n") as target:
        try:
            while part := file.read(PIECE_BYTES):
                target.write(part)
        except UnicodeDecodeError as problem:
            raise FileRefused(BROKEN_FILE, problem=encoding) from problem
    return copy


def _first_line(plain: Path) -> tuple[int, str]:
    with plain.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            if line.strip():
                return number, line.rstrip("\n")
    raise FileRefused(packages.EMPTY)


# --- the forms -------------------------------------------------------------------------------------------------------


def _table(plain: Path, skipped: int) -> Source:
    with plain.open(encoding="utf-8", newline="") as file:
        lines = list(islice(file, skipped, skipped + 2))
    delimiter = max(",\t;|", key=lines[0].count)
    rows = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    header = [name.strip() for name in rows[0]]
    if len(rows) == 2 and len(rows[1]) == len(header) + 1:
        # Some write a comma behind every row; R writes the names of the rows without a name of their own.
        header = ["", *header] if rows[1][-1].strip() else [*header, ""]
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
    stripped = ", ".join(f"trim(c{place}, ' \"') as c{place}" for place in range(len(header)))
    plainly, quoted = (
        f"select {'*' if quote else stripped} from read_csv({text(str(plain))}, auto_detect = false, header = true, skip = {skipped}, "
        f"delim = {text(delimiter)}, quote = {text(quote)}, escape = {text(quote)}, columns = {{{columns}}}, "
        f"max_line_size = {LONGEST_LINE_BYTES}, buffer_size = {LONGEST_LINE_BYTES})"
        for quote in ("", '"')
    )
    if delimiter == ",":
        return Source(header=tuple(header), readings=(quoted,))
    # Exports parted by tabs mostly write quotation marks as they are.
    both = (quoted, plainly) if '"' in lines[0] or delimiter == ";" else (plainly, quoted)
    return Source(header=tuple(header), readings=both)


def _lines_of_json(plain: Path, connection: duckdb.DuckDBPyConnection) -> Source:
    objects = f"read_ndjson_objects({text(str(plain))})"
    try:
        names = connection.execute(
            f"select distinct unnest(json_keys(json)) from (select json from {objects} limit {LINES_OF_JSON_LOOKED_AT})"
        ).fetchall()
    except duckdb.Error as problem:
        raise FileRefused(BROKEN_FILE, problem=_in_short(problem)) from problem
    header = sorted(name for (name,) in names)
    columns = ", ".join(f"json ->> {text(_json_path(name))} as c{place}" for place, name in enumerate(header))
    return Source(header=tuple(header), readings=(f"select {columns} from {objects}",))


def _json_path(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parquet(plain: Path, connection: duckdb.DuckDBPyConnection) -> Source:
    table = f"read_parquet({text(str(plain))})"
    try:
        described = connection.execute(f"describe select * from {table}").fetchall()
    except duckdb.Error as problem:
        raise FileRefused(BROKEN_FILE, problem=_in_short(problem)) from problem
    columns = ", ".join(
        (f"to_json({_name(name)})::varchar" if kind.endswith("[]") else f"{_name(name)}::varchar") + f" as c{place}"
        for place, (name, kind, *_rest) in enumerate(described)
    )
    header = tuple(name for name, *_rest in described)
    return Source(header=header, readings=(f"select {columns} from {table}",))


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sequences_as_table(plain: Path, folder: Path) -> tuple[Path, int]:
    """Write the three-line form as a table, read by the reader of that form."""
    content = packages.read_text(plain, mebibytes=LARGEST_SEQUENCES_MEBIBYTES)
    try:
        log = wire.parse(content)
    except RuleBroken as problem:
        line = problem.facts.get("line")
        raise FileRefused(problem.sentence, place=f"line {line}" if line else "", **problem.facts) from problem
    table = folder / "log.sequences"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("student", "skill", "correct"))
        for student in log.students:
            writer.writerows((student.number, "~~".join(answer.skills), answer.score) for answer in student.answers)
    return table, log.repeated


def refusal(problem: duckdb.Error) -> FileRefused:
    """Return what the database could not read as a refusal with its line."""
    words = str(problem)
    line = re.search(r"CSV Error on Line: (\d+)", words)
    place = f"line {line[1]}" if line else ""
    widths = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", words)
    if line and widths:
        return FileRefused(wire.WRONG_WIDTH, place=place, line=int(line[1]), found=widths[2], wanted=widths[1])
    if line:
        return FileRefused(wire.BROKEN_TABLE, place=place, line=int(line[1]), problem=_in_short(problem))
    return FileRefused(BROKEN_FILE, problem=_in_short(problem))


def _in_short(problem: duckdb.Error) -> str:
    """Return the telling line of a database's message, without its advice and without paths."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    told = next((line for line in lines[1:] if line.endswith("found.")), lines[0] if lines else "")
    return re.sub(r'"?/[^\s"]*"?', "…", told)[:160]


def temporary_folder(work_folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder inside the work folder that goes when it is closed."""
    work_folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="reading-", dir=work_folder)
