"""`headway mastery`: fit the learner model on a log of answers, measure it, show its arithmetic.

Only `refit` needs a database.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from headway.core.shared.errors import HeadwayError, RuleBroken, gettext_noop
from headway.ops.refit import refit
from headway.ops.terminal import REFUSED, Steps, complain, examples, progress, say, say_json
from headway.ops.wake import wake

if TYPE_CHECKING:
    from headway.core.evidence.evaluation import FoldOutcome
    from headway.core.evidence.folds import Plan
    from headway.core.evidence.scorecards import Scorecards
    from headway.exchange.response_log.table import LogTable

app = typer.Typer(
    help="Fit the learner model on a log of answers, measure it on students it never saw, and show its arithmetic.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

app.command(epilog=refit[1])(refit[0])

LogArgument = Annotated[
    Path,
    typer.Argument(
        help="The log: CSV, JSON lines, Parquet, ...; plain, .gz, .zst or .zip.", exists=True, dir_okay=False
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Which column holds what, like student=PUPIL (student, item, correct, skill, order, time, hints, attempt, ...)."
    ),
]
PriorOption = Annotated[
    str, typer.Option(help="Where the fit may begin: “shipped”, “none”, or a model file. Whether it helps is tried.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
SplitOption = Annotated[
    str, typer.Option(help="The column that says which students are forecast (train/test, or numbers of folds).")
]
FoldsOption = Annotated[
    int,
    typer.Option(help="Put students into this many folds, whatever split the log has; 0 uses its own.", min=0, max=50),
]
PiecesOption = Annotated[
    int | None, typer.Option(help="Cut students’ answers into sequences of at most this many; 0 never does.", min=0)
]
GroupOption = Annotated[
    list[str] | None, typer.Option(help="Compare groups of this column, such as language; may be given several times.")
]

COLUMN_FORM = gettext_noop("“{given}” does not name a column. Write it like --column student=PUPIL.")
NO_MODEL_FILE = gettext_noop("There is no model file {path}. Choose one, or “shipped”, or “none”.")
NO_STUDENT = gettext_noop("The log has no student “{student}”. It has students such as {some}.")
CHOOSE_STUDENT = gettext_noop("Say which student, such as --student {some}.")
NO_GROUPS = gettext_noop("Say which column to compare by, such as --group language.")
GOES_ON_LOG = gettext_noop("Goes on where an interrupted run stopped: the log was read already.")
GOES_ON_FOLDS = gettext_noop("{done} of {total} folds were done already.")
GOES_ON_FIT = gettext_noop("The fit on held-out students was done already.")
STOPPED = gettext_noop("Stopped. What was done is kept: the same command goes on from there.")
WRITTEN = gettext_noop("{path}: version {version}, fitted on {answers} answers of {students} students.")
HELD_OUT_LOSS = gettext_noop(
    "Log loss on {students} students who were held out: {loss}. Then all were learned from, in as many passes ({passes})."
)
FOLD_WORDS = gettext_noop("Fold {number} of {total}")
TRYING = gettext_noop("Fitting, with some students held out")
FITTING = gettext_noop("Fitting on all students")
SIMULATING = gettext_noop("Simulating students")
LOOKING = gettext_noop("Looking at them")

INTERRUPTED: Final = 130  # the exit code of a program that Ctrl-C stopped


@contextmanager
def _refusing(path: Path | None, as_json: bool) -> Iterator[None]:
    """Turn a refusal into one sentence and exit code 1, and an interruption into one that says what was kept."""
    from headway.ops.mastery.telling import words  # noqa: PLC0415

    try:
        yield
    except HeadwayError as refusal:
        reason = words(refusal.sentence, refusal.facts)
        if as_json:
            say_json(
                {"file": str(path or ""), "refused": True, "place": getattr(refusal, "place", ""), "reason": reason}
            )
        else:
            complain(f"{path.name}: {reason}" if path else reason)
        raise typer.Exit(REFUSED) from refusal
    except KeyboardInterrupt:
        complain(words(STOPPED))
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _work(path: Path, options: Mapping[str, Any]) -> Iterator[Path]:
    from django.conf import settings  # noqa: PLC0415

    from headway.ops.mastery.kept import key_of, work_folder  # noqa: PLC0415

    with work_folder(settings.DATA_DIR / "mastery-work", key_of(path, options), now_seconds=time.time()) as folder:
        yield folder


def columns_of(given: Sequence[str] | None) -> dict[str, str]:
    """Return which column holds what, from options such as student=PUPIL."""
    columns = {}
    for one in given or ():
        part, is_named, name = one.partition("=")
        if not is_named or not name:
            raise RuleBroken(COLUMN_FORM, given=one)
        columns[part.strip()] = name.strip()
    return columns


def _model(given: str) -> Scorecards | None:
    from headway.core.evidence.scorecards import NOT_A_MODEL, from_json, shipped  # noqa: PLC0415

    if given in ("shipped", "none"):
        return shipped() if given == "shipped" else None
    path = Path(given)
    if not path.is_file():
        raise RuleBroken(NO_MODEL_FILE, path=given)
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as problem:  # not JSON, or not even text
        raise RuleBroken(NOT_A_MODEL) from problem


def _read(
    path: Path,
    folder: Path,
    steps: Steps,
    *,
    columns: Mapping[str, str],
    groups: Sequence[str] = (),
    split: str = "",
) -> tuple[LogTable, bool]:
    """Return a log as columns, and whether an interrupted run had read it already."""
    import shutil  # noqa: PLC0415

    from headway.exchange.response_log.table import read_log  # noqa: PLC0415
    from headway.ops.mastery.kept import keep_table, kept_table  # noqa: PLC0415

    kept = kept_table(folder)
    if kept is not None:
        return kept, True
    scratch = folder / "scratch-read"
    scratch.mkdir(exist_ok=True)
    table = read_log(path, work_folder=scratch, columns=columns, groups=groups, split=split or None, steps=steps)
    keep_table(folder, table)
    del table
    shutil.rmtree(scratch, ignore_errors=True)
    read = kept_table(folder)
    assert read is not None  # noqa: S101  it was written a line ago
    return read, False


def _moving(steps: Steps, words: str) -> Callable[[str, float], None]:
    """Return what a fit reports its progress to; every fit is a step of its own."""
    done, fits = 0, 0

    def moved(_what: str, share: float) -> None:
        nonlocal done, fits
        now = round(100 * share)
        if now <= done or not fits:
            fits += 1
            steps.step(words if fits == 1 else f"{words} ({fits})", total=100)
            done = 0
        steps.advance(now - done)
        done = now

    return moved


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


# --- fit -------------------------------------------------------------------------------------------------------------


@app.command(
    epilog=examples(
        "headway mastery fit answers.csv.gz",
        "headway mastery fit answers.csv --out school.json --name school-2026 --on 2026-11-25",
        "headway mastery fit answers.csv --column student=PUPIL --column correct=RESULT --prior none",
    )
)
def fit(
    log: LogArgument,
    out: Annotated[Path, typer.Option(help="Where the model is written.", dir_okay=False)] = Path("learner-model.json"),
    name: Annotated[str, typer.Option(help="The version; made from the log if none.")] = "",
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to write beside the figures; left out if none."),
    ] = None,
    column: ColumnOption = None,
    prior: PriorOption = "shipped",
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit the learner model on a log and write it as a small file. A log that says too little leaves the shipped model."""
    wake()
    from headway.core.evidence import learning  # noqa: PLC0415
    from headway.core.evidence.answer_log import with_places  # noqa: PLC0415
    from headway.core.evidence.scorecards import as_json as plain_of  # noqa: PLC0415
    from headway.ops.mastery import kept, telling  # noqa: PLC0415

    options = {"command": "fit", "column": column, "prior": prior, "seed": seed}
    with _refusing(log, as_json), _work(log, options) as folder:
        with progress(is_quiet=as_json) as steps:
            base = _model(prior)
            table, was_read = _read(log, folder, steps, columns=columns_of(column))
            answers = table.log if table.log.has_items else with_places(table.log)
            learning.check_learn(answers)
            tried = folder / "first.json"
            was_tried = tried.is_file()
            if was_tried:
                first = learning.first_fit_from_json(kept.read_json(tried))
            else:
                first = learning.learn_first(
                    answers, prior=base, seed=seed, folder=folder, progress=_moving(steps, telling.words(TRYING))
                )
                kept.write_json(tried, first.as_json())
            cards = learning.learn_all(
                answers,
                first,
                version=name or f"log-{table.fingerprint[:10]}",
                fingerprint=table.fingerprint,
                prior=base,
                facts={"fitted_on": f"{on:%Y-%m-%d}"} if on else None,
                seed=seed,
                folder=folder,
                progress=_moving(steps, telling.words(FITTING)),
            )
        kept.write_json(out, plain_of(cards))
        notes = [telling.words(*one) for one in learning.worth_knowing(answers, first, base)]
        if as_json:
            say_json(
                telling.plain(
                    {
                        "out": str(out),
                        "version": cards.version,
                        "answers": cards.answers,
                        "students": answers.students,
                        **first.as_json(),
                        "notes": notes,
                        "log": telling.log_as_json(table),
                        "resumed": {"log": was_read, "first_fit": was_tried},
                        "peak_megabytes": _peak_megabytes(),
                    }
                )
            )
            return
        _say_resumed(was_read, [telling.words(GOES_ON_FIT)] if was_tried else [])
        telling.tell_log(table)
        for note in notes:
            say(note)
        if first.held_out_loss is not None:
            facts = {"students": first.held_out_students, "loss": f"{first.held_out_loss:.4f}", "passes": first.passes}
            say(telling.words(HELD_OUT_LOSS, facts))
        facts = {"path": out, "version": cards.version, "answers": cards.answers, "students": answers.students}
        say(telling.words(WRITTEN, facts))


