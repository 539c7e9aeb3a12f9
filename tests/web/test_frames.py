"""What stands between others' programs and the site: passes, headers, single files; and what is played counts as it should."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from headway.core.items.document import parse_item
from headway.records.evidence.models import Evidence
from headway.records.library.models import Alignment
from headway.records.planning.models import Block
from headway.web.shared.frames import custom, h5p, passes
from tests.people import People, build, sign_in
from tests.playing import block_playing, package, portable_item, taken
from tests.question_gallery import GALLERY

if TYPE_CHECKING:
    from django.test import Client

    from headway.records.roster.models import Person

SCRIPT = "H5P.Probe = function () {};"


@pytest.fixture
def cast(db: None) -> People:
    """Return the cast with an approved week."""
    cast = build()
    cast.approve()
    return cast


@pytest.fixture
def block(cast: People, tmp_path: Path) -> Block:
    """Return Ben's block with a small activity in it."""
    files: dict[str, Any] = {
        "content/images/tide.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "content/page.html": "<script>1</script>",
        "content/sound.mp3": b"ID3" + bytes(200),
    }
    return block_playing(cast, package(tmp_path, SCRIPT, **files))


def token_for(block: Block, person: Person, *, hours: float = 0) -> str:
    file = block.resource.file if block.resource else None
    return passes.made_out("h5p", file.uuid if file else "", person, at=timezone.now() + timedelta(hours=hours))


def file_in(client: Client, block: Block, name: str, person: Person, **headers: Any) -> Any:
    return client.get(
        reverse("frame-h5p-file", kwargs={"token": token_for(block, person), "name": name}), headers=headers
    )


def inside(client: Client, block: Block, person: Person) -> Any:
    return client.get(reverse("frame-h5p", kwargs={"token": token_for(block, person)}))


# --- passes -----------------------------------------------------------------------------------------------------------


def test_a_pass_opens_the_package_without_signing_in(client: Client, cast: People, block: Block) -> None:
    assert inside(client, block, cast.ben).status_code == 200


@pytest.mark.parametrize("hours", [-passes.HOURS_IT_LASTS - 2, -24])
def test_a_pass_ends(hours: float, client: Client, cast: People, block: Block) -> None:
    token = token_for(block, cast.ben, hours=hours)

    assert client.get(reverse("frame-h5p", kwargs={"token": token})).status_code == 404


def test_a_pass_lasts_through_a_lesson(client: Client, cast: People, block: Block) -> None:
    token = token_for(block, cast.ben, hours=-3)

    assert client.get(reverse("frame-h5p", kwargs={"token": token})).status_code == 200


@pytest.mark.parametrize("broken", ["x", "", "e30:x"])
def test_a_changed_pass_opens_nothing(broken: str, client: Client, cast: People, block: Block) -> None:
    token = token_for(block, cast.ben)[:-1] + "!" + broken

    assert client.get(f"/frames/h5p/{token}/").status_code == 404


def test_a_pass_of_another_kind_opens_nothing(client: Client, cast: People, block: Block) -> None:
    token = passes.made_out("item", block.resource.file.uuid, cast.ben, at=timezone.now())  # type: ignore[union-attr]

    assert client.get(reverse("frame-h5p", kwargs={"token": token})).status_code == 404


def test_a_pass_of_somebody_who_may_not_see_the_file_opens_nothing(client: Client, cast: People, block: Block) -> None:
    assert inside(client, block, cast.gus).status_code == 404


def test_a_pass_of_somebody_switched_off_opens_nothing(client: Client, cast: People, block: Block) -> None:
    type(cast.ben).objects.filter(pk=cast.ben.pk).update(is_active=False)

    assert inside(client, block, cast.ben).status_code == 404


def test_within_an_hour_a_pass_is_the_same_so_that_files_are_kept(cast: People) -> None:
    at = timezone.now().replace(minute=5)

    first, second, later = (
        passes.made_out("h5p", "x", cast.ben, at=at + timedelta(minutes=minutes)) for minutes in (0, 50, 60)
    )
    assert first == second != later


