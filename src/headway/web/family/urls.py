"""Contents page: the week at home, by link or signed in."""

from __future__ import annotations

from django.urls import path

from headway.web.family import week

urlpatterns = [
    path("", week.signed_in_home, name="family-home"),
    path("<slug:code>/", week.by_link, name="family-week"),
]
