"""A leader reads whether the estimates are as good for every group of students."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from headway.core.evidence.fairness_report import ITEM_HARDER
from headway.records.reports import actions
from headway.records.reports.models import Report
from headway.web.leader import fairness
from tests.people import People, sign_in
from tests.records.test_fairness_reports import many_students
from tests.web.test_mastery_rules import text_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    return sign_in(client, people.grace)


@pytest.fixture
def report(people: People) -> Report:
    many_students(people)
    return actions.make_fairness_report(school=people.school, by=people.grace, at=people.now)


def page(client: Client, **query: object) -> str:
    return text_of(client.get(reverse("leader-fairness"), query))


def make(client: Client, people: People) -> str:
    address = reverse("leader-fairness-make", kwargs={"school_id": people.school.pk})
    return text_of(client.post(address, follow=True))


def test_without_a_report_the_page_says_what_it_takes(grace: Client) -> None:
    assert "200 answers by 20 students" in page(grace)


def test_a_small_school_reads_that_it_is_too_early(grace: Client, people: People) -> None:
    assert "A comparison needs at least 200 answers by 20 students." in make(grace, people)


def test_a_press_makes_the_report(grace: Client, people: People) -> None:
    many_students(people)
    text = make(grace, people)
    assert "The report is new." in text
    assert Report.objects.get().made_by == people.grace


def test_groups_and_columns_are_named_in_words(grace: Client, report: Report) -> None:
    text = page(grace)
    for words in ("Language at home", "Spanish", "Support: Extra time", "another language at home", "15 students"):
        assert words in text


def test_what_was_made_from_what_and_when_is_said(grace: Client, report: Report) -> None:
    assert f"from {report.answers} answers by {report.students} students" in page(grace)


def test_what_is_not_compared_is_named(grace: Client, report: Report) -> None:
    assert "Not compared, because there are not two groups of ten students: Support:" in page(grace)


def test_a_question_to_look_at_is_shown_by_its_words(grace: Client, people: People, report: Report) -> None:
    item = people.item("7.1-number")
    facts = {"item": str(item.pk), "group": "es", "points": 12}
    report.parts["columns"][0]["lines"].append({"sentence": ITEM_HARDER, "facts": facts})
    report.save()
    assert "The question “Look at the harbor.” is about 12 points of 100 harder in “Spanish”" in page(grace)


def test_a_question_that_is_gone_breaks_nothing(grace: Client, report: Report) -> None:
    facts = {"item": "999999", "group": "es", "points": 12}
    report.parts["columns"][0]["lines"].append({"sentence": ITEM_HARDER, "facts": facts})
    report.save()
    assert "a question that is no longer there" in page(grace)


def test_older_reports_can_be_opened(grace: Client, people: People, report: Report) -> None:
    old = actions.make_fairness_report(school=people.school, by=None, at=people.now - timedelta(days=40))
    assert f"?report={old.pk}" in page(grace)
    assert f"?report={report.pk}" in page(grace, report=old.pk)


def test_a_report_of_another_school_is_not_found(client: Client, people: People, report: Report) -> None:
    sign_in(client, people.hal)
    assert client.get(reverse("leader-fairness"), {"report": report.pk}).status_code == 404


def test_very_many_answers_wait_for_the_night(grace: Client, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    many_students(people)
    monkeypatch.setattr(fairness, "MOST_AT_ONCE", 100)
    assert "made in the night" in page(grace)
    make(grace, people)
    assert not Report.objects.exists()


def test_a_nonsense_address_shows_the_newest(grace: Client, report: Report) -> None:
    assert "Language at home" in page(grace, report="x")
