"""The referee lets a good week pass and names each planted breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from headway.core.planning import (
    GUARDRAILS,
    BlockKind,
    Candidate,
    Frame,
    Limits,
    PlannedBlock,
    Reader,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
    breaches,
)

E, G, J, R, S, C, P = (
    BlockKind.ESSENTIAL,
    BlockKind.GROUP,
    BlockKind.PROJECT,
    BlockKind.REVIEW,
    BlockKind.STRETCH,
    BlockKind.CHOICE,
    BlockKind.PAPER,
)


def slot(day: int, order: int, minutes: int, *kinds: BlockKind) -> Slot:
    return Slot(day=day, order=order, minutes=minutes, kinds=kinds)


FRAME = Frame(
    slots=(
        slot(0, 0, 20, E),
        slot(0, 1, 20, G, E),
        slot(0, 2, 10, C),
        slot(1, 0, 20, E),
        slot(1, 1, 20, J, S),
        slot(1, 2, 10, J, P),
        slot(2, 0, 20, R, S),
        slot(3, 0, 20, S, R, E),
        slot(4, 0, 20, P, S, E, R),
    ),
    minutes_of_day=(50, 50, 50, 50, 50),
)


def work(name: str, competency: str, **facts: Any) -> Candidate:
    return Candidate(**{"id": name, "competency": competency, "minutes": 20, "kinds": frozenset(BlockKind), **facts})


KNOWN = {
    candidate.id: candidate
    for candidate in (
        work("ratios", "c2", reading_level=6.0, screen_minutes=20),
        work("razones", "c2", reading_level=6.0, language="es", variant_group="ratios"),
        work("table", "c2", with_whom=With.TEACHER),
        work("rates", "c3", with_whom=With.PAIR),
        work("harbor", "c3", with_whom=With.TEAM),
        work("look back", "c1"),
        work("further", "c3"),
        work("much further", "c4"),
        work("leaf", "c2"),
        work("pick 1", "c1"),
        work("pick 2", "c1"),
        work("pick 3", "c1"),
        work("lectura", "c1", language="es", reading_level=5.0),
        work("hard", "c3", reading_level=12.0),
    )
}
NEEDS = StudentNeeds(
    student="ben",
    grade=7,
    targets=tuple(
        Target(competency=name, chance=0.5, low=0.3, high=0.7, pieces=4, word="growing", grade=grade, **facts)
        for name, grade, facts in (
            ("c1", 6, {}),
            ("c2", 7, {}),
            ("c3", 7, {}),
            ("c4", 7, {"missing_prerequisites": ("c3",)}),
        )
    ),
    readers=(Reader(language="en", reading_level=6.5),),
)


def block(day: int, order: int, kind: BlockKind, name: str | None, *, minutes: int = 20, **facts: Any) -> PlannedBlock:
    candidate = KNOWN.get(name) if name else None
    usual = {
        "competency": candidate.competency if candidate else None,
        "with_whom": candidate.with_whom if candidate else With.ALONE,
        "screen_minutes": min(minutes, candidate.screen_minutes) if candidate else 0,
    }
    return PlannedBlock(day=day, order=order, minutes=minutes, kind=kind, candidate=name, **{**usual, **facts})


GOOD = WeekPlan(
    student="ben",
    blocks=(
        block(0, 0, E, "ratios"),
        block(0, 1, G, "table"),
        block(0, 2, C, None, minutes=10, options=("pick 1", "pick 2", "pick 3")),
        block(1, 0, E, "rates"),
        block(1, 1, J, "harbor"),
        block(2, 0, R, "look back"),
        block(3, 0, S, "further"),
        block(4, 0, P, "leaf"),
    ),
)


def without(*places: tuple[int, int]) -> WeekPlan:
    return replace(GOOD, blocks=tuple(b for b in GOOD.blocks if (b.day, b.order) not in places))


def with_block(new: PlannedBlock, *, instead: bool = True) -> WeekPlan:
    kept = without((new.day, new.order)) if instead else GOOD
    return replace(kept, blocks=(*kept.blocks, new))


# guardrail -> (a plan that breaks it, the needs it is judged by)
PLANTED: dict[str, Callable[[], tuple[WeekPlan, StudentNeeds]]] = {
    "day_minutes": lambda: (with_block(block(2, 0, R, "look back", minutes=51)), NEEDS),
    "screen": lambda: (GOOD, replace(NEEDS, limits=Limits(screen_minutes_cap=19))),
    "with_others": lambda: (without((0, 1)), NEEDS),
    "choice": lambda: (with_block(block(0, 2, C, None, minutes=10, options=("pick 1", "pick 2"))), NEEDS),
    "grade_level": lambda: (GOOD, replace(NEEDS, grade=8)),
    "essentials_first": lambda: (with_block(block(3, 0, E, "look back", competency="c9")), NEEDS),
    "prerequisites": lambda: (
        replace(GOOD, blocks=(*without((1, 0), (1, 1), (3, 0)).blocks, block(1, 1, S, "much further"))),
        NEEDS,
    ),
    "language": lambda: (with_block(block(3, 0, S, "hard")), NEEDS),
    "review_share": lambda: (
        replace(GOOD, blocks=(*without((3, 0), (4, 0)).blocks, block(3, 0, R, "leaf"), block(4, 0, R, "further"))),
        replace(NEEDS, limits=Limits(review_share_cap=0.2)),
    ),
    "twice": lambda: (
        with_block(block(4, 0, P, "razones", with_whom=With.PAIR)),
        NEEDS,
    ),
    "frame": lambda: (with_block(block(2, 0, P, "look back")), NEEDS),
    "locked": lambda: (GOOD, replace(NEEDS, locked=(block(2, 0, R, "pick 1", is_locked=True),))),
    "essentials_only": lambda: (GOOD, replace(NEEDS, supports=frozenset({"essentials-only"}))),
    "projects": lambda: (with_block(block(1, 2, J, "leaf", minutes=10)), NEEDS),
}


def test_a_good_week_passes() -> None:
    assert breaches(GOOD, NEEDS, FRAME, KNOWN) == ()


def test_every_guardrail_has_a_planted_breach() -> None:
    assert len(PLANTED) == len(GUARDRAILS) == 14


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_caught_and_named(name: str) -> None:
    plan, needs = PLANTED[name]()
    found = breaches(plan, needs, FRAME, KNOWN)
    assert name in {breach.guardrail for breach in found}
    for breach in found:
        assert breach.sentence.format(**breach.facts)


def test_a_choice_among_doors_to_one_work_is_no_choice() -> None:
    plan = with_block(block(0, 2, C, None, minutes=10, options=("ratios", "razones", "pick 1")))
    assert {breach.guardrail for breach in breaches(plan, NEEDS, FRAME, KNOWN)} == {"choice", "language"}


def test_an_option_nobody_reads_is_no_option() -> None:
    plan = with_block(block(0, 2, C, None, minutes=10, options=("pick 1", "pick 2", "lectura")))
    assert [breach.guardrail for breach in breaches(plan, NEEDS, FRAME, KNOWN)] == ["language"]


def test_read_aloud_carries_a_text_further() -> None:
    plan = with_block(block(3, 0, S, "hard"))
    known = KNOWN | {"hard": work("hard", "c3", reading_level=10.0)}
    alone = breaches(plan, NEEDS, FRAME, known)
    helped = breaches(plan, replace(NEEDS, supports=frozenset({"read-aloud"})), FRAME, known)
    assert ([breach.guardrail for breach in alone], helped) == (["language"], ())


def test_a_hard_text_is_fine_together() -> None:
    assert breaches(with_block(block(3, 0, S, "hard", with_whom=With.PAIR)), NEEDS, FRAME, KNOWN) == ()


def test_a_prerequisite_met_earlier_in_the_week_opens_what_needs_it() -> None:
    assert breaches(with_block(block(4, 0, S, "much further")), NEEDS, FRAME, KNOWN) == ()


def test_a_short_week_asks_for_fewer_minutes_with_others() -> None:
    # 50 of 250 minutes are left: the floor of 60 becomes 12.
    frame = replace(FRAME, minutes_of_day=(50, 0, 0, 0, 0))
    monday = replace(GOOD, blocks=tuple(b for b in GOOD.blocks if b.day == 0))
    assert "with_others" not in {breach.guardrail for breach in breaches(monday, NEEDS, frame, KNOWN)}


def test_what_a_teacher_locked_may_stand_outside_the_frame() -> None:
    plan = with_block(block(2, 0, P, "look back", is_locked=True))
    assert "frame" not in {breach.guardrail for breach in breaches(plan, NEEDS, FRAME, KNOWN)}
