"""A resource into many weeks at once, and what plans and people say to the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.library import bookmarks
from headway.records.planning import actions, assigning, rows, shelf
from headway.records.planning.assigning import Wish
from headway.records.planning.models import Block, BlockOption, Week

if TYPE_CHECKING:
    from tests.people import People


def a_day(people: People, *, kind: str | None = None) -> int:
    """Return a day on which everybody has an open block (of a kind)."""
    weeks = Week.objects.filter(class_week__monday=people.monday, class_week__school_class=people.school_class)
    for day in range(5):
        found = Block.objects.filter(week__in=weeks, day=day, is_locked=False, group=None)
        found = found.filter(kind=kind) if kind else found.exclude(kind="choice")
        if found.values("week").distinct().count() == weeks.count():
            return day
    raise AssertionError("no such day")


def unused(people: People) -> str:
    """Return a resource that no week has."""
    used = set(Block.objects.values_list("resource_id", flat=True)) | set(
        BlockOption.objects.filter(part="choice").values_list("resource_id", flat=True)
    )
    return next(name for name, pk in people.resource_ids.items() if pk not in used)


def in_order(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: (entry["day"], entry["order"]))


def test_one_press_adds_to_three_weeks_and_one_undo_takes_all_back(people: People) -> None:
    people.draft()
    three = [people.ben, people.caro, people.finn]
    before = {each.pk: rows.snapshot_of(people.week(each, approved=False)) for each in three}
    wish = Wish(resource=people.resource(unused(people)), day=a_day(people))
    made = assigning.assign(
        school_class=people.school_class, monday=people.monday, wish=wish, students=three, by=people.ada, at=people.now
    )
    assert [result.student for result in made.done] == three
    for each in three:
        assert people.week(each, approved=False).blocks.filter(resource=wish.resource, day=wish.day).count() == 1
    actions.undo(batch=made.batch, by=people.ada, at=people.now)
    for each in three:
        now = rows.snapshot_of(people.week(each, approved=False))
        assert in_order(now) == in_order(before[each.pk])


def test_the_outlook_says_what_happens_and_changes_nothing(people: People) -> None:
    people.draft()
    week = people.week(people.ben, approved=False)
    version, before = week.version, rows.snapshot_of(week)
    wish = Wish(resource=people.resource(unused(people)), day=a_day(people))
    (seen,) = assigning.outlook(
        school_class=people.school_class, monday=people.monday, wish=wish, students=[people.ben], at=people.now
    )
    week.refresh_from_db()
    assert (week.version, rows.snapshot_of(week)) == (version, before)
    assigning.assign(
        school_class=people.school_class,
        monday=people.monday,
        wish=wish,
        students=[people.ben],
        by=people.ada,
        at=people.now,
    )
    placed = week.blocks.get(resource=wish.resource)
    assert (placed.order, placed.minutes) == (seen.order, seen.minutes)
    assert seen.screen_minutes == sum(block.screen_minutes for block in week.blocks.all())
    assert seen.minutes_alone == sum(block.minutes for block in week.blocks.all() if block.with_whom == "alone")


def test_the_outlook_asks_as_often_for_six_as_for_eight(people: People) -> None:
    people.draft()
    wish = Wish(resource=people.resource(unused(people)), day=a_day(people))
    counts = []
    for students in (people.students[2:], people.students):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assigning.outlook(
                school_class=people.school_class, monday=people.monday, wish=wish, students=students, at=people.now
            )
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_one_of_three_choices_takes_the_place_of_the_last(people: People) -> None:
    people.draft()
    week = people.week(people.ben, approved=False)
    choice = week.blocks.filter(kind="choice", is_locked=False).first()
    assert choice is not None
    had = list(choice.options.filter(part="choice").values_list("resource_id", flat=True))
    wish = Wish(resource=people.resource(unused(people)), day=choice.day, is_choice=True)
    made = assigning.assign(
        school_class=people.school_class,
        monday=people.monday,
        wish=wish,
        students=[people.ben],
        by=people.ada,
        at=people.now,
    )
    assert [result.refused for result in made.results] == [None]
    now = list(choice.options.filter(part="choice").values_list("resource_id", flat=True))
    assert now[-1] == wish.resource.pk
    assert now[:-1] == had[: len(now) - 1]


def test_who_has_it_already_is_told_and_the_others_get_it(people: People) -> None:
    people.draft()
    block = people.block(people.ben, approved=False)
    assert block.resource is not None
    without = [
        each
        for each in people.students
        if not people.week(each, approved=False).blocks.filter(resource=block.resource).exists()
    ]
    wish = Wish(resource=people.resource(unused(people)), day=a_day(people))
    assigning.assign(
        school_class=people.school_class,
        monday=people.monday,
        wish=wish,
        students=[people.ben],
        by=people.ada,
        at=people.now,
    )
    made = assigning.assign(
        school_class=people.school_class,
        monday=people.monday,
        wish=wish,
        students=[people.ben, people.caro],
        by=people.ada,
        at=people.now,
    )
    told = {result.student: str(result.refused or "") for result in made.results}
    assert "in this week already" in told[people.ben]
    assert told[people.caro] == ""
    assert without is not None


def test_an_approved_week_is_changed_as_the_board_does_it(people: People) -> None:
    people.approve()
    wish = Wish(resource=people.resource(unused(people)), day=a_day(people))
    assigning.assign(
        school_class=people.school_class,
        monday=people.monday,
        wish=wish,
        students=[people.ben],
        by=people.ada,
        at=people.now,
    )
    assert people.week(people.ben).status == Week.Status.CHANGED


def test_before_any_draft_there_is_one_clear_sentence(people: People) -> None:
    wish = Wish(resource=people.resource("choice-1"), day=0)
    with pytest.raises(RuleBroken, match="Draft the week first"):
        assigning.assign(
            school_class=people.school_class,
            monday=people.monday,
            wish=wish,
            students=[people.ben],
            by=people.ada,
            at=people.now,
        )


def test_eve_cannot_assign_in_adas_class(people: People) -> None:
    people.draft()
    with pytest.raises(NotAllowed):
        assigning.assign(
            school_class=people.school_class,
            monday=people.monday,
            wish=Wish(resource=people.resource("choice-1"), day=0),
            students=[people.ben],
            by=people.eve,
            at=people.now,
        )


# --- the shelf --------------------------------------------------------------------------------------------------------


def test_a_reader_knows_languages_interests_and_what_was_done(people: People) -> None:
    block = people.block(people.ben)
    actions.start_block(block=block, by=people.ben, at=people.now)
    actions.finish_block(block=block, by=people.ben, at=people.now)
    reader = shelf.reader_of(people.ben, school_class=people.school_class)
    assert set(reader.languages) == {row.language for row in people.ben.languages.all()}
    assert block.resource_id in reader.done
    assert reader.grade is not None


def test_a_class_reads_by_shares_in_a_fixed_number_of_queries(people: People) -> None:
    with CaptureQueriesContext(connection) as asked:
        reader = shelf.reader_of_class(people.school_class)
    assert len(asked) <= 6
    assert reader.grade == people.school_class.grade
    assert all(0 < share <= 1 for share in reader.weights.values())
    assert set(reader.weights) == set(reader.languages)


def test_who_has_it_in_these_two_weeks(people: People) -> None:
    block = people.block(people.ben, approved=False)
    assert block.resource_id is not None
    found = shelf.in_plans(people.school_class, [block.resource_id], monday=people.monday)
    assert (people.ben.pk, block.day) in {(row.student.pk, row.day) for row in found}
    assert not shelf.in_plans(people.other_class, [block.resource_id], monday=people.monday)


def test_used_here_counts_students_of_this_school_only(people: People) -> None:
    block = people.block(people.ben)
    actions.start_block(block=block, by=people.ben, at=people.now)
    actions.finish_block(block=block, by=people.ben, at=people.now)
    assert block.resource_id is not None
    assert shelf.used_here(people.school, [block.resource_id]) == {block.resource_id: 1}
    assert shelf.used_here(people.other_school, [block.resource_id]) == {}
    assert set(shelf.finished_before([people.ben, people.caro], [block.resource_id])) == {people.ben.pk}


def test_what_is_kept_is_ones_own_and_kept_once(people: People) -> None:
    story = people.resource("choice-1")
    bookmarks.keep(resource=story, by=people.ada, at=people.now)
    bookmarks.keep(resource=story, by=people.ada, at=people.now)
    assert shelf.kept_among(people.ada, [story.pk]) == {story.pk}
    assert list(shelf.kept_by(people.ada, people.school)) == [story]
    assert not shelf.kept_among(people.ben, [story.pk])
    assert bookmarks.let_go(resource=story, by=people.ada, at=people.now)
    assert not bookmarks.let_go(resource=story, by=people.ada, at=people.now)


def test_another_schools_resource_is_not_usable(people: People) -> None:
    story = people.resource("choice-1")
    story.school = people.school
    story.save()
    assert shelf.usable_resource(people.school, story.uuid) == story
    with pytest.raises(NotFound):
        shelf.usable_resource(people.other_school, story.uuid)
