"""Reports, read by the leaders of a school; and the groups by which students are compared."""

from __future__ import annotations

from datetime import datetime

from headway.records.evidence.models import Evidence
from headway.records.reports.models import Report
from headway.records.roster.models import Enrolment, Organisation, RoleGrant, StudentLanguage, Support

HOME_LANGUAGE, LANGUAGE_OF_CLASS, SUPPORT = "home-language", "language-of-class", "support"
WITH, WITHOUT = "with", "without"
SAME, OTHER = "same", "other"


def fairness_reports(school: Organisation, *, limit: int = 12) -> list[Report]:
    """Return the newest fairness reports of a school, without their parts."""
    rows = Report.objects.filter(school=school, kind=Report.Kind.FAIRNESS).select_related("made_by")
    return list(rows.defer("parts").order_by("-made_at", "-pk")[:limit])


def schools_without_a_report(*, since: datetime) -> list[Organisation]:
    """Return the schools whose newest fairness report is older than a moment, or that have none."""
    fresh = Report.objects.filter(kind=Report.Kind.FAIRNESS, made_at__gte=since).values("school")
    return list(Organisation.objects.filter(kind=Organisation.Kind.SCHOOL).exclude(pk__in=fresh).order_by("pk"))


def answers_of(school: Organisation) -> int:
    """Return how many answers a comparison of a school would look at."""
    students = RoleGrant.objects.filter(organisation=school, role="student").values("person")
    return Evidence.objects.filter(kind=Evidence.Kind.ANSWER, corrected_by__isnull=True, student__in=students).count()


def groups_of(school: Organisation) -> dict[str, dict[int, str]]:
    """Return by what the students of a school are compared: column -> the group of each student by primary key.

    The language at home; whether it is a language of the student's classes; each support that somebody has, with or without.
    """
    students = set(
        RoleGrant.objects.filter(organisation=school, role="student", person__is_active=True).values_list(
            "person_id", flat=True
        )
    )
    at_home: dict[int, list[str]] = {}
    rows = StudentLanguage.objects.filter(student__in=students, is_home_language=True).order_by("language")
    for student, language in rows.values_list("student_id", "language"):
        at_home.setdefault(student, []).append(language)
    taught: dict[int, set[str]] = {}
    enrolled = Enrolment.objects.filter(student__in=students, left_on=None)
    for student, language in enrolled.values_list("student_id", "school_class__language"):
        taught.setdefault(student, set()).add(language)
    found = {
        HOME_LANGUAGE: {student: "+".join(languages) for student, languages in at_home.items()},
        LANGUAGE_OF_CLASS: {
            student: SAME if taught.get(student, set()) & set(languages) else OTHER
            for student, languages in at_home.items()
        },
    }
    supported: dict[str, set[int]] = {}
    for student, kind in Support.objects.filter(student__in=students).values_list("student_id", "kind"):
        supported.setdefault(kind, set()).add(student)
    for kind, having in sorted(supported.items()):
        found[f"{SUPPORT}:{kind}"] = {student: WITH if student in having else WITHOUT for student in students}
    return found


def fairness_report(school: Organisation, report_id: int | None = None) -> Report | None:
    """Return one fairness report of a school whole, the newest when none is named; ask only for a school the reader leads."""
    rows = Report.objects.filter(school=school, kind=Report.Kind.FAIRNESS).select_related("made_by")
    if report_id is not None:
        rows = rows.filter(pk=report_id)
    return rows.order_by("-made_at", "-pk").first()
