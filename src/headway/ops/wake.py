"""Django is woken only by the commands that need it, so that help is quick."""

from __future__ import annotations

import contextlib
import os
import sys

from headway.ops.terminal import Steps, progress


def wake() -> None:
    """Set Django up with Headway's settings, and finish a restore that was cut off."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.config.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    from headway.core.shared import compiled  # noqa: PLC0415
    from headway.ops.restoring import finish_restore  # noqa: PLC0415

    compiled.keep_in(settings.DATA_DIR)

    if finish_restore():
        # The secret was read before the restored one took its place: start over with it.
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606


def migrations_waiting() -> list[str]:
    """Return the names of migrations that the database does not have yet."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate(steps: Steps | None = None) -> list[str]:
    """Bring the database up to date, and mastery up to the learner model in use; returns the migrations applied."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    waiting = migrations_waiting()
    if waiting:
        if steps is not None:
            steps.step("Bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
    _work_mastery_out(steps, is_migrated=bool(waiting))
    return waiting


def _work_mastery_out(steps: Steps | None, *, is_migrated: bool) -> None:
    """Bring mastery up to the learner model in use; two short questions on nearly every start."""
    from django.utils import timezone  # noqa: PLC0415

    from headway.records.evidence import actions, versions  # noqa: PLC0415

    is_new = actions.keep_shipped_model(at=timezone.now())
    if not is_new and not is_migrated and not versions.has_stale_states():
        return
    count = len(versions.stale_students())
    if not count:
        return
    with contextlib.ExitStack() as stack:
        shown = steps if steps is not None else stack.enter_context(progress())
        shown.step("Working mastery out from the evidence", count)
        actions.rebuild_stale(at=timezone.now(), advance=shown.advance)
