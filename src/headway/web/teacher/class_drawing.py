"""The class grid as one string: some 360 cells are drawn with one format each, because templates would take too long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from headway.records.evidence.queries import NO_EVIDENCE, Cell
from headway.web.shared.mastery_words import MASTERY_WORDS

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from headway.records.standards.queries import Named

WIDTH = 64
FOOT_WIDTH = 72.0
FOOT_ORDER = ("beyond", "secure", "recheck", "growing", "starting", "none")
_EMPTY = (
    f'<svg class="est" viewBox="0 0 {WIDTH} 18" aria-hidden="true">'
    f'<line x2="{WIDTH}" y1="9" y2="9" stroke-dasharray="2 3"/></svg><span class="v">–</span>'
)
_FULL = (
    '<svg class="est est--{word}{stale}" viewBox="0 0 64 18" aria-hidden="true"><line x2="64" y1="9" y2="9"/>'
    '<line class="goal" x1="{goal}" x2="{goal}" y1="1" y2="17"/>'
    '<rect x="{low:.1f}" y="5.5" width="{range:.1f}" height="7" rx="3.5"/><circle cx="{chance:.1f}" cy="9" r="4"/></svg>'
    '<span class="v">{percent}</span>'
)


class Sayings:
    """The words of a grid, translated once per page instead of once per cell."""

    def __init__(self, at: datetime) -> None:
        midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
        self.tomorrow = midnight + timedelta(days=1)
        self.words = {word: escape(label) for word, label in MASTERY_WORDS.items()}
        self.full = escape(
            gettext(
                "{student}, {skill}: {word}, best guess {percent} percent, likely {low} to {high}, {pieces}, {newest}"
            )
        )
        self.judged = escape(gettext("{said}, judged by a person"))
        self.again = escape(gettext("{said}, old enough to check again"))
        self.empty = escape(gettext("{student}, {skill}: no evidence yet"))
        self._pieces: dict[int, str] = {}
        self._days: dict[int, str] = {}
        self._lines: dict[float, str] = {}

    def line(self, secure_share: float) -> str:
        """Return where the line of "secure" is drawn."""
        if secure_share not in self._lines:
            self._lines[secure_share] = f"{secure_share * WIDTH:.1f}"
        return self._lines[secure_share]

    def pieces(self, count: int) -> str:
        """Return how many pieces."""
        if count not in self._pieces:
            self._pieces[count] = escape(ngettext("{count} piece", "{count} pieces", count).format(count=count))
        return self._pieces[count]

    def newest(self, moment: datetime | None) -> str:
        """Return how old the newest piece is."""
        days = (self.tomorrow - moment).days if moment else 0
        if days not in self._days:
            if days <= 0:
                said = gettext("newest today")
            elif days == 1:
                said = gettext("newest yesterday")
            else:
                said = ngettext("newest {days} day ago", "newest {days} days ago", days).format(days=days)
            self._days[days] = escape(said)
        return self._days[days]


def cell_html(
    cell: Cell, *, student_id: int, competency_id: int, address: str, student: str, skill: str, sayings: Sayings
) -> str:
    """Return the link of one cell; `student`, `skill` and `address` are escaped already."""
    if not cell.pieces:
        label = sayings.empty.format(student=student, skill=skill)
        return f'<a class="cell is-none" id="c{student_id}-{competency_id}" href="{address}" aria-label="{label}">{_EMPTY}</a>'
    percent = round(100 * cell.chance)
    label = sayings.full.format(
        student=student,
        skill=skill,
        word=sayings.words[cell.word],
        percent=percent,
        low=round(100 * cell.low),
        high=round(100 * cell.high),
        pieces=sayings.pieces(cell.pieces),
        newest=sayings.newest(cell.newest_at),
    )
    if cell.is_settled:
        label = sayings.judged.format(said=label)
    if cell.is_stale and cell.word != "recheck":
        label = sayings.again.format(said=label)
    drawn = _FULL.format(
        goal=sayings.line(cell.rule.secure_share),
        word=cell.word,
        stale=" est--stale" if cell.is_stale else "",
        low=cell.low * WIDTH,
        range=max(0.5, (cell.high - cell.low) * WIDTH),
        chance=cell.chance * WIDTH,
        percent=percent,
    )
    settled = " is-settled" if cell.is_settled else ""
    return (
        f'<a class="cell{settled}" id="c{student_id}-{competency_id}" href="{address}" aria-label="{label}">{drawn}</a>'
    )


def cell_address(class_id: int, student: Person, competency_id: int) -> str:
    """Return where a cell opens."""
    return reverse(
        "teacher-cell", kwargs={"class_id": class_id, "student": student.uuid, "competency_id": competency_id}
    )


def body(
    students: Sequence[Person],
    skills: Sequence[Named],
    grid: Mapping[tuple[int, int], Cell],
    *,
    class_id: int,
    at: datetime,
    paces: Mapping[int, str] | None = None,
) -> SafeString:
    """Return the rows of the grid; `paces` is a word behind a name, by student id."""
    sayings = Sayings(at)
    named = [(skill.pk, escape(skill.short)) for skill in skills]
    rows = []
    for student in students:
        name = escape(student.short_name)
        profile = reverse("teacher-student", kwargs={"student": student.uuid})
        # One lookup of the address per row; the cells differ in the last number only.
        start = cell_address(class_id, student, 0).removesuffix("0/")
        cells = []
        total = 0
        for competency_id, skill in named:
            cell = grid.get((student.pk, competency_id), NO_EVIDENCE)
            total += cell.pieces
            drawn = cell_html(
                cell,
                student_id=student.pk,
                competency_id=competency_id,
                address=f"{start}{competency_id}/",
                student=name,
                skill=skill,
                sayings=sayings,
            )
            cells.append(f"<td>{drawn}</td>")
        pace = (paces or {}).get(student.pk, "")
        pace = f" <small>{escape(pace)}</small>" if pace else ""
        rows.append(
            f'<tr><th scope="row"><a href="{profile}" hx-boost="false">{name}</a>{pace}</th>{"".join(cells)}'
            f'<td class="n">{total}</td></tr>'
        )
    return mark_safe("\n".join(rows))  # noqa: S308  numbers, our own words and escaped names


def foot(students: Sequence[Person], skills: Iterable[Named], grid: Mapping[tuple[int, int], Cell]) -> SafeString:
    """Return the bars under the columns: how the shown students are spread over the words."""
    everyone = len(students)
    said = escape(gettext("{count} of {everyone}"))
    columns = []
    for skill in skills:
        counts = dict.fromkeys(FOOT_ORDER, 0)
        for student in students:
            cell = grid.get((student.pk, skill.pk))
            counts[cell.word if cell and cell.pieces else "none"] += 1
        left, parts = 0.0, []
        for word in FOOT_ORDER:
            width = counts[word] * FOOT_WIDTH / everyone if everyone else 0.0
            if width:
                parts.append(f'<rect class="s-{word}" x="{left:.1f}" width="{max(0.0, width - 0.8):.1f}" height="8"/>')
            left += width
        words = said.format(count=counts["beyond"] + counts["secure"], everyone=everyone)
        columns.append(
            f'<td><svg class="share" viewBox="0 0 72 8" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
            f'<span class="v">{words}</span></td>'
        )
    return mark_safe("".join(columns))  # noqa: S308  numbers and our own words only
