"""What the player is told of a package, what it tells in turn, and single files out of a stored zip."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.exchange.h5p.playing import Playable, playable
from headway.exchange.h5p.statements import Statement, read_statement
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.members import members_of, read_member
from tests.exchange.outcomes import with_one_odd_value
from tests.playing import FULL, needs_packages

# --- what the player is told ------------------------------------------------------------------------------------------


def library(name: str, *needs: str, **facts: Any) -> dict[str, Any]:
    return {
        "machineName": name,
        "majorVersion": 1,
        "minorVersion": 0,
        "preloadedDependencies": [{"machineName": one, "majorVersion": 1, "minorVersion": 0} for one in needs],
        "preloadedJs": [{"path": f"{name}.js"}],
        "preloadedCss": [{"path": f"./{name}.css"}],
        **facts,
    }


def told(*libraries: dict[str, Any], main: str = "H5P.A", lists: tuple[str, ...] = ("H5P.A",)) -> Playable:
    files = {
        "h5p.json": json.dumps({"title": "T", "mainLibrary": main, **library("", *lists)}),
        "content/content.json": '{"text": "Look."}',
    }
    for one in libraries:
        name = one["machineName"]
        files |= {
            f"{name}-1.0/library.json": json.dumps(one),
            f"{name}-1.0/{name}.js": "",
            f"{name}-1.0/{name}.css": "",
        }
    return playable(files.keys(), lambda name: files[name].encode())


def test_what_a_library_needs_comes_before_it() -> None:
    found = told(library("H5P.A", "H5P.B", "H5P.C"), library("H5P.B", "H5P.C"), library("H5P.C"))

    assert found.scripts == ("H5P.C-1.0/H5P.C.js", "H5P.B-1.0/H5P.B.js", "H5P.A-1.0/H5P.A.js")
    assert found.styles == ("H5P.C-1.0/H5P.C.css", "H5P.B-1.0/H5P.B.css", "H5P.A-1.0/H5P.A.css")


def test_libraries_that_need_each_other_both_load() -> None:
    found = told(library("H5P.A", "H5P.B"), library("H5P.B", "H5P.A"))

    assert sorted(found.scripts) == ["H5P.A-1.0/H5P.A.js", "H5P.B-1.0/H5P.B.js"]


def test_a_library_that_another_one_needs_is_missed_with_its_version() -> None:
    assert told(library("H5P.A", "H5P.B")).missing == ("H5P.B 1.0",)


def test_the_main_library_is_found_though_the_list_forgets_it() -> None:
    found = told(library("H5P.A"), lists=())

    assert (found.library, found.missing) == ("H5P.A 1.0", ())


def test_a_script_that_is_not_there_is_not_loaded() -> None:
    assert told(library("H5P.A", preloadedJs=[{"path": "gone.js"}, {"path": "../../../etc/passwd"}])).scripts == ()


def test_a_package_with_any_odd_library_is_told_or_refused() -> None:
    for odd in with_one_odd_value(library("H5P.A", "H5P.B")):
        if isinstance(odd, dict) and odd.get("machineName") == "H5P.A":
            assert isinstance(told(odd, library("H5P.B")), Playable)


@needs_packages
@pytest.mark.parametrize("path", sorted(FULL.glob("*.h5p")), ids=lambda path: path.stem)
def test_real_packages_hold_all_they_need(path: Any) -> None:
    with zipfile.ZipFile(path) as packed:
        found = playable(packed.namelist(), packed.read)

    assert found.missing == ()
    assert found.scripts[-1].startswith(found.head.main)


# --- what it tells ----------------------------------------------------------------------------------------------------

SAID: dict[str, Any] = {
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
    "object": {
        "id": "urn:headway:activity?subContentId=b2f7",
        "definition": {
            "extensions": {"http://h5p.org/x-api/h5p-subContentId": "b2f7"},
            "description": {"en-US": "<p>What pulls?</p>"},
            "interactionType": "choice",
            "choices": [{"id": "0"}, {"id": "1"}, {"id": "2"}, {"id": "3"}],
            "correctResponsesPattern": ["1"],
        },
    },
    "context": {"contextActivities": {"parent": [{"id": "urn:headway:activity"}]}},
    "result": {"score": {"min": 0, "raw": 3, "max": 4, "scaled": 0.75}, "duration": "PT1M2.5S", "response": "1"},
}


def test_a_statement_is_read() -> None:
    assert read_statement(SAID) == Statement(
        verb="answered",
        part="b2f7",
        parent="",
        score=0.75,
        seconds=62,
        guess_chance=0.25,
        asked="What pulls?",
        answer="1",
    )


@pytest.mark.parametrize(
    ("score", "share"),
    [
        ({"raw": 3, "max": 4}, 0.75),
        ({"raw": 3, "min": 1, "max": 5}, 0.5),
        ({"raw": 9, "max": 4}, 1.0),
        ({"raw": -1, "max": 4}, 0.0),
        ({"scaled": 0.4}, 0.4),
        ({"scaled": -0.4}, 0.0),
        ({"raw": 0, "max": 0}, None),
        ({"raw": True, "max": 4}, None),
        ({"raw": float("nan"), "max": 4}, None),
        ({"raw": 10**400, "max": 10**400}, None),
        ({}, None),
    ],
)
def test_a_score_is_a_share_of_its_points(score: dict[str, Any], share: float | None) -> None:
    found = read_statement({**SAID, "result": {"score": score}})

    assert (found.score if found else None) == share


@pytest.mark.parametrize(
    ("words", "seconds"), [("PT12.3S", 12), ("PT1H1S", 3601), ("P1DT1S", 14_400), ("PT", None), ("soon", None)]
)
def test_a_duration_is_whole_seconds_of_one_sitting(words: str, seconds: int | None) -> None:
    found = read_statement({**SAID, "result": {**SAID["result"], "duration": words}})

    assert found is not None
    assert found.seconds == seconds


@pytest.mark.parametrize(
    ("facts", "chance"),
    [
        ({"interactionType": "true-false"}, 0.5),
        ({"correctResponsesPattern": ["0[,]1"]}, 1 / 16),
        ({"interactionType": "fill-in"}, 0.0),
        ({"choices": []}, 0.0),
    ],
)
def test_the_chance_of_luck_follows_the_kind(facts: dict[str, Any], chance: float) -> None:
    thing = {**SAID["object"], "definition": {**SAID["object"]["definition"], **facts}}
    found = read_statement({**SAID, "object": thing})

    assert found is not None
    assert found.guess_chance == chance


def test_other_verbs_tell_nothing() -> None:
    assert read_statement({**SAID, "verb": {"id": "http://adlnet.gov/expapi/verbs/interacted"}}) is None


def test_a_statement_with_any_odd_value_is_read_or_tells_nothing() -> None:
    for odd in with_one_odd_value(SAID):
        found = read_statement(odd)
        assert found is None or 0 <= found.score <= 1


# --- single files out of a zip ----------------------------------------------------------------------------------------


def kept(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", packing) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return written.getvalue()


def parts_of(content: bytes) -> Any:
    return lambda start, length: content[start : start + length]


@given(
    files=st.dictionaries(st.text("abc/.é", min_size=1, max_size=9).filter(lambda name: not name.endswith("/")), st.binary(max_size=99), max_size=5),
    packing=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)  # fmt: skip
def test_every_file_comes_out_as_it_went_in(files: dict[str, bytes], packing: int) -> None:
    content = kept(files, packing)
    members = members_of(parts_of(content), len(content))

    for name, member in members.items():
        wanted = next(each for each in reversed(files) if "/".join(p for p in each.split("/") if p not in ("", ".")) == name)  # fmt: skip
        assert read_member(parts_of(content), member) == files[wanted]


def test_only_the_bytes_of_one_file_are_read() -> None:
    content = kept({"large.bin": bytes(range(256)) * 4000, "small.txt": b"tide"}, zipfile.ZIP_STORED)
    read: list[int] = []

    def part(start: int, length: int) -> bytes:
        read.append(length)
        return content[start : start + length]

    member = members_of(part, len(content))["small.txt"]
    assert read_member(part, member) == b"tide"
    assert sum(read) < 200_000


def test_a_name_that_leads_outside_is_left_out() -> None:
    content = kept({"../../etc/passwd": b"x", "a/../../b": b"x", "c.txt": b"x"})

    assert list(members_of(parts_of(content), len(content))) == ["c.txt"]


def test_names_are_seen_from_the_folder_of_the_marker() -> None:
    content = kept({"tides/h5p.json": b"{}", "tides/content/content.json": b"{}", "readme.txt": b""})

    assert sorted(members_of(parts_of(content), len(content), marker="h5p.json")) == [
        "content/content.json",
        "h5p.json",
    ]


def test_a_damaged_file_is_refused() -> None:
    content = kept({"a.txt": b"tide" * 100}, zipfile.ZIP_STORED)
    broken = content.replace(b"tidetide", b"tidetidy", 1)
    member = members_of(parts_of(broken), len(broken))["a.txt"]

    with pytest.raises(FileRefused):
        read_member(parts_of(broken), member)


def test_a_file_that_is_no_zip_is_refused() -> None:
    with pytest.raises(FileRefused):
        members_of(parts_of(b"tide" * 40), 160)


def test_a_file_that_says_it_is_small_gives_no_more_than_it_said() -> None:
    content = bytearray(kept({"a.txt": b"\0" * 100_000}))
    # The list at the end says 10 bytes; the packed stream holds a hundred thousand.
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    member = members_of(parts_of(bytes(content)), len(content))["a.txt"]

    with pytest.raises(FileRefused):
        read_member(parts_of(bytes(content)), member)
