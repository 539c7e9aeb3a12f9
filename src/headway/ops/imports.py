"""`headway import`: files of other systems come in. The reading itself belongs to headway.exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headway.ops.terminal import examples, progress, refuse, say, say_json
from headway.ops.wake import migrate, wake

if TYPE_CHECKING:
    from headway.exchange.shared.import_report import ImportReport

app = typer.Typer(
    help="Take in files of other systems. Taking the same file twice changes nothing; a broken file is refused whole.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

PathArgument = Annotated[Path, typer.Argument(help="The file, or a folder of files.", exists=True)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def _take(reading: str, path: Path, as_json: bool) -> None:
    """Run one standard's `take_file` and tell what became of the rows."""
    wake()
    from importlib import import_module  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.shared.import_report import FileRefused  # noqa: PLC0415

    migrate()
    try:
        with progress(is_quiet=as_json) as steps:
            steps.step(f"Reading {path.name}")
            report = import_module(reading).take_file(path, by=None, at=timezone.now())
    except FileRefused as refused:
        if as_json:
            say_json(refused.as_json())
        where = f" ({refused.place})" if refused.place else ""
        raise refuse(f"{path}{where}: {refused} Nothing was taken in.") from refused
    if as_json:
        say_json(report.as_json())
    else:
        _tell(report)


def _tell(report: ImportReport) -> None:
    """Show a report to a person."""
    from rich.markup import escape  # noqa: PLC0415

    for noun, taken in report.taken.items():
        say(f"{noun}: {taken.made} made, {taken.changed} changed, {taken.unchanged} unchanged")
    for told in (*report.refused, *report.notes):
        words = told.sentence.format(**told.facts) if told.facts else told.sentence
        places = f" ({', '.join(told.places)}{', ...' if told.times > len(told.places) else ''})" if told.places else ""
        say(escape(f"{told.times} x {words}{places}"))
    for name, value in report.facts.items():
        say(escape(f"{name}: {value}"))
    if report.changed_nothing:
        say("Nothing changed: all of it was here already.")


@app.command(epilog=examples("headway import case framework.json", "headway import case folder-of-frameworks/"))
def case(path: PathArgument, as_json: JsonOption = False) -> None:
    """Take in a framework in CASE 1.0 or 1.1 JSON."""
    _take("headway.exchange.case.reading", path, as_json)


@app.command(epilog=examples("headway import oatutor content-pool/"))
def oatutor(path: PathArgument, as_json: JsonOption = False) -> None:
    """Take in an open item pool in OATutor’s form."""
    _take("headway.exchange.oatutor.reading", path, as_json)


@app.command(epilog=examples("headway import responses answers.csv"))
def responses(path: PathArgument, as_json: JsonOption = False) -> None:
    """Take in a log of answers in CSV: student, item, correct, order or time, skill."""
    _take("headway.exchange.response_log.reading", path, as_json)
