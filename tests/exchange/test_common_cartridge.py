"""Common Cartridges: pages, links, discussions, work, tests and tools come in, modules become collections."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from headway.exchange.common_cartridge import reading
from headway.exchange.shared.import_report import FileRefused, ImportReport
from headway.records.items.models import Item
from headway.records.library.models import Alignment, Collection, Resource
from tests.exchange.outcomes import AT, is_told_well, outcome
from tests.exchange.real_data import DATA
from tests.people import People

CARTRIDGES = DATA / "interop" / "common-cartridge" / "dev"
pytestmark = pytest.mark.django_db

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="tides-of-the-harbor" xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
  xmlns:lom="http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest" xmlns:csm="http://www.imsglobal.org/xsd/imsccv1p3/imscsmd_v1p0"
  xmlns:cpx="http://www.imsglobal.org/xsd/imsccv1p3/imscp_extensionv1p2">
 <metadata><schema>IMS Common Cartridge</schema><schemaversion>{version}</schemaversion>
  <lom:lom><lom:general><lom:title><lom:string language="en-US">Tides</lom:string></lom:title><lom:language>en-US</lom:language>
   <lom:keyword><lom:string>sea</lom:string></lom:keyword></lom:general>
   <lom:rights><lom:description><lom:string>Attribution-ShareAlike (Creative Commons) - http://creativecommons.org/licenses/by-sa/4.0</lom:string></lom:description></lom:rights></lom:lom>
 </metadata>
 <organizations><organization identifier="o" structure="rooted-hierarchy"><item identifier="root">
  <item identifier="m1"><title>Week one</title>
   <item identifier="a" identifierref="page"><title>Why twice a day</title></item>
   <item identifier="h"><title>More to see</title><item identifier="b" identifierref="link"><title>Harbor live</title></item></item>
   <item identifier="c" identifierref="quiz"><title>What did you see</title></item></item>
  <item identifier="m2"><title>Week two</title>
   <item identifier="d" identifierref="topic"><title>Talk about it</title></item>
   <item identifier="e" identifierref="work"><title>Write it down</title></item>
   <item identifier="f" identifierref="tool"><title>Tide table</title></item>
   <item identifier="g" identifierref="gone"><title>A page that is gone</title></item></item>
 </item></organization></organizations>
 <resources>
  <resource identifier="page" type="webcontent" href="pages/why%20twice.html"><metadata>
    <csm:curriculumStandardsMetadataSet><csm:curriculumStandardsMetadata providerId="x"><csm:setOfGUIDs region="US" version="1">
     <csm:labelledGUID><csm:label>Unit rates</csm:label><csm:GUID>7.2</csm:GUID></csm:labelledGUID></csm:setOfGUIDs></csm:curriculumStandardsMetadata></csm:curriculumStandardsMetadataSet>
    </metadata><file href="pages/why%20twice.html"/><file href="pages/moon.png"/></resource>
  <resource identifier="link" type="imswl_xmlv1p3"><file href="link.xml"/></resource>
  <resource identifier="quiz" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment"><file href="quiz.xml"/></resource>
  <resource identifier="topic" type="imsdt_xmlv1p3"><file href="topic.xml"/></resource>
  <resource identifier="work" type="assignment_xmlv1p0" href="work.xml"><file href="work.xml"/></resource>
  <resource identifier="work_fallback" type="webcontent"><cpx:variant identifier="v" identifierref="work"/><file href="work.html"/></resource>
  <resource identifier="tool" type="imsbasiclti_xmlv1p3"><file href="tool.xml"/></resource>
  <resource identifier="moon" type="webcontent" href="pages/moon.png"><file href="pages/moon.png"/></resource>
  <resource identifier="odd" type="imsiwb_iwbv1p0" href="board.iwb"><file href="board.iwb"/></resource>
  <resource identifier="bad-link" type="imswl_xmlv1p3"><webLink><title>Run</title><url href="javascript:alert(1)"/></webLink></resource>
 </resources>
</manifest>"""
QUESTION = """<item ident="{ident}" title="{title}"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>cc_profile</fieldlabel>
 <fieldentry>{profile}</fieldentry></qtimetadatafield></qtimetadata></itemmetadata><presentation><material><mattext texttype="text/html">{asked}</mattext></material>
 {response}</presentation><resprocessing><outcomes><decvar maxvalue="100"/></outcomes>{conditions}</resprocessing></item>"""
