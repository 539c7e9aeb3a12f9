"""Reading levels beside what teachers judged: which formula, alone or blended, says best how hard a text is?

CLEAR's excerpts were compared by teachers and carry a band of text measure; OneStopEnglish has the same article at three
levels; OpenStax and story books have the same text in English and Spanish. Weights were fitted on the even rows; every figure
here is of the odd ones.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from headway.core.library.reading_level import (
    LEAST_GRADE,
    LEAST_WORDS,
    MOST_GRADE,
    english_grade,
    formulas,
    measure_text,
    spanish_grade,
)

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "content"
# Text measures (Lexile) and the grades where the Common Core's stretch bands put their middles.
BAND_MEASURES, BAND_GRADES = (100, 620, 875, 1055, 1192, 1285, 1500), (0.5, 2.5, 4.5, 7.0, 9.5, 11.5, 13.0)
MOST_WORDS_OF_A_TWIN = 600
ENGLISH: dict[str, Callable[[str], float]] = {
    "Flesch-Kincaid": lambda text: float(formulas("en").flesch_kincaid_grade(text)),
    "New Dale-Chall": lambda text: float(formulas("en").dale_chall_readability_score(text)),
    "Automated Readability": lambda text: float(formulas("en").automated_readability_index(text)),
    "Coleman-Liau": lambda text: float(formulas("en").coleman_liau_index(text)),
    "SMOG": lambda text: float(formulas("en").smog_index(text)),
    "Gunning Fog": lambda text: float(formulas("en").gunning_fog(text)),
    "Headway’s blend": english_grade,
}
SPANISH: dict[str, Callable[[str], float]] = {
    "Crawford, as a grade": lambda text: 3.05 * float(formulas("es").crawford(text)) - 6.4,
    "Fernández Huerta, as a grade": lambda text: 24.9 - 0.23 * float(formulas("es").fernandez_huerta(text)),
    "LIX, as a grade (Headway’s)": spanish_grade,
}


def measure(*, quick: bool) -> dict[str, Any]:
    """Return the figures, or why there are none."""
    if not (DATA / "leveling").is_dir():
        return {"skipped": "shared/data/content/leveling is not here"}
    excerpts = _clear()[:: 5 if quick else 1]
    articles = _articles()
    twins = _twins()
    return {
        "excerpts": len(excerpts),
        "english": {name: _against_teachers(formula, excerpts, articles) for name, formula in ENGLISH.items()},
        "articles": len(articles),
        "twins": len(twins),
        "spanish": {name: _against_twins(formula, twins) for name, formula in SPANISH.items()},
        "texts_per_second": {
            "en": _speed([text for text, _ease, _band in excerpts][:400], "en"),
            "es": _speed([spanish for _english, spanish in twins][:400], "es"),
        },
    }


def print_tables(found: dict[str, Any], console: Console) -> None:
    """Print the figures as they stand in docs/benchmarks.md."""
    if "skipped" in found:
        console.print(f"Reading levels: skipped, {found['skipped']}.")
        return
    table = Table(
        title=f"English: {found['excerpts']} excerpts judged by teachers, {found['articles']} articles at three levels"
    )
    for head in ("measure", "r with teachers’ ease", "rank r", "mean error, grades", "levels in order"):
        table.add_column(head, justify="left" if head == "measure" else "right")
    for name, row in found["english"].items():
        table.add_row(name, f"{row['r']:.2f}", f"{row['rank']:.2f}", f"{row['error']:.2f}", f"{row['ordered']:.1%}")
    console.print(table)
    table = Table(title=f"Spanish: {found['twins']} texts beside their English twins")
    for head in ("measure", "r with the twin’s grade", "mean error, grades"):
        table.add_column(head, justify="left" if head == "measure" else "right")
    for name, row in found["spanish"].items():
        table.add_row(name, f"{row['r']:.2f}", f"{row['error']:.2f}")
    console.print(table)
    speed = found["texts_per_second"]
    console.print(f"Texts measured a second: {speed['en']:,.0f} English, {speed['es']:,.0f} Spanish.")


def _lines(path: str) -> str:
    with (DATA / path).open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file).read().decode()


def _rows(path: str) -> Iterable[dict[str, Any]]:
    # Not splitlines: a text may hold U+2028, which is no end of a row.
    return (json.loads(line) for line in _lines(path).split("\n") if line.strip())


def _clear() -> list[tuple[str, float, float]]:
    """Return (text, teachers' ease, grade of its band) of the odd rows."""
    rows = list(csv.DictReader(io.StringIO(_lines("leveling/CLEAR_corpus.csv.zst"))))[1::2]
    found = []
    for row in rows:
        band = [float(number) for number in re.findall(r"\d+", row["Lexile Band"])]
        if row["Excerpt"] and band:
            grade = float(np.interp(sum(band) / len(band), BAND_MEASURES, BAND_GRADES))
            found.append((row["Excerpt"], float(row["BT_easiness"]), grade))
    return found


def _articles() -> list[tuple[str, str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows("leveling/onestopenglish.jsonl.zst"):
        found[row["article"]][row["level"]] = row["text"]
    return [(one["Ele"], one["Int"], one["Adv"]) for one in found.values() if len(one) == 3]


def _twins() -> list[tuple[str, str]]:
    """Return (English, Spanish) of the odd pairs of textbook sections and story books."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows("resources/openstax/openstax_modules.jsonl.zst"):
        found["section " + row["id"].rsplit(":", 1)[-1]][row["lang"]] = row.get("text") or ""
    for row in _rows("resources/storybooks/asp_stories.jsonl.zst"):
        found["story " + row["id"].split(":")[1]].setdefault(row["lang"], " ".join(row.get("pages") or ()))
    pairs = [(one["en"], one["es"]) for one in found.values() if "en" in one and "es" in one]
    long_enough = [pair for pair in pairs if all(len(text.split()) >= LEAST_WORDS for text in pair)]
    return [
        (" ".join(english.split()[:MOST_WORDS_OF_A_TWIN]), " ".join(spanish.split()[:MOST_WORDS_OF_A_TWIN]))
        for english, spanish in long_enough[1::2]
    ]


def _kept(grades: Iterable[float]) -> Any:
    return np.clip(np.array(list(grades)), LEAST_GRADE, MOST_GRADE)


def _against_teachers(
    formula: Callable[[str], float], excerpts: list[tuple[str, float, float]], articles: list[tuple[str, str, str]]
) -> dict[str, float]:
    grades = _kept(formula(text) for text, _ease, _band in excerpts)
    ease = np.array([ease for _text, ease, _band in excerpts])
    bands = np.array([band for _text, _ease, band in excerpts])
    ordered = []
    for article in articles:
        easy, middle, hard = (formula(text) for text in article)
        ordered += [easy < middle, middle < hard, easy < hard]
    return {
        "r": -float(np.corrcoef(grades, ease)[0, 1]),
        "rank": -float(spearmanr(grades, ease)[0]),
        "error": float(np.abs(grades - bands).mean()),
        "ordered": float(np.mean(ordered)),
    }


def _against_twins(formula: Callable[[str], float], twins: list[tuple[str, str]]) -> dict[str, float]:
    english = _kept(english_grade(one) for one, _other in twins)
    spanish = _kept(formula(other) for _one, other in twins)
    return {
        "r": float(np.corrcoef(english, spanish)[0, 1]),
        "error": float(np.abs(english - spanish).mean()),
    }


def _speed(texts: list[str], language: str) -> float:
    began = time.process_time()
    for text in texts:
        # A text that was measured a moment ago would be answered from textstat's memory.
        measure_text(f"{text} {language}.", language)
    return len(texts) / max(1e-9, time.process_time() - began)
