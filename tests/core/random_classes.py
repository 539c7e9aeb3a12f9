"""Classes by chance, for tests of promises: quick to make, and a failing one shrinks to the plainest that fails.

Every student, candidate and block is one whole number, read like digits (`Digits`): 0 is the plainest, and a smaller
number is a plainer thing. So Hypothesis draws a few dozen numbers for a class instead of thousands of choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from headway.core.planning import (
    BlockKind,
    Candidate,
    ClassPlan,
    ClassProblem,
    Frame,
    GroupSeat,
    Limits,
    Milestone,
    Pace,
    PlannedBlock,
    PlannedGroup,
    Reader,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    Weights,
    With,
    make_frame,
)

T = TypeVar("T")

SKILLS = tuple(f"c{number}" for number in range(8))
LANGUAGES = ("en", "es", "uk")
MINUTES_OF_A_DAY = (50, 0, 30, 45, 55, 90)
SUPPORTS = ("read-aloud", "extra-time", "breaks", "adult", "bilingual-texts", "essentials-only")
E, G, J, R, S, C, P = BlockKind
USES = (
    *(frozenset(BlockKind), frozenset({E}), frozenset({C}), frozenset({E, S, P})),
    *(frozenset({R}), frozenset({J}), frozenset({G}), frozenset({S, C}), frozenset({P, R, C})),
)
# Bytes are drawn evenly; large integers are not, and their last digits would nearly always be 0.
NUMBERS = st.binary(min_size=12, max_size=12).map(lambda drawn: int.from_bytes(drawn, "little"))


class Digits:
    """A whole number that is read choice by choice; where it is used up, the first of the choices is taken."""

    def __init__(self, number: int) -> None:
        self.left = number

    def pick(self, *options: T) -> T:
        """Return one of these."""
        self.left, place = divmod(self.left, len(options))
        return options[place]

    def some(self, options: Sequence[T]) -> tuple[T, ...]:
        """Return any of these, in their order."""
        return tuple(option for option in options if self.pick(False, True))

    def share(self) -> float:
        """Return a number from 0 to 1, in twentieths, the middle first."""
        return ((self.pick(*range(21)) + 10) % 21) / 20


def candidate(number: int, place: int) -> Candidate:
    """Return a resource; others before it may be doors to the same work."""
    own = Digits(number)
    minutes = own.pick(10, 15, 20, 5, 12, 25, 40)
    return Candidate(
        id=f"r{place}",
        competency=own.pick(*SKILLS, None),
        minutes=minutes,
        kinds=own.pick(*USES),
        with_whom=own.pick(*With),
        screen_minutes=own.pick(0, minutes),
        reading_level=own.pick(0.0, 3.0, 6.0, 12.0),
        language=own.pick(*LANGUAGES),
        level=own.pick("usual", "easier", "harder"),
        variant_group=own.pick(None, None, f"r{place // 2}"),
        topics=frozenset(own.some(("boats", "music"))),
        careers=frozenset(own.some(("nurse",))),
        has_items=own.pick(True, False),
        activity=own.pick("", "text", "game"),
        title=f"Work {place}",
    )


def target(number: int, skill: str) -> Target:
    """Return a skill on a student's horizon; the class goal is marked elsewhere."""
    own = Digits(number)
    chance = own.share()
    return Target(
        competency=skill,
        chance=chance,
        low=max(0.0, chance - 0.2),
        high=min(1.0, chance + 0.2),
        pieces=own.pick(4, 0, 1),
        word=own.pick("growing", "none", "starting", "secure", "beyond", "recheck"),
        grade=own.pick(7, 6, 8),
        days_since=own.pick(3, None, 13, 60),
        is_stale=own.pick(False, False, True),
        missing_prerequisites=own.pick((), (), (own.pick(*SKILLS),)),
    )


