"""A leader sees classes and people of their own school, makes a class from a pasted list, and closes accounts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from headway.core.shared.school_weeks import monday_of
from headway.records.audit.models import Event
from headway.records.roster.models import Class, FamilyLink, Person, SignInCard
from tests.people import PASSWORD, People

NAMES_25 = "\n".join(f"{number}. Student{chr(65 + number)} Family{chr(65 + number)}" for number in range(25))


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    """A browser where Grace, who leads the school, is signed in."""
    client.force_login(people.grace)
    return client


def class_form(people: People, **changes: Any) -> dict[str, Any]:
    """Return what Grace types to make a class."""
    return {
        "school": people.school.pk,
        "name": "English 7",
        "period": "4",
        "grade": 7,
        "language": "en",
        "teacher": people.ada.pk,
        "timetable": "daily-50",
        "starts_at": "09:10",
        "path": people.school_class.pk,
        "names": NAMES_25,
        **changes,
    }


def test_the_first_page_lists_the_classes_of_the_own_school_only(grace: Client) -> None:
    page = grace.get(reverse("leader-home")).content.decode()
    # Without the tags: a token in one of them may hold any two letters.
    words = strip_tags(page)
    assert "7B" in words
    assert "7H" not in words


def test_the_first_page_asks_the_same_number_of_questions_for_more_classes(
    grace: Client, people: People, django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as before:
        grace.get(reverse("leader-home"))
    asked = len(before.captured_queries)
    for period in ("5", "6", "7"):
        grace.post(reverse("leader-class-new"), class_form(people, period=period))
    grace.get(reverse("leader-home"))
    with django_assert_num_queries(asked):
        grace.get(reverse("leader-home"))


def test_a_class_without_plans_needs_somebody(grace: Client) -> None:
    assert "7B has no plans this week" in grace.get(reverse("leader-home")).content.decode()


def test_approved_plans_are_counted(grace: Client, people: People) -> None:
    # On a weekend the page is about the week that comes.
    people.approve(monday_of(timezone.localdate(people.now) + timedelta(days=2)))
    page = grace.get(reverse("leader-home")).content.decode()
    assert "8 approved" in page


def test_twenty_five_names_become_a_class_with_cards_timetable_teacher_and_skills(
    grace: Client, people: People
) -> None:
    answer = grace.post(reverse("leader-class-new"), class_form(people))
    made = Class.objects.get(name="English 7")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("leader-class", kwargs={"class_id": made.pk})
    students = Person.objects.filter(enrolments__school_class=made)
    assert students.count() == 25
    assert SignInCard.objects.filter(student__in=students, revoked_at__isnull=True).count() == 25
    assert made.periods.count() == 5
    assert made.teachings.get().teacher == people.ada
    assert made.path.count() == len(people.path)


def test_pasting_the_same_list_again_changes_nothing(grace: Client, people: People) -> None:
    grace.post(reverse("leader-class-new"), class_form(people))
    before = (Class.objects.count(), Person.objects.count(), SignInCard.objects.count())
    grace.post(reverse("leader-class-new"), class_form(people, names=NAMES_25.upper()))
    assert (Class.objects.count(), Person.objects.count(), SignInCard.objects.count()) == before


def test_a_line_that_cannot_be_read_is_named_and_what_was_typed_stays(grace: Client, people: People) -> None:
    typed = "Ana Ruiz\nnobody@school.example\nLi Wei"
    answer = grace.post(reverse("leader-class-new"), class_form(people, names=typed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 2" in page
    assert typed in page
    assert 'value="English 7"' in page
    assert not Class.objects.filter(name="English 7").exists()


def test_checking_a_list_shows_how_each_line_is_read_and_makes_nothing(grace: Client, people: People) -> None:
    page = grace.post(reverse("leader-class-new"), class_form(people, names="RUIZ, Ana", check="1")).content.decode()
    assert re.search(r"<td>Ana</td><td>RUIZ", page)
    assert not Class.objects.filter(name="English 7").exists()


def test_a_class_without_a_name_is_refused_beside_the_field(grace: Client, people: People) -> None:
    page = grace.post(reverse("leader-class-new"), class_form(people, name="")).content.decode()
    assert "Give the class a name." in page


def test_a_class_for_another_school_is_refused(grace: Client, people: People) -> None:
    answer = grace.post(reverse("leader-class-new"), class_form(people, school=people.other_school.pk))
    assert answer.status_code == 422
    assert not Class.objects.filter(name="English 7").exists()


def test_a_teacher_of_another_school_cannot_be_given_the_class(grace: Client, people: People) -> None:
    answer = grace.post(reverse("leader-class-new"), class_form(people, teacher=people.eve.pk))
    assert answer.status_code == 422


def test_more_names_join_a_class_and_known_ones_stay(grace: Client, people: People) -> None:
    address = reverse("leader-class-paste", kwargs={"class_id": people.school_class.pk})
    grace.post(address, {"names": "Ben Alvarez\nNia Obi"})
    assert people.school_class.enrolments.count() == len(people.students) + 1


def test_cards_of_a_class_print_ten_to_a_page_with_the_words_of_the_code(grace: Client, people: People) -> None:
    code = people.card_code(people.ben)
    page = grace.get(reverse("leader-cards", kwargs={"class_id": people.school_class.pk})).content.decode()
    assert code.replace("-", " ") in page
    assert page.count('class="signcard"') == 1
    assert "7 students have no card yet." in page


def test_missing_cards_are_made_with_one_press(grace: Client, people: People) -> None:
    grace.post(reverse("leader-cards", kwargs={"class_id": people.school_class.pk}))
    assert SignInCard.objects.filter(revoked_at__isnull=True).count() == len(people.students)


def test_people_are_found_by_a_part_of_the_name(grace: Client) -> None:
    page = grace.get(reverse("leader-people"), {"q": "lin ad"}).content.decode()
    assert "Ada Lind" in page
    assert "Ben Alvarez" not in page


def test_people_are_found_by_role(grace: Client) -> None:
    page = grace.get(reverse("leader-people"), {"role": "guardian"}).content.decode()
    assert "Dana Alvarez" in page
    assert "Ben Alvarez" not in page


def test_people_of_another_school_are_not_listed(grace: Client) -> None:
    assert "Eve Stone" not in grace.get(reverse("leader-people"), {"q": "Eve"}).content.decode()


def test_switching_a_teacher_off_ends_the_open_session_at_once(grace: Client, people: People) -> None:
    ada = Client()
    ada.force_login(people.ada)
    grace.post(reverse("leader-switch-off", kwargs={"person": people.ada.uuid}))
    assert ada.get(reverse("password")).status_code == 302
    assert Event.objects.filter(verb="person.switched_off", record_id=people.ada.pk).exists()


def test_switching_off_can_be_undone_from_the_toast(grace: Client, people: People) -> None:
    page = grace.post(reverse("leader-switch-off", kwargs={"person": people.ada.uuid}), follow=True).content.decode()
    undo = re.search(r'class="toast".*?action="([^"]+)"', page, re.DOTALL)
    assert undo
    grace.post(undo[1])
    people.ada.refresh_from_db()
    assert people.ada.is_active


def test_nobody_closes_their_own_door(grace: Client, people: People) -> None:
    assert grace.post(reverse("leader-switch-off", kwargs={"person": people.grace.uuid})).status_code == 409


def test_a_person_of_another_school_is_not_found(grace: Client, people: People) -> None:
    assert grace.get(reverse("leader-person", kwargs={"person": people.eve.uuid})).status_code == 404
    assert grace.post(reverse("leader-switch-off", kwargs={"person": people.gus.uuid})).status_code == 404


def test_a_new_card_stops_the_old_one_and_the_session_it_opened(grace: Client, people: People) -> None:
    old = people.card_code(people.ben)
    ben = Client()
    ben.post(reverse("card-code", kwargs={"code": old}))
    grace.post(reverse("leader-new-card", kwargs={"person": people.ben.uuid}))
    assert ben.get(reverse("home"))["Location"] == reverse("sign-in")
    assert Client().post(reverse("card-code", kwargs={"code": old})).status_code == 422


def test_a_one_time_password_is_shown_once(grace: Client, people: People) -> None:
    address = reverse("leader-password", kwargs={"person": people.ada.uuid})
    first = grace.post(address, follow=True).content.decode()
    shown = re.search(r'onetime">([^<]+)<', first)
    assert shown
    again = grace.get(reverse("leader-person", kwargs={"person": people.ada.uuid})).content.decode()
    assert shown[1] not in again


def test_a_one_time_password_opens_only_the_page_where_another_is_chosen(grace: Client, people: People) -> None:
    page = grace.post(reverse("leader-password", kwargs={"person": people.grace.uuid}))
    assert page.status_code == 409
    first = grace.post(reverse("leader-password", kwargs={"person": people.ada.uuid}), follow=True).content.decode()
    given = re.search(r'onetime">([^<]+)<', first)
    assert given
    ada = Client()
    assert ada.post(reverse("sign-in"), {"username": "ada", "password": PASSWORD}).status_code == 422
    assert ada.post(reverse("sign-in"), {"username": "ada", "password": given[1]}).status_code == 302
    assert ada.get(reverse("home"))["Location"] == reverse("password")
    cards = reverse("teacher-cards", kwargs={"class_id": people.school_class.pk})
    assert ada.get(cards)["Location"] == reverse("password")
    ada.post(reverse("password"), {"old": given[1], "new": "the tide comes in twice"})
    assert ada.get(cards).status_code == 200


def test_a_guardian_is_added_with_a_link_to_print(grace: Client, people: People) -> None:
    address = reverse("leader-add-guardian", kwargs={"person": people.caro.uuid})
    facts = {"given_name": "Rosa", "family_name": "Brandt", "relationship": "mother", "language": "es", "code": ""}
    page = grace.post(address, facts, follow=True).content.decode()
    assert "Rosa Brandt can read the week of Caro" in page
    assert "/home/" in page
    assert Client().get(re.search(r"/home/[a-z0-9-]+/", page)[0]).status_code == 200  # type: ignore[index]


def test_one_link_opens_the_weeks_of_two_children(grace: Client, people: People) -> None:
    address = reverse("leader-add-guardian", kwargs={"person": people.caro.uuid})
    grace.post(address, {"code": people.family_code.replace("-", " ").upper(), "language": "es"})
    assert people.dana.children_links.count() == 2


def test_a_guardian_without_a_name_is_refused_beside_the_field(grace: Client, people: People) -> None:
    address = reverse("leader-add-guardian", kwargs={"person": people.caro.uuid})
    assert "Type the name of the adult at home." in grace.post(address, {"language": "en"}).content.decode()


def test_a_stopped_family_link_opens_nothing_and_a_new_one_is_another(grace: Client, people: People) -> None:
    grace.post(reverse("leader-family-link-stop", kwargs={"person": people.dana.uuid}))
    assert Client().get(reverse("family-week", kwargs={"code": people.family_code})).status_code == 410
    grace.post(reverse("leader-family-link", kwargs={"person": people.dana.uuid}))
    assert FamilyLink.objects.filter(guardian=people.dana, revoked_at__isnull=True).count() == 1


def test_an_adult_is_added_and_a_taken_sign_in_name_is_refused(grace: Client) -> None:
    facts = {"given_name": "Omar", "family_name": "Reyes", "title": "Mr.", "role": "teacher", "username": "ADA"}
    taken = grace.post(reverse("leader-person-new"), facts)
    assert taken.status_code == 422
    assert "Choose another sign-in name" in taken.content.decode()
    assert (
        "onetime"
        in grace.post(reverse("leader-person-new"), {**facts, "username": "omar"}, follow=True).content.decode()
    )
