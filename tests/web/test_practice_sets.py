"""A set of questions is asked as its teacher says, and every student gets what fits next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from headway.core.items import write_plain
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
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.items.queries import items_of
from headway.records.library import shelving
from headway.records.library.models import Resource
from headway.records.planning import practising
from headway.records.planning.models import Block, ItemWork
from headway.web.student.time_spent import MOST_SECONDS, seconds_since, stamp
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


# --- As a student meets it --------------------------------------------------------------------------------------------

EXAMPLE = "Three cars and two bicycles: the ratio is 3 to 2."


@pytest.fixture
def ben(client: Client, people: People) -> Client:
    sign_in(client, people.ben)
    return client


@pytest.fixture
def block(people: People, own_set: Resource) -> Block:
    """Return a block of Ben's with the set; its first question can be typed and has a worked example."""
    document = write_plain(
        {
            "id": "7.1-one_choice",
            "kind": "one_choice",
            "prompt": "What comes in after the ebb?",
            "choices": [
                {"id": "A", "text": "the flood", "right": True},
                {"id": "B", "text": "the fog"},
                {"id": "C", "text": "the fleet"},
            ],
            "example": EXAMPLE,
        }
    )
    Item.objects.filter(source_id="7.1-one_choice").update(document=document, version=7)
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(resource=own_set, competency=people.competencies["7.1"])
    block.refresh_from_db()
    return block


def page(block: Block, query: str) -> str:
    return f"/my/blocks/{block.uuid}/?{query}"


def press(client: Client, block: Block, what: str = "check", **facts: object) -> Any:
    form = {"client_id": str(uuid4())} | facts
    return client.post(f"/my/blocks/{block.uuid}/questions/1/{what}/", form, follow=True)


def newest(people: People) -> Evidence:
    return Evidence.objects.filter(student=people.ben, item__isnull=False).latest("pk")


class TestAStudentsWay:
    def test_the_next_question_is_the_one_the_set_chooses(self, ben: Client, people: People, block: Block) -> None:
        shelving.set_practice(
            resource=people.resource("7.1-essential"),
            settings=PracticeSettings(order=Order.AS_WRITTEN),
            by=people.ada,
            at=people.now,
        )
        press(ben, block, answer="B")
        assert ben.get(page(block, "q=2&left=1"))["Location"].endswith("?q=2")
        ItemWork.objects.bulk_create(
            ItemWork(block=block, item=item, attempts=1, is_right=True, updated_at=people.now + timedelta(hours=1))
            for item in items_of(people.resource("7.1-essential"))[1:3]
        )
        assert ben.get(page(block, "q=4&left=3"))["Location"].endswith("?q=1")

    def test_the_end_says_why_it_is_enough(self, ben: Client, people: People, block: Block) -> None:
        shelving.set_practice(
            resource=people.resource("7.1-essential"),
            settings=PracticeSettings(questions=1),
            by=people.ada,
            at=people.now,
        )
        press(ben, block, answer="A")
        end = ben.get(page(block, "q=2&left=1"), follow=True)
        assert "Enough for today: this set asks 1 questions" in end.content.decode()

    def test_the_example_opens_by_itself_once_it_is_right(self, ben: Client, people: People, block: Block) -> None:
        assert EXAMPLE not in ben.get(page(block, "q=1")).content.decode()
        assert EXAMPLE in press(ben, block, answer="A").content.decode()
        assert not newest(people).saw_example

    def test_after_three_tries_it_may_be_opened_and_is_noted(self, ben: Client, people: People, block: Block) -> None:
        assert press(ben, block, "example").status_code == 422
        for _time in range(3):
            assert EXAMPLE not in press(ben, block, answer="B").content.decode()
        assert EXAMPLE in press(ben, block, "example").content.decode()
        press(ben, block, answer="A")
        assert (newest(people).saw_example, newest(people).attempt) == (True, 4)

    def test_a_set_without_hints_offers_none(self, ben: Client, people: People, block: Block) -> None:
        shelving.set_practice(
            resource=people.resource("7.1-essential"),
            settings=PracticeSettings(hints=False),
            by=people.ada,
            at=people.now,
        )
        assert "Hint 1" not in ben.get(page(block, "q=3")).content.decode()
        assert press(ben, block, "hint").status_code == 404

    def test_a_choice_is_typed_and_guessing_counts_nothing(self, ben: Client, people: People, block: Block) -> None:
        words = ben.get(page(block, "q=1&way=write")).content.decode()
        assert "the fleet" not in words
        assert "That is right." in press(ben, block, answer="The flood.", way="write").content.decode()
        row = newest(people)
        assert (row.answer_format, row.guess_chance, row.score) == ("write", 0.0, 1.0)

    def test_words_that_are_no_option_cost_nothing(self, ben: Client, people: People, block: Block) -> None:
        told = press(ben, block, answer="high water", way="write")
        assert told.status_code == 422
        assert "none of the answers by its words" in told.content.decode()
        assert not ItemWork.objects.filter(block=block, attempts__gt=0).exists()

    def test_a_way_that_the_set_leaves_out_is_not_taken(self, ben: Client, people: People, block: Block) -> None:
        shelving.set_practice(
            resource=people.resource("7.1-essential"),
            settings=PracticeSettings(formats=(AnswerFormat.CHOOSE,)),
            by=people.ada,
            at=people.now,
        )
        assert "the fleet" in ben.get(page(block, "q=1&way=write")).content.decode()
        press(ben, block, answer="A", way="write")
        assert newest(people).answer_format == ""

    def test_a_long_answer_can_be_said_to_a_person(self, ben: Client, people: People, block: Block) -> None:
        place = next(
            n for n, item in enumerate(items_of(people.resource("7.1-essential")), 1) if item.kind == "long_answer"
        )
        assert "Tell it to your teacher." in ben.get(page(block, f"q={place}&way=say")).content.decode()
        ben.post(f"/my/blocks/{block.uuid}/questions/{place}/check/", {"way": "say", "answer": "By two."})
        work = ItemWork.objects.get(block=block)
        assert work.awaits_marking
        assert work.response == {"answer": ["I will say it out loud. By two."]}

    def test_the_seconds_come_from_a_signed_moment(self, ben: Client, people: People, block: Block) -> None:
        item = items_of(people.resource("7.1-essential"))[0]
        stamped = stamp(item, timezone.now() - timedelta(seconds=42))
        press(ben, block, answer="A", shown_at=stamped)
        assert 42 <= (newest(people).seconds or 0) < 60

    def test_a_moment_of_another_question_says_nothing(self, people: People, block: Block) -> None:
        first, second = items_of(people.resource("7.1-essential"))[:2]
        assert seconds_since(stamp(first, people.now), second, people.now) is None
        assert seconds_since("made up", first, people.now) is None
        assert seconds_since(stamp(first, people.now - timedelta(days=1)), first, people.now) == MOST_SECONDS
