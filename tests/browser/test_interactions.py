"""Every interaction in a real browser: no barrier, answered by keyboard alone, by pointing and dragging, and without script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import question_pages
from tests.question_gallery import GALLERY

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Axe = Callable[..., None]


@pytest.fixture(autouse=True)
def gallery(settings: Any) -> Iterator[None]:
    """Serve the gallery's pages, and forget a walk's own questions afterwards."""
    settings.ROOT_URLCONF = "tests.question_pages"
    yield
    question_pages.MORE.clear()


def read(page: Page) -> list[str]:
    """Send the form and return what was read of it."""
    page.get_by_role("button", name="Check my answer").click()
    return sorted(json.loads(page.locator("#read").inner_text())["RESPONSE"])


def right(kind: str) -> list[str]:
    return sorted(GALLERY[kind].answer["RESPONSE"])


def open_question(page: Page, kind: str, *, answered: bool = False) -> None:
    page.goto(f"/question/{kind}/{'?answered' if answered else ''}")
    expect(page.locator("[data-question]")).to_have_class("question is-lively")


@pytest.mark.parametrize("kind", GALLERY)
def test_no_barrier_in_any_theme_and_nothing_too_wide(page: Page, axe: Axe, kind: str) -> None:
    open_question(page, kind, answered=True)
    axe(page)


# --- by keyboard alone ------------------------------------------------------------------------------------------------


def reach(page: Page, goal: Locator) -> None:
    """Press Tab until the goal has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if goal.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there")


def pick(page: Page, name: str, option: str, place: int = 0) -> None:
    """Choose from a list by typing the beginning of what is wanted."""
    field = page.get_by_role("combobox", name=name, exact=True).nth(place)
    reach(page, field)
    page.keyboard.type(option)
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")


def choose(page: Page) -> None:
    page.keyboard.press("Tab")
    reach(page, page.locator("input[type=radio]").first)
    while not page.get_by_role("radio", name="The sun is lower in the sky.").is_checked():
        page.keyboard.press("ArrowDown")


def sort_steps(page: Page) -> None:
    for step in ("The dough is baked.", "The grain is milled.", "The wheat is reaped.", "The farmer sows."):
        up = page.get_by_role("button", name=f"Move up: {step}")
        while up.is_enabled():
            up.focus()
            page.keyboard.press("Enter")


def fill_field(page: Page) -> None:
    reach(page, page.get_by_label("Your answer"))
    page.keyboard.type("1/4")


def write_letter(page: Page) -> None:
    reach(page, page.locator("textarea"))
    page.keyboard.type(GALLERY["extended-text"].answer["RESPONSE"][0])


def move_slider(page: Page) -> None:
    reach(page, page.get_by_role("slider"))
    for _press in range(4):
        page.keyboard.press("ArrowRight")


def choose_verb(page: Page) -> None:
    reach(page, page.locator("input[type=radio]").first)
    page.keyboard.press("ArrowRight")


def choose_pond(page: Page) -> None:
    reach(page, page.locator("input[type=radio]").first)
    page.keyboard.press("Space")


def type_point(page: Page) -> None:
    reach(page, page.get_by_label("Point 1, across"))
    page.keyboard.type("380")
    page.keyboard.press("Tab")
    page.keyboard.type("85")


def move_scarecrow(page: Page) -> None:
    """Put it in the middle by its button, then move it with arrow keys to 115 245."""
    name = page.get_by_role("button", name="Point 1", exact=True)
    reach(page, name)
    page.keyboard.press("Enter")
    pointer = page.locator(".pointer")
    expect(pointer).to_be_focused()
    for _step in range(25):
        page.keyboard.press("ArrowLeft")
    for _step in range(17):
        page.keyboard.press("ArrowDown")
    expect(pointer).to_be_focused()


def press_ready(page: Page) -> None:
    reach(page, page.get_by_role("button", name="I have a number"))
    page.keyboard.press("Enter")


def picks(*pairs: tuple[str, str]) -> Callable[[Page], None]:
    """Return a walk that chooses from one list after the other."""

    def walk(page: Page) -> None:
        for name, option in pairs:
            pick(page, name, option)

    return walk


KEYBOARD: dict[str, Callable[[Page], None]] = {
    "choice": choose,
    "inline-choice": picks(("Your answer", "thei")),
    "text-entry": fill_field,
    "extended-text": write_letter,
    "order": sort_steps,
    "match": picks(("sheep", "l"), ("horse", "f"), ("goose", "g")),
    "associate": picks(
        ("Pair 1, one", "e"), ("Pair 1, the other", "l"), ("Pair 2, one", "n"), ("Pair 2, the other", "w")
    ),
    "gap-match": picks(("Gap 1", "r"), ("Gap 2", "su")),
    "hottext": choose_verb,
    "slider": move_slider,
    "hotspot": choose_pond,
    "select-point": type_point,
    "position-object": move_scarecrow,
    "graphic-order": picks(("A the pond", "1"), ("B the apple tree", "2"), ("C the shed", "3")),
    "graphic-associate": picks(
        ("Pair 1, one", "A"), ("Pair 1, the other", "D"), ("Pair 2, one", "A"), ("Pair 2, the other", "E")
    ),
    "graphic-gap-match": picks(("A left bed", "1"), ("B right bed", "2")),
}


