"""Adding to the library by hand: a link, a file of one's own, something one wrote; and the way to an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from headway.core.access.roles import Permission
from headway.core.library.kinds import KINDS
from headway.core.library.safe_files import ALLOWED, check_file
from headway.core.library.values import FileIn
from headway.core.shared.errors import NotFound, RuleBroken
from headway.records.library import shelving, stored
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher.collections import own_schools
from headway.web.teacher.page import last_open, teacher_page
from headway.web.teacher.resource_edit import ResourceForm, check_skills, form_facts, path_of_open_class

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from headway.records.roster.models import Organisation

RECENT = 5
# For each way of adding: its heading, what it is, and what the fresh form says already.
WAYS_OF_ADDING: dict[str, dict[str, Any]] = {
    "link": {
        "heading": _("Add a web link"),
        "about": _(
            "Something that lives elsewhere. Only the address and what you write here are kept; nothing is fetched."
        ),
        "start": {"kind": "interactive", "screen": "yes", "needs_internet": True, "uses": ["essential", "choice"]},
        "icon": "link",
    },
    "file": {
        "heading": _("Add a file of your own"),
        "about": _("A worksheet, slides, a picture, a recording. It is kept in the school’s own library."),
        "start": {"kind": "worksheet", "screen": "either", "uses": ["essential", "choice"]},
        "icon": "file-up",
    },
    "own": {
        "heading": _("Write something yourself"),
        "about": _("Steps, a text to read, or both. It prints with the week and works without the internet."),
        "start": {"kind": "practice", "screen": "either", "uses": ["essential", "choice"]},
        "icon": "pen-line",
    },
}
# icons: link file-up pen-line
LEFT_OUT = {"link": ("text",), "file": ("url", "text"), "own": ("url",)}


def school_of(request: Request) -> Organisation:
    """Return the school that something new is for: that of the open class, else the first of the reader's."""
    school_class = last_open(request)
    if school_class is not None:
        return school_class.school
    schools = [school for school in own_schools(request.person) if school.kind == "school"]
    if not schools:
        raise NotFound
    return schools[0]


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def choose(request: Request) -> HttpResponse:
    """Show the ways to add something, and the imports of late."""
    facts = {
        "ways": [
            {**way, "url": reverse("teacher-library-add-by", kwargs={"way": name})}
            for name, way in WAYS_OF_ADDING.items()
        ],
        "deliveries": list(stored.deliveries_within_reach(request.person)[:RECENT]),
    }
    return teacher_page(request, "teacher/library_add.html", facts, tab="library")


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def add(request: Request, way: str) -> HttpResponse:
    """Ask what it is, and put it on the shelf; what was typed stays when something is to be mended."""
    if way not in WAYS_OF_ADDING:
        raise NotFound
    known, school = WAYS_OF_ADDING[way], school_of(request)
    school_class = last_open(request)
    grade = school_class.grade if school_class is not None else None
    start = {
        "language": get_language() or "en",
        "grade_low": 0 if grade is None else grade,
        "grade_high": 12 if grade is None else grade,
        "level": "usual",
        "with_whom": "alone",
        "minutes": KINDS[known["start"]["kind"]].minutes,
        "attribution": request.person.formal_name if way != "link" else "",
        **known["start"],
    }
    typed = request.POST if request.method == "POST" else None
    form = ResourceForm(typed, initial=start, path=path_of_open_class(request)).leave_out(*LEFT_OUT[way])
    if way == "link":
        form.fields["url"].required = True
        form.fields["url"].error_messages["required"] = gettext("Write the address the link leads to.")
    problem = ""
    if request.method == "POST":
        file, problem = _file(request) if way == "file" else (None, "")
        if form.is_valid() and not problem:
            ids = check_skills(form, school)
            if form.is_valid():
                try:
                    made = shelving.add_resource(
                        school=school,
                        facts=form.facts(),
                        competency_ids=ids,
                        file=file,
                        by=request.person,
                        at=timezone.now(),
                    )
                except RuleBroken as broken:
                    form.add_error(None, sentence(broken.sentence, broken.facts))
                else:
                    undo = reverse("teacher-resource-put-away", kwargs={"resource": made.uuid})
                    messages.success(request, gettext("It is in the library now."), extra_tags=undo)
                    return redirect("teacher-resource", resource=made.uuid)
    facts = {
        "way": way,
        "known": known,
        "form": form,
        "problem": problem,
        "most_megabytes": settings.LARGEST_FILE_MB,
        "accept": ",".join(ending for ending, _is_shown in ALLOWED.values()),
        **form_facts(form),
    }
    is_wrong = bool(form.errors or problem)
    return teacher_page(request, "teacher/library_add_by.html", facts, tab="library", status=422 if is_wrong else 200)


def _file(request: Request) -> tuple[FileIn | None, str]:
    """Return the file that was chosen, or what is wrong with it."""
    chosen: UploadedFile[Any] | None = request.FILES.get("file")
    if chosen is None:
        return None, gettext("Choose a file.")
    most = settings.LARGEST_FILE_MB
    # What is too large is not even read.
    content = chosen.read(most * 1024 * 1024 + 1)
    try:
        safe = check_file(chosen.name or "", content, most_megabytes=most)
    except RuleBroken as broken:
        facts = {**broken.facts, "megabytes": -(-(chosen.size or 0) // (1024 * 1024))}
        return None, sentence(broken.sentence, facts)
    return FileIn(name=safe.name, media_type=safe.media_type, content=content), ""
