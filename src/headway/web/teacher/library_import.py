"""Bringing a file of many resources in: recognised, columns chosen, carried out in the background, and its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.library.safe_files import safe_name
from headway.core.library.values import FileIn
from headway.core.shared.errors import HeadwayError, NotFound, RuleBroken, gettext_noop
from headway.exchange.intake import carrying
from headway.exchange.intake.recognising import FORMATS, TABLE
from headway.exchange.shared.delivering import RowRefused
from headway.exchange.table.columns import FIELDS
from headway.records.library import actions as library
from headway.records.library import deliveries, stored
from headway.records.library.deliveries import STARTED
from headway.web.shared.access import Request, may
from headway.web.shared.words import sentence
from headway.web.teacher.library_add import school_of
from headway.web.teacher.page import teacher_page
from headway.web.teacher.words import language_name, languages_to_choose

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from headway.exchange.table.reading import Look
    from headway.records.library.models import Delivery

LONGEST_SOURCE, PREVIEW_ROWS, ON_A_PAGE = 40, 5, 30
SHOWN_REFUSALS = 20
OVER = ("done", "refused")
# What a column can tell, in people's words and in the order of a menu.
FIELD_WORDS = {
    "title": _("Title"),
    "description": _("Description"),
    "url": _("Web address"),
    "id": _("Its own id"),
    "kind": _("Kind or type"),
    "language": _("Language"),
    "minutes": _("Minutes"),
    "seconds": _("Seconds"),
    "alignments": _("Skills (codes)"),
    "subject": _("Subject"),
    "topics": _("Topics"),
    "keywords": _("Key words"),
    "grades": _("Grade or grades"),
    "grade_low": _("Lowest grade"),
    "grade_high": _("Highest grade"),
    "ages": _("Age or ages"),
    "age_low": _("Lowest age"),
    "age_high": _("Highest age"),
    "reading_level": _("Reading level"),
    "word_count": _("Number of words"),
    "text": _("Text to read"),
    "steps": _("Steps"),
    "modality": _("Modality"),
    "screen": _("Screen or paper"),
    "unplugged": _("Off screen: yes or no"),
    "with_whom": _("With whom"),
    "ways_in": _("Ways in"),
    "uses": _("Where in a week"),
    "needs": _("Supplies"),
    "needs_adult": _("Needs a grown-up: yes or no"),
    "needs_internet": _("Needs the internet: yes or no"),
    "accessibility": _("Access"),
    "careers": _("Careers"),
    "culture": _("Culture"),
    "community": _("Community"),
    "level": _("More help or more challenge"),
    "variant_of": _("Another door to (id)"),
    "licence": _("Licence"),
    "author": _("Author"),
    "attribution": _("Publisher or source"),
}
NO_FILE = gettext_noop("Choose a file.")
TOO_LARGE = gettext_noop(
    "The file has {megabytes} MB; at most {most} MB can be brought in here. An operator can bring in larger ones."
)
PUT_ASIDE = gettext_noop("It was put aside before it began; nothing came in.")
NOUNS = {"resources": _("Resources"), "items": _("Questions")}


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def bring(request: Request) -> HttpResponse:
    """Ask for a file; recognise it by its content, and go on to its columns or straight to its import."""
    problem, source = "", request.POST.get("source", "").replace("\x00", "").strip()[:LONGEST_SOURCE]
    if request.method == "POST":
        try:
            delivery = _begin(request, source)
        except HeadwayError as refusal:
            problem = sentence(refusal.sentence, refusal.facts)
        else:
            if delivery.format == TABLE:
                return redirect("teacher-import-columns", delivery=delivery.uuid)
            carrying.begin(delivery=delivery, options={}, at=timezone.now())
            return redirect("teacher-import", delivery=delivery.uuid)
    facts = {"problem": problem, "source": source, "most_megabytes": settings.LARGEST_IMPORT_MB}
    return teacher_page(request, "teacher/library_import.html", facts, tab="library", status=422 if problem else 200)


def _begin(request: Request, source: str) -> Delivery:
    """Keep the file, and begin its import; nothing of it comes in yet."""
    chosen: UploadedFile[Any] | None = request.FILES.get("file")
    if chosen is None or not chosen.name:
        raise RuleBroken(NO_FILE)
    most = settings.LARGEST_IMPORT_MB
    if (chosen.size or 0) > most * 1024 * 1024:
        raise RuleBroken(TOO_LARGE, megabytes=-(-(chosen.size or 0) // (1024 * 1024)), most=most)
    name, content = _plain_name(chosen.name), chosen.read()
    with TemporaryDirectory(prefix="headway-intake-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        kind = carrying.recognised(path)
    signed: dict[str, Any] = {"by": request.person, "at": timezone.now()}
    school = school_of(request)
    file = FileIn(name=name, media_type="application/octet-stream", content=content)
    original = library.store_file(file=file, school=school, **signed)
    return deliveries.begin_delivery(
        format=kind,
        source=source or Path(name.split(".")[0]).name[:LONGEST_SOURCE],
        name=name,
        school=school,
        original=original,
        options={"language": get_language() or "en"},
        **signed,
    )


def _plain_name(name: str) -> str:
    """Return a name that can do no harm, with its endings as they were: readers unpack by them."""
    stem, dot, ending = name.rpartition(".")
    plain = "".join(letter for letter in ending if letter.isalnum())[:10]
    return f"{safe_name(stem if dot else name, '')}.{plain}" if dot and plain else safe_name(name, "")


# --- the columns of a table -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@may(Permission.ADD_TO_LIBRARY)
def columns(request: Request, delivery: UUID) -> HttpResponse:
    """Show a table's columns with what each tells, and its first rows as they would come in; then bring it in."""
    shown = stored.delivery_for(request.person, delivery)
    if shown.options.get(STARTED) or shown.format != TABLE or shown.original is None or shown.state in OVER:
        return redirect("teacher-import", delivery=shown.uuid)
    wishes, problem = None, ""
    language = request.POST.get("language", str(shown.options.get("language") or "en"))[:12]
    try:
        first = carrying.look_at_table(shown.original, source=shown.source, school=shown.school)
        if request.method == "POST":
            wishes = _wishes(request, first.columns)
            first = carrying.look_at_table(shown.original, source=shown.source, school=shown.school, wishes=wishes)
    except HeadwayError as refusal:
        facts = {"refused": True, "sentence": refusal.sentence, "facts": {k: str(v) for k, v in refusal.facts.items()}}
        deliveries.refuse_delivery(delivery=shown, report=facts, by=request.person, at=timezone.now())
        return redirect("teacher-import", delivery=shown.uuid)
    if request.method == "POST" and "look" not in request.POST:
        if {"title", "description", "text"} & set(first.columns.values()):
            options = {"columns": dict(first.columns), "language": language}
            carrying.begin(delivery=shown, options=options, at=timezone.now())
            return redirect("teacher-import", delivery=shown.uuid)
        problem = gettext("Say which column tells the title. Without one nobody can find the resources.")
    facts = {
        "delivery": shown,
        "look": first,
        "columns": _column_rows(first),
        "preview": [_preview_row(row) for row in first.resources],
        "language": language,
        "languages": languages_to_choose({language}),
        "problem": problem,
        "field_words": FIELD_WORDS,
        "is_asked": request.method == "POST",
    }
    return teacher_page(request, "teacher/library_columns.html", facts, tab="library", status=422 if problem else 200)


