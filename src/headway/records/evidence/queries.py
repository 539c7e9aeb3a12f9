"""What the evidence says, for readers that roster has already let in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from headway.core import evidence as learner
from headway.core.shared.errors import NotFound
from headway.records.evidence.models import Evidence, Mastery
from headway.records.roster.models import Person
from headway.records.standards.models import Competency

RULE = learner.DEFAULT_RULE


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One student's mastery of one competency, as a page shows it."""

    student_id: int
    competency_id: int
    chance: float
    low: float
    high: float
    pieces: int
    newest_at: datetime | None
    word: str
    is_stale: bool
    is_settled: bool


NO_EVIDENCE = Cell(
    student_id=0,
    competency_id=0,
    chance=0.0,
    low=0.0,
    high=1.0,
    pieces=0,
    newest_at=None,
    word="none",
    is_stale=False,
    is_settled=False,
)


def piece_of(row: Evidence, *, with_names: bool = True) -> learner.Piece:
    """Return an evidence row as the learner model reads it; without names nothing more is read for it."""
    return learner.Piece(
        id=str(row.client_id),
        kind=learner.PieceKind(row.kind),
        happened_at=row.happened_at,
        score=row.score,
        hints_used=row.hints_used,
        attempt=row.attempt,
        on_paper=row.on_paper,
        difficulty=row.difficulty,
        guess=row.guess_chance,
        level=row.level,
        levels=row.levels,
        by=row.by.formal_name if with_names and row.by_id and row.by else "",
        corrects=str(row.corrects.client_id) if row.corrects_id and row.corrects else None,
        words=row.words,
        what=row.resource.title if with_names and row.resource_id and row.resource else "",
        settles_as=learner.Word(row.settles_as) if row.settles_as else None,
        expires_on=row.expires_on,
    )


def evidence_of(student: Person, competency: Competency) -> QuerySet[Evidence]:
    """Return every row about one student and one competency, newest first."""
    return (
        Evidence.objects.filter(student=student, competency=competency)
        .select_related("by", "resource", "corrects", "item")
        .order_by("-happened_at", "-pk")
    )


def explained(student: Person, competency: Competency, *, at: datetime) -> learner.Estimate:
    """Return mastery as of `at` with each row's contribution, worked out from the rows themselves."""
    return learner.estimate([piece_of(row) for row in evidence_of(student, competency)], at=at, rule=RULE)


def cells(students: Iterable[Person], competency_ids: Iterable[int], *, at: datetime) -> dict[tuple[int, int], Cell]:
    """Return the class grid in one query: mastery at `at` by (student id, competency id).

    A missing key means no evidence. A stored belief is carried on to `at`, so that a cell and its explanation agree,
    and a judgement that has ended settles nothing any more.
    """
    rows = Mastery.objects.filter(
        student__in=[student.pk for student in students], competency__in=list(competency_ids)
    ).values_list(
        "student_id",
        "competency_id",
        "belief",
        "pieces",
        "newest_at",
        "settled_by__settles_as",
        "settled_by__expires_on",
    )
    today = at.date()
    grid = {}
    for student_id, competency_id, belief, pieces, newest_at, settles_as, expires_on in rows:
        shown = learner.summary(learner.belief_from_json(belief), at=at, newest_at=newest_at, pieces=pieces, rule=RULE)
        is_settled = bool(settles_as) and (expires_on is None or today <= expires_on)
        grid[student_id, competency_id] = Cell(
            student_id=student_id,
            competency_id=competency_id,
            chance=shown.chance,
            low=shown.low,
            high=shown.high,
            pieces=pieces,
            newest_at=newest_at,
            word=settles_as if is_settled else shown.word.value,
            is_stale=shown.is_stale,
            is_settled=is_settled,
        )
    return grid


def cell(student: Person, competency_id: int, *, at: datetime) -> Cell:
    """Return one cell; no evidence is a cell too."""
    return cells([student], [competency_id], at=at).get((student.pk, competency_id), NO_EVIDENCE)


def timeline(student: Person, *, limit: int = 40) -> list[Evidence]:
    """Return what adults saw and judged about a student, newest first."""
    return list(
        Evidence.objects.filter(student=student, corrected_by__isnull=True)
        .exclude(kind__in=[Evidence.Kind.ANSWER, Evidence.Kind.SELF, Evidence.Kind.WITHDRAWAL])
        .select_related("by", "competency", "resource")
        .order_by("-happened_at", "-pk")[:limit]
    )


