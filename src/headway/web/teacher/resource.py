"""A resource as a teacher previews it: what the student does, reads and answers, and its other doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.items import Face, face, hints_shown, key_response
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.library import queries as library
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.topics import topic_word
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import language_name

if TYPE_CHECKING:
    from headway.core.items import Response
    from headway.records.items.models import Item


@require_safe
@may(Permission.SEE_CLASS)
def resource(request: Request, resource: UUID) -> HttpResponse:
    """Show a resource of the reader's school, or one that is shared by all."""
    shown = library.resource_with_uuid(resource)
    schools = {each.school_id for each in roster.classes_taught_by(request.person)}
    if shown.school_id is not None and shown.school_id not in schools:
        raise NotFound
    aligned = library.accepted_competencies(shown)
    facts = {
        "resource": shown,
        "language_name": language_name(shown.language),
        "topics": [topic_word(str(tag)) for tag in shown.topics],
        "skills": list(standards.named(aligned, get_language() or "en").values()),
        "doors": [
            {"resource": each, "language": language_name(each.language), "is_this": each.pk == shown.pk}
            for each in library.doors_of(shown)
        ],
        "questions": [question_facts(item) for item in items.items_of(shown)],
    }
    return teacher_page(request, "teacher/resource.html", facts, tab="")


def question_facts(item: Item) -> dict[str, Any]:
    """Return a question as a student meets it, with its answer and hints for the teacher."""
    try:
        question = items.question(item)
    except RuleBroken as problem:
        return {"problem": str(problem)}
    shown = face(question, seed=item.pk)
    return {
        "face": shown,
        "cloze": list(zip(shown.pieces, [*shown.fields, None], strict=False)) if shown.pieces else [],
        "answer": answer_words(shown, key_response(question)),
        "unit": question.unit,
        "rubric": question.rubric,
        "hints": hints_shown(question, shown.hint_count),
    }


def answer_words(shown: Face, key: Response) -> list[tuple[str, str]]:
    """Return the right answer as (what stands beside the field, what belongs there)."""
    rows = []
    for field in shown.fields:
        options = dict(field.options)
        right = ", ".join(options.get(one, one) for one in key.get(field.name, []))
        rows.append((field.label, right))
    return rows
