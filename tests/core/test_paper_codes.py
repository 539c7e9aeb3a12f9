"""A code on paper is typed by people who are in a hurry: what is wrong is found, what is only untidy is read."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.items.paper_codes import SIGNS, STEM_LENGTH, CodeInvalid, paper_code, read_code, stem_of

STEMS = st.text(SIGNS, min_size=STEM_LENGTH, max_size=STEM_LENGTH)
NUMBERS = st.integers(0, 199)


@given(STEMS, NUMBERS)
def test_a_code_is_read_as_it_was_printed(stem, number):
    read = read_code(paper_code(stem, number))
    assert (read.stem, read.number) == (stem, number)


def test_the_signs_of_a_code_by_hand():
    # 2, 3, 4, 5, 6 are the values 0 to 4: 1*0 + 2*1 + 3*2 + 4*3 + 5*4 = 40; number 3 has the digits 0, 0, 3: 8*3 = 24;
    # 64 modulo 29 is 6, which is the sign 8.
    assert paper_code("23456", 3) == "23456-38"


@given(STEMS, NUMBERS, st.integers(0, 8), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_always_found(stem, number, place, wrong):
    bare = paper_code(stem, number).replace("-", "")
    place %= len(bare)
    if STEM_LENGTH <= place < len(bare) - 1 and not wrong.isdigit():
        return
    mistyped = bare[:place] + wrong + bare[place + 1 :]
    if mistyped != bare:
        with pytest.raises(CodeInvalid):
            read_code(mistyped)


@given(STEMS, NUMBERS, st.integers(0, STEM_LENGTH - 2))
def test_two_neighbours_that_were_swapped_are_always_found(stem, number, place):
    bare = paper_code(stem, number).replace("-", "")
    swapped = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
    if swapped != bare:
        with pytest.raises(CodeInvalid):
            read_code(swapped)


@pytest.mark.parametrize("typed", ["k7q2m-10a", " K7Q2M 10 A ", "k7q2mioa", "K7Q2M–1O–A"])
def test_case_spaces_and_digits_that_look_like_letters_do_not_matter(typed):
    code = paper_code("K7Q2M", 10)
    assert read_code(typed.upper().replace("A", code[-1])).number == 10


@pytest.mark.parametrize("typed", ["", "K7", "river", "K7Q2M-3H and more", "K7Q2M-1234H", "<script>"])
def test_what_is_no_code_gets_a_sentence_with_an_example(typed):
    with pytest.raises(CodeInvalid, match="K7Q2M-3"):
        read_code(typed)


def test_a_sheet_has_another_code_when_the_first_is_taken():
    uuid = UUID(int=7)
    assert stem_of(uuid) != stem_of(uuid, attempt=1)
    assert set(stem_of(uuid)) <= set(SIGNS)
