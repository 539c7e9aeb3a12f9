"""Print a resource's questions: for whom, which ones, how; the sheets, and their key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.access.roles import Permission
from headway.core.items.face import face
from headway.core.items.paper_codes import paper_code
from headway.core.items.plain import hints_of, worked_example_of
from headway.core.items.printing import Key, Paper, print_form, print_key
from headway.core.items.session import begin
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.grouping import queries as grouping
from headway.records.items import printing
from headway.records.items import queries as items
from headway.records.items import sheets as sheets_room
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.cards import square_code
from headway.web.shared.questions.shown import addresses_of
from headway.web.shared.words import sentence
from headway.web.teacher.page import last_open, monday_today, teacher_page
from headway.web.teacher.worksheet_drawing import draw_paper

if TYPE_CHECKING:
    from headway.records.items.models import Item, PrintedSheet
    from headway.records.library.models import Resource
    from headway.records.roster.models import Class, Person

SIZES = (("letter", _("US Letter")), ("a4", _("A4")))
BLANK, SOME = "blank", "some"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How sheets look on paper; changed on the page with the sheets, without printing new ones."""

    size: str = "letter"
    is_large: bool = False
    has_room: bool = False
    has_hints: bool = False
    has_examples: bool = False

    @property
    def classes(self) -> str:
        """The classes of a sheet that looks so."""
        wanted = (f"ws--{self.size}", "ws--large" if self.is_large else "", "ws--room" if self.has_room else "")
        return " ".join(one for one in wanted if one)

    @property
    def query(self) -> str:
        """The same as the end of an address."""
        given = QueryDict(mutable=True)
        given["size"] = self.size
        for name, is_on in (
            ("large", self.is_large),
            ("room", self.has_room),
            ("hints", self.has_hints),
            ("examples", self.has_examples),
        ):
            if is_on:
                given[name] = "1"
        return f"?{given.urlencode()}"


def look_of(given: QueryDict) -> Look:
    """Read how sheets are to look."""
    size = given.get("size", "")
    return Look(
        size=size if size in dict(SIZES) else SIZES[0][0],
        is_large="large" in given,
        has_room="room" in given,
        has_hints="hints" in given,
        has_examples="examples" in given,
    )


# --- choosing ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.SEE_CLASS)
def choose(request: Request, resource: UUID) -> HttpResponse:
    """Ask for whom and which questions; make the sheets and show them."""
    shown = _resource_for(request.person, resource)
    rows = items.items_of(shown)
    school_class = last_open(request)
    problem, status = "", 200
    if request.method == "POST":
        try:
            made = printing.print_sheets(
                resource=shown,
                items=[row for row in rows if str(row.pk) in request.POST.getlist("question")],
                students=_students(request, school_class),
                is_one_order=request.POST.get("order") != "each",
                by=request.person,
                at=timezone.now(),
            )
            return redirect(reverse("teacher-worksheets", kwargs={"sheet": made[0].uuid}) + look_of(request.POST).query)
        except RuleBroken as broken:
            problem, status = sentence(broken.sentence, broken.facts), 422
    given = request.POST if request.method == "POST" else request.GET
    facts = {
        "resource": shown,
        "problem": problem,
        "questions": [
            {"row": row, "is_chosen": str(row.pk) in given.getlist("question") if problem else True} for row in rows
        ],
        "whole_classes": [
            {"row": each, "value": f"class-{each.pk}", "count": roster.students_of(each).count()}
            for each in roster.classes_taught_by(request.person).select_related("school")
        ],
        "groups": _groups(school_class) if school_class else [],
        "students": list(roster.students_of(school_class)) if school_class else [],
        "who": given.get("who") or (f"class-{school_class.pk}" if school_class else BLANK),
        "chosen": given.getlist("student"),
        "is_one_order": given.get("order") != "each",
        "look": look_of(given),
        "sizes": SIZES,
        "printed": sheets_room.sheets_of(request.person, shown),
    }
    return teacher_page(
        request, "teacher/worksheet.html", facts, tab="library", school_class=school_class, status=status
    )


def _groups(school_class: Class) -> list[dict[str, Any]]:
    """Return this week's groups with the names of those in them."""
    found = grouping.groups_of(school_class, monday_today(school_class))
    return [
        {"pk": group.pk, "names": ", ".join(member.student.short_name for member in group.members.all())}
        for group in found
    ]


def _resource_for(person: Person, uuid: UUID) -> Resource:
    """Return a resource that is shared by all, or that belongs to a school where the person teaches."""
    found = library.resource_with_uuid(uuid)
    schools = {each.school_id for each in roster.classes_taught_by(person)}
    if found.school_id is not None and found.school_id not in schools:
        raise NotFound
    return found


