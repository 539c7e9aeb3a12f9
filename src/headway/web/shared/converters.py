"""Address parts with a meaning."""

from __future__ import annotations

from datetime import date

from django.urls import register_converter

from headway.core.shared.school_weeks import monday_of


class MondayConverter:
    """A week, named by its Monday; any day of the week stands for it."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the Monday; a date that does not exist is no address."""
        return monday_of(date.fromisoformat(value))

    def to_url(self, value: date | str) -> str:
        """Return the Monday's written form."""
        return value if isinstance(value, str) else monday_of(value).isoformat()


# Importing this module is enough: every contents page that names weeks does so, and Django wants it said once.
register_converter(MondayConverter, "monday")
