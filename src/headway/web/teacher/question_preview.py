"""A question as the student will see it, while it is being written; and tried, as far as it is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.http import HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from headway.core.access.roles import Permission
from headway.core.items import plain
from headway.core.items.document import parse_item
from headway.core.items.face import face
from headway.core.items.forms import read_response
from headway.core.items.session import Marking, answer, begin
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import written
from headway.records.library import stored
from headway.web.shared.access import Request, may
from headway.web.shared.questions.drawing import draw
from headway.web.shared.questions.shown import addresses_of
from headway.web.shared.words import sentence
from headway.web.teacher import question_fields as fields
from headway.web.teacher.page import teacher_page
from headway.web.teacher.question_kinds import KINDS

if TYPE_CHECKING:
    from headway.core.items.session import Response
    from headway.records.items.models import Item as StoredItem

SALT = "a question as it is being written"
SEED = 1


def no_file(_path: str) -> str:
    """Return the address of a file of a question that has none."""
    return ""


def preview_facts(
    draft: fields.Draft, *, language: str, ids: str = "try", item: StoredItem | None = None
) -> dict[str, Any]:
    """Return a draft as a student sees it; what is not filled in yet is left open. `item` is the question that has its files."""
    raw = {**fields.plain_of(draft), "language": language, "id": ids}
    question = _drawable(raw)
    if question is None:
        return {"question": "", "signed": "", "ids": ids, "is_ready": False}
    return _tried(question, ids=ids, is_ready=not fields.problems_of(draft), item=item)


def _drawable(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the plain form of a draft that may not be whole yet: the first answer stands in for one that is not marked."""
    filled = {**raw, "prompt": raw["prompt"].strip() or "…"}
    for name in ("choices", "pieces"):
        rows = [dict(row) for row in filled.get(name) or ()]
        if rows and not any(row["right"] for row in rows):
            rows[0]["right"] = True
            filled[name] = rows
    if filled["kind"] == "number":
        filled |= {name: "0" for name in ("answer", "tolerance") if not fields.is_number(filled[name])}
        filled["units"] = {name: times for name, times in filled["units"].items() if fields.is_number(times)}
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
    item: StoredItem | None,
    response: Response | None = None,
) -> dict[str, Any]:
    document = parse_item(plain.write_plain(question))
    session = begin(document, seed=SEED)
    facts: dict[str, Any] = {
        "ids": ids,
        "is_ready": is_ready,
        "signed": signing.dumps([dict(question), str(item.uuid) if item else ""], salt=SALT, compress=True)
        if is_ready
        else "",
        "hints": question["hints"],
        "example": question["example"],
    }
    if response is not None:
        session, marking = answer(document, session, response)
        facts |= _told(marking)
    shown = face(document, session, response=response)
    address = addresses_of(item) if item is not None else no_file
    problem = f"{ids}-problem" if facts.get("try_problem") else ""
    return {**facts, "question": draw(shown, address=address, ids=ids, problem=problem, has_keys=False)}


def _told(marking: Marking) -> dict[str, Any]:
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
            question, of = signing.loads(request.POST["question"], salt=SALT)
        except signing.BadSignature:
            raise NotFound from None
        item = written.question_for(request.person, UUID(of)) if of else None
        response = read_response(parse_item(plain.write_plain(question)), dict(request.POST.lists()))
        facts = _tried(question, ids="try", is_ready=True, item=item, response=response)
    else:
        kind = request.POST.get("q-kind", "")
        if kind not in KINDS:
            raise NotFound
        language = request.POST.get("q-language") or shown.language
        draft, item = fields.read_draft(request.POST, kind), _question_named(request)
        if item is not None:
            draft["picture"] = (written.plain_of(item) or {}).get("picture")
        facts = preview_facts(draft, language=language[:12], item=item)
    facts["resource"] = shown
    template = "teacher/question_preview.html"
    return teacher_page(request, f"{template}#preview" if request.htmx else template, facts, tab="library")


def _question_named(request: Request) -> StoredItem | None:
    """Return the question that a form says it changes, for its picture."""
    try:
        uuid = UUID(request.POST.get("q-of", ""))
    except ValueError:
        return None
    return written.question_for(request.person, uuid)
