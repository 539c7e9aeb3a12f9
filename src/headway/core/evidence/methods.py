"""Rules of mastery that schools use, as data: how scores become one score, one word, and steps to redo by hand.

A rule is a method, its parameters and the lines between the words. The functions at the top are the bare arithmetic: they take
scores, oldest first, on any scale. Below them the same arithmetic reads pieces of evidence as shares from 0 to 1.

Where the definitions come from (products change; these are the documents that were read):

- latest, highest, mean: Canvas, "Mastery calculation" of outcomes.
- mode: Educate (CBK12), "How Educate Calculates Standards-Based Grading": of two equally frequent scores the more recent.
- median: Common Goal Systems (TeacherEase), "Standards-based grading scale grade calculation modes".
- n times: Canvas, "n Number of Times": the mean of all scores that reached the line, and nothing before there are n of them.
- weighted average: what Canvas called "Decaying Average" until 2023 and calls "Weighted Average" since: the newest score
  against the mean of all earlier ones. Its API still says `decaying_average` for it.
- decaying average: the other definition, of Mastery Connect, Otus, PowerSchool Learning, and of Canvas since 2023
  (`standard_decaying_average`): each score in turn against all that stood before it, an exponentially weighted mean.
- power law: Marzano, "Transforming Classroom Grading" (2000), as in JumpRope, "The power of the Power Law".
- rolling share: "average of the most recent n" of PowerSchool Learning; with right and wrong answers, the share right of the
  last n that Kolibri's "m of n" asks about.
- several in a row: ASSISTments' Skill Builders, three right in a row without help; Khan Academy's ten until 2011.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from headway.core.evidence.values import Piece, PieceKind, Word
from headway.core.shared.errors import RuleBroken, gettext_noop

# --- The arithmetic: scores on any scale, oldest first, at least one --------------------------------------------------


def latest(scores: Sequence[float]) -> float:
    """Return the newest score."""
    return scores[-1]


def highest(scores: Sequence[float]) -> float:
    """Return the best score."""
    return max(scores)


def mean(scores: Sequence[float]) -> float:
    """Return the arithmetic mean."""
    return statistics.fmean(scores)


def median(scores: Sequence[float]) -> float:
    """Return the score in the middle when sorted, or halfway between the two in the middle."""
    return statistics.median(scores)


def mode(scores: Sequence[float]) -> float:
    """Return the most frequent score; of several equally frequent ones, the one seen last."""
    counts = Counter(scores)
    most = max(counts.values())
    return next(score for score in reversed(scores) if counts[score] == most)


def n_times(scores: Sequence[float], *, times: int, line: float) -> float | None:
    """Return the mean of all scores at or above `line`, or None before there are `times` of them."""
    reached = [score for score in scores if score >= line]
    return mean(reached) if reached and len(reached) >= times else None


def weighted_average(scores: Sequence[float], *, newest: float) -> float:
    """Return the newest score at weight `newest` plus the mean of all earlier ones at the rest; a lone score is itself."""
    return scores[-1] if len(scores) == 1 else newest * scores[-1] + (1.0 - newest) * mean(scores[:-1])


def decaying_average(scores: Sequence[float], *, newest: float) -> float:
    """Return the exponentially weighted mean: each score at weight `newest`, what stood before it at the rest.

    The k-th score from the end weighs newest · (1 − newest)^k, and the first takes what is left: with three scores and
    0.65 the weights are 0.12, 0.23 and 0.65.
    """
    result = scores[0]
    for score in scores[1:]:
        result = newest * score + (1.0 - newest) * result
    return result


def power_curve(scores: Sequence[float]) -> tuple[float, float]:
    """Return a and b of y = a · x^b, fitted to scores at x = 1, 2, 3, … by least squares of log y on log x.

    Raises ValueError for a score of 0 or less, which has no logarithm: move the scale up first.
    """
    if min(scores) <= 0:
        raise ValueError("a power curve needs scores above 0")
    if len(scores) == 1:
        return scores[0], 0.0
    places = [math.log(place) for place in range(1, len(scores) + 1)]
    line = statistics.linear_regression(places, [math.log(score) for score in scores])
    return math.exp(line.intercept), line.slope


def power_law(scores: Sequence[float]) -> float:
    """Return where the fitted power curve is at the newest score; it may leave the scale, so the caller cuts it off."""
    a, b = power_curve(scores)
    return float(a * len(scores) ** b)


def rolling_share(scores: Sequence[float], *, last: int) -> float:
    """Return the mean of the newest `last` scores, or of all when there are fewer."""
    return mean(scores[-last:])


def in_a_row(right: Sequence[bool]) -> int:
    """Return how many of the newest answers are right, counted back to the first that is not."""
    return next((count for count, is_right in enumerate(reversed(right)) if not is_right), len(right))


# --- The methods and what a teacher reads about them ------------------------------------------------------------------


class Method(StrEnum):
    """How pieces of evidence become one score."""

    MODEL = "model"
    LATEST = "latest"
    HIGHEST = "highest"
    MEAN = "mean"
    MODE = "mode"
    MEDIAN = "median"
    N_TIMES = "n_times"
    DECAYING_AVERAGE = "decaying_average"
    WEIGHTED_AVERAGE = "weighted_average"
    POWER_LAW = "power_law"
    ROLLING_SHARE = "rolling_share"
    LAST_K_IN_A_ROW = "last_k_in_a_row"
    JUDGEMENT = "judgement"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A number that a school may choose, from `low` to `high`."""

    words: str
    default: float
    low: float
    high: float
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class About:
    """A method for a teacher: its name, what it does, when it is a bad idea, and what may be chosen.

    `least_pieces` are asked for before it says "secure"; `most` is the highest word it can give.
    """

    name: str
    says: str
    beware: str
    least_pieces: int = 3
    most: Word = Word.BEYOND
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


