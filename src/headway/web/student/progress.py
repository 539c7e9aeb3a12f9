"""My progress: what I can do, where it comes from, what changed, and what comes next. Strengths first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.planning.problem import Pace
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, monday_of
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence import queries as evidence
from headway.records.planning import dates
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import may
from headway.web.shared.outlook import outlooks
from headway.web.shared.words import sentence
from headway.web.student.page import student_page, today_of, words_in
from headway.web.student.words import next_words, sure_words
from headway.web.templatetags.headway import mastery_word

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named
    from headway.web.shared.access import Request

LATELY_DAYS = 14
STRONG, ON_THE_WAY = ("beyond", "secure", "recheck"), ("growing", "starting")
PACE_TO_THE_STUDENT = {
    Pace.NEEDS_TIME: _("You have time for this: one skill after the other."),
    Pace.AHEAD: _("You are ready for what goes further. Ask for it."),
}
OWN_VIEWS = {
    "alone": (0.9, _("I can do this on my own")),
    "help": (0.5, _("I can do this with help")),
    "not-yet": (0.1, _("I can’t do this yet")),
}


@dataclass(frozen=True, kw_only=True)
class Skill:
    """One competency as a student's page shows it."""

    named: Named
    cell: evidence.Cell
    own_view: str
    class_names: str
    sure: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class Next:
    """A skill that comes next, and when."""

    named: Named
    cell: evidence.Cell
    weekday: int | None


def _own_paths(student: Person) -> tuple[list[Competency], dict[int, str]]:
    """Return the competencies of all the student's classes once, in path order, and whose they are."""
    classes = list(roster.classes_of_student(student))
    found: dict[int, Competency] = {}
    names: dict[int, list[str]] = {}
    for school_class, path in zip(classes, standards.paths_of(classes).values(), strict=True):
        for competency in path:
            found.setdefault(competency.pk, competency)
            names.setdefault(competency.pk, []).append(school_class.subject or school_class.name)
    many = len(classes) > 1
    return list(found.values()), {pk: ", ".join(dict.fromkeys(own)) if many else "" for pk, own in names.items()}


@may(Permission.SEE_OWN_WEEK)
@require_safe
def progress(request: Request) -> HttpResponse:
    """This will show every skill on the student's paths, strengths first."""
    student, at = request.person, timezone.now()
    path, class_names = _own_paths(student)
    named = standards.named(path, get_language() or "en")
    grid = evidence.cells([student], named, at=at)
    views = evidence.own_views(student, named)
    ahead = outlooks(student, named, at=at)
    skills = [
        Skill(
            named=named[competency.pk],
            cell=cell,
            own_view=views[competency.pk].words if competency.pk in views else "",
            class_names=class_names[competency.pk],
            sure=sure_words(cell.low, cell.high),
            next_step=next_words(ahead.get(competency.pk)),
        )
        for competency in path
        for cell in [grid.get((student.pk, competency.pk), evidence.NO_EVIDENCE)]
    ]
    order = {word: place for place, word in enumerate((*STRONG, *ON_THE_WAY))}
    strong = sorted((s for s in skills if s.cell.word in STRONG), key=lambda s: order[s.cell.word])
    growing = sorted((s for s in skills if s.cell.word in ON_THE_WAY), key=lambda s: order[s.cell.word])
    by_id = {skill.named.pk: skill for skill in skills}
    lately = [
        (by_id[pk], pieces)
        for pk, pieces in evidence.pieces_since(student, since=at - timedelta(days=LATELY_DAYS)).items()
        if pk in by_id
    ]
    facts = {
        "strong": strong,
        "growing": growing,
        "unseen": [skill for skill in skills if skill.cell.word == "none"],
        "skills": skills,
        "lately": lately[:5],
        "coming": _coming(student, skills),
        "paces": _paces(student, at=at),
    }
    return student_page(request, "student/progress.html", facts, tab="progress")


def _paces(student: Person, *, at: datetime) -> list[str]:
    """Return what a student's pace means for the student, in kind words; where it needs no words there are none."""
    words = [
        PACE_TO_THE_STUDENT.get(dates.pace_of_student(student, each, at=at).word)
        for each in roster.classes_of_student(student).select_related("term")
    ]
    return list(dict.fromkeys(str(each) for each in words if each))


