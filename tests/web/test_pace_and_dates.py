"""Pace and dates on the pages of those they concern, and not a byte of them on anybody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from headway.core.items import form_of, key_response
from headway.records.evidence.models import Evidence
from headway.records.items.queries import question
from headway.records.planning import dates, drafts, pace
from headway.records.planning.models import Block, Deadline, MovedDate, MoveOn, PaceWord, Week
from headway.records.roster import actions as roster
from headway.records.roster import queries as roster_queries
from tests.people import People, sign_in

if TYPE_CHECKING:
    from headway.records.roster.models import Person

# What a page makes anew each time it is opened: the token against forged forms, and the ids of forms not sent yet.
FRESH = re.compile(
    r'(csrfmiddlewaretoken" value|X-CSRFToken"|name="(?:client_id|id|shown_at)" value|data-now)[=:]\s*"[^"]*"'
)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return FRESH.sub(r"\1", answer.content.decode())


def today(people: People) -> Any:
    return roster_queries.today_at(people.school, people.now)


def post(client: Client, name: str, form: dict[str, Any] | None = None, **where: Any) -> Any:
    return client.post(reverse(name, kwargs=where), form or {}, follow=True)


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


def a_date(people: People, name: str = "7.1-essential", *, days: int = 3) -> Deadline:
    return pace.set_deadline(
        school_class=people.school_class,
        resource=people.resource(name),
        due_on=today(people) + timedelta(days=days),
        words="The first draft",
        by=people.ada,
        at=people.now,
    )


def moved(people: People, deadline: Deadline, *, days: int = 11) -> MovedDate:
    return pace.move_date(
        deadline=deadline,
        student=people.ben,
        due_on=today(people) + timedelta(days=days),
        why="Was ill for a week.",
        by=people.ada,
        at=people.now,
    )


def day_in(people: People, days: int) -> str:
    """Return a day as pages write it."""
    day = today(people) + timedelta(days=days)
    return f"{day:%B} {day.day}"


# --- not a byte on anybody else's page -------------------------------------------------------------------------------


def families(people: People) -> dict[str, str]:
    """Return the page of a family of every student, by the student's name."""
    found = {}
    for student in people.students:
        adult = roster.add_guardian(
            student=student,
            given_name=f"Parent of {student.given_name}",
            family_name=student.family_name,
            relationship="parent",
            language="en",
            school=people.school,
            by=people.grace,
            at=people.now,
        )
        link = roster.issue_family_link(guardian=adult, by=people.grace, at=people.now)
        found[student.given_name] = reverse("family-week", kwargs={"code": roster_queries.family_code(link)})
    return found


def everything_of(
    people: People, homes: dict[str, str], *, students: list[Person] | None = None
) -> dict[tuple[str, str], str]:
    """Return all that each student and each family can open, and each student's printed week."""
    monday = people.monday
    found: dict[tuple[str, str], str] = {}
    for student in students or people.students:
        name = student.given_name
        own = sign_in(Client(), student)
        addresses = [
            reverse("student-week-of", kwargs={"monday": monday}),
            reverse("student-week-of", kwargs={"monday": monday + timedelta(days=7)}),
            reverse("student-progress"),
            *(reverse("student-skill", kwargs={"competency_id": skill.pk}) for skill in people.path),
            *(
                reverse("student-practice", kwargs={"block": block.uuid})
                for block in Block.objects.filter(week__student=student).exclude(kind="choice")
            ),
        ]
        found |= {(name, address): text_of(own, address) for address in addresses}
        found[name, "home"] = text_of(Client(), homes[name])
    printed = sign_in(Client(), people.ada).get(
        reverse("teacher-week-print", kwargs={"class_id": people.school_class.pk, "monday": monday})
    )
    for paper in re.findall(r"<article.*?</article>", printed.content.decode(), re.DOTALL):
        whose = re.search(r"<h2>(\w+)", paper)
        assert whose is not None
        found[whose[1], "print"] = paper
    return found


