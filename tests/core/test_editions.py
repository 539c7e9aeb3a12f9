"""Two editions of a framework are compared by the sender's identifiers, field by field."""

from __future__ import annotations

from typing import Any

from headway.core.standards.editions import LONGEST_STATEMENT, ROWS_KEPT, FieldChange, Reading, compare
from headway.core.standards.values import CompetencyIn, FrameworkIn, LinkIn


def row(name: str, statement: str = "Add.", **more: Any) -> CompetencyIn:
    return CompetencyIn(source_id=name, statement=statement, **more)


def edition(*rows: CompetencyIn, links: tuple[LinkIn, ...] = (), **more: Any) -> FrameworkIn:
    return FrameworkIn(source="x", source_id="f", title=more.pop("title", "F"), competencies=rows, links=links, **more)


def names(changes: Any, sort: str) -> list[str]:
    return [change.source_id for change in getattr(changes, sort)]


def test_a_framework_that_is_not_here_is_new_with_all_in_it() -> None:
    changes = compare(None, edition(row("a"), row("b")))
    assert (changes.is_new, names(changes, "made"), changes.is_empty) == (True, ["a", "b"], False)


def test_the_same_edition_is_empty() -> None:
    same = edition(row("a", extra={"x": {"y": 1}}), links=(LinkIn(kind="related", source_id="1"),))
    assert compare(same, same).is_empty


def test_each_sort_of_change_is_named() -> None:
    before = edition(row("a"), row("b"), row("c"), row("d", parent="a"), row("e"))
    after = edition(row("f"), row("a", "Add and take away."), row("d", parent="c"), row("c"), row("e"))
    changes = compare(before, after, withdrawn_ids=["e"])
    found = {sort: names(changes, sort) for sort in ("made", "changed", "moved", "withdrawn", "came_back")}
    assert found == {"made": ["f"], "changed": ["a"], "moved": ["d"], "withdrawn": ["b"], "came_back": ["e"]}
    assert changes.unchanged == 1


def test_what_was_withdrawn_before_is_not_withdrawn_again() -> None:
    assert compare(edition(row("a"), row("b")), edition(row("a")), withdrawn_ids=["b"]).is_empty


def test_grades_are_one_field() -> None:
    changes = compare(edition(row("a", grade_low=3, grade_high=3)), edition(row("a", grade_low=3, grade_high=5)))
    assert changes.changed[0].fields == (FieldChange(field="grades", before="3", after="3–5"),)


def test_unknown_fields_are_compared_one_level_deep() -> None:
    changes = compare(
        edition(row("a", extra={"item": {"notes": "old", "same": 1}})),
        edition(row("a", extra={"item": {"same": 1, "words": ["x", None]}})),
    )
    assert changes.changed[0].fields == (
        FieldChange(field="notes", before="old", after=""),
        FieldChange(field="words", before="", after="x, "),
    )


def test_a_place_in_the_file_says_nothing() -> None:
    assert not compare(edition(row("a", extra={"place": 1})), edition(row("a", extra={"place": 2}))).changed


def test_a_field_that_repeats_a_column_is_told_once() -> None:
    reading = Reading(columns={"humanCodingScheme": "code"})
    changes = compare(
        edition(row("a", code="1", extra={"item": {"humanCodingScheme": "1"}})),
        edition(row("a", code="2", extra={"item": {"humanCodingScheme": "2"}})),
        reading=reading,
    )
    assert [change.field for change in changes.changed[0].fields] == ["code"]


def test_links_are_counted_by_their_identifiers() -> None:
    before = edition(links=tuple(LinkIn(kind="related", source_id=name) for name in "abc"))
    after = edition(
        links=(
            LinkIn(kind="prerequisite", source_id="a"),
            LinkIn(kind="related", source_id="c"),
            LinkIn(kind="related", source_id="d"),
        )
    )
    changes = compare(before, after, withdrawn_link_ids=["c"])
    assert (changes.links_made, changes.links_changed, changes.links_withdrawn) == (2, 1, 1)


def test_an_end_that_is_found_now_is_no_change_of_the_edition() -> None:
    before = edition(links=(LinkIn(kind="related", source_id="a", origin=""),))
    assert compare(before, edition(links=(LinkIn(kind="related", source_id="a", origin="x"),))).links_changed == 0


def test_a_large_change_is_kept_short_and_counted_whole() -> None:
    many = edition(*(row(str(number), "x" * 999) for number in range(ROWS_KEPT + 9)))
    found = compare(None, many).as_json()
    assert (len(found["made"]), found["counts"]["made"]) == (ROWS_KEPT, ROWS_KEPT + 9)
    assert len(found["made"][0]["statement"]) == LONGEST_STATEMENT + 1
