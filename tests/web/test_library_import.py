"""Bringing a file in on a page: recognised, columns chosen, carried out, its report, and who may see all that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from headway.records.library.models import ColumnMapping, Delivery, Resource
from tests.people import sign_in

if TYPE_CHECKING:
    from tests.people import People

LIST = b"Benennung;Sprache;Dauer\nDas Boot;de;20\n=1+1;de;eine Weile\nDer Hafen;de;5\n"
CHOSEN = {"column-0": "title", "column-1": "language", "column-2": "minutes", "language": "de"}


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    """Ada, signed in."""
    return sign_in(client, people.ada)


def bring(client: Client, content: bytes = LIST, name: str = "liste.csv", **said: Any) -> Any:
    return client.post(reverse("teacher-import-new"), {"file": SimpleUploadedFile(name, content), **said})


def page(name: str, **facts: Any) -> str:
    return reverse(name, kwargs={"delivery": Delivery.objects.latest("pk").uuid, **facts})


def brought(client: Client, capture: Any, **said: Any) -> Delivery:
    bring(client, **said)
    with capture(execute=True):
        client.post(page("teacher-import-columns"), CHOSEN)
    return Delivery.objects.latest("pk")


def test_a_table_goes_to_its_columns_with_its_first_rows(ada: Client):
    answer = bring(ada)
    shown = ada.get(answer["Location"]).content.decode()

    assert answer["Location"] == page("teacher-import-columns")
    assert "Das Boot" in shown
    assert not Resource.objects.filter(title="Das Boot").exists()


def test_looking_again_shows_the_rows_as_chosen(ada: Client):
    bring(ada)
    shown = ada.post(page("teacher-import-columns"), {**CHOSEN, "look": "1"}).content.decode()

    assert "eine Weile" in shown
    assert "is not a duration" in shown


def test_without_a_title_nothing_begins(ada: Client):
    bring(ada)
    answer = ada.post(page("teacher-import-columns"), {**CHOSEN, "column-0": ""})

    assert answer.status_code == 422
    assert "which column tells the title" in answer.content.decode()
    assert Delivery.objects.latest("pk").state == "waiting"


def test_what_was_chosen_comes_in_and_the_report_says_what_was_left_out(
    ada: Client, people: People, django_capture_on_commit_callbacks: Any
):
    delivery = brought(ada, django_capture_on_commit_callbacks)
    shown = ada.get(page("teacher-import")).content.decode()

    assert delivery.state == "done"
    assert Resource.objects.filter(delivery=delivery, school=people.school, language="de").count() == 2
    assert "line 3, Dauer" in shown
    assert "What came in" in shown


def test_the_rows_left_out_are_a_table_without_formulas(ada: Client, django_capture_on_commit_callbacks: Any):
    delivery = brought(ada, django_capture_on_commit_callbacks)
    delivery.report["refused_rows"][0]["place"] = "=cmd()"
    delivery.save()
    answer = ada.get(page("teacher-import-refused"))

    assert answer["Content-Disposition"].startswith("attachment")
    assert "'=cmd()" in answer.content.decode()


def test_the_next_file_has_its_columns_chosen(ada: Client, people: People, django_capture_on_commit_callbacks: Any):
    brought(ada, django_capture_on_commit_callbacks, source="Hafen")
    answer = bring(ada, LIST + b"Die Flut;de;5\n", source="Hafen")

    assert "as they were for the last such table" in ada.get(answer["Location"]).content.decode()
    assert ColumnMapping.objects.get().made_by == people.ada


def test_the_same_file_again_changes_nothing(ada: Client, django_capture_on_commit_callbacks: Any):
    brought(ada, django_capture_on_commit_callbacks)
    again = brought(ada, django_capture_on_commit_callbacks)

    assert again.report["taken"]["resources"] == {"made": 0, "changed": 0, "unchanged": 2}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file"),
        (b"\x89PNG\r\n\x1a\n\x00", "nothing that can be brought in"),
        (b'{"CFDocument": {}}', "framework"),
    ],
)
def test_what_is_nothing_of_ours_is_refused_on_the_page(ada: Client, content: bytes, words: str):
    answer = bring(ada, content)

    assert answer.status_code == 422
    assert words in answer.content.decode() or "empty" in answer.content.decode()
    assert not Delivery.objects.filter(name="liste.csv").exists()


def test_a_file_that_is_too_large_is_refused(ada: Client, settings: Any):
    settings.LARGEST_IMPORT_MB = 1
    assert "at most 1 MB" in bring(ada, b"title,b\n" + b"x,y\n" * 400_000).content.decode()


def test_a_table_is_put_aside_before_it_begins(ada: Client):
    bring(ada)
    ada.post(page("teacher-import-leave"))

    assert Delivery.objects.latest("pk").state == "refused"
    assert "put aside" in ada.get(page("teacher-import")).content.decode()


def test_progress_is_asked_for_by_itself_and_can_be_left(ada: Client):
    bring(ada)
    Delivery.objects.update(
        state="reading", step="Saving", done=500, total=2000, seen_at=timezone.now(), options={"is_started": True}
    )
    shown = ada.get(page("teacher-import"), headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 1s"' in shown
    assert '<progress value="500" max="2000"' in shown
    assert "<html" not in shown


def test_an_end_loads_the_whole_page(ada: Client, django_capture_on_commit_callbacks: Any):
    brought(ada, django_capture_on_commit_callbacks)
    assert ada.get(page("teacher-import"), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_one_that_has_stopped_is_begun_again(ada: Client, django_capture_on_commit_callbacks: Any):
    bring(ada)
    long_ago = timezone.now() - timedelta(minutes=10)
    options = {"is_started": True, "columns": {"Benennung": "title", "Sprache": "language", "Dauer": ""}}
    Delivery.objects.update(state="reading", seen_at=long_ago, options=options)

    assert "It has stopped" in ada.get(page("teacher-import")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        ada.post(page("teacher-import-again"))
    assert Delivery.objects.latest("pk").state == "done"


@pytest.mark.parametrize("name", ["teacher-import", "teacher-import-columns", "teacher-import-refused"])
def test_another_school_finds_nothing(ada: Client, client: Client, people: People, name: str):
    bring(ada)
    assert sign_in(client, people.eve).get(page(name)).status_code == 404


def test_the_list_asks_the_database_no_more_for_more_imports(
    ada: Client, people: People, django_assert_max_num_queries: Any
):
    for number in range(12):
        bring(ada, LIST + f"Nr {number};de;5\n".encode(), name=f"list{number}.csv")
    with django_assert_max_num_queries(14):
        shown = ada.get(reverse("teacher-imports")).content.decode()
    assert shown.count('<li><a href="/teach/library/import/') == 12
