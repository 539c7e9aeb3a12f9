"""Where students stand in time: their pace, the dates of their work, and what they moved on from.

A moved date is read for its own student alone, so that nobody else's page can show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q

from headway.core.planning.pace import OwnWord, PaceNow, SkillSeen, paces_of_class, reached_by_now, share_of_term
from headway.core.planning.problem import BlockKind, Pace
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import SCHOOL_DAYS_PER_WEEK
from headway.records.evidence.queries import NO_EVIDENCE, Cell, cells
from headway.records.library.models import Resource
from headway.records.library.queries import resources_for
from headway.records.planning.models import Block, ClassWeek, Deadline, MovedDate, MoveOn, PaceWord, PlanRules
from headway.records.roster.models import Class, Person, Support
from headway.records.roster.queries import students_of, today_at
from headway.records.standards.models import Competency
from headway.records.standards.queries import path_of

LOOK_BACK_DAYS, LOOK_AHEAD_DAYS = 14, 21
WAIVED_LOOK_BACK_DAYS = 21
MOVES_ON_SHOWN_DAYS = 7
KEPT_IN_RECOVERY = (BlockKind.ESSENTIAL.value, BlockKind.GROUP.value, BlockKind.CHOICE.value)
_NOT_LISTED = ("text", "steps", "topics", "careers", "needs", "culture")


# --- pace ------------------------------------------------------------------------------------------------------------


def paces_of(
    school_class: Class,
    students: Iterable[Person],
    *,
    at: datetime,
    grid: Mapping[tuple[int, int], Cell] | None = None,
    path: Sequence[Competency] | None = None,
) -> dict[int, PaceNow]:
    """Return the pace of each student by student id, in a fixed number of queries.

    A pace is told beside the class, so a `grid` has to hold the whole class; without one it is read here.
    """
    students = list(students)
    path = path_of(school_class) if path is None else path
    if grid is None:
        everyone = list(students_of(school_class))
        grid = cells(everyone, [skill.pk for skill in path], at=at, school_class=school_class)
        ids = {student.pk for student in everyone}
    else:
        ids = {student_id for student_id, _skill in grid}
    wanted = {student.pk for student in students}
    found = paces_of_class(
        {pk: [_seen(grid.get((pk, skill.pk), NO_EVIDENCE)) for skill in path] for pk in ids | wanted},
        reached=_reached(school_class, path, at=at),
        own_words=own_words_in(school_class, wanted),
        on=today_at(school_class.school, at),
    )
    return {pk: found[pk] for pk in wanted}


def pace_of_student(student: Person, school_class: Class, *, at: datetime) -> PaceNow:
    """Return one student's pace in a class."""
    return paces_of(school_class, [student], at=at)[student.pk]


def _seen(cell: Cell) -> SkillSeen:
    return SkillSeen(word=cell.word, pieces=cell.pieces, certain=cell.certain)


def _reached(school_class: Class, path: Sequence[Competency], *, at: datetime) -> int:
    """Return how many skills of the path are reached by now: by the term, and by the newest goal of a week."""
    today = today_at(school_class.school, at)
    places = {skill.pk: place for place, skill in enumerate(path)}
    goal_id = (
        ClassWeek.objects.filter(school_class=school_class, monday__lte=today, goal__isnull=False)
        .order_by("-monday")
        .values_list("goal", flat=True)
        .first()
    )
    term = school_class.term
    share = share_of_term(today, starts_on=term.starts_on, ends_on=term.ends_on)
    return reached_by_now(len(path), goal_place=places.get(goal_id) if goal_id else None, term_share=share)


def own_words_in(school_class: Class, student_ids: Iterable[int]) -> dict[int, OwnWord]:
    """Return the teachers' own words that were not taken back, by student id; some may be over their last day."""
    rows = PaceWord.objects.filter(school_class=school_class, student__in=list(student_ids), ended_at__isnull=True)
    return {
        row.student_id: OwnWord(
            word=Pace(row.word),
            why=row.why,
            said_by=row.said_by.formal_name if row.said_by else "",
            ends_on=row.ends_on,
            id=row.pk,
        )
        for row in rows.select_related("said_by")
    }


