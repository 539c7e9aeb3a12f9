"""One question, written by a teacher: its kind, its fields, how a student sees it, the same in another language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import writing, written
from headway.records.library import queries as library
from headway.records.library import stored
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.words import language_name, sentence
from headway.web.teacher import question_fields as fields
from headway.web.teacher.page import teacher_page
from headway.web.teacher.question_kinds import KINDS
from headway.web.teacher.question_preview import preview_facts
from headway.web.teacher.questions import languages_left
from headway.web.teacher.resource_edit import path_of_open_class

if TYPE_CHECKING:
    from headway.records.items.models import Item
    from headway.records.library.models import Resource
    from headway.records.standards.models import Competency


@dataclass(kw_only=True)
class Desk:
    """What is being written: a new question of a set, `item` anew, or `original` in another language."""

    resource: Resource
    kind: str
    language: str
    item: Item | None = None
    original: Item | None = None
    # What the fields do not show and writing must not lose.
    kept: dict[str, Any] | None = None
    focus: str = ""
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def new(request: Request, resource: UUID) -> HttpResponse:
    """Ask for the kind of a new question, then for the question."""
    shown = stored.own_resource(request.person, resource)
    kind = request.POST.get("q-kind") or request.GET.get("kind", "")
    if kind not in KINDS:
        facts = {
            "resource": shown,
            "kinds": [
                {"value": value, "words": words, "about": about, "icon": icon}
                for value, (words, about, icon) in KINDS.items()
            ],
        }
        return teacher_page(request, "teacher/question_kinds.html", facts, tab="library")
    desk = Desk(resource=shown, kind=kind, language=shown.language)
    if request.method != "POST":
        return _page(request, desk, fields.start_of(kind))
    return _work(request, desk)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def edit(request: Request, question: UUID) -> HttpResponse:
    """Show a question to change, or change it."""
    item = written.question_for(request.person, question)
    plain = written.plain_of(item)
    if plain is None:
        return teacher_page(
            request, "teacher/question_richer.html", {"resource": item.resource, "item": item}, tab="library"
        )
    desk = Desk(resource=item.resource, kind=plain["kind"], language=item.language, item=item, kept=plain)
    if request.method != "POST":
        return _page(request, desk, fields.draft_of(plain))
    return _work(request, desk)


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def variant(request: Request, question: UUID) -> HttpResponse:
    """Write a question in another language, beside the original; its words are there to be written over."""
    item = written.question_for(request.person, question)
    plain = written.plain_of(item)
    left = languages_left(item, written.in_other_languages([item])[item.pk])
    if plain is None or not left:
        raise NotFound
    asked = request.POST.get("language") or request.GET.get("language", "")
    language = asked if asked in dict(left) else left[0][0]
    desk = Desk(resource=item.resource, kind=plain["kind"], language=language, original=item, kept=plain)
    if request.method != "POST":
        return _page(request, desk, fields.draft_of(plain))
    return _work(request, desk)


def _work(request: Request, desk: Desk) -> HttpResponse:
    """Do what the pressed button says with what was typed: save it, or show it again with a row more or less."""
    draft = fields.read_draft(request.POST, desk.kind)
    _keep(draft, desk)
    pressed = request.POST.get("do", "save")
    if pressed not in ("save", "next"):
        draft, desk.focus = fields.changed_by_button(draft, pressed)
        return _page(request, desk, fields.with_least_rows(draft))
    problems = fields.problems_of(draft)
    if not problems:
        try:
            return _saved(request, desk, draft, pressed)
        except RuleBroken as broken:
            desk.problem = sentence(broken.sentence, broken.facts)
    return _page(request, desk, fields.with_least_rows(draft), problems, status=422)


def _keep(draft: fields.Draft, desk: Desk) -> None:
    """Put into a draft what its question has and the fields do not show."""
    if desk.kept is None:
        return
    draft["picture"] = desk.kept["picture"]
    if desk.kind == "long_answer":
        draft["wrong"] = desk.kept["wrong"]


def _saved(request: Request, desk: Desk, draft: fields.Draft, pressed: str) -> HttpResponse:
    raw = {**fields.plain_of(draft), "language": desk.language}
    signed: dict[str, Any] = {"by": request.person, "at": timezone.now()}
    if desk.original is not None:
        title = request.POST.get("set-title", "").replace("\x00", "")[: writing.LONGEST_TITLE]
        made = writing.write_variant(item=desk.original, raw=raw, language=desk.language, set_title=title, **signed)
        words = gettext("Written in another language. It stands in its own set.")
        undo = reverse("teacher-question-put-away", kwargs={"question": made.uuid})
        messages.success(request, words, extra_tags=undo)
        return redirect("teacher-questions", resource=desk.resource.uuid)
    skill = _chosen_skill(request)
    if desk.item is not None:
        before = desk.item.version
        raw["title"] = (desk.kept or {}).get("title", "")
        item = writing.write_question(resource=desk.resource, raw=raw, competency=skill, item=desk.item, **signed)
        back = {"question": item.uuid, "version": before}
        undo = reverse("teacher-question-restore", kwargs=back) if item.version != before else ""
        messages.success(request, gettext("Saved."), extra_tags=undo)
    else:
        item = writing.write_question(resource=desk.resource, raw=raw, competency=skill, **signed)
        undo = reverse("teacher-question-put-away", kwargs={"question": item.uuid})
        messages.success(request, gettext("Saved as question {n}.").format(n=_place(item)), extra_tags=undo)
    if pressed == "next":
        return redirect("teacher-question-new", resource=desk.resource.uuid)
    return redirect("teacher-questions", resource=desk.resource.uuid)


def _place(item: Item) -> int:
    asked = [row.pk for row in written.questions_in_set(item.resource) if row.put_away_at is None]
    return asked.index(item.pk) + 1


def _chosen_skill(request: Request) -> Competency | None:
    number = request.POST.get("q-skill", "")
    return standards.competency_for(request.person, int(number)) if number.isdecimal() else None


def _skills(request: Request, desk: Desk) -> list[tuple[str, str]]:
    """Return the skills a question may give evidence of: those of its set, then those of the open class."""
    aligned = library.accepted_competencies(desk.resource)
    own = desk.item.competency if desk.item is not None else None
    rows = [*aligned, *([own] if own is not None else [])]
    named = standards.named(rows, get_language() or "en")
    found = {pk: f"{name.short} ({name.code})" if name.code else name.short for pk, name in named.items()}
    return [(str(pk), words) for pk, words in (found | dict(path_of_open_class(request))).items()]


def _page(
    request: Request,
    desk: Desk,
    draft: fields.Draft,
    problems: fields.Problems | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    _keep(draft, desk)
    words, about, icon = KINDS[desk.kind]
    files_of = desk.item or desk.original
    chosen = request.POST.get("q-skill") if request.method == "POST" else None
    if chosen is None and desk.item is not None and desk.item.competency_id:
        chosen = str(desk.item.competency_id)
    facts: dict[str, Any] = {
        "resource": desk.resource,
        "item": desk.item,
        "original": desk.original,
        "kind": desk.kind,
        "kind_words": words,
        "kind_about": about,
        "kind_icon": icon,
        "language": desk.language,
        "language_words": language_name(desk.language),
        "fields": fields.shown_parts(draft, problems or {}, focus=desk.focus),
        "skills": _skills(request, desk),
        "chosen_skill": chosen or "",
        "has_problems": bool(problems or desk.problem),
        "problem": desk.problem,
        "preview_url": reverse("teacher-question-preview", kwargs={"resource": desk.resource.uuid}),
        "files_of": files_of,
        **preview_facts(draft, language=desk.language, item=files_of),
    }
    if desk.original is not None:
        left = languages_left(desk.original, written.in_other_languages([desk.original])[desk.original.pk])
        facts |= {
            "languages": left,
            "needs_door": not any(door.language == desk.language for door in library.doors_of(desk.resource)),
            "kept": desk.kept,
            "set_title": request.POST.get("set-title", ""),
            "beside": preview_facts(
                fields.draft_of(desk.kept or {}), language=desk.original.language, ids="original", item=files_of
            ),
        }
    if request.htmx and request.method == "POST" and not problems and not desk.problem:
        return teacher_page(request, "teacher/question_edit.html#fields", facts, tab="library")
    return teacher_page(request, "teacher/question_edit.html", facts, tab="library", status=status)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def restore(request: Request, question: UUID, version: int) -> HttpResponse:
    """Let a question be again what it was."""
    item = written.question_for(request.person, question)
    writing.restore_version(item=item, version=version, by=request.person, at=timezone.now())
    messages.success(request, gettext("It is as it was before."))
    return show_again(request, "teacher-questions", resource=item.resource.uuid)
