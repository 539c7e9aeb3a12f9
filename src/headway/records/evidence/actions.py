"""Evidence comes in here, once each, and mastery follows in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from headway.core.evidence import learner_model as learner
from headway.core.evidence.methods import Rule, rule_as_json
from headway.core.evidence.values import Piece, PieceKind
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence import checks
from headway.records.evidence.models import Evidence, Mastery, MasteryRule, StudentState
from headway.records.evidence.queries import model_in_use, model_of, piece_of, pieces_of
from headway.records.evidence.rules import last_rule, scope_of
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards.models import Competency


@dataclass(frozen=True, kw_only=True)
class EvidenceIn:
    """One fact to remember; `client_id` is made where the fact was made, so that sending it twice counts once."""

    student_id: int
    competency_id: int
    kind: str
    happened_at: datetime
    score: float
    client_id: UUID = field(default_factory=uuid4)
    item_id: int | None = None
    resource_id: int | None = None
    difficulty: float = 0.0
    guess_chance: float = 0.0
    hints_used: int = 0
    attempt: int = 1
    on_paper: bool = False
    language: str = ""
    level: int | None = None
    levels: int | None = None
    words: str = ""
    response: Any = None
    settles_as: str = ""
    expires_on: date | None = None
    corrects_id: int | None = None
    source: str = ""


def record(*, fact: EvidenceIn, by: Person | None, at: datetime) -> Evidence:
    """Remember one fact and move mastery; a fact that is already here changes nothing and is returned."""
    return record_once(fact=fact, by=by, at=at)[0]


def record_once(*, fact: EvidenceIn, by: Person | None, at: datetime) -> tuple[Evidence, bool]:
    """Do what `record` does, and return whether the fact is new."""
    if fact.happened_at > at:
        raise RuleBroken(gettext_noop("This is dated in the future. Check the date and save again."))
    row = Evidence(by=by, received_at=at, **{name: getattr(fact, name) for name in EvidenceIn.__dataclass_fields__})
    with transaction.atomic(savepoint=False):
        # Written first and asked afterwards: nearly every fact is new, and the constraint is what makes it once.
        if not _insert_once(row):
            return Evidence.objects.get(client_id=fact.client_id), False
        audit.record("evidence.recorded", row, by=by, at=at)
        _move_mastery(row, at=at)
    return row, True


def _columns() -> list[Any]:
    return [column for column in Evidence._meta.concrete_fields if not column.primary_key]


@cache
def _insert_statement(vendor: str) -> str:
    names = ", ".join(connection.ops.quote_name(str(column.column)) for column in _columns())
    marks = ", ".join(["%s"] * len(_columns()))
    table = connection.ops.quote_name(Evidence._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  names come from the model alone


def _insert_once(row: Evidence) -> bool:
    """Insert a row unless its client id is known; return whether it was new."""
    values = [column.get_db_prep_save(column.pre_save(row, add=True), connection) for column in _columns()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_insert_statement(connection.vendor)} ON CONFLICT (client_id) DO NOTHING RETURNING id", values
        )
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding, row._state.db = False, connection.alias
    return True


@transaction.atomic
def record_many(*, facts: Sequence[EvidenceIn], by: Person | None, at: datetime) -> int:
    """Remember many facts at once (an import, an offline inbox); returns how many are new."""
    known: set[UUID] = set()
    for start in range(0, len(facts), 5000):
        batch = [fact.client_id for fact in facts[start : start + 5000]]
        known.update(Evidence.objects.filter(client_id__in=batch).values_list("client_id", flat=True))
    fresh, seen = [], set(known)
    for fact in facts:
        if fact.client_id not in seen:
            seen.add(fact.client_id)
            fresh.append(fact)
    if fresh:
        _insert(fresh, by, at)
        first = Evidence.objects.only("pk").get(client_id=fresh[0].client_id)
        audit.record("evidence.recorded_many", first, by=by, at=at, count=len(fresh))
        rebuild(_move_many(fresh, at=at), at=at)
    return len(fresh)


def _insert(facts: Sequence[EvidenceIn], by: Person | None, at: datetime) -> None:
    """Insert rows in one statement per thousand; each field's values are prepared once, most of them repeat."""
    columns = _columns()
    constants = {"by_id": by.pk if by is not None else None, "received_at": at}
    prepared: dict[tuple[str, Any], Any] = {}

    def value(column: Any, fact: EvidenceIn) -> Any:
        raw = constants[column.attname] if column.attname in constants else getattr(fact, column.attname)
        if column.attname in ("client_id", "response"):
            return column.get_db_prep_save(raw, connection)
        key = (column.attname, raw)
        if key not in prepared:
            prepared[key] = column.get_db_prep_save(raw, connection)
        return prepared[key]

    with connection.cursor() as cursor:
        for start in range(0, len(facts), 1000):
            cursor.executemany(
                _insert_statement(connection.vendor),
                [[value(column, fact) for column in columns] for fact in facts[start : start + 1000]],
            )


