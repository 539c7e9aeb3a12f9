"""The application that a server runs."""

from __future__ import annotations

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from headway.core.evidence.warm_up import warm_up
from headway.core.planning.planner import compile_now
from headway.core.shared import compiled

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.config.settings")
application = get_wsgi_application()

# A student's first answer must not wait for the learner model to be loaded, nor a teacher's first draft for the planner.
compiled.keep_in(settings.DATA_DIR)
warm_up()
compile_now()

# Everything a page needs is loaded now, and stays: the garbage collector need not walk through it again and again.
_ = get_resolver().reverse_dict
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
