"""Fetches packages from another CASE service: the address of a package, of a document, or of the whole service."""

from __future__ import annotations

import json
import re
import socket
import time
import zlib
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from headway.core.shared.errors import gettext_noop
from headway.exchange.case.wire import Json
from headway.exchange.shared.import_report import FileRefused, Steps

LARGEST_BYTES = 200 * 1024 * 1024
ALL_BYTES = 1024 * 1024 * 1024
WAIT_SECONDS = 30
LONGEST_SECONDS = 300
MOST_REDIRECTS = 5
MOST_FRAMEWORKS = 2000
PAGE = 100
PIECE_BYTES = 256 * 1024
SCHEMES = ("http", "https")
REDIRECTS = (301, 302, 303, 307, 308)

ASKING = gettext_noop("Asking the other service")
NOT_AN_ADDRESS = gettext_noop(
    "“{address}” is no web address. Write it whole, like https://example.org/ims/case/v1p0/CFPackages/…."
)
BAD_REDIRECT = gettext_noop("{address} leads to an address that is not on the web ({target}), so it was not followed.")
TOO_MANY_REDIRECTS = gettext_noop("{address} leads on more than {most} times, so it was not followed.")
NOT_REACHED = gettext_noop("{address} cannot be reached ({problem}). Look at the address, and try again later.")
NO_ANSWER = gettext_noop("{address} did not answer in {seconds} seconds. Try again later.")
REFUSED = gettext_noop("{address} answers {status} ({problem}). Look at the address, or ask who runs that service.")
CUT_OFF = gettext_noop("{address} stopped in the middle of its answer. Try again later.")
TOO_LARGE = gettext_noop("{address} sends more than {mebibytes} MB, so it was not read any further.")
NOT_JSON = gettext_noop(
    "{address} does not answer with JSON. The address of a CASE service ends in CFDocuments or CFPackages/…."
)
NOT_CASE = gettext_noop("{address} answers with something that is no CASE package and no list of frameworks.")
NOTHING_THERE = gettext_noop("{address} lists no framework.")
TOO_MANY = gettext_noop("{address} lists more than {most} frameworks. Name the address of one.")


