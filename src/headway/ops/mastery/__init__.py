"""`headway mastery`: fit the learner model, measure it, explain it."""