def _move_many(facts: Sequence[EvidenceIn], *, at: datetime) -> list[int]:
    """Move mastery online wherever these facts are a student's first or newest ones, without reading others back.

    Returns the students who need a rebuild: late facts, corrections, judgements.
    """
    own: dict[int, list[EvidenceIn]] = defaultdict(list)
    for fact in facts:
        own[fact.student_id].append(fact)
    students = sorted(own)
    rest: list[int] = []
    for start in range(0, len(students), 500):
        batch = students[start : start + 500]
        states = {row.student_id: row for row in StudentState.objects.select_for_update().filter(student__in=batch)}
        have: dict[int, dict[int, Mastery]] = defaultdict(dict)
        for row in Mastery.objects.select_for_update().filter(student__in=list(states)):
            have[row.student_id][row.competency_id] = row
        model = model_in_use()
        writing = _Writing()
        for student in batch:
            group, state = own[student], states.get(student)
            first = min(fact.happened_at for fact in group)
            is_late = state is not None and state.newest_at is not None and first <= state.newest_at
            other = state is not None and state.version != model.version
            if is_late or other or any(fact.corrects_id or fact.settles_as for fact in group):
                rest.append(student)
                continue
            started = None
            if state is not None:
                started = learner.Replayed(
                    student=learner.from_bytes(state.state),
                    competencies={key: learner.from_bytes(row.state) for key, row in have[student].items()},
                )
            replayed = learner.replay(model, [_piece(fact) for fact in group], at=at, start=started)
            writing.add(student, replayed, model.version, state, have[student], newest_at=_newest(group, at, state))
        writing.save()
    return rest


def _newest(facts: Sequence[EvidenceIn], at: datetime, state: StudentState | None) -> datetime | None:
    moments = [fact.happened_at for fact in facts if fact.happened_at <= at]
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
        if state is None:
            self.fresh_states.append(
                StudentState(student_id=student_id, **_of_student(replayed.student, newest_at, version))
            )
        else:
            _set(state, _of_student(replayed.student, newest_at, version))
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
        StudentState.objects.bulk_update(self.changed_states, ["state", "newest_at", "version"], batch_size=200)
        Mastery.objects.bulk_create(self.fresh, batch_size=1000)
        Mastery.objects.bulk_update(self.changed, ["state", "pieces", "newest_at", "settled_by"], batch_size=200)


