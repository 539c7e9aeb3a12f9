"""Ada searches the library, narrows, looks, assigns to three and takes it back: by mouse, by keys alone, and without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from headway.records.library.models import Bookmark
from headway.records.library.queries import doors_of
from headway.records.planning.models import Block
from headway.web.teacher.page import monday_today
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast with a drafted week, where a server in another thread can see it."""
    cast = build()
    cast.monday = monday_today(cast.school_class)
    cast.draft(cast.monday)
    return cast


def address(people: People, name: str = "teacher-library", **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, **more})


@pytest.fixture
def library(people: People, page: Page, sign_in: Callable[..., None]) -> Page:
    """Ada's library page."""
    sign_in(page, people.ada)
    page.goto(address(people))
    return page


def typed(page: Page, words: str) -> None:
    page.get_by_role("searchbox").or_(page.get_by_role("combobox", name="Search the library")).first.press_sequentially(
        words, delay=20
    )


def never_used(people: People) -> str:
    """Return the title of something for a pair that stands in no week, through whichever door."""
    used = set(Block.objects.values_list("resource_id", flat=True))
    pairs = [people.resource(name) for name in people.resource_ids if name.endswith("-pair")]
    return next(each.title for each in pairs if not used & {door.pk for door in doors_of(each)})


def test_results_come_while_ada_types_and_back_goes_back(library: Page, people: People) -> None:
    typed(library, "percents")
    expect(library.get_by_role("heading", name="for “percents”")).to_be_visible()
    expect(library).to_have_url(f"{library.url.split('?')[0]}?q=percents")
    expect(library.locator("#shelf-told")).to_contain_text("for “percents”")
    library.get_by_role("checkbox", name="Spanish").check()
    expect(library.get_by_role("list", name="Chosen filters")).to_contain_text("Spanish")
    library.go_back()
    expect(library.get_by_role("list", name="Chosen filters")).to_have_count(0)
    expect(library.get_by_role("heading", name="for “percents”")).to_be_visible()


def test_a_typing_mistake_finds_what_was_meant(library: Page) -> None:
    typed(library, "percentss")
    expect(library.locator("#results h3").first).to_contain_text("Percents")


def test_a_filter_keeps_the_focus_and_its_chip_lets_go(library: Page) -> None:
    box = library.get_by_role("checkbox", name="Spanish")
    box.focus()
    library.keyboard.press("Space")
    chip = library.get_by_role("list", name="Chosen filters").get_by_role("link")
    expect(chip).to_contain_text("Spanish")
    expect(library.get_by_role("checkbox", name="Spanish")).to_be_focused()
    chip.press("Enter")
    expect(library.get_by_role("checkbox", name="Spanish")).not_to_be_checked()


def test_looking_never_leaves_the_results_and_esc_gives_the_focus_back(library: Page) -> None:
    first = library.locator("#results h3 a").first
    title = first.inner_text()
    first.press("Enter")
    panel = library.locator("#panel")
    expect(panel.get_by_role("heading", name=title)).to_be_focused()
    expect(library.locator(".res.is-on h3")).to_have_text(title)
    library.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(first).to_be_focused()


def test_assigning_to_three_with_the_keyboard_and_taking_it_back(library: Page, people: People) -> None:
    title = never_used(people)
    typed(library, title)
    library.get_by_role("link", name=f"Assign {title}").press("Enter")
    panel = library.locator("#panel")
    expect(panel.get_by_role("heading", name=title)).to_be_focused()
    for student in (people.ben, people.caro, people.finn):
        panel.get_by_role("checkbox", name=student.short_name).press("Space")
        expect(panel.locator(".lib-who").get_by_role("checkbox", name=student.short_name)).to_be_checked()
    expect(panel.get_by_role("table")).to_contain_text(people.ben.given_name)
    panel.get_by_role("radio", name="Friday").focus()
    library.keyboard.press("Space")
    panel.get_by_role("button", name="Add to 3 weeks").press("Enter")
    expect(library.get_by_role("status").last).to_contain_text("Added to 3 weeks")
    assert Block.objects.filter(resource__title=title).count() == 3
    library.locator("body").press("z")
    expect(library.get_by_role("status").last).to_contain_text("Undone.")
    assert not Block.objects.filter(resource__title=title).exists()


