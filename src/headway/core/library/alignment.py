"""Which competency is a skill of another collection about? Judged by the words of the two names alone.

Words are brought to a common form ("adding", "addition" and "sum" are one word), weighed by how rare they are among the
competencies, and compared by the cosine of the two weighted sets. It is a suggestion with its confidence and the words
that speak for it; a teacher decides.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEAST_CONFIDENCE = 0.5
MOST_PER_NAME, NEAR_THE_BEST = 3, 0.95
# Words that say how one works rather than what it is about; they weigh a quarter.
LIGHT = (
    "find", "solve", "evaluate", "identify", "determine", "use", "apply", "calculate", "write", "understand", "recognize",
    "concept", "problem", "application", "property", "general", "strategy", "method", "introduction", "basic", "choose",
    "given", "form", "simple", "two", "more", "few", "step", "part", "type", "expression", "all", "rule", "number", "variable",
    "line", "right", "value", "positive",
)  # fmt: skip
STOP_WORDS = frozenset(
    ["a", "an", "and", "the", "of", "to", "in", "on", "for", "from", "with", "by", "or", "not", "is", "are", "its", "their", "at",
     "than", "as", "that", "this", "into", "using", "openstax", "precalc", "algebra", "introductory", "key", "terms"]
)  # fmt: skip
# One word for several: what school mathematics calls the same thing.
SAME_WORDS = {
    "add": "addit", "adding": "addit", "sum": "addit", "plus": "addit",
    "subtract": "subtract", "subtraction": "subtract", "difference": "subtract", "minus": "subtract",
    "multiply": "multipl", "multiplication": "multipl", "product": "multipl", "multiplying": "multipl", "times": "multipl",
    "divide": "divis", "division": "divis", "dividing": "divis", "quotient": "divis",
    "average": "mean", "gcf": "greatest common factor", "lcm": "least common multiple", "lcd": "least common multiple",
    "percentage": "percent", "percents": "percent", "probabilities": "probability", "ratio": "proport",
    "proportion": "proport", "proportions": "proport", "proportional": "proport", "equations": "equat", "equation": "equat",
    "exponential": "exponential", "exponent": "exponent", "exponents": "exponent", "primes": "prime",
    "integer": "integ", "integers": "integ", "signed": "integ", "wholes": "whole", "sqrt": "square root", "roots": "root",
    "slopes": "slope", "intercepts": "intercept", "graphing": "graph", "graphs": "graph", "graphed": "graph",
    "inequality": "inequal", "inequalities": "inequal", "rotations": "rotat", "rotation": "rotat", "median": "median",
    "medians": "median", "boxplot": "box whisker", "plots": "plot", "triangles": "triangl", "simplify": "simplif",
    "simplifying": "simplif", "simplification": "simplif", "algebraic": "algebraic",
}  # fmt: skip
_ENDINGS = ("izations", "ization", "ations", "ation", "ities", "ments", "ings", "ment", "ing", "ity", "ies", "ion", "ions", "es", "ed", "s", "y", "e")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A name goes with a target; `words` are those that both share, the weightiest first."""

    target: str
    confidence: float
    words: tuple[str, ...]


def word_forms(name: str) -> dict[str, str]:
    """Return the words of a name in their common form, each with the word as it stands there."""
    text = unicodedata.normalize("NFKD", name).casefold().replace("_", " ").replace("**", "^")
    found: dict[str, str] = {}
    for word in re.findall(r"[a-z]+", text):
        if word in STOP_WORDS or len(word) < 2:
            continue
        for same in SAME_WORDS.get(word, _stem(word)).split():
            found.setdefault(same, word)
    return found


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


LIGHT_WORDS = frozenset(form for word in LIGHT for form in word_forms(word))


def suggest(
    names: Iterable[str],
    targets: Mapping[str, str],
    *,
    least_confidence: float = LEAST_CONFIDENCE,
    most: int = MOST_PER_NAME,
) -> dict[str, tuple[Suggestion, ...]]:
    """Return for each name the targets whose words it shares, the best first; names without one are left out.

    `targets` gives the words of each target by its key.
    """
    forms = {key: word_forms(words) for key, words in targets.items()}
    spread = Counter(word for found in forms.values() for word in found)
    rarest = math.log(1 + len(forms))

    def weight(word: str) -> float:
        rare = math.log((1 + len(forms)) / spread[word]) if word in spread else rarest
        return max(0.2, rare) * (0.25 if word in LIGHT_WORDS else 1.0)

    lengths = {key: math.sqrt(sum(weight(word) ** 2 for word in found)) for key, found in forms.items()}
    having: dict[str, list[str]] = defaultdict(list)
    for key, found in forms.items():
        for word in found:
            having[word].append(key)

    suggestions: dict[str, tuple[Suggestion, ...]] = {}
    for name in dict.fromkeys(names):
        own = word_forms(name)
        length = math.sqrt(sum(weight(word) ** 2 for word in own))
        if not length:
            continue
        shared: dict[str, float] = defaultdict(float)
        for word in own:
            for key in having.get(word, ()):
                shared[key] += weight(word) ** 2
        ranked = sorted(
            ((min(1.0, value / (length * lengths[key])), key) for key, value in shared.items() if lengths[key]),
            key=lambda entry: (-entry[0], entry[1]),
        )
        kept = tuple(
            Suggestion(
                target=key,
                confidence=round(confidence, 3),
                words=tuple(
                    own[word] for word in sorted(own.keys() & forms[key].keys(), key=lambda word: (-weight(word), word))
                ),
            )
            for confidence, key in ranked[:most]
            if confidence >= least_confidence
            and any(word not in LIGHT_WORDS for word in own.keys() & forms[key].keys())
        )
        if kept:
            suggestions[name] = kept
    return suggestions
