"""By when work is to be done: the class's dates, another date for one student, a student's pace, and who moved on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.evidence import queries as evidence
from headway.records.planning import dates as reads
from headway.records.planning import pace as actions
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence
from headway.web.teacher.page import teacher_page, today_of
from headway.web.templatetags.headway import weekday_and_day

if TYPE_CHECKING:
    from headway.core.planning.pace import PaceNow
    from headway.records.planning.models import Deadline, MoveOn
    from headway.records.roster.models import Class, Person
    from headway.records.standards.models import Competency

# icons: circle-check sprout mountain calendar-clock undo-2 circle-dot hand
PACE_WORDS = {
    "ahead": (_("Ahead"), "mountain"),
    "on": (_("On the path"), "circle-check"),
    "needs_time": (_("Needs time"), "sprout"),
}
BEFORE = "moved_before"
_STATES = {True: "moved", False: "stays", None: "undone"}


# --- the page of dates -----------------------------------------------------------------------------------------------


class DateForm(forms.Form):
    """A day for a piece of the class's work."""

    work = forms.UUIDField(
        error_messages={"required": _("Choose the work first."), "invalid": _("Choose the work first.")}
    )
    due_on = forms.DateField(error_messages={"required": _("Choose a day."), "invalid": _("Choose a day.")})
    words = forms.CharField(required=False, max_length=200)


class MoveForm(forms.Form):
    """Another day for one student."""

    student = forms.UUIDField(error_messages={"required": _("Choose a student."), "invalid": _("Choose a student.")})
    due_on = forms.DateField(error_messages={"required": _("Choose a day."), "invalid": _("Choose a day.")})
    why = forms.CharField(required=False, max_length=300)


@require_safe
@may(Permission.PLAN_WEEKS)
def dates(request: Request, class_id: int) -> HttpResponse:
    """Show the class's dates, and where each student has another one."""
    return _show(request, roster.taught_class(request.person, class_id))


def _show(
    request: Request,
    school_class: Class,
    *,
    form: DateForm | None = None,
    move: MoveForm | None = None,
    moving: int = 0,
    problem: str = "",
) -> HttpResponse:
    today = today_of(school_class)
    work = reads.work_to_date(school_class)
    names = standards.named(standards.path_of(school_class), get_language() or "en")
    students = list(roster.students_of(school_class))
    facts = {
        "rows": reads.dates_of_class(school_class),
        "students": students,
        "work": [(names[pk].short, rows) for pk, rows in work if pk in names],
        "form": form or DateForm(),
        "move": move or MoveForm(),
        "moving": moving,
        "problem": problem,
        "today": today,
        "last_day": today + timedelta(days=actions.MOST_AHEAD_DAYS),
    }
    is_wrong = bool(form or move)
    return teacher_page(
        request, "teacher/dates.html", facts, tab="class", school_class=school_class, status=422 if is_wrong else 200
    )


