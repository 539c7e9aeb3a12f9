"""A school draws what comes before what, adds skills of its own, and words them; other schools see nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.core.standards.prerequisites import frontier
from headway.core.standards.values import LinkIn
from headway.records.planning.problems import class_facts
from headway.records.standards import actions, queries, shaping
from headway.records.standards.models import Competency, CompetencyLink, Framework, ICan
from headway.records.standards.prerequisites import (
    links_at,
    named_circles,
    own_link,
    prerequisite_links,
    same_elsewhere,
)
from tests.people import framework

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.people import People


def pk(people: People, code: str) -> int:
    return people.competencies[code].pk


def draw(people: People, before: str, after: str, **facts: Any) -> CompetencyLink:
    return shaping.draw_prerequisite(
        **{
            "origin": people.competencies[before],
            "target": people.competencies[after],
            "strength": "needed",
            "why": "",
            "school": people.school,
            "by": people.ada,
            "at": people.now,
            **facts,
        }
    )


def own_framework(people: People) -> Framework:
    return shaping.make_framework(school=people.school, title="Harbor", by=people.ada, at=people.now)


def add(people: People, framework: Framework, statement: str, **facts: Any) -> Competency:
    return shaping.add_competency(
        framework=framework, facts={"statement": statement, **facts}, by=people.ada, at=people.now
    )


# --- What comes before what -------------------------------------------------------------------------------------------


def test_a_link_counts_in_the_school_that_drew_it(people: People) -> None:
    draw(people, "6.1", "7.4")
    pair = (pk(people, "6.1"), pk(people, "7.4"))
    assert pair in queries.prerequisite_pairs([pair[1]], school_id=people.school.pk)
    assert pair not in queries.prerequisite_pairs([pair[1]], school_id=people.other_school.pk)
    assert pair not in queries.prerequisite_pairs([pair[1]])


def test_the_planner_waits_for_what_the_school_drew(people: People) -> None:
    draw(people, "6.1", "7.4")
    facts = class_facts(people.school_class, people.monday, at=people.now)
    assert pk(people, "6.1") in facts.before[pk(people, "7.4")]


def test_the_planner_does_not_wait_for_what_only_helps(people: People) -> None:
    draw(people, "6.1", "7.4", strength="helps")
    facts = class_facts(people.school_class, people.monday, at=people.now)
    assert pk(people, "6.1") not in facts.before[pk(people, "7.4")]


def test_a_school_may_say_that_a_published_link_only_helps(people: People) -> None:
    draw(people, "7.1", "7.2", strength="helps")
    assert queries.prerequisite_pairs([pk(people, "7.2")], school_id=people.school.pk) == []
    assert queries.prerequisite_pairs([pk(people, "7.2")]) == [(pk(people, "7.1"), pk(people, "7.2"))]


def test_a_link_that_closes_a_circle_is_refused_and_the_circle_named(people: People) -> None:
    with pytest.raises(RuleBroken, match="Proportions → Ratios → Unit rates → Proportions"):
        draw(people, "7.3", "7.1")


def test_the_circle_is_named_in_the_readers_language(people: People) -> None:
    with pytest.raises(RuleBroken, match="Proporciones → Razones"):
        draw(people, "7.3", "7.1", language="es")


def test_nothing_comes_before_itself(people: People) -> None:
    with pytest.raises(RuleBroken, match="before itself"):
        draw(people, "7.1", "7.1")


def test_a_link_has_one_of_two_strengths(people: People) -> None:
    with pytest.raises(RuleBroken, match="needed first"):
        draw(people, "6.1", "7.4", strength="maybe")


def test_a_link_drawn_again_takes_the_new_strength(people: People) -> None:
    first = draw(people, "6.1", "7.4")
    again = draw(people, "6.1", "7.4", strength="helps", why="They meet it in grade 6 anyway.")
    assert again.pk == first.pk
    assert (again.strength, again.why) == ("helps", {"en": "They meet it in grade 6 anyway."})


def test_an_erased_link_counts_no_more_and_can_be_put_back(people: People) -> None:
    link = draw(people, "6.1", "7.4")
    shaping.erase_prerequisite(link=link, by=people.ada, at=people.now)
    assert len(queries.prerequisite_pairs([pk(people, "7.4")], school_id=people.school.pk)) == 1
    shaping.put_prerequisite_back(link=link, by=people.ada, at=people.now)
    assert len(queries.prerequisite_pairs([pk(people, "7.4")], school_id=people.school.pk)) == 2


def test_a_link_is_not_put_back_into_a_circle(people: People) -> None:
    link = draw(people, "6.1", "7.4")
    shaping.erase_prerequisite(link=link, by=people.ada, at=people.now)
    CompetencyLink.objects.all().update(is_withdrawn=True)
    draw(people, "7.4", "6.1")
    with pytest.raises(RuleBroken, match="circle"):
        shaping.put_prerequisite_back(link=link, by=people.ada, at=people.now)


def test_a_published_link_cannot_be_erased(people: People) -> None:
    published = CompetencyLink.objects.filter(school=None)[0]
    with pytest.raises(NotFound):
        shaping.erase_prerequisite(link=published, by=people.ada, at=people.now)


def test_a_framework_brings_its_link_although_a_school_drew_the_same(people: People) -> None:
    draw(people, "6.1", "7.4")
    document = framework()
    document = replace(document, links=(*document.links, LinkIn(kind="prerequisite", origin="6.1", target="7.4")))
    actions.take_framework(document=document, by=people.grace, at=people.now)
    assert (pk(people, "6.1"), pk(people, "7.4")) in queries.prerequisite_pairs([pk(people, "7.4")])


def test_another_schools_link_is_not_found(people: People) -> None:
    link = draw(people, "6.1", "7.4")
    with pytest.raises(NotFound):
        own_link(people.eve, link.pk)
    with pytest.raises(NotFound):
        shaping.erase_prerequisite(link=link, by=people.eve, at=people.now)


def test_students_draw_nothing(people: People) -> None:
    with pytest.raises(NotAllowed):
        draw(people, "6.1", "7.4", by=people.ben)


@pytest.mark.parametrize("facts", [{"status": "suggested"}, {"status": "refused"}, {"is_withdrawn": True}])
def test_what_is_not_accepted_counts_nowhere(people: People, facts: dict[str, Any]) -> None:
    ids = (pk(people, "7.1"), pk(people, "7.2"))
    CompetencyLink.objects.filter(origin=ids[0], target=ids[1]).update(**facts)
    assert queries.prerequisite_pairs([ids[1]]) == []
    assert queries.lending([ids[1]]) == {}


def test_a_link_of_a_school_lends_to_its_own_students_only(people: People) -> None:
    draw(people, "6.1", "7.4")
    skill = pk(people, "7.4")
    assert pk(people, "6.1") in queries.lending([skill], of_students=[people.ben.pk])[skill]
    assert pk(people, "6.1") not in queries.lending([skill], of_students=[people.gus.pk])[skill]
    assert pk(people, "6.1") not in queries.lending([skill])[skill]


def test_an_imported_circle_is_named_and_stops_nobody(people: People) -> None:
    rows = people.competencies
    CompetencyLink.objects.create(
        kind="prerequisite", origin=rows["7.3"], target=rows["7.1"], framework=rows["7.1"].framework, confidence=0.4
    )
    (found,) = named_circles(people.school.pk, framework_id=rows["7.1"].framework_id)
    assert [member.code for member in found.members] == ["TA.7.1", "TA.7.2", "TA.7.3"]
    assert [(row.origin_id, row.target_id) for row in found.rows] == [(rows["7.3"].pk, rows["7.1"].pk)]
    pairs = queries.prerequisite_pairs([row.pk for row in rows.values()])
    assert (rows["7.3"].pk, rows["7.1"].pk) not in pairs
    secure = {rows["6.1"].pk, rows["6.2"].pk}
    assert frontier([row.pk for row in people.path], prerequisite_links(people.school.pk), secure) == [
        rows["7.1"].pk,
        rows["7.2"].pk,
        rows["7.3"].pk,
    ]


def test_a_school_opens_an_imported_circle_by_saying_that_a_link_only_helps(people: People) -> None:
    rows = people.competencies
    CompetencyLink.objects.create(
        kind="prerequisite", origin=rows["7.3"], target=rows["7.1"], framework=rows["7.1"].framework
    )
    draw(people, "7.3", "7.1", strength="helps")
    assert named_circles(people.school.pk) == []
    assert len(named_circles(people.other_school.pk)) == 1


def test_a_circle_elsewhere_is_not_this_frameworks(people: People) -> None:
    rows = people.competencies
    CompetencyLink.objects.create(
        kind="prerequisite", origin=rows["7.3"], target=rows["7.1"], framework=rows["7.1"].framework
    )
    assert named_circles(people.school.pk, framework_id=own_framework(people).pk) == []


def test_the_links_of_one_skill_come_with_both_ends(
    people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draw(people, "6.1", "7.4")
    with django_assert_num_queries(1):
        ends = {(str(link.origin), str(link.target)) for link in links_at(people.competencies["7.4"], people.school.pk)}
    assert ends == {
        ("Proportions", "Scale drawings"),
        ("Equal groups", "Scale drawings"),
        ("Scale drawings", "Percents"),
    }


def test_the_same_skill_elsewhere_is_found_from_both_sides(people: People) -> None:
    arts = add(people, own_framework(people), "Students keep a beat.")
    here = people.competencies["7.1"]
    CompetencyLink.objects.create(kind="crosswalk", origin=arts, target=here, framework=arts.framework, match="part")
    assert [far for _link, far in same_elsewhere(here)] == [arts]
    assert [far for _link, far in same_elsewhere(arts)] == [here]


# --- Skills of a school's own -----------------------------------------------------------------------------------------


def test_a_framework_of_a_school_is_read_there_only(people: People) -> None:
    framework = own_framework(people)
    skill = add(people, framework, "Students tie a bowline.", code="H.1", short="Bowline")
    assert framework in queries.frameworks_for(people.ada)
    assert framework in queries.frameworks_for(people.grace)
    assert framework not in queries.frameworks_for(people.eve)
    with pytest.raises(NotFound):
        queries.competency_for(people.eve, skill.pk)


def test_a_skill_of_ones_own_is_found_by_its_words(people: People) -> None:
    skill = add(people, own_framework(people), "Students tie a bowline.", short="Bowline")
    assert queries.competencies_found(people.ada, "tie BOWLINE") == [skill]
    assert queries.competencies_found(people.eve, "tie bowline") == []


def test_a_skill_is_changed_and_the_facts_before_come_back(people: People) -> None:
    skill = add(people, own_framework(people), "Students tie a bowline.", code="H.1")
    before = shaping.change_competency(
        competency=skill, facts={"statement": "Students tie two knots.", "code": "H.2"}, by=people.ada, at=people.now
    )
    assert before == {"statement": "Students tie a bowline.", "code": "H.1"}
    skill.refresh_from_db()
    assert (skill.statement, skill.code) == ("Students tie two knots.", "H.2")


def test_a_published_skill_stays_as_it_was_written(people: People) -> None:
    with pytest.raises(RuleBroken, match="published"):
        shaping.change_competency(
            competency=people.competencies["7.1"], facts={"statement": "Other."}, by=people.ada, at=people.now
        )


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"statement": "  "}, "one sentence"),
        ({"statement": "x", "grade_low": 8, "grade_high": 6}, "first grade"),
        ({"statement": "x", "code": "h.1"}, "H.1|h.1"),
    ],
)
def test_a_skill_that_cannot_be_is_refused(people: People, facts: dict[str, Any], says: str) -> None:
    framework = own_framework(people)
    add(people, framework, "Students tie a bowline.", code="H.1")
    with pytest.raises(RuleBroken, match=says):
        shaping.add_competency(framework=framework, facts=facts, by=people.ada, at=people.now)


def test_nothing_stands_below_itself(people: People) -> None:
    framework = own_framework(people)
    top = add(people, framework, "Knots")
    low = add(people, framework, "Bowline", parent=top)
    with pytest.raises(RuleBroken, match="below itself"):
        shaping.change_competency(competency=top, facts={"parent": low}, by=people.ada, at=people.now)


def test_a_withdrawn_skill_is_offered_no_more_and_can_come_back(people: People) -> None:
    skill = add(people, own_framework(people), "Students tie a bowline.")
    shaping.withdraw_competency(competency=skill, by=people.ada, at=people.now)
    assert queries.competencies_found(people.ada, "bowline") == []
    shaping.bring_competency_back(competency=skill, by=people.ada, at=people.now)
    assert queries.competencies_found(people.ada, "bowline") == [skill]


def test_another_school_changes_nothing_here(people: People) -> None:
    framework = own_framework(people)
    with pytest.raises(NotFound):
        shaping.add_competency(framework=framework, facts={"statement": "x"}, by=people.eve, at=people.now)


# --- Words ------------------------------------------------------------------------------------------------------------


def test_a_skill_is_worded_in_another_language_and_read_so_everywhere(people: People) -> None:
    skill = people.competencies["7.1"]
    wording = {"short": "Rapports", "words": "Je peux comparer deux quantités."}
    before = shaping.word_competency(
        competency=skill, language="fr", wording=wording, school=people.school, by=people.ada, at=people.now
    )
    assert before is None
    assert queries.named([skill], "fr")[skill.pk].i_can == "Je peux comparer deux quantités."


def test_empty_words_take_a_language_out(people: People) -> None:
    skill = people.competencies["7.1"]
    before = shaping.word_competency(
        competency=skill, language="es", wording={}, school=people.school, by=people.ada, at=people.now
    )
    assert before is not None
    assert before["short"] == "Razones"
    assert not ICan.objects.filter(competency=skill, language="es").exists()


def test_a_wording_needs_its_sentence(people: People) -> None:
    with pytest.raises(RuleBroken, match="I can"):
        shaping.word_competency(
            competency=people.competencies["7.1"],
            language="fr",
            wording={"short": "Rapports"},
            school=people.school,
            by=people.ada,
            at=people.now,
        )
