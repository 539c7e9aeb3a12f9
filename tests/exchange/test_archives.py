"""Packages that others made: nothing in them can reach outside, fill the memory or run without end."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from headway.exchange.shared import archives
from headway.exchange.shared.archives import open_package
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.markup import parse_xml, plain_text

MEBIBYTE = 1024 * 1024


def zipped(path: Path, files: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content, packing)
    return path


def read_all(path: Path) -> None:
    with open_package(path) as package:
        for name in package.inside():
            package.read(name)


def refusal_of(path: Path) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_all(path)
    assert "{" not in str(caught.value)
    return caught.value


def test_a_zip_and_a_folder_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "folder" / "pages").mkdir(parents=True)
    (tmp_path / "folder" / "pages" / "one.html").write_bytes(b"<p>One</p>")
    with (
        open_package(zipped(tmp_path / "a.zip", {"pages/one.html": b"<p>One</p>"})) as packed,
        open_package(tmp_path / "folder") as folder,
    ):
        assert packed.inside() == folder.inside() == ("pages/one.html",)
        assert packed.read("pages/one.html") == folder.read("pages/one.html")


def test_a_folder_becomes_the_same_zip_each_time(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "b.txt").write_bytes(b"b")
    (tmp_path / "course" / "a.txt").write_bytes(b"a")
    with open_package(tmp_path / "course") as package:
        first = package.original()
    os.utime(tmp_path / "course" / "a.txt", (1, 1))
    with open_package(tmp_path / "course") as package:
        assert package.original() == first


def test_the_folder_that_people_zipped_around_a_package_is_seen_through(tmp_path: Path) -> None:
    files = {"my course/imsmanifest.xml": b"<manifest/>", "my course/a.txt": b"a", "__MACOSX/._a": b"x"}
    with open_package(zipped(tmp_path / "a.zip", files)) as whole:
        package = whole.rooted_at("imsmanifest.xml")
        assert sorted(package.inside()) == ["a.txt", "imsmanifest.xml"]


@pytest.mark.parametrize(
    "name",
    ["../outside.txt", "a/../../outside.txt", "/etc/passwd", "..\\outside.txt", "C:\\outside.txt", "a\x07b", "a" * 600],
)
def test_a_name_that_leads_outside_refuses_the_package(name: str, tmp_path: Path) -> None:
    assert refusal_of(zipped(tmp_path / "a.zip", {name: b"x"})).sentence == archives.BAD_NAME


def test_a_name_cut_off_by_a_zero_byte_refuses_the_package(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"safe.txt": b"x"})
    path.write_bytes(path.read_bytes().replace(b"safe.txt", b"sa\x00e.txt"))

    assert refusal_of(path).sentence == archives.BAD_NAME


def test_a_link_in_a_zip_refuses_the_package(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as package:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")

    assert refusal_of(path).sentence == archives.A_LINK


def test_a_link_in_a_folder_refuses_the_package(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "a.txt").write_bytes(b"a")
    (tmp_path / "course" / "secret").symlink_to("/etc/passwd")

    assert refusal_of(tmp_path / "course").sentence == archives.A_LINK


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_refuse_the_package(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.txt", "one")
        package.writestr("a.txt", "two")

    assert refusal_of(path).sentence == archives.NAME_TWICE


def test_a_file_that_packs_a_thousand_times_is_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"zeros": bytes(20 * MEBIBYTE)})

    assert path.stat().st_size < 100_000
    assert refusal_of(path).sentence == archives.BOMB


def test_many_small_bombs_are_one_large_one(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"zeros-{number}": bytes(3 * MEBIBYTE) for number in range(10)})

    assert refusal_of(path).sentence == archives.BOMB


def test_a_file_that_is_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"0123456789" * 1000})
    content = bytearray(path.read_bytes())
    # The size that is announced, in both places where a zip keeps it.
    for place in (content.find(b"PK\x03\x04") + 22, content.find(b"PK\x01\x02") + 24):
        content[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(bytes(content))

    assert refusal_of(path).sentence == archives.BROKEN_PACKING


def test_too_many_files_refuse_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 10)

    assert (
        refusal_of(zipped(tmp_path / "a.zip", {f"{n}.txt": b"x" for n in range(11)})).sentence
        == archives.TOO_MANY_FILES
    )


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"x"})
    content = bytearray(path.read_bytes())
    for place in (content.find(b"PK\x03\x04") + 6, content.find(b"PK\x01\x02") + 8):
        content[place] |= 1
    path.write_bytes(bytes(content))

    assert refusal_of(path).sentence == archives.LOCKED


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)

    refusal_of(tmp_path / "a.zip")


def test_a_zip_cut_anywhere_gives_a_sentence(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", {"a.txt": b"some words " * 50, "b.txt": b"others"}).read_bytes()
    for length in range(0, len(whole) - 1, 7):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        refusal_of(tmp_path / "cut.zip")


def test_an_address_finds_its_file_however_it_is_written(tmp_path: Path) -> None:
    with open_package(zipped(tmp_path / "a.zip", {"My Files/Première page.html": b"x"})) as package:
        for address in (
            "My%20Files/Premi%C3%A8re%20page.html",
            "my files/première PAGE.html?x=1#top",
            "../My Files/Première page.html",
        ):
            assert package.find(address, "wiki" if address.startswith("..") else "") == "My Files/Première page.html"
        assert package.find("../../etc/passwd", "wiki") == ""


# --- XML and HTML ----------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "an entity bomb": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a9;</a>',
    "an entity bomb in an attribute": f'<!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a b="&a9;"/>',
    "a file from the disk": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a page from the network": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><a>&x;</a>',
    "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>',
    "10,000 levels": "<a>" * 10_000 + "</a>" * 10_000,
    "10,000 levels without an end": "<a>" * 10_000,
    "an unknown entity": "<a>&nope;</a>",
    "nothing": "",
    "no XML": "hello",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_hostile_xml_is_refused_with_a_sentence(name: str, encoding: str) -> None:
    with pytest.raises(FileRefused) as caught:
        parse_xml(HOSTILE[name].encode(encoding))

    assert "{" not in str(caught.value)
    assert "root:" not in str(caught.value)


def test_an_encoding_that_is_none_is_refused() -> None:
    with pytest.raises(FileRefused):
        parse_xml(b'<?xml version="1.0" encoding="nonsense"?><a/>')


def test_an_external_document_type_is_never_fetched() -> None:
    root = parse_xml(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a>words</a>')

    assert root.text == "words"


def test_a_page_becomes_the_words_a_reader_sees() -> None:
    page = (
        "<html><head><title>T</title><style>p{}</style></head><body><script>alert(1)</script><h1>Tides</h1>"
        "<p onclick='x()'>Low &amp; <b>high</b></p><ul><li>moon<li>sun</ul><img alt='LaTeX: x^2' src='x'></body></html>"
    )

    assert plain_text(page) == "Tides\n\nLow & high\n\n• moon\n• sun\n\nx^2"


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<table><tr><td>", "<p><a>", "<svg><g>", "&lt;div&gt;"])
def test_a_page_of_endless_tags_is_read_in_no_time(tag: str) -> None:
    assert len(plain_text(tag * 50_000 + "words")) < 700_000


def test_a_document_of_33_megabytes_in_a_package_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("item.xml", b"<a>" + b"x" * (33 * 1024 * 1024) + b"</a>")

    with open_package(path) as package:
        tracemalloc.start()
        with pytest.raises(FileRefused):
            package.document("item.xml")
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak_bytes < 1024 * 1024
