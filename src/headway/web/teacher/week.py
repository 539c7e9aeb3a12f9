"""The week board: a class's drafted weeks, changed and approved in minutes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.grouping import TEAM
from headway.core.planning import BlockKind
from headway.core.shared.errors import HeadwayError, NotFound, RuleBroken
from headway.core.shared.school_weeks import days_of, monday_of
from headway.records.library import queries as library
from headway.records.planning import actions, boards, dates, drafts, limits, queries, runs, together
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import safe_next
from headway.web.shared.words import sentence
from headway.web.teacher import fairness_drawing
from headway.web.teacher import week_drawing as drawing
from headway.web.teacher import week_panels as panels
from headway.web.teacher.groups import behind_facts
from headway.web.teacher.page import teacher_page, today_of
from headway.web.teacher.week_panels import language
from headway.web.templatetags.headway import BLOCK_KINDS

if TYPE_CHECKING:
    from headway.records.planning.coverage import ClassProgress
    from headway.records.planning.editing import Edited
    from headway.records.planning.models import Block, ClassWeek, Week
    from headway.records.planning.queries import Board, BoardRow
    from headway.records.roster.models import Class

SMALLEST_GAP = 0.0005  # below a tenth of a percent nobody can see a difference

# --- the page --------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def week_now(request: Request, class_id: int) -> HttpResponse:
    """Show the week a teacher plans today: this one while it has drafts and until Wednesday, then the one that comes."""
    school_class = roster.taught_class(request.person, class_id)
    today = today_of(school_class)
    statuses = queries.weeks_status(school_class, monday_of(today))
    is_settled = bool(statuses) and "draft" not in statuses.values()
    monday = today if today.weekday() <= 2 and not is_settled else monday_of(today) + timedelta(days=7)
    return HttpResponseRedirect(reverse("teacher-week", kwargs={"class_id": class_id, "monday": monday}))


@require_safe
@may(Permission.PLAN_WEEKS)
def week(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Show the board; `?block=` opens a block, `?show=` filters the rows."""
    school_class = roster.taught_class(request.person, class_id)
    board = queries.board(school_class, monday, at=timezone.now(), language=language())
    panel = _opened(request, school_class)
    facts = board_facts(board, show=request.GET.get("show", ""), titles=request.GET.get("titles") == "all")
    if (going_on := boards.running(school_class, monday)) is not None:
        facts |= drafting_facts(school_class, monday, runs.progress_of(going_on.pk, at=timezone.now()))
    facts["suggestions"] = library.suggested_alignments(school_class).count()
    facts |= behind_facts(school_class, monday)
    return teacher_page(request, "teacher/week.html", {**facts, **(panel or {})}, tab="week", school_class=school_class)


def _opened(request: Request, school_class: Class) -> dict[str, Any] | None:
    """Return what the panel shows of the place that the address names."""
    if named := request.GET.get("block"):
        opened = _block(request, named)
        if opened.week.class_week.school_class_id != school_class.pk:
            return None
        return panels.same_facts(opened) if request.GET.get("same") else panels.block_facts(opened)
    if place := request.GET.get("add"):
        return panels.add_facts(request, place)
    if (whose := request.GET.get("week", "")).isdecimal():
        found = queries.week_for(request.person, int(whose))
        return panels.whole_facts(found) if found.class_week.school_class_id == school_class.pk else None
    return None


def _block(request: Request, uuid: str) -> Block:
    try:
        return queries.block_for(request.person, UUID(uuid))
    except ValueError:
        raise NotFound from None


