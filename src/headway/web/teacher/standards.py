"""Frameworks to browse: their trees with codes and counts, a search within, and circles among prerequisites by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.records.standards import prerequisites, shaping
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher.competency import school_of
from headway.web.teacher.competency_drawing import grades_of
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.words import language_name, languages_to_choose

if TYPE_CHECKING:
    from headway.records.standards.models import Competency, Framework
    from headway.records.standards.queries import Named

MOST_ROWS = 300  # as many lines are opened at once; what lies below them has a page of its own
OPEN_ROWS = 60  # with no more than these, everything stands open
MOST_FOUND = 60
MOST_CIRCLES = 20


@dataclass(kw_only=True)
class Branch:
    """One line of a tree with what lies below it; `more` counts lines that are not shown here."""

    row: Competency
    named: Named
    grades: str
    resources: int
    on_path: bool
    children: list[Branch] = field(default_factory=list)
    more: int = 0


@require_safe
@may(Permission.SHAPE_STANDARDS)
def frameworks(request: Request) -> HttpResponse:
    """Show every framework that the reader may use."""
    return _frameworks_page(request)


def _frameworks_page(request: Request, *, problem: str = "", status: int = 200) -> HttpResponse:
    rows = list(standards.frameworks_for(request.person))
    find = request.GET.get("find", "").strip()[:80]
    found = standards.competencies_found(request.person, find, limit=MOST_FOUND) if find else []
    names = standards.named(found, get_language() or "en")
    facts = {
        "own": [_framework_facts(row) for row in rows if row.school_id],
        "published": [_framework_facts(row) for row in rows if not row.school_id],
        "find": find,
        "found": [{"skill": names[row.pk], "framework": row.framework, "grades": grades_of([row])} for row in found],
        "languages": languages_to_choose(),
        "problem": problem,
        "typed": request.POST.get("title", ""),
    }
    return teacher_page(request, "teacher/standards.html", facts, tab="library", status=status)


def _framework_facts(row: Framework) -> dict[str, Any]:
    return {"framework": row, "language": language_name(row.language), "skills": row.competency_count}  # type: ignore[attr-defined]


@require_POST
@may(Permission.SHAPE_STANDARDS)
def make_framework(request: Request) -> HttpResponse:
    """Make a framework of the reader's school."""
    asked = request.POST
    try:
        made = shaping.make_framework(
            school=school_of(request),
            title=asked.get("title", "")[:300],
            subject=asked.get("subject", "")[:120],
            language=_language(asked.get("language", "")),
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as broken:
        return _frameworks_page(request, problem=sentence(broken.sentence, broken.facts), status=422)
    messages.success(request, gettext("The framework is made. Add its first skill."))
    return redirect("teacher-framework", framework_id=made.pk)


def _language(code: str) -> str:
    return code if code in dict(languages_to_choose()) else get_language() or "en"


@require_safe
@may(Permission.SHAPE_STANDARDS)
def framework(request: Request, framework_id: int) -> HttpResponse:
    """Show one framework as a tree, or the part of it below one heading, or what was searched for in it."""
    found = standards.framework_for(request.person, framework_id)
    school_class = last_open(request)
    school = school_class.school if school_class else roster.schools_of(request.person).order_by("pk").first()
    rows = [row for row in standards.competencies_of(found) if not row.is_withdrawn]
    children: dict[int | None, list[Competency]] = defaultdict(list)
    known = {row.pk: row for row in rows}
    for row in rows:
        # What stands below a withdrawn heading is not lost: it comes to the top.
        children[row.parent_id if row.parent_id in known else None].append(row)
    at = _at(request, known)
    find = request.GET.get("find", "").strip()[:80]
    shown = _matching(rows, find, get_language() or "en") if find else _first(children, at.pk if at else None)
    path = {row.pk for row in standards.path_of(school_class)} if school_class else set()
    names = standards.named([*shown, *_above(at, known)], get_language() or "en")
    counts = library.resource_counts([row.pk for row in shown], school) if school else {}

    branches = {
        row.pk: Branch(
            row=row,
            named=names[row.pk],
            grades=grades_of([row]),
            resources=counts.get(row.pk, 0),
            on_path=row.pk in path,
        )
        for row in shown
    }
    if not find:
        for pk, branch in branches.items():
            below = children[pk]
            branch.children = [branches[row.pk] for row in below if row.pk in branches]
            branch.more = len(below) - len(branch.children)
    top = shown if find else [row for row in children[at.pk if at else None] if row.pk in branches]
    facts = {
        "framework": found,
        "language": language_name(found.language),
        "at": names[at.pk] if at else None,
        "above": [names[row.pk] for row in _above(at, known)[:-1]],
        "branches": [branches[row.pk] for row in top],
        "is_open": len(shown) <= OPEN_ROWS,
        "total": sum(row.is_assessable for row in rows),
        "find": find,
        "is_cut": bool(find) and len(shown) == MOST_FOUND,
        "circles": _circles(school.pk if school else None, found.pk),
        "is_own": school is not None and found.school_id == school.pk,
        "may_plan": roster.may(request.person, Permission.PLAN_WEEKS),
        "here": request.get_full_path(),
    }
    return teacher_page(request, "teacher/standards_framework.html", facts, tab="library", school_class=school_class)


def _at(request: Request, known: dict[int, Competency]) -> Competency | None:
    asked = request.GET.get("at", "")
    if not asked:
        return None
    if not asked.isdecimal() or int(asked) not in known:
        raise NotFound
    return known[int(asked)]


def _above(at: Competency | None, known: dict[int, Competency]) -> list[Competency]:
    """Return the way from the top down to `at`, itself last."""
    way: list[Competency] = []
    while at is not None and at not in way:
        way.append(at)
        at = known.get(at.parent_id) if at.parent_id else None
    return way[::-1]


def _first(children: dict[int | None, list[Competency]], top: int | None) -> list[Competency]:
    """Return the lines below `top` level by level, while they are not too many."""
    shown: list[Competency] = []
    seen: set[int] = set()
    level = list(children[top])
    while level and (not shown or len(shown) + len(level) <= MOST_ROWS):
        shown += level
        seen |= {row.pk for row in level}
        level = [row for parent in level for row in children[parent.pk] if row.pk not in seen]
    return shown


def _matching(rows: Sequence[Competency], find: str, language: str) -> list[Competency]:
    words = find.casefold().split()
    names = standards.named(rows, language)
    found = []
    for row in rows:
        named = names[row.pk]
        text = " ".join((row.code, row.short, row.statement, named.short, named.i_can)).casefold()
        if all(word in text for word in words):
            found.append(row)
    return found[:MOST_FOUND]


def _circles(school_id: int | None, framework_id: int) -> list[dict[str, Any]]:
    found = prerequisites.named_circles(school_id, framework_id=framework_id)[:MOST_CIRCLES]
    members: Iterable[Competency] = {row.pk: row for each in found for row in each.members}.values()
    names = standards.named(members, get_language() or "en")
    return [
        {
            "members": [names[row.pk] for row in (*each.members, each.members[0])],
            "tangle": each.circle.tangle,
            "before": names[each.circle.doubtful.before],
            "after": names[each.circle.doubtful.after],
            "own": next((row for row in each.rows if row.school_id is not None and row.school_id == school_id), None),
        }
        for each in found
    ]
