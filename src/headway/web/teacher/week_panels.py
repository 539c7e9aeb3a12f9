"""What the panel beside the week board shows: one block, an empty place, a student's whole week, the same for others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import get_language, gettext

from headway.core.planning import BlockKind
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.library import queries as library
from headway.records.planning import boards, limits, outcomes, queries, shelf
from headway.records.standards import queries as standards
from headway.web.shared.mastery_words import MASTERY_WORDS
from headway.web.shared.words import planner_words, sentence

if TYPE_CHECKING:
    from headway.core.planning import Breach
    from headway.records.library.models import Resource
    from headway.records.planning.boards import Other
    from headway.records.planning.models import Block, Week
    from headway.web.shared.access import Request

MORE_RESOURCES = 12
MOST_KEPT = 8
# What a swap or a move may mend; time is not made, a lock is opened first, and three choices need a library.
MENDED = frozenset(
    [
        "adult",
        "alone",
        "class_goal",
        "essentials_first",
        "extra_time",
        "grade_level",
        "language",
        "milestones",
        "prerequisites",
        "projects",
        "rest",
        "review_share",
        "screen",
        "twice",
        "waived",
        "with_others",
    ]
)


def language() -> str:
    """Return the reader's language."""
    return get_language() or "en"


def mends(flag: Mapping[str, Any]) -> str:
    """Return the guardrail that one press may mend, with the title it is about, or nothing."""
    # Only what the referee says can be tried with the referee; other flags are for the teacher's eye.
    _said, dash, name = str(flag["kind"]).partition("-")
    title = (flag.get("facts") or {}).get("title", "")
    return (f"{name}:{title}" if title else name) if dash and name in MENDED else ""


def flags_in_words(week: Week, skills: Mapping[int, Any]) -> list[dict[str, Any]]:
    """Return why to look at a week: each sentence once, what mends it, and whether the library fell short."""
    told: dict[str, dict[str, Any]] = {}
    for flag in week.flags:
        words = planner_words(flag, skills)
        told.setdefault(words, {"words": words, "mends": mends(flag), "is_unmet": flag["kind"].startswith("unmet-")})
    if any(flag["kind"] == "breach-language" for flag in week.flags):
        # The referee says the same with the block's place; one of the two is enough.
        told = {
            planner_words(flag, skills): told[planner_words(flag, skills)]
            for flag in week.flags
            if flag["kind"] != "language"
        }
    for entry in week.unmet:
        words = planner_words(entry, skills)
        mending = mends({"kind": f"unmet-{entry['guardrail']}", "facts": entry.get("facts")})
        told.setdefault(words, {"words": words, "mends": mending, "is_unmet": True})
    return list(told.values())


def warnings_in_words(warnings: Iterable[Breach], skills: Mapping[int, Any] | None = None) -> list[str]:
    """Return what the referee says of an edit; a skill that it speaks of is named, from `skills` where they are at hand."""
    warnings = list(warnings)
    told = [{"sentence": breach.sentence, "facts": breach.facts} for breach in warnings]
    known = skills_in_warnings(warnings) if skills is None else skills
    return [planner_words(entry, known) for entry in told]


def skills_in_warnings(warnings: Iterable[Breach]) -> Mapping[int, Any]:
    """Return the skills that warnings speak of, named in the reader's language, in two queries."""
    wanted = _skills_in({"facts": breach.facts} for breach in warnings)
    return standards.named(standards.competencies_with_ids(wanted).values(), language()) if wanted else {}


def _skills_in(entries: Iterable[Mapping[str, Any]]) -> set[int]:
    return {pk for entry in entries for pk in [(entry.get("facts") or {}).get("competency")] if pk}


def block_facts(block: Block) -> dict[str, Any]:
    """Return what the panel shows of a block."""
    shared = block.week.class_week
    options = queries.options_of(block)
    wanted = {pk for reason in block.reasons for pk in [(reason.get("facts") or {}).get("competency")] if pk}
    wanted |= {block.competency_id} if block.competency_id else set()
    skills = standards.named(standards.competencies_with_ids(wanted).values(), language())
    others = [*options["alternative"], *(door for door in options["variant"] if door not in options["alternative"])]
    seen = {resource.pk for resource in others} | {block.resource_id}
    more = (
        [
            resource
            for resource in library.resources_teaching(block.competency, shared.school_class.school)[:60]
            if resource.pk not in seen and block.kind in resource.uses
        ][:MORE_RESOURCES]
        if block.competency is not None
        else []
    )
    places = queries.places(block.week)
    taken = {(other.day, other.order): other for other in block.week.blocks.select_related("resource")}
    here = next((minutes for day, order, minutes, _kinds in places if (day, order) == (block.day, block.order)), 0)
    return {
        "opened": block,
        "week": block.week,
        "panel_day": shared.monday + timedelta(days=block.day),
        "skill": skills.get(block.competency_id or 0),
        "reasons": [(reason, planner_words(reason, skills)) for reason in block.reasons],
        "flags": [
            {"words": planner_words(flag, skills), "mends": mends(flag)}
            for flag in block.week.flags
            if _is_about(flag, block)
        ],
        "may_give": block.resource is not None and block.group_id is None and block.kind != BlockKind.CHOICE,
        "others": others,
        "more": more,
        "choices": options["choice"],
        "chosen": block.chosen_resource if block.kind == BlockKind.CHOICE else None,
        "is_found": outcomes.was_found_alone(block),
        "student_keeps": list(shelf.kept_by(block.week.student, shared.school_class.school)[:MOST_KEPT])
        if block.kind == BlockKind.CHOICE
        else [],
        "places": [
            (day, order, minutes, taken.get((day, order)), (day, order) == (block.day, block.order))
            for day, order, minutes, _kinds in places
        ],
        "here_minutes": here,
        "may_move": block.group_id is None and block.started_at is None and block.finished_at is None,
        "has_begun": block.started_at is not None or block.finished_at is not None,
        "is_closed": block.week.status == "closed",
    }


