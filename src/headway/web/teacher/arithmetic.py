"""Why a best guess is what it is: where everybody starts, what each piece did, and what else did, as a sum to read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from headway.core.evidence.learner_model import Known, LearnerModel, estimate
from headway.core.evidence.methods import Method, Rule, score_of
from headway.core.evidence.outlook import MOST_ANSWERS, WhyLook, next_check, right_answers_until_secure
from headway.core.evidence.values import Contribution, PieceKind
from headway.web.shared.words import sentence
from headway.web.teacher.words import shift_words, signed
from headway.web.templatetags.headway import mastery_word, weekday_and_day

if TYPE_CHECKING:
    from headway.core.evidence.values import Estimate
    from headway.records.evidence.models import Evidence
    from headway.records.evidence.queries import WordChange
    from headway.records.roster.models import Person

KIND_ICONS = {
    "answer": "pencil-line",
    "rubric": "list-checks",
    "observation": "eye",
    "conference": "message-circle",
    "product": "shapes",
    "judgement": "scale",
    "self": "user",
}
# icons: pencil-line list-checks eye message-circle shapes scale user move-horizontal gauge arrow-up-right calendar-clock
FEW_PIECES = 5
BAR_SIDES = (0.25, 0.5, 1.0, 2.0, 4.0)  # logits that fill one side of a bar


@dataclass(frozen=True, kw_only=True)
class SumLine:
    """One line of the sum: what it is, how it is drawn and said, and its number."""

    name: str
    note: str
    shift: float
    bar: SafeString | str = ""
    words: str = ""

    @property
    def number(self) -> str:
        """The number with its sign."""
        return signed(self.shift)


def bar_side(shifts: Iterable[float]) -> float:
    """Return how many logits fill one side of the bars, so that the longest one fits."""
    longest = max((abs(shift) for shift in shifts), default=0.0)
    return next((side for side in BAR_SIDES if longest <= side), BAR_SIDES[-1])


def shift_bar(shift: float, side: float = 1.0) -> SafeString:
    """Draw a shift as a bar to the right or the left of the middle; `side` logits fill one side."""
    width = min(30.0, 30.0 * math.fabs(shift) / side)
    start = 32.0 if shift >= 0 else 32.0 - width
    return mark_safe(  # noqa: S308  numbers only
        f'<svg class="shift" viewBox="0 0 64 12" aria-hidden="true"><line x1="32" x2="32" y1="0" y2="12"/>'
        f'<rect class="{"up" if shift >= 0 else "down"}" x="{start:.1f}" y="2" width="{max(0.5, width):.1f}" height="8"/></svg>'
    )


_Test = Callable[[Contribution], bool]


def _is_right(part: Contribution) -> bool:
    return part.piece.kind is PieceKind.ANSWER and part.piece.score >= 0.99


def _is_other_answer(part: Contribution) -> bool:
    return part.piece.kind is PieceKind.ANSWER and not _is_right(part)


def _is_seen(part: Contribution) -> bool:
    return part.piece.kind not in (PieceKind.ANSWER, PieceKind.SELF)


def sum_lines(shown: Estimate) -> list[SumLine]:
    """Return the sum in a few lines: the start, right answers, other answers, what adults saw, other work, time."""
    start = 1.0 / (1.0 + math.exp(-shown.prior))
    start_note = gettext("{percent} of 100 before anything is seen").format(percent=round(100 * start))
    groups: list[tuple[str, float]] = []
    tests: tuple[tuple[_Test, Callable[[int], str]], ...] = (
        (_is_right, lambda count: ngettext("{count} right answer", "{count} right answers", count)),
        (_is_other_answer, lambda count: ngettext("{count} not yet right", "{count} not yet right", count)),
        (
            _is_seen,
            lambda count: ngettext("{count} seen or judged by adults", "{count} seen or judged by adults", count),
        ),
    )
    for test, words in tests:
        found = [part.shift for part in shown.contributions if test(part)]
        if found:
            groups.append((words(len(found)).format(count=len(found)), math.fsum(found)))
    groups += [(sentence(line.sentence, line.facts), line.shift) for line in shown.lines]
    side = bar_side(shift for _name, shift in groups)
    return [
        SumLine(name=gettext("Where everybody starts"), note=start_note, shift=shown.prior),
        *(
            SumLine(name=name, note="", shift=shift, bar=shift_bar(shift, side), words=shift_words(shift))
            for name, shift in groups
        ),
    ]


def piece_lines(shown: Estimate, rows: Sequence[Evidence], reader: Person) -> list[dict[str, Any]]:
    """Return what each piece did, newest first: a sentence, a number, and the number in plain words."""
    by_id = {str(row.client_id): row for row in rows}
    side = bar_side(part.shift for part in shown.contributions)
    return [
        {
            "sentence": sentence(part.sentence, part.facts).rstrip(" :"),
            "icon": KIND_ICONS[part.piece.kind.value],
            "happened_at": part.piece.happened_at,
            "number": signed(part.shift),
            "words": shift_words(part.shift),
            "counts": part.piece.kind is not PieceKind.SELF,
            "on_paper": part.piece.on_paper,
            "bar": shift_bar(part.shift, side),
            "own": part.piece.kind.value not in {"answer", "self"} and by_id[part.piece.id].by_id == reader.pk,
            "client_id": part.piece.id,
        }
        for part in reversed(shown.contributions)
    ]


# --- How sure, what is missing, when to look again --------------------------------------------------------------------


def range_words(shown: Estimate, at: datetime) -> str:
    """Return what the range means and why it is as wide as it is."""
    low, high = round(100 * shown.low), round(100 * shown.high)
    said = gettext("In 8 of 10 such cases the truth lies from {low} to {high}.").format(low=low, high=high)
    days = (at - shown.newest_at).days if shown.newest_at else 0
    if shown.pieces < FEW_PIECES:
        why = ngettext(
            "That is wide because there is only {pieces} piece; each new one makes it smaller.",
            "That is wide because there are only {pieces} pieces; each new one makes it smaller.",
            shown.pieces,
        ).format(pieces=shown.pieces)
    elif days >= 30:
        why = ngettext(
            "It has grown since the newest piece, {days} day ago; a new look makes it smaller.",
            "It has grown since the newest piece, {days} days ago; a new look makes it smaller.",
            days,
        ).format(days=days)
    else:
        why = gettext("More pieces, on more days, make it smaller.")
    return f"{said} {why}"


def certain_words(shown: Estimate, rule: Rule) -> str:
    """Return how sure the learner model is that it is secure, beside what the school asks for."""
    return gettext(
        "{certain} of 100 sure that a new question succeeds at least {line} times in 100. Asked for: {certainty}."
    ).format(
        certain=round(100 * shown.certain),
        line=round(100 * rule.secure_share),
        certainty=round(100 * rule.certainty),
    )


def missing_words(model: LearnerModel, known: Known, shown: Estimate, *, at: datetime) -> str:
    """Return what would still make it secure, "" where it is."""
    pieces = [part.piece for part in shown.contributions]
    missing = right_answers_until_secure(model, known, pieces, at=at)
    if missing == 0:
        return ""
    if known.rule.method is Method.JUDGEMENT:
        return gettext("Only a teacher’s judgement makes it secure here.")
    if missing is None:
        return gettext(
            "More than {most} right answers in a row, until it is sure enough. A look of your own says more than many answers."
        ).format(most=MOST_ANSWERS)
    return ngettext(
        "{count} more right answer, without help, would make it secure.",
        "{count} more right answers in a row, without help, would make it secure.",
        missing,
    ).format(count=missing)


def look_words(model: LearnerModel, known: Known, shown: Estimate, *, at: datetime) -> str:
    """Return when it asks to be checked again, and why then."""
    check = next_check(model, known, shown, at=at)
    if check is None:
        return ""
    if shown.is_stale:
        return {
            WhyLook.AGE: gettext("Now: the newest piece is old."),
            WhyLook.WIDTH: gettext("Now: too little is known for the range to be of use."),
            WhyLook.FADED: gettext("Now: it may have faded since it was last seen."),
        }[check.why]
    day = weekday_and_day(at + timedelta(days=check.days))
    return {
        WhyLook.AGE: ngettext(
            "On {day} without a new piece: the newest one is {days} day old then.",
            "On {day} without a new piece: the newest one is {days} days old then.",
            known.rule.recheck_days,
        ),
        WhyLook.WIDTH: gettext("On {day} without a new piece: the range has grown too wide then."),
        WhyLook.FADED: gettext("On {day} without a new piece: it may have faded by then."),
    }[check.why].format(day=day, days=known.rule.recheck_days)


def word_without_judgement(model: LearnerModel, known: Known, *, at: datetime) -> str:
    """Return the word that the rule alone would give."""
    return mastery_word(estimate(model, replace(known, settled=None), at=at).word.value)


def rule_steps(shown: Estimate, rule: Rule, *, at: datetime) -> list[str]:
    """Return how a person gets the rule's number by hand; nothing for the learner model, whose sum is shown beside."""
    if rule.method is Method.MODEL:
        return []
    scored = score_of(rule, [part.piece for part in shown.contributions], on=at.date())
    return [sentence(words, facts) for words, facts in scored.steps]


# --- How the word changed ---------------------------------------------------------------------------------------------


def change_lines(changes: Iterable[WordChange]) -> list[dict[str, Any]]:
    """Return how the word changed without new evidence, the newest first, in sentences."""
    said = {
        "model": gettext("The learner model was fitted anew; the word went from “{before}” to “{after}”."),
        "rule": gettext("Another rule began to hold; the word went from “{before}” to “{after}”."),
    }
    return [
        {
            "at": change.at,
            "words": said[change.cause].format(
                before=mastery_word(change.before.value), after=mastery_word(change.after.value)
            ),
            "version": change.version,
        }
        for change in changes
    ]
