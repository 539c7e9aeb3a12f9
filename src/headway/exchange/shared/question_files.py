"""The pictures, sounds and other files a question shows: found in its package, checked by content, named safely."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from headway.core.items.markup import Node
from headway.core.library.values import FileIn
from headway.core.shared.errors import gettext_noop
from headway.core.shared.safe_xml import XmlRefused, read_xml
from headway.exchange.shared.archives import Package, joined
from headway.exchange.shared.arriving import ending_of, file_in
from headway.exchange.shared.html_nodes import blocks, nodes_of_html
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import html_text

LARGEST_FILE_BYTES = 64 * 1024 * 1024
FILE_NOT_THERE = gettext_noop("A question shows a file that is not in the package. Put it there and import once more.")
FILE_NOT_SHOWN = gettext_noop(
    "A question shows a file of a kind that is not shown here; the question came in without it."
)
FILE_ELSEWHERE = gettext_noop("A question shows a file of another site. It is not fetched; put it into the package.")

# Names that begin with this stand for the folder of files of the course, in packages of Canvas.
_FILE_BASES = ("$IMS-CC-FILEBASE$", "$IMS_CC_FILEBASE$", "$IMS_CC_FILE_BASE$", "$CANVAS_OBJECT_REFERENCE$")
_FOLDERS_OF_FILES = ("", "web_resources", "Uploaded Media")

# Attributes that name a file, by element; "" is any element.
_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "img": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "source": ("src",),
    "track": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "svg:image": ("href",),
    "a": ("href",),
    "qti-stylesheet": ("href",),
    "qti-interaction-modules": ("primary-configuration", "secondary-configuration"),
    "qti-interaction-module": ("primary-path", "fallback-path"),
}
# What may be gone without a word: a link elsewhere, a second way.
_OPTIONAL = frozenset({"a", "qti-interaction-module", "qti-interaction-modules"})
_SHOWN = re.compile(r"image/(png|jpeg|gif|webp|svg\+xml)|audio/.+|video/.+|text/(css|vtt)|application/(pdf|ogg)")
_RUN = re.compile(r"text/javascript|application/json|text/css")
_SAFE = re.compile(r"[\w][\w .()+@,-]*(?:/[\w][\w .()+@,-]*)*")
_BY_ENDING = {"css": "text/css", "vtt": "text/vtt", "js": "text/javascript", "json": "application/json"}

Find = Callable[[str], tuple[str, bytes] | None]


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something to tell about a file: the sentence, the address as written, the line."""

    sentence: str
    address: str
    line: int


def finder(package: Package, base: str = "") -> Find:
    """Return how a document in a folder of a package finds a file: the name within the package and the content."""

    def find(address: str) -> tuple[str, bytes] | None:
        bare = address
        for start in _FILE_BASES:
            bare = bare.removeprefix(start)
        folders = dict.fromkeys((base, *_FOLDERS_OF_FILES)) if bare == address else dict.fromkeys(_FOLDERS_OF_FILES)
        for folder in folders:
            name = package.find(bare, folder)
            if name:
                return name, package.read(name, largest_bytes=LARGEST_FILE_BYTES)
        return None

    return find


def nowhere(_address: str) -> None:
    """Find no file: a document that came alone."""
    return


class FileKeeper:
    """Gathers the files that the parts of one document show, each part with its own way to find them.

    An address that is safe stays as written; another one becomes the file's name in the package. Pictures written into the
    document become files. A page shown in an object becomes part of the document.
    """

    def __init__(self) -> None:
        self.find: Find = nowhere
        self.files: dict[str, FileIn] = {}
        self.told: list[Told] = []
        self._came_from: dict[str, str] = {}  # names, and the file of the package behind each

    def with_files(self, node: Node, find: Find) -> Node:
        """Return a part of the document with the names its files got."""
        before, self.find = self.find, find
        try:
            return self._kept(node)
        finally:
            self.find = before

    def _kept(self, node: Node) -> Node:
        if node.name == "object" and ending_of(node.get("data").split("?")[0]) in ("html", "htm", "xhtml"):
            shown = self._page(node)
            if shown is not None:
                return shown
        attributes = dict(node.attributes)
        for key in _ADDRESSES.get(node.name, ()):
            if attributes.get(key):
                attributes[key] = self._named(
                    node, attributes[key], is_run=node.name.startswith("qti-interaction-module")
                )
        children = tuple(one if isinstance(one, str) else self._kept(one) for one in node.children)
        if node.name == "qti-file-href" and node.words:
            children = (self._named(node, node.words),)
        if attributes == node.attributes and children == node.children:
            return node
        return replace(node, attributes=attributes, children=children)

    def _named(self, node: Node, written: str, *, is_run: bool = False) -> str:
        address = written.strip()
        if address.startswith("#"):
            return written
        if address.casefold().startswith("data:"):
            return self._embedded(node, address)
        if re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.IGNORECASE):
            if node.name not in _OPTIONAL:
                self.told.append(Told(sentence=FILE_ELSEWHERE, address=address[:200], line=node.line))
            return written
        found = self._found(address, node)
        if found is None:
            return written
        name, content = found
        safe = _safe_file(name, content, is_run=is_run)
        if safe is None:
            self.told.append(Told(sentence=FILE_NOT_SHOWN, address=address, line=node.line))
            return written
        key = self._free(_plain_name(address) or _plain_name(name) or f"files/{safe.name}", name)
        self.files[key] = safe
        if is_run and safe.media_type == "application/json":
            self._modules(safe.content, node)
        return key

    def _found(self, address: str, node: Node) -> tuple[str, bytes] | None:
        endings = ("", ".js") if node.name == "qti-interaction-module" else ("",)
        try:
            for ending in endings:
                found = self.find(address + ending)
                if found is not None:
                    return found
        except FileRefused as refusal:
            self.told.append(Told(sentence=refusal.sentence, address=address, line=node.line))
            return None
        if node.name not in _OPTIONAL:
            self.told.append(Told(sentence=FILE_NOT_THERE, address=address, line=node.line))
        return None

    def _free(self, name: str, came_from: str) -> str:
        stem, dot, ending = name.rpartition(".")
        free, number = name, 2
        while self._came_from.setdefault(free, came_from) != came_from:
            free, number = f"{stem}-{number}{dot}{ending}" if dot else f"{name}-{number}", number + 1
        return free

    def _embedded(self, node: Node, address: str) -> str:
        found = re.match(r"data:([\w.+/-]*);base64,([A-Za-z0-9+/=\s]*)$", address)
        content = b""
        if found:
            try:
                content = base64.b64decode(found[2])
            except (binascii.Error, ValueError):
                content = b""
        ending = (found[1].rsplit("/", 1)[-1].split("+")[0] if found else "") or "bin"
        safe = _safe_file(f"embedded.{ending}", content) if content else None
        if safe is None:
            self.told.append(Told(sentence=FILE_NOT_SHOWN, address=address[:40], line=node.line))
            return ""
        name = self._free(f"embedded-{len(self.files) + 1}.{ending}", address)
        self.files[name] = replace(safe, name=name)
        return name

    def _page(self, node: Node) -> Node | None:
        found = self._found(node.get("data"), node)
        if found is None:
            return None
        name, content = found
        base = name.rsplit("/", 1)[0] if "/" in name else ""
        outer = self.find
        page = Node("div", {}, tuple(blocks(nodes_of_html(html_text(content)))))
        parts = self.with_files(page, lambda address: outer(f"/{joined(base, address)}")).children
        kept = {key: value for key, value in node.attributes.items() if key in ("class", "id", "label")}
        return Node("div", kept, parts, node.line)

    def _modules(self, content: bytes, node: Node) -> None:
        """Keep the scripts that a portable interaction's list of modules names."""
        try:
            listed: Any = json.loads(content)
        except ValueError:
            return
        paths = listed.get("paths", {}) if isinstance(listed, dict) else {}
        for given in paths.values() if isinstance(paths, dict) else ():
            for one in given if isinstance(given, list) else [given]:
                if isinstance(one, str):
                    self._named(Node("qti-interaction-module", {}, (), node.line), one, is_run=True)


