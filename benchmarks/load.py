"""The load: some clients, each one request after another, bounded in count and in time. Loopback only.

Run as a process of its own: reads the plan as JSON, writes what happened as JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

REQUEST_SECONDS_AT_MOST = 30
RUN_SECONDS_AT_MOST = 120


@dataclass
class Load:
    """What became of the requests: seconds each took, statuses, and when the last one ended."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    elapsed: float = 0.0
    errors: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return the time that this share of the requests stayed under."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def longest(self) -> float:
        """The longest wait."""
        return max(self.seconds, default=0.0)


def _client(port: int, requests: list[dict[str, Any]], load: Load, lock: threading.Lock, ends: float) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS_AT_MOST)
    for each in requests:
        if time.perf_counter() > ends:
            break
        began = time.perf_counter()
        try:
            connection.request(each.get("method", "GET"), each["path"], each.get("body"), each.get("headers", {}))
            response = connection.getresponse()
            response.read()
            said = str(response.status)
        except (OSError, http.client.HTTPException) as problem:
            said = type(problem).__name__
            connection.close()
        spent = time.perf_counter() - began
        with lock:
            load.seconds.append(spent)
            load.statuses[said] = load.statuses.get(said, 0) + 1
    connection.close()


def run(port: int, clients: list[list[dict[str, Any]]]) -> Load:
    """Let every client send its requests at once; returns when all are through or time is up."""
    load, lock = Load(), threading.Lock()
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(port, requests, load, lock, began + RUN_SECONDS_AT_MOST), daemon=True)
        for requests in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(RUN_SECONDS_AT_MOST + REQUEST_SECONDS_AT_MOST)
    load.elapsed = time.perf_counter() - began
    return load


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    json.dump(asdict(run(plan["port"], plan["clients"])), sys.stdout)