def changed(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> set[str]:
    """Return the students on whose pages something is different."""
    return {name for name, page in before.keys() | after.keys() if before.get((name, page)) != after.get((name, page))}


def test_a_moved_date_leaves_no_trace_on_any_page_of_a_classmate_a_family_or_paper(people: People) -> None:
    people.approve()
    homes = families(people)
    deadline = a_date(people)
    before = everything_of(people, homes)
    assert changed(before, everything_of(people, homes)) == set()
    moved(people, deadline)
    assert changed(before, everything_of(people, homes)) == {"Ben"}


def test_a_teachers_word_about_a_pace_leaves_no_trace_on_any_page_of_a_classmate(people: People) -> None:
    people.approve()
    homes = families(people)
    before = everything_of(people, homes)
    pace.say_pace(
        school_class=people.school_class,
        student=people.ben,
        word="ahead",
        why="Was ill.",
        ends_on=today(people) + timedelta(days=9),
        by=people.ada,
        at=people.now,
    )
    assert changed(before, everything_of(people, homes)) == {"Ben"}


def test_the_moved_students_pages_show_the_day_and_no_word_about_it(people: People) -> None:
    people.approve()
    homes = families(people)
    deadline = a_date(people)
    moved(people, deadline)
    own = [text for (name, _page), text in everything_of(people, homes, students=[people.ben]).items() if name == "Ben"]
    assert any(day_in(people, 11) in text for text in own)
    assert not any(day_in(people, 3) + "." in text for text in own)
    for word in (r"late\b", "moved", "overdue", "penalt", "extension", "extended", "Was ill"):
        assert not any(re.search(rf"\b{word}", text, re.IGNORECASE) for text in own), word


def test_an_own_date_is_on_the_students_own_paper_alone(ada: Client, people: People) -> None:
    people.approve()
    moved(people, a_date(people, days=3), days=11)
    where = {"class_id": people.school_class.pk, "monday": people.monday}
    page = ada.get(reverse("teacher-week-print", kwargs=where)).content.decode()
    with_it = [paper for paper in re.findall(r"<article.*?</article>", page, re.DOTALL) if day_in(people, 11) in paper]
    assert len(with_it) == 1
    assert "<h2>Ben Alvarez" in with_it[0]


def test_an_own_date_looks_like_everybody_elses(people: People) -> None:
    """The same day, once for the class and once for Ben alone, makes the same page."""
    people.approve()
    deadline = a_date(people, days=3)
    row = moved(people, deadline, days=11)
    address = reverse("student-week-of", kwargs={"monday": people.monday})
    ben = sign_in(Client(), people.ben)
    own = text_of(ben, address)
    row.delete()
    Deadline.objects.filter(pk=deadline.pk).update(due_on=today(people) + timedelta(days=11))
    assert text_of(ben, address) == own


# --- dates of a class ------------------------------------------------------------------------------------------------


def test_a_teacher_sets_a_date_and_undoes_it(ada: Client, people: People) -> None:
    form = {"work": people.resource("7.1-essential").uuid, "due_on": today(people) + timedelta(days=5), "words": "All"}
    page = post(ada, "teacher-date-set", form, class_id=people.school_class.pk)
    assert "“Ratios at the harbor” has a date" in page.content.decode()
    deadline = Deadline.objects.get()
    assert deadline.words == "All"
    post(ada, "teacher-date-end", deadline_id=deadline.pk)
    assert dates.dates_of_class(people.school_class) == []
    post(ada, "teacher-date-again", deadline_id=deadline.pk)
    assert len(dates.dates_of_class(people.school_class)) == 1


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Choose the work first."),
        ({"work": "essential", "due_on": "soon"}, "Choose a day."),
        ({"due_on": "2020-01-01"}, "Choose a day from today on"),
    ],
)
def test_a_date_without_work_or_day_is_asked_for_again(
    ada: Client, people: People, form: dict[str, str], says: str
) -> None:
    form = {"work": str(people.resource("7.1-essential").uuid), **form} if form else form
    page = post(ada, "teacher-date-set", form, class_id=people.school_class.pk)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not Deadline.objects.exists()


