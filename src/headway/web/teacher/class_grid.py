"""Where everyone is: students by skills, sorted and filtered by plain links, and groups worth meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.evidence.methods import Method
from headway.core.grouping import TEAM
from headway.core.grouping.partition import WHY_NEEDS, WHY_RECHECK, WHY_STRETCH
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, coming_monday
from headway.records.evidence import queries as evidence
from headway.records.grouping import actions as grouping_actions
from headway.records.grouping import queries as grouping
from headway.records.planning import seats
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.mastery_rule import method_name
from headway.web.shared.mastery_words import MASTERY_WORDS
from headway.web.shared.words import sentence
from headway.web.teacher import class_drawing
from headway.web.teacher.dates import pace_words
from headway.web.teacher.page import teacher_page, today_of
from headway.web.templatetags.headway import weekday_and_day

if TYPE_CHECKING:
    from headway.core.grouping import SuggestedGroup
    from headway.records.grouping.models import Group
    from headway.records.roster.models import Class, Person
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named

# icons: users-round users mountain rotate-ccw
KINDS = ("needs", "stretch", "recheck")
WHY = {"needs": WHY_NEEDS, "stretch": WHY_STRETCH, "recheck": WHY_RECHECK}
KIND_ICONS = {"needs": "users-round", "stretch": "mountain", "recheck": "rotate-ccw", "team": "users"}
MINUTES = (5, 10, 15, 20, 25, 30, 40)
USUAL_MINUTES = {"needs": 20, "stretch": 20, "recheck": 5}
Grid = Mapping[tuple[int, int], evidence.Cell]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the reader wants to see the grid; anything unknown in the address is left aside."""

    sort: str = "name"
    skill: int = 0
    word: str = ""
    group: int = 0
    find: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether somebody may be left out."""
        return bool(self.skill or self.word or self.group or self.find)

    def address(self, start: str, **other: Any) -> str:
        """Return the address of the same view with something else in it."""
        facts = {"sort": self.sort, "skill": self.skill, "word": self.word, "group": self.group, "find": self.find}
        wanted = {
            name: value for name, value in {**facts, **other}.items() if value and (name, value) != ("sort", "name")
        }
        return f"{start}?{urlencode(wanted)}" if wanted else start


def wish_of(request: HttpRequest, skills: Sequence[Competency], groups: Sequence[Group]) -> Wish:
    """Return what the address asks for."""
    asked = request.GET
    pks = {skill.pk for skill in skills}
    sort = asked.get("sort", "name")
    own = sort.removeprefix("low-").removeprefix("high-")
    if sort not in {"name", "newest", "oldest", "fewest"} and not (own.isdecimal() and int(own) in pks and own != sort):
        sort = "name"
    skill, group = asked.get("skill", ""), asked.get("group", "")
    return Wish(
        sort=sort,
        skill=int(skill) if skill.isdecimal() and int(skill) in pks else 0,
        word=asked.get("word", "") if asked.get("word") in MASTERY_WORDS else "",
        group=int(group) if group.isdecimal() and int(group) in {each.pk for each in groups} else 0,
        find=asked.get("find", "").strip()[:60],
    )


def chosen(
    students: Sequence[Person], skills: Sequence[Competency], grid: Grid, wish: Wish, members: Mapping[int, set[int]]
) -> list[Person]:
    """Return the students that the wish leaves, in its order."""
    columns = [wish.skill] if wish.skill else [skill.pk for skill in skills]
    found = wish.find.casefold()

    def word_at(student: Person, competency_id: int) -> str:
        cell = grid.get((student.pk, competency_id))
        return cell.word if cell is not None and cell.pieces else "none"

    left = [
        student
        for student in students
        if (not found or found in student.name.casefold())
        and (not wish.group or student.pk in members[wish.group])
        and (not wish.word or any(word_at(student, pk) == wish.word for pk in columns))
    ]
    return sorted(left, key=_order(skills, grid, wish))


def _order(skills: Sequence[Competency], grid: Grid, wish: Wish) -> Callable[[Person], Any]:
    def newest(student: Person) -> float:
        moments = [
            cell.newest_at.timestamp()
            for skill in skills
            for cell in [grid.get((student.pk, skill.pk))]
            if cell is not None and cell.newest_at is not None
        ]
        return max(moments, default=0.0)

    if wish.sort == "newest":
        return lambda student: -newest(student)
    if wish.sort == "oldest":
        return newest
    if wish.sort == "fewest":
        return lambda student: sum(grid.get((student.pk, skill.pk), evidence.NO_EVIDENCE).pieces for skill in skills)
    if wish.sort.startswith(("low-", "high-")):
        way, _dash, pk = wish.sort.partition("-")
        sign = 1 if way == "low" else -1

        def chance(student: Person) -> tuple[bool, float]:
            cell = grid.get((student.pk, int(pk)), evidence.NO_EVIDENCE)
            # Nothing seen is neither high nor low: such students stand at the end of either order.
            return (not cell.pieces, sign * cell.chance)

        return chance
    return lambda student: 0


@require_safe
@may(Permission.SEE_CLASS)
def class_grid(request: Request, class_id: int) -> HttpResponse:
    """Show the class grid, or only its table when htmx asks for another order."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    language = get_language() or "en"
    monday = coming_monday(today_of(school_class))
    students = list(roster.students_of(school_class))
    path = standards.path_of(school_class)
    names = standards.named(path, language)
    grid = evidence.cells(students, [competency.pk for competency in path], at=at, school_class=school_class)
    groups = list(grouping.groups_of(school_class, monday))
    members = {group.pk: {member.student_id for member in group.members.all()} for group in groups}
    wish = wish_of(request, path, groups)
    shown = chosen(students, path, grid, wish, members)
    skills = [names[competency.pk] for competency in path]
    facts = {
        "everyone": len(students),
        "shown": len(shown),
        "skills": skills,
        "wish": wish,
        "heads": heads(skills, wish, reverse("teacher-class", kwargs={"class_id": class_id})),
        "body": class_drawing.body(
            shown,
            skills,
            grid,
            class_id=class_id,
            at=at,
            paces=pace_words(school_class, students, at=at, grid=grid, path=path),
        ),
        "foot": class_drawing.foot(shown, skills, grid),
        "sums": class_sums(students, path, grid),
        "words": [(word, label) for word, label in MASTERY_WORDS.items()],
        "groups": groups,
        "group_names": {group.pk: skill_name(names, group.competency) for group in groups},
        "rules": other_rules(grid),
        "may_rule": roster.may(request.person, Permission.SET_MASTERY_RULES),
        "school_class": school_class,
    }
    if request.htmx and request.htmx.target == "grid":
        return render(request, "teacher/class_grid.html#grid", facts)
    facts |= {
        # Teams work without the teacher; they stand on the page of groups.
        "group_cards": group_cards([group for group in groups if group.kind != TEAM], names),
        "suggestions": suggestions(school_class, monday, students, path, names, grid),
        "days": days_to_meet(school_class, monday),
        "minutes": MINUTES,
        "planning_monday": monday,
    }
    return teacher_page(request, "teacher/class_grid.html", facts, tab="class", school_class=school_class)


