"""One student: what they bring, where they stand, what was planned, what adults saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.records.evidence import queries as evidence
from headway.records.planning import dates, shelf
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.records.wellbeing import actions as wellbeing_actions
from headway.records.wellbeing import queries as wellbeing
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import go_back
from headway.web.shared.outlook import outlooks
from headway.web.shared.topics import topic_word
from headway.web.teacher.dates import PACE_WORDS, paces_shown
from headway.web.teacher.page import monday_today, teacher_page, today_of
from headway.web.teacher.words import SEEN_LEVELS, language_name
from headway.web.templatetags.headway import BLOCK_KINDS

if TYPE_CHECKING:
    from headway.records.evidence.models import Evidence
    from headway.records.planning.models import Week
    from headway.records.roster.models import Person
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named
    from headway.web.shared.outlook import Outlook

STRENGTHS = 4
MIX_WIDTH = 120.0
MESSAGE_LENGTH = 2000
LAST_SEEN = 20
MOST_KEPT = 8


class NoteForm(forms.Form):
    """What an adult saw that names no skill."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(
        max_length=2000, error_messages={"required": gettext_lazy("Write what you saw, then save.")}
    )


class MessageForm(forms.Form):
    """A message home in one language or in both."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    english = forms.CharField(required=False, max_length=MESSAGE_LENGTH)
    spanish = forms.CharField(required=False, max_length=MESSAGE_LENGTH)

    def clean(self) -> dict[str, Any]:
        """Ask for words in at least one language."""
        facts = super().clean() or {}
        if not (facts.get("english") or facts.get("spanish")):
            self.add_error("english", gettext("Write a message, in English, in Spanish or in both."))
        return facts


@require_safe
@may(Permission.SEE_CLASS)
def student(request: Request, student: UUID) -> HttpResponse:
    """Show a student of the reader's classes, strengths first."""
    return show(request, roster.taught_student(request.person, student))


@require_POST
@may(Permission.RECORD_EVIDENCE)
def write_note(request: Request, student: UUID) -> HttpResponse:
    """Keep a note; the same form sent twice is one note."""
    person = roster.taught_student(request.person, student)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show(request, person, note=form)
    wellbeing_actions.write_note(
        student=person,
        words=form.cleaned_data["words"],
        client_id=form.cleaned_data["client_id"],
        by=request.person,
        at=timezone.now(),
    )
    messages.success(request, gettext("The note is on {name}’s page.").format(name=person.given_name))
    return redirect("teacher-student", student=person.uuid)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def write_message(request: Request, student: UUID) -> HttpResponse:
    """Send a message home; the same form sent twice is one message."""
    person = roster.taught_student(request.person, student)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return show(request, person, message=form)
    english, spanish = form.cleaned_data["english"], form.cleaned_data["spanish"]
    both = bool(english and spanish)
    school_class = roster.shared_classes(request.person, person).select_related("school").first()
    wellbeing_actions.write_message(
        student=person,
        words=english or spanish,
        language="en" if english else "es",
        translations={"es": spanish} if both else {},
        is_from_home=False,
        monday=monday_today(school_class),
        client_id=form.cleaned_data["client_id"],
        by=request.person,
        at=timezone.now(),
    )
    messages.success(request, gettext("Sent. The family reads it with this week."))
    return redirect("teacher-student", student=person.uuid)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def read_message(request: Request, student: UUID, message_id: int) -> HttpResponse:
    """Remember that somebody at school read what the family wrote."""
    person = roster.taught_student(request.person, student)
    message = wellbeing.message_from_home([person], message_id)
    wellbeing_actions.mark_read(message=message, by=request.person, at=timezone.now())
    return go_back(request, "teacher-today")


def show(
    request: Request,
    person: Person,
    *,
    note: NoteForm | None = None,
    message: MessageForm | None = None,
    pace_typed: tuple[int, Mapping[str, str], str] | None = None,
) -> HttpResponse:
    """Render the page; forms carry what was typed and what is wrong with it (of a pace: class, words typed, problem)."""
    at = timezone.now()
    language = get_language() or "en"
    classes = list(roster.shared_classes(request.person, person).select_related("school"))
    school_class = classes[0]
    path = [competency for each in standards.paths_of(classes).values() for competency in each]
    extra = set(evidence.competency_ids_with_evidence(person)) - {competency.pk for competency in path}
    skills = list({skill.pk: skill for skill in [*path, *standards.competencies_with_ids(extra).values()]}.values())
    names = standards.named(skills, language)
    grid = evidence.cells([person], [skill.pk for skill in skills], at=at)
    profile = roster.profile_of(person)
    goal = roster.goal_of(person)
    paces = paces_shown(person, classes, at=at)
    for pace in paces:
        if pace_typed is not None and pace.school_class.pk == pace_typed[0]:
            _class_id, pace.typed, pace.problem = pace_typed
    timeline = timeline_of(person, names)
    if timeline["has_notes"]:
        wellbeing_actions.note_opened(student=person, by=request.person, at=at)
    facts = {
        "student": person,
        "profile": profile,
        "strengths": strengths(skills, names, grid, person),
        "parts": parts(skills, names, grid, person, outlooks(person, [skill.pk for skill in skills], at=at)),
        "weeks": [week_line(week) for week in planning.weeks_of(person, school_classes=classes)],
        "languages": [
            {"name": language_name(row.language), "row": row}
            for row in person.languages.order_by("-reading_level", "language")
        ],
        "supports": list(person.supports.order_by("kind")),
        "interests": [topic_word(str(tag)) for tag in profile.interests],
        "careers": [topic_word(str(tag)) for tag in profile.careers],
        "goal": goal,
        "paces": paces,
        "pace_choices": [(word, label) for word, (label, _icon) in PACE_WORDS.items()],
        "kept": list(shelf.kept_by(person, school_class.school)[:MOST_KEPT]),
        "own_dates": dates.own_dates(person, school_classes=classes, on=today_of(school_class)),
        "goal_days": wellbeing.goal_days(goal) if goal else None,
        "guardians": list(roster.guardian_links_of(person)),
        "timeline": timeline["entries"],
        "home": wellbeing.messages_about(person),
        "note": note or NoteForm(initial={"client_id": uuid4()}),
        "message": message or MessageForm(initial={"client_id": uuid4()}),
        "classes_together": classes,
        "today": today_of(school_class),
    }
    return teacher_page(
        request,
        "teacher/student.html",
        facts,
        tab="class",
        school_class=school_class,
        status=422 if note or message or pace_typed else 200,
    )


