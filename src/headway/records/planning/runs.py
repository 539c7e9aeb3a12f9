"""Runs: weeks drafted outside a request, for one class or a district, each class by itself.

A class is claimed, drafted, and marked as done. Who is killed meanwhile leaves a claim that lapses, and the next one who
looks takes the class up again; what was stored already is not made twice. The task of a class is its number, no more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_tasks import task

from headway.core.shared.errors import HeadwayError, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.planning import automation, coverage, drafts
from headway.records.planning.coverage import HEARD_AT, OPEN, OVER, WORKER, is_stalled
from headway.records.planning.limits import automation_of
from headway.records.planning.models import (
    Automation,
    ClassWeek,
    PlanChange,
    PlanRun,
    PlanRunClass,
    Week,
)
from headway.records.roster.checks import check_leads, check_teaches
from headway.records.roster.models import Class, Organisation, Person, Teaching
from headway.records.roster.queries import all_classes, students_of

log = logging.getLogger("headway.tasks")
State = PlanRunClass.State
SECONDS_BETWEEN_WORDS = 0.4  # progress is written down no more often, because every word is a write
WENT_WRONG = gettext_noop("Something went wrong here ({kind}). No week was changed; the server’s log says more.")
AGAIN = "again"
Told = Callable[[int, int], None]

progress_of = coverage.progress_of  # who starts a class's run watches it through the same door


# --- starting --------------------------------------------------------------------------------------------------------


def start_class_run(
    *, school_class: Class, monday: date, by: Person, at: datetime, is_handed_over: bool = True
) -> PlanRunClass:
    """Draft a class's week in the background; a second press while it goes on is the same run."""
    check_teaches(by, school_class)
    going_on = (
        PlanRunClass.objects.select_related("run")
        .filter(school_class=school_class, monday=monday, state__in=OPEN, run__started_by=by)
        .order_by("-pk")
        .first()
    )
    if going_on is not None:
        if progress_of(going_on.pk, at=at).is_stalled:
            resume(run=going_on.run, by=by, at=at, is_handed_over=is_handed_over)
        going_on.refresh_from_db()
        return going_on
    with transaction.atomic():
        run = PlanRun.objects.create(school=school_class.school, monday=monday, started_by=by, started_at=at)
        row = PlanRunClass.objects.create(
            run=run, school_class=school_class, monday=monday, told={AGAIN: True, HEARD_AT: at.isoformat()}
        )
        audit.record("plan_run.started", run, by=by, at=at, classes=1)
    if is_handed_over:
        _hand_over(run)
        row.refresh_from_db()
    return row


def start_run(
    *,
    school: Organisation | None,
    monday: date | None,
    by: Person | None,
    at: datetime,
    school_classes: Iterable[Class] | None = None,
    is_again: bool = False,
    is_handed_over: bool = True,
) -> PlanRun:
    """Draft a week for every class of a school, of a district, or of all (None): who has no week yet gets one.

    Without a Monday each school gets its coming week. `is_again` also drafts anew what nobody has changed by hand. Not
    handed over, the classes wait for whoever calls `draft_one`.
    """
    if by is not None:
        if school is None:
            raise RuleBroken(gettext_noop("Choose the school whose weeks are to be drafted."))
        check_leads(by, school)
    classes = list(all_classes()) if school_classes is None else list(school_classes)
    if school is not None:
        classes = [one for one in classes if school.pk in (one.school_id, one.school.parent_id)]
    told = {HEARD_AT: at.isoformat()} | ({AGAIN: True} if is_again else {})
    rows = [
        PlanRunClass(school_class=one, monday=day, told=told)
        for one, day in coverage.with_a_week(classes, monday, at=at)
    ]
    if not rows:
        raise RuleBroken(gettext_noop("There is no class with a term in that week, so there is nothing to draft."))
    with transaction.atomic():
        run = PlanRun.objects.create(school=school, monday=monday, started_by=by, started_at=at)
        for row in rows:
            row.run = run
        PlanRunClass.objects.bulk_create(rows, batch_size=500)
        audit.record("plan_run.started", run, by=by, at=at, classes=len(rows))
    if is_handed_over:
        _hand_over(run)
    return run