def skill_name(names: Mapping[int, Named], competency: Competency) -> str:
    """Return the short name of a skill, even of one that has left the path."""
    known = names.get(competency.pk)
    return known.short if known else str(competency)


def heads(skills: Sequence[Named], wish: Wish, start: str) -> list[dict[str, Any]]:
    """Return the columns' heads: a press sorts by the skill, lowest first, another press turns it round."""
    columns = []
    for skill in skills:
        low, high = f"low-{skill.pk}", f"high-{skill.pk}"
        columns.append(
            {
                "skill": skill,
                "address": wish.address(start, sort=high if wish.sort == low else low),
                "order": {low: "ascending", high: "descending"}.get(wish.sort, ""),
            }
        )
    return columns


def class_sums(students: Sequence[Person], path: Sequence[Competency], grid: Grid) -> dict[str, Any]:
    """Return the numbers of the line that sums up the grid."""
    counts = dict.fromkeys(MASTERY_WORDS, 0)
    for student in students:
        for competency in path:
            cell = grid.get((student.pk, competency.pk))
            counts[cell.word if cell is not None and cell.pieces else "none"] += 1
    said = [(counts[word], MASTERY_WORDS[word]) for word in class_drawing.FOOT_ORDER if counts[word]]
    return {**counts, "cells": len(students) * len(path), "said": said}


def other_rules(grid: Grid) -> list[str]:
    """Return the names of the methods that give words in the grid, unless it is the learner model alone."""
    methods = {cell.rule.method: cell.rule for cell in grid.values()}
    return [] if set(methods) <= {Method.MODEL} else sorted(method_name(rule) for rule in methods.values())


# --- groups ----------------------------------------------------------------------------------------------------------


