"""A pasted class list is read as a person would read it, whatever it was copied from."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.roster.names import ReadList, parse_names

LETTERS = string.ascii_uppercase + "ÁÉÑÖŁ"
word = st.text(LETTERS, min_size=2, max_size=9).map(str.capitalize)
family_name = st.lists(word, min_size=1, max_size=2).map(" ".join)
name = st.tuples(word, family_name)
SHAPES = (
    "{given} {family}",
    "{family}, {given}",
    "{given}\t{family}",
    "{given};{family}",
    "• {given} {family}",
    "{number}. {given} {family}",
    "{number})\t{family}, {given}",
    "{number}\t{given}\t{family}\t{number}",
    '  "{family}, {given}"  ',
)
HEADINGS = {"name", "names", "first", "last", "given", "family", "no", "id", "student", "students", "surname", "grade"}


def read(text: str) -> list[tuple[str, str]]:
    """Return the names of a text that must hold no problem."""
    found = parse_names(text)
    assert not found.problems
    return found.names


@given(st.lists(st.tuples(name, st.sampled_from(SHAPES)), min_size=1, max_size=30, unique_by=lambda row: row[0]))
def test_every_shape_of_a_name_is_read_as_the_same_name(rows: list[tuple[tuple[str, str], str]]) -> None:
    rows = [row for row in rows if not {part.casefold() for part in row[0]} & HEADINGS]
    text = "\n".join(
        shape.format(given=given_name, family=family, number=place)
        for place, ((given_name, family), shape) in enumerate(rows, start=1)
    )
    expected = {(given_name.casefold(), family.casefold()): (given_name, family) for (given_name, family), _ in rows}
    assert read(text) == list(expected.values())


@given(st.text(max_size=400))
def test_any_text_is_read_without_breaking_and_every_line_is_a_name_or_a_problem(text: str) -> None:
    found = parse_names(text)
    assert isinstance(found, ReadList)
    for line in found.lines:
        assert bool(line.problem) != bool(line.given)
        assert "\n" not in line.given + line.family
        assert len(line.given) <= 100
        assert len(line.family) <= 100
    assert [line.number for line in found.lines] == sorted({line.number for line in found.lines})


@given(st.lists(name, min_size=1, max_size=20))
def test_reading_what_was_read_changes_nothing(names: list[tuple[str, str]]) -> None:
    once = parse_names("\n".join(f"{family}, {given_name}" for given_name, family in names)).names
    again = parse_names("\n".join(f"{family}, {given_name}" for given_name, family in once)).names
    assert once == again


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Marisol Quispe Huamán", ("Marisol", "Quispe Huamán")),
        ("Ana María de la Cruz", ("Ana María", "de la Cruz")),
        ("Lena van den Berg", ("Lena", "van den Berg")),
        ("O’Neill, Sean", ("Sean", "O’Neill")),
        ("Cher", ("Cher", "")),
        ("12\tBen\tAlvarez\tben@school.example", ("Ben", "Alvarez")),
        ("- José-Luis Ortega", ("José-Luis", "Ortega")),
        ("(3) Finn Castle", ("Finn", "Castle")),
    ],
)
def test_names_that_schools_really_have(line: str, expected: tuple[str, str]) -> None:
    assert read(line) == [expected]


def test_a_heading_says_which_column_is_the_family_name() -> None:
    assert read("Last name\tFirst name\nAlvarez\tBen") == [("Ben", "Alvarez")]


@pytest.mark.parametrize("line", ["12345678901", "ben@school.example", "Ben, Alvarez, Jr", "Ben\tJ\tAlvarez", "R2 D2"])
def test_a_line_that_is_no_name_is_refused_with_its_number(line: str) -> None:
    found = parse_names(f"Caro Brandt\n\n{line}\nFinn Castle")
    assert [problem.number for problem in found.problems] == [3]


def test_a_name_that_comes_twice_is_taken_once_and_marked() -> None:
    found = parse_names("Ben Alvarez\nALVAREZ, BEN")
    assert found.names == [("Ben", "Alvarez")]
    assert found.lines[1].is_repeat
