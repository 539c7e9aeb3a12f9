"""A session with a group fits its minutes, and begins with what each brings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from headway.core.grouping import LOOK_FOR, session_plan
from headway.core.grouping.session import SESSIONS


@pytest.mark.parametrize("kind", sorted(SESSIONS))
@pytest.mark.parametrize("minutes", range(5, 46))
def test_the_steps_follow_each_other_and_fill_the_minutes(kind, minutes):
    steps = session_plan(kind, minutes)
    assert steps[0].starts == 0
    assert steps[-1].ends == minutes
    assert all(one.ends == other.starts for one, other in pairwise(steps))
    assert all(one.ends > one.starts for one in steps)


def test_twenty_minutes_by_hand():
    # One minute each, then 15 in shares 15, 20, 40, 15, 10: 2.25, 3, 6, 2.25, 1.5; the half goes up.
    assert [one.ends - one.starts for one in session_plan("needs", 20)] == [3, 4, 7, 3, 3]


@pytest.mark.parametrize("kind", ["needs", "stretch", "team"])
def test_a_session_starts_from_what_each_brings(kind):
    assert session_plan(kind, 20)[0].step.key == "open"


@pytest.mark.parametrize("kind", sorted(SESSIONS))
def test_every_kind_says_what_to_look_for(kind):
    assert LOOK_FOR[kind]
