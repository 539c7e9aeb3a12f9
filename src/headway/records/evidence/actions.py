"""Evidence comes in here, once each, and mastery follows in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

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


def _row(fact: EvidenceIn, by: Person | None, at: datetime) -> Evidence:
    names = set(EvidenceIn.__dataclass_fields__)
    return Evidence(by=by, received_at=at, **{name: getattr(fact, name) for name in names})


@transaction.atomic
def record(*, fact: EvidenceIn, by: Person | None, at: datetime) -> Evidence:
    """Remember one fact and move mastery; a fact that is already here changes nothing and is returned."""
    if fact.happened_at > at:
        raise RuleBroken(gettext_noop("This is dated in the future. Check the date and save again."))
    row, is_new = Evidence.objects.get_or_create(
        client_id=fact.client_id,
        defaults={
            "by": by,
            "received_at": at,
            **{name: getattr(fact, name) for name in EvidenceIn.__dataclass_fields__ if name != "client_id"},
        },
    )
    if is_new:
        audit.record("evidence.recorded", row, by=by, at=at)
        _move_mastery(row, at=at)
    return row


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
            fresh.append(_row(fact, by, at))
    rows = Evidence.objects.bulk_create(fresh, batch_size=1000)
    if rows:
        audit.record("evidence.recorded_many", rows[0], by=by, at=at, count=len(rows))
        rebuild({(row.student_id, row.competency_id) for row in rows}, at=at)
    return len(rows)


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


def _move_mastery(row: Evidence, *, at: datetime) -> None:
    """Move one student's mastery by one new row: online when it is the newest, else from all rows again."""
    mastery = (
        Mastery.objects.select_for_update()
        .filter(student_id=row.student_id, competency_id=row.competency_id)
        .select_related("settled_by")
        .first()
    )
    is_late = mastery is not None and mastery.newest_at is not None and row.happened_at <= mastery.newest_at
    if is_late or row.corrects_id or row.kind == Evidence.Kind.JUDGEMENT or (mastery and mastery.settled_by_id):
        rebuild([(row.student_id, row.competency_id)], at=at)
        return
    before = learner.belief_from_json(mastery.belief) if mastery else learner.DEFAULT_PRIOR
    belief = learner.after(before, piece_of(row), rule=RULE)
    counts = row.kind != Evidence.Kind.SELF
    newest_at = row.happened_at if counts else (mastery.newest_at if mastery else None)
    shown = learner.summary(belief, at=at, newest_at=newest_at, pieces=belief.pieces, settled=None, rule=RULE)
    _save(mastery, row.student_id, row.competency_id, shown, settled_by_id=None, at=at)


def _save(
    mastery: Mastery | None,
    student_id: int,
    competency_id: int,
    shown: learner.Estimate,
    *,
    settled_by_id: int | None,
    at: datetime,
) -> None:
    facts = _facts(shown, settled_by_id, at)
    if mastery is None:
        Mastery.objects.create(student_id=student_id, competency_id=competency_id, **facts)
        return
    for name, value in facts.items():
        setattr(mastery, name, value)
    mastery.save(update_fields=list(facts))


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


@transaction.atomic
def rebuild(pairs: Iterable[tuple[int, int]], *, at: datetime) -> int:
    """Work mastery out again from all rows of each (student id, competency id); returns how many were worked out."""
    wanted = set(pairs)
    students = sorted({student for student, _competency in wanted})
    done = 0
    for start in range(0, len(students), 200):
        batch = students[start : start + 200]
        pieces: dict[tuple[int, int], list[learner.Piece]] = defaultdict(list)
        row_ids: dict[str, int] = {}
        rows = Evidence.objects.filter(student__in=batch).select_related("by", "resource", "corrects")
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
            ["chance", "low", "high", "word", "pieces", "newest_at", "belief", "settled_by", "as_of", "version"],
            batch_size=200,
        )
        done += len(fresh) + len(changed)
    return done