_NEWEST_WORDS = gettext_noop("Share of the newest piece")

METHODS: Mapping[Method, About] = MappingProxyType(
    {
        Method.MODEL: About(
            name=gettext_noop("Learner model"),
            says=gettext_noop("Weighs every piece by its kind, its difficulty and its age, and says how sure it is."),
            beware=gettext_noop("It takes longer to redo by hand; the reasons beside each skill show every step."),
        ),
        Method.LATEST: About(
            name=gettext_noop("Most recent"),
            says=gettext_noop("The newest piece alone decides."),
            beware=gettext_noop("One lucky or unlucky day changes the word."),
        ),
        Method.HIGHEST: About(
            name=gettext_noop("Highest"),
            says=gettext_noop("The best piece so far decides."),
            beware=gettext_noop("It never comes down, even when a skill has faded or a guess was lucky."),
        ),
        Method.MEAN: About(
            name=gettext_noop("Average"),
            says=gettext_noop("All pieces count the same, old and new."),
            beware=gettext_noop("A slow start is held against a student who can do it now."),
        ),
        Method.MODE: About(
            name=gettext_noop("Most often"),
            says=gettext_noop("The word reached most often decides; of two reached equally often, the one seen last."),
            beware=gettext_noop("It needs many pieces, and one more piece can change the word by more than a step."),
        ),
        Method.MEDIAN: About(
            name=gettext_noop("Middle value"),
            says=gettext_noop("Sorted by size, the piece in the middle decides."),
            beware=gettext_noop("Growth shows only once half of all the pieces are better ones."),
        ),
        Method.N_TIMES: About(
            name=gettext_noop("A number of times"),
            says=gettext_noop(
                "The line must be reached as often as you ask; then the average of those pieces decides."
            ),
            beware=gettext_noop("Pieces below the line are left out, so trying often enough gets there."),
            least_pieces=1,
            parameters={
                "times": Parameter(words=gettext_noop("Times to reach it"), default=3, low=1, high=10, is_whole=True)
            },
        ),
        Method.DECAYING_AVERAGE: About(
            name=gettext_noop("Decaying average"),
            says=gettext_noop("Each new piece takes its share, and everything before it shrinks to the rest."),
            beware=gettext_noop(
                "After two or three pieces the early ones hardly count, and the newest counts for most."
            ),
            parameters={"newest": Parameter(words=_NEWEST_WORDS, default=0.65, low=0.5, high=0.99)},
        ),
        Method.WEIGHTED_AVERAGE: About(
            name=gettext_noop("Weighted average"),
            says=gettext_noop("The newest piece takes its share, the average of all earlier ones takes the rest."),
            beware=gettext_noop("The piece before the newest counts no more than the very first one."),
            parameters={"newest": Parameter(words=_NEWEST_WORDS, default=0.65, low=0.01, high=0.99)},
        ),
        Method.POWER_LAW: About(
            name=gettext_noop("Power law"),
            says=gettext_noop("A learning curve is drawn through the pieces in order; where it ends decides."),
            beware=gettext_noop(
                "It suits one narrow skill and four pieces or more. A weak first piece lifts the end of the curve, "
                "a strong one lowers it."
            ),
        ),
        Method.ROLLING_SHARE: About(
            name=gettext_noop("Share of the last few"),
            says=gettext_noop("The average of the newest pieces decides, as many as you say."),
            beware=gettext_noop("Anything older is forgotten all at once, and with few pieces the word jumps."),
            parameters={
                "last": Parameter(
                    words=gettext_noop("Newest pieces to count"), default=5, low=2, high=50, is_whole=True
                )
            },
        ),
        Method.LAST_K_IN_A_ROW: About(
            name=gettext_noop("Several in a row"),
            says=gettext_noop("The newest pieces must all be right without help, as many in a row as you ask."),
            beware=gettext_noop("One slip starts the count again, and questions that are easy to guess let luck pass."),
            least_pieces=1,
            # Three right in a row say that a skill sits, not that it goes further.
            most=Word.SECURE,
            parameters={
                "in_a_row": Parameter(words=gettext_noop("Right in a row"), default=3, low=2, high=10, is_whole=True)
            },
        ),
        Method.JUDGEMENT: About(
            name=gettext_noop("Teacher’s judgement"),
            says=gettext_noop("Only what a teacher has judged, with a reason, counts."),
            beware=gettext_noop("A skill that nobody has judged yet has no word, and judgements grow old."),
            least_pieces=1,
        ),
    }
)

