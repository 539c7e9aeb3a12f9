"""The measures of a week in words and as a strip: one lettered dot for each group, a red diamond for a single student.

Each mark is a link to what makes its number, of 24 pixels and apart from the next one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import formats
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from headway.core.planning.fairness import SCALES, Difference, GroupMean, MeasureName

WIDTH, HEIGHT, LEFT, RIGHT, MIDDLE = 220, 36, 42, 172, 22
TARGET = 25.2  # 24 pixels where a tile is as narrow as it gets
RADIUS = 8.5
SHARES = (MeasureName.GRADE_LEVEL, MeasureName.WITH_OTHERS)
HOURS_IN_DAYS = 48  # from here on waits are told in days


def letters(language: str = "") -> dict[str, str]:
    """Return what the letters of the strip stand for, in the reader's language; `language` is the class's, in words."""
    name = language or gettext("the class’s language")
    at_home = gettext("{language} at home").format(language=name)
    return {
        "E": gettext("building {language}").format(language=name),
        "B": gettext("bilingual"),
        "H": capfirst(at_home) if language else at_home,
        "S": gettext("with a support plan"),
    }


def measure_name(name: MeasureName) -> str:
    """Return a measure's name in the reader's language."""
    return {
        MeasureName.GRADE_LEVEL: gettext("Grade-level work"),
        MeasureName.SCREEN: gettext("Screen minutes"),
        MeasureName.WITH_OTHERS: gettext("Time with other people"),
        MeasureName.CHOICE: gettext("Students choose"),
        MeasureName.WAITS: gettext("Waits for an adult"),
    }[name]


def what_it_is(name: MeasureName) -> str:
    """Return in one sentence what a measure counts."""
    return {
        MeasureName.GRADE_LEVEL: gettext(
            "The share of planned minutes with new work at grade level; what the student chooses is left out, and looking back does not count."
        ),
        MeasureName.SCREEN: gettext("Minutes on a screen in the planned week."),
        MeasureName.WITH_OTHERS: gettext("The share of planned minutes with a partner, a team or the teacher."),
        MeasureName.CHOICE: gettext("Minutes for which the student chooses the work."),
        MeasureName.WAITS: gettext(
            "From handing in a long answer or asking for help to an adult’s answer, in the last four weeks, Saturdays and Sundays left out. A wait of more than five days counts as five. What waits still is counted with how long it will likely take (Kaplan–Meier), each student once."
        ),
    }[name]


def amount(name: MeasureName, value: float) -> str:
    """Return a measure's number with its unit."""
    if name in SHARES:
        return f"{formats.localize(round(value))}%"
    if name is MeasureName.WAITS:
        if 0 < value < 1:
            return gettext("less than an hour")
        if abs(value) >= HOURS_IN_DAYS:
            days = round(value / 24, 1)
            return gettext("{count} school days").format(count=formats.localize(days))
        return ngettext("{count} hour", "{count} hours", round(value)).format(count=formats.localize(round(value)))
    return ngettext("{count} minute", "{count} minutes", round(value)).format(count=formats.localize(round(value)))


def gap(name: MeasureName, value: float) -> str:
    """Return how far two numbers are apart, without a sign."""
    value = abs(value)
    if name in SHARES:
        count = round(value)
        return ngettext("{count} point of 100", "{count} points of 100", count).format(count=formats.localize(count))
    return amount(name, value)


def number(name: MeasureName, value: float | None) -> str:
    """Return a number for a table, without words; "–" where it is not known."""
    if value is None:
        return "–"
    return f"{value:.0f}%" if name in SHARES else f"{value:.0f}"


def signed(name: MeasureName, value: float) -> str:
    """Return a difference for a table."""
    return f"{round(value):+d}".replace("-", "−").replace("+0", "0").replace("−0", "0")


def range_words(name: MeasureName, group: GroupMean) -> str:
    """Return the range of a group's mean for a table."""
    return "–" if group.low is None else f"{number(name, group.low)} – {number(name, group.high)}"


def any_words(group: GroupMean) -> str:
    """Return how many of a group have any grade-level work, with the range of that share; "" for other measures."""
    if group.with_any is None or group.any_low is None or group.any_high is None:
        return ""
    return gettext("{count} of {total} have some (likely {low}% to {high}%)").format(
        count=group.with_any, total=group.count, low=round(group.any_low), high=round(group.any_high)
    )


def difference_words(name: MeasureName, one: Difference, group: str) -> str:
    """Return how a group differs from all others of the class."""
    if one.value > 0:
        words = gettext("{group}: {gap} more than the others (likely {low} to {high}).")
    else:
        words = gettext("{group}: {gap} less than the others (likely {low} to {high}).")
    ends = sorted((one.low, one.high), key=abs) if one.low * one.high > 0 else [one.low, one.high]
    low, high = (abs(end) if one.low * one.high > 0 else end for end in ends)
    return words.format(group=capfirst(group), gap=gap(name, one.value), low=_plain(low), high=_plain(high))


def _plain(value: float) -> str:
    return f"{round(value):d}".replace("-", "−")


def verdict_words(name: MeasureName, one: Difference, group: str) -> str:
    """Return what a difference means: one that matters, one that does not, or nothing that is sure."""
    if one.is_look:
        return difference_words(name, one, group)
    if one.low > 0 or one.high < 0:
        return gettext("{group}: there is a difference from the others, but it is small: {gap}.").format(
            group=capfirst(group), gap=gap(name, one.value)
        )
    return gettext("{group}: no clear difference from the others. It could lie anywhere from {low} to {high}.").format(
        group=capfirst(group), low=_plain(one.low), high=_plain(one.high)
    )


