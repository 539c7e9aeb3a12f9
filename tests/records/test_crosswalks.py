"""Pairs between frameworks: a person makes them with a reason, or decides what the words suggest, and may undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headway.core.access.roles import Role
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.core.standards.crosswalk import SuggestedPair
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.roster import actions as roster
from headway.records.standards import actions, links, pairing
from headway.records.standards.models import Competency, CompetencyLink, Framework
from headway.records.standards.queries import lending

if TYPE_CHECKING:
    from tests.people import People


@pytest.fixture
def arts(people: People) -> dict[str, Competency]:
    """A framework of the arts beside the one that the class works on."""
    document = FrameworkIn(
        source="arts",
        source_id="arts",
        title="Arts",
        subject="Visual arts",
        competencies=(
            CompetencyIn(source_id="A1", code="VA.1", statement="Draw to scale."),
            CompetencyIn(source_id="A2", code="VA.2", statement="Mix colors in a ratio."),
            CompetencyIn(source_id="A3", code="VA.3", statement="Sing in tune."),
        ),
        links=(LinkIn(kind="exact-match", origin="A3", target="7.6", source_id="same"),),
    )
    framework, _taken = actions.take_framework(document=document, by=None, at=people.now)
    return {row.source_id: row for row in framework.competencies.all()}


def _pair(people: People, arts: dict[str, Competency], **facts: object) -> CompetencyLink:
    given = {
        "origin": people.competencies["7.1"],
        "target": arts["A2"],
        "match": "close",
        "why": "Both compare two amounts.",
        "school": people.school,
        "by": people.ada,
        "at": people.now,
    }
    return pairing.pair(**{**given, **facts})  # type: ignore[arg-type]


def _suggest(people: People, arts: dict[str, Competency]) -> list[CompetencyLink]:
    ends = [("7.1", "A1", 0.9), ("7.2", "A2", 0.6)]
    suggested = [
        SuggestedPair(one=people.competencies[code].pk, other=arts[name].pk, confidence=sure, words=("ratio",))
        for code, name, sure in ends
    ]
    pairing.suggest_pairs(school=people.school, suggested=suggested, by=people.ada, at=people.now)
    return list(CompetencyLink.objects.filter(status="suggested").order_by("pk"))


def _arts_of(arts: dict[str, Competency]) -> Framework:
    return arts["A1"].framework


# --- pairs that people make -------------------------------------------------------------------------------------------


def test_a_pair_says_who_made_it_and_why(people: People, arts: dict[str, Competency]) -> None:
    link = _pair(people, arts)
    assert (link.source, link.status, link.match, link.made_by) == ("person", "accepted", "close", people.ada)
    assert link.why == {"words": "Both compare two amounts."}
    assert (
        lending([people.competencies["7.1"].pk], of_students=[people.ben.pk])
        .get(people.competencies["7.1"].pk, ())
        .count(arts["A2"].pk)
    )


def test_the_same_two_said_again_are_one_pair_whichever_stands_first(
    people: People, arts: dict[str, Competency]
) -> None:
    first = _pair(people, arts)
    again = _pair(people, arts, origin=arts["A2"], target=people.competencies["7.1"], match="exact", why="The same.")
    assert again.pk == first.pk
    assert (again.match, again.why) == ("exact", {"words": "The same."})


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"why": "  "}, "Say in a few words why"),
        ({"why": "x" * 501}, "at most 500"),
        ({"match": "perhaps"}, "how well they match"),
    ],
)
def test_a_pair_without_a_reason_or_a_match_is_refused(
    people: People, arts: dict[str, Competency], facts: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RuleBroken, match=sentence):
        _pair(people, arts, **facts)
    assert not CompetencyLink.objects.filter(source="person").exists()


def test_two_of_one_framework_are_no_pair(people: People, arts: dict[str, Competency]) -> None:
    with pytest.raises(RuleBroken, match="same framework"):
        _pair(people, arts, target=people.competencies["7.2"])


def test_a_withdrawn_one_is_not_paired(people: People, arts: dict[str, Competency]) -> None:
    arts["A2"].is_withdrawn = True
    with pytest.raises(RuleBroken, match="withdrawn"):
        _pair(people, arts)


def test_a_specialist_may_not_and_another_school_finds_nothing(people: People, arts: dict[str, Competency]) -> None:
    with pytest.raises(NotAllowed):
        _pair(people, arts, by=people.iris)
    with pytest.raises(NotFound):
        _pair(people, arts, by=people.eve)


def test_a_pair_taken_out_counts_no_more_and_comes_back(people: People, arts: dict[str, Competency]) -> None:
    link = _pair(people, arts)
    before = len(links.all_pairs(people.school.pk))
    pairing.unpair(link=link, by=people.ada, at=people.now)
    assert len(links.all_pairs(people.school.pk)) == before - 1
    pairing.pair_again(link=link, by=people.ada, at=people.now)
    assert len(links.all_pairs(people.school.pk)) == before


def test_a_published_pair_and_another_schools_are_nobodys_to_take_out(
    people: People, arts: dict[str, Competency]
) -> None:
    published = CompetencyLink.objects.get(source_id="same")
    own = _pair(people, arts)
    for person, link in ((people.ada, published), (people.eve, own), (people.hal, own)):
        with pytest.raises(NotFound):
            links.own_pair(person, link.pk)
    assert links.own_pair(people.grace, own.pk) == own


# --- pairs that the words suggest -------------------------------------------------------------------------------------


def test_suggestions_wait_and_count_for_nothing_until_somebody_accepts(
    people: People, arts: dict[str, Competency]
) -> None:
    first, second = _suggest(people, arts)
    assert (first.source, first.why) == ("words", {"shared": ["ratio"]})
    assert {pair.match for pair in links.all_pairs(people.school.pk) if pair.link_id in (first.pk, second.pk)} == {
        "suggested"
    }
    assert (
        not lending([people.competencies["7.1"].pk], of_students=[people.ben.pk])
        .get(people.competencies["7.1"].pk, ())
        .count(arts["A1"].pk)
    )


def test_what_was_refused_is_not_suggested_again(people: People, arts: dict[str, Competency]) -> None:
    first, second = _suggest(people, arts)
    pairing.decide_pairs(links=[first], accept=False, match="", by=people.ada, at=people.now)
    pairing.decide_pairs(links=[second], accept=True, match="part", by=people.ada, at=people.now)
    assert _suggest(people, arts) == []


def test_what_was_accepted_and_taken_out_may_be_suggested_again(people: People, arts: dict[str, Competency]) -> None:
    first, _second = _suggest(people, arts)
    pairing.decide_pairs(links=[first], accept=True, match="part", by=people.ada, at=people.now)
    pairing.unpair(link=first, by=people.ada, at=people.now)
    assert first.pk in {link.pk for link in _suggest(people, arts)}


def test_a_decision_may_be_undone(people: People, arts: dict[str, Competency]) -> None:
    waiting = _suggest(people, arts)
    pairing.decide_pairs(links=waiting, accept=True, match="exact", by=people.ada, at=people.now)
    assert {(link.status, link.match, link.decided_by) for link in CompetencyLink.objects.filter(source="words")} == {
        ("accepted", "exact", people.ada)
    }
    decided = links.decided_pairs(people.school.pk, [link.pk for link in waiting])
    assert pairing.reopen_pairs(links=decided, by=people.ada, at=people.now) == 2
    assert CompetencyLink.objects.filter(status="suggested", match="", decided_by=None).count() == 2


def test_nobody_decides_about_another_schools_suggestions(people: People, arts: dict[str, Competency]) -> None:
    waiting = _suggest(people, arts)
    assert links.waiting_pairs(people.other_school.pk, [link.pk for link in waiting]) == []
    with pytest.raises(NotFound):
        pairing.decide_pairs(links=waiting, accept=True, match="exact", by=people.eve, at=people.now)


# --- what a page reads ------------------------------------------------------------------------------------------------


def test_pairs_between_a_path_and_a_framework_read_both_ways(people: People, arts: dict[str, Competency]) -> None:
    _pair(people, arts)
    path = [competency.pk for competency in people.path]
    found = links.pairs_between(people.school.pk, other_framework_id=_arts_of(arts).pk, competency_ids=path)
    assert {(link.origin_id, link.target_id) for link in found} == {
        (people.competencies["7.1"].pk, arts["A2"].pk),
        (arts["A3"].pk, people.competencies["7.6"].pk),
    }
    assert links.pairs_between(None, other_framework_id=_arts_of(arts).pk, competency_ids=path).count() == 1


def test_reading_pairs_is_one_query_however_many(
    people: People, arts: dict[str, Competency], django_assert_num_queries
) -> None:
    _pair(people, arts)
    path = [competency.pk for competency in people.path]
    with django_assert_num_queries(2):
        rows = list(links.pairs_between(people.school.pk, other_framework_id=_arts_of(arts).pk, competency_ids=path))
        assert [(row.origin.code, row.target.code, str(row.made_by), row.framework.title) for row in rows if row.origin]
        links.all_pairs(people.school.pk)


def test_a_leader_of_the_district_may_pair_too(people: People, arts: dict[str, Competency]) -> None:
    head = roster.add_person(
        given_name="Ines",
        family_name="Ode",
        roles=[Role.LEADER],
        organisation=people.district,
        username="ines",
        password="a-long-word-7",
        by=None,
        at=people.now,
    )
    assert _pair(people, arts, by=head).made_by == head
