"""Settings from the environment; docs/settings.md describes every one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

SRC = Path(__file__).resolve().parents[2]
PROJECT = SRC.parent


def env(name: str, default: str = "") -> str:
    """Read `HEADWAY_<name>` from the environment."""
    return os.environ.get(f"HEADWAY_{name}", default)


def env_flag(name: str, *, default: bool = False) -> bool:
    """Read a yes/no setting; anything but 1, true, yes or on means no."""
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


DATA_DIR = Path(env("DATA_DIR", str(Path.home() / ".local" / "share" / "headway"))).resolve()


def secret_key() -> str:
    """Return the site's secret: from the environment, else made once and kept in the data directory."""
    if key := env("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret-key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(48)
    # Exclusive creation: two first starts at once must agree on one secret.
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made)
    return made


SECRET_KEY = secret_key()
DEBUG = env_flag("DEBUG")
ALLOWED_HOSTS = [host for host in env("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [origin for origin in env("TRUSTED_ORIGINS").split(",") if origin]

# A school closet serves plain HTTP on its own network; anything public sits behind HTTPS and says so.
HTTPS = env_flag("HTTPS")
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "headway.web.shared.sessions"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

INSTALLED_APPS = [
    "headway.records",
    "headway.web",
    "headway.ops",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # a board is 280 KB of like lines; lengths are blurred against guessing
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "headway.web.shared.language.LanguageMiddleware",
    "headway.web.shared.mastery_words.SchoolWordsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "headway.web.shared.whole_requests.WholeRequestsMiddleware",
    "headway.web.shared.problems.ProblemMiddleware",
]

ROOT_URLCONF = "headway.config.urls"
WSGI_APPLICATION = "headway.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SRC / "headway" / "web"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "headway.web.shared.page.every_page",
            ],
            "builtins": [
                "headway.web.templatetags.headway",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": dict(
        dj_database_url.parse(
            env("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'headway.sqlite3'}",
            conn_max_age=600,
            conn_health_checks=True,
        )
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "headway.config.sqlite3"  # writers queue; see turns.py
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # a file does not hang up
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 15,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
    }

# Work that outlives a request: a thread of the same process, or workers that find it in the database.
# The search index is derived from the database: every machine keeps its own, and follows the change log.
SEARCH_DIR = DATA_DIR / "search"
SEARCH_FOLLOWS = True
TASKS_IN = env("TASKS", "process")
if TASKS_IN == "process":
    TASKS = {"default": {"BACKEND": "headway.config.in_process.InProcessBackend"}}
elif TASKS_IN == "database":
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    INSTALLED_APPS.append("django_tasks_db")
else:
    raise ImproperlyConfigured(f"HEADWAY_TASKS is “{TASKS_IN}”. It may be “process” or “database”.")

AUTH_USER_MODEL = "records.Person"
AUTHENTICATION_BACKENDS = ["headway.web.shared.door.Door"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CSRF_FAILURE_VIEW = "headway.web.shared.problems.stale_form"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

USE_I18N = USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [SRC / "headway" / "locale"]
TIME_ZONE = env("TIME_ZONE", "America/New_York")

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", str(PROJECT / "build" / "static")))
NODE_MODULES = Path(env("NODE_MODULES", str(PROJECT / "node_modules")))
STATICFILES_DIRS = [SRC / "headway" / "web" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "headway.web.shared.node_files.NodeFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "headway.web.shared.node_files.HashedStorage"},
}
WHITENOISE_MAX_AGE = 365 * 24 * 3600

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
LARGEST_FILE_MB = int(env("LARGEST_FILE_MB", "20"))
LARGEST_IMPORT_MB = int(env("LARGEST_IMPORT_MB", "100"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
}
