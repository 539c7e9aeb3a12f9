"""Practice: every kind of question by plain forms, hints, tries, and what becomes evidence."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from headway.core.items import form_of, key_response, parse_item
from headway.records.evidence.models import Evidence
from headway.records.items.models import Item
from headway.records.library.models import Resource
from headway.records.planning import actions as planning
from headway.records.planning.models import Block, ItemWork, WorkFile
from tests.people import KINDS_OF_CODE, People, sign_in
from tests.question_gallery import GALLERY, GARDEN

KINDS = KINDS_OF_CODE["7.1"]


@pytest.fixture
def ben(client: Client, people: People) -> Client:
    """Return a browser in which Ben is signed in."""
    return sign_in(client, people.ben)


@pytest.fixture
def block(people: People) -> Block:
    """Return a block of Ben's with one question of every kind."""
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(
        resource=people.resource("7.1-essential"), competency=people.competencies["7.1"]
    )
    block.refresh_from_db()
    return block


def number_of(kind: str) -> int:
    return KINDS.index(kind) + 1


def address(block: Block, kind: str, action: str = "check") -> str:
    return f"/my/blocks/{block.uuid}/questions/{number_of(kind)}/{action}/"


def item_of(people: People, kind: str) -> Item:
    return people.item(f"7.1-{kind}")


def right(people: People, kind: str) -> dict[str, Any]:
    asked = parse_item(item_of(people, kind).document)
    return {**form_of(asked, key_response(asked)), "client_id": str(uuid4())}


def answers(people: People) -> list[Evidence]:
    return list(Evidence.objects.filter(student=people.ben, item__isnull=False).order_by("pk"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_shows_its_fields_and_hides_its_key(ben: Client, block: Block, people: People, kind: str) -> None:
    page = ben.get(f"/my/blocks/{block.uuid}/?q={number_of(kind)}")
    words = page.content.decode()
    document = parse_item(item_of(people, kind).document)
    fields = form_of(document, key_response(document))
    assert fields
    assert all(f'name="{name}"' in words for name in fields)
    assert "Yes, that is it." not in words
    assert "12.5" not in words


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "long_answer"])
def test_a_right_answer_becomes_one_piece_of_evidence(ben: Client, block: Block, people: People, kind: str) -> None:
    answer = ben.post(address(block, kind), right(people, kind))
    assert answer.status_code == 302
    [row] = answers(people)
    assert (row.score, row.attempt, row.hints_used, row.competency) == (1.0, 1, 0, people.competencies["7.1"])
    words = ben.get(answer["Location"]).content.decode()
    assert "That is right." in words
    assert "Yes, that is it." in words


def test_a_long_answer_waits_for_the_teacher(ben: Client, block: Block, people: People) -> None:
    ben.post(address(block, "long_answer"), {"answer": "The boats are counted by two."})
    assert not answers(people)
    work = ItemWork.objects.get(block=block)
    assert work.awaits_marking
    words = ben.get(f"/my/blocks/{block.uuid}/?q={number_of('long_answer')}").content.decode()
    assert "Sent to your teacher." in words
    assert "The boats are counted by two." in words


def test_what_the_teacher_says_of_a_long_answer_comes_back(ben: Client, block: Block, people: People) -> None:
    ben.post(address(block, "long_answer"), {"answer": "The boats are counted by two."})
    planning.mark_long_answer(
        work=ItemWork.objects.get(block=block),
        level=2,
        words="You name both amounts.",
        by=people.ada,
        at=timezone.now(),
    )
    words = ben.get(f"/my/blocks/{block.uuid}/?q={number_of('long_answer')}").content.decode()
    assert "You name both amounts." in words
    assert "Ms. Lind" in words


def test_the_text_can_be_opened_again_at_any_time(ben: Client, block: Block, people: People) -> None:
    ben.post(address(block, "number"), right(people, "number"))
    assert "A ferry carries three cars" in ben.get(f"/my/blocks/{block.uuid}/?q=start").content.decode()


def test_a_double_click_is_one_answer(ben: Client, block: Block, people: People) -> None:
    sent = {"answer": "99", "client_id": str(uuid4())}
    for _twice in range(2):
        ben.post(address(block, "number"), sent)
    assert len(answers(people)) == 1
    assert ItemWork.objects.get(block=block).attempts == 1


def test_a_hint_is_shown_when_asked_for_and_counted(ben: Client, block: Block, people: People) -> None:
    page = ben.post(address(block, "number", "hint"), {"hints": "0", "answer": "12"})
    words = page.content.decode()
    assert "Read it again." in words
    assert "Draw it." not in words
    assert 'value="12"' in words  # what was typed stays
    ben.post(address(block, "number"), right(people, "number"))
    assert answers(people)[0].hints_used == 1


def test_asking_twice_at_once_shows_one_hint(ben: Client, block: Block) -> None:
    for _twice in range(2):
        ben.post(address(block, "number", "hint"), {"hints": "0"})
    assert ItemWork.objects.get(block=block).hints_shown == 1


