"""My week: what is planned, today first; choosing, saying how it went, a goal, and asking for help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, reswap, retarget

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, days_of, monday_of
from headway.records.library import queries as library
from headway.records.planning import actions as planning_actions
from headway.records.planning import dates
from headway.records.planning import queries as planning
from headway.records.roster import actions as roster_actions
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.records.wellbeing import actions as wellbeing_actions
from headway.records.wellbeing import queries as wellbeing
from headway.web.shared.access import may
from headway.web.shared.words import sentence
from headway.web.student.page import student_page, today_of, words_in
from headway.web.student.words import (
    RESOURCE_ICONS,
    SCREEN,
    WITH_ICONS,
    door_words,
    kind_title,
    reason_words,
    with_words,
)
from headway.web.templatetags.headway import reason_icon

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.planning.dates import OwnDate
    from headway.records.planning.models import Block
    from headway.records.roster.models import Class, Person
    from headway.records.standards.queries import Named
    from headway.web.shared.access import Request

MOST_ESSENTIALS = 3
FEELINGS = ("got-it", "not-sure")
OPEN_STATES = ("approved", "changed")


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A row of marks, one for each question: (place, class) of each, 26 wide, and the width of the row."""

    marks: list[tuple[int, str]]
    width: int


def steps_drawing(count: int, done: Iterable[int], now: int) -> Steps:
    """Return the row of marks for `count` questions: which ones have an answer, and which one is open."""
    answered = set(done)
    marks = [
        (31 * (number - 1), "now" if number == now else "on" if number in answered else "")
        for number in range(1, count + 1)
    ]
    return Steps(marks=marks, width=max(1, 31 * count - 5))


@dataclass(kw_only=True)
class Option:
    """One of the things to choose from, or another door to the same work."""

    uuid: UUID
    title: str
    description: str
    language: str
    icon: str
    words: str
    is_chosen: bool


@dataclass(kw_only=True)
class Task:
    """One block as the student's list shows it."""

    block: Block
    title: str
    language: str
    kind_title: str
    number: int
    with_words: str
    with_icon: str
    screen_words: str
    screen_icon: str
    why: list[tuple[str, str]]
    class_name: str
    is_open: bool
    due: OwnDate | None = None
    may_move_on: bool = False
    done: int = 0
    questions: int = 0
    is_now: bool = False
    is_today: bool = True
    choices: list[Option] = field(default_factory=list)
    doors: list[Option] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether the student said that it is done."""
        return self.block.finished_at is not None

    @property
    def waits_for_choice(self) -> bool:
        """Whether the student has to choose first."""
        return (
            self.block.kind == "choice" and not self.is_done and not (self.block.chosen_resource or self.block.own_idea)
        )

    @property
    def now_on(self) -> int:
        """Which question comes next, counted from 1."""
        return min(self.done + 1, self.questions)

    @property
    def steps(self) -> Steps:
        """The drawing of the questions."""
        return steps_drawing(self.questions, range(1, self.done + 1), self.now_on)


@dataclass(kw_only=True)
class Day:
    """One school day of the week."""

    weekday: int
    date: date
    tasks: list[Task]
    is_today: bool
    is_past: bool
    is_open: bool = True

    @property
    def minutes(self) -> int:
        """Minutes of the day's tasks."""
        return sum(task.block.minutes for task in self.tasks)

    @property
    def open_tasks(self) -> int:
        """How many tasks are not done yet."""
        return sum(not task.is_done for task in self.tasks)


# --- reading ----------------------------------------------------------------------------------------------------------


@gzip_page  # a list of many small forms: an eighth of the bytes on a thin connection
@may(Permission.SEE_OWN_WEEK)
@require_safe
def week(request: Request, monday: date | None = None) -> HttpResponse:
    """This will show the student's approved week, today first."""
    return week_page(request, monday)


