"""What may happen by itself in a class, and what its weeks may not break: set in plain words, put back by one press."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.planning.dials import LIMITS
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.planning import automation, limits, queries
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.dials import DialField, weight_lines
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence
from headway.web.teacher.page import teacher_page

if TYPE_CHECKING:
    from headway.records.roster.models import Class

SALT = "limits of a class as they were"
OFF, SUGGEST, DO = "off", "suggest", "do"
CHOICES = (
    (
        OFF,
        _("Off: you make the weeks"),
        _(
            "Nothing is drafted and no group is formed unless you do it. You build a week by hand, or copy the last one. "
            "The checks and the fairness strip still work."
        ),
    ),
    (
        SUGGEST,
        _("Suggest: drafts wait for you"),
        _(
            "Weeks and groups are drafted in pencil, on your press or in the night before a weekend. "
            "Nothing reaches a student until you approve it."
        ),
    ),
    (
        DO,
        _("Do, and tell me"),
        _(
            "Weeks are drafted, and those that nothing speaks against are approved under this rule. You are told on "
            "your Today page and can take all of them back. A week that you changed or opened again waits for you."
        ),
    ),
)


class PlanRulesForm(forms.Form):
    """The limits of a class: how much happens by itself, who may move on, and the numbers."""

    automation = forms.ChoiceField(
        choices=[(value, name) for value, name, _says in CHOICES],
        error_messages={
            "required": _("Choose how much may happen by itself."),
            "invalid_choice": _("Choose one of the three."),
        },
    )
    may_move_on = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for dial in LIMITS:
            self.fields[dial.name] = DialField(dial)

    @property
    def ways(self) -> list[dict[str, Any]]:
        """The three ways, each with what it means."""
        chosen = self["automation"].value()
        return [
            {"value": value, "name": name, "says": says, "is_chosen": chosen == value} for value, name, says in CHOICES
        ]

    @property
    def numbers(self) -> list[forms.BoundField]:
        """The fields of the numbers, in order."""
        return [self[dial.name] for dial in LIMITS]


@require_safe
@may(Permission.PLAN_WEEKS)
def plan_rules(request: Request, class_id: int) -> HttpResponse:
    """Show what may happen by itself in a class."""
    school_class = roster.taught_class(request.person, class_id)
    now = limits.limits_now(queries.rules_of(school_class))
    return _page(request, school_class, PlanRulesForm(initial=now), now)


@require_POST
@may(Permission.PLAN_WEEKS)
def set_plan_rules(request: Request, class_id: int) -> HttpResponse:
    """Set it; the same again changes nothing."""
    school_class = roster.taught_class(request.person, class_id)
    was = limits.limits_now(queries.rules_of(school_class))
    form = PlanRulesForm(request.POST, initial=was)
    if form.is_valid():
        try:
            return _set(request, school_class, was, form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
    return _page(request, school_class, form, was, status=422)


@require_POST
@may(Permission.PLAN_WEEKS)
def put_back(request: Request, class_id: int, was: str) -> HttpResponse:
    """Put the limits back as they were before a change."""
    school_class = roster.taught_class(request.person, class_id)
    try:
        kept = signing.loads(was, salt=SALT)
    except signing.BadSignature:
        raise NotFound from None
    if kept["class"] != school_class.pk:
        raise NotFound
    return _set(request, school_class, limits.limits_now(queries.rules_of(school_class)), kept["was"])


@require_POST
@may(Permission.PLAN_WEEKS)
def seen(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Remember that what was approved under the rule has been seen."""
    school_class = roster.taught_class(request.person, class_id)
    shared = queries.class_week(school_class, monday)
    if shared is None:
        raise NotFound
    automation.note_told(class_week=shared, by=request.person, at=timezone.now())
    messages.success(request, gettext("Noted. The weeks stay approved."))
    return show_again(request, "teacher-today")


@require_POST
@may(Permission.PLAN_WEEKS)
def begin(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Open an empty week for everybody who has none, to be filled by hand."""
    school_class = roster.taught_class(request.person, class_id)
    weeks = automation.begin_by_hand(school_class=school_class, monday=monday, by=request.person, at=timezone.now())
    words = ngettext("{count} empty week is open.", "{count} empty weeks are open.", len(weeks))
    messages.success(request, words.format(count=len(weeks)))
    return redirect("teacher-week", class_id=class_id, monday=monday)


def _set(request: Request, school_class: Class, was: Mapping[str, Any], wanted: Mapping[str, Any]) -> HttpResponse:
    rules = automation.set_limits(school_class=school_class, limits=wanted, by=request.person, at=timezone.now())
    if limits.limits_now(rules) == was:
        messages.success(request, gettext("These rules held already; nothing has changed."))
    else:
        kept = signing.dumps({"class": school_class.pk, "was": dict(was)}, salt=SALT, compress=True)
        undo = reverse("teacher-plan-rules-back", kwargs={"class_id": school_class.pk, "was": kept})
        messages.success(request, gettext("The rules for planning hold from now on."), extra_tags=undo)
    return show_again(request, "teacher-plan-rules", class_id=school_class.pk)


def _page(
    request: Request, school_class: Class, form: PlanRulesForm, now: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    in_force = limits.weights_in_force(school_class.school)
    facts = {
        "form": form,
        "now": next(name for value, name, _says in CHOICES if value == now["automation"]),
        "weights": weight_lines(in_force.weights),
        "weights_row": in_force.row,
        "weeks_address": reverse("teacher-week-now", kwargs={"class_id": school_class.pk}),
    }
    return teacher_page(request, "teacher/plan_rules.html", facts, tab="week", school_class=school_class, status=status)
