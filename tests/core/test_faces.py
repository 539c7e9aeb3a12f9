"""A question's face: what is shown, in which order, and that the key is never looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headway.core.items.document import Item, item_of, parse_item
from headway.core.items.face import Asked, Element, Face, Gap, Part, face, words_of
from headway.core.items.markup import QTI_3, Node
from headway.core.items.rules.values import Multiple, Ordered
from tests.question_gallery import GALLERY

CITO = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "interop" / "qti" / "dev" / "cito-items"
KEYS = {
    "qti-correct-response",
    "qti-mapping",
    "qti-area-mapping",
    "qti-response-processing",
    "qti-outcome-processing",
    "qti-modal-feedback",
}


def session(**facts: Any) -> Any:
    """Return a session in which nothing has happened yet, but for these facts."""
    return SimpleNamespace(**({"seed": 0, "templates": {}, "outcomes": {}, "responses": {}, "attempts": 0} | facts))


def item(body: str, declared: str = "", catalogs: str = "", after: str = "") -> Item:
    return parse_item(
        f'<qti-assessment-item xmlns="{QTI_3}" identifier="i" title="t" xml:lang="en">{declared}'
        f"<qti-item-body>{body}</qti-item-body>{after}{catalogs}</qti-assessment-item>"
    )


def shown(body: str, **facts: Any) -> tuple[Part, ...]:
    return face(item(body), session(**facts)).parts


def elements(parts: tuple[Part, ...]) -> list[Element]:
    """Return every element that is shown, outer ones first."""
    found: list[Element] = []
    for part in parts:
        if isinstance(part, Element):
            found += [part, *elements(part.parts)]
    return found


def without_keys(node: Node) -> Node:
    """Return a document without anything that tells the right answer."""
    return replace(
        node,
        children=tuple(
            one if isinstance(one, str) else without_keys(one)
            for one in node.children
            if isinstance(one, str) or one.name not in KEYS
        ),
    )


def real_items() -> list[Path]:
    return [path for path in sorted(CITO.rglob("*.xml")) if "<qti-item-body" in path.read_text("utf-8", "ignore")]


@pytest.mark.skipif(not CITO.is_dir(), reason=f"real questions are not here: {CITO}")
def test_the_face_of_every_real_question_is_the_same_without_its_key() -> None:
    paths = real_items()
    assert len(paths) > 100
    for path in paths:
        whole = parse_item(path.read_bytes())
        assert face(whole, session()) == face(item_of(without_keys(whole.root)), session()), path.name


@pytest.mark.parametrize("kind", GALLERY)
def test_the_face_of_every_kind_is_the_same_without_its_key(kind: str) -> None:
    whole = parse_item(GALLERY[kind].document)
    assert face(whole, session()) == face(item_of(without_keys(whole.root)), session())


@pytest.mark.parametrize("kind", GALLERY)
def test_every_kind_is_among_what_is_asked(kind: str) -> None:
    assert [one.kind for one in face(parse_item(GALLERY[kind].document), session()).asked] == [kind]


# --- order ------------------------------------------------------------------------------------------------------------


def keys(of: Face) -> list[str]:
    return [one.key for one in of.asked[0].options]


def test_the_same_seed_gives_the_same_order() -> None:
    question = parse_item(GALLERY["choice"].document)
    assert keys(face(question, session(seed=7))) == keys(face(question, session(seed=7)))


def test_seeds_give_every_order_of_what_is_loose() -> None:
    question = parse_item(GALLERY["choice"].document)
    assert len({tuple(keys(face(question, session(seed=seed)))) for seed in range(60)}) == 6


def test_a_fixed_choice_keeps_its_place() -> None:
    question = parse_item(GALLERY["choice"].document)
    assert {keys(face(question, session(seed=seed)))[-1] for seed in range(20)} == {"NONE"}


def test_without_shuffle_the_order_is_the_document_s() -> None:
    assert keys(face(parse_item(GALLERY["inline-choice"].document), session(seed=5))) == ["THERE", "THEIR", "THEYRE"]


# --- variables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "value", "words"),
    [
        ("", 3.0, "3"),
        ("", 2.5, "2.5"),
        ('format="%.2f"', 2.5, "2.50"),
        ('format="%05d"', 42, "00042"),
        ('format="%i %%"', 42, "42 %"),
        ('format="%.3r"', 1234.5, "1.23e+03"),
        ('base="2"', 10, "1010"),
        ('index="2"', Ordered(("a", "b")), "b"),
        ('delimiter=" or "', Multiple((1, 2)), "1 or 2"),
        ('field="x"', {"x": 4, "y": 5}, "4"),
        ('mapping-indicator=":"', {"x": 4, "y": 5}, "x:4;y:5"),
        ("", True, "true"),
        ("", None, ""),
    ],
)
def test_a_printed_variable_is_written_as_it_asks(attributes: str, value: Any, words: str) -> None:
    parts = shown(f'<p><qti-printed-variable identifier="V" {attributes}/></p>', templates={"V": value})
    assert words_of(parts) == words


def test_powers_of_ten_are_written_as_people_write_them() -> None:
    [line] = shown(
        '<p><qti-printed-variable identifier="V" format="%.1e" power-form="true"/></p>', templates={"V": 1500.0}
    )
    assert isinstance(line, Element)
    assert line.parts == ("1.5 × 10", Element(name="sup", parts=("3",)))


def test_a_variable_stands_for_its_name_in_a_formula() -> None:
    declared = (
        '<qti-template-declaration identifier="a" cardinality="single" base-type="integer" math-variable="true"/>'
    )
    question = item(
        '<p><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>a</mi><mo>+</mo><mi>x</mi></math></p>', declared
    )
    [line] = face(question, session(templates={"a": 7})).parts
    assert words_of((line,)) == "7+x"


def test_a_template_block_is_seen_where_its_value_is_drawn() -> None:
    body = (
        '<qti-template-block template-identifier="T" identifier="red" show-hide="show"><p>red</p></qti-template-block>'
    )
    assert words_of(shown(body, templates={"T": "red"})) == "red"
    assert words_of(shown(body, templates={"T": "blue"})) == ""


def test_feedback_that_hides_is_seen_until_its_outcome_comes() -> None:
    body = '<p>x <qti-feedback-inline outcome-identifier="F" identifier="done" show-hide="hide">try</qti-feedback-inline></p>'
    assert words_of(shown(body, outcomes={"F": None})) == "x try"
    assert words_of(shown(body, outcomes={"F": Multiple(("done",))})) == "x"


def test_modal_feedback_waits_for_the_first_attempt() -> None:
    told = '<qti-modal-feedback outcome-identifier="F" identifier="yes" show-hide="show"><p>Well seen.</p></qti-modal-feedback>'
    question = item("<p>x</p>", after=told)
    assert face(question, session(outcomes={"F": "yes"})).feedback == ()
    assert words_of(face(question, session(outcomes={"F": "yes"}, attempts=1)).feedback[0]) == "Well seen."


def test_a_rubric_is_for_those_it_is_written_for() -> None:
    body = '<qti-rubric-block view="scorer"><qti-content-body>Two points.</qti-content-body></qti-rubric-block><p>x</p>'
    assert words_of(face(item(body), session()).parts) == "x"
    assert words_of(face(item(body), session(), view="scorer").parts) == "Two points. x"


def test_a_limit_may_be_drawn_by_lot() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="single" base-type="integer"/>'
    body = '<qti-slider-interaction response-identifier="R" lower-bound="0" upper-bound="{TOP}" step="1"/>'
    [asked] = face(item(body, declared), session(templates={"TOP": 40})).asked
    assert asked.settings["upper"] == "40"


# --- what may be shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "<p>x</p><script>alert(1)</script>",
        '<p>x</p><iframe src="https://example.org/">y</iframe>',
        "<p>x</p><style>p { display: none }</style>",
        '<p>x</p><svg xmlns="http://www.w3.org/2000/svg"><foreignObject><p>y</p></foreignObject></svg>',
    ],
)
def test_what_runs_goes_with_all_that_is_in_it(body: str) -> None:
    parts = shown(body)
    assert words_of(parts) == "x"
    assert {one.name for one in elements(parts)} <= {"p", "svg:svg"}


def test_an_unknown_element_loses_its_tags_and_keeps_its_text() -> None:
    [line] = shown("<p>a <marquee>b</marquee> c</p>")
    assert isinstance(line, Element)
    assert line.parts == ("a b c",)


@pytest.mark.parametrize(
    "attribute", ['onclick="x()"', 'style="color:red"', 'id="main"', 'class="btn vh"', 'role="main"']
)
def test_attributes_that_reach_out_of_the_question_are_left_out(attribute: str) -> None:
    [line] = shown(f"<p {attribute}>x</p>")
    assert isinstance(line, Element)
    assert line.attributes == {}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " java&#10;script:x",
        "data:text/html,x",
        "//example.org/x.png",
        "https://example.org/x.png",
    ],
)
def test_a_picture_is_loaded_from_the_package_only(address: str) -> None:
    assert elements(shown(f'<p><img src="{address}" alt="x"/></p>'))[1:] == []


def test_a_link_leads_to_the_web_or_into_the_package() -> None:
    links = [
        one.attributes["href"]
        for one in elements(
            shown('<p><a href="https://example.org/">a</a> <a href="more.pdf">b</a> <a href="javascript:x()">c</a></p>')
        )
        if one.name == "a"
    ]
    assert links == ["https://example.org/", "more.pdf"]


def test_a_drawing_keeps_its_shapes_and_loads_nothing() -> None:
    parts = shown(
        '<p>x</p><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><circle r="2" fill="url(http://a/b)"/>'
        '<image href="http://a/b.png"/></svg>'
    )
    drawing = next(one for one in elements(parts) if one.name == "svg:svg")
    assert drawing.attributes == {"viewBox": "0 0 9 9"}
    assert drawing.parts == (Element(name="svg:circle", attributes={"r": "2"}),)


def test_the_page_keeps_its_first_heading() -> None:
    assert [one.name for one in elements(shown("<h1>x</h1><section><h2>y</h2></section>"))] == ["h2", "div", "h3"]


def test_marks_for_a_voice_are_not_for_the_eye() -> None:
    parts = shown('<p>a <ssml:emphasis xmlns:ssml="http://www.w3.org/2001/10/synthesis">b</ssml:emphasis></p>')
    assert words_of(parts) == "a b"
    assert [one.name for one in elements(parts)] == ["p"]


def test_an_old_fence_is_drawn_with_signs_that_browsers_know() -> None:
    parts = shown(
        '<p><math xmlns="http://www.w3.org/1998/Math/MathML"><mfenced><mi>a</mi><mi>b</mi></mfenced></math></p>'
    )
    assert words_of(parts) == "(a,b)"
    assert "math:mfenced" not in {one.name for one in elements(parts)}


def test_an_embedded_object_becomes_the_picture_that_it_is() -> None:
    [line] = shown('<p><object data="a.png" type="image/png">a map</object></p>')
    assert isinstance(line, Element)
    assert line.parts == (Element(name="img", attributes={"alt": "a map", "src": "a.png"}),)


def test_a_film_does_not_start_by_itself() -> None:
    film = next(
        one
        for one in elements(shown('<div><video src="a.webm" autoplay="true"><track src="a.vtt"/></video></div>'))
        if one.name == "video"
    )
    assert film.attributes == {"src": "a.webm"}
    assert [one.name for one in elements(film.parts)] == ["track"]


# --- interactions -----------------------------------------------------------------------------------------------------


def test_a_gap_stands_in_its_text_and_among_the_targets() -> None:
    [asked] = face(parse_item(GALLERY["gap-match"].document), session()).asked
    [paragraph] = asked.parts
    assert isinstance(paragraph, Element)
    assert [part.key for part in paragraph.parts if isinstance(part, Gap)] == ["G1", "G2"]
    assert [one.key for one in asked.targets] == ["G1", "G2"]


def test_a_paragraph_with_a_block_inside_becomes_a_block() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="single" base-type="string"/>'
    [part] = face(item('<p>a<qti-extended-text-interaction response-identifier="R"/></p>', declared), session()).parts
    assert isinstance(part, Element)
    assert part.name == "div"


def test_the_unit_behind_a_field_is_known_to_it() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="single" base-type="float"/>'
    shown_face = face(item('<p><qti-text-entry-interaction response-identifier="R"/> km.</p>', declared), session())
    [paragraph] = shown_face.parts
    assert isinstance(paragraph, Element)
    assert isinstance(paragraph.parts[0], Asked)
    assert shown_face.asked[0].settings["after"] == "km"
    assert paragraph.parts[0] == shown_face.asked[0]


def test_an_answer_given_before_is_shown() -> None:
    question = parse_item(GALLERY["match"].document)
    assert face(question, session(), response={"RESPONSE": ["GOOSE LAMB"]}).asked[0].chosen == ("GOOSE LAMB",)
    assert face(question, session(responses={"RESPONSE": None})).asked[0].chosen == ()


def test_a_variable_for_many_without_a_limit_takes_any_number() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="multiple" base-type="identifier"/>'
    body = '<qti-choice-interaction response-identifier="R"><qti-simple-choice identifier="A">a</qti-simple-choice></qti-choice-interaction>'
    assert face(item(body, declared), session()).asked[0].most == 0


# --- cards ------------------------------------------------------------------------------------------------------------

CATALOGS = (
    '<qti-catalog-info><qti-catalog id="w1"><qti-card support="glossary-on-screen"><qti-html-content>a pond is small'
    '</qti-html-content></qti-card><qti-card support="keyword-translation"><qti-card-entry xml:lang="es"><qti-html-content>'
    'charca</qti-html-content></qti-card-entry></qti-card></qti-catalog><qti-catalog id="headway-help"><qti-card '
    'support="ext:hint"><qti-html-content>Think.</qti-html-content></qti-card></qti-catalog></qti-catalog-info>'
)


def test_a_word_has_its_cards_by_language() -> None:
    cards = face(item('<p data-catalog-idref="w1">pond</p>', catalogs=CATALOGS), session()).cards
    assert [(one.support, one.language, words_of(one.parts)) for one in cards["w1"]] == [
        ("glossary-on-screen", "", "a pond is small"),
        ("keyword-translation", "es", "charca"),
    ]


def test_hints_are_no_part_of_the_face() -> None:
    assert set(face(item("<p>x</p>", catalogs=CATALOGS), session()).cards) == {"w1"}
