"""`python -m benchmarks.inside TASK ARGUMENTS`: wake Django, do one task, print its answer as JSON."""

from __future__ import annotations

import json
import sys

import django

if __name__ == "__main__":
    django.setup()
    from benchmarks.tasks import TASKS

    print(json.dumps(TASKS[sys.argv[1]](*(json.loads(each) for each in sys.argv[2:]))))
