"""Door out for work done without a connection: each thing by itself, in one transaction, exactly once by its id.

A device sends again whatever it was not told about. So the row with its id is written first, in the transaction of the change:
a second sending finds it and is given the same answer. What is refused keeps a row too, with what was sent, so that a teacher can
be shown it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from headway.core import items as engine
from headway.core.items.formats import asked_format, guess_chance_in, read_answer
from headway.core.planning.arrivals import Operation, in_order
from headway.core.shared.errors import HeadwayError, NotFound, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.items.queries import competency_id_of, question
from headway.records.library.queries import doors_of
from headway.records.planning import actions
from headway.records.planning.models import Arrival, Block, BlockOption
from headway.records.roster.models import Person
from headway.records.roster.queries import classes_of_student

logger = logging.getLogger(__name__)

RECEIVED, KNOWN, REFUSED, KEPT = "received", "known", "refused", "kept"
TASK_GONE = gettext_noop(
    "This task is not in your week any more. What you did is kept on the server. Ask your teacher about it."
)
ID_TAKEN = gettext_noop("Another student’s work has this name already. Open the question and answer it again.")
NOT_NOW = gettext_noop("The server could not take this just now. It stays on this device and is sent again.")
ARRIVAL_DAYS = 60
NO_DEVICE = UUID(int=0)


def receive(
    *,
    student: Person,
    device: UUID,
    operations: Iterable[Operation],
    device_now: datetime,
    by: Person,
    at: datetime,
) -> list[dict[str, Any]]:
    """Take what a student did on a device while it was away, and return what became of each thing, in the order it happened.

    `device_now` is what the device's clock said at `at`. Each answer names its `client_id`, a `status` (received; known, when
    it had been received before; refused, with a sentence; kept, when the server could not take it now), `received_at`, and what
    the change itself says: for an answer its marking.
    """
    if by.pk != student.pk:
        raise NotFound
    return [
        _receive_one(student, device, operation, moment, at)
        for moment, operation in in_order(operations, device_now=device_now, at=at)
    ]


def _receive_one(student: Person, device: UUID, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    row = Arrival(
        client_id=operation.client_id,
        student=student,
        device=device,
        verb=operation.verb,
        happened_at=moment,
        received_at=at,
    )
    try:
        with transaction.atomic():
            if not _insert_once(row):
                return _known(student, operation.client_id)
            row.answer = {"status": RECEIVED, **_DO[operation.verb](student, operation, moment, at)}
            row.save(update_fields=["answer"])
            audit.record("arrival.received", row, by=student, at=at, what=row.verb)
    except HeadwayError as problem:
        return _refuse(row, operation, problem)
    except Exception:
        # One thing that breaks must not hold up the others behind it; the device keeps it and sends it again.
        logger.exception("What came from a device could not be taken")
        return {"client_id": str(operation.client_id), "status": KEPT, "sentence": NOT_NOW}
    return _told(row)


def _refuse(row: Arrival, operation: Operation, problem: HeadwayError) -> dict[str, Any]:
    row.pk, row._state.adding = None, True
    row.answer = {
        "status": REFUSED,
        "sentence": problem.sentence,
        "facts": _plain(problem.facts),
        "sent": {
            "block": str(operation.block),
            "item": str(operation.item or ""),
            "fields": {name: list(texts) for name, texts in operation.fields.items()},
        },
    }
    with transaction.atomic():
        if not _insert_once(row):
            return _known(row.student, operation.client_id)
        audit.record("arrival.refused", row, by=row.student, at=row.received_at, what=row.verb)
    return _told(row)


def _known(student: Person, client_id: UUID) -> dict[str, Any]:
    """Return what was said when it came for the first time."""
    row = Arrival.objects.get(client_id=client_id)
    if row.student_id != student.pk:
        return {"client_id": str(client_id), "status": REFUSED, "sentence": ID_TAKEN}
    told = _told(row)
    return told if told["status"] == REFUSED else {**told, "status": KNOWN}


def _told(row: Arrival) -> dict[str, Any]:
    answer = {name: value for name, value in row.answer.items() if name != "sent"}
    return {**answer, "client_id": str(row.client_id), "received_at": row.received_at.isoformat()}


def _insert_once(row: Arrival) -> bool:
    """Insert a row unless its id is known; return whether it was new. A second sender waits here for the first one."""
    columns = [column for column in Arrival._meta.concrete_fields if not column.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(column.column)) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    values = [column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(Arrival._meta.db_table)} ({names}) VALUES ({marks}) "  # noqa: S608  names are the model's
            "ON CONFLICT (client_id) DO NOTHING RETURNING id",
            values,
        )
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


# --- answers with a connection ---------------------------------------------------------------------------------------


def answer_now(
    *,
    block: Block,
    item: Item,
    response: Mapping[str, Sequence[str]],
    client_id: UUID,
    by: Person,
    at: datetime,
    device: UUID = NO_DEVICE,
    **facts: Any,
) -> actions.Answered | None:
    """Do what `answer_item` does, once by the id of the device: None when it had been received already.

    A device that does not hear the reply sends the same answer to its inbox; there it is known then. Raises what `answer_item`
    raises, and keeps nothing then.
    """
    row = Arrival(
        client_id=client_id, student=block.week.student, device=device, verb="answer", happened_at=at, received_at=at
    )
    with transaction.atomic():
        if not _insert_once(row):
            return None
        answered = actions.answer_item(
            block=block, item=item, response=response, client_id=client_id, by=by, at=at, **facts
        )
        row.answer = {"status": RECEIVED, **_marked(answered.marking)}
        row.save(update_fields=["answer"])
    return answered


def forget_old_arrivals(*, at: datetime) -> int:
    """Delete what was received so long ago that no device sends it again; returns how many."""
    return Arrival.objects.filter(received_at__lt=at - timedelta(days=ARRIVAL_DAYS)).delete()[0]


# --- what each verb does ---------------------------------------------------------------------------------------------


def _block(student: Person, operation: Operation) -> Block | None:
    """Return the student's own block, whatever became of its week since."""
    return (
        Block.objects.select_related("week__student", "week__class_week", "resource", "chosen_resource")
        .filter(uuid=operation.block, week__student=student)
        .first()
    )


