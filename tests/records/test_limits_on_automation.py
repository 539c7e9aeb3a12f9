"""Off, suggest, do: how much the system may do by itself in a class, and by which weights it thinks."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.access.roles import Role
from headway.core.planning import Weights
from headway.core.planning.dials import LIMITS, WEIGHTS, amount_words, limits_from, weights_from
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.audit.models import Event
from headway.records.grouping.models import Group
from headway.records.planning import actions, automation, drafts, limits, problems, queries, runs
from headway.records.planning.models import Block, ClassWeek, PlanChange, PlanRules, PlanWeights, Week
from headway.records.roster.models import RoleGrant

if TYPE_CHECKING:
    from headway.records.roster.models import Class
    from tests.people import People


def set_to(people: People, automation_word: str) -> None:
    automation.set_limits(
        school_class=people.school_class, limits={"automation": automation_word}, by=people.ada, at=people.now
    )


def without_flags(people: People, *, but: int = 0) -> ClassWeek:
    """Return 7B's draft, in which nothing speaks against any week but the first few."""
    shared = people.draft()
    for place, week in enumerate(shared.weeks.order_by("pk")):
        week.flags = [{"kind": "look", "sentence": "Look first.", "facts": {}}] if place < but else []
        week.save(update_fields=["flags"])
    return shared


def approved(people: People, *, but: int = 0) -> tuple[ClassWeek, list[Week], Any]:
    set_to(people, "do")
    shared = without_flags(people, but=but)
    weeks, batch = automation.approve_by_rule(class_week=shared, by=None, at=people.now)
    return shared, weeks, batch


# --- off -------------------------------------------------------------------------------------------------------------


def every_door(people: People) -> dict[str, Any]:
    """Every way in which the system might make something for a class."""
    at, facts = people.now, {"school_class": people.school_class, "monday": people.monday}
    return {
        "the planner, asked by nobody": lambda: drafts.draft_class_week(**facts, by=None, at=at),
        "the planner, asked by a teacher": lambda: drafts.draft_class_week(**facts, by=people.ada, at=at),
        "one student": lambda: drafts.draft_class_week(**facts, by=people.ada, at=at, students=[people.ben]),
        "the board": lambda: runs.start_class_run(**facts, by=people.ada, at=at),
        "a run of the school": lambda: runs.start_run(school=people.school, monday=people.monday, by=None, at=at),
        "a run of the district": lambda: runs.start_run(school=people.district, monday=None, by=None, at=at),
        "a run again": lambda: runs.start_run(
            school=people.school, monday=people.monday, by=people.grace, at=at, is_again=True
        ),
    }


def made_for(school_class: Class) -> list[str]:
    """The kinds of rows that are there for a class."""
    rows = {
        "ClassWeek": ClassWeek.objects.filter(school_class=school_class),
        "Week": Week.objects.filter(class_week__school_class=school_class),
        "Block": Block.objects.filter(week__class_week__school_class=school_class),
        "PlanChange": PlanChange.objects.filter(week__class_week__school_class=school_class),
        "Group": Group.objects.filter(school_class=school_class),
    }
    return [name for name, found in rows.items() if found.exists()]


@pytest.mark.parametrize("door", range(7))
def test_in_a_class_that_is_off_the_system_makes_not_one_row(people: People, door: int) -> None:
    set_to(people, "off")
    with suppress(RuleBroken):
        list(every_door(people).values())[door]()
    assert made_for(people.school_class) == []


@pytest.mark.parametrize("door", range(7))
def test_each_of_these_doors_makes_rows_in_a_class_that_is_not_off(people: People, door: int) -> None:
    list(every_door(people).values())[door]()
    assert {"ClassWeek", "Week", "Block"} <= set(made_for(people.school_class))


def test_the_planner_says_why_it_drafts_nothing(people: People) -> None:
    set_to(people, "off")
    with pytest.raises(RuleBroken, match="Automation is off"):
        people.draft()