def block(
    number: int, candidates: Sequence[Candidate], groups: Sequence[str] = (), frame: Frame | None = None
) -> PlannedBlock:
    """Return a block anywhere in the week, or outside of it; with a frame, in one of its places and of its kind."""
    own = Digits(number)
    chosen = own.pick(*candidates, None) if candidates else None
    if frame is not None and frame.slots:
        slot = own.pick(*frame.slots)
        day, order, kind, minutes = slot.day, slot.order, own.pick(*slot.kinds), slot.minutes
    else:
        day, order, kind, minutes = own.pick(*range(5), -1, 9), own.pick(*range(5), -3), own.pick(*BlockKind), 20
    length = own.pick(minutes, 5, 50, 0)
    return PlannedBlock(
        day=day,
        order=order,
        minutes=length,
        kind=kind,
        candidate=own.pick(chosen.id if chosen else None, "gone"),
        competency=own.pick(chosen.competency if chosen else None, *SKILLS),
        with_whom=own.pick(chosen.with_whom if chosen else With.ALONE, *With),
        screen_minutes=own.pick(0, length),
        options=own.some([*(each.id for each in candidates[:4]), "gone"]) if kind is C else (),
        is_locked=own.pick(False, True),
        group=own.pick(None, None, *groups),
    )


def lock(number: int, candidates: Sequence[Candidate], slot: Slot) -> PlannedBlock:
    """Return a block that a teacher fixed in a place of the frame, of any kind and nearly any length."""
    own = Digits(number)
    kind = own.pick(slot.kinds[0], *BlockKind)
    chosen = own.pick(*candidates, None) if candidates and kind is not C else None
    minutes = own.pick(slot.minutes, 5, 50)
    return PlannedBlock(
        day=slot.day,
        order=slot.order,
        minutes=minutes,
        kind=kind,
        candidate=chosen.id if chosen else None,
        competency=chosen.competency if chosen else None,
        with_whom=chosen.with_whom if chosen else With.ALONE,
        screen_minutes=min(minutes, chosen.screen_minutes) if chosen else 0,
        options=tuple(each.id for each in candidates[:3]) if kind is C else (),
        is_locked=True,
    )


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Return a week of the standard frame: every second one full, else short, long, or with days without school."""
    own = Digits(draw(NUMBERS) if draw(st.booleans()) else 0)
    first, second, third, fourth, fifth = (own.pick(*MINUTES_OF_A_DAY) for _day in range(5))
    return make_frame((first, second, third, fourth, fifth))


@st.composite
def students(draw: st.DrawFn, name: str, frame: Frame, candidates: Sequence[Candidate], goal: str) -> StudentNeeds:
    """Return a student with a horizon, languages, supports, dates and what a teacher fixed."""
    own = Digits(draw(NUMBERS))
    rows = draw(st.lists(NUMBERS, max_size=len(SKILLS)))
    start = own.pick(*range(len(SKILLS)))
    skills = (SKILLS * 2)[start : start + len(rows)]
    targets = [target(number, skill) for number, skill in zip(rows, skills, strict=True)]
    fixed = draw(st.dictionaries(st.integers(0, max(0, len(frame.slots) - 1)), NUMBERS, max_size=3))
    ids = [each.id for each in candidates]

    def few() -> frozenset[object]:
        return frozenset(own.pick(*ids) for _time in range(own.pick(0, 0, 1, 3))) if ids else frozenset()

    return StudentNeeds(
        student=name,
        grade=7,
        targets=tuple(replace(each, is_class_goal=each.competency == goal) for each in targets),
        readers=tuple(
            Reader(language=language, reading_level=own.pick(7.0, 1.0, 4.0))
            for language in own.pick(("en",), ("es", "en"), ("es",), ())
        ),
        supports=frozenset(own.some(SUPPORTS[:-1]) + own.pick((), (), (), SUPPORTS[-1:])),
        interests=frozenset(own.some(("boats", "music"))),
        careers=frozenset(own.some(("nurse",))),
        limits=Limits(
            screen_minutes_cap=own.pick(100, 0, 30),
            minutes_with_others_floor=own.pick(60, 0, 150),
            minutes_alone_cap=own.pick(200, 60),
            choice_options=own.pick(3, 0, 2),
            review_share_cap=own.pick(0.25, 0.0, 0.1),
        ),
        pace=own.pick(Pace.ON, *Pace),
        weeks_in_needs_groups=own.pick(0, 3),
        milestones=tuple(
            Milestone(candidate=own.pick(*ids), day=own.pick(4, 0, 2)) for _time in range(own.pick(0, 0, 1)) if ids
        ),
        done_recently=few(),
        unfinished=few(),
        waived=few(),
        locked=tuple(lock(number, candidates, frame.slots[place]) for place, number in fixed.items() if frame.slots),
    )


@st.composite
def class_problems(
    draw: st.DrawFn, *, most_students: int = 12, most_candidates: int = 80, least_candidates: int = 0
) -> ClassProblem:
    """Return a class's week to draft: 1 to 12 students and up to 80 candidates, with groups that stand already."""
    frame = draw(frames())
    # Lists of any length are mostly short, so the least length is drawn first.
    least = min(most_candidates, max(least_candidates, draw(st.sampled_from((0, 5, 15, 30, 60)))))
    rows = draw(st.lists(NUMBERS, min_size=least, max_size=most_candidates))
    candidates = tuple(candidate(number, place) for place, number in enumerate(rows))
    own = Digits(draw(NUMBERS))
    goal = own.pick(*SKILLS)
    count = draw(st.integers(1, most_students))
    class_of = [draw(students(f"s{number}", frame, candidates, goal)) for number in range(count)]
    meetings = [slot for slot in frame.slots if slot.is_teachers]
    for place, slot in enumerate(meetings):
        size = own.pick(0, 0, 3, 6)
        seat = GroupSeat(
            group=f"g{place}",
            day=slot.day,
            competency=own.pick(*SKILLS),
            candidate=own.pick(None, *(each.id for each in candidates if G in each.kinds)),
            order=own.pick(slot.order, None),
        )
        for number in range(min(size, count)):
            needs = class_of[number]
            if all((each.day, each.order) != (slot.day, slot.order) for each in needs.locked):
                class_of[number] = replace(needs, groups=(*needs.groups, seat))
    return ClassProblem(
        frame=frame,
        candidates=candidates,
        students=tuple(class_of),
        class_goal=goal,
        seed=own.pick(*range(5)),
        weights=own.pick(Weights(), Weights(least=0.0), Weights(interest=5.0, monotony=1.0)),
        may_form_groups=own.pick(True, False),
        usual_frame=own.pick(None, frame, make_frame((50, 50, 50, 50, 50))),
        is_frame_change_marked=own.pick(False, True),
    )


