"""A cold visit: the page and everything a browser fetches with it, in the bytes that go over the wire."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from benchmarks.server import Server

ENCODINGS = {"Accept-Encoding": "br, gzip"}
_IN_PAGE = (
    re.compile(r'<link[^>]+rel="(?:stylesheet|preload|icon|manifest|modulepreload)"[^>]*href="([^"]+)"'),
    re.compile(r'<script[^>]+src="([^"]+)"'),
    re.compile(r'<img[^>]+src="(/[^"]+)"'),
    re.compile(r'<use href="([^"#]+)#'),
)
_IN_SCRIPT = re.compile(r'(?:from|import)\s*\(?\s*"(\.?/[^"]+)"')
_FONT = re.compile(r"@font-face\s*{([^}]*)}")
_URL = re.compile(r"url\([\"']?([^\"')]+)")


def _fonts(css: str, *, has_italics: bool) -> list[str]:
    """Return the fonts a page in English or Spanish loads: not the ones for letters it does not have."""
    wanted = []
    for face in _FONT.findall(css):
        if "latin-ext" in face or ("italic" in face.split("src")[0] and not has_italics):
            continue
        wanted += _URL.findall(face)
    return wanted


def cold_visit(server: Server, path: str, cookie: str) -> dict[str, int]:
    """Return the bytes of each kind, as transferred, and their sum."""
    headers = {**ENCODINGS, "Cookie": cookie}
    response, body = server.get(path, headers)
    if response.status != 200:
        raise SystemExit(f"{path} answered {response.status}")
    plain = server.get(path, {"Cookie": cookie})[1].decode()
    sizes = {"page": len(body), "page_before_compression": len(plain)}
    waiting = [urljoin(path, each) for pattern in _IN_PAGE for each in pattern.findall(plain)]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop().split("#")[0].replace("&amp;", "&")
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        found, content = server.get(address, headers)
        kind = address.rsplit(".", 1)[-1].split("?")[0]
        kind = kind if kind in ("css", "js", "woff2", "svg") else "other"
        sizes[kind] = sizes.get(kind, 0) + len(content)
        if kind in ("css", "js"):
            text = server.get(address, {"Cookie": cookie})[1].decode()
            if kind == "js":
                waiting += [urljoin(address, each) for each in _IN_SCRIPT.findall(text)]
            else:
                waiting += [
                    urljoin(address, each) for each in _fonts(text, has_italics="<em" in plain or "<i>" in plain)
                ]
        if found.status != 200:
            raise SystemExit(f"{address} answered {found.status}")
    sizes["requests"] = len(seen) + 1
    sizes["total"] = sum(size for name, size in sizes.items() if name not in ("requests", "page_before_compression"))
    return sizes
