"""A guardian opens the week by a link: in their language, small, printable, and never more than their own children."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.records.roster import actions as roster
from headway.records.roster.models import FamilyLink
from headway.records.wellbeing import actions as wellbeing
from headway.records.wellbeing.models import FamilyMessage
from tests.people import PASSWORD, People

MOST_BYTES = 50_000


@pytest.fixture
def address(people: People) -> str:
    """Where Dana's link leads."""
    return reverse("family-week", kwargs={"code": people.family_code})


def page(client: Client, address: str, **query: str) -> str:
    """Return the page, which must be there."""
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_link_opens_the_week_in_the_guardians_language(client: Client, address: str) -> None:
    answer = client.get(address)
    assert '<html lang="es"' in answer.content.decode()
    assert answer["Content-Language"] == "es"


def test_the_language_changes_by_a_plain_link_and_is_remembered(client: Client, address: str) -> None:
    assert '<html lang="en"' in page(client, address, language="en")
    assert '<html lang="en"' in page(client, address)


def test_an_unknown_language_changes_nothing(client: Client, address: str) -> None:
    assert '<html lang="es"' in page(client, address, language="tlh")


def test_a_draft_is_not_shown_at_home(client: Client, people: People, address: str) -> None:
    people.draft()
    text = page(client, address, language="en")
    assert "The plan is not here yet" in text
    assert "at the harbor" not in text


def test_an_approved_week_is_shown_day_by_day(client: Client, people: People, address: str) -> None:
    people.approve()
    text = page(client, address, language="en")
    assert text.count('<ol class="days">') == 1
    assert "Essential" in text
    assert "minutes this week" in text


def test_what_goes_well_comes_first(client: Client, people: People, address: str) -> None:
    for days_ago in range(1, 9):
        people.answer(people.ben, "7.2", right=True, days_ago=days_ago / 10, difficulty=1.0)
    text = page(client, address, language="en")
    words = re.findall(r"tm--(\w+)", text)
    order = ["beyond", "secure", "growing", "recheck", "starting", "none"]
    assert words == sorted(words, key=order.index)


def test_no_number_stands_for_a_child(client: Client, people: People, address: str) -> None:
    people.approve()
    assert "%" not in re.sub(r"<head>.*?</head>", "", page(client, address, language="en"), flags=re.DOTALL)


def test_the_teachers_message_is_read_in_translation_with_the_original_at_hand(
    client: Client, people: People, address: str
) -> None:
    wellbeing.write_message(
        student=people.ben,
        words="Ben explained a tide table.",
        translations={"es": "Ben explicó una tabla de mareas."},
        by=people.ada,
        at=people.now,
        monday=people.monday,
        language="en",
        is_from_home=False,
    )
    text = page(client, address)
    assert text.index("Ben explicó una tabla de mareas.") < text.index("Ben explained a tide table.")


def test_a_reply_is_kept_in_the_words_it_was_written_in(client: Client, people: People, address: str) -> None:
    answer = client.post(address, {"child": str(people.ben.uuid), "words": "Mañana no viene.", "id": str(uuid4())})
    assert answer.status_code == 302
    kept = FamilyMessage.objects.get()
    assert (kept.words, kept.language, kept.is_from_home, kept.by) == ("Mañana no viene.", "es", True, people.dana)
    assert "Mañana no viene." in page(client, address)


def test_a_double_press_is_one_message(client: Client, people: People, address: str) -> None:
    facts = {"child": str(people.ben.uuid), "words": "¿Podemos hablar?", "id": str(uuid4())}
    client.post(address, facts)
    client.post(address, facts)
    assert FamilyMessage.objects.count() == 1


def test_an_empty_reply_is_refused_beside_the_field(client: Client, people: People, address: str) -> None:
    client.get(address, {"language": "en"})
    answer = client.post(address, {"child": str(people.ben.uuid), "words": "  ", "id": ""})
    assert answer.status_code == 422
    assert "Write a message, then send." in answer.content.decode()


