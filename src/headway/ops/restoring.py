"""The part of a restore that must not be cut in half.

A restore is staged beside the data under another name, and the rename to READY is the moment it is decided. Until then
nothing has changed; from then on it can only be finished: by the same command, or by the next one after a power cut.
Putting the staged database in is one SQLite transaction, so that a running server sees the old rows or the new ones.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

READY = "restore-ready"
DATABASE, SECRET = "database.sqlite3", "secret-key"
DERIVED = ("search", "meaning")


def sqlite_path() -> Path | None:
    """Return the file of the database, or None when it is not SQLite."""
    from django.conf import settings  # noqa: PLC0415

    database = settings.DATABASES["default"]
    return Path(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else None


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_database(source: Path, target: Path) -> None:
    """Copy one SQLite database into another in one transaction, while others read and write."""
    with closing(sqlite3.connect(source, timeout=60)) as origin, closing(sqlite3.connect(target, timeout=60)) as copy:
        # All pages in one step: the source is read in one snapshot and the target changes all at once.
        origin.backup(copy, pages=-1)


def decide(staged: Path, data_dir: Path) -> None:
    """Turn a complete, checked, staged restore into one that will be finished whatever happens."""
    for path in staged.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(staged)
    os.replace(staged, data_dir / READY)
    sync_folder(data_dir)


def finish_restore() -> bool:
    """Put a decided restore in place; returns whether there was one."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    data_dir: Path = settings.DATA_DIR
    ready = data_dir / READY
    if not ready.is_dir():
        return False
    target = sqlite_path()
    if target is not None and (ready / DATABASE).exists():
        connections.close_all()
        copy_database(ready / DATABASE, target)
    if (ready / SECRET).exists():
        waiting = data_dir / f"{SECRET}.new"
        shutil.copy2(ready / SECRET, waiting)
        waiting.chmod(0o600)
        os.replace(waiting, data_dir / SECRET)
        sync_folder(data_dir)
    # What was worked out from the database that was here before: it is worked out anew.
    for name in DERIVED:
        shutil.rmtree(data_dir / name, ignore_errors=True)
    # Under another name first: half a folder must never look decided.
    done = data_dir / f"{READY}-done"
    shutil.rmtree(done, ignore_errors=True)
    os.replace(ready, done)
    shutil.rmtree(done)
    return True
