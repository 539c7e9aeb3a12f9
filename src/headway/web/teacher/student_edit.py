"""What a plan needs to know about a student, written down by an adult with the student's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from headway.core.access.roles import Permission
from headway.records.roster import actions as roster_actions
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import languages_to_choose

if TYPE_CHECKING:
    from headway.records.roster.models import Person, StudentProfile

LANGUAGE_ROWS, MOST_LANGUAGE_ROWS = 4, 12
HIGHEST_LEVEL = 14
LEVEL_ERRORS = {
    "invalid": _("Write a grade as a number, such as 4 or 6.5."),
    "min_value": _("A level is a grade from 0 to 14."),
    "max_value": _("A level is a grade from 0 to 14."),
}


class LanguageForm(forms.Form):
    """One language with its levels; a row without a language is left out."""

    language = forms.ChoiceField(required=False)
    reading = forms.FloatField(required=False, min_value=0, max_value=HIGHEST_LEVEL, error_messages=LEVEL_ERRORS)
    speaking = forms.FloatField(required=False, min_value=0, max_value=HIGHEST_LEVEL, error_messages=LEVEL_ERRORS)
    home = forms.BooleanField(required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]


class ProfileForm(forms.Form):
    """The profile's own fields, the goal and the supports."""

    interests = forms.CharField(required=False, max_length=300)
    interest_words = forms.CharField(required=False, max_length=600)
    career_hopes = forms.CharField(required=False, max_length=600)
    assets_words = forms.CharField(required=False, max_length=1000)
    goal = forms.CharField(
        required=False, max_length=300, error_messages={"max_length": _("A goal is one short sentence.")}
    )
    device_at_home = forms.ChoiceField()
    connection_at_home = forms.ChoiceField()
    screen_minutes_cap = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2000,
        error_messages={
            "invalid": _("Write whole minutes, or leave it empty."),
            "min_value": _("Write whole minutes, or leave it empty."),
            "max_value": _("A week has fewer minutes than that."),
        },
    )
    supports = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, profile: StudentProfile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device_at_home"].choices = profile.Device.choices  # type: ignore[attr-defined]
        self.fields["connection_at_home"].choices = profile.Connection.choices  # type: ignore[attr-defined]
        self.fields["supports"].choices = roster.support_kinds()  # type: ignore[attr-defined]

    def clean_interests(self) -> list[str]:
        """Read topics between commas, each once."""
        words = [word.strip().lower()[:40] for word in self.cleaned_data["interests"].split(",")]
        return list(dict.fromkeys(word for word in words if word))[:12]


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.RECORD_EVIDENCE)
def student_edit(request: Request, student: UUID) -> HttpResponse:
    """Show the profile as a form; explain beside the field what is wrong and keep what was typed."""
    person = roster.taught_student(request.person, student)
    profile = roster.profile_of(person)
    rows = list(person.languages.order_by("-is_home_language", "language"))
    choices = languages_to_choose(row.language for row in rows)
    if request.method == "POST":
        form = ProfileForm(request.POST, profile=profile)
        languages = [
            LanguageForm(request.POST, prefix=f"l{number}", choices=choices)
            for number in range(MOST_LANGUAGE_ROWS)
            if f"l{number}-language" in request.POST
        ]
        if all([form.is_valid(), *[row.is_valid() for row in languages]]):
            _save(request, person, form, languages)
            messages.success(
                request, gettext("Saved. The next draft knows this about {name}.").format(name=person.given_name)
            )
            return redirect("teacher-student", student=person.uuid)
    else:
        goal = roster.goal_of(person)
        form = ProfileForm(
            profile=profile,
            initial={
                "interests": ", ".join(str(tag) for tag in profile.interests),
                "interest_words": profile.interest_words,
                "career_hopes": profile.career_hopes,
                "assets_words": profile.assets_words,
                "goal": goal.words if goal else "",
                "device_at_home": profile.device_at_home,
                "connection_at_home": profile.connection_at_home,
                "screen_minutes_cap": profile.screen_minutes_cap,
                "supports": [row.kind for row in person.supports.all()],
            },
        )
        known: list[dict[str, Any]] = [
            {
                "language": row.language,
                "reading": row.reading_level,
                "speaking": row.speaking_level,
                "home": row.is_home_language,
            }
            for row in rows
        ]
        known += [{}] * max(1, LANGUAGE_ROWS - len(known))  # always room for one more
        languages = [
            LanguageForm(prefix=f"l{number}", choices=choices, initial=row)
            for number, row in enumerate(known[:MOST_LANGUAGE_ROWS])
        ]
    school_class = roster.shared_classes(request.person, person).select_related("school").first()
    facts = {"student": person, "form": form, "languages": languages}
    return teacher_page(
        request,
        "teacher/student_edit.html",
        facts,
        tab="class",
        school_class=school_class,
        status=422 if request.method == "POST" else 200,
    )


@transaction.atomic
def _save(request: Request, person: Person, form: ProfileForm, languages: list[LanguageForm]) -> None:
    at = timezone.now()
    facts = dict(form.cleaned_data)
    goal, supports = facts.pop("goal").strip(), facts.pop("supports")
    roster_actions.write_profile(student=person, by=request.person, at=at, **facts)
    roster_actions.set_supports(student=person, kinds=supports, by=request.person, at=at)
    told = {row.cleaned_data["language"]: row.cleaned_data for row in languages if row.cleaned_data["language"]}
    roster_actions.set_languages(
        student=person,
        languages=[
            {
                "language": code,
                "reading": row["reading"] or 0,
                "speaking": row["speaking"] or 0,
                "home": row["home"],
            }
            for code, row in told.items()
        ],
        by=request.person,
        at=at,
    )
    if goal:
        roster_actions.choose_goal(student=person, words=goal, on=timezone.localdate(at), by=request.person, at=at)
