"""A table of standards as plain values: CSV, tab- or semicolon-separated, or one JSON object a line.

A table needs one column: the words of the standard. Columns are known by the names that publishers and standards editors
give them, whatever their case, blanks and order. Rows with a fault are told with their line; the others are read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.core.standards.grades import grades_in
from headway.core.standards.prerequisites import Link, without_circles
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn

SOURCE = "table"
LONGEST_CODE, LONGEST_SHORT, LONGEST_NAME, LONGEST_URI = 80, 80, 200, 500

NO_STATEMENT_COLUMN = gettext_noop(
    "No column holds the words of the standards. Name one of the columns “statement”. The columns are: {columns}."
)
NO_ROWS = gettext_noop("The table has a heading and no rows under it.")
NO_HEADING = gettext_noop("The first line should name the columns: code, statement, parent, grade …")
BROKEN_TABLE = gettext_noop("Line {line}: this row cannot be read ({problem}).")
NOT_AN_OBJECT = gettext_noop("Line {line}: each line should be a JSON object with fields.")
NOT_A_TABLE = gettext_noop(
    "This is one document, not a table with a standard in each line. If it is a framework of CASE or of the Achievement "
    "Standards Network, import it as such: headway import case, headway import asn."
)
NO_COLUMN_TO_SPLIT = gettext_noop("There is no column “{column}” to make frameworks by. The columns are: {columns}.")

NO_WORDS = gettext_noop("There are no words for this standard. Fill in its statement.")
SAME_IDENTIFIER = gettext_noop("Another row has the same identifier. Give each row its own.")
LONG_CODE = gettext_noop("The code is longer than 80 letters. Shorten it.")
TOO_MANY_CELLS = gettext_noop("The row has more cells than the heading has columns. Put words with commas in quotes.")

UNKNOWN_PARENT = gettext_noop("Its parent is not in the file; it was put at the top.")
PARENT_CIRCLE = gettext_noop("Stands above itself; it was put at the top.")
PARENTS_FROM_CODES = gettext_noop("No column names the parents; they were read from the codes.")
UNKNOWN_END = gettext_noop("Points to something that is not in this file; its name is kept.")
PREREQUISITE_CIRCLE = gettext_noop("Would come before itself; the link is kept as “is related to”.")

# What a column may be called: letters and figures alone, small.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "identifier": ("identifier", "id", "guid", "sourcedid", "cfitemidentifier", "learningstandardid"),
    "statement": ("fullstatement", "statement", "standard", "description", "words", "text", "enunciado", "descripcion"),
    "code": ("humancodingscheme", "code", "statementnotation", "notation", "dotnotation", "codigo"),
    "short": ("abbreviatedstatement", "short", "shortlabel"),
    "parent": ("ischildof", "parent", "parents", "parentcode", "parentidentifier", "padre"),
    "level_number": ("smartlevel",),
    "order": ("sequencenumber", "order"),
    "grade": ("educationlevel", "grade", "grades", "gradelevel", "gradelevels", "grado"),
    "grade_low": ("gradelow", "fromgrade"),
    "grade_high": ("gradehigh", "tograde"),
    "kind": ("cfitemtype", "kind", "type", "level", "label", "statementlabel", "itemtype"),
    "subject": ("subject", "academicsubject", "materia"),
    "language": ("language", "inlanguage"),
    "licence": ("license", "licence"),
    "framework": ("framework",),
}  # fmt: skip
LINKS = {
    "isrelatedto": "related", "ispeerof": "related", "isexactmatchof": "exact-match", "exactmatch": "exact-match",
    "precedes": "prerequisite", "exemplar": "other", "replacedby": "other", "hasskilllevel": "other", "ispartof": "other",
}  # fmt: skip
HEADINGS = frozenset(
    [
        "domain", "cluster", "strand", "substrand", "grade", "gradelevel", "subject", "discipline", "course", "heading",
        "category", "hscategory", "conceptualcategory", "theme", "topic",
    ]
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row by its line; `cells` by the column's own name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The frameworks of a table; what was left out and what is worth knowing, as (sentence, place)."""

    frameworks: tuple[FrameworkIn, ...]
    refused: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class _Standard:
    line: int
    source_id: str
    code: str
    parent: str
    level_number: tuple[int, ...]
    order: float | None
    cells: Mapping[str, str] = field(default_factory=dict)


