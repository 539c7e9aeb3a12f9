"""Collections: found, opened, made, put in order, changed by two at once, taken back and given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from headway.records.library import collected, collecting
from headway.records.library.collecting import EntryIn
from headway.records.library.models import Collection, Resource
from tests.people import sign_in

if TYPE_CHECKING:
    from django.test import Client

    from tests.people import People

PIECES = ("choice-1", "choice-2", "choice-3")


def boats(people: People, **facts: Any) -> Collection:
    """A collection of Ada's with three pieces."""
    return collecting.make_collection(
        school=people.school,
        by=people.ada,
        at=people.now,
        entries=[EntryIn(resource_id=people.resource_ids[name]) for name in PIECES],
        **{"title": "Boats of our harbor", "why": "They leave at six.", **facts},
    )


def order_of(collection: Collection) -> list[str]:
    return [row.resource.source_id for row in collection.entries.order_by("order").select_related("resource")]


def page(name: str, collection: Collection, **more: Any) -> str:
    return reverse(name, kwargs={"collection": collection.uuid, **more})


def arrangement(collection: Collection, do: str, **more: Any) -> dict[str, Any]:
    """The form of the editor as it stands."""
    ids = list(collection.entries.order_by("order").values_list("resource_id", flat=True))
    return {"entry": ids, "seen": collected.order_state(collection), "do": do, **more}


# --- found and opened -------------------------------------------------------------------------------------------------


def test_all_collections_say_what_they_are_and_until_when(people: People, client: Client) -> None:
    boats(people, ends_on=people.monday + timedelta(days=20))
    shown = sign_in(client, people.ada).get(reverse("teacher-collections")).content.decode()
    assert "Boats of our harbor" in shown
    assert "They leave at six." in shown
    assert "3 pieces" in shown
    assert "Fits until" in shown


def test_what_fits_now_comes_before_what_is_over(people: People, client: Client) -> None:
    boats(people, title="A winter long ago", ends_on=people.monday - timedelta(days=40))
    boats(people, title="Soon to come", starts_on=people.monday + timedelta(days=40))
    boats(
        people,
        title="Zebra days",
        starts_on=people.monday - timedelta(days=3),
        ends_on=people.monday + timedelta(days=30),
    )
    shown = sign_in(client, people.ada).get(reverse("teacher-collections")).content.decode()
    places = [shown.index(title) for title in ("Zebra days", "Soon to come", "A winter long ago")]
    assert places == sorted(places)


@pytest.mark.parametrize(("words", "is_found"), [("harbor boats", True), ("leave six", True), ("volcano", False)])
def test_words_find_a_collection_by_title_and_reason(
    people: People, client: Client, words: str, is_found: bool
) -> None:
    boats(people)
    shown = sign_in(client, people.ada).get(reverse("teacher-collections"), {"q": words}).content.decode()
    assert ("Boats of our harbor" in shown) is is_found


def test_the_title_of_a_piece_finds_its_collection(people: People, client: Client) -> None:
    boats(people)
    word = people.resource("choice-2").title.split()[-1]
    shown = sign_in(client, people.ada).get(reverse("teacher-collections"), {"q": word}).content.decode()
    assert "Boats of our harbor" in shown


def test_a_private_collection_is_not_found_by_a_colleague(people: People, client: Client) -> None:
    made = boats(people, is_shared=False)
    sign_in(client, people.iris)
    assert "Boats of our harbor" not in client.get(reverse("teacher-collections")).content.decode()
    assert client.get(page("teacher-collection", made)).status_code == 404


def test_another_school_finds_neither_page_nor_list(people: People, client: Client) -> None:
    made = boats(people)
    sign_in(client, people.eve)
    assert "Boats of our harbor" not in client.get(reverse("teacher-collections")).content.decode()
    assert client.get(page("teacher-collection", made)).status_code == 404


def test_a_collection_says_why_each_piece_is_there_and_whom_it_fits(people: People, client: Client) -> None:
    made = boats(people)
    collecting.arrange_collection(
        collection=made,
        entries=[EntryIn(resource_id=people.resource_ids["choice-1"], section="First", why="Start with the rope.")],
        by=people.ada,
        at=people.now,
    )
    shown = sign_in(client, people.ada).get(page("teacher-collection", made)).content.decode()
    assert "Start with the rope." in shown
    assert "First" in shown
    assert "of 8 students can read at least half of it" in shown


