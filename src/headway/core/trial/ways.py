"""Ways to spend a class's minutes: the same for all, at one's own pace, the greedy draft, the planner's draft.

A way sees evidence and what a school has on file: the shelf, the frame, profiles. It cannot see a mind. Teachers are taken to accept
every draft as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from headway.core.evidence.values import Estimate
from headway.core.grouping import Standing, suggest_groups
from headway.core.planning import (
    BlockKind,
    Candidate,
    ClassProblem,
    Frame,
    GroupSeat,
    PlannedBlock,
    Reader,
    Slot,
    StudentNeeds,
    Target,
    With,
    draft_class,
    greedy,
)
from headway.core.planning.pace import SkillSeen, paces_of_class, reached_by_now
from headway.core.planning.problem import Id
from headway.core.shared.errors import gettext_noop
from headway.core.trial.classroom import CLASS_LANGUAGE, GRADE, OTHER_LANGUAGE, OnFile
from headway.core.trial.knowing import Seen, moment

SECURE_WORDS: Final = frozenset({"secure", "beyond", "recheck"})
MISSING_BELOW: Final = 0.5  # as problems.py says it of a class in use
SHARE_SECURE: Final = 0.7
DONE_RECENTLY_WEEKS: Final = 3
SEATS: Final = 6
MOST_BLOCKS_ON_A_SKILL: Final = 12  # four hours; after that a student goes on for now
SLOT_SLACK_MINUTES: Final = 5

Plans = Mapping[int, Sequence[PlannedBlock]]


@dataclass
class Memory:
    """What a way remembers from week to week."""

    turns: Counter[tuple[int, int]] = field(default_factory=Counter)  # works taken, by student and skill
    blocks: Counter[tuple[int, int]] = field(default_factory=Counter)  # blocks worked, by student and skill
    done: dict[int, list[frozenset[str]]] = field(default_factory=lambda: defaultdict(list))  # week by week
    missed: dict[int, frozenset[str]] = field(default_factory=dict)  # of last week
    weeks_in_needs: dict[Id, int] = field(default_factory=dict)
    usual_frame: Frame | None = None


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a way may look at."""

    file: OnFile
    seen: Seen
    frame: Frame
    week: int
    memory: Memory
    shelf: Mapping[int, Sequence[Sequence[Candidate]]]  # by skill: works, each with its doors
    seed: int


def shelf_of(library: Sequence[Candidate]) -> dict[int, list[list[Candidate]]]:
    """Return the library by skill: works, each with its doors."""
    works: dict[int, dict[object, list[Candidate]]] = defaultdict(dict)
    for candidate in library:
        works[int(str(candidate.competency))].setdefault(candidate.variant_group, []).append(candidate)
    return {skill: list(own.values()) for skill, own in works.items()}


def readers_of(file: OnFile, student: int) -> tuple[Reader, ...]:
    """Return how well a student reads each language."""
    levels = zip((CLASS_LANGUAGE, OTHER_LANGUAGE), file.reads[student], strict=True)
    return tuple(Reader(language=code, reading_level=float(level)) for code, level in levels if level > 0)


def _block(
    slot: Slot, kind: BlockKind, work: Candidate, with_whom: With | None = None, group: str = ""
) -> PlannedBlock:
    minutes = min(slot.minutes, work.minutes)
    return PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=kind,
        candidate=work.id,
        competency=work.competency,
        with_whom=with_whom or work.with_whom,
        screen_minutes=min(minutes, work.screen_minutes),
        group=group or None,
    )


def _for_slot(
    works: Sequence[Sequence[Candidate]], slot: Slot, kinds: frozenset[BlockKind]
) -> list[Sequence[Candidate]]:
    """Return the works that last about as long as the place does."""
    fitting = [doors for doors in works if kinds & doors[0].kinds]
    longest = max((min(doors[0].minutes, slot.minutes) for doors in fitting), default=0)
    return [
        doors
        for doors in fitting
        if min(doors[0].minutes, slot.minutes) == longest and doors[0].minutes <= slot.minutes + SLOT_SLACK_MINUTES
    ]


# --- the same for all, at one pace ------------------------------------------------------------------------------------

_CLASS_WORK: Final = frozenset(BlockKind)
_WITH_THE_TEACHER: Final = frozenset({BlockKind.GROUP})


