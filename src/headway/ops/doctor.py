"""Check an installation, and say how to mend what is found."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from headway.ops.terminal import REFUSED, console, examples, progress, say, say_json
from headway.ops.wake import wake

FINE, NOTE, PROBLEM = "fine", "note", "problem"
LEAST_DISK_MB, LEAST_MEMORY_MB = 500, 300
LEAST_SECRET = 40
MARKS = {FINE: "[green]✓[/green]", NOTE: "[yellow]·[/yellow]", PROBLEM: "[red]✗[/red]"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found, and how to mend it."""

    name: str
    state: str
    words: str
    mend: str = ""


def _python() -> Iterator[Finding]:
    import django  # noqa: PLC0415

    from headway.ops.versions import headway_version  # noqa: PLC0415

    words = f"Headway {headway_version()}, Python {platform.python_version()}, Django {django.get_version()}"
    yield Finding(name="versions", state=FINE, words=words)


def _data_directory() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    folder: Path = settings.DATA_DIR
    if not folder.is_dir():
        mend = "Run `headway migrate`, or set HEADWAY_DATA_DIR to a folder that Headway may write."
        yield Finding(name="data directory", state=PROBLEM, words=f"{folder} is not there", mend=mend)
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        mend = f"Let the account that runs Headway write it: chown -R headway: {folder}"
        yield Finding(name="data directory", state=PROBLEM, words=f"{folder} cannot be written", mend=mend)
        return
    yield Finding(name="data directory", state=FINE, words=str(folder))
    free = shutil.disk_usage(folder).free // 2**20
    if free < LEAST_DISK_MB:
        mend = "Free some space; old backups in the data directory are a good start."
        yield Finding(name="disk", state=PROBLEM, words=f"{free} MB free", mend=mend)
    else:
        yield Finding(name="disk", state=FINE, words=f"{free} MB free")


def _memory() -> Iterator[Finding]:
    import psutil  # noqa: PLC0415

    free = psutil.virtual_memory().available // 2**20
    mend = "Stop other programs, or start with --workers 1." if free < LEAST_MEMORY_MB else ""
    yield Finding(name="memory", state=NOTE if mend else FINE, words=f"{free} MB free", mend=mend)


def _database() -> Iterator[Finding]:
    from django.db import DatabaseError, connection  # noqa: PLC0415

    from headway.ops.restoring import sqlite_path  # noqa: PLC0415
    from headway.ops.wake import migrations_waiting  # noqa: PLC0415

    path = sqlite_path()
    if path is not None and not path.exists():
        mend = "Run `headway migrate` for an empty school, or `headway demo` to look around."
        yield Finding(name="database", state=PROBLEM, words=f"{path} is not there yet", mend=mend)
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            yield Finding(name="database", state=FINE, words=str(path) if path else f"{connection.vendor}, reachable")
            if path is not None:
                yield from _sqlite(cursor)
        waiting = migrations_waiting()
    except DatabaseError as error:
        mend = "Check HEADWAY_DATABASE_URL and that the database server runs. For SQLite, restore a backup."
        yield Finding(name="database", state=PROBLEM, words=f"not readable: {error}", mend=mend)
        return
    if waiting:
        words = f"{len(waiting)} migrations wait"
        yield Finding(name="migrations", state=PROBLEM, words=words, mend="Run `headway migrate`.")
    else:
        yield Finding(name="migrations", state=FINE, words="up to date")
        yield from _mastery()
        yield from _tasks()


def _mastery() -> Iterator[Finding]:
    from headway.records.evidence import versions  # noqa: PLC0415

    if versions.has_stale_states():
        words = "mastery of some students was counted with another learner model than the one in use"
        yield Finding(name="mastery", state=NOTE, words=words, mend="Run `headway migrate`, or restart the server.")
    else:
        yield Finding(name="mastery", state=FINE, words=f"counted with {versions.model_in_use().version}")


def _tasks() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.planning import coverage  # noqa: PLC0415

    where = "workers find them in the database" if settings.TASKS_IN == "database" else "the server does them itself"
    states = coverage.run_states(coverage.newest_runs(), at=timezone.now())
    stalled = [state for state in states if state.is_stalled]
    if stalled:
        words = f"{where}; drafting has stopped with {sum(s.waiting + s.running for s in stalled)} classes to go"
        start = "Start `headway worker`, or run" if settings.TASKS_IN == "database" else "Run"
        yield Finding(name="tasks", state=NOTE, words=words, mend=f"{start} `headway nightly`, which goes on with it.")
    else:
        yield Finding(name="tasks", state=FINE, words=where)


