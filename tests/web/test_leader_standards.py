"""A leader brings frameworks, sees what an edition changes, takes it or puts it aside, and opens frameworks to others."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from headway.records.audit.models import Event
from headway.records.roster.models import Organisation
from headway.records.standards.models import Competency, Framework, IncomingFramework
from headway.web.leader import standards
from tests.exchange.test_case import item, package
from tests.people import People, sign_in
from tests.web.test_mastery_rules import text_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
LIST = "/lead/standards/"
OLD = package([item("a", "Add."), item("b", "Subtract.")], [])
NEW = package([item("a", "Add fractions."), item("c", "Multiply.")], [])


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    return sign_in(client, people.grace)


def bring(client: Client, content: object, name: str = "framework.json", **more: Any) -> Any:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"{LIST}bring/", {"file": SimpleUploadedFile(name, data), **more}, follow=True)


def take(client: Client) -> Any:
    waiting = IncomingFramework.objects.get()
    return client.post(reverse("leader-standards-take", kwargs={"incoming": waiting.uuid}), follow=True)


def test_a_leader_brings_a_framework_looks_and_takes_it(grace: Client) -> None:
    shown = text_of(bring(grace, OLD))
    assert "A framework" in shown
    assert "New here" in shown
    assert not Framework.objects.filter(source="case").exists()

    assert "“A framework” is taken: 3 new" in text_of(take(grace))
    assert Competency.objects.filter(framework__source="case").count() == 2


def test_a_new_edition_is_shown_field_by_field_before_it_is_taken(grace: Client) -> None:
    bring(grace, OLD)
    take(grace)
    shown = text_of(bring(grace, NEW))

    assert "<del>" in shown
    for words in ("Add.", "Add fractions.", "Subtract.", "Multiply.", "evidence, weeks and class paths"):
        assert words in shown
    assert Competency.objects.get(source_id="a").statement == "Add."
    take(grace)
    assert Competency.objects.get(source_id="a").statement == "Add fractions."
    assert Competency.objects.get(source_id="b").is_withdrawn
    assert "1 withdrawn" in text_of(grace.get(LIST))


def test_the_edition_that_is_here_offers_nothing_to_take(grace: Client) -> None:
    bring(grace, OLD)
    take(grace)
    shown = text_of(bring(grace, OLD))
    assert "nothing would change" in shown
    assert "Take this edition" not in shown


def test_putting_aside_changes_nothing(grace: Client) -> None:
    bring(grace, OLD)
    waiting = IncomingFramework.objects.get()
    shown = grace.post(reverse("leader-standards-aside", kwargs={"incoming": waiting.uuid}), follow=True)
    assert "was put aside. Nothing has changed." in text_of(shown)
    assert not IncomingFramework.objects.exists()
    assert not Framework.objects.filter(source="case").exists()


def test_a_zip_of_several_waits_as_several(grace: Client) -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in ("one", "two"):
            value = package([item(f"{name} a")], [])
            value["CFDocument"] |= {"identifier": name, "title": name}
            packed.writestr(f"{name}.json", json.dumps(value))
    assert "2 frameworks wait for a look." in text_of(bring(grace, made.getvalue(), "all.zip"))
    assert IncomingFramework.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "this is not JSON"),
        (b"\x89PNG", "is not text"),
        (b"{}", "not a CASE package"),
        (json.dumps(package([{"identifier": "x"}], [])).encode(), "CFItems[0]: “fullStatement” is missing."),
    ],
)
def test_a_broken_file_is_told_beside_the_field(grace: Client, content: bytes, words: str) -> None:
    answer = bring(grace, content)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not IncomingFramework.objects.exists()


def test_no_file_and_a_file_too_large_are_told(grace: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert grace.post(f"{LIST}bring/").status_code == 422
    monkeypatch.setattr(standards, "LARGEST_MEBIBYTES", 0)
    assert "Ask the operator" in text_of(bring(grace, OLD))


def test_an_edition_that_waits_at_another_school_is_not_found(grace: Client, people: People) -> None:
    bring(grace, OLD)
    waiting = IncomingFramework.objects.get()
    grace.logout()
    hal = sign_in(grace, people.hal)
    for name in ("incoming", "take", "aside"):
        address = reverse(f"leader-standards-{name}", kwargs={"incoming": waiting.uuid})
        answer = hal.get(address) if name == "incoming" else hal.post(address)
        assert answer.status_code == 404
    assert "Waiting for your look" not in text_of(hal.get(LIST))


def test_another_schools_framework_cannot_be_changed_by_bringing_its_file(grace: Client, people: People) -> None:
    bring(grace, OLD)
    take(grace)
    Framework.objects.filter(source="case").update(school=Organisation.objects.get(name="Hill School"))
    answer = bring(grace, NEW)
    assert answer.status_code == 422
    assert "belongs to another school" in text_of(answer)


def test_a_framework_is_closed_and_opened_again(grace: Client) -> None:
    bring(grace, OLD)
    take(grace)
    framework = Framework.objects.get(source="case")
    address = reverse("leader-standards-open", kwargs={"framework_id": framework.pk})
    package_address = f"/ims/case/v1p1/CFPackages/{framework.uuid}"

    assert grace.get(package_address).status_code == 200
    grace.post(address, {"is_open": "0"})
    assert grace.get(package_address).status_code == 404
    grace.post(address, {"is_open": "1"})
    assert grace.get(package_address).status_code == 200
    verbs = Event.objects.filter(verb__in=["framework.closed", "framework.opened"]).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["framework.closed", "framework.opened"]


def test_the_list_takes_as_many_queries_with_three_frameworks_as_with_ten(
    grace: Client, people: People, django_assert_max_num_queries: Any
) -> None:
    grace.get(LIST)
    counts = []
    for start, stop in ((0, 3), (3, 10)):
        for number in range(start, stop):
            Framework.objects.create(title=f"F{number}", source="x", source_id=str(number))
        with django_assert_max_num_queries(20) as counted:
            grace.get(LIST)
        counts.append(len(counted))
    assert counts[0] == counts[1]
