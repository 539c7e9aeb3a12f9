"""A report on fairness that a leader can read: sentences first, the tables behind them, nothing about small groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from headway.core.evidence.calibration import Interval
from headway.core.evidence.coverage import Covered, stage_name
from headway.core.evidence.fairness import Comparison, GroupDecisions, GroupDifference
from headway.core.evidence.item_shifts import ItemShift
from headway.core.shared.errors import gettext_noop

LINE_POINTS = 2  # differences up to this many points of 100 are not worth an alarm
MOST_ITEM_LINES = 20

WHAT = gettext_noop(
    "Compared by “{column}”: what was expected of {students} students and what they then did, in {answers} answers."
)
HIDDEN = gettext_noop(
    "Groups with fewer than {least} students are not shown, so that nobody can be recognized: {groups}."
)
NOTHING_TO_COMPARE = gettext_noop("There are not two groups of at least {least} students, so nothing is compared.")
FOUND = gettext_noop("For some groups the estimates run higher or lower than for others, by more than luck explains.")
NONE_FOUND = gettext_noop(
    "No difference larger than {points} points of 100 was found in how far the estimates of groups run high or low."
)
NOT_SURE = gettext_noop(
    "No clear difference was found, but there are too few answers to rule out one larger than {points} points of 100."
)
HIGHER_OVERALL = gettext_noop(
    "“{group}”, on the whole: estimates run about {points} points of 100 higher than what students then did, compared with"
    " the other groups (likely {low} to {high})."
)
LOWER_OVERALL = gettext_noop(
    "“{group}”, on the whole: estimates run about {points} points of 100 lower than what students then did, compared with"
    " the other groups (likely {low} to {high})."
)
HIGHER = gettext_noop(
    "“{group}”, with {answers} earlier answers: estimates run about {points} points of 100 higher than what students then"
    " did, compared with the other groups (likely {low} to {high})."
)
LOWER = gettext_noop(
    "“{group}”, with {answers} earlier answers: estimates run about {points} points of 100 lower than what students then"
    " did, compared with the other groups (likely {low} to {high})."
)
POSSIBLE = gettext_noop(
    "“{group}”, with {answers} earlier answers: no clear difference, but one of up to {points} points of 100 is possible."
)
TOO_FEW = gettext_noop("“{group}”, with {answers} earlier answers: too few students to say anything.")
IN_ORDER = gettext_noop(
    "“{group}”: of 100 pairs of a right and a wrong answer, the estimates put {count} in the right order; for the other"
    " groups {others}."
)
COVERED = gettext_noop("“{group}”: ranges that should hold {level} times in 100 held {count} (likely {low} to {high}).")
MOVED_EARLY = gettext_noop(
    "“{group}”: of 100 moves to the next skill, about {count} came too early (likely {low} to {high}); in the other groups"
    " {others}."
)
HELD_LATE = gettext_noop(
    "“{group}”: of 100 practice answers, about {count} came when the skill was there already (likely {low} to {high}); in"
    " the other groups {others}."
)
MEDIAN_ANSWERS = gettext_noop(
    "“{group}”: half have moved on after {count} answers; in the other groups after {others}."
)
ITEM_HARDER = gettext_noop(
    "The question “{item}” is about {points} points of 100 harder in “{group}” than for others who know as much. Let a person"
    " look at its words, pictures and translation."
)
ITEM_EASIER = gettext_noop(
    "The question “{item}” is about {points} points of 100 easier in “{group}” than for others who know as much. Let a person"
    " look at what it asks for."
)
MORE_ITEMS = gettext_noop("More questions to look at are in the table: {count}.")
DO_WAIT = gettext_noop(
    "What to do: ask for at least {answers} answers before anything is decided. Earlier estimates lean on what is typical."
)
DO_LOOK = gettext_noop(
    "What to do: look at the questions and at how evidence is gathered, not at the students. Until then, let a teacher’s own"
    " look decide."
)
DO_AGAIN = gettext_noop("What to do: look again when more students have answered.")
DO_NOTHING = gettext_noop("What to do: nothing now. Look again when the estimates are fitted anew.")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sentence of a report, and the facts to put into it."""

    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FairnessReport:
    """What a leader reads: the lines in order, and the tables behind them."""

    column: str
    lines: tuple[Line, ...]
    comparison: Comparison
    coverage: tuple[Covered, ...] = ()
    decisions: tuple[GroupDecisions, ...] = ()
    items: tuple[ItemShift, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the report as plain JSON values; what could not be measured is null."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)  # noqa: S101  a dataclass becomes a dictionary
        return plain


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _points(share: float) -> float:
    return round(100 * share, 1)


def _is_found(difference: Interval, line: float) -> bool:
    return (difference.low > 0 or difference.high < 0) and abs(difference.value) >= line


def _found_facts(difference: Interval) -> dict[str, object]:
    ends = sorted((abs(difference.low), abs(difference.high)))
    return {"points": _points(abs(difference.value)), "low": _points(ends[0]), "high": _points(ends[1])}


def _gap_lines(difference: GroupDifference, stages: Sequence[tuple[int, int | None]], line: float) -> Iterator[Line]:
    """Yield what a group's gaps say: on the whole if they do, then by stage; nothing where a stage lies within the line."""
    agreement, named = difference.agreement, {"group": difference.group}
    if _is_found(agreement.gap, line):
        overall = HIGHER_OVERALL if agreement.gap.value > 0 else LOWER_OVERALL
        yield Line(sentence=overall, facts=named | _found_facts(agreement.gap))
    for stage, gap in zip(stages, agreement.gaps, strict=True):
        facts = named | {"answers": stage_name(*stage)}
        furthest = max(abs(gap.low), abs(gap.high))
        if not math.isfinite(furthest):
            yield Line(sentence=TOO_FEW, facts=facts)
        elif _is_found(gap, line):
            yield Line(sentence=HIGHER if gap.value > 0 else LOWER, facts=facts | _found_facts(gap))
        elif furthest > line:
            yield Line(sentence=POSSIBLE, facts=facts | {"points": _points(furthest)})


def _gaps_of(difference: GroupDifference) -> tuple[Interval, ...]:
    return (difference.agreement.gap, *difference.agreement.gaps)


def _order_lines(comparison: Comparison, line: float) -> Iterator[Line]:
    for difference in comparison.differences:
        area = difference.agreement.auc
        is_other_shape = difference.abroca.value > max(line, difference.abroca_by_luck)
        if _is_found(area, line) or is_other_shape:
            count, others = _points(difference.auc_of_others + area.value), _points(difference.auc_of_others)
            yield Line(sentence=IN_ORDER, facts={"group": difference.group, "count": count, "others": others})


def _coverage_lines(coverage: Sequence[Covered], levels: Sequence[float], line: float) -> Iterator[Line]:
    for covered in coverage:
        for level, held in zip(levels, covered.covered, strict=True):
            off = Interval(value=held.value - level, low=held.low - level, high=held.high - level)
            if _is_found(off, line):
                facts: dict[str, object] = {"group": covered.name, "level": round(100 * level)}
                facts |= {"count": _points(held.value), "low": _points(held.low), "high": _points(held.high)}
                yield Line(sentence=COVERED, facts=facts)


def _decision_lines(decisions: Sequence[GroupDecisions]) -> Iterator[Line]:
    for one in decisions:
        rates: tuple[tuple[str, Interval, float], ...] = (
            (MOVED_EARLY, one.false_advance, one.false_advance_of_others),
            (HELD_LATE, one.over_practice, one.over_practice_of_others),
        )
        for sentence, rate, others in rates:
            if math.isfinite(rate.low) and math.isfinite(others):
                facts: dict[str, object] = {"group": one.group, "others": _points(others), "count": _points(rate.value)}
                facts |= {"low": max(0.0, _points(rate.low)), "high": min(100.0, _points(rate.high))}
                yield Line(sentence=sentence, facts=facts)
        if math.isfinite(one.median_answers.value) and math.isfinite(one.median_answers_of_others):
            count, others = round(one.median_answers.value), round(one.median_answers_of_others)
            yield Line(sentence=MEDIAN_ANSWERS, facts={"group": one.group, "count": count, "others": others})


def _item_lines(items: Sequence[ItemShift], item_name: Callable[[int], str]) -> Iterator[Line]:
    flagged = [one for one in items if one.letter != "A"]
    for one in flagged[:MOST_ITEM_LINES]:
        facts = {"item": item_name(one.item), "group": one.group, "points": round(abs(one.points))}
        yield Line(sentence=ITEM_EASIER if one.shift_logits > 0 else ITEM_HARDER, facts=facts)
    if len(flagged) > MOST_ITEM_LINES:
        yield Line(sentence=MORE_ITEMS, facts={"count": len(flagged) - MOST_ITEM_LINES})


def _conclusion(comparison: Comparison, line: float, points: float) -> tuple[Line, Line]:
    """Return the first thing to know and the thing to do; a clean result is claimed only where every interval says so."""
    gaps = [gap for difference in comparison.differences for gap in _gaps_of(difference)]
    late = [difference.agreement.gaps[-1] for difference in comparison.differences]
    if any(_is_found(gap, line) for gap in gaps):
        is_late = any(_is_found(one, line) for one in late)
        wait = Line(sentence=DO_WAIT, facts={"answers": comparison.stages[-1][0]})
        return Line(sentence=FOUND), Line(sentence=DO_LOOK) if is_late else wait
    if all(-line <= gap.low and gap.high <= line for gap in gaps):
        return Line(sentence=NONE_FOUND, facts={"points": points}), Line(sentence=DO_NOTHING)
    return Line(sentence=NOT_SURE, facts={"points": points}), Line(sentence=DO_AGAIN)


def report(
    comparison: Comparison,
    *,
    column: str,
    coverage: Sequence[Covered] = (),
    coverage_levels: Sequence[float] = (),
    decisions: Sequence[GroupDecisions] = (),
    items: Sequence[ItemShift] = (),
    item_name: Callable[[int], str] = str,
    line_points: float = LINE_POINTS,
) -> FairnessReport:
    """Put a comparison, and what else was measured by group, into sentences for a leader.

    `column` names what students are grouped by. A difference is called one where its interval leaves 0 out and it is at
    least `line_points` of 100; none is called absent unless its whole interval lies within them. Coverage of groups that
    the comparison hides is left out.
    """
    shown = {measures.group: measures for measures in comparison.groups if not measures.is_hidden}
    coverage = tuple(covered for covered in coverage if covered.name in shown)
    line = line_points / 100
    students = sum(measures.students or 0 for measures in shown.values())
    answers = sum(measures.rows or 0 for measures in shown.values())
    lines = [Line(sentence=WHAT, facts={"column": column, "students": students, "answers": answers})]
    hidden = len(comparison.groups) - len(shown)
    least = comparison.least_students
    if hidden:
        lines.append(Line(sentence=HIDDEN, facts={"least": least, "groups": hidden}))
    if comparison.differences:
        conclusion, action = _conclusion(comparison, line, line_points)
        lines.append(conclusion)
        for difference in comparison.differences:
            lines.extend(_gap_lines(difference, comparison.stages, line))
        lines.extend(_order_lines(comparison, line))
    else:
        action = None
        lines.append(Line(sentence=NOTHING_TO_COMPARE, facts={"least": least}))
    lines.extend(_coverage_lines(coverage, coverage_levels, line))
    lines.extend(_decision_lines(decisions))
    lines.extend(_item_lines(items, item_name))
    lines.extend([action] if action else [])
    return FairnessReport(
        column=column,
        lines=tuple(lines),
        comparison=comparison,
        coverage=coverage,
        decisions=tuple(decisions),
        items=tuple(items),
    )
