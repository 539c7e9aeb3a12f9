"""A rule of mastery on a page: said in words, chosen in a form, and tried out before it is set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from headway.core.evidence.methods import (
    METHODS,
    Method,
    Parameter,
    Rule,
    WhatIf,
    rule_from_json,
    what_if_words,
)
from headway.core.evidence.values import Word
from headway.core.shared.errors import RuleBroken
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.records.evidence.models import MasteryRule
    from headway.records.evidence.queries import Cell

Key = tuple[int, int]
BAR_WIDTH = 240.0
BAR_ORDER = ("beyond", "secure", "recheck", "growing", "starting", "none")
# The learner model first, then the others as teachers know them, from the plainest on.
ORDER = (
    Method.MODEL,
    Method.LATEST,
    Method.HIGHEST,
    Method.MEAN,
    Method.MEDIAN,
    Method.MODE,
    Method.DECAYING_AVERAGE,
    Method.WEIGHTED_AVERAGE,
    Method.ROLLING_SHARE,
    Method.N_TIMES,
    Method.LAST_K_IN_A_ROW,
    Method.POWER_LAW,
    Method.JUDGEMENT,
)


# --- In words ---------------------------------------------------------------------------------------------------------


def method_name(rule: Rule) -> str:
    """Return the name of a rule's method."""
    return gettext(METHODS[rule.method].name)


def rule_words(rule: Rule) -> list[str]:
    """Return what a rule asks for, in sentences; its method's own saying first."""
    said = [gettext(METHODS[rule.method].says)]
    said += [f"{gettext(about.words)}: {_shown(about, rule.parameters[name])}." for name, about in _own(rule.method)]
    said.append(
        gettext("Growing from {growing} of 100, secure from {secure}, beyond from {beyond}.").format(
            growing=_of_100(rule.growing_share), secure=_of_100(rule.secure_share), beyond=_of_100(rule.beyond_share)
        )
    )
    pieces = ngettext("at least {pieces} piece", "at least {pieces} pieces", rule.least_pieces).format(
        pieces=rule.least_pieces
    )
    if rule.method is Method.MODEL:
        said.append(
            gettext("Secure asks for {pieces}, and for being {certainty} of 100 sure.").format(
                pieces=pieces, certainty=_of_100(rule.certainty)
            )
        )
    elif rule.least_pieces > 1:
        said.append(gettext("Secure asks for {pieces}.").format(pieces=pieces))
    said.append(
        ngettext(
            "What is older than {days} day asks to be checked again.",
            "What is older than {days} days asks to be checked again.",
            rule.recheck_days,
        ).format(days=rule.recheck_days)
    )
    return said


def _own(method: Method) -> Iterable[tuple[str, Parameter]]:
    return METHODS[method].parameters.items()


def _of_100(share: float) -> str:
    shown = round(100 * share, 1)
    return f"{shown:g}"


def _shown(about: Parameter, value: float) -> str:
    return f"{value:g}" if about.is_whole else gettext("{percent} of 100").format(percent=_of_100(value))


# --- In a form --------------------------------------------------------------------------------------------------------


class _Number(forms.FloatField):
    """A number from `low` to `high`; whatever is wrong with it, one sentence says how to mend it.

    Where nothing needs to be written, nothing is 0. Numbers of a method that is not chosen are on the page and not asked for.
    """

    is_asked = True

    def __init__(
        self, *, low: float, high: float, is_whole: bool = False, may_be_empty: bool = False, **kwargs: Any
    ) -> None:
        self.low, self.high, self.is_whole, self.may_be_empty = low, high, is_whole, may_be_empty
        widget = forms.NumberInput(
            attrs={
                "class": "input input--number",
                "min": f"{low:g}",
                "max": f"{high:g}",
                "step": "1" if is_whole else "any",
                "inputmode": "numeric" if is_whole else "decimal",
            }
        )
        super().__init__(widget=widget, required=False, **kwargs)

    def clean(self, value: Any) -> float | None:
        """Return the number, or raise the sentence."""
        if not self.is_asked:
            return None
        said = (
            gettext("Write a whole number from {low} to {high}.")
            if self.is_whole
            else gettext("Write a number from {low} to {high}.")
        )
        problem = forms.ValidationError(said.format(low=f"{self.low:g}", high=f"{self.high:g}"))
        try:
            number: float | None = super().clean(value)
        except forms.ValidationError as wrong:
            raise problem from wrong
        if number is None and self.may_be_empty:
            return 0.0
        if number is None or not self.low <= number <= self.high or (self.is_whole and number != int(number)):
            raise problem
        return number