def board_facts(
    board: Board, *, show: str = "", titles: bool = False, only: Collection[int] | None = None
) -> dict[str, Any]:
    """Return what the board's template needs, with every row drawn, or only those of these students."""
    address = reverse("teacher-week", kwargs={"class_id": board.school_class.pk, "monday": board.monday})
    met = [group for group in board.groups if group.kind != TEAM]  # teams work without the teacher
    drawn_with = drawing.pens(board.days)
    drawn = [
        _row_facts(board, row, address, drawn_with, is_open=titles)
        for row in board.rows
        if (only is None or row.student.pk in only) and _is_shown(row, show)
    ]
    counts = {place: len(board.rows_in(place)) for place in ("flagged", "ready", "approved", "closed", "missing")}
    essentials_only = sum(row.is_essentials_only for row in board.rows)
    off = limits.why_not_draft(board.school_class)
    off_words = sentence(off.sentence, off.facts) if off else ""
    return {
        "board": board,
        "monday": board.monday,
        "friday": board.monday + timedelta(days=4),
        "address": address,
        "show": show,
        "titles": titles,
        "counts": counts,
        "sections": [
            (name, words, [row for row in drawn if row["place"] == name])
            for name, words in (
                ("flagged", gettext("Needs your eye first")),
                ("ready", gettext("Ready to approve")),
                ("approved", gettext("Approved")),
                ("closed", gettext("Closed")),
                ("missing", gettext("No draft yet")),
            )
        ],
        "day_heads": [
            (day, [group for group in met if group.weekday == place], board.minutes_of_day[place])
            for place, day in enumerate(board.days)
        ],
        "group_chips": [
            (f"group-{group.pk}", group.weekday, board.names[group.competency_id].short, len(group.members.all()))
            for group in met
        ],
        "kinds": list(BLOCK_KINDS),
        "fair": fairness_drawing.fair(board),
        "letters": [
            (letter, words) for letter, words in fairness_drawing.letters(board) if board.letter_counts.get(letter)
        ],
        "essentials_only": essentials_only,
        "goal": board.names.get(board.class_week.goal_id)
        if board.class_week is not None and board.class_week.goal_id
        else None,
        "goals": list(standards.named(standards.path_of(board.school_class), language()).values()),
        "may_redraft": counts["flagged"] + counts["ready"] > 0 and not off_words,
        "off_words": off_words,
        "may_begin": bool(off_words) and any(row.week is None for row in board.rows),
        "gap_words": _gap_words(board.class_week),
        "can_copy": counts["missing"] + counts["flagged"] + counts["ready"] > 0
        and boards.week_before(board.school_class, board.monday) is not None,
        "week_before": board.monday - timedelta(days=7),
        "week_after": board.monday + timedelta(days=7),
    }


def _gap_words(shared: ClassWeek | None) -> str:
    """Return how much better any plan could be at most, as the weights count; nothing where nobody has worked it out."""
    if shared is None or shared.value is None or not shared.bound or shared.bound <= 0:
        return ""
    gap = max(0.0, 1.0 - shared.value / shared.bound)
    if gap < SMALLEST_GAP:
        return gettext("By the weights in force, no other plan is better than this draft.")
    return gettext(
        "By the weights in force, no other plan could be more than {percent}% better than this draft."
    ).format(percent=formats.localize(round(100 * gap, 1)))


def _is_shown(row: BoardRow, show: str) -> bool:
    if not show:
        return True
    if show == "flagged":
        return row.place == "flagged"
    if show == "essentials":
        return row.is_essentials_only
    if show.startswith("letter-"):
        return show.removeprefix("letter-") in row.letters
    if show.startswith("group-"):
        return show.removeprefix("group-") in {str(pk) for pk in row.group_ids}
    return True


def _row_facts(
    board: Board, row: BoardRow, address: str, drawn_with: drawing.Pens, *, is_open: bool = False
) -> dict[str, Any]:
    place = row.place
    return {
        "row": row,
        "week": row.week,
        "place": place,
        "is_open": is_open or place == "flagged",
        "cells": drawing.cells(row, address, board.slots, drawn_with),
        "why": panels.flags_in_words(row.week, board.names) if row.week else [],
        "address": address,
    }


