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


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One place in the class's weekly frame; `kinds` in the order of preference, the same for everyone."""

    day: int
    order: int
    minutes: int
    kinds: tuple[BlockKind, ...]


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
    is_class_goal: bool = False


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How well a student reads a language, in grade levels."""

    language: str
    reading_level: float


@dataclass(frozen=True, kw_only=True)
class GroupSeat:
    """A student's place in a group that meets the teacher."""

    group: Id
    day: int
    competency: Id
    candidate: Id = None


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

    @property
    def essentials_only(self) -> bool:
        """Whether the plan holds only essentials, groups and choice for now."""
        return "essentials-only" in self.supports


@dataclass(frozen=True, kw_only=True)
class ClassProblem:
    """A class's week to draft."""

    frame: Frame
    candidates: tuple[Candidate, ...]
    students: tuple[StudentNeeds, ...]
    class_goal: Id = None
    language: str = "en"
    seed: int = 0
