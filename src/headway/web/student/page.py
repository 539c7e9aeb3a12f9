"""The frame of every student page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from headway.records.roster import queries as roster

if TYPE_CHECKING:
    from headway.records.roster.models import Class
    from headway.web.shared.access import Request

# icons: calendar-days compass trending-up volume-2 circle-help contrast log-out


def student_page(
    request: Request, template: str, facts: Mapping[str, Any], *, tab: str, status: int = 200
) -> HttpResponse:
    """Render a student's page inside its frame; `tab` is week, find, progress or practice.

    The page says in its head whose it is: a device that is used by many keeps pages apart by that. What it fetches to keep
    takes no message away from the page that it was meant for.
    """
    unsaid = {"messages": ()} if "Headway-Pack" in request.headers else {}
    response = render(request, template, {"tab": tab, **facts, **unsaid}, status=status)
    response["Headway-Student"] = str(request.person.uuid)
    return response


def words_in(request: Request, name: str) -> str:
    """Return what was typed into a field, without outer spaces and without what no database keeps."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def today_of(classes: Sequence[Class]) -> date:
    """Return the date where the student's school stands."""
    return roster.today_at(classes[0].school, timezone.now()) if classes else timezone.localdate()
