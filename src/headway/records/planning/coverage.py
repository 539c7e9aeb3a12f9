"""How far drafting is: of one class while its teacher watches, of a run, of a school. Numbers only, and no child's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, coming_monday
from headway.records.planning.models import Automation, ClassWeek, PlanRules, PlanRun, PlanRunClass
from headway.records.roster.models import Class
from headway.records.roster.queries import all_classes, closed_days, today_at

# Somebody who drafts says so every second or so; who has said nothing for so long was stopped.
LEASE = timedelta(seconds=60)
DRAFTED_FROM = 4  # on Friday there is a day left to look at the drafts, and Saturday and Sunday catch up
HEARD_AT, WORKER = "heard_at", "worker"


@dataclass(frozen=True, kw_only=True)
class ClassProgress:
    """How far the drafting of one class is; a refusal has its sentence and facts."""

    run_class_id: int
    class_id: int
    state: str
    done: int
    total: int
    weeks: int
    sentence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_stalled: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in OVER


# --- runs ------------------------------------------------------------------------------------------------------------

OVER = frozenset({PlanRunClass.State.DONE, PlanRunClass.State.OFF, PlanRunClass.State.REFUSED})
OPEN = (PlanRunClass.State.WAITING, PlanRunClass.State.RUNNING)


def progress_of(run_class_id: int, *, at: datetime | None = None) -> ClassProgress:
    """Return how far the drafting of a class is; ask only for a class that the viewer may see.

    With a moment it also says whether whoever drafted was stopped.
    """
    row = PlanRunClass.objects.select_related("run").filter(pk=run_class_id).first()
    if row is None:
        raise NotFound
    return progress_from(row, at=at)


def progress_from(row: PlanRunClass, *, at: datetime | None = None) -> ClassProgress:
    """Return a class's row of a run as plain values."""
    return ClassProgress(
        run_class_id=row.pk,
        class_id=row.school_class_id,
        state=row.state,
        done=row.done,
        total=row.total,
        weeks=row.weeks,
        sentence=row.told.get("sentence", ""),
        facts=row.told.get("facts", {}),
        is_stalled=at is not None and is_stalled(row, at),
    )


def is_stalled(row: PlanRunClass, at: datetime) -> bool:
    """Return whether a class is neither drafted nor being drafted by anybody who is still there."""
    if row.state not in OPEN:
        return False
    heard = row.told.get(HEARD_AT)
    newest = datetime.fromisoformat(heard) if heard else row.run.started_at
    return newest + LEASE < at


def with_a_week(school_classes: Iterable[Class], monday: date | None, *, at: datetime) -> list[tuple[Class, date]]:
    """Return each class with the Monday to draft, the coming one where none is given, if its term holds that week."""
    found = []
    for one in school_classes:
        day = monday or coming_monday(today_at(one.school, at))
        if one.term.starts_on <= day + timedelta(days=4) and one.term.ends_on >= day:
            found.append((one, day))
    return found


def without_the_coming_week(*, at: datetime) -> list[Class]:
    """Return the classes, but for those that plan by hand, whose coming week has school and no draft, from Friday on."""
    due = [one for one in all_classes() if today_at(one.school, at).weekday() >= DRAFTED_FROM]
    by_hand = set(
        PlanRules.objects.filter(automation=Automation.OFF, school_class__in=due).values_list("school_class", flat=True)
    )
    pairs = [(one, monday) for one, monday in with_a_week(due, None, at=at) if one.pk not in by_hand]
    drafted = set(
        ClassWeek.objects.filter(
            school_class__in=due, monday__in={monday for _one, monday in pairs}, drafted_at__isnull=False
        ).values_list("school_class_id", "monday")
    )
    closed = {
        (school, monday): closed_days(school, monday) for school, monday in {(one.school, day) for one, day in pairs}
    }
    return [
        one
        for one, monday in pairs
        if (one.pk, monday) not in drafted and len(closed[one.school, monday]) < SCHOOL_DAYS_PER_WEEK
    ]


def run_to_go_on(wanted: Collection[tuple[Class, date]], *, since: datetime) -> PlanRun | None:
    """Return the newest unfinished run, started by nobody in particular, of exactly these classes and weeks."""
    pairs = {(one.pk, monday) for one, monday in wanted}
    runs = (
        PlanRun.objects.filter(finished_at__isnull=True, started_by__isnull=True, started_at__gte=since)
        .annotate(class_count=Count("classes"))
        .filter(class_count=len(pairs))
        .order_by("-pk")
    )
    return next((run for run in runs[:20] if set(run.classes.values_list("school_class_id", "monday")) == pairs), None)


def run_numbered(run_id: int) -> PlanRun:
    """Return a run by its number, for the command line."""
    return PlanRun.objects.get(pk=run_id)


def open_classes(run: PlanRun) -> list[int]:
    """Return what of a run is still to be drafted, or being drafted."""
    return list(run.classes.filter(state__in=OPEN).order_by("pk").values_list("pk", flat=True))


def classes_of(run: PlanRun) -> list[PlanRunClass]:
    """Return every class of a run, for the command line."""
    return list(run.classes.select_related("school_class__school").order_by("pk"))


def workers_of(run: PlanRun) -> set[str]:
    """Return the names of those who hold a class of a run."""
    rows = run.classes.filter(state=PlanRunClass.State.RUNNING).values_list("told", flat=True)
    return {told[WORKER] for told in rows if WORKER in told}


def unfinished_runs(*, since: date) -> list[PlanRun]:
    """Return the runs that stand still or go on, for weeks since a Monday."""
    rows = PlanRun.objects.filter(finished_at__isnull=True, classes__monday__gte=since, classes__state__in=OPEN)
    return list(rows.distinct().order_by("pk"))


@dataclass(frozen=True, kw_only=True)
class RunState:
    """Where a run stands, in numbers."""

    run: PlanRun
    classes: int
    done: int
    off: int
    refused: int
    running: int
    waiting: int
    is_stalled: bool

    @property
    def over(self) -> int:
        """Classes that need nothing more."""
        return self.done + self.off + self.refused


def run_states(runs: Collection[PlanRun], *, at: datetime) -> list[RunState]:
    """Return where each of these runs stands, in two queries."""
    state = PlanRunClass.State
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = PlanRunClass.objects.filter(run__in=list(runs))
    for run_id, word, count in rows.values_list("run_id", "state").annotate(count=Count("pk")):
        counts[run_id][word] = count
    # A run lies still when nobody who is there holds any of its open classes.
    alive = {row.run_id for row in rows.filter(state__in=OPEN).select_related("run") if not is_stalled(row, at)}
    found = []
    for run in runs:
        own = counts[run.pk]
        is_open = bool(own.get(state.WAITING, 0) + own.get(state.RUNNING, 0))
        found.append(
            RunState(
                run=run,
                classes=sum(own.values()),
                done=own.get(state.DONE, 0),
                off=own.get(state.OFF, 0),
                refused=own.get(state.REFUSED, 0),
                running=own.get(state.RUNNING, 0),
                waiting=own.get(state.WAITING, 0),
                is_stalled=is_open and run.pk not in alive,
            )
        )
    return found


def newest_runs(*, limit: int = 10) -> list[PlanRun]:
    """Return the newest runs, for the command line."""
    return list(PlanRun.objects.select_related("school", "started_by").order_by("-pk")[:limit])
