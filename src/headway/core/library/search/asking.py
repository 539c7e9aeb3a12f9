"""Asks the index: which resources, in which order, and how many of each sort."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tantivy import Index, Query, Searcher
from tantivy import Occur as Occurs
from tantivy import Order as Direction

from headway.core.library.search import spelling
from headway.core.library.search.schema import HIGHEST_LEVEL, LANGUAGES, PARTS, reads, schema
from headway.core.library.search.values import Asked, Facet, FacetCount, Found, Hit, Order, Reader
from headway.core.library.search.words import Typed, Word, read_words
from headway.core.library.task_words import TASK_SHARE, UNLISTED_SHARE

# How much a word counts by where it stands (measured: docs/relevance.md).
BOOSTS = {"title": 0.4, "whole": 1.0}
OPEN_WORD_SCORE, MENDED_SHARE = 1.0, 0.6
PREFIXES_TRIED = 50
FEW_WORDS, SHARE_OF_MANY_WORDS, LONG_QUESTION = 3, 0.5, 6
MOST_VALUES = {Facet.SKILL: 200, Facet.TOPIC: 40, Facet.CAREER: 40, Facet.LANGUAGE: 60, Facet.SOURCE: 30}
VALUES_SHOWN = 30
FEW_FOUND = 10
ANSWERS_KEPT = 50
NEARLY_THE_SAME = 0.02
TERMS_SIDE_BY_SIDE = 64
# What makes a resource fit, beside the words: points added to a score (a word in a title brings about eight).
FIT_LANGUAGE, FIT_READING, FIT_GRADE, FIT_INTEREST, FIT_CAREER = 5.0, 2.5, 1.5, 3.0, 2.5
EASIER_BY_GRADES, HARDER_BY_GRADES = 3.0, 0.75
SHARED = 0


@dataclass
class OpenIndex:
    """An index as it stood when it was last looked at; answers are kept until it is looked at again."""

    index: Index
    searcher: Searcher
    schools: frozenset[int]
    counted: dict[tuple[Any, ...], dict[Facet, tuple[FacetCount, ...]]] = field(default_factory=dict)

    @cached_property
    def spelling(self) -> spelling.Spelling:
        """The words of the library, learned when the first unknown word is asked."""
        return spelling.learn(self.searcher.terms_with_prefix("words", "", limit=spelling.MOST_WORDS))

    def spell_like(self, before: OpenIndex) -> None:
        """Go on with the spelling that was learned before, where the library is nearly the same."""
        known, now = before.searcher.num_docs, self.searcher.num_docs
        if "spelling" in before.__dict__ and abs(now - known) <= known * NEARLY_THE_SAME:
            self.__dict__["spelling"] = before.spelling


def look(index: Index) -> OpenIndex:
    """Return the index as it stands now."""
    index.reload()
    searcher = index.searcher()
    told = searcher.aggregate(Query.all_query(), {"schools": {"terms": {"field": "school", "size": 10_000}}})
    schools = frozenset(int(bucket["key"]) for bucket in told["schools"]["buckets"])
    return OpenIndex(index=index, searcher=searcher, schools=schools)


def find(opened: OpenIndex, asked: Asked, *, school_id: int, as_typed: bool = False) -> Found:
    """Find what people of a school may use, in the order asked for, with counts for every facet asked for.

    `as_typed` reads the last word as one that may go on. A word that the library does not have is read as the nearest one
    it has. Where hardly anything has all words together, some of them are enough; what has more of them comes first.
    """
    typed = read_words(asked.words, as_typed=as_typed)
    read_as: dict[str, str] = {}
    words = _words_query(opened, typed, read_as, strict=True)
    found = _ask(opened, asked, words, school_id)
    if found.total < FEW_FOUND and len(typed.words) > 1:
        read_as.clear()
        words = _words_query(opened, typed, read_as, strict=False)
        found = _ask(opened, asked, words, school_id)
    return Found(total=found.total, hits=found.hits, facets=found.facets, read_as=tuple(read_as.items()))


def complete(opened: OpenIndex, typed: str, *, school_id: int, limit: int) -> list[str]:
    """Return whole words for the word that somebody is typing, the most frequent first, each with the words before it.

    Only words of what the school may use.
    """
    before, _space, last = typed.rpartition(" ")
    read = read_words(last).words
    if not read:
        return []
    theirs = _of_others(opened, school_id)
    own = None if theirs is None else Query.boolean_query([(Occurs.Must, Query.all_query()), (Occurs.MustNot, theirs)])
    terms = opened.searcher.terms_with_prefix("words", read[-1].typed, filter_query=own, limit=PREFIXES_TRIED)
    ranked = sorted(terms, key=lambda term: (-term[1], term[0]))
    return [f"{before} {word}".strip() for word, _count in ranked[:limit] if word.isalpha()]


# --- the words ---------------------------------------------------------------------------------------------------------


def _words_query(opened: OpenIndex, typed: Typed, read_as: dict[str, str], *, strict: bool) -> Query | None:
    """Return the query for what was typed, None where nothing was; what was read as another word is noted."""
    if typed.is_empty and not typed.without:
        return None
    clauses: list[tuple[Occurs, Query]] = []
    words = [
        _word_query(
            opened,
            word,
            read_as,
            is_open=typed.last_is_open and word is typed.words[-1],
            # A long text has words that the library need not have; guessing at them only adds noise.
            may_be_mended=len(typed.words) < LONG_QUESTION,
        )
        for word in typed.words
    ]
    if len(words) >= LONG_QUESTION:
        words = [
            Query.boost_query(query, _telling(word, len(words))) for query, word in zip(words, typed.words, strict=True)
        ]
    if len(words) <= FEW_WORDS and strict:
        clauses += [(Occurs.Must, word) for word in words]
    elif words:
        fewest = math.ceil(len(words) * SHARE_OF_MANY_WORDS) if strict and len(words) < LONG_QUESTION else 1
        some = Query.boolean_query([(Occurs.Should, word) for word in words], minimum_number_should_match=fewest)
        clauses.append((Occurs.Must, some))
    clauses += [(Occurs.Must, _phrase_query(phrase)) for phrase in typed.phrases]
    if not clauses:
        clauses.append((Occurs.Must, Query.all_query()))
    clauses += [(Occurs.MustNot, Query.term_query(schema(), "words", word.typed)) for word in typed.without]
    return Query.boolean_query(clauses)


def _word_query(opened: OpenIndex, word: Word, read_as: dict[str, str], *, is_open: bool, may_be_mended: bool) -> Query:
    found = _fields_query(opened, word)
    if is_open:
        terms = [term for term, _count in opened.searcher.terms_with_prefix("words", word.typed, limit=PREFIXES_TRIED)]
        if terms:
            found.append(Query.const_score_query(Query.term_set_query(schema(), "words", terms), OPEN_WORD_SCORE))
    if not found and may_be_mended:
        for other in spelling.meant(opened.spelling, word.typed):
            for mended in read_words(other).words:
                found += [Query.boost_query(each, MENDED_SHARE) for each in _fields_query(opened, mended)]
            read_as.setdefault(word.typed, other)
    if not found:
        return Query.empty_query()
    return found[0] if len(found) == 1 else Query.boolean_query([(Occurs.Should, each) for each in found])


def _fields_query(opened: OpenIndex, word: Word) -> list[Query]:
    """Return a query for each field that has the word at all."""
    return [
        Query.boost_query(Query.term_query(schema(), f"{language}_{part}", word.stems[language], "freq"), BOOSTS[part])
        for language in LANGUAGES
        for part in PARTS
        if opened.searcher.doc_freq(f"{language}_{part}", word.stems[language])
    ]


def _telling(word: Word, count: int) -> float:
    """Return how much a word of a long question tells: little where most tasks have it, whatever the library has.

    The weight and its growth with the length of the question were chosen on judged sets (docs/relevance.md).
    """
    share = TASK_SHARE.get(word.stems["en"], UNLISTED_SHARE)
    return float((-math.log(share)) ** min(1.0, 0.25 + count / 100))


def _phrase_query(phrase: Sequence[Word]) -> Query:
    """Return a query for words that stand side by side, in any language's reading of them."""
    if len(phrase) == 1:
        found = [Query.term_query(schema(), f"{one}_whole", phrase[0].stems[one]) for one in LANGUAGES]
    else:
        found = [
            Query.phrase_query(schema(), f"{one}_whole", [word.stems[one] for word in phrase]) for one in LANGUAGES
        ]
    return Query.boolean_query([(Occurs.Should, each) for each in found])


