"""One person: the account, the card or password, and for students the adults at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission, Role
from headway.core.shared.errors import NotFound
from headway.records.roster import actions, queries
from headway.web.leader.one_time import new_password, show_once, take_shown
from headway.web.leader.page import leader_page
from headway.web.leader.people import ROLE_WORDS
from headway.web.shared.access import Request, may
from headway.web.shared.cards import cards_for, family_link_on_paper
from headway.web.shared.going_back import show_again

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation, Person


class GuardianForm(forms.Form):
    """An adult at home: a new one by name, or one who has a link already by its words."""

    given_name = forms.CharField(
        label=_("Given name"), max_length=100, required=False, widget=forms.TextInput(attrs={"class": "input"})
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=100, required=False, widget=forms.TextInput(attrs={"class": "input"})
    )
    relationship = forms.CharField(
        label=_("Who this is for the student"),
        max_length=60,
        required=False,
        help_text=_("Such as mother, grandfather, guardian."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    language = forms.ChoiceField(
        label=_("Reads Headway in"),
        choices=(("en", _("English")), ("es", _("Spanish"))),
        widget=forms.Select(attrs={"class": "select"}),
    )
    code = forms.CharField(
        label=_("Or the words of a family link this adult already has"),
        max_length=100,
        required=False,
        help_text=_("For a brother or sister: one link then opens both weeks."),
        widget=forms.TextInput(attrs={"class": "input", "autocapitalize": "none", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a name when there is no link."""
        facts: dict[str, Any] = super().clean() or {}
        if not facts.get("code", "").strip() and not facts.get("given_name", "").strip():
            self.add_error("given_name", gettext("Type the name of the adult at home."))
        return facts


@require_safe
@may(Permission.MANAGE_PEOPLE)
def person(request: Request, person: UUID) -> HttpResponse:
    """Show one person of the leader's schools."""
    return _page(request, queries.person_led_by(request.person, person), GuardianForm())


def _page(request: Request, shown: Person, form: GuardianForm, status: int = 200) -> HttpResponse:
    roles = queries.roles_of(shown)
    at = timezone.now()
    facts: dict[str, Any] = {
        "shown": shown,
        "role_words": [ROLE_WORDS[role] for role in ROLE_WORDS if role in roles],
        "is_student": Role.STUDENT in roles,
        "is_guardian": Role.GUARDIAN in roles,
        "is_self": shown.pk == request.person.pk,
        "password": take_shown(request, shown),
        "classes": list(queries.classes_for(shown).filter(school__in=queries.organisations_led_by(request.person)))
        if Role.LEADER not in roles
        else [],
        "form": form,
    }
    if Role.STUDENT in roles:
        cards, _without = cards_for(request, [shown])
        facts["card"] = cards[0] if cards else None
        facts["guardian_links"] = list(queries.guardian_links_of(shown))
    if Role.GUARDIAN in roles:
        links = queries.open_family_links([shown], at=at)
        facts["link"] = links.get(shown.pk)
        facts["printed_link"] = family_link_on_paper(request, links[shown.pk]) if shown.pk in links else None
        facts["children"] = list(queries.children_of(shown))
    return leader_page(request, "leader/person.html", facts, tab="people", status=status)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def switch_off(request: Request, person: UUID) -> HttpResponse:
    """Close an account at once; the toast opens it again."""
    shown = queries.person_led_by(request.person, person)
    actions.switch_off(person=shown, by=request.person, at=timezone.now())
    words = gettext("{name} can no longer sign in.").format(name=shown.name)
    messages.success(request, words, extra_tags=reverse("leader-switch-on", kwargs={"person": person}))
    return show_again(request, "leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def switch_on(request: Request, person: UUID) -> HttpResponse:
    """Open an account again; the toast closes it."""
    shown = queries.person_led_by(request.person, person)
    actions.switch_on(person=shown, by=request.person, at=timezone.now())
    words = gettext("{name} can sign in again.").format(name=shown.name)
    messages.success(request, words, extra_tags=reverse("leader-switch-off", kwargs={"person": person}))
    return show_again(request, "leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def new_card(request: Request, person: UUID) -> HttpResponse:
    """Give a student a new card; the old one stops at once."""
    student = _student(request, person)
    actions.replace_card(student=student, by=request.person, at=timezone.now())
    messages.success(request, gettext("{name} has a new card. The old one no longer works.").format(name=student.name))
    return redirect("leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def one_time_password(request: Request, person: UUID) -> HttpResponse:
    """Give an adult a new password, shown once; they choose another at the next sign-in."""
    shown = queries.person_led_by(request.person, person)
    password = new_password()
    actions.give_one_time_password(person=shown, password=password, by=request.person, at=timezone.now())
    show_once(request, shown, password)
    return redirect("leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def family_link(request: Request, person: UUID) -> HttpResponse:
    """Give a guardian a link that opens the children's weeks."""
    guardian = _guardian(request, person)
    actions.issue_family_link(guardian=guardian, by=request.person, at=timezone.now())
    return redirect("leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def family_link_stop(request: Request, person: UUID) -> HttpResponse:
    """Stop a guardian's link at once."""
    guardian = _guardian(request, person)
    actions.revoke_family_link(guardian=guardian, by=request.person, at=timezone.now())
    messages.success(request, gettext("The link of {name} no longer works.").format(name=guardian.name))
    return redirect("leader-person", person=person)


@require_POST
@may(Permission.MANAGE_PEOPLE)
def add_guardian(request: Request, person: UUID) -> HttpResponse:
    """Let an adult at home read a student's week."""
    student, at = _student(request, person), timezone.now()
    form = GuardianForm(request.POST)
    if not form.is_valid():
        return _page(request, student, form, status=422)
    facts = form.cleaned_data
    if facts["code"]:
        found = queries.guardian_with_link(facts["code"], at=at)
        if found is None or not queries.people_led_by(request.person).filter(pk=found[0].pk).exists():
            form.add_error("code", gettext("No family link of your school has these words. Check the spelling."))
            return _page(request, student, form, status=422)
        guardian = found[0]
        actions.link_guardian(
            guardian=guardian, student=student, relationship=facts["relationship"], by=request.person, at=at
        )
    else:
        guardian = actions.add_guardian(
            student=student,
            given_name=facts["given_name"],
            family_name=facts["family_name"],
            relationship=facts["relationship"],
            language=facts["language"],
            school=_school_of(student, request.person),
            by=request.person,
            at=at,
        )
    words = gettext("{guardian} can read the week of {student}. Print the link on this page.")
    messages.success(request, words.format(guardian=guardian.name, student=student.given_name))
    return redirect("leader-person", person=guardian.uuid)


def _student(request: Request, uuid: UUID) -> Person:
    shown = queries.person_led_by(request.person, uuid)
    if Role.STUDENT not in queries.roles_of(shown):
        raise NotFound
    return shown


def _guardian(request: Request, uuid: UUID) -> Person:
    shown = queries.person_led_by(request.person, uuid)
    if Role.GUARDIAN not in queries.roles_of(shown):
        raise NotFound
    return shown


def _school_of(student: Person, leader: Person) -> Organisation:
    led = queries.organisations_led_by(leader).values("pk")
    return queries.schools_of(student).filter(pk__in=led).order_by("pk")[0]
