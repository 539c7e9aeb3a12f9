"""The demo school, put in once for all of these tests: what every page will find there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from headway.core.access.roles import Role
from headway.core.planning import breaches
from headway.core.shared.school_weeks import monday_of
from headway.ops.demo import files, loader
from headway.ops.demo.welcome import sign_in_cards
from headway.ops.terminal import Quiet
from headway.records.evidence import queries as evidence
from headway.records.library import collected
from headway.records.library import queries as library
from headway.records.planning import own_choices, problems, shelf
from headway.records.planning import queries as planning
from headway.records.planning.models import Week
from headway.records.roster import queries as roster
from headway.records.roster.models import Class, Person
from headway.records.standards import queries as standards

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo school")]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The school and the day it was made."""

    at: datetime
    monday: date
    classes: list[Class]

    def person(self, name: str) -> Person:
        """Return somebody by the name in the files."""
        found = roster.person_by_external_id(files.SOURCE, name)
        assert found is not None
        return found


def _newest_thursday_afternoon() -> datetime:
    """The newest Thursday that is over, so that no test depends on the day it runs on."""
    now = timezone.now().astimezone(ZoneInfo("America/New_York"))
    back = (now.weekday() - 3) % 7 or 7
    return (now - timedelta(days=back)).replace(hour=15, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def school(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Loaded]:
    """The demo school, taken out again afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        at = _newest_thursday_afternoon()
        assert loader.load(at=at, steps=Quiet())
        classes = list(roster.all_classes())
        yield Loaded(at=at, monday=monday_of(roster.today_at(classes[0].school, at)), classes=classes)
        transaction.set_rollback(True)


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("records").get_models()}


def test_a_second_time_changes_nothing(school: Loaded) -> None:
    before = _counts()
    assert loader.load(at=school.at, steps=Quiet()) is False
    assert _counts() == before


def test_every_table_has_something_to_show(school: Loaded) -> None:
    # Nobody failed to sign in or changed a rule of planning yet, no model was fitted here, and no report was asked for.
    nothing = {name for name, count in _counts().items() if not count}
    unused = {"PlanRules", "PlanWeights", "PlanRun", "PlanRunClass", "Deadline", "MovedDate", "PaceWord", "MoveOn"}
    # Nobody brought a file or a framework in, and the states are called what they are called everywhere.
    not_brought = {"ColumnMapping", "Delivery", "IncomingFramework", "ProficiencyWord", "StoredFile"}
    # Its questions show no files and were never changed, nobody printed one, worked without a connection or handed a file in.
    questions = {"ItemFile", "ItemVersion", "AssessmentTest", "PrintedSheet", "Arrival", "WorkFile"}
    assert nothing == {"SignInAttempt", "ModelVersion", "Report"} | unused | not_brought | questions


def test_collections_fit_now_later_or_always_and_every_piece_is_there(school: Loaded) -> None:
    here = school.classes[0].school
    teacher = roster.lead_teacher(school.classes[0])
    assert teacher is not None
    found = collected.counted(collected.collections_for(teacher, [here], on=school.monday))
    assert len(found) >= 8
    assert {row.theme for row in found} == {"harbor", "map", "space", "sound", "plant", "story", "numbers", "making"}
    assert any(row.starts_on and row.starts_on > school.monday for row in found)
    assert any(row.starts_on is None and row.ends_on is None for row in found)
    assert all(row.pieces == row.entries.count() >= 8 for row in found)  # type: ignore[attr-defined]


def test_some_students_keep_what_they_can_read(school: Loaded) -> None:
    here = school.classes[0].school
    kept = [
        (student, resource)
        for student in roster.students_of(school.classes[0])
        for resource in shelf.kept_by(student, here)
    ]
    assert len(kept) >= 4
    assert all(own_choices.is_for(resource, student) for student, resource in kept)


def test_last_week_is_closed_and_partly_done(school: Loaded) -> None:
    last = school.monday - timedelta(days=7)
    for school_class in school.classes:
        statuses = planning.weeks_status(school_class, last)
        assert Counter(statuses.values()) == {"closed": 26}
        done = planning.progress_of(list(roster.students_of(school_class)), last)
        assert 0.5 < sum(one.done_blocks for one in done.values()) / sum(one.blocks for one in done.values()) < 1


def test_the_coming_week_waits_for_its_teachers(school: Loaded) -> None:
    coming = school.monday + timedelta(days=7)
    found = [Counter(planning.weeks_status(one, coming).values()) for one in school.classes]
    assert found == [{"draft": 21, "approved": 5}] * 4


def test_every_drafted_week_passes_the_referee(school: Loaded) -> None:
    coming, found = school.monday + timedelta(days=7), []
    for school_class in school.classes:
        shared = planning.class_week(school_class, coming)
        assert shared is not None
        facts = problems.class_facts(school_class, coming, at=school.at, class_week=shared)
        weeks = Week.objects.filter(class_week=shared).prefetch_related("blocks__options")
        students = {student.pk: student for student in facts.students}
        for week in weeks:
            needs = problems.needs_of(facts, students[week.student_id])
            plan = problems.plan_from_rows(week.student_id, week.blocks.all())
            excused = {entry["guardrail"] for entry in week.unmet}
            found += [
                (school_class.name, students[week.student_id].name, breach.guardrail)
                for breach in breaches(plan, needs, facts.frame, facts.candidates_by_id)
                if breach.guardrail not in excused
            ]
    # What was fresh when the week was drafted may ask for another look by now, for one or two of 104 students.
    late = [entry for entry in found if entry[2] == "review_due"]
    assert [entry for entry in found if entry not in late] == []
    assert len(late) <= 2


def test_marisol_works_alone_only_with_texts_that_she_can_read(school: Loaded) -> None:
    own = planning.weeks_of(school.person("marisol-quispe"))
    languages = {
        block.resource.language
        for week in own
        for block in week.blocks.all()
        if block.resource and block.with_whom == "alone" and block.resource.reading_level > 2.5
    }
    assert languages == {"es"}


def test_theo_has_a_few_essentials_and_the_rest_is_put_away(school: Loaded) -> None:
    kinds = [{block.kind for block in week.blocks.all()} for week in planning.weeks_of(school.person("theo-marsh"))]
    assert set().union(*kinds) <= {"essential", "group", "choice"}


def test_imani_goes_further(school: Loaded) -> None:
    weeks = planning.weeks_of(school.person("imani-oduya"))
    assert sum(block.kind == "stretch" for week in weeks for block in week.blocks.all()) >= 6


def test_every_student_has_mastery_from_evidence(school: Loaded) -> None:
    students = {student for one in school.classes for student in roster.students_of(one)}
    newest = evidence.newest_evidence_at(students)
    assert len(newest) == len(students) == 52


@pytest.fixture(scope="module")
def compared(school: Loaded) -> list[tuple[float, evidence.Cell]]:
    """True mastery and what a page says of it, for everybody and every skill with evidence."""
    truth = files.true_mastery()
    people = {name: roster.person_by_external_id(files.SOURCE, name) for name in {student for student, _skill in truth}}
    skills = standards.competencies_by_code({code for _student, code in truth})
    known = [person for person in people.values() if person is not None]
    cells = evidence.cells(known, [skill.pk for skill in skills.values()], at=school.at)
    pairs = []
    for (name, code), chance in truth.items():
        person = people[name]
        cell = cells.get((person.pk, skills[code].pk)) if person is not None else None
        if cell is not None and cell.pieces:
            pairs.append((chance, cell))
    return pairs


def test_estimates_follow_the_known_truth(compared: list[tuple[float, evidence.Cell]]) -> None:
    truth, guess = np.array([(chance, cell.chance) for chance, cell in compared]).T
    assert len(compared) > 1400
    assert np.corrcoef(truth, guess)[0, 1] > 0.81


def test_estimates_are_near_the_known_truth(compared: list[tuple[float, evidence.Cell]]) -> None:
    assert np.mean([abs(chance - cell.chance) for chance, cell in compared]) < 0.118


def test_ranges_of_eighty_percent_hold_the_truth_more_often_than_not(
    compared: list[tuple[float, evidence.Cell]],
) -> None:
    # This school's students differ more from skill to skill than those the model was fitted on.
    assert np.mean([cell.low <= chance <= cell.high for chance, cell in compared]) > 0.59


def test_no_estimate_calls_somebody_secure_who_is_not_nearly_so(compared: list[tuple[float, evidence.Cell]]) -> None:
    secure = [chance for chance, cell in compared if cell.word in ("secure", "beyond")]
    assert len([chance for chance in secure if chance < 0.6]) <= 0.02 * len(secure)


def test_every_word_is_said_and_none_of_nearly_everybody(compared: list[tuple[float, evidence.Cell]]) -> None:
    words = Counter(cell.word for _chance, cell in compared)
    assert {"starting", "growing", "secure", "beyond"} <= set(words)
    assert max(words.values()) < 0.6 * len(compared)


def test_no_evidence_is_from_the_future(school: Loaded) -> None:
    assert max(evidence.newest_evidence_at(Person.objects.all()).values()) <= school.at


def test_answers_and_help_wait_for_teachers(school: Loaded) -> None:
    assert planning.open_help(school.classes).count() == len(files.read("people.yaml")["help_requests"])


def test_collections_can_be_opened(school: Loaded) -> None:
    assert library.collections_of(school.classes[0].school).count() == len(files.collections())


def test_the_printed_ways_in_work(school: Loaded) -> None:
    cards = {card["part"]: card for card in sign_in_cards("http://localhost:8000/", at=school.at)}
    student = roster.student_with_card(cards["student"]["code"])
    guardian = roster.guardian_with_link(cards["guardian"]["code"], at=school.at)
    assert student == school.person("camila-restrepo")
    assert guardian is not None
    assert guardian[0] == school.person("g-restrepo")
    for part, role in (("teacher", Role.TEACHER), ("leader", Role.LEADER)):
        person = Person.objects.get_by_natural_key(cards[part]["username"])
        assert person.check_password(cards[part]["password"])
        assert role in roster.roles_of(person)


@pytest.mark.parametrize(
    ("name", "page", "arguments"),
    [
        ("ms-vale", "teacher-today", []),
        ("mr-abara", "teacher-today", []),
        ("ms-calloway", "teacher-today", []),
        ("marisol-quispe", "student-week", []),
        ("imani-oduya", "student-progress", []),
        ("dr-lindqvist", "leader-home", []),
    ],
)
def test_pages_open_on_the_demo_school(school: Loaded, name: str, page: str, arguments: list[str]) -> None:
    client = Client()
    client.force_login(school.person(name))
    assert client.get(reverse(page, args=arguments)).status_code == 200
