"""A teacher tries a rule of mastery on the class, sets it, and goes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from headway.core.evidence.methods import METHODS, Method, Rule
from headway.records.evidence import queries, rules
from headway.records.evidence.models import MasteryRule
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db

USUAL = {
    "growing": "50",
    "secure": "80",
    "beyond": "92",
    "certainty": "80",
    "least_pieces": "",
    "recheck_days": "60",
    "recheck_width": "55",
    "next_chance": "70",
}


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


def address(people: People, name: str = "teacher-rule", **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, **more})


def choice(method: Method = Method.LATEST, **numbers: str) -> dict[str, str]:
    own = {
        f"{method.value}-{name}": f"{about.default * (1 if about.is_whole else 100):g}"
        for name, about in METHODS[method].parameters.items()
    }
    return {**USUAL, "method": method.value, **own, **numbers}


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def own_rule(people: People) -> MasteryRule | None:
    return rules.rule_in_force(people.school, timezone.now(), school_class=people.school_class)


def set_rule(client: Client, people: People, method: Method = Method.LATEST, **numbers: str) -> HttpResponse:
    return client.post(address(people, "teacher-rule-set"), choice(method, **numbers))


# --- looking ----------------------------------------------------------------------------------------------------------


def test_every_method_is_offered_with_what_it_does_and_a_warning(ada: Client, people: People) -> None:
    text = text_of(ada.get(address(people)))
    for about in METHODS.values():
        assert about.name in text
        assert about.says in text
        assert about.beware in text


def test_looking_saves_nothing(ada: Client, people: People) -> None:
    ada.get(address(people), choice())
    assert not MasteryRule.objects.exists()


def test_a_look_counts_the_words_that_would_change_and_says_whose(ada: Client, people: People) -> None:
    text = text_of(ada.get(address(people), choice()))
    assert re.search(r"Words that would change: [1-9]\d* of \d+\. Up: \d+\. Down: \d+\.", text)
    assert (
        reverse(
            "teacher-cell",
            kwargs={
                "class_id": people.school_class.pk,
                "student": people.ben.uuid,
                "competency_id": people.competencies["7.1"].pk,
            },
        )
        in text
    )


@pytest.mark.parametrize("method", list(Method))
def test_what_a_look_says_is_what_happens(ada: Client, people: People, method: Method) -> None:
    text = text_of(ada.get(address(people), choice(method)))
    said = {
        word: int(then.removeprefix("<b>").removesuffix("</b>"))
        for word, then in re.findall(
            r'tm--(\w+)".*?<td class="n">\d+</td><td class="n">((?:<b>)?\d+(?:</b>)?)</td>', text
        )
    }
    ada.post(address(people, "teacher-rule-set"), choice(method))
    cells = queries.cells(
        people.students, [skill.pk for skill in people.path], at=timezone.now(), school_class=people.school_class
    )
    words = [cell.word for cell in cells.values()]
    happened = {word: words.count(word) for word in said if word != "none"}
    assert {word: said[word] for word in happened} == happened
    assert sum(said.values()) == len(people.students) * len(people.path)


def test_a_look_at_what_holds_already_says_so(ada: Client, people: People) -> None:
    set_rule(ada, people)
    text = text_of(ada.get(address(people), choice()))
    assert "No word would change." in text
    assert "These choices hold already." in text


def test_htmx_gets_what_would_change_alone(ada: Client, people: People) -> None:
    answer = ada.get(address(people), choice(), headers={"HX-Request": "true", "HX-Target": "look"})
    assert text_of(answer).strip().startswith("<section")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"growing": "90"}, "The lines must rise: growing first, then secure, then beyond."),
        ({"secure": "many"}, "Write a number from 2 to 99."),
        ({"beyond": ""}, "Write a number from 3 to 100."),
        ({"recheck_days": "1.5"}, "Write a whole number from 1 to 730."),
        ({"least_pieces": "-1"}, "Write a whole number from 1 to 20."),
        ({"certainty": "nan"}, "Write a number from 50 to 99."),
        ({"method": "guess"}, "Choose one of the ways that are listed."),
        ({"method": "n_times", "n_times-times": "99"}, "Write a whole number from 1 to 10."),
    ],
)
def test_bad_numbers_are_answered_with_a_sentence(
    ada: Client, people: People, wrong: dict[str, str], sentence: str
) -> None:
    assert sentence in text_of(ada.get(address(people), {**choice(), **wrong}))
    refused = ada.post(address(people, "teacher-rule-set"), {**choice(), **wrong})
    assert refused.status_code == 422
    assert sentence in text_of(refused)
    assert not MasteryRule.objects.exists()


def test_numbers_of_other_methods_are_not_asked_for(ada: Client, people: People) -> None:
    assert "Mend this first" not in text_of(ada.get(address(people), {**choice(), "n_times-times": "99"}))


# --- setting ----------------------------------------------------------------------------------------------------------


def test_setting_a_rule_names_who_and_from_when(ada: Client, people: People) -> None:
    set_rule(ada, people, Method.LAST_K_IN_A_ROW, **{"last_k_in_a_row-in_a_row": "4"})
    row = own_rule(people)
    assert row is not None
    assert row.by == people.ada
    text = text_of(ada.get(address(people)))
    assert "Now: Several in a row" in text
    assert "Right in a row: 4." in text
    assert "chosen by Ms. Lind" in text


def test_the_same_choice_twice_is_one_rule(ada: Client, people: People) -> None:
    set_rule(ada, people)
    set_rule(ada, people)
    assert MasteryRule.objects.count() == 1


def test_shares_are_asked_for_of_100_and_kept_as_shares(ada: Client, people: People) -> None:
    set_rule(ada, people, Method.DECAYING_AVERAGE, **{"decaying_average-newest": "75", "secure": "85"})
    row = own_rule(people)
    assert row is not None
    assert row.rule["parameters"] == {"newest": 0.75}
    assert row.rule["secure_share"] == 0.85


def test_pieces_left_empty_are_those_of_the_method(ada: Client, people: People) -> None:
    set_rule(ada, people, Method.MODEL, secure="85")
    row = own_rule(people)
    assert row is not None
    assert row.rule["least_pieces"] == Rule().least_pieces


def test_undoing_the_first_rule_goes_back_to_the_school(ada: Client, people: People) -> None:
    text = text_of(ada.post(address(people, "teacher-rule-set"), choice(), follow=True))
    assert f'action="{address(people, "teacher-rule-end")}"' in text
    ada.post(address(people, "teacher-rule-end"))
    assert own_rule(people) is None


def test_undoing_a_change_brings_the_former_rule_back(ada: Client, people: People) -> None:
    set_rule(ada, people)
    former = own_rule(people)
    assert former is not None
    text = text_of(ada.post(address(people, "teacher-rule-set"), choice(Method.HIGHEST), follow=True))
    undo = address(people, "teacher-rule-again", rule_id=former.pk)
    assert f'action="{undo}"' in text
    ada.post(undo)
    again = own_rule(people)
    assert again is not None
    assert again.version == former.version
    assert MasteryRule.objects.count() == 3


def test_the_history_keeps_every_rule_with_its_version(ada: Client, people: People) -> None:
    set_rule(ada, people)
    set_rule(ada, people, Method.HIGHEST)
    text = text_of(ada.get(address(people)))
    for row in MasteryRule.objects.all():
        assert row.version in text
    assert text.count("holds now") == 1


def test_a_rule_of_another_class_is_not_used_again(ada: Client, people: People) -> None:
    other = MasteryRule.objects.create(
        school=people.other_school,
        school_class=people.other_class,
        rule={"method": "latest"},
        version="latest-1",
        starts_at=people.now,
    )
    assert ada.post(address(people, "teacher-rule-again", rule_id=other.pk)).status_code == 404


def test_the_grid_says_which_rule_gives_its_words(ada: Client, people: People) -> None:
    grid = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    assert "follow its rule" not in text_of(ada.get(grid))
    set_rule(ada, people)
    text = text_of(ada.get(grid))
    assert "follow its rule: Most recent." in text
    assert address(people) in text


def test_a_specialist_sees_no_way_to_the_rule(client: Client, people: People) -> None:
    sign_in(client, people.iris)
    assert address(people) not in text_of(
        client.get(reverse("teacher-class", kwargs={"class_id": people.school_class.pk}))
    )


def test_a_look_takes_as_many_questions_for_a_large_class_as_for_a_small_one(
    ada: Client, people: People, django_assert_max_num_queries: Any
) -> None:
    ada.get(address(people))
    with django_assert_max_num_queries(32):
        ada.get(address(people), choice())
