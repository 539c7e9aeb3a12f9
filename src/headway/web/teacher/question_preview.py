"""A question as the student will see it, while it is being written; and tried, as far as it is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.http import HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from headway.core.access.roles import Permission
from headway.core.items import plain
from headway.core.items.document import Item, parse_item
from headway.core.items.face import face
from headway.core.items.forms import read_response
from headway.core.items.session import Marking, answer, begin
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.library import stored
from headway.web.shared.access import Request, may
from headway.web.shared.questions.drawing import draw
from headway.web.shared.words import sentence
from headway.web.teacher import question_fields as fields
from headway.web.teacher.page import teacher_page
from headway.web.teacher.question_kinds import KINDS

if TYPE_CHECKING:
    from headway.core.items.session import Response

SALT = "a question as it is being written"
SEED = 1
Address = Callable[[str], str]


def no_file(_path: str) -> str:
    """Return the address of a file of a question that has none."""
    return ""


def preview_facts(
    draft: fields.Draft, *, language: str, ids: str = "try", address: Address = no_file
) -> dict[str, Any]:
    """Return a draft as a student sees it; what is not filled in yet is left open."""
    raw = {**fields.plain_of(draft), "language": language, "id": ids}
    question = _drawable(raw)
    if question is None:
        return {"question": "", "signed": "", "ids": ids, "is_ready": False}
    return _tried(question, ids=ids, is_ready=not fields.problems_of(draft), address=address)


def _drawable(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the plain form of a draft that may not be whole yet: the first answer stands in for one that is not marked."""
    filled = {**raw, "prompt": raw["prompt"].strip() or "…"}
    for name in ("choices", "pieces"):
        rows = [dict(row) for row in filled.get(name) or ()]
        if rows and not any(row["right"] for row in rows):
            rows[0]["right"] = True
            filled[name] = rows
    if filled["kind"] == "number" and not filled["answer"]:
        filled["answer"] = "0"
    if filled["kind"] == "short_text" and not filled["accepted"]:
        filled["accepted"] = ["…"]
    try:
        return plain.normal_form(filled)
    except RuleBroken:
        return None


def _tried(
    question: Mapping[str, Any],
    *,
    ids: str,
    is_ready: bool,
    address: Address,
    response: Response | None = None,
) -> dict[str, Any]:
    item = parse_item(plain.write_plain(question))
    session = begin(item, seed=SEED)
    facts: dict[str, Any] = {
        "ids": ids,
        "is_ready": is_ready,
        "signed": signing.dumps(dict(question), salt=SALT, compress=True) if is_ready else "",
        "hints": question["hints"],
        "example": question["example"],
    }
    if response is not None:
        session, marking = answer(item, session, response)
        facts |= _told(item, marking)
    shown = face(item, session, response=response)
    problem = f"{ids}-problem" if facts.get("try_problem") else ""
    return {**facts, "question": draw(shown, address=address, ids=ids, problem=problem, has_keys=False)}


def _told(_item: Item, marking: Marking) -> dict[str, Any]:
    """Return what trying it came to: what the student hears, and what the answer counts."""
    if marking.problem and (marking.score is None or not marking.is_complete):
        return {"try_problem": sentence(marking.problem, marking.problem_facts)}
    if marking.score is None:
        worth = gettext("You read it and mark it.")
    elif marking.is_right:
        worth = gettext("Counts as right.")
    elif marking.score == 0:
        worth = gettext("Counts as not right yet.")
    else:
        worth = gettext("Counts as {percent} of 100.").format(percent=round(100 * marking.score))
    return {
        "is_tried": True,
        "is_right": marking.is_right,
        "feedback": marking.feedback,
        "worth": worth,
        "try_problem": sentence(marking.problem, marking.problem_facts) if marking.problem else "",
    }


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def preview(request: Request, resource: UUID) -> HttpResponse:
    """Show a question as it stands in the form, or try it: the answer is marked and nothing is kept."""
    shown = stored.own_resource(request.person, resource)
    facts: dict[str, Any]
    if "question" in request.POST:
        try:
            question = signing.loads(request.POST["question"], salt=SALT)
        except signing.BadSignature:
            raise NotFound from None
        item = parse_item(plain.write_plain(question))
        response = read_response(item, dict(request.POST.lists()))
        facts = _tried(question, ids="try", is_ready=True, address=no_file, response=response)
    else:
        kind = request.POST.get("q-kind", "")
        if kind not in KINDS:
            raise NotFound
        language = request.POST.get("q-language") or shown.language
        facts = preview_facts(fields.read_draft(request.POST, kind), language=language[:12])
    facts["resource"] = shown
    template = "teacher/question_preview.html"
    return teacher_page(request, f"{template}#preview" if request.htmx else template, facts, tab="library")
