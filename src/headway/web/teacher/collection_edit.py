"""Making a collection and changing it: its words, picture and dates, its pieces in order, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from headway.core.access.roles import Permission
from headway.core.library.search.values import Asked
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.library import collected, collecting
from headway.records.library import queries as library
from headway.records.library.collecting import LONGEST_ENTRY_WHY, LONGEST_SECTION, LONGEST_TITLE, LONGEST_WHY, EntryIn
from headway.records.library.search import search
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import safe_next, show_again
from headway.web.shared.library_words import card_of
from headway.web.shared.words import sentence
from headway.web.teacher.collections import own_schools
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.words import language_name, languages_to_choose

if TYPE_CHECKING:
    from headway.records.library.models import Collection
    from headway.records.roster.models import Organisation, Person

SALT = "a piece of a collection as it stood"
FOUND_AT_ONCE = 10
THEMES = (
    ("harbor", _("Harbor")),
    ("map", _("Map")),
    ("space", _("Space")),
    ("sound", _("Sound")),
    ("plant", _("Plant")),
    ("story", _("Story")),
    ("numbers", _("Numbers")),
    ("making", _("Making")),
)


class CollectionForm(forms.Form):
    """What a collection is called, why it fits and when, its picture, and who may open it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Give the collection a title, so that others find it.")},
    )
    why = forms.CharField(
        label=_("Why these belong together, and when they fit"),
        max_length=LONGEST_WHY,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    theme = forms.ChoiceField(
        label=_("Picture"),
        choices=THEMES,
        error_messages={"invalid_choice": _("Choose one of the pictures that are shown.")},
    )
    language = forms.ChoiceField(label=_("Language of the title and the reason"))
    starts_on = forms.DateField(
        label=_("Fits from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as year-month-day, such as 2026-12-01, or leave it empty.")},
    )
    ends_on = forms.DateField(
        label=_("Fits until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as year-month-day, such as 2026-12-01, or leave it empty.")},
    )
    is_shared = forms.BooleanField(label=_("Everybody at the school may use it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        also = {str(self.initial.get("language", "en"))}
        self.fields["language"].choices = languages_to_choose(also)  # type: ignore[attr-defined]
        for name in ("title", "why", "language", "starts_on", "ends_on"):
            self.fields[name].widget.attrs["class"] = {"why": "textarea", "language": "select"}.get(name, "input")

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """The pictures to choose from."""
        chosen = self["theme"].value()
        return [{"value": value, "words": words, "is_chosen": value == chosen} for value, words in THEMES]


def _found(person: Person, uuid: UUID) -> Collection:
    """Return a collection the reader may change, else "not found"."""
    found = collected.collection_for(person, own_schools(person), uuid)
    if not collected.may_change(person, found):
        raise NotFound
    return found


def _school(request: Request) -> Organisation:
    """Return the school a new collection is for: that of the open class, else the first of the reader's."""
    school_class = last_open(request)
    schools = [school for school in own_schools(request.person) if school.kind == "school"]
    if school_class is not None:
        return school_class.school
    if not schools:
        raise NotFound
    return schools[0]


# --- the words --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def new(request: Request) -> HttpResponse:
    """Ask what a new collection is called, make it, and open it for its first pieces."""
    start = {"theme": "harbor", "language": get_language() or "en", "is_shared": True}
    form = CollectionForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = collecting.make_collection(
                school=_school(request), by=request.person, at=timezone.now(), **form.cleaned_data
            )
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
        else:
            words = gettext("Made. Now look for the first piece.")
            undo = reverse("teacher-collection-take-back", kwargs={"collection": made.uuid})
            messages.success(request, words, extra_tags=undo)
            return redirect("teacher-collection-edit", collection=made.uuid)
    status = 422 if form.errors else 200
    return teacher_page(request, "teacher/collection_new.html", {"form": form}, tab="library", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def edit(request: Request, collection: UUID) -> HttpResponse:
    """Show a collection to change, or change its words, picture and dates; `find` looks for pieces to add."""
    shown = _found(request.person, collection)
    if request.method != "POST":
        if request.htmx and "find" in request.GET:
            facts = {"collection": shown, **_finding(request, shown)}
            return teacher_page(request, "teacher/collection_edit.html#finding", facts, tab="library")
        return _edit_page(request, shown)
    form = CollectionForm(request.POST, initial=_initial(shown))
    if form.is_valid():
        try:
            collecting.change_collection(
                collection=shown,
                by=request.person,
                at=timezone.now(),
                seen=request.POST.get("seen"),
                **form.cleaned_data,
            )
        except RuleBroken as broken:
            form.add_error(None, sentence(broken.sentence, broken.facts))
        else:
            messages.success(request, gettext("Saved."))
            return redirect("teacher-collection-edit", collection=shown.uuid)
    return _edit_page(request, _found(request.person, collection), form=form, status=422)


def _initial(shown: Collection) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in collected.FACTS}


def _edit_page(
    request: Request,
    shown: Collection,
    *,
    form: CollectionForm | None = None,
    typed: Sequence[EntryIn] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    facts = {
        "form": form or CollectionForm(initial=_initial(shown)),
        "seen_facts": collected.facts_state(shown),
        "problem": problem,
        **_arrange_facts(shown, typed),
        **_finding(request, shown),
    }
    return teacher_page(request, "teacher/collection_edit.html", facts, tab="library", status=status)


def _arrange_facts(shown: Collection, typed: Sequence[EntryIn] | None = None) -> dict[str, Any]:
    """Return the pieces to arrange; what was typed and not saved stands in place of what is stored."""
    entries = collected.entries_of(shown, [_school_of(shown)])
    kept = {row.resource_id: row for row in typed or ()}
    places = {row.resource_id: place for place, row in enumerate(typed or ())}
    entries.sort(key=lambda entry: places.get(entry.resource_id, len(places)))
    rows = []
    for place, entry in enumerate(entries):
        own = kept.get(entry.resource_id)
        rows.append(
            {
                **card_of(entry.resource, language_name(entry.resource.language)),
                "section": own.section if own else entry.section,
                "why": own.why if own else entry.why,
                "is_first": place == 0,
                "is_last": place == len(entries) - 1,
            }
        )
    return {
        "collection": shown,
        "rows": rows,
        "section_names": list(dict.fromkeys(row["section"] for row in rows if row["section"])),
        "seen_order": collected.order_state(shown),
        "longest_section": LONGEST_SECTION,
        "longest_why": LONGEST_ENTRY_WHY,
    }


def _finding(request: Request, shown: Collection) -> dict[str, Any]:
    words = request.GET.get("find", "").replace("\x00", "").strip()[:200]
    if not words or shown.school is None:
        return {"find": words, "found": []}
    shelf = search(shown.school, Asked(words=words, limit=FOUND_AT_ONCE, count_facets=()))
    inside = set(collected.resource_ids_of([shown]).get(shown.pk, ()))
    return {
        "find": words,
        "total": shelf.total,
        "found": [
            {
                **card_of(result.resource, language_name(result.resource.language)),
                "is_inside": result.resource.pk in inside,
            }
            for result in shelf.results
        ],
    }


# --- the pieces -------------------------------------------------------------------------------------------------------


def _typed(request: Request) -> list[EntryIn]:
    """Return the pieces as the form holds them, in its order."""
    ids = [int(pk) for pk in request.POST.getlist("entry") if pk.isdecimal()]
    return [
        EntryIn(
            resource_id=pk,
            section=request.POST.get(f"section-{pk}", "").replace("\x00", "").strip()[:LONGEST_SECTION],
            why=request.POST.get(f"why-{pk}", "").replace("\x00", "").strip()[:LONGEST_ENTRY_WHY],
        )
        for pk in dict.fromkeys(ids)
    ]


def _known(shown: Collection, typed: Sequence[EntryIn]) -> list[EntryIn]:
    """Return what was typed about pieces that are in the collection, then those that the form did not hold."""
    rows = list(shown.entries.order_by("order", "pk"))
    have = {row.resource_id for row in rows}
    named = {row.resource_id for row in typed}
    return [row for row in typed if row.resource_id in have] + [
        EntryIn(resource_id=row.resource_id, section=row.section, why=row.why)
        for row in rows
        if row.resource_id not in named
    ]


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def arrange(request: Request, collection: UUID) -> HttpResponse:
    """Save order, sections and reasons; a button of a piece moves it or takes it out and saves the rest with it."""
    shown = _found(request.person, collection)
    typed = _known(shown, _typed(request))
    verb, _colon, number = request.POST.get("do", "save").partition(":")
    place = next((spot for spot, row in enumerate(typed) if str(row.resource_id) == number), None)
    words, undo, after = gettext("Saved."), "", list(typed)
    if verb in ("up", "down") and place is not None:
        other = place + (-1 if verb == "up" else 1)
        if 0 <= other < len(after):
            after[place], after[other] = after[other], after[place]
        words = gettext("Now in place {place} of {count}.").format(
            place=max(0, min(other, len(after) - 1)) + 1, count=len(after)
        )
    elif verb == "out" and place is not None:
        gone = after.pop(place)
        words = gettext("Taken out of the collection. It stays in the library.")
        undo = reverse("teacher-collection-put-back", kwargs={"collection": shown.uuid, "was": _signed(place, gone)})
    try:
        collecting.arrange_collection(
            collection=shown, entries=after, by=request.person, at=timezone.now(), seen=request.POST.get("seen")
        )
    except RuleBroken as broken:
        problem = sentence(broken.sentence, broken.facts)
        if request.htmx:
            facts = {**_arrange_facts(shown, typed), "problem": problem}
            return teacher_page(request, "teacher/collection_edit.html#arrange", facts, tab="library", status=422)
        return _edit_page(request, shown, typed=typed, problem=problem, status=422)
    return _arranged(request, shown, words, undo)


def _arranged(request: Request, shown: Collection, words: str, undo: str) -> HttpResponse:
    if request.htmx:
        facts = {**_arrange_facts(shown), "toast_words": words, "toast_undo": undo}
        return teacher_page(request, "teacher/collection_edit.html#arrange", facts, tab="library")
    messages.success(request, words, extra_tags=undo)
    return redirect(reverse("teacher-collection-edit", kwargs={"collection": shown.uuid}) + "#arrange-h")


def _signed(place: int, entry: EntryIn) -> str:
    return signing.dumps([place, entry.resource_id, entry.section, entry.why], salt=SALT, compress=True)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def put_back(request: Request, collection: UUID, was: str) -> HttpResponse:
    """Put a piece back where and how it stood."""
    shown = _found(request.person, collection)
    try:
        place, resource_id, section, why = signing.loads(was, salt=SALT)
    except signing.BadSignature:
        raise NotFound from None
    found = library.resources_of_school(_school_of(shown)).filter(pk=resource_id).first()
    if found is None:
        raise NotFound
    collecting.collect(
        collection=shown,
        resource=found,
        place=place,
        section=section,
        why=why,
        by=request.person,
        at=timezone.now(),
    )
    return show_again(request, "teacher-collection-edit", collection=shown.uuid)


def _school_of(shown: Collection) -> Organisation:
    if shown.school is None:
        raise NotFound
    return shown.school


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def add(request: Request, collection: UUID) -> HttpResponse:
    """Add a resource of the school's library; words typed beside other pieces are saved with it."""
    shown = _found(request.person, collection)
    resource = _resource(shown, request.POST.get("resource", ""))
    at = timezone.now()
    problem = ""
    if "entry" in request.POST:
        try:
            collecting.arrange_collection(
                collection=shown,
                entries=_known(shown, _typed(request)),
                by=request.person,
                at=at,
                seen=request.POST.get("seen"),
            )
        except RuleBroken as broken:
            problem = sentence(broken.sentence, broken.facts)
    if problem:
        facts = {**_arrange_facts(shown, _known(shown, _typed(request))), "problem": problem}
        return teacher_page(request, "teacher/collection_edit.html#arrange", facts, tab="library", status=422)
    is_new = collecting.collect(collection=shown, resource=resource, by=request.person, at=at)
    where = {"collection": shown.uuid, "resource": resource.uuid}
    words = gettext("Added at the end.") if is_new else gettext("It is in this collection already.")
    return _arranged(request, shown, words, reverse("teacher-collection-out", kwargs=where) if is_new else "")


def _resource(shown: Collection, uuid: str) -> Any:
    try:
        wanted = UUID(uuid)
    except ValueError:
        raise NotFound from None
    found = library.resources_of_school(_school_of(shown)).filter(uuid=wanted).first()
    if found is None:
        raise NotFound
    return found


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def out(request: Request, collection: UUID, resource: UUID) -> HttpResponse:
    """Take a piece out again that was added."""
    shown = _found(request.person, collection)
    collecting.take_out(
        collection=shown, resource_id=_resource(shown, str(resource)).pk, by=request.person, at=timezone.now()
    )
    if request.htmx:
        return show_again(request, "teacher-collection-edit", collection=shown.uuid)
    return redirect(safe_next(request, reverse("teacher-collection-edit", kwargs={"collection": shown.uuid})))


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def collect_resource(request: Request, resource: UUID) -> HttpResponse:
    """Add a resource, from its own page, to the collection that is chosen there."""
    try:
        chosen = UUID(request.POST.get("collection", ""))
    except ValueError:
        messages.error(request, gettext("Choose a collection first."))
        return redirect("teacher-resource", resource=resource)
    shown = _found(request.person, chosen)
    found = _resource(shown, str(resource))
    is_new = collecting.collect(collection=shown, resource=found, by=request.person, at=timezone.now())
    words = gettext("Added to “{title}”.") if is_new else gettext("It is in “{title}” already.")
    undo = reverse("teacher-collection-out", kwargs={"collection": shown.uuid, "resource": found.uuid})
    messages.success(request, words.format(title=shown.title), extra_tags=undo if is_new else "")
    return redirect("teacher-resource", resource=resource)


# --- the whole --------------------------------------------------------------------------------------------------------


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def take_back(request: Request, collection: UUID) -> HttpResponse:
    """Take a collection out of sight; nothing of it is lost."""
    shown = _found(request.person, collection)
    collecting.take_back_collection(collection=shown, by=request.person, at=timezone.now())
    undo = reverse("teacher-collection-give-back", kwargs={"collection": shown.uuid})
    messages.success(request, gettext("The collection is taken back. Its pieces stay in the library."), extra_tags=undo)
    return show_again(request, "teacher-collections") if not request.htmx else _to(reverse("teacher-collections"))


def _to(address: str) -> HttpResponse:
    response = HttpResponse()
    response["HX-Redirect"] = address
    return response


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def give_back(request: Request, collection: UUID) -> HttpResponse:
    """Show a collection again that was taken back."""
    found = collected.collection_for(request.person, own_schools(request.person), collection, taken_back=True)
    collecting.give_back_collection(collection=found, by=request.person, at=timezone.now())
    return (
        _to(reverse("teacher-collection", kwargs={"collection": found.uuid}))
        if request.htmx
        else redirect("teacher-collection", collection=found.uuid)
    )


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def copy(request: Request, collection: UUID) -> HttpResponse:
    """Make a copy for the reader's school, kept private until it is shared, and open it to change."""
    schools = own_schools(request.person)
    shown = collected.collection_for(request.person, schools, collection)
    made = collecting.make_collection(
        school=_school(request),
        title=shown.title,
        why=shown.why,
        theme=shown.theme,
        language=shown.language,
        starts_on=shown.starts_on,
        ends_on=shown.ends_on,
        is_shared=False,
        entries=[
            EntryIn(resource_id=row.resource_id, section=row.section, why=row.why)
            for row in collected.entries_of(shown, schools)
        ],
        by=request.person,
        at=timezone.now(),
    )
    words = gettext("Copied. Only you see the copy until you share it.")
    undo = reverse("teacher-collection-take-back", kwargs={"collection": made.uuid})
    messages.success(request, words, extra_tags=undo)
    return redirect("teacher-collection-edit", collection=made.uuid)
