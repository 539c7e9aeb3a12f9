"""Every change to frameworks, competencies and class paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from headway.core.shared.errors import NotFound
from headway.core.shared.taken import Taken
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn
from headway.records.audit import actions as audit
from headway.records.roster.models import Class, Organisation, Person
from headway.records.standards import checks
from headway.records.standards.models import (
    ClassCompetency,
    Competency,
    CompetencyLink,
    Framework,
    ICan,
    IncomingFramework,
)

_FIELDS = [
    "code",
    "short",
    "statement",
    "kind",
    "nature",
    "grade_low",
    "grade_high",
    "is_assessable",
    "order",
    "is_withdrawn",
    "parent",
    "extra",
]
# Where a row stands in the sender's file moves with every insertion above it: kept, and no change worth telling.
_PLACE = "place"
INCOMING_DAYS = 30


def _assign(thing: Any, facts: dict[str, Any]) -> bool:
    """Set fields on a row and return whether any of them changed."""
    changed = False
    for name, value in facts.items():
        if getattr(thing, name) != value:
            setattr(thing, name, value)
            changed = True
    return changed


@transaction.atomic
def take_framework(
    *,
    document: FrameworkIn,
    by: Person | None,
    at: datetime,
    school: Organisation | None = None,
    is_whole: bool = False,
) -> tuple[Framework, Taken]:
    """Take in a framework: new rows are made, known ones updated by id, nothing is deleted.

    Evidence stays tied to its competency because rows keep their identity. With `is_whole` the document is a whole edition:
    competencies and published links that it leaves out are marked as withdrawn, and come back when an edition names them
    again. Taking the same document twice changes nothing. A school's own framework is not open to others until it says so.
    """
    framework, is_new = Framework.objects.get_or_create(
        source=document.source,
        source_id=document.source_id,
        defaults={"title": document.title, "school": school, "is_open": school is None},
    )
    facts = {
        "title": document.title,
        "creator": document.creator,
        "subject": document.subject,
        "language": document.language,
        "licence": document.licence,
        "extra": dict(document.extra),
    }
    is_changed = _assign(framework, facts)
    taken = Taken(
        made=int(is_new), changed=int(is_changed and not is_new), unchanged=int(not is_changed and not is_new)
    )
    taken += _take_competencies(framework, document.competencies, keeps_own_words=is_whole)
    taken += _take_links(framework, document.links)
    withdrawn = _withdraw_the_rest(framework, document) if is_whole else 0
    taken += Taken(changed=withdrawn)
    if taken.made or taken.changed:
        framework.taken_at = at
        audit.record(
            "framework.taken", framework, by=by, at=at, made=taken.made, changed=taken.changed, withdrawn=withdrawn
        )
    if taken.made or taken.changed or is_changed:
        framework.save()
    return framework, taken


def _take_competencies(framework: Framework, rows: tuple[CompetencyIn, ...], *, keeps_own_words: bool) -> Taken:
    known = {row.source_id: row for row in framework.competencies.all()}
    said_before = {row.pk: row.statement for row in known.values()}
    fresh, standing_elsewhere = [], []
    told: set[str] = set()
    for order, row in enumerate(rows):
        facts: dict[str, Any] = {
            "code": row.code,
            "short": row.short,
            "statement": row.statement,
            "kind": row.kind,
            "nature": row.nature,
            "grade_low": row.grade_low,
            "grade_high": row.grade_high,
            "is_assessable": row.is_assessable,
            "is_withdrawn": False,
        }
        standing = {"order": order, "extra": dict(row.extra)}
        if row.source_id in known:
            competency = known[row.source_id]
            is_told = _said(competency.extra) != _said(row.extra)
            is_told = _assign(competency, facts) or is_told
            is_elsewhere = _assign(competency, standing)
            if is_told:
                told.add(row.source_id)
            elif is_elsewhere:
                standing_elsewhere.append(competency)
        else:
            fresh.append(Competency(framework=framework, source_id=row.source_id, **facts, **standing))
    for competency in Competency.objects.bulk_create(fresh, batch_size=500):
        known[competency.source_id] = competency
    made = len(fresh)
    # Parents come second: a child may stand before its parent in the document.
    new_ids = {row.source_id for row in fresh}
    moved = set(told)
    reparented = []
    for row in rows:
        competency = known[row.source_id]
        parent = known.get(row.parent) if row.parent else None
        if competency.parent_id != (parent.pk if parent else None):
            competency.parent = parent
            reparented.append(competency)
            if row.source_id not in new_ids:
                moved.add(row.source_id)
    Competency.objects.bulk_update([known[name] for name in told], _FIELDS, batch_size=200)
    # One row put in at the top moves every other one: two columns, not thirteen.
    Competency.objects.bulk_update(standing_elsewhere, ["order", "extra"], batch_size=400)
    # A new framework moves every row under its parent: one column, not eleven.
    Competency.objects.bulk_update(reparented, ["parent"], batch_size=200)
    changed = len(moved)
    worded = _take_wordings(known, rows, said_before if keeps_own_words else {})
    return Taken(made=made, changed=changed + worded, unchanged=max(0, len(rows) - made - changed))


def _said(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extra.items() if name != _PLACE}


def _withdraw_the_rest(framework: Framework, document: FrameworkIn) -> int:
    """Mark what a whole edition leaves out; what people drew here themselves stays."""
    named = {row.source_id for row in document.competencies}
    rows = framework.competencies.filter(is_withdrawn=False).exclude(source_id="").values_list("pk", "source_id")
    gone = [pk for pk, name in rows if name not in named]
    linked = {link.source_id for link in document.links}
    links = framework.links.filter(is_withdrawn=False, source=CompetencyLink.Source.PUBLISHED).exclude(source_id="")
    unlinked = [pk for pk, name in links.values_list("pk", "source_id") if name not in linked]
    for start in range(0, max(len(gone), len(unlinked)), 500):
        Competency.objects.filter(pk__in=gone[start : start + 500]).update(is_withdrawn=True)
        CompetencyLink.objects.filter(pk__in=unlinked[start : start + 500]).update(is_withdrawn=True)
    return len(gone) + len(unlinked)


def _take_wordings(known: dict[str, Competency], rows: tuple[CompetencyIn, ...], said_before: Mapping[int, str]) -> int:
    """Take the rows' words in each language; with `said_before`, a sentence that a person wrote here since is kept."""
    ids = [known[row.source_id].pk for row in rows if row.wordings]
    have = {(i_can.competency_id, i_can.language): i_can for i_can in ICan.objects.filter(competency__in=ids)}
    fresh, changed = [], []
    for row in rows:
        for wording in row.wordings:
            competency = known[row.source_id]
            facts = {"short": wording.short, "statement": wording.statement, "words": wording.i_can}
            i_can = have.get((competency.pk, wording.language))
            if i_can is None:
                fresh.append(ICan(competency=competency, language=wording.language, **facts))
            elif _is_own(i_can, said_before.get(competency.pk)):
                continue
            elif _assign(i_can, facts):
                changed.append(i_can)
    ICan.objects.bulk_create(fresh, batch_size=500)
    ICan.objects.bulk_update(changed, ["short", "statement", "words"], batch_size=200)
    return len(changed)


