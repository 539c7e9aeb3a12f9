"""Where a form sends its reader afterwards: never to another site."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRefresh


def safe_next(request: HttpRequest, otherwise: str = "home") -> str:
    """Return the address in `next` when it is one of ours, else the page named `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if own else resolve_url(otherwise)


def go_back(request: HttpRequest, otherwise: str = "home") -> HttpResponseRedirect:
    """Send the reader to `next`, else to the page named `otherwise`."""
    return redirect(safe_next(request, otherwise))


def show_again(request: HttpRequest, page: str, **where: Any) -> HttpResponse:
    """Show a page after a press: by redirect, or, when htmx pressed (an Undo in a toast), by loading it anew."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRefresh()
    back: HttpResponse = redirect(page, **where)
    return back
