"""Which students would gain from meeting together."""

from headway.core.grouping.partition import (
    LARGEST,
    SMALLEST,
    Standing,
    SuggestedGroup,
    kinds_for,
    suggest_groups,
)

__all__ = ["LARGEST", "SMALLEST", "Standing", "SuggestedGroup", "kinds_for", "suggest_groups"]
