"""What a file of resources is, by its content: its name says nothing."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.archives import is_zip
from headway.exchange.shared.import_report import FileRefused

HEAD_BYTES = 256 * 1024
TABLE = "table"
LISTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")

A_FRAMEWORK = gettext_noop("This is a framework of standards, not a list of resources. Bring it in under Standards.")
UNKNOWN = gettext_noop(
    "What is in this file is nothing that can be brought in: a table (CSV, JSON Lines), a Common Cartridge, a Kolibri channel, "
    "QTI, H5P, schema.org (LRMI) or an OATutor pool."
)
EMPTY = gettext_noop("The file is empty. Choose another one.")


@dataclass(frozen=True, kw_only=True)
class Format:
    """A standard that files come in: its folder here, and what people call it."""

    folder: str
    words: str


FORMATS: dict[str, Format] = {
    TABLE: Format(folder="table", words=gettext_noop("Table of resources")),
    "common-cartridge": Format(folder="common_cartridge", words="Common Cartridge"),
    "qti": Format(folder="qti", words="QTI"),
    "h5p": Format(folder="h5p", words="H5P"),
    "kolibri": Format(folder="kolibri", words=gettext_noop("Kolibri channel")),
    "lrmi": Format(folder="lrmi", words="schema.org (LRMI)"),
    "oatutor": Format(folder="oatutor", words=gettext_noop("OATutor pool")),
}


def recognise(path: Path) -> str:
    """Return the key in FORMATS of what an unpacked file is (a zip that is a package stays packed).

    Raises FileRefused where it is nothing that can be brought in here.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise FileRefused(EMPTY)
    if is_zip(path):
        return _package(path)
    if head.startswith(b"SQLite format 3"):
        return "kolibri"
    text = _text(head)
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return _markup(start)
    if start[:1] in ("{", "["):
        return _json(start, is_whole=len(head) < HEAD_BYTES)
    if "\x00" in text:
        raise FileRefused(UNKNOWN)
    return TABLE


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    zeros = head.count(b"\x00")
    if zeros > len(head) // 4:
        return head.decode("utf-16-le" if head[1:2] == b"\x00" else "utf-16-be", "replace")
    return head.decode("utf-8", "replace")


def _package(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            names = [name for name in packed.namelist() if not name.endswith("/")]
            if "h5p.json" in names:
                return "h5p"
            manifest = min((name for name in names if name.endswith("imsmanifest.xml")), key=len, default="")
            if manifest:
                with packed.open(manifest) as member:
                    said = member.read(HEAD_BYTES).decode("utf-8", "replace").casefold()
                is_cartridge = "imscc" in said or "common cartridge" in said or "imswl_" in said
                return "qti" if "imsqti" in said and not is_cartridge else "common-cartridge"
            if any(re.search(r"content/databases/.*\.sqlite3$", name) for name in names):
                return "kolibri"
            for name in names[:50]:
                if name.endswith(".xml"):
                    with packed.open(name) as member:
                        if _is_question(member.read(HEAD_BYTES).decode("utf-8", "replace")):
                            return "qti"
            if len(names) == 1 and names[0].casefold().endswith(LISTS):
                return TABLE
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as problem:
        raise FileRefused(UNKNOWN) from problem
    raise FileRefused(UNKNOWN)


def _is_question(text: str) -> bool:
    return bool(
        re.search(r"<(?:\w+:)?(?:qti-)?(?:assessment-?item|assessment-?test|questestinterop)\b", text, re.IGNORECASE)
    )


def _markup(text: str) -> str:
    if _is_question(text):
        return "qti"
    described = re.search(r"\b(?:itemtype|typeof|vocab)\s*=\s*[\"'][^\"']*(?:schema\.org|CreativeWork|Learning)", text)
    if "application/ld+json" in text or described:
        return "lrmi"
    if "<rdf:RDF" in text or "CFDocument" in text:
        raise FileRefused(A_FRAMEWORK)
    raise FileRefused(UNKNOWN)


def _json(text: str, *, is_whole: bool) -> str:
    """Return what a JSON file is by the parts of its first object."""
    first: Any = None
    try:
        first = json.loads(text) if is_whole else None
    except (ValueError, RecursionError):
        first = None
    if first is None:
        line = text.split("\n", 1)[0]
        try:
            first = json.loads(line)
        except (ValueError, RecursionError):
            # A whole document that is longer than what was looked at: its first names say enough.
            first = dict.fromkeys(re.findall(r'"([^"\\]{1,40})"\s*:', text[:20_000]))
    if isinstance(first, list):
        first = next((one for one in first if isinstance(one, Mapping)), {})
    first = first if isinstance(first, Mapping) else {}
    parts = set(first)
    if "CFDocument" in parts or "CFItems" in parts:
        raise FileRefused(A_FRAMEWORK)
    if parts & {"@context", "@graph", "@type"}:
        return "lrmi"
    if "steps" in parts and parts & {
        "lesson",
        "oer",
        "courseName",
        "hints",
        "knowledge_components",
        "body",
        "variabilization",
    }:
        return "oatutor"
    if "children" in parts and parts & {"source_id", "channel_id", "content_id", "node_id", "kind", "source_domain"}:
        return "kolibri"
    is_stored = any(str(part).startswith("content_") for part in parts) or "content." in str(first.get("model", ""))
    if (
        is_stored
        or parts & {"itemDataVersion", "answerArea", "item_data", "itemData"}
        or {"question", "hints"} <= parts
    ):
        return "kolibri"
    return TABLE
