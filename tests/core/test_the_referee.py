"""The referee lets a good week pass and names each planted breach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from headway.core.planning import (
    CLASS_GUARDRAILS,
    GUARDRAILS,
    BlockKind,
    Breach,
    Candidate,
    ClassPlan,
    ClassProblem,
    Frame,
    GroupSeat,
    Limits,
    Milestone,
    PlannedBlock,
    PlannedGroup,
    Reader,
    Slot,
    StudentNeeds,
    Target,
    WeekPlan,
    With,
    breaches,
    class_breaches,
    explain,
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
        replace(slot(0, 1, 20, G, E), is_teachers=True),
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
        work("pick 1", "c1", minutes=10),
        work("pick 2", "c1", minutes=10),
        work("pick 3", "c1", minutes=10),
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


@dataclass(frozen=True)
class Case:
    """A plan with what it is judged by."""

    plan: WeekPlan = GOOD
    needs: StudentNeeds = NEEDS
    frame: Frame = FRAME
    known: Mapping[Any, Candidate] = field(default_factory=lambda: KNOWN)

    def told(self) -> list[str]:
        return [breach.guardrail for breach in self.breaches()]

    def breaches(self) -> tuple[Breach, ...]:
        return breaches(self.plan, self.needs, self.frame, self.known)


def needing(**facts: Any) -> StudentNeeds:
    return replace(NEEDS, **facts)


def supported(*supports: str) -> StudentNeeds:
    return needing(supports=frozenset(supports))


def target(name: str, **facts: Any) -> Target:
    usual = {"chance": 0.5, "low": 0.3, "high": 0.7, "pieces": 4, "word": "growing", "grade": 7}
    return Target(competency=name, **{**usual, **facts})


def also(*targets: Target) -> StudentNeeds:
    """The usual needs with more on the horizon; a target of the same competency takes the place of the usual one."""
    names = {each.competency for each in targets}
    return needing(targets=(*(each for each in NEEDS.targets if each.competency not in names), *targets))


def stale(name: str, **facts: Any) -> Target:
    return target(name, **{"is_stale": True, "days_since": 40, **facts})


def locked_all(plan: WeekPlan) -> WeekPlan:
    return replace(plan, blocks=tuple(replace(each, is_locked=True) for each in plan.blocks))


def few_essentials(count: int) -> WeekPlan:
    """A week of so many essentials, a group and a choice."""
    more = (
        block(0, 0, E, "ratios"),
        block(1, 0, E, "rates"),
        block(3, 0, E, "leaf"),
        block(4, 0, E, "further"),
    )
    return replace(GOOD, blocks=(*more[:count], *(b for b in GOOD.blocks if b.kind in {G, C})))


# guardrail -> a week that breaks it and nothing else
PLANTED: dict[str, Case] = {
    "day_minutes": Case(with_block(block(2, 0, R, "look back", minutes=51, is_locked=True))),
    "screen": Case(needs=needing(limits=Limits(screen_minutes_cap=19))),
    "alone": Case(needs=needing(limits=Limits(minutes_alone_cap=89))),
    "with_others": Case(without((0, 1))),
    "choice": Case(with_block(block(0, 2, C, None, minutes=10, options=("pick 1", "pick 2")))),
    "grade_level": Case(needs=needing(grade=8)),
    "class_goal": Case(needs=also(target("c9", is_class_goal=True))),
    "essentials_first": Case(with_block(block(3, 0, E, "further", competency="c9"))),
    "prerequisites": Case(with_block(block(0, 1, E, "much further", with_whom=With.PAIR))),
    "milestones": Case(needs=needing(milestones=(Milestone(candidate="leaf", day=3),))),
    "review_due": Case(needs=also(stale("c5"))),
    "review_share": Case(
        replace(GOOD, blocks=(*without((3, 0), (4, 0)).blocks, block(3, 0, R, "leaf"), block(4, 0, R, "further"))),
        needing(limits=Limits(review_share_cap=0.2)),
    ),
    "language": Case(with_block(block(3, 0, S, "hard"))),
    "twice": Case(with_block(block(4, 0, P, "razones", with_whom=With.PAIR))),
    "waived": Case(needs=needing(waived=frozenset({"leaf"}))),
    "extra_time": Case(needs=supported("extra-time"), known=KNOWN | {"leaf": work("leaf", "c2", minutes=21)}),
    "rest": Case(needs=supported("breaks")),
    "adult": Case(needs=supported("adult")),
    "frame": Case(with_block(block(2, 0, P, "look back"))),
    "two_at_once": Case(with_block(block(3, 0, S, "pick 1"), instead=False)),
    "locked": Case(needs=needing(locked=(block(2, 0, R, "pick 1", is_locked=True),))),
    "essentials_only": Case(needs=supported("essentials-only")),
    "projects": Case(with_block(block(1, 2, J, "pick 1", minutes=10))),
}


def filled(breach: Breach) -> str:
    """The sentence as a teacher reads it; a page names the skill of `competency`."""
    skill = {"skill": "Ratios"} if "competency" in breach.facts else {}
    return breach.sentence.format(**breach.facts, **skill)


def test_a_good_week_passes() -> None:
    assert Case().breaches() == ()


def test_every_guardrail_has_a_planted_breach() -> None:
    assert len(PLANTED) == len(GUARDRAILS) == len(set(GUARDRAILS))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_caught_and_named_alone(name: str) -> None:
    assert set(PLANTED[name].told()) == {name}


@pytest.mark.parametrize("name", PLANTED)
def test_a_breach_is_told_in_a_sentence_that_is_whole(name: str) -> None:
    for breach in PLANTED[name].breaches():
        assert "{" not in filled(breach)


def test_every_sentence_says_what_is_wrong_and_how_to_mend_it() -> None:
    told = {name: words for name, words in vars(explain).items() if name.startswith("BREACH_")}
    assert len(told) >= len(GUARDRAILS) + len(CLASS_GUARDRAILS)
    assert [name for name, words in told.items() if ". " not in words] == []


# guardrail -> a week that is just at the limit, and the same one step further
AT_THE_LIMIT: dict[str, tuple[Case, Case]] = {
    "screen": (
        Case(needs=needing(limits=Limits(screen_minutes_cap=20))),
        Case(needs=needing(limits=Limits(screen_minutes_cap=19))),
    ),
    "alone": (
        Case(needs=needing(limits=Limits(minutes_alone_cap=90))),
        Case(needs=needing(limits=Limits(minutes_alone_cap=89))),
    ),
    "with_others": (
        Case(),
        Case(needs=needing(limits=Limits(minutes_with_others_floor=61))),
    ),
    "choice": (
        Case(without((0, 2)), needing(limits=Limits(choice_options=0))),
        Case(without((0, 2)), needing(limits=Limits(choice_options=1))),
    ),
    "essentials_first": (
        Case(with_block(block(2, 0, E, "look back", is_locked=True))),
        Case(with_block(block(3, 0, E, "much further", competency="c9"))),
    ),
    "review_share": (
        Case(needs=needing(limits=Limits(review_share_cap=0.08))),
        Case(needs=needing(limits=Limits(review_share_cap=0.079))),
    ),
    "language": (
        Case(with_block(block(3, 0, S, "hard")), known=KNOWN | {"hard": work("hard", "c3", reading_level=8.0)}),
        Case(with_block(block(3, 0, S, "hard")), known=KNOWN | {"hard": work("hard", "c3", reading_level=8.1)}),
    ),
    "milestones": (
        Case(needs=needing(milestones=(Milestone(candidate="further", day=3),))),
        Case(needs=needing(milestones=(Milestone(candidate="further", day=2),))),
    ),
    "rest": (
        Case(
            with_block(block(0, 1, G, "table", minutes=15)),
            replace(supported("breaks"), limits=Limits(minutes_with_others_floor=55)),
        ),
        Case(
            with_block(block(0, 1, G, "table", minutes=16)),
            replace(supported("breaks"), limits=Limits(minutes_with_others_floor=55)),
        ),
    ),
    "essentials_only": (
        Case(few_essentials(3), supported("essentials-only")),
        Case(few_essentials(4), supported("essentials-only")),
    ),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_at_the_limit_is_within_it(name: str) -> None:
    within, beyond = AT_THE_LIMIT[name]
    assert within.told() == []
    assert set(beyond.told()) == {name}


def test_days_are_counted_from_one_and_named_where_they_are() -> None:
    told = {
        name: (each.facts["day"], each.day)
        for name in ("essentials_first", "milestones")
        for each in PLANTED[name].breaches()
    }
    assert told == {"essentials_first": (4, 3), "milestones": (4, 3)}
    assert [(each.facts["day"], each.day) for each in PLANTED["adult"].breaches()] == [(3, 2), (4, 3), (5, 4)]
    assert [(each.facts["day"], each.day) for each in PLANTED["rest"].breaches()] == [(1, 0)]


def test_only_the_essentials_that_are_too_many_are_told() -> None:
    (breach,) = Case(few_essentials(4), supported("essentials-only")).breaches()
    assert (breach.day, breach.order) == (4, 0)


def test_a_long_week_wants_no_more_minutes_with_others_and_allows_more_alone() -> None:
    # 500 minutes: the floor stays 60, and a cap of 45 minutes alone becomes 90.
    long_week = replace(FRAME, minutes_of_day=(100, 100, 100, 100, 100))
    assert Case(needs=needing(limits=Limits(minutes_alone_cap=45)), frame=long_week).told() == []


def test_with_the_teacher_is_with_the_teacher_in_any_kind_of_block() -> None:
    assert Case(with_block(block(0, 1, E, "much further", with_whom=With.TEACHER))).told() == []


def test_work_that_needs_no_reading_is_read_by_everybody() -> None:
    assert (
        Case(
            GOOD, needing(readers=()), known={name: replace(each, reading_level=0.0) for name, each in KNOWN.items()}
        ).told()
        == []
    )


def test_who_reads_no_language_works_alone_with_no_text() -> None:
    known = {name: replace(each, reading_level=0.5 if name == "leaf" else 0.0) for name, each in KNOWN.items()}
    assert Case(GOOD, needing(readers=()), known=known).told() == ["language"]


# --- choice and reading ----------------------------------------------------------------------------------------------


def test_a_choice_among_doors_to_one_work_is_no_choice() -> None:
    plan = with_block(block(0, 2, C, None, minutes=10, options=("ratios", "razones", "pick 1")))
    assert set(Case(plan).told()) == {"choice", "language"}


def test_an_option_nobody_reads_is_no_option() -> None:
    plan = with_block(block(0, 2, C, None, minutes=10, options=("pick 1", "pick 2", "lectura")))
    assert Case(plan).told() == ["language"]


def test_read_aloud_carries_a_text_further() -> None:
    plan = with_block(block(3, 0, S, "hard"))
    # 6.5 and 4 grades that a voice carries.
    for level, names in ((10.5, []), (10.6, ["language"])):
        known = KNOWN | {"hard": work("hard", "c3", reading_level=level)}
        assert Case(plan, known=known).told() == ["language"]
        assert Case(plan, supported("read-aloud"), known=known).told() == names


def test_a_hard_text_is_fine_together() -> None:
    assert Case(with_block(block(3, 0, S, "hard", with_whom=With.PAIR))).told() == []


# --- what comes before what ------------------------------------------------------------------------------------------


def test_a_prerequisite_met_earlier_in_the_week_opens_what_needs_it() -> None:
    assert Case(with_block(block(4, 0, S, "much further"))).told() == []


@pytest.mark.parametrize("kind", [E, S, R, P, J])
def test_no_kind_of_block_comes_before_what_it_needs(kind: BlockKind) -> None:
    early = block(0, 1, kind, "much further", with_whom=With.PAIR, is_locked=True)
    assert Case(with_block(early)).told() == ["prerequisites"]


def test_with_the_teacher_a_skill_may_come_at_once() -> None:
    assert Case(with_block(block(0, 1, G, "much further", with_whom=With.TEACHER))).told() == []


def test_the_class_goal_waits_for_nothing() -> None:
    needs = also(target("c4", missing_prerequisites=("c3",), is_class_goal=True))
    assert Case(with_block(block(0, 1, E, "much further", with_whom=With.PAIR)), needs).told() == []


def test_two_missing_prerequisites_are_both_wanted() -> None:
    needs = also(target("c4", missing_prerequisites=("c3", "c9")))
    assert Case(with_block(block(4, 0, S, "much further")), needs).told() == ["prerequisites"]


# --- the class goal --------------------------------------------------------------------------------------------------


def test_any_block_on_the_class_goal_will_do() -> None:
    assert Case(needs=also(target("c1", is_class_goal=True))).told() == []


def test_a_week_full_of_locks_owes_no_class_goal() -> None:
    full = locked_all(replace(GOOD, blocks=(*GOOD.blocks, block(1, 2, P, "pick 1", minutes=10))))
    goal = also(target("c9", is_class_goal=True))
    assert Case(full, goal).told() == []
    one_open = replace(full, blocks=tuple(each for each in full.blocks if (each.day, each.order) != (1, 2)))
    assert Case(one_open, goal).told() == ["class_goal"]


# --- dates, waived and done work -------------------------------------------------------------------------------------


def due(day: int, *, name: str = "leaf", **facts: Any) -> Case:
    return Case(needs=needing(milestones=(Milestone(candidate=name, day=day, title="The leaf"),), **facts))


def test_a_milestone_is_met_on_its_day_or_before() -> None:
    assert due(4).told() == []
    (breach,) = due(3).breaches()
    assert filled(breach) == "“The leaf” is due on day 4 and is not in the week by then. Put it in, or move the date."


def test_another_door_meets_a_milestone() -> None:
    assert due(0, name="razones").told() == []


def test_a_milestone_that_is_done_or_waived_asks_for_nothing() -> None:
    assert due(3, done_recently=frozenset({"leaf"})).told() == []
    assert due(3, name="pick 1", waived=frozenset({"pick 1"})).told() == ["waived"]


def test_work_that_was_begun_and_not_finished_is_not_done() -> None:
    assert due(3, done_recently=frozenset({"leaf"}), unfinished=frozenset({"leaf"})).told() == ["milestones"]


def test_a_date_without_a_school_day_before_it_asks_for_the_first_school_day() -> None:
    late_start = replace(FRAME, minutes_of_day=(0, 50, 50, 50, 50))
    tuesday = replace(GOOD, blocks=tuple(each for each in GOOD.blocks if each.day > 0))
    for name, is_met in (("rates", True), ("look back", False)):
        needs = needing(milestones=(Milestone(candidate=name, day=0),))
        assert ("milestones" not in Case(tuesday, needs, late_start).told()) is is_met


def test_a_date_for_work_that_is_not_in_the_library_is_told_too() -> None:
    (breach,) = due(4, name="gone").breaches()
    assert breach.facts == {"title": "The leaf", "day": 5}
    there = with_block(block(4, 0, P, "gone", competency="c2"))
    assert Case(there, due(4, name="gone").needs).told() == []


def test_next_weeks_dates_are_next_weeks() -> None:
    assert due(5, name="hard").told() == []


def test_a_waived_work_is_no_option_and_has_no_other_door() -> None:
    assert Case(needs=needing(waived=frozenset({"pick 2"}))).told() == ["waived"]
    assert Case(needs=needing(waived=frozenset({"razones"}))).told() == ["waived"]


# --- reviews ---------------------------------------------------------------------------------------------------------


def test_any_block_on_a_skill_is_a_look_at_it() -> None:
    assert Case(needs=also(stale("c3"))).told() == []


@pytest.mark.parametrize("facts", [{"pieces": 0}, {"days_since": None}, {"missing_prerequisites": ("c9",)}])
def test_what_was_never_seen_or_waits_for_another_is_not_due(facts: dict[str, Any]) -> None:
    assert Case(needs=also(stale("c5", **facts))).told() == []


def test_a_skill_to_recheck_is_due() -> None:
    assert Case(needs=also(target("c5", word="recheck", days_since=3))).told() == ["review_due"]


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (None, ["review_due"]),
        (block(2, 0, R, "look back"), ["review_due"]),
        (block(2, 0, S, "pick 1"), ["review_due"]),
        (block(2, 0, R, "look back", is_locked=True), []),
        (block(2, 0, R, "pick 1", competency="c5"), []),
        (block(2, 0, R, "pick 1", competency="c6"), []),
    ],
)
def test_a_place_for_reviews_is_left_unless_a_lock_or_a_due_review_has_it(
    there: PlannedBlock | None, told: list[str]
) -> None:
    plan = with_block(there) if there else without((2, 0))
    skills = (stale("c5"), stale("c6")) if there and there.competency == "c6" else (stale("c5"),)
    assert Case(plan, also(*skills)).told() == told


def test_the_only_choice_of_the_week_keeps_its_place() -> None:
    moved = block(2, 0, C, None, minutes=10, options=("pick 1", "pick 2", "pick 3"), is_locked=False)
    frame = replace(
        FRAME, slots=tuple(replace(s, kinds=(R, C)) if (s.day, s.order) == (2, 0) else s for s in FRAME.slots)
    )
    plan = replace(GOOD, blocks=(*without((0, 2), (2, 0)).blocks, moved))
    assert Case(plan, also(stale("c5")), frame).told() == []
    two = replace(plan, blocks=(*plan.blocks, block(0, 2, C, None, minutes=10)))
    assert Case(two, also(stale("c5")), frame).told() == ["review_due"]


def test_reviews_that_are_due_stop_at_their_share_of_the_week() -> None:
    # 0.12 x 250 = 30 minutes: a due review of 20 minutes leaves just the 10 that a look back takes; 0.11 leaves less.
    frame = replace(FRAME, slots=(*FRAME.slots, slot(4, 1, 10, R)))
    plan = with_block(block(2, 0, R, "look back", competency="c6"))
    for share, told in ((0.11, []), (0.12, ["review_due"])):
        needs = replace(also(stale("c5"), stale("c6")), limits=Limits(review_share_cap=share))
        assert Case(plan, needs, frame).told() == told


# --- minutes and supports --------------------------------------------------------------------------------------------


def test_a_short_week_asks_for_fewer_minutes_with_others() -> None:
    # 50 of 250 minutes are left: the floor of 60 becomes 12, and 200 minutes alone become 40.
    frame = replace(FRAME, minutes_of_day=(50, 0, 0, 0, 0))
    monday = replace(GOOD, blocks=tuple(b for b in GOOD.blocks if b.day == 0))
    assert Case(monday, frame=frame).told() == []
    alone = replace(monday, blocks=tuple(replace(b, with_whom=With.ALONE) for b in monday.blocks))
    assert [dict(breach.facts) for breach in Case(alone, frame=frame).breaches()[:2]] == [
        {"minutes": 50, "cap": 40},
        {"minutes": 0, "floor": 12},
    ]


@pytest.mark.parametrize(("minutes", "told"), [(20, []), (21, ["extra_time"])])
def test_extra_time_is_a_quarter_more_by_hand(minutes: int, told: list[str]) -> None:
    # 1.25 x 20 = 25, which a place of 20 and the usual slack of 5 hold; 1.25 x 21 = 26.25, which they do not.
    known = KNOWN | {"leaf": work("leaf", "c2", minutes=minutes)}
    assert Case(needs=supported("extra-time"), known=known).told() == told


def test_extra_time_counts_for_the_options_of_a_choice() -> None:
    known = KNOWN | {"pick 2": work("pick 2", "c1", minutes=13)}
    assert Case(needs=supported("extra-time"), known=known).told() == ["extra_time"]


def test_a_block_outside_the_frame_is_its_own_place() -> None:
    # 1.25 x 14 = 17.5: a locked block of 12 minutes and the slack of 5 hold 17, one of 13 holds it.
    known = KNOWN | {"pick 1": work("pick 1", "c1", minutes=14)}
    needs = replace(supported("extra-time"), limits=Limits(choice_options=0))
    for minutes, names in ((12, ["extra_time"]), (13, [])):
        outside = block(2, 4, S, "pick 1", minutes=minutes, is_locked=True)
        plan = replace(GOOD, blocks=(*without((0, 2)).blocks, outside))
        assert Case(plan, needs, known=known).told() == names


def test_five_free_minutes_a_day_are_a_rest() -> None:
    assert Case(with_block(block(0, 1, G, "table", minutes=15)), supported("breaks")).told() == ["with_others"]


def test_one_block_with_others_a_day_is_somebody_near() -> None:
    blocks = tuple(replace(b, with_whom=With.PAIR) if b.day > 1 else b for b in GOOD.blocks)
    assert Case(replace(GOOD, blocks=blocks), supported("adult")).told() == []
    assert Case(without((2, 0), (3, 0), (4, 0)), supported("adult")).told() == []


def test_a_plan_of_essentials_owes_no_review_and_no_milestone() -> None:
    few = replace(GOOD, blocks=tuple(b for b in GOOD.blocks if b.kind in {E, G, C}))
    needs = replace(
        also(stale("c5")),
        supports=frozenset({"essentials-only"}),
        milestones=(Milestone(candidate="leaf", day=4),),
    )
    assert Case(few, needs).told() == []


# --- places and locks ------------------------------------------------------------------------------------------------


def test_what_a_teacher_locked_may_stand_outside_the_frame() -> None:
    assert Case(with_block(block(2, 0, P, "look back", is_locked=True))).told() == []


def test_a_lock_is_kept_whatever_stands_beside_it() -> None:
    lock = replace(GOOD.blocks[-1], is_locked=True)
    plan = with_block(block(4, 0, P, "pick 1"), instead=False)
    assert Case(plan, needing(locked=(lock,))).told() == ["two_at_once"]


# --- a class ---------------------------------------------------------------------------------------------------------

CLASS_FRAME = replace(
    FRAME,
    slots=tuple(
        replace(s, kinds=(*s.kinds, G), is_teachers=True) if (s.day, s.order) == (3, 0) else s for s in FRAME.slots
    ),
)
ON_RATIOS = ("ben", "caro", "finn", "lena")
ON_RATES = ("marta", "otis", "priya")


def of_student(student: str, *blocks: PlannedBlock) -> WeekPlan:
    places = [(each.day, each.order) for each in blocks]
    return replace(without(*places), student=student, blocks=(*without(*places).blocks, *blocks))


def on_ratios(student: str) -> WeekPlan:
    return of_student(student, block(0, 1, G, "table", group="ratios"))


def on_rates(student: str) -> WeekPlan:
    return of_student(student, in_a_pair(), block(3, 0, G, "further", group="rates", with_whom=With.TEACHER))


def in_a_pair() -> PlannedBlock:
    """What a student does at the first group's time who is not in it."""
    return block(0, 1, E, "table", with_whom=With.PAIR)


