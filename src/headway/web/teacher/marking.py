"""Read a long answer and rate it with words; what is said becomes evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from headway.core import items as engine
from headway.core.access.roles import Permission
from headway.core.items.printing import print_key
from headway.records.items import queries as items
from headway.records.planning import actions as planning_actions
from headway.records.planning import queries as planning
from headway.records.planning import sitting
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.questions.shown import draw_question
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import MARK_LEVELS

if TYPE_CHECKING:
    from headway.records.planning.models import ItemWork


class MarkForm(forms.Form):
    """A level and a sentence for the student."""

    level = forms.TypedChoiceField(
        coerce=int, choices=MARK_LEVELS, error_messages={"required": _("Choose one of the four levels.")}
    )
    words = forms.CharField(
        max_length=1000, error_messages={"required": _("Write a sentence for the student, then save.")}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.RECORD_EVIDENCE)
def mark(request: Request, work_id: int) -> HttpResponse:
    """Show a long answer to read; save its rating and go to the next one that waits."""
    work = planning.work_for(request.person, work_id)
    school_class = work.block.week.class_week.school_class
    form = MarkForm(request.POST) if request.method == "POST" else MarkForm()
    waiting = planning.answers_to_mark(roster.classes_taught_by(request.person)).exclude(pk=work.pk)
    if request.method == "POST" and form.is_valid():
        planning_actions.mark_long_answer(
            work=work,
            level=form.cleaned_data["level"],
            words=form.cleaned_data["words"],
            by=request.person,
            at=timezone.now(),
        )
        name = work.block.week.student.given_name
        messages.success(
            request, gettext("Saved. {name} sees your words, and it counts as evidence.").format(name=name)
        )
        following = waiting.first()
        return redirect("teacher-mark", work_id=following.pk) if following else redirect("teacher-today")
    competency_id = items.competency_id_of(work.item) or work.block.competency_id
    named = standards.named(
        standards.competencies_with_ids([competency_id] if competency_id else []).values(), get_language() or "en"
    )
    document = items.question(work.item)
    session = sitting.session_of(work.block, work.item, work)
    facts = {
        "work": work,
        "student": work.block.week.student,
        "language": document.language,
        "question": draw_question(
            work.item,
            engine.face(document, session, response=dict(work.response or {})),
            is_closed=True,
            student=work.block.week.student,
        ),
        "key": print_key(document, session),
        "answer": answer_text(work),
        "skill": named.get(competency_id) if competency_id else None,
        "form": form,
        "levels": MARK_LEVELS,
        "waiting": waiting.count(),
    }
    return teacher_page(
        request,
        "teacher/marking.html",
        facts,
        tab="today",
        school_class=school_class,
        status=422 if form.errors else 200,
    )


def answer_text(work: ItemWork) -> str:
    """Return what the student wrote."""
    response: Any = work.response or {}
    return "\n".join(str(part) for given in response.values() for part in given)
