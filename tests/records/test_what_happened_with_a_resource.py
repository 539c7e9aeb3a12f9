"""What a teacher is told of a resource: own classes by number, the school only where nobody is named, never more than that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.records.planning import actions, outcomes
from headway.records.planning.models import Block

if TYPE_CHECKING:
    from headway.records.library.models import Resource
    from headway.records.roster.models import Person
    from tests.people import People


def done_by(people: People, resource: Resource, students: list[Person], *, feeling: str = "got-it") -> None:
    """Let students finish a resource in their week."""
    people.approve()
    for student in students:
        block = Block.objects.filter(week__student=student, kind="essential").order_by("pk")[0]
        block.resource = resource
        block.competency = people.competencies["7.1"]
        block.save(update_fields=["resource", "competency"])
        actions.start_block(block=block, by=student, at=people.now - timedelta(minutes=20))
        actions.finish_block(block=block, by=student, at=people.now, feeling=feeling)


def happened(people: People, resource: Resource, *, classes: list[Any] | None = None) -> outcomes.Happened:
    own = [people.school_class] if classes is None else classes
    return outcomes.what_happened(resource, school=people.school, classes=own, at=people.now)


def test_what_nobody_used_says_so(people: People) -> None:
    assert happened(people, people.resource("7.1-essential")).is_unused


def test_a_teacher_sees_the_own_class_however_small(people: People) -> None:
    one = people.resource("choice-9")
    done_by(people, one, [people.ben, people.caro])
    told = happened(people, one)
    assert [(row.school_class, row.finished) for row in told.classes] == [(people.school_class, 2)]
    assert told.students is None


def test_five_are_enough_for_the_number_of_the_school(people: People) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students[:5])
    told = happened(people, one)
    assert told.students == 5
    assert told.minutes == 20
    assert told.got_it is not None
    assert told.got_it.count == 5


def test_a_few_others_are_not_told_by_taking_the_own_ones_away(people: People) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students[:6])
    assert happened(people, one, classes=[people.other_class]).students == 6
    few = people.students[:4]
    Block.objects.filter(resource=one, week__student__in=few).update(finished_at=None, started_at=None)
    assert happened(people, one, classes=[people.other_class]).students is None


@pytest.mark.parametrize("unsure", [1, 4])
def test_one_who_was_not_sure_is_not_told_by_number(people: People, unsure: int) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students[unsure:])
    done_by(people, one, people.students[:unsure], feeling="not-sure")
    told = happened(people, one).got_it
    assert told is not None
    assert told.count is None
    assert told.share == pytest.approx(1 - unsure / 8)


def test_moving_up_is_counted_from_before_the_work_to_two_weeks_after(people: People) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students)
    then = people.now - timedelta(days=3)
    Block.objects.filter(resource=one).update(started_at=then, finished_at=then)
    before = outcomes.what_happened(one, school=people.school, classes=[people.school_class], at=people.now)
    for student in people.students[:5]:
        for _answer in range(8):
            people.answer(student, "7.1", right=True, days_ago=1)
    after = outcomes.what_happened(one, school=people.school, classes=[people.school_class], at=people.now)
    assert before.moved_up is not None
    assert after.moved_up is not None
    assert after.moved_up.share > before.moved_up.share


def test_another_school_is_not_counted(people: People) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students)
    told = outcomes.what_happened(one, school=people.other_school, classes=[people.other_class], at=people.now)
    assert told.is_unused


def test_more_students_ask_no_more_of_the_database(people: People, django_assert_max_num_queries: Any) -> None:
    one = people.resource("choice-9")
    done_by(people, one, people.students[:5])
    with django_assert_max_num_queries(20) as few:
        happened(people, one)
    done_by(people, one, people.students[5:])
    with django_assert_max_num_queries(len(few)):
        happened(people, one)


def test_who_has_it_now_is_named_with_the_day(people: People) -> None:
    people.approve()
    block = people.block()
    assert block.resource is not None
    rows = outcomes.planned(block.resource, [people.school_class], monday=people.monday)
    assert (people.ben, block.day) in [(row.student, row.day) for row in rows]
