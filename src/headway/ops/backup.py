"""Copy everything while the server runs, and bring it back whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from headway.core.shared.errors import RuleBroken
from headway.ops.restoring import DATABASE, SECRET, copy_database, decide, finish_restore, sqlite_path, sync_folder
from headway.ops.terminal import Steps, examples, progress, say, say_json
from headway.ops.wake import wake

FORMAT = "headway-backup-1"
MANIFEST = "manifest.json"
DUMP = "database.pgdump"
CHUNK = 1024 * 1024
COMPRESSION = 4  # twice as quick as the usual 9 for a twentieth more bytes
EXTRA_ROOM = 64 * 1024 * 1024

NO_TOOL = "{tool} is not installed. Install PostgreSQL’s client programs (Debian: postgresql-client) and try again."
TOOL_FAILED = "{tool} did not finish: {why}"
NO_DATABASE = "There is no database yet at {path}. Run `headway migrate` or `headway demo` first."
EXISTS = "{path} is there already. Choose another name; a backup never replaces a file."
NO_ROOM = "There is not enough room on the disk for {path}: {needed} MB are needed, {free} MB are free."
NO_FILE = "There is no file {path}."
NOT_A_BACKUP = "{path} is no backup of Headway: {why}. Nothing was changed."
DAMAGED = "{path} is damaged: {why}. Nothing was changed."
OTHER_DATABASE = "{path} holds a {theirs} database, and this installation uses {ours}. Nothing was changed."
TOO_NEW = "{path} comes from a newer Headway ({names}). Update Headway first, then restore. Nothing was changed."


def _engine() -> str:
    return "SQLite" if sqlite_path() is not None else "PostgreSQL"


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + EXTRA_ROOM:
        raise RuleBroken(NO_ROOM, path=folder, needed=(needed + EXTRA_ROOM) // 2**20, free=free // 2**20)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _run_postgres(tool: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database; the password never stands in a command line."""
    from django.conf import settings  # noqa: PLC0415

    found = shutil.which(tool)
    if found is None:
        raise RuleBroken(NO_TOOL, tool=tool)
    database = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    place = {ours: str(database[theirs]) for ours, theirs in names.items() if database.get(theirs)}
    done = subprocess.run(  # noqa: S603
        [found, *arguments], env={**os.environ, **place}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuleBroken(TOOL_FAILED, tool=tool, why=done.stderr.strip()[-400:] or done.returncode)


# --- making a backup -------------------------------------------------------------------------------------------------


def _check_sqlite(path: Path) -> list[str]:
    """Return the names of the applied migrations of a database file; raises sqlite3.DatabaseError when it is damaged."""
    with closing(sqlite3.connect(path)) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(str(answer))
        rows = database.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    return [f"{app}.{name}" for app, name in rows]


def make_backup(target: Path, *, at: datetime, steps: Steps) -> dict[str, Any]:
    """Write a verified backup to `target`; returns its manifest. The server may run and write all the while."""
    from django.conf import settings  # noqa: PLC0415

    if target.exists():
        raise RuleBroken(EXISTS, path=target)
    source = sqlite_path()
    if source is not None and not source.exists():
        raise RuleBroken(NO_DATABASE, path=source)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source is not None:
        _check_room(target.parent, 2 * source.stat().st_size)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".headway-backup-") as folder:
        staged = Path(folder)
        steps.step("Copying the database")
        if source is not None:
            copy_database(source, staged / DATABASE)
            steps.step("Checking the copy")
            migrations = _check_sqlite(staged / DATABASE)
        else:
            _run_postgres("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={staged / DUMP}")
            migrations = _applied_migrations()
        if (settings.DATA_DIR / SECRET).exists():
            shutil.copy2(settings.DATA_DIR / SECRET, staged / SECRET)
        names = [name for name in (DATABASE, DUMP, SECRET) if (staged / name).exists()]
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "made_at": at.isoformat(),
            "database": _engine(),
            "migrations": migrations,
            "secret_from_environment": "HEADWAY_SECRET_KEY" in os.environ,
            "files": {
                name: {"bytes": (staged / name).stat().st_size, "sha256": _hash_of(staged / name)} for name in names
            },
        }
        steps.step("Packing")
        packed = staged / "packed"
        _pack(packed, staged, names, manifest)
        steps.step("Reading the backup back")
        _unpack(packed, None, shown=target)
        # A link fails where the name was taken meanwhile, and appears whole or not at all.
        try:
            os.link(packed, target)
        except FileExistsError as error:
            raise RuleBroken(EXISTS, path=target) from error
        except OSError:  # a USB stick may know no links
            os.replace(packed, target)
        sync_folder(target.parent)
    return manifest


