"""Codes that are read from paper, who may do what, and school weeks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.access.codes import WORDS, code_for, code_hash, tidy_code
from headway.core.access.roles import ALLOWED, Permission, Role, allows
from headway.core.shared.errors import NotFound, RuleBroken
from headway.core.shared.school_weeks import coming_monday, days_of, monday_of
from headway.core.shared.taken import Taken

ADULT_WORK = {Permission.APPROVE_PLANS, Permission.PLAN_WEEKS, Permission.RECORD_EVIDENCE, Permission.SEE_CLASS}


def test_a_code_is_three_words_and_two_digits_and_can_be_printed_again() -> None:
    code = code_for("secret", "card", "ben", 1)
    first, second, third, digits = code.split("-")
    assert {first, second, third} <= set(WORDS)
    assert 10 <= int(digits) <= 99
    assert code == code_for("secret", "card", "ben", 1)


@pytest.mark.parametrize(
    "other", [("other", "card", "ben", 1), ("secret", "family", "ben", 1), ("secret", "card", "caro", 1)]
)
def test_another_site_purpose_or_person_has_another_code(other: tuple[str, str, str, int]) -> None:
    assert code_for(*other) != code_for("secret", "card", "ben", 1)


def test_the_next_card_has_another_code() -> None:
    codes = {code_for("secret", "card", "ben", number) for number in range(50)}
    assert len(codes) == 50


def test_words_are_short_lower_case_and_each_there_once() -> None:
    assert len(set(WORDS)) == len(WORDS) == 227
    assert all(word.isalpha() and word.islower() and 3 <= len(word) <= 8 for word in WORDS)


@pytest.mark.parametrize(
    "typed", ["otter-lamp-river-42", "Otter Lamp River 42", "  OTTER–lamp,river 42. ", "otter_lamp_river_42"]
)
def test_a_code_may_be_typed_as_people_type(typed: str) -> None:
    assert tidy_code(typed) == "otter-lamp-river-42"
    assert code_hash("s", "card", typed) == code_hash("s", "card", "otter-lamp-river-42")


@given(st.text(), st.text(max_size=20))
def test_any_typed_text_can_be_looked_up(typed: str, secret: str) -> None:
    assert len(code_hash(secret, "card", typed)) == 64


def test_a_hash_of_one_purpose_opens_no_other() -> None:
    assert code_hash("s", "card", "otter-lamp-river-42") != code_hash("s", "family", "otter-lamp-river-42")


def test_every_role_has_its_permissions_and_every_permission_a_role() -> None:
    assert set(ALLOWED) == set(Role)
    assert {permission for permissions in ALLOWED.values() for permission in permissions} == set(Permission)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN])
def test_students_and_families_do_no_adult_work(role: Role) -> None:
    assert not ALLOWED[role] & ADULT_WORK


def test_a_specialist_records_what_was_seen_and_approves_nothing() -> None:
    assert allows(frozenset({Role.SPECIALIST}), Permission.RECORD_EVIDENCE)
    assert not allows(frozenset({Role.SPECIALIST}), Permission.APPROVE_PLANS)


def test_two_roles_may_what_each_may() -> None:
    both = frozenset({Role.TEACHER, Role.GUARDIAN})
    assert allows(both, Permission.APPROVE_PLANS)
    assert allows(both, Permission.SEE_FAMILY_WEEK)
    assert not allows(frozenset(), Permission.SEE_OWN_WEEK)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2200, 1, 1)))
def test_every_day_lies_in_one_week(day: date) -> None:
    monday = monday_of(day)
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days <= 6
    assert coming_monday(day) in (monday, days_of(monday)[0].fromordinal(monday.toordinal() + 7))
    assert coming_monday(day) >= day
    assert [d.weekday() for d in days_of(monday)] == [0, 1, 2, 3, 4]


def test_a_sentence_keeps_its_facts_apart_and_shows_them_together() -> None:
    rule = RuleBroken("The list has {count} names.", count=3)
    assert (rule.sentence, rule.facts, str(rule)) == (
        "The list has {count} names.",
        {"count": 3},
        "The list has 3 names.",
    )


def test_not_found_tells_nobody_which_of_both_it_is() -> None:
    assert str(NotFound()) == "There is nothing here, or it is not yours to see."


def test_what_was_taken_adds_up() -> None:
    assert Taken(made=1, changed=2, unchanged=3) + Taken(made=1) == Taken(made=2, changed=2, unchanged=3)
