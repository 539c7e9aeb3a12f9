"""Which learner model is in use, which one was, and whose numbers come from another one."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from headway.core.evidence import learner_model as learner
from headway.core.evidence.scorecards import Scorecards, from_json, shipped
from headway.core.shared.errors import RuleBroken
from headway.records.evidence.models import Evidence, ModelVersion, StudentState
from headway.records.roster.models import Person


def ready(cards: Scorecards) -> learner.LearnerModel:
    """Return the learner model of parameters; their facts say which competencies here the fit was about."""
    competencies = [int(name) for name in cards.facts.get("competencies", ())]
    return learner.model_from(cards, competencies=competencies)


@lru_cache(maxsize=8)
def _read(version: str) -> tuple[Scorecards, learner.LearnerModel]:
    cards = from_json(ModelVersion.objects.get(version=version).parameters)
    return cards, ready(cards)


def model_of(version: str) -> learner.LearnerModel:
    """Return a learner model by its version; versions never change, so each process reads one once.

    The one that comes with Headway stands in for a version that is not kept, or that was made for another Headway.
    """
    if version in ("", learner.shipped_model().version):
        return learner.shipped_model()
    try:
        return _read(version)[1]
    except (ModelVersion.DoesNotExist, RuleBroken):
        return learner.shipped_model()


def cards_in_use() -> Scorecards:
    """Return the parameters of the learner model in use, for measuring it on a log."""
    version = model_in_use().version
    return shipped() if version == learner.shipped_model().version else _read(version)[0]


def forget() -> None:
    """Read every learner model anew: for tests, which use a name again."""
    _read.cache_clear()


def publisher_of(version: str) -> Person | None:
    """Return who published a learner model; nobody for the one that comes with Headway and for one of a nightly run."""
    row = ModelVersion.objects.filter(version=version).select_related("published_by").first()
    return row.published_by if row is not None else None


def is_kept(version: str) -> bool:
    """Return whether the numbers of a version can still be read, so that what it said can be said again."""
    return model_of(version).version == version


def version_in_use() -> str:
    """Return the version of the newest published learner model, "" for the one that comes with Headway."""
    return ModelVersion.objects.order_by("-published_at", "-pk").values_list("version", flat=True).first() or ""


def model_in_use() -> learner.LearnerModel:
    """Return the newest published learner model, or the one that comes with Headway."""
    return model_of(version_in_use())


def model_at(at: datetime) -> learner.LearnerModel:
    """Return the learner model that was in use at a moment; before the first one, the first one."""
    rows = ModelVersion.objects.order_by("-published_at", "-pk").values_list("version", flat=True)
    version = rows.filter(published_at__lte=at).first() or rows.last() or ""
    return model_of(version)


def model_for(student_id: int, at: datetime) -> learner.LearnerModel:
    """Return the model that speaks for a student at a moment.

    Now that is the one the student's numbers were counted with: for a short while after another one was published, the one
    before.
    """
    newest = ModelVersion.objects.order_by("-published_at", "-pk").values_list("version", "published_at").first()
    if newest is not None and at < newest[1]:
        return model_at(at)
    counted = StudentState.objects.filter(student=student_id).values_list("version", flat=True).first()
    return model_of(counted if counted is not None else (newest[0] if newest else ""))


def has_stale_states() -> bool:
    """Whether some student's numbers come from another learner model than the one in use."""
    return StudentState.objects.exclude(version=model_in_use().version).exists()


def stale_students() -> list[int]:
    """Return students with evidence whose numbers are missing or come from another learner model than the one in use."""
    current = StudentState.objects.filter(version=model_in_use().version).values("student")
    stale = Evidence.objects.exclude(student__in=current).order_by().values_list("student_id", flat=True)
    return sorted(set(stale.distinct()))


def students_with_evidence() -> list[int]:
    """Return everybody of whom something is known."""
    return sorted(set(Evidence.objects.order_by().values_list("student_id", flat=True).distinct()))
