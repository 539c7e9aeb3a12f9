"""Whose turn it is to write.

SQLite has one writer at a time. Who finds it busy sleeps 1, 2, 5 ... 100 ms and knocks again, whoever came first: with
fifty students answering at once most get through in no time and a few wait for seconds. Here writers queue instead:
threads of a process behind each other, and of each process the first one behind the others. Nobody who waits is passed
by more often than there are processes.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows: threads queue, and processes wait as SQLite lets them
    fcntl = None  # type: ignore[assignment]

LOOK_AGAIN_SECONDS = 0.0003


class Queue:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def enter(self, seconds: float) -> bool:
        """Wait for one's turn, at most so long; return whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # it came at the very last moment

    def leave(self) -> None:
        """Let the next one in."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Turns:
    """The turns of one database file."""

    def __init__(self, path: Path) -> None:
        self._threads = Queue()
        self._path = path
        self._files: tuple[int, int] | None = None
        self._process = 0

    def take(self, seconds: float) -> bool:
        """Wait until nobody else writes; after so many seconds go on without a turn, and let SQLite decide."""
        ends = time.monotonic() + seconds
        if not self._threads.enter(seconds):
            return False
        if fcntl is None:
            return True
        try:
            next_one, writing = self._open()
            # Whoever stands at the door is next: the process that wrote just now has to stand behind.
            if self._lock(next_one, ends):
                has_it = self._lock(writing, ends)
                fcntl.flock(next_one, fcntl.LOCK_UN)
                if has_it:
                    return True
        except OSError:
            # A file system without locks: SQLite's own waiting has to do.
            return True
        self._threads.leave()
        return False

    def give(self) -> None:
        """End one's turn."""
        if fcntl is not None and self._files is not None:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._threads.leave()

    def _open(self) -> tuple[int, int]:
        # A forked process shares its parent's locks, so it opens the files anew.
        if self._files is None or self._process != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            first, second = (os.open(f"{self._path}-{name}", flags, 0o600) for name in ("next", "writing"))
            self._files, self._process = (first, second), os.getpid()
        return self._files

    @staticmethod
    def _lock(file: int, ends: float) -> bool:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > ends:
                    return False
                time.sleep(LOOK_AGAIN_SECONDS)
            else:
                return True


_turns: dict[str, Turns] = {}
_guard = threading.Lock()


def turns_of(path: str) -> Turns:
    """Return the turns of a database file; all connections of a process share them."""
    with _guard:
        if path not in _turns:
            _turns[path] = Turns(Path(path))
        return _turns[path]