def _applied_migrations() -> list[str]:
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415

    return [f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()]


def _pack(packed: Path, staged: Path, names: list[str], manifest: dict[str, Any]) -> None:
    handle = os.open(packed, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as raw:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=COMPRESSION, filename="", mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w") as tar,
        ):
            content = json.dumps(manifest, indent=2).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
            for name in names:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = (staged / name).stat().st_size, 0o600
                with (staged / name).open("rb") as file:
                    tar.addfile(entry, file)
        raw.flush()
        os.fsync(raw.fileno())


def _unpack(packed: Path, folder: Path | None, *, shown: Path) -> dict[str, Any]:
    """Read a backup whole, check every byte, and write its files into `folder` when one is given."""
    seen: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(packed, mode="r:gz") as tar:
            for entry in tar:
                if not entry.isfile() or entry.name not in {MANIFEST, DATABASE, DUMP, SECRET} or entry.name in seen:
                    raise RuleBroken(NOT_A_BACKUP, path=shown, why=f"it holds {entry.name!r}")
                file = tar.extractfile(entry)
                if file is None:
                    raise RuleBroken(DAMAGED, path=shown, why=f"{entry.name} cannot be read")
                if entry.name == MANIFEST:
                    manifest = json.loads(file.read(CHUNK))
                    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
                        raise RuleBroken(NOT_A_BACKUP, path=shown, why="its form is not known here")
                    continue
                if not manifest:
                    raise RuleBroken(NOT_A_BACKUP, path=shown, why="its list of contents is missing")
                seen[entry.name] = _take_out(file, folder / entry.name if folder else None)
    except (tarfile.TarError, EOFError, OSError, ValueError, gzip.BadGzipFile) as error:
        raise RuleBroken(DAMAGED, path=shown, why=str(error) or "it ends too early") from error
    if not manifest:
        raise RuleBroken(NOT_A_BACKUP, path=shown, why="its list of contents is missing")
    wanted = {name: (facts["bytes"], facts["sha256"]) for name, facts in manifest["files"].items()}
    for name in sorted(wanted.keys() | seen.keys()):
        if wanted.get(name) != seen.get(name):
            raise RuleBroken(DAMAGED, path=shown, why=f"{name} is not what was written")
    return manifest


def _take_out(file: Any, target: Path | None) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    out = target.open("wb") if target else None
    try:
        while block := file.read(CHUNK):
            digest.update(block)
            size += len(block)
            if out:
                out.write(block)
    finally:
        if out:
            out.close()
    return size, digest.hexdigest()


# --- bringing it back ------------------------------------------------------------------------------------------------


def _check_fits(manifest: dict[str, Any], path: Path) -> None:
    if manifest["database"] != _engine():
        raise RuleBroken(OTHER_DATABASE, path=path, theirs=manifest["database"], ours=_engine())
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    unknown = [name for name in manifest["migrations"] if name not in known]
    if unknown:
        raise RuleBroken(TOO_NEW, path=path, names=", ".join(unknown[:3]))


