"""`headway import`: files of other systems come in. The reading itself belongs to headway.exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from headway.core.shared.errors import HeadwayError, gettext_noop
from headway.ops.terminal import REFUSED, Steps, complain, examples, progress, say, say_json
from headway.ops.wake import migrate, wake

if TYPE_CHECKING:
    from headway.exchange.shared.import_report import ImportReport, Told

app = typer.Typer(
    help="Take in files of other systems. Taking the same file twice changes nothing; a broken file is refused whole.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FileArgument = Annotated[Path, typer.Argument(help="The file: plain, .gz, .zst or .zip.", exists=True)]
FolderArgument = Annotated[Path, typer.Argument(help="The file (plain, .gz, .zst, .zip) or a folder.", exists=True)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
NOUNS = {
    "framework": gettext_noop("Framework, competencies and links"),
    "resources": gettext_noop("Resources"),
    "items": gettext_noop("Questions"),
    "students": gettext_noop("Students"),
    "evidence": gettext_noop("Evidence"),
    "class": gettext_noop("Class"),
}
MAP_FORM = gettext_noop(
    "“{given}” does not say which column tells what. Write it like --map title=Titel. A column can tell: {fields}."
)
NO_SCHOOL = gettext_noop("There is no school called “{name}”.")
COLUMN_FORM = gettext_noop("“{given}” does not name a column. Write it like --column student=PUPIL.")
AS_HERE = gettext_noop("It is here already; nothing would change.")
CHANGE_WORDS = {
    "made": gettext_noop("New"),
    "changed": gettext_noop("Changed"),
    "moved": gettext_noop("Moved"),
    "withdrawn": gettext_noop("Withdrawn, with their evidence kept"),
    "came_back": gettext_noop("Back again"),
    "unchanged": gettext_noop("As before"),
    "links_made": gettext_noop("New links"),
    "links_changed": gettext_noop("Changed links"),
    "links_withdrawn": gettext_noop("Withdrawn links"),
}
LINES_SHOWN = 20
T = TypeVar("T")


def _words(sentence: str, facts: Mapping[str, Any]) -> str:
    from django.utils.translation import gettext  # noqa: PLC0415

    return str(HeadwayError(gettext(sentence), **facts))


def _tell(told: Told) -> None:
    say(f"  {told.times} × {_words(told.sentence, told.facts)}")
    if told.places:
        say(f"    {', '.join(told.places)}{' …' if told.times > len(told.places) else ''}")


def _tell_report(report: ImportReport) -> None:
    from django.utils.translation import gettext, pgettext  # noqa: PLC0415

    for noun, taken in report.taken.items():
        counts = gettext("{made} new, {changed} changed, {unchanged} as before").format(
            made=taken.made, changed=taken.changed, unchanged=taken.unchanged
        )
        say(f"{gettext(NOUNS.get(noun, noun))}: {counts}")
    if report.refused:
        say(pgettext("import", "Left out:"))
        for told in report.refused:
            _tell(told)
    if report.notes:
        say(pgettext("import", "Worth knowing:"))
        for told in report.notes:
            _tell(told)
    for name, value in report.facts.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        say(f"{name.replace('_', ' ')}: {shown}")


def _run(path: Path, as_json: bool, take: Callable[[Steps], ImportReport]) -> ImportReport:
    """Run one import with its bars; a refusal is one sentence with its place, and exit code 1."""
    return _try(path, as_json, take)


def _try(path: Path, as_json: bool, work: Callable[[Steps], T]) -> T:
    """Do a part of an import with its bars; a refusal is one sentence with its place, and exit code 1."""
    try:
        with progress(is_quiet=as_json) as steps:
            return work(steps)
    except HeadwayError as refusal:
        name = refusal.facts.get("file")
        told = {
            "file": f"{path.name}: {name}" if name and name != path.name else str(path),
            "refused": True,
            "place": getattr(refusal, "place", ""),
            "reason": _words(refusal.sentence, refusal.facts),
        }
        if as_json:
            say_json(told)
        else:
            place = f"{path.name}: {name}" if name and name != path.name else path.name
            complain(f"{place}: {told['reason']}")
        raise typer.Exit(REFUSED) from refusal


def _report(report: ImportReport, as_json: bool) -> None:
    if as_json:
        say_json(report.as_json())
    else:
        _tell_report(report)


@app.command(
    epilog=examples(
        "headway import case framework.json",
        "headway import case frameworks.zip --preview",
        "headway import case https://example.org/ims/case/v1p0/CFPackages/8cb20a5e-…",
        "headway import case https://example.org/ims/case/v1p1 --json",
    )
)
def case(
    source: Annotated[
        str,
        typer.Argument(
            help="A file (plain, .gz, .zst, .zip), a folder, or the web address of a package or of a whole service."
        ),
    ],
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change, and take nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take in frameworks in CASE 1.0 or 1.1. What a new edition leaves out is withdrawn; evidence and class paths stay."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.case import reading  # noqa: PLC0415

    path, at = Path(source), timezone.now()
    is_address = "://" in source
    packages = _try(
        Path(source.rstrip("/").rsplit("/", 1)[-1]) if is_address else path,
        as_json,
        lambda steps: reading.open_address(source, steps=steps) if is_address else reading.open_path(path),
    )
    if preview:
        shown = [
            {"file": one.name, "title": one.reading.framework.title, **reading.preview(one).as_json()}
            for one in packages
        ]
        if as_json:
            say_json(shown if len(shown) > 1 else shown[0])
        else:
            for changes in shown:
                _tell_changes(changes)
        return
    reports = _try(path, as_json, lambda steps: reading.take(packages, by=None, at=at, steps=steps))
    if as_json and (len(reports) > 1 or (not is_address and path.is_dir())):
        say_json([report.as_json() for report in reports])
    else:
        for report in reports:
            _report(report, as_json)


def _tell_changes(changes: Mapping[str, Any]) -> None:
    from django.utils.translation import gettext  # noqa: PLC0415

    say(f"{changes['title']}:")
    if changes["is_empty"]:
        say(f"  {gettext(AS_HERE)}")
    for field in changes["framework"]:
        say(f"  {field['field']}: “{field['before'][:120]}” → “{field['after'][:120]}”")
    for name, words in CHANGE_WORDS.items():
        count = changes["counts"][name]
        if count:
            say(f"  {gettext(words)}: {count}")
        for row in changes.get(name, ())[:LINES_SHOWN]:
            say(f"    {row['code']} {row['statement'][:90]}".rstrip())
            for field in row["fields"]:
                say(f"      {field['field']}: “{field['before'][:120]}” → “{field['after'][:120]}”")
        if count > LINES_SHOWN and name in changes:
            say("    …")


@app.command(
    epilog=examples(
        "headway import oatutor pool.jsonl.zst",
        "headway import oatutor pool.jsonl.zst --framework assist2009_updated",
        'headway import oatutor pool.jsonl --course "OpenStax: Elementary Algebra"',
    )
)
def oatutor(
    path: FolderArgument,
    framework: Annotated[
        str,
        typer.Option(
            help="Suggest what each practice set helps to learn, from this framework (number, id or title), by the words of the "
            "skill names. A teacher accepts the suggestions."
        ),
    ] = "",
    course: Annotated[list[str] | None, typer.Option(help="Only this course; may be given several times.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in an open pool of problems in OATutor’s form, as practice sets with hints."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.oatutor.reading import take_file  # noqa: PLC0415

    at = timezone.now()
    report = _run(
        path,
        as_json,
        lambda steps: take_file(path, by=None, at=at, framework=framework, courses=course or (), steps=steps),
    )
    _report(report, as_json)


@app.command(
    epilog=examples(
        "headway import responses answers.csv",
        "headway import responses log_train.csv.zst --skills skill_names.txt --class-size 30 --teacher ada",
        "headway import responses answers.csv --column student=PUPIL --column skill=TOPIC --students 200",
    )
)
def responses(
    path: FileArgument,
    skills: Annotated[
        Path | None, typer.Option(help="A list of skill names: number, tab, name.", exists=True, dir_okay=False)
    ] = None,
    log: Annotated[
        str, typer.Option(help="What the collection is called; files with one name share skills and students.")
    ] = "",
    title: Annotated[str, typer.Option(help="The framework’s title; the collection’s name if none.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Which column holds what, like student=PUPIL (student, item, correct, skill, order, time, hints)."
        ),
    ] = None,
    students: Annotated[int, typer.Option(help="Only this many students, the most active ones; 0 for all.", min=0)] = 0,
    class_size: Annotated[
        int,
        typer.Option(
            help="Make a class of this many: those with most answers across the common skills.", min=0, max=60
        ),
    ] = 0,
    class_name: Annotated[str, typer.Option(help="The name of that class.")] = "",
    teacher: Annotated[str, typer.Option(help="The sign-in name of the teacher who gets the class.")] = "",
    grade: Annotated[int, typer.Option(help="The grade of the students and of the skills.", min=0, max=12)] = 8,
    subject: Annotated[str, typer.Option(help="The subject of the class.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take in a log of answers in CSV: student, item, right or wrong, order or time, skill."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.response_log.reading import take_file  # noqa: PLC0415

    at = timezone.now()
    columns = {}
    for given in column or ():
        part, is_named, name = given.partition("=")
        if not is_named or not name:
            complain(_words(COLUMN_FORM, {"given": given}))
            raise typer.Exit(REFUSED)
        columns[part.strip()] = name.strip()
    report = _run(
        path,
        as_json,
        lambda steps: take_file(
            path,
            by=None,
            at=at,
            skill_names=skills,
            log=log,
            title=title,
            columns=columns,
            students=students,
            class_size=class_size,
            class_name=class_name,
            teacher=teacher,
            grade=grade,
            subject=subject,
            steps=steps,
        ),
    )
    _report(report, as_json)


@app.command(epilog=examples("headway import asn CC-Math.json", "headway import asn frameworks/ --json"))
def asn(path: FolderArgument, as_json: JsonOption = False) -> None:
    """Take in a framework of the Achievement Standards Network (RDF as JSON or XML, lists), or every one in a folder."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.asn.reading import take_file  # noqa: PLC0415

    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    at = timezone.now()
    for one in files:
        _report(_run(one, as_json, lambda steps, one=one: take_file(one, by=None, at=at, steps=steps)), as_json)  # type: ignore[misc]


