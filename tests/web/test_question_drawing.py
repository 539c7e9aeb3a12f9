"""Questions as HTML: everything is escaped, every field is named as it is read, every kind has a form without script."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import html

from headway.core.items.document import parse_item
from headway.core.items.face import face
from headway.core.items.forms import field_names, read_response
from headway.core.items.markup import QTI_3
from headway.core.items.session import begin
from headway.web.shared.questions.drawing import draw, draw_feedback, has_latex, needs_files
from tests.question_gallery import GALLERY

ALERT = "&lt;img src=x onerror=alert(1)&gt;"


def drawn(document: str, response: Any = None, **facts: Any) -> str:
    item = parse_item(document)
    return str(draw(face(item, begin(item, seed=3), response=response), address=lambda name: f"/files/{name}", **facts))


def document(body: str, declared: str = "", catalogs: str = "") -> str:
    return (
        f'<qti-assessment-item xmlns="{QTI_3}" identifier="i" title="t" xml:lang="nl">{declared}'
        f"<qti-item-body>{body}</qti-item-body>{catalogs}</qti-assessment-item>"
    )


def sent(page: str) -> dict[str, list[str]]:
    """Return what a browser without script sends of a drawn form as it stands."""
    form: dict[str, list[str]] = {}
    for one in html.fromstring(f"<form>{page}</form>").iter("input", "select", "textarea"):
        if one.tag == "select":
            chosen = [option for option in one if option.get("selected") is not None] or list(one)[:1]
            values = [value if (value := option.get("value")) is not None else option.text for option in chosen]
        elif one.get("type") in ("radio", "checkbox"):
            values = [one.get("value")] if one.get("checked") is not None else []
        elif one.get("type") == "file":
            values = []
        else:
            values = [one.text or ""] if one.tag == "textarea" else [one.get("value", "")]
        form.setdefault(one.get("name"), []).extend(str(value) for value in values)
    return form


# A button that ends the attempt sends its value when it is pressed; the others bring a program, or are shown only.
@pytest.mark.parametrize("kind", [kind for kind in GALLERY if kind not in ("end-attempt", "portable-custom", "custom")])
def test_an_answer_that_is_shown_is_sent_again_as_it_was(kind: str) -> None:
    sample = GALLERY[kind]
    read = read_response(parse_item(sample.document), sent(drawn(sample.document, sample.answer)))
    assert sorted(read["RESPONSE"]) == sorted(sample.answer["RESPONSE"])


@pytest.mark.parametrize("kind", [kind for kind in GALLERY if kind not in ("media", "order")])
def test_a_question_that_nobody_answered_sends_nothing(kind: str) -> None:
    document = GALLERY[kind].document
    assert read_response(parse_item(document), sent(drawn(document)))["RESPONSE"] == []


@pytest.mark.parametrize("kind", GALLERY)
def test_every_field_is_one_that_is_read(kind: str) -> None:
    document = GALLERY[kind].document
    assert set(sent(drawn(document))) <= set(field_names(parse_item(document)))


@pytest.mark.parametrize("kind", GALLERY)
def test_no_style_and_no_script_is_written_into_the_page(kind: str) -> None:
    tree = html.fromstring(drawn(GALLERY[kind].document, GALLERY[kind].answer))
    assert not [name for one in tree.iter() for name in one.attrib if name == "style" or name.startswith("on")]
    assert not list(tree.iter("script", "style"))


@pytest.mark.parametrize("kind", GALLERY)
def test_every_field_has_a_name_for_those_who_do_not_see_it(kind: str) -> None:
    tree = html.fromstring(f"<div>{drawn(GALLERY[kind].document)}</div>")
    for one in tree.iter("input", "select", "textarea"):
        if one.get("type") == "hidden":
            continue
        named = one.get("aria-label") or one.get("aria-labelledby") or one.getparent().tag == "label"
        assert named or tree.xpath(f'.//label[@for="{one.get("id")}"]'), html.tostring(one)[:200]


@pytest.mark.parametrize("kind", GALLERY)
def test_ids_are_not_used_twice(kind: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', drawn(GALLERY[kind].document))
    assert len(ids) == len(set(ids))


def test_the_words_of_a_question_are_escaped() -> None:
    page = drawn(document(f"<p title='\"&gt;{ALERT}'>{ALERT}</p>"))
    assert "<img" not in page


def test_the_words_of_a_choice_and_its_key_are_escaped() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="single" base-type="identifier"/>'
    body = (
        f'<qti-choice-interaction response-identifier="R"><qti-prompt>{ALERT}</qti-prompt>'
        f'<qti-simple-choice identifier="&quot;&gt;{ALERT}">{ALERT}</qti-simple-choice></qti-choice-interaction>'
    )
    assert "<img" not in drawn(document(body, declared))


def test_what_was_typed_is_escaped() -> None:
    sample = GALLERY["extended-text"]
    assert "<script>" not in drawn(sample.document, {"RESPONSE": ["</textarea><script>"]})


def test_a_file_of_the_question_has_the_address_that_is_given_to_it() -> None:
    assert 'src="/files/pictures/garden.png"' in drawn(GALLERY["hotspot"].document)


def test_a_question_says_its_language() -> None:
    assert 'lang="nl"' in drawn(document("<p>Hallo</p>"))


def test_a_closed_question_can_be_looked_at_and_not_changed() -> None:
    tree = html.fromstring(drawn(GALLERY["choice"].document, is_closed=True))
    assert tree.find(".//fieldset").get("disabled") is not None


def test_several_questions_stand_on_one_page() -> None:
    assert 'id="second"' in drawn(GALLERY["choice"].document, ids="second")


def test_a_field_alone_shows_its_label_with_the_unit() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="single" base-type="float"/>'
    page = drawn(document('<p><qti-text-entry-interaction response-identifier="R"/> km</p>', declared))
    assert "Your answer, in km" in page


def test_sentences_to_choose_from_stand_below_each_other() -> None:
    body = GALLERY["hottext"].document
    rows = re.sub(
        r"<p>The .*</p>",
        '<p><qti-hottext identifier="A">One.</qti-hottext> <qti-hottext identifier="B">Two.</qti-hottext></p>',
        body,
    )
    assert drawn(rows).count('class="sentence"') == 2
    assert 'class="sentence"' not in drawn(body)


def test_a_match_that_takes_several_becomes_a_table() -> None:
    document = GALLERY["match"].document
    assert "<table" not in drawn(document)
    assert "<table" in drawn(
        document.replace("<qti-match-interaction ", '<qti-match-interaction class="qti-match-tabular" ')
    )


def test_a_match_in_a_table_is_read_as_it_is_shown() -> None:
    sample = GALLERY["match"]
    table = sample.document.replace("<qti-match-interaction ", '<qti-match-interaction class="qti-match-tabular" ')
    read = read_response(parse_item(table), sent(drawn(table, sample.answer)))
    assert sorted(read["RESPONSE"]) == sorted(sample.answer["RESPONSE"])


def test_keys_choose_in_the_first_choice_only() -> None:
    declared = "".join(
        f'<qti-response-declaration identifier="{name}" cardinality="single" base-type="identifier"/>' for name in "RS"
    )
    body = "".join(
        f'<qti-choice-interaction response-identifier="{name}"><qti-simple-choice identifier="A">a</qti-simple-choice>'
        "</qti-choice-interaction>"
        for name in "RS"
    )
    assert drawn(document(body, declared)).count("data-n=") == 1
    assert "data-n=" not in drawn(document(body, declared), has_keys=False)


def test_formulas_in_latex_are_announced() -> None:
    page = document("<p>Solve \\(x^2 = 9\\).</p>")
    item = parse_item(page)
    assert has_latex(face(item, begin(item)))
    assert "katex.min.js" in drawn(page)
    assert "\\(x^2 = 9\\)" in drawn(page)
    assert "katex" not in drawn(document("<p>It costs $5.</p>"))


def test_a_form_for_files_is_sent_whole() -> None:
    def shown(kind: str) -> Any:
        item = parse_item(GALLERY[kind].document)
        return face(item, begin(item))

    assert [kind for kind in GALLERY if needs_files(shown(kind))] == ["upload", "drawing"]


def test_help_with_a_word_opens_from_a_button() -> None:
    catalogs = (
        '<qti-catalog-info><qti-catalog id="w"><qti-card support="glossary-on-screen"><qti-html-content>small water'
        "</qti-html-content></qti-card></qti-catalog></qti-catalog-info>"
    )
    tree = html.fromstring(drawn(document('<p>a <span data-catalog-idref="w">pond</span></p>', catalogs=catalogs)))
    [button] = tree.iter("button")
    assert "small water" in tree.get_element_by_id(button.get("popovertarget")).text_content()


def test_feedback_is_drawn_apart() -> None:
    told = '<qti-modal-feedback outcome-identifier="F" identifier="yes" show-hide="show"><p>Well <b>seen</b>.</p></qti-modal-feedback>'
    item = parse_item(document("<p>x</p>").replace("</qti-assessment-item>", f"{told}</qti-assessment-item>"))
    seen = SimpleNamespace(seed=0, templates={}, outcomes={"F": "yes"}, responses={}, attempts=1)
    assert "Well <b>seen</b>." in draw_feedback(face(item, seen), address=str)
    assert draw_feedback(face(item, begin(item)), address=str) == ""
