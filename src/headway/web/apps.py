"""The pages, as a Django app so that templates tags and translations are found."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages by audience."""

    name = "headway.web"
    label = "web"
