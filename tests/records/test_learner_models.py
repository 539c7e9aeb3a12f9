"""Another learner model comes into use: never silently, never half, and what it replaced can be shown again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.evidence.methods import Method, Rule
from headway.core.evidence.scorecards import Scorecards, as_json, from_json, shipped
from headway.core.shared.errors import RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import actions, queries, replays, states, versions
from headway.records.evidence.models import Mastery, ModelVersion, StudentState
from tests.people import client_id

if TYPE_CHECKING:
    from tests.people import People

BY_MODEL = "mastery.word_changed_by_model"


@pytest.fixture(autouse=True)
def _read_anew() -> Any:
    """Versions never change, so a process reads one once; tests use a name again."""
    versions.forget()
    yield
    versions.forget()


def model(version: str = "harder", *, start: float = -1.0) -> Scorecards:
    """The shipped model with every estimate moved by `start` logits."""
    return replace(shipped(), version=version, start=shipped().start + start)


def publish(people: People, cards: Scorecards | None = None, **facts: Any) -> actions.PublishReport:
    signed: dict[str, Any] = {"by": people.ada, "at": people.now, "report": {"log_loss": 0.5}, **facts}
    return actions.publish_model(cards=cards or model(), **signed)


def grid(people: People, at: datetime | None = None) -> dict[tuple[int, int], queries.Cell]:
    return queries.cells(people.students, [each.pk for each in people.path], at=at or people.now)


def words(people: People) -> dict[tuple[int, int], str]:
    return {key: cell.word for key, cell in grid(people).items()}


def written(people: People) -> dict[tuple[int, int], tuple[str, str]]:
    rows = {str(row.pk): (row.student_id, row.competency_id) for row in Mastery.objects.all()}
    events = Event.objects.filter(verb=BY_MODEL)
    return {rows[event.record_id]: (event.facts["before"], event.facts["after"]) for event in events}


def bytes_kept() -> dict[Any, bytes]:
    kept: dict[Any, bytes] = {(row.student_id, row.competency_id): bytes(row.state) for row in Mastery.objects.all()}
    return kept | {row.student_id: bytes(row.state) for row in StudentState.objects.all()}


def test_a_model_that_shows_nothing_else_comes_into_use_quietly(people: People) -> None:
    before = grid(people)
    done = publish(people, model("same", start=0.0))
    assert done.changes is not None
    assert (done.changes.is_silent, done.students) == (True, 7)
    assert grid(people) == before
    assert not Event.objects.filter(verb=BY_MODEL).exists()
    assert set(StudentState.objects.values_list("version", flat=True)) == {"same"}


def test_a_model_that_changes_words_is_refused_and_nothing_changes(people: People) -> None:
    before, kept = grid(people), bytes_kept()
    with pytest.raises(RuleBroken, match="Nothing was changed") as refused:
        publish(people)
    assert refused.value.facts["words"] > 0
    assert not ModelVersion.objects.exists()
    assert (grid(people), bytes_kept()) == (before, kept)


def test_a_model_that_moves_estimates_without_changing_a_word_is_refused_too(people: People) -> None:
    changes = replays.ModelChanges(
        version_before="a", version="b", students=1, cells=9, words={}, moved=2, largest_shift=0.4
    )
    with pytest.raises(RuleBroken):
        actions.checks.check_changes(changes, accept_changes=False)
    actions.checks.check_changes(replace(changes, moved=0), accept_changes=False)


def test_a_small_shift_is_no_reason_to_refuse(people: People) -> None:
    done = publish(people, model("a hair", start=-1e-6))
    assert done.changes is not None
    assert 0 < done.changes.largest_shift < 1e-5


def test_every_word_that_changes_is_written_down_with_both_words_and_both_versions(people: People) -> None:
    before = words(people)
    done = publish(people, accept_changes=True)
    after = words(people)
    changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert changed
    assert {key: pair for key, pair in written(people).items() if key in before} == changed
    assert done.changes is not None
    assert done.changes.words_changed == Event.objects.filter(verb=BY_MODEL).count()
    event = Event.objects.filter(verb=BY_MODEL).first()
    assert event is not None
    assert (event.facts["version_before"], event.facts["version"]) == (shipped().version, "harder")
    assert event.by_uuid == people.ada.uuid


def test_the_page_of_a_skill_can_tell_that_its_word_changed(people: People) -> None:
    before = words(people)
    publish(people, accept_changes=True)
    after = words(people)
    for student in people.students:
        for skill in people.path:
            key = (student.pk, skill.pk)
            told = [
                (change.cause, change.before.value, change.after.value, change.at)
                for change in queries.word_changes(student, skill)
            ]
            is_changed = before.get(key) != after.get(key)
            assert told == ([("model", before[key], after[key], people.now)] if is_changed else [])


def test_what_was_counted_does_not_depend_on_the_day_it_was_worked_out(people: People) -> None:
    publish(people, accept_changes=True)
    kept = bytes_kept()
    StudentState.objects.all().delete()
    Mastery.objects.all().delete()
    actions.rebuild_stale(at=people.now)
    assert bytes_kept() == kept


def test_publishing_the_same_model_again_changes_nothing(people: People) -> None:
    publish(people, accept_changes=True)
    events, kept = Event.objects.count(), bytes_kept()
    again = publish(people)
    assert (again.students, again.changes) == (0, None)
    assert (Event.objects.count(), bytes_kept()) == (events, kept)


def test_a_name_stands_for_one_model_only(people: People) -> None:
    publish(people, model("autumn", start=0.0))
    with pytest.raises(RuleBroken, match="autumn"):
        publish(people, model("autumn", start=0.2), accept_changes=True)
    with pytest.raises(RuleBroken, match="name"):
        publish(people, model(" ", start=0.0))


def test_the_numbers_of_a_model_come_back_to_the_last_bit(people: People) -> None:
    publish(people, model("exact", start=-0.1234567891234567), accept_changes=True)
    stored = ModelVersion.objects.get(version="exact").parameters
    assert as_json(from_json(stored)) == as_json(model("exact", start=-0.1234567891234567))


# --- in the middle ----------------------------------------------------------------------------------------------------


class PowerCut(Exception):
    """The lights go out."""


@pytest.fixture
def cut(people: People, monkeypatch: pytest.MonkeyPatch) -> People:
    """Publish a harder model, and stop after three students."""
    monkeypatch.setattr(states, "STUDENTS_AT_ONCE", 3)
    real, turns = states.work_out, Counter[str]()

    def work_out(students: Any, *, at: datetime) -> int:
        if turns["done"] == 1:
            raise PowerCut
        turns["done"] += 1
        return real(students, at=at)

    monkeypatch.setattr(states, "work_out", work_out)
    with pytest.raises(PowerCut):
        publish(people, accept_changes=True)
    monkeypatch.setattr(states, "work_out", real)
    return people


def test_until_their_turn_comes_students_keep_the_words_they_had(people: People, request: Any) -> None:
    before = grid(people)
    request.getfixturevalue("cut")
    stale = set(versions.stale_students())
    after = grid(people)
    assert len(stale) == 4
    for key, cell in after.items():
        assert (cell == before[key]) == (key[0] in stale)


def test_what_was_interrupted_goes_on_and_ends_as_if_nothing_had_happened(cut: People) -> None:
    publish(cut)
    assert not versions.has_stale_states()
    events = Event.objects.filter(verb=BY_MODEL)
    changes = replays.changes_with(versions.model_of(""), at=cut.now)
    assert events.count() == changes.words_changed
    assert len({event.record_id for event in events}) == events.count()


def test_the_next_start_goes_on_with_what_was_interrupted(cut: People) -> None:
    assert versions.has_stale_states()
    assert actions.rebuild_stale(at=cut.now) == 4
    assert actions.rebuild_stale(at=cut.now) == 0


def test_an_answer_in_between_moves_the_numbers_of_the_model_they_were_counted_with(cut: People) -> None:
    stale = versions.stale_students()[0]
    before = StudentState.objects.get(student=stale)
    answer(cut, stale, "between", at=cut.now + timedelta(minutes=1))
    after = StudentState.objects.get(student=stale)
    assert after.version == before.version == shipped().version
    assert bytes(after.state) != bytes(before.state)


def test_late_work_in_between_takes_the_new_model_and_says_so(cut: People) -> None:
    changes = {
        found.student_id
        for student in versions.stale_students()
        for found in differences_of(cut, student)
        if found.before is not found.after
    }
    student = min(changes)
    answer(cut, student, "late", at=cut.now, happened_at=cut.now - timedelta(days=400))
    assert StudentState.objects.get(student=student).version == "harder"
    assert {key[0] for key in written(cut)} >= {student}


def differences_of(people: People, student: int) -> list[replays.Difference]:
    pieces = {student: replays.learner.in_force(states.pieces_of([student])[student], people.now)}
    found = replays.differences({student: versions.model_of("")}, versions.model_in_use(), pieces, at=people.now)
    return list(found)


def answer(people: People, student: int, name: str, *, at: datetime, happened_at: datetime | None = None) -> None:
    fact = actions.EvidenceIn(
        client_id=client_id(name),
        student_id=student,
        competency_id=people.competencies["7.1"].pk,
        kind="answer",
        happened_at=happened_at or at,
        score=1.0,
    )
    actions.record(fact=fact, by=people.ada, at=at)


# --- what stays -------------------------------------------------------------------------------------------------------


def test_a_judgement_stands_whatever_the_model(people: People) -> None:
    skill = people.competencies["7.1"]
    actions.judge(student=people.ben, competency=skill, word="beyond", reason="So", by=people.ada, at=people.now)
    publish(people, accept_changes=True)
    assert queries.cell(people.ben, skill.pk, at=people.now).word == "beyond"
    assert (people.ben.pk, skill.pk) not in written(people)


def test_words_that_another_rule_gives_do_not_change_with_the_model(people: People) -> None:
    actions.set_rule(school=people.school, rule=Rule(method=Method.LATEST), by=people.grace, at=people.now)
    before = words(people)
    publish(people, accept_changes=True)
    assert (words(people), written(people)) == (before, {})


def test_old_moments_keep_the_model_that_was_in_use(people: People) -> None:
    actions.keep_shipped_model(at=people.now - timedelta(days=90))
    skill, then = people.competencies["7.1"], people.now - timedelta(days=1)
    before = queries.explained(people.ben, skill, at=then)
    old_grid = queries.cells_as_of(people.students, [skill.pk], at=then)
    publish(people, accept_changes=True)
    assert queries.explained(people.ben, skill, at=then) == before
    assert queries.cells_as_of(people.students, [skill.pk], at=then) == old_grid
    assert queries.explained(people.ben, skill, at=people.now).chance < before.chance


# --- the model that comes with Headway --------------------------------------------------------------------------------


def test_the_model_that_comes_with_headway_is_kept_once(people: People) -> None:
    before = grid(people)
    assert actions.keep_shipped_model(at=people.now)
    assert not actions.keep_shipped_model(at=people.now)
    assert (ModelVersion.objects.count(), versions.version_in_use()) == (1, shipped().version)
    assert grid(people) == before
    assert not versions.has_stale_states()


def test_a_newer_one_that_comes_with_headway_takes_over_and_says_which_words_change(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.keep_shipped_model(at=people.now)
    newer = model("shipped-next")
    monkeypatch.setattr(actions, "shipped", lambda: newer)
    assert actions.keep_shipped_model(at=people.now + timedelta(days=1))
    actions.rebuild_stale(at=people.now + timedelta(days=1))
    assert versions.version_in_use() == "shipped-next"
    assert written(people)


def test_the_school_s_own_model_is_not_replaced_by_one_that_comes_with_headway(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.keep_shipped_model(at=people.now)
    publish(people, model("own", start=0.0), at=people.now + timedelta(hours=1))
    newer = model("shipped-next")
    monkeypatch.setattr(actions, "shipped", lambda: newer)
    assert not actions.keep_shipped_model(at=people.now + timedelta(days=1))
    assert versions.version_in_use() == "own"


def test_a_model_made_for_another_headway_gives_way_to_the_one_that_comes_with_this_one(people: People) -> None:
    publish(people, model("own", start=0.0))
    row = ModelVersion.objects.get(version="own")
    row.parameters["curves"].pop("right")
    row.save()
    versions.forget()
    assert versions.model_in_use().version == shipped().version
    assert actions.keep_shipped_model(at=people.now + timedelta(hours=1))
    actions.rebuild_stale(at=people.now + timedelta(hours=1))
    assert not versions.has_stale_states()