@st.composite
def any_week(draw: st.DrawFn, student: object, candidates: Sequence[Candidate], groups: Sequence[str] = ()) -> WeekPlan:
    """Return blocks anywhere: on days that are none, several in one place, of works that nobody knows."""
    rows = draw(st.lists(NUMBERS, max_size=12))
    return WeekPlan(student=student, blocks=tuple(block(number, candidates, groups) for number in rows))


@st.composite
def weeks_in_the_frame(draw: st.DrawFn, problem: ClassProblem, needs: StudentNeeds) -> WeekPlan:
    """Return a week with at most one block in each place of the frame: what a teacher could have made."""
    found = {}
    for number in draw(st.lists(NUMBERS, max_size=15)) if problem.frame.slots else []:
        made = block(number, problem.candidates, frame=problem.frame)
        found[made.day, made.order] = made
    return WeekPlan(student=needs.student, blocks=tuple(found[place] for place in sorted(found)))


@st.composite
def any_plan(draw: st.DrawFn, problem: ClassProblem) -> ClassPlan:
    """Return a plan for a class that nobody would make: students left out, strangers, groups of anyone anywhere."""
    names = [needs.student for needs in problem.students]
    groups = []
    for place, number in enumerate(draw(st.lists(NUMBERS, max_size=3))):
        own = Digits(number)
        groups.append(
            PlannedGroup(
                id=f"g{own.pick(place, 0)}",
                day=own.pick(0, 2, 4, -1, 7),
                order=own.pick(1, 0, 2),
                competency=own.pick(*SKILLS, None),
                kind=own.pick("needs", "stretch", "recheck", ""),
                students=own.some([*names, "stranger"]),
                sentence="",
            )
        )
    members = draw(st.lists(st.sampled_from([*names, "stranger"]), unique=True))
    weeks = {name: draw(any_week(name, problem.candidates, [str(each.id) for each in groups])) for name in members}
    return ClassPlan(weeks=weeks, groups=tuple(groups), value=0.0, bound=0.0)
