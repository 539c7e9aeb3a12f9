"""`headway demo`: a school to look around in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headway.core.shared.errors import RuleBroken
from headway.ops.serve import (
    address_of,
    check_port,
    check_static,
    compile_if_needed,
    index_if_needed,
    run_server,
    workers_for_this_machine,
)
from headway.ops.terminal import examples, progress, say, say_json
from headway.ops.wake import migrate, migrations_waiting, wake

REAL_SCHOOL = (
    "The data directory {path} holds a real school, and the demo school never mixes with one. "
    "Choose another with HEADWAY_DATA_DIR."
)
NOT_HERE = "Only the demo on its own SQLite database can start over. Unset HEADWAY_DATABASE_URL first."


def _start_over() -> None:
    """Forget the demo school: its database goes, everything else in the data directory stays."""
    from django.db import connections  # noqa: PLC0415

    from headway.ops.restoring import sqlite_path  # noqa: PLC0415

    path = sqlite_path()
    if path is None:
        raise RuleBroken(NOT_HERE)
    if path.exists() and not migrations_waiting():
        _check_only_demo(path.parent)
    connections.close_all()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _check_only_demo(folder: Path) -> None:
    """Raise RuleBroken when there is any school but the demo's."""
    from headway.ops.demo.files import SOURCE  # noqa: PLC0415
    from headway.records.roster import queries  # noqa: PLC0415

    if queries.organisations_from_elsewhere(SOURCE).exists():
        raise RuleBroken(REAL_SCHOOL, path=folder)


def _demo(
    reset: Annotated[bool, typer.Option("--reset", help="Forget the demo school and make it anew.")] = False,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the school and stop.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the sign-in cards as JSON; goes with --no-serve.")
    ] = False,
) -> None:
    """Make the demo school, once, and serve it. What you change stays until --reset."""
    if as_json and not no_serve:
        raise typer.BadParameter("--json goes with --no-serve.")
    wake()
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from headway.ops.demo.loader import is_loaded, load  # noqa: PLC0415
    from headway.ops.demo.welcome import sign_in_cards, welcome  # noqa: PLC0415

    if not no_serve:
        check_static()
        check_port(host, port)
    with progress(is_quiet=as_json) as steps:
        if reset:
            _start_over()
        migrate(steps)
        if not is_loaded():
            _check_only_demo(settings.DATA_DIR)
            load(at=timezone.now(), steps=steps)
        if not no_serve:
            compile_if_needed(steps)
            index_if_needed(steps)
    address = address_of(host, port)
    cards = sign_in_cards(address, at=timezone.now())
    if as_json:
        say_json(cards)
        return
    welcome(cards, address if not no_serve else "")
    if no_serve:
        return
    run_server(host=host, port=port, workers=workers_for_this_machine())
    say("Headway has stopped. The demo school stays as you left it.")


_demo.__name__ = "demo"
demo = (_demo, examples("headway demo", "headway demo --reset", "headway demo --no-serve --json"))