RATIOS = PlannedGroup(id="ratios", day=0, order=1, competency="c2", kind="needs", students=ON_RATIOS, sentence="")
RATES = PlannedGroup(id="rates", day=3, order=0, competency="c3", kind="stretch", students=ON_RATES, sentence="")
WEEKS = {name: on_ratios(name) for name in ON_RATIOS} | {name: on_rates(name) for name in ON_RATES}


def class_problem(**facts: Any) -> ClassProblem:
    students = facts.pop("students", tuple(needing(student=name) for name in WEEKS))
    return ClassProblem(**{"frame": CLASS_FRAME, "candidates": tuple(KNOWN.values()), "students": students, **facts})


def class_plan(*groups: PlannedGroup, **weeks: WeekPlan) -> ClassPlan:
    return ClassPlan(weeks=WEEKS | weeks, groups=groups or (RATIOS, RATES), value=0.0, bound=0.0)


def told(plan: ClassPlan, problem: ClassProblem) -> list[tuple[str, Any]]:
    return [(breach.guardrail, breach.student) for breach in class_breaches(plan, problem)]


def students_with(student: str, **facts: Any) -> tuple[StudentNeeds, ...]:
    return tuple(needing(student=name, **(facts if name == student else {})) for name in WEEKS)


def at_the_same_time() -> ClassPlan:
    weeks = {
        name: of_student(
            name,
            block(0, 1, G, "further", group="rates", with_whom=With.TEACHER),
            block(3, 0, S, "table", with_whom=With.PAIR),
        )
        for name in ON_RATES
    }
    return class_plan(RATIOS, replace(RATES, day=0, order=1), **weeks)


