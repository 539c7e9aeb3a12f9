"""Passes into a sandbox: what runs there has no origin and no cookies, so its addresses carry a signed word for what they may read.

A pass names one thing and one person and ends after a few hours. It opens nothing else, and never a page of the site.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt

from headway.core.shared.errors import NotFound
from headway.records.roster import queries as roster

if TYPE_CHECKING:
    from headway.records.roster.models import Person

P = ParamSpec("P")

SALT = "headway.frames"
HOURS_IT_LASTS = 4
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What a pass opens: a thing of a kind ("h5p" or "item"), for one person, with what the kind needs beside."""

    kind: str
    thing: str
    person: Person
    token: str
    more: tuple[str, ...] = ()


def made_out(kind: str, thing: object, person: Person, *more: str, at: datetime) -> str:
    """Return a pass. Within an hour it is the same, so that a browser keeps what it has fetched."""
    until = int(at.timestamp()) // _SECONDS_PER_HOUR + HOURS_IT_LASTS + 1
    return signing.Signer(salt=SALT).sign_object([kind, str(thing), person.pk, until, *more])


def read(token: str, kind: str, *, at: datetime) -> Pass:
    """Return what a pass opens. Raises NotFound where it is of another kind, over, not ours, or its person left."""
    try:
        found = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError) as problem:
        raise NotFound from problem
    kind_told, thing, person_id, until, *more = found
    person = roster.person_at_the_door(person_id)
    if kind_told != kind or at.timestamp() >= until * _SECONDS_PER_HOUR or person is None or not person.is_active:
        raise NotFound
    return Pass(kind=kind, thing=thing, person=person, token=token, more=tuple(more))


def with_pass(
    kind: str, *, is_framed: bool = False
) -> Callable[[Callable[Concatenate[HttpRequest, Pass, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Let in whoever has a pass of this kind; without one there is nothing at the address. `is_framed` is for the page of a frame."""

    def guard(view: Callable[Concatenate[HttpRequest, Pass, P], HttpResponse]) -> Callable[..., HttpResponse]:
        def with_a_pass(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return view(request, read(token, kind, at=timezone.now()), *args, **kwargs)

        update_wrapper(with_a_pass, view)
        return xframe_options_exempt(with_a_pass) if is_framed else with_a_pass

    return guard
