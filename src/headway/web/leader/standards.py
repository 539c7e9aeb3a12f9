"""The frameworks a school works with: what is here and where it came from, new editions, and what is given to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.shared.errors import HeadwayError, NotFound, RuleBroken, gettext_noop
from headway.core.shared.taken import Taken
from headway.exchange.case import reading as case
from headway.exchange.case import wire as case_wire
from headway.records.roster import queries as roster
from headway.records.standards import actions, queries
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.records.roster.models import Organisation
    from headway.records.standards.models import Framework, IncomingFramework

TOO_MANY = gettext_noop(
    "The file holds {count} frameworks; {most} can be looked at at once. Ask the operator to import it."
)
LARGEST_MEBIBYTES = 50
MOST_AT_ONCE = 20
ROWS_SHOWN = 100
# Who takes an edition that waits, by the format it came in.
TAKERS: dict[str, Callable[..., tuple[Framework, Taken]]] = {case_wire.SOURCE: case.take_incoming}
SOURCE_WORDS = {
    "": _("made here"),
    "school": _("made here"),
    "case": _("from a CASE package"),
    "asn": _("from the Achievement Standards Network"),
    "csv": _("from a table"),
    "standards-csv": _("from a table"),
    "demo": _("from the demo school"),
    "response-log": _("from an answer log"),
}
FIELD_WORDS = {
    "code": _("Code"),
    "short": _("Short name"),
    "statement": _("Statement"),
    "kind": _("Kind"),
    "nature": _("Nature"),
    "grades": _("Grades"),
    "is_assessable": _("Something to master"),
    "parent": _("Stands under"),
    "title": _("Title"),
    "creator": _("Made by"),
    "subject": _("Subject"),
    "language": _("Language"),
    "licence": _("Licence"),
}
YES_NO = {"True": _("yes"), "False": _("no")}


class BringForm(forms.Form):
    """A file with a framework, and the school whose leader brings it."""

    file = forms.FileField(
        label=_("A framework as a file"),
        help_text=_("A CASE package (.json), or a .zip of several. Nothing changes before you have seen what would."),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".json,.zip,.gz,.zst,application/json"}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        """Refuse what is too large to be read while somebody waits."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_MEBIBYTES * 2**20:
            raise forms.ValidationError(
                gettext("The file is larger than {mebibytes} MB. Ask the operator to import it.").format(
                    mebibytes=LARGEST_MEBIBYTES
                )
            )
        return file


def _school(request: Request) -> Organisation:
    """Return the school the leader brings a framework for: the one that was chosen, or the first."""
    led = list(roster.organisations_led_by(request.person).order_by("name", "pk"))
    asked = request.POST.get("school", "")
    found = next((each for each in led if str(each.pk) == asked), None) if asked else (led[0] if led else None)
    if found is None:
        raise NotFound
    return found


@require_safe
@may(Permission.MANAGE_STANDARDS)
def standards(request: Request) -> HttpResponse:
    """List the frameworks and the editions that wait."""
    return _list(request, BringForm())


def _list(request: Request, form: BringForm, status: int = 200) -> HttpResponse:
    facts = {
        "form": form,
        "schools": list(roster.organisations_led_by(request.person).order_by("name", "pk")),
        "frameworks": [_framework_line(request, each) for each in queries.frameworks_managed_by(request.person)],
        "waiting": [_waiting_line(each) for each in queries.incoming_frameworks(request.person)],
    }
    return leader_page(request, "leader/standards.html", facts, tab="standards", status=status)


def _framework_line(request: Request, framework: Any) -> dict[str, Any]:
    from_where = SOURCE_WORDS.get(framework.source)
    address = reverse("case-package", kwargs={"version": "v1p1", "sourced_id": framework.uuid})
    return {
        "framework": framework,
        "competencies": framework.competency_count,
        "headings": framework.heading_count,
        "withdrawn": framework.withdrawn_count,
        "from": from_where if from_where is not None else gettext("from {where}").format(where=framework.source),
        "address": request.build_absolute_uri(address) if framework.is_open else "",
    }


def _waiting_line(incoming: IncomingFramework) -> dict[str, Any]:
    changes: Mapping[str, Any] = incoming.changes
    return {
        "incoming": incoming,
        "title": changes.get("title") or incoming.name,
        "standard": changes.get("standard", ""),
        "is_new": changes.get("is_new", False),
        "is_empty": changes.get("is_empty", False),
        "counts": changes.get("counts", {}),
    }


@require_POST
@may(Permission.MANAGE_STANDARDS)
def bring(request: Request) -> HttpResponse:
    """Read a file and lay what is in it aside, with what it would change; a broken file is told on the same page."""
    school = _school(request)
    form = BringForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        packages = _read(form.cleaned_data["file"])
        brought = [case.bring(one, school=school, by=request.person, at=timezone.now()) for one in packages]
    except HeadwayError as refusal:
        words = sentence(refusal.sentence, refusal.facts)
        inside = refusal.facts.get("file")
        form.add_error("file", f"{inside}: {words}" if inside and inside != form.cleaned_data["file"].name else words)
        return _list(request, form, status=422)
    if len(brought) == 1:
        return redirect("leader-standards-incoming", incoming=brought[0].uuid)
    messages.success(
        request,
        ngettext("{count} framework waits for a look.", "{count} frameworks wait for a look.", len(brought)).format(
            count=len(brought)
        ),
    )
    return redirect("leader-standards")


