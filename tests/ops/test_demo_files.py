"""The demo school's files hold what they promise, and the simulation is a fair one."""

from __future__ import annotations

from collections import Counter

import pytest

from headway.core import items as engine
from headway.core.items.plain import KINDS
from headway.ops.demo import files

RESOURCES = files.resources()
ROWS = files.item_rows()
PEOPLE = files.read("people.yaml")
ROOTS = [row for row in RESOURCES if not row.variant_of]


def test_there_are_200_resources_before_their_other_doors_are_counted() -> None:
    assert len(ROOTS) >= 200


def test_there_are_12_interactivity_kinds() -> None:
    assert len({row.kind for row in RESOURCES}) >= 12


def test_a_third_of_the_resources_has_a_spanish_door() -> None:
    spanish = {row.variant_of for row in RESOURCES if row.language == "es"}
    assert len(spanish & {row.source_id for row in ROOTS}) >= len(ROOTS) / 3


def test_there_are_300_questions_with_hints() -> None:
    assert len([row for row in ROWS if row.get("hints")]) >= 300


@pytest.mark.parametrize("subject", files.SUBJECTS)
def test_every_question_can_be_read_and_its_key_is_right(subject: str) -> None:
    wrong = []
    for row in files.read(f"{subject}/items.yaml"):
        asked = engine.parse_item(engine.write_plain(row))
        marking = engine.mark(asked, engine.key_response(asked))
        if not marking.is_right and not engine.is_marked_by_person(asked):
            wrong.append(asked.identifier)
    assert wrong == []


def test_every_kind_of_question_is_there() -> None:
    assert {row["kind"] for row in ROWS} == set(KINDS)


def test_names_are_given_once() -> None:
    names = [row.source_id for row in RESOURCES] + [row["id"] for row in ROWS]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_name_that_is_used_is_given() -> None:
    known = {row.source_id for row in RESOURCES}
    used = {row.variant_of for row in RESOURCES if row.variant_of}
    used |= {row["resource"] for row in ROWS}
    used |= {name for collection in files.collections() for name in collection["resources"]}
    assert used - known == set()


def test_every_skill_that_is_named_is_in_a_framework() -> None:
    known = {row.source_id for framework in files.frameworks() for row in framework.competencies}
    used = {one.competency for row in RESOURCES for one in row.alignments}
    used |= {row["competency"] for row in ROWS if row.get("competency")}
    used |= {code for one in files.read("school.yaml")["classes"] for code in one["path"]}
    used |= {end for framework in files.frameworks() for link in framework.links for end in (link.origin, link.target)}
    used |= {row["code"] for row in [*PEOPLE["notes"], *PEOPLE["judgements"]] if "code" in row}
    assert used - known == set()


def test_there_are_eight_collections_that_say_why() -> None:
    assert len([row for row in files.collections() if len(row["why"]) > 100 and len(row["resources"]) >= 8]) >= 8


def test_a_collection_says_of_most_pieces_why_they_are_there() -> None:
    for row in files.collections():
        said = [why for _name, _section, why in row["entries"] if why]
        assert len(said) >= len(row["entries"]) / 2, row["id"]
        assert len({section for _name, section, _why in row["entries"]}) >= 2, row["id"]


def test_a_collection_in_spanish_begins_with_pieces_in_spanish() -> None:
    languages = {row.source_id: row.language for row in RESOURCES}
    for row in files.collections():
        if row.get("language") == "es":
            spanish = [name for name in row["resources"] if languages[name] == "es"]
            assert len(spanish) > len(row["resources"]) / 2


def test_every_resource_says_its_ways_in_and_what_makes_it_open_to_more() -> None:
    assert all(row.ways_in and row.accessibility for row in RESOURCES)


def test_four_classes_have_26_students_each() -> None:
    sizes = Counter(row["cohort"] for row in PEOPLE["students"])
    assert [sizes[one["cohort"]] for one in files.read("school.yaml")["classes"]] == [26, 26, 26, 26]


def test_one_guardian_has_two_children() -> None:
    assert [row["id"] for row in PEOPLE["guardians"] if len(row["of"]) == 2] == ["g-restrepo"]


def test_every_student_has_words_of_their_own() -> None:
    said = [row[name] for row in PEOPLE["students"] for name in ("goal", "hopes", "assets", "interest_words")]
    assert len(set(said)) == 4 * len(PEOPLE["students"])


def test_interests_are_topics_of_resources() -> None:
    topics = {topic for row in RESOURCES for topic in row.topics}
    assert {topic for row in PEOPLE["students"] for topic in row["interests"]} - topics == set()


# --- the simulation --------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_eight_weeks() -> None:
    first = files.eight_weeks()
    files.eight_weeks.cache_clear()
    assert files.eight_weeks() == first


def test_another_seed_makes_another_truth() -> None:
    assert files.true_mastery(7) != files.true_mastery()
