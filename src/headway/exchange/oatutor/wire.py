"""An open item pool in OATutor's form as plain values: problems of steps, each with an answer, hints and skills.

Reads the pool as one problem a line (JSON Lines), as one JSON list, or as OATutor's folders. `question` turns a step into the
document that headway.core.items reads, or says why it cannot be marked. Nothing is guessed: a problem of which one step
cannot be asked fairly is left out whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headway.core.items.document import ItemInvalid, parse_item
from headway.core.items.numbers import read_number
from headway.core.items.plain import write_plain
from headway.core.items.session import key_response, mark
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.shared import latex

SOURCE = "oatutor"
Json = dict[str, Any]

NOT_A_PROBLEM = gettext_noop(
    "Line {line}: this is not a problem in OATutor’s form: “{field}” is missing or has the wrong form."
)
NAMED_TWICE = gettext_noop("Line {line}: the problem “{name}” stands in this file twice.")

NEEDS_A_PICTURE = gettext_noop("Needs a picture that is not in the file.")
HAS_VARIABLES = gettext_noop("Has numbers that change with each showing; only fixed questions are read so far.")
NO_QUESTION = gettext_noop("Asks nothing: the step has no words.")
TOO_FEW_CHOICES = gettext_noop("Has fewer than two different choices.")
KEY_NOT_A_CHOICE = gettext_noop("The right answer is not among the choices.")
NO_ANSWER = gettext_noop("Has no answer, or several without saying which counts.")
CANNOT_BE_TYPED = gettext_noop("The answer cannot be typed on a keyboard, like a table of numbers or a drawing.")
UNKNOWN_FORM = gettext_noop("Has a form of answer that is not known here.")
LIMIT_REASON = gettext_noop("The answer is too long to be compared fairly.")

PICTURE = re.compile(r"##[^#\n]*\.(?:gif|png|jpe?g|svg)|<img|!\[|\bsee (?:the )?image\b", re.IGNORECASE)
VARIABLE = re.compile(r"@\{")
LONGEST_TYPED = 100
LONGEST_HINT = 900


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One hint, or a smaller question on the way (a scaffold) with its answer."""

    title: str
    text: str
    answer: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One question of a problem."""

    id: str
    title: str
    body: str
    problem_type: str
    answer_type: str
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    skills: tuple[str, ...] = ()
    has_variables: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem with its place in a course, and where it comes from; `line` is its place in the file."""

    id: str
    line: int
    title: str
    body: str
    course: str = ""
    lesson: str = ""
    lesson_id: str = ""
    oer: str = ""
    licence: str = ""
    steps: tuple[Step, ...] = ()
    skills: tuple[str, ...] = ()
    has_variables: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


class CannotBeAsked(RuleBroken):
    """A step that cannot be asked or marked fairly; the sentence says why."""


def parse(row: object, *, line: int) -> Problem:
    """Return the problem of one row.

    Raises RuleBroken with the line and the field where the row has another form.
    """
    if not isinstance(row, dict):
        raise RuleBroken(NOT_A_PROBLEM, line=line, field="id")
    _texts(row, line, "id")
    steps = row.get("steps")
    if not isinstance(steps, list) or not steps:
        raise RuleBroken(NOT_A_PROBLEM, line=line, field="steps")
    return Problem(
        id=row["id"],
        line=line,
        title=_text(row.get("title")),
        body=_text(row.get("body")),
        course=_text(row.get("courseName")),
        lesson=_text(row.get("lesson")),
        lesson_id=_text(row.get("lessonId")),
        oer=_text(row.get("oer")),
        licence=_text(row.get("license")),
        steps=tuple(_step(step, line) for step in steps),
        skills=_list(row.get("skills") or row.get("knowledgeComponents"), line, "skills"),
        has_variables=bool(row.get("variabilization")),
        raw=row,
    )


def build(problem: Problem) -> Json:
    """Return the row a problem came from."""
    return dict(problem.raw)


def parse_all(rows: Iterable[tuple[int, object]]) -> tuple[Problem, ...]:
    """Return all problems of (line, row) pairs; a name that stands twice is refused."""
    problems: dict[str, Problem] = {}
    steps: set[str] = set()
    for line, row in rows:
        problem = parse(row, line=line)
        if problem.id in problems:
            raise RuleBroken(NAMED_TWICE, line=line, name=problem.id)
        for step in problem.steps:
            if step.id in steps:
                raise RuleBroken(NAMED_TWICE, line=line, name=step.id)
            steps.add(step.id)
        problems[problem.id] = problem
    return tuple(problems.values())


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(row: Mapping[str, Any], line: int, *names: str) -> None:
    for name in names:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise RuleBroken(NOT_A_PROBLEM, line=line, field=name)


