"""What people of a school change in its standards: links that they draw, skills of their own, and words for both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.records.audit import actions as audit
from headway.records.roster.models import Organisation, Person
from headway.records.standards import checks
from headway.records.standards.models import Competency, CompetencyLink, Framework, ICan

_OF_A_SKILL = ("code", "short", "statement", "nature", "grade_low", "grade_high", "parent", "is_assessable")
_OF_A_WORDING = ("short", "statement", "words")


# --- What comes before what -------------------------------------------------------------------------------------------


@transaction.atomic
def draw_prerequisite(
    *,
    origin: Competency,
    target: Competency,
    strength: str,
    why: str,
    school: Organisation,
    by: Person,
    at: datetime,
    language: str = "en",
) -> CompetencyLink:
    """Say that `origin` comes before `target` in a school; drawn again it takes the new strength and reason.

    `language` is the one of the reason, in which a circle is named too. Raises RuleBroken where the link would close one.
    """
    checks.check_shape(by, school)
    _check_readable((origin, target), school)
    _check_strength(strength)
    # Two people who draw the two halves of a circle at once wait for each other here.
    Organisation.objects.select_for_update().get(pk=school.pk)
    checks.check_prerequisite(origin=origin, target=target, school=school, language=language)
    facts = {
        "strength": strength,
        "why": {language: why} if why else {},
        "source": CompetencyLink.Source.PERSON,
        "status": CompetencyLink.Status.ACCEPTED,
        "confidence": 1.0,
        "is_withdrawn": False,
        "made_by": by,
        "made_at": at,
    }
    link, _is_new = CompetencyLink.objects.update_or_create(
        kind=CompetencyLink.Kind.PREREQUISITE,
        origin=origin,
        target=target,
        school=school,
        source_id="",
        defaults=facts,
        create_defaults={**facts, "framework": target.framework},
    )
    audit.record("prerequisite.drawn", link, by=by, at=at, origin=origin.pk, target=target.pk, strength=strength)
    return link


@transaction.atomic
def erase_prerequisite(*, link: CompetencyLink, by: Person, at: datetime) -> None:
    """Take out a link that a school drew; it stays in the record."""
    if link.school is None:
        raise NotFound
    checks.check_shape(by, link.school)
    link.is_withdrawn = True
    link.save(update_fields=["is_withdrawn"])
    audit.record("prerequisite.erased", link, by=by, at=at, origin=link.origin_id, target=link.target_id)


@transaction.atomic
def put_prerequisite_back(*, link: CompetencyLink, by: Person, at: datetime, language: str = "en") -> None:
    """Put back a link that was taken out; refused when others have closed a circle meanwhile."""
    if link.school is None or link.origin is None or link.target is None:
        raise NotFound
    checks.check_shape(by, link.school)
    Organisation.objects.select_for_update().get(pk=link.school.pk)
    checks.check_prerequisite(origin=link.origin, target=link.target, school=link.school, language=language)
    link.is_withdrawn = False
    link.save(update_fields=["is_withdrawn"])
    audit.record("prerequisite.put_back", link, by=by, at=at, origin=link.origin_id, target=link.target_id)


def _check_readable(competencies: tuple[Competency, ...], school: Organisation) -> None:
    if any(each.framework.school_id not in (None, school.pk) for each in competencies):
        raise NotFound


def _check_strength(strength: str) -> None:
    if strength not in CompetencyLink.Strength.values:
        raise RuleBroken(gettext_noop("Choose whether it is needed first, or only helps."))


# --- A school's own skills --------------------------------------------------------------------------------------------


@transaction.atomic
def make_framework(
    *, school: Organisation, title: str, subject: str = "", language: str = "en", by: Person, at: datetime
) -> Framework:
    """Make an empty framework of a school; it is not open to others until a leader opens it."""
    checks.check_shape(by, school)
    if not title.strip():
        raise RuleBroken(gettext_noop("Give the framework a title."))
    framework = Framework.objects.create(
        school=school,
        title=title.strip(),
        subject=subject.strip(),
        language=language,
        creator=school.name,
        source="school",
        is_open=False,
    )
    audit.record("framework.made", framework, by=by, at=at)
    return framework


@transaction.atomic
def add_competency(*, framework: Framework, facts: Mapping[str, Any], by: Person, at: datetime) -> Competency:
    """Add a skill, or a heading, to a school's own framework; see `change_competency` for the facts."""
    checks.check_own_framework(by, framework)
    wanted = _checked(framework, facts)
    last = framework.competencies.aggregate(last=Max("order"))["last"]
    competency = Competency.objects.create(framework=framework, order=0 if last is None else last + 1, **wanted)
    audit.record("competency.added", competency, by=by, at=at, framework=framework.pk)
    return competency


