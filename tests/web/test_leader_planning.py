"""A leader sees how far the week is, drafts what is missing, and says what a good week is made of. Never a child's name."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from headway.core.access.roles import Role
from headway.core.planning import Weights
from headway.records.planning import automation, coverage, limits, runs
from headway.records.planning.models import ClassWeek, PlanRun, PlanRunClass, PlanWeights, Week
from headway.records.roster.models import Class, RoleGrant
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db
USUAL = {
    "least": "20",
    "gain": "1",
    "review": "0.8",
    "interest": "0.5",
    "fit": "0.4",
    "overload": "0.2",
    "monotony": "0.15",
}


@pytest.fixture
def grace(client: Client, people: People) -> Client:
    return sign_in(client, people.grace)


def page(client: Client, people: People, **query: Any) -> str:
    answer = client.get(reverse("leader-planning"), {"week": people.monday.isoformat(), **query})
    assert answer.status_code == 200
    return answer.content.decode()


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def tallies(html: str) -> dict[str, int]:
    return {words: int(number) for words, number in re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", html)}


def weights_address(people: People, name: str = "leader-weights", **more: Any) -> str:
    return reverse(name, kwargs={"organisation_id": people.school.pk, **more})


def lead_the_district(people: People) -> None:
    RoleGrant.objects.create(person=people.grace, role=Role.LEADER, organisation=people.district)


# --- how far it is ---------------------------------------------------------------------------------------------------


def test_every_student_is_counted_once_in_the_state_of_the_week(grace: Client, people: People) -> None:
    shared = people.draft()
    for place, week in enumerate(shared.weeks.order_by("pk")):
        week.flags = [{"kind": "look", "sentence": "Look.", "facts": {}}] if place < 2 else []
        week.save()
    last = shared.weeks.order_by("-pk")[0]
    last.status, last.approved_at = "approved", people.now
    last.save()
    shared.weeks.order_by("-pk")[1].delete()
    assert tallies(page(grace, people)) == {
        "Approved": 1,
        "Wait for a teacher": 4,
        "Need a look first": 2,
        "No week yet": 1,
    }


def test_no_childs_name_is_on_the_page(grace: Client, people: People) -> None:
    people.draft()
    html = page(grace, people)
    assert [student.given_name for student in people.students if student.given_name in html] == []


def test_a_class_that_plans_by_hand_is_shown_as_such(grace: Client, people: People) -> None:
    automation.set_limits(school_class=people.school_class, limits={"automation": "off"}, by=people.ada, at=people.now)
    assert "1 class plans by hand" in page(grace, people)


def test_the_gap_to_the_bound_stands_beside_its_class(grace: Client, people: People) -> None:
    people.draft()
    ClassWeek.objects.update(value=98.0, bound=100.0)
    assert '<td class="n">2.0%</td>' in page(grace, people)


def test_a_leader_of_a_school_sees_no_other_school(grace: Client, people: People) -> None:
    assert people.other_class.name not in strip_tags(page(grace, people))


def test_a_leader_of_the_district_sees_the_schools_below(grace: Client, people: People) -> None:
    lead_the_district(people)
    html = page(grace, people)
    assert people.school.name in html
    assert people.other_school.name in html
    assert people.other_class.name not in strip_tags(page(grace, people, school=people.school.pk))


def test_a_school_that_is_not_theirs_is_not_found(grace: Client, people: People) -> None:
    assert grace.get(reverse("leader-planning"), {"school": people.other_school.pk}).status_code == 404


@pytest.mark.parametrize("query", [{"week": "soon"}, {"page": "0"}, {"page": "99999999999"}, {"page": "-1"}])
def test_an_odd_address_still_shows_a_page(grace: Client, people: People, query: dict[str, str]) -> None:
    assert grace.get(reverse("leader-planning"), query).status_code == 200


def more_classes(people: People, count: int) -> None:
    Class.objects.bulk_create(
        [
            Class(school=people.school, term=people.term, name=f"More {number}", subject="Math", period=str(number))
            for number in range(count)
        ]
    )


def test_a_thousand_classes_come_in_pages_and_in_as_many_queries_as_one(grace: Client, people: People) -> None:
    people.draft()

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(grace, people)
            return len(seen.captured_queries)

    page(grace, people)
    before = count()
    more_classes(people, 1000)
    html = page(grace, people)
    assert "Page 1 of 21" in html
    assert len(re.findall(r'<th scope="row">', html)) == 50
    assert count() == before
    assert "Page 21 of 21" in page(grace, people, page=21)


# --- runs ------------------------------------------------------------------------------------------------------------


def press(client: Client, people: People) -> HttpResponse:
    return client.post(
        reverse("leader-planning-run"), {"school": people.school.pk, "week": people.monday.isoformat()}, follow=True
    )


def test_one_press_drafts_what_is_missing(grace: Client, people: People) -> None:
    html = text_of(press(grace, people))
    assert "1 class is being drafted." in html
    assert Week.objects.filter(class_week__school_class=people.school_class, status="draft").count() == 8
    assert "finished" in html


def test_drafts_that_are_there_stay_as_they_are(grace: Client, people: People) -> None:
    people.draft()
    before = list(Week.objects.values_list("pk", "version"))
    press(grace, people)
    assert list(Week.objects.values_list("pk", "version")) == before


def test_a_run_that_was_stopped_says_so_and_goes_on_with_one_press(grace: Client, people: People) -> None:
    early = people.now - coverage.LEASE - timedelta(minutes=1)
    run = runs.start_run(school=people.school, monday=people.monday, by=people.grace, at=early, is_handed_over=False)
    html = page(grace, people)
    assert "It has stopped." in html
    address = reverse("leader-planning-resume", kwargs={"run_id": run.pk})
    assert address in html
    grace.post(address)
    assert PlanRun.objects.get(pk=run.pk).finished_at is not None


def test_a_run_that_goes_on_is_looked_at_again_by_itself(grace: Client, people: People) -> None:
    # Begun now and not when the tests began: a run that nobody worked on for a minute has stopped.
    runs.start_run(school=people.school, monday=people.monday, by=people.grace, at=timezone.now(), is_handed_over=False)
    html = page(grace, people)
    assert 'hx-trigger="every 2s"' in html
    assert '<meta http-equiv="refresh"' in html
    part = text_of(
        grace.get(
            reverse("leader-planning"),
            {"week": people.monday.isoformat()},
            headers={"HX-Request": "true", "HX-Target": "runs"},
        )
    )
    assert part.lstrip().startswith("<section")


def test_a_teachers_own_press_is_not_among_the_runs_of_all(grace: Client, people: People) -> None:
    runs.start_class_run(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
    assert "Nobody has drafted this week for all classes." in page(grace, people)


def test_a_class_that_could_not_be_drafted_says_why(grace: Client, people: People) -> None:
    run = runs.start_run(
        school=people.school, monday=people.monday, by=people.grace, at=people.now, is_handed_over=False
    )
    PlanRunClass.objects.filter(run=run).update(state="refused", told={"sentence": "The path is empty.", "facts": {}})
    assert "The path is empty." in page(grace, people)


def test_a_week_that_is_over_is_not_drafted(grace: Client, people: People) -> None:
    past = people.monday - timedelta(days=7)
    assert reverse("leader-planning-run") not in page(grace, people, week=past.isoformat())
    grace.post(reverse("leader-planning-run"), {"school": people.school.pk, "week": past.isoformat()})
    assert not Week.objects.exists()


def test_an_empty_week_is_no_week_yet(grace: Client, people: People) -> None:
    automation.begin_by_hand(school_class=people.school_class, monday=people.monday, by=people.ada, at=people.now)
    assert tallies(page(grace, people))["No week yet"] == 8


# --- weights ---------------------------------------------------------------------------------------------------------


def test_the_usual_weights_are_said_in_words(grace: Client, people: People) -> None:
    html = text_of(grace.get(weights_address(people)))
    assert "first of all" in html
    assert "These are Headway’s usual weights" in html


def test_a_choice_is_tried_on_one_class_and_nothing_is_kept(grace: Client, people: People) -> None:
    html = text_of(grace.get(weights_address(people), {**USUAL, "interest": "5", "class": people.school_class.pk}))
    assert re.search(r"(of \d+ blocks would be others|blocks would be another one|no block would change)", html)
    assert not Week.objects.exists()
    assert not PlanWeights.objects.exists()


def test_the_preview_counts_what_the_planner_would_do_otherwise(people: People) -> None:
    same = coverage.what_if_weights(people.school_class, people.monday, Weights(), at=people.now)
    assert (same.changed_blocks, same.changed_students) == (0, 0)
    assert same.blocks > 0


def test_set_weights_hold_and_carry_their_reason(grace: Client, people: People) -> None:
    html = text_of(
        grace.post(
            weights_address(people, "leader-weights-set"), {**USUAL, "interest": "1", "why": "Boats!"}, follow=True
        )
    )
    assert limits.weights_for(people.school_class).interest == 1
    assert "Boats!" in html


def test_one_press_takes_the_choice_back(grace: Client, people: People) -> None:
    html = text_of(grace.post(weights_address(people, "leader-weights-set"), {**USUAL, "interest": "1"}, follow=True))
    assert weights_address(people, "leader-weights-end") in html
    grace.post(weights_address(people, "leader-weights-end"))
    assert limits.weights_for(people.school_class) == Weights()


def test_weights_that_held_before_are_used_again(grace: Client, people: People) -> None:
    grace.post(weights_address(people, "leader-weights-set"), {**USUAL, "interest": "1"})
    first = PlanWeights.objects.get()
    grace.post(weights_address(people, "leader-weights-set"), {**USUAL, "interest": "2"})
    grace.post(weights_address(people, "leader-weights-again", row_id=first.pk))
    assert limits.weights_for(people.school_class).interest == 1


def test_weights_of_another_school_are_not_found(grace: Client, people: People) -> None:
    where = reverse("leader-weights", kwargs={"organisation_id": people.other_school.pk})
    assert grace.get(where).status_code == 404


@pytest.mark.parametrize("given", ["", "much", "nan", "-1", "1000"])
def test_a_number_that_cannot_be_is_said_and_nothing_is_kept(grace: Client, people: People, given: str) -> None:
    answer = grace.post(weights_address(people, "leader-weights-set"), {**USUAL, "interest": given})
    assert answer.status_code == 422
    assert "Interests, goals and careers: " in text_of(answer)
    assert not PlanWeights.objects.exists()