def _wishes(request: Request, known: Iterable[str]) -> dict[str, str]:
    """Return what the menus say; a column without an answer is kept as it is."""
    chosen = {column: request.POST.get(f"column-{place}", "") for place, column in enumerate(known)}
    return {column: field if field in FIELDS else "" for column, field in chosen.items()}


def _column_rows(first: Look) -> list[dict[str, Any]]:
    rows = []
    for place, (column, field) in enumerate(first.columns.items()):
        examples = [row[place] for row in first.rows if row[place]]
        rows.append({"name": f"column-{place}", "column": column, "field": field, "examples": examples[:3]})
    return rows


def _preview_row(row: Any) -> dict[str, Any]:
    if isinstance(row, RowRefused):
        return {"problem": sentence(row.sentence, row.facts), "place": row.place}
    words = stored.kinds_in_words()
    return {
        "title": row.title,
        "description": row.description,
        "language": row.language,
        "language_name": language_name(row.language),
        "kind": words.get(row.kind, row.kind),
        "minutes": row.minutes,
        "skills": ", ".join(one.competency for one in row.alignments),
    }


# --- how far it is, and what became of it -----------------------------------------------------------------------------


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def delivery(request: Request, delivery: UUID) -> HttpResponse:
    """Show how far an import is, or its report."""
    shown = stored.delivery_for(request.person, delivery)
    if shown.format == TABLE and not shown.options.get(STARTED) and shown.state not in OVER:
        return redirect("teacher-import-columns", delivery=shown.uuid)
    facts = {
        "delivery": shown,
        "is_over": shown.state in OVER,
        "is_stalled": stored.is_stalled(shown, at=timezone.now()),
        "format_words": format_words(shown.format),
        "step": sentence(shown.step) if shown.step else gettext("Waiting for its turn"),
        **(_report(shown.report) if shown.state in OVER else {}),
    }
    if request.htmx and not facts["is_over"]:
        return teacher_page(request, "teacher/library_delivery.html#progress", facts, tab="library")
    answer = teacher_page(request, "teacher/library_delivery.html", facts, tab="library")
    if request.htmx:
        answer["HX-Refresh"] = "true"
    return answer


