"""May this be done to evidence, rules of mastery and learner models now? Each rule is a sentence that raises."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from headway.core.access.roles import Permission
from headway.core.evidence.scorecards import Scorecards, as_json
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken, gettext_noop
from headway.records.evidence.models import ModelVersion
from headway.records.evidence.replays import ModelChanges
from headway.records.roster.checks import check_may
from headway.records.roster.models import Class, Organisation, Person, Teaching
from headway.records.roster.queries import organisations_led_by
from headway.records.standards.models import Competency

ONE_THING = gettext_noop(
    "A rule is for a class, for a skill, for a framework or for the whole school. Choose one of them."
)
OTHER_SCHOOL = gettext_noop("This class belongs to another school. Choose the school it belongs to.")
NOT_YOUR_CLASS = gettext_noop("Only a teacher of this class or a leader of its school may choose its rule.")
NOT_YOUR_SCHOOL = gettext_noop("Only a leader of the school may choose a rule for all its classes.")
NO_NAME = gettext_noop("A learner model needs a name of its own, with at most {most} letters.")
NAME_TAKEN = gettext_noop("Another learner model is called “{version}” already. Give this one a name of its own.")
WOULD_CHANGE = gettext_noop(
    "The learner model “{version}” would change {words} of {cells} words without new evidence, and move {moved} estimates by "
    "more than a little (at most {largest} logits). Nothing was changed. Look at what would change; then publish it again and "
    "say that you accept the changes: every word that changes is written down, for everybody concerned to see."
)
MOST_LETTERS = 60


def check_has_happened(moments: Iterable[datetime], at: datetime) -> None:
    """Raise when something is dated after the moment it is recorded at."""
    if any(moment > at for moment in moments):
        raise RuleBroken(gettext_noop("This is dated in the future. Check the date and save again."))


def check_rule_scope(
    school: Organisation, school_class: Class | None, competency: Competency | None, framework_id: int | None
) -> None:
    """Raise unless a rule is for one thing, which belongs to the school."""
    if sum(thing is not None for thing in (school_class, competency, framework_id)) > 1:
        raise RuleBroken(ONE_THING)
    if school_class is not None and school_class.school_id != school.pk:
        raise RuleBroken(OTHER_SCHOOL)


def check_set_rule(by: Person | None, school: Organisation, school_class: Class | None = None) -> None:
    """Raise unless `by` teaches the class, or leads the school; the command line (nobody) may."""
    if by is None:
        return
    check_may(by, Permission.SET_MASTERY_RULES)
    if organisations_led_by(by).filter(pk=school.pk).exists():
        return
    if school_class is None:
        if not by.role_grants.filter(organisation=school).exists():
            raise NotFound
        raise NotAllowed(NOT_YOUR_SCHOOL)
    parts = (Teaching.Part.LEAD, Teaching.Part.CO)
    if not Teaching.objects.filter(school_class=school_class, teacher=by, part__in=parts).exists():
        raise NotAllowed(NOT_YOUR_CLASS)


def why_not_set_rule(by: Person, school: Organisation, school_class: Class | None = None) -> str:
    """Return why the person may not choose this rule, "" when they may."""
    try:
        check_set_rule(by, school, school_class)
    except (NotAllowed, NotFound) as rule:
        return str(rule)
    return ""


def check_model(cards: Scorecards) -> bool:
    """Return whether the learner model is published already; raise where its name stands for other numbers."""
    if not cards.version.strip() or len(cards.version) > MOST_LETTERS:
        raise RuleBroken(NO_NAME, most=MOST_LETTERS)
    kept = ModelVersion.objects.filter(version=cards.version).first()
    if kept is not None and kept.parameters != as_json(cards):
        raise RuleBroken(NAME_TAKEN, version=cards.version)
    return kept is not None


def check_changes(changes: ModelChanges, *, accept_changes: bool) -> None:
    """Raise where the model would show somebody something else without new evidence, unless that was agreed to."""
    if accept_changes or changes.is_silent:
        return
    raise RuleBroken(
        WOULD_CHANGE,
        version=changes.version,
        words=changes.words_changed,
        moved=changes.moved,
        cells=changes.cells,
        largest=round(changes.largest_shift, 2),
    )


def why_not_publish(changes: ModelChanges, *, accept_changes: bool) -> str:
    """Return why a model may not come into use unasked, "" when it may."""
    try:
        check_changes(changes, accept_changes=accept_changes)
    except RuleBroken as rule:
        return str(rule)
    return ""
