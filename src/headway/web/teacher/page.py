"""The frame of every teacher page: whose classes, which one is open, which tab, which week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from headway.core.access.roles import Permission
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, monday_of
from headway.records.roster import queries as roster

if TYPE_CHECKING:
    from headway.records.roster.models import Class
    from headway.web.shared.access import Request

OPEN_CLASS = "open_class"
PAGE_OF_TAB = {"week": "teacher-week-now", "groups": "teacher-groups-now", "library": "teacher-library"}


def teacher_page(
    request: Request,
    template: str,
    facts: Mapping[str, Any],
    *,
    tab: str,
    school_class: Class | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a teacher page inside its frame; without a class the one that was open last stays open."""
    classes = list(roster.classes_taught_by(request.person).select_related("school"))
    shown = school_class or _last_open(request, classes)
    if shown is not None and request.session.get(OPEN_CLASS) != shown.pk:
        request.session[OPEN_CLASS] = shown.pk
    for each in classes:
        each.tab_url = _address(PAGE_OF_TAB.get(tab, "teacher-class"), each)  # type: ignore[attr-defined]
    frame = {
        "classes": classes,
        "school_class": shown,
        "tab": tab,
        "monday": monday_today(shown),
        "may_plan": roster.may(request.person, Permission.PLAN_WEEKS),
    }
    return render(request, template, {**frame, **facts}, status=status)


def last_open(request: Request) -> Class | None:
    """Return the class that was open last, or the first one of those whose teacher the reader is."""
    return _last_open(request, list(roster.classes_taught_by(request.person).select_related("school")))


def today_of(school_class: Class | None) -> date:
    """Return the date where the class's school stands."""
    return roster.today_at(school_class.school, timezone.now()) if school_class else timezone.localdate()


def monday_today(school_class: Class | None) -> date:
    """Return the Monday of this school week; on a weekend, of the week that comes."""
    today = today_of(school_class)
    ahead = 7 if today.weekday() >= SCHOOL_DAYS_PER_WEEK else 0
    return monday_of(today) + timedelta(days=ahead)


def _last_open(request: Request, classes: list[Class]) -> Class | None:
    opened = request.session.get(OPEN_CLASS)
    return next((each for each in classes if each.pk == opened), classes[0] if classes else None)


def _address(name: str, school_class: Class) -> str:
    try:
        return reverse(name, kwargs={"class_id": school_class.pk})
    except NoReverseMatch:
        return "#"
