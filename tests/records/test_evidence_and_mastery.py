"""Evidence comes in once, in any order, one by one or many at a time, and mastery is always the same."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from headway.core.shared.errors import RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import actions, queries
from headway.records.evidence.actions import EvidenceIn
from headway.records.evidence.models import Evidence, Mastery
from tests.people import client_id

if TYPE_CHECKING:
    from tests.people import People


def fact(people: People, name: str = "one", **facts: Any) -> EvidenceIn:
    return EvidenceIn(
        **{
            "client_id": client_id(name),
            "student_id": people.finn.pk,
            "competency_id": people.competencies["7.1"].pk,
            "kind": "answer",
            "happened_at": people.now - timedelta(days=1),
            "score": 1.0,
            **facts,
        }
    )


def numbers(student_id: int) -> dict[int, tuple[float, ...]]:
    return {
        row.competency_id: (
            row.chance,
            row.low,
            row.high,
            float(row.pieces),
            float(str(row.belief["mean"])),
            float(str(row.belief["variance"])),
        )
        for row in Mastery.objects.filter(student=student_id)
    }


def words(student_id: int) -> dict[int, tuple[Any, ...]]:
    rows = Mastery.objects.filter(student=student_id)
    return {row.competency_id: (row.word, row.newest_at, row.settled_by_id, row.version) for row in rows}


def some_facts(people: People, seed: int) -> list[EvidenceIn]:
    luck = Random(seed)
    kinds = ["answer"] * 5 + ["observation", "conference", "self", "rubric", "judgement"]
    facts = []
    for number in range(luck.randint(2, 25)):
        kind = luck.choice(kinds)
        level = luck.randint(0, 3)
        facts.append(
            fact(
                people,
                f"{seed} {number}",
                competency_id=people.competencies[luck.choice(["7.1", "7.2"])].pk,
                kind=kind,
                happened_at=people.now - timedelta(hours=luck.choice([1, 5, 5, 30, 100, 700, 2000])),
                score=luck.choice([0.0, 0.5, 1.0]),
                hints_used=luck.randint(0, 2),
                attempt=luck.randint(1, 2),
                level=level if kind not in ("answer", "self") else None,
                levels=4 if kind not in ("answer", "self") else None,
                settles_as=luck.choice(["", "secure", "growing"]) if kind == "judgement" else "",
            )
        )
    return facts


@pytest.mark.parametrize("seed", range(12))
def test_one_by_one_in_any_order_many_at_once_and_rebuilt_agree(people: People, seed: int) -> None:
    facts = some_facts(people, seed)
    Random(seed + 1).shuffle(facts)
    seen = []
    for turn in ("one by one", "many", "two halves"):
        Evidence.objects.filter(student=people.finn).update(corrects=None)
        Mastery.objects.filter(student=people.finn).delete()
        Evidence.objects.filter(student=people.finn).delete()
        if turn == "one by one":
            for one in facts:
                actions.record(fact=one, by=people.ada, at=people.now)
        elif turn == "many":
            assert actions.record_many(facts=facts, by=people.ada, at=people.now) == len(facts)
        else:
            half = len(facts) // 2
            actions.record_many(facts=facts[:half], by=people.ada, at=people.now)
            actions.record_many(facts=facts, by=people.ada, at=people.now)
        online, told = numbers(people.finn.pk), words(people.finn.pk)
        pairs = set(Mastery.objects.filter(student=people.finn).values_list("student_id", "competency_id"))
        assert actions.rebuild(pairs, at=people.now) == len(pairs)
        rebuilt = numbers(people.finn.pk)
        assert online.keys() == rebuilt.keys()
        for key in online:
            assert online[key] == pytest.approx(rebuilt[key], abs=1e-9)
        assert told == words(people.finn.pk)
        seen.append(online)
    for other in seen[1:]:
        assert other.keys() == seen[0].keys()
        for key, values in other.items():
            assert values == pytest.approx(seen[0][key], abs=1e-9)


@pytest.mark.parametrize(
    "rows",
    [
        [("answer", 60, 1.0), ("answer", 20, 1.0)],
        [("answer", 60, 1.0), ("answer", 20, 0.0), ("answer", 2, 1.0)],
        [("self", 5, 1.0), ("answer", 40, 1.0)],
        [("answer", 60, 1.0), ("self", 5, 1.0), ("answer", 40, 0.0)],
    ],
    ids=lambda rows: " ".join(f"{kind}-{days}" for kind, days, _score in rows),
)
def test_what_arrives_long_after_it_happened_counts_from_its_day(
    people: People, rows: list[tuple[str, int, float]]
) -> None:
    for number, (kind, days, score) in enumerate(rows):
        late = fact(people, str(number), kind=kind, happened_at=people.now - timedelta(days=days), score=score)
        actions.record(fact=late, by=people.ada, at=people.now)
    online = numbers(people.finn.pk)
    actions.rebuild([(people.finn.pk, people.competencies["7.1"].pk)], at=people.now)
    for key, values in numbers(people.finn.pk).items():
        assert online[key] == pytest.approx(values, abs=1e-9)


def test_the_grid_says_what_the_rows_say(people: People) -> None:
    for competency in people.path[:2]:
        cell = queries.cell(people.ben, competency.pk, at=people.now)
        explained = queries.explained(people.ben, competency, at=people.now)
        assert (cell.chance, cell.low, cell.high) == pytest.approx(
            (explained.chance, explained.low, explained.high), abs=1e-9
        )
        assert (cell.pieces, cell.newest_at) == (explained.pieces, explained.newest_at)


def test_sending_twice_counts_once(people: People) -> None:
    first = actions.record(fact=fact(people), by=people.finn, at=people.now)
    before = numbers(people.finn.pk)
    assert actions.record(fact=fact(people, score=0.0), by=people.finn, at=people.now) == first
    assert actions.record_many(facts=[fact(people), fact(people)], by=people.finn, at=people.now) == 0
    assert numbers(people.finn.pk) == before


def test_a_batch_that_holds_a_fact_twice_takes_it_once(people: People) -> None:
    assert actions.record_many(facts=[fact(people), fact(people), fact(people, "b")], by=None, at=people.now) == 2


def test_tomorrow_has_not_happened(people: People) -> None:
    with pytest.raises(RuleBroken, match="future"):
        actions.record(fact=fact(people, happened_at=people.now + timedelta(days=1)), by=people.ada, at=people.now)


def test_late_work_counts_at_its_own_date(people: People) -> None:
    actions.record(fact=fact(people, "new", score=1.0), by=people.ada, at=people.now)
    late = fact(people, "late", score=0.0, happened_at=people.now - timedelta(days=30))
    row = actions.record(fact=late, by=people.ada, at=people.now)
    assert row.received_at == people.now
    mastery = Mastery.objects.get(student=people.finn, competency=people.competencies["7.1"])
    assert mastery.newest_at == people.now - timedelta(days=1)


def test_a_judgement_needs_a_reason_and_a_word(people: People) -> None:
    skill = people.competencies["7.1"]
    for word, reason in (("secure", "  "), ("brilliant", "I saw it")):
        with pytest.raises(RuleBroken):
            actions.judge(student=people.ben, competency=skill, word=word, reason=reason, by=people.ada, at=people.now)


def test_a_judgement_settles_until_it_ends_and_the_arithmetic_stays(people: People) -> None:
    skill = people.competencies["7.2"]
    actions.judge(
        student=people.ben,
        competency=skill,
        word="secure",
        reason="Explained it to the class",
        expires_on=people.monday + timedelta(days=14),
        by=people.ada,
        at=people.now,
    )
    cell = queries.cell(people.ben, skill.pk, at=people.now)
    assert (cell.word, cell.is_settled) == ("secure", True)
    later = queries.explained(people.ben, skill, at=people.now + timedelta(days=40))
    assert later.word != "secure"


def test_the_grid_forgets_a_judgement_that_ended(people: People) -> None:
    skill = people.competencies["7.2"]
    actions.judge(
        student=people.ben,
        competency=skill,
        word="beyond",
        reason="For now",
        expires_on=people.monday + timedelta(days=14),
        by=people.ada,
        at=people.now,
    )
    later = people.now + timedelta(days=40)
    assert queries.cell(people.ben, skill.pk, at=later).word == queries.explained(people.ben, skill, at=later).word


def test_what_was_secure_long_ago_asks_to_be_seen_again(people: People) -> None:
    cell = queries.cell(people.lena, people.competencies["7.1"].pk, at=people.now)
    assert (cell.word, cell.is_stale) == ("recheck", True)


def test_no_evidence_is_a_cell_too(people: People) -> None:
    cell = queries.cell(people.finn, people.competencies["7.6"].pk, at=people.now)
    assert (cell.word, cell.pieces, cell.low, cell.high) == ("none", 0, 0.0, 1.0)


def test_the_grid_is_one_query_whatever_the_size(people: People, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ids = [competency.pk for competency in people.path]
    for students in (people.students[:2], people.students):
        with django_assert_num_queries(1):
            queries.cells(students, ids, at=people.now)


def test_the_own_view_is_kept_and_moves_nothing(people: People) -> None:
    actions.record(fact=fact(people, kind="self", score=1.0, words="I know it"), by=people.finn, at=people.now)
    cell = queries.cell(people.finn, people.competencies["7.1"].pk, at=people.now)
    assert (cell.word, cell.pieces) == ("none", 0)


def test_the_database_refuses_nonsense(people: People) -> None:
    for wrong in ({"score": 1.5}, {"settles_as": "secure"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            actions.record(fact=fact(people, str(wrong), **wrong), by=people.ada, at=people.now)


def test_a_competency_with_evidence_cannot_be_thrown_away(people: People) -> None:
    with pytest.raises(ProtectedError):
        people.competencies["7.1"].delete()


def test_a_broken_batch_leaves_nothing_half_done(people: People) -> None:
    before, events = Evidence.objects.count(), Event.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.record_many(facts=[fact(people, "good"), fact(people, "bad", score=7.0)], by=people.ada, at=people.now)
    assert (Evidence.objects.count(), Event.objects.count()) == (before, events)


def test_the_newest_evidence_of_each_student(people: People) -> None:
    newest = queries.newest_evidence_at(people.students)
    assert people.finn.pk not in newest
    assert newest[people.otis.pk] < people.now - timedelta(days=30)
