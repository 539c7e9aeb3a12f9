"""Who gets a piece of the library, when, in place of what, and what that does to each week; all of it undone together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import HeadwayError
from headway.core.shared.school_weeks import days_of
from headway.records.grouping import queries as grouping
from headway.records.library import queries as library_queries
from headway.records.planning import assigning, shelf
from headway.records.planning.assigning import BEST, FREE, Wish
from headway.records.roster import queries as roster
from headway.web.shared import library_words
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher import library as page
from headway.web.teacher import week_panels as panels
from headway.web.teacher.page import monday_today, teacher_page, today_of
from headway.web.teacher.week_together import told_of
from headway.web.teacher.words import language_name
from headway.web.templatetags.headway import long_day_name

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.planning.assigning import Outlook
    from headway.records.roster.models import Class, Person

ESSENTIAL, CHOICE = "essential", "choice"
MOST_PLACES = 12


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The assign sheet as it was filled in; what makes no sense in it is as if it was left empty."""

    resource: Resource
    doors: Sequence[Resource]
    everybody: Sequence[Person]
    chosen: Sequence[Person]
    monday: date
    this_monday: date
    day: int
    place: str
    counts_as: str
    own_doors: dict[int, int]
    back: str

    @property
    def wish(self) -> Wish:
        """What the sheet asks for."""
        return Wish(
            resource=self.resource,
            day=self.day,
            place=self.place,
            is_choice=self.counts_as == CHOICE,
            doors=self.own_doors,
        )


def sheet_of(school_class: Class, resource: Resource, given: QueryDict) -> Sheet:
    """Read the assign sheet; the students of a chosen group count as chosen."""
    everybody = list(roster.students_of(school_class))
    this_monday = monday_today(school_class)
    monday = this_monday + timedelta(days=7) if given.get("week") == "next" else this_monday
    names = set(given.getlist("who"))
    for group in grouping.groups_of(school_class, monday):
        if str(group.pk) in given.getlist("group"):
            names |= {str(member.student.uuid) for member in group.members.all()}
    if given.get("everyone"):
        names = {str(student.uuid) for student in everybody}
    back = page.back_of(given)
    fits = QueryDict(back).get("fits", "")
    if "seen" not in given and not names and fits:
        names = {fits}
    chosen = [student for student in everybody if str(student.uuid) in names]
    doors = library_queries.doors_of(resource)
    by_uuid = {str(door.uuid): door.pk for door in doors}
    own_doors = {}
    for student in chosen:
        wanted = by_uuid.get(given.get(f"door-{student.uuid}", ""))
        if wanted is not None and wanted != resource.pk:
            own_doors[student.pk] = wanted
    place = given.get("place", BEST)
    return Sheet(
        resource=resource,
        doors=doors,
        everybody=everybody,
        chosen=chosen,
        monday=monday,
        this_monday=this_monday,
        day=_day(given, school_class, monday),
        place=place if place in (BEST, FREE) or (place.isdecimal() and len(place) < 3) else BEST,
        counts_as=CHOICE if given.get("counts") == CHOICE else ESSENTIAL,
        own_doors=own_doors,
        back=back,
    )


def _day(given: QueryDict, school_class: Class, monday: date) -> int:
    """Return the day that was chosen; before anybody chose, the next day on which the class meets."""
    wanted = given.get("day", "")
    if wanted in {"0", "1", "2", "3", "4"}:
        return int(wanted)
    today = today_of(school_class)
    first = today.weekday() if monday <= today <= monday + timedelta(days=4) else 0
    minutes = roster.minutes_of_days(school_class, monday)
    return next((day for day in range(first, 5) if minutes[day]), first)


