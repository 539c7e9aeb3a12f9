"""One class as its leader sees it: teachers, students, more names, cards."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.roster.names import parse_names
from headway.core.shared.errors import NotFound
from headway.records.roster import actions, queries
from headway.web.leader.class_new import MOST_LETTERS, NamesField, pasted_words
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.cards import cards_page_facts, change_cards


class MoreNamesForm(forms.Form):
    """More names for a class that is there."""

    names = NamesField(
        label=_("Paste more names"), help_text=_("Names that are already in the class are left as they are.")
    )


@require_safe
@may(Permission.SEE_SCHOOL)
def class_page(request: Request, class_id: int) -> HttpResponse:
    """Show a class of one of the leader's schools."""
    return _page(request, class_id, {"form": MoreNamesForm()})


def _page(request: Request, class_id: int, facts: dict[str, Any], status: int = 200) -> HttpResponse:
    school_class = queries.led_class(request.person, class_id)
    students = list(queries.students_of(school_class))
    here = {teacher.pk for teacher in queries.teachers_of(school_class)}
    shown = {
        "school_class": school_class,
        "students": students,
        "without_card": len(students) - len(queries.working_cards(students)),
        "teachers": list(queries.teachers_of(school_class)),
        "other_teachers": [row for row in queries.teachers_in(school_class.school) if row.pk not in here],
        "periods": list(queries.periods_of(school_class)),
    }
    return leader_page(request, "leader/class_page.html", {**shown, **facts}, tab="school", status=status)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def class_paste(request: Request, class_id: int) -> HttpResponse:
    """Add pasted names to a class; names that are there already stay as they are."""
    school_class = queries.led_class(request.person, class_id)
    form = MoreNamesForm(request.POST)
    if not form.is_valid():
        read = parse_names(request.POST.get("names", "")[:MOST_LETTERS])
        return _page(request, class_id, {"form": form, "read": read}, status=422)
    at = timezone.now()
    pasted = actions.paste_class_list(
        school_class=school_class,
        names=form.cleaned_data["names"].names,
        on=queries.today_at(school_class.school, at),
        by=request.person,
        at=at,
    )
    messages.success(request, pasted_words(pasted))
    return redirect("leader-class", class_id=class_id)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def class_teacher(request: Request, class_id: int) -> HttpResponse:
    """Let a teacher of the school work with the class."""
    school_class = queries.led_class(request.person, class_id)
    teachers = {str(row.pk): row for row in queries.teachers_in(school_class.school)}
    teacher = teachers.get(request.POST.get("teacher", ""))
    if teacher is None:
        raise NotFound
    part = "co" if queries.lead_teacher(school_class) else "lead"
    actions.assign_teacher(school_class=school_class, teacher=teacher, part=part, by=request.person, at=timezone.now())
    words = gettext("{name} works with this class now.").format(name=teacher.formal_name)
    messages.success(request, words)
    return redirect("leader-class", class_id=class_id)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.PRINT_CARDS)
def cards(request: Request, class_id: int) -> HttpResponse:
    """Show the sign-in cards of a class; make missing ones, replace lost ones."""
    school_class = queries.led_class(request.person, class_id)
    if request.method == "POST":
        change_cards(request, school_class)
        return redirect("leader-cards", class_id=class_id)
    return leader_page(request, "leader/cards.html", cards_page_facts(request, school_class), tab="school")
