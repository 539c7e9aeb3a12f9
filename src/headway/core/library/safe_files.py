"""What a file really is, whether it may be kept, under which name, and how it may be shown. Decided by content alone.

A name or a sender's media type can say anything. `filetype` looks at how a file begins and gives one answer or none, which is
what a list of allowed types needs; office documents and books, which are all zip files, are looked into.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype

from headway.core.shared.errors import RuleBroken, gettext_noop

LONGEST_NAME = 120
_HEAD_BYTES = 64 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
PACKAGE = "application/zip"

# What may be kept, by media type: the name's ending, and whether a browser may show it in the page's place.
ALLOWED: dict[str, tuple[str, bool]] = {
    "application/pdf": (".pdf", True),
    "image/png": (".png", True),
    "image/jpeg": (".jpg", True),
    "image/gif": (".gif", True),
    "image/webp": (".webp", True),
    "audio/mpeg": (".mp3", True),
    "audio/ogg": (".ogg", True),
    "audio/wav": (".wav", True),
    "audio/mp4": (".m4a", True),
    "video/mp4": (".mp4", True),
    "video/webm": (".webm", True),
    "video/ogg": (".ogv", True),
    f"{_OFFICE}wordprocessingml.document": (".docx", False),
    f"{_OFFICE}presentationml.presentation": (".pptx", False),
    f"{_OFFICE}spreadsheetml.sheet": (".xlsx", False),
    f"{_OPEN}text": (".odt", False),
    f"{_OPEN}presentation": (".odp", False),
    f"{_OPEN}spreadsheet": (".ods", False),
    "application/epub+zip": (".epub", False),
    "text/plain": (".txt", False),
    "text/csv": (".csv", False),
}
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/aac": "audio/mpeg",
    "video/x-m4v": "video/mp4",
    "video/quicktime": "video/mp4",
}
_ACTIVE = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|math|meta|link|base|form|img|\?xml|\?php)\b",
    re.IGNORECASE,
)
_OFFICE_PARTS = {
    "word/": f"{_OFFICE}wordprocessingml.document",
    "ppt/": f"{_OFFICE}presentationml.presentation",
    "xl/": f"{_OFFICE}spreadsheetml.sheet",
}

NOTHING_IN_IT = gettext_noop("The file is empty. Choose another one.")
TOO_LARGE = gettext_noop(
    "The file has {megabytes} MB; at most {most} MB can be kept. Make it smaller, or put it elsewhere and link to it."
)
ACTIVE = gettext_noop(
    "This is a web page or a drawing with code in it, whatever its name says, so it is not kept. Save it as PDF or as a picture."
)
NOT_ALLOWED = gettext_noop(
    "What is in this file is none of the kinds that can be kept: PDF, pictures (PNG, JPEG, GIF, WebP), sound (MP3, Ogg, WAV), "
    "video (MP4, WebM), office documents (Word, PowerPoint, Excel, OpenDocument), EPUB, plain text and CSV."
)
IS_A_PACKAGE = gettext_noop("This is a package of several files. Take it in under “Import a file”.")
WITH_MACROS = gettext_noop(
    "This office document has macros (programs) in it. Save it without them and choose it again."
)


@dataclass(frozen=True, kw_only=True)
class SafeFile:
    """A file that may be kept: its name made safe, and its media type by its content."""

    name: str
    media_type: str


def check_file(name: str, content: bytes, *, most_megabytes: int) -> SafeFile:
    """Return the safe name and the real type of a file somebody gave.

    Raises RuleBroken with what to do instead where it is empty, too large, active content, a package, or of no allowed type.
    """
    if not content:
        raise RuleBroken(NOTHING_IN_IT)
    if len(content) > most_megabytes * 1024 * 1024:
        raise RuleBroken(TOO_LARGE, megabytes=-(-len(content) // (1024 * 1024)), most=most_megabytes)
    media_type = media_type_of(content, name)
    if media_type == PACKAGE:
        raise RuleBroken(IS_A_PACKAGE)
    if media_type not in ALLOWED:
        raise RuleBroken(NOT_ALLOWED)
    return SafeFile(name=safe_name(name, media_type), media_type=media_type)


def media_type_of(content: bytes, name: str = "") -> str:
    """Return the media type of a file by its content, "" where it is nothing known; `name` only tells CSV from text.

    Raises RuleBroken where it is a page or a drawing that could carry code, or an office document with macros.
    """
    head = content[:_HEAD_BYTES]
    found = filetype.guess(head)  # type: ignore[no-untyped-call]
    kind = _SAME.get(found.mime, found.mime) if found is not None else ""
    if kind == PACKAGE or head.startswith(b"PK\x03\x04"):
        return _packed_type(content)
    if kind == "application/pdf" and not head.startswith(b"%PDF-"):
        return ""
    if kind in ALLOWED:
        return kind
    if kind:
        return ""
    return _text_type(content, name)


def _packed_type(content: bytes) -> str:
    """Return which of the formats that are zip files this is; a plain one is a package."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            if any(name.casefold().endswith("vbaproject.bin") for name in names):
                raise RuleBroken(WITH_MACROS)
            if "[Content_Types].xml" in names:
                return next(
                    (kind for start, kind in _OFFICE_PARTS.items() if any(name.startswith(start) for name in names)),
                    PACKAGE,
                )
            if "mimetype" in names and packed.getinfo("mimetype").file_size < 100:
                said = packed.read("mimetype").decode("ascii", "replace").strip()
                if said in ALLOWED:
                    return said
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return ""
    return PACKAGE


def _text_type(content: bytes, name: str) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return ""
    if _ACTIVE.search(text.encode()):
        raise RuleBroken(ACTIVE)
    if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text[:_HEAD_BYTES]) or text.startswith("#!"):
        return ""
    return "text/csv" if name.casefold().endswith((".csv", ".tsv")) else "text/plain"


def safe_name(name: str, media_type: str) -> str:
    """Return a name that is safe to store, to show and to send: one line, no folders, no hidden turns, the true ending.

    Signs that turn the direction of writing are taken out: with one "gpj.exe" can look like "exe.jpg".
    """
    ending = ALLOWED.get(media_type, ("", False))[0]
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(
        letter
        for letter in last
        if not unicodedata.category(letter).startswith("C") and letter not in '<>:"|?*;%`$&#{}'
    )
    stem = " ".join(kept.split())
    for known in ("jpeg", "htm", "html", "svg", "exe", "js", *(one[0][1:] for one in ALLOWED.values())):
        if stem.casefold().endswith(f".{known}"):
            stem = stem[: -len(known) - 1]
            break
    stem = stem.strip(" .")[: LONGEST_NAME - len(ending)].strip(" .") or "file"
    return f"{stem}{ending}"


def may_show(media_type: str) -> bool:
    """Return whether a browser may show such a file in place of a page; everything else is only downloaded."""
    return ALLOWED.get(media_type, ("", False))[1]
