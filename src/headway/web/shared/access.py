"""Who may open a page: signed in, with a permission. *Which* student or class is asked of records, never here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from headway.core.access.roles import Permission
from headway.records.roster import checks

if TYPE_CHECKING:
    from headway.records.roster.models import Person

P = ParamSpec("P")


class Request(HttpRequest):
    """A request of somebody who is signed in."""

    person: Person
    htmx: HtmxDetails


def may(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Request, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Let people with `permission` in; ask others to sign in, or say that their account may not."""

    def guard(
        view: Callable[Concatenate[Request, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            signed_in = cast("Request", request)
            signed_in.person = cast("Any", request.user)
            checks.check_may(signed_in.person, permission)
            return view(signed_in, *args, **kwargs)

        return guarded

    return guard
