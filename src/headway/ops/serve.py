"""Serve Headway with a production server."""

from __future__ import annotations

import gc
import os
import socket
from importlib import import_module
from typing import Annotated

import typer

from headway.core.shared.errors import RuleBroken
from headway.ops.terminal import Steps, examples, progress, say
from headway.ops.wake import migrate as bring_up_to_date
from headway.ops.wake import wake

APPLICATION = "headway.config.wsgi"
MOST_WORKERS = 4
THREADS_PER_WORKER = 4
NO_STATIC = "The static files are not collected yet. Run `headway assets`, then start again."
PORT_TAKEN = "Port {port} of {host} is in use. Stop what listens there, or choose another with --port."
WRONG_PORT = "Headway may not listen on {host} port {port}: {why}. Choose another with --host and --port."


def workers_for_this_machine() -> int:
    """Return one worker for each core, up to four; more would only wait for one database."""
    return max(1, min(MOST_WORKERS, os.cpu_count() or 1))


def check_port(host: str, port: int) -> None:
    """Raise RuleBroken unless the address is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno in {98, 48, 10048}
            raise RuleBroken(
                PORT_TAKEN if taken else WRONG_PORT, host=host, port=port, why=error.strerror or ""
            ) from error


def address_of(host: str, port: int) -> str:
    """Return the address a person types on this machine."""
    name = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def check_static() -> None:
    """Raise RuleBroken unless the static files are collected."""
    from headway.ops.assets import manifest_path  # noqa: PLC0415

    if not manifest_path().exists():
        raise RuleBroken(NO_STATIC)


def compile_if_needed(steps: Steps) -> None:
    """Compile the learner model and the planner once for all server processes, where `headway assets` has not done it."""
    from headway.core.shared import compiled  # noqa: PLC0415

    if not compiled.is_kept():
        steps.step("Compiling the learner model and the planner, this once")
        from headway.core.evidence.warm_up import warm_up  # noqa: PLC0415
        from headway.core.planning.planner import compile_now  # noqa: PLC0415

        warm_up()
        compile_now()


def index_if_needed(steps: Steps) -> None:
    """Build the search index where there is none yet, so that nobody's first search waits for it."""
    from headway.records.library import search_index  # noqa: PLC0415
    from headway.records.library.queries import count_of_resources  # noqa: PLC0415

    if not search_index.is_built():
        steps.step("Building the search index", count_of_resources())
        search_index.rebuild(steps.advance)


def run_server(*, host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    from django.db import connections  # noqa: PLC0415
    from granian import Granian  # noqa: PLC0415
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    from headway.records.library import search_index  # noqa: PLC0415

    # Loaded once here, so that the workers, which are forks of this process, share the memory of what never changes.
    import_module(APPLICATION)
    search_index.preload()
    gc.collect()
    gc.freeze()
    connections.close_all()  # a forked worker must open its own
    Granian(
        target=f"{APPLICATION}:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS_PER_WORKER,
        backlog=2048,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    ).serve()


def _serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for the whole network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Server processes; 0 means one per core, up to four.", min=0)] = 0,
) -> None:
    """Serve Headway. Brings the database up to date first."""
    wake()
    check_static()
    check_port(host, port)
    with progress() as steps:
        bring_up_to_date(steps)
        compile_if_needed(steps)
        index_if_needed(steps)
    say(f"Headway is at {address_of(host, port)}  (Ctrl-C stops it)")
    run_server(host=host, port=port, workers=workers or workers_for_this_machine())
    say("Headway has stopped.")


def _migrate() -> None:
    """Bring the database up to date."""
    wake()
    with progress() as steps:
        applied = bring_up_to_date(steps)
    say(f"{len(applied)} migrations applied." if applied else "The database is up to date.")


_serve.__name__, _migrate.__name__ = "serve", "migrate"
serve = (_serve, examples("headway serve", "headway serve --host 0.0.0.0 --port 8080 --workers 2"))
migrate = (_migrate, examples("headway migrate"))
