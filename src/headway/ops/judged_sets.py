"""Questions with the answers that people gave, and what can be found for them, read from files by their fields.

A set is known by what its rows hold (`query` with `relevant` or `relevant_skills`), a corpus by the ids that the answers name:
a file that nobody here has seen runs as well if it has the same form. What would give an answer away is not read: a lesson's
own misconceptions, ids, and the topics of contents where the question is the topic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.shared.packages import bare_name, lines_of, parse_json, read_text

# Where the answers of the judged sets lie, seen from the folder above; each is looked at only while answers are missing.
CORPORA = (
    "resources/oak/oak_lessons.jsonl.zst",
    "resources/khan/khan_topics_videos_exercises.jsonl.zst",
    "resources/openstax/openstax_modules.jsonl.zst",
    "standards/ccss/allenai_achieve_the_core_standards.jsonl.zst",
    "standards/ccss/ccss_math_coherence_standards.jsonl.zst",
    "resources/library_all.jsonl.zst",
)
SKILLS = "resources/oatutor/defaultBKTParams.json.zst"
ENOUGH = 0.5
# Only what can be assessed is suggested; a heading is found through what lies below it.
HEADINGS = frozenset({"Cluster", "Domain", "Grade", "HS Category"})
ABOVE = ("Standard", "Cluster", "Domain")
LONGEST_TEXT_CHARACTERS = 1200
NO_SETS = gettext_noop(
    "There is no judged set in {path}. A set is a file of JSON lines with “query” and “relevant” in each."
)


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """What can be found: ids, and each one's text by field."""

    name: str
    ids: tuple[str, ...]
    documents: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class JudgedSet:
    """Questions, the ids of their right answers, and a key that questions of one problem share."""

    name: str
    questions: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    language: str
    corpus: Corpus
    is_about_skills: bool
    has_halves: bool
    left_out: str = ""


@dataclass
class _Corpora:
    """Corpora as they were read, so that two sets share one."""

    folder: Path
    read: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self, name: str) -> list[dict[str, Any]]:
        if name not in self.read:
            path = self.folder / name
            self.read[name] = list(_rows(path)) if path.is_file() else []
        return self.read[name]


def judged_sets(folder: Path) -> Iterator[JudgedSet]:
    """Yield every judged set of a folder; raises RuleBroken where there is none.

    The corpora are sought in the folder itself and in the one above.
    """
    beside = folder if (folder / "resources").is_dir() else folder.parent
    corpora = _Corpora(folder=beside)
    count = 0
    for path in sorted([*folder.glob("*.jsonl*"), *(folder / "relevance").glob("*.jsonl*")]):
        rows = list(_rows(path))
        if not rows or "query" not in rows[0] or not ({"relevant", "relevant_skills"} & rows[0].keys()):
            continue
        for language, some in _by_language(rows).items():
            count += 1
            yield _judged(bare_name(path), language, some, corpora)
    khan = corpora.rows(CORPORA[1])
    if khan:
        yield _exercises_to_videos(khan)
    if not count:
        raise RuleBroken(NO_SETS, path=str(folder))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line, text in lines_of(read_text(path, mebibytes=500)):
        if text.strip():
            row = parse_json(text, first_line=line)
            if isinstance(row, dict):
                yield row


def _by_language(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row.get("query_lang") or "en"), []).append(row)
    return found


def _judged(name: str, language: str, rows: Sequence[dict[str, Any]], corpora: _Corpora) -> JudgedSet:
    is_about_skills = "relevant_skills" in rows[0]
    answers = [
        tuple(str(one) for one in row.get("relevant_skills" if is_about_skills else "relevant") or ()) for row in rows
    ]
    asks_by_topic = any("query_path" in row for row in rows)
    wanted = {one for some in answers for one in some}
    if is_about_skills:
        corpus: Corpus | None = _skills(corpora.folder / SKILLS, wanted)
    else:
        corpus = _corpus(wanted, corpora, topics_are_read=not asks_by_topic)
    return JudgedSet(
        name=name if language == "en" else f"{name} ({language})",
        questions=tuple(_question(row, language) for row in rows),
        answers=tuple(answers),
        groups=tuple(str(row.get("problem") or row.get("query_id") or place) for place, row in enumerate(rows)),
        language=language,
        corpus=corpus or Corpus(name="", ids=(), documents=()),
        is_about_skills=is_about_skills or (corpus is not None and "standards/" in corpus.name),
        has_halves=name.endswith("_dev"),
    )