def _set(row: Any, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        setattr(row, name, value)


def _of_student(numbers: Any, newest_at: datetime | None, version: str) -> dict[str, Any]:
    return {"state": learner.to_bytes(numbers), "newest_at": newest_at, "version": version}


def _of_competency(numbers: Any) -> dict[str, Any]:
    return {
        "state": learner.to_bytes(numbers),
        "pieces": learner.pieces_counted(numbers),
        "newest_at": learner.newest_at(numbers),
    }


def _piece(fact: EvidenceIn) -> Piece:
    """Return a fact as the learner model reads it, without the names that only sentences need."""
    return Piece(
        id=str(fact.client_id),
        kind=PieceKind(fact.kind),
        happened_at=fact.happened_at,
        score=fact.score,
        hints_used=fact.hints_used,
        attempt=fact.attempt,
        on_paper=fact.on_paper,
        difficulty=fact.difficulty,
        guess=fact.guess_chance,
        level=fact.level,
        levels=fact.levels,
        competency=fact.competency_id,
    )


@transaction.atomic
def judge(
    *,
    student: Person,
    competency: Competency,
    word: str,
    reason: str,
    by: Person,
    at: datetime,
    expires_on: date | None = None,
    client_id: UUID | None = None,
) -> Evidence:
    """Let a teacher settle a matter with a reason; shown until a later judgement or until it expires."""
    if not reason.strip():
        raise RuleBroken(gettext_noop("Say in a few words why you judge so. Families and colleagues read it."))
    chances = {"starting": 0.3, "growing": 0.65, "secure": 0.88, "beyond": 0.96}
    if word not in chances:
        raise RuleBroken(gettext_noop("Choose one of the four words."))
    level = list(chances).index(word)
    return record(
        fact=EvidenceIn(
            client_id=client_id or uuid4(),
            student_id=student.pk,
            competency_id=competency.pk,
            kind=Evidence.Kind.JUDGEMENT,
            happened_at=at,
            score=chances[word],
            level=level,
            levels=len(chances),
            words=reason.strip(),
            settles_as=word,
            expires_on=expires_on,
        ),
        by=by,
        at=at,
    )


@transaction.atomic
def withdraw(*, evidence: Evidence, by: Person, at: datetime) -> Evidence:
    """Take back what one wrote: a later row corrects it, and mastery is as if it had never been said."""
    if evidence.by_id != by.pk or evidence.kind in {Evidence.Kind.ANSWER, Evidence.Kind.WITHDRAWAL}:
        raise RuleBroken(gettext_noop("Only the person who wrote this can take it back. Record what you see now."))
    known = evidence.corrected_by.first()
    if known is not None:
        return known
    return record(
        fact=EvidenceIn(
            student_id=evidence.student_id,
            competency_id=evidence.competency_id,
            kind=Evidence.Kind.WITHDRAWAL,
            happened_at=at,
            score=0.0,
            corrects_id=evidence.pk,
        ),
        by=by,
        at=at,
    )


# --- Rules of mastery -------------------------------------------------------------------------------------------------


@transaction.atomic
def set_rule(
    *,
    school: Organisation,
    rule: Rule,
    by: Person | None,
    at: datetime,
    school_class: Class | None = None,
    competency: Competency | None = None,
    framework_id: int | None = None,
) -> MasteryRule:
    """Choose how evidence becomes a word, for a class, a skill, a framework or (with none of them) the whole school.

    The words follow at once; what was shown before keeps the rule it was shown with. The same rule again changes nothing.
    """
    before = _rule_to_change(school, by, school_class, competency, framework_id)
    if before is not None and before.version == rule.version:
        return before
    starts_at = at
    if before is not None:
        starts_at = _end(before, at)
    made = MasteryRule.objects.create(
        school=school,
        rule=rule_as_json(rule),
        version=rule.version,
        starts_at=starts_at,
        by=by,
        **scope_of(school_class=school_class, competency=competency, framework_id=framework_id),
    )
    audit.record(
        "mastery_rule.set",
        made,
        by=by,
        at=at,
        version=made.version,
        before=before.version if before is not None else None,
    )
    return made


@transaction.atomic
def end_rule(
    *,
    school: Organisation,
    by: Person | None,
    at: datetime,
    school_class: Class | None = None,
    competency: Competency | None = None,
    framework_id: int | None = None,
) -> MasteryRule | None:
    """Go back to the rule that holds above; returns the rule that ended, None when there was none."""
    before = _rule_to_change(school, by, school_class, competency, framework_id)
    if before is not None:
        _end(before, at)
        audit.record("mastery_rule.ended", before, by=by, at=at, version=before.version)
    return before


def _rule_to_change(
    school: Organisation,
    by: Person | None,
    school_class: Class | None,
    competency: Competency | None,
    framework_id: int | None,
) -> MasteryRule | None:
    """Return the rule that has no end yet, after asking whether `by` may change it."""
    checks.check_rule_scope(school, school_class, competency, framework_id)
    checks.check_set_rule(by, school, school_class)
    # Two people choosing at once wait for each other here: the second one ends what the first one began.
    Organisation.objects.select_for_update().get(pk=school.pk)
    return last_rule(school, school_class=school_class, competency=competency, framework_id=framework_id)


def _end(row: MasteryRule, at: datetime) -> datetime:
    """End a rule; returns from when another may hold. A clock that was set back ends nothing before it began."""
    row.ends_at = max(at, row.starts_at)
    row.save(update_fields=["ends_at"])
    return row.ends_at


# Asked at every answer: written out, since building them anew takes longer than the database needs to answer.
_STATE = "SELECT id, state, newest_at, version FROM records_studentstate WHERE student_id = %s"
_MASTERY = "SELECT id, state, settled_by_id FROM records_mastery WHERE student_id = %s AND competency_id = %s"
_STATE_MOVES = "UPDATE records_studentstate SET state = %s, newest_at = %s WHERE id = %s"
_MASTERY_MOVES = "UPDATE records_mastery SET state = %s, pieces = %s, newest_at = %s WHERE id = %s"


def _move_mastery(row: Evidence, *, at: datetime, is_second_try: bool = False) -> None:
    """Move a student's mastery by one new row: online when it is the newest, else from all rows again."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    state = next(iter(StudentState.objects.raw(_STATE + lock, [row.student_id])), None)
    is_late = state is not None and state.newest_at is not None and row.happened_at <= state.newest_at
    if is_late or row.corrects_id or row.kind == Evidence.Kind.JUDGEMENT:
        rebuild([row.student_id], at=at)
        return
    mastery = next(iter(Mastery.objects.raw(_MASTERY + lock, [row.student_id, row.competency_id])), None)
    model = model_of(state.version) if state is not None else model_in_use()
    before = learner.from_bytes(state.state) if state is not None else learner.new_student()
    known = learner.from_bytes(mastery.state) if mastery is not None else learner.new_competency()
    student, competency = learner.count(model, before, known, piece_of(row, with_names=False))
    try:
        with transaction.atomic(savepoint=state is None or mastery is None):
            _write(
                row, state, mastery, _of_student(student, row.happened_at, model.version), _of_competency(competency)
            )
    except IntegrityError:
        if is_second_try:
            raise
        # Two first answers at once both begin; the second one waits for the first and goes on from what it left.
        _move_mastery(row, at=at, is_second_try=True)


def _write(
    row: Evidence,
    state: StudentState | None,
    mastery: Mastery | None,
    of_student: Mapping[str, Any],
    of_competency: Mapping[str, Any],
) -> None:
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


def _prepared(model: Any, facts: Mapping[str, Any], *names: str) -> list[Any]:
    known = {column.attname: column for column in model._meta.concrete_fields}
    return [known[name].get_db_prep_save(facts[name], connection) for name in names]


@transaction.atomic
def rebuild(student_ids: Iterable[int], *, at: datetime) -> int:
    """Work mastery out again from all rows of each student; returns for how many students."""
    students = sorted(set(student_ids))
    model = model_in_use()
    for start in range(0, len(students), 200):
        batch = students[start : start + 200]
        states = {row.student_id: row for row in StudentState.objects.select_for_update().filter(student__in=batch)}
        have: dict[int, dict[int, Mastery]] = defaultdict(dict)
        for row in Mastery.objects.select_for_update().filter(student__in=batch):
            have[row.student_id][row.competency_id] = row
        pieces = pieces_of(batch)
        judged = dict(
            Evidence.objects.filter(student__in=batch, kind=Evidence.Kind.JUDGEMENT).values_list("client_id", "pk")
        )
        writing = _Writing()
        for student in batch:
            own = learner.in_force(pieces.get(student, []), at)
            by_competency: dict[int, list[Piece]] = defaultdict(list)
            for piece in own:
                by_competency[piece.competency].append(piece)
            settled = {}
            for competency, group in by_competency.items():
                judgement = learner.settling(group, at)
                if judgement is not None:
                    settled[competency] = judged[UUID(judgement.id)]
            replayed = learner.replay(model, own, at=at)
            # What was all taken back stays as a row on which nothing is known.
            gone = {key: learner.new_competency() for key in have[student] if key not in replayed.competencies}
            whole = learner.Replayed(student=replayed.student, competencies={**replayed.competencies, **gone})
            newest = max(
                (piece.happened_at for piece in pieces.get(student, []) if piece.happened_at <= at), default=None
            )
            state = states.get(student)
            writing.add(student, whole, model.version, state, have[student], newest_at=newest, settled=settled)
        writing.save()
    return len(students)


def stale_students() -> list[int]:
    """Return students with evidence whose numbers are missing or come from another learner model than the one in use."""
    current = model_in_use().version
    having = Evidence.objects.order_by().values_list("student_id", flat=True).distinct()
    return sorted(set(having) - set(StudentState.objects.filter(version=current).values_list("student_id", flat=True)))


def rebuild_stale(*, at: datetime, advance: Callable[[int], None] | None = None) -> int:
    """Work mastery out again for stale students; can be stopped and started again, since each batch is saved on its own."""
    students = stale_students()
    for start in range(0, len(students), 200):
        batch = students[start : start + 200]
        rebuild(batch, at=at)
        if advance:
            advance(len(batch))
    return len(students)
