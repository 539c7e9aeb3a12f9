"""A week is drafted, changed, undone, approved and worked in, and every step says what it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from headway.core.planning import breaches
from headway.core.shared.errors import NotAllowed, NotFound, RuleBroken
from headway.records.audit.models import Event
from headway.records.evidence.models import Evidence, Mastery
from headway.records.evidence.queries import cell
from headway.records.grouping.models import Group
from headway.records.items.queries import question
from headway.records.library.models import Resource
from headway.records.planning import actions, drafts, problems, queries, rows
from headway.records.planning.models import Block, BlockOption, HelpRequest, ItemWork, PlanChange, Week
from headway.records.roster import actions as roster

if TYPE_CHECKING:
    from headway.records.roster.models import Person
    from tests.people import People


def signed(people: People, by: Person | None = None) -> dict[str, Any]:
    return {"by": by or people.ada, "at": people.now}


def weeks(people: People) -> dict[str, Week]:
    rows = Week.objects.select_related("student", "class_week__school_class__school").order_by("pk")
    return {week.student.given_name.lower(): week for week in rows}


def photo(week: Week) -> tuple[Any, ...]:
    """Return everything a teacher or a student could see of a week."""
    now = Week.objects.get(pk=week.pk)
    blocks = [
        (
            block.uuid,
            *(getattr(block, name) for name in rows._BLOCK_FIELDS),
            block.chosen_resource_id,
            block.started_at,
            block.finished_at,
            sorted((option.part, option.order, option.resource_id) for option in block.options.all()),
        )
        for block in now.blocks.order_by("day", "order", "pk")
    ]
    return (now.status, now.approved_at, now.approved_by_id, now.flags, now.unmet, blocks)


def block(week: Week, kind: str = "essential", number: int = 0) -> Block:
    rows = Block.objects.select_related("week__class_week__school_class__school", "week__student", "resource")
    return rows.filter(week=week, kind=kind).order_by("day", "order")[number]


def another(one: Block) -> Any:
    """Return something else for a block: its first alternative, else other work of its kind that is not in the week."""
    alternative = one.options.filter(part=BlockOption.Part.ALTERNATIVE).first()
    if alternative is not None:
        return alternative.resource
    used = set(one.week.blocks.values_list("resource_id", flat=True))
    used |= set(BlockOption.objects.filter(block__week=one.week).values_list("resource_id", flat=True))
    fitting = Resource.objects.filter(language="en", level="usual", minutes__lte=one.minutes).order_by("pk")
    return next(each for each in fitting if each.pk not in used and one.kind in each.uses)


# --- drafting ---------------------------------------------------------------------------------------------------------


def test_everybody_gets_a_week_that_the_referee_lets_pass(people: People) -> None:
    class_week = people.draft()
    facts = problems.class_facts(people.school_class, people.monday, at=people.now, class_week=class_week)
    assert set(weeks(people)) == {"ben", "caro", "finn", "lena", "marta", "otis", "priya", "quinn"}
    for week in weeks(people).values():
        plan = problems.plan_from_rows(week.student_id, week.blocks.prefetch_related("options"))
        student = next(one for one in facts.students if one.pk == week.student_id)
        found = breaches(plan, problems.needs_of(facts, student), facts.frame, facts.candidates_by_id)
        assert {breach.guardrail for breach in found} <= {unmet["guardrail"] for unmet in week.unmet}
        assert all(one.reasons for one in week.blocks.all())


def test_the_whole_class_shares_a_goal_at_its_own_levels(people: People) -> None:
    class_week = people.draft()
    assert class_week.goal == people.competencies["7.1"]
    for week in weeks(people).values():
        assert week.blocks.filter(competency=class_week.goal).exists()


def test_marta_reads_the_class_goal_in_spanish(people: People) -> None:
    first = block(people.week(people.marta, approved=False))
    assert first.resource is not None
    assert first.resource.language == "es"
    assert "language" in [reason["kind"] for reason in first.reasons]


def test_otis_gets_the_essentials_and_no_more(people: People) -> None:
    kinds = list(people.week(people.otis, approved=False).blocks.values_list("kind", flat=True))
    assert set(kinds) <= {"essential", "group", "choice"}
    assert kinds.count("essential") <= 3


def test_who_needs_a_look_is_flagged(people: People) -> None:
    people.draft()
    flags = {name: [flag["kind"] for flag in week.flags] for name, week in weeks(people).items()}
    assert "essentials_only" in flags["otis"]
    assert "little_evidence" in flags["finn"]
    assert "far_ahead" in flags["priya"]
    assert flags["caro"] == []


def test_groups_meet_one_a_day_and_everyone_in_them_has_the_block(people: People) -> None:
    people.draft()
    groups = list(Group.objects.filter(monday=people.monday))
    assert groups
    assert len({group.weekday for group in groups}) == len(groups)
    for group in groups:
        seated = set(group.members.values_list("student_id", flat=True))
        met = set(Block.objects.filter(group=group, kind="group").values_list("week__student_id", flat=True))
        assert seated == met


def test_drafting_again_gives_the_same_weeks_and_no_second_group(people: People) -> None:
    people.draft()
    kept = [(b.week_id, b.day, b.order, b.resource_id) for b in Block.objects.order_by("week", "day", "order")]
    count = Group.objects.count()
    people.draft()
    again = [(b.week_id, b.day, b.order, b.resource_id) for b in Block.objects.order_by("week", "day", "order")]
    assert (again, Group.objects.count()) == (kept, count)


def test_a_new_draft_leaves_locks_approved_weeks_and_begun_work_alone(people: People) -> None:
    people.draft()
    ben, caro = weeks(people)["ben"], weeks(people)["caro"]
    locked = block(ben, "stretch")
    actions.set_lock(block=locked, is_locked=True, **signed(people))
    actions.approve_week(week=caro, **signed(people))
    before = photo(caro)
    people.answer(people.ben, "7.1")
    people.answer(people.ben, "7.2", right=False)
    people.draft()
    again = Block.objects.get(uuid=locked.uuid)
    assert (again.resource_id, again.day, again.order, again.is_locked) == (
        locked.resource_id,
        locked.day,
        locked.order,
        True,
    )
    assert photo(caro) == before


def test_redrafting_one_leaves_the_others(people: People) -> None:
    people.draft()
    before = {name: photo(week) for name, week in weeks(people).items() if name != "ben"}
    drafts.redraft_week(week=weeks(people)["ben"], **signed(people))
    assert {name: photo(week) for name, week in weeks(people).items() if name != "ben"} == before


def test_an_approved_week_is_not_drafted_anew(people: People) -> None:
    with pytest.raises(RuleBroken, match="approved"):
        drafts.redraft_week(week=people.week(people.ben), **signed(people))


@pytest.mark.parametrize("who", ["iris", "grace", "eve", "ben"])
def test_only_teachers_of_the_class_plan(people: People, who: str) -> None:
    by = getattr(people, who)
    with pytest.raises(NotAllowed):
        drafts.draft_class_week(school_class=people.school_class, monday=people.monday, by=by, at=people.now)
    people.draft()
    week = weeks(people)["ben"]
    one = block(week)
    for forbidden in (
        lambda: actions.approve_week(week=week, **signed(people, by)),
        lambda: actions.approve_ready(class_week=week.class_week, **signed(people, by)),
        lambda: actions.swap_block(block=one, resource=another(one), **signed(people, by)),
        lambda: actions.move_block(block=one, day=4, order=0, **signed(people, by)),
        lambda: actions.remove_block(block=one, **signed(people, by)),
        lambda: actions.set_lock(block=one, is_locked=True, **signed(people, by)),
        lambda: drafts.redraft_week(week=week, **signed(people, by)),
        lambda: drafts.set_class_goal(
            school_class=people.school_class,
            monday=people.monday,
            competency=people.competencies["7.3"],
            **signed(people, by),
        ),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


def test_the_co_teacher_may_all_of_it(people: People) -> None:
    week = people.week(people.ben, approved=False)
    assert actions.approve_week(week=week, **signed(people, people.noor)).approved_by == people.noor


def test_a_chosen_goal_is_on_every_new_draft(people: People) -> None:
    skill = people.competencies["7.4"]
    drafts.set_class_goal(school_class=people.school_class, monday=people.monday, competency=skill, **signed(people))
    people.draft()
    assert all(week.blocks.filter(competency=skill).exists() for week in weeks(people).values())


def test_a_day_without_school_stays_empty(people: People) -> None:
    roster.close_day(
        school=people.school, day=people.monday + timedelta(days=1), name="Harbor Day", by=None, at=people.now
    )
    people.draft()
    assert not Block.objects.filter(day=1).exists()


# --- approving --------------------------------------------------------------------------------------------------------


def test_nothing_reaches_a_student_in_pencil(people: People) -> None:
    people.draft()
    drafted = block(weeks(people)["ben"])
    assert queries.student_blocks(people.ben, people.monday) == []
    with pytest.raises(NotFound):
        queries.own_block(people.ben, drafted.uuid)
    people.approve()
    assert len(queries.student_blocks(people.ben, people.monday)) == 15
    assert queries.own_block(people.ben, drafted.uuid) == drafted


def test_nobody_opens_anothers_block(people: People) -> None:
    one = block(people.week(people.ben))
    for who in (people.caro, people.gus, people.ada, people.dana):
        with pytest.raises(NotFound):
            queries.own_block(who, one.uuid)
    assert queries.block_for(people.ada, one.uuid) == one
    for who in (people.eve, people.ben, people.grace):
        with pytest.raises(NotFound):
            queries.block_for(who, one.uuid)
        with pytest.raises(NotFound):
            queries.week_for(who, one.week_id)


def test_a_double_click_approves_once(people: People) -> None:
    week = people.week(people.ben, approved=False)
    first = actions.approve_week(week=week, version=week.version, **signed(people))
    second = actions.approve_week(week=week, version=week.version, **signed(people))
    assert (first.version, second.version) == (week.version + 1, week.version + 1)
    assert Event.objects.filter(verb="week.approved", record_id=str(week.pk)).count() == 1


def test_a_stale_page_approves_nothing(people: People) -> None:
    week = people.week(people.ben, approved=False)
    stale = week.version
    one = block(week)
    actions.swap_block(block=one, resource=another(one), **signed(people))
    with pytest.raises(RuleBroken, match="changed a moment ago"):
        actions.approve_week(week=week, version=stale, **signed(people))
    week.refresh_from_db()
    assert week.status == Week.Status.DRAFT


def test_an_empty_week_is_not_approved(people: People) -> None:
    week = people.week(people.ben, approved=False)
    week.blocks.all().delete()
    with pytest.raises(RuleBroken, match="nothing in this week"):
        actions.approve_week(week=week, **signed(people))


def test_approving_all_that_are_ready_leaves_the_flagged_ones(people: People) -> None:
    class_week = people.draft()
    ready, batch = actions.approve_ready(class_week=class_week, **signed(people))
    states = {name: week.status for name, week in weeks(people).items()}
    assert {name for name, status in states.items() if status == "draft"} == {"finn", "lena", "otis", "priya", "quinn"}
    assert len(ready) == 3
    actions.undo(batch=batch, **signed(people))
    assert {week.status for week in weeks(people).values()} == {"draft"}


def test_an_opened_week_is_pencil_again(people: People) -> None:
    week = actions.reopen_week(week=people.week(people.ben), **signed(people))
    assert (week.status, week.approved_at) == ("draft", None)
    assert queries.student_blocks(people.ben, people.monday) == []


def test_a_closed_week_stays_as_it_is(people: People) -> None:
    week = people.week(people.ben)
    one = block(week)
    assert actions.close_weeks(before=people.monday + timedelta(days=7), **signed(people)) == 8
    before = photo(week)
    week, one = Week.objects.get(pk=week.pk), block(week)
    for forbidden in (
        lambda: actions.swap_block(block=one, resource=another(one), **signed(people)),
        lambda: actions.remove_block(block=one, **signed(people)),
        lambda: actions.set_lock(block=one, is_locked=True, **signed(people)),
        lambda: actions.approve_week(week=week, **signed(people)),
        lambda: actions.reopen_week(week=week, **signed(people)),
        lambda: actions.start_block(block=one, **signed(people, people.ben)),
    ):
        with pytest.raises(RuleBroken):
            forbidden()
    assert photo(week) == before
    assert queries.student_blocks(people.ben, people.monday)


# --- changing and undoing ---------------------------------------------------------------------------------------------

Change = Callable[["People", Week], Any]


def swap(people: People, week: Week) -> Any:
    one = block(week)
    return actions.swap_block(block=one, resource=another(one), version=week.version, **signed(people))


def move(people: People, week: Week) -> Any:
    return actions.move_block(block=block(week), day=3, order=0, version=week.version, **signed(people))


def add(people: People, week: Week) -> Any:
    actions.remove_block(block=block(week, "stretch"), **signed(people))
    week.refresh_from_db()
    day, order, _minutes, kinds = queries.open_places(week)[0]
    return actions.add_block(
        week=week,
        day=day,
        order=order,
        kind=kinds[0],
        resource=people.resource("7.6-stretch"),
        version=week.version,
        **signed(people),
    )


def remove(people: People, week: Week) -> Any:
    return actions.remove_block(block=block(week, "choice"), version=week.version, **signed(people))


def lock(people: People, week: Week) -> Any:
    return actions.set_lock(block=block(week), is_locked=True, **signed(people))


def redraft(people: People, week: Week) -> Any:
    people.answer(people.ben, "7.1")
    drafts.redraft_week(week=week, **signed(people))
    return PlanChange.objects.filter(week=week).latest("pk")


def approve(people: People, week: Week) -> Any:
    actions.approve_week(week=week, version=week.version, **signed(people))
    return PlanChange.objects.filter(week=week).latest("pk")


CHANGES: dict[str, Change] = {
    "swap": swap,
    "move": move,
    "remove": remove,
    "lock": lock,
    "redraft": redraft,
    "approve": approve,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("student", ["ben", "otis"])
def test_undo_brings_a_draft_back_exactly(people: People, name: str, student: str) -> None:
    people.draft()
    week = weeks(people)[student]
    before = photo(week)
    made = CHANGES[name](people, week)
    assert photo(week) != before or name == "redraft"
    actions.undo(batch=made.batch, by=people.noor, at=people.now + timedelta(minutes=1))
    assert photo(week) == before


@pytest.mark.parametrize("name", ["swap", "move", "remove", "lock"])
def test_undo_brings_an_approved_week_back_exactly(people: People, name: str) -> None:
    week = people.week(people.ben)
    before = photo(week)
    made = CHANGES[name](people, week)
    actions.undo(batch=made.batch, by=people.noor, at=people.now + timedelta(minutes=1))
    assert photo(week) == before


def test_undo_of_opening_approves_as_it_was(people: People) -> None:
    week = people.week(people.ben)
    before = photo(week)
    actions.reopen_week(week=week, **signed(people, people.noor))
    batch = PlanChange.objects.latest("pk").batch
    actions.undo(batch=batch, by=people.noor, at=people.now + timedelta(hours=1))
    assert photo(week) == before


def test_what_was_added_goes_again(people: People) -> None:
    week = people.week(people.ben, approved=False)
    made = add(people, week)
    added = Block.objects.get(week=week, resource=people.resource("7.6-stretch"), is_locked=True)
    actions.undo(batch=made.batch, **signed(people))
    assert not Block.objects.filter(pk=added.pk).exists()


def test_undoing_twice_is_undoing_once(people: People) -> None:
    week = people.week(people.ben, approved=False)
    made = swap(people, week)
    assert len(actions.undo(batch=made.batch, **signed(people))) == 1
    version = Week.objects.get(pk=week.pk).version
    assert actions.undo(batch=made.batch, **signed(people)) == []
    assert Week.objects.get(pk=week.pk).version == version


def test_the_newest_change_of_a_block_is_undone_first(people: People) -> None:
    week = people.week(people.ben, approved=False)
    untouched = photo(week)
    first = swap(people, week)
    between = photo(week)
    week.refresh_from_db()
    second = move(people, week)
    with pytest.raises(RuleBroken, match="newer"):
        actions.undo(batch=first.batch, **signed(people))
    actions.undo(batch=second.batch, **signed(people))
    assert photo(week) == between
    actions.undo(batch=first.batch, **signed(people))
    assert photo(week) == untouched


def resources_in(week: Week) -> dict[tuple[int, int], int | None]:
    return {(one.day, one.order): one.resource_id for one in week.blocks.all()}


def test_one_teachers_undo_leaves_what_another_did_to_other_blocks(people: People) -> None:
    week = people.week(people.ben, approved=False)
    before = resources_in(week)
    first = swap(people, week)
    week.refresh_from_db()
    choice = block(week, "choice")
    remove(people, week)
    actions.undo(batch=first.batch, **signed(people, people.noor))
    assert resources_in(week) == {place: pk for place, pk in before.items() if place != (choice.day, choice.order)}


@pytest.mark.parametrize("first_of", ["older", "newer"])
def test_two_changes_of_different_blocks_are_undone_in_either_order(people: People, first_of: str) -> None:
    week = people.week(people.ben, approved=False)
    before = resources_in(week)
    older = swap(people, week)
    week.refresh_from_db()
    newer = remove(people, week)
    for made in (older, newer) if first_of == "older" else (newer, older):
        actions.undo(batch=made.batch, **signed(people))
    assert resources_in(week) == before


def test_a_draft_in_between_is_undone_first(people: People) -> None:
    week = people.week(people.ben, approved=False)
    made = swap(people, week)
    week.refresh_from_db()
    redraft(people, week)
    with pytest.raises(RuleBroken, match="newer"):
        actions.undo(batch=made.batch, **signed(people))


def test_an_edit_of_an_approved_week_says_so(people: People) -> None:
    week = people.week(people.ben)
    assert swap(people, week).week.status == Week.Status.CHANGED
    assert queries.student_blocks(people.ben, people.monday)


def test_a_stale_page_changes_nothing_that_was_changed_since(people: People) -> None:
    week = people.week(people.ben, approved=False)
    stale = week.version
    swap(people, week)
    after = photo(week)
    week.version = stale
    for change in (swap, move):
        with pytest.raises(RuleBroken, match="changed a moment ago"):
            change(people, week)
    assert photo(week) == after


def test_two_pages_that_change_different_blocks_both_get_their_way(people: People) -> None:
    week = people.week(people.ben, approved=False)
    stale, first, other = week.version, block(week), block(week, "stretch")
    new, instead = another(first), people.resource("7.6-stretch")
    actions.swap_block(block=first, resource=new, version=stale, **signed(people, people.noor))
    actions.swap_block(block=other, resource=instead, version=stale, **signed(people))
    assert Block.objects.get(pk=first.pk).resource == new
    assert Block.objects.get(pk=other.pk).resource == instead
    assert Week.objects.get(pk=week.pk).version == stale + 2


def test_a_place_that_a_colleague_filled_is_not_filled_again(people: People) -> None:
    week = people.week(people.ben, approved=False)
    actions.remove_block(block=block(week, "stretch"), **signed(people))
    week.refresh_from_db()
    day, order, _minutes, kinds = queries.open_places(week)[0]
    moved = block(week, "choice")
    actions.move_block(block=moved, day=day, order=order, version=week.version, **signed(people, people.noor))
    with pytest.raises(RuleBroken, match="taken"):
        actions.add_block(
            week=week,
            day=day,
            order=order,
            kind=kinds[0],
            resource=people.resource("7.6-stretch"),
            version=week.version,
            **signed(people),
        )


def test_a_move_onto_a_place_that_a_colleague_changed_is_not_made(people: People) -> None:
    week = people.week(people.ben, approved=False)
    stale, first, other = week.version, block(week, "stretch"), block(week, "stretch", 1)
    actions.remove_block(block=other, version=stale, **signed(people, people.noor))
    with pytest.raises(RuleBroken, match="changed a moment ago"):
        actions.move_block(block=first, day=other.day, order=other.order, version=stale, **signed(people))


@pytest.mark.parametrize("step", ["approve", "redraft", "undo of the same block"])
def test_an_old_page_gives_way_to_what_may_have_changed_anything(people: People, step: str) -> None:
    week = people.week(people.ben, approved=False)
    first = block(week)
    if step == "undo of the same block":
        made = actions.swap_block(block=first, resource=another(first), **signed(people))
        stale = Week.objects.get(pk=week.pk).version
        actions.undo(batch=made.batch, **signed(people, people.noor))
    else:
        stale = week.version
        {"approve": approve, "redraft": redraft}[step](people, week)
    now = block(week)
    with pytest.raises(RuleBroken, match="changed a moment ago"):
        actions.swap_block(block=now, resource=people.resource("7.6-pair"), version=stale, **signed(people))


def test_an_undo_of_another_block_is_in_nobodys_way(people: People) -> None:
    week = people.week(people.ben, approved=False)
    made = actions.swap_block(block=block(week, "stretch"), resource=people.resource("7.6-stretch"), **signed(people))
    stale = Week.objects.get(pk=week.pk).version
    actions.undo(batch=made.batch, **signed(people, people.noor))
    first = block(week)
    new = another(first)
    actions.swap_block(block=first, resource=new, version=stale, **signed(people))
    assert Block.objects.get(pk=first.pk).resource == new


def test_a_page_from_nowhere_changes_nothing(people: People) -> None:
    week = people.week(people.ben, approved=False)
    first = block(week)
    with pytest.raises(RuleBroken, match="changed a moment ago"):
        actions.swap_block(block=first, resource=another(first), version=week.version + 5, **signed(people))


def test_an_edit_asks_as_much_of_a_large_class_as_of_a_small_one(people: People) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    week = people.week(people.ben, approved=False)
    with CaptureQueriesContext(connection) as many:
        made = swap(people, week)
    actions.undo(batch=made.batch, **signed(people))
    for student in people.students[1:]:
        student.enrolments.update(left_on=people.monday - timedelta(days=7))
        student.weeks.all().delete()
    week.refresh_from_db()
    with CaptureQueriesContext(connection) as few:
        swap(people, week)
    assert len(many) == len(few)


def test_what_is_mended_at_one_block_is_still_said_of_the_other() -> None:
    from headway.core.planning import Breach  # noqa: PLC0415
    from headway.records.planning.editing import still_unmet  # noqa: PLC0415

    def entry(title: str) -> dict[str, Any]:
        return {"guardrail": "extra_time", "sentence": "“{title}” takes longer.", "facts": {"title": title}}

    stands = [Breach(guardrail="extra_time", sentence="“{title}” takes longer.", facts={"title": "Maps"})]
    nothing_else = {"guardrail": "empty", "sentence": "15 minutes are left.", "facts": {}}
    assert still_unmet([entry("Maps"), entry("Boats"), nothing_else], stands) == [entry("Maps"), nothing_else]


def test_what_an_edit_has_met_is_no_longer_called_missing(people: People) -> None:
    week = people.week(people.ben, approved=False)
    week.unmet = [{"guardrail": "with_others", "sentence": "Only 1 minute.", "facts": {}}]
    week.save(update_fields=["unmet"])
    swap(people, week)
    assert Week.objects.get(pk=week.pk).unmet == []


def test_a_block_is_found_where_a_colleague_put_it(people: People) -> None:
    """The page knew the block in its old place; the block is meant, not the place."""
    week = people.week(people.ben, approved=False)
    seen = block(week, "stretch")
    other = block(week, "stretch", 1)
    actions.move_block(block=block(week, "stretch"), day=other.day, order=other.order, **signed(people, people.noor))
    choice = people.resource("7.6-stretch")
    actions.swap_block(block=seen, resource=choice, **signed(people))
    assert Block.objects.get(pk=seen.pk).resource == choice
    assert Block.objects.get(pk=other.pk).resource_id == other.resource_id


def test_two_blocks_change_places(people: People) -> None:
    week = people.week(people.ben, approved=False)
    one, other = block(week, "stretch"), block(week, "stretch", 1)
    actions.move_block(block=one, day=other.day, order=other.order, **signed(people))
    moved, back = Block.objects.get(pk=one.pk), Block.objects.get(pk=other.pk)
    assert (moved.day, moved.order, moved.is_locked) == (other.day, other.order, True)
    assert (back.day, back.order, back.is_locked) == (one.day, one.order, False)


def test_locks_groups_and_begun_work_are_not_pushed_around(people: People) -> None:
    week = people.week(people.ben)
    first, group, begun = block(week), block(week, "group"), block(week, "stretch")
    actions.set_lock(block=first, is_locked=True, **signed(people))
    actions.start_block(block=begun, **signed(people, people.ben))
    for forbidden in (
        lambda: actions.remove_block(block=block(week), **signed(people)),
        lambda: actions.move_block(block=block(week, "stretch", 1), day=first.day, order=first.order, **signed(people)),
        lambda: actions.move_block(block=group, day=4, order=2, **signed(people)),
        lambda: actions.swap_block(
            block=block(week, "stretch"), resource=people.resource("7.6-stretch"), **signed(people)
        ),
        lambda: actions.remove_block(block=block(week, "stretch"), **signed(people)),
        lambda: actions.move_block(block=block(week, "choice"), day=7, order=0, **signed(people)),
        lambda: actions.add_block(
            week=week,
            day=first.day,
            order=first.order,
            kind="essential",
            resource=people.resource("7.6-pair"),
            **signed(people),
        ),
    ):
        with pytest.raises(RuleBroken):
            forbidden()


def test_what_a_student_has_begun_since_survives_an_undo(people: People) -> None:
    week = people.week(people.ben)
    made = swap(people, week)
    new = block(week)
    actions.start_block(block=new, by=people.ben, at=people.now)
    actions.undo(batch=made.batch, **signed(people))
    kept = Block.objects.get(pk=new.pk)
    assert (kept.resource_id, kept.started_at) == (new.resource_id, people.now)


def test_a_swap_that_breaks_a_guardrail_is_made_and_told(people: People) -> None:
    week = people.week(people.marta, approved=False)
    one = block(week)
    edited = actions.swap_block(block=one, resource=people.resource("7.2-essential"), **signed(people))
    assert "language" in {breach.guardrail for breach in edited.warnings}
    assert "breach-language" in [flag["kind"] for flag in Week.objects.get(pk=week.pk).flags]


def test_what_was_there_stays_at_hand_after_a_swap(people: People) -> None:
    week = people.week(people.ben, approved=False)
    old = block(week).resource
    swap(people, week)
    assert old in [option.resource for option in block(week).options.filter(part="alternative")]


# --- the student's work -----------------------------------------------------------------------------------------------


def at_work(people: People, name: str = "7.1-number") -> tuple[Block, Any]:
    one = block(people.week(people.ben))
    item = people.item(name)
    if one.resource_id != item.resource_id:
        # Wherever the planner put this work, the student meets it here.
        actions.swap_block(block=one, resource=Resource.objects.get(pk=item.resource_id), **signed(people))
        one = block(people.week(people.ben))
    return one, item


def answer(people: People, one: Block, item: Any, text: str, **facts: Any) -> actions.Answered:
    return actions.answer_item(
        block=one,
        item=item,
        response={"answer": [text]},
        **{"client_id": uuid4(), **signed(people, people.ben), **facts},
    )


def test_a_right_answer_is_evidence_and_moves_mastery(people: People) -> None:
    one, item = at_work(people)
    before = cell(people.ben, people.competencies["7.1"].pk, at=people.now)
    done = answer(people, one, item, "12.5 km")
    after = cell(people.ben, people.competencies["7.1"].pk, at=people.now)
    assert done.evidence is not None
    assert (done.marking.is_right, done.work.attempts, done.evidence.attempt) == (True, 1, 1)
    assert (after.pieces, after.chance > before.chance) == (before.pieces + 1, True)
    assert Block.objects.get(pk=one.pk).started_at == people.now


def test_the_same_answer_sent_twice_counts_once(people: People) -> None:
    one, item = at_work(people)
    name = uuid4()
    first = answer(people, one, item, "3", client_id=name)
    again = answer(people, one, item, "3", client_id=name)
    assert (again.evidence, again.work.attempts) == (first.evidence, 1)


@pytest.mark.parametrize("typed", ["12.5", "3"])
def test_an_answer_after_a_right_one_counts_no_more(people: People, typed: str) -> None:
    one, item = at_work(people)
    first = answer(people, one, item, "12.5")
    before = Evidence.objects.count()
    again = answer(people, one, item, typed)
    assert (again.work.attempts, again.work.is_right, again.work.response) == (1, True, first.work.response)
    assert Evidence.objects.count() == before


def test_a_hint_costs_a_little_and_is_remembered(people: People) -> None:
    one, item = at_work(people)
    for shown in (1, 2, 3, 3):
        assert actions.show_hint(block=one, item=item, **signed(people, people.ben)).hints_shown == shown
    done = answer(people, one, item, "12.5")
    assert done.evidence is not None
    assert done.evidence.hints_used == 3


def test_words_instead_of_a_number_cost_nothing(people: People) -> None:
    one, item = at_work(people)
    before = Evidence.objects.count()
    done = answer(people, one, item, "a lot")
    assert (done.evidence, done.work.attempts, bool(done.marking.problem)) == (None, 0, True)
    assert Evidence.objects.count() == before


def test_a_second_try_is_evidence_and_what_follows_a_right_one_is_not(people: People) -> None:
    one, item = at_work(people)
    tries = [answer(people, one, item, text) for text in ("3", "12.5", "12.5", "4")]
    assert [bool(done.evidence) for done in tries] == [True, True, False, False]
    assert tries[1].evidence is not None
    assert tries[1].evidence.attempt == 2
    assert ItemWork.objects.get(block=one, item=item).is_right


def test_a_long_answer_waits_for_the_teacher_and_becomes_evidence(people: People) -> None:
    one, item = at_work(people, "7.1-long_answer")
    done = answer(people, one, item, "Three to two, because ...")
    assert (done.evidence, done.work.awaits_marking) == (None, True)
    assert list(queries.answers_to_mark([people.school_class])) == [done.work]
    work = queries.work_for(people.ada, done.work.pk)
    with pytest.raises(NotFound):
        queries.work_for(people.eve, done.work.pk)
    for level, words in ((9, "Good."), (2, " ")):
        with pytest.raises(RuleBroken):
            actions.mark_long_answer(work=work, level=level, words=words, **signed(people))
    actions.mark_long_answer(work=work, level=2, words="You show both amounts.", **signed(people))
    row = Evidence.objects.latest("pk")
    assert (row.kind, row.level, row.words, row.by) == ("rubric", 2, "You show both amounts.", people.ada)
    with pytest.raises(RuleBroken, match="already"):
        actions.mark_long_answer(work=work, level=3, words="Again.", **signed(people))


@pytest.mark.parametrize("name", ["one_choice", "many_choices", "short_text", "order", "match", "cloze", "hot_text"])
def test_every_kind_of_question_can_be_answered(people: People, name: str) -> None:
    from headway.core.items import key_response  # noqa: PLC0415

    one, item = at_work(people, f"7.1-{name}")
    done = actions.answer_item(
        block=one, item=item, response=key_response(question(item)), client_id=uuid4(), **signed(people, people.ben)
    )
    assert done.marking.is_right
    assert done.evidence is not None


def test_done_can_be_said_felt_and_taken_back(people: People) -> None:
    one = block(people.week(people.ben))
    actions.finish_block(block=one, feeling="not-sure", used_paper=True, **signed(people, people.ben))
    assert list(queries.unsure_blocks([people.school_class], people.monday)) == [one]
    progress = queries.progress_of([people.ben, people.caro], people.monday)
    assert (progress[people.ben.pk].done_blocks, progress[people.caro.pk].done_blocks) == (1, 0)
    actions.reopen_block(block=one, **signed(people, people.ben))
    one.refresh_from_db()
    assert (one.finished_at, one.feeling, one.used_paper) == (None, "", True)
    with pytest.raises(RuleBroken):
        actions.finish_block(block=one, feeling="bored", **signed(people, people.ben))


def test_a_choice_is_one_of_the_offers_or_an_own_idea(people: People) -> None:
    one = block(people.week(people.ben), "choice")
    offered = one.options.filter(part="choice")[0].resource
    actions.choose_option(block=one, resource=offered, **signed(people, people.ben))
    one.refresh_from_db()
    assert one.chosen_resource == offered
    actions.choose_option(block=one, own_idea="Draw our harbor", **signed(people, people.ben))
    one.refresh_from_db()
    assert (one.chosen_resource, one.own_idea) == (None, "Draw our harbor")
    for wrong in ({}, {"own_idea": "  "}, {"resource": people.resource("7.6-essential")}):
        with pytest.raises(RuleBroken):
            actions.choose_option(block=one, **wrong, **signed(people, people.ben))


def test_help_is_asked_once_and_answered_once(people: People) -> None:
    one = block(people.week(people.ben))
    facts = {"student": people.ben, "school_class": people.school_class, "kind": "stuck", "block": one}
    first = actions.ask_for_help(words="Which way?", **facts, **signed(people, people.ben))
    again = actions.ask_for_help(words="Which way round?", **facts, **signed(people, people.ben))
    assert (again, HelpRequest.objects.count()) == (first, 1)
    assert [row.words for row in queries.open_help([people.school_class])] == ["Which way round?"]
    with pytest.raises(NotFound):
        queries.help_for(people.eve, first.pk)
    actions.answer_help(request=queries.help_for(people.iris, first.pk), words="Look", **signed(people, people.iris))
    actions.answer_help(request=queries.help_for(people.ada, first.pk), words="Late", **signed(people))
    first.refresh_from_db()
    assert (first.answer_words, first.answered_by) == ("Look", people.iris)
    assert not queries.open_help([people.school_class]).exists()


# --- what pages ask ---------------------------------------------------------------------------------------------------


def test_the_board_has_everybody_in_their_place(people: People) -> None:
    people.draft()
    actions.approve_week(week=weeks(people)["caro"], **signed(people))
    board = queries.board(people.school_class, people.monday, at=people.now)
    places = {row.student.given_name: row.place for row in board.rows}
    assert places["Caro"] == "approved"
    assert places["Ben"] == "ready"
    assert places["Otis"] == "flagged"
    assert {row.minutes for row in board.rows if row.student.given_name != "Otis"} <= set(range(200, 251))


@pytest.mark.parametrize("read", ["board", "student_blocks", "progress"])
def test_reads_cost_the_same_for_few_and_many(people: People, read: str) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    people.approve()
    reads = {
        "board": lambda: queries.board(people.school_class, people.monday, at=people.now),
        "student_blocks": lambda: queries.student_blocks(people.ben, people.monday),
        "progress": lambda: queries.progress_of(people.students, people.monday),
    }
    with CaptureQueriesContext(
        connection,
    ) as many:
        reads[read]()
    Week.objects.filter(student__in=people.students[1:]).delete()
    with CaptureQueriesContext(connection) as few:
        reads[read]()
    assert len(many) - len(few) <= 0
    assert len(many) <= 20


def test_the_history_is_newest_first(people: People) -> None:
    people.approve(people.monday - timedelta(days=7))
    people.approve()
    rows = queries.weeks_of(people.ben)
    assert [week.class_week.monday for week in rows] == [people.monday, people.monday - timedelta(days=7)]
    assert queries.mondays_with_plans(people.ben) == [people.monday, people.monday - timedelta(days=7)]
    assert queries.weeks_of(people.ben, school_classes=[people.other_class]) == []


def test_mastery_is_not_touched_by_planning(people: People) -> None:
    before = list(Mastery.objects.order_by("pk").values())
    people.approve()
    assert list(Mastery.objects.order_by("pk").values()) == before
