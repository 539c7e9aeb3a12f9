"""Are the estimates as good for every group of students? The school's own answers, compared, in sentences for a leader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.evidence import fairness_report as words
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.reports import actions, queries
from headway.records.roster import queries as roster
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.templatetags.headway import language_word

if TYPE_CHECKING:
    from headway.records.reports.models import Report
    from headway.records.roster.models import Organisation

MOST_AT_ONCE = 40_000  # answers: some five seconds; more are compared at night
KIND_OF_LINE = {
    **dict.fromkeys((words.WHAT, words.HIDDEN), "about"),
    **dict.fromkeys((words.FOUND, words.NONE_FOUND, words.NOT_SURE, words.NOTHING_TO_COMPARE), "conclusion"),
    **dict.fromkeys((words.DO_WAIT, words.DO_LOOK, words.DO_AGAIN, words.DO_NOTHING), "action"),
}
CHART_POINTS = 20.0  # of 100, to either side of the chart's middle
CHART_WIDTH = 200


@require_safe
@may(Permission.SEE_SCHOOL)
def fairness(request: Request) -> HttpResponse:
    """Show the newest report of each of the reader's schools, or the one that the address names."""
    schools = list(roster.organisations_led_by(request.person).filter(kind="school").order_by("name", "pk"))
    asked = request.GET.get("report", "")
    wanted = int(asked) if asked.isdecimal() else None
    shown = [_school_facts(school, wanted) for school in schools]
    if wanted is not None and not any(each["report"] for each in shown):
        raise NotFound
    facts = {"schools": [each for each in shown if wanted is None or each["report"]]}
    return leader_page(request, "leader/fairness.html", facts, tab="fairness")


@require_POST
@may(Permission.SEE_SCHOOL)
def make(request: Request, school_id: int) -> HttpResponse:
    """Make a new report now, unless there are so many answers that it has to wait for the night."""
    school = roster.school_for(request.person, school_id)
    if queries.answers_of(school) > MOST_AT_ONCE:
        messages.info(request, _too_many_words())
    else:
        try:
            actions.make_fairness_report(school=school, by=request.person, at=timezone.now())
            messages.success(request, gettext("The report is new."))
        except RuleBroken as broken:
            messages.info(request, sentence(broken.sentence, broken.facts))
    return redirect("leader-fairness")


def _too_many_words() -> str:
    return gettext("There are so many answers that a new report is made in the night, once a week.")


def _school_facts(school: Organisation, wanted: int | None) -> dict[str, Any]:
    report = queries.fairness_report(school, wanted)
    is_large = queries.answers_of(school) > MOST_AT_ONCE
    return {
        "school": school,
        "report": report,
        "columns": columns_of(report) if report else [],
        "left_out": [column_name(column) for column in report.parts["left_out"]] if report else [],
        "others": [other for other in queries.fairness_reports(school) if report is None or other.pk != report.pk],
        "too_many": _too_many_words() if is_large else "",
    }


# --- A report in words ------------------------------------------------------------------------------------------------


def column_name(column: str) -> str:
    """Return what students are grouped by, in the reader's language."""
    if column == queries.HOME_LANGUAGE:
        return gettext("Language at home")
    if column == queries.LANGUAGE_OF_CLASS:
        return gettext("Is the language of the classes spoken at home?")
    kind = column.partition(":")[2]
    return gettext("Support: {support}").format(support=dict(roster.support_kinds()).get(kind, kind))


def group_name(column: str, group: str) -> str:
    """Return a group's name in the reader's language."""
    if column == queries.HOME_LANGUAGE:
        return ", ".join(language_word(code) for code in group.split("+"))
    names = {
        queries.SAME: gettext("the classes’ language at home"),
        queries.OTHER: gettext("another language at home"),
        queries.WITH: gettext("with this support"),
        queries.WITHOUT: gettext("without this support"),
    }
    return names.get(group, group)


def columns_of(report: Report) -> list[dict[str, Any]]:
    """Return each part of a report as a page shows it: its sentences, a drawing, and the table behind them."""
    prompts = items.prompts_of(
        int(line["facts"]["item"])
        for part in report.parts["columns"]
        for line in part["lines"]
        if str(line["facts"].get("item", "")).isdecimal()
    )
    return [_column_facts(part, prompts) for part in report.parts["columns"]]


def _column_facts(part: Mapping[str, Any], prompts: Mapping[int, str]) -> dict[str, Any]:
    column = part["column"]
    said: dict[str, list[str]] = {"about": [], "conclusion": [], "action": [], "finding": []}
    for line in part["lines"]:
        said[KIND_OF_LINE.get(line["sentence"], "finding")].append(
            sentence(line["sentence"], _told(column, line["facts"], prompts))
        )
    groups = [_group_facts(column, group) for group in part["comparison"]["groups"] if not group["is_hidden"]]
    return {
        "column": column,
        "name": column_name(column),
        **said,
        "groups": groups,
    }


def _told(column: str, facts: Mapping[str, Any], prompts: Mapping[int, str]) -> dict[str, Any]:
    told = dict(facts)
    if "column" in told:
        told["column"] = column_name(column)
    if "group" in told:
        told["group"] = group_name(column, told["group"])
    if "item" in told:
        item = str(told["item"])
        gone = gettext("a question that is no longer there")
        told["item"] = prompts.get(int(item), gone) if item.isdecimal() else gone
    return told


def _group_facts(column: str, group: Mapping[str, Any]) -> dict[str, Any]:
    agreement = group["agreement"]
    gap, off, order = agreement["gap"], agreement["calibration_error"], agreement["auc"]
    return {
        "name": group_name(column, group["group"]),
        "students": group["students"],
        "answers": group["rows"],
        "gap_bar": gap_bar(gap),
        "gap_words": gap_words(gap),
        "off": _points(off["value"]),
        "order": _points(order["value"]),
        "order_low": _points(order["low"]),
        "order_high": _points(order["high"]),
    }


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}".removesuffix(".0")


def gap_words(gap: Mapping[str, float | None]) -> str:
    """Return how far estimates run high or low, with the range that luck explains."""
    value, low, high = gap["value"], gap["low"], gap["high"]
    if value is None or low is None or high is None:
        return "–"
    return gettext("{points} (likely {low} to {high})").format(
        points=_signed(value), low=_signed(low), high=_signed(high)
    )


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def gap_bar(gap: Mapping[str, float | None]) -> SafeString | str:
    """Draw how far estimates run high (right of the middle) or low (left) for a group, with its range."""
    value, low, high = gap["value"], gap["low"], gap["high"]
    if value is None or low is None or high is None:
        return ""
    middle = CHART_WIDTH / 2

    def place(share: float) -> float:
        return middle + max(-1.0, min(1.0, 100 * share / CHART_POINTS)) * (middle - 6)

    return mark_safe(  # noqa: S308  numbers only
        f'<svg class="chart gap" viewBox="0 0 {CHART_WIDTH} 18" aria-hidden="true">'
        f'<line class="grid" x1="0" x2="{CHART_WIDTH}" y1="9" y2="9"/>'
        f'<line class="axis" x1="{middle:g}" x2="{middle:g}" y1="1" y2="17"/>'
        f'<rect class="band" x="{place(low):.1f}" y="5.5" width="{max(1.0, place(high) - place(low)):.1f}" height="7" rx="3.5"/>'
        f'<circle class="pt" cx="{place(value):.1f}" cy="9" r="4.5"/></svg>'
    )
