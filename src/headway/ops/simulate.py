"""`headway simulate`: does a drafted week help? A term with simulated students, under several ways to spend the minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from headway.core.shared.errors import HeadwayError, RuleBroken, gettext_noop
from headway.ops.terminal import REFUSED, Steps, complain, examples, progress, say, say_json
from headway.ops.wake import wake

if TYPE_CHECKING:
    from headway.core.trial.figures import Table
    from headway.core.trial.parameters import Parameters, Source

GOES_ON = gettext_noop("{done} of {total} seeds were done already.")
STOPPED = gettext_noop("Stopped. What was done is kept: the same command goes on from there.")
RUNNING = gettext_noop("A term with simulated students")
READING = gettext_noop("Reading {file}")
KEPT_IN = gettext_noop("Kept in {path}: numbers only, no answers.")
WRITTEN = gettext_noop("The figures now stand in {path}.")
NO_COLUMN = gettext_noop("{file} has no column whose name begins with “absences”.")
NO_NUMBER = gettext_noop("{file} has no number of absences in line {line}.")
HOW = gettext_noop(
    "{weeks} weeks, {classes} classes a seed, {seeds} seeds; in the other worlds {others}. Code and parameters {key}."
)
COST = gettext_noop("Simulated students are not students: docs/does-it-help.md says what this can and cannot show.")

INTERRUPTED: Final = 130
ONLY_SHOWS: Final = frozenset({"figures.py", "explain.py"})  # a change there changes no figure
QUICK_SEEDS, QUICK_WEEKS = 3, 4
PARAMETERS_FILE, FOLDER = "trial-parameters.json", "simulate"


def _simulate(
    seeds: Annotated[int, typer.Option(help="How many seeds in the world as assumed.", min=1, max=1000)] = 30,
    other_seeds: Annotated[
        int, typer.Option(help="How many seeds in each of the other worlds; 0 leaves them out.", min=0, max=1000)
    ] = 8,
    weeks: Annotated[int, typer.Option(help="How long the term is.", min=1, max=40)] = 12,
    classes: Annotated[int, typer.Option(help="How many classes there are a seed.", min=1, max=10)] = 2,
    quick: Annotated[bool, typer.Option("--quick", help="A look: 3 seeds, 4 weeks, 1 class, no other worlds.")] = False,
    workers: Annotated[int, typer.Option(help="How many seeds are run at the same time.", min=1, max=64)] = 1,
    write: Annotated[
        Path | None, typer.Option(help="A Markdown file; the figures are put between its two marks.", dir_okay=False)
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(help="Take parameters from a log of answers instead.", exists=True, dir_okay=False),
    ] = None,
    absences: Annotated[
        Path | None,
        typer.Option(
            help="Take attendance from a table with a row a student and columns “absences…” instead.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    school_days: Annotated[int, typer.Option(help="How many school days these absences are of.", min=1)] = 175,
    only: Annotated[
        list[str] | None, typer.Option(help="Take only this number from the log; may be given several times.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Which column of the log holds what, like student=PUPIL.")
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(help="The file of parameters; one in the data folder, else the shipped one.", dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run a term with simulated students: the same work for all, self-paced, greedy, and the planner; compare what is learned.

    Finished seeds are kept in the data folder: an interrupted run goes on where it stopped.
    """
    wake()
    try:
        if calibrate is not None or absences is not None:
            _calibrate(calibrate, absences, school_days, tuple(only or ()), column or (), parameters, as_json=as_json)
            return
        if quick:
            seeds, weeks, classes, other_seeds = min(seeds, QUICK_SEEDS), min(weeks, QUICK_WEEKS), 1, 0
        _run(seeds, other_seeds, weeks, classes, workers, write, parameters, as_json=as_json)
    except HeadwayError as refusal:
        _refuse(refusal, as_json=as_json)
        raise typer.Exit(REFUSED) from refusal
    except KeyboardInterrupt:
        complain(_words(STOPPED))
        raise typer.Exit(INTERRUPTED) from None


def _words(sentence: str, facts: Mapping[str, Any] | None = None) -> str:
    from headway.ops.mastery.telling import words  # noqa: PLC0415

    return words(sentence, facts)


def _refuse(refusal: HeadwayError, *, as_json: bool) -> None:
    reason = _words(refusal.sentence, refusal.facts)
    if as_json:
        say_json({"refused": True, "reason": reason})
    else:
        complain(reason)


# --- parameters -------------------------------------------------------------------------------------------------------


def _own_file(given: Path | None) -> Path:
    from django.conf import settings  # noqa: PLC0415

    return given or Path(settings.DATA_DIR) / PARAMETERS_FILE


