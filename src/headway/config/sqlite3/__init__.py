"""SQLite as Headway uses it: writers take turns instead of knocking again and again."""
