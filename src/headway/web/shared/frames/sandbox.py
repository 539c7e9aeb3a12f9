"""The walls around what others wrote: a page without an origin that may load its own files and nothing else in the world.

The sandbox of the frame and this policy together: no cookies, no storage, no forms, no windows, no other addresses. What runs
inside can only speak to the page around it, which looks at every word. See docs/adr/0013 for why, and for what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, cast
from urllib.parse import urljoin

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.templatetags.static import static

from headway.web.shared.files import ranged

P = ParamSpec("P")

# What a package may hold, by ending. Everything else is handed out as bytes that no browser runs or shows.
TYPES = {
    "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
    "json": "application/json", "txt": "text/plain; charset=utf-8", "vtt": "text/vtt; charset=utf-8",
    "xml": "text/plain; charset=utf-8", "html": "text/plain; charset=utf-8", "csv": "text/plain; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "ico": "image/x-icon", "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav",
    "ogg": "audio/ogg", "oga": "audio/ogg", "mp4": "video/mp4", "webm": "video/webm", "ogv": "video/ogg",
    "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
    "eot": "application/vnd.ms-fontobject",
}  # fmt: skip
UNKNOWN = "application/octet-stream"
# A file that is opened by itself shows nothing and runs nothing, whatever it is.
FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
NOTHING_OF_THE_DEVICE = ", ".join(
    f"{one}=()"
    for one in (
        "accelerometer", "camera", "clipboard-read", "clipboard-write", "display-capture", "geolocation", "gyroscope",
        "hid", "microphone", "midi", "payment", "serial", "usb", "screen-wake-lock", "publickey-credentials-get",
    )
)  # fmt: skip
ONE_HOUR_SECONDS = 3600


def around_a_frame(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Let a page hold frames of this site; all other pages may hold none."""
    return cast("Callable[P, HttpResponse]", csp_update({"frame-src": [SELF]})(cast("Any", view)))


def static_address(request: HttpRequest, name: str) -> str:
    """Return the whole address of one of our own files; in a page without an origin “self” means nothing."""
    return urljoin(request.build_absolute_uri("/"), static(name))


def walled(
    request: HttpRequest, response: HttpResponse, *, files: str, ours: Sequence[str] = (), scripts: str = ""
) -> HttpResponse:
    """Put the walls around a page: `files` is where its own files are, `ours` which of our own files or folders it loads.

    `scripts` adds what its scripts need beside: some libraries make functions out of text, which gives them nothing they
    have not already, since every script of the package runs in there anyway.
    """
    inside = request.build_absolute_uri(files)
    own = " ".join((inside, *ours))
    response["Content-Security-Policy"] = "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            f"script-src {own} {scripts}".rstrip(),
            f"style-src {own} 'unsafe-inline'",
            f"img-src {own} data: blob:",
            f"font-src {own} data:",
            f"media-src {inside} data: blob:",
            f"connect-src {inside}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-src 'none'",
            "worker-src 'none'",
            "object-src 'none'",
            "frame-ancestors 'self'",
        )
    )
    response["Permissions-Policy"] = NOTHING_OF_THE_DEVICE
    response["Referrer-Policy"] = "no-referrer"
    response["X-DNS-Prefetch-Control"] = "off"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def let_in() -> HttpResponse:
    """Tell a browser that asks before it reads a file that it may: some players add a header to say what they are.

    A page without an origin is a stranger to every address; here, and only here, it is let in. No cookie comes with it.
    """
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, HEAD"
    response["Access-Control-Allow-Headers"] = "X-Requested-With, Range, Content-Type"
    response["Access-Control-Max-Age"] = str(ONE_HOUR_SECONDS)
    return response


def handed_out(request: HttpRequest, name: str, content: bytes, mark: str) -> HttpResponse:
    """Return a file of a package, or the part of it that a player asks for, readable from inside its sandbox only."""
    tag = f'"{mark}"'
    media_type = TYPES.get(name.rsplit(".", 1)[-1].casefold(), UNKNOWN)
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]:
        response: HttpResponse = HttpResponseNotModified()
    elif media_type.startswith(("audio/", "video/")):
        response = ranged(request, content, tag)
        response["Accept-Ranges"] = "bytes"
        # Packed bytes would have other numbers than those a player asks for.
        response["Content-Encoding"] = "identity"
    else:
        response = HttpResponse(content)
    response["Content-Type"] = media_type
    response["Content-Disposition"] = "inline" if media_type != UNKNOWN else "attachment"
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["ETag"] = tag
    response["Cache-Control"] = f"private, max-age={ONE_HOUR_SECONDS}"
    return response
