"""Questions that teachers write: kept as QTI 3, with every version, in two languages, put away and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headway.core.items.document import ItemInvalid, parse_item
from headway.core.items.plain import read_plain
from headway.core.library.values import FileIn
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.items import queries as items
from headway.records.items import writing
from headway.records.items.models import Item, ItemFile
from headway.records.library.actions import store_file
from headway.records.library.models import Resource

if TYPE_CHECKING:
    from tests.people import People

KNOT = {"kind": "short_text", "prompt": "Which knot makes a loop?", "accepted": ["bowline"], "hints": ["A rabbit."]}
NUDO = {"kind": "short_text", "prompt": "¿Qué nudo hace un lazo?", "accepted": ["as de guía"]}


@pytest.fixture
def knots(people: People) -> Resource:
    """A set of questions of Ada's."""
    return writing.make_set(
        school=people.school,
        title="Knots",
        language="en",
        competency_ids=[people.competencies["7.1"].pk],
        by=people.ada,
        at=people.now,
    )


def write(people: People, resource: Resource, raw: dict[str, Any] = KNOT, **facts: Any) -> Item:
    return writing.write_question(resource=resource, raw=raw, **{"by": people.ada, "at": people.now, **facts})


def test_a_set_is_something_to_practice_with(knots: Resource) -> None:
    assert (knots.kind, knots.title, knots.source) == ("practice", "Knots", "school")


def test_a_question_is_kept_as_qti_3(people: People, knots: Resource) -> None:
    item = write(people, knots)
    assert parse_item(item.document).identifier == f"q-{item.uuid}"


def test_what_lists_need_is_told_beside_the_document(people: People, knots: Resource) -> None:
    item = write(people, knots)
    assert (item.kind, item.prompt, item.language, item.is_marked_by_person) == (
        "short_text",
        "Which knot makes a loop?",
        "en",
        False,
    )


def test_questions_stand_in_the_order_they_were_written(people: People, knots: Resource) -> None:
    written = [write(people, knots), write(people, knots, KNOT | {"prompt": "And which one slips?"})]
    assert items.items_of(knots) == written


def test_a_changed_question_keeps_what_it_was(people: People, knots: Resource) -> None:
    item = write(people, knots)
    before = item.document
    write(people, knots, KNOT | {"prompt": "Which knot does not slip?"}, item=item)
    item.refresh_from_db()
    assert (item.version, item.prompt, item.versions.get(version=1).document) == (
        2,
        "Which knot does not slip?",
        before,
    )


def test_saving_the_same_again_changes_nothing(people: People, knots: Resource) -> None:
    item = write(people, knots)
    write(people, knots, item=item)
    item.refresh_from_db()
    assert (item.version, item.versions.count()) == (1, 0)


def test_another_skill_alone_is_no_new_version(people: People, knots: Resource) -> None:
    item = write(people, knots)
    write(people, knots, item=item, competency=people.competencies["7.2"])
    item.refresh_from_db()
    assert (item.version, item.competency) == (1, people.competencies["7.2"])


def test_a_former_version_comes_back_as_a_new_one(people: People, knots: Resource) -> None:
    item = write(people, knots)
    write(people, knots, KNOT | {"prompt": "Which knot does not slip?"}, item=item)
    restored = writing.restore_version(item=item, version=1, by=people.ada, at=people.now)
    assert (restored.version, restored.prompt) == (3, "Which knot makes a loop?")


def test_nothing_is_kept_of_a_question_that_asks_nothing(people: People, knots: Resource) -> None:
    with pytest.raises(ItemInvalid):
        write(people, knots, {"kind": "short_text", "prompt": "Which?"})
    assert not items.items_of(knots)


def test_a_variant_stands_in_the_door_of_its_language(people: People, knots: Resource) -> None:
    item = write(people, knots, competency=people.competencies["7.2"])
    made = writing.write_variant(item=item, raw=NUDO, language="es", set_title="Nudos", by=people.ada, at=people.now)
    assert (made.variant_of, made.competency, made.resource.title, made.resource.variant_of) == (
        item,
        people.competencies["7.2"],
        "Nudos",
        knots,
    )


