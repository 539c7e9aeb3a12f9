"""`headway import`: one sentence and exit code 1 for a refusal, JSON for machines, nothing changed the second time."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headway.ops.command_line import app
from headway.records.evidence.models import Evidence
from headway.records.standards.models import Competency

pytestmark = pytest.mark.django_db
LOG = "user_id,item_id,correct,skill\n1,1,1,Mean\n1,2,0,Median\n"


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django is awake and the tables are there already."""
    monkeypatch.setattr("headway.ops.imports.wake", lambda: None)
    monkeypatch.setattr("headway.ops.imports.migrate", list)
    monkeypatch.setattr("headway.ops.exports.wake", lambda: None)
    monkeypatch.setattr("headway.ops.exports.migrate", list)


CARTRIDGE = """<manifest identifier="harbor-course-1"><metadata><schema>IMS Common Cartridge</schema></metadata><organizations/><resources>
<resource identifier="r" type="imswl_xmlv1p3"><webLink><title>Live</title><url href="https://example.org/harbor"/></webLink></resource></resources></manifest>"""


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_a_log_comes_in_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    code, first, _ = run("responses", tmp_path / "log.csv", "--json")
    _, again, _ = run("responses", tmp_path / "log.csv", "--json")

    assert code == 0
    assert json.loads(first)["taken"]["evidence"] == {"made": 2, "changed": 0, "unchanged": 0}
    assert json.loads(again)["changed_nothing"] is True


def test_a_person_reads_counts_and_what_is_worth_knowing(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    _, shown, _ = run("responses", tmp_path / "log.csv")

    assert "Evidence: 2 new, 0 changed, 0 as before" in shown
    assert "The log has no times." in shown


def test_a_broken_file_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG + "1,2,perhaps,Mean\n", encoding="utf-8")

    code, shown, complaint = run("responses", tmp_path / "log.csv")

    assert code == 1
    assert shown == ""
    assert "Line 4: “perhaps” is neither right (1) nor wrong (0)" in complaint
    assert Evidence.objects.count() == 0


def test_a_machine_gets_the_refusal_as_json(tmp_path: Path) -> None:
    (tmp_path / "frame.json").write_text("{", encoding="utf-8")

    code, shown, _ = run("case", tmp_path / "frame.json", "--json")

    assert code == 1
    assert json.loads(shown)["place"] == "line 1"


def test_a_column_without_a_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")

    code, _, complaint = run("responses", tmp_path / "log.csv", "--column", "student")

    assert code == 1
    assert "--column student=PUPIL" in complaint


def test_a_folder_of_frameworks_comes_in_one_by_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        package = {
            "CFDocument": {"identifier": name, "title": name},
            "CFItems": [{"identifier": f"{name}1", "fullStatement": "Add."}],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(package), encoding="utf-8")

    code, shown, _ = run("case", tmp_path, "--json")

    assert code == 0
    assert [report["facts"]["framework"] for report in json.loads(shown)] == ["a", "b"]


def framework(*statements: str) -> str:
    items = [{"identifier": f"i{number}", "fullStatement": words} for number, words in enumerate(statements)]
    return json.dumps({"CFDocument": {"identifier": "f", "title": "Boats"}, "CFItems": items})


def test_a_preview_shows_what_would_change_and_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "boats.json"
    path.write_text(framework("Row.", "Sail."), encoding="utf-8")
    run("case", path)
    path.write_text(framework("Row a boat."), encoding="utf-8")

    code, shown, _ = run("case", path, "--preview")

    assert code == 0
    assert "Changed: 1" in shown
    assert "statement: “Row.” → “Row a boat.”" in shown
    assert "Withdrawn, with their evidence kept: 1" in shown
    _, as_json, _ = run("case", path, "--preview", "--json")
    assert json.loads(as_json)["counts"]["withdrawn"] == 1
    assert set(Competency.objects.values_list("statement", flat=True)) == {"Row.", "Sail."}


def test_a_broken_package_in_a_zip_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("good.json", framework("Row."))
        packed.writestr("bad.json", "{")

    code, _, complaint = run("case", tmp_path / "all.zip")

    assert code == 1
    assert "all.zip: bad.json" in complaint
    assert Competency.objects.count() == 0


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    code, _, complaint = run("case", tmp_path / "nothing.json")
    assert code == 1
    assert "There is no file at" in complaint


@pytest.mark.parametrize("name", ["case", "oatutor", "responses"])
def test_help_shows_examples_and_exit_codes(name: str) -> None:
    code, shown, _ = run(name, "--help")

    assert code == 0
    assert f"headway import {name}" in shown
    assert "Exit codes" in shown


def test_a_table_of_standards_and_links_between_them_come_in(tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text("code,statement\nA.1,Tie a knot\nA.2,Tie a bowline\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,to,kind\nA.1,A 2,prerequisite\n", encoding="utf-8")

    code, first, _ = run("standards", tmp_path / "ours.csv", "--title", "Knots", "--json")
    also, links, _ = run("edges", tmp_path / "links.csv", "--json")

    assert (code, also) == (0, 0)
    assert json.loads(first)["facts"]["framework"] == "Knots"
    assert json.loads(links)["facts"]["prerequisites"] == 1


def test_a_framework_of_no_network_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")

    code, _, complaint = run("asn", tmp_path / "x.json")

    assert code == 1
    assert "headway import standards" in complaint


PACKAGES = {
    "cartridge": ("course.imscc", {"imsmanifest.xml": CARTRIDGE}),
    "qti": ("test.zip", {"imsmanifest.xml": "<manifest/>"}),
    "h5p": ("quiz.h5p", {"h5p.json": "{}"}),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_without_contents_is_one_sentence_and_exit_code_1(name: str, tmp_path: Path) -> None:
    file_name, files = PACKAGES[name]
    with zipfile.ZipFile(tmp_path / file_name, "w") as package:
        for inside, text in files.items():
            package.writestr(inside, "<broken" if name == "cartridge" else text)

    code, out, told = run(name, tmp_path / file_name)

    assert (code, out) == (1, "")
    assert told.splitlines()[-1].startswith(file_name)
    assert "Traceback" not in told


def test_a_cartridge_comes_in_and_goes_out_as_descriptions(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "course.imscc", "w") as package:
        package.writestr("imsmanifest.xml", CARTRIDGE)

    code, out, _ = run("cartridge", tmp_path / "course.imscc", "--json")
    exported = CliRunner().invoke(app, ["export", "lrmi", "--lines", "--source", "common-cartridge"])

    assert (code, json.loads(out)["taken"]["resources"]["made"]) == (0, 1)
    assert json.loads(exported.stdout)["url"] == "https://example.org/harbor"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lrmi", '{"name": "Tides"}'),
        ("kolibri", '{"title": "Harbor", "children": [{"kind": "video", "title": "Tides"}]}'),
    ],
)
def test_a_description_and_a_channel_come_in(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(text)

    code, out, _ = run(name, tmp_path / "file.json")

    assert code == 0
    assert "Resources: 1 new, 0 changed, 0 as before" in out
