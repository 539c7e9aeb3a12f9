"""What a student did without a connection comes in once, at its own moment, and takes nothing else down with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from headway.core.items import key_response
from headway.core.planning.arrivals import Operation
from headway.core.shared.errors import NotFound
from headway.records.audit.models import Event
from headway.records.evidence.models import Evidence, Mastery
from headway.records.items.queries import question
from headway.records.planning import actions, arrivals
from headway.records.planning.models import Arrival, Block, ItemWork, Week

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People

DEVICE = UUID(int=7)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def block(people: People) -> Block:
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(
        resource=people.resource("7.1-essential"), competency=people.competencies["7.1"], started_at=None
    )
    return block


def answer(people: People, block: Block, text: str = "", *, kind: str = "number", **facts: Any) -> Operation:
    item = people.item(f"7.1-{kind}")
    fields = {"answer": (text,)} if text else {n: tuple(v) for n, v in key_response(question(item)).items()}
    usual = {"client_id": uuid4(), "happened_at": people.now - MINUTE, "seconds": 20.4}
    return Operation(verb="answer", block=block.uuid, item=item.uuid, fields=fields, **{**usual, **facts})


def done(block: Block, verb: str, moment: datetime, **fields: str) -> Operation:
    given = {name: (text,) for name, text in fields.items()}
    return Operation(client_id=uuid4(), verb=verb, block=block.uuid, fields=given, happened_at=moment)


def receive(people: People, *operations: Operation, student: Person | None = None) -> list[dict[str, Any]]:
    student = student or people.ben
    return arrivals.receive(
        student=student, device=DEVICE, operations=operations, device_now=people.now, by=student, at=people.now
    )


def pieces(people: People) -> list[Evidence]:
    return list(Evidence.objects.filter(student=people.ben, item__isnull=False).order_by("happened_at"))


def test_an_answer_is_marked_and_counts_when_it_was_given(people: People, block: Block) -> None:
    given = answer(people, block, happened_at=people.now - timedelta(hours=3))
    [told] = receive(people, given)
    assert (told["status"], told["is_right"], told["client_id"]) == ("received", True, str(given.client_id))
    [piece] = pieces(people)
    assert (piece.client_id, piece.happened_at, piece.received_at) == (given.client_id, given.happened_at, people.now)
    assert piece.seconds == 20
    block.refresh_from_db()
    assert block.started_at == given.happened_at


def test_the_same_answer_sent_again_is_known_and_told_the_same(people: People, block: Block) -> None:
    given = answer(people, block, "3")
    [first] = receive(people, given)
    [second] = receive(people, given)
    assert (first["status"], second["status"]) == ("received", "known")
    assert {**first, "status": ""} == {**second, "status": ""}
    assert len(pieces(people)) == Arrival.objects.count() == ItemWork.objects.get().attempts == 1


def test_an_answer_without_a_competency_counts_one_try_however_often_it_is_sent(people: People, block: Block) -> None:
    people.resource("7.1-essential").alignments.all().delete()
    people.resource("7.1-essential").items.update(competency=None)
    given = answer(people, block, "3")
    for _time in range(3):
        receive(people, given)
    assert (ItemWork.objects.get().attempts, pieces(people)) == (1, [])


def test_answers_that_come_in_the_wrong_order_are_counted_in_the_right_one(people: People, block: Block) -> None:
    first = answer(people, block, "3", happened_at=people.now - 3 * MINUTE)
    second = answer(people, block, "4", happened_at=people.now - 2 * MINUTE)
    receive(people, second, first)
    assert [(piece.client_id, piece.attempt) for piece in pieces(people)] == [
        (first.client_id, 1),
        (second.client_id, 2),
    ]
    assert ItemWork.objects.get().response == {"answer": ["4"]}


def test_an_older_answer_that_arrives_later_counts_and_takes_no_newer_ones_place(people: People, block: Block) -> None:
    right = answer(people, block, happened_at=people.now - 2 * MINUTE)
    receive(people, right)
    wrong = answer(people, block, "3", happened_at=people.now - 9 * MINUTE)
    receive(people, wrong)
    assert [piece.client_id for piece in pieces(people)] == [wrong.client_id, right.client_id]
    work = ItemWork.objects.get()
    assert (work.is_right, work.response, work.updated_at) == (True, {"answer": ["12.5"]}, right.happened_at)


def test_an_answer_after_a_right_one_is_received_and_counts_no_more(people: People, block: Block) -> None:
    right = answer(people, block, happened_at=people.now - 2 * MINUTE)
    again = answer(people, block, "3", happened_at=people.now - MINUTE)
    told = receive(people, right, again)
    assert [each["status"] for each in told] == ["received", "received"]
    assert [piece.client_id for piece in pieces(people)] == [right.client_id]


def test_late_evidence_leaves_mastery_as_if_it_had_come_in_time(people: People, block: Block) -> None:
    moments = [people.now - n * MINUTE for n in (8, 6, 4)]
    for text, moment in zip(("1", "2", "3"), (moments[1], moments[2], moments[0]), strict=True):
        receive(people, answer(people, block, text, happened_at=moment))
    kept = bytes(Mastery.objects.get(student=people.ben, competency=people.competencies["7.1"]).state)
    from headway.records.evidence import states  # noqa: PLC0415

    states.work_out([people.ben.pk], at=people.now)
    assert bytes(Mastery.objects.get(student=people.ben, competency=people.competencies["7.1"]).state) == kept


def test_what_cannot_be_marked_is_told_and_costs_nothing(people: People, block: Block) -> None:
    [told] = receive(people, answer(people, block, "a few"))
    assert (told["status"], told["problem"]) == ("received", "Write a number, like 12.5 or 3/4.")
    assert pieces(people) == []


@pytest.mark.parametrize("status", [Week.Status.CLOSED, Week.Status.DRAFT])
def test_work_for_a_week_that_is_over_or_taken_back_is_still_evidence(
    people: People, block: Block, status: str
) -> None:
    Week.objects.filter(pk=block.week_id).update(
        status=status, approved_at=None if status == Week.Status.DRAFT else people.now
    )
    [told] = receive(people, answer(people, block, happened_at=people.now - timedelta(days=6)))
    assert told["status"] == "received"
    assert [piece.happened_at for piece in pieces(people)] == [people.now - timedelta(days=6)]


def test_work_for_a_task_that_was_taken_out_of_the_week_is_still_evidence(people: People, block: Block) -> None:
    given = answer(people, block)
    block.delete()
    [told] = receive(people, given)
    assert (told["status"], told["is_right"]) == ("received", True)
    assert [piece.client_id for piece in pieces(people)] == [given.client_id]


def test_a_bad_one_is_refused_with_a_sentence_and_the_others_are_taken(people: People, block: Block) -> None:
    unknown = answer(people, block)
    unknown = Operation(**{**vars(unknown), "item": uuid4()})
    before, after = answer(people, block, "3", happened_at=people.now - 5 * MINUTE), answer(people, block, "4")
    told = {each["client_id"]: each for each in receive(people, before, unknown, after)}
    assert told[str(unknown.client_id)]["status"] == "refused"
    assert told[str(unknown.client_id)]["sentence"] == arrivals.TASK_GONE
    assert [piece.client_id for piece in pieces(people)] == [before.client_id, after.client_id]
    assert Arrival.objects.get(client_id=unknown.client_id).answer["sent"]["fields"] == {"answer": ["12.5"]}
    [again] = receive(people, unknown)
    assert again["status"] == "refused"


def test_one_that_breaks_is_kept_on_the_device_and_holds_nobody_up(
    people: People, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = actions.answer_item
    breaks = answer(people, block, "3", happened_at=people.now - 5 * MINUTE)

    def sometimes(**facts: Any) -> Any:
        if facts["client_id"] == breaks.client_id:
            raise OSError("the disk is full")
        return real(**facts)

    monkeypatch.setattr(actions, "answer_item", sometimes)
    good = answer(people, block, "4")
    assert [each["status"] for each in receive(people, breaks, good)] == ["kept", "received"]
    monkeypatch.undo()
    assert [each["status"] for each in receive(people, breaks)] == ["received"]
    assert {piece.client_id for piece in pieces(people)} == {breaks.client_id, good.client_id}


def test_nobody_sends_work_into_somebody_elses_week(people: People, block: Block) -> None:
    with pytest.raises(NotFound):
        arrivals.receive(
            student=people.ben, device=DEVICE, operations=[], device_now=people.now, by=people.caro, at=people.now
        )
    [told] = receive(people, done(block, "finish", people.now - MINUTE), student=people.caro)
    assert told["status"] == "refused"
    block.refresh_from_db()
    assert block.finished_at is None


def test_an_id_that_another_student_used_is_not_told_what_they_did(people: People, block: Block) -> None:
    given = answer(people, block)
    receive(people, given)
    [told] = receive(people, given, student=people.caro)
    assert told == {"client_id": str(given.client_id), "status": "refused", "sentence": arrivals.ID_TAKEN}


def test_a_question_of_another_school_is_nothing(people: People, block: Block) -> None:
    given = answer(people, block)
    people.resource("7.1-essential").__class__.objects.filter(pk=people.resource("7.1-essential").pk).update(
        school=people.other_school
    )
    assert [each["status"] for each in receive(people, given)] == ["refused"]


def test_begun_done_and_opened_again_come_in_the_order_they_happened(people: People, block: Block) -> None:
    start, finish, reopen = (people.now - n * MINUTE for n in (9, 5, 2))
    receive(
        people,
        done(block, "reopen", reopen),
        done(block, "finish", finish, feeling="not-sure", paper="on"),
        done(block, "start", start),
    )
    block.refresh_from_db()
    assert (block.started_at, block.finished_at, block.used_paper) == (start, None, True)


def test_done_at_its_own_moment(people: People, block: Block) -> None:
    receive(people, done(block, "finish", people.now - 5 * MINUTE, feeling="got-it"))
    block.refresh_from_db()
    assert (block.finished_at, block.feeling) == (people.now - 5 * MINUTE, "got-it")


def test_a_choice_and_an_own_idea_come_in(people: People) -> None:
    block = people.block(people.ben, kind="choice")
    option = block.options.filter(part="choice")[0]
    receive(people, done(block, "choose", people.now - MINUTE, option=str(option.resource.uuid)))
    block.refresh_from_db()
    assert block.chosen_resource_id == option.resource_id
    receive(people, done(block, "choose", people.now - MINUTE, option="own", own_idea="Build a raft"))
    block.refresh_from_db()
    assert (block.chosen_resource, block.own_idea) == (None, "Build a raft")
    [told] = receive(people, done(block, "choose", people.now - MINUTE, option=str(uuid4())))
    assert told["status"] == "refused"


def test_with_a_connection_the_same_id_counts_once_too(people: People, block: Block) -> None:
    given = answer(people, block, "3")
    item = people.item("7.1-number")
    block = Block.objects.select_related("week__student").get(pk=block.pk)
    now: dict[str, Any] = {
        "block": block,
        "item": item,
        "response": {"answer": ["3"]},
        "client_id": given.client_id,
        "by": people.ben,
        "at": people.now,
    }
    answered = arrivals.answer_now(**now)
    assert answered is not None
    assert not answered.marking.is_right
    assert arrivals.answer_now(**now) is None
    assert [each["status"] for each in receive(people, given)] == ["known"]
    assert (len(pieces(people)), ItemWork.objects.get().attempts) == (1, 1)


def test_what_came_in_is_written_down(people: People, block: Block) -> None:
    receive(people, answer(people, block))
    [event] = Event.objects.filter(verb="arrival.received")
    assert (event.by_uuid, event.facts) == (people.ben.uuid, {"what": "answer"})


def test_after_sixty_days_a_row_goes(people: People, block: Block) -> None:
    receive(people, answer(people, block))
    assert arrivals.forget_old_arrivals(at=people.now + timedelta(days=59)) == 0
    assert arrivals.forget_old_arrivals(at=people.now + timedelta(days=61)) == 1
