"""Find: something to choose, by what one likes and hopes to become, by words, and by collections; chosen or kept for later.

Only what is for this student is shown. Nothing is ordered by what others did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from headway.core.access.roles import Permission
from headway.core.library import own_choice
from headway.core.library.kinds import KINDS
from headway.core.library.search import reasons
from headway.core.library.search.values import Asked, Facet, Order, Reader
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.library import bookmarks, collected
from headway.records.library.search import complete, search
from headway.records.planning import actions as planning_actions
from headway.records.planning import own_choices, shelf
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.web.shared.access import may
from headway.web.shared.going_back import go_back
from headway.web.shared.library_words import WAYS, access_words, card_of, ways_in
from headway.web.shared.topics import TOPICS, topic_word
from headway.web.shared.words import sentence
from headway.web.student.page import student_page, today_of
from headway.web.student.words import language_name

if TYPE_CHECKING:
    from headway.records.library.models import Collection, Resource
    from headway.records.library.search import Result
    from headway.records.planning.models import Block
    from headway.records.roster.models import Organisation, Person
    from headway.web.shared.access import Request

IN_A_ROW = 4
LOOKED_AT = 24  # found for a row of four: other doors to the same work and what stands in a row above fall away
AT_ONCE = 12
MOST_AT_ONCE = 120
MOST_LIKED, MOST_HOPED, MOST_COLLECTIONS, MOST_WORDS = 4, 2, 4, 5
LONGEST_TYPED = 100
START_LETTERS = 700
SALT = "a choice as it stood"
FOR_STUDENTS = tuple(kind for kind in KINDS if kind not in own_choice.FOR_TEACHERS)
MINUTES = (("1-10", _("Up to 10 minutes")), ("11-20", _("11 to 20 minutes")), ("21-40", _("Longer")))
# A reason of the search, said to the student; others say nothing that the card does not show.
SAID: Mapping[str, Any] = {
    reasons.LIKES: _("You like {topic}."),
    reasons.HOPES: _("A {career} does this."),
    reasons.READS: _("In {language}, and you read that well."),
}
# icons: compass heart briefcase bookmark bookmark-check search


@dataclass(frozen=True, kw_only=True)
class Finder:
    """The student who looks, where, and what is for this student."""

    student: Person
    school: Organisation
    reader: Reader
    grade: int
    words: str = ""
    hopes: str = ""


def finder_of(request: Request) -> Finder:
    """Return who looks; a student without a class has no library."""
    student = request.person
    classes = list(roster.classes_of_student(student).select_related("school"))
    if not classes:
        raise NotFound
    profile = roster.profile_of(student)
    reader = shelf.reader_of(student)
    return Finder(
        student=student,
        school=classes[0].school,
        reader=replace(reader, languages=own_choice.languages_read(reader.languages)),
        grade=profile.grade,
        words=profile.interest_words,
        hopes=profile.career_hopes,
    )


def found_for(finder: Finder, *, limit: int, words: str = "", **chosen: Sequence[str]) -> tuple[int, list[Result]]:
    """Search for what is for this student; `chosen` are more filters by the facet's name."""
    facets = {Facet(name): tuple(values) for name, values in chosen.items() if values}
    facets.setdefault(Facet.KIND, FOR_STUDENTS)
    facets[Facet.GRADE] = tuple(str(grade) for grade in own_choice.grades_around(finder.grade))
    asked = Asked(
        words=words,
        chosen=facets,
        reader=finder.reader,
        fits=True,
        order=Order.BEST if words else Order.FIT,
        limit=limit,
        count_facets=(),
    )
    shelf_found = search(finder.school, asked, language=get_language() or "en")
    # The index may be a moment older than what is known of student and library.
    results, families = [], set()
    for result in shelf_found.results:
        family = result.resource.variant_of_id or result.resource.pk
        # One door to the same work is enough; the others are on its page once it is chosen.
        if family not in families and is_for(finder, result.resource):
            families.add(family)
            results.append(result)
    return shelf_found.total, results


