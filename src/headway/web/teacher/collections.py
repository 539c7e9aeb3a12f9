"""Collections: all of them, and one with why it fits, when, its pieces, and what it is for the class that is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.library.own_choice import reads_well
from headway.records.library import collected
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.library_words import WAYS, card_of, ways_in
from headway.web.teacher.page import last_open, teacher_page, today_of
from headway.web.teacher.words import language_name

if TYPE_CHECKING:
    from headway.records.library.models import Collection, CollectionEntry, Resource
    from headway.records.roster.models import Class, Organisation, Person

SHOWN_AT_ONCE = 24
MOST_NAMED = 6
LANGUAGES_WITHOUT = 3
READS_ENOUGH = 0.5  # of the pieces, for a collection to be something for a student


def own_schools(person: Person) -> list[Organisation]:
    """Return the schools whose things somebody may see: where they play a part, and those they lead."""
    found = {school.pk: school for school in roster.schools_of(person)}
    found |= {school.pk: school for school in roster.organisations_led_by(person)}
    return list(found.values())


def link(name: str, /, **where: Any) -> str:
    """Return the address of a page, or nothing where this installation has no such page."""
    try:
        return reverse(name, kwargs=where)
    except NoReverseMatch:
        return ""


def when_words(collection: Collection, today: date) -> str:
    """Return when a collection fits, in words; nothing when it fits at any time."""
    starts, ends = collection.starts_on, collection.ends_on

    def day(one: date) -> str:
        return date_format(one, "MONTH_DAY_FORMAT" if one.year == today.year else "DATE_FORMAT")

    if ends is not None and ends < today:
        return gettext("Was for the time until {day}").format(day=day(ends))
    if starts is not None and starts > today:
        return (
            gettext("Fits from {first} to {last}").format(first=day(starts), last=day(ends))
            if ends
            else gettext("Fits from {day} on").format(day=day(starts))
        )
    return gettext("Fits until {day}").format(day=day(ends)) if ends else ""


@require_safe
@may(Permission.SEE_CLASS)
def collections(request: Request) -> HttpResponse:
    """Show the collections of the reader's schools and those shared by all; `q` looks for words in them."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    today = today_of(last_open(request))
    found = collected.collections_for(request.person, own_schools(request.person), words=words, on=today)
    page = Paginator(found, SHOWN_AT_ONCE).get_page(request.GET.get("page"))
    facts = {
        "words": words,
        "page": page,
        "rows": [
            {
                "collection": each,
                "when": when_words(each, today),
                "language": language_name(each.language) if each.language != (get_language() or "en") else "",
                "is_over": each.ends_on is not None and each.ends_on < today,
            }
            for each in collected.counted(page.object_list)
        ],
        "may_make": roster.may(request.person, Permission.ADD_TO_LIBRARY),
    }
    if request.htmx and not request.htmx.boosted:
        return teacher_page(request, "teacher/collections.html#found", facts, tab="library")
    return teacher_page(request, "teacher/collections.html", facts, tab="library")


@require_safe
@may(Permission.SEE_CLASS)
def collection(request: Request, collection: UUID) -> HttpResponse:
    """Show one collection."""
    schools = own_schools(request.person)
    shown = collected.collection_for(request.person, schools, collection)
    school_class = last_open(request)
    today = today_of(school_class)
    entries = collected.entries_of(shown, schools)
    resources = [entry.resource for entry in entries]
    may_change = collected.may_change(request.person, shown) and roster.may(request.person, Permission.ADD_TO_LIBRARY)
    facts = {
        "collection": shown,
        "when": when_words(shown, today),
        "language": language_name(shown.language),
        "sections": sections_of(entries),
        "count": len(entries),
        "glance": glance(resources),
        "fit": class_fit(school_class, resources) if school_class and resources else None,
        "skills": skills_touched(school_class, resources) if school_class else [],
        "may_change": may_change,
        "may_copy": roster.may(request.person, Permission.ADD_TO_LIBRARY),
        "assign_from": link("teacher-library", class_id=school_class.pk) if school_class else "",
    }
    return teacher_page(request, "teacher/collection.html", facts, tab="library")


