"""A student finds something to choose: only what is for this student, chosen into an open choice or kept for later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from headway.records.library import bookmarks, collecting
from headway.records.library.collecting import EntryIn
from headway.records.library.models import Bookmark, Resource
from headway.records.planning import actions as planning
from headway.records.planning.models import Block
from headway.records.roster.models import StudentProfile
from tests.people import sign_in

if TYPE_CHECKING:
    from django.test import Client

    from tests.people import People

FIND = reverse("student-find")


def page(name: str, resource: Resource) -> str:
    return reverse(name, kwargs={"resource": resource.uuid})


def open_choice(people: People) -> Block:
    """Ben's open choice, with room for what the cast finds, as nobody knows how much screen his week has."""
    block = people.block(kind="choice")
    Block.objects.filter(pk=block.pk).update(minutes=20)
    Block.objects.filter(week=block.week).update(screen_minutes=0)
    block.refresh_from_db()
    return block


def other_piece(people: People, block: Block) -> Resource:
    """Something that is neither offered in the block nor in the week."""
    inside = set(block.week.blocks.values_list("resource_id", flat=True))
    inside |= set(block.options.values_list("resource_id", flat=True))
    names = [f"choice-{number}" for number in range(1, 10)]
    return next(people.resource(name) for name in names if people.resource_ids[name] not in inside)


# --- looking ----------------------------------------------------------------------------------------------------------


def test_likes_and_hopes_head_the_rows(people: People, client: Client) -> None:
    StudentProfile.objects.filter(student=people.ben).update(interests=["boats", "music"], careers=["sailor"])
    shown = sign_in(client, people.ben).get(FIND).content.decode()
    assert "Because you like boats" in shown
    assert "Because you like music" in shown
    assert "Your pick: boats" in shown


def test_own_words_stand_in_where_there_are_no_tags(people: People, client: Client) -> None:
    StudentProfile.objects.filter(student=people.ben).update(interests=[], interest_words="Cohetes y la luna")
    assert "Because you like space" in sign_in(client, people.ben).get(FIND).content.decode()


def test_words_find_and_a_typing_slip_does_not_matter(people: People, client: Client) -> None:
    sign_in(client, people.ben)
    assert "Your pick: weather" in client.get(FIND, {"q": "weather"}).content.decode()
    assert "Your pick: weather" in client.get(FIND, {"q": "wether"}).content.decode()


def test_a_way_in_narrows(people: People, client: Client) -> None:
    sign_in(client, people.ben)
    listening = client.get(FIND, {"q": "pick", "way": "listen"}).content.decode()
    names = {row.title: row.kind for row in Resource.objects.filter(source_id__startswith="choice-")}
    shown = {title for title in names if title in listening}
    assert shown
    assert {names[title] for title in shown} == {"audio"}


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "lesson"},
        {"is_active": False},
        {"grade_low": 11, "grade_high": 12},
        {"language": "ja"},
        {"reading_level": 13.0},
        {"uses": ["group"]},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_not_for_ben_is_not_found(people: People, client: Client, changed: dict[str, Any]) -> None:
    Resource.objects.filter(pk=people.resource_ids["choice-8"]).update(**changed)
    assert "Your pick: weather" not in sign_in(client, people.ben).get(FIND, {"q": "weather"}).content.decode()


def test_another_schools_piece_is_neither_found_nor_opened(people: People, client: Client) -> None:
    Resource.objects.filter(pk=people.resource_ids["choice-8"]).update(school=people.other_school)
    sign_in(client, people.ben)
    assert "Your pick: weather" not in client.get(FIND, {"q": "weather"}).content.decode()
    assert client.get(page("student-find-piece", people.resource("choice-8"))).status_code == 404


@pytest.mark.parametrize("changed", [{"kind": "lesson"}, {"is_active": False}])
def test_what_is_for_teachers_or_taken_out_is_not_opened(
    people: People, client: Client, changed: dict[str, Any]
) -> None:
    Resource.objects.filter(pk=people.resource_ids["choice-8"]).update(**changed)
    assert sign_in(client, people.ben).get(page("student-find-piece", people.resource("choice-8"))).status_code == 404