def _students(request: Request, school_class: Class | None) -> list[Person] | None:
    """Return whom the sheets are for; None for a blank one."""
    who = request.POST.get("who", BLANK)
    kind, _dash, number = who.partition("-")
    if kind == "class" and number.isdecimal():
        return list(roster.students_of(roster.taught_class(request.person, int(number))))
    if kind == "group" and number.isdecimal():
        return [member.student for member in grouping.members_of(grouping.group_for(request.person, int(number)))]
    if who == SOME:
        wanted = set(request.POST.getlist("student"))
        students = roster.students_of(school_class) if school_class else []
        return [student for student in students if str(student.uuid) in wanted]
    return None


# --- the sheets -------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SEE_CLASS)
def sheets(request: Request, sheet: UUID) -> HttpResponse:
    """Show the sheets that were printed together, one after another, ready for the printer."""
    printed = sheets_room.sheets_printed_with(request.person, sheet)
    look = look_of(request.GET)
    found = sheets_room.items_on(printed)
    draw = _drawer()
    papers = [_sheet(request, one, found, draw, look) for one in printed]
    facts = {
        "papers": papers,
        "sheet": printed[0],
        "sheets": printed,
        "resource": printed[0].resource,
        "look": look,
        "sizes": SIZES,
        "first_code": paper_code(printed[0].code),
    }
    return teacher_page(request, "teacher/worksheet_sheets.html", facts, tab="library")


Draw = Callable[["Item", int], SafeString]


def _drawer() -> Draw:
    """Return a drawer of questions, each drawn once for one seed and language: a class with one order needs every one once."""
    kept: dict[tuple[int, int, str], SafeString] = {}

    def draw(item: Item, seed: int) -> SafeString:
        key = (item.pk, seed, translation.get_language() or "")
        if key not in kept:
            kept[key] = draw_paper(paper_of(item, seed), address=addresses_of(item))
        return kept[key]

    return draw


def paper_of(item: Item, seed: int) -> Paper:
    """Return a question as it is printed with a seed."""
    question = items.question(item)
    return print_form(face(question, begin(question, seed=seed)))


def _sheet(request: HttpRequest, sheet: PrintedSheet, found: Mapping[int, Item], draw: Draw, look: Look) -> SafeString:
    """Draw one sheet in its student's language."""
    code = paper_code(sheet.code)
    language = sheet.student.language if sheet.student else translation.get_language()
    with translation.override(language):
        questions = []
        for number, (pk, own) in enumerate(zip(sheet.item_ids, sheets_room.codes_of(sheet), strict=True), start=1):
            item = found.get(pk)
            question: dict[str, Any] = {"number": number, "code": own, "item": item}
            try:
                if item is None:
                    raise NotFound
                question["drawn"] = draw(item, sheet.seed)
                if look.has_hints:
                    question["hints"] = hints_of(items.question(item))
                if look.has_examples:
                    question["example"] = worked_example_of(items.question(item))
            except (RuleBroken, NotFound) as broken:
                question["problem"] = sentence(broken.sentence, broken.facts)
            questions.append(question)
        facts = {
            "sheet": sheet,
            "student": sheet.student,
            "resource": sheet.resource,
            "questions": questions,
            "helped": [each for each in questions if each.get("hints") or each.get("example")],
            "look": look,
            "language": language,
            "code": code,
            "square": square_code(request.build_absolute_uri(reverse("teacher-paper-answer", kwargs={"code": code}))),
        }
        return render_to_string("teacher/worksheet_sheets.html#paper", facts)


# --- the key ----------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SEE_CLASS)
def key(request: Request, sheet: UUID) -> HttpResponse:
    """Show what is right on the sheets that were printed together, once for all who have the same."""
    printed = sheets_room.sheets_printed_with(request.person, sheet)
    look = look_of(request.GET)
    found = sheets_room.items_on(printed)
    keys: dict[tuple[int, int], Key | None] = {}
    same: dict[tuple[Any, ...], list[PrintedSheet]] = {}
    for one in printed:
        own = [_key_once(keys, found.get(pk), one.seed) for pk in one.item_ids]
        same.setdefault(tuple(each.rows if each else None for each in own), []).append(one)
    facts = {
        "resource": printed[0].resource,
        "sheet": printed[0],
        "look": look,
        "keys": [
            {
                "sheets": group,
                "is_for_all": len(same) == 1,
                "rows": [
                    {"number": number, "item": found.get(pk), "key": _key_once(keys, found.get(pk), group[0].seed)}
                    for number, pk in enumerate(group[0].item_ids, start=1)
                ],
            }
            for group in same.values()
        ],
    }
    return teacher_page(request, "teacher/worksheet_key.html", facts, tab="library")


def _key_once(kept: dict[tuple[int, int], Key | None], item: Item | None, seed: int) -> Key | None:
    if item is None:
        return None
    if (item.pk, seed) not in kept:
        kept[item.pk, seed] = key_of(item, seed)
    return kept[item.pk, seed]


def key_of(item: Item, seed: int) -> Key | None:
    """Return the key of a question as it is printed with a seed; None where the question cannot be read."""
    try:
        question = items.question(item)
        return print_key(question, begin(question, seed=seed))
    except RuleBroken:
        return None
