"""A student shows that a skill sits, moves on the same day, and the teacher sees it; dates move for one student, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.records.planning import pace
from headway.records.planning.models import Block, Deadline, MovedDate, PaceWord
from headway.records.roster import queries as roster
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person

Axe = Callable[..., None]
SignIn = Callable[["Page", "Person"], None]


@pytest.fixture
def cast(transactional_db: None) -> People:
    """Return the cast with an approved week and one question about the first skill."""
    cast = build()
    cast.approve()
    item = cast.item("7.1-number")
    type(item).objects.filter(competency=item.competency_id).exclude(pk=item.pk).update(competency=None)
    return cast


@pytest.fixture
def block(cast: People) -> Block:
    """Return a block of Ben's on that skill."""
    block = cast.block(cast.ben)
    Block.objects.filter(pk=block.pk).update(
        resource=cast.resource("7.1-essential"), competency=cast.competencies["7.1"]
    )
    return Block.objects.get(pk=block.pk)


def open_task(page: Page, block: Block) -> None:
    page.goto(f"/my/week/{block.week.class_week.monday}/#b-{block.uuid}")
    for fold in page.locator("details").all():
        fold.evaluate("each => each.open = true")


def test_a_student_moves_on_by_a_proof_and_the_teacher_brings_the_work_back(
    page: Page, new_page: Callable[..., Page], cast: People, block: Block, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ben)
    open_task(page, block)
    page.locator(f"#b-{block.uuid}").get_by_role("button", name="I can do this already").click()
    expect(page.get_by_role("heading", name="One question, on your own")).to_be_visible()
    axe(page)
    page.get_by_label("Your answer, in km").fill("12.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You showed it.")
    axe(page)

    teacher = new_page()
    sign_in(teacher, cast.ada)
    teacher.goto("/teach/")
    expect(teacher.get_by_text("Ben moved on from Ratios by proof")).to_be_visible()
    axe(teacher)
    teacher.get_by_role("button", name=re.compile("Bring the work back")).click()
    expect(teacher.locator("#toasts")).to_contain_text("The work is back in Ben’s week.")
    assert Block.objects.filter(uuid=block.uuid).exists()


def test_a_phone_without_script_moves_on_too(
    new_page: Callable[..., Page], cast: People, block: Block, sign_in: SignIn
) -> None:
    phone = new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    sign_in(phone, cast.ben)
    phone.goto(f"/my/week/{block.week.class_week.monday}/")
    task = phone.locator(f"#b-{block.uuid}")
    way_on = task.get_by_role("button", name="I can do this already")
    if not way_on.is_visible():  # on other days than the block's own it is folded away
        for fold in phone.locator("details:not([open])", has=task).all():
            fold.locator("> summary").click()
        for fold in task.locator("details:not([open])").all():
            fold.locator("> summary").click()
    way_on.click()
    phone.get_by_label("Your answer, in km").fill("12")
    phone.get_by_role("button", name="This is my answer").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Not yet, and it was good to try.")
    assert Block.objects.filter(pk=block.pk).exists()


def test_a_teacher_sets_a_date_moves_it_for_one_student_and_undoes_it_by_keyboard(
    page: Page, cast: People, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    today = roster.today_at(cast.school, cast.now)
    page.goto(f"/teach/classes/{cast.school_class.pk}/dates/")
    axe(page)
    page.get_by_label("Work", exact=True).select_option(label="Ratios at the harbor")
    page.get_by_label("Day", exact=True).last.fill((today + timedelta(days=5)).isoformat())
    page.get_by_role("button", name="Set the date").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("has a date")

    fold = page.get_by_text("Another date for one student")
    fold.press("Enter")
    page.get_by_label("Student", exact=True).select_option(label="Ben A.")
    page.get_by_label("Day", exact=True).first.fill((today + timedelta(days=9)).isoformat())
    page.get_by_label("Why, for the adults of the class").fill("Was ill")
    page.get_by_role("button", name="Set this date").press("Enter")
    expect(page.get_by_text("“Was ill”")).to_be_visible()
    axe(page)
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("“Was ill”")).to_have_count(0)
    assert Deadline.objects.count() == 1
    assert not MovedDate.objects.exists()


def test_a_teacher_says_a_pace_in_their_own_word(page: Page, cast: People, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ada)
    today = roster.today_at(cast.school, cast.now)
    page.goto(f"/teach/students/{cast.finn.uuid}/")
    page.get_by_text("Say it in your own word").click()
    page.get_by_text("Needs time", exact=True).click()
    page.get_by_label("Why", exact=True).fill("Came two weeks ago")
    page.get_by_label("Last day").fill((today + timedelta(days=20)).isoformat())
    page.get_by_role("button", name="Use my word").click()
    expect(page.get_by_text("“Came two weeks ago”")).to_be_visible()
    axe(page)
    assert PaceWord.objects.get().said_by == cast.ada


def test_a_students_own_date_and_the_familys_page_have_no_barrier(
    page: Page, cast: People, sign_in: SignIn, axe: Axe
) -> None:
    today = roster.today_at(cast.school, cast.now)
    deadline = pace.set_deadline(
        school_class=cast.school_class,
        resource=cast.resource("7.1-essential"),
        due_on=today + timedelta(days=3),
        by=cast.ada,
        at=cast.now,
    )
    pace.move_date(deadline=deadline, student=cast.ben, due_on=today + timedelta(days=9), by=cast.ada, at=cast.now)
    sign_in(page, cast.ben)
    page.goto("/my/")
    expect(page.get_by_role("heading", name="By when")).to_be_visible()
    axe(page)
    page.goto(f"/home/{cast.family_code}/?language=en")
    expect(page.get_by_role("heading", name="By when")).to_be_visible()
    axe(page)
