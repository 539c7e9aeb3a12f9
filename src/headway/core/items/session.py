"""A question as one student meets it: begun with a seed, answered once or more often, scored by its own rules.

A session is a value: the same item, seed and answers give the same session and the same score, also after it was kept as
JSON. Nothing here reads a clock; `seconds` are passed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from headway.core.items.binding import TYPED, UNKNOWN_UNIT, WRITE_A_NUMBER, Bound, Response, bind, same_words
from headway.core.items.completeness import ANSWER_ALL, ANSWER_FIRST, is_shown, shown_in, spoken_of, what_is_empty
from headway.core.items.document import Item, Missing
from headway.core.items.keys import (
    FREE,
    asked_in,
    guess_chance,
    has_whole_key,
    keys_of,
    kind_word,
    prompt_of,
)
from headway.core.items.markup import Node
from headway.core.items.rules.declared import BUILT_IN
from headway.core.items.rules.expressions import Run
from headway.core.items.rules.luck import Luck
from headway.core.items.rules.processing import Rules, missing_in, rules_of, run_rules, run_template
from headway.core.items.rules.values import (
    Value,
    is_number,
    read_float,
    value_from_json,
    value_to_json,
)

__all__ = [
    "ANSWER_ALL",
    "ANSWER_FIRST",
    "UNKNOWN_UNIT",
    "WRITE_A_NUMBER",
    "Marking",
    "Response",
    "Session",
    "answer",
    "begin",
    "changes_by_answer",
    "guess_chance",
    "is_marked_by_person",
    "key_response",
    "kind_word",
    "mark",
    "marking_of",
    "missing_in",
    "prompt_of",
    "same_words",
]


@dataclass(frozen=True, kw_only=True)
class Session:
    """How far one student is with one question.

    `luck` is the state of the generator, `corrects` and `defaults` what the question's templates set. `is_finished` means that
    an adaptive question said so, or that another one was answered; that one may be answered again all the same.
    """

    seed: int = 0
    templates: Mapping[str, Value] = field(default_factory=dict)
    responses: Mapping[str, Value] = field(default_factory=dict)
    outcomes: Mapping[str, Value] = field(default_factory=dict)
    attempts: int = 0
    is_finished: bool = False
    seconds: float = 0.0
    luck: int = 0
    corrects: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the session as JSON; `from_json` with the same item gives it back."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        for name in _MAPPINGS:
            kept[name] = {key: value_to_json(value) for key, value in getattr(self, name).items()}
        if self.missing:
            kept["missing"] = [[one.element, one.line] for one in self.missing]
        return kept

    @classmethod
    def from_json(cls, item: Item, data: Mapping[str, Any]) -> Session:
        """Return the session that JSON kept; what is not in it, or no longer in the item, is as when it was begun."""
        declared = rules_of(item).declared
        fresh = begin(item, seed=int(data.get("seed") or 0))
        read: dict[str, Any] = {}
        for name in _MAPPINGS:
            kept = data.get(name)
            if isinstance(kept, Mapping):
                begun = getattr(fresh, name) if name in ("templates", "responses", "outcomes") else {}
                read[name] = {
                    **begun,
                    **{
                        key: value_from_json(value, declared[key].cardinality, declared[key].base_type)
                        for key, value in kept.items()
                        if key in declared
                    },
                }
        return replace(
            fresh,
            **read,
            attempts=int(data.get("attempts") or 0),
            is_finished=bool(data.get("is_finished")),
            seconds=float(data.get("seconds") or 0.0),
            luck=int(data.get("luck") or 0) if "luck" in data else fresh.luck,
            missing=tuple(Missing(str(element), int(line)) for element, line in data.get("missing") or ()),
        )


_PLAIN = ("seed", "attempts", "is_finished", "seconds", "luck")
_MAPPINGS = ("templates", "responses", "outcomes", "corrects", "defaults")


@dataclass(frozen=True, kw_only=True)
class Marking:
    """The worth of an answer: `score` is its share of the maximum, 0 to 1, None where a person marks it.

    `raw` and `maximum` are points. `problem` is a sentence that says what to mend; `missing` what the engine lacks.
    """

    score: float | None
    is_right: bool
    is_complete: bool
    raw: float | None = None
    maximum: float | None = None
    feedback: str = ""
    problem: str = ""
    problem_facts: Mapping[str, object] | None = None
    outcomes: Mapping[str, Value] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()


def begin(item: Item, *, seed: int = 0, templates: Mapping[str, Value] | None = None) -> Session:
    """Return a session in which nothing was answered: templates worked through, variables at their defaults.

    The same seed gives the same session. No seed counts as 1. `templates` are values that a test gives to template variables
    before they are worked through.
    """
    rules = rules_of(item)
    values = {one.identifier: one.default for one in rules.declared.values() if one.identifier not in BUILT_IN}
    values.update({name: value for name, value in (templates or {}).items() if name in values})
    run = Run(values=values, declared=rules.declared, luck=Luck(seed or 1))
    stopped = run_template(rules, run) if rules.template else ()
    return Session(
        seed=seed,
        templates=_of_kind(rules, run.values, "template", "context"),
        responses={**_of_kind(rules, run.values, "response"), "numAttempts": 0, "duration": 0.0},
        outcomes={**_of_kind(rules, run.values, "outcome"), "completionStatus": "not_attempted"},
        luck=run.luck.state,
        corrects=dict(run.corrects),
        defaults=dict(run.defaults),
        missing=stopped,
    )


def _of_kind(rules: Rules, values: Mapping[str, Value], *kinds: str) -> dict[str, Value]:
    return {
        name: value for name, value in values.items() if name in rules.declared and rules.declared[name].kind in kinds
    }


def mark(item: Item, response: Mapping[str, Sequence[str]], *, seed: int = 0) -> Marking:
    """Return what a response is worth as the first answer in a session with this seed."""
    return answer(item, begin(item, seed=seed), response)[1]


def answer(
    item: Item, session: Session, response: Mapping[str, Sequence[str]], *, seconds: float = 0.0
) -> tuple[Session, Marking]:
    """Return the session after an answer, and what the answer is worth.

    An answer that is not complete, or in which no number can be read where one is asked for, is no attempt: the session
    comes back as it was, with a sentence in `problem`. Nonsense is worth nothing; it is never an error.
    """
    rules = rules_of(item)
    if item.is_adaptive and session.is_finished:
        return session, _marking(item, session, session.outcomes, is_complete=True, missing=session.missing)
    shown = list(shown_in(item.body, session))
    bound = bind(item, rules, spoken_of(item, shown, response), session.corrects)
    if not bound.is_readable:
        unread = Marking(
            score=None if is_marked_by_person(item) else 0.0,
            is_right=False,
            is_complete=False,
            problem=bound.problem,
            outcomes=session.outcomes,
            missing=rules.missing,
        )
        return session, unread
    empty = what_is_empty(item, shown, bound, session)
    after, missing = _processed(item, rules, session, bound, seconds)
    problem = bound.problem or empty
    marking = replace(
        _marking(item, after, after.outcomes, is_complete=not empty, missing=missing),
        problem=problem,
        problem_facts=bound.problem_facts,
    )
    return (session if empty else after), marking


def _processed(
    item: Item, rules: Rules, session: Session, bound: Bound, seconds: float
) -> tuple[Session, tuple[Missing, ...]]:
    outcomes = session.outcomes if item.is_adaptive else {**rules.outcome_defaults, **_defaults_of(rules, session)}
    attempts, spent = session.attempts + 1, session.seconds + max(0.0, seconds)
    values: dict[str, Value] = {
        **session.templates,
        **outcomes,
        **session.responses,
        **bound.values,
        "numAttempts": attempts,
        "duration": spent,
    }
    if not item.is_adaptive or session.outcomes.get("completionStatus") == "not_attempted":
        values["completionStatus"] = "unknown"
    run = Run(
        values=values,
        declared=rules.declared,
        luck=Luck(session.luck),
        corrects=dict(session.corrects),
        defaults=dict(session.defaults),
    )
    stopped = (*run_rules(rules.response, run), *run_rules(rules.outcome, run))
    if not item.is_adaptive:
        run.values["completionStatus"] = "completed"
    after = replace(
        session,
        responses={**_of_kind(rules, run.values, "response")},
        outcomes={**_of_kind(rules, run.values, "outcome")},
        attempts=attempts,
        seconds=spent,
        is_finished=not item.is_adaptive or run.values.get("completionStatus") == "completed",
        luck=run.luck.state,
        missing=stopped,
    )
    return after, tuple(dict.fromkeys((*rules.missing, *session.missing, *stopped)))


def _defaults_of(rules: Rules, session: Session) -> dict[str, Value]:
    return _of_kind(rules, session.defaults, "outcome")


# What it is worth


def _marking(
    item: Item, session: Session, outcomes: Mapping[str, Value], *, is_complete: bool, missing: tuple[Missing, ...]
) -> Marking:
    raw = _points(outcomes.get("SCORE"))
    most = None
    score: float | None = None
    if not missing and raw is not None and not is_marked_by_person(item):
        most = _maximum(item, session, outcomes)
        if most is not None:
            score = min(1.0, max(0.0, raw / most))
    return Marking(
        score=score,
        is_right=score is not None and score >= 1.0 - 1e-9,
        is_complete=is_complete,
        raw=raw,
        maximum=most,
        feedback=_feedback(item, session),
        outcomes=outcomes,
        missing=missing,
    )


def marking_of(item: Item, session: Session) -> Marking:
    """Return what the newest answer in a session is worth, as the session remembers it."""
    missing = tuple(dict.fromkeys((*rules_of(item).missing, *session.missing)))
    return _marking(item, session, session.outcomes, is_complete=session.attempts > 0, missing=missing)


def changes_by_answer(item: Item) -> bool:
    """Tell whether what is asked looks different after an answer: feedback among it, or an item that goes on in steps."""
    return item.is_adaptive or any(True for _ in item.body.below("qti-feedback-inline", "qti-feedback-block"))


def _points(value: Value) -> float | None:
    return float(value) if is_number(value) else None  # type: ignore[arg-type]


def _maximum(item: Item, session: Session, outcomes: Mapping[str, Value]) -> float | None:
    """Return the most points an answer can get; None where nothing says it.

    What the rules give for a declared key comes first, so that a right answer is right also where MAXSCORE speaks of more;
    then MAXSCORE, the normal maximum of SCORE, what the best mapped answer gets, the largest number a rule writes.
    """
    reached = _reached(item, session) or 0.0
    if reached > 0 and has_whole_key(item, session.corrects):
        return reached
    declared = _points(outcomes.get("MAXSCORE"))
    if declared is None or declared <= 0:
        score = rules_of(item).declared.get("SCORE")
        declared = read_float(score.node.get("normal-maximum")) if score is not None else None
    most = max(declared or 0.0, reached)
    return most if most > 0 else _largest_said(item)


# An adaptive question may ask for the key in several steps.
MOST_ATTEMPTS_FOR_THE_KEY = 8
_REACHED: WeakKeyDictionary[Item, float | None] = WeakKeyDictionary()


def _reached(item: Item, session: Session) -> float | None:
    """Return the points of the best key. Without templates it is the same for everybody, and worked out once."""
    if item.template_processing is not None:
        return _reach(item, session)
    if item not in _REACHED:
        _REACHED[item] = _reach(item, begin(item))
    return _REACHED[item]


def _reach(item: Item, session: Session) -> float | None:
    rules = rules_of(item)
    fresh = replace(
        session,
        responses=begun_responses(rules, session),
        outcomes={**rules.outcome_defaults, **_defaults_of(rules, session)},
        attempts=0,
        is_finished=False,
    )
    points = []
    for key in keys_of(item, session.corrects, session.templates):
        bound = bind(item, rules, key, session.corrects)
        after = fresh
        for _attempt in range(MOST_ATTEMPTS_FOR_THE_KEY if item.is_adaptive else 1):
            after, _missing = _processed(item, rules, after, bound, 0.0)
            points.append(_points(after.outcomes.get("SCORE")))
            if after.is_finished:
                break
    return max((one for one in points if one is not None), default=None)


def begun_responses(rules: Rules, session: Session) -> dict[str, Value]:
    """Return the responses as they were before the first answer."""
    defaults = {one.identifier: one.default for one in rules.declared.values() if one.kind == "response"}
    return {**defaults, **_of_kind(rules, session.defaults, "response"), "numAttempts": 0, "duration": 0.0}


def _largest_said(item: Item) -> float | None:
    """Return the largest number that a rule writes into SCORE as it stands, None where there is none above 0."""
    holders = (item.response_processing, item.root.first("qti-outcome-processing"))
    said = [
        read_float(value.text)
        for holder in holders
        if holder is not None
        for rule in holder.below("qti-set-outcome-value")
        if rule.get("identifier") == "SCORE"
        for value in rule.elements("qti-base-value")
    ]
    return max((one for one in said if one is not None and one > 0), default=None)


# Who marks it


_BY_PERSON: WeakKeyDictionary[Item, bool] = WeakKeyDictionary()


def is_marked_by_person(item: Item) -> bool:
    """Return whether a person has to say what an answer is worth: the rules do not, or not all of it, or need what is missing."""
    if item not in _BY_PERSON:
        _BY_PERSON[item] = _needs_a_person(item)
    return _BY_PERSON[item]


def _needs_a_person(item: Item) -> bool:
    rules = rules_of(item)
    score = rules.declared.get("SCORE")
    if rules.missing or score is None or "SCORE" not in rules.sets or score.node.get("external-scored"):
        return True
    if rules.template_name and not _has_key(rules, rules.template_subject):
        return True
    # A text that the rules do not look at still waits for a reader.
    if any(one.kind in FREE and one.response not in rules.read for one in asked_in(item)):
        return True
    # Rules that give nothing for the declared key are wrong, and so would be any score by them.
    return not item.is_adaptive and has_whole_key(item, {}) and (_reached(item, begin(item)) or 0.0) <= 0.0


def _has_key(rules: Rules, name: str) -> bool:
    declared = rules.declared.get(name)
    if declared is None:
        return False
    if rules.template_name == "match_nothing" or _is_set_by_template(rules, name):
        return True
    if rules.template_name.endswith("point"):
        return declared.areas is not None
    if "map" in rules.template_name:
        return declared.map is not None
    return declared.correct is not None


def _is_set_by_template(rules: Rules, name: str) -> bool:
    node = rules.item.template_processing
    return node is not None and any(one.get("identifier") == name for one in node.below("qti-set-correct-response"))


def _feedback(item: Item, session: Session) -> str:
    """Return the words of the feedback that is to be seen now."""
    return "\n".join(
        words
        for one in item.modal_feedbacks
        if one.get("outcome-identifier") and is_shown(one, session) and (words := _told(one))
    )


def _told(node: Node) -> str:
    return (node.first("qti-content-body") or node).words


def key_response(item: Item, session: Session | None = None) -> Response:
    """Return a right answer, as the declared key, the mapping or the rules tell it; "…" for a text that a person reads."""
    known = session or begin(item)
    key = keys_of(item, known.corrects, known.templates)[0]
    for one in item.interactions:
        declared = item.declarations.get(one.response)
        if one.kind in TYPED and declared is not None and declared.base_type == "string" and not key.get(one.response):
            key[one.response] = ["…"]
    return key
