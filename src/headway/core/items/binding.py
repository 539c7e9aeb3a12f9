"""Answers as students type them, turned into values that the standard rules of a question can score.

The leniency lives here and in the document's own words: `data-headway-compare`, `-accents` and `-units` on the place where
one types. The rules stay plain QTI, so other programs score the same document, only more strictly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headway.core.items.document import Interaction, Item
from headway.core.items.numbers import read_number, same_algebra
from headway.core.items.rules.declared import Declared
from headway.core.items.rules.processing import Rules
from headway.core.items.rules.values import Single, Value, contained, is_number, read_values, singles_of, write_single
from headway.core.shared.errors import gettext_noop

Response = dict[str, list[str]]

WRITE_A_NUMBER = gettext_noop("Write a number, like 12.5 or 3/4.")
UNKNOWN_UNIT = gettext_noop("The number is there. Check the unit: it should be {unit}.")

LONGEST_TEXT = 20_000
MOST_VALUES = 200
TYPED = ("text-entry", "extended-text")


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The values of an answer. `problem` is a sentence where something typed could not be taken as it was meant."""

    values: dict[str, Value]
    problem: str = ""
    problem_facts: Mapping[str, object] | None = None
    is_readable: bool = True


@dataclass(slots=True)
class _Trouble:
    problem: str = ""
    facts: Mapping[str, object] | None = None
    is_readable: bool = True
    kept: list[Single] = field(default_factory=list)


def same_words(typed: str, accepted: str, *, accents: bool = False) -> bool:
    """Return whether two short answers are the same without case, outer spaces, end marks and (unless asked) accents."""
    return plain_words(typed, accents=accents) == plain_words(accepted, accents=accents)


def plain_words(text: str, *, accents: bool) -> str:
    """Return a short answer without what does not count in it."""
    text = unicodedata.normalize("NFC", text).casefold().replace("’", "'").replace("“", '"').replace("”", '"')
    if not accents:
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if unicodedata.category(letter) != "Mn")
    return re.sub(r"\s+", " ", text).strip().strip("¡¿").rstrip(".!?,;:").strip()


def bind(item: Item, rules: Rules, response: Mapping[str, Sequence[str]], corrects: Mapping[str, Value]) -> Bound:
    """Return the values of a response, for the variables it speaks of; nonsense becomes NULL, never an error."""
    values: dict[str, Value] = {}
    trouble = _Trouble()
    typed = _typed_places(item)
    for declaration in item.responses:
        name = declaration.identifier
        if name not in response:
            continue
        declared = rules.declared[name]
        texts = _texts(response[name])
        place = typed.get(name)
        if place is not None:
            values[name] = _bind_typed(declared, place, texts, rules, corrects.get(name, declared.correct), trouble)
        else:
            values[name] = read_values(declared.cardinality, declared.base_type, texts)
    return Bound(values=values, problem=trouble.problem, problem_facts=trouble.facts, is_readable=trouble.is_readable)


def _texts(given: Sequence[str]) -> list[str]:
    texts = [given] if isinstance(given, str) else list(given)
    return [str(text)[:LONGEST_TEXT].replace("\x00", "") for text in texts[:MOST_VALUES]]


def _typed_places(item: Item) -> dict[str, Interaction]:
    return {one.response: one for one in item.interactions if one.kind in TYPED}


def _bind_typed(
    declared: Declared, place: Interaction, texts: list[str], rules: Rules, key: Value, trouble: _Trouble
) -> Value:
    written = [text for text in texts if text.strip()]
    if declared.cardinality == "record":
        return _as_record(written[0]) if written else None
    if declared.base_type in ("integer", "float"):
        found = [_bind_number(declared, place, text, key, trouble) for text in written]
        return contained(declared.cardinality, [one for one in found if one is not None])
    if declared.base_type != "string":
        return read_values(declared.cardinality, declared.base_type, written)
    if place.kind == "text-entry":
        written = [text.strip() for text in written]
    compare = place.node.get("data-headway-compare")
    if compare in ("words", "algebra"):
        keys = _keys_of(declared, rules, key)
        has_accents = place.node.get("data-headway-accents") == "true"
        written = [_as_key(text, keys, compare, has_accents) for text in written]
    return read_values(declared.cardinality, "string", written)


def _keys_of(declared: Declared, rules: Rules, key: Value) -> list[str]:
    """Return the texts that an answer may be meant as: the key, what is mapped, what rules compare it with."""
    mapped = [write_single(one) for one, _worth, _case in declared.map.entries] if declared.map else []
    keyed = [write_single(one) for one in singles_of(key)]
    return list(dict.fromkeys((*keyed, *mapped, *rules.compared.get(declared.identifier, ()))))


def _as_key(typed: str, keys: Sequence[str], compare: str, has_accents: bool) -> str:
    if typed in keys:
        return typed
    for key in keys:
        if same_words(typed, key, accents=has_accents) or (compare == "algebra" and same_algebra(typed, key)):
            return key
    return typed


def _bind_number(
    declared: Declared, place: Interaction, text: str, key: Value, trouble: _Trouble
) -> int | float | None:
    found = read_number(text)
    if found is None:
        trouble.problem, trouble.is_readable = WRITE_A_NUMBER, False
        return None
    number, rest = found
    rest = rest.strip(" .")
    units = units_of(place)
    factor = 1.0
    if rest and units:
        known = {plain_words(name, accents=False): times for name, times in units.items()}
        named = plain_words(rest, accents=False)
        if named not in known:
            if not trouble.problem:
                trouble.problem, trouble.facts = UNKNOWN_UNIT, {"unit": next(iter(units))}
            return None
        factor = known[named]
    try:
        value = float(number) * factor
    except OverflowError:
        return None
    if rest == "%" and not units and is_number(key) and not isinstance(key, str):
        # 12% answers both a question for 12 (per cent) and one for 0.12.
        share = value / 100
        if abs(share - key) < abs(value - key):  # type: ignore[operator]
            value = share
    # Half a thing where a whole one is asked for is a wrong number, and no reason to ask for a number.
    if declared.base_type == "integer" and value == int(value):
        return int(number) if factor == 1.0 and number.denominator == 1 else int(value)
    return value


def units_of(place: Interaction) -> dict[str, float]:
    """Return the units that may stand behind a number and what one of each is in the unit asked for, which comes first."""
    units: dict[str, float] = {}
    for word in place.node.get("data-headway-units").split():
        name, _colon, times = word.rpartition(":")
        try:
            units[name.replace("_", " ")] = float(times)
        except ValueError:
            continue
    main = [name for name, times in units.items() if times == 1.0]
    return {name: units[name] for name in dict.fromkeys((*main, *units))}


def _as_record(typed: str) -> Value:
    """Return a typed number in all its parts, as QTI's text entry gives them to a record."""
    found = read_number(typed)
    record: dict[str, Value] = {"stringValue": typed}
    if found is None:
        return record
    number, _rest = found
    digits = re.search(r"(\d*)[.,]?(\d*)(?:[eE]([+-]?\d+))?", typed.strip().lstrip("+-−"))
    left, right, exponent = digits.groups() if digits else ("", "", None)
    record["floatValue"] = float(number)
    if number.denominator == 1:
        record["integerValue"] = int(number)
    record["leftDigits"] = len(left)
    record["rightDigits"] = record["ndp"] = len(right)
    record["nsf"] = len((left + right).lstrip("0")) or 1
    if exponent:
        record["exponent"] = int(exponent) if len(exponent) < 6 else None
    return record
