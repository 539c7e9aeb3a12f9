"""What operators run."""

from __future__ import annotations

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """The `headway` command line."""

    name = "headway.ops"
    label = "ops"
