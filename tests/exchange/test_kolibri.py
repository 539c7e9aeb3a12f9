"""Kolibri channels: trees, databases and fixtures of every version come in alike, and Perseus's questions can be answered."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import zstandard

from headway.exchange.kolibri import perseus, reading, wire
from headway.exchange.shared.arriving import CannotBeAsked
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.records.items.models import Item
from headway.records.library.models import Collection, Resource
from tests.exchange.outcomes import AT, is_told_well, outcome, with_one_odd_value
from tests.exchange.real_data import DATA

FIXTURES = DATA / "interop" / "kolibri" / "dev" / "fixtures"
TESSA = DATA / "content" / "resources" / "tessa_kolibri"
PERSEUS = DATA / "content" / "resources" / "khan" / "khan_perseus_full_sample3000.jsonl.zst"


def radio(*choices: tuple[str, bool]) -> dict[str, Any]:
    options = {"choices": [{"content": text, "correct": is_right} for text, is_right in choices]}
    return {"type": "radio", "options": options}


def item(content: str, **widgets: Any) -> dict[str, Any]:
    return {
        "question": {
            "content": content,
            "widgets": {name.replace("_", " "): widget for name, widget in widgets.items()},
        },
        "hints": [{"content": "Look at the **moon**."}, {"content": "![](a.png)"}],
    }


TREE: dict[str, Any] = {
    "title": "Harbor",
    "source_domain": "harbor.example",
    "source_id": "harbor",
    "language": "en",
    "children": [
        {
            "kind": "topic",
            "title": "Tides",
            "source_id": "tides",
            "description": "All about tides.",
            "children": [
                {
                    "kind": "video",
                    "title": "Why twice",
                    "source_id": "v1",
                    "language": "es",
                    "license": {"license_id": "CC BY-SA", "copyright_holder": "Inés Vega"},
                    "files": [{"path": "https://example.org/v.mp4", "file_type": "video"}],
                    "tags": ["Moon"],
                },
                {
                    "kind": "exercise",
                    "title": "Try it",
                    "source_id": "e1",
                    "license": "CC BY",
                    "questions": [
                        {
                            "type": "perseus_question",
                            "item_data": item(
                                "How often?\n\n[[☃ radio 1]]", radio_1=radio(("once", False), ("twice", True))
                            ),
                        },
                        {
                            "type": "input_question",
                            "question": "6 + 6",
                            "answers": '[{"answer": "12", "correct": true}]',
                            "hints": "[]",
                        },
                        {"type": "single_selection", "question": "![](x.png)", "answers": "[]", "hints": "[]"},
                    ],
                },
                {"kind": "hologram", "title": "Later", "source_id": "h1"},
            ],
        }
    ],
}


def take(path: Path, document: object, name: str = "channel.json") -> ImportReport:
    (path / name).write_text(json.dumps(document), encoding="utf-8")
    return reading.take_file(path / name, by=None, at=AT)


@pytest.mark.django_db
def test_a_tree_becomes_resources_and_its_topics_collections(tmp_path: Path) -> None:
    report = take(tmp_path, TREE)

    video = Resource.objects.get(title="Why twice")
    assert (video.kind, video.language, video.licence, video.attribution) == ("video", "es", "CC BY-SA", "Inés Vega")
    assert (video.url, video.topics) == ("https://example.org/v.mp4", ["moon", "tides"])
    collection = Collection.objects.get()
    assert (collection.title, collection.why, collection.entries.count()) == ("Tides", "All about tides.", 2)
    assert ("Later (hologram)",) in [told.places for told in report.refused]


@pytest.mark.django_db
def test_questions_of_an_exercise_can_be_answered_or_are_named(tmp_path: Path) -> None:
    report = take(tmp_path, TREE)

    assert [one.kind for one in Item.objects.all()] == ["one_choice", "short_text"]
    assert ("Try it: 3",) in [told.places for told in report.refused]


@pytest.mark.django_db
def test_the_same_channel_twice_changes_nothing(tmp_path: Path) -> None:
    take(tmp_path, TREE)

    assert take(tmp_path, TREE).changed_nothing


NUMBER = {
    "question": {
        "content": "[[☃ numeric-input 1]]\n\nHow many?",
        "widgets": {
            "numeric-input 1": {
                "type": "numeric-input",
                "options": {"answers": [{"value": 2, "status": "correct"}]},
            }
        },
    }
}


def database(folder: Path) -> Path:
    """Return Kolibri's own folder: a content database and the files beside it."""
    home = folder / "content"
    (home / "databases").mkdir(parents=True)
    exercise, page = "ab" + "0" * 30, "cd" + "0" * 30
    for checksum, ending in ((exercise, "perseus"), (page, "pdf")):
        (home / "storage" / checksum[0] / checksum[1]).mkdir(parents=True)
        path = home / "storage" / checksum[0] / checksum[1] / f"{checksum}.{ending}"
        if ending == "pdf":
            path.write_bytes(b"%PDF-1.7 tides")
        else:
            with zipfile.ZipFile(path, "w") as package:
                package.writestr("q1.json", json.dumps(NUMBER))
    with sqlite3.connect(home / "databases" / "channel.sqlite3") as tables:
        tables.executescript(
            f"""
            CREATE TABLE content_channelmetadata (id, name, root_id, author, min_schema_version);
            INSERT INTO content_channelmetadata VALUES ('c', 'Harbor', 't', 'Ada', '5');
            CREATE TABLE content_contentnode (id, title, parent_id, kind, lang_id, license_name, license_owner, lft, channel_id, duration,
              grade_levels, learning_activities, accessibility_labels, coach_content, description, content_id);
            INSERT INTO content_contentnode VALUES
              ('t', 'Tides', NULL, 'topic', 'en', '', '', 1, 'c', NULL, NULL, NULL, NULL, 0, '', 't'),
              ('p', 'Read it', 't', 'document', 'es', 'CC BY', 'Inés', 2, 'c', 600, 'eLt0Mbu4', 'wA01urpi', 'Lb0tb9VC', 0, 'A page.', 'p'),
              ('e', 'Try it', 't', 'exercise', 'en', 'CC BY', 'Inés', 4, 'c', NULL, NULL, NULL, NULL, 0, '', 'e'),
              ('g', 'For teachers', 't', 'document', 'en', 'CC BY', 'Inés', 6, 'c', NULL, NULL, NULL, NULL, 1, '', 'g');
            CREATE TABLE content_language (id, lang_code);
            INSERT INTO content_language VALUES ('en', 'en'), ('es', 'es');
            CREATE TABLE content_localfile (id, extension, file_size);
            INSERT INTO content_localfile VALUES ('{exercise}', 'perseus', 10), ('{page}', 'pdf', 14), ('../../../etc/passwd', 'pdf', 1);
            CREATE TABLE content_file (id, contentnode_id, local_file_id, preset, thumbnail, supplementary);
            INSERT INTO content_file VALUES ('1', 'e', '{exercise}', 'exercise', 0, 0), ('2', 'p', '{page}', 'document', 0, 0),
              ('3', 'g', '../../../etc/passwd', 'document', 0, 0);
            CREATE TABLE content_assessmentmetadata (id, contentnode_id, assessment_item_ids, mastery_model);
            INSERT INTO content_assessmentmetadata VALUES ('1', 'e', '["q1", "missing"]', '{{"type": "m_of_n"}}');
            CREATE TABLE content_contentnode_has_prerequisite (id, from_contentnode_id, to_contentnode_id);
            INSERT INTO content_contentnode_has_prerequisite VALUES (1, 'e', 'p');
            """  # noqa: S608
        )
    tables.close()
    return folder


