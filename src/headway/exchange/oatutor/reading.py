"""Takes an open item pool in OATutor's form in: problems become practice sets of a few questions to one skill."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.core.library.alignment import Suggestion, suggest
from headway.core.library.values import AlignmentIn, ResourceIn
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.oatutor import wire
from headway.exchange.shared.arriving import source_of
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport, NoSteps, Steps
from headway.exchange.shared.packages import lines_of, parse_json, read_text
from headway.exchange.shared.question_documents import plain_question
from headway.records.standards import queries as frameworks

if TYPE_CHECKING:
    from headway.records.library.models import Delivery
    from headway.records.roster.models import Organisation, Person

LARGEST_MEBIBYTES = 300
MOST_QUESTIONS_IN_A_SET = 6
MINUTES_PER_QUESTION, LEAST_MINUTES, MOST_MINUTES = 3, 10, 20
# A skill's name says more than a lesson's; what is only known by its lesson is suggested with a little less confidence.
LESSON_CONFIDENCE = 0.9
LICENCE = "CC BY 4.0"
LANGUAGES = {"Matematik 4": "sv"}
GRADES = {
    "OpenStax: Elementary Algebra": (6, 10),
    "Solid Foundations: Algebra": (7, 10),
    "SJSU 1018": (7, 11),
    "SJSU 1019S": (8, 12),
    "OpenStax: Intermediate Algebra": (8, 12),
}
OLDER = (9, 12)

WRITING_QUESTIONS = gettext_noop("Making questions and marking their keys")
NO_FRAMEWORK = gettext_noop(
    "There is no framework called “{name}”. “headway import case” or “headway import responses” brings one."
)
EMPTY_POOL = gettext_noop("There is no problem in this pool.")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A problem with its questions, all of them markable."""

    problem: wire.Problem
    documents: tuple[dict[str, Any], ...]
    language: str


def take_file(
    path: Path,
    *,
    by: Person | None,
    at: datetime,
    framework: str = "",
    courses: Sequence[str] = (),
    name: str = "",
    school: Organisation | None = None,
    delivery: Delivery | None = None,
    steps: Steps | None = None,
) -> ImportReport:
    """Take in a pool; the same pool again changes nothing.

    `framework` (a number, an id or a title) names the framework whose competencies are suggested for the sets by the words of
    their skill names; `courses` keeps only those courses. A problem with a question that cannot be asked fairly is left
    out whole and counted with its reason. Raises FileRefused with the line where the file is broken.
    """
    facts: dict[str, object] = {}
    targets = _targets(framework) if framework else {}
    # Where a person waits on a page the import itself has to say that the file is broken; else it is refused before it begins.
    problems = _wanted(path, courses) if delivery is None else ()
    return deliver(
        _rows_of_pool(path, problems, courses=courses, targets=targets, facts=facts, steps=steps or NoSteps()),
        standard="OATutor",
        source=source_of(wire.SOURCE, school),
        name=name or path.name,
        by=by,
        at=at,
        school=school,
        delivery=delivery,
        competencies={key: int(key) for key in targets},
        facts=facts,
        steps=steps,
    )


def _rows_of_pool(
    path: Path,
    problems: tuple[wire.Problem, ...],
    *,
    courses: Sequence[str],
    targets: Mapping[str, str],
    facts: dict[str, object],
    steps: Steps,
) -> Iterator[ResourceIn | RowRefused]:
    problems = problems or _wanted(path, courses)
    steps.step(WRITING_QUESTIONS, total=len(problems))
    asked: list[_Asked] = []
    for one in _asked(problems, steps):
        if isinstance(one, RowRefused):
            yield one
        else:
            asked.append(one)
    sets = _sets(asked)
    suggestions = suggest(_names(sets), targets) if targets else {}
    kinds: Counter[str] = Counter()
    aligned = 0
    competencies: set[str] = set()
    for key, members in sets.items():
        row = _resource(key, members, suggestions)
        kinds.update(document["kind"] for one in members for document in one.documents)
        aligned += bool(row.alignments)
        competencies.update(entry.competency for entry in row.alignments)
        yield row
    facts |= {
        "problems": len(problems),
        "problems_taken": len(asked),
        "problems_refused": len(problems) - len(asked),
        "questions": sum(kinds.values()),
        "questions_by_kind": dict(kinds.most_common()),
        "sets": len(sets),
        "sets_aligned": aligned,
        "competencies_with_a_set": len(competencies),
    }


