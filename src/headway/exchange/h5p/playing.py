"""What the player needs of an H5P package: which scripts and styles, in which order, and which libraries are not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headway.exchange.h5p import wire
from headway.exchange.shared.arriving import listed
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.packages import parse_json

Read = Callable[[str], bytes]


@dataclass(frozen=True, kw_only=True)
class Playable:
    """A package as the player takes it; `missing` names libraries as H5P writes them: “H5P.Image 1.1”.

    `folders` gives the folder of each library by its name with its version, where the two differ.
    """

    library: str
    head: wire.Head
    content: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    missing: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)


def playable(names: Collection[str], read: Read) -> Playable:
    """Return what the player needs of a package, given its names and how to read a file.

    What a library needs comes before it. Raises FileRefused where h5p.json or content.json is missing or broken.
    """
    for name in (wire.HEAD, wire.CONTENT):
        if name not in names:
            raise FileRefused(wire.NO_HEAD if name == wire.HEAD else wire.NO_CONTENT, place=name)
    head = wire.parse_head(_json(read, wire.HEAD))
    content = _json(read, wire.CONTENT)
    if not isinstance(content, dict):
        raise FileRefused(wire.NOT_AN_OBJECT, place=wire.CONTENT)
    shelf = _Shelf(names, read)
    wanted = [one for one in head.libraries if one.name != head.main]
    main = next((one for one in head.libraries if one.name == head.main), None) or shelf.any_version(head.main)
    if main is not None:
        wanted.append(main)
    order = list(shelf.in_order(wanted, {}))
    return Playable(
        library=f"{head.main} {main.major}.{main.minor}" if main else head.main,
        head=head,
        content=json.dumps(content, ensure_ascii=False),
        scripts=tuple(path for _library, folder in order for path in shelf.paths(folder, "preloadedJs")),
        styles=tuple(path for _library, folder in order for path in shelf.paths(folder, "preloadedCss")),
        missing=tuple(dict.fromkeys([*shelf.missing, *(() if main else (head.main,))])),
        folders={library.folder: folder for library, folder in order if folder != library.folder},
    )


class _Shelf:
    """The libraries of a package, each read once."""

    def __init__(self, names: Collection[str], read: Read) -> None:
        self._names, self._read = frozenset(names), read
        self._said: dict[str, Mapping[str, Any]] = {}
        self.missing: list[str] = []

    def any_version(self, name: str) -> wire.Library | None:
        """Return the library of this name that the package has, where h5p.json forgot to name it."""
        for path in sorted(self._names, reverse=True):
            folder, _, file = path.partition("/")
            if file == "library.json" and folder.rpartition("-")[0] == name:
                return next(iter(wire.libraries([{**self.says(folder), "machineName": name}])), None)
        return None

    def says(self, folder: str) -> Mapping[str, Any]:
        """Return what a library's own file says; nothing where it cannot be read."""
        if folder not in self._said:
            try:
                found = _json(self._read, f"{folder}/library.json")
            except FileRefused:
                found = None
            self._said[folder] = found if isinstance(found, dict) else {}
        return self._said[folder]

    def folder_of(self, library: wire.Library) -> str:
        """Return the folder of a library, "" where it is not there or cannot be read."""
        for folder in (library.folder, library.name):
            if f"{folder}/library.json" in self._names and self.says(folder):
                return folder
        return ""

    def in_order(self, wanted: list[wire.Library], seen: dict[str, bool]) -> Iterator[tuple[wire.Library, str]]:
        """Yield (library, folder), whatever one needs before it; two that need each other in any order."""
        for library in wanted:
            if library.folder in seen:
                continue
            seen[library.folder] = True
            folder = self.folder_of(library)
            if not folder:
                self.missing.append(f"{library.name} {library.major}.{library.minor}")
                continue
            yield from self.in_order(list(wire.libraries(self.says(folder).get("preloadedDependencies"))), seen)
            yield library, folder

    def paths(self, folder: str, kind: str) -> Iterator[str]:
        """Yield the scripts or styles a library loads, those that are there."""
        for one in listed(self.says(folder).get(kind)):
            path = one.get("path") if isinstance(one, dict) else None
            full = f"{folder}/{path.strip().removeprefix('./')}" if isinstance(path, str) else ""
            if full in self._names:
                yield full


def _json(read: Read, name: str) -> Any:
    try:
        return parse_json(read(name).decode("utf-8-sig", errors="replace"))
    except FileRefused as refusal:
        others = {key: value for key, value in refusal.facts.items() if key != "place"}
        raise FileRefused(refusal.sentence, place=name, **others) from refusal
