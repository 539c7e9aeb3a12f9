"""Finding resources: what is asked, what is found, and why. See values.py first."""
