"""The one Django app that remembers."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """One app for all rooms, so that a table may move between rooms without a migration."""

    name = "headway.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks of the rooms."""
        from headway.records.audit import checks  # noqa: F401, PLC0415