# --- A rule: the method with its choices ------------------------------------------------------------------------------

_SHOWN_AS_LIST = ", "
_NOT_A_RULE = gettext_noop("A rule is written as names with values, but this is “{value}”. Choose the rule anew.")
_UNKNOWN_METHOD = gettext_noop("The method “{method}” is not known. Use one of: {methods}.")
_UNKNOWN_NAME = gettext_noop("The rule has “{name}”, which means nothing here. Take it out, or use one of: {names}.")
_NOT_IN_RANGE = gettext_noop("“{name}” in the rule is {value}. Write a number from {low} to {high}.")
_NOT_WHOLE = gettext_noop("“{name}” in the rule is {value}. Write a whole number from {low} to {high}.")
_LINES_MUST_RISE = gettext_noop(
    "The lines of the words must rise between 0 and 1, but growing is {growing}, secure {secure} and beyond {beyond}. "
    "Put them in order."
)
_LINES = ("growing_share", "secure_share", "beyond_share")
_MODEL_CHOICES = ("certainty", "recheck_days", "recheck_width", "next_chance")
_MOST_LEAST_PIECES = 20
_MOST_RECHECK_DAYS = 730


def _checked(name: str, value: object, *, low: float, high: float, is_whole: bool = False) -> float:
    """Return the number, or raise the sentence that says what is wrong with it."""
    broken = _NOT_WHOLE if is_whole else _NOT_IN_RANGE
    # True is a number to Python, but not to a person.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RuleBroken(broken, name=name, value=value, low=low, high=high)
    if is_whole and value != int(value):
        raise RuleBroken(broken, name=name, value=value, low=low, high=high)
    return int(value) if is_whole else float(value)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How evidence becomes a score and a word: data that a school may choose per framework, skill or class.

    Parameters that are left out take the method's defaults (METHODS). The lines are shares from 0 to 1: at
    `growing_share` a score is called growing, and so on. `least_pieces` are asked for before "secure", one more before
    "beyond"; 0 stands for the method's own number. The learner model says "secure" when it is sure to `certainty` that a
    reference question succeeds at `secure_share` (four to one: advancing too early costs four times what waiting costs).
    After `recheck_days`, or when the 80% range is wider than `recheck_width`, what was secure asks to be checked again.
    `next_chance` is the chance of success that the next question should have. Raises RuleBroken when anything is unknown or out of range.
    """

    method: Method = Method.MODEL
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    growing_share: float = 0.50
    secure_share: float = 0.80
    beyond_share: float = 0.92
    least_pieces: int = 0
    certainty: float = 0.80
    recheck_days: int = 60
    recheck_width: float = 0.55
    next_chance: float = 0.70

    def __post_init__(self) -> None:
        about = METHODS[self.method]
        for name in self.parameters:
            if name not in about.parameters:
                raise RuleBroken(_UNKNOWN_NAME, name=name, names=_SHOWN_AS_LIST.join(about.parameters) or "–")
        parameters = {
            name: _checked(
                name,
                self.parameters.get(name, parameter.default),
                low=parameter.low,
                high=parameter.high,
                is_whole=parameter.is_whole,
            )
            for name, parameter in about.parameters.items()
        }
        growing, secure, beyond = (_checked(name, getattr(self, name), low=0, high=1) for name in _LINES)
        if not 0 < growing < secure < beyond:
            raise RuleBroken(_LINES_MUST_RISE, growing=growing, secure=secure, beyond=beyond)
        least = _checked("least_pieces", self.least_pieces, low=0, high=_MOST_LEAST_PIECES, is_whole=True)
        for name, low, high in (("certainty", 0.5, 0.99), ("recheck_width", 0.1, 1.0), ("next_chance", 0.3, 0.95)):
            _checked(name, getattr(self, name), low=low, high=high)
        days = _checked("recheck_days", self.recheck_days, low=1, high=_MOST_RECHECK_DAYS, is_whole=True)
        object.__setattr__(self, "recheck_days", int(days))
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "least_pieces", int(least) or about.least_pieces)

    @cached_property
    def version(self) -> str:
        """The rule's name on reports: the same choices always have the same one, other choices another."""
        written = json.dumps(rule_as_json(self), sort_keys=True)
        return f"{self.method.value}-{hashlib.sha256(written.encode()).hexdigest()[:8]}"


