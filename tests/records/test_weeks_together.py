"""The same for these five, last week carried forward, one press that mends: one batch, one undo, nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.shared.errors import NotAllowed, RuleBroken
from headway.records.audit.models import Event
from headway.records.planning import actions, queries, together
from headway.records.planning.models import Block, PlanChange, PlanRules, Week
from headway.records.roster import actions as roster
from tests.records.test_week_plans import block, photo, signed, weeks

if TYPE_CHECKING:
    from tests.people import People


def place(week: Week, one: Block) -> Any:
    return week.blocks.filter(day=one.day, order=one.order).select_related("resource").first()


# --- the same for these -----------------------------------------------------------------------------------------------


@pytest.fixture
def given(people: People) -> Block:
    """A stretch block that Ben has and nobody else: put in by his teacher."""
    people.draft()
    one = block(weeks(people)["ben"], "stretch")
    actions.swap_block(block=one, resource=people.resource("7.6-stretch"), **signed(people))
    for week in Week.objects.exclude(student=people.ben):
        week.blocks.filter(resource=people.resource("7.6-stretch")).delete()
    return block(weeks(people)["ben"], "stretch")


def test_the_same_block_comes_into_the_weeks_of_those_who_were_chosen(people: People, given: Block) -> None:
    made = together.put_same(block=given, students=[people.caro, people.quinn], **signed(people))
    assert len(made.done) == 2
    for name in ("caro", "quinn"):
        assert place(weeks(people)[name], given).resource == given.resource
    assert place(weeks(people)["finn"], given) is None or place(weeks(people)["finn"], given).resource != given.resource


def test_one_undo_takes_it_out_of_all_of_them(people: People, given: Block) -> None:
    before = {name: photo(week) for name, week in weeks(people).items()}
    made = together.put_same(block=given, students=[people.caro, people.quinn, people.priya], **signed(people))
    actions.undo(batch=made.batch, **signed(people, people.noor))
    assert {name: photo(week) for name, week in weeks(people).items()} == before


def test_who_cannot_have_it_is_told_and_the_others_get_it(people: People, given: Block) -> None:
    theirs = place(weeks(people)["caro"], given)
    actions.set_lock(block=theirs, is_locked=True, **signed(people))
    made = together.put_same(block=given, students=[people.caro, people.quinn], **signed(people))
    told = {result.student.given_name: result.refused.sentence if result.refused else "" for result in made.results}
    assert "locked" in told["Caro"]
    assert told["Quinn"] == ""
    assert place(weeks(people)["caro"], given).pk == theirs.pk
    assert place(weeks(people)["quinn"], given).resource == given.resource


def test_each_gets_the_door_that_reads_well(people: People) -> None:
    people.draft()
    one = block(weeks(people)["ben"])
    actions.swap_block(block=one, resource=people.resource("6.1-essential"), **signed(people))
    made = together.put_same(block=block(weeks(people)["ben"]), students=[people.marta, people.caro], **signed(people))
    assert [result.refused for result in made.results] == [None, None]
    assert place(weeks(people)["marta"], one).resource == people.resource("6.1-essential-es")
    assert place(weeks(people)["caro"], one).resource == people.resource("6.1-essential")


def test_work_that_is_there_already_is_not_given_twice(people: People, given: Block) -> None:
    together.put_same(block=given, students=[people.caro], **signed(people))
    again = together.put_same(block=given, students=[people.caro], **signed(people))
    assert again.done == []
    assert "already" in again.results[0].refused.sentence  # type: ignore[union-attr]


def test_what_the_referee_says_is_said_for_each(people: People, given: Block) -> None:
    made = together.put_same(block=given, students=[people.otis], **signed(people))
    assert "essentials_only" in [flag["kind"] for flag in Week.objects.get(pk=made.results[0].week.pk).flags] or (  # type: ignore[union-attr]
        made.results[0].warnings
    )


def test_nobody_chosen_is_said_plainly(people: People, given: Block) -> None:
    with pytest.raises(RuleBroken, match="at least one student"):
        together.put_same(block=given, students=[], **signed(people))


@pytest.mark.parametrize("who", ["iris", "grace", "eve"])
def test_only_a_teacher_of_the_class_gives_the_same(people: People, given: Block, who: str) -> None:
    with pytest.raises(NotAllowed):
        together.put_same(block=given, students=[people.caro], **signed(people, getattr(people, who)))


# --- last week, carried forward ---------------------------------------------------------------------------------------


def coming(people: People) -> Any:
    return people.monday + timedelta(days=7)


def copied(people: People, **facts: Any) -> together.Together:
    return together.copy_week_forward(
        school_class=people.school_class, monday=coming(people), **{**signed(people), **facts}
    )


def week_of(people: People, name: str) -> Week:
    return Week.objects.get(student=getattr(people, name), class_week__monday=coming(people))


def test_unfinished_work_comes_again_and_finished_work_does_not(people: People) -> None:
    people.approve()
    done = block(weeks(people)["ben"])
    actions.finish_block(block=done, feeling="got-it", **signed(people, people.ben))
    copied(people)
    now = set(week_of(people, "ben").blocks.values_list("resource_id", flat=True))
    left = set(
        weeks_blocks(people, "ben").exclude(pk=done.pk).exclude(kind="group").values_list("resource_id", flat=True)
    )
    assert done.resource_id not in now
    assert now <= left
    assert len(now) > 5


def weeks_blocks(people: People, name: str) -> Any:
    return Block.objects.filter(week__student=getattr(people, name), week__class_week__monday=people.monday)


def test_begun_work_comes_first(people: People) -> None:
    people.approve()
    begun = weeks_blocks(people, "ben").filter(kind="stretch").order_by("-day", "-order").first()
    actions.start_block(block=begun, **signed(people, people.ben))
    roster.close_day(
        school=people.school, day=coming(people) + timedelta(days=begun.day), name="Day", by=None, at=people.now
    )
    copied(people)
    assert week_of(people, "ben").blocks.filter(resource=begun.resource_id).exists()


def test_a_copy_is_a_draft_that_nobody_sees(people: People) -> None:
    people.approve()
    copied(people)
    assert {week.status for week in Week.objects.filter(class_week__monday=coming(people))} == {"draft"}
    assert queries.student_blocks(people.ben, coming(people)) == []


def test_a_day_without_school_gets_nothing(people: People) -> None:
    people.approve()
    roster.close_day(school=people.school, day=coming(people), name="Harbor Day", by=None, at=people.now)
    copied(people)
    assert not Block.objects.filter(week__class_week__monday=coming(people), day=0).exists()


def test_what_is_in_the_draft_already_stays(people: People) -> None:
    people.approve()
    people.draft(coming(people))
    before = {b.pk: (b.day, b.order, b.resource_id) for b in week_of(people, "ben").blocks.all()}
    free = week_of(people, "ben").blocks.filter(kind="stretch").first()
    assert free is not None
    actions.remove_block(block=free, **signed(people))
    copied(people, students=[people.ben])
    now = {b.pk: (b.day, b.order, b.resource_id) for b in week_of(people, "ben").blocks.all()}
    assert {pk: facts for pk, facts in now.items() if pk in before} == {
        pk: facts for pk, facts in before.items() if pk != free.pk
    }


def test_an_approved_week_is_left_alone_and_said(people: People) -> None:
    people.approve()
    week = people.week(people.ben, monday=coming(people))
    before = photo(week)
    made = copied(people, students=[people.ben])
    assert "approved" in made.results[0].refused.sentence  # type: ignore[union-attr]
    assert photo(week) == before


def test_one_undo_takes_the_whole_copy_back(people: People) -> None:
    people.approve()
    made = copied(people)
    assert len(made.done) > 3
    actions.undo(batch=made.batch, **signed(people))
    assert not Block.objects.filter(week__class_week__monday=coming(people)).exists()


def test_a_teacher_copies_where_the_system_may_do_nothing(people: People) -> None:
    people.approve()
    PlanRules.objects.update_or_create(school_class=people.school_class, defaults={"automation": "off"})
    assert copied(people).done


def test_a_class_without_an_earlier_week_is_told(people: People) -> None:
    with pytest.raises(RuleBroken, match="no plan of an earlier week"):
        copied(people)


def test_who_has_finished_everything_gets_no_empty_week(people: People) -> None:
    people.approve()
    weeks_blocks(people, "ben").update(finished_at=people.now)
    made = copied(people, students=[people.ben])
    assert made.done == []
    assert not Week.objects.filter(student=people.ben, class_week__monday=coming(people)).exists()


def test_a_copy_is_written_down_for_each_week(people: People) -> None:
    people.approve()
    made = copied(people)
    assert Event.objects.filter(verb="week.copied").count() == len(made.done)
    assert set(PlanChange.objects.filter(verb="copied").values_list("batch", flat=True)) == {made.batch}


@pytest.mark.parametrize("who", ["iris", "grace", "eve", "ben"])
def test_only_a_teacher_of_the_class_copies(people: People, who: str) -> None:
    people.approve()
    with pytest.raises(NotAllowed):
        copied(people, by=getattr(people, who))


# --- one press that mends ------------------------------------------------------------------------------------------------


def unreadable(people: People) -> Week:
    """Marta's week with a text that nobody reads along, and the door that she reads at hand."""
    week = people.week(people.marta, approved=False)
    for name in ("6.1-essential-es", "6.1-essential"):
        actions.swap_block(block=block(week), resource=people.resource(name), **signed(people))
    actions.set_lock(block=block(week), is_locked=False, **signed(people))
    return Week.objects.get(pk=week.pk)


