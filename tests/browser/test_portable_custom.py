"""Portable custom interactions run behind walls: their answer gets into the form, and nothing else gets in or out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone
from playwright.sync_api import expect

from headway.core.items.document import parse_item
from headway.core.items.face import face
from headway.core.items.forms import read_response
from headway.core.items.session import begin
from headway.records.items.models import Item, ItemFile
from headway.records.library.models import StoredFile
from headway.web.shared.frames.custom import frames_of
from headway.web.shared.frames.sandbox import around_a_frame
from headway.web.shared.questions.drawing import draw
from tests.people import People, build
from tests.question_pages import PAGE

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page
    from pytest_django.fixtures import SettingsWrapper

    from headway.records.roster.models import Person

SignIn = Callable[["Page", "Person"], None]
Axe = Callable[..., None]

ITEM = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="counter" title="Count the boats"
 adaptive="false" time-dependent="false" xml:lang="en">
<qti-response-declaration identifier="RESPONSE" cardinality="{cardinality}" base-type="{base_type}"/>
<qti-template-declaration identifier="BOATS" cardinality="single" base-type="integer"/>
<qti-template-processing><qti-set-template-value identifier="BOATS"><qti-base-value base-type="integer">4</qti-base-value>
</qti-set-template-value></qti-template-processing>
<qti-item-body><p>Count the boats.</p>
<qti-portable-custom-interaction response-identifier="RESPONSE" module="counter" data-start-at="2"
 custom-interaction-type-identifier="urn:example:counter">
<qti-interaction-modules {configuration}><qti-interaction-module id="counter" {paths}/></qti-interaction-modules>
<qti-template-variable template-identifier="BOATS"/>
<qti-interaction-markup><p class="harbor">The harbor</p></qti-interaction-markup>
</qti-portable-custom-interaction></qti-item-body></qti-assessment-item>"""

COUNTER = """
define(['qtiCustomInteractionContext', './helper', 'text!./words.txt'], function (context, helper, words) {
  context.register({
    typeIdentifier: 'urn:example:counter',
    getInstance: function (dom, config, state) {
      var bound = config.boundTo.RESPONSE;
      var count = bound.base ? bound.base.integer : Number(config.properties.startAt);
      var button = document.createElement('button');
      var told = document.createElement('p');
      function draw() {
        told.textContent = words.trim() + ' ' + helper.twice(count) / 2 + ' of ' + config.templateVariables.BOATS.base.integer;
      }
      button.textContent = 'One more boat';
      button.onclick = function () { count += 1; draw(); };
      dom.append(button, told);
      draw();
      var instance = {
        getResponse: function () { return { base: { integer: count } }; },
        getState: function () { return String(count); },
        oncompleted: function () {}
      };
      config.onready(instance);
    }
  });
});
"""
HELPER = "define([], function () { return { twice: function (number) { return 2 * number; } }; });"
FILES = {"modules/counter.js": COUNTER, "modules/helper.js": HELPER, "modules/words.txt": "Boats:"}
MANY = """
define(['qtiCustomInteractionContext'], function (context) {
  context.register({ typeIdentifier: 'urn:example:counter', getInstance: function (dom, config) {
    config.onready({ getResponse: function () { return %s; } });
  } });
});
"""


def question(request: HttpRequest, item: str) -> HttpResponse:
    """Show one question in a form; tell what was read of the form that comes back."""
    row = Item.objects.filter(uuid=item).first()
    if row is None or not request.user.is_authenticated:
        raise Http404
    asked = parse_item(row.document)
    if request.method == "POST":
        read = json.dumps(read_response(asked, dict(request.POST.lists())))
        return HttpResponse(f'<!doctype html><html lang="en"><title>Read</title><pre id="read">{read}</pre></html>')
    answer = {"RESPONSE": request.GET.getlist("answer")} if "answer" in request.GET else None
    shown = draw(
        face(asked, begin(asked), response=answer),
        address=str,
        frame=frames_of(row, request.user, at=timezone.now()),  # type: ignore[arg-type]
    )
    facts = {"title": asked.title, "question": shown}
    return HttpResponse(engines["django"].from_string(PAGE).render(facts, request))


urlpatterns = [path("one/<str:item>/", around_a_frame(question)), path("", include("headway.config.urls"))]


@pytest.fixture
def cast(transactional_db: None, settings: SettingsWrapper) -> People:
    """Return the cast, on a site that also shows one question by itself."""
    settings.ROOT_URLCONF = __name__
    return build()