def _sources(given: Path | None) -> tuple[Source, ...]:
    from headway.core.trial.parameters import NOT_PARAMETERS, shipped_sources, sources_from_json  # noqa: PLC0415

    path = _own_file(given)
    if not path.is_file():
        return () if given is not None else shipped_sources()
    try:
        return sources_from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as problem:  # not JSON, or not even text
        raise RuleBroken(NOT_PARAMETERS, problem=str(problem)) from problem


def _calibrate(
    log: Path | None,
    absences: Path | None,
    school_days: int,
    only: tuple[str, ...],
    column: Sequence[str],
    into: Path | None,
    *,
    as_json: bool,
) -> None:
    """Take what files say, and keep it beside what others said before."""
    from headway.core.trial.parameters import as_json as plain_of  # noqa: PLC0415
    from headway.core.trial.parameters import with_source  # noqa: PLC0415
    from headway.ops.mastery.kept import write_json  # noqa: PLC0415

    sources, found = _sources(into), []
    with progress(is_quiet=as_json) as steps:
        if log is not None:
            found.append(_from_log(log, only, column, steps))
        if absences is not None:
            found.append(_from_absences(absences, school_days))
    for source in found:
        sources = with_source(sources, source)
    path = _own_file(into)
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = plain_of(sources)
    write_json(path, plain)
    if as_json:
        say_json(plain)
        return
    for source in found:
        _tell_source(source)
    _tell_parameters(plain["parameters"])
    say(_words(KEPT_IN, {"path": path}))


def _from_log(path: Path, only: tuple[str, ...], column: Sequence[str], steps: Steps) -> Source:
    import tempfile  # noqa: PLC0415

    from headway.core.trial.calibrating import calibrate  # noqa: PLC0415
    from headway.exchange.response_log.table import read_log  # noqa: PLC0415
    from headway.ops.mastery.command import columns_of  # noqa: PLC0415

    steps.step(_words(READING, {"file": path.name}))
    with tempfile.TemporaryDirectory() as scratch:
        table = read_log(
            path, work_folder=Path(scratch), columns=columns_of(column), groups=(), split=None, steps=steps
        )
        # The file's own name says little (responses.csv); with its folder it says which log.
        return calibrate(table.log, name=_name_of(path), fingerprint=table.fingerprint, only=only)


def _name_of(path: Path) -> str:
    stem = path.name.split(".", 1)[0]
    return f"{path.resolve().parent.name}/{stem}"


