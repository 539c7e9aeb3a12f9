"""Every import of resources: all or nothing, once whatever is repeated, with a report that stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headway.core.items import write_plain
from headway.core.library.values import AlignmentIn, CollectionIn, FileIn, ItemIn, ResourceIn
from headway.core.shared.errors import gettext_noop
from headway.exchange.shared import delivering
from headway.exchange.shared.delivering import RowRefused, deliver
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.records.audit.models import Event
from headway.records.items.models import Item
from headway.records.library import actions
from headway.records.library.models import Alignment, Collection, Delivery, Resource, StoredFile
from tests.people import People

ROOT = Path(__file__).resolve().parents[2]
ROW = ResourceIn(
    source_id="1", title="Bridges that sing", licence="CC BY 4.0", attribution="A. Maker", extra={"Ort": "Hafen"}
)
WRONG = gettext_noop("This row has no title. Write one in the column “title”.")


def send(people: People, rows: Any, **facts: Any) -> ImportReport:
    facts = {"standard": "table", "source": "test-list", "name": "list.csv", "by": people.ada, "at": people.now} | facts
    return deliver(rows, **facts)


def taken(report: ImportReport) -> tuple[int, int, int]:
    rows = report.taken["resources"]
    return rows.made, rows.changed, rows.unchanged


def test_the_same_rows_twice_change_nothing(people: People) -> None:
    rows = [ROW, replace(ROW, source_id="2", alignments=(AlignmentIn(competency="7.1"),))]
    assert taken(send(people, rows)) == (2, 0, 0)
    before = list(Resource.objects.order_by("pk").values())
    assert taken(send(people, rows)) == (0, 0, 2)
    assert list(Resource.objects.order_by("pk").values()) == before


def test_a_row_that_changed_changes_its_resource_and_keeps_its_identity(people: People) -> None:
    send(people, [ROW])
    first = Resource.objects.get(source="test-list")
    assert taken(send(people, [replace(ROW, title="Towers", topics=("music",))])) == (0, 1, 0)
    now = Resource.objects.get(source="test-list")
    assert (now.pk, now.uuid, now.title, now.topics) == (first.pk, first.uuid, "Towers", ["music"])


def test_what_the_sender_tells_beyond_our_words_is_kept(people: People) -> None:
    send(people, [ROW])
    kept = Resource.objects.get(source="test-list")
    assert (kept.extra, kept.licence, kept.attribution) == ({"Ort": "Hafen"}, "CC BY 4.0", "A. Maker")


def test_a_text_that_nobody_measured_is_measured_and_what_the_sender_says_stays(people: People) -> None:
    text = "The ferry waits at the dock. The captain counts the cars. " * 8
    told = replace(ROW, source_id="2", text=text, reading_level=9.0, reading_measure="publisher")
    send(people, [replace(ROW, text=text), told, replace(ROW, source_id="3", text="Too short.")])
    levels = dict(Resource.objects.filter(source="test-list").values_list("source_id", "reading_level"))
    assert 1.0 <= levels["1"] <= 5.0
    assert (levels["2"], levels["3"]) == (9.0, 0.0)


def test_refused_rows_are_named_with_their_place_and_the_others_come_in(people: People) -> None:
    report = send(people, [ROW, RowRefused(place="line 3", sentence=WRONG), RowRefused(place="line 9", sentence=WRONG)])
    assert taken(report) == (1, 0, 0)
    (told,) = report.refused
    assert (told.sentence, told.times, told.places) == (WRONG, 2, ("line 3", "line 9"))
    kept = Delivery.objects.get(uuid=str(report.facts["delivery"]))
    assert [row["place"] for row in kept.report["refused_rows"]] == ["line 3", "line 9"]
    assert kept.state == "done"


def test_an_unknown_skill_is_noted_and_the_resource_comes_in_without_it(people: People) -> None:
    report = send(people, [replace(ROW, alignments=(AlignmentIn(competency="nobody.1"),))])
    assert taken(report) == (1, 0, 0)
    assert [note.places for note in report.notes] == [("nobody.1",)]
    assert not Alignment.objects.filter(resource__source="test-list").exists()


def test_a_decision_of_a_teacher_outlives_the_next_import(people: People) -> None:
    code = people.path[0].code
    rows = [replace(ROW, alignments=(AlignmentIn(competency=code, status="suggested", confidence=0.6),))]
    send(people, rows)
    suggestion = Alignment.objects.get(resource__source="test-list")
    actions.decide_alignments(alignments=[suggestion], accept=False, by=people.ada, at=people.now)
    send(people, [replace(rows[0], title="Changed")])
    assert Alignment.objects.get(resource__source="test-list").status == "refused"


def test_a_file_that_breaks_in_the_middle_brings_nothing_and_says_why(people: People) -> None:
    def rows() -> Iterator[ResourceIn]:
        yield ROW
        raise FileRefused("The file ends here.", place="line 2")

    with pytest.raises(FileRefused):
        send(people, rows())
    assert not Resource.objects.filter(source="test-list").exists()
    kept = Delivery.objects.get(source="test-list")
    assert (kept.state, kept.report["place"]) == ("refused", "line 2")


def test_what_fails_while_it_is_taken_in_leaves_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_facts: Any) -> None:
        raise FileRefused("No room.")

    monkeypatch.setattr(delivering.items, "take_items", broken)
    question = ItemIn(source_id="q", document="")
    with pytest.raises(FileRefused):
        send(people, [ROW, replace(ROW, source_id="2", items=(question,))])
    assert not Resource.objects.filter(source="test-list").exists()


def test_questions_files_and_collections_come_in_together(people: People) -> None:
    question = ItemIn(
        source_id="q", document=write_plain({"id": "q", "kind": "number", "prompt": "1 + 1", "answer": 2})
    )
    file = FileIn(name="map.png", media_type="image/png", content=b"\x89PNG")
    rows = [replace(ROW, items=(question,), file=file), replace(ROW, source_id="2", file=file)]
    send(people, rows, collections=[CollectionIn(source_id="c", title="Sound", resources=("2", "1", "gone"))])
    resources = {row.source_id: row for row in Resource.objects.filter(source="test-list")}
    assert Item.objects.filter(resource=resources["1"]).count() == 1
    assert StoredFile.objects.count() == 1
    assert {row.file_id for row in resources.values()} == {StoredFile.objects.get().pk}
    collection = Collection.objects.get(source="test-list")
    assert [entry.resource.source_id for entry in collection.entries.all()] == ["2", "1"]


def test_a_door_may_come_before_its_root_and_in_another_batch(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ROWS_AT_ONCE", 1)
    send(people, [replace(ROW, source_id="root"), replace(ROW, source_id="door", variant_of="root", language="es")])
    door = Resource.objects.get(source="test-list", source_id="door")
    assert door.variant_of is not None
    assert door.variant_of.source_id == "root"


def test_an_import_is_one_line_of_the_history_and_each_change_another(people: People) -> None:
    send(people, [ROW, replace(ROW, source_id="2")])
    assert set(Event.objects.filter(verb__startswith="delivery.").values_list("verb", flat=True)) == {
        "delivery.begun",
        "delivery.taken",
    }
    assert not Event.objects.filter(verb="resource.taken", facts__source="test-list").exists()
    send(people, [replace(ROW, title="Changed")])
    assert Event.objects.filter(verb="resource.changed", facts__source="test-list").count() == 1


def test_an_import_of_one_school_stays_in_it(people: People) -> None:
    send(people, [ROW], school=people.other_school)
    assert Resource.objects.get(source="test-list").school == people.other_school


SEND = """
import os, sys, django
django.setup()
from django.core.management import call_command
from django.utils import timezone
from headway.core.library.values import ResourceIn
from headway.exchange.shared.delivering import deliver
from headway.exchange.shared.import_report import NoSteps
from headway.records.library.models import Resource, Delivery, ShelfChange

