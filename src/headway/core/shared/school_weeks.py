"""School weeks: five days from a Monday."""

from __future__ import annotations

from datetime import date, timedelta

SCHOOL_DAYS_PER_WEEK = 5


def monday_of(day: date) -> date:
    """Return the Monday of the week that holds `day`."""
    return day - timedelta(days=day.weekday())


def coming_monday(day: date) -> date:
    """Return the Monday of the week a teacher plans on `day`: this week on Monday, else the next one."""
    return day if day.weekday() == 0 else monday_of(day) + timedelta(days=7)


def days_of(monday: date) -> tuple[date, ...]:
    """Return the five school days, Monday to Friday, of the week that starts on `monday`."""
    return tuple(monday + timedelta(days=day) for day in range(SCHOOL_DAYS_PER_WEEK))
