"""The week board: what colleagues change is seen, the same for many, last week again, one press that mends, progress."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse

from headway.records.planning import actions, queries, together
from headway.records.planning.models import Block, ClassWeek, PlanRun, PlanRunClass, Week
from tests.people import sign_in
from tests.records.test_week_plans import another, block, weeks
from tests.records.test_weeks_together import unreadable

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.people import People

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


def of_week(people: People, name: str, **more: Any) -> str:
    return reverse(name, kwargs={"class_id": people.school_class.pk, "monday": people.monday, **more})


def board(client: Client, people: People, query: str = "") -> str:
    return client.get(of_week(people, "teacher-week") + query).content.decode()


def seen(people: People) -> str:
    return ",".join(f"{pk}:{version}" for pk, version in Week.objects.values_list("pk", "version"))


def news(client: Client, people: People, since: str) -> HttpResponse:
    answer: Any = client.get(of_week(people, "teacher-week-changes"), {"seen": since}, headers=HTMX)
    return answer


# --- what colleagues do meanwhile -------------------------------------------------------------------------------------


@pytest.fixture
def noor_swaps(ada: Client, people: People) -> str:
    """What Ada's page had seen before Noor swapped a block of Ben's."""
    people.draft()
    before = seen(people)
    one = block(weeks(people)["ben"])
    actions.swap_block(block=one, resource=another(one), by=people.noor, at=people.now)
    return before


def test_a_page_that_missed_nothing_gets_nothing(ada: Client, people: People) -> None:
    people.draft()
    assert news(ada, people, seen(people)).status_code == 204


def test_a_colleagues_edit_comes_with_the_name_and_that_row_alone(ada: Client, people: People, noor_swaps: str) -> None:
    text = news(ada, people, noor_swaps).content.decode()
    assert text.count("data-row=") == 1
    assert f'data-row="row-{people.ben.pk}"' in text
    assert "Changed by Mr. Haddad just now" in text


def test_an_edit_of_ones_own_elsewhere_is_called_so(ada: Client, people: People) -> None:
    people.draft()
    before = seen(people)
    actions.set_lock(block=block(weeks(people)["ben"]), is_locked=True, by=people.ada, at=people.now)
    assert "Changed by you in another window" in news(ada, people, before).content.decode()


def test_an_undo_is_news_too(ada: Client, people: People, noor_swaps: str) -> None:
    batch = queries.newest_batch(weeks(people)["ben"])
    assert batch is not None
    between = seen(people)
    actions.undo(batch=batch, by=people.noor, at=people.now)
    assert news(ada, people, between).status_code == 200


def test_a_page_of_an_empty_week_hears_that_somebody_drafted(ada: Client, people: People) -> None:
    people.draft()
    assert news(ada, people, "").content.decode().count("data-row=") == len(people.students)


@pytest.mark.parametrize("nonsense", ["x", "1", "1:x", ":", "1:2:3", "-1:4,,"])
def test_nonsense_is_as_if_nothing_was_seen(ada: Client, people: People, nonsense: str) -> None:
    people.draft()
    assert news(ada, people, nonsense).status_code == 200


def test_the_page_says_what_it_shows_and_where_to_ask(ada: Client, people: People) -> None:
    people.draft()
    text = board(ada, people)
    assert f'data-changes="{of_week(people, "teacher-week-changes")}"' in text
    assert text.count("data-version=") == len(people.students)


# --- two pages, one week ----------------------------------------------------------------------------------------------


def test_an_old_page_may_still_change_what_nobody_touched(ada: Client, people: People) -> None:
    people.draft()
    week, stretch = weeks(people)["ben"], block(weeks(people)["ben"], "stretch")
    actions.set_lock(block=block(week), is_locked=True, by=people.noor, at=people.now)
    address = reverse("teacher-block-swap", kwargs={"block": stretch.uuid})
    ada.post(address, {"resource": people.resource("7.6-stretch").uuid, "version": week.version})
    assert Block.objects.get(pk=stretch.pk).resource == people.resource("7.6-stretch")


def test_a_block_without_alternatives_still_has_something_chosen_to_swap_in(ada: Client, people: People) -> None:
    people.draft()
    one = block(weeks(people)["ben"])
    one.options.all().delete()
    form = board(ada, people, f"?block={one.uuid}").split('id="swap-form"')[1].split("</form>")[0]
    assert form.count(" checked") == 1


# --- the same for others ----------------------------------------------------------------------------------------------


@pytest.fixture
def given(people: People) -> Block:
    people.draft()
    one = block(weeks(people)["ben"], "stretch")
    actions.swap_block(block=one, resource=people.resource("7.6-stretch"), by=people.ada, at=people.now)
    Block.objects.filter(resource=people.resource("7.6-stretch")).exclude(pk=one.pk).delete()
    return Block.objects.get(pk=one.pk)


def give(client: Client, given: Block, *students: Any, **more: Any) -> Any:
    address = reverse("teacher-block-give", kwargs={"block": given.uuid})
    return client.post(address, {"student": [student.uuid for student in students]}, **more)


def test_who_sits_in_the_same_group_is_chosen_already(ada: Client, people: People, given: Block) -> None:
    from headway.records.planning import boards  # noqa: PLC0415

    found = {other.student: other for other in boards.others_for(given, at=people.now)}
    text = ada.get(reverse("teacher-block-same", kwargs={"block": given.uuid}), headers=HTMX).content.decode()
    assert text.count(" checked") == sum(other.is_chosen for other in found.values())
    assert people.ben not in found


def test_the_same_is_asked_for_without_script_too(ada: Client, people: People, given: Block) -> None:
    address = reverse("teacher-block-same", kwargs={"block": given.uuid})
    assert "For whom" in ada.get(address, follow=True).content.decode()


def test_the_answer_has_every_changed_row_and_a_line_for_each(ada: Client, people: People, given: Block) -> None:
    together.put_same(block=given, students=[people.quinn], by=people.noor, at=people.now)
    text = give(ada, given, people.caro, people.quinn, headers=HTMX).content.decode()
    assert f'id="row-{people.caro.pk}"' in text
    assert f'id="row-{people.quinn.pk}"' not in text
    assert "is in this week already." in text
    assert "Undo" in text


def test_without_script_a_message_says_what_became_of_it(ada: Client, people: People, given: Block) -> None:
    text = give(ada, given, people.caro, follow=True).content.decode()
    assert "is in the week of 1 more student." in text


def test_nobody_chosen_is_said(ada: Client, people: People, given: Block) -> None:
    assert "Choose at least one student" in give(ada, given, follow=True).content.decode()


def test_a_press_that_changes_nothing_leaves_the_panel_as_it_is(ada: Client, people: People, given: Block) -> None:
    answer = give(ada, given, headers=HTMX)
    assert answer["HX-Reswap"] == "none"
    assert "Choose at least one student" in answer.content.decode()


def test_a_stranger_among_the_chosen_gets_nothing(ada: Client, people: People, given: Block) -> None:
    give(ada, given, people.gus, people.caro)
    assert not Week.objects.filter(student=people.gus).exists()


def test_a_choice_cannot_be_given(ada: Client, people: People) -> None:
    people.draft()
    address = reverse("teacher-block-give", kwargs={"block": block(weeks(people)["ben"], "choice").uuid})
    answer = ada.post(address, {"student": [people.caro.uuid]}, follow=True)
    assert "Only a block with one piece of work" in answer.content.decode()


# --- last week again --------------------------------------------------------------------------------------------------


def copy(client: Client, people: People, **form: Any) -> str:
    address = reverse(
        "teacher-week-copy",
        kwargs={"class_id": people.school_class.pk, "monday": people.monday + timedelta(days=7)},
    )
    return client.post(address, form, follow=True).content.decode()


def test_last_week_comes_again_as_drafts(ada: Client, people: People) -> None:
    people.approve()
    text = copy(ada, people)
    assert "What was left of the week before is in" in text
    assert Week.objects.filter(class_week__monday=people.monday + timedelta(days=7), status="draft").exists()


def test_one_students_week_comes_again_alone(ada: Client, people: People) -> None:
    people.approve()
    copy(ada, people, student=people.ben.uuid)
    made = Week.objects.filter(class_week__monday=people.monday + timedelta(days=7))
    assert [week.student for week in made] == [people.ben]


def test_a_student_of_another_school_is_not_found(ada: Client, people: People) -> None:
    people.approve()
    address = of_week(people, "teacher-week-copy")
    assert ada.post(address, {"student": people.gus.uuid}).status_code == 404


def test_nothing_to_copy_is_said(ada: Client, people: People) -> None:
    assert "no plan of an earlier week" in copy(ada, people)


def test_copying_is_offered_where_there_is_something_to_copy(ada: Client, people: People) -> None:
    assert 'id="copy-week"' not in board(ada, people)
    people.approve(people.monday - timedelta(days=7))
    assert 'id="copy-week"' in board(ada, people)


# --- what to look at, and one press that mends ------------------------------------------------------------------------


@pytest.fixture
def broken(people: People) -> Week:
    return unreadable(people)


def test_what_the_referee_found_stands_at_the_row_the_block_and_the_panel(
    ada: Client, people: People, broken: Week
) -> None:
    words = "does not read well yet"
    assert words in board(ada, people)
    assert 'aria-label="look at this"' in board(ada, people)
    assert words in board(ada, people, f"?block={block(broken).uuid}").split('id="panel"')[1]


def test_one_press_mends_it(ada: Client, people: People, broken: Week) -> None:
    address = reverse("teacher-week-mend", kwargs={"week_id": broken.pk})
    assert address in board(ada, people)
    text = ada.post(address, {"guardrail": "language"}, headers=HTMX).content.decode()
    assert "took the place of" in text
    assert address not in board(ada, people)


def test_a_press_that_mends_nothing_says_so(ada: Client, people: People, broken: Week) -> None:
    address = reverse("teacher-week-mend", kwargs={"week_id": broken.pk})
    text = ada.post(address, {"guardrail": "nonsense"}, headers=HTMX).content.decode()
    assert "This is mended already." in text


def test_a_flag_that_no_edit_can_answer_offers_no_mend(ada: Client, people: People) -> None:
    people.draft()
    week = weeks(people)["caro"]
    week.flags = [{"kind": "far_ahead", "sentence": "Nearly everything is secure.", "facts": {}}]
    week.save(update_fields=["flags"])
    assert reverse("teacher-week-mend", kwargs={"week_id": week.pk}) not in board(ada, people)


def test_a_block_of_any_length_has_its_width(ada: Client, people: People) -> None:
    people.draft()
    Block.objects.filter(week=weeks(people)["caro"]).update(minutes=19, screen_minutes=0)
    assert 'data-min="19"' not in board(ada, people)


def test_what_could_not_be_met_is_seen_at_the_row_and_in_the_panel(ada: Client, people: People) -> None:
    people.draft()
    week = weeks(people)["caro"]
    week.unmet = [
        {"guardrail": "empty", "sentence": "{minutes} minutes could not be filled.", "facts": {"minutes": 377}}
    ]
    week.save(update_fields=["unmet"])
    assert "377 minutes could not be filled." in board(ada, people)
    panel = board(ada, people, f"?week={week.pk}").split('id="panel"')[1]
    assert "377 minutes could not be filled." in panel


def test_each_sentence_is_said_once(ada: Client, people: People) -> None:
    people.draft()
    week = weeks(people)["caro"]
    entry = {"sentence": "{minutes} minutes could not be filled.", "facts": {"minutes": 377}}
    week.unmet = [{"guardrail": "empty", **entry}]
    week.flags = [{"kind": "unmet-empty", **entry}]
    week.save(update_fields=["unmet", "flags"])
    assert board(ada, people).count("377 minutes could not be filled.") == 1


# --- the whole week of one student ------------------------------------------------------------------------------------


def test_the_whole_week_opens_without_script(ada: Client, people: People) -> None:
    people.draft()
    address = reverse("teacher-week-whole", kwargs={"week_id": weeks(people)["ben"].pk})
    text = ada.get(address, follow=True).content.decode()
    assert "The whole week" in text.split('id="panel"')[1]


def test_a_day_that_is_no_school_day_is_refused_in_words(ada: Client, people: People) -> None:
    people.draft()
    address = reverse("teacher-week-redraft", kwargs={"week_id": weeks(people)["ben"].pk})
    answer = ada.post(address, {"day": "9"}, headers=HTMX)
    assert "Choose one of the five school days." in answer.content.decode()


def test_one_day_of_one_student_is_drafted_again(ada: Client, people: People) -> None:
    people.draft()
    week = weeks(people)["ben"]
    kept = list(week.blocks.exclude(day=1).order_by("pk").values_list("pk", "resource"))
    old = set(week.blocks.filter(day=1).values_list("pk", flat=True))
    text = ada.post(reverse("teacher-week-redraft", kwargs={"week_id": week.pk}), {"day": "1"}, headers=HTMX)
    assert "Ben: Tuesday is drafted anew. The other days stayed." in text.content.decode()
    assert list(week.blocks.exclude(day=1).order_by("pk").values_list("pk", "resource")) == kept
    assert not old & set(week.blocks.values_list("pk", flat=True))


def test_one_day_of_the_class_is_drafted_again_but_not_what_is_locked(ada: Client, people: People) -> None:
    people.draft()
    locked = block(weeks(people)["ben"])
    assert locked.day == 0
    actions.set_lock(block=locked, is_locked=True, by=people.ada, at=people.now)
    kept = set(Block.objects.exclude(day=0).values_list("pk", flat=True))
    text = ada.post(of_week(people, "teacher-week-draft"), {"day": "0"}, follow=True).content.decode()
    assert "Monday is drafted anew in 8 weeks." in text
    assert set(Block.objects.exclude(day=0).values_list("pk", flat=True)) == kept
    assert Block.objects.filter(pk=locked.pk, resource=locked.resource).exists()


def test_a_day_of_an_approved_week_is_left_alone(ada: Client, people: People) -> None:
    week = people.week(people.ben)
    before = set(week.blocks.values_list("pk", flat=True))
    address = reverse("teacher-week-redraft", kwargs={"week_id": week.pk})
    assert "This week is approved." in ada.post(address, {"day": "1"}, headers=HTMX).content.decode()
    assert set(week.blocks.values_list("pk", flat=True)) == before


def test_a_move_says_where_the_block_is_now(ada: Client, people: People) -> None:
    people.draft()
    one = block(weeks(people)["ben"])
    address = reverse("teacher-block-move", kwargs={"block": one.uuid})
    assert "Moved to Tuesday, second place." in ada.post(address, {"place": "1.1"}, headers=HTMX).content.decode()


# --- how good the draft is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "bound", "words"),
    [
        (99.4, 100.0, "no other plan could be more than 0.6% better"),
        (100.0, 100.0, "no other plan is better than this draft"),
    ],
)
def test_how_much_better_any_plan_could_be_is_said(
    ada: Client, people: People, value: float, bound: float, words: str
) -> None:
    people.draft()
    ClassWeek.objects.update(value=value, bound=bound)
    assert words in board(ada, people)


def test_where_nobody_worked_it_out_nothing_is_claimed(ada: Client, people: People) -> None:
    people.draft()
    ClassWeek.objects.update(value=None, bound=None)
    assert "By the weights in force" not in board(ada, people)


# --- drafting that goes on --------------------------------------------------------------------------------------------


@pytest.fixture
def drafting(people: People) -> PlanRunClass:
    run = PlanRun.objects.create(school=people.school, monday=people.monday, started_at=people.now)
    return PlanRunClass.objects.create(
        run=run, school_class=people.school_class, monday=people.monday, state="running", done=3, total=8
    )


def progress(people: People, row: PlanRunClass) -> str:
    return of_week(people, "teacher-week-drafting", run_class_id=row.pk)


def test_drafting_is_shown_student_by_student(ada: Client, people: People, drafting: PlanRunClass) -> None:
    text = board(ada, people)
    assert "3 of 8 drafted." in text
    assert text.count('class="is-done"') == 3


def test_without_script_the_page_looks_again_by_itself(ada: Client, people: People, drafting: PlanRunClass) -> None:
    assert '<meta http-equiv="refresh"' in board(ada, people)


def test_progress_comes_alone_when_it_is_asked_for(ada: Client, people: People, drafting: PlanRunClass) -> None:
    text = ada.get(progress(people, drafting), headers=HTMX).content.decode()
    assert "3 of 8 drafted." in text
    assert "<html" not in text


def test_when_it_is_over_the_page_opens_anew_and_says_what_came_of_it(
    ada: Client, people: People, drafting: PlanRunClass
) -> None:
    people.draft()
    PlanRunClass.objects.update(state="done", done=8, weeks=8)
    answer = ada.get(progress(people, drafting), headers=HTMX)
    assert answer["HX-Redirect"] == of_week(people, "teacher-week")
    assert "8 weeks are drafted." in board(ada, people)


def test_a_refusal_is_said_in_its_own_words(ada: Client, people: People, drafting: PlanRunClass) -> None:
    PlanRunClass.objects.update(state="refused", told={"sentence": "The path is empty.", "facts": {}})
    ada.get(progress(people, drafting), headers=HTMX)
    assert "The path is empty." in board(ada, people)


def test_a_run_of_another_class_is_not_found(ada: Client, people: People, drafting: PlanRunClass) -> None:
    PlanRunClass.objects.update(school_class=people.other_class)
    assert ada.get(progress(people, drafting)).status_code == 404


def test_a_run_that_nobody_knows_is_not_found(ada: Client, people: People) -> None:
    assert ada.get(of_week(people, "teacher-week-drafting", run_class_id=12345)).status_code == 404


def test_a_block_that_nobody_knows_is_not_found(ada: Client, people: People) -> None:
    assert ada.get(reverse("teacher-block-same", kwargs={"block": uuid4()})).status_code == 404


def test_mending_is_undone_like_any_edit(ada: Client, people: People, broken: Week) -> None:
    made = together.mend_week(week=broken, guardrail="language", by=people.ada, at=people.now)
    address = reverse("teacher-undo", kwargs={"batch": made.edited.batch})
    assert "Undone." in ada.post(address, headers=HTMX).content.decode()
