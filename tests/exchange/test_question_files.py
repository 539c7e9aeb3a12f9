"""The files a question shows: found, checked by content, named safely; and HTML of others as part of a document."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from headway.core.items.markup import Node
from headway.exchange.shared.archives import open_package
from headway.exchange.shared.html_nodes import blocks, nodes_of_html
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.question_files import (
    FILE_ELSEWHERE,
    FILE_NOT_SHOWN,
    FILE_NOT_THERE,
    FileKeeper,
    finder,
    nowhere,
    picture_size,
    safe_svg,
)

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (30).to_bytes(4, "big") + (20).to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
)
GIF = b"GIF89a" + (7).to_bytes(2, "little") + (5).to_bytes(2, "little") + b"\x00\x00\x00"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def kept(path: Path, node: Node, base: str = "") -> tuple[Node, FileKeeper]:
    keeper = FileKeeper()
    with open_package(path) as package:
        return keeper.with_files(node, finder(package, base)), keeper


def picture(source: str) -> Node:
    return Node("img", {"src": source}, (), 7)


def test_a_safe_address_stays_as_written(tmp_path):
    node, keeper = kept(folder(tmp_path, {"items/img/moon.png": PNG}), picture("img/moon.png"), "items")

    assert node.get("src") == "img/moon.png"
    assert keeper.files["img/moon.png"].media_type == "image/png"


def test_an_address_that_leaves_its_folder_becomes_the_name_in_the_package(tmp_path):
    node, keeper = kept(folder(tmp_path, {"img/moon.png": PNG}), picture("../img/moon.png"), "items")

    assert node.get("src") == "img/moon.png"
    assert list(keeper.files) == ["img/moon.png"]


def test_two_files_never_share_a_name(tmp_path):
    files = {"img/moon.png": PNG, "items/img/moon.png": GIF}
    both = Node("div", {}, (picture("img/moon.png"), picture("../img/moon.png")))
    node, keeper = kept(folder(tmp_path, files), both, "items")

    assert [one.get("src") for one in node.elements()] == ["img/moon.png", "img/moon-2.png"]
    assert [keeper.files[one.get("src")].content for one in node.elements()] == [GIF, PNG]


@pytest.mark.parametrize("address", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "img/gone.png"])
def test_a_file_outside_of_the_package_or_nowhere_is_told_with_its_line(address, tmp_path):
    _node, keeper = kept(folder(tmp_path, {"a.xml": b"<a/>"}), picture(address), "items")

    assert [(one.sentence, one.address, one.line) for one in keeper.told] == [(FILE_NOT_THERE, address, 7)]
    assert keeper.files == {}


def test_a_file_of_another_site_is_not_fetched():
    keeper = FileKeeper()
    keeper.with_files(picture("https://example.org/track.gif"), nowhere)

    assert [one.sentence for one in keeper.told] == [FILE_ELSEWHERE]


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script></html>", b"MZ\x90\x00\x03", b"#!/bin/sh\nrm -r /"]
)
def test_what_is_no_picture_whatever_its_name_is_left_out(content, tmp_path):
    _node, keeper = kept(folder(tmp_path, {"moon.png": content}), picture("moon.png"))

    assert [one.sentence for one in keeper.told] == [FILE_NOT_SHOWN]
    assert keeper.files == {}


def test_a_picture_written_into_the_document_becomes_a_file():
    keeper = FileKeeper()
    node = keeper.with_files(picture("data:image/png;base64," + base64.b64encode(PNG).decode()), nowhere)

    assert keeper.files[node.get("src")].content == PNG


def test_a_page_shown_in_an_object_becomes_part_of_the_document(tmp_path):
    page = b'<html><body><script>x()</script><p>The tide <img src="img/tide.png" alt="low"></p></body></html>'
    files = {"shared/page.html": page, "shared/img/tide.png": PNG}
    node, keeper = kept(folder(tmp_path, files), Node("object", {"data": "shared/page.html", "type": "text/html"}))

    assert node.name == "div"
    assert node.words == "The tide"
    assert keeper.files[next(node.below("img")).get("src")].content == PNG


def test_a_film_and_its_subtitles_are_kept(tmp_path):
    files = {"a.mp4": b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, "a.vtt": b"WEBVTT\n"}
    film = Node("video", {}, (Node("source", {"src": "a.mp4"}), Node("track", {"src": "a.vtt"})))
    _node, keeper = kept(folder(tmp_path, files), film)

    assert {name: file.media_type for name, file in keeper.files.items()} == {"a.mp4": "video/mp4", "a.vtt": "text/vtt"}


def test_a_file_larger_than_asked_for_is_refused_before_it_is_unpacked(tmp_path):
    with open_package(folder(tmp_path, {"a.png": PNG})) as package, pytest.raises(FileRefused):
        package.read("a.png", largest_bytes=10)


@pytest.mark.parametrize(
    "harm",
    [
        "<script>alert(1)</script>",
        '<rect onclick="alert(1)"/>',
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject>',
        '<image xlink:href="https://example.org/track.png"/>',
        '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
        '<style>@import url("https://example.org/a.css");</style>',
        '<rect style="fill:url(https://example.org/a.svg)"/>',
        '<rect fill="url( https://example.org/a )"/>',
    ],
)
def test_a_drawing_keeps_its_shapes_and_nothing_that_runs_or_loads(harm):
    drawn = safe_svg(SVG.format('<circle r="3"/>' + harm).encode())

    assert drawn is not None
    assert b"circle" in drawn
    assert not any(one in drawn for one in (b"script", b"alert", b"example.org", b"iframe"))


@pytest.mark.parametrize("content", [b"<html/>", b"<svg", b'<!DOCTYPE a [<!ENTITY x "y">]><svg>&x;</svg>', b""])
def test_what_is_no_drawing_is_none(content):
    assert safe_svg(content) is None


@pytest.mark.parametrize(("content", "size"), [(PNG, (30, 20)), (GIF, (7, 5)), (b"\xff\xd8\xff", None), (b"", None)])
def test_the_size_of_a_picture_is_read_from_its_first_bytes(content, size):
    assert picture_size(content) == size


# --- HTML as nodes ---------------------------------------------------------------------------------------------------


def test_html_becomes_nodes_without_what_runs():
    shown = nodes_of_html("<p onclick='x()'>Low &amp; <b>high</b><script>alert(1)</script></p>")

    assert shown == (Node("p", {}, ("Low & ", Node("b", {}, ("high",)))),)


def test_a_formula_drawn_as_a_picture_becomes_text():
    (shown,) = nodes_of_html('<img class="equation_image" src="/eq/1" alt="LaTeX: \\frac{1}{2}">')

    assert shown == Node("span", {}, ("1/2",))


def test_mathml_within_html_is_a_formula():
    (shown,) = nodes_of_html("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>")

    assert isinstance(shown, Node)
    assert [one.name for one in shown.below()] == ["math:mfrac", "math:mn", "math:mn"]


def test_text_that_stands_alone_becomes_a_paragraph():
    assert [one.name for one in blocks(("words ", Node("b"), Node("table"), " ", "more"))] == ["p", "table", "p"]


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<table><tr><td>", "<p><a>"])
def test_a_page_of_endless_tags_keeps_its_words_and_is_shallow(tag):
    shown = Node("div", {}, nodes_of_html(tag * 20_000 + "words"))

    assert shown.words == "words"