def suggestions(
    school_class: Class,
    monday: date,
    students: Sequence[Person],
    path: Sequence[Competency],
    names: Mapping[int, Named],
    grid: Grid,
) -> list[dict[str, Any]]:
    """Return the groups worth meeting next, as cards."""
    by_pk = {student.pk: student for student in students}
    found: list[SuggestedGroup] = grouping.suggested_groups(
        school_class,
        monday,
        student_ids=list(by_pk),
        competency_ids=[competency.pk for competency in path],
        grid=grid,
    )
    cards = []
    for group in found:
        skill = names[int(str(group.competency))]
        cards.append(
            {
                "skill": skill,
                "kind": group.kind,
                "icon": KIND_ICONS[group.kind],
                "title": title_of(group.kind, skill.short),
                "students": [by_pk[int(str(pk))] for pk in group.students],
                "why": sentence(group.sentence, {**group.facts, "skill": skill.short}),
                "minutes": USUAL_MINUTES[group.kind],
            }
        )
    return cards


def group_cards(groups: Sequence[Group], names: Mapping[int, Named]) -> list[dict[str, Any]]:
    """Return the groups that were formed already, as cards."""
    return [
        {
            "group": group,
            "icon": KIND_ICONS[group.kind],
            "title": title_of(group.kind, skill_name(names, group.competency)),
            "students": [member.student for member in group.members.all()],
            "why": sentence(
                str(group.why.get("sentence", "")),
                {**(group.why.get("facts") or {}), "skill": skill_name(names, group.competency)},
            ),
            "day": group.monday + timedelta(days=group.weekday),
        }
        for group in groups
    ]


def title_of(kind: str, skill: str) -> str:
    """Return what a group is for."""
    words = {
        "needs": pgettext("group title", "Work on it: {skill}"),
        "stretch": pgettext("group title", "Go further: {skill}"),
        "recheck": pgettext("group title", "Is it still there? {skill}"),
        "team": pgettext("group title", "Team: {skill}"),
    }
    return words[kind].format(skill=skill)


def days_to_meet(school_class: Class, monday: date) -> list[date]:
    """Return the days of a week when the class meets."""
    minutes = roster.minutes_of_days(school_class, monday)
    return [monday + timedelta(days=day) for day in range(SCHOOL_DAYS_PER_WEEK) if minutes[day]]


@require_POST
@may(Permission.PLAN_WEEKS)
def make_group(request: Request, class_id: int) -> HttpResponse:
    """Form a group that was suggested; pressing twice is one group."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    monday = coming_monday(today_of(school_class))
    asked = request.POST
    wanted = set(asked.getlist("student"))
    students = [student for student in roster.students_of(school_class) if str(student.uuid) in wanted]
    path = {str(competency.pk): competency for competency in standards.path_of(school_class)}
    competency, kind = path.get(asked.get("skill", "")), asked.get("kind", "")
    if competency is None or kind not in KINDS:
        raise NotFound
    day, minutes = asked.get("day", ""), asked.get("minutes", "")
    days = {each.isoformat(): each for each in days_to_meet(school_class, monday)}
    if day not in days or minutes not in {str(each) for each in MINUTES}:
        raise RuleBroken(gettext_noop("Choose a day when the class meets and how long the group takes."))
    group = _same_group(school_class, monday, competency, students) or grouping_actions.make_group(
        school_class=school_class,
        competency=competency,
        kind=kind,
        students=students,
        monday=monday,
        weekday=days[day].weekday(),
        order=_free_order(school_class, monday, days[day].weekday()),
        minutes=int(minutes),
        why={"sentence": WHY[kind], "facts": {"count": len(students), "competency": competency.pk}},
        by=request.person,
        at=at,
    )
    names = ", ".join(student.given_name for student in students)
    messages.success(
        request,
        gettext("Group made for {day}: {names}. Draft the week, or draft it again, to put it into the plans.").format(
            day=_day_words(days[day]), names=names
        ),
        extra_tags=reverse("teacher-group-end", kwargs={"group_id": group.pk}),
    )
    return redirect("teacher-class", class_id=class_id)


def _free_order(school_class: Class, monday: date, weekday: int) -> int | None:
    """Return the teacher's own place of a day, None where there is none or a group meets there already."""
    own = [
        slot.order for slot in seats.frame_of(school_class, monday).slots if slot.day == weekday and slot.is_teachers
    ]
    taken = {group.order for group in grouping.groups_of(school_class, monday) if group.weekday == weekday}
    return next((order for order in own if order not in taken), None)


def _day_words(day: date) -> str:
    return weekday_and_day(day)


def _same_group(school_class: Class, monday: date, competency: Competency, students: Sequence[Person]) -> Group | None:
    wanted = {student.pk for student in students}
    for group in grouping.groups_of(school_class, monday):
        if group.competency_id == competency.pk and {member.student_id for member in group.members.all()} == wanted:
            return group
    return None
