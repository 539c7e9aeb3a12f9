"""Means, intervals over seeds, and the tables that are published as they come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from headway.core.shared.errors import gettext_noop
from headway.core.trial.assumptions import BASE, WORLDS
from headway.core.trial.ways import SAME, WAYS

Words = Callable[[str], str]
SeedFigures = Mapping[str, Mapping[str, float]]  # by way, by name

SURE: Final = 0.95
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

# Name, heading, decimals.
LEARNED: Final = (
    ("gain", gettext_noop("Gained"), 1),
    ("gain_later", gettext_noop("4 weeks later"), 1),
    ("secure", gettext_noop("Secure, %"), 1),
    ("gain_earlier", gettext_noop("Earlier skills"), 1),
)
TENTHS: Final = (
    ("gain_lowest_at_start", gettext_noop("Lowest at start"), 1),
    ("lowest_at_end", gettext_noop("Lowest at end"), 1),
    ("gain_highest_at_start", gettext_noop("Highest at start"), 1),
)
MINUTES: Final = (
    ("minutes", gettext_noop("Worked"), 0),
    ("screen", gettext_noop("Screen"), 0),
    ("with_others", gettext_noop("With others"), 0),
    ("teacher_group", gettext_noop("Teacher’s group"), 1),
    ("teacher_class", gettext_noop("Teacher’s class"), 1),
    ("seconds_a_draft", gettext_noop("CPU s a week"), 2),
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over seeds, and half the width of its 95% interval; nan with one seed."""

    mean: float
    half: float

    @property
    def is_clear(self) -> bool:
        """Whether zero lies outside."""
        return abs(self.mean) > self.half

    def as_json(self) -> dict[str, float | None]:
        """Return the interval as plain JSON values."""
        return {"mean": self.mean, "half": None if math.isnan(self.half) else self.half}


def interval(values: Sequence[float]) -> Interval:
    """Return the mean with its 95% interval by Student's t; a figure that never differs has a width of 0."""
    count = len(values)
    mean = float(np.mean(values))
    if count < 2:
        return Interval(mean=mean, half=math.nan)
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    return Interval(mean=mean, half=float(stdtrit(count - 1, 0.5 + SURE / 2)) * error)


def over_seeds(seeds: Sequence[SeedFigures], way: str, name: str) -> Interval:
    """Return one figure of one way."""
    return interval([one[way][name] for one in seeds])


def against_same(seeds: Sequence[SeedFigures], way: str, name: str, other: str = SAME) -> Interval:
    """Return how much more one way brings than another, class by class: pairs with the same students and luck."""
    return interval([one[way][name] - one[other][name] for one in seeds])


def summary(seeds: Sequence[SeedFigures]) -> dict[str, Any]:
    """Return every figure of every way, and every difference to the same work for all, as plain JSON values."""
    names = [name for name, _words, _digits in (*LEARNED, *TENTHS, *MINUTES)]
    ways = list(seeds[0]) if seeds else []
    return {
        way: {
            name: {
                **over_seeds(seeds, way, name).as_json(),
                "more_than_same": against_same(seeds, way, name).as_json() if SAME in ways else None,
            }
            for name in names
        }
        for way in ways
    }


def _number(value: float, digits: int, *, is_signed: bool = False) -> str:
    text = f"{value:+.{digits}f}" if is_signed else f"{value:.{digits}f}"
    return text.replace("-", "−")


def _cell(found: Interval, digits: int, *, is_signed: bool = False) -> str:
    shown = _number(found.mean, digits, is_signed=is_signed)
    return shown if math.isnan(found.half) else f"{shown} ± {_number(found.half, digits)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("--:" for _column in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its title: for a terminal and for a document."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table for a document."""
        return f"**{self.title}**\n\n{_table(self.head, self.rows)}"


def tables(worlds: Mapping[str, Sequence[SeedFigures]], *, words: Words) -> list[Table]:
    """Return the tables of the trial: the base world in full, then the others by what changes in them."""
    base = worlds[BASE]
    ways = list(base[0])
    found = []
    for title, columns in (
        (gettext_noop("What was learned (points of 100, mean ± 95% interval)"), LEARNED),
        (gettext_noop("Who learned it"), TENTHS),
        (gettext_noop("Minutes a student and week"), MINUTES),
    ):
        found.append(
            Table(
                title=words(title),
                head=("", *(words(heading) for _name, heading, _digits in columns)),
                rows=tuple(
                    (
                        words(WAYS[way].words),
                        *(_cell(over_seeds(base, way, name), digits) for name, _heading, digits in columns),
                    )
                    for way in ways
                ),
            )
        )
    if SAME not in ways:
        return found
    others = [way for way in ways if way != SAME]
    compared = (*LEARNED, *TENTHS)
    found.append(
        Table(
            title=words(gettext_noop("More than the same work for all, with the same students and the same luck")),
            head=("", *(words(heading) for _name, heading, _digits in compared)),
            rows=tuple(
                (
                    words(WAYS[way].words),
                    *(
                        _cell(against_same(base, way, name), digits, is_signed=True)
                        for name, _words, digits in compared
                    ),
                )
                for way in others
            ),
        )
    )
    if len(worlds) > 1:
        # The first seeds of the base world are those that the other worlds have: the same students in every row.
        fewest = min(len(seeds) for seeds in worlds.values())
        worlds = {world: seeds[:fewest] for world, seeds in worlds.items()}
        for name, heading, digits in (LEARNED[0], TENTHS[0], TENTHS[1]):
            found.append(
                Table(
                    title=words(gettext_noop("Other worlds: more than the same work for all. {what}")).format(
                        what=words(heading)
                    ),
                    head=("", *(words(WAYS[way].words) for way in others), words(gettext_noop("Seeds"))),
                    rows=tuple(
                        (
                            words(WORLDS[world].words),
                            *(_cell(against_same(seeds, way, name), digits, is_signed=True) for way in others),
                            str(len(seeds)),
                        )
                        for world, seeds in worlds.items()
                    ),
                )
            )
    return found


def put_between(document: str, figures: str) -> str:
    """Return a document with the figures between its two marks; at its end where it has none."""
    before, has_mark, rest = document.partition(BEGIN)
    if not has_mark:
        return f"{document.rstrip()}\n\n{BEGIN}\n{figures}\n{END}\n"
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"
