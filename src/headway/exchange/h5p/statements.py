"""What an H5P activity tells while it is played: a statement of xAPI, read into plain values. Nothing in it is believed blindly.

The statement is made in the student's browser by the content's own scripts. It says how well something went; who, when and for
which skill is never taken from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headway.exchange.shared.markup import plain_text

VERBS = ("answered", "completed")
LONGEST_WORDS = 500
LONGEST_SECONDS = 4 * 3600
_PART = "http://h5p.org/x-api/h5p-subContentId"
_PART_IN_ADDRESS = re.compile(r"[?&]subContentId=([\w.-]{1,80})")
_DURATION = re.compile(r"P(?:(\d{1,3})D)?T?(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,6})?)S)?")
_HOURS_MINUTES_SECONDS = (86400, 3600, 60, 1)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """How one part of an activity went. `part` names it within the activity, "" for the whole; `parent` is what it belongs to.

    `score` is a share from 0 to 1; `guess_chance` the chance of a right answer by luck, where its kind tells.
    """

    verb: str
    part: str
    parent: str
    score: float
    seconds: int | None
    guess_chance: float
    asked: str
    answer: str


def read_statement(document: object) -> Statement | None:
    """Return what a statement tells, None where it tells no score of something answered or completed."""
    statement = _mapping(document)
    verb = str(_mapping(statement.get("verb")).get("id", "")).rsplit("/", 1)[-1]
    result = _mapping(statement.get("result"))
    score = _share(_mapping(result.get("score")))
    if verb not in VERBS or score is None:
        return None
    thing = _mapping(statement.get("object"))
    definition = _mapping(thing.get("definition"))
    parents = _mapping(_mapping(statement.get("context")).get("contextActivities")).get("parent")
    parent = _mapping(parents[0] if isinstance(parents, list) and parents else parents)
    return Statement(
        verb=verb,
        part=_part(_mapping(definition.get("extensions")).get(_PART)) or _part_of(thing.get("id")),
        parent=_part_of(parent.get("id")),
        score=score,
        seconds=_seconds(result.get("duration")),
        guess_chance=_guess_chance(definition),
        asked=_first_of(definition.get("description")) or _first_of(definition.get("name")),
        answer=_words(result.get("response")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 and math.isfinite(value) else None  # type: ignore[arg-type]


def _share(score: Mapping[str, Any]) -> float | None:
    """Return a score as a share: out of its points where it has some, else as it scales itself (below 0 is 0)."""
    raw, least, most = _number(score.get("raw")), _number(score.get("min")) or 0.0, _number(score.get("max"))
    scaled = _number(score.get("scaled"))
    if raw is not None and most is not None and most > least:
        share = (raw - least) / (most - least)
    elif scaled is not None:
        share = scaled
    else:
        return None
    return min(1.0, max(0.0, share))


def _part(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.-]{1,80}", value) else ""


def _part_of(address: object) -> str:
    found = _PART_IN_ADDRESS.search(address) if isinstance(address, str) else None
    return found[1] if found else ""


def _seconds(value: object) -> int | None:
    """Return a duration of ISO 8601 in whole seconds; an hours-long one means that a tab was left open, and is cut."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        return None
    total = sum(float(part or 0) * unit for part, unit in zip(found.groups(), _HOURS_MINUTES_SECONDS, strict=True))
    return round(min(total, LONGEST_SECONDS))


def _guess_chance(definition: Mapping[str, Any]) -> float:
    """Return the chance of being right by luck: one of n choices, or one of all ways to tick n boxes."""
    kind, choices = definition.get("interactionType"), definition.get("choices")
    if kind == "true-false":
        return 0.5
    if kind != "choice" or not isinstance(choices, list) or len(choices) < 2:
        return 0.0
    pattern = definition.get("correctResponsesPattern")
    takes_many = isinstance(pattern, list) and any("[,]" in str(one) for one in pattern)
    return 0.5 ** len(choices) if takes_many else 1 / len(choices)


def _first_of(words: object) -> str:
    return next((_words(each) for each in _mapping(words).values()), "")


def _words(value: object) -> str:
    return plain_text(value)[:LONGEST_WORDS] if isinstance(value, str) else ""
