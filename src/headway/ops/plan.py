"""Draft the coming week for one class, a school, or everyone: by hand or from cron, and take up again what was stopped."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from headway.core.shared.errors import RuleBroken
from headway.core.shared.school_weeks import monday_of
from headway.ops.terminal import REFUSED, Steps, complain, examples, progress, say, say_json
from headway.ops.wake import wake

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from headway.records.planning.models import PlanRun, PlanRunClass
    from headway.records.roster.models import Class

NO_SUCH_CLASS = "There is no class {class_id}. `headway plan --list` shows the classes and their numbers."
NO_SUCH_SCHOOL = "There is no school {school_id}. `headway plan --list` shows the schools and their numbers."
NO_CLASSES = "There are no classes yet. Add them on the leader’s page, or try `headway demo`."
STOPPED = "Stopped with {left} of {classes} classes to go. Run the same command again: it goes on from there."
GOES_ON = "Going on with a run that was stopped: {over} of {classes} classes are done."
OF_OTHERS = "{count} classes are being drafted by somebody else; waiting for them"
MOST_WORKERS = 64
LOOK_AGAIN_SECONDS = 0.5
GO_ON_WITHIN = timedelta(days=7)


def _classes(class_id: int, school_id: int) -> list[Class]:
    from headway.records.roster import queries  # noqa: PLC0415

    classes = list(queries.all_classes())
    if class_id:
        chosen = [one for one in classes if one.pk == class_id]
        if not chosen:
            raise RuleBroken(NO_SUCH_CLASS, class_id=class_id)
        return chosen
    if school_id:
        chosen = [one for one in classes if school_id in (one.school_id, one.school.parent_id)]
        if not chosen:
            raise RuleBroken(NO_SUCH_SCHOOL, school_id=school_id)
        return chosen
    if not classes:
        raise RuleBroken(NO_CLASSES)
    return classes


def _list_classes(classes: list[Class], as_json: bool) -> None:
    if as_json:
        say_json(
            [{"class": one.pk, "name": one.name, "school": one.school_id, "at": one.school.name} for one in classes]
        )
        return
    for one in classes:
        say(f"class {one.pk}: {one.name} (school {one.school_id}: {one.school.name})")


def _plan(
    class_id: Annotated[int, typer.Option("--class", help="Draft for this class only, anew.", min=0)] = 0,
    school_id: Annotated[
        int, typer.Option("--school", help="Draft for every class of this school or district.", min=0)
    ] = 0,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Any day of the week to draft; the coming week if none."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Draft anew what nobody has changed by hand, not only what is missing.")
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            help="Processes that draft side by side; 0 leaves it to the tasks (`headway worker`) and only watches.",
            min=0,
            max=MOST_WORKERS,
        ),
    ] = 1,
    status: Annotated[
        bool, typer.Option("--status", help="Show how far the newest runs are, and draft nothing.")
    ] = False,
    list_only: Annotated[bool, typer.Option("--list", help="Show classes and schools, and draft nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draft weeks from mastery, interests and supports. Approved weeks stay as they are; teachers decide.

    Each class stands by itself. Stopped, even by kill -9, the same command goes on where it was.
    """
    if class_id and school_id:
        raise typer.BadParameter("Choose --class or --school, not both.")
    wake()
    if status:
        _tell_status(as_json)
        return
    classes = _classes(class_id, school_id)
    if list_only:
        _list_classes(classes, as_json)
        return
    monday = monday_of(week.date()) if week else None
    run = _run_of(classes, monday, is_again=again or bool(class_id), is_handed_over=workers == 0, is_quiet=as_json)
    with progress(is_quiet=as_json) as steps:
        is_whole = _work(run, workers, steps)
    rows = _results(run)
    _tell(rows, as_json)
    if not is_whole:
        left = sum(1 for row in rows if row["state"] in {"waiting", "running"})
        complain(STOPPED.format(left=left, classes=len(rows)))
    if not is_whole or any("refused" in row for row in rows):
        raise typer.Exit(REFUSED)


# --- which run, and who drafts it ------------------------------------------------------------------------------------


