"""A question as a document: nine kinds in one plain form, read from YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headway.core.shared.errors import RuleBroken, gettext_noop

KINDS = (
    "one_choice",
    "many_choices",
    "number",
    "short_text",
    "order",
    "match",
    "cloze",
    "hot_text",
    "long_answer",
)
MISSING = gettext_noop("Question {id}: “{field}” is missing. Add it and try again.")
UNKNOWN_KIND = gettext_noop("Question {id}: the kind “{kind}” is not known here.")
NO_RIGHT = gettext_noop("Question {id}: no right answer is marked.")
BAD_GAPS = gettext_noop("Question {id}: the gaps in the text and the answers to them do not agree.")


class ItemInvalid(RuleBroken):
    """A document that is no question; the sentence says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing to choose; `key` stays the same in every order of display."""

    key: str
    text: str
    is_right: bool = False
    feedback: str = ""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One gap of a cloze: typed, or chosen among `choices`."""

    key: str
    accepted: tuple[str, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question. Only the fields of its kind are filled; `raw` is the document it came from."""

    id: str
    kind: str
    language: str
    prompt: str
    passage: str = ""
    hints: tuple[str, ...] = ()
    difficulty: float = 0.0
    right: str = ""
    wrong: str = ""
    choices: tuple[Choice, ...] = ()
    choose: int = 1
    answer: float = 0.0
    tolerance: float = 0.0
    unit: str = ""
    units: Mapping[str, float] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()
    compare: str = "words"
    accents: bool = False
    parts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    extra: tuple[str, ...] = ()
    text: str = ""
    gaps: tuple[Gap, ...] = ()
    lines: int = 4
    rubric: tuple[str, ...] = ()
    sample: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the document this question came from."""
        return dict(self.raw)


def _need(raw: Mapping[str, Any], name: str) -> Any:
    if raw.get(name) in (None, "", [], {}):
        raise ItemInvalid(MISSING, id=raw.get("id", "?"), field=name)
    return raw[name]


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value)


def _choices(rows: Sequence[Mapping[str, Any]], item_id: object) -> tuple[Choice, ...]:
    choices = tuple(
        Choice(
            key=str(row.get("id", place)),
            text=str(row["text"]),
            is_right=bool(row.get("right")),
            feedback=str(row.get("feedback", "")),
        )
        for place, row in enumerate(rows)
    )
    if not any(choice.is_right for choice in choices):
        raise ItemInvalid(NO_RIGHT, id=item_id)
    return choices


def _gaps(raw: Mapping[str, Any]) -> tuple[Gap, ...]:
    gaps = []
    for key, row in _need(raw, "gaps").items():
        choices = _texts(row.get("choices"))
        accepted = _texts(row.get("accepted")) or _texts(row.get("right"))
        if not accepted or (choices and accepted[0] not in choices):
            raise ItemInvalid(NO_RIGHT, id=raw.get("id", "?"))
        gaps.append(Gap(key=str(key), accepted=accepted, choices=choices))
    text = str(_need(raw, "text"))
    if any(f"[[{gap.key}]]" not in text for gap in gaps) or text.count("[[") != len(gaps):
        raise ItemInvalid(BAD_GAPS, id=raw.get("id", "?"))
    return tuple(gaps)


def parse_item(raw: Mapping[str, Any] | str) -> Item:
    """Return the question a document holds: a mapping, or the same as JSON.

    Raises ItemInvalid with a sentence that names the question and what is missing.
    """
    if isinstance(raw, str):
        raw = dict(json.loads(raw))
    kind = str(raw.get("kind", ""))
    if kind not in KINDS:
        raise ItemInvalid(UNKNOWN_KIND, id=raw.get("id", "?"), kind=kind)
    facts: dict[str, Any] = {}
    if kind in ("one_choice", "many_choices"):
        facts["choices"] = _choices(_need(raw, "choices"), raw.get("id", "?"))
    elif kind == "hot_text":
        facts["choices"] = _choices(_need(raw, "pieces"), raw.get("id", "?"))
        facts["choose"] = int(raw.get("choose", 1))
    elif kind == "number":
        if raw.get("answer") is None:
            raise ItemInvalid(MISSING, id=raw.get("id", "?"), field="answer")
        facts |= {
            "answer": float(raw["answer"]),
            "tolerance": float(raw.get("tolerance", 0) or 0),
            "unit": str(raw.get("unit", "") or ""),
            "units": {str(unit): float(times) for unit, times in (raw.get("units") or {}).items()},
        }
    elif kind == "short_text":
        facts |= {
            "accepted": _texts(_need(raw, "accepted")),
            "compare": str(raw.get("compare", "words")),
            "accents": bool(raw.get("accents", False)),
        }
    elif kind == "order":
        facts["parts"] = _texts(_need(raw, "parts"))
    elif kind == "match":
        facts["pairs"] = tuple((str(row["left"]), str(row["right"])) for row in _need(raw, "pairs"))
        facts["extra"] = _texts(raw.get("extra"))
    elif kind == "cloze":
        facts |= {"gaps": _gaps(raw), "text": str(raw["text"])}
    else:
        facts |= {
            "lines": int(raw.get("lines", 4)),
            "rubric": _texts(raw.get("rubric")),
            "sample": str(raw.get("sample", "") or ""),
        }
    return Item(
        id=str(_need(raw, "id")),
        kind=kind,
        language=str(raw.get("language", "en")),
        prompt=str(_need(raw, "prompt")),
        passage=str(raw.get("passage", "") or ""),
        hints=_texts(raw.get("hints")),
        difficulty=float(raw.get("difficulty", 0) or 0),
        right=str(raw.get("right", "") or ""),
        wrong=str(raw.get("wrong", "") or ""),
        raw=dict(raw),
        **facts,
    )
