"""A resource with a test of QTI 3 is asked as the test says: its choice, its order, its branches, its time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from headway.core.items import form_of, key_response
from headway.records.items.models import AssessmentTest
from headway.records.items.queries import question
from headway.records.planning import queries as planning
from headway.records.planning.models import Block
from tests.people import sign_in

if TYPE_CHECKING:
    from django.test import Client

    from tests.people import People

KINDS = ("number", "one_choice", "order")


def document(*, limits: str = "", branch: str = "", shuffle: str = "", select: str = "") -> str:
    refs = "".join(
        f'<qti-assessment-item-ref identifier="{kind.upper()}" href="{kind}.xml">{branch if kind == "number" else ""}</qti-assessment-item-ref>'
        for kind in KINDS
    )
    return f"""<qti-assessment-test xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="T" title="Tides">{limits}
<qti-test-part identifier="P" navigation-mode="linear" submission-mode="individual">
<qti-assessment-section identifier="S" title="All" visible="true">{select}{shuffle}{refs}</qti-assessment-section>
</qti-test-part></qti-assessment-test>"""


@pytest.fixture
def block(people: People) -> Block:
    """Return a block of Ben's with one question of every kind, and no test yet."""
    block = people.block(people.ben)
    Block.objects.filter(pk=block.pk).update(resource=people.resource("7.1-essential"), started_at=people.now)
    block.refresh_from_db()
    return block


def give_test(people: People, text: str) -> None:
    AssessmentTest.objects.create(
        resource=people.resource("7.1-essential"),
        document=text,
        items={kind.upper(): f"7.1-{kind}" for kind in KINDS},
    )


def asked(block: Block) -> list[str]:
    return [item.source_id for item in planning.questions_in(block)]


def test_a_test_says_which_questions_are_asked_in_which_order(people: People, block: Block) -> None:
    assert len(asked(block)) == 9
    give_test(people, document())
    assert asked(block) == ["7.1-number", "7.1-one_choice", "7.1-order"]
    assert planning.question_at(block, 3)[0].source_id == "7.1-order"
    assert planning.question_at(block, 3)[1]


def test_a_selection_is_the_same_each_time_a_student_comes_back(people: People, block: Block) -> None:
    give_test(people, document(select='<qti-selection select="2"/>', shuffle='<qti-ordering shuffle="true"/>'))
    once = asked(block)
    assert len(once) == 2
    assert all(asked(Block.objects.get(pk=block.pk)) == once for _again in range(5))


def test_a_branch_leads_past_what_somebody_can_do(client: Client, people: People, block: Block) -> None:
    right = (
        '<qti-branch-rule target="ORDER"><qti-gt><qti-variable identifier="NUMBER.SCORE"/>'
        '<qti-base-value base-type="float">0.5</qti-base-value></qti-gt></qti-branch-rule>'
    )
    give_test(people, document(branch=right))
    sign_in(client, people.ben)
    asks = question(people.item("7.1-number"))
    client.post(
        f"/my/blocks/{block.uuid}/questions/1/check/",
        {**form_of(asks, key_response(asks)), "client_id": str(uuid4())},
    )
    onward = client.get(f"/my/blocks/{block.uuid}/?q=2&left=1")
    assert onward["Location"].endswith("?q=3")


def test_without_the_branch_the_next_one_comes(client: Client, people: People, block: Block) -> None:
    give_test(people, document())
    sign_in(client, people.ben)
    assert client.get(f"/my/blocks/{block.uuid}/?q=2&left=1")["Location"].endswith("?q=2")


def test_the_time_of_a_test_is_told_in_minutes_and_nothing_is_lost_after_it(
    client: Client, people: People, block: Block
) -> None:
    give_test(people, document(limits='<qti-time-limits max-time="1200"/>'))
    sign_in(client, people.ben)
    Block.objects.filter(pk=block.pk).update(started_at=timezone.now() - timedelta(minutes=5))
    assert "About 15 min left" in client.get(f"/my/blocks/{block.uuid}/?q=1").content.decode()
    Block.objects.filter(pk=block.pk).update(started_at=timezone.now() - timedelta(minutes=30))
    page = client.get(f"/my/blocks/{block.uuid}/?q=1").content.decode()
    assert "The time for this is over. What you answered is kept" in page
