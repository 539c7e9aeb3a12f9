"""May this be done to this framework, competency or link now? Each rule is a sentence that raises."""

from __future__ import annotations

from headway.core.access.roles import Permission
from headway.core.shared.errors import NotFound, RuleBroken, gettext_noop
from headway.core.standards.prerequisites import closed_by
from headway.records.roster.checks import check_may
from headway.records.roster.models import Organisation, Person
from headway.records.roster.queries import organisations_led_by, schools_of
from headway.records.standards.models import Competency, Framework
from headway.records.standards.prerequisites import prerequisite_links
from headway.records.standards.queries import named


def check_manage(by: Person, school: Organisation | None) -> None:
    """Raise unless `by` may manage standards, and leads the school where they belong to one.

    Published frameworks belong to no school: any leader may bring a new edition of one. Another school's are not found.
    """
    check_may(by, Permission.MANAGE_STANDARDS)
    if school is not None and not organisations_led_by(by).filter(pk=school.pk).exists():
        raise NotFound


def check_shape(by: Person, school: Organisation) -> None:
    """Raise unless `by` may shape standards and belongs to the school, or leads it."""
    check_may(by, Permission.SHAPE_STANDARDS)
    here = schools_of(by).filter(pk=school.pk) | organisations_led_by(by).filter(pk=school.pk).distinct()
    if not here.exists():
        raise NotFound


def check_own_framework(by: Person, framework: Framework) -> Organisation:
    """Raise unless the framework is of a school that `by` may shape; return the school."""
    school = framework.school
    if school is None:
        raise RuleBroken(
            gettext_noop(
                "“{title}” is published, so its skills stay as they were written. "
                "Word them in your own way, or add your skill to a framework of your school."
            ),
            title=framework.title,
        )
    check_shape(by, school)
    return school


def check_prerequisite(*, origin: Competency, target: Competency, school: Organisation, language: str) -> None:
    """Raise where `origin` cannot come before `target` in the school: the same, a heading, or a circle, which is named.

    Where it comes before it already, saying so in another way closes nothing new.
    """
    if origin.pk == target.pk:
        raise RuleBroken(gettext_noop("A skill cannot come before itself. Choose another one."))
    for each in (origin, target):
        if each.is_withdrawn or not each.is_assessable:
            raise RuleBroken(
                gettext_noop("“{skill}” is a heading or was withdrawn. Choose a skill that can be learned."),
                skill=named([each], language)[each.pk].short,
            )
    links = prerequisite_links(school.pk)
    is_new = all((link.before, link.after) != (origin.pk, target.pk) for link in links)
    circle = closed_by(links, before=origin.pk, after=target.pk) if is_new else ()
    if circle:
        rows = Competency.objects.in_bulk(list(circle))
        names = named(rows.values(), language)
        raise RuleBroken(
            gettext_noop(
                "This would close a circle, in which nothing could come first: {circle}. Take one of these links out, then draw this one."
            ),
            circle=" → ".join(names[pk].short for pk in (*circle, circle[0])),
        )
