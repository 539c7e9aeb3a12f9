"""Who needs a person today, and why."""

from headway.core.wellbeing.quick_note import ReadNote, read_note
from headway.core.wellbeing.signals import Need, NeedKind, Signs, Skill, morning_list, needs_of

__all__ = ["Need", "NeedKind", "ReadNote", "Signs", "Skill", "morning_list", "needs_of", "read_note"]