def test_trying_again_is_told_as_a_later_try(ben: Client, block: Block, people: People) -> None:
    first = ben.post(address(block, "number"), {"answer": "13", "client_id": str(uuid4())})
    assert "You have as many tries as you need." in ben.get(first["Location"]).content.decode()
    second = ben.post(address(block, "number"), right(people, "number"))
    assert [row.attempt for row in answers(people)] == [1, 2]
    assert "Right, on try 2." in ben.get(second["Location"]).content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("twelve", "Write a number, like 12.5 or 3/4."),
        ("", "Choose or write an answer first."),
        ("12.5 kg", "Check the unit: it should be km."),
    ],
)
def test_the_wrong_kind_of_input_is_told_beside_the_field_and_costs_nothing(
    ben: Client, block: Block, people: People, typed: str, told: str
) -> None:
    page = ben.post(address(block, "number"), {"answer": typed})
    assert page.status_code == 422
    words = page.content.decode()
    assert told in words
    assert f'value="{typed}"' in words
    assert not answers(people)


@pytest.mark.parametrize("typed", ["12.5", "12,5", "12.5 km", "12500 m", "25/2", "12 1/2"])
def test_a_number_is_read_as_students_write_it(ben: Client, block: Block, people: People, typed: str) -> None:
    ben.post(address(block, "number"), {"answer": typed})
    assert answers(people)[0].score == 1.0


def test_part_of_a_match_says_how_many_fit(ben: Client, block: Block, people: People) -> None:
    sent = right(people, "match")
    one, other = sorted(name for name in sent if name.startswith("answer."))
    sent[other] = sent[one]
    page = ben.get(ben.post(address(block, "match"), sent)["Location"])
    assert "1 of 2 fits." in page.content.decode()


def test_script_gets_only_the_part_that_changed(ben: Client, block: Block, people: People) -> None:
    answer = ben.post(address(block, "number"), right(people, "number"), headers={"HX-Request": "true"})
    words = answer.content.decode()
    assert "That is right." in words
    assert "<html" not in words
    assert "data-next" in words


def test_script_is_told_beside_the_field_too(ben: Client, block: Block) -> None:
    answer = ben.post(address(block, "number"), {"answer": "many"}, headers={"HX-Request": "true"})
    words = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="problem" hx-swap-oob="true">Write a number' in words


def test_paper_and_sureness_are_kept(ben: Client, block: Block, people: People) -> None:
    ben.post(
        address(block, "number"),
        {**right(people, "number"), "paper": "on", "sureness": "sure", "thinking": "half of 25"},
    )
    assert answers(people)[0].on_paper
    work = ItemWork.objects.get(block=block)
    assert (work.used_paper, work.sureness, work.thinking) == (True, "sure", "half of 25")


