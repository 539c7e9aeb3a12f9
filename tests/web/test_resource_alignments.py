"""The page of the skills that one resource may help with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.records.library import aligning
from headway.records.library.models import Alignment, Resource
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    sign_in(client, people.ada)
    return client


@pytest.fixture
def rates(people: People) -> Resource:
    return Resource.objects.create(
        title="Which juice is the better buy?",
        description="Students find a unit rate for each bottle and compare.",
        source="x",
        source_id="juice",
    )


def address(resource: Resource, end: str = "") -> str:
    return reverse(f"teacher-resource-alignments{end}", kwargs={"resource": resource.uuid})


def decide(client: Client, resource: Resource, **facts: object) -> HttpResponse:
    return client.post(address(resource, "-decide"), facts, follow=True)  # type: ignore[return-value]


def test_the_likeliest_skill_comes_first_with_the_words_that_decided(ada: Client, rates: Resource) -> None:
    rows = ada.get(address(rates)).context["rows"]

    assert rows[0].skill.short == "Unit rates"
    assert {"unit", "rate"} <= set(" ".join(rows[0].found.words).split())
    assert 0 < len(rows) <= 5
    assert [row.percent for row in rows] == sorted((row.percent for row in rows), reverse=True)


def test_accepting_makes_it_a_skill_of_the_resource(ada: Client, people: People, rates: Resource) -> None:
    decide(ada, rates, skill=people.competencies["7.2"].pk, accept="1")

    row = Alignment.objects.get(resource=rates)
    assert (row.status, row.source, row.decided_by) == ("accepted", "words", people.ada)
    assert 0 < row.confidence < 1
    assert "rate" in row.because


def test_refusing_is_remembered_and_shown(ada: Client, people: People, rates: Resource) -> None:
    page = decide(ada, rates, skill=people.competencies["7.2"].pk, refuse="1")

    assert Alignment.objects.get(resource=rates).status == "refused"
    assert page.context["rows"][0].found.status == "refused"  # type: ignore[attr-defined]


def test_a_decision_can_be_undone(ada: Client, people: People, rates: Resource) -> None:
    decide(ada, rates, skill=people.competencies["7.2"].pk, accept="1")
    ada.post(address(rates, "-undo"))

    assert Alignment.objects.get(resource=rates).status == "suggested"


def test_a_skill_may_be_found_by_words_or_by_its_code(ada: Client, rates: Resource) -> None:
    by_words = ada.get(address(rates), {"words": "scale drawing"}).context["rows"]
    assert by_words[0].skill.short == "Scale drawings"


def test_a_skill_that_a_person_found_is_certain(ada: Client, people: People, rates: Resource) -> None:
    decide(ada, rates, skill=people.competencies["7.4"].pk, accept="1", words="scale drawing")

    row = Alignment.objects.get(resource=rates)
    assert (row.source, row.confidence, row.because) == ("person", 1.0, "")


def test_a_resource_that_sounds_like_nothing_says_so(ada: Client) -> None:
    odd = Resource.objects.create(title="Zzyzx", source="x", source_id="odd")
    assert "Nothing of it sounds like a skill" in ada.get(address(odd)).content.decode()


@pytest.mark.parametrize("skill", ["", "x", "99999999"])
def test_a_skill_that_is_none_is_not_found(ada: Client, rates: Resource, skill: str) -> None:
    assert decide(ada, rates, skill=skill, accept="1").status_code == 404


def test_the_resource_of_another_school_is_not_found(ada: Client, people: People, rates: Resource) -> None:
    rates.school = people.other_school
    rates.save()
    assert ada.get(address(rates)).status_code == 404


def test_the_questions_of_a_page_do_not_grow_with_what_was_aligned(
    ada: Client, people: People, rates: Resource
) -> None:
    ada.get(address(rates))
    with CaptureQueriesContext(
        connection,
    ) as few:
        ada.get(address(rates))
    for number in range(12):
        other = Resource.objects.create(title=f"Rates {number}", source="x", source_id=f"r{number}")
        Alignment.objects.create(resource=other, competency=people.competencies["7.2"], source="person")
    with CaptureQueriesContext(connection) as many:
        ada.get(address(rates))
    assert len(many) == len(few)


def test_suggestions_for_all_are_kept_and_wait_for_a_person(ada: Client, people: People, rates: Resource) -> None:
    response = ada.post(reverse("teacher-alignments-suggest", kwargs={"class_id": people.school_class.pk}))
    aligning.suggest_for_class(school_class=people.school_class, by=people.ada, at=people.now)

    assert response.status_code == 302
    row = Alignment.objects.filter(resource=rates).order_by("-confidence").first()
    assert row is not None
    assert (row.status, row.competency) == ("suggested", people.competencies["7.2"])
