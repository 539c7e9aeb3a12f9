"""Make the screenshots of the README: a demo school in a temporary folder, the production server, a real browser."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
BIN = Path(sys.executable).parent
CHROMEBOOK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310  our own server on loopback
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"No answer at {address}.")


def sign_in(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill("bell-harbor-demo")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"HEADWAY_DATA_DIR": folder}
        told = subprocess.run(  # noqa: S603
            [BIN / "headway", "demo", "--no-serve"], env=env, check=True, capture_output=True, text=True
        ).stdout
        cards = dict(re.findall(r"(student|guardian)\s.*code ([a-z0-9-]+)", told))
        server = subprocess.Popen([BIN / "headway", "serve", "--port", str(port)], env=env)  # noqa: S603
        try:
            wait_for(f"{site}/sign-in/")
            take_all(site, cards)
        finally:
            server.terminate()
            server.wait(timeout=20)


def take_all(site: str, cards: dict[str, str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)

        def new(size: dict[str, int]) -> Page:
            return browser.new_context(viewport=size, reduced_motion="reduce", locale="en-US").new_page()  # type: ignore[arg-type]

        def take(page: Page, name: str) -> None:
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURES / f"{name}.png")
            print(f"docs/pictures/{name}.png")

        teacher = new(CHROMEBOOK)
        sign_in(teacher, site, "vale")
        teacher.goto(f"{site}/teach/")
        take(teacher, "teacher-today")
        teacher.locator(".tabs a").nth(1).click()
        teacher.locator("tr.is-flagged .block").first.click()
        teacher.locator("#panel .because").wait_for()
        take(teacher, "teacher-week")
        teacher.locator(".tabs a").nth(2).click()
        take(teacher, "class-grid")
        teacher.locator(".grid .cell").nth(13).click()
        teacher.wait_for_timeout(800)
        take(teacher, "why-this-rating")

        student = new(PHONE)
        student.goto(f"{site}/c/{cards['student']}/")
        with student.expect_navigation():
            student.locator("main button").first.click()
        take(student, "student-week")
        first = student.locator("a[href*='/my/blocks/']").first
        if first.count():
            first.click()
            take(student, "practice")

        family = new(PHONE)
        family.goto(f"{site}/home/{cards['guardian']}/?language=es")
        take(family, "family-week")
        browser.close()


if __name__ == "__main__":
    main()
