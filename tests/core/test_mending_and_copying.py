"""One small change that mends a plan, last week carried forward, the door that suits, and what an edit touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headway.core.planning import (
    BlockKind,
    Candidate,
    Frame,
    GroupSeat,
    Limits,
    PlannedBlock,
    Reader,
    ReasonKind,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
    breaches,
    edits,
)
from headway.core.planning.forward import carried_forward
from headway.core.planning.mending import mended
from headway.core.shared.errors import RuleBroken

ANY = (BlockKind.ESSENTIAL, BlockKind.STRETCH, BlockKind.REVIEW)
FRAME = Frame(
    slots=tuple(Slot(day=day, order=order, minutes=20, kinds=ANY) for day in range(5) for order in range(2)),
    minutes_of_day=(40, 40, 40, 40, 40),
)
LOOSE = Limits(screen_minutes_cap=40, minutes_with_others_floor=0, choice_options=0, minutes_alone_cap=1000)


def candidate(key: str, **facts: Any) -> Candidate:
    given = {"competency": "7.1", "minutes": 20, "kinds": frozenset(ANY), "title": key, "screen_minutes": 20}
    return Candidate(id=key, **{**given, **facts})


def planned(day: int, order: int, key: str, **facts: Any) -> PlannedBlock:
    given = {"minutes": 20, "kind": BlockKind.ESSENTIAL, "competency": "7.1", "screen_minutes": 20}
    return PlannedBlock(day=day, order=order, candidate=key, with_whom=With.ALONE, **{**given, **facts})


def plan(*blocks: PlannedBlock) -> WeekPlan:
    return WeekPlan(student="ben", blocks=blocks)


def needs(**facts: Any) -> StudentNeeds:
    target = Target(competency="7.1", chance=0.5, low=0.3, high=0.7, pieces=4, word="growing", grade=7)
    given = {"targets": (target,), "readers": (Reader(language="en", reading_level=7.0),), "limits": LOOSE}
    return StudentNeeds(student="ben", grade=7, **{**given, **facts})


KNOWN = {
    each.id: each
    for each in (
        *(candidate(name) for name in ("a", "b", "c", "d")),
        candidate("paper", screen_minutes=0),
        candidate("long paper", screen_minutes=0, minutes=60),
    )
}


# --- mending ----------------------------------------------------------------------------------------------------------


def too_much_screen(*, alternatives: tuple[str, ...] = ("paper",), **facts: Any) -> WeekPlan:
    return plan(
        planned(0, 0, "a", alternatives=alternatives, **facts), planned(0, 1, "b", **facts), planned(1, 0, "c", **facts)
    )


def told(found: WeekPlan) -> set[str]:
    return {breach.guardrail for breach in breaches(found, needs(), FRAME, KNOWN)}


def test_a_block_is_swapped_for_its_paper_alternative() -> None:
    assert "screen" in told(too_much_screen())
    found = mended(too_much_screen(), needs(), FRAME, KNOWN, "screen")
    assert found is not None
    assert "screen" not in told(found.plan)
    assert [block.candidate for block in found.plan.blocks] == ["paper", "b", "c"]


def test_the_mend_says_what_it_did() -> None:
    found = mended(too_much_screen(), needs(), FRAME, KNOWN, "screen")
    assert found is not None
    assert dict(found.facts) == {"title": "paper", "old": "a"}


def test_a_move_mends_what_stands_too_late() -> None:
    late = plan(planned(4, 0, "a"))
    found = mended(late, needs(), FRAME, KNOWN, "essentials_first")
    assert found is not None
    assert found.plan.blocks[0].day < 3


@pytest.mark.parametrize(
    "week",
    [too_much_screen(alternatives=()), too_much_screen(alternatives=("long paper",)), too_much_screen(is_locked=True)],
    ids=["nothing to swap in", "too long for the place", "locked"],
)
def test_what_no_single_change_mends_is_left(week: WeekPlan) -> None:
    assert mended(week, needs(), FRAME, KNOWN, "screen") is None


def test_what_is_whole_is_left() -> None:
    assert mended(plan(planned(0, 0, "a")), needs(), FRAME, KNOWN, "screen") is None


def test_a_mend_breaks_nothing_else() -> None:
    known = {**KNOWN, "foreign": candidate("foreign", screen_minutes=0, language="fr", reading_level=7.0)}
    assert mended(too_much_screen(alternatives=("foreign",)), needs(), FRAME, known, "screen") is None


@pytest.mark.parametrize("meant", ["french", "german"])
def test_the_block_that_is_meant_is_mended(meant: str) -> None:
    known = {
        **KNOWN,
        "french": candidate("french", language="fr", reading_level=7.0),
        "german": candidate("german", language="de", reading_level=7.0),
    }
    week = plan(planned(0, 0, "french", alternatives=("paper",)), planned(1, 0, "german", alternatives=("d",)))
    found = mended(week, needs(), FRAME, known, "language", about=meant)
    assert found is not None
    assert found.facts["old"] == meant


def test_half_a_way_is_a_way() -> None:
    four = plan(*(planned(day, order, key) for day, order, key in ((0, 0, "a"), (0, 1, "b"), (1, 0, "c"), (1, 1, "d"))))
    week = replace(four, blocks=(replace(four.blocks[0], alternatives=("paper",)), *four.blocks[1:]))
    found = mended(week, needs(), FRAME, KNOWN, "screen")
    assert found is not None
    assert sum(block.screen_minutes for block in found.plan.blocks) == 60


# --- last week, carried forward ---------------------------------------------------------------------------------------


def places(found: WeekPlan) -> dict[Any, tuple[int, int]]:
    return {block.candidate: (block.day, block.order) for block in found.blocks}


def test_a_block_keeps_its_place() -> None:
    assert places(carried_forward([planned(2, 1, "a")], FRAME, taken=plan())) == {"a": (2, 1)}


def test_a_taken_place_gives_the_first_free_one() -> None:
    found = carried_forward([planned(0, 0, "a")], FRAME, taken=plan(planned(0, 0, "b")))
    assert places(found) == {"b": (0, 0), "a": (0, 1)}


def test_begun_work_is_placed_before_the_rest() -> None:
    narrow = Frame(slots=FRAME.slots[:1], minutes_of_day=(20, 0, 0, 0, 0))
    found = carried_forward([planned(0, 0, "a"), planned(3, 0, "b", is_locked=True)], narrow, taken=plan())
    assert places(found) == {"b": (0, 0)}


def test_a_day_without_school_is_gone_round() -> None:
    frame = Frame(slots=FRAME.slots[2:], minutes_of_day=(0, 40, 40, 40, 40))
    assert places(carried_forward([planned(0, 0, "a")], frame, taken=plan())) == {"a": (1, 0)}


def test_a_seat_in_a_group_keeps_its_place_free() -> None:
    seat = GroupSeat(group="g", day=0, competency="7.1", order=0)
    assert places(carried_forward([planned(0, 0, "a")], FRAME, taken=plan(), seats=[seat])) == {"a": (0, 1)}


@pytest.mark.parametrize(
    "last",
    [planned(0, 0, "a", kind=BlockKind.GROUP), planned(0, 0, "a", group="g"), planned(0, 0, "b")],
    ids=["a group", "a seat in a group", "work that is there already"],
)
def test_some_blocks_do_not_come_again(last: PlannedBlock) -> None:
    taken = plan(planned(4, 1, "b"))
    assert carried_forward([last], FRAME, taken=taken) == taken


def test_what_comes_again_is_new_free_and_says_why() -> None:
    block = carried_forward([planned(0, 0, "a", id=7, is_locked=True)], FRAME, taken=plan()).blocks[0]
    assert (block.id, block.is_locked, block.reasons[0].kind) == (None, False, ReasonKind.UNFINISHED)


# --- the same for others ----------------------------------------------------------------------------------------------

ENGLISH = candidate("english", reading_level=7.0)
SPANISH = candidate("spanish", language="es", reading_level=7.0)
EASY = candidate("easy", reading_level=4.0, level="easier")
HARD = candidate("hard", reading_level=7.0, level="harder")


def knows(chance: float) -> tuple[Target, ...]:
    return (Target(competency="7.1", chance=chance, low=0.1, high=0.9, pieces=4, word="growing", grade=7),)


@pytest.mark.parametrize(
    ("facts", "door"),
    [
        ({}, ENGLISH),
        ({"readers": (Reader(language="es", reading_level=7.0),)}, SPANISH),
        ({"readers": (Reader(language="en", reading_level=4.0),)}, EASY),
        ({"targets": knows(0.95)}, HARD),
        ({"targets": knows(0.1)}, EASY),
        ({"readers": ()}, ENGLISH),
    ],
    ids=["the same", "reads Spanish", "reads at grade 4", "far ahead", "at the beginning", "nothing known"],
)
def test_each_student_gets_the_door_that_suits(facts: dict[str, Any], door: Candidate) -> None:
    assert edits.door_for(needs(**facts), [ENGLISH, SPANISH, EASY, HARD], usual=ENGLISH) is door


def test_work_that_is_in_the_week_is_not_put_in_twice() -> None:
    with pytest.raises(RuleBroken, match="already"):
        edits.put(
            plan(planned(3, 0, "spanish")), FRAME.slots[0], BlockKind.STRETCH, ENGLISH, doors=frozenset({"spanish"})
        )


@pytest.mark.parametrize(
    ("facts", "words"), [({"is_locked": True}, "locked"), ({"group": "g"}, "group")], ids=["locked", "a group"]
)
def test_a_place_that_is_held_is_not_taken(facts: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleBroken, match=words):
        edits.put(plan(planned(0, 0, "a", **facts)), FRAME.slots[0], BlockKind.STRETCH, ENGLISH)


def test_what_gave_way_stays_at_hand() -> None:
    found = edits.put(plan(planned(0, 0, "a", id=3)), FRAME.slots[0], BlockKind.STRETCH, ENGLISH)
    block = found.blocks[0]
    assert (block.candidate, block.kind, block.id, block.is_locked) == ("english", BlockKind.STRETCH, 3, True)
    assert "a" in block.alternatives


# --- what an edit touched ---------------------------------------------------------------------------------------------

WEEK = plan(planned(0, 0, "a", id=1), planned(1, 0, "b", id=2))


def test_an_edit_touches_its_block_and_its_places() -> None:
    moved = edits.moved(WEEK, WEEK.blocks[0], FRAME.slots[5], KNOWN, back=FRAME.slots[0])
    assert edits.touched(WEEK, moved) == {"block 1", "place 0.0", "place 2.1"}


def test_nothing_done_touches_nothing() -> None:
    assert edits.touched(WEEK, WEEK) == frozenset()


def test_two_edits_that_touch_nothing_in_common_commute() -> None:
    def first(week: WeekPlan) -> WeekPlan:
        return edits.removed(week, next(block for block in week.blocks if block.id == 1))

    def second(week: WeekPlan) -> WeekPlan:
        block = next(block for block in week.blocks if block.id == 2)
        return edits.moved(week, block, FRAME.slots[9], KNOWN, back=FRAME.slots[2])

    assert not edits.touched(WEEK, first(WEEK)) & edits.touched(WEEK, second(WEEK))
    assert first(second(WEEK)) == second(first(WEEK))
