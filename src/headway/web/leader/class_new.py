"""A class from a pasted list: twenty-five names become a class, a timetable and sign-in cards in under a minute."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from headway.core.access.roles import Permission
from headway.core.roster.names import ReadList, parse_names
from headway.core.shared.errors import RuleBroken
from headway.records.roster import actions, queries
from headway.records.roster.checks import check_names
from headway.records.standards import actions as standards_actions
from headway.records.standards import queries as standards
from headway.web.leader.page import leader_page
from headway.web.leader.timetables import PRESETS, periods
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Organisation

LANGUAGES = (("en", _("English")), ("es", _("Spanish")))
MOST_LETTERS = 40_000


class NamesField(forms.CharField):
    """A list of names; what cannot be read is refused line by line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=MOST_LETTERS,
            strip=False,
            widget=forms.Textarea(attrs={"class": "textarea textarea--list", "rows": 12, "spellcheck": "false"}),
            error_messages={"required": _("There is no name in the list. Paste one name on each line.")},
            **kwargs,
        )

    def clean(self, value: Any) -> ReadList:
        """Return the list as it was read, or say which lines are wrong."""
        read = parse_names(super().clean(value))
        if read.problems:
            raise forms.ValidationError(
                [
                    gettext("Line {number}, “{text}”: {problem}").format(
                        number=line.number, text=line.text[:60], problem=sentence(line.problem, line.facts)
                    )
                    for line in read.problems
                ]
            )
        try:
            check_names(read.names)
        except RuleBroken as broken:
            raise forms.ValidationError(sentence(broken.sentence, broken.facts)) from broken
        return read


class ClassForm(forms.Form):
    """What makes a class."""

    school = forms.ChoiceField(label=_("School"), widget=forms.Select(attrs={"class": "select"}))
    name = forms.CharField(
        label=_("Name of the class"),
        max_length=120,
        help_text=_("Such as English 7."),
        error_messages={"required": _("Give the class a name.")},
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    period = forms.CharField(
        label=_("Period"), max_length=20, required=False, widget=forms.TextInput(attrs={"class": "input"})
    )
    grade = forms.IntegerField(
        label=_("Grade"),
        min_value=0,
        max_value=12,
        initial=7,
        error_messages={
            "required": _("Type a grade from 0 (kindergarten) to 12."),
            "invalid": _("Type a grade from 0 (kindergarten) to 12."),
            "min_value": _("Type a grade from 0 (kindergarten) to 12."),
            "max_value": _("Type a grade from 0 (kindergarten) to 12."),
        },
        widget=forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"}),
    )
    language = forms.ChoiceField(
        label=_("Language of the class"), choices=LANGUAGES, widget=forms.Select(attrs={"class": "select"})
    )
    teacher = forms.ChoiceField(label=_("Teacher"), required=False, widget=forms.Select(attrs={"class": "select"}))
    timetable = forms.ChoiceField(
        label=_("Timetable"),
        choices=[(name, words) for name, (words, _minutes) in PRESETS.items()],
        widget=forms.Select(attrs={"class": "select"}),
    )
    starts_at = forms.TimeField(
        label=_("Starts at"),
        initial=time(9, 10),
        error_messages={"required": _("Type a time such as 9:10."), "invalid": _("Type a time such as 9:10.")},
        widget=forms.TimeInput(attrs={"class": "input", "type": "time"}, format="%H:%M"),
    )
    path = forms.ChoiceField(
        label=_("Skills the class works on"),
        required=False,
        help_text=_("A week can be drafted as soon as the class has skills."),
        widget=forms.Select(attrs={"class": "select"}),
    )
    names = NamesField(
        label=_("The class list"),
        help_text=_("Copy it from anywhere: “Given Family”, “Family, Given”, or columns of a spreadsheet."),
    )

    def __init__(self, *args: Any, schools: list[Organisation], classes: list[Class], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = {str(school.pk): school for school in schools}
        self.teachers = {str(teacher.pk): teacher for school in schools for teacher in queries.teachers_in(school)}
        self.classes = {str(each.pk): each for each in classes}
        self._choices("school", [(key, school.name) for key, school in self.schools.items()])
        teachers = [(key, teacher.formal_name) for key, teacher in self.teachers.items()]
        self._choices("teacher", [("", gettext("Nobody yet")), *teachers])
        paths = [(key, gettext("The same as in {name}").format(name=each.name)) for key, each in self.classes.items()]
        self._choices("path", [("", gettext("Choose later")), *paths])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  tells the type checker what stands above
        field.choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.MANAGE_PEOPLE)
def class_new(request: Request) -> HttpResponse:
    """Make a class from a pasted list, or say line by line what cannot be read and keep what was typed."""
    schools = list(queries.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk"))
    classes = list(queries.classes_led_by(request.person))
    form = ClassForm(request.POST or None, schools=schools, classes=classes)
    if request.method == "POST" and form.is_valid() and "check" not in request.POST:
        return _make(request, form)
    read = parse_names(request.POST.get("names", "")[:MOST_LETTERS]) if request.method == "POST" else None
    status = 422 if form.errors else 200
    return leader_page(request, "leader/class_new.html", {"form": form, "read": read}, tab="school", status=status)


def _make(request: Request, form: ClassForm) -> HttpResponse:
    at, facts = timezone.now(), form.cleaned_data
    school = form.schools[facts["school"]]
    today = queries.today_at(school, at)
    term = queries.current_term(school, today)
    if term is None:
        term = actions.add_school_year(school=school, day=today, by=request.person, at=at)
    school_class, pasted = actions.open_class_from_list(
        school=school,
        term=term,
        name=facts["name"],
        period=facts["period"],
        subject="",
        grade=facts["grade"],
        language=facts["language"],
        timetable=periods(facts["timetable"], facts["starts_at"]),
        teacher=form.teachers.get(facts["teacher"]),
        names=facts["names"].names,
        on=today,
        by=request.person,
        at=at,
    )
    alike = form.classes.get(facts["path"])
    if alike is not None and not standards.path_of(school_class):
        standards_actions.set_path(
            school_class=school_class, competencies=standards.path_of(alike), by=request.person, at=at
        )
    messages.success(request, pasted_words(pasted))
    return redirect("leader-class", class_id=school_class.pk)


def pasted_words(pasted: actions.PastedClass) -> str:
    """Return what became of a pasted list, in one sentence."""
    if not pasted.made:
        return gettext("Everybody on the list was already in the class. Nothing changed.")
    words = ngettext(
        "{count} student is in the class, with a sign-in card.",
        "{count} students are in the class, each with a sign-in card.",
        len(pasted.made),
    ).format(count=len(pasted.made))
    if not pasted.known:
        return words
    known = ngettext("{count} was there already.", "{count} were there already.", len(pasted.known))
    return gettext("{first} {second}").format(first=words, second=known.format(count=len(pasted.known)))


@require_POST
@may(Permission.MANAGE_PEOPLE)
def read_names(request: Request) -> HttpResponse:
    """Show how each line of a list is read, while it is being pasted."""
    read = parse_names(request.POST.get("names", "")[:MOST_LETTERS])
    return render(request, "leader/class_new.html#read", {"read": read})
