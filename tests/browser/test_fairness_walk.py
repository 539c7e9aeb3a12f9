"""A teacher goes from a dot of the strip to the tasks behind it, by mouse, by keyboard and by thumb."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.records.planning.models import Block
from tests.people import People, build
from tests.records.test_fairness_reports import many_students

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast and 26 more, with a drafted week, where a server in another thread can see it."""
    people = build()
    many_students(people)
    people.draft()
    return people


@pytest.fixture
def board(people: People, page: Page, sign_in: Callable[..., None]) -> Page:
    sign_in(page, people.ada)
    page.goto(f"/teach/classes/{people.school_class.pk}/week/{people.monday}/")
    return page


def test_a_dot_opens_the_tasks_and_a_task_its_block(board: Page, people: People) -> None:
    board.locator("#fair").get_by_role("link", name="English at home").nth(1).click()
    expect(board.get_by_role("heading", level=1)).to_have_text("Screen minutes: English at home")
    board.locator(".behind a").first.click()
    expect(board.locator("#panel")).to_be_visible()


def test_the_keyboard_reaches_every_dot_and_opens_it(board: Page, people: People) -> None:
    dots = board.locator("#fair svg.chart a")
    reached = set()
    board.locator("#fair h3 a").first.focus()
    for _press in range(60):
        board.keyboard.press("Tab")
        href = board.evaluate(
            "document.activeElement.closest('#fair svg') ? document.activeElement.getAttribute('href') : ''"
        )
        if href:
            reached.add(href)
    assert len(reached) == dots.count()
    dots.first.focus()
    board.keyboard.press("Enter")
    expect(board.get_by_role("heading", level=2, name="The tasks behind it")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 1024, 768, 390, 320])
def test_no_dot_is_too_small_or_too_near_to_hit(board: Page, people: People, width: int) -> None:
    Block.objects.filter(week__student=people.finn).update(minutes=60, screen_minutes=60)
    board.set_viewport_size({"width": width, "height": 800})
    board.reload()
    boxes = [box.bounding_box() for box in board.locator("#fair svg .hit").all()]
    assert len(boxes) > 10
    assert all(box is not None and box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_without_script_the_dot_is_still_a_page(
    people: People, new_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(f"/teach/classes/{people.school_class.pk}/week/{people.monday}/")
    page.locator("#fair svg.chart a").first.click()
    expect(page.get_by_role("heading", level=2, name="The tasks behind it")).to_be_visible()


@pytest.mark.parametrize("measure", ["grade_level", "waits"])
def test_the_tasks_behind_a_dot_have_no_barrier(
    board: Page, people: People, axe: Callable[..., None], measure: str
) -> None:
    board.goto(f"/teach/classes/{people.school_class.pk}/week/{people.monday}/fair/{measure}/")
    axe(board)


def test_the_strip_has_no_barrier(board: Page, axe: Callable[..., None]) -> None:
    axe(board)


def test_small_groups_are_not_printed(board: Page, people: People) -> None:
    board.emulate_media(media="print")
    expect(board.locator("#fair")).to_be_hidden()
    board.goto(f"/teach/classes/{people.school_class.pk}/week/{people.monday}/fair/screen/?of=S")
    expect(board.locator("table")).to_be_hidden()
    expect(board.get_by_text("small groups are not printed")).to_be_visible()


def test_a_leader_goes_from_the_school_to_a_class_and_meets_no_barrier(
    people: People, page: Page, sign_in: Callable[..., None], axe: Callable[..., None]
) -> None:
    sign_in(page, people.grace)
    page.goto(f"/lead/week-fairness/{people.monday}/")
    axe(page)
    page.locator(".fair svg.chart a").first.click()
    expect(page.get_by_role("heading", level=1, name="Grade-level work")).to_be_visible()
    page.goto(page.url.partition("#")[0])  # where the link led down the page, the bar covers what is above
    axe(page)