def pace_word_for(teacher: Person, pace_word_id: int) -> PaceWord:
    """Return a word about a student's pace in a class that the person teaches, else "not found"."""
    found = (
        PaceWord.objects.select_related("school_class__school", "student")
        .filter(pk=pace_word_id, school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


# --- dates -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OwnDate:
    """By when a piece of work is to be done, as one student sees it; nothing in it tells whose date it is."""

    resource_id: int
    family: int
    title: str
    language: str
    due_on: date
    words: str
    is_done: bool


@dataclass(kw_only=True)
class ClassDate:
    """A class's date as its teacher sees it: who has another one, and how many are done."""

    deadline: Deadline
    moved: list[MovedDate] = field(default_factory=list)
    done: int = 0


def family_of(resource: Resource) -> int:
    """Return what the doors to one piece of work have in common."""
    return int(resource.variant_of_id or resource.pk)


def _open_deadlines(school_classes: Iterable[Class]) -> Any:
    return (
        Deadline.objects.filter(school_class__in=list(school_classes), ended_at__isnull=True)
        .select_related("resource")
        .defer(*(f"resource__{name}" for name in _NOT_LISTED))
        .order_by("due_on", "pk")
    )


def own_dates(student: Person, *, school_classes: Iterable[Class], on: date) -> list[OwnDate]:
    """Return the dates of a student's work around a day, soonest first; what is put away for now has none.

    Work that waits stays on the list for two weeks after its date, with the same words as before.
    """
    return own_dates_of([student], school_classes={student.pk: list(school_classes)}, on=on)[student.pk]


def own_dates_of(
    students: Iterable[Person], *, school_classes: Mapping[int, Sequence[Class]], on: date
) -> dict[int, list[OwnDate]]:
    """Return each student's dates by student id, in one pass for a class or a family."""
    students = list(students)
    classes = {each.pk: each for mine in school_classes.values() for each in mine}
    deadlines = list(_open_deadlines(classes.values()))
    found: dict[int, list[OwnDate]] = {student.pk: [] for student in students}
    if not deadlines:
        return found
    moved = _moved(deadlines, students)
    done = _done(students, [family_of(deadline.resource) for deadline in deadlines])
    recovering = _in_recovery(students, on, on)
    for student in students:
        mine = {each.pk for each in school_classes.get(student.pk, ())}
        for deadline in deadlines:
            if deadline.school_class_id not in mine:
                continue
            if student.pk in recovering and not _is_essential(deadline.resource):
                continue
            due_on = moved.get((deadline.pk, student.pk), deadline.due_on)
            if on - timedelta(days=LOOK_BACK_DAYS) <= due_on <= on + timedelta(days=LOOK_AHEAD_DAYS):
                family = family_of(deadline.resource)
                found[student.pk].append(
                    OwnDate(
                        resource_id=deadline.resource_id,
                        family=family,
                        title=deadline.resource.title,
                        language=deadline.resource.language,
                        due_on=due_on,
                        words=deadline.words,
                        is_done=(student.pk, family) in done,
                    )
                )
        found[student.pk].sort(key=lambda own: (own.due_on, own.title))
    return found


def milestones_of(
    school_class: Class, monday: date, students: Iterable[Person]
) -> dict[int, tuple[tuple[int, int, str], ...]]:
    """Return for each student what is due in a week by the student's own date and not done: (resource id, day, words).

    What is due on a weekend stands on Friday. Work that is put away for a student has no date.
    """
    students = list(students)
    found: dict[int, list[tuple[int, int, str]]] = {student.pk: [] for student in students}
    deadlines = list(_open_deadlines([school_class]))
    if deadlines:
        moved = _moved(deadlines, students)
        done = _done(students, [family_of(deadline.resource) for deadline in deadlines])
        waived = _in_recovery(students, monday, monday + timedelta(days=SCHOOL_DAYS_PER_WEEK - 1))
        for student in students:
            for deadline in deadlines:
                days = (moved.get((deadline.pk, student.pk), deadline.due_on) - monday).days
                if not 0 <= days < 7 or (student.pk, family_of(deadline.resource)) in done:
                    continue
                if student.pk in waived and not _is_essential(deadline.resource):
                    continue
                day = min(days, SCHOOL_DAYS_PER_WEEK - 1)
                found[student.pk].append((deadline.resource_id, day, deadline.words or deadline.resource.title))
    return {pk: tuple(sorted(rows, key=lambda row: (row[1], row[0]))) for pk, rows in found.items()}


def waived_of(school_class: Class, monday: date, students: Iterable[Person]) -> dict[int, frozenset[int]]:
    """Return the work that is waived for each student, as resource ids: it is put away, and no zero.

    For those who have essentials only for now, that is what was planned lately beside the essentials and not finished, and
    every other work with a date. Everybody else has nothing waived.
    """
    students = list(students)
    recovering = _in_recovery(students, monday, monday + timedelta(days=SCHOOL_DAYS_PER_WEEK - 1))
    found: dict[int, set[int]] = {student.pk: set() for student in students}
    if recovering:
        dated = {row.resource_id for row in _open_deadlines([school_class]) if not _is_essential(row.resource)}
        unfinished = Block.objects.filter(
            week__student__in=recovering,
            week__class_week__school_class=school_class,
            week__class_week__monday__gte=monday - timedelta(days=WAIVED_LOOK_BACK_DAYS),
            week__class_week__monday__lt=monday,
            finished_at__isnull=True,
            resource__isnull=False,
        ).exclude(kind__in=KEPT_IN_RECOVERY)
        for pk in recovering:
            found[pk] |= dated
        for student_id, resource_id in unfinished.values_list("week__student_id", "resource_id"):
            found[student_id].add(resource_id)
    return {pk: frozenset(rows) for pk, rows in found.items()}


def _moved(deadlines: Iterable[Deadline], students: Iterable[Person]) -> dict[tuple[int, int], date]:
    rows = MovedDate.objects.filter(deadline__in=list(deadlines), student__in=list(students))
    return {(row.deadline_id, row.student_id): row.due_on for row in rows}


def _done(students: Iterable[Person], families: Iterable[int]) -> set[tuple[int, int]]:
    """Return which of these pieces of work are finished, through whichever door: (student id, family)."""
    wanted = set(families)
    doors = Q()
    for door in ("resource", "chosen_resource"):
        doors |= Q(**{f"{door}__in": wanted}) | Q(**{f"{door}__variant_of__in": wanted})
    rows = Block.objects.filter(doors, week__student__in=list(students), finished_at__isnull=False).values_list(
        "week__student_id",
        "resource_id",
        "resource__variant_of_id",
        "chosen_resource_id",
        "chosen_resource__variant_of_id",
    )
    return {(student, family) for student, *families in rows for family in families if family in wanted}


def _in_recovery(students: Iterable[Person], start: date, end: date) -> set[int]:
    rows = Support.objects.filter(student__in=list(students), kind=Support.Kind.ESSENTIALS_ONLY)
    rows = rows.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=end))
    return set(rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=start)).values_list("student_id", flat=True))


