"""QTI 1.2, 2 and 3: packages, folders and single items come in; what can be answered here becomes a question."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from headway.core.items import key_response, mark, parse_item
from headway.exchange.qti import reading, wire
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.exchange.shared.markup import parse_xml
from headway.records.items.models import Item
from headway.records.library.models import Resource
from tests.exchange.outcomes import AT, is_told_well, outcome
from tests.exchange.real_data import DATA

QTI = DATA / "interop" / "qti"

ITEM = """<?xml version="1.0"?><qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="{identifier}" title="Tides"
 time-dependent="false" xml:lang="en-US">{declarations}<qti-item-body>{body}</qti-item-body></qti-assessment-item>"""
DECLARED = """<qti-response-declaration identifier="{name}" cardinality="{many}" base-type="{kind}"><qti-correct-response>{values}</qti-correct-response></qti-response-declaration>"""


def declared(*values: str, kind: str = "identifier", many: str = "single", name: str = "RESPONSE") -> str:
    return DECLARED.format(
        name=name, many=many, kind=kind, values="".join(f"<qti-value>{value}</qti-value>" for value in values)
    )


def choices(tag: str, *texts: str) -> str:
    return "".join(
        f'<{tag} identifier="{letter}">{text}</{tag}>' for letter, text in zip("ABCDEF", texts, strict=False)
    )


CHOICE = (
    declared("B"),
    '<p>How often?</p><qti-choice-interaction response-identifier="RESPONSE" max-choices="1"><qti-prompt>Choose one.</qti-prompt>'
    + choices("qti-simple-choice", "once", "twice")
    + "</qti-choice-interaction>",
)
KINDS: dict[str, tuple[str, str]] = {
    "one_choice": CHOICE,
    "many_choices": (
        declared("A", "B", many="multiple"),
        '<p>What pulls?</p><qti-choice-interaction response-identifier="RESPONSE" max-choices="0">'
        + choices("qti-simple-choice", "moon", "sun", "cat")
        + "</qti-choice-interaction>",
    ),
    "number": (
        declared("2", kind="integer"),
        '<p>How many?</p><p><qti-text-entry-interaction response-identifier="RESPONSE"/></p>',
    ),
    "short_text": (
        declared("moon", kind="string"),
        '<p>What pulls?</p><p><qti-text-entry-interaction response-identifier="RESPONSE"/></p>',
    ),
    "order": (
        declared("B", "A", "C", many="ordered"),
        '<p>Order.</p><qti-order-interaction response-identifier="RESPONSE">'
        + choices("qti-simple-choice", "noon", "dawn", "dusk")
        + "</qti-order-interaction>",
    ),
    "match": (
        declared("A D", "B C", kind="directedPair", many="multiple"),
        '<p>Match.</p><qti-match-interaction response-identifier="RESPONSE"><qti-simple-match-set>'
        '<qti-simple-associable-choice identifier="A" match-max="1">moon</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="B" match-max="1">sun</qti-simple-associable-choice></qti-simple-match-set><qti-simple-match-set>'
        '<qti-simple-associable-choice identifier="C" match-max="1">day</qti-simple-associable-choice>'
        '<qti-simple-associable-choice identifier="D" match-max="1">night</qti-simple-associable-choice></qti-simple-match-set></qti-match-interaction>',
    ),
    "cloze": (
        declared("A"),
        '<p>The <qti-inline-choice-interaction response-identifier="RESPONSE">'
        + choices("qti-inline-choice", "moon", "cat")
        + "</qti-inline-choice-interaction> pulls the water.</p>",
    ),
    "hot_text": (
        declared("B"),
        '<p>Find the noun.</p><qti-hottext-interaction response-identifier="RESPONSE" max-choices="1"><p>It '
        + choices("qti-hottext", "pulls", "water")
        + "</p></qti-hottext-interaction>",
    ),
    "long_answer": ("", '<p>Tell why.</p><qti-extended-text-interaction response-identifier="RESPONSE"/>'),
}


def item_xml(parts: tuple[str, str], identifier: str = "q1") -> str:
    return ITEM.format(identifier=identifier, declarations=parts[0], body=parts[1])


def as_qti_2(xml: str) -> str:
    """Return an item in the spelling of QTI 2."""
    import re  # noqa: PLC0415

    def camel(found: re.Match[str]) -> str:
        first, *others = found[0].removeprefix("qti-").split("-")
        return first + "".join(part.capitalize() for part in others)

    plain = re.sub(r"qti-[a-z-]+", camel, xml)
    plain = re.sub(r"\b(response-identifier|max-choices|base-type|match-max|time-dependent)(?==)", camel, plain)
    return plain.replace("imsqtiasi_v3p0", "imsqti_v2p1")


def question(xml: str) -> wire.Question:
    return wire.parse_question(parse_xml(xml.encode()))


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_becomes_the_question_it_asks(kind: str) -> None:
    found = question(item_xml(KINDS[kind]))

    assert found.reason == ""
    assert found.document is not None
    assert found.document["kind"] == kind
    item = parse_item(found.document)
    assert kind == "long_answer" or mark(item, key_response(item)).is_right


@pytest.mark.parametrize("kind", KINDS)
def test_both_spellings_mean_the_same(kind: str) -> None:
    newer, older = question(item_xml(KINDS[kind])), question(as_qti_2(item_xml(KINDS[kind])))

    assert newer == older


def test_the_words_around_and_in_an_interaction_are_the_prompt() -> None:
    document = question(item_xml(CHOICE)).document

    assert document is not None
    assert document["prompt"] == "How often?\nChoose one."


def test_feedback_and_rubrics_are_not_part_of_what_is_asked() -> None:
    hidden = '<qti-feedback-block identifier="x"><p>It is twice.</p></qti-feedback-block><qti-rubric-block view="scorer"><p>Give one.</p></qti-rubric-block>'
    document = question(item_xml((CHOICE[0], hidden + CHOICE[1]))).document

    assert document is not None
    assert "twice" not in document["prompt"]
    assert "Give" not in document["prompt"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ((CHOICE[0], '<p><img src="a.png" alt="a moon"/></p>' + CHOICE[1]), wire.NEEDS_A_PICTURE),
        (("", CHOICE[1]), wire.NO_KEY),
        (('<qti-template-declaration identifier="T"/>' + CHOICE[0], CHOICE[1]), wire.FORMULA),
        (("", "<p>Read this.</p>"), wire.NO_INTERACTION),
        (("", '<qti-slider-interaction response-identifier="RESPONSE"/>'), wire.UNKNOWN_FORM),
        ((declared("Z"), CHOICE[1]), wire.NO_KEY),
        (("<x/>", '<qti-assessment-stimulus-ref href="gone.xml"/>' + CHOICE[1]), wire.NO_KEY),
    ],
)
def test_what_cannot_be_asked_says_why(parts: tuple[str, str], sentence: str) -> None:
    found = question(item_xml(parts))

    assert (found.document, found.reason) == (None, sentence)


def test_mathml_is_read_as_one_writes_it() -> None:
    maths = "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><msup><mi>x</mi><mn>2</mn></msup></mfrac></math>"
    document = question(item_xml((CHOICE[0], f"<p>What is {maths}?</p>" + CHOICE[1]))).document

    assert document is not None
    assert document["prompt"].startswith("What is (a+1)/(x²) ?")


# --- packages --------------------------------------------------------------------------------------------------------

MANIFEST = """<manifest identifier="tides-package-1"><metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata><organizations/>
<resources><resource identifier="t" type="imsqti_test_xmlv3p0" href="test.xml"><file href="test.xml"/></resource>
<resource identifier="i1" type="imsqti_item_xmlv3p0" href="items/one.xml"><file href="items/one.xml"/></resource>
<resource identifier="i2" type="imsqti_item_xmlv3p0" href="items/two.xml"><file href="items/two.xml"/></resource>
<resource identifier="i3" type="imsqti_item_xmlv3p0" href="items/loose.xml"><file href="items/loose.xml"/></resource></resources></manifest>"""
TEST = """<qti-assessment-test xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="T" title="Tides test"><qti-test-part identifier="p">
<qti-assessment-section identifier="s"><qti-assessment-item-ref identifier="i1" href="items/one.xml"/><qti-assessment-item-ref identifier="i2" href="items/two.xml"/>
<qti-assessment-item-ref identifier="i9" href="items/gone.xml"/></qti-assessment-section></qti-test-part></qti-assessment-test>"""
FILES: dict[str, str] = {
    "imsmanifest.xml": MANIFEST,
    "test.xml": TEST,
    "items/one.xml": item_xml(KINDS["one_choice"], "one"),
    "items/two.xml": item_xml(("", '<p>Slide.</p><qti-slider-interaction response-identifier="RESPONSE"/>'), "two"),
    "items/loose.xml": item_xml(KINDS["number"], "loose"),
}


def package(folder: Path, files: dict[str, str] | None = None) -> Path:
    path = folder / "tides.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in (FILES if files is None else files).items():
            zipped.writestr(zipfile.ZipInfo(name), text)
    return path


def take(path: Path) -> ImportReport:
    return reading.take_file(path, by=None, at=AT)


@pytest.mark.django_db
def test_a_test_and_the_items_beside_it_become_resources(tmp_path: Path) -> None:
    path = package(tmp_path)
    report = take(path)

    assert list(Resource.objects.order_by("pk").values_list("title", "kind")) == [
        ("Tides test", "quiz"),
        ("Tides", "practice"),
    ]
    assert report.facts["interactions"] == {"choiceInteraction": 1, "sliderInteraction": 1, "textEntryInteraction": 1}
    assert {place for told in report.refused for place in told.places} == {
        "items/gone.xml",
        "Tides test: Tides (sliderInteraction)",
    }


@pytest.mark.django_db
def test_the_original_bytes_are_kept_with_the_counts(tmp_path: Path) -> None:
    path = package(tmp_path)
    take(path)

    test = Resource.objects.get(title="Tides test")
    assert test.file is not None
    assert bytes(test.file.content) == path.read_bytes()
    assert test.extra["interactions"] == {"choiceInteraction": 1, "sliderInteraction": 1}
    assert test.extra["titles"] == ["Tides", "Tides"]


@pytest.mark.django_db
def test_the_same_package_twice_changes_nothing(tmp_path: Path) -> None:
    take(package(tmp_path))

    assert take(tmp_path / "tides.zip").changed_nothing


@pytest.mark.django_db
def test_a_shared_text_is_read_above_its_question(tmp_path: Path) -> None:
    stimulus = '<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="s"><qti-stimulus-body><p>The moon pulls.</p></qti-stimulus-body></qti-assessment-stimulus>'
    with_text = item_xml(
        (CHOICE[0] + '<qti-assessment-stimulus-ref identifier="s" href="../text.xml"/>', CHOICE[1]), "one"
    )

    take(package(tmp_path, FILES | {"items/one.xml": with_text, "text.xml": stimulus}))

    assert Item.objects.get(kind="one_choice").document["passage"] == "The moon pulls."


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["items/one.xml", "items/two.xml", "items/loose.xml", "test.xml"])
def test_a_broken_part_is_left_out_with_its_place(name: str, tmp_path: Path) -> None:
    report = take(package(tmp_path, FILES | {name: "<broken"}))

    assert any(place.startswith(name) for told in report.refused for place in told.places)
    assert Resource.objects.exists()


BROKEN: dict[str, Any] = {
    "another document": "<note/>",
    "a test without its items": TEST,
    "cut off": item_xml(CHOICE)[:300],
    "nothing": "",
    "an entity bomb": '<!DOCTYPE a [<!ENTITY x "ha">]><assessmentItem>&x;</assessmentItem>',
    "response processing alone": '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>',
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_what_holds_no_question_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "item.xml").write_text(BROKEN[name])

    found = outcome(reading.take_file, tmp_path / "item.xml")

    assert isinstance(found, FileRefused)
    assert is_told_well(found)
    assert not Resource.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not QTI.is_dir(), reason=f"real data is not here: {QTI}")
@pytest.mark.parametrize(
    ("name", "resources", "questions", "taken"),
    [
        ("dev/kennisnet-valid/valid-package.zip", 1, 47, 22),
        ("dev/kennisnet-valid/no-metadata.zip", 1, 46, 19),
        ("dev/kennisnet-valid/no-max-score-all-items.zip", 1, 10, 8),
        ("bad/kennisnet-bad/no-response-processing.zip", 1, 1, 1),
        ("bad/kennisnet-bad/invalid-response-processing.zip", 1, 20, 16),
        ("dev/cito-items", 6, 115, 43),
    ],
)
def test_real_packages_come_in_with_a_report(name: str, resources: int, questions: int, taken: int) -> None:
    report = take(QTI / name)

    assert is_told_well(report)
    assert Resource.objects.count() == resources
    assert (report.facts["questions"], report.facts["questions_taken"]) == (questions, taken)
