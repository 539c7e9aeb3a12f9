"""A school's own words for the states of mastery: named by its leader, read by everybody there and by nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from headway.records.standards import proficiency
from headway.records.standards.models import ProficiencyWord
from headway.web.shared.mastery_words import MASTERY_WORDS, state_word

if TYPE_CHECKING:
    from tests.people import People

OWN = {
    "starting": ("Setting out", "Has left the shore."),
    "growing": ("Under sail", "On the way, with some wind."),
    "secure": ("In harbor", "Arrived."),
    "beyond": ("Open sea", ""),
    "none": ("Not seen by us", "We have not looked."),
}


def _name(people: People, language: str = "en") -> None:
    proficiency.name_states(school=people.school, language=language, words=OWN, by=people.grace, at=people.now)


def _signed_in(people: People, name: str) -> Client:
    client = Client()
    client.force_login(getattr(people, name))
    return client


def _read(people: People, name: str, page: str, language: str = "", **where: object) -> str:
    client = _signed_in(people, name)
    if language:
        client.post(reverse("language"), {"language": language})
    answer = client.get(reverse(page, kwargs=where))
    assert answer.status_code == 200
    return answer.content.decode()


def _address(people: People, page: str = "leader-words-set", language: str = "en", **more: object) -> str:
    return reverse(page, kwargs={"school_id": people.school.pk, "language": language, **more})


# --- read by all three audiences --------------------------------------------------------------------------------------


def test_teachers_read_them_in_the_grid_and_on_a_cell(people: People) -> None:
    _name(people)
    grid = _read(people, "ada", "teacher-class", class_id=people.school_class.pk)
    cell = _read(
        people,
        "ada",
        "teacher-cell",
        class_id=people.school_class.pk,
        student=people.priya.uuid,
        competency_id=people.competencies["7.1"].pk,
    )
    assert "Under sail" in grid
    assert "Setting out" in grid
    assert "In harbor" in cell, "what a teacher can judge is worded so too"


def test_teachers_read_them_on_the_page_of_a_skill(people: People) -> None:
    _name(people)
    page = _read(people, "ada", "teacher-skill", competency_id=people.competencies["7.1"].pk)
    assert "Setting out" in page


def test_students_read_them_on_their_progress(people: People) -> None:
    _name(people)
    progress = _read(people, "ben", "student-progress")
    assert "Setting out" in progress or "Under sail" in progress
    assert "<b>Growing</b>" not in progress


def test_families_read_the_word_and_what_it_means(people: People) -> None:
    _name(people)
    people.week(people.ben)
    address = reverse("family-week", kwargs={"code": people.family_code})
    page = Client().get(address, {"language": "en"}).content.decode()
    assert any(f"{word}. {meaning}" in page for word, meaning in OWN.values() if meaning)
    assert "Still growing." not in page


def test_another_school_reads_headways_words(people: People) -> None:
    _name(people)
    grid = _read(people, "eve", "teacher-class", class_id=people.other_class.pk)
    assert "Growing" in grid
    assert "Under sail" not in grid


def test_another_language_keeps_headways_words_until_it_has_its_own(people: People) -> None:
    _name(people)
    where = {"class_id": people.school_class.pk}
    spanish = _read(people, "ada", "teacher-class", language="es", **where)
    assert "Under sail" not in spanish
    _name(people, language="es")
    assert "Under sail" in _read(people, "ada", "teacher-class", language="es", **where)


def test_where_nobody_is_answered_headways_words_are_used(people: People) -> None:
    _name(people)
    with override("en"):
        assert (state_word("growing"), str(MASTERY_WORDS["secure"]), state_word("what")) == (
            "Growing",
            "Secure",
            "what",
        )


def test_a_page_asks_for_them_once_however_often_it_writes_them(people: People, django_assert_max_num_queries) -> None:
    _name(people)
    client = _signed_in(people, "ada")
    with django_assert_max_num_queries(40) as asked:
        client.get(reverse("teacher-class", kwargs={"class_id": people.school_class.pk}))
    assert sum("records_proficiencyword" in query["sql"] for query in asked.captured_queries) == 1


# --- named by the leader ----------------------------------------------------------------------------------------------


def _form(**words: str) -> dict[str, str]:
    return {f"word-{state}": word for state, word in words.items()}


def test_the_leader_names_them_and_may_undo_it(people: People) -> None:
    client = _signed_in(people, "grace")
    client.post(_address(people), _form(secure="In harbor"))
    assert ProficiencyWord.objects.get().word == "In harbor"
    page = client.post(_address(people), _form(secure="At anchor"), follow=True).content.decode()
    undo = page.split('class="toast"')[-1].split('action="')[1].split('"')[0]
    client.post(undo)
    assert ProficiencyWord.objects.get().word == "In harbor"


def test_a_preview_shows_the_words_and_saves_nothing(people: People) -> None:
    answer = _signed_in(people, "grace").post(_address(people), {**_form(secure="In harbor"), "preview": "1"})
    page = answer.content.decode()
    assert page.count("In harbor") >= 3, "in the field, to teachers and to families"
    assert "not saved yet" in page
    assert not ProficiencyWord.objects.exists()


def test_back_to_headways_words(people: People) -> None:
    _name(people)
    client = _signed_in(people, "grace")
    client.post(_address(people), {"ours": "1"})
    assert not ProficiencyWord.objects.exists()


def test_the_same_again_changes_nothing_and_says_so(people: People) -> None:
    client = _signed_in(people, "grace")
    client.post(_address(people), _form(secure="In harbor"))
    page = client.post(_address(people), _form(secure="In harbor"), follow=True).content.decode()
    assert "nothing has changed" in page


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"secure": "Same", "beyond": "same"}, "Two states are called"),
        ({"secure": "x" * 41}, "longer than 40"),
    ],
)
def test_words_that_cannot_be_told_apart_are_refused_and_kept_in_the_form(
    people: People, words: dict[str, str], sentence: str
) -> None:
    answer = _signed_in(people, "grace").post(_address(people), _form(**words))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{words["secure"]}"' in page
    assert not ProficiencyWord.objects.exists()


def test_an_unknown_language_and_a_forged_undo_are_not_found(people: People) -> None:
    client = _signed_in(people, "grace")
    assert client.get(_address(people, "leader-words-of", language="xx")).status_code == 404
    assert client.post(_address(people, "leader-words-back", was="forged")).status_code == 404


def test_a_teacher_may_not_name_them(people: People) -> None:
    assert _signed_in(people, "ada").post(_address(people), _form(secure="Mine")).status_code == 403
    assert not ProficiencyWord.objects.exists()
