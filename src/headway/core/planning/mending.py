"""One small change that mends what a plan breaks, found by trying: the referee says whether it helped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headway.core.planning import edits
from headway.core.planning.frame import SLOT_SLACK_MINUTES
from headway.core.planning.problem import BlockKind, Candidate, Frame, Id, PlannedBlock, StudentNeeds, WeekPlan
from headway.core.planning.referee import Breach, breaches
from headway.core.shared.errors import RuleBroken, gettext_noop

SWAPPED = gettext_noop("“{title}” took the place of “{old}”.")
MOVED = gettext_noop("“{title}” has another place now.")


@dataclass(frozen=True, kw_only=True)
class Mended:
    """The plan after one change, and the change in a sentence."""

    plan: WeekPlan
    sentence: str
    facts: Mapping[str, object]


def mended(
    plan: WeekPlan,
    needs: StudentNeeds,
    frame: Frame,
    known: Mapping[Id, Candidate],
    guardrail: str,
    *,
    about: str = "",
) -> Mended | None:
    """Return the plan with the first single change after which `guardrail` holds and nothing new is broken.

    What comes closest to what the week was is tried first: another door or alternative in the same place, then another
    place. Locked blocks, groups and the student's own choices stay. None when no single change helps. Where a guardrail
    is broken at several blocks, `about` is the title of the one that is meant.
    """
    had = _told(breaches(plan, needs, frame, known))
    broken = had.get(guardrail, 0)
    if not broken:
        return None
    best: tuple[int, Mended] | None = None
    for tried in (*_swaps(plan, frame, known), *_moves(plan, frame, known)):
        found = breaches(tried.plan, needs, frame, known)
        now = _told(found)
        is_worse = any(count > had.get(name, 0) for name, count in now.items() if name != guardrail)
        left = now.get(guardrail, 0)
        is_there = about and any(each.guardrail == guardrail and each.facts.get("title") == about for each in found)
        if is_worse or left >= broken or is_there:
            continue
        if not left:
            return tried
        if best is None or left < best[0]:
            best = (left, tried)
    return best[1] if best else None


def _told(found: tuple[Breach, ...]) -> dict[str, int]:
    """Return how much each guardrail is broken; minutes over a cap count as minutes, so that part of a way is a way."""
    told: dict[str, int] = {}
    for breach in found:
        over = 0
        minutes = breach.facts.get("minutes")
        for name in ("cap", "floor"):
            limit = breach.facts.get(name)
            if isinstance(minutes, int) and isinstance(limit, int):
                over = abs(minutes - limit)
        told[breach.guardrail] = told.get(breach.guardrail, 0) + max(1, over)
    return told


def _free(plan: WeekPlan) -> list[PlannedBlock]:
    return [
        block
        for block in plan.blocks
        if not block.is_locked and block.group is None and block.kind is not BlockKind.CHOICE
    ]


def _title(block: PlannedBlock, known: Mapping[Id, Candidate]) -> str:
    return known[block.candidate].title if block.candidate in known else ""


def _swaps(plan: WeekPlan, frame: Frame, known: Mapping[Id, Candidate]) -> Iterator[Mended]:
    slots = {(slot.day, slot.order): slot for slot in frame.slots}
    for block in _free(plan):
        slot = slots.get((block.day, block.order))
        if slot is None:
            continue
        for key in dict.fromkeys((*block.variants, *block.alternatives)):
            other = known.get(key)
            # Work that is much longer than its place is no mend.
            if other is None or other.id == block.candidate or other.minutes > slot.minutes + SLOT_SLACK_MINUTES:
                continue
            doors = tuple(door for door in (block.candidate, *block.variants) if door != key)
            swapped = edits.swapped(plan, block, other, slot=slot, variants=doors if key in block.variants else ())
            yield Mended(plan=swapped, sentence=SWAPPED, facts={"title": other.title, "old": _title(block, known)})


def _moves(plan: WeekPlan, frame: Frame, known: Mapping[Id, Candidate]) -> Iterator[Mended]:
    slots = {(slot.day, slot.order): slot for slot in frame.slots}
    free = {id(block) for block in _free(plan)}
    for block in plan.blocks:
        back = slots.get((block.day, block.order))
        if id(block) not in free or back is None:
            continue
        for slot in frame.slots:
            there = edits.block_at(plan, slot.day, slot.order)
            if there is block or block.kind not in slot.kinds or (there is not None and id(there) not in free):
                continue
            try:
                moved = edits.moved(plan, block, slot, known, back=back)
            except RuleBroken:  # too long for that place
                continue
            yield Mended(plan=moved, sentence=MOVED, facts={"title": _title(block, known)})
