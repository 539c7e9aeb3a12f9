"""Questions go out as a package of QTI 3; read again they are equal."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from headway.core.items.document import parse_item
from headway.core.items.markup import Node, read_document
from headway.core.items.plain import write_plain
from headway.core.library.values import AlignmentIn, FileIn, ItemIn, ResourceIn
from headway.core.library.values import TestIn as AssessmentIn
from headway.exchange.qti import reading
from headway.exchange.qti.writing import package_of, write_package
from headway.records.library.queries import resources_to_write_out
from tests.exchange.outcomes import AT
from tests.exchange.real_data import QTI

PNG = FileIn(name="moon.png", media_type="image/png", content=b"\x89PNG\r\n\x1a\n")
TEST = """<qti-assessment-test xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="T" title="Tides test"><qti-test-part
 identifier="p" navigation-mode="linear" submission-mode="individual"><qti-assessment-section identifier="s" title="S" visible="true">
<qti-selection select="1"/><qti-assessment-item-ref identifier="i1" href="a/b/one.xml"/><qti-assessment-item-ref identifier="i2" href="two.xml"/>
</qti-assessment-section></qti-test-part></qti-assessment-test>"""


def question(name: str, **more: object) -> ItemIn:
    raw = {"id": name, "kind": "number", "language": "en", "prompt": f"What is {name}?", "answer": 2}
    return ItemIn(source_id=name, document=write_plain(raw | more))


def row(name: str = "tides", **more: object) -> ResourceIn:
    facts: dict[str, object] = {"title": f"About {name}", "items": (question(f"{name}-1"), question(f"{name}-2"))}
    return ResourceIn(source_id=name, **(facts | more))  # type: ignore[arg-type]


def names_in(package: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(package)) as packed:
        return packed.namelist()


def file_in(package: bytes, name: str) -> Node:
    with zipfile.ZipFile(io.BytesIO(package)) as packed:
        return read_document(packed.read(name))


def read_again(package: bytes, folder: Path) -> list[ResourceIn]:
    path = folder / "written.zip"
    path.write_bytes(package)
    found = list(reading.read_file(path))
    assert all(isinstance(one, ResourceIn) for one in found), found
    return [one for one in found if isinstance(one, ResourceIn)]


def trees(rows: list[ResourceIn]) -> list[Node]:
    return [parse_item(item.document).root for one in rows for item in one.items]


def test_the_same_questions_give_the_same_bytes():
    assert write_package([row()]) == write_package([row()])


def test_the_manifest_names_every_file_of_the_package():
    package = write_package([row(), row("moon")])

    manifest = file_in(package, "imsmanifest.xml")
    named = {one.get("href") for one in manifest.below("file")}
    assert named == set(names_in(package)) - {"imsmanifest.xml"}


def test_each_resource_comes_back_with_its_own_questions(tmp_path):
    rows = [row(), row("moon")]

    again = read_again(write_package(rows), tmp_path)

    assert [one.title for one in again] == ["About tides", "About moon"]
    assert trees(again) == trees(rows)


def test_what_a_resource_says_of_itself_comes_back(tmp_path):
    told = row(
        language="es",
        items=(question("q", language="es"),),
        description="Two questions.",
        topics=("moon", "sea"),
        licence="CC BY 4.0",
        attribution="Ada L.",
        alignments=(AlignmentIn(competency="7.2"),),
    )
    (again,) = read_again(write_package([told]), tmp_path)

    kept = ("language", "description", "topics", "licence", "attribution", "alignments")
    assert {name: getattr(again, name) for name in kept} == {name: getattr(told, name) for name in kept}


def test_what_a_question_shows_goes_with_it(tmp_path):
    xml = question("q").document.replace("<p>", '<p><img src="img/moon.png" alt="a moon"/>', 1)
    shown = ItemIn(source_id="q", document=xml, files={"img/moon.png": PNG})

    (again,) = read_again(write_package([row(items=(shown,))]), tmp_path)

    assert [dict(item.files) for item in again.items] == [{"img/moon.png": PNG}]


def test_a_test_keeps_its_rules_and_finds_its_questions(tmp_path):
    tested = row(test=AssessmentIn(document=TEST, items={"i1": "tides-1", "i2": "tides-2"}))

    (again,) = read_again(write_package([tested]), tmp_path)

    assert again.test is not None
    assert [one.get("select") for one in read_document(again.test.document.encode()).below("qti-selection")] == ["1"]
    assert list(again.test.items) == ["i1", "i2"]
    assert list(again.test.items.values()) == [item.source_id for item in again.items]


def test_what_a_test_names_and_nobody_has_is_not_asked_for(tmp_path):
    tested = row(test=AssessmentIn(document=TEST, items={"i1": "tides-1"}))

    (again, *_others) = read_again(write_package([tested]), tmp_path)

    assert again.test is not None
    assert list(again.test.items) == ["i1"]


def test_a_resource_without_questions_is_left_out():
    assert names_in(write_package([row(items=())])) == ["imsmanifest.xml"]


# --- round trips of real packages ------------------------------------------------------------------------------------

SETS = (
    "dev/kennisnet-valid/valid-package.zip",
    "dev/kennisnet-valid/no-metadata.zip",
    "dev/kennisnet-valid/no-max-score-all-items.zip",
    "bad/kennisnet-bad/no-response-processing.zip",
    "bad/kennisnet-bad/invalid-response-processing.zip",
    "dev/cito-items",
    "dev/cito-items/qti-assessment-stimulus-ref",
    "dev/cito-items/qti-item",
    "dev/cito-items/api/biologie",
    "dev/instructure-items22",
    "dev/instructure-items12",
    "dev/pie-conformance-A",
)


@pytest.mark.parametrize("name", [name for name in SETS if (QTI / name).exists()])
def test_a_real_package_in_and_out_and_in_again_has_equal_items(name, tmp_path):
    rows = [one for one in reading.read_file(QTI / name) if isinstance(one, ResourceIn)]

    package = write_package(rows)
    again = read_again(package, tmp_path)

    assert trees(again) == trees(rows)
    assert [dict(item.files) for one in again for item in one.items] == [
        dict(item.files) for one in rows for item in one.items
    ]
    assert [one.title for one in again] == [one.title for one in rows]
    assert trees(read_again(write_package(again), tmp_path)) == trees(rows)


# --- out of the library ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_came_into_the_library_goes_out_with_its_files_and_its_test(tmp_path):
    xml = question("q").document.replace("<p>", '<p><img src="img/moon.png" alt="a moon"/>', 1)
    shown = ItemIn(source_id="q", document=xml, files={"img/moon.png": PNG})
    tested = row(items=(shown, question("r")), test=AssessmentIn(document=TEST, items={"i1": "q", "i2": "r"}))
    (tmp_path / "tides.zip").write_bytes(write_package([tested]))
    reading.take_file(tmp_path / "tides.zip", by=None, at=AT)

    (again,) = read_again(package_of(resources_to_write_out()), tmp_path)

    assert trees([again]) == trees([tested])
    assert dict(again.items[0].files) == {"img/moon.png": PNG}
    assert again.test is not None
    assert list(again.test.items) == ["i1", "i2"]
