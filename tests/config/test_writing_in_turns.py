"""Writers queue in front of SQLite, and nobody keeps a turn by accident."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections

from headway.config.sqlite3.base import DatabaseWrapper
from headway.config.sqlite3.turns import Queue, Turns

pytestmark = pytest.mark.django_db  # only for leave to open connections


def connect(path: Path, seconds: float = 5) -> DatabaseWrapper:
    """Return a connection of its own to a database file."""
    usual = connections["default"].settings_dict
    settings: dict[str, Any] = {
        **usual,
        "ENGINE": "headway.config.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": seconds, "init_command": "PRAGMA journal_mode=WAL;"},
    }
    return DatabaseWrapper(settings, alias=f"turns-{path.name}")


def begin(connection: DatabaseWrapper) -> None:
    """Open a transaction as `atomic` does."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: DatabaseWrapper, *, keep: bool = True) -> None:
    """Close it as `atomic` does."""
    if keep:
        connection.commit()
    else:
        connection.rollback()
    connection.set_autocommit(True)


def test_threads_are_let_in_in_the_order_in_which_they_came() -> None:
    queue, order, threads = Queue(), [], []
    assert queue.enter(1)
    for number in range(5):
        came = threading.Event()

        def wait(number: int = number, came: threading.Event = came) -> None:
            came.set()
            assert queue.enter(5)
            order.append(number)
            queue.leave()

        thread = threading.Thread(target=wait)
        thread.start()
        came.wait(5)
        while len(queue._waiting) <= number:
            pass
        threads.append(thread)
    queue.leave()
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_too_long_leaves_the_queue() -> None:
    queue = Queue()
    assert queue.enter(1)
    assert not queue.enter(0.01)
    queue.leave()
    assert queue.enter(0.01)


def test_another_process_waits_until_the_turn_is_given_back(tmp_path: Path) -> None:
    mine, theirs = Turns(tmp_path / "school"), Turns(tmp_path / "school")
    assert mine.take(1)
    assert not theirs.take(0.01)
    mine.give()
    assert theirs.take(0.01)


@pytest.mark.parametrize("keep", [True, False])
def test_a_turn_ends_with_its_transaction(tmp_path: Path, keep: bool) -> None:
    first, second = connect(tmp_path / "school.sqlite3"), connect(tmp_path / "school.sqlite3")
    begin(first)
    end(first, keep=keep)
    begin(second)
    end(second)
    first.close()
    second.close()


def test_a_turn_ends_when_the_connection_is_closed(tmp_path: Path) -> None:
    first, second = connect(tmp_path / "school.sqlite3"), connect(tmp_path / "school.sqlite3", seconds=0.2)
    begin(first)
    first.close()
    begin(second)
    end(second)
    second.close()


def test_without_a_turn_sqlite_decides(tmp_path: Path) -> None:
    first, second = connect(tmp_path / "school.sqlite3"), connect(tmp_path / "school.sqlite3", seconds=0.05)
    begin(first)
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    end(first)
    second.set_autocommit(True)
    begin(second)
    end(second)
    first.close()
    second.close()
