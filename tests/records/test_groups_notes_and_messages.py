"""Groups end, notes and messages are written once, goals are checked by the student."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.grouping import actions as grouping
from headway.records.grouping import queries as grouping_queries
from headway.records.grouping.models import Group
from headway.records.roster import queries as roster_queries
from headway.records.wellbeing import actions, queries
from headway.records.wellbeing.models import FamilyMessage, Note
from tests.people import client_id

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People


def group(people: People, *students: Person) -> Group:
    return grouping.make_group(
        school_class=people.school_class,
        competency=people.competencies["7.2"],
        kind="needs",
        students=students,
        monday=people.monday,
        weekday=2,
        minutes=20,
        why={"sentence": "All are at the same step."},
        by=people.ada,
        at=people.now,
    )


def test_a_group_ends_on_its_friday(people: People) -> None:
    made = group(people, people.ben, people.quinn, people.otis)
    assert made.ends_on == people.monday + timedelta(days=4)
    assert list(grouping_queries.groups_of(people.school_class, people.monday)) == [made]
    assert not grouping_queries.groups_of(people.school_class, people.monday + timedelta(days=7)).exists()


def test_a_group_that_was_ended_meets_no_more(people: People) -> None:
    made = group(people, people.ben, people.quinn, people.otis)
    grouping.end_group(group=made, by=people.ada, at=people.now)
    assert not grouping_queries.groups_of(people.school_class, people.monday).exists()


def test_two_are_no_group_and_seven_are_too_many(people: People) -> None:
    for members in ([people.ben, people.caro], people.students[:7]):
        with pytest.raises(RuleBroken, match="3 to 6 students"):
            group(people, *members)


def test_another_schools_teacher_finds_no_group(people: People) -> None:
    made = group(people, people.ben, people.quinn, people.otis)
    assert grouping_queries.group_for(people.ada, made.pk) == made
    with pytest.raises(NotFound):
        grouping_queries.group_for(people.eve, made.pk)


def test_a_note_sent_twice_is_one_note(people: People) -> None:
    for _turn in range(2):
        actions.write_note(
            student=people.ben,
            words=" Helped Caro today. ",
            by=people.ada,
            at=people.now,
            client_id=client_id("note"),
        )
    assert [note.words for note in queries.notes_about(people.ben)] == ["Helped Caro today."]


def test_an_empty_note_or_message_is_refused(people: People) -> None:
    with pytest.raises(RuleBroken):
        actions.write_note(student=people.ben, words=" ", by=people.ada, at=people.now)
    with pytest.raises(RuleBroken):
        actions.write_message(
            student=people.ben,
            words="",
            by=people.dana,
            at=people.now,
            monday=people.monday,
            language="es",
            is_from_home=True,
        )
    assert not Note.objects.exists()
    assert not FamilyMessage.objects.exists()


def test_a_message_from_home_waits_until_somebody_reads_it(people: People) -> None:
    message = actions.write_message(
        student=people.ben,
        words="Ben llega tarde el martes.",
        by=people.dana,
        at=people.now,
        monday=people.monday + timedelta(days=2),
        language="es",
        is_from_home=True,
    )
    assert message.monday == people.monday
    assert list(queries.unread_from_home(people.students)) == [message]
    actions.mark_read(message=message, by=people.ada, at=people.now)
    assert list(queries.unread_from_home(people.students)) == []


def test_the_week_shows_the_schools_newest_message_only(people: People) -> None:
    facts = {"student": people.ben, "by": people.ada, "monday": people.monday, "language": "en"}
    for minutes, (words, is_from_home) in enumerate([("Old", False), ("New", False), ("From home", True)]):
        actions.write_message(
            words=words, is_from_home=is_from_home, at=people.now + timedelta(minutes=minutes), **facts
        )
    message = queries.message_for_week(people.ben, people.monday)
    assert message is not None
    assert message.words == "New"
    assert queries.message_for_week(people.ben, people.monday - timedelta(days=7)) is None


def test_a_goal_is_checked_once_a_day(people: People) -> None:
    goal = roster_queries.goal_of(people.ben)
    assert goal is not None
    for is_met in (True, False):
        actions.check_goal(goal=goal, day=people.monday, is_met=is_met, by=people.ben, at=people.now)
    assert queries.goal_week(goal, people.monday) == {0: False}
