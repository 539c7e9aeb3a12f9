"""Reads a log of answers of any size into columns of numbers: what the learner model is fitted on and measured with.

The file is streamed into a database on disk, put in order there (by student, time, order and place in the file) and written out
as columns of numbers, some hundred thousand rows at a time. Memory stays the same however long the log is.
"""

# SQL is put together here from own words, numbers of columns and quoted text only.
# ruff: noqa: S608
from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from headway.core.evidence.answer_log import AnswerLog
from headway.core.shared.errors import RuleBroken, gettext_noop
from headway.exchange.response_log import sources, times, wire
from headway.exchange.response_log.columns import (
    HELPED,
    JOINTS,
    MISSING,
    RIGHT,
    STUDIED,
    UNKNOWN_COLUMN,
    WRONG,
    key,
    places_of,
    skill_keys,
)
from headway.exchange.response_log.folding import Columns, Sameness, SkillSets, fold, repeats_of_row_before
from headway.exchange.response_log.item_skills import matrix_beside, skills_of_cells
from headway.exchange.shared.import_report import EXAMPLES_KEPT, FileRefused, NoSteps, Steps, Told

READING = gettext_noop("Reading the log")
SORTING = gettext_noop("Putting the answers in order")
WRITING = gettext_noop("Writing columns of numbers")

NOT_MARKED = gettext_noop(
    "This looks like a log of EdNet, which says what was chosen, not what was right. Join it with its list of questions (question_id, correct_answer, tags) so that it has a column “correct”, then read it again."
)
UNEVEN = gettext_noop("Row {row} has lists of different lengths in “{one}” and “{other}”.")
FEW_RESULTS = gettext_noop(
    "Of {rows} rows only {good} have a result in the column “{column}” that is right (1), wrong (0) or a share between them; others say {values}. Name the right column with --column correct=NAME."
)
NOT_A_SPLIT = gettext_noop(
    "The column “{column}” does not split students: it holds {values}. Use train and test, or numbers of folds."
)

NO_STUDENT = gettext_noop("Left out: no student is named.")
NO_RESULT = gettext_noop("Left out: the column “{column}” is empty.")
BAD_RESULT = gettext_noop(
    "Left out: “{column}” says {values}, which is neither right (1) nor wrong (0) nor a share between them."
)
HELP_IS_WRONG = gettext_noop(
    "A hint was asked for before answering: taken as not right, as the papers on such logs do."
)
STUDY_IS_NO_ANSWER = gettext_noop("Studied without being asked: kept as practice, never forecast.")
ONE_ANSWER = gettext_noop(
    "Rows that say an answer again for another skill: each answer is one row here, with a set of skills."
)
WITHOUT_SKILL = gettext_noop("No skill is named: they share a skill of their own, “{name}”.")
WITHOUT_ITEM = gettext_noop("No item is named: they stand for an item of their skills.")
NO_ITEMS = gettext_noop("The log names no items, so each set of skills is taken as one item.")
ORDER_OF_FILE = gettext_noop("The log has no times, so the order of its rows was kept.")
ORDER_OF_COLUMN = gettext_noop("The log has no times, so the order in the column “{column}” was kept.")
STUDENTS_IN_SEVERAL_PARTS = gettext_noop(
    "{mixed} of {students} students have rows in several parts of “{column}”. A student is either learned from or forecast, so each was put where most of the own rows are."
)
TEST_IS_MINUS_ONE = gettext_noop("Students with -1 in “{column}” are the test.")
MIXED_GROUP = gettext_noop(
    "{mixed} of {students} students have several values of “{column}”; each was put where most of the own rows are."
)
SETS_FROM_LIST = gettext_noop(
    "Each number in “{column}” stands for a set of skills; which ones was read from {file} beside the log."
)