def _say_resumed(was_read: bool, more: Sequence[str]) -> None:
    from headway.ops.mastery.telling import words  # noqa: PLC0415

    if was_read:
        say(words(GOES_ON_LOG))
    for sentence in more:
        say(sentence)


# --- evaluate, report ------------------------------------------------------------------------------------------------


def _forecast_folds(
    log: Path,
    folder: Path,
    steps: Steps,
    *,
    column: Sequence[str] | None,
    group: Sequence[str],
    split: str,
    folds: int,
    pieces: int | None,
    prior: str,
    tell: Callable[[LogTable, Plan, bool, int], None],
) -> tuple[LogTable, Plan, list[FoldOutcome], dict[str, Any]]:
    """Read a log, fit and forecast fold by fold, keeping each; return what is there and what was kept from before."""
    from headway.core.evidence.evaluation import evaluate_fold  # noqa: PLC0415
    from headway.core.evidence.folds import plan_of  # noqa: PLC0415
    from headway.core.evidence.learning import check_learn  # noqa: PLC0415
    from headway.ops.mastery.kept import keep_outcome, kept_outcome  # noqa: PLC0415
    from headway.ops.mastery.telling import words  # noqa: PLC0415

    base = _model(prior)
    table, was_read = _read(log, folder, steps, columns=columns_of(column), groups=group, split=split)
    check_learn(table.log)
    plan = plan_of(table.log, folds=folds or None, pieces=pieces)
    outcomes: list[FoldOutcome] = []
    before = [fold.name for number, fold in enumerate(plan.folds) if (folder / f"fold-{number}.npz").is_file()]
    tell(table, plan, was_read, len(before))
    for number, fold in enumerate(plan.folds):
        path = folder / f"fold-{number}.npz"
        outcome = kept_outcome(path)
        if outcome is None:
            said = words(FOLD_WORDS, {"number": number + 1, "total": len(plan.folds)})
            outcome = evaluate_fold(
                plan, fold, prior=base, folder=folder, progress=_moving(steps, said), clock=time.process_time
            )
            keep_outcome(path, outcome)
        outcomes.append(outcome)
    return table, plan, outcomes, {"log": was_read, "folds": before}