@require_POST
@may(Permission.PLAN_WEEKS)
def set_date(request: Request, class_id: int) -> HttpResponse:
    """Set the day by which a piece of the class's work is to be done."""
    school_class = roster.taught_class(request.person, class_id)
    form = DateForm(request.POST)
    if not form.is_valid():
        return _show(request, school_class, form=form)
    offered = {row.uuid: row for _skill, rows in reads.work_to_date(school_class) for row in rows}
    resource = offered.get(form.cleaned_data["work"])
    if resource is None:
        raise NotFound
    try:
        made = actions.set_deadline(
            school_class=school_class,
            resource=resource,
            due_on=form.cleaned_data["due_on"],
            words=form.cleaned_data["words"],
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as rule:
        return _show(request, school_class, form=form, problem=sentence(rule.sentence, rule.facts))
    messages.success(
        request,
        gettext("“{title}” has a date: {day}.").format(title=resource.title, day=weekday_and_day(made.due_on)),
        extra_tags=reverse("teacher-date-end", kwargs={"deadline_id": made.pk}),
    )
    return show_again(request, "teacher-dates", class_id=class_id)


@require_POST
@may(Permission.PLAN_WEEKS)
def end_date(request: Request, deadline_id: int) -> HttpResponse:
    """Take a class's date back; this is also how setting one is undone."""
    deadline = reads.deadline_for(request.person, deadline_id)
    actions.end_deadline(deadline=deadline, by=request.person, at=timezone.now())
    messages.success(
        request,
        gettext("“{title}” has no date now. The work stays.").format(title=deadline.resource.title),
        extra_tags=reverse("teacher-date-again", kwargs={"deadline_id": deadline.pk}),
    )
    return show_again(request, "teacher-dates", class_id=deadline.school_class_id)


@require_POST
@may(Permission.PLAN_WEEKS)
def date_again(request: Request, deadline_id: int) -> HttpResponse:
    """Let a date hold again that was taken back."""
    deadline = reads.deadline_for(request.person, deadline_id)
    actions.bring_back_deadline(deadline=deadline, by=request.person, at=timezone.now())
    messages.success(request, gettext("The date holds again, with the students’ own dates."))
    return show_again(request, "teacher-dates", class_id=deadline.school_class_id)


@require_POST
@may(Permission.PLAN_WEEKS)
def move_date(request: Request, deadline_id: int) -> HttpResponse:
    """Give one student another day; only that student, the family and the class's adults see it."""
    deadline = reads.deadline_for(request.person, deadline_id)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _show(request, deadline.school_class, move=form, moving=deadline.pk)
    student = roster.student_in_class(deadline.school_class, form.cleaned_data["student"])
    _remember(request, deadline, student)
    try:
        moved = actions.move_date(
            deadline=deadline,
            student=student,
            due_on=form.cleaned_data["due_on"],
            why=form.cleaned_data["why"],
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as rule:
        problem = sentence(rule.sentence, rule.facts)
        return _show(request, deadline.school_class, move=form, moving=deadline.pk, problem=problem)
    messages.success(
        request,
        gettext("{name}’s date is {day}. Classmates see nothing of it.").format(
            name=student.given_name, day=weekday_and_day(moved.due_on)
        ),
        extra_tags=_undo_address(deadline, student),
    )
    return show_again(request, "teacher-dates", class_id=deadline.school_class_id)


@require_POST
@may(Permission.PLAN_WEEKS)
def date_back(request: Request, deadline_id: int, student: UUID) -> HttpResponse:
    """Let the class's date hold for a student again."""
    deadline = reads.deadline_for(request.person, deadline_id)
    person = roster.student_in_class(deadline.school_class, student)
    _remember(request, deadline, person)
    actions.take_back_date(deadline=deadline, student=person, by=request.person, at=timezone.now())
    messages.success(
        request,
        gettext("{name} has the date of the class again.").format(name=person.given_name),
        extra_tags=_undo_address(deadline, person),
    )
    return show_again(request, "teacher-dates", class_id=deadline.school_class_id)


@require_POST
@may(Permission.PLAN_WEEKS)
def undo_date(request: Request, deadline_id: int, student: UUID) -> HttpResponse:
    """Put a student's date back to what it was before the last press, with its reason."""
    deadline = reads.deadline_for(request.person, deadline_id)
    person = roster.student_in_class(deadline.school_class, student)
    before = request.session.get(BEFORE, {}).pop(f"{deadline.pk}-{person.pk}", None)
    request.session.modified = True
    signed: dict[str, Any] = {"by": request.person, "at": timezone.now()}
    if before:
        due_on = date.fromisoformat(before["due_on"])
        actions.move_date(deadline=deadline, student=person, due_on=due_on, why=before["why"], **signed)
    else:
        actions.take_back_date(deadline=deadline, student=person, **signed)
    messages.success(request, gettext("{name}’s date is as it was.").format(name=person.given_name))
    return show_again(request, "teacher-dates", class_id=deadline.school_class_id)


def _remember(request: Request, deadline: Deadline, student: Person) -> None:
    """Keep what the date was for an undo, in the teacher's own session: the record keeps no second copy of a reason."""
    moved = reads.moved_date(deadline, student)
    kept = dict(request.session.get(BEFORE, {}))
    kept[f"{deadline.pk}-{student.pk}"] = {"due_on": moved.due_on.isoformat(), "why": moved.why} if moved else None
    request.session[BEFORE] = dict(list(kept.items())[-20:])


def _undo_address(deadline: Deadline, student: Person) -> str:
    return reverse("teacher-date-undo", kwargs={"deadline_id": deadline.pk, "student": student.uuid})


# --- a student's pace, as a part of other pages ----------------------------------------------------------------------


@dataclass(kw_only=True)
class PaceShown:
    """A student's pace in one class, in words; `typed` and `problem` are what a form sent and what is wrong with it."""

    school_class: Class
    word: str
    word_label: str
    icon: str
    reason: str
    now: PaceNow
    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def paces_shown(student: Person, school_classes: Iterable[Class], *, at: datetime) -> list[PaceShown]:
    """Return a student's pace in each of these classes that has a path."""
    found = []
    for school_class in school_classes:
        now = reads.pace_of_student(student, school_class, at=at)
        label, icon = PACE_WORDS[now.word.value]
        found.append(
            PaceShown(
                school_class=school_class,
                word=now.word.value,
                word_label=str(label),
                icon=icon,
                reason=sentence(now.sentence, now.facts),
                now=now,
            )
        )
    return found


def pace_words(
    school_class: Class,
    students: Sequence[Person],
    *,
    at: datetime,
    grid: Mapping[tuple[int, int], evidence.Cell],
    path: Sequence[Competency],
) -> dict[int, str]:
    """Return the word of each student's pace where it says something, by student id; "on the path" goes without saying."""
    paces = reads.paces_of(school_class, students, at=at, grid=grid, path=path)
    return {pk: str(PACE_WORDS[now.word.value][0]) for pk, now in paces.items() if now.word.value != "on"}


# --- who moved on, as a part of Today --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MoveOnShown:
    """One line about moving on: who waits to show a skill, moved on, or stays with the work."""

    move_on: MoveOn
    skill: str
    state: str
    words: str


def moves_on_shown(school_classes: Iterable[Class], *, at: datetime) -> list[MoveOnShown]:
    """Return who wants to move on and who did, in words."""
    rows = reads.moves_on_to_see(school_classes, at=at)
    names = standards.named({row.competency_id: row.competency for row in rows}.values(), get_language() or "en")
    return [
        MoveOnShown(
            move_on=row,
            skill=names[row.competency_id].short,
            state="waits" if row.decided_at is None else _STATES[row.is_proved],
            words=_move_on_words(row, names[row.competency_id].short),
        )
        for row in rows
    ]


def _move_on_words(row: MoveOn, skill: str) -> str:
    name = row.student.given_name
    if row.decided_at is None:
        words = gettext("{name} says: I can do this already. There is no question for {skill}, so it is shown to you.")
    elif row.is_proved and row.item_id is not None:
        words = gettext("{name} moved on from {skill} by proof: one question, answered alone.")
    elif row.is_proved:
        words = gettext("{name} moved on from {skill}: you saw it.")
    elif row.is_proved is False:
        words = gettext("{name} tried to move on from {skill}. The work stays.")
    else:
        words = gettext("{name}’s work on {skill} was brought back.")
    return words.format(name=name, skill=skill)
