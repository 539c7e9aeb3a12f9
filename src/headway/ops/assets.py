"""Static files, hashed and compressed; translations, the learner model and the planner, compiled: done before serving."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from headway.ops.terminal import examples, progress, say, say_json
from headway.ops.wake import wake

FINGERPRINT = "headway-assets.json"
KEEP_OLD_FILES_DAYS = 7
# django-htmx carries every version and extension; one script is in use.
NOT_SERVED = ["ext", "htmax-*", "htmx-4*", "htmx-2.js"]
_SECONDS_PER_DAY = 86400


def manifest_path() -> Path:
    """Return where the list of hashed files is once they are collected."""
    from django.conf import settings  # noqa: PLC0415

    return Path(settings.STATIC_ROOT) / "staticfiles.json"


def _fingerprint() -> str:
    """Return a hash of every source file, so that nothing is done when nothing changed."""
    import whitenoise  # noqa: PLC0415
    from django.contrib.staticfiles.finders import get_finders  # noqa: PLC0415

    digest = hashlib.sha256(getattr(whitenoise, "__version__", "").encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list(NOT_SERVED), key=lambda found: str(found[0])):
            with storage.open(path) as file:
                content = file.read()
            digest.update(f"{path}\x1f{getattr(storage, 'prefix', '')}\x1f{len(content)}\x1f".encode())
            digest.update(content if isinstance(content, bytes) else content.encode())
    return digest.hexdigest()


def assets_are_current() -> bool:
    """Return whether the collected files are those of the present sources."""
    mark = manifest_path().with_name(FINGERPRINT)
    if not mark.exists() or not manifest_path().exists():
        return False
    return bool(json.loads(mark.read_text(encoding="utf-8")).get("sources") == _fingerprint())


def _drop_old_files() -> None:
    """Remove files of earlier builds; younger ones stay, since a running server may still name them."""
    root = manifest_path().parent
    hashed = json.loads(manifest_path().read_text(encoding="utf-8"))["paths"]
    wanted = {*hashed, *hashed.values(), manifest_path().name, FINGERPRINT}
    limit = time.time() - KEEP_OLD_FILES_DAYS * _SECONDS_PER_DAY
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix().removesuffix(".gz").removesuffix(".br")
        if path.is_file() and name not in wanted and path.stat().st_mtime < limit:
            path.unlink()


def collect_static(*, is_forced: bool = False) -> bool:
    """Collect, hash and compress static files; returns whether anything had to be done."""
    from django.core.management import call_command  # noqa: PLC0415

    if not is_forced and assets_are_current():
        return False
    manifest_path().parent.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=NOT_SERVED)
    _drop_old_files()
    mark = manifest_path().with_name(FINGERPRINT)
    mark.write_text(json.dumps({"sources": _fingerprint()}), encoding="utf-8")
    return True


def compile_translations() -> list[str]:
    """Compile every .po whose .mo is missing or older; returns the languages that were compiled."""
    import polib  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    done = []
    for locale in settings.LOCALE_PATHS:
        for source in sorted(Path(locale).glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            waiting = target.with_suffix(".mo.new")
            polib.pofile(str(source)).save_as_mofile(str(waiting))
            os.replace(waiting, target)
            done.append(source.parents[1].name)
    return done


def compile_core(*, is_forced: bool = False) -> bool:
    """Compile what reckons mastery and weeks, so that the first start need not; returns whether anything had to be done."""
    from headway.core.shared import compiled  # noqa: PLC0415

    if not is_forced and compiled.is_kept():
        return False
    from headway.core.evidence.warm_up import warm_up, warm_up_fitting  # noqa: PLC0415
    from headway.core.planning.planner import compile_now  # noqa: PLC0415

    warm_up()
    warm_up_fitting()
    compile_now()
    compiled.mark_complete()
    compiled.forget_others()
    return True


def _assets(
    force: Annotated[bool, typer.Option("--force", help="Do it even when nothing changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make static files, translations, the learner model and the planner ready to serve."""
    wake()
    with progress(is_quiet=as_json) as steps:
        steps.step("Compiling translations")
        languages = compile_translations()
        steps.step("Collecting fonts, icons, styles and scripts")
        is_new = collect_static(is_forced=force)
        steps.step("Compiling the learner model and the planner")
        is_compiled = compile_core(is_forced=force)
    if as_json:
        say_json(
            {
                "translations": languages,
                "static": is_new,
                "static_root": str(manifest_path().parent),
                "core": is_compiled,
            }
        )
    else:
        say("Static files are new." if is_new else "Static files: nothing changed.")


_assets.__name__ = "assets"
assets = (_assets, examples("headway assets", "headway assets --force"))