NO_SKILL = "no skill"
NEEDED = ("student", "correct")
TRAIN = frozenset({"train", "training", "train_valid", "trainvalid", "tr", "dev"})
VALID = frozenset({"valid", "validation", "val"})
TEST = frozenset({"test", "testing", "te", "holdout", "held_out"})
ROWS_AT_ONCE = 500_000
# Below this, plain arrays take less than the buffers of reading did.
ROWS_IN_MEMORY = 2_000_000
# A number can tell one answer from another where hardly any other answer has it.
LEAST_SHARE_OF_CLEAN_NUMBERS = 0.99
# Times so coarse that more rows than this share one on average cannot tell one answer from another.
MOST_ROWS_AT_A_TIME = 1.5
PADDING = "-1"
LIST_OF_RESULTS = r"\s*\[?\s*-?\d+(\.\d+)?(\s*,\s*-?\d+(\.\d+)?)+\s*\]?\s*"
ROWS_LOOKED_AT = 10_000
PER_LOG = (
    "starts",
    "item",
    "skill_set",
    "score",
    "set_starts",
    "members",
    "seconds",
    "hints",
    "attempt",
    "guess",
)


@dataclass(frozen=True, kw_only=True)
class LogTable:
    """A log as columns of numbers, and what became of its rows.

    `found` says which column was taken for which part; `fingerprint` is the SHA-256 of everything in `log`; `split` is the column
    that says who is learned from and who is forecast, or "" where there is none, with how many students each of its values has.
    """

    log: AnswerLog
    found: Mapping[str, str]
    notes: tuple[Told, ...]
    fingerprint: str
    has_times: bool
    split: str = ""
    split_values: Mapping[str, int] = field(default_factory=dict)
    rows_in_file: int = 0
    folded: int = 0
    left_out: int = 0


def read_log(
    path: Path,
    *,
    work_folder: Path,
    columns: Mapping[str, str] | None = None,
    groups: Sequence[str] = (),
    split: str | None = None,
    steps: Steps | None = None,
) -> LogTable:
    """Read a log of answers: a table, JSON lines, Parquet, sequences of lists or three lines a student, packed or not.

    `columns` names the column of a part (see `columns.COLUMNS`) where it has an unusual name, `groups` are columns that hold
    something about each student (-1 in the log where it is not stated), `split` is the column that says who is learned from and
    who is forecast; it is found by itself where it is called so. Columns of long logs lie in files in the work folder, which
    have to stay as long as the log is used. The same file gives the same arrays and the same fingerprint.
    Raises FileRefused, with the line where there is one, where the file is broken or not a log of answers.
    """
    steps = steps or NoSteps()
    chosen = {**(columns or {}), **({"split": split} if split else {})}
    with sources.temporary_folder(work_folder) as name:
        folder = Path(name)
        connection = sources.connect(folder)
        try:
            steps.step(READING)
            taken = _take_in(path, connection, folder, chosen, groups)
            return _table(taken, connection, path, work_folder, groups, split, steps)
        except duckdb.Error as problem:
            raise sources.refusal(problem) from problem
        finally:
            connection.close()


# --- rows of text ----------------------------------------------------------------------------------------------------


class _Taken(NamedTuple):
    """What is in the table `given`: which column each part was found in, the rows of the file, and what to tell of them."""

    found: Mapping[str, str]
    rows: int
    left_out: int
    folded: int
    notes: tuple[Told, ...]