def _question(row: Mapping[str, Any], language: str) -> str:
    """Return what is asked. In another language that is the title alone, as somebody would type it."""
    said = str(row.get("query_description") or "") if language == "en" else ""
    return ". ".join(part for part in (str(row["query"]).strip(), said.strip()) if part)


def _corpus(wanted: set[str], corpora: _Corpora, *, topics_are_read: bool) -> Corpus | None:
    for name in CORPORA:
        rows = corpora.rows(name)
        by_id = {str(row.get("id") or row.get("code") or ""): row for row in rows}
        if not by_id or len(wanted & by_id.keys()) < ENOUGH * len(wanted):
            continue
        kinds = Counter(_kind(by_id[one]) for one in wanted & by_id.keys())
        languages = {str(by_id[one].get("lang") or "") for one in wanted & by_id.keys()}
        kept = {
            key: row
            for key, row in by_id.items()
            if _kind(row) in kinds and _kind(row) not in HEADINGS and str(row.get("lang") or "") in languages
        }
        documents = tuple(_document(row, by_id, topics_are_read=topics_are_read) for row in kept.values())
        return Corpus(name=name, ids=tuple(kept), documents=documents)
    return None


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("level") or row.get("type") or "")


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ". ".join(_text(one) for one in value)
    return str(value or "")


def _document(
    row: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], *, topics_are_read: bool
) -> dict[str, str]:
    if "level" in row:
        above = []
        parent = by_id.get(str(row.get("parent") or ""))
        while parent is not None:
            if _kind(parent) in ABOVE:
                above.append(str(parent.get("description") or ""))
            parent = by_id.get(str(parent.get("parent") or ""))
        return {"statement": str(row.get("description") or ""), "above": ". ".join(above)}
    says = [row.get(name) for name in ("outcome", "description", "abstract", "key_learning_points")]
    topics = _text(row.get("topic_paths")).replace(" > ", ". ") if topics_are_read else ""
    return {
        "title": _text(row.get("title")),
        "says": ". ".join(_text(one) for one in says if one),
        "keywords": _text(row.get("keywords")),
        "topics": topics,
        "text": str(row.get("text") or "")[:LONGEST_TEXT_CHARACTERS],
    }


def skill_words(skill: str) -> str:
    """Return a skill's name as words: `add_fractions_in_openstax_algebra` is about adding fractions."""
    return re.sub(r"_", " ", re.sub(r"_(?:in_)?openstax.*", "", skill)).strip()


def _skills(path: Path, wanted: set[str]) -> Corpus:
    known = parse_json(read_text(path)) if path.is_file() else {}
    ids = sorted({*wanted, *(str(name) for name in known)})
    return Corpus(
        name=SKILLS, ids=tuple(ids), documents=tuple({"statement": skill_words(one), "above": ""} for one in ids)
    )


def _exercises_to_videos(rows: Sequence[dict[str, Any]]) -> JudgedSet:
    """Return a stand-in: which videos go with an exercise? Those that its makers put into the same topic, ten at most.

    The links between exercises and videos were taken out of the data, so this is our own reading. Topics are not read here,
    because they are the answer.
    """
    videos = [row for row in rows if row.get("type") == "video"]
    inside: dict[str, list[str]] = {}
    for row in videos:
        for path in row.get("paths") or ():
            inside.setdefault(str(path).rstrip("/").rpartition("/")[0], []).append(str(row["id"]))
    asked, answers = [], []
    for row in rows:
        if row.get("type") != "exercise":
            continue
        folders = {str(path).rstrip("/").rpartition("/")[0] for path in row.get("paths") or ()}
        right = sorted({one for folder in folders for one in inside.get(folder, ())})
        if 1 <= len(right) <= 10:
            asked.append(row)
            answers.append(tuple(right))
    documents = tuple(_document(row, {}, topics_are_read=False) for row in videos)
    return JudgedSet(
        name="khan_exercise_to_videos_of_its_topic_dev",
        questions=tuple(
            ". ".join(part for part in (_text(row.get("title")), _text(row.get("description"))) if part)
            for row in asked
        ),
        answers=tuple(answers),
        groups=tuple(str(row["id"]) for row in asked),
        language="en",
        corpus=Corpus(name=CORPORA[1], ids=tuple(str(row["id"]) for row in videos), documents=documents),
        is_about_skills=False,
        has_halves=True,
    )
