"""The rules of mastery of a school: for all its classes, for a framework, for a single skill; tried out before they are set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.evidence.methods import DEFAULT_RULE, Rule, class_what_if, rule_from_json
from headway.core.evidence.values import Word
from headway.core.shared.errors import NotFound
from headway.records.evidence import actions, checks, queries, rules
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.leader.page import leader_page
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

MOST_CLASSES = 24  # as many are tried out within a second or two


if TYPE_CHECKING:
    from headway.records.evidence.models import MasteryRule
    from headway.records.roster.models import Class, Organisation
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a rule is for: a whole school, or one framework or one skill of it."""

    school: Organisation
    kind: str
    thing: int
    name: str
    keys: Mapping[str, Any]

    @property
    def where(self) -> dict[str, Any]:
        """The numbers in its addresses."""
        return {"school_id": self.school.pk, "scope": self.kind, "thing": self.thing}

    def holds(self, competency: Competency) -> bool:
        """Whether the rule is about this competency."""
        wanted = {"school": self.thing, "framework": competency.framework_id, "skill": competency.pk}
        return wanted[self.kind] == self.thing


def _scope(request: Request, school_id: int, scope: str, thing: int) -> Scope:
    """Return what an address names, if the reader leads the school and the school's classes work on it; else "not found"."""
    school = roster.school_for(request.person, school_id)
    if scope == "school" and thing == school.pk:
        return Scope(school=school, kind=scope, thing=thing, name=school.name, keys={})
    skills = _skills_of(school)
    if scope == "framework" and any(skill.framework_id == thing for skill in skills):
        framework = standards.frameworks().get(pk=thing)
        return Scope(school=school, kind=scope, thing=thing, name=framework.title, keys={"framework_id": thing})
    skill = next((each for each in skills if each.pk == thing), None)
    if scope == "skill" and skill is not None:
        named = standards.named([skill], get_language() or "en")[skill.pk]
        return Scope(school=school, kind=scope, thing=thing, name=named.short, keys={"competency": skill})
    raise NotFound


def _classes_of(school: Organisation) -> list[Class]:
    return list(roster.all_classes(school).select_related("school"))


def _skills_of(school: Organisation) -> list[Competency]:
    """Return every skill that is on the path of one of the school's classes, each once."""
    paths = standards.paths_of(_classes_of(school))
    return list({skill.pk: skill for path in paths.values() for skill in path}.values())


