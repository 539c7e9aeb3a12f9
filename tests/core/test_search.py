"""What a search finds, in which order, and why; asked of a small library in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.library.search import asking, spelling
from headway.core.library.search.reasons import Looked, reasons
from headway.core.library.search.schema import Entry, document, open_index
from headway.core.library.search.values import Asked, Facet, Found, Order, Reader
from headway.core.library.search.words import read_words

HOME, ELSEWHERE = 7, 8
USUAL = Entry(
    resource_id=0, school_id=0, title="", description="", text="", language="en", kind="reading", ways_in=("read",),
    reading_level=5.0, grade_low=5, grade_high=7, minutes=15, screen="no", with_whom="alone", level="usual", licence="CC BY 4.0",
    source="own", topics=(), careers=(), access=(), needs=(), skills=(), skill_words="",
)  # fmt: skip
LIBRARY = (
    USUAL._replace(resource_id=1, title="Evidence from a story", skills=(10,), skill_words="RL.7.1 Prove it"),
    USUAL._replace(resource_id=2, title="Photosynthesis in plants", topics=("animals",), kind="video", ways_in=("watch",), minutes=8),
    USUAL._replace(resource_id=3, title="La fotosíntesis", language="es", kind="video", ways_in=("watch",), reading_level=3.2),
    USUAL._replace(resource_id=4, title="The ferry", description="A story with plants on the quay", skills=(11,), reading_level=9.5),
    USUAL._replace(resource_id=5, title="Stories of the sea", topics=("boats", "music"), careers=("captain",), minutes=30),
    USUAL._replace(resource_id=6, title="Evidence only here", school_id=HOME),
    USUAL._replace(resource_id=7, title="Evidence of another school", school_id=ELSEWHERE),
    USUAL._replace(resource_id=8, title="Canciones del mar", language="es", topics=("music",), reading_level=0.0, kind="music"),
    USUAL._replace(resource_id=9, title="Фотосинтез у рослин", language="uk"),
)  # fmt: skip


@pytest.fixture(scope="module")
def library() -> asking.OpenIndex:
    index = open_index(None)
    with index.writer(heap_size=15_000_000, num_threads=1) as writer:
        for entry in LIBRARY:
            writer.add_document(document(entry))
    return asking.look(index)


def ids(found: Found) -> list[int]:
    return [hit.resource_id for hit in found.hits]


def ask(library: asking.OpenIndex, words: str = "", *, as_typed: bool = False, **facts: Any) -> Found:
    return asking.find(library, Asked(words=words, **facts), school_id=HOME, as_typed=as_typed)


def test_a_word_in_the_title_comes_before_one_in_the_description(library: asking.OpenIndex) -> None:
    assert ids(ask(library, "plants")) == [2, 4]


def test_words_are_found_by_their_stem(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, "story"))) == {1, 4, 5}


def test_spanish_has_its_own_stems_and_needs_no_accents(library: asking.OpenIndex) -> None:
    assert ids(ask(library, "cancion")) == [8]
    assert ids(ask(library, "FOTOSINTESIS")) == [3]


def test_a_language_without_stems_is_found_as_it_stands(library: asking.OpenIndex) -> None:
    assert ids(ask(library, "фотосинтез")) == [9]


def test_what_has_all_words_comes_before_what_has_some(library: asking.OpenIndex) -> None:
    assert ids(ask(library, "evidence story"))[0] == 1


def test_where_enough_has_all_words_nothing_else_is_found() -> None:
    index = open_index(None)
    with index.writer(heap_size=15_000_000, num_threads=1) as writer:
        for number in range(1, 31):
            title = "The red boat" if number <= 20 else "The red house"
            writer.add_document(document(USUAL._replace(resource_id=number, title=title)))
    found = asking.find(asking.look(index), Asked(words="red boat"), school_id=HOME)
    assert found.total == 20


def test_where_nothing_has_all_words_some_are_enough(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, "ferry photosynthesis"))) == {2, 4}


def test_a_phrase_stands_together(library: asking.OpenIndex) -> None:
    assert ids(ask(library, '"stories of the sea"')) == [5]
    assert ids(ask(library, '"sea of the stories"')) == []


def test_a_word_with_a_minus_is_left_out(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, "story -ferry"))) == {1, 5}


@pytest.mark.parametrize("typed", ["photosinthesis", "fotosintesys", "evidnce"])
def test_a_typing_error_is_read_as_the_nearest_word(library: asking.OpenIndex, typed: str) -> None:
    library.__dict__["spelling"] = spelling.learn([("photosynthesis", 2), ("fotosintesis", 2), ("evidence", 3)])
    found = ask(library, typed)
    assert found.total
    assert found.read_as[0][0] == typed


def test_a_last_word_that_is_still_being_typed_is_a_beginning(library: asking.OpenIndex) -> None:
    assert 2 in ids(ask(library, "photosy", as_typed=True))
    assert ids(ask(library, "photosy")) == []


def test_typing_is_completed_by_words_the_school_may_read(library: asking.OpenIndex) -> None:
    assert "evidence" in asking.complete(library, "stories evi", school_id=HOME, limit=5)[0]
    assert asking.complete(library, "another", school_id=HOME, limit=5) == []


def test_another_schools_resources_are_never_found(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, "evidence"))) == {1, 6}
    assert set(ids(asking.find(library, Asked(words="evidence"), school_id=99))) == {1}


def test_choices_within_a_facet_are_alternatives_and_do_not_narrow_its_own_counts(library: asking.OpenIndex) -> None:
    found = ask(library, chosen={Facet.LANGUAGE: ("es",)})
    counts = {count.value: count.count for count in found.facets[Facet.LANGUAGE]}
    assert found.total == 2
    assert counts == {"en": 5, "es": 2, "uk": 1}
    assert {count.value: count.count for count in found.facets[Facet.KIND]} == {"video": 1, "music": 1}
    assert ask(library, chosen={Facet.LANGUAGE: ("es", "uk")}).total == 3


def test_between_facets_everything_must_hold(library: asking.OpenIndex) -> None:
    assert ids(ask(library, chosen={Facet.LANGUAGE: ("es",), Facet.KIND: ("video",)})) == [3]


def test_a_chosen_value_without_results_stays_in_sight(library: asking.OpenIndex) -> None:
    found = ask(library, "photosynthesis", chosen={Facet.LANGUAGE: ("es",)})
    chosen = [count for count in found.facets[Facet.LANGUAGE] if count.is_chosen]
    assert [(count.value, count.count) for count in chosen] == [("es", 0)]


def test_a_skill_finds_what_helps_with_it_or_with_what_is_below_it(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, skills=frozenset({10, 11})))) == {1, 4}


def test_the_code_of_a_skill_finds_what_helps_with_it(library: asking.OpenIndex) -> None:
    assert ids(ask(library, "RL.7.1"))[0] == 1


def test_what_fits_a_reader_is_in_a_language_and_at_a_level_the_reader_reads(library: asking.OpenIndex) -> None:
    reader = Reader(languages={"en": 5.0, "es": None}, done=frozenset({5}))
    assert set(ids(ask(library, reader=reader, fits=True))) == {1, 2, 3, 6, 8}


def test_a_level_nobody_measured_is_no_reason_to_leave_something_out(library: asking.OpenIndex) -> None:
    reader = Reader(languages={"es": 2.0})
    assert ids(ask(library, reader=reader, fits=True)) == [8]


def test_what_a_reader_likes_comes_first_when_ordered_by_fit(library: asking.OpenIndex) -> None:
    reader = Reader(languages={"en": 6.0}, grade=6, interests=("boats",))
    assert ids(ask(library, "story", reader=reader, order=Order.FIT))[0] == 5


def test_short_ones_and_new_ones_can_come_first(library: asking.OpenIndex) -> None:
    assert ids(ask(library, order=Order.SHORTEST))[0] == 2
    assert ids(ask(library, order=Order.NEWEST)) == [9, 8, 6, 5, 4, 3, 2, 1]


def test_pages_follow_each_other_without_gaps(library: asking.OpenIndex) -> None:
    pages = [ids(ask(library, order=Order.NEWEST, limit=3, offset=offset)) for offset in (0, 3, 6)]
    assert [one for page in pages for one in page] == [9, 8, 6, 5, 4, 3, 2, 1]


def test_only_and_without_name_resources(library: asking.OpenIndex) -> None:
    assert set(ids(ask(library, "evidence", only=frozenset({1, 2})))) == {1}
    assert set(ids(ask(library, "evidence", without=frozenset({1})))) == {6}


@given(st.text(max_size=80))
def test_anything_may_be_typed(library: asking.OpenIndex, words: str) -> None:
    for as_typed in (False, True):
        assert ask(library, words, as_typed=as_typed).total >= 0


@given(st.text(alphabet="abcdefghijklmnop", min_size=4, max_size=12), st.integers(0, 10))
def test_a_word_with_one_wrong_letter_is_mended_to_a_word_one_step_away(word: str, place: int) -> None:
    place %= len(word)
    wrong = word[:place] + "z" + word[place + 1 :]
    assert spelling.meant(spelling.learn([(word, 5)]), wrong) == (word,)


def test_stop_words_alone_are_kept() -> None:
    assert [word.typed for word in read_words("to be").words] == ["to", "be"]
    assert [word.typed for word in read_words("the ferry").words] == ["ferry"]


LOOKED = Looked(
    title="Evidence from stories", description="Underline the words that prove it.", text="A ferry waits.", language="en",
    topics=("boats",), careers=("captain",), reading_level=5.0, skills=(10,),
)  # fmt: skip


def why(**facts: Any) -> list[str]:
    found = reasons(Asked(**facts), LOOKED, skill_names={10: "Prove it"})
    return [each.sentence.format(**each.facts) for each in found]


def test_the_reason_names_the_words_as_they_stand_there() -> None:
    assert why(words="story evidence") == ["In its title: Evidence, stories."]


def test_the_reason_says_which_part_holds_the_word() -> None:
    assert why(words="proves") == ["In its description: prove."]
    assert why(words="ferries") == ["In its text: ferry."]


def test_the_reason_names_the_skill_that_was_asked_for() -> None:
    assert why(skills=frozenset({10})) == ["Helps with Prove it."]


def test_the_reason_says_how_it_fits_a_reader() -> None:
    reader = Reader(languages={"en": 6.0}, interests=("boats",))
    assert why(reader=reader) == [
        "About boats, which the student likes.",
        "In en, at a level the student reads.",
    ]
