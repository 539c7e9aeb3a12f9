"""A backup is whole although others write; a restore is whole or not at all, even when the power goes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from headway.core.shared.errors import RuleBroken
from headway.ops import backup, restoring
from headway.ops.terminal import Quiet
from tests.ops.conftest import Run, clean_environment, run_headway

AT = datetime(2026, 10, 26, 15, tzinfo=UTC)
# Writes pairs for ever: in every consistent copy both tables have the same number of rows.
WRITER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
while True:
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO one_side VALUES (randomblob(300))")
    database.execute("INSERT INTO other_side VALUES (randomblob(300))")
    database.execute("COMMIT")
"""


def _database(data_dir: Path) -> Path:
    return data_dir / "headway.sqlite3"


def _fill(data_dir: Path, value: str, rows: int = 50) -> None:
    with closing(sqlite3.connect(_database(data_dir))) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS ledger (value TEXT, ballast BLOB)")
        database.execute("DELETE FROM ledger")
        database.executemany("INSERT INTO ledger VALUES (?, randomblob(900))", [(value,)] * rows)


def _ledger(data_dir: Path) -> tuple[list[str], int]:
    with closing(sqlite3.connect(_database(data_dir))) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        values = [row[0] for row in database.execute("SELECT DISTINCT value FROM ledger ORDER BY value")]
        return values, database.execute("SELECT count(*) FROM ledger").fetchone()[0]


def test_a_backup_is_consistent_while_another_process_writes(headway: Run, data_dir: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(_database(data_dir))) as database, database:
        database.execute("CREATE TABLE one_side (ballast BLOB)")
        database.execute("CREATE TABLE other_side (ballast BLOB)")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(_database(data_dir))])
    try:
        time.sleep(1)
        done = headway("backup", str(tmp_path / "copy.tar.gz"))
        still_writes = writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    assert (done.returncode, still_writes) == (0, True), done.stderr
    with tarfile.open(tmp_path / "copy.tar.gz") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    with closing(sqlite3.connect(tmp_path / "out" / "database.sqlite3")) as copy:
        counts = [copy.execute(f"SELECT count(*) FROM {side}").fetchone()[0] for side in ("one_side", "other_side")]  # noqa: S608
    assert counts[0] == counts[1] > 0