@pytest.mark.parametrize("kind", KEYBOARD)
def test_it_is_answered_with_the_keyboard_alone(page: Page, kind: str) -> None:
    open_question(page, kind)
    KEYBOARD[kind](page)
    reach(page, page.get_by_role("button", name="Check my answer"))
    page.keyboard.press("Enter")
    answer = sorted(json.loads(page.locator("#read").inner_text())["RESPONSE"])
    assert [" ".join(sorted(pair.split())) for pair in answer] == [
        " ".join(sorted(pair.split())) for pair in right(kind)
    ]


def test_a_button_ends_the_attempt(page: Page) -> None:
    open_question(page, "end-attempt")
    press_ready(page)
    assert json.loads(page.locator("#read").inner_text()) == {"RESPONSE": ["true"]}


# --- by pointing and dragging -----------------------------------------------------------------------------------------


def on_picture(page: Page, x: float, y: float) -> dict[str, float]:
    """Return where a place of the garden is on the screen."""
    box = page.locator(".qpic").bounding_box()
    assert box is not None
    return {"x": box["x"] + x * box["width"] / 480, "y": box["y"] + y * box["height"] / 320}


def press(page: Page, x: float, y: float) -> None:
    place = on_picture(page, x, y)
    page.mouse.click(place["x"], place["y"])


def glide(page: Page, x: float, y: float) -> None:
    place = on_picture(page, x, y)
    page.mouse.move(place["x"], place["y"], steps=5)


def drag(page: Page, thing: Locator, goal: dict[str, float]) -> None:
    box = thing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 20, steps=3)
    page.mouse.move(goal["x"], goal["y"], steps=6)
    page.mouse.up()


def middle(thing: Locator) -> dict[str, float]:
    box = thing.bounding_box()
    assert box is not None
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def test_a_place_on_the_picture_is_chosen_by_pressing_it(page: Page) -> None:
    open_question(page, "hotspot")
    press(page, 380, 85)
    expect(page.get_by_role("radio", name="the shed")).to_be_checked()
    press(page, 60, 100)
    assert read(page) == ["POND"]


def test_a_walk_is_shown_by_pressing_one_place_after_the_other(page: Page) -> None:
    open_question(page, "graphic-order")
    for x, y in ((60, 100), (238, 60), (380, 85)):
        press(page, x, y)
    page.get_by_role("button", name="Check my answer").click()
    assert json.loads(page.locator("#read").inner_text())["RESPONSE"] == ["POND", "TREE", "SHED"]


def test_a_place_pressed_again_leaves_the_walk(page: Page) -> None:
    open_question(page, "graphic-order")
    for x, y in ((60, 100), (238, 60), (60, 100)):
        press(page, x, y)
    assert read(page) == ["TREE"]


def test_two_places_are_joined_by_pressing_both(page: Page) -> None:
    open_question(page, "graphic-associate")
    for x, y in ((60, 100), (70, 245), (60, 100), (320, 245)):
        press(page, x, y)
    expect(page.locator(".spot__line")).to_have_count(4)
    assert read(page) == right("graphic-associate")


def test_a_point_is_marked_by_pressing_and_moved_by_dragging(page: Page) -> None:
    open_question(page, "select-point")
    press(page, 100, 200)
    glide(page, 100, 200)
    page.mouse.down()
    glide(page, 380, 85)
    page.mouse.up()
    [point] = read(page)
    x, y = map(int, point.split())
    assert abs(x - 380) <= 2
    assert abs(y - 85) <= 2


def test_words_are_dragged_into_gaps(page: Page) -> None:
    open_question(page, "gap-match")
    for word, gap in (("rain", "Gap 1"), ("sun", "Gap 2")):
        drag(page, page.locator(".tray__one", has_text=word), middle(page.get_by_label(gap)))
    assert read(page) == right("gap-match")


def test_a_word_that_may_be_used_once_moves(page: Page) -> None:
    open_question(page, "gap-match")
    for gap in ("Gap 1", "Gap 2"):
        drag(page, page.locator(".tray__one", has_text="rain"), middle(page.get_by_label(gap)))
    expect(page.get_by_label("Gap 1")).to_have_value("")
    assert read(page) == ["RAIN G2"]


