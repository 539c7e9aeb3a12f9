"""Moving on: a student says "I can do this already", shows it with one question alone, and gets the next work the same day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core import items as engine
from headway.core.access.roles import Permission
from headway.core.shared.errors import RuleBroken
from headway.records.items import queries as items
from headway.records.planning import dates
from headway.records.planning import pace as actions
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import may
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.shared.questions.shown import draw_feedback, draw_question
from headway.web.shared.words import sentence
from headway.web.student.page import student_page

if TYPE_CHECKING:
    from headway.records.planning.models import MoveOn
    from headway.web.shared.access import Request

# icons: mountain circle-dot hand circle-check arrow-right


@may(Permission.WORK)
@require_POST
def move_on(request: Request, block: UUID) -> HttpResponse:
    """Open the one proof for the skill of a block; pressing again is the same proof."""
    own = planning.own_block(request.person, block)
    try:
        wish = actions.ask_to_move_on(block=own, by=request.person, at=timezone.now())
    except RuleBroken as rule:
        messages.info(request, sentence(rule.sentence, rule.facts))
        return redirect(reverse("student-week-of", kwargs={"monday": own.week.class_week.monday}) + f"#b-{own.uuid}")
    return redirect("student-proof", move_on_id=wish.pk)


@may(Permission.SEE_OWN_WEEK)
@require_safe
@around_a_frame
def proof(request: Request, move_on_id: int) -> HttpResponse:
    """Show the question of a proof, or what came of it."""
    return _page(request, dates.own_move_on(request.person, move_on_id))


@may(Permission.WORK)
@require_POST
def answer(request: Request, move_on_id: int) -> HttpResponse:
    """Mark the answer once; sent twice, it counts once."""
    wish = dates.own_move_on(request.person, move_on_id)
    typed = dict(request.POST.lists())
    try:
        client_id = UUID(request.POST.get("client_id", ""))
    except ValueError:
        client_id = uuid4()
    response = engine.read_response(items.question(wish.item), typed) if wish.item is not None else {}
    done = actions.answer_proof(
        move_on=wish, response=response, client_id=client_id, by=request.person, at=timezone.now()
    )
    if done.move_on.decided_at is None and done.marking is not None:
        problem = sentence(done.marking.problem, done.marking.problem_facts) or gettext(
            "Something is still empty. Fill it in, then send."
        )
        return _page(request, wish, typed=response, problem=problem)
    if done.new_blocks:
        count = done.new_blocks
        words = ngettext("{count} new task is in your week.", "{count} new tasks are in your week.", count)
        messages.success(request, words.format(count=count))
    return redirect("student-proof", move_on_id=wish.pk)


def _page(
    request: Request, wish: MoveOn, *, typed: Mapping[str, Sequence[str]] | None = None, problem: str = ""
) -> HttpResponse:
    skill = standards.named([wish.competency], get_language() or "en")[wish.competency_id]
    facts: dict[str, Any] = {
        "wish": wish,
        "skill": skill,
        "title": skill.short,
        "title_language": "",
        "teacher": roster.lead_teacher(wish.school_class),
        "week_url": reverse("student-week-of", kwargs={"monday": wish.week.class_week.monday})
        if wish.week is not None
        else reverse("student-week"),
    }
    if wish.item is not None:
        document = items.question(wish.item)
        session = engine.begin(document, seed=items.seed_of(request.person.uuid, wish.item))
        given = dict(typed if typed is not None else wish.response or {})
        if wish.decided_at and given:
            session, _marking = engine.answer(document, session, {name: list(each) for name, each in given.items()})
        shown = engine.face(document, session, response={name: list(each) for name, each in given.items()})
        facts |= {
            "language": document.language,
            "resource": wish.item.resource,
            "prompt": wish.item.prompt,
            "feedback": draw_feedback(wish.item, shown) if wish.decided_at else "",
            "question": draw_question(wish.item, shown, viewer=request.person, seed=session.seed, at=timezone.now()),
            "client_id": uuid4(),
            "problem": problem,
        }
    return student_page(request, "student/moving_on.html", facts, tab="practice", status=422 if problem else 200)
