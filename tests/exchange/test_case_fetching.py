"""Packages come from an address an operator types; what does not answer as it should is one sentence."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from headway.exchange.case import fetching, reading
from headway.exchange.shared.import_report import FileRefused
from headway.ops.command_line import app
from headway.records.standards.models import Framework
from tests.exchange.test_case import item, package

Answer = tuple[int, dict[str, str], bytes]
FIRST, SECOND = "00000001-0000-4000-8000-000000000000", "00000002-0000-4000-8000-000000000000"


def of(identifier: str) -> dict[str, Any]:
    value = package([item(f"item of {identifier}")], [])
    value["CFDocument"] |= {"identifier": identifier, "title": f"Framework {identifier[7]}"}
    return value


def as_json(value: object, **headers: str) -> Answer:
    return 200, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


class Service:
    """Another CASE service, on this machine."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[dict[str, list[str]]], Answer]] = {}
        self.asked: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                service.asked.append(self.path)
                answer = service.answers.get(parts.path)
                status, headers, content = answer(parse_qs(parts.query)) if answer else (404, {}, b"no")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  a caller that went away
        self.root = f"http://127.0.0.1:{self.server.server_port}"

    def says(self, path: str, answer: Answer) -> str:
        self.answers[path] = lambda _query: answer
        return f"{self.root}{path}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def two(service: Service) -> Service:
    """A service with two frameworks."""
    base = "/ims/case/v1p0"
    for identifier in (FIRST, SECOND):
        value = of(identifier)
        service.says(f"{base}/CFPackages/{identifier}", as_json(value))
        service.says(f"{base}/CFDocuments/{identifier}", as_json(value["CFDocument"]))
    rows = [of(FIRST)["CFDocument"], of(SECOND)["CFDocument"]]

    def listed(query: dict[str, list[str]]) -> Answer:
        offset, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["1"])[0])
        return as_json({"CFDocuments": rows[offset : offset + limit]}, **{"X-Total-Count": "2"})

    service.answers[f"{base}/CFDocuments"] = listed
    return service


def titles(address: str) -> list[str]:
    return [one.reading.framework.title for one in reading.open_address(address)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/ims/case/v1p0/CFPackages/{FIRST}", ["Framework 1"]),
        (f"/ims/case/v1p0/CFDocuments/{SECOND}", ["Framework 2"]),
        ("/ims/case/v1p0/CFDocuments", ["Framework 1", "Framework 2"]),
        ("/ims/case/v1p0", ["Framework 1", "Framework 2"]),
        ("/ims/case/v1p0/", ["Framework 1", "Framework 2"]),
        ("/ims/case/v1p0/CFDocuments?limit=1&offset=1", ["Framework 2"]),
    ],
)
def test_an_address_names_a_package_a_document_or_a_whole_service(two: Service, path: str, expected: list[str]) -> None:
    assert titles(f"{two.root}{path}") == expected


def test_a_document_elsewhere_says_where_its_package_is(two: Service) -> None:
    link = {"CFPackageURI": {"uri": f"{two.root}/ims/case/v1p0/CFPackages/{FIRST}"}}
    assert titles(two.says("/doc.json", as_json(of(FIRST)["CFDocument"] | link))) == ["Framework 1"]


def test_a_packed_answer_is_unpacked(service: Service) -> None:
    packed = gzip.compress(json.dumps(of(FIRST)).encode())
    assert titles(service.says("/p", (200, {"Content-Encoding": "gzip"}, packed))) == ["Framework 1"]


def test_a_redirect_on_the_web_is_followed(two: Service) -> None:
    target = f"{two.root}/ims/case/v1p0/CFPackages/{FIRST}"
    assert titles(two.says("/old", (302, {"Location": target}, b""))) == ["Framework 1"]


def refusal(address: str) -> str:
    with pytest.raises(FileRefused) as refused:
        reading.open_address(address)
    return str(refused.value)


@pytest.mark.parametrize("address", ["example.org/x", "file:///etc/passwd", "ftp://example.org/x", "http://", "x"])
def test_only_a_web_address_is_asked(address: str) -> None:
    assert "no web address" in refusal(address)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((302, {"Location": "file:///etc/passwd"}, b""), "not on the web (file:///etc/passwd)"),
        ((302, {"Location": "/p"}, b""), "leads on more than 5 times"),
        ((500, {}, b""), "answers 500"),
        ((200, {}, b"<html>"), "does not answer with JSON"),
        ((200, {}, b"[1]"), "no CASE package"),
        ((200, {}, b'{"CFDocuments": []}'), "lists no framework"),
        ((200, {"Content-Length": "99"}, b"{"), "stopped in the middle"),
        ((200, {"Content-Encoding": "gzip"}, b"{}"), "cannot be reached"),
        ((200, {}, b'{"CFDocument": {"identifier": "x"}, "CFItems": []}'), "“title” is missing"),
    ],
)
def test_what_answers_wrongly_is_one_sentence(service: Service, answer: Answer, sentence: str) -> None:
    assert sentence in refusal(service.says("/p", answer))


def test_an_unknown_address_is_told_with_what_the_service_says(service: Service) -> None:
    assert "answers 404" in refusal(f"{service.root}/nothing")


def test_nobody_at_the_address_is_told() -> None:
    assert "cannot be reached" in refusal("http://127.0.0.1:9/x")


def test_an_answer_without_an_end_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_BYTES", 1000)
    assert "more than" in refusal(service.says("/p", (200, {}, b" " * 2000)))
    assert "more than" in refusal(service.says("/z", (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 2000))))


def test_a_slow_service_is_not_waited_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WAIT_SECONDS", 0.05)
    stop = threading.Event()

    def slow(_query: dict[str, list[str]]) -> Answer:
        stop.wait(2)
        return as_json({})

    service.answers["/p"] = slow
    assert "did not answer" in refusal(f"{service.root}/p")
    stop.set()


@pytest.mark.django_db
def test_the_command_takes_a_whole_service_and_the_second_time_nothing(
    two: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headway.ops.imports.wake", lambda: None)
    monkeypatch.setattr("headway.ops.imports.migrate", list)

    for changed_nothing in (False, True):
        result = CliRunner().invoke(app, ["import", "case", f"{two.root}/ims/case/v1p0", "--json"])
        assert result.exit_code == 0
        assert {report["changed_nothing"] for report in json.loads(result.stdout)} == {changed_nothing}
    assert Framework.objects.count() == 2


@pytest.mark.django_db
def test_one_broken_package_and_none_is_taken(two: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.ops.imports.wake", lambda: None)
    monkeypatch.setattr("headway.ops.imports.migrate", list)
    two.says(f"/ims/case/v1p0/CFPackages/{SECOND}", as_json({"CFDocument": {}}))

    result = CliRunner().invoke(app, ["import", "case", f"{two.root}/ims/case/v1p0"])

    assert result.exit_code == 1
    assert f"CFPackages/{SECOND}" in result.stderr
    assert Framework.objects.count() == 0
