"""Every room's tables in one place, for Django only; code asks the rooms' queries and actions."""

from headway.records.audit.models import Event
from headway.records.evidence.models import Evidence, Mastery
from headway.records.grouping.models import Group, GroupMember
from headway.records.items.models import Item
from headway.records.library.models import Alignment, Collection, CollectionEntry, Resource
from headway.records.planning.models import (
    Block,
    BlockOption,
    ClassWeek,
    HelpRequest,
    ItemWork,
    PlanChange,
    PlanRules,
    Week,
)
from headway.records.reports.models import Report
from headway.records.roster.models import (
    Class,
    ClassPeriod,
    Closure,
    Enrolment,
    FamilyLink,
    Goal,
    GuardianLink,
    Organisation,
    Person,
    PersonExternalId,
    RoleGrant,
    SignInAttempt,
    SignInCard,
    StudentLanguage,
    StudentProfile,
    Support,
    Teaching,
    Term,
)
from headway.records.standards.models import ClassCompetency, Competency, CompetencyLink, Framework, ICan
from headway.records.wellbeing.models import FamilyMessage, GoalCheck, Note

__all__ = [
    "Alignment",
    "Block",
    "BlockOption",
    "Class",
    "ClassCompetency",
    "ClassPeriod",
    "ClassWeek",
    "Closure",
    "Collection",
    "CollectionEntry",
    "Competency",
    "CompetencyLink",
    "Enrolment",
    "Event",
    "Evidence",
    "FamilyLink",
    "FamilyMessage",
    "Framework",
    "Goal",
    "GoalCheck",
    "Group",
    "GroupMember",
    "GuardianLink",
    "HelpRequest",
    "ICan",
    "Item",
    "ItemWork",
    "Mastery",
    "Note",
    "Organisation",
    "Person",
    "PersonExternalId",
    "PlanChange",
    "PlanRules",
    "Report",
    "Resource",
    "RoleGrant",
    "SignInAttempt",
    "SignInCard",
    "StudentLanguage",
    "StudentProfile",
    "Support",
    "Teaching",
    "Term",
    "Week",
]
