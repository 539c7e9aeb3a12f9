"""The week board, together: the same for many students, last week again, and what colleagues do meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.planning import boards, editing, queries, runs, together
from headway.records.roster import queries as roster
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher import week as page
from headway.web.teacher import week_panels as panels

MOST_SEEN = 500  # no class is larger; a longer list is not ours


# --- the same for these ----------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def same(request: Request, block: UUID) -> HttpResponse:
    """Show the class with boxes; who is in the same group or as far with the skill is chosen already."""
    found = queries.block_for(request.person, block)
    if not request.htmx:
        shared = found.week.class_week
        address = reverse("teacher-week", kwargs={"class_id": shared.school_class_id, "monday": shared.monday})
        return HttpResponseRedirect(f"{address}?block={found.uuid}&same=1#panel")
    return render(request, "teacher/week.html#panel", panels.same_facts(found))


@require_POST
@may(Permission.PLAN_WEEKS)
def give(request: Request, block: UUID) -> HttpResponse:
    """Put a block into the weeks of the chosen students."""
    found = queries.block_for(request.person, block)
    shared = found.week.class_week
    chosen = set(request.POST.getlist("student"))
    students = [student for student in roster.students_of(shared.school_class) if str(student.uuid) in chosen]
    try:
        made = together.put_same(block=found, students=students, by=request.person, at=timezone.now())
    except RuleBroken as rule:
        words = sentence(rule.sentence, rule.facts)
        if request.htmx:
            return _only_say(request, words)
        messages.warning(request, words)
        return HttpResponseRedirect(reverse("teacher-block-same", kwargs={"block": block}))
    title = found.resource.title if found.resource else ""
    words = ngettext(
        "“{title}” is in the week of {count} more student.",
        "“{title}” is in the weeks of {count} more students.",
        len(made.done),
    ).format(title=title, count=len(made.done))
    if not made.done:
        words = gettext("Nothing was changed.")
    return _answer(request, shared.school_class, shared.monday, made, words=words, block=block)


def _only_say(request: Request, words: str) -> HttpResponse:
    """Say something and leave the page as it is."""
    answer = render(request, "teacher/week_words.html", {"toast_words": words})
    answer["HX-Reswap"] = "none"
    return answer


def _answer(
    request: Request, school_class: Any, monday: date, made: together.Together, *, words: str, block: UUID | None = None
) -> HttpResponse:
    """Say what became of each student's week: the changed lines and a list with htmx, a message without."""
    told = told_of(made.results)
    undo = reverse("teacher-undo", kwargs={"batch": made.batch}) if made.done else ""
    if not request.htmx:
        said = [words, *(f"{name}: {line}" for name, _is_done, lines in told for line in lines)]
        messages.add_message(
            request, messages.SUCCESS if made.done else messages.WARNING, " ".join(said), extra_tags=undo
        )
        return page.to_week(request, school_class.pk, monday)
    board = queries.board(school_class, monday, at=timezone.now(), language=panels.language())
    changed = [result.student.pk for result in made.done]
    facts = page.board_facts(board, only=changed)
    facts |= {
        "news": [each for _name, _words, rows in facts["sections"] for each in rows],
        "told": told,
        "told_words": words,
        "toast_words": words,
        "toast_undo": undo,
        "may_plan": True,
        "back": reverse("teacher-block", kwargs={"block": block}) if block else "",
    }
    return render(request, "teacher/week_together.html", facts)


def told_of(results: Sequence[editing.Result]) -> list[tuple[str, bool, list[str]]]:
    """Return a line for each student: the name, whether it was done, and what there is to say of it."""
    return [
        (
            result.student.short_name,
            result.refused is None,
            [sentence(result.refused.sentence, result.refused.facts)]
            if result.refused is not None
            else panels.warnings_in_words(result.warnings),
        )
        for result in results
    ]


# --- last week again -------------------------------------------------------------------------------------------------


