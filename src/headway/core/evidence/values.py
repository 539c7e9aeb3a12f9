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

    `score` is a share, 0 to 1; `difficulty` is on the logit scale of a reference question; `guess` is the chance of a
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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How evidence becomes a word: data that a school may change; reports keep the version they were made with."""

    growing_chance: float = 0.50
    secure_chance: float = 0.80
    beyond_chance: float = 0.92
    least_pieces: int = 3
    recheck_days: int = 45
    version: str = "simple-1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What is believed of the logit of success on a reference question, as of a moment."""

    mean: float
    variance: float
    pieces: int = 0
    as_of: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Return the belief as plain JSON values."""
        return {
            "mean": self.mean,
            "variance": self.variance,
            "pieces": self.pieces,
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }


def belief_from_json(stored: Mapping[str, object]) -> Belief:
    """Return the belief that `as_json` wrote."""
    moment = stored["as_of"]
    return Belief(
        mean=float(str(stored["mean"])),
        variance=float(str(stored["variance"])),
        pieces=int(str(stored["pieces"])),
        as_of=datetime.fromisoformat(str(moment)) if moment else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Contribution:
    """What one piece did: `shift` logits of the belief's mean today, with a sentence for a person."""

    piece: Piece
    shift: float
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Mastery now: the chance of success, its 80% range, the word, and where it comes from.

    The prior and all contributions sum to `belief.mean`.
    """

    chance: float
    low: float
    high: float
    pieces: int
    newest_at: datetime | None
    word: Word
    is_stale: bool
    belief: Belief
    prior: float
    version: str
    contributions: tuple[Contribution, ...] = ()
    settled_by: Piece | None = None


DEFAULT_RULE = Rule()
DEFAULT_PRIOR = Belief(mean=0.0, variance=1.69)
