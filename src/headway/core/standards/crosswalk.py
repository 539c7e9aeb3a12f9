"""Two frameworks side by side: what goes with what, what a unit covers of the other one, and which pairs their codes
and words suggest.

A pair says that two competencies are the same (exact), nearly the same (close), or that one is a part of what the other
asks (part). Exact pairs carry on: what is the same as the same is the same. A close or a part pair is taken once on a way,
never twice, or everything would be near everything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from headway.core.standards.codes import code_key

EXACT, CLOSE, PART, UNSAID, SUGGESTED = "exact", "close", "part", "unsaid", "suggested"
# The better way first: where two ways lead to a competency, the first of these is told.
MATCHES = (EXACT, CLOSE, PART, UNSAID, SUGGESTED)
_RANK = {match: rank for rank, match in enumerate(MATCHES)}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two competencies that go together, whichever stands first; `match` is one of MATCHES."""

    one: int
    other: int
    match: str
    link_id: int = 0


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How a competency of the other framework is reached from the unit: from where, over which pairs, how well."""

    competency: int
    unit_competency: int
    match: str
    link_ids: tuple[int, ...] = ()


class Cover(StrEnum):
    """What a unit does about a competency of another framework."""

    COVERS = "covers"
    COULD = "could"
    LISTED = "listed"
    NOT_TOUCHED = "not-touched"


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One competency of the other framework in its group; `reach` says how the unit comes to it, where it does."""

    competency: int
    cover: Cover
    reach: Reach | None = None


def reached(unit: Collection[int], pairs: Iterable[Pair]) -> dict[int, Reach]:
    """Return every competency that the unit's competencies lead to, each by its best way; those of the unit themselves too."""
    near: dict[int, list[tuple[int, Pair]]] = defaultdict(list)
    for pair in pairs:
        near[pair.one].append((pair.other, pair))
        near[pair.other].append((pair.one, pair))
    best: dict[int, Reach] = {}
    # Exact ways first, then those with one step that is not exact: a place is settled by the first that comes.
    for first in MATCHES:
        waiting: deque[Reach] = deque()
        if first == EXACT:
            waiting.extend(Reach(competency=each, unit_competency=each, match=EXACT) for each in sorted(unit))
        else:
            same = [reach for reach in best.values() if reach.match == EXACT]
            for reach in same:
                waiting.extend(
                    _onward(reach, other, pair, first)
                    for other, pair in near[reach.competency]
                    if pair.match == first and other not in best
                )
        while waiting:
            reach = waiting.popleft()
            if reach.competency in best:
                continue
            best[reach.competency] = reach
            waiting.extend(
                _onward(reach, other, pair, reach.match)
                for other, pair in near[reach.competency]
                if pair.match == EXACT and other not in best
            )
    return best


def _onward(reach: Reach, other: int, pair: Pair, match: str) -> Reach:
    return Reach(
        competency=other,
        unit_competency=reach.unit_competency,
        match=match,
        link_ids=(*reach.link_ids, pair.link_id),
    )


def coverage(
    *,
    unit: Collection[int],
    wanted: Iterable[int],
    pairs: Iterable[Pair],
    assessed: Collection[int],
    listed: Collection[int] = (),
) -> list[Covered]:
    """Return for each competency that is wanted what the unit does about it, in the order in which they are wanted.

    `assessed` are the competencies with evidence or a question of their own; `listed` those that what the unit uses is
    aligned to. Covered is what the unit reaches exactly and where something is assessed on the way's ends; what is
    reached exactly or listed without that is listed only; what is reached otherwise could be covered.
    """
    ways = reached(unit, pairs)
    found = []
    for competency in wanted:
        reach = ways.get(competency)
        is_assessed = competency in assessed or (reach is not None and reach.unit_competency in assessed)
        if reach is not None and reach.match == EXACT:
            cover = Cover.COVERS if is_assessed else Cover.LISTED
        elif reach is not None:
            cover = Cover.COULD
        elif competency in listed:
            cover = Cover.LISTED
        else:
            cover = Cover.NOT_TOUCHED
        found.append(Covered(competency=competency, cover=cover, reach=reach))
    return found


