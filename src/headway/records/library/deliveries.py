"""The door out for imports: begun, moved on, taken in one transaction, or refused, with a report that stays."""
