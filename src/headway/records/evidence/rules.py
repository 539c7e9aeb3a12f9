"""Which rule of mastery holds for whom: the class's own, else the skill's, the framework's, the school's, else Headway's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from headway.core.evidence.methods import DEFAULT_RULE, Rule, rule_from_json
from headway.records.evidence.models import MasteryRule
from headway.records.roster.models import Class, Enrolment, Organisation
from headway.records.standards.models import ClassCompetency, Competency


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules in force at a moment; most schools have none of their own."""

    by_class: Mapping[int, Rule] = field(default_factory=dict)
    by_competency: Mapping[tuple[int, int], Rule] = field(default_factory=dict)
    by_framework: Mapping[tuple[int, int], Rule] = field(default_factory=dict)
    by_school: Mapping[int, Rule] = field(default_factory=dict)
    frameworks: Mapping[int, int] = field(default_factory=dict)
    classes: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    paths: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def of(self, student_id: int, competency_id: int) -> Rule:
        """Return the rule for one student and one competency."""
        if not self.classes:
            return DEFAULT_RULE
        # A class that has the skill on its path speaks for it before the student's other classes do.
        own = self.classes.get(student_id, ())
        meant = [place for place in own if competency_id in self.paths.get(place[0], ())] or own
        for school_class, _school in meant:
            if school_class in self.by_class:
                return self.by_class[school_class]
        framework = self.frameworks.get(competency_id, 0)
        for _class, school in meant:
            rule = self.by_competency.get((school, competency_id)) or self.by_framework.get((school, framework))
            rule = rule or self.by_school.get(school)
            if rule is not None:
                return rule
        return DEFAULT_RULE


def in_force(at: datetime) -> QuerySet[MasteryRule]:
    """Return the rules that hold at a moment."""
    return MasteryRule.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)


def rules_at(
    at: datetime,
    *,
    student_ids: Iterable[int] = (),
    competency_ids: Iterable[int] = (),
    school_class: Class | None = None,
) -> Rules:
    """Return what is needed to tell the rule of any of the students and competencies; one query where no rule was made."""
    rows = in_force(at)
    if school_class is not None:
        rows = rows.filter(school=school_class.school_id)
    found = list(rows)
    if not found:
        return Rules()
    students, competencies = list(student_ids), list(competency_ids)
    classes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if school_class is not None:
        for student in students:
            classes[student].append((school_class.pk, school_class.school_id))
    else:
        enrolled = Enrolment.objects.filter(student__in=students, left_on=None).order_by("pk")
        for student, class_id, school in enrolled.values_list(
            "student_id", "school_class_id", "school_class__school_id"
        ):
            classes[student].append((class_id, school))
    paths: dict[int, set[int]] = defaultdict(set)
    ruled = [row.school_class_id for row in found if row.school_class_id]
    if ruled and school_class is None:
        on_paths = ClassCompetency.objects.filter(school_class__in=ruled, competency__in=competencies)
        for class_id, competency in on_paths.values_list("school_class_id", "competency_id"):
            paths[class_id].add(competency)
    frameworks = {}
    if any(row.framework_id for row in found):
        frameworks = dict(Competency.objects.filter(pk__in=competencies).values_list("pk", "framework_id"))
    read = {row.pk: rule_from_json(row.rule) for row in found}
    return Rules(
        by_class={row.school_class_id: read[row.pk] for row in found if row.school_class_id},
        by_competency={(row.school_id, row.competency_id): read[row.pk] for row in found if row.competency_id},
        by_framework={(row.school_id, row.framework_id): read[row.pk] for row in found if row.framework_id},
        by_school={
            row.school_id: read[row.pk]
            for row in found
            if not (row.school_class_id or row.competency_id or row.framework_id)
        },
        frameworks=frameworks,
        classes=classes,
        paths={class_id: frozenset(own) for class_id, own in paths.items()},
    )


def scope_of(
    *, school_class: Class | None = None, competency: Competency | None = None, framework_id: int | None = None
) -> dict[str, Any]:
    """Return the columns that say what a rule is for."""
    return {
        "school_class": school_class,
        "competency": competency,
        "framework_id": framework_id,
    }


def rule_in_force(
    school: Organisation,
    at: datetime,
    *,
    school_class: Class | None = None,
    competency: Competency | None = None,
    framework_id: int | None = None,
) -> MasteryRule | None:
    """Return the rule that was made for exactly this, if any."""
    scope = scope_of(school_class=school_class, competency=competency, framework_id=framework_id)
    return in_force(at).filter(school=school, **scope).first()


def last_rule(
    school: Organisation,
    *,
    school_class: Class | None = None,
    competency: Competency | None = None,
    framework_id: int | None = None,
) -> MasteryRule | None:
    """Return the rule made for exactly this that has no end yet, whatever the clock says."""
    scope = scope_of(school_class=school_class, competency=competency, framework_id=framework_id)
    return MasteryRule.objects.filter(school=school, ends_at=None, **scope).first()


def history(school: Organisation, **scope: Any) -> list[MasteryRule]:
    """Return all rules that were ever made for exactly this, the newest first."""
    return list(
        MasteryRule.objects.filter(school=school, **scope_of(**scope))
        .select_related("by")
        .order_by("-starts_at", "-pk")
    )