def test_a_teacher_moves_a_date_for_one_student_and_puts_it_back_as_it_was(ada: Client, people: People) -> None:
    deadline = a_date(people)
    first = {"student": people.ben.uuid, "due_on": today(people) + timedelta(days=8), "why": "Ill"}
    page = post(ada, "teacher-date-move", first, deadline_id=deadline.pk)
    assert "Classmates see nothing of it." in page.content.decode()
    post(ada, "teacher-date-move", {**first, "due_on": today(people) + timedelta(days=9)}, deadline_id=deadline.pk)
    post(ada, "teacher-date-undo", deadline_id=deadline.pk, student=people.ben.uuid)
    row = MovedDate.objects.get()
    assert (row.due_on, row.why) == (today(people) + timedelta(days=8), "Ill")


def test_undoing_the_first_move_brings_back_the_class_date(ada: Client, people: People) -> None:
    deadline = a_date(people)
    form = {"student": people.ben.uuid, "due_on": today(people) + timedelta(days=8)}
    post(ada, "teacher-date-move", form, deadline_id=deadline.pk)
    post(ada, "teacher-date-undo", deadline_id=deadline.pk, student=people.ben.uuid)
    assert not MovedDate.objects.exists()


def test_taking_a_moved_date_back_can_be_undone_with_its_reason(ada: Client, people: People) -> None:
    deadline = a_date(people)
    moved(people, deadline)
    post(ada, "teacher-date-back", deadline_id=deadline.pk, student=people.ben.uuid)
    assert not MovedDate.objects.exists()
    post(ada, "teacher-date-undo", deadline_id=deadline.pk, student=people.ben.uuid)
    assert MovedDate.objects.get().why == "Was ill for a week."


def test_a_date_is_moved_only_for_a_student_of_the_class(ada: Client, people: People) -> None:
    deadline = a_date(people)
    form = {"student": people.gus.uuid, "due_on": today(people) + timedelta(days=8)}
    assert post(ada, "teacher-date-move", form, deadline_id=deadline.pk).status_code == 404


def test_the_dates_page_says_who_has_another_date_and_why(ada: Client, people: People) -> None:
    moved(people, a_date(people))
    page = ada.get(reverse("teacher-dates", kwargs={"class_id": people.school_class.pk})).content.decode()
    assert "Ben A." in page
    assert "Was ill for a week." in page


# --- pace ------------------------------------------------------------------------------------------------------------


def said(ada: Client, people: People, **form: Any) -> Any:
    form = {"word": "needs_time", "why": "Was away.", "ends_on": today(people) + timedelta(days=9), **form}
    return post(ada, "teacher-pace", form, class_id=people.school_class.pk, student=people.finn.uuid)


def test_the_students_page_says_the_pace_with_its_reason(ada: Client, people: People) -> None:
    page = ada.get(reverse("teacher-student", kwargs={"student": people.finn.uuid})).content.decode()
    assert "On the path" in page
    assert "Little was seen yet" in page


def test_a_teachers_own_word_is_shown_with_who_said_it_and_what_was_counted(ada: Client, people: People) -> None:
    page = said(ada, people).content.decode()
    assert "Needs time" in page
    assert "“Was away.”" in page
    assert "Ms. Lind, until" in page
    assert "What was counted:" in page


def test_a_teachers_own_word_is_taken_back_and_brought_back(ada: Client, people: People) -> None:
    said(ada, people)
    word = PaceWord.objects.get()
    post(ada, "teacher-pace-back", pace_word_id=word.pk)
    assert dates.own_words_in(people.school_class, [people.finn.pk]) == {}
    post(ada, "teacher-pace-again", pace_word_id=word.pk)
    assert people.finn.pk in dates.own_words_in(people.school_class, [people.finn.pk])


