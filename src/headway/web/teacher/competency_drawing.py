"""The skill map as SVG with real links, and the strip of dots that shows a class: geometry in attributes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from headway.core.standards.drawing import HEAD_HEIGHT, LINE_HEIGHT, TOP_EDGE, Drawing
from headway.web.shared.library_words import grades_words

if TYPE_CHECKING:
    from headway.records.evidence.queries import Cell
    from headway.records.standards.models import Competency

STRIP_WIDTH, STRIP_FLOOR, STRIP_TOP = 320, 104, 20
STRIP_LEFT = 10
SAME_PLACE_PERCENT = 5  # dots closer than this stand on each other
DOT = 5.5


@dataclass(frozen=True, kw_only=True)
class Node:
    """What a box says: where it leads, its name, its level, the line below, and what those who hear it are told beside."""

    key: int
    address: str
    name: str
    word: str
    below: str
    told: str
    is_next: bool = False


def grades_of(rows: Iterable[Competency]) -> str:
    """Return the grades of competencies as a span; nothing where no grade is known."""
    low = [row.grade_low if row.grade_low is not None else row.grade_high for row in rows]
    known = [grade for grade in low if grade is not None]
    high = [row.grade_high for row in rows if row.grade_high is not None]
    return grades_words(min(known), max([*known, *high])) if known else ""


def column_words(steps: int, rows: Sequence[Competency]) -> str:
    """Return what stands above a column, such as "Grades 5–6, before"."""
    grades = grades_of(rows)
    if steps > 1:
        return gettext("{grades}, after that").format(grades=grades) if grades else gettext("After that")
    if steps == 1:
        return gettext("What it opens")
    if steps == 0:
        return gettext("{grades}, now").format(grades=grades) if grades else gettext("Now")
    if steps == -1:
        return gettext("{grades}, before").format(grades=grades) if grades else gettext("Before")
    return gettext("{grades}, earlier").format(grades=grades) if grades else gettext("Earlier")


def map_svg(drawing: Drawing, nodes: Mapping[int, Node], heads: Mapping[int, str], *, labelled_by: str) -> SafeString:
    """Return the drawn map; every box is a link that says in one sentence what it is."""
    sprite = static("icons.svg")
    parts = [
        format_html(
            '<svg class="chart graph" viewBox="0 0 {} {}" width="{}" height="{}" role="group" aria-labelledby="{}"><g class="gcol">',
            drawing.width,
            drawing.height,
            drawing.width,
            drawing.height,
            labelled_by,
        )
    ]
    parts += [
        format_html('<text x="{}" y="{}">{}</text>', column.x, HEAD_HEIGHT - 14, heads[column.steps])
        for column in drawing.columns
    ]
    parts.append(mark_safe('</g><g class="gedge" aria-hidden="true">'))
    for curve in drawing.curves:
        css = mark_safe("") if curve.is_needed else mark_safe(' class="soft"')
        parts.append(format_html('<path d="{}"{}/>', curve.path, css))
    parts.append(mark_safe("</g>"))
    for box in drawing.boxes:
        node = nodes[box.key]
        box_css = "gnode" + (" is-me" if box.column == 0 else "") + (" is-next" if node.is_next else "")
        # What is seen comes first in what is heard, so that it can be said to the device.
        heard = [" ".join((*box.lines, node.below)), node.name if box.lines[-1].endswith("…") else "", node.told]
        parts.append(
            format_html(
                '<a href="{}" class="{}" aria-label="{}"{}><title>{}</title>'
                '<rect x="{}" y="{}" width="{}" height="{}" rx="8"/>'
                '<use href="{}#tm-{}" x="{}" y="{}" width="16" height="16" class="tm--{}"/>',
                node.address,
                box_css,
                ", ".join(part for part in heard if part),
                mark_safe(' aria-current="page"') if box.column == 0 else "",
                node.name,
                box.x,
                box.y,
                box.width,
                box.height,
                sprite,
                node.word,
                box.x + 10,
                box.y + 10,
                node.word,
            )
        )
        y = box.y + TOP_EDGE
        for line in box.lines:
            parts.append(format_html('<text x="{}" y="{}" class="strong">{}</text> ', box.x + 33, y, line))
            y += LINE_HEIGHT
        parts.append(format_html('<text x="{}" y="{}">{}</text></a>', box.x + 33, y, node.below))
    parts.append(mark_safe("</svg>"))
    return mark_safe("".join(parts))  # noqa: S308  every part is escaped above


def strip_svg(cells: Iterable[Cell], *, secure_share: float, label: str) -> SafeString:
    """Return the best guesses of a class as dots above a line from 0 to 100."""
    stacks: dict[int, list[Cell]] = defaultdict(list)
    for cell in sorted((cell for cell in cells if cell.pieces), key=lambda cell: cell.chance):
        stacks[min(99, int(100 * cell.chance)) // SAME_PLACE_PERCENT].append(cell)
    tallest = max(map(len, stacks.values()), default=1)
    apart = min(2 * DOT + 1, (STRIP_FLOOR - STRIP_TOP - DOT) / max(1, tallest))
    dots = []
    for place, stack in stacks.items():
        x = STRIP_LEFT + (place + 0.5) * SAME_PLACE_PERCENT / 100 * STRIP_WIDTH
        for number, cell in enumerate(stack):
            y = STRIP_FLOOR - DOT - 2 - number * apart
            dots.append(f'<circle class="s-{cell.word}" cx="{x:.1f}" cy="{y:.1f}" r="{DOT}"/>')
    line = STRIP_LEFT + secure_share * STRIP_WIDTH
    right = STRIP_LEFT + STRIP_WIDTH
    words = escape(gettext("secure line, {share}").format(share=f"{100 * secure_share:g}"))
    return mark_safe(  # noqa: S308  numbers, our own words and an escaped label
        f'<svg class="chart dotstrip" viewBox="0 0 340 126" role="img" aria-label="{escape(label)}">'
        f'<line class="axis" x1="{STRIP_LEFT}" x2="{right}" y1="{STRIP_FLOOR}" y2="{STRIP_FLOOR}"/>'
        f'<line class="goal" x1="{line:.1f}" x2="{line:.1f}" y1="8" y2="{STRIP_FLOOR}"/>'
        f'<text x="{line - 4:.1f}" y="16" text-anchor="end">{words}</text>{"".join(dots)}'
        f'<text x="{STRIP_LEFT}" y="121">0</text><text x="170" y="121" text-anchor="middle">50</text>'
        f'<text x="{right}" y="121" text-anchor="end">100</text></svg>'
    )


def of_class(cells: Sequence[Cell], everyone: int) -> tuple[str, str]:
    """Return the level that stands for a class, and how many are there, in words; no words where nobody tried it.

    The level is "secure" where seven of ten are, else the one that most of those have who tried it.
    """
    tried = [cell for cell in cells if cell.pieces]
    secure = sum(cell.word in {"secure", "beyond"} for cell in tried)
    if not tried:
        return "none", ""
    if secure >= 0.7 * everyone:
        word = "secure"
    else:
        counts = {
            word: sum(cell.word == word for cell in tried) for word in ("growing", "starting", "recheck", "secure")
        }
        word = max(counts, key=lambda each: counts[each])
    if secure:
        return word, gettext("{count} of {everyone} secure").format(count=secure, everyone=everyone)
    said = ngettext("{count} of {everyone} tried it", "{count} of {everyone} tried it", len(tried))
    return word, said.format(count=len(tried), everyone=everyone)
