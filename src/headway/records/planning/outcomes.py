"""What happened with a resource: who had it, how it went, and what became of the skill; small numbers are left out.

A teacher sees the own classes by name and number. Of the rest of the school only numbers are told that name nobody, also when
the own ones are taken away from them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from django.db.models import Q

from headway.core.evidence import learner_model as learner
from headway.core.evidence.values import Word
from headway.core.shared.small_numbers import hidden_cells
from headway.records.evidence.pieces import pieces_of
from headway.records.evidence.replays import known_at
from headway.records.evidence.rules import rules_at
from headway.records.evidence.versions import model_in_use
from headway.records.library.models import Resource
from headway.records.planning.models import Block, BlockOption
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards.queries import lending

LEAST_TOLD: Final = 5  # students: fewer are not counted aloud
LOOK_AFTER: Final = timedelta(days=14)  # what a skill did in these days after the work is told beside it
MOST_FOLLOWED: Final = 30  # newest uses whose skill is worked out before and after, from all pieces of each student
LONGEST_SITTING: Final = timedelta(hours=2)  # from begun to done; longer is a tablet that was left open
_STEPS = {Word.NONE: 0, Word.STARTING: 1, Word.GROWING: 2, Word.SECURE: 3, Word.BEYOND: 4}


@dataclass(frozen=True, kw_only=True)
class Part:
    """How many of all: `count` is None where saying it would come too near to somebody; `share` stays for a word."""

    count: int | None
    of: int
    share: float


@dataclass(frozen=True, kw_only=True)
class InClass:
    """How many students of one of the reader's classes finished it, and how many have begun it."""

    school_class: Class
    finished: int
    begun: int