def test_a_run_says_that_a_class_which_is_off_was_left_alone(people: People) -> None:
    set_to(people, "off")
    row = runs.start_class_run(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
    assert row.state == "off"


def test_weeks_that_were_there_before_are_left_alone_when_it_is_switched_off(people: People) -> None:
    people.draft()
    before = list(Week.objects.values_list("pk", "version"))
    set_to(people, "off")
    runs.start_run(school=people.school, monday=people.monday, by=None, at=people.now, is_again=True)
    assert list(Week.objects.values_list("pk", "version")) == before


def test_off_speaks_in_words_and_says_how_to_change_it(people: People) -> None:
    assert limits.why_not_draft(people.school_class) is None
    set_to(people, "off")
    assert "Rules for planning" in str(limits.why_not_draft(people.school_class))


# --- suggest ---------------------------------------------------------------------------------------------------------


def test_suggested_drafts_wait(people: People) -> None:
    runs.start_run(school=people.school, monday=people.monday, by=None, at=people.now)
    assert set(Week.objects.values_list("status", flat=True)) == {"draft"}
    assert limits.automation_of(people.school_class) == "suggest"


def test_a_class_that_suggests_approves_nothing_under_a_rule(people: People) -> None:
    shared = without_flags(people)
    assert automation.approve_by_rule(class_week=shared, by=None, at=people.now)[0] == []


# --- do --------------------------------------------------------------------------------------------------------------


def test_do_approves_what_nothing_speaks_against_and_no_more(people: People) -> None:
    _shared, weeks, _batch = approved(people, but=2)
    assert len(weeks) == 6
    assert Week.objects.filter(status="approved", approved_by_rule=True, approved_by=None).count() == 6
    assert Week.objects.filter(status="draft").count() == 2


def test_a_run_in_a_class_that_does_approves_by_itself(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(people, "do")
    shared = without_flags(people)
    monkeypatch.setattr(drafts, "draft_class_week", lambda **_facts: shared)
    ClassWeek.objects.update(drafted_at=None)
    runs.start_run(school=people.school, monday=people.monday, by=None, at=people.now + timedelta(hours=1))
    assert Week.objects.filter(approved_by_rule=True).count() == 8


def test_the_teachers_are_told_until_one_has_seen_it(people: People) -> None:
    shared, _weeks, batch = approved(people, but=2)
    told = limits.approved_by_rule([people.school_class], since=people.monday)
    assert [(each.approved, each.waiting, each.batch) for each in told] == [(6, 2, batch)]
    automation.note_told(class_week=shared, by=people.ada, at=people.now)
    assert limits.approved_by_rule([people.school_class], since=people.monday) == []


def test_only_a_teacher_of_the_class_can_have_seen_it(people: People) -> None:
    shared, _weeks, _batch = approved(people)
    with pytest.raises(NotAllowed):
        automation.note_told(class_week=shared, by=people.eve, at=people.now)


def test_one_undo_takes_the_whole_batch_back_and_the_rule_does_not_come_again(people: People) -> None:
    shared, weeks, batch = approved(people)
    actions.undo(batch=batch, by=people.ada, at=people.now)
    assert set(Week.objects.values_list("status", flat=True)) == {"draft"}
    assert limits.approved_by_rule([people.school_class], since=people.monday) == []
    assert automation.approve_by_rule(class_week=shared, by=None, at=people.now)[0] == []
    assert len(weeks) == 8


def test_a_week_that_a_teacher_reopened_waits_for_the_teacher(people: People) -> None:
    shared, weeks, _batch = approved(people)
    actions.reopen_week(week=weeks[0], by=people.ada, at=people.now)
    assert automation.approve_by_rule(class_week=shared, by=None, at=people.now)[0] == []


def test_a_week_that_a_teacher_changed_waits_for_the_teacher(people: People) -> None:
    set_to(people, "do")
    shared = without_flags(people)
    block = Block.objects.filter(week__student=people.ben, group__isnull=True).first()
    assert block is not None
    actions.set_lock(block=block, is_locked=True, by=people.ada, at=people.now)
    weeks, _batch = automation.approve_by_rule(class_week=shared, by=None, at=people.now)
    assert people.ben.pk not in {week.student_id for week in weeks}
    assert len(weeks) == 7


def test_a_week_that_a_teacher_only_drafted_anew_may_be_approved_under_the_rule(people: People) -> None:
    set_to(people, "do")
    shared = without_flags(people)
    drafts.redraft_week(week=Week.objects.get(student=people.ben), by=people.ada, at=people.now)
    Week.objects.update(flags=[])
    assert len(automation.approve_by_rule(class_week=shared, by=None, at=people.now)[0]) == 8


def test_what_the_student_sees_is_written_down_without_a_name_as_done_by_the_rule(people: People) -> None:
    approved(people)
    rows = Event.objects.filter(verb="week.approved_by_rule")
    assert set(rows.values_list("by_uuid", flat=True)) == {None}
    assert rows.count() == 8


# --- setting them ----------------------------------------------------------------------------------------------------


def test_limits_are_written_down_with_what_they_were(people: People) -> None:
    set_to(people, "off")
    event = Event.objects.get(verb="plan_rules.set")
    assert (event.facts["automation"], event.facts["was"]) == ("off", {"automation": "suggest"})


def test_what_is_not_named_stays(people: People) -> None:
    drafts.set_rules(school_class=people.school_class, by=None, at=people.now, screen_minutes_cap=70)
    set_to(people, "do")
    assert PlanRules.objects.get().screen_minutes_cap == 70


def test_limits_can_be_put_back_as_they_were(people: People) -> None:
    was = limits.limits_now(queries.rules_of(people.school_class))
    set_to(people, "off")
    automation.set_limits(school_class=people.school_class, limits=was, by=people.ada, at=people.now)
    assert limits.limits_now(queries.rules_of(people.school_class)) == was


def test_somebody_who_does_not_teach_the_class_sets_nothing(people: People) -> None:
    with pytest.raises(NotAllowed):
        automation.set_limits(
            school_class=people.school_class, limits={"automation": "do"}, by=people.iris, at=people.now
        )


@pytest.mark.parametrize("dial", [*LIMITS, *WEIGHTS], ids=lambda dial: dial.name)
@pytest.mark.parametrize("given", ["", "many", "nan", "inf", "-1", "1e9", "None"])
def test_a_number_out_of_range_or_none_at_all_is_refused_in_a_sentence(dial: Any, given: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        dial.read(given)
    assert str(broken.value).startswith(f"{dial.words}: ")


@pytest.mark.parametrize("dial", [*LIMITS, *WEIGHTS], ids=lambda dial: dial.name)
def test_the_usual_number_is_one_that_may_be_chosen(dial: Any) -> None:
    assert dial.read(dial.usual) == dial.usual


def test_more_time_with_others_than_the_class_has_is_refused() -> None:
    with pytest.raises(RuleBroken, match="minutes a week"):
        limits_from({"minutes_with_others_floor": 200}, minutes_of_week=150)


def test_a_word_that_is_none_of_the_three_is_refused(people: People) -> None:
    with pytest.raises(RuleBroken, match="off, suggest"):
        set_to(people, "everything")


# --- weights ---------------------------------------------------------------------------------------------------------


def chosen(people: People, organisation: Any, minutes_later: int = 0, by: Any = None, **values: float) -> PlanWeights:
    return automation.set_weights(
        organisation=organisation,
        values=values,
        why="More of what they care for",
        by=by or people.grace,
        at=people.now + timedelta(minutes=minutes_later),
    )


def lead_the_district(people: People) -> None:
    RoleGrant.objects.create(person=people.grace, role=Role.LEADER, organisation=people.district)


def test_weights_are_the_usual_ones_until_somebody_chooses(people: People) -> None:
    assert limits.weights_for(people.school_class) == Weights()


def test_a_schools_weights_come_before_its_districts(people: People) -> None:
    lead_the_district(people)
    chosen(people, people.district, interest=2)
    assert limits.weights_for(people.school_class).interest == 2
    chosen(people, people.school, 1, interest=1)
    assert limits.weights_for(people.school_class).interest == 1


def test_the_newest_choice_holds_and_none_at_all_goes_back_to_the_district(people: People) -> None:
    lead_the_district(people)
    hours = count()
    chosen(people, people.district, next(hours), interest=2)
    chosen(people, people.school, next(hours), interest=1)
    chosen(people, people.school, next(hours), interest=0.75)
    assert limits.weights_for(people.school_class).interest == 0.75
    chosen(people, people.school, next(hours))
    assert limits.weights_for(people.school_class).interest == 2


def test_the_same_choice_again_is_one_choice(people: People) -> None:
    assert chosen(people, people.school, interest=1).pk == chosen(people, people.school, 5, interest=1).pk


def test_the_planner_thinks_by_the_weights_in_force(people: People) -> None:
    chosen(people, people.school, interest=1.5)
    facts = problems.class_facts(people.school_class, people.monday, at=people.now)
    assert problems.problem_of(facts, []).weights.interest == 1.5


def test_a_leader_of_elsewhere_chooses_nothing(people: People) -> None:
    with pytest.raises(NotFound):
        chosen(people, people.school, by=people.hal, interest=1)


def test_weights_kept_under_wider_ranges_fall_back_instead_of_stopping_the_planner(people: People) -> None:
    PlanWeights.objects.create(organisation=people.school, values={"interest": 1e9}, set_at=people.now)
    assert limits.weights_for(people.school_class) == Weights()


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("interest", 0, "not at all"),
        ("interest", 0.2, "a little"),
        ("interest", 0.5, "about half as much as what is learned"),
        ("interest", 1, "as much as what is learned"),
        ("interest", 3, "more than what is learned"),
        ("least", 20, "first of all"),
        ("least", 1, "somewhat"),
        ("gain", 1, "the measure for the others"),
        ("overload", 0.2, "a little"),
    ],
)
def test_a_weight_is_said_in_words(name: str, number: float, words: str) -> None:
    assert amount_words(name, weights_from({name: number})) == words