def _sqlite(cursor: object) -> Iterator[Finding]:
    ask = cursor.execute  # type: ignore[attr-defined]
    mode = str(ask("PRAGMA journal_mode").fetchone()[0])
    if mode == "wal":
        yield Finding(name="write-ahead log", state=FINE, words="on")
    else:
        mend = "Keep the data directory on a local disk: SQLite’s write-ahead log does not work on a network folder."
        yield Finding(name="write-ahead log", state=PROBLEM, words=f"off (journal mode {mode})", mend=mend)
    answer = str(ask("PRAGMA quick_check(1)").fetchone()[0])
    if answer != "ok":
        mend = "Stop the server and run `headway restore` with your newest backup."
        yield Finding(name="database file", state=PROBLEM, words=answer, mend=mend)


def _backups() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    made = [path.stat().st_mtime for path in (settings.DATA_DIR / "backups").glob("*.tar.gz")]
    if not made:
        mend = "Run `headway backup` every night, and keep a copy outside this machine."
        yield Finding(name="backups", state=NOTE, words="none in the data directory", mend=mend)
        return
    days = int((time.time() - max(made)) // 86400)
    mend = "Run `headway backup`, best every night from cron or a timer." if days > 2 else ""
    yield Finding(name="backups", state=NOTE if mend else FINE, words=f"the newest is {days} days old", mend=mend)


def _search() -> Iterator[Finding]:
    """Whether the library can be searched, by meaning too, and from Spanish into English."""
    from headway.exchange.apertium.translating import can_translate  # noqa: PLC0415
    from headway.records.library import meaning, search_index  # noqa: PLC0415

    behind = search_index.lines_behind()
    if behind is None:
        mend = "Nothing needs doing: the server builds it when it starts. `headway library index` builds it now."
        yield Finding(name="search index", state=NOTE, words="not built yet", mend=mend)
    else:
        words = "up to date" if not behind else f"{behind} changes behind; a running server catches up"
        yield Finding(name="search index", state=FINE, words=words)
    more = ["by meaning" if meaning.has_model() else "", "from Spanish too" if can_translate() else ""]
    words = ", ".join(["by words", *(each for each in more if each)])
    yield Finding(name="search", state=FINE, words=words)


def _secret() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    path = settings.DATA_DIR / "secret-key"
    if len(settings.SECRET_KEY) < LEAST_SECRET or len(set(settings.SECRET_KEY)) < 5:
        mend = "Set HEADWAY_SECRET_KEY to 50 random characters, or leave it out and let Headway make one."
        yield Finding(name="secret", state=PROBLEM, words="too short to be secret", mend=mend)
    elif "HEADWAY_SECRET_KEY" in os.environ:
        yield Finding(name="secret", state=FINE, words="from HEADWAY_SECRET_KEY (keep a copy: backups do not hold it)")
    elif path.exists() and path.stat().st_mode & 0o077:
        words = f"{path} can be read by other accounts"
        yield Finding(name="secret", state=PROBLEM, words=words, mend=f"chmod 600 {path}")
    else:
        yield Finding(name="secret", state=FINE, words=str(path))


def _static() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    from headway.ops.assets import assets_are_current, manifest_path  # noqa: PLC0415

    if not Path(settings.NODE_MODULES).is_dir():
        mend = "Run `npm ci` in the project’s folder, or set HEADWAY_NODE_MODULES; then `headway assets`."
        words = f"fonts and icons are not at {settings.NODE_MODULES}"
        state = NOTE if manifest_path().exists() else PROBLEM
        yield Finding(name="browser packages", state=state, words=words, mend=mend)
    else:
        yield Finding(name="browser packages", state=FINE, words=str(settings.NODE_MODULES))
    if not manifest_path().exists():
        words = f"not collected in {manifest_path().parent}"
        yield Finding(name="static files", state=PROBLEM, words=words, mend="Run `headway assets`.")
    elif not assets_are_current():
        words = "older than the program"
        mend = "Run `headway assets`, then restart the server."
        yield Finding(name="static files", state=PROBLEM, words=words, mend=mend)
    else:
        yield Finding(name="static files", state=FINE, words=str(manifest_path().parent))


def _translations() -> Iterator[Finding]:
    from headway.ops.translations import all_gaps, catalogues  # noqa: PLC0415

    late = [path for path in catalogues() if not path.with_suffix(".mo").exists()]
    if late:
        yield Finding(name="translations", state=PROBLEM, words="not compiled", mend="Run `headway assets`.")
        return
    for language, gaps in all_gaps(collect=False).items():
        if gaps:
            words = f"{language}: {len(gaps)} sentences are not in order"
            yield Finding(
                name="translations", state=PROBLEM, words=words, mend="`headway doctor --translations` lists them."
            )
        else:
            yield Finding(name="translations", state=FINE, words=f"{language}: complete")


def _learner_model() -> Iterator[Finding]:
    from headway.core.shared import compiled  # noqa: PLC0415

    if compiled.is_kept():
        yield Finding(name="learner model", state=FINE, words=f"compiled, in {compiled.folder()}")
    else:
        mend = "Run `headway assets`; else each server process compiles it when it starts, which takes some seconds."
        yield Finding(name="learner model", state=NOTE, words="not compiled yet", mend=mend)


def _clock() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    now = timezone.localtime()
    words = f"{now:%Y-%m-%d %H:%M} in {settings.TIME_ZONE}"
    newest = Path(__file__).stat().st_mtime
    if now.timestamp() < newest - 86400:
        mend = "Set the machine’s clock (timedatectl set-ntp true): it is behind the program’s own files."
        yield Finding(name="clock", state=PROBLEM, words=words, mend=mend)
    elif "HEADWAY_TIME_ZONE" not in os.environ:
        mend = "Set HEADWAY_TIME_ZONE if the school is elsewhere."
        yield Finding(name="clock", state=NOTE, words=words, mend=mend)
    else:
        yield Finding(name="clock", state=FINE, words=words)


def _web() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    hosts = set(settings.ALLOWED_HOSTS)
    local = {"localhost", "127.0.0.1", "[::1]"}
    if settings.DEBUG:
        mend = "Unset HEADWAY_DEBUG."
        yield Finding(name="debug", state=PROBLEM, words="on: errors would show data to strangers", mend=mend)
    if "*" in hosts:
        mend = "Name the addresses people use in HEADWAY_ALLOWED_HOSTS, separated by commas."
        yield Finding(name="addresses", state=PROBLEM, words="any address is answered", mend=mend)
    elif hosts <= local:
        mend = f"For other machines: HEADWAY_ALLOWED_HOSTS=localhost,{socket.gethostname()} and serve --host 0.0.0.0"
        yield Finding(name="addresses", state=NOTE, words="only this machine is answered", mend=mend)
    else:
        yield Finding(name="addresses", state=FINE, words=", ".join(sorted(hosts)))
    if settings.HTTPS:
        yield Finding(name="https", state=FINE, words="on: cookies and pages travel by HTTPS only")
    elif hosts <= local:
        yield Finding(name="https", state=FINE, words="off: nothing leaves this machine")
    else:
        mend = "Put a server with a certificate in front (Caddy, nginx) and set HEADWAY_HTTPS=1."
        yield Finding(name="https", state=NOTE, words="off: anyone on the network can read along", mend=mend)


def _rules() -> Iterator[Finding]:
    from django.core.checks import WARNING, run_checks  # noqa: PLC0415

    found = [message for message in run_checks() if message.level >= WARNING]
    for message in found:
        yield Finding(name="checks", state=PROBLEM, words=f"{message.id}: {message.msg}", mend=str(message.hint or ""))
    if not found:
        yield Finding(name="retention policy", state=FINE, words="every stored field has a reason and an end")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _data_directory,
    _memory,
    _database,
    _backups,
    _search,
    _secret,
    _static,
    _translations,
    _learner_model,
    _clock,
    _web,
    _rules,
)


