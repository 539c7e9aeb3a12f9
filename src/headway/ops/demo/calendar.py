"""The demo school's days, counted from the day it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from headway.core.shared.school_weeks import monday_of


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Dates and moments at the school, relative to now."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The school's date."""
        return self.now.astimezone(self.zone).date()

    @property
    def monday(self) -> date:
        """The Monday of the present week."""
        return monday_of(self.today)

    def day(self, week: int, weekday: int = 0) -> date:
        """Return a day of a week counted from the present one."""
        return self.monday + timedelta(days=7 * week + weekday)

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """Return a moment on a day, never later than now; minutes may run over the hour."""
        return min(self.now, datetime.combine(day, time(hour), self.zone) + timedelta(minutes=minute))

    def school_day_back(self, count: int) -> date:
        """Return the school day `count` school days before today."""
        day = self.today
        while count or day.weekday() > 4:
            day -= timedelta(days=1)
            if day.weekday() <= 4 and count:
                count -= 1
        return day
