"""A student reads where each skill stands, how sure that is, and what comes next; strengths first, no numbers to rank by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from headway.core.evidence.methods import Method, Rule
from headway.records.evidence import actions
from headway.web.shared.outlook import Outlook, outlooks
from headway.web.student.words import next_words
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.test import Client

    from headway.records.roster.models import Person

pytestmark = pytest.mark.django_db


def progress(client: Client, student: Person) -> str:
    return sign_in(client, student).get(reverse("student-progress")).content.decode()


def skill(client: Client, people: People, student: Person, code: str) -> str:
    address = reverse("student-skill", kwargs={"competency_id": people.competencies[code].pk})
    return sign_in(client, student).get(address).content.decode()


def ahead(people: People, student: Person, code: str) -> object:
    pk = people.competencies[code].pk
    return outlooks(student, [pk], at=people.now).get(pk)


def test_a_row_says_in_words_how_sure_it_is(client: Client, people: People) -> None:
    assert re.search(r"quite sure|fairly sure|a first guess", progress(client, people.ben))


def test_the_list_has_no_percent(client: Client, people: People) -> None:
    main = progress(client, people.priya).partition("<main")[2]
    assert "%" not in re.sub(r"<[^>]+>", "", main)


@pytest.mark.parametrize(
    ("missing", "days", "words"),
    [
        (1, 40, "1 more right answer on your own would make it secure."),
        (3, 40, "3 more right answers on your own would make it secure."),
        (3, 0, "It has been a while. One question or a talk shows that it is still there."),
        (0, 9, "A short look back in the next two weeks keeps it."),
        (0, 40, ""),
        (None, 40, ""),
    ],
)
def test_what_is_said_next_follows_from_the_outlook(missing: int | None, days: int, words: str) -> None:
    assert next_words(Outlook(missing=missing, days_to_look=days)) == words


def test_what_was_seen_long_ago_is_asked_for_kindly(client: Client, people: People) -> None:
    for _time in range(3):
        people.answer(people.marta, "7.3", days_ago=80)
    assert "One question or a talk shows that it is still there." in progress(client, people.marta)
    assert "One question or a talk" in skill(client, people, people.marta, "7.3")


def test_a_skill_page_tells_what_other_work_and_time_did(client: Client, people: People) -> None:
    text = skill(client, people, people.ben, "7.1")
    assert "Work on other skills, pieces: " in text
    assert "Time since the newest piece, days: " in text


def test_nothing_seen_has_no_outlook(people: People) -> None:
    assert ahead(people, people.ben, "7.6") is None


def test_under_another_method_nobody_says_how_many_answers_are_missing(people: People) -> None:
    actions.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(method=Method.MEAN),
        by=people.ada,
        at=people.now,
    )
    found = outlooks(people.ben, [people.competencies["7.1"].pk], at=people.now)
    assert [one.missing for one in found.values()] == [None]


def test_a_teacher_sees_the_same_on_the_map(client: Client, people: People) -> None:
    for _time in range(3):
        people.answer(people.marta, "7.3", days_ago=80)
    sign_in(client, people.ada)
    text = client.get(reverse("teacher-student", kwargs={"student": people.marta.uuid})).content.decode()
    assert "<small>look again</small>" in text or "Check again" in text