@pytest.fixture
def broken(people: People) -> Week:
    return unreadable(people)


def test_one_press_mends_what_the_referee_found(people: People, broken: Week) -> None:
    assert "breach-language" in [flag["kind"] for flag in broken.flags]
    mended = together.mend_week(week=broken, guardrail="language", **signed(people))
    assert "breach-language" not in [flag["kind"] for flag in Week.objects.get(pk=broken.pk).flags]
    assert mended.facts["title"]


def test_mending_can_be_undone(people: People, broken: Week) -> None:
    before = photo(broken)
    mended = together.mend_week(week=broken, guardrail="language", **signed(people))
    actions.undo(batch=mended.edited.batch, **signed(people))
    assert photo(broken) == before


def test_what_is_whole_is_not_mended(people: People) -> None:
    week = people.week(people.ben, approved=False)
    before = photo(week)
    with pytest.raises(RuleBroken, match="mended already"):
        together.mend_week(week=week, guardrail="screen", **signed(people))
    assert photo(week) == before


def test_what_no_single_change_mends_is_said(people: People, broken: Week) -> None:
    for one in broken.blocks.all():
        one.is_locked = True
        one.save(update_fields=["is_locked"])
    with pytest.raises(RuleBroken, match="No single change"):
        together.mend_week(week=broken, guardrail="language", **signed(people))