@pytest.fixture
def here(data_dir: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let functions in this process work on this test's data directory."""
    settings.DATA_DIR = data_dir
    for module in (backup, restoring):
        monkeypatch.setattr(module, "sqlite_path", lambda: _database(data_dir))
    return data_dir


def _backup(path: Path) -> dict[str, Any]:
    return backup.make_backup(path, at=AT, steps=Quiet())


def _restore(path: Path) -> Path | None:
    return backup.restore_backup(path, at=datetime.now(UTC), steps=Quiet())[1]


def test_a_backup_names_its_files_with_checksums_and_is_for_its_owner_only(here: Path, tmp_path: Path) -> None:
    made = _backup(tmp_path / "copy.tar.gz")
    assert sorted(made["files"]) == ["database.sqlite3", "secret-key"]
    assert (tmp_path / "copy.tar.gz").stat().st_mode & 0o077 == 0


def test_a_backup_never_replaces_a_file(here: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.tar.gz").write_text("precious")
    with pytest.raises(RuleBroken, match="is there already"):
        _backup(tmp_path / "copy.tar.gz")
    assert (tmp_path / "copy.tar.gz").read_text() == "precious"


def test_a_restore_brings_data_and_secret_back_and_keeps_what_was_there(here: Path, tmp_path: Path) -> None:
    secret = (here / "secret-key").read_text()
    _fill(here, "old")
    _backup(tmp_path / "old.tar.gz")
    _fill(here, "new")
    (here / "secret-key").write_text("another secret that is long enough to be one, surely")
    kept = _restore(tmp_path / "old.tar.gz")
    assert (_ledger(here)[0], (here / "secret-key").read_text()) == (["old"], secret)
    assert kept is not None
    _restore(kept)
    assert _ledger(here)[0] == ["new"]


def test_a_backup_comes_back_on_an_empty_machine(headway: Run, data_dir: Path, tmp_path: Path) -> None:
    _fill(data_dir, "old")
    made = json.loads(headway("backup", str(tmp_path / "copy.tar.gz"), "--json").stdout)
    done = run_headway(tmp_path / "elsewhere", "restore", made["path"], "--json")
    assert (json.loads(done.stdout)["kept"], _ledger(tmp_path / "elsewhere")[0]) == (None, ["old"])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _repack(path: Path, change: Callable[[Path], None], *more: tuple[str, str]) -> None:
    folder = path.with_suffix(".folder")
    with tarfile.open(path) as tar:
        names = tar.getnames()
        tar.extractall(folder, filter="data")
    change(folder)
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            tar.add(folder / name, arcname=name)
        for name, shown in more:
            tar.add(folder / name, arcname=shown)


def _another_database(path: Path) -> None:
    """A whole archive whose database is not the one that its list of contents names."""

    def change(folder: Path) -> None:
        (folder / "database.sqlite3").write_bytes(b"SQLite format 3\x00" + b"x" * 5000)

    _repack(path, change)


def _a_file_elsewhere(path: Path) -> None:
    """An archive that would write outside its folder."""
    _repack(path, lambda folder: None, ("secret-key", "../../secret-key"))


def _damaged_before_packing(path: Path) -> None:
    """A database that was damaged before it was packed: all checksums agree."""

    def change(folder: Path) -> None:
        content = b"SQLite format 3\x00" + b"x" * 9000
        (folder / "database.sqlite3").write_bytes(content)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"]["database.sqlite3"] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
        (folder / "manifest.json").write_text(json.dumps(manifest))

    _repack(path, change)


def _no_archive(path: Path) -> None:
    path.write_text("Dear school, here is your backup.")


@pytest.mark.parametrize(
    "damage", [_flip, _cut, _another_database, _a_file_elsewhere, _damaged_before_packing, _no_archive]
)
def test_a_damaged_backup_is_refused_whole(here: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    _fill(here, "old")
    _backup(tmp_path / "copy.tar.gz")
    _fill(here, "new")
    damage(tmp_path / "copy.tar.gz")
    with pytest.raises(RuleBroken, match="Nothing was changed"):
        _restore(tmp_path / "copy.tar.gz")
    assert _ledger(here)[0] == ["new"]


def test_a_refused_restore_is_one_sentence_and_exit_code_1(headway: Run, tmp_path: Path) -> None:
    _no_archive(tmp_path / "copy.tar.gz")
    done = headway("restore", str(tmp_path / "copy.tar.gz"))
    assert (done.returncode, "is damaged" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_backup_of_a_newer_headway_is_refused(here: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(_database(here))) as database, database:
        later = "INSERT INTO django_migrations (app, name, applied) VALUES ('records', '9999_later', '2031-01-01')"
        database.execute(later)
    _backup(tmp_path / "copy.tar.gz")
    with pytest.raises(RuleBroken, match=r"records\.9999_later"):
        _restore(tmp_path / "copy.tar.gz")


KILL_AND_RESTORE = """
import os, signal, sqlite3, sys, threading
from headway.ops import backup, restoring, wake
from headway.ops.terminal import Quiet
from datetime import UTC, datetime
from pathlib import Path
wake.wake()
place, point = Path(sys.argv[1]), sys.argv[2]

def die(*facts, **more):
    os.kill(os.getpid(), signal.SIGKILL)

class Steps(Quiet):
    def step(self, words, total=None):
        if words == point:
            die()

if point == "before it is decided":
    backup.decide = die
elif point == "once it is decided":
    backup.finish_restore = die
elif point == "while the database is replaced":
    real = restoring.copy_database
    def slowly(source, target):
        threading.Timer(0.003, die).start()
        real(source, target)
    restoring.copy_database = slowly
elif point == "before the secret is replaced":
    restoring.shutil.copy2 = lambda *names: die() if "restore-ready" in str(names[0]) else None
backup.restore_backup(place, at=datetime.now(UTC), steps=Steps())
"""


@pytest.mark.parametrize(
    ("point", "becomes"),
    [
        ("Unpacking", "old"),
        ("Putting the backup in place", "old"),
        ("before it is decided", "old"),
        ("once it is decided", "new"),
        ("while the database is replaced", "new"),
        ("before the secret is replaced", "new"),
    ],
)
def test_a_restore_that_is_killed_leaves_the_old_data_or_the_new(
    here: Path, tmp_path: Path, point: str, becomes: str
) -> None:
    _fill(here, "new", rows=6000)
    _backup(tmp_path / "copy.tar.gz")
    _fill(here, "old", rows=5000)
    killed = subprocess.run(
        [sys.executable, "-c", KILL_AND_RESTORE, str(tmp_path / "copy.tar.gz"), point],
        env=clean_environment(here),
        check=False,
        capture_output=True,
    )
    restoring.finish_restore()  # what any next command does first
    assert (killed.returncode, _ledger(here)) == (-signal.SIGKILL, ([becomes], {"old": 5000, "new": 6000}[becomes]))


def test_a_decided_restore_is_finished_by_the_next_command(headway: Run, data_dir: Path, tmp_path: Path) -> None:
    _fill(data_dir, "new")
    ready = data_dir / "restore-ready"
    ready.mkdir()
    shutil.copy(_database(data_dir), ready / "database.sqlite3")
    (ready / "secret-key").write_text("the secret that was decided on, long enough to be one")
    _fill(data_dir, "old")
    assert headway("migrate").returncode == 0
    assert _ledger(data_dir)[0] == ["new"]
    assert (data_dir / "secret-key").read_text().startswith("the secret that was decided on")


def test_a_server_that_reads_sees_the_old_rows_or_the_new_ones(here: Path, tmp_path: Path) -> None:
    _fill(here, "old")
    _backup(tmp_path / "old.tar.gz")
    _fill(here, "new")
    with closing(sqlite3.connect(_database(here), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM ledger").fetchone()
        _restore(tmp_path / "old.tar.gz")
        during = reader.execute("SELECT DISTINCT value FROM ledger").fetchall()
        reader.execute("COMMIT")
        after = reader.execute("SELECT DISTINCT value FROM ledger").fetchall()
    assert (during, after) == ([("new",)], [("old",)])


def test_there_is_nothing_to_back_up_before_the_first_start(tmp_path: Path) -> None:
    done = run_headway(tmp_path / "data", "backup")
    assert (done.returncode, "There is no database yet" in done.stderr) == (1, True)


@pytest.fixture
def postgres_url() -> str:
    """An empty PostgreSQL database of this test's own."""
    url = os.environ.get("HEADWAY_TEST_POSTGRES_URL", "")
    if not url or not shutil.which("pg_dump"):
        pytest.skip("HEADWAY_TEST_POSTGRES_URL is not set, or pg_dump is not installed")
    import psycopg  # noqa: PLC0415

    name = f"headway_backup_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{name}"


def test_postgresql_is_backed_up_and_brought_back(postgres_url: str, tmp_path: Path) -> None:
    import psycopg  # noqa: PLC0415

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_headway(tmp_path / "data", *arguments, HEADWAY_DATABASE_URL=postgres_url)

    def people() -> int:
        with psycopg.connect(postgres_url) as database:
            row = database.execute("SELECT count(*) FROM records_person").fetchone()
            return int(row[0]) if row else -1

    assert run("add-leader", "Rosa Amaya", "--school", "Quarry Road School").returncode == 0
    made = run("backup", str(tmp_path / "copy.tar.gz"))
    if "server version" in made.stderr:
        pytest.skip("pg_dump is older than the server")
    assert made.returncode == 0, made.stderr
    run("add-leader", "Second Leader", "--school", "Quarry Road School")
    done = run("restore", str(tmp_path / "copy.tar.gz"))
    assert (done.returncode, people()) == (0, 1), done.stderr