# --- the panel -------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def block(request: Request, block: UUID) -> HttpResponse:
    """Show a block's panel: why this, what else, and what may be done."""
    found = queries.block_for(request.person, block)
    if not request.htmx:
        week = found.week.class_week
        address = reverse("teacher-week", kwargs={"class_id": week.school_class_id, "monday": week.monday})
        return HttpResponseRedirect(f"{address}?block={found.uuid}#panel")
    return render(request, "teacher/week.html#panel", panels.block_facts(found))


@require_safe
@may(Permission.PLAN_WEEKS)
def add(request: Request, week_id: int) -> HttpResponse:
    """Show what could be put into an empty place."""
    place = f"{week_id}-{request.GET.get('place', '')}"
    facts = panels.add_facts(request, place)
    if request.htmx:
        return render(request, "teacher/week.html#panel", facts)
    shared = facts["week"].class_week
    address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
    return HttpResponseRedirect(f"{address}?add={place}#panel")


@require_safe
@may(Permission.PLAN_WEEKS)
def whole(request: Request, week_id: int) -> HttpResponse:
    """Show what may be done with a student's whole week: draft it or a day of it anew, copy last week, what is missing."""
    found = queries.week_for(request.person, week_id)
    if not request.htmx:
        return HttpResponseRedirect(f"{_week_address(found, None)}?week={found.pk}#panel")
    return render(request, "teacher/week.html#panel", panels.whole_facts(found))


# --- what a teacher does ---------------------------------------------------------------------------------------------


def answer(
    request: Request,
    week: Week,
    *,
    words: str,
    batch: UUID | None = None,
    block: UUID | None = None,
    from_toast: bool = False,
) -> HttpResponse:
    """Answer a change: the student's line anew with htmx, the whole page without."""
    shared = week.class_week
    undo = reverse("teacher-undo", kwargs={"batch": batch}) if batch else ""
    address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
    if not request.htmx:
        messages.success(request, words, extra_tags=undo)
        return HttpResponseRedirect(f"{address}?block={block}#panel" if block else address)
    board = queries.board(shared.school_class, shared.monday, at=timezone.now(), language=language())
    facts = board_facts(board, only=[week.student_id])
    row = next(each for _name, _words, rows in facts["sections"] for each in rows)
    facts |= {"each": row, "toast_words": words, "toast_undo": undo, "may_plan": True, "row_oob": from_toast}
    if block is not None:
        facts |= panels.block_facts(queries.block_for(request.person, block))
    return render(request, "teacher/week_change.html", facts)


def change(
    request: Request, week: Week, act: Callable[[], tuple[str, UUID | None]], *, block: UUID | None = None
) -> HttpResponse:
    """Do something to a week; a broken rule is said beside the week as it is now, and nothing is lost."""
    try:
        words, batch = act()
    except RuleBroken as rule:
        return answer_rule(request, week, rule, block=block)
    return answer(request, week, words=words, batch=batch, block=block)


def answer_rule(request: Request, week: Week, rule: RuleBroken, *, block: UUID | None = None) -> HttpResponse:
    """Say why something was not done, beside the week as it is now."""
    words = sentence(rule.sentence, rule.facts)
    if request.htmx:
        return answer(request, week, words=words, block=block)
    messages.warning(request, words)
    return HttpResponseRedirect(_week_address(week, block))


def _week_address(week: Week, block: UUID | None) -> str:
    shared = week.class_week
    address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
    return f"{address}?block={block}#panel" if block else address


def version_of(request: Request) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() else None


def edited_words(words: str, edited: Edited) -> tuple[str, UUID]:
    """Return the words of an edit, with what the referee says of it."""
    return " ".join([words, *panels.warnings_in_words(edited.warnings)]), edited.batch


@require_POST
@may(Permission.PLAN_WEEKS)
def swap(request: Request, block: UUID) -> HttpResponse:
    """Put another resource in a block's place."""
    found = queries.block_for(request.person, block)

    def act() -> tuple[str, UUID]:
        chosen = _posted_resource(request)
        edited = actions.swap_block(
            block=found, resource=chosen, by=request.person, at=timezone.now(), version=version_of(request)
        )
        words = gettext("“{title}” is in. New drafts will leave it alone.").format(title=chosen.title)
        return edited_words(words, edited)

    return change(request, found.week, act, block=block)


