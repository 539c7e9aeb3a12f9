"""QTI 1.2, 2 and 3: packages, folders and single items come in; what can be answered here becomes a question."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from headway.core.items.document import Item as Question
from headway.core.items.document import parse_item
from headway.core.items.markup import Node
from headway.core.items.session import key_response, mark
from headway.core.library.values import ItemIn, ResourceIn
from headway.exchange.qti import reading, wire
from headway.exchange.shared.arriving import KEY_DOES_NOT_HOLD
from headway.exchange.shared.delivering import RowRefused
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.exchange.shared.markup import parse_xml
from headway.exchange.shared.question_documents import LACKS, NO_INTERACTION, NO_RULES
from headway.exchange.shared.question_files import FILE_NOT_THERE
from headway.records.library.models import Resource
from tests.exchange.outcomes import AT, is_told_well, outcome
from tests.exchange.real_data import QTI, needs_questions_of_others

ITEM = """<?xml version="1.0"?><qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="{identifier}" title="Tides"
 time-dependent="false" xml:lang="en-US">{declarations}{score}<qti-item-body>{body}</qti-item-body>{rules}</qti-assessment-item>"""
MATCH = '<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>'
WRONG_RULE = """<qti-response-condition><qti-response-if><qti-match><qti-variable identifier="RESPONSE"/>
<qti-base-value base-type="identifier">A</qti-base-value></qti-match><qti-set-outcome-value identifier="SCORE">
<qti-base-value base-type="float">1</qti-base-value></qti-set-outcome-value></qti-response-if></qti-response-condition>"""
SCORE = '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float" normal-maximum="1"/>'
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
    rules = MATCH if "qti-correct-response" in parts[0] else ""
    return ITEM.format(identifier=identifier, declarations=parts[0], score=SCORE, body=parts[1], rules=rules)


def as_qti_2(xml: str) -> str:
    """Return an item in the spelling of QTI 2."""

    def camel(found: re.Match[str]) -> str:
        first, *others = found[0].removeprefix("qti-").split("-")
        return first + "".join(part.capitalize() for part in others)

    plain = re.sub(r"qti-[a-z-]+", camel, xml)
    plain = re.sub(r"\b(response-identifier|max-choices|base-type|match-max|time-dependent)(?==)", camel, plain)
    return plain.replace("imsqtiasi_v3p0", "imsqti_v2p1")


@pytest.mark.parametrize("kind", KINDS)
def test_both_spellings_mean_the_same(kind: str) -> None:
    newer, older = (
        wire.in_qti_3(parse_xml(one.encode())) for one in (item_xml(KINDS[kind]), as_qti_2(item_xml(KINDS[kind])))
    )

    assert newer == older


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


def read(path: Path) -> list[ResourceIn]:
    return [row for row in reading.read_file(path) if isinstance(row, ResourceIn)]


def items_in(path: Path) -> list[ItemIn]:
    return [item for row in read(path) for item in row.items]


def one_item(folder: Path, parts: tuple[str, str], files: dict[str, str] | None = None) -> Question:
    """Return the question that an item asks in a package of its own, with other files beside it."""
    (item,) = items_in(package(folder, {"one.xml": item_xml(parts), **(files or {})}))
    return parse_item(item.document)


def told(report: ImportReport, sentence: str) -> list[str]:
    return [place for one in report.notes if one.sentence == sentence for place in one.places]


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_comes_in_as_it_is_and_its_key_is_right(kind: str, tmp_path: Path) -> None:
    (item,) = items_in(package(tmp_path, {"one.xml": item_xml(KINDS[kind])}))

    question = parse_item(item.document)
    assert question.root == wire.in_qti_3(parse_xml(item_xml(KINDS[kind]).encode()))
    assert kind == "long_answer" or mark(question, key_response(question)).is_right


@pytest.mark.django_db
def test_a_test_and_the_items_beside_it_become_resources(tmp_path: Path) -> None:
    path = package(tmp_path)
    report = take(path)

    assert list(Resource.objects.order_by("pk").values_list("title", "kind")) == [
        ("Tides test", "quiz"),
        ("Tides", "practice"),
    ]
    assert report.facts["interactions"] == {"choice": 1, "slider": 1, "text-entry": 1}
    assert {place for told in report.refused for place in told.places} == {"items/gone.xml"}


def test_a_test_is_kept_with_the_question_behind_each_of_its_references(tmp_path: Path) -> None:
    test = read(package(tmp_path))[0]

    assert test.test is not None
    assert 'identifier="T"' in test.test.document
    assert test.test.items == {"i1": "tides-package-1/T/one", "i2": "tides-package-1/T/two"}
    assert {item.source_id for item in test.items} == set(test.test.items.values())


def test_a_part_of_a_test_in_another_file_is_put_in_its_place(tmp_path: Path) -> None:
    section = '<qti-assessment-section identifier="s2"><qti-assessment-item-ref identifier="i1" href="one.xml"/></qti-assessment-section>'
    test = re.sub(
        "(?s)<qti-assessment-section .*</qti-assessment-section>",
        '<qti-assessment-section-ref identifier="s2" href="items/part.xml"/>',
        TEST,
    )

    (row, *_others) = read(package(tmp_path, FILES | {"test.xml": test, "items/part.xml": section}))

    assert row.test is not None
    assert dict(row.test.items) == {"i1": "tides-package-1/T/one"}
    assert "qti-assessment-section-ref" not in row.test.document


@pytest.mark.django_db
def test_the_original_bytes_are_kept_with_the_counts(tmp_path: Path) -> None:
    path = package(tmp_path)
    take(path)

    test = Resource.objects.get(title="Tides test")
    assert test.file is not None
    assert bytes(test.file.content) == path.read_bytes()
    assert test.extra["interactions"] == {"choice": 1, "slider": 1}
    assert test.extra["titles"] == ["Tides", "Tides"]


@pytest.mark.django_db
def test_the_same_package_twice_changes_nothing(tmp_path: Path) -> None:
    take(package(tmp_path))

    assert take(tmp_path / "tides.zip").changed_nothing


def test_what_a_question_shows_comes_with_it(tmp_path: Path) -> None:
    shows = (CHOICE[0], '<p><img src="img/moon.png" alt="a moon"/></p>' + CHOICE[1])
    path = tmp_path / "shows.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("one.xml", item_xml(shows))
        zipped.writestr("img/moon.png", b"\x89PNG\r\n\x1a\n")

    (item,) = items_in(path)
    assert {name: file.media_type for name, file in item.files.items()} == {"img/moon.png": "image/png"}


@pytest.mark.django_db
def test_a_picture_that_is_not_there_is_told_with_the_question_and_the_line(tmp_path: Path) -> None:
    shows = (CHOICE[0], '\n\n<p><img src="img/moon.png" alt="a moon"/></p>' + CHOICE[1])

    report = take(package(tmp_path, {"one.xml": item_xml(shows)}))

    assert told(report, FILE_NOT_THERE) == ["Tides, line 4: img/moon.png"]
    assert report.facts["questions_taken"] == 1


@pytest.mark.django_db
def test_what_the_engine_lacks_is_told_with_the_question_the_line_and_the_element(tmp_path: Path) -> None:
    rule = '<qti-response-processing>\n<qti-set-outcome-value identifier="SCORE"><qti-custom-operator class="x.Y"/></qti-set-outcome-value></qti-response-processing>'
    xml = item_xml(CHOICE).replace(MATCH, rule)

    report = take(package(tmp_path, {"one.xml": xml}))

    (place,) = told(report, LACKS)
    assert place.startswith("Tides, line 3: qti-custom-operator")


@pytest.mark.django_db
def test_a_key_that_its_own_rules_do_not_mark_as_right_is_told(tmp_path: Path) -> None:
    rule = MATCH.replace('"/>', '">') + WRONG_RULE + "</qti-response-processing>"
    xml = item_xml(CHOICE).replace(MATCH, re.sub(' template="[^"]*"', "", rule))

    report = take(package(tmp_path, {"one.xml": xml}))

    assert told(report, KEY_DOES_NOT_HOLD) == ["Tides"]


@pytest.mark.django_db
def test_a_key_without_any_rule_is_told(tmp_path: Path) -> None:
    report = take(package(tmp_path, {"one.xml": item_xml(CHOICE).replace(MATCH, "")}))

    assert told(report, NO_RULES) == ["Tides"]


@pytest.mark.django_db
def test_a_page_to_read_comes_in_and_is_told(tmp_path: Path) -> None:
    report = take(package(tmp_path, {"one.xml": item_xml(("", "<p>Read this.</p>"))}))

    assert told(report, NO_INTERACTION) == ["Tides"]
    assert report.facts["questions_taken"] == 1


# --- shared texts ----------------------------------------------------------------------------------------------------

STIMULUS = """<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="s"><qti-stimulus-body>
<p data-catalog-idref="c">The moon pulls.</p></qti-stimulus-body><qti-catalog-info><qti-catalog id="c"><qti-card support="spoken">
<qti-html-content>The moon pulls</qti-html-content></qti-card></qti-catalog></qti-catalog-info></qti-assessment-stimulus>"""
REFERS = '<qti-assessment-stimulus-ref identifier="s" href="text.xml"/>'


def texts_of(item: Question) -> list[Node]:
    return [one for one in item.body.below("div") if one.get("data-headway-stimulus") == "s"]


def test_a_shared_text_is_read_above_its_question(tmp_path: Path) -> None:
    item = one_item(tmp_path, (CHOICE[0] + REFERS, CHOICE[1]), {"text.xml": STIMULUS})

    assert item.body.elements()[0] == texts_of(item)[0]
    assert texts_of(item)[0].words == "The moon pulls."


def test_a_shared_text_stands_where_the_body_says(tmp_path: Path) -> None:
    place = '<div class="qti-shared-stimulus" data-stimulus-idref="s"></div>'
    item = one_item(tmp_path, (CHOICE[0] + REFERS, CHOICE[1] + place), {"text.xml": STIMULUS})

    (text,) = texts_of(item)
    assert item.body.elements()[-1] == text
    assert text.words == "The moon pulls."


def test_a_shared_text_keeps_its_reference_and_its_supports(tmp_path: Path) -> None:
    item = one_item(tmp_path, (CHOICE[0] + REFERS, CHOICE[1]), {"text.xml": STIMULUS})

    assert [one.get("href") for one in item.stimulus_refs] == ["text.xml"]
    assert list(item.catalogs) == ["c"]


@pytest.mark.django_db
def test_a_shared_text_that_is_not_there_is_told_and_the_question_comes_in(tmp_path: Path) -> None:
    report = take(package(tmp_path, {"one.xml": item_xml((CHOICE[0] + REFERS, CHOICE[1]))}))

    assert told(report, reading.NO_TEXT_FILE) == ["Tides, line 2: text.xml"]
    assert report.facts["questions_taken"] == 1


# --- what is broken --------------------------------------------------------------------------------------------------


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


# --- real packages ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@needs_questions_of_others
@pytest.mark.parametrize(
    ("name", "resources", "questions"),
    [
        ("dev/kennisnet-valid/valid-package.zip", 1, 47),
        ("dev/kennisnet-valid/no-metadata.zip", 1, 46),
        ("dev/kennisnet-valid/no-max-score-all-items.zip", 1, 10),
        ("bad/kennisnet-bad/no-response-processing.zip", 1, 1),
        ("bad/kennisnet-bad/invalid-response-processing.zip", 1, 20),
        ("dev/cito-items", 6, 115),
        ("dev/instructure-items22", 1, 60),
    ],
)
def test_every_question_of_a_real_package_comes_in(name: str, resources: int, questions: int) -> None:
    report = take(QTI / name)

    assert is_told_well(report)
    assert Resource.objects.count() == resources
    assert (report.facts["questions"], report.facts["questions_taken"]) == (questions, questions)
    assert told(report, LACKS) == []


# What a file of others is told to be, by its name; every other file comes in.
REFUSED_FILES = {
    "instructure-bad/fib.xml": "Line 45: this is not well-formed XML",
    "instructure-bad/fib_str.xml": "Line 45: this is not well-formed XML",
    "instructure-bad/item_no_title.xml": "Line 45: this is not well-formed XML",
    "instructure-bad/choice_vary_points_by_answer.xml": "Line 1: this is not well-formed XML",
    "instructure-bad/audio-video.xml": "Line 18: this is not well-formed XML",
    "qtisdk-bad/empty.xml": "The file is empty.",
    "qtisdk-bad/noversion.xml": "the document begins with “responseProcessing”",
    "qtisdk-bad/malformed.xml": "Line 28: this is not well-formed XML",
    "tao-bad/unwell_formated_associate.xml": "Line 16: this is not well-formed XML",
    "instructure-items22/audio-video.xml": "Line 18: this is not well-formed XML",
    "instructure-items12/fib.xml": "Line 45: this is not well-formed XML",
    "instructure-items12/fib_str.xml": "Line 45: this is not well-formed XML",
    "instructure-items12/item_no_title.xml": "Line 45: this is not well-formed XML",
    "instructure-items12/choice_vary_points_by_answer.xml": "Line 1: this is not well-formed XML",
    "instructure-items12/choice_vary_points_by_answer_zero_points.xml": "Line 1: this is not well-formed XML",
}
SINGLE_FILES = sorted(
    path
    for folder in (
        "bad/instructure-bad",
        "bad/qtisdk-bad",
        "bad/tao-bad",
        "dev/instructure-items12",
        "dev/instructure-items22",
    )
    for path in (QTI / folder).glob("*.*")
    if path.suffix in (".xml", ".qti")
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", SINGLE_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_single_file_of_others_comes_in_or_says_the_line_that_is_broken(path: Path) -> None:
    found = outcome(reading.take_file, path)

    expected = REFUSED_FILES.get(f"{path.parent.name}/{path.name}")
    assert is_told_well(found)
    if expected is None:
        assert isinstance(found, ImportReport)
    else:
        assert isinstance(found, FileRefused)
        assert expected in str(found)


@pytest.mark.django_db
@needs_questions_of_others
def test_a_package_of_another_kind_says_that_it_holds_no_question() -> None:
    found = outcome(reading.take_file, QTI / "bad" / "instructure-bad" / "unsupported_version")

    assert isinstance(found, FileRefused)
    assert found.sentence == reading.NO_QUESTIONS
    assert not Resource.objects.exists()


@needs_questions_of_others
def test_a_test_whose_questions_lie_in_a_bank_elsewhere_says_so() -> None:
    (row,) = reading.read_file(QTI / "dev" / "instructure-items12" / "bank_entry_item.xml")

    assert isinstance(row, RowRefused)
    assert row.sentence == reading.ONLY_A_BANK


@pytest.mark.django_db
@needs_questions_of_others
def test_a_question_without_a_key_comes_in_for_a_person_to_mark() -> None:
    report = take(QTI / "bad" / "instructure-bad" / "no_assessment_xml")

    assert told(report, NO_RULES) == ["1027TestTitle12: Choice Interaction"]