def observed_by(adult: Person, *, limit: int = 5) -> list[Evidence]:
    """Return what an adult saw last and has not taken back."""
    rows = Evidence.objects.filter(by=adult, kind=Evidence.Kind.OBSERVATION, corrected_by__isnull=True)
    return list(rows.select_related("student", "competency").order_by("-received_at", "-pk")[:limit])


def newest_evidence_at(students: Iterable[Person]) -> dict[int, datetime]:
    """Return when each student's newest mastery evidence happened, by student id."""
    newest: dict[int, datetime] = {}
    rows = Mastery.objects.filter(student__in=[s.pk for s in students], newest_at__isnull=False)
    for student_id, newest_at in rows.values_list("student_id", "newest_at"):
        if newest_at is not None and (student_id not in newest or newest_at > newest[student_id]):
            newest[student_id] = newest_at
    return newest


@dataclass(frozen=True, kw_only=True, slots=True)
class RecentAnswers:
    """How one student's answers on one competency went since a moment."""

    student_id: int
    competency_id: int
    misses: int
    rights: int


def recent_answers(students: Iterable[Person], *, since: datetime) -> list[RecentAnswers]:
    """Return how many answers were right and not yet right since a moment, by student and competency."""
    rows = (
        Evidence.objects.filter(
            student__in=[student.pk for student in students],
            kind=Evidence.Kind.ANSWER,
            happened_at__gte=since,
            corrected_by__isnull=True,
        )
        .values_list("student_id", "competency_id")
        .annotate(misses=Count("pk", filter=Q(score__lt=0.5)), rights=Count("pk", filter=Q(score__gte=0.5)))
        .order_by("student_id", "competency_id")
    )
    return [
        RecentAnswers(student_id=student_id, competency_id=competency_id, misses=misses, rights=rights)
        for student_id, competency_id, misses, rights in rows
    ]


def pieces_in(students: Iterable[Person], *, start: datetime, end: datetime) -> dict[int, int]:
    """Return how many pieces came in for each student in a stretch of time."""
    rows = (
        Evidence.objects.filter(
            student__in=[student.pk for student in students], happened_at__gte=start, happened_at__lt=end
        )
        .exclude(kind__in=[Evidence.Kind.SELF, Evidence.Kind.WITHDRAWAL])
        .order_by()
        .values_list("student_id")
        .annotate(pieces=Count("pk"))
    )
    return dict(rows)


def evidence_for(teacher: Person, client_id: UUID) -> Evidence:
    """Return one row about a student of one of the person's classes, else "not found"."""
    found = (
        Evidence.objects.filter(
            client_id=client_id,
            student__enrolments__school_class__teachings__teacher=teacher,
            student__enrolments__left_on__isnull=True,
        )
        .select_related("student", "competency")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def competency_ids_with_evidence(student: Person) -> list[int]:
    """Return what there is mastery of, for one student."""
    return list(Mastery.objects.filter(student=student).values_list("competency_id", flat=True))


def pieces_since(student: Person, *, since: datetime) -> dict[int, int]:
    """Return how many counted pieces came in since a moment, by competency id, the newest first."""
    rows = (
        Evidence.objects.filter(student=student, happened_at__gte=since, corrected_by__isnull=True)
        .exclude(kind__in=[Evidence.Kind.SELF, Evidence.Kind.WITHDRAWAL])
        .values("competency_id")
        .annotate(pieces=Count("pk"), newest=Max("happened_at"))
        .order_by("-newest")
    )
    return {row["competency_id"]: row["pieces"] for row in rows}


def own_views(student: Person, competency_ids: Iterable[int]) -> dict[int, Evidence]:
    """Return the student's newest own view of each competency, by competency id."""
    rows = Evidence.objects.filter(
        student=student, competency__in=list(competency_ids), kind=Evidence.Kind.SELF
    ).order_by("happened_at", "pk")
    return {row.competency_id: row for row in rows}


def newest_rating(student: Person, item_id: int) -> Evidence | None:
    """Return what an adult last said about a student's long answer to a question."""
    return (
        Evidence.objects.filter(student=student, item=item_id, kind=Evidence.Kind.RUBRIC, corrected_by__isnull=True)
        .select_related("by")
        .order_by("-happened_at", "-pk")
        .first()
    )
