"""Two teachers, two tabs, two imports at the same moment: one result, said plainly. Threads need PostgreSQL."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from headway.core.evidence.methods import Method, Rule
from headway.core.planning.arrivals import Operation
from headway.core.shared.errors import RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import actions as evidence
from headway.records.evidence.models import Evidence, Mastery, MasteryRule, StudentState
from headway.records.grouping.models import Group
from headway.records.library import change_log
from headway.records.library.models import ShelfChange
from headway.records.planning import actions, arrivals, drafts, together
from headway.records.planning.models import Block, ClassWeek, ItemWork, PlanChange, Week
from headway.records.roster import actions as roster
from headway.records.roster.models import SignInCard
from tests.people import client_id
from tests.records.test_week_plans import another

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _only_where_writers_meet() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time; HEADWAY_TEST_DATABASE=postgres runs this")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls at the same moment, each on its own connection; a broken rule is a result too."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return call()
        except RuleBroken as rule:
            return rule
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def places(week: Week) -> Counter[tuple[int, int]]:
    return Counter(week.blocks.values_list("day", "order"))


def test_a_device_that_sends_the_same_answer_twice_at_once(people: People) -> None:
    block = people.block(people.ben)
    item = people.item("7.1-number")
    given = Operation(
        client_id=uuid4(),
        verb="answer",
        block=block.uuid,
        item=item.uuid,
        fields={"answer": ("3",)},
        happened_at=people.now,
    )
    results = at_once(
        *(
            lambda: arrivals.receive(
                student=people.ben,
                device=uuid4(),
                operations=[given],
                device_now=people.now,
                by=people.ben,
                at=people.now,
            )
            for _tab in range(4)
        )
    )
    assert sorted(told["status"] for [told] in results) == ["known", "known", "known", "received"]
    assert Evidence.objects.filter(client_id=given.client_id).count() == ItemWork.objects.get().attempts == 1


def test_two_teachers_approve_the_same_week(people: People) -> None:
    week = people.week(approved=False)
    results = at_once(
        *(
            lambda by=by: actions.approve_week(week=week, version=week.version, by=by, at=people.now)
            for by in (people.ada, people.noor)
        )
    )
    assert [result.status for result in results] == ["approved", "approved"]
    assert Event.objects.filter(verb="week.approved", record_id=str(week.pk)).count() == 1


def test_one_approves_what_the_other_is_changing(people: People) -> None:
    block = people.block(approved=False)
    week, other = block.week, another(block)
    approved, swapped = at_once(
        lambda: actions.approve_week(week=week, version=week.version, by=people.ada, at=people.now),
        lambda: actions.swap_block(block=block, resource=other, version=week.version, by=people.noor, at=people.now),
    )
    assert sum(isinstance(result, RuleBroken) for result in (approved, swapped)) == 1
    now = Week.objects.get(pk=week.pk)
    assert now.version == week.version + 1
    assert (now.status == "approved") == isinstance(swapped, RuleBroken)


def test_two_teachers_swap_the_same_block(people: People) -> None:
    block = people.block(approved=False)
    version = block.week.version
    people.answer(people.ben, "7.1")
    choices = [people.resource("7.6-pair"), people.resource("7.5-pair")]
    results = at_once(
        *(
            lambda by=by, choice=choice: actions.swap_block(
                block=Block.objects.select_related("week__class_week__school_class__school", "week__student").get(
                    pk=block.pk
                ),
                resource=choice,
                version=version,
                by=by,
                at=people.now,
            )
            for by, choice in zip((people.ada, people.noor), choices, strict=True)
        )
    )
    assert sum(isinstance(result, RuleBroken) for result in results) == 1
    assert PlanChange.objects.filter(week=block.week, verb="swapped").count() == 1


def test_two_teachers_change_different_blocks_of_one_week(people: People) -> None:
    first = people.block(approved=False)
    week = first.week
    other = week.blocks.filter(kind="stretch").order_by("day", "order")[0]
    results = at_once(
        lambda: actions.swap_block(
            block=first, resource=another(first), version=week.version, by=people.ada, at=people.now
        ),
        lambda: actions.remove_block(block=other, version=week.version, by=people.noor, at=people.now),
    )
    assert not [result for result in results if isinstance(result, RuleBroken)]
    assert Week.objects.get(pk=week.pk).version == week.version + 2
    assert not Block.objects.filter(pk=other.pk).exists()
    assert Block.objects.get(pk=first.pk).resource_id != first.resource_id


def test_two_teachers_give_the_same_to_the_same_students(people: People) -> None:
    block = people.block(approved=False)
    actions.swap_block(block=block, resource=people.resource("7.6-pair"), by=people.ada, at=people.now)
    block.refresh_from_db()
    given = [people.quinn, people.caro]
    results = at_once(
        *(
            lambda by=by, students=students: together.put_same(block=block, students=students, by=by, at=people.now)
            for by, students in ((people.ada, given), (people.noor, given[::-1]))
        )
    )
    assert sum(len(result.done) for result in results) == 2
    for student in given:
        assert Block.objects.filter(week__student=student, resource=people.resource("7.6-pair")).count() == 1


def test_two_teachers_copy_last_week_at_once(people: People) -> None:
    people.approve()
    coming = people.monday + timedelta(days=7)
    at_once(
        *(
            lambda by=by: together.copy_week_forward(
                school_class=people.school_class, monday=coming, by=by, at=people.now
            )
            for by in (people.ada, people.noor)
        )
    )
    for week in Week.objects.filter(class_week__monday=coming):
        assert set(places(week).values()) == {1}


def test_two_teachers_draft_the_same_class(people: People) -> None:
    at_once(
        *(
            lambda by=by: drafts.draft_class_week(
                school_class=people.school_class, monday=people.monday, by=by, at=people.now
            )
            for by in (people.ada, people.noor)
        )
    )
    assert ClassWeek.objects.count() == 1
    assert Week.objects.count() == 8
    for week in Week.objects.all():
        assert set(places(week).values()) == {1}
    groups = Counter(Group.objects.values_list("weekday", flat=True))
    assert set(groups.values()) <= {1}


def test_a_draft_does_not_undo_what_a_colleague_just_approved(people: People) -> None:
    week = people.week(approved=False)
    at_once(
        lambda: drafts.draft_class_week(
            school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now
        ),
        lambda: actions.approve_week(week=week, by=people.noor, at=people.now),
    )
    now = Week.objects.get(pk=week.pk)
    assert now.status == "approved"
    assert set(places(now).values()) == {1}
    assert sum(places(now).values()) == 15


def test_undo_pressed_twice(people: People) -> None:
    block = people.block(approved=False)
    made = actions.swap_block(block=block, resource=another(block), by=people.ada, at=people.now)
    results = at_once(*(lambda: actions.undo(batch=made.batch, by=people.ada, at=people.now) for _press in range(2)))
    assert sorted(len(result) for result in results) == [0, 1]


def test_the_same_answer_from_two_tabs_counts_once(people: People) -> None:
    block, item, name = people.block(), people.item("7.1-number"), uuid4()
    before = Mastery.objects.get(student=people.ben, competency=people.competencies["7.1"]).pieces
    at_once(
        *(
            lambda: actions.answer_item(
                block=block,
                item=item,
                response={"answer": ["12.5"]},
                client_id=name,
                by=people.ben,
                at=people.now,
            )
            for _tab in range(3)
        )
    )
    assert Evidence.objects.filter(client_id=name).count() == 1
    assert ItemWork.objects.get(block=block, item=item).attempts == 1
    assert Mastery.objects.get(student=people.ben, competency=people.competencies["7.1"]).pieces == before + 1


def fact(people: People, name: str, code: str = "7.5", *, minutes: int = 0) -> evidence.EvidenceIn:
    return evidence.EvidenceIn(
        client_id=client_id(name),
        student_id=people.finn.pk,
        competency_id=people.competencies[code].pk,
        kind="answer",
        happened_at=people.now - timedelta(minutes=minutes),
        score=1.0,
    )


def test_first_answers_at_once_are_all_counted(people: People) -> None:
    at_once(
        *(
            lambda number=number: evidence.record(
                fact=fact(people, f"first {number}", minutes=number), by=people.finn, at=people.now
            )
            for number in range(4)
        )
    )
    online = kept(people.finn)
    evidence.rebuild([people.finn.pk], at=people.now)
    assert kept(people.finn) == online
    assert Mastery.objects.get(student=people.finn, competency=people.competencies["7.5"]).pieces == 4


def kept(student: Person) -> list[Any]:
    """Return all that is counted of a student, to the last bit."""
    state = StudentState.objects.get(student=student)
    rows = Mastery.objects.filter(student=student).order_by("competency")
    return [bytes(state.state), state.newest_at, *((row.competency_id, bytes(row.state)) for row in rows)]


def test_first_judgements_and_first_answers_at_once_are_all_counted(people: People) -> None:
    judge = partial(evidence.judge, student=people.finn, word="secure", reason="I saw it", at=people.now)
    at_once(
        lambda: judge(competency=people.competencies["7.1"], by=people.ada),
        lambda: judge(competency=people.competencies["7.2"], by=people.noor),
        lambda: evidence.record(fact=fact(people, "a", minutes=1), by=people.finn, at=people.now),
        lambda: evidence.record_many(
            facts=[fact(people, "b", "7.4", minutes=2), fact(people, "c", minutes=3)], by=None, at=people.now
        ),
    )
    online = kept(people.finn)
    evidence.rebuild([people.finn.pk], at=people.now)
    assert kept(people.finn) == online
    assert sum(Mastery.objects.filter(student=people.finn).values_list("pieces", flat=True)) == 5


def test_answers_on_many_skills_at_once_leave_what_one_after_the_other_would(people: People) -> None:
    codes = ["7.1", "7.2", "7.3", "7.4"]
    facts = [fact(people, f"{code} {turn}", code, minutes=5 * turn + place) for place, code in enumerate(codes) for turn in range(3)]  # fmt: skip
    at_once(*(lambda one=one: evidence.record(fact=one, by=people.finn, at=people.now) for one in facts))
    online = kept(people.finn)
    evidence.rebuild([people.finn.pk], at=people.now)
    assert kept(people.finn) == online


def test_two_people_choose_a_rule_at_once(people: People) -> None:
    rules = [Rule(method=Method.LATEST), Rule(method=Method.MEAN)]
    at_once(
        *(
            lambda rule=rule, by=by: evidence.set_rule(
                school=people.school, school_class=people.school_class, rule=rule, by=by, at=people.now
            )
            for rule, by in zip(rules, (people.ada, people.noor), strict=True)
        )
    )
    open_rules = MasteryRule.objects.filter(school_class=people.school_class, ends_at=None)
    assert (open_rules.count(), MasteryRule.objects.count()) == (1, 2)


def test_many_answers_of_a_class_lose_none(people: People) -> None:
    calls = [
        lambda student=student, number=number: evidence.record(
            fact=evidence.EvidenceIn(
                client_id=client_id(f"{student.pk} {number}"),
                student_id=student.pk,
                competency_id=people.competencies["7.4"].pk,
                kind="answer",
                happened_at=people.now - timedelta(minutes=number),
                score=1.0,
            ),
            by=student,
            at=people.now,
        )
        for student in people.students[:4]
        for number in range(3)
    ]
    before = Evidence.objects.count()
    at_once(*calls)
    assert Evidence.objects.count() == before + len(calls)
    for student in people.students[:4]:
        assert Mastery.objects.get(student=student, competency=people.competencies["7.4"]).pieces >= 3


def test_the_same_file_imported_twice_at_once(people: People) -> None:
    facts = [fact(people, f"import {number}", minutes=number) for number in range(20)]
    # The second import may be refused whole; it may not count twice.
    with suppress(IntegrityError):
        at_once(*(lambda: evidence.record_many(facts=facts, by=None, at=people.now) for _turn in range(2)))
    assert Evidence.objects.filter(student=people.finn).count() == 20
    assert Mastery.objects.get(student=people.finn).pieces == 20


def test_two_leaders_paste_the_same_list(people: People) -> None:
    at_once(
        *(
            lambda: roster.paste_class_list(
                school_class=people.school_class,
                names=[("New", "One"), ("New", "Two")],
                on=people.monday,
                by=people.grace,
                at=people.now,
            )
            for _turn in range(2)
        )
    )
    assert people.school_class.enrolments.count() == 10


def test_two_links_asked_for_at_once_are_one_link(people: People) -> None:
    links = at_once(
        *(lambda: roster.issue_family_link(guardian=people.grace, by=people.ada, at=people.now) for _turn in range(2))
    )
    assert links[0] == links[1]


def test_cards_printed_twice_at_once_are_the_same_cards(people: People) -> None:
    codes = at_once(
        *(lambda: roster.issue_cards(students=people.students, by=people.ada, at=people.now) for _turn in range(2))
    )
    assert [card.pk for card in codes[0]] == [card.pk for card in codes[1]]
    assert SignInCard.objects.count() == 8


def test_lines_of_the_change_log_become_visible_in_their_order(people: People) -> None:
    """A search index that has read up to a line must never find an older one afterwards."""
    seen: list[list[int]] = []

    def write(number: int) -> None:
        with transaction.atomic():
            change_log.note_change([number], at=people.now)
            time.sleep(0.05 if number % 2 else 0)

    def look(_number: int) -> None:
        for _ in range(30):
            seen.append(list(ShelfChange.objects.order_by("pk").values_list("pk", flat=True)))
            time.sleep(0.01)

    at_once(*(partial(write, number) for number in range(1, 6)), partial(look, 0))
    for earlier, later in itertools.pairwise(seen):
        new = set(later) - set(earlier)
        assert not earlier or not new or min(new) > max(earlier)
    assert ShelfChange.objects.count() >= 5