def restore_backup(path: Path, *, at: datetime, steps: Steps) -> tuple[dict[str, Any], Path | None]:
    """Bring a backup back; returns its manifest and where the data it replaced is kept."""
    from django.conf import settings  # noqa: PLC0415

    data_dir: Path = settings.DATA_DIR
    if not path.is_file():
        raise RuleBroken(NO_FILE, path=path)
    data_dir.mkdir(parents=True, exist_ok=True)
    steps.step("Checking the backup")
    manifest = _unpack(path, None, shown=path)
    _check_fits(manifest, path)
    _check_room(data_dir, 3 * sum(facts["bytes"] for facts in manifest["files"].values()))
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder:
        staged = Path(folder) / "staged"
        staged.mkdir()
        steps.step("Unpacking")
        _unpack(path, staged, shown=path)
        if (staged / DATABASE).exists():
            try:
                _check_sqlite(staged / DATABASE)
            except sqlite3.DatabaseError as error:
                raise RuleBroken(DAMAGED, path=path, why=str(error)) from error
        kept = _keep_present(data_dir, at=at, steps=steps)
        steps.step("Putting the backup in place")
        if (staged / DUMP).exists():
            options = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner", "--no-acl")
            dump = Path(folder) / DUMP
            os.replace(staged / DUMP, dump)
            _run_postgres("pg_restore", *options, f"--dbname={settings.DATABASES['default']['NAME']}", str(dump))
        # Opening the staged database may have left its helpers beside it.
        for helper in staged.glob(f"{DATABASE}-*"):
            helper.unlink()
        decide(staged, data_dir)
        finish_restore()
    return manifest, kept


def _keep_present(data_dir: Path, *, at: datetime, steps: Steps) -> Path | None:
    """Put a backup of the present data aside; None when there is nothing yet."""
    source = sqlite_path()
    if source is not None and not source.exists():
        return None
    if not _has_tables():
        return None
    kept = data_dir / "kept" / f"before-restore-{at:%Y%m%d-%H%M%S-%f}.tar.gz"
    make_backup(kept, at=at, steps=steps)
    return kept


def _has_tables() -> bool:
    from django.db import DatabaseError, connection  # noqa: PLC0415

    source = sqlite_path()
    if source is not None:
        with closing(sqlite3.connect(source)) as database:
            return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone())
    try:
        return "django_migrations" in connection.introspection.table_names()
    except DatabaseError:
        return False


# --- the commands ----------------------------------------------------------------------------------------------------


def _backup(
    path: Annotated[
        Path | None, typer.Argument(help="Where to write it (.tar.gz); in the data directory when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Copy everything into one checked file while the server runs. Keep it as safe as the server itself."""
    wake()
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    at = timezone.now()
    target = path or settings.DATA_DIR / "backups" / f"headway-{at:%Y%m%d-%H%M%S}.tar.gz"
    if target.is_dir():
        target = target / f"headway-{at:%Y%m%d-%H%M%S}.tar.gz"
    with progress(is_quiet=as_json) as steps:
        manifest = make_backup(target, at=at, steps=steps)
    size = target.stat().st_size
    if as_json:
        say_json({"path": str(target), "bytes": size, "manifest": manifest})
        return
    say(f"Backup written and read back: {target} ({size / 2**20:.1f} MB)")
    if manifest["secret_from_environment"]:
        say("The secret comes from HEADWAY_SECRET_KEY and is not in it: keep it too, or printed cards stop working.")


def _restore(
    path: Annotated[Path, typer.Argument(help="A file that `headway backup` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Bring a backup back, whole or not at all. The present data is kept aside first."""
    wake()
    from django.utils import timezone  # noqa: PLC0415

    with progress(is_quiet=as_json) as steps:
        manifest, kept = restore_backup(path, at=timezone.now(), steps=steps)
    if as_json:
        say_json({"restored": str(path), "kept": str(kept) if kept else None, "manifest": manifest})
        return
    say(f"Restored the data of {manifest['made_at']}.")
    if kept:
        say(f"What was here before is kept in {kept}")
    say("Start the server again, if one is running.")


_backup.__name__, _restore.__name__ = "backup", "restore"
backup = (_backup, examples("headway backup", "headway backup /media/usb/monday.tar.gz", "headway backup --json"))
restore = (_restore, examples("headway restore /media/usb/monday.tar.gz"))