def counts(covered: Iterable[Covered]) -> dict[Cover, int]:
    """Return how many competencies are in each group."""
    found = dict.fromkeys(Cover, 0)
    for each in covered:
        found[each.cover] += 1
    return found


# --- pairs that codes and words suggest -------------------------------------------------------------------------------

LEAST_CONFIDENCE, MOST_EACH = 0.3, 2
# Two publishers of one standard keep its code; short codes (`A.1`) mean something else in each framework.
SAME_CODE_CONFIDENCE, LEAST_PARTS_OF_A_CODE = 0.95, 3
# A grade apart is usual between two publishers; more grades apart, less trust.
GRADES_FREE, LESS_PER_GRADE = 1, 0.12


@dataclass(frozen=True, kw_only=True)
class Text:
    """A competency for the comparison; grades 0 (kindergarten) to 12."""

    competency: int
    words: str
    code: str = ""
    grade_low: int | None = None
    grade_high: int | None = None


@dataclass(frozen=True, kw_only=True)
class SuggestedPair:
    """Two competencies that seem to go together, how sure (0 to 1), and what spoke for it: shared words, or one code."""

    one: int
    other: int
    confidence: float
    words: tuple[str, ...] = ()
    code: str = ""


class Ranked(Protocol):
    """What a ranker says of a text and one of the others."""

    @property
    def target(self) -> int:
        """The other competency."""

    @property
    def confidence(self) -> float:
        """0 to 1."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that decided, the weightiest first."""


# Ranks the others for each text by their words.
Ranker = Callable[[Sequence[Text], Sequence[Text]], Sequence[Sequence[Ranked]]]


def suggest_pairs(
    ones: Iterable[Text],
    others: Iterable[Text],
    *,
    rank: Ranker,
    least_confidence: float = LEAST_CONFIDENCE,
    most: int = MOST_EACH,
) -> list[SuggestedPair]:
    """Return likely pairs between two frameworks, the surest first; each competency of the first keeps its best few.

    The same code speaks loudest; `rank` compares the words; grades that lie apart take trust away.
    """
    first, second = list(ones), {text.competency: text for text in others}
    by_code = {key: text for text in second.values() if (key := _telling_code(text))}
    found: list[SuggestedPair] = []
    for text, ranked in zip(first, rank(first, list(second.values())), strict=True):
        own: dict[int, SuggestedPair] = {}
        same = by_code.get(_telling_code(text))
        if same is not None and same.competency != text.competency:
            own[same.competency] = SuggestedPair(
                one=text.competency, other=same.competency, confidence=SAME_CODE_CONFIDENCE, code=same.code
            )
        for each in ranked:
            other = second[each.target]
            confidence = each.confidence * (1 - LESS_PER_GRADE * max(0, grades_apart(text, other) - GRADES_FREE))
            if confidence >= least_confidence and other.competency != text.competency:
                own.setdefault(
                    other.competency,
                    SuggestedPair(
                        one=text.competency,
                        other=other.competency,
                        confidence=round(min(1.0, confidence), 3),
                        words=each.words,
                    ),
                )
        found += sorted(own.values(), key=lambda pair: (-pair.confidence, pair.other))[:most]
    return sorted(found, key=lambda pair: (-pair.confidence, pair.one, pair.other))


def _telling_code(text: Text) -> str:
    key = code_key(text.code)
    return key if key.count(".") + 1 >= LEAST_PARTS_OF_A_CODE else ""


def grades_apart(one: Text, other: Text) -> int:
    """Return how many grades lie between two spans; 0 where they meet or where one says none."""
    if one.grade_low is None or other.grade_low is None:
        return 0
    one_high = one.grade_high if one.grade_high is not None else one.grade_low
    other_high = other.grade_high if other.grade_high is not None else other.grade_low
    return max(0, one.grade_low - other_high, other.grade_low - one_high)


def better(one: str, other: str) -> bool:
    """Return whether the first match says more than the second."""
    return _RANK[one] < _RANK[other]
