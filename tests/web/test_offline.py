"""What a device is given before it goes away, and what its inbox answers when it is back."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from headway.core.items import key_response
from headway.records.evidence.models import Evidence
from headway.records.items.queries import question
from headway.records.planning.models import Arrival, Block, ItemWork
from headway.web.shared.whole_requests import WholeRequestsMiddleware
from headway.web.student.offline import static_names
from tests.people import sign_in

if TYPE_CHECKING:
    from tests.people import People

INBOX, PACK = "/my/inbox/", "/my/offline/"


@pytest.fixture
def block(people: People) -> Block:
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(
        resource=people.resource("7.1-essential"), competency=people.competencies["7.1"]
    )
    return block


@pytest.fixture
def ben(client: Client, people: People) -> Client:
    return sign_in(client, people.ben)


def operation(people: People, block: Block, text: str = "", **facts: Any) -> dict[str, Any]:
    item = people.item("7.1-number")
    fields = [["answer", text]] if text else [[n, v] for n, vs in key_response(question(item)).items() for v in vs]
    return {
        "client_id": str(uuid4()),
        "verb": "answer",
        "block": str(block.uuid),
        "item": str(item.uuid),
        "fields": fields,
        "happened_at": (people.now - timedelta(minutes=2)).isoformat(),
        "number": 1,
        **facts,
    }


def send(client: Client, people: People, *operations: Any, student: Any = None) -> Any:
    message = {
        "student": str((student or people.ben).uuid),
        "device": str(uuid4()),
        "device_now": people.now.isoformat(),
        "operations": list(operations),
    }
    return client.post(INBOX, json.dumps(message), content_type="application/json")


def test_an_answer_is_acknowledged_by_its_id_with_words_for_the_student(
    ben: Client, people: People, block: Block
) -> None:
    right, wrong = operation(people, block), operation(people, block, "3", number=0)
    told = {each["client_id"]: each for each in send(ben, people, wrong, right).json()["answers"]}
    assert {name: each["status"] for name, each in told.items()} == {
        right["client_id"]: "received",
        wrong["client_id"]: "received",
    }
    assert told[right["client_id"]]["words"] == "Checked: that is right."
    assert told[wrong["client_id"]]["words"] == "Checked: not yet. You can go back to it."
    assert "2026" in told[right["client_id"]]["received_at"] or told[right["client_id"]]["received_at"]


def test_a_lost_reply_does_no_harm(ben: Client, people: People, block: Block) -> None:
    given = operation(people, block, "3")
    statuses = [send(ben, people, given).json()["answers"][0]["status"] for _time in range(3)]
    assert statuses == ["received", "known", "known"]
    assert Evidence.objects.filter(client_id=given["client_id"]).count() == ItemWork.objects.get().attempts == 1


def test_an_answer_that_went_with_its_form_is_known_to_the_inbox(ben: Client, people: People, block: Block) -> None:
    given = operation(people, block, "3")
    item = people.item("7.1-number")
    place = [each.pk for each in people.resource("7.1-essential").items.order_by("order", "pk")].index(item.pk) + 1
    check = reverse("student-check", kwargs={"block": block.uuid, "number": place})
    form = {"answer": "3", "client_id": given["client_id"]}
    shown = [ben.post(check, form, headers={"HX-Request": "true"}) for _time in range(2)]
    assert [each["Headway-Received"] for each in shown] == [given["client_id"]] * 2
    assert all("Not yet." in each.content.decode() for each in shown)
    assert send(ben, people, given).json()["answers"][0]["status"] == "known"
    assert ItemWork.objects.get().attempts == 1


def test_what_cannot_be_marked_is_told_in_words(ben: Client, people: People, block: Block) -> None:
    [told] = send(ben, people, operation(people, block, "a few")).json()["answers"]
    assert (told["status"], told["words"]) == ("received", "Write a number, like 12.5 or 3/4.")


def test_somebody_elses_work_stays_on_the_device(ben: Client, people: People, block: Block) -> None:
    [told] = send(ben, people, operation(people, block), student=people.caro).json()["answers"]
    assert (told["status"], "until they sign in again" in told["words"]) == ("kept", True)
    assert Arrival.objects.count() == 0


def test_a_message_that_is_none_gets_a_sentence(ben: Client) -> None:
    answer = ben.post(INBOX, "{", content_type="application/json")
    assert (answer.status_code, "not a message" in answer.json()["sentence"]) == (409, True)


def test_a_message_without_a_token_is_not_taken(people: People, block: Block) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True), people.ben)
    assert send(strict, people, operation(people, block)).status_code == 403
    token = strict.get(INBOX).json()["token"]
    body = {"student": str(people.ben.uuid), "device": str(uuid4()), "device_now": people.now.isoformat()}
    whole = json.dumps({**body, "operations": [operation(people, block)]})
    answer = strict.post(INBOX, whole, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.json()["answers"][0]["status"] == "received"


@pytest.mark.parametrize(("arrived", "status"), [(b"answer=3&client_id=", 400), (b"answer=3&client_id=12", 200)])
def test_a_form_that_was_cut_off_is_not_taken(rf: RequestFactory, arrived: bytes, status: int) -> None:
    request = rf.post("/", arrived, content_type="application/x-www-form-urlencoded")
    asked = WSGIRequest({**request.environ, "CONTENT_LENGTH": "21", "wsgi.input": BytesIO(arrived)})
    assert WholeRequestsMiddleware(lambda _request: HttpResponse("taken"))(asked).status_code == status


def test_nobody_signed_in_is_sent_to_the_door(client: Client, people: People, block: Block) -> None:
    assert send(client, people, operation(people, block)).status_code == 302


# --- the pack ---------------------------------------------------------------------------------------------------------


def pages(client: Client) -> dict[str, str]:
    return {each["address"]: each["hash"] for each in client.get(PACK).json()["pages"]}


def test_the_pack_lists_the_week_every_question_and_the_end(ben: Client, people: People, block: Block) -> None:
    listed = pages(ben)
    address = f"/my/blocks/{block.uuid}/"
    count = people.resource("7.1-essential").items.count()
    wanted = [
        address,
        f"{address}?q=start",
        *(f"{address}?q={place}" for place in range(1, count + 1)),
        f"{address}?q=end",
    ]
    assert [each for each in listed if each.startswith(address)] == wanted
    assert next(iter(listed)) == "/my/"


def test_every_page_of_the_pack_can_be_saved(ben: Client, people: People, block: Block) -> None:
    for address in pages(ben):
        answer = ben.get(address)
        assert (answer.status_code, answer["Headway-Student"]) == (200, str(people.ben.uuid)), address


def test_no_page_of_the_pack_holds_a_key(ben: Client, people: People, block: Block) -> None:
    for address in pages(ben):
        assert "12.5" not in ben.get(address).content.decode()


def test_only_what_changed_has_another_hash(ben: Client, people: People, block: Block) -> None:
    before = pages(ben)
    assert pages(ben) == before
    send(ben, people, operation(people, block, "3"))
    changed = {address for address, page in pages(ben).items() if before[address] != page}
    own = {address for address in before if address.startswith(f"/my/blocks/{block.uuid}/")}
    assert changed == own | {address for address in before if not address.startswith("/my/blocks/")}


def test_a_pack_asks_the_database_the_same_number_of_times_for_any_week(
    ben: Client, people: People, block: Block, django_assert_max_num_queries: Any
) -> None:
    ben.get(PACK)
    with django_assert_max_num_queries(24):
        ben.get(PACK)


def test_the_pack_names_the_files_of_the_pages_and_what_these_name() -> None:
    assert {"headway.css", "fonts/atkinson-latin.woff2", "js/offline.js", "js/outbox.js", "icons.svg"} <= set(
        static_names()
    )


def test_keeping_a_page_takes_no_message_from_the_one_it_is_for(ben: Client, people: People, block: Block) -> None:
    ben.post(reverse("student-finish", kwargs={"block": block.uuid}), {"feeling": "got-it"})
    kept = ben.get("/my/", headers={"Headway-Pack": "1"}).content.decode()
    shown = ben.get("/my/").content.decode()
    assert ("Your teacher sees it." in kept, "Your teacher sees it." in shown) == (False, True)


def test_the_worker_is_at_the_root_and_is_asked_for_anew_each_time(client: Client, db: None) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert (answer["Service-Worker-Allowed"], answer["Cache-Control"]) == ("/", "no-cache")
    assert "/my/inbox/" in answer.content.decode()
