"""How long students wait for adults, and what weeks add up to for comparing groups."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headway.core.planning.fairness import MeasureName
from headway.records.planning import actions, fairness, queries
from headway.records.planning.models import Block, HelpRequest, ItemWork
from tests.people import client_id
from tests.records.test_fairness_reports import many_students

if TYPE_CHECKING:
    from tests.people import People

pytestmark = pytest.mark.django_db


def write(people: People, *, hours_ago: float = 5, name: str = "first") -> ItemWork:
    """Let Ben hand in a long answer."""
    block = people.block(people.ben)
    work = actions.answer_item(
        block=block,
        item=people.item("7.1-long_answer"),
        response={"answer": ["Three to two."]},
        client_id=client_id(name),
        by=people.ben,
        at=people.now - timedelta(hours=hours_ago),
    ).work
    return ItemWork.objects.get(pk=work.pk)


def mark(people: People, work: ItemWork) -> ItemWork:
    actions.mark_long_answer(work=work, level=0, words="Show both amounts.", by=people.ada, at=people.now)
    return ItemWork.objects.get(pk=work.pk)


def ask(people: People, *, hours_ago: float = 30, **facts: Any) -> HelpRequest:
    return actions.ask_for_help(
        student=people.caro,
        school_class=people.school_class,
        kind="stuck",
        by=people.caro,
        at=people.now - timedelta(hours=hours_ago),
        **facts,
    )


def waits(people: People, **facts: Any) -> list[fairness.WaitRow]:
    return fairness.waits_in([people.school_class], people.monday, **({"at": people.now} | facts))


def test_a_long_answer_waits_from_when_it_is_handed_in(people: People) -> None:
    assert write(people).handed_in_at == people.now - timedelta(hours=5)


def test_writing_it_again_while_it_waits_does_not_start_the_wait_anew(people: People) -> None:
    write(people)
    assert write(people, hours_ago=1, name="second").handed_in_at == people.now - timedelta(hours=5)


def test_the_wait_ends_when_an_adult_has_read_it(people: People) -> None:
    assert mark(people, write(people)).marked_at == people.now


def test_a_new_answer_after_the_mark_waits_from_then_on(people: People) -> None:
    mark(people, write(people))
    again = write(people, hours_ago=-1, name="second")
    assert (again.handed_in_at, again.marked_at) == (people.now + timedelta(hours=1), None)


def test_an_answer_that_marks_itself_never_waits(people: People) -> None:
    work = actions.answer_item(
        block=people.block(people.ben),
        item=people.item("7.1-number"),
        response={"answer": ["12.5"]},
        client_id=client_id("number"),
        by=people.ben,
        at=people.now,
    ).work
    assert (work.handed_in_at, work.marked_at) == (None, None)


def test_open_and_answered_waits_of_both_kinds_are_there(people: People) -> None:
    write(people)
    actions.answer_help(request=ask(people), by=people.ada, at=people.now - timedelta(hours=29))
    assert [(row.kind, row.student_id, row.wait.is_open) for row in waits(people)] == [
        ("help", people.caro.pk, False),
        ("answer", people.ben.pk, True),
    ]


def test_waits_older_than_four_weeks_are_left_out(people: People) -> None:
    ask(people, hours_ago=24 * 40)
    assert waits(people) == []


def test_a_hand_in_from_before_hand_ins_were_remembered_still_waits(people: People) -> None:
    work = write(people)
    ItemWork.objects.filter(pk=work.pk).update(handed_in_at=None)
    assert [row.wait.is_open for row in waits(people)] == [True]


def test_an_old_week_shows_what_could_be_known_in_it(people: People) -> None:
    """A call for help of that week, answered only in this one, was open then."""
    before = people.monday - timedelta(days=7)
    asked = ask(people)
    HelpRequest.objects.filter(pk=asked.pk).update(asked_at=people.now - timedelta(days=people.now.weekday() + 4))
    asked.refresh_from_db()
    actions.answer_help(request=asked, by=people.ada, at=people.now)
    (row,) = fairness.waits_in([people.school_class], before, at=people.now)
    assert row.wait.is_open


def test_another_class_sees_none_of_these_waits(people: People) -> None:
    write(people)
    ask(people)
    assert fairness.waits_in([people.other_class], people.monday, at=people.now) == []


def test_the_measures_count_the_same_minutes_as_the_board(people: People) -> None:
    people.draft()
    board = queries.board(people.school_class, people.monday, at=people.now)
    blocks = Block.objects.filter(week__class_week=board.class_week)
    screen = next(one for one in board.measures if one.name is MeasureName.SCREEN)
    assert screen.mean * screen.count == pytest.approx(sum(block.screen_minutes for block in blocks))


def test_a_school_and_its_teacher_are_told_the_same_mean(people: People) -> None:
    many_students(people)
    people.draft()
    board = queries.board(people.school_class, people.monday, at=people.now)
    across = fairness.across([people.school_class], people.monday, at=people.now)
    for measure in board.measures:
        line = next((line for line in across[measure.name] if line.key == people.school_class.pk), None)
        if measure.count >= 10:
            assert line is not None
            assert line.everybody is not None
            assert (line.everybody.count, line.everybody.mean) == (measure.count, pytest.approx(measure.mean))


def test_a_class_of_eight_tells_a_leader_nothing(people: People) -> None:
    people.draft()
    across = fairness.across([people.school_class], people.monday, at=people.now)
    assert all(line.everybody is None and not line.groups for lines in across.values() for line in lines)


def test_who_left_the_class_is_not_counted(people: People) -> None:
    many_students(people)
    people.draft()
    people.ben.enrolments.update(left_on=people.monday)
    across = fairness.across([people.school_class], people.monday, at=people.now)
    assert [line.everybody.count for line in across[MeasureName.SCREEN] if line.everybody] == [33, 33]


def test_the_school_is_read_in_as_many_queries_whatever_its_size(people: People) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            fairness.across([people.school_class], people.monday, at=people.now)
        return len(seen.captured_queries)

    people.draft()
    few = count()
    many_students(people)
    people.draft()
    assert count() == few
