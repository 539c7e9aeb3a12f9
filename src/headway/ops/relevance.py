"""How well does the library find what people said is right? Words, meaning, both, and Spanish questions, side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.core.library.blending import blend_scores
from headway.core.library.meaning import WIDTH, to_length_one
from headway.core.library.relevance import figures
from headway.core.library.search import asking
from headway.core.library.search.asking import SHARED
from headway.core.library.search.schema import Entry, document, open_index
from headway.core.library.search.values import Asked
from headway.core.library.suggesting import ABOVE_SHARE, TARGET_WEIGHTS
from headway.core.library.word_ranking import QUESTIONS_AT_ONCE, with_titles, word_index, word_scores
from headway.exchange.apertium.translating import can_translate, translated
from headway.ops.judged_sets import JudgedSet, judged_sets
from headway.ops.terminal import Steps
from headway.records.library import meaning

Floats = NDArray[np.float32]
# What a resource says of itself, by field; a standard's fields are those of an alignment.
RESOURCE_WEIGHTS = {"title": 1.0, "says": 0.8, "keywords": 0.5, "topics": 0.3, "text": 0.2}
RANKED = 100
HEAP_BYTES = 30_000_000
TEXTS_AT_ONCE = 256
NAME_BYTES = 16
APERTIUM = {"es": "spa"}
LONGEST_TEXT_CHARACTERS = 1200


def measure(folder: Path, keep: Path, steps: Steps, *, only: str = "", words_only: bool = False) -> dict[str, Any]:
    """Return the figures of every judged set in a folder; vectors are kept in `keep` by what they were made of."""
    found = []
    has_model = meaning.has_model() and not words_only
    for judged in judged_sets(folder):
        if only and only not in judged.name:
            continue
        if not judged.corpus.ids:
            found.append({"set": judged.name, "left_out": "No file holds what its answers name."})
            continue
        found.append(_measured(judged, keep, steps, has_model=has_model))
    return {"has_model": has_model, "has_apertium": can_translate(), "sets": found}


def _measured(judged: JudgedSet, keep: Path, steps: Steps, *, has_model: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "set": judged.name,
        "questions": len(judged.questions),
        "corpus": judged.corpus.name,
        "documents": len(judged.corpus.ids),
        "ways": {},
    }
    documents = _vectors_of_documents(judged, keep, steps) if has_model else None
    asked: dict[str, Sequence[str]] = {"": judged.questions}
    if judged.language in APERTIUM:
        if can_translate(of=APERTIUM[judged.language]):
            steps.step(f"{judged.name}: translating", total=None)
            of = APERTIUM[judged.language]
            asked = {
                " as asked": judged.questions,
                " translated": [translated(one, of=of) or one for one in judged.questions],
            }
        else:
            asked = {" as asked": judged.questions}
            result["not_translated"] = "Apertium (spa-eng) is not installed here."
    for how, questions in asked.items():
        for way, rankings in _rankings(judged, questions, documents, keep, steps).items():
            result["ways"][f"{way}{how}"] = _figures(judged, rankings)
        result["ways"][f"search page{how}"] = _figures(judged, _searched(judged, questions, steps))
    return result


def _searched(judged: JudgedSet, questions: Sequence[str], steps: Steps) -> list[list[int]]:
    """Ask the index of the library page, which ranks by words in a millisecond, the same questions."""
    index = open_index(None)
    with index.writer(heap_size=HEAP_BYTES, num_threads=1) as writer:
        for place, one in enumerate(judged.corpus.documents):
            writer.add_document(document(_entry(place, one)))
    opened = asking.look(index)
    steps.step(f"{judged.name}: asking the index", total=len(questions))
    rankings = []
    for question in questions:
        found = asking.find(opened, Asked(words=question, limit=RANKED, count_facets=()), school_id=SHARED)
        rankings.append([hit.resource_id for hit in found.hits])
        steps.advance()
    return rankings


def _entry(place: int, one: Mapping[str, str]) -> Entry:
    """Return a document of a judged set as the index knows resources; of a standard its words stand where titles do."""
    return Entry(
        resource_id=place,
        school_id=SHARED,
        title=one.get("title", one.get("statement", "")),
        description=one.get("says", one.get("above", "")),
        text=one.get("text", ""),
        language="en",
        kind="reading",
        ways_in=(),
        reading_level=0.0,
        grade_low=0,
        grade_high=12,
        minutes=15,
        screen="either",
        with_whom="alone",
        level="usual",
        licence="",
        source="",
        topics=(one.get("keywords", ""), one.get("topics", "")),
        careers=(),
        access=(),
        needs=(),
        skills=(),
        skill_words="",
    )


def _rankings(
    judged: JudgedSet, questions: Sequence[str], documents: Floats | None, keep: Path, steps: Steps
) -> dict[str, list[list[int]]]:
    has_titles = "title" in judged.corpus.documents[0]
    index = word_index(judged.corpus.documents, RESOURCE_WEIGHTS if has_titles else TARGET_WEIGHTS)
    titles = word_index(judged.corpus.documents, {"title": 1.0}) if has_titles else None
    found: dict[str, list[list[int]]] = {"words": []}
    asked = None
    if documents is not None:
        asked = _vectors(questions, keep, steps, f"{judged.name}: what the questions mean")
        found |= {"meaning": [], "blend": []}
    steps.step(f"{judged.name}: ranking", total=len(questions))
    for start in range(0, len(questions), QUESTIONS_AT_ONCE):
        some = questions[start : start + QUESTIONS_AT_ONCE]
        words = word_scores(index, some)
        if titles is not None:
            words = with_titles(words, word_scores(titles, some), some)
        found["words"] += _best(words)
        if documents is not None and asked is not None:
            means = asked[start : start + len(some)] @ documents.T
            found["meaning"] += _best(means)
            found["blend"] += _best(blend_scores(words, means))
        steps.advance(len(some))
    return found


def _best(scores: Floats) -> list[list[int]]:
    """Return the best documents of each question, the best first; of equals the one that comes first in the corpus."""
    most = min(RANKED, scores.shape[1])
    rough = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    own = np.take_along_axis(scores, rough, axis=1)
    order = np.lexsort((rough, -own), axis=1)
    return [[int(one) for one in row] for row in np.take_along_axis(rough, order, axis=1)]


def _figures(judged: JudgedSet, rankings: Sequence[Sequence[int]]) -> dict[str, Any]:
    places = {one: place for place, one in enumerate(judged.corpus.ids)}
    answers = [{places[one] for one in some if one in places} for some in judged.answers]
    wanted = [len(set(some)) for some in judged.answers]

    def of(numbers: Iterable[int]) -> dict[str, Any]:
        chosen = list(numbers)
        told = figures(
            [rankings[one] for one in chosen], [answers[one] for one in chosen], wanted=[wanted[one] for one in chosen]
        )
        return asdict(told)

    whole = {"all": of(range(len(rankings)))}
    if judged.has_halves:
        whole |= {"chosen_on": of(range(0, len(rankings), 2)), "held_out": of(range(1, len(rankings), 2))}
    return whole


# --- vectors ---------------------------------------------------------------------------------------------------------


def _vectors_of_documents(judged: JudgedSet, keep: Path, steps: Steps) -> Floats:
    words = f"{judged.name}: what the documents mean"
    rows = judged.corpus.documents
    if "statement" in rows[0]:
        own = _vectors([row["statement"] for row in rows], keep, steps, words)
        above = _vectors([row["above"] for row in rows], keep, steps, words)
        return to_length_one(own + ABOVE_SHARE * above)
    return _vectors([_read(row) for row in rows], keep, steps, words)


def _read(row: Mapping[str, str]) -> str:
    parts = (row[name].strip() for name in ("title", "says", "keywords", "topics", "text"))
    return ". ".join(part for part in parts if part)[:LONGEST_TEXT_CHARACTERS]


def _vectors(texts: Sequence[str], keep: Path, steps: Steps, words: str) -> Floats:
    """Return the vectors of texts; each text is read once and kept, so that a run that was stopped goes on."""
    keep.mkdir(parents=True, exist_ok=True)
    names = [hashlib.blake2b(text.encode(), digest_size=NAME_BYTES).digest() for text in texts]
    have = _kept_names(keep)
    missing = {name: text for name, text in zip(names, texts, strict=True) if name not in have}
    if missing:
        steps.step(words, total=len(missing))
        # Texts of one length together, so that little is spent on padding.
        order = sorted(missing, key=lambda name: len(missing[name]))
        for start in range(0, len(order), TEXTS_AT_ONCE):
            some = order[start : start + TEXTS_AT_ONCE]
            vectors = meaning.embed([missing[name] for name in some]).astype(np.float16)
            # The vectors first: what is cut off between the two files was not named and is written over.
            with (keep / "vectors").open("ab") as file:
                file.truncate(len(have) * WIDTH * 2)
                file.write(vectors.tobytes())
            with (keep / "names").open("ab") as file:
                file.truncate(len(have) * NAME_BYTES)
                file.write(b"".join(some))
            have |= {name: len(have) + place for place, name in enumerate(some)}
            steps.advance(len(some))
    kept = np.memmap(keep / "vectors", dtype=np.float16, mode="r").reshape(-1, WIDTH)
    return to_length_one(kept[[have[name] for name in names]].astype(np.float32))


def _kept_names(keep: Path) -> dict[bytes, int]:
    path = keep / "names"
    told = path.read_bytes() if path.is_file() else b""
    whole = min(len(told) // NAME_BYTES, (keep / "vectors").stat().st_size // (WIDTH * 2)) if told else 0
    return {told[place * NAME_BYTES : (place + 1) * NAME_BYTES]: place for place in range(whole)}
