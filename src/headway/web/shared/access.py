"""Who may open a page: signed in, with a permission. *Which* student or class is asked of records, never here."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect
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


def signed_in(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let anybody in who is signed in, whatever their role; ask others to sign in first."""

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        known = cast("Request", request)
        known.person = cast("Any", request.user)
        response = view(known, *args, **kwargs)
        # The next person at a shared device must not find this page by going back.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    update_wrapper(guarded, view)
    return guarded


def may(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Request, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Let people with `permission` in; ask others to sign in, or say that their account may not."""

    def guard(
        view: Callable[Concatenate[Request, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        def allowed(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.person.password_is_one_time:
                return redirect("password")
            checks.check_may(request.person, permission)
            return view(request, *args, **kwargs)

        update_wrapper(allowed, view)
        return signed_in(allowed)

    return guard


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask to sign in and come back; htmx is told to open the whole page instead of putting it into a part of one."""
    if getattr(request, "htmx", False):
        here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(here).url)
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else "/")
