"""Weekly timetables that many schools use, to choose from when a class is made; every one can be changed later."""

from __future__ import annotations

from datetime import time
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# name -> (words, minutes of Monday to Friday)
PRESETS: MappingProxyType[str, tuple[Promise, tuple[int, int, int, int, int]]] = MappingProxyType(
    {
        "daily-50": (_("Every day, 50 minutes"), (50, 50, 50, 50, 50)),
        "daily-45": (_("Every day, 45 minutes"), (45, 45, 45, 45, 45)),
        "daily-60": (_("Every day, 60 minutes"), (60, 60, 60, 60, 60)),
        "mwf-75": (_("Monday, Wednesday and Friday, 75 minutes"), (75, 0, 75, 0, 75)),
        "blocks-90": (_("Tuesday and Thursday 90 minutes, Friday 45"), (0, 90, 0, 90, 45)),
        "morning-150": (_("One class all morning, 150 minutes a day"), (150, 150, 150, 150, 150)),
    }
)


def periods(preset: str, starts_at: time) -> list[tuple[int, time, int, str]]:
    """Return the weekly meetings of a preset: (weekday, start, minutes, place)."""
    return [(weekday, starts_at, minutes, "") for weekday, minutes in enumerate(PRESETS[preset][1]) if minutes]