def _run_of(
    classes: list[Class], monday: date | None, *, is_again: bool, is_handed_over: bool, is_quiet: bool
) -> PlanRun:
    """Return the run that was stopped and is asked for again, else a new one."""
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import coverage, runs  # noqa: PLC0415

    at = timezone.now()
    schools = {one.school for one in classes}
    school = next(iter(schools)) if len(schools) == 1 else None
    found = coverage.run_to_go_on(coverage.with_a_week(classes, monday, at=at), since=at - GO_ON_WITHIN)
    if found is None:
        return runs.start_run(
            school=school,
            school_classes=classes,
            monday=monday,
            by=None,
            at=at,
            is_again=is_again,
            is_handed_over=is_handed_over,
        )
    let_go_of_the_dead(found, at)
    runs.resume(run=found, by=None, at=at, is_handed_over=is_handed_over)
    state = coverage.run_states([found], at=at)[0]
    if not is_quiet:
        say(GOES_ON.format(over=state.over, classes=state.classes))
    return found


def my_name() -> str:
    """Return what this process is called in the runs, so that another can see whether it still lives."""
    return f"{socket.gethostname()}:{os.getpid()}"


def let_go_of_the_dead(run: PlanRun, at: datetime) -> None:
    """Give back what processes of this machine held that are not there any more, without waiting for their time."""
    import psutil  # noqa: PLC0415

    from headway.records.planning import coverage, runs  # noqa: PLC0415

    for name in coverage.workers_of(run):
        host, _colon, pid = name.rpartition(":")
        if host == socket.gethostname() and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            runs.release(run=run, worker=name, by=None, at=at)


def _work(run: PlanRun, workers: int, steps: Steps) -> bool:
    """Draft a run to its end; return False when somebody stopped it."""
    from headway.records.planning import coverage  # noqa: PLC0415

    ids = coverage.open_classes(run)
    words = f"Drafting {len(ids)} classes" if len(ids) != 1 else "Drafting one class"
    try:
        if workers == 1:
            steps.step(words, total=len(ids))
            for _done in draft_open(run, ids):
                steps.advance()
        else:
            steps.step(words, total=len(ids))
            with _crew(run, workers) as crew:
                _watch(run, len(ids), steps, crew)
        _wait_for_others(run, steps)
    except KeyboardInterrupt:
        return False
    return True


def draft_open(run: PlanRun, ids: list[int]) -> Iterator[int]:
    """Draft these classes of a run one after another, and say which one is over."""
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import runs  # noqa: PLC0415

    for pk in ids:
        runs.draft_one(run_class_id=pk, at=timezone.now(), worker=my_name())
        yield pk


def work_off(run_id: int, place: int, of: int, parent: int) -> None:
    """Draft one process's part of a run, then what the others have left; end with the command that started it."""
    import signal  # noqa: PLC0415

    # Ctrl-C goes to every process of the terminal; the command decides for all of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake()
    from headway.records.planning import coverage  # noqa: PLC0415

    run = coverage.run_numbered(run_id)
    ids = coverage.open_classes(run)
    own = ids[place::of]
    for _done in draft_open(run, [*own, *(pk for pk in ids if pk not in set(own))]):
        if os.getppid() != parent:
            return  # the command was killed, and nobody would know of this one


@contextmanager
def _crew(run: PlanRun, workers: int) -> Iterator[list[SpawnProcess]]:
    """Start processes that draft, and leave none behind."""
    from django.db import connections  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import runs  # noqa: PLC0415

    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    crew = [
        spawn.Process(target=work_off, args=(run.pk, place, workers, os.getpid()), daemon=True)
        for place in range(workers)
    ]
    for one in crew:
        one.start()
    try:
        yield crew
    finally:
        for one in crew:
            one.terminate()
        for one in crew:
            one.join()
            if one.exitcode:
                name = f"{socket.gethostname()}:{one.pid}"
                runs.release(run=run, worker=name, by=None, at=timezone.now())