# --- All rules of a school --------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SET_MASTERY_RULES)
def mastery_rules(request: Request) -> HttpResponse:
    """Show which rules hold where; choosing a skill in the form leads to the skill's rule."""
    at = timezone.now()
    schools = list(roster.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk"))
    if not schools:
        raise NotFound  # a teacher, whose classes' rules are on the classes' own pages
    asked, _dash, skill = request.GET.get("skill", "").partition("-")
    if asked.isdecimal() and skill.isdecimal():
        return redirect("leader-rule", school_id=int(asked), scope="skill", thing=int(skill))
    facts = {"schools": [_school_facts(school, at) for school in schools]}
    return leader_page(request, "leader/mastery_rules.html", facts, tab="rules")


def _school_facts(school: Organisation, at: datetime) -> dict[str, Any]:
    found = list(
        rules.in_force(at).filter(school=school).select_related("by", "school_class", "competency").order_by("pk")
    )
    skills = _skills_of(school)
    names = standards.named(
        [*skills, *(row.competency for row in found if row.competency is not None)], get_language() or "en"
    )
    of_school = next((row for row in found if not (row.school_class_id or row.competency_id or row.framework_id)), None)
    by_framework = {row.framework_id: row for row in found if row.framework_id}
    frameworks = {skill.framework_id for skill in skills} | set(by_framework)
    return {
        "school": school,
        "rule": _line(of_school) if of_school else {"name": method_name(DEFAULT_RULE), "words": _words(DEFAULT_RULE)},
        "address": _address("leader-rule", school, "school", school.pk),
        "frameworks": [
            {
                "name": framework.title,
                "address": _address("leader-rule", school, "framework", framework.pk),
                "rule": _line(by_framework[framework.pk]) if framework.pk in by_framework else None,
            }
            for framework in standards.frameworks().filter(pk__in=frameworks)
        ],
        "skills": [
            {
                "name": names[row.competency_id].short,
                "address": _address("leader-rule", school, "skill", row.competency_id),
                "rule": _line(row),
            }
            for row in found
            if row.competency_id
        ],
        "classes": [{"school_class": row.school_class, "rule": _line(row)} for row in found if row.school_class_id],
        "choices": [
            (f"{school.pk}-{skill.pk}", f"{names[skill.pk].short} {names[skill.pk].code}".strip()) for skill in skills
        ],
    }


def _address(page: str, school: Organisation, scope: str, thing: int, **more: Any) -> str:
    return reverse(page, kwargs={"school_id": school.pk, "scope": scope, "thing": thing, **more})


def _words(rule: Rule) -> str:
    return " ".join(rule_words(rule))


def _line(row: MasteryRule) -> dict[str, Any]:
    rule = rule_from_json(row.rule)
    return {"row": row, "name": method_name(rule), "words": _words(rule)}


# --- One rule ---------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SET_MASTERY_RULES)
def mastery_rule(request: Request, school_id: int, scope: str, thing: int) -> HttpResponse:
    """Show one rule; with a choice in the address, also what it would change."""
    place, at = _scope(request, school_id, scope, thing), timezone.now()
    own = rules.rule_in_force(place.school, at, **place.keys)
    rule = rule_from_json(own.rule) if own else _above(place, at)
    form = RuleForm(request.GET, rule=rule) if "method" in request.GET else RuleForm(rule=rule)
    return _page(request, place, own, rule, form, at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def set_rule(request: Request, school_id: int, scope: str, thing: int) -> HttpResponse:
    """Set a rule; the same choice again changes nothing."""
    place, at = _scope(request, school_id, scope, thing), timezone.now()
    own = rules.rule_in_force(place.school, at, **place.keys)
    rule = rule_from_json(own.rule) if own else _above(place, at)
    form = RuleForm(request.POST, rule=rule)
    if not form.is_valid():
        return _page(request, place, own, rule, form, at, status=422)
    return _set(request, place, own, form.cleaned_data["rule"], at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def use_again(request: Request, school_id: int, scope: str, thing: int, rule_id: int) -> HttpResponse:
    """Set a rule that was made before; this is also how another choice is undone."""
    place, at = _scope(request, school_id, scope, thing), timezone.now()
    row = next((row for row in rules.history(place.school, **place.keys) if row.pk == rule_id), None)
    if row is None:
        raise NotFound
    own = rules.rule_in_force(place.school, at, **place.keys)
    return _set(request, place, own, rule_from_json(row.rule), at)


@require_POST
@may(Permission.SET_MASTERY_RULES)
def end_rule(request: Request, school_id: int, scope: str, thing: int) -> HttpResponse:
    """Go back to the rule that holds above."""
    place = _scope(request, school_id, scope, thing)
    ended = actions.end_rule(school=place.school, by=request.person, at=timezone.now(), **place.keys)
    undo = reverse("leader-rule-again", kwargs={**place.where, "rule_id": ended.pk}) if ended else ""
    messages.success(request, gettext("The rule has ended; what holds above it holds now."), extra_tags=undo)
    return show_again(request, "leader-rule", **place.where)


def _set(request: Request, place: Scope, own: MasteryRule | None, rule: Rule, at: datetime) -> HttpResponse:
    made = actions.set_rule(school=place.school, rule=rule, by=request.person, at=at, **place.keys)
    if own is not None and own.pk == made.pk:
        messages.success(request, gettext("These choices held already; nothing has changed."))
    else:
        undo = (
            reverse("leader-rule-again", kwargs={**place.where, "rule_id": own.pk})
            if own
            else reverse("leader-rule-end", kwargs=place.where)
        )
        words = gettext("From now on “{name}” is the rule for {place}.").format(
            name=method_name(rule), place=place.name
        )
        messages.success(request, words, extra_tags=undo)
    return show_again(request, "leader-rule", **place.where)


def _above(place: Scope, at: datetime) -> Rule:
    """Return the rule that holds where nothing was chosen for exactly this."""
    levels: list[Mapping[str, Any]] = [{}]
    if place.kind == "skill":
        levels.insert(0, {"framework_id": place.keys["competency"].framework_id})
    if place.kind == "school":
        return DEFAULT_RULE
    rows = (rules.rule_in_force(place.school, at, **level) for level in levels)
    return next((rule_from_json(row.rule) for row in rows if row is not None), DEFAULT_RULE)


def try_rule(place: Scope, rule: Rule, at: datetime) -> tuple[TriedOut, int, int]:
    """Return what a rule would change in the classes that have none of their own; in how many of how many it was tried."""
    now: dict[Key, Word] = {}
    then: dict[Key, Word] = {}
    class_of: dict[Key, Class] = {}
    names: dict[int, Named] = {}
    cells = tried = concerned = 0
    classes = _classes_of(place.school)
    paths = standards.paths_of(classes)
    with_own = set(
        rules.in_force(at)
        .filter(school=place.school, school_class__isnull=False)
        .values_list("school_class", flat=True)
    )
    for school_class in classes:
        skills = [skill for skill in paths[school_class.pk] if place.holds(skill)]
        if not skills or school_class.pk in with_own:
            continue
        concerned += 1
        if tried == MOST_CLASSES:
            continue
        tried += 1
        students = list(roster.students_of(school_class))
        ids = [skill.pk for skill in skills]
        held = rules.rules_at(at, student_ids=[s.pk for s in students], competency_ids=ids, school_class=school_class)
        other = replace(
            _with_rule(held, place, rule),
            frameworks={skill.pk: skill.framework_id for skill in skills},
            classes={student.pk: [(school_class.pk, place.school.pk)] for student in students},
        )
        before = words_of(queries.cells(students, ids, at=at, school_class=school_class))
        fresh = {key for key in before if key not in class_of}
        after = words_of(queries.cells(students, ids, at=at, rules=other))
        now |= {key: before[key] for key in fresh}
        then |= {key: after[key] for key in fresh}
        class_of |= dict.fromkeys(fresh, school_class)
        names |= standards.named(skills, get_language() or "en")
        cells += len(students) * len(ids)

    def listing(keys: Sequence[Key]) -> Listing:
        found: dict[str, Counter[int]] = {}
        for key in keys:
            found.setdefault(class_of[key].name, Counter())[key[1]] += 1
        return [
            (name, [(f"{names[skill].short} ({count})", "") for skill, count in counts.items()])
            for name, counts in found.items()
        ]

    return tried_out(class_what_if(now, then), now, cells=cells, listing=listing), tried, concerned


def _with_rule(held: rules.Rules, place: Scope, rule: Rule) -> rules.Rules:
    school = place.school.pk
    if place.kind == "school":
        return replace(held, by_school={**held.by_school, school: rule})
    if place.kind == "framework":
        return replace(held, by_framework={**held.by_framework, (school, place.thing): rule})
    return replace(held, by_competency={**held.by_competency, (school, place.thing): rule})


def _page(
    request: Request,
    place: Scope,
    own: MasteryRule | None,
    rule: Rule,
    form: RuleForm,
    at: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    facts: dict[str, Any] = {
        "place": place,
        "form": form,
        "try_address": reverse("leader-rule", kwargs=place.where),
        "set_address": reverse("leader-rule-set", kwargs=place.where),
        "end_address": reverse("leader-rule-end", kwargs=place.where),
        "why_not": sentence(checks.why_not_set_rule(request.person, place.school)),
        "own": own,
        "in_force": {"name": method_name(rule), "words": rule_words(rule)},
        "history": history_lines(
            rules.history(place.school, **place.keys),
            lambda rule_id: reverse("leader-rule-again", kwargs={**place.where, "rule_id": rule_id}),
        ),
    }
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["rule"]
        tried, classes, concerned = try_rule(place, chosen, at)
        facts |= {
            "tried": tried,
            "tried_words": ""
            if classes == concerned
            else gettext("Tried on {tried} of the {classes} classes that it concerns.").format(
                tried=classes, classes=concerned
            ),
            "chosen": {"name": method_name(chosen)},
            "is_in_force": own is not None and own.version == chosen.version,
            "set_words": gettext("Use “{name}” for {place}").format(name=method_name(chosen), place=place.name),
        }
    if request.htmx and request.htmx.target == "look":
        return render(request, "shared/components/mastery_try.html", facts)
    return leader_page(request, "leader/mastery_rule.html", facts, tab="rules", status=status)
