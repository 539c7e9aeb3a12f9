"""Groups of a week: who meets, on what, what each brings; suggestions, teams for one task, and whether groups go round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from headway.core.access.roles import Permission
from headway.core.grouping import (
    LARGEST_TEAM,
    LOOK_FOR,
    ROLES,
    ROLES_BY_KEY,
    SMALLEST_TEAM,
    TEAM,
    make_teams,
    session_plan,
)
from headway.core.grouping.session import WHY_TEAM
from headway.core.planning import BlockKind
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK, monday_of
from headway.records.evidence import queries as evidence
from headway.records.grouping import actions, queries
from headway.records.library import queries as library
from headway.records.planning import drafts, limits, seats
from headway.records.roster import queries as roster
from headway.records.standards import queries as standards
from headway.web.shared.access import Request, may
from headway.web.shared.going_back import safe_next
from headway.web.shared.words import sentence
from headway.web.teacher.class_grid import KIND_ICONS, USUAL_MINUTES, WHY, skill_name, title_of
from headway.web.teacher.page import teacher_page, today_of
from headway.web.teacher.words import language_name
from headway.web.templatetags.headway import long_day_name, weekday_and_day

if TYPE_CHECKING:
    from headway.core.grouping import Alarm, Teams
    from headway.records.grouping.models import Group, GroupMember
    from headway.records.library.models import Resource
    from headway.records.roster.models import Class, Person
    from headway.records.standards.models import Competency
    from headway.records.standards.queries import Named

# icons: users-round mountain rotate-ccw users book-open pencil-ruler circle-check megaphone link-2 flag
ROLE_ICONS = {
    "reader": "book-open",
    "builder": "pencil-ruler",
    "checker": "circle-check",
    "speaker": "megaphone",
    "connector": "link-2",
}
TEAM_SIZES = tuple(range(SMALLEST_TEAM, LARGEST_TEAM + 1))
MOST_TASKS = 60
NO_SUCH_PLACE = gettext_noop("Choose a place of the week where the class meets.")
NO_TASK = gettext_noop("Choose the task first.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place of the class's week, as a menu shows it."""

    day: date
    order: int
    minutes: int
    starts_at: time | None
    is_teachers: bool
    kinds: tuple[BlockKind, ...]

    @property
    def key(self) -> str:
        """The place as a form sends it."""
        return f"{self.day.weekday()}.{self.order}"

    @property
    def words(self) -> str:
        """The place as a person says it."""
        facts = {"day": long_day_name(self.day.weekday()).capitalize(), "minutes": self.minutes}
        if self.starts_at is None:
            return gettext("{day}, {minutes} min").format(**facts)
        clock = self.starts_at.strftime("%H:%M").lstrip("0")
        return gettext("{day} {time}, {minutes} min").format(time=clock, **facts)


def places_of(school_class: Class, monday: date) -> list[Place]:
    """Return the places of a class's week with the time each begins, the teacher's own first."""
    frame = seats.frame_of(school_class, monday)
    free: dict[int, list[tuple[time, int]]] = defaultdict(list)
    for period in roster.periods_of(school_class):
        free[period.weekday].append((period.starts_at, period.minutes))
    passed: dict[int, int] = defaultdict(int)
    found = []
    for slot in sorted(frame.slots, key=lambda slot: (slot.day, slot.order)):
        found.append(
            Place(
                day=monday + timedelta(days=slot.day),
                order=slot.order,
                minutes=slot.minutes,
                starts_at=_clock(free[slot.day], passed[slot.day]),
                is_teachers=slot.is_teachers,
                kinds=slot.kinds,
            )
        )
        passed[slot.day] += slot.minutes
    return sorted(found, key=lambda place: not place.is_teachers)


def _clock(periods: Sequence[tuple[time, int]], minutes: int) -> time | None:
    """Return when so many minutes of a day's lessons have passed."""
    for starts_at, length in periods:
        if minutes < length:
            return (datetime.combine(date.min, starts_at) + timedelta(minutes=minutes)).time()
        minutes -= length
    return None


def _place(places: Iterable[Place], key: str) -> Place:
    found = next((place for place in places if place.key == key), None)
    if found is None:
        raise RuleBroken(NO_SUCH_PLACE)
    return found


def _language() -> str:
    return get_language() or "en"


