"""The search index: derived from the database, one per machine, kept in the data folder, rebuilt at any time.

A line of the change log (`ShelfChange`) says what to look at again. Whoever holds the lock of the folder brings the index up
to date; everybody else on the machine sees it at the next search. Where several machines serve one PostgreSQL database, each
follows the same log. Losing the folder costs a rebuild and nothing else.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Max, Min
from django.db.utils import DatabaseError

from headway.core.library.search import asking
from headway.core.library.search.schema import NEEDS_ADULT, NEEDS_INTERNET, VERSION, Entry, document, open_index
from headway.core.shared.batches import batched
from headway.records.library.models import Alignment, Resource, ShelfChange

log = logging.getLogger(__name__)

POINTER, LOCK = "current.json", "writing.lock"
ROWS_AT_ONCE = 2_000
HEAP_BYTES = 64_000_000
LINES_AT_ONCE = 50_000
SECONDS_BETWEEN_LOOKS = 0.3


@dataclass
class Kept:
    """The index as this process holds it, and what it was when it was opened."""

    stamp: tuple[int, int]
    folder: Path
    opened: asking.OpenIndex


_kept: dict[Path, Kept] = {}
_guard = threading.Lock()
_followers: set[Path] = set()


def home() -> Path:
    """Return the folder of the index."""
    folder: Path = settings.SEARCH_DIR
    return folder


def opened() -> asking.OpenIndex:
    """Return the index as it stands now; where there is none yet, it is built first.

    Where the settings say so a thread of this process follows the change log; else every call does.
    """
    if not settings.SEARCH_FOLLOWS:
        catch_up()
    else:
        _begin_to_follow()
    while (kept := _open()) is None:
        rebuild()
    return kept.opened


def is_built() -> bool:
    """Whether there is an index of this database in the folder."""
    return _read_pointer(home()) is not None


def lines_behind() -> int | None:
    """Return how many lines of the change log the index has not followed yet, None where there is no index."""
    told = _read_pointer(home())
    return None if told is None else ShelfChange.objects.filter(pk__gt=int(told["applied"])).count()


def is_kept() -> bool:
    """Whether this process holds an index open."""
    return home() in _kept


def forget() -> None:
    """Throw the index away; the next search builds it anew. For restored databases and for tests."""
    _kept.pop(home(), None)
    shutil.rmtree(home(), ignore_errors=True)


def preload() -> None:
    """Open the index and learn its spelling, where there is one: forks of this process then share their memory."""
    kept = _open()
    if kept is not None:
        _ = kept.opened.spelling


def _open() -> Kept | None:
    place = home()
    pointer = place / POINTER
    try:
        seen = pointer.stat()
    except FileNotFoundError:
        return None
    stamp = (seen.st_mtime_ns, seen.st_ino)
    kept = _kept.get(place)
    if kept is not None and kept.stamp == stamp:
        return kept
    with _guard:
        kept = _kept.get(place)
        if kept is not None and kept.stamp == stamp:
            return kept
        told = _read_pointer(place)
        if told is None:
            return None
        folder = place / str(told["folder"])
        index = kept.opened.index if kept is not None and kept.folder == folder else open_index(str(folder))
        fresh = Kept(stamp=stamp, folder=folder, opened=asking.look(index))
        if kept is not None:
            fresh.opened.spell_like(kept.opened)
        _kept[place] = fresh
        return fresh


def _read_pointer(place: Path) -> dict[str, str | int] | None:
    """Return what the pointer says, None where there is no index of this version and this database."""
    try:
        told: dict[str, str | int] = json.loads((place / POINTER).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if told.get("version") != VERSION or told.get("database") != _database():
        return None
    return told if (place / str(told["folder"])).is_dir() else None


def _write_pointer(place: Path, folder: str, applied: int) -> None:
    told = {"version": VERSION, "database": _database(), "folder": folder, "applied": applied}
    fresh = place / f"{POINTER}.{uuid4().hex}"
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(place / POINTER)


@cache
def _database() -> str:
    """Return what tells this database from every other one: the moment it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(applied) FROM django_migrations")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _alone(place: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock of the folder; yields whether it was free."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


# --- following ---------------------------------------------------------------------------------------------------------


def catch_up() -> int:
    """Bring the index up to date with the change log; returns how many lines were followed, 0 where somebody else does it."""
    place = home()
    with _alone(place, wait=False) as is_free:
        if not is_free:
            return 0
        told = _read_pointer(place)
        first, last = _ends_of_log()
        if told is None or int(told["applied"]) > last or int(told["applied"]) < first - 1:
            _build(place, None)
            return last
        applied = int(told["applied"])
        if applied == last:
            return 0
        followed = 0
        while lines := list(
            ShelfChange.objects.filter(pk__gt=applied)
            .order_by("pk")
            .values_list("pk", "resource_number", "delivery_number")[:LINES_AT_ONCE]
        ):
            _follow(place / str(told["folder"]), lines)
            applied, followed = lines[-1][0], followed + len(lines)
            _write_pointer(place, str(told["folder"]), applied)
        return followed