def _take_in(
    path: Path, connection: duckdb.DuckDBPyConnection, folder: Path, chosen: Mapping[str, str], groups: Sequence[str]
) -> _Taken:
    """Fill the table `given`, whose row ids are the places in the file, and show the rows that count as `kept`."""
    source = sources.open_source(path, connection, folder)
    try:
        places = places_of(source.header, chosen, needed=NEEDED)
        of_groups = [group_place(group, source.header) for group in groups]
    except RuleBroken as problem:
        keys = {key(name) for name in source.header}
        if {"questionid", "useranswer"} <= keys and "correct" not in keys:
            raise FileRefused(NOT_MARKED, place="line 1") from problem
        raise FileRefused(problem.sentence, place="line 1", **problem.facts) from problem
    found = {part: " + ".join(dict.fromkeys(source.header[place] for place in own)) for part, own in places.items()}
    for number, reading in enumerate(source.readings, start=1):
        try:
            rows = _sequences_apart(connection, reading, places, found)
            _fill(connection, rows or reading, places, of_groups, has_padding=rows is not None)
            break
        except duckdb.Error as problem:
            # Whether quotation marks mean something does not show before a row does not fit.
            if number == len(source.readings):
                raise sources.refusal(problem) from problem
    rows_in_file, left_out, notes = _judge_rows(connection, found)
    if source.folded:
        notes = (*notes, Told(sentence=ONE_ANSWER, times=source.folded))
    return _Taken(found, rows_in_file + source.folded, left_out, source.folded, notes)


def group_place(name: str, header: Sequence[str]) -> int:
    """Return the place of a column named by a person; raises RuleBroken where there is none."""
    place = next((place for place, own in enumerate(header) if key(own) == key(name)), None)
    if place is None:
        raise RuleBroken(UNKNOWN_COLUMN, column=name, columns=", ".join(header)[:300])
    return place


def _sequences_apart(
    connection: duckdb.DuckDBPyConnection,
    reading: str,
    places: Mapping[str, tuple[int, ...]],
    found: Mapping[str, str],
) -> str | None:
    """Return SQL that makes a row of every answer where a row of the file is a list of answers, else None.

    Raises FileRefused where the lists of a row have different lengths.
    """
    (result,) = places["correct"]
    lists, rows = connection.execute(
        f"select count(*) filter (regexp_full_match(c{result}, {sources.text(LIST_OF_RESULTS)})), count(*)"
        f" from (select c{result} from ({reading}) where c{result} is not null limit {ROWS_LOOKED_AT})"
    ).fetchone() or (0, 0)
    if not lists or lists * 2 < rows:
        return None
    listed = {part: places[part][0] for part in ("correct", "item", "skill", "time", "repeat") if part in places}
    for part, place in listed.items():
        uneven = connection.execute(
            f"select row from (select row_number() over () as row, c{result} as one, c{place} as other from ({reading}))"
            f" where other is not null and len(string_split(other, ',')) <> len(string_split(one, ',')) limit 1"
        ).fetchone()
        if uneven:
            raise FileRefused(UNEVEN, place=f"row {uneven[0]}", row=uneven[0], one=found["correct"], other=found[part])
    return (
        "select * replace ("
        + ", ".join(f"unnest(string_split(trim(c{place}, '[] '), ',')) as c{place}" for place in listed.values())
        + f") from ({reading})"
    )


def _words(words: frozenset[str]) -> str:
    return "(" + ", ".join(sources.text(word) for word in sorted(words)) + ")"


def _fill(
    connection: duckdb.DuckDBPyConnection,
    reading: str,
    places: Mapping[str, tuple[int, ...]],
    of_groups: Sequence[int],
    *,
    has_padding: bool,
) -> None:
    # Words for a missing value are short; asking for the length first spares a million cells the comparison.
    connection.execute(
        f"create or replace macro clean(written) as case when length(trim(written)) <= {max(map(len, MISSING))} "
        f"and lower(trim(written)) in {_words(MISSING)} then null else trim(written) end"
    )
    # A column of whole numbers with gaps is often written with a ".0" behind each.
    connection.execute(r"create or replace macro name_of(written) as regexp_replace(written, '^(-?\d+)\.0+$', '\1')")
    connection.execute("create or replace macro number(written) as try_cast(replace(written, ',', '.') as double)")

    def cell(part: str) -> str:
        own = places.get(part)
        if own is None:
            return "null"
        cells = [f"clean(c{place})" for place in own]
        if has_padding and part in ("item", "skill"):
            cells = [f"nullif({each}, '{PADDING}')" for each in cells]
        return cells[0] if len(own) == 1 else f"nullif(concat_ws({sources.text(JOINTS[part])}, {', '.join(cells)}), '')"

    result = cell("correct")
    padding = f"where coalesce({result}, '') <> '{PADDING}'" if has_padding else ""
    per_group = "".join(f", clean(c{place}) as group_{number}" for number, place in enumerate(of_groups))
    connection.execute(
        f"""
        create or replace table given as
        select *, case
            when result in {_words(RIGHT)} then 1
            when result in {_words(WRONG | HELPED)} then 0
            when result in {_words(STUDIED)} then 'nan'::double
            when number(result) between 0 and 1 then number(result)
        end as score
        from (
            select name_of({cell("student")}) as student, name_of({cell("item")}) as item, {cell("skill")} as cell,
                lower({result}) as result, {cell("time")} as moment, number({cell("order")}) as number,
                number({cell("hints")}) as hints, number({cell("attempt")}) as attempt, number({cell("guess")}) as guess,
                number({cell("repeat")}) as again, lower({cell("split")}) as split, name_of({cell("fold")}) as fold
                {per_group}
            from ({reading}) {padding}
        )
        """
    )
    connection.execute(
        "create or replace view kept as select rowid as position, * from given "
        "where student is not null and score is not null"
    )