def moved_by_ten_minutes() -> Frame:
    return replace(CLASS_FRAME, slots=tuple(replace(s, minutes=10) if s.day == 2 else s for s in CLASS_FRAME.slots))


PLANTED_IN_A_CLASS: dict[str, tuple[ClassPlan, ClassProblem]] = {
    "no_week": (replace(class_plan(), weeks={n: w for n, w in WEEKS.items() if n != "ben"}), class_problem()),
    "frame_changed": (class_plan(), class_problem(usual_frame=moved_by_ten_minutes())),
    "group_size": (
        class_plan(
            replace(RATIOS, students=("ben", "caro")),
            RATES,
            finn=of_student("finn", in_a_pair()),
            lena=of_student("lena", in_a_pair()),
        ),
        class_problem(),
    ),
    "group_place": (
        class_plan(),
        class_problem(
            frame=replace(CLASS_FRAME, slots=tuple(replace(s, is_teachers=s.day == 3) for s in CLASS_FRAME.slots))
        ),
    ),
    "groups_at_once": (at_the_same_time(), class_problem()),
    "group_member": (class_plan(ben=of_student("ben", in_a_pair())), class_problem()),
    "group_stranger": (class_plan(replace(RATIOS, students=ON_RATIOS[1:]), RATES), class_problem()),
    "group_target": (
        class_plan(ben=of_student("ben", block(0, 1, G, "table", group="ratios", competency="c1"))),
        class_problem(),
    ),
    "needs_groups": (class_plan(), class_problem(students=students_with("ben", weeks_in_needs_groups=3))),
}


