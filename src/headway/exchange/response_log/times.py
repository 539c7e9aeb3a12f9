"""Finds out how a log writes its times: seconds, thousandths or millionths of a second, or dates, and in which form."""

# SQL is put together here from own words, numbers of columns and quoted text only.
# ruff: noqa: S608
from __future__ import annotations

from typing import NamedTuple

import duckdb

from headway.core.shared.errors import gettext_noop
from headway.exchange.response_log.columns import key
from headway.exchange.shared.import_report import EXAMPLES_KEPT, Told

SECONDS = gettext_noop("Times in “{column}” were read as seconds.")
THOUSANDTHS = gettext_noop("Times in “{column}” were read as thousandths of a second.")
MILLIONTHS = gettext_noop("Times in “{column}” were read as millionths of a second.")
DATES = gettext_noop("Times in “{column}” were read as dates and times.")
MONTH_FIRST = gettext_noop("Times in “{column}” were read as dates with the month first, as in 12/31.")
DAY_FIRST = gettext_noop("Times in “{column}” were read as dates with the day first, as in 31/12.")
NO_MOMENT = gettext_noop(
    "“{column}” has no time that can be read: the answer stays after the one before it in the file."
)
MOSTLY_UNREADABLE = gettext_noop("“{column}” holds times for fewer than half of the answers, so it was not used.")

ROWS_LOOKED_AT, STUDENTS_LOOKED_AT = 200_000, 1_000
# Counted from 1970, every time since 1973 is above these; counted from the start of a log, nobody's times get there.
LEAST_MILLIONTHS, LEAST_THOUSANDTHS = 1e14, 1e11
# Moments between 1990 and 2040 in seconds, in a log of fewer than fifteen years, are what they look like.
SECONDS_FROM_1990_TO_2040, LONGEST_LOG_SECONDS = (631_152_000, 2_208_988_800), 15 * 365 * 86_400
# Somebody answers within a quarter of an hour of an own answer now and then; where one gap in ten is not above this, it is
# no gap in seconds.
LONGEST_SHORT_GAP_SECONDS = 1_000
SHARE_OF_SHORT_GAPS = 0.1
ISO = "epoch(try_cast(moment as timestamptz))"
MONTH_FORMS = tuple(f"%m/%d/%Y{clock}" for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"))
DAY_FORMS = tuple(form.replace("%m/%d", "%d/%m") for form in MONTH_FORMS)
OTHER_FORMS = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%b %d, %Y %I:%M:%S %p",
)
NO_TIME = "null::double"
NUMBER = "try_cast(replace(moment, ',', '.') as double)"


class Clock(NamedTuple):
    """How to turn the text in the column `moment` of the table `kept` into seconds, and what to tell about it."""

    sql: str
    notes: tuple[Told, ...]


def clock_of(connection: duckdb.DuckDBPyConnection, column: str) -> Clock | None:
    """Return how times are written, or None where there are none or all are the same."""
    written, numbers, least, most = _one(
        connection,
        f"select count(moment), count({NUMBER}), min({NUMBER}), max({NUMBER}) from kept",
    )
    if not written:
        return None
    if numbers * 2 >= written:
        unit, sentence = _unit(connection, column, least, most)
        sql = f"({NUMBER} / {unit})"
    else:
        sql, sentence = _form(connection)
    rows, readable, first, last = _one(
        connection,
        f"select count(*), count({sql}), min({sql}), max({sql}) from kept",
    )
    if readable * 2 < rows:
        return Clock(NO_TIME, (Told(sentence=MOSTLY_UNREADABLE, facts={"column": column}),)) if readable else None
    if first == last:
        return None
    notes = [Told(sentence=sentence, facts={"column": column})]
    if readable < rows:
        where = connection.execute(
            f"select position + 1 from kept where {sql} is null order by position limit {EXAMPLES_KEPT}"
        ).fetchall()
        notes.append(
            Told(
                sentence=NO_MOMENT,
                facts={"column": column},
                times=rows - readable,
                places=tuple(f"row {row}" for (row,) in where),
            )
        )
        own = "over (partition by student order by position"
        sql = (
            f"coalesce({sql}, last_value({sql} ignore nulls) {own}), "
            f"first_value({sql} ignore nulls) {own} rows between current row and unbounded following), {first}::double)"
        )
    return Clock(sql, tuple(notes))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    return connection.execute(query).fetchone() or ()


def _unit(connection: duckdb.DuckDBPyConnection, column: str, least: float, most: float) -> tuple[int, str]:
    if most >= LEAST_MILLIONTHS:
        return 1_000_000, MILLIONTHS
    name = key(column)
    if most >= LEAST_THOUSANDTHS or name.endswith(("ms", "millis", "milliseconds")):
        return 1_000, THOUSANDTHS
    earliest, latest = SECONDS_FROM_1990_TO_2040
    if earliest <= least and most <= latest and most - least < LONGEST_LOG_SECONDS:
        return 1, SECONDS
    (short_gap,) = _one(
        connection,
        f"""
        select quantile_cont(gap, {SHARE_OF_SHORT_GAPS}) from (
            select time - lag(time) over (partition by student order by time) as gap
            from (select student, {NUMBER} as time from kept)
            where student in (select student from kept limit {STUDENTS_LOOKED_AT})
        ) where gap > 0
        """,
    )
    return (1_000, THOUSANDTHS) if short_gap and short_gap > LONGEST_SHORT_GAP_SECONDS else (1, SECONDS)


def _form(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Return the forms that the log uses as one SQL expression; of month first and day first the one that reads more."""
    forms = [ISO, *(f"epoch(try_strptime(moment, '{form}'))" for form in (*MONTH_FORMS, *DAY_FORMS, *OTHER_FORMS))]
    counts = _one(
        connection,
        f"select {', '.join(f'count({form})' for form in forms)} from (select moment from kept limit {ROWS_LOOKED_AT})",
    )
    used = [form for form, count in zip(forms, counts, strict=True) if count]
    month, day = ([form for form in used if first in form] for first in ("%m/%d", "%d/%m"))
    sentence = DATES
    if month or day:
        # Whether 5/6 is in May shows only in other rows, so all of them are asked.
        sides = [f"count(coalesce({', '.join(side)}))" if side else "0" for side in (month, day)]
        read = _one(connection, f"select {', '.join(sides)} from kept")
        dropped, sentence = (day, MONTH_FIRST) if read[0] >= read[1] else (month, DAY_FIRST)
        used = [form for form in used if form not in dropped]
    return (f"coalesce({', '.join(used)})" if used else NO_TIME), sentence
