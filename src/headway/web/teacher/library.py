"""The library of a class: search, narrow, look without leaving, keep for later, and show it to the class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.library.search.reasons import LIKES, READS
from headway.core.library.search.values import Facet
from headway.core.shared.errors import NotFound
from headway.exchange.apertium.translating import translated
from headway.records.items import queries as items
from headway.records.library import bookmarks, collected
from headway.records.library import queries as library_queries
from headway.records.library import search as shelf_search
from headway.records.planning import shelf
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared import library_words
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import safe_next
from headway.web.shared.topics import topic_word
from headway.web.shared.words import sentence
from headway.web.teacher import library_asking as asking
from headway.web.teacher.page import monday_today, teacher_page, today_of
from headway.web.teacher.words import language_name
from headway.web.templatetags.headway import grouped

if TYPE_CHECKING:
    from headway.core.library.search.values import Why
    from headway.records.library.models import Resource
    from headway.records.library.search import Result
    from headway.records.roster.models import Class, Organisation, Person

COLLECTIONS_SHOWN = 4
COUNT_KEPT_SECONDS = 600  # counting a library of hundreds of thousands is not for every look at it
A_FEW = 5  # below it a number of students is not told
NOBODY = UUID(int=0)  # stands for a resource in an address that is filled in later
START_LETTERS = 900  # how much of a text a preview shows
LONGEST_TYPED = 60


def language() -> str:
    """Return the reader's language."""
    return get_language() or "en"


# --- the page --------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SEE_CLASS)
def library(request: Request, class_id: int) -> HttpResponse:
    """Show what there is to learn with; everything that was asked stands in the address."""
    school_class = roster.taught_class(request.person, class_id)
    question = asking.question_of(request.GET)
    path, students = asking.path_and_students(school_class)
    student = asking.student_named(question, students)
    asked = asking.asked_of(question, school_class, student, by=request.person)
    # Letters that arrive one by one may be the beginning of a word; a question that is sent is meant as it stands.
    found = shelf_search.search(school_class.school, asked, as_typed=bool(request.htmx), language=language())
    facts = shelf_facts(request, school_class, question, found, path, student)
    facts |= {"students": students, "fits_student": student, "orders": asking.orders_of(question, student)}
    if request.htmx and not request.htmx.history_restore_request:
        answer = render(request, "teacher/library.html#shelf", {**facts, "is_part": True, "school_class": school_class})
        return _with_address(request, answer, facts["address"], question)
    facts["open_count"], facts["own_count"] = _counted(school_class.school)
    facts |= _collections(request, school_class)
    return teacher_page(request, "teacher/library.html", facts, tab="library", school_class=school_class)


def _with_address(request: Request, answer: HttpResponse, address: str, question: asking.Question) -> HttpResponse:
    """Put the question into the browser's address; letters typed one after another are one step back, not many."""
    before = asking.question_of(QueryDict(urlsplit(request.htmx.current_url or "").query))
    is_typing = bool(before.words and question.words and before.words != question.words)
    shown = question.shown if question.shown > asking.PAGE else None
    answer["HX-Replace-Url" if is_typing else "HX-Push-Url"] = with_query(address, question.query(shown=shown))
    return answer


def shelf_facts(
    request: Request,
    school_class: Class,
    question: asking.Question,
    found: shelf_search.Shelf,
    path: Sequence[Any],
    student: Person | None,
) -> dict[str, Any]:
    """Return results, filters and chips, as the page's template reads them."""
    filters, skills = asking.filters_of(question, found, path, language())
    fits_words = _fits_words(question, student)
    chips = asking.chips_of(question, skills, fits_words)
    left = found.total - len(found.results)
    more = min(asking.PAGE, left)
    told = _told(question, found.total)
    return {
        "question": question,
        "address": reverse("teacher-library", kwargs={"class_id": school_class.pk}),
        "filters": filters,
        "chips": chips,
        "rows": rows_of(request.person, school_class, found.results, skills, student),
        "total": found.total,
        "told": told,
        "read_as": found.read_as,
        **_in_english(question, found),
        "back_query": urlencode({"back": question.query()}) if question.pairs() else "",
        "more": more if question.shown < asking.MOST_SHOWN else 0,
        "more_query": question.query(shown=question.shown + asking.PAGE),
        "is_at_end": left > 0 and question.shown >= asking.MOST_SHOWN,
        "let_go": []
        if found.total
        else asking.ways_out(question, school_class, student, skills, fits_words, by=request.person),
        "may_plan": roster.may(request.person, Permission.PLAN_WEEKS),
    }