# --- what the pages say ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ClassNow:
    """What the pages need of a class: students, path, names and the grid, each read once."""

    school_class: Class
    monday: date
    students: list[Person]
    path: list[Competency]
    names: dict[int, Named]
    grid: dict[tuple[int, int], evidence.Cell]
    places: list[Place]
    at: datetime

    @property
    def path_ids(self) -> list[int]:
        """The skills of the path."""
        return [competency.pk for competency in self.path]


def class_now(request: Request, class_id: int, monday: date) -> ClassNow:
    """Return a class that the person teaches, with what its pages of groups need."""
    school_class = roster.taught_class(request.person, class_id)
    at = timezone.now()
    students = roster.students_with_profiles(school_class)
    path = standards.path_of(school_class)
    ids = [competency.pk for competency in path]
    return ClassNow(
        school_class=school_class,
        monday=monday,
        students=students,
        path=path,
        names=standards.named(path, _language()),
        grid=evidence.cells(students, ids, at=at, school_class=school_class),
        places=places_of(school_class, monday),
        at=at,
    )


def place_of(group: Group, places: Iterable[Place]) -> Place | None:
    """Return where in the week a group meets; one that says only its day meets in the teacher's place of that day."""
    return next(
        (
            place
            for place in places
            if place.day.weekday() == group.weekday
            and (place.order == group.order if group.order is not None else place.is_teachers)
        ),
        None,
    )


def when_words(group: Group, places: Iterable[Place]) -> str:
    """Return when a group meets."""
    own = place_of(group, places)
    if own is not None:
        return replace(own, minutes=group.minutes).words
    day = long_day_name(group.weekday).capitalize()
    return gettext("{day}, {minutes} min").format(day=day, minutes=group.minutes)


def member_facts(group: Group, members: Iterable[GroupMember], now: ClassNow) -> list[dict[str, Any]]:
    """Return each member with what the member brings: the strength named for a team, else the own best."""
    order = {role.key: place for place, role in enumerate(ROLES)}
    rows = sorted(members, key=lambda row: order.get(row.role, len(order)))
    best = queries.brings([row.student_id for row in rows], now.path_ids, now.grid, leave_out=group.competency_id)
    found = []
    for row in rows:
        cell = now.grid.get((row.student_id, row.strong_in_id or 0)) or best.get(row.student_id)
        skill = now.names.get(cell.competency_id) if cell is not None else None
        found.append(
            {
                "student": row.student,
                "role": ROLES_BY_KEY.get(row.role),
                "role_name": gettext(ROLES_BY_KEY[row.role].name) if row.role in ROLES_BY_KEY else "",
                "role_icon": ROLE_ICONS.get(row.role, ""),
                "brings": skill,
                "cell": cell,
                "is_first_steps": cell is not None and cell.word == "starting",
            }
        )
    return found


def group_card(group: Group, now: ClassNow) -> dict[str, Any]:
    """Return a group as a card shows it, strengths first."""
    name = skill_name(now.names, group.competency)
    facts = {**(group.why.get("facts") or {}), "skill": name}
    return {
        "group": group,
        "icon": KIND_ICONS[group.kind],
        "title": title_of(group.kind, group.resource.title if group.kind == TEAM and group.resource else name),
        "members": member_facts(group, group.members.all(), now),
        "why": sentence(str(group.why.get("sentence", "")), facts),
        "when": when_words(group, now.places),
    }


