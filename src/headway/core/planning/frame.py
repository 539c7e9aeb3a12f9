"""The weekly frame: the same kinds at the same times, every week, for everyone in a class."""

from __future__ import annotations

from headway.core.planning.problem import BlockKind, Frame, Slot

E, G, J, R, S, C, P = (
    BlockKind.ESSENTIAL,
    BlockKind.GROUP,
    BlockKind.PROJECT,
    BlockKind.REVIEW,
    BlockKind.STRETCH,
    BlockKind.CHOICE,
    BlockKind.PAPER,
)
STANDARD_PERIOD_MINUTES = 50
# Five days of a 50-minute period: (minutes, kinds in the order of preference). The teacher meets one group on each of
# three days; whoever has no seat works on paper or goes further in the same minutes.
STANDARD_WEEK: tuple[tuple[tuple[int, tuple[BlockKind, ...]], ...], ...] = (
    ((20, (E,)), (20, (G, P, S, E)), (10, (R, C, P))),
    ((20, (E,)), (20, (J, P, S)), (10, (C, P))),
    ((20, (E,)), (20, (G, S, P, E)), (10, (R, P, S))),
    ((15, (S, E, P)), (20, (J, P, S)), (15, (R, S, P))),
    ((20, (G, P, S, E)), (15, (C, P)), (15, (S, P, R))),
)
SLOT_SLACK_MINUTES = 5  # work may be so much longer than its place
LEAST_SLOT_MINUTES, LONGEST_SLOT_MINUTES = 10, 25


def group_days(frame: Frame) -> tuple[int, ...]:
    """Return the days on which the teacher can meet a group: one a day, even where a long day has two places."""
    return tuple(dict.fromkeys(slot.day for slot in frame.slots if slot.is_teachers))


def make_frame(minutes_of_day: tuple[int, int, int, int, int]) -> Frame:
    """Return the standard frame for these class minutes: slots of 10 to 25 minutes in steps of 5, none on a free day."""
    slots = []
    for day, minutes in enumerate(minutes_of_day):
        left, order, is_met = minutes, 0, False
        pattern = STANDARD_WEEK[day]
        stretch = max(1.0, minutes / STANDARD_PERIOD_MINUTES)
        while left >= LEAST_SLOT_MINUTES:
            usual, kinds = pattern[order % len(pattern)]
            wanted = min(LONGEST_SLOT_MINUTES, int(usual * stretch) // 5 * 5)
            length = min(wanted, left // 5 * 5)
            is_teachers = kinds[0] is G and not is_met
            slots.append(Slot(day=day, order=order, minutes=length, kinds=kinds, is_teachers=is_teachers))
            is_met = is_met or is_teachers
            left -= length
            order += 1
    return Frame(slots=tuple(slots), minutes_of_day=minutes_of_day)