CHOICE = QUESTION.format(
    ident="q1",
    title="How often",
    profile="cc.multiple_choice.v0p1",
    asked="&lt;p&gt;How many tides a day?&lt;/p&gt;",
    response='<response_lid ident="r" rcardinality="Single"><render_choice>'
    + "".join(
        f'<response_label ident="{n}"><material><mattext>{text}</mattext></material></response_label>'
        for n, text in enumerate(("one", "two"))
    )
    + "</render_choice></response_lid>",
    conditions='<respcondition><conditionvar><varequal respident="r">1</varequal></conditionvar><setvar varname="SCORE">100</setvar></respcondition>',
)
PICTURE = QUESTION.format(
    ident="q2",
    title="Where",
    profile="cc.fib.v0p1",
    asked="&lt;p&gt;Look: &lt;img src='moon.png'&gt;&lt;/p&gt;",
    response='<response_str ident="r"><render_fib/></response_str>',
    conditions='<respcondition><conditionvar><varequal respident="r">here</varequal></conditionvar><setvar varname="SCORE">100</setvar></respcondition>',
)
FILES = {
    "imsmanifest.xml": MANIFEST.format(version="1.3.0"),
    "pages/why twice.html": "<html><head><title>Why</title><script>steal()</script></head><body><p>The moon pulls \\(x^2\\) the water.</p></body></html>",
    "pages/moon.png": "\x89PNG",
    "link.xml": '<webLink xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imswl_v1p3"><title>Live</title><url href="https://example.org/harbor"/></webLink>',
    "quiz.xml": f'<questestinterop><assessment ident="a" title="Quiz"><section ident="s">{CHOICE}{PICTURE}</section></assessment></questestinterop>',
    "topic.xml": '<topic><title>Talk</title><text texttype="text/html">&lt;p&gt;What did you see?&lt;/p&gt;</text></topic>',
    "work.xml": '<assignment><title>Write</title><text texttype="text/html">&lt;p&gt;Describe the tide.&lt;/p&gt;</text><gradable points_possible="10">true</gradable><submission_formats><format type="text"/></submission_formats></assignment>',
    "work.html": "<p>Describe the tide.</p>",
    "tool.xml": "<cartridge_basiclti_link><title>Table</title><launch_url>http://example.org/lti</launch_url><secure_launch_url>https://example.org/lti</secure_launch_url></cartridge_basiclti_link>",
    "board.iwb": "strokes",
}


def cartridge(folder: Path, files: dict[str, str] | None = None) -> Path:
    path = folder / "tides.imscc"
    with zipfile.ZipFile(path, "w") as package:
        for name, text in (FILES if files is None else files).items():
            package.writestr(name, text.encode("latin-1") if text.startswith("\x89") else text)
    return path


def take(path: Path) -> ImportReport:
    return reading.take_file(path, by=None, at=AT)


