"""The production server: starts, answers, stops, and says why when it cannot."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.ops.command_line import app
from tests.ops.conftest import HEADWAY, Run, clean_environment

SECONDS_TO_START = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[str]) -> bytes:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
                return bytes(answer.read())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {address}")


def test_the_server_answers_and_stops_when_it_is_told(data_dir: Path, static_root: Path) -> None:
    port = _free_port()
    server = subprocess.Popen(
        [str(HEADWAY), "serve", "--port", str(port), "--workers", "1"],
        env=clean_environment(data_dir, HEADWAY_STATIC_ROOT=str(static_root)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        page = _wait_for(f"http://127.0.0.1:{port}/sign-in/", server)
    finally:
        server.send_signal(signal.SIGTERM)
        shown, _errors = server.communicate(timeout=60)
    assert (b"<form" in page, server.returncode, f"http://localhost:{port}/" in shown) == (True, 0, True)


def test_without_static_files_it_says_what_to_run(headway: Run, tmp_path: Path) -> None:
    done = headway("serve", HEADWAY_STATIC_ROOT=str(tmp_path / "nothing"))
    assert (done.returncode, "headway assets" in done.stderr) == (1, True)


def test_a_port_in_use_is_named(headway: Run, static_root: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = headway("serve", "--port", str(port), HEADWAY_STATIC_ROOT=str(static_root))
    assert (done.returncode, f"Port {port} of 127.0.0.1 is in use" in done.stderr) == (1, True)


@pytest.mark.parametrize("port", ["0", "70000", "door"])
def test_a_port_that_cannot_be_is_wrong_use(port: str) -> None:
    assert CliRunner().invoke(app, ["serve", "--port", port]).exit_code == 2