def test_a_good_class_passes() -> None:
    assert class_breaches(class_plan(), class_problem(usual_frame=CLASS_FRAME)) == ()


def test_every_guardrail_of_a_class_has_a_planted_breach() -> None:
    assert len(PLANTED_IN_A_CLASS) == len(CLASS_GUARDRAILS) == len(set(CLASS_GUARDRAILS))


@pytest.mark.parametrize("name", PLANTED_IN_A_CLASS)
def test_a_breach_planted_in_a_class_is_caught_and_named_alone(name: str) -> None:
    found = class_breaches(*PLANTED_IN_A_CLASS[name])
    assert {breach.guardrail for breach in found} == {name}
    assert not any("{" in filled(breach) for breach in found)


@pytest.mark.parametrize("name", ["no_week", "group_member", "group_stranger", "group_target", "needs_groups"])
def test_what_is_about_one_student_names_that_student(name: str) -> None:
    assert told(*PLANTED_IN_A_CLASS[name]) == [(name, "ben")]


@pytest.mark.parametrize("name", PLANTED)
def test_a_class_is_told_whose_week_breaks_what(name: str) -> None:
    case = PLANTED[name]
    problem = ClassProblem(frame=case.frame, candidates=tuple(case.known.values()), students=(case.needs,))
    plan = ClassPlan(weeks={"ben": case.plan}, groups=(), value=0.0, bound=0.0)
    assert set(told(plan, problem)) == {(name, "ben")}


