"""A set of questions of the school's own: made, looked through, put in order, questions put away and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.exchange.qti.writing import package_of
from headway.records.items import writing, written
from headway.records.library import stored
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import language_name, sentence
from headway.web.teacher.library_add import school_of
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.question_kinds import KINDS
from headway.web.teacher.resource_edit import path_of_open_class
from headway.web.teacher.words import languages_to_choose

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource

PLACES = {"up": -1, "down": 1}


class SetForm(forms.Form):
    """What a new set of questions is called, its language and what it is about; everything else can wait."""

    title = forms.CharField(
        label=_("Title of the set"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input"}),
        error_messages={"required": _("Give it a title, so that others find it.")},
    )
    language = forms.ChoiceField(label=_("Language"), widget=forms.Select(attrs={"class": "select"}))
    skill = forms.TypedChoiceField(
        label=_("Skill"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"class": "select"}),
        help_text=_("What the answers are evidence of. Each question can have its own."),
    )

    def __init__(self, *args: Any, path: list[tuple[int, str]], **kwargs: Any) -> None:
        """`path` holds the skills of the open class."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["language"].choices = languages_to_choose({str(self.initial.get("language") or "en")})
        fields["skill"].choices = [("", gettext("Choose it later")), *path]


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def new_set(request: Request) -> HttpResponse:
    """Ask what a new set of questions is called, make it, and open it for its first question."""
    school, school_class = school_of(request), last_open(request)
    start = {"language": get_language() or "en"}
    form = SetForm(request.POST if request.method == "POST" else None, initial=start, path=path_of_open_class(request))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        grade = school_class.grade if school_class is not None else None
        try:
            made = writing.make_set(
                school=school,
                title=told["title"],
                language=told["language"],
                competency_ids=[told["skill"]] if told["skill"] else [],
                grade_low=0 if grade is None else grade,
                grade_high=12 if grade is None else grade,
                by=request.person,
                at=timezone.now(),
            )
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
        else:
            return redirect("teacher-question-new", resource=made.uuid)
    status = 422 if form.errors else 200
    return teacher_page(request, "teacher/questions_new.html", {"form": form}, tab="library", status=status)


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def question_set(request: Request, resource: UUID) -> HttpResponse:
    """Show the questions of a set in order, each with its kind, its skill and its languages."""
    shown = stored.own_resource(request.person, resource)
    return teacher_page(request, "teacher/questions.html", set_facts(shown), tab="library")


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def download(request: Request, resource: UUID) -> HttpResponse:
    """Hand a set out as a package of QTI 3 that other systems read; what is put away stays here."""
    shown = stored.own_resource(request.person, resource)
    name = f"{slugify(shown.title)[:60] or 'questions'}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(package_of([shown]), content_type="application/zip", headers=headers)


def set_facts(shown: Resource) -> dict[str, Any]:
    """Return what the page of a set needs."""
    rows = written.questions_in_set(shown)
    asked = [item for item in rows if item.put_away_at is None]
    others = written.in_other_languages(asked)
    names = standards.named({item.competency for item in rows if item.competency}, get_language() or "en")
    return {
        "resource": shown,
        "language_name": language_name(shown.language),
        "rows": [
            {
                **question_row(item, names),
                "others": [{"item": other, "language": language_name(other.language)} for other in others[item.pk]],
                "may_vary": bool(languages_left(item, others[item.pk])),
                "is_first": place == 0,
                "is_last": place == len(asked) - 1,
            }
            for place, item in enumerate(asked)
        ],
        "put_away": [question_row(item, names) for item in rows if item.put_away_at is not None],
    }


def question_row(item: Item, names: Any) -> dict[str, Any]:
    """Return a question as a list shows it."""
    kind = KINDS.get(item.kind)
    return {
        "item": item,
        "kind": kind[0] if kind else gettext("Another kind"),
        "icon": kind[2] if kind else "shapes",
        "skill": names[item.competency_id].short if item.competency_id in names else "",
    }


# icons: shapes circle-help


def languages_left(item: Item, others: list[Item]) -> list[tuple[str, str]]:
    """Return the languages a question can still be written in."""
    taken = {item.language, *(other.language for other in others)}
    return [(code, str(words)) for code, words in languages_to_choose(set()) if code not in taken]


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def move(request: Request, question: UUID, way: str) -> HttpResponse:
    """Move a question up or down in its set."""
    if way not in PLACES:
        raise NotFound
    item = written.question_for(request.person, question)
    place = writing.move_question(item=item, by_places=PLACES[way], by=request.person, at=timezone.now())
    back = {"up": "down", "down": "up"}[way]
    undo = reverse("teacher-question-move", kwargs={"question": item.uuid, "way": back})
    return _told(request, item, gettext("Now question {place}.").format(place=place), undo)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def put_away(request: Request, question: UUID) -> HttpResponse:
    """Ask a question no more."""
    item = written.question_for(request.person, question)
    writing.put_question_away(item=item, by=request.person, at=timezone.now())
    undo = reverse("teacher-question-bring-back", kwargs={"question": item.uuid})
    return _told(request, item, gettext("Put away. It is asked no more; answers that were given stay."), undo)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def bring_back(request: Request, question: UUID) -> HttpResponse:
    """Ask a question again that was put away."""
    item = written.question_for(request.person, question)
    writing.bring_question_back(item=item, by=request.person, at=timezone.now())
    return _told(request, item, gettext("It is asked again, where it stood."), "")


def _told(request: Request, item: Item, words: str, undo: str) -> HttpResponse:
    """Show the set again: only the list where htmx pressed a button of it, the page where its toast did."""
    if request.htmx and request.htmx.target == "questions":
        facts = {**set_facts(item.resource), "toast_words": words, "toast_undo": undo}
        return teacher_page(request, "teacher/questions.html#list", facts, tab="library")
    messages.success(request, words, extra_tags=undo)
    return show_again(request, "teacher-questions", resource=item.resource.uuid)
