"""How a set of questions is asked: its order, the success it aims at, how many, what helps; and what students would get next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.items.practising import (
    MOST_QUESTIONS,
    AnswerFormat,
    ExampleTime,
    Order,
    PracticeSettings,
    settings_as_json,
    settings_from_json,
)
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.library import queries as library
from headway.records.library import shelving, stored
from headway.records.planning import practising
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence
from headway.web.teacher.page import last_open, teacher_page

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource
    from headway.records.roster.models import Class, Person

SALT = "how a set was asked before"
AS_THE_CLASS = "class"

ORDERS = (
    (
        Order.FITTING,
        _("What fits each student next"),
        _("The next question is the one that is most useful now. What was not right comes back after two others."),
    ),
    (
        Order.AS_WRITTEN,
        _("The order it was written"),
        _("Everybody gets the questions one after the other, for instance where each builds on the one before."),
    ),
)
AIMS = (
    (AS_THE_CLASS, _("As the rule of the class says"), _("Usually 7 in 10.")),
    ("0.5", _("5 in 10 right"), _("To find out what is known. Hard going for practice.")),
    ("0.6", _("6 in 10 right"), _("A stretch, for students who like one.")),
    ("0.7", _("7 in 10 right"), _("Most students keep going and learn well.")),
    ("0.8", _("8 in 10 right"), _("To grow sure of it.")),
    ("0.9", _("9 in 10 right"), _("To warm up, or to look back at what sits.")),
)
EXAMPLES = (
    (ExampleTime.AFTER, _("After each answer"), _("Once it is right, or after three tries.")),
    (ExampleTime.AT_THE_END, _("At the end of the set"), _("With the list of all questions.")),
    (ExampleTime.NEVER, _("Not at all"), ""),
)
FORMATS = (
    (AnswerFormat.CHOOSE, _("Choose"), _("among what is offered")),
    (AnswerFormat.WRITE, _("Write"), _("in one’s own words or numbers, also where one could choose")),
    (AnswerFormat.SAY, _("Say it"), _("a longer answer, told to a person")),
    (AnswerFormat.PAPER, _("On paper"), _("a longer answer, written or drawn by hand")),
)


class PracticeForm(forms.Form):
    """The settings of a set, as choices with words."""

    order = forms.ChoiceField(choices=[(value.value, words) for value, words, _says in ORDERS])
    success = forms.CharField(max_length=20)
    questions = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_QUESTIONS,
        label=_("How many questions at most"),
        help_text=_("Empty for all of them. When a skill is clear, the set ends earlier by itself."),
        widget=forms.NumberInput(attrs={"class": "input input--number", "inputmode": "numeric"}),
    )
    hints = forms.BooleanField(required=False)
    example = forms.ChoiceField(choices=[(value.value, words) for value, words, _says in EXAMPLES])
    formats = forms.MultipleChoiceField(
        choices=[(value.value, words) for value, words, _says in FORMATS],
        error_messages={"required": _("Leave at least one way to answer.")},
    )

    def clean(self) -> dict[str, Any]:
        """Return the settings as one value, under "settings"."""
        found = super().clean() or {}
        if self.errors:
            return found
        success = found["success"]
        try:
            stored_form = {**found, "success": None if success == AS_THE_CLASS else float(success)}
            found["settings"] = settings_from_json(stored_form)
        except ValueError:
            raise forms.ValidationError(gettext("Choose one of the aims.")) from None
        except RuleBroken as broken:
            raise forms.ValidationError(sentence(broken.sentence, broken.facts)) from broken
        return found


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What one student would get next, and why. `chance` is in times of 100, None where it was not weighed."""

    student: Person
    place: int | None
    prompt: str
    language: str
    chance: int | None
    why: str


@require_safe
@may(Permission.SEE_CLASS)
def practice_set(request: Request, resource: UUID) -> HttpResponse:
    """Show how a set is asked; with choices in the address, also what they would change."""
    shown = _resource(request, resource)
    form = PracticeForm(request.GET) if "order" in request.GET else None
    return _page(request, shown, form)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def set_practice(request: Request, resource: UUID) -> HttpResponse:
    """Set how a set of the school's own is asked; the same choice again changes nothing."""
    shown = stored.own_resource(request.person, resource)
    form = PracticeForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, form, status=422)
    return _set(request, shown, form.cleaned_data["settings"], gettext("The set is asked like this from now on."))


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def practice_back(request: Request, resource: UUID, was: str) -> HttpResponse:
    """Ask a set again as it was asked before a change."""
    shown = stored.own_resource(request.person, resource)
    try:
        kept = signing.loads(was, salt=SALT)
    except signing.BadSignature:
        raise NotFound from None
    if kept["resource"] != shown.pk:
        raise NotFound
    settings = settings_from_json(kept["was"]) if kept["was"] else None
    return _set(request, shown, settings, gettext("The set is asked as it was before."))