def test_a_marked_change_of_the_frame_is_no_breach() -> None:
    problem = class_problem(usual_frame=moved_by_ten_minutes(), is_frame_change_marked=True)
    assert class_breaches(class_plan(), problem) == ()


@pytest.mark.parametrize("closed", [0, 3])
def test_a_day_without_school_changes_no_frame(closed: int) -> None:
    minutes = tuple(0 if day == closed else 50 for day in range(5))
    usual = Frame(slots=tuple(s for s in CLASS_FRAME.slots if s.day != closed), minutes_of_day=minutes)  # type: ignore[arg-type]
    assert class_breaches(class_plan(), class_problem(usual_frame=usual)) == ()


def test_another_order_of_the_day_changes_the_frame() -> None:
    turned = tuple(replace(s, kinds=(E, J, S)) if (s.day, s.order) == (1, 1) else s for s in CLASS_FRAME.slots)
    found = class_breaches(class_plan(), class_problem(usual_frame=replace(CLASS_FRAME, slots=turned)))
    assert [(breach.guardrail, breach.day, breach.facts) for breach in found] == [("frame_changed", 1, {"day": 2})]


@pytest.mark.parametrize(("count", "names"), [(2, ["group_size"]), (3, []), (6, []), (7, ["group_size"])])
def test_a_group_has_three_to_six_members(count: int, names: list[str]) -> None:
    members = tuple(f"student {number}" for number in range(count))
    weeks = {name: on_ratios(name) for name in members}
    plan = ClassPlan(weeks=weeks, groups=(replace(RATIOS, students=members),), value=0.0, bound=0.0)
    problem = class_problem(students=tuple(needing(student=name) for name in members))
    assert [name for name, _student in told(plan, problem)] == names


