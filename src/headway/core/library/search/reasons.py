"""Why a resource was found, in sentences that can be checked by looking at it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headway.core.library.search.asking import EASIER_BY_GRADES, HARDER_BY_GRADES
from headway.core.library.search.schema import analyzers, language_field
from headway.core.library.search.values import Asked, Reader, Why
from headway.core.library.search.words import read_words
from headway.core.shared.errors import gettext_noop

MOST_REASONS = 3
WORDS_NAMED = 4
IN_TITLE = gettext_noop("In its title: {words}.")
IN_TOPICS = gettext_noop("Among its topics: {words}.")
IN_DESCRIPTION = gettext_noop("In its description: {words}.")
IN_TEXT = gettext_noop("In its text: {words}.")
HELPS = gettext_noop("Helps with {skill}.")
LIKES = gettext_noop("About {topic}, which the student likes.")
HOPES = gettext_noop("From working life: {career}.")
READS = gettext_noop("In {language}, at a level the student reads.")
SPEAKS = gettext_noop("In {language}.")
SIMILAR = gettext_noop("Says something similar in other words.")


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What there is to see of a resource that was found."""

    title: str
    description: str
    text: str
    language: str
    topics: tuple[str, ...]
    careers: tuple[str, ...]
    reading_level: float
    skills: tuple[int, ...]


def reasons(
    asked: Asked, looked: Looked, *, skill_names: Mapping[int, str], read_as: Iterable[str] = ()
) -> tuple[Why, ...]:
    """Return why a resource answers a search: where its words stand, which skill it helps with, how it fits a reader."""
    found: list[Why] = []
    wanted = next((skill for skill in looked.skills if skill in asked.skills), None)
    if wanted is not None and wanted in skill_names:
        found.append(Why(sentence=HELPS, facts={"skill": skill_names[wanted]}))
    if asked.words:
        found += _words_found(asked.words, looked, read_as)
    if asked.reader is not None:
        found += _fits(asked.reader, looked)
    return tuple(found[:MOST_REASONS])


def _words_found(words: str, looked: Looked, read_as: Iterable[str]) -> list[Why]:
    language = language_field(looked.language)
    typed = read_words(" ".join((words, *read_as)))
    stems = {word.stems[language] for word in (*typed.words, *(word for phrase in typed.phrases for word in phrase))}
    found: list[Why] = []
    seen: set[str] = set()
    for sentence, text in (
        (IN_TITLE, looked.title),
        (IN_TOPICS, " ".join((*looked.topics, *looked.careers))),
        (IN_DESCRIPTION, looked.description),
        (IN_TEXT, looked.text),
    ):
        here = _shared(text, stems - seen, language)
        if here:
            seen |= set(here)
            found.append(Why(sentence=sentence, facts={"words": ", ".join(list(here.values())[:WORDS_NAMED])}))
        if len(found) == 2 or seen == stems:
            break
    return found


def _shared(text: str, stems: set[str], language: str) -> dict[str, str]:
    """Return the words of a text that have one of the stems, as they stand there, by stem."""
    found: dict[str, str] = {}
    if not text or not stems:
        return found
    analyzer = analyzers()[language]
    for word in re.findall(r"[^\W_]+", text):
        for stem in analyzer.analyze(word):
            if stem in stems:
                found.setdefault(stem, word)
        if len(found) == len(stems):
            break
    return found


def _fits(reader: Reader, looked: Looked) -> list[Why]:
    found = [Why(sentence=LIKES, facts={"topic": topic}) for topic in looked.topics if topic in reader.interests][:1]
    found += [Why(sentence=HOPES, facts={"career": career}) for career in looked.careers if career in reader.careers][
        :1
    ]
    language = looked.language.partition("-")[0]
    if language in reader.languages:
        level = reader.languages[language]
        fits = (
            level is not None
            and looked.reading_level > 0
            and level - EASIER_BY_GRADES <= looked.reading_level <= level + HARDER_BY_GRADES
        )
        found.append(Why(sentence=READS if fits else SPEAKS, facts={"language": language}))
    return found
