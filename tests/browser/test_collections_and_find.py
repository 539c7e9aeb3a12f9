"""Ada makes a collection by keyboard alone; Ben finds something, chooses it and keeps another; no barrier, also at 320 px."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from headway.records.library import collecting
from headway.records.library.collecting import EntryIn
from headway.records.library.models import Collection, Resource
from headway.records.planning.models import Block
from headway.records.roster.models import StudentProfile

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from headway.records.roster.models import Person
    from tests.people import People

PIECES = ("choice-1", "choice-2", "choice-3")


def boats(people: People) -> Collection:
    return collecting.make_collection(
        school=people.school,
        title="Boats of our harbor",
        why="They leave at six.",
        by=people.ada,
        at=people.now,
        entries=[EntryIn(resource_id=people.resource_ids[name], section="First") for name in PIECES],
    )


def titles(page: Page) -> list[str]:
    return page.locator("#arrange .piece__head b").all_inner_texts()


def room_to_choose(people: People) -> Block:
    """Ben's open choice, with time enough and no screen minutes spent."""
    block = people.block(kind="choice")
    Block.objects.filter(week=block.week).update(screen_minutes=0)
    Block.objects.filter(pk=block.pk).update(minutes=30)
    return block


def test_ada_makes_a_collection_and_puts_it_in_order_by_keyboard(
    page: Page, people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(page, people.ada)
    page.goto(reverse("teacher-collections"))
    page.get_by_role("link", name="Make a collection").press("Enter")
    page.get_by_role("textbox", name="Title").fill("Rope and water")
    page.get_by_role("radio", name="Plant").press("Space")
    page.get_by_role("button", name="Make it and look for pieces").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Made.")
    # The button led to a new page: what is typed is heard once its scripts are there.
    page.wait_for_load_state("load")
    for topic in ("boats", "music"):
        page.get_by_role("searchbox", name="Search the library").fill(f"Your pick: {topic}")
        page.get_by_role("button", name=f"Your pick: {topic}").press("Enter")
        expect(page.locator("#arrange")).to_contain_text(f"Your pick: {topic}")
    assert titles(page) == ["Your pick: boats", "Your pick: music"]
    page.get_by_label("Why this one").first.fill("It floats.")
    page.get_by_role("button", name="Move “Your pick: boats” down").press("Enter")
    expect(page.locator("#arrange .piece__head b").first).to_have_text("Your pick: music")
    # The words typed beside a piece went with it, and the key is still on the same button.
    expect(page.get_by_label("Why this one").last).to_have_value("It floats.")
    assert page.evaluate("document.activeElement.id").startswith("down-")
    page.get_by_role("button", name="Take “Your pick: music” out").press("Enter")
    expect(page.locator("#arrange .piece__head b")).to_have_count(1)
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator("#arrange .piece__head b")).to_have_count(2)


def test_a_piece_is_dragged_to_another_place(
    page: Page, people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    made = boats(people)
    sign_in(page, people.ada)
    page.goto(reverse("teacher-collection-edit", kwargs={"collection": made.uuid}))
    grips = page.locator(".piece__grip")
    grips.nth(2).drag_to(page.locator("[data-piece]").nth(0), target_position={"x": 100, "y": 4})
    expect(page.locator("#toasts")).to_contain_text("Saved.")
    order = list(made.entries.order_by("order").values_list("resource__source_id", flat=True))
    assert order == ["choice-3", "choice-1", "choice-2"]


def test_the_editor_works_without_script(
    new_page: Callable[..., Page], people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    made = boats(people)
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(reverse("teacher-collection-edit", kwargs={"collection": made.uuid}))
    first = people.resource("choice-1").title
    page.get_by_role("button", name=f"Move “{first}” down").click()
    assert titles(page)[1] == first
    page.get_by_role("searchbox", name="Search the library").fill("weather")
    page.get_by_role("searchbox", name="Search the library").press("Enter")
    page.get_by_role("button", name="Your pick: weather").click()
    assert "Your pick: weather" in titles(page)


def test_ben_finds_chooses_and_keeps(page: Page, people: People, sign_in: Callable[[Page, Person], None]) -> None:
    block = room_to_choose(people)
    inside = set(block.options.values_list("resource_id", flat=True))
    inside |= {pk for pk in block.week.blocks.values_list("resource_id", flat=True) if pk is not None}
    found = Resource.objects.filter(source_id__startswith="choice-").exclude(pk__in=inside).order_by("pk")[0]
    StudentProfile.objects.filter(student=people.ben).update(interests=found.topics, screen_minutes_cap=300)
    sign_in(page, people.ben)
    page.goto(reverse("student-week"))
    page.get_by_role("link", name="Find", exact=True).first.press("Enter")
    expect(page.get_by_role("heading", name=f"Because you like {found.topics[0]}")).to_be_visible()
    page.get_by_role("searchbox").fill(found.title)
    expect(page.locator("#found-h")).to_contain_text("for “")
    page.get_by_role("link", name=found.title).first.press("Enter")
    page.get_by_role("button", name="Keep for later").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Kept for later.")
    page.get_by_role("button", name="Choose it for").first.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("It is in your week now")
    expect(page.locator(f"#b-{block.uuid}")).to_contain_text(found.title)


def test_the_pages_have_no_barrier_in_any_look(
    page: Page, people: People, sign_in: Callable[[Page, Person], None], axe: Callable[..., None]
) -> None:
    made = boats(people)
    room_to_choose(people)
    sign_in(page, people.ada)
    for address in (
        reverse("teacher-collections"),
        reverse("teacher-collection", kwargs={"collection": made.uuid}),
        reverse("teacher-collection-edit", kwargs={"collection": made.uuid}) + "?find=pick",
        reverse("teacher-collection-new"),
        reverse("teacher-resource", kwargs={"resource": people.resource("7.1-essential").uuid}),
    ):
        page.goto(address)
        axe(page)


def test_a_students_pages_have_no_barrier_in_any_look(
    page: Page, people: People, sign_in: Callable[[Page, Person], None], axe: Callable[..., None]
) -> None:
    made = boats(people)
    room_to_choose(people)
    StudentProfile.objects.filter(student=people.ben).update(interests=["boats", "music"], careers=["sailor"])
    sign_in(page, people.ben)
    for address in (
        reverse("student-find"),
        reverse("student-find") + "?q=pick&way=listen",
        reverse("student-find-piece", kwargs={"resource": people.resource("choice-9").uuid}),
        reverse("student-find-collection", kwargs={"collection": made.uuid}),
    ):
        page.goto(address)
        axe(page)