def test_a_piece_of_another_school_is_never_shown(people: People, client: Client) -> None:
    made = boats(people)
    Resource.objects.filter(pk=people.resource_ids["choice-2"]).update(school=people.other_school, title="Not ours")
    assert "Not ours" not in sign_in(client, people.ada).get(page("teacher-collection", made)).content.decode()


# --- made and changed -------------------------------------------------------------------------------------------------


def facts(**more: Any) -> dict[str, Any]:
    return {
        "title": "Nets and knots",
        "why": "For weeks of rain.",
        "theme": "making",
        "language": "en",
        "starts_on": "",
        "ends_on": "",
        "is_shared": "on",
        **more,
    }


def test_ada_makes_a_collection_for_her_school(people: People, client: Client) -> None:
    answer = sign_in(client, people.ada).post(reverse("teacher-collection-new"), facts())
    made = Collection.objects.get(title="Nets and knots")
    assert answer.headers["Location"] == page("teacher-collection-edit", made)
    assert (made.school, made.made_by, made.theme, made.is_shared) == (people.school, people.ada, "making", True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "Give the collection a title"),
        ({"theme": "dragon"}, "Choose one of the pictures"),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "The last day is before the first one"),
        ({"starts_on": "soon"}, "Write the day as year-month-day"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    people: People, client: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = sign_in(client, people.ada).post(reverse("teacher-collection-new"), facts(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Collection.objects.filter(made_by=people.ada).exists()


def test_two_who_change_the_words_at_once_lose_nothing(people: People, client: Client) -> None:
    made = boats(people)
    seen = collected.facts_state(made)
    sign_in(client, people.ada)
    assert client.post(page("teacher-collection-edit", made), facts(seen=seen, title="First")).status_code == 302
    late = client.post(page("teacher-collection-edit", made), facts(seen=seen, title="Second"))
    assert late.status_code == 422
    shown = late.content.decode()
    assert "Somebody changed this collection while you had it open" in shown
    assert "Second" in shown
    made.refresh_from_db()
    assert made.title == "First"


def test_only_the_maker_can_keep_a_shared_one_private(people: People, client: Client) -> None:
    made = boats(people)
    answer = sign_in(client, people.grace).post(page("teacher-collection-edit", made), facts(is_shared=""))
    assert answer.status_code == 422
    made.refresh_from_db()
    assert made.is_shared


# --- put in order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "piece", "order"),
    [
        ("up", "choice-2", ["choice-2", "choice-1", "choice-3"]),
        ("down", "choice-2", ["choice-1", "choice-3", "choice-2"]),
        ("up", "choice-1", ["choice-1", "choice-2", "choice-3"]),
        ("out", "choice-2", ["choice-1", "choice-3"]),
    ],
)
def test_a_button_moves_a_piece_or_takes_it_out(
    people: People, client: Client, verb: str, piece: str, order: list[str]
) -> None:
    made = boats(people)
    form = arrangement(made, f"{verb}:{people.resource_ids[piece]}")
    assert sign_in(client, people.ada).post(page("teacher-collection-arrange", made), form).status_code == 302
    assert order_of(made) == order


def test_moving_a_piece_saves_the_words_typed_beside_others(people: People, client: Client) -> None:
    made = boats(people)
    first, second = people.resource_ids["choice-1"], people.resource_ids["choice-2"]
    form = arrangement(made, f"up:{second}", **{f"why-{first}": "Short and kind.", f"section-{first}": "To begin"})
    sign_in(client, people.ada).post(page("teacher-collection-arrange", made), form)
    entry = made.entries.get(resource=first)
    assert (entry.why, entry.section, entry.order) == ("Short and kind.", "To begin", 1)


def test_a_piece_taken_out_goes_back_where_and_how_it_stood(people: People, client: Client) -> None:
    made = boats(people)
    second = people.resource_ids["choice-2"]
    made.entries.filter(resource=second).update(why="The hard one.", section="Then")
    sign_in(client, people.ada)
    form = arrangement(made, f"out:{second}", **{f"why-{second}": "The hard one.", f"section-{second}": "Then"})
    answer = client.post(page("teacher-collection-arrange", made), form, follow=True)
    undo = next(message.extra_tags for message in answer.context["messages"])
    assert "choice-2" not in order_of(made)
    client.post(undo)
    assert order_of(made) == list(PIECES)
    assert made.entries.get(resource=second).why == "The hard one."


def test_an_order_typed_before_a_colleague_added_a_piece_loses_neither(people: People, client: Client) -> None:
    made = boats(people)
    first = people.resource_ids["choice-1"]
    late = arrangement(made, "save", **{f"why-{first}": "My words."})
    collecting.collect(collection=made, resource=people.resource("7.1-essential"), by=people.grace, at=people.now)
    answer = sign_in(client, people.ada).post(page("teacher-collection-arrange", made), late)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "My words." in shown
    assert people.resource("7.1-essential").title in shown
    assert "7.1-essential" in order_of(made)


def test_a_forged_way_back_is_not_found(people: People, client: Client) -> None:
    made = boats(people)
    assert sign_in(client, people.ada).post(page("teacher-collection-put-back", made, was="made-up")).status_code == 404


def test_a_piece_is_found_and_added_in_place(people: People, client: Client) -> None:
    made = boats(people)
    wanted = people.resource("7.1-essential")
    sign_in(client, people.ada)
    shown = client.get(page("teacher-collection-edit", made), {"find": wanted.title}).content.decode()
    assert str(wanted.uuid) in shown
    client.post(page("teacher-collection-add", made), {"resource": str(wanted.uuid)})
    assert order_of(made) == [*PIECES, "7.1-essential"]


def test_adding_the_same_piece_twice_adds_it_once(people: People, client: Client) -> None:
    made = boats(people)
    sign_in(client, people.ada)
    for _again in range(2):
        client.post(page("teacher-collection-add", made), {"resource": str(people.resource("choice-1").uuid)})
    assert order_of(made) == list(PIECES)


@pytest.mark.parametrize("wrong", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_resource_that_is_not_there_is_not_added(people: People, client: Client, wrong: str) -> None:
    made = boats(people)
    answer = sign_in(client, people.ada).post(page("teacher-collection-add", made), {"resource": wrong})
    assert answer.status_code == 404
    assert order_of(made) == list(PIECES)


def test_htmx_gets_the_list_and_the_way_back(people: People, client: Client) -> None:
    made = boats(people)
    form = arrangement(made, f"out:{people.resource_ids['choice-2']}")
    answer = sign_in(client, people.ada).post(
        page("teacher-collection-arrange", made), form, headers={"HX-Request": "true"}
    )
    shown = answer.content.decode()
    assert 'id="arrange"' in shown
    assert "data-undo" in shown
    assert "<html" not in shown


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_collection_taken_back_is_out_of_sight_until_it_is_given_back(people: People, client: Client) -> None:
    made = boats(people)
    sign_in(client, people.ada).post(page("teacher-collection-take-back", made))
    assert "Boats of our harbor" not in client.get(reverse("teacher-collections")).content.decode().split("<main")[1]
    client.post(page("teacher-collection-give-back", made))
    assert "Boats of our harbor" in client.get(reverse("teacher-collections")).content.decode().split("<main")[1]


def test_a_copy_is_private_and_has_every_piece(people: People, client: Client) -> None:
    made = boats(people)
    sign_in(client, people.grace).post(page("teacher-collection-copy", made))
    copy = Collection.objects.get(made_by=people.grace)
    assert not copy.is_shared
    assert order_of(copy) == list(PIECES)


def test_a_resource_goes_into_a_collection_from_its_own_page(people: People, client: Client) -> None:
    made = boats(people)
    wanted = people.resource("7.1-essential")
    address = reverse("teacher-resource-collect", kwargs={"resource": wanted.uuid})
    sign_in(client, people.ada).post(address, {"collection": str(made.uuid)})
    assert order_of(made)[-1] == "7.1-essential"


# --- how much is asked ------------------------------------------------------------------------------------------------


def test_more_pieces_ask_no_more_of_the_database(
    people: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    made = boats(people)
    sign_in(client, people.ada)
    client.get(page("teacher-collection", made))
    with django_assert_max_num_queries(40) as few:
        client.get(page("teacher-collection", made))
    for name in ("7.1-essential", "7.2-essential", "7.3-essential", "7.4-essential"):
        collecting.collect(collection=made, resource=people.resource(name), by=people.ada, at=people.now)
    with django_assert_max_num_queries(len(few)):
        client.get(page("teacher-collection", made))


def test_more_collections_ask_no_more_of_the_database(
    people: People, client: Client, django_assert_max_num_queries: Any
) -> None:
    boats(people)
    sign_in(client, people.ada)
    client.get(reverse("teacher-collections"))
    with django_assert_max_num_queries(40) as few:
        client.get(reverse("teacher-collections"))
    for number in range(5):
        boats(people, title=f"Number {number}")
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("teacher-collections"))
