"""Files are handed out to those who may see them, and never as something that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from headway.core.library.values import FileIn
from headway.records.items.models import ItemFile
from headway.records.library import actions as library
from headway.records.library import shelving
from headway.records.library.models import Resource, StoredFile
from headway.web.shared.files import disposition
from tests.people import sign_in

if TYPE_CHECKING:
    from tests.people import People

SOUND = b"ID3\x03\x00" + bytes(range(256)) * 20


@pytest.fixture
def recording(people: People) -> Resource:
    """A sound that Ada put into the library of her school."""
    return shelving.add_resource(
        school=people.school,
        facts={"title": "Fog horn", "kind": "audio"},
        file=FileIn(name="Fog horn ñ.mp3", media_type="audio/mpeg", content=SOUND),
        by=people.ada,
        at=people.now,
    )


def address(file: StoredFile | None) -> str:
    assert file is not None
    return reverse("stored-file", kwargs={"uuid": file.uuid, "name": file.name})


def kept(people: People, media_type: str, content: bytes = b"<script>alert(1)</script>") -> StoredFile:
    """A file as an importer may have stored it, whatever it is."""
    file = FileIn(name="thing", media_type=media_type, content=content)
    return library.store_file(file=file, school=people.school, by=people.ada, at=people.now)


def test_a_student_of_the_school_hears_it(client: Client, people: People, recording: Resource):
    answer = sign_in(client, people.ben).get(address(recording.file))

    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer["Content-Type"] == "audio/mpeg"
    assert answer["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize("who", ["eve", "gus", "hal"])
def test_another_school_finds_nothing(client: Client, people: People, recording: Resource, who: str):
    assert sign_in(client, getattr(people, who)).get(address(recording.file)).status_code == 404


def test_who_is_not_signed_in_is_asked_to(client: Client, recording: Resource):
    assert client.get(address(recording.file)).status_code == 302


def test_a_student_does_not_get_what_was_put_away_or_is_no_resource(
    client: Client, people: People, recording: Resource
):
    shelving.put_away(resource=recording, by=people.ada, at=people.now)
    package = kept(people, "application/zip", b"PK")

    sign_in(client, people.ben)

    assert [client.get(address(each)).status_code for each in (recording.file, package)] == [404, 404]


def test_every_answer_forbids_what_a_file_could_do(client: Client, people: People, recording: Resource):
    answer = sign_in(client, people.ben).get(address(recording.file))

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/javascript",
        "application/xml",
        "text/html; charset=x",
        "x/y",
    ],
)
def test_active_content_is_only_ever_a_download_of_bytes(client: Client, people: People, media_type: str):
    answer = sign_in(client, people.ada).get(address(kept(people, media_type)))

    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_document_and_a_text_are_downloaded_as_what_they_are(client: Client, people: People):
    sign_in(client, people.ada)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    answers = [client.get(address(kept(people, kind, kind.encode()))) for kind in (word, "text/plain")]

    assert [answer["Content-Type"] for answer in answers] == [word, "text/plain; charset=utf-8"]
    assert all(answer["Content-Disposition"].startswith("attachment") for answer in answers)


@pytest.mark.parametrize(
    ("wanted", "status", "part", "content_range"),
    [
        ("bytes=0-9", 206, SOUND[:10], f"bytes 0-9/{len(SOUND)}"),
        ("bytes=100-", 206, SOUND[100:], f"bytes 100-{len(SOUND) - 1}/{len(SOUND)}"),
        ("bytes=-5", 206, SOUND[-5:], f"bytes {len(SOUND) - 5}-{len(SOUND) - 1}/{len(SOUND)}"),
        ("bytes=0-999999", 206, SOUND, f"bytes 0-{len(SOUND) - 1}/{len(SOUND)}"),
        ("bytes=999999-", 416, b"", f"bytes */{len(SOUND)}"),
        ("bytes=9-2", 416, b"", f"bytes */{len(SOUND)}"),
        ("bytes=0-1,5-6", 200, SOUND, None),
        ("lines=1-2", 200, SOUND, None),
    ],
)
def test_a_player_gets_the_part_it_asks_for(
    client: Client,
    people: People,
    recording: Resource,
    wanted: str,
    status: int,
    part: bytes,
    content_range: str | None,
):
    answer = sign_in(client, people.ben).get(
        address(recording.file), headers={"range": wanted, "accept-encoding": "gzip"}
    )

    assert (answer.status_code, answer.content) == (status, part)
    assert answer.headers.get("Content-Range") == content_range


def test_what_the_browser_has_is_not_sent_again(client: Client, people: People, recording: Resource):
    sign_in(client, people.ben)
    first = client.get(address(recording.file))
    again = client.get(address(recording.file), headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_part_of_what_has_changed_is_sent_whole(client: Client, people: People, recording: Resource):
    answer = sign_in(client, people.ben).get(
        address(recording.file), headers={"range": "bytes=0-9", "if-range": '"older"'}
    )
    assert (answer.status_code, len(answer.content)) == (200, len(SOUND))


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b", 'a"; filename=evil.exe', "a\u202efdp.exe", "ñandú 潮.mp3"])
def test_no_name_breaks_out_of_its_header(name: str):
    said = disposition(name, is_shown=False)

    assert said.isascii()
    assert "\r" not in said
    assert "\n" not in said
    assert said.count('"') == 2


def test_the_drawing_of_a_question_is_a_picture_that_can_only_be_shown_within_a_page(
    client: Client, people: People
) -> None:
    drawing = kept(people, "image/svg+xml")
    ItemFile.objects.create(item=people.item("7.1-number"), path="tide.svg", file=drawing)
    answer = sign_in(client, people.ben).get(address(drawing))

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