def _of_parameter(about: Parameter) -> _Number:
    scale = 1 if about.is_whole else 100
    return _Number(
        low=scale * about.low,
        high=scale * about.high,
        is_whole=about.is_whole,
        label=gettext(about.words) if about.is_whole else f"{gettext(about.words)}, {gettext('of 100')}",
        initial=f"{scale * about.default:g}",
    )


def _field_name(method: Method, name: str) -> str:
    return f"{method.value}-{name}"


class RuleForm(forms.Form):
    """A rule of mastery: a method, its own numbers, and the lines between the words. All shares are asked for as of 100."""

    method = forms.ChoiceField(
        choices=[(method.value, method.value) for method in ORDER],
        error_messages={
            "required": _("Choose how evidence becomes a word."),
            "invalid_choice": _("Choose one of the ways that are listed."),
        },
    )
    growing = _Number(low=1, high=98, label=_("Growing from"))
    secure = _Number(low=2, high=99, label=_("Secure from"))
    beyond = _Number(low=3, high=100, label=_("Beyond from"))
    certainty = _Number(
        low=50,
        high=99,
        label=_("How sure before it says “Secure”, of 100"),
        help_text=_("80 says: moving on too early costs about four times what waiting costs. 95 is for a certificate."),
    )
    least_pieces = _Number(
        low=1,
        high=20,
        is_whole=True,
        may_be_empty=True,
        label=_("Pieces before it says “Secure”"),
        help_text=_("Left empty, the method asks for as many as it needs."),
    )
    recheck_days = _Number(low=1, high=730, is_whole=True, label=_("Days until it asks to be checked again"))
    recheck_width = _Number(
        low=10,
        high=100,
        label=_("Width of the likely range that asks to be checked again, of 100"),
    )
    next_chance = _Number(
        low=30,
        high=95,
        label=_("How often the next question should succeed, of 100"),
        help_text=_("Around 70 is hard enough to learn from and easy enough to go on."),
    )

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for method in ORDER:
            for name, about in _own(method):
                field = self.fields[_field_name(method, name)] = _of_parameter(about)
                field.is_asked = not self.is_bound or self.data.get("method") == method.value
        self.initial = {**values_of(rule), **self.initial}
        if self.is_bound:
            # An address that names only some numbers, such as the method alone, means the present ones for the rest.
            present = {name: self.get_initial_for_field(field, name) for name, field in self.fields.items()}
            given = self.data.dict() if hasattr(self.data, "dict") else dict(self.data)
            self.data = {**{name: value for name, value in present.items() if value is not None}, **given}

    @property
    def methods(self) -> list[dict[str, Any]]:
        """The methods to choose from, each with what a teacher reads about it and its own numbers."""
        chosen = self["method"].value()
        return [
            {
                "value": method.value,
                "name": gettext(METHODS[method].name),
                "says": gettext(METHODS[method].says),
                "beware": gettext(METHODS[method].beware),
                "is_chosen": chosen == method.value,
                "fields": [self[_field_name(method, name)] for name, _about in _own(method)]
                + ([self["certainty"]] if method is Method.MODEL else []),
            }
            for method in ORDER
        ]

    def clean(self) -> dict[str, Any]:
        """Put the rule together; what the parts cannot know about each other is said above the form."""
        facts = super().clean() or {}
        if self.errors:
            return facts
        if not facts["growing"] < facts["secure"] < facts["beyond"]:
            raise forms.ValidationError(
                gettext("The lines must rise: growing first, then secure, then beyond. Put them in order.")
            )
        method = Method(facts["method"])
        parameters = {
            name: facts[_field_name(method, name)] / (1 if about.is_whole else 100) for name, about in _own(method)
        }
        try:
            facts["rule"] = Rule(
                method=method,
                parameters=parameters,
                growing_share=facts["growing"] / 100,
                secure_share=facts["secure"] / 100,
                beyond_share=facts["beyond"] / 100,
                certainty=facts["certainty"] / 100,
                least_pieces=int(facts["least_pieces"]),
                recheck_days=int(facts["recheck_days"]),
                recheck_width=facts["recheck_width"] / 100,
                next_chance=facts["next_chance"] / 100,
            )
        except RuleBroken as broken:
            raise forms.ValidationError(sentence(broken.sentence, broken.facts)) from broken
        return facts

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """The choice as it was checked, to be sent again by the button that sets it."""
        rule: Rule = self.cleaned_data["rule"]
        own = {_field_name(method, name) for method in ORDER for name, _about in _own(method)}
        wanted = {_field_name(rule.method, name) for name, _about in _own(rule.method)}
        return [(name, value) for name, value in values_of(rule).items() if name in wanted or name not in own]