def week_page(
    request: Request, monday: date | None = None, *, status: int = 200, typed: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Render the week; `typed` carries what was typed and what is wrong with it."""
    student = request.person
    classes = list(roster.classes_of_student(student))
    today = today_of(classes)
    this_monday = monday_of(today + timedelta(days=7 if today.weekday() >= SCHOOL_DAYS_PER_WEEK else 0))
    monday = monday or this_monday
    blocks = planning.student_blocks(student, monday)
    essentials_only = "essentials-only" in roster.supports_on(student, today)
    tasks, put_away = _tasks(blocks, classes, today=today, monday=monday, essentials_only=essentials_only)
    own_dates = dates.own_dates(student, school_classes=classes, on=today)
    _add_dates_and_ways_on(tasks, own_dates, student, classes, today=today)
    days = [
        Day(
            weekday=weekday,
            date=day,
            tasks=[task for task in tasks if task.block.day == weekday],
            is_today=day == today,
            is_past=day < today,
        )
        for weekday, day in enumerate(days_of(monday))
    ]
    goal = roster.goal_of(student)
    done = sum(task.is_done for task in tasks)
    facts = {
        "student": student,
        "classes": classes,
        "monday": monday,
        "this_monday": this_monday,
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "is_this_week": monday == this_monday,
        "today": today,
        "days": days,
        "shown_days": _shown_days(days),
        "past_days": [day for day in days if day.is_past and day.tasks and any(day.is_today for day in days)],
        "tasks": tasks,
        "essentials_only": essentials_only,
        "put_away": put_away,
        "greeting": _greeting(student, tasks, days, essentials_only),
        "summary": _summary(tasks, done),
        "frame_changes": sorted(
            {block.week.class_week.frame_change_words for block in blocks if block.week.class_week.frame_change_words}
        ),
        "own_dates": own_dates,
        "in_a_week": today + timedelta(days=7),
        "goal": goal,
        "goal_days": wellbeing.goal_week(goal, monday) if goal else {},
        "help_asked": planning.own_help(student, limit=3),
        "finished": [task for task in tasks if task.is_done][-4:],
        **(typed or {}),
    }
    return student_page(request, "student/week.html", facts, tab="week", status=status)


def _shown_days(days: list[Day]) -> list[Day]:
    """Return the days in the order of need: today, then what comes; all of them when today is not in this week."""
    if not any(day.is_today for day in days):
        return [day for day in days if day.tasks]
    shown = [day for day in days if not day.is_past and (day.tasks or day.is_today)]
    # Other days are one line each; the next one opens when nothing is left for today.
    for place, day in enumerate(shown):
        day.is_open = place == 0 or (place == 1 and not shown[0].open_tasks)
    return shown


def _tasks(
    blocks: list[Block], classes: list[Class], *, today: date, monday: date, essentials_only: bool
) -> tuple[list[Task], int]:
    """Return the tasks to show, and how many are put away."""
    put_away = 0
    if essentials_only:
        kept = [block for block in blocks if block.kind == "essential"][:MOST_ESSENTIALS]
        kept += [block for block in blocks if block.kind != "choice" and block not in kept][
            : MOST_ESSENTIALS - len(kept)
        ]
        put_away = sum(block not in kept and block.finished_at is None for block in blocks)
        blocks = [block for block in blocks if block in kept]
    shown = [resource for block in blocks for resource in [block.chosen_resource or block.resource] if resource]
    doors = library.doors_of_many(shown)
    counts = planning.question_counts(blocks)
    teachers = roster.lead_teachers(classes)
    wanted = {
        reason.get("facts", {}).get("competency") for block in blocks for reason in block.reasons or [] if reason
    } - {None}
    known = standards.competencies_with_ids(wanted)
    skills = standards.named(known.values(), get_language() or "en")
    tasks = [
        _task(block, number, teachers, skills, doors, counts.get(block.pk, (0, 0)), many_classes=len(classes) > 1)
        for number, block in enumerate(blocks, start=1)
    ]
    weekday = (today - monday).days
    upcoming = [task for task in tasks if not task.is_done and task.is_open and not task.waits_for_choice]
    now = next((task for task in upcoming if essentials_only or task.block.day == weekday), None)
    if now is not None:
        now.is_now = True
    if not essentials_only:
        for day in range(SCHOOL_DAYS_PER_WEEK):
            for number, task in enumerate((task for task in tasks if task.block.day == day), start=1):
                task.number = number
                task.is_today = day == weekday
    return tasks, put_away


def _add_dates_and_ways_on(
    tasks: list[Task], own_dates: list[OwnDate], student: Person, classes: list[Class], *, today: date
) -> None:
    """Say by when each task is to be done, and where the student may show that it can be done already."""
    by_family = {own.family: own for own in own_dates}
    open_in = dates.may_move_on(student, classes, on=today)
    missed = dates.missed_in({task.block.week_id for task in tasks})
    for task in tasks:
        block = task.block
        if block.resource is not None:
            task.due = by_family.get(dates.family_of(block.resource))
        task.may_move_on = (
            task.is_open
            and block.week.class_week.school_class_id in open_in
            and dates.can_be_left(block)
            and block.competency_id not in missed
        )


def _task(
    block: Block,
    number: int,
    teachers: Mapping[int, Person],
    skills: Mapping[int, Named],
    doors: Mapping[int, list[Resource]],
    counts: tuple[int, int],
    *,
    many_classes: bool,
) -> Task:
    resource = block.chosen_resource or (block.resource if block.kind != "choice" else None)
    school_class = block.week.class_week.school_class
    teacher = teachers.get(school_class.pk)
    screen_words, screen_icon = SCREEN[resource.screen] if resource else ("", "")
    options = list(block.options.all())
    return Task(
        block=block,
        number=number,
        title=block.own_idea or (resource.title if resource else ""),
        language="" if block.own_idea or not resource else resource.language,
        with_words=with_words(block.with_whom, teacher.formal_name if teacher else ""),
        with_icon=WITH_ICONS.get(block.with_whom, "user"),
        screen_words=str(screen_words),
        screen_icon=screen_icon,
        why=[(reason_icon(reason), reason_words(reason, skills)) for reason in block.reasons or []],
        kind_title=kind_title(block.kind, teacher.formal_name if teacher else ""),
        class_name=(school_class.subject or school_class.name) if many_classes else "",
        is_open=block.week.status in OPEN_STATES,
        done=counts[0],
        questions=counts[1],
        choices=[
            _option(option.resource, is_chosen=option.resource_id == block.chosen_resource_id, words="")
            for option in options
            if option.part == "choice"
        ],
        doors=doors_of_block(block, resource, doors.get(resource.pk, []), options) if resource else [],
    )


def doors_of_block(block: Block, now: Resource, doors: Iterable[Resource], options: Iterable[Any]) -> list[Option]:
    """Return the other doors to the work that is open now: the ones planned for this block, then the library's."""
    if block.kind == "choice" or block.own_idea:
        return []
    found = {option.resource_id: option.resource for option in options if option.part == "variant"}
    if block.resource is not None:
        found.setdefault(block.resource.pk, block.resource)
    for door in doors:
        found.setdefault(door.pk, door)
    return [_option(door, is_chosen=False, words=door_words(door, now)) for pk, door in found.items() if pk != now.pk]


def _option(resource: Resource, *, is_chosen: bool, words: str) -> Option:
    return Option(
        uuid=resource.uuid,
        title=resource.title,
        description=resource.description,
        language=resource.language,
        icon=RESOURCE_ICONS.get(resource.kind, "target"),
        words=words,
        is_chosen=is_chosen,
    )


def _greeting(student: Person, tasks: list[Task], days: list[Day], essentials_only: bool) -> str:
    name = student.given_name
    today = next((day for day in days if day.is_today), None)
    if not tasks:
        return gettext("Hi {name}.").format(name=name)
    if essentials_only or today is None:
        count = len(tasks)
        return ngettext("Hi {name}. {count} thing this week.", "Hi {name}. {count} things this week.", count).format(
            name=name, count=count
        )
    count = len(today.tasks)
    if not count:
        return gettext("Hi {name}. Nothing is planned for today.").format(name=name)
    return ngettext("Hi {name}. {count} thing today.", "Hi {name}. {count} things today.", count).format(
        name=name, count=count
    )


def _summary(tasks: list[Task], done: int) -> str:
    if not tasks:
        return ""
    if done == len(tasks):
        return gettext("Everything in this week is done.")
    if not done:
        return gettext("Start with any of them. There is time in class.")
    return ngettext(
        "{done} of {count} is done this week. There is time in class for the rest.",
        "{done} of {count} are done this week. There is time in class for the rest.",
        done,
    ).format(done=done, count=len(tasks))


# --- what a student does ----------------------------------------------------------------------------------------------


def back_to_week(block: Block) -> str:
    """Return the address of the block in its week."""
    monday = block.week.class_week.monday
    return reverse("student-week-of", kwargs={"monday": monday}) + f"#b-{block.uuid}"


def _returned(request: Request, address: str) -> HttpResponse:
    """Send the reader back; a page that is only asked for a part of itself is shown anew where it is."""
    return HttpResponseClientRefresh() if request.htmx else redirect(address)


@may(Permission.WORK)
@require_POST
def finish(request: Request, block: UUID) -> HttpResponse:
    """This will mark a block as done, with how it went, and offer the way back."""
    own = planning.own_block(request.person, block)
    feeling = request.POST.get("feeling", "")
    planning_actions.finish_block(
        block=own,
        feeling=feeling if feeling in FEELINGS else "",
        used_paper="paper" in request.POST,
        by=request.person,
        at=timezone.now(),
    )
    words = (
        gettext("Done. Your teacher sees that you are not sure yet.")
        if feeling == "not-sure"
        else gettext("Done. Your teacher sees it.")
    )
    messages.success(request, words, extra_tags=reverse("student-reopen", kwargs={"block": own.uuid}))
    return _returned(request, back_to_week(own))


@may(Permission.WORK)
@require_POST
def reopen(request: Request, block: UUID) -> HttpResponse:
    """This will open a block again that was marked as done."""
    own = planning.own_block(request.person, block)
    planning_actions.reopen_block(block=own, by=request.person, at=timezone.now())
    return _returned(request, back_to_week(own))


@may(Permission.WORK)
@require_POST
def choose(request: Request, block: UUID) -> HttpResponse:
    """This will keep the student's choice: one of the options, or an idea of their own."""
    own = planning.own_block(request.person, block)
    idea = words_in(request, "own_idea")
    chosen = request.POST.get("option", "")
    if chosen == "own" or (idea and not chosen):
        if not idea:
            return _choice_again(request, own, gettext("Write your idea in a few words, then choose it."))
        if len(idea) > 300:
            return _choice_again(request, own, gettext("Say it in fewer words: at most 300 letters."), idea)
        planning_actions.choose_option(block=own, own_idea=idea, by=request.person, at=timezone.now())
        return _returned(request, back_to_week(own))
    resource = _offered(own, chosen, part="choice")
    if resource is None:
        return _choice_again(request, own, gettext("Choose one of them first."), idea)
    planning_actions.choose_option(block=own, resource=resource, by=request.person, at=timezone.now())
    return _returned(request, back_to_week(own))


def _choice_again(request: Request, own: Block, problem: str, idea: str = "") -> HttpResponse:
    typed = {"choice_problem": problem, "choice_block": own.pk, "typed_idea": idea}
    return week_page(request, own.week.class_week.monday, status=422, typed=typed)


def _offered(own: Block, uuid: str, *, part: str) -> Resource | None:
    return next((resource for resource in planning.options_of(own)[part] if str(resource.uuid) == uuid), None)


@may(Permission.WORK)
@require_POST
def door(request: Request, block: UUID) -> HttpResponse:
    """This will open another door to the same work: another language, more help, more challenge. Nobody else sees it."""
    own = planning.own_block(request.person, block)
    uuid = request.POST.get("option", "")
    found: list[Any] = [*planning.options_of(own)["variant"]]
    if own.resource is not None and own.kind != "choice":
        found += [own.resource, *library.doors_of(own.resource)]
    resource = next((each for each in found if str(each.uuid) == uuid), None)
    if resource is None:
        raise NotFound
    planning_actions.choose_option(block=own, resource=resource, by=request.person, at=timezone.now())
    if request.POST.get("back") == "practice":
        return _returned(request, reverse("student-practice", kwargs={"block": own.uuid}))
    return _returned(request, back_to_week(own))


@may(Permission.WORK)
@require_POST
def choose_goal(request: Request) -> HttpResponse:
    """This will take a goal in the student's own words."""
    words = words_in(request, "words")
    if not words or len(words) > 300:
        problem = (
            gettext("Say it in fewer words: at most 300 letters.") if words else gettext("Write your goal, then save.")
        )
        return week_page(request, status=422, typed={"goal_problem": problem, "typed_goal": words})
    today = today_of(list(roster.classes_of_student(request.person)))
    roster_actions.choose_goal(student=request.person, words=words, on=today, by=request.person, at=timezone.now())
    return _returned(request, reverse("student-week") + "#goal-h")


@may(Permission.WORK)
@require_POST
def check_goal(request: Request) -> HttpResponse:
    """This will keep whether the goal was met today, in the student's own view."""
    goal = roster.goal_of(request.person)
    if goal is None:
        raise NotFound
    today = today_of(list(roster.classes_of_student(request.person)))
    is_met = request.POST.get("met") == "yes"
    wellbeing_actions.check_goal(goal=goal, day=today, is_met=is_met, by=request.person, at=timezone.now())
    return _returned(request, reverse("student-week") + "#goal-h")


@may(Permission.WORK)
@require_POST
def ask(request: Request) -> HttpResponse:
    """This will send a question to the teacher of one of the student's classes."""
    typed = {name: words_in(request, name) for name in ("kind", "words", "class", "block")}
    own = _asked_about(request, typed["block"])
    classes = list(roster.classes_of_student(request.person))
    school_class = next((each for each in classes if str(each.pk) == typed["class"]), None)
    if own is not None:
        school_class = own.week.class_week.school_class
    if school_class is None and len(classes) == 1:
        school_class = classes[0]
    if school_class is None:
        return week_page(
            request, status=422, typed={"help_problem": gettext("Choose the class first."), "typed_help": typed}
        )
    try:
        planning_actions.ask_for_help(
            student=request.person,
            school_class=school_class,
            kind="talk" if typed["kind"] == "talk" else "stuck",
            words=typed["words"].strip()[:500],
            block=own,
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as rule:
        problem = sentence(rule.sentence, rule.facts)
        return week_page(request, status=422, typed={"help_problem": problem, "typed_help": typed})
    sent = gettext("Sent. Your teacher sees that you asked. Asking is part of the work.")
    if request.htmx:
        # The page stays as it is, with an answer that may be half typed.
        response = render(request, "shared/components/toast.html", {"toast_words": sent})
        return retarget(reswap(response, "innerHTML"), "#toasts")
    messages.success(request, sent)
    if own is not None:
        return redirect("student-practice", block=own.uuid)
    return redirect(reverse("student-week") + "#help-h")


def _asked_about(request: Request, block: str) -> Block | None:
    try:
        return planning.own_block(request.person, UUID(block)) if block else None
    except ValueError:
        raise NotFound from None