def resume(*, run: PlanRun, by: Person | None, at: datetime, is_handed_over: bool = True) -> PlanRun:
    """Take a run up again where it stands: what lies still goes on, what is done stays done."""
    if by is not None and by.pk != run.started_by_id:
        if run.school is None:
            raise RuleBroken(gettext_noop("Choose the school whose weeks are to be drafted."))
        check_leads(by, run.school)
    with transaction.atomic():
        rows = list(PlanRunClass.objects.select_for_update(of=("self",)).filter(run=run, state__in=OPEN))
        for row in rows:
            row.run = run
            if row.state == State.RUNNING and is_stalled(row, at):
                row.state = State.WAITING
            row.told = {**row.told, HEARD_AT: at.isoformat()}
        PlanRunClass.objects.bulk_update(
            [row for row in rows if row.state == State.WAITING], ["state", "told"], batch_size=200
        )
        audit.record("plan_run.resumed", run, by=by, at=at, classes=len(rows))
    if is_handed_over:
        _hand_over(run)
    return run


def release(*, run: PlanRun, worker: str, by: Person | None, at: datetime) -> int:
    """Give back what a worker had claimed that is known to be gone, so that nobody waits for it; returns how many."""
    with transaction.atomic():
        rows = [
            row
            for row in PlanRunClass.objects.select_for_update().filter(run=run, state=State.RUNNING)
            if row.told.get(WORKER) == worker
        ]
        for row in rows:
            row.state = State.WAITING
        PlanRunClass.objects.bulk_update(rows, ["state"])
        audit.record("plan_run.released", run, by=by, at=at, classes=len(rows))
    return len(rows)


