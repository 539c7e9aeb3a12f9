"""The teacher's morning: who needs me and why, the day with its groups, and a note in a few words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.grouping import TEAM
from headway.core.shared.school_weeks import coming_monday, monday_of
from headway.core.wellbeing import Need, NeedKind, Signs, Skill, morning_list, read_note
from headway.records.evidence import queries as evidence
from headway.records.grouping import queries as grouping
from headway.records.planning import actions as planning_actions
from headway.records.planning import limits
from headway.records.planning import queries as planning
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.records.wellbeing import actions as wellbeing_actions
from headway.records.wellbeing import queries as wellbeing
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher.cell import record_observation
from headway.web.teacher.class_grid import title_of
from headway.web.teacher.dates import moves_on_shown
from headway.web.teacher.page import teacher_page, today_of
from headway.web.teacher.words import SEEN_LEVELS

if TYPE_CHECKING:
    from headway.records.grouping.models import Group
    from headway.records.planning.models import HelpRequest, ItemWork
    from headway.records.roster.models import Class, ClassPeriod, Enrolment, Person
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named
    from headway.records.wellbeing.models import FamilyMessage

NOON, EVENING = 12, 17
LOOK_BACK = timedelta(days=14)
NEEDS_WORDS = {
    NeedKind.ASKED: ("hand", _("Asked for you")),
    NeedKind.FAMILY_WROTE: ("house", _("From home")),
}
# icons: hand house


class QuickNoteForm(forms.Form):
    """A note in a few words: who, what was seen, and perhaps which skill and how."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    student = forms.UUIDField(required=False)
    words = forms.CharField(max_length=1000, error_messages={"required": _("Write what you saw, then save.")})
    skill = forms.IntegerField(required=False)
    level = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, choices=SEEN_LEVELS)

    def __init__(self, *args: Any, students: Sequence[Person], skills: Sequence[Competency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.students = {student.pk: student for student in students}
        self.by_uuid = {student.uuid: student for student in students}
        self.skills = {skill.pk: skill for skill in skills}

    def clean_skill(self) -> Competency | None:
        """Find the skill on the paths of the classes."""
        return self.skills.get(self.cleaned_data["skill"] or 0)

    def clean(self) -> dict[str, Any]:
        """Find the student: the chosen one, else the name before the colon."""
        facts = super().clean() or {}
        chosen = facts.get("student")
        facts["about"] = self.by_uuid.get(chosen) if chosen else None
        words = facts.get("words", "")
        if facts["about"] is None and words:
            people = [(pk, each.given_name, each.family_name) for pk, each in self.students.items()]
            read = read_note(words, people)
            if read.fitting > 1:
                self.add_error("student", gettext("More than one student is called so. Choose one."))
            elif read.student is None:
                self.add_error(
                    "student", gettext("Say who it is about: choose a student, or begin with a name and a colon.")
                )
            elif not read.words:
                self.add_error("words", gettext("Write what you saw, then save."))
            else:
                facts["about"], facts["words"] = self.students[int(str(read.student))], read.words
        if facts.get("skill") is not None and facts.get("level") is None:
            self.add_error("level", gettext("Choose how it was done, so that it can count as evidence."))
        return facts


@dataclass(kw_only=True)
class Teaching:
    """Whom the reader works with: classes, students, and the paths of the classes."""

    classes: list[Class]
    enrolments: list[Enrolment]
    paths: dict[int, list[Competency]]

    @property
    def students(self) -> list[Person]:
        """Each student once, in the order of the names."""
        return list({row.student_id: row.student for row in self.enrolments}.values())

    @property
    def skills(self) -> list[Competency]:
        """Each skill on a path once."""
        return list({skill.pk: skill for path in self.paths.values() for skill in path}.values())


def teaching_of(request: Request) -> Teaching:
    """Return whom the reader works with."""
    classes = list(roster.classes_taught_by(request.person).select_related("school"))
    return Teaching(classes=classes, enrolments=list(roster.enrolments_in(classes)), paths=standards.paths_of(classes))


@require_safe
@may(Permission.SEE_CLASS)
def today(request: Request) -> HttpResponse:
    """Show the day."""
    return _show(request)


@require_POST
@may(Permission.RECORD_EVIDENCE)
def note(request: Request) -> HttpResponse:
    """Save a quick note: evidence where it names a skill, else a note; sent twice it is one."""
    teaching = teaching_of(request)
    form = QuickNoteForm(request.POST, students=teaching.students, skills=teaching.skills)
    if not form.is_valid():
        return _show(request, form=form)
    at = timezone.now()
    student, skill = form.cleaned_data["about"], form.cleaned_data["skill"]
    words, client_id = form.cleaned_data["words"], form.cleaned_data["client_id"]
    if skill is None:
        wellbeing_actions.write_note(student=student, words=words, by=request.person, at=at, client_id=client_id)
        messages.success(request, gettext("Saved to {name}’s page.").format(name=student.given_name))
    else:
        row = record_observation(
            request.person, student, skill, level=form.cleaned_data["level"], words=words, client_id=client_id, at=at
        )
        named = standards.named([skill], get_language() or "en")[skill.pk]
        messages.success(
            request,
            gettext("Saved to {name}’s page as evidence for {skill}.").format(
                name=student.given_name, skill=named.short
            ),
            extra_tags=reverse("teacher-take-back", kwargs={"client_id": row.client_id}),
        )
    return redirect("teacher-today")


@require_POST
@may(Permission.RECORD_EVIDENCE)
def answer_help(request: Request, help_id: int) -> HttpResponse:
    """Answer a student who asked; without words it says that somebody went there."""
    asked = planning.help_for(request.person, help_id)
    planning_actions.answer_help(
        request=asked, words=request.POST.get("words", "").strip()[:500], by=request.person, at=timezone.now()
    )
    messages.success(request, gettext("{name} sees that you answered.").format(name=asked.student.given_name))
    return redirect("teacher-today")


def _show(request: Request, *, form: QuickNoteForm | None = None) -> HttpResponse:
    at = timezone.now()
    teaching = teaching_of(request)
    only = request.GET.get("class", "")
    opened = next((each for each in teaching.classes if str(each.pk) == only), None)
    names = standards.named(teaching.skills, get_language() or "en")
    looked_at = [row for row in teaching.enrolments if opened is None or row.school_class_id == opened.pk]
    needs, quieter, news = who_needs_me(teaching, looked_at, names, at=at)
    to_read = answers_to_read(teaching, opened)
    writers = list({work.block.week.student_id: work.block.week.student for work in to_read}.values())
    moves_on = moves_on_shown(teaching.classes if opened is None else [opened], at=at)
    day = today_of(opened or (teaching.classes[0] if teaching.classes else None))
    school_day, periods = roster.next_school_day(teaching.classes, day)
    facts = {
        "greeting": greeting(at, request.person.formal_name),
        "summary": summary(len(needs)),
        "news": news,
        "done_for_you": limits.approved_by_rule(teaching.classes, since=monday_of(day))
        if roster.may(request.person, Permission.PLAN_WEEKS)
        else [],
        "needs": needs,
        "quieter": quieter,
        "to_read": to_read,
        "moves_on": moves_on,
        "move_on_waits": any(each.state == "waits" for each in moves_on),
        "all_asked": all(need["is_first"] for need in needs),
        "writers": writers,
        "only": opened,
        "day": day,
        "school_day": school_day,
        "periods": day_of(teaching.classes, school_day, periods, names, at=at, today=day),
        "form": form
        or QuickNoteForm(
            students=teaching.students,
            skills=teaching.skills,
            initial={"client_id": uuid4(), "student": request.GET.get("student", "")},
        ),
        "class_lists": class_lists(teaching),
        "skill_lists": skill_lists(teaching, names),
        "levels": SEEN_LEVELS,
        "recent": recent(request.person, names),
        "has_classes": bool(teaching.classes),
    }
    return teacher_page(
        request, "teacher/today.html", facts, tab="today", school_class=opened, status=422 if form else 200
    )


def greeting(at: datetime, name: str) -> str:
    """Return a greeting for the hour."""
    hour = timezone.localtime(at).hour
    if hour < NOON:
        words = gettext("Good morning, {name}.")
    else:
        words = gettext("Good afternoon, {name}.") if hour < EVENING else gettext("Good evening, {name}.")
    return words.format(name=name)


def summary(count: int) -> str:
    """Return in one sentence how many students need the teacher."""
    if not count:
        return gettext("Nobody waits for you.")
    return ngettext("{count} student needs you today.", "{count} students need you today.", count).format(count=count)


# --- who needs me ----------------------------------------------------------------------------------------------------


def who_needs_me(
    teaching: Teaching, looked_at: Sequence[Enrolment], names: dict[int, Named], *, at: datetime
) -> tuple[list[dict[str, Any]], int, dict[str, int]]:
    """Return the rows of the morning list, how many quieter ones were left out, and what came in since yesterday."""
    rows = {row.student_id: row for row in looked_at}
    students = [row.student for row in rows.values()]
    asked: dict[int, list[HelpRequest]] = defaultdict(list)
    for each in planning.open_help(teaching.classes):
        asked[each.student_id].append(each)
    wrote: dict[int, list[FamilyMessage]] = defaultdict(list)
    for message in wellbeing.unread_from_home(students):
        wrote[message.student_id].append(message)
    answers: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for recent_answers in evidence.recent_answers(students, since=at - LOOK_BACK):
        answers[recent_answers.student_id].append(
            (recent_answers.competency_id, recent_answers.misses, recent_answers.rights)
        )
    names = names | _beside_the_path(teaching, {row[0] for rows in answers.values() for row in rows} - set(names))
    answers = {pk: [row for row in rows if row[0] in names] for pk, rows in answers.items()}
    week_ago = at - timedelta(days=7)
    this_week = evidence.pieces_in(students, start=week_ago, end=at)
    before = evidence.pieces_in(students, start=week_ago - timedelta(days=21), end=week_ago)
    newest = evidence.newest_evidence_at(students)
    grid = evidence.cells(students, list(names), at=at)
    skills: dict[int, list[Skill]] = defaultdict(list)
    for (student_id, competency_id), cell in grid.items():
        # Only these two words can be a sign; the rest need not be looked at.
        if cell.word in {"beyond", "recheck"} and cell.pieces:
            skills[student_id].append(_skill(competency_id, cell, at))
    today = timezone.localdate(at)
    shown, quieter = morning_list(
        Signs(
            student=student.pk,
            asked=len(asked[student.pk]),
            family_wrote=len(wrote[student.pk]),
            answers=tuple(answers.get(student.pk, ())),
            pieces_this_week=this_week.get(student.pk, 0),
            pieces_before=before.get(student.pk, 0),
            days_enrolled=(today - rows[student.pk].joined_on).days,
            days_since_trace=(at - newest[student.pk]).days if student.pk in newest else None,
            skills=tuple(skills[student.pk]),
        )
        for student in students
    )
    classes = {each.pk: each for each in teaching.classes}
    found = []
    for needs in shown:
        student_id = int(str(needs[0].student))
        row = rows[student_id]
        skill_id = int(str(needs[0].competency)) if needs[0].competency is not None else None
        found.append(
            {
                "student": row.student,
                "school_class": classes[row.school_class_id],
                "kind": needs[0].kind.value,
                "headline": headline(needs[0], row.student),
                "seen": seen(needs[0], names),
                "also": [also_words(each, row.student, names) for each in needs[1:] if each.seen],
                "is_first": needs[0].kind in {NeedKind.ASKED, NeedKind.FAMILY_WROTE},
                "tag": NEEDS_WORDS.get(needs[0].kind),
                "asked": asked[student_id],
                "wrote": wrote[student_id],
                "skill": names.get(skill_id) if skill_id is not None else None,
                "cell": grid.get((student_id, skill_id)) if skill_id is not None else None,
            }
        )
    start = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    news = {
        "pieces": sum(evidence.pieces_in(students, start=start, end=at).values()),
        "asked": sum(len(asked[student.pk]) for student in students),
        "wrote": sum(map(len, wrote.values())),
    }
    return found, quieter, news


def _beside_the_path(teaching: Teaching, competency_ids: set[int]) -> dict[int, Named]:
    """Return the names of skills that the path builds on; what another teacher works on is not ours to chase."""
    school_id = teaching.classes[0].school_id if teaching.classes else None
    pairs = standards.prerequisite_pairs([skill.pk for skill in teaching.skills], school_id=school_id)
    below = {origin for origin, _target in pairs}
    found = standards.competencies_with_ids(competency_ids & below).values()
    return standards.named(found, get_language() or "en")


def answers_to_read(teaching: Teaching, opened: Class | None) -> list[ItemWork]:
    """Return the long answers that wait, the oldest first."""
    return list(planning.answers_to_mark(teaching.classes if opened is None else [opened]))


def _skill(competency_id: int, cell: evidence.Cell, at: datetime) -> Skill:
    return Skill(
        competency=competency_id,
        chance=cell.chance,
        low=cell.low,
        high=cell.high,
        pieces=cell.pieces,
        word=cell.word,
        days_old=(at - cell.newest_at).days if cell.newest_at else None,
    )


def headline(need: Need, student: Person) -> SafeString:
    """Return name and reason as one sentence, with the name as a link."""
    link = format_html(
        '<a href="{}">{}</a>', reverse("teacher-student", kwargs={"student": student.uuid}), student.short_name
    )
    return format_html(gettext(need.headline), name=link, **need.facts)


def seen(need: Need, names: dict[int, Named]) -> str:
    """Return what was seen, in words."""
    named = names.get(int(str(need.competency))) if need.competency is not None else None
    return sentence(need.seen, {**need.facts, "skill": named.short if named else ""})


def also_words(need: Need, student: Person, names: dict[int, Named]) -> str:
    """Return a further reason in one or two sentences."""
    words = gettext(need.headline).format(name=student.given_name, **need.facts)
    return f"{words}. {seen(need, names)}".strip()


# --- the day ---------------------------------------------------------------------------------------------------------


def day_of(
    classes: Sequence[Class],
    day: date,
    periods: Sequence[ClassPeriod],
    names: dict[int, Named],
    *,
    at: datetime,
    today: date,
) -> list[dict[str, Any]]:
    """Return the day's periods with the groups that meet in them, one group after the other."""
    groups: dict[int, list[Group]] = defaultdict(list)
    for group in grouping.groups_in(classes, monday_of(day)):
        if group.weekday == day.weekday():
            groups[group.school_class_id].append(group)
    planned = coming_monday(today)
    states = planning.status_counts(classes, planned)
    now = timezone.localtime(at).time()
    coming = next((period for period in periods if day != today or _ends(period) > now), None)
    shown, seated = [], set()
    for period in periods:
        own = [] if period.school_class_id in seated else groups[period.school_class_id]
        drafts = 0 if period.school_class_id in seated else states.get(period.school_class_id, {}).get("draft", 0)
        seated.add(period.school_class_id)
        starts = datetime.combine(day, period.starts_at)
        entries: list[dict[str, Any]] = []
        for group in own:
            named = names.get(group.competency_id)
            if group.kind == TEAM and entries and entries[-1].get("task") == group.resource_id:
                # Teams of one task work at the same time: one line for all of them.
                entries[-1]["students"] += [member.student for member in group.members.all()]
                continue
            skill = named.short if named else str(group.competency)
            entries.append(
                {
                    "starts_at": starts.time(),
                    "title": title_of(
                        group.kind, group.resource.title if group.kind == TEAM and group.resource else skill
                    ),
                    "task": group.resource_id if group.kind == TEAM else None,
                    "minutes": group.minutes,
                    "students": [member.student for member in group.members.all()],
                }
            )
            starts += timedelta(minutes=group.minutes)
        shown.append(
            {
                "period": period,
                "groups": entries,
                "drafts": drafts,
                "planned": planned,
                "is_now": coming is period and (day != today or period.starts_at > now),
                "is_running": coming is period and day == today and period.starts_at <= now,
            }
        )
    return shown


def _ends(period: ClassPeriod) -> time:
    return (datetime.combine(date.min, period.starts_at) + timedelta(minutes=period.minutes)).time()


# --- the note --------------------------------------------------------------------------------------------------------


def class_lists(teaching: Teaching) -> list[tuple[Class, list[Person]]]:
    """Return the students by class, for the menu."""
    by_class: dict[int, list[Person]] = defaultdict(list)
    for row in teaching.enrolments:
        by_class[row.school_class_id].append(row.student)
    return [(each, by_class[each.pk]) for each in teaching.classes]


def skill_lists(teaching: Teaching, names: dict[int, Named]) -> list[tuple[Class, list[Named]]]:
    """Return the skills by class, each once, for the menu."""
    told: set[int] = set()
    lists = []
    for each in teaching.classes:
        own = [names[skill.pk] for skill in teaching.paths[each.pk] if skill.pk not in told]
        told.update(named.pk for named in own)
        if own:
            lists.append((each, own))
    return lists


def recent(person: Person, names: dict[int, Named]) -> list[dict[str, Any]]:
    """Return what the reader wrote last, notes and evidence in one list."""
    entries: list[dict[str, Any]] = [
        {"at": row.at, "student": row.student, "words": row.words, "skill": "", "client_id": None}
        for row in wellbeing.notes_by(person)
    ]
    for row in evidence.observed_by(person):
        named = names.get(row.competency_id)
        entries.append(
            {
                "at": row.received_at,
                "student": row.student,
                "words": row.words,
                "skill": named.short if named else str(row.competency),
                "client_id": row.client_id,
            }
        )
    entries.sort(key=lambda entry: entry["at"], reverse=True)
    return entries[:5]