def _ends_of_log() -> tuple[int, int]:
    ends = ShelfChange.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"] or 0, ends["last"] or 0


def _follow(folder: Path, lines: Iterable[tuple[int, int | None, int | None]]) -> None:
    numbers = {resource for _line, resource, _delivery in lines if resource is not None}
    brought = {delivery for _line, _resource, delivery in lines if delivery is not None}
    if brought:
        numbers.update(Resource.objects.filter(delivery__in=brought).values_list("pk", flat=True))
    kept = _kept.get(home())
    index = kept.opened.index if kept is not None and kept.folder == folder else open_index(str(folder))
    with index.writer(heap_size=HEAP_BYTES, num_threads=1) as writer:
        for some in batched(sorted(numbers), ROWS_AT_ONCE):
            for number in some:
                writer.delete_documents_by_term("id", number)
            for entry in _entries(some):
                writer.add_document(document(entry))


def _begin_to_follow() -> None:
    place = home()
    with _guard:
        if place in _followers:
            return
        _followers.add(place)
    threading.Thread(target=_keep_following, name="search-index", daemon=True).start()


def _keep_following() -> None:
    pause = threading.Event()
    while True:
        try:
            if catch_up() and (kept := _open()) is not None:
                _ = kept.opened.spelling  # learned here, so that nobody's search waits for it
        except DatabaseError:
            log.warning("The search index could not follow the database; it tries again.", exc_info=True)
        finally:
            close_old_connections()
        pause.wait(SECONDS_BETWEEN_LOOKS)


# --- building ----------------------------------------------------------------------------------------------------------


def rebuild(advance: Callable[[int], None] | None = None) -> int:
    """Build the index anew from the database, while the old one goes on answering; returns how many resources it has.

    `advance` is told of rows as they are indexed.
    """
    with _alone(home(), wait=True):
        return _build(home(), advance)


def _build(place: Path, advance: Callable[[int], None] | None) -> int:
    folder = place / f"index-{uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    # Read before the rows: what changes meanwhile is followed again, which changes nothing.
    applied = _ends_of_log()[1]
    index = open_index(str(folder))
    count, last = 0, 0
    with index.writer(heap_size=HEAP_BYTES, num_threads=1) as writer:
        while True:
            some = list(Resource.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE])
            if not some:
                break
            for entry in _entries(some):
                writer.add_document(document(entry))
                count += 1
            last = some[-1]
            if advance is not None:
                advance(len(some))
    _write_pointer(place, folder.name, applied)
    for old in place.glob("index-*"):
        if old.name != folder.name:
            shutil.rmtree(old, ignore_errors=True)
    return count


_COLUMNS = (
    "pk", "school_id", "title", "description", "text", "language", "kind", "ways_in", "reading_level", "grade_low", "grade_high",
    "minutes", "screen", "with_whom", "level", "licence", "source", "topics", "careers", "accessibility", "needs_adult",
    "needs_internet",
)  # fmt: skip


def _entries(ids: list[int]) -> Iterator[Entry]:
    """Yield the resources with these ids that may be found, as they are indexed: two queries."""
    aligned: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    rows = Alignment.objects.filter(resource__in=ids, status=Alignment.Status.ACCEPTED)
    for resource_id, skill, code, short in rows.order_by("-is_primary", "-confidence", "pk").values_list(
        "resource_id", "competency_id", "competency__code", "competency__short"
    ):
        aligned[resource_id].append((skill, code, short))
    for row in Resource.objects.filter(pk__in=ids, is_active=True).order_by("pk").values_list(*_COLUMNS):
        skills = aligned.get(row[0], [])
        needs = ((NEEDS_ADULT,) if row[20] else ()) + ((NEEDS_INTERNET,) if row[21] else ())
        yield Entry(
            resource_id=row[0],
            school_id=row[1] or asking.SHARED,
            title=row[2],
            description=row[3],
            text=row[4],
            language=row[5].partition("-")[0].casefold(),
            kind=row[6],
            ways_in=tuple(row[7]),
            reading_level=row[8],
            grade_low=row[9],
            grade_high=row[10],
            minutes=row[11],
            screen=row[12],
            with_whom=row[13],
            level=row[14],
            licence=row[15],
            source=row[16],
            topics=tuple(str(topic) for topic in row[17]),
            careers=tuple(str(career) for career in row[18]),
            access=tuple(str(feature) for feature in row[19]),
            needs=needs,
            skills=tuple(skill for skill, _code, _short in skills),
            skill_words=" ; ".join(f"{code} {short}" for _skill, code, short in skills),
        )