def _is_own(i_can: ICan, statement: str | None) -> bool:
    """Whether a sentence says something else than what an import makes of the statement it stood for."""
    if statement is None:
        return False
    made = {statement.strip().casefold(), f"i can {statement.strip()}".casefold()}
    return i_can.words.strip().casefold() not in made


def _take_links(framework: Framework, rows: tuple[LinkIn, ...]) -> Taken:
    here = dict(framework.competencies.exclude(source_id="").values_list("source_id", "pk"))
    wanted = {name for row in rows for name in (row.origin, row.target) if name and name not in here}
    for start in range(0, len(wanted), 500):
        batch = sorted(wanted)[start : start + 500]
        here.update(
            Competency.objects.filter(source_id__in=batch).order_by("framework_id").values_list("source_id", "pk")
        )
    links = list(framework.links.all())
    by_id = {link.source_id: link for link in links if link.source_id}
    # What a school drew between the same two says nothing of what the framework says.
    own = {(link.kind, link.origin_id, link.target_id) for link in links if link.school_id is None}
    fresh, changed, standing_elsewhere, told, unchanged = [], [], [], 0, 0
    for row in rows:
        facts: dict[str, Any] = {
            "kind": row.kind,
            "origin_id": here.get(row.origin),
            "target_id": here.get(row.target),
            "origin_uri": row.origin_uri,
            "target_uri": row.target_uri,
            "association": row.association,
            "why": dict(row.why),
            "is_withdrawn": False,
        }
        extra = dict(row.extra)
        if row.source_id and row.source_id in by_id:
            link = by_id[row.source_id]
            is_told = _said(link.extra) != _said(extra)
            is_told = _assign(link, facts) or is_told
            is_elsewhere = _assign(link, {"extra": extra})
            if is_told:
                changed.append(link)
            elif is_elsewhere:
                standing_elsewhere.append(link)
            told += is_told
            unchanged += not is_told
        elif not row.source_id and (row.kind, facts["origin_id"], facts["target_id"]) in own:
            unchanged += 1
        else:
            fresh.append(CompetencyLink(framework=framework, source_id=row.source_id, **facts, extra=extra))
    CompetencyLink.objects.bulk_create(fresh, batch_size=500)
    CompetencyLink.objects.bulk_update(
        changed,
        ["kind", "origin", "target", "origin_uri", "target_uri", "association", "why", "is_withdrawn", "extra"],
        batch_size=200,
    )
    CompetencyLink.objects.bulk_update(standing_elsewhere, ["extra"], batch_size=400)
    return Taken(made=len(fresh), changed=told, unchanged=unchanged)