@pytest.mark.parametrize(
    "sent",
    [
        {"answer": ["x" * 6000]},
        {"answer": ["nonsense"], "client_id": ["not-a-uuid"]},
        {"answer": ["a", "b", "c"]},
        {"answer.A": ["-1"], "gap-1": ["\x00"], "answer.B": ["999999999999999999"]},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_never_breaks_the_page(ben: Client, block: Block, kind: str, sent: dict[str, list[str]]) -> None:
    assert ben.post(address(block, kind), sent).status_code in {302, 422}


def test_a_question_that_is_not_there_is_not_found(ben: Client, block: Block) -> None:
    for number in (0, 10, 99999):
        assert ben.post(f"/my/blocks/{block.uuid}/questions/{number}/check/", {"answer": "1"}).status_code == 404


def test_somebody_elses_question_is_not_found(client: Client, block: Block, people: People) -> None:
    caro = sign_in(client, people.caro)
    assert caro.get(f"/my/blocks/{block.uuid}/").status_code == 404
    assert caro.post(address(block, "number"), {"answer": "12.5"}).status_code == 404
    assert caro.post(address(block, "number", "hint")).status_code == 404


def test_the_block_opens_with_its_text_and_then_where_one_left_off(ben: Client, block: Block, people: People) -> None:
    first = ben.get(f"/my/blocks/{block.uuid}/").content.decode()
    assert "A ferry carries three cars" in first
    assert "Start the questions" in first
    ben.post(address(block, "one_choice"), right(people, "one_choice"))
    again = ben.get(f"/my/blocks/{block.uuid}/").content.decode()
    assert "2 of 9" in again


def test_the_end_says_what_it_counts_for(ben: Client, block: Block, people: People) -> None:
    ben.post(address(block, "one_choice"), right(people, "one_choice"))
    words = ben.get(f"/my/blocks/{block.uuid}/?q=end").content.decode()
    assert "You answered 1 of 9." in words
    assert "I can compare two amounts with a ratio." in words


def test_both_languages_stand_side_by_side_for_who_reads_so(client: Client, people: People) -> None:
    block = people.block(people.marta)
    en, es = people.resource("7.1-essential"), people.resource("7.1-essential-es")
    type(es).objects.filter(pk=es.pk).update(text="Un transbordador lleva tres carros.")
    Block.objects.filter(pk=block.pk).update(resource=en, chosen_resource=None)
    words = sign_in(client, people.marta).get(f"/my/blocks/{block.uuid}/").content.decode()
    assert "A ferry carries three cars" in words
    assert "Un transbordador lleva tres carros." in words


def test_a_door_without_questions_keeps_those_of_the_work(ben: Client, block: Block, people: People) -> None:
    door = people.resource("7.1-essential-es")
    Item.objects.filter(resource=door).delete()
    Block.objects.filter(pk=block.pk).update(chosen_resource=door)
    ben.post(address(block, "number"), right(people, "number"))
    assert len(answers(people)) == 1


def test_a_choice_has_to_be_made_before_it_is_opened(ben: Client, people: People) -> None:
    chosen = people.block(people.ben, kind="choice")
    assert ben.get(f"/my/blocks/{chosen.uuid}/").status_code == 302


def test_one_answer_takes_few_queries(
    ben: Client, block: Block, people: People, django_assert_max_num_queries: Any
) -> None:
    ben.post(address(block, "number"), {"answer": "1", "client_id": str(uuid4())})
    with django_assert_max_num_queries(24):
        ben.post(address(block, "number"), {"answer": "2", "client_id": str(uuid4())}, headers={"HX-Request": "true"})


def three_open(block: Block, people: People, *, text: str) -> None:
    """Leave three questions of different difficulty open after an answered first one."""
    assert block.resource is not None
    Resource.objects.filter(pk=block.resource_id).update(text=text)
    Item.objects.filter(resource=block.resource_id).exclude(
        pk__in=[item_of(people, kind).pk for kind in KINDS[:4]]
    ).delete()
    for kind, difficulty in zip(KINDS[:4], (0.0, 6.0, 5.0, 0.2), strict=True):
        Item.objects.filter(pk=item_of(people, kind).pk).update(difficulty=difficulty)


def test_coming_back_opens_the_question_that_fits(ben: Client, block: Block, people: People) -> None:
    three_open(block, people, text="")
    ben.post(address(block, KINDS[0]), right(people, KINDS[0]))
    assert "question 4" in ben.get(f"/my/blocks/{block.uuid}/").content.decode().partition("</title>")[0]


def test_questions_about_one_text_keep_their_order(ben: Client, block: Block, people: People) -> None:
    three_open(block, people, text="A ferry carries three cars for every two bicycles.")
    ben.post(address(block, KINDS[0]), right(people, KINDS[0]))
    assert "question 2" in ben.get(f"/my/blocks/{block.uuid}/").content.decode().partition("</title>")[0]


def test_the_end_leads_on_to_an_open_question(ben: Client, block: Block, people: People) -> None:
    three_open(block, people, text="")
    ben.post(address(block, KINDS[0]), right(people, KINDS[0]))
    assert "Go on with question 4" in ben.get(f"/my/blocks/{block.uuid}/?q=end").content.decode()


def test_the_end_of_a_finished_set_leads_nowhere(ben: Client, block: Block, people: People) -> None:
    three_open(block, people, text="")
    for kind in KINDS[:4]:
        ben.post(address(block, kind), right(people, kind))
    assert "Go on with question" not in ben.get(f"/my/blocks/{block.uuid}/?q=end").content.decode()


def asks_for_a_photo(people: People) -> None:
    Item.objects.filter(pk=item_of(people, "long_answer").pk).update(
        document=GALLERY["upload"].document, version=2, is_marked_by_person=True
    )


def test_a_photo_is_kept_and_handed_in(ben: Client, block: Block, people: People) -> None:
    asks_for_a_photo(people)
    photo = SimpleUploadedFile("graph.png", GARDEN["pictures/garden.png"], content_type="image/png")
    ben.post(address(block, "long_answer"), {"RESPONSE": photo, "client_id": str(uuid4())})
    [kept] = WorkFile.objects.filter(student=people.ben)
    work = ItemWork.objects.get(block=block)
    assert (work.awaits_marking, work.response) == (True, {"RESPONSE": [str(kept.uuid)]})
    assert "graph" in ben.get(f"/my/blocks/{block.uuid}/?q={number_of('long_answer')}").content.decode()


@pytest.mark.parametrize("is_htmx", [False, True])
def test_a_file_that_could_do_harm_gets_a_sentence_and_is_not_kept(
    ben: Client, block: Block, people: People, is_htmx: bool
) -> None:
    asks_for_a_photo(people)
    page = SimpleUploadedFile("graph.png", b"<html><script>alert(1)</script></html>")
    answer = ben.post(
        address(block, "long_answer"),
        {"RESPONSE": page, "client_id": str(uuid4())},
        headers={"HX-Request": "true"} if is_htmx else {},
    )
    words = answer.content.decode()
    assert "<html" not in words if is_htmx else answer.status_code == 422
    assert 'id="problem"' in words
    assert re.search(r'id="problem"[^>]*>[^<]+\.', words)
    assert not WorkFile.objects.exists()
