"""A teacher makes a set: nine kinds to choose from, a live preview, tried in place, put in order, in a second language."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.records.items import writing
from headway.records.items.models import Item
from headway.records.library.models import Resource
from tests.people import People, build, documents

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person

Axe = Callable[..., None]
SignIn = Callable[["Page", "Person"], None]


@pytest.fixture
def cast(transactional_db: None) -> People:
    """Return the cast."""
    return build()


@pytest.fixture
def knots(cast: People) -> Resource:
    """Return a set with one question of every kind."""
    made = writing.make_set(
        school=cast.school,
        title="Ratios at the harbor",
        language="en",
        competency_ids=[cast.competencies["7.1"].pk],
        by=cast.ada,
        at=cast.now,
    )
    for kind, facts in documents("7.1").items():
        raw = {"kind": kind, "prompt": f"Look at the harbor: {kind.replace('_', ' ')}?", "hints": ["Read it again."]}
        said = {"right": "Yes, that is it.", "wrong": "Not yet. Look at the order."}
        writing.write_question(resource=made, raw=raw | said | facts, by=cast.ada, at=cast.now)
    return made


def test_a_question_is_written_seen_tried_and_saved(page: Page, cast: People, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ada)
    page.goto("/teach/library/add/")
    page.get_by_role("link", name="Write questions").click()
    axe(page)
    page.get_by_label("Title of the set").fill("Knots")
    page.get_by_role("button", name="Go on to the first question").click()
    axe(page)
    page.get_by_role("link", name="One right answer").click()

    page.get_by_label("What do you ask?").fill("Which knot makes a loop that holds?")
    page.get_by_label("Answer 1", exact=True).fill("bowline")
    page.get_by_label("Answer 2", exact=True).fill("granny knot")
    page.get_by_label("What to say when it is chosen (Answer 2)").fill("A granny knot slips. Which one does not?")
    page.get_by_label("Answer 1 is right").check()
    preview = page.get_by_role("region", name="As a student sees it")
    expect(preview.get_by_text("Which knot makes a loop that holds?")).to_be_visible()

    page.get_by_role("button", name="Add an answer").click()
    expect(page.get_by_label("Answer 4", exact=True)).to_be_focused()
    page.get_by_label("Answer 4", exact=True).fill("clove hitch")
    expect(page.get_by_label("Answer 2", exact=True)).to_have_value("granny knot")
    expect(preview.get_by_text("clove hitch")).to_be_visible()

    preview.get_by_label("granny knot").check()
    preview.get_by_role("button", name="Try it").click()
    expect(preview.get_by_text("A granny knot slips. Which one does not?")).to_be_visible()
    axe(page)

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Which knot makes a loop that holds?", exact=True)).to_be_visible()
    assert Item.objects.get(resource__title="Knots").kind == "one_choice"


def test_gaps_get_their_rows_while_the_text_is_written(
    page: Page, cast: People, knots: Resource, sign_in: SignIn
) -> None:
    sign_in(page, cast.ada)
    page.goto(f"/teach/resources/{knots.uuid}/questions/new/?kind=cloze")
    page.get_by_label("What do you ask?").fill("Fill the gaps.")
    page.get_by_label("The text with its gaps").fill("After the [[ebb]] comes the [[flood]].")
    page.get_by_label("When it is right, say").click()
    page.get_by_label("Gap 2: flood").fill("moon, hill")
    preview = page.get_by_role("region", name="As a student sees it")
    expect(preview.get_by_role("combobox")).to_have_count(1)
    expect(preview.get_by_role("textbox")).to_have_count(1)


def test_a_set_is_put_in_order_by_keyboard_and_a_question_comes_back(
    page: Page, cast: People, knots: Resource, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    page.goto(f"/teach/resources/{knots.uuid}/questions/")
    axe(page)
    rows = page.get_by_role("list", name="Questions").get_by_role("listitem")
    page.get_by_role("button", name="Move “Look at the harbor: many choices?” up").press("Enter")
    expect(rows.first).to_contain_text("many choices?")
    page.get_by_role("button", name="Put “Look at the harbor: many choices?” away").press("Enter")
    expect(page.get_by_text("1 question put away")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(rows.first).to_contain_text("many choices?")


def test_a_question_is_written_in_spanish_beside_the_original(
    page: Page, cast: People, knots: Resource, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    item = knots.items.get(kind="match")
    page.goto(f"/teach/questions/{item.uuid}/variant/?language=es")
    expect(page.get_by_role("region", name="The original")).to_contain_text("a quarter")
    axe(page)
    page.get_by_label("Title of the set in this language").fill("Razones en el puerto")
    page.get_by_label("What do you ask?").fill("¿Qué va con qué?")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Spanish")).to_be_visible()
    assert Item.objects.get(variant_of=item).resource.title == "Razones en el puerto"


def test_a_mistake_is_shown_at_its_field(page: Page, cast: People, knots: Resource, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ada)
    page.goto(f"/teach/resources/{knots.uuid}/questions/new/?kind=number")
    page.get_by_label("What do you ask?").fill("How long is the rope?")
    page.get_by_label("Right answer").fill("long")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Write a number, such as 12.5 or 3/4.")).to_be_visible()
    expect(page.get_by_label("What do you ask?")).to_have_value("How long is the rope?")
    axe(page)