def values_of(rule: Rule) -> dict[str, Any]:
    """Return what the form holds for a rule."""
    own = {
        _field_name(rule.method, name): f"{rule.parameters[name] * (1 if about.is_whole else 100):g}"
        for name, about in _own(rule.method)
    }
    return {
        "method": rule.method.value,
        "growing": _of_100(rule.growing_share),
        "secure": _of_100(rule.secure_share),
        "beyond": _of_100(rule.beyond_share),
        "certainty": _of_100(rule.certainty),
        "least_pieces": "" if rule.least_pieces == METHODS[rule.method].least_pieces else str(rule.least_pieces),
        "recheck_days": str(rule.recheck_days),
        "recheck_width": _of_100(rule.recheck_width),
        "next_chance": _of_100(rule.next_chance),
        **own,
    }


# --- Tried out --------------------------------------------------------------------------------------------------------


# Lines of a list: a name, and beside it words with where each opens ("" for nowhere).
Listing = Sequence[tuple[str, Sequence[tuple[str, str]]]]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Cells that would go from one word to another, as a page lists them."""

    before: str
    after: str
    count: int
    lines: Listing


@dataclass(frozen=True, kw_only=True)
class TriedOut:
    """What another rule would do to the words: sentences, the spread of words now and then, and every move."""

    sentences: Sequence[str]
    changed: int
    spread: Sequence[tuple[str, int, int]]
    now_bar: SafeString
    then_bar: SafeString
    moves: Sequence[Moved]


def tried_out(
    what_if: WhatIf[Key],
    now: Mapping[Key, Word],
    *,
    cells: int,
    listing: Callable[[Sequence[Key]], Listing],
) -> TriedOut:
    """Return a what-if as a page shows it; `cells` is how many there are, with evidence or without.

    `listing` says how the cells of one move are listed.
    """
    counts = Counter(word.value for word in now.values())
    counts["none"] = cells - sum(count for word, count in counts.items() if word != "none")
    then = Counter(counts)
    moves = []
    for move in what_if.moves:
        then[move.before.value] -= len(move.keys)
        then[move.after.value] += len(move.keys)
        moves.append(
            Moved(
                before=move.before.value,
                after=move.after.value,
                count=len(move.keys),
                lines=listing(move.keys),
            )
        )
    return TriedOut(
        sentences=[sentence(words, facts) for words, facts in what_if_words(what_if)],
        changed=what_if.changed,
        spread=[(word, counts[word], then[word]) for word in BAR_ORDER],
        now_bar=_bar(counts),
        then_bar=_bar(then),
        moves=moves,
    )


def words_of(grid: Mapping[Key, Cell]) -> dict[Key, Word]:
    """Return the words of a grid."""
    return {key: Word(one.word) for key, one in grid.items()}


def _bar(counts: Mapping[str, int]) -> SafeString:
    total, left, parts = sum(counts.values()), 0.0, []
    for word in BAR_ORDER:
        width = BAR_WIDTH * counts[word] / total if total else 0.0
        if width:
            parts.append(f'<rect class="s-{word}" x="{left:.1f}" width="{max(0.0, width - 0.8):.1f}" height="10"/>')
        left += width
    drawn = "".join(parts)
    return mark_safe(  # noqa: S308  numbers and our own words only
        f'<svg class="share share--big" viewBox="0 0 {BAR_WIDTH:g} 10" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'
    )


# --- So far -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One rule that was made, in words, and where it is chosen again ("" while it holds)."""

    row: MasteryRule
    name: str
    words: str
    again_address: str


def history_lines(rows: Iterable[MasteryRule], again: Callable[[int], str]) -> list[HistoryLine]:
    """Return rules that were made as a page lists them; `again` says where to press for one."""
    lines = []
    for row in rows:
        rule = rule_from_json(row.rule)
        lines.append(
            HistoryLine(
                row=row,
                name=method_name(rule),
                words=" ".join(rule_words(rule)[1:]),
                again_address=again(row.pk) if row.ends_at is not None else "",
            )
        )
    return lines