def _posted_resource(request: Request) -> Any:
    try:
        return library.resource_with_uuid(UUID(request.POST.get("resource", "")))
    except (ValueError, NotFound):
        raise RuleBroken(gettext("Choose what to put in, then swap.")) from None


@require_POST
@may(Permission.PLAN_WEEKS)
def move(request: Request, block: UUID) -> HttpResponse:
    """Move a block to another place of the frame; the page's menu, drag and keyboard all post here."""
    found = queries.block_for(request.person, block)

    def act() -> tuple[str, UUID]:
        try:
            day, order = (int(part) for part in request.POST.get("place", "").split("."))
        except ValueError:
            raise RuleBroken(gettext("Choose a place, then move.")) from None
        edited = actions.move_block(
            block=found, day=day, order=order, by=request.person, at=timezone.now(), version=version_of(request)
        )
        return edited_words(drawing.moved_to(day, order), edited)

    # Moved with the keys or the mouse: the panel stays as closed as it was.
    return change(request, found.week, act, block=None if request.POST.get("quiet") else block)


@require_POST
@may(Permission.PLAN_WEEKS)
def lock(request: Request, block: UUID) -> HttpResponse:
    """Lock a block, or unlock it."""
    found = queries.block_for(request.person, block)

    def act() -> tuple[str, UUID]:
        wanted = request.POST.get("locked", "") == "1" if "locked" in request.POST else not found.is_locked
        edited = actions.set_lock(block=found, is_locked=wanted, by=request.person, at=timezone.now())
        words = gettext("Locked. New drafts will leave this block alone.") if wanted else gettext("Unlocked.")
        return words, edited.batch

    return change(request, found.week, act, block=block)


@require_POST
@may(Permission.PLAN_WEEKS)
def remove(request: Request, block: UUID) -> HttpResponse:
    """Take a block out."""
    found = queries.block_for(request.person, block)

    def act() -> tuple[str, UUID]:
        edited = actions.remove_block(block=found, by=request.person, at=timezone.now(), version=version_of(request))
        return edited_words(gettext("Taken out."), edited)

    return change(request, found.week, act)


@require_POST
@may(Permission.PLAN_WEEKS)
def put(request: Request, week_id: int) -> HttpResponse:
    """Put a resource into an empty place."""
    found = queries.week_for(request.person, week_id)

    def act() -> tuple[str, UUID]:
        try:
            day, order = (int(part) for part in request.POST.get("place", "").split("."))
            kind, uuid = request.POST.get("offer", "").split(":")
            chosen = library.resource_with_uuid(UUID(uuid))
            BlockKind(kind)
        except (ValueError, NotFound):
            raise RuleBroken(gettext("Choose what to put in, then add.")) from None
        edited = actions.add_block(
            week=found,
            day=day,
            order=order,
            kind=kind,
            resource=chosen,
            by=request.person,
            at=timezone.now(),
            version=version_of(request),
        )
        return edited_words(gettext("“{title}” is in.").format(title=chosen.title), edited)

    return change(request, found, act)


@require_POST
@may(Permission.APPROVE_PLANS)
def approve(request: Request, week_id: int) -> HttpResponse:
    """Approve one student's week."""
    found = queries.week_for(request.person, week_id)

    def act() -> tuple[str, UUID | None]:
        actions.approve_week(week=found, by=request.person, at=timezone.now(), version=version_of(request))
        words = gettext("{name}’s week is approved.").format(name=found.student.given_name)
        return words, queries.newest_batch(found)

    return change(request, found, act)