def strengths(
    skills: list[Competency], names: dict[int, Named], grid: dict[tuple[int, int], evidence.Cell], person: Person
) -> list[dict[str, Any]]:
    """Return what the student is surest of: a page about a child starts with what the child brings."""
    shown: list[dict[str, Any]] = [
        {"skill": names[skill.pk], "cell": cell}
        for skill in skills
        for cell in [grid.get((person.pk, skill.pk))]
        if cell is not None and cell.pieces and cell.word in {"growing", "secure", "beyond"}
    ]
    shown.sort(key=lambda row: (-row["cell"].low, row["skill"].short))
    return shown[:STRENGTHS]


def parts(
    skills: list[Competency],
    names: dict[int, Named],
    grid: dict[tuple[int, int], evidence.Cell],
    person: Person,
    ahead: dict[int, Outlook],
) -> list[dict[str, Any]]:
    """Return the mastery map: skills under the heading of their framework's part, the surest first in each."""
    headings = standards.competencies_with_ids({skill.parent_id for skill in skills if skill.parent_id})
    heading_names = standards.named(headings.values(), get_language() or "en")
    grouped: dict[int, list[dict[str, Any]]] = {}
    for skill in skills:
        row = {
            "skill": names[skill.pk],
            "cell": grid.get((person.pk, skill.pk), evidence.NO_EVIDENCE),
            "outlook": ahead.get(skill.pk),
        }
        grouped.setdefault(skill.parent_id or 0, []).append(row)
    shown = []
    for parent_id, rows in grouped.items():
        rows.sort(key=lambda row: (not row["cell"].pieces, -row["cell"].chance, row["skill"].short))
        heading = heading_names.get(parent_id)
        shown.append({"heading": heading.short if heading else "", "rows": rows})
    return shown


def week_line(week: Week) -> dict[str, Any]:
    """Return one line of the plan history."""
    blocks = list(week.blocks.all())
    minutes: dict[str, int] = {}
    for block in blocks:
        minutes[block.kind] = minutes.get(block.kind, 0) + block.minutes
    return {
        "week": week,
        "monday": week.class_week.monday,
        "mix": mix(minutes),
        "done": sum(block.finished_at is not None for block in blocks),
        "blocks": len(blocks),
        "not_sure": sum(block.feeling == "not-sure" for block in blocks),
    }


def mix(minutes: dict[str, int]) -> SafeString:
    """Draw what a week is made of; the words say the same."""
    total = sum(minutes.values())
    left, drawn, said = 0.0, [], []
    for kind in BLOCK_KINDS:
        if not minutes.get(kind):
            continue
        width = MIX_WIDTH * minutes[kind] / total
        drawn.append(f'<rect class="mk-{kind}" x="{left:.1f}" width="{max(0.5, width - 1):.1f}" height="14"/>')
        said.append(
            ngettext("{kind} {minutes} minute", "{kind} {minutes} minutes", minutes[kind]).format(
                kind=BLOCK_KINDS[kind][1], minutes=minutes[kind]
            )
        )
        left += width
    label = ", ".join(said)
    return mark_safe(  # noqa: S308  numbers and our own words only
        f'<svg class="mix" viewBox="0 0 120 14" role="img" aria-label="{label}">{"".join(drawn)}</svg>'
    )


def timeline_of(person: Person, names: dict[int, Named]) -> dict[str, Any]:
    """Return notes, observations and judgements as one line of time, newest first."""
    notes = wellbeing.notes_about(person)
    seen = evidence.timeline(person)
    entries = [{"kind": "note", "at": note.at, "by": note.by, "words": note.words} for note in notes]
    entries += [_entry(row, names) for row in seen]
    entries.sort(key=_moment, reverse=True)
    return {"entries": entries[:LAST_SEEN], "has_notes": bool(notes)}


def _moment(entry: dict[str, Any]) -> datetime:
    at: datetime = entry["at"]
    return at


def _entry(row: Evidence, names: dict[int, Named]) -> dict[str, Any]:
    named = names.get(row.competency_id)
    levels = dict(SEEN_LEVELS)
    how = str(levels.get(row.level or 0, "")) if row.kind == "observation" and row.levels == len(levels) else ""
    return {
        "kind": row.kind,
        "kind_name": row.get_kind_display(),
        "at": row.happened_at,
        "by": row.by,
        "words": row.words,
        "how": how,
        "word": row.settles_as,
        "skill": named.short if named else str(row.competency),
        "competency_id": row.competency_id,
        "resource": row.resource,
    }