def _set(request: Request, shown: Resource, settings: PracticeSettings | None, words: str) -> HttpResponse:
    before = dict(shown.practice)
    if shelving.set_practice(resource=shown, settings=settings, by=request.person, at=timezone.now()):
        was = signing.dumps({"resource": shown.pk, "was": before}, salt=SALT, compress=True)
        undo = reverse("teacher-practice-back", kwargs={"resource": shown.uuid, "was": was})
        messages.success(request, words, extra_tags=undo)
    else:
        messages.success(request, gettext("These choices held already; nothing has changed."))
    return show_again(request, "teacher-practice", resource=shown.uuid)


def _resource(request: Request, uuid: UUID) -> Resource:
    shown = library.resource_with_uuid(uuid)
    if shown.school_id is not None and shown.school_id not in stored.schools_within_reach(request.person):
        raise NotFound
    return shown


def _page(request: Request, shown: Resource, form: PracticeForm | None, *, status: int = 200) -> HttpResponse:
    now = practising.settings_of(shown)
    tried = form.cleaned_data["settings"] if form is not None and form.is_valid() else now
    school_class = last_open(request)
    facts = {
        "resource": shown,
        "form": form or PracticeForm(_as_form(now)),
        "is_new": form is not None,
        "errors": [] if form is None or form.is_valid() else _errors(form),
        "choices": _choices(form.data if form is not None else _as_form(now)),
        "questions_field": (form or PracticeForm(_as_form(now)))["questions"],
        "hints": form.data.get("hints") if form is not None else now.hints,
        "keeps_order": bool(shown.text) and not shown.practice,
        "may_set": shown.school_id is not None and roster.may(request.person, Permission.ADD_TO_LIBRARY),
        "school_class": school_class,
        "is_tried": tried != now,
        **_preview_facts(shown, tried, school_class, timezone.now()),
    }
    if request.htmx and request.htmx.target == "look":
        return render(request, "teacher/practice_set.html#look", facts)
    return teacher_page(request, "teacher/practice_set.html", facts, tab="library", status=status)


def _as_form(settings: PracticeSettings) -> QueryDict:
    kept = settings_as_json(settings)
    data = QueryDict(mutable=True)
    data["order"], data["example"] = str(kept["order"]), str(kept["example"])
    data["success"] = AS_THE_CLASS if settings.success is None else f"{settings.success:g}"
    data["questions"] = "" if settings.questions is None else str(settings.questions)
    if settings.hints:
        data["hints"] = "on"
    data.setlist("formats", [str(one) for one in settings.formats])
    return data


def _errors(form: PracticeForm) -> list[str]:
    """Return what is wrong in the choices; what is wrong with the number stands beside it."""
    return [str(error) for name, errors in form.errors.items() if name != "questions" for error in errors]


def _choices(data: Any) -> dict[str, list[dict[str, Any]]]:
    """Return every choice with its words, and whether it is chosen."""

    def rows(name: str, options: Any) -> list[dict[str, Any]]:
        chosen = set(data.getlist(name))
        return [
            {"value": str(value), "words": words, "says": says, "is_chosen": str(value) in chosen}
            for value, words, says in options
        ]

    success = data.get("success", AS_THE_CLASS)
    aims: list[tuple[str, Any, Any]] = list(AIMS)
    if success not in {value for value, _words, _says in aims}:
        try:
            tenths = gettext("{count} in 100 right").format(count=round(100 * float(success)))
            aims.append((success, tenths, ""))
        except ValueError:
            pass
    return {
        "orders": rows("order", ORDERS),
        "aims": rows("success", aims),
        "examples": rows("example", EXAMPLES),
        "formats": rows("formats", FORMATS),
    }


def _preview_facts(
    shown: Resource, settings: PracticeSettings, school_class: Class | None, at: datetime
) -> dict[str, Any]:
    questions = items.items_of(shown)
    if school_class is None or not questions:
        return {"count": len(questions), "previews": []}
    skill_id = next((one.competency_id for one in questions if one.competency_id), None)
    skill_id = skill_id or library.primary_competencies([shown.pk]).get(shown.pk)
    return {
        "count": len(questions),
        "previews": [
            _preview(student, shown, questions, settings, school_class, skill_id, at)
            for student in practising.three_of(school_class, skill_id, at=at)
        ],
    }


def _preview(
    student: Person,
    shown: Resource,
    questions: list[Item],
    settings: PracticeSettings,
    school_class: Class,
    skill_id: int | None,
    at: datetime,
) -> Preview:
    step = practising.next_in_set(
        student, shown, questions, {}, at=at, skill_id=skill_id, settings=settings, school_class=school_class
    )
    item = questions[step.id - 1] if step.id is not None else None
    return Preview(
        student=student,
        place=step.id,
        prompt=item.prompt or item.title if item is not None else "",
        language=item.language if item is not None else "",
        chance=None if step.chance is None else round(100 * step.chance),
        why=" ".join(sentence(words, facts) for words, facts in step.reasons),
    )