@require_POST
@may(Permission.APPROVE_PLANS)
def reopen(request: Request, week_id: int) -> HttpResponse:
    """Put an approved week back in pencil."""
    found = queries.week_for(request.person, week_id)

    def act() -> tuple[str, UUID | None]:
        actions.reopen_week(week=found, by=request.person, at=timezone.now(), version=version_of(request))
        words = gettext("{name}’s week is a draft again. It is not shown until you approve it.")
        return words.format(name=found.student.given_name), queries.newest_batch(found)

    return change(request, found, act)


@require_POST
@may(Permission.PLAN_WEEKS)
def redraft(request: Request, week_id: int) -> HttpResponse:
    """Draft one student's week anew."""
    found = queries.week_for(request.person, week_id)

    day = _posted_day(request)

    def act() -> tuple[str, UUID | None]:
        at, version = timezone.now(), version_of(request)
        if day is None:
            drafts.redraft_week(week=found, by=request.person, at=at, version=version)
            words = gettext("{name}’s week is drafted anew. What you locked stayed.")
            return words.format(name=found.student.given_name), queries.newest_batch(found)
        together.redraft_day(week=found, day=day, by=request.person, at=at, version=version)
        words = gettext("{name}: {day} is drafted anew. The other days stayed.")
        said = words.format(name=found.student.given_name, day=drawing.long_day(day))
        return said, queries.newest_batch(found)

    return change(request, found, act)


