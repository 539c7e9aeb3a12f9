"""Evidence comes in here, once each, and mastery follows in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from headway.core import evidence as learner
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence.models import Evidence, Mastery
from headway.records.evidence.queries import RULE, piece_of
from headway.records.roster.models import Person
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


def _move_many(facts: Sequence[EvidenceIn], *, at: datetime) -> set[tuple[int, int]]:
    """Move mastery online wherever these facts are the first ones or the newest ones, without reading others back.

    Returns the pairs that have more to them (late facts, corrections, judgements) and need a rebuild.
    """
    own: dict[tuple[int, int], list[EvidenceIn]] = defaultdict(list)
    for fact in facts:
        own[fact.student_id, fact.competency_id].append(fact)
    students = sorted({student for student, _competency in own})
    have: dict[tuple[int, int], Mastery] = {}
    for start in range(0, len(students), 500):
        rows = Mastery.objects.select_for_update().filter(student__in=students[start : start + 500])
        have.update({(row.student_id, row.competency_id): row for row in rows})
    fresh: list[Mastery] = []
    changed: list[Mastery] = []
    rest: set[tuple[int, int]] = set()
    for key, group in own.items():
        mastery = have.get(key)
        pieces = sorted(
            (_piece(fact) for fact in group if fact.happened_at <= at), key=lambda piece: (piece.happened_at, piece.id)
        )
        is_late = mastery is not None and bool(pieces) and _is_late(mastery, pieces[0].happened_at)
        has_more = mastery is not None and mastery.settled_by_id is not None
        if is_late or has_more or any(fact.corrects_id or fact.settles_as for fact in group):
            rest.add(key)
            continue
        belief = learner.belief_from_json(mastery.belief) if mastery else learner.DEFAULT_PRIOR
        for piece in pieces:
            belief = learner.after(belief, piece, rule=RULE)
        counted = [piece for piece in pieces if piece.kind is not learner.PieceKind.SELF]
        newest_at = counted[-1].happened_at if counted else (mastery.newest_at if mastery else None)
        shown = learner.summary(belief, at=at, newest_at=newest_at, pieces=belief.pieces, settled=None, rule=RULE)
        values = _facts(shown, None, at)
        if mastery is None:
            fresh.append(Mastery(student_id=key[0], competency_id=key[1], **values))
        else:
            for name, value in values.items():
                setattr(mastery, name, value)
            changed.append(mastery)
    Mastery.objects.bulk_create(fresh, batch_size=1000)
    Mastery.objects.bulk_update(changed, _MASTERY_FIELDS, batch_size=200)
    return rest


def _is_late(mastery: Mastery, happened_at: datetime) -> bool:
    """Whether a fact comes too late to be added at the end.

    A stored belief has faded until it was written; what happened before that moment is counted from its own day.
    """
    return happened_at < mastery.as_of or (mastery.newest_at is not None and happened_at <= mastery.newest_at)


def _piece(fact: EvidenceIn) -> learner.Piece:
    """Return a fact as the learner model reads it, without the names that only sentences need."""
    return learner.Piece(
        id=str(fact.client_id),
        kind=learner.PieceKind(fact.kind),
        happened_at=fact.happened_at,
        score=fact.score,
        hints_used=fact.hints_used,
        attempt=fact.attempt,
        on_paper=fact.on_paper,
        difficulty=fact.difficulty,
        guess=fact.guess_chance,
        level=fact.level,
        levels=fact.levels,
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


# Asked at every answer: written out, since building it anew takes longer than the database needs to answer.
_MASTERY = "SELECT * FROM records_mastery WHERE student_id = %s AND competency_id = %s"
_MASTERY_MOVES = """
    UPDATE records_mastery SET chance = %s, low = %s, high = %s, word = %s, pieces = %s, newest_at = %s, belief = %s,
           settled_by_id = %s, as_of = %s, version = %s WHERE id = %s"""


def _move_mastery(row: Evidence, *, at: datetime, is_second_try: bool = False) -> None:
    """Move one student's mastery by one new row: online when it is the newest, else from all rows again."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    mastery = next(iter(Mastery.objects.raw(_MASTERY + lock, [row.student_id, row.competency_id])), None)
    is_late = mastery is not None and _is_late(mastery, row.happened_at)
    if is_late or row.corrects_id or row.kind == Evidence.Kind.JUDGEMENT or (mastery and mastery.settled_by_id):
        rebuild([(row.student_id, row.competency_id)], at=at)
        return
    before = learner.belief_from_json(mastery.belief) if mastery else learner.DEFAULT_PRIOR
    belief = learner.after(before, piece_of(row, with_names=False), rule=RULE)
    counts = row.kind != Evidence.Kind.SELF
    newest_at = row.happened_at if counts else (mastery.newest_at if mastery else None)
    shown = learner.summary(belief, at=at, newest_at=newest_at, pieces=belief.pieces, settled=None, rule=RULE)
    facts = _facts(shown, None, at)
    if mastery is not None:
        known = {column.attname: column for column in Mastery._meta.concrete_fields}
        values = [known[name].get_db_prep_save(value, connection) for name, value in facts.items()]
        with connection.cursor() as cursor:
            cursor.execute(_MASTERY_MOVES, [*values, mastery.pk])
        return
    try:
        with transaction.atomic():
            Mastery.objects.create(student_id=row.student_id, competency_id=row.competency_id, **facts)
    except IntegrityError:
        if is_second_try:
            raise
        # Two first answers at once both begin; the second one waits for the first and goes on from what it left.
        _move_mastery(row, at=at, is_second_try=True)


