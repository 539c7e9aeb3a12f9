"""H5P activities: kept byte by byte, their words found, their simple questions answered here, what is wrong told."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from headway.core.library.kinds import KINDS
from headway.exchange.h5p import reading, wire
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.records.items.models import Item
from headway.records.library.models import Resource
from tests.exchange.outcomes import AT, is_told_well, outcome, with_one_odd_value
from tests.exchange.real_data import DATA

FULL = DATA / "interop" / "h5p" / "dev" / "full"
BAD = DATA / "interop" / "h5p" / "bad" / "lumi-validator"
HEAD: dict[str, Any] = {
    "title": "Tides",
    "language": "es",
    "mainLibrary": "H5P.MultiChoice",
    "license": "CC BY-SA",
    "licenseVersion": "4.0",
    "authors": [{"name": "Inés Vega", "role": "Author"}],
    "preloadedDependencies": [{"machineName": "H5P.MultiChoice", "majorVersion": 1, "minorVersion": 16}],
}
CHOICE = {
    "question": "<p>How often?</p>",
    "answers": [{"text": "<div>once</div>", "correct": False}, {"text": "<div>twice</div>", "correct": True}],
    "UI": {"checkAnswerButton": "Check"},
}
LIBRARY = {
    "title": "Choice",
    "machineName": "H5P.MultiChoice",
    "majorVersion": 1,
    "minorVersion": 16,
    "patchVersion": 0,
    "runnable": 1,
}


def activity(folder: Path, *, head: object = HEAD, content: object = CHOICE, **others: str) -> Path:
    path = folder / "tides.h5p"
    files = {"h5p.json": head, "content/content.json": content} | others
    with zipfile.ZipFile(path, "w") as package:
        for name, text in files.items():
            if text is not None:
                package.writestr(zipfile.ZipInfo(name), text if isinstance(text, str) else json.dumps(text))
    return path


def take(path: Path) -> ImportReport:
    return reading.take_file(path, by=None, at=AT)


def test_every_content_type_is_a_kind_we_know() -> None:
    assert len(wire.KINDS) >= 40
    assert set(wire.KINDS.values()) <= set(KINDS)
    assert wire.kind_of("H5P.SomethingNew") == "interactive"


@pytest.mark.django_db
def test_title_language_licence_and_authors_are_kept(tmp_path: Path) -> None:
    take(activity(tmp_path))

    row = Resource.objects.get()
    assert (row.title, row.kind, row.language, row.licence, row.attribution) == (
        "Tides",
        "quiz",
        "es",
        "CC BY-SA 4.0",
        "Inés Vega",
    )


@pytest.mark.django_db
def test_the_package_is_kept_byte_by_byte(tmp_path: Path) -> None:
    path = activity(tmp_path)
    take(path)

    kept = Resource.objects.get().file
    assert kept is not None
    assert bytes(kept.content) == path.read_bytes()


@pytest.mark.django_db
def test_the_same_activity_twice_changes_nothing(tmp_path: Path) -> None:
    take(activity(tmp_path))

    assert take(tmp_path / "tides.h5p").changed_nothing


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("main", "content", "kinds"),
    [
        ("H5P.MultiChoice", CHOICE, ["one_choice"]),
        ("H5P.TrueFalse", {"question": "The moon pulls.", "correct": "true"}, ["one_choice"]),
        (
            "H5P.Blanks",
            {"text": "<p>Fill in.</p>", "questions": ["<p>The *moon/Moon:it shines* pulls.</p>"]},
            ["short_text"],
        ),
        (
            "H5P.SingleChoiceSet",
            {"choices": [{"question": "What pulls?", "answers": ["moon", "cat"]}] * 2},
            ["one_choice", "one_choice"],
        ),
        ("H5P.QuestionSet", {"questions": [{"library": "H5P.MultiChoice 1.16", "params": CHOICE}]}, ["one_choice"]),
        ("H5P.Essay", {"taskDescription": "Tell why."}, ["long_answer"]),
        ("H5P.Crossword", {"words": [{"clue": "It pulls", "answer": "moon"}]}, []),
    ],
)
def test_simple_questions_can_be_answered_at_once(main: str, content: object, kinds: list[str], tmp_path: Path) -> None:
    take(activity(tmp_path, head=HEAD | {"mainLibrary": main}, content=content))

    assert [item.kind for item in Item.objects.all()] == kinds


@pytest.mark.django_db
def test_what_lacks_its_player_is_found_by_its_words_and_not_planned(tmp_path: Path) -> None:
    content = {"taskDescription": "<p>Find the words</p>", "wordList": "moon,sun", "l10n": {"check": "Check"}}
    take(activity(tmp_path, head=HEAD | {"mainLibrary": "H5P.FindTheWords"}, content=content))

    row = Resource.objects.get()
    assert (row.kind, row.uses, row.text) == ("puzzle", [], "Find the words\n\nmoon,sun")


@pytest.mark.parametrize(
    "main", ["H5P.MultiChoice", "H5P.TrueFalse", "H5P.Blanks", "H5P.SingleChoiceSet", "H5P.QuestionSet"]
)
def test_content_with_any_odd_value_is_read(main: str) -> None:
    content = CHOICE | {
        "choices": [{"question": "a", "answers": ["b", "c"]}],
        "questions": [{"library": "H5P.MultiChoice 1.16", "params": CHOICE}, "The *moon* pulls."],
        "media": {"type": {"params": {"alt": "a"}, "library": "H5P.Image 1.1"}},
    }
    for odd in with_one_odd_value(content):
        if isinstance(odd, dict):
            list(wire.questions(main, odd, language="en"))
            list(wire.texts(odd))


def test_a_head_with_any_odd_value_is_read_or_refused() -> None:
    for odd in with_one_odd_value(HEAD):
        with suppress(FileRefused):
            wire.parse_head(odd)


def test_buttons_are_not_part_of_the_words() -> None:
    assert list(wire.texts({**CHOICE, "behaviour": {"text": "no"}})) == ["How often?", "once", "twice"]


def test_pictures_with_descriptions_are_told() -> None:
    picture = {"library": "H5P.Image 1.1", "params": {"alt": "A moon"}}

    assert wire.has_alternative_texts({"media": picture})
    assert not wire.has_alternative_texts({"media": [picture, {"library": "H5P.Image 1.1", "params": {}}]})


@pytest.mark.django_db
def test_missing_libraries_are_named(tmp_path: Path) -> None:
    report = take(activity(tmp_path))

    assert [told.places for told in report.notes if told.sentence == reading.NOT_HERE] == [("H5P.MultiChoice 1.16",)]


@pytest.mark.django_db
def test_a_whole_package_has_nothing_to_tell(tmp_path: Path) -> None:
    report = take(activity(tmp_path, **{"H5P.MultiChoice-1.16/library.json": json.dumps(LIBRARY)}))

    assert (report.notes, report.refused) == ((), ())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"H5P.MultiChoice-1.16/library.json": "{"}, reading.LIBRARY_BROKEN),
        ({"H5P.MultiChoice-1.16/library.json": "{}"}, reading.LIBRARY_SILENT),
        ({"H5P.Other-1.16/library.json": json.dumps(LIBRARY)}, reading.FOLDER_NAME),
        (
            {"H5P.MultiChoice-1.16/library.json": json.dumps(LIBRARY | {"preloadedJs": [{"path": "x.js"}]})},
            reading.LIBRARY_INCOMPLETE,
        ),
        ({"content/images/a.svg": "<svg><script>alert(1)</script></svg>"}, reading.ACTIVE_PICTURE),
    ],
)
def test_what_is_wrong_with_libraries_and_pictures_is_told(
    others: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    assert sentence in [told.sentence for told in take(activity(tmp_path, **others)).notes]


BROKEN: dict[str, dict[str, Any]] = {
    "no head": {"head": None},
    "no content": {"content": None},
    "a broken head": {"head": "{"},
    "a broken content": {"content": '{"a": 1};'},
    "a list for a head": {"head": "[]"},
    "no title": {"head": {"mainLibrary": "H5P.MultiChoice"}},
    "no main library": {"head": {"title": "Tides"}},
    "a main library that is a path": {"head": HEAD | {"mainLibrary": "../../etc"}},
    "a list for content": {"content": "[]"},
    "a picture that is none": {"content/images/a.png": "X5O!P%@AP"},
    "endless nesting": {"content": "[" * 100_000},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_activity_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    found = outcome(reading.take_file, activity(tmp_path, **BROKEN[name]))

    assert isinstance(found, FileRefused)
    assert is_told_well(found)
    assert not Resource.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not FULL.is_dir(), reason=f"real data is not here: {FULL}")
def test_all_real_activities_come_in() -> None:
    report = take(FULL)

    assert report.taken["resources"].made == len(list(FULL.glob("*.h5p"))) == 6
    assert take(FULL).changed_nothing


# What is no fault to us: a name of 77 letters, and a version of H5P that has come out since.
FAULTLESS = {"long_content_file_name.h5p", "invalid-core-version.h5p"}


@pytest.mark.django_db
@pytest.mark.skipif(not BAD.is_dir(), reason=f"real data is not here: {BAD}")
@pytest.mark.parametrize("path", sorted(BAD.glob("*.h5p")), ids=lambda path: path.stem)
def test_each_broken_real_one_gives_a_sentence(path: Path) -> None:
    found = outcome(reading.take_file, path)

    assert is_told_well(found)
    told = isinstance(found, FileRefused) or bool(found.notes or found.refused)
    assert told == (path.name not in FAULTLESS)
