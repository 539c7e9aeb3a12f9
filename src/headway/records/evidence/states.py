"""What is counted of students, moved by one piece, by many, or worked out anew from all rows. Only actions.py calls this.

All three ways leave the same bytes: a state follows from the pieces, in the order they happened, and from the learner model's
parameters alone. Whoever moves a student's numbers holds that student's row until the end of the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from headway.core.evidence import learner_model as learner
from headway.core.evidence.values import Piece
from headway.records.audit import actions as audit
from headway.records.evidence.models import Evidence, Mastery, StudentState
from headway.records.evidence.pieces import evidence_row_ids, piece_of, pieces_of
from headway.records.evidence.replays import differences
from headway.records.evidence.versions import is_kept, model_in_use, model_of, publisher_of
from headway.records.roster.models import Person

STUDENTS_AT_ONCE = 200
WORD_CHANGED_BY_MODEL = "mastery.word_changed_by_model"

# --- One piece --------------------------------------------------------------------------------------------------------

# Asked at every answer: written out, since building them anew takes longer than the database needs to answer.
_STATE = "SELECT id, state, newest_at, version FROM records_studentstate WHERE student_id = %s"
_MASTERY = "SELECT id, state FROM records_mastery WHERE student_id = %s AND competency_id = %s"
_STATE_MOVES = "UPDATE records_studentstate SET state = %s, newest_at = %s WHERE id = %s"
_MASTERY_MOVES = "UPDATE records_mastery SET state = %s, pieces = %s, newest_at = %s WHERE id = %s"


def move_by_one(row: Evidence, *, at: datetime) -> None:
    """Move a student's numbers by one new row: online when it is the newest, else from all rows again."""
    state = _state_of(row.student_id)
    is_late = state is not None and state.newest_at is not None and row.happened_at <= state.newest_at
    if is_late or row.corrects_id or row.settles_as:
        work_out([row.student_id], at=at)
        return
    mastery = next(iter(Mastery.objects.raw(_MASTERY, [row.student_id, row.competency_id])), None)
    model = model_of(state.version) if state is not None else model_in_use()
    before = learner.from_bytes(state.state) if state is not None else learner.new_student()
    known = learner.from_bytes(mastery.state) if mastery is not None else learner.new_competency()
    student, competency = learner.count(model, before, known, piece_of(row, with_names=False))
    of_student = _of_student(student, row.happened_at, model.version)
    of_competency = _of_competency(competency)
    if state is None:
        StudentState.objects.create(student_id=row.student_id, **of_student)
    if mastery is None:
        Mastery.objects.create(student_id=row.student_id, competency_id=row.competency_id, **of_competency)
    with connection.cursor() as cursor:
        if state is not None:
            cursor.execute(_STATE_MOVES, [*_prepared(StudentState, of_student, "state", "newest_at"), state.pk])
        if mastery is not None:
            values = _prepared(Mastery, of_competency, "state", "pieces", "newest_at")
            cursor.execute(_MASTERY_MOVES, [*values, mastery.pk])


