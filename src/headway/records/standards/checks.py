"""May this be done to this framework now? Each rule is a sentence that raises."""

from __future__ import annotations

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound
from headway.records.roster.checks import check_may
from headway.records.roster.models import Organisation, Person
from headway.records.roster.queries import organisations_led_by


def check_manage(by: Person, school: Organisation | None) -> None:
    """Raise unless `by` may manage standards, and leads the school where they belong to one.

    Published frameworks belong to no school: any leader may bring a new edition of one. Another school's are not found.
    """
    check_may(by, Permission.MANAGE_STANDARDS)
    if school is not None and not organisations_led_by(by).filter(pk=school.pk).exists():
        raise NotFound
