"""The drawings of the design: icons, tidemarks, estimates and bars, as SVG with geometry in attributes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from headway.web.shared.mastery_words import state_word
from headway.web.shared.words import language_name, sentence

register = template.Library()

BLOCK_KINDS = {
    "essential": (_("Essential practice"), _("Essential"), "target"),
    "group": (_("Small group with the teacher"), _("Group"), "users-round"),
    "project": (_("Project"), _("Project"), "shapes"),
    "review": (_("Review"), _("Review"), "rotate-ccw"),
    "stretch": (_("Stretch"), _("Stretch"), "mountain"),
    "choice": (_("Student’s choice"), _("Choice"), "signpost"),
    "paper": (_("On paper, off screen"), _("Paper"), "pencil-line"),
}
# icons: target users-round shapes rotate-ccw mountain signpost pencil-line
WITH_WORDS = {
    "alone": _("alone"),
    "pair": _("with a partner"),
    "team": _("with a team"),
    "teacher": _("with the teacher"),
}
REASON_ICONS = {
    "evidence": "footprints",
    "prerequisite": "git-branch",
    "review_due": "rotate-ccw",
    "goal": "flag-triangle-right",
    "class_goal": "users",
    "interest": "heart",
    "career": "compass",
    "support": "life-buoy",
    "language": "languages",
    "grade_level": "target",
    "choice": "signpost",
    "stretch": "mountain",
}
# icons: footprints git-branch rotate-ccw flag-triangle-right users heart compass life-buoy languages
REASON_WORDS = {
    "evidence": _("Evidence."),
    "prerequisite": _("Comes first."),
    "review_due": _("Review due."),
    "goal": _("Own goal."),
    "class_goal": _("Class goal."),
    "interest": _("Interest."),
    "career": _("Hope."),
    "support": _("Support."),
    "language": _("Language."),
    "grade_level": _("Grade level."),
    "choice": _("Choice."),
    "stretch": _("Ready for more."),
}


@cache
def _sprite_address() -> str:
    return static("icons.svg")


def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Return one icon of the sprite; without a label it is decoration."""
    return _icon(name, str(label), css)


# A board draws a thousand icons, and they are all of a few dozen kinds.
@lru_cache(maxsize=2048)
def _icon(name: str, label: str, css: str) -> SafeString:
    described = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i{}" {}><use href="{}#i-{}"/></svg>', f" {css}" if css else "", described, _sprite_address(), name
    )


register.simple_tag(icon)


@register.simple_tag
def tidemark(word: str, label: str = "", css: str = "") -> SafeString:
    """Return the water level of a mastery word."""
    described = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="tm tm--{}{}" viewBox="0 0 20 20" {}><use href="{}#tm-{}"/></svg>',
        word,
        f" {css}" if css else "",
        described,
        _sprite_address(),
        word,
    )


@register.simple_tag
def state(word: str, css: str = "") -> SafeString:
    """Return tidemark and word together."""
    return format_html('<span class="state {}">{}{}</span>', css, tidemark(word), state_word(word))


@register.filter
def mastery_word(word: str) -> str:
    """Return the mastery word of the reader's school, in the reader's language."""
    return state_word(word)


@register.simple_tag
def kind(key: str, *, long: bool = True) -> SafeString:
    """Return a block kind: edge, icon and word."""
    names = BLOCK_KINDS[key]
    return format_html('<span class="kind k-{}">{}{}</span>', key, icon(names[2]), names[0] if long else names[1])


@register.filter
def kind_icon(key: str) -> str:
    """Return the icon name of a block kind."""
    return BLOCK_KINDS[key][2]


@register.filter
def kind_word(key: str) -> str:
    """Return the short word of a block kind."""
    return str(BLOCK_KINDS[key][1])


@register.simple_tag
def estimate(shown: Any, label: str = "", width: int = 64, secure: float = 0.8) -> SafeString:
    """Draw a best guess with its range; `shown` has chance, low, high (0..1), pieces, word and is_stale."""
    return estimate_drawing(
        chance=shown.chance,
        low=shown.low,
        high=shown.high,
        pieces=shown.pieces,
        word=str(shown.word),
        is_stale=shown.is_stale,
        label=label,
        width=width,
        secure_chance=secure,
    )