def _facts(shown: learner.Estimate, settled_by_id: int | None, at: datetime) -> dict[str, Any]:
    return {
        "chance": shown.chance,
        "low": shown.low,
        "high": shown.high,
        "word": shown.word.value,
        "pieces": shown.pieces,
        "newest_at": shown.newest_at,
        "belief": shown.belief.as_json(),
        "settled_by_id": settled_by_id,
        "as_of": at,
        "version": shown.version,
    }


_MASTERY_FIELDS = ("chance", "low", "high", "word", "pieces", "newest_at", "belief", "settled_by", "as_of", "version")
_NOT_TOLD = ("text", "steps", "description", "uses", "topics", "careers", "needs", "culture")


@transaction.atomic
def rebuild(pairs: Iterable[tuple[int, int]], *, at: datetime) -> int:
    """Work mastery out again from all rows of each (student id, competency id); returns how many were worked out."""
    wanted = set(pairs)
    students = sorted({student for student, _competency in wanted})
    competencies = {competency for _student, competency in wanted}
    done = 0
    for start in range(0, len(students), 200):
        batch = students[start : start + 200]
        pieces: dict[tuple[int, int], list[learner.Piece]] = defaultdict(list)
        row_ids: dict[str, int] = {}
        # Of the resource only its title is told; texts and lists would be most of what is read.
        rows = (
            Evidence.objects.filter(student__in=batch, competency__in=competencies)
            .select_related("by", "resource", "corrects")
            .defer("response", *(f"resource__{name}" for name in _NOT_TOLD))
        )
        for row in rows.iterator(chunk_size=5000):
            key = (row.student_id, row.competency_id)
            if key in wanted:
                piece = piece_of(row)
                pieces[key].append(piece)
                row_ids[piece.id] = row.pk
        known = {
            (row.student_id, row.competency_id): row
            for row in Mastery.objects.select_for_update().filter(student__in=batch)
        }
        fresh, changed = [], []
        for key, own in pieces.items():
            shown = learner.estimate(own, at=at, rule=RULE)
            settled_by_id = row_ids[shown.settled_by.id] if shown.settled_by else None
            facts = _facts(shown, settled_by_id, at)
            if key in known:
                for name, value in facts.items():
                    setattr(known[key], name, value)
                changed.append(known[key])
            else:
                fresh.append(Mastery(student_id=key[0], competency_id=key[1], **facts))
        Mastery.objects.bulk_create(fresh, batch_size=1000)
        Mastery.objects.bulk_update(
            changed,
            _MASTERY_FIELDS,
            batch_size=200,
        )
        done += len(fresh) + len(changed)
    return done
