"""A teacher drafts a class's week, reads why, changes it by mouse and by keyboard, and approves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from headway.records.planning.models import Block, Week
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast, where a server in another thread can see it."""
    return build()


def board_address(people: People) -> str:
    return reverse("teacher-week", kwargs={"class_id": people.school_class.pk, "monday": people.monday})


@pytest.fixture
def board(people: People, page: Page, sign_in: Callable[..., None]) -> Page:
    """Ada's board with a drafted week."""
    sign_in(page, people.ada)
    page.goto(board_address(people))
    page.get_by_role("button", name="Draft 8 weeks").click()
    expect(page.get_by_role("status")).to_contain_text("8 weeks are drafted.")
    return page


def row_of(page: Page, name: str) -> Any:
    return page.locator("tr[data-student]", has=page.get_by_role("link", name=name, exact=True))


def weeks_of(people: People) -> dict[str, str]:
    return dict(Week.objects.values_list("student__given_name", "status"))


def test_the_board_puts_flagged_rows_first_and_says_why(board: Page, people: People) -> None:
    first = board.locator("#board tbody").first
    expect(first).to_contain_text("Needs your eye first")
    expect(first.locator(".why").first).to_be_visible()


def test_a_block_says_why_it_is_there_and_what_else_there_is(board: Page, people: People) -> None:
    row_of(board, "Finn C.").locator(".block").first.click()
    panel = board.locator("#panel")
    expect(panel.get_by_role("heading", name="Why this")).to_be_visible()
    expect(panel.locator(".because")).to_contain_text("Evidence.")
    expect(panel.get_by_text("best fit")).to_be_visible()


def test_a_swap_shows_at_once_and_can_be_undone(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    block = row.locator(".block").first
    before = block.locator(".block__title").inner_text()
    block.click()
    chosen = board.locator("#swap-form label b").first.inner_text()
    board.get_by_role("button", name=re.compile("^Swap")).click()
    expect(board.get_by_role("status")).to_contain_text("is in. New drafts will leave it alone.")
    expect(row.locator(".block").first).to_contain_text(chosen)
    board.get_by_role("button", name="Undo").click()
    expect(row.locator(".block").first).to_contain_text(before)


def test_a_block_is_moved_by_keyboard_alone(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    block = row.locator("td[data-day^=Mon] .block").first
    title = block.locator(".block__title").inner_text()
    block.focus()
    board.keyboard.press("m")
    place = board.locator("#place")
    expect(place).to_be_focused()
    place.select_option("1.0")
    board.keyboard.press("Tab")
    board.keyboard.press("Enter")
    expect(board.get_by_role("status")).to_contain_text("Moved to Tuesday")
    expect(row.locator("td[data-day^=Tue] .block").first).to_contain_text(title)
    board.locator("body").press("z")
    expect(row.locator("td[data-day^=Mon] .block").first).to_contain_text(title)


def test_a_block_is_moved_by_dragging(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    block = row.locator("td[data-day^=Mon] .block").first
    title = block.locator(".block__title").inner_text()
    block.drag_to(row.locator("td[data-day^=Wed] .block").first)
    expect(row.locator("td[data-day^=Wed] .block").first).to_contain_text(title)


def test_a_locked_block_stays_when_the_row_is_drafted_again(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    block = row.locator(".block").first
    block.focus()
    board.keyboard.press("l")
    expect(board.get_by_role("status")).to_contain_text("Locked.")
    locked = Block.objects.get(is_locked=True)
    row.get_by_role("button", name="Draft again").click()
    expect(board.get_by_role("status")).to_contain_text("drafted anew")
    assert Block.objects.get(is_locked=True).pk == locked.pk


def test_an_empty_place_is_filled_and_emptied(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    row.locator("td[data-day^=Tue] .block").nth(1).focus()
    board.keyboard.press("Delete")
    expect(board.get_by_role("status")).to_contain_text("Taken out.")
    row.get_by_role("link", name="Add to Tuesday").click()
    panel = board.locator("#panel")
    expect(panel.get_by_role("heading", name="Add a block")).to_be_visible()
    title = panel.locator("label b").first.inner_text()
    panel.get_by_role("button", name="Add").click()
    expect(row.locator("td[data-day^=Tue]")).to_contain_text(title)


def test_one_is_approved_as_it_is_and_all_ready_ones_together(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    row.locator(".block").first.focus()
    board.keyboard.press("a")
    expect(board.get_by_role("status")).to_contain_text("Finn’s week is approved.")
    assert weeks_of(people)["Finn"] == "approved"
    board.get_by_role("button", name=re.compile(r"Approve \d ready plans")).click()
    expect(board.get_by_role("status")).to_contain_text("are approved.")
    ready = [name for name, status in weeks_of(people).items() if status == "approved"]
    assert len(ready) > 1


def test_a_stale_tab_is_told_and_changes_nothing(
    board: Page, people: People, new_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    second = new_page()
    sign_in(second, people.noor)
    second.goto(board_address(people))
    second_row, row = row_of(second, "Finn C."), row_of(board, "Finn C.")
    row.locator(".block").first.focus()
    board.keyboard.press("l")
    expect(board.get_by_role("status")).to_contain_text("Locked.")
    second_row.get_by_role("button", name="Approve as is").click()
    expect(second.get_by_role("status")).to_contain_text("This week was changed a moment ago.")
    assert weeks_of(people)["Finn"] == "draft"
    expect(second_row.locator(".block[data-locked]")).to_have_count(1)


def test_everything_works_without_script(
    people: People, new_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(board_address(people))
    page.get_by_role("button", name="Draft 8 weeks").click()
    row_of(page, "Finn C.").locator(".block").first.click()
    page.get_by_role("button", name=re.compile("^Swap")).click()
    expect(page.get_by_role("status")).to_contain_text("is in.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    row_of(page, "Finn C.").get_by_role("button", name="Approve as is").click()
    assert weeks_of(people)["Finn"] == "approved"


def test_the_board_has_no_barriers(board: Page, people: People, axe: Callable[..., None]) -> None:
    row_of(board, "Finn C.").locator(".block").first.click()
    expect(board.locator("#panel").get_by_role("heading", name="Why this")).to_be_visible()
    axe(board)


def test_weeks_are_printed_one_page_each_in_the_students_language(
    board: Page, people: People, axe: Callable[..., None]
) -> None:
    board.get_by_role("button", name=re.compile(r"Approve \d ready plans")).click()
    board.get_by_role("link", name="Print weeks").click()
    expect(board.locator("article.paper").first).to_be_visible()
    assert board.locator("article.paper").count() == len([1 for s in weeks_of(people).values() if s == "approved"])
    printed = board.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == board.locator("article.paper").count()
    axe(board)