def _judge_rows(connection: duckdb.DuckDBPyConnection, found: Mapping[str, str]) -> tuple[int, int, tuple[Told, ...]]:
    """Return (rows of the file, rows left out, what to tell of them)."""
    rows, kept = _one(
        connection, "select count(*), count(*) filter (student is not null and score is not null) from given"
    )
    column = found["correct"]
    bad = "student is not null and score is null and result is not null"
    values = ", ".join(
        value for (value,) in connection.execute(
            f"select left(result, 20) as value from given where {bad} group by value order by count(*) desc, value"
            f" limit {EXAMPLES_KEPT}"
        ).fetchall()
    )  # fmt: skip
    if not rows:
        raise FileRefused(wire.NO_ANSWERS)
    if kept * 2 < rows:
        raise FileRefused(FEW_RESULTS, rows=rows, good=kept, column=column, values=values or "–")
    told = (
        (NO_STUDENT, "student is null", {}),
        (NO_RESULT, "student is not null and result is null", {"column": column}),
        (BAD_RESULT, bad, {"column": column, "values": values}),
        (HELP_IS_WRONG, f"result in {_words(HELPED)}", {}),
        (STUDY_IS_NO_ANSWER, f"result in {_words(STUDIED)}", {}),
        (WITHOUT_SKILL, "student is not null and score is not null and cell is null", {"name": NO_SKILL}),
        *(
            [(WITHOUT_ITEM, "student is not null and score is not null and item is null", {})]
            if "item" in found
            else []
        ),
    )
    notes = []
    for sentence, condition, facts in told:
        (times,) = _one(connection, f"select count(*) from given where {condition}")
        if times:
            where = connection.execute(
                f"select rowid + 1 from given where {condition} order by rowid limit {EXAMPLES_KEPT}"
            ).fetchall()
            places = tuple(f"row {row}" for (row,) in where)
            notes.append(Told(sentence=sentence, facts=facts, times=times, places=places))
    return rows, rows - kept, tuple(notes)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return connection.execute(query).fetchone() or ()


# --- columns of numbers ----------------------------------------------------------------------------------------------