def sections_of(entries: Iterable[CollectionEntry]) -> list[dict[str, Any]]:
    """Return the pieces by section, as they stand one after another."""
    found = []
    for name, own in groupby(entries, key=lambda entry: entry.section):
        rows = [{**card_of(row.resource, language_name(row.resource.language)), "entry": row} for row in own]
        found.append({"name": name, "rows": rows})
    return found


def glance(resources: Sequence[Resource]) -> dict[str, Any]:
    """Return a collection's pieces at a glance: languages, minutes, kinds, ways in, and how many are off screen."""
    languages = Counter(row.language for row in resources)
    kinds = Counter(row.get_kind_display() for row in resources)
    ways = Counter(way for row in resources for way in ways_in(row))
    minutes = [row.minutes for row in resources]
    levels = [row.reading_level for row in resources if row.reading_level]
    return {
        "languages": [(language_name(code), count) for code, count in languages.most_common()],
        "kinds": kinds.most_common(8),
        "ways": [(WAYS[way][0], WAYS[way][1], count) for way, count in ways.most_common()],
        "minutes_low": min(minutes, default=0),
        "minutes_high": max(minutes, default=0),
        "hours": round(sum(minutes) / 60),
        "level_low": round(min(levels)) if levels else None,
        "level_high": round(max(levels)) if levels else None,
        "off_screen": sum(row.screen != "yes" for row in resources),
        "count": len(resources),
    }


@dataclass(frozen=True, kw_only=True)
class LanguageFit:
    """How many students of a class read a language, and how many pieces there are in it."""

    language: str
    readers: int
    pieces: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a collection is for a class: whom at least half of it fits, and who finds fewer pieces."""

    students: int
    fitting: int
    languages: tuple[LanguageFit, ...]
    more_languages: int
    fewer: tuple[tuple[Person, int], ...]
    more: int


def class_fit(school_class: Class, resources: Sequence[Resource]) -> Fit:
    """Return how well a collection reads for the students of a class, with a fixed number of queries."""
    students = roster.students_with_profiles(school_class)
    readers: Counter[str] = Counter()
    fitting, fewer = 0, []
    for student in students:
        own: dict[str, float | None] = {
            row.language: row.reading_level for row in student.languages.all() if row.reading_level > 0
        }
        readers.update(own.keys())
        count = sum(reads_well(row.language, row.reading_level, own) for row in resources)
        if count >= READS_ENOUGH * len(resources):
            fitting += 1
        else:
            fewer.append((student, count))
    pieces = Counter(row.language for row in resources)
    languages = sorted(set(readers) | set(pieces), key=lambda code: (-readers[code], -pieces[code], code))
    # Where there is nothing in a language, the ones that most of the class read are named.
    without = [code for code in languages if not pieces[code]][:LANGUAGES_WITHOUT]
    shown = [code for code in languages if pieces[code] or code in without]
    fewer.sort(key=lambda row: (row[1], row[0].given_name))
    return Fit(
        students=len(students),
        fitting=fitting,
        languages=tuple(
            LanguageFit(language=language_name(code), readers=readers[code], pieces=pieces[code]) for code in shown
        ),
        more_languages=len(languages) - len(shown),
        fewer=tuple(fewer[:MOST_NAMED]),
        more=max(0, len(fewer) - MOST_NAMED),
    )


def skills_touched(school_class: Class, resources: Sequence[Resource]) -> list[dict[str, Any]]:
    """Return the skills of the class's path that pieces help with, in the order of the path, with how many pieces."""
    path = standards.path_of(school_class)
    helped = collected.skills_of_many(row.pk for row in resources)
    counts = Counter(pk for own in helped.values() for pk in set(own))
    names = standards.named([skill for skill in path if counts[skill.pk]], get_language() or "en")
    return [
        {"skill": names[skill.pk], "count": counts[skill.pk], "url": link("teacher-skill", competency_id=skill.pk)}
        for skill in path
        if skill.pk in names
    ]