def test_each_type_becomes_the_kind_that_students_do(tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    assert dict(Resource.objects.values_list("title", "kind")) == {
        "Why twice a day": "reading",
        "Harbor live": "interactive",
        "What did you see": "quiz",
        "Talk about it": "discussion",
        "Write it down": "writing",
        "Tide table": "interactive",
        "board": "interactive",
    }


def test_modules_become_collections_in_order(tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    found = {
        one.title: [entry.resource.title for entry in one.entries.select_related("resource")]
        for one in Collection.objects.all()
    }
    assert found == {
        "Week one": ["Why twice a day", "Harbor live", "What did you see"],
        "Week two": ["Talk about it", "Write it down", "Tide table"],
    }


def test_a_page_keeps_its_words_and_its_file_and_loses_its_scripts(tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    page = Resource.objects.get(title="Why twice a day")
    assert page.text == "The moon pulls x² the water."
    assert page.file is not None
    assert (page.file.name, page.file.media_type) == ("why twice.html", "text/html")


def test_licence_language_and_thanks_come_from_the_cartridge(tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    page = Resource.objects.get(title="Why twice a day")
    assert (page.licence, page.language, page.attribution, page.topics) == ("CC BY-SA 4.0", "en", "Tides", ["sea"])


def test_links_and_tools_open_the_secure_address_and_need_the_internet(tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    assert Resource.objects.get(title="Tide table").url == "https://example.org/lti"
    assert set(Resource.objects.filter(needs_internet=True).values_list("title", flat=True)) == {
        "Harbor live",
        "Tide table",
    }


def test_every_question_becomes_an_item_and_what_it_lacks_is_named(tmp_path: Path) -> None:
    report = take(cartridge(tmp_path))

    assert [(item.kind, item.prompt) for item in Item.objects.all()] == [
        ("one_choice", "How many tides a day?"),
        ("short_text", "Look: ___"),
    ]
    assert "What did you see: Where, line 4: moon.png" in [place for told in report.notes for place in told.places]


def test_standards_of_the_cartridge_become_alignments(people: People, tmp_path: Path) -> None:
    take(cartridge(tmp_path))

    assert [one.competency.code for one in Alignment.objects.filter(resource__title="Why twice a day")] == ["TA.7.2"]


def test_what_cannot_come_in_is_named_with_its_reason(tmp_path: Path) -> None:
    report = take(cartridge(tmp_path))

    told = {place: one.sentence for one in report.refused for place in one.places}
    assert told["A page that is gone"] == reading.NOT_LISTED
    assert told["bad-link"] == reading.NO_ADDRESS
    assert [one.places for one in report.notes if one.sentence == reading.KEPT_WITH_OTHERS] == [("pages/moon.png",)]


@pytest.mark.parametrize("version", ["1.1.0", "1.2.0", "1.3.0"])
def test_the_same_cartridge_twice_changes_nothing(version: str, tmp_path: Path) -> None:
    path = cartridge(tmp_path, FILES | {"imsmanifest.xml": MANIFEST.format(version=version)})

    assert take(path).taken["resources"].made == 7
    assert take(path).changed_nothing


def test_a_page_that_was_changed_is_changed_and_keeps_its_place(tmp_path: Path) -> None:
    take(cartridge(tmp_path))
    before = Resource.objects.get(title="Why twice a day").pk

    report = take(cartridge(tmp_path, FILES | {"pages/why twice.html": "<p>The sun pulls too.</p>"}))

    assert report.taken["resources"].changed == 1
    assert Resource.objects.get(text="The sun pulls too.").pk == before


def test_one_schools_import_never_changes_another_schools(people: People, tmp_path: Path) -> None:
    path = cartridge(tmp_path)

    for school in (people.school, people.other_school):
        reading.take_file(path, by=None, at=AT, school=school)

    assert Resource.objects.filter(title="Why twice a day").count() == 2


def test_a_thin_cartridge_holds_its_links_in_the_manifest(tmp_path: Path) -> None:
    manifest = """<manifest identifier="thin-cartridge-1"><metadata><schema>IMS Thin Common Cartridge</schema><schemaversion>1.3.0</schemaversion></metadata>
     <organizations/><resources><resource identifier="r" type="imswl_xmlv1p3"><webLink><title>Live</title><url href="https://example.org/"/></webLink></resource></resources></manifest>"""

    take(cartridge(tmp_path, {"imsmanifest.xml": manifest}))

    assert Resource.objects.get().url == "https://example.org/"


BROKEN = {
    "no manifest": {"a.txt": "x"},
    "another document": {"imsmanifest.xml": "<course/>"},
    "a manifest cut off": {"imsmanifest.xml": FILES["imsmanifest.xml"][:500]},
    "entities": {"imsmanifest.xml": '<!DOCTYPE m [<!ENTITY x "y">]><manifest/>'},
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_cartridge_is_refused_whole(name: str, tmp_path: Path) -> None:
    found = outcome(reading.take_file, cartridge(tmp_path, BROKEN[name]))

    assert isinstance(found, FileRefused)
    assert is_told_well(found)
    assert not Resource.objects.exists()


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".xml") and name != "imsmanifest.xml"])
def test_a_broken_part_is_left_out_alone(name: str, tmp_path: Path) -> None:
    report = take(cartridge(tmp_path, FILES | {name: "<broken"}))

    assert report.taken["resources"].made == 6


@pytest.mark.skipif(not CARTRIDGES.is_dir(), reason=f"real data is not here: {CARTRIDGES}")
@pytest.mark.parametrize(
    ("name", "resources", "items", "refused"),
    [
        ("instructure-small/canvas_cc_gem_course.imscc", 3, 0, 0),
        ("instructure-small/course-1", 9, 1, 4),
        ("instructure-small/latex.imscc", 2, 0, 0),
        ("instructure-small/multiple-pages", 1, 0, 2),
        ("instructure-small/single-page.imscc", 0, 0, 1),
        ("openedx-corner-cases", 1, 0, 5),
    ],
)
def test_real_cartridges_come_in_with_a_report(name: str, resources: int, items: int, refused: int) -> None:
    report = take(CARTRIDGES / name)

    assert is_told_well(report)
    assert (Resource.objects.count(), Item.objects.count()) == (resources, items)
    assert sum(told.times for told in report.refused) == refused
    assert take(CARTRIDGES / name).changed_nothing