@require_POST
@may(Permission.PLAN_WEEKS)
def draft(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Draft every week of the class that is not approved, beside this request; or one day of them, at once."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    day = _posted_day(request)
    if day is not None:
        shared = drafts.draft_class_week(
            school_class=school_class, monday=monday, days=frozenset({day}), by=request.person, at=at
        )
        _tell_drafted(request, [week for week in shared.weeks.all() if week.drafted_at == at], day=day)
        return to_week(request, class_id, monday)
    run = runs.start_class_run(school_class=school_class, monday=monday, by=request.person, at=at)
    told = runs.progress_of(run.pk, at=at)
    if told.is_over:
        tell_run(request, school_class, monday, told)
    return to_week(request, class_id, monday)


def _posted_day(request: Request) -> int | None:
    """Return the weekday that a press names; None means the whole week."""
    given = request.POST.get("day", "")
    if not given:
        return None
    if given not in {"0", "1", "2", "3", "4"}:
        raise RuleBroken(gettext("Choose one of the five school days."))
    return int(given)


def drafting_facts(school_class: Class, monday: date, told: ClassProgress) -> dict[str, Any]:
    """Return how far drafting is, with the names of those whose weeks it makes, the finished ones first."""
    names = [student.short_name for student in boards.to_draft(school_class, monday)]
    return {
        "drafting": told,
        "drafting_address": reverse(
            "teacher-week-drafting",
            kwargs={"class_id": school_class.pk, "monday": monday, "run_class_id": told.run_class_id},
        ),
        "draft_address": reverse("teacher-week-draft", kwargs={"class_id": school_class.pk, "monday": monday}),
        "drafting_total": told.total or len(names),
        "drafting_names": [(name, place < told.done) for place, name in enumerate(names)],
    }


def tell_run(request: Request, school_class: Class, monday: date, told: ClassProgress) -> None:
    """Say what became of drafting a class."""
    if told.state == "refused":
        messages.warning(request, sentence(told.sentence, told.facts))
    elif told.state == "off":
        messages.warning(request, gettext("Nothing was drafted: this class plans by hand."))
    else:
        newest = boards.newest_drafts(school_class, monday)
        _tell_drafted(request, newest)


def _tell_drafted(request: Request, drafted: Sequence[Week], *, day: int | None = None) -> None:
    words = (
        ngettext("{count} week is drafted.", "{count} weeks are drafted.", len(drafted))
        if day is None
        else ngettext("{day} is drafted anew in {count} week.", "{day} is drafted anew in {count} weeks.", len(drafted))
    ).format(count=len(drafted), day=drawing.long_day(day or 0))
    batch = queries.newest_batch(*drafted) if drafted else None
    messages.success(request, words, extra_tags=reverse("teacher-undo", kwargs={"batch": batch}) if batch else "")


@require_POST
@may(Permission.APPROVE_PLANS)
def approve_ready(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Approve all that are ready."""
    school_class = roster.taught_class(request.person, class_id)
    shared = queries.class_week(school_class, monday)
    if shared is None:
        raise NotFound
    approved, batch = actions.approve_ready(class_week=shared, by=request.person, at=timezone.now())
    if approved:
        words = ngettext("{count} week is approved.", "{count} weeks are approved.", len(approved))
        undo = reverse("teacher-undo", kwargs={"batch": batch})
        messages.success(request, words.format(count=len(approved)), extra_tags=undo)
    else:
        messages.info(request, gettext("Nothing is waiting to be approved."))
    return to_week(request, class_id, monday)


@require_POST
@may(Permission.PLAN_WEEKS)
def goal(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Choose the week's shared goal."""
    school_class = roster.taught_class(request.person, class_id)
    given = request.POST.get("competency", "")
    chosen = next((skill for skill in standards.path_of(school_class) if str(skill.pk) == given), None)
    if chosen is None:
        messages.warning(request, gettext("Choose a skill of the class’s path."))
        return to_week(request, class_id, monday)
    drafts.set_class_goal(
        school_class=school_class, monday=monday, competency=chosen, by=request.person, at=timezone.now()
    )
    messages.success(request, gettext("The class goal is set. Draft again to bring it into the drafts."))
    return to_week(request, class_id, monday)


@require_POST
@may(Permission.PLAN_WEEKS)
def undo(request: Request, batch: UUID) -> HttpResponse:
    """Take back a change, or all changes made together."""
    change = queries.change_for(request.person, batch)
    try:
        undone = actions.undo(batch=batch, by=request.person, at=timezone.now())
    except HeadwayError as problem:
        messages.warning(request, sentence(problem.sentence, problem.facts))
        undone = []
    else:
        messages.success(request, gettext("Undone."))
    shared = change.week.class_week
    # A change that was made elsewhere (in the library) leads back there; else back to the board.
    if request.GET.get("next"):
        return _back_where_it_was_made(request)
    address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
    if request.htmx and len(undone) == 1:
        list(messages.get_messages(request))
        return answer(request, change.week, words=gettext("Undone."), from_toast=True)
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


def _back_where_it_was_made(request: Request) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(safe_next(request, "teacher-today"))
    words = " ".join(str(message) for message in messages.get_messages(request))
    return render(request, "teacher/week_words.html", {"toast_words": words})


def to_week(request: Request, class_id: int, monday: date) -> HttpResponse:
    address = reverse("teacher-week", kwargs={"class_id": class_id, "monday": monday})
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


# --- on paper --------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def print_weeks(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Show every student's week for printing, one page each; drafts are left out."""
    school_class = roster.taught_class(request.person, class_id)
    pages = []
    printed = queries.weeks_to_print(school_class, monday)
    students = [student for student, _blocks in printed]
    own_dates = dates.own_dates_of(
        students, school_classes={student.pk: [school_class] for student in students}, on=monday
    )
    for student, blocks in printed:
        with translation.override(student.language):
            page = {
                "student": student,
                "language": student.language,
                "school_class": school_class,
                "monday": monday,
                "friday": monday + timedelta(days=4),
                "goal": next((goal.words for goal in student.goals.all()), ""),
                "own_dates": [own for own in own_dates[student.pk] if own.due_on >= monday and not own.is_done],
                "days": [
                    (weekday, day, [block for block in blocks if block.day == weekday])
                    for weekday, day in enumerate(days_of(monday))
                ],
            }
            pages.append(render_to_string("teacher/week_print.html#page", page))
    return teacher_page(
        request, "teacher/week_print.html", {"pages": pages, "monday": monday}, tab="week", school_class=school_class
    )
