"""Evidence comes in once, in any order, one by one or many at a time, and mastery is always the same."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from headway.core.shared.errors import RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import actions, queries
from headway.records.evidence.actions import EvidenceIn
from headway.records.evidence.models import Evidence, Mastery, StudentState
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


def numbers(student_id: int) -> dict[Any, tuple[Any, ...]]:
    """Return all that is kept of a student, to the last bit."""
    rows = Mastery.objects.filter(student=student_id)
    kept: dict[Any, tuple[Any, ...]] = {
        row.competency_id: (bytes(row.state), row.pieces, row.newest_at, row.settled_by and row.settled_by.client_id)
        for row in rows.select_related("settled_by")
    }
    for state in StudentState.objects.filter(student=student_id):
        kept["student"] = (bytes(state.state), state.newest_at, state.version)
    return kept


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


def forget(student_id: int) -> None:
    """Take out all evidence of a student, as only a test can."""
    StudentState.objects.filter(student=student_id).delete()
    Mastery.objects.filter(student=student_id).delete()
    Evidence.objects.filter(student=student_id).update(corrects=None)
    Evidence.objects.filter(student=student_id).delete()


def one_by_one(people: People, facts: list[EvidenceIn]) -> None:
    for one in facts:
        actions.record(fact=one, by=people.ada, at=people.now)


def many(people: People, facts: list[EvidenceIn]) -> None:
    assert actions.record_many(facts=facts, by=people.ada, at=people.now) == len(facts)


def two_halves(people: People, facts: list[EvidenceIn]) -> None:
    actions.record_many(facts=facts[: len(facts) // 2], by=people.ada, at=people.now)
    actions.record_many(facts=facts, by=people.ada, at=people.now)


def mixed(people: People, facts: list[EvidenceIn]) -> None:
    one_by_one(people, facts[::2])
    actions.record_many(facts=facts, by=people.ada, at=people.now)


def in_order(people: People, facts: list[EvidenceIn]) -> None:
    one_by_one(people, sorted(facts, key=lambda one: (one.happened_at, str(one.client_id))))


@pytest.mark.parametrize("seed", range(12))
def test_one_by_one_in_any_order_many_at_once_and_rebuilt_are_the_same_to_the_last_bit(
    people: People, seed: int
) -> None:
    facts = some_facts(people, seed)
    Random(seed + 1).shuffle(facts)
    seen = {}
    for way in (in_order, one_by_one, many, two_halves, mixed):
        forget(people.finn.pk)
        way(people, facts)
        seen[way.__name__] = numbers(people.finn.pk)
        assert actions.rebuild([people.finn.pk], at=people.now) == 1
        seen[f"{way.__name__}, rebuilt"] = numbers(people.finn.pk)
    for way, kept in seen.items():
        assert kept == seen["in_order"], way


def test_every_student_s_numbers_can_be_made_again_from_the_rows(people: People) -> None:
    everyone = [
        people.ben,
        people.caro,
        people.finn,
        people.lena,
        people.marta,
        people.otis,
        people.priya,
        people.quinn,
    ]
    kept = {student.pk: numbers(student.pk) for student in everyone}
    StudentState.objects.all().delete()
    Mastery.objects.all().delete()
    actions.rebuild_stale(at=people.now)
    assert {student.pk: numbers(student.pk) for student in everyone} == kept


def test_what_was_taken_back_is_as_if_it_had_never_been_said(people: People) -> None:
    for place, minutes in enumerate((90, 60, 30)):
        actions.record(
            fact=fact(people, f"answer {place}", happened_at=people.now - timedelta(minutes=minutes)),
            by=people.ada,
            at=people.now,
        )
    before = numbers(people.finn.pk)
    seen = fact(people, "seen", kind="observation", happened_at=people.now - timedelta(minutes=45), level=0, levels=4)
    row = actions.record(fact=seen, by=people.ada, at=people.now)
    assert numbers(people.finn.pk) != before
    actions.withdraw(evidence=row, by=people.ada, at=people.now)
    after = numbers(people.finn.pk)
    # Only that something was said at that moment stays: what is older comes late.
    assert {key: values for key, values in after.items() if key != "student"} == {
        key: values for key, values in before.items() if key != "student"
    }
    assert after["student"][0] == before["student"][0]


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
    actions.rebuild([people.finn.pk], at=people.now)
    assert numbers(people.finn.pk) == online


def test_a_clock_that_was_set_back_loses_nothing_that_came_before(people: People) -> None:
    actions.record(fact=fact(people, "one", happened_at=people.now), by=people.ada, at=people.now)
    past = people.now - timedelta(hours=3)
    actions.record(fact=fact(people, "two", happened_at=past), by=people.ada, at=past)
    kept = numbers(people.finn.pk)
    actions.rebuild([people.finn.pk], at=people.now)
    assert numbers(people.finn.pk) == kept
    assert kept[people.competencies["7.1"].pk][1] == 2


def test_the_grid_says_what_the_rows_say(people: People) -> None:
    for competency in people.path[:2]:
        cell = queries.cell(people.ben, competency.pk, at=people.now)
        explained = queries.explained(people.ben, competency, at=people.now)
        assert (cell.chance, cell.low, cell.high) == pytest.approx(
            (explained.chance, explained.low, explained.high), abs=1e-12
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


def test_tomorrow_has_not_happened_in_a_batch_either(people: People) -> None:
    facts = [fact(people), fact(people, "b", happened_at=people.now + timedelta(days=1))]
    with pytest.raises(RuleBroken, match="future"):
        actions.record_many(facts=facts, by=people.ada, at=people.now)


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


def test_a_later_judgement_replaces_an_earlier_one_for_good(people: People) -> None:
    skill, signed = people.competencies["7.2"], {"by": people.ada}
    judge = partial(actions.judge, student=people.ben, competency=skill, reason="I saw it", **signed)
    judge(word="beyond", at=people.now - timedelta(hours=2))
    judge(word="growing", at=people.now, expires_on=people.monday + timedelta(days=14))
    later = people.now + timedelta(days=40)
    for cell in (
        queries.cell(people.ben, skill.pk, at=later),
        queries.cells_as_of([people.ben], [skill.pk], at=later)[people.ben.pk, skill.pk],
    ):
        assert not cell.is_settled
    assert queries.explained(people.ben, skill, at=later).settled_by is None


@pytest.mark.parametrize("kind", ["answer", "rubric", "observation", "product", "self"])
def test_no_evidence_overwrites_a_judgement(people: People, kind: str) -> None:
    skill = people.competencies["7.1"]
    judged = actions.judge(
        student=people.ben, competency=skill, word="beyond", reason="I saw it", by=people.ada, at=people.now
    )
    for number in range(3):
        later = people.now + timedelta(hours=1 + number)
        level = {"level": 0, "levels": 4} if kind not in ("answer", "self") else {}
        low = fact(
            people, f"{kind} {number}", student_id=people.ben.pk, kind=kind, score=0.0, happened_at=later, **level
        )
        actions.record(fact=low, by=people.ada, at=later)
    at = people.now + timedelta(hours=9)
    actions.rebuild([people.ben.pk], at=at)
    assert queries.cell(people.ben, skill.pk, at=at).word == "beyond"
    assert Mastery.objects.get(student=people.ben, competency=skill).settled_by == judged


# --- any past moment --------------------------------------------------------------------------------------------------


def grid(people: People, at: datetime) -> dict[tuple[int, int], queries.Cell]:
    return queries.cells(people.students, [each.pk for each in people.path], at=at)


def grid_as_of(people: People, at: datetime, **facts: Any) -> dict[tuple[int, int], queries.Cell]:
    return queries.cells_as_of(people.students, [each.pk for each in people.path], at=at, **facts)


def test_the_grid_of_this_moment_worked_out_from_the_rows_is_the_grid_that_is_kept(people: People) -> None:
    actions.judge(
        student=people.caro, competency=people.path[0], word="secure", reason="So", by=people.ada, at=people.now
    )
    assert grid_as_of(people, people.now) == grid(people, people.now)


def test_an_old_grid_can_be_made_again_as_it_was(people: People) -> None:
    before = grid(people, people.now)
    later = people.now + timedelta(days=3)
    for number, student in enumerate(people.students):
        new = fact(people, f"new {number}", student_id=student.pk, happened_at=later, score=0.0)
        late = fact(people, f"late {number}", student_id=student.pk, happened_at=people.now - timedelta(days=2))
        actions.record_many(facts=[new, late], by=people.ada, at=later)
    assert grid_as_of(people, people.now, known_by=people.now) == before


def test_late_work_counts_from_its_day_when_one_looks_back(people: People) -> None:
    skill, day = people.competencies["7.1"], people.now - timedelta(days=2)
    late = fact(people, "late", student_id=people.finn.pk, happened_at=day)
    actions.record(fact=late, by=people.ada, at=people.now)
    assert queries.explained(people.finn, skill, at=day).pieces == 1
    assert queries.explained(people.finn, skill, at=day, known_by=day).pieces == 0
    assert queries.explained(people.finn, skill, at=day - timedelta(minutes=1)).pieces == 0


def test_the_reasons_of_a_past_moment_sum_to_what_the_grid_said_then(people: People) -> None:
    day = people.now - timedelta(days=4)
    for student in people.students:
        for skill in people.path[:3]:
            shown = queries.explained(student, skill, at=day)
            parts = [shown.prior, *(one.shift for one in shown.contributions), *(line.shift for line in shown.lines)]
            assert math.fsum(parts) == pytest.approx(shown.logit, abs=1e-9)
            cell = grid_as_of(people, day).get((student.pk, skill.pk))
            assert cell is None or (cell.chance, cell.word) == (
                pytest.approx(shown.chance, abs=1e-12),
                shown.word.value,
            )


def test_what_was_secure_long_ago_asks_to_be_seen_again(people: People) -> None:
    cell = queries.cell(people.lena, people.competencies["7.1"].pk, at=people.now)
    assert (cell.word, cell.is_stale) == ("recheck", True)


def test_no_evidence_is_a_cell_too(people: People) -> None:
    cell = queries.cell(people.finn, people.competencies["7.6"].pk, at=people.now)
    assert (cell.word, cell.pieces, cell.low, cell.high) == ("none", 0, 0.0, 1.0)


def test_the_grid_is_four_queries_whatever_the_size(people: People, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ids = [competency.pk for competency in people.path]
    for students in (people.students[:2], people.students):
        with django_assert_num_queries(4):
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
