"""What has no use any more goes by itself, and nothing that is still needed goes with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from headway.records.audit import actions as audit
from headway.records.audit.models import Event
from headway.records.roster import actions as roster
from headway.records.roster.models import FamilyLink, SignInAttempt, SignInCard

if TYPE_CHECKING:
    from tests.people import People

YEAR = timedelta(days=366)


def test_a_card_goes_a_year_after_it_was_revoked(people: People) -> None:
    roster.issue_cards(students=[people.ben], by=people.ada, at=people.now - 3 * YEAR)
    roster.replace_card(student=people.ben, by=people.ada, at=people.now - 2 * YEAR)
    assert roster.forget_ended(by=None, at=people.now)["cards"] == 1
    assert [card.revoked_at for card in SignInCard.objects.filter(student=people.ben)] == [None]


def test_a_card_that_was_revoked_lately_stays(people: People) -> None:
    roster.issue_cards(students=[people.ben], by=people.ada, at=people.now - 3 * YEAR)
    roster.replace_card(student=people.ben, by=people.ada, at=people.now - timedelta(days=30))
    assert roster.forget_ended(by=None, at=people.now)["cards"] == 0


def test_no_code_is_ever_given_out_twice(people: People) -> None:
    lost = people.family_code
    roster.revoke_family_link(guardian=people.dana, by=people.ada, at=people.now - 2 * YEAR)
    FamilyLink.objects.filter(guardian=people.dana).update(
        issued_at=people.now - 3 * YEAR, expires_at=people.now - 2 * YEAR, revoked_at=people.now - 2 * YEAR
    )
    roster.forget_ended(by=None, at=people.now)
    link = roster.issue_family_link(guardian=people.dana, by=people.ada, at=people.now)
    assert roster.queries.family_code(link) != lost


def test_failed_tries_go_after_a_day(people: People) -> None:
    roster.note_failed_sign_in(keys=["old"], at=people.now - timedelta(days=2))
    SignInAttempt.objects.create(key="new", at=people.now)
    assert roster.forget_ended(by=None, at=people.now)["failed_tries"] == 1
    assert SignInAttempt.objects.get().key == "new"


def test_the_history_of_changes_goes_after_three_years(people: People) -> None:
    audit.record("person.signed_in", people.ada, by=people.ada, at=people.now - 3 * YEAR)
    kept = Event.objects.filter(at__gte=people.now - 2 * YEAR).count()
    assert audit.forget_old_events(at=people.now) == 1
    assert Event.objects.count() == kept
