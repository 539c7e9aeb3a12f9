"""One page with nothing on it, and a sign-in page that says when the server is up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer with two letters."""
    return HttpResponse("ok")


urlpatterns = [path("nothing/", nothing), path("sign-in/", nothing)]