def _table(
    taken: _Taken,
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    work_folder: Path,
    groups: Sequence[str],
    split: str | None,
    steps: Steps,
) -> LogTable:
    steps.step(SORTING)
    found, notes = taken.found, list(taken.notes)
    students, items = _numbered(connection, "student"), _numbered(connection, "item")
    skills, of_cells, from_list = _skills(connection, path, found)
    notes += from_list
    clock = times.clock_of(connection, found["time"]) if "time" in found else None
    has_times = clock is not None and clock.sql != times.NO_TIME
    notes += clock.notes if clock else ()
    is_numbered = "order" in found and _has_numbers(connection)
    if not has_times:
        notes.append(
            Told(sentence=ORDER_OF_COLUMN, facts={"column": found["order"]})
            if is_numbered
            else Told(sentence=ORDER_OF_FILE)
        )
    _sort(connection, clock.sql if clock and has_times else times.NO_TIME)
    has_items = bool(items)
    if not has_items:
        notes.append(Told(sentence=NO_ITEMS))
    sameness = _sameness(
        connection,
        has_items=has_items,
        has_times=has_times,
        is_numbered=is_numbered,
        has_sets=any(len(each) > 1 for each in of_cells),
    )
    sets = SkillSets(of_cells=of_cells, without=len(skills) - 1)
    rows, arrays = _arrays(connection, sets, sameness, found, work_folder, steps)
    folded = taken.rows - taken.left_out - taken.folded - rows
    if folded:
        notes.append(Told(sentence=ONE_ANSWER, times=folded))
    order = _renumbered(sets, arrays["skill_set"])
    if has_times:
        first = min(float(part.min()) for part in _pieces(arrays["seconds"]))
        for part in _pieces(arrays["seconds"]):
            np.subtract(part, first, out=part)
    parts, split_column, split_values, told = _parts(connection, found, split, len(students))
    notes += told
    of_groups, group_names, told = _groups(connection, groups, len(students))
    notes += told
    lengths = np.zeros(len(students), dtype=np.int64)
    for part in _pieces(arrays["student"]):
        lengths += np.bincount(part, minlength=len(students))
    log = AnswerLog(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        item=arrays["item"] if has_items else arrays["skill_set"],
        skill_set=arrays["skill_set"],
        score=arrays["score"],
        set_starts=np.concatenate([[0], np.cumsum([len(each) for each in order])]).astype(np.int32),
        members=np.array([skill for each in order for skill in each], dtype=np.int32),
        seconds=arrays["seconds"] if has_times else None,
        hints=arrays.get("hints"),
        attempt=arrays.get("attempt"),
        guess=arrays.get("guess"),
        student_names=students,
        item_names=items if has_items else tuple(" + ".join(skills[skill] for skill in each) for each in order),
        skill_names=skills if any(len(skills) - 1 in each for each in order) else skills[:-1],
        parts=parts,
        groups=of_groups,
        group_names=group_names,
        has_items=has_items,
    )
    return LogTable(
        log=log,
        found=found,
        notes=tuple(notes),
        fingerprint=fingerprint(log),
        has_times=has_times,
        split=split_column,
        split_values=split_values,
        rows_in_file=taken.rows,
        folded=taken.folded + folded,
        left_out=taken.left_out,
    )


def _natural(name: str) -> tuple[bool, float, str]:
    """Order numbers by their size, before words."""
    try:
        return (False, float(name), name)
    except ValueError:
        return (True, 0.0, name)


def _numbered(connection: duckdb.DuckDBPyConnection, part: str) -> tuple[str, ...]:
    """Number the distinct values of a part, make a table of them, and return them in order."""
    value = "coalesce(item, 'of ' || cell, 'of no skill')" if part == "item" else part
    has_any = _one(connection, f"select count({part}) > 0 from kept")[0]
    source = f"select distinct {value} as name from kept" if has_any else "select null as name where false"
    connection.execute(
        f"""
        create table {part}s as
        select name, (row_number() over (order by try_cast(name as double) nulls last, name) - 1)::integer as id
        from ({source})
        """
    )
    return tuple(name for (name,) in connection.execute(f"select name from {part}s order by id").fetchall())