DEFAULT_RULE = Rule()


def rule_as_json(rule: Rule) -> dict[str, object]:
    """Return the rule as plain JSON values, with every default written out so that a later default changes nothing."""
    return {
        "method": rule.method.value,
        "parameters": dict(rule.parameters),
        "growing_share": float(rule.growing_share),
        "secure_share": float(rule.secure_share),
        "beyond_share": float(rule.beyond_share),
        "least_pieces": rule.least_pieces,
        **{name: getattr(rule, name) for name in _MODEL_CHOICES},
    }


def rule_from_json(stored: object) -> Rule:
    """Return the rule that `rule_as_json` wrote; raises RuleBroken with what is wrong, where, and how to mend it."""
    if not isinstance(stored, Mapping):
        raise RuleBroken(_NOT_A_RULE, value=stored)
    known = ("method", "parameters", *_LINES, "least_pieces", *_MODEL_CHOICES)
    for name in stored:
        if name not in known:
            raise RuleBroken(_UNKNOWN_NAME, name=name, names=_SHOWN_AS_LIST.join(known))
    method = stored.get("method", "–")
    if method not in list(Method):
        raise RuleBroken(_UNKNOWN_METHOD, method=method, methods=_SHOWN_AS_LIST.join(Method))
    parameters = stored.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise RuleBroken(_NOT_A_RULE, value=parameters)
    choices: dict[str, Any] = {name: stored[name] for name in known[2:] if name in stored}
    return Rule(method=Method(str(method)), parameters=parameters, **choices)


# --- What one piece counts --------------------------------------------------------------------------------------------

HELP_COST = 0.2  # each hint, and each try after the first, takes this share off an answer ...
LEAST_WITH_HELP = 0.4  # ... but never more than down to this share of it
_NEVER_COUNT = (PieceKind.SELF, PieceKind.WITHDRAWAL)
_TOLERANCE = 1e-9  # a score on the line has reached it, whatever the last bit says
_WORDS_RISING = (Word.STARTING, Word.GROWING, Word.SECURE, Word.BEYOND)


def proficient_level(levels: int) -> int:
    """Return which of `levels` (from 0) means "proficient": the second highest, and never the lowest."""
    return max(1, levels - 2)


def level_share(level: int, levels: int, rule: Rule = DEFAULT_RULE) -> float:
    """Return the share a rated level counts: the middle of the word it stands for.

    The lowest level is the middle of "starting", the proficient one of "secure", the one above of "beyond"; levels
    between lowest and proficient spread evenly over "growing". So a proficient rating is secure wherever the school
    draws its line, and ratings and answers add up on one scale.
    """
    level, proficient = min(max(level, 0), levels - 1), proficient_level(levels)
    if level == 0:
        return rule.growing_share / 2
    if level < proficient:
        return rule.growing_share + (rule.secure_share - rule.growing_share) * (level - 0.5) / (proficient - 1)
    return (rule.secure_share + rule.beyond_share) / 2 if level == proficient else (rule.beyond_share + 1) / 2


