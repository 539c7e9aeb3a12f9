"""When something really happened, whatever the device's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from headway.core.planning.arrivals import LONGEST_AWAY, Operation, in_order, moment_of

AT = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def answer(happened_at: datetime, *, number: int = 0, clock_behind: timedelta | None = None) -> Operation:
    return Operation(
        client_id=uuid4(),
        verb="answer",
        block=UUID(int=1),
        item=UUID(int=2),
        happened_at=happened_at,
        number=number,
        clock_behind=clock_behind,
    )


@pytest.mark.parametrize("wrong", [timedelta(0), 2 * DAY, -2 * DAY, timedelta(hours=-5)])
def test_a_clock_that_is_wrong_is_put_right_by_what_it_says_now(wrong: timedelta) -> None:
    given = answer(AT - 30 * MINUTE + wrong)
    assert moment_of(given, device_now=AT + wrong, at=AT) == AT - 30 * MINUTE


def test_a_clock_that_was_set_in_between_is_put_right_by_what_was_known_of_it_then() -> None:
    given = answer(AT - 30 * MINUTE - 2 * DAY, clock_behind=2 * DAY)
    assert moment_of(given, device_now=AT, at=AT) == AT - 30 * MINUTE


def test_nothing_happens_in_the_future() -> None:
    assert moment_of(answer(AT + DAY), device_now=AT, at=AT) == AT


def test_what_claims_to_be_older_than_sixty_days_is_sixty_days_old() -> None:
    assert moment_of(answer(datetime(1970, 1, 1, tzinfo=UTC)), device_now=AT, at=AT) == AT - LONGEST_AWAY


def test_a_clock_at_the_end_of_time_does_no_harm() -> None:
    far = datetime.max.replace(tzinfo=UTC)
    assert moment_of(answer(far, clock_behind=timedelta(days=1)), device_now=AT, at=AT) == AT


def test_things_are_taken_in_the_order_they_happened() -> None:
    late, early = answer(AT - MINUTE), answer(AT - 2 * MINUTE)
    assert [each for _moment, each in in_order([late, early], device_now=AT, at=AT)] == [early, late]


def test_where_the_clock_does_not_tell_the_device_counted() -> None:
    second, first = answer(AT - MINUTE, number=8), answer(AT - MINUTE, number=7)
    assert [each for _moment, each in in_order([second, first], device_now=AT, at=AT)] == [first, second]
