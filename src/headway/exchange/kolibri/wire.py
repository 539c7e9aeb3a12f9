"""Kolibri channels as plain values, whichever way they come: a ricecooker tree, a content database's tables, or fixtures."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headway.core.shared.errors import gettext_noop
from headway.exchange.shared.arriving import listed
from headway.exchange.shared.import_report import FileRefused

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

NOT_A_CHANNEL = gettext_noop(
    "This is no Kolibri channel: a tree with “children”, the tables of a content database or its fixtures were expected."
)
ONLY_A_NAME = gettext_noop("The file names a channel but holds none of its contents.")
DEEPEST = 60

# What a node's kind is here; the media of a “document” are told apart by its file.
KINDS = {
    "video": "video", "audio": "audio", "document": "reading", "exercise": "practice", "quiz": "quiz", "html5": "interactive",
    "zim": "interactive", "h5p": "interactive", "slideshow": "slides",
}  # fmt: skip
# Kolibri's labels are short codes; these are the ones its label list publishes.
KIND_OF_LABEL = {
    "9dUN1LWT": "game", "0Et83gje": "book", "LQYjqpA": "book", "OqyPqhxW": "lesson", "xgFjFhrA": "lesson", "WEEETopZ": "practice",
}  # fmt: skip
WAYS_OF_LABEL = {
    "UXADWcXZ": "make", "#j8L0eq3": "explore", "mkA1R3NU": "listen", "VwRCom7G": "solve", "wA01urpi": "read", "3dSeJhqs": "write",
    "UD5UGM0z": "watch",
}  # fmt: skip
GRADES_OF_LABEL = {
    "FOhG0ib": (0, 0), "wnarlxKo": (0, 3), "BkGYi3lD": (4, 6), "eLt0Mbu4": (7, 9), "ZEjiwvOb": (10, 12),
}  # fmt: skip
ACCESSIBILITY_OF_LABEL = {
    "Lb0tb9VC": "alternativeText", "LNqKSN9j": "audioDescription", "WnIhbgkY": "captions", "uF4CI2wP": "highContrastDisplay",
    "Dr4cVXkc": "signLanguage", "Kxx#meDW": "structuralNavigation",
}  # fmt: skip
NEEDS_INTERNET, NEEDS_TEACHER, NEEDS_PEERS = "Hsw9k7Bz.G4h2UBuK", "lsoCk5Uy.H&MVs7S#", "lsoCk5Uy.MKIzZKDO"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file of a node: its checksum, ending, what it is for, and where it lay for who made the channel."""

    checksum: str = ""
    extension: str = ""
    preset: str = ""
    size_bytes: int = 0
    path: str = ""

    @property
    def name(self) -> str:
        """The name under which Kolibri keeps it, "" where there is none."""
        return f"{self.checksum}.{self.extension}" if self.checksum and self.extension else ""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A topic, or something to learn with."""

    id: str
    kind: str
    title: str
    parent: str = ""
    description: str = ""
    language: str = ""
    licence: str = ""
    licence_words: str = ""
    holder: str = ""
    author: str = ""
    provider: str = ""
    address: str = ""
    content_id: str = ""
    seconds: float = 0.0
    is_for_teachers: bool = False
    tags: tuple[str, ...] = ()
    files: tuple[Stored, ...] = ()
    prerequisites: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    assessments: tuple[str, ...] = ()
    mastery: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    questions: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel: its nodes in the order of its tree, topics before what they hold."""

    id: str
    title: str
    description: str = ""
    language: str = ""
    author: str = ""
    version: str = ""
    nodes: tuple[Node, ...] = ()

    @property
    def topics(self) -> Iterator[tuple[Node, tuple[str, ...]]]:
        """Topics that hold something themselves, with the ids of what they hold, in order."""
        below: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes:
            if node.kind != "topic":
                below[node.parent].append(node.id)
        for node in self.nodes:
            if node.kind == "topic" and below.get(node.id):
                yield node, tuple(below[node.id])


def is_channel(document: object) -> bool:
    """Whether a JSON document looks like a channel."""
    if isinstance(document, dict):
        return "content_contentnode" in document or (isinstance(document.get("children"), list) and "title" in document)
    return isinstance(document, list) and any(
        isinstance(row, dict) and str(row.get("model", "")).startswith("content.") for row in document[:50]
    )


def parse_channels(document: object) -> tuple[Channel, ...]:
    """Return the channels of a JSON document. Raises FileRefused where it is another document."""
    if isinstance(document, dict) and "content_contentnode" in document:
        return parse_tables(
            {
                name: [row for row in rows if isinstance(row, dict)]
                for name, rows in document.items()
                if isinstance(rows, list)
            }
        )
    if isinstance(document, dict) and isinstance(document.get("children"), list):
        return (_tree(document),)
    if isinstance(document, list) and is_channel(document):
        return parse_tables(_from_fixtures(document))
    raise FileRefused(NOT_A_CHANNEL)


# --- a ricecooker tree -----------------------------------------------------------------------------------------------


