"""Reads what somebody typed: words, “phrases in quotes”, words that must not be there, and a last word still being typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headway.core.library.search.schema import analyzers

MOST_WORDS = 120
MOST_CHARACTERS = 4_000
# Small words that say nothing alone. A search made of nothing else keeps them.
STOP_WORDS = {
    "en": frozenset(
        [
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "but",
            "by",
            "for",
            "from",
            "has",
            "have",
            "how",
            "i",
            "in",
            "into",
            "is",
            "it",
            "its",
            "my",
            "not",
            "of",
            "on",
            "or",
            "our",
            "so",
            "than",
            "that",
            "the",
            "their",
            "them",
            "then",
            "there",
            "these",
            "they",
            "this",
            "to",
            "was",
            "we",
            "were",
            "what",
            "when",
            "where",
            "which",
            "who",
            "why",
            "will",
            "with",
            "you",
            "your",
            "do",
            "does",
            "did",
            "can",
            "about",
        ]
    ),
    "es": frozenset(
        [
            "a",
            "al",
            "con",
            "como",
            "de",
            "del",
            "desde",
            "el",
            "en",
            "entre",
            "es",
            "esta",
            "este",
            "la",
            "las",
            "lo",
            "los",
            "me",
            "mi",
            "muy",
            "no",
            "o",
            "para",
            "pero",
            "por",
            "que",
            "se",
            "ser",
            "sin",
            "sobre",
            "su",
            "sus",
            "te",
            "tu",
            "un",
            "una",
            "unas",
            "uno",
            "unos",
            "y",
            "ya",
            "son",
            "e",
            "u",
            "ni",
            "cual",
            "cuando",
            "donde",
            "quien",
        ]
    ),
}


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word that was typed: as it stands (folded), and its stems by language."""

    typed: str
    stems: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed, read. `last_is_open` says that the last word may go on."""

    words: tuple[Word, ...]
    phrases: tuple[tuple[Word, ...], ...]
    without: tuple[Word, ...]
    last_is_open: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that could be found."""
        return not self.words and not self.phrases


def read_words(text: str, *, as_typed: bool = False) -> Typed:
    """Read a search; `as_typed` when it is asked while the last word is still being typed."""
    text = text[:MOST_CHARACTERS].replace("“", '"').replace("”", '"').replace("«", '"').replace("»", '"')
    phrases = tuple(words for found in re.findall(r'"([^"]+)"', text) if (words := _words(found)))
    rest = re.sub(r'"[^"]*"?', " ", text)
    without = tuple(word for found in re.findall(r"(?:^|\s)-(\w+)", rest) for word in _words(found))
    words = _words(re.sub(r"(?:^|\s)-\w+", " ", rest))
    telling = tuple(word for word in words if not _says_nothing(word))
    last_is_open = as_typed and bool(words) and bool(re.search(r"\w$", text))
    if last_is_open and words[-1] not in telling:
        telling = (*telling, words[-1])
    kept = telling or (words if not phrases else ())
    return Typed(
        words=_once(kept)[:MOST_WORDS],
        phrases=phrases,
        without=without,
        last_is_open=last_is_open,
    )


def _words(text: str) -> tuple[Word, ...]:
    read = {language: analyzer.analyze(text) for language, analyzer in analyzers().items()}
    return tuple(
        Word(typed=plain, stems={"en": english, "es": spanish, "xx": plain})
        for plain, english, spanish in zip(read["xx"], read["en"], read["es"], strict=True)
    )


def _once(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple({word.typed: word for word in words}.values())


def _says_nothing(word: Word) -> bool:
    return any(word.typed in small for small in STOP_WORDS.values())