def sheet_facts(school_class: Class, sheet: Sheet) -> dict[str, Any]:
    """Return what the assign sheet shows: who, notes, when, where, and what it does to each week."""
    at = timezone.now()
    seen = assigning.outlook(
        school_class=school_class, monday=sheet.monday, wish=sheet.wish, students=sheet.chosen, at=at
    )
    minutes = roster.minutes_of_days(school_class, sheet.monday)
    where = {"class_id": school_class.pk, "resource": sheet.resource.uuid}
    chosen = {student.pk for student in sheet.chosen}
    able = [row for row in seen if row.refused is None]
    warned = panels.skills_in_warnings(breach for row in seen for breach in row.warnings)
    return {
        **library_words.card_of(sheet.resource, language_name(sheet.resource.language)),
        "school_class": school_class,
        "sheet": sheet,
        "chosen": sheet.chosen,
        "others": [student for student in sheet.everybody if student.pk not in chosen],
        "groups": [
            (group.pk, _group_words(group), len(group.members.all()))
            for group in grouping.groups_of(school_class, sheet.monday)
        ],
        "notes": notes_of(school_class, sheet),
        "plans": page.plans_of(school_class, [door.pk for door in sheet.doors]),
        "is_next_week": sheet.monday != sheet.this_monday,
        "days": [(place, day, place == sheet.day, minutes[place]) for place, day in enumerate(days_of(sheet.monday))],
        "places": _places(school_class, sheet),
        "after": [_after(row, sheet, warned) for row in seen],
        "able": len(able),
        "approved": sum(1 for row in able if row.week is not None and row.week.status in ("approved", "changed")),
        "back": sheet.back,
        "address": reverse("teacher-library-assign", kwargs=where),
        "do_address": reverse("teacher-library-assign-do", kwargs=where),
        "present_address": reverse("teacher-library-present", kwargs=where),
        "piece_address": page.with_back(reverse("teacher-library-piece", kwargs=where), sheet.back),
        "close_address": page.with_query(reverse("teacher-library", kwargs={"class_id": school_class.pk}), sheet.back),
        "day_words": long_day_name(sheet.day),
    }


def _group_words(group: Any) -> str:
    named = group.competency.short if group.competency is not None else ""
    return gettext("{day}: {skill}").format(day=long_day_name(group.weekday), skill=named or gettext("group"))


def _places(school_class: Class, sheet: Sheet) -> list[tuple[str, str, bool]]:
    """Return where the piece may go that day: (value, words, chosen); what stands there now is named."""
    rows = [
        (BEST, gettext("What gives way best"), sheet.place == BEST),
        (FREE, gettext("Nothing: into a free place"), sheet.place == FREE),
    ]
    for order, minutes, titles in shelf.day_places(
        school_class, sheet.monday, sheet.day, [student.pk for student in sheet.chosen]
    )[:MOST_PLACES]:
        if not titles:
            there = gettext("empty")
        elif len(titles) == 1:
            there = titles[0]
        else:
            there = ngettext("{title} and {count} other", "{title} and {count} others", len(titles) - 1).format(
                title=titles[0], count=len(titles) - 1
            )
        words = gettext("{there} ({minutes} min)").format(there=there, minutes=minutes)
        rows.append((str(order), words, sheet.place == str(order)))
    return rows


def _after(row: Outlook, sheet: Sheet, skills: Mapping[int, Any]) -> dict[str, Any]:
    said = sentence(row.refused.sentence, row.refused.facts) if row.refused is not None else ""
    return {
        "student": row.student,
        "screen": row.screen_minutes,
        "cap": row.screen_minutes_cap,
        "is_over": row.screen_minutes > row.screen_minutes_cap,
        "alone": row.minutes_alone,
        "in_place_of": row.in_place_of,
        "door": row.door if row.door.pk != sheet.resource.pk else None,
        "short": row.door.minutes if 0 < row.minutes < row.door.minutes else 0,
        "minutes": row.minutes,
        "refused": said,
        "warnings": panels.warnings_in_words(row.warnings, skills),
        "has_numbers": row.screen_minutes_cap > 0,
    }


def notes_of(school_class: Class, sheet: Sheet) -> list[dict[str, Any]]:
    """Return for whom of the chosen the piece does not fit, why, and the door that would."""
    if not sheet.chosen:
        return []
    students = roster.students_with_profiles(school_class, only=[student.pk for student in sheet.chosen])
    done = shelf.finished_before(students, [door.pk for door in sheet.doors])
    by_pk = {door.pk: door for door in sheet.doors}
    notes = []
    for student in students:
        levels = {row.language: row.reading_level for row in student.languages.all()}
        given = by_pk.get(sheet.own_doors.get(student.pk, 0))
        if given is not None:
            words = gettext("{name} gets “{title}”.").format(name=student.given_name, title=given.title)
            notes.append({"student": student, "words": words, "given": given, "is_given": True})
            continue
        words = _misfit(student, levels, sheet.resource, done.get(student.pk))
        if not words:
            continue
        fitting = shelf.doors_that_fit(sheet.resource, sheet.doors, levels)
        notes.append({"student": student, "words": words, "door": fitting[0] if fitting else None, "is_given": False})
    return notes