def test_a_word_without_a_reason_is_asked_for_again_with_what_was_typed(ada: Client, people: People) -> None:
    page = said(ada, people, why="", word="ahead")
    assert page.status_code == 422
    text = page.content.decode()
    assert "Write why in a few words" in text
    assert re.search(r'value="ahead" checked', text)


def test_a_day_that_is_none_is_asked_for_again(ada: Client, people: People) -> None:
    page = said(ada, people, ends_on="some day")
    assert page.status_code == 422
    assert "Choose a last day" in page.content.decode()


def test_the_class_list_says_the_pace_in_a_word_behind_the_name(ada: Client, people: People) -> None:
    said(ada, people)
    page = ada.get(reverse("teacher-class", kwargs={"class_id": people.school_class.pk})).content.decode()
    assert re.search(r"Finn C\.</a> <small>Needs time</small>", page)


def test_a_specialist_reads_the_pace_and_has_no_form_for_it(client: Client, people: People) -> None:
    page = sign_in(client, people.iris).get(reverse("teacher-student", kwargs={"student": people.finn.uuid}))
    assert "Little was seen yet" in page.content.decode()
    assert "Use my word" not in page.content.decode()


def test_the_student_reads_kind_words_and_never_the_word_itself(client: Client, people: People) -> None:
    pace.say_pace(
        school_class=people.school_class,
        student=people.finn,
        word="needs_time",
        why="Was away.",
        ends_on=today(people) + timedelta(days=9),
        by=people.ada,
        at=people.now,
    )
    page = sign_in(client, people.finn).get(reverse("student-progress")).content.decode()
    assert "You have time for this" in page
    assert "Needs time" not in page
    assert "Was away." not in page


# --- moving on -------------------------------------------------------------------------------------------------------


def a_block(people: People, student: Person) -> Block:
    block = people.block(student)
    Block.objects.filter(pk=block.pk).update(
        competency=people.competencies["7.1"], resource=people.resource("7.1-essential")
    )
    return Block.objects.get(pk=block.pk)


def asked(client: Client, block: Block) -> Any:
    return post(client, "student-move-on", block=block.uuid)


def answered(client: Client, wish: MoveOn, *, right: bool = True) -> Any:
    assert wish.item is not None
    form: dict[str, Any] = dict(form_of(question(wish.item), key_response(question(wish.item))))
    if not right:
        form = dict.fromkeys(form, "99")
    return post(client, "student-proof-answer", {**form, "client_id": uuid4()}, move_on_id=wish.pk)


def only_the_number(people: People) -> None:
    keep = people.item("7.1-number")
    type(keep).objects.filter(competency=keep.competency_id).exclude(pk=keep.pk).update(competency=None)


def test_a_student_shows_it_and_the_next_work_is_there_the_same_day(client: Client, people: People) -> None:
    only_the_number(people)
    block = a_block(people, people.ben)
    ben = sign_in(client, people.ben)
    assert "One question, on your own" in asked(ben, block).content.decode()
    page = answered(ben, MoveOn.objects.get()).content.decode()
    assert "You showed it." in page
    assert not Block.objects.filter(pk=block.pk).exists()
    assert "You have" in ben.get(reverse("student-week-of", kwargs={"monday": people.monday})).content.decode()


def test_the_question_has_no_hints(client: Client, people: People) -> None:
    page = asked(sign_in(client, people.ben), a_block(people, people.ben)).content.decode()
    assert "data-hint " not in page
    assert "Read it again." not in page