def _read(file: UploadedFile[Any]) -> list[case.Opened]:
    """Return the packages in a file that was sent; it is written to a place of its own, under its own name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name or "framework.json").name
        with path.open("wb") as target:
            for piece in file.chunks():
                target.write(piece)
        packages = case.open_path(path)
    if len(packages) > MOST_AT_ONCE:
        raise RuleBroken(TOO_MANY, count=len(packages), most=MOST_AT_ONCE)
    return packages


# --- an edition that waits -------------------------------------------------------------------------------------------


def _field(change: Mapping[str, str]) -> dict[str, Any]:
    is_yes_no = change["field"] == "is_assessable"
    return {
        "name": FIELD_WORDS.get(change["field"], change["field"]),
        "before": YES_NO.get(change["before"], change["before"]) if is_yes_no else change["before"],
        "after": YES_NO.get(change["after"], change["after"]) if is_yes_no else change["after"],
    }


def _part(key: str, title: str, words: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    count = changes.get("counts", {}).get(key, 0)
    rows = changes.get(key, [])[:ROWS_SHOWN]
    return {
        "key": key,
        "title": title,
        "words": words,
        "count": count,
        "rows": [{**row, "fields": [_field(change) for change in row["fields"]]} for row in rows],
        "more": max(0, count - len(rows)),
    }


@require_safe
@may(Permission.MANAGE_STANDARDS)
def incoming(request: Request, incoming: UUID) -> HttpResponse:
    """Show what an edition would change, row by row and field by field."""
    found = queries.incoming_framework(request.person, incoming)
    changes: Mapping[str, Any] = found.changes
    here = queries.frameworks_managed_by(request.person).filter(pk=changes.get("framework_id") or 0).first()
    parts = [
        _part(
            "withdrawn",
            gettext("Withdrawn"),
            gettext(
                "This edition leaves them out. They can no longer be chosen; evidence, weeks and class paths that name them stay."
            ),
            changes,
        ),
        _part(
            "changed",
            gettext("Changed"),
            gettext("The same competencies with other words. Their evidence stays with them."),
            changes,
        ),
        _part("moved", gettext("Moved"), gettext("They stand elsewhere in the tree."), changes),
        _part("came_back", gettext("Back again"), gettext("They had been withdrawn and can be chosen again."), changes),
        _part("made", gettext("New"), gettext("They are not here yet."), changes),
    ]
    facts = {
        "incoming": found,
        "title": changes.get("title") or found.name,
        "standard": changes.get("standard", ""),
        "is_new": changes.get("is_new", False),
        "is_empty": changes.get("is_empty", False),
        "competencies": changes.get("competencies", 0),
        "counts": changes.get("counts", {}),
        "fields": [_field(change) for change in changes.get("framework", [])],
        "parts": [part for part in parts if part["count"]],
        "notes": [
            {"words": sentence(told["sentence"], told["facts"]), "times": told["times"], "places": told["places"]}
            for told in changes.get("notes", [])
        ],
        "is_stale": bool(here and here.taken_at and here.taken_at > found.brought_at),
    }
    return leader_page(request, "leader/standards_incoming.html", facts, tab="standards")


@require_POST
@may(Permission.MANAGE_STANDARDS)
def take(request: Request, incoming: UUID) -> HttpResponse:
    """Take the edition."""
    found = queries.incoming_framework(request.person, incoming)
    taker = TAKERS.get(found.format)
    if taker is None:
        raise NotFound
    framework, taken = taker(found, by=request.person, at=timezone.now())
    messages.success(
        request,
        gettext("“{title}” is taken: {made} new, {changed} changed or withdrawn.").format(
            title=framework.title, made=taken.made, changed=taken.changed
        ),
    )
    return redirect("leader-standards")


@require_POST
@may(Permission.MANAGE_STANDARDS)
def put_aside(request: Request, incoming: UUID) -> HttpResponse:
    """Leave the edition; what is here stays as it is."""
    found = queries.incoming_framework(request.person, incoming)
    title = found.changes.get("title") or found.name
    actions.put_aside_incoming(incoming=found, by=request.person, at=timezone.now())
    messages.success(request, gettext("“{title}” was put aside. Nothing has changed.").format(title=title))
    return redirect("leader-standards")


@require_POST
@may(Permission.MANAGE_STANDARDS)
def set_open(request: Request, framework_id: int) -> HttpResponse:
    """Give a framework to whoever asks over CASE, or stop giving it."""
    framework = queries.framework_managed_by(request.person, framework_id)
    is_open = request.POST.get("is_open") == "1"
    actions.open_framework(framework=framework, is_open=is_open, by=request.person, at=timezone.now())
    words = (
        gettext("Other systems can now read “{title}”.")
        if is_open
        else gettext("Other systems can no longer read “{title}”.")
    )
    messages.success(request, words.format(title=framework.title))
    return redirect("leader-standards")
