"""A set of questions is asked as its teacher says, and every student gets what fits next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from headway.core.items.practising import (
    COMES_BACK,
    ENOUGH_ASKED,
    IN_ORDER,
    AnswerFormat,
    ExampleTime,
    Order,
    PracticeSettings,
    settings_as_json,
)
from headway.core.shared.errors import NotFound
from headway.records.audit.models import Event
from headway.records.items.models import Item
from headway.records.items.queries import items_of
from headway.records.library import shelving
from headway.records.library.models import Resource
from headway.records.planning import practising
from headway.records.planning.models import ItemWork
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

CHOICES = {
    "order": "as written",
    "success": "0.8",
    "questions": "3",
    "hints": "on",
    "example": "at the end",
    "formats": ["choose", "write"],
}


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    sign_in(client, people.ada)
    return client


@pytest.fixture
def own_set(people: People) -> Resource:
    """Return a set of the school's own, with the questions of the one everybody has, without its text."""
    resource = people.resource("7.1-essential")
    Resource.objects.filter(pk=resource.pk).update(school=people.school, text="")
    resource.refresh_from_db()
    return resource


def address(resource: Resource, end: str = "") -> str:
    return reverse(f"teacher-practice{end}", kwargs={"resource": resource.uuid})


def set_it(client: Client, resource: Resource, **facts: object) -> Any:
    return client.post(address(resource, "-set"), CHOICES | facts, follow=True)


class TestTheTeachersPage:
    def test_a_set_begins_as_usual(self, ada: Client, own_set: Resource) -> None:
        choices = ada.get(address(own_set)).context["choices"]
        chosen = {name: [row["value"] for row in rows if row["is_chosen"]] for name, rows in choices.items()}
        assert chosen == {
            "orders": ["fitting"],
            "aims": ["class"],
            "examples": ["after"],
            "formats": ["choose", "write", "say", "paper"],
        }

    def test_what_a_teacher_chooses_is_kept(self, ada: Client, people: People, own_set: Resource) -> None:
        set_it(ada, own_set)
        own_set.refresh_from_db()
        assert practising.settings_of(own_set) == PracticeSettings(
            order=Order.AS_WRITTEN,
            success=0.8,
            questions=3,
            example=ExampleTime.AT_THE_END,
            formats=(AnswerFormat.CHOOSE, AnswerFormat.WRITE),
        )
        event = Event.objects.get(verb="resource.practice_set")
        assert event.by_uuid == people.ada.uuid

    def test_the_same_choice_again_changes_nothing(self, ada: Client, own_set: Resource) -> None:
        set_it(ada, own_set)
        assert "nothing has changed" in set_it(ada, own_set).content.decode()
        assert Event.objects.filter(verb="resource.practice_set").count() == 1

    def test_a_change_can_be_undone(self, ada: Client, own_set: Resource) -> None:
        page = set_it(ada, own_set)
        [message] = page.context["messages"]
        ada.post(message.extra_tags)
        own_set.refresh_from_db()
        assert own_set.practice == {}

    @pytest.mark.parametrize(
        ("facts", "told"),
        [
            ({"questions": "0"}, "greater than or equal to 1"),
            ({"success": "0.2"}, "50 and 95"),
            ({"success": "often"}, "Choose one of the aims."),
            ({"formats": []}, "Leave at least one way to answer."),
        ],
        ids=["no question", "too hard", "no number", "no way to answer"],
    )
    def test_what_cannot_be_is_said_and_nothing_is_kept(
        self, ada: Client, own_set: Resource, facts: dict[str, object], told: str
    ) -> None:
        page = set_it(ada, own_set, **facts)
        assert page.status_code == 422
        assert told in page.content.decode()
        own_set.refresh_from_db()
        assert own_set.practice == {}

    def test_a_set_that_all_schools_share_is_tried_but_not_changed(self, ada: Client, people: People) -> None:
        shared = people.resource("7.2-essential")
        page = ada.get(address(shared))
        assert "shared by all schools" in page.content.decode()
        assert "Ask it like this" not in page.content.decode()
        assert set_it(ada, shared).status_code == 404

    def test_three_students_are_shown_with_real_chances(self, ada: Client, own_set: Resource) -> None:
        previews = ada.get(address(own_set)).context["previews"]
        assert len(previews) == 3
        assert len({one.student.pk for one in previews}) == 3
        assert all(one.place and one.chance and 0 < one.chance < 100 for one in previews)
        assert all(str(one.chance) in one.why for one in previews)

    def test_other_choices_are_tried_without_keeping_them(self, ada: Client, own_set: Resource) -> None:
        page = ada.get(address(own_set), CHOICES)
        assert page.context["is_tried"]
        assert {one.place for one in page.context["previews"]} == {1}
        own_set.refresh_from_db()
        assert own_set.practice == {}

    def test_only_the_look_is_sent_to_a_script(self, ada: Client, own_set: Resource) -> None:
        page = ada.get(address(own_set), CHOICES, headers={"HX-Request": "true", "HX-Target": "look"})
        words = page.content.decode()
        assert words.strip().startswith("<section")
        assert "<html" not in words


