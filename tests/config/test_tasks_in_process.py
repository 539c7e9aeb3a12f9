"""Tasks done beside the requests: after the commit, one after another, whatever becomes of the one before."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django_tasks import task

from headway.config import in_process
from headway.config.in_process import InProcessBackend, Line

DONE: list[int] = []
THREADS: set[str] = set()
FINISHED = threading.Event()


@task()
def note(number: int) -> None:
    """Remember a number; 0 ends, and a number below it goes wrong."""
    if number < 0:
        raise ValueError("below zero")
    DONE.append(number)
    THREADS.add(threading.current_thread().name)
    if number == 0:
        FINISHED.set()


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> InProcessBackend:
    """A backend with a line of its own."""
    DONE.clear()
    THREADS.clear()
    FINISHED.clear()
    monkeypatch.setattr(in_process, "LINE", Line())
    return InProcessBackend("default", {})


@pytest.mark.django_db
def test_a_task_waits_for_the_commit(backend: InProcessBackend, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        backend.enqueue(note, (0,), {})
        assert not FINISHED.is_set()
    assert FINISHED.wait(30)


@pytest.mark.django_db(transaction=True)
def test_tasks_are_done_by_one_thread_in_the_order_in_which_they_came(backend: InProcessBackend) -> None:
    for number in (3, 2, 1, 0):
        backend.enqueue(note, (number,), {})
    assert FINISHED.wait(30)
    assert DONE == [3, 2, 1, 0]
    assert sorted(THREADS) == ["headway-tasks"]


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_is_told_in_the_log_and_stops_no_other(
    backend: InProcessBackend, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="headway.tasks"):
        backend.enqueue(note, (-1,), {})
        backend.enqueue(note, (0,), {})
        assert FINISHED.wait(30)
    assert "below zero" in caplog.text


def test_every_thread_that_asks_shares_one_line() -> None:
    line, seen, ended = Line(), [], threading.Event()

    def put(number: int) -> None:
        line.put(partial(seen.append, number))

    askers = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    line.put(partial(ended.set))
    assert ended.wait(30)
    assert sorted(seen) == [0, 1, 2, 3]
    assert sum(thread.name == "headway-tasks" for thread in threading.enumerate()) >= 1


def test_the_threads_connections_are_closed_after_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, ended = threading.Event(), threading.Event()
    monkeypatch.setattr(type(connections), "close_all", lambda _self: closed.set())
    line = Line()
    line.put(partial(ended.set))
    assert ended.wait(30)
    assert closed.wait(30)
