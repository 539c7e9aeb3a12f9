"""A form of which only a part arrived is not taken: whoever sent it sends it again, and it must not have counted already."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from headway.web.shared.problems import bad_request

WHOLE_IN_MEMORY = ("application/x-www-form-urlencoded", "application/json")


class WholeRequestsMiddleware:
    """Refuse a form or message that is shorter than it says: the connection was cut, and the fields at its end are missing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type in WHOLE_IN_MEMORY and (said := request.META.get("CONTENT_LENGTH")):
            try:
                is_whole = len(request.body) == int(said)
            except (UnreadablePostError, ValueError):
                is_whole = False
            if not is_whole:
                return bad_request(request)
        return self.get_response(request)