def counted_share(piece: Piece, rule: Rule = DEFAULT_RULE) -> float:
    """Return the share, 0 to 1, that a piece counts.

    A judgement counts as the word it settles, a rating as its level (level_share), anything else as its score. An
    answer loses a fifth for every hint and for every try after the first, but keeps at least two fifths: the feedback of
    a wrong try helps as a hint does. That is the credit the learner model gives after hints.
    """
    if piece.settles_as is not None:
        place = _WORDS_RISING.index(piece.settles_as) if piece.settles_as in _WORDS_RISING else 1
        return level_share(place, len(_WORDS_RISING), rule)
    score = min(1.0, max(0.0, piece.score))
    if piece.kind is PieceKind.ANSWER:
        helped = piece.hints_used + max(0, piece.attempt - 1)
        return score * max(LEAST_WITH_HELP, 1.0 - HELP_COST * helped)
    if piece.level is not None and piece.levels is not None and piece.levels > 1:
        return level_share(piece.level, piece.levels, rule)
    return score


def _is_right(piece: Piece, share: float, rule: Rule) -> bool:
    """Say whether a piece is right without help: a first answer without hints, or a rating that is proficient."""
    if piece.kind is PieceKind.ANSWER:
        return piece.score >= 1.0 - _TOLERANCE and not piece.hints_used and piece.attempt <= 1
    return share >= rule.secure_share - _TOLERANCE


# --- The score of pieces, with its steps ------------------------------------------------------------------------------

Step = tuple[str, Mapping[str, object]]

NOTHING_YET = gettext_noop("There is nothing to count yet.")
NOT_JUDGED = gettext_noop("No teacher has judged this yet.")
LISTED = gettext_noop("Oldest first, of 100 each: {shares}.")
NEWEST = gettext_noop("The newest counts: {score} of 100.")
BEST = gettext_noop("The highest counts: {score} of 100.")
DIVIDED = gettext_noop("Together {sum}, divided by {pieces}: {score} of 100.")
IN_THE_MIDDLE = gettext_noop("Sorted by size, the one in the middle counts: {score} of 100.")
TWO_IN_THE_MIDDLE = gettext_noop(
    "Sorted by size, the two in the middle are {low} and {high}. Halfway between them: {score} of 100."
)
MOST_OFTEN = gettext_noop(
    "Seen most often: {times} of {pieces} are from {low} to {high}. Their average: {score} of 100."
)
SEEN_LAST = gettext_noop("Others were seen as often; these were seen last, so they count.")
REACHED = gettext_noop("Times it reached the line of {line}: {reached}. Asked for: {times}.")
REACHED_OFTEN_ENOUGH = gettext_noop("That is often enough. The average of those: {score} of 100.")
ON_THE_WAY = gettext_noop("Not yet: {reached} of {times} parts of the way to the line of {line} make {score} of 100.")
ALONE = gettext_noop("There is only one, so it counts alone: {score} of 100.")
NEWEST_AND_REST = gettext_noop(
    "{weight} of 100 from the newest ({newest}) and {rest} of 100 from the average of all earlier ones ({earlier}): "
    "{score} of 100."
)
START_WITH = gettext_noop("Start with the oldest: {score} of 100.")
THEN = gettext_noop(
    "Then {weight} of 100 from the next ({next}) and {rest} of 100 from what stood before ({before}): {score} of 100."
)
CURVE = gettext_noop(
    "Put on a scale from 1 to 4, the best fitting curve is {a} times the number of the piece to the power of {b}."
)
END_OF_CURVE = gettext_noop("At piece number {pieces} the curve stands at {end}, which is {score} of 100.")
OFF_THE_SCALE = gettext_noop("The curve runs past the end of the scale, so the end counts: {score} of 100.")
NEWEST_FEW = gettext_noop("The newest {last} count: together {sum}, divided by {last}: {score} of 100.")
COUNTED_BACK = gettext_noop("Right without help, counted back from the newest: {reached}. Asked for: {times}.")
ROW_IS_FULL = gettext_noop("That is the whole row: {score} of 100.")
JUDGED_BY = gettext_noop("The newest judgement counts, by {by}: {score} of 100.")
WEIGHED = gettext_noop("The learner model weighs every piece: {score} of 100.")


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a method makes of pieces: a share from 0 to 1, or None when nothing is known.

    `pieces` says how many pieces the method looked at, `pieces_used` which ones are in the number, and `steps` (sentence
    and facts) how a person gets the same number by hand.
    """

    share: float | None
    pieces: int
    pieces_used: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Counted:
    """Pieces that count, oldest first, with the share each counts; never empty."""

    rule: Rule
    pieces: tuple[Piece, ...]
    shares: tuple[float, ...]

    def ids(self, places: Iterable[int] | None = None) -> tuple[str, ...]:
        return tuple(self.pieces[place].id for place in (range(len(self.pieces)) if places is None else places))


_Result = tuple[float, tuple[str, ...], tuple[Step, ...]]


def _of_100(share: float) -> float:
    """Return a share as a number of 100 for a person to read and to calculate with: one decimal, none when whole."""
    # Half goes up, as people round, although 65.65 is stored a hair below.
    shown = round(100 * share + _TOLERANCE, 1)
    return int(shown) if shown == int(shown) else shown


def _latest(counted: _Counted) -> _Result:
    share = latest(counted.shares)
    return share, counted.ids([-1]), ((NEWEST, {"score": _of_100(share)}),)


def _highest(counted: _Counted) -> _Result:
    share = highest(counted.shares)
    last = max(place for place, other in enumerate(counted.shares) if other == share)
    return share, counted.ids([last]), ((BEST, {"score": _of_100(share)}),)


def _mean(counted: _Counted) -> _Result:
    share = mean(counted.shares)
    facts = {"sum": _of_100(math.fsum(counted.shares)), "pieces": len(counted.shares), "score": _of_100(share)}
    return share, counted.ids(), ((DIVIDED, facts),)


def _median(counted: _Counted) -> _Result:
    share = median(counted.shares)
    low, high = statistics.median_low(counted.shares), statistics.median_high(counted.shares)
    step = IN_THE_MIDDLE if len(counted.shares) % 2 else TWO_IN_THE_MIDDLE
    return share, counted.ids(), ((step, {"low": _of_100(low), "high": _of_100(high), "score": _of_100(share)}),)


def _mode(counted: _Counted) -> _Result:
    """Shares seldom repeat exactly, so pieces are grouped by the word they reach, and the group's mean counts."""
    reached = [_WORDS_RISING.index(_word_at(share, counted.rule)) for share in counted.shares]
    winner = int(mode(reached))
    places = [place for place, word in enumerate(reached) if word == winner]
    share = mean([counted.shares[place] for place in places])
    rule = counted.rule
    lines = (0.0, rule.growing_share, rule.secure_share, rule.beyond_share, 1.0)
    facts = {
        "times": len(places),
        "pieces": len(reached),
        "low": _of_100(lines[winner]),
        "high": _of_100(lines[winner + 1]),
        "score": _of_100(share),
    }
    is_tied = sum(times == len(places) for times in Counter(reached).values()) > 1
    return share, counted.ids(places), ((MOST_OFTEN, facts), *(((SEEN_LAST, {}),) if is_tied else ()))


