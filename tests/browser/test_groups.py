"""Ada makes a group, draws teams for a task, changes one, takes it back; the keyboard is enough, and so is a small phone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from headway.records.grouping.models import Group

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from headway.records.roster.models import Person
    from tests.people import People


def groups_page(people: People, name: str = "teacher-groups") -> str:
    monday = people.monday + timedelta(weeks=1)
    return reverse(name, kwargs={"class_id": people.school_class.pk, "monday": monday})


def draft_teams(page: Page, people: People) -> None:
    page.goto(groups_page(people))
    page.get_by_label("Task", exact=True).select_option(index=0)
    for skill in ("Ratios", "Unit rates", "Proportions"):
        page.get_by_role("group", name="What the task needs").get_by_label(skill).check()
    page.get_by_role("button", name="Draft teams").press("Enter")


def test_ada_makes_a_suggested_group_and_takes_it_back(
    page: Page, people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    for student in people.students[:5]:
        for _answer in range(6):
            people.answer(student, "7.1", right=False)
    sign_in(page, people.ada)
    page.goto(groups_page(people))
    page.get_by_role("button", name="Make this group").first.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Group made for")
    expect(page.get_by_role("link", name="Open the session")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.get_by_role("link", name="Open the session")).to_have_count(0)


def test_ada_makes_teams_changes_one_and_takes_that_back(
    page: Page, people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(page, people.ada)
    draft_teams(page, people)
    page.get_by_role("button", name="Make these 2 teams").press("Enter")
    expect(page.get_by_role("heading", name="Teams for “A model harbor”")).to_be_visible()
    page.get_by_role("link", name="Team 1").press("Enter")
    before = sorted(page.locator(".pickers--one label").all_inner_texts())
    page.locator(".pickers--one input").first.uncheck()
    page.get_by_role("button", name="Save").last.press("Enter")
    expect(page.locator(".pickers--one input")).to_have_count(len(before) - 1)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.locator(".pickers--one input")).to_have_count(len(before))
    assert sorted(page.locator(".pickers--one label").all_inner_texts()) == before


def test_teams_are_made_without_a_script(
    new_page: Callable[..., Page], people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, people.ada)
    draft_teams(page, people)
    page.get_by_role("button", name="Make these 2 teams").click()
    assert page.get_by_role("link", name="Team 2").is_visible()
    assert Group.objects.filter(kind="team").count() == 2


def test_the_pages_have_no_barriers(
    page: Page, people: People, sign_in: Callable[[Page, Person], None], axe: Callable[..., None]
) -> None:
    sign_in(page, people.ada)
    draft_teams(page, people)
    axe(page)
    page.get_by_role("button", name="Make these 2 teams").press("Enter")
    page.wait_for_url(f"**{groups_page(people)}")
    axe(page)
    page.get_by_role("link", name="Team 1").press("Enter")
    page.wait_for_url("**/groups/*/")
    axe(page, themes=("light",))
    page.goto(groups_page(people, "teacher-groups-print"))
    axe(page, themes=("light",))