class TestWhatComesNext:
    def test_questions_about_a_text_keep_their_order(self, people: People) -> None:
        resource = people.resource("7.1-essential")
        assert resource.text
        assert practising.settings_of(resource).order is Order.AS_WRITTEN

    def test_a_teacher_may_say_otherwise(self, people: People, own_set: Resource) -> None:
        own_set.text = "A ferry."
        own_set.practice = settings_as_json(PracticeSettings(order=Order.FITTING))
        assert practising.settings_of(own_set).order is Order.FITTING

    def test_settings_that_cannot_be_read_are_as_usual(self, own_set: Resource) -> None:
        own_set.practice = {"order": "sideways"}
        assert practising.settings_of(own_set) == PracticeSettings()

    def test_the_next_question_follows_what_is_known(self, people: People, own_set: Resource) -> None:
        for place, item in enumerate(items_of(own_set)):
            Item.objects.filter(pk=item.pk).update(difficulty=-4.0 + place)
        for _time in range(6):
            people.answer(people.caro, "7.1", right=True)
            people.answer(people.finn, "7.1", right=False)
        questions = items_of(own_set)
        hard, easy = (
            practising.next_in_set(student, own_set, questions, {}, at=people.now)
            for student in (people.caro, people.finn)
        )
        assert hard.id is not None
        assert easy.id is not None
        assert questions[hard.id - 1].difficulty > questions[easy.id - 1].difficulty

    def test_what_was_not_right_comes_back_after_two_others(self, people: People, own_set: Resource) -> None:
        questions = items_of(own_set)
        work = {
            item.pk: ItemWork(
                pk=number, item=item, attempts=1, is_right=number > 1, updated_at=people.now + timedelta(minutes=number)
            )
            for number, item in enumerate(questions[:3], 1)
        }
        found = practising.next_in_set(people.ben, own_set, questions, work, at=people.now, just_left=3)
        assert (found.id, found.reasons[0][0]) == (1, COMES_BACK)

    def test_a_set_ends_with_its_number(self, people: People, own_set: Resource) -> None:
        questions = items_of(own_set)
        work = {questions[0].pk: ItemWork(pk=1, item=questions[0], attempts=1, is_right=True, updated_at=people.now)}
        found = practising.next_in_set(
            people.ben, own_set, questions, work, at=people.now, settings=PracticeSettings(questions=1)
        )
        assert (found.id, found.reasons) == (None, ((ENOUGH_ASKED, {"count": 1}),))

    def test_without_a_skill_the_order_holds(self, people: People, own_set: Resource) -> None:
        questions = items_of(own_set)
        for item in questions:
            item.competency_id = None
        found = practising.next_in_set(people.ben, own_set, questions, {}, at=people.now)
        assert (found.id, found.reasons[0][0]) == (1, IN_ORDER)


def test_nobody_changes_a_set_of_another_school(people: People, own_set: Resource) -> None:
    with pytest.raises(NotFound):
        shelving.set_practice(resource=own_set, settings=PracticeSettings(questions=1), by=people.eve, at=people.now)