def _tell_beginning(table: LogTable, plan: Plan, was_read: bool, done: int) -> None:
    from headway.ops.mastery.telling import tell_log, tell_plan, words  # noqa: PLC0415

    more = [words(GOES_ON_FOLDS, {"done": done, "total": len(plan.folds)})] if done else []
    _say_resumed(was_read, more)
    tell_log(table)
    tell_plan(plan)


@app.command(
    epilog=examples(
        "headway mastery evaluate answers.csv.gz",
        "headway mastery evaluate answers.csv --group language --group support",
        "headway mastery evaluate answers.csv --folds 5 --json",
        "headway mastery evaluate answers.csv --split set --pieces 200",
    )
)
def evaluate(
    log: LogArgument,
    group: GroupOption = None,
    column: ColumnOption = None,
    split: SplitOption = "",
    folds: FoldsOption = 0,
    pieces: PiecesOption = None,
    prior: PriorOption = "shipped",
    as_json: JsonOption = False,
) -> None:
    """Fit on some students and forecast others, fold by fold: how right, how well calibrated, how sure, and what it cost."""
    wake()
    import numpy as np  # noqa: PLC0415

    from headway.core.evidence.evaluation import summarize  # noqa: PLC0415
    from headway.core.evidence.group_report import group_report  # noqa: PLC0415
    from headway.ops.mastery import telling  # noqa: PLC0415

    groups = tuple(group or ())
    options = {
        "command": "evaluate",
        "column": column,
        "group": groups,
        "split": split,
        "folds": folds,
        "pieces": pieces,
        "prior": prior,
    }
    with _refusing(log, as_json), _work(log, options) as folder:
        with progress(is_quiet=as_json) as steps:
            table, plan, outcomes, resumed = _forecast_folds(
                log, folder, steps, column=column, group=groups, split=split, folds=folds, pieces=pieces, prior=prior,
                tell=(lambda *_: None) if as_json else _tell_beginning,
            )  # fmt: skip
            found = summarize(plan, outcomes)
        reports = [group_report(plan, outcomes, one, rng=np.random.default_rng(0)) for one in groups]
        peak = _peak_megabytes()
        if as_json:
            say_json(
                {
                    "log": telling.log_as_json(table),
                    "how": [telling.words(*one) for one in plan.sentences],
                    "folds": telling.folds_as_json(plan),
                    **telling.evaluation_as_json(found, peak_megabytes=peak),
                    "groups": {one.column: one.as_json() for one in reports},
                    "resumed": resumed,
                }
            )
            return
        telling.tell_evaluation(found, peak_megabytes=peak)
        for one in reports:
            telling.tell_report(one)


