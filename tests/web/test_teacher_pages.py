"""What a teacher finds on the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from headway.core.access.roles import Role
from headway.core.evidence.methods import Method, Rule
from headway.core.shared.school_weeks import coming_monday
from headway.records.evidence import actions as evidence_actions
from headway.records.evidence.actions import EvidenceIn
from headway.records.evidence.models import Evidence
from headway.records.grouping.models import Group
from headway.records.items.models import Item
from headway.records.library.models import Alignment
from headway.records.planning import actions as planning
from headway.records.planning.models import HelpRequest, ItemWork
from headway.records.roster import actions as roster
from headway.records.roster.queries import today_at
from headway.records.wellbeing import actions as wellbeing
from headway.records.wellbeing.models import FamilyMessage, Note
from tests.people import People, sign_in

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client, people: People) -> Client:
    return sign_in(client, people.ada)


@pytest.fixture
def iris(client: Client, people: People) -> Client:
    return sign_in(client, people.iris)


def page(client: Client, name: str, **keys: object) -> str:
    response = client.get(reverse(name, kwargs=keys))
    assert response.status_code == 200, response.content[:400]
    return response.content.decode()


def cell_keys(people: People, code: str = "7.1") -> dict[str, object]:
    return {
        "class_id": people.school_class.pk,
        "student": people.ben.uuid,
        "competency_id": people.competencies[code].pk,
    }


def post(client: Client, name: str, data: dict[str, object], **keys: object) -> HttpResponse:
    return client.post(reverse(name, kwargs=keys), data)


# --- today ------------------------------------------------------------------------------------------------------------


def test_today_names_who_asked(ada: Client, people: People) -> None:
    planning.ask_for_help(
        student=people.ben,
        school_class=people.school_class,
        kind="talk",
        words="Can we do one together?",
        by=people.ben,
        at=people.now,
    )
    text = page(ada, "teacher-today")
    assert "Can we do one together?" in text
    assert "asked for you" in text


def test_today_shows_a_message_from_home(ada: Client, people: People) -> None:
    wellbeing.write_message(
        student=people.ben,
        words="Ben duerme poco",
        by=people.dana,
        at=people.now,
        monday=people.monday,
        language="es",
        is_from_home=True,
    )
    assert "Ben duerme poco" in page(ada, "teacher-today")


def test_a_message_that_was_read_is_gone_from_today(ada: Client, people: People) -> None:
    message = wellbeing.write_message(
        student=people.ben,
        words="Ben duerme poco",
        by=people.dana,
        at=people.now,
        monday=people.monday,
        language="es",
        is_from_home=True,
    )
    post(ada, "teacher-message-read", {}, student=people.ben.uuid, message_id=message.pk)
    assert "Ben duerme poco" not in page(ada, "teacher-today")


def test_today_names_the_step_that_was_missed_often(ada: Client, people: People) -> None:
    for _time in range(4):
        people.answer(people.caro, "7.3", right=False, days_ago=1)
    assert "has met the same step 4 times" in page(ada, "teacher-today")


def test_a_student_without_a_trace_is_seen(ada: Client, people: People) -> None:
    assert "has left no trace yet" in page(ada, "teacher-today")


def test_today_asks_as_many_questions_for_many_students_as_for_one(
    ada: Client, people: People, django_assert_max_num_queries: object
) -> None:
    for student in people.students:
        for _time in range(4):
            people.answer(student, "7.3", right=False)
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        page(ada, "teacher-today")


def test_a_teacher_without_a_class_is_told_so(client: Client, people: People) -> None:
    newcomer = roster.add_person(
        given_name="Una",
        family_name="Nowak",
        roles=[Role.TEACHER],
        organisation=people.school,
        username="una",
        by=None,
        at=people.now,
    )
    assert "You have no class yet" in page(sign_in(client, newcomer), "teacher-today")


def test_a_specialist_has_a_morning_too(iris: Client, people: People) -> None:
    assert "Note what you saw" in page(iris, "teacher-today")


def test_an_answered_question_leaves_today(ada: Client, people: People) -> None:
    asked = planning.ask_for_help(
        student=people.ben, school_class=people.school_class, kind="talk", by=people.ben, at=people.now
    )
    post(ada, "teacher-help", {"words": "At 10, side table"}, help_id=asked.pk)
    assert HelpRequest.objects.get(pk=asked.pk).answer_words == "At 10, side table"


def test_someone_elses_help_request_is_not_found(client: Client, people: People) -> None:
    asked = planning.ask_for_help(
        student=people.ben, school_class=people.school_class, kind="talk", by=people.ben, at=people.now
    )
    assert post(sign_in(client, people.eve), "teacher-help", {}, help_id=asked.pk).status_code == 404


# --- quick note ---------------------------------------------------------------------------------------------------


def test_a_note_finds_its_student_by_the_name_before_the_colon(ada: Client, people: People) -> None:
    post(ada, "teacher-note", {"words": "Ben: helped Caro", "client_id": str(uuid4())})
    assert Note.objects.get().student == people.ben


def test_a_note_that_names_a_skill_is_evidence(ada: Client, people: People) -> None:
    post(
        ada,
        "teacher-note",
        {"words": "Ben: drew it", "client_id": str(uuid4()), "skill": people.competencies["7.1"].pk, "level": 2},
    )
    assert Evidence.objects.get(kind="observation").words == "drew it"


def test_a_note_sent_twice_counts_once(ada: Client, people: People) -> None:
    form = {
        "words": "Ben: drew it",
        "client_id": str(uuid4()),
        "skill": people.competencies["7.1"].pk,
        "level": 2,
    }
    post(ada, "teacher-note", form)
    post(ada, "teacher-note", form)
    assert Evidence.objects.filter(kind="observation").count() == 1


def test_a_note_about_nobody_keeps_its_words_and_says_what_is_missing(ada: Client, people: People) -> None:
    response = post(ada, "teacher-note", {"words": "Zoe: drew it", "client_id": str(uuid4())})
    assert "Say who it is about" in response.content.decode()
    assert "Zoe: drew it" in response.content.decode()


def test_a_skill_without_a_level_is_asked_for(ada: Client, people: People) -> None:
    response = post(
        ada,
        "teacher-note",
        {"words": "Ben: drew it", "client_id": str(uuid4()), "skill": people.competencies["7.1"].pk},
    )
    assert "Choose how it was done" in response.content.decode()


# --- class ------------------------------------------------------------------------------------------------------------


def test_the_grid_has_a_cell_for_every_student_and_skill(ada: Client, people: People) -> None:
    text = page(ada, "teacher-class", class_id=people.school_class.pk)
    assert text.count('class="cell') == len(people.students) * len(people.path)


def test_a_cell_says_its_doubt(ada: Client, people: People) -> None:
    text = page(ada, "teacher-class", class_id=people.school_class.pk)
    assert "likely" in text
    assert "pieces, newest" in text


def test_sorting_by_a_skill_puts_the_lowest_first(ada: Client, people: People) -> None:
    skill = people.competencies["7.1"].pk
    url = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    text = ada.get(url, {"sort": f"low-{skill}"}).content.decode()
    assert text.index("Quinn H., Ratios") < text.index("Priya G., Ratios") < text.index("Finn C., Ratios")


def test_filtering_by_word_leaves_those_who_fit(ada: Client, people: People) -> None:
    url = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    text = ada.get(url, {"word": "starting"}).content.decode()
    assert "Quinn H., Ratios" in text
    assert "Priya G., Ratios" not in text


def test_finding_by_name(ada: Client, people: People) -> None:
    url = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    text = ada.get(url, {"find": "pri"}).content.decode()
    assert "Priya G., Ratios" in text
    assert "Ben A., Ratios" not in text


def test_a_nonsense_address_shows_everyone(ada: Client, people: People) -> None:
    url = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    response = ada.get(url, {"sort": "low-99999", "skill": "x", "word": "bad", "group": "7"})
    assert response.content.decode().count('class="cell') == len(people.students) * len(people.path)


def test_htmx_gets_the_table_alone(ada: Client, people: People) -> None:
    url = reverse("teacher-class", kwargs={"class_id": people.school_class.pk})
    text = ada.get(url, headers={"HX-Request": "true", "HX-Target": "grid"}).content.decode()
    assert text.strip().startswith("<div")
    assert "<html" not in text


def test_the_grid_takes_a_fixed_number_of_queries(
    ada: Client, people: People, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(23):  # type: ignore[operator]
        page(ada, "teacher-class", class_id=people.school_class.pk)


def test_a_specialist_sees_the_class_and_no_plans(iris: Client, people: People) -> None:
    text = page(iris, "teacher-class", class_id=people.school_class.pk)
    assert "Make this group" not in text


def test_a_class_of_another_school_is_not_found(client: Client, people: People) -> None:
    sign_in(client, people.eve)
    assert client.get(reverse("teacher-class", kwargs={"class_id": people.school_class.pk})).status_code == 404


def make_group(client: Client, people: People) -> HttpResponse:
    day = coming_monday(today_at(people.school, people.now))
    return post(
        client,
        "teacher-group-make",
        {
            "skill": people.competencies["7.1"].pk,
            "kind": "needs",
            "day": day.isoformat(),
            "minutes": "20",
            "student": [str(people.ben.uuid), str(people.quinn.uuid), str(people.otis.uuid)],
        },
        class_id=people.school_class.pk,
    )


def test_a_suggested_group_is_made(ada: Client, people: People) -> None:
    make_group(ada, people)
    assert Group.objects.get().members.count() == 3


def test_making_a_group_twice_makes_one(ada: Client, people: People) -> None:
    make_group(ada, people)
    make_group(ada, people)
    assert Group.objects.count() == 1


def test_a_made_group_can_be_ended(ada: Client, people: People) -> None:
    make_group(ada, people)
    post(ada, "teacher-group-end", {}, group_id=Group.objects.get().pk)
    assert Group.objects.get().ended_at is not None


def test_a_specialist_may_not_make_a_group(iris: Client, people: People) -> None:
    assert make_group(iris, people).status_code == 403


# --- cell -------------------------------------------------------------------------------------------------------------


def test_a_cell_shows_a_row_for_each_piece(ada: Client, people: People) -> None:
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert text.count("Right on") + text.count("Not yet right on") == 4


def numbers_of(text: str, start: str, end: str) -> list[float]:
    """The numbers with a sign between two places of a page."""
    part = text[text.index(start) : text.index(end)]
    return [float(found.replace("−", "-")) for found in re.findall(r'<td class="n">([+−][0-9.]+)<', part)]


def test_the_lines_of_the_sum_add_up(ada: Client, people: People) -> None:
    people.answer(people.ben, "7.1", right=True, days_ago=1)
    text = page(ada, "teacher-cell", **cell_keys(people))
    lines = numbers_of(text, "Why this rating", "<tfoot>")
    total = float(re.findall(r"<b>([+−][0-9.]+)</b>", text)[0].replace("−", "-"))
    assert sum(lines) == pytest.approx(total, abs=0.006 * len(lines))


def test_the_pieces_add_up_to_their_lines(ada: Client, people: People) -> None:
    text = page(ada, "teacher-cell", **cell_keys(people))
    lines = dict(re.findall(r'<tr><td>([^<]+)<.*?<td class="n">([+−][0-9.]+)<', text))
    answers = [float(lines[name].replace("−", "-")) for name in ("3 right answers", "1 not yet right")]
    pieces = numbers_of(text, "Each of the 4 pieces", "How sure, and what next")
    assert sum(pieces) == pytest.approx(sum(answers), abs=0.006 * len(pieces))


def test_a_cell_says_how_sure_it_is_and_what_is_missing(ada: Client, people: People) -> None:
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "In 8 of 10 such cases the truth lies from" in text
    assert "Still missing." in text


def test_a_cell_says_when_to_look_again(ada: Client, people: People) -> None:
    assert "without a new piece" in page(ada, "teacher-cell", **cell_keys(people))


def test_another_rule_shows_its_steps(ada: Client, people: People) -> None:
    evidence_actions.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(method=Method.LATEST),
        by=people.ada,
        at=people.now,
    )
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "The rule that gives the word: Most recent" in text
    assert "The newest counts: 100 of 100." in text


def test_a_word_that_a_new_rule_changed_is_told(ada: Client, people: People) -> None:
    evidence_actions.set_rule(
        school=people.school,
        school_class=people.school_class,
        rule=Rule(method=Method.HIGHEST),
        by=people.ada,
        at=people.now,
    )
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "Another rule began to hold; the word went from “Growing” to “Beyond”." in text


def test_a_word_that_nothing_but_evidence_moved_has_no_such_list(ada: Client, people: People) -> None:
    assert "Changes of the word without new evidence" not in page(ada, "teacher-cell", **cell_keys(people))


def test_a_cell_names_a_question_that_fits(ada: Client, people: People) -> None:
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "Fits next." in text
    assert reverse("teacher-resource", kwargs={"resource": people.resource("7.1-essential").uuid}) in text


def test_a_skill_without_questions_names_none(ada: Client, people: People) -> None:
    Item.objects.filter(competency=people.competencies["7.1"]).delete()
    assert "Fits next." not in page(ada, "teacher-cell", **cell_keys(people))


def test_a_cell_takes_as_many_queries_after_many_answers(ada: Client, people: People) -> None:
    address = reverse("teacher-cell", kwargs=cell_keys(people))
    ada.get(address)
    with CaptureQueriesContext(connection) as few:
        ada.get(address)
    for number in range(30):
        people.answer(people.ben, "7.1", right=bool(number % 3), days_ago=1 - number / 100)
    with CaptureQueriesContext(connection) as many:
        ada.get(address)
    assert len(few.captured_queries) == len(many.captured_queries)


def test_a_cell_says_what_one_more_answer_would_do(ada: Client, people: People) -> None:
    assert "One more right answer, alone: from" in page(ada, "teacher-cell", **cell_keys(people))


def test_a_cell_without_evidence_claims_nothing(ada: Client, people: People) -> None:
    assert "nothing is claimed" in page(ada, "teacher-cell", **cell_keys(people, "7.6"))


def test_an_observation_is_recorded_once_however_often_it_is_sent(ada: Client, people: People) -> None:
    form = {"client_id": str(uuid4()), "level": "3", "words": "Explained it to Caro"}
    for _time in range(2):
        post(ada, "teacher-observe", form, **cell_keys(people))
    assert Evidence.objects.filter(kind="observation").count() == 1


def test_an_observation_without_words_is_explained_beside_the_field(ada: Client, people: People) -> None:
    response = post(
        ada, "teacher-observe", {"client_id": str(uuid4()), "level": "3", "words": " "}, **cell_keys(people)
    )
    assert response.status_code == 422
    assert "Write what you saw, in a few words." in response.content.decode()


def test_a_judgement_shows_who_and_why(ada: Client, people: People) -> None:
    post(
        ada,
        "teacher-judge",
        {"client_id": str(uuid4()), "word": "secure", "reason": "Taught it to the class"},
        **cell_keys(people),
    )
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "Ms. Lind</b>" in text
    assert "Taught it to the class" in text


def test_one_press_saves_word_and_reason(ada: Client, people: People) -> None:
    post(ada, "teacher-judge", {"client_id": str(uuid4()), "tick": "secure.explained"}, **cell_keys(people))
    row = Evidence.objects.get(kind="judgement")
    assert (row.settles_as, row.words) == ("secure", "Explained it to me")


def test_words_typed_beside_a_ready_reason_are_kept(ada: Client, people: People) -> None:
    form = {"client_id": str(uuid4()), "tick": "beyond.seen", "reason": "He used it on the map."}
    post(ada, "teacher-judge", form, **cell_keys(people))
    assert Evidence.objects.get(kind="judgement").words == "Seen in class. He used it on the map."


def test_no_later_answer_changes_a_judged_word(ada: Client, people: People) -> None:
    post(ada, "teacher-judge", {"client_id": str(uuid4()), "tick": "secure.seen"}, **cell_keys(people))
    fact = {"student_id": people.ben.pk, "competency_id": people.competencies["7.1"].pk, "kind": "answer", "score": 0.0}
    at = timezone.now()
    for _time in range(5):
        evidence_actions.record(fact=EvidenceIn(happened_at=at, **fact), by=people.ben, at=at)
    text = page(ada, "teacher-cell", **cell_keys(people))
    assert "Judged by a person" in text
    assert "Without the judgement the rule would say: Starting." in text


@pytest.mark.parametrize("tick", ["secure.", "secure.magic", "great.seen", "x" * 41])
def test_a_press_that_means_nothing_is_asked_again(ada: Client, people: People, tick: str) -> None:
    response = post(ada, "teacher-judge", {"client_id": str(uuid4()), "tick": tick}, **cell_keys(people))
    assert response.status_code == 422
    assert not Evidence.objects.filter(kind="judgement").exists()


def test_a_judgement_without_a_reason_is_explained_beside_the_field(ada: Client, people: People) -> None:
    response = post(ada, "teacher-judge", {"client_id": str(uuid4()), "word": "secure"}, **cell_keys(people))
    assert "Say in a few words why you judge so." in response.content.decode()


def test_who_judged_can_take_it_back_where_it_is_shown(ada: Client, people: People) -> None:
    post(ada, "teacher-judge", {"client_id": str(uuid4()), "tick": "secure.seen"}, **cell_keys(people))
    assert "Take the judgement back" in page(ada, "teacher-cell", **cell_keys(people))
    post(ada, "teacher-take-back", {}, client_id=Evidence.objects.get(kind="judgement").client_id)
    assert "Judged by a person" not in page(ada, "teacher-cell", **cell_keys(people))


def test_nobody_else_is_offered_to_take_it_back(ada: Client, people: People) -> None:
    post(ada, "teacher-judge", {"client_id": str(uuid4()), "tick": "secure.seen"}, **cell_keys(people))
    sign_in(ada, people.iris)
    assert "Take the judgement back" not in page(ada, "teacher-cell", **cell_keys(people))


def test_a_judgement_that_ended_before_today_is_refused(ada: Client, people: People) -> None:
    response = post(
        ada,
        "teacher-judge",
        {"client_id": str(uuid4()), "word": "secure", "reason": "x", "expires_on": "2001-01-01"},
        **cell_keys(people),
    )
    assert "This day has passed" in response.content.decode()


def test_htmx_gets_the_panel_and_the_fresh_cell(ada: Client, people: People) -> None:
    response = ada.post(
        reverse("teacher-observe", kwargs=cell_keys(people)),
        {"client_id": str(uuid4()), "level": "3", "words": "Explained it to Caro"},
        headers={"HX-Request": "true", "HX-Target": "panel"},
    )
    text = response.content.decode()
    assert "<dialog" in text
    assert 'hx-swap-oob="true"' in text
    assert "Saved as evidence." in text


def test_what_was_recorded_can_be_taken_back(ada: Client, people: People) -> None:
    post(ada, "teacher-observe", {"client_id": str(uuid4()), "level": "3", "words": "x"}, **cell_keys(people))
    row = Evidence.objects.get(kind="observation")
    post(ada, "teacher-take-back", {}, client_id=row.client_id)
    assert "1 piece was taken back" in page(ada, "teacher-cell", **cell_keys(people))


def test_a_specialist_records_what_they_saw(iris: Client, people: People) -> None:
    post(iris, "teacher-observe", {"client_id": str(uuid4()), "level": "1", "words": "x"}, **cell_keys(people))
    assert Evidence.objects.get(kind="observation").by == people.iris


# --- student ----------------------------------------------------------------------------------------------------------


def test_a_profile_begins_with_strengths(ada: Client, people: People) -> None:
    text = page(ada, "teacher-student", student=people.priya.uuid)
    assert text.index("What Priya brings") < text.index("Mastery map")


def test_a_student_of_another_school_is_not_found(ada: Client, people: People) -> None:
    assert ada.get(reverse("teacher-student", kwargs={"student": people.gus.uuid})).status_code == 404


def test_a_note_is_written_on_the_page(ada: Client, people: People) -> None:
    post(ada, "teacher-student-note", {"client_id": str(uuid4()), "words": "Laughed a lot"}, student=people.ben.uuid)
    assert "Laughed a lot" in page(ada, "teacher-student", student=people.ben.uuid)


def test_a_message_home_keeps_both_languages(ada: Client, people: People) -> None:
    post(
        ada,
        "teacher-student-message",
        {"client_id": str(uuid4()), "english": "Ben explained a ratio.", "spanish": "Ben explicó una razón."},
        student=people.ben.uuid,
    )
    message = FamilyMessage.objects.get()
    assert (message.words, message.translations) == ("Ben explained a ratio.", {"es": "Ben explicó una razón."})


def test_an_empty_message_says_what_is_missing(ada: Client, people: People) -> None:
    response = post(ada, "teacher-student-message", {"client_id": str(uuid4())}, student=people.ben.uuid)
    assert "Write a message" in response.content.decode()


def edit_form(**other: object) -> dict[str, object]:
    return {
        "interests": "boats, Chess",
        "interest_words": "",
        "career_hopes": "sailor",
        "assets_words": "",
        "goal": "Read one page aloud",
        "device_at_home": "own",
        "connection_at_home": "weak",
        "screen_minutes_cap": "",
        "supports": ["extra-time"],
        "l0-language": "en",
        "l0-reading": "6.5",
        "l0-speaking": "7",
        "l1-language": "es",
        "l1-reading": "3",
        "l1-speaking": "6",
        "l1-home": "on",
        **other,
    }


def test_a_profile_is_edited(ada: Client, people: People) -> None:
    post(ada, "teacher-student-edit", edit_form(), student=people.ben.uuid)
    people.ben.profile.refresh_from_db()
    assert people.ben.profile.interests == ["boats", "chess"]
    assert sorted(people.ben.languages.values_list("language", flat=True)) == ["en", "es"]


def test_a_wrong_level_is_explained_and_nothing_is_lost(ada: Client, people: People) -> None:
    response = post(
        ada,
        "teacher-student-edit",
        edit_form(**{"l0-reading": "99", "career_hopes": "pilot"}),
        student=people.ben.uuid,
    )
    text = response.content.decode()
    assert "A level is a grade from 0 to 14." in text
    assert "pilot" in text


# --- alignments, resource, marking ------------------------------------------------------------------------------------


def suggest(people: People, confidence: float = 0.9) -> Alignment:
    return Alignment.objects.create(
        resource=people.resource("choice-1"),
        competency=people.competencies["7.6"],
        status="suggested",
        source="words",
        confidence=confidence,
        because="Both say “rate”",
    )


def test_a_suggestion_is_shown_with_its_reason(ada: Client, people: People) -> None:
    suggest(people)
    assert "Both say “rate”" in page(ada, "teacher-alignments", class_id=people.school_class.pk)


def test_everything_above_a_confidence_is_accepted(ada: Client, people: People) -> None:
    row = suggest(people)
    post(ada, "teacher-alignments-decide", {"above": "80"}, class_id=people.school_class.pk)
    row.refresh_from_db()
    assert row.status == "accepted"


def test_accepting_can_be_undone(ada: Client, people: People) -> None:
    row = suggest(people)
    post(ada, "teacher-alignments-decide", {"alignment": row.pk}, class_id=people.school_class.pk)
    post(ada, "teacher-alignments-undo", {}, class_id=people.school_class.pk)
    row.refresh_from_db()
    assert row.status == "suggested"


def test_refusing_is_remembered(ada: Client, people: People) -> None:
    row = suggest(people)
    post(ada, "teacher-alignments-decide", {"alignment": row.pk, "refuse": "1"}, class_id=people.school_class.pk)
    row.refresh_from_db()
    assert row.status == "refused"


def test_a_specialist_may_not_decide_alignments(iris: Client, people: People) -> None:
    row = suggest(people)
    response = post(iris, "teacher-alignments-decide", {"alignment": row.pk}, class_id=people.school_class.pk)
    assert response.status_code == 403


def test_a_resource_shows_every_question_with_its_answer(ada: Client, people: People) -> None:
    text = page(ada, "teacher-resource", resource=people.resource("7.1-essential").uuid)
    assert text.count("Answer and hints") == 9


def test_a_resource_shows_its_other_doors(ada: Client, people: People) -> None:
    assert "Razones en el puerto" in page(ada, "teacher-resource", resource=people.resource("7.1-essential").uuid)


def long_answer(people: People) -> ItemWork:
    block = people.block()
    return ItemWork.objects.create(
        block=block,
        item=people.item("7.1-long_answer"),
        response={"answer": ["Because three is more"]},
        awaits_marking=True,
        attempts=1,
        updated_at=people.now,
    )


def test_a_long_answer_is_read_and_rated(ada: Client, people: People) -> None:
    work = long_answer(people)
    assert "Because three is more" in page(ada, "teacher-mark", work_id=work.pk)
    post(ada, "teacher-mark", {"level": "2", "words": "You name both amounts."}, work_id=work.pk)
    assert Evidence.objects.get(kind="rubric").level == 2


def test_a_rating_without_words_is_asked_for(ada: Client, people: People) -> None:
    response = post(ada, "teacher-mark", {"level": "2"}, work_id=long_answer(people).pk)
    assert "Write a sentence for the student" in response.content.decode()
