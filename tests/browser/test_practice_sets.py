"""A teacher chooses how a set is asked and sees whom it reaches; a student types, opens the example, and goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.core.items import write_plain
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.planning.models import Block, ItemWork
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person

Axe = Callable[..., None]
SignIn = Callable[["Page", "Person"], None]
SHOTS = os.environ.get("HEADWAY_SHOTS", "")


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where somebody asks for them."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def cast(transactional_db: None) -> People:
    cast = build()
    cast.approve()
    return cast


@pytest.fixture
def own_set(cast: People) -> Resource:
    """Return a set of the school's own; its first question can be typed and has a worked example."""
    resource = cast.resource("7.1-essential")
    Resource.objects.filter(pk=resource.pk).update(school=cast.school, text="")
    document = write_plain(
        {
            "id": "7.1-one_choice",
            "kind": "one_choice",
            "prompt": "What comes in after the ebb?",
            "choices": [
                {"id": "A", "text": "the flood", "right": True},
                {"id": "B", "text": "the fog"},
                {"id": "C", "text": "the fleet"},
            ],
            "example": "Water goes out: the ebb.\n\nWater comes in: the flood.",
        }
    )
    Item.objects.filter(source_id="7.1-one_choice").update(
        document=document, prompt="What comes in after the ebb?", version=7
    )
    return Resource.objects.get(pk=resource.pk)


def test_a_teacher_tries_choices_out_and_sets_them(
    page: Page, phone: Page, cast: People, own_set: Resource, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    page.goto(f"/teach/resources/{own_set.uuid}/")
    page.get_by_role("link", name="How it is asked").click()
    look = page.locator("#look")
    expect(look.get_by_role("heading", level=2)).to_have_text("What they would get first")
    expect(look.get_by_role("heading", level=3)).to_have_count(3)
    axe(page)
    shoot(page, "practice-set-1366")

    page.get_by_role("radio", name="The order it was written").check()
    expect(look.get_by_role("heading", level=2)).to_have_text("What they would get first, with these choices")
    expect(look.get_by_text("Question 1", exact=True)).to_have_count(3)
    page.get_by_label("How many questions at most").fill("3")
    page.get_by_role("button", name="Ask it like this").click()
    expect(page.locator("#toasts")).to_contain_text("The set is asked like this from now on.")
    own_set.refresh_from_db()
    assert (own_set.practice["order"], own_set.practice["questions"]) == ("as written", 3)

    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("radio", name="What fits each student next")).to_be_checked()

    sign_in(phone, cast.ada)
    phone.goto(f"/teach/resources/{own_set.uuid}/practice/")
    axe(phone)
    shoot(phone, "practice-set-390")


def test_a_student_types_opens_the_example_and_goes_on(
    page: Page, phone: Page, cast: People, own_set: Resource, sign_in: SignIn, axe: Axe
) -> None:
    block = cast.block(cast.ben)
    Block.objects.filter(pk=block.pk).update(resource=own_set, competency=cast.competencies["7.1"])
    sign_in(page, cast.ben)
    page.goto(f"/my/blocks/{block.uuid}/?q=1")
    page.get_by_role("navigation", name="Ways to answer").get_by_role("link", name="Write").click()
    expect(page.get_by_text("the fleet")).to_have_count(0)
    field = page.locator("[name=answer]")
    field.fill("high water")
    page.get_by_role("button", name="Check my answer").click()
    expect(page.locator("#problem")).to_contain_text("none of the answers by its words")
    axe(page)
    shoot(page, "write-1366")
    for time in range(1, 4):
        field.fill("the fog")
        page.get_by_role("button", name="Check my answer").click()
        expect(page.locator("#feedback")).to_contain_text("Not yet.")
        page.wait_for_function("n => document.querySelectorAll('[data-example]').length === (n >= 3 ? 1 : 0)", arg=time)
    page.get_by_role("button", name="See a worked example").click()
    expect(page.get_by_text("Water comes in: the flood.")).to_be_visible()
    expect(field).to_have_value("the fog")
    shoot(page, "example-1366")
    field.fill("The flood.")
    page.get_by_role("button", name="Check my answer").click()
    expect(page.locator("#feedback")).to_contain_text("Right, on try 4.")
    assert ItemWork.objects.get(block=block).example_shown

    page.get_by_role("link", name="Next question").click()
    expect(page).not_to_have_url(f"/my/blocks/{block.uuid}/?q=1")
    assert "left=" not in page.url

    sign_in(phone, cast.ben)
    phone.goto(f"/my/blocks/{block.uuid}/?q=1&way=write")
    axe(phone)
    shoot(phone, "write-390")
    phone.goto(f"/my/blocks/{block.uuid}/?q=end")
    axe(phone)
    shoot(phone, "end-390")
