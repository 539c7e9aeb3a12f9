"""CASE over HTTP: what came in goes out, 1.1 passes its official schema, and whatever cannot be answered says why."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.test import Client

from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.exchange.case import reading
from headway.records.standards import actions
from headway.records.standards.models import Competency, CompetencyLink, Framework
from tests.exchange.real_data import CASE
from tests.exchange.test_case import association, item, package

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SCHEMA = CASE.parent / "schemas" / "official-case-v1p1-cfpackage.json"
REAL = sorted(
    path
    for path in CASE.rglob("*.json")
    if path.is_file()
    and "CFDocument" in path.read_text(encoding="utf-8")[:200_000]
    and path.parent != CASE / "openCASE-docs"
)
V0, V1 = "/ims/case/v1p0", "/ims/case/v1p1"


def in_order(value: Any) -> Any:
    """The same value with sorted keys and sorted arrays."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((in_order(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def take(tmp_path: Path, value: dict[str, Any], name: str = "package") -> dict[str, Any]:
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    reading.take_file(path, by=None, at=AT)
    return value


def get(client: Client, address: str, status: int = 200, **headers: str) -> Any:
    response = client.get(address, headers=headers or None)
    assert response.status_code == status, response.content[:400]
    return response.json() if response.content else None


@cache
def official() -> jsonschema.Draft201909Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft201909Validator(schema, format_checker=jsonschema.FormatChecker())


def passes_the_schema(value: Any) -> bool:
    problems = [
        f"{'/'.join(map(str, problem.absolute_path))}: {problem.message}" for problem in official().iter_errors(value)
    ]
    assert problems[:5] == []
    return True


