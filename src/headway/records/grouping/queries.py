"""Which groups meet, and on what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import F, Prefetch, QuerySet

from headway.core.grouping import (
    Alarm,
    Known,
    Standing,
    SuggestedGroup,
    TeamMember,
    alarms_for,
    own_best,
    suggest_groups,
)
from headway.core.planning.fairness import letters_of
from headway.core.shared.errors import NotFound
from headway.records.evidence.models import Evidence
from headway.records.evidence.queries import NO_EVIDENCE, Cell, cells, cells_as_of
from headway.records.grouping.models import Group, GroupMember
from headway.records.roster.models import Class, Person
from headway.records.standards.queries import prerequisite_pairs

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.roster.models import StudentLanguage

LANGUAGE = "language:"
COMPARED_LETTERS = frozenset({"E", "B", "S"})
PAST_WEEKS = 4
LANGUAGE_FROM_GRADES = 3.0  # reading or speaking like a third-grader is enough to work together


def groups_of(school_class: Class, monday: date) -> QuerySet[Group]:
    """Return the class's groups in a week, with members, in the order of the days."""
    return groups_in([school_class], monday)


def groups_in(school_classes: Iterable[Class], monday: date) -> QuerySet[Group]:
    """Return the groups of several classes in a week, with members, in the order of the days."""
    return (
        Group.objects.filter(
            school_class__in=list(school_classes), monday__lte=monday, ends_on__gte=monday, ended_at__isnull=True
        )
        .select_related("competency", "resource")
        .prefetch_related(
            Prefetch("members", GroupMember.objects.select_related("student").order_by("student__given_name"))
        )
        .order_by("weekday", F("order").asc(nulls_last=True), "pk")
    )


