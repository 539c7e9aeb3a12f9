"""The `headway` command line: the contents page. Each command has a file of its own."""

from __future__ import annotations

import sys

import typer

from headway.core.shared.errors import HeadwayError
from headway.ops import exports, imports
from headway.ops.assets import assets
from headway.ops.backup import backup, restore
from headway.ops.demo.command import demo
from headway.ops.doctor import doctor
from headway.ops.leader import add_leader
from headway.ops.library import app as library
from headway.ops.mastery.command import app as mastery
from headway.ops.nightly import nightly
from headway.ops.plan import plan
from headway.ops.serve import migrate, serve
from headway.ops.simulate import simulate
from headway.ops.terminal import REFUSED, complain, examples
from headway.ops.worker import worker

app = typer.Typer(
    name="headway",
    help="Teacher-driven, personalized, mastery-based learning: every student gets a week that fits.",
    epilog=examples("headway demo", "headway doctor", "headway COMMAND --help"),
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help comes up twice as fast
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, epilog in (
    serve,
    worker,
    demo,
    plan,
    nightly,
    doctor,
    backup,
    restore,
    assets,
    migrate,
    add_leader,
    simulate,
):
    app.command(epilog=epilog)(command)
app.add_typer(imports.app, name="import")
app.add_typer(exports.app, name="export")
app.add_typer(mastery, name="mastery")
app.add_typer(library, name="library")


def main() -> None:
    """Run the command line; a refusal is one sentence and exit code 1, never a traceback."""
    try:
        app()
    except HeadwayError as error:
        complain(str(error))
        sys.exit(REFUSED)
