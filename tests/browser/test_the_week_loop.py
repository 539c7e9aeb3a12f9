"""The one loop, walked by four people: a week is drafted, approved, worked in, seen by the teacher and read at home."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from headway.records.evidence.queries import cell
from headway.records.planning.models import Block
from tests.people import PASSWORD, People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.standards.models import Competency


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast, where a server in another thread can see it."""
    return build()


def chance(people: People, competency: Competency) -> float:
    found = cell(people.ben, competency.pk, at=timezone.now())
    return found.chance if found.pieces else 0.5


def test_the_loop_is_closed(people: People, page: Page, new_page: Callable[..., Page]) -> None:
    # Ada signs in, drafts the class's week, reads why, swaps one block of Ben's and approves his week.
    page.goto(reverse("sign-in"))
    page.get_by_label("Sign-in name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ms. Lind")
    page.goto(reverse("teacher-week", kwargs={"class_id": people.school_class.pk, "monday": people.monday}))
    page.get_by_role("button", name="Draft 8 weeks").click()
    row = page.locator("tr[data-student]", has=page.get_by_role("link", name="Ben A.", exact=True))
    row.locator("td[data-day^=Tue] .block").first.click()
    expect(page.locator("#panel .because")).to_contain_text("Evidence.")
    page.get_by_role("button", name=re.compile("^Swap")).click()
    expect(page.get_by_role("status")).to_contain_text("is in.")
    row.locator(".block").first.focus()
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("Ben’s week is approved.")

    # Ben comes in with his card, asks for a hint, answers right and says "got it".
    block = Block.objects.filter(week__student=people.ben, resource__items__kind="number").first()
    assert block is not None, "nothing in Ben's week can be answered"
    assert block.resource is not None
    assert block.competency is not None
    kinds = list(block.resource.items.order_by("order", "pk").values_list("kind", flat=True))
    before = chance(people, block.competency)
    student = new_page()
    student.goto(reverse("sign-in-card"))
    student.get_by_role("textbox").first.fill(people.card_code(people.ben))
    student.keyboard.press("Enter")
    expect(student.get_by_role("heading", level=1)).to_contain_text("Ben")
    student.goto(f"{reverse('student-practice', kwargs={'block': block.uuid})}?q={kinds.index('number') + 1}")
    student.get_by_role("button", name=re.compile("Hint 1 of")).click()
    student.get_by_label(re.compile("Your answer")).fill("12.5 km")
    student.get_by_role("button", name=re.compile("Check my answer")).click()
    expect(student.locator("#feedback")).to_contain_text("Right, with a hint you asked for.")
    student.goto(f"{reverse('student-practice', kwargs={'block': block.uuid})}?q=end")
    student.get_by_role("button", name="Got it").click()
    expect(student.locator("#toasts")).to_contain_text("Done. Your teacher sees it.")
    block.refresh_from_db()
    assert block.feeling == "got-it"

    # Ada sees the piece, with its arithmetic, and the mastery that moved.
    assert chance(people, block.competency) > before
    page.goto(
        reverse(
            "teacher-cell",
            kwargs={
                "class_id": people.school_class.pk,
                "student": people.ben.uuid,
                "competency_id": block.competency.pk,
            },
        )
    )
    expect(page.get_by_text(re.compile(r"Right on “.*”, with hints: 1"))).to_be_visible()

    # Dana reads the week at home, in Spanish, without signing in and without a script.
    home = new_page(java_script_enabled=False, locale="es-MX", viewport={"width": 390, "height": 844})
    home.goto(reverse("family-week", kwargs={"code": people.family_code}))
    assert home.locator("html").get_attribute("lang") == "es"
    expect(home.get_by_role("heading", level=1)).to_contain_text("Ben")
    expect(home.get_by_text(re.compile("lunes", re.IGNORECASE)).first).to_be_visible()
    expect(home.get_by_text(block.resource.title).first).to_be_visible()