def is_for(finder: Finder, resource: Resource) -> bool:
    """Return whether a resource is for this student, and not done before."""
    piece = own_choices.piece_of(resource)
    if resource.pk in finder.reader.done:
        return False
    return own_choice.fits(piece, languages=finder.reader.languages, grade=finder.grade)


# --- looking ----------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SEE_OWN_WEEK)
def find(request: Request) -> HttpResponse:
    """Show something to choose: rows by what one likes and hopes, or what was found by words and ways in."""
    try:
        finder = finder_of(request)
    except NotFound:
        return student_page(request, "student/find.html", {"has_library": False}, tab="find")
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST_TYPED] for name in ASKED}
    is_asking = any(asked[name] for name in ("q", "way", "minutes", "language", "topic", "career", "kept"))
    facts: dict[str, Any] = {
        "has_library": True,
        "asked": asked,
        "is_asking": is_asking,
        "filters": filters_of(finder, asked),
        "narrowed": bool(asked["minutes"] or asked["language"]),
        **(_asked_facts(finder, asked) if is_asking else {}),
    }
    if request.htmx and not request.htmx.boosted:
        if not is_asking:
            facts |= _rows_facts(finder)
        return render(request, "student/find.html#found", facts)
    if not is_asking:
        facts |= _rows_facts(finder)
    return student_page(request, "student/find.html", facts, tab="find")


ASKED = ("q", "way", "minutes", "language", "topic", "career", "kept", "most")


def address_of(asked: Mapping[str, str], **other: str) -> str:
    """Return the address of a search, with something changed or left out."""
    left = {name: value for name, value in {**asked, "most": "", **other}.items() if value}
    return f"{reverse('student-find')}?{urlencode(left)}" if left else reverse("student-find")


