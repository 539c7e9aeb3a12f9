"""Opens packages of several files that others made: a zip or a folder alike, within limits, and nothing outside of it.

A name that leaves the package, a link, a name twice, too many files, too large or packed too tightly: each refuses the package
whole, before anything is read. Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from headway.core.library.values import FileIn
from headway.core.shared.errors import gettext_noop
from headway.core.shared.safe_xml import LARGEST_MEBIBYTES as LARGEST_DOCUMENT_MEBIBYTES
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import Element, parse_xml
from headway.exchange.shared.packages import (
    BOMB,
    BROKEN_PACKING,
    EMPTY,
    LARGEST_RATIO,
    MEBIBYTE,
    NOT_THERE,
    SMALL_BYTES,
    TOO_LARGE,
)

MOST_FILES = 20_000
LARGEST_FILE_MEBIBYTES = 256
LARGEST_PACKAGE_MEBIBYTES = 1024
LONGEST_NAME = 500
# Files that systems leave behind; nobody meant to send them.
LEFT_BEHIND = ("__MACOSX/", ".git/")
LEFT_BEHIND_NAMES = (".DS_Store", "Thumbs.db", "desktop.ini")
# A fixed day: the same folder always gives the same bytes, so that it is kept once.
ZIP_DAY = (1980, 1, 1, 0, 0, 0)

NOT_A_ZIP = gettext_noop("{name} is not a zip file, or it was cut off on the way. Export it again and try once more.")
TOO_MANY_FILES = gettext_noop("The package holds more than {most} files, so it was not read. Send it in parts.")
BAD_NAME = gettext_noop(
    "The package names a file outside of itself ({name}). Files like that can do harm, so nothing of it was read."
)
A_LINK = gettext_noop("The package holds a link instead of a file ({name}). Put the file itself in its place.")
NAME_TWICE = gettext_noop("The package holds two files called {name}. Only one of them can be meant.")
LOCKED = gettext_noop("The package is locked with a password ({name}). Save it without one and try again.")
NO_SUCH_FILE = gettext_noop("The package names the file {name}, but there is no such file in it.")
UNKNOWN_PACKING = gettext_noop("{name} is packed in a way that is not known here. Save the package as an ordinary zip.")


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package of files: their names with “/” between the parts, and how to read one."""

    name: str
    names: tuple[str, ...]
    read_name: Callable[[str], bytes]
    original_bytes: Callable[[str], bytes]
    size_bytes: Callable[[str], int]
    root: str = ""

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.inside())

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {one.casefold(): one for one in self.inside()}

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def find(self, address: str, base: str = "") -> str:
        """Return the name of the file that an address in the package means, or "" where there is none.

        Addresses come percent-encoded or not, with a query or a place within the page, in letters of another case.
        """
        for given in (address, unquote(address), unquote(re.split(r"[?#]", address, maxsplit=1)[0])):
            name = joined(base, given)
            if name in self:
                return name
        return self._folded.get(joined(base, unquote(re.split(r"[?#]", address, maxsplit=1)[0])).casefold(), "")

    def inside(self) -> tuple[str, ...]:
        """Return the names below the package's root, without it."""
        return tuple(name.removeprefix(self.root) for name in self.names if name.startswith(self.root))

    def read(self, name: str, *, largest_bytes: int | None = None) -> bytes:
        """Return a file's bytes. Raises FileRefused where it is not there, damaged or too large; that before it is unpacked."""
        if name not in self:
            raise FileRefused(NO_SUCH_FILE, place=name, name=name)
        if largest_bytes is not None and self.size_bytes(self.root + name) > largest_bytes:
            raise FileRefused(TOO_LARGE, place=name, mebibytes=largest_bytes // MEBIBYTE)
        return self.read_name(self.root + name)

    def document(self, name: str) -> Element:
        """Return the root of an XML file; one that is too large is refused before it is unpacked."""
        return parse_xml(self.read(name, largest_bytes=LARGEST_DOCUMENT_MEBIBYTES * MEBIBYTE), place=name)

    def rooted_at(self, marker: str) -> Package:
        """Return the package as seen from the folder that holds a file, where people zipped the folder around it."""
        found = sorted(
            (name for name in self.names if name.rsplit("/", 1)[-1] == marker), key=lambda name: name.count("/")
        )
        if not found or found[0].count("/") == 0:
            return self
        return replace(self, root=found[0].removesuffix(marker))

    def parts(self, marker: str) -> tuple[Package, ...]:
        """Return the packages inside: one for each folder that holds a file of this name, the outermost of nested ones."""
        roots: list[str] = []
        for name in sorted(self.names, key=lambda name: (name.count("/"), name)):
            root = name[: len(name) - len(marker)]
            if (
                name.endswith(marker)
                and (not root or root.endswith("/"))
                and not any(root.startswith(one) for one in roots)
            ):
                roots.append(root)
        return tuple(replace(self, root=root) for root in roots)

    def original(self, media_type: str = "application/zip") -> FileIn:
        """Return the package as it was given; a folder as a zip that is the same each time."""
        is_file = "." in self.name
        inner = self.root.rstrip("/").rsplit("/", 1)[-1]
        name = self.name if is_file else f"{inner or self.name}.zip"
        return FileIn(name=name, media_type=media_type, content=self.original_bytes(self.root))


def joined(base: str, address: str) -> str:
    """Return a name below a folder, with “.” and “..” worked out; "" where it leads outside."""
    parts: list[str] = []
    for part in f"{base}/{address}".replace("\\", "/").split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open a zip file or a folder.

    Raises FileRefused where it is none, holds what could do harm, or is larger than a school's package ever is.
    """
    if path.is_dir():
        yield _folder(path)
        return
    if not path.is_file():
        raise FileRefused(NOT_THERE, path=path)
    if not path.stat().st_size:
        raise FileRefused(EMPTY)
    try:
        packed = zipfile.ZipFile(path)
    except (OSError, EOFError, zipfile.BadZipFile, ValueError, NotImplementedError) as problem:
        raise FileRefused(NOT_A_ZIP, name=path.name) from problem
    with packed:
        yield _zip(path, packed)


def _is_left_behind(name: str) -> bool:
    return name.startswith(LEFT_BEHIND) or name.rsplit("/", 1)[-1] in LEFT_BEHIND_NAMES


def _safe_name(name: str) -> str:
    """Return a name with “/” between its parts. Raises FileRefused where it would lead outside the package."""
    plain = name.replace("\\", "/")
    parts = plain.split("/")
    leads_outside = (
        plain.startswith("/")
        or ".." in parts
        or re.match(r"[A-Za-z]:", plain)
        or re.search(r"[\x00-\x1f\x7f]", plain)
        or len(plain) > LONGEST_NAME
    )
    if leads_outside:
        raise FileRefused(BAD_NAME, place=printable(name), name=printable(name))
    return "/".join(part for part in parts if part not in ("", "."))


def printable(name: str) -> str:
    """Return a name as it can be shown: no signs that change how a line reads, not endless."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)[:80]


def _check_size(size_bytes: int, packed_bytes: int | None = None) -> None:
    if size_bytes > LARGEST_PACKAGE_MEBIBYTES * MEBIBYTE:
        raise FileRefused(TOO_LARGE, mebibytes=LARGEST_PACKAGE_MEBIBYTES)
    if packed_bytes is not None and size_bytes > SMALL_BYTES and size_bytes > LARGEST_RATIO * max(1, packed_bytes):
        raise FileRefused(BOMB, ratio=LARGEST_RATIO)


def _zip(path: Path, packed: zipfile.ZipFile) -> Package:
    if len(packed.infolist()) > MOST_FILES:
        raise FileRefused(TOO_MANY_FILES, most=MOST_FILES)
    members: dict[str, zipfile.ZipInfo] = {}
    size = 0
    for member in packed.infolist():
        # zipfile cuts a name at a zero byte; what was really written decides.
        name = _safe_name(member.orig_filename)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise FileRefused(A_LINK, place=name, name=name)
        if member.is_dir() or _is_left_behind(name):
            continue
        if name in members:
            raise FileRefused(NAME_TWICE, place=name, name=name)
        if member.flag_bits & 1:
            raise FileRefused(LOCKED, place=name, name=name)
        if member.file_size > LARGEST_FILE_MEBIBYTES * MEBIBYTE:
            raise FileRefused(TOO_LARGE, place=name, mebibytes=LARGEST_FILE_MEBIBYTES)
        _check_size(member.file_size, member.compress_size)
        size += member.file_size
        members[name] = member
    _check_size(size, path.stat().st_size)
    if not members:
        raise FileRefused(EMPTY)

    def read(name: str) -> bytes:
        try:
            with packed.open(members[name]) as file:
                # Never more than was announced, whatever the file itself says.
                return file.read(members[name].file_size)
        except NotImplementedError as problem:
            raise FileRefused(UNKNOWN_PACKING, place=name, name=name) from problem
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError) as problem:
            raise FileRefused(BROKEN_PACKING, place=name, problem=str(problem) or type(problem).__name__) from problem

    return Package(
        name=path.name,
        names=tuple(members),
        read_name=read,
        original_bytes=lambda _root: path.read_bytes(),
        size_bytes=lambda name: members[name].file_size,
    )