def test_one_who_is_counted_twice_is_one_member() -> None:
    plan = class_plan(
        replace(RATIOS, students=(*ON_RATIOS[:2], "ben", "caro")), RATES, **without_ratios("finn", "lena")
    )
    assert told(plan, class_problem()) == [("group_size", None)]


def without_ratios(*names: str) -> dict[str, WeekPlan]:
    return {name: of_student(name, in_a_pair()) for name in names}


def test_a_third_week_in_a_needs_group_may_be() -> None:
    assert told(class_plan(), class_problem(students=students_with("ben", weeks_in_needs_groups=2))) == []


def test_who_goes_further_may_meet_as_often_as_they_like() -> None:
    assert told(class_plan(), class_problem(students=students_with("otis", weeks_in_needs_groups=9))) == []


def seated(student: str, **facts: Any) -> tuple[StudentNeeds, ...]:
    seat = GroupSeat(**{"group": "standing", "day": 3, "competency": "c3", **facts})
    return students_with(student, groups=(seat,))


def test_a_seat_in_a_standing_group_is_kept() -> None:
    assert told(class_plan(), class_problem(students=seated("ben"))) == [("group_member", "ben")]
    there = of_student(
        "ben",
        block(0, 1, G, "table", group="ratios"),
        block(3, 0, G, "further", group="standing", with_whom=With.TEACHER),
    )
    assert told(class_plan(ben=there), class_problem(students=seated("ben"))) == []
    assert told(class_plan(ben=there), class_problem(students=seated("ben", order=1))) == [("group_member", "ben")]
    assert told(class_plan(ben=there), class_problem(students=seated("ben", competency="c1"))) == [
        ("group_target", "ben")
    ]


def test_nobody_is_expected_on_a_day_without_school() -> None:
    plan = class_plan(RATIOS, **{name: of_student(name, in_a_pair()) for name in ON_RATES})
    short = {n: replace(w, blocks=tuple(b for b in w.blocks if b.day != 3)) for n, w in plan.weeks.items()}
    minutes = (50, 50, 50, 0, 50)
    frame = Frame(slots=tuple(s for s in CLASS_FRAME.slots if s.day != 3), minutes_of_day=minutes)
    assert told(replace(plan, weeks=short), class_problem(frame=frame, students=seated("ben"))) == []


def test_a_member_who_has_no_week_here_is_not_looked_for() -> None:
    plan = class_plan(replace(RATIOS, students=(*ON_RATIOS, "zoe of 7C")), RATES)
    assert told(plan, class_problem()) == []


def test_a_group_that_nobody_planned_has_no_members() -> None:
    stray = of_student("ben", block(0, 1, G, "table", group="ended"))
    plan = class_plan(replace(RATIOS, students=ON_RATIOS[1:]), RATES, ben=stray)
    assert told(plan, class_problem()) == [("group_stranger", "ben")]