def filters_of(finder: Finder, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the few filters: each value is a link that chooses it, or lets it go."""
    languages = [(code, language_name(code)) for code in finder.reader.languages]
    groups = [
        ("way", gettext("I want to"), [(way, str(words), icon) for way, (words, icon) in WAYS.items()]),
        ("minutes", gettext("I have"), [(value, str(words), "clock") for value, words in MINUTES]),
    ]
    if len(languages) > 1:
        groups.append(("language", gettext("In"), [(code, name, "languages") for code, name in languages]))
    return [
        {
            "name": name,
            "words": words,
            "values": [
                {
                    "words": value_words,
                    "icon": icon,
                    "lang": value if name == "language" else "",
                    "is_chosen": asked[name] == value,
                    "url": address_of(asked, **{name: "" if asked[name] == value else value}),
                }
                for value, value_words, icon in values
            ],
        }
        for name, words, values in groups
    ]


# icons: clock languages


def _asked_facts(finder: Finder, asked: Mapping[str, str]) -> dict[str, Any]:
    most = min(MOST_AT_ONCE, int(asked["most"])) if asked["most"].isdecimal() else AT_ONCE
    if asked["kept"]:
        kept = [row for row in shelf.kept_by(finder.student, finder.school)[:MOST_AT_ONCE] if is_for(finder, row)]
        return {"total": len(kept), "cards": cards_of(kept), "heading": gettext("What you keep for later")}
    total, results = found_for(
        finder,
        limit=most,
        words=asked["q"],
        way_in=[asked["way"]] if asked["way"] in WAYS else [],
        minutes=[asked["minutes"]] if asked["minutes"] in dict(MINUTES) else [],
        language=[asked["language"]] if asked["language"] in finder.reader.languages else [],
        topic=[asked["topic"]] if asked["topic"] else [],
        career=[asked["career"]] if asked["career"] else [],
    )
    heading = ""
    if asked["topic"]:
        heading = gettext("Because you like {topic}").format(topic=topic_word(asked["topic"]))
    elif asked["career"]:
        heading = gettext("If you want to become: {career}").format(career=topic_word(asked["career"]))
    return {
        "total": max(total, len(results)),
        "cards": cards_of([result.resource for result in results], why=results),
        "heading": heading,
        "suggested": [
            {"words": words, "url": address_of(asked, q=words)}
            for words in (complete(finder.school, asked["q"], limit=MOST_WORDS + 1) if asked["q"] else ())
            if words.casefold() != asked["q"].casefold()
        ][:MOST_WORDS],
        "more_url": address_of(asked, most=str(most + AT_ONCE)) if total > most and most < MOST_AT_ONCE else "",
    }


def _rows_facts(finder: Finder) -> dict[str, Any]:
    """Return the rows of the first look: likes, hopes, what is kept, collections. Nothing stands in two rows."""
    kept = [row for row in shelf.kept_by(finder.student, finder.school)[: 2 * IN_A_ROW] if is_for(finder, row)][
        :IN_A_ROW
    ]
    seen = {row.pk for row in kept}
    rows: list[dict[str, Any]] = []

    def add(title: str, icon: str, url: str, results: Iterable[Result]) -> None:
        # What was made to be chosen comes first, else as found.
        found = sorted(results, key=lambda result: "choice" not in result.resource.uses)
        fresh = [result for result in found if result.resource.pk not in seen][:IN_A_ROW]
        seen.update(result.resource.pk for result in fresh)
        if fresh:
            cards = cards_of([result.resource for result in fresh])
            rows.append({"title": title, "icon": icon, "url": url, "cards": cards})

    for topic in _liked(finder):
        total, results = found_for(finder, limit=LOOKED_AT, topic=[topic])
        url = f"{reverse('student-find')}?{urlencode({'topic': topic})}" if total > IN_A_ROW else ""
        add(gettext("Because you like {topic}").format(topic=topic_word(topic)), "heart", url, results)
    for career in _hoped(finder):
        total, results = found_for(finder, limit=LOOKED_AT, career=[career])
        url = f"{reverse('student-find')}?{urlencode({'career': career})}" if total > IN_A_ROW else ""
        add(gettext("If you want to become: {career}").format(career=topic_word(career)), "briefcase", url, results)
    if not finder.reader.careers and not _hoped(finder) and finder.hopes:
        _total, results = found_for(finder, limit=LOOKED_AT, words=finder.hopes[:LONGEST_TYPED])
        add(gettext("What you hope for: “{words}”").format(words=finder.hopes[:60]), "briefcase", "", results)
    if not rows:
        _total, results = found_for(finder, limit=LOOKED_AT)
        add(gettext("For you"), "compass", "", results)
    return {"rows": rows, "kept": cards_of(kept), "collections": _collections(finder)}


def _liked(finder: Finder) -> list[str]:
    """Return what the student likes: the tags, then what the own words speak of."""
    tags = list(finder.reader.interests)
    return [*tags, *own_choice.topics_in(finder.words, without=tags)][:MOST_LIKED]


def _hoped(finder: Finder) -> list[str]:
    """Return what the student hopes to become: the tags, then careers that stand in the own words."""
    tags = list(finder.reader.careers)
    careers = [tag for tag in TOPICS if tag not in own_choice.SAID_AS]
    spoken = own_choice.topics_in(finder.hopes, also=careers, without=tags) if not tags else ()
    return [*tags, *(tag for tag in spoken if tag in careers)][:MOST_HOPED]


def _collections(finder: Finder) -> list[dict[str, Any]]:
    """Return collections that hold something for this student, with how many pieces that is; a fixed number of queries."""
    today = roster.today_at(finder.school, timezone.now())
    shared = [
        each
        for each in collected.collections_for(finder.student, [finder.school], on=today)[: 6 * MOST_COLLECTIONS]
        if each.is_shared and (each.ends_on is None or each.ends_on >= today)
    ]
    pieces = collected.pieces_of_many(shared, [finder.school])
    rows = []
    for each in shared:
        count = sum(is_for(finder, piece) for piece in pieces.get(each.pk, ()))
        if count:
            rows.append({"collection": each, "count": count})
    return rows[:MOST_COLLECTIONS]


def cards_of(resources: Iterable[Resource], *, why: Iterable[Result] = ()) -> list[dict[str, Any]]:
    """Return resources as cards, with a reason in a child's words where there is one."""
    told = {result.resource.pk: reason_of(result) for result in why}
    return [
        {
            **card_of(row, language_name(row.language)),
            "ways": [WAYS[way] for way in ways_in(row)[:2]],
            "because": told.get(row.pk, ""),
        }
        for row in resources
    ]


def reason_of(result: Result) -> str:
    """Return the first reason that says something to a student."""
    for one in result.why:
        if one.sentence == reasons.READS and str(one.facts.get("language", "")) == get_language():
            continue  # goes without saying
        if one.sentence in SAID:
            facts = dict(one.facts)
            for name in ("topic", "career"):
                if name in facts:
                    facts[name] = topic_word(str(facts[name]))
            if "language" in facts:
                facts["language"] = language_name(str(facts["language"]))
            return str(SAID[one.sentence]).format(**facts)
    return ""


# --- one piece, one collection ----------------------------------------------------------------------------------------


def _piece(finder: Finder, uuid: UUID) -> Resource:
    """Return a resource this student may look at: for students, of the own school, in use; else "not found"."""
    found = shelf.usable_resource(finder.school, uuid)
    if found.kind in own_choice.FOR_TEACHERS:
        raise NotFound
    return found


@require_safe
@may(Permission.SEE_OWN_WEEK)
def piece(request: Request, resource: UUID) -> HttpResponse:
    """Show one piece before it is chosen: what one does, how it begins, and where it could go."""
    finder = finder_of(request)
    return _piece_page(request, finder, _piece(finder, resource))


def _piece_page(
    request: Request, finder: Finder, shown: Resource, *, problem: str = "", status: int = 200
) -> HttpResponse:
    today = today_of(list(roster.classes_of_student(finder.student).select_related("school")))
    places = own_choices.places_for(shown, finder.student, today=today)
    fits = own_choice.fits(own_choices.piece_of(shown), languages=finder.reader.languages, grade=finder.grade)
    open_places = [place for place in places if place.problem is None] if fits else []
    why_not = list(dict.fromkeys(sentence(*place.problem) for place in places if place.problem is not None))
    facts = {
        **cards_of([shown])[0],
        "language_name": language_name(shown.language),
        "start": shown.text
        if len(shown.text) <= START_LETTERS
        else shown.text[:START_LETTERS].rsplit(" ", 1)[0] + " …",
        "question_count": len(items.items_of(shown)),
        "topics": [topic_word(str(tag)) for tag in shown.topics],
        "careers": [topic_word(str(tag)) for tag in shown.careers],
        "access": access_words(shown.accessibility),
        "is_done": shown.pk in finder.reader.done,
        "is_kept": bool(shelf.kept_among(finder.student, [shown.pk])),
        "places": open_places,
        "why_not": [] if open_places else why_not[:2] if fits else [sentence(own_choice.NOT_FOR_YOU)],
        "has_choices": bool(places),
        "problem": problem,
    }
    return student_page(request, "student/find_piece.html", facts, tab="find", status=status)


@require_safe
@may(Permission.SEE_OWN_WEEK)
def collection(request: Request, collection: UUID) -> HttpResponse:
    """Show the pieces of a shared collection that are for this student."""
    finder = finder_of(request)
    shown = _shared(finder, collection)
    entries = [entry for entry in collected.entries_of(shown, [finder.school]) if is_for(finder, entry.resource)]
    sections: dict[str, list[dict[str, Any]]] = {}
    for entry, card in zip(entries, cards_of([entry.resource for entry in entries]), strict=True):
        sections.setdefault(entry.section, []).append({**card, "because": entry.why})
    facts = {"collection": shown, "sections": list(sections.items()), "count": len(entries)}
    return student_page(request, "student/find_collection.html", facts, tab="find")


def _shared(finder: Finder, uuid: UUID) -> Collection:
    found = collected.collection_for(finder.student, [finder.school], uuid)
    if not found.is_shared:
        raise NotFound
    return found


# --- choosing and keeping ---------------------------------------------------------------------------------------------


@require_POST
@may(Permission.WORK)
def choose_piece(request: Request, resource: UUID) -> HttpResponse:
    """Put the piece into one of the student's open choices."""
    finder = finder_of(request)
    shown = _piece(finder, resource)
    try:
        block = planning.own_block(request.person, UUID(request.POST.get("block", "")))
    except ValueError:
        return _piece_page(
            request, finder, shown, problem=gettext("Say first for which part of your week it is."), status=422
        )
    before, idea = block.chosen_resource, block.own_idea
    try:
        planning_actions.choose_found(block=block, resource=shown, by=request.person, at=timezone.now())
    except RuleBroken as broken:
        problem = sentence(broken.sentence, broken.facts)
        return _piece_page(request, finder, shown, problem=problem, status=422)
    words = gettext("It is in your week now. Your teacher sees that you found it.")
    if before is not None and before.pk != shown.pk:
        words = gettext("It is in your week now, in place of “{title}”.").format(title=before.title)
    was = signing.dumps([str(block.uuid), str(before.uuid) if before else "", idea], salt=SALT, compress=True)
    messages.success(request, words, extra_tags=reverse("student-find-undo", kwargs={"was": was}))
    return redirect(_in_week(block))


def _in_week(block: Block) -> str:
    return reverse("student-week-of", kwargs={"monday": block.week.class_week.monday}) + f"#b-{block.uuid}"


@require_POST
@may(Permission.WORK)
def undo_choice(request: Request, was: str) -> HttpResponse:
    """Let a choice stand as it did before something found was put there."""
    try:
        block_uuid, resource_uuid, idea = signing.loads(was, salt=SALT)
    except signing.BadSignature:
        raise NotFound from None
    block = planning.own_block(request.person, UUID(block_uuid))
    before = shelf.usable_resource(finder_of(request).school, UUID(resource_uuid)) if resource_uuid else None
    planning_actions.undo_found(block=block, before=before, own_idea=idea, by=request.person, at=timezone.now())
    return HttpResponseClientRefresh() if request.htmx else redirect(_in_week(block))


@require_POST
@may(Permission.WORK)
def keep_piece(request: Request, resource: UUID) -> HttpResponse:
    """Keep a piece for later; the teacher sees what is kept."""
    shown = _piece(finder_of(request), resource)
    bookmarks.keep(resource=shown, by=request.person, at=timezone.now())
    words = gettext("Kept for later. Your teacher sees it when planning your week.")
    return _kept(request, shown, words, turn_back="student-find-let-go")


@require_POST
@may(Permission.WORK)
def let_go(request: Request, resource: UUID) -> HttpResponse:
    """Let go of a piece that was kept."""
    shown = _piece(finder_of(request), resource)
    bookmarks.let_go(resource=shown, by=request.person, at=timezone.now())
    return _kept(request, shown, gettext("No longer kept."), turn_back="student-find-keep")


def _kept(request: Request, shown: Resource, words: str, *, turn_back: str) -> HttpResponse:
    messages.success(request, words, extra_tags=reverse(turn_back, kwargs={"resource": shown.uuid}))
    if request.htmx:
        return HttpResponseClientRefresh()
    return go_back(request, reverse("student-find-piece", kwargs={"resource": shown.uuid}))
