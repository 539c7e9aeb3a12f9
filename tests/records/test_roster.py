"""Who is where, and who may see whom: every read starts from the viewer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from headway.core.access.roles import Permission, Role
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.roster import actions, checks, queries
from headway.records.roster.models import Enrolment, Person, SignInAttempt, StudentProfile, Term

if TYPE_CHECKING:
    from tests.people import People

# viewer -> the students of the cast that this viewer may open
VISIBLE = {
    "ada": {"ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn"},
    "noor": {"ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn"},
    "iris": {"ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn"},
    "grace": {"ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn"},
    "dana": {"ben"},
    "ben": {"ben"},
    "caro": {"caro"},
    "eve": {"gus"},
    "hal": {"gus"},
    "gus": {"gus"},
}
STUDENTS = ("ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn", "gus")


@pytest.mark.parametrize("viewer", VISIBLE)
def test_nobody_sees_a_student_whom_they_do_not_teach_support_parent_or_lead(people: People, viewer: str) -> None:
    who = getattr(people, viewer)
    for name in STUDENTS:
        student = getattr(people, name)
        if name in VISIBLE[viewer]:
            assert queries.student_for(who, student.uuid) == student
        else:
            with pytest.raises(NotFound):
                queries.student_for(who, student.uuid)
    assert set(queries.visible_students(who)) == {getattr(people, name) for name in VISIBLE[viewer]}


def test_an_adult_is_nobodys_student(people: People) -> None:
    for viewer in (people.ada, people.grace, people.noor):
        with pytest.raises(NotFound):
            queries.student_for(viewer, people.ada.uuid)


@pytest.mark.parametrize(
    ("viewer", "is_seen"),
    [("ada", True), ("iris", True), ("ben", True), ("grace", True), ("dana", False), ("eve", False), ("hal", False)],
)
def test_a_class_is_open_to_those_in_it(people: People, viewer: str, is_seen: bool) -> None:
    who = getattr(people, viewer)
    if is_seen:
        assert queries.class_for(who, people.school_class.pk) == people.school_class
    else:
        with pytest.raises(NotFound):
            queries.class_for(who, people.school_class.pk)


@pytest.mark.parametrize("viewer", ["ben", "grace", "dana", "eve"])
def test_only_adults_of_the_class_open_it_as_theirs(people: People, viewer: str) -> None:
    with pytest.raises(NotFound):
        queries.taught_class(getattr(people, viewer), people.school_class.pk)
    with pytest.raises(NotFound):
        queries.taught_student(getattr(people, viewer), people.ben.uuid)


def test_who_left_the_class_is_no_longer_seen_by_its_teacher(people: People) -> None:
    Enrolment.objects.filter(student=people.ben).update(left_on=people.monday)
    with pytest.raises(NotFound):
        queries.student_for(people.ada, people.ben.uuid)
    assert people.ben not in queries.students_of(people.school_class)
    assert queries.student_for(people.dana, people.ben.uuid) == people.ben


def test_a_leader_of_the_district_leads_both_schools(people: People) -> None:
    ines = actions.add_person(
        given_name="Ines",
        family_name="Rowe",
        roles=[Role.LEADER],
        organisation=people.district,
        by=None,
        at=people.now,
    )
    assert queries.student_for(ines, people.gus.uuid) == people.gus
    assert queries.student_for(ines, people.ben.uuid) == people.ben


def test_a_leader_opens_people_of_the_own_school_only(people: People) -> None:
    assert queries.person_led_by(people.grace, people.ada.uuid) == people.ada
    with pytest.raises(NotFound):
        queries.person_led_by(people.hal, people.ada.uuid)


def test_a_specialist_may_not_change_plans(people: People) -> None:
    checks.check_teaches(people.noor, people.school_class)
    for who in (people.iris, people.grace, people.eve, people.ben):
        with pytest.raises(NotAllowed):
            checks.check_teaches(who, people.school_class)


def test_permissions_follow_the_roles(people: People) -> None:
    checks.check_may(people.ada, Permission.APPROVE_PLANS)
    with pytest.raises(NotAllowed):
        checks.check_may(people.ben, Permission.APPROVE_PLANS)


# --- signing in -------------------------------------------------------------------------------------------------------


def test_a_card_opens_one_door_and_stays_the_same_when_printed_again(people: People) -> None:
    code = people.card_code(people.ben)
    assert queries.student_with_card(code) == people.ben
    assert people.card_code(people.ben) == code


def test_a_lost_card_stops_working_and_the_new_one_works(people: People) -> None:
    old = people.card_code(people.ben)
    new = queries.card_code(actions.replace_card(student=people.ben, by=people.ada, at=people.now))
    assert queries.student_with_card(old) is None
    assert queries.student_with_card(new) == people.ben


def test_a_switched_off_student_cannot_use_the_card(people: People) -> None:
    code = people.card_code(people.ben)
    actions.switch_off(person=people.ben, by=people.grace, at=people.now)
    assert queries.student_with_card(code) is None
    actions.switch_on(person=people.ben, by=people.grace, at=people.now)
    assert queries.student_with_card(code) == people.ben


def test_a_family_link_opens_until_it_ends(people: People) -> None:
    code = people.family_code
    found = queries.guardian_with_link(code, at=people.now)
    assert found is not None
    assert found[0] == people.dana
    assert queries.guardian_with_link(code, at=people.now + timedelta(days=121)) is None
    actions.revoke_family_link(guardian=people.dana, by=people.ada, at=people.now)
    assert queries.guardian_with_link(code, at=people.now) is None


def test_a_card_is_no_family_link(people: People) -> None:
    assert queries.guardian_with_link(people.card_code(people.ben), at=people.now) is None
    assert queries.student_with_card(people.family_code) is None


def test_guessing_is_slow_and_forgotten_after_a_day(people: People) -> None:
    for _try in range(queries.FAILURES_PER_PERSON):
        assert queries.minutes_to_wait("name", "place", at=people.now) == 0
        actions.note_failed_sign_in(keys=["name", "place"], at=people.now)
    assert queries.minutes_to_wait("name", "place", at=people.now) == queries.THROTTLE_MINUTES
    assert queries.minutes_to_wait("other name", "place", at=people.now) == 0
    later = people.now + timedelta(minutes=queries.THROTTLE_MINUTES + 1)
    assert queries.minutes_to_wait("name", "place", at=later) == 0
    actions.note_failed_sign_in(keys=["somebody"], at=people.now + timedelta(days=2))
    assert SignInAttempt.objects.count() == 1


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_leader_does_not_close_the_own_door(people: People) -> None:
    with pytest.raises(RuleBroken, match="own account"):
        actions.switch_off(person=people.grace, by=people.grace, at=people.now)


def test_a_leader_of_another_school_switches_nobody_off_here(people: People) -> None:
    for person in (people.ben, people.ada, people.grace):
        with pytest.raises((NotAllowed, NotFound)):
            actions.switch_off(person=person, by=people.hal, at=people.now)
        person.refresh_from_db()
        assert person.is_active


def test_pasting_the_same_list_twice_changes_nothing(people: People) -> None:
    names = [("Ada", "Quist"), ("Bo", "Ray"), ("Ben", "Alvarez"), ("bo", "ray")]
    first = actions.paste_class_list(
        school_class=people.school_class, names=names, on=people.monday, by=people.grace, at=people.now
    )
    assert [person.name for person in first.made] == ["Ada Quist", "Bo Ray"]
    assert first.known == (people.ben,)
    again = actions.paste_class_list(
        school_class=people.school_class, names=names, on=people.monday, by=people.grace, at=people.now
    )
    assert (len(again.made), len(again.known)) == (0, 3)
    assert queries.students_of(people.school_class).count() == 10
    assert set(queries.working_cards(first.made)) == {person.pk for person in first.made}


def test_an_empty_or_endless_list_is_refused_with_a_sentence(people: People) -> None:
    for names in ([], [("A", "B")] * 401):
        with pytest.raises(RuleBroken):
            actions.paste_class_list(
                school_class=people.school_class, names=names, on=people.monday, by=people.grace, at=people.now
            )


def test_an_import_twice_makes_nobody_twice(people: People) -> None:
    before = Person.objects.count()
    known = actions.add_students(
        names=[("ben", "Benjamin", "Changed")], source="test", organisation=people.school, by=None, at=people.now
    )
    assert known == {"ben": people.ben}
    person = actions.add_person(
        given_name="X",
        family_name="Y",
        roles=[Role.STUDENT],
        organisation=people.school,
        external={"test": "ben"},
        by=None,
        at=people.now,
    )
    assert person == people.ben
    assert Person.objects.count() == before


def test_a_sign_in_name_is_taken_whatever_its_case(people: People) -> None:
    with pytest.raises(RuleBroken):
        actions.add_person(
            given_name="Other",
            family_name="Ada",
            roles=[Role.TEACHER],
            organisation=people.school,
            username="ADA",
            by=None,
            at=people.now,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(given_name="Other", username="ADA")
    assert Person.objects.get_by_natural_key("AdA") == people.ada


def test_a_new_goal_ends_the_one_before(people: People) -> None:
    old = queries.goal_of(people.ben)
    new = actions.choose_goal(
        student=people.ben, words="Read every day", on=people.monday, by=people.ben, at=people.now
    )
    assert queries.goal_of(people.ben) == new
    assert old is not None
    old.refresh_from_db()
    assert old.ended_on == people.monday
    again = actions.choose_goal(
        student=people.ben, words="Read every day", on=people.monday, by=people.ben, at=people.now
    )
    assert again == new


def test_enrolling_twice_is_enrolling_once(people: People) -> None:
    count = actions.enrol(
        school_class=people.school_class, students=people.students, on=people.monday, by=None, at=people.now
    )
    assert count == 0


def test_what_is_not_written_of_a_profile_stays(people: People) -> None:
    actions.write_profile(student=people.ben, assets_words="I fix bikes", by=people.ben, at=people.now)
    profile = StudentProfile.objects.get(student=people.ben)
    assert (profile.assets_words, profile.interests) == ("I fix bikes", ["boats", "music"])


def test_supports_are_replaced_and_languages_too(people: People) -> None:
    actions.set_supports(student=people.quinn, kinds=["read-aloud", "extra-time"], by=people.ada, at=people.now)
    actions.set_supports(student=people.quinn, kinds=["read-aloud"], by=people.ada, at=people.now)
    assert [support.kind for support in people.quinn.supports.all()] == ["read-aloud"]
    actions.set_languages(
        student=people.quinn, languages=[{"language": "es", "reading": 2.0}], by=people.ada, at=people.now
    )
    assert [row.language for row in people.quinn.languages.all()] == ["es"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_day_without_school_has_no_minutes(people: People) -> None:
    actions.close_day(
        school=people.school, day=people.monday + timedelta(days=2), name="Harbor Day", by=None, at=people.now
    )
    assert queries.minutes_of_days(people.school_class, people.monday) == (50, 50, 0, 50, 50)
    assert queries.minutes_of_days(people.other_class, people.monday) == (50, 50, 50, 50, 50)


def test_the_term_of_a_day_or_the_newest_one(people: People) -> None:
    assert queries.current_term(people.school, people.monday) == people.term
    assert queries.current_term(people.school, date(1990, 1, 1)) == people.term


def test_a_term_does_not_end_before_it_starts(people: People) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Term.objects.create(school=people.school, name="X", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))


@pytest.mark.parametrize("count", [3, 8])
def test_a_class_list_costs_the_same_queries_for_few_and_many(
    people: People, django_assert_num_queries, count: int
) -> None:  # type: ignore[no-untyped-def]
    Enrolment.objects.filter(school_class=people.school_class, student__in=people.students[count:]).delete()
    with django_assert_num_queries(4):
        assert len(queries.students_with_profiles(people.school_class)) == count
