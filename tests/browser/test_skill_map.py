"""A map of thirty skills in a real browser: words stay in their boxes, the keyboard walks it, a phone reads it as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.standards import actions
from headway.records.standards.models import Competency

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from headway.records.roster.models import Person
    from tests.people import People

STATEMENTS = (
    "Explain why a ratio of two lengths stays the same when a drawing grows, with words and with a table",
    "Compare the WWII maps MMMM wide by wide",
    "Wägt Maßstäbe gegeneinander ab und erklärt Entfernungsverhältnisse",
    "illustrates little trills, still in tilt",
    "Read",
)
MEASURE = """() => {
  const boxes = [...document.querySelectorAll('.gnode')].map(a => {
    const rect = a.querySelector('rect').getBBox();
    const texts = [...a.querySelectorAll('text')].map(t => [t.getBBox(), t.textContent]);
    return {rect: [rect.x, rect.y, rect.width, rect.height], out: texts.filter(([b]) =>
      b.x < rect.x || b.x + b.width > rect.x + rect.width || b.y < rect.y || b.y + b.height > rect.y + rect.height
    ).map(([, words]) => words)};
  });
  return boxes;
}"""


@pytest.fixture
def middle(people: People) -> Competency:
    """A skill with fourteen before it and fifteen after it."""
    rows = tuple(
        CompetencyIn(source_id=str(number), code=f"MAP.{number}", statement=STATEMENTS[number % len(STATEMENTS)])
        for number in range(30)
    )
    before = [(number, 14) for number in range(8, 14)] + [(number, 8 + number % 6) for number in range(8)]
    after = [(14, number) for number in range(15, 22)] + [(15 + number % 7, number) for number in range(22, 30)]
    links = tuple(LinkIn(kind="prerequisite", origin=str(a), target=str(b)) for a, b in [*before, *after])
    document = FrameworkIn(source="map", source_id="1", title="Thirty", competencies=rows, links=links)
    taken, _report = actions.take_framework(document=document, by=None, at=people.now)
    return taken.competencies.get(source_id="14")


def address(middle: Competency) -> str:
    return reverse("teacher-skill", kwargs={"competency_id": middle.pk})


def overlap(one: list[float], other: list[float]) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))


def test_words_stay_in_their_boxes_and_boxes_apart(
    page: Page, people: People, middle: Competency, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(page, people.ada)
    page.goto(address(middle))
    page.evaluate("document.fonts.ready")
    boxes: list[dict[str, Any]] = page.evaluate(MEASURE)
    assert len(boxes) == 30
    assert [box["out"] for box in boxes if box["out"]] == []
    places = [box["rect"] for box in boxes]
    assert not [(a, b) for a in places for b in places if a is not b and overlap(a, b)]


def test_the_keyboard_opens_a_skill_of_the_map(
    page: Page, people: People, middle: Competency, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(page, people.ada)
    page.goto(address(middle))
    page.locator(".gnode").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("MAP.")
    assert page.url.rstrip("/") != address(middle).rstrip("/")


def test_a_phone_reads_the_map_as_a_list(
    phone: Page, people: People, middle: Competency, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(phone, people.ada)
    phone.goto(address(middle))
    expect(phone.locator(".graph")).to_be_hidden()
    expect(phone.locator(".skillmap__narrow li")).to_have_count(29)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_ada_draws_a_link_sees_it_and_takes_it_back(
    page: Page, people: People, sign_in: Callable[[Page, Person], None]
) -> None:
    sign_in(page, people.ada)
    page.goto(reverse("teacher-skill", kwargs={"competency_id": people.competencies["7.4"].pk}))
    page.get_by_text("Draw what comes before or after").press("Enter")
    page.get_by_label("Find a skill by its code or words").fill("percents")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="It comes").get_by_label("after this one").check(force=True)
    page.get_by_label("Why (may stay empty)").fill("Scales are percents.")
    page.get_by_role("button", name="Draw the link").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("comes before")
    expect(page.get_by_text("Scales are percents.")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("Scales are percents.")).to_have_count(0)