def _hand_over(run: PlanRun) -> None:
    ids = list(run.classes.filter(state=State.WAITING).order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        for pk in ids:
            drafting.enqueue(pk)


# --- drafting one class ----------------------------------------------------------------------------------------------


@task()
def drafting(run_class_id: int) -> None:
    """Draft one class of a run. A task has no page or command above it, so the clock is read here."""
    draft_one(run_class_id=run_class_id, at=timezone.now())


def draft_one(
    *, run_class_id: int, at: datetime, worker: str = "", progress: Told | None = None
) -> PlanRunClass | None:
    """Draft one class of a run, unless it is over or somebody is at it (None); a refusal is written down, not raised."""
    row = _claim(run_class_id, worker or uuid4().hex, at)
    if row is None:
        return None
    began = time.monotonic()
    state, weeks, told = State.DONE, 0, {}
    try:
        if automation_of(row.school_class) == Automation.OFF:
            state = State.OFF
        else:
            weeks = _draft(row, at, began, progress)
    except HeadwayError as error:
        state, told = State.REFUSED, {"sentence": error.sentence, "facts": _plain(error.facts)}
    except Exception as error:
        # One class that cannot be drafted must stop no other.
        log.exception("Class %s could not be drafted.", row.school_class_id)
        state, told = State.REFUSED, {"sentence": WENT_WRONG, "facts": {"kind": type(error).__name__}}
    except BaseException:
        _put_back(row)
        raise
    return _end(row, state, weeks, told, at=at, began=began)


@transaction.atomic
def _claim(run_class_id: int, worker: str, at: datetime) -> PlanRunClass | None:
    row = (
        PlanRunClass.objects.select_for_update(of=("self",))
        .select_related("run__started_by", "school_class__school", "school_class__term")
        .filter(pk=run_class_id)
        .first()
    )
    if row is None or row.state in OVER or (row.state == State.RUNNING and not is_stalled(row, at)):
        return None
    row.state, row.started_at = State.RUNNING, at
    row.told = {**row.told, WORKER: worker, HEARD_AT: at.isoformat()}
    row.save(update_fields=["state", "started_at", "told"])
    return row


def _draft(row: PlanRunClass, at: datetime, began: float, progress: Told | None) -> int:
    """Draft who is to be drafted, and return how many weeks were made."""
    by = row.run.started_by
    if by is not None and not Teaching.objects.filter(school_class=row.school_class, teacher=by).exists():
        by = None  # a leader starts a run, and the system drafts
    shared = ClassWeek.objects.filter(school_class=row.school_class, monday=row.monday).first()
    if shared is None or shared.drafted_at is None:
        whom = None
    elif shared.drafted_at >= row.run.started_at:
        return 0  # stored just before somebody pulled the plug
    elif by is not None:
        whom = None
    else:
        whom = _without_hands(row, shared)
        if not whom:
            return 0
    last_word = began

    def tell(done: int, of: int) -> None:
        nonlocal last_word
        if progress is not None:
            progress(done, of)
        now = time.monotonic()
        if now - last_word >= SECONDS_BETWEEN_WORDS or done == of:
            last_word = now
            heard = (at + timedelta(seconds=now - began)).isoformat()
            row.done, row.total, row.told = done, of, {**row.told, HEARD_AT: heard}
            mine = PlanRunClass.objects.filter(pk=row.pk, state=State.RUNNING, started_at=row.started_at)
            mine.update(done=done, total=of, told=row.told)

    drafted = drafts.draft_class_week(
        school_class=row.school_class, monday=row.monday, by=by, at=at, students=whom, progress=tell
    )
    automation.approve_by_rule(class_week=drafted, by=None, at=at)
    return drafted.weeks.filter(drafted_at=at).count()


def _without_hands(row: PlanRunClass, shared: ClassWeek) -> list[Person]:
    """Return whose week is missing, and in a run "again" whose draft no person has changed."""
    kept = Week.objects.filter(class_week=shared, blocks__isnull=False)
    if row.told.get(AGAIN):
        by_hand = PlanChange.objects.filter(week=OuterRef("pk"), by__isnull=False).exclude(verb=drafts.DRAFTED)
        kept = kept.filter(~Q(status=Week.Status.DRAFT) | Exists(by_hand))
    has_one = set(kept.values_list("student_id", flat=True))
    return [student for student in students_of(row.school_class) if student.pk not in has_one]


@transaction.atomic
def _end(
    row: PlanRunClass, state: State, weeks: int, told: dict[str, Any], *, at: datetime, began: float
) -> PlanRunClass | None:
    now = PlanRunClass.objects.select_for_update().get(pk=row.pk)
    if now.state != State.RUNNING or now.told.get(WORKER) != row.told.get(WORKER):
        return None  # this one was slow, and somebody else has taken the class up
    seconds = time.monotonic() - began
    ended = at + timedelta(seconds=seconds)
    now.state, now.weeks, now.told = state, weeks, told
    now.seconds, now.finished_at = round(seconds, 3), ended
    now.save(update_fields=["state", "weeks", "told", "seconds", "finished_at"])
    if not PlanRunClass.objects.filter(run=row.run_id, state__in=OPEN).exists():
        PlanRun.objects.filter(pk=row.run_id, finished_at__isnull=True).update(finished_at=ended)
        audit.record("plan_run.finished", row.run, by=row.run.started_by, at=at)
    return now


def _put_back(row: PlanRunClass) -> None:
    """Let go of a class that somebody stopped in the middle."""
    PlanRunClass.objects.filter(pk=row.pk, state=State.RUNNING, started_at=row.started_at).update(state=State.WAITING)


def _plain(facts: dict[str, object]) -> dict[str, Any]:
    return {name: fact if isinstance(fact, int | float | str) else str(fact) for name, fact in facts.items()}
