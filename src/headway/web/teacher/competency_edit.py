"""A skill worded in the school's own way, in any language; and skills that a school adds to a framework of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.standards import queries as standards
from headway.records.standards import shaping
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence
from headway.web.teacher.competency import school_of
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import language_name, languages_to_choose

if TYPE_CHECKING:
    from headway.records.standards.models import Competency, Framework

WORDS_BEFORE = "words of a skill as they were"
FACTS_BEFORE = "a skill as it was"
HIGHEST_GRADE = 12
NATURES = (
    ("fact", _("Fact")),
    ("procedure", _("Procedure")),
    ("concept", _("Concept")),
    ("performance", _("Performance")),
)


class WordingForm(forms.Form):
    """A skill in one language."""

    language = forms.CharField(max_length=12, error_messages={"required": _("Choose a language.")})
    short = forms.CharField(max_length=80, required=False)
    statement = forms.CharField(max_length=2000, required=False)
    words = forms.CharField(max_length=500, required=False)

    def clean_language(self) -> str:
        """Refuse what is no language."""
        code: str = self.cleaned_data["language"]
        if language_name(code) == code:
            raise forms.ValidationError(gettext("Choose a language of the list."))
        return code


class SkillForm(forms.Form):
    """What a skill of a school's own is; empty grades mean any."""

    code = forms.CharField(max_length=80, required=False)
    short = forms.CharField(max_length=80, required=False)
    statement = forms.CharField(
        max_length=2000, error_messages={"required": _("Write what there is to learn, in one sentence.")}
    )
    nature = forms.ChoiceField(choices=NATURES, initial="concept")
    grade_low = forms.IntegerField(required=False, min_value=0, max_value=HIGHEST_GRADE)
    grade_high = forms.IntegerField(required=False, min_value=0, max_value=HIGHEST_GRADE)
    parent = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)
    is_heading = forms.BooleanField(required=False)

    def __init__(self, *args: Any, framework: Framework, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {row.pk: row for row in standards.competencies_of(framework) if not row.is_withdrawn}
        choices = [("", gettext("Nothing: it stands at the top"))]
        choices += [(str(row.pk), str(row)) for row in self.rows.values()]
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """Return what was typed as records takes it."""
        typed = self.cleaned_data
        names = ("code", "short", "statement", "nature", "grade_low", "grade_high")
        parent = self.rows[typed["parent"]] if typed.get("parent") else None
        return {**{name: typed[name] for name in names}, "parent": parent, "is_assessable": not typed["is_heading"]}


# --- One skill --------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SHAPE_STANDARDS)
def edit(request: Request, competency_id: int) -> HttpResponse:
    """Show how a skill is worded in each language, and what it is where it is the school's own."""
    return _page(request, standards.competency_for(request.person, competency_id))


def _page(
    request: Request,
    competency: Competency,
    *,
    wording: WordingForm | None = None,
    form: SkillForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = standards.wordings_of(competency)
    forms_of = [
        wording
        if wording is not None and wording.data.get("language") == row.language
        else WordingForm(
            initial={"language": row.language, "short": row.short, "statement": row.statement, "words": row.words}
        )
        for row in rows
    ]
    known = {row.language for row in rows}
    fresh = wording if wording is not None and wording.data.get("language") not in known else WordingForm()
    is_own = _is_own(request, competency.framework)
    if is_own and form is None:
        form = SkillForm(
            framework=competency.framework,
            initial={
                **{
                    name: getattr(competency, name)
                    for name in ("code", "short", "statement", "nature", "grade_low", "grade_high")
                },
                "parent": competency.parent_id,
                "is_heading": not competency.is_assessable,
            },
        )
    facts = {
        "skill": standards.named([competency], get_language() or "en")[competency.pk],
        "competency": competency,
        "framework": competency.framework,
        "wordings": [
            {"form": each, "language": row.language, "name": language_name(row.language)}
            for each, row in zip(forms_of, rows, strict=True)
        ],
        "fresh": fresh,
        "languages": [row for row in languages_to_choose() if row[0] not in known],
        "is_own": is_own,
        "form": form,
    }
    return teacher_page(request, "teacher/competency_edit.html", facts, tab="library", status=status)


def _is_own(request: Request, framework: Framework) -> bool:
    try:
        standards.school_of_framework(request.person, framework)
    except NotFound:
        return False
    return True


@require_POST
@may(Permission.SHAPE_STANDARDS)
def word(request: Request, competency_id: int) -> HttpResponse:
    """Word a skill in one language; empty words take the language out."""
    competency = standards.competency_for(request.person, competency_id)
    form = WordingForm(request.POST)
    if form.is_valid():
        try:
            return _worded(request, competency, form.cleaned_data["language"], form.cleaned_data)
        except RuleBroken as broken:
            form.add_error("words", sentence(broken.sentence, broken.facts))
    return _page(request, competency, wording=form, status=422)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def word_back(request: Request, competency_id: int, was: str) -> HttpResponse:
    """Put the words back as they were before a change."""
    competency = standards.competency_for(request.person, competency_id)
    kept = _kept(was, WORDS_BEFORE, competency)
    return _worded(request, competency, kept["language"], kept["was"] or {})


def _worded(request: Request, competency: Competency, language: str, wording: Mapping[str, str]) -> HttpResponse:
    before = shaping.word_competency(
        competency=competency,
        language=language,
        wording=wording,
        school=school_of(request),
        by=request.person,
        at=timezone.now(),
    )
    was = signing.dumps({"skill": competency.pk, "language": language, "was": before}, salt=WORDS_BEFORE)
    undo = reverse("teacher-skill-word-back", kwargs={"competency_id": competency.pk, "was": was})
    words = gettext("The words in {language} are saved. Students, families and colleagues read them now.")
    messages.success(request, words.format(language=language_name(language)), extra_tags=undo)
    return show_again(request, "teacher-skill-edit", competency_id=competency.pk)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def change(request: Request, competency_id: int) -> HttpResponse:
    """Change a skill of the school's own."""
    competency = standards.competency_for(request.person, competency_id)
    standards.school_of_framework(request.person, competency.framework)
    form = SkillForm(request.POST, framework=competency.framework)
    if form.is_valid():
        try:
            return _changed(request, competency, form.facts())
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
    return _page(request, competency, form=form, status=422)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def change_back(request: Request, competency_id: int, was: str) -> HttpResponse:
    """Put a skill back as it was before a change."""
    competency = standards.competency_for(request.person, competency_id)
    facts = dict(_kept(was, FACTS_BEFORE, competency)["was"])
    parent = facts.get("parent")
    facts["parent"] = standards.competency_for(request.person, parent) if parent else None
    return _changed(request, competency, facts)


def _changed(request: Request, competency: Competency, facts: Mapping[str, Any]) -> HttpResponse:
    before = shaping.change_competency(competency=competency, facts=facts, by=request.person, at=timezone.now())
    parent = before.get("parent")
    kept = {**before, "parent": parent.pk if parent else None}
    was = signing.dumps({"skill": competency.pk, "was": kept}, salt=FACTS_BEFORE)
    undo = reverse("teacher-skill-change-back", kwargs={"competency_id": competency.pk, "was": was})
    messages.success(request, gettext("The skill is changed."), extra_tags=undo)
    return show_again(request, "teacher-skill-edit", competency_id=competency.pk)


def _kept(was: str, salt: str, competency: Competency) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = signing.loads(was, salt=salt)
    except signing.BadSignature:
        raise NotFound from None
    if kept["skill"] != competency.pk:
        raise NotFound
    return kept


@require_POST
@may(Permission.SHAPE_STANDARDS)
def withdraw(request: Request, competency_id: int) -> HttpResponse:
    """Withdraw a skill of the school's own."""
    competency = standards.competency_for(request.person, competency_id)
    shaping.withdraw_competency(competency=competency, by=request.person, at=timezone.now())
    undo = reverse("teacher-skill-bring-back", kwargs={"competency_id": competency.pk})
    messages.success(request, gettext("The skill is withdrawn. What is known of it stays."), extra_tags=undo)
    return show_again(request, "teacher-skill-edit", competency_id=competency.pk)


@require_POST
@may(Permission.SHAPE_STANDARDS)
def bring_back(request: Request, competency_id: int) -> HttpResponse:
    """Offer a withdrawn skill of the school's own again."""
    competency = standards.competency_for(request.person, competency_id)
    shaping.bring_competency_back(competency=competency, by=request.person, at=timezone.now())
    undo = reverse("teacher-skill-withdraw", kwargs={"competency_id": competency.pk})
    messages.success(request, gettext("The skill is back."), extra_tags=undo)
    return show_again(request, "teacher-skill-edit", competency_id=competency.pk)


# --- A new one --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.SHAPE_STANDARDS)
def new(request: Request, framework_id: int) -> HttpResponse:
    """Add a skill to a framework of the reader's school."""
    framework = standards.framework_for(request.person, framework_id)
    standards.school_of_framework(request.person, framework)
    if request.method != "POST":
        asked = request.GET.get("at", "")
        form = SkillForm(framework=framework, initial={"parent": int(asked) if asked.isdecimal() else None})
        return _new_page(request, framework, form)
    form = SkillForm(request.POST, framework=framework)
    if form.is_valid():
        try:
            made = shaping.add_competency(framework=framework, facts=form.facts(), by=request.person, at=timezone.now())
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
        else:
            undo = reverse("teacher-skill-withdraw", kwargs={"competency_id": made.pk})
            words = gettext("The skill is added. Give it a sentence that begins with “I can”.")
            messages.success(request, words, extra_tags=undo)
            return redirect("teacher-skill-edit", competency_id=made.pk)
    return _new_page(request, framework, form, status=422)


def _new_page(request: Request, framework: Framework, form: SkillForm, *, status: int = 200) -> HttpResponse:
    facts = {"framework": framework, "form": form}
    return teacher_page(request, "teacher/competency_new.html", facts, tab="library", status=status)
