"""What one wrote can be taken back, by a later row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from headway.core.shared.errors import RuleBroken
from headway.records.evidence import actions, queries
from headway.records.evidence.models import Evidence

if TYPE_CHECKING:
    from tests.people import People

pytestmark = pytest.mark.django_db


def observe(people: People, level: int = 3) -> Evidence:
    return actions.record(
        fact=actions.EvidenceIn(
            student_id=people.ben.pk,
            competency_id=people.competencies["7.1"].pk,
            kind=Evidence.Kind.OBSERVATION,
            happened_at=people.now,
            score=level / 3,
            level=level,
            levels=4,
            words="Explained the oars to Caro",
        ),
        by=people.ada,
        at=people.now,
    )


def test_what_was_taken_back_counts_no_longer(people: People) -> None:
    at = people.now + timedelta(minutes=1)
    before = queries.explained(people.ben, people.competencies["7.1"], at=at)
    seen = observe(people)
    actions.withdraw(evidence=seen, by=people.ada, at=at)
    after = queries.explained(people.ben, people.competencies["7.1"], at=at)
    assert (after.pieces, after.chance) == (before.pieces, pytest.approx(before.chance))


def test_mastery_follows_what_was_taken_back(people: People) -> None:
    seen = observe(people)
    with_it = queries.cell(people.ben, people.competencies["7.1"].pk, at=people.now)
    actions.withdraw(evidence=seen, by=people.ada, at=people.now + timedelta(minutes=1))
    assert queries.cell(people.ben, people.competencies["7.1"].pk, at=people.now).pieces == with_it.pieces - 1


def test_the_row_itself_stays(people: People) -> None:
    seen = observe(people)
    actions.withdraw(evidence=seen, by=people.ada, at=people.now)
    assert Evidence.objects.filter(pk=seen.pk).exists()


def test_taking_back_twice_is_one_row(people: People) -> None:
    seen = observe(people)
    first = actions.withdraw(evidence=seen, by=people.ada, at=people.now)
    assert actions.withdraw(evidence=seen, by=people.ada, at=people.now) == first


def test_a_colleague_may_not_take_it_back(people: People) -> None:
    seen = observe(people)
    with pytest.raises(RuleBroken):
        actions.withdraw(evidence=seen, by=people.iris, at=people.now)


def test_the_timeline_forgets_what_was_taken_back(people: People) -> None:
    seen = observe(people)
    actions.withdraw(evidence=seen, by=people.ada, at=people.now)
    assert seen.pk not in [row.pk for row in queries.timeline(people.ben)]
