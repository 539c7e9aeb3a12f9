"""What one may ask of the library, and what comes back, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Facet(StrEnum):
    """One way to narrow a search; the value is also the name in an address."""

    LANGUAGE = "language"
    KIND = "kind"
    WAY_IN = "way_in"
    READING = "reading"
    GRADE = "grade"
    MINUTES = "minutes"
    SCREEN = "screen"
    WITH_WHOM = "with"
    LEVEL = "level"
    LICENCE = "licence"
    SOURCE = "source"
    TOPIC = "topic"
    CAREER = "career"
    ACCESS = "access"
    NEEDS = "needs"
    SKILL = "skill"


class Order(StrEnum):
    """How results are ordered."""

    BEST = "best"
    FIT = "fit"
    NEWEST = "newest"
    SHORTEST = "shortest"


# Bands a person chooses from: (name, lowest, below). Reading levels are school grades, 0 where nobody measured.
READING_BANDS = (("0-2", 0.01, 3.0), ("3-4", 3.0, 5.0), ("5-6", 5.0, 7.0), ("7-8", 7.0, 9.0), ("9-12", 9.0, 99.0))
MINUTE_BANDS = (("1-10", 1, 11), ("11-20", 11, 21), ("21-40", 21, 41), ("41-", 41, 401))


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whom results should fit: one student, or what a class has in common.

    `languages` gives for each language read the grade level the reader reads at, None where unknown; `done` are ids of
    resources that were done before. `weights` (of a class) say which share reads each language.
    """

    languages: Mapping[str, float | None] = field(default_factory=dict)
    grade: int | None = None
    interests: tuple[str, ...] = ()
    careers: tuple[str, ...] = ()
    done: frozenset[int] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A search. Within a facet the chosen values are alternatives, between facets all must hold.

    `skills` is a set of competency ids any of which must be helped with (a skill and all below it in its tree); `only`
    and `without` are resource ids. With `fits` only what the reader can use is found, not just ordered first.
    """

    words: str = ""
    chosen: Mapping[Facet, tuple[str, ...]] = field(default_factory=dict)
    skills: frozenset[int] = frozenset()
    reader: Reader | None = None
    fits: bool = False
    order: Order = Order.BEST
    limit: int = 20
    offset: int = 0
    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()
    count_facets: tuple[Facet, ...] = tuple(Facet)


@dataclass(frozen=True, kw_only=True)
class Why:
    """One reason why a resource is there: a sentence marked for translation and its facts."""

    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FacetCount:
    """One value of a facet, how many results have it, and whether it is chosen."""

    value: str
    count: int
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A resource that was found. `score` orders hits of one search and says nothing across searches."""

    resource_id: int
    score: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found. `read_as` tells of words that were read as others: (typed, read)."""

    total: int
    hits: tuple[Hit, ...] = ()
    facets: Mapping[Facet, tuple[FacetCount, ...]] = field(default_factory=dict)
    read_as: tuple[tuple[str, str], ...] = ()
