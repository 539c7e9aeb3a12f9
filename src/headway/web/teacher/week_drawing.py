"""The drawings of the week board: blocks and the fairness strip.

A board holds some 400 blocks, so each is one format string; everything that is not ours is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import formats
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from headway.web.templatetags.headway import BLOCK_KINDS, day_name, icon, language_word, long_day_name, with_words

if TYPE_CHECKING:
    from headway.core.planning.fairness import Measure
    from headway.records.planning.models import Block
    from headway.records.planning.queries import Board, BoardRow

# icons: monitor user users lock flag check circle-dashed plus
STRIP_WIDTH, STRIP_LEFT, STRIP_RIGHT, STRIP_MIDDLE = 280, 34, 240, 22
DOT_GAP = 18


def long_day(weekday: int) -> str:
    """Return a day's whole name."""
    return long_day_name(weekday)


def block_title(block: Block) -> str:
    """Return what stands on a block."""
    if block.chosen_resource is not None:
        return block.chosen_resource.title
    if block.resource is not None:
        return block.resource.title
    return block.own_idea or gettext("Choose one of three")


def cells(row: BoardRow, days: Sequence[date], address: str, slots: Sequence[Any]) -> list[tuple[str, SafeString]]:
    """Return the five cells of a line: the day's name and its blocks, with the empty places of the frame."""
    marks = {
        "screen": icon("monitor", gettext("minutes, on screen")),
        "alone": icon("user", with_words("alone")),
        "pair": icon("users", with_words("pair")),
        "team": icon("users", with_words("team")),
        "teacher": icon("users", with_words("teacher")),
        "lock": icon("lock", gettext("locked")),
        "done": icon("check", gettext("done")),
        "unsure": icon("flag", gettext("not sure"), "block__flag"),
    }
    add = escape(gettext("Add to {day}"))
    drawn = []
    for weekday, blocks in enumerate(row.days):
        here = {block.order: _block(block, address, marks) for block in blocks}
        if row.week is not None and row.week.status != "closed":
            for slot in slots:
                if slot.day == weekday and slot.order not in here:
                    words = add.format(day=long_day_name(weekday))
                    here[slot.order] = (
                        f'<li data-place="{weekday}.{slot.order}"><a class="block block--open" data-min="{slot.minutes}" '
                        f'href="{address}?add={row.week.pk}-{weekday}-{slot.order}#panel" aria-label="{words}">'
                        f"{icon('plus')}</a></li>"
                    )
        stack = "".join(html for _order, html in sorted(here.items()))
        cell = mark_safe(f'<ol class="stack">{stack}</ol>')  # noqa: S308  our own words and escaped ones
        drawn.append((f"{capfirst(day_name(weekday))} {days[weekday].day}", cell))
    return drawn


def _block(block: Block, address: str, marks: dict[str, SafeString]) -> str:
    kind = BLOCK_KINDS[block.kind]
    extra = ""
    if block.feeling == "not-sure":
        extra += marks["unsure"]
    elif block.finished_at is not None:
        extra += marks["done"]
    if block.is_locked:
        extra += marks["lock"]
    extra += str(block.minutes)
    if block.screen_minutes:
        extra += marks["screen"]
    extra += marks[block.with_whom]
    locked = " data-locked" if block.is_locked else ""
    return (
        f'<li data-place="{block.day}.{block.order}"><a class="block k-{block.kind}" data-min="{block.minutes}" '
        f'data-block="{block.uuid}"{locked} href="{address}?block={block.uuid}#panel">{icon(kind[2], str(kind[1]))}'
        f'<span class="block__title">{escape(block_title(block))}</span> <span class="block__meta">{extra}</span></a></li>'
    )


# --- the fairness strip ----------------------------------------------------------------------------------------------


def letters(board: Board) -> list[tuple[str, str]]:
    """Return what the letters of the strip stand for, in the reader's language."""
    name = language_word(board.school_class.language)
    return [
        ("E", gettext("building {language}").format(language=name)),
        ("B", gettext("bilingual")),
        ("H", capfirst(gettext("{language} at home").format(language=name))),
        ("S", gettext("with a support plan")),
    ]


_SCALES: dict[str, tuple[float, float, str]] = {
    "grade_level": (0, 100, "%"),
    "screen": (0, 130, ""),
    "with_others": (0, 100, "%"),
    "choice": (0, 60, ""),
}


def fair(board: Board) -> list[dict[str, Any]]:
    """Return the four tiles: heading, strip plot, one sentence, and whether to look."""
    names = {row.student.pk: row.student.given_name for row in board.rows}
    cap = max((row.screen_minutes_cap for row in board.rows), default=100)
    drafted = [row for row in board.rows if row.minutes]
    tiles = []
    for measure in board.measures:
        lowest, highest, unit = _SCALES[measure.name]
        highest = max(highest, measure.highest)
        goal = cap if measure.name == "screen" else None
        outliers = [(names[student], amount) for student, amount in measure.outliers if student in names]
        tiles.append(
            {
                "name": measure.name,
                "is_watch": measure.is_watch,
                "heading": _heading(measure, drafted, cap),
                "strip": _strip(measure, lowest, highest, unit, goal, outliers, dict(letters(board))),
                "words": _sentence(measure, outliers),
                "groups": measure.groups,
            }
        )
    return tiles


