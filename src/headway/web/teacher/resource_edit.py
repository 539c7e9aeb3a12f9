"""A resource of the school's own, changed: all its facts in groups, put away and brought back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from headway.core.access.roles import Permission
from headway.core.library.kinds import KINDS
from headway.core.shared.errors import RuleBroken
from headway.records.library import queries as library
from headway.records.library import shelving, stored
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.library_words import ACCESS, SCREENS, WAYS, WITH
from headway.web.shared.words import sentence
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.words import languages_to_choose

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.roster.models import Organisation

LONGEST_TEXT, LONGEST_LIST = 200_000, 2_000
LEVELS = (("easier", _("With more help")), ("usual", _("Usual")), ("harder", _("With more challenge")))
USES = (
    ("essential", _("Essential practice")),
    ("group", _("Small group with the teacher")),
    ("project", _("Project")),
    ("review", _("Review")),
    ("stretch", _("Stretch")),
    ("choice", _("Student’s choice")),
    ("paper", _("On paper, off screen")),
)
LICENCES = (
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "CC BY-NC 4.0",
    "CC BY-NC-SA 4.0",
    "CC0 1.0",
    "Public domain",
    "All rights reserved",
)
LISTS = ("topics", "careers", "needs", "culture", "community")
# What the groups of the form hold; the first is open, the others may be folded.
GROUPS: dict[str, tuple[str, ...]] = {
    "what": ("title", "description", "kind", "language"),
    "work": ("steps", "text"),
    "whom": (
        "skills",
        "grade_low",
        "grade_high",
        "reading_level",
        "level",
        "topics",
        "careers",
        "culture",
        "community",
    ),
    "how": ("minutes", "screen", "with_whom", "ways_in", "uses", "needs", "needs_adult", "needs_internet"),
    "access": ("accessibility",),
    "rights": ("licence", "attribution"),
}


class ResourceForm(forms.Form):
    """All that may be said of something to learn with. Only the title has to be."""

    title = forms.CharField(
        label=_("Title"),
        max_length=300,
        error_messages={"required": _("Give it a title, so that others find it.")},
    )
    description = forms.CharField(
        label=_("What it is, in a sentence or two"), required=False, max_length=5_000, widget=forms.Textarea
    )
    kind = forms.ChoiceField(label=_("What a student does with it"))
    language = forms.ChoiceField(label=_("Language"))
    url = forms.URLField(
        label=_("Web address"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"inputmode": "url", "placeholder": "https://"}),
        error_messages={"invalid": _("Write the whole address, such as https://example.org/tides.")},
        help_text=_("Nothing is fetched from there. Students follow the link themselves."),
    )
    steps = forms.CharField(
        label=_("What the student does, one step a line"), required=False, max_length=20_000, widget=forms.Textarea
    )
    text = forms.CharField(
        label=_("What there is to read"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
        help_text=_("With 50 words or more its reading level is measured, in English and Spanish."),
    )
    skills = forms.CharField(
        label=_("Other skills it helps with"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=_("Codes with commas between them, the main one first, such as RL.7.1, 6.RP.A.3."),
    )
    path_skills = forms.TypedMultipleChoiceField(label=_("Skills of this class"), required=False, coerce=int)
    grade_low = forms.TypedChoiceField(label=_("Lowest grade"), coerce=int)
    grade_high = forms.TypedChoiceField(label=_("Highest grade"), coerce=int)
    reading_level = forms.FloatField(
        label=_("Reads at grade"),
        required=False,
        min_value=0,
        max_value=13,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Empty: measured from the text where there is one."),
        error_messages={
            "invalid": _("Write a grade such as 4 or 4.5, or leave it empty."),
            "min_value": _("Write a grade from 0 to 13, or leave it empty."),
            "max_value": _("Write a grade from 0 to 13, or leave it empty."),
        },
    )
    level = forms.ChoiceField(label=_("Beside others to the same goal"), choices=LEVELS)
    topics = forms.CharField(
        label=_("Topics and interests"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=_("With commas between them, such as boats, weather."),
    )
    careers = forms.CharField(label=_("Careers"), required=False, max_length=LONGEST_LIST)
    culture = forms.CharField(label=_("Culture"), required=False, max_length=LONGEST_LIST)
    community = forms.CharField(label=_("Community and place"), required=False, max_length=LONGEST_LIST)
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=1,
        max_value=400,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Say how many minutes it takes, from 1 to 400."),
            "invalid": _("Write a whole number of minutes, from 1 to 400."),
            "min_value": _("Write a whole number of minutes, from 1 to 400."),
            "max_value": _("Write a whole number of minutes, from 1 to 400."),
        },
    )
    screen = forms.ChoiceField(label=_("Screen or paper"))
    with_whom = forms.ChoiceField(label=_("With whom"))
    ways_in = forms.MultipleChoiceField(label=_("Ways in"), required=False)
    uses = forms.MultipleChoiceField(label=_("Where it may stand in a week"), required=False, choices=USES)
    needs = forms.CharField(
        label=_("Supplies"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=_("With commas between them, such as scissors, a bowl of water."),
    )
    needs_adult = forms.BooleanField(label=_("A grown-up must be there"), required=False)
    needs_internet = forms.BooleanField(label=_("Needs the internet"), required=False)
    accessibility = forms.MultipleChoiceField(label=_("Access"), required=False)
    licence = forms.CharField(
        label=_("Licence"), required=False, max_length=120, widget=forms.TextInput(attrs={"list": "licences"})
    )
    attribution = forms.CharField(label=_("Who made it"), required=False, max_length=300)

    def __init__(self, *args: Any, path: Iterable[tuple[int, str]] = (), **kwargs: Any) -> None:
        """`path` holds the skills of the open class, to choose from without knowing a code."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["path_skills"].choices = list(path)
        fields["kind"].choices = kinds_to_choose()
        fields["language"].choices = languages_to_choose({str(self.initial.get("language") or "en")})
        grades = [(str(grade), gettext("Kindergarten") if not grade else str(grade)) for grade in range(13)]
        fields["grade_low"].choices = fields["grade_high"].choices = grades
        fields["screen"].choices = [(value, words) for value, (words, _icon) in SCREENS.items()]
        fields["with_whom"].choices = [(value, words) for value, (words, _icon) in WITH.items()]
        fields["ways_in"].choices = [(value, words) for value, (words, _icon) in WAYS.items()]
        fields["accessibility"].choices = sorted(ACCESS.items(), key=lambda row: str(row[1]))
        for name, field in fields.items():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs |= {"class": "textarea", "rows": {"text": 10, "steps": 5}.get(name, 3)}
            elif isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.SelectMultiple):
                field.widget.attrs["class"] = "select"
            elif not isinstance(field, forms.BooleanField | forms.MultipleChoiceField):
                field.widget.attrs["class"] = "input"

    def leave_out(self, *names: str) -> ResourceForm:
        """Return the form without some fields, or with them optional where a kind of thing has no need of them."""
        for name in names:
            del self.fields[name]
        return self

    def clean(self) -> dict[str, Any]:
        """Hold the grades against each other, and cut lists at their commas."""
        told = super().clean() or {}
        if told.get("grade_low", 0) > told.get("grade_high", 12):
            self.add_error("grade_low", gettext("The lowest grade is above the highest. Turn them round."))
        for name in LISTS:
            if name in told:
                parts = [" ".join(part.split()) for part in told[name].replace("\n", ",").split(",")]
                found = [part.casefold() if name in ("topics", "careers") else part for part in parts if part]
                told[name] = [part[:60] for part in dict.fromkeys(found)][:40]
        if "steps" in told:
            told["steps"] = [line.strip() for line in told["steps"].splitlines() if line.strip()]
        told["reading_level"] = told.get("reading_level") or 0.0
        return told

    def facts(self) -> dict[str, Any]:
        """Return what was said as the facts of a resource."""
        return {name: value for name, value in self.cleaned_data.items() if name in shelving.FIELDS}

    @property
    def groups_with_errors(self) -> set[str]:
        """The groups that must be open, because something in them is to be mended."""
        return {group for group, names in GROUPS.items() if any(name in self.errors for name in names)}


