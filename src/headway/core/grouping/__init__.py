"""Which students would gain from meeting together."""

from headway.core.grouping.partition import Standing, SuggestedGroup, suggest_groups

__all__ = ["Standing", "SuggestedGroup", "suggest_groups"]