def rows(count, title):
    return [ResourceIn(source_id=str(n), title=f"{title} {n}", description="words " * 20) for n in range(count)]

def go(count, title, steps=None):
    return deliver(rows(count, title), standard="table", source="s", name="n", by=None, at=timezone.now(), steps=steps)
"""


@pytest.mark.parametrize("moment", ["reading", "saving"])
def test_a_process_killed_in_the_middle_leaves_the_library_as_it_was(tmp_path: Path, moment: str) -> None:
    environment = {
        **os.environ,
        "HEADWAY_DATA_DIR": str(tmp_path),
        "HEADWAY_TEST_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "headway.config.settings_test",
        "HEADWAY_DATABASE_URL": "",
        "PYTHONPATH": str(ROOT / "src"),
    }

    def run(*lines: str) -> subprocess.CompletedProcess[str]:
        script = "\n".join([SEND, *lines])
        return subprocess.run(  # noqa: PLW1510  being killed is what is tested
            [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=180
        )

    first = run("call_command('migrate', verbosity=0)", "go(50, 'Before')", "print(Resource.objects.count())")
    assert first.stdout.split()[-1] == "50", first.stderr
    killer = (
        "import signal\n"
        "class Killer(NoSteps):\n"
        "    words = ''\n"
        "    def step(self, words, total=None): self.words = words\n"
        "    def advance(self, by=1):\n"
        f"        if self.words.lower().startswith('{moment}'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "go(12_000, 'After', steps=Killer())"
    )
    killed = run(killer)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    told = run(
        "print(Resource.objects.count(), Resource.objects.filter(title__startswith='After').count(), ShelfChange.objects.count())"
    )
    assert told.stdout.split() == ["50", "0", "1"]
    again = run("r = go(12_000, 'After')", "t = r.taken['resources']", "print(t.made, t.changed, t.unchanged)")
    assert again.stdout.split() == ["11950", "50", "0"], again.stderr


def test_progress_can_be_seen_by_others_while_rows_are_read(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(delivering, "SECONDS_BETWEEN_LOOKS", 0.0)
    seen: list[tuple[str, int, int | None]] = []

    def rows() -> Iterator[ResourceIn]:
        for number in range(3):
            time.sleep(0.001)
            kept = Delivery.objects.get(source="test-list")
            seen.append((kept.state, kept.done, kept.total))
            yield replace(ROW, source_id=str(number))

    send(people, rows(), total=3)
    assert seen == [("waiting", 0, None), ("reading", 1, 3), ("reading", 2, 3)]
