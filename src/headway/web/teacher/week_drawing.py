"""The drawings of the week board: its blocks.

A board holds some 400 blocks, so each is one format string; everything that is not ours is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext

from headway.web.templatetags.headway import BLOCK_KINDS, day_name, icon, long_day_name, with_words

if TYPE_CHECKING:
    from headway.records.planning.models import Block
    from headway.records.planning.queries import BoardRow

# icons: monitor user users lock flag check circle-dashed plus


def long_day(weekday: int) -> str:
    """Return a day's whole name."""
    return long_day_name(weekday)


def moved_to(weekday: int, order: int) -> str:
    """Say where a block went: the day, and which place of it."""
    places = [
        gettext("first place"),
        gettext("second place"),
        gettext("third place"),
        gettext("fourth place"),
        gettext("fifth place"),
    ]
    if order >= len(places):
        return gettext("Moved to {day}.").format(day=long_day(weekday))
    return gettext("Moved to {day}, {place}.").format(day=long_day(weekday), place=places[order])


def block_title(block: Block) -> str:
    """Return what stands on a block."""
    if block.chosen_resource is not None:
        return block.chosen_resource.title
    if block.resource is not None:
        return block.resource.title
    return block.own_idea or gettext("Choose one of three")


@dataclass(frozen=True, kw_only=True)
class Pens:
    """What every line of a board is drawn with, made once: hundreds of blocks share a few marks and words."""

    marks: dict[str, SafeString]
    kinds: dict[str, SafeString]
    days: tuple[str, ...]
    add: tuple[str, ...]


def pens(days: Sequence[date]) -> Pens:
    """Return the pens for a week, in the reader's language."""
    return Pens(
        marks={
            "screen": icon("monitor", gettext("minutes, on screen")),
            "alone": icon("user", with_words("alone")),
            "pair": icon("users", with_words("pair")),
            "team": icon("users", with_words("team")),
            "teacher": icon("users", with_words("teacher")),
            "lock": icon("lock", gettext("locked")),
            "done": icon("check", gettext("done")),
            "unsure": icon("flag", gettext("not sure"), "block__flag"),
            "look": icon("flag", gettext("look at this"), "block__flag"),
        },
        kinds={name: icon(kind[2], str(kind[1])) for name, kind in BLOCK_KINDS.items()},
        days=tuple(f"{capfirst(day_name(weekday))} {day.day}" for weekday, day in enumerate(days)),
        add=tuple(escape(gettext("Add to {day}").format(day=long_day_name(weekday))) for weekday in range(len(days))),
    )


def cells(row: BoardRow, address: str, slots: Sequence[Any], drawn_with: Pens) -> list[tuple[str, SafeString]]:
    """Return the five cells of a line: the day's name and its blocks, with the empty places of the frame."""
    flags = row.week.flags if row.week is not None else []
    looked = {(flag.get("day"), flag.get("order")) for flag in flags if "day" in flag}
    drawn = []
    for weekday, blocks in enumerate(row.days):
        here = {
            block.order: _block(block, address, drawn_with, is_flagged=(weekday, block.order) in looked)
            for block in blocks
        }
        if row.week is not None and row.week.status != "closed":
            for slot in slots:
                if slot.day == weekday and slot.order not in here:
                    here[slot.order] = (
                        f'<li data-place="{weekday}.{slot.order}"><a class="block block--open" data-min="{_width(slot.minutes)}" '
                        f'href="{address}?add={row.week.pk}-{weekday}-{slot.order}#panel" aria-label="{drawn_with.add[weekday]}">'
                        f"{icon('plus')}</a></li>"
                    )
        stack = "".join(html for _order, html in sorted(here.items()))
        cell = mark_safe(f'<ol class="stack">{stack}</ol>')  # noqa: S308  our own words and escaped ones
        drawn.append((drawn_with.days[weekday], cell))
    return drawn


def _width(minutes: int) -> int:
    """Return minutes as the stylesheet draws them, in steps of five; extra time makes others."""
    return min(40, max(5, 5 * round(minutes / 5)))


def _block(block: Block, address: str, drawn_with: Pens, *, is_flagged: bool = False) -> str:
    marks = drawn_with.marks
    extra = marks["look"] if is_flagged else ""
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
        f'<li data-place="{block.day}.{block.order}"><a class="block k-{block.kind}" data-min="{_width(block.minutes)}" '
        f'data-block="{block.uuid}"{locked} href="{address}?block={block.uuid}#panel">{drawn_with.kinds[block.kind]}'
        f'<span class="block__title">{escape(block_title(block))}</span> <span class="block__meta">{extra}</span></a></li>'
    )
