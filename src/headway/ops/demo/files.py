"""The demo school's files as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from headway.core import items as engine
from headway.core.library.kinds import KINDS
from headway.core.library.values import AlignmentIn, ItemIn, ResourceIn
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn, Wording
from headway.ops.demo.simulation import Course, Learner, Question, Simulated, simulate

FOLDER = Path(__file__).resolve().parents[1] / "demo_school"
SUBJECTS = ("mathematics", "english", "arts")
SOURCE = "demo"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=32)
def read(name: str) -> Any:
    """Return one file's content; an absent one is empty."""
    path = FOLDER / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=_Loader)  # noqa: S506  a safe loader, whichever is installed


# --- frameworks ------------------------------------------------------------------------------------------------------


def _competency(row: Mapping[str, Any], parent: str) -> CompetencyIn:
    return CompetencyIn(
        source_id=row["code"],
        code=row["code"],
        short=row["short"]["en"],
        statement=row["statement"]["en"],
        parent=parent,
        nature=row["kind"],
        grade_low=row["grade"],
        grade_high=row["grade"],
        wordings=tuple(
            Wording(
                language=language,
                short=row["short"][language],
                statement=row["statement"][language],
                i_can=row["i_can"][language],
            )
            for language in row["i_can"]
        ),
    )


def _heading(subject: str, row: Mapping[str, Any]) -> CompetencyIn:
    return CompetencyIn(
        source_id=f"part:{subject}:{row['id']}",
        statement=row["title"]["en"],
        short=row["title"]["en"][:80],
        is_assessable=False,
        wordings=tuple(
            Wording(language=language, short=title[:80], statement=title, i_can=title)
            for language, title in row["title"].items()
        ),
    )


def _prerequisites(name: str) -> list[LinkIn]:
    return [
        LinkIn(kind="prerequisite", origin=row["before"], target=row["after"], why={"en": row["why"]})
        for subject in SUBJECTS
        if read(f"{subject}/competencies.yaml")["framework"] == name
        for row in read(f"{subject}/competencies.yaml")["prerequisites"]
    ]


def _crosswalks() -> list[LinkIn]:
    found: dict[tuple[str, str], LinkIn] = {}
    for subject in SUBJECTS:
        for row in read(f"{subject}/competencies.yaml").get("crosswalks") or []:
            pair = (row["from"], row["to"])
            found.setdefault(pair, LinkIn(kind="crosswalk", origin=pair[0], target=pair[1], why=row["why"]))
    return list(found.values())


def frameworks() -> list[FrameworkIn]:
    """Return the academic and the arts framework; links between them stand in the second one."""
    school = read("school.yaml")
    made = []
    for name, facts in school["frameworks"].items():
        competencies: list[CompetencyIn] = []
        for subject in SUBJECTS:
            document = read(f"{subject}/competencies.yaml")
            if document["framework"] == name:
                competencies += [_heading(subject, row) for row in document["parts"]]
                competencies += [_competency(row, f"part:{subject}:{row['part']}") for row in document["competencies"]]
        competencies += [_competency(row, "") for row in facts.get("also", [])]
        made.append(
            FrameworkIn(
                source=SOURCE,
                source_id=facts["id"],
                title=facts["title"],
                subject=facts["subject"],
                creator=school["creator"],
                licence=school["licence"],
                competencies=tuple(competencies),
                links=tuple(_prerequisites(name) + (_crosswalks() if name == "arts" else [])),
            )
        )
    return made


# --- resources and questions -----------------------------------------------------------------------------------------


def _item(row: Mapping[str, Any]) -> ItemIn:
    return ItemIn(
        source_id=row["id"],
        document=engine.write_plain(row),
        language=row.get("language", "en"),
        difficulty=float(row.get("difficulty", 0)),
        competency=row.get("competency", ""),
        variant_of=row.get("variant_of", ""),
    )


def _resource(row: Mapping[str, Any], items: Iterable[Mapping[str, Any]], licence: str, creator: str) -> ResourceIn:
    low, high = row["grades"]
    return ResourceIn(
        source_id=row["id"],
        title=row["title"],
        description=row.get("description", ""),
        language=row["language"],
        kind=row["kind"],
        uses=tuple(row["uses"]),
        minutes=row["minutes"],
        screen=row["screen"],
        with_whom=row["with"],
        grade_low=low,
        grade_high=high,
        reading_level=float(row.get("reading_level", 0)),
        level=row.get("level", "usual"),
        variant_of=row.get("variant_of", ""),
        topics=tuple(row.get("topics", [])),
        careers=tuple(row.get("careers", [])),
        needs=tuple(row.get("needs", [])),
        needs_adult=needs_adult(row),
        ways_in=ways_in(row),
        accessibility=accessibility(row),
        culture=culture(row),
        community=("families",) if {"family", "community"} & set(row.get("topics", [])) else (),
        steps=tuple(row.get("steps", [])),
        text=row.get("text", ""),
        licence=licence,
        attribution=creator,
        alignments=tuple(AlignmentIn(competency=code) for code in row["competencies"]),
        items=tuple(_item(one) for one in items),
    )


