"""A teacher adds a file of her own, and brings a table in: columns looked over, a report, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from headway.records.library.models import Resource
from tests.people import People, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from headway.records.roster.models import Person

Axe = Callable[..., None]
SignIn = Callable[["Page", "Person"], None]
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 30
LIST = "Benennung;Dauer\nDas Boot;20\nDer Hafen;eine Weile\n"


@pytest.fixture
def cast(transactional_db: None) -> People:
    """Return the cast."""
    return build()


def test_a_file_that_is_no_picture_is_refused_and_a_real_one_is_kept_with_an_undo(
    page: Page, cast: People, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    page.goto("/teach/library/add/")
    page.get_by_role("link", name="Add a file of your own").click()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "tide.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    )
    page.get_by_label("Title").fill("Tide")
    page.get_by_role("button", name="Put it into the library").click()
    expect(page.get_by_text("This is a web page or a drawing with code in it")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Tide")
    axe(page)

    page.get_by_label("File", exact=True).set_input_files({"name": "tide.png", "mimeType": "text/html", "buffer": PNG})
    page.get_by_role("button", name="Put it into the library").click()
    expect(page.get_by_role("heading", name="Tide", exact=True)).to_be_visible()

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("This was taken out of the library")).to_be_visible()


def test_a_table_is_looked_over_and_comes_in_without_the_row_that_is_wrong(
    page: Page, cast: People, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, cast.ada)
    page.goto("/teach/library/import/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "liste.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_label("Benennung").select_option(label="Title")
    page.get_by_label("Dauer").select_option(label="Minutes")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("is not a duration")).to_be_visible()
    axe(page)

    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("heading", name="What came in")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("line 3, Dauer").first).to_be_visible()
    axe(page)
    assert Resource.objects.filter(school=cast.school).values_list("title", "minutes").get() == ("Das Boot", 20)
