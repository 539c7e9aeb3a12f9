"""Evidence and mastery as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class PieceKind(StrEnum):
    """Where a piece of evidence comes from."""

    ANSWER = "answer"
    RUBRIC = "rubric"
    OBSERVATION = "observation"
    CONFERENCE = "conference"
    PRODUCT = "product"
    JUDGEMENT = "judgement"
    SELF = "self"
    WITHDRAWAL = "withdrawal"


class Word(StrEnum):
    """What a page says of a mastery, in the order of growth; RECHECK means secure once, but not seen for long."""

    NONE = "none"
    STARTING = "starting"
    GROWING = "growing"
    SECURE = "secure"
    BEYOND = "beyond"
    RECHECK = "recheck"


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One dated fact about one student and one competency.

    `competency` says which one, where pieces of several are taken together; `score` is a share, 0 to 1; `difficulty` is on the logit scale of a reference question; `guess` is the chance of a
    right answer by guessing; `level` of `levels` is a rubric level counted from 0.
    """

    id: str
    kind: PieceKind
    happened_at: datetime
    score: float
    hints_used: int = 0
    attempt: int = 1
    on_paper: bool = False
    difficulty: float = 0.0
    guess: float = 0.0
    level: int | None = None
    levels: int | None = None
    by: str = ""
    corrects: str | None = None
    words: str = ""
    what: str = ""
    settles_as: Word | None = None
    expires_on: date | None = None
    competency: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Contribution:
    """What one piece did: `shift` logits of today's estimate, with a sentence for a person."""

    piece: Piece
    shift: float
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What something other than a piece did, in logits of today's estimate, with a sentence for a person."""

    name: str
    shift: float
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Mastery now: the chance of success on a new reference question, its 80% range, the word, and where it comes from.

    `logit` is the logit of `chance`. Where the pieces were worked through one by one, `prior`, all contributions and all
    lines sum to it. The belief behind it is a logit with `mean` and `deviation`; `certain` is the chance that it lies at
    or above the school's line for secure.
    """

    chance: float
    low: float
    high: float
    pieces: int
    newest_at: datetime | None
    word: Word
    is_stale: bool
    logit: float
    mean: float
    deviation: float
    certain: float
    version: str
    prior: float = 0.0
    contributions: tuple[Contribution, ...] = ()
    lines: tuple[Line, ...] = ()
    settled_by: Piece | None = None