def _is_essential(resource: Resource) -> bool:
    return BlockKind.ESSENTIAL.value in resource.uses


def dates_of_class(school_class: Class) -> list[ClassDate]:
    """Return a class's dates as its teacher sees them, soonest first, in a fixed number of queries."""
    moved = MovedDate.objects.select_related("student", "moved_by").order_by("student__given_name", "pk")
    deadlines = list(
        _open_deadlines([school_class]).select_related("set_by").prefetch_related(Prefetch("moved", moved))
    )
    done = (
        _done(students_of(school_class), [family_of(deadline.resource) for deadline in deadlines]) if deadlines else ()
    )
    counts: dict[int, int] = defaultdict(int)
    for _student, family in done:
        counts[family] += 1
    return [
        ClassDate(deadline=deadline, moved=list(deadline.moved.all()), done=counts.get(family_of(deadline.resource), 0))
        for deadline in deadlines
    ]


def work_to_date(school_class: Class) -> list[tuple[int, list[Resource]]]:
    """Return what a date may be set for: the class's work, one door of each, by the skill of the path it is for."""
    path = [skill.pk for skill in path_of(school_class)]
    rows: dict[int, list[Resource]] = {pk: [] for pk in path}
    for resource in resources_for(school_class.school, path):
        if resource.variant_of_id is not None:
            continue
        aligned = (row.competency_id for row in resource.accepted_alignments)  # type: ignore[attr-defined]
        skill = next((pk for pk in aligned if pk in rows), None)
        if skill is not None:
            rows[skill].append(resource)
    return [(pk, sorted(found, key=lambda row: row.title)) for pk, found in rows.items() if found]


