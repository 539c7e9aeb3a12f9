"""A log of answers as plain values: who answered what, right or not, in which order or when, and the skill it asked for.

Two forms are read. A table with a header (CSV, tab or semicolon), one row an answer and a skill; the columns are found by the
names that public logs use. And the form of the knowledge-tracing literature: three lines a student (how many answers, their
skill numbers, right or wrong), with the skills' names in a second file.

A log writes an answer that asks for m skills m times. Such rows are one answer again here, with m skills.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.response_log.columns import JOINTS, RIGHT, WRONG, places_of, skill_keys

SOURCE = "response-log"

WRONG_WIDTH = gettext_noop("Line {line}: {found} values, but the header names {wanted} columns.")
NOT_RIGHT_OR_WRONG = gettext_noop("Line {line}: “{value}” is neither right (1) nor wrong (0) nor a share between them.")
NO_STUDENT = gettext_noop("Line {line}: the student is missing.")
NOT_A_NUMBER = gettext_noop("Line {line}: “{value}” is not a whole number.")
NOT_A_TIME = gettext_noop("Line {line}: “{value}” is not a date and time.")
WRONG_COUNT = gettext_noop("Line {line}: {found} values, but the student has {wanted} answers.")
CUT_OFF = gettext_noop("Line {line}: the file ends in the middle of a student.")
BROKEN_TABLE = gettext_noop("Line {line}: this is not a table ({problem}).")
NO_ANSWERS = gettext_noop("There are no answers in this file.")
NAMES_TWICE = gettext_noop("Line {line}: the skill “{key}” has two names.")
BAD_NAMES = gettext_noop("Line {line}: a line of the skill names needs a number and a name.")

NO_SKILL = gettext_noop("Names no skill, so it says nothing about one.")

NEEDED = ("student", "correct", "skill")
# Seconds since 1970 are above this; smaller figures count from the first event of the log and only give the order.
FIRST_EPOCH_SECOND = 300_000_000


class Answer(NamedTuple):
    """One answer, whatever number of skills it asks for; `score` is 1 for right. `key` names it among the student's."""

    key: str
    item: str
    score: float
    skills: tuple[str, ...]
    order: float
    at: datetime | None
    hints: int


@dataclass(frozen=True, kw_only=True)
class Student:
    """One student's answers in order; `number` is the place in the file, from 1."""

    key: str
    number: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True)
class Log:
    """A whole log. `rows` is what the file holds, `without_skill` are the answers nobody can place."""

    students: tuple[Student, ...]
    skills: Mapping[str, str]
    rows: int
    without_skill: int
    repeated: int
    has_times: bool

    @property
    def answers(self) -> int:
        """How many answers there are, each counted once."""
        return sum(len(student.answers) for student in self.students)


def skill_names(text: str) -> dict[str, str]:
    """Return names by number from a list such as "31<tab>Circumference"."""
    names: dict[str, str] = {}
    delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
    for line, row in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < 2 or not row[1].strip():
            raise RuleBroken(BAD_NAMES, line=line)
        key, name = row[0].strip(), re.sub(r"\s+", " ", row[1]).strip()
        if names.get(key, name) != name:
            raise RuleBroken(NAMES_TWICE, line=line, key=key)
        names[key] = name
    return names


def parse(text: str, *, names: Mapping[str, str] | None = None, columns: Mapping[str, str] | None = None) -> Log:
    """Return the log a text holds; `names` are the skills' names, `columns` say which column holds which part.

    Raises RuleBroken with the line where the text is neither a table of answers nor in sequence form.
    """
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if re.fullmatch(r"\s*\d+\s*,?\s*", first) and not columns:
        log = _sequences(lines, names or {})
    else:
        log = _table(lines, names or {}, columns or {})
    if not log.students:
        raise RuleBroken(NO_ANSWERS)
    return log


# --- three lines a student -------------------------------------------------------------------------------------------


def _values(line: str) -> list[str]:
    return [value.strip() for value in line.strip().rstrip(",").split(",")] if line.strip() else []


