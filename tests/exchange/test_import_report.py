"""What an import says of itself is plain, counted, and fit for a machine."""

from __future__ import annotations

import json
from pathlib import Path

from headway.core.shared.taken import Taken
from headway.exchange.shared.import_report import FileRefused, ImportReport, Tally


def test_a_report_is_plain_json_with_its_counts() -> None:
    tally = Tally()
    for number in range(8):
        tally.add("Too large.", f"p{number}")
    tally.add("Too small.", "q")

    report = ImportReport(
        standard="x", taken={"items": Taken(made=1)}, refused=tally.told(), facts={"path": Path("a"), "n": 3}
    ).as_json()

    assert json.loads(json.dumps(report)) == report
    assert report["changed_nothing"] is False
    assert report["refused"][0] == {
        "sentence": "Too large.",
        "facts": {},
        "times": 8,
        "places": ["p0", "p1", "p2", "p3", "p4"],
    }


def test_only_unchanged_rows_mean_that_nothing_changed() -> None:
    assert ImportReport(standard="x", taken={"items": Taken(unchanged=9)}).changed_nothing


def test_a_refusal_carries_its_sentence_place_and_facts() -> None:
    refusal = FileRefused("Line {line}: no.", place="line 4", line=4)

    assert str(refusal) == "Line 4: no."
    assert refusal.as_json() == {
        "refused": True,
        "place": "line 4",
        "sentence": "Line {line}: no.",
        "facts": {"line": 4, "place": "line 4"},
    }
