"""`headway library`: keep what resources mean, and measure how well the library finds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from headway.ops.terminal import examples, progress, say, say_json
from headway.ops.wake import wake

app = typer.Typer(
    help="Keep what resources mean, and measure how well the library finds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command(epilog=examples("headway library index", "headway library index --json"))
def index(*, as_json: JsonOption = False) -> None:
    """Build the search index anew from the database, while the old one goes on answering.

    Needed only to mend: the server follows every change by itself.
    """
    wake()
    from headway.records.library import search_index  # noqa: PLC0415
    from headway.records.library.queries import count_of_resources  # noqa: PLC0415

    began = time.monotonic()
    with progress(is_quiet=as_json) as steps:
        steps.step("Indexing", count_of_resources())
        count = search_index.rebuild(steps.advance)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        say_json({"resources": count, "seconds": seconds})
        return
    from django.utils.translation import ngettext  # noqa: PLC0415

    words = ngettext(
        "{count} resource can be found ({seconds} s).", "{count} resources can be found ({seconds} s).", count
    )
    say(words.format(count=count, seconds=seconds))


@app.command(epilog=examples("headway library meaning"))
def meaning(*, as_json: JsonOption = False) -> None:
    """Read what every resource means, so that searches find it without its words.

    Goes on where it stopped; what did not change is not read again. Needs the sentence model (docs/relevance.md).
    """
    wake()
    from headway.records.library import meaning as kept  # noqa: PLC0415

    began = time.monotonic()
    with progress(is_quiet=as_json) as steps:
        built = kept.build(steps)
    if as_json:
        say_json({**built._asdict(), "seconds": round(time.monotonic() - began, 1)})
        return
    from django.utils.translation import gettext  # noqa: PLC0415

    say(
        gettext("{made} resources read, {changed} read again, {unchanged} as before, {gone} gone.").format(
            **built._asdict()
        )
    )


@app.command(
    epilog=examples(
        "headway library relevance ../shared/data/content/relevance",
        "headway library relevance FOLDER --json",
        "headway library relevance FOLDER --only oak",
    )
)
def relevance(
    folder: Annotated[
        Path, typer.Argument(help="The folder of judged sets; what they name lies there or one above.", exists=True)
    ],
    *,
    only: Annotated[str, typer.Option(help="Only sets with these letters in their name.")] = "",
    keep: Annotated[
        Path | None, typer.Option(help="Where vectors are kept between runs; usually in the data folder.")
    ] = None,
    words_only: Annotated[
        bool, typer.Option("--words-only", help="Leave the meaning out, even where there is a model.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how well questions find what people said is right: by words, by meaning, by both, translated from Spanish.

    Every set of the folder that has the form of a judged set is measured, also one that nobody has seen.
    """
    wake()
    from django.conf import settings  # noqa: PLC0415

    from headway.ops.relevance import measure  # noqa: PLC0415

    with progress(is_quiet=as_json) as steps:
        found = measure(folder, keep or Path(settings.DATA_DIR) / "relevance", steps, only=only, words_only=words_only)
    if as_json:
        say_json(found)
    else:
        _tell(found)


def _tell(found: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    from headway.ops.terminal import console  # noqa: PLC0415

    for one in found["sets"]:
        say(f"{one['set']}: {one['left_out'] if 'left_out' in one else one['questions']}")
        if "left_out" in one:
            continue
        table = Table("", "Recall@10", "Found@10", "Recall@5", "MRR")
        for way, parts in one["ways"].items():
            for part, told in parts.items():
                shares = (f"{told[name]:.3f}" for name in ("recall_10", "found_10", "recall_5", "reciprocal_rank"))
                table.add_row(way if part == "all" else f"  {part.replace('_', ' ')}", *shares)
        console().print(table)
        if "not_translated" in one:
            say(one["not_translated"])
    if not found["has_model"]:
        say("Words alone: there is no sentence model on this machine (docs/relevance.md says how to add one).")
