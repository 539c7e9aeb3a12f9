"""A file is what its content says, whatever its name says, and is kept under a name that can do no harm."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.core.library.safe_files import ALLOWED, LONGEST_NAME, check_file, may_show, media_type_of, safe_name
from headway.core.shared.errors import RuleBroken

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 30
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def packed(**members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return made.getvalue()


OFFICE = {
    "docx": packed(**{"[Content_Types].xml": "x", "word/document.xml": "x"}),
    "pptx": packed(**{"[Content_Types].xml": "x", "ppt/presentation.xml": "x"}),
    "xlsx": packed(**{"[Content_Types].xml": "x", "xl/workbook.xml": "x"}),
    "odt": packed(mimetype="application/vnd.oasis.opendocument.text"),
    "epub": packed(mimetype="application/epub+zip"),
}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x21" + b"\x00" * 50, "audio/mpeg"),
        (b"OggS\x00\x02" + b"\x00" * 40, "audio/ogg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        ("Léeme".encode(), "text/plain"),
    ],
)
def test_a_file_is_known_by_how_it_begins(content: bytes, media_type: str):
    assert media_type_of(content, "anything.bin") == media_type


@pytest.mark.parametrize("ending", OFFICE)
def test_a_document_is_looked_into(ending: str):
    assert ALLOWED[media_type_of(OFFICE[ending])][0] == f".{ending}"


def test_a_table_is_told_from_text_by_its_name_only():
    assert (media_type_of(b"a,b\n", "x.csv"), media_type_of(b"a,b\n", "x.txt")) == ("text/csv", "text/plain")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.png", HTML, "web page"),
        ("drawing.svg", SVG, "web page"),
        ("notes.txt", b"  \n <ScRiPt src=x>", "web page"),
        ("page.txt", HTML.decode().encode("utf-16"), "web page"),
        ("feed.csv", b'<?xml version="1.0"?><x/>', "web page"),
        ("setup.pdf", b"MZ\x90\x00\x03\x00\x00\x00", "none of the kinds"),
        ("run.txt", b"#!/bin/sh\nrm -r ~", "none of the kinds"),
        ("tool", b"\x7fELF\x02\x01\x01", "none of the kinds"),
        ("odd.txt", b"one\x00two", "none of the kinds"),
        ("late.pdf", b"GARBAGE\xfe" + PDF, "none of the kinds"),
        ("broken.docx", b"PK\x03\x04 and nothing more", "none of the kinds"),
        ("course.zip", packed(**{"imsmanifest.xml": "x"}), "package"),
        ("macro.docx", packed(**{"[Content_Types].xml": "x", "word/vbaProject.bin": "x"}), "macros"),
        ("empty.pdf", b"", "empty"),
        ("huge.png", PNG + b"\x00" * (1024 * 1024), "at most 1 MB"),
    ],
)
def test_what_could_do_harm_is_refused_with_what_to_do_instead(name: str, content: bytes, words: str):
    with pytest.raises(RuleBroken, match=words):
        check_file(name, content, most_megabytes=1)


def test_a_pdf_that_is_a_page_as_well_is_a_pdf_and_nothing_else():
    assert check_file("both.html", PDF + HTML, most_megabytes=1).media_type == "application/pdf"
    assert check_file("both.html", PDF + HTML, most_megabytes=1).name == "both.pdf"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("The tide.pdf", "The tide.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ada\\tide.PDF", "tide.pdf"),
        ("tide\x00.exe", "tide.pdf"),
        ("tide\u202efdp.exe", "tidefdp.pdf"),
        ("line\r\nSet-Cookie: x.pdf", "lineSet-Cookie x.pdf"),
        ('"><script>.pdf', "script.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("La marea ñandú 潮.pdf", "La marea ñandú 潮.pdf"),
    ],
)
def test_a_name_is_made_safe_and_gets_its_true_ending(name: str, kept: str):
    assert safe_name(name, "application/pdf") == kept


def test_a_name_of_300_letters_is_cut():
    assert len(safe_name("a" * 300 + ".pdf", "application/pdf")) == LONGEST_NAME


@given(st.text(max_size=400))
def test_no_name_gets_out_of_its_place(name: str):
    kept = safe_name(name, "image/png")
    assert kept.endswith(".png")
    assert len(kept) <= LONGEST_NAME
    assert not any(sign in kept for sign in '/\\\x00\r\n"<>\u202e')


@given(st.binary(max_size=300))
def test_any_bytes_are_allowed_or_refused_and_nothing_else(content: bytes):
    with contextlib.suppress(RuleBroken):
        assert check_file("x", content, most_megabytes=1).media_type in ALLOWED


def test_only_what_cannot_carry_code_is_shown_in_place():
    assert may_show("application/pdf")
    assert not any(may_show(kind) for kind in ("text/html", "image/svg+xml", "text/plain", "application/epub+zip", ""))
