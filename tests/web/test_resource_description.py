"""A resource tells machines what it is, to people who may see it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.people import People, sign_in

pytestmark = pytest.mark.django_db


def test_a_resource_is_described_in_json_ld(people: People, client: Client) -> None:
    resource = people.resource("7.1-essential")
    response = sign_in(client, people.ada).get(
        reverse("teacher-resource-description", kwargs={"resource": resource.uuid})
    )

    description = response.json()
    assert response["Content-Type"] == "application/ld+json"
    assert description["name"] == resource.title
    assert description["@id"].endswith(str(resource.uuid))
    assert [one["targetName"] for one in description["educationalAlignment"] if one["alignmentType"] == "teaches"] == [
        "TA.7.1"
    ]


def test_another_schools_resource_is_not_found(people: People, client: Client) -> None:
    resource = people.resource("7.1-essential")
    resource.school = people.school
    resource.save()

    response = sign_in(client, people.eve).get(
        reverse("teacher-resource-description", kwargs={"resource": resource.uuid})
    )

    assert response.status_code == 404