def matters_words(name: MeasureName) -> str:
    """Return which difference is large enough to be told."""
    return gettext("A difference counts from {gap} on, and where luck does not explain it.").format(
        gap=gap(name, SCALES[name].matters)
    )


# --- the drawing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mark of a strip: a letter in a dot, or a diamond without one; where it leads, and what it says in words."""

    value: float
    letter: str
    label: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where a strip begins and ends."""

    low: float
    high: float


_SPANS = {  # the least a strip spans, its step, and its bounds
    MeasureName.GRADE_LEVEL: (50.0, 10, 100.0),
    MeasureName.WITH_OTHERS: (50.0, 10, 100.0),
    MeasureName.SCREEN: (70.0, 10, math.inf),
    MeasureName.CHOICE: (40.0, 10, math.inf),
    MeasureName.WAITS: (24.0, 24, math.inf),
}


def scale_for(name: MeasureName, values: Sequence[float]) -> Scale:
    """Return the ends of a strip: near enough around the numbers to tell them apart, and never nearer."""
    span, step, most = _SPANS[name]
    low, high = min(values, default=0.0), max(values, default=span)
    if name is MeasureName.WAITS:
        return Scale(low=0.0, high=max(span, math.ceil(high / step) * step))
    low = math.floor(max(0.0, low - step / 2) / step) * step
    high = min(most, math.ceil((high + step / 2) / step) * step)
    missing = max(0.0, span - (high - low))
    high = min(most, high + math.floor(missing / 2 / step) * step)
    return Scale(low=max(0.0, min(low, high - span)), high=max(high, span))


def end_words(name: MeasureName, value: float) -> str:
    """Return the number at the end of a strip."""
    if name is MeasureName.WAITS:
        return gettext("{count} h").format(count=f"{value:.0f}")
    return number(name, value)


def strip(
    name: MeasureName,
    marks: Sequence[Mark],
    *,
    label: str,
    scale: Scale | None = None,
    goal: float | None = None,
) -> SafeString:
    """Return the strip with its marks as links; marks too near to each other are nudged apart, in their order."""
    scale = scale or scale_for(name, [*(mark.value for mark in marks), *([] if goal is None else [goal])])

    def place(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, (value - scale.low) / (scale.high - scale.low)))

    parts = [
        f'<g aria-hidden="true"><line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{MIDDLE}" y2="{MIDDLE}"/>'
        f'<text x="{LEFT - 14}" y="{MIDDLE + 4}" text-anchor="end" font-size="11">{end_words(name, scale.low)}</text>'
        f'<text x="{RIGHT + 14}" y="{MIDDLE + 4}" font-size="11">{end_words(name, scale.high)}</text>'
    ]
    if goal is not None:
        x = place(goal)
        words = escape(gettext("cap"))
        parts.append(
            f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{MIDDLE + 9}"/>'
            f'<text x="{x + 4:.1f}" y="9" font-size="10">{words}</text>'
        )
    parts.append("</g>")
    ordered = sorted(marks, key=lambda mark: (mark.value, mark.letter))
    spots = [place(mark.value) for mark in ordered]
    under = len(spots) if goal is None else sum(mark.value <= goal for mark in ordered)
    for mark, x in zip(ordered, apart(spots, under=under, goal=None if goal is None else place(goal)), strict=True):
        words = escape(mark.label)
        if mark.letter:
            shape = (
                f'<circle cx="{x:.1f}" cy="{MIDDLE}" r="{RADIUS}" class="dot"/>'
                f'<text x="{x:.1f}" y="{MIDDLE + 4}" text-anchor="middle" font-size="11" class="dot-t">'
                f"{escape(mark.letter)}</text>"
            )
        else:
            shape = f'<path class="out" d="M{x:.1f} {MIDDLE - 6}l6 6-6 6-6-6z"/>'
        half = TARGET / 2
        parts.append(
            f'<a href="{escape(mark.href)}" aria-label="{words}"><title>{words}</title>'
            f'<rect class="hit" x="{x - half:.2f}" y="{MIDDLE - half:.2f}" width="{TARGET}" height="{TARGET}" rx="4"/>{shape}</a>'
        )
    return mark_safe(  # noqa: S308  numbers and escaped words
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def apart(spots: Sequence[float], *, under: int = 0, goal: float | None = None) -> list[float]:
    """Move marks apart, so that each can be hit: in their order, as little as it takes, and within the strip.

    The first `under` of them stay on the left of a goal and the others on its right, where there is room.
    """
    if goal is not None:
        left = _apart(spots[:under], LEFT, goal - RADIUS)
        beyond = goal + TARGET - RADIUS
        right = _apart(spots[under:], beyond, RIGHT)
        if (not left or left[0] >= LEFT) and (not right or right[0] >= beyond):
            return left + right
    return _apart(spots, LEFT, RIGHT)


def _apart(spots: Sequence[float], lowest: float, highest: float) -> list[float]:
    # Marks that push one another move as one block, to the middle of where its marks wish to be.
    blocks: list[tuple[float, int]] = []  # the sum of wished beginnings, and how many marks
    for place, spot in enumerate(spots):
        total, count = spot - place * TARGET, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, marks = blocks.pop()
            total, count = total + before, count + marks
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _one in range(count)]
    last = highest - TARGET * (len(spots) - 1)
    return [min(max(start, lowest), last) + place * TARGET for place, start in enumerate(starts)]
