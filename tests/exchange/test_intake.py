"""A file that a teacher brings in is recognised by its content, and carried out beside the requests."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.library.values import FileIn
from headway.exchange.intake import carrying
from headway.exchange.intake.recognising import recognise
from headway.exchange.shared.import_report import FileRefused
from headway.records.library import actions as library
from headway.records.library import deliveries, stored
from headway.records.library.models import ColumnMapping, Delivery, Resource

if TYPE_CHECKING:
    from tests.people import People

LIST = b"id,title,minutes\n1,Tide pools,20\n2,Boats,a while\n"


def packed(**members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return made.getvalue()


def brought(
    people: People, content: bytes = LIST, *, format: str = "table", name: str = "list.csv", **facts: Any
) -> Delivery:
    signed: dict[str, Any] = {"by": people.ada, "at": people.now}
    file = library.store_file(
        file=FileIn(name=name, media_type="text/csv", content=content), school=people.school, **signed
    )
    return deliveries.begin_delivery(
        format=format, source="List", name=name, school=people.school, original=file, **signed, **facts
    )


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (LIST, "table"),
        ("título;grado\nEl faro;3\n".encode("utf-16"), "table"),
        (b'{"title": "Boats", "lang": "en"}\n{"title": "Tides"}\n', "table"),
        (packed(**{"list.csv": "id,title\n1,x\n"}), "table"),
        (packed(**{"imsmanifest.xml": '<manifest xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1">'}), "common-cartridge"),
        (packed(**{"x/imsmanifest.xml": "<manifest><schema>IMS Common Cartridge</schema>"}), "common-cartridge"),
        (packed(**{"imsmanifest.xml": "<manifest>imsqti_item_xmlv2p2"}), "qti"),
        (packed(**{"q.xml": "<qti-assessment-item>"}), "qti"),
        (b'<?xml version="1.0"?><assessmentItem>', "qti"),
        (packed(**{"h5p.json": "{}", "content/content.json": "{}"}), "h5p"),
        (b'{"title": "c", "source_id": "x", "children": []}', "kolibri"),
        (b"SQLite format 3\x00", "kolibri"),
        (b'{"content_contentnode": []}', "kolibri"),
        (b'[{"model": "content.channelmetadata", "fields": {}}]', "kolibri"),
        (b'<div itemscope itemtype="http://schema.org/CreativeWork">', "lrmi"),
        (b'{"@context": "https://schema.org", "@type": "LearningResource"}', "lrmi"),
        (b'<html><script type="application/ld+json">{}</script>', "lrmi"),
        (json.dumps({"id": "a1", "title": "x", "body": "", "lesson": "L", "steps": []}).encode(), "oatutor"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_content_says(tmp_path: Path, content: bytes, format: str):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    assert recognise(path) == format


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b'{"CFDocument": {}, "CFItems": []}', "framework"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "nothing that can be brought in"),
        (b"PK\x03\x04 cut off", "nothing that can be brought in"),
        (packed(**{"a.png": "x", "b.png": "y"}), "nothing that can be brought in"),
        (b"<html><body>hello</body></html>", "nothing that can be brought in"),
    ],
)
def test_what_is_nothing_of_ours_is_refused_in_a_sentence(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=words):
        recognise(path)


def test_an_import_is_carried_out_and_ends_in_its_report(people: People, django_capture_on_commit_callbacks: Any):
    delivery = brought(people)
    with django_capture_on_commit_callbacks(execute=True):
        carrying.begin(delivery=delivery, options={"columns": {"title": "title"}}, at=people.now)
    delivery.refresh_from_db()

    assert (delivery.state, delivery.report["taken"]["resources"]["made"]) == ("done", 1)
    assert delivery.report["refused_rows"][0]["place"] == "line 3, minutes"
    assert Resource.objects.get(title="Tide pools").delivery == delivery
    assert ColumnMapping.objects.get().school == people.school


def test_a_refusal_is_in_the_report_and_nothing_came_in(people: People):
    delivery = brought(people, b"Farbe,Form\nrot,rund\n")
    before = Resource.objects.count()
    carrying.carry_out(delivery.pk, at=people.now)
    delivery.refresh_from_db()

    assert delivery.state == "refused"
    assert "Farbe, Form" in delivery.report["sentence"].format(**delivery.report["facts"])
    assert Resource.objects.count() == before


def test_whatever_breaks_in_a_reader_becomes_a_sentence(people: People, monkeypatch: pytest.MonkeyPatch):
    delivery = brought(people)

    def broken(*_given: object, **_facts: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("headway.exchange.table.reading.take_file", broken)
    carrying.carry_out(delivery.pk, at=people.now)
    delivery.refresh_from_db()

    assert (delivery.state, delivery.report["facts"]) == ("refused", {"kind": "ZeroDivisionError"})


def test_two_workers_do_not_carry_out_the_same_import(people: People):
    delivery = brought(people)

    assert deliveries.take_up_delivery(delivery=delivery, by=people.ada, at=people.now)
    assert not deliveries.take_up_delivery(delivery=delivery, by=people.ada, at=people.now + timedelta(seconds=5))


def test_an_import_whose_worker_is_gone_is_taken_up_again(people: People):
    delivery = brought(people)
    deliveries.take_up_delivery(delivery=delivery, by=people.ada, at=people.now)
    carrying.carry_out(delivery.pk, at=people.now + timedelta(minutes=3))

    delivery.refresh_from_db()
    assert delivery.state == "done"


def test_what_is_done_is_not_done_again(people: People):
    delivery = brought(people)
    carrying.carry_out(delivery.pk, at=people.now)
    carrying.carry_out(delivery.pk, at=people.now + timedelta(minutes=3))

    assert Resource.objects.filter(delivery=delivery).count() == 1


def test_a_file_that_is_gone_is_said(people: People):
    delivery = brought(people)
    Delivery.objects.update(original=None)
    carrying.carry_out(delivery.pk, at=people.now)

    delivery.refresh_from_db()
    assert "not here any more" in delivery.report["sentence"]


def test_a_long_saving_is_silent_and_nobody_takes_it_for_stopped(people: People):
    delivery = brought(people)
    Delivery.objects.update(state="reading", step="Saving", total=300_000, seen_at=people.now)
    delivery.refresh_from_db()

    assert not stored.is_stalled(delivery, at=people.now + timedelta(minutes=5))
    assert not deliveries.take_up_delivery(delivery=delivery, by=people.ada, at=people.now + timedelta(minutes=5))
    assert stored.is_stalled(delivery, at=people.now + timedelta(minutes=12))
