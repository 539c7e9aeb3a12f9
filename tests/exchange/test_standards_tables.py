"""Frameworks from networks, tables and lists of links: every real file comes in, or is refused with one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headway.core.standards.codes import code_forms
from headway.exchange.asn import reading as asn
from headway.exchange.asn import wire as asn_wire
from headway.exchange.coherence_map import reading as edges
from headway.exchange.coherence_map import wire as edges_wire
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.packages import read_text
from headway.exchange.standards_csv import reading as tables
from headway.records.standards.models import CompetencyLink, Framework
from tests.exchange.real_data import DATA

if TYPE_CHECKING:
    from tests.people import People

CONTENT = DATA / "content" / "standards"
CASE = DATA / "interop" / "case" / "dev"
needs_data = pytest.mark.skipif(not CONTENT.is_dir(), reason=f"real data is not here: {DATA}")

# --- what real files hold ---------------------------------------------------------------------------------------------

# How many competencies each file of the network gives.
OF_THE_NETWORK = {
    "CC-Math.json": 692, "DC-math.json": 537, "MD-reading.json": 1501, "PA-science.json": 1309,
    "CC-literacy-0.8.0.json": 1070, "CC-math-0.8.0.json": 747,
    "ccss_math_asn.xml.zst": 703, "ccss_ela_asn.xml.zst": 1084, "ngss_asn.xml.zst": 1009,
    "ccss_math_asn.jsonl.zst": 703, "ccss_ela_asn.jsonl.zst": 1084, "ngss_asn.jsonl.zst": 1009,
    "CC-Math.json.zst": 692, "CC-literacy-0.8.0.json.zst": 1070, "literacy-0.8.0.json.zst": 1070, "CC-math-0.8.0.json.zst": 747,
    "DC-arts.json.zst": 1506, "DC-english.json.zst": 790, "DC-history.json.zst": 1296, "DC-math.json.zst": 537,
    "DC-science.json.zst": 1036, "MD-english.json.zst": 73, "MD-highschool-learning.json.zst": 34, "MD-history.json.zst": 1210,
    "MD-math.json.zst": 1269, "MD-reading.json.zst": 1501, "MD-science-3-8.json.zst": 541,
    "MD-science-core-learning.json.zst": 159, "MD-science.json.zst": 808, "PA-arts.json.zst": 98, "PA-civics.json.zst": 149,
    "PA-economics.json.zst": 153, "PA-english.json.zst": 481, "PA-geography.json.zst": 49, "PA-history.json.zst": 69,
    "PA-math.json.zst": 290, "PA-science.json.zst": 1309,
}  # fmt: skip
# How many frameworks and competencies each table gives, and how many rows are left out.
TABLES = {
    "test_items.csv": (1, 99, 0), "ccsso_ela_item.csv": (1, 1189, 0), "children.csv": (1, 4, 0), "sequenceNumber.csv": (1, 2, 0),
    "abbreviatedStatement.csv": (1, 1, 0), "abbreviatedStatementLimit.csv": (1, 1, 0),
    "opensalt_ccsso_ela_item.csv.zst": (1, 1189, 0), "teks_from_edfi_sample.jsonl.zst": (1, 5597, 0),
    "england_national_curriculum_2014.jsonl.zst": (1, 2598, 0), "flattened.jsonl.zst": (20, 13947, 0),
    "bootstrap_standards_dictionaries.jsonl.zst": (21, 2084, 1), "allenai_achieve_the_core_standards.jsonl.zst": (1, 737, 0),
    "ccss_ela_from_atc.jsonl.zst": (1, 985, 0), "ccss_math_coherence_standards.jsonl.zst": (1, 480, 0),
    "LearningComponent.csv.zst": (1, 2519, 0),
}  # fmt: skip
# How many links each list of links holds.
LINKS = {
    "ccss_math_coherence_edges.jsonl.zst": 898, "coherence-map-edges.json": 559, "ngss_to_ccss.jsonl.zst": 931,
    "khan_exercise_prerequisites.jsonl.zst": 1323, "ccss_math_asn_relations.jsonl.zst": 1326,
    "ccss_ela_asn_relations.jsonl.zst": 2040, "ngss_asn_relations.jsonl.zst": 1874,
}  # fmt: skip


def _file(name: str) -> Path:
    return next(path for root in (CASE, CONTENT) for path in sorted(root.rglob(name)))


def _every_file() -> list[Path]:
    folders = [
        CASE / each for each in ("asn", "ccss-guids", "coherence-map", "opensalt-tests", "smarter-balanced-case10")
    ]
    folders += [
        CONTENT / each for each in ("asn_states_2012", "ccss", "ngss", "crosswalks", "prerequisites", "teks_edfi")
    ]
    folders += [CONTENT / "csp", CONTENT / "czi_knowledge_graph"]
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()] + [
        path for path in sorted(CONTENT.iterdir()) if path.is_file()
    ]


@needs_data
@pytest.mark.parametrize("name", OF_THE_NETWORK)
def test_a_framework_of_the_network_is_read_whole(name: str) -> None:
    reading = asn.read_framework(_file(name))
    rows = reading.framework.competencies
    assert len(rows) == OF_THE_NETWORK[name]
    assert len({row.source_id for row in rows}) == len(rows)
    assert sum(row.is_assessable for row in rows) > len(rows) / 2
    assert {row.parent for row in rows} - {""} <= {row.source_id for row in rows}
    seen: set[str] = {""}
    for row in rows:
        assert row.parent in seen, "a parent stands before its children"
        seen.add(row.source_id)


@needs_data
@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_standards_is_read_whole(name: str) -> None:
    reading = tables.read_table(_file(name))
    rows = [row for framework in reading.frameworks for row in framework.competencies]
    assert (len(reading.frameworks), len(rows), len(reading.refused)) == TABLES[name]


@needs_data
@pytest.mark.parametrize("name", LINKS)
def test_a_list_of_links_is_read_whole(name: str) -> None:
    reading = edges.read_links(_file(name))
    assert (len(reading.edges), reading.refused) == (LINKS[name], ())


@needs_data
def test_every_other_file_is_refused_with_a_sentence_whichever_way_it_is_tried() -> None:
    known = {*OF_THE_NETWORK, *TABLES, *LINKS}
    sentences = {}
    for path in _every_file():
        for read in (asn.read_framework, tables.read_table, edges.read_links):
            if path.name in known:
                continue
            try:
                read(path)
            except FileRefused as refusal:
                sentences[path.name, read.__module__] = str(refusal)
    assert len(sentences) > 60
    assert [words for words in sentences.values() if "{" in words or not words.endswith((".", "…"))] == []


@needs_data
def test_a_real_framework_comes_in_and_the_same_file_again_changes_nothing(people: People) -> None:
    path = CASE / "asn" / "CC-Math.json"
    first = asn.take_file(path, by=None, at=people.now)
    again = asn.take_file(path, by=None, at=people.now)
    framework = Framework.objects.get(source="asn", source_id="D10003FB")
    assert (framework.title, framework.subject) == ("Common Core State Standards for Mathematics", "Math")
    assert first.facts["competencies"] == framework.competencies.count() == 692
    assert again.changed_nothing
    standard = framework.competencies.get(code="3.NF.3.a")
    assert (standard.grade_low, standard.grade_high, standard.is_assessable) == (3, 3, True)
    assert standard.parent is not None
    assert standard.parent.code == "3.NF.3"


@needs_data
def test_the_coherence_map_links_standards_spelled_otherwise(people: People) -> None:
    asn.take_file(CONTENT / "ccss" / "ccss_math_asn.jsonl.zst", by=None, at=people.now)
    path = CONTENT / "prerequisites" / "ccss_math_coherence_edges.jsonl.zst"
    report = edges.take_file(path, by=None, at=people.now)
    again = edges.take_file(path, by=None, at=people.now)
    assert (report.facts["links"], report.facts["unknown_standards"]) == (898, 0)
    assert again.changed_nothing
    # What the file says about codes without a cluster letter holds for the full ones.
    link = CompetencyLink.objects.get(
        kind="prerequisite", origin__code="CCSS.Math.Content.1.G.A.2", target__code="CCSS.Math.Content.3.MD.C.5"
    )
    assert link.framework.source == "edges"


# Which share of the codes of one file finds its standard in another file, whatever the spelling.
SHARES = [
    ("ccss_math_coherence_standards.jsonl.zst", "code", 1.0),
    ("allenai_achieve_the_core_standards.jsonl.zst", "id", 1.0),
    ("ccss_ela_from_atc.jsonl.zst", "code", 0.97),
    ("ngss_to_ccss.jsonl.zst", "ccss_code", 0.95),
    ("ccss_math_coherence_edges.jsonl.zst", "to_code", 1.0),
]


@needs_data
@pytest.mark.parametrize(("name", "column", "least"), SHARES)
def test_codes_of_one_publisher_find_the_standards_of_another(name: str, column: str, least: float) -> None:
    known = set()
    for file in ("ccss_math_asn.xml.zst", "ccss_ela_asn.xml.zst"):
        rows = asn.read_framework(_file(file)).framework.competencies
        known |= {form for row in rows if row.code for form in code_forms(row.code)}
    lines = [json.loads(line) for line in read_text(_file(name)).splitlines() if line.strip()]
    codes = {line[column] for line in lines if "tandard" in line.get("level", "Standard")}
    assert sum(bool(set(code_forms(code)) & known) for code in codes) / len(codes) >= least


# --- the network ------------------------------------------------------------------------------------------------------

RDF = {
    "http://asn.example/resources/D1": {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": [
            {"value": "http://purl.org/ASN/schema/core/StandardDocument"}
        ],
        "http://purl.org/dc/elements/1.1/title": [{"value": "Our arts"}],
        "http://purl.org/dc/terms/subject": [{"value": "http://purl.org/ASN/scheme/ASNTopic/theArts"}],
        "http://purl.org/gem/qualifiers/hasChild": [{"value": "http://asn.example/resources/S1"}],
    },
    "http://asn.example/resources/S2": {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": [{"value": "http://purl.org/ASN/schema/core/Statement"}],
        "http://purl.org/dc/terms/description": [{"value": "Draw &lt;b&gt;a boat&lt;/b&gt;."}],
        "http://purl.org/ASN/schema/core/statementNotation": [{"value": "3.1.1"}],
        "http://purl.org/dc/terms/educationLevel": [{"value": "http://purl.org/ASN/scheme/ASNEducationLevel/3"}],
        "http://www.w3.org/2004/02/skos/core#exactMatch": [{"value": "urn:guid:ABC"}],
        "http://purl.org/gem/qualifiers/isChildOf": [{"value": "http://asn.example/resources/S9"}],
    },
    "http://asn.example/resources/S1": {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": [{"value": "http://purl.org/ASN/schema/core/Statement"}],
        "http://purl.org/dc/terms/description": [{"value": "Drawing"}],
        "http://purl.org/gem/qualifiers/hasChild": [
            {"value": "http://asn.example/resources/S2"},
            {"value": "http://asn.example/resources/S7"},
        ],
    },
}


def test_parents_are_known_through_has_child_alone() -> None:
    reading = asn_wire.to_framework(asn_wire.parse(RDF), name="arts")
    heading, standard = reading.framework.competencies
    assert (reading.framework.source_id, reading.framework.title, reading.framework.subject) == (
        "D1",
        "Our arts",
        "The arts",
    )
    assert (heading.source_id, heading.is_assessable, heading.short) == ("S1", False, "Drawing")
    assert (standard.source_id, standard.parent, standard.statement) == ("S2", "S1", "Draw a boat.")
    assert reading.told == ((asn_wire.UNKNOWN_CHILD, "S1 → S7"),)
    assert [(link.kind, link.origin, link.target_uri) for link in reading.framework.links] == [
        ("exact-match", "S2", "urn:guid:ABC")
    ]


def test_a_circle_of_headings_is_opened() -> None:
    graph = asn_wire.Graph(
        nodes={
            "S1": {"description": ["One"], "hasChild": ["S2"]},
            "S2": {"description": ["Two"], "hasChild": ["S1"]},
        }
    )
    rows = asn_wire.to_framework(graph, name="x").framework.competencies
    assert [(row.source_id, row.parent) for row in rows] == [("S1", ""), ("S2", "S1")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("<rdf><a></rdf>", "Line 1: this is not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ("code,statement\n1,Draw", "nothing in it is a statement"),
        ('{"a": {"b": "c"}}', "nothing in it is a statement"),
        ('{"a": ', "this is not JSON"),
        ("[1, 2]", "nothing in it is a statement"),
        ("   ", "The file is empty"),
        ("[" * 5000, "nests its parts too deeply"),
    ],
)
def test_a_file_that_is_not_of_the_network_is_refused_with_a_sentence(
    tmp_path: Path, content: str, sentence: str
) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(FileRefused, match=sentence):
        asn.read_framework(tmp_path / "x.json")


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(tmp_path: Path, content: str, name: str = "ours.csv") -> Path:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path / name


def test_a_plain_table_comes_in_and_the_second_time_nothing_changes(people: People, tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "Code,Statement,Parent,Grade,Kind,Colour\nD1,Drawing,,,Strand,\nD1.1,Draw a boat,D1,3-5,,blue\nD1.2,Draw a map,D1,K,,\n",
    )
    first = tables.take_file(path, by=people.grace, at=people.now, title="Our drawing", school=people.school)
    again = tables.take_file(path, by=people.grace, at=people.now, title="Our drawing", school=people.school)
    framework = Framework.objects.get(source="table")
    strand, boat, harbor_map = framework.competencies.order_by("order")
    assert (framework.title, framework.school, first.taken["framework"].made) == ("Our drawing", people.school, 4)
    assert again.changed_nothing
    assert (strand.is_assessable, boat.parent, boat.grade_low, boat.grade_high) == (False, strand, 3, 5)
    assert (harbor_map.grade_low, boat.extra) == (0, {"table": {"Colour": "blue"}})


def test_rows_with_a_fault_are_told_with_their_line_and_the_others_come_in(tmp_path: Path) -> None:
    path = _table(tmp_path, "code;statement\nA;Draw\nB;\nA;Paint\nC;Sing;too;many\nD;Dance\n")
    reading = tables.read_table(path)
    assert [row.code for row in reading.frameworks[0].competencies] == ["A", "D"]
    assert sorted(place for _sentence, place in reading.refused) == ["line 3", "line 4", "line 5"]


def test_an_outline_number_gives_the_parent_and_the_order(tmp_path: Path) -> None:
    path = _table(tmp_path, "identifier,fullStatement,smartLevel\nc,Third,1.10\nb,Second,1.2\na,First,1\n")
    rows = tables.read_table(path).frameworks[0].competencies
    assert [(row.source_id, row.parent) for row in rows] == [("a", ""), ("b", "a"), ("c", "a")]


def test_parents_are_read_from_codes_where_no_column_names_them(tmp_path: Path) -> None:
    path = _table(tmp_path, "code,statement\n110.13.1.A,Read signs\n110.13.1,Print\n")
    reading = tables.read_table(path)
    assert [(row.code, row.parent) for row in reading.frameworks[0].competencies] == [
        ("110.13.1", ""),
        ("110.13.1.A", "110.13.1"),
    ]
    assert len(reading.told) == 1


def test_a_column_makes_a_framework_of_each_of_its_values(tmp_path: Path) -> None:
    lines = [{"id": "A.1", "statement": "Draw", "subject": "Art"}, {"id": "B.1", "statement": "Add", "subject": "Math"}]
    path = _table(tmp_path, "\n".join(json.dumps(line) for line in lines), "state.jsonl")
    reading = tables.read_table(path, framework_column="Subject")
    assert [(each.source_id, each.title) for each in reading.frameworks] == [
        ("state/Art", "Art"),
        ("state/Math", "Math"),
    ]


def test_a_prerequisite_in_a_circle_is_kept_as_related(tmp_path: Path) -> None:
    path = _table(tmp_path, "code,statement,precedes\nA,Draw,B\nB,Paint,A\nC,Print,A\n")
    reading = tables.read_table(path)
    kinds = sorted(link.kind for link in reading.frameworks[0].links)
    assert kinds == ["prerequisite", "prerequisite", "related"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Role,Username\neditor,ada\n", "No column holds the words"),
        ("code,statement\n", "no rows under it"),
        ('{\n"CFDocument": {}\n}', "headway import case"),
        ('{"id": "a", "statement": "b"}\n[1]', "Line 2: each line should be a JSON object"),
        ("code,statement\nA,\n", "There are no words"),
        ("<a/>", "not a table"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        tables.take_file(_table(tmp_path, content), by=None, at=None)  # type: ignore[arg-type]


def test_a_row_that_a_newer_table_leaves_out_is_withdrawn_unless_rows_had_faults(
    people: People, tmp_path: Path
) -> None:
    tables.take_file(_table(tmp_path, "code,statement\nA,Draw\nB,Paint\n"), by=None, at=people.now)
    tables.take_file(_table(tmp_path, "code,statement\nA,Draw\nB,\n"), by=None, at=people.now)
    painting = Framework.objects.get(source="table").competencies.get(code="B")
    assert not painting.is_withdrawn
    tables.take_file(_table(tmp_path, "code,statement\nA,Draw\n"), by=None, at=people.now)
    painting.refresh_from_db()
    assert painting.is_withdrawn


def test_tables_of_two_schools_with_one_name_are_two_frameworks(people: People, tmp_path: Path) -> None:
    path = _table(tmp_path, "code,statement\nA,Draw\n")
    for school in (people.school, people.other_school, None):
        tables.take_file(path, by=None, at=people.now, school=school)
    assert set(Framework.objects.filter(source="table").values_list("school", "title")) == {
        (people.school.pk, "ours"),
        (people.other_school.pk, "ours"),
        (None, "ours"),
    }


# --- links ------------------------------------------------------------------------------------------------------------


def _links(tmp_path: Path, *rows: tuple[str, str, str]) -> Path:
    content = "\n".join(json.dumps({"from": before, "to": after, "kind": kind}) for before, after, kind in rows)
    return _table(tmp_path, content, "links.jsonl")


def test_links_find_their_ends_and_unknown_ones_are_noted_by_name(people: People, tmp_path: Path) -> None:
    path = _links(tmp_path, ("7.1", "7.6", "prerequisite"), ("7.1", "9.99", "related"), ("7.3", "7.6", "crosswalk"))
    report = edges.take_file(path, by=None, at=people.now)
    assert report.facts["links"] == 2
    assert [(told.sentence, told.places) for told in report.notes] == [(edges.UNKNOWN_STANDARD, ("9.99",))]
    assert edges.take_file(path, by=None, at=people.now).changed_nothing


def test_a_link_that_would_close_a_circle_is_named_and_kept_as_related(people: People, tmp_path: Path) -> None:
    here = CompetencyLink.objects.filter(kind="prerequisite").first()
    assert here is not None
    assert here.origin is not None
    assert here.target is not None
    path = _links(tmp_path, (here.target.code, here.origin.code, "prerequisite"))
    report = edges.take_file(path, by=None, at=people.now)
    assert report.facts["circles"] == 1
    assert report.notes[0].places == (f"{here.target.code} → {here.origin.code}",)
    assert CompetencyLink.objects.get(framework__source="edges").kind == "related"


def test_a_list_about_standards_that_are_not_here_is_refused(people: People, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"Import their frameworks first: X\.1, X\.2"):
        edges.take_file(_links(tmp_path, ("X.1", "X.2", "related")), by=None, at=people.now)
    assert not Framework.objects.filter(source="edges").exists()


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("0.G.1,2", [("0.G.1", ""), ("0.G.2", "")]),
        ("0.OA;1.OA", [("0.OA", ""), ("1.OA", "")]),
        ("1.OA.6||to 15, no fluency", [("1.OA.6", "to 15, no fluency")]),
        ("urn:guid:AB,C", [("urn:guid:AB,C", "")]),
    ],
)
def test_an_end_may_name_several_standards_or_a_part_of_one(name: str, ends: list[tuple[str, str]]) -> None:
    assert list(edges_wire.ends_of(name)) == ends


def test_a_row_with_a_fault_is_told_with_its_line() -> None:
    reading = edges_wire.parse(
        [(1, {"from": "A", "to": "B", "kind": "likes"}), (2, {"from": "A", "to": "", "kind": "related"})]
    )
    assert reading.refused == ((edges_wire.UNKNOWN_KIND, "line 1"), (edges_wire.NO_END, "line 2"))