@app.command(
    epilog=examples(
        "headway mastery report answers.csv --group language",
        "headway mastery report answers.csv --group language --group support --json",
    )
)
def report(
    log: LogArgument,
    group: GroupOption = None,
    column: ColumnOption = None,
    split: SplitOption = "",
    folds: FoldsOption = 0,
    least: Annotated[
        int | None, typer.Option(help="Groups with fewer students are not shown; the usual number if none.", min=1)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say in sentences whether estimates run higher or lower for some groups of students than for others."""
    wake()
    import numpy as np  # noqa: PLC0415

    from headway.core.evidence.fairness import LEAST_STUDENTS  # noqa: PLC0415
    from headway.core.evidence.group_report import group_report  # noqa: PLC0415
    from headway.ops.mastery import telling  # noqa: PLC0415

    groups = tuple(group or ())
    # The same options as `evaluate` has, so that one goes on where the other was interrupted.
    options = {
        "command": "evaluate",
        "column": column,
        "group": groups,
        "split": split,
        "folds": folds,
        "pieces": None,
        "prior": "shipped",
    }
    with _refusing(log, as_json):
        if not groups:
            raise RuleBroken(NO_GROUPS)
        with _work(log, options) as folder:
            with progress(is_quiet=as_json) as steps:
                _table, plan, outcomes, _resumed = _forecast_folds(
                    log, folder, steps, column=column, group=groups, split=split, folds=folds, pieces=None,
                    prior="shipped", tell=lambda *_: None,
                )  # fmt: skip
            reports = [
                group_report(plan, outcomes, one, rng=np.random.default_rng(0), least_students=least or LEAST_STUDENTS)
                for one in groups
            ]
        if as_json:
            say_json({one.column: one.as_json() for one in reports})
            return
        for one in reports:
            telling.tell_report(one)


# --- explain ---------------------------------------------------------------------------------------------------------


@app.command(
    epilog=examples(
        "headway mastery explain answers.csv --student 1207",
        "headway mastery explain answers.csv --student 1207 --model school.json --last 0",
        "headway mastery explain school.json",
    )
)
def explain(
    file: Annotated[Path, typer.Argument(help="A log of answers, or a model file.", exists=True, dir_okay=False)],
    student: Annotated[str, typer.Option(help="Whose answers to explain, by the name in the log.")] = "",
    model: Annotated[str, typer.Option(help="The model: “shipped” or a file that `fit` wrote.")] = "shipped",
    last: Annotated[int, typer.Option(help="Only this many answers, the last ones; 0 for all.", min=0)] = 10,
    column: ColumnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the arithmetic: of each forecast of one student’s answers, or of a model’s scorecards."""
    wake()
    from headway.ops.mastery import explaining  # noqa: PLC0415

    with _refusing(file, as_json):
        if file.suffix == ".json" and not student:
            cards = _model(str(file))
            assert cards is not None  # noqa: S101  a file is never “none”
            shown = explaining.scorecards_as_json(cards)
            say_json(shown) if as_json else explaining.tell_scorecards(shown)
            return
        options = {"command": "explain", "column": column, "student": student, "model": model}
        with _work(file, options) as folder:
            with progress(is_quiet=as_json) as steps:
                table, _was_read = _read(file, folder, steps, columns=columns_of(column))
            log = table.log
            some = ", ".join(log.student_names[:3])
            if not student:
                raise RuleBroken(CHOOSE_STUDENT, some=log.student_names[0])
            if student not in log.student_names:
                raise RuleBroken(NO_STUDENT, student=student, some=some)
            cards = _model(model)
            rows = explaining.rows_as_json(cards, log, log.student_names.index(student), last=last)
            say_json(rows) if as_json else explaining.tell_rows(rows)


# --- known truth -----------------------------------------------------------------------------------------------------


@app.command(
    epilog=examples("headway mastery simulate", "headway mastery simulate --students 5000 --model school.json --json")
)
def simulate(
    students: Annotated[int, typer.Option(help="How many simulated students.", min=25, max=200_000)] = 1_000,
    competencies: Annotated[int, typer.Option(help="How many competencies their courses have.", min=1, max=1_000)] = 60,
    seed: Annotated[int, typer.Option(help="Another seed makes other students; 1 made the shipped model.", min=0)] = 7,
    model: Annotated[str, typer.Option(help="The model: “shipped” or a file that `fit` wrote.")] = "shipped",
    as_json: JsonOption = False,
) -> None:
    """See how near estimates come to the truth where it is known: at simulated students."""
    wake()
    from dataclasses import asdict  # noqa: PLC0415

    from headway.core.evidence import simulation  # noqa: PLC0415
    from headway.core.evidence.learner_model import model_from  # noqa: PLC0415
    from headway.core.evidence.recovery import recovery  # noqa: PLC0415
    from headway.core.evidence.scorecards import empty  # noqa: PLC0415
    from headway.ops.mastery import telling  # noqa: PLC0415

    with _refusing(None, as_json):
        cards = _model(model) or empty()
        with progress(is_quiet=as_json) as steps:
            steps.step(telling.words(SIMULATING))
            made = simulation.simulate(simulation.World(), students=students, competencies=competencies, seed=seed)
            steps.step(telling.words(LOOKING))
            found = recovery(made, model_from(cards))
        if as_json:
            say_json(telling.plain({"model": cards.version, "answers": made.log.rows, **asdict(found)}))
        else:
            telling.tell_recovery(found)


@app.command(hidden=True, epilog=examples("headway mastery ship"))
def ship(
    out: Annotated[Path | None, typer.Option(help="Where to write it; in its place in the package if none.")] = None,
) -> None:
    """Make the shipped model again from simulated students: after a change of their world or of the cards."""
    wake()
    from headway.core.evidence import scorecards, shipping  # noqa: PLC0415
    from headway.ops.mastery import kept, telling  # noqa: PLC0415

    target = out or Path(scorecards.__file__).with_name("shipped_model.json")
    with progress() as steps:
        cards = shipping.make_shipped(progress=_moving(steps, telling.words(FITTING)))
    kept.write_json(target, scorecards.as_json(cards))
    say(f"{target}: {cards.version}, {cards.fingerprint[:10]}")