# --- the filters -------------------------------------------------------------------------------------------------------


def _any_of(name: str, values: Iterable[str | int]) -> Query:
    """Return the query for any of some values of a field.

    A set of terms reads all their resources before it answers; a few terms side by side read only what the words leave.
    """
    some = sorted(set(values))
    if len(some) == 1:
        return Query.term_query(schema(), name, some[0], "basic")
    if len(some) > TERMS_SIDE_BY_SIDE:
        return Query.term_set_query(schema(), name, some)
    return Query.boolean_query([(Occurs.Should, Query.term_query(schema(), name, each, "basic")) for each in some])


def _terms(facet: Facet, values: Iterable[str]) -> Query:
    return _any_of(facet.value, [int(value) for value in values] if facet is Facet.SKILL else values)


def _of_others(opened: OpenIndex, school_id: int) -> Query | None:
    """Return the query for what other schools keep for themselves, None where there is nothing."""
    others = opened.schools - {SHARED, school_id}
    return _any_of("school", others) if others else None


def _filters(opened: OpenIndex, asked: Asked, school_id: int) -> tuple[list[tuple[Occurs, Query]], dict[Facet, Query]]:
    """Return what always holds, and what each chosen facet asks."""
    always: list[tuple[Occurs, Query]] = []
    if (theirs := _of_others(opened, school_id)) is not None:
        always.append((Occurs.MustNot, theirs))
    if asked.skills:
        always.append((Occurs.Must, _any_of(Facet.SKILL.value, asked.skills)))
    if asked.only is not None:
        always.append((Occurs.Must, _any_of("id", asked.only) if asked.only else Query.empty_query()))
    if asked.without:
        always.append((Occurs.MustNot, _any_of("id", asked.without)))
    if asked.fits and asked.reader is not None:
        always += _must_fit(asked.reader)
    return always, {facet: _terms(facet, values) for facet, values in asked.chosen.items() if values}


