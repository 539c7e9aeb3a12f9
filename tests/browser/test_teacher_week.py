"""A teacher drafts a class's week, reads why, changes it by mouse and by keyboard, and approves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Q
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
    second.route("**/changes/**", lambda route: route.abort())  # as in a tab that slept
    second.goto(board_address(people))
    second_row, row = row_of(second, "Finn C."), row_of(board, "Finn C.")
    row.locator(".block").first.focus()
    board.keyboard.press("l")
    expect(board.get_by_role("status")).to_contain_text("Locked.")
    second_row.get_by_role("button", name="Approve as is").click()
    expect(second.get_by_role("status")).to_contain_text("This week was changed a moment ago.")
    assert weeks_of(people)["Finn"] == "draft"
    expect(second_row.locator(".block[data-locked]")).to_have_count(1)


@pytest.fixture
def noors(people: People, board: Page, new_page: Callable[..., Page], sign_in: Callable[..., None]) -> Page:
    """Noor's page of the same week, open at the same time."""
    second = new_page()
    sign_in(second, people.noor)
    second.goto(board_address(people))
    return second


def lock_first(page: Page, name: str) -> None:
    row_of(page, name).locator(".block").first.focus()
    page.keyboard.press("l")
    expect(page.get_by_role("status").filter(has_text="Locked.")).to_be_visible()


def test_two_teachers_see_each_others_edits_and_keep_both(board: Page, people: People, noors: Page) -> None:
    lock_first(board, "Finn C.")
    lock_first(noors, "Ben A.")
    expect(row_of(noors, "Finn C.").locator(".block[data-locked]")).to_have_count(1)
    expect(row_of(noors, "Finn C.").locator(".news")).to_contain_text("Changed by Ms. Lind just now")
    expect(row_of(board, "Ben A.").locator(".block[data-locked]")).to_have_count(1)
    expect(row_of(board, "Ben A.").locator(".news")).to_contain_text("Changed by Mr. Haddad just now")
    assert Block.objects.filter(is_locked=True).count() == 2


def test_two_teachers_change_one_week_and_both_get_their_way(board: Page, people: People, noors: Page) -> None:
    noors.route("**/changes/**", lambda route: route.abort())
    mine, theirs = row_of(board, "Finn C.").locator(".block"), row_of(noors, "Finn C.").locator(".block")
    first, last = mine.first.get_attribute("data-block"), theirs.last.get_attribute("data-block")
    mine.first.focus()
    board.keyboard.press("Delete")
    expect(board.get_by_role("status").filter(has_text="Taken out.")).to_be_visible()
    theirs.last.focus()
    noors.keyboard.press("Delete")
    expect(noors.get_by_role("status").filter(has_text="Taken out.")).to_be_visible()
    assert not Block.objects.filter(uuid__in=[first, last]).exists()


def test_a_row_that_is_worked_in_is_not_pulled_away(board: Page, people: People, noors: Page) -> None:
    row = row_of(noors, "Finn C.")
    row.locator(".block").first.click()
    expect(noors.locator("#panel").get_by_role("heading", name="Why this")).to_be_visible()
    lock_first(board, "Finn C.")
    note = row.locator(".news")
    expect(note).to_contain_text("Changed by Ms. Lind just now")
    expect(row.locator(".block[data-locked]")).to_have_count(0)
    note.get_by_role("button", name="Show").click()
    expect(row.locator(".block[data-locked]")).to_have_count(1)


def test_shift_and_an_arrow_move_a_block_and_escape_takes_it_back(board: Page, people: People) -> None:
    row = row_of(board, "Finn C.")
    block = row.locator("td[data-day^=Mon] .block").first
    name, title = block.get_attribute("data-block"), block.locator(".block__title").inner_text()
    block.focus()
    board.keyboard.press("Shift+ArrowRight")
    expect(board.get_by_role("status").filter(has_text="Moved to Tuesday, first place.")).to_be_visible()
    expect(row.locator("td[data-day^=Tue] .block").first).to_contain_text(title)
    expect(board.locator(f"[data-block='{name}']")).to_be_focused()
    board.keyboard.press("Escape")
    expect(row.locator("td[data-day^=Mon] .block").first).to_contain_text(title)


def test_the_keys_are_told(board: Page, people: People) -> None:
    board.locator("body").press("?")
    expect(board.get_by_role("dialog", name="Keys on the board")).to_be_visible()


def resources() -> set[tuple[Any, ...]]:
    return set(Block.objects.values_list("week", "day", "order", "resource"))


def test_the_same_is_given_to_others_and_taken_back_at_once(board: Page, people: People) -> None:
    shown = row_of(board, "Finn C.").locator(".block.k-stretch").first
    given = Block.objects.get(uuid=shown.get_attribute("data-block"))
    others = Block.objects.exclude(pk=given.pk)
    others.filter(Q(resource=given.resource) | Q(day=given.day, order=given.order)).delete()
    shown.click()
    board.get_by_role("link", name="The same for others").click()
    panel = board.locator("#panel")
    expect(panel.get_by_role("button", name="Put it in")).to_be_visible()  # the block's own panel has a checkbox too
    boxes = panel.get_by_role("checkbox")
    for place in range(boxes.count()):
        boxes.nth(place).check()
    before = resources()
    panel.get_by_role("button", name="Put it in").click()
    expect(panel.get_by_role("heading", level=2)).to_contain_text("more student")
    assert resources() != before
    board.get_by_role("button", name="Undo").click()
    expect(board.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert resources() == before


def test_the_list_of_others_has_no_barriers(board: Page, people: People, axe: Callable[..., None]) -> None:
    row_of(board, "Finn C.").locator(".block.k-stretch").first.click()
    board.get_by_role("link", name="The same for others").click()
    expect(board.locator("#panel").get_by_role("button", name="Put it in")).to_be_visible()
    board.evaluate("scrollTo(0, 0)")  # a row half under the head of the board is no smaller for it
    axe(board)


def test_the_whole_week_opens_by_key_and_has_no_barriers(board: Page, people: People, axe: Callable[..., None]) -> None:
    row_of(board, "Finn C.").locator(".block").first.focus()
    board.keyboard.press("w")
    expect(board.locator("#panel").get_by_role("heading", name="Draft again")).to_be_visible()
    axe(board)


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
