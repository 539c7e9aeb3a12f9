"""What people may set about plans: the limits of a class and the weights of a school, each in words and within a range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from headway.core.planning.problem import Weights
from headway.core.shared.errors import RuleBroken, gettext_noop

OUT_OF_RANGE = gettext_noop("{name}: choose a number from {low} to {high}.")
NO_NUMBER = gettext_noop("{name}: this is not a number. Choose one from {low} to {high}.")
MORE_THAN_THE_WEEK = gettext_noop(
    "The class has {minutes} minutes a week, so {floor} minutes with others cannot be kept. Choose fewer."
)


@dataclass(frozen=True, kw_only=True)
class Dial:
    """One number that people set: what it is called, what it does, and how far it goes."""

    name: str
    words: str
    help: str
    low: float
    high: float
    step: float
    usual: float

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return self.step >= 1

    def read(self, given: object) -> float:
        """Return the number, or raise with the sentence to show."""
        facts = {"name": self.words, "low": f"{self.low:g}", "high": f"{self.high:g}"}
        try:
            number = float(str(given).strip().replace(",", "."))
        except ValueError:
            raise RuleBroken(NO_NUMBER, **facts) from None
        if not math.isfinite(number):
            raise RuleBroken(NO_NUMBER, **facts)
        if not self.low <= number <= self.high or (self.is_whole and number != int(number)):
            raise RuleBroken(OUT_OF_RANGE, **facts)
        return int(number) if self.is_whole else round(number, 4)


LIMITS = (
    Dial(
        name="screen_minutes_cap",
        words=gettext_noop("Most minutes on a screen in a week"),
        help=gettext_noop("What is marked by a computer counts. A student’s own, lower number comes first."),
        low=0,
        high=300,
        step=5,
        usual=100,
    ),
    Dial(
        name="minutes_alone_cap",
        words=gettext_noop("Most minutes alone in a week"),
        help=gettext_noop("Work that a student does without another student or an adult."),
        low=30,
        high=600,
        step=5,
        usual=200,
    ),
    Dial(
        name="minutes_with_others_floor",
        words=gettext_noop("Least minutes with others in a week"),
        help=gettext_noop("Pairs, teams and groups with you. In a week with fewer school days it is less."),
        low=0,
        high=300,
        step=5,
        usual=60,
    ),
    Dial(
        name="choice_options",
        words=gettext_noop("Real choices in a choice block"),
        help=gettext_noop("How many different things a student can choose from."),
        low=2,
        high=5,
        step=1,
        usual=3,
    ),
    Dial(
        name="review_share_cap",
        words=gettext_noop("Most of the week for looking back, in percent"),
        help=gettext_noop("Skills that were secure and may be fading. Never more than a quarter of the minutes."),
        low=0,
        high=25,
        step=1,
        usual=25,
    ),
)

WEIGHTS = (
    Dial(
        name="least",
        words=gettext_noop("Nobody is left behind"),
        help=gettext_noop(
            "How much the student counts who would gain least, compared with what that student could gain. It comes before "
            "the rest of the class gaining a little more."
        ),
        low=0,
        high=100,
        step=1,
        usual=Weights().least,
    ),
    Dial(
        name="gain",
        words=gettext_noop("What is learned"),
        help=gettext_noop(
            "What a student is likely to learn in the week. The other numbers are compared with this one."
        ),
        low=0.1,
        high=5,
        step=0.05,
        usual=Weights().gain,
    ),
    Dial(
        name="review",
        words=gettext_noop("Looking back in time"),
        help=gettext_noop("Seeing a skill again before it fades."),
        low=0,
        high=5,
        step=0.05,
        usual=Weights().review,
    ),
    Dial(
        name="interest",
        words=gettext_noop("Interests, goals and careers"),
        help=gettext_noop("Work about what a student cares for, and where the student wants to go."),
        low=0,
        high=5,
        step=0.05,
        usual=Weights().interest,
    ),
    Dial(
        name="fit",
        words=gettext_noop("Language and level that fit"),
        help=gettext_noop("Work in a language the student reads well, and neither too easy nor too hard to read."),
        low=0,
        high=5,
        step=0.05,
        usual=Weights().fit,
    ),
    Dial(
        name="overload",
        words=gettext_noop("Not too much on one day"),
        help=gettext_noop("What a third hard block on the same day takes off."),
        low=0,
        high=2,
        step=0.05,
        usual=Weights().overload,
    ),
    Dial(
        name="monotony",
        words=gettext_noop("Not the same thing again and again"),
        help=gettext_noop("What the same kind of activity takes off when a week has it many times."),
        low=0,
        high=2,
        step=0.05,
        usual=Weights().monotony,
    ),
)


def limits_from(given: Mapping[str, object], *, minutes_of_week: int = 0) -> dict[str, float]:
    """Return the limits that somebody gave, each looked at; `review_share_cap` is given in percent and kept as a share.

    With the minutes of the class's week, the floor of minutes with others is held against them.
    """
    found = {dial.name: dial.read(given[dial.name]) for dial in LIMITS if dial.name in given}
    floor = found.get("minutes_with_others_floor", 0)
    if minutes_of_week and floor > minutes_of_week:
        raise RuleBroken(MORE_THAN_THE_WEEK, minutes=minutes_of_week, floor=int(floor))
    if "review_share_cap" in found:
        found["review_share_cap"] = found["review_share_cap"] / 100
    return found


def weights_from(given: Mapping[str, object]) -> Weights:
    """Return the weights that somebody gave or that were kept; what is missing is as usual, what is unknown is left out."""
    return Weights(**{dial.name: dial.read(given.get(dial.name, dial.usual)) for dial in WEIGHTS})


def weights_as_json(weights: Weights) -> dict[str, float]:
    """Return weights as they are kept."""
    return asdict(weights)


NOT_AT_ALL = gettext_noop("not at all")
A_LITTLE = gettext_noop("a little")
ABOUT_HALF = gettext_noop("about half as much as what is learned")
NEARLY_AS_MUCH = gettext_noop("nearly as much as what is learned")
AS_MUCH = gettext_noop("as much as what is learned")
MORE = gettext_noop("more than what is learned")
THE_MEASURE = gettext_noop("the measure for the others")
SOMEWHAT = gettext_noop("somewhat")
FIRST_OF_ALL = gettext_noop("first of all")
STRONGLY = gettext_noop("strongly")


def amount_words(name: str, weights: Weights) -> str:
    """Return in words how much a weight counts: by itself, or beside what is learned."""
    number = float(getattr(weights, name))
    if number <= 0:
        return NOT_AT_ALL
    if name == "gain":
        return THE_MEASURE
    share = number / weights.gain
    if name == "least":
        return FIRST_OF_ALL if share >= 10 else (STRONGLY if share >= 3 else SOMEWHAT)
    if name in ("overload", "monotony"):
        return A_LITTLE if share < 0.3 else (SOMEWHAT if share < 0.75 else STRONGLY)
    steps = ((0.3, A_LITTLE), (0.7, ABOUT_HALF), (0.95, NEARLY_AS_MUCH), (1.05, AS_MUCH))
    return next((words for most, words in steps if share < most), MORE)
