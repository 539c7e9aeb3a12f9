"""Django is woken only by the commands that need it, so that help is quick."""

from __future__ import annotations

import os
import sys


def wake() -> None:
    """Set Django up with Headway's settings, and finish a restore that was cut off."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.config.settings")
    import django  # noqa: PLC0415

    django.setup()
    from headway.ops.restoring import finish_restore  # noqa: PLC0415

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


def migrate() -> list[str]:
    """Bring the database up to date; returns what was applied."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    waiting = migrations_waiting()
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
    _work_mastery_out(is_migrated=bool(waiting))
    return waiting


def _work_mastery_out(*, is_migrated: bool) -> None:
    """Bring mastery up to the learner model in use; nothing to do on nearly every start."""
    from django.utils import timezone  # noqa: PLC0415

    from headway.ops.terminal import progress  # noqa: PLC0415
    from headway.records.evidence import actions, queries  # noqa: PLC0415

    if not is_migrated and not queries.has_stale_states():
        return
    count = len(actions.stale_students())
    if count:
        with progress() as steps:
            steps.step("Working mastery out from the evidence", count)
            actions.rebuild_stale(at=timezone.now(), advance=steps.advance)