@transaction.atomic
def change_competency(*, competency: Competency, facts: Mapping[str, Any], by: Person, at: datetime) -> dict[str, Any]:
    """Change a skill of a school's own framework, and return the facts that it had before, to put them back.

    The facts are any of code, short, statement, nature, grade_low, grade_high, parent (a competency of the framework) and
    is_assessable.
    """
    checks.check_own_framework(by, competency.framework)
    wanted = _checked(competency.framework, facts, competency)
    before = {name: getattr(competency, name) for name in wanted}
    changed = sorted(name for name, value in wanted.items() if before[name] != value)
    if changed:
        for name in changed:
            setattr(competency, name, wanted[name])
        competency.save(update_fields=changed)
        audit.record("competency.changed", competency, by=by, at=at, fields=changed)
    return before


@transaction.atomic
def withdraw_competency(*, competency: Competency, by: Person, at: datetime) -> None:
    """Withdraw a skill of a school's own framework: it is offered no more, and what is known of it stays."""
    checks.check_own_framework(by, competency.framework)
    competency.is_withdrawn = True
    competency.save(update_fields=["is_withdrawn"])
    audit.record("competency.withdrawn", competency, by=by, at=at)


@transaction.atomic
def bring_competency_back(*, competency: Competency, by: Person, at: datetime) -> None:
    """Offer a withdrawn skill of a school's own framework again."""
    checks.check_own_framework(by, competency.framework)
    competency.is_withdrawn = False
    competency.save(update_fields=["is_withdrawn"])
    audit.record("competency.brought_back", competency, by=by, at=at)


def _checked(framework: Framework, facts: Mapping[str, Any], competency: Competency | None = None) -> dict[str, Any]:
    """Return the facts, cleaned; raise where a skill could not have them."""
    wanted = {name: facts[name] for name in _OF_A_SKILL if name in facts}
    for name in ("code", "short", "statement"):
        if name in wanted:
            wanted[name] = str(wanted[name]).strip()
    if not wanted.get("statement", competency.statement if competency else ""):
        raise RuleBroken(gettext_noop("Write what there is to learn, in one sentence."))
    low = wanted.get("grade_low", competency.grade_low if competency else None)
    high = wanted.get("grade_high", competency.grade_high if competency else None)
    if low is not None and high is not None and low > high:
        raise RuleBroken(gettext_noop("The first grade is above the last one. Turn them round."))
    parent = wanted.get("parent")
    if parent is not None:
        if parent.framework_id != framework.pk:
            raise RuleBroken(gettext_noop("Choose a heading of the same framework."))
        if competency is not None and _is_below(parent, competency):
            raise RuleBroken(gettext_noop("A skill cannot stand below itself. Choose another heading."))
    code = wanted.get("code", "")
    if code:
        same = framework.competencies.filter(code__iexact=code, is_withdrawn=False)
        if competency is not None:
            same = same.exclude(pk=competency.pk)
        if same.exists():
            raise RuleBroken(
                gettext_noop("Another skill of this framework has the code “{code}”. Choose another code."), code=code
            )
    return wanted


def _is_below(one: Competency, other: Competency) -> bool:
    parents = dict(one.framework.competencies.values_list("pk", "parent_id"))
    seen: set[int] = set()
    above: int | None = one.pk
    while above is not None and above not in seen:
        if above == other.pk:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


# --- Words ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def word_competency(
    *,
    competency: Competency,
    language: str,
    wording: Mapping[str, str],
    school: Organisation,
    by: Person,
    at: datetime,
) -> dict[str, str] | None:
    """Say a skill in a language: short, statement and words (the "I can" sentence); empty words take the language out.

    Everybody here reads it, whichever framework the skill is of. Returns what it was before, None where there was nothing.
    """
    checks.check_shape(by, school)
    _check_readable((competency,), school)
    new = {name: str(wording.get(name, "")).strip() for name in _OF_A_WORDING}
    row = ICan.objects.filter(competency=competency, language=language).first()
    before = {name: str(getattr(row, name)) for name in _OF_A_WORDING} if row else None
    if not any(new.values()):
        if row is None:
            return None
        row.delete()
    elif not new["words"]:
        raise RuleBroken(gettext_noop("Write the sentence that begins with “I can”, as a student would say it."))
    elif new == before:
        return before
    else:
        ICan.objects.update_or_create(competency=competency, language=language, defaults=new)
    audit.record("competency.worded", competency, by=by, at=at, language=language)
    return before