def _from_absences(path: Path, school_days: int) -> Source:
    import csv  # noqa: PLC0415
    import hashlib  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    from headway.core.trial.calibrating import from_absences  # noqa: PLC0415
    from headway.exchange.shared.packages import read_text  # noqa: PLC0415

    text = read_text(path, fallback="latin-1")
    lines = text.splitlines()
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=head.count))
    names = [name for name in rows.fieldnames or () if name.lower().startswith("absences")]
    if not names:
        raise RuleBroken(NO_COLUMN, file=path.name)
    totals = []
    for line, row in enumerate(rows, start=2):
        try:
            totals.append(sum(float(row[name] or 0) for name in names))
        except (TypeError, ValueError) as problem:
            raise RuleBroken(NO_NUMBER, file=path.name, line=line) from problem
    return from_absences(
        np.array(totals),
        school_days=float(school_days),
        name=_name_of(path),
        fingerprint=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _tell_source(source: Source) -> None:
    from rich.table import Table as Drawn  # noqa: PLC0415

    from headway.ops.terminal import console  # noqa: PLC0415

    drawn = Drawn("", source.name, title_justify="left")
    drawn.add_row("answers or rows", f"{source.rows:,}")
    drawn.add_row("students", f"{source.students:,}")
    for name, value in (*source.numbers.items(), *source.beside.items()):
        drawn.add_row(name if name in source.numbers else f"({name})", f"{value:.4f}")
    console().print(drawn)


def _tell_parameters(parameters: Mapping[str, float]) -> None:
    say(", ".join(f"{name} {value:g}" for name, value in parameters.items()))


# --- running ----------------------------------------------------------------------------------------------------------


def _key(parameters: Parameters, weeks: int, classes: int) -> str:
    """Return what names a run: the code that thinks, the parameters, how long and how many; figures of another are not ours."""
    import hashlib  # noqa: PLC0415

    from headway.core import evidence, grouping, planning, trial  # noqa: PLC0415

    digest = hashlib.sha256(json.dumps([str(parameters), weeks, classes]).encode())
    for package in (evidence, grouping, planning, trial):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            if source.name not in ONLY_SHOWS:
                digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _seed(task: tuple[str, int, int, int, Parameters]) -> tuple[str, int, dict[str, dict[str, float]]]:
    """Run one seed of one world; a worker's whole job."""
    import time  # noqa: PLC0415

    from headway.core.evidence.learner_model import shipped_model  # noqa: PLC0415
    from headway.core.trial.term import run_seed  # noqa: PLC0415

    world, seed, weeks, classes, parameters = task
    figures = run_seed(
        seed,
        world=world,
        parameters=parameters,
        model=shipped_model(),
        weeks=weeks,
        classes=classes,
        clock=time.process_time,
    )
    return world, seed, figures


def _finished(path: Path) -> dict[tuple[str, int], dict[str, dict[str, float]]]:
    """Return the seeds of earlier runs; a line that an interruption cut is left out."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found[row["world"], row["seed"]] = row["figures"]
    return found


def _end_last_line(path: Path) -> None:
    """End a line that an interruption cut, so that it spoils no later one."""
    if path.is_file() and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as kept:
            kept.write("\n")


def _results(
    tasks: Sequence[tuple[str, int, int, int, Parameters]], workers: int
) -> Iterator[tuple[str, int, dict[str, dict[str, float]]]]:
    if workers == 1 or len(tasks) < 2:
        yield from map(_seed, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    with ProcessPoolExecutor(min(workers, len(tasks)), get_context("spawn"), initializer=wake) as pool:
        waiting = [pool.submit(_seed, task) for task in tasks]
        try:
            for one in as_completed(waiting):
                yield one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _run(
    seeds: int,
    other_seeds: int,
    weeks: int,
    classes: int,
    workers: int,
    write: Path | None,
    parameters_file: Path | None,
    *,
    as_json: bool,
) -> None:
    from django.conf import settings  # noqa: PLC0415

    from headway.core.trial.assumptions import BASE, WORLDS  # noqa: PLC0415
    from headway.core.trial.figures import summary, tables  # noqa: PLC0415
    from headway.core.trial.parameters import parameters_of  # noqa: PLC0415

    parameters = parameters_of(_sources(parameters_file))
    key = _key(parameters, weeks, classes)
    folder = Path(settings.DATA_DIR) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}.jsonl"
    wanted = [(world, seed) for world in WORLDS for seed in range(seeds if world == BASE else other_seeds)]
    done = {one: figures for one, figures in _finished(path).items() if one in set(wanted)}
    if done and not as_json:
        say(_words(GOES_ON, {"done": len(done), "total": len(wanted)}))
    tasks = [(world, seed, weeks, classes, parameters) for world, seed in wanted if (world, seed) not in done]
    _end_last_line(path)
    with progress(is_quiet=as_json) as steps, path.open("a", encoding="utf-8") as kept:
        if tasks:
            steps.step(_words(RUNNING), total=len(wanted))
            steps.advance(len(done))
        for world, seed, figures in _results(tasks, workers):
            kept.write(json.dumps({"world": world, "seed": seed, "figures": figures}) + "\n")
            kept.flush()
            done[world, seed] = figures
            steps.advance()
    by_world = {
        world: [done[world, seed] for other, seed in wanted if other == world]
        for world in WORLDS
        if any(other == world for other, _seed_number in wanted)
    }
    how = {"weeks": weeks, "classes": classes, "seeds": seeds, "others": other_seeds, "key": key}
    found = tables(by_world, words=_words)
    if write is not None:
        _write(write, found, _words(HOW, how))
    if as_json:
        from headway.ops.mastery.telling import plain  # noqa: PLC0415

        say_json(
            plain(
                {
                    **how,
                    "parameters": {name: getattr(parameters, name) for name in parameters.__dataclass_fields__},
                    "worlds": {world: summary(own) for world, own in by_world.items()},
                }
            )
        )
        return
    _tell(found)
    say(_words(HOW, how))
    say(_words(COST))
    if write is not None:
        say(_words(WRITTEN, {"path": write}))


def _tell(found: Sequence[Table]) -> None:
    from rich.table import Table as Drawn  # noqa: PLC0415

    from headway.ops.terminal import console  # noqa: PLC0415

    for table in found:
        drawn = Drawn(title=table.title, title_justify="left", header_style="bold")
        for place, head in enumerate(table.head):
            drawn.add_column(head, justify="left" if place == 0 else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console().print(drawn)


def _write(path: Path, found: Sequence[Table], how: str) -> None:
    from headway.core.trial.figures import put_between  # noqa: PLC0415
    from headway.ops.mastery.kept import written_whole  # noqa: PLC0415

    old = path.read_text(encoding="utf-8") if path.is_file() else "# Does it help?\n"
    figures = "\n\n".join([how, *(table.markdown() for table in found)])
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        beside.write_text(put_between(old, f"\n{figures}\n"), encoding="utf-8")


_simulate.__name__ = "simulate"
simulate = (
    _simulate,
    examples(
        "headway simulate --quick",
        "headway simulate --workers 2 --write docs/does-it-help.md",
        "headway simulate --calibrate answers.csv.gz",
        "headway simulate --calibrate cards.csv.gz --only stability_days",
        "headway simulate --absences students.csv --school-days 175",
    ),
)