def _skills(
    connection: duckdb.DuckDBPyConnection, path: Path, found: Mapping[str, str]
) -> tuple[tuple[str, ...], list[tuple[int, ...]], list[Told]]:
    """Number the cells of the skill column; return (names of skills, the skills of each cell, what to tell).

    The last skill is the one of rows without any.
    """
    connection.execute(
        "create table cells as select name, (row_number() over (order by name) - 1)::integer as id "
        "from (select distinct coalesce(cell, '') as name from kept)"
    )
    cells = [name for (name,) in connection.execute("select name from cells order by id").fetchall()]
    listed, notes = None, []
    matrix = matrix_beside(path)
    if matrix and "item" in found and "skill" in found:
        pairs = connection.execute("select distinct item, cell from kept where item is not null and cell is not null")
        listed = skills_of_cells(matrix, _rows_of(pairs))
        if listed:
            notes.append(Told(sentence=SETS_FROM_LIST, facts={"column": found["skill"], "file": matrix.name}))
    names: dict[str, str] = {}
    keys = [skill_keys((listed or {}).get(cell, cell), {}, names) for cell in cells]
    order = sorted(names, key=_natural)
    numbers = {own: number for number, own in enumerate(order)}
    return (*(names[own] for own in order), NO_SKILL), [tuple(numbers[own] for own in each) for each in keys], notes