@app.command(
    epilog=examples(
        "headway import standards our-standards.csv --title “Our standards”",
        "headway import standards teks.jsonl.zst --by subject",
    )
)
def standards(
    path: FileArgument,
    title: Annotated[str, typer.Option(help="The framework’s title; the file’s name if none.")] = "",
    by: Annotated[str, typer.Option(help="A column: each of its values becomes a framework of its own.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take in standards from a table: CSV or one JSON object a line, with code, statement, parent, grade, kind."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.standards_csv.reading import take_file  # noqa: PLC0415

    at = timezone.now()
    report = _run(
        path,
        as_json,
        lambda steps: take_file(path, by=None, at=at, title=title, framework_column=by, steps=steps),
    )
    _report(report, as_json)


@app.command(
    epilog=examples(
        "headway import edges coherence-map-edges.json --title “Coherence map”",
        "headway import edges ngss_to_ccss.jsonl.zst",
    )
)
def edges(
    path: FileArgument,
    title: Annotated[str, typer.Option(help="What the set of links is called; the file’s name if none.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take in links between standards that are here: what comes before what, what goes with what."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.coherence_map.reading import take_file  # noqa: PLC0415

    at = timezone.now()
    _report(_run(path, as_json, lambda steps: take_file(path, by=None, at=at, title=title, steps=steps)), as_json)


@app.command(
    epilog=examples(
        "headway import table library.jsonl.zst --source open-library",
        "headway import table materiales.csv --source district --language es --map title=Título --map minutes=Duración",
    )
)
def table(
    path: FileArgument,
    source: Annotated[
        str,
        typer.Option(
            help="What the collection is called, for ever: a row of the same source and id is the same resource."
        ),
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Which column tells what, like title=Titel; remembered for the next file with these columns."
        ),
    ] = None,
    school: Annotated[
        str, typer.Option(help="The school whose own these are; without one they are shared by all.")
    ] = "",
    language: Annotated[str, typer.Option(help="The language of rows that do not say theirs.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Take in resources from a table: CSV or one JSON object a line, with a title, and whatever else is told of each."""
    wake()
    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from headway.exchange.table.columns import FIELDS  # noqa: PLC0415
    from headway.exchange.table.reading import take_file  # noqa: PLC0415
    from headway.records.roster import queries as roster  # noqa: PLC0415

    wishes = {}
    for given in mapping or ():
        field, is_named, column = given.partition("=")
        if not is_named or not column or field.strip() not in FIELDS:
            complain(_words(MAP_FORM, {"given": given, "fields": ", ".join(FIELDS)}))
            raise typer.Exit(REFUSED)
        wishes[column.strip()] = field.strip()
    owner = roster.school_named(school) if school else None
    if school and owner is None:
        complain(_words(NO_SCHOOL, {"name": school}))
        raise typer.Exit(REFUSED)
    at = timezone.now()
    report = _run(
        path,
        as_json,
        lambda steps: take_file(
            path, source=source, by=None, at=at, school=owner, wishes=wishes, language=language, steps=steps
        ),
    )
    _report(report, as_json)


# --- packages into the library ---------------------------------------------------------------------------------------


def _package(path: Path, as_json: bool, standard: str) -> None:
    """Take in one package, or each package of a folder of packages, by the reader of its standard."""
    wake()
    migrate()
    from importlib import import_module  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    take_file = import_module(f"headway.exchange.{standard}.reading").take_file
    _report(_run(path, as_json, lambda steps: take_file(path, by=None, at=timezone.now(), steps=steps)), as_json)


PackageArgument = Annotated[
    Path, typer.Argument(help="The package: a file, or the folder it was unpacked to.", exists=True)
]


@app.command(
    name="cartridge", epilog=examples("headway import cartridge course.imscc", "headway import cartridge course/")
)
def cartridge(path: PackageArgument, as_json: JsonOption = False) -> None:
    """Take in a Common Cartridge 1.1 to 1.3, or a thin one: pages, links, discussions, work, tests, tools."""
    _package(path, as_json, "common_cartridge")


@app.command(epilog=examples("headway import kolibri channel.json", "headway import kolibri ~/.kolibri/content"))
def kolibri(path: PackageArgument, as_json: JsonOption = False) -> None:
    """Take in a Kolibri channel: a channel tree in JSON, a content database, or a folder with content/databases."""
    _package(path, as_json, "kolibri")


@app.command(name="lrmi", epilog=examples("headway import lrmi lessons.jsonld", "headway import lrmi page.html"))
def lrmi(path: PackageArgument, as_json: JsonOption = False) -> None:
    """Take in schema.org/LRMI descriptions: JSON-LD, JSON Lines, or web pages that have them."""
    _package(path, as_json, "lrmi")


@app.command(epilog=examples("headway import qti test.zip", "headway import qti items/"))
def qti(path: PackageArgument, as_json: JsonOption = False) -> None:
    """Take in questions in QTI 1.2, 2 or 3: a package, a folder, or one item."""
    _package(path, as_json, "qti")


@app.command(epilog=examples("headway import h5p quiz.h5p", "headway import h5p activities/"))
def h5p(path: PackageArgument, as_json: JsonOption = False) -> None:
    """Take in H5P activities: one .h5p file, or every one in a folder."""
    _package(path, as_json, "h5p")
