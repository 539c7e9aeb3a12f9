"""A practice set: how it is asked, which of its questions comes next for one student, why, and when it is enough.

The next question is the one whose chance of a right answer lies closest to what is aimed at (next_item.py, FIT). What was
not right comes back once two others have been answered: practice that is spaced and mixed is remembered better than the same at
once (Rohrer & Taylor 2007). When a skill is clear and its last answers needed no help, asking on would teach little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from headway.core.evidence.next_item import CLOSE, Question, Reason, Suggested, choose_next
from headway.core.shared.errors import RuleBroken, gettext_noop

LEAST_SUCCESS, MOST_SUCCESS = 0.5, 0.95
MOST_QUESTIONS: Final = 50
OTHERS_BETWEEN: Final = 2  # so many other questions are answered before one that was not right comes back
MOST_TRIES: Final = 6  # then it stays open for a person to look at
RIGHT_IN_A_ROW: Final = 3
TRIES_BEFORE_EXAMPLE: Final = 3

Choice = TypeVar("Choice", bound=StrEnum)

BAD_ORDER = gettext_noop("The order of a practice set is “fitting” or “as written”, not “{found}”.")
BAD_SUCCESS = gettext_noop("The chance of success to aim at lies between 50 and 95 times in 100, not at “{found}”.")
BAD_COUNT = gettext_noop("A practice set asks between 1 and {most} questions, not “{found}”. Leave it empty for all.")
BAD_EXAMPLE = gettext_noop("A worked example is shown “after” an answer, “at the end” or “never”, not “{found}”.")
BAD_FORMATS = gettext_noop("The ways to answer are choose, write, say and paper, not “{found}”.")
NO_FORMAT = gettext_noop("Leave at least one way to answer.")
BAD_HINTS = gettext_noop("Hints are there or not there; “{found}” says neither.")
BAD_NAME = gettext_noop("A practice set has no setting called “{found}”.")

IN_ORDER = gettext_noop("This set is asked in the order it was written.")
COMES_BACK = gettext_noop("It was not right yet. Other questions answered since: {count}")
ENOUGH_CLEAR = gettext_noop("Enough for today: {count} in a row were right on the first try.")
ENOUGH_ASKED = gettext_noop("Enough for today: this set asks {count} questions, and you have answered them.")
ALL_ANSWERED = gettext_noop("Every question of this set has been answered.")
REST_OPEN = gettext_noop("Nothing else is left to ask. You can go back to what is still open.")


class Order(StrEnum):
    """Who decides which question comes next: what is known of the student, or whoever wrote the set."""

    FITTING = "fitting"
    AS_WRITTEN = "as written"


class ExampleTime(StrEnum):
    """When the worked example of a question can be opened."""

    AFTER = "after"
    AT_THE_END = "at the end"
    NEVER = "never"


class AnswerFormat(StrEnum):
    """How an answer is given: chosen among options, typed, spoken, or on paper and photographed."""

    CHOOSE = "choose"
    WRITE = "write"
    SAY = "say"
    PAPER = "paper"


@dataclass(frozen=True, kw_only=True)
class PracticeSettings:
    """How a set is asked. `success` is the chance aimed at, None for the class's own; `questions` the most asked, None for all."""

    order: Order = Order.FITTING
    success: float | None = None
    questions: int | None = None
    hints: bool = True
    example: ExampleTime = ExampleTime.AFTER
    formats: tuple[AnswerFormat, ...] = tuple(AnswerFormat)


