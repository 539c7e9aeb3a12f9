"""A document of QTI 2 says the same in the words of QTI 3."""

import pytest

from headway.core.items.document import parse_item
from headway.core.items.markup import Node, read_document, write_document
from headway.exchange.qti.upgrading import TEMPLATES, kebab, template_address, upgraded
from tests.exchange.real_data import QTI

ITEM = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="a" title="A" adaptive="false"
 timeDependent="false">{}</assessmentItem>"""


def item(inside: str) -> Node:
    return upgraded(read_document(ITEM.format(inside).encode()))


def only(root: Node, name: str) -> Node:
    (found,) = root.below(name)
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("choiceInteraction", "choice-interaction"),
        ("maxChoices", "max-choices"),
        ("popSD", "pop-sd"),
        ("durationLT", "duration-lt"),
        ("anyN", "any-n"),
        ("and", "and"),
    ],
)
def test_a_name_of_several_words_gets_hyphens(old, new):
    assert kebab(old) == new


def test_elements_of_qti_are_renamed_and_those_of_html_are_not():
    root = item('<itemBody><p>Why?</p><choiceInteraction responseIdentifier="R" maxChoices="1"/></itemBody>')

    assert [one.name for one in root.below()] == ["qti-item-body", "p", "qti-choice-interaction"]


def test_attributes_of_qti_are_renamed():
    root = item('<itemBody><choiceInteraction responseIdentifier="R" maxChoices="1" data-myKey="x"/></itemBody>')

    assert set(only(root, "qti-choice-interaction").attributes) == {"response-identifier", "max-choices", "data-my-key"}


def test_the_lines_stay_those_of_the_original():
    assert only(item("\n\n<itemBody>\n<hottext/></itemBody>"), "qti-hottext").line == 5


def test_a_document_of_qti_3_stays_as_it_is():
    root = Node("qti-assessment-item", {"keepThis": "1"}, (Node("hottext"),))

    assert upgraded(root) is root


@pytest.mark.parametrize(
    "old",
    [
        "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct",
        "http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct.xml",
        "http://www.imsglobal.org/xml/qti_v2p0/rptemplates/match_correct",
    ],
)
def test_the_standard_response_processing_has_one_address(old):
    assert template_address(old) == f"{TEMPLATES}match_correct.xml"


def test_a_response_processing_of_somebodys_own_keeps_its_address():
    assert template_address("http://example.org/rules.xml") == "http://example.org/rules.xml"


def test_an_object_that_is_a_picture_becomes_a_picture():
    root = item('<itemBody><object type="image/png" data="a/uk.png" width="9" height="8">A map</object></itemBody>')

    assert only(root, "img").attributes == {"src": "a/uk.png", "alt": "A map", "width": "9", "height": "8"}


def test_an_object_that_is_a_film_becomes_a_film():
    root = item('<itemBody><object type="video/mp4" data="a.mp4"><param name="x" value="y"/></object></itemBody>')

    assert only(root, "video").children == (Node("source", {"src": "a.mp4", "type": "video/mp4"}),)


def test_an_object_of_another_type_stays():
    root = item('<itemBody><object type="text/html" data="passage.html"/></itemBody>')

    assert only(root, "object").get("data") == "passage.html"


def test_a_block_of_feedback_has_a_body_and_keeps_its_style_beside_it():
    root = item('<modalFeedback identifier="x"><stylesheet href="a.css"/><p>Well done.</p></modalFeedback>')

    assert [one.name for one in only(root, "qti-modal-feedback").elements()] == ["qti-stylesheet", "qti-content-body"]


def test_a_rubric_says_what_it_is_for():
    root = item('<itemBody><rubricBlock view="scorer"/><rubricBlock view="candidate tutor"/></itemBody>')

    assert [one.get("use") for one in root.below("qti-rubric-block")] == ["scoring", "instructions"]


def test_information_on_request_opens_by_itself():
    root = item('<itemBody><infoControl title="Show hint" id="h"><p>Carry the one.</p></infoControl></itemBody>')

    assert only(root, "details").children == (
        Node("summary", {}, ("Show hint",)),
        Node("p", {}, ("Carry the one.",)),
    )


def test_a_formula_without_its_namespace_is_a_formula():
    root = item("<itemBody><math><mfrac><mn>1</mn><mn>2</mn></mfrac></math></itemBody>")

    assert [one.name for one in root.below()][1:] == ["math:math", "math:mfrac", "math:mn", "math:mn"]


def test_a_portable_interaction_becomes_one_element():
    root = item(
        """<itemBody><customInteraction responseIdentifier="R"><pci:portableCustomInteraction
        xmlns:pci="http://www.imsglobal.org/xsd/portableCustomInteraction" customInteractionTypeIdentifier="graph" hook="graph.js">
        <pci:resources><pci:libraries><pci:lib id="plot"/></pci:libraries></pci:resources>
        <pci:properties><pci:property key="gridSize">5</pci:property></pci:properties>
        <pci:markup><div class="graph"/></pci:markup></pci:portableCustomInteraction></customInteraction></itemBody>"""
    )

    own = only(root, "qti-portable-custom-interaction")
    assert dict(own.attributes) == {
        "response-identifier": "R",
        "custom-interaction-type-identifier": "graph",
        "module": "graph.js",
        "data-grid-size": "5",
    }
    assert [one.name for one in own.below()] == [
        "qti-interaction-modules",
        "qti-interaction-module",
        "qti-interaction-markup",
        "div",
    ]


def test_what_apip_says_aloud_is_a_card_that_its_text_points_at():
    root = item(
        """<itemBody><p id="p1">3 &lt; 4</p></itemBody><apipAccessibility><accessibilityInfo><accessElement identifier="e1">
        <contentLinkInfo qtiLinkIdentifierRef="p1"><textLink/></contentLinkInfo><relatedElementInfo><spoken>
        <spokenText>Three is less than four</spokenText></spoken></relatedElementInfo></accessElement></accessibilityInfo>
        </apipAccessibility>"""
    )

    assert next(root.below("p")).get("data-catalog-idref") == "e1"
    assert only(root, "qti-catalog").get("id") == "e1"
    assert only(root, "qti-card").get("support") == "spoken"
    assert only(root, "qti-card").words == "Three is less than four"


ITEMS_OF_OTHERS = sorted(
    one
    for place in ("pie-conformance-A", "instructure-items22")
    for one in (QTI / "dev" / place).rglob("*.xml")
    if b"itemBody" in one.read_bytes() and one.name != "audio-video.xml"  # this one is not well-formed
)


@pytest.mark.parametrize("path", ITEMS_OF_OTHERS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_item_of_others_is_a_question_and_the_same_when_written_and_read_again(path):
    root = upgraded(read_document(path.read_bytes()))

    written = write_document(root)

    assert parse_item(written).root == root
    assert not any(any(sign.isupper() for sign in one.name) for one in root.below() if one.name.startswith("qti-"))
