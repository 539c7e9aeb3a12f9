"""What a planner is given and what it gives back, as plain values."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Id = Hashable


class BlockKind(StrEnum):
    """What a block of the week is for."""

    ESSENTIAL = "essential"
    GROUP = "group"
    PROJECT = "project"
    REVIEW = "review"
    STRETCH = "stretch"
    CHOICE = "choice"
    PAPER = "paper"


class With(StrEnum):
    """Who works together."""

    ALONE = "alone"
    PAIR = "pair"
    TEAM = "team"
    TEACHER = "teacher"


class ReasonKind(StrEnum):
    """Why a block is in the week."""

    EVIDENCE = "evidence"
    PREREQUISITE = "prerequisite"
    REVIEW_DUE = "review_due"
    CLASS_GOAL = "class_goal"
    STRETCH = "stretch"
    GOAL = "goal"
    INTEREST = "interest"
    CAREER = "career"
    CHOICE = "choice"
    LANGUAGE = "language"
    SUPPORT = "support"
    GRADE_LEVEL = "grade_level"
    MILESTONE = "milestone"
    UNFINISHED = "unfinished"


class Pace(StrEnum):
    """How a student goes along the class's path; a word with a reason, which the teacher may overrule."""

    AHEAD = "ahead"
    ON = "on"
    NEEDS_TIME = "needs_time"


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One place in the class's weekly frame; `kinds` in the order of preference, the same for everyone."""

    day: int
    order: int
    minutes: int
    kinds: tuple[BlockKind, ...]
    is_teachers: bool = False  # the teacher is free to meet one group here


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The week's places and the class minutes of each day, Monday first; 0 minutes is a day without school."""

    slots: tuple[Slot, ...]
    minutes_of_day: tuple[int, int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a plan may not break, for one student."""

    screen_minutes_cap: int = 100
    minutes_with_others_floor: int = 60
    minutes_alone_cap: int = 200
    choice_options: int = 3
    review_share_cap: float = 0.25
    most_essentials_only: int = 3


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A resource as the planner sees it; candidates of one `variant_group` are doors to the same work."""

    id: Id
    competency: Id
    minutes: int
    kinds: frozenset[BlockKind]
    with_whom: With = With.ALONE
    screen_minutes: int = 0
    language: str = "en"
    reading_level: float = 0.0
    grade_low: int = 0
    grade_high: int = 12
    topics: frozenset[str] = frozenset()
    careers: frozenset[str] = frozenset()
    level: str = "usual"
    variant_group: Id = None
    has_items: bool = False
    title: str = ""
    activity: str = ""  # what one does: a game, a text, an experiment; a week of one kind only is monotonous


@dataclass(frozen=True, kw_only=True)
class Target:
    """A competency on a student's horizon, with what is known of it."""

    competency: Id
    chance: float
    low: float
    high: float
    pieces: int
    word: str
    grade: int
    is_stale: bool = False
    days_since: int | None = None
    missing_prerequisites: tuple[Id, ...] = ()
    steps_ahead: int = 0  # how many skills that nobody has seen lie between what is known and this one
    is_class_goal: bool = False


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How well a student reads a language, in grade levels."""

    language: str
    reading_level: float


@dataclass(frozen=True, kw_only=True)
class GroupSeat:
    """A student's place in a group that meets the teacher; `order` is the time of that day, None where it does not matter."""

    group: Id
    day: int
    competency: Id
    candidate: Id = None
    order: int | None = None
    kind: str = "needs"


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A step of running work that has a date for this student: its block stands on that day or before."""

    candidate: Id
    day: int
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a good week is made of: data that a leader may change, in shares of one well-chosen block.

    `least` weighs the student who would gain least, relative to what that student could gain; `overload` and
    `monotony` are taken off for a third hard block on a day, and for the same activity again and again.
    """

    least: float = 20.0
    gain: float = 1.0
    review: float = 0.8
    interest: float = 0.5
    fit: float = 0.4
    overload: float = 0.2
    monotony: float = 0.15


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A sentence marked for translation, with facts that JSON can hold."""

    kind: ReasonKind
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PlannedBlock:
    """One piece of a week; `id` is what it is stored as, None while it is new."""

    day: int
    order: int
    minutes: int
    kind: BlockKind
    candidate: Id
    competency: Id
    with_whom: With
    screen_minutes: int
    variants: tuple[Id, ...] = ()
    options: tuple[Id, ...] = ()
    alternatives: tuple[Id, ...] = ()
    reasons: tuple[Reason, ...] = ()
    is_locked: bool = False
    group: Id = None
    id: Id = None


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A guardrail that the library or the timetable made impossible, and one thing to do about it."""

    guardrail: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Why a teacher should look at this plan first."""

    kind: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WeekPlan:
    """A week for one student."""

    student: Id
    blocks: tuple[PlannedBlock, ...]
    unmet: tuple[Unmet, ...] = ()
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StudentNeeds:
    """Everything the planner may know of a student; no group membership is among it."""

    student: Id
    grade: int
    targets: tuple[Target, ...]
    readers: tuple[Reader, ...]
    interests: frozenset[str] = frozenset()
    careers: frozenset[str] = frozenset()
    goal: str = ""
    supports: frozenset[str] = frozenset()
    limits: Limits = Limits()
    done_recently: frozenset[Id] = frozenset()
    locked: tuple[PlannedBlock, ...] = ()
    groups: tuple[GroupSeat, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    unfinished: frozenset[Id] = frozenset()
    waived: frozenset[Id] = frozenset()
    pace: Pace = Pace.ON
    weeks_in_needs_groups: int = 0

    @property
    def essentials_only(self) -> bool:
        """Whether the plan holds only essentials, groups and choice for now."""
        return "essentials-only" in self.supports


@dataclass(frozen=True, kw_only=True)
class ClassProblem:
    """A class's week to draft.

    `may_form_groups` lets the planner fill the teacher's free places with groups of its own; the seats that students
    bring in `StudentNeeds.groups` stay either way. `usual_frame` is last week's, None in the first week.
    """

    frame: Frame
    candidates: tuple[Candidate, ...]
    students: tuple[StudentNeeds, ...]
    class_goal: Id = None
    language: str = "en"
    seed: int = 0
    weights: Weights = Weights()
    may_form_groups: bool = False
    usual_frame: Frame | None = None
    is_frame_change_marked: bool = False


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """Students who meet the teacher in one place of the week, on one target, with the reason."""

    id: Id
    day: int
    order: int
    competency: Id
    kind: str
    students: tuple[Id, ...]
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """Weeks for a class and the groups that meet in them.

    `value` is what the weights make of it, `bound` is more than any legal plan can reach, and `is_out_of_time` says
    that the search was stopped; the plan is legal all the same.
    """

    weeks: Mapping[Id, WeekPlan]
    groups: tuple[PlannedGroup, ...]
    value: float
    bound: float
    is_out_of_time: bool = False

    @property
    def gap(self) -> float:
        """How much better any plan could be at most, as a share of the bound."""
        return max(0.0, 1.0 - self.value / self.bound) if self.bound > 0 else 0.0
