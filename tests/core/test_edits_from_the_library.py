"""Where work from the library goes in a plan: the place where it does least harm, an empty one, or among the choices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headway.core.planning import BlockKind, PlannedBlock, Slot, WeekPlan, With, edits
from headway.core.planning.problem import Candidate
from headway.core.shared.errors import RuleBroken

SLOTS = tuple(
    Slot(day=0, order=order, minutes=minutes, kinds=(BlockKind.ESSENTIAL,))
    for order, minutes in enumerate((10, 20, 20, 15))
)
STORY = Candidate(id="story", competency="c1", minutes=18, kinds=frozenset({BlockKind.ESSENTIAL}), title="Story")


def block(order: int, **facts: object) -> PlannedBlock:
    usual = {
        "day": 0, "order": order, "minutes": 10, "kind": BlockKind.ESSENTIAL, "candidate": f"old-{order}",
        "competency": "c9", "with_whom": With.ALONE, "screen_minutes": 0,
    }  # fmt: skip
    return PlannedBlock(**(usual | facts))  # type: ignore[arg-type]


def plan(*blocks: PlannedBlock) -> WeekPlan:
    return WeekPlan(student="ben", blocks=blocks)


def test_a_block_for_the_same_skill_makes_way_first() -> None:
    full = plan(block(0), block(1), block(2, competency="c1"), block(3))
    assert edits.place_for(full, SLOTS, STORY, BlockKind.ESSENTIAL).order == 2


def test_an_empty_place_is_taken_before_other_work_makes_way() -> None:
    assert edits.place_for(plan(block(0), block(1), block(3)), SLOTS, STORY, BlockKind.ESSENTIAL).order == 2


def test_a_place_that_is_too_short_is_the_last_to_be_taken() -> None:
    assert edits.place_for(plan(block(1), block(2), block(3)), SLOTS, STORY, BlockKind.ESSENTIAL).order != 0


def test_locked_work_and_groups_never_make_way() -> None:
    held = plan(*(block(order, is_locked=True) for order in (0, 1, 2)), block(3, group=7))
    with pytest.raises(RuleBroken, match="locked, begun or with a group"):
        edits.place_for(held, SLOTS, STORY, BlockKind.ESSENTIAL)


def test_of_the_empty_places_the_shortest_that_is_long_enough_is_free() -> None:
    free = edits.free_place(plan(block(1)), SLOTS, 18)
    assert free is not None
    assert free.order == 3  # 15 minutes, five more may pass


def test_no_empty_place_is_no_free_place() -> None:
    assert edits.free_place(plan(*(block(order) for order in range(4))), SLOTS, 5) is None


def test_an_offer_takes_the_last_place_of_a_full_choice_and_keeps_what_left_at_hand() -> None:
    choice = block(1, kind=BlockKind.CHOICE, candidate=None, options=("a", "b", "c"))
    after = edits.offered(plan(choice), 0, STORY, slots=SLOTS, most=3)
    assert after.blocks[0].options == ("a", "b", "story")
    assert after.blocks[0].alternatives == ("c",)
    assert after.blocks[0].is_locked


def test_a_choice_with_room_loses_nothing() -> None:
    choice = block(1, kind=BlockKind.CHOICE, candidate=None, options=("a",))
    assert edits.offered(plan(choice), 0, STORY, slots=SLOTS, most=3).blocks[0].options == ("a", "story")


def test_what_the_week_has_already_is_not_offered_again() -> None:
    choice = block(1, kind=BlockKind.CHOICE, candidate=None, options=("a",))
    with pytest.raises(RuleBroken, match="in this week already"):
        edits.offered(
            plan(block(0, candidate="cuento"), choice), 0, STORY, slots=SLOTS, most=3, doors=frozenset({"cuento"})
        )


def test_a_day_without_a_choice_says_so() -> None:
    with pytest.raises(RuleBroken, match="no choice on that day"):
        edits.offered(plan(block(0)), 0, STORY, slots=SLOTS, most=3)


def test_a_locked_choice_stays() -> None:
    choice = replace(block(1, kind=BlockKind.CHOICE, candidate=None, options=("a",)), is_locked=True)
    with pytest.raises(RuleBroken, match="locked"):
        edits.offered(plan(choice), 0, STORY, slots=SLOTS, most=3)
