"""A real school begins with its first leader."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from headway.core.shared.errors import RuleBroken
from headway.ops.terminal import examples, say, say_json
from headway.ops.wake import migrate, wake

NAME_TAKEN = "Somebody signs in as {username} already. Choose another name with --username."


def _username(given: str, family: str) -> str:
    letters = "".join(letter for letter in f"{given}.{family}".lower() if letter.isalnum() or letter in ".-")
    return letters.strip(".") or "leader"


def _add_leader(
    name: Annotated[str, typer.Argument(help="The leader’s name.")],
    school: Annotated[str, typer.Option(help="The school’s name; it is added when it is not there.")],
    username: Annotated[str, typer.Option(help="The name to sign in with; made from the name when left out.")] = "",
    language: Annotated[str, typer.Option(help="The language the leader reads: en or es.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Add a school’s leader; prints a password for the first sign-in."""
    wake()
    migrate()
    from django.conf import settings  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from headway.core.access.roles import Role  # noqa: PLC0415
    from headway.records.roster import actions, queries  # noqa: PLC0415

    at = timezone.now()
    given, _space, family = name.strip().partition(" ")
    if not given or not school.strip():
        raise typer.BadParameter("Give a name and a school.")
    if language not in dict(settings.LANGUAGES):
        raise typer.BadParameter("Headway speaks en and es.", param_hint="--language")
    wanted = username.strip() or _username(given, family)
    if queries.username_is_taken(wanted):
        raise RuleBroken(NAME_TAKEN, username=wanted)
    password = "-".join(secrets.token_hex(2) for _part in range(4))
    with transaction.atomic():
        organisation = queries.school_named(school.strip()) or actions.add_organisation(
            kind="school", name=school.strip(), timezone=settings.TIME_ZONE, by=None, at=at
        )
        actions.add_person(
            given_name=given,
            family_name=family,
            roles=[Role.LEADER],
            organisation=organisation,
            language=language,
            username=wanted,
            password=password,
            password_is_one_time=True,
            by=None,
            at=at,
        )
    if as_json:
        say_json({"username": wanted, "password": password, "school": organisation.name})
        return
    say(f"{name.strip()} leads {organisation.name}.")
    say(
        f"Sign in as [bold]{wanted}[/bold] with the password [bold]{password}[/bold]. It works once: choose your own there."
    )


_add_leader.__name__ = "add-leader"
add_leader = (_add_leader, examples("headway add-leader 'Rosa Amaya' --school 'Bell Harbor Middle School'"))
