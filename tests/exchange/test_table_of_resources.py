"""Tables of resources: opened as they are, columns guessed or remembered, cells read in many spellings."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headway.core.shared.errors import RuleBroken
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.table import cells
from headway.exchange.table.columns import chosen, guess, guess_all, header_key
from headway.exchange.table.reading import languages, look, take_file
from headway.exchange.table.wire import Reader
from headway.records.library.models import Alignment, ColumnMapping, Resource
from tests.exchange.real_data import DATA

if TYPE_CHECKING:
    from headway.core.library.values import ResourceIn
    from tests.people import People

SPANISH = "Título;Idioma;Grado;Duración;Tipo;Estándares\nEl faro;Español;3-5;20 min;cuento;7.1\nLa marea;es;K-2;PT5M;vídeo de clase;7.1 (0.6)\n"


def read(row: dict[str, Any], **columns: str) -> ResourceIn:
    return Reader(guess_all(row) | columns, languages()).resource(row)


def file_of(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class TestColumnsAreGuessed:
    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ("Title", "title"),
            ("Título", "title"),
            ("learningResourceType", "kind"),
            ("Grade (min)", "grade_low"),
            ("grade_max", "grade_high"),
            ("duration_s", "seconds"),
            ("Duración en minutos", "minutes"),
            ("typicalAgeRange", "ages"),
            ("educationalAlignment.targetName", "alignments"),
            ("Palabras clave", "keywords"),
            ("house cat", ""),
        ],
    )
    def test_by_the_header(self, header: str, field: str):
        assert guess(header) == field

    def test_two_columns_do_not_both_tell_the_title(self):
        assert guess_all(["Name", "Title"]) == {"Name": "title", "Title": ""}

    def test_several_columns_may_tell_skills(self):
        assert set(guess_all(["Standard", "Skills"]).values()) == {"alignments"}

    def test_a_wish_goes_before_the_guess(self):
        assert chosen(["Name", "Titel"], {"titel": "title"}) == {"Name": "", "Titel": "title"}

    @pytest.mark.parametrize("wishes", [{"Farbe": "title"}, {"Name": "colour"}])
    def test_a_wish_for_what_is_not_there_says_what_is(self, wishes: dict[str, str]):
        with pytest.raises(RuleBroken, match=r"Name|title"):
            chosen(["Name"], wishes)

    def test_the_same_columns_in_another_order_have_the_same_key(self):
        assert header_key(["Title", "Link"]) == header_key(["link", "TITLE"]) != header_key(["Title"])


class TestCells:
    @pytest.mark.parametrize(
        ("said", "minutes"),
        [("15", 15), ("15 min", 15), ("1 h 30 min", 90), ("10-15 minutes", 15), ("PT1H5M", 65), ("0:45:00", 45), ("4:10", 5), ("90 s", 2), ("2,5 horas", 150), ("P2D", 400)],
    )  # fmt: skip
    def test_minutes(self, said: str, minutes: int):
        assert cells.minutes_of(said) == minutes

    @pytest.mark.parametrize(
        ("said", "grades"),
        [("4", (4, 4)), ("Grade 4", (4, 4)), ("3-5", (3, 5)), ("K-2", (0, 2)), ("4.º", (4, 4)), ("6, 7, 8", (6, 8)), ("Kindergarten", (0, 0)), ("high school", (9, 12))],
    )  # fmt: skip
    def test_grades(self, said: str, grades: tuple[int, int]):
        assert cells.grades_of(said) == grades

    @pytest.mark.parametrize(
        ("said", "grades"), [("6", (1, 1)), ("8-10", (3, 4)), ("11-14", (6, 8)), ("5", (0, 0)), ("3-4", (0, 0))]
    )
    def test_ages_become_grades(self, said: str, grades: tuple[int, int]):
        assert cells.ages_of(said) == grades

    @pytest.mark.parametrize(
        ("said", "tag"),
        [("en", "en"), ("Español", "es"), ("spanish", "es"), ("inglés", "en"), ("spa", "es"), ("es_mx", "es-MX"), ("zh-Hans", "zh-Hans"), ("ach", "ach"), ("Kiswahili", "sw")],
    )  # fmt: skip
    def test_languages(self, said: str, tag: str):
        assert cells.language_of(said, {**languages(), "kiswahili": "sw"}) == tag

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: cells.minutes_of("a while"),
            lambda: cells.grades_of("blue"),
            lambda: cells.ages_of("old"),
            lambda: cells.language_of("Klingonish", languages()),
            lambda: cells.address_of("javascript:alert(1)"),
            lambda: cells.yes_or_no("perhaps"),
            lambda: cells.number("inf"),
        ],
    )
    def test_what_cannot_be_read_is_said_in_a_sentence(self, wrong: Any):
        with pytest.raises(cells.BadCell) as problem:
            wrong()
        assert "“" in str(problem.value)

    def test_a_list_is_cut_at_the_strongest_separator_that_is_there(self):
        assert cells.pieces("a, b; c") == ["a, b", "c"]

    def test_a_text_measure_becomes_a_grade_level(self):
        assert cells.reading_level_of("875L") == (4.5, "lexile")

    def test_a_licence_has_one_name_however_it_is_written(self):
        written = ("https://creativecommons.org/licenses/by-sa/4.0/ <CC BY-SA 4.0>", "CC-BY-SA 4.0", "cc by-sa 4.0")
        assert {cells.licence_of(one) for one in written} == {"CC BY-SA 4.0"}


class TestARowBecomesAResource:
    def test_with_all_that_its_columns_tell(self):
        found = read(
            {"id": "f1", "title": "The lighthouse", "type": "picture book", "lang": "en", "grade_min": 2, "grade_max": 3, "duration_s": 610, "subject": "ela",
             "topics": ["Sea > Boats"], "standards": "RL.2.1; RL.2.3 (0.7)", "needs": "paper|scissors", "author": "Lind, Ada", "source": "Harbor"}
        )  # fmt: skip

        assert (found.kind, found.minutes, found.grade_low, found.grade_high) == ("story", 11, 2, 3)
        assert (found.topics, found.needs) == (("ela", "sea", "boats"), ("paper", "scissors"))
        assert [(one.competency, one.confidence) for one in found.alignments] == [("RL.2.1", 1.0), ("RL.2.3", 0.7)]
        assert found.attribution == "Lind, Ada · Harbor"

    def test_what_no_word_of_ours_tells_is_kept_as_it_is(self):
        assert read({"title": "x", "house cat": ["Mittens"]}).extra == {"house cat": ["Mittens"]}

    def test_an_age_counts_where_no_grade_is_told(self):
        found = read({"title": "x", "age_min": 11, "age_max": 14})
        assert (found.grade_low, found.grade_high) == (6, 8)

    def test_without_an_id_it_is_known_by_its_address(self):
        first, second = (read({"title": title, "url": "https://example.org/a"}) for title in ("One", "Two"))
        assert first.source_id == second.source_id

    def test_without_a_title_the_description_begins_for_it(self):
        assert read({"title": "", "description": "Look at the tide. " * 20}).title.startswith("Look at the tide.")

    def test_steps_are_cut_at_their_numbers_and_never_at_commas(self):
        assert read({"title": "x", "steps": "1. Read, then talk. 2. Draw."}).steps == ("Read, then talk.", "Draw.")

    def test_a_bad_cell_names_its_column(self):
        with pytest.raises(cells.BadCell) as problem:
            read({"title": "x", "duration": "a while"})
        assert problem.value.facts["column"] == "duration"

    def test_no_address_is_no_reason_to_leave_a_row_out(self):
        found = read({"title": "x", "url": "see the office"})
        assert (found.url, found.extra) == ("", {"url": "see the office"})


class TestOpening:
    @pytest.mark.parametrize(
        "content",
        [
            SPANISH.encode(),
            b"\xef\xbb\xbf" + SPANISH.encode(),
            SPANISH.encode("utf-16"),
            SPANISH.encode("utf-16-le"),
            SPANISH.encode("cp1252"),
            SPANISH.replace(";", "\t").encode(),
            SPANISH.replace(";", ",").encode(),
        ],
        ids=["utf-8", "mark", "utf-16", "utf-16 without a mark", "windows", "tabs", "commas"],
    )
    @pytest.mark.django_db
    def test_however_a_spreadsheet_wrote_it(self, tmp_path: Path, content: bytes):
        found = look(file_of(tmp_path, content), source="x")

        assert list(found.columns.values()) == ["title", "language", "grades", "minutes", "kind", "alignments"]
        assert (found.rows[0][0], found.count) == ("El faro", 2)

    @pytest.mark.django_db
    def test_a_text_with_line_ends_is_one_row_and_the_next_has_its_own_line(self, tmp_path: Path):
        path = file_of(tmp_path, 'title,duration\n"A\nB, C",5\nD,a while\n')
        found = look(path, source="x")

        assert found.resources[0].title == "A B, C"  # type: ignore[union-attr]
        assert found.resources[1].place == "line 4, duration"  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "empty"),
            ("only one column\nx\n", "one column"),
            (b"PK\x03\x04rest", "not a table of text"),
            (b"title,b\n\x00\x01\x02\n", "not a table of text"),
            ('["a", "b"]', "not an object"),
            ('{"title": ', "not JSON"),
        ],
    )
    @pytest.mark.django_db
    def test_what_is_no_table_is_refused_in_a_sentence(self, tmp_path: Path, content: str | bytes, words: str):
        with pytest.raises(FileRefused, match=words):
            look(file_of(tmp_path, content), source="x")


class TestTakingIn:
    def test_the_same_file_again_changes_nothing(self, people: People, tmp_path: Path):
        path = file_of(tmp_path, SPANISH)
        first = take_file(path, source="Biblioteca", by=people.ada, at=people.now, school=people.school)
        again = take_file(path, source="Biblioteca", by=people.ada, at=people.now, school=people.school)

        assert first.taken["resources"].made == 2
        assert again.changed_nothing

    def test_a_resource_is_aligned_by_its_code(self, people: People, tmp_path: Path):
        take_file(file_of(tmp_path, SPANISH), source="b", by=people.ada, at=people.now, school=people.school)

        rows = Alignment.objects.filter(resource__school=people.school, competency=people.competencies["7.1"])
        assert sorted(rows.values_list("resource__title", "confidence")) == [("El faro", 1.0), ("La marea", 0.6)]

    def test_bad_rows_stay_out_and_the_rest_comes_in(self, people: People, tmp_path: Path):
        path = file_of(tmp_path, "title,lang,grade\nA,en,4\nB,Klingonish,4\nC,en,4,5,6\n")
        report = take_file(path, source="x", by=people.ada, at=people.now, school=people.school)

        assert report.taken["resources"].made == 1
        assert sorted(place for told in report.refused for place in told.places) == ["line 3, lang", "line 4"]

    def test_chosen_columns_are_remembered_for_the_next_file(self, people: People, tmp_path: Path):
        signed: dict[str, Any] = {"source": "x", "by": people.ada, "at": people.now, "school": people.school}
        take_file(
            file_of(tmp_path, "Was,Wo\nMeer,https://example.org/1\n"), wishes={"Was": "title", "Wo": "url"}, **signed
        )
        take_file(file_of(tmp_path, "Wo,Was\nhttps://example.org/2,Boot\n", "next.csv"), **signed)

        assert set(Resource.objects.filter(school=people.school).values_list("title", "url")) == {
            ("Meer", "https://example.org/1"),
            ("Boot", "https://example.org/2"),
        }
        assert ColumnMapping.objects.get().made_by == people.ada

    def test_another_school_does_not_remember_it(self, people: People, tmp_path: Path):
        path = file_of(tmp_path, "Was,Wo\nMeer,https://example.org/1\n")
        take_file(path, source="x", wishes={"Was": "title"}, by=people.ada, at=people.now, school=people.school)

        with pytest.raises(FileRefused, match="Was, Wo"):
            take_file(path, source="x", by=people.eve, at=people.now, school=people.other_school)

    def test_two_schools_may_name_their_lists_alike(self, people: People, tmp_path: Path):
        for school in (people.school, people.other_school):
            take_file(file_of(tmp_path, "id,title\n1,Ours\n"), source="list", by=None, at=people.now, school=school)

        assert Resource.objects.filter(title="Ours").count() == 2

    def test_packed_json_lines_with_a_broken_line(self, people: People, tmp_path: Path):
        lines = [
            json.dumps({"id": "1", "name": "Tide\u2028pools"}),
            "{",
            json.dumps({"id": "2", "name": "Boats", "new": 1}),
        ]
        path = file_of(tmp_path, gzip.compress("\n".join(lines).encode()), "list.jsonl.gz")
        report = take_file(path, source="x", by=None, at=people.now)

        assert report.taken["resources"].made == 2
        assert report.refused[0].places == ("line 2",)

    def test_nothing_comes_in_where_no_column_tells_a_title(self, people: People, tmp_path: Path):
        before = Resource.objects.count()
        with pytest.raises(FileRefused, match="The columns are: Farbe, Form"):
            take_file(file_of(tmp_path, "Farbe,Form\nrot,rund\n"), source="x", by=None, at=people.now)
        assert Resource.objects.count() == before


@pytest.mark.django_db
def test_the_real_list_comes_in_without_leaving_a_row_out():
    from headway.exchange.shared.import_report import Tally  # noqa: PLC0415
    from headway.exchange.table import reading  # noqa: PLC0415

    path = DATA / "content" / "resources" / "library_all.jsonl.zst"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    with reading._opened(path) as table:
        assert table.lines > 311_000
        reader = Reader(chosen(table.columns, {}), languages())
        rows = islice(table.rows(), 0, None, 101)
        found = [reading._resource(reader, place, row, Tally()) for place, row in rows]  # type: ignore[arg-type]
    assert [one for one in found if not hasattr(one, "title")] == []
    assert len({one.language for one in found}) > 80  # type: ignore[union-attr]