def _coming(student: Person, skills: Sequence[Skill]) -> list[Next]:
    """Return what this week's plan works on; without a plan, the first things on the path that are not there yet."""
    today = today_of(list(roster.classes_of_student(student)))
    monday = monday_of(today + timedelta(days=7 if today.weekday() >= SCHOOL_DAYS_PER_WEEK else 0))
    by_id = {skill.named.pk: skill for skill in skills}
    found: dict[int, Next] = {}
    weekday = (today - monday).days
    blocks = planning.student_blocks(student, monday)
    for block in sorted(blocks, key=lambda block: block.day < weekday):
        skill = by_id.get(block.competency_id or 0)
        if skill is not None and block.finished_at is None and skill.named.pk not in found:
            found[skill.named.pk] = Next(named=skill.named, cell=skill.cell, weekday=block.day)
    if not found:
        for skill in skills:
            if skill.cell.word not in ("secure", "beyond"):
                found[skill.named.pk] = Next(named=skill.named, cell=skill.cell, weekday=None)
    return list(found.values())[:3]


def _own_competency(student: Person, competency_id: int) -> Competency:
    """Return a competency on one of the student's paths, or one with evidence about the student; else "not found"."""
    path, _names = _own_paths(student)
    found = next((each for each in path if each.pk == competency_id), None)
    if found is None and competency_id in evidence.competency_ids_with_evidence(student):
        found = standards.competency_with_id(competency_id)
    if found is None:
        raise NotFound
    return found


@may(Permission.SEE_OWN_WEEK)
@require_safe
def skill(request: Request, competency_id: int) -> HttpResponse:
    """This will show one skill with every piece behind it."""
    return _skill_page(request, competency_id)


def _skill_page(request: Request, competency_id: int, *, problem: str = "", status: int = 200) -> HttpResponse:
    competency = _own_competency(request.person, competency_id)
    named = standards.named([competency], get_language() or "en")[competency.pk]
    at = timezone.now()
    shown = evidence.explained(request.person, competency, at=at)
    pieces = sorted(shown.contributions, key=lambda each: each.piece.happened_at, reverse=True)
    views = evidence.own_views(request.person, [competency.pk])
    facts = {
        "named": named,
        "shown": shown,
        "secure_line": evidence.cell(request.person, competency.pk, at=at).rule.secure_share,
        "word": mastery_word(shown.word),
        "pieces": [(each, sentence(each.sentence, each.facts)) for each in pieces if each.piece.kind != "self"],
        "lines": [(line, sentence(line.sentence, line.facts)) for line in shown.lines] if shown.pieces else [],
        "next_step": next_words(outlooks(request.person, [competency.pk], at=at).get(competency.pk)),
        "own_view": views.get(competency.pk),
        "own_views": [(key, words) for key, (_score, words) in OWN_VIEWS.items()],
        "client_id": uuid4(),
        "problem": problem,
    }
    return student_page(request, "student/skill.html", facts, tab="progress", status=status)


@may(Permission.WORK)
@require_POST
def own_view(request: Request, competency_id: int) -> HttpResponse:
    """This will keep what the student thinks of a skill: shown to the teacher, never counted."""
    competency = _own_competency(request.person, competency_id)
    chosen = OWN_VIEWS.get(request.POST.get("view", ""))
    if chosen is None:
        return _skill_page(request, competency_id, problem=gettext("Choose one of the three first."), status=422)
    score, words = chosen
    try:
        client_id = UUID(request.POST.get("client_id", ""))
    except ValueError:
        client_id = uuid4()
    own_words = words_in(request, "words")[:300]
    at = timezone.now()
    evidence_actions.record(
        fact=evidence_actions.EvidenceIn(
            client_id=client_id,
            student_id=request.person.pk,
            competency_id=competency.pk,
            kind="self",
            happened_at=at,
            score=score,
            words=gettext("{view}. {words}").format(view=words, words=own_words) if own_words else str(words),
        ),
        by=request.person,
        at=at,
    )
    messages.success(request, gettext("Saved. Your teacher sees it; it does not change the best guess."))
    return redirect(reverse("student-skill", kwargs={"competency_id": competency.pk}))