# --- rows -------------------------------------------------------------------------------------------------------------


def rows_of_table(text: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows of a CSV text under its heading, and those that cannot be read.

    Raises RuleBroken where there is no heading.
    """
    heading_line = next((line for line in io.StringIO(text) if line.strip()), "")
    if not heading_line:
        raise RuleBroken(NO_HEADING)
    separator = max(",;\t|", key=heading_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(4 * 1024 * 1024)
    heading: list[str] = []
    rows, refused = [], []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not heading:
                heading = [cell.strip() for cell in cells]
                continue
            if len(cells) > len(heading) and any(cell.strip() for cell in cells[len(heading) :]):
                refused.append((TOO_MANY_CELLS, _line(reader.line_num)))
                continue
            rows.append(Row(line=reader.line_num, cells=dict(zip(heading, (c.strip() for c in cells), strict=False))))
    except csv.Error as problem:
        raise RuleBroken(BROKEN_TABLE, line=reader.line_num, problem=str(problem)) from problem
    if len([name for name in heading if name]) == 0:
        raise RuleBroken(NO_HEADING)
    return rows, refused


def rows_of_objects(objects: Iterable[tuple[int, object]]) -> list[Row]:
    """Return rows from (line, JSON value); lists become words with semicolons between them.

    Raises RuleBroken with the line of a value that is no object.
    """
    rows = []
    for line, value in objects:
        if not isinstance(value, dict):
            raise RuleBroken(NOT_AN_OBJECT, line=line)
        rows.append(Row(line=line, cells={str(name): _words(each) for name, each in value.items()}))
    return rows


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(_words(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_words(each)}" for name, each in value.items() if each)
    return str(value).strip()


# --- what they say ----------------------------------------------------------------------------------------------------


def to_frameworks(
    rows: Iterable[Row],
    *,
    name: str,
    title: str = "",
    framework_column: str = "",
    of: str = "",
    refused: Iterable[tuple[str, str]] = (),
) -> Reading:
    """Return the framework of a table, or one for each value of the column that names frameworks.

    `name` (of the file) is what the framework is known by the next time, with `of`, whose it is; `title` is what people read.
    Raises RuleBroken where no column holds the words of the standards.
    """
    all_rows = list(rows)
    left_out, told = list(refused), []  # type: ignore[var-annotated]
    if not all_rows:
        raise RuleBroken(NO_ROWS)
    names = list(dict.fromkeys(column for row in all_rows for column in row.cells if column))
    columns = _columns(names)
    if "statement" not in columns:
        raise RuleBroken(NO_STATEMENT_COLUMN, columns=", ".join(names[:12]))
    splitting = columns.get("framework", "")
    if framework_column:
        splitting = next((each for each in names if _plain(each) == _plain(framework_column)), "")
        if not splitting:
            raise RuleBroken(NO_COLUMN_TO_SPLIT, column=framework_column, columns=", ".join(names[:12]))
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in all_rows:
        parts[row.cells.get(splitting, "") if splitting else ""].append(row)
    frameworks = []
    for part, part_rows in parts.items():
        own = _framework(
            part_rows,
            columns,
            source_id="/".join(each for each in (of, name, part) if each)[:LONGEST_NAME],
            title=(f"{title or name}: {part}" if title and part else part or title or name)[:300],
            refused=left_out,
            told=told,
        )
        if own is not None:
            frameworks.append(own)
    return Reading(frameworks=tuple(frameworks), refused=tuple(left_out), told=tuple(told))


def _columns(names: Iterable[str]) -> dict[str, str]:
    """Return which of the table's columns means what; where several could, the one more usual for it."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(_plain(name), name)
    found = {}
    for meaning, known in COLUMNS.items():
        match = next((by_plain[each] for each in known if each in by_plain), "")
        if match:
            found[meaning] = match
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _line(number: int) -> str:
    return f"line {number}"


def _framework(
    rows: list[Row],
    columns: Mapping[str, str],
    *,
    source_id: str,
    title: str,
    refused: list[tuple[str, str]],
    told: list[tuple[str, str]],
) -> FrameworkIn | None:
    standards = _standards(rows, columns, refused)
    if not standards:
        return None
    parents = _parents(standards, told)
    has_parts = set(parents.values())
    ordered = _in_order(standards, parents)
    competencies = tuple(
        _competency(each, columns, parent=parents.get(each.source_id, ""), has_parts=each.source_id in has_parts)
        for each in ordered
    )
    subjects = dict.fromkeys(each.cells.get(columns.get("subject", ""), "") for each in standards)
    licences = dict.fromkeys(each.cells.get(columns.get("licence", ""), "") for each in standards)
    language = next((each.cells.get(columns.get("language", ""), "") for each in standards), "")
    return FrameworkIn(
        source=SOURCE,
        source_id=source_id,
        title=title,
        subject=", ".join(subject for subject in subjects if subject)[:120],
        language=language.split("-")[0].lower()[:12] or "en",
        licence=", ".join(each for each in licences if each)[:300],
        competencies=competencies,
        links=_links(standards, told),
    )


def _standards(rows: list[Row], columns: Mapping[str, str], refused: list[tuple[str, str]]) -> list[_Standard]:
    standards: list[_Standard] = []
    used: set[str] = set()
    for row in rows:
        statement = row.cells.get(columns["statement"], "")
        code = row.cells.get(columns.get("code", ""), "")
        identifier = row.cells.get(columns.get("identifier", ""), "")
        if not statement:
            refused.append((NO_WORDS, _line(row.line)))
            continue
        if len(code) > LONGEST_CODE:
            refused.append((LONG_CODE, _line(row.line)))
            continue
        if not code and "code" not in columns and _looks_like_a_code(identifier):
            code = identifier
        source_id = (identifier or code or _mark(statement))[:LONGEST_NAME]
        if source_id in used:
            refused.append((SAME_IDENTIFIER, _line(row.line)))
            continue
        used.add(source_id)
        numbers = re.findall(r"\d+", row.cells.get(columns.get("level_number", ""), ""))
        order = row.cells.get(columns.get("order", ""), "")
        standards.append(
            _Standard(
                line=row.line,
                source_id=source_id,
                code=code,
                parent=row.cells.get(columns.get("parent", ""), "").split(";")[0].strip(),
                level_number=tuple(int(number) for number in numbers),
                order=float(order) if re.fullmatch(r"\d+([.]\d+)?", order) else None,
                cells=row.cells,
            )
        )
    return standards


def _looks_like_a_code(identifier: str) -> bool:
    """Whether an identifier is one that people read: short, with dots, dashes or brackets, no blank and no address."""
    return len(identifier) <= 24 and bool(re.fullmatch(r"[A-Za-z0-9]+([.\-()][A-Za-z0-9]*)+", identifier))


def _mark(statement: str) -> str:
    """Return a name for a row without identifier and code, the same whenever its words are the same."""
    return f"words-{hashlib.sha256(statement.encode()).hexdigest()[:16]}"


def _parents(standards: list[_Standard], told: list[tuple[str, str]]) -> dict[str, str]:
    """Return each standard's parent by source id: as named, by the outline's numbers, or by the codes."""
    by_name: dict[str, str] = {}
    for each in standards:
        by_name.setdefault(each.source_id, each.source_id)
    for each in standards:
        if each.code:
            by_name.setdefault(each.code, each.source_id)
    wanted: dict[str, str] = {}
    if any(each.parent for each in standards):
        for each in standards:
            if each.parent and each.parent not in by_name:
                told.append((UNKNOWN_PARENT, _line(each.line)))
            elif each.parent:
                wanted[each.source_id] = by_name[each.parent]
    elif any(each.level_number for each in standards):
        by_number = {each.level_number: each.source_id for each in standards if each.level_number}
        for each in standards:
            for length in range(len(each.level_number) - 1, 0, -1):
                if (above := by_number.get(each.level_number[:length])) is not None:
                    wanted[each.source_id] = above
                    break
    else:
        by_code = {tuple(_parts(each.code)): each.source_id for each in standards if each.code}
        for each in standards:
            parts = _parts(each.code)
            for length in range(len(parts) - 1, 0, -1):
                if (above := by_code.get(tuple(parts[:length]))) is not None:
                    wanted[each.source_id] = above
                    break
        if wanted:
            told.append((PARENTS_FROM_CODES, ""))
    lines = {each.source_id: each.line for each in standards}
    parents: dict[str, str] = {}
    for name, above in wanted.items():
        if _is_above(name, above, parents):
            told.append((PARENT_CIRCLE, _line(lines[name])))
        else:
            parents[name] = above
    return parents


def _parts(code: str) -> list[str]:
    return [part for part in re.split(r"[.\-:() ]+", code) if part]


def _is_above(name: str, start: str, parents: Mapping[str, str]) -> bool:
    place = start
    while place:
        if place == name:
            return True
        place = parents.get(place, "")
    return False


def _in_order(standards: list[_Standard], parents: Mapping[str, str]) -> list[_Standard]:
    """Return parents before children; brothers by the outline's numbers, then by their own, then as they stand."""
    below: dict[str, list[_Standard]] = defaultdict(list)
    for each in standards:
        below[parents.get(each.source_id, "")].append(each)
    for brothers in below.values():
        brothers.sort(key=lambda each: (each.level_number, each.order is None, each.order or 0.0, each.line))
    ordered: list[_Standard] = []
    waiting = list(reversed(below[""]))
    while waiting:
        each = waiting.pop()
        ordered.append(each)
        waiting += reversed(below.get(each.source_id, []))
    return ordered


def _competency(each: _Standard, columns: Mapping[str, str], *, parent: str, has_parts: bool) -> CompetencyIn:
    cells = each.cells
    kind = cells.get(columns.get("kind", ""), "")[:80]
    is_heading = _plain(kind) in HEADINGS or (has_parts and not each.code and not kind)
    low, high = grades_in([cells.get(columns.get("grade", ""), "")])
    for meaning in ("grade_low", "grade_high"):
        said = grades_in([cells.get(columns.get(meaning, ""), "")])
        if said[0] is not None and meaning == "grade_low":
            low = said[0]
        if said[1] is not None and meaning == "grade_high":
            high = said[1]
    if low is not None and high is not None and low > high:
        low, high = high, low
    statement = cells[columns["statement"]]
    short = cells.get(columns.get("short", ""), "")
    known = set(columns.values())
    return CompetencyIn(
        source_id=each.source_id,
        statement=statement,
        code=each.code,
        short=short if len(short) <= LONGEST_SHORT else (statement if is_heading and len(statement) <= 80 else ""),
        parent=parent,
        kind=kind,
        grade_low=low,
        grade_high=high,
        is_assessable=not is_heading,
        extra={"table": {name: cell for name, cell in cells.items() if cell and name and name not in known}},
    )


def _links(standards: list[_Standard], told: list[tuple[str, str]]) -> tuple[LinkIn, ...]:
    by_name = {each.code: each.source_id for each in standards if each.code}
    by_name.update({each.source_id: each.source_id for each in standards})
    wanted = list(_wanted(standards, by_name, told))
    numbers = {name: number for number, name in enumerate(by_name.values())}
    prerequisites = [
        Link(before=numbers[origin], after=numbers[target])
        for _line_number, kind, _association, origin, target, _named in wanted
        if kind == "prerequisite" and target
    ]
    circling = {(link.before, link.after) for link in without_circles(prerequisites)[1]}
    links = []
    for line, kind, association, origin, target, named in wanted:
        shown = kind
        if kind == "prerequisite" and target and (numbers[origin], numbers[target]) in circling:
            told.append((PREREQUISITE_CIRCLE, _line(line)))
            shown = "related"
        links.append(
            LinkIn(
                kind=shown,
                origin=origin,
                target=target,
                target_uri="" if target else named[:LONGEST_URI],
                association=association,
                source_id=f"{association} {origin} {named}"[:LONGEST_NAME],
            )
        )
    return tuple(links)


def _wanted(
    standards: list[_Standard], by_name: Mapping[str, str], told: list[tuple[str, str]]
) -> Iterator[tuple[int, str, str, str, str, str]]:
    seen = set()
    for each in standards:
        for column, cell in each.cells.items():
            kind = LINKS.get(_plain(column))
            if not kind or not cell:
                continue
            for named in (part.strip() for part in re.split(r"[;,|]", cell)):
                key = (column, each.source_id, named)
                if not named or key in seen or by_name.get(named) == each.source_id:
                    continue
                seen.add(key)
                if named not in by_name:
                    told.append((UNKNOWN_END, _line(each.line)))
                yield each.line, kind, column, each.source_id, by_name.get(named, ""), named
