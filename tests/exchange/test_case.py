"""CASE packages come in without losing a field, and go out as they came."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headway.exchange.case import reading, wire
from headway.records.standards import queries
from headway.records.standards.models import Competency, CompetencyLink
from tests.exchange.real_data import CASE

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
REAL = sorted([*CASE.glob("smarter-balanced-case10/*.json"), *CASE.glob("opensalt-tests/*.json")])


def item(name: str, statement: str = "Add fractions.", **more: Any) -> dict[str, Any]:
    return {"uri": f"https://x/CFItems/{name}", "identifier": name, "fullStatement": statement, **more}


def association(name: str, kind: str, origin: str, target: str, **more: Any) -> dict[str, Any]:
    ends = {
        end: {"title": key, "identifier": key, "uri": f"https://x/CFItems/{key}"}
        for end, key in (("originNodeURI", origin), ("destinationNodeURI", target))
    }
    return {"identifier": name, "associationType": kind, **ends, **more}


def package(items: list[dict[str, Any]], associations: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    document = {"identifier": "doc", "title": "A framework", "creator": "us", "odd": {"kept": True}}
    return {"CFDocument": document, "CFItems": items, "CFAssociations": associations, **more}


def as_sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def read(value: dict[str, Any]) -> wire.Reading:
    return wire.to_framework(wire.parse(value))


def take(path: Path, value: dict[str, Any]) -> Any:
    path.write_text(json.dumps(value), encoding="utf-8")
    return reading.take_file(path, by=None, at=AT)


@pytest.mark.skipif(not REAL, reason="the CASE packages are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_package_is_built_again_as_it_was(path: Path) -> None:
    source = json.loads(path.read_text(encoding="utf-8"))
    parsed = wire.parse(source)

    assert as_sorted(wire.build(parsed)) == as_sorted(source)
    assert as_sorted(wire.build(wire.from_framework(wire.to_framework(parsed).framework))) == as_sorted(source)


@pytest.mark.django_db
@pytest.mark.skipif(not REAL, reason="the CASE packages are not here")
@pytest.mark.parametrize("path", [path for path in REAL if path.stat().st_size > 100_000], ids=lambda path: path.name)
def test_a_real_package_taken_twice_changes_nothing(path: Path) -> None:
    first = reading.take_file(path, by=None, at=AT)
    again = reading.take_file(path, by=None, at=AT)

    assert first.taken["framework"].made > 30
    assert again.changed_nothing


def test_version_1_1_with_rubrics_and_unknown_fields_survives() -> None:
    source = package(
        [item("a", extensions={"x": 1}, alternativeLabel="A")],
        [association("l1", "hasSkillLevel", "a", "far away", notes="kept")],
        CFDefinitions={"CFLicenses": [{"identifier": "l", "title": "CC BY 4.0", "licenseText": "..."}]},
        CFRubrics=[{"identifier": "r", "CFRubricCriteria": []}],
        ours={"kept": [1, 2]},
    )
    source["CFDocument"] |= {"caseVersion": "1.1", "frameworkType": "x", "licenseURI": {"identifier": "l", "uri": "u"}}
    found = read(source).framework

    assert as_sorted(wire.build(wire.from_framework(found))) == as_sorted(source)
    assert found.licence == "CC BY 4.0"
    assert (found.links[0].kind, found.links[0].association) == ("other", "hasSkillLevel")


def test_the_tree_and_its_order_come_from_is_child_of() -> None:
    found = read(
        package(
            [item("c"), item("b"), item("a")],
            [
                association("1", "isChildOf", "c", "a", sequenceNumber=2),
                association("2", "isChildOf", "b", "a", sequenceNumber=1),
                association("3", "isChildOf", "a", "doc"),
            ],
        )
    ).framework

    assert [(row.source_id, row.parent) for row in found.competencies] == [("a", ""), ("b", "a"), ("c", "a")]


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("precedes", "b", "prerequisite"),
        ("exactMatchOf", "elsewhere", "exact-match"),
        ("isRelatedTo", "b", "related"),
        ("isRelatedTo", "elsewhere", "crosswalk"),
        ("isPeerOf", "b", "related"),
        ("replacedBy", "b", "other"),
    ],
)
def test_each_association_becomes_a_link_of_its_kind(kind: str, target: str, expected: str) -> None:
    found = read(package([item("a"), item("b")], [association("1", kind, "a", target)])).framework

    assert found.links[0].kind == expected
    assert found.links[0].target_uri == f"https://x/CFItems/{target}"


def test_circles_are_broken_and_told() -> None:
    reading_of = read(
        package(
            [item("a"), item("b")],
            [
                association("1", "isChildOf", "a", "b"),
                association("2", "isChildOf", "b", "a"),
                association("3", "precedes", "a", "b"),
                association("4", "precedes", "b", "a"),
            ],
        )
    )

    assert {row.source_id: row.parent for row in reading_of.framework.competencies} == {"a": "b", "b": ""}
    assert [link.kind for link in reading_of.framework.links][2:] == ["prerequisite", "related"]
    assert {sentence for sentence, _place in reading_of.told} == {wire.PARENT_CIRCLE, wire.PREREQUISITE_CIRCLE}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["03"], (3, 3)),
        (["KG", "01"], (0, 1)),
        (["09", "10", "11", "12"], (9, 12)),
        (["HS"], (9, 12)),
        ([], (None, None)),
    ],
)
def test_grades_come_from_the_education_levels(levels: list[str], expected: tuple[int | None, int | None]) -> None:
    assert wire.grades_of(levels) == expected


@pytest.mark.parametrize(
    ("statement", "language", "expected"),
    [
        ("Add fractions.", "en", "I can add fractions."),
        ("Addition of fractions", "en", "Addition of fractions"),
        ("Add fractions.", "es", "Add fractions."),
    ],
)
def test_an_i_can_sentence_is_made_only_where_a_statement_says_what_one_does(
    statement: str, language: str, expected: str
) -> None:
    assert wire.i_can(statement, language) == expected


@pytest.mark.django_db
def test_a_dangling_end_finds_its_competency_when_the_other_framework_arrives(tmp_path: Path) -> None:
    near = package([item("a")], [association("1", "exactMatchOf", "a", "far")])
    far = package([item("far")], [])
    far["CFDocument"] = far["CFDocument"] | {"identifier": "other"}

    take(tmp_path / "near.json", near)
    dangling = CompetencyLink.objects.get(source_id="1")
    take(tmp_path / "far.json", far)
    report = take(tmp_path / "near.json", near)

    assert (dangling.target_id, dangling.target_uri) == (None, "https://x/CFItems/far")
    assert report.taken["framework"].changed == 1
    assert CompetencyLink.objects.get(source_id="1").target == Competency.objects.get(source_id="far")


@pytest.mark.django_db
def test_a_changed_statement_changes_one_row_and_keeps_its_identity(tmp_path: Path) -> None:
    take(tmp_path / "a.json", package([item("a"), item("b")], []))
    before = Competency.objects.get(source_id="a")
    report = take(tmp_path / "a.json", package([item("a", "Add and subtract fractions."), item("b")], []))

    after = Competency.objects.get(source_id="a")
    assert (before.pk, after.statement) == (after.pk, "Add and subtract fractions.")
    assert report.taken["framework"].made == 0


@pytest.mark.django_db
def test_five_thousand_items_come_in_within_seconds(tmp_path: Path) -> None:
    items = [item(f"i{number}", f"Solve problem {number}.", educationLevel=["07"]) for number in range(5000)]
    links = [
        association(f"c{number}", "isChildOf", f"i{number}", f"i{number // 10}", sequenceNumber=number)
        for number in range(1, 5000)
    ] + [association(f"p{number}", "precedes", f"i{number}", f"i{number + 1}") for number in range(4990)]
    start = time.process_time()

    report = take(tmp_path / "large.json", package(items, links))

    assert report.facts["competencies"] == 5000
    assert queries.framework_named("doc") is not None
    assert time.process_time() - start < 25
