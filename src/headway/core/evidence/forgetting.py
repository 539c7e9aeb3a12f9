"""What time does to a belief.

Without new evidence a belief drifts back to the prior as an Ornstein-Uhlenbeck process does (Uhlenbeck & Ornstein 1930):
the distance of the mean shrinks by half every HALF_LIFE_DAYS and the variance returns to the prior's. Two steps in a row
equal one long step, so it does not matter when the clock is looked at.
"""

from __future__ import annotations

from datetime import datetime

from headway.core.evidence.values import Belief

# Skills practised to security in weeks fade over school years, not days; the learner model will fit this per competency.
HALF_LIFE_DAYS = 365.0
_SECONDS_PER_DAY = 86400.0


def share_kept(start: datetime | None, end: datetime) -> float:
    """Return the share, 0 to 1, of a shift made at `start` that is still there at `end`."""
    if start is None:
        return 1.0
    days = (end - start).total_seconds() / _SECONDS_PER_DAY
    return 1.0 if days <= 0 else float(0.5 ** (days / HALF_LIFE_DAYS))


def after_time(belief: Belief, at: datetime, prior: Belief) -> Belief:
    """Return the belief as of `at`, when nothing new was seen; earlier moments change nothing."""
    if belief.as_of is None or at <= belief.as_of:
        return Belief(mean=belief.mean, variance=belief.variance, pieces=belief.pieces, as_of=belief.as_of or at)
    kept = share_kept(belief.as_of, at)
    return Belief(
        mean=prior.mean + (belief.mean - prior.mean) * kept,
        variance=prior.variance + (belief.variance - prior.variance) * kept * kept,
        pieces=belief.pieces,
        as_of=at,
    )