def kinds_to_choose() -> list[tuple[str, str]]:
    """Return the kinds for a menu, by their words."""
    words = stored.kinds_in_words()
    return sorted(((kind, words.get(kind, kind)) for kind in KINDS), key=lambda row: row[1].casefold())


def skill_ids(typed: str, school: Organisation | None) -> tuple[list[int], list[str]]:
    """Return the ids of skills that were typed as codes, in their order, and the codes that nothing answers to."""
    codes = [code.strip() for code in typed.replace(";", ",").replace("\n", ",").split(",") if code.strip()]
    found = standards.competency_ids_by_name(codes, school=school)
    return [found[code] for code in codes if code in found], [code for code in codes if code not in found]


def check_skills(form: ResourceForm, school: Organisation | None) -> list[int]:
    """Return the ids of the skills of a form, the ticked ones first; an unknown code becomes an error of its field."""
    ticked: list[int] = form.cleaned_data.get("path_skills") or []
    ids, unknown = skill_ids(form.cleaned_data.get("skills", ""), school)
    if unknown:
        words = ngettext(
            "No skill here has the code {codes}. Look for typing errors.",
            "No skills here have the codes {codes}. Look for typing errors.",
            len(unknown),
        )
        form.add_error("skills", words.format(codes=", ".join(unknown)))
    return [*ticked, *ids]