def _plain_name(address: str) -> str:
    """Return an address without “./” when it is a safe name already, else ""."""
    name = address.removeprefix("./")
    return name if len(name) <= 300 and _SAFE.fullmatch(name) and ".." not in name.split("/") else ""


def _safe_file(name: str, content: bytes, *, is_run: bool = False) -> FileIn | None:
    file = file_in(name, content)
    media_type = (
        _BY_ENDING.get(ending_of(name), file.media_type)
        if file.media_type.startswith("text/") or ending_of(name) == "json"
        else file.media_type
    )
    if not (_SHOWN.fullmatch(media_type) or (is_run and _RUN.fullmatch(media_type))):
        return None
    if media_type == "image/svg+xml":
        drawn = safe_svg(content)
        return None if drawn is None else replace(file, media_type=media_type, content=drawn)
    return replace(file, media_type=media_type)


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and the height in pixels of a picture in PNG, GIF or JPEG, from its first bytes."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) > 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[:4] == b"GIF8" and len(content) > 10:
        return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    place = 2
    while content[:2] == b"\xff\xd8" and place + 9 < len(content) and content[place] == 0xFF:
        # A frame begins with a marker between C0 and CF that is no table.
        if 0xC0 <= content[place + 1] <= 0xCF and content[place + 1] not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(content[place + 7 : place + 9], "big"), int.from_bytes(
                content[place + 5 : place + 7], "big"
            )
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None


# --- drawings --------------------------------------------------------------------------------------------------------

_SVG = "{http://www.w3.org/2000/svg}"
_NOT_DRAWN = frozenset(
    ("script", "foreignObject", "handler", "listener", "iframe", "embed", "object", "audio", "video", "animate", "set",
     "animateTransform", "animateMotion", "a")
)  # fmt: skip


def safe_svg(content: bytes) -> bytes | None:
    """Return a drawing without what could run or load from elsewhere; None where it is no drawing that can be read."""
    try:
        root = read_xml(content)
    except XmlRefused:
        return None
    if root.tag not in (f"{_SVG}svg", "svg"):
        return None
    for one in list(root.iter()):
        name = str(one.tag).rsplit("}", 1)[-1]
        if name in _NOT_DRAWN and one is not root:
            _take_out(one)
            continue
        if name == "style" and one.text and _loads(one.text):
            one.text = ""
        for key, value in list(one.attrib.items()):
            local = key.rsplit("}", 1)[-1].casefold()
            if local.startswith("on") or (local == "href" and not _is_inside(value)) or _loads(value):
                del one.attrib[key]
    written: bytes = etree.tostring(root)
    return written


def _take_out(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _is_inside(address: str) -> bool:
    return address.startswith("#") or bool(re.match(r"data:image/(png|jpeg|gif|webp);", address))


def _loads(text: str) -> bool:
    """Whether style or an attribute names something outside of the drawing."""
    flat = re.sub(r"\s|\\|/\*.*?\*/", "", text).casefold()
    return "@import" in flat or "javascript:" in flat or bool(re.search(r"url\((?![\"']?#)", flat))


def lines_of(told: Iterable[Told], place: str) -> Iterator[tuple[str, str]]:
    """Return sentence and place of what is to be told about the files of a question."""
    for one in told:
        where = f"{place}, line {one.line}" if one.line else place
        yield one.sentence, f"{where}: {one.address}"
