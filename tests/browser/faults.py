"""A bad connection, made on purpose: a server that can be killed, and a proxy before it that drops, doubles and mixes up."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
# Before: nothing arrives. Middle: half of it does. After: the server has done it and nobody hears. Twice: it arrives two times.
# Mixed: the list arrives in another order. Slow: late, so that something else overtakes it.
FAULTS = ("before", "middle", "after", "twice", "mixed", "slow")
KILL = "kill"  # the server dies when it begins to answer: it has written and says nothing
STRIKE = "strike"  # the server dies while it works, before or after it has written
START_SECONDS = 180


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Headway in a process of its own, on a database file."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self._lock = Lock()

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        return {
            **os.environ,
            "HEADWAY_DATA_DIR": str(self.data),
            "HEADWAY_TEST_DATABASE": "",
            "DJANGO_SETTINGS_MODULE": "headway.config.settings_test",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }

    def start(self) -> None:
        """Start the process and wait until it answers."""
        words = [sys.executable, "-m", "tests.browser.offline_server", str(self.port)]
        log = (self.data / "server.log").open("ab")
        self.process = subprocess.Popen(words, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                raise AssertionError((self.data / "server.log").read_text()[-2000:])
            try:
                self.ask("GET", "/sw.js", {}, b"")
            except (OSError, HTTPException):
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server did not start within {START_SECONDS} s")

    def kill(self) -> None:
        """Pull the plug."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def die_and_come_back(self) -> None:
        """Pull the plug and start again; whoever asks meanwhile finds nobody."""
        with self._lock:
            self.kill()
            self.deaths += 1
            self.start()

    def wait_for_death(self, number: int) -> None:
        """Wait until the server has died so many times and is back."""
        ends = time.monotonic() + START_SECONDS
        while self.deaths < number:
            assert time.monotonic() < ends, "nobody killed the server"
            time.sleep(0.02)
        with self._lock:
            pass

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, list[Any], bytes]:
        """Pass a request on and return status, headers and body."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request(method, path, body=body or None, headers=dict(headers))
            reply = link.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            link.close()

    def begin(self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, share: float) -> HTTPConnection:
        """Send a request, or the first part of one, and return the open link."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            link.putheader(name, value)
        link.endheaders(body[: int(len(body) * share)])
        return link

    def rows(self, statement: str, values: Iterable[Any] = ()) -> list[Any]:
        """Ask the database file, past Headway."""
        link = sqlite3.connect(self.data / "headway.sqlite3", timeout=30)
        try:
            with link:
                return link.execute(statement, tuple(values)).fetchall()
        finally:
            link.close()

    def run(self, script: str) -> str:
        """Run lines of Python with Headway at hand, and return what they print."""
        done = subprocess.run(  # noqa: PLW1510  the exit code is looked at
            [sys.executable, "-c", f"import django; django.setup()\n{script}"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def new_session(self, key: str) -> str:
        """Return the key of another session of the same person: signing out of one leaves the others."""
        made = uuid4().hex
        self.rows(
            "INSERT INTO django_session (session_key, session_data, expire_date) "
            "SELECT ?, session_data, expire_date FROM django_session WHERE session_key = ?",
            [made, key],
        )
        return made

    def new_block(self, block_pk: int) -> tuple[int, str]:
        """Return (primary key, UUID) of a new block like another one, with nothing done in it."""
        uuid = uuid4()
        columns = [name for _n, name, *_more in self.rows("PRAGMA table_info(records_block)") if name != "id"]
        given = {"uuid": "?", "started_at": "NULL", "finished_at": "NULL", "feeling": "''"}
        values = ", ".join(given.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        [[pk]] = self.rows(
            f"INSERT INTO records_block ({names}) SELECT {values} FROM records_block WHERE id = ? RETURNING id",  # noqa: S608
            [uuid.hex, block_pk],
        )
        return int(pk), str(uuid)


class Proxy(ThreadingHTTPServer):
    """Stands before the server. `is_down` cuts every request; `next_faults` happen to the next things that are sent.

    `happened` lists the faults that happened, `kept` the pages that a device fetched to keep them.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, server: Server) -> None:
        super().__init__(("127.0.0.1", 0), Link)
        self.upstream, self.is_down = server, False
        self.next_faults: list[str] = []
        self.luck = random.Random(0)
        self.happened: list[str] = []
        self.kept: list[str] = []
        self._lock = Lock()
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where browsers go."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fault_for(self, method: str, path: str) -> str:
        """Return what happens to a request, "" where nothing does."""
        with self._lock:
            if method != "POST" or not path.endswith(("/check/", "/inbox/")) or not self.next_faults:
                return ""
            fault = self.next_faults.pop(0)
            self.happened.append(fault)
            return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up is no news."""


class Link(BaseHTTPRequestHandler):
    """One request on its way."""

    server: Proxy

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def cut(self) -> None:
        """Hang up without a word."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def pass_on(self) -> None:
        """Pass the request on, or do to it what is due."""
        upstream = self.server.upstream
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in {"connection", "content-length"}
        }
        if self.server.is_down:
            return self.cut()
        if "Headway-Pack" in self.headers:
            self.server.kept.append(self.path)
        fault = self.server.fault_for(self.command, self.path)
        if fault == "mixed" and self.path.endswith("/inbox/"):
            message = json.loads(body)
            self.server.luck.shuffle(message["operations"])
            body = json.dumps(message).encode()
        if body:
            headers["Content-Length"] = str(len(body))
        asked = (self.command, self.path, headers, body)
        try:
            if fault == "before":
                return self.cut()
            if fault == "middle":
                upstream.begin(*asked, share=0.5).close()
                return self.cut()
            if fault in (KILL, STRIKE):
                link = upstream.begin(*asked, share=1.0)
                if fault == KILL:
                    link.getresponse()  # its first line is here: what was asked is written
                else:
                    time.sleep(self.server.luck.random() * 0.05)
                upstream.die_and_come_back()
                link.close()
                return self.cut()
            if fault == "slow":
                time.sleep(self.server.luck.random() * 0.2)
            reply = upstream.ask(*asked)
            if fault == "twice":
                reply = upstream.ask(*asked)
        except (OSError, HTTPException):
            return self.cut()
        if fault == "after":
            return self.cut()
        status, names, content = reply
        self.send_response(status)
        for name, value in names:
            if name.lower() not in {"connection", "server", "date", "content-length", "transfer-encoding"}:
                self.send_header(name, value)
        if self.path.startswith("/static/"):
            self.send_header(
                "Cache-Control", "max-age=36000"
            )  # a run is about answers, not about loading the same script
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    do_GET = do_POST = do_HEAD = pass_on
