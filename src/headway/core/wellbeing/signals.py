"""What counts as a sign that somebody needs a person today: thresholds, order and sentences, in one place.

A sign says what happened and never what a child is. Every sentence names its numbers, so that a teacher can disagree.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from headway.core.shared.errors import gettext_noop

Id = Hashable

MISSES_AT_ONE_STEP = 4  # answers not yet right on one skill in two weeks, with hardly one right between them
DAYS_WITHOUT_TRACE = 14
USUAL_PIECES_PER_WEEK = 3.0  # below this a quiet week is nothing unusual
DROP_TO = 0.34  # a third of what is usual, or less
READY_CHANCE = 0.85
READY_WITHIN_DAYS = 7
READY_PIECES = 4


class NeedKind(StrEnum):
    """Why somebody needs a person, the most pressing first."""

    ASKED = "asked"
    FAMILY_WROTE = "family_wrote"
    SAME_STEP = "same_step"
    LESS_THAN_USUAL = "less_than_usual"
    LITTLE_TRACE = "little_trace"
    READY = "ready"
    CHECK_AGAIN = "check_again"


HEADLINES: Mapping[NeedKind, str] = {
    NeedKind.ASKED: gettext_noop("{name} asked for you"),
    NeedKind.FAMILY_WROTE: gettext_noop("{name}’s family wrote"),
    NeedKind.SAME_STEP: gettext_noop("{name} has met the same step {times} times"),
    NeedKind.LESS_THAN_USUAL: gettext_noop("{name} did less than usual this week"),
    NeedKind.LITTLE_TRACE: gettext_noop("{name} has left no trace for {days} days"),
    NeedKind.READY: gettext_noop("{name} is ready to go further"),
    NeedKind.CHECK_AGAIN: gettext_noop("{name} was secure a while ago"),
}
NO_TRACE_YET = gettext_noop("{name} has left no trace yet")
SAME_STEP_SEEN = gettext_noop(
    "{skill}: {times} answers in two weeks were not yet right, {rights} were. One worked example may be enough."
)
LESS_SEEN = gettext_noop("{now} pieces of work in the last seven days; {usual} a week in the three weeks before.")
TRACE_SEEN = gettext_noop("Without work to look at, the week is close to a guess. Paper counts too.")
READY_SEEN = gettext_noop(
    "{skill}: best guess {percent}%, likely {low} to {high}, from {pieces} pieces, the newest of this week."
)
CHECK_SEEN = gettext_noop("{skill}: nothing newer than {days} days. One question would tell whether it still holds.")


@dataclass(frozen=True, kw_only=True)
class Skill:
    """Where a student stands on one skill, as the signs need it."""

    competency: Id
    chance: float
    low: float
    high: float
    pieces: int
    word: str
    days_old: int | None


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What is known of one student."""

    student: Id
    asked: int = 0
    family_wrote: int = 0
    answers: tuple[tuple[Id, int, int], ...] = ()
    pieces_this_week: int = 0
    pieces_before: int = 0
    days_enrolled: int = 0
    days_since_trace: int | None = None
    skills: tuple[Skill, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Need:
    """One reason why a student needs a person; the sentences are marked for translation."""

    student: Id
    kind: NeedKind
    headline: str
    seen: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    competency: Id | None = None
    weight: float = 0.0


def _need(
    kind: NeedKind, signs: Signs, *, seen: str = "", competency: Id | None = None, weight: float = 0.0, **facts: object
) -> Need:
    return Need(
        student=signs.student,
        kind=kind,
        headline=HEADLINES[kind],
        seen=seen,
        facts=facts,
        competency=competency,
        weight=weight,
    )


def needs_of(signs: Signs) -> list[Need]:
    """Return why this student needs a person, the most pressing first; an empty list is good news."""
    needs = []
    if signs.asked:
        needs.append(_need(NeedKind.ASKED, signs, weight=signs.asked))
    if signs.family_wrote:
        needs.append(_need(NeedKind.FAMILY_WROTE, signs, weight=signs.family_wrote))
    needs += _at_the_same_step(signs)
    needs += _traces(signs)
    needs += _ready_or_old(signs)
    return needs


def _at_the_same_step(signs: Signs) -> Iterable[Need]:
    stuck = [
        (misses, rights, competency)
        for competency, misses, rights in signs.answers
        if misses >= MISSES_AT_ONE_STEP and rights * 2 < misses
    ]
    if stuck:
        misses, rights, competency = max(stuck, key=lambda row: (row[0], -row[1], str(row[2])))
        yield _need(
            NeedKind.SAME_STEP,
            signs,
            seen=SAME_STEP_SEEN,
            competency=competency,
            weight=misses,
            times=misses,
            rights=rights,
        )


def _traces(signs: Signs) -> Iterable[Need]:
    usual = signs.pieces_before / 3
    days = signs.days_since_trace
    if days is None:
        if signs.days_enrolled >= DAYS_WITHOUT_TRACE:
            yield Need(
                student=signs.student,
                kind=NeedKind.LITTLE_TRACE,
                headline=NO_TRACE_YET,
                seen=TRACE_SEEN,
                weight=signs.days_enrolled,
            )
    elif days >= DAYS_WITHOUT_TRACE:
        yield _need(NeedKind.LITTLE_TRACE, signs, seen=TRACE_SEEN, weight=days, days=days)
    elif usual >= USUAL_PIECES_PER_WEEK and signs.pieces_this_week <= usual * DROP_TO:
        yield _need(
            NeedKind.LESS_THAN_USUAL,
            signs,
            seen=LESS_SEEN,
            weight=usual - signs.pieces_this_week,
            now=signs.pieces_this_week,
            usual=round(usual),
        )


def _ready_or_old(signs: Signs) -> Iterable[Need]:
    ready = [
        skill
        for skill in signs.skills
        if skill.word == "beyond"
        and skill.low >= READY_CHANCE
        and skill.pieces >= READY_PIECES
        and skill.days_old is not None
        and skill.days_old <= READY_WITHIN_DAYS
    ]
    if ready:
        best = max(ready, key=lambda skill: (skill.low, str(skill.competency)))
        yield _need(
            NeedKind.READY,
            signs,
            seen=READY_SEEN,
            competency=best.competency,
            weight=best.low,
            percent=round(100 * best.chance),
            low=round(100 * best.low),
            high=round(100 * best.high),
            pieces=best.pieces,
            days=best.days_old,
        )
    old = [skill for skill in signs.skills if skill.word == "recheck" and skill.days_old is not None]
    if old:
        oldest = max(old, key=lambda skill: (skill.days_old or 0, str(skill.competency)))
        yield _need(
            NeedKind.CHECK_AGAIN,
            signs,
            seen=CHECK_SEEN,
            competency=oldest.competency,
            weight=oldest.days_old or 0,
            days=oldest.days_old,
        )


ORDER = {kind: place for place, kind in enumerate(NeedKind)}
AT_MOST = {NeedKind.SAME_STEP: 5, NeedKind.READY: 3, NeedKind.CHECK_AGAIN: 2, NeedKind.LITTLE_TRACE: 4}


def morning_list(people: Iterable[Signs]) -> tuple[list[list[Need]], int]:
    """Return one list of needs per student, the most pressing student first, and how many quieter ones were left out.

    Each student appears once, with every reason. Of the quiet kinds only the few that matter most are shown.
    """
    found = [needs for signs in people for needs in [needs_of(signs)] if needs]
    found.sort(key=lambda needs: (ORDER[needs[0].kind], -needs[0].weight, str(needs[0].student)))
    shown: list[list[Need]] = []
    counts: dict[NeedKind, int] = {}
    for needs in found:
        kind = needs[0].kind
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= AT_MOST.get(kind, 100):
            shown.append(needs)
    return shown, len(found) - len(shown)
