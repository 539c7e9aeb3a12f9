"""The index follows the database: what is changed is found, what is lost is built anew."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from headway.core.library.search.reasons import SIMILAR
from headway.core.library.search.values import Asked, Facet
from headway.core.library.values import ResourceIn
from headway.records.library import actions, change_log, deliveries, meaning, search_index
from headway.records.library.models import Alignment, Resource, ShelfChange
from headway.records.library.search import complete, search
from tests.people import People, resources

ROW = ResourceIn(source_id="1", title="Bridges that sing", description="Wires and wind", topics=("music",))


def take(people: People, *rows: ResourceIn, **facts: Any) -> None:
    actions.take_resources(
        source="elsewhere", rows=rows or (ROW,), competencies={}, by=people.ada, at=people.now, **facts
    )


def found(people: People, words: str, **facts: Any) -> list[str]:
    shelf = search(people.school, Asked(words=words, **facts))
    return [result.resource.title for result in shelf.results]


def test_a_resource_is_found_as_soon_as_it_came_in(people: People) -> None:
    assert found(people, "bridges") == []
    take(people)
    assert found(people, "bridges") == ["Bridges that sing"]


def test_a_changed_title_is_found_by_its_new_words_only(people: People) -> None:
    take(people)
    take(people, replace(ROW, title="Towers that hum"))
    assert (found(people, "bridges"), found(people, "towers")) == ([], ["Towers that hum"])


def test_a_resource_of_another_school_is_not_found(people: People) -> None:
    take(people, school=people.other_school)
    assert found(people, "bridges") == []


def test_a_resource_that_was_taken_out_is_not_found_even_before_the_index_knows(people: People) -> None:
    take(people)
    assert found(people, "bridges")
    Resource.objects.filter(source="elsewhere").update(is_active=False)
    assert found(people, "bridges") == []


def test_an_accepted_suggestion_is_found_by_its_skill(people: People) -> None:
    skill = people.path[0]
    take(people)
    resource = Resource.objects.get(source="elsewhere")
    suggestion = Alignment.objects.create(resource=resource, competency=skill, source="words", status="suggested")
    asked = {"skills": frozenset({skill.pk})}
    assert "Bridges that sing" not in found(people, "", **asked, limit=200)
    actions.decide_alignments(alignments=[suggestion], accept=True, by=people.ada, at=people.now)
    assert "Bridges that sing" in found(people, "", **asked, limit=200)


def test_a_delivery_is_one_line_of_the_log_and_all_of_it_is_found(people: People) -> None:
    rows = [replace(ROW, source_id=str(number), title=f"Bridge {number}") for number in range(30)]
    delivery = deliveries.begin_delivery(format="table", source="elsewhere", name="a", by=people.ada, at=people.now)
    lines = ShelfChange.objects.count()
    take(people, *rows, delivery=delivery)
    deliveries.end_delivery(delivery=delivery, report={}, by=people.ada, at=people.now)
    assert ShelfChange.objects.count() == lines + 1
    assert search(people.school, Asked(words="bridge")).total == 30


def test_an_index_that_was_lost_is_built_anew(people: People) -> None:
    take(people)
    assert found(people, "bridges")
    search_index.forget()
    assert found(people, "bridges") == ["Bridges that sing"]


def test_a_damaged_pointer_is_no_index(people: People) -> None:
    take(people)
    assert found(people, "bridges")
    (search_index.home() / search_index.POINTER).write_text("{", encoding="utf-8")
    assert found(people, "bridges") == ["Bridges that sing"]


def test_an_index_older_than_the_log_is_built_anew(people: People) -> None:
    take(people)
    assert found(people, "bridges")
    take(people, replace(ROW, source_id="2", title="Towers"))
    take(people, replace(ROW, source_id="3", title="Tunnels"))
    last = ShelfChange.objects.order_by("-pk").first()
    assert last is not None
    ShelfChange.objects.filter(pk__lt=last.pk).delete()
    assert found(people, "towers") == ["Towers"]


def test_following_the_same_lines_again_changes_nothing(people: People) -> None:
    take(people)
    assert search(people.school, Asked(words="bridges")).total == 1
    pointer = search_index.home() / search_index.POINTER
    told = json.loads(pointer.read_text(encoding="utf-8"))
    pointer.write_text(json.dumps(told | {"applied": told["applied"] - 1}), encoding="utf-8")
    assert search(people.school, Asked(words="bridges")).total == 1


def test_a_search_asks_the_database_three_times_however_much_it_finds(
    people: People, django_assert_num_queries: Any
) -> None:
    take(people, *(replace(ROW, source_id=str(number)) for number in range(40)))
    search_index.catch_up()
    with override_settings(SEARCH_FOLLOWS=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "_begin_to_follow", lambda: None)
        with django_assert_num_queries(2):
            assert len(search(people.school, Asked(words="bridges")).results) == 20


def test_counts_say_how_many_of_each_sort_the_school_may_use(people: People) -> None:
    counts = search(people.school, Asked()).facets[Facet.LANGUAGE]
    assert {count.value for count in counts} == {row.language for row in resources()}


def test_completions_are_words_of_the_library(people: People) -> None:
    take(people)
    assert "bridges" in complete(people.school, "brid")


def test_old_lines_of_the_log_are_forgotten_but_the_newest(people: People) -> None:
    take(people)
    take(people, replace(ROW, source_id="2"))
    newest = ShelfChange.objects.latest("pk").pk
    change_log.forget_old_lines(at=people.now + timedelta(days=31))
    assert list(ShelfChange.objects.values_list("pk", flat=True)) == [newest]
    assert len(found(people, "bridges")) == 2


def alike(patch: pytest.MonkeyPatch, *titles: str) -> None:
    """Let these resources be nearest in meaning to anything, in this order, and all others be far."""
    near = dict(zip([Resource.objects.get(title=title).pk for title in titles], (0.9, 0.8, 0.7), strict=False))

    def nearest(text: str, *, most: int = 40, allowed: Any = None) -> list[tuple[int, float]]:
        if allowed is None:
            return list(near.items())[:most]
        return [(pk, near.get(pk, 0.1)) for pk in allowed]

    patch.setattr(meaning, "has_model", lambda: True)
    patch.setattr(meaning, "nearest_resources", nearest)


def test_what_says_the_same_in_other_words_is_found_with_what_has_the_words(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(people, ROW, replace(ROW, source_id="2", title="Spans that hum", description=""))
    alike(monkeypatch, "Spans that hum")
    shelf = search(people.school, Asked(words="bridges wind"))
    told = {result.resource.title: [why.sentence for why in result.why] for result in shelf.results}
    assert set(told) == {"Bridges that sing", "Spans that hum"}
    assert told["Spans that hum"][0] == SIMILAR
    assert SIMILAR not in told["Bridges that sing"]


def test_meaning_finds_nothing_of_another_school_and_nothing_against_a_filter(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(people, replace(ROW, source_id="2", title="Theirs", description=""), school=people.other_school)
    take(people, ROW, replace(ROW, source_id="3", title="Puentes", description="", language="es"))
    alike(monkeypatch, "Theirs", "Puentes")
    assert set(found(people, "bridges wind")) == {"Bridges that sing", "Puentes"}
    assert found(people, "bridges wind", chosen={Facet.LANGUAGE: ("en",)}) == ["Bridges that sing"]


def test_pages_of_a_blended_search_follow_each_other_without_gaps(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [replace(ROW, source_id=str(number), title=f"Bridge {number}", topics=()) for number in range(130)]
    take(people, *rows, replace(ROW, source_id="near", title="Spans that hum", description="", topics=()))
    alike(monkeypatch, "Spans that hum")
    pages = [found(people, "bridge wires", offset=offset) for offset in range(0, 140, 20)]
    titles = [title for page in pages for title in page]
    assert len(titles) == len(set(titles)) == 131
    assert search(people.school, Asked(words="bridge wires")).total == 131


OTHER = """
import sys, time, django
django.setup()
from django.utils import timezone
from headway.core.library.values import ResourceIn
from headway.records.library import actions
print("ready", flush=True)
sys.stdin.readline()
actions.take_resources(source="other", rows=[ResourceIn(source_id="1", title="Zephyr from elsewhere")], competencies={}, by=None,
    at=timezone.now())
print(time.time(), flush=True)
"""


def test_a_change_made_by_another_process_is_found_within_a_second(tmp_path: Any) -> None:
    done = subprocess.run(  # noqa: PLW1510
        [sys.executable, "-c", FOLLOWER, OTHER],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 1.0


FOLLOWER = """
import os, subprocess, sys, time, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from headway.core.library.search.values import Asked
from headway.records.library.search import search
from headway.records.roster.models import Organisation
school = Organisation.objects.create(kind="school", name="One")
search(school, Asked(words="zephyr"))
other = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
other.stdout.readline()
other.stdin.write("go\\n"); other.stdin.flush()
written = float(other.stdout.readline())
while not search(school, Asked(words="zephyr")).total:
    if time.time() - written > 20: sys.exit("not found")
    time.sleep(0.01)
print(time.time() - written)
other.wait()
"""


def environment(data: Any) -> dict[str, str]:
    import os  # noqa: PLC0415

    return {
        **os.environ,
        "HEADWAY_DATA_DIR": str(data),
        "HEADWAY_DATABASE_URL": "",
        "HEADWAY_SECRET_KEY": "s" * 50,
        "DJANGO_SETTINGS_MODULE": "headway.config.settings",
    }
