"""Adding to the library by hand, and changing what belongs to the school."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from headway.records.library.models import Alignment, Resource, StoredFile
from headway.records.library.queries import resources_of_school
from tests.people import sign_in

if TYPE_CHECKING:
    from tests.people import People

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 30
SAID: dict[str, Any] = {
    "title": "Tide tables", "kind": "worksheet", "language": "en", "grade_low": "6", "grade_high": "8", "level": "usual",
    "minutes": "20", "screen": "no", "with_whom": "pair", "uses": ["essential", "paper"],
}  # fmt: skip


def add(client: Client, way: str, **said: Any) -> Any:
    return client.post(reverse("teacher-library-add-by", kwargs={"way": way}), {**SAID, **said})


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    """Ada, signed in."""
    return sign_in(client, people.ada)


def test_a_link_is_on_the_shelf_with_what_was_said(ada: Client, people: People):
    answer = add(ada, "link", url="example.org/tides", topics="Boats, sea , boats", skills="7.1", ways_in=["explore"])
    made = Resource.objects.get(title="Tide tables")

    assert answer.status_code == 302
    assert (made.url, made.topics, made.school, made.added_by) == (
        "https://example.org/tides",
        ["boats", "sea"],
        people.school,
        people.ada,
    )
    assert Alignment.objects.get(resource=made).competency == people.competencies["7.1"]


def test_skills_of_the_class_are_ticked_without_a_code(ada: Client, people: People):
    add(ada, "own", path_skills=[people.competencies["7.3"].pk, people.competencies["7.2"].pk])
    rows = Alignment.objects.filter(resource__title="Tide tables", status="accepted", decided_by=people.ada)

    assert {row.competency for row in rows} == {people.competencies["7.2"], people.competencies["7.3"]}
    assert [row.is_primary for row in rows].count(True) == 1


def test_a_text_that_one_wrote_is_measured(ada: Client):
    add(ada, "own", text="The cat sat by the old red door all day. " * 12, steps="Read.\n\nDraw the door.")
    made = Resource.objects.get(title="Tide tables")

    assert made.steps == ["Read.", "Draw the door."]
    assert 0 < made.reading_level < 4
    assert made.word_count == 120


def test_a_level_that_the_teacher_says_is_kept(ada: Client):
    add(ada, "own", text="The cat sat by the old red door all day. " * 12, reading_level="5.5")
    made = Resource.objects.get(title="Tide tables")

    assert (made.reading_level, made.reading_measure) == (5.5, "teacher")


def test_a_file_is_kept_as_what_it_is(ada: Client, people: People):
    add(ada, "file", file=SimpleUploadedFile("../my tide\u202etxt.html", PNG, content_type="text/html"))
    file = Resource.objects.get(title="Tide tables").file

    assert file is not None
    assert (file.name, file.media_type, file.school) == ("my tidetxt.png", "image/png", people.school)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.png", b"<!DOCTYPE html><script>1</script>", "web page"),
        ("course.zip", b"PK\x03\x04", "none of the kinds"),
        ("empty.pdf", b"", "empty"),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused_and_what_was_typed_stays(
    ada: Client, name: str, content: bytes, words: str
):
    answer = add(ada, "file", file=SimpleUploadedFile(name, content))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Tide tables" in answer.content.decode()
    assert not StoredFile.objects.exists()


def test_a_file_that_is_too_large_is_not_kept(ada: Client, settings: Any):
    settings.LARGEST_FILE_MB = 1
    answer = add(ada, "file", file=SimpleUploadedFile("a.png", PNG + bytes(2 * 1024 * 1024)))

    assert "3 MB; at most 1 MB" in answer.content.decode()
    assert not Resource.objects.filter(title="Tide tables").exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"title": " "}, "Give it a title"),
        ({"url": ""}, "address the link leads to"),
        ({"url": "javascript:alert(1)"}, "whole address"),
        ({"minutes": "0"}, "whole number of minutes"),
        ({"grade_low": "9"}, "Turn them round"),
        ({"skills": "7.1, XX.9"}, "XX.9"),
        ({"reading_level": "forty"}, "Write a grade such as 4"),
        ({"kind": "nothing"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(ada: Client, said: dict[str, str], words: str):
    answer = add(ada, "link", **{"url": "https://example.org", **said})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Resource.objects.filter(added_by__isnull=False, title="Tide tables").exists()


def test_a_way_that_is_none_is_not_found(ada: Client):
    assert ada.get(reverse("teacher-library-add-by", kwargs={"way": "magic"})).status_code == 404


class TestChanging:
    @pytest.fixture
    def made(self, ada: Client) -> Resource:
        """What Ada added a moment ago."""
        add(ada, "link", url="https://example.org/tides", skills="7.1, 6.1", needs="a map, two pencils")
        return Resource.objects.get(title="Tide tables")

    def send(self, client: Client, made: Resource, **said: Any) -> Any:
        return client.post(reverse("teacher-resource-edit", kwargs={"resource": made.uuid}), {**SAID, **said})

    def test_the_form_holds_what_is_there(self, ada: Client, made: Resource):
        page = ada.get(reverse("teacher-resource-edit", kwargs={"resource": made.uuid})).content.decode()

        assert "https://example.org/tides" in page
        assert "a map, two pencils" in page
        assert 'value="TA.6.1"' in page

    def test_a_skill_that_is_not_named_any_more_is_refused(self, ada: Client, people: People, made: Resource):
        self.send(ada, made, title="Tides", path_skills=[people.competencies["7.1"].pk])
        made.refresh_from_db()

        assert made.title == "Tides"
        assert dict(made.alignments.values_list("competency__code", "status")) == {
            "TA.7.1": "accepted",
            "TA.6.1": "refused",
        }

    def test_sending_it_as_it_was_changes_nothing(self, ada: Client, people: People, made: Resource):
        before = made.alignments.values_list("pk", "is_primary", "status")
        said = {
            "url": made.url,
            "path_skills": [people.competencies["7.1"].pk],
            "skills": "6.1",
            "needs": "a map, two pencils",
            "ways_in": made.ways_in,
        }
        answer = ada.post(
            reverse("teacher-resource-edit", kwargs={"resource": made.uuid}), {**SAID, **said}, follow=True
        )

        assert "Nothing was changed." in answer.content.decode()
        assert list(made.alignments.values_list("pk", "is_primary", "status")) == list(before)

    def test_it_is_put_away_and_brought_back(self, ada: Client, people: People, made: Resource):
        ada.post(reverse("teacher-resource-put-away", kwargs={"resource": made.uuid}))
        assert not resources_of_school(people.school).filter(pk=made.pk).exists()

        ada.post(reverse("teacher-resource-bring-back", kwargs={"resource": made.uuid}))
        assert resources_of_school(people.school).filter(pk=made.pk).exists()

    def test_another_school_and_what_all_share_are_not_found(self, client: Client, people: People, made: Resource):
        shared = people.resource("7.1-essential")
        address = reverse("teacher-resource-edit", kwargs={"resource": shared.uuid})
        assert client.get(address).status_code == 404
        sign_in(client, people.eve)
        assert self.send(client, made, title="Mine").status_code == 404
