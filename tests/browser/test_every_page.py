"""Every page that the access table names, opened by somebody who may: no barrier in any theme, nothing too wide at 320 px."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.web.test_access import ROWS, World, make_world

if TYPE_CHECKING:
    from playwright.sync_api import Page

# These answer with another page or with a part of one.
NOT_A_PAGE = {
    "home",
    "teacher-week-now",
    "teacher-week-changes",
    "teacher-block",
    "teacher-week-add",
    "teacher-resource-description",
    "teacher-library-words",
    "teacher-place-search",
    "leader-week-fairness-now",
    "teacher-crosswalk-csv",
    "leader-words",
    "teacher-import",  # the table of the test waits for its columns, so this leads there
    "teacher-import-refused",  # a table to download
    "stored-file",  # whatever somebody gave
    "work-file",
    "teacher-questions-qti",  # a package to download
    "service-worker",  # a script
    "student-offline-pack",  # JSON for the device
    "student-inbox",
    # What plays here is an activity without its program; test_h5p.py looks at real ones.
    "student-play",
    "teacher-resource-play",
    *(name for name in ROWS if name.startswith("frame-")),
    *(name for name in ROWS if name.startswith("case-")),  # JSON for machines
}
VISITORS = ("nobody", "ada", "ben", "dana", "grace")


def pages_of(visitor: str) -> list[str]:
    """The pages that this person opens first of all visitors."""
    mine = []
    for name, row in ROWS.items():
        if row.post is not None or name in NOT_A_PAGE:
            continue
        first = "nobody" if row.is_open_to_all else next((each for each in VISITORS if each in row.yes.split()), None)
        if first == visitor:
            mine.append(name)
    return mine


@pytest.fixture
def world(transactional_db: None) -> World:
    """Everything the addresses are about, where a server in another thread can see it."""
    return make_world()


def test_every_page_has_a_visitor() -> None:
    asked = {name for name, row in ROWS.items() if row.post is None} - NOT_A_PAGE
    assert asked == {name for visitor in VISITORS for name in pages_of(visitor)}


@pytest.mark.parametrize("visitor", VISITORS)
def test_no_page_has_a_barrier(
    world: World,
    page: Page,
    sign_in: Callable[..., None],
    axe: Callable[..., None],
    visitor: str,
) -> None:
    if visitor != "nobody":
        sign_in(page, getattr(world.people, visitor))
    barriers = []
    for name in pages_of(visitor):
        answer = page.goto(ROWS[name].address(name, world))
        if answer is None or answer.status >= 400:
            barriers.append(f"{name}: status {answer.status if answer else '-'}")
            continue
        page.evaluate("scrollTo(0, 0)")  # what slides under the bar is not a small target
        try:
            axe(page)
        except AssertionError as found:
            barriers.append(f"{name}: {found}")
    assert not barriers, "\n".join(barriers)


def test_the_sentence_pages_have_no_barriers(world: World, page: Page, axe: Callable[..., None]) -> None:
    answer = page.goto("/nowhere/")
    assert answer is not None
    assert answer.status == 404
    axe(page)
    page.goto(reverse("family-week", kwargs={"code": "otter-lamp-river-42"}))
    axe(page)


def test_spanish_fits_a_small_phone_too(
    world: World, new_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    too_wide = {}
    for visitor in VISITORS:
        page = new_page(viewport={"width": 320, "height": 640}, locale="es-MX")
        if visitor != "nobody":
            person = getattr(world.people, visitor)
            person.language = "es"
            person.save()
            sign_in(page, person)
        for name in pages_of(visitor):
            page.goto(ROWS[name].address(name, world))
            assert page.locator("html").get_attribute("lang") == "es"
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                too_wide[name] = wide
    assert not too_wide
