"""How far drafting is: of one class while its teacher watches, of a run, of a school. Numbers only, and no child's name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from headway.core.planning import WeekPlan, Weights, draft_class
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, coming_monday
from headway.records.grouping.queries import groups_in
from headway.records.library.models import Resource
from headway.records.planning import problems
from headway.records.planning.models import Automation, Block, ClassWeek, PlanRules, PlanRun, PlanRunClass, Week
from headway.records.roster.models import Class, Enrolment, Organisation, Person, Teaching
from headway.records.roster.queries import all_classes, classes_led_by, closed_days, organisations_led_by, today_at

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
    is_late = at is not None and is_stalled(row, at)
    return progress_from(row, at=at, is_work_going_on=is_late and at is not None and somebody_works(at))


def progress_from(row: PlanRunClass, *, at: datetime | None = None, is_work_going_on: bool = False) -> ClassProgress:
    """Return a class's row of a run as plain values; one that waits its turn while others are drafted is not stalled."""
    waits_its_turn = is_work_going_on and row.state == PlanRunClass.State.WAITING
    return ClassProgress(
        run_class_id=row.pk,
        class_id=row.school_class_id,
        state=row.state,
        done=row.done,
        total=row.total,
        weeks=row.weeks,
        sentence=row.told.get("sentence", ""),
        facts=row.told.get("facts", {}),
        is_stalled=at is not None and is_stalled(row, at) and not waits_its_turn,
    )


def somebody_works(at: datetime) -> bool:
    """Return whether any class anywhere is being drafted by somebody who is still there."""
    rows = PlanRunClass.objects.filter(state=PlanRunClass.State.RUNNING).select_related("run").order_by("-started_at")
    return any(not is_stalled(row, at) for row in rows[:50])


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


def has_lost_workers(run: PlanRun, *, at: datetime) -> bool:
    """Return whether a class of a run is held by somebody who is not there any more."""
    rows = run.classes.filter(state=PlanRunClass.State.RUNNING).select_related("run")
    return any(is_stalled(row, at) for row in rows)


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


# --- what a leader sees: numbers, and no child's name ----------------------------------------------------------------


@dataclass(kw_only=True)
class Cover:
    """How far the week of some students is: every student has a week that waits, one to look at, one approved, or none."""

    students: int = 0
    waiting: int = 0
    flagged: int = 0
    approved: int = 0

    @property
    def drafted(self) -> int:
        """Students who have a week, in whatever state."""
        return self.waiting + self.flagged + self.approved

    @property
    def missing(self) -> int:
        """Students without any week."""
        return max(0, self.students - self.drafted)


@dataclass(kw_only=True)
class ClassCover(Cover):
    """One class of a leader's page."""

    school_class: Class
    automation: str = Automation.SUGGEST.value
    run: ClassProgress | None = None
    gap: float | None = None
    groups: int = 0


@dataclass(kw_only=True)
class SchoolCover(Cover):
    """One school of a leader's page."""

    school: Organisation
    classes: int = 0
    classes_with_weeks: int = 0
    by_hand: int = 0


def _weeks_by(key: str, weeks: QuerySet[Week]) -> dict[int, Cover]:
    """Count weeks in their states, by the class or the school that `key` names; one query."""
    found: dict[int, Cover] = defaultdict(Cover)
    # A week without any block is opened and not planned yet, as the board has it.
    weeks = weeks.filter(Exists(Block.objects.filter(week=OuterRef("pk"))))
    rows = weeks.annotate(is_clear=Q(flags=[])).values_list(key, "status", "is_clear").annotate(count=Count("pk"))
    for owner, status, is_clear, count in rows:
        cover = found[owner]
        if status != Week.Status.DRAFT:
            cover.approved += count
        elif is_clear:
            cover.waiting += count
        else:
            cover.flagged += count
    return found


