"""The real server, as `headway serve` starts it, and what it costs."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load import RUN_SECONDS_AT_MOST, Load
from benchmarks.schools import PROJECT, environment, program

START_SECONDS_AT_MOST = 60


@dataclass
class Server:
    """A running server."""

    port: int
    process: psutil.Process
    start_seconds: float

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server and its workers so far."""
        total = 0.0
        for each in [self.process, *self.process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                spent = each.cpu_times()
                total += spent.user + spent.system
        return total

    def load(self, clients: list[list[dict[str, Any]]]) -> tuple[Load, float]:
        """Send requests from a process of its own; returns what happened and the server's CPU seconds."""
        before = self.cpu_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=json.dumps({"port": self.port, "clients": clients}),
            check=True,
            capture_output=True,
            text=True,
            cwd=PROJECT,
            timeout=RUN_SECONDS_AT_MOST + 60,
        )
        return Load(**json.loads(done.stdout)), self.cpu_seconds() - before

    def get(self, path: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """Fetch one address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/sign-in/")
        status = connection.getresponse().status
        connection.close()
    except OSError:
        return False
    return status == 200


@contextlib.contextmanager
def serving(data_dir: Path, settings: str = "headway.config.settings") -> Iterator[Server]:
    """Serve a school while the block runs; start is timed until the sign-in page came."""
    port, began = _free_port(), time.perf_counter()
    log = (data_dir / "server.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [program("headway"), "serve", "--port", str(port)],
        env=environment(data_dir, DJANGO_SETTINGS_MODULE=settings),
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=PROJECT,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > START_SECONDS_AT_MOST:
                raise SystemExit(f"The server did not start:\n{(data_dir / 'server.log').read_text()[-3000:]}")
            time.sleep(0.02)
        yield Server(port=port, process=psutil.Process(process.pid), start_seconds=time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()