def _rows_of(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    while rows := result.fetchmany(ROWS_LOOKED_AT):
        yield from rows


def _has_numbers(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the order column holds numbers, and not always the same."""
    rows, numbers, least, most = _one(connection, "select count(*), count(number), min(number), max(number) from kept")
    return bool(rows == numbers and least != most)


def _sort(connection: duckdb.DuckDBPyConnection, seconds: str) -> None:
    """Make the table `sorted`: numbers only, by student, time, order and place in the file."""
    connection.execute(
        f"""
        create table sorted as
        select students.id as student, coalesce(items.id, 0) as item, cells.id as cell, score,
            coalesce(seconds, 'nan'::double) as seconds, number, hints, attempt, guess, again
        from (select *, {seconds} as seconds from kept) as rows
        join students on students.name = rows.student
        join cells on cells.name = coalesce(rows.cell, '')
        left join items on items.name = coalesce(rows.item, 'of ' || rows.cell, 'of no skill')
        order by students.id, rows.seconds nulls first, number nulls first, position
        """
    )


def _sameness(
    connection: duckdb.DuckDBPyConnection, *, has_items: bool, has_times: bool, is_numbered: bool, has_sets: bool
) -> Sameness | None:
    """Return what shows that two rows are one answer, or None where nothing could.

    A log that writes several skills into a cell does not need several rows for them.
    """
    if _one(connection, "select count(*) from sorted where again = 1")[0]:
        return Sameness.MARKED
    if is_numbered:
        groups, clean = _one(
            connection,
            """
            select count(*), count(*) filter (is_clean) from (
                select min(item) = max(item) and min(score) = max(score) as is_clean
                from sorted group by student, number having count(*) > 1
            )
            """,
        )
        if groups and clean >= LEAST_SHARE_OF_CLEAN_NUMBERS * groups:
            return Sameness.NUMBERED
    if has_sets:
        return None
    if has_items:
        return Sameness.NEIGHBOUR
    if has_times:
        rows, moments = _one(
            connection,
            "select sum(rows), count(*) from (select count(*) as rows from sorted group by student, seconds)",
        )
        return Sameness.NEIGHBOUR if rows <= MOST_ROWS_AT_A_TIME * moments else None
    return None


KINDS = {
    "student": np.int32,
    "item": np.int32,
    "skill_set": np.int32,
    "score": np.float64,
    "seconds": np.float64,
    "hints": np.int32,
    "attempt": np.int32,
    "guess": np.float64,
}
ALWAYS = ("student", "item", "skill_set", "score", "seconds")
MISSING_VALUE = {"hints": 0, "attempt": 1, "guess": 0.0}


def _arrays(
    connection: duckdb.DuckDBPyConnection,
    sets: SkillSets,
    sameness: Sameness | None,
    found: Mapping[str, str],
    work_folder: Path,
    steps: Steps,
) -> tuple[int, dict[str, NDArray[Any]]]:
    """Return (how many answers there are, the columns): a row is an answer, whatever number of rows the file has for it."""
    (total,) = _one(connection, "select count(*) from sorted")
    steps.step(WRITING, total=total)
    names = [name for name in KINDS if name in ALWAYS or name in found]
    columns = _empty(names, total, work_folder)
    filled = 0
    for rows in _runs(connection, sameness, total, steps):
        firsts, numbers = fold(rows, rows["is_repeat"], sets, sameness)
        end = filled + len(firsts)
        for name in names:
            columns[name][filled:end] = numbers if name == "skill_set" else rows[name][firsts]
        filled = end
    return filled, {name: column[:filled] for name, column in columns.items()}


def _empty(names: Sequence[str], rows: int, work_folder: Path) -> dict[str, NDArray[Any]]:
    if rows <= ROWS_IN_MEMORY:
        return {name: np.empty(rows, dtype=KINDS[name]) for name in names}
    folder = Path(tempfile.mkdtemp(prefix="answers-", dir=work_folder))
    return {name: np.memmap(folder / name, dtype=KINDS[name], mode="w+", shape=(rows,)) for name in names}


def _runs(
    connection: duckdb.DuckDBPyConnection, sameness: Sameness | None, total: int, steps: Steps
) -> Iterator[Columns]:
    """Yield the sorted rows some at a time, never cutting between rows that may be one answer."""
    held: Columns = {}
    for start in range(0, total, ROWS_AT_ONCE):
        fetched: Columns = connection.execute(
            "select student, item, cell, score, seconds, coalesce(number, 0) as number, coalesce(again, 0) as again, "
            f"{', '.join(f'coalesce({name}, {value}) as {name}' for name, value in MISSING_VALUE.items())} "
            f"from sorted where rowid >= {start} and rowid < {start + ROWS_AT_ONCE}"
        ).fetchnumpy()
        rows = {
            name: np.concatenate([held[name], np.asarray(column)]) if held else np.asarray(column)
            for name, column in fetched.items()
        }
        rows["is_repeat"] = repeats_of_row_before(rows, sameness)
        is_last = start + ROWS_AT_ONCE >= total
        end = len(rows["student"]) if is_last else int(np.flatnonzero(~rows["is_repeat"])[-1])
        held = {name: column[end:] for name, column in rows.items() if name != "is_repeat"}
        steps.advance(end)
        if end:
            yield {name: column[:end] for name, column in rows.items()}


def _renumbered(sets: SkillSets, column: NDArray[Any]) -> list[tuple[int, ...]]:
    """Number the sets in order of their skills, in the column too, and return them in that order."""
    order = sorted(sets.numbers)
    numbers = np.empty(len(order), dtype=np.int32)
    numbers[[sets.numbers[each] for each in order]] = np.arange(len(order), dtype=np.int32)
    for part in _pieces(column):
        part[:] = numbers[part]
    return order


def _pieces(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(column), ROWS_AT_ONCE):
        yield column[start : start + ROWS_AT_ONCE]


# --- what is known of each student -----------------------------------------------------------------------------------


def _of_students(connection: duckdb.DuckDBPyConnection, column: str, students: int) -> tuple[list[str | None], int]:
    """Return (each student's value: the one most of the own rows have, how many students have several)."""
    values: list[str | None] = [None] * students
    mixed = set()
    result = connection.execute(
        f"select id, {column}, count(*) as rows from kept join students on students.name = kept.student "
        f"where {column} is not null group by all order by id, rows desc, {column}"
    )
    while fetched := result.fetchmany(ROWS_LOOKED_AT):
        for student, value, _rows in fetched:
            if values[student] is None:
                values[student] = value
            else:
                mixed.add(student)
    return values, len(mixed)


def _groups(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[str], students: int
) -> tuple[dict[str, NDArray[np.int32]], dict[str, tuple[str, ...]], list[Told]]:
    """Return (a number per student for each group column, -1 where none is stated; their names; what to tell)."""
    of_groups: dict[str, NDArray[np.int32]] = {}
    group_names: dict[str, tuple[str, ...]] = {}
    notes = []
    for number, group in enumerate(groups):
        values, mixed = _of_students(connection, f"group_{number}", students)
        names = sorted({value for value in values if value is not None}, key=_natural)
        codes: dict[str | None, int] = {None: -1} | {name: code for code, name in enumerate(names)}
        of_groups[group] = np.array([codes[value] for value in values], dtype=np.int32)
        group_names[group] = tuple(names)
        if mixed:
            notes.append(Told(sentence=MIXED_GROUP, facts={"mixed": mixed, "students": students, "column": group}))
    return of_groups, group_names, notes


def _parts(
    connection: duckdb.DuckDBPyConnection, found: Mapping[str, str], split: str | None, students: int
) -> tuple[dict[str, NDArray[np.int32]], str, dict[str, int], list[Told]]:
    """Return (a number per student for each way to split, the column that says test, its values, what to tell)."""
    parts: dict[str, NDArray[np.int32]] = {}
    notes: list[Told] = []
    column, counts = "", dict[str, int]()
    for part in ("split", "fold"):
        if part not in found:
            continue
        values, mixed = _of_students(connection, part, students)
        ways, told = _ways(values, found[part], must=part == "split" and split is not None)
        fresh = {name: way for name, way in ways.items() if name not in parts and len(np.unique(way)) > 1}
        if not fresh:
            continue
        if mixed:
            facts = {"mixed": mixed, "students": students, "column": found[part]}
            notes.append(Told(sentence=STUDENTS_IN_SEVERAL_PARTS, facts=facts))
        if "test" in fresh or not column:
            column = found[part]
            counts = {value: values.count(value) for value in sorted({each or "" for each in values}, key=_natural)}
        parts.update(fresh)
        notes += told if "test" in fresh else []
    return parts, column, counts, notes


def _ways(values: Sequence[str | None], column: str, *, must: bool) -> tuple[dict[str, NDArray[np.int32]], list[Told]]:
    distinct = {value for value in values if value is not None}
    if distinct <= TRAIN | VALID | TEST:
        words = {"test": TEST, "valid": VALID}
        return {name: np.array([value in own for value in values], dtype=np.int32) for name, own in words.items()}, []
    if key(column).endswith("test") and distinct <= {"0", "1", "true", "false"}:
        return {"test": np.array([value in ("1", "true") for value in values], dtype=np.int32)}, []
    if all(value.lstrip("-").isdecimal() for value in distinct):
        fold = np.array([-1 if value is None else int(value) for value in values], dtype=np.int32)
        if fold.min() == -1 and fold.max() >= 0:
            test = (fold == -1).astype(np.int32)
            return {"fold": fold, "test": test}, [Told(sentence=TEST_IS_MINUS_ONE, facts={"column": column})]
        return {"fold": fold}, []
    if must:
        raise FileRefused(NOT_A_SPLIT, column=column, values=", ".join(sorted(distinct)[:EXAMPLES_KEPT]))
    return {}, []


def fingerprint(log: AnswerLog) -> str:
    """Return the SHA-256 of everything in a log: its columns, the names, the parts and the groups, in a fixed order."""
    digest = hashlib.sha256()
    arrays: dict[str, NDArray[Any] | None] = {name: getattr(log, name) for name in PER_LOG}
    for kind, named in (("part", log.parts), ("group", log.groups)):
        arrays |= {f"{kind} {name}": named[name] for name in sorted(named)}
    for name, column in arrays.items():
        digest.update(f"{name} {'-' if column is None else f'{column.dtype.str} {len(column)}'}\n".encode())
        for piece in _pieces(column) if column is not None else ():
            digest.update(np.ascontiguousarray(piece).data)
    names = {"students": log.student_names, "items": log.item_names, "skills": log.skill_names}
    names |= {f"group {name}": log.group_names[name] for name in sorted(log.group_names)}
    for name, values in names.items():
        digest.update(f"{name} {len(values)}\n".encode())
        for value in values:
            digest.update(f"{value}\n".encode())
    return digest.hexdigest()
