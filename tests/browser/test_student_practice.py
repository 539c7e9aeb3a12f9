"""A student's walk: signs in by card, practises with a hint, finishes; on every page no barrier in any theme."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.records.evidence.models import Evidence
from headway.records.planning.models import Block, HelpRequest
from tests.people import KINDS_OF_CODE, People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person

Axe = Callable[..., None]
SignIn = Callable[["Page", "Person"], None]
KINDS = KINDS_OF_CODE["7.1"]


@pytest.fixture
def cast(transactional_db: None) -> People:
    """Return the cast with an approved week, where the server sees it."""
    cast = build()
    cast.approve()
    return cast


@pytest.fixture
def block(cast: People) -> Block:
    """Return a block of Ben's with one question of every kind."""
    block = cast.block(cast.ben)
    Block.objects.filter(pk=block.pk).update(
        resource=cast.resource("7.1-essential"), competency=cast.competencies["7.1"]
    )
    return block


def question(block: Block, kind: str) -> str:
    return f"/my/blocks/{block.uuid}/?q={KINDS.index(kind) + 1}"


def pieces(cast: People) -> list[Evidence]:
    return list(Evidence.objects.filter(student=cast.ben, item__isnull=False).order_by("pk"))


def test_a_student_signs_in_by_card_practises_with_a_hint_and_finishes(page: Page, cast: People, block: Block) -> None:
    page.goto("/card/")
    page.get_by_role("textbox").first.fill(cast.card_code(cast.ben))
    page.get_by_role("button", name=re.compile("sign in|go in|open|come in|in$", re.IGNORECASE)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hi Ben.")
    page.goto(f"/my/blocks/{block.uuid}/")
    page.get_by_role("button", name="Start the questions").click()
    # What is pressed is written down on the device first, so the next page comes a moment later.
    page.wait_for_url(re.compile(r"q=1"))
    page.goto(question(block, "number"))

    page.get_by_label("Your answer, in km").fill("a few")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_have_text("Write a number, like 12.5 or 3/4.")
    expect(page.get_by_label("Your answer, in km")).to_be_focused()

    page.get_by_role("button", name=re.compile("Hint 1 of 3")).click()
    expect(page.get_by_text("Read it again.")).to_be_visible()
    expect(page.get_by_label("Your answer, in km")).to_have_value("a few")

    page.get_by_label("Your answer, in km").fill("12,5")
    page.get_by_role("button", name=re.compile("Check my answer")).click()
    expect(page.locator("#feedback h2")).to_be_focused()
    expect(page.locator("#feedback")).to_contain_text("Right, with a hint you asked for.")
    [piece] = pieces(cast)
    assert (piece.score, piece.hints_used) == (1.0, 1)

    page.goto(f"/my/blocks/{block.uuid}/?q=end")
    expect(page.get_by_text("I can compare two amounts with a ratio.")).to_be_visible()
    page.get_by_role("button", name="Got it").click()
    expect(page.locator("#toasts")).to_contain_text("Done. Your teacher sees it.")
    block.refresh_from_db()
    assert (block.feeling, block.finished_at is not None) == ("got-it", True)
    page.locator("#toasts").get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("You said: got it.")).to_have_count(0)
    block.refresh_from_db()
    assert block.finished_at is None