def examine() -> list[Finding]:
    """Return what every check found; a check that itself fails is a finding too."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings += list(check())
        except Exception as error:  # a doctor who faints helps nobody
            name = check.__name__.strip("_").replace("_", " ")
            findings.append(Finding(name=name, state=PROBLEM, words=f"could not be checked: {error}"))
    return findings


def _doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    translations: Annotated[
        bool,
        typer.Option(
            "--translations", help="Check only that every sentence is translated, and list those that are not."
        ),
    ] = False,
) -> None:
    """Check this installation, and say how to mend what is found."""
    wake()
    if translations:
        _check_translations(as_json)
        return
    findings = examine()
    problems = sum(finding.state == PROBLEM for finding in findings)
    if as_json:
        say_json({"problems": problems, "findings": [asdict(finding) for finding in findings]})
    else:
        from rich.markup import escape  # noqa: PLC0415

        for finding in findings:
            console().print(f"{MARKS[finding.state]} [bold]{finding.name}[/bold]: {escape(finding.words)}")
            if finding.mend:
                console().print(f"    {escape(finding.mend)}")
        say("Nothing is wrong." if not problems else f"[red]{problems} to mend.[/red]")
    if problems:
        raise typer.Exit(REFUSED)


def _check_translations(as_json: bool) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from headway.ops.translations import all_gaps, can_collect  # noqa: PLC0415

    is_whole = can_collect()
    with progress(is_quiet=as_json) as steps:
        steps.step("Reading the sentences of code, templates and catalogues")
        found = all_gaps(collect=is_whole)
    count = sum(len(gaps) for gaps in found.values())
    if as_json:
        shown = {language: [asdict(gap) for gap in gaps] for language, gaps in found.items()}
        say_json({"problems": count, "code_was_read": is_whole, "languages": shown})
    else:
        for language, gaps in found.items():
            for gap in gaps:
                say(f"{language}: {gap.what}: {escape(gap.sentence)}")
            if not gaps:
                say(f"{language}: every sentence is translated.")
        if not is_whole:
            say("GNU gettext is not installed, so sentences missing from the catalogues were not looked for.")
    if count:
        raise typer.Exit(REFUSED)


_doctor.__name__ = "doctor"
doctor = (_doctor, examples("headway doctor", "headway doctor --json", "headway doctor --translations"))