def _tree(root: Row) -> Channel:
    nodes: list[Node] = []
    channel_id = _text(root.get("source_domain")) + ":" + _text(root.get("source_id") or root.get("title"))

    def walk(children: object, parent: str, depth: int) -> None:
        if depth > DEEPEST or not isinstance(children, list):
            return
        for place, child in enumerate(children):
            if not isinstance(child, dict):
                continue
            ident = _text(child.get("source_id") or child.get("node_id")) or f"{parent}/{place}"
            nodes.append(_tree_node(child, ident, parent))
            walk(child.get("children"), ident, depth + 1)

    root_id = _text(root.get("source_id")) or "root"
    nodes.append(
        Node(id=root_id, kind="topic", title=_text(root.get("title")), description=_text(root.get("description")))
    )
    walk(root.get("children"), root_id, 0)
    return Channel(
        id=channel_id,
        title=_text(root.get("title")),
        description=_text(root.get("description")),
        language=_text(root.get("language")),
        nodes=tuple(nodes),
    )


def _tree_node(child: Row, ident: str, parent: str) -> Node:
    licence = child.get("license")
    told = licence if isinstance(licence, dict) else {"license_id": licence}
    files = tuple(
        Stored(
            path=_text(one.get("path") or one.get("file_url") or one.get("web_url")),
            extension=_text(one.get("path") or one.get("file_url")).rsplit(".", 1)[-1][:8].casefold(),
            preset=_text(one.get("file_type") or one.get("preset")),
        )
        for one in listed(child.get("files"))
        if isinstance(one, dict)
    )
    return Node(
        id=ident,
        kind=_text(child.get("kind")) or ("topic" if child.get("children") else ""),
        title=_text(child.get("title")),
        parent=parent,
        description=_text(child.get("description")),
        language=_text(child.get("language")),
        licence=_text(told.get("license_id")),
        licence_words=_text(told.get("description")),
        holder=_text(told.get("copyright_holder")) or _text(child.get("copyright_holder")),
        author=_text(child.get("author")),
        provider=_text(child.get("provider")),
        address=next((one.path for one in files if re.match(r"https?://", one.path)), "")
        or _text(child.get("source_url")),
        tags=tuple(_text(one) for one in listed(child.get("tags")) if _text(one)),
        files=files,
        is_for_teachers=_text(child.get("role")) == "coach",
        mastery={"m": child["exercise_data"]} if isinstance(child.get("exercise_data"), dict) else {},
        labels={
            name: tuple(_text(one) for one in listed(child.get(name)) if _text(one))
            for name in (
                "grade_levels",
                "resource_types",
                "learning_activities",
                "accessibility_labels",
                "learner_needs",
                "categories",
            )
            if isinstance(child.get(name), list)
        },
        questions=tuple(one for one in listed(child.get("questions")) if isinstance(one, dict)),
    )


# --- a content database ----------------------------------------------------------------------------------------------


