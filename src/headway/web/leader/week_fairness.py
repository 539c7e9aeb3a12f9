"""What a week asks of whom, across a school's classes: the same measures as above a teacher's board, never a student."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.planning.fairness import ClassLine, MeasureName
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import coming_monday, monday_of
from headway.core.shared.small_numbers import LEAST_STUDENTS
from headway.records.planning import fairness
from headway.records.roster import queries as roster
from headway.web.leader.page import leader_page
from headway.web.shared import fairness_strip as words
from headway.web.shared.access import Request, may
from headway.web.shared.fairness_strip import Mark
from headway.web.templatetags.headway import class_name, language_word

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Organisation

Lines = dict[MeasureName, tuple[ClassLine, ...]]


@require_safe
@may(Permission.SEE_SCHOOL)
def week_now(request: Request) -> HttpResponse:
    """Show this week; on a weekend the week that comes."""
    today = timezone.localdate()
    monday = coming_monday(today) if today.weekday() > 4 else monday_of(today)
    return HttpResponseRedirect(reverse("leader-week-fairness", kwargs={"monday": monday}))


@require_safe
@may(Permission.SEE_SCHOOL)
def week(request: Request, monday: date) -> HttpResponse:
    """Show the five measures for a school and each of its classes; `?school=` chooses among several."""
    schools = list(roster.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk"))
    asked = request.GET.get("school", "")
    school = next((each for each in schools if str(each.pk) == asked), None)
    if asked and school is None:
        raise NotFound
    school = school or (schools[0] if schools else None)
    facts: dict[str, Any] = {"schools": schools, "school": school, **_week_facts(monday)}
    if school is not None:
        classes, lines = _lines(request, school, monday)
        facts |= {
            "tiles": [_tile(school, monday, name, of_name) for name, of_name in lines.items() if of_name],
            "names": [words.measure_name(name) for name in MeasureName],
            "rows": [
                _row(school, monday, each, lines)
                for each in classes
                if any(line.key == each.pk for line in lines[MeasureName.SCREEN])
            ],
            "letters": list(words.letters().items()),
        }
    return leader_page(request, "leader/week_fairness.html", facts, tab="fairness")


@require_safe
@may(Permission.SEE_SCHOOL)
def figures(request: Request, monday: date, school_id: int, measure: str) -> HttpResponse:
    """Show one measure class by class: the means of the groups that may be shown, and how they differ."""
    school = roster.school_for(request.person, school_id)
    name = next((one for one in MeasureName if one == measure), None)
    if name is None:
        raise NotFound
    classes, lines = _lines(request, school, monday)
    by_key: dict[Any, Class] = {each.pk: each for each in classes}
    scale = words.scale_for(name, [group.mean for line in lines[name] for group in line.groups])
    facts = {
        "school": school,
        **_week_facts(monday),
        "title": words.measure_name(name),
        "what_it_is": words.what_it_is(name),
        "matters": words.matters_words(name),
        "least": LEAST_STUDENTS,
        "letters": list(words.letters().items()),
        "lines": [_figures(name, line, by_key.get(line.key), scale) for line in lines[name]],
        "measures": [(one, words.measure_name(one), _address(school, monday, one)) for one in MeasureName],
        "measure": name,
    }
    return leader_page(request, "leader/week_fairness_figures.html", facts, tab="fairness")


def _lines(request: Request, school: Organisation, monday: date) -> tuple[list[Class], Lines]:
    classes = list(roster.classes_led_by(request.person).filter(school=school).select_related("school"))
    return classes, fairness.across(classes, monday, at=timezone.now())


def _week_facts(monday: date) -> dict[str, Any]:
    return {
        "monday": monday,
        "friday": monday + timedelta(days=4),
        "week_before": monday - timedelta(days=7),
        "week_after": monday + timedelta(days=7),
    }


def _address(school: Organisation, monday: date, name: MeasureName, anchor: str = "") -> str:
    place = {"monday": monday, "school_id": school.pk, "measure": name.value}
    return reverse("leader-week-fairness-figures", kwargs=place) + anchor


def _anchor(line: ClassLine, letter: str = "") -> str:
    return f"c-{line.key or 'all'}{f'-{letter}' if letter else ''}"


def _strip(
    name: MeasureName, line: ClassLine, language: str, page: str, scale: words.Scale | None = None
) -> SafeString:
    named = words.letters(language)
    marks = [
        Mark(
            value=group.mean,
            letter=group.group,
            label=f"{capfirst(named.get(group.group, group.group))}: {words.amount(name, group.mean)}",
            href=f"{page}#{_anchor(line, group.group)}",
        )
        for group in line.groups
    ]
    return words.strip(name, marks, label=words.measure_name(name), scale=scale)


def _tile(school: Organisation, monday: date, name: MeasureName, lines: tuple[ClassLine, ...]) -> dict[str, Any]:
    whole, named = lines[0], words.letters()
    page = _address(school, monday, name)
    watched = sum(line.is_watch for line in lines[1:])
    looks = [one for one in whole.differences if one.is_look]
    if looks:
        said = " ".join(words.difference_words(name, one, named.get(one.group, one.group)) for one in looks[:1])
    elif watched:
        said = ngettext("In {count} class a group differs.", "In {count} classes a group differs.", watched)
        said = said.format(count=watched)
    elif not whole.groups:
        said = gettext("No group is large enough to be shown.")
    elif len(whole.groups) < 2 and not whole.differences:
        said = gettext("Only one group is large enough to be shown.")
    else:
        said = gettext("No clear difference between groups in the school.")
    return {
        "heading": words.measure_name(name),
        "mean": _mean(name, whole),
        "page": page,
        "strip": _strip(name, whole, "", page),
        "is_watch": bool(looks) or bool(watched),
        "words": said,
    }


def _mean(name: MeasureName, line: ClassLine) -> str:
    if line.everybody is None:
        return ""
    say = words.number if name is MeasureName.SCREEN else words.amount
    return say(name, line.everybody.mean)


def _row(school: Organisation, monday: date, school_class: Class, lines: Lines) -> dict[str, Any]:
    cells = []
    for name, of_name in lines.items():
        line = next(one for one in of_name if one.key == school_class.pk)
        cells.append(
            {
                "page": _address(school, monday, name, f"#{_anchor(line)}"),
                "mean": words.number(name, line.everybody.mean) if line.everybody else "",
                "is_watch": line.is_watch,
                "name": words.measure_name(name),
            }
        )
    return {"school_class": school_class, "cells": cells}


def _figures(name: MeasureName, line: ClassLine, school_class: Class | None, scale: words.Scale) -> dict[str, Any]:
    language = language_word(school_class.language) if school_class else ""
    named = words.letters(language)
    differences = {one.group: one for one in line.differences}
    return {
        "anchor": _anchor(line),
        "name": class_name(school_class) if school_class else gettext("All classes"),
        "school_class": school_class,
        "everybody": line.everybody,
        "mean": words.amount(name, line.everybody.mean) if line.everybody else "",
        "strip": _strip(name, line, language, "", scale) if line.groups else "",
        "is_watch": line.is_watch,
        "hidden": [capfirst(named.get(letter, letter)) for letter in line.hidden],
        "groups": [
            {
                "anchor": _anchor(line, group.group),
                "letter": group.group,
                "words": capfirst(named.get(group.group, group.group)),
                "count": group.count,
                "mean": words.amount(name, group.mean),
                "range": words.range_words(name, group),
                "any": words.any_words(group),
                "verdict": words.verdict_words(name, differences[group.group], named.get(group.group, group.group))
                if group.group in differences
                else "",
                "is_look": group.group in differences and differences[group.group].is_look,
            }
            for group in line.groups
        ],
    }
