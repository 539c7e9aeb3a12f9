"""What the evidence says about one student and one skill, with the arithmetic in words, and a place to add to it."""

from __future__ import annotations

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
from headway.core.evidence.methods import Method
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence import queries as evidence
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.mastery_rule import method_name, rule_words
from headway.web.teacher import arithmetic, class_drawing
from headway.web.teacher.next_questions import next_questions
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import JUDGEMENTS, READY_REASONS, SEEN_LEVELS, signed

if TYPE_CHECKING:
    from headway.core.evidence.learner_model import Known, LearnerModel
    from headway.core.evidence.values import Estimate
    from headway.records.evidence.models import Evidence
    from headway.records.roster.models import Class, Person
    from headway.records.standards.models import Competency

FEW_TO_READ = 6  # as many pieces are read at a glance; more are folded away in the panel


class ObservationForm(forms.Form):
    """What an adult saw: one of four levels, and words."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    level = forms.TypedChoiceField(
        coerce=int, choices=SEEN_LEVELS, error_messages={"required": _("Choose how it was done.")}
    )
    words = forms.CharField(max_length=1000, error_messages={"required": _("Write what you saw, in a few words.")})


class JudgementForm(forms.Form):
    """A judgement of full standing: a word with a ready reason in one press (`tick`), or a word with the teacher's own."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    tick = forms.CharField(required=False, max_length=40)
    word = forms.ChoiceField(
        required=False, choices=JUDGEMENTS, error_messages={"invalid_choice": _("Choose one of the four words.")}
    )
    reason = forms.CharField(required=False, max_length=1000)
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

    def clean(self) -> dict[str, Any]:
        """Ask for a word and a reason; what was typed beside a ready reason is kept after it."""
        facts = super().clean() or {}
        word, _dot, key = facts.get("tick", "").partition(".")
        ready = next((str(words) for reason, words, _icon in READY_REASONS if reason == key), "")
        if ready and word in dict(JUDGEMENTS):
            own = facts.get("reason", "")
            return {**facts, "word": word, "reason": f"{ready}. {own}" if own else ready}
        if not facts.get("word") and "word" not in self.errors:
            self.add_error("word", gettext("Choose one of the four words."))
        if not facts.get("reason") and "reason" not in self.errors:
            self.add_error("reason", gettext("Say in a few words why you judge so. Families and colleagues read it."))
        return facts


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
        expires_on=form.cleaned_data.get("expires_on"),
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
    in_panel = bool(request.htmx and request.htmx.target == "panel")
    facts = {
        "school_class": place.school_class,
        "student": place.student,
        "skill": named,
        "address": place.address,
        "shown": shown,
        **_why(shown, model, known, rows, request, at),
        "changes": arithmetic.change_lines(
            evidence.word_changes(place.student, place.competency, school_class=place.school_class)
        ),
        "questions": next_questions(place.school_class, place.competency.pk, rows, shown, known.rule, at=at),
        "withdrawn": [row.corrects for row in rows if row.kind == "withdrawal" and row.corrects],
        "observation": observation or ObservationForm(initial={"client_id": uuid4()}),
        "judgement": judgement or JudgementForm(today=today, initial={"client_id": uuid4()}),
        "levels": SEEN_LEVELS,
        "judgements": JUDGEMENTS,
        "reasons": READY_REASONS,
        "may_judge": roster.may(request.person, Permission.RECORD_EVIDENCE),
        "may_rule": roster.may(request.person, Permission.SET_MASTERY_RULES),
        "in_panel": in_panel,
        "is_open": not in_panel or len(shown.contributions) <= FEW_TO_READ,
    }
    status = 422 if observation or judgement else 200
    if in_panel:
        if is_saved:
            facts["fresh_cell"] = _fresh_cell(place, at)
        response = render(request, "teacher/cell.html#panel", facts, status=status)
        # A boosted link would move the address to the cell's own page, while the grid is still open.
        response["HX-Push-Url"] = "false"
        return response
    return teacher_page(
        request, "teacher/cell.html", facts, tab="class", school_class=place.school_class, status=status
    )


def _why(
    shown: Estimate, model: LearnerModel, known: Known, rows: list[Evidence], request: Request, at: datetime
) -> dict[str, Any]:
    """Return why the rating is what it is: the sum, each piece, how sure, what is missing, when to look again, which rule."""
    rule, is_model = known.rule, known.rule.method is Method.MODEL
    settled = _row_of(rows, shown.settled_by.id) if shown.settled_by else None
    return {
        "sums": arithmetic.sum_lines(shown),
        "sum": signed(shown.logit),
        "pieces": arithmetic.piece_lines(shown, rows, request.person),
        "what_ifs": [
            {"right": right, "percent": round(100 * what_if(model, known, right=right, at=at))}
            for right in (True, False)
        ],
        "settled": settled,
        "is_own_judgement": settled is not None and settled.by_id == request.person.pk,
        "without_judgement": arithmetic.word_without_judgement(model, known, at=at) if settled else "",
        "range_words": arithmetic.range_words(shown, at),
        "certain_words": arithmetic.certain_words(shown, rule) if is_model else "",
        "missing_words": arithmetic.missing_words(model, known, shown, at=at),
        "look_words": arithmetic.look_words(model, known, shown, at=at),
        "rule_name": method_name(rule),
        "rule_words": " ".join(rule_words(rule)),
        "rule_steps": arithmetic.rule_steps(shown, rule, at=at),
        "is_model": is_model,
        "secure_line": rule.secure_share,
    }


def _row_of(rows: list[Evidence], client_id: str) -> Evidence | None:
    return next((row for row in rows if str(row.client_id) == client_id), None)


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