def format_words(key: str) -> str:
    """Return what people call a format."""
    known = FORMATS.get(key)
    return gettext(known.words) if known else key


def _report(report: Mapping[str, Any]) -> dict[str, Any]:
    rows = report.get("refused_rows") or ()
    return {
        "refusal": sentence(str(report.get("sentence", "")), report.get("facts") or {})
        if report.get("refused") is True
        else "",
        "place": report.get("place", ""),
        "taken": [(NOUNS.get(noun, noun), counts) for noun, counts in (report.get("taken") or {}).items()],
        "left_out": _told(report.get("refused")),
        "notes": _told(report.get("notes")),
        "rows": [_refused_row(row) for row in rows[:SHOWN_REFUSALS]],
        "row_count": len(rows),
    }


def _told(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told, list):
        return []
    return [
        {
            "words": sentence(str(one["sentence"]), one.get("facts") or {}),
            "times": one.get("times", 1),
            "places": ", ".join(map(str, one.get("places") or ())),
            "is_more": one.get("times", 1) > len(one.get("places") or ()),
        }
        for one in told
    ]


def _refused_row(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("place", "")), sentence(str(row.get("sentence", "")), row.get("facts") or {})


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def refused_csv(request: Request, delivery: UUID) -> HttpResponse:
    """Hand out the rows that were left out as a table, to mend them and send them again."""
    shown = stored.delivery_for(request.person, delivery)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([gettext("Where"), gettext("Why it was left out")])
    for place, words in map(_refused_row, shown.report.get("refused_rows") or ()):
        # A spreadsheet takes a cell that begins so for a formula.
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" else cell for cell in (place, words)])
    answer = HttpResponse("\ufeff" + made.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="left-out-{str(shown.uuid)[:8]}.csv"'
    return answer


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def again(request: Request, delivery: UUID) -> HttpResponse:
    """Begin an import again that was stopped; nothing of it had come in."""
    shown = stored.delivery_for(request.person, delivery)
    if shown.state not in OVER and stored.is_stalled(shown, at=timezone.now()):
        carrying.begin(delivery=shown, options=shown.options, at=timezone.now())
    return redirect("teacher-import", delivery=shown.uuid)


@require_POST
@may(Permission.ADD_TO_LIBRARY)
def leave(request: Request, delivery: UUID) -> HttpResponse:
    """Put a table aside whose columns were looked at; nothing comes in."""
    shown = stored.delivery_for(request.person, delivery)
    if shown.options.get(STARTED) or shown.state in OVER:
        raise NotFound
    report = {"refused": True, "sentence": PUT_ASIDE, "facts": {}}
    deliveries.refuse_delivery(delivery=shown, report=report, by=request.person, at=timezone.now())
    messages.success(request, gettext("Put aside. Nothing came in."))
    return redirect("teacher-library-add")


@require_safe
@may(Permission.ADD_TO_LIBRARY)
def imports(request: Request) -> HttpResponse:
    """List the imports of the reader's schools, the newest first."""
    page = Paginator(stored.deliveries_within_reach(request.person), ON_A_PAGE).get_page(request.GET.get("page"))
    return teacher_page(request, "teacher/library_imports.html", {"page": page}, tab="library")
