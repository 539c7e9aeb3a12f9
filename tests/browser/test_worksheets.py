"""A class's questions go to paper, and what comes back is entered with the keyboard alone."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from headway.core.items.document import INTERACTIONS
from headway.core.items.paper_codes import paper_code
from headway.records.evidence.models import Evidence
from tests.worksheets import gallery_resource, printed

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person
    from tests.people import People

SignIn = Callable[["Page", "Person"], None]


def test_ada_prints_for_two_students_and_enters_what_ben_wrote_by_keyboard(
    page: Page, sign_in: SignIn, people: People
) -> None:
    resource = gallery_resource(people, ["choice", "text-entry"])
    sign_in(page, people.ada)
    page.goto(reverse("teacher-worksheet", kwargs={"resource": resource.uuid}))
    page.get_by_label("Some students of").check()
    for name in ("Ben A.", "Caro B."):
        page.get_by_label(name).check()
    page.get_by_role("button", name="Make the sheets").click()
    expect(page.locator(".ws")).to_have_count(2)
    code = page.locator(".ws").first.locator(".ws__q .ws-code").first.inner_text()

    page.goto(reverse("teacher-paper"))
    page.keyboard.type(code.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben A., question 1")
    letter = page.locator(".ws-options li", has_text="The sun is lower").locator(".ws-sign").inner_text()
    for _step in range("ABCD".index(letter)):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben A., question 2")
    expect(page.locator("#toasts")).to_contain_text("Saved for Ben: question 1 is right.")
    page.keyboard.type("2/8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Caro B., question 1")
    rows = Evidence.objects.filter(student=people.ben, on_paper=True, source=f"paper {code[:5]}")
    assert rows.count() == 2


def test_pages_of_worksheets_have_no_barrier(
    page: Page, sign_in: SignIn, people: People, axe: Callable[..., None]
) -> None:
    sheet = printed(people, INTERACTIONS)[0]
    sign_in(page, people.ada)
    addresses = [
        reverse("teacher-worksheet", kwargs={"resource": sheet.resource.uuid}),
        reverse("teacher-worksheets", kwargs={"sheet": sheet.uuid}),
        reverse("teacher-worksheet-key", kwargs={"sheet": sheet.uuid}),
        reverse("teacher-paper") + "?code=river",
        *(reverse("teacher-paper-answer", kwargs={"code": paper_code(sheet.code, number)}) for number in (1, 4, 6, 12)),
    ]
    for address in addresses:
        page.goto(address)
        axe(page)


@pytest.mark.parametrize(("query", "size"), [("", (612, 792)), ("?size=a4", (595, 842))])
def test_paper_has_the_size_that_was_asked_for_and_no_empty_page(
    page: Page, sign_in: SignIn, people: People, tmp_path: Path, query: str, size: tuple[int, int]
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext: install poppler-utils to look into what is printed")
    made = printed(people, ["choice", "order"])
    sign_in(page, people.ada)
    page.goto(reverse("teacher-worksheets", kwargs={"sheet": made[0].uuid}) + query)
    page.pdf(path=str(tmp_path / "sheets.pdf"), prefer_css_page_size=True)
    told = subprocess.run(["pdfinfo", tmp_path / "sheets.pdf"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
    assert found is not None
    assert tuple(round(float(one)) for one in found.groups()) == size
    text = subprocess.run(
        ["pdftotext", tmp_path / "sheets.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = text.removesuffix("\f").split("\f")
    assert [paper_code(sheet.code) in one for sheet, one in zip(made, pages, strict=True)] == [True, True]
