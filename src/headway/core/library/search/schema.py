"""What the index knows of a resource, and how words are read: English and Spanish by their stems, others as they stand.

Every text lies in the fields of its own language (`en_whole`, `es_whole`, `xx_whole`; titles also by themselves), because
"sin" is two words. `whole` is all that a resource says of itself: one long field ranks better than a sum over short ones.
`words` holds the same words unstemmed for all languages together: for prefixes as somebody types, and for typing errors.
Nothing is stored but numbers: texts are read from the database, which alone is true.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import tantivy
from tantivy import Filter, Schema, SchemaBuilder, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from headway.core.library.search.values import MINUTE_BANDS, READING_BANDS, Facet

# Raised whenever the fields or the way words are read change: an index of another number is built anew.
VERSION = 2
LANGUAGES = ("en", "es", "xx")
PARTS = ("title", "whole")
LONGEST_WORD = 40
# The facets that lie in the index as texts; bands and spans are worked out when a resource is indexed.
FACETS = tuple(facet for facet in Facet if facet is not Facet.SKILL)
NEEDS_ADULT, NEEDS_INTERNET, NEEDS_NOTHING = "adult", "internet", "nothing"
PARTS_OF_A_TEXT_CHARACTERS = 6_000
HIGHEST_LEVEL = 14


class Entry(NamedTuple):
    """A resource as it is indexed. `skill_words` are the codes and names of what it helps with; `worth` is 1 or a little more."""

    resource_id: int
    school_id: int  # 0: shared by all
    title: str
    description: str
    text: str
    language: str
    kind: str
    ways_in: tuple[str, ...]
    reading_level: float
    grade_low: int
    grade_high: int
    minutes: int
    screen: str
    with_whom: str
    level: str
    licence: str
    source: str
    topics: tuple[str, ...]
    careers: tuple[str, ...]
    access: tuple[str, ...]
    needs: tuple[str, ...]
    skills: tuple[int, ...]
    skill_words: str


def language_field(language: str) -> str:
    """Return which language's fields a text belongs in."""
    plain = language.partition("-")[0].casefold()
    return plain if plain in LANGUAGES else "xx"


@cache
def analyzers() -> dict[str, TextAnalyzer]:
    """Return how words of each language are read. Accents go first, so that who types without them finds the same."""

    def plain() -> TextAnalyzerBuilder:
        builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_WORD))
        return builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return {
        "en": plain().filter(Filter.stemmer("english")).build(),
        "es": plain().filter(Filter.stemmer("spanish")).build(),
        "xx": plain().build(),
    }


@cache
def schema() -> Schema:
    """Return the fields of the index."""
    builder = SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("school", indexed=True, fast=True)
    for language in LANGUAGES:
        for part in PARTS:
            option = "freq" if part == "title" else "position"
            builder.add_text_field(f"{language}_{part}", tokenizer_name=f"headway_{language}", index_option=option)
    builder.add_text_field("words", tokenizer_name="headway_xx", index_option="basic")
    for facet in FACETS:
        builder.add_text_field(facet.value, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_integer_field(Facet.SKILL.value, indexed=True, fast=True)
    builder.add_text_field("reads", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("length", indexed=True, fast=True)
    return builder.build()


def open_index(path: str | None) -> tantivy.Index:
    """Open the index in a folder, or make it there; without a folder it lives in memory."""
    index = tantivy.Index(schema(), path=path) if path else tantivy.Index(schema())
    for language, analyzer in analyzers().items():
        index.register_tokenizer(f"headway_{language}", analyzer)
    index.config_reader(reload_policy="manual")
    return index


def band(bands: Iterable[tuple[str, float, float]], value: float) -> str | None:
    """Return the name of the band a value lies in, None where it lies in none."""
    return next((name for name, low, below in bands if low <= value < below), None)


def reads(language: str, level: float) -> str:
    """Return the word under which texts of a language and a level (a grade, 0 where nobody measured) lie in the index."""
    return f"{language}:{min(HIGHEST_LEVEL, math.ceil(level))}"


def document(entry: Entry) -> tantivy.Document:
    """Return the document of a resource."""
    language = language_field(entry.language)
    topics = " ; ".join((*entry.topics, *entry.careers, entry.skill_words))
    facts: dict[str, Any] = {
        "id": entry.resource_id,
        "school": entry.school_id,
        f"{language}_title": entry.title,
        f"{language}_whole": f"{entry.title}\n{topics}\n{entry.description}\n{entry.text[:PARTS_OF_A_TEXT_CHARACTERS]}",
        "words": f"{entry.title}\n{topics}\n{entry.description}",
        "language": entry.language,
        "kind": entry.kind,
        "way_in": list(entry.ways_in),
        "grade": [str(grade) for grade in range(entry.grade_low, entry.grade_high + 1)]
        if entry.grade_high - entry.grade_low < 12
        else [],
        "screen": entry.screen,
        "with": entry.with_whom,
        "level": entry.level,
        "source": entry.source,
        "topic": list(entry.topics),
        "career": list(entry.careers),
        "access": list(entry.access),
        "needs": list(entry.needs) or [NEEDS_NOTHING],
        "skill": list(entry.skills),
        "reads": reads(entry.language, entry.reading_level),
        "length": entry.minutes,
    }
    if entry.licence:
        facts["licence"] = entry.licence
    if reading := band(READING_BANDS, entry.reading_level):
        facts["reading"] = reading
    if minutes := band(MINUTE_BANDS, entry.minutes):
        facts["minutes"] = minutes
    return tantivy.Document(**facts)