def test_the_keyboard_is_enough(page: Page, cast: People, block: Block, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    page.goto(question(block, "one_choice"))
    right = page.get_by_role("radio", name="3 to 2").get_attribute("data-n")
    page.keyboard.press(str(right))
    expect(page.get_by_role("radio", name="3 to 2")).to_be_checked()
    page.keyboard.press("h")
    expect(page.get_by_text("Read it again.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#feedback")).to_contain_text("Right, with a hint you asked for.")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=2$"))


def test_asking_in_the_middle_of_an_answer_loses_nothing(
    page: Page, cast: People, block: Block, sign_in: SignIn
) -> None:
    sign_in(page, cast.ben)
    page.goto(question(block, "long_answer"), wait_until="networkidle")
    page.get_by_label("Look at the harbor.").fill("Two boats")
    page.get_by_text("Ask Ms. Lind").click()
    page.get_by_label("Where are you stuck?").fill("What is an oar?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Your teacher sees that you asked.")
    expect(page.get_by_label("Look at the harbor.")).to_have_value("Two boats")
    assert [asked.words for asked in HelpRequest.objects.filter(student=cast.ben)] == ["What is an oar?"]


def test_things_are_put_in_order_by_buttons(page: Page, cast: People, block: Block, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    page.goto(question(block, "order"))
    wanted = ["1 to 4", "1 to 3", "1 to 2", "1 to 1"]
    for place, words in enumerate(wanted):
        up = page.get_by_role("button", name=f"Move up: {words}")
        while page.locator(".order__row label").all_text_contents().index(words) > place:
            up.click()
    assert page.locator(".order__row label").all_text_contents() == wanted
    page.get_by_role("button", name=re.compile("Check my answer")).click()
    expect(page.locator("#feedback")).to_contain_text("That is right.")


def test_a_lost_connection_keeps_the_words(page: Page, cast: People, block: Block, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    page.goto(question(block, "long_answer"))
    words = "For every two boats there are four oars."
    page.get_by_label("Look at the harbor.").fill(words)
    page.context.set_offline(True)
    page.get_by_role("button", name=re.compile("Check my answer")).click()
    expect(page.locator("#saved-here h2")).to_be_focused()
    expect(page.locator("#unsent-words")).to_have_text("1 thing is saved on this device and not sent yet.")
    page.context.set_offline(False)
    expect(page.locator("#feedback")).to_contain_text("Sent to your teacher.")
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    expect(page.get_by_label("Look at the harbor.")).to_have_value(words)


@pytest.mark.parametrize("kind", ["one_choice", "number", "order", "match", "cloze"])
def test_every_question_works_without_script(
    new_page: Callable[..., Page], cast: People, block: Block, kind: str, sign_in: SignIn
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, cast.ben)
    page.goto(question(block, kind))
    page.get_by_role("button", name=re.compile("Hint 1 of 3")).click()
    expect(page.get_by_text("Read it again.")).to_be_visible()
    if kind == "one_choice":
        page.get_by_text("3 to 2").click()
    elif kind == "number":
        page.get_by_label("Your answer, in km").fill("12.5")
    elif kind == "order":
        for place, words in enumerate(["1 to 4", "1 to 3", "1 to 2", "1 to 1"], start=1):
            page.get_by_label(words).select_option(str(place))
    elif kind == "match":
        page.get_by_label("half").select_option(label="50%")
        page.get_by_label("a quarter").select_option(label="25%")
    else:
        page.get_by_label("Gap 1").fill("two")
        page.get_by_label("Gap 2").select_option(label="four")
    page.get_by_role("button", name=re.compile("Check my answer")).click()
    expect(page.get_by_text("Right, with a hint you asked for.")).to_be_visible()


def test_a_student_chooses_and_has_an_own_goal(phone: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(phone, cast.ben)
    phone.goto(f"/my/week/{cast.monday.isoformat()}/")
    phone.evaluate("for (const day of document.querySelectorAll('details.day')) day.open = true")
    first = phone.locator("form.task__more").first
    first.get_by_role("radio").first.check()
    first.get_by_role("button", name="Choose this one").click()
    expect(phone.get_by_text("Choose something else").first).to_be_attached()
    assert Block.objects.filter(week__student=cast.ben, chosen_resource__isnull=False).count() == 1
    phone.goto("/my/")
    phone.get_by_text("Change it").click()
    phone.get_by_label("In your own words").fill("Ask before I get stuck.")
    phone.get_by_role("button", name="Save my goal").click()
    expect(phone.locator(".goal-text")).to_have_text("Ask before I get stuck.")


def test_a_week_prints_on_one_page(page: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    page.goto(f"/my/week/{cast.monday.isoformat()}/")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_no_page_of_a_student_has_a_barrier(page: Page, cast: People, block: Block, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ben)
    for address in (
        f"/my/week/{cast.monday.isoformat()}/",
        "/my/progress/",
        f"/my/progress/{cast.competencies['7.1'].pk}/",
        f"/my/blocks/{block.uuid}/",
        f"/my/blocks/{block.uuid}/?q=end",
    ):
        page.goto(address)
        for fold in page.locator("details:not([open]) > summary").all():
            if fold.is_visible():
                fold.click()
        axe(page)


def test_no_question_has_a_barrier(page: Page, cast: People, block: Block, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ben)
    barriers = []
    for kind in KINDS:
        page.goto(question(block, kind))
        page.keyboard.press("h")
        expect(page.get_by_text("Read it again.")).to_be_visible()
        page.get_by_role("button", name=re.compile("Check my answer")).click()
        expect(page.locator("#feedback, #problem:not(:empty)").first).to_be_visible()
        try:
            axe(page)
        except AssertionError as found:
            barriers.append(f"{kind}: {found}")
    assert not barriers, "\n".join(barriers)
