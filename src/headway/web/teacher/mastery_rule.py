"""The rule by which a class's evidence becomes words: choose another, see whose words would change, then set it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.evidence.methods import Rule, rule_from_json
from headway.core.shared.errors import NotFound
from headway.records.evidence import actions, checks, queries, rules
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import show_again
from headway.web.shared.mastery_rule import (
    Key,
    Listing,
    RuleForm,
    TriedOut,
    history_lines,
    method_name,
    rule_words,
    tried_out,
    words_of,
)
from headway.web.shared.words import sentence
from headway.web.teacher.class_drawing import cell_address
from headway.web.teacher.page import teacher_page

if TYPE_CHECKING:
    from headway.records.evidence.models import MasteryRule
    from headway.records.roster.models import Class


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What holds for a class now: its own rule, or the rules above it with the skills that each is for."""

    own: MasteryRule | None
    rule: Rule
    above: list[tuple[Rule, list[str]]]


@require_safe
@may(Permission.SET_MASTERY_RULES)
def mastery_rule(request: Request, class_id: int) -> HttpResponse:
    """Show the class's rule; with a choice in the address, also what it would change."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    holds = in_force(school_class, at)
    form = RuleForm(request.GET, rule=holds.rule) if "method" in request.GET else RuleForm(rule=holds.rule)
    return _page(request, school_class, holds, form, at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def set_rule(request: Request, class_id: int) -> HttpResponse:
    """Set the class's rule; the same choice again changes nothing."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    holds = in_force(school_class, at)
    form = RuleForm(request.POST, rule=holds.rule)
    if not form.is_valid():
        return _page(request, school_class, holds, form, at, status=422)
    return _set(request, school_class, holds.own, form.cleaned_data["rule"], at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def use_again(request: Request, class_id: int, rule_id: int) -> HttpResponse:
    """Set a rule that the class had before; this is also how another choice is undone."""
    school_class = roster.taught_class(request.person, class_id)
    row = next(
        (row for row in rules.history(school_class.school, school_class=school_class) if row.pk == rule_id), None
    )
    if row is None:
        raise NotFound
    at = timezone.now()
    own = rules.rule_in_force(school_class.school, at, school_class=school_class)
    return _set(request, school_class, own, rule_from_json(row.rule), at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def end_rule(request: Request, class_id: int) -> HttpResponse:
    """Go back to the rule that holds above the class."""
    school_class = roster.taught_class(request.person, class_id)
    ended = actions.end_rule(
        school=school_class.school, school_class=school_class, by=request.person, at=timezone.now()
    )
    undo = _again_address(class_id, ended.pk) if ended else ""
    messages.success(request, gettext("This class follows the school’s rule now."), extra_tags=undo)
    return show_again(request, "teacher-rule", class_id=class_id)


def _again_address(class_id: int, rule_id: int) -> str:
    return reverse("teacher-rule-again", kwargs={"class_id": class_id, "rule_id": rule_id})


def _set(request: Request, school_class: Class, own: MasteryRule | None, rule: Rule, at: datetime) -> HttpResponse:
    made = actions.set_rule(school=school_class.school, school_class=school_class, rule=rule, by=request.person, at=at)
    if own is not None and own.pk == made.pk:
        messages.success(request, gettext("These choices held already; nothing has changed."))
    else:
        undo = (
            _again_address(school_class.pk, own.pk)
            if own
            else reverse("teacher-rule-end", kwargs={"class_id": school_class.pk})
        )
        words = gettext("From now on this class’s words follow “{name}”.").format(name=method_name(rule))
        messages.success(request, words, extra_tags=undo)
    return show_again(request, "teacher-rule", class_id=school_class.pk)


def in_force(school_class: Class, at: datetime) -> InForce:
    """Return what holds for the class now, and what would hold without a rule of its own."""
    path = standards.path_of(school_class)
    # Nobody in particular: within a class a rule is the same for everybody.
    anybody = 0
    found = rules.rules_at(
        at, student_ids=[anybody], competency_ids=[skill.pk for skill in path], school_class=school_class
    )
    names = standards.named(path, get_language() or "en")
    above: dict[Rule, list[str]] = {}
    for skill in path:
        above.setdefault(replace(found, by_class={}).of(anybody, skill.pk), []).append(names[skill.pk].short)
    own = rules.rule_in_force(school_class.school, at, school_class=school_class)
    usual = max(above, key=lambda rule: len(above[rule])) if above else replace(found, by_class={}).of(anybody, 0)
    return InForce(own=own, rule=rule_from_json(own.rule) if own else usual, above=list(above.items()))


def try_rule(school_class: Class, rule: Rule, at: datetime) -> TriedOut:
    """Return what the rule would change in the class."""
    students = list(roster.students_of(school_class))
    path = standards.path_of(school_class)
    names = standards.named(path, get_language() or "en")
    by_pk = {student.pk: student for student in students}
    skills = [skill.pk for skill in path]

    def listing(keys: Sequence[Key]) -> Listing:
        found: dict[int, list[tuple[str, str]]] = {}
        for student, skill in keys:
            address = cell_address(school_class.pk, by_pk[student], skill)
            found.setdefault(student, []).append((names[skill].short, address))
        return [(by_pk[student].short_name, own) for student, own in found.items()]

    return tried_out(
        queries.what_if_rule(school_class, students, skills, rule=rule, at=at),
        words_of(queries.cells(students, skills, at=at, school_class=school_class)),
        cells=len(students) * len(skills),
        listing=listing,
    )


def _page(
    request: Request, school_class: Class, holds: InForce, form: RuleForm, at: datetime, *, status: int = 200
) -> HttpResponse:
    where = {"class_id": school_class.pk}
    facts: dict[str, Any] = {
        "form": form,
        "try_address": reverse("teacher-rule", kwargs=where),
        "set_address": reverse("teacher-rule-set", kwargs=where),
        "why_not": sentence(checks.why_not_set_rule(request.person, school_class.school, school_class)),
        "own": holds.own,
        "in_force": {"name": method_name(holds.rule), "words": rule_words(holds.rule)},
        "above": [
            {"name": method_name(rule), "words": " ".join(rule_words(rule)), "skills": skills}
            for rule, skills in holds.above
        ],
        "history": history_lines(
            rules.history(school_class.school, school_class=school_class),
            lambda rule_id: _again_address(school_class.pk, rule_id),
        ),
    }
    if form.is_bound and form.is_valid():
        rule = form.cleaned_data["rule"]
        facts |= {
            "tried": try_rule(school_class, rule, at),
            "chosen": {"name": method_name(rule)},
            "is_in_force": holds.own is not None and holds.own.version == rule.version,
            "set_words": gettext("Use “{name}” for this class").format(name=method_name(rule)),
        }
    if request.htmx and request.htmx.target == "look":
        return render(request, "shared/components/mastery_try.html", facts, status=200)
    return teacher_page(
        request, "teacher/mastery_rule.html", facts, tab="class", school_class=school_class, status=status
    )
