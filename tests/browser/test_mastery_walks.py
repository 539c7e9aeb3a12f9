"""A teacher judges with one press, reads why, and tries another rule before setting it; a leader does so for the school."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from headway.records.evidence.models import Evidence, MasteryRule
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[..., None]
NewPage = Callable[..., "Page"]


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast, where a server in another thread can see it."""
    return build()


def grid_address(people: People) -> str:
    return reverse("teacher-class", kwargs={"class_id": people.school_class.pk})


def rule_address(people: People) -> str:
    return reverse("teacher-rule", kwargs={"class_id": people.school_class.pk})


def cell_of(page: Page, people: People, code: str = "7.1") -> str:
    return f"#c{people.ben.pk}-{people.competencies[code].pk}"


@pytest.fixture
def grid(people: People, page: Page, sign_in: SignIn) -> Page:
    """Ada's class grid."""
    sign_in(page, people.ada)
    page.goto(grid_address(people))
    return page


# --- one press --------------------------------------------------------------------------------------------------------


def test_a_judgement_is_one_press_from_the_open_cell_and_undone_by_another(grid: Page, people: People) -> None:
    cell = grid.locator(cell_of(grid, people))
    cell.click()
    panel = grid.locator("#panel")
    panel.get_by_role("button", name="Secure: Explained it to me").click()
    expect(grid.get_by_role("status").filter(has_text="Your judgement is saved")).to_be_visible()
    expect(cell).to_have_attribute("aria-label", re.compile("Secure.*judged by a person"))
    expect(panel).to_contain_text("“Explained it to me”")
    grid.get_by_role("button", name="Undo").click()
    expect(grid.locator(cell_of(grid, people))).to_have_attribute("aria-label", re.compile("Growing"))
    assert Evidence.objects.filter(kind="withdrawal").count() == 1


def test_a_judgement_is_given_by_keyboard_alone(grid: Page, people: People) -> None:
    grid.locator(cell_of(grid, people)).focus()
    grid.keyboard.press("Enter")
    button = grid.get_by_role("button", name="Starting: Seen in class")
    expect(button).to_be_visible()
    for _step in range(12):
        if button.evaluate("each => each === document.activeElement"):
            break
        grid.keyboard.press("Tab")
    grid.keyboard.press("Enter")
    expect(grid.locator("#panel")).to_contain_text("Judged by a person")


def test_without_script_the_same_press_works(people: People, new_page: NewPage, sign_in: SignIn) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(grid_address(people))
    page.locator(cell_of(page, people)).click()
    page.get_by_role("button", name="Beyond: Talked it through").click()
    expect(page.locator("main")).to_contain_text("Judged by a person")
    assert Evidence.objects.get(kind="judgement").words == "Talked it through"


def test_the_reasons_of_a_rating_fit_a_phone(
    people: People, phone: Page, sign_in: SignIn, axe: Callable[..., None]
) -> None:
    sign_in(phone, people.ada)
    phone.goto(grid_address(people))
    phone.locator(cell_of(phone, people)).click()
    expect(phone.get_by_role("heading", name="Why this rating")).to_be_attached()
    phone.get_by_role("button", name="Secure: Seen in class").click()
    expect(phone.locator("#panel")).to_contain_text("“Seen in class”")


def test_the_open_panel_has_no_barrier(grid: Page, people: People, axe: Callable[..., None]) -> None:
    grid.locator(cell_of(grid, people)).click()
    expect(grid.locator("#panel h3").first).to_be_visible()
    axe(grid)


# --- another rule -----------------------------------------------------------------------------------------------------


def test_a_rule_is_tried_set_and_undone(people: People, page: Page, sign_in: SignIn) -> None:
    sign_in(page, people.ada)
    page.goto(rule_address(people))
    page.get_by_label("Several in a row").check()
    look = page.locator("#look")
    expect(look).to_contain_text("Words that would change:")
    page.get_by_label("Right in a row").fill("99")
    page.get_by_label("Right in a row").press("Tab")
    expect(look).to_contain_text("Write a whole number from 2 to 10.")
    page.get_by_label("Right in a row").fill("4")
    page.get_by_label("Right in a row").press("Tab")
    assert not MasteryRule.objects.exists()
    page.get_by_role("button", name="Use “Several in a row” for this class").click()
    expect(page.get_by_role("heading", name="Now: Several in a row")).to_be_visible()
    page.goto(grid_address(people))
    expect(page.locator(".byrule")).to_contain_text("Several in a row")
    page.goto(rule_address(people))
    page.get_by_role("button", name="Back to the school’s rule").click()
    expect(page.get_by_role("heading", name="Now: Learner model")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Now: Several in a row")).to_be_visible()


def test_a_name_in_the_look_opens_its_cell(people: People, page: Page, sign_in: SignIn) -> None:
    sign_in(page, people.ada)
    page.goto(rule_address(people))
    page.get_by_label("Highest", exact=False).first.check()
    move = page.locator("#look details").first
    if move.get_attribute("open") is None:
        move.locator("summary").click()
    link = move.locator(".moves a").first
    skill = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(skill)


def test_without_script_a_rule_is_tried_and_set(people: People, new_page: NewPage, sign_in: SignIn) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    page.goto(rule_address(people))
    page.locator("input[name=method][value=mean]").check()
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("#look")).to_contain_text("What “Average” would change")
    page.get_by_role("button", name="Use “Average” for this class").click()
    expect(page.get_by_role("heading", name="Now: Average")).to_be_visible()


def test_a_leader_sets_the_rule_of_a_skill(people: People, page: Page, sign_in: SignIn) -> None:
    sign_in(page, people.grace)
    page.goto(reverse("leader-rules"))
    page.get_by_label("A rule for one skill").select_option(label="Percents TA.7.5")
    page.get_by_role("button", name="Open").click()
    page.get_by_label("Most recent").check()
    page.get_by_role("button", name="Use “Most recent” for Percents").click()
    expect(page.get_by_role("heading", name="Now: Most recent")).to_be_visible()
    assert MasteryRule.objects.get().competency == people.competencies["7.5"]


def test_what_a_look_says_has_no_barrier(people: People, page: Page, sign_in: SignIn, axe: Callable[..., None]) -> None:
    sign_in(page, people.ada)
    page.goto(rule_address(people))
    page.get_by_label("Several in a row").check()
    expect(page.locator("#look")).to_contain_text("Words that would change:")
    page.evaluate("scrollTo(0, 0)")  # what slides under the bar is not a small target
    axe(page)
