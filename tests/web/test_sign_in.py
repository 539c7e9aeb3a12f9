"""The doors: passwords for adults, cards for students, slow guessing, no leaks, sessions that end."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from headway.core.access.roles import Role
from headway.records.audit.models import Event
from headway.records.roster import actions as roster
from headway.records.roster.models import SignInAttempt
from headway.web.shared.signing_in import FIRST_PAGES
from tests.people import PASSWORD, People


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in form."""
    return client.post(reverse("sign-in"), {"username": username, "password": password, **more})


def is_in(client: Client) -> bool:
    """Return whether somebody is signed in."""
    return "_auth_user_id" in client.session


def test_nobody_is_sent_to_the_sign_in_page(client: Client, db: None) -> None:
    assert client.get(reverse("home"))["Location"] == reverse("sign-in")


@pytest.mark.parametrize(
    ("name", "page"),
    [("ada", "teacher-today"), ("iris", "teacher-today"), ("grace", "leader-home"), ("dana", "family-home")],
)
def test_adults_land_on_the_first_page_of_their_role(client: Client, people: People, name: str, page: str) -> None:
    sign_in(client, name)
    assert client.get(reverse("home"))["Location"] == reverse(page)


def test_a_student_lands_on_the_own_week(client: Client, people: People) -> None:
    client.post(reverse("sign-in-card"), {"code": people.card_code(people.ben)})
    assert client.get(reverse("home"))["Location"] == reverse("student-week")


def test_somebody_without_a_role_is_told_whom_to_ask(client: Client, people: People) -> None:
    people.ada.role_grants.all().delete()
    client.force_login(people.ada)
    assert client.get(reverse("home")).status_code == 403


def test_the_sign_in_name_is_read_in_any_case(client: Client, people: People) -> None:
    sign_in(client, "ADA")
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_name_look_the_same(client: Client, people: People) -> None:
    wrong, unknown = sign_in(client, "ada", "no"), sign_in(client, "nobody", "no")
    assert wrong.status_code == unknown.status_code == 422
    assert b"do not go together" in wrong.content
    assert b"do not go together" in unknown.content


def test_what_was_typed_stays_but_never_the_password(client: Client, people: People) -> None:
    page = sign_in(client, "adda", "my secret words").content.decode()
    assert 'value="adda"' in page
    assert "my secret words" not in page


def test_empty_fields_are_explained_beside_them(client: Client, db: None) -> None:
    page = sign_in(client, "", "").content.decode()
    assert "Type your sign-in name." in page
    assert "Type your password." in page


def test_a_switched_off_person_cannot_sign_in(client: Client, people: People) -> None:
    roster.switch_off(person=people.ada, by=people.grace, at=people.now)
    assert sign_in(client, "ada").status_code == 422


def test_a_session_of_a_switched_off_person_ends_at_once(client: Client, people: People) -> None:
    client.force_login(people.ada)
    roster.switch_off(person=people.ada, by=people.grace, at=people.now)
    assert client.get(reverse("password")).status_code == 302


def test_guessing_a_password_is_slowed_down_even_with_the_right_one(client: Client, people: People) -> None:
    for _ in range(8):
        sign_in(client, "ada", "guess")
    answer = sign_in(client, "ada")
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert not is_in(client)


def test_guessing_one_name_does_not_close_the_door_for_another(client: Client, people: People) -> None:
    for _ in range(8):
        sign_in(client, "ada", "guess")
    sign_in(client, "grace")
    assert is_in(client)


def test_the_door_opens_again_after_a_while(client: Client, people: People) -> None:
    for _ in range(8):
        sign_in(client, "ada", "guess")
    for attempt in SignInAttempt.objects.all():
        SignInAttempt.objects.filter(pk=attempt.pk).update(at=attempt.at - timedelta(minutes=16))
    sign_in(client, "ada")
    assert is_in(client)


def test_failed_tries_keep_no_name_and_no_address(client: Client, people: People) -> None:
    sign_in(client, "ada", "guess")
    kept = "".join(SignInAttempt.objects.values_list("key", flat=True))
    assert "ada" not in kept
    assert "127.0.0.1" not in kept


def test_signing_in_starts_a_fresh_session(client: Client, people: People) -> None:
    client.get(reverse("sign-in"))
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = client.session.session_key
    sign_in(client, "ada")
    assert client.session.session_key != before


def test_signing_in_is_written_down_with_the_way(client: Client, people: People) -> None:
    sign_in(client, "ada")
    assert Event.objects.get(verb="person.signed_in").facts == {"way": "password"}


def test_the_page_that_was_asked_for_opens_after_signing_in(client: Client, people: People) -> None:
    assert sign_in(client, "ada", next="/password/")["Location"] == "/password/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(client: Client, people: People, elsewhere: str) -> None:
    assert sign_in(client, "ada", next=elsewhere)["Location"] == reverse("home")


def test_a_card_is_read_however_it_is_spelled(people: People) -> None:
    code = people.card_code(people.ben)
    words = code.split("-")
    for typed in (code.upper(), " ".join(words), "  " + ", ".join(words) + ". ", "_".join(words)):
        browser = Client()
        browser.post(reverse("sign-in-card"), {"code": typed})
        assert is_in(browser), typed


