"""A real browser for the walks: `page` at a Chromebook's size, `phone`, `sign_in` and `axe`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

    from headway.records.roster.models import Person

# Playwright keeps a loop in this thread; the walks are still ordinary, one-thread tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = Path(os.environ.get("HEADWAY_BROWSER", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
CHROMEBOOK, SMALL_PHONE = {"width": 1366, "height": 768}, {"width": 320, "height": 640}
THEMES = ("light", "dark", "contrast")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every walk, so that `-m browser` and `-m "not browser"` work."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser once per run; without one the walks are skipped, or fail where a browser is required."""
    if not CHROMIUM.exists():
        told = f"no browser at {CHROMIUM}: install chromium, or name one in HEADWAY_BROWSER"
        if os.environ.get("HEADWAY_BROWSER_REQUIRED") == "1":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser, transactional_db: None, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Return a maker of pages, each in a context of its own; a script error or a blocked file fails the walk."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def make(**options: Any) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            # The worker would fetch a week's pages beside the walk; what it does has walks of its own.
            **{"viewport": CHROMEBOOK, "reduced_motion": "reduce", "locale": "en-US", "service_workers": "block"}
            | options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
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
    # A page that looks for news may have asked a moment ago: the answer is finished before the database goes.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=5)
    assert not problems, problems


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Return a page of a Chromebook's size."""
    return new_page()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """Return a page of a phone's size, with touch."""
    return new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, Person], None]:
    """Return a helper that signs a person in without the sign-in page."""

    def enter(page: Page, person: Person) -> None:
        client = Client()
        client.force_login(person)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])

    return enter


@pytest.fixture(scope="session")
def axe_script() -> str:
    """Return axe-core, which checks a page for barriers."""
    found = settings.NODE_MODULES / "axe-core" / "axe.min.js"
    if not found.exists():
        pytest.skip("axe-core is not there: run npm ci")
    return str(found.read_text(encoding="utf-8"))


@pytest.fixture
def axe(axe_script: str) -> Callable[..., None]:
    """Return a helper that asserts: no barrier in any theme, at 1366 and at 320 px, and nothing to scroll sideways."""

    def check(page: Page, *, themes: tuple[str, ...] = THEMES, leave_out: tuple[str, ...] = ()) -> None:
        before = page.viewport_size
        found: list[str] = []
        # evaluate() comes from outside the page, so the content security policy stays on.
        page.evaluate(f"{axe_script}; undefined")
        for size in (CHROMEBOOK, SMALL_PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            # Colors are the same at any width, so the other themes are looked at once.
            for theme in themes if size is CHROMEBOOK else themes[:1]:
                # Colors that change with the theme have to arrive first; a long page takes a while over it.
                page.evaluate(
                    "theme => new Promise((done) => { document.documentElement.dataset.theme = theme;"
                    " requestAnimationFrame(() => requestAnimationFrame(() =>"
                    " Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(done))); })",
                    theme,
                )
                # A theme changes colors and nothing else, so the other rules are asked once for each size.
                only = (
                    {"type": "tag", "values": WCAG}
                    if theme == themes[0]
                    else {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
                )
                result = page.evaluate(
                    "([only, out]) => axe.run({exclude: out.map((s) => [s])}, {runOnly: only, resultTypes: ['violations']})",
                    [only, list(leave_out)],
                )
                found += [
                    f"{size['width']} px, {theme}: {problem['id']} ({problem['help']}): {node['html'][:160]} "
                    f"{node['failureSummary'][:200]}"
                    for problem in result["violations"]
                    for node in problem["nodes"]
                ]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                found.append(f"{size['width']} px: the page is {wide} px too wide")
        page.evaluate("delete document.documentElement.dataset.theme")
        if before:
            page.set_viewport_size(before)
        assert not found, "\n".join(found)

    return check