def test_a_second_variant_goes_through_the_same_door(people: People, knots: Resource) -> None:
    first, second = write(people, knots), write(people, knots, KNOT | {"prompt": "And which one slips?"})
    doors = {
        writing.write_variant(item=item, raw=NUDO, language="es", by=people.ada, at=people.now).resource
        for item in (first, second)
    }
    assert len(doors) == 1


def test_a_door_helps_with_the_skills_of_its_set(people: People, knots: Resource) -> None:
    made = writing.write_variant(item=write(people, knots), raw=NUDO, language="es", by=people.ada, at=people.now)
    assert [row.competency for row in made.resource.alignments.all()] == [people.competencies["7.1"]]


def test_a_variant_shows_the_same_picture(people: People, knots: Resource) -> None:
    item = write(people, knots, KNOT | {"picture": {"path": "knot.png", "alt": "A knot"}})
    file = store_file(
        file=FileIn(name="knot.png", media_type="image/png", content=b"png"),
        school=people.school,
        by=people.ada,
        at=people.now,
    )
    ItemFile.objects.create(item=item, path="knot.png", file=file)
    made = writing.write_variant(item=item, raw=NUDO, language="es", by=people.ada, at=people.now)
    assert items.files_of([made])[made.pk]["knot.png"] == file


@pytest.mark.parametrize("language", ["en", "es"])
def test_there_is_one_question_in_each_language(people: People, knots: Resource, language: str) -> None:
    item = write(people, knots)
    writing.write_variant(item=item, raw=NUDO, language="es", by=people.ada, at=people.now)
    with pytest.raises(RuleBroken):
        writing.write_variant(item=item, raw=NUDO, language=language, by=people.ada, at=people.now)


def test_a_question_put_away_is_asked_no_more(people: People, knots: Resource) -> None:
    first, second = write(people, knots), write(people, knots)
    writing.put_question_away(item=first, by=people.ada, at=people.now)
    assert items.items_of(knots) == [second]


def test_a_question_brought_back_stands_where_it_stood(people: People, knots: Resource) -> None:
    first, second = write(people, knots), write(people, knots)
    writing.put_question_away(item=first, by=people.ada, at=people.now)
    writing.bring_question_back(item=first, by=people.ada, at=people.now)
    assert items.items_of(knots) == [first, second]


def test_a_question_moves_up(people: People, knots: Resource) -> None:
    one, two, three = (write(people, knots) for _number in range(3))
    writing.move_question(item=three, by_places=-1, by=people.ada, at=people.now)
    assert items.items_of(knots) == [one, three, two]


def test_the_first_question_does_not_move_up(people: People, knots: Resource) -> None:
    one, two = write(people, knots), write(people, knots)
    assert writing.move_question(item=one, by_places=-1, by=people.ada, at=people.now) == 1
    assert items.items_of(knots) == [one, two]


def test_a_question_that_holds_more_than_the_form_is_not_written_over(people: People, knots: Resource) -> None:
    item = write(people, knots)
    richer = item.document.replace("<p>Which knot", "<p><em>Which</em> knot")
    Item.objects.filter(pk=item.pk).update(document=richer)
    with pytest.raises(RuleBroken):
        write(people, knots, item=item)
    item.refresh_from_db()
    assert item.document == richer


def test_somebody_of_another_school_finds_no_such_set(people: People, knots: Resource) -> None:
    with pytest.raises(NotFound):
        write(people, knots, by=people.eve)


def test_somebody_of_another_school_puts_nothing_away(people: People, knots: Resource) -> None:
    item = write(people, knots)
    with pytest.raises(NotFound):
        writing.put_question_away(item=item, by=people.eve, at=people.now)


def test_what_all_schools_share_is_not_written_here(people: People) -> None:
    with pytest.raises(NotFound):
        write(people, people.resource("7.1-essential"))


def test_a_question_is_read_back_as_it_was_typed(people: People, knots: Resource) -> None:
    raw = read_plain(parse_item(write(people, knots).document))
    assert raw is not None
    assert (raw["prompt"], raw["accepted"], raw["hints"]) == (KNOT["prompt"], ["bowline"], ["A rabbit."])