def asked(cast: People, files: dict[str, str] = FILES, **facts: str) -> Item:
    """Keep a question with its modules and return it."""
    usual = {
        "cardinality": "single",
        "base_type": "integer",
        "configuration": "",
        "paths": 'primary-path="modules/counter.js"',
    }
    resource = cast.resource("7.1-essential")
    item = Item.objects.create(
        resource=resource,
        source="test",
        source_id=str(uuid4()),
        document=ITEM.format(**usual | facts),
        kind="portable-custom",
    )
    for name, text in files.items():
        kept = StoredFile.objects.create(
            sha256=uuid4().hex * 2, name=name.rsplit("/", 1)[-1], media_type="text/javascript",
            size_bytes=len(text), content=text.encode(), added_at=cast.now,
        )  # fmt: skip
        ItemFile.objects.create(item=item, path=name, file=kept)
    return item


def opened(page: Page, item: Item, answer: str = "") -> FrameLocator:
    """Open the question and return the inside of its frame."""
    page.goto(f"/one/{item.uuid}/{answer}")
    return page.frame_locator("iframe[data-frame=custom]")


def sent(page: Page) -> dict[str, list[str]]:
    """Send the form and return what the server read."""
    page.get_by_role("button", name="Check my answer").click()
    return dict(json.loads(page.locator("#read").inner_text()))


def test_what_is_answered_inside_is_sent_with_the_form(page: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    inside = opened(page, asked(cast))
    expect(inside.get_by_text("Boats: 2 of 4")).to_be_visible()
    inside.get_by_role("button", name="One more boat").click()
    expect(inside.get_by_text("Boats: 3 of 4")).to_be_visible()

    assert sent(page) == {"RESPONSE": ["3"]}


def test_an_answer_given_before_is_there_again(page: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    inside = opened(page, asked(cast), "?answer=7")

    expect(inside.get_by_text("Boats: 7 of 4")).to_be_visible()
    assert sent(page) == {"RESPONSE": ["7"]}


def test_a_list_of_modules_names_where_they_are(page: Page, cast: People, sign_in: SignIn) -> None:
    listed = json.dumps({"paths": {"counter": ["modules/gone", "modules/counter"]}})
    item = asked(
        cast,
        FILES | {"modules/list.json": listed},
        configuration='primary-configuration="modules/list.json" secondary-configuration="modules/none.json"',
        paths="",
    )
    sign_in(page, cast.ben)

    expect(opened(page, item).get_by_text("Boats: 2 of 4")).to_be_visible()


def test_the_second_path_is_taken_where_the_first_is_gone(page: Page, cast: People, sign_in: SignIn) -> None:
    item = asked(cast, paths='primary-path="modules/gone.js" fallback-path="modules/counter"')
    sign_in(page, cast.ben)

    expect(opened(page, item).get_by_text("Boats: 2 of 4")).to_be_visible()


@pytest.mark.parametrize(
    ("cardinality", "base_type", "response", "values"),
    [
        ("single", "string", '{"base": {"string": "a boat"}}', ["a boat"]),
        ("single", "boolean", '{"base": {"boolean": true}}', ["true"]),
        ("single", "point", '{"base": {"point": [12, 40]}}', ["12 40"]),
        ("single", "directedPair", '{"base": {"directedPair": ["A", "B"]}}', ["A B"]),
        ("multiple", "identifier", '{"list": {"identifier": ["A", "C"]}}', ["A", "C"]),
        ("multiple", "pair", '{"list": {"pair": [["A", "B"], ["C", "D"]]}}', ["A B", "C D"]),
        ("single", "string", '{"base": null}', []),
    ],
)
def test_every_shape_of_answer_becomes_values_of_qti(
    cardinality: str, base_type: str, response: str, values: list[str], page: Page, cast: People, sign_in: SignIn
) -> None:
    item = asked(cast, {"modules/counter.js": MANY % response}, cardinality=cardinality, base_type=base_type)
    sign_in(page, cast.ben)
    opened(page, item)
    expect(page.locator("[data-frame-answer] input")).to_have_count(len(values))

    assert sent(page) == {"RESPONSE": values}


def test_a_module_that_cannot_start_is_told(page: Page, cast: People, sign_in: SignIn) -> None:
    item = asked(cast, {"modules/counter.js": "define(['nowhere'], function () {});"})
    sign_in(page, cast.ben)
    opened(page, item)

    expect(page.locator("[data-frame-told]")).to_contain_text("This part could not be started.")


def test_the_keyboard_gets_in_and_out_again(page: Page, cast: People, sign_in: SignIn) -> None:
    sign_in(page, cast.ben)
    inside = opened(page, asked(cast))
    button = inside.get_by_role("button", name="One more boat")
    expect(button).to_be_visible()
    for _ in range(12):
        if button.evaluate("element => element === document.activeElement && document.hasFocus()"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(inside.get_by_text("Boats: 3 of 4")).to_be_visible()
    page.keyboard.press("Tab")

    expect(page.get_by_role("button", name="Check my answer")).to_be_focused()


def test_the_page_around_it_has_no_barriers(page: Page, cast: People, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, cast.ben)
    expect(opened(page, asked(cast)).get_by_text("Boats: 2 of 4")).to_be_visible()

    axe(page, leave_out=("iframe",))