def _in_english(question: asking.Question, found: shelf_search.Shelf) -> dict[str, str]:
    """Return what a Spanish search is called in English, where this machine can tell, and the address that asks it.

    A search is taken for Spanish where the reader reads Spanish or most of what it finds is Spanish: translating keeps
    programs of its own in memory, which a school that never asks in Spanish need not have.
    """
    most = next((count.value for count in found.facets.get(Facet.LANGUAGE, ())), "")
    is_spanish = question.words and "es" in (language().partition("-")[0], most)
    words = translated(question.words) if is_spanish else None
    if words is None or words.casefold() == question.words.casefold():
        return {}
    return {"in_english": words, "in_english_query": replace(question, words=words).query()}


def _fits_words(question: asking.Question, student: Person | None) -> str:
    if student is not None:
        return gettext("Fits {name}").format(name=student.given_name)
    return gettext("Fits the class") if question.fits == asking.WHOLE_CLASS else ""


def _told(question: asking.Question, total: int) -> str:
    if question.words:
        words = ngettext("{count} for “{words}”", "{count} for “{words}”", total)
    else:
        words = ngettext("{count} resource", "{count} resources", total)
    return words.format(count=grouped(total), words=question.words)


def rows_of(
    person: Person, school_class: Class, results: Iterable[Result], skills: dict[int, Any], student: Person | None
) -> list[dict[str, Any]]:
    """Return what the list shows of each result; the same number of queries for one and for twenty."""
    shown = list(results)
    ids = [result.resource.pk for result in shown]
    # A list of twenty asks for eighty addresses, which differ in one name alone.
    somewhere = {"class_id": school_class.pk, "resource": NOBODY}
    piece = reverse("teacher-library-piece", kwargs=somewhere)
    assign = reverse("teacher-library-assign", kwargs=somewhere)
    keep_it, let_it_go = (reverse(name, kwargs={"resource": NOBODY}) for name in ("teacher-keep", "teacher-let-go"))
    keep_words = gettext("Keep {title} for later")
    used = shelf.used_here(school_class.school, ids)
    kept = shelf.kept_among(person, ids)
    return [
        {
            **library_words.card_of(result.resource, language_name(result.resource.language)),
            "why": [why_words(why, student) for why in result.why[:2]],
            "skills": [skills[pk] for pk in result.competency_ids[:2] if pk in skills],
            "here": here_words(result.resource, school_class, used.get(result.resource.pk, 0)),
            "is_kept": result.resource.pk in kept,
            "piece_url": piece.replace(str(NOBODY), str(result.resource.uuid)),
            "assign_url": assign.replace(str(NOBODY), str(result.resource.uuid)),
            "keep_url": (let_it_go if result.resource.pk in kept else keep_it).replace(
                str(NOBODY), str(result.resource.uuid)
            ),
            "keep_words": keep_words.format(title=result.resource.title),
        }
        for result in shown
    ]


def why_words(why: Why, student: Person | None) -> str:
    """Return a reason in words; what a whole class has in common is not said of one student."""
    facts = _facts_in_words(why.facts)
    name = student.given_name if student is not None else ""
    own = {
        LIKES: gettext("About {topic}, which {name} likes.")
        if name
        else gettext("About {topic}, which many here like."),
        READS: gettext("In {language}, at a level that {name} reads.")
        if name
        else gettext("In {language}, near the level of the class."),
    }
    return own[why.sentence].format(name=name, **facts) if why.sentence in own else sentence(why.sentence, facts)


def _facts_in_words(facts: Any) -> dict[str, Any]:
    """Return the facts of a reason with languages and topics named."""
    shown = dict(facts)
    if "language" in shown:
        shown["language"] = language_name(str(shown["language"]))
    for name in ("topic", "career", "interest"):
        if name in shown:
            shown[name] = topic_word(str(shown[name]))
    return shown


