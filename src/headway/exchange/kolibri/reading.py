"""Takes Kolibri channels in: topics become collections, what they hold becomes resources, Perseus questions become practice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.library.kinds import KINDS
from headway.core.library.licences import licence_name
from headway.core.library.values import CollectionIn, FileIn, ItemIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.kolibri import perseus, wire
from headway.exchange.shared.archives import is_zip, open_package
from headway.exchange.shared.arriving import (
    LONGEST_ATTRIBUTION,
    LONGEST_DESCRIPTION,
    NEEDS_A_PICTURE,
    CannotBeAsked,
    file_in,
    first_words,
    language_code,
    lasting_name,
    minutes_within,
    proved,
    source_of,
    title_from,
    title_of_file,
    topics_from,
    web_address,
)
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps, Tally
from headway.exchange.shared.packages import BROKEN_PACKING, MEBIBYTE, NOT_THERE, lines_of, parse_json, read_text
from headway.exchange.shared.question_documents import plain_question

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "Kolibri"
SOURCE = "kolibri"
LARGEST_KEPT_BYTES = 20 * MEBIBYTE
MOST_ROWS, MOST_STEPS = 500_000, 200_000_000
MINUTES_PER_QUESTION = 2
# Which of a node's files a student opens, the best first.
_PRESETS = ("document", "epub", "audio", "h5p", "html5", "slideshow", "video", "exercise")
_CAPTIONS = ("subtitle", "video_subtitle")

NO_CHANNEL = gettext_noop("There is no Kolibri channel in {name}: no content database and no channel tree.")
NOT_A_DATABASE = gettext_noop("The database cannot be read ({problem}).")
NO_TITLE = gettext_noop("It has no title.")
UNKNOWN_KIND = gettext_noop("Its kind is not known here.")
FILE_LEFT = gettext_noop("Its file was not kept: it is larger than 20 MB. The resource came in without it.")
FILE_NOT_HERE = gettext_noop("Its file is not beside the channel; it can be found in the library, but no plan uses it.")


@dataclass(kw_only=True)
class _Reading:
    """What is found while channels are read."""

    notes: Tally
    facts: dict[str, object]
    collections: list[CollectionIn]
    storage: Path | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    titles: list[str] = field(default_factory=list)


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    name: str = "",
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in the channels of a file or a folder; the same again changes nothing.

    A file is a channel tree in JSON, a content database, its fixtures, or Perseus questions; a folder is Kolibri's own (with
    content/databases) or one of JSON files. Raises FileRefused where there is none, or it is damaged.
    """
    reading = _Reading(notes=Tally(), facts={}, collections=[])
    return deliver(
        _rows(path, reading),
        standard=STANDARD,
        source=source_of(SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        collections=reading.collections,
        notes=reading.notes,
        facts=reading.facts,
        steps=steps,
    )


def _rows(path: Path, reading: _Reading) -> Iterator[ResourceIn | RowRefused]:
    if path.is_dir():
        yield from _folder_rows(path, reading)
    elif _is_database(path):
        yield from _channel_rows(_database(path), reading)
    else:
        yield from _text_rows(path, reading)
    reading.facts |= {
        "channels": ", ".join(reading.titles)[:500],
        "by_kind": dict(reading.kinds.most_common()),
        "collections": len(reading.collections),
    }


def _folder_rows(path: Path, reading: _Reading) -> Iterator[ResourceIn | RowRefused]:
    for inside in (path / "content", path):
        if (inside / "databases").is_dir():
            reading.storage = inside / "storage"
            files = sorted((inside / "databases").glob("*.sqlite3"))
            break
    else:
        files = sorted(
            one for one in path.iterdir() if one.suffix in (".sqlite3", ".json", ".jsonl", ".zst") and one.is_file()
        )
    if not files:
        raise FileRefused(NO_CHANNEL, name=path.name)
    for one in files:
        try:
            yield from _channel_rows(_database(one), reading) if _is_database(one) else _text_rows(one, reading)
        except FileRefused as refusal:
            yield RowRefused(place=one.name, sentence=refusal.sentence, facts=refusal.facts)


def _text_rows(path: Path, reading: _Reading) -> Iterator[ResourceIn | RowRefused]:
    text = read_text(path)
    lines = [(number, line) for number, line in lines_of(text) if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for _, line in lines[:3]):
        documents = [parse_json(line, first_line=number) for number, line in lines]
    else:
        documents = [parse_json(text)]
    questions = [found for one in documents if (found := _perseus(one)) is not None]
    if questions and len(questions) == len(documents):
        yield from _question_rows(path, questions, reading)
        return
    for one in documents:
        yield from _channel_rows(wire.parse_channels(one), reading)


# --- a content database ----------------------------------------------------------------------------------------------


def _is_database(path: Path) -> bool:
    if not path.is_file():
        raise FileRefused(NOT_THERE, path=path)
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def _database(path: Path) -> tuple[wire.Channel, ...]:
    """Return the channels of a content database, opened so that nothing in it can be written or run for long."""
    tables: dict[str, list[dict[str, Any]]] = {}
    try:
        with closing(sqlite3.connect(f"file:{path.resolve().as_posix()}?mode=ro&immutable=1", uri=True)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            left = [MOST_STEPS // 10_000]

            def hurry() -> int:
                left[0] -= 1
                return 1 if left[0] < 0 else 0

            database.set_progress_handler(hurry, 10_000)
            names = [
                row[0]
                for row in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'content\\_%' ESCAPE '\\'"
                )
            ]
            for name in names:
                quoted = name.replace('"', '""')
                found = database.execute(f'SELECT * FROM "{quoted}" LIMIT {MOST_ROWS}')  # noqa: S608 the name is quoted
                tables[name] = [dict(row) for row in found]
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as problem:
        raise FileRefused(NOT_A_DATABASE, problem=str(problem)[:200]) from problem
    return wire.parse_tables(tables)


# --- nodes -----------------------------------------------------------------------------------------------------------


def _channel_rows(channels: Sequence[wire.Channel], reading: _Reading) -> Iterator[ResourceIn | RowRefused]:
    for channel in channels:
        reading.titles.append(channel.title)
        by_id = {node.id: node for node in channel.nodes}
        taken: set[str] = set()
        for node in channel.nodes:
            if node.kind == "topic":
                continue
            place = node.title or node.id
            if not node.title:
                yield RowRefused(place=place, sentence=NO_TITLE)
                continue
            if node.kind not in wire.KINDS:
                yield RowRefused(place=f"{place} ({node.kind[:30]})", sentence=UNKNOWN_KIND)
                continue
            row, left_out = _resource(channel, node, by_id, reading)
            taken.add(node.id)
            reading.kinds[row.kind] += 1
            yield row
            yield from left_out
        reading.collections.extend(_collections(channel, by_id, taken))


def _path(node: wire.Node, by_id: Mapping[str, wire.Node]) -> list[str]:
    """Return the titles of the topics above a node, without the channel's own."""
    titles: list[str] = []
    seen = {node.id}
    above = by_id.get(node.parent)
    while above is not None and above.id not in seen:
        seen.add(above.id)
        titles.append(above.title)
        above = by_id.get(above.parent)
    return titles[::-1][1:]


def _resource(
    channel: wire.Channel, node: wire.Node, by_id: Mapping[str, wire.Node], reading: _Reading
) -> tuple[ResourceIn, list[RowRefused]]:
    key = lasting_name(channel.id, node.id)
    language = language_code(node.language or channel.language)
    labels = node.labels
    file = _file(node, reading)
    items, left_out = _items(node, key, language, reading)
    grades = [wire.GRADES_OF_LABEL[one] for one in labels.get("grade_levels", ()) if one in wire.GRADES_OF_LABEL]
    kind = next((wire.KIND_OF_LABEL[one] for one in labels.get("resource_types", ()) if one in wire.KIND_OF_LABEL), "")
    kind = kind if kind and node.kind in ("document", "html5") else wire.KINDS[node.kind]
    if any(one.extension == "epub" for one in node.files):
        kind = "book"
    needs = labels.get("learner_needs", ())
    captions = ("captions",) if any(one.preset in _CAPTIONS for one in node.files) else ()
    accessibility = tuple(wire.ACCESSIBILITY_OF_LABEL[one] for one in labels.get("accessibility_labels", ()) if one in wire.ACCESSIBILITY_OF_LABEL)  # fmt: skip
    facts: dict[str, Any] = (
        {"grade_low": min(g[0] for g in grades), "grade_high": max(g[1] for g in grades)} if grades else {}
    )
    address = web_address(node.address)
    row = ResourceIn(
        source_id=key,
        title=title_from(node.title),
        description=node.description[:LONGEST_DESCRIPTION],
        language=language,
        kind=kind,
        # What cannot be opened here is found in the library, but no plan gives it to a student.
        uses=("essential", "choice", "review") if (file or address or items) and not node.is_for_teachers else (),
        minutes=minutes_within(node.seconds / 60)
        if node.seconds
        else minutes_within(max(5, MINUTES_PER_QUESTION * len(items)))
        if items
        else KINDS[kind].minutes,
        screen=KINDS[kind].screen if kind != "practice" else "either",
        with_whom="pair" if wire.NEEDS_PEERS in needs else "alone",
        needs_adult=wire.NEEDS_TEACHER in needs,
        needs_internet=wire.NEEDS_INTERNET in needs or bool(address and file is None),
        topics=topics_from((*node.tags, *_path(node, by_id))),
        ways_in=tuple(
            dict.fromkeys(
                wire.WAYS_OF_LABEL[one] for one in labels.get("learning_activities", ()) if one in wire.WAYS_OF_LABEL
            )
        ),
        accessibility=tuple(dict.fromkeys((*captions, *accessibility))),
        url=address,
        licence=licence_name(node.licence),
        attribution=(node.holder or node.author or channel.author or channel.title)[:LONGEST_ATTRIBUTION],
        items=tuple(items),
        file=file,
        extra=_extra(channel, node),
        **facts,
    )
    return row, left_out


def _extra(channel: wire.Channel, node: wire.Node) -> dict[str, object]:
    extra: dict[str, object] = {
        "channel": {"id": channel.id, "title": channel.title},
        "kind": node.kind,
        "content_id": node.content_id,
        "prerequisites": [lasting_name(channel.id, one) for one in node.prerequisites],
        "related": [lasting_name(channel.id, one) for one in node.related],
        "files": [one.name or one.path for one in node.files],
        "labels": {name: list(values) for name, values in node.labels.items()},
        "mastery": dict(node.mastery),
        "assessments": len(node.assessments),
        "licence_words": node.licence_words[:1000],
        "author": node.author,
        "provider": node.provider,
        "for": "teacher" if node.is_for_teachers else "",
    }
    return {name: value for name, value in extra.items() if value}


def _file(node: wire.Node, reading: _Reading) -> FileIn | None:
    """Return the file a student opens, where it lies beside the channel and is not too large."""
    if node.kind == "exercise":
        return None
    if reading.storage is None:
        if node.files and not web_address(node.address):
            reading.notes.add(FILE_NOT_HERE, node.title)
        return None
    kept = [one for one in node.files if one.name and one.preset not in _CAPTIONS and "thumbnail" not in one.preset]
    kept.sort(key=lambda one: next((place for place, preset in enumerate(_PRESETS) if preset in one.preset), 9))
    for one in kept:
        path = _stored(reading.storage, one)
        if path is None:
            continue
        if path.stat().st_size > LARGEST_KEPT_BYTES:
            reading.notes.add(FILE_LEFT, node.title)
            return None
        return file_in(f"{title_of_file(node.title + '.x')[:80]}.{one.extension}", path.read_bytes())
    if kept:
        reading.notes.add(FILE_NOT_HERE, node.title)
    return None


def _stored(storage: Path, one: wire.Stored) -> Path | None:
    """Return where Kolibri keeps a file; a checksum is letters and digits, so that it cannot lead elsewhere."""
    if len(one.checksum) < 3 or not one.checksum.isalnum() or not one.extension.isalnum():
        return None
    path = storage / one.checksum[0] / one.checksum[1] / one.name
    return path if path.is_file() and not path.is_symlink() else None


def _collections(channel: wire.Channel, by_id: Mapping[str, wire.Node], taken: set[str]) -> Iterator[CollectionIn]:
    for topic, below in channel.topics:
        names = tuple(lasting_name(channel.id, one) for one in below if one in taken)
        if names:
            yield CollectionIn(
                source_id=lasting_name(channel.id, topic.id),
                title=title_from(topic.title, fallback=channel.title)[:200],
                resources=names,
                why=topic.description or " › ".join((channel.title, *_path(topic, by_id))),
                language=language_code(topic.language or channel.language),
            )


# --- questions -------------------------------------------------------------------------------------------------------


def _items(node: wire.Node, key: str, language: str, reading: _Reading) -> tuple[list[ItemIn], list[RowRefused]]:
    items: list[ItemIn] = []
    left_out: list[RowRefused] = []
    for number, (name, given) in enumerate(_questions(node, reading), start=1):
        ident = lasting_name(key, name or str(number))
        try:
            document = _document(given, ident, language)
        except CannotBeAsked as reason:
            left_out.append(RowRefused(place=f"{node.title}: {name or number}", sentence=reason.sentence))
            continue
        if ident not in {one.source_id for one in items}:
            items.append(plain_question(document, source_id=ident, language=language))
    return items, left_out


def _questions(node: wire.Node, reading: _Reading) -> Iterator[tuple[str, object]]:
    """Return the questions of an exercise: those the tree carries, and those in the file beside a database."""
    for one in node.questions:
        yield str(one.get("assessment_id") or one.get("id") or ""), one
    if reading.storage is None or node.kind != "exercise":
        return
    for stored in node.files:
        path = _stored(reading.storage, stored)
        if path is None or stored.extension != "perseus" or not is_zip(path):
            continue
        try:
            with open_package(path) as package:
                for ident in node.assessments:
                    if f"{ident}.json" in package:
                        yield ident, parse_json(package.read(f"{ident}.json").decode("utf-8", errors="replace"))
        except FileRefused as refusal:
            reading.notes.add(
                refusal.sentence if "{" not in refusal.sentence else BROKEN_PACKING.split(":")[0] + ".", node.title
            )


def _document(given: object, ident: str, language: str) -> dict[str, Any]:
    """Return a question: Perseus's own, wrapped as text, or one of ricecooker's simple kinds."""
    found = _perseus(given)
    if found is not None:
        return perseus.question(found[1], ident=ident, language=language)
    if not isinstance(given, dict) or not isinstance(given.get("question"), str):
        raise CannotBeAsked(perseus.NOT_PERSEUS)
    kind, prompt = str(given.get("type", "")), perseus.words(given["question"])
    answers = [one for one in _listed(given.get("answers")) if isinstance(one, dict)]
    right = [str(one.get("answer", "")) for one in answers if one.get("correct")]
    hints = [perseus.words(str(one.get("hint", ""))) if isinstance(one, dict) else perseus.words(str(one)) for one in _listed(given.get("hints"))]  # fmt: skip
    document: dict[str, Any] = {"id": ident, "language": language, "prompt": prompt}
    if hints:
        document["hints"] = hints
    if "![" in given["question"]:
        raise CannotBeAsked(NEEDS_A_PICTURE)
    if kind in ("single_selection", "multiple_selection"):
        choices = [
            {
                "id": str(number),
                "text": perseus.words(str(one.get("answer", ""))),
                **({"right": True} if one.get("correct") else {}),
            }
            for number, one in enumerate(answers)
        ]
        return proved(
            document | {"kind": "one_choice" if kind == "single_selection" else "many_choices", "choices": choices}
        )
    if kind == "input_question" and right:
        return proved(document | {"kind": "short_text", "accepted": right, "compare": "algebra"})
    raise CannotBeAsked(perseus.UNKNOWN_WIDGET)


def _listed(value: object) -> list[Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = parse_json(value)
        except FileRefused:
            return []
    return value if isinstance(value, list) else []


def _perseus(document: object) -> tuple[str, dict[str, Any]] | None:
    """Return the exercise and the Perseus question that a JSON object holds, in any of the ways it is stored."""
    if not isinstance(document, dict):
        return None
    for name in ("itemData", "item_data", "raw_data"):
        inner = document.get(name)
        if isinstance(inner, str) and inner.strip():
            try:
                inner = parse_json(inner)
            except FileRefused:
                return None
        if isinstance(inner, dict) and isinstance(inner.get("question"), dict):
            exercises = document.get("exercises")
            return (str(exercises[0]) if isinstance(exercises, list) and exercises else ""), inner
    if isinstance(document.get("question"), dict) and "content" in document["question"]:
        return "", document
    return None


def _question_rows(
    path: Path, questions: Sequence[tuple[str, dict[str, Any]]], reading: _Reading
) -> Iterator[ResourceIn | RowRefused]:
    """Return loose Perseus questions as practice, one set for each exercise they name, else one for the file."""
    sets: dict[str, list[dict[str, Any]]] = {}
    stem = path.name.split(".", 1)[0]
    for exercise, item in questions:
        sets.setdefault(exercise or stem, []).append(item)
    language = language_code(stem.rsplit("_", 1)[-1] if "_" in stem and len(stem.rsplit("_", 1)[-1]) == 2 else "")
    for name, members in sets.items():
        key = lasting_name("perseus", name)
        items: list[ItemIn] = []
        for number, item in enumerate(members, start=1):
            ident = lasting_name(key, str(number))
            try:
                document = perseus.question(item, ident=ident, language=language)
            except CannotBeAsked as reason:
                yield RowRefused(place=f"{name} {number}", sentence=reason.sentence)
                continue
            items.append(plain_question(document, source_id=ident, language=language))
        if not items:
            continue
        reading.kinds["practice"] += 1
        yield ResourceIn(
            source_id=key,
            title=title_of_file(name.rsplit(":", 1)[-1].replace("-", " ") + ".x").capitalize(),
            description=first_words(" · ".join(perseus.shown(item) for item in members), 300),
            language=language,
            kind="practice",
            uses=("essential", "review", "choice"),
            minutes=minutes_within(max(5, MINUTES_PER_QUESTION * len(items))),
            attribution="Perseus",
            items=tuple(items),
        )