def _reads(language: str, low: float, high: float | None) -> Query:
    """Return the query for texts of a language from one level to another; level 0 holds those that nobody measured."""
    top = HIGHEST_LEVEL if high is None else math.floor(high)
    levels = range(math.ceil(low), min(HIGHEST_LEVEL, max(top, 0)) + 1)
    return _any_of("reads", [reads(language, level) for level in levels])


def _must_fit(reader: Reader) -> list[tuple[Occurs, Query]]:
    clauses: list[tuple[Occurs, Query]] = []
    if reader.languages:
        texts = [
            (Occurs.Should, _reads(language, 0, None if level is None else level + HARDER_BY_GRADES))
            for language, level in reader.languages.items()
        ]
        clauses.append((Occurs.Must, Query.boolean_query(texts)))
    if reader.done:
        clauses.append((Occurs.MustNot, _any_of("id", reader.done)))
    return clauses


def _fit_points(reader: Reader) -> list[tuple[Occurs, Query]]:
    """Return what adds points to a resource that fits: language and level, grade, interests, hopes."""
    found: list[tuple[Query, float]] = []
    for language, level in reader.languages.items():
        share = reader.weights.get(language, 1.0)
        spoken = Query.term_query(schema(), Facet.LANGUAGE.value, language, "basic")
        found.append((spoken, FIT_LANGUAGE * share))
        if level is not None:
            fitting = _reads(language, max(1, level - EASIER_BY_GRADES), level + HARDER_BY_GRADES)
            found.append((fitting, FIT_READING * share))
    if reader.grade is not None:
        found.append((Query.term_query(schema(), Facet.GRADE.value, str(reader.grade), "basic"), FIT_GRADE))
    for facet, wishes, points in (
        (Facet.TOPIC, reader.interests, FIT_INTEREST),
        (Facet.CAREER, reader.careers, FIT_CAREER),
    ):
        found += [(Query.term_query(schema(), facet.value, wish, "basic"), points) for wish in wishes]
    return [(Occurs.Should, Query.const_score_query(query, points)) for query, points in found]


# --- asking ------------------------------------------------------------------------------------------------------------


