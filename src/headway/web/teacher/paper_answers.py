"""Enter what students wrote on printed sheets: by the code on the paper, one student after another or one question for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.items import begin, read_response
from headway.core.items.paper_codes import paper_code
from headway.core.items.printing import print_key
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.evidence import paper
from headway.records.evidence import queries as evidence
from headway.records.items import queries as items
from headway.records.items import sheets as sheets_room
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.questions.shown import addresses_of
from headway.web.shared.words import sentence
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.paper_fields import entry_fields
from headway.web.teacher.words import MARK_LEVELS
from headway.web.teacher.worksheet import paper_of
from headway.web.teacher.worksheet_drawing import draw_paper

if TYPE_CHECKING:
    from headway.core.items import Marking
    from headway.records.evidence.models import Evidence
    from headway.records.items.models import Item, PrintedSheet
    from headway.records.roster.models import Person

BY_STUDENT, BY_QUESTION = "student", "question"


@require_safe
@may(Permission.RECORD_EVIDENCE)
def find(request: Request) -> HttpResponse:
    """Ask for a code, and open the question or the sheet that it names."""
    typed = request.GET.get("code", "").strip()
    problem = ""
    if typed:
        try:
            sheet, number = sheets_room.sheet_by_code(request.person, typed)
            return redirect("teacher-paper-answer", code=paper_code(sheet.code, number))
        except RuleBroken as broken:
            problem = sentence(broken.sentence, broken.facts)
        except NotFound:
            problem = gettext(
                "No sheet of your students has the code “{code}”. Look at the sheet again, or ask who printed it."
            ).format(code=typed[:40])
    facts = {"typed": typed[:40], "problem": problem}
    return teacher_page(request, "teacher/paper_find.html", facts, tab="today", status=422 if problem else 200)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One student's sheet; a blank sheet is many students' sheet."""

    sheet: PrintedSheet
    student: Person


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody is among the answers to enter: whose sheet, which question, and what comes next."""

    turn: Turn
    number: int
    item: Item
    turns: tuple[Turn, ...]
    by: str

    def address(self, turn: Turn | None = None, number: int | None = None, *, by: str = "") -> str:
        """Return where another answer is entered; this one without arguments."""
        turn, number, by = turn or self.turn, number or self.number, by or self.by
        given = {"student": str(turn.student.uuid)} if turn.sheet.student_id is None else {}
        given |= {"by": by} if by == BY_QUESTION else {}
        address = reverse("teacher-paper-answer", kwargs={"code": paper_code(turn.sheet.code, number)})
        return f"{address}?{urlencode(given)}" if given else address

    def next_address(self) -> str:
        """Return where the next answer is entered: the student's next question, or the next student's same one; "" at the end."""
        count = len(self.turn.sheet.item_ids)
        at = self.turns.index(self.turn)
        after = self.turns[at + 1] if at + 1 < len(self.turns) else None
        if self.by == BY_QUESTION:
            if after is not None:
                return self.address(after)
            return self.address(self.turns[0], self.number + 1) if self.number < count else ""
        if self.number < count:
            return self.address(number=self.number + 1)
        return self.address(after, 1) if after is not None else ""


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.RECORD_EVIDENCE)
def answer(request: Request, code: str) -> HttpResponse:
    """Show one question as a student had it on paper, with fields for what was written; save it and go on to the next."""
    sheet, number = sheets_room.sheet_by_code(request.person, code)
    found = _place(request, sheet, number)
    if found is None:
        return _ask_who(request, sheet, number)
    if request.method == "POST":
        return _save(request, found)
    return _show(request, found)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def undo(request: Request, code: str) -> HttpResponse:
    """Take back what was entered last for one question of one student."""
    sheet, number = sheets_room.sheet_by_code(request.person, code)
    found = _place(request, sheet, number)
    if found is None:
        raise NotFound
    try:
        paper.take_back(sheet=sheet, item=found.item, student=found.turn.student, by=request.person, at=timezone.now())
        messages.success(request, gettext("Taken back. It no longer counts; the record keeps that it was entered."))
    except RuleBroken as broken:
        messages.warning(request, sentence(broken.sentence, broken.facts))
    if getattr(request, "htmx", False):
        return show_again(request, "teacher-paper")
    return redirect(found.address())


def _place(request: Request, sheet: PrintedSheet, number: int) -> Place | None:
    """Return the place a code names; None where it is not known yet who wrote on a blank sheet."""
    number = number or 1
    item = sheets_room.items_on([sheet]).get(sheet.item_ids[number - 1])
    if item is None:
        raise NotFound
    if sheet.student is not None:
        printed = sheets_room.sheets_printed_with(request.person, sheet.uuid)
        turns = [Turn(sheet=one, student=one.student) for one in printed if one.student is not None]
        mine = next(turn for turn in turns if turn.sheet.pk == sheet.pk)
    else:
        wanted = _uuid(request.GET.get("student", ""))
        if wanted is None:
            return None
        student = roster.taught_student(request.person, wanted)
        school_class = roster.shared_classes(request.person, student).first()
        mates = list(roster.students_of(school_class)) if school_class else [student]
        turns = [Turn(sheet=sheet, student=mate) for mate in mates]
        mine = next((turn for turn in turns if turn.student.pk == student.pk), Turn(sheet=sheet, student=student))
        turns = turns if mine in turns else [mine]
    by = BY_QUESTION if request.GET.get("by") == BY_QUESTION else BY_STUDENT
    return Place(turn=mine, number=number, item=item, turns=tuple(turns), by=by)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ask_who(request: Request, sheet: PrintedSheet, number: int) -> HttpResponse:
    """Ask who wrote on a blank sheet."""
    school_class = last_open(request)
    facts = {
        "sheet": sheet,
        "address": reverse("teacher-paper-answer", kwargs={"code": paper_code(sheet.code, number or 1)}),
        "students": list(roster.students_of(school_class)) if school_class else [],
    }
    return teacher_page(request, "teacher/paper_who.html", facts, tab="today", school_class=school_class)


def _save(request: Request, place: Place) -> HttpResponse:
    try:
        response = read_response(items.question(place.item), dict(request.POST.lists()))
        level = request.POST.get("level", "")
        row, marking = paper.enter_answer(
            sheet=place.turn.sheet,
            item=place.item,
            student=place.turn.student,
            response=response,
            level=int(level) if level in {"0", "1", "2", "3"} else None,
            words=request.POST.get("words", ""),
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as broken:
        return _show(request, place, problem=sentence(broken.sentence, broken.facts), status=422)
    back = place.address().replace("?", "undo/?") if "?" in place.address() else f"{place.address()}undo/"
    messages.success(request, _saved_words(place, row, marking), extra_tags=back)
    return redirect(place.next_address() or place.address())


def _saved_words(place: Place, row: Evidence, marking: Marking) -> str:
    facts = {"name": place.turn.student.given_name, "number": place.number}
    if marking.score is None:
        return gettext("Saved for {name}: your view of question {number}.").format(**facts)
    if marking.is_right:
        return gettext("Saved for {name}: question {number} is right.").format(**facts)
    if marking.score > 0:
        return gettext("Saved for {name}: question {number} is partly right.").format(**facts)
    return gettext("Saved for {name}: question {number} is not right yet.").format(**facts)


def _show(request: Request, place: Place, *, problem: str = "", status: int = 200) -> HttpResponse:
    sheet, student = place.turn.sheet, place.turn.student
    rows = evidence.entries_of(sheet, place.item, student)
    stands = evidence.standing(rows)
    entered = evidence.entered_on([turn.sheet for turn in place.turns], [turn.student for turn in place.turns])
    facts: dict[str, Any] = {
        "place": place,
        "student": student,
        "item": place.item,
        "resource": sheet.resource,
        "code": paper_code(sheet.code, place.number),
        "problem": problem,
        "stands": stands,
        "levels": MARK_LEVELS,
        "questions": [
            {
                "number": number,
                "address": place.address(number=number),
                "is_here": number == place.number,
                "is_entered": (student.pk, pk) in entered,
            }
            for number, pk in enumerate(sheet.item_ids, start=1)
        ],
        "students": [
            {
                "student": turn.student,
                "address": place.address(turn),
                "is_here": turn == place.turn,
                "is_entered": (turn.student.pk, place.item.pk) in entered,
            }
            for turn in place.turns
        ],
        "ways": [
            {"by": by, "address": place.address(by=by), "is_here": by == place.by} for by in (BY_STUDENT, BY_QUESTION)
        ],
        "is_last": not place.next_address(),
        "left": ngettext(
            "{count} of {all} answers is entered.", "{count} of {all} answers are entered.", len(entered)
        ).format(count=len(entered), all=len(place.turns) * len(sheet.item_ids)),
    }
    try:
        question = items.question(place.item)
        shown = paper_of(place.item, sheet.seed)
        given = read_response(question, dict(request.POST.lists())) if problem else (stands.response if stands else {})
        facts |= {
            "drawn": draw_paper(shown, address=addresses_of(place.item)),
            "fields": entry_fields(shown, given or {}),
            "key": print_key(question, begin(question, seed=sheet.seed)),
            "level": request.POST.get("level", "") if problem else ("" if stands is None else str(stands.level)),
            "words": request.POST.get("words", "") if problem else (stands.words if stands else ""),
        }
    except RuleBroken as broken:
        facts["problem"] = sentence(broken.sentence, broken.facts)
    return teacher_page(request, "teacher/paper_answers.html", facts, tab="today", status=status)
