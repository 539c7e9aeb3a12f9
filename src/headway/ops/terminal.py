"""What a person at a terminal sees: sentences, progress, and JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import typer

if TYPE_CHECKING:
    from rich.console import Console

FINE, REFUSED, WRONG_USE = 0, 1, 2
EXIT_CODES = "Exit codes: 0 fine, 1 problems found or refused, 2 wrong use."


def examples(*lines: str) -> str:
    """Return the foot of a command's help: examples, then the exit codes."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExamples:\n{shown}\n\n{EXIT_CODES}"


def console() -> Console:
    """Return the console for people's eyes; the result for machines goes to stdout through `say_json`."""
    from rich.console import Console  # noqa: PLC0415  `headway --help` stays quick

    return Console(highlight=False, soft_wrap=True)


def say(words: str) -> None:
    """Write a line for a person."""
    console().print(words)


def complain(words: str) -> None:
    """Write a line about something that went wrong, away from any result."""
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(words)}[/red]")


def say_json(result: object) -> None:
    """Write the result as one JSON document."""
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))


def refuse(words: str) -> typer.Exit:
    """Say why not, and return the exit to raise."""
    complain(words)
    return typer.Exit(REFUSED)


class Steps(Protocol):
    """Reports how a long piece of work goes."""

    def step(self, words: str, total: int | None = None) -> None:
        """Begin the next step; without a total it only shows that something moves."""

    def advance(self, by: int = 1) -> None:
        """Move the present step forward."""


class Quiet:
    """Shows nothing: for tests and for `--json`."""

    def step(self, words: str, total: int | None = None) -> None:
        """Begin the next step."""

    def advance(self, by: int = 1) -> None:
        """Move the present step forward."""


@contextmanager
def progress(*, is_quiet: bool = False) -> Iterator[Steps]:
    """Show a bar for each step on stderr; in a file or a pipe each step is one line."""
    if is_quiet:
        yield Quiet()
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    screen = Console(stderr=True, highlight=False)
    if not screen.is_terminal:
        yield _Lines(screen)
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=screen
    ) as bars:
        shown = _Bars(bars)
        yield shown
        shown.finish()


class _Lines:
    def __init__(self, screen: Console) -> None:
        self.screen = screen

    def step(self, words: str, total: int | None = None) -> None:
        self.screen.print(f"{words} ...")

    def advance(self, by: int = 1) -> None:
        pass


class _Bars:
    def __init__(self, bars: object) -> None:
        from rich.progress import Progress  # noqa: PLC0415

        assert isinstance(bars, Progress)  # noqa: S101  narrows the type that could not be imported above
        self.bars = bars
        self.task: int | None = None

    def finish(self) -> None:
        if self.task is not None:
            for task in self.bars.tasks:
                if task.id == self.task:
                    self.bars.update(task.id, total=task.total or 1, completed=task.total or 1)

    def step(self, words: str, total: int | None = None) -> None:
        self.finish()
        self.task = self.bars.add_task(words, total=total)

    def advance(self, by: int = 1) -> None:
        for task in self.bars.tasks:
            if task.id == self.task:
                self.bars.advance(task.id, by)
