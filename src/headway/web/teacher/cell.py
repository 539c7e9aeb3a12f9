"""What the evidence says about one student and one skill, with the arithmetic in words, and a place to add to it."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.evidence.learner_model import what_if
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence import queries as evidence
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher import class_drawing
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import JUDGEMENTS, SEEN_LEVELS, shift_words, signed

if TYPE_CHECKING:
    from headway.core.evidence.values import Estimate
    from headway.records.evidence.models import Evidence
    from headway.records.roster.models import Class, Person
    from headway.records.standards.models import Competency

KIND_ICONS = {
    "answer": "pencil-line",
    "rubric": "list-checks",
    "observation": "eye",
    "conference": "message-circle",
    "product": "shapes",
    "judgement": "scale",
    "self": "user",
}
# icons: pencil-line list-checks eye message-circle shapes scale user


class ObservationForm(forms.Form):
    """What an adult saw: one of four levels, and words."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    level = forms.TypedChoiceField(
        coerce=int, choices=SEEN_LEVELS, error_messages={"required": _("Choose how it was done.")}
    )
    words = forms.CharField(max_length=1000, error_messages={"required": _("Write what you saw, in a few words.")})


class JudgementForm(forms.Form):
    """A judgement of full standing, with its reason and perhaps an end."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    word = forms.ChoiceField(choices=JUDGEMENTS, error_messages={"required": _("Choose one of the four words.")})
    reason = forms.CharField(
        max_length=1000,
        error_messages={"required": _("Say in a few words why you judge so. Families and colleagues read it.")},
    )
    expires_on = forms.DateField(required=False, error_messages={"invalid": _("Write the date as year-month-day.")})

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_expires_on(self) -> date | None:
        """Refuse an end that has passed."""
        ends: date | None = self.cleaned_data["expires_on"]
        if ends is not None and ends < self.today:
            raise forms.ValidationError(gettext("This day has passed. Choose a later one, or leave it empty."))
        return ends


class Place:
    """One cell: whose, of what, in which class; found or not found together."""

    def __init__(self, request: Request, class_id: int, student: UUID, competency_id: int) -> None:
        self.school_class: Class = roster.taught_class(request.person, class_id)
        self.student: Person = roster.student_in_class(self.school_class, student)
        self.competency: Competency = standards.competency_with_id(competency_id)
        self.keys = {"class_id": class_id, "student": student, "competency_id": competency_id}

    @property
    def address(self) -> str:
        """Where the cell opens."""
        return reverse("teacher-cell", kwargs=self.keys)


@require_safe
@may(Permission.SEE_CLASS)
def cell(request: Request, class_id: int, student: UUID, competency_id: int) -> HttpResponse:
    """Show the evidence of one cell: a panel beside the grid, or a page of its own."""
    return _show(request, Place(request, class_id, student, competency_id))


@require_POST
@may(Permission.RECORD_EVIDENCE)
def observe(request: Request, class_id: int, student: UUID, competency_id: int) -> HttpResponse:
    """Record what an adult saw; the same form sent twice counts once."""
    place = Place(request, class_id, student, competency_id)
    form = ObservationForm(request.POST)
    if not form.is_valid():
        return _show(request, place, observation=form)
    at = timezone.now()
    row = record_observation(
        request.person,
        place.student,
        place.competency,
        level=form.cleaned_data["level"],
        words=form.cleaned_data["words"],
        client_id=form.cleaned_data["client_id"],
        at=at,
    )
    return _saved(request, place, gettext("Saved as evidence."), row)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def judge(request: Request, class_id: int, student: UUID, competency_id: int) -> HttpResponse:
    """Settle the word of a cell with a reason; the same form sent twice counts once."""
    place = Place(request, class_id, student, competency_id)
    at = timezone.now()
    form = JudgementForm(request.POST, today=roster.today_at(place.school_class.school, at))
    if not form.is_valid():
        return _show(request, place, judgement=form)
    row = evidence_actions.judge(
        student=place.student,
        competency=place.competency,
        word=form.cleaned_data["word"],
        reason=form.cleaned_data["reason"],
        expires_on=form.cleaned_data["expires_on"],
        client_id=form.cleaned_data["client_id"],
        by=request.person,
        at=at,
    )
    return _saved(request, place, gettext("Your judgement is saved, with its reason."), row)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def take_back(request: Request, client_id: UUID) -> HttpResponse:
    """Take back what one wrote; a later row corrects it and both stay in the record."""
    row = evidence.evidence_for(request.person, client_id)
    evidence_actions.withdraw(evidence=row, by=request.person, at=timezone.now())
    messages.success(request, gettext("Taken back. It no longer counts; the record keeps that it was written."))
    if request.htmx:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    school_class = roster.shared_classes(request.person, row.student).first()
    if school_class is None:
        return redirect("teacher-today")
    return redirect("teacher-cell", class_id=school_class.pk, student=row.student.uuid, competency_id=row.competency_id)


def record_observation(
    by: Person, student: Person, competency: Competency, *, level: int, words: str, client_id: UUID, at: datetime
) -> Evidence:
    """Record what an adult saw of a skill."""
    return evidence_actions.record(
        fact=evidence_actions.EvidenceIn(
            client_id=client_id,
            student_id=student.pk,
            competency_id=competency.pk,
            kind="observation",
            happened_at=at,
            score=level / (len(SEEN_LEVELS) - 1),
            level=level,
            levels=len(SEEN_LEVELS),
            words=words.strip(),
        ),
        by=by,
        at=at,
    )


def _saved(request: Request, place: Place, words: str, row: Evidence) -> HttpResponse:
    messages.success(request, words, extra_tags=reverse("teacher-take-back", kwargs={"client_id": row.client_id}))
    return _show(request, place, is_saved=True) if request.htmx else redirect(place.address)


def _show(
    request: Request,
    place: Place,
    *,
    observation: ObservationForm | None = None,
    judgement: JudgementForm | None = None,
    is_saved: bool = False,
) -> HttpResponse:
    at = timezone.now()
    today = roster.today_at(place.school_class.school, at)
    rows = list(evidence.evidence_of(place.student, place.competency))
    shown = evidence.explained(place.student, place.competency, at=at, school_class=place.school_class)
    model, known = evidence.known_of(place.student, place.competency.pk, at=at, school_class=place.school_class)
    named = standards.named([place.competency], get_language() or "en")[place.competency.pk]
    facts = {
        "school_class": place.school_class,
        "student": place.student,
        "skill": named,
        "address": place.address,
        "shown": shown,
        "arithmetic": arithmetic(shown, rows, request.person),
        "prior": signed(shown.prior),
        "sum": signed(shown.logit),
        "even_chances": shown.prior == 0,
        "what_ifs": [
            {"right": right, "percent": round(100 * what_if(model, known, right=right, at=at))}
            for right in (True, False)
        ],
        "settled": _row_of(rows, shown.settled_by.id) if shown.settled_by else None,
        "withdrawn": [row.corrects for row in rows if row.kind == "withdrawal" and row.corrects],
        "observation": observation or ObservationForm(initial={"client_id": uuid4()}),
        "judgement": judgement or JudgementForm(today=today, initial={"client_id": uuid4()}),
        "levels": SEEN_LEVELS,
        "judgements": JUDGEMENTS,
        "in_panel": request.htmx and request.htmx.target == "panel",
    }
    status = 422 if observation or judgement else 200
    if facts["in_panel"]:
        if is_saved:
            facts["fresh_cell"] = _fresh_cell(place, at)
        response = render(request, "teacher/cell.html#panel", facts, status=status)
        # A boosted link would move the address to the cell's own page, while the grid is still open.
        response["HX-Push-Url"] = "false"
        return response
    return teacher_page(
        request, "teacher/cell.html", facts, tab="class", school_class=place.school_class, status=status
    )


def _row_of(rows: list[Evidence], client_id: str) -> Evidence | None:
    return next((row for row in rows if str(row.client_id) == client_id), None)


def arithmetic(shown: Estimate, rows: list[Evidence], reader: Person) -> list[dict[str, Any]]:
    """Return what each piece did, newest first: a sentence, a number, and the number in plain words."""
    by_id = {str(row.client_id): row for row in rows}
    return [
        {
            "sentence": sentence(part.sentence, part.facts).rstrip(" :"),
            "icon": KIND_ICONS[part.piece.kind.value],
            "happened_at": part.piece.happened_at,
            "number": signed(part.shift),
            "words": shift_words(part.shift),
            "counts": part.piece.kind.value != "self",
            "is_up": part.shift > 0,
            "on_paper": part.piece.on_paper,
            "bar": shift_bar(part.shift),
            "own": part.piece.kind.value not in {"answer", "self"} and by_id[part.piece.id].by_id == reader.pk,
            "client_id": part.piece.id,
        }
        for part in reversed(shown.contributions)
    ]


def shift_bar(shift: float) -> SafeString:
    """Draw a shift as a bar to the right or the left of the middle; one logit fills one side."""
    width = min(30.0, 30.0 * math.fabs(shift))
    start = 32.0 if shift >= 0 else 32.0 - width
    return mark_safe(  # noqa: S308  numbers only
        f'<svg class="shift" viewBox="0 0 64 12" aria-hidden="true"><line x1="32" x2="32" y1="0" y2="12"/>'
        f'<rect class="{"up" if shift >= 0 else "down"}" x="{start:.1f}" y="2" width="{max(0.5, width):.1f}" height="8"/></svg>'
    )


def _fresh_cell(place: Place, at: datetime) -> SafeString:
    """Return the cell of the grid as it is now, to be swapped in beside the panel."""
    drawn = class_drawing.cell_html(
        evidence.cell(place.student, place.competency.pk, at=at, school_class=place.school_class),
        student_id=place.student.pk,
        competency_id=place.competency.pk,
        address=place.address,
        student=escape(place.student.short_name),
        skill=escape(standards.named([place.competency], get_language() or "en")[place.competency.pk].short),
        sayings=class_drawing.Sayings(at),
    )
    return mark_safe(drawn.replace("<a ", '<a hx-swap-oob="true" ', 1))  # noqa: S308  escaped by the drawing