def _state_of(student_id: int) -> StudentState | None:
    """Return the student's row, held until the end of the transaction; of a new student the person is held instead."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    state = next(iter(StudentState.objects.raw(_STATE + lock, [student_id])), None)
    if state is None and lock:
        _hold_people([student_id])
        state = next(iter(StudentState.objects.raw(_STATE + lock, [student_id])), None)
    return state


def _hold_people(student_ids: Collection[int]) -> None:
    """Wait for whoever begins to count for these students; new rows that name them are not kept waiting."""
    held = Person.objects.select_for_update(no_key=True).filter(pk__in=student_ids).order_by("pk")
    list(held.values_list("pk", flat=True))


@cache
def _columns(model: Any) -> dict[str, Any]:
    return {column.attname: column for column in model._meta.concrete_fields}


def _prepared(model: Any, facts: Mapping[str, Any], *names: str) -> list[Any]:
    known = _columns(model)
    return [known[name].get_db_prep_save(facts[name], connection) for name in names]


def _of_student(numbers: learner.Floats, newest_at: datetime | None, version: str) -> dict[str, Any]:
    return {"state": learner.to_bytes(numbers), "newest_at": newest_at, "version": version}


def _of_competency(numbers: learner.Floats) -> dict[str, Any]:
    return {
        "state": learner.to_bytes(numbers),
        "pieces": learner.pieces_counted(numbers),
        "newest_at": learner.newest_at(numbers),
    }


# --- Many pieces ------------------------------------------------------------------------------------------------------


def move_by_many(pieces: Mapping[int, Sequence[Piece]], *, at: datetime) -> list[int]:
    """Move students' numbers by new pieces, by student id, wherever these are their first or newest ones.

    Nothing else is read back. Returns the students who have to be worked out anew: late pieces, numbers of another model.
    """
    model = model_in_use()
    rest: list[int] = []
    for batch in _batches(pieces, 500):
        states, have = _held(batch)
        writing = _Writing()
        for student in batch:
            own, state = pieces[student], states.get(student)
            if state is not None and (
                state.version != model.version
                or (state.newest_at is not None and min(piece.happened_at for piece in own) <= state.newest_at)
            ):
                rest.append(student)
                continue
            started = None
            if state is not None:
                started = learner.Replayed(
                    student=learner.from_bytes(state.state),
                    competencies={key: learner.from_bytes(row.state) for key, row in have[student].items()},
                )
            replayed = learner.replay(model, own, at=at, start=started)
            replayed = _with_uncounted(replayed, (piece for piece in own if piece.competency not in have[student]))
            writing.add(student, replayed, model.version, state, have[student], newest_at=_newest(own, at, state))
        writing.save()
    return rest


def _batches(student_ids: Iterable[int], size: int) -> Iterable[list[int]]:
    """Yield students in one order for everybody, so that two who hold many of them never wait for each other."""
    students = sorted(set(student_ids))
    for start in range(0, len(students), size):
        yield students[start : start + size]


def _held(student_ids: Sequence[int]) -> tuple[dict[int, StudentState], dict[int, dict[int, Mastery]]]:
    """Return the rows of students, held until the end of the transaction."""
    rows = StudentState.objects.select_for_update().filter(student__in=student_ids).order_by("student")
    states = {row.student_id: row for row in rows}
    missing = [student for student in student_ids if student not in states]
    if missing and connection.features.has_select_for_update:
        _hold_people(missing)
        states.update({row.student_id: row for row in rows.filter(student__in=missing)})
    have: dict[int, dict[int, Mastery]] = defaultdict(dict)
    for row in Mastery.objects.filter(student__in=list(states)):
        have[row.student_id][row.competency_id] = row
    return states, have


def _newest(pieces: Iterable[Piece], at: datetime, state: StudentState | None = None) -> datetime | None:
    moments = [piece.happened_at for piece in pieces if piece.happened_at <= at]
    if state is not None and state.newest_at is not None:
        moments.append(state.newest_at)
    return max(moments, default=None)


class _Writing:
    """States to save together, in few statements."""

    def __init__(self) -> None:
        self.fresh: list[Mastery] = []
        self.changed: list[Mastery] = []
        self.fresh_states: list[StudentState] = []
        self.changed_states: list[StudentState] = []

    def add(
        self,
        student_id: int,
        replayed: learner.Replayed,
        version: str,
        state: StudentState | None,
        have: Mapping[int, Mastery],
        *,
        newest_at: datetime | None,
        settled: Mapping[int, int] | None = None,
    ) -> None:
        """Take in what a student's pieces came to; with `settled` also which row settles which competency."""
        of_student = _of_student(replayed.student, newest_at, version)
        if state is None:
            self.fresh_states.append(StudentState(student_id=student_id, **of_student))
        else:
            _set(state, of_student)
            self.changed_states.append(state)
        for competency_id, numbers in replayed.competencies.items():
            facts = _of_competency(numbers)
            if settled is not None:
                facts["settled_by_id"] = settled.get(competency_id)
            row = have.get(competency_id)
            if row is None:
                self.fresh.append(Mastery(student_id=student_id, competency_id=competency_id, **facts))
            else:
                _set(row, facts)
                self.changed.append(row)

    def save(self) -> None:
        """Write everything."""
        StudentState.objects.bulk_create(self.fresh_states, batch_size=1000)
        Mastery.objects.bulk_create(self.fresh, batch_size=1000)
        # Row by row in one statement: the usual bulk update writes a sentence as long as the batch, which takes longer.
        _update_many(_STATE_CHANGES, self.changed_states, "state", "newest_at", "version", "id")
        _update_many(_MASTERY_CHANGES, self.changed, "state", "pieces", "newest_at", "settled_by_id", "id")