def test_a_miss_is_said_kindly_and_the_work_stays(client: Client, people: People) -> None:
    only_the_number(people)
    block = a_block(people, people.ben)
    ben = sign_in(client, people.ben)
    asked(ben, block)
    page = answered(ben, MoveOn.objects.get(), right=False).content.decode()
    assert "Not yet, and it was good to try." in page
    assert Block.objects.filter(pk=block.pk).exists()
    assert (
        "I can do this already"
        not in re.sub(
            r"<title>.*?</title>",
            "",
            ben.get(reverse("student-week-of", kwargs={"monday": people.monday})).content.decode(),
        ).split(str(block.uuid))[1][:4000]
    )


def test_what_cannot_be_read_is_asked_for_again_and_costs_nothing(client: Client, people: People) -> None:
    only_the_number(people)
    ben = sign_in(client, people.ben)
    asked(ben, a_block(people, people.ben))
    before = Evidence.objects.count()
    page = post(ben, "student-proof-answer", {"answer": "many"}, move_on_id=MoveOn.objects.get().pk)
    assert page.status_code == 422
    assert "Write a number, like 12.5 or 3/4." in page.content.decode()
    assert Evidence.objects.count() == before


def test_where_the_rule_is_off_the_week_offers_no_moving_on(client: Client, people: People) -> None:
    a_block(people, people.ben)
    ben = sign_in(client, people.ben)
    address = reverse("student-week-of", kwargs={"monday": people.monday})
    assert "I can do this already" in ben.get(address).content.decode()
    drafts.set_rules(school_class=people.school_class, by=people.ada, at=people.now, may_move_on=False)
    assert "I can do this already" not in ben.get(address).content.decode()


def test_today_says_who_moved_on_by_proof_and_brings_the_work_back(client: Client, people: People) -> None:
    only_the_number(people)
    block = a_block(people, people.ben)
    ben = sign_in(Client(), people.ben)
    asked(ben, block)
    wish = MoveOn.objects.get()
    answered(ben, wish)
    ada = sign_in(client, people.ada)
    page = ada.get(reverse("teacher-today")).content.decode()
    assert "Ben moved on from Ratios by proof: one question, answered alone." in page
    post(ada, "teacher-move-on-undo", move_on_id=wish.pk)
    assert Block.objects.filter(uuid=block.uuid).exists()
    assert (
        "The work is back in your week."
        in ben.get(reverse("student-proof", kwargs={"move_on_id": wish.pk})).content.decode()
    )


def test_without_a_question_the_student_shows_the_teacher_who_decides(client: Client, people: People) -> None:
    item = people.item("7.1-number")
    type(item).objects.filter(competency=item.competency_id).update(competency=None)
    block = a_block(people, people.ben)
    ben = sign_in(Client(), people.ben)
    assert "Show it to Ms. Lind" in asked(ben, block).content.decode()
    ada = sign_in(client, people.ada)
    assert "Ben says: I can do this already." in ada.get(reverse("teacher-today")).content.decode()
    wish = MoveOn.objects.get()
    page = post(ada, "teacher-move-on", {"shown": "yes"}, move_on_id=wish.pk).content.decode()
    assert "Ben moves on." in page
    assert "You showed it." in ben.get(reverse("student-proof", kwargs={"move_on_id": wish.pk})).content.decode()


def test_a_proof_is_nobody_elses(client: Client, people: People) -> None:
    asked(sign_in(Client(), people.ben), a_block(people, people.ben))
    address = reverse("student-proof", kwargs={"move_on_id": MoveOn.objects.get().pk})
    assert sign_in(client, people.caro).get(address).status_code == 404


def test_the_week_of_a_classmate_stays_as_it_is(client: Client, people: People) -> None:
    only_the_number(people)
    people.approve()
    block = a_block(people, people.ben)
    others = Week.objects.exclude(student=people.ben)
    before = list(Block.objects.filter(week__in=others).order_by("pk").values())
    ben = sign_in(client, people.ben)
    asked(ben, block)
    answered(ben, MoveOn.objects.get())
    assert list(Block.objects.filter(week__in=others).order_by("pk").values()) == before
