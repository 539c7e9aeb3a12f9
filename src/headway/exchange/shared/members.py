"""Single files out of a zip that is kept somewhere else, such as in a database: its list once, then only the bytes asked for."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.packages import BROKEN_PACKING, MEBIBYTE

# Reads `length` bytes from `start` on; fewer at the end.
ReadPart = Callable[[int, int], bytes]

LARGEST_MEMBER_MEBIBYTES = 64
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # its mark, then how long the name and the extra field are
_LOCAL_MARK = b"PK\x03\x04"

TOO_LARGE_INSIDE = gettext_noop("{name} unpacks to more than {mebibytes} MB, so it is not shown.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Where a file lies within a zip: `start` of its local header, `packed` and `size` in bytes."""

    name: str
    start: int
    packed: int
    size: int
    is_deflated: bool
    checksum: int


class _Parts(io.RawIOBase):
    """A zip as a file that is read part by part."""

    def __init__(self, read_part: ReadPart, size: int) -> None:
        self._read_part, self._size, self._at = read_part, size, 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the start, from here or from the end."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with the next bytes."""
        part = self._read_part(self._at, min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def members_of(read_part: ReadPart, size: int, *, marker: str = "") -> Mapping[str, Member]:
    """Return the files of a zip of `size` bytes by their names, seen from the folder that holds the file `marker`.

    Names that lead outside, locked files and unknown packings are left out. Raises FileRefused where it is no zip.
    """
    try:
        with zipfile.ZipFile(io.BufferedReader(_Parts(read_part, size), buffer_size=64 * 1024)) as packed:
            found = packed.infolist()
    except (OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile) as problem:
        raise FileRefused(BROKEN_PACKING, problem=str(problem) or type(problem).__name__) from problem
    members = {}
    for one in found:
        name = "/".join(part for part in one.orig_filename.replace("\\", "/").split("/") if part not in ("", "."))
        is_plain = not one.is_dir() and not one.flag_bits & 1 and ".." not in name.split("/") and "\x00" not in name
        if is_plain and one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            members[name] = Member(
                name=name,
                start=one.header_offset,
                packed=one.compress_size,
                size=one.file_size,
                is_deflated=one.compress_type == zipfile.ZIP_DEFLATED,
                checksum=one.CRC,
            )
    roots = sorted(
        (name for name in members if marker and name.rsplit("/", 1)[-1] == marker), key=lambda name: name.count("/")
    )
    root = roots[0].removesuffix(marker) if roots else ""
    return {name.removeprefix(root): member for name, member in members.items() if name.startswith(root)}


def read_member(read_part: ReadPart, member: Member) -> bytes:
    """Return a file's bytes. Raises FileRefused where it is damaged, or larger than anything that is shown."""
    if max(member.size, member.packed) > LARGEST_MEMBER_MEBIBYTES * MEBIBYTE:
        raise FileRefused(TOO_LARGE_INSIDE, place=member.name, name=member.name, mebibytes=LARGEST_MEMBER_MEBIBYTES)
    header = read_part(member.start, _LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MARK):
        raise FileRefused(BROKEN_PACKING, place=member.name, problem="no local header")
    _mark, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    packed = read_part(member.start + _LOCAL_HEADER.size + name_length + extra_length, member.packed)
    try:
        # Never more than was announced, whatever the file itself says.
        content = zlib.decompressobj(-15).decompress(packed, member.size + 1) if member.is_deflated else packed
    except zlib.error as problem:
        raise FileRefused(BROKEN_PACKING, place=member.name, problem=str(problem)) from problem
    if len(content) != member.size or zlib.crc32(content) != member.checksum:
        raise FileRefused(BROKEN_PACKING, place=member.name, problem="checksum")
    return content