def _own_block(student: Person, operation: Operation) -> Block:
    found = _block(student, operation)
    if found is None:
        raise NotFound(TASK_GONE)
    return found


def _answer(student: Person, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    if operation.item is None:
        raise NotFound(TASK_GONE)
    schools = [each.school_id for each in classes_of_student(student)]
    item = (
        Item.objects.defer("document")
        .filter(Q(resource__school=None) | Q(resource__school__in=schools), uuid=operation.item)
        .first()
    )
    if item is None:
        raise NotFound(TASK_GONE)
    fields = {name: list(texts) for name, texts in operation.fields.items()}
    chosen = asked_format(question(item), fields)
    response = read_answer(question(item), fields, chosen)
    block = _block(student, operation)
    if block is None:
        return _answer_alone(student, item, response, operation, moment, at)
    answered = actions.answer_item(
        block=block,
        item=item,
        response=response,
        client_id=operation.client_id,
        used_paper="paper" in fields,
        sureness=_last(fields, "sureness"),
        thinking=_last(fields, "thinking"),
        answer_format=chosen.value if chosen else "",
        guess_chance=guess_chance_in(question(item), chosen) if chosen else None,
        by=student,
        at=at,
        happened_at=moment,
        seconds=operation.seconds,
    )
    return _marked(answered.marking)


def _answer_alone(
    student: Person,
    item: Item,
    response: Mapping[str, Sequence[str]],
    operation: Operation,
    moment: datetime,
    at: datetime,
) -> dict[str, Any]:
    """Keep an answer as evidence when its block was taken out of the week: the student has done it all the same."""
    asked = question(item)
    given = {name: list(values) for name, values in response.items()}
    marking = engine.mark(asked, given)
    competency_id = competency_id_of(item)
    if competency_id is None or marking.score is None:
        raise NotFound(TASK_GONE)
    if not marking.problem and marking.is_complete:
        evidence_actions.record(
            fact=evidence_actions.EvidenceIn(
                client_id=operation.client_id,
                student_id=student.pk,
                competency_id=competency_id,
                kind=Evidence.Kind.ANSWER,
                happened_at=moment,
                score=marking.score,
                item_id=item.pk,
                resource_id=item.resource_id,
                difficulty=item.difficulty,
                guess_chance=engine.guess_chance(asked),
                on_paper="paper" in operation.fields,
                seconds=round(operation.seconds) if operation.seconds is not None else None,
                language=item.language,
                response=given,
            ),
            by=student,
            at=at,
        )
    return _marked(marking)


def _marked(marking: engine.Marking) -> dict[str, Any]:
    return {
        "is_right": bool(marking.is_right),
        "score": marking.score,
        "is_complete": bool(marking.is_complete),
        "feedback": marking.feedback,
        "problem": marking.problem,
        "problem_facts": _plain(marking.problem_facts or {}),
    }


def _start(student: Person, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    actions.start_block(block=_own_block(student, operation), by=student, at=at, happened_at=moment)
    return {}


def _finish(student: Person, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    feeling = _last(operation.fields, "feeling")
    actions.finish_block(
        block=_own_block(student, operation),
        feeling=feeling if feeling in Block.Feeling.values else "",
        used_paper="paper" in operation.fields,
        by=student,
        at=at,
        happened_at=moment,
    )
    return {}


def _reopen(student: Person, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    block = _own_block(student, operation)
    # Finished again since then, perhaps on another device: that is what the student wanted last.
    if block.finished_at is None or block.finished_at <= moment:
        actions.reopen_block(block=block, by=student, at=at)
    return {}


def _choose(student: Person, operation: Operation, moment: datetime, at: datetime) -> dict[str, Any]:
    block = _own_block(student, operation)
    option, idea = _last(operation.fields, "option"), _last(operation.fields, "own_idea")
    if option in ("", "own"):
        actions.choose_option(block=block, own_idea=idea, by=student, at=at)
        return {}
    offered = [
        each.resource for each in block.options.exclude(part=BlockOption.Part.ALTERNATIVE).select_related("resource")
    ]
    if block.resource is not None:
        offered += [block.resource, *doors_of(block.resource)]
    resource = next((each for each in offered if str(each.uuid) == option), None)
    if resource is None:
        raise NotFound(TASK_GONE)
    actions.choose_option(block=block, resource=resource, by=student, at=at)
    return {}


_DO = {"answer": _answer, "start": _start, "finish": _finish, "reopen": _reopen, "choose": _choose}


def _last(fields: Mapping[str, Sequence[str]], name: str) -> str:
    values = fields.get(name) or [""]
    return values[-1].strip()


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in facts.items()}