def group_for(teacher: Person, group_id: int) -> Group:
    """Return a group of a class the person teaches, else "not found"."""
    found = (
        Group.objects.filter(pk=group_id, school_class__teachings__teacher=teacher)
        .select_related("school_class__school", "competency", "resource")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def weeks_in_needs_groups(school_class: Class, monday: date, *, most: int = 6) -> dict[int, int]:
    """Return how many weeks in a row, up to the one before `monday`, each student was in a needs group."""
    rows = GroupMember.objects.filter(
        group__school_class=school_class,
        group__kind=Group.Kind.NEEDS,
        group__ended_at__isnull=True,
        group__monday__lt=monday,
        group__monday__gte=monday - timedelta(weeks=most),
    ).values_list("student_id", "group__monday")
    mondays: dict[int, set[date]] = defaultdict(set)
    for student_id, week in rows:
        mondays[student_id].add(week)
    counted = {}
    for student_id, weeks in mondays.items():
        count = 0
        while monday - timedelta(weeks=count + 1) in weeks:
            count += 1
        counted[student_id] = count
    return counted


def suggested_groups(
    school_class: Class,
    monday: date,
    *,
    student_ids: Sequence[int],
    competency_ids: Sequence[int],
    grid: Mapping[tuple[int, int], Cell],
) -> list[SuggestedGroup]:
    """Return groups worth meeting in a week, from a grid already read; nobody who meets the teacher that week anyway."""
    seated = set(
        GroupMember.objects.filter(group__school_class=school_class, group__monday=monday, group__ended_at__isnull=True)
        .exclude(group__kind=Group.Kind.TEAM)
        .values_list("student_id", flat=True)
    )
    before = defaultdict(list)
    for earlier, later in prerequisite_pairs(competency_ids, school_id=school_class.school_id):
        before[later].append(earlier)
    standings = [
        Standing(
            student=student_id,
            competency=competency_id,
            chance=cell.chance,
            pieces=cell.pieces,
            word=cell.word,
            # What was never looked at is no reason to keep somebody out of a group.
            prerequisites_met=all(
                not earlier.pieces or earlier.chance >= earlier.rule.growing_share
                for earlier in (grid.get((student_id, pk), NO_EVIDENCE) for pk in before[competency_id])
            ),
        )
        for student_id in student_ids
        if student_id not in seated
        for competency_id in competency_ids
        for cell in (grid.get((student_id, competency_id), NO_EVIDENCE),)
    ]
    return suggest_groups(standings, grouped_before=dict(weeks_in_needs_groups(school_class, monday).items()))


def past_groups(school_class: Class, monday: date, *, weeks: int = PAST_WEEKS) -> list[Group]:
    """Return the groups of the weeks before, the newest week first, with members."""
    return list(
        Group.objects.filter(
            school_class=school_class,
            monday__lt=monday,
            monday__gte=monday - timedelta(weeks=weeks),
            ended_at__isnull=True,
        )
        .select_related("competency", "resource")
        .prefetch_related(
            Prefetch("members", GroupMember.objects.select_related("student").order_by("student__given_name"))
        )
        .order_by("-monday", "weekday", F("order").asc(nulls_last=True), "pk")
    )


def teams_for(school_class: Class, monday: date, resource_id: int, *, ended: bool = False) -> list[Group]:
    """Return the teams for one task in a week: those that stand, or those that were ended together last."""
    teams = list(
        Group.objects.filter(
            school_class=school_class,
            monday=monday,
            resource=resource_id,
            kind=Group.Kind.TEAM,
            ended_at__isnull=not ended,
        ).order_by("pk")
    )
    last = max((team.ended_at for team in teams if team.ended_at), default=None)
    return [team for team in teams if team.ended_at == last]


def members_of(group: Group) -> list[GroupMember]:
    """Return who is in a group, as a class list goes."""
    return list(group.members.select_related("student").order_by("student__given_name", "student__family_name", "pk"))


# --- what each brings ------------------------------------------------------------------------------------------------


def brings(
    student_ids: Iterable[int],
    competency_ids: Iterable[int],
    grid: Mapping[tuple[int, int], Cell],
    *,
    leave_out: int = 0,
) -> dict[int, Cell]:
    """Return each student's own best cell, from a grid already read; a missing key means that nothing was seen yet."""
    wanted = [pk for pk in competency_ids if pk != leave_out]
    found: dict[int, Cell] = {}
    for student_id in student_ids:
        best = own_best(_known(student_id, wanted, grid))
        if best is not None:
            found[student_id] = grid[student_id, int(str(best))]
    return found


def _known(student_id: int, competency_ids: Iterable[int], grid: Mapping[tuple[int, int], Cell]) -> dict[Any, Known]:
    return {
        pk: Known(chance=cell.chance, low=cell.low, pieces=cell.pieces, word=cell.word)
        for pk in competency_ids
        for cell in [grid.get((student_id, pk))]
        if cell is not None and cell.pieces
    }


def team_members(
    school_class: Class,
    students: Iterable[Person],
    competency_ids: Sequence[int],
    grid: Mapping[tuple[int, int], Cell],
    *,
    resource: Resource | None = None,
) -> list[TeamMember]:
    """Return the students as teams are made from them; languages must be at hand (`students_with_profiles`)."""
    people = list(students)
    language = resource.language if resource else school_class.language
    level = max(1.0, resource.reading_level if resource and resource.reading_level else float(school_class.grade))
    before: dict[int, Counter[str]] = defaultdict(Counter)
    rows = GroupMember.objects.filter(group__school_class=school_class, group__ended_at__isnull=True).exclude(role="")
    for student_id, role in rows.values_list("student_id", "role"):
        before[student_id][role] += 1
    found = []
    for student in people:
        own = {row.language: row for row in student.languages.all()}
        here = own.get(language)
        found.append(
            TeamMember(
                student=student.pk,
                known=_known(student.pk, competency_ids, grid),
                languages=frozenset(row.language for row in own.values() if _is_of_use(row))
                or frozenset({school_class.language}),
                # Nothing written down about languages: then the class's is taken to be theirs.
                reading=min(1.0, here.reading_level / level) if here else 0.0 if own else 1.0,
                speaking=min(1.0, here.speaking_level / level) if here else 0.0 if own else 1.0,
                roles_before=tuple(before[student.pk].elements()),
            )
        )
    return found


def _is_of_use(row: StudentLanguage) -> bool:
    """Return whether a student can work with others in a language."""
    return row.is_home_language or max(row.reading_level, row.speaking_level) >= LANGUAGE_FROM_GRADES


# --- what came of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One member on the group's target: the word before it met, the word now, and what was seen since."""

    student: Person
    before: str
    now: str
    pieces: int


def outcomes(group: Group, *, at: datetime) -> list[Outcome]:
    """Return what came of a group for each member, from evidence that happened since its Monday."""
    students = [member.student for member in members_of(group)]
    zone = ZoneInfo(group.school_class.school.timezone)
    start = datetime.combine(group.monday, time.min, zone)
    before = cells_as_of(students, [group.competency_id], at=min(start, at), school_class=group.school_class)
    now = cells(students, [group.competency_id], at=at, school_class=group.school_class)
    since = Counter(
        Evidence.objects.filter(
            student__in=students, competency=group.competency_id, happened_at__gte=start, happened_at__lte=at
        ).values_list("student_id", flat=True)
    )
    return [
        Outcome(
            student=student,
            before=before.get((student.pk, group.competency_id), NO_EVIDENCE).word,
            now=now.get((student.pk, group.competency_id), NO_EVIDENCE).word,
            pieces=since[student.pk],
        )
        for student in students
    ]


# --- do groups go round? ---------------------------------------------------------------------------------------------


def needs_weeks(school_class: Class, monday: date) -> list[frozenset[int]]:
    """Return who was in groups that work on a need, week by week of this term up to `monday`; other weeks are left out."""
    weeks: dict[date, set[int]] = {}
    rows = GroupMember.objects.filter(
        group__school_class=school_class,
        group__kind=Group.Kind.NEEDS,
        group__ended_at__isnull=True,
        group__monday__gte=school_class.term.starts_on - timedelta(days=6),
        group__monday__lte=monday,
    )
    for student_id, week in rows.order_by("group__monday").values_list("student_id", "group__monday"):
        weeks.setdefault(week, set()).add(student_id)
    return [frozenset(own) for own in weeks.values()]


def alarms(school_class: Class, monday: date, students: Iterable[Person]) -> list[Alarm]:
    """Return what an adult should look at in the groups so far; languages and supports must be at hand.

    Letters and languages are read for this comparison only, and none of them stands beside a name.
    """
    letters: dict[Any, frozenset[str]] = {}
    for student in students:
        own = list(student.languages.all())
        profile = getattr(student, "profile", None)
        found = letters_of(
            readers=[(row.language, row.reading_level, row.is_home_language) for row in own],
            supports=frozenset(row.kind for row in student.supports.all()),
            language=school_class.language,
            grade=min(profile.grade, school_class.grade) if profile else school_class.grade,
        )
        home = {row.language for row in own if row.is_home_language and row.language != school_class.language}
        letters[student.pk] = (found & COMPARED_LETTERS) | {f"{LANGUAGE}{code}" for code in home}
    return alarms_for(needs_weeks(school_class, monday), letters, seed=school_class.pk)