def _sequences(lines: Sequence[str], names: Mapping[str, str]) -> Log:
    """Read counts, skills and answers of one student after another.

    The form has no ids. A student's name is made from the first student of the file and the own answers, so neither another
    file name nor students added at the end make new people, and short alike answers in two files stay two people; of two
    students with the very same answers in one file the second gets a number.
    """
    used = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    origin = "|".join(line.strip() for _number, line in used[:3])
    students: list[Student] = []
    skills: dict[str, str] = {}
    seen: Counter[str] = Counter()
    rows = repeated = 0
    for place in range(0, len(used), 3):
        block = used[place : place + 3]
        line, written = block[0]
        count = written.strip().rstrip(",").strip()
        if not count.isdecimal():
            raise RuleBroken(NOT_A_NUMBER, line=line, value=count[:40])
        if len(block) < 3:
            raise RuleBroken(CUT_OFF, line=block[-1][0])
        asked, given = _values(block[1][1]), _values(block[2][1])
        for (at_line, _text), values in ((block[1], asked), (block[2], given)):
            if len(values) != int(count):
                raise RuleBroken(WRONG_COUNT, line=at_line, found=len(values), wanted=int(count))
        for skill in asked:
            if not skill.lstrip("-").isdecimal():
                raise RuleBroken(NOT_A_NUMBER, line=block[1][0], value=skill[:40])
            if skill not in skills:
                skills[skill] = names.get(skill, f"Skill {skill}")
        scores = [_score(value, block[2][0]) for value in given]
        answers = tuple(_one_answer_again(asked, scores))
        rows += len(asked)
        repeated += len(asked) - len(answers)
        made = hashlib.blake2b(
            "|".join((origin, block[1][1].strip(), block[2][1].strip())).encode(), digest_size=10
        ).hexdigest()
        seen[made] += 1
        key = made if seen[made] == 1 else f"{made}-{seen[made]}"
        if answers:
            students.append(Student(key=key, number=place // 3 + 1, answers=answers))
    return Log(students=tuple(students), skills=skills, rows=rows, without_skill=0, repeated=repeated, has_times=False)


def _one_answer_again(asked: Sequence[str], scores: Sequence[float]) -> Iterator[Answer]:
    """Join the rows of one answer to several skills.

    Rows of one answer stand together, have different skills and the same result, and their skills come again and again as
    the same run (8,4 8,4 8,4). Only a run that repeats with equal results inside each round is taken for one answer; a
    single pair is left as two, because nothing shows that it was one.
    """
    place, count = 0, len(asked)
    while place < count:
        width = _width_of_run(asked, scores, place)
        run = tuple(dict.fromkeys(asked[place : place + width]))
        yield Answer(key=str(place), item="", score=scores[place], skills=run, order=float(place), at=None, hints=0)
        place += width


def _width_of_run(asked: Sequence[str], scores: Sequence[float], place: int) -> int:
    for width in (2, 3, 4):
        run = asked[place : place + width]
        if len(set(run)) != width:
            break
        if len(set(scores[place : place + width])) != 1:
            continue
        is_again = [
            asked[start : start + width] == run and len(set(scores[start : start + width])) == 1
            for start in (place - width, place + width)
            if start >= 0
        ]
        if any(is_again):
            return width
    return 1


# --- one row an answer and a skill -----------------------------------------------------------------------------------


def _delimiter(line: str) -> str:
    return max(",\t;|", key=line.count)


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    delimiter = _delimiter(next((line for line in lines if line.strip()), ","))
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as problem:
        raise RuleBroken(BROKEN_TABLE, line=reader.line_num, problem=str(problem)) from problem


class _Row(NamedTuple):
    item: str
    score: float
    skills: tuple[str, ...]
    order: float
    at: datetime | None
    hints: int


def _table(lines: Sequence[str], names: Mapping[str, str], chosen: Mapping[str, str]) -> Log:
    rows = ((line, row) for line, row in _rows(lines) if any(cell.strip() for cell in row))
    header = next(rows, None)
    if header is None:
        raise RuleBroken(NO_ANSWERS)
    columns = places_of(header[1], chosen, needed=NEEDED)
    width = len(header[1])
    start = list(islice(rows, 1))
    answers: dict[str, dict[str, _Row]] = {}
    skills: dict[str, str] = {}
    count = without_skill = repeated = 0
    has_times = False
    texts: dict[str, str] = {}

    def cell(row: Sequence[str], part: str) -> str:
        written = (row[place].strip() for place in columns.get(part, ()))
        text = JOINTS.get(part, "").join(text for text in written if text)
        return texts.setdefault(text, text)

    for line, row in chain(start, rows):
        if len(row) != width:
            raise RuleBroken(WRONG_WIDTH, line=line, found=len(row), wanted=width)
        count += 1
        student = cell(row, "student")
        if not student:
            raise RuleBroken(NO_STUDENT, line=line)
        score = _score(cell(row, "correct"), line)
        at, seconds = _time(cell(row, "time"), line)
        has_times = has_times or at is not None
        written = cell(row, "order")
        order = _number(written, line) if written else seconds
        asked = skill_keys(cell(row, "skill"), names, skills)
        if not asked:
            without_skill += 1
            continue
        own = answers.setdefault(student, {})
        item = cell(row, "item")
        key = _answer_key(written, seconds, item, own, score, asked)
        have = own.get(key)
        if have is None:
            hints = cell(row, "hints")
            own[key] = _Row(item, score, asked, order, at, int(_number(hints, line)) if hints else 0)
        else:
            repeated += 1
            own[key] = have._replace(skills=tuple(dict.fromkeys((*have.skills, *asked))))
    students = tuple(
        Student(
            key=student,
            number=number,
            answers=tuple(
                Answer(key, row.item, row.score, row.skills, row.order, row.at, row.hints)
                for key, row in sorted(own.items(), key=lambda entry: (_moment(entry[1].at), entry[1].order))
            ),
        )
        for number, (student, own) in enumerate(answers.items(), start=1)
    )
    return Log(
        students=students,
        skills=skills,
        rows=count,
        without_skill=without_skill,
        repeated=repeated,
        has_times=has_times,
    )


def _answer_key(
    written: str, seconds: float, item: str, own: dict[str, _Row], score: float, asked: Sequence[str]
) -> str:
    """Return what names an answer among its student's: rows with one order number, or one item and time, are one answer.

    Where there is neither, a row right after another of the same item and result with a new skill is the same answer.
    """
    if written:
        return f"{written}:{item}"
    if seconds:
        return f"@{seconds:.3f}:{item}"
    if item and own:
        last, row = next(reversed(own.items()))
        if row.item == item and row.score == score and not set(asked) & set(row.skills):
            return last
    return str(len(own))


def _moment(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


def _score(value: str, line: int) -> float:
    plain = value.strip().casefold()
    if plain in RIGHT:
        return 1.0
    if plain in WRONG:
        return 0.0
    try:
        score = float(plain)
    except ValueError:
        score = -1.0
    if not 0.0 <= score <= 1.0:
        raise RuleBroken(NOT_RIGHT_OR_WRONG, line=line, value=value[:40])
    return score


def _number(value: str, line: int) -> float:
    try:
        number = float(value)
    except ValueError as problem:
        raise RuleBroken(NOT_A_NUMBER, line=line, value=value[:40]) from problem
    if math.isnan(number) or abs(number) > 1e15:
        raise RuleBroken(NOT_A_NUMBER, line=line, value=value[:40])
    return number


def _time(value: str, line: int) -> tuple[datetime | None, float]:
    """Return (moment, figure to order by); seconds from the start of a log give the order only."""
    if not value:
        return None, 0.0
    if re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        seconds = float(value)
        if seconds > FIRST_EPOCH_SECOND * 1000:
            seconds /= 1000
        if seconds < FIRST_EPOCH_SECOND:
            return None, seconds
        try:
            return datetime.fromtimestamp(seconds, UTC), seconds
        except (ValueError, OverflowError, OSError) as problem:
            raise RuleBroken(NOT_A_TIME, line=line, value=value[:40]) from problem
    for form in (None, "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"):
        try:
            moment = datetime.fromisoformat(value) if form is None else datetime.strptime(value, form)  # noqa: DTZ007
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment, moment.timestamp()
    raise RuleBroken(NOT_A_TIME, line=line, value=value[:40])