def here_words(resource: Resource, school_class: Class, used: int) -> str:
    """Return what a teacher may want to know before others: whether it is theirs, and whether it was used here."""
    if used >= A_FEW:
        words = ngettext("{count} student here used it", "{count} students here used it", used).format(count=used)
    elif used:
        words = gettext("A few students here used it")
    else:
        words = ""
    if resource.school_id is not None and resource.school_id == school_class.school_id:
        made = gettext("Made at your school")
        return f"{words} · {made}" if words else made
    return words or gettext("New at this school")


def _counted(school: Organisation) -> tuple[int, int]:
    """Return how many resources all schools share and how many are the school's own, counted anew after each change."""
    key = f"library-{school.pk}-{shelf.newest_change()}"
    known: tuple[int, int] | None = cache.get(key)
    if known is None:
        known = (shelf.open_to_all(), shelf.made_here(school))
        cache.set(key, known, COUNT_KEPT_SECONDS)
    return known


def _collections(request: Request, school_class: Class) -> dict[str, Any]:
    found = collected.collections_for(request.person, [school_class.school], on=today_of(school_class))
    try:
        all_address = reverse("teacher-collections")
    except NoReverseMatch:
        all_address = ""
    count = found.count()
    return {
        "collections": collected.counted(found[:COLLECTIONS_SHOWN]) if all_address else [],
        "collections_count": count,
        "collections_address": all_address,
    }


@require_safe
@may(Permission.SEE_CLASS)
def words(request: Request, class_id: int) -> HttpResponse:
    """Return what somebody who types may be about to ask, as options of the search field."""
    school_class = roster.taught_class(request.person, class_id)
    typed = " ".join(request.GET.get("q", "").split())[:LONGEST_TYPED]
    offers = shelf_search.complete(school_class.school, typed) if len(typed) > 1 else ()
    return render(request, "teacher/library_words.html", {"offers": offers})


# --- one piece -------------------------------------------------------------------------------------------------------


def piece_facts(request: Request, school_class: Class, resource: Resource, *, back: str) -> dict[str, Any]:
    """Return what a preview shows: the start of it, its doors, and who has it in this week and the next."""
    doors = library_queries.doors_of(resource)
    aligned = library_queries.accepted_competencies(resource)
    used = shelf.used_here(school_class.school, [resource.pk])
    where = {"class_id": school_class.pk, "resource": resource.uuid}
    return {
        **library_words.card_of(resource, language_name(resource.language)),
        "school_class": school_class,
        "start": _start_of(resource.text),
        "is_cut": len(resource.text) > START_LETTERS,
        "steps": resource.steps[:6],
        "more_steps": max(0, len(resource.steps) - 6),
        "question_count": len(items.items_of(resource)),
        "doors": [(door, language_name(door.language)) for door in doors if door.pk != resource.pk],
        "skills": list(standards.named(aligned[:4], language()).values()),
        "access": library_words.access_words(resource.accessibility),
        "plans": plans_of(school_class, [door.pk for door in doors]),
        "here": here_words(resource, school_class, used.get(resource.pk, 0)),
        **keep_facts(resource, is_kept=bool(shelf.kept_among(request.person, [resource.pk]))),
        "may_plan": roster.may(request.person, Permission.PLAN_WEEKS),
        "back": back,
        "close_address": with_query(reverse("teacher-library", kwargs={"class_id": school_class.pk}), back),
        "assign_address": with_back(reverse("teacher-library-assign", kwargs=where), back),
        "present_address": reverse("teacher-library-present", kwargs=where),
    }


def _start_of(text: str) -> str:
    """Return the first lines of a text, cut where a word ends."""
    if len(text) <= START_LETTERS:
        return text
    return text[:START_LETTERS].rsplit(" ", 1)[0] + " …"


