"""Mastery, interests, goals, languages and supports become a drafted week, with reasons."""

from headway.core.planning import edits
from headway.core.planning.frame import group_days, make_frame
from headway.core.planning.greedy import draft_class, draft_week, flags_for
from headway.core.planning.problem import (
    BlockKind,
    Candidate,
    ClassProblem,
    Flag,
    Frame,
    GroupSeat,
    Limits,
    PlannedBlock,
    Reader,
    Reason,
    ReasonKind,
    Slot,
    StudentNeeds,
    Target,
    Unmet,
    WeekPlan,
    With,
)
from headway.core.planning.referee import GUARDRAILS, Breach, breaches
from headway.core.planning.states import NEXT_STATES, PlanState, check_move

__all__ = [
    "GUARDRAILS",
    "NEXT_STATES",
    "BlockKind",
    "Breach",
    "Candidate",
    "ClassProblem",
    "Flag",
    "Frame",
    "GroupSeat",
    "Limits",
    "PlanState",
    "PlannedBlock",
    "Reader",
    "Reason",
    "ReasonKind",
    "Slot",
    "StudentNeeds",
    "Target",
    "Unmet",
    "WeekPlan",
    "With",
    "breaches",
    "check_move",
    "draft_class",
    "draft_week",
    "edits",
    "flags_for",
    "group_days",
    "make_frame",
]