def test_a_reply_about_somebody_elses_child_is_not_found(client: Client, people: People, address: str) -> None:
    answer = client.post(address, {"child": str(people.caro.uuid), "words": "Hello"})
    assert answer.status_code == 404
    assert not FamilyMessage.objects.exists()


def test_several_children_are_on_one_page(client: Client, people: People, address: str) -> None:
    roster.link_guardian(guardian=people.dana, student=people.caro, relationship="aunt", by=people.grace, at=people.now)
    people.approve()
    text = page(client, address)
    assert text.count('<section class="child"') == 2


def test_other_children_are_not_on_the_page(client: Client, people: People, address: str) -> None:
    people.approve()
    assert "Caro" not in page(client, address)


def test_a_child_who_was_switched_off_is_not_shown(client: Client, people: People, address: str) -> None:
    roster.switch_off(person=people.ben, by=people.grace, at=people.now)
    assert "Ben" not in page(client, address)


def test_an_ended_link_says_what_to_do_in_the_guardians_language(client: Client, people: People, address: str) -> None:
    FamilyLink.objects.update(issued_at=people.now - timedelta(days=9), expires_at=people.now - timedelta(days=1))
    answer = client.get(address)
    assert answer.status_code == 410
    assert '<html lang="es"' in answer.content.decode()
    assert "Ben" not in answer.content.decode()


def test_an_unknown_link_is_not_found(client: Client, people: People) -> None:
    assert client.get(reverse("family-week", kwargs={"code": "otter-lamp-river-42"})).status_code == 404


def test_a_code_may_be_typed_in_capitals(client: Client, people: People) -> None:
    assert client.get(reverse("family-week", kwargs={"code": people.family_code.upper()})).status_code == 200


def test_guessing_links_is_slowed_down(client: Client, people: People, address: str) -> None:
    for number in range(40):
        client.get(reverse("family-week", kwargs={"code": f"otter-lamp-river-{number}"}))
    assert client.get(address).status_code == 429


def test_a_guardian_with_a_password_reads_the_same_page(client: Client, people: People) -> None:
    client.post(reverse("sign-in"), {"username": "dana", "password": PASSWORD})
    assert client.get(reverse("home"))["Location"] == reverse("family-home")
    assert "Ben" in page(client, reverse("family-home"))


def test_the_page_needs_no_script_and_no_font(client: Client, people: People, address: str) -> None:
    people.approve()
    text = page(client, address)
    assert "<script" not in text
    assert "woff2" not in text
    assert "woff2" not in (Path(settings.STATICFILES_DIRS[0]) / "family.css").read_text()


@pytest.mark.parametrize("children", [1, 3])
def test_a_cold_visit_is_under_fifty_thousand_bytes(
    client: Client, people: People, address: str, children: int
) -> None:
    for child in (people.caro, people.finn)[: children - 1]:
        roster.link_guardian(guardian=people.dana, student=child, relationship="aunt", by=people.grace, at=people.now)
    people.approve()
    text = page(client, address)
    parts = set(re.findall(r'(?:href|src)="/static/([^"#]+)"', text))
    assert parts == {"family.css", "favicon.svg"}
    folder = Path(settings.STATICFILES_DIRS[0])
    # The page itself is counted as it is; files are served compressed.
    total = len(text.encode()) + sum(len(gzip.compress((folder / part).read_bytes())) for part in parts)
    assert total < MOST_BYTES


def test_the_page_asks_a_fixed_number_of_questions_for_a_longer_week(
    client: Client, people: People, address: str, django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as empty:
        client.get(address)
    asked = len(empty.captured_queries)
    people.approve()
    with CaptureQueriesContext(connection) as full:
        client.get(address)
    assert len(full.captured_queries) <= asked + 6


def test_a_link_page_is_kept_out_of_search_and_shared_caches(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer["X-Robots-Tag"] == "noindex"
    assert "private" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
