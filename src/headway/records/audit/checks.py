"""Every stored field has a reason and an end: the retention policy is a file, and this check reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.core.checks import CheckMessage, Error, register

POLICY = Path(__file__).with_name("retention.yaml")


def policy() -> dict[str, dict[str, Any]]:
    """Return the retention policy: for each table its reason, its end and its fields with reasons."""
    return dict(yaml.safe_load(POLICY.read_text(encoding="utf-8")))


@register("retention")
def every_field_has_a_reason_and_an_end(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Return an error for each stored field without a keep rule, and for each rule without a field."""
    rules = policy()
    problems: list[CheckMessage] = []
    models = {model.__name__: model for model in apps.get_app_config("records").get_models()}
    for name, model in models.items():
        rule = rules.get(name, {})
        kept = {field for fields in (rule.get("fields") or {}).values() for field in fields}
        stored = {field.name for field in model._meta.concrete_fields if field.name != "id"}
        for missing in sorted(stored - kept):
            problems.append(Error(f"No keep rule for records.{name}.{missing}", id="retention.E001"))
        for stale in sorted(kept - stored):
            problems.append(Error(f"A keep rule for records.{name}.{stale}, which is not stored", id="retention.E002"))
        if not rule.get("ends"):
            problems.append(Error(f"No end for records.{name}", id="retention.E003"))
    for stale in sorted(set(rules) - set(models)):
        problems.append(Error(f"A keep rule for records.{stale}, which is not a table", id="retention.E002"))
    return problems
