"""Files that people gave are handed out: to those who may see them, as what they are, never as something that runs.

Pictures, sound, films and PDF may be shown in place of a page, in a sandbox that loads nothing and runs nothing (Chromium's own
viewer opens a PDF in it); everything else is only downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from headway.core.library.safe_files import may_show
from headway.records.library import stored
from headway.records.planning import queries as planning
from headway.web.shared.access import Request, signed_in

if TYPE_CHECKING:
    from headway.records.library.models import StoredFile
    from headway.records.planning.models import WorkFile

# Whatever is in the file, it runs no script, sends no form, loads nothing and is nobody's frame.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
UNKNOWN = "application/octet-stream"
DRAWING = "image/svg+xml"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@require_safe
@signed_in
def stored_file(request: Request, uuid: UUID, name: str) -> HttpResponse:
    """Hand out a file, or the part of it that a player asks for; the name in the address is decoration."""
    file = stored.file_for(request.person, uuid)
    # The drawing of a question was cleaned when it came in. Its page shows it as a picture, where nothing in it runs.
    is_picture = file.media_type == DRAWING and stored.is_in_a_question(file)
    return _handed_out(request, file, lambda: stored.content_of(file), is_picture=is_picture)


@require_safe
@signed_in
def work_file(request: Request, uuid: UUID, name: str) -> HttpResponse:
    """Hand out a file a student gave as an answer, to the student and to those who may see the student's work."""
    file = planning.work_file_for(request.person, uuid)
    return _handed_out(request, file, lambda: bytes(file.content))


def _handed_out(
    request: Request, file: StoredFile | WorkFile, content: Callable[[], bytes], *, is_picture: bool = False
) -> HttpResponse:
    tag = f'"{file.sha256[:32]}"'
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = ranged(request, content(), tag)
    is_shown = may_show(file.media_type)
    media_type = file.media_type if is_shown or file.media_type.startswith(("application/", "text/")) else UNKNOWN
    # A page or a drawing must not even look like one.
    if re.search(r"html|svg|xml$|javascript|script", media_type) and not media_type.startswith("application/vnd."):
        media_type = UNKNOWN
    if is_picture:
        media_type = DRAWING
    answer["Content-Type"] = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    answer["Content-Disposition"] = disposition(file.name, is_shown=is_shown and "download" not in request.GET)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    # Packed bytes would have other numbers than those a player asks for, and media are packed already.
    answer["Content-Encoding"] = "identity"
    return answer


def ranged(request: HttpRequest, content: bytes, tag: str) -> HttpResponse:
    """Return the whole content, the part that is asked for, or that there is no such part."""
    size = len(content)
    wanted = request.headers.get("Range", "")
    if not wanted or request.headers.get("If-Range", tag) != tag:
        return HttpResponse(content)
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found.groups() == ("", ""):
        return HttpResponse(content)  # several ranges, or other units: the whole is an answer too
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size - 1, int(last)) if first and last else size - 1
    if start >= size or start > end:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    part = HttpResponse(content[start : end + 1], status=206)
    part["Content-Range"] = f"bytes {start}-{end}/{size}"
    return part


def disposition(name: str, *, is_shown: bool) -> str:
    """Return how a browser is to take a file: shown or saved, under a name in any alphabet."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name) or "file"
    kind = "inline" if is_shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