def test_a_chip_takes_a_student_out_again(library: Page, people: People) -> None:
    library.get_by_role("link", name="Assign").first.click()
    panel = library.locator("#panel")
    panel.get_by_role("checkbox", name="The class: 8 students").check()
    expect(panel.locator(".lib-who .chip")).to_have_count(8)
    panel.locator(".lib-who .chip", has_text=people.ben.short_name).click()
    expect(panel.locator(".lib-who .chip")).to_have_count(7)


def test_ada_keeps_a_piece_for_later(library: Page, people: People) -> None:
    keep = library.get_by_role("button", name="Keep").first
    keep.press("Enter")
    expect(library.get_by_role("button", name="Keep").first).to_have_attribute("aria-pressed", "true")
    expect(library.get_by_role("button", name="Keep").first).to_be_focused()
    assert Bookmark.objects.filter(person=people.ada).count() == 1


def test_more_results_put_the_focus_on_the_first_new_one(library: Page) -> None:
    library.get_by_role("link", name="Show 20 more").press("Enter")
    expect(library.locator("#results > li")).to_have_count(40)
    expect(library.locator("#results h3 a").nth(20)).to_be_focused()


def test_the_library_beside_a_plan_swaps_a_block(library: Page, people: People) -> None:
    title = never_used(people)
    block = people.block(people.ben, approved=False)
    week = reverse("teacher-week", kwargs={"class_id": people.school_class.pk, "monday": people.monday})
    library.goto(f"{week}?block={block.uuid}")
    library.get_by_label("Search the whole library").press_sequentially(title, delay=20)
    library.get_by_role("button", name=f"Use this {title}").press("Enter")
    expect(library.get_by_role("status").last).to_contain_text(f"“{title}” is in.")
    block.refresh_from_db()
    assert block.resource is not None
    assert block.resource.title == title


def test_it_all_works_without_script(
    people: People, new_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    title = never_used(people)
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(address(people))
    page.locator("#q").fill(title)
    page.locator("#q").press("Enter")
    page.get_by_role("checkbox", name="English").check()
    page.get_by_role("button", name="Show results").click()
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("link", name="Assign", exact=True).click()
    page.get_by_role("checkbox", name=people.ben.short_name).check()
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("button", name="Add to 1 week").click()
    expect(page.get_by_role("status").last).to_contain_text("Added to 1 week")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").last).to_contain_text("Undone.")
    assert not Block.objects.filter(resource__title=title).exists()


def test_nothing_is_in_the_way_of_anybody(library: Page, people: People, axe: Callable[..., None]) -> None:
    axe(library)
    library.goto(f"{address(people)}?q=percents&language=en&fits={people.ben.uuid}")
    library.get_by_role("link", name="Assign").first.click()
    library.locator("#who-more > summary").click()
    library.locator("#panel").get_by_role("checkbox", name=people.caro.short_name).check()
    expect(library.locator("#panel").get_by_role("table")).to_be_visible()
    axe(library)


def test_a_small_phone_has_the_filters_folded_and_the_piece_over_the_results(
    phone: Page, people: People, sign_in: Callable[..., None]
) -> None:
    sign_in(phone, people.ada)
    phone.goto(address(people))
    expect(phone.get_by_label("Show what fits")).to_be_hidden()
    phone.locator("#narrow > summary").click()
    expect(phone.get_by_label("Show what fits")).to_be_visible()
    phone.locator("#results h3 a").first.click()
    expect(phone.locator("#panel").get_by_role("heading", level=2)).to_be_visible()
    phone.locator("#panel").get_by_role("link", name="Close").click()
    expect(phone.locator("#panel")).to_be_hidden()


def test_each_page_that_stands_alone_has_no_barrier(library: Page, people: People, axe: Callable[..., None]) -> None:
    piece = people.resource("7.1-essential").uuid
    block = people.block(people.ben, approved=False)
    for page in (
        address(people, "teacher-library-piece", resource=piece),
        address(people, "teacher-library-present", resource=piece),
        address(people, "teacher-library-assign", resource=piece) + f"?who={people.ben.uuid}&who={people.caro.uuid}",
        reverse("teacher-block-search", kwargs={"block": block.uuid}) + "?q=harbor&all=1",
        address(people) + "?q=harbor&kind=music",
    ):
        library.goto(page)
        axe(library)
