"""A skill's page: the map with the class, circles refused by name, one student's next steps, words in any language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from headway.records.evidence import actions as evidence_actions
from headway.records.standards import actions, queries, shaping
from headway.records.standards.models import Competency, CompetencyLink, Framework, ICan
from tests.people import People, client_id, sign_in
from tests.web.test_query_counts import FEW, leave

if TYPE_CHECKING:
    from django.test import Client


def of(people: People, code: str = "7.3", **query: Any) -> str:
    start = reverse("teacher-skill", kwargs={"competency_id": people.competencies[code].pk})
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{start}?{asked}" if asked else start


def page(client: Client, people: People, code: str = "7.3", **query: Any) -> str:
    answer = sign_in(client, people.ada).get(of(people, code, **query))
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, name: str, form: dict[str, Any] | None = None, **where: Any) -> Any:
    return client.post(reverse(name, kwargs=where), form or {})


def undo_of(client: Client, address: str) -> str:
    """Return where the Undo of the last toast leads."""
    found = re.search(r'<div class="toast">.*?action="([^"]+)"', client.get(address).content.decode(), re.DOTALL)
    assert found is not None
    return found.group(1)


def boxes(html: str) -> list[str]:
    return re.findall(r'class="gnode[^"]*" aria-label="([^"]*)"', html)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_a_skill_is_said_in_every_language(client: Client, people: People) -> None:
    html = page(client, people)
    assert '<span lang="en" title="English">“I can tell whether amounts are in proportion.”' in html
    assert '<span lang="es"' in html


def test_the_map_shows_what_comes_before_and_what_it_opens(client: Client, people: People) -> None:
    html = page(client, people)
    shown = [re.split(r" \d|, ", label)[0] for label in boxes(html)]
    assert shown == ["Ratios", "Unit rates", "Proportions", "Scale drawings", "Percents"]


def test_a_box_says_where_the_class_is(client: Client, people: People) -> None:
    grid = page(client, people)
    assert any(re.search(r"\d of 8 (secure|tried it)", label) for label in boxes(grid))


def test_the_map_goes_as_far_as_asked(client: Client, people: People) -> None:
    assert len(boxes(page(client, people, steps=1))) == 3
    assert len(boxes(page(client, people, steps=3))) == 7


def test_steps_that_make_no_sense_are_left_aside(client: Client, people: People) -> None:
    assert len(boxes(page(client, people, steps="many"))) == 5


def test_what_only_helps_is_dashed(client: Client, people: People) -> None:
    assert 'class="soft"' not in page(client, people, "7.4")
    shaping.draw_prerequisite(
        origin=own_skill(people),
        target=people.competencies["7.4"],
        strength="helps",
        why="",
        school=people.school,
        by=people.ada,
        at=people.now,
    )
    assert 'class="soft"' in page(client, people, "7.4")


def test_the_map_is_there_as_a_list_too(client: Client, people: People) -> None:
    html = page(client, people)
    listed = html[html.index('id="gr-list"') : html.index('class="scroll-x')]
    assert "Unit rates" in listed
    assert "needed first" in listed


def test_the_words_of_the_rule_stand_beside_the_count_of_the_class(client: Client, people: People) -> None:
    html = page(client, people, "7.1")
    counts = [int(count) for count in re.findall(r'<td class="n">(\d+)</td></tr>', html)]
    assert "80 of 100" in html
    assert sum(counts[:5]) <= len(people.students)
    assert "the newest piece is more than 60 days old" in html


def test_the_class_is_a_strip_of_dots_with_a_table(client: Client, people: People) -> None:
    html = page(client, people, "7.1")
    assert html.count('<circle class="s-') > 0
    assert people.ben.short_name in html


def test_a_skill_that_nobody_tried_says_so(client: Client, people: People) -> None:
    skill = own_skill(people)
    html = (
        sign_in(client, people.ada).get(reverse("teacher-skill", kwargs={"competency_id": skill.pk})).content.decode()
    )
    assert "Nobody has evidence for this skill yet." in html
    assert "Nobody has said yet what comes before this skill" in html


def test_good_ways_to_learn_it_are_resources_of_the_library(client: Client, people: People) -> None:
    html = page(client, people, "7.1")
    assert html.count('<li class="k-') == 3


def test_the_same_skill_elsewhere_carries_its_match_and_the_arts(client: Client, people: People) -> None:
    arts = own_skill(people, subject="Music")
    CompetencyLink.objects.create(
        kind="crosswalk",
        origin=arts,
        target=people.competencies["7.3"],
        framework=arts.framework,
        match="close",
        why={"en": "Both keep a ratio."},
    )
    html = page(client, people)
    assert "close" in html
    assert '<span class="tag">arts</span>' in html
    assert "Both keep a ratio." in html


def test_another_schools_skill_is_not_found(client: Client, people: People) -> None:
    skill = own_skill(people)
    answer = sign_in(client, people.eve).get(reverse("teacher-skill", kwargs={"competency_id": skill.pk}))
    assert answer.status_code == 404


# --- One student ------------------------------------------------------------------------------------------------------


def test_one_students_map_says_what_can_be_learned_next(client: Client, people: People) -> None:
    html = page(client, people, student=people.ben.uuid)
    assert "Next, Ben could learn" in html
    assert any("can be learned next" in label for label in boxes(html))


def test_what_is_missing_first_is_next_and_not_what_builds_on_it(client: Client, people: People) -> None:
    for code, word in (("7.1", "secure"), ("7.2", "starting"), ("7.3", "starting")):
        evidence_actions.judge(
            student=people.ben,
            competency=people.competencies[code],
            word=word,
            reason="Seen at the board.",
            client_id=client_id(code),
            by=people.ada,
            at=people.now,
        )
    html = page(client, people, student=people.ben.uuid)
    ready = re.findall(r"<a href=[^>]*>([^<]+)</a>", html[html.index("next-h") : html.index("ev-h")])
    assert "Unit rates" in ready
    assert "Proportions" not in ready


def test_another_schools_student_is_not_found(client: Client, people: People) -> None:
    assert sign_in(client, people.ada).get(of(people, student=people.gus.uuid)).status_code == 404


def test_a_student_that_is_no_student_is_not_found(client: Client, people: People) -> None:
    assert sign_in(client, people.ada).get(of(people, student="ben")).status_code == 404


# --- Drawing ----------------------------------------------------------------------------------------------------------


def link(people: People, before: str, after: str, *, strength: str = "needed") -> CompetencyLink:
    return shaping.draw_prerequisite(
        origin=people.competencies[before],
        target=people.competencies[after],
        strength=strength,
        why="",
        school=people.school,
        by=people.ada,
        at=people.now,
    )


def drawing(people: People, other: str, *, side: str = "before", strength: str = "needed") -> dict[str, Any]:
    return {"other": people.competencies[other].pk, "side": side, "strength": strength, "why": "They need it."}


def test_a_link_is_found_drawn_and_undone(client: Client, people: People) -> None:
    assert "Equal groups" in page(client, people, "7.4", find="equal")
    target = people.competencies["7.4"]
    answer = press(client, "teacher-skill-draw", drawing(people, "6.1"), competency_id=target.pk)
    assert answer.status_code == 302
    pair = (people.competencies["6.1"].pk, target.pk)
    assert pair in queries.prerequisite_pairs([target.pk], school_id=people.school.pk)
    client.post(undo_of(client, of(people, "7.4")))
    assert pair not in queries.prerequisite_pairs([target.pk], school_id=people.school.pk)
    client.post(undo_of(client, of(people, "7.4")))
    assert pair in queries.prerequisite_pairs([target.pk], school_id=people.school.pk)


def test_a_link_may_lead_onward(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    origin = people.competencies["6.1"]
    press(client, "teacher-skill-draw", drawing(people, "7.5", side="after"), competency_id=origin.pk)
    assert CompetencyLink.objects.filter(
        origin=origin, target=people.competencies["7.5"], school=people.school
    ).exists()


def test_a_circle_is_refused_on_the_page_by_name(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    answer = press(client, "teacher-skill-draw", drawing(people, "7.3"), competency_id=people.competencies["7.1"].pk)
    assert answer.status_code == 422
    assert "Proportions → Ratios → Unit rates → Proportions" in answer.content.decode()
    assert not CompetencyLink.objects.filter(school=people.school).exists()


def test_without_a_skill_to_link_the_page_says_what_to_choose(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    answer = press(client, "teacher-skill-draw", competency_id=people.competencies["7.1"].pk)
    assert answer.status_code == 422
    assert "Choose the skill" in answer.content.decode()


# --- Paths ------------------------------------------------------------------------------------------------------------


def test_a_skill_is_put_on_the_path_and_taken_off_by_undo(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    skill = people.competencies["6.2"]
    press(client, "teacher-path-add", class_id=people.school_class.pk, competency_id=skill.pk)
    assert queries.path_of(people.school_class) == [*people.path, skill]
    client.post(undo_of(client, of(people, "6.2")))
    assert queries.path_of(people.school_class) == people.path


def test_pressing_twice_is_once(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    for _press in range(2):
        press(client, "teacher-path-add", class_id=people.school_class.pk, competency_id=people.competencies["6.2"].pk)
    assert len(queries.path_of(people.school_class)) == len(people.path) + 1


# --- Frameworks -------------------------------------------------------------------------------------------------------


def own_framework(people: People, *, subject: str = "") -> Framework:
    return shaping.make_framework(school=people.school, title="Harbor", subject=subject, by=people.ada, at=people.now)


def own_skill(people: People, *, subject: str = "") -> Competency:
    return shaping.add_competency(
        framework=own_framework(people, subject=subject),
        facts={"statement": "Students tie a bowline.", "short": "Bowline"},
        by=people.ada,
        at=people.now,
    )


def tree(client: Client, people: People, **query: Any) -> str:
    framework_id = people.competencies["7.1"].framework_id
    answer = sign_in(client, people.ada).get(reverse("teacher-framework", kwargs={"framework_id": framework_id}), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_framework_is_a_tree_with_codes_and_counts(client: Client, people: People) -> None:
    html = tree(client, people)
    assert "TA.7.1" in html
    assert re.search(r"\d+ resources", html)
    assert html.count("tag tag--act") == len(people.path)


def test_a_framework_is_searched_within(client: Client, people: People) -> None:
    html = tree(client, people, find="unit rate")
    assert html.count('class="stdrow"') == 1


def test_a_circle_is_named_on_the_framework(client: Client, people: People) -> None:
    rows = people.competencies
    CompetencyLink.objects.create(
        kind="prerequisite", origin=rows["7.3"], target=rows["7.1"], framework=rows["7.1"].framework
    )
    html = tree(client, people)
    assert "A circle among the links" in html
    assert "Nobody waits for these links" in html
    assert "At our school it only helps" in html


def test_a_place_in_a_tree_that_is_not_there_is_not_found(client: Client, people: People) -> None:
    framework_id = people.competencies["7.1"].framework_id
    address = reverse("teacher-framework", kwargs={"framework_id": framework_id})
    assert sign_in(client, people.ada).get(address, {"at": "999999"}).status_code == 404


def test_a_school_makes_a_framework_and_adds_a_skill(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    press(client, "teacher-framework-make", {"title": "Harbor", "language": "en"})
    framework = Framework.objects.get(title="Harbor")
    assert framework.school == people.school
    form = {"statement": "Students tie a bowline.", "short": "Bowline", "nature": "procedure", "grade_low": "6"}
    answer = press(client, "teacher-skill-new", form, framework_id=framework.pk)
    made = Competency.objects.get(framework=framework)
    assert answer.status_code == 302
    assert (made.short, made.nature, made.grade_low, made.is_assessable) == ("Bowline", "procedure", 6, True)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"statement": ""}, "Write what there is to learn"),
        ({"statement": "x", "nature": "concept", "grade_low": "8", "grade_high": "6"}, "The first grade is above"),
    ],
)
def test_a_skill_that_cannot_be_is_refused_in_the_form(
    client: Client, people: People, form: dict[str, str], says: str
) -> None:
    sign_in(client, people.ada)
    answer = press(client, "teacher-skill-new", form, framework_id=own_framework(people).pk)
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_a_skill_of_ones_own_is_changed_and_put_back(client: Client, people: People) -> None:
    skill = own_skill(people)
    sign_in(client, people.ada)
    form = {"statement": "Students tie two knots.", "short": "Knots", "nature": "concept"}
    press(client, "teacher-skill-change", form, competency_id=skill.pk)
    skill.refresh_from_db()
    assert skill.short == "Knots"
    client.post(undo_of(client, reverse("teacher-skill-edit", kwargs={"competency_id": skill.pk})))
    skill.refresh_from_db()
    assert (skill.short, skill.statement) == ("Bowline", "Students tie a bowline.")


# --- Words ------------------------------------------------------------------------------------------------------------


def test_a_published_skill_is_worded_in_another_language_and_undone(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    skill = people.competencies["7.1"]
    form = {"language": "fr", "words": "Je peux comparer deux quantités.", "short": "Rapports"}
    press(client, "teacher-skill-word", form, competency_id=skill.pk)
    assert queries.named([skill], "fr")[skill.pk].short == "Rapports"
    client.post(undo_of(client, reverse("teacher-skill-edit", kwargs={"competency_id": skill.pk})))
    assert not ICan.objects.filter(competency=skill, language="fr").exists()


def test_a_wording_without_its_sentence_is_refused_and_kept_in_the_form(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    form = {"language": "fr", "short": "Rapports"}
    answer = press(client, "teacher-skill-word", form, competency_id=people.competencies["7.1"].pk)
    assert answer.status_code == 422
    assert 'value="Rapports"' in answer.content.decode()


def test_an_undo_that_was_tampered_with_is_not_found(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    where: dict[str, Any] = {"competency_id": people.competencies["7.1"].pk, "was": "x:y:z"}
    assert press(client, "teacher-skill-word-back", **where).status_code == 404


# --- Speed ------------------------------------------------------------------------------------------------------------


def count(client: Client, address: str) -> int:
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
        return len(seen.captured_queries)


@pytest.mark.parametrize("who", ["", "one"])
def test_the_queries_of_the_page_do_not_grow_with_the_class(client: Client, people: People, who: str) -> None:
    address = of(people, student=people.ben.uuid) if who else of(people)
    sign_in(client, people.ada)
    whole = count(client, address)
    leave(people, stay=FEW)
    assert count(client, address) == whole


def test_the_queries_of_the_page_do_not_grow_with_the_map(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    few = count(client, of(people, steps=1))
    link(people, "6.1", "7.4")
    link(people, "6.2", "7.4")
    assert count(client, of(people, steps=3)) == few


def test_the_queries_of_a_tree_do_not_grow_with_its_skills(client: Client, people: People) -> None:
    framework = own_framework(people)
    signed: dict[str, Any] = {"by": people.ada, "at": people.now}
    address = reverse("teacher-framework", kwargs={"framework_id": framework.pk})
    top = shaping.add_competency(framework=framework, facts={"statement": "Knots"}, **signed)
    sign_in(client, people.ada)
    one = count(client, address)
    for number in range(12):
        shaping.add_competency(framework=framework, facts={"statement": f"Knot {number}", "parent": top}, **signed)
    actions.set_path(school_class=people.school_class, competencies=[*people.path, top], **signed)
    assert count(client, address) == one


# --- Common slips, and the ways here ----------------------------------------------------------------------------------


def slip(people: People, student: Any, choice: str = "b") -> None:
    item = people.item("7.1-one_choice")
    people.answer(
        student, "7.1", right=False, item_id=item.pk, resource_id=item.resource_id, response={"answer": [choice]}
    )


def test_what_several_chose_by_mistake_is_a_common_slip_with_what_to_try(client: Client, people: People) -> None:
    slip(people, people.ben)
    slip(people, people.caro)
    html = page(client, people, "7.1")
    slips = html[html.index("sl-h") :]
    assert "“2 to 3”" in slips
    assert "chosen by 2" in slips
    assert "Read the order of the words again." in slips


def test_what_one_student_chose_is_nobody_elses_to_read(client: Client, people: People) -> None:
    slip(people, people.ben)
    slip(people, people.ben)
    assert "sl-h" not in page(client, people, "7.1")


def test_the_grid_and_the_cell_lead_to_the_skill(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    grid = client.get(reverse("teacher-class", kwargs={"class_id": people.school_class.pk})).content.decode()
    assert of(people, "7.1") in grid
    where = {
        "class_id": people.school_class.pk,
        "student": people.ben.uuid,
        "competency_id": people.competencies["7.1"].pk,
    }
    cell = client.get(reverse("teacher-cell", kwargs=where)).content.decode()
    assert of(people, "7.1", student=people.ben.uuid) in cell


def test_planning_it_for_a_group_puts_its_groups_first(client: Client, people: People) -> None:
    sign_in(client, people.ada)
    address = reverse("teacher-groups", kwargs={"class_id": people.school_class.pk, "monday": people.monday})
    html = client.get(address, {"skill": people.competencies["7.1"].pk}).content.decode()
    assert "Back to Ratios" in html
