"""What there is to learn, taken in from outside: the same thing twice changes nothing, a decision stays decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from headway.core import items as engine
from headway.core.library.values import AlignmentIn, ItemIn, ResourceIn
from headway.core.shared.errors import NotFound
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn, Wording
from headway.records.audit.models import Event
from headway.records.items import actions as items_actions
from headway.records.items import queries as items_queries
from headway.records.items.models import Item, ItemVersion
from headway.records.library import actions as library_actions
from headway.records.library import queries as library_queries
from headway.records.library.models import Alignment, Resource
from headway.records.standards import actions, queries
from headway.records.standards.models import Competency, CompetencyLink, ICan
from tests.people import SOURCE, framework, resources

if TYPE_CHECKING:
    from tests.people import People


# --- standards --------------------------------------------------------------------------------------------------------


def test_taking_the_same_framework_twice_changes_nothing(people: People) -> None:
    before = (Competency.objects.count(), CompetencyLink.objects.count(), ICan.objects.count(), Event.objects.count())
    _framework, taken = actions.take_framework(document=framework(), by=people.ada, at=people.now)
    assert (taken.made, taken.changed) == (0, 0)
    after = (Competency.objects.count(), CompetencyLink.objects.count(), ICan.objects.count(), Event.objects.count())
    assert before == after


def test_a_changed_word_is_changed_and_the_rest_stays(people: People) -> None:
    document = framework()
    first = document.competencies[2]
    mended = replace(first, statement="Students compare.", wordings=(Wording(language="es", i_can="Puedo comparar."),))
    rows = (*document.competencies[:2], mended, *document.competencies[3:])
    _framework, taken = actions.take_framework(
        document=replace(document, competencies=rows), by=people.ada, at=people.now
    )
    row = people.competencies["7.1"]
    row.refresh_from_db()
    assert row.statement == "Students compare."
    assert ICan.objects.get(competency=row, language="es").words == "Puedo comparar."
    assert ICan.objects.get(competency=row, language="en").words
    assert (taken.made, taken.changed) == (0, 2)


def test_what_left_the_document_stays_because_evidence_hangs_on_it(people: People) -> None:
    document = framework()
    actions.take_framework(
        document=replace(document, competencies=document.competencies[:2], links=()), by=people.ada, at=people.now
    )
    assert Competency.objects.filter(framework__source=SOURCE).count() == 8


def test_a_child_may_stand_before_its_parent(people: People) -> None:
    document = FrameworkIn(
        source="x",
        source_id="1",
        title="Backwards",
        competencies=(
            CompetencyIn(source_id="child", statement="Small", parent="heading"),
            CompetencyIn(source_id="heading", statement="Big", is_assessable=False, extra={"color": "blue"}),
        ),
        links=(LinkIn(kind="related", origin="child", target_uri="urn:elsewhere", source_id="l1"),),
    )
    taken_in, taken = actions.take_framework(document=document, by=people.ada, at=people.now)
    child = Competency.objects.get(framework=taken_in, source_id="child")
    assert child.parent is not None
    assert (child.parent.source_id, child.parent.extra) == ("heading", {"color": "blue"})
    assert CompetencyLink.objects.get(framework=taken_in).target_uri == "urn:elsewhere"
    assert taken.made == 4
    _again, unchanged = actions.take_framework(document=document, by=people.ada, at=people.now)
    assert (unchanged.made, unchanged.changed) == (0, 0)


def test_nothing_is_its_own_prerequisite(people: People) -> None:
    row = people.competencies["7.1"]
    with pytest.raises(IntegrityError), transaction.atomic():
        CompetencyLink.objects.create(kind="prerequisite", origin=row, target=row, framework=row.framework)


def test_what_comes_before_what(people: People) -> None:
    ids = {code: row.pk for code, row in people.competencies.items()}
    assert queries.prerequisite_pairs([ids["7.2"], ids["7.1"]]) == [(ids["6.2"], ids["7.1"]), (ids["7.1"], ids["7.2"])]


def test_names_come_in_the_readers_language_and_fall_back(people: People) -> None:
    row = people.competencies["7.1"]
    assert queries.named([row], "es")[row.pk].i_can.startswith("Puedo")
    assert queries.named([row], "fr")[row.pk].i_can.startswith("I can")
    ICan.objects.all().delete()
    assert queries.named([row], "es")[row.pk].i_can == row.statement


def test_a_path_is_an_order_and_can_be_chosen_anew(people: People) -> None:
    turned = list(reversed(people.path[:3]))
    actions.set_path(school_class=people.school_class, competencies=turned, by=people.ada, at=people.now)
    assert queries.path_of(people.school_class) == turned


def test_a_competency_that_is_not_there_is_not_found(db: None) -> None:
    with pytest.raises(NotFound):
        queries.competency_with_id(0)


# --- library ----------------------------------------------------------------------------------------------------------


def take(people: People, rows: tuple, **facts: object):  # type: ignore[no-untyped-def, type-arg]
    ids = {code: row.pk for code, row in people.competencies.items()}
    return library_actions.take_resources(source=SOURCE, rows=rows, competencies=ids, by=None, at=people.now, **facts)


def test_taking_the_same_resources_twice_changes_nothing(people: People) -> None:
    events, alignments = Event.objects.count(), Alignment.objects.count()
    ids, taken = take(people, resources())
    assert ids == people.resource_ids
    assert (taken.made, taken.changed, taken.unchanged) == (0, 0, len(ids))
    assert (Event.objects.count(), Alignment.objects.count()) == (events, alignments)


def test_a_changed_resource_keeps_its_identity(people: People) -> None:
    rows = resources()
    ids, taken = take(people, (replace(rows[0], title="New title"), *rows[1:]))
    assert (taken.made, taken.changed) == (0, 1)
    assert Resource.objects.get(pk=ids[rows[0].source_id]).title == "New title"
    assert ids == people.resource_ids


def test_what_a_teacher_refused_stays_refused(people: People) -> None:
    suggestion = AlignmentIn(competency="7.6", confidence=0.4, status="suggested", source="words", because="rate")
    row = replace(resources()[0], source_id="new", variant_of="", items=(), alignments=(suggestion,))
    take(people, (row,))
    waiting = library_queries.suggested_alignments(people.school_class)
    assert [one.because for one in waiting] == ["rate"]
    assert library_actions.decide_alignments(alignments=waiting, accept=False, by=people.ada, at=people.now) == 1
    take(people, (replace(row, alignments=(replace(suggestion, confidence=0.9),)),))
    decided = Alignment.objects.get(resource__source_id="new")
    assert (decided.status, decided.confidence, decided.decided_by) == ("refused", 0.9, people.ada)
    assert library_actions.decide_alignments(alignments=[decided], accept=True, by=people.noor, at=people.now) == 0


def test_only_accepted_work_reaches_a_plan(people: People) -> None:
    skill = people.competencies["7.6"]
    before = {row.pk for row in library_queries.resources_for(people.school, [skill.pk])}
    Alignment.objects.filter(competency=skill, resource__source_id="7.6-essential").update(status="suggested")
    after = {row.pk for row in library_queries.resources_for(people.school, [skill.pk])}
    assert before - after == {people.resource_ids["7.6-essential"]}


def test_a_school_sees_its_own_resources_and_those_of_all(people: People) -> None:
    row = replace(resources()[0], source_id="ours", variant_of="", items=())
    ids, _taken = take(people, (row,), school=people.school)
    assert library_queries.resources_of_school(people.school).filter(pk=ids["ours"]).exists()
    assert not library_queries.resources_of_school(people.other_school).filter(pk=ids["ours"]).exists()
    Resource.objects.filter(pk=ids["ours"]).update(is_active=False)
    assert not library_queries.resources_of_school(people.school).filter(pk=ids["ours"]).exists()


def test_all_doors_of_a_work_know_each_other(people: People) -> None:
    spanish = people.resource("7.1-essential-es")
    doors = [door.source_id for door in library_queries.doors_of(spanish)]
    assert doors == ["7.1-essential", "7.1-essential-es"]


def test_a_collection_is_taken_once_and_keeps_its_order(people: People) -> None:
    chosen = [people.resource_ids[name] for name in ("choice-3", "choice-1")]
    for _turn in range(2):
        collection = library_actions.take_collection(
            source=SOURCE,
            source_id="harbor",
            title="Harbor week",
            why="It is the harbor's birthday.",
            resource_ids=chosen,
            by=people.ada,
            at=people.now,
        )
    assert list(collection.entries.values_list("resource_id", flat=True)) == chosen
    assert list(library_queries.collections_of(people.school)) == [collection]


# --- items ------------------------------------------------------------------------------------------------------------


def test_taking_the_same_questions_twice_changes_nothing(people: People) -> None:
    ids = {code: row.pk for code, row in people.competencies.items()}
    facts = {"source": SOURCE, "resource_ids": people.resource_ids, "competencies": ids, "by": None, "at": people.now}
    taken = items_actions.take_items(rows=resources(), **facts)  # type: ignore[arg-type]
    assert (taken.made, taken.changed) == (0, 0)
    assert set(Item.objects.values_list("version", flat=True)) == {1}


def test_a_changed_question_gets_the_next_version_and_is_read_anew(people: People) -> None:
    item = people.item("7.1-number")
    before = items_queries.question(item)
    assert engine.key_response(before) == {"answer": ["12.5"]}
    changed = engine.write_plain({**(engine.read_plain(before) or {}), "answer": 13})
    rows = tuple(
        replace(
            row,
            items=tuple(replace(one, document=changed) if one.source_id == "7.1-number" else one for one in row.items),
        )
        for row in resources()
    )
    ids = {code: row.pk for code, row in people.competencies.items()}
    taken = items_actions.take_items(
        source=SOURCE, rows=rows, resource_ids=people.resource_ids, competencies=ids, by=None, at=people.now
    )
    assert taken.changed == 1
    item.refresh_from_db()
    assert item.version == 2
    assert engine.key_response(items_queries.question(item)) == {"answer": ["13"]}


def test_what_a_question_was_before_it_changed_is_kept(people: People) -> None:
    item = people.item("7.1-number")
    was = item.document
    row = ResourceIn(
        source_id="7.1-essential",
        title="",
        items=(ItemIn(source_id="7.1-number", document=was.replace("12.5", "13.5")),),
    )
    items_actions.take_items(
        source=SOURCE, rows=[row], resource_ids=people.resource_ids, competencies={}, by=None, at=people.now
    )
    assert list(ItemVersion.objects.values_list("item", "version", "document")) == [(item.pk, 1, was)]


def test_a_question_is_evidence_of_its_own_skill_or_of_its_resources(people: People) -> None:
    item = people.item("7.1-number")
    assert items_queries.competency_id_of(item) == people.competencies["7.1"].pk
    Item.objects.filter(pk=item.pk).update(competency=None)
    assert items_queries.competency_id_of(Item.objects.get(pk=item.pk)) == people.competencies["7.1"].pk


def test_questions_come_in_their_order(people: People) -> None:
    kinds = [item.kind for item in items_queries.items_of(people.resource("7.2-essential"))]
    assert kinds == ["number", "one_choice", "cloze"]