# --- reading ---------------------------------------------------------------------------------------------------------


def _wanted(path: Path, courses: Sequence[str]) -> tuple[wire.Problem, ...]:
    problems = _problems(path)
    if courses:
        wanted = {course.casefold() for course in courses}
        problems = tuple(problem for problem in problems if problem.course.casefold() in wanted)
    if not problems:
        raise FileRefused(EMPTY_POOL)
    return problems


def _problems(path: Path) -> tuple[wire.Problem, ...]:
    try:
        return wire.parse_all(_folder_rows(path) if path.is_dir() else _rows(path))
    except FileRefused:
        raise
    except RuleBroken as problem:
        line = problem.facts.get("line")
        raise FileRefused(problem.sentence, place=f"line {line}", **problem.facts) from problem


def _rows(path: Path) -> Iterator[tuple[int, object]]:
    text = read_text(path, mebibytes=LARGEST_MEBIBYTES)
    if text.lstrip()[:1] == "[":
        yield from enumerate(parse_json(text), start=1)
        return
    for line, row in lines_of(text):
        if row.strip():
            yield line, parse_json(row, first_line=line)


def _folder_rows(path: Path) -> Iterator[tuple[int, object]]:
    """Read OATutor's own folders: a folder a problem, below it a folder a step with its tutoring."""
    for number, folder in enumerate(sorted(child for child in path.iterdir() if child.is_dir()), start=1):
        head = folder / f"{folder.name}.json"
        if not head.is_file():
            continue
        problem = parse_json(read_text(head))
        steps = []
        for step_folder in sorted((folder / "steps").glob("*")):
            step = parse_json(read_text(step_folder / f"{step_folder.name}.json"))
            pathway = step_folder / "tutoring" / f"{step_folder.name}DefaultPathway.json"
            hints = parse_json(read_text(pathway)) if pathway.is_file() else []
            steps.append({**step, "tutoring": {"DefaultPathway": hints}} if isinstance(step, dict) else step)
        yield number, {**problem, "steps": steps} if isinstance(problem, dict) else problem


def _targets(name: str) -> dict[str, str]:
    """Return the words of the framework's competencies by their ids."""
    found = frameworks.framework_named(name)
    if found is None:
        raise FileRefused(NO_FRAMEWORK, name=name)
    return {str(row.pk): row.statement for row in frameworks.competencies_of(found) if row.is_assessable}


def _asked(problems: Sequence[wire.Problem], steps: Steps) -> Iterator[_Asked | RowRefused]:
    for problem in problems:
        steps.advance()
        language = LANGUAGES.get(problem.course, "en")
        try:
            documents = tuple(wire.document(problem, step, language=language) for step in problem.steps)
        except wire.CannotBeAsked as reason:
            # Steps build on each other, so half a problem would ask for what was never found out.
            yield RowRefused(place=problem.id, sentence=reason.sentence, facts=reason.facts)
            continue
        yield _Asked(problem=problem, documents=documents, language=language)


# --- practice sets ---------------------------------------------------------------------------------------------------


def _skills(problem: wire.Problem) -> tuple[str, ...]:
    return problem.skills or tuple(dict.fromkeys(skill for step in problem.steps for skill in step.skills))


def _sets(asked: Sequence[_Asked]) -> dict[str, list[_Asked]]:
    """Return practice sets: problems of one lesson to the same skills, six questions at most; a problem is never split."""
    groups: dict[str, list[_Asked]] = defaultdict(list)
    for one in asked:
        key = "\x1f".join((one.problem.lesson_id or one.problem.lesson, *_skills(one.problem)))
        groups[hashlib.blake2b(key.encode(), digest_size=10).hexdigest()].append(one)
    sets: dict[str, list[_Asked]] = {}
    for key, members in groups.items():
        number, count = 1, 0
        for one in members:
            if count and count + len(one.documents) > MOST_QUESTIONS_IN_A_SET:
                number, count = number + 1, 0
            sets.setdefault(f"{key}-{number}", []).append(one)
            count += len(one.documents)
    return sets


