"""schema.org/LRMI: descriptions come in as JSON-LD or inside a page, and go out again with nothing lost."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.library.kinds import ACCESSIBILITY_FEATURES, KINDS, WAYS_IN
from headway.core.library.values import ResourceIn
from headway.exchange.lrmi import reading, wire, writing
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.records.library import queries as library
from headway.records.library.models import Alignment, Resource
from tests.exchange.outcomes import AT, is_told_well, outcome, with_one_odd_value
from tests.exchange.real_data import DATA
from tests.people import People

EXAMPLES = DATA / "interop" / "lrmi" / "dev" / "lrmi_examples"
LESSON: dict[str, Any] = {
    "@context": "https://schema.org/",
    "@type": "LearningResource",
    "@id": "https://example.org/tides",
    "name": "Why the tide comes twice a day",
    "description": "Read a tide table and find the pattern.",
    "inLanguage": "es-MX",
    "learningResourceType": ["Handout", "lesson plan"],
    "timeRequired": "PT1H10M",
    "typicalAgeRange": "11-13",
    "license": "https://creativecommons.org/licenses/by-sa/4.0/",
    "author": [{"@type": "Person", "name": "Inés Vega"}, {"@type": "Organization", "name": "Harbor School"}],
    "keywords": "sea, moon",
    "accessibilityFeature": ["captions", "ALTERNATIVETEXT", "unheardOf"],
    "educationalAlignment": [
        {
            "@type": "AlignmentObject",
            "alignmentType": "teaches",
            "targetName": "7.2",
            "targetUrl": "https://example.org/7.2",
        },
        {"@type": "AlignmentObject", "alignmentType": "educationalSubject", "targetName": "Earth science"},
        {"@type": "AlignmentObject", "alignmentType": "requires", "targetName": "6.2"},
    ],
    "isBasedOn": "https://example.org/older",
    "somethingNew": {"kept": True},
}


def take(path: Path, document: object, *, name: str = "lesson.jsonld") -> ImportReport:
    (path / name).write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return reading.take_file(path / name, by=None, at=AT)


def test_a_description_is_read_in_the_words_of_headway() -> None:
    row = wire.parse(next(wire.nodes_of(LESSON)))

    assert (row.title, row.language, row.kind, row.minutes) == (LESSON["name"], "es", "worksheet", 70)
    assert (row.grade_low, row.grade_high) == (6, 8)
    assert row.licence == "CC BY-SA 4.0"
    assert row.attribution == "Inés Vega, Harbor School"
    assert row.topics == ("sea", "moon", "earth science")
    assert row.accessibility == ("captions", "alternativeText")
    assert [one.competency for one in row.alignments] == ["7.2"]


def test_what_headway_has_no_word_for_is_kept_and_goes_out_again() -> None:
    row = wire.parse(next(wire.nodes_of(LESSON)))
    out = wire.build(row)

    assert out["somethingNew"] == {"kept": True}
    assert out["isBasedOn"] == "https://example.org/older"
    assert {"requires"} == {one["alignmentType"] for one in out["educationalAlignment"]}


def test_names_with_prefixes_and_addresses_mean_the_same() -> None:
    prefixed = {f"schema:{name}" if not name.startswith("@") else name: value for name, value in LESSON.items()}
    addressed = {f"http://schema.org/{name}" if name[0] != "@" else name: value for name, value in LESSON.items()}

    assert wire.parse(next(wire.nodes_of(prefixed))) == wire.parse(next(wire.nodes_of(LESSON)))
    assert wire.parse(next(wire.nodes_of(addressed))) == wire.parse(next(wire.nodes_of(LESSON)))


def test_a_graph_is_read_with_what_its_parts_point_at() -> None:
    graph = {
        "@context": "https://schema.org/",
        "@graph": [
            {**LESSON, "author": {"@id": "#ines"}},
            {"@type": "Person", "@id": "#ines", "name": "Inés Vega"},
            {**LESSON, "@id": "https://example.org/other", "name": "Other"},
        ],
    }

    rows = [wire.parse(node) for node in wire.nodes_of(graph)]

    assert [row.title for row in rows] == [LESSON["name"], "Other"]
    assert rows[0].attribution == "Inés Vega"


@pytest.mark.parametrize(
    ("level", "grades"),
    [
        ("US Grade Levels K", (0, 0)),
        ("Grade 5-6", (5, 6)),
        ("KS 3", (6, 8)),
        ("Grades 2, 4", (2, 4)),
        ("Level 2", None),
    ],
)
def test_names_of_levels_become_grades(level: str, grades: tuple[int, int] | None) -> None:
    framework, _, name = level.rpartition(" ")
    alignment = {"alignmentType": "Educational Level", "educationalFramework": framework, "targetName": name}

    row = wire.parse({"name": "A", "educationalAlignment": alignment})

    assert (row.grade_low, row.grade_high) == (grades or (0, 12))


def test_a_description_with_any_odd_value_is_read_or_says_why() -> None:
    for odd in with_one_odd_value(LESSON):
        for node in wire.nodes_of(odd):
            with suppress(wire.NotAResource):
                json.dumps(wire.build(wire.parse(node)))


WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
LISTS = st.lists(WORDS.map(str.casefold), max_size=3, unique=True).map(tuple)
RESOURCES = st.builds(
    lambda low, span, **facts: ResourceIn(grade_low=low, grade_high=min(12, low + span), **facts),
    low=st.integers(0, 12),
    span=st.integers(0, 5),
    source_id=st.just("https://example.org/r"),
    title=WORDS,
    description=WORDS,
    language=st.sampled_from(["en", "es", "uk", "ar"]),
    kind=st.sampled_from(sorted(KINDS)),
    uses=st.sampled_from([(), ("essential",), ("group", "choice")]),
    minutes=st.integers(1, 400),
    screen=st.sampled_from(["no", "yes", "either"]),
    with_whom=st.sampled_from(["alone", "pair", "team", "teacher"]),
    level=st.sampled_from(["easier", "usual", "harder"]),
    reading_level=st.sampled_from([0.0, 3.5, 12.0]),
    topics=LISTS,
    careers=LISTS,
    needs=LISTS,
    culture=LISTS,
    community=LISTS,
    steps=LISTS,
    ways_in=st.sampled_from([(), WAYS_IN[:2]]),
    accessibility=st.sampled_from([(), ACCESSIBILITY_FEATURES[:3]]),
    needs_adult=st.booleans(),
    needs_internet=st.booleans(),
    text=WORDS,
    url=st.sampled_from(["", "https://example.org/page"]),
    licence=st.sampled_from(["", "CC BY 4.0", "CC BY-NC-SA 3.0", "CC0 1.0", "OGL 3.0"]),
    attribution=WORDS,
)


@given(RESOURCES)
def test_a_resource_survives_going_out_and_coming_in(row: ResourceIn) -> None:
    back = wire.parse(next(wire.nodes_of(json.loads(json.dumps(wire.build(row, address=row.source_id))))))

    # A resource without a page of its own is found at the address it was described at.
    assert replace(back, url=row.url, extra={}) == row


@pytest.mark.django_db
def test_the_same_description_twice_changes_nothing(tmp_path: Path) -> None:
    assert take(tmp_path, LESSON).taken["resources"].made == 1
    assert take(tmp_path, LESSON).changed_nothing


@pytest.mark.django_db
def test_an_alignment_finds_the_competency_and_goes_out_with_its_framework(people: People, tmp_path: Path) -> None:
    take(tmp_path, LESSON)

    resource = library.resources_to_write_out(source="lrmi").get()
    out = writing.as_json_ld(resource, base="https://headway.example")

    assert Alignment.objects.get(resource=resource).competency.code == "TA.7.2"
    assert out["@id"] == f"https://headway.example/resources/{resource.uuid}"
    assert [one["targetName"] for one in out["educationalAlignment"] if one["alignmentType"] == "teaches"] == ["TA.7.2"]


@pytest.mark.django_db
def test_a_broken_line_is_left_out_alone_with_its_place(tmp_path: Path) -> None:
    lines = [
        json.dumps(LESSON),
        '{"name": "cut o',
        json.dumps({"@type": "Person", "name": "Inés"}),
        '{"description": "no name"}',
    ]

    report = take(tmp_path, "\n".join(lines), name="many.jsonl")

    assert report.taken["resources"].made == 1
    assert [told.places for told in report.refused] == [("line 2",), ("line 3",), ("line 4",)]


BROKEN = {
    "a text": ("Nothing of the kind.", ""),
    "cut off": ('{"name": "A"', "line 1"),
    "a page without any": ("<html><body><p>Hello</p></body></html>", ""),
    "a script that is broken": ('<script type="application/ld+json">{"name": </script>', "line 1"),
    "nothing": ("  \n", ""),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_describes_nothing_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    document, place = BROKEN[name]

    with pytest.raises(FileRefused) as caught:
        take(tmp_path, document, name="page.html")

    assert caught.value.place == place
    assert not Resource.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"real data is not here: {EXAMPLES}")
@pytest.mark.parametrize(
    ("twin", "others"),
    [
        ("alignmentsUK_jsonld.json", ("alignmentsUK_md.html", "alignmentsUK_rdfa.html")),
        ("type+audience+level_jsonld.json", ("type+audience+level_md.html", "type+audience+level_rdfa.html")),
    ],
)
def test_microdata_and_rdfa_say_the_same_as_their_json_twin(twin: str, others: tuple[str, ...]) -> None:
    reading.take_file(EXAMPLES / twin, by=None, at=AT)
    facts = told()

    for other in others:
        reading.take_file(EXAMPLES / other, by=None, at=AT)
        assert told() == facts


def told() -> tuple[object, ...]:
    row = Resource.objects.get()
    return row.title, row.kind, row.minutes, row.grade_low, row.grade_high, sorted(row.topics)


@pytest.mark.django_db
@pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"real data is not here: {EXAMPLES}")
def test_every_example_is_taken_or_refused_with_a_sentence() -> None:
    found = {path.name: outcome(reading.take_file, path) for path in sorted(EXAMPLES.iterdir())}

    assert all(is_told_well(one) for one in found.values())
    # The pages before markup and the list of contents describe nothing that a machine could read.
    refused = [name for name, one in found.items() if isinstance(one, FileRefused)]
    assert refused == ["README.md", "alignmentsUK.html", "type+audience+level.html"]


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_old_page_in_any_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(
        '<script type="application/ld+json">{"name": "Año de mareas"}</script>'.encode(encoding)
    )

    reading.take_file(tmp_path / "page.html", by=None, at=AT)

    assert Resource.objects.get().title == "Año de mareas"