# --- walls ------------------------------------------------------------------------------------------------------------


def test_what_is_inside_has_no_origin_and_reaches_its_own_files_only(
    client: Client, cast: People, block: Block
) -> None:
    policy = dict(part.split(" ", 1) for part in inside(client, block, cast.ben)["Content-Security-Policy"].split("; "))
    own = f"http://testserver/frames/h5p/{token_for(block, cast.ben)}/files/"

    assert policy["sandbox"] == "allow-scripts"
    assert policy["connect-src"] == own
    for name in ("default-src", "form-action", "base-uri", "frame-src", "worker-src"):
        assert policy[name] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "'unsafe-inline'" not in policy["script-src"]


def test_only_pages_that_hold_a_frame_may_hold_one(client: Client, cast: People, block: Block) -> None:
    sign_in(client, cast.ben)
    play = client.get(reverse("student-play", kwargs={"block": block.uuid}))

    assert "frame-src 'self'" in play["Content-Security-Policy"]
    assert "frame-src" not in client.get("/my/")["Content-Security-Policy"]


def test_no_page_of_the_site_can_be_put_into_a_frame(client: Client, cast: People, block: Block) -> None:
    sign_in(client, cast.ben)

    assert client.get(reverse("student-play", kwargs={"block": block.uuid}))["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("H5P.Probe-1.0/probe.js", "text/javascript; charset=utf-8"),
        ("content/content.json", "application/json"),
        ("content/images/tide.svg", "image/svg+xml"),
        ("content/page.html", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_what_its_ending_says_and_runs_nowhere_else(
    name: str, media_type: str, client: Client, cast: People, block: Block
) -> None:
    answer = file_in(client, block, name, cast.ben)

    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["content/none.json", "../h5p.json", "/etc/passwd", "content", "h5p.json/"])
def test_a_name_that_is_not_in_the_package_is_not_found(name: str, client: Client, cast: People, block: Block) -> None:
    assert client.get(f"/frames/h5p/{token_for(block, cast.ben)}/files/{name}").status_code == 404


def test_a_sound_is_given_part_by_part(client: Client, cast: People, block: Block) -> None:
    answer = file_in(client, block, "content/sound.mp3", cast.ben, range="bytes=0-2")

    assert (answer.status_code, answer.content, answer["Content-Range"]) == (206, b"ID3", "bytes 0-2/203")


def test_a_file_that_the_browser_has_is_not_sent_again(client: Client, cast: People, block: Block) -> None:
    tag = file_in(client, block, "h5p.json", cast.ben)["ETag"]

    assert file_in(client, block, "h5p.json", cast.ben, if_none_match=tag).status_code == 304


def test_a_player_that_asks_first_may_read_and_nothing_more(client: Client, cast: People, block: Block) -> None:
    address = reverse("frame-h5p-file", kwargs={"token": token_for(block, cast.ben), "name": "h5p.json"})
    answer = client.options(address)

    assert (answer.status_code, answer["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
    assert "Access-Control-Allow-Credentials" not in answer


# --- the page around it -----------------------------------------------------------------------------------------------


def test_libraries_that_are_missing_are_named_in_place_of_the_player(
    client: Client, cast: People, block: Block, tmp_path: Path
) -> None:
    head = {
        "title": "Tides",
        "mainLibrary": "H5P.Tides",
        "preloadedDependencies": [{"machineName": "H5P.Tides", "majorVersion": 1, "minorVersion": 7}],
    }
    bare = tmp_path / "bare.h5p"
    with zipfile.ZipFile(bare, "w") as packed:
        packed.writestr("h5p.json", json.dumps(head))
        packed.writestr("content/content.json", "{}")
    Block.objects.filter(pk=block.pk).update(resource=taken(cast, bare))
    sign_in(client, cast.ben)
    shown = client.get(reverse("student-play", kwargs={"block": block.uuid})).content.decode()

    assert "H5P.Tides 1.7" in shown
    assert "<iframe" not in shown


def test_where_the_player_is_not_installed_that_is_said(
    client: Client, cast: People, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(h5p, "is_player_here", lambda: False)
    sign_in(client, cast.ben)
    shown = client.get(reverse("student-play", kwargs={"block": block.uuid})).content.decode()

    assert "not installed here" in shown
    assert "<iframe" not in shown


def test_a_block_without_an_activity_has_nothing_to_play(client: Client, cast: People) -> None:
    sign_in(client, cast.ben)

    assert client.get(reverse("student-play", kwargs={"block": cast.block().uuid})).status_code == 404


def test_a_teacher_looks_ahead_and_nothing_is_sent(client: Client, cast: People, block: Block) -> None:
    sign_in(client, cast.ada)
    shown = client.get(reverse("teacher-resource-play", kwargs={"resource": block.resource.uuid})).content.decode()  # type: ignore[union-attr]

    assert "<iframe" in shown
    assert "data-statements" not in shown


# --- what is played ---------------------------------------------------------------------------------------------------

PLAY = str(uuid4())


def said(
    part: str = "", *, verb: str = "answered", scaled: float = 1.0, parent: str | None = None, **facts: Any
) -> dict[str, Any]:
    """Return what the page sends of a statement about a part."""
    address = "urn:headway:activity"
    statement: dict[str, Any] = {
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": f"{address}?subContentId={part}" if part else address},
        "result": {"score": {"scaled": scaled}, "duration": "PT9S"},
    }
    if parent is not None:
        parent_id = f"{address}?subContentId={parent}" if parent else address
        statement["context"] = {"contextActivities": {"parent": [{"id": parent_id}]}}
    return {"client_id": str(uuid4()), "play": PLAY, "statement": statement, **facts}


def send(client: Client, block: Block, sent: object) -> Any:
    return client.post(
        reverse("student-play-statement", kwargs={"block": block.uuid}), json.dumps(sent), "application/json"
    )


def scores(cast: People) -> list[tuple[str, float]]:
    rows = Evidence.objects.filter(student=cast.ben, source="h5p").order_by("pk")
    return [(row.response["part"], row.score) for row in rows]


@pytest.fixture
def ben(client: Client, cast: People) -> Client:
    """Return a browser with Ben signed in."""
    return sign_in(client, cast.ben)


def test_each_part_counts_and_the_whole_not_on_top(ben: Client, cast: People, block: Block) -> None:
    send(ben, block, said("a", scaled=1.0, parent=""))
    send(ben, block, said("b", scaled=0.5, parent=""))
    whole = send(ben, block, said(verb="completed", scaled=0.75))

    assert whole.json() == {"became": "its parts count"}
    assert scores(cast) == [("a", 1.0), ("b", 0.5)]


def test_a_set_within_a_set_counts_its_parts_only(ben: Client, cast: People, block: Block) -> None:
    send(ben, block, said("a", parent="set"))
    send(ben, block, said("set", verb="completed", parent=""))
    send(ben, block, said("alone", verb="completed", parent=""))

    assert scores(cast) == [("a", 1.0), ("alone", 1.0)]


def test_a_whole_without_parts_counts(ben: Client, cast: People, block: Block) -> None:
    assert send(ben, block, said(verb="completed", scaled=0.6)).json() == {"became": "saved"}
    assert scores(cast) == [("", 0.6)]


def test_what_was_right_before_counts_no_more(ben: Client, cast: People, block: Block) -> None:
    send(ben, block, said("a"))

    assert send(ben, block, said("a", scaled=0.0)).json() == {"became": "right already"}
    assert scores(cast) == [("a", 1.0)]


def test_what_is_taken_says_whose_what_and_how_long(ben: Client, cast: People, block: Block) -> None:
    send(ben, block, said("a"))

    piece = Evidence.objects.get(source="h5p")
    assert (piece.student, piece.resource, piece.seconds, piece.by) == (cast.ben, block.resource, 9, cast.ben)
    block.refresh_from_db()
    assert block.started_at is not None


def test_an_activity_about_no_skill_counts_nothing(ben: Client, cast: People, block: Block) -> None:
    Alignment.objects.filter(resource=block.resource).delete()
    Block.objects.filter(pk=block.pk).update(competency=None)

    assert send(ben, block, said()).json() == {"became": "not about a skill"}
    assert scores(cast) == []


@pytest.mark.parametrize("sent", ["x", [], {}, {**said(), "client_id": "x"}, {**said(), "play": 7}])
def test_what_cannot_be_read_changes_nothing(sent: object, ben: Client, cast: People, block: Block) -> None:
    assert send(ben, block, sent).status_code == 422
    assert scores(cast) == []


def test_the_ids_of_somebody_else_show_nothing_and_change_nothing(client: Client, cast: People, block: Block) -> None:
    cast.answer(cast.caro, "7.1", client_id=uuid4())
    theirs = Evidence.objects.filter(student=cast.caro).latest("pk")
    sign_in(client, cast.ben)

    answer = send(client, block, said(client_id=str(theirs.client_id)))
    assert answer.json() == {"became": "nothing to count"}
    assert scores(cast) == []


def test_a_statement_about_somebody_elses_block_is_not_found(client: Client, cast: People, block: Block) -> None:
    sign_in(client, cast.caro)

    assert send(client, block, said()).status_code == 404


def test_a_choice_that_is_not_made_has_nothing_to_play(ben: Client, cast: People, block: Block) -> None:
    choice = cast.block(kind="choice")
    Block.objects.filter(pk=choice.pk).update(resource=block.resource, chosen_resource=None)

    assert send(ben, choice, said()).status_code == 404


# --- questions that bring a program ------------------------------------------------------------------------------------


def test_a_module_is_told_its_properties_by_both_names() -> None:
    asked = parse_item(GALLERY["portable-custom"].document.replace('data-wanted="3"', 'data-most-taps="3"'))
    told = custom.told(asked, asked.interactions[0])

    assert told["properties"] == {"most-taps": "3", "mostTaps": "3"}
    assert told["modules"] == {"tap-counter": ["modules/tap-counter.js"]}


def test_the_key_of_a_question_never_gets_into_the_frame(client: Client, cast: People) -> None:
    item = portable_item(cast)
    type(item).objects.filter(pk=item.pk).update(document=item.document.replace(">3<", ">31415<"))
    token = passes.made_out("item", item.uuid, cast.ben, "0", at=timezone.now())
    shown = client.get(reverse("frame-item", kwargs={"token": token, "response": "RESPONSE"})).content.decode()

    assert "tap-counter" in shown
    assert "31415" not in shown


def test_markup_that_starts_something_is_left_out(client: Client, cast: People) -> None:
    item = portable_item(cast)
    bad = '<p onclick="x()">Tap three times.<script>x()</script><iframe src="x"/></p>'
    type(item).objects.filter(pk=item.pk).update(document=item.document.replace("<p>Tap three times.</p>", bad))
    token = passes.made_out("item", item.uuid, cast.ben, "0", at=timezone.now())
    shown = client.get(reverse("frame-item", kwargs={"token": token, "response": "RESPONSE"})).content.decode()

    assert "<p>Tap three times.</p>" in shown


def test_a_question_without_such_a_part_has_no_frame(client: Client, cast: People) -> None:
    token = passes.made_out("item", portable_item(cast).uuid, cast.ben, "0", at=timezone.now())

    assert client.get(reverse("frame-item", kwargs={"token": token, "response": "OTHER"})).status_code == 404