@dataclass(frozen=True, kw_only=True)
class Happened:
    """What happened with a resource in a school. Numbers that would name somebody are None."""

    classes: tuple[InClass, ...]
    students: int | None
    is_unused: bool
    got_it: Part | None
    moved_up: Part | None
    minutes: int | None


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A resource in a student's week of one of the reader's classes."""

    student: Person
    school_class: Class
    monday: date
    day: int
    is_choice: bool
    is_done: bool
    found_alone: bool


def what_happened(resource: Resource, *, school: Organisation, classes: Iterable[Class], at: datetime) -> Happened:
    """Return what happened with a resource in a school, for somebody who teaches `classes`; a fixed number of queries."""
    own = {school_class.pk: school_class for school_class in classes}
    blocks = list(
        Block.objects.filter(week__class_week__school_class__school=school)
        .filter(Q(chosen_resource=resource) | Q(resource=resource, chosen_resource__isnull=True))
        .filter(Q(finished_at__isnull=False) | Q(started_at__isnull=False))
        .order_by("-finished_at", "-pk")
        .select_related("week__class_week")
        .only(
            "competency_id",
            "started_at",
            "finished_at",
            "feeling",
            "week__student_id",
            "week__class_week__school_class_id",
        )
    )
    done = [block for block in blocks if block.finished_at is not None]
    students = {block.week.student_id for block in done}
    ours = {block.week.student_id for block in done if block.week.class_week.school_class_id in own}
    others = len(students - ours)
    told = len(students) >= LEAST_TOLD and (others == 0 or others >= LEAST_TOLD)
    felt = Counter({block.week.student_id: block.feeling for block in reversed(done) if block.feeling}.values())
    sat = [
        (block.finished_at - block.started_at).total_seconds() / 60
        for block in done
        if block.started_at
        and block.finished_at
        and timedelta() < block.finished_at - block.started_at < LONGEST_SITTING
    ]
    return Happened(
        classes=tuple(_in_classes(blocks, own)),
        students=len(students) if told else None,
        is_unused=not blocks,
        got_it=_part(felt["got-it"], felt["got-it"] + felt["not-sure"]) if told else None,
        moved_up=_moved_up(done, at=at) if told else None,
        minutes=round(median(sat)) if told and len(sat) >= LEAST_TOLD else None,
    )


def _in_classes(blocks: Iterable[Block], own: dict[int, Class]) -> list[InClass]:
    finished: dict[int, set[int]] = defaultdict(set)
    begun: dict[int, set[int]] = defaultdict(set)
    for block in blocks:
        class_id = block.week.class_week.school_class_id
        if class_id in own:
            (finished if block.finished_at is not None else begun)[class_id].add(block.week.student_id)
    return [
        InClass(school_class=school_class, finished=len(finished[pk]), begun=len(begun[pk] - finished[pk]))
        for pk, school_class in own.items()
        if finished[pk] or begun[pk]
    ]


def _part(count: int, of: int) -> Part | None:
    """Return a part of a whole, without its number where it or the rest is too small; None where the whole is."""
    if of < LEAST_TOLD:
        return None
    hidden = hidden_cells({"all": of, "part": count, "rest": of - count}, [("all", ("part", "rest"))], least=LEAST_TOLD)
    return Part(count=None if "part" in hidden else count, of=of, share=count / of)


def _moved_up(done: Sequence[Block], *, at: datetime) -> Part | None:
    """Return how many moved up on the block's skill in the two weeks after, by today's rules and learner model.

    Each student counts once, with the newest time. "Check again" is neither up nor down, so such students are left out.
    """
    newest: dict[int, Block] = {}
    for block in done:
        if block.competency_id is not None:
            newest.setdefault(block.week.student_id, block)
    followed = dict(list(newest.items())[:MOST_FOLLOWED])
    if len(followed) < LEAST_TOLD:
        return None
    skills = {block.competency_id for block in followed.values() if block.competency_id is not None}
    model, near = model_in_use(), lending(skills)
    rules = rules_at(at, student_ids=list(followed), competency_ids=skills)
    pieces = pieces_of(list(followed))
    up = counted = 0
    for student_id, block in followed.items():
        began = block.started_at or block.finished_at
        ended = block.finished_at
        if began is None or ended is None or block.competency_id is None:
            continue
        words = []
        for moment in (began, min(at, ended + LOOK_AFTER)):
            in_force = learner.in_force(pieces[student_id], moment)
            known = known_at(model, student_id, in_force, at=moment, rules=rules, neighbours=near)
            one = known.get(block.competency_id)
            words.append(learner.estimate(model, one, at=moment).word if one else Word.NONE)
        before, after = words
        if before in _STEPS and after in _STEPS:
            counted += 1
            up += _STEPS[after] > _STEPS[before]
    return _part(up, counted)


def planned(resource: Resource, classes: Iterable[Class], *, monday: date, weeks: int = 2) -> list[Planned]:
    """Return who of these classes has a resource in the weeks from `monday` on; a fixed number of queries."""
    choice = BlockOption.Part.CHOICE
    blocks = (
        Block.objects.filter(
            week__class_week__school_class__in=list(classes),
            week__class_week__monday__gte=monday,
            week__class_week__monday__lt=monday + timedelta(weeks=weeks),
        )
        .filter(
            Q(resource=resource) | Q(chosen_resource=resource) | Q(options__part=choice, options__resource=resource)
        )
        .select_related("week__class_week__school_class", "week__student")
        .prefetch_related("options")
        .distinct()
    )
    found = [
        Planned(
            student=block.week.student,
            school_class=block.week.class_week.school_class,
            monday=block.week.class_week.monday,
            day=block.day,
            is_choice=block.kind == "choice" and block.chosen_resource_id != resource.pk,
            is_done=block.finished_at is not None,
            found_alone=was_found_alone(block) and block.chosen_resource_id == resource.pk,
        )
        for block in blocks
    ]
    return sorted(found, key=lambda row: (row.monday, row.day, row.student.given_name, row.student.pk))


def was_found_alone(block: Block) -> bool:
    """Return whether the student found what is chosen in a choice block, beside what was offered."""
    if block.kind != "choice" or block.chosen_resource_id is None:
        return False
    offered = {row.resource_id for row in block.options.all() if row.part == BlockOption.Part.CHOICE}
    return block.chosen_resource_id not in offered | {block.resource_id}