def team_sets(cards: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the teams by their task."""
    by_task: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for card in cards:
        by_task[card["group"].resource_id or 0].append(card)
    return [
        {
            "task": own[0]["group"].resource,
            "when": own[0]["when"],
            "count": sum(len(card["members"]) for card in own),
            "cards": own,
        }
        for own in by_task.values()
    ]


def alarm_facts(alarms: Iterable[Alarm], students: Sequence[Person], school_class: Class) -> list[dict[str, str]]:
    """Return alarms in words, each with one thing to do; students with the same story are named together."""
    by_pk: dict[Any, Person] = {student.pk: student for student in students}
    found = []
    together: dict[tuple[str, str, Any, Any], list[str]] = defaultdict(list)
    for alarm in alarms:
        if alarm.kind == "stays":
            key = (alarm.sentence, alarm.do, alarm.facts["weeks"], alarm.facts["of"])
            together[key].append(by_pk[alarm.about].short_name)
        else:
            facts = {**alarm.facts, "part": part_words(str(alarm.about), school_class)}
            found.append({"words": sentence(alarm.sentence, facts), "do": gettext(alarm.do)})
    for (words, do, weeks, of), names in together.items():
        facts = {"weeks": weeks, "of": of, "names": ", ".join(sorted(names))}
        found.append({"words": sentence(words, facts), "do": gettext(do)})
    return found


def part_words(part: str, school_class: Class) -> str:
    """Return what a letter or a language stands for."""
    if part.startswith(queries.LANGUAGE):
        return gettext("{language} at home").format(language=language_name(part.removeprefix(queries.LANGUAGE)))
    return {
        "E": gettext("still building {language}").format(language=language_name(school_class.language)),
        "B": gettext("another language at home beside {language}").format(
            language=language_name(school_class.language)
        ),
        "S": gettext("with a support plan"),
    }[part]


# --- the week's groups -----------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def groups_now(request: Request, class_id: int) -> HttpResponse:
    """Show the groups of the week that is planned now: this one until Wednesday, then the one that comes."""
    today = today_of(roster.taught_class(request.person, class_id))
    monday = monday_of(today) if today.weekday() <= 2 else monday_of(today) + timedelta(days=7)
    return HttpResponseRedirect(_address(class_id, monday))


@require_safe
@may(Permission.PLAN_WEEKS)
def groups(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Show a week's groups with what each member brings, and what could be made."""
    now = class_now(request, class_id, monday)
    school_class = now.school_class
    cards = [group_card(group, now) for group in queries.groups_of(school_class, monday)]
    met = [card for card in cards if card["group"].kind != TEAM]
    teams = team_sets(card for card in cards if card["group"].kind == TEAM)
    today = today_of(school_class)
    is_past = monday + timedelta(days=SCHOOL_DAYS_PER_WEEK) <= today
    taken = {own.key for card in cards for own in [place_of(card["group"], now.places)] if own is not None}
    free = [place for place in now.places if place.key not in taken and place.day >= today]
    to_meet = [place for place in free if BlockKind.GROUP in place.kinds]
    # In a class that plans by hand nothing is thought up unless somebody asks.
    wants = bool(request.GET.get("suggest")) or limits.automation_of(school_class) != "off"
    asked = next((each for each in now.names.values() if str(each.pk) == request.GET.get("skill", "")), None)
    suggested = suggestions(now, to_meet) if (wants or asked) and not is_past else []
    if asked:
        suggested.sort(key=lambda card: card["skill"].pk != asked.pk)
    facts = {
        **behind_facts(school_class, monday),
        "asked": asked,
        "is_asked_there": asked is not None and any(card["skill"].pk == asked.pk for card in suggested),
        "monday": monday,
        "friday": monday + timedelta(days=4),
        "week_before": monday - timedelta(days=7),
        "week_after": monday + timedelta(days=7),
        "is_past": is_past,
        "cards": met,
        "teams": teams,
        "suggestions": suggested,
        "wants": wants or asked is not None,
        "places": to_meet,
        "alarms": alarm_facts(queries.alarms(school_class, monday, now.students), now.students, school_class),
        "weeks_looked_at": len(queries.needs_weeks(school_class, monday)),
        "past": past_weeks(now),
        "tasks": tasks(now) if not is_past else [],
        "skills": list(now.names.values()),
        "sizes": TEAM_SIZES,
        "team_places": sorted(free, key=lambda place: BlockKind.PROJECT not in place.kinds),
    }
    return teacher_page(request, "teacher/groups.html", facts, tab="groups", school_class=school_class)


def behind_facts(school_class: Class, monday: date) -> dict[str, Any]:
    """Return whose weeks are older than a change of their groups, for `groups_behind.html`."""
    behind = seats.weeks_behind_groups(school_class, monday)
    return {
        "behind_drafts": [week for week in behind if week.status == "draft"],
        "behind_approved": [week for week in behind if week.status != "draft"],
    }


def suggestions(now: ClassNow, free: Sequence[Place]) -> list[dict[str, Any]]:
    """Return the groups worth meeting, each with a place of its own as far as there are any."""
    by_pk = {student.pk: student for student in now.students}
    found = queries.suggested_groups(
        now.school_class, now.monday, student_ids=list(by_pk), competency_ids=now.path_ids, grid=now.grid
    )
    cards = []
    for number, group in enumerate(found):
        skill = now.names[int(str(group.competency))]
        pks = [int(str(pk)) for pk in group.students]
        best = queries.brings(pks, now.path_ids, now.grid, leave_out=skill.pk)
        cards.append(
            {
                "skill": skill,
                "kind": group.kind,
                "icon": KIND_ICONS[group.kind],
                "title": title_of(group.kind, skill.short),
                "members": [
                    {
                        "student": by_pk[pk],
                        "brings": now.names.get(best[pk].competency_id) if pk in best else None,
                        "cell": best.get(pk),
                        "is_first_steps": pk in best and best[pk].word == "starting",
                    }
                    for pk in pks
                ],
                "why": sentence(group.sentence, {**group.facts, "skill": skill.short}),
                "place": free[number].key if number < len(free) else "",
                "minutes": USUAL_MINUTES[group.kind],
            }
        )
    return cards


def past_weeks(now: ClassNow) -> list[tuple[date, list[dict[str, Any]]]]:
    """Return the groups of the weeks before, by week; teams of one task are one line."""
    weeks: dict[date, list[dict[str, Any]]] = defaultdict(list)
    seen: dict[tuple[date, int | None], dict[str, Any]] = {}
    for group in queries.past_groups(now.school_class, now.monday):
        students = [member.student for member in group.members.all()]
        task = (group.monday, group.resource_id)
        if group.kind == TEAM and task in seen:
            seen[task]["students"] += students
            continue
        name = (
            group.resource.title if group.kind == TEAM and group.resource else skill_name(now.names, group.competency)
        )
        line = {
            "group": group,
            "icon": KIND_ICONS[group.kind],
            "title": title_of(group.kind, name),
            "students": students,
        }
        weeks[group.monday].append(line)
        if group.kind == TEAM:
            seen[task] = line
    return list(weeks.items())


def tasks(now: ClassNow) -> list[tuple[Resource, list[int]]]:
    """Return what a class's teams could work on, with the skills of the path that each needs, by title."""
    wanted = set(now.path_ids)
    found = []
    for resource in library.resources_for(now.school_class.school, now.path_ids):
        together = {"project", "group"} & set(resource.uses) or resource.with_whom in {"team", "pair"}
        if together and resource.variant_of_id is None:
            rows = resource.accepted_alignments  # type: ignore[attr-defined]
            found.append((resource, [row.competency_id for row in rows if row.competency_id in wanted]))
    found.sort(key=lambda row: (-len(row[1]), "project" not in row[0].uses, row[0].title))
    return found[:MOST_TASKS]


# --- one group -------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def group(request: Request, group_id: int) -> HttpResponse:
    """Show one group: what each brings, its session minute by minute, what came of it, and what may be changed."""
    found = queries.group_for(request.person, group_id)
    now = class_now(request, found.school_class_id, found.monday)
    members = queries.members_of(found)
    inside = {member.student_id: member for member in members}
    is_team = found.kind == TEAM
    today = today_of(now.school_class)
    is_over = found.ended_at is not None or found.ends_on < today
    name = skill_name(now.names, found.competency)
    own = place_of(found, now.places)
    own_key = own.key if own is not None else ""
    offers = [
        resource
        for resource in library.resources_teaching(found.competency, now.school_class.school)[:MOST_TASKS]
        if "group" in resource.uses and resource.variant_of_id is None
    ]
    facts = {
        "group": found,
        "monday": found.monday,
        "is_team": is_team,
        "is_over": is_over,
        "title": title_of(found.kind, found.resource.title if is_team and found.resource else name),
        "skill": now.names.get(found.competency_id),
        "icon": KIND_ICONS[found.kind],
        "when": when_words(found, now.places),
        "why": sentence(str(found.why.get("sentence", "")), {**(found.why.get("facts") or {}), "skill": name}),
        "members": member_facts(found, members, now),
        "standing": [(member.student, now.grid.get((member.student_id, found.competency_id))) for member in members],
        "outcomes": queries.outcomes(found, at=now.at) if found.monday <= today else [],
        "inside": [(member.student, member.role) for member in members],
        "outside": [student for student in now.students if student.pk not in inside],
        "roles": [(role.key, gettext(role.name)) for role in ROLES],
        "places": [place for place in now.places if is_team or BlockKind.GROUP in place.kinds or place.key == own_key],
        "place": own_key,
        "offers": offers,
        "steps": steps_of(found, skill=name, goal=_goal(found, now.names)),
        "look_for": [gettext(words) for words in LOOK_FOR[found.kind]],
    }
    return teacher_page(request, "teacher/group.html", facts, tab="groups", school_class=now.school_class)


def _goal(found: Group, names: Mapping[int, Named]) -> str:
    named = names.get(found.competency_id)
    return named.i_can if named else str(found.competency)


def steps_of(found: Group, *, skill: str, goal: str) -> list[dict[str, Any]]:
    """Return the session minute by minute, in words."""
    task = f"“{found.resource.title}”" if found.resource else gettext("a task on {skill}").format(skill=skill)
    facts = {"goal": goal, "skill": skill, "task": task}
    return [
        {
            "starts": timed.starts,
            "ends": timed.ends,
            "title": gettext(timed.step.title),
            "does": sentence(timed.step.does, facts),
            "asks": [gettext(ask) for ask in timed.step.asks],
        }
        for timed in session_plan(found.kind, found.minutes)
    ]


# --- what a teacher does ---------------------------------------------------------------------------------------------


def _address(class_id: int, monday: date) -> str:
    return reverse("teacher-groups", kwargs={"class_id": class_id, "monday": monday})


def _go(request: Request, address: str) -> HttpResponse:
    """Send the reader on; an Undo in a toast is pressed by htmx, and its page is loaded anew."""
    if request.htmx:
        return HttpResponseClientRefresh()
    return HttpResponseRedirect(address)


def _do(request: Request, act: Callable[[], tuple[str, str]], *, address: str) -> HttpResponse:
    """Do something to groups; a broken rule is said on the page that the press came from."""
    try:
        words, undo = act()
    except RuleBroken as rule:
        messages.warning(request, sentence(rule.sentence, rule.facts))
    else:
        messages.success(request, words, extra_tags=undo)
    return _go(request, address)


@require_POST
@may(Permission.PLAN_WEEKS)
def make(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Make a group that was suggested; pressing twice is one group."""
    school_class = roster.taught_class(request.person, class_id)
    asked = request.POST
    kind = asked.get("kind", "")
    competency = next((one for one in standards.path_of(school_class) if str(one.pk) == asked.get("skill", "")), None)
    if competency is None or kind not in WHY:
        raise NotFound
    wanted = set(asked.getlist("student"))
    students = [student for student in roster.students_of(school_class) if str(student.uuid) in wanted]

    def act() -> tuple[str, str]:
        place = _place(places_of(school_class, monday), asked.get("place", ""))
        own = {student.pk for student in students}
        same = (
            each
            for each in queries.groups_of(school_class, monday)
            if each.competency_id == competency.pk and {row.student_id for row in each.members.all()} == own
        )
        made = next(same, None) or actions.make_group(
            school_class=school_class,
            competency=competency,
            kind=kind,
            students=students,
            monday=monday,
            weekday=place.day.weekday(),
            order=place.order,
            minutes=place.minutes,
            why={"sentence": WHY[kind], "facts": {"count": len(students), "competency": competency.pk}},
            by=request.person,
            at=timezone.now(),
        )
        words = gettext("Group made for {day}: {names}.").format(
            day=weekday_and_day(place.day), names=", ".join(student.given_name for student in students)
        )
        return words, reverse("teacher-group-end", kwargs={"group_id": made.pk})

    return _do(request, act, address=_address(class_id, monday))


def _group_address(found: Group) -> str:
    return reverse("teacher-group", kwargs={"group_id": found.pk})


@require_POST
@may(Permission.PLAN_WEEKS)
def change_members(request: Request, group_id: int) -> HttpResponse:
    """Change who is in a group, and in a team who sees to what."""
    found = queries.group_for(request.person, group_id)
    wanted = set(request.POST.getlist("student"))
    students = [student for student in roster.students_of(found.school_class) if str(student.uuid) in wanted]
    roles = {
        student.pk: role
        for student in students
        for role in [request.POST.get(f"role-{student.uuid}", "")]
        if role in ROLES_BY_KEY or (not role and f"role-{student.uuid}" in request.POST)
    }

    def act() -> tuple[str, str]:
        actions.change_members(group=found, students=students, roles=roles, by=request.person, at=timezone.now())
        names = ", ".join(student.given_name for student in students)
        return gettext("In this group now: {names}.").format(names=names), _undo_address(found)

    return _do(request, act, address=_group_address(found))


@require_POST
@may(Permission.PLAN_WEEKS)
def move(request: Request, group_id: int) -> HttpResponse:
    """Let a group meet at another place of the week, or work with something else."""
    found = queries.group_for(request.person, group_id)
    given = request.POST.get("resource", "")

    def act() -> tuple[str, str]:
        place = _place(places_of(found.school_class, found.monday), request.POST.get("place", ""))
        resource = found.resource
        if found.kind != TEAM:
            offers = library.resources_teaching(found.competency, found.school_class.school) if given else ()
            resource = next((each for each in offers if str(each.uuid) == given), None)
        actions.move_group(
            group=found,
            weekday=place.day.weekday(),
            order=place.order,
            minutes=place.minutes,
            resource=resource,
            by=request.person,
            at=timezone.now(),
        )
        return gettext("This group meets on {place}.").format(place=place.words), _undo_address(found)

    return _do(request, act, address=_group_address(found))


def _undo_address(found: Group) -> str:
    return reverse("teacher-group-undo", kwargs={"group_id": found.pk})


@require_POST
@may(Permission.PLAN_WEEKS)
def undo(request: Request, group_id: int) -> HttpResponse:
    """Take back the newest change of a group."""
    found = queries.group_for(request.person, group_id)

    def act() -> tuple[str, str]:
        actions.undo_change(group=found, by=request.person, at=timezone.now())
        return gettext("Undone."), ""

    return _do(request, act, address=_group_address(found))


@require_POST
@may(Permission.PLAN_WEEKS)
def end(request: Request, group_id: int) -> HttpResponse:
    """End a group before its Friday; this is also how making one is undone."""
    found = queries.group_for(request.person, group_id)

    def act() -> tuple[str, str]:
        actions.end_group(group=found, by=request.person, at=timezone.now())
        words = gettext("The group is ended. Plans that were approved with it stay as they are.")
        return words, reverse("teacher-group-again", kwargs={"group_id": found.pk})

    return _do(request, act, address=safe_next(request, _address(found.school_class_id, found.monday)))


@require_POST
@may(Permission.PLAN_WEEKS)
def again(request: Request, group_id: int) -> HttpResponse:
    """Take back the end of a group."""
    found = queries.group_for(request.person, group_id)

    def act() -> tuple[str, str]:
        actions.resume_group(group=found, by=request.person, at=timezone.now())
        return gettext("The group meets again."), ""

    return _do(request, act, address=_address(found.school_class_id, found.monday))


@require_POST
@may(Permission.PLAN_WEEKS)
def draft_again(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Draft again exactly the weeks that are older than a change of their groups; approved weeks stay."""
    school_class = roster.taught_class(request.person, class_id)
    behind = [week for week in seats.weeks_behind_groups(school_class, monday) if week.status == "draft"]

    def act() -> tuple[str, str]:
        if behind:
            drafts.draft_class_week(
                school_class=school_class,
                monday=monday,
                students=[week.student for week in behind],
                by=request.person,
                at=timezone.now(),
            )
        words = ngettext("{count} week is drafted again.", "{count} weeks are drafted again.", len(behind))
        return words.format(count=len(behind)), ""

    return _do(request, act, address=safe_next(request, _address(class_id, monday)))


# --- teams for one task ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TeamWish:
    """What a teacher asks teams for: the task, the skills it needs, how many to a team, and when."""

    task: Resource
    skills: tuple[int, ...]
    size: int
    place: Place


def _team_wish(asked: Mapping[str, Any], given_skills: Iterable[str], now: ClassNow) -> TeamWish:
    row = next((row for row in tasks(now) if str(row[0].uuid) == asked.get("task", "")), None)
    if row is None:
        raise RuleBroken(NO_TASK)
    task, aligned = row
    given = {int(pk) for pk in given_skills if pk.isdecimal()}
    skills = tuple(pk for pk in now.path_ids if pk in given) or tuple(pk for pk in now.path_ids if pk in aligned)
    size = asked.get("size", "")
    return TeamWish(
        task=task,
        skills=skills,
        size=int(size) if size in {str(each) for each in TEAM_SIZES} else 4,
        place=_place(now.places, asked.get("place", "")),
    )


@require_safe
@may(Permission.PLAN_WEEKS)
def teams(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Draft teams for a task, to be changed and accepted."""
    now = class_now(request, class_id, monday)
    try:
        wish = _team_wish(request.GET, request.GET.getlist("skill"), now)
        members = queries.team_members(now.school_class, now.students, now.path_ids, now.grid, resource=wish.task)
        made = make_teams(members, dict.fromkeys(wish.skills, 1.0), size=wish.size, seed=now.school_class.pk)
    except RuleBroken as rule:
        messages.warning(request, sentence(rule.sentence, rule.facts))
        return HttpResponseRedirect(_address(class_id, monday))
    return _teams_page(request, now, wish, made)


def _teams_page(
    request: Request,
    now: ClassNow,
    wish: TeamWish,
    made: Teams,
    *,
    problem: str = "",
    status: int = 200,
    changed: Mapping[str, tuple[int, str]] | None = None,
) -> HttpResponse:
    by_pk: dict[Any, Person] = {student.pk: student for student in now.students}
    names: Mapping[Any, Named] = now.names
    drawn = []
    for number, team in enumerate(made.teams, start=1):
        rows = []
        for seat in team.seats:
            student = by_pk[seat.student]
            own_number, own_role = (changed or {}).get(str(student.uuid), (number, seat.role))
            rows.append(
                {
                    "student": student,
                    "role": own_role,
                    "team": own_number,
                    "icon": ROLE_ICONS[seat.role],
                    "brings": names.get(seat.strong_in),
                    "word": seat.word,
                    "pieces": seat.pieces,
                    "is_for_the_task": seat.is_for_the_task,
                    "languages": [
                        language_name(row.language)
                        for row in student.languages.all()
                        if row.language != wish.task.language
                    ],
                }
            )
        drawn.append(
            {
                "number": number,
                "rows": rows,
                "carried": [
                    (
                        names[skill],
                        by_pk[team.covered_by[skill]],
                        now.grid.get((by_pk[team.covered_by[skill]].pk, skill)),
                    )
                    for skill in wish.skills
                    if skill in names
                ],
            }
        )
    facts = {
        "monday": now.monday,
        "wish": wish,
        "skills": [names[pk] for pk in wish.skills],
        "teams": drawn,
        "numbers": range(1, len(drawn) + 1),
        "roles": [(role.key, gettext(role.name)) for role in ROLES],
        "unmet": [
            sentence(words, {**facts, "skill": names[facts["competency"]].short if "competency" in facts else ""})
            for words, facts in made.unmet
        ],
        "problem": problem,
    }
    return teacher_page(
        request, "teacher/teams.html", facts, tab="groups", school_class=now.school_class, status=status
    )


@require_POST
@may(Permission.PLAN_WEEKS)
def make_task_teams(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Make the teams as they were drafted, or as they were changed on the page."""
    now = class_now(request, class_id, monday)
    asked = request.POST
    try:
        wish = _team_wish(asked, asked.getlist("skill"), now)
    except RuleBroken as rule:
        messages.warning(request, sentence(rule.sentence, rule.facts))
        return HttpResponseRedirect(_address(class_id, monday))
    members = queries.team_members(now.school_class, now.students, now.path_ids, now.grid, resource=wish.task)
    made = make_teams(members, dict.fromkeys(wish.skills, 1.0), size=wish.size, seed=now.school_class.pk)
    strong: dict[Any, Any] = {seat.student: seat.strong_in for team in made.teams for seat in team.seats}
    by_number: dict[int, list[tuple[Person, actions.Part]]] = defaultdict(list)
    changed: dict[str, tuple[int, str]] = {}
    for student in now.students:
        number, role = asked.get(f"team-{student.uuid}", ""), asked.get(f"role-{student.uuid}", "")
        if number.isdecimal():
            role = role if role in ROLES_BY_KEY else ""
            changed[str(student.uuid)] = (int(number), role)
            by_number[int(number)].append((student, actions.Part(role=role, strong_in=strong.get(student.pk))))
    competencies = {competency.pk: competency for competency in now.path}
    try:
        groups_made = actions.make_teams(
            school_class=now.school_class,
            competency=competencies[wish.skills[0]],
            resource=wish.task,
            teams=[team for _number, team in sorted(by_number.items())],
            monday=monday,
            weekday=wish.place.day.weekday(),
            order=wish.place.order,
            minutes=wish.place.minutes,
            why={
                "sentence": WHY_TEAM,
                "facts": {"task": wish.task.title},
                "skills": list(wish.skills),
            },
            by=request.person,
            at=timezone.now(),
        )
    except RuleBroken as rule:
        return _teams_page(
            request, now, wish, made, problem=sentence(rule.sentence, rule.facts), status=422, changed=changed
        )
    words = ngettext("{count} team is made for “{task}”.", "{count} teams are made for “{task}”.", len(groups_made))
    messages.success(
        request,
        words.format(count=len(groups_made), task=wish.task.title),
        extra_tags=reverse(
            "teacher-teams-end", kwargs={"class_id": class_id, "monday": monday, "task": wish.task.uuid}
        ),
    )
    return HttpResponseRedirect(_address(class_id, monday))


@require_POST
@may(Permission.PLAN_WEEKS)
def end_teams(request: Request, class_id: int, monday: date, task: UUID) -> HttpResponse:
    """End all teams of a task, or take that back (`again`)."""
    school_class = roster.taught_class(request.person, class_id)
    resource = library.resource_with_uuid(task)
    is_again = bool(request.GET.get("again"))
    found = queries.teams_for(school_class, monday, resource.pk, ended=is_again)
    signed: dict[str, Any] = {"groups": found, "by": request.person, "at": timezone.now()}

    def act() -> tuple[str, str]:
        if is_again:
            actions.resume_groups(**signed)
            return gettext("The teams for “{task}” stand again.").format(task=resource.title), ""
        actions.end_groups(**signed)
        return gettext("The teams for “{task}” are ended.").format(task=resource.title), f"{request.path}?again=1"

    return _do(request, act, address=_address(class_id, monday))


# --- on paper --------------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.PLAN_WEEKS)
def print_group(request: Request, group_id: int) -> HttpResponse:
    """Show one group's session plan and cards for printing."""
    found = queries.group_for(request.person, group_id)
    now = class_now(request, found.school_class_id, found.monday)
    return _print(request, now, [(found, queries.members_of(found))], back=_group_address(found))


@require_safe
@may(Permission.PLAN_WEEKS)
def print_groups(request: Request, class_id: int, monday: date) -> HttpResponse:
    """Show the session plans and cards of all groups of a week for printing."""
    now = class_now(request, class_id, monday)
    found = [(each, list(each.members.all())) for each in queries.groups_of(now.school_class, monday)]
    return _print(request, now, found, back=_address(class_id, monday))


def _print(
    request: Request, now: ClassNow, found: Sequence[tuple[Group, Sequence[GroupMember]]], *, back: str
) -> HttpResponse:
    teacher = roster.lead_teacher(now.school_class)
    doors = library.doors_of_many([group.resource for group, _members in found if group.resource])
    names: dict[str, dict[int, Named]] = {}
    papers = []
    for group, members in found:
        name = skill_name(now.names, group.competency)
        plan = {
            **group_card(group, now),
            "members": member_facts(group, members, now),
            "goal": _goal(group, now.names),
            "steps": steps_of(group, skill=name, goal=_goal(group, now.names)),
            "look_for": [gettext(words) for words in LOOK_FOR[group.kind]],
            "school_class": now.school_class,
            "task": group.resource,
            "day": group.monday + timedelta(days=group.weekday),
        }
        papers.append(render_to_string("teacher/group_print.html#plan", plan))
        cards = []
        for facts in plan["members"]:
            student = facts["student"]
            if student.language not in names:
                names[student.language] = standards.named(now.path, student.language)
            with translation.override(student.language):
                cards.append(_card(group, facts, names[student.language], doors, now, teacher))
        papers.append(render_to_string("teacher/group_print.html#cards", {"cards": cards, "title": plan["title"]}))
    return teacher_page(
        request,
        "teacher/group_print.html",
        {"papers": papers, "count": len(found), "back": back, "monday": now.monday},
        tab="groups",
        school_class=now.school_class,
    )


def _card(
    group: Group,
    facts: Mapping[str, Any],
    names: Mapping[int, Named],
    doors: Mapping[int, Sequence[Resource]],
    now: ClassNow,
    teacher: Person | None,
) -> str:
    """Return one student's card, in the language that is switched on; it never says why the group was formed."""
    student, role = facts["student"], facts["role"]
    task = group.resource
    if task is not None:
        task = next((door for door in doors.get(task.pk, ()) if door.language == student.language), task)
    brings = names.get(facts["brings"].pk) if facts["brings"] else None
    return render_to_string(
        "teacher/group_print.html#card",
        {
            "language": student.language,
            "student": student,
            "is_team": group.kind == TEAM,
            "icon": facts["role_icon"] or KIND_ICONS[group.kind],
            "role": gettext(role.name) if role else "",
            "does": gettext(role.does) if role else "",
            "says": [gettext(words) for words in role.says] if role else [],
            "goal": _goal(group, names),
            "task": task,
            "brings": brings,
            "when": when_words(group, now.places),
            "teacher": teacher.formal_name if teacher else pgettext("on a card", "your teacher"),
        },
    )