def deadline_for(teacher: Person, deadline_id: int) -> Deadline:
    """Return a date of a class that the person teaches, else "not found"."""
    found = (
        Deadline.objects.select_related("school_class__school", "resource")
        .filter(pk=deadline_id, school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def moved_date(deadline: Deadline, student: Person) -> MovedDate | None:
    """Return a student's own date for a deadline, None when the class's date holds."""
    return MovedDate.objects.filter(deadline=deadline, student=student).first()


# --- moving on -------------------------------------------------------------------------------------------------------


def may_move_on(student: Person, school_classes: Iterable[Class], *, on: date) -> set[int]:
    """Return the ids of the classes in which a student may move on from a skill by one proof.

    The class's rule allows it to everybody; where the rule is off, the student's own support "may move on early" does.
    """
    ids = [each.pk for each in school_classes]
    if is_allowed_by_support(student, on=on):
        return set(ids)
    off = PlanRules.objects.filter(school_class__in=ids, may_move_on=False).values_list("school_class", flat=True)
    return set(ids) - set(off)


def is_allowed_by_support(student: Person, *, on: date) -> bool:
    """Return whether a student's own support allows moving on early on a day."""
    rows = student.supports.filter(kind=Support.Kind.MOVE_ON).filter(Q(starts_on__isnull=True) | Q(starts_on__lte=on))
    return rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).exists()


def can_be_left(block: Block) -> bool:
    """Return whether a block is work on a skill that a proof could stand for: open, not a choice, no appointment."""
    return bool(
        block.competency_id is not None
        and block.finished_at is None
        and block.group_id is None
        and block.kind not in (BlockKind.CHOICE, BlockKind.GROUP, BlockKind.PROJECT)
    )


def missed_in(week_ids: Iterable[int]) -> set[int]:
    """Return the ids of the skills whose proof was missed in these weeks: there the work comes first."""
    return set(MoveOn.objects.filter(week__in=list(week_ids), is_proved=False).values_list("competency_id", flat=True))


def own_move_on(student: Person, move_on_id: int) -> MoveOn:
    """Return what a student asked to move on from, else "not found"."""
    found = (
        MoveOn.objects.select_related(
            "school_class__school", "competency", "item__resource", "week__class_week", "student"
        )
        .filter(pk=move_on_id, student=student)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def move_on_for(teacher: Person, move_on_id: int) -> MoveOn:
    """Return a student's wish to move on, in a class that the person teaches, else "not found"."""
    found = (
        MoveOn.objects.select_related("school_class__school", "competency", "week__class_week", "student")
        .filter(pk=move_on_id, school_class__teachings__teacher=teacher)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def moves_on_to_see(school_classes: Iterable[Class], *, at: datetime) -> list[MoveOn]:
    """Return what a teacher wants to know of moving on: who waits to show something, then what was decided this week."""
    recent = at - timedelta(days=MOVES_ON_SHOWN_DAYS)
    waits = Q(decided_at__isnull=True, item__isnull=True)
    rows = (
        MoveOn.objects.filter(waits | Q(decided_at__gte=recent), school_class__in=list(school_classes))
        .select_related("student", "school_class", "competency")
        .order_by("-decided_at", "-asked_at", "pk")
    )
    return sorted(rows, key=lambda row: row.decided_at is not None)
