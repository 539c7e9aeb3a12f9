"""What a school calls the states of mastery: one word and one meaning each, language by language, seen before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.roster import queries as roster
from headway.records.standards import proficiency
from headway.records.standards import queries as standards
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.mastery_words import OUR_MEANINGS, OUR_WORDS
from headway.web.shared.words import language_name, sentence

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation

SALT = "proficiency-words"
Words = Mapping[str, tuple[str, str]]


@require_safe
@may(Permission.MANAGE_STANDARDS)
def words(request: Request) -> HttpResponse:
    """Lead to the words of the first school, in the reader's language."""
    school = roster.school_for(request.person)
    return redirect("leader-words-of", school_id=school.pk, language=_known(request.LANGUAGE_CODE))


@require_safe
@may(Permission.MANAGE_STANDARDS)
def words_of(request: Request, school_id: int, language: str) -> HttpResponse:
    """Show what a school calls each state in one language, beside what Headway calls it."""
    school = roster.school_for(request.person, school_id)
    now = standards.state_words_of(school, _checked(language))
    return _page(request, school, language, typed=now, shown=now)


@require_POST
@may(Permission.MANAGE_STANDARDS)
def set_words(request: Request, school_id: int, language: str) -> HttpResponse:
    """Save the words, show how they would look, or go back to ours."""
    school = roster.school_for(request.person, school_id)
    now = standards.state_words_of(school, _checked(language))
    typed = {
        state: (request.POST.get(f"word-{state}", "").strip(), request.POST.get(f"meaning-{state}", "").strip())
        for state in OUR_WORDS
    }
    if "preview" in request.POST:
        return _page(request, school, language, typed=typed, shown=typed, is_preview=True)
    if "ours" in request.POST:
        typed = {}
    try:
        return _set(request, school, language, now, typed)
    except RuleBroken as broken:
        problem = sentence(broken.sentence, broken.facts)
        return _page(request, school, language, typed=typed, shown=now, problem=problem, status=422)


@require_POST
@may(Permission.MANAGE_STANDARDS)
def put_back(request: Request, school_id: int, language: str, was: str) -> HttpResponse:
    """Put the words back as they were before a change."""
    school = roster.school_for(request.person, school_id)
    try:
        kept = signing.loads(was, salt=SALT)
    except signing.BadSignature:
        raise NotFound from None
    if (kept["school"], kept["language"]) != (school.pk, language):
        raise NotFound
    now = standards.state_words_of(school, _checked(language))
    return _set(request, school, language, now, {state: (word, said) for state, (word, said) in kept["was"].items()})


def _set(request: Request, school: Organisation, language: str, now: Words, wanted: Words) -> HttpResponse:
    changed = proficiency.name_states(
        school=school, language=language, words=wanted, by=request.person, at=timezone.now()
    )
    if not changed:
        messages.success(request, gettext("These words held already; nothing has changed."))
    else:
        kept = signing.dumps({"school": school.pk, "language": language, "was": dict(now)}, salt=SALT, compress=True)
        undo = reverse("leader-words-back", kwargs={"school_id": school.pk, "language": language, "was": kept})
        messages.success(
            request, gettext("Everybody at {name} reads these words now.").format(name=school.name), extra_tags=undo
        )
    return show_again(request, "leader-words-of", school_id=school.pk, language=language)


def _page(
    request: Request,
    school: Organisation,
    language: str,
    *,
    typed: Words,
    shown: Words,
    is_preview: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    with override(language):
        ours = {state: (str(OUR_WORDS[state]), str(OUR_MEANINGS[state])) for state in OUR_WORDS}
    rows = []
    for state, (our_word, our_meaning) in ours.items():
        word, meaning = typed.get(state, ("", ""))
        shown_word, shown_meaning = shown.get(state, ("", ""))
        rows.append(
            {
                "state": state,
                "our_word": our_word,
                "our_meaning": our_meaning,
                "word": word,
                "meaning": meaning,
                "shown_word": shown_word or our_word,
                "shown_family": f"{shown_word}. {shown_meaning or our_meaning}"
                if shown_word
                else shown_meaning or our_meaning,
            }
        )
    schools = roster.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk")
    facts = {
        "school": school,
        "schools": list(schools),
        "language": language,
        "languages": [(code, language_name(code)) for code, _name in settings.LANGUAGES],
        "rows": rows,
        "has_own": bool(standards.state_words_of(school, language)),
        "is_preview": is_preview,
        "problem": problem,
    }
    return leader_page(request, "leader/proficiency.html", facts, tab="rules", status=status)


def _known(language: str) -> str:
    codes = [code for code, _name in settings.LANGUAGES]
    return language if language in codes else codes[0]


def _checked(language: str) -> str:
    if language != _known(language):
        raise NotFound
    return language