def _watch(run: PlanRun, count: int, steps: Steps, crew: list[SpawnProcess]) -> None:
    """Show how a run goes; what a lost worker of another machine held is handed over again."""
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import coverage, runs  # noqa: PLC0415

    shown = 0
    while True:
        left = len(coverage.open_classes(run))
        steps.advance(count - left - shown)
        shown = count - left
        if not left or (crew and not any(one.is_alive() for one in crew)):
            return
        at = timezone.now()
        if coverage.has_lost_workers(run, at=at):
            runs.resume(run=run, by=None, at=at)
        time.sleep(LOOK_AGAIN_SECONDS)


def _wait_for_others(run: PlanRun, steps: Steps) -> None:
    """Wait for what somebody else drafts, and take up what they leave."""
    from headway.records.planning import coverage  # noqa: PLC0415

    ids = coverage.open_classes(run)
    if ids:
        steps.step(OF_OTHERS.format(count=len(ids)), total=len(ids))
    while ids:
        for _done in draft_open(run, ids):
            pass
        left = coverage.open_classes(run)
        steps.advance(len(ids) - len(left))
        ids = left
        if ids:
            time.sleep(LOOK_AGAIN_SECONDS)


# --- what came of it -------------------------------------------------------------------------------------------------


def _results(run: PlanRun) -> list[dict[str, object]]:
    from headway.records.planning import coverage, queries  # noqa: PLC0415

    rows = coverage.classes_of(run)
    counts = {
        monday: queries.status_counts([row.school_class for row in rows if row.monday == monday], monday)
        for monday in {row.monday for row in rows}
    }
    return [_result(row, counts[row.monday].get(row.school_class_id, {})) for row in rows]


def _result(row: PlanRunClass, weeks: dict[str, int]) -> dict[str, object]:
    result: dict[str, object] = {
        "class": row.school_class_id,
        "name": row.school_class.name,
        "school": row.school_class.school_id,
        "monday": str(row.monday),
        "state": row.state,
        "drafted": row.weeks,
        "weeks": dict(sorted(weeks.items())),
        "seconds": row.seconds,
    }
    if row.state == "refused":
        result["refused"] = str(RuleBroken(row.told.get("sentence", ""), **row.told.get("facts", {})))
    return result


def _tell(results: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        say_json(results)
        return
    for result in results:
        name = f"{result['name']}, week of {result['monday']}"
        if "refused" in result:
            complain(f"{name}: {result['refused']}")
        elif result["state"] == "off":
            say(f"{name}: left alone, this class plans by hand")
        elif result["state"] == "done":
            weeks = result["weeks"]
            shown = ", ".join(f"{count} {word}" for word, count in weeks.items()) if isinstance(weeks, dict) else ""
            say(f"{name}: {result['drafted']} drafted now; {shown or 'no week'} ({result['seconds']} s)")


def _tell_status(as_json: bool) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import coverage  # noqa: PLC0415

    states = coverage.run_states(coverage.newest_runs(), at=timezone.now())
    if as_json:
        say_json(
            [
                {
                    "run": state.run.pk,
                    "school": state.run.school_id,
                    "monday": str(state.run.monday) if state.run.monday else None,
                    "started_at": state.run.started_at.isoformat(),
                    "finished_at": state.run.finished_at.isoformat() if state.run.finished_at else None,
                    "classes": state.classes,
                    "done": state.done,
                    "off": state.off,
                    "refused": state.refused,
                    "running": state.running,
                    "waiting": state.waiting,
                    "stalled": state.is_stalled,
                }
                for state in states
            ]
        )
        return
    if not states:
        say("No run yet. `headway plan` starts one.")
    for state in states:
        of = state.run.school.name if state.run.school else "every school"
        week = f"week of {state.run.monday}" if state.run.monday else "the coming week"
        how = (
            "finished"
            if state.run.finished_at
            else ("stopped; run it again to go on" if state.is_stalled else "going on")
        )
        say(
            f"run {state.run.pk}: {of}, {week}, {how}: {state.done} of {state.classes} classes drafted, "
            f"{state.off} by hand, {state.refused} refused, {state.running + state.waiting} to go"
        )


_plan.__name__ = "plan"
plan = (
    _plan,
    examples(
        "headway plan",
        "headway plan --class 3 --week 2026-11-30",
        "headway plan --school 1 --week 2026-11-30 --workers 2",
        "headway plan --status --json",
    ),
)
