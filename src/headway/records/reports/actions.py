"""Reports are made here: worked out first, outside of any transaction, and then saved in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from headway.core.evidence.answer_log import AnswerLog
from headway.core.evidence.fairness import LEAST_STUDENTS
from headway.core.evidence.fairness_audit import check_enough, fairness_of_use
from headway.core.evidence.refit import for_log
from headway.core.evidence.walk import neighbours_of
from headway.records.audit import actions as audit
from headway.records.evidence import answers, versions
from headway.records.items.queries import difficulties
from headway.records.reports.models import Report
from headway.records.reports.queries import groups_of
from headway.records.roster.models import Organisation, Person

KEPT_DAYS = 2 * 365


def make_fairness_report(
    *, school: Organisation, by: Person | None, at: datetime, advance: Callable[[int], None] = lambda columns: None
) -> Report:
    """Compare what the learner model in use expected of each of a school's answers with what students did, by group.

    Raises RuleBroken while there are too few answers. What compares no two groups of ten students is left out.
    """
    log = answers.answer_log(school=school, groups=groups_of(school))
    check_enough(log)
    wanted = {column for column in log.groups if _has_two_groups(log, column)}
    left_out = sorted(set(log.groups) - wanted)
    kept = replace(
        log,
        groups={column: log.groups[column] for column in wanted},
        group_names={column: log.group_names[column] for column in wanted},
    )
    cards = versions.cards_in_use()
    found = fairness_of_use(
        for_log(cards, kept, difficulties(kept.item_names)),
        kept,
        rng=np.random.default_rng(0),
        neighbours=neighbours_of(answers.lending_pairs(kept), kept.skills),
        advance=advance,
    )
    parts = {"columns": [one.as_json() for one in found], "left_out": left_out}
    with transaction.atomic():
        made = Report.objects.create(
            school=school,
            kind=Report.Kind.FAIRNESS,
            parts=parts,
            answers=kept.rows,
            students=kept.students,
            model_version=cards.version,
            made_at=at,
            made_by=by,
        )
        audit.record("report.made", made, by=by, at=at, answers=kept.rows)
    return made


def _has_two_groups(log: AnswerLog, column: str) -> bool:
    group = log.groups[column]
    return int((np.bincount(group[group >= 0]) >= LEAST_STUDENTS).sum()) >= 2


def forget_old_reports(*, at: datetime) -> int:
    """Delete reports whose time is over, as the retention policy says; returns how many."""
    count, _by_table = Report.objects.filter(made_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
    return count
