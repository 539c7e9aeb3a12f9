"""The tasks behind a dot of the fairness strip: whose blocks make the number, and one thing to do about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.planning.fairness import SCALES, Measure, MeasureName, counted
from headway.core.shared.errors import NotFound
from headway.records.planning import queries
from headway.records.planning.fairness import HELP
from headway.records.roster import queries as roster
from headway.web.shared import fairness_strip as words
from headway.web.shared.access import Request, may
from headway.web.teacher import fairness_drawing as drawing
from headway.web.teacher.page import teacher_page
from headway.web.teacher.week_drawing import block_title

if TYPE_CHECKING:
    from headway.records.planning.queries import Board, BoardRow


@require_safe
@may(Permission.PLAN_WEEKS)
def tasks(request: Request, class_id: int, monday: date, measure: str) -> HttpResponse:
    """Show what makes a measure's number: for everybody, a group (`?of=`) or one student (`?student=`)."""
    school_class = roster.taught_class(request.person, class_id)
    board = queries.board(school_class, monday, at=timezone.now())
    found = next((one for one in board.measures if one.name == measure), None)
    if found is None:
        raise NotFound
    facts = _facts(board, found, of=request.GET.get("of", ""), student=request.GET.get("student", ""))
    return teacher_page(request, "teacher/fairness.html", facts, tab="week", school_class=school_class)


def _facts(board: Board, measure: Measure, *, of: str, student: str) -> dict[str, Any]:
    name, named = measure.name, dict(drawing.letters(board))
    drafted = [row for row in board.rows if row.minutes]
    chosen = [
        row for row in drafted if (not of or of in row.letters) and (not student or str(row.student.uuid) == student)
    ]
    if not chosen:
        raise NotFound
    alone = chosen[0].student if student else None
    group = next((one for one in measure.groups if one.group == of), None)
    difference = next((one for one in measure.differences if one.group == of), None)
    outliers = {one.student: one for one in measure.outliers}
    people = [_person(board, measure, row) for row in chosen]
    people.sort(key=lambda person: (person["amount"] is None, -SCALES[name].worse * (person["amount"] or 0)))
    stands_out = [
        drawing.why_words(name, outliers[row.student.pk], row.student.given_name)
        for row in chosen
        if row.student.pk in outliers
    ]
    return {
        "board": board,
        "monday": board.monday,
        "friday": board.monday + timedelta(days=4),
        "week_address": reverse("teacher-week", kwargs={"class_id": board.school_class.pk, "monday": board.monday}),
        "measure": name.value,
        "title": words.measure_name(name),
        "what_it_is": words.what_it_is(name),
        "who": alone.short_name if alone else capfirst(named.get(of, gettext("everyone"))),
        "of": of,
        "alone": alone,
        "group": group,
        "mean": words.amount(name, group.mean) if group else "",
        "range": words.range_words(name, group) if group else "",
        "any": words.any_words(group) if group else "",
        "verdict": words.verdict_words(name, difference, named.get(of, of)) if difference else "",
        "is_look": bool(stands_out) or (difference.is_look if difference else not of and measure.is_watch),
        "too_few": group is not None and difference is None,
        "matters": words.matters_words(name),
        "stands_out": stands_out,
        "class_words": drawing.range_sentence(measure) if not of and not alone and not measure.is_watch else "",
        "looks": [
            words.difference_words(name, one, named.get(one.group, one.group))
            for one in measure.differences
            if one.is_look and not of and not alone
        ],
        "to_do": _to_do(name),
        "people": people,
        "measures": [
            (one.name.value, words.measure_name(one.name), drawing.address_of(board, one, f"?of={of}" if of else ""))
            for one in board.measures
        ],
        "groups": [
            (
                one.group,
                named.get(one.group, one.group),
                one.count,
                drawing.address_of(board, measure, f"?of={one.group}"),
            )
            for one in measure.groups
        ],
        "address": drawing.address_of(board, measure),
        "count": len(drafted),
    }


def _to_do(name: MeasureName) -> str:
    return {
        MeasureName.GRADE_LEVEL: gettext(
            "Swap one review or earlier skill for work at grade level, with a support or another door beside it. Open a block to see what fits."
        ),
        MeasureName.SCREEN: gettext(
            "Swap the longest screen block for one on paper or with a partner. Open a block to see what fits."
        ),
        MeasureName.WITH_OTHERS: gettext(
            "Swap one block alone for the same work with a partner or a team. Open a block to see what fits."
        ),
        MeasureName.CHOICE: gettext("Put a choice into an empty place of the week, or swap one block for a choice."),
        MeasureName.WAITS: gettext("Answer the longest open wait first. Nobody is at fault for asking often."),
    }[name]


def _person(board: Board, measure: Measure, row: BoardRow) -> dict[str, Any]:
    if measure.name is MeasureName.WAITS:
        waits = [_wait(one) for one in board.waits if one.student_id == row.student.pk]
        waits.sort(key=lambda wait: (not wait["is_open"], -wait["hours"]))
        longest = max((wait["hours"] for wait in waits), default=None)
        said = words.amount(measure.name, longest) if longest is not None else ""
        return {"student": row.student, "amount": longest, "words": said, "waits": waits, "blocks": [], "others": 0}
    blocks: list[dict[str, Any]] = []
    part, whole = 0, 0
    listed = [block for day in row.days for block in day]
    for block, piece in zip(listed, _pieces(row, listed), strict=True):
        minutes, of_minutes = counted(measure.name, piece)
        part, whole = part + minutes, whole + of_minutes
        if minutes or (of_minutes and measure.name in words.SHARES):
            blocks.append(
                {
                    "block": block,
                    "day": board.monday + timedelta(days=block.day),
                    "title": block_title(block),
                    "minutes": minutes,
                }
            )
    # What could change comes first: on a share what does not count, else the longest.
    is_share = measure.name in words.SHARES
    blocks.sort(key=lambda one: (bool(one["minutes"]), -one["block"].minutes) if is_share else (False, -one["minutes"]))
    amount = 100.0 * part / whole if is_share and whole else float(part)
    said = words.amount(measure.name, amount)
    return {"student": row.student, "amount": amount, "words": said, "waits": [], "blocks": blocks}


def _pieces(row: BoardRow, listed: list[Any]) -> list[Any]:
    """Return the row's pieces in the order of its listed blocks."""
    assert len(row.pieces) == len(listed)  # noqa: S101
    return row.pieces


def _wait(one: Any) -> dict[str, Any]:
    return {
        "is_help": one.kind == HELP,
        "pk": one.pk,
        "title": one.title,
        "asked_at": one.asked_at,
        "hours": one.wait.hours,
        "words": words.amount(MeasureName.WAITS, one.wait.hours),
        "is_open": one.wait.is_open,
    }