def _misfit(student: Person, levels: dict[str, float], resource: Resource, done_on: date | None) -> str:
    """Return why a piece may not fit a student, or nothing."""
    name, reads = student.given_name, [code for code, level in levels.items() if level > 0]
    if reads and resource.language not in reads:
        languages = ", ".join(language_name(code) for code in reads)
        return gettext("{name} reads {languages}; this is in {language}.").format(
            name=name, languages=languages, language=language_name(resource.language)
        )
    level = levels.get(resource.language)
    if level and resource.reading_level > level + shelf.READS_ABOVE:
        return gettext("{name} reads {language} at grade {level}; this reads at grade {wanted}.").format(
            name=name,
            language=language_name(resource.language),
            level=round(level),
            wanted=round(resource.reading_level),
        )
    if done_on is not None:
        return gettext("{name} did this before, on {day}.").format(name=name, day=page.day_words(done_on))
    profile = getattr(student, "profile", None)
    if resource.screen == "yes" and profile is not None and profile.device_at_home == "none":
        return gettext("{name} has no device at home; there is time for it at school only.").format(name=name)
    return ""


# --- the pages -------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def assign(request: Request, class_id: int, resource: UUID) -> HttpResponse:
    """Show the assign sheet, worked out anew for everything that was chosen so far; nothing is done yet."""
    school_class = roster.taught_class(request.person, class_id)
    shown = shelf.usable_resource(school_class.school, resource)
    facts = sheet_facts(school_class, sheet_of(school_class, shown, request.GET))
    if request.htmx:
        return render(request, "teacher/library_assign.html#panel", facts)
    return teacher_page(request, "teacher/library_assign.html", facts, tab="library", school_class=school_class)


@require_POST
@may(Permission.PLAN_WEEKS)
def assign_do(request: Request, class_id: int, resource: UUID) -> HttpResponse:
    """Put the piece into the weeks of those chosen; what could not be done is told for each student."""
    school_class = roster.taught_class(request.person, class_id)
    shown = shelf.usable_resource(school_class.school, resource)
    sheet = sheet_of(school_class, shown, request.POST)
    try:
        made = assigning.assign(
            school_class=school_class,
            monday=sheet.monday,
            wish=sheet.wish,
            students=sheet.chosen,
            by=request.person,
            at=timezone.now(),
        )
    except HeadwayError as problem:
        return _said_no(request, school_class, sheet, sentence(problem.sentence, problem.facts))
    told = told_of(made.results)
    close = page.with_query(reverse("teacher-library", kwargs={"class_id": class_id}), sheet.back)
    undo = f"{reverse('teacher-undo', kwargs={'batch': made.batch})}?{_next(close)}" if made.done else ""
    words = _done_words(sheet, len(made.done))
    if not request.htmx:
        said = [words, *(f"{name}: {line}" for name, _is_done, lines in told for line in lines)]
        messages.add_message(
            request, messages.SUCCESS if made.done else messages.WARNING, " ".join(said), extra_tags=undo
        )
        return HttpResponseRedirect(close)
    facts = {
        **library_words.card_of(shown, language_name(shown.language)),
        "school_class": school_class,
        "told": [row for row in told if row[2]],
        "told_words": words,
        "close_address": close,
        "week_address": reverse("teacher-week", kwargs={"class_id": class_id, "monday": sheet.monday}),
        "toast_words": words,
        "toast_undo": undo,
    }
    return render(request, "teacher/library_assigned.html", facts)


def _next(address: str) -> str:
    query = QueryDict(mutable=True)
    query["next"] = address
    return query.urlencode()


def _said_no(request: Request, school_class: Class, sheet: Sheet, words: str) -> HttpResponse:
    facts = {**sheet_facts(school_class, sheet), "problem": words}
    if request.htmx:
        return render(request, "teacher/library_assign.html#panel", facts, status=422)
    return teacher_page(
        request, "teacher/library_assign.html", facts, tab="library", school_class=school_class, status=422
    )


def _done_words(sheet: Sheet, count: int) -> str:
    if not count:
        return gettext("Nothing was changed.")
    return ngettext("Added to {count} week for {day}.", "Added to {count} weeks for {day}.", count).format(
        count=count, day=long_day_name(sheet.day)
    )