def _list(value: object, line: int, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
        raise RuleBroken(NOT_A_PROBLEM, line=line, field=name)
    return tuple(str(one) for one in value)


def _step(row: object, line: int) -> Step:
    if not isinstance(row, dict):
        raise RuleBroken(NOT_A_PROBLEM, line=line, field="steps")
    _texts(row, line, "id", "problemType")
    ways = row.get("tutoring") or row.get("hints") or {}
    if not isinstance(ways, dict):
        raise RuleBroken(NOT_A_PROBLEM, line=line, field="tutoring")
    given: object = ways.get("DefaultPathway") or next(iter(ways.values()), [])
    if not isinstance(given, list):
        raise RuleBroken(NOT_A_PROBLEM, line=line, field="tutoring")
    return Step(
        id=row["id"],
        title=_text(row.get("stepTitle")),
        body=_text(row.get("stepBody")),
        problem_type=row["problemType"],
        answer_type=_text(row.get("answerType")),
        answers=_list(row.get("stepAnswer"), line, "stepAnswer"),
        choices=_list(row.get("choices"), line, "choices"),
        hints=tuple(_hint(hint) for hint in _hints_once(given)),
        skills=_list(row.get("skills") or row.get("knowledgeComponents"), line, "skills"),
        has_variables=bool(row.get("variabilization")),
    )


def _hints_once(rows: Sequence[object]) -> Iterator[Mapping[str, Any]]:
    """Return every hint once: pools in the wild repeat one under the same id."""
    seen = set()
    for row in rows:
        if isinstance(row, dict):
            key = (row.get("id"), row.get("text"))
            if key not in seen:
                seen.add(key)
                yield row


def _hint(row: Mapping[str, Any]) -> Hint:
    answers = row.get("hintAnswer")
    choices = row.get("choices")
    return Hint(
        title=_text(row.get("title")),
        text=_text(row.get("text")),
        answer=str(answers[0]) if isinstance(answers, list) and answers else "",
        choices=tuple(str(one) for one in choices) if isinstance(choices, list) else (),
    )


# --- as questions ----------------------------------------------------------------------------------------------------


def skill_words(skill: str) -> str:
    """Return a skill's name as words: the last part of an address, without underscores."""
    name = skill.rstrip("/").rsplit("/", 1)[-1] if skill.startswith("http") else skill
    return re.sub(r"\s+", " ", name.replace("**", "^").replace("_", " ")).strip()


def lesson_words(lesson: str) -> str:
    """Return a lesson's name without its number."""
    return re.sub(r"^\s*(?:lesson\s+)?[\d.]+\s*[-–:.]?\s*", "", lesson, flags=re.IGNORECASE).strip() or lesson


def document(problem: Problem, step: Step, *, language: str = "en") -> Json:
    """Return the question a step asks, in the plain form of headway.core.items.plain.

    Raises CannotBeAsked with the reason where it cannot be asked or marked fairly.
    """
    if problem.has_variables or step.has_variables or VARIABLE.search(problem.body + step.title + step.body):
        raise CannotBeAsked(HAS_VARIABLES)
    if PICTURE.search("\n".join((problem.title, problem.body, step.title, step.body, *step.choices))):
        raise CannotBeAsked(NEEDS_A_PICTURE)
    prompt = "\n".join(part for part in (latex.readable(step.title), latex.readable(step.body)) if part)
    passage = latex.readable(problem.body)
    if not prompt:
        prompt, passage = passage or latex.readable(problem.title), ""
    if not prompt:
        raise CannotBeAsked(NO_QUESTION)
    made: Json = {"id": step.id, "language": language, "prompt": prompt, **_answer(step)}
    if passage and passage != prompt:
        made["passage"] = passage
    hints = [words for words in (_hint_words(hint) for hint in step.hints) if words]
    if hints:
        made["hints"] = hints
    return _proved(made)


def _answer(step: Step) -> Json:
    if len(step.answers) != 1 or not step.answers[0].strip():
        raise CannotBeAsked(NO_ANSWER)
    answer = step.answers[0].strip()
    if step.problem_type == "MultipleChoice":
        return _choices(step, answer)
    if step.problem_type != "TextBox" or step.answer_type not in ("arithmetic", "string", "numeric"):
        raise CannotBeAsked(UNKNOWN_FORM)
    typed = latex.typed(answer)
    if not typed or r"\begin" in answer or "\n" in typed:
        raise CannotBeAsked(CANNOT_BE_TYPED)
    if len(typed) > LONGEST_TYPED:
        raise CannotBeAsked(LIMIT_REASON)
    number = _number(typed)
    if number is not None:
        return {"kind": "number", "answer": number}
    if step.answer_type == "string":
        return _written(answer, typed)
    if re.search(r"[∫∑∏√∂∇→⇒]", typed):
        raise CannotBeAsked(CANNOT_BE_TYPED)
    return {"kind": "short_text", "compare": "algebra", "accepted": _once(typed, answer.replace("$$", ""))}


def _number(typed: str) -> float | None:
    """Return the value of a bare number; a number with a unit, or one that reads in two ways, stays text."""
    simple = re.fullmatch(r"\(?(-?\d+)\)?/\(?(\d+)\)?", typed)
    found = read_number(f"{simple[1]}/{simple[2]}" if simple else typed)
    if simple and found is not None:
        return float(found[0])
    if found is None or found[1] or not re.fullmatch(r"[-+]?[\d\s.,/()]+", typed):
        return None
    if re.search(r"[()]", typed) or ("," in typed and not re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", typed)):
        return None
    value = float(found[0])
    # The engine forgives a billionth; what is smaller than that is compared as written.
    return value if value == 0 or abs(value) >= 1e-6 else None


def _written(answer: str, typed: str) -> Json:
    """Return a short text: brackets of an interval count, so intervals are compared as written; points as algebra."""
    is_interval = bool(re.search(r"\[|\]|inf|∞|\bU\b|&", typed))
    is_maths = bool(re.fullmatch(r"[\s\d.,+\-*/^()=a-z|<>]*", typed)) and bool(re.search(r"\d", typed))
    tight = re.sub(r"\s+", "", typed)
    airy = re.sub(r",", ", ", tight)
    accepted = _once(typed, answer.replace("$$", ""), tight, airy)
    if is_interval:
        accepted = _once(*accepted, *(form.replace("inf", "∞") for form in accepted))
    return {
        "kind": "short_text",
        "compare": "algebra" if is_maths and not is_interval and len(tight) > 1 else "words",
        "accepted": accepted,
    }


def _choices(step: Step, answer: str) -> Json:
    texts = list(dict.fromkeys(step.choices))
    if answer not in [text.strip() for text in texts]:
        raise CannotBeAsked(KEY_NOT_A_CHOICE)
    shown = [latex.readable(text) for text in texts]
    if len(texts) < 2 or len(set(shown)) != len(shown) or not all(shown):
        raise CannotBeAsked(TOO_FEW_CHOICES)
    return {
        "kind": "one_choice",
        "choices": [
            {"id": chr(ord("a") + place), "text": text, **({"right": True} if source.strip() == answer else {})}
            for place, (source, text) in enumerate(zip(texts, shown, strict=True))
        ],
    }


def _hint_words(hint: Hint) -> str:
    """Return a hint as one text; a scaffold asks, offers its choices and then says its answer."""
    if PICTURE.search(hint.text) or VARIABLE.search(hint.text + hint.title):
        return ""
    title, text = latex.readable(hint.title), latex.readable(hint.text)
    parts = (
        [text or title] if not title or title.casefold() in text.casefold() else [f"{title}: {text}" if text else title]
    )
    if hint.choices:
        parts.append(" / ".join(latex.readable(choice) for choice in hint.choices))
    if hint.answer:
        parts.append(f"→ {latex.readable(hint.answer)}")
    return "\n".join(parts)[:LONGEST_HINT].strip()


def _once(*forms: str) -> list[str]:
    return list(dict.fromkeys(form.strip() for form in forms if form.strip()))


def _proved(made: Json) -> Json:
    """Return the question when the engine reads it and marks its own key as right."""
    try:
        item = parse_item(write_plain(made))
    except ItemInvalid as problem:
        raise CannotBeAsked(problem.sentence, **problem.facts) from problem
    if not mark(item, key_response(item)).is_right:
        raise CannotBeAsked(CANNOT_BE_TYPED)
    return made