def _from_fixtures(rows: Sequence[object]) -> dict[str, list[Row]]:
    """Return Django fixtures as the tables they fill."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("fields"), dict):
            continue
        name = _text(row.get("model")).replace("content.", "content_")
        ident, fields = row.get("pk"), row["fields"]
        plain = {"id": ident}
        for key, value in fields.items():
            many = {"tags": ("tags", "contentnode_id", "contenttag_id"), "has_prerequisite": ("has_prerequisite", "from_contentnode_id", "to_contentnode_id"), "related": ("related", "from_contentnode_id", "to_contentnode_id")}  # fmt: skip
            if key in many and isinstance(value, list):
                table, here, there = many[key]
                tables[f"content_contentnode_{table}"] += [{here: ident, there: one} for one in value]
            else:
                plain[key] = value
                # A fixture names the row it points at without “_id”.
                plain.setdefault(f"{key}_id", value)
        tables[name].append(plain)
    return dict(tables)


def parse_tables(tables: Tables) -> tuple[Channel, ...]:
    """Return the channels in the tables of a content database, of any schema version."""
    rows = tables.get("content_contentnode", ())
    channels = tables.get("content_channelmetadata", ())
    if not rows:
        raise FileRefused(ONLY_A_NAME if channels else NOT_A_CHANNEL)
    languages = {
        _text(one.get("id")): _text(one.get("lang_code")) or _text(one.get("id"))
        for one in tables.get("content_language", ())
    }
    licences = {_text(one.get("id")): one for one in tables.get("content_license", ())}
    tag_names = {_text(one.get("id")): _text(one.get("tag_name")) for one in tables.get("content_contenttag", ())}
    local = {_text(one.get("id")): one for one in tables.get("content_localfile", ())}
    tags = _many(tables.get("content_contentnode_tags", ()), "contentnode_id", "contenttag_id")
    needed = _many(tables.get("content_contentnode_has_prerequisite", ()), "from_contentnode_id", "to_contentnode_id")
    related = _many(tables.get("content_contentnode_related", ()), "from_contentnode_id", "to_contentnode_id")
    files: dict[str, list[Stored]] = defaultdict(list)
    for one in tables.get("content_file", ()):
        if not one.get("thumbnail"):
            files[_text(one.get("contentnode_id"))].append(_stored(one, local.get(_text(one.get("local_file_id")), {})))
    measured = {_text(one.get("contentnode_id")): one for one in tables.get("content_assessmentmetadata", ())}
    nodes = [
        _row_node(
            row,
            languages=languages,
            licence=licences.get(_text(row.get("license_id")), {}),
            tags=tuple(tag_names.get(one, "") for one in tags.get(_text(row.get("id")), ())),
            files=tuple(files.get(_text(row.get("id")), ())),
            prerequisites=needed.get(_text(row.get("id")), ()),
            related=related.get(_text(row.get("id")), ()),
            measured=measured.get(_text(row.get("id")), {}),
        )
        for row in rows
    ]
    ordered = _in_order(nodes, {_text(row.get("id")): row for row in rows})
    known = {_text(one.get("id")): one for one in channels}
    by_channel: dict[str, list[Node]] = defaultdict(list)
    owner = {_text(row.get("id")): _text(row.get("channel_id")) for row in rows}
    first = next(iter(known), "")
    for node in ordered:
        by_channel[owner[node.id] or first].append(node)
    return tuple(_channel(ident, known.get(ident, {}), found, languages) for ident, found in by_channel.items())


def _channel(ident: str, row: Row, nodes: Sequence[Node], languages: Mapping[str, str]) -> Channel:
    return Channel(
        id=ident or nodes[0].id,
        title=_text(row.get("name")) or nodes[0].title,
        description=_text(row.get("description")),
        language=languages.get(_text(row.get("lang_id")), ""),
        author=_text(row.get("author")),
        version=_text(row.get("min_schema_version")),
        nodes=tuple(nodes),
    )


def _row_node(
    row: Row,
    *,
    languages: Mapping[str, str],
    licence: Row,
    tags: tuple[str, ...],
    files: tuple[Stored, ...],
    prerequisites: tuple[str, ...],
    related: tuple[str, ...],
    measured: Row,
) -> Node:
    options = _json(row.get("options"))
    seconds = row.get("duration")
    return Node(
        id=_text(row.get("id")),
        kind=_text(row.get("kind")),
        title=_text(row.get("title")),
        parent=_text(row.get("parent_id")),
        description=_text(row.get("description")),
        language=languages.get(_text(row.get("lang_id")), ""),
        licence=_text(row.get("license_name")) or _text(licence.get("license_name")),
        licence_words=_text(row.get("license_description")) or _text(licence.get("license_description")),
        holder=_text(row.get("license_owner")),
        author=_text(row.get("author")),
        content_id=_text(row.get("content_id")),
        seconds=float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 1e7 else 0.0,
        is_for_teachers=bool(row.get("coach_content")),
        tags=tuple(one for one in tags if one),
        files=files,
        prerequisites=prerequisites,
        related=related,
        assessments=tuple(_text(one) for one in _list(measured.get("assessment_item_ids"))),
        mastery=_json(measured.get("mastery_model")) or _json(options.get("completion_criteria")),
        labels={
            name: tuple(part for part in _text(row.get(name)).split(",") if part)
            for name in (
                "grade_levels",
                "resource_types",
                "learning_activities",
                "accessibility_labels",
                "learner_needs",
                "categories",
            )
            if row.get(name)
        },
    )


def _stored(row: Row, local: Row) -> Stored:
    size = local.get("file_size") or row.get("file_size")
    return Stored(
        checksum=_text(local.get("id")) or _text(row.get("checksum")) or _text(row.get("local_file_id")),
        extension=_text(local.get("extension")) or _text(row.get("extension")),
        preset=_text(row.get("preset")),
        size_bytes=size if isinstance(size, int) else 0,
    )


def _many(rows: Sequence[Row], here: str, there: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[_text(row.get(here))].append(_text(row.get(there)))
    return {name: tuple(values) for name, values in found.items()}


def _in_order(nodes: Sequence[Node], rows: Mapping[str, Row]) -> list[Node]:
    """Return nodes as the tree shows them; one whose parent is not here stands at the end, a circle is cut."""
    by_id = {node.id: node for node in nodes}
    below: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        below[node.parent if node.parent in by_id else ""].append(node)
    for some in below.values():
        some.sort(key=lambda node: (_number(rows[node.id].get("sort_order")), _number(rows[node.id].get("lft"))))
    ordered: dict[str, Node] = {}
    waiting = list(reversed(below[""]))
    while waiting:
        node = waiting.pop()
        if node.id not in ordered:
            ordered[node.id] = node
            waiting.extend(reversed(below.get(node.id, [])))
    return [*ordered.values(), *(node for node in by_id.values() if node.id not in ordered)]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _text(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _json(value: object) -> dict[str, Any]:
    """Return a JSON object that a column holds as text or as itself."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return value if isinstance(value, list) else []