def test_a_word_is_put_in_its_place_by_pressing_both(page: Page) -> None:
    open_question(page, "match")
    for word, row in (("foal", "horse"), ("lamb", "sheep"), ("gosling", "goose")):
        page.locator(".tray__one", has_text=word).click()
        page.locator(".pairs__row", has_text=row).locator("label").click()
    assert read(page) == right("match")


def test_packets_are_dragged_onto_the_picture(page: Page) -> None:
    open_question(page, "graphic-gap-match")
    drag(page, page.locator(".tray__one").nth(0), on_picture(page, 70, 245))
    drag(page, page.locator(".tray__one").nth(1), on_picture(page, 320, 245))
    expect(page.locator(".qpic__put")).to_have_count(2)
    assert read(page) == right("graphic-gap-match")


def test_rows_are_dragged_into_their_order(page: Page) -> None:
    open_question(page, "order")
    rows = page.locator(".order__row")
    for place, step in enumerate(("sows", "reaped", "milled", "baked")):
        row = rows.filter(has_text=step)
        goal = rows.nth(place).bounding_box()
        assert goal is not None
        drag(page, row, {"x": goal["x"] + 60, "y": goal["y"] + 4})
    assert read(page) == right("order")


def test_a_drawing_goes_with_the_form(page: Page) -> None:
    open_question(page, "drawing")
    glide(page, 40, 60)
    page.mouse.down()
    glide(page, 160, 150)
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="Your drawing goes with your answer.")).to_be_visible()
    assert read(page) == ["drawing.png"]


def test_a_file_of_another_kind_is_refused_at_once(page: Page) -> None:
    open_question(page, "upload")
    field = page.locator("input[type=file]")
    field.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.get_by_role("status").filter(has_text="another kind")).to_be_visible()
    field.set_input_files({"name": "graph.png", "mimeType": "image/png", "buffer": b"x"})
    assert read(page) == ["graph.png"]


def test_how_often_a_sound_was_played_goes_with_the_answer(page: Page) -> None:
    open_question(page, "media")
    page.locator("audio").evaluate("one => one.dispatchEvent(new Event('play'))")
    assert read(page) == ["1"]


def test_a_sound_is_not_played_more_often_than_it_may(page: Page) -> None:
    open_question(page, "media")
    for _time in range(3):
        page.locator("audio").evaluate(
            "one => { one.dispatchEvent(new Event('play')); one.dispatchEvent(new Event('ended')); }"
        )
    expect(page.get_by_text("You have played it as often as you can.")).to_be_visible()
    assert page.locator("audio").evaluate("one => one.controls") is False


def test_points_without_a_limit_get_a_row_more(page: Page) -> None:
    sample = GALLERY["select-point"]
    document = sample.document.replace(
        'cardinality="single" base-type="point"', 'cardinality="multiple" base-type="point"'
    )
    question_pages.MORE["open"] = replace(
        sample, document=document.replace(' max-choices="1" min-choices="1"', ' max-choices="0"')
    )
    open_question(page, "open")
    for x in (50, 150, 250, 350):
        press(page, x, 170)
    assert len(read(page)) == 4


def test_a_formula_in_latex_is_drawn_and_a_broken_one_stays_as_it_is_written(page: Page) -> None:
    sample = GALLERY["text-entry"]
    formulas = "<p>Solve \\(x^2 = 9\\), \\(\\frac{1}{\\) and $$\\sqrt{16}$$</p><p>Half"
    question_pages.MORE["latex"] = replace(sample, document=sample.document.replace("<p>Half", formulas))
    open_question(page, "latex")
    expect(page.locator(".katex")).to_have_count(2)
    expect(page.get_by_text("\\(\\frac{1}{\\)")).to_be_visible()
    assert page.locator(".katex-html").first.evaluate("one => getComputedStyle(one).fontFamily").startswith("KaTeX")


# --- without script ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [kind for kind in GALLERY if kind not in ("end-attempt", "portable-custom", "custom", "upload", "drawing")]
)
def test_without_script_the_answer_that_is_shown_is_sent(new_page: Callable[..., Page], kind: str) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"/question/{kind}/?answered")
    assert read(page) == right(kind)


def test_without_script_a_picture_has_a_scale_to_tell_a_point_by(new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/question/select-point/")
    expect(page.locator(".qpic__scale")).to_be_visible()
    page.get_by_label("Point 1, across").fill("380")
    page.get_by_label("Point 1, down").fill("85")
    assert read(page) == ["380 85"]


def test_on_a_phone_a_word_is_put_in_its_place_by_two_taps(phone: Page) -> None:
    open_question(phone, "gap-match")
    phone.locator(".tray__one", has_text="rain").tap()
    phone.get_by_label("Gap 1").tap()
    expect(phone.get_by_label("Gap 1")).to_have_value("RAIN")