def _n_times(counted: _Counted) -> _Result:
    """Before there are enough, the score climbs to the line in equal parts; the sources show nothing until then."""
    times, line = int(counted.rule.parameters["times"]), counted.rule.secure_share
    places = [place for place, share in enumerate(counted.shares) if share >= line - _TOLERANCE]
    found = n_times(counted.shares, times=times, line=line - _TOLERANCE)
    share = line * len(places) / times if found is None else found
    facts = {"line": _of_100(line), "reached": len(places), "times": times, "score": _of_100(share)}
    step = ON_THE_WAY if found is None else REACHED_OFTEN_ENOUGH
    return share, counted.ids(places), ((REACHED, facts), (step, facts))


def _weighted_average(counted: _Counted) -> _Result:
    newest = counted.rule.parameters["newest"]
    share = weighted_average(counted.shares, newest=newest)
    if len(counted.shares) == 1:
        return share, counted.ids(), ((ALONE, {"score": _of_100(share)}),)
    facts = {
        "weight": _of_100(newest),
        "newest": _of_100(counted.shares[-1]),
        "rest": _of_100(1.0 - newest),
        "earlier": _of_100(mean(counted.shares[:-1])),
        "score": _of_100(share),
    }
    return share, counted.ids(), ((NEWEST_AND_REST, facts),)


def _decaying_average(counted: _Counted) -> _Result:
    newest, shares = counted.rule.parameters["newest"], counted.shares
    before = shares[0]
    steps: list[Step] = [(START_WITH, {"score": _of_100(before)})]
    for share in shares[1:]:
        after = decaying_average([before, share], newest=newest)
        facts = {
            "weight": _of_100(newest),
            "next": _of_100(share),
            "rest": _of_100(1.0 - newest),
            "before": _of_100(before),
            "score": _of_100(after),
        }
        steps.append((THEN, facts))
        before = after
    return before, counted.ids(), tuple(steps)


