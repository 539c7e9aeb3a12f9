"""Draft the coming week for one class, a school, or everyone: by hand or from cron."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from headway.core.shared.errors import HeadwayError, RuleBroken
from headway.core.shared.school_weeks import coming_monday, monday_of
from headway.ops.terminal import REFUSED, complain, examples, progress, say, say_json
from headway.ops.wake import wake

if TYPE_CHECKING:
    from headway.records.roster.models import Class

NO_SUCH_CLASS = "There is no class {class_id}. `headway plan --list` shows the classes and their numbers."
NO_SUCH_SCHOOL = "There is no school {school_id}. `headway plan --list` shows the schools and their numbers."
NO_CLASSES = "There are no classes yet. Add them on the leader’s page, or try `headway demo`."


def _classes(class_id: int, school_id: int) -> list[Class]:
    from headway.records.roster import queries  # noqa: PLC0415

    classes = list(queries.all_classes())
    if class_id:
        chosen = [one for one in classes if one.pk == class_id]
        if not chosen:
            raise RuleBroken(NO_SUCH_CLASS, class_id=class_id)
        return chosen
    if school_id:
        chosen = [one for one in classes if one.school_id == school_id]
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
    class_id: Annotated[int, typer.Option("--class", help="Draft for this class only.", min=0)] = 0,
    school_id: Annotated[int, typer.Option("--school", help="Draft for every class of this school.", min=0)] = 0,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Any day of the week to draft; the coming week if none."),
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Show classes and schools, and draft nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Draft weeks from mastery, interests and supports. Approved weeks stay as they are; teachers decide."""
    if class_id and school_id:
        raise typer.BadParameter("Choose --class or --school, not both.")
    wake()
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import drafts, queries  # noqa: PLC0415
    from headway.records.roster import queries as roster  # noqa: PLC0415

    classes = _classes(class_id, school_id)
    if list_only:
        _list_classes(classes, as_json)
        return
    results: list[dict[str, object]] = []
    failed = 0
    with progress(is_quiet=as_json) as steps:
        for school_class in classes:
            at = timezone.now()
            today = roster.today_at(school_class.school, at)
            monday = monday_of(week.date()) if week else coming_monday(today)
            students = list(roster.students_of(school_class))
            steps.step(f"Drafting {school_class.name}, week of {monday}", total=len(students))
            began = time.perf_counter()
            result: dict[str, object] = {"class": school_class.pk, "name": school_class.name, "monday": str(monday)}
            try:
                drafts.draft_class_week(
                    school_class=school_class,
                    monday=monday,
                    by=None,
                    at=at,
                    progress=lambda *_facts: steps.advance(),
                )
            except HeadwayError as error:
                failed += 1
                result["refused"] = str(error)
            else:
                statuses = list(queries.weeks_status(school_class, monday).values())
                result["weeks"] = {status: statuses.count(status) for status in sorted(set(statuses))}
            result["seconds"] = round(time.perf_counter() - began, 2)
            results.append(result)
    _tell(results, as_json)
    if failed:
        raise typer.Exit(REFUSED)


def _tell(results: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        say_json(results)
        return
    for result in results:
        if "refused" in result:
            complain(f"{result['name']}: {result['refused']}")
            continue
        weeks = result["weeks"]
        shown = ", ".join(f"{count} {status}" for status, count in weeks.items()) if isinstance(weeks, dict) else ""
        say(f"{result['name']}, week of {result['monday']}: {shown} ({result['seconds']} s)")


_plan.__name__ = "plan"
plan = (
    _plan,
    examples("headway plan", "headway plan --class 3 --week 2026-11-30", "headway plan --school 1 --json"),
)
