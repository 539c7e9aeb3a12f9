"""Opens files that others made: plain, .gz, .zst or a .zip with one file in it, never larger than a stated size.

A file that packs far more than it shows (a "zip bomb") is refused while it is read, before it fills the memory.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import zstandard

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.import_report import FileRefused

MEBIBYTE = 1024 * 1024
LARGEST_MEBIBYTES = 256
PIECE_BYTES = 256 * 1024
# Real text packs 3 to 30 times; a bomb packs a thousand times and more. Small files are let through whatever their ratio.
LARGEST_RATIO, SMALL_BYTES = 400, 4 * MEBIBYTE

NOT_THERE = gettext_noop("There is no file at {path}.")
NOT_A_FILE = gettext_noop("{path} is a folder. Name one file in it.")
EMPTY = gettext_noop("The file is empty.")
TOO_LARGE = gettext_noop("The file unpacks to more than {mebibytes} MB, so it was not read any further.")
BOMB = gettext_noop(
    "The file packs more than {ratio} times its size. Real data does not, so it was not read any further."
)
BROKEN_PACKING = gettext_noop("The file is damaged or cut off: it cannot be unpacked ({problem}).")
ONE_FILE_WANTED = gettext_noop("The zip file holds {count} files. Unpack it and name the one to import.")
NOT_TEXT = gettext_noop("Line {line} is not text in {encoding}. Save the file as UTF-8 and try again.")
BROKEN_JSON = gettext_noop("Line {line}, column {column}: this is not JSON ({problem}). The file may be cut off.")
TOO_DEEP = gettext_noop("The file nests its parts too deeply to be read safely.")


def read_bytes(path: Path, *, mebibytes: int = LARGEST_MEBIBYTES) -> bytes:
    """Return the unpacked content of a file.

    Raises FileRefused where there is nothing to read, the packing is damaged, or it unpacks to too much.
    """
    content = b"".join(_pieces(path, mebibytes))
    if not content.strip():
        raise FileRefused(EMPTY)
    return content


def unpack(path: Path, target: Path) -> None:
    """Write the unpacked content of a file of any size to another file, piece by piece.

    Raises FileRefused where there is nothing to read, or the packing is damaged.
    """
    with target.open("wb") as file:
        for piece in _pieces(path, None):
            file.write(piece)


def _pieces(path: Path, mebibytes: int | None) -> Iterator[bytes]:
    if path.is_dir():
        raise FileRefused(NOT_A_FILE, path=path)
    if not path.is_file():
        raise FileRefused(NOT_THERE, path=path)
    packed = max(1, path.stat().st_size)
    size = 0
    try:
        with _unpacked(path) as stream:
            while piece := stream.read(PIECE_BYTES):
                size += len(piece)
                if mebibytes is not None and size > mebibytes * MEBIBYTE:
                    raise FileRefused(TOO_LARGE, mebibytes=mebibytes)
                if size > SMALL_BYTES and size > LARGEST_RATIO * packed:
                    raise FileRefused(BOMB, ratio=LARGEST_RATIO)
                yield piece
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, zstandard.ZstdError, RuntimeError) as problem:
        raise FileRefused(BROKEN_PACKING, problem=str(problem) or type(problem).__name__) from problem
    if path.suffix == ".zst" and _is_cut_off(path):
        raise FileRefused(BROKEN_PACKING, problem="zstd: the end is missing")


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as packed:
                yield packed  # type: ignore[misc]
        elif path.suffix == ".zst":
            with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
                file, read_across_frames=True
            ) as packed:
                yield packed
        elif path.suffix == ".zip":
            with zipfile.ZipFile(file) as packed:
                members = [member for member in packed.infolist() if not member.is_dir()]
                if len(members) != 1:
                    raise FileRefused(ONE_FILE_WANTED, count=len(members))
                with packed.open(members[0]) as member:
                    yield member
        else:
            yield file


def _is_cut_off(path: Path) -> bool:
    """Whether a Zstandard stream ends before its last frame does; the stream reader itself stays silent about it."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            while piece:
                if decompressor.eof:
                    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
                decompressor.decompress(piece)
                piece = decompressor.unused_data if decompressor.eof else b""
    return not decompressor.eof


def read_text(path: Path, *, mebibytes: int = LARGEST_MEBIBYTES, fallback: str | None = None) -> str:
    """Return a file's text: UTF-8 (a byte order mark is taken off), else `fallback` where the format allows one."""
    return decode(read_bytes(path, mebibytes=mebibytes), fallback=fallback)


def decode(content: bytes, *, fallback: str | None = None) -> str:
    """Return the text of a file's content: UTF-8 (a byte order mark is taken off), else `fallback` where one is allowed."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        if fallback is None or encoding == "utf-16" or b"\x00" in content:
            line = content.count(b"\n", 0, problem.start) + 1
            raise FileRefused(NOT_TEXT, place=f"line {line}", line=line, encoding="UTF-8") from problem
        return content.decode(fallback)


def parse_json(text: str, *, first_line: int = 1) -> Any:
    """Return the value of a JSON text; a broken one is refused with the line and the column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        line = problem.lineno + first_line - 1
        raise FileRefused(
            BROKEN_JSON, place=f"line {line}", line=line, column=problem.colno, problem=problem.msg
        ) from problem
    except RecursionError as problem:
        raise FileRefused(TOO_DEEP) from problem


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Return (line number, line) for every line, without its end."""
    for number, line in enumerate(io.StringIO(text), start=1):
        yield number, line.rstrip("\r\n")


def bare_name(path: Path) -> str:
    """Return a file's name without its endings: `teks` of `teks.jsonl.zst`, `CC-math-0.8.0` of `CC-math-0.8.0.json`."""
    name = path.name
    for ending in (".zst", ".gz", ".zip"):
        name = name.removesuffix(ending)
    return re.sub(r"[.](?:json|jsonl|ndjson|csv|tsv|txt|xml|rdf)$", "", name, flags=re.IGNORECASE)