def test_a_collection_shows_the_pieces_for_this_student(people: People, client: Client) -> None:
    made = collecting.make_collection(
        school=people.school,
        title="Rain week",
        by=people.ada,
        at=people.now,
        entries=[
            EntryIn(resource_id=people.resource_ids[name], why="Good in rain.") for name in ("choice-1", "choice-2")
        ],
    )
    Resource.objects.filter(pk=people.resource_ids["choice-2"]).update(grade_low=11, grade_high=12)
    sign_in(client, people.ben)
    assert "1 piece for you" in client.get(FIND).content.decode()
    shown = client.get(reverse("student-find-collection", kwargs={"collection": made.uuid})).content.decode()
    assert people.resource("choice-1").title in shown
    assert people.resource("choice-2").title not in shown
    assert "Good in rain." in shown


def test_a_private_collection_is_no_students_business(people: People, client: Client) -> None:
    made = collecting.make_collection(school=people.school, title="Mine", is_shared=False, by=people.ada, at=people.now)
    address = reverse("student-find-collection", kwargs={"collection": made.uuid})
    assert sign_in(client, people.ben).get(address).status_code == 404


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_ben_puts_what_he_found_into_his_week(people: People, client: Client) -> None:
    block = open_choice(people)
    found = other_piece(people, block)
    Resource.objects.filter(pk=found.pk).update(screen="no", minutes=10)
    answer = sign_in(client, people.ben).post(page("student-find-choose", found), {"block": str(block.uuid)})
    assert answer.status_code == 302
    block.refresh_from_db()
    assert block.chosen_resource == found


def test_a_choice_goes_back_to_what_it_was(people: People, client: Client) -> None:
    block = open_choice(people)
    planning.choose_option(block=block, own_idea="Draw our harbor", by=people.ben, at=people.now)
    found = other_piece(people, block)
    Resource.objects.filter(pk=found.pk).update(screen="no", minutes=10)
    address = page("student-find-choose", found)
    answer = sign_in(client, people.ben).post(address, {"block": str(block.uuid)}, follow=True)
    client.post(next(message.extra_tags for message in answer.context["messages"]))
    block.refresh_from_db()
    assert (block.chosen_resource, block.own_idea) == (None, "Draw our harbor")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"minutes": 300}, "This takes 300 minutes"),
        ({"with_whom": "teacher"}, "done with a teacher"),
        ({"needs_adult": True}, "A grown-up has to be there"),
        ({"grade_low": 12, "grade_high": 12}, "does not fit you now"),
    ],
)
def test_what_does_not_go_there_is_refused_with_the_reason(
    people: People, client: Client, changed: dict[str, Any], says: str
) -> None:
    block = open_choice(people)
    found = other_piece(people, block)
    Resource.objects.filter(pk=found.pk).update(**{"screen": "no", "minutes": 10, **changed})
    answer = sign_in(client, people.ben).post(page("student-find-choose", found), {"block": str(block.uuid)})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    block.refresh_from_db()
    assert block.chosen_resource is None


def test_a_screen_piece_keeps_to_the_screen_minutes_of_the_week(people: People, client: Client) -> None:
    block = open_choice(people)
    found = other_piece(people, block)
    Resource.objects.filter(pk=found.pk).update(screen="yes", minutes=10)
    StudentProfile.objects.filter(student=people.ben).update(screen_minutes_cap=5)
    answer = sign_in(client, people.ben).post(page("student-find-choose", found), {"block": str(block.uuid)})
    assert answer.status_code == 422
    assert "more time at a screen" in answer.content.decode()


def test_an_essential_is_not_up_for_choice(people: People, client: Client) -> None:
    block = people.block()
    found = people.resource("choice-9")
    answer = sign_in(client, people.ben).post(page("student-find-choose", found), {"block": str(block.uuid)})
    assert answer.status_code == 422
    assert "not yours to choose" in answer.content.decode()


def test_what_is_begun_stays(people: People, client: Client) -> None:
    block = open_choice(people)
    planning.start_block(block=block, by=people.ben, at=people.now)
    found = other_piece(people, block)
    answer = sign_in(client, people.ben).post(page("student-find-choose", found), {"block": str(block.uuid)})
    assert answer.status_code == 422
    assert "You have begun this part" in answer.content.decode()