def estimate_drawing(
    *,
    chance: float,
    low: float,
    high: float,
    pieces: int,
    word: str,
    is_stale: bool,
    label: str = "",
    width: int = 64,
    secure_chance: float = 0.8,
) -> SafeString:
    """Return the SVG: dot = best guess, bar = likely range, dashed line = secure."""
    described = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    line = f'<line x1="0" x2="{width}" y1="9" y2="9"'
    if not pieces:
        return mark_safe(  # noqa: S308  numbers and our own words only
            f'<svg class="est" viewBox="0 0 {width} 18" {described}>{line} stroke-dasharray="2 3"/></svg>'
        )
    return mark_safe(  # noqa: S308
        f'<svg class="est est--{word}{" est--stale" if is_stale else ""}" viewBox="0 0 {width} 18" {described}>{line}/>'
        f'<line class="goal" x1="{secure_chance * width:.1f}" x2="{secure_chance * width:.1f}" y1="1" y2="17"/>'
        f'<rect x="{low * width:.1f}" y="5.5" width="{max(0.5, (high - low) * width):.1f}" height="7" rx="3.5"/>'
        f'<circle cx="{chance * width:.1f}" cy="9" r="4"/></svg>'
    )


@register.simple_tag
def bar(value: float, most: float = 100, cap: float | None = None, label: str = "", css: str = "") -> SafeString:
    """Draw an amount from zero, with a line at the cap; over the cap it is drawn as over."""
    width = min(100.0, 100.0 * value / most) if most else 0.0
    over = " fill--over" if cap is not None and value > cap else ""
    line = f'<line class="cap" x1="{100 * cap / most:.1f}" x2="{100 * cap / most:.1f}" y1="-2" y2="12"/>' if cap else ""
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="track" width="100" height="10" rx="2"/>'
        '<rect class="fill{}" width="{}" height="10" rx="2"/>{}</svg>',
        css,
        label,
        over,
        f"{width:.1f}",
        mark_safe(line),  # noqa: S308
    )


@register.filter
def percent(share: float) -> int:
    """Return a share as a whole percent."""
    return round(100 * share)


@register.filter
def days_ago(moment: datetime | date | None) -> str:
    """Return how long ago a day was, in words."""
    if moment is None:
        return ""
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    days = (timezone.localdate() - day).days
    if days <= 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    return ngettext("{days} day ago", "{days} days ago", days).format(days=days)


@register.filter
def day_name(weekday: int) -> str:
    """Return the short name of a school day, 0 for Monday."""
    return [
        pgettext("short day", "Mon"),
        pgettext("short day", "Tue"),
        pgettext("short day", "Wed"),
        pgettext("short day", "Thu"),
        pgettext("short day", "Fri"),
    ][weekday]


@register.filter
def long_day_name(weekday: int) -> str:
    """Return the whole name of a school day, 0 for Monday."""
    return [gettext("Monday"), gettext("Tuesday"), gettext("Wednesday"), gettext("Thursday"), gettext("Friday")][
        weekday
    ]


@register.filter
def told(reason: Mapping[str, Any]) -> str:
    """Return a stored sentence (`sentence` and `facts`) in the reader's language."""
    return sentence(str(reason["sentence"]), reason.get("facts") or {})


@register.filter
def reason_icon(reason: Mapping[str, Any]) -> str:
    """Return the icon of a reason's kind."""
    return REASON_ICONS.get(str(reason["kind"]), "footprints")


@register.filter
def reason_word(reason: Mapping[str, Any]) -> str:
    """Return the leading word of a reason, such as "Evidence."."""
    return str(REASON_WORDS.get(str(reason["kind"]), ""))


@register.filter
def class_name(school_class: Any) -> str:
    """Return a class as its teacher calls it: period and name."""
    if not school_class.period:
        return str(school_class.name)
    if not school_class.period.isdigit():
        return f"{school_class.period} · {school_class.name}"
    return gettext("Period {period} · {name}").format(period=school_class.period, name=school_class.name)


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return mapping[key], or None."""
    return mapping.get(key)


@register.filter
def with_words(with_whom: str) -> str:
    """Return who works together, in words."""
    return str(WITH_WORDS.get(with_whom, with_whom))


@register.filter
def language_word(code: str) -> str:
    """Return a language's name in the reader's language, as it stands inside a sentence (Spanish writes it small)."""
    return language_name(code)


@register.filter
def weekday_and_day(day: date | datetime | None) -> str:
    """Return "Monday, October 19" in the reader's language."""
    if day is None:
        return ""
    local = timezone.localtime(day) if isinstance(day, datetime) else day
    return pgettext("a date", "{weekday}, {day}").format(
        weekday=date_format(local, "l"), day=date_format(local, "MONTH_DAY_FORMAT")
    )


@register.filter
def weekday_and_time(moment: datetime | None) -> str:
    """Return "Mon, 2:35 p.m." in the reader's language."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return pgettext("a date", "{weekday}, {day}").format(
        weekday=date_format(local, "D"), day=date_format(local, "TIME_FORMAT")
    )


@register.filter
def grouped(number: int) -> str:
    """Return a number with its thousands apart, as the reader's language writes it."""
    return number_format(number, use_l10n=True, force_grouping=True)
