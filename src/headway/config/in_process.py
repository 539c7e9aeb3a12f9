"""Tasks done by a thread of this process: the embedded default, where a school has one machine and no broker."""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from queue import SimpleQueue
from typing import Any

from django.db import connections, transaction
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import TaskResult

log = logging.getLogger("headway.tasks")


class InProcessBackend(ImmediateBackend):
    """Do tasks one after another beside the requests; who asks does not wait.

    Nothing is kept here: what a killed server had not done stands in the run's own rows, and is taken up from there.
    """

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        # The thread has a connection of its own, which sees only what is committed.
        transaction.on_commit(partial(LINE.put, partial(self.do, task_result)))

    def do(self, task_result: TaskResult[Any]) -> None:
        """Do a task now; one that fails is told in the log."""
        super()._execute_task(task_result)
        for error in task_result.errors:
            log.error("A task failed: %s", error.traceback)


class Line:
    """Work that waits for the one thread of this process. Django makes a backend for each thread; they share this."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: SimpleQueue[partial[None]] = SimpleQueue()
        self._process = 0

    def put(self, work: partial[None]) -> None:
        """Let this be done after what waits already."""
        with self._guard:
            # A forked server process has its parent's line, and not its thread.
            if self._process != os.getpid():
                self._waiting, self._process = SimpleQueue(), os.getpid()
                # A daemon, so that a server that is told to stop does not wait for a thousand classes.
                threading.Thread(target=work_off, args=(self._waiting,), name="headway-tasks", daemon=True).start()
        self._waiting.put(work)


def work_off(waiting: SimpleQueue[partial[None]]) -> None:
    """Do what waits, one after another, for as long as the process lives."""
    while True:
        work = waiting.get()
        try:
            work()
        except Exception:
            log.exception("A task could not be done.")
        finally:
            connections.close_all()


LINE = Line()
