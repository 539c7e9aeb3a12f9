"""What a device says about its time away: read with bounds, one bad thing at a time."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.shared.errors import RuleBroken
from headway.exchange.offline import wire

NOW = "2026-03-04T14:00:00.000Z"


def operation(**facts: Any) -> dict[str, Any]:
    return {
        "client_id": str(uuid4()),
        "verb": "answer",
        "block": str(uuid4()),
        "item": str(uuid4()),
        "fields": [["answer", "12.5"], ["sureness", "sure"]],
        "happened_at": "2026-03-04T13:55:00.000Z",
        "clock_behind_ms": 120,
        "number": 3,
        "seconds": 41.5,
        **facts,
    }


def message(*operations: Any, **facts: Any) -> bytes:
    whole = {"student": str(uuid4()), "device": str(uuid4()), "device_now": NOW, "operations": list(operations)}
    return json.dumps({**whole, **facts}).encode()


def test_an_answer_comes_with_its_fields_and_its_moment() -> None:
    [found] = wire.parse_inbox(message(operation())).operations
    assert (found.fields["answer"], found.seconds, found.number) == (("12.5",), 41.5, 3)
    assert found.happened_at.isoformat() == "2026-03-04T13:55:00+00:00"


def test_several_choices_of_one_name_stay_together() -> None:
    [found] = wire.parse_inbox(message(operation(fields=[["R", "a"], ["R", "b"], ["paper", "on"]]))).operations
    assert found.fields == {"R": ("a", "b"), "paper": ("on",)}


def test_the_same_thing_twice_in_a_message_is_one() -> None:
    once = operation()
    assert len(wire.parse_inbox(message(once, once)).operations) == 1


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"client_id": "7"}, wire.NO_ID),
        ({"verb": "cheat"}, wire.NO_VERB),
        ({"block": None}, wire.NO_PLACE),
        ({"item": "x"}, wire.NO_PLACE),
        ({"happened_at": "yesterday"}, wire.NO_MOMENT),
        ({"clock_behind_ms": "much"}, wire.NO_MOMENT),
        ({"clock_behind_ms": 1e300}, wire.NO_MOMENT),
        ({"fields": [["answer", "x" * 70_000]]}, wire.TOO_LONG),
        ({"fields": [["n" * 400, "x"]]}, wire.TOO_LONG),
        ({"fields": [["answer", 5]]}, wire.TOO_LONG),
        ({"fields": {"answer": "5"}}, wire.TOO_LONG),
    ],
)
def test_one_bad_thing_is_refused_and_the_others_are_taken(facts: dict[str, Any], sentence: str) -> None:
    inbox = wire.parse_inbox(message(operation(), operation(**facts), operation()))
    assert len(inbox.operations) == 2
    assert [each.sentence for each in inbox.refused] == [sentence]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b'{"operations": []}',
        message(student="x"),
        message(operations=5),
        message(device_now=0),
    ],
    ids=["empty", "bytes", "list", "number", "nobody", "stranger", "no list", "no clock"],
)
def test_what_is_no_message_is_refused_whole(body: bytes) -> None:
    with pytest.raises(RuleBroken, match="not a message"):
        wire.parse_inbox(body)


def test_a_message_has_an_end() -> None:
    with pytest.raises(RuleBroken, match="more than 100"):
        wire.parse_inbox(message(*[operation() for _each in range(101)]))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(operation())), ANYTHING))
def test_whatever_a_device_sends_it_is_taken_or_refused_with_a_sentence(facts: dict[str, Any]) -> None:
    inbox = wire.parse_inbox(message(operation(**facts)))
    assert len(inbox.operations) + len(inbox.refused) == 1


def test_a_pack_is_another_one_when_a_page_is() -> None:
    student = uuid4()

    def version(page: str) -> str:
        pack = wire.build_pack(
            student=student, language="en", pages={"/my/": page}, files=["/static/a.js"], at=wire._moment(NOW)
        )
        return str(pack["version"])

    assert version("a") == version("a") != version("b")
