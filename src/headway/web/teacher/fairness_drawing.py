"""The fairness strip above the board: what each tile says, and its marks, for the class's own teachers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from headway.core.planning.fairness import MeasureName, Why
from headway.web.shared import fairness_strip as words
from headway.web.shared.fairness_strip import Mark
from headway.web.templatetags.headway import language_word

if TYPE_CHECKING:
    from headway.core.planning.fairness import Measure, Outlier
    from headway.records.planning.queries import Board
    from headway.records.roster.models import Person

MOST_DIAMONDS = 2  # a strip has room for these beside four groups; the sentence and the page name everybody
MOST_NAMES = 2


def letters(board: Board) -> list[tuple[str, str]]:
    """Return what the letters of the strip stand for, in the reader's language."""
    return list(words.letters(language_word(board.school_class.language)).items())


def address_of(board: Board, measure: Measure, query: str = "") -> str:
    """Return the page of the tasks behind a measure."""
    place = {"class_id": board.school_class.pk, "monday": board.monday, "measure": measure.name.value}
    return reverse("teacher-fairness", kwargs=place) + query


def fair(board: Board) -> list[dict[str, Any]]:
    """Return the five tiles: heading, strip, one sentence, whether to look, and the rows of the table."""
    names: dict[Any, Person] = {row.student.pk: row.student for row in board.rows}
    named = dict(letters(board))
    tiles = []
    for measure in board.measures:
        outliers = [one for one in measure.outliers if one.student in names]
        differences = {one.group: one for one in measure.differences}
        tiles.append(
            {
                "name": measure.name.value,
                "is_watch": measure.is_watch,
                "address": address_of(board, measure),
                "heading": heading(board, measure),
                "title": words.measure_name(measure.name),
                "strip": _strip(board, measure, outliers),
                "words": _sentence(measure, [(names[one.student].given_name, one) for one in outliers], named),
                "groups": [
                    {
                        "letter": group.group,
                        "words": named.get(group.group, group.group),
                        "count": group.count,
                        "mean": words.number(measure.name, group.mean),
                        "range": words.range_words(measure.name, group),
                        "any": words.any_words(group),
                        "difference": differences.get(group.group),
                        "gap": words.signed(measure.name, differences[group.group].value)
                        if group.group in differences
                        else "–",
                        "gap_range": f"{words.signed(measure.name, differences[group.group].low)} – "
                        f"{words.signed(measure.name, differences[group.group].high)}"
                        if group.group in differences
                        else "",
                    }
                    for group in measure.groups
                ],
            }
        )
    return tiles


def heading(board: Board, measure: Measure) -> str:
    """Return a tile's heading: the claim in numbers."""
    drafted = [row for row in board.rows if row.minutes]
    if measure.name is MeasureName.GRADE_LEVEL:
        count = sum(row.has_grade_level for row in drafted)
        return gettext("Grade-level work: {count} of {total}").format(count=count, total=len(drafted))
    if measure.name is MeasureName.SCREEN:
        return gettext("Screen minutes: cap {cap}").format(cap=cap_of(board))
    if measure.name is MeasureName.WAITS and measure.count:
        return gettext("Waits for an adult: {amount}").format(amount=words.amount(measure.name, measure.mean))
    return words.measure_name(measure.name)


def cap_of(board: Board) -> int:
    """Return the highest cap of screen minutes in the class."""
    return max((row.screen_minutes_cap for row in board.rows), default=100)


def why_words(name: MeasureName, one: Outlier, student: str) -> str:
    """Return why a single student stands out."""
    much = words.amount(name, one.amount)
    if one.why is Why.LONG_WAIT:
        return gettext("{name} has waited {amount}.").format(name=student, amount=much)
    if one.why is Why.NONE and name is MeasureName.GRADE_LEVEL:
        return gettext("{name} has no grade-level work.").format(name=student)
    if one.why is Why.NONE:
        return gettext("{name} has no choice.").format(name=student)
    if one.why is Why.FAR:
        usual = words.amount(name, one.usual)
        return gettext("{name} has {amount}; usual is {usual}.").format(name=student, amount=much, usual=usual)
    return gettext("{name} has {amount}.").format(name=student, amount=much)


def _sentence(measure: Measure, outliers: list[tuple[str, Outlier]], named: dict[str, str]) -> str:
    said = []
    if measure.to_look_at is not None:
        one = measure.to_look_at
        said.append(words.difference_words(measure.name, one, named.get(one.group, one.group)))
    if len(outliers) > MOST_NAMES:
        more = len(outliers) - MOST_NAMES
        shown = ", ".join(name for name, _one in outliers[:MOST_NAMES])
        said.append(
            ngettext("Look at {names} and {count} more.", "Look at {names} and {count} more.", more).format(
                names=shown, count=more
            )
        )
    else:
        said += [why_words(measure.name, one, name) for name, one in outliers]
    return " ".join(said) or range_sentence(measure)


def range_sentence(measure: Measure) -> str:
    """Return what is there when nothing stands out."""
    name, low, high = measure.name, round(measure.lowest), round(measure.highest)
    if name is MeasureName.WAITS and not measure.count:
        if measure.open_waits:
            return ngettext(
                "{count} wait is open. Too few are answered to compare.",
                "{count} waits are open. Too few are answered to compare.",
                measure.open_waits,
            ).format(count=measure.open_waits)
        return gettext("Too few waits in four weeks to compare.")
    if name is MeasureName.WAITS:
        return ngettext(
            "No group waits longer. {count} is open now.",
            "No group waits longer. {count} are open now.",
            measure.open_waits,
        ).format(count=measure.open_waits)
    if name is MeasureName.GRADE_LEVEL:
        return gettext("Everyone has some: between {low}% and {high}% of the minutes.").format(low=low, high=high)
    if name is MeasureName.SCREEN:
        return gettext("Between {low} and {high} minutes for everyone.").format(low=low, high=high)
    if name is MeasureName.WITH_OTHERS:
        return gettext("Between {low}% and {high}% of the week.").format(low=low, high=high)
    return gettext("Everyone has at least {low} minutes of choice.").format(low=low)


def _strip(board: Board, measure: Measure, outliers: list[Outlier]) -> Any:
    named = dict(letters(board))
    students: dict[Any, Person] = {row.student.pk: row.student for row in board.rows}
    marks = [
        Mark(
            value=group.mean,
            letter=group.group,
            label=f"{capfirst(named.get(group.group, group.group))}: {words.amount(measure.name, group.mean)}",
            href=address_of(board, measure, f"?of={group.group}"),
        )
        for group in measure.groups
    ]
    marks += [
        Mark(
            value=one.amount,
            letter="",
            label=why_words(measure.name, one, students[one.student].short_name),
            href=address_of(board, measure, f"?student={students[one.student].uuid}"),
        )
        for one in outliers[:MOST_DIAMONDS]
    ]
    label = words.measure_name(measure.name)
    if not marks:
        label = f"{label}: {gettext('no groups to compare')}"
    goal = cap_of(board) if measure.name is MeasureName.SCREEN else None
    return words.strip(measure.name, marks, label=label, goal=goal)
