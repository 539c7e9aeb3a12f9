"""`headway export`: what Headway keeps goes out in other systems' forms. The writing itself belongs to headway.exchange."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from headway.ops.terminal import examples
from headway.ops.wake import migrate, wake

app = typer.Typer(
    help="Write what is kept here in the forms of other systems.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def exports() -> None:
    """Write what is kept here in the forms of other systems."""


@app.command(
    epilog=examples(
        "headway export lrmi > library.jsonld",
        "headway export lrmi --lines --to library.jsonl",
        "headway export lrmi --source common-cartridge --base https://headway.example.school",
    )
)
def lrmi(
    source: Annotated[str, typer.Option(help="Only what came from this source.")] = "",
    base: Annotated[str, typer.Option(help="The address of this Headway; resources are named below it.")] = "",
    lines: Annotated[bool, typer.Option("--lines", help="One description a line (JSON Lines).")] = False,
    to: Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)] = None,
) -> None:
    """Write the resources shared by all schools as schema.org/LRMI descriptions in JSON-LD."""
    wake()
    migrate()
    from headway.exchange.lrmi import writing  # noqa: PLC0415
    from headway.records.library import queries as library  # noqa: PLC0415

    resources = library.resources_to_write_out(source=source).iterator(chunk_size=1000)
    if lines:
        written = (line + "\n" for line in writing.lines_of(resources, base=base.rstrip("/")))
    else:
        written = (
            json.dumps(writing.graph_of(resources, base=base.rstrip("/")), ensure_ascii=False, indent=1) + "\n"
            for _ in range(1)
        )
    if to is None:
        for part in written:
            typer.echo(part, nl=False)
        return
    with to.open("w", encoding="utf-8") as file:
        file.writelines(written)


@app.command(
    epilog=examples(
        "headway export qti --to questions.zip",
        "headway export qti --source oatutor --to questions.zip",
    )
)
def qti(
    to: Annotated[Path, typer.Option(help="Write the package to this file (.zip).", dir_okay=False)],
    source: Annotated[str, typer.Option(help="Only what came from this source.")] = "",
) -> None:
    """Write the questions shared by all schools as a package of QTI 3: items, tests, and the files they show."""
    wake()
    migrate()
    from headway.exchange.qti import writing  # noqa: PLC0415
    from headway.records.library import queries as library  # noqa: PLC0415

    to.write_bytes(writing.package_of(library.resources_to_write_out(source=source).iterator(chunk_size=1000)))
