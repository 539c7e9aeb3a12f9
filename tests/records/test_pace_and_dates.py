"""A teacher says a pace and moves a date, both for a while and both undone; a proof moves a student on the same day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headway.core.items import key_response
from headway.core.planning.problem import Pace
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence import queries as evidence
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.items.queries import question
from headway.records.library.models import Resource
from headway.records.planning import actions, dates, drafts, pace
from headway.records.planning.models import Block, Deadline, MovedDate, MoveOn, PaceWord, Week
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from tests.people import People

if TYPE_CHECKING:
    from headway.records.roster.models import Person

SOON, LATER = timedelta(days=3), timedelta(days=9)


def signed(people: People, by: Person | None = None) -> dict[str, Any]:
    return {"by": by or people.ada, "at": people.now}


def today(people: People) -> Any:
    return roster_queries.today_at(people.school, people.now)


def say(people: People, student: Person, word: str, *, days: int = 14, **facts: Any) -> PaceWord:
    wanted = {
        "why": "Was away for two weeks.",
        "ends_on": today(people) + timedelta(days=days),
        **signed(people),
    } | facts
    return pace.say_pace(school_class=people.school_class, student=student, word=word, **wanted)


def pace_now(people: People, student: Person, **later: Any) -> Any:
    return dates.pace_of_student(student, people.school_class, at=people.now + timedelta(**later))


def a_date(people: People, name: str = "7.1-essential", *, ahead: timedelta = SOON, **facts: Any) -> Deadline:
    return pace.set_deadline(
        school_class=people.school_class,
        resource=people.resource(name),
        due_on=today(people) + ahead,
        **{**signed(people), **facts},
    )


def own(people: People, student: Person) -> list[Any]:
    return dates.own_dates(student, school_classes=[people.school_class], on=today(people))


# --- pace ------------------------------------------------------------------------------------------------------------


def test_who_is_secure_further_on_than_the_path_is_ahead(people: People) -> None:
    drafts.set_class_goal(
        school_class=people.school_class, monday=people.monday, competency=people.path[1], **signed(people)
    )
    assert pace_now(people, people.priya).word is Pace.AHEAD


def test_who_has_shown_nothing_yet_is_on_and_the_sentence_says_so(people: People) -> None:
    found = pace_now(people, people.finn)
    assert (found.word, found.is_little_seen) == (Pace.ON, True)


def test_a_teachers_own_word_goes_before_what_is_worked_out(people: People) -> None:
    say(people, people.finn, "needs_time")
    found = pace_now(people, people.finn)
    assert (found.word, found.own.why, found.own.said_by) == (Pace.NEEDS_TIME, "Was away for two weeks.", "Ms. Lind")


def test_a_teachers_own_word_ends_by_itself(people: People) -> None:
    say(people, people.finn, "needs_time", days=2)
    assert pace_now(people, people.finn, days=3).own is None


def test_a_word_that_is_taken_back_brings_back_the_one_it_replaced(people: People) -> None:
    say(people, people.finn, "needs_time")
    second = say(people, people.finn, "ahead", at=people.now + timedelta(minutes=1))
    pace.take_back_pace(pace_word=second, **signed(people))
    assert pace_now(people, people.finn).word is Pace.NEEDS_TIME


def test_taking_back_a_word_can_be_undone(people: People) -> None:
    said = say(people, people.finn, "ahead")
    pace.take_back_pace(pace_word=said, **signed(people))
    pace.bring_back_pace(pace_word=said, **signed(people))
    assert pace_now(people, people.finn).word is Pace.AHEAD


@pytest.mark.parametrize(
    "facts",
    [{"word": "slow"}, {"why": "  "}, {"days": -1}, {"days": 400}],
    ids=["an unknown word", "no reason", "a day that is over", "a word for good"],
)
def test_a_word_needs_a_reason_and_a_last_day_in_sight(people: People, facts: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken):
        say(people, people.finn, facts.pop("word", "on"), **facts)


def test_a_specialist_does_not_say_the_pace(people: People) -> None:
    with pytest.raises(NotAllowed):
        say(people, people.finn, "on", by=people.iris)


def test_a_teacher_of_another_school_finds_no_word(people: People) -> None:
    said = say(people, people.finn, "on")
    with pytest.raises(NotFound):
        dates.pace_word_for(people.eve, said.pk)


def test_paces_of_a_class_are_read_in_a_fixed_number_of_queries(people: People) -> None:
    counts = []
    for students in (people.students[:1], people.students):
        with CaptureQueriesContext(connection) as seen:
            dates.paces_of(people.school_class, students, at=people.now)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_grid_at_hand_is_not_read_again(people: People) -> None:
    grid = evidence.cells(people.students, [skill.pk for skill in people.path], at=people.now)
    with CaptureQueriesContext(connection) as seen:
        dates.paces_of(people.school_class, people.students, at=people.now, grid=grid, path=people.path)
    assert len(seen) <= 3


# --- dates -----------------------------------------------------------------------------------------------------------


def test_a_moved_date_holds_for_its_student_and_for_nobody_else(people: People) -> None:
    deadline = a_date(people)
    pace.move_date(deadline=deadline, student=people.ben, due_on=today(people) + LATER, **signed(people))
    assert [row.due_on for row in own(people, people.ben)] == [today(people) + LATER]
    assert [row.due_on for row in own(people, people.caro)] == [today(people) + SOON]


def test_taking_a_moved_date_back_brings_back_the_class_date(people: People) -> None:
    deadline = a_date(people)
    pace.move_date(deadline=deadline, student=people.ben, due_on=today(people) + LATER, **signed(people))
    pace.take_back_date(deadline=deadline, student=people.ben, **signed(people))
    assert [row.due_on for row in own(people, people.ben)] == [today(people) + SOON]


def test_a_date_that_is_taken_back_and_brought_back_keeps_the_own_dates(people: People) -> None:
    deadline = a_date(people)
    pace.move_date(deadline=deadline, student=people.ben, due_on=today(people) + LATER, **signed(people))
    pace.end_deadline(deadline=deadline, **signed(people))
    assert own(people, people.ben) == []
    pace.bring_back_deadline(deadline=deadline, **signed(people))
    assert [row.due_on for row in own(people, people.ben)] == [today(people) + LATER]


def test_a_piece_of_work_has_one_date(people: People) -> None:
    a_date(people)
    with pytest.raises(RuleBroken, match="has a date already"):
        a_date(people, ahead=LATER)


@pytest.mark.parametrize("days", [-1, 500])
def test_a_date_lies_ahead_and_in_sight(people: People, days: int) -> None:
    with pytest.raises(RuleBroken, match="from today on"):
        a_date(people, ahead=timedelta(days=days))


def test_a_date_is_not_moved_for_somebody_elses_student(people: People) -> None:
    deadline = a_date(people)
    with pytest.raises(RuleBroken, match="not in this class"):
        pace.move_date(deadline=deadline, student=people.gus, due_on=today(people) + LATER, **signed(people))


def test_why_a_date_was_moved_is_not_in_the_audit(people: People) -> None:
    pace.move_date(
        deadline=a_date(people), student=people.ben, due_on=today(people) + LATER, why="Ill", **signed(people)
    )
    event = Event.objects.filter(verb="date.moved").latest("pk")
    assert "Ill" not in str(event.facts)


def test_the_planner_gets_each_students_own_date(people: People) -> None:
    monday = people.monday + timedelta(days=7)
    deadline = pace.set_deadline(
        school_class=people.school_class,
        resource=people.resource("7.1-essential"),
        due_on=monday + timedelta(days=1),
        words="First half",
        **signed(people),
    )
    pace.move_date(deadline=deadline, student=people.ben, due_on=monday + timedelta(days=6), **signed(people))
    pace.move_date(deadline=deadline, student=people.quinn, due_on=monday + timedelta(days=8), **signed(people))
    found = dates.milestones_of(people.school_class, monday, people.students)
    resource = people.resource("7.1-essential").pk
    # Sunday's work stands on Friday; what is due a week later is not in this week.
    assert (found[people.caro.pk], found[people.ben.pk], found[people.quinn.pk]) == (
        ((resource, 1, "First half"),),
        ((resource, 4, "First half"),),
        (),
    )


def test_finished_work_has_no_milestone_through_whichever_door_it_was_done(people: People) -> None:
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(resource=people.resource("7.1-essential-es"), finished_at=people.now)
    monday = people.monday + timedelta(days=7)
    a_date(people, ahead=monday - today(people))
    found = dates.milestones_of(people.school_class, monday, [people.ben, people.caro])
    assert (len(found[people.ben.pk]), len(found[people.caro.pk])) == (0, 1)


def test_work_that_is_put_away_is_waived_and_has_no_date(people: People) -> None:
    monday = people.monday + timedelta(days=7)
    deadline = a_date(people, "7.1-stretch", ahead=monday - today(people))
    assert dates.waived_of(people.school_class, monday, [people.otis])[people.otis.pk] == {deadline.resource_id}
    assert dates.milestones_of(people.school_class, monday, [people.otis])[people.otis.pk] == ()
    assert own(people, people.otis) == []


def test_an_essential_keeps_its_date_for_somebody_who_has_essentials_only(people: People) -> None:
    a_date(people, "7.1-essential")
    assert len(own(people, people.otis)) == 1


def test_nobody_else_has_anything_waived(people: People) -> None:
    a_date(people, "7.1-stretch")
    assert dates.waived_of(people.school_class, people.monday, [people.ben]) == {people.ben.pk: frozenset()}


def test_a_teacher_of_another_school_finds_no_date(people: People) -> None:
    deadline = a_date(people)
    with pytest.raises(NotFound):
        dates.deadline_for(people.eve, deadline.pk)


def test_dates_of_a_class_are_read_in_a_fixed_number_of_queries(people: People) -> None:
    counts = []
    for names in (("7.1-essential",), ("7.2-essential", "7.3-essential", "7.4-essential")):
        for name in names:
            deadline = a_date(people, name)
            for student in people.students[: len(names)]:
                pace.move_date(deadline=deadline, student=student, due_on=today(people) + LATER, **signed(people))
        with CaptureQueriesContext(connection) as seen:
            dates.dates_of_class(people.school_class)
            dates.own_dates_of(
                people.students,
                school_classes={student.pk: [people.school_class] for student in people.students},
                on=today(people),
            )
            dates.milestones_of(people.school_class, people.monday, people.students)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- moving on -------------------------------------------------------------------------------------------------------


def a_block(people: People, student: Person | None = None, code: str = "7.1", *, questions: bool = True) -> Block:
    """Return a block of practice on a skill, with a question that nobody was shown."""
    block = people.block(student or people.ben)
    Block.objects.filter(pk=block.pk).update(
        competency=people.competencies[code], resource=people.resource(f"{code}-essential")
    )
    if not questions:
        Item.objects.filter(competency=people.competencies[code]).update(competency=None)
        Item.objects.filter(resource__in=Resource.objects.filter(alignments__competency__source_id=code)).delete()
    block.refresh_from_db()
    return block


def asked(people: People, block: Block, student: Person | None = None) -> MoveOn:
    return pace.ask_to_move_on(block=block, **signed(people, student or people.ben))


def answer(people: People, wish: MoveOn, *, right: bool, key: UUID | None = None) -> pace.Proof:
    assert wish.item is not None
    given = key_response(question(wish.item))
    if not right:
        given = {name: ["999"] for name in given}
    return pace.answer_proof(move_on=wish, response=given, client_id=key or uuid4(), **signed(people, wish.student))


def number_only(people: People, code: str = "7.1") -> None:
    """Leave one question about a skill, so that a wrong answer can be written down here."""
    Item.objects.filter(competency=people.competencies[code]).exclude(pk=people.item(f"{code}-number").pk).update(
        competency=None
    )


def open_on(week: Week, code: str, people: People) -> list[Block]:
    blocks = Block.objects.filter(week=week, competency=people.competencies[code])
    return [block for block in blocks if dates.can_be_left(block) and block.kind != "stretch"]


def test_a_right_proof_is_evidence_once_and_brings_the_next_work_the_same_day(people: People) -> None:
    block = a_block(people)
    proof = answer(people, asked(people, block), right=True)
    assert (proof.move_on.is_proved, proof.move_on.decided_at) == (True, people.now)
    assert open_on(block.week, "7.1", people) == []
    [piece] = Evidence.objects.filter(student=people.ben, item=proof.move_on.item)
    assert (piece.kind, piece.score, piece.hints_used, piece.attempt) == ("answer", 1.0, 0, 1)


def test_the_next_work_stands_where_the_old_work_stood(people: People) -> None:
    block = a_block(people)
    stood = set(block.week.blocks.values_list("pk", flat=True))
    before = list(block.week.blocks.values_list("day", "order"))
    proof = answer(people, asked(people, block), right=True)
    after = list(Week.objects.get(pk=block.week_id).blocks.values_list("day", "order"))
    assert proof.new_blocks >= 1
    assert set(after) <= set(before)
    new = Block.objects.filter(week=block.week).exclude(pk__in=stood)
    assert new.exists()
    assert block.resource_id not in new.values_list("resource_id", flat=True)


def test_the_week_stays_approved_because_the_rule_is_the_approval(people: People) -> None:
    block = a_block(people)
    answer(people, asked(people, block), right=True)
    assert Week.objects.get(pk=block.week_id).status == Week.Status.APPROVED


def test_locked_work_stays(people: People) -> None:
    block = a_block(people)
    Block.objects.filter(pk=block.pk).update(is_locked=True)
    answer(people, asked(people, block), right=True)
    assert Block.objects.filter(pk=block.pk, resource=block.resource).exists()


def test_begun_work_on_the_skill_is_done_and_its_answers_stay(people: People) -> None:
    block = a_block(people)
    actions.start_block(block=block, **signed(people, people.ben))
    answer(people, asked(people, block), right=True)
    assert Block.objects.get(pk=block.pk).finished_at == people.now


def test_the_same_answer_twice_moves_on_once(people: People) -> None:
    wish = asked(people, a_block(people))
    for _press in range(2):
        proof = answer(people, wish, right=True, key=uuid4())
    assert Evidence.objects.filter(student=people.ben, item=wish.item).count() == 1
    assert proof.move_on.is_proved


def test_a_miss_leaves_the_work_and_nothing_else(people: People) -> None:
    number_only(people)
    block = a_block(people)
    before = list(block.week.blocks.order_by("pk").values())
    proof = answer(people, asked(people, block), right=False)
    assert (proof.move_on.is_proved, proof.new_blocks) == (False, 0)
    assert list(Week.objects.get(pk=block.week_id).blocks.order_by("pk").values()) == before


def test_after_a_miss_the_work_of_the_week_comes_first(people: People) -> None:
    number_only(people)
    block = a_block(people)
    answer(people, asked(people, block), right=False)
    with pytest.raises(RuleBroken, match="next week"):
        asked(people, block)


def test_what_cannot_be_marked_costs_nothing(people: People) -> None:
    number_only(people)
    wish = asked(people, a_block(people))
    proof = pace.answer_proof(
        move_on=wish, response={"answer": ["many"]}, client_id=uuid4(), **signed(people, people.ben)
    )
    assert proof.marking is not None
    assert proof.marking.problem
    assert MoveOn.objects.get(pk=wish.pk).decided_at is None


def test_asking_again_is_the_same_question(people: People) -> None:
    block = a_block(people)
    assert asked(people, block) == asked(people, block)


def test_a_question_that_was_met_before_is_no_proof(people: People) -> None:
    number_only(people)
    people.answer(people.ben, "7.1", item_id=people.item("7.1-number").pk)
    assert asked(people, a_block(people)).item is None


def test_the_question_comes_in_the_language_the_student_reads_best(people: People) -> None:
    wish = asked(people, a_block(people, people.marta), people.marta)
    assert wish.item is not None
    assert wish.item.language == "es"


def test_where_the_class_rule_is_off_nobody_moves_on_alone(people: People) -> None:
    drafts.set_rules(school_class=people.school_class, may_move_on=False, **signed(people))
    with pytest.raises(RuleBroken, match="together with your teacher"):
        asked(people, a_block(people))


def test_where_the_class_rule_is_off_a_students_own_support_still_allows_it(people: People) -> None:
    drafts.set_rules(school_class=people.school_class, may_move_on=False, **signed(people))
    block = a_block(people, people.priya)
    assert asked(people, block, people.priya).student == people.priya


def test_a_support_that_has_ended_allows_nothing(people: People) -> None:
    drafts.set_rules(school_class=people.school_class, may_move_on=False, **signed(people))
    people.priya.supports.update(ends_on=today(people) - timedelta(days=1))
    assert dates.may_move_on(people.priya, [people.school_class], on=today(people)) == set()


@pytest.mark.parametrize("kind", ["choice", "group", "project"])
def test_a_choice_and_an_appointment_are_not_moved_on_from(people: People, kind: str) -> None:
    block = a_block(people)
    Block.objects.filter(pk=block.pk).update(kind=kind)
    with pytest.raises(RuleBroken, match="not the kind of work"):
        asked(people, Block.objects.get(pk=block.pk))


def test_without_a_question_the_teacher_confirms_and_it_counts_as_seen(people: People) -> None:
    block = a_block(people, questions=False)
    wish = asked(people, block)
    assert wish.item is None
    proof = pace.confirm_move_on(move_on=wish, is_shown=True, **signed(people))
    assert proof.move_on.is_proved
    assert open_on(block.week, "7.1", people) == []
    assert Evidence.objects.filter(student=people.ben, kind="observation", by=people.ada).count() == 1


def test_not_yet_from_the_teacher_leaves_the_work(people: People) -> None:
    block = a_block(people, questions=False)
    proof = pace.confirm_move_on(move_on=asked(people, block), is_shown=False, **signed(people))
    assert (proof.move_on.is_proved, Block.objects.filter(pk=block.pk).exists()) == (False, True)


def test_undoing_it_brings_the_very_blocks_back(people: People) -> None:
    block = a_block(people)
    before = sorted(block.week.blocks.values_list("uuid", "day", "order", "resource"), key=str)
    wish = answer(people, asked(people, block), right=True).move_on
    pace.undo_move_on(move_on=wish, **signed(people))
    after = sorted(Week.objects.get(pk=block.week_id).blocks.values_list("uuid", "day", "order", "resource"), key=str)
    assert after == before


def test_undoing_it_opens_begun_work_again(people: People) -> None:
    block = a_block(people)
    actions.start_block(block=block, **signed(people, people.ben))
    wish = answer(people, asked(people, block), right=True).move_on
    pace.undo_move_on(move_on=wish, **signed(people))
    assert Block.objects.get(pk=block.pk).finished_at is None


def test_undoing_it_leaves_the_answer_in_the_record_and_lets_the_student_ask_again(people: People) -> None:
    block = a_block(people)
    wish = answer(people, asked(people, block), right=True).move_on
    pace.undo_move_on(move_on=wish, **signed(people))
    assert Evidence.objects.filter(student=people.ben, item=wish.item, corrected_by__isnull=True).exists()
    assert asked(people, Block.objects.get(uuid=block.uuid)).pk != wish.pk


def test_undoing_what_a_teacher_saw_takes_the_observation_back(people: People) -> None:
    wish = asked(people, a_block(people, questions=False))
    pace.confirm_move_on(move_on=wish, is_shown=True, **signed(people))
    pace.undo_move_on(move_on=wish, **signed(people))
    assert not Evidence.objects.filter(kind="observation", corrected_by__isnull=True, by=people.ada).exists()


def test_the_teacher_sees_who_waits_first_then_who_moved_on(people: People) -> None:
    moved = answer(people, asked(people, a_block(people)), right=True).move_on
    waits = asked(people, a_block(people, people.caro, "7.2", questions=False), people.caro)
    assert dates.moves_on_to_see([people.school_class], at=people.now) == [waits, moved]


def test_somebody_elses_wish_is_not_found(people: People) -> None:
    wish = asked(people, a_block(people))
    with pytest.raises(NotFound):
        dates.own_move_on(people.caro, wish.pk)
    with pytest.raises(NotFound):
        dates.move_on_for(people.eve, wish.pk)


def test_a_person_who_goes_takes_dates_words_and_wishes_along(people: People) -> None:
    pace.move_date(deadline=a_date(people), student=people.ben, due_on=today(people) + LATER, **signed(people))
    say(people, people.ben, "on")
    asked(people, a_block(people))
    people.ben.delete()
    assert not any(model.objects.exists() for model in (MovedDate, PaceWord, MoveOn))


def test_a_move_on_never_comes_in_a_week_that_is_over(people: People) -> None:
    block = a_block(people)
    wish = asked(people, block)
    actions.close_weeks(before=people.monday + timedelta(days=7), by=None, at=people.now)
    with pytest.raises(RuleBroken, match="This week is over"):
        answer(people, MoveOn.objects.get(pk=wish.pk), right=True)


def test_a_support_given_on_the_students_page_allows_moving_on(people: People) -> None:
    roster.set_supports(student=people.caro, kinds=["move-on"], **signed(people))
    assert dates.is_allowed_by_support(people.caro, on=today(people))