def same_for_all(sight: Sight) -> Plans:
    """Return one week for everybody: the path at an even pace, taught to the whole class in the teacher's places.

    The last place of the week looks back at last week's skill.
    """
    path, weeks = sight.file.path, sight.file.weeks
    first = sight.week * len(path) // weeks
    now = path[first : max(first + 1, (sight.week + 1) * len(path) // weeks)]
    slots, blocks = sight.frame.slots, []
    for place, slot in enumerate(slots):
        is_last = place == len(slots) - 1
        skill = path[first - 1] if is_last and first else now[min(len(now) - 1, place * len(now) // len(slots))]
        kinds = _WITH_THE_TEACHER if slot.is_teachers else _CLASS_WORK - _WITH_THE_TEACHER
        works = _for_slot(sight.shelf[skill], slot, kinds)
        if works:
            work = works[sight.memory.turns[-1, skill] % len(works)][0]
            sight.memory.turns[-1, skill] += 1
            blocks.append(_block(slot, slot.kinds[0], work, With.TEACHER if slot.is_teachers else None))
    return dict.fromkeys(range(sight.file.students), blocks)


# --- at one's own pace ------------------------------------------------------------------------------------------------


def _door(doors: Sequence[Candidate], readers: Sequence[Reader]) -> Candidate:
    """Return the usual door where it can be read, else the first that can, else the usual one."""
    for door in sorted(doors, key=lambda door: (door.level == "harder", door.level != "usual")):
        if any(one.language == door.language and one.reading_level + 1.5 >= door.reading_level for one in readers):
            return door
    return doors[0]


def _present_skill(sight: Sight, student: int, day: float) -> int:
    """Return the first skill of the path that is not secure yet, passing by those that took four hours; else the weakest."""
    chances: dict[int, float] = {}
    for skill in sight.file.path:
        found = sight.seen.look(student, skill, moment(day, 9.0))
        if found.word.value not in SECURE_WORDS and sight.memory.blocks[student, skill] < MOST_BLOCKS_ON_A_SKILL:
            return skill
        chances[skill] = found.chance
    return min(chances, key=lambda skill: chances[skill])


def at_own_pace(sight: Sight, slot: Slot, present: Sequence[int]) -> Mapping[int, PlannedBlock]:
    """Return what each student does next: work on a screen on the present skill, until the evidence says secure.

    The evidence is looked at anew before every block. In the teacher's places the six who have been at their skill for
    longest sit with the teacher.
    """
    day = sight.week * 7 + slot.day
    skills = {student: _present_skill(sight, student, day) for student in present}
    helped: set[int] = set()
    if slot.is_teachers:
        longest = sorted(present, key=lambda student: (-sight.memory.blocks[student, skills[student]], student))
        helped = set(longest[:SEATS])
    found = {}
    for student, skill in skills.items():
        works = _for_slot([doors for doors in sight.shelf[skill] if doors[0].screen_minutes], slot, _CLASS_WORK)
        turn = sight.memory.turns[student, skill]
        sight.memory.turns[student, skill] += 1
        sight.memory.blocks[student, skill] += 1
        door = _door(works[turn % len(works)], readers_of(sight.file, student))
        is_helped = student in helped
        found[student] = _block(
            slot, BlockKind.ESSENTIAL, door, With.TEACHER if is_helped else None, "help" if is_helped else ""
        )
    return found


# --- drafted ----------------------------------------------------------------------------------------------------------


def _target(file: OnFile, estimates: Sequence[Estimate], skill: int, goal: int, day: float) -> Target:
    found = estimates[skill]
    at = moment(day)
    missing = tuple(
        int(one)
        for one in file.before[skill]
        if one >= 0
        and estimates[one].pieces
        and estimates[one].chance < MISSING_BELOW
        and estimates[one].word.value not in SECURE_WORDS
    )
    return Target(
        competency=skill,
        chance=found.chance if found.pieces else 0.5,
        low=found.low,
        high=found.high,
        pieces=found.pieces,
        word=found.word.value,
        grade=GRADE - 1 if skill < file.earlier else GRADE,
        is_stale=found.is_stale,
        days_since=(at - found.newest_at).days if found.newest_at else None,
        missing_prerequisites=missing,
        is_class_goal=skill == goal,
    )


def _goal(path: Sequence[int], estimates: Sequence[Sequence[Estimate]]) -> int:
    """Return the first skill of the path on which fewer than 7 in 10 are secure; else the last one."""
    for skill in path:
        secure = sum(own[skill].word.value in SECURE_WORDS for own in estimates)
        if secure < SHARE_SECURE * len(estimates):
            return skill
    return path[-1]


def problem_for(sight: Sight, estimates: Sequence[Sequence[Estimate]]) -> ClassProblem:
    """Return the problem of a class's week, made from evidence and profiles as records/planning/problems.py makes it."""
    file, path, day = sight.file, sight.file.path, float(sight.week * 7)
    goal = _goal(path, estimates)
    paces = paces_of_class(
        {
            student: [
                SkillSeen(word=own[skill].word.value, pieces=own[skill].pieces, certain=own[skill].certain)
                for skill in path
            ]
            for student, own in enumerate(estimates)
        },
        reached=reached_by_now(len(path), goal_place=path.index(goal), term_share=sight.week / file.weeks),
    )
    # Below the path only what the path builds on.
    reach = sorted({int(one) for skill in path for one in file.before[skill] if 0 <= one < file.earlier})
    students = []
    for student, own in enumerate(estimates):
        below = [skill for skill in reach if own[skill].pieces and own[skill].word.value not in SECURE_WORDS]
        recent = sight.memory.done[student][-DONE_RECENTLY_WEEKS:]
        students.append(
            StudentNeeds(
                student=student,
                grade=GRADE,
                targets=tuple(_target(file, own, skill, goal, day) for skill in [*path, *below]),
                readers=readers_of(file, student),
                interests=frozenset(f"topic-{one}" for one in file.profile[student].nonzero()[0]),
                done_recently=frozenset().union(*recent) if recent else frozenset(),
                unfinished=sight.memory.missed.get(student, frozenset()),
                pace=paces[student].word,
                weeks_in_needs_groups=sight.memory.weeks_in_needs.get(student, 0),
            )
        )
    return ClassProblem(
        frame=sight.frame,
        candidates=tuple(one for one in file.library if one.competency in {*path, *reach}),
        students=tuple(students),
        class_goal=goal,
        language=CLASS_LANGUAGE,
        seed=sight.seed,
        usual_frame=sight.memory.usual_frame,
    )


def _note_groups(sight: Sight, in_needs: set[int]) -> None:
    for student in range(sight.file.students):
        before = sight.memory.weeks_in_needs.get(student, 0)
        sight.memory.weeks_in_needs[student] = before + 1 if student in in_needs else 0
    sight.memory.usual_frame = sight.frame


def by_greedy(sight: Sight) -> Plans:
    """Return the greedy drafts, with groups suggested from evidence for the teacher's places."""
    estimates = sight.seen.look_at_all(moment(float(sight.week * 7)))
    problem = problem_for(sight, estimates)
    places = [slot for slot in sight.frame.slots if slot.is_teachers]
    standings = [
        Standing(
            student=student,
            competency=skill,
            chance=own[skill].chance,
            pieces=own[skill].pieces,
            word=own[skill].word.value,
        )
        for student, own in enumerate(estimates)
        for skill in sight.file.path
    ]
    groups = suggest_groups(standings, most=len(places), grouped_before=sight.memory.weeks_in_needs)
    seats: dict[int, list[GroupSeat]] = defaultdict(list)
    in_needs: set[int] = set()
    for slot, group in zip(places, groups, strict=False):
        for student in group.students:
            own_seat = GroupSeat(group=f"{sight.week}-{slot.day}", day=slot.day, competency=group.competency)
            seats[int(str(student))].append(own_seat)
            if group.kind == "needs":
                in_needs.add(int(str(student)))
    _note_groups(sight, in_needs)
    seated = tuple(replace(needs, groups=tuple(seats[int(str(needs.student))])) for needs in problem.students)
    weeks = greedy.draft_class(replace(problem, students=seated))
    return {int(str(student)): week.blocks for student, week in weeks.items()}


def by_planner(sight: Sight) -> Plans:
    """Return the planner's drafts, with the groups it forms for the teacher's places."""
    estimates = sight.seen.look_at_all(moment(float(sight.week * 7)))
    plan = draft_class(replace(problem_for(sight, estimates), may_form_groups=True))
    needy = [group for group in plan.groups if group.kind == "needs"]
    _note_groups(sight, {int(str(student)) for group in needy for student in group.students})
    return {int(str(student)): week.blocks for student, week in plan.weeks.items()}


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to spend the minutes: drafted for a week, or chosen place by place."""

    name: str
    words: str
    draft: Callable[[Sight], Plans] | None = None
    step: Callable[[Sight, Slot, Sequence[int]], Mapping[int, PlannedBlock]] | None = None


SAME: Final = "same_for_all"
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        way.name: way
        for way in (
            Way(name=SAME, words=gettext_noop("Same for all"), draft=same_for_all),
            Way(name="own_pace", words=gettext_noop("Self-paced"), step=at_own_pace),
            Way(name="greedy", words=gettext_noop("Greedy"), draft=by_greedy),
            Way(name="planner", words=gettext_noop("Planner"), draft=by_planner),
        )
    }
)
