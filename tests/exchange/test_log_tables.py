"""Logs of any form and size become columns of numbers: one row an answer, in order, with what was doubtful said aloud."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headway.exchange.response_log import sources, table, times
from headway.exchange.response_log.columns import key, skill_keys
from headway.exchange.response_log.table import LogTable, read_log
from headway.exchange.shared.import_report import FileRefused
from tests.exchange.real_data import DATA

RESPONSES = DATA / "responses"
needs_logs = pytest.mark.skipif(not RESPONSES.is_dir(), reason=f"real logs are not here: {RESPONSES}")


def read(folder: Path, content: str | bytes, name: str = "log.csv", **options: Any) -> LogTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_log(path, work_folder=folder / "work", **options)


def refusal(folder: Path, content: str | bytes, name: str = "log.csv", **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(folder, content, name, **options)
    assert "{" not in str(caught.value)
    return caught.value


def rows(read_in: LogTable) -> list[tuple[str, str, tuple[str, ...], float]]:
    """Return (student, item, skills, score) of every answer."""
    log = read_in.log
    found = []
    for place, student in enumerate(log.student_of_row()):
        start, end = log.set_starts[log.skill_set[place] :][:2]
        skills = tuple(log.skill_names[skill] for skill in log.members[start:end])
        found.append((log.student_names[student], log.item_names[log.item[place]], skills, float(log.score[place])))
    return found


def told(read_in: LogTable) -> dict[str, int]:
    return {note.sentence: note.times for note in read_in.notes}


def facts(read_in: LogTable, sentence: str) -> Mapping[str, object]:
    return next(note.facts for note in read_in.notes if note.sentence == sentence)


# --- forms -----------------------------------------------------------------------------------------------------------

TWO = [("1", "7", ("Skill 3",), 1.0), ("1", "8", ("Skill 4",), 0.0)]
FORMS = {
    "gervet": "user_id,item_id,timestamp,correct,skill_id,split\n1,7,0,1,3,train\n1,8,0,0,4,train\n",
    "gervet with tabs": "user_id\titem_id\ttimestamp\tcorrect\tskill_id\n1\t7\t5\t1\t3\n1\t8\t9\t0\t4\n",
    "assistments 2009": "order_id,assignment_id,user_id,assistment_id,problem_id,original,correct,attempt_count,skill_id,hint_count\n"
    "11,1,1,1,7,1,1,1,3,0\n12,1,1,1,8,1,0,4,4,2\n",
    "assistments 2012": '"problem_log_id","skill","problem_id","user_id","start_time","correct"\n'
    '"5","3.0","7","1","2012-09-28 15:11:27.2","1"\n"6","4.0","8","1","2012-09-28 15:12:27.2","0"\n',
    "assistments 2017": "studentId,AveKnow,skill,problemId,startTime,correct\n1,.3,3,7,1096470301,1\n1,.3,4,8,1096470350,0\n",
    "lkt": "student,time_ms,duration_s,outcome,item,skill\n1,100,4,CORRECT,7,3\n1,900,4,INCORRECT,8,4\n",
    "lkt in R": '"","Anon.Student.Id","Time","Outcome","Problem.Name","KC..Default."\n"1","1",100,"CORRECT","7","3"\n"2","1",900,"INCORRECT","8","4"\n',
    "names of rows without a name": "student\titem\tcorrect\tskill\nr1\t1\t7\t1\t3\nr2\t1\t8\t0\t4\n",
    "a comma behind every row": "student,item,correct,skill\n1,7,1,3,\n1,8,0,4,\n",
    "semicolons": "user;question;is_correct;skill\n1;7;true;3\n1;8;false;4\n",
    "bars": "user|question|right|skill\n1|7|yes|3\n1|8|no|4\n",
    "eedi": 'QuestionId,UserId,AnswerId,IsCorrect,SubjectId\n7,1,1,1,[3]\n8,1,2,0,"[4]"\n',
    "xes3g5m, a row a student": 'fold,uid,questions,concepts,responses,timestamps,selectmasks\n0,1,"7,8,-1","3,4,-1","1,0,-1","1000,2000,-1","1,1,-1"\n',
    "four lines a student": "2\n7,8\n3,4\n1,0\n",
    "six lines a student": "1,2\n7,8\n3,4\n1,0\n1000,2000\nNA\n",
    "lines of json": '{"user_id": 1, "problem_id": 7, "correct": true, "skills": [3]}\n'
    '{"user_id": 1, "problem_id": 8, "correct": false, "skills": ["4"]}\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_field_gives_the_same_two_answers(form: str, tmp_path: Path) -> None:
    assert rows(read(tmp_path, FORMS[form])) == TWO


def test_a_step_is_named_by_its_problem_and_itself(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        "Row\tAnon Student Id\tProblem Name\tStep Name\tFirst Transaction Time\tCorrect First Attempt\tKC Category (Default)\tKC(SubSkills)\n"
        "1\tAda\tP1\tR1C1\t2005-09-09 12:24:07.0\t0\tunit\tAdd~~Carry\n"
        "2\tAda\tP2\tR1C1\t2005-09-09 12:24:56.0\t1\tunit\t\n",
    )

    assert rows(read_in) == [
        ("Ada", "P1 / R1C1", ("Add", "Carry"), 0.0),
        ("Ada", "P2 / R1C1", (table.NO_SKILL,), 1.0),
    ]


def test_a_skill_column_that_comes_twice_holds_skills_of_one_answer(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        "Anon Student Id\tProblem Name\tStep Name\tOutcome\tAttempt At Step\tKC (Default)\tKC (Default)\n"
        "Ada\tP\tS\tHINT\t1\tAdd\tCarry\nAda\tP\tS\tCORRECT\t2\tAdd\t\n",
    )

    assert [row[2:] for row in rows(read_in)] == [(("Add", "Carry"), 0.0), (("Add",), 1.0)]
    assert read_in.log.attempt is not None
    assert read_in.log.attempt.tolist() == [1, 2]
    assert told(read_in)[table.HELP_IS_WRONG] == 1


def test_sequences_without_items_with_repeats_join_the_rows_of_an_answer(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        'fold,uid,concepts,responses,is_repeat\n1,5,"3,4,3,-1","1,1,0,-1","0,1,0,-1"\n0,6,"3","1","0"\n',
    )

    assert [(student, skills, score) for student, _item, skills, score in rows(read_in)] == [
        ("5", ("Skill 3", "Skill 4"), 1.0),
        ("5", ("Skill 3",), 0.0),
        ("6", ("Skill 3",), 1.0),
    ]
    assert read_in.log.parts["fold"].tolist() == [1, 0]
    assert (read_in.rows_in_file, read_in.folded) == (4, 1)


def test_lists_of_different_lengths_are_refused_with_their_row(tmp_path: Path) -> None:
    problem = refusal(tmp_path, 'uid,concepts,responses\n1,"3,4","1,0"\n2,"3,4,5","1,0"\n')

    assert (problem.sentence, problem.place) == (table.UNEVEN, "row 2")


def test_three_lines_a_student_are_read(tmp_path: Path) -> None:
    read_in = read(tmp_path, "5\n8,4,8,4,7\n0,0,1,1,1\n1\n8\n1\n")

    assert [row[2:] for row in rows(read_in)] == [
        (("Skill 4", "Skill 8"), 0.0),
        (("Skill 4", "Skill 8"), 1.0),
        (("Skill 7",), 1.0),
        (("Skill 8",), 1.0),
    ]
    assert (read_in.rows_in_file, read_in.folded, read_in.log.rows) == (6, 2, 4)


def test_six_lines_without_items_or_times_name_their_students(tmp_path: Path) -> None:
    read_in = read(tmp_path, "u9,2\nNA\n3,4_5\n1,0\nNA\nNA\nu4,1\nNA\n3\n0\nNA\nNA\n")

    assert [(student, skills, score) for student, _item, skills, score in rows(read_in)] == [
        ("u4", ("Skill 3",), 0.0),
        ("u9", ("Skill 3",), 1.0),
        ("u9", ("Skill 4", "Skill 5"), 0.0),
    ]
    assert (read_in.log.has_items, read_in.has_times) == (False, False)


def test_parquet_is_read_with_its_lists_and_moments(tmp_path: Path) -> None:
    duckdb.sql(
        "copy (select 1 as user_id, 7 as item_id, true as correct, [3, 4] as skills, timestamp '2026-03-01 09:00:00' as t1)"
        f" to '{tmp_path / 'log.parquet'}' (format parquet)"
    )

    read_in = read_log(tmp_path / "log.parquet", work_folder=tmp_path, columns={"time": "t1"})

    assert rows(read_in) == [("1", "7", ("Skill 3", "Skill 4"), 1.0)]


def _zipped(content: bytes, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w") as packed:
        packed.writestr("log.csv", content)
    return (folder / "made.zip").read_bytes()


@pytest.mark.parametrize("ending", ["gz", "zst", "zip"])
def test_packed_files_are_the_same_as_plain_ones(ending: str, tmp_path: Path) -> None:
    plain = FORMS["gervet"].encode()
    packed = {
        "gz": gzip.compress(plain),
        "zst": zstandard.compress(plain),
        "zip": _zipped(plain, tmp_path),
    }[ending]

    assert read(tmp_path, packed, f"log.csv.{ending}").fingerprint == read(tmp_path, plain).fingerprint


@pytest.mark.parametrize(
    "written",
    [
        FORMS["gervet"].replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + FORMS["gervet"].encode(),
        FORMS["gervet"].encode("utf-16"),
        b"\n\n" + FORMS["gervet"].encode(),
    ],
    ids=["line ends", "byte order mark", "utf-16", "empty lines first"],
)
def test_how_a_text_is_written_changes_nothing(written: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, written).fingerprint == read(tmp_path, FORMS["gervet"]).fingerprint


def test_latin_1_is_read_where_a_log_is_not_utf_8(tmp_path: Path) -> None:
    assert read(tmp_path, "student,correct,skill\n1,1,Fracción\n".encode("latin-1")).log.skill_names == ("Fracción",)


def test_quotation_marks_between_tabs_are_letters(tmp_path: Path) -> None:
    read_in = read(tmp_path, 'student\titem\tcorrect\tskill\n1\t5" nail\t1\t"Mean\n1\tb\t0\tMean" of\n')

    assert [row[1] for row in rows(read_in)] == ['5" nail', "b"]


def test_a_column_is_found_whatever_its_case_spaces_and_signs() -> None:
    assert len({key(name) for name in ("Anon Student Id", "anon_student_id", "Anon.Student.Id", "anonStudentID")}) == 1


def test_a_column_named_by_a_person_goes_first(tmp_path: Path) -> None:
    read_in = read(tmp_path, "user_id,who,correct,skill\n1,Ada,1,Mean\n", columns={"student": "Who"})

    assert rows(read_in)[0][0] == "Ada"
    assert read_in.found["student"] == "who"


@pytest.mark.parametrize(
    ("cell", "keys"),
    [
        ("Mean~~Median", ("mean", "median")),
        ("12_13", ("12", "13")),
        ("12,13", ("12", "13")),
        ("12;13", ("12", "13")),
        ("[3, 71]", ("3", "71")),
        ("['a', 'b']", ("a", "b")),
        ('["x, y", "z"]', ("x, y", "z")),
        ("Adding, then multiplying", ("adding, then multiplying",)),
        ("5.0", ("5",)),
        ("nan", ()),
        ("[]", ()),
    ],
)
def test_cells_with_several_skills_are_parted(cell: str, keys: tuple[str, ...]) -> None:
    assert skill_keys(cell, {}, {}) == keys


# --- one answer, many rows -------------------------------------------------------------------------------------------


def test_rows_with_one_order_number_are_one_answer_wherever_they_stand(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        "order_id,user_id,problem_id,correct,skill_name\n7,1,2,1,Area\n8,1,3,0,Area\n7,1,2,1,Table\n8,1,3,0,Area\n9,1,3,0,Area\n",
    )

    assert [row[1:] for row in rows(read_in)] == [
        ("2", ("Area", "Table"), 1.0),
        ("3", ("Area",), 0.0),
        ("3", ("Area",), 0.0),
    ]
    assert (read_in.rows_in_file, read_in.folded) == (5, 2)
    assert told(read_in)[table.ONE_ANSWER] == 2


def test_a_number_that_many_answers_share_does_not_join_them(tmp_path: Path) -> None:
    read_in = read(
        tmp_path, "order,user_id,item,correct,skill\n1,1,a,1,X\n1,1,b,0,X\n1,1,c,1,X\n2,1,a,1,X\n2,1,a,1,X\n"
    )

    assert (read_in.log.rows, read_in.folded) == (5, 0)


def test_without_numbers_a_neighbour_with_a_new_skill_is_the_same_answer(tmp_path: Path) -> None:
    read_in = read(
        tmp_path, "student,item,correct,skill\n1,2,1,Area\n1,2,1,Table\n1,2,1,Area\n1,2,0,Table\n1,2,0,Table\n"
    )

    assert [row[2:] for row in rows(read_in)] == [
        (("Area", "Table"), 1.0),
        (("Area",), 1.0),
        (("Table",), 0.0),
        (("Table",), 0.0),
    ]


def test_answers_at_different_times_are_never_joined(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,time,correct,skill\n1,2,10,1,Area\n1,2,11,1,Table\n1,2,11,1,Area\n")

    assert [row[2] for row in rows(read_in)] == [("Area",), ("Area", "Table")]


def test_a_day_shared_by_many_answers_joins_none_where_no_item_is_named(tmp_path: Path) -> None:
    content = "student,date,correct,skill\n" + "".join(
        f"1,2026-03-0{day},1,{skill}\n" for day in (1, 2) for skill in "ABC"
    )

    assert read(tmp_path, content).log.rows == 6


@settings(max_examples=20, deadline=None)
@given(
    answers=st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.sets(st.sampled_from("ABC"), min_size=1)),
        min_size=1,
        max_size=12,
    ),
    pieces=st.integers(1, 5),
)
def test_writing_every_answer_once_for_each_skill_changes_nothing(
    answers: Sequence[tuple[int, int, int, set[str]]], pieces: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    head = "order_id,user_id,problem_id,correct,skill\n"
    one_row = head + "".join(
        f"{number},{student},{item},{correct},{'~~'.join(sorted(skills))}\n"
        for number, (student, item, correct, skills) in enumerate(answers)
    )
    one_a_skill = head + "".join(
        f"{number},{student},{item},{correct},{skill}\n"
        for number, (student, item, correct, skills) in enumerate(answers)
        for skill in sorted(skills, reverse=True)
    )
    whole = read(folder, one_row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "ROWS_AT_ONCE", pieces)
        assert read(folder, one_a_skill).fingerprint == whole.fingerprint


def test_numbers_of_sets_are_read_from_the_matrix_beside_the_log(tmp_path: Path) -> None:
    sparse.save_npz(tmp_path / "q_mat.npz", sparse.csr_matrix([[1, 0, 0], [1, 0, 1], [1, 0, 1]]))

    read_in = read(tmp_path, "user_id,item_id,correct,skill_id\n1,0,1,20\n1,1,0,21\n1,2,0,21\n")

    assert [row[2] for row in rows(read_in)] == [("Skill 0",), ("Skill 0", "Skill 2"), ("Skill 0", "Skill 2")]
    assert table.SETS_FROM_LIST in told(read_in)


def test_a_matrix_that_contradicts_the_log_is_not_used(tmp_path: Path) -> None:
    sparse.save_npz(tmp_path / "q_mat.npz", sparse.csr_matrix([[1, 0], [0, 1]]))

    read_in = read(tmp_path, "user_id,item_id,correct,skill_id\n1,0,1,20\n1,1,0,20\n")

    assert read_in.log.skill_names == ("Skill 20",)


# --- results ---------------------------------------------------------------------------------------------------------


def test_shares_study_and_words_are_results(tmp_path: Path) -> None:
    read_in = read(tmp_path, 'student,item,correct,skill\n1,a,0.25,X\n1,b,STUDY,X\n1,c,Correct,X\n1,d,"0,5",X\n')

    np.testing.assert_array_equal(read_in.log.score, [0.25, np.nan, 1.0, 0.5])
    assert told(read_in)[table.STUDY_IS_NO_ANSWER] == 1


def test_a_value_that_is_no_result_is_left_out_and_reported_with_its_row(tmp_path: Path) -> None:
    read_in = read(
        tmp_path, "student,item,correct,skill\n1,a,1,X\n1,b,7,X\n,b,1,X\n1,c,,X\n1,d,0,X\n1,e,1,X\n1,f,1,X\n"
    )

    note = next(note for note in read_in.notes if note.sentence == table.BAD_RESULT)
    assert (note.times, note.places, note.facts["values"]) == (1, ("row 2",), "7")
    assert told(read_in)[table.NO_STUDENT] == told(read_in)[table.NO_RESULT] == 1
    assert (read_in.log.rows, read_in.left_out) == (4, 3)


def test_a_column_of_marks_out_of_a_hundred_is_refused(tmp_path: Path) -> None:
    problem = refusal(tmp_path, "student,item,score,skill\n1,a,80,X\n1,b,95,X\n1,c,1,X\n")

    assert problem.sentence == table.FEW_RESULTS
    assert "--column correct=NAME" in str(problem)


def test_how_many_tries_it_took_is_not_which_try_it_was(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,attempt_count,hint_count\n1,a,0,X,4,2\n1,b,1,X,1,\n")

    assert read_in.log.attempt is None
    assert read_in.log.hints is not None
    assert read_in.log.hints.tolist() == [2, 0]


def test_the_own_form_keeps_attempt_hints_and_the_chance_to_guess(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,attempt,hints_used,guess_chance\n1,a,1,X,2,1,0.25\n")

    log = read_in.log
    assert log.attempt is not None and log.hints is not None and log.guess is not None  # noqa: PT018
    assert (log.attempt[0], log.hints[0], log.guess[0]) == (2, 1, 0.25)


# --- times and order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "second", "gap_seconds", "sentence"),
    [
        ("timestamp", "1349000000", "1349000060", 60, times.SECONDS),
        ("timestamp", "1349000000000", "1349000060000", 60, times.THOUSANDTHS),
        ("time_done", "1349000000000000", "1349000060000000", 60, times.MILLIONTHS),
        ("time_ms", "100", "2100", 2, times.THOUSANDTHS),
        ("time", "5000", "25000", 20, times.THOUSANDTHS),
        ("time", "5", "25", 20, times.SECONDS),
        ("date", "2012-09-28 15:11:27.25", "2012-09-28 15:11:28.25", 1, times.DATES),
        ("date", "2012-09-28T23:59:00+02:00", "2012-09-28T22:00:00Z", 60, times.DATES),
        ("date", "2012/09/28 15:11:27", "2012/09/28 15:11:29", 2, times.DATES),
        ("date", "10/14/2011 1:02:03 PM", "10/14/2011 13:02:05", 2, times.MONTH_FIRST),
        ("date", "05/06/2011 10:00", "14/06/2011 10:00", 9 * 86400, times.DAY_FIRST),
        ("date", "05/06/2011 10:00", "06/05/2011 10:00", 30 * 86400, times.MONTH_FIRST),
        ("date", "28.09.2012 15:11", "28.09.2012 15:12", 60, times.DATES),
    ],
)
def test_units_and_forms_of_time_are_found_and_told(
    name: str, first: str, second: str, gap_seconds: float, sentence: str, tmp_path: Path
) -> None:
    read_in = read(tmp_path, f"student,item,correct,skill,{name}\n1,b,0,X,{second}\n1,a,1,X,{first}\n")

    assert read_in.log.seconds is not None
    assert read_in.log.seconds.tolist() == [0.0, gap_seconds]
    assert [row[1] for row in rows(read_in)] == ["a", "b"]
    assert sentence in told(read_in)


def test_equal_times_leave_the_order_of_the_file_and_the_report_says_so(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,time\n1,b,0,X,0\n2,c,1,X,0\n1,a,1,X,0\n")

    assert [row[:2] for row in rows(read_in)] == [("1", "b"), ("1", "a"), ("2", "c")]
    assert (read_in.has_times, read_in.log.seconds) == (False, None)
    assert table.ORDER_OF_FILE in told(read_in)


def test_without_times_an_order_column_counts(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,order_id\n1,b,0,X,9\n1,a,1,X,3\n")

    assert [row[1] for row in rows(read_in)] == ["a", "b"]
    assert facts(read_in, table.ORDER_OF_COLUMN) == {"column": "order_id"}


def test_an_answer_without_a_time_stays_after_the_one_before_it(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,time\n1,a,0,X,50\n1,b,1,X,\n1,c,1,X,60\n1,d,1,X,20\n")

    assert [row[1] for row in rows(read_in)] == ["d", "a", "b", "c"]
    assert told(read_in)[times.NO_MOMENT] == 1


def test_students_without_any_time_keep_the_order_of_the_file(tmp_path: Path) -> None:
    read_in = read(
        tmp_path, "student,item,correct,skill,time\n1,a,0,X,\n1,b,1,X,50\n1,c,1,X,60\n2,d,1,X,\n2,e,1,X,\n3,f,1,X,9\n"
    )

    assert read_in.log.seconds is not None
    assert read_in.log.seconds.tolist() == [41, 41, 51, 0, 0, 0]
    assert [row[1] for row in rows(read_in)] == ["a", "b", "c", "d", "e", "f"]


# --- items, skills, parts and groups ---------------------------------------------------------------------------------


def test_a_log_without_items_takes_each_set_of_skills_as_one(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,correct,skill\n1,1,B\n1,0,A\n1,0,A~~B\n")

    assert not read_in.log.has_items
    assert [row[1] for row in rows(read_in)] == ["B", "A", "A + B"]


def test_rows_without_a_skill_share_one_of_their_own(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill\n1,a,1,\n1,b,0,NA\n1,c,0,X\n")

    assert [row[2] for row in rows(read_in)] == [(table.NO_SKILL,), (table.NO_SKILL,), ("X",)]
    assert told(read_in)[table.WITHOUT_SKILL] == 2


def test_a_log_without_any_skill_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "student,item,correct\n1,a,1\n").log.skill_names == (table.NO_SKILL,)


def test_numbers_are_in_order_of_their_size_and_words_after_them(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill\n10,b,1,X\n9,10,1,X\n9.0,9,1,X\n")

    assert read_in.log.student_names == ("9", "10")
    assert read_in.log.item_names == ("9", "10", "b")


def test_train_and_test_are_found(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,split\n1,a,1,X,train\n2,a,1,X,test\n")

    assert read_in.log.parts["test"].tolist() == [0, 1]
    assert (read_in.split, read_in.split_values) == ("split", {"test": 1, "train": 1})


def test_a_student_in_both_parts_goes_where_most_rows_are_and_the_report_says_so(tmp_path: Path) -> None:
    read_in = read(
        tmp_path, "student,item,correct,skill,split\n1,a,1,X,test\n1,b,1,X,train\n1,c,1,X,train\n2,a,1,X,test\n"
    )

    assert read_in.log.parts["test"].tolist() == [0, 1]
    assert facts(read_in, table.STUDENTS_IN_SEVERAL_PARTS)["mixed"] == 1


def test_fold_numbers_under_any_name_are_folds_and_minus_one_is_the_test(tmp_path: Path) -> None:
    read_in = read(tmp_path, "student,item,correct,skill,cv\n1,a,1,X,0\n2,a,1,X,1\n3,a,1,X,-1\n", split="cv")

    assert read_in.log.parts["fold"].tolist() == [0, 1, -1]
    assert read_in.log.parts["test"].tolist() == [0, 0, 1]


def test_a_split_that_is_none_is_refused(tmp_path: Path) -> None:
    problem = refusal(tmp_path, "student,item,correct,skill,cv\n1,a,1,X,red\n2,a,1,X,blue\n", split="cv")

    assert problem.sentence == table.NOT_A_SPLIT


def test_groups_are_a_number_a_student_and_mixed_ones_are_told(tmp_path: Path) -> None:
    read_in = read(
        tmp_path,
        "student,item,correct,skill,home language\n1,a,1,X,es\n2,a,1,X,en\n2,b,1,X,en\n2,c,1,X,es\n3,a,1,X,\n",
        groups=["Home_Language"],
    )

    assert read_in.log.groups["Home_Language"].tolist() == [1, 0, -1]
    assert read_in.log.group_names["Home_Language"] == ("en", "es")
    assert facts(read_in, table.MIXED_GROUP)["mixed"] == 1


# --- promises --------------------------------------------------------------------------------------------------------


def test_the_order_of_rows_in_the_file_changes_nothing_where_there_are_times(tmp_path: Path) -> None:
    head, *body = "student,item,correct,skill,time\n2,a,1,X,7\n1,b,0,Y,5\n1,a,1,X,9\n2,c,0,X~~Y,8\n".splitlines(
        keepends=True
    )

    assert (
        read(tmp_path, head + "".join(body)).fingerprint == read(tmp_path, head + "".join(reversed(body))).fingerprint
    )


def test_another_result_is_another_fingerprint(tmp_path: Path) -> None:
    assert (
        read(tmp_path, FORMS["gervet"]).fingerprint
        != read(tmp_path, FORMS["gervet"].replace(",1,3", ",0,3")).fingerprint
    )


def test_long_logs_lie_in_files_and_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "user_id,item_id,timestamp,correct,skill_id\n" + "".join(
        f"{number % 7},{number % 11},{number},{number % 2},{number % 3}\n" for number in range(500)
    )
    whole = read(tmp_path, content)
    monkeypatch.setattr(table, "ROWS_IN_MEMORY", 10)
    monkeypatch.setattr(table, "ROWS_AT_ONCE", 64)

    in_files = read(tmp_path, content)

    assert in_files.fingerprint == whole.fingerprint
    assert isinstance(in_files.log.score, np.memmap)


def test_nothing_but_the_columns_stays_in_the_work_folder(tmp_path: Path) -> None:
    read(tmp_path, FORMS["gervet"])

    assert list((tmp_path / "work").iterdir()) == []


def test_a_path_with_signs_that_databases_expand_is_read_literally(tmp_path: Path) -> None:
    assert rows(read(tmp_path, FORMS["gervet"], "a[1]*'log.csv")) == TWO


BROKEN = {
    "a value too few": ("student,item,correct,skill\n1,a,1,X\n1,b,0\n", "line 3"),
    "a value too many": ("student,item,correct,skill\n1,a,1,X,4,4\n", "line 2"),
    "an open quotation mark": ('student,item,correct,skill\n1,a,1,"X\n', "line 2"),
    "no column for the result": ("student,item,skill\n1,a,X\n", "line 1"),
    "only a header": ("student,item,correct,skill\n", ""),
    "nothing": ("\n\n", ""),
    "bytes": (b"PAR1\x00\x00\x01", ""),
    "a cut off archive": (b"student,item\x00,correct", ""),
    "broken json": ('{"student": 1, "correct": 1}\n{"student": 1, "corr\n', ""),
    "four lines cut off": ("2\n7,8\n3,4\n1,0\n2\n7,8\n", "line 6"),
    "four lines too short": ("1\n7\n3\n1\n" * 12 + "2\n7,8\n3\n1,0\n", "line 51"),
    "a sequence cut off": ("3\n1,2,3\n", "line 2"),
    "ednet": ("timestamp,solving_id,question_id,user_answer,elapsed_time\n1,1,q1,b,9\n", "line 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_log_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    content, place = BROKEN[name]

    problem = refusal(tmp_path, content)

    assert problem.place == place
    assert str(tmp_path) not in str(problem)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(FORMS["gervet"].encode())

    assert refusal(tmp_path, whole[:-12], "log.csv.gz").sentence
    with pytest.raises(FileRefused):
        read_log(tmp_path / "absent.csv", work_folder=tmp_path)


def test_a_log_of_choices_without_results_says_what_it_needs(tmp_path: Path) -> None:
    assert refusal(tmp_path, BROKEN["ednet"][0]).sentence == table.NOT_MARKED


def test_the_database_is_kept_from_networks(tmp_path: Path) -> None:
    connection = sources.connect(tmp_path)

    settings_now = dict(
        connection.execute(
            "select name, value from duckdb_settings() where name in ('autoinstall_known_extensions', 'autoload_known_extensions')"
        ).fetchall()
    )

    assert set(settings_now.values()) == {"false"}


# --- real logs -------------------------------------------------------------------------------------------------------


@needs_logs
@pytest.mark.parametrize(
    ("name", "rows_in_file", "students", "items", "sets", "test_rows"),
    [
        ("gervet-assistments09", 278_336, 3_114, 17_708, 149, 58_266),
        ("pykt-assist2015", 682_797, 19_093, 100, 100, 138_458),
        ("lkt-cloze", 58_316, 478, 144, 36, 0),
    ],
)
def test_the_counts_of_a_real_log_are_those_of_its_description(
    name: str, rows_in_file: int, students: int, items: int, sets: int, test_rows: int, tmp_path: Path
) -> None:
    read_in = read_log(RESPONSES / name / "responses.csv.gz", work_folder=tmp_path)

    log = read_in.log
    is_test = log.parts.get("test", np.zeros(log.students, dtype=np.int32))
    assert (read_in.rows_in_file, log.rows, log.students, log.items, len(log.set_starts) - 1) == (
        rows_in_file,
        rows_in_file,
        students,
        items,
        sets,
    )
    assert int(np.diff(log.starts)[is_test == 1].sum()) == test_rows
    assert json.dumps([note.as_json() for note in read_in.notes])