def _power_law(counted: _Counted) -> _Result:
    """Shares are moved to the four-point scale from 1 to 4 the formula was made for, where there is no 0."""
    scores = [1.0 + 3.0 * share for share in counted.shares]
    (a, b), end = power_curve(scores), power_law(scores)
    share = min(1.0, max(0.0, (end - 1.0) / 3.0))
    facts = {"a": round(a, 3), "b": round(b, 3), "pieces": len(scores), "end": round(end, 2), "score": _of_100(share)}
    is_past = not 1.0 - _TOLERANCE <= end <= 4.0 + _TOLERANCE
    return share, counted.ids(), ((CURVE, facts), (OFF_THE_SCALE if is_past else END_OF_CURVE, facts))


def _rolling_share(counted: _Counted) -> _Result:
    shares = counted.shares[-int(counted.rule.parameters["last"]) :]
    share = mean(shares)
    facts = {"last": len(shares), "sum": _of_100(math.fsum(shares)), "score": _of_100(share)}
    return share, counted.ids(range(-len(shares), 0)), ((NEWEST_FEW, facts),)


def _last_k_in_a_row(counted: _Counted) -> _Result:
    """An unfinished row climbs to the line in equal parts, so that it is never called secure."""
    asked = int(counted.rule.parameters["in_a_row"])
    right = [_is_right(piece, share, counted.rule) for piece, share in zip(counted.pieces, counted.shares, strict=True)]
    row, line = min(in_a_row(right), asked), counted.rule.secure_share
    share = 1.0 if row == asked else line * row / asked
    facts = {"line": _of_100(line), "reached": row, "times": asked, "score": _of_100(share)}
    step = ROW_IS_FULL if row == asked else ON_THE_WAY
    return share, counted.ids(range(-min(asked, len(right)), 0)), ((COUNTED_BACK, facts), (step, facts))


def _judgement(counted: _Counted) -> _Result:
    share = counted.shares[-1]
    return share, counted.ids([-1]), ((JUDGED_BY, {"by": counted.pieces[-1].by or "–", "score": _of_100(share)}),)


_ARITHMETIC: Mapping[Method, Callable[[_Counted], _Result]] = MappingProxyType(
    {
        Method.LATEST: _latest,
        Method.HIGHEST: _highest,
        Method.MEAN: _mean,
        Method.MODE: _mode,
        Method.MEDIAN: _median,
        Method.N_TIMES: _n_times,
        Method.DECAYING_AVERAGE: _decaying_average,
        Method.WEIGHTED_AVERAGE: _weighted_average,
        Method.POWER_LAW: _power_law,
        Method.ROLLING_SHARE: _rolling_share,
        Method.LAST_K_IN_A_ROW: _last_k_in_a_row,
        Method.JUDGEMENT: _judgement,
    }
)
_NEED_NO_LIST = (Method.LATEST, Method.JUDGEMENT)


def score_of(
    rule: Rule, pieces: Iterable[Piece], *, on: date | None = None, model_chance: float | None = None
) -> Score:
    """Return what the rule's method makes of the pieces in force, whatever order they arrive in.

    A student's own view and withdrawals never count. Judgements that ended before `on` are left out where only
    judgements count; in every other method they stay a piece like any rating. The learner model's chance, 0 to 1, is the
    caller's to give: without it the model says nothing here (ValueError).
    """
    counting = sorted(
        (piece for piece in pieces if piece.kind not in _NEVER_COUNT), key=lambda piece: (piece.happened_at, piece.id)
    )
    if rule.method is Method.JUDGEMENT:
        counting = [piece for piece in counting if piece.kind is PieceKind.JUDGEMENT and not _has_ended(piece, on)]
    if not counting:
        nothing = NOT_JUDGED if rule.method is Method.JUDGEMENT else NOTHING_YET
        return Score(share=None, pieces=0, steps=((nothing, {}),))
    if rule.method is Method.MODEL:
        if model_chance is None:
            raise ValueError("the learner model's chance is needed")
        return Score(
            share=model_chance,
            pieces=len(counting),
            pieces_used=tuple(piece.id for piece in counting),
            steps=((WEIGHED, {"score": _of_100(model_chance)}),),
        )
    shares = tuple(counted_share(piece, rule) for piece in counting)
    share, used, steps = _ARITHMETIC[rule.method](_Counted(rule, tuple(counting), shares))
    listed: Step = (LISTED, {"shares": _SHOWN_AS_LIST.join(str(_of_100(each)) for each in shares)})
    return Score(
        share=share,
        pieces=len(counting),
        pieces_used=used,
        steps=steps if rule.method in _NEED_NO_LIST else (listed, *steps),
    )


