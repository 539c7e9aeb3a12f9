"""Evidence comes in here, once each, and mastery follows in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from headway.core.evidence.methods import Rule, rule_as_json
from headway.core.evidence.scorecards import Scorecards, as_json, shipped
from headway.core.evidence.values import Piece, PieceKind
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.evidence import checks, states
from headway.records.evidence.models import Evidence, MasteryRule, ModelVersion
from headway.records.evidence.replays import ModelChanges, changes_with
from headway.records.evidence.rules import last_rule, scope_of
from headway.records.evidence.versions import is_kept, model_in_use, ready, stale_students
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards.models import Competency

SHIPPED = "comes with Headway"


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
    saw_example: bool = False
    answer_format: str = ""
    seconds: int | None = None
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
    checks.check_has_happened([fact.happened_at], at)
    row = Evidence(by=by, received_at=at, **{name: getattr(fact, name) for name in EvidenceIn.__dataclass_fields__})
    with transaction.atomic(savepoint=False):
        # Written first and asked afterwards: nearly every fact is new, and the constraint is what makes it once.
        if not _insert_once(row):
            return Evidence.objects.get(client_id=fact.client_id), False
        audit.record("evidence.recorded", row, by=by, at=at)
        states.move_by_one(row, at=at)
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
    checks.check_has_happened((fact.happened_at for fact in facts), at)
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
        _move_mastery(fresh, at=at)
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


def _move_mastery(facts: Sequence[EvidenceIn], *, at: datetime) -> None:
    """Move mastery by new facts: online where it can be, else from all rows."""
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for fact in facts:
        pieces[fact.student_id].append(_piece(fact))
    again = {fact.student_id for fact in facts if fact.corrects_id or fact.settles_as}
    again.update(states.move_by_many({key: own for key, own in pieces.items() if key not in again}, at=at))
    states.work_out(again, at=at)


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


# --- Learner models ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PublishReport:
    """What came of publishing a learner model; `students` had their mastery worked out again with it."""

    version: str
    version_before: str
    changes: ModelChanges | None
    students: int


def publish_model(
    *,
    cards: Scorecards,
    report: Mapping[str, Any],
    by: Person | None,
    at: datetime,
    accept_changes: bool = False,
    changes: ModelChanges | None = None,
    advance: Callable[[int], None] | None = None,
) -> PublishReport:
    """Take a fitted learner model into use, and write down every word that it changes.

    Refused while somebody would be shown something else without new evidence, unless `accept_changes`. Every batch of
    students is saved on its own: until their turn comes, students keep the numbers and the words of the model before. What
    was interrupted goes on when it is called again. `changes` are those of a moment ago, where they are known; `advance` hears
    of students compared and of students worked out.
    """
    version_before = model_in_use().version
    if checks.check_model(cards):
        changes = None
    else:
        changes = changes or changes_with(ready(cards), at=at, advance=advance)
        checks.check_changes(changes, accept_changes=accept_changes)
        _keep_model(cards, report, by=by, at=at, changes=changes)
    students = rebuild_stale(at=at, advance=advance)
    return PublishReport(version=cards.version, version_before=version_before, changes=changes, students=students)


@transaction.atomic
def _keep_model(
    cards: Scorecards, report: Mapping[str, Any], *, by: Person | None, at: datetime, changes: ModelChanges | None
) -> None:
    row = ModelVersion.objects.create(
        version=cards.version, parameters=as_json(cards), report=dict(report), published_at=at, published_by=by
    )
    facts = {"words_changed": changes.words_changed, "moved": changes.moved} if changes is not None else {}
    audit.record("model.published", row, by=by, at=at, version=cards.version, **facts)


def keep_shipped_model(*, at: datetime) -> bool:
    """Keep the numbers of the learner model that comes with Headway, so that what it says now can be said again later.

    A newer one takes the place of an older one that came with Headway, never of one that the school fitted. Returns whether
    there was anything to keep.
    """
    cards, newest = shipped(), ModelVersion.objects.order_by("-published_at", "-pk").first()
    is_own = newest is not None and not newest.report.get(SHIPPED) and is_kept(newest.version)
    if is_own or ModelVersion.objects.filter(version=cards.version).exists():
        return False
    _keep_model(cards, {SHIPPED: True}, by=None, at=at, changes=None)
    return True


# --- Working out ------------------------------------------------------------------------------------------------------


@transaction.atomic
def rebuild(student_ids: Iterable[int], *, at: datetime) -> int:
    """Work mastery out again from all rows of each student; returns for how many students."""
    return states.work_out(student_ids, at=at)


def rebuild_stale(*, at: datetime, advance: Callable[[int], None] | None = None) -> int:
    """Work mastery out again for stale students; can be stopped and started again, since each batch is saved on its own."""
    students = stale_students()
    for start in range(0, len(students), states.STUDENTS_AT_ONCE):
        batch = students[start : start + states.STUDENTS_AT_ONCE]
        rebuild(batch, at=at)
        if advance:
            advance(len(batch))
    return len(students)
