"""How hard a text is to read, as a school grade, for English and Spanish.

English blends two formulas: Flesch-Kincaid knows how long sentences and words are, New Dale-Chall which words a fourth grader
knows. Blended they follow teachers' judgement better than the first alone, and stay as near to grades. Spanish takes LIX
(sentences and long words), which holds a text beside its English twin better than Crawford's and Fernández Huerta's formulas
do. Weights were fitted on every other text of CLEAR, and of textbook sections and stories in both languages.
`python -m benchmarks --only reading` shows each formula alone and the blends.

The formulas themselves come from textstat, which counts syllables by Pyphen's hyphenation and asks no network.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

# A formula swings by grades on a few sentences; below this nothing is said.
LEAST_WORDS = 50
# A book is as hard as its beginning, as far as a formula can tell, and a formula takes its time with a whole one.
MOST_WORDS = 1500
# Below first grade a formula says nothing, and 0 means that nobody measured; 13 is beyond school.
LEAST_GRADE, MOST_GRADE = 1.0, 13.0
ENGLISH, SPANISH = "flesch-kincaid+dale-chall", "lix"
# Without any full stop (a table, a list of words) sentences cannot be counted.
LONGEST_SENTENCE_WORDS = 75


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A text's grade level, 1 to 13, and which measure gave it; 0 and "" where it could not be measured."""

    grade: float
    measure: str
    word_count: int


@cache
def formulas(language: str) -> Any:
    """Return textstat for "en" or "es"; each language has its own, because the language is a state of the object."""
    with warnings.catch_warnings():
        # It reads its word list through pkg_resources, which says on import that it will go away.
        warnings.simplefilter("ignore")
        from textstat.textstat import textstatistics  # noqa: PLC0415  a third of a second, only where text is measured
    found = textstatistics()  # type: ignore[no-untyped-call]
    found.set_lang(language)
    return found


def measure_text(text: str, language: str) -> Measured:
    """Measure a text in English or Spanish of at least 50 words; others keep only their word count.

    `language` is a language tag such as "en-US". At most the first 1,500 words are read.
    """
    words = text.split()
    nothing = Measured(grade=0.0, measure="", word_count=len(words))
    plain = re.split("[-_]", language.casefold(), maxsplit=1)[0]
    if len(words) < LEAST_WORDS or plain not in {"en", "es"}:
        return nothing
    counted = formulas(plain)
    start = " ".join(words[:MOST_WORDS])
    sentences = counted.sentence_count(start)
    if not sentences or min(len(words), MOST_WORDS) / sentences > LONGEST_SENTENCE_WORDS:
        return nothing
    grade = english_grade(start) if plain == "en" else spanish_grade(start)
    measure = ENGLISH if plain == "en" else SPANISH
    return Measured(grade=round(min(MOST_GRADE, max(LEAST_GRADE, grade)), 1), measure=measure, word_count=len(words))


def english_grade(text: str) -> float:
    """Return the blended grade of an English text, not yet kept within the grades of school."""
    by_length = float(formulas("en").flesch_kincaid_grade(text))
    by_words = float(formulas("en").dale_chall_readability_score(text))
    return 0.6 * by_length + 0.95 * by_words - 4.7


def spanish_grade(text: str) -> float:
    """Return the grade of a Spanish text, not yet kept within the grades of school."""
    return 0.3 * float(formulas("es").lix(text)) - 6.5
