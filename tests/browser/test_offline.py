"""A student's week without a connection, in a real browser with its service worker: seen, worked in, kept apart, sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import CHROMEBOOK
from tests.browser.faults import Proxy, Server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

READY = re.compile("Your week works without a connection")


@dataclass
class Place:
    """A server, the connection to it, and what is known of its students."""

    server: Server
    proxy: Proxy
    facts: dict[str, Any]

    def question(self, name: str, student: str = "ben") -> str:
        """Return the address of a question of the student's first block."""
        place = list(self.facts["items"]).index(f"7.1-{name}") + 1
        return f"/my/blocks/{self.facts['students'][student]['block']}/?q={place}"

    def evidence(self) -> list[tuple[Any, ...]]:
        """Return (score, response) of what was answered since the test began."""
        return self.server.rows(
            "SELECT e.score, e.response FROM records_evidence e JOIN records_arrival a ON a.client_id = e.client_id "
            "ORDER BY e.happened_at"
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Start a server on a database file, behind a connection that can be cut."""
    data: Path = tmp_path_factory.mktemp("offline")
    server = Server(data)
    try:
        server.start()
        proxy = Proxy(server)
        yield Place(server, proxy, json.loads((data / "facts.json").read_text()))
        proxy.shutdown()
    finally:
        server.kill()


@pytest.fixture
def place(served: Place) -> Iterator[Place]:
    """Return the server with nothing done yet, and with a connection."""
    yield served
    served.proxy.is_down = False
    served.proxy.next_faults = []
    served.server.rows("DELETE FROM records_itemwork")
    served.server.rows("DELETE FROM records_arrival")
    served.server.rows("UPDATE records_block SET started_at = NULL, finished_at = NULL, feeling = ''")


@pytest.fixture
def new_device(chromium: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """Return a maker of devices: a browser with its own storage, where a student is signed in."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(student: str = "ben", **options: Any) -> Page:
        usual: dict[str, Any] = {"viewport": CHROMEBOOK, "reduced_motion": "reduce", "locale": "en-US"}
        context = chromium.new_context(base_url=place.proxy.url, **usual | options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        sign_in(context, place, student)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on(
            "console",
            lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not problems, problems


def sign_in(context: BrowserContext, place: Place, student: str) -> None:
    session = place.server.new_session(place.facts["students"][student]["session"])
    context.add_cookies([{"name": place.facts["cookie"], "value": session, "url": place.proxy.url}])


@pytest.fixture
def device(new_device: Callable[..., Page]) -> Page:
    """Return Ben's device after one visit to his week."""
    return visited(new_device())


def visited(page: Page) -> Page:
    page.goto("/my/")
    expect(page.locator("#offline-ready")).to_have_text(READY, timeout=60_000)
    return page


def answer(page: Page, text: str) -> None:
    page.get_by_label(re.compile("Your answer")).first.fill(text)
    page.get_by_role("button", name=re.compile("Check my answer")).click()


def press_send_now(page: Page) -> None:
    """Press the button, which is gone when the page has just sent by itself."""
    page.evaluate("document.querySelector('#send-now').click()")


def test_after_one_visit_the_whole_week_is_there_without_a_connection(device: Page, place: Place) -> None:
    place.proxy.is_down = True
    device.goto("/my/")
    expect(device.get_by_role("heading", level=1)).to_contain_text("Hi Ben.")
    expect(device.locator("#no-connection")).to_have_text(re.compile(r"No connection. You see what was saved at \d"))
    device.goto(place.question("one_choice"))
    expect(device.get_by_role("radio", name="3 to 2")).to_be_visible()
    assert device.evaluate("getComputedStyle(document.querySelector('.topbar')).display") == "flex"
    device.goto("/")
    expect(device.get_by_role("heading", level=1)).to_contain_text("Hi Ben.")
    device.goto("/my/progress/")
    expect(device.locator("#no-connection")).to_contain_text("that page is not saved on this device")


def test_answers_are_written_down_and_checked_when_the_connection_is_back(device: Page, place: Place) -> None:
    place.proxy.is_down = True
    device.goto(place.question("number"))
    answer(device, "12.5")
    expect(device.locator("#saved-here h2")).to_be_focused()
    expect(device.locator("#saved-here")).to_contain_text("It is checked when you are connected.")
    device.locator("#saved-here").get_by_role("link", name="Go on").click()
    expect(device).to_have_url(re.compile(r"q=\d+$"))
    device.goto(place.question("short_text"))
    answer(device, "boat")
    expect(device.locator("#unsent-words")).to_have_text("2 things are saved on this device and not sent yet.")
    assert place.evidence() == []

    place.proxy.is_down = False
    device.goto("/my/")
    expect(device.locator("#received-list li")).to_have_count(2)
    expect(device.locator("#received-list")).to_contain_text("Checked: that is right. Received")
    expect(device.locator("#unsent")).to_be_hidden()
    assert [score for score, _response in place.evidence()][:1] == [1.0]
    device.get_by_role("button", name="I have seen it").click()
    expect(device.locator("#received")).to_be_hidden()


def test_on_the_page_of_the_question_the_feedback_comes_by_itself(device: Page, place: Place) -> None:
    device.goto(place.question("number"))
    place.proxy.is_down = True
    answer(device, "3")
    expect(device.locator("#saved-here")).to_be_visible()
    place.proxy.is_down = False
    press_send_now(device)
    expect(device.locator("#feedback")).to_contain_text("Not yet.")
    answer(device, "12.5")
    expect(device.locator("#feedback")).to_contain_text("Right, on try 2.")
    assert [score for score, _response in place.evidence()] == [0.0, 1.0]


def test_an_answer_that_was_saved_is_still_there_after_the_tab_was_closed(device: Page, place: Place) -> None:
    place.proxy.is_down = True
    device.goto(place.question("number"))
    answer(device, "12.5")
    expect(device.locator("#saved-here")).to_be_visible()
    again = device.context.new_page()
    device.close()
    again.goto(place.question("number"))
    expect(again.get_by_label(re.compile("Your answer")).first).to_have_value("12.5")
    expect(again.locator("#saved-here")).to_be_visible()
    again.get_by_role("button", name="Change my answer").click()
    answer(again, "11")
    place.proxy.is_down = False
    press_send_now(again)
    expect(again.locator("#unsent")).to_be_hidden()
    assert [json.loads(response) for _score, response in place.evidence()] == [{"answer": ["12.5"]}]
    [[arrivals]] = place.server.rows("SELECT count(*) FROM records_arrival")
    assert arrivals == 2, "the second answer came after a right one: it is received and counts no more"


def test_a_reply_that_gets_lost_counts_once(device: Page, place: Place) -> None:
    device.goto(place.question("number"))
    place.proxy.next_faults = ["after", "after"]
    answer(device, "3")
    expect(device.locator("#feedback")).to_contain_text("Not yet.")
    assert len(place.evidence()) == 1


def test_begun_and_done_without_a_connection(device: Page, place: Place) -> None:
    block = place.facts["students"]["ben"]["block"]
    place.proxy.is_down = True
    device.goto(f"/my/blocks/{block}/?q=start")
    device.get_by_role("button", name="Start the questions").click()
    expect(device).to_have_url(re.compile(r"q=1$"))
    device.goto(f"/my/blocks/{block}/?q=end")
    device.get_by_role("button", name="Not sure").click()
    expect(device).to_have_url(re.compile(r"/my/#b-"))
    expect(device.locator("#unsent-words")).to_have_text("2 things are saved on this device and not sent yet.")
    place.proxy.is_down = False
    device.reload()
    expect(device.locator("#received-list li")).to_have_count(2)
    key = block.replace("-", "")
    [row] = place.server.rows("SELECT started_at < finished_at, feeling FROM records_block WHERE uuid = ?", [key])
    assert row == (1, "not-sure")


def test_hints_say_that_they_need_a_connection(device: Page, place: Place) -> None:
    place.proxy.is_down = True
    device.goto(place.question("number"))
    device.get_by_role("button", name=re.compile("Hint 1 of 3")).click()
    expect(device.locator("#problem")).to_have_text("Hints need a connection. You can answer without one.")


def test_signing_out_with_unsent_work_says_so_and_keeps_it_from_others(device: Page, place: Place) -> None:
    place.proxy.next_faults = ["before"] * 50
    device.goto(place.question("number"))
    answer(device, "12.5")
    expect(device.locator("#saved-here")).to_be_visible()
    device.goto("/my/")
    device.locator(".who").click()
    device.locator("#account").get_by_role("button", name="Sign out").click()
    expect(device.locator("#leaving-words")).to_have_text(
        "1 answer is saved on this device only. It is kept here and sent when you sign in again on this device."
    )
    device.locator("#leaving").get_by_role("button", name="Sign out").click()
    expect(device).to_have_url(re.compile("/card/"))

    sign_in(device.context, place, "caro")
    visited(device)
    expect(device.locator("#unsent")).to_be_hidden()
    assert "Question" not in device.locator("#unsent-list").inner_text()
    place.proxy.next_faults = []
    assert place.evidence() == []

    device.goto("/card/")
    device.context.clear_cookies()
    device.goto("/card/")
    device.get_by_role("textbox").first.fill(place.facts["students"]["ben"]["card"])
    device.get_by_role("button", name=re.compile("sign in|go in|open|come in|in$", re.IGNORECASE)).first.click()
    expect(device.locator("#received-list")).to_contain_text("Checked: that is right.")
    assert len(place.evidence()) == 1


def test_pages_of_a_student_who_signed_out_are_gone(new_device: Callable[..., Page], place: Place) -> None:
    device = visited(new_device("caro"))
    device.locator(".who").click()
    device.locator("#account").get_by_role("button", name="Sign out").click()
    expect(device).to_have_url(re.compile("/card/"))
    assert device.evaluate("caches.keys()") == ["headway-shell-1"]
    place.proxy.is_down = True
    with pytest.raises(Error, match="ERR_"):
        device.goto("/my/")


def test_signing_out_without_a_connection_ends_the_session_as_soon_as_there_is_one(
    new_device: Callable[..., Page], place: Place
) -> None:
    device = visited(new_device("caro"))
    place.proxy.is_down = True
    device.locator(".who").click()
    device.locator("#account").get_by_role("button", name="Sign out").click()
    expect(device.get_by_role("heading", level=1)).to_have_text("You are signed out.")
    device.goto("/my/")
    expect(device.get_by_role("heading", level=1)).to_have_text("You are signed out.")
    place.proxy.is_down = False
    device.goto("/my/")
    expect(device).to_have_url(re.compile("/card/|/sign-in/"))


def test_another_students_page_takes_the_saved_pages_away(device: Page, place: Place) -> None:
    sign_in(device.context, place, "caro")
    visited(device)
    names = device.evaluate("caches.keys()")
    assert [name for name in names if place.facts["students"]["ben"]["uuid"] in name] == []
    place.proxy.is_down = True
    device.goto("/my/")
    expect(device.get_by_role("heading", level=1)).to_contain_text("Hi Caro.")


def test_a_saved_week_is_fetched_again_only_where_it_changed(device: Page, place: Place) -> None:
    device.goto(place.question("number"))
    answer(device, "3")
    expect(device.locator("#feedback")).to_be_visible()
    place.proxy.kept.clear()
    visited(device)
    blocks = {path.split("/")[3] for path in place.proxy.kept if path.startswith("/my/blocks/")}
    assert blocks == {place.facts["students"]["ben"]["block"]}


def test_nothing_that_is_said_about_the_connection_is_a_barrier(
    device: Page, place: Place, axe: Callable[..., None]
) -> None:
    place.proxy.is_down = True
    device.goto(place.question("number"))
    answer(device, "12.5")
    expect(device.locator("#saved-here")).to_be_visible()
    device.locator("#unsent summary").click()
    axe(device)
    device.goto("/my/")
    device.locator(".who").click()
    device.locator("#account").get_by_role("button", name="Sign out").click()
    expect(device.locator("#leaving")).to_be_visible()
    axe(device, themes=("light",))