def _has_ended(piece: Piece, on: date | None) -> bool:
    return on is not None and piece.expires_on is not None and piece.expires_on < on


# --- The word ---------------------------------------------------------------------------------------------------------


def _word_at(share: float, rule: Rule) -> Word:
    """Return the word between whose lines a share lies."""
    lines = (rule.growing_share, rule.secure_share, rule.beyond_share)
    return _WORDS_RISING[sum(share >= line - _TOLERANCE for line in lines)]


def word_of(share: float | None, pieces: int, rule: Rule) -> Word:
    """Return the word of a score that stands on so many pieces.

    "Secure" needs the rule's least number of pieces and "beyond" one more, but one judgement of a teacher is enough for
    either. No score, or no piece, has no word.
    """
    if share is None or pieces == 0:
        return Word.NONE
    more = 0 if rule.method is Method.JUDGEMENT else 1
    allowed = sum((True, pieces >= rule.least_pieces, pieces >= rule.least_pieces + more))
    limit = min(allowed, _WORDS_RISING.index(METHODS[rule.method].most))
    return _WORDS_RISING[min(_WORDS_RISING.index(_word_at(share, rule)), limit)]


# --- What if a class switched -----------------------------------------------------------------------------------------


class _Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


K = TypeVar("K", bound=_Sortable)

# "Check again" was secure once: seen as less than secure, more than growing.
_RANK = {Word.STARTING: 1, Word.GROWING: 2, Word.RECHECK: 3, Word.SECURE: 4, Word.BEYOND: 5}

CHANGES = gettext_noop("Words that would change: {changed} of {total}. Up: {rise}. Down: {fall}.")
FIRST_WORDS = gettext_noop("Words where there was none: {appear}. Words that would be gone: {vanish}.")
NO_CHANGES = gettext_noop("No word would change.")


@dataclass(frozen=True, kw_only=True)
class Move(Generic[K]):
    """Cells that go from one word to another."""

    before: Word
    after: Word
    keys: tuple[K, ...]


@dataclass(frozen=True, kw_only=True)
class WhatIf(Generic[K]):
    """What another rule would change: every move, in the order of the words, and which cells rise, fall, gain or lose a word."""

    total: int
    moves: tuple[Move[K], ...]
    rise: tuple[K, ...]
    fall: tuple[K, ...]
    appear: tuple[K, ...]
    vanish: tuple[K, ...]

    @property
    def changed(self) -> int:
        """How many cells would show another word."""
        return sum(len(move.keys) for move in self.moves)


def class_what_if(before: Mapping[K, Word], after: Mapping[K, Word]) -> WhatIf[K]:
    """Return what changes between two sets of words by key; a key that one of them lacks has no word there."""
    order = list(Word)
    moved: dict[tuple[Word, Word], list[K]] = {}
    keys = sorted({*before, *after})
    for key in keys:
        pair = before.get(key, Word.NONE), after.get(key, Word.NONE)
        if pair[0] is not pair[1]:
            moved.setdefault(pair, []).append(key)
    ranks = {pair: (_RANK.get(pair[0], 0), _RANK.get(pair[1], 0)) for pair in moved}

    def where(holds: Callable[[int, int], bool]) -> tuple[K, ...]:
        return tuple(sorted(key for pair, cells in moved.items() if holds(*ranks[pair]) for key in cells))

    return WhatIf(
        total=len(keys),
        moves=tuple(
            Move(before=pair[0], after=pair[1], keys=tuple(moved[pair]))
            for pair in sorted(moved, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
        ),
        rise=where(lambda old, new: 0 < old < new),
        fall=where(lambda old, new: 0 < new < old),
        appear=where(lambda old, _new: old == 0),
        vanish=where(lambda _old, new: new == 0),
    )


def what_if_words(what_if: WhatIf[Any]) -> tuple[Step, ...]:
    """Return what would change as sentences with their facts."""
    if not what_if.moves:
        return ((NO_CHANGES, {}),)
    facts = {
        "changed": what_if.changed,
        "total": what_if.total,
        "rise": len(what_if.rise),
        "fall": len(what_if.fall),
        "appear": len(what_if.appear),
        "vanish": len(what_if.vanish),
    }
    return ((CHANGES, facts), *(((FIRST_WORDS, facts),) if what_if.appear or what_if.vanish else ()))
