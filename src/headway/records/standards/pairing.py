"""What people of a school change in its crosswalks: pairs that they make, suggestions that they decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.standards.crosswalk import SuggestedPair
from headway.records.audit import actions as audit
from headway.records.roster.models import Organisation, Person
from headway.records.standards import checks
from headway.records.standards.links import PAIRING, pairs_decided_about
from headway.records.standards.models import Competency, CompetencyLink

LONGEST_REASON = 500
_CHOOSE_MATCH = gettext_noop("Say how well they match: exact, close, or one a part of the other.")


@transaction.atomic
def pair(
    *, origin: Competency, target: Competency, match: str, why: str, school: Organisation, by: Person, at: datetime
) -> CompetencyLink:
    """Say that two competencies of two frameworks go together, and why; said again it takes the new words.

    Raises RuleBroken where they cannot be paired, or no reason is given.
    """
    checks.check_shape(by, school)
    _check_pair(origin, target, school, match, why)
    known = (
        CompetencyLink.objects.select_for_update()
        .filter(
            Q(origin=origin, target=target) | Q(origin=target, target=origin),
            kind=CompetencyLink.Kind.CROSSWALK,
            school=school,
            source_id="",
        )
        .first()
    )
    link = known or CompetencyLink(
        kind=CompetencyLink.Kind.CROSSWALK, origin=origin, target=target, school=school, framework=origin.framework
    )
    link.source = CompetencyLink.Source.PERSON
    link.status = CompetencyLink.Status.ACCEPTED
    link.match = match
    link.confidence = 1.0
    link.why = {"words": why.strip()}
    link.is_withdrawn = False
    link.made_by, link.made_at = by, at
    link.decided_by, link.decided_at = by, at
    link.save()
    audit.record("pair.made", link, by=by, at=at, origin=link.origin_id, target=link.target_id, match=match)
    return link


def _check_pair(origin: Competency, target: Competency, school: Organisation, match: str, why: str) -> None:
    if any(each.framework.school_id not in (None, school.pk) for each in (origin, target)):
        raise NotFound
    if origin.framework_id == target.framework_id:
        raise RuleBroken(gettext_noop("Both are in the same framework. Choose one of another framework."))
    if origin.is_withdrawn or target.is_withdrawn:
        raise RuleBroken(gettext_noop("One of the two was withdrawn. Choose one that still stands."))
    if match not in CompetencyLink.Match.values:
        raise RuleBroken(_CHOOSE_MATCH)
    if not why.strip():
        raise RuleBroken(gettext_noop("Say in a few words why they go together. Others will read it."))
    if len(why) > LONGEST_REASON:
        raise RuleBroken(gettext_noop("Use at most {most} letters."), most=LONGEST_REASON)


@transaction.atomic
def unpair(*, link: CompetencyLink, by: Person, at: datetime) -> None:
    """Take out a pair that a school made or accepted; it stays in the record."""
    _change(link, is_withdrawn=True, by=by)
    audit.record("pair.taken_out", link, by=by, at=at, origin=link.origin_id, target=link.target_id)


@transaction.atomic
def pair_again(*, link: CompetencyLink, by: Person, at: datetime) -> None:
    """Put back a pair that was taken out."""
    _change(link, is_withdrawn=False, by=by)
    audit.record("pair.put_back", link, by=by, at=at, origin=link.origin_id, target=link.target_id)


def _change(link: CompetencyLink, *, is_withdrawn: bool, by: Person) -> None:
    if link.school is None or link.kind not in PAIRING:
        raise NotFound
    checks.check_shape(by, link.school)
    link.is_withdrawn = is_withdrawn
    link.save(update_fields=["is_withdrawn"])


@transaction.atomic
def suggest_pairs(*, school: Organisation, suggested: Sequence[SuggestedPair], by: Person, at: datetime) -> int:
    """Let pairs that the words suggest wait for a person; returns how many are new.

    What stands, waits or was refused already is not suggested again.
    """
    checks.check_shape(by, school)
    Organisation.objects.select_for_update().get(pk=school.pk)
    known = pairs_decided_about(school.pk, {pair.one for pair in suggested})
    frameworks = dict(
        Competency.objects.filter(pk__in={pair.one for pair in suggested}).values_list("pk", "framework_id")
    )
    fresh: list[CompetencyLink] = []
    for each in suggested:
        ends = frozenset({each.one, each.other})
        if ends in known or each.one not in frameworks:
            continue
        known.add(ends)
        fresh.append(
            CompetencyLink(
                kind=CompetencyLink.Kind.CROSSWALK,
                source=CompetencyLink.Source.WORDS,
                status=CompetencyLink.Status.SUGGESTED,
                confidence=each.confidence,
                school=school,
                origin_id=each.one,
                target_id=each.other,
                framework_id=frameworks[each.one],
                why={"code": each.code} if each.code else {"shared": list(each.words[:8])},
                made_by=by,
                made_at=at,
            )
        )
    # A suggestion that was accepted once and taken out may come again: its row is there, and wakes up.
    rows = CompetencyLink.objects.filter(school=school, kind=CompetencyLink.Kind.CROSSWALK, is_withdrawn=True)
    asleep = {(row.origin_id, row.target_id): row for row in rows.filter(origin__in=[each.origin_id for each in fresh])}
    woken, new = [], []
    for link in fresh:
        row = asleep.get((link.origin_id, link.target_id))
        if row is None:
            new.append(link)
            continue
        row.is_withdrawn, row.status, row.source = False, link.status, link.source
        row.confidence, row.why, row.match = link.confidence, link.why, ""
        woken.append(row)
    CompetencyLink.objects.bulk_create(new, batch_size=500)
    CompetencyLink.objects.bulk_update(
        woken, ["is_withdrawn", "status", "source", "confidence", "why", "match"], batch_size=200
    )
    count = len(new) + len(woken)
    audit.record("pairs.suggested", school, by=by, at=at, count=count)
    return count


@transaction.atomic
def decide_pairs(*, links: Iterable[CompetencyLink], accept: bool, match: str, by: Person, at: datetime) -> int:
    """Accept suggested pairs, with how well they match, or refuse them; returns how many were decided."""
    rows = [link for link in links if link.status == CompetencyLink.Status.SUGGESTED]
    if accept and match not in CompetencyLink.Match.values:
        raise RuleBroken(_CHOOSE_MATCH)
    _check_all(rows, by)
    status = CompetencyLink.Status.ACCEPTED if accept else CompetencyLink.Status.REFUSED
    for link in rows:
        link.status, link.match = status, match if accept else ""
        link.decided_by, link.decided_at = by, at
    CompetencyLink.objects.bulk_update(rows, ["status", "match", "decided_by", "decided_at"], batch_size=200)
    audit.record_many("pair.accepted" if accept else "pair.refused", rows, by=by, at=at)
    return len(rows)


@transaction.atomic
def reopen_pairs(*, links: Iterable[CompetencyLink], by: Person, at: datetime) -> int:
    """Let pairs that the words suggested and somebody decided wait again; returns how many."""
    rows = [link for link in links if link.source == CompetencyLink.Source.WORDS]
    _check_all(rows, by)
    for link in rows:
        link.status, link.match, link.decided_by, link.decided_at = CompetencyLink.Status.SUGGESTED, "", None, None
    CompetencyLink.objects.bulk_update(rows, ["status", "match", "decided_by", "decided_at"], batch_size=200)
    audit.record_many("pair.reopened", rows, by=by, at=at)
    return len(rows)


def _check_all(rows: Iterable[CompetencyLink], by: Person) -> None:
    schools = {link.school_id: link.school for link in rows}
    for school in schools.values():
        if school is None:
            raise NotFound
        checks.check_shape(by, school)
