"""The number of queries of a page does not grow with the class."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.core.evidence.methods import Method, Rule
from headway.records.evidence import actions as evidence
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.test import Client

    from headway.records.roster.models import Person

FEW = 4
ANOTHER_RULE = "?method=mean&growing=50&secure=80&beyond=92&certainty=80&least_pieces=&recheck_days=60&recheck_width=55&next_chance=70"
Page = Callable[[People], tuple["Person", str]]


def leave(people: People, *, stay: int) -> None:
    """Let all but some students of 7B go, so that the same class is there in two sizes."""
    for student in people.students[stay:]:
        student.enrolments.update(left_on=people.monday - timedelta(days=7))
        student.weeks.all().delete()


def queries(client: Client, page: Page, people: People) -> int:
    """Count the queries of a second visit; the first one fills what a process keeps, such as parsed questions."""
    viewer, address = page(people)
    sign_in(client, viewer)
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
        return len(seen.captured_queries)


def _class(people: People, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, **more})


PAGES: dict[str, Page] = {
    "the week board": lambda people: (people.ada, _class(people, "teacher-week", monday=people.monday)),
    "the week board with the same for others": lambda people: (
        people.ada,
        _class(people, "teacher-week", monday=people.monday) + f"?block={people.block(people.ben).uuid}&same=1",
    ),
    "the week board with a whole week": lambda people: (
        people.ada,
        _class(people, "teacher-week", monday=people.monday) + f"?week={people.week(people.ben).pk}",
    ),
    "what colleagues changed": lambda people: (
        people.ada,
        _class(people, "teacher-week-changes", monday=people.monday),
    ),
    "the printed weeks": lambda people: (people.ada, _class(people, "teacher-week-print", monday=people.monday)),
    "the class grid": lambda people: (people.ada, _class(people, "teacher-class")),
    "a student as a teacher sees them": lambda people: (
        people.ada,
        reverse("teacher-student", kwargs={"student": people.ben.uuid}),
    ),
    "today": lambda people: (people.ada, reverse("teacher-today")),
    "the student’s week": lambda people: (people.ben, reverse("student-week-of", kwargs={"monday": people.monday})),
    "the student’s progress": lambda people: (people.ben, reverse("student-progress")),
    "the week at home": lambda people: (people.dana, reverse("family-week", kwargs={"code": people.family_code})),
    "the class’s dates": lambda people: (people.ada, _class(people, "teacher-dates")),
    "the leader’s school": lambda people: (people.grace, reverse("leader-home")),
    "the leader’s class": lambda people: (people.grace, _class(people, "leader-class")),
    "the leader’s people": lambda people: (people.grace, reverse("leader-people")),
    "a cell with its reasons": lambda people: (
        people.ada,
        _class(people, "teacher-cell", student=people.ben.uuid, competency_id=people.competencies["7.1"].pk),
    ),
    "another rule tried on the class": lambda people: (people.ada, _class(people, "teacher-rule") + ANOTHER_RULE),
    "another rule tried on the school": lambda people: (
        people.grace,
        reverse(
            "leader-rule",
            kwargs={"school_id": people.school.pk, "scope": "school", "thing": people.school.pk},
        )
        + ANOTHER_RULE,
    ),
    "the leader’s rules": lambda people: (people.grace, reverse("leader-rules")),
    "the leader’s fairness": lambda people: (people.grace, reverse("leader-fairness")),
    "the week’s fairness in a school": lambda people: (
        people.grace,
        reverse("leader-week-fairness", kwargs={"monday": people.monday}),
    ),
    "the tasks behind a measure": lambda people: (
        people.ada,
        _class(people, "teacher-fairness", monday=people.monday, measure="screen"),
    ),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_asks_as_often_for_a_large_class_as_for_a_small_one(client: Client, people: People, page: Page) -> None:
    people.approve()
    many = queries(client, page, people)
    leave(people, stay=FEW)
    assert queries(client, page, people) == many


def test_the_grid_asks_once_more_for_the_pieces_where_a_rule_needs_them(client: Client, people: People) -> None:
    evidence.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(method=Method.MEAN),
        by=people.ada,
        at=people.now,
    )
    page = PAGES["the class grid"]
    many = queries(client, page, people)
    leave(people, stay=FEW)
    assert queries(client, page, people) == many


def test_practice_asks_no_more_after_many_answers(client: Client, people: People) -> None:
    block = people.block(people.ben)
    for number in range(30):
        people.answer(people.ben, "7.1", right=bool(number % 2), days_ago=1 - number / 100)
    sign_in(client, people.ben)
    address = reverse("student-practice", kwargs={"block": block.uuid})
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(60):
        people.answer(people.ben, "7.1", right=bool(number % 3), days_ago=0.5 - number / 1000)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few.captured_queries) == len(many.captured_queries)
