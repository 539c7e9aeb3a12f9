"""Marking: what an answer is worth, and what to say about it.

Shares: many choices and hot text (right - wrong) / right, not below 0; order: the share of neighbouring pairs of all
pairs that stand in the right order (Kendall), rescaled so that half is 0; match and cloze: the share that is right.
`is_right` needs everything right. A long answer is marked by a teacher.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from headway.core.items.numbers import read_number, same_algebra
from headway.core.items.old_document import Item
from headway.core.shared.errors import gettext_noop

Response = dict[str, list[str]]

WRITE_A_NUMBER = gettext_noop("Write a number, like 12.5 or 3/4.")
UNKNOWN_UNIT = gettext_noop("The number is there. Check the unit: it should be {unit}.")
ANSWER_FIRST = gettext_noop("Choose or write an answer first.")
ANSWER_ALL = gettext_noop("Something is still empty. Fill every place, then check.")
LONGEST_ANSWER = 5000


@dataclass(frozen=True, kw_only=True)
class Marking:
    """The worth of an answer; `score` is None where a teacher marks it, `problem` says why nothing could be marked."""

    score: float | None
    is_right: bool
    is_complete: bool
    feedback: str = ""
    problem: str = ""
    problem_facts: Mapping[str, object] | None = None


def place_names(item: Item) -> tuple[str, ...]:
    """Return the field name of each part of an order, in the right order; the names follow the alphabet, not the key."""
    rank = {part: place for place, part in enumerate(sorted(range(len(item.parts)), key=lambda n: (item.parts[n], n)))}
    return tuple(f"place-{rank[number]}" for number in range(len(item.parts)))


def field_names(item: Item) -> tuple[str, ...]:
    """Return the names of the fields that a response to this question has."""
    if item.kind == "order":
        return place_names(item)
    if item.kind == "match":
        return tuple(f"pair-{number}" for number in range(len(item.pairs)))
    if item.kind == "cloze":
        return tuple(f"gap-{gap.key}" for gap in item.gaps)
    return ("answer",)


def read_response(item: Item, form: Mapping[str, Sequence[str]]) -> Response:
    """Return the response in a posted form: only this question's fields, as lists of text."""
    response: Response = {}
    for name in field_names(item):
        given = form.get(name) or []
        values = [given] if isinstance(given, str) else list(given)
        response[name] = [str(value).replace("\x00", "")[:LONGEST_ANSWER] for value in values[:50]]
    return response


def _first(response: Mapping[str, Sequence[str]], name: str) -> str:
    given = response.get(name) or [""]
    return given[0].strip()


def same_words(typed: str, accepted: str, *, accents: bool = False) -> bool:
    """Return whether two short answers are the same without case, outer spaces, end marks and (unless asked) accents."""
    return _plain(typed, accents=accents) == _plain(accepted, accents=accents)


def _plain(text: str, *, accents: bool) -> str:
    text = unicodedata.normalize("NFC", text).casefold().replace("’", "'").replace("“", '"').replace("”", '"')
    if not accents:
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if unicodedata.category(letter) != "Mn")
    return re.sub(r"\s+", " ", text).strip().strip("¡¿").rstrip(".!?,;:").strip()


def _is_accepted(item: Item, typed: str) -> bool:
    if item.compare == "algebra":
        return any(same_algebra(typed, key) or same_words(typed, key) for key in item.accepted)
    return any(same_words(typed, key, accents=item.accents) for key in item.accepted)


def _share(item: Item, score: float, *, is_complete: bool = True) -> Marking:
    is_right = score >= 1.0 - 1e-9
    return Marking(
        score=score,
        is_right=is_right,
        is_complete=is_complete,
        feedback=item.right if is_right else item.wrong,
        problem="" if is_complete else ANSWER_ALL,
    )


def _empty(problem: str = ANSWER_FIRST) -> Marking:
    return Marking(score=0.0, is_right=False, is_complete=False, problem=problem)


def _mark_choices(item: Item, response: Response) -> Marking:
    chosen = set(response.get("answer", []))
    known = {choice.key for choice in item.choices}
    chosen &= known
    if not chosen:
        return _empty()
    right = {choice.key for choice in item.choices if choice.is_right}
    if item.kind == "one_choice" or (item.kind == "hot_text" and item.choose == 1):
        picked = next((choice for choice in item.choices if choice.key in chosen and len(chosen) == 1), None)
        is_right = picked is not None and picked.is_right
        told = picked.feedback if picked is not None and picked.feedback else (item.right if is_right else item.wrong)
        return Marking(score=float(is_right), is_right=is_right, is_complete=True, feedback=told)
    return _share(item, max(0.0, (len(chosen & right) - len(chosen - right)) / len(right)))


