"""What the evidence says, for pages, the planner and exports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from headway.core.evidence import learner_model as learner
from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule, WhatIf, class_what_if, score_of
from headway.core.evidence.scorecards import from_json
from headway.core.evidence.values import Estimate, Piece, PieceKind, Word
from headway.core.shared.errors import NotFound
from headway.records.evidence.models import Evidence, Mastery, ModelVersion, StudentState
from headway.records.evidence.rules import Rules, rules_at
from headway.records.roster.models import Class, Person
from headway.records.standards.models import Competency
from headway.records.standards.queries import lending


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One student's mastery of one competency, as a page shows it.

    `certain` is how sure the learner model is that it is secure; `rule` is the rule that gave the word.
    """

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
    certain: float = 0.0
    rule: Rule = DEFAULT_RULE


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


# --- The learner model in use -----------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def model_of(version: str) -> learner.LearnerModel:
    """Return a learner model by its version; versions never change, so each process reads one once."""
    row = ModelVersion.objects.filter(version=version).first()
    if row is None:
        return learner.shipped_model()
    competencies = [int(name) for name in row.parameters.get("facts", {}).get("competencies", [])]
    return learner.model_from(from_json(row.parameters), competencies=competencies)


def version_in_use() -> str:
    """Return the version of the newest published learner model, "" for the one that comes with Headway."""
    return ModelVersion.objects.order_by("-published_at", "-pk").values_list("version", flat=True).first() or ""


def model_in_use() -> learner.LearnerModel:
    """Return the newest published learner model, or the one that comes with Headway."""
    return model_of(version_in_use())


def has_stale_states() -> bool:
    """Whether some student's numbers come from another learner model than the one in use."""
    return StudentState.objects.exclude(version=model_in_use().version).exists()


# --- Pieces -----------------------------------------------------------------------------------------------------------


def piece_of(row: Evidence, *, with_names: bool = True) -> Piece:
    """Return an evidence row as the learner model reads it; without names nothing more is read for it."""
    return Piece(
        id=str(row.client_id),
        kind=PieceKind(row.kind),
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
        settles_as=Word(row.settles_as) if row.settles_as else None,
        expires_on=row.expires_on,
        competency=row.competency_id,
    )


_BARE = (
    "client_id", "kind", "happened_at", "score", "hints_used", "attempt", "on_paper", "difficulty", "guess_chance", "level",
    "levels", "corrects__client_id", "settles_as", "expires_on", "competency_id",
)  # fmt: skip


def _bare_piece(values: Sequence[Any]) -> Piece:
    (
        client_id,
        kind,
        happened_at,
        score,
        hints,
        attempt,
        paper,
        difficulty,
        guess,
        level,
        levels,
        corrects,
        word,
        ends,
        pk,
    ) = values
    return Piece(
        id=str(client_id),
        kind=PieceKind(kind),
        happened_at=happened_at,
        score=score,
        hints_used=hints,
        attempt=attempt,
        on_paper=paper,
        difficulty=difficulty,
        guess=guess,
        level=level,
        levels=levels,
        corrects=str(corrects) if corrects else None,
        settles_as=Word(word) if word else None,
        expires_on=ends,
        competency=pk,
    )


def pieces_of(student_ids: Iterable[int], competency_ids: Iterable[int] | None = None) -> dict[int, list[Piece]]:
    """Return the pieces of students, without names and words, by student id."""
    rows = Evidence.objects.filter(student__in=list(student_ids)).order_by()
    if competency_ids is not None:
        rows = rows.filter(competency__in=list(competency_ids))
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for student_id, *values in rows.values_list("student_id", *_BARE).iterator(chunk_size=5000):
        pieces[student_id].append(_bare_piece(values))
    return pieces


def evidence_of(student: Person, competency: Competency) -> QuerySet[Evidence]:
    """Return every row about one student and one competency, newest first."""
    return (
        Evidence.objects.filter(student=student, competency=competency)
        .select_related("by", "resource", "corrects", "item")
        .order_by("-happened_at", "-pk")
    )


def explained(student: Person, competency: Competency, *, at: datetime, school_class: Class | None = None) -> Estimate:
    """Return mastery as of `at` with each row's contribution, worked out from all of the student's rows."""
    pieces = pieces_of([student.pk])[student.pk]
    named = {str(row.client_id): piece_of(row) for row in evidence_of(student, competency)}
    rule = rules_at(at, student_ids=[student.pk], competency_ids=[competency.pk], school_class=school_class).of(
        student.pk, competency.pk
    )
    return learner.explained(
        _model_of_student(student.pk),
        [named.get(piece.id, piece) for piece in pieces],
        competency=competency.pk,
        at=at,
        rule=rule,
        neighbours=lending([competency.pk]),
    )


def _model_of_student(student_id: int) -> learner.LearnerModel:
    version = StudentState.objects.filter(student=student_id).values_list("version", flat=True).first()
    return model_in_use() if version is None else model_of(version)


