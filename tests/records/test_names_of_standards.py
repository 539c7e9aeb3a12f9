"""What others call a standard finds it here: a code in any spelling, an identifier, an address."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.standards import actions, queries
from headway.records.standards.models import Competency

if TYPE_CHECKING:
    from tests.people import People

GUID = "urn:guid:3B25AF48C22D4668A6085998F847B56E"


def _take(people: People, name: str, codes: dict[str, str], **facts: object) -> dict[str, int]:
    document = FrameworkIn(
        source="test",
        source_id=name,
        title=name,
        competencies=tuple(
            CompetencyIn(source_id=source_id, code=code, statement=f"Know {code}.") for source_id, code in codes.items()
        ),
        links=(LinkIn(kind="exact-match", origin="S1", target_uri=GUID, source_id="same"),) if "S1" in codes else (),
    )
    framework, _taken = actions.take_framework(document=document, by=None, at=people.now, **facts)  # type: ignore[arg-type]
    return dict(framework.competencies.values_list("source_id", "pk"))


@pytest.mark.parametrize(
    "name",
    [
        "3.NF.A.3a",
        "3.NF.3.a",
        "CCSS.MATH.CONTENT.3.NF.A.3.A",
        "S1",
        "http://asn.jesandco.org/resources/S1",
        "http://purl.org/ASN/resources/S1",
        "http://corestandards.org/2010/math/content/3/NF/A/3/a",
        GUID,
    ],
)
def test_every_name_of_a_standard_finds_it(people: People, name: str) -> None:
    ids = _take(people, "math", {"S1": "CCSS.Math.Content.3.NF.A.3a", "S2": "CCSS.Math.Content.3.NF.A.3b"})
    assert queries.competency_ids_by_name([name]) == {name: ids["S1"]}


def test_our_own_identifier_finds_it_too(people: People) -> None:
    competency = people.competencies["7.1"]
    assert queries.competency_ids_by_name([str(competency.uuid)]) == {str(competency.uuid): competency.pk}


def test_the_newest_framework_wins(people: People) -> None:
    _take(people, "old edition", {"A": "MS-PS1-1"})
    newer = _take(people, "new edition", {"B": "MS-PS1-1"})
    assert queries.competency_ids_by_name(["ms-ps1-1"]) == {"ms-ps1-1": newer["B"]}


def test_a_withdrawn_one_and_an_unknown_one_are_left_out(people: People) -> None:
    ids = _take(people, "science", {"A": "MS-PS1-1"})
    Competency.objects.filter(pk=ids["A"]).update(is_withdrawn=True)
    assert queries.competency_ids_by_name(["MS-PS1-1", "MS-PS9-9", " ", ""]) == {}


def test_a_school_framework_is_found_by_that_school_alone(people: People) -> None:
    ids = _take(people, "our own", {"A": "HARBOR.1"}, school=people.school)
    assert queries.competency_ids_by_name(["Harbor 1"], school=people.school) == {"Harbor 1": ids["A"]}
    assert queries.competency_ids_by_name(["Harbor 1"], school=people.other_school) == {}
    assert queries.competency_ids_by_name(["Harbor 1"]) == {}


def test_many_names_cost_no_more_queries_than_one(people: People, django_assert_num_queries) -> None:
    _take(people, "big", {f"N{number}": f"9.{number}" for number in range(400)})
    names = [f"9.{number % 400}" for number in range(50_000)] + [f"unknown {number}" for number in range(2_000)]
    began = process_time()
    with django_assert_num_queries(1):
        found = queries.competency_ids_by_name(names)
    assert len(found) == 400
    assert process_time() - began < 3