def _heading(measure: Measure, drafted: Sequence[BoardRow], cap: int) -> str:
    if measure.name == "grade_level":
        count = sum(row.has_grade_level for row in drafted)
        return gettext("Grade-level work: {count} of {total}").format(count=count, total=len(drafted))
    if measure.name == "screen":
        return gettext("Screen minutes: cap {cap}").format(cap=cap)
    return gettext("Time with other people") if measure.name == "with_others" else gettext("Students choose")


def _sentence(measure: Measure, outliers: Sequence[tuple[str, float]]) -> str:
    if outliers:
        shown = [name for name, _amount in outliers[:3]]
        if len(outliers) > 3:
            more = len(outliers) - 3
            return ngettext("Look at {names} and {count} more.", "Look at {names} and {count} more.", more).format(
                names=", ".join(shown), count=more
            )
        amounts = [
            gettext("{name} has {amount}.").format(name=name, amount=_amount(measure.name, amount))
            for name, amount in outliers
        ]
        return " ".join(amounts)
    low, high = round(measure.lowest), round(measure.highest)
    if measure.name == "grade_level":
        return gettext("Everyone has grade-level work.")
    if measure.name == "screen":
        return gettext("Between {low} and {high} minutes for everyone.").format(low=low, high=high)
    if measure.name == "with_others":
        return gettext("Between {low}% and {high}% of the week.").format(low=low, high=high)
    return gettext("Everyone has at least {low} minutes of choice.").format(low=low)


def _amount(name: str, amount: float) -> str:
    if name == "grade_level":
        return gettext("no grade-level work")
    number = formats.localize(round(amount))
    if name == "with_others":
        return f"{number}%"
    return ngettext("{count} minute", "{count} minutes", round(amount)).format(count=number)


def _strip(
    measure: Measure,
    lowest: float,
    highest: float,
    unit: str,
    goal: float | None,
    outliers: Sequence[tuple[str, float]],
    words: dict[str, str],
) -> SafeString:
    """Return a small dot plot: one lettered dot for each group, a red diamond for one student far from the rest."""
    left, right, middle = STRIP_LEFT, STRIP_RIGHT, STRIP_MIDDLE

    def place(value: float) -> float:
        share = (value - lowest) / (highest - lowest) if highest > lowest else 0.5
        return left + (right - left) * min(1.0, max(0.0, share))

    parts = [
        f'<line class="axis" x1="{left}" x2="{right}" y1="{middle}" y2="{middle}"/>'
        f'<text x="{left - 6}" y="{middle + 4}" text-anchor="end" font-size="11">{lowest:.0f}{unit}</text>'
        f'<text x="{right + 13}" y="{middle + 4}" font-size="11">{highest:.0f}{unit}</text>'
    ]
    if goal is not None:
        x = place(goal)
        cap = escape(gettext("cap"))
        parts.append(
            f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{middle + 9}"/>'
            f'<text x="{x + 4:.1f}" y="9" font-size="10">{cap}</text>'
        )
    for name, amount in outliers:
        x = place(amount)
        parts.append(f'<path class="out" d="M{x:.1f} {middle - 6}l6 6-6 6-6-6z"><title>{escape(name)}</title></path>')
    groups = sorted(measure.groups, key=lambda group: group.mean)
    spots = _apart([place(group.mean) for group in groups], right)
    for group, x in zip(groups, spots, strict=True):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{middle}" r="8.5" class="dot"/>'
            f'<text x="{x:.1f}" y="{middle + 4}" text-anchor="middle" font-size="11" class="dot-t">{group.group}</text>'
        )
    label = "; ".join(f"{words.get(group.group, group.group)} {group.mean:.0f}{unit}" for group in measure.groups)
    return format_html(
        '<svg class="chart" viewBox="0 0 {} 36" role="img" aria-label="{}">{}</svg>',
        STRIP_WIDTH,
        label or gettext("no groups to compare"),
        mark_safe("".join(parts)),  # noqa: S308  numbers and escaped words
    )


def _apart(spots: list[float], right: float) -> list[float]:
    """Nudge the dots apart, keeping their order and centre."""
    for _round in range(40):
        for place in range(len(spots) - 1):
            gap = DOT_GAP - (spots[place + 1] - spots[place])
            if gap > 0:
                spots[place] -= gap / 2
                spots[place + 1] += gap / 2
    shift = max(0.0, spots[-1] - right + 2) if spots else 0.0
    return [spot - shift for spot in spots]
