"""Puts short texts into another language with the Apertium that is installed on this machine, or says that there is none."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import subprocess
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import IO

MODES = Path("/usr/share/apertium/modes")
LONGEST_SECONDS = 1.0
STARTING_SECONDS = 5.0
LONGEST_CHARACTERS = 2000
# Characters that are Apertium's own marks, and the end of a text at which every program of the pipeline answers.
_MARKS = re.compile(r"([\[\]{}^$@\\/<>*~+#])")
_END = b"[][\n]\0"


class _Pipeline:
    """The programs of one language pair, started and waiting."""

    def __init__(self, mode: Path) -> None:
        commands = [
            shlex.split(part.replace("$1", "-g").replace("$2", ""))
            for part in mode.read_text("utf-8").strip().split("|")
        ]
        self.processes: list[subprocess.Popen[bytes]] = []
        before: IO[bytes] | int = subprocess.PIPE
        for name, *options in commands:
            process = subprocess.Popen(  # noqa: S603  the mode file is the operator's own
                [name, "-z", *options], stdin=before, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            )
            if self.processes:
                # The next program holds the other end: this one must notice when its reader dies.
                self.processes[-1].stdout.close()  # type: ignore[union-attr]
            self.processes.append(process)
            before = process.stdout or subprocess.PIPE
        self.is_new = True

    def ask(self, text: str) -> str | None:
        """Return the translation, or None where the programs died or are too slow."""
        into, out = self.processes[0].stdin, self.processes[-1].stdout
        if into is None or out is None:
            return None
        until = time.monotonic() + (STARTING_SECONDS if self.is_new else LONGEST_SECONDS)
        heard = b""
        try:
            into.write(_MARKS.sub(r"\\\1", text).encode() + _END)
            while not heard.endswith(b"\0"):
                ready, _, _ = select.select([out], [], [], max(0.0, until - time.monotonic()))
                more = os.read(out.fileno(), 65536) if ready else b""
                if not more:
                    return None
                heard += more
        except OSError:
            return None
        self.is_new = False
        plain = heard.removesuffix(_END).removesuffix(b"\0").decode("utf-8", "replace")
        return re.sub(r"\\(.)", r"\1", plain).replace("*", "").strip()

    def end(self) -> None:
        """Stop the programs."""
        for process in self.processes:
            with contextlib.suppress(OSError):
                process.kill()
        for process in self.processes:
            process.wait()
            for end in (process.stdin, process.stdout):
                if end is not None:
                    end.close()


_pipelines: dict[str, _Pipeline] = {}
_one_at_a_time = threading.Lock()


def can_translate(*, of: str = "spa", into: str = "eng") -> bool:
    """Return whether this machine has the language pair (three-letter codes)."""
    return (MODES / f"{of}-{into}.mode").is_file()


def translated(text: str, *, of: str = "spa", into: str = "eng") -> str | None:
    """Return a short text in another language, or None where that cannot be had in a second."""
    plain = " ".join(re.sub(r"[\x00-\x1f]", " ", text).split())[:LONGEST_CHARACTERS]
    if not plain or not can_translate(of=of, into=into):
        return None
    try:
        return _asked(plain, f"{of}-{into}")
    except _NoAnswerError:
        return None


class _NoAnswerError(Exception):
    """Raised so that a failure is not remembered as an answer."""


@lru_cache(maxsize=1000)
def _asked(text: str, pair: str) -> str:
    with _one_at_a_time:
        try:
            if pair not in _pipelines:
                _pipelines[pair] = _Pipeline(MODES / f"{pair}.mode")
            answer = _pipelines[pair].ask(text)
        except (OSError, ValueError):
            answer = None
        if answer is None:
            # An answer that comes too late would be taken for the next one's, so the programs go with it.
            broken = _pipelines.pop(pair, None)
            if broken is not None:
                broken.end()
            raise _NoAnswerError
    return answer


def _forget_in_a_child() -> None:
    """Let a forked process start programs of its own: two that read from one pipe would share out the answers."""
    _pipelines.clear()


os.register_at_fork(after_in_child=_forget_in_a_child)
