"""A new edition: shown before it is taken, updated by id, and nothing that evidence hangs on is ever lost."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.exchange.case import fitting, reading, wire
from headway.exchange.case.writing import V1P0, V1P1, Writer
from headway.exchange.shared.import_report import FileRefused
from headway.records.audit.models import Event
from headway.records.evidence.models import Evidence
from headway.records.standards import actions, queries
from headway.records.standards.models import Competency, CompetencyLink, Framework, ICan, IncomingFramework
from tests.exchange.test_case import association, item, package
from tests.exchange.test_case_endpoints import SCHEMA, in_order, passes_the_schema
from tests.people import People

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
OLD = package(
    [item("a", humanCodingScheme="A", notes="old"), item("b", "Subtract."), item("c", "Multiply.")],
    [
        association("1", "isChildOf", "b", "a", sequenceNumber=1),
        association("2", "isChildOf", "c", "a", sequenceNumber=2),
        association("3", "precedes", "b", "c"),
    ],
)
NEW = package(
    [item("d", "Divide."), item("a", "Add.", humanCodingScheme="A.1", notes="new"), item("c", "Multiply.")],
    [association("2", "isChildOf", "c", "doc", sequenceNumber=2), association("4", "precedes", "c", "d")],
)


def opened(value: dict[str, Any]) -> reading.Opened:
    return reading.open_content(json.dumps(value).encode(), name="edition.json")


def take(value: dict[str, Any]) -> Any:
    return reading.take([opened(value)], by=None, at=AT)[0]


def sent(framework: Framework, version: str = V1P0) -> dict[str, Any]:
    return Writer(Framework.objects.get(pk=framework.pk), service="http://x/ims/case", version=version).package()


# --- shown before it is taken ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_a_new_edition_changes_is_shown_and_nothing_taken() -> None:
    take(OLD)
    changes = reading.preview(opened(NEW)).as_json()

    assert [row["source_id"] for row in changes["made"]] == ["d"]
    assert [row["source_id"] for row in changes["withdrawn"]] == ["b"]
    assert changes["changed"][0]["fields"] == [
        {"field": "code", "before": "A", "after": "A.1"},
        {"field": "statement", "before": "Add fractions.", "after": "Add."},
        {"field": "is_assessable", "before": "False", "after": "True"},
        {"field": "notes", "before": "old", "after": "new"},
    ]
    assert changes["moved"][0]["fields"] == [{"field": "parent", "before": "A", "after": "A framework"}]
    assert {name: changes["counts"][name] for name in ("links_made", "links_changed", "links_withdrawn")} == {
        "links_made": 1,
        "links_changed": 1,
        "links_withdrawn": 2,
    }
    assert Competency.objects.count() == 3


@pytest.mark.django_db
def test_the_edition_that_is_here_changes_nothing() -> None:
    assert reading.preview(opened(OLD)).is_new
    take(OLD)
    assert reading.preview(opened(OLD)).is_empty
    take(NEW)
    assert reading.preview(opened(NEW)).is_empty
    assert take(NEW).changed_nothing


@pytest.mark.django_db
def test_a_new_row_at_the_top_changes_no_other() -> None:
    take(OLD)
    longer = {**OLD, "CFItems": [item("0", "Count."), *OLD["CFItems"]]}
    assert reading.preview(opened(longer)).changed == ()
    report = take(longer)
    assert (report.taken["framework"].made, report.taken["framework"].changed) == (1, 0)
    assert in_order(sent(Framework.objects.get())) == in_order(longer)


# --- taken ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_a_new_edition_leaves_out_is_withdrawn_and_comes_back() -> None:
    take(OLD)
    before = {row.source_id: row.pk for row in Competency.objects.all()}
    take(NEW)

    assert set(Competency.objects.filter(is_withdrawn=True).values_list("source_id", flat=True)) == {"b"}
    assert set(CompetencyLink.objects.filter(is_withdrawn=True).values_list("source_id", flat=True)) == {"1", "3"}
    assert in_order(sent(Framework.objects.get())) == in_order(NEW)

    assert [row.source_id for row in reading.preview(opened(OLD)).came_back] == ["b"]
    take(OLD)
    assert {row.source_id: row.pk for row in Competency.objects.exclude(source_id="d")} == before
    assert not Competency.objects.exclude(source_id="d").filter(is_withdrawn=True).exists()
    assert in_order(sent(Framework.objects.get())) == in_order(OLD)


@pytest.mark.django_db
def test_evidence_and_class_paths_stay_with_what_is_withdrawn(people: People) -> None:
    take(OLD)
    withdrawn = Competency.objects.get(source_id="b")
    own = people.competencies["7.1"]
    Evidence.objects.filter(competency=own).update(competency=withdrawn)
    count = Evidence.objects.filter(competency=withdrawn).count()
    actions.set_path(school_class=people.school_class, competencies=[withdrawn], by=people.ada, at=people.now)

    take(NEW)

    assert count > 0
    assert Evidence.objects.filter(competency=withdrawn).count() == count
    assert queries.path_of(people.school_class) == [withdrawn]


@pytest.mark.django_db
def test_what_is_withdrawn_is_not_offered_any_more() -> None:
    value = {**OLD, "CFItems": [*OLD["CFItems"], item("e", humanCodingScheme="E")]}
    take(value)
    framework = Framework.objects.get()
    take(OLD)

    assert [row.source_id for row in queries.competencies_of(framework)] == ["a", "b", "c"]
    assert queries.competencies_by_code(["E"]) == {}
    take(NEW)
    pairs = queries.prerequisite_pairs(Competency.objects.values_list("pk", flat=True))
    assert pairs == list(CompetencyLink.objects.filter(source_id="4").values_list("origin_id", "target_id"))


@pytest.mark.django_db
def test_a_sentence_that_a_person_wrote_stays_and_one_that_was_made_follows_the_statement() -> None:
    take(package([item("a", "Add."), item("a1", "Add wholes."), item("b", "Take away wholes.")], []))
    own = ICan.objects.get(competency__source_id="a1")
    own.words = "I can put whole numbers together."
    own.save()
    take(package([item("a", "Add."), item("a1", "Add many wholes."), item("b", "Subtract many wholes.")], []))
    words = {row.competency.source_id: row.words for row in ICan.objects.select_related("competency")}
    assert words == {"a1": "I can put whole numbers together.", "b": "I can subtract many wholes."}


@pytest.mark.django_db
def test_what_people_drew_stays_when_an_edition_leaves_its_ends_out(people: People) -> None:
    take(OLD)
    ends = {row.source_id: row for row in Competency.objects.filter(framework__source="case")}
    CompetencyLink.objects.create(
        kind="related",
        source="person",
        school=people.school,
        origin=ends["a"],
        target=ends["b"],
        framework=ends["a"].framework,
    )
    take(NEW)
    assert CompetencyLink.objects.filter(source="person", is_withdrawn=False).count() == 1


# --- laid aside, taken, put aside ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_edition_waits_until_a_leader_takes_it(people: People) -> None:
    take(OLD)
    incoming = reading.bring(opened(NEW), school=people.school, by=people.grace, at=people.now)
    assert Competency.objects.filter(source_id="d").count() == 0

    framework, taken = reading.take_incoming(incoming, by=people.grace, at=people.now)

    assert in_order(sent(framework)) == in_order(NEW)
    assert taken.made == 2
    assert not IncomingFramework.objects.exists()
    verbs = list(Event.objects.filter(verb__startswith="framework.").order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["framework.brought", "framework.taken", "framework.incoming_taken"]


@pytest.mark.django_db
def test_bringing_a_framework_again_replaces_what_waited(people: People) -> None:
    for value in (OLD, NEW):
        waiting = reading.bring(opened(value), school=people.school, by=people.grace, at=people.now)
    assert IncomingFramework.objects.get() == waiting


@pytest.mark.django_db
def test_an_edition_nobody_takes_is_forgotten_after_thirty_days(people: People) -> None:
    reading.bring(opened(OLD), school=people.school, by=people.grace, at=people.now)
    assert actions.forget_old_incoming(at=people.now + timedelta(days=30)) == 0
    assert actions.forget_old_incoming(at=people.now + timedelta(days=31)) == 1


# --- several at once, and broken ones --------------------------------------------------------------------------------


def as_zip(path: Path, **files: object) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, value in files.items():
            packed.writestr(f"{name}.json", value if isinstance(value, str) else json.dumps(value))
    return path


def named(name: str) -> dict[str, Any]:
    value = package([item(f"{name}1")], [])
    value["CFDocument"]["identifier"] = name
    return value


@pytest.mark.django_db
def test_a_zip_of_packages_comes_in_whole(tmp_path: Path) -> None:
    packages = reading.open_path(as_zip(tmp_path / "all.zip", a=named("a"), b=named("b")))
    reports = reading.take(packages, by=None, at=AT)
    assert [report.taken["framework"].made for report in reports] == [2, 2]


def test_a_zip_with_one_broken_package_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        reading.open_path(as_zip(tmp_path / "all.zip", a=named("a"), b="{"))
    assert refused.value.facts["file"] == "b.json"


def test_a_folder_with_the_same_framework_twice_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(named("a")), encoding="utf-8")
    with pytest.raises(FileRefused, match=r"two\.json and one\.json hold the same framework"):
        reading.open_path(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"no \.json file"):
        reading.open_path(tmp_path)


def broken(**changes: Any) -> dict[str, Any]:
    return {**OLD, **changes}


@pytest.mark.parametrize(
    ("value", "place", "words"),
    [
        ([], "CFDocument", "not a CASE package"),
        (broken(CFDocument=[]), "CFDocument", "not a CASE package"),
        (broken(CFDocument={"title": "x"}), "CFDocument", "“identifier” is missing"),
        (broken(CFDocument={"identifier": "x", "title": " "}), "CFDocument", "“title” is missing"),
        (broken(CFDocument={"identifier": "x", "title": "x", "caseVersion": "2.0"}), "", "CASE 2.0"),
        ({"CFDocument": OLD["CFDocument"]}, "CFItems", "“CFItems” is missing"),
        (broken(CFItems="x"), "CFItems", "not a CASE package"),
        (broken(CFItems=[OLD["CFItems"][0], 3]), "CFItems[1]", "an object with fields"),
        (broken(CFItems=[{"identifier": "x"}]), "CFItems[0]", "“fullStatement” is missing"),
        (broken(CFItems=[{"identifier": 3, "fullStatement": "x"}]), "CFItems[0]", "“identifier” is missing"),
        (broken(CFAssociations=[{"identifier": "x"}]), "CFAssociations[0]", "“associationType” is missing"),
        (
            broken(CFAssociations=[{"identifier": "x", "associationType": "precedes", "originNodeURI": {}}]),
            "CFAssociations[0]",
            "“originNodeURI” names nothing",
        ),
        (broken(CFDefinitions=[1]), "CFDefinitions", "not a CASE package"),
        (broken(CFDefinitions={"CFLicenses": 3}), "CFDefinitions", "“CFLicenses” should be a list"),
        (broken(CFRubrics={"a": 1}), "CFRubrics", "not a CASE package"),
        (broken(CFItems=[item("x", odd=float("nan"))]), "CFItems[0]", "NaN"),
        (broken(CFItems=[item("x"), item("y", "half \ud83d")]), "CFItems[1]", "half a character"),
        (broken(CFDocument=OLD["CFDocument"] | {"notes": "zero \x00"}), "CFDocument", "character zero"),
    ],
)
def test_a_malformed_package_is_one_sentence_with_its_place(value: Any, place: str, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        opened(value)
    assert refused.value.place == place
    assert words in str(refused.value)


def test_json_that_nests_without_end_is_told() -> None:
    with pytest.raises(FileRefused, match="too deeply"):
        reading.open_content(b'{"a":' * 100_000, name="deep.json")


@pytest.mark.django_db
def test_very_long_identifiers_stay_two() -> None:
    value = package([item("x" * 300 + "1"), item("x" * 300 + "2")], [])
    take(value)
    assert in_order(sent(Framework.objects.get())) == in_order(value)
    assert take(value).changed_nothing


# --- any package ------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=12)
NAME = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=8).filter(
    lambda text: bool(text.strip())
)
JSON = st.recursive(
    # PostgreSQL writes numbers of 1e16 and more without an exponent: the same number, but no float any more when it is read.
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
KNOWN = (
    "title description hierarchyCode CFRubricCriteria sequenceNumber caseVersion creator licenseText typeCode uri lastChangeDateTime humanCodingScheme listEnumeration abbreviatedStatement conceptKeywords notes language "
    "educationLevel CFItemType CFItemTypeURI licenseURI statusStartDate subject extensions CFDocumentURI"
)
MORE = st.dictionaries(st.sampled_from(KNOWN.split()) | TEXT, JSON, max_size=4)
IDS = st.sampled_from(["a", "b", "c", "d", "e", "00000001-0000-4000-8000-000000000000"])
KINDS = st.sampled_from(sorted(fitting.ASSOCIATION_TYPES)) | NAME
END = st.builds(lambda name: {"identifier": name, "title": name, "uri": f"urn:{name}"}, IDS | NAME) | NAME


@st.composite
def packages(draw: st.DrawFn) -> dict[str, Any]:
    items = draw(
        st.lists(
            st.builds(
                lambda more, name, text: {**more, "identifier": name, "fullStatement": text}, MORE, IDS | NAME, NAME
            ),
            max_size=5,
        )
    )
    links = draw(
        st.lists(
            st.builds(
                lambda more, name, kind, origin, target: {
                    **more,
                    "identifier": name,
                    "associationType": kind,
                    "originNodeURI": origin,
                    "destinationNodeURI": target,
                },
                MORE,
                NAME,
                KINDS,
                END,
                END,
            ),
            max_size=6,
        )
    )
    # A version that is none is refused, with its sentence: tried above.
    document = {name: value for name, value in draw(MORE).items() if name != "caseVersion"}
    document |= {"identifier": draw(NAME), "title": draw(NAME)}
    made = draw(st.dictionaries(TEXT.filter(lambda name: name not in wire.PACKAGE_FIELDS), JSON, max_size=2))
    made |= {"CFDocument": document, "CFItems": items}
    if draw(st.booleans()):
        made["CFAssociations"] = links
    rows = st.lists(st.builds(lambda more, name: {**more, "identifier": name, "title": name}, MORE, NAME), max_size=2)
    if draw(st.booleans()):
        made["CFDefinitions"] = draw(
            st.none() | st.dictionaries(st.sampled_from(wire.DEFINITIONS), rows | st.none(), max_size=5)
        )
    if draw(st.booleans()):
        made["CFRubrics"] = draw(rows | st.none())
    return made


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(packages(), packages())
def test_any_package_survives_the_way_through_the_database(first: dict[str, Any], second: dict[str, Any]) -> None:
    Framework.objects.all().delete()
    for value in (first, second, first):
        value["CFDocument"]["identifier"] = "the one"
        take(value)
        framework = Framework.objects.get()
        assert in_order(sent(framework)) == in_order(json.loads(json.dumps(value)))
        assert reading.preview(opened(value)).is_empty
        assert take(value).changed_nothing
        fitted = sent(framework, V1P1)
        assert len(fitted["CFItems"]) == len(value["CFItems"])


@settings(max_examples=150, deadline=None)
@given(packages())
def test_fitting_to_1_1_twice_is_fitting_once(value: dict[str, Any]) -> None:
    place = fitting.Place(address="http://x/ims/case/v1p1")
    once = fitting.fit_package(value, place)
    assert fitting.fit_package(once, place) == once


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("precedes", "precedes"),
        ("ext:mine", "ext:mine"),
        ("ext:my-own", "ext:my-own"),
        ("is child of", "ext:is_child_of"),
        ("ext:-", "ext:other"),
        ("–", "ext:other"),
    ],
)
def test_a_kind_of_association_that_1_1_does_not_name_becomes_an_extension_of_it(word: str, expected: str) -> None:
    row = {"associationType": word}
    assert fitting.fit("CFAssociation", row, fitting.Place(address="x"))["associationType"] == expected


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the official schema is not here")
@settings(max_examples=200, deadline=None)
@given(packages())
def test_any_package_passes_the_official_schema_of_1_1(value: dict[str, Any]) -> None:
    place = fitting.Place(address="http://x/ims/case/v1p1")
    assert passes_the_schema(fitting.fit_package(value, place))