def path_of_open_class(request: Request) -> list[tuple[int, str]]:
    """Return the skills of the class that is open, as a menu shows them."""
    school_class = last_open(request)
    if school_class is None:
        return []
    names = standards.named(standards.path_of(school_class), get_language() or "en")
    return [(pk, f"{name.short} ({name.code})" if name.code else name.short) for pk, name in names.items()]


def start_of(resource: Resource, path: Iterable[tuple[int, str]]) -> dict[str, Any]:
    """Return a resource as the form shows it."""
    on_path = {pk for pk, _words in path}
    aligned = library.accepted_competencies(resource)
    start: dict[str, Any] = {name: getattr(resource, name) for name in shelving.FIELDS}
    start |= {name: ", ".join(start[name]) for name in LISTS}
    start["steps"] = "\n".join(start["steps"])
    start["skills"] = ", ".join(row.code or str(row.uuid) for row in aligned if row.pk not in on_path)
    start["path_skills"] = [row.pk for row in aligned if row.pk in on_path]
    if resource.reading_measure != shelving.SAID_BY_A_TEACHER and resource.text:
        start["reading_level"] = ""
    start["reading_level"] = start["reading_level"] or ""
    return start


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def edit(request: Request, resource: UUID) -> HttpResponse:
    """Show a resource of the reader's school to change, or change it."""
    shown = stored.own_resource(request.person, resource)
    path = path_of_open_class(request)
    form = ResourceForm(request.POST if request.method == "POST" else None, initial=start_of(shown, path), path=path)
    if request.method == "POST" and form.is_valid():
        ids = check_skills(form, shown.school)
        main = next((row.pk for row in library.accepted_competencies(shown) if row.pk in ids), None)
        ids.sort(key=lambda pk: pk != main)  # what it helped with most stays so
        if form.is_valid():
            try:
                changed = shelving.change_resource(
                    resource=shown, facts=form.facts(), competency_ids=ids, by=request.person, at=timezone.now()
                )
            except RuleBroken as broken:
                form.add_error(None, sentence(broken.sentence, broken.facts))
            else:
                messages.success(request, gettext("Saved.") if changed else gettext("Nothing was changed."))
                return redirect("teacher-resource", resource=shown.uuid)
    facts = {"resource": shown, "form": form, **form_facts(form)}
    return teacher_page(request, "teacher/resource_edit.html", facts, tab="library", status=422 if form.errors else 200)


def form_facts(form: ResourceForm) -> Mapping[str, Any]:
    """Return what the form's page needs beside the form."""
    return {"licences": LICENCES, "open_groups": form.groups_with_errors}


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def put_away(request: Request, resource: UUID) -> HttpResponse:
    """Take a resource off the shelf; plans that have it keep it."""
    shown = stored.own_resource(request.person, resource)
    shelving.put_away(resource=shown, by=request.person, at=timezone.now())
    undo = reverse("teacher-resource-bring-back", kwargs={"resource": shown.uuid})
    messages.success(request, gettext("Taken out of the library. Plans that have it keep it."), extra_tags=undo)
    return show_again(request, "teacher-resource", resource=shown.uuid)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def bring_back(request: Request, resource: UUID) -> HttpResponse:
    """Put a resource on the shelf again."""
    shown = stored.own_resource(request.person, resource)
    shelving.bring_back(resource=shown, by=request.person, at=timezone.now())
    messages.success(request, gettext("It is in the library again."))
    return show_again(request, "teacher-resource", resource=shown.uuid)