@pytest.mark.django_db
def test_kolibris_own_folder_comes_in_with_its_files_and_questions(tmp_path: Path) -> None:
    reading.take_file(database(tmp_path), by=None, at=AT)

    page = Resource.objects.get(title="Read it")
    assert (page.kind, page.language, page.minutes, page.grade_low, page.grade_high) == ("reading", "es", 10, 7, 9)
    assert (page.accessibility, page.ways_in) == (["alternativeText"], ["read"])
    assert page.file is not None
    assert (page.file.name, page.file.media_type) == ("Read it.pdf", "application/pdf")
    assert Item.objects.get().kind == "number"


@pytest.mark.django_db
def test_prerequisites_are_kept_and_what_is_for_teachers_is_not_planned(tmp_path: Path) -> None:
    reading.take_file(database(tmp_path), by=None, at=AT)

    assert Resource.objects.get(title="Try it").extra["prerequisites"] == ["c/p"]
    assert Resource.objects.get(title="For teachers").uses == []


@pytest.mark.django_db
def test_a_checksum_never_leads_out_of_the_storage(tmp_path: Path) -> None:
    reading.take_file(database(tmp_path), by=None, at=AT)

    assert Resource.objects.get(title="For teachers").file is None


@pytest.mark.django_db
def test_a_folder_with_its_files_twice_changes_nothing(tmp_path: Path) -> None:
    reading.take_file(database(tmp_path), by=None, at=AT)

    assert reading.take_file(tmp_path, by=None, at=AT).changed_nothing


def test_topics_in_a_circle_are_cut() -> None:
    rows = [
        {"id": name, "parent_id": parent, "kind": "topic", "title": name} for name, parent in (("a", "b"), ("b", "a"))
    ]

    assert len(wire.parse_tables({"content_contentnode": rows})[0].nodes) == 2


