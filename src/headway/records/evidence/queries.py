"""What the evidence says, for pages, the planner and exports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Count, Max, Q, QuerySet

from headway.core.evidence import learner_model as learner
from headway.core.evidence.methods import DEFAULT_RULE, Method, Rule, WhatIf, class_what_if
from headway.core.evidence.values import Estimate, Piece, PieceKind, Word
from headway.core.shared.errors import NotFound
from headway.records.audit.models import Event
from headway.records.evidence.models import Evidence, Mastery, MasteryRule, StudentState
from headway.records.evidence.pieces import piece_of, pieces_of
from headway.records.evidence.replays import known_at, share_by_rule
from headway.records.evidence.rules import Rules, rules_at
from headway.records.evidence.states import WORD_CHANGED_BY_MODEL
from headway.records.evidence.versions import model_at, model_for, model_in_use, model_of
from headway.records.items.models import Item, PrintedSheet
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


_AN_INSTANT = timedelta(microseconds=1)
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


# --- What the evidence says -------------------------------------------------------------------------------------------


def evidence_of(student: Person, competency: Competency) -> QuerySet[Evidence]:
    """Return every row about one student and one competency, newest first."""
    return (
        Evidence.objects.filter(student=student, competency=competency)
        .select_related("by", "resource", "corrects", "item")
        .order_by("-happened_at", "-pk")
    )


def explained(
    student: Person,
    competency: Competency,
    *,
    at: datetime,
    school_class: Class | None = None,
    known_by: datetime | None = None,
) -> Estimate:
    """Return mastery as of `at` with each row's contribution, worked out from all of the student's rows.

    A moment that is past has the rule and the learner model that were in use then. With `known_by` only what had come in by
    then counts, as on an old report; else late work counts from the day it was done.
    """
    pieces = pieces_of([student.pk], known_by=known_by)[student.pk]
    named = {str(row.client_id): piece_of(row) for row in evidence_of(student, competency)}
    rules = rules_at(at, student_ids=[student.pk], competency_ids=[competency.pk], school_class=school_class)
    return learner.explained(
        model_for(student.pk, at),
        [named.get(piece.id, piece) for piece in pieces],
        competency=competency.pk,
        at=at,
        rule=rules.of(student.pk, competency.pk),
        neighbours=lending([competency.pk], of_students=[student.pk]),
    )


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
    near = lending(wanted, of_students=student_ids)
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
                scored[student, competency] = share_by_rule(asked[student, competency], group, at)
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
    by_version: dict[str, dict[tuple[int, int], learner.Known]] = defaultdict(dict)
    for key, one in found.items():
        by_version[versions.get(key[0], "")][key] = one
    grid: dict[tuple[int, int], Cell] = {}
    for version, group in by_version.items():
        grid |= _shown(model_of(version), group, at)
    return grid


def _shown(
    model: learner.LearnerModel, found: Mapping[tuple[int, int], learner.Known], at: datetime
) -> dict[tuple[int, int], Cell]:
    return {
        key: Cell(
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
        for (key, one), estimate in zip(
            found.items(), learner.estimates(model, list(found.values()), at=at), strict=True
        )
    }


def cells_as_of(
    students: Iterable[Person],
    competency_ids: Iterable[int],
    *,
    at: datetime,
    school_class: Class | None = None,
    known_by: datetime | None = None,
) -> dict[tuple[int, int], Cell]:
    """Return the class grid of any moment, worked out from the rows, with the rules and the learner model in use then.

    With `known_by` only what had come in by then counts: with `known_by=at` it is what an old report said.
    """
    student_ids = [student.pk for student in students]
    wanted = set(competency_ids)
    model, near = model_at(at), lending(wanted, of_students=student_ids)
    rules = rules_at(at, student_ids=student_ids, competency_ids=wanted, school_class=school_class)
    found: dict[tuple[int, int], learner.Known] = {}
    for student, pieces in pieces_of(student_ids, known_by=known_by).items():
        own = known_at(model, student, learner.in_force(pieces, at), at=at, rules=rules, neighbours=near)
        found |= {(student, competency): one for competency, one in own.items() if competency in wanted}
    return _shown(model, found, at)


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


# --- How words changed without new evidence ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class WordChange:
    """A word that changed without new evidence: another learner model came into use ("model"), or another rule ("rule").

    `version_before` and `version` are those of the model or of the rule.
    """

    at: datetime
    cause: str
    before: Word
    after: Word
    version_before: str
    version: str


def word_changes(student: Person, competency: Competency, *, school_class: Class | None = None) -> list[WordChange]:
    """Return how the word of one student and competency changed without new evidence, the newest first."""
    events = Event.objects.filter(noun="mastery", record_id__in=_mastery_ids(student, competency))
    by_model = [
        WordChange(
            at=event.at,
            cause="model",
            before=Word(event.facts["before"]),
            after=Word(event.facts["after"]),
            version_before=event.facts["version_before"],
            version=event.facts["version"],
        )
        for event in events.filter(verb=WORD_CHANGED_BY_MODEL)
    ]
    by_rule = _word_changes_by_rule(student, competency, school_class)
    return sorted([*by_model, *by_rule], key=lambda change: change.at, reverse=True)


def _mastery_ids(student: Person, competency: Competency) -> list[str]:
    rows = Mastery.objects.filter(student=student, competency=competency)
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


def _word_changes_by_rule(student: Person, competency: Competency, school_class: Class | None) -> list[WordChange]:
    """Work the word out on both sides of every moment at which a rule that may concern the student began or ended."""
    if school_class is not None:
        schools = {school_class.school_id}
    else:
        schools = set(student.enrolments.filter(left_on=None).values_list("school_class__school_id", flat=True))
    rows = MasteryRule.objects.filter(school__in=schools).values_list("starts_at", "ends_at")
    moments = sorted({moment for pair in rows for moment in pair if moment is not None})
    if not moments:
        return []
    pieces = pieces_of([student.pk])[student.pk]
    near = lending([competency.pk], of_students=[student.pk])
    rules_of = partial(rules_at, student_ids=[student.pk], competency_ids=[competency.pk], school_class=school_class)
    changes = []
    for moment in moments:
        sides = [rules_of(moment - _AN_INSTANT), rules_of(moment)]
        rules = [side.of(student.pk, competency.pk) for side in sides]
        if rules[0].version == rules[1].version:
            continue
        model, in_force = model_at(moment), learner.in_force(pieces, moment)
        words = [
            learner.estimate(model, known[competency.pk], at=moment).word
            for known in (
                known_at(model, student.pk, in_force, at=moment, rules=side, neighbours=near) for side in sides
            )
            if competency.pk in known
        ]
        if len(set(words)) == 2:
            changes.append(
                WordChange(
                    at=moment,
                    cause="rule",
                    before=words[0],
                    after=words[1],
                    version_before=rules[0].version,
                    version=rules[1].version,
                )
            )
    return changes


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


# Questions of one place where one chooses: a wrong choice tells what was taken for right.
CHOSEN_KINDS = ("one_choice", "many_choices", "choice", "hot_text", "hottext", "inline-choice")


def picked_by_mistake(students: Iterable[Person], competency_id: int) -> dict[tuple[int, str], int]:
    """Return how many of the students ever chose what was not right, by (question id, key of the choice), in one query."""
    rows = (
        Evidence.objects.filter(
            student__in=[student.pk for student in students],
            competency=competency_id,
            kind="answer",
            score__lt=1,
            response__isnull=False,
            item__kind__in=CHOSEN_KINDS,
        )
        .order_by()
        .values_list("student_id", "item_id", "response")
    )
    found: dict[tuple[int, str], set[int]] = defaultdict(set)
    for student_id, item_id, response in rows:
        if item_id is not None and isinstance(response, dict):
            for key in (key for keys in response.values() if isinstance(keys, list) for key in keys):
                found[item_id, str(key)].add(student_id)
    return {place: len(who) for place, who in found.items()}


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


def competency_ids_seen_in(school_classes: Iterable[Class]) -> set[int]:
    """Return the competencies of which something was ever seen of a student of these classes, in one query."""
    rows = Mastery.objects.filter(student__enrolments__school_class__in=list(school_classes), pieces__gt=0)
    return set(rows.values_list("competency_id", flat=True).distinct())


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


# --- What was entered from paper --------------------------------------------------------------------------------------

MOST_ENTRIES = 200


def entry_name(sheet: PrintedSheet, item: Item, student: Person, number: int) -> UUID:
    """Return the client id of what was entered for a question of a sheet: the first time 0, each correction one more."""
    return uuid5(sheet.uuid, f"{item.uuid} {student.uuid} {number}")


def source_of(sheet: PrintedSheet) -> str:
    """Return where evidence from a sheet says that it is from."""
    return f"paper {sheet.code}"


def entries_of(sheet: PrintedSheet, item: Item, student: Person) -> list[Evidence]:
    """Return everything that was entered for one question of a sheet, the oldest first."""
    names = {entry_name(sheet, item, student, number): number for number in range(MOST_ENTRIES)}
    rows = Evidence.objects.filter(student=student, item=item, client_id__in=names)
    return sorted(rows, key=lambda row: names[row.client_id])


def standing(rows: Sequence[Evidence]) -> Evidence | None:
    """Return the entry that counts, None where nothing was entered or all was taken back."""
    last = rows[-1] if rows else None
    return last if last is not None and last.kind != Evidence.Kind.WITHDRAWAL else None


def entered_on(sheets: Sequence[PrintedSheet], students: Sequence[Person]) -> set[tuple[int, int]]:
    """Return for which students and questions of these sheets something stands, as (student, item)."""
    rows = Evidence.objects.filter(
        student__in=[student.pk for student in students],
        item__in={pk for sheet in sheets for pk in sheet.item_ids},
        on_paper=True,
        corrected_by__isnull=True,
    ).exclude(kind=Evidence.Kind.WITHDRAWAL)
    return set(rows.filter(source__in=[source_of(sheet) for sheet in sheets]).values_list("student", "item"))
