"""Evidence becomes mastery with its doubt. Import the module you need: the compiled ones take half a second to load."""