_STATE_CHANGES = "UPDATE records_studentstate SET state = %s, newest_at = %s, version = %s WHERE id = %s"
_MASTERY_CHANGES = (
    "UPDATE records_mastery SET state = %s, pieces = %s, newest_at = %s, settled_by_id = %s WHERE id = %s"
)


def _update_many(statement: str, rows: Sequence[Any], *names: str) -> None:
    if rows:
        values = [_prepared(type(row), {name: getattr(row, name) for name in names}, *names) for row in rows]
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)


def _set(row: Any, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        setattr(row, name, value)


# --- All pieces -------------------------------------------------------------------------------------------------------


def work_out(student_ids: Iterable[int], *, at: datetime) -> int:
    """Work numbers out from all rows of each student, with the model in use; returns for how many students.

    Where a student's numbers came from another model, every word that changes with it is written down.
    """
    model = model_in_use()
    count = 0
    for batch in _batches(student_ids, STUDENTS_AT_ONCE):
        states, have = _held(batch)
        pieces = pieces_of(batch)
        # Nothing is recorded before it happened; with a clock that was set back, `at` may lie before what is here already.
        until = max([at, *(piece.happened_at for own in pieces.values() for piece in own)])
        in_force = {student: learner.in_force(pieces.get(student, ()), until) for student in batch}
        judged = {student: _judgements(own) for student, own in in_force.items()}
        row_ids = evidence_row_ids(piece for group in judged.values() for piece in group.values())
        former = {student: state.version for student, state in states.items() if state.version != model.version}
        writing = _Writing()
        for student in batch:
            replayed = learner.replay(model, in_force[student], at=until)
            settled = {key: row_ids[piece.id] for key, piece in judged[student].items()}
            own = pieces.get(student, ())
            whole = _with_uncounted(replayed, own)
            writing.add(
                student,
                whole,
                model.version,
                states.get(student),
                have[student],
                newest_at=_newest(own, until),
                settled=settled,
            )
        writing.save()
        _write_changed_words_down(former, model, in_force, at=at)
        count += len(batch)
    return count


def _with_uncounted(replayed: learner.Replayed, pieces: Iterable[Piece]) -> learner.Replayed:
    """Add what there are pieces about of which none counts: an own view alone, or what was taken back."""
    nothing = {piece.competency: learner.new_competency() for piece in pieces}
    return learner.Replayed(student=replayed.student, competencies={**nothing, **replayed.competencies})


def _judgements(in_force: Iterable[Piece]) -> dict[int, Piece]:
    """Return the newest judgement of each competency; whether it has ended is asked when somebody looks."""
    return {piece.competency: piece for piece in in_force if piece.settles_as is not None}


def _write_changed_words_down(
    former: Mapping[int, str], model: learner.LearnerModel, in_force: Mapping[int, Sequence[Piece]], *, at: datetime
) -> None:
    """Write an audit row for each word that is another one only because the model is."""
    kept = {student: model_of(version) for student, version in former.items() if is_kept(version)}
    if not kept:
        return
    by_change: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for found in differences(kept, model, {student: in_force[student] for student in kept}, at=at):
        if found.before is not found.after:
            change = (former[found.student_id], found.before.value, found.after.value)
            by_change[change].append((found.student_id, found.competency_id))
    if not by_change:
        return
    rows = {(row.student_id, row.competency_id): row for row in Mastery.objects.filter(student__in=list(kept))}
    by = publisher_of(model.version)
    for (version, before, after), keys in by_change.items():
        things = [rows[key] for key in keys]
        facts = {"before": before, "after": after, "version_before": version, "version": model.version}
        audit.record_many(WORD_CHANGED_BY_MODEL, things, by=by, at=at, **facts)
