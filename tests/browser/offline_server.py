"""A server of its own for the walks of a device that goes away: a database file, a process that can be killed, no live reload.

`python -m tests.browser.offline_server PORT` builds the cast in the data directory once and serves until it is killed. What a walk
has to know (who has which session, which block holds the questions) is written to facts.json there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django


class Threads(ThreadingMixIn, WSGIServer):
    """One thread for each request."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    """Says nothing about each request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def prepare(data: Path) -> None:
    """Build the cast in the database file, unless it is there, and write down what a walk has to know."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from headway.records.planning.models import Block  # noqa: PLC0415
    from tests.people import build_anew  # noqa: PLC0415

    if (data / "facts.json").exists():
        return
    call_command("migrate", verbosity=0)
    people = build_anew()
    people.approve()
    students = {}
    for name in ("ben", "caro"):
        student = getattr(people, name)
        block = people.block(student)
        Block.objects.filter(pk=block.pk).update(
            resource=people.resource("7.1-essential"), competency=people.competencies["7.1"]
        )
        client = Client()
        client.force_login(student)
        students[name] = {
            "pk": student.pk,
            "uuid": str(student.uuid),
            "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
            "block": str(block.uuid),
            "block_pk": block.pk,
            "card": people.card_code(student),
        }
    items = {item.source_id: str(item.uuid) for item in people.resource("7.1-essential").items.order_by("order", "pk")}
    facts = {"students": students, "items": items, "cookie": settings.SESSION_COOKIE_NAME}
    (data / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def main() -> None:
    """Serve on the port of the first argument until killed."""
    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    prepare(Path(settings.DATA_DIR))
    if len(sys.argv) > 1:
        application = StaticFilesHandler(get_wsgi_application())
        make_server("127.0.0.1", int(sys.argv[1]), application, Threads, Quiet).serve_forever()


if __name__ == "__main__":
    main()
