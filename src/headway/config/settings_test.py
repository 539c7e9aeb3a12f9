"""Settings for tests: the same house, with a fast hasher and a database of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("HEADWAY_SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only")
os.environ.setdefault("HEADWAY_DATA_DIR", tempfile.mkdtemp(prefix="headway-test-"))
os.environ["HEADWAY_DATABASE_URL"] = (
    os.environ.get("HEADWAY_TEST_POSTGRES_URL", "") if os.environ.get("HEADWAY_TEST_DATABASE") == "postgres" else ""
)

from headway.config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
# A test that wants the thread, or a worker, says so.
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
# Tests roll the change log back: each process has an index of its own, brought up to date at every search.
SEARCH_DIR = Path(tempfile.mkdtemp(prefix="headway-test-search-"))
SEARCH_FOLLOWS = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # Said aloud because pytest-django gives every engine but Django's own a file for each process.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405