@pytest.mark.parametrize("block", ["", "x"])
def test_without_a_part_of_the_week_one_is_asked_for(people: People, client: Client, block: str) -> None:
    answer = sign_in(client, people.ben).post(
        page("student-find-choose", people.resource("choice-9")), {"block": block}
    )
    assert answer.status_code == 422
    assert "Say first for which part" in answer.content.decode()


def test_another_students_week_is_not_found(people: People, client: Client) -> None:
    block = people.block(people.caro, kind="choice")
    answer = sign_in(client, people.ben).post(
        page("student-find-choose", people.resource("choice-9")), {"block": str(block.uuid)}
    )
    assert answer.status_code == 404


def test_a_draft_offers_nothing_to_choose(people: People, client: Client) -> None:
    people.draft()
    shown = sign_in(client, people.ben).get(page("student-find-piece", people.resource("choice-9"))).content.decode()
    assert "No part of your week is open to choose now" in shown


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_is_kept_waits_in_its_own_row_until_it_is_let_go(people: People, client: Client) -> None:
    sign_in(client, people.ben)
    client.post(page("student-find-keep", people.resource("choice-3")))
    assert "You keep these for later" in client.get(FIND).content.decode()
    client.post(page("student-find-let-go", people.resource("choice-3")))
    assert not Bookmark.objects.filter(person=people.ben).exists()


# --- how much is asked ------------------------------------------------------------------------------------------------


def test_a_larger_library_asks_no_more_of_the_database(
    people: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    sign_in(client, people.ben)

    def collect(number: int) -> None:
        collecting.make_collection(
            school=people.school,
            title=f"Set {number}",
            by=people.ada,
            at=people.now + timedelta(seconds=number),
            entries=[EntryIn(resource_id=people.resource_ids[f"choice-{number}"])],
        )

    collect(1)
    client.get(FIND)
    with django_assert_max_num_queries(80) as few:
        client.get(FIND)
    for number in (2, 3, 4, 5):
        collect(number)
    with django_assert_max_num_queries(len(few)):
        client.get(FIND)


# --- what the teacher sees of it --------------------------------------------------------------------------------------


def test_the_teacher_sees_that_it_was_found_and_may_change_it(people: People, client: Client) -> None:
    block = open_choice(people)
    found = other_piece(people, block)
    Resource.objects.filter(pk=found.pk).update(screen="no", minutes=10)
    planning.choose_found(block=block, resource=people.resource(found.source_id), by=people.ben, at=people.now)
    address = reverse("teacher-block", kwargs={"block": block.uuid})
    shown = sign_in(client, people.ada).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Ben found something else in the library and chose it" in shown
    assert found.title in shown
    planning.swap_block(block=block, resource=people.resource("7.1-essential"), by=people.ada, at=people.now)
    block.refresh_from_db()
    assert block.chosen_resource is None


def test_the_teacher_sees_what_a_student_keeps(people: People, client: Client) -> None:
    bookmarks.keep(resource=people.resource("choice-3"), by=people.ben, at=people.now)
    shown = sign_in(client, people.ada).get(reverse("teacher-student", kwargs={"student": people.ben.uuid}))
    assert "Ben keeps these for later" in shown.content.decode()
    assert people.resource("choice-3").title in shown.content.decode()


def test_what_a_student_keeps_stands_beside_the_three_choices(people: People, client: Client) -> None:
    bookmarks.keep(resource=people.resource("choice-3"), by=people.ben, at=people.now)
    address = reverse("teacher-block", kwargs={"block": people.block(kind="choice").uuid})
    shown = sign_in(client, people.ada).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Ben keeps for later" in shown


def test_what_a_student_keeps_is_offered_for_an_empty_place(people: People, client: Client) -> None:
    bookmarks.keep(resource=people.resource("choice-3"), by=people.ben, at=people.now)
    block = people.block(approved=False)
    week, place = block.week_id, f"{block.day}.{block.order}"
    planning.remove_block(block=block, by=people.ada, at=people.now)
    address = reverse("teacher-week-add", kwargs={"week_id": week})
    shown = sign_in(client, people.ada).get(address, {"place": place}, headers={"HX-Request": "true"})
    assert "Ben keeps these for later" in shown.content.decode()
