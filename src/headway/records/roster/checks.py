"""May this be done to this person or class now? Each rule is a sentence that raises; its twin asks."""

from __future__ import annotations

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken, gettext_noop
from headway.records.roster.models import Class, Organisation, Person, Teaching
from headway.records.roster.queries import may, organisations_led_by, people_led_by

MOST_NAMES_AT_ONCE = 400


def check_may(person: Person, permission: Permission) -> None:
    """Raise NotAllowed unless one of the person's roles carries the permission."""
    if not may(person, permission):
        raise NotAllowed(gettext_noop("Your account may not do this. Ask the school’s leader."))


def check_teaches(person: Person, school_class: Class) -> None:
    """Raise NotAllowed unless the person teaches the class as lead or co-teacher."""
    parts = (Teaching.Part.LEAD, Teaching.Part.CO)
    if not Teaching.objects.filter(school_class=school_class, teacher=person, part__in=parts).exists():
        raise NotAllowed(gettext_noop("Only a teacher of this class may change its plans."))


def check_switch_off(person: Person, by: Person) -> None:
    """Raise unless `by` leads the person's school and does not close their own door."""
    check_may(by, Permission.MANAGE_PEOPLE)
    if person.pk == by.pk:
        raise RuleBroken(gettext_noop("You cannot switch off your own account. Ask another leader."))
    if not people_led_by(by).filter(pk=person.pk).exists():
        raise NotFound


def check_one_time_password(person: Person, by: Person) -> None:
    """Raise unless `by` leads the person's school and the person signs in with a name and a password."""
    check_may(by, Permission.MANAGE_PEOPLE)
    if person.pk == by.pk:
        raise RuleBroken(gettext_noop("Change your own password on the password page."))
    if not people_led_by(by).filter(pk=person.pk).exists():
        raise NotFound
    if not person.username:
        raise RuleBroken(gettext_noop("This person has no sign-in name. Give one first."))


def check_leads(by: Person, school: Organisation) -> None:
    """Raise unless `by` leads the school, or the district above it."""
    check_may(by, Permission.MANAGE_PEOPLE)
    if not organisations_led_by(by).filter(pk=school.pk).exists():
        raise NotFound


def check_username_is_free(username: str) -> None:
    """Raise when somebody else signs in with this name."""
    if Person.objects.filter(username__iexact=username).exists():
        raise RuleBroken(
            gettext_noop("Somebody else signs in as “{username}”. Choose another sign-in name."), username=username
        )


def check_names(names: list[tuple[str, str]]) -> None:
    """Raise unless there is at least one name and no more than a school pastes at once."""
    if not names:
        raise RuleBroken(gettext_noop("There is no name in the list. Paste one name on each line."))
    if len(names) > MOST_NAMES_AT_ONCE:
        raise RuleBroken(
            gettext_noop("The list has {count} names. Paste at most {most} at once."),
            count=len(names),
            most=MOST_NAMES_AT_ONCE,
        )