@require_POST
@may(Permission.PLAN_WEEKS)
def copy(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Carry what is left of last week into this week's drafts, for the class or for one student."""
    school_class = roster.taught_class(request.person, class_id)
    whose = request.POST.get("student", "")
    students = None
    if whose:
        students = [student for student in roster.students_of(school_class) if str(student.uuid) == whose]
        if not students:
            raise NotFound
    try:
        made = together.copy_week_forward(
            school_class=school_class, monday=monday, students=students, by=request.person, at=timezone.now()
        )
    except RuleBroken as rule:
        messages.warning(request, sentence(rule.sentence, rule.facts))
        return page.to_week(request, class_id, monday)
    words = ngettext(
        "What was left of the week before is in {count} draft now.",
        "What was left of the week before is in {count} drafts now.",
        len(made.done),
    ).format(count=len(made.done))
    undo = reverse("teacher-undo", kwargs={"batch": made.batch}) if made.done else ""
    refused = [line for _name, is_done, lines in told_of(made.results) if not is_done for line in lines]
    said = [words if made.done else "", *dict.fromkeys(_counted(refused, len(made.results)))]
    messages.add_message(
        request,
        messages.SUCCESS if made.done else messages.WARNING,
        " ".join(filter(None, said)),
        extra_tags=undo,
    )
    return page.to_week(request, class_id, monday)


def _counted(lines: Sequence[str], of: int) -> list[str]:
    """Return each sentence once, with the number of students that it is about where there are several."""
    if of == 1:
        return list(lines)
    return [
        ngettext("{count} student: {words}", "{count} students: {words}", lines.count(line)).format(
            count=lines.count(line), words=line
        )
        for line in dict.fromkeys(lines)
    ]


# --- one press that mends ------------------------------------------------------------------------------------------------


@require_POST
@may(Permission.PLAN_WEEKS)
def mend(request: Request, week_id: int) -> HttpResponse:
    """Make the one small change after which a guardrail holds again."""
    found = queries.week_for(request.person, week_id)
    guardrail, _colon, about = request.POST.get("guardrail", "").partition(":")

    def act() -> tuple[str, UUID]:
        made = together.mend_week(
            week=found,
            guardrail=guardrail,
            about=about,
            by=request.person,
            at=timezone.now(),
        )
        return page.edited_words(sentence(made.sentence, made.facts), made.edited)

    return page.change(request, found, act)


# --- what colleagues do meanwhile ------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def changes(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Return the lines that are not as the page shows them (`?seen=week:version,...`), or nothing at all (204)."""
    school_class = roster.taught_class(request.person, class_id)
    news = boards.changed_weeks(school_class, monday, _seen(request.GET.get("seen", "")))
    if not news:
        return HttpResponse(status=204)
    who = {each.student_id: _who(each, request) for each in news}
    board = queries.board(school_class, monday, at=timezone.now(), language=panels.language())
    facts = page.board_facts(board, only=list(who))
    rows = [each for _name, _words, rows in facts["sections"] for each in rows]
    for each in rows:
        each["changed"] = who[each["row"].student.pk]
    names = list(dict.fromkeys(who.values()))
    words = ngettext("{count} week was changed: {names}.", "{count} weeks were changed: {names}.", len(rows))
    facts |= {"news": rows, "may_plan": True, "said": words.format(count=len(rows), names=", ".join(names))}
    return render(request, "teacher/week_news.html", facts)


def _who(change: boards.Changed, request: Request) -> str:
    if change.by is None:
        return gettext("Changed just now")
    if change.by.pk == request.person.pk:
        return gettext("Changed by you in another window")
    return gettext("Changed by {name} just now").format(name=change.by.formal_name)


def _seen(given: str) -> dict[int, int]:
    seen = {}
    for pair in given.split(",")[:MOST_SEEN]:
        week, _colon, version = pair.partition(":")
        if week.isdecimal() and version.isdecimal():
            seen[int(week)] = int(version)
    return seen


# --- drafting that goes on -------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def drafting(request: Request, class_id: int, monday: date, run_class_id: int) -> HttpResponse:
    """Say how far drafting is; when it is over, the page is opened anew with what came of it."""
    school_class = roster.taught_class(request.person, class_id)
    told = runs.progress_of(run_class_id, at=timezone.now())
    if told.class_id != school_class.pk:
        raise NotFound
    if told.is_over:
        page.tell_run(request, school_class, monday, told)
        return page.to_week(request, class_id, monday)
    if not request.htmx:
        return page.to_week(request, class_id, monday)
    return render(request, "teacher/week.html#drafting", page.drafting_facts(school_class, monday, told))