def _set_names(members: Sequence[_Asked]) -> tuple[str, ...]:
    """Return the words a set is known by: its skills, else its lesson."""
    problem = members[0].problem
    return tuple(wire.skill_words(skill) for skill in _skills(problem)) or (wire.lesson_words(problem.lesson),)


def _names(sets: Mapping[str, Sequence[_Asked]]) -> list[str]:
    return list(dict.fromkeys(name for members in sets.values() for name in _set_names(members)))


def _alignments(members: Sequence[_Asked], suggestions: Mapping[str, Sequence[Suggestion]]) -> tuple[AlignmentIn, ...]:
    share = 1.0 if _skills(members[0].problem) else LESSON_CONFIDENCE
    best: dict[str, Suggestion] = {}
    for name in _set_names(members):
        for one in suggestions.get(name, ()):
            if one.target not in best or one.confidence > best[one.target].confidence:
                best[one.target] = one
    ranked = sorted(best.values(), key=lambda one: (-one.confidence, one.target))
    return tuple(
        AlignmentIn(
            competency=one.target,
            confidence=round(one.confidence * share, 3),
            status="suggested",
            source="words",
            because=", ".join(one.words)[:300],
        )
        for one in ranked
    )


def _resource(key: str, members: Sequence[_Asked], suggestions: Mapping[str, Sequence[Suggestion]]) -> ResourceIn:
    problem, language = members[0].problem, members[0].language
    name = _set_names(members)[0]
    number = key.rsplit("-", 1)[1]
    documents = [document for one in members for document in one.documents]
    low, high = GRADES.get(problem.course, OLDER)
    minutes = min(MOST_MINUTES, max(LEAST_MINUTES, round(len(documents) * MINUTES_PER_QUESTION / 5) * 5))
    only_choices = all(document["kind"] == "one_choice" for document in documents)
    return ResourceIn(
        source_id=key,
        title=f"{name[:1].upper()}{name[1:]} · {number}"[:300],
        description=" · ".join(part for part in (problem.lesson, problem.course) if part),
        language=language,
        kind="quiz" if only_choices else "practice",
        minutes=minutes,
        grade_low=low,
        grade_high=high,
        # Short sums are read by anybody; in another language than English they need a reader of it.
        reading_level=0.0 if language == "en" else float(low - 2),
        topics=(name[:60].casefold(),),
        url=problem.oer.split(" ", 1)[0] if problem.oer.startswith("http") else "",
        licence=LICENCE,
        attribution=_attribution(problem),
        alignments=_alignments(members, suggestions),
        items=tuple(plain_question(document, source_id=document["id"], language=language) for document in documents),
        **_way_of_working(key),
    )


def _way_of_working(key: str) -> dict[str, Any]:
    """Return how a set is worked on. The same questions serve at a screen, on paper, or with a partner on paper.

    A week needs all three (screen minutes have a cap, minutes with others a floor), so each set gets one by its name,
    which stays the same when the pool grows: half at a screen, a third for two, the rest alone on paper.
    """
    draw = hashlib.blake2b(key.encode(), digest_size=1).digest()[0] % 6
    if draw < 3:
        return {"screen": "either", "with_whom": "alone", "uses": ("essential", "review", "stretch", "choice")}
    if draw < 5:
        return {
            "screen": "no",
            "with_whom": "pair",
            "uses": ("essential", "group", "review", "stretch", "choice", "paper"),
            "steps": (
                "Work with a partner, on paper.",
                "Take turns: one explains the next step aloud, the other writes it down.",
                "Compare with the answers together and mend what differs.",
            ),
        }
    return {
        "screen": "no",
        "with_whom": "alone",
        "uses": ("essential", "review", "stretch", "choice", "paper"),
        "steps": ("Work on paper and show each step.", "Then type your answers and see which are right."),
    }


def _attribution(problem: wire.Problem) -> str:
    """Return whom to thank; the licence asks to name the authors and that something was changed."""
    after = ", after OpenStax" if "openstax" in problem.oer.casefold() else ""
    return f"OATutor (CAHLR, UC Berkeley){after}. Formulas rewritten as text."[:300]
