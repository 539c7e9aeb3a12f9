"""Edits to a plan, the life of a plan, groups, and comparing what was assigned."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.grouping import Standing, suggest_groups
from headway.core.planning import BlockKind, PlanState, Slot, WeekPlan, With, check_move, edits
from headway.core.planning.fairness import letters_of
from headway.core.planning.states import NEXT_STATES
from headway.core.shared.errors import RuleBroken
from tests.core.test_the_referee import FRAME, GOOD, KNOWN

SLOTS = {(slot.day, slot.order): slot for slot in FRAME.slots}


def places(plan: WeekPlan) -> list[tuple[int, int]]:
    return [(block.day, block.order) for block in plan.blocks]


# --- edits ------------------------------------------------------------------------------------------------------------


def test_a_swap_locks_the_new_work_and_keeps_the_old_one_at_hand() -> None:
    block = edits.block_at(GOOD, 1, 0)
    assert block is not None
    after = edits.swapped(GOOD, block, KNOWN["leaf"], slot=SLOTS[1, 0], variants=("razones",))
    new = edits.block_at(after, 1, 0)
    assert new is not None
    assert (new.candidate, new.competency, new.is_locked, new.alternatives, new.variants) == (
        "leaf",
        "c2",
        True,
        ("rates",),
        ("razones",),
    )
    assert places(after) == places(GOOD)


def test_a_group_stays_with_the_teacher_whatever_it_works_on() -> None:
    block = edits.block_at(GOOD, 0, 1)
    assert block is not None
    new = edits.block_at(edits.swapped(GOOD, block, KNOWN["leaf"], slot=SLOTS[0, 1]), 0, 1)
    assert new is not None
    assert new.with_whom is With.TEACHER


def test_a_shorter_work_takes_its_own_minutes() -> None:
    block = edits.block_at(GOOD, 1, 0)
    assert block is not None
    short = replace(KNOWN["leaf"], minutes=8, screen_minutes=8)
    new = edits.block_at(edits.swapped(GOOD, block, short, slot=SLOTS[1, 0]), 1, 0)
    assert new is not None
    assert (new.minutes, new.screen_minutes) == (8, 8)


def test_a_move_into_an_empty_place_leaves_the_old_one_empty() -> None:
    block = edits.block_at(GOOD, 2, 0)
    assert block is not None
    shorter = {"look back": replace(KNOWN["look back"], minutes=15)}
    after = edits.moved(GOOD, block, SLOTS[1, 2], shorter, back=SLOTS[2, 0])
    assert edits.block_at(after, 2, 0) is None
    moved = edits.block_at(after, 1, 2)
    assert moved is not None
    assert (moved.candidate, moved.minutes, moved.is_locked) == ("look back", 10, True)


def test_two_blocks_change_places() -> None:
    block = edits.block_at(GOOD, 3, 0)
    assert block is not None
    after = edits.moved(GOOD, block, SLOTS[4, 0], KNOWN, back=SLOTS[3, 0])
    there, back = edits.block_at(after, 4, 0), edits.block_at(after, 3, 0)
    assert there is not None
    assert back is not None
    assert (there.candidate, back.candidate) == ("further", "leaf")
    assert len(after.blocks) == len(GOOD.blocks)


def test_long_work_does_not_go_into_a_short_place() -> None:
    block = edits.block_at(GOOD, 1, 0)
    assert block is not None
    with pytest.raises(RuleBroken):
        edits.moved(GOOD, block, SLOTS[0, 2], KNOWN, back=SLOTS[1, 0])


def test_taking_out_and_putting_in_again_fills_the_place() -> None:
    block = edits.block_at(GOOD, 1, 0)
    assert block is not None
    gone = edits.removed(GOOD, block)
    assert edits.block_at(gone, 1, 0) is None
    assert places(edits.added(gone, SLOTS[1, 0], BlockKind.ESSENTIAL, KNOWN["rates"])) == places(GOOD)


@given(st.integers(0, 2**20))
def test_edits_never_put_two_blocks_in_one_place(seed: int) -> None:
    luck = Random(seed)
    plan = GOOD
    for _turn in range(8):
        block = luck.choice(plan.blocks)
        to = luck.choice(FRAME.slots)
        back = SLOTS.get((block.day, block.order), Slot(day=block.day, order=block.order, minutes=20, kinds=()))
        try:
            plan = edits.moved(plan, block, to, KNOWN, back=back)
        except RuleBroken:
            continue
        assert len(set(places(plan))) == len(plan.blocks) == len(GOOD.blocks)
        assert places(plan) == sorted(places(plan))


# --- the life of a plan -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", PlanState)
@pytest.mark.parametrize("to", PlanState)
def test_a_plan_moves_only_as_the_table_says(now: PlanState, to: PlanState) -> None:
    if to in NEXT_STATES[now]:
        check_move(now, to)
    else:
        with pytest.raises(RuleBroken, match=r"This week (is|was)"):
            check_move(now, to)


def test_a_closed_plan_stays_closed() -> None:
    assert NEXT_STATES[PlanState.CLOSED] == frozenset()


# --- groups -----------------------------------------------------------------------------------------------------------


def standing(student: int, chance: float = 0.4, *, competency: str = "c1", word: str = "growing") -> Standing:
    return Standing(student=student, competency=competency, chance=chance, pieces=4, word=word)


def test_two_are_no_group_and_three_are() -> None:
    assert suggest_groups([standing(n) for n in range(2)]) == []
    assert [group.students for group in suggest_groups([standing(n) for n in range(3)])] == [(0, 1, 2)]


def test_nobody_is_grouped_on_what_was_never_seen() -> None:
    assert suggest_groups([replace(standing(n), pieces=0) for n in range(6)]) == []


def test_nobody_meets_for_needs_four_weeks_running() -> None:
    rows = [standing(n) for n in range(4)]
    (group,) = suggest_groups(rows, grouped_before={0: 3})
    assert 0 not in group.students


def test_one_group_in_three_goes_further() -> None:
    rows = [standing(n, competency=f"c{n // 3}") for n in range(9)]
    rows += [standing(n, 0.95, competency="c9", word="beyond") for n in range(20, 24)]
    assert "stretch" in [group.kind for group in suggest_groups(rows, most=3)]


@given(st.integers(0, 2**20))
def test_groups_are_small_and_nobody_sits_in_two(seed: int) -> None:
    luck = Random(seed)
    rows = [
        Standing(
            student=student,
            competency=f"c{skill}",
            chance=luck.random(),
            pieces=luck.randint(0, 5),
            word=luck.choice(["starting", "growing", "secure", "beyond", "recheck"]),
            prerequisites_met=luck.random() < 0.8,
        )
        for student in range(luck.randint(0, 30))
        for skill in range(4)
    ]
    most = luck.randint(0, 5)
    groups = suggest_groups(rows, most=most)
    seated = [student for group in groups for student in group.students]
    assert len(seated) == len(set(seated))
    assert len(groups) <= most
    assert all(3 <= len(group.students) <= 6 and group.sentence for group in groups)
    luck.shuffle(rows)
    assert suggest_groups(rows, most=most) == groups


# --- what was assigned ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readers", "supports", "letters"),
    [
        ([("en", 7.0, True)], set(), "H"),
        ([("en", 6.5, False), ("es", 3.0, True)], set(), "B"),
        ([("en", 1.5, False), ("es", 7.0, True)], {"bilingual-texts"}, "E"),
        ([("en", 7.0, True)], {"extra-time"}, "HS"),
        ([("en", 7.0, True)], {"move-on"}, "H"),
        ([], set(), "H"),
    ],
)
def test_the_letters_a_week_is_compared_under(
    readers: list[tuple[str, float, bool]], supports: set[str], letters: str
) -> None:
    found = letters_of(readers=readers, supports=frozenset(supports), language="en", grade=7)
    assert "".join(sorted(found)) == letters
