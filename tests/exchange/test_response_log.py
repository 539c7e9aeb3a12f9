"""Logs of answers: one answer is one answer, however many rows it has, and speaks once for each of its skills."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headway.core.access.roles import Role
from headway.exchange.response_log import reading, wire
from headway.records.evidence import queries as evidence
from headway.records.evidence.models import Evidence, Mastery
from headway.records.roster import actions as roster
from headway.records.roster import queries as people
from headway.records.roster.models import Organisation, Person
from headway.records.standards import queries as standards
from headway.records.standards.models import Competency
from tests.exchange.real_data import LOG, SKILLS, needs_real_data

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def answers(log: wire.Log, place: int = 0) -> list[tuple[tuple[str, ...], float]]:
    return [(answer.skills, answer.score) for answer in log.students[place].answers]


def take(path: Path, content: str | bytes, **options: Any) -> Any:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return reading.take_file(path, by=None, at=AT, **options)


def test_rows_with_one_order_number_are_one_answer() -> None:
    log = wire.parse("order_id,user_id,problem_id,correct,skill_name\n7,1,2,1,Area\n7,1,2,1,Table\n8,1,3,0,Area\n")

    assert answers(log) == [(("area", "table"), 1.0), (("area",), 0.0)]
    assert (log.rows, log.answers, log.repeated) == (3, 2, 1)


def test_without_order_a_row_after_another_of_the_same_item_with_a_new_skill_is_the_same_answer() -> None:
    log = wire.parse("student,item,correct,skill\n1,2,1,Area\n1,2,1,Table\n1,2,1,Area\n")

    assert answers(log) == [(("area", "table"), 1.0), (("area",), 1.0)]


def test_repeated_rounds_of_a_sequence_are_one_answer_each() -> None:
    log = wire.parse("5\n8,4,8,4,7\n0,0,1,1,1\n", names={"8": "Mean", "4": "Table"})

    assert answers(log) == [(("8", "4"), 0.0), (("8", "4"), 1.0), (("7",), 1.0)]
    assert log.skills == {"8": "Mean", "4": "Table", "7": "Skill 7"}


def test_a_single_pair_in_a_sequence_stays_two_answers() -> None:
    assert answers(wire.parse("2\n8,4\n1,1\n")) == [(("8",), 1.0), (("4",), 1.0)]


def test_a_student_of_a_sequence_keeps_its_name_when_others_are_added_and_twins_stay_two() -> None:
    one, two = "2\n1,2\n1,0\n", "1\n3\n1\n"
    first, longer = wire.parse(one + two + one), wire.parse(one + two + one + "1\n9\n0\n")

    assert len({student.key for student in first.students}) == 3
    assert [student.key for student in longer.students[:3]] == [student.key for student in first.students]


def test_students_with_the_same_few_answers_in_two_files_are_two_people() -> None:
    train, test = wire.parse("1\n3\n1\n1\n5\n0\n"), wire.parse("1\n4\n1\n1\n5\n0\n")

    assert train.students[1].key != test.students[1].key


def test_tabs_and_columns_of_another_name_are_read() -> None:
    log = wire.parse("PUPIL\tTOPIC\tcorrect\n1\tMean\tyes\n", columns={"student": "pupil", "skill": "Topic"})

    assert answers(log) == [(("mean",), 1.0)]


def test_several_skills_in_one_cell_are_parted() -> None:
    log = wire.parse("student,correct,skill\n1,1,Mean~~Median\n1,0,12_13\n1,1,5.0\n")

    assert [skills for skills, _score in answers(log)] == [("mean", "median"), ("12", "13"), ("5",)]


def test_answers_without_a_skill_are_counted_not_guessed() -> None:
    log = wire.parse("student,correct,skill\n1,1,\n1,1,nan\n1,1,Mean\n")

    assert (log.without_skill, log.answers) == (2, 1)


@pytest.mark.parametrize(
    ("written", "has_times"),
    [
        ("2026-03-01T09:00:00+00:00", True),
        ("03/01/2026 09:00", True),
        ("1772355600", True),
        ("1772355600000", True),
        ("0", False),
        ("86", False),
    ],
)
def test_moments_are_read_and_seconds_from_the_start_only_give_the_order(written: str, has_times: bool) -> None:
    log = wire.parse(f"student,correct,skill,timestamp\n1,1,Mean,{written}\n")

    assert log.has_times is has_times
    if has_times:
        assert log.students[0].answers[0].at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_the_order_of_the_log_counts_not_the_order_of_the_lines() -> None:
    log = wire.parse("student,correct,skill,order_id\n1,1,B,9\n1,0,A,3\n")

    assert [skills for skills, _score in answers(log)] == [("a",), ("b",)]


@pytest.mark.django_db
def test_an_answer_to_two_skills_is_one_piece_of_evidence_for_each(tmp_path: Path) -> None:
    content = "order_id,user_id,problem_id,correct,skill_name\n7,1,2,1,Area\n7,1,2,1,Table\n7,1,2,1,Area\n"

    report = take(tmp_path / "log.csv", content)

    assert sorted(Evidence.objects.values_list("competency__statement", flat=True)) == ["Area", "Table"]
    assert report.taken["evidence"].made == 2


@pytest.mark.django_db
def test_answers_without_times_stand_in_order_on_school_days_before_today(tmp_path: Path) -> None:
    rows = "".join(f"1,{number},{number % 2},Mean\n" for number in range(100))
    report = take(tmp_path / "log.csv", "user_id,item_id,correct,skill\n" + rows)

    stored = list(Evidence.objects.order_by("happened_at").values_list("happened_at", "words", "score"))
    assert [float(int(words) % 2) for _at, words, _score in stored] == [score for _at, _words, score in stored]
    assert [int(words) for _at, words, _score in stored] == list(range(100))
    assert all(at < AT and at.weekday() < 5 for at, _words, _score in stored)
    assert report.notes[0].sentence == reading.TIMES_MADE_UP


@pytest.mark.django_db
def test_the_same_log_on_another_day_under_another_name_changes_nothing(tmp_path: Path) -> None:
    content = "3\n1,2,1\n1,0,1\n2\n4,4\n0,1\n"
    take(tmp_path / "answers_train.csv", content)
    (tmp_path / "answers_test.csv").write_text(content, encoding="utf-8")

    again = reading.take_file(tmp_path / "answers_test.csv", by=None, at=AT.replace(day=17))

    assert again.changed_nothing
    assert Person.objects.count() == 2


@pytest.mark.django_db
def test_a_longer_log_adds_only_what_is_new_and_mastery_follows(tmp_path: Path) -> None:
    head = "order_id,user_id,correct,skill\n"
    take(tmp_path / "log.csv", head + "1,7,1,Mean\n2,7,1,Mean\n")
    student, skill = Person.objects.get(), Competency.objects.get()
    before, chance_before = Mastery.objects.get(), evidence.cell(student, skill.pk, at=AT).chance

    report = take(tmp_path / "log.csv", head + "1,7,1,Mean\n2,7,1,Mean\n3,7,0,Mean\n")

    after = Mastery.objects.get()
    assert (report.taken["evidence"].made, report.taken["evidence"].unchanged) == (1, 2)
    assert (before.pieces, after.pieces) == (2, 3)
    chance = evidence.cell(student, skill.pk, at=AT).chance
    assert chance < chance_before
    assert chance == evidence.explained(student, skill, at=AT).chance


@pytest.mark.django_db
def test_latin_1_is_read_where_a_log_is_not_utf_8(tmp_path: Path) -> None:
    take(tmp_path / "log.csv", "student,correct,skill\n1,1,Fracción\n".encode("latin-1"))

    assert Competency.objects.get().statement == "Fracción"


@pytest.mark.django_db
def test_a_class_of_the_most_active_is_made_once_with_path_cards_and_teacher(tmp_path: Path) -> None:
    school = Organisation.objects.create(kind="school", name="A school")
    teacher = roster.add_person(
        given_name="Ada", family_name="", roles=[Role.TEACHER], organisation=school, username="ada", by=None, at=AT
    )
    rows = "".join(
        f"{student},{number},1,{skill}\n"
        for student in range(6)
        for skill in ("Mean", "Median")
        for number in range(student + 1)
    )
    options: dict[str, Any] = {"class_size": 3, "students": 4, "teacher": "ADA", "class_name": "Room 12"}
    take(tmp_path / "log.csv", "user_id,item_id,correct,skill\n" + rows, **options)
    again = take(tmp_path / "log.csv", "user_id,item_id,correct,skill\n" + rows, **options)

    school_class = people.classes_taught_by(teacher).get()
    students = list(people.students_of(school_class))
    assert school_class.name == "Room 12"
    assert [student.given_name for student in students] == ["Student 4", "Student 5", "Student 6"]
    assert len(people.working_cards(students)) == 3
    assert sum(people.minutes_of_days(school_class, AT.date())) == 250
    assert {competency.statement for competency in standards.path_of(school_class)} == {"Mean", "Median"}
    assert Person.objects.filter(role_grants__role=Role.STUDENT).count() == 4
    assert again.changed_nothing


@needs_real_data
def test_the_real_log_reads_within_seconds_with_every_skill_named() -> None:
    names = wire.skill_names(reading.read_text(SKILLS, fallback="latin-1"))
    log = wire.parse(reading.read_text(LOG, fallback="latin-1"), names=names)

    assert (len(log.students), log.rows, len(log.skills)) == (2921, 224_218, 110)
    assert not [name for name in log.skills.values() if name.startswith("Skill ")]
    assert sum(len(answer.skills) for student in log.students for answer in student.answers) == log.rows
