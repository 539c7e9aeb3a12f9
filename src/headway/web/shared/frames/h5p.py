"""H5P activities in a sandbox: the page inside the frame, the files of its package, and what stands around the frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.library.licences import licence_address
from headway.core.shared.errors import NotFound
from headway.exchange.h5p import wire
from headway.exchange.h5p.playing import Playable, playable
from headway.exchange.h5p.reading import SOURCE
from headway.exchange.shared.import_report import FileRefused
from headway.exchange.shared.members import Member, members_of, read_member
from headway.records.library import stored
from headway.web.shared.frames import passes, sandbox
from headway.web.shared.frames.passes import Pass, with_pass
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.records.library.models import Resource, StoredFile
    from headway.records.roster.models import Person

KIND = "h5p"
PLAYER = "h5p/frame.bundle.js"
# Some H5P libraries (EmbeddedJS, which questions use) make functions out of text.
SCRIPTS = "'unsafe-eval'"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """An activity as a page shows it: the frame's address, or why there is none (`problem`, and libraries that are missing)."""

    title: str
    language: str
    url: str = ""
    problem: str = ""
    missing: tuple[str, ...] = ()
    authors: str = ""
    licence: str = ""
    licence_url: str = ""


def is_activity(resource: Resource | None) -> bool:
    """Return whether a resource is an H5P activity whose package is kept."""
    return resource is not None and resource.file_id is not None and stored.source_words(resource.source) == SOURCE


def activity_of(resource: Resource, person: Person, *, at: datetime) -> Activity:
    """Return an activity for somebody to play. Raises NotFound where the resource is none, or its file is not theirs."""
    if not is_activity(resource) or resource.file is None:
        raise NotFound
    file = stored.file_for(person, resource.file.uuid)
    missing: tuple[str, ...] = ()
    problem = url = ""
    try:
        played = _played(*_key(file))
        missing = played.missing
    except FileRefused as refusal:
        problem = sentence(refusal.sentence, refusal.facts)
    if not problem and not missing and not is_player_here():
        problem = gettext("The player for H5P activities is not installed here. Ask whoever runs this site to add it.")
    if not problem and not missing:
        token = passes.made_out(KIND, file.uuid, person, at=at)
        url = reverse("frame-h5p", kwargs={"token": token})
    return Activity(
        title=resource.title,
        language=resource.language,
        url=url,
        problem=problem,
        missing=missing,
        authors=resource.attribution,
        licence=resource.licence,
        licence_url=licence_address(resource.licence) or "",
    )


def is_player_here() -> bool:
    """Return whether the player, which is an optional package, was installed or collected."""
    return staticfiles_storage.exists(PLAYER) or finders.find(PLAYER) is not None


# --- the package, read where it is kept -------------------------------------------------------------------------------


def _key(file: StoredFile) -> tuple[int, int, str]:
    return file.pk, file.size_bytes, file.sha256


# A package that is kept never changes, so what was found once in it holds; only lists and small texts are remembered.
@lru_cache(maxsize=64)
def _members(file_id: int, size_bytes: int, _sha256: str) -> Mapping[str, Member]:
    return members_of(partial(stored.part_of, file_id), size_bytes, marker=wire.HEAD)


@lru_cache(maxsize=32)
def _played(file_id: int, size_bytes: int, sha256: str) -> Playable:
    members = _members(file_id, size_bytes, sha256)
    return playable(members.keys(), lambda name: read_member(partial(stored.part_of, file_id), members[name]))


def _file_of(shown: Pass) -> StoredFile:
    return stored.file_for(shown.person, UUID(shown.thing))


# --- inside the frame -------------------------------------------------------------------------------------------------


@require_safe
@with_pass(KIND, is_framed=True)
def player(request: HttpRequest, shown: Pass) -> HttpResponse:
    """Show an activity by itself, inside its walls."""
    played = _played(*_key(_file_of(shown)))
    files = reverse("frame-h5p-file", kwargs={"token": shown.token, "name": "-"}).removesuffix("-")
    inside = request.build_absolute_uri(files)
    facts = {
        "language": played.head.language or "en",
        "title": played.head.title,
        "told": _told(played, inside.rstrip("/")),
        "styles": [files + path for path in played.styles],
        "scripts": [files + path for path in played.scripts],
    }
    response = render(request, "shared/frames/h5p_frame.html", facts)
    ours = [
        sandbox.static_address(request, "js/frame_h5p.js"),
        sandbox.static_address(request, "").rstrip("/") + "/h5p/",
    ]
    return sandbox.walled(request, response, files=files, ours=ours, scripts=SCRIPTS)


@require_http_methods(["GET", "HEAD", "OPTIONS"])
@with_pass(KIND)
def file(request: HttpRequest, shown: Pass, name: str) -> HttpResponse:
    """Hand out one file of the package; a name that is not in it is not found."""
    kept = _file_of(shown)
    member = _members(*_key(kept)).get(name)
    if member is None:
        raise NotFound
    if request.method == "OPTIONS":
        return sandbox.let_in()
    content = read_member(partial(stored.part_of, kept.pk), member)
    return sandbox.handed_out(request, name, content, f"{kept.sha256[:24]}-{member.checksum:08x}")


def _told(played: Playable, files: str) -> dict[str, Any]:
    """Return what the player wants to know (H5PIntegration); it shows nothing of its own around an activity."""
    nothing_shown = dict.fromkeys(("frame", "export", "embed", "copyright", "icon", "copy"), False)
    return {
        "integration": {
            "baseUrl": files,
            "siteUrl": files,
            "url": files,
            "urlLibraries": files,
            "libraryDirectories": dict(played.folders),
            "saveFreq": False,
            "postUserStatistics": False,
            "ajax": {},
            "ajaxPath": "",
            "fullscreenDisabled": True,
            "hubIsEnabled": False,
            "crossorigin": "anonymous",
            "core": {"scripts": [], "styles": []},
            "loadedJs": list(played.scripts),
            "loadedCss": list(played.styles),
            "l10n": {"H5P": _words()},
            "contents": {
                "cid-1": {
                    "library": played.library,
                    "jsonContent": played.content,
                    "contentUrl": f"{files}/content",
                    "url": "urn:headway:activity",
                    "fullScreen": "0",
                    "mainId": 1,
                    "title": played.head.title,
                    "metadata": {"title": played.head.title, "defaultLanguage": played.head.language or "en"},
                    "displayOptions": nothing_shown,
                    "contentUserData": [{"state": "{}"}],
                    "scripts": [],
                    "styles": [],
                }
            },
        },
    }


def _words() -> dict[str, str]:
    """Return the words of the player that a student can meet; all else it can say is switched off."""
    return {
        "close": gettext("Close"),
        "cancelLabel": gettext("Cancel"),
        "confirmLabel": gettext("Yes"),
        "confirmDialogHeader": gettext("Are you sure?"),
        "confirmDialogBody": gettext("This starts it again from the beginning."),
        "fullscreen": gettext("Full screen"),
        "disableFullscreen": gettext("Leave full screen"),
    }