def _mark_number(item: Item, response: Response) -> Marking:
    typed = _first(response, "answer")
    if not typed:
        return _empty()
    found = read_number(typed)
    if found is None:
        return _empty(WRITE_A_NUMBER)
    value, rest = found
    rest = rest.strip(" .")
    factor = 1.0
    if rest and item.unit:
        units = {item.unit: 1.0, **item.units}
        known = {_plain(unit, accents=False): times for unit, times in units.items()}
        if _plain(rest, accents=False) not in known:
            return Marking(
                score=0.0,
                is_right=False,
                is_complete=True,
                feedback=item.wrong,
                problem=UNKNOWN_UNIT,
                problem_facts={"unit": item.unit},
            )
        factor = known[_plain(rest, accents=False)]
    elif rest == "%" and not item.unit and abs(float(value) / 100 - item.answer) <= item.tolerance + 1e-9:
        # 12% answers both a question for 12 (per cent) and one for 0.12.
        return _share(item, 1.0)
    error = abs(float(value) * factor - item.answer)
    return _share(item, 1.0 if error <= item.tolerance + 1e-9 * max(1.0, abs(item.answer)) else 0.0)


def _mark_order(item: Item, response: Response) -> Marking:
    count = len(item.parts)
    places: list[int] = []
    for name in place_names(item):
        typed = _first(response, name)
        places.append(int(typed) if typed.isdecimal() and len(typed) < 4 and 1 <= int(typed) <= count else 0)
    if not any(places):
        return _empty()
    if count == 1:
        return _share(item, 1.0)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    in_order = sum(1 for a, b in pairs if 0 < places[a] < places[b])
    is_complete = sorted(places) == list(range(1, count + 1))
    share = in_order / len(pairs)
    return _share(item, 1.0 if share == 1.0 else max(0.0, 2 * share - 1), is_complete=is_complete)


def _mark_parts(item: Item, given: list[str], right: list[bool]) -> Marking:
    if not any(given):
        return _empty()
    return _share(item, sum(right) / len(right), is_complete=all(given))


def mark(item: Item, response: Response) -> Marking:
    """Return what a response is worth; nonsense is worth nothing and gets a sentence, never an error."""
    if item.kind in ("one_choice", "many_choices", "hot_text"):
        return _mark_choices(item, response)
    if item.kind == "number":
        return _mark_number(item, response)
    if item.kind == "short_text":
        typed = _first(response, "answer")
        return _share(item, 1.0 if _is_accepted(item, typed) else 0.0) if typed else _empty()
    if item.kind == "order":
        return _mark_order(item, response)
    if item.kind == "match":
        given = [_first(response, name) for name in field_names(item)]
        rights = option_texts(item)
        right = [rights.get(key) == pair[1] for key, pair in zip(given, item.pairs, strict=True)]
        return _mark_parts(item, given, right)
    if item.kind == "cloze":
        given = [_first(response, name) for name in field_names(item)]
        right = [
            any(
                same_words(
                    gap.choices[int(typed)]
                    if gap.choices and typed.isdecimal() and len(typed) < 4 and int(typed) < len(gap.choices)
                    else typed,
                    key,
                )
                for key in gap.accepted
            )
            for gap, typed in zip(item.gaps, given, strict=True)
        ]
        return _mark_parts(item, given, right)
    typed = _first(response, "answer")
    if not typed:
        return _empty()
    return Marking(score=None, is_right=False, is_complete=True, feedback=item.right)


def option_texts(item: Item) -> dict[str, str]:
    """Return what can be matched, by keys in alphabetical order so that no key tells its partner."""
    texts = sorted({right for _left, right in item.pairs} | set(item.extra))
    return {str(number): text for number, text in enumerate(texts)}


def key_response(item: Item) -> Response:
    """Return a response that is right, for teachers and tests; a long answer gives its sample."""
    if item.kind in ("one_choice", "many_choices", "hot_text"):
        right = [choice.key for choice in item.choices if choice.is_right]
        return {
            "answer": right
            if (item.kind != "one_choice" and item.choose > 1) or item.kind == "many_choices"
            else right[:1]
        }
    if item.kind == "number":
        return {"answer": [f"{Decimal(repr(item.answer)):f}"]}
    if item.kind == "short_text":
        return {"answer": [item.accepted[0]]}
    if item.kind == "order":
        return {name: [str(number + 1)] for number, name in enumerate(place_names(item))}
    if item.kind == "match":
        keys = {text: key for key, text in option_texts(item).items()}
        return {f"pair-{number}": [keys[right]] for number, (_left, right) in enumerate(item.pairs)}
    if item.kind == "cloze":
        return {
            f"gap-{gap.key}": [str(gap.choices.index(gap.accepted[0])) if gap.choices else gap.accepted[0]]
            for gap in item.gaps
        }
    return {"answer": [item.sample or "…"]}


def guess_chance(item: Item) -> float:
    """Return the chance of a right answer by guessing: 1 of n for one choice, next to nothing where one writes."""
    if item.kind == "one_choice" or (item.kind == "hot_text" and item.choose == 1):
        return 1.0 / len(item.choices)
    if item.kind in ("many_choices", "hot_text"):
        return 1.0 / float(2 ** len(item.choices) - 1)
    if item.kind == "match":
        return 1.0 / max(2, len(item.pairs)) ** 2
    return 0.0