def known(
    students: Iterable[Person],
    competency_ids: Iterable[int],
    *,
    at: datetime,
    school_class: Class | None = None,
    rules: Rules | None = None,
) -> tuple[dict[tuple[int, int], learner.Known], dict[int, str]]:
    """Return what is remembered of each student and competency with evidence, and the model's version of each student.

    Read in a handful of queries, whatever the size of the class.
    """
    student_ids = [student.pk for student in students]
    wanted = list(dict.fromkeys(competency_ids))
    near = lending(wanted)
    also = {other for others in near.values() for other in others} - set(wanted)
    states = {
        student: (learner.from_bytes(state), version)
        for student, state, version in StudentState.objects.filter(student__in=student_ids).values_list(
            "student_id", "state", "version"
        )
    }
    rows = Mastery.objects.filter(student__in=student_ids, competency__in=[*wanted, *also])
    masteries: dict[tuple[int, int], Any] = {}
    settled: dict[tuple[int, int], Piece] = {}
    for student, competency, state, judged, word, ends, when in rows.values_list(
        "student_id",
        "competency_id",
        "state",
        "settled_by__client_id",
        "settled_by__settles_as",
        "settled_by__expires_on",
        "settled_by__happened_at",
    ):
        masteries[student, competency] = learner.from_bytes(state)
        if word and when <= at and (ends is None or at.date() <= ends):
            settled[student, competency] = Piece(
                id=str(judged),
                kind=PieceKind.JUDGEMENT,
                happened_at=when,
                score=0.0,
                settles_as=Word(word),
                expires_on=ends,
            )
    rules = rules or rules_at(at, student_ids=student_ids, competency_ids=wanted, school_class=school_class)
    scored = _scored(student_ids, wanted, rules, at)
    nobody = learner.new_student()
    found = {}
    for (student, competency), state in masteries.items():
        if competency in also:
            continue
        own = states[student][0] if student in states else nobody
        found[student, competency] = learner.Known(
            competency=competency,
            student=own,
            state=state,
            related=learner.lent_by(own, (masteries.get((student, other)) for other in near.get(competency, ()))),
            rule=rules.of(student, competency),
            scored=scored.get((student, competency)),
            settled=settled.get((student, competency)),
        )
    return found, {student: version for student, (_state, version) in states.items()}


def _scored(
    student_ids: Sequence[int], competency_ids: Sequence[int], rules: Rules, at: datetime
) -> dict[tuple[int, int], float | None]:
    """Return what other methods than the learner model make of the pieces; nothing is read where no rule asks for it."""
    if not rules.classes:
        return {}
    asked = {
        (student, competency): rule
        for student in student_ids
        for competency in competency_ids
        for rule in (rules.of(student, competency),)
        if rule.method is not Method.MODEL
    }
    if not asked:
        return {}
    pieces = pieces_of({student for student, _ in asked}, {competency for _, competency in asked})
    scored = {}
    for student, own in pieces.items():
        by_competency: dict[int, list[Piece]] = defaultdict(list)
        for piece in learner.in_force(own, at):
            by_competency[piece.competency].append(piece)
        for competency, group in by_competency.items():
            if (student, competency) in asked:
                scored[student, competency] = score_of(asked[student, competency], group, on=at.date()).share
    return scored


def cells(
    students: Iterable[Person],
    competency_ids: Iterable[int],
    *,
    at: datetime,
    school_class: Class | None = None,
    rules: Rules | None = None,
) -> dict[tuple[int, int], Cell]:
    """Return the class grid: mastery at `at` by (student id, competency id); a missing key means no evidence.

    With a class its rule gives the words, else the rule that holds for each student.
    """
    found, versions = known(students, competency_ids, at=at, school_class=school_class, rules=rules)
    grid = {}
    by_version: dict[str, list[tuple[tuple[int, int], learner.Known]]] = defaultdict(list)
    for key, one in found.items():
        by_version[versions.get(key[0], "")].append((key, one))
    for version, group in by_version.items():
        shown = learner.estimates(model_of(version), [one for _key, one in group], at=at)
        for (key, one), estimate in zip(group, shown, strict=True):
            grid[key] = Cell(
                student_id=key[0],
                competency_id=key[1],
                chance=estimate.chance,
                low=estimate.low,
                high=estimate.high,
                pieces=estimate.pieces,
                newest_at=estimate.newest_at,
                word=estimate.word.value,
                is_stale=estimate.is_stale,
                is_settled=one.settled is not None,
                certain=estimate.certain,
                rule=one.rule,
            )
    return grid


def cell(student: Person, competency_id: int, *, at: datetime, school_class: Class | None = None) -> Cell:
    """Return one cell; no evidence is a cell too."""
    return cells([student], [competency_id], at=at, school_class=school_class).get(
        (student.pk, competency_id), NO_EVIDENCE
    )


def known_of(
    student: Person, competency_id: int, *, at: datetime, school_class: Class | None = None
) -> tuple[learner.LearnerModel, learner.Known]:
    """Return the learner model and what it remembers of one student and competency, to ask it what would be."""
    found, versions = known([student], [competency_id], at=at, school_class=school_class)
    one = found.get((student.pk, competency_id))
    if one is None:
        state = StudentState.objects.filter(student=student).first()
        one = learner.Known(
            competency=competency_id,
            student=learner.from_bytes(state.state) if state else learner.new_student(),
            state=learner.new_competency(),
            rule=rules_at(at, student_ids=[student.pk], competency_ids=[competency_id], school_class=school_class).of(
                student.pk, competency_id
            ),
        )
        versions = {student.pk: state.version} if state else {}
    return (model_of(versions[student.pk]) if student.pk in versions else model_in_use()), one


def what_if_rule(
    school_class: Class, students: Sequence[Person], competency_ids: Sequence[int], *, rule: Rule, at: datetime
) -> WhatIf[tuple[int, int]]:
    """Return which words of a whole class would change, were this its rule."""
    everyone = {student.pk: [(school_class.pk, school_class.school_id)] for student in students}
    other = Rules(by_class={school_class.pk: rule}, classes=everyone)
    now = cells(students, competency_ids, at=at, school_class=school_class)
    then = cells(students, competency_ids, at=at, rules=other)
    return class_what_if(_words(now), _words(then))


def _words(grid: Mapping[tuple[int, int], Cell]) -> dict[tuple[int, int], Word]:
    return {key: Word(one.word) for key, one in grid.items()}


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