@pytest.mark.skipif(not REAL, reason="the CASE packages are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_real_package_goes_out_as_it_came_and_passes_1_1(path: Path, client: Client) -> None:
    source = json.loads(path.read_text(encoding="utf-8"))
    reading.take_file(path, by=None, at=AT)
    identifier = source["CFDocument"]["identifier"]

    assert in_order(get(client, f"{V0}/CFPackages/{identifier}")) == in_order(source)
    newer = get(client, f"{V1}/CFPackages/{identifier}")
    assert passes_the_schema(newer)
    assert len(newer["CFItems"]) == len(source["CFItems"])
    assert [row["identifier"] for row in newer["CFAssociations"]] == [
        row["identifier"] for row in source["CFAssociations"]
    ]


RAGGED = {
    "CFDocument": {
        "identifier": "not a uuid",
        "title": "Ragged",
        "publisher": "Us",
        "odd": 1,
        "subject": "Mathematics",
    },
    "CFItems": [
        {
            "identifier": "A/1",
            "fullStatement": "Add.",
            "educationLevel": "03",
            "CFItemTypeURI": {"identifier": "x"},
            "notes": None,
            "listEnumeration": 3,
            "conceptKeywords": "one",
            "statusStartDate": "2020-02-30",
            "lastChangeDateTime": "2019-01-02 03:04:05",
            "odd": {"kept": True},
            "extensions": [{"a": 1}],
        },
        {"identifier": "B", "fullStatement": "Subtract.", "extensions": {"b": 2}},
    ],
    "CFAssociations": [
        {
            "identifier": "1",
            "associationType": "is child of",
            "originNodeURI": "http://x/A",
            "destinationNodeURI": {"uri": "y"},
        },
        {
            "identifier": "2",
            "associationType": "ext:mine",
            "originNodeURI": {"identifier": "A/1", "targetType": "odd one"},
            "destinationNodeURI": {"identifier": "B", "title": 3},
            "sequenceNumber": "4",
        },
    ],
    "CFDefinitions": {
        "CFLicenses": [{"identifier": "l"}],
        "CFItemTypes": [{"identifier": "t", "title": "T"}],
        "CFConcepts": [{"identifier": "c"}],
        "CFSubjects": [{"identifier": "s", "hierarchyCode": 1}],
        "CFAssociationGroupings": [{"identifier": "g"}],
        "odd": [1],
    },
    "CFRubrics": [
        {
            "identifier": "r",
            "CFRubricCriteria": [
                {
                    "identifier": "k",
                    "weight": "0.5",
                    "CFRubricCriterionLevels": [{"identifier": "v", "score": "high", "odd": 2, "position": 1.0}],
                }
            ],
        }
    ],
    "odd": {"kept": 1},
}


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the official schema is not here")
def test_a_ragged_package_of_early_days_passes_1_1_and_keeps_what_has_no_field(client: Client, tmp_path: Path) -> None:
    source = take(tmp_path, RAGGED)

    newer = get(client, f"{V1}/CFPackages/{quote('not a uuid')}")

    assert in_order(get(client, f"{V0}/CFPackages/{quote('not a uuid')}")) == in_order(source)
    assert passes_the_schema(newer)
    first = newer["CFItems"][0]
    assert first["extensions"] == {"a": 1, "statusStartDate": "2020-02-30", "odd": {"kept": True}}
    assert (first["educationLevel"], first["listEnumeration"]) == (["03"], "3")
    assert newer["extensions"] == {"odd": {"kept": 1}}
    assert newer["CFAssociations"][0]["associationType"] == "ext:is_child_of"


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the official schema is not here")
def test_an_identifier_made_for_1_1_finds_its_record_again(client: Client, tmp_path: Path) -> None:
    take(tmp_path, RAGGED)
    newer = get(client, f"{V1}/CFPackages/{quote('not a uuid')}")

    for plural, key, rows in [
        ("CFDocuments", None, [newer["CFDocument"]]),
        ("CFPackages", None, [newer["CFDocument"]]),
        ("CFItems", None, newer["CFItems"]),
        ("CFAssociations", None, newer["CFAssociations"]),
        ("CFLicenses", None, newer["CFDefinitions"]["CFLicenses"]),
        ("CFRubrics", None, newer["CFRubrics"]),
        ("CFConcepts", "CFConcepts", newer["CFDefinitions"]["CFConcepts"]),
        ("CFSubjects", "CFSubjects", newer["CFDefinitions"]["CFSubjects"]),
        ("CFItemTypes", "CFItemTypes", newer["CFDefinitions"]["CFItemTypes"]),
        ("CFAssociationGroupings", None, newer["CFDefinitions"]["CFAssociationGroupings"]),
    ]:
        for row in rows:
            found = get(client, f"{V1}/{plural}/{row['identifier']}")
            found = found[key][0] if key else found.get("CFDocument", found)
            assert found["identifier"] == row["identifier"], plural


# --- a framework that never was CASE ---------------------------------------------------------------------------------

OWN = FrameworkIn(
    source="csv",
    source_id="our-list",
    title="Our skills",
    creator="Harbor School",
    subject="Craft",
    licence="CC BY 4.0",
    competencies=(
        CompetencyIn(source_id="T", statement="Tools", is_assessable=False, kind="Strand"),
        CompetencyIn(source_id="T.1", statement="Hold a saw.", code="T.1", parent="T", grade_low=0, grade_high=2),
        CompetencyIn(source_id="T.2", statement="Saw a board.", code="T.2", parent="T"),
    ),
    links=(LinkIn(kind="prerequisite", origin="T.1", target="T.2"),),
)


@pytest.fixture
def own(db: None) -> Framework:
    framework, _taken = actions.take_framework(document=OWN, by=None, at=AT)
    return framework


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the official schema is not here")
@pytest.mark.parametrize("version", [V0, V1])
def test_a_framework_from_elsewhere_is_written_in_cases_words(own: Framework, client: Client, version: str) -> None:
    found = get(client, f"{version}/CFPackages/{own.uuid}")

    assert passes_the_schema(found)
    assert [row["fullStatement"] for row in found["CFItems"]] == ["Tools", "Hold a saw.", "Saw a board."]
    assert found["CFItems"][1]["educationLevel"] == ["KG", "01", "02"]
    kinds = [row["associationType"] for row in found["CFAssociations"]]
    assert kinds == ["precedes", "isChildOf", "isChildOf", "isChildOf"]
    assert found["CFAssociations"][1]["destinationNodeURI"]["identifier"] == str(own.uuid)
    assert found["CFDefinitions"]["CFLicenses"][0]["title"] == "CC BY 4.0"


def test_it_comes_in_again_elsewhere_as_it_is_here(own: Framework, client: Client, tmp_path: Path) -> None:
    sent = get(client, f"{V1}/CFPackages/{own.uuid}")
    take(tmp_path, sent)

    there = Framework.objects.get(source="case")
    tree = [(row.statement, row.parent.statement if row.parent else "") for row in there.competencies.order_by("order")]
    assert tree == [("Tools", ""), ("Hold a saw.", "Tools"), ("Saw a board.", "Tools")]
    assert there.links.filter(kind="prerequisite").count() == 1
    assert there.licence == "CC BY 4.0"


def test_every_record_it_names_can_be_asked_for(own: Framework, client: Client) -> None:
    found = get(client, f"{V1}/CFPackages/{own.uuid}")
    rows = [found["CFDocument"], *found["CFItems"], *found["CFAssociations"], *found["CFDefinitions"]["CFLicenses"]]
    for row in rows:
        assert row["uri"].startswith("http://testserver/ims/case/v1p1/")
        assert get(client, row["uri"])["identifier"] == row["identifier"]
    assert get(client, get(client, found["CFDocument"]["uri"])["CFPackageURI"]["uri"]) == found


# --- single records --------------------------------------------------------------------------------------------------


def sample(tmp_path: Path) -> dict[str, Any]:
    names = {
        name: f"{number:08}-0000-4000-8000-000000000000"
        for number, name in enumerate(["doc", "a", "b", "near", "far", "type", "below", "beside", "grouping", "rubric"])
    }
    source = package(
        [item(names["a"], CFItemType="Standard"), item(names["b"])],
        [
            association(names["near"], "precedes", names["a"], names["b"]),
            association(names["far"], "exactMatchOf", names["a"], "11111111-2222-4333-8444-555555555555"),
        ],
        CFDefinitions={
            "CFItemTypes": [
                {"identifier": names["type"], "title": "Standard", "hierarchyCode": "1"},
                {"identifier": names["below"], "title": "Part", "hierarchyCode": "1.2"},
                {"identifier": names["beside"], "title": "Other", "hierarchyCode": "12"},
            ],
            "CFAssociationGroupings": [{"identifier": names["grouping"], "title": "G"}],
        },
        CFRubrics=[{"identifier": names["rubric"], "title": "R"}],
    )
    source["CFDocument"]["identifier"] = names["doc"]
    take(tmp_path, source)
    return names


def test_an_item_says_which_document_it_belongs_to(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    for version in (V0, V1):
        found = get(client, f"{version}/CFItems/{names['a']}")
        assert (found["identifier"], found["CFDocumentURI"]["identifier"]) == (names["a"], names["doc"])


def test_the_associations_of_an_item_come_from_both_ends(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    ends = {
        end: [row["identifier"] for row in get(client, f"{V1}/CFItemAssociations/{names[end]}")["CFAssociations"]]
        for end in ("a", "b")
    }
    assert ends == {"a": [names["near"], names["far"]], "b": [names["near"]]}


def test_a_definition_comes_with_those_below_it(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    found = get(client, f"{V0}/CFItemTypes/{names['type']}")
    assert [row["title"] for row in found["CFItemTypes"]] == ["Standard", "Part"]


@pytest.mark.parametrize(
    ("plural", "name"), [("CFAssociationGroupings", "grouping"), ("CFRubrics", "rubric"), ("CFAssociations", "far")]
)
def test_single_records_are_given_as_they_are(client: Client, tmp_path: Path, plural: str, name: str) -> None:
    names = sample(tmp_path)
    assert get(client, f"{V1}/{plural}/{names[name]}")["identifier"] == names[name]


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.fixture
def four(client: Client, tmp_path: Path) -> Client:
    for number, title in enumerate(["Ärzte", "beta", "Alpha", "gamma"]):
        value = package([], [])
        value["CFDocument"] = {
            "identifier": f"{number:08}-0000-4000-8000-000000000000",
            "title": title,
            "creator": "Us",
            "version": f"1.{number}",
            "subject": ["Maths", "Art"] if number == 1 else ["Maths"],
        }
        take(tmp_path, value, title)
    return client


def titles(client: Client, query: str) -> list[str]:
    return [row["title"] for row in get(client, f"{V1}/CFDocuments?{query}")["CFDocuments"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=title", ["Alpha", "Ärzte", "beta", "gamma"]),
        ("sort=title&orderBy=desc", ["gamma", "beta", "Ärzte", "Alpha"]),
        ("sort=title&limit=2&offset=1", ["Ärzte", "beta"]),
        ("sort=title&offset=9", []),
        ("filter=title%3D'BETA'", ["beta"]),
        ("filter=title~'a'%20AND%20version>'1.1'&sort=title", ["Alpha", "gamma"]),
        ("filter=title%3D'beta'%20OR%20version<%3D'1.0'&sort=title", ["Ärzte", "beta"]),
        ("filter=subject%3D'Maths,Art'", ["beta"]),
        ("filter=subject~'art'", ["beta"]),
        ("filter=subject!%3D'Maths'", ["beta"]),
        ("filter=CFPackageURI.title%3D'gamma'", ["gamma"]),
    ],
)
def test_the_list_is_paged_sorted_and_filtered(four: Client, query: str, expected: list[str]) -> None:
    assert titles(four, query) == expected


def test_a_page_says_how_many_there_are_and_where_the_others_lie(four: Client) -> None:
    response = four.get(f"{V1}/CFDocuments?limit=2&offset=1&sort=title")
    assert response["X-Total-Count"] == "4"
    links = {part.split("; ")[1]: part.split("; ")[0] for part in response["Link"].split(", ")}
    assert links['rel="next"'] == "<http://testserver/ims/case/v1p1/CFDocuments?sort=title&limit=2&offset=3>"
    assert set(links) == {'rel="first"', 'rel="last"', 'rel="next"', 'rel="prev"'}


def test_only_the_fields_that_are_asked_for_come(four: Client) -> None:
    rows = get(four, f"{V1}/CFDocuments?fields=identifier,title&limit=1")["CFDocuments"]
    assert set(rows[0]) == {"identifier", "title"}


def test_a_field_that_does_not_exist_gives_the_whole_record(four: Client) -> None:
    rows = get(four, f"{V1}/CFDocuments?fields=identifier,nonsense&limit=1")["CFDocuments"]
    assert "creator" in rows[0]


def test_an_unknown_field_to_sort_by_gives_the_usual_order(four: Client) -> None:
    assert titles(four, "sort=nonsense") == titles(four, "")


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("limit=0", "limit", "invalid_selection_field"),
        ("limit=-1", "limit", "invalid_selection_field"),
        ("limit=two", "limit", "invalid_selection_field"),
        ("limit=²", "limit", "invalid_selection_field"),
        ("offset=-1", "offset", "invalid_selection_field"),
        ("orderBy=up", "orderBy", "invalid_sort_field"),
        ("fields=", "fields", "invalid_selection_field"),
        ("fields=title,,creator", "fields", "invalid_selection_field"),
        ("filter=", "filter", "invalid_selection_field"),
        ("filter=title", "filter", "invalid_selection_field"),
        ("filter=nonsense%3D'x'", "filter", "invalid_selection_field"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_code(client: Client, query: str, parameter: str, code: str) -> None:
    found = get(client, f"{V1}/CFDocuments?{query}", status=400)
    assert (found["imsx_codeMajor"], found["imsx_severity"]) == ("failure", "error")
    assert found["imsx_codeMinor"]["imsx_codeMinorField"] == [
        {"imsx_codeMinorFieldName": parameter, "imsx_codeMinorFieldValue": code}
    ]


PLURALS = [
    "CFDocuments",
    "CFPackages",
    "CFItems",
    "CFItemAssociations",
    "CFAssociations",
    "CFConcepts",
    "CFSubjects",
    "CFItemTypes",
    "CFLicenses",
    "CFAssociationGroupings",
    "CFRubrics",
]


@pytest.mark.parametrize("plural", PLURALS)
@pytest.mark.parametrize(
    ("identifier", "code", "words"),
    [
        ("00000000-0000-4000-8000-000000000009", "unknownobject", "Unknown Object"),
        ("x", "invalid_uuid", "Invalid UUID"),
    ],
)
def test_an_unknown_record_is_told_in_the_standards_words(
    client: Client, plural: str, identifier: str, code: str, words: str
) -> None:
    for version in (V0, V1):
        found = get(client, f"{version}/{plural}/{identifier}", status=404)
        assert found["imsx_description"] == words
        assert found["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"] == code


def test_nothing_can_be_changed_through_it(client: Client) -> None:
    response = client.post(f"{V1}/CFDocuments")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_something_broken_is_told_in_json_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.records.standards.queries.open_frameworks_in_short", lambda: 1 / 0)
    found = get(client, f"{V1}/CFDocuments", status=500)
    assert found["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"] == "internal_server_error"


def test_the_service_describes_itself(client: Client) -> None:
    for version, name in (("v1p0", "imscasev1p0_openapi3_v1p0.json"), ("v1p1", "imscasev1p1_openapi3_v1p0.json")):
        found = get(client, f"/ims/case/{version}/discovery/{name}")
        assert found["servers"] == [{"url": f"http://testserver/ims/case/{version}"}]
        assert len(found["paths"]) == 12


# --- who gets what, and how dear it is -------------------------------------------------------------------------------


def test_a_closed_framework_and_all_in_it_are_not_found(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    Framework.objects.update(is_open=False)

    assert get(client, f"{V1}/CFDocuments")["CFDocuments"] == []
    for plural, name in (
        ("CFDocuments", "doc"),
        ("CFPackages", "doc"),
        ("CFItems", "a"),
        ("CFItemAssociations", "a"),
        ("CFAssociations", "near"),
        ("CFItemTypes", "type"),
        ("CFRubrics", "rubric"),
    ):
        get(client, f"{V1}/{plural}/{names[name]}", status=404)


def test_what_a_school_drew_on_a_published_framework_stays_at_home(client: Client, tmp_path: Path, people: Any) -> None:
    names = sample(tmp_path)
    near = CompetencyLink.objects.get(source_id=names["near"])
    CompetencyLink.objects.create(
        kind="related",
        source="person",
        school=people.school,
        origin=near.target,
        target=near.origin,
        framework=near.framework,
    )
    assert len(get(client, f"{V1}/CFPackages/{names['doc']}")["CFAssociations"]) == 2
    assert len(get(client, f"{V1}/CFItemAssociations/{names['a']}")["CFAssociations"]) == 2


def test_withdrawn_competencies_and_links_do_not_go_out(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    Competency.objects.filter(source_id=names["b"]).update(is_withdrawn=True)
    CompetencyLink.objects.filter(source_id=names["near"]).update(is_withdrawn=True)

    found = get(client, f"{V1}/CFPackages/{names['doc']}")
    assert [row["identifier"] for row in found["CFItems"]] == [names["a"]]
    assert [row["identifier"] for row in found["CFAssociations"]] == [names["far"]]
    get(client, f"{V1}/CFItems/{names['b']}", status=404)
    get(client, f"{V1}/CFAssociations/{names['near']}", status=404)


def test_whoever_has_it_already_is_told_so(client: Client, tmp_path: Path) -> None:
    names = sample(tmp_path)
    address = f"{V1}/CFPackages/{names['doc']}"
    tag = client.get(address)["ETag"]
    assert get(client, address, status=304, if_none_match=tag) is None

    Competency.objects.filter(source_id=names["a"]).update(statement="Add fractions and wholes.")
    assert client.get(address, headers={"if-none-match": tag}).status_code == 200


def test_a_package_takes_as_many_queries_with_ten_items_as_with_a_hundred(
    client: Client, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    for count in (10, 100):
        value = package(
            [item(f"i{number}") for number in range(count)],
            [association(f"l{number}", "isPeerOf", "i1", f"i{number}") for number in range(count)],
        )
        value["CFDocument"]["identifier"] = f"{count:08}-0000-4000-8000-000000000000"
        take(tmp_path, value, str(count))
        with django_assert_num_queries(3):
            get(client, f"{V1}/CFPackages/{value['CFDocument']['identifier']}")


def test_the_list_takes_one_query(four: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        get(four, f"{V1}/CFDocuments")


def test_a_package_of_five_thousand_goes_out_within_seconds(client: Client, tmp_path: Path) -> None:
    items = [item(f"{number:08}-0000-4000-8000-000000000000", f"Solve problem {number}.") for number in range(5000)]
    links = [
        association(
            f"{number:08}-0000-4000-9000-000000000000",
            "isChildOf",
            items[number]["identifier"],
            items[number // 10]["identifier"],
        )
        for number in range(1, 5000)
    ]
    take(tmp_path, package(items, links))
    start = time.process_time()

    found = get(client, f"{V1}/CFPackages/doc")

    assert len(found["CFItems"]) == 5000
    assert time.process_time() - start < 5