@pytest.mark.parametrize(
    ("content", "widgets", "kind"),
    [
        ("Which?\n\n[[☃ radio 1]]", {"radio_1": radio(("a", True), ("b", False))}, "one_choice"),
        ("Which two?\n\n[[☃ radio 1]]", {"radio_1": radio(("a", True), ("b", True), ("c", False))}, "many_choices"),
        (
            "Write $2x+1$.\n\n[[☃ expression 1]]",
            {"expression_1": {"type": "expression", "options": {"answerForms": [{"value": "2x+1"}]}}},
            "short_text",
        ),
        (
            "The [[☃ dropdown 1]] pulls.",
            {
                "dropdown_1": {
                    "type": "dropdown",
                    "options": {"choices": [{"content": "moon", "correct": True}, {"content": "cat"}]},
                }
            },
            "cloze",
        ),
        ("Sort.\n\n[[☃ sorter 1]]", {"sorter_1": {"type": "sorter", "options": {"correct": ["1", "2", "3"]}}}, "order"),
        (
            "Match.\n\n[[☃ matcher 1]]",
            {"matcher_1": {"type": "matcher", "options": {"left": ["a", "b"], "right": ["x", "y"]}}},
            "match",
        ),
    ],
)
def test_perseus_becomes_the_kind_it_asks_for(content: str, widgets: dict[str, Any], kind: str) -> None:
    document = perseus.question(item(content, **widgets), ident="q")

    assert document["kind"] == kind
    assert document["hints"] == ["Look at the moon."]


@pytest.mark.parametrize(
    ("content", "widgets"),
    [
        ("![](graph.png) Which?\n\n[[☃ radio 1]]", {"radio_1": radio(("a", True), ("b", False))}),
        ("Move it.\n\n[[☃ plotter 1]]", {"plotter_1": {"type": "plotter", "options": {}}}),
        ("No key.\n\n[[☃ radio 1]]", {"radio_1": radio(("a", False), ("b", False))}),
        ("Only words.", {}),
        ("", {}),
    ],
)
def test_what_cannot_be_asked_in_words_says_why(content: str, widgets: dict[str, Any]) -> None:
    with pytest.raises(CannotBeAsked) as caught:
        perseus.question(item(content, **widgets), ident="q")

    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", ["radio", "numeric-input", "expression", "dropdown", "matcher", "categorizer"])
def test_a_question_with_any_odd_value_is_asked_or_says_why(name: str) -> None:
    options: dict[str, Any] = {
        "choices": [{"content": "a", "correct": True}, {"content": "b"}],
        "answers": [{"value": 2, "status": "correct"}],
        "answerForms": [{"value": "2x"}],
        "left": ["a", "b"],
        "right": ["x", "y"],
        "items": ["a", "b"],
        "categories": ["x", "y"],
        "values": [0, 1],
    }
    document = item(f"What?\n\n[[☃ {name} 1]]")
    document["question"]["widgets"] = {f"{name} 1": {"type": name, "options": options}}
    for odd in with_one_odd_value(document):
        with suppress(CannotBeAsked):
            perseus.question(odd, ident="q")


def test_a_channel_with_any_odd_value_is_read_or_refused() -> None:
    for odd in with_one_odd_value(TREE):
        with suppress(FileRefused):
            list(wire.parse_channels(odd))


def test_formulas_and_stars_become_words() -> None:
    assert perseus.words(r"**Solve** $\purpleD{x}^2 = \dfrac{1}{2}$ for \$5.") == "Solve x² = 1/2 for $5."


BROKEN = {
    "a list": "[]",
    "another object": '{"a": 1}',
    "cut off": '{"title": "H", "children": [',
    "only a name": '[{"model": "content.channelmetadata", "pk": "1", "fields": {"name": "H"}}]',
    "nothing": " ",
    "a damaged database": "SQLite format 3\x00" + "x" * 200,
    "endless nesting": '{"children":[' * 50_000,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_channel_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "channel.json").write_text(BROKEN[name], encoding="utf-8")

    found = outcome(reading.take_file, tmp_path / "channel.json")

    assert isinstance(found, FileRefused)
    assert is_told_well(found)
    assert not Resource.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"real data is not here: {FIXTURES}")
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*content_data.json")), ids=lambda path: path.stem)
def test_every_schema_version_says_the_same(path: Path) -> None:
    reading.take_file(path, by=None, at=AT)

    assert sorted(Resource.objects.values_list("title", "kind")) == [
        ("c1", "video"), ("c2c1", "practice"), ("c2c2", "reading"), ("c2c3", "audio"), ("no_license", "audio"),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.skipif(not TESSA.is_dir(), reason=f"real data is not here: {TESSA}")
@pytest.mark.parametrize(
    ("language", "resources", "collections"), [("en", 183, 42), ("ar", 161, 39), ("fr", 69, 10), ("sw", 74, 10)]
)
def test_real_trees_come_in_whole(language: str, resources: int, collections: int) -> None:
    report = reading.take_file(TESSA / f"ricecooker_json_tree_{language}.json.zst", by=None, at=AT)

    assert report.taken["resources"].made == resources == Resource.objects.filter(language=language).count()
    assert Collection.objects.count() == collections


@pytest.mark.skipif(not PERSEUS.is_file(), reason=f"real data is not here: {PERSEUS}")
def test_real_perseus_questions_are_asked_or_say_why() -> None:
    asked, reasons = 0, set()
    with PERSEUS.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode()
    for line in text.splitlines()[:1000]:
        try:
            perseus.question(json.loads(line)["item_data"], ident="q")
            asked += 1
        except CannotBeAsked as reason:
            reasons.add(reason.sentence)

    # A third needs its picture; what is left out otherwise moves a graph or fills a table.
    assert asked > 500
    assert all(reason.endswith(".") for reason in reasons)