class _OnTheWeb(HTTPRedirectHandler):
    """Follows a redirect only to another web address, and not for ever."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if urlsplit(newurl).scheme not in SCHEMES:
            raise FileRefused(BAD_REDIRECT, address=req.full_url, target=newurl[:200])
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    # Only what the web needs: no files, no FTP, no data addresses.
    opener = build_opener(_OnTheWeb)
    opener.addheaders = [
        ("User-Agent", "Headway (CASE consumer)"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
    ]
    return opener


def _get(address: str) -> bytes:
    return _ask(address)[0]


def _ask(address: str) -> tuple[bytes, int | None]:
    """Return what an address answers, and how many records it says there are in all.

    A slow, endless or broken answer is refused with a sentence.
    """
    try:
        with _opener().open(Request(address), timeout=WAIT_SECONDS) as answer:  # noqa: S310  schemes are checked before
            content = _read(answer, address)
            if answer.headers.get("Content-Encoding", "").lower() == "gzip":
                content = _unpack(content, address)
            total = answer.headers.get("X-Total-Count", "")
            return content, int(total) if re.fullmatch(r"[0-9]{1,9}", total) else None
    except HTTPError as problem:
        problem.close()
        target = problem.headers.get("Location", "") if problem.headers else ""
        if problem.code in REDIRECTS and urlsplit(target).scheme not in ("", *SCHEMES):
            raise FileRefused(BAD_REDIRECT, address=address, target=target[:200]) from problem
        if problem.code in REDIRECTS:
            raise FileRefused(TOO_MANY_REDIRECTS, address=address, most=MOST_REDIRECTS) from problem
        raise FileRefused(REFUSED, address=address, status=problem.code, problem=_words(problem)) from problem
    except TimeoutError as problem:
        raise FileRefused(NO_ANSWER, address=address, seconds=WAIT_SECONDS) from problem
    except URLError as problem:
        if isinstance(problem.reason, TimeoutError | socket.timeout):
            raise FileRefused(NO_ANSWER, address=address, seconds=WAIT_SECONDS) from problem
        raise FileRefused(NOT_REACHED, address=address, problem=problem.reason) from problem
    except (OSError, HTTPException, ValueError) as problem:
        raise FileRefused(NOT_REACHED, address=address, problem=str(problem) or type(problem).__name__) from problem


def _words(problem: HTTPError) -> str:
    return str(problem.reason or "")[:100]


def _read(answer: Any, address: str) -> bytes:
    began = time.monotonic()
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read(PIECE_BYTES):
        size += len(piece)
        if size > LARGEST_BYTES:
            raise FileRefused(TOO_LARGE, address=address, mebibytes=LARGEST_BYTES // 2**20)
        # A service that sends a byte now and then would hold the import for ever.
        if time.monotonic() - began > LONGEST_SECONDS:
            raise FileRefused(NO_ANSWER, address=address, seconds=LONGEST_SECONDS)
        pieces.append(piece)
    promised = answer.headers.get("Content-Length", "")
    if promised.isdecimal() and size < int(promised):
        raise FileRefused(CUT_OFF, address=address)
    return b"".join(pieces)


def _unpack(packed: bytes, address: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(packed, LARGEST_BYTES + 1)
    except zlib.error as problem:
        raise FileRefused(NOT_REACHED, address=address, problem=problem) from problem
    if len(content) > LARGEST_BYTES:
        raise FileRefused(TOO_LARGE, address=address, mebibytes=LARGEST_BYTES // 2**20)
    if not unpacker.eof:
        raise FileRefused(NOT_REACHED, address=address, problem="gzip: the end is missing")
    return content


def _json(content: bytes, address: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise FileRefused(NOT_JSON, address=address) from problem


def _checked(address: str) -> str:
    """Return a typed address with its odd characters written as the web writes them."""
    parts = urlsplit(address.strip())
    if parts.scheme.lower() not in SCHEMES or not parts.hostname:
        raise FileRefused(NOT_AN_ADDRESS, address=address[:200])
    # `%` stays: what was written as the web writes it already is not written twice.
    path, query = quote(parts.path, safe="/%:@!$&'()*+,;=~-._"), quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def fetch(address: str, *, steps: Steps) -> Iterator[tuple[str, bytes]]:
    """Yield (address, content) of every package at an address.

    The address may name a package, a document (its package is fetched), a list of documents or the service as a whole.
    Raises FileRefused where it names none of these, or does not answer as it should.
    """
    steps.step(ASKING)
    address = _checked(address)
    # The service itself answers nothing; its list does.
    if re.search(r"/ims/case/v1p[01]/?$", urlsplit(address).path):
        address = _beside(address, "CFDocuments", whole=True)
    content, total = _ask(address)
    found = _json(content, address)
    if isinstance(found, dict) and "CFDocument" in found:
        yield address, content
    elif isinstance(found, dict) and isinstance(found.get("CFDocuments"), list):
        yield from _packages_of_list(address, found["CFDocuments"], total, steps)
    elif isinstance(found, dict) and isinstance(found.get("identifier"), str) and "title" in found:
        yield _package_of(address, found)
    else:
        raise FileRefused(NOT_CASE, address=address)


def _beside(address: str, leaf: str, *, whole: bool = False) -> str:
    """Return the address of another part of the same service."""
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    base = path if whole else re.sub(r"/CFDocuments(/[^/]*)?$", "", path)
    return urlunsplit((parts.scheme, parts.netloc, f"{base}/{leaf}", "", ""))


def _package_of(address: str, document: Json) -> tuple[str, bytes]:
    """Return a document's package: beside it in the same service, else where it says."""
    if "/CFDocuments" in urlsplit(address).path:
        package = _beside(address, f"CFPackages/{quote(document['identifier'], safe='')}")
    else:
        link = document.get("CFPackageURI")
        said = link.get("uri") if isinstance(link, dict) else link
        if not isinstance(said, str):
            raise FileRefused(NOT_CASE, address=address)
        package = _checked(said)
    return package, _get(package)


def _packages_of_list(address: str, first: list[Any], total: int | None, steps: Steps) -> Iterator[tuple[str, bytes]]:
    documents = list(_all_documents(address, first, total))
    if not documents:
        raise FileRefused(NOTHING_THERE, address=address)
    if len(documents) > MOST_FRAMEWORKS:
        raise FileRefused(TOO_MANY, address=address, most=MOST_FRAMEWORKS)
    steps.step(ASKING, total=len(documents))
    size = 0
    for document in documents:
        name, content = _package_of(address, document)
        size += len(content)
        if size > ALL_BYTES:
            raise FileRefused(TOO_LARGE, address=address, mebibytes=ALL_BYTES // 2**20)
        steps.advance()
        yield name, content


def _all_documents(address: str, first: list[Any], total: int | None) -> Iterator[Json]:
    """Yield every document of a list, page by page, each once; a service that ignores pages ends with the first."""
    seen: set[str] = set()
    page, offset = first, 0
    query = dict(parse_qsl(urlsplit(address).query))
    while len(seen) <= MOST_FRAMEWORKS:
        fresh = [
            row
            for row in page
            if isinstance(row, dict) and isinstance(row.get("identifier"), str) and row["identifier"] not in seen
        ]
        seen.update(row["identifier"] for row in fresh)
        yield from fresh
        offset += len(page)
        is_last = offset >= total if total is not None else len(page) < PAGE
        # Whoever asked for one page of their own choice gets that page.
        if not fresh or is_last or "limit" in query or "offset" in query:
            return
        parts = urlsplit(address)
        more = urlencode({**query, "limit": PAGE, "offset": offset})
        following = urlunsplit((parts.scheme, parts.netloc, parts.path, more, ""))
        found = _json(_get(following), following)
        rows = found.get("CFDocuments") if isinstance(found, dict) else None
        page = rows if isinstance(rows, list) else []
