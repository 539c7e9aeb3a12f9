"""A student's week without a connection: the list of what a device keeps, and the inbox for what was done meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import RuleBroken
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, monday_of
from headway.exchange.offline import reading, wire
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.student.page import today_of

WEB = Path(__file__).resolve().parents[1]
CONFLICT = 409
MOST_PAGES = 600
# What pages name without a template saying so.
ALWAYS = ("icons.svg",)
_NAMED = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
_IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["']\./([^"']+)["']""")
_IN_STYLE = re.compile(r"""url\(["']?(?!data:|#|https?:|/)([^"')#?]+)""")


# --- out --------------------------------------------------------------------------------------------------------------


@may(Permission.SEE_OWN_WEEK)
@require_safe
def pack(request: Request) -> HttpResponse:
    """This will list what a device keeps so that the week works without a connection: pages with a hash each, and files."""
    at = timezone.now()
    listed = wire.build_pack(
        student=request.person.uuid,
        language=get_language() or "en",
        pages=_pages(request),
        files=[static(name) for name in static_names()],
        at=at,
    )
    return JsonResponse(listed)


def _pages(request: Request) -> dict[str, str]:
    """Return the addresses of the student's week, today's first, each with a hash of what its page is made of."""
    student = request.person
    today = today_of(list(roster.classes_of_student(student)))
    monday = monday_of(today + timedelta(days=7 if today.weekday() >= SCHOOL_DAYS_PER_WEEK else 0))
    blocks = planning.student_blocks(student, monday)
    work = planning.work_to_keep(blocks)
    looks = (request.COOKIES.get("hw-theme", ""), request.COOKIES.get("hw-text", ""))
    every = (drawn_by(), get_language(), *looks, today)
    of_week = [wire.hash_of(block.uuid, block.week.version, block.finished_at, work[block.pk]) for block in blocks]
    pages = {
        reverse("student-week"): wire.hash_of(*every, *of_week),
        reverse("student-week-of", kwargs={"monday": monday}): wire.hash_of(*every, *of_week),
    }
    weekday = (today - monday).days
    for block in sorted(blocks, key=lambda block: (block.day < weekday, block.day, block.order)):
        if block.kind == "choice" and block.chosen_resource is None and not block.own_idea:
            continue  # its page leads back to the week, where the student chooses
        address = reverse("student-practice", kwargs={"block": block.uuid})
        facts = (
            *every,
            block.week.version,
            block.week.status,
            block.resource_id,
            block.chosen_resource_id,
            block.own_idea,
            block.started_at,
            block.finished_at,
            block.feeling,
        )
        whole = wire.hash_of(*facts, work[block.pk])
        pages[address] = pages[f"{address}?q=start"] = whole
        for place in range(1, len(work[block.pk]) + 1):
            pages[f"{address}?q={place}"] = wire.hash_of(place, whole)
        if work[block.pk]:
            pages[f"{address}?q=end"] = whole
    return dict(list(pages.items())[:MOST_PAGES])


@cache
def drawn_by() -> str:
    """Return what changes when the templates or the files of the pages do: when these were written, and what they are called."""
    written = max(
        path.stat().st_mtime_ns for folder in ("student", "shared") for path in (WEB / folder).rglob("*.html")
    )
    return wire.hash_of(written, *(static(name) for name in static_names()))


@cache
def static_names() -> tuple[str, ...]:
    """Return the static files that a student's pages use: those their templates name, and what these files name in turn."""
    templates = [*(WEB / "student").rglob("*.html"), *(WEB / "shared").rglob("*.html")]
    found = list(ALWAYS)
    for template in templates:
        found += _NAMED.findall(template.read_text(encoding="utf-8"))
    names: dict[str, None] = {}
    while found:
        name = found.pop()
        if name not in names and finders.find(name) is not None:
            names[name] = None
            found += _named_in(name)
    return tuple(sorted(names))


def _named_in(name: str) -> Iterator[str]:
    if not name.endswith((".js", ".css")):
        return
    text = Path(str(finders.find(name))).read_text(encoding="utf-8")
    for other in (_IMPORTED if name.endswith(".js") else _IN_STYLE).findall(text):
        whole = (Path(name).parent / other).as_posix()
        if ".." not in whole:
            yield whole


# --- in ---------------------------------------------------------------------------------------------------------------


@may(Permission.WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: Request) -> HttpResponse:
    """This will take what a device did without a connection, each thing once; a GET says who is signed in, with a token."""
    at = timezone.now()
    if request.method != "POST":
        return JsonResponse({"student": str(request.person.uuid), "token": get_token(request), "now": at.isoformat()})
    try:
        answers = reading.take(request.body, student=request.person, at=at)
    except RuleBroken as rule:
        return JsonResponse({"sentence": sentence(rule.sentence, rule.facts)}, status=CONFLICT)
    told = [{**answer, "words": _words(answer)} for answer in answers]
    return JsonResponse(wire.build_reply(told, at=at, token=get_token(request)))


def _words(answer: Mapping[str, Any]) -> str:
    """Return what a student is told about one thing that was sent."""
    if "sentence" in answer:
        return sentence(answer["sentence"], answer.get("facts"))
    if "is_right" not in answer:
        return gettext("Your teacher sees it.")
    if answer["problem"]:
        return sentence(answer["problem"], answer["problem_facts"])
    if not answer["is_complete"]:
        return gettext("Something is still open here. Look at the question again.")
    if answer["score"] is None:
        return gettext("Sent to your teacher.")
    return (
        gettext("Checked: that is right.")
        if answer["is_right"]
        else gettext("Checked: not yet. You can go back to it.")
    )
