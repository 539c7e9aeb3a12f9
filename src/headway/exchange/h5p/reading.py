"""Takes H5P activities in: the package is kept as it is, its words are found, its simple questions can be answered at once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.library.kinds import KINDS
from headway.core.library.licences import licence_name
from headway.core.library.values import ItemIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.h5p import wire
from headway.exchange.h5p.playing import Playable, playable
from headway.exchange.shared.archives import Package, open_package
from headway.exchange.shared.arriving import (
    LONGEST_ATTRIBUTION,
    ending_of,
    first_words,
    language_code,
    lasting_name,
    listed,
    media_type_of,
    minutes_within,
    source_of,
    title_from,
    topics_from,
    web_address,
)
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, Steps, Tally
from headway.exchange.shared.packages import parse_json
from headway.exchange.shared.question_documents import plain_question

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

STANDARD = "H5P"
SOURCE = "h5p"
MINUTES_PER_QUESTION = 2
NEWEST_CORE = (1, 28)

NOT_H5P = gettext_noop(
    "There is no h5p.json in {name}, so it is no H5P activity. Download it as an .h5p file and try again."
)
NO_ACTIVITIES = gettext_noop("There is no .h5p file in {name}.")
NOT_ITS_TYPE = gettext_noop(
    "{name} is not the kind of file its name says. It may do harm, so nothing of the package was taken in."
)
NOT_HERE = gettext_noop(
    "A library is not in the package, so the activity cannot be played, only found. Export it again with its libraries in it."
)
LIBRARY_BROKEN = gettext_noop("A library in the package cannot be read; the activity is kept as it is.")
LIBRARY_INCOMPLETE = gettext_noop("A library in the package lacks a file that it names.")
LIBRARY_NEWER = gettext_noop("A library asks for a newer H5P than any known; the activity may not play.")
FOLDER_NAME = gettext_noop("A folder in the package is not named as libraries are.")
LIBRARY_SILENT = gettext_noop("A library does not say all that H5P wants to know of it.")
WORDS_BROKEN = gettext_noop("A library’s words in another language cannot be read.")
ACTIVE_PICTURE = gettext_noop("A picture in the package holds a script; it is never run here.")

_MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "mp3": "audio/", "mp4": "video/", "webm": "video/"}  # fmt: skip
_LIBRARY_SAYS = ("title", "machineName", "majorVersion", "minorVersion", "patchVersion", "runnable")
_LANGUAGE_FILE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})*\.json")


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
    """Take in an activity (.h5p or unpacked), or every .h5p file of a folder; the same again changes nothing.

    The package is kept byte by byte. Raises FileRefused where it is no H5P, damaged, or could do harm.
    """
    facts: dict[str, object] = {}
    notes = Tally()
    return deliver(
        _rows(path, name or path.name, facts, notes),
        standard=STANDARD,
        source=source_of(SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        notes=notes,
        facts=facts,
        steps=steps,
    )


def _rows(path: Path, name: str, facts: dict[str, object], notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    types: Counter[str] = Counter()
    if path.is_dir() and not any(path.rglob(wire.HEAD)):
        files = sorted(one for one in path.rglob("*.h5p") if one.is_file() and not one.is_symlink())
        if not files:
            raise FileRefused(NO_ACTIVITIES, name=path.name)
        for one in files:
            try:
                yield from _activity(one, one.name, types, notes)
            except FileRefused as refusal:
                yield RowRefused(place=one.name, sentence=refusal.sentence, facts=refusal.facts)
    else:
        yield from _activity(path, name, types, notes)
    facts["content_types"] = dict(types.most_common())


def _json(package: Package, name: str) -> Any:
    try:
        return parse_json(package.read(name).decode("utf-8-sig", errors="replace"))
    except FileRefused as refusal:
        place = f"{name}, {refusal.place}" if refusal.place else name
        others = {key: value for key, value in refusal.facts.items() if key != "place"}
        raise FileRefused(refusal.sentence, place=place, **others) from refusal


def _activity(path: Path, name: str, types: Counter[str], notes: Tally) -> Iterator[ResourceIn | RowRefused]:
    with open_package(path) as whole:
        package = whole.rooted_at(wire.HEAD)
        if wire.HEAD not in package:
            raise FileRefused(NOT_H5P, name=name)
        head = wire.parse_head(_json(package, wire.HEAD))
        if wire.CONTENT not in package:
            raise FileRefused(wire.NO_CONTENT)
        content = _json(package, wire.CONTENT)
        if not isinstance(content, dict):
            raise FileRefused(wire.NOT_AN_OBJECT, place=wire.CONTENT)
        _look_at_files(package, notes)
        played = playable(package.inside(), package.read)
        _look_at_libraries(package, played, notes)
        types[head.main] += 1
        yield from _resource(package, played, content, name)


def _look_at_files(package: Package, notes: Tally) -> None:
    """Look at what people will see; a picture or a sound that is something else refuses the package."""
    for name in package.inside():
        if not name.startswith("content/"):
            continue
        wanted = _MEDIA.get(ending_of(name))
        if wanted:
            start = package.read(name)[:4096]
            if not media_type_of(name, start).startswith(wanted.split("/", maxsplit=1)[0] + "/"):
                raise FileRefused(NOT_ITS_TYPE, place=name, name=name)
        elif ending_of(name) == "svg" and re.search(
            rb"<script|javascript:|\son\w+\s*=", package.read(name), re.IGNORECASE
        ):
            notes.add(ACTIVE_PICTURE, name)


def _look_at_libraries(package: Package, played: Playable, notes: Tally) -> None:
    """Note what will keep the activity from being played: missing, broken or incomplete libraries."""
    files = set(package.inside())
    folders = sorted({name.split("/", 1)[0] for name in files if "/" in name} - {"content"})
    for folder in folders:
        if f"{folder}/library.json" not in files or not re.match(r"^[A-Za-z][\w.-]*(-\d+\.\d+)?$", folder):
            notes.add(FOLDER_NAME, folder)
            continue
        try:
            library = _json(package, f"{folder}/library.json")
        except FileRefused:
            notes.add(LIBRARY_BROKEN, folder)
            continue
        lacking = [field for field in _LIBRARY_SAYS if not isinstance(library, dict) or field not in library]
        if lacking:
            notes.add(LIBRARY_SILENT, f"{folder}: {', '.join(lacking)}")
            continue
        name = str(library["machineName"])
        if folder not in (name, f"{name}-{library['majorVersion']}.{library['minorVersion']}"):
            notes.add(FOLDER_NAME, folder)
        _look_at_library(package, folder, library, files, notes)
    for wanted in played.missing:
        notes.add(NOT_HERE, wanted)


def _look_at_library(package: Package, folder: str, library: dict[str, Any], files: set[str], notes: Tally) -> None:
    for kind in ("preloadedJs", "preloadedCss"):
        for one in listed(library.get(kind)):
            path = one.get("path") if isinstance(one, dict) else None
            if isinstance(path, str) and f"{folder}/{path.strip().removeprefix('./')}" not in files:
                notes.add(LIBRARY_INCOMPLETE, f"{folder}/{path[:100]}")
    core = library.get("coreApi")
    if isinstance(core, dict):
        version = tuple(
            int(str(core.get(name, 0))[:6]) if str(core.get(name, 0)).isdecimal() else 0
            for name in ("majorVersion", "minorVersion")
        )
        if version > NEWEST_CORE:
            notes.add(LIBRARY_NEWER, folder)
    for name in files:
        if name.startswith(f"{folder}/language/") and name.endswith(".json"):
            if not _LANGUAGE_FILE.fullmatch(name.rsplit("/", 1)[-1]):
                notes.add(WORDS_BROKEN, name)
                continue
            try:
                json.loads(package.read(name).decode("utf-8-sig", errors="replace"))
            except (ValueError, RecursionError):
                notes.add(WORDS_BROKEN, name)


def _resource(
    package: Package, played: Playable, content: dict[str, Any], name: str
) -> Iterator[ResourceIn | RowRefused]:
    head = played.head
    language = language_code(head.language)
    title = title_from(head.title)
    key = lasting_name(name.rsplit(".", 1)[0], title)
    items: list[ItemIn] = []
    left_out: list[RowRefused] = []
    for number, (asked, found) in enumerate(wire.questions(head.main, content, language=language), start=1):
        if isinstance(found, str):
            left_out.append(RowRefused(place=f"{title}: {first_words(asked, 60)}", sentence=found))
            continue
        ident = lasting_name(key, str(number))
        items.append(plain_question(found, source_id=ident, language=language))
    text = "\n\n".join(dict.fromkeys(wire.texts(content)))
    kind = wire.kind_of(head.main)
    accessibility = [
        feature
        for feature, is_there in (
            ("alternativeText", wire.has_alternative_texts(content)),
            ("captions", wire.has_captions(content)),
        )
        if is_there
    ]
    # Also without the player, which needs a connection: its questions are asked here, its text is read here.
    can_do_without = bool(items or (kind in ("reading", "glossary", "book", "lesson") and text))
    yield ResourceIn(
        source_id=key,
        title=title,
        description=first_words(text, 300),
        language=language,
        kind=kind,
        # What can be read, answered or played here is planned; what lacks its libraries can only be found.
        uses=("essential", "review", "choice") if can_do_without or not played.missing else (),
        minutes=minutes_within(max(5, MINUTES_PER_QUESTION * len(items))) if items else KINDS[kind].minutes,
        screen="yes" if not can_do_without else "either",
        needs_internet=not can_do_without,
        topics=topics_from(head.keywords),
        accessibility=tuple(accessibility),
        text=text if not items else "",
        url=web_address(head.source),
        licence=licence_name(head.licence, head.licence_version),
        attribution=", ".join(head.authors)[:LONGEST_ATTRIBUTION],
        items=tuple(items),
        file=package.original(),
        extra={
            "content_type": head.main,
            "libraries": [one.folder for one in head.libraries],
            "missing_libraries": list(played.missing),
            "questions": len(items) + len(left_out),
        },
    )
    yield from left_out
