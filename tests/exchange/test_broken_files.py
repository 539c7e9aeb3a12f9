"""Broken files of every kind are refused whole, with their place and the reason; nothing of them is taken in."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from headway.exchange.case import reading as case
from headway.exchange.oatutor import reading as oatutor
from headway.exchange.response_log import reading as response_log
from headway.exchange.shared import packages
from headway.exchange.shared.import_report import FileRefused
from headway.records.audit.models import Event

AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
HEADER = "user_id,item_id,timestamp,correct,skill_name\n"
PACKAGE: dict[str, Any] = {
    "CFDocument": {"identifier": "d1", "title": "A framework", "creator": "us"},
    "CFItems": [{"identifier": "i1", "fullStatement": "Add fractions."}],
    "CFAssociations": [],
}
STEP: dict[str, Any] = {
    "id": "s1",
    "problemType": "TextBox",
    "answerType": "arithmetic",
    "stepAnswer": ["$$4$$"],
    "stepTitle": "What is $$2+2$$?",
}
PROBLEM: dict[str, Any] = {"id": "p1", "title": "Sums", "lesson": "1.1 Sums", "steps": [STEP]}


def refusal(take: Callable[..., Any], path: Path, content: str | bytes, **options: Any) -> FileRefused:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FileRefused) as caught:
        take(path, by=None, at=AT, **options)
    assert "{" not in str(caught.value)
    return caught.value


BROKEN_LOGS = {
    "a wrong answer value": (HEADER + "1,2,0,1,Sums\n1,3,0,maybe,Sums\n", "line 3"),
    "a value too few": (HEADER + "1,2,0,1,Sums\n1,3,0,1\n", "line 3"),
    "a value too many": (HEADER + "1,2,0,1,Sums,more\n", "line 2"),
    "no student": (HEADER + ",2,0,1,Sums\n", "line 2"),
    "a time that is none": (HEADER + "1,2,yesterday,1,Sums\n", "line 2"),
    "no column for the skill": ("user_id,correct\n1,1\n", ""),
    "only a header": (HEADER, ""),
    "an open quotation mark": (HEADER + '1,2,0,1,"Sums\n', "line 2"),
    "a sequence cut off": ("3\n1,2,3\n", "line 2"),
    "a sequence too short": ("3\n1,2,3\n1,0\n", "line 3"),
    "a sequence with a word in it": ("3\n1,x,3\n1,0,1\n", "line 2"),
    "a sequence with a seven": ("3\n1,2,3\n1,7,1\n", "line 3"),
    "a sequence without its count": ("1\n1\n1\n1,2\n", "line 4"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN_LOGS)
def test_a_broken_log_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    content, place = BROKEN_LOGS[name]

    assert refusal(response_log.take_file, tmp_path / "log.csv", content).place == place
    assert Event.objects.count() == 0


BROKEN_PACKAGES = {
    "cut off": (json.dumps(PACKAGE, indent=1)[:90], "line 7"),
    "a list": ("[]", "CFDocument"),
    "no items": (json.dumps({"CFDocument": PACKAGE["CFDocument"]}), "CFItems"),
    "an item without words": (json.dumps(PACKAGE | {"CFItems": [{"identifier": "i1"}]}), "CFItems[0]"),
    "an association without an end": (
        json.dumps(
            PACKAGE
            | {"CFAssociations": [{"identifier": "a", "associationType": "precedes", "originNodeURI": "http://x/i1"}]}
        ),
        "CFAssociations[0]",
    ),
    "another version": (json.dumps(PACKAGE | {"CFDocument": PACKAGE["CFDocument"] | {"caseVersion": "2.0"}}), ""),
    "a bad byte": (b'{\n"CFDocument": "\xff\xfe"}', "line 2"),
    "endless nesting": ("[" * 200_000, ""),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN_PACKAGES)
def test_a_broken_framework_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    content, place = BROKEN_PACKAGES[name]

    assert refusal(case.take_file, tmp_path / "package.json", content).place == place
    assert Event.objects.count() == 0


BROKEN_POOLS = {
    "a line cut off": (json.dumps(PROBLEM) + "\n" + json.dumps(PROBLEM)[:40], "line 2"),
    "a problem without steps": (json.dumps(PROBLEM | {"steps": []}), "line 1"),
    "a problem without a name": (json.dumps(PROBLEM | {"id": ""}), "line 1"),
    "a problem twice": (f"{json.dumps(PROBLEM)}\n{json.dumps(PROBLEM)}\n", "line 2"),
    "a step twice": (f"{json.dumps(PROBLEM)}\n{json.dumps(PROBLEM | {'id': 'p2'})}\n", "line 2"),
    "an answer that is no list": (json.dumps(PROBLEM | {"steps": [STEP | {"stepAnswer": "4"}]}), "line 1"),
    "a number": ("17\n", "line 1"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN_POOLS)
def test_a_broken_pool_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    content, place = BROKEN_POOLS[name]

    assert refusal(oatutor.take_file, tmp_path / "pool.jsonl", content).place == place
    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_an_unknown_framework_is_refused_before_anything_is_saved(tmp_path: Path) -> None:
    problem = refusal(oatutor.take_file, tmp_path / "pool.jsonl", json.dumps(PROBLEM), framework="nowhere")

    assert problem.facts["name"] == "nowhere"
    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_an_unknown_teacher_is_refused_before_anything_is_saved(tmp_path: Path) -> None:
    refusal(response_log.take_file, tmp_path / "log.csv", HEADER + "1,2,0,1,Sums\n", teacher="nobody", class_size=1)

    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_a_class_larger_than_the_log_is_refused(tmp_path: Path) -> None:
    refusal(response_log.take_file, tmp_path / "log.csv", HEADER + "1,2,0,1,Sums\n", class_size=2)

    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_an_answer_of_tomorrow_takes_back_the_whole_import(tmp_path: Path) -> None:
    refusal(response_log.take_file, tmp_path / "log.csv", HEADER + "1,2,2026-03-11T09:00:00+00:00,1,Sums\n")

    assert Event.objects.count() == 0


# --- packing ---------------------------------------------------------------------------------------------------------


def packed_zip(path: Path, *contents: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for number, content in enumerate(contents):
            made.writestr(f"{number}.json", content)


def test_plain_gzip_zstandard_and_zip_read_the_same(tmp_path: Path) -> None:
    content = json.dumps(PACKAGE).encode()
    (tmp_path / "a.json").write_bytes(content)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(content))
    (tmp_path / "a.json.zst").write_bytes(zstandard.compress(content))
    packed_zip(tmp_path / "a.zip", content)

    assert {packages.read_bytes(path) for path in tmp_path.iterdir()} == {content}


@pytest.mark.parametrize("ending", [".gz", ".zst", ".zip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(ending: str, tmp_path: Path) -> None:
    path, zeros = tmp_path / f"bomb{ending}", b" " * (64 * 1024 * 1024)
    if ending == ".zip":
        packed_zip(path, zeros)
    else:
        path.write_bytes(gzip.compress(zeros) if ending == ".gz" else zstandard.compress(zeros))

    with pytest.raises(FileRefused) as caught:
        packages.read_bytes(path)

    assert caught.value.sentence == packages.BOMB


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"1,2\n" * 600_000)

    with pytest.raises(FileRefused) as caught:
        packages.read_bytes(path, mebibytes=1)

    assert caught.value.sentence == packages.TOO_LARGE


@pytest.mark.parametrize("ending", [".gz", ".zst", ".zip"])
def test_a_damaged_packing_is_refused(ending: str, tmp_path: Path) -> None:
    path, content = tmp_path / f"cut{ending}", json.dumps(list(range(9000))).encode()
    if ending == ".zip":
        packed_zip(path, content)
    else:
        path.write_bytes(gzip.compress(content) if ending == ".gz" else zstandard.compress(content))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(FileRefused):
        packages.read_bytes(path)


@pytest.mark.parametrize("content", [b"", b"  \n\n"])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(content)

    with pytest.raises(FileRefused) as caught:
        packages.read_bytes(tmp_path / "empty.csv")

    assert caught.value.sentence == packages.EMPTY


def test_a_folder_or_nothing_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(FileRefused):
            packages.read_bytes(path)


def test_a_zip_of_two_files_asks_which_one(tmp_path: Path) -> None:
    packed_zip(tmp_path / "two.zip", b"1", b"2")

    with pytest.raises(FileRefused) as caught:
        packages.read_bytes(tmp_path / "two.zip")

    assert caught.value.facts["count"] == 2


def test_a_byte_order_mark_and_utf_16_are_read(tmp_path: Path) -> None:
    (tmp_path / "marked.csv").write_bytes("\ufeffa,b\n".encode())
    (tmp_path / "wide.csv").write_bytes("a,b\n".encode("utf-16"))

    assert {packages.read_text(path) for path in tmp_path.iterdir()} == {"a,b\n"}