def test_unknown_words_are_refused_and_stay_in_the_field(client: Client, people: People) -> None:
    answer = client.post(reverse("sign-in-card"), {"code": "otter lamp rivver 42"})
    assert answer.status_code == 422
    assert "otter lamp rivver 42" in answer.content.decode()


def test_guessing_cards_is_slowed_down(client: Client, people: People) -> None:
    for number in range(40):
        client.post(reverse("sign-in-card"), {"code": f"otter lamp river {number}"})
    answer = client.post(reverse("sign-in-card"), {"code": people.card_code(people.ben)})
    assert answer.status_code == 429


def test_looking_at_a_square_code_signs_nobody_in_and_tells_no_name(client: Client, people: People) -> None:
    page = client.get(reverse("card-code", kwargs={"code": people.card_code(people.ben)}))
    assert not is_in(client)
    assert "Ben" not in page.content.decode()


def test_the_button_behind_a_square_code_signs_in(client: Client, people: People) -> None:
    client.post(reverse("card-code", kwargs={"code": people.card_code(people.ben)}))
    assert is_in(client)


def test_a_card_session_ends_with_the_browser_unless_the_device_is_ones_own(people: People) -> None:
    shared, own = Client(), Client()
    shared.post(reverse("sign-in-card"), {"code": people.card_code(people.ben)})
    own.post(reverse("sign-in-card"), {"code": people.card_code(people.ben), "stay": "on"})
    assert shared.session.get_expire_at_browser_close()
    assert not own.session.get_expire_at_browser_close()


def test_a_student_with_the_next_card_takes_over_a_shared_device(client: Client, people: People) -> None:
    client.post(reverse("card-code", kwargs={"code": people.card_code(people.ben)}))
    client.post(reverse("card-code", kwargs={"code": people.card_code(people.caro)}))
    assert client.session["_auth_user_id"] == str(people.caro.pk)


def test_a_card_of_a_switched_off_student_opens_nothing(client: Client, people: People) -> None:
    code = people.card_code(people.ben)
    roster.switch_off(person=people.ben, by=people.grace, at=people.now)
    assert client.post(reverse("card-code", kwargs={"code": code})).status_code == 422


def test_signing_out_ends_the_session(client: Client, people: People) -> None:
    client.force_login(people.ada)
    assert client.post(reverse("sign-out"))["Location"] == reverse("sign-in")
    assert not is_in(client)


def test_signing_out_needs_a_press(client: Client, people: People) -> None:
    client.force_login(people.ada)
    assert client.get(reverse("sign-out")).status_code == 405
    assert is_in(client)


def test_a_weak_or_repeated_password_is_refused_with_the_reason(client: Client, people: People) -> None:
    client.force_login(people.ada)
    for new in ("short", "password1234", PASSWORD):
        assert client.post(reverse("password"), {"old": PASSWORD, "new": new}).status_code == 422


def test_a_changed_password_keeps_this_session_and_ends_the_others(people: People) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        sign_in(browser, "ada")
    here.post(reverse("password"), {"old": PASSWORD, "new": "the tide comes in twice"})
    assert here.get(reverse("password")).status_code == 200
    assert elsewhere.get(reverse("password")).status_code == 302


def test_a_student_has_no_password_page(client: Client, people: People) -> None:
    client.force_login(people.ben)
    assert client.get(reverse("password")).status_code == 404


def test_a_language_is_remembered_for_a_person(client: Client, people: People) -> None:
    client.force_login(people.ada)
    client.post(reverse("language"), {"language": "es", "next": "/password/"})
    assert '<html lang="es"' in client.get(reverse("password")).content.decode()
    people.ada.refresh_from_db()
    assert people.ada.language == "es"


def test_a_language_left_on_a_shared_device_does_not_change_the_next_person(client: Client, people: People) -> None:
    client.post(reverse("language"), {"language": "es"})
    client.force_login(people.ada)
    assert '<html lang="en"' in client.get(reverse("password")).content.decode()


def test_a_language_that_is_not_offered_changes_nothing(client: Client, db: None) -> None:
    client.post(reverse("language"), {"language": "tlh"})
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies


@pytest.mark.parametrize(("field", "value", "cookie"), [("theme", "dark", "hw-theme"), ("text", "large", "hw-text")])
def test_looks_are_remembered_on_the_device_and_rendered_at_once(
    client: Client, db: None, field: str, value: str, cookie: str
) -> None:
    client.post(reverse("looks"), {field: value})
    assert f'data-{field}="{value}"' in client.get(reverse("sign-in")).content.decode()
    client.post(reverse("looks"), {field: "<script>"})
    assert client.cookies[cookie].value == ""


def test_going_back_after_a_choice_never_leaves_the_site(client: Client, db: None) -> None:
    for name, where in itertools.product(("looks", "language"), ("https://evil.example", "//evil.example")):
        assert client.post(reverse(name), {"next": where})["Location"] == reverse("home")


def test_a_form_from_another_site_is_refused_with_a_page_of_ours(people: People) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(reverse("sign-in"), {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 403
    assert "style=" not in answer.content.decode()


def test_every_role_has_a_first_page() -> None:
    assert {role for role, _page in FIRST_PAGES} == set(Role)
