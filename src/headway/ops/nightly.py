"""What a school's server does every night: each step on its own, so that one that fails keeps no other from its work."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated

import typer

from headway.core.shared.errors import HeadwayError, RuleBroken
from headway.core.shared.school_weeks import monday_of
from headway.ops.terminal import REFUSED, Steps, complain, examples, progress, say, say_json
from headway.ops.wake import migrate, wake

REPORT_DAYS = TASK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of one step: what was said, or what went wrong."""

    name: str
    said: str
    is_fine: bool
    seconds: float


def _close_weeks(at: datetime, steps: Steps) -> str:
    from headway.records.planning import actions  # noqa: PLC0415
    from headway.records.roster import queries  # noqa: PLC0415

    steps.step("Closing the weeks that are over")
    schools = {one.school for one in queries.all_classes()}
    if not schools:
        return "No classes yet, so there is no week to close."
    # Where the day begins last, the old week is still going on.
    monday = min(monday_of(queries.today_at(school, at)) for school in schools)
    count = actions.close_weeks(before=monday, by=None, at=at)
    return f"Weeks closed: {count}."


def _plans(at: datetime, steps: Steps) -> str:
    from headway.ops.plan import draft_open, let_go_of_the_dead  # noqa: PLC0415
    from headway.records.planning import coverage, runs  # noqa: PLC0415

    runs_to_do = coverage.unfinished_runs(since=monday_of(at.date()) - timedelta(days=7))
    for run in runs_to_do:
        let_go_of_the_dead(run, at)
        runs.resume(run=run, by=None, at=at, is_handed_over=False)
    missing = coverage.without_the_coming_week(at=at)
    if missing:
        runs_to_do.append(
            runs.start_run(school=None, school_classes=missing, monday=None, by=None, at=at, is_handed_over=False)
        )
    ids = [(run, coverage.open_classes(run)) for run in runs_to_do]
    steps.step("Drafting the coming week", sum(len(own) for _run, own in ids))
    for run, own in ids:
        for _done in draft_open(run, own):
            steps.advance()
    if not runs_to_do:
        return "No class waits for its coming week."
    states = coverage.run_states(runs_to_do, at=at)
    said = (
        f"Classes drafted: {sum(state.done for state in states)}, by hand: {sum(state.off for state in states)}, "
        f"refused: {sum(state.refused for state in states)}."
    )
    reasons = [
        f"{row.school_class.name}: {RuleBroken(row.told.get('sentence', ''), **row.told.get('facts', {}))}"
        for run in runs_to_do
        for row in coverage.classes_of(run)
        if row.state == "refused"
    ]
    return "\n".join([said, *reasons])


def _forget(at: datetime, steps: Steps) -> str:
    from headway.records.audit import actions as audit  # noqa: PLC0415
    from headway.records.library import change_log  # noqa: PLC0415
    from headway.records.planning import arrivals  # noqa: PLC0415
    from headway.records.reports import actions as reports  # noqa: PLC0415
    from headway.records.roster import actions as roster  # noqa: PLC0415
    from headway.records.standards import actions as standards  # noqa: PLC0415

    steps.step("Forgetting what has ended")
    counts = roster.forget_ended(by=None, at=at)
    reports.forget_old_reports(at=at)
    standards.forget_old_incoming(at=at)
    change_log.forget_old_lines(at=at)
    arrivals.forget_old_arrivals(at=at)
    events = audit.forget_old_events(at=at)
    _forget_tasks()
    return (
        f"Deleted, as the retention policy says: {counts['cards']} old cards, {counts['family_links']} old family links, "
        f"{counts['failed_tries']} failed tries, {events} old rows of the history."
    )


def _forget_tasks() -> None:
    """Let go of what workers did more than a week ago, where tasks are kept in the database."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    if settings.TASKS_IN == "database":
        call_command("prune_db_task_results", min_age_days=TASK_DAYS, verbosity=0)


def _work_mastery_out(at: datetime, steps: Steps) -> str:
    from headway.records.evidence import actions, versions  # noqa: PLC0415

    steps.step("Working mastery out where it is behind", len(versions.stale_students()))
    count = actions.rebuild_stale(at=at, advance=steps.advance)
    return f"Students whose mastery was behind: {count}."


def _refit(at: datetime, steps: Steps) -> str:
    from headway.core.evidence.refit import TOO_FEW  # noqa: PLC0415
    from headway.ops.refit import fit_again  # noqa: PLC0415

    try:
        return "\n".join(fit_again(at=at, steps=steps).said)
    except HeadwayError as error:
        if error.sentence == TOO_FEW:
            return str(error)
        raise


def _compare_groups(at: datetime, steps: Steps) -> str:
    from headway.core.evidence.fairness_audit import TOO_FEW  # noqa: PLC0415
    from headway.records.reports import actions, queries  # noqa: PLC0415

    schools = queries.schools_without_a_report(since=at - timedelta(days=REPORT_DAYS))
    steps.step("Comparing estimates by group", len(schools))
    said = []
    for school in schools:
        try:
            made = actions.make_fairness_report(school=school, by=None, at=at)
            said.append(f"{school.name}: compared {made.answers} answers by {made.students} students.")
        except HeadwayError as error:
            if error.sentence != TOO_FEW:
                raise
            said.append(f"{school.name}: {error}")
        steps.advance(1)
    return "\n".join(said) or "Every school’s report is younger than a week."


def _library(_at: datetime, steps: Steps) -> str:
    """Build the search index anew, which takes in what skills are called now, and read what new resources mean."""
    from headway.records.library import meaning, search_index  # noqa: PLC0415
    from headway.records.library.queries import count_of_resources  # noqa: PLC0415

    steps.step("Indexing the library", count_of_resources())
    said = f"Resources that can be found: {search_index.rebuild(steps.advance)}."
    if not meaning.has_model():
        return said
    built = meaning.build(steps)
    return f"{said} Read for their meaning: {built.made + built.changed}."


STEPS: Mapping[str, Callable[[datetime, Steps], str]] = MappingProxyType(
    {
        "weeks": _close_weeks,
        "retention": _forget,
        "mastery": _work_mastery_out,
        "learner model": _refit,
        "plans": _plans,
        "fairness": _compare_groups,
        "library": _library,
    }
)


def run_steps(at: datetime, steps: Steps) -> list[Done]:
    """Run every step, whatever becomes of the others."""
    done = []
    for name, step in STEPS.items():
        began = time.perf_counter()
        is_fine = True
        try:
            said = step(at, steps)
        except HeadwayError as error:
            said, is_fine = str(error), False
        except Exception as error:
            said, is_fine = f"{type(error).__name__}: {error}\n{traceback.format_exc()}", False
        done.append(Done(name=name, said=said, is_fine=is_fine, seconds=round(time.perf_counter() - began, 2)))
    return done


def _nightly(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Do what is due every night: close past weeks, draft coming ones, forget what has ended, fit the learner model, compare groups."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    with progress(is_quiet=as_json) as steps:
        done = run_steps(timezone.now(), steps)
    if as_json:
        say_json([{"step": one.name, "fine": one.is_fine, "said": one.said, "seconds": one.seconds} for one in done])
    else:
        for one in done:
            (say if one.is_fine else complain)(f"{one.name} ({one.seconds} s)\n{one.said}")
    if not all(one.is_fine for one in done):
        raise typer.Exit(REFUSED)


_nightly.__name__ = "nightly"
nightly = (_nightly, examples("headway nightly", "headway nightly --json"))