def plans_of(school_class: Class, resource_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return which students have any of these doors, this week and the next, as lines to read."""
    monday = monday_today(school_class)
    return [
        {
            "student": row.student,
            "day": row.monday + timedelta(days=row.day),
            "is_next": row.monday > monday,
            "is_choice": row.is_choice,
            "is_done": row.is_done,
            "is_draft": row.status == "draft",
        }
        for row in shelf.in_plans(school_class, resource_ids, monday=monday)
    ]


def with_query(address: str, query: str) -> str:
    """Return an address with the part after "?", where there is one."""
    return f"{address}?{query}" if query else address


def with_back(address: str, back: str) -> str:
    """Return an address that remembers the search its reader came from."""
    query = QueryDict(mutable=True)
    query["back"] = back
    return with_query(address, query.urlencode() if back else "")


def day_words(day: date) -> str:
    """Return a day as it stands in a sentence."""
    return date_format(day, "MONTH_DAY_FORMAT")


def back_of(given: QueryDict) -> str:
    """Return the search that a reader came from, read anew, so that nothing strange gets into an address."""
    return asking.question_of(QueryDict(given.get("back", "")[:2000])).query()


@require_safe
@may(Permission.SEE_CLASS)
def piece(request: Request, class_id: int, resource: UUID) -> HttpResponse:
    """Show one piece beside the results, or as a page of its own."""
    school_class = roster.taught_class(request.person, class_id)
    shown = shelf.usable_resource(school_class.school, resource)
    facts = piece_facts(request, school_class, shown, back=back_of(request.GET))
    if request.htmx:
        return render(request, "teacher/library_piece.html#panel", facts)
    return teacher_page(request, "teacher/library_piece.html", facts, tab="library", school_class=school_class)


@require_safe
@may(Permission.SEE_CLASS)
def present(request: Request, class_id: int, resource: UUID) -> HttpResponse:
    """Show a piece to the whole class: large, plain, with nothing of any student on it."""
    school_class = roster.taught_class(request.person, class_id)
    shown = shelf.usable_resource(school_class.school, resource)
    where = {"class_id": class_id, "resource": shown.uuid}
    facts = {
        "resource": shown,
        "doors": [(door, language_name(door.language)) for door in library_queries.doors_of(shown)],
        "school_class": school_class,
        "close_address": reverse("teacher-library-piece", kwargs=where),
    }
    return render(request, "teacher/library_present.html", facts)


# --- kept for later --------------------------------------------------------------------------------------------------


@require_POST
@may(Permission.SEE_CLASS)
def keep(request: Request, resource: UUID) -> HttpResponse:
    """Keep a piece for later."""
    shown = _own_resource(request, resource)
    bookmarks.keep(resource=shown, by=request.person, at=timezone.now())
    return _kept(request, shown, is_kept=True)


@require_POST
@may(Permission.SEE_CLASS)
def let_go(request: Request, resource: UUID) -> HttpResponse:
    """Let go of a piece that was kept."""
    shown = _own_resource(request, resource)
    bookmarks.let_go(resource=shown, by=request.person, at=timezone.now())
    return _kept(request, shown, is_kept=False)


def keep_facts(resource: Resource, *, is_kept: bool) -> dict[str, Any]:
    """Return what the bookmark of one piece shows."""
    name = "teacher-let-go" if is_kept else "teacher-keep"
    return {
        "is_kept": is_kept,
        "keep_url": reverse(name, kwargs={"resource": resource.uuid}),
        "keep_words": gettext("Keep {title} for later").format(title=resource.title),
    }


def _own_resource(request: Request, uuid: UUID) -> Resource:
    for school in {each.school for each in roster.classes_taught_by(request.person).select_related("school")}:
        try:
            return shelf.usable_resource(school, uuid)
        except NotFound:
            continue
    raise NotFound


def _kept(request: Request, resource: Resource, *, is_kept: bool) -> HttpResponse:
    words = gettext("Kept for later.") if is_kept else gettext("No longer kept.")
    turn_back = "teacher-let-go" if is_kept else "teacher-keep"
    undo = reverse(turn_back, kwargs={"resource": resource.uuid})
    if not request.htmx:
        messages.success(request, words, extra_tags=undo)
        return HttpResponseRedirect(safe_next(request, "teacher-today"))
    facts = {"resource": resource, **keep_facts(resource, is_kept=is_kept), "toast_words": words, "toast_undo": undo}
    return render(request, "teacher/library_kept.html", facts)