def _folder(path: Path) -> Package:
    sizes: dict[str, int] = {}
    for folder, folders, files in os.walk(path, followlinks=False):
        folders.sort()
        for one in (*folders, *sorted(files)):
            full = Path(folder) / one
            name = full.relative_to(path).as_posix()
            if full.is_symlink():
                raise FileRefused(A_LINK, place=name, name=printable(name))
            if full.is_file() and not _is_left_behind(name):
                sizes[name] = full.stat().st_size
        if len(sizes) > MOST_FILES:
            raise FileRefused(TOO_MANY_FILES, most=MOST_FILES)
    for name, size in sizes.items():
        if size > LARGEST_FILE_MEBIBYTES * MEBIBYTE:
            raise FileRefused(TOO_LARGE, place=name, mebibytes=LARGEST_FILE_MEBIBYTES)
    _check_size(sum(sizes.values()))
    if not sizes:
        raise FileRefused(EMPTY)

    def read(name: str) -> bytes:
        return (path / name).read_bytes()

    def as_zip(root: str) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in sorted(name for name in sizes if name.startswith(root)):
                packed.writestr(zipfile.ZipInfo(name.removeprefix(root), ZIP_DAY), read(name), zipfile.ZIP_DEFLATED)
        return written.getvalue()

    return Package(
        name=path.resolve().name,
        names=tuple(sizes),
        read_name=read,
        original_bytes=as_zip,
        size_bytes=sizes.__getitem__,
    )
