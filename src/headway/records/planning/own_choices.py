"""Where a student may put something found alone: open choices of approved weeks, and why a piece does not go there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from headway.core.library import own_choice
from headway.core.library.own_choice import Piece
from headway.core.planning import BlockKind
from headway.core.shared.errors import NotFound
from headway.core.shared.school_weeks import monday_of
from headway.records.library.models import Resource
from headway.records.planning.models import Block, PlanRules, Week
from headway.records.planning.problems import frame_from_json
from headway.records.roster.models import Person
from headway.records.roster.queries import profile_of

Problem = tuple[str, dict[str, object]]
OPEN_WEEKS = (Week.Status.APPROVED, Week.Status.CHANGED)
WEEKS_AHEAD = 2


@dataclass(frozen=True, kw_only=True)
class Place:
    """One open choice of a student's week, and why a piece does not go there (None where it does)."""

    block: Block
    day: date
    minutes: int
    problem: Problem | None


def piece_of(resource: Resource) -> Piece:
    """Return a resource as a student's own choice looks at it."""
    return Piece(
        kind=resource.kind,
        language=resource.language,
        reading_level=resource.reading_level,
        grade_low=resource.grade_low,
        grade_high=resource.grade_high,
        minutes=resource.minutes,
        screen=resource.screen,
        with_whom=resource.with_whom,
        needs_adult=resource.needs_adult,
        uses=tuple(resource.uses),
    )


def is_for(resource: Resource, student: Person) -> bool:
    """Return whether a resource is something for a student to find; two queries."""
    profile = profile_of(student)
    return own_choice.fits(piece_of(resource), languages=_languages(student), grade=profile.grade)


def _languages(student: Person) -> dict[str, float | None]:
    found: dict[str, float | None] = {row.language: row.reading_level for row in student.languages.all()}
    return found or {student.language: None}


def places_for(resource: Resource, student: Person, *, today: date) -> list[Place]:
    """Return the student's open choices from today on, each with what speaks against the piece there."""
    blocks = list(
        Block.objects.select_related("week__class_week__school_class", "chosen_resource")
        .filter(
            week__student=student,
            week__status__in=OPEN_WEEKS,
            week__class_week__monday__gte=monday_of(today),
            week__class_week__monday__lt=monday_of(today) + timedelta(weeks=WEEKS_AHEAD),
            kind=BlockKind.CHOICE,
            started_at__isnull=True,
            finished_at__isnull=True,
        )
        .order_by("week__class_week__monday", "day", "order", "pk")
    )
    screen = _screen_minutes(blocks)
    here = _resources_in(blocks)
    caps = _caps(blocks, student)
    return [
        Place(
            block=block,
            day=block.week.class_week.monday + timedelta(days=block.day),
            minutes=_minutes_of(block),
            problem=_why_not(
                block,
                resource,
                others=here.get(block.week_id, set()),
                screen_left=caps[block.pk] - screen.get(block.week_id, 0) + block.screen_minutes,
            ),
        )
        for block in blocks
    ]


def why_not(block: Block, resource: Resource, student: Person) -> Problem | None:
    """Return why a student may not put a resource into a block; raises "not found" for what the school may not use."""
    school_id = block.week.class_week.school_class.school_id
    if not resource.is_active or resource.school_id not in (None, school_id):
        raise NotFound
    if block.kind != BlockKind.CHOICE:
        return own_choice.NO_CHOICE, {}
    if block.started_at is not None or block.finished_at is not None:
        return own_choice.BEGUN_ALREADY, {}
    if not is_for(resource, student):
        return own_choice.NOT_FOR_YOU, {}
    left = _caps([block], student)[block.pk] - _screen_minutes([block]).get(block.week_id, 0) + block.screen_minutes
    return _why_not(block, resource, others=_resources_in([block]).get(block.week_id, set()), screen_left=left)


def _why_not(block: Block, resource: Resource, *, others: set[tuple[int, int]], screen_left: int) -> Problem | None:
    if any(resource_id == resource.pk and block_id != block.pk for block_id, resource_id in others):
        return own_choice.IN_WEEK_ALREADY, {}
    return own_choice.why_not(piece_of(resource), place_minutes=_minutes_of(block), screen_minutes_left=screen_left)


def _minutes_of(block: Block) -> int:
    """Return how long the place in the week is: what stands in it may be shorter than its time."""
    slots = frame_from_json(block.week.class_week.frame).slots if block.week.class_week.frame else ()
    place = next((slot.minutes for slot in slots if (slot.day, slot.order) == (block.day, block.order)), 0)
    return max(place, block.minutes)


def _screen_minutes(blocks: Iterable[Block]) -> dict[int, int]:
    rows = Block.objects.filter(week__in={block.week_id for block in blocks}).values("week_id").order_by()
    return {row["week_id"]: row["minutes"] or 0 for row in rows.annotate(minutes=Sum("screen_minutes"))}


def _resources_in(blocks: Iterable[Block]) -> dict[int, set[tuple[int, int]]]:
    """Return what stands in the weeks of these blocks by week id: (block id, resource id)."""
    found: dict[int, set[tuple[int, int]]] = {}
    rows = Block.objects.filter(week__in={block.week_id for block in blocks})
    for week_id, pk, kind, resource_id, chosen_id in rows.values_list(
        "week_id", "pk", "kind", "resource_id", "chosen_resource_id"
    ):
        standing = chosen_id or (resource_id if kind != BlockKind.CHOICE else None)
        if standing is not None:
            found.setdefault(week_id, set()).add((pk, standing))
    return found


def _caps(blocks: Iterable[Block], student: Person) -> dict[int, int]:
    own = profile_of(student).screen_minutes_cap
    rows = list(blocks)
    classes = {block.week.class_week.school_class_id for block in rows}
    rules = {row.school_class_id: row.screen_minutes_cap for row in PlanRules.objects.filter(school_class__in=classes)}
    usual = PlanRules().screen_minutes_cap
    return {block.pk: own or rules.get(block.week.class_week.school_class_id, usual) for block in rows}