# Several thousand lines would say the same: what goes without saying for a kind is worked out here, and the rest is read
# from the words that are there.
_SCREEN_WAYS = {"audio": ("unlocked", "transcript"), "video-script": ("unlocked",), "quiz": ("unlocked",)}
_HOT = ("stove", "oven", "boil", "knife", "scalpel", "horno", "hervir", "cuchillo")
_CULTURES = {
    "ar-truck-stage": "Mexican American",
    "ar-hanamichi": "Japanese",
    "ar-bomba": "Puerto Rican",
    "ma-choice-red-rods": "Chinese",
}


def ways_in(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ways in of a resource: those of its kind, and talking where it is done with others."""
    ways = KINDS[row["kind"]].ways_in
    return ways if row["with"] in {"alone", "teacher"} or "talk" in ways else (*ways, "talk")


def accessibility(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what makes a resource open to more people: text that reads aloud and grows, in order, without hurry."""
    text = ("displayTransformability", "readingOrder", "timingControl") if row["screen"] != "no" else ("largePrint",)
    return (*text, *_SCREEN_WAYS.get(row["kind"], ()))


def needs_adult(row: Mapping[str, Any]) -> bool:
    """Return whether a grown-up has to be there: where something is hot or sharp."""
    words = " ".join(row.get("needs", [])).casefold()
    return any(word in words for word in _HOT)


def culture(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return whose ways of doing things a resource shows."""
    own = _CULTURES.get(str(row["id"]).removesuffix("-es"))
    return (own,) if own else ()


def resources() -> list[ResourceIn]:
    """Return every resource with its questions."""
    school = read("school.yaml")
    by_resource: dict[str, list[Mapping[str, Any]]] = {}
    for row in item_rows():
        by_resource.setdefault(row["resource"], []).append(row)
    return [
        _resource(row, by_resource.get(row["id"], []), school["licence"], school["creator"])
        for subject in SUBJECTS
        for row in read(f"{subject}/resources.yaml")
    ]


def item_rows() -> list[Mapping[str, Any]]:
    """Return every question as it is written."""
    return [row for subject in SUBJECTS for row in read(f"{subject}/items.yaml")]


def collections() -> list[Mapping[str, Any]]:
    """Return the themed collections; `entries` are their pieces in order: (resource, section, why this one)."""
    made: list[Mapping[str, Any]] = []
    for row in read("collections.yaml"):
        entries = [
            (piece, section["name"], "") if isinstance(piece, str) else (piece[0], section["name"], piece[1])
            for section in row["sections"]
            for piece in section["pieces"]
        ]
        made.append({**row, "entries": entries, "resources": [name for name, _section, _why in entries]})
    return made


# --- the eight weeks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything the simulation needs, from the files alone."""

    learners: tuple[Learner, ...]
    courses: tuple[Course, ...]
    questions: tuple[Question, ...]
    grades: Mapping[str, int]
    closed: frozenset[tuple[int, int]]
    rules: Mapping[str, Any]


def world() -> World:
    """Return the simulation's input."""
    school, people, rules = read("school.yaml"), read("people.yaml"), read("simulation.yaml")
    grades: dict[str, int] = {}
    before: dict[str, list[str]] = {}
    for subject in SUBJECTS:
        document = read(f"{subject}/competencies.yaml")
        grades |= {row["code"]: row["grade"] for row in document["competencies"]}
        for row in document["prerequisites"]:
            before.setdefault(row["after"], []).append(row["before"])
    courses = []
    for one in school["classes"]:
        path = tuple(one["path"])
        needed = dict.fromkeys(code for skill in path for code in before.get(skill, []) if code not in path)
        courses.append(Course(id=one["id"], path=path, before=tuple(needed)))
    learners = tuple(
        Learner(
            id=row["id"],
            classes=tuple(one["id"] for one in school["classes"] if one["cohort"] == row["cohort"]),
            english=float(row["languages"].get("en", [0, 0])[0]),
            prefers=row.get("reads", "en"),
        )
        for row in people["students"]
    )
    questions = tuple(
        Question(
            id=row["id"],
            skill=row["competency"],
            difficulty=float(row.get("difficulty", 0)),
            guess=engine.guess_chance(engine.parse_item(engine.write_plain(row))),
            language=row.get("language", "en"),
        )
        for row in item_rows()
        if row["kind"] != "long_answer" and row.get("competency")
    )
    weeks = rules["weeks"]
    closed = frozenset((weeks + row["week"], row["weekday"]) for row in school["closures"] if row["week"] < 0)
    return World(
        learners=learners,
        courses=tuple(courses),
        questions=questions,
        grades=grades,
        closed=closed,
        rules=rules,
    )


@lru_cache(maxsize=4)
def eight_weeks(seed: int | None = None) -> Simulated:
    """Return what happened in the eight weeks, with the truth; another seed makes another eight weeks."""
    here = world()
    rules = here.rules if seed is None else {**here.rules, "seed": seed}
    return simulate(
        learners=here.learners,
        courses=here.courses,
        questions=here.questions,
        grades=here.grades,
        rules=rules,
        closed=here.closed,
    )


def true_mastery(seed: int | None = None) -> Mapping[tuple[str, str], float]:
    """Return the hidden chance of success by (student, skill code) at the end of the eight weeks."""
    return eight_weeks(seed).truth