def _is_about(flag: Mapping[str, Any], block: Block) -> bool:
    if (flag.get("day"), flag.get("order")) == (block.day, block.order):
        return True
    title = (flag.get("facts") or {}).get("title")
    return title is not None and block.resource is not None and block.resource.title == title


def add_facts(request: Request, place: str) -> dict[str, Any]:
    try:
        week_id, day, order = (int(part) for part in place.replace(".", "-").split("-"))
    except ValueError:
        raise NotFound from None
    week = queries.week_for(request.person, week_id)
    slot = next((slot for slot in queries.open_places(week) if slot[:2] == (day, order)), None)
    if slot is None:
        raise RuleBroken(gettext("That place is taken. Choose an empty one, or swap the block."))
    shared = week.class_week
    path = standards.path_of(shared.school_class)
    used = set(week.blocks.values_list("resource_id", flat=True))
    offers = [
        (kind, resource)
        for resource in library.resources_for(shared.school_class.school, [skill.pk for skill in path])
        if resource.pk not in used and resource.minutes <= slot[2] + 5 and resource.level == "usual"
        for kind in slot[3]
        if kind in resource.uses and kind not in (BlockKind.GROUP, BlockKind.CHOICE)
    ]
    kept = [
        (kind, resource)
        for resource in shelf.kept_by(week.student, shared.school_class.school)[:MOST_KEPT]
        if resource.pk not in used and resource.minutes <= slot[2] + 5
        for kind in [_kind_for(resource, slot[3])]
        if kind
    ]
    return {
        "adding": True,
        "kept_by_student": kept,
        "week": week,
        "panel_day": shared.monday + timedelta(days=day),
        "place_name": f"{day}.{order}",
        "place_minutes": slot[2],
        "offers": offers[:40],
    }


def _kind_for(resource: Resource, kinds: Iterable[str]) -> str:
    """Return as what a resource goes into a place: a use of its own that the place takes, else any the place takes."""
    fitting = [kind for kind in kinds if kind not in (BlockKind.GROUP, BlockKind.CHOICE)]
    return next((kind for kind in fitting if kind in resource.uses), fitting[0] if fitting else "")


def whole_facts(week: Week) -> dict[str, Any]:
    """Return what the panel shows of a student's whole week."""
    shared = week.class_week
    skills = standards.named(
        standards.competencies_with_ids(_skills_in([*week.flags, *week.unmet])).values(), language()
    )
    blocks = list(week.blocks.all())
    minutes = [sum(block.minutes for block in blocks if block.day == day) for day in range(5)]
    off = limits.why_not_draft(shared.school_class)
    kept = sum(1 for block in blocks if block.is_locked or block.started_at or block.finished_at)
    return {
        "whole": True,
        "week": week,
        "why": flags_in_words(week, skills),
        "day_minutes": list(enumerate(minutes)),
        "kept_blocks": kept,
        "is_draft": week.status == "draft",
        "off_words": sentence(off.sentence, off.facts) if off else "",
        "may_copy": week.status == "draft" and boards.week_before(shared.school_class, shared.monday) is not None,
    }


def same_facts(block: Block) -> dict[str, Any]:
    """Return who may get the same block, with those who probably need it chosen already."""
    if block.resource is None or block.group_id is not None or block.kind == BlockKind.CHOICE:
        raise RuleBroken(gettext("Only a block with one piece of work can be given to others."))
    others = boards.others_for(block, at=timezone.now())
    return {
        "same": True,
        "given": block,
        "week": block.week,
        "panel_day": block.week.class_week.monday + timedelta(days=block.day),
        "others": [(other, _like(other)) for other in others],
        "chosen": sum(other.is_chosen for other in others),
    }


def _like(other: Other) -> str:
    """Return why somebody is near the student whose block it is."""
    if other.is_in_group:
        return gettext("in the same group")
    if other.is_alike:
        return gettext("as far with this skill: {word}").format(word=MASTERY_WORDS[other.word])
    return str(MASTERY_WORDS.get(other.word, ""))