def settings_from_json(stored: Mapping[str, object]) -> PracticeSettings:
    """Return the settings of a set as it keeps them; what it leaves out is as usual.

    Raises RuleBroken, with a sentence, for what no set can have.
    """
    usual = PracticeSettings()
    unknown = next((name for name in stored if name not in PracticeSettings.__dataclass_fields__), None)
    if unknown is not None:
        raise RuleBroken(BAD_NAME, found=unknown)
    hints = stored.get("hints", True)
    if not isinstance(hints, bool):
        raise RuleBroken(BAD_HINTS, found=hints)
    return PracticeSettings(
        order=_one_of(Order, stored.get("order", usual.order), BAD_ORDER),
        success=_success(stored.get("success")),
        questions=_questions(stored.get("questions")),
        hints=hints,
        example=_one_of(ExampleTime, stored.get("example", usual.example), BAD_EXAMPLE),
        formats=_formats(stored.get("formats", list(usual.formats))),
    )


def settings_as_json(settings: PracticeSettings) -> dict[str, object]:
    """Return what a set keeps, with every default written out so that a later default changes nothing."""
    return {
        "order": settings.order.value,
        "success": settings.success,
        "questions": settings.questions,
        "hints": settings.hints,
        "example": settings.example.value,
        "formats": [one.value for one in settings.formats],
    }


def _one_of(choices: type[Choice], found: object, broken: str) -> Choice:
    try:
        return choices(str(found))
    except ValueError:
        raise RuleBroken(broken, found=found) from None


def _success(found: object) -> float | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not LEAST_SUCCESS <= found <= MOST_SUCCESS:
        raise RuleBroken(BAD_SUCCESS, found=found)
    return float(found)


def _questions(found: object) -> int | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= MOST_QUESTIONS:
        raise RuleBroken(BAD_COUNT, found=found, most=MOST_QUESTIONS)
    return found


def _formats(found: object) -> tuple[AnswerFormat, ...]:
    if not isinstance(found, list | tuple):
        raise RuleBroken(BAD_FORMATS, found=found)
    chosen = {_one_of(AnswerFormat, one, BAD_FORMATS) for one in found}
    if not chosen:
        raise RuleBroken(NO_FORMAT)
    return tuple(one for one in AnswerFormat if one in chosen)


# --- The next question ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A question of a set as it stands for one student.

    `root` is the same for the same question in other languages. `answered` counts the answers of the set up to its newest
    one, 0 for none: of two questions, the higher was answered later. `is_done` is right or with the teacher; `is_unaided` right
    on the first try, with no hint and no example.
    """

    id: int
    root: int
    language: str
    skill: int | None = None
    difficulty: float = 0.0
    guess_chance: float = 0.0
    tries: int = 0
    answered: int = 0
    is_done: bool = False
    is_unaided: bool = False


@dataclass(frozen=True, kw_only=True)
class Belief:
    """What is believed of a skill: a logit with mean and deviation, and whether it is clear that the skill sits.

    `aim` is the chance of success wanted where the set has none of its own.
    """

    mean: float
    deviation: float
    is_clear: bool = False
    aim: float = 0.7


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """The question that comes next, None where it is enough; why; and its chance of a right answer where that was weighed."""

    id: int | None
    reasons: tuple[Reason, ...]
    chance: float | None = None


def next_step(
    questions: Sequence[Standing],
    beliefs: Mapping[int, Belief],
    settings: PracticeSettings,
    *,
    languages: Sequence[str] = (),
    just_left: int | None = None,
) -> NextStep:
    """Return which question comes next for a student, in the order of `questions` where nothing decides between them.

    `languages` are the student's, best first: of the
    same question in several, only one is asked. The question just left never comes again at once.
    """
    own = [_best_of(group, languages) for group in _grouped(questions)]
    answered = sorted((one for one in own if one.tries), key=lambda one: one.answered)
    others = [one for one in own if one.id != just_left and not one.is_done and one.tries < MOST_TRIES]
    fresh = [one for one in others if not one.tries]
    again = sorted((one for one in others if one.tries), key=lambda one: one.answered)
    if settings.order is Order.FITTING:
        sits = {skill for skill, belief in beliefs.items() if belief.is_clear and _last_were_easy(answered, skill)}
        left = [one for one in (*fresh, *again) if one.skill not in sits]
        if sits and not left and (fresh or again):
            return NextStep(id=None, reasons=((ENOUGH_CLEAR, {"count": RIGHT_IN_A_ROW}),))
        fresh, again = ([one for one in some if one.skill not in sits] for some in (fresh, again))
    is_full = settings.questions is not None and len(answered) >= settings.questions
    since = {one.id: sum(other.answered > one.answered for other in answered) for one in again}
    due = [one for one in again if since[one.id] >= OTHERS_BETWEEN]
    if due:
        return _coming_back(due[0], since)
    if fresh and not is_full:
        return _fresh(fresh, beliefs, settings)
    if again:
        return _coming_back(again[0], since)
    return NextStep(id=None, reasons=(_why_enough(own, settings, is_full=is_full),))


def _grouped(questions: Sequence[Standing]) -> list[list[Standing]]:
    groups: dict[int, list[Standing]] = {}
    for one in questions:
        groups.setdefault(one.root, []).append(one)
    return list(groups.values())


def _best_of(group: Sequence[Standing], languages: Sequence[str]) -> Standing:
    """Return the one of several wordings that was answered last, else the one in the student's best language."""

    def rank(one: Standing) -> tuple[int, int]:
        return -one.answered, languages.index(one.language) if one.language in languages else len(languages)

    return min(group, key=rank)


