"""Errors of the domain become pages, once, here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language

from headway.core.shared.errors import HeadwayError, NotAllowed, NotFound, RuleBroken, gettext_noop
from headway.web.shared.words import sentence

STATUS_OF = {NotFound: 404, NotAllowed: 403, RuleBroken: 409}


class ProblemMiddleware:
    """Show a broken rule, a closed door or a missing thing as a sentence on a page or in a toast."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Translate the sentence and answer with the fitting status."""
        if not isinstance(problem, HeadwayError):
            return None
        return problem_page(request, problem)


def problem_page(request: HttpRequest, problem: HeadwayError) -> HttpResponse:
    """Render the sentence: a toast for htmx, a whole page otherwise."""
    status = next((code for kind, code in STATUS_OF.items() if isinstance(problem, kind)), 400)
    facts = {"words": sentence(problem.sentence, problem.facts), "status": status}
    if getattr(request, "htmx", False):
        response = render(request, "shared/components/toast.html", {"toast_words": facts["words"]}, status=200)
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "shared/problem.html", facts, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show the same page for a wrong address as for somebody else's student."""
    return problem_page(request, NotFound())


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show a request that makes no sense as a page."""
    return problem_page(
        request, HeadwayError(gettext_noop("The page could not read what was sent. Go back and try again."))
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show what to do when a form was open for too long, or came from another site."""
    words = gettext_noop("This page was open for a long time. Go back, reload it and send again.")
    return problem_page(request, NotAllowed(words))


def broken(request: HttpRequest) -> HttpResponse:
    """Show a page when we made a mistake; it asks nothing of the database, which may be the thing that broke."""
    return HttpResponse(render_to_string("shared/broken.html", {"LANGUAGE_CODE": get_language()}), status=500)
