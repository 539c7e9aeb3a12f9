"""The school at a glance: its classes, their plans this week, and what needs somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from headway.core.access.roles import Permission
from headway.core.shared.school_weeks import coming_monday, monday_of
from headway.records.planning.queries import status_counts
from headway.records.roster import queries
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may

if TYPE_CHECKING:
    from headway.records.roster.models import Class, Person

LEAD_PARTS = ("lead", "co")


@dataclass(kw_only=True)
class ClassLine:
    """One class in the leader's table."""

    school_class: Class
    teachers: list[Person] = field(default_factory=list)
    students: int = 0
    approved: int = 0
    drafts: int = 0
    without_card: int = 0

    @property
    def missing(self) -> int:
        """Students without any plan this week."""
        return max(0, self.students - self.approved - self.drafts)


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that needs the leader: the sentence and where to do it."""

    school_class: Class
    words: str
    action: str
    page: str


@require_safe
@may(Permission.SEE_SCHOOL)
def home(request: Request) -> HttpResponse:
    """Show the classes of the leader's schools."""
    today = timezone.localdate()
    # On a weekend the week that matters is the one that comes.
    monday = coming_monday(today) if today.weekday() > 4 else monday_of(today)
    lines = class_lines(request.person, monday)
    facts = {
        "lines": lines,
        "needs": [need for line in lines for need in needs_of(line)],
        "monday": monday,
        "students": queries.student_count(line.school_class for line in lines),
        "approved": sum(line.approved for line in lines),
        "drafts": sum(line.drafts for line in lines),
        "schools": list(queries.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk")),
    }
    return leader_page(request, "leader/home.html", facts, tab="school")


def class_lines(leader: Person, monday: date) -> list[ClassLine]:
    """Return every class with its teachers and the state of its plans; a fixed number of queries."""
    classes = list(queries.classes_led_by(leader).select_related("school"))
    counts = status_counts(classes, monday)
    without_card = queries.students_without_card(classes)
    lines = []
    for school_class in classes:
        of_class = counts.get(school_class.pk, {})
        lines.append(
            ClassLine(
                school_class=school_class,
                teachers=[row.teacher for row in school_class.teachings.all() if row.part in LEAD_PARTS],
                students=cast("Any", school_class).student_count,
                drafts=of_class.get("draft", 0),
                approved=sum(count for status, count in of_class.items() if status != "draft"),
                without_card=without_card.get(school_class.pk, 0),
            )
        )
    return lines


def needs_of(line: ClassLine) -> list[Need]:
    """Return what a person should do about a class, the most pressing first."""
    name, found = line.school_class.name, []
    if not line.teachers:
        found.append((gettext("{name} has no teacher").format(name=name), gettext("Choose a teacher"), "leader-class"))
    if line.students and not line.approved and not line.drafts:
        found.append(
            (gettext("{name} has no plans this week").format(name=name), gettext("Open the class"), "leader-class")
        )
    elif line.drafts and line.approved:
        words = ngettext(
            "{name}: {count} plan still waits for approval",
            "{name}: {count} plans still wait for approval",
            line.drafts,
        )
        found.append((words.format(name=name, count=line.drafts), gettext("Open the class"), "leader-class"))
    elif line.drafts:
        words = gettext("{name}: the plans are drafted and none is approved")
        found.append((words.format(name=name), gettext("Open the class"), "leader-class"))
    if line.without_card:
        words = ngettext(
            "{name}: {count} student has no sign-in card",
            "{name}: {count} students have no sign-in card",
            line.without_card,
        )
        found.append((words.format(name=name, count=line.without_card), gettext("Make cards"), "leader-cards"))
    return [
        Need(school_class=line.school_class, words=words, action=action, page=page) for words, action, page in found
    ]