def _last_were_easy(answered: Sequence[Standing], skill: int) -> bool:
    last = [one for one in answered if one.skill == skill][-RIGHT_IN_A_ROW:]
    return len(last) == RIGHT_IN_A_ROW and all(one.is_unaided for one in last)


def _coming_back(one: Standing, since: Mapping[int, int]) -> NextStep:
    return NextStep(id=one.id, reasons=((COMES_BACK, {"count": since[one.id]}),))


def _fresh(fresh: Sequence[Standing], beliefs: Mapping[int, Belief], settings: PracticeSettings) -> NextStep:
    if settings.order is Order.AS_WRITTEN:
        return NextStep(id=fresh[0].id, reasons=((IN_ORDER, {}),))
    place = {one.id: number for number, one in enumerate(fresh)}
    best: tuple[bool, float, int] | None = None
    chosen: Suggested | None = None
    for skill in {one.skill for one in fresh}:
        if skill is None or skill not in beliefs:
            continue
        wanted = settings.success if settings.success is not None else beliefs[skill].aim
        asked = [
            Question(id=one.id, difficulty=one.difficulty, guess_chance=one.guess_chance)
            for one in fresh
            if one.skill == skill
        ]
        for suggested in choose_next(beliefs[skill].mean, beliefs[skill].deviation, asked, chance=wanted):
            away = round(abs(suggested.chance - wanted), 9)
            rank = (away > CLOSE, away, place[int(suggested.question.id)])
            if best is None or rank < best:
                best, chosen = rank, suggested
    if chosen is None:  # nothing is believed of any of their skills
        return NextStep(id=fresh[0].id, reasons=((IN_ORDER, {}),))
    return NextStep(id=int(chosen.question.id), reasons=chosen.reasons, chance=chosen.chance)


def _why_enough(own: Sequence[Standing], settings: PracticeSettings, *, is_full: bool) -> Reason:
    if all(one.tries for one in own):
        return (ALL_ANSWERED, {}) if all(one.is_done for one in own) else (REST_OPEN, {})
    return (ENOUGH_ASKED, {"count": settings.questions}) if is_full else (REST_OPEN, {})


def may_see_example(settings: PracticeSettings, *, is_done: bool, tries: int, is_at_end: bool = False) -> bool:
    """Return whether the worked example of a question may be opened now.

    After an answer that is right, or after TRIES_BEFORE_EXAMPLE tries; at the end of the set; or never.
    """
    if settings.example is ExampleTime.AFTER:
        return is_done or tries >= TRIES_BEFORE_EXAMPLE
    return settings.example is ExampleTime.AT_THE_END and is_at_end
