"""Who may do what: one table. *Which* student is decided in records/roster, never here."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """The part a person plays in a school; one person may play several."""

    STUDENT = "student"
    TEACHER = "teacher"
    SPECIALIST = "specialist"
    GUARDIAN = "guardian"
    LEADER = "leader"


class Permission(StrEnum):
    """One thing that a role may do to the students and classes within its reach."""

    SEE_OWN_WEEK = "see_own_week"
    WORK = "work"
    SEE_CLASS = "see_class"
    PLAN_WEEKS = "plan_weeks"
    APPROVE_PLANS = "approve_plans"
    RECORD_EVIDENCE = "record_evidence"
    ACCEPT_ALIGNMENTS = "accept_alignments"
    PRINT_CARDS = "print_cards"
    SET_MASTERY_RULES = "set_mastery_rules"
    ADD_TO_LIBRARY = "add_to_library"
    SHAPE_STANDARDS = "shape_standards"
    MANAGE_STANDARDS = "manage_standards"
    SEE_FAMILY_WEEK = "see_family_week"
    MANAGE_PEOPLE = "manage_people"
    SEE_SCHOOL = "see_school"


ALLOWED: MappingProxyType[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.STUDENT: frozenset({Permission.SEE_OWN_WEEK, Permission.WORK}),
        Role.TEACHER: frozenset(
            {
                Permission.SEE_CLASS,
                Permission.PLAN_WEEKS,
                Permission.APPROVE_PLANS,
                Permission.RECORD_EVIDENCE,
                Permission.ACCEPT_ALIGNMENTS,
                Permission.PRINT_CARDS,
                Permission.SET_MASTERY_RULES,
                Permission.ADD_TO_LIBRARY,
                Permission.SHAPE_STANDARDS,
            }
        ),
        Role.SPECIALIST: frozenset({Permission.SEE_CLASS, Permission.RECORD_EVIDENCE}),
        Role.GUARDIAN: frozenset({Permission.SEE_FAMILY_WEEK}),
        Role.LEADER: frozenset(
            {
                Permission.SEE_SCHOOL,
                Permission.MANAGE_PEOPLE,
                Permission.PRINT_CARDS,
                Permission.SET_MASTERY_RULES,
                Permission.ADD_TO_LIBRARY,
                Permission.SHAPE_STANDARDS,
                Permission.MANAGE_STANDARDS,
            }
        ),
    }
)


def allows(roles: frozenset[Role], permission: Permission) -> bool:
    """Return whether any of `roles` carries `permission`."""
    return any(permission in ALLOWED[role] for role in roles)