def _ask(opened: OpenIndex, asked: Asked, words: Query | None, school_id: int) -> Found:
    always, chosen = _filters(opened, asked, school_id)
    facets = _facets(opened, asked, words, always, chosen, school_id)
    scored = [(Occurs.Must, words)] if words is not None else []
    quiet = [
        (occurs, query if occurs == Occurs.MustNot else Query.const_score_query(query, 0.0))
        for occurs, query in (*always, *((Occurs.Must, query) for query in chosen.values()))
    ]
    clauses = [*scored, *quiet]
    if not any(occurs == Occurs.Must for occurs, _query in clauses):
        clauses.append((Occurs.Must, Query.const_score_query(Query.all_query(), 0.0)))
    if asked.reader is not None and (asked.order is Order.FIT or not asked.words):
        clauses += _fit_points(asked.reader)
    query = Query.boolean_query(clauses)
    total = sum(count.count for count in facets.get(Facet.KIND, ()))
    wants_count = Facet.KIND not in facets or bool(chosen.get(Facet.KIND))
    result = opened.searcher.search(
        query, limit=max(1, asked.limit), offset=asked.offset, count=wants_count, **_direction(asked)
    )
    addresses = [address for _score, address in result.hits]
    numbers = opened.searcher.fast_field_values("id", addresses)
    hits = tuple(
        Hit(resource_id=int(number or 0), score=float(score) if isinstance(score, float) else 0.0)
        for number, (score, _address) in zip(numbers, result.hits, strict=True)
    )[: asked.limit]
    counted = int(result.count) if wants_count else total  # type: ignore[attr-defined]  # missing in its stubs
    return Found(total=counted, hits=hits, facets=facets)


def _direction(asked: Asked) -> dict[str, Any]:
    if asked.order is Order.NEWEST:
        return {"order_by_field": "id", "order": Direction.Desc}
    if asked.order is Order.SHORTEST:
        return {"order_by_field": "length", "order": Direction.Asc}
    return {}


def _facets(
    opened: OpenIndex,
    asked: Asked,
    words: Query | None,
    always: list[tuple[Occurs, Query]],
    chosen: Mapping[Facet, Query],
    school_id: int,
) -> dict[Facet, tuple[FacetCount, ...]]:
    """Count results by facet. Within a facet the choices are alternatives, so its own choice does not narrow its counts."""
    key = (
        asked.words,
        tuple(sorted((facet.value, values) for facet, values in asked.chosen.items())),
        asked.skills,
        repr(asked.reader) if asked.fits else "",
        asked.only,
        asked.without,
        asked.count_facets,
        school_id,
    )
    if key in opened.counted:
        return opened.counted[key]
    counts: dict[Facet, tuple[FacetCount, ...]] = {}
    open_ones = tuple(facet for facet in asked.count_facets if facet not in chosen)
    for wanted in ((open_ones, None), *(((facet,), facet) for facet in asked.count_facets if facet in chosen)):
        some, left_out = wanted
        if not some:
            continue
        clauses = [*([(Occurs.Must, words)] if words is not None else []), *always]
        clauses += [(Occurs.Must, query) for facet, query in chosen.items() if facet is not left_out]
        if not any(occurs == Occurs.Must for occurs, _query in clauses):
            clauses.append((Occurs.Must, Query.all_query()))
        told = opened.searcher.aggregate(
            Query.boolean_query(clauses),
            {
                facet.value: {"terms": {"field": facet.value, "size": MOST_VALUES.get(facet, VALUES_SHOWN)}}
                for facet in some
            },
        )
        for facet in some:
            picked = asked.chosen.get(facet, ())
            found = [(_key(bucket["key"]), int(bucket["doc_count"])) for bucket in told[facet.value]["buckets"]]
            known = {value for value, _count in found}
            found += [(value, 0) for value in picked if value not in known]
            counts[facet] = tuple(
                FacetCount(value=value, count=count, is_chosen=value in picked) for value, count in found
            )
    if len(opened.counted) >= ANSWERS_KEPT:
        opened.counted.clear()
    opened.counted[key] = counts
    return counts


def _key(value: Any) -> str:
    return str(int(value)) if isinstance(value, int | float) else str(value)