def school_covers(leader: Person, monday: date) -> list[SchoolCover]:
    """Return each school that somebody leads with its numbers for a week; a fixed number of queries."""
    schools = list(organisations_led_by(leader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk"))
    classes = Class.objects.filter(school__in=schools)
    counts = dict(classes.values_list("school").annotate(count=Count("pk")))
    by_hand = dict(
        PlanRules.objects.filter(school_class__school__in=schools, automation=Automation.OFF)
        .values_list("school_class__school")
        .annotate(count=Count("pk"))
    )
    students = dict(
        Enrolment.objects.filter(school_class__school__in=schools, left_on__isnull=True, student__is_active=True)
        .values_list("school_class__school")
        .annotate(count=Count("pk"))
    )
    with_weeks = dict(
        ClassWeek.objects.filter(school_class__school__in=schools, monday=monday, weeks__isnull=False)
        .values_list("school_class__school")
        .annotate(count=Count("pk", distinct=True))
    )
    weeks = _weeks_by(
        "class_week__school_class__school",
        Week.objects.filter(class_week__school_class__school__in=schools, class_week__monday=monday),
    )
    return [
        SchoolCover(
            school=school,
            classes=counts.get(school.pk, 0),
            classes_with_weeks=with_weeks.get(school.pk, 0),
            by_hand=by_hand.get(school.pk, 0),
            students=students.get(school.pk, 0),
            waiting=weeks[school.pk].waiting,
            flagged=weeks[school.pk].flagged,
            approved=weeks[school.pk].approved,
        )
        for school in schools
    ]


def class_covers(
    leader: Person, monday: date, *, at: datetime, school: Organisation | None = None, start: int = 0, most: int = 50
) -> list[ClassCover]:
    """Return a page of the classes that somebody leads with their numbers for a week; a fixed number of queries."""
    led = classes_led_by(leader).select_related("school").order_by("school__name", "school", "period", "name", "pk")
    classes = list((led.filter(school=school) if school else led)[start : start + most])
    weeks = _weeks_by(
        "class_week__school_class",
        Week.objects.filter(class_week__school_class__in=classes, class_week__monday=monday),
    )
    shared = {
        each.school_class_id: each
        for each in ClassWeek.objects.filter(school_class__in=classes, monday=monday).defer("frame")
    }
    runs: dict[int, PlanRunClass] = {}
    newest = PlanRunClass.objects.filter(school_class__in=classes, monday=monday).select_related("run")
    for row in newest.order_by("pk"):
        runs[row.school_class_id] = row
    automation = dict(PlanRules.objects.filter(school_class__in=classes).values_list("school_class_id", "automation"))
    is_work_going_on = somebody_works(at)
    groups = dict(
        groups_in(classes, monday).order_by().values_list("school_class").annotate(count=Count("pk", distinct=True))
    )
    return [
        ClassCover(
            school_class=one,
            students=one.student_count,  # type: ignore[attr-defined]
            waiting=weeks[one.pk].waiting,
            flagged=weeks[one.pk].flagged,
            approved=weeks[one.pk].approved,
            automation=automation.get(one.pk, Automation.SUGGEST.value),
            run=progress_from(runs[one.pk], at=at, is_work_going_on=is_work_going_on) if one.pk in runs else None,
            gap=_gap_of(shared.get(one.pk)),
            groups=groups.get(one.pk, 0),
        )
        for one in classes
    ]


def _gap_of(shared: ClassWeek | None) -> float | None:
    """Return how much better any plan could be at most, as a share; None where nobody has worked it out."""
    if shared is None or shared.value is None or not shared.bound or shared.bound <= 0:
        return None
    return max(0.0, 1.0 - shared.value / shared.bound)


def runs_led_by(leader: Person, monday: date, *, limit: int = 5) -> list[PlanRun]:
    """Return the newest runs of a week that somebody may see: those of their schools, not a teacher's press for one class."""
    led = organisations_led_by(leader)
    touching = PlanRunClass.objects.filter(run=OuterRef("pk"), monday=monday, school_class__school__in=led)
    by_teacher = Teaching.objects.filter(teacher=OuterRef("started_by"), school_class__plan_runs__run=OuterRef("pk"))
    runs = PlanRun.objects.filter(Exists(touching)).exclude(Exists(by_teacher))
    return list(runs.select_related("school", "started_by").order_by("-pk")[:limit])


def run_led_by(leader: Person, run_id: int) -> PlanRun:
    """Return a run of a school or district that somebody leads, else "not found"."""
    found = PlanRun.objects.filter(pk=run_id, school__in=organisations_led_by(leader)).select_related("school").first()
    if found is None:
        raise NotFound
    return found


# --- what other weights would do -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OtherWeights:
    """What other weights would change in one class's drafts: counts and titles of resources, and no child's name."""

    school_class: Class
    blocks: int
    changed_blocks: int
    students: int
    changed_students: int
    more: list[tuple[str, int]]
    fewer: list[tuple[str, int]]


def what_if_weights(
    school_class: Class, monday: date, weights: Weights, *, at: datetime, most: int = 5
) -> OtherWeights:
    """Draft a class by the weights in force and by others, keep nothing, and say what differs."""
    shared = ClassWeek.objects.filter(school_class=school_class, monday=monday).first()
    facts = problems.class_facts(school_class, monday, at=at, class_week=shared)
    problem = problems.problem_of(facts, [problems.needs_of(facts, student) for student in facts.students])
    now, then = (_places(draft_class(replace(problem, weights=each)).weeks) for each in (problem.weights, weights))
    uses_now, uses_then = Counter(now.values()), Counter(then.values())
    more, fewer = (uses_then - uses_now).most_common(most), (uses_now - uses_then).most_common(most)
    titles = dict(Resource.objects.filter(pk__in=[pk for pk, _count in more + fewer]).values_list("pk", "title"))
    changed = {place for place, candidate in then.items() if now.get(place) != candidate}
    changed |= {place for place in now if place not in then}
    return OtherWeights(
        school_class=school_class,
        blocks=len(now),
        changed_blocks=len(changed),
        students=len(facts.students),
        changed_students=len({student for student, _day, _order in changed}),
        more=[(titles[pk], count) for pk, count in more if pk in titles],
        fewer=[(titles[pk], count) for pk, count in fewer if pk in titles],
    )


def _places(weeks: Mapping[Any, WeekPlan]) -> dict[tuple[Any, int, int], Any]:
    return {(student, b.day, b.order): b.candidate for student, plan in weeks.items() for b in plan.blocks}
