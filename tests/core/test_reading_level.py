"""How hard a text is to read, measured."""

from __future__ import annotations

import pytest

from headway.core.library.reading_level import ENGLISH, LEAST_GRADE, MOST_GRADE, SPANISH, measure_text

EASY = (
    "The keeper's cat waits by the door each night. When the wind comes up, she climbs the stairs. There she can see the "
    "boats. One boat is late. It has a red sail and a torn flag. The keeper lights the lamp, and the cat sits close to the "
    "warm glass until the boat turns home."
)
HARD = (
    "Sedimentary accumulation, a consequence of protracted deposition in comparatively undisturbed marine environments, "
    "preserves chronological information that subsequent investigators may interrogate. Notwithstanding considerable "
    "methodological disagreement, contemporary stratigraphers generally acknowledge that correlating geographically separated "
    "formations necessitates paleontological, geochemical and magnetostratigraphic evidence, which remains demanding."
) * 2
SPANISH_EASY = (
    "El gato del farero espera cada noche junto a la puerta. Cuando sopla el viento, sube las escaleras. Desde allí ve los "
    "barcos. Un barco llega tarde. Tiene una vela roja y una bandera rota. El farero enciende la luz, y el gato se sienta "
    "junto al cristal tibio hasta que el barco vuelve a casa."
)
SPANISH_HARD = (
    "Las investigaciones estratigráficas contemporáneas demuestran que las acumulaciones sedimentarias, consecuencia de "
    "prolongadas deposiciones en ambientes marinos relativamente imperturbables, conservan informaciones cronológicas "
    "extraordinariamente significativas para las generaciones posteriores de investigadores."
) * 2


def test_a_story_in_short_sentences_reads_at_a_lower_grade_than_a_paper():
    assert measure_text(EASY, "en").grade < 4
    assert measure_text(HARD, "en").grade > 11


def test_spanish_is_measured_by_its_own_formula():
    easy, hard = measure_text(SPANISH_EASY, "es-MX"), measure_text(SPANISH_HARD, "es")

    assert (easy.measure, hard.measure) == (SPANISH, SPANISH)
    assert easy.grade < 4
    assert hard.grade > 11


def test_a_measure_says_its_name_and_counts_the_words():
    found = measure_text(EASY, "en-US")

    assert (found.measure, found.word_count) == (ENGLISH, len(EASY.split()))


@pytest.mark.parametrize("text", ["", "One boat is late.", " ".join(["boat"] * 49) + "."])
def test_below_fifty_words_nothing_is_said(text):
    found = measure_text(text, "en")

    assert (found.grade, found.measure) == (0, "")


def test_a_language_without_a_formula_keeps_its_word_count_only():
    assert measure_text(EASY, "sw").grade == 0


def test_a_list_of_words_without_a_full_stop_is_not_measured():
    assert measure_text("harbor boat sail wind " * 60, "en").grade == 0


def test_a_grade_stays_within_school_and_is_never_the_zero_of_unmeasured():
    baby = measure_text("I can run. You can run. We can run. " * 10, "en")

    assert baby.grade == LEAST_GRADE > 0
    assert measure_text(HARD, "en").grade <= MOST_GRADE


def test_of_a_book_only_the_beginning_is_read():
    assert measure_text(f"{EASY} " * 200, "en").grade == measure_text(f"{EASY} " * 2000, "en").grade