@transaction.atomic
def take_frameworks(
    *, documents: Iterable[FrameworkIn], by: Person | None, at: datetime, school: Organisation | None = None
) -> list[tuple[Framework, Taken]]:
    """Take in whole editions of several frameworks, all or none."""
    return [take_framework(document=document, by=by, at=at, school=school, is_whole=True) for document in documents]


@transaction.atomic
def bring_framework(
    *,
    school: Organisation,
    format: str,
    name: str,
    content: bytes,
    changes: Mapping[str, Any],
    by: Person,
    at: datetime,
) -> IncomingFramework:
    """Lay a new edition aside, with what it would change, until somebody takes it or puts it aside.

    `changes` names the framework by `source_id`; what was brought of the same framework before makes room.
    """
    checks.check_manage(by, school)
    if changes.get("source_id"):
        IncomingFramework.objects.filter(school=school, format=format, changes__source_id=changes["source_id"]).delete()
    incoming = IncomingFramework.objects.create(
        school=school,
        format=format,
        name=name[:200],
        content=content,
        changes=dict(changes),
        brought_by=by,
        brought_at=at,
    )
    audit.record("framework.brought", incoming, by=by, at=at, format=format)
    return incoming


@transaction.atomic
def take_incoming(
    *, incoming: IncomingFramework, document: FrameworkIn, by: Person, at: datetime
) -> tuple[Framework, Taken]:
    """Take the edition that waited; what it was compared with is looked at again, so nothing is taken twice."""
    checks.check_manage(by, incoming.school)
    waiting = IncomingFramework.objects.select_for_update().filter(pk=incoming.pk).first()
    if waiting is None:
        raise NotFound
    here = Framework.objects.filter(source=document.source, source_id=document.source_id).first()
    if here is not None:
        checks.check_manage(by, here.school)
    framework, taken = take_framework(document=document, by=by, at=at, is_whole=True)
    audit.record("framework.incoming_taken", waiting, by=by, at=at, framework=framework.pk)
    waiting.delete()
    return framework, taken


@transaction.atomic
def put_aside_incoming(*, incoming: IncomingFramework, by: Person, at: datetime) -> None:
    """Leave an edition that waited; the framework stays as it is."""
    checks.check_manage(by, incoming.school)
    audit.record("framework.incoming_put_aside", incoming, by=by, at=at, format=incoming.format)
    incoming.delete()


def forget_old_incoming(*, at: datetime) -> int:
    """Delete editions that nobody took, as the retention policy says; returns how many."""
    count, _by_table = IncomingFramework.objects.filter(brought_at__lt=at - timedelta(days=INCOMING_DAYS)).delete()
    return count


@transaction.atomic
def open_framework(*, framework: Framework, is_open: bool, by: Person, at: datetime) -> None:
    """Give a framework to whoever asks over CASE, or stop giving it."""
    checks.check_manage(by, framework.school)
    if framework.is_open == is_open:
        return
    framework.is_open = is_open
    framework.save(update_fields=["is_open"])
    audit.record("framework.opened" if is_open else "framework.closed", framework, by=by, at=at)


@transaction.atomic
def set_path(*, school_class: Class, competencies: Iterable[Competency], by: Person | None, at: datetime) -> None:
    """Choose the competencies a class works on, in order: the columns of its grid."""
    wanted = list(competencies)
    keep = {competency.pk for competency in wanted}
    ClassCompetency.objects.filter(school_class=school_class).exclude(competency__in=keep).delete()
    have = {row.competency_id: row for row in ClassCompetency.objects.filter(school_class=school_class)}
    for order, competency in enumerate(wanted):
        row = have.get(competency.pk)
        if row is None:
            ClassCompetency.objects.create(school_class=school_class, competency=competency, order=order)
        elif row.order != order:
            row.order = order
            row.save(update_fields=["order"])
    audit.record("path.set", school_class, by=by, at=at, competencies=sorted(keep))
