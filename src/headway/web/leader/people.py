"""Everybody with a role in the leader's schools, found by name and role."""

from __future__ import annotations

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.access.roles import Permission, Role
from headway.core.shared.errors import RuleBroken
from headway.records.roster import actions, queries
from headway.web.leader.one_time import new_password, show_once
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence

PEOPLE_PER_PAGE = 50
ROLE_WORDS = {
    Role.STUDENT: pgettext_lazy("role", "Student"),
    Role.TEACHER: pgettext_lazy("role", "Teacher"),
    Role.SPECIALIST: pgettext_lazy("role", "Specialist"),
    Role.GUARDIAN: pgettext_lazy("role", "Guardian"),
    Role.LEADER: pgettext_lazy("role", "Leader"),
}
STAFF = (Role.TEACHER, Role.SPECIALIST, Role.LEADER)


@require_safe
@may(Permission.MANAGE_PEOPLE)
def people(request: Request) -> HttpResponse:
    """List the people of the leader's schools."""
    words, role, active = request.GET.get("q", "")[:100], request.GET.get("role", ""), request.GET.get("active", "")
    found = queries.people_list(
        request.person,
        words=words,
        role=Role(role) if role in set(Role) else None,
        is_active={"yes": True, "no": False}.get(active),
    )
    page = Paginator(found, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    for person in page:
        person.role_words = sorted({str(ROLE_WORDS[Role(grant.role)]) for grant in person.role_grants.all()})  # type: ignore[attr-defined]
    facts = {
        "page": page,
        "words": words,
        "role": role,
        "active": active,
        "roles": [(each.value, name) for each, name in ROLE_WORDS.items()],
    }
    template = "leader/people.html#results" if request.htmx else "leader/people.html"
    return leader_page(request, template, facts, tab="people")


class PersonForm(forms.Form):
    """A new adult at school."""

    given_name = forms.CharField(
        label=_("Given name"),
        max_length=100,
        error_messages={"required": _("Type the given name.")},
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    family_name = forms.CharField(
        label=_("Family name"),
        max_length=100,
        error_messages={"required": _("Type the family name.")},
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    title = forms.CharField(
        label=_("How students address this person"),
        max_length=20,
        required=False,
        help_text=_("Such as Ms. or Dr."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, ROLE_WORDS[role]) for role in STAFF],
        widget=forms.Select(attrs={"class": "select"}),
    )
    username = forms.RegexField(
        r"^[\w.@+-]+$",
        label=_("Sign-in name"),
        max_length=150,
        help_text=_("Letters, digits and . @ + - _, without spaces."),
        error_messages={
            "required": _("Type a sign-in name."),
            "invalid": _("Use letters, digits and . @ + - _, without spaces."),
        },
        widget=forms.TextInput(attrs={"class": "input", "autocapitalize": "none", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.MANAGE_PEOPLE)
def person_new(request: Request) -> HttpResponse:
    """Add an adult at school; the first password is shown once on their page."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts, at, password = form.cleaned_data, timezone.now(), new_password()
        try:
            made = actions.add_person(
                given_name=facts["given_name"],
                family_name=facts["family_name"],
                title=facts["title"],
                roles=[Role(facts["role"])],
                organisation=queries.school_for(request.person),
                username=facts["username"],
                by=request.person,
                at=at,
            )
        except RuleBroken as broken:
            form.add_error("username", sentence(broken.sentence, broken.facts))
        else:
            actions.give_one_time_password(person=made, password=password, by=request.person, at=at)
            show_once(request, made, password)
            return redirect("leader-person", person=made.uuid)
    status = 422 if form.errors else 200
    return leader_page(request, "leader/person_new.html", {"form": form}, tab="people", status=status)
