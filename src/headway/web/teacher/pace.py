"""What a teacher says about a pace, and decides about moving on: presses on a student's page and on Today."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from headway.core.access.roles import Permission
from headway.core.shared.errors import RuleBroken
from headway.records.planning import dates as reads
from headway.records.planning import pace as actions
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence
from headway.web.teacher import student as student_page


@require_POST
@may(Permission.PLAN_WEEKS)
def say_pace(request: Request, class_id: int, student: UUID) -> HttpResponse:
    """Put the teacher's own word in place of the one worked out, with a reason and a last day."""
    school_class = roster.taught_class(request.person, class_id)
    person = roster.student_in_class(school_class, student)
    typed = {name: request.POST.get(name, "").strip() for name in ("word", "why", "ends_on")}
    try:
        said = actions.say_pace(
            school_class=school_class,
            student=person,
            word=typed["word"],
            why=typed["why"],
            ends_on=_day(typed["ends_on"]),
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as rule:
        problem = sentence(rule.sentence, rule.facts)
        return student_page.show(request, person, pace_typed=(school_class.pk, typed, problem))
    messages.success(
        request,
        gettext("Your word holds for {name} until its last day.").format(name=person.given_name),
        extra_tags=reverse("teacher-pace-back", kwargs={"pace_word_id": said.pk}),
    )
    return show_again(request, "teacher-student", student=person.uuid)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return date.min  # before any school: the sentence about the last day says what to do


@require_POST
@may(Permission.PLAN_WEEKS)
def take_back(request: Request, pace_word_id: int) -> HttpResponse:
    """Take the teacher's own word back; this is also how saying one is undone."""
    said = reads.pace_word_for(request.person, pace_word_id)
    actions.take_back_pace(pace_word=said, by=request.person, at=timezone.now())
    messages.success(
        request,
        gettext("Taken back. The word is worked out from the evidence again."),
        extra_tags=reverse("teacher-pace-again", kwargs={"pace_word_id": said.pk}),
    )
    return show_again(request, "teacher-student", student=said.student.uuid)


@require_POST
@may(Permission.PLAN_WEEKS)
def again(request: Request, pace_word_id: int) -> HttpResponse:
    """Let a word hold again that was taken back."""
    said = reads.pace_word_for(request.person, pace_word_id)
    actions.bring_back_pace(pace_word=said, by=request.person, at=timezone.now())
    messages.success(request, gettext("Your word holds again."))
    return show_again(request, "teacher-student", student=said.student.uuid)


@require_POST
@may(Permission.PLAN_WEEKS)
def confirm_move_on(request: Request, move_on_id: int) -> HttpResponse:
    """Decide for a skill that has no question: the student showed it to the teacher, or not yet."""
    wish = reads.move_on_for(request.person, move_on_id)
    is_shown = request.POST.get("shown") == "yes"
    proof = actions.confirm_move_on(move_on=wish, is_shown=is_shown, by=request.person, at=timezone.now())
    name = wish.student.given_name
    if proof.move_on.is_proved:
        messages.success(
            request,
            gettext("{name} moves on. The next work is in the week, and what you saw is evidence.").format(name=name),
            extra_tags=reverse("teacher-move-on-undo", kwargs={"move_on_id": wish.pk}),
        )
    else:
        messages.success(request, gettext("{name}’s work stays. Nothing counts against it.").format(name=name))
    return show_again(request, "teacher-today")


@require_POST
@may(Permission.PLAN_WEEKS)
def undo_move_on(request: Request, move_on_id: int) -> HttpResponse:
    """Bring back the work that a student moved on from."""
    wish = reads.move_on_for(request.person, move_on_id)
    actions.undo_move_on(move_on=wish, by=request.person, at=timezone.now())
    messages.success(request, gettext("The work is back in {name}’s week.").format(name=wish.student.given_name))
    return show_again(request, "teacher-today")
