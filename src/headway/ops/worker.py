"""Do tasks that servers left in the database: on any number of machines, as many times as there are cores to spare."""

from __future__ import annotations

from typing import Annotated

import typer

from headway.core.shared.errors import RuleBroken
from headway.ops.terminal import examples, say
from headway.ops.wake import wake

NOT_NEEDED = (
    "Here the server itself does such work, so no worker is needed. To use workers, set HEADWAY_TASKS=database for the "
    "servers and the workers, then start them again."
)


def _worker(
    once: Annotated[bool, typer.Option("--once", help="Do what waits now, then end.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between looks when nothing waits.", min=0.1, max=60)] = 1.0,
) -> None:
    """Do work that outlives a request, such as drafting weeks, as long as this runs. Needs HEADWAY_TASKS=database."""
    wake()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    if settings.TASKS_IN != "database":
        raise RuleBroken(NOT_NEEDED)
    if not once:
        say("Waiting for work (Ctrl-C stops after the class in hand)")
    call_command("db_worker", interval=interval, batch=once, reload=False, startup_delay=not once, verbosity=0)


_worker.__name__ = "worker"
worker = (_worker, examples("headway worker", "headway worker --once"))
